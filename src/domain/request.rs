//! License requests: the road from a supervisor's wish to activation.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::calendar::{Holidays, Precision};
use super::fact::{Channel, Envelope, Reporter};
use super::policy::Attestation;
pub use super::policy::{RequestClass, RequestSource};

use super::ids::{ImplementationId, OrganizationId, PersonId, PrincipalId, ProjectId, RequestId};

type Instant = DateTime<Utc>;

/// Where a request stands. `Fulfilled`, `Denied`, `Withdrawn` and `Lapsed` are ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestState {
    Submitted,
    Onboarding,
    Practice,
    InReview,
    Corrections,
    Ready,
    Waitlisted,
    Fulfilled,
    Denied,
    Withdrawn,
    Lapsed,
}

impl RequestState {
    pub const ALL: [Self; 11] = [
        Self::Submitted,
        Self::Onboarding,
        Self::Practice,
        Self::InReview,
        Self::Corrections,
        Self::Ready,
        Self::Waitlisted,
        Self::Fulfilled,
        Self::Denied,
        Self::Withdrawn,
        Self::Lapsed,
    ];

    #[must_use]
    pub fn is_open(self) -> bool {
        !matches!(
            self,
            Self::Fulfilled | Self::Denied | Self::Withdrawn | Self::Lapsed
        )
    }

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::Onboarding => "onboarding",
            Self::Practice => "practice",
            Self::InReview => "in_review",
            Self::Corrections => "corrections",
            Self::Ready => "ready",
            Self::Waitlisted => "waitlisted",
            Self::Fulfilled => "fulfilled",
            Self::Denied => "denied",
            Self::Withdrawn => "withdrawn",
            Self::Lapsed => "lapsed",
        }
    }
}

/// One thing the requester attested about the trainee. Only the statement is kept, never the evidence behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attested {
    /// The code of the policy's attestation: `job_need`, `at_least_18`, `background_check`, ...
    pub code: String,
    /// The local day of what is attested, where its age matters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<chrono::NaiveDate>,
}

impl Attested {
    /// Whether what was attested on an earlier request counts for a new one, made on a local day. A background check
    /// belongs to the person and counts at every organization while it is young enough; what the job needs is said of
    /// each job anew.
    #[must_use]
    pub fn counts_later(
        &self,
        wanted: &Attestation,
        today: chrono::NaiveDate,
        holidays: &Holidays,
    ) -> bool {
        matches!(wanted, Attestation::BackgroundCheck { .. })
            && self.code == wanted.code()
            && wanted.is_young_enough(self.on, today, holidays)
    }
}

/// A submitted request. What happened to it since are facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LicenseRequest {
    pub id: RequestId,
    pub implementation_id: ImplementationId,
    pub organization_id: OrganizationId,
    pub person_id: PersonId,
    pub license_type: String,
    pub class: RequestClass,
    pub job_role: Option<String>,
    pub projects: Vec<ProjectId>,
    pub attestations: Vec<Attested>,
    /// Who recorded it.
    pub requester: PrincipalId,
    /// The supervisor it was recorded for, where the requester is not the recorder.
    pub requested_by: Option<PersonId>,
    /// By which way of the policy it was made: it says whether somebody must confirm it.
    pub source: Option<RequestSource>,
    pub channel: Channel,
    pub ticket_reference: Option<String>,
    pub reported_at: Instant,
    /// Who asked, where it was not the recorder.
    pub reported_by: Reporter,
    /// Why, in the words of whoever asked.
    pub reason: Option<String>,
    pub submitted_at: Instant,
    /// The state as last recorded; `evaluate` says what holds now.
    pub recorded: RecordedState<RequestState>,
    pub version: i32,
}

impl LicenseRequest {
    /// Whether somebody asked for it: whose request it is, not whoever recorded it for him.
    #[must_use]
    pub fn was_asked_by(&self, principal: PrincipalId, is: impl Fn(PersonId) -> bool) -> bool {
        match self.requested_by {
            Some(person) => is(person),
            None => self.reported_by == Reporter::Recorder && self.requester == principal,
        }
    }

    /// How it became known, as every fact says it.
    #[must_use]
    pub fn envelope(&self) -> Envelope {
        Envelope {
            occurred_at: self.submitted_at,
            precision: Precision::Instant,
            reported_at: self.reported_at,
            recorded_at: self.submitted_at,
            reported_by: self.reported_by.clone(),
            recorded_by: self.requester,
            // A deputy asks for the supervisor named in `requested_by`.
            on_behalf_of: None,
            channel: self.channel,
            ticket_reference: self.ticket_reference.clone(),
            reason: self.reason.clone(),
            supersedes: None,
        }
    }
}

/// What was last recorded of a derived state, and until when that holds by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedState<S> {
    pub state: S,
    /// The next instant at which `evaluate` answers differently with the facts known at the recording.
    pub next_change_at: Option<Instant>,
    /// The generation of the implementation the state was evaluated under.
    pub generation: i64,
}
