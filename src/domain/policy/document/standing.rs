//! Standing conditions: measures reported from outside that must keep a side of a threshold.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::once::is_false;
use crate::domain::calendar::Length;

/// A measure with its threshold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StandingCondition {
    /// What is measured (error rate, days until entry, attendance).
    pub title: String,
    /// Of whom it is reported.
    pub subject: ConditionSubject,
    /// The threshold, in the measure's own unit.
    pub threshold: f64,
    /// On which side of the threshold the condition is broken.
    pub broken: Side,
    /// Whether the threshold itself breaks it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub threshold_inclusive: bool,
    /// How long a report counts.
    pub valid_for: Length,
    /// How long people have to cure it.
    pub cure_within: Length,
    /// What a miss does.
    pub on_miss: ConditionMiss,
    /// Local day before which the rule only reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enforced_from: Option<NaiveDate>,
}

/// Of whom a measure is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConditionSubject {
    /// A person.
    Person,
    /// A project.
    Project,
    /// An organization.
    Organization,
}

/// A side of a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// More than it.
    Above,
    /// Less than it.
    Below,
}

/// What a condition that stays broken does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConditionMiss {
    /// It is listed.
    List,
    /// The license is suspended until the condition is met, after notice.
    Suspend,
}
