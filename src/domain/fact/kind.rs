//! The kinds of facts.

use serde::{Deserialize, Serialize};

/// The kinds of facts, as the store names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactKind {
    RequestApproved,
    RequestDenied,
    RequestWithdrawn,
    AgreementSigned,
    TrainingCompleted,
    PracticeSubmitted,
    PracticeReviewed,
    TrainingBooked,
    BookingSettled,
    RequirementAdded,
    DeadlineExtended,
    Activated,
    Reactivated,
    Reinstated,
    Upheld,
    TypeChanged,
    AddOnActivated,
    AddOnConfirmed,
    AddOnEnded,
    RequestReclassified,
    Departed,
    Deactivated,
    Cancelled,
    Moved,
    HoldOpened,
    HoldLifted,
    LeaveBegan,
    LeaveEnded,
    DepartureNoticed,
    DepartureNoticeSettled,
    LoggedIn,
    NoticeSent,
    NoticeBounced,
    Waived,
    Barred,
    BarLifted,
}

impl FactKind {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RequestApproved => "request_approved",
            Self::RequestDenied => "request_denied",
            Self::RequestWithdrawn => "request_withdrawn",
            Self::AgreementSigned => "agreement_signed",
            Self::TrainingCompleted => "training_completed",
            Self::PracticeSubmitted => "practice_submitted",
            Self::PracticeReviewed => "practice_reviewed",
            Self::TrainingBooked => "training_booked",
            Self::BookingSettled => "booking_settled",
            Self::RequirementAdded => "requirement_added",
            Self::DeadlineExtended => "deadline_extended",
            Self::Activated => "activated",
            Self::Reactivated => "reactivated",
            Self::Reinstated => "reinstated",
            Self::Upheld => "upheld",
            Self::TypeChanged => "type_changed",
            Self::AddOnActivated => "add_on_activated",
            Self::AddOnConfirmed => "add_on_confirmed",
            Self::AddOnEnded => "add_on_ended",
            Self::RequestReclassified => "request_reclassified",
            Self::Departed => "departed",
            Self::Deactivated => "deactivated",
            Self::Cancelled => "cancelled",
            Self::Moved => "moved",
            Self::HoldOpened => "hold_opened",
            Self::HoldLifted => "hold_lifted",
            Self::LeaveBegan => "leave_began",
            Self::LeaveEnded => "leave_ended",
            Self::DepartureNoticed => "departure_noticed",
            Self::DepartureNoticeSettled => "departure_notice_settled",
            Self::LoggedIn => "logged_in",
            Self::NoticeSent => "notice_sent",
            Self::NoticeBounced => "notice_bounced",
            Self::Waived => "waived",
            Self::Barred => "barred",
            Self::BarLifted => "bar_lifted",
        }
    }
}
