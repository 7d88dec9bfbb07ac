//! What an organization keeps current, and what follows while it does not.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// Obligations of organizations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrganizationRules {
    /// Each with its own effect.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub obligations: Vec<OrganizationObligation>,
}

impl OrganizationRules {
    pub(super) fn is_empty(&self) -> bool {
        self.obligations.is_empty()
    }
}

/// One thing an organization keeps current.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrganizationObligation {
    /// What must be there.
    pub item: OrganizationItem,
    /// The effect while it is missing.
    pub while_missing: WhileMissing,
    /// Local day before which the rule only reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enforced_from: Option<NaiveDate>,
}

/// What an organization keeps current.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum OrganizationItem {
    /// An agreement of the organization.
    Agreement {
        /// Code of `agreements`, whose scope is the organization.
        agreement: String,
    },
    /// A contact with a duty.
    Contact {
        /// The duty.
        duty: ContactDuty,
    },
    /// A course that those who request licenses for it hold.
    RequesterCourse {
        /// Code of `courses`.
        course: String,
    },
    /// An agreement that those who request licenses for it hold.
    RequesterAgreement {
        /// Code of `agreements`, whose scope is the person.
        agreement: String,
    },
}

/// Duties of organization contacts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactDuty {
    /// Signs for the organization.
    AuthorizedSigner,
    /// Answers for security.
    SecurityOfficer,
    /// Receives bills.
    BillingContact,
}

/// The effect of something missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhileMissing {
    /// It is listed.
    List,
    /// The organization can make no new requests.
    NoNewRequests,
    /// Its licenses get the hold `organization_suspended`, after notice to its supervisors and signer.
    Hold,
}
