//! Requests: who may ask, what is attested, who approves, who activates.

use std::borrow::Cow;
use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::ContactDuty;
use super::once::{is_default, is_false};
use crate::domain::calendar::{Holidays, Length};
use crate::domain::ids::ContactId;

/// The way of a request from submission to activation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestRules {
    /// Who may request.
    pub requesters: Vec<Requester>,
    /// What the requester attests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attestations: Vec<Attestation>,
    /// Whether the person needs a work e-mail address.
    #[serde(default, skip_serializing_if = "is_default")]
    pub work_email: WorkEmail,
    /// Approvals in order. Empty: a request needs none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approval: Vec<ApprovalStep>,
    /// After how long an unfinished request lapses. Absent: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lapses_after: Option<Length>,
    /// How a request that has everything becomes a license.
    pub activation: Activation,
    /// Local day before which the rules only report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enforced_from: Option<NaiveDate>,
}

impl RequestRules {
    /// Whether they act on a local day, or only report.
    #[must_use]
    pub fn acts_on(&self, day: NaiveDate) -> bool {
        self.enforced_from.is_none_or(|from| from <= day)
    }

    /// The rules as they act on a local day. While they only report, nothing is asked of a request that it does not
    /// need to be worked: neither attestations nor an address, a confirmation or an approval, and it never lapses.
    #[must_use]
    pub fn acting_on(&self, day: NaiveDate) -> Cow<'_, Self> {
        if self.acts_on(day) {
            return Cow::Borrowed(self);
        }
        Cow::Owned(Self {
            requesters: self
                .requesters
                .iter()
                .map(|requester| Requester {
                    confirmation: None,
                    ticket_required: false,
                    ..requester.clone()
                })
                .collect(),
            attestations: Vec::new(),
            work_email: WorkEmail::Optional,
            approval: Vec::new(),
            lapses_after: None,
            ..self.clone()
        })
    }
}

/// A way to make a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requester {
    /// From whom, or from what, the request comes.
    pub from: RequestSource,
    /// Who must confirm it, and by when; otherwise it lapses. Needed where the trainee or a pass makes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmation: Option<Confirmation>,
    /// Whether the ticket it came by must be named.
    #[serde(default, skip_serializing_if = "is_false")]
    pub ticket_required: bool,
}

/// From whom, or from what, a request comes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum RequestSource {
    /// A supervisor of the organization.
    Supervisor {},
    /// The organization's authorized signer.
    AuthorizedSigner {},
    /// The help desk, for a supervisor who asked.
    HelpDeskForSupervisor {},
    /// Staff of the HMIS lead.
    Staff {},
    /// The person the license is for.
    Trainee {},
    /// The pass of a course.
    CoursePassed {
        /// Code of `courses`.
        course: String,
    },
}

/// The confirmation a request needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// Who may confirm: any of them.
    pub by: BTreeSet<StaffRole>,
    /// Calendar days in which it must come.
    pub within_days: u16,
}

/// Who acts for the organization or the lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StaffRole {
    /// A supervisor of the organization.
    Supervisor,
    /// The organization's authorized signer.
    AuthorizedSigner,
    /// Staff of the HMIS lead who decide.
    SystemAdmin,
    /// Staff of the HMIS lead who train.
    Trainer,
    /// The help desk.
    HelpDesk,
}

/// What the requester states. Only the statement is kept, never a birth date or a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Attestation {
    /// The person needs access for the job.
    JobNeed {},
    /// The person is at least 18.
    #[serde(rename = "at_least_18")]
    AtLeast18 {},
    /// A background check was made.
    BackgroundCheck {
        /// How old it may be at submission. Absent: any age.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        maximum_age: Option<Length>,
    },
    /// Anything else.
    Other {
        /// Its code, unique in the list.
        code: String,
        /// What is attested.
        title: String,
    },
}

impl Attestation {
    /// The code under which a request carries it.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::JobNeed {} => "job_need",
            Self::AtLeast18 {} => "at_least_18",
            Self::BackgroundCheck { .. } => "background_check",
            Self::Other { code, .. } => code,
        }
    }

    /// How old it may be at submission. Nothing: any age.
    #[must_use]
    pub fn maximum_age(&self) -> Option<Length> {
        match self {
            Self::BackgroundCheck { maximum_age } => *maximum_age,
            _ => None,
        }
    }

    /// Whether what was done on a local day is young enough on another. A day that is needed and not known is not.
    #[must_use]
    pub fn is_young_enough(
        &self,
        on: Option<NaiveDate>,
        today: NaiveDate,
        holidays: &Holidays,
    ) -> bool {
        match (self.maximum_age(), on) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(length), Some(on)) => length.after(on, holidays) >= today,
        }
    }
}

/// Whether a work e-mail address is needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkEmail {
    /// Not needed.
    #[default]
    Optional,
    /// Needed at submission.
    Required,
    /// Needed, and confirmed before activation.
    Confirmed,
}

/// One approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalStep {
    /// Who approves.
    pub by: Approver,
    /// Only for these job roles. Empty: for all.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub job_roles: BTreeSet<String>,
    /// Only where a project of the request has one of these HUD project types. Empty: for all.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub project_types: BTreeSet<u8>,
    /// Only for organizations of these groups. Empty: for all.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub groups: BTreeSet<String>,
    /// Local day before which the step only reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enforced_from: Option<NaiveDate>,
}

/// Who approves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Approver {
    /// Anyone of a role.
    Role {
        /// The role.
        role: StaffRole,
    },
    /// The organization's contact with a duty.
    Duty {
        /// The duty.
        duty: ContactDuty,
    },
    /// One contact by name.
    Contact {
        /// The contact.
        contact_id: ContactId,
    },
}

/// How a request that has everything becomes a license.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Activation {
    /// Who activates.
    pub by: ActivationBy,
    /// Whether it may start with only the projects whose workflows' practice is accepted; the rest are added when theirs
    /// is. A change of the type of a running license waits for all: to change it earlier would take projects away.
    #[serde(default, skip_serializing_if = "is_false")]
    pub accepted_workflows_only: bool,
}

/// Who activates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActivationBy {
    /// Staff of the HMIS lead.
    Staff,
    /// Nobody: it happens as soon as the request is ready.
    Automatic,
}
