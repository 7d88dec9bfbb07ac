//! Facts: what happened, when, who said so, and when the service learned of it. Facts are never edited.

mod body;
mod kind;
mod withdrawal;
mod words;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::calendar::Precision;
use super::ids::{
    ContactId, FactId, ImplementationId, LicenseId, OrganizationId, PersonId, PrincipalId,
    RequestId,
};

pub use super::policy::HoldCause;
pub use body::{Basis, FactBody, TypeChange};
pub use kind::FactKind;
pub use withdrawal::{TakingBack, replaced_by, version_of};
pub use words::{
    BookingResult, DeactivationCause, MatchedBy, NoticeRule, Outcome, PracticeResult,
    RenewalDecision,
};

type Instant = DateTime<Utc>;

/// Who told the service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Reporter {
    /// The one who recorded it.
    Recorder,
    /// A person of the implementation.
    Person { person_id: PersonId },
    /// Somebody with a duty for an organization.
    Contact { contact_id: ContactId },
    /// Somebody the service does not know, by name and contact.
    Named {
        name: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        contact: Option<String>,
    },
}

/// The way a fact came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    Api,
    Phone,
    Email,
    Letter,
    InPerson,
    HelpDesk,
    Import,
}

/// What every fact carries besides what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    pub occurred_at: Instant,
    /// Whether `occurred_at` is an instant or stands for a whole local day.
    pub precision: Precision,
    pub reported_at: Instant,
    pub recorded_at: Instant,
    pub reported_by: Reporter,
    pub recorded_by: PrincipalId,
    /// The supervisor in whose place the recorder acted, as his deputy.
    pub on_behalf_of: Option<PersonId>,
    pub channel: Channel,
    pub ticket_reference: Option<String>,
    pub reason: Option<String>,
    /// The fact that this one corrects; both stay visible.
    pub supersedes: Option<FactId>,
}

impl Envelope {
    /// Of what the one who records it says now, over the API.
    #[must_use]
    pub fn recorded_now(recorded_by: PrincipalId, now: Instant) -> Self {
        Self {
            occurred_at: now,
            precision: Precision::Instant,
            reported_at: now,
            recorded_at: now,
            reported_by: Reporter::Recorder,
            recorded_by,
            on_behalf_of: None,
            channel: Channel::Api,
            ticket_reference: None,
            reason: None,
            supersedes: None,
        }
    }
}

/// One fact about one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    pub id: FactId,
    pub implementation_id: ImplementationId,
    pub person_id: PersonId,
    /// Absent for what belongs to the person everywhere: courses, bars, logins that name no organization.
    pub organization_id: Option<OrganizationId>,
    pub request_id: Option<RequestId>,
    pub license_id: Option<LicenseId>,
    pub envelope: Envelope,
    pub body: FactBody,
}

/// A fact about a whole implementation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImplementationFact {
    pub id: FactId,
    pub implementation_id: ImplementationId,
    /// Its `occurred_at` is its `recorded_at`: it says what was decided.
    pub envelope: Envelope,
    pub body: FactBody,
}

impl ImplementationFact {
    /// The same fact as a person reads it.
    #[must_use]
    pub fn read_by(&self, person: PersonId) -> Fact {
        Fact {
            id: self.id,
            implementation_id: self.implementation_id,
            person_id: person,
            organization_id: None,
            request_id: None,
            license_id: None,
            envelope: self.envelope.clone(),
            body: self.body.clone(),
        }
    }

    /// The facts of an implementation as nobody in particular reads them.
    #[must_use]
    pub fn read_by_nobody(facts: &[Self]) -> Vec<Fact> {
        let nobody = PersonId(uuid::Uuid::nil());
        facts.iter().map(|fact| fact.read_by(nobody)).collect()
    }

    /// The campaign or hold that it decides about.
    #[must_use]
    pub fn about(&self) -> Option<FactId> {
        match &self.body {
            FactBody::AbsenceHoldDecided { hold, .. } => Some(*hold),
            body => body.of_campaign(),
        }
    }
}

impl Fact {
    /// The instant from which the fact acts: never before it was recorded.
    #[must_use]
    pub fn acts_at(&self) -> Instant {
        self.envelope.occurred_at.max(self.envelope.recorded_at)
    }
}
