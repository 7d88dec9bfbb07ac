//! STAND-IN until the real policy is merged.
use super::ids::PolicyId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Who signs an agreement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    EndUser,
    Supervisor,
    AuthorizedSigner,
    Lead,
    Agency,
}
/// The whole document (more comes).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PolicyDocument {
    pub time_zone: String,
}
/// One version of an implementation's policy.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyVersion {
    pub id: PolicyId,
    pub number: u32,
    pub effective_from: DateTime<Utc>,
    pub recorded_at: DateTime<Utc>,
    pub document: PolicyDocument,
}
