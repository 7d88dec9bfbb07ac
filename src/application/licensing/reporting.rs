//! When something happened and who said so, as callers state it.

use chrono::{NaiveDate, TimeDelta};
use chrono_tz::Tz;

use crate::application::actor::Scope;
use crate::application::visible::{NO_PERSON, may_name};
use crate::application::{Error, Fault, Tx};
use crate::domain::calendar::{Instant, Precision, end_of_day, start_of_day};
use crate::domain::fact::{Channel, Envelope, Fact, FactBody, Reporter};
use crate::domain::ids::{ImplementationId, LicenseId, OrganizationId, PersonId, RequestId};
use crate::domain::roster::Person;

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
        if reported_at > tx.now + SKEW {
            return Err(Error::invalid(
                "/report/reported_at",
                "lies in the future: say when it was reported",
            ));
        }
        if let Some(Reporter::Person { person_id }) = self.reported_by
            && !may_name(tx.unit, tx.actor, implementation, person_id)?
        {
            return Err(Error::invalid("/report/reported_by/person_id", NO_PERSON));
        }
        Ok(Envelope {
            occurred_at,
            precision,
            reported_at,
            recorded_at: tx.now,
            reported_by: self.reported_by.clone().unwrap_or(Reporter::Recorder),
            recorded_by: tx.actor.principal.id,
            channel: self.channel.unwrap_or(Channel::Api),
            ticket_reference: self.ticket_reference.clone(),
            reason: self.reason.clone(),
            supersedes: None,
        })
    }
}

/// Refuses what has not happened yet.
pub(super) fn not_in_the_future(at: Instant, now: Instant, pointer: &str) -> Option<Fault> {
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
    let fact = Fact {
        id: tx.id(),
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

/// Nobody decides about himself.
pub(super) fn not_oneself(tx: &Tx<'_>, person: PersonId, what: &str) -> Result<(), Error> {
    if tx.actor.is(person) {
        Err(Error::OwnCase(format!(
            "{what}: nobody decides about himself"
        )))
    } else {
        Ok(())
    }
}

/// The scope of something about a person at an organization.
pub(super) fn scope(person: &Person, organization: Option<OrganizationId>) -> Scope {
    Scope::person(person.implementation_id, organization, person.id)
}
