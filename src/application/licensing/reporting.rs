//! When something happened and who said so, as callers state it.

use chrono::{NaiveDate, TimeDelta};
use chrono_tz::Tz;

use crate::application::actor::{Action, Scope};
use crate::application::roster::Faults;
use crate::application::visible::{NO_PERSON, may_name};
use crate::application::{Error, Fault, Tx};
use crate::domain::calendar::{Instant, Precision, end_of_day, start_of_day};
use crate::domain::fact::{Channel, Envelope, Fact, FactBody, FactKind, Reporter};
use crate::domain::ids::{
    ContactId, FactId, ImplementationId, LicenseId, OrganizationId, PersonId, RequestId,
};
use crate::domain::requirement::standing_facts;
use crate::domain::roster::Person;

use super::activation::begin_ready;
use super::dossier::Dossier;

/// How far ahead of the service's clock a reporter's may be.
const SKEW: TimeDelta = TimeDelta::minutes(5);

/// An instant, or a local day of the implementation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    At(Instant),
    On(NaiveDate),
}

impl Moment {
    /// For what happened on a day: the day's first instant.
    #[must_use]
    pub fn begins(self, zone: Tz) -> (Instant, Precision) {
        match self {
            Self::At(at) => (at, Precision::Instant),
            Self::On(day) => (start_of_day(zone, day), Precision::Day),
        }
    }

    /// The pointer to the form in which it was given.
    #[must_use]
    pub fn field(self, field: &str) -> String {
        match self {
            Self::At(_) => format!("/{field}_at"),
            Self::On(_) => format!("/{field}_on"),
        }
    }

    /// For what lasted through a day: the instant at which the day is over.
    #[must_use]
    pub fn ends(self, zone: Tz) -> (Instant, Precision) {
        match self {
            Self::At(at) => (at, Precision::Instant),
            Self::On(day) => (end_of_day(zone, day), Precision::Day),
        }
    }
}

/// What a caller says about how a fact became known. Absent: the caller reports it now, over the API.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reported {
    pub reported_at: Option<Instant>,
    pub reported_by: Option<Reporter>,
    pub channel: Option<Channel>,
    pub ticket_reference: Option<String>,
    pub reason: Option<String>,
}

impl Reported {
    /// The envelope of a fact of an implementation that occurred at an instant.
    pub fn envelope(
        &self,
        tx: &mut Tx<'_>,
        implementation: ImplementationId,
        (occurred_at, precision): (Instant, Precision),
    ) -> Result<Envelope, Error> {
        let reported_at = self.reported_at.unwrap_or(tx.now);
        let mut faults = Faults::new();
        faults.need(
            reported_at <= tx.now + SKEW,
            "/report/reported_at",
            "lies in the future: say when it was reported",
        );
        if let Some(Reporter::Person { person_id }) = self.reported_by
            && !may_name(tx.unit, tx.actor, implementation, person_id)?
        {
            faults.at("/report/reported_by/person_id", NO_PERSON);
        }
        if let Some(Reporter::Contact { contact_id }) = self.reported_by
            && !may_name_contact(tx, implementation, contact_id)?
        {
            faults.at(
                "/report/reported_by/contact_id",
                "names no organization contact you may know of",
            );
        }
        faults.check()?;
        Ok(Envelope {
            occurred_at,
            precision,
            reported_at,
            recorded_at: tx.now,
            reported_by: self.reported_by.clone().unwrap_or(Reporter::Recorder),
            recorded_by: tx.actor.principal.id,
            on_behalf_of: tx.trail.on_behalf_of(),
            channel: self.channel.unwrap_or(Channel::Api),
            ticket_reference: self.ticket_reference.clone(),
            reason: self.reason.clone(),
            supersedes: None,
        })
    }
}

/// Whether a body may name a contact of an organization in passing.
fn may_name_contact(
    tx: &mut Tx<'_>,
    implementation: ImplementationId,
    id: ContactId,
) -> Result<bool, Error> {
    let found = tx.unit.contact(id)?;
    let found = found.filter(|contact| contact.implementation_id == implementation);
    Ok(found.is_some_and(|contact| {
        let scope = Scope::organization(implementation, contact.organization_id);
        tx.actor.authorize(Action::ReadRoster, scope).is_ok()
    }))
}

/// Refuses what has not happened yet.
pub fn not_in_the_future(at: Instant, now: Instant, pointer: &str) -> Option<Fault> {
    (at > now + SKEW).then(|| {
        Fault::at(
            pointer,
            "lies in the future: record it when it has happened",
        )
    })
}

/// What a fact is about besides its person.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct About {
    pub organization: Option<OrganizationId>,
    pub request: Option<RequestId>,
    pub license: Option<LicenseId>,
}

/// A new fact about a person; the audit trail names it.
pub(super) fn fact(
    tx: &mut Tx<'_>,
    person: &Person,
    about: About,
    envelope: Envelope,
    body: FactBody,
) -> Fact {
    let id = tx.id();
    fact_of_id(tx, id, person, about, envelope, body)
}

/// The same of something that had its id before it was a fact.
pub(super) fn fact_of_id(
    tx: &mut Tx<'_>,
    id: FactId,
    person: &Person,
    about: About,
    envelope: Envelope,
    body: FactBody,
) -> Fact {
    let fact = Fact {
        id,
        implementation_id: person.implementation_id,
        person_id: person.id,
        organization_id: about.organization,
        request_id: about.request,
        license_id: about.license,
        envelope,
        body,
    };
    tx.trail.touched("fact", fact.id);
    fact
}

/// Nobody decides about himself, and no deputy about the one he stands for.
pub fn not_oneself(tx: &Tx<'_>, person: PersonId, what: &str) -> Result<(), Error> {
    if tx.actor.is(person) {
        Err(Error::OwnCase(format!(
            "{what}: nobody decides about himself"
        )))
    } else if tx.trail.on_behalf_of() == Some(person) {
        Err(Error::OwnCase(
            "this is about the one you stand for: a deputy may not do what that one may not, nobody decides about \
             himself"
                .to_owned(),
        ))
    } else {
        Ok(())
    }
}

/// The scope of something about a person at an organization.
pub(super) fn scope(person: &Person, organization: Option<OrganizationId>) -> Scope {
    Scope::person(person.implementation_id, organization, person.id)
}

/// Keeps facts of a person, brings the recorded states up to date, and begins the licenses that only waited for them.
pub(super) fn keep(tx: &mut Tx<'_>, dossier: &mut Dossier, facts: &[Fact]) -> Result<(), Error> {
    tx.unit.insert_facts(facts)?;
    dossier.learn(facts);
    dossier.record_states(tx)?;
    begin_ready(tx, dossier)
}

/// Keeps one fact of a person, of which only what it says is new.
pub(super) fn record(
    tx: &mut Tx<'_>,
    dossier: &mut Dossier,
    about: About,
    envelope: Envelope,
    body: FactBody,
) -> Result<FactId, Error> {
    let person = dossier.person.clone();
    let fact = fact(tx, &person, about, envelope, body);
    let id = fact.id;
    keep(tx, dossier, &[fact])?;
    if let Some(license) = about.license {
        tx.trail.touched("license", license);
    }
    Ok(id)
}

/// A decision that needs a reason has one.
pub fn needed_reason(reported: &Reported) -> Result<(), Error> {
    if reported.reason.is_some() {
        Ok(())
    } else {
        Err(Error::invalid(
            "/report/reason",
            "is needed: say why, without clients, health or legal details",
        ))
    }
}

/// The fact that a new one corrects: one of the same kind about the same person and organization, that stands.
pub(super) fn corrects(
    dossier: &Dossier,
    target: Option<FactId>,
    kind: FactKind,
    organization: Option<OrganizationId>,
    reported: &Reported,
) -> Result<Option<FactId>, Error> {
    let Some(target) = target else {
        return Ok(None);
    };
    needed_reason(reported)?;
    let found = dossier.facts.iter().any(|fact| {
        fact.id == target && fact.body.kind() == kind && fact.organization_id == organization
    });
    if !found {
        return Err(Error::invalid(
            "/supersedes",
            "names no fact of this kind about this person here that you may know of",
        ));
    }
    if standing_facts(dossier.facts.iter())
        .iter()
        .any(|fact| fact.id == target)
    {
        Ok(Some(target))
    } else {
        Err(Error::invalid(
            "/supersedes",
            "was corrected already: correct the fact that replaced it",
        ))
    }
}

/// The envelope of a fact of a kind that may correct another one of it; refused with the faults found so far and its
/// own, all at once.
pub(super) fn stated(
    tx: &mut Tx<'_>,
    dossier: &Dossier,
    faults: Vec<Fault>,
    (kind, organization): (FactKind, Option<OrganizationId>),
    (supersedes, reported): (Option<FactId>, &Reported),
    occurred: (Instant, Precision),
) -> Result<Envelope, Error> {
    let mut all = Faults::new();
    all.extend(faults);
    let supersedes = corrects(dossier, supersedes, kind, organization, reported);
    let supersedes = all.gather(supersedes)?.flatten();
    let implementation = dossier.person.implementation_id;
    let envelope = all.gather(reported.envelope(tx, implementation, occurred))?;
    all.check()?;
    let envelope = envelope.ok_or(Error::NotFound)?;
    Ok(Envelope {
        supersedes,
        ..envelope
    })
}

/// How far back or ahead something may be dated: farther is a slip of the pen.
const FARTHEST_YEARS: u32 = 3;

/// Refuses a moment that lies years away.
pub(super) fn within_years(
    moment: Moment,
    at: Instant,
    now: Instant,
    field: &str,
) -> Result<(), Error> {
    let years = chrono::Months::new(12 * FARTHEST_YEARS);
    let far = now
        .checked_sub_months(years)
        .is_some_and(|first| at < first)
        || now.checked_add_months(years).is_some_and(|last| at > last);
    if far {
        Err(Error::invalid(
            moment.field(field),
            format!("lies more than {FARTHEST_YEARS} years away"),
        ))
    } else {
        Ok(())
    }
}

/// The end of something that begins now.
pub(super) fn until_ahead(
    dossier: &Dossier,
    until: Option<Moment>,
    now: Instant,
) -> Result<Option<Instant>, Error> {
    let Some(moment) = until else {
        return Ok(None);
    };
    let at = moment.ends(dossier.zone_at(now)).0;
    within_years(moment, at, now, "until")?;
    if at <= now {
        return Err(Error::invalid(
            moment.field("until"),
            "does not lie ahead: leave it out, or name when it ends by itself",
        ));
    }
    Ok(Some(at))
}
