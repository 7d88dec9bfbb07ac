//! Licenses: one per person and organization.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::ids::{ImplementationId, LicenseId, OrganizationId, PersonId};
use super::request::RecordedState;

type Instant = DateTime<Utc>;

/// The five states of a license, without the facts that are true in each (see `evaluate::LicenseState`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LicenseStatus {
    Active,
    Warned,
    Suspended,
    Deactivated,
    Expired,
}

impl LicenseStatus {
    pub const ALL: [Self; 5] = [
        Self::Active,
        Self::Warned,
        Self::Suspended,
        Self::Deactivated,
        Self::Expired,
    ];

    /// Neither deactivated nor expired: it fills a seat.
    #[must_use]
    pub fn is_running(self) -> bool {
        matches!(self, Self::Active | Self::Warned | Self::Suspended)
    }

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Warned => "warned",
            Self::Suspended => "suspended",
            Self::Deactivated => "deactivated",
            Self::Expired => "expired",
        }
    }
}

/// When the service has something to tell about a license, as last recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoticeOutlook {
    /// The earliest instant at which a notice or reminder may be given, or one is to be taken back.
    pub next_at: Option<Instant>,
    /// The earliest instant of a warning that is derived only once the login sources are complete up to it.
    pub next_warning_at: Option<Instant>,
    /// How many notices counted when what had to be told was last looked at.
    pub counting: i32,
}

impl NoticeOutlook {
    /// The outlook at `now` after one that was recorded: where fewer notices count, somebody has to be told, which only
    /// a look at what was told can do.
    #[must_use]
    pub fn after(self, before: Self, now: Instant) -> Self {
        if self.counting < before.counting {
            let now = before.next_at.map_or(now, |before| before.min(now));
            Self {
                next_at: Some(now),
                counting: before.counting,
                ..self
            }
        } else {
            self
        }
    }
}

/// The stored license: a key, and the state as last recorded. Everything else about it is facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct License {
    pub id: LicenseId,
    pub implementation_id: ImplementationId,
    pub organization_id: OrganizationId,
    pub person_id: PersonId,
    /// The type in force as last recorded.
    pub license_type: String,
    pub recorded: RecordedState<LicenseStatus>,
    /// Since when its end is contested and awaits a decision, as last recorded.
    pub contested_at: Option<Instant>,
    /// From when staff see it on their list, as last recorded.
    pub listed_from: Option<Instant>,
    pub notices: NoticeOutlook,
    /// When an absence takes access away next, as last recorded; nothing of what staff approved or held already.
    pub next_absence_at: Option<Instant>,
    /// The license of the same person and organization that stayed when two records became one person.
    pub duplicate_of: Option<LicenseId>,
    pub recorded_at: Instant,
    pub version: i32,
}
