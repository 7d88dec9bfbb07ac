//! Evidence: agreement signatures and training completions.

use crate::application::actor::{Action, Role, Scope};
use crate::application::page::{Paging, Slice};
use crate::application::ports::FactFilter;
use crate::application::roster::delegations::supervisors_of;
use crate::application::visible::{NO_ORGANIZATION, visible_organization, visible_person};
use crate::application::{Error, Fault, Rx, Tx};
use crate::domain::calendar::{Instant, local_day};
use crate::domain::fact::{Fact, FactBody, FactKind, Outcome};
use crate::domain::ids::{FactId, OrganizationId, PersonId};
use crate::domain::policy::{Party, PolicyDocument};

use super::dossier::Dossier;
use super::reporting::{
    About, Moment, Reported, fact, keep, not_in_the_future, not_oneself, scope, stated,
};

/// A signature under one version of an agreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSignature {
    pub person_id: PersonId,
    pub organization_id: OrganizationId,
    pub agreement: String,
    /// Absent: the current version.
    pub version: Option<String>,
    pub party: Party,
    pub signed: Moment,
    /// The signature that this one corrects.
    pub supersedes: Option<FactId>,
    pub reported: Reported,
}

/// A completed training.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTraining {
    pub person_id: PersonId,
    pub course: String,
    pub outcome: Outcome,
    pub score: Option<u8>,
    pub edition: Option<String>,
    pub completed: Moment,
    /// The completion that this one corrects.
    pub supersedes: Option<FactId>,
    pub reported: Reported,
}

pub fn record_signature(tx: &mut Tx<'_>, new: &NewSignature) -> Result<Fact, Error> {
    let person = visible_person(tx.unit, tx.actor, new.person_id, "/person_id")?;
    let organization = if tx.actor.is(person.id) {
        own_organization(tx, person.id, new.organization_id)?
    } else {
        let found = visible_organization(
            tx.unit,
            tx.actor,
            Action::RecordSignature,
            new.organization_id,
            "/organization_id",
        )?;
        // Whoever acts in several implementations must not bind a person of one to an organization of another.
        if found.implementation_id != person.implementation_id {
            return Err(Error::invalid("/organization_id", NO_ORGANIZATION));
        }
        found.id
    };
    tx.authorize(Action::RecordSignature, scope(&person, Some(organization)))?;
    may_sign_as(tx, &person, organization, new.party)?;
    tx.lock_person(person.id)?;
    let mut dossier = Dossier::load(tx.unit, person.id, &[organization])?.ok_or(Error::NotFound)?;
    let document = dossier
        .document_at(organization, tx.now)
        .ok_or(Error::NoPolicy)?;
    let zone = dossier.zone_at(tx.now);
    let (signed_at, precision) = new.signed.begins(zone);
    let mut faults: Vec<Fault> = not_in_the_future(signed_at, tx.now, field(new.signed, "signed"))
        .into_iter()
        .collect();
    let version = check_agreement(&dossier, &document, new, tx.now, &mut faults);
    let of_lead = document
        .agreements
        .get(&new.agreement)
        .is_some_and(|agreement| agreement.parties.contains(&Party::Lead));
    // A correction says anew what was accepted then.
    let anew = new.party == Party::Lead && !of_lead && new.supersedes.is_none();
    if anew && has_second_party(tx, &person, organization)? {
        faults.push(Fault::at(
            "/party",
            "the organization has a supervisor, who signs: the lead's countersignature stands in only where there is \
             nobody else",
        ));
    }
    let envelope = stated(
        tx,
        &dossier,
        faults,
        (FactKind::AgreementSigned, Some(organization)),
        (new.supersedes, &new.reported),
        (signed_at, precision),
    )?;
    let another_party = dossier.facts.iter().any(|fact| {
        Some(fact.id) == envelope.supersedes
            && !matches!(fact.body, FactBody::AgreementSigned { party, .. } if party == new.party)
    });
    if another_party {
        return Err(Error::invalid(
            "/supersedes",
            "is the signature of another party: correct one of the same party",
        ));
    }
    let about = About {
        organization: Some(organization),
        ..About::default()
    };
    let body = FactBody::AgreementSigned {
        agreement: new.agreement.clone(),
        version,
        party: new.party,
    };
    let fact = fact(tx, &person, about, envelope, body);
    keep(tx, &mut dossier, std::slice::from_ref(&fact))?;
    Ok(fact)
}

fn field(moment: Moment, verb: &str) -> &'static str {
    match (verb, moment) {
        ("signed", Moment::At(_)) => "/signed_at",
        ("signed", Moment::On(_)) => "/signed_on",
        (_, Moment::At(_)) => "/completed_at",
        (_, Moment::On(_)) => "/completed_on",
    }
}

/// A person signs only where he has a request or a license.
fn own_organization(
    tx: &mut Tx<'_>,
    person: PersonId,
    id: OrganizationId,
) -> Result<OrganizationId, Error> {
    let requested = tx
        .unit
        .requests_of_people(&[person])?
        .into_iter()
        .map(|request| request.organization_id);
    let licensed = tx
        .unit
        .licenses_of_people(&[person])?
        .into_iter()
        .map(|license| license.organization_id);
    requested
        .chain(licensed)
        .find(|organization| *organization == id)
        .ok_or_else(|| Error::invalid("/organization_id", NO_ORGANIZATION))
}

/// Who may record a signature of which party: everybody his own, nobody a second party's under his own agreement.
fn may_sign_as(
    tx: &Tx<'_>,
    person: &crate::domain::roster::Person,
    organization: OrganizationId,
    party: Party,
) -> Result<(), Error> {
    let roles: Vec<Role> = tx
        .actor
        .grants
        .iter()
        .filter(|grant| grant.allows(Action::RecordSignature, scope(person, Some(organization))))
        .map(|grant| grant.role)
        .collect();
    let staff = roles.iter().any(|role| role.is_staff());
    match party {
        Party::EndUser => Ok(()),
        Party::Agency => Err(Error::invalid(
            "/party",
            "`agency` is what must be signed for; record who signed: supervisor, authorized_signer or lead",
        )),
        Party::Supervisor | Party::AuthorizedSigner => {
            not_oneself(tx, person.id, "somebody else signs for the agency")?;
            if staff || roles.contains(&Role::Supervisor) {
                Ok(())
            } else {
                Err(Error::Forbidden)
            }
        }
        Party::Lead => {
            not_oneself(tx, person.id, "somebody else signs for the lead")?;
            if roles.contains(&Role::SystemAdmin) {
                Ok(())
            } else {
                Err(Error::Forbidden)
            }
        }
    }
}

/// Whether an organization has a supervisor besides a person.
fn has_second_party(
    tx: &mut Tx<'_>,
    person: &crate::domain::roster::Person,
    organization: OrganizationId,
) -> Result<bool, Error> {
    let roles = supervisors_of(tx.unit, &[organization], tx.now)?;
    Ok(roles.iter().any(|role| role.person_id != Some(person.id)))
}

/// The version signed. An older version of the same agreement may be recorded late; one nobody ever published may not.
fn check_agreement(
    dossier: &Dossier,
    document: &PolicyDocument,
    new: &NewSignature,
    now: Instant,
    faults: &mut Vec<Fault>,
) -> String {
    let Some(current) = document.agreements.get(&new.agreement) else {
        let codes: Vec<&str> = document.agreements.keys().map(String::as_str).collect();
        faults.push(Fault::at(
            "/agreement",
            format!(
                "is no agreement of the policy in force, which has: {}",
                codes.join(", ")
            ),
        ));
        return String::new();
    };
    let version = new
        .version
        .clone()
        .unwrap_or_else(|| current.version.clone());
    let published = dossier.policies.iter().any(|policy| {
        let day = |from: Instant| {
            let zone = policy.document.zone();
            zone.map_or_else(|| from.date_naive(), |zone| local_day(zone, from))
        };
        // Which group an organization belongs to is dated too.
        let ours = [policy.effective_from, now].map(|at| {
            policy
                .document
                .for_organization(new.organization_id, day(at))
        });
        ours.iter()
            .map(AsRef::as_ref)
            .chain([&policy.document])
            .filter_map(|document: &PolicyDocument| document.agreements.get(&new.agreement))
            .any(|agreement| agreement.version == version)
    });
    if !published {
        faults.push(Fault::at(
            "/version",
            format!(
                "was never published; the current version is {}",
                current.version
            ),
        ));
    }
    version
}

pub fn record_completion(tx: &mut Tx<'_>, new: &NewTraining) -> Result<Fact, Error> {
    let person = visible_person(tx.unit, tx.actor, new.person_id, "/person_id")?;
    tx.authorize(Action::RecordTraining, scope(&person, None))?;
    not_oneself(tx, person.id, "somebody else records your trainings")?;
    tx.lock_person(person.id)?;
    let mut dossier = Dossier::load(tx.unit, person.id, &[])?.ok_or(Error::NotFound)?;
    let document = dossier
        .document_with(tx.now, |document| {
            document.courses.contains_key(&new.course)
        })
        .ok_or(Error::NoPolicy)?;
    let zone = dossier.zone_at(tx.now);
    let (completed_at, precision) = new.completed.begins(zone);
    let mut faults: Vec<Fault> =
        not_in_the_future(completed_at, tx.now, field(new.completed, "completed"))
            .into_iter()
            .collect();
    check_course(&document, new, &mut faults);
    let envelope = stated(
        tx,
        &dossier,
        faults,
        (FactKind::TrainingCompleted, None),
        (new.supersedes, &new.reported),
        (completed_at, precision),
    )?;
    let body = FactBody::TrainingCompleted {
        course: new.course.clone(),
        outcome: new.outcome,
        score: new.score,
        edition: new.edition.clone(),
    };
    let fact = fact(tx, &person, About::default(), envelope, body);
    keep(tx, &mut dossier, std::slice::from_ref(&fact))?;
    Ok(fact)
}

fn check_course(document: &PolicyDocument, new: &NewTraining, faults: &mut Vec<Fault>) {
    let Some(course) = document.courses.get(&new.course) else {
        let codes: Vec<&str> = document.courses.keys().map(String::as_str).collect();
        faults.push(Fault::at(
            "/course",
            format!(
                "is no course of the policy in force, which has: {}",
                codes.join(", ")
            ),
        ));
        return;
    };
    if let Some(mark) = course.pass_mark
        && new.outcome == Outcome::Pass
    {
        match new.score {
            None => faults.push(Fault::at(
                "/score",
                format!("is needed: this course is passed with at least {mark} %"),
            )),
            Some(score) if score < mark => faults.push(Fault::at(
                "/outcome",
                format!("is no pass with this score: this course is passed with at least {mark} %"),
            )),
            Some(_) => {}
        }
    }
    if course.edition.is_some() && new.edition.is_none() && new.outcome == Outcome::Pass {
        faults.push(Fault::at(
            "/edition",
            "is needed: only certain editions of this course count",
        ));
    }
}

/// One signature or completion.
pub fn completion(rx: &mut Rx<'_>, id: FactId, kind: FactKind) -> Result<Fact, Error> {
    let fact = rx
        .view
        .fact(id)?
        .filter(|fact| fact.body.kind() == kind)
        .ok_or(Error::NotFound)?;
    let visible = rx.actor.authorize(
        Action::ReadFact,
        Scope::person(fact.implementation_id, fact.organization_id, fact.person_id),
    );
    if visible.is_ok() {
        return Ok(fact);
    }
    // What belongs to the person everywhere is known where the person is.
    rx.actor.require(Action::ReadFact)?;
    let person = rx.view.person(fact.person_id)?.ok_or(Error::NotFound)?;
    if fact.organization_id.is_none()
        && crate::application::visible::may_know(rx.view, rx.actor, &person)?
    {
        Ok(fact)
    } else {
        Err(Error::NotFound)
    }
}

/// A page of signatures or completions.
pub fn completions(
    rx: &mut Rx<'_>,
    filter: &FactFilter,
    paging: Paging,
) -> Result<Slice<Fact>, Error> {
    let visible = rx.actor.visible(Action::ReadFact);
    let rows = rx.view.facts(&visible, filter, paging.probe())?;
    Ok(paging.cut(rows, |fact| fact.id.0))
}
