//! Notices of departure whose reporter nobody verified: parked, with a hold, until a supervisor or the authorized signer
//! decides.

use super::departure::{has_role_there, works_there};
use super::moment::check_moment;
use super::record::record_end;
use crate::application::actor::{Action, Actor, Role, Scope};
use crate::application::licensing::dossier::Dossier;
use crate::application::licensing::reading::facts_shown;
use crate::application::licensing::reporting::{
    About, Moment, Reported, corrects, fact, keep, needed_reason, not_in_the_future, not_oneself,
    record, scope,
};
use crate::application::page::{Paging, Slice};
use crate::application::ports::FactFilter;
use crate::application::roster::delegations::supervises as supervises_there;
use crate::application::visible::{NO_PERSON, visible_organization, visible_person};
use crate::application::{Error, Rx, Tx};
use crate::domain::calendar::{Instant, Precision, local_day};
use crate::domain::departure_notice::{NoticeCommand, NoticeStanding, ParkedNotice, holds_until};
use crate::domain::fact::{Fact, FactBody, FactKind, Reporter};
use crate::domain::ids::{ContactId, FactId, OrganizationId, PersonId};
use crate::domain::roster::{ContactDuty, Organization, OrganizationContact, Person};

/// Somebody said that employment ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDepartureNotice {
    pub person_id: PersonId,
    pub organization_id: OrganizationId,
    pub ended: Moment,
    pub supersedes: Option<FactId>,
    /// With whoever said so.
    pub reported: Reported,
}

/// What a supervisor or the authorized signer decided about a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeDecision {
    pub notice: FactId,
    /// The version decided upon.
    pub expected: i32,
    pub command: NoticeCommand,
    /// When employment ended, where the notice had it wrong.
    pub ended: Option<Moment>,
    /// The authorized signer who decided, where staff record it.
    pub signer: Option<ContactId>,
    pub reported: Reported,
}

/// A notice as it stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DepartureNoticeShown {
    pub fact: Fact,
    pub standing: NoticeStanding,
    /// When its hold ends by itself.
    pub holds_until: Instant,
    /// The fact that confirmed or rejected it.
    pub settled: Option<Fact>,
    /// The departure that confirmed it.
    pub departure: Option<FactId>,
    pub version: i32,
}

/// Parks a notice of departure.
pub fn notice_departure(
    tx: &mut Tx<'_>,
    new: &NewDepartureNotice,
) -> Result<DepartureNoticeShown, Error> {
    let organization = visible_organization(
        tx.unit,
        tx.actor,
        Action::RecordDepartureNotice,
        new.organization_id,
        "/organization_id",
    )?;
    let person = visible_person(tx.unit, tx.actor, new.person_id, "/person_id")?;
    if person.implementation_id != organization.implementation_id {
        return Err(Error::invalid("/person_id", NO_PERSON));
    }
    tx.authorize(
        Action::RecordDepartureNotice,
        scope(&person, Some(organization.id)),
    )?;
    not_oneself(tx, person.id, "somebody else records what is said of you")?;
    if new.reported.reported_by.is_none() {
        return Err(Error::invalid(
            "/report/reported_by",
            "is needed: say who told you, by `name` and `contact`",
        ));
    }
    tx.lock_person(person.id)?;
    let mut dossier =
        Dossier::load(tx.unit, person.id, &[organization.id])?.ok_or(Error::NotFound)?;
    if !has_role_there(tx.unit, person.id, &organization, tx.now)?
        && !works_there(&dossier, organization.id)
    {
        return Err(Error::invalid(
            "/organization_id",
            "the person has no request, no license and no supervisor's role at this organization",
        ));
    }
    let ended = occurred(&dossier, new.ended, tx.now)?;
    let supersedes = corrects(
        &dossier,
        new.supersedes,
        FactKind::DepartureNoticed,
        Some(organization.id),
        &new.reported,
    )?;
    let replaced = supersedes.and_then(|id| ParkedNotice::find(&dossier.facts, id));
    if let Some(replaced) = &replaced
        && replaced.standing != NoticeStanding::Open
    {
        return Err(Error::invalid(
            "/supersedes",
            "was settled already: correct the departure, or record a new notice",
        ));
    }
    let other = ParkedNotice::open_at(&dossier.facts, organization.id)
        .iter()
        .any(|notice| Some(notice.fact.id) != supersedes);
    if other {
        return Err(Error::Duplicate(
            "a notice that this person left this organization waits already: have it confirmed or rejected, or correct \
             it with `supersedes`"
                .to_owned(),
        ));
    }
    // A correction holds nobody longer than what it corrects.
    let until = match replaced {
        Some(replaced) => replaced.until,
        None => dossier
            .document_at(organization.id, tx.now)
            .and_then(|rules| holds_until(&rules, tx.now))
            .ok_or(Error::NoPolicy)?,
    };
    let mut envelope = new.reported.envelope(tx, person.implementation_id, ended)?;
    envelope.supersedes = supersedes;
    let about = About {
        organization: Some(organization.id),
        request: None,
        license: dossier.license_id(organization.id),
    };
    let body = FactBody::DepartureNoticed { until };
    let id = record(tx, &mut dossier, about, envelope, body)?;
    shown(tx.actor, &dossier, id).ok_or(Error::NotFound)
}

/// When employment ended. An end that lies ahead is no ground to hold anybody.
fn occurred(dossier: &Dossier, ended: Moment, now: Instant) -> Result<(Instant, Precision), Error> {
    let zone = dossier.zone_at(now);
    let at = ended.ends(zone);
    check_moment(ended, at.0, now, "ended")?;
    let ahead = match ended {
        Moment::At(at) => not_in_the_future(at, now, "").is_some(),
        Moment::On(day) => day > local_day(zone, now),
    };
    if ahead {
        return Err(Error::invalid(
            ended.field("ended"),
            "lies ahead, and nobody is held for that: have a supervisor record it under `/v1/departures`",
        ));
    }
    Ok(at)
}

/// Confirms or rejects a notice.
pub fn settle_departure_notice(
    tx: &mut Tx<'_>,
    decision: &NoticeDecision,
) -> Result<DepartureNoticeShown, Error> {
    let id = decision.notice;
    let found = tx
        .unit
        .fact(id)?
        .filter(|fact| fact.body.kind() == FactKind::DepartureNoticed)
        .ok_or(Error::NotFound)?;
    let organization = found
        .organization_id
        .and_then(|id| tx.unit.organization(id).transpose())
        .ok_or(Error::NotFound)??;
    let target = Scope::person(
        found.implementation_id,
        Some(organization.id),
        found.person_id,
    );
    tx.authorize(Action::SettleDepartureNotice, target)?;
    not_oneself(tx, found.person_id, "somebody else decides this")?;
    if found.envelope.recorded_by == tx.actor.principal.id {
        return Err(Error::OwnCase(
            "you recorded this notice: somebody else settles it".to_owned(),
        ));
    }
    if decision.command == NoticeCommand::Reject {
        needed_reason(&decision.reported)?;
    }
    tx.lock_person(found.person_id)?;
    let mut dossier =
        Dossier::load(tx.unit, found.person_id, &[organization.id])?.ok_or(Error::NotFound)?;
    let (standing, version) = {
        let notice = ParkedNotice::find(&dossier.facts, id).ok_or(Error::NotFound)?;
        (notice.settle(decision.command, None), notice.version)
    };
    if version != decision.expected {
        return Err(Error::Stale { current: version });
    }
    let rejected = standing?;
    let reported = Reported {
        reported_by: decided_by(tx, decision, &organization, &dossier.person, target)?,
        ..decision.reported.clone()
    };
    let body = match decision.command {
        NoticeCommand::Reject => rejected,
        NoticeCommand::Confirm => {
            let ended = match decision.ended {
                Some(ended) => {
                    let at = ended.ends(dossier.zone_at(tx.now));
                    check_moment(ended, at.0, tx.now, "ended")?;
                    at
                }
                None => (found.envelope.occurred_at, found.envelope.precision),
            };
            let body = dossier.license_at(organization.id, tx.now).depart()?;
            let end = record_end(
                tx,
                dossier,
                organization.id,
                ended,
                body,
                (&reported, None),
                false,
            )?;
            dossier = Dossier::load(tx.unit, found.person_id, &[organization.id])?
                .ok_or(Error::NotFound)?;
            FactBody::DepartureNoticeSettled {
                notice: id,
                departure: Some(end.fact.id),
            }
        }
    };
    let now = (tx.now, Precision::Instant);
    let envelope = reported.envelope(tx, found.implementation_id, now)?;
    let about = About {
        organization: Some(organization.id),
        request: None,
        license: found.license_id,
    };
    record(tx, &mut dossier, about, envelope, body)?;
    shown(tx.actor, &dossier, id).ok_or(Error::NotFound)
}

/// Who decided: a supervisor of the organization, himself or as staff record it, or its authorized signer as staff
/// record it. Never the person concerned.
fn decided_by(
    tx: &mut Tx<'_>,
    decision: &NoticeDecision,
    organization: &Organization,
    person: &Person,
    target: Scope,
) -> Result<Option<Reporter>, Error> {
    let supervises = tx.actor.grants.iter().any(|grant| {
        grant.role == Role::Supervisor && grant.allows(Action::SettleDepartureNotice, target)
    });
    match (&decision.signer, &decision.reported.reported_by) {
        (None, None) if supervises => Ok(None),
        (Some(id), None) => {
            let signer = signer(tx, *id, organization)?;
            if is_the_person(tx, &signer, person)? {
                return Err(Error::invalid(
                    "/signer_contact_id",
                    "is the person concerned: a supervisor of the organization has to decide",
                ));
            }
            Ok(Some(Reporter::Named {
                name: signer.name,
                contact: signer.email.or(signer.phone),
            }))
        }
        (None, Some(Reporter::Person { person_id }))
            if supervises_there(tx.unit, *person_id, organization, Some(person.id), tx.now)? =>
        {
            Ok(decision.reported.reported_by.clone())
        }
        (Some(_), Some(_)) => Err(Error::invalid(
            "/signer_contact_id",
            "give either this or `report.reported_by`, not both",
        )),
        _ => Err(Error::invalid(
            "/report/reported_by",
            "must say who decided: the `person_id` of a supervisor of the organization who is not concerned himself, \
             or leave it out and name its authorized signer as `signer_contact_id`",
        )),
    }
}

/// The authorized signer that a body names, in office today.
fn signer(
    tx: &mut Tx<'_>,
    id: ContactId,
    organization: &Organization,
) -> Result<OrganizationContact, Error> {
    let implementation = tx
        .unit
        .implementation(organization.implementation_id)?
        .ok_or(Error::NotFound)?;
    let today = local_day(implementation.time_zone, tx.now);
    tx.unit
        .contact(id)?
        .filter(|contact| {
            contact.organization_id == organization.id
                && contact.duty == ContactDuty::AuthorizedSigner
                && contact.serves_on(today)
        })
        .ok_or_else(|| {
            Error::invalid(
                "/signer_contact_id",
                "names no authorized signer of this organization who is in office today",
            )
        })
}

/// Whether a contact and a person are the same, by name or e-mail address: contacts are not people of the service.
fn is_the_person(
    tx: &mut Tx<'_>,
    contact: &OrganizationContact,
    person: &Person,
) -> Result<bool, Error> {
    let name = format!("{} {}", person.given_name, person.family_name);
    let same_name = contact.name.trim().to_lowercase() == name.to_lowercase();
    let emails = tx.unit.emails(&[person.id])?;
    Ok(same_name
        || contact.email.as_ref().is_some_and(|email| {
            emails
                .iter()
                .any(|known| known.email.to_lowercase() == email.to_lowercase())
        }))
}

/// A departure that was reported settles the notices that somebody left: those that its reporter did not park himself.
pub(super) fn settled_by_report(
    tx: &mut Tx<'_>,
    person: PersonId,
    organization: OrganizationId,
    departure: FactId,
) -> Result<(), Error> {
    let mut dossier = Dossier::load(tx.unit, person, &[organization])?.ok_or(Error::NotFound)?;
    let own = tx.actor.principal.id;
    let bodies: Vec<FactBody> = ParkedNotice::open_at(&dossier.facts, organization)
        .iter()
        .filter(|notice| notice.fact.envelope.recorded_by != own)
        .filter_map(|notice| notice.settle(NoticeCommand::Confirm, Some(departure)).ok())
        .collect();
    if bodies.is_empty() {
        return Ok(());
    }
    let about = About {
        organization: Some(organization),
        request: None,
        license: dossier.license_id(organization),
    };
    let person = dossier.person.clone();
    let mut facts = Vec::new();
    for body in bodies {
        let now = (tx.now, Precision::Instant);
        let envelope = Reported::default().envelope(tx, person.implementation_id, now)?;
        facts.push(fact(tx, &person, about, envelope, body));
    }
    keep(tx, &mut dossier, &facts)
}

/// A notice as it stands now; nothing for whom it concerns.
fn shown(actor: &Actor, dossier: &Dossier, id: FactId) -> Option<DepartureNoticeShown> {
    let notice = ParkedNotice::find(&dossier.facts, id)?;
    let target = Scope::person(
        dossier.person.implementation_id,
        notice.fact.organization_id,
        dossier.person.id,
    );
    if actor.is_concerned(Action::ReadDepartureNotice, target) {
        return None;
    }
    Some(DepartureNoticeShown {
        standing: notice.standing,
        holds_until: notice.until,
        settled: notice.settled.cloned(),
        departure: notice.departure,
        version: notice.version,
        fact: notice.fact.clone(),
    })
}

/// One notice.
pub fn departure_notice(rx: &mut Rx<'_>, id: FactId) -> Result<DepartureNoticeShown, Error> {
    let found = rx
        .view
        .fact(id)?
        .filter(|fact| fact.body.kind() == FactKind::DepartureNoticed)
        .ok_or(Error::NotFound)?;
    rx.authorize(
        Action::ReadDepartureNotice,
        Scope::person(
            found.implementation_id,
            found.organization_id,
            found.person_id,
        ),
    )?;
    let dossier = Dossier::load(rx.view, found.person_id, &[])?.ok_or(Error::NotFound)?;
    shown(rx.actor, &dossier, id).ok_or(Error::NotFound)
}

/// A page of notices, those with one standing or all.
pub fn departure_notices(
    rx: &mut Rx<'_>,
    filter: &FactFilter,
    standing: Option<NoticeStanding>,
    paging: Paging,
) -> Result<Slice<DepartureNoticeShown>, Error> {
    facts_shown(
        rx,
        Action::ReadDepartureNotice,
        FactKind::DepartureNoticed,
        filter,
        paging,
        |actor, dossier, id, _| {
            shown(actor, dossier, id)
                .filter(|notice| standing.is_none_or(|wanted| notice.standing == wanted))
        },
    )
}
