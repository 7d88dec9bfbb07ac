//! Identifiers. One type each, so that a person's id cannot be passed where a license's is meant.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    )+};
}

ids! {
    /// One HMIS installation run by one HMIS lead.
    ImplementationId,
    /// One version of an implementation's policy.
    PolicyId,
    /// A participating agency of an implementation.
    OrganizationId,
    /// A person's duty for an organization: authorized signer, security officer, billing contact.
    ContactId,
    /// An HMIS project of an organization.
    ProjectId,
    /// A human within one implementation.
    PersonId,
    /// A license request: the road to activation.
    RequestId,
    /// A license: one per person and organization.
    LicenseId,
    /// A recorded fact. Facts are never edited.
    FactId,
    /// Who is behind a credential: (issuer, subject).
    PrincipalId,
    /// A dated grant of a role to a principal.
    StaffRoleId,
    /// A deputy named by a supervisor, for dates.
    DelegationId,
    /// One audit record.
    AuditId,
    /// An HMIS front-end or file that logins are reported from.
    LoginSourceId,
    /// A login source put into or taken out of service.
    ServiceActId,
    /// How far a login source said it was complete.
    HeartbeatId,
    /// A login as a source reported it.
    LoginEventId,
    /// One pass over what is due.
    SweepId,
    /// A secret address of a calendar.
    CalendarFeedId,
    /// What gathers the notices to one person of one day.
    MessageId,
    /// One version of a text that staff wrote.
    MessageTemplateId,
    /// A notice as it goes to somebody other than the holder.
    NoticeCopyId,
    /// Whoever sends a message at the moment.
    LeaseId,
    /// A login that nothing allowed.
    AccessSignalId,
    /// Two records of one human that became one.
    PersonMergeId,
}
