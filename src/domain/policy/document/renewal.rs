//! What recurs: terms, recertification, campaigns, and fixed dates of the year.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use super::once::is_default;
use crate::domain::calendar::Length;

/// What follows when something owed is missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnMiss {
    /// The license is suspended until it is done.
    Suspend,
    /// The license ends.
    Deactivate,
    /// It is listed for staff.
    List,
}

/// A day of the year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MonthDay {
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31, and there every year.
    pub day: u8,
}

/// A date fixed for everybody, each year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct YearlyDate {
    /// The last local day on which the old year's completion counts.
    pub due: MonthDay,
    /// From this day completion counts for the coming year.
    pub opens: MonthDay,
    /// From this day a newcomer's first completion counts for the coming year.
    pub newcomers_from: MonthDay,
}

impl MonthDay {
    /// The day in a year; saturates at the ends of the calendar.
    fn in_year(self, year: i32) -> NaiveDate {
        let saturated = if year < 0 {
            NaiveDate::MIN
        } else {
            NaiveDate::MAX
        };
        NaiveDate::from_ymd_opt(year, u32::from(self.month), u32::from(self.day))
            .unwrap_or(saturated)
    }

    /// Its first occurrence on or after a day.
    fn from(self, day: NaiveDate) -> NaiveDate {
        let this_year = self.in_year(day.year());
        if this_year >= day {
            this_year
        } else {
            self.in_year(day.year().saturating_add(1))
        }
    }

    /// Its last occurrence on or before a day.
    fn until(self, day: NaiveDate) -> NaiveDate {
        let this_year = self.in_year(day.year());
        if this_year <= day {
            this_year
        } else {
            self.in_year(day.year().saturating_sub(1))
        }
    }
}

impl YearlyDate {
    /// The day from which a completion counts for the year after a due date.
    #[must_use]
    pub fn opens_before(&self, due: NaiveDate) -> NaiveDate {
        self.opens.until(due)
    }

    /// The last local day through which something done on a day counts: the next due date, or the one after it where
    /// the coming year was open already. A newcomer's first completion has an opening of its own.
    #[must_use]
    pub fn counts_through(&self, on: NaiveDate, newcomer: bool) -> NaiveDate {
        let due = self.due.from(on);
        let opens = if newcomer {
            self.newcomers_from.until(due)
        } else {
            self.opens_before(due)
        };
        match due.succ_opt() {
            Some(after) if on >= opens => self.due.from(after),
            _ => due,
        }
    }
}

/// When a license expires unless it is renewed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// Its end.
    pub ends: TermEnd,
    /// How long after expiry a renewal still restores the license.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewal_grace: Option<Length>,
    /// Who renews: any of them.
    pub renewed_by: BTreeSet<Renewer>,
    /// Days before the end on which people are reminded.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub reminders: BTreeSet<u16>,
    /// Local day before which the term only reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enforced_from: Option<NaiveDate>,
}

/// The end of a term.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum TermEnd {
    /// A length from activation or from the last renewal's end.
    After {
        /// The length; repeated terms count from the first day, not from a clamped one.
        length: Length,
    },
    /// A fixed date of the year.
    Yearly {
        /// The date.
        date: YearlyDate,
    },
}

/// Who renews a license.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Renewer {
    /// Its holder.
    User,
    /// A supervisor of the organization.
    Supervisor,
    /// The authorized signer.
    AuthorizedSigner,
    /// Staff of the HMIS lead.
    Staff,
}

impl Renewer {
    /// The name as documents spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Supervisor => "supervisor",
            Self::AuthorizedSigner => "authorized_signer",
            Self::Staff => "staff",
        }
    }

    /// How sentences call him.
    #[must_use]
    pub const fn called(self) -> &'static str {
        match self {
            Self::User => "the end user",
            Self::Supervisor => "a supervisor",
            Self::AuthorizedSigner => "the authorized signer",
            Self::Staff => "staff of the HMIS lead",
        }
    }
}

/// Recurring recertification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recertification {
    /// When it is due.
    pub schedule: Schedule,
    /// What is owed.
    pub items: Vec<RecertificationItem>,
    /// Days before the due date on which people are reminded.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub reminders: BTreeSet<u16>,
    /// What a miss does; for an add-on it reaches only the add-on.
    pub on_miss: OnMiss,
    /// Local day before which the rule only reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enforced_from: Option<NaiveDate>,
}

/// When recertification is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Schedule {
    /// Each person at an own date.
    Rolling {
        /// Calendar months.
        months: u16,
        /// From what they count.
        #[serde(default, skip_serializing_if = "is_default")]
        counts_from: CountsFrom,
        /// How long before the due date a completion already counts for the next round. Absent: it always
        /// does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        early_window: Option<Length>,
    },
    /// Everybody at one date of the year.
    FixedYearly {
        /// The date.
        date: YearlyDate,
    },
}

/// From what a rolling recertification counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CountsFrom {
    /// The last passed completion, else activation.
    #[default]
    LastCompletion,
    /// The old due date, so that an early completion costs nothing.
    OldDueDate,
}

/// Something recertification asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum RecertificationItem {
    /// A course.
    Course {
        /// Code of `courses`.
        course: String,
        /// Only for these job roles. Empty: for all.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        job_roles: BTreeSet<String>,
    },
    /// Some distinct courses of a list. One course may count on two lists.
    CoursesOf {
        /// How many.
        count: u16,
        /// Codes of `courses`.
        courses: BTreeSet<String>,
        /// Only for these job roles. Empty: for all.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        job_roles: BTreeSet<String>,
    },
    /// An agreement signed anew.
    Agreement {
        /// Code of `agreements`.
        agreement: String,
        /// Only for these job roles. Empty: for all.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        job_roles: BTreeSet<String>,
    },
    /// A statement that something was read.
    Acknowledgement {
        /// Its code, unique in the list.
        code: String,
        /// What is acknowledged.
        title: String,
        /// Only for these job roles. Empty: for all.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        job_roles: BTreeSet<String>,
    },
    /// A practice set.
    Practice {
        /// Code of `practice_sets`.
        practice_set: String,
        /// Only for these job roles. Empty: for all.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        job_roles: BTreeSet<String>,
    },
    /// The requester says that the person still needs access.
    Renewal {
        /// Only for these job roles. Empty: for all.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        job_roles: BTreeSet<String>,
    },
}

impl Recertification {
    /// Whether it asks for the requester's renewal.
    #[must_use]
    pub fn asks_for_renewal(&self) -> bool {
        self.items
            .iter()
            .any(|item| matches!(item, RecertificationItem::Renewal { .. }))
    }
}

impl RecertificationItem {
    /// The job roles it is limited to. Empty: all.
    #[must_use]
    pub const fn job_roles(&self) -> &BTreeSet<String> {
        match self {
            Self::Course { job_roles, .. }
            | Self::CoursesOf { job_roles, .. }
            | Self::Agreement { job_roles, .. }
            | Self::Acknowledgement { job_roles, .. }
            | Self::Practice { job_roles, .. }
            | Self::Renewal { job_roles } => job_roles,
        }
    }
}

/// Rules for campaigns, which staff start with their own courses, population and dates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CampaignRules {
    /// Days before the deadline on which people are reminded.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub reminders: BTreeSet<u16>,
    /// What a miss does unless the campaign says otherwise.
    pub on_miss: OnMiss,
    /// Local day before which campaigns only report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enforced_from: Option<NaiveDate>,
}
