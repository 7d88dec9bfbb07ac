//! Ends: notice before them, how soon needs that end are reported, projects, and long suspensions.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::once;
use crate::domain::calendar::Length;

/// Automatic ends and suspensions that need a notice which named the date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticedEnd {
    /// Too long without login.
    Inactivity,
    /// Recurring recertification missed.
    Recertification,
    /// A campaign missed.
    Campaign,
    /// An agreement lapsed.
    Agreement,
    /// The term ended.
    Term,
    /// Suspended for too long.
    SuspensionTooLong,
    /// The last project was removed.
    LastProjectRemoved,
    /// Fewer seats were bought.
    SeatReduction,
    /// A waiver ran out.
    Waiver,
    /// A standing condition stayed broken.
    StandingCondition,
    /// The organization misses something it keeps current.
    OrganizationSuspended,
    /// A fee stayed unpaid.
    FeeUnpaid,
    /// The holder cannot be reached; a notice to the supervisors counts.
    Unreachable,
    /// Leave went on past its limit; a notice to the supervisors counts.
    Leave,
}

impl NoticedEnd {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Inactivity,
        Self::Recertification,
        Self::Campaign,
        Self::Agreement,
        Self::Term,
        Self::SuspensionTooLong,
        Self::LastProjectRemoved,
        Self::SeatReduction,
        Self::Waiver,
        Self::StandingCondition,
        Self::OrganizationSuspended,
        Self::FeeUnpaid,
        Self::Unreachable,
        Self::Leave,
    ];

    /// The name as documents spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inactivity => "inactivity",
            Self::Recertification => "recertification",
            Self::Campaign => "campaign",
            Self::Agreement => "agreement",
            Self::Term => "term",
            Self::SuspensionTooLong => "suspension_too_long",
            Self::LastProjectRemoved => "last_project_removed",
            Self::SeatReduction => "seat_reduction",
            Self::Waiver => "waiver",
            Self::StandingCondition => "standing_condition",
            Self::OrganizationSuspended => "organization_suspended",
            Self::FeeUnpaid => "fee_unpaid",
            Self::Unreachable => "unreachable",
            Self::Leave => "leave",
        }
    }
}

/// Notice before ends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeRules {
    /// Fewest days between a sent notice and the end it names, for each kind of end. Absent: the rule's grace,
    /// else 5. 0 needs no notice.
    #[serde(
        default,
        deserialize_with = "once::map",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub minimum_days: BTreeMap<NoticedEnd, u16>,
    /// What follows when a notice cannot be delivered.
    #[serde(default, skip_serializing_if = "once::is_default")]
    pub undeliverable: Undeliverable,
}

/// The days of notice where neither the policy nor a grace says otherwise.
const DEFAULT_NOTICE_DAYS: u16 = 5;

impl NoticeRules {
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The shortest notice before an end whose rule has this grace. Stated days are local calendar days, unless
    /// the rule's grace is in business days.
    #[must_use]
    pub fn minimum_for(&self, end: NoticedEnd, grace: Option<Length>) -> Length {
        match (self.minimum_days.get(&end), grace) {
            (Some(days), Some(Length::BusinessDays(_))) => Length::BusinessDays(*days),
            (Some(days), _) => Length::Days(*days),
            (None, Some(grace)) => grace,
            (None, None) => Length::Days(DEFAULT_NOTICE_DAYS),
        }
    }
}

/// A notice that cannot be delivered must be settled, or something follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Undeliverable {
    /// How long supervisors and the lead have to settle it.
    pub settle_within: Length,
    /// What follows otherwise: the hold `unreachable`, or a list.
    pub then: ThenSuspendOrList,
    /// Local day before which it only reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enforced_from: Option<NaiveDate>,
}

impl Default for Undeliverable {
    fn default() -> Self {
        Self {
            settle_within: Length::BusinessDays(5),
            then: ThenSuspendOrList::Suspend,
            enforced_from: None,
        }
    }
}

/// A hold or a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThenSuspendOrList {
    /// A hold.
    Suspend,
    /// A list.
    List,
}

/// How soon it must be reported that somebody needs access no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndsOfNeed {
    /// Hours of elapsed time after employment ended; exactly that many is on time. 0: before it ends.
    pub departure_notice_hours: u16,
    /// The same for people who stay but need access no longer.
    pub no_longer_needed_notice_hours: u16,
}

/// What follows when projects are removed or closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProjectRules {
    /// When a license's last project is removed.
    pub last_project_removed: LastProjectRemoved,
    /// Days for which assignments outlive a closed project.
    pub wind_down_days: u16,
    /// Local day before which the rules only report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enforced_from: Option<NaiveDate>,
}

/// When a license's last project is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LastProjectRemoved {
    /// It stays and is listed.
    KeepAndList,
    /// It gets the hold `last_project_removed`.
    Suspend,
    /// It ends.
    Deactivate,
}

/// Causes for which a license is held. It is suspended while it has any open hold; curing one never lifts
/// another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldCause {
    /// Recertification or a campaign missed.
    RecertificationOverdue,
    /// An agreement is no longer current.
    AgreementLapsed,
    /// A fee stayed unpaid.
    FeeUnpaid,
    /// An offence.
    Violation,
    /// An investigation is open.
    Investigation,
    /// The person is on leave.
    Leave,
    /// The organization misses something it keeps current.
    OrganizationSuspended,
    /// No project is left.
    LastProjectRemoved,
    /// Too long without login.
    LongInactivity,
    /// A correction took away what the activation rested on.
    EvidenceWithdrawn,
    /// Somebody unverified said that the person left.
    DepartureUnverified,
    /// Notices do not reach the person.
    Unreachable,
}

impl HoldCause {
    /// The name as documents spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RecertificationOverdue => "recertification_overdue",
            Self::AgreementLapsed => "agreement_lapsed",
            Self::FeeUnpaid => "fee_unpaid",
            Self::Violation => "violation",
            Self::Investigation => "investigation",
            Self::Leave => "leave",
            Self::OrganizationSuspended => "organization_suspended",
            Self::LastProjectRemoved => "last_project_removed",
            Self::LongInactivity => "long_inactivity",
            Self::EvidenceWithdrawn => "evidence_withdrawn",
            Self::DepartureUnverified => "departure_unverified",
            Self::Unreachable => "unreachable",
        }
    }
}

/// How long a license may stay suspended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuspensionRules {
    /// For causes that `by_cause` does not name. Absent: without limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<MaximumSuspension>,
    /// For single causes.
    #[serde(
        default,
        deserialize_with = "once::map",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub by_cause: BTreeMap<HoldCause, MaximumSuspension>,
}

/// The months of leave where the policy says nothing else.
const DEFAULT_LEAVE_MONTHS: u16 = 12;

impl SuspensionRules {
    /// The longest hold of a cause. Leave has a limit of its own, 12 months and then listed unless stated.
    #[must_use]
    pub fn maximum_for(&self, cause: HoldCause) -> Option<MaximumSuspension> {
        match (self.by_cause.get(&cause), cause) {
            (Some(stated), _) => Some(*stated),
            (None, HoldCause::Leave) => Some(MaximumSuspension {
                length: Length::Months(DEFAULT_LEAVE_MONTHS),
                then: ThenDeactivateOrList::List,
                enforced_from: None,
            }),
            (None, _) => self.maximum,
        }
    }
}

/// The longest hold, and what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaximumSuspension {
    /// The longest hold.
    pub length: Length,
    /// What follows.
    pub then: ThenDeactivateOrList,
    /// Local day before which the rule only reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enforced_from: Option<NaiveDate>,
}

/// An end or a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThenDeactivateOrList {
    /// The license ends.
    Deactivate,
    /// It is listed for staff.
    List,
}
