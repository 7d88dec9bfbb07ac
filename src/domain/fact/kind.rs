//! The kinds of facts.

use serde::{Deserialize, Serialize};

/// The kinds of facts, as the store names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactKind {
    RequestApproved,
    RequestDenied,
    RequestConfirmed,
    RequestWithdrawn,
    AgreementSigned,
    TrainingCompleted,
    LicenseRenewed,
    Acknowledged,
    PracticeSubmitted,
    PracticeReviewed,
    TrainingBooked,
    BookingSettled,
    RequirementAdded,
    DeadlineExtended,
    Activated,
    ProjectsAdded,
    Reactivated,
    Reinstated,
    EmergencyRestored,
    EmergencyRestorationConfirmed,
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
    KeepRequested,
    NoticeSent,
    NoticeBounced,
    NoticeFailed,
    NoticeReached,
    Waived,
    CampaignStarted,
    CampaignExtended,
    CampaignCancelled,
    CampaignEnforcedForAll,
    CampaignEnforced,
    CampaignExcused,
    AbsenceHeld,
    AbsenceHoldDecided,
    BatchApproved,
    WorkEmailConfirmed,
    WorkEmailRetired,
    Barred,
    BarLifted,
    Withdrawn,
    MatchFound,
    MatchSettled,
    WaitlistJoined,
    PlaceReserved,
    PlaceReleased,
}

impl FactKind {
    /// Whether it is recorded once for a whole implementation and read by each of its people like a fact of his own.
    #[must_use]
    pub fn is_of_implementation(self) -> bool {
        matches!(
            self,
            Self::CampaignStarted
                | Self::CampaignExtended
                | Self::CampaignCancelled
                | Self::CampaignEnforcedForAll
                | Self::AbsenceHeld
                | Self::AbsenceHoldDecided
                | Self::BatchApproved
        )
    }

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RequestApproved => "request_approved",
            Self::RequestDenied => "request_denied",
            Self::RequestConfirmed => "request_confirmed",
            Self::RequestWithdrawn => "request_withdrawn",
            Self::AgreementSigned => "agreement_signed",
            Self::TrainingCompleted => "training_completed",
            Self::LicenseRenewed => "license_renewed",
            Self::Acknowledged => "acknowledged",
            Self::PracticeSubmitted => "practice_submitted",
            Self::PracticeReviewed => "practice_reviewed",
            Self::TrainingBooked => "training_booked",
            Self::BookingSettled => "booking_settled",
            Self::RequirementAdded => "requirement_added",
            Self::DeadlineExtended => "deadline_extended",
            Self::Activated => "activated",
            Self::ProjectsAdded => "projects_added",
            Self::Reactivated => "reactivated",
            Self::Reinstated => "reinstated",
            Self::EmergencyRestored => "emergency_restored",
            Self::EmergencyRestorationConfirmed => "emergency_restoration_confirmed",
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
            Self::KeepRequested => "keep_requested",
            Self::NoticeSent => "notice_sent",
            Self::NoticeBounced => "notice_bounced",
            Self::NoticeFailed => "notice_failed",
            Self::NoticeReached => "notice_reached",
            Self::Waived => "waived",
            Self::CampaignStarted => "campaign_started",
            Self::CampaignExtended => "campaign_extended",
            Self::CampaignCancelled => "campaign_cancelled",
            Self::CampaignEnforcedForAll => "campaign_enforced_for_all",
            Self::CampaignEnforced => "campaign_enforced",
            Self::CampaignExcused => "campaign_excused",
            Self::AbsenceHeld => "absence_held",
            Self::AbsenceHoldDecided => "absence_hold_decided",
            Self::BatchApproved => "batch_approved",
            Self::WorkEmailConfirmed => "work_email_confirmed",
            Self::WorkEmailRetired => "work_email_retired",
            Self::Barred => "barred",
            Self::BarLifted => "bar_lifted",
            Self::Withdrawn => "withdrawn",
            Self::MatchFound => "match_found",
            Self::MatchSettled => "match_settled",
            Self::WaitlistJoined => "waitlist_joined",
            Self::PlaceReserved => "place_reserved",
            Self::PlaceReleased => "place_released",
        }
    }
}
