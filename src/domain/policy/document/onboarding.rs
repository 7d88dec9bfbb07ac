//! Deadlines on the way from submission to activation.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::RequestClass;
use crate::domain::calendar::Length;

/// Deadlines of a license type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Onboarding {
    /// Whether time in which staff hold the request counts. If not, every such interval extends all deadlines,
    /// and never makes a training too old.
    pub staff_time_counts: bool,
    /// The deadlines.
    pub deadlines: Vec<Deadline>,
}

/// One deadline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deadline {
    /// Its code, unique in the list.
    pub code: String,
    /// What it is called.
    pub title: String,
    /// When it starts.
    pub start: DeadlineStart,
    /// What must be reached.
    pub goal: DeadlineGoal,
    /// How long it is: through the end of the last day.
    pub length: Length,
    /// Additional length for each practice set beyond the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extra_per_practice_set: Option<Length>,
    /// What a miss does.
    pub on_miss: DeadlineMiss,
    /// Only for these classes of request. Empty: for all.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub classes: BTreeSet<RequestClass>,
    /// Local day before which the deadline only reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enforced_from: Option<NaiveDate>,
}

/// When a deadline starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum DeadlineStart {
    /// The request was submitted.
    Submission {},
    /// It was approved.
    Approval {},
    /// The trainee was admitted to practice.
    PracticeAdmission {},
    /// Practice was returned for correction.
    PracticeReturned {},
    /// The last requirement of a step was met.
    StepEnd {
        /// A step of the requirement sets.
        step: String,
    },
    /// The last of the initial steps was met.
    InitialStepsEnd {},
    /// One of these courses was passed, the last of those that are owed.
    CoursesPassed {
        /// Codes of `courses`.
        courses: BTreeSet<String>,
    },
}

/// What a deadline wants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum DeadlineGoal {
    /// Courses are booked, those that are owed.
    Booked {
        /// Codes of `courses`.
        courses: BTreeSet<String>,
    },
    /// Practice is submitted.
    PracticeSubmitted {},
    /// Practice is accepted.
    PracticeAccepted {},
    /// Agreements are signed.
    Signed {
        /// Codes of `agreements`.
        agreements: BTreeSet<String>,
    },
    /// Courses are passed, those that are owed.
    CoursesPassed {
        /// Codes of `courses`.
        courses: BTreeSet<String>,
    },
    /// All requirements of a step are met.
    StepDone {
        /// A step of the requirement sets.
        step: String,
    },
    /// The initial steps are done.
    InitialStepsDone {},
    /// Everything is met.
    Ready {},
}

/// What a missed deadline does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum DeadlineMiss {
    /// The request lapses.
    LapseRequest {},
    /// A step starts over.
    ResetStep {
        /// A step of the requirement sets.
        step: String,
    },
}
