//! The words that facts use: results, causes, rules.

use serde::{Deserialize, Serialize};

/// How a training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Pass,
    Fail,
}

/// What a renewer decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RenewalDecision {
    /// The license goes on.
    Renewed,
    /// It does not; it ends with its term. Also what corrects a renewal that was an error.
    Declined,
}

/// What a review of practice cases came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PracticeResult {
    Accepted,
    /// With findings: to be corrected and submitted again, within the same attempt.
    Returned,
    /// The attempt is used up.
    Failed,
}

impl PracticeResult {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Returned => "returned",
            Self::Failed => "failed",
        }
    }
}

/// What became of a training booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BookingResult {
    Attended,
    NoShow,
    /// By staff.
    Cancelled,
}

/// Why a license was deactivated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeactivationCause {
    EmploymentEnded,
    NoLongerNeeded,
    Inactivity,
    RecertificationOverdue,
    AgreementLapsed,
    Violation,
    SuspensionTooLong,
    OrganizationLeft,
    Barred,
    SeatReduction,
    Requested,
    Duplicate,
}

impl DeactivationCause {
    pub const ALL: [Self; 12] = [
        Self::EmploymentEnded,
        Self::NoLongerNeeded,
        Self::Inactivity,
        Self::RecertificationOverdue,
        Self::AgreementLapsed,
        Self::Violation,
        Self::SuspensionTooLong,
        Self::OrganizationLeft,
        Self::Barred,
        Self::SeatReduction,
        Self::Requested,
        Self::Duplicate,
    ];
}

impl DeactivationCause {
    /// Whether somebody may end a license for it by his own word. What a rule brings about follows from that rule, and
    /// what takes effect only after a notice that named the day (domain, section 5) cannot be said afterwards.
    #[must_use]
    pub fn is_named_by_hand(self) -> bool {
        match self {
            Self::EmploymentEnded
            | Self::NoLongerNeeded
            | Self::Requested
            | Self::Violation
            | Self::OrganizationLeft
            | Self::Duplicate => true,
            Self::Inactivity
            | Self::RecertificationOverdue
            | Self::AgreementLapsed
            | Self::SuspensionTooLong
            | Self::SeatReduction
            | Self::Barred => false,
        }
    }

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EmploymentEnded => "employment_ended",
            Self::NoLongerNeeded => "no_longer_needed",
            Self::Inactivity => "inactivity",
            Self::RecertificationOverdue => "recertification_overdue",
            Self::AgreementLapsed => "agreement_lapsed",
            Self::Violation => "violation",
            Self::SuspensionTooLong => "suspension_too_long",
            Self::OrganizationLeft => "organization_left",
            Self::Barred => "barred",
            Self::SeatReduction => "seat_reduction",
            Self::Requested => "requested",
            Self::Duplicate => "duplicate",
        }
    }
}

/// What two records have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchedBy {
    /// An address that the other ever had.
    Email,
    Name,
    /// A name that the other had before.
    FormerName,
}

/// The rule that a notice speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeRule {
    Inactivity,
    Recertification,
    Campaign,
    Agreement,
    Term,
    SuspensionTooLong,
    LastProjectRemoved,
    SeatReduction,
    Waiver,
    /// Notices do not reach the person: said to the supervisors.
    Unreachable,
}

impl NoticeRule {
    pub const ALL: [Self; 10] = [
        Self::Inactivity,
        Self::Recertification,
        Self::Campaign,
        Self::Agreement,
        Self::Term,
        Self::SuspensionTooLong,
        Self::LastProjectRemoved,
        Self::SeatReduction,
        Self::Waiver,
        Self::Unreachable,
    ];

    #[must_use]
    pub fn as_str(self) -> &'static str {
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
            Self::Unreachable => "unreachable",
        }
    }
}
