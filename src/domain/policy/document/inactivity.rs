//! Inactivity: when a license that nobody uses ends, and how its holder comes back.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::once::{is_default, is_false, is_true, is_zero, yes};
use crate::domain::calendar::Length;

/// What follows when nobody logs in: the off-rule, its action, and the return ladder, independent of each
/// other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inactivity {
    /// When a license is too long without login. Absent: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub off_rule: Option<OffRule>,
    /// What follows once the grace has run out.
    pub off_action: OffAction,
    /// How often a supervisor's keep request may stop the action.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub keep_requests: u16,
    /// How people come back, by length of absence, the shortest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub return_ladder: Vec<LadderRung>,
    /// Whose last accepted login starts the absence.
    #[serde(default, skip_serializing_if = "is_default")]
    pub absence_of: AbsenceOf,
    /// Kinds of activity event that restart the clock besides a login.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub restarted_by: BTreeSet<String>,
    /// First login required by the end of this local day after a return (0 days: the same day).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_login_within: Option<Length>,
    /// Local day before which the first login is only reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_login_enforced_from: Option<NaiveDate>,
    /// Whether a login that names an organization serves that license or all of the person's.
    pub login_serves: LoginServes,
    /// For how many hours a cut-off waits for login sources that are behind.
    #[serde(default = "day_of_hours", skip_serializing_if = "is_day_of_hours")]
    pub login_report_lag_hours: u16,
    /// Whether a cut-off moves to the next business day, never to an earlier one.
    #[serde(default, skip_serializing_if = "is_false")]
    pub move_to_business_day: bool,
    /// Where no limit is set: without login for this long, a license is listed for staff.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale_list_after: Option<Length>,
}

const fn day_of_hours() -> u16 {
    24
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature serde's skip_serializing_if calls"
)]
const fn is_day_of_hours(hours: &u16) -> bool {
    *hours == day_of_hours()
}

/// When a license is too long without login.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OffRule {
    /// How long a license may go without login.
    pub limit: Length,
    /// Whether the exact length already falls under the rule; it holds for the limit and for the steps.
    /// Otherwise only more than it does.
    #[serde(default, skip_serializing_if = "is_false")]
    pub limit_inclusive: bool,
    /// Warnings, rising. The last one starts the grace. Empty: one notice, the minimum before the end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// Counted from the sending of the last step's notice.
    pub grace: Length,
    /// Local day before which the rule only reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enforced_from: Option<NaiveDate>,
}

/// A warning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// After how long without login it is due.
    pub after: Length,
    /// Whom it tells.
    pub tells: BTreeSet<Recipient>,
}

/// Who receives a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipient {
    /// The license's holder.
    User,
    /// The organization's supervisors.
    Supervisors,
    /// Its authorized signer.
    Signer,
}

/// What follows once the grace has run out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OffAction {
    /// The license ends.
    Deactivate,
    /// It gets the hold `long_inactivity`.
    Suspend,
    /// It is listed for staff.
    List,
}

/// One rung of the return ladder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LadderRung {
    /// Absences up to this length. Absent: all that are longer, on the last rung only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to: Option<Length>,
    /// Whether an absence of exactly that length stands on this rung.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub up_to_inclusive: bool,
    /// What is owed.
    pub then: Return,
}

/// How a person comes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Return {
    /// Staff reactivates if agreements and recertification are current.
    ReactivateIfCurrent {
        /// The requirement set owed where they are not, or where there is no license to reactivate.
        otherwise: String,
    },
    /// A returning request with this requirement set.
    RequirementSet {
        /// Code of the type's `requirement_sets`.
        set: String,
    },
    /// As somebody new.
    AsNew {
        /// Whether what was done before the end still counts while it is valid.
        #[serde(default, skip_serializing_if = "is_false")]
        earlier_evidence_counts: bool,
    },
}

/// Whose last accepted login starts an absence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AbsenceOf {
    /// That of the license.
    #[default]
    License,
    /// That of the person, at any organization.
    Person,
}

/// What a login that names an organization serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoginServes {
    /// The license at that organization.
    License,
    /// All licenses of the person.
    Person,
}
