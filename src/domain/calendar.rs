//! Local days, deadlines and business days in a named zone.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// A length of time as policies state it: an object with exactly one of `days`, `business_days`, `months`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Length {
    /// Local calendar days.
    Days(u16),
    /// Days that are neither weekend nor holiday.
    BusinessDays(u16),
    /// Calendar months, clamped to the end of a shorter month.
    Months(u16),
}

/// The days on which an implementation does not work, besides weekends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holidays {
    /// The federal holidays of the United States, with their observed days.
    pub us_federal: bool,
    /// Further days, taken as they are listed.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub extras: BTreeSet<NaiveDate>,
}
