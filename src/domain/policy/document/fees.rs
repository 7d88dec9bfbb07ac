//! Fees: what is owed, for what, by whom, and what an unpaid amount does.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::once::{self, is_false};
use super::{MonthDay, NoticedEnd};

/// Fees of an implementation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeeRules {
    /// Who may pay, by code.
    #[serde(
        default,
        deserialize_with = "once::map",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub payers: BTreeMap<String, Payer>,
    /// Lines, by code.
    #[serde(deserialize_with = "once::map")]
    pub lines: BTreeMap<String, FeeLine>,
}

/// Who may pay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payer {
    /// A grant, a fund, the lead.
    pub title: String,
}

/// Something that is owed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeeLine {
    /// What it is called on a bill.
    pub title: String,
    /// For what.
    pub basis: FeeBasis,
    /// How much. Absent: not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// For which time.
    pub term: FeeTerm,
    /// How a part of a term is charged.
    pub proration: Proration,
    /// What happens to the rest when the basis ends early.
    pub on_end: FeeEnd,
    /// Whether credits are used up before anything is billed.
    #[serde(default, skip_serializing_if = "is_false")]
    pub prepaid_credits_first: bool,
    /// Who pays which share. Empty: the organization pays.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub payers: Vec<PayerShare>,
    /// Only for organizations of these groups, besides the other lines. Empty: for all. An override changes a
    /// line for a group instead.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub groups: BTreeSet<String>,
    /// What an unpaid amount does. Absent: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unpaid: Option<Unpaid>,
    /// Local day before which the line only reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enforced_from: Option<NaiveDate>,
}

/// For what a fee is owed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum FeeBasis {
    /// Each license.
    License {
        /// Of these base types. Empty: of all.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        license_types: BTreeSet<String>,
    },
    /// Each purchased seat, filled or not.
    PurchasedSeat {
        /// Of these types. Empty: of all.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        license_types: BTreeSet<String>,
    },
    /// Each add-on.
    AddOn {
        /// Of these add-ons. Empty: of all.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        license_types: BTreeSet<String>,
    },
    /// Each organization.
    Organization {},
    /// Each training asked for.
    TrainingRequested {
        /// Of these courses. Empty: of all.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        courses: BTreeSet<String>,
    },
    /// Each training passed.
    TrainingPassed {
        /// Of these courses. Empty: of all.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        courses: BTreeSet<String>,
    },
    /// Once, when a person first becomes active.
    FirstActivation {
        /// Of these types. Empty: of all.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        license_types: BTreeSet<String>,
    },
}

/// An amount of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// In cents.
    pub cents: u32,
    /// Of this currency.
    pub currency: Currency,
}

/// Currencies by ISO 4217 code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Currency {
    /// The dollar of the United States.
    #[serde(rename = "USD")]
    Usd,
}

/// For which time a fee is owed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum FeeTerm {
    /// A year from the start of the basis.
    RollingYear {},
    /// A year that starts for everybody on the same date.
    FixedDate {
        /// The date.
        starts: MonthDay,
    },
    /// A year that starts on a date of each organization.
    OrganizationDate {},
    /// The calendar quarter of the training.
    QuarterOfTraining {},
    /// Once.
    Once {},
}

/// How a part of a term is charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proration {
    /// In full.
    None,
    /// By month begun.
    ByMonth,
    /// By day.
    ByDay,
}

/// What happens to the rest of a paid term.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeeEnd {
    /// It is lost.
    Nothing,
    /// It is paid back.
    Refund,
    /// It is credited.
    Credit,
}

/// A payer's share of a line. Seats are paid in the order in which they were filled: one belongs to the band with
/// the smallest `first_seats` that reaches it, else to the band without. The shares in force within a band
/// make the whole; where none is in force, the organization pays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PayerShare {
    /// Code of `payers`. Absent: the organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer: Option<String>,
    /// Share in hundredths of a per cent: 10000 is the whole.
    pub basis_points: u16,
    /// First local day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_on: Option<NaiveDate>,
    /// Last local day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_on: Option<NaiveDate>,
    /// The number of first seats it covers. Absent: all that no other band covers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_seats: Option<u32>,
}

/// What an unpaid amount does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unpaid {
    /// Days after the due date.
    pub after_days: u16,
    /// What follows.
    pub then: UnpaidAction,
}

/// What follows an unpaid amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnpaidAction {
    /// Nothing.
    Nothing,
    /// It is listed.
    List,
    /// The licenses concerned get the hold `fee_unpaid`, after notice.
    Hold,
}

impl UnpaidAction {
    /// The end whose notice minimum it keeps, if it ends access.
    #[must_use]
    pub const fn noticed_end(self) -> Option<NoticedEnd> {
        match self {
            Self::Hold => Some(NoticedEnd::FeeUnpaid),
            Self::Nothing | Self::List => None,
        }
    }
}
