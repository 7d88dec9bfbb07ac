//! What a sweep found: the states that time alone had changed since they were last recorded.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::fact::NoticeRule;
use super::ids::{
    FactId, ImplementationId, LicenseId, OrganizationId, PersonId, PrincipalId, RequestId, SweepId,
};
use super::outgoing::{NoticeKind, QueuedNotice};

type Instant = DateTime<Utc>;

/// Whose state changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum Swept {
    License(LicenseId),
    LicenseRequest(RequestId),
}

/// A state that changed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SweptChange {
    /// When it took effect, which access decisions knew without any sweep.
    pub at: Instant,
    pub of: Swept,
    pub person_id: PersonId,
    pub organization_id: OrganizationId,
    /// As recorded before. Absent: there was no license yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    pub to: String,
}

/// Something that a sweep found people had to be told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SweptNotice {
    /// Since when.
    pub due_at: Instant,
    pub license_id: LicenseId,
    pub person_id: PersonId,
    pub organization_id: OrganizationId,
    pub kind: NoticeKind,
    pub rule: NoticeRule,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requirement: Option<String>,
    /// Earlier steps that were overtaken.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<usize>,
}

impl From<&QueuedNotice> for SweptNotice {
    fn from(notice: &QueuedNotice) -> Self {
        Self {
            due_at: notice.due_at,
            license_id: notice.license_id,
            person_id: notice.person_id,
            organization_id: notice.organization_id,
            kind: notice.kind,
            rule: notice.subject.rule,
            step: notice.subject.step,
            requirement: notice.subject.requirement.clone(),
            skipped: notice.skipped.clone(),
        }
    }
}

/// A hold that a sweep opened: suspiciously many absences were about to take access away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweptHold {
    pub id: FactId,
    /// How many licenses would have lost access.
    pub affected: i64,
    /// How many had it.
    pub of: i64,
}

/// One pass over what was due in an implementation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sweep {
    pub id: SweepId,
    pub implementation_id: ImplementationId,
    /// What was due at this instant was looked at.
    pub as_of: Instant,
    pub started_at: Instant,
    pub finished_at: Instant,
    /// How many people were evaluated.
    pub people: i64,
    /// How many of them could not be; the next sweep looks at them again.
    pub failed: i64,
    /// Whether nobody who was due was left out.
    pub complete: bool,
    /// By how many seconds the latest change was recorded after it took effect.
    pub late_by_seconds: i64,
    /// By instant.
    pub changes: Vec<SweptChange>,
    /// By instant.
    pub notices: Vec<SweptNotice>,
    /// The hold that it opened before anything else.
    pub absence_hold: Option<SweptHold>,
    pub recorded_by: PrincipalId,
}
