//! Practice: fake clients entered in the training site, in sets per workflow, reviewed by staff.

use serde::{Deserialize, Serialize};

use crate::domain::calendar::Length;

/// A set of practice cases for one workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PracticeSet {
    /// What the set is called.
    pub title: String,
    /// The workflow it exercises, a code of `workflows`.
    pub workflow: String,
    /// How many cases it has.
    pub cases: u16,
}

/// How practice runs for a license type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PracticeRules {
    /// Whether sets open one after the other or all at once.
    pub release: PracticeRelease,
    /// How often a set may be tried. A fail uses an attempt up; corrections of what was returned belong to the same
    /// attempt. Absent: without limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_attempts: Option<u16>,
    /// Lowest share of right entries, in per cent. Absent: the reviewer's word alone decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pass_mark: Option<u8>,
    /// In what time staff mean to review. A target: missing it lists, and ends nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review_target: Option<Length>,
    /// How many people may practise at a time; others queue, and their deadline starts on admission. Absent:
    /// as many as come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub places: Option<u16>,
    /// Local day before which the rule only reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enforced_from: Option<chrono::NaiveDate>,
}

/// How practice sets open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PracticeRelease {
    /// The next set opens when the one before is accepted.
    InSteps,
    /// All sets are open from the start.
    AtOnce,
}
