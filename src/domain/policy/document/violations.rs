//! Violations: offences, counted per person, and their consequences.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{StaffRole, once};

/// Offences and their consequences.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ViolationRules {
    /// Kinds of offence, by code.
    #[serde(deserialize_with = "once::map")]
    pub kinds: BTreeMap<String, ViolationKind>,
    /// Months for which an offence counts. Absent: for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted_for_months: Option<u16>,
    /// Consequences by offence number, rising; the last one holds for all further offences.
    pub offences: Vec<Offence>,
    /// Who decides.
    pub decided_by: StaffRole,
    /// Local day before which the rule only reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enforced_from: Option<NaiveDate>,
}

/// A kind of offence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ViolationKind {
    /// What it is.
    pub title: String,
    /// The offence number at which it enters: a grave one starts higher.
    pub enters_at: u16,
}

/// The consequence of an offence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offence {
    /// Its number, from 1.
    pub number: u16,
    /// What follows.
    pub consequence: Consequence,
}

/// What follows an offence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Consequence {
    /// It is listed.
    List {},
    /// The licenses are suspended for some days, until a cure, or until the first of both.
    Suspend {
        /// Days.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        days: Option<u16>,
        /// What cures it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cure: Option<Cure>,
        /// What follows then.
        then: SuspensionThen,
    },
    /// The licenses end.
    Deactivate {},
    /// The person is barred.
    Bar {},
}

/// What cures a suspension.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Cure {
    /// A course passed after the offence.
    Course {
        /// Code of `courses`.
        course: String,
    },
    /// An agreement signed after the offence.
    Agreement {
        /// Code of `agreements`.
        agreement: String,
    },
    /// Something staff see done.
    Other {
        /// What.
        title: String,
    },
}

/// What follows a served suspension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuspensionThen {
    /// The hold ends by itself.
    Lift,
    /// It is listed for staff.
    List,
}
