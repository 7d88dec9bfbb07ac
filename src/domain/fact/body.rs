//! What a fact says.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    BookingResult, Channel, DeactivationCause, FactKind, HoldCause, Instant, MatchedBy, NoticeRule,
    Outcome, PracticeResult, RenewalDecision,
};
use crate::domain::absence_hold::{AbsenceDecision, Tripped};
use crate::domain::calendar::Precision;
use crate::domain::campaign::Campaign;
use crate::domain::ids::{FactId, LicenseId, OrganizationId, PersonId, ProjectId, RequestId};
use crate::domain::outgoing::NoticeKind;
use crate::domain::policy::{Party, Recipient, Renewer, RequestClass};
use crate::domain::seat::Place;

fn a_notice() -> NoticeKind {
    NoticeKind::Notice
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_a_notice(kind: &NoticeKind) -> bool {
    *kind == NoticeKind::Notice
}

/// What a license period began with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Every requirement of the request was met or waived.
    Requirements,
    /// Brought in by a go-live import with legacy waivers.
    Legacy,
}

/// What a running license changes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypeChange {
    pub license_type: String,
    /// Absent: as before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_role: Option<String>,
    /// Empty: as before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub projects: Vec<ProjectId>,
    /// The HUD project types of those projects at the change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub project_types: Vec<u8>,
    /// When it was asked for, which says what binds. Absent: at its recording.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submitted_at: Option<Instant>,
}

impl TypeChange {
    /// Nothing but another type.
    #[must_use]
    pub fn to(license_type: &str) -> Self {
        Self {
            license_type: license_type.to_owned(),
            job_role: None,
            projects: Vec::new(),
            project_types: Vec::new(),
            submitted_at: None,
        }
    }
}

/// What a fact says. The serialized form is what the store keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FactBody {
    /// Staff let the requested person train.
    RequestApproved,
    RequestDenied,
    /// Somebody else stands by a request that the trainee or a pass made.
    RequestConfirmed,
    RequestWithdrawn {
        /// The departure that withdrew it, if it was not withdrawn by hand.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        departure: Option<FactId>,
    },
    AgreementSigned {
        agreement: String,
        version: String,
        party: Party,
    },
    TrainingCompleted {
        course: String,
        outcome: Outcome,
        /// Percent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        score: Option<u8>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        edition: Option<String>,
    },
    /// Somebody whom the policy names said whether the license goes on for another term, or is needed still.
    LicenseRenewed {
        /// In which capacity.
        by: Renewer,
        decision: RenewalDecision,
    },
    /// The person stated that something was read. Acknowledgements belong to the person.
    Acknowledged {
        acknowledgement: String,
    },
    /// The cases of a set were entered in the training site and handed in for review. Practice belongs to the person.
    PracticeSubmitted {
        practice_set: String,
    },
    /// Staff reviewed what was handed in.
    PracticeReviewed {
        submission: FactId,
        practice_set: String,
        result: PracticeResult,
        /// Percent of right entries.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        score: Option<u8>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        findings: Vec<String>,
    },
    /// A course was scheduled for the person.
    TrainingBooked {
        course: String,
        scheduled_at: Instant,
    },
    BookingSettled {
        booking: FactId,
        result: BookingResult,
    },
    /// Staff ask more of one request than the policy does.
    RequirementAdded {
        requirement: String,
        /// The last local day on which it is owed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until_on: Option<NaiveDate>,
    },
    /// Staff move a deadline of one request to a later day.
    DeadlineExtended {
        deadline: String,
        /// The new last local day.
        until_on: NaiveDate,
    },
    /// A license period begins.
    Activated {
        license_type: String,
        /// The class of the request, which says what was owed.
        class: RequestClass,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        job_role: Option<String>,
        projects: Vec<ProjectId>,
        /// The HUD project types of those projects at activation.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        project_types: Vec<u8>,
        basis: Basis,
        /// When its request was submitted: requirements that came later bind nobody who asked before, unless they
        /// say so. Absent: there was no request.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        submitted_at: Option<Instant>,
        /// The requirement set that it owed, where a return ladder chose one. Absent: that of the class.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        requirement_set: Option<String>,
        /// Whether it begins with only some of the projects that were asked for: the request stays open for the rest.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        partial: bool,
    },
    /// The license that a request began with only some of its projects reaches more of them.
    ProjectsAdded {
        projects: Vec<ProjectId>,
        /// Their HUD project types.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        project_types: Vec<u8>,
        /// Whether these were the last: the request is fulfilled.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        fulfils: bool,
    },
    /// Staff brought a license back by the return ladder: a deactivated one begins a new period, a suspended one loses
    /// its hold `long_inactivity`.
    Reactivated,
    /// The end was an error; it opens a new period and restarts the inactivity clock.
    Reinstated {
        /// The departures or deactivations that were the error.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        undoes: Vec<FactId>,
        /// The requests that they had withdrawn, and that go on.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        restores: Vec<RequestId>,
    },
    /// On call, the help desk took an end or a suspension back that was a mistake, until an instant if nobody confirms.
    EmergencyRestored {
        until: Instant,
        /// The departures or deactivations that are taken for the mistake.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        undoes: Vec<FactId>,
    },
    /// Another of staff stands by a restoration: it acts as a reinstatement, or as the lift of the holds.
    EmergencyRestorationConfirmed {
        restoration: FactId,
        /// As of a reinstatement.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        undoes: Vec<FactId>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        restores: Vec<RequestId>,
    },
    /// Staff let an end stand that was contested.
    Upheld,
    /// Another base type on a running license. The period goes on.
    TypeChanged(TypeChange),
    /// An add-on begins on the running license.
    AddOnActivated {
        add_on: String,
        /// When its request was submitted: what was added to its requirements later does not bind it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        submitted_at: Option<Instant>,
    },
    /// Staff let an add-on go on after its base was suspended or reinstated.
    AddOnConfirmed {
        add_on: FactId,
    },
    /// An add-on is no longer needed or no longer given.
    AddOnEnded {
        add_on: FactId,
    },
    /// Staff gave a request another class.
    RequestReclassified {
        class: RequestClass,
    },
    /// Employment at the organization ended at `occurred_at`.
    Departed,
    /// Access was or will be ended at `occurred_at`.
    Deactivated {
        cause: DeactivationCause,
    },
    /// A departure or deactivation that had not taken effect is called off.
    Cancelled {
        fact: FactId,
    },
    /// A departure or deactivation is moved to another instant.
    Moved {
        fact: FactId,
        to: Instant,
        precision: Precision,
    },
    HoldOpened {
        cause: HoldCause,
        /// The instant at which it ends by itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Instant>,
    },
    HoldLifted {
        hold: FactId,
    },
    /// The person is on leave from `occurred_at`. Its kind is nobody's business and never stored.
    LeaveBegan {
        /// The instant from which the person is expected back.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Instant>,
    },
    /// The person is back from `occurred_at`.
    LeaveEnded {
        leave: FactId,
    },
    /// Somebody whom nobody verified said that employment ended at `occurred_at`. It is parked, and holds the license
    /// until then at most.
    DepartureNoticed {
        until: Instant,
    },
    /// A parked notice of departure was confirmed, by the departure named, or rejected.
    DepartureNoticeSettled {
        notice: FactId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        departure: Option<FactId>,
    },
    /// A successful sign-in to the live site.
    LoggedIn {
        source: String,
        source_event_id: String,
        /// The organizations whose license gave access when it occurred, by the facts recorded by then.
        serves: Vec<OrganizationId>,
        /// Another kind of activity, as its source calls it. Absent: a login.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        activity: Option<String>,
    },
    /// A supervisor asks to keep the license although nobody logged in.
    KeepRequested,
    /// A notice was sent at `occurred_at`.
    NoticeSent {
        rule: NoticeRule,
        /// The step of the inactivity rule, from 0.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step: Option<usize>,
        /// The requirement it speaks of, for rules that have several.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        requirement: Option<String>,
        /// The local day the count began.
        anchor_on: NaiveDate,
        /// The first local day without access.
        named_on: NaiveDate,
        /// How it reached the person.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        channel: Option<Channel>,
        /// Who was told, where it is not the holder of the license.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<Recipient>,
    },
    NoticeBounced {
        notice: FactId,
    },
    /// A notice could not be given to the holder: there is no confirmed address, or the recipient's mail server refused
    /// it for good. It was never given, so that it starts no grace. A reminder, a retraction or the message of a return,
    /// which no fact records, fails so too when it came back.
    NoticeFailed {
        /// The notice that waits: it has this id once it is given.
        notice: FactId,
        rule: NoticeRule,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        requirement: Option<String>,
        /// The local day the count began.
        anchor_on: NaiveDate,
        #[serde(default = "a_notice", skip_serializing_if = "is_a_notice")]
        notice_kind: NoticeKind,
        /// The day that a retraction takes back.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        named_on: Option<NaiveDate>,
    },
    /// The holder was told in another way what had failed and starts no grace: a reminder, a retraction, the message of a
    /// return.
    NoticeReached {
        notice: FactId,
    },
    /// Staff waive one requirement.
    Waived {
        requirement: String,
        /// The last local day of the waiver.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until_on: Option<NaiveDate>,
    },
    /// Staff started a recertification campaign. It is recorded for the whole implementation.
    CampaignStarted(Box<Campaign>),
    /// Its deadline is a later day; for the whole implementation.
    CampaignExtended {
        campaign: FactId,
        deadline_on: NaiveDate,
    },
    /// It asks nothing any longer; for the whole implementation.
    CampaignCancelled {
        campaign: FactId,
    },
    /// Whoever misses it is suspended until it is done, though the policy only lists misses; for the whole implementation.
    CampaignEnforcedForAll {
        campaign: FactId,
    },
    /// The same for one license.
    CampaignEnforced {
        campaign: FactId,
    },
    /// The campaign does not ask this person.
    CampaignExcused {
        campaign: FactId,
    },
    /// Suspiciously many absences at once: what they would bring about waits until then; for the whole implementation.
    AbsenceHeld {
        until: Instant,
        /// How many licenses would have lost access, of how many that had it. Absent: staff opened it by hand.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tripped: Option<Tripped>,
    },
    /// Staff let what waits proceed, or stop it until they do; for the whole implementation.
    AbsenceHoldDecided {
        hold: FactId,
        decision: AbsenceDecision,
    },
    /// Staff know that a rule will end or suspend many licenses on a local day; for the whole implementation.
    BatchApproved {
        rule: NoticeRule,
        on: NaiveDate,
    },
    /// A work e-mail address of the person at the organization was confirmed. Facts name no addresses.
    WorkEmailConfirmed,
    /// The last confirmed one is no longer used.
    WorkEmailRetired,
    /// The person may not hold a license in this implementation.
    Barred {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Instant>,
    },
    BarLifted {
        bar: FactId,
    },
    /// What the superseded fact says was recorded by mistake. It says nothing else, and revives what that one had
    /// replaced.
    Withdrawn,
    /// Somebody of the implementation may be the one whom a request describes as somebody new. Only staff know of it.
    MatchFound {
        person: PersonId,
        by: Vec<MatchedBy>,
    },
    /// Staff said whether the one whom a request describes is that person.
    MatchSettled {
        person: PersonId,
        same: bool,
    },
    /// No place was free: the request waits in line.
    WaitlistJoined {
        place: Place,
    },
    /// A place is held for the request.
    PlaceReserved {
        place: Place,
        /// The ended license whose kept seat it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kept_from: Option<LicenseId>,
    },
    /// The request may hold its place, or wait for one, no longer.
    PlaceReleased {
        place: Place,
        /// Whether it goes back into the line where it stood.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        keeps_turn: bool,
    },
}

impl FactBody {
    /// Where it calls ends an error: those ends, and the requests that they had withdrawn and that go on.
    #[must_use]
    pub fn undone(&self) -> Option<(&[FactId], &[RequestId])> {
        match self {
            Self::Reinstated { undoes, restores }
            | Self::EmergencyRestorationConfirmed {
                undoes, restores, ..
            } => Some((undoes, restores)),
            _ => None,
        }
    }

    /// The name under which the store finds facts of this kind.
    #[must_use]
    pub fn kind(&self) -> FactKind {
        match self {
            Self::RequestApproved => FactKind::RequestApproved,
            Self::RequestDenied => FactKind::RequestDenied,
            Self::RequestConfirmed => FactKind::RequestConfirmed,
            Self::RequestWithdrawn { .. } => FactKind::RequestWithdrawn,
            Self::AgreementSigned { .. } => FactKind::AgreementSigned,
            Self::TrainingCompleted { .. } => FactKind::TrainingCompleted,
            Self::LicenseRenewed { .. } => FactKind::LicenseRenewed,
            Self::Acknowledged { .. } => FactKind::Acknowledged,
            Self::PracticeSubmitted { .. } => FactKind::PracticeSubmitted,
            Self::PracticeReviewed { .. } => FactKind::PracticeReviewed,
            Self::TrainingBooked { .. } => FactKind::TrainingBooked,
            Self::BookingSettled { .. } => FactKind::BookingSettled,
            Self::RequirementAdded { .. } => FactKind::RequirementAdded,
            Self::DeadlineExtended { .. } => FactKind::DeadlineExtended,
            Self::Activated { .. } => FactKind::Activated,
            Self::ProjectsAdded { .. } => FactKind::ProjectsAdded,
            Self::Reactivated => FactKind::Reactivated,
            Self::Reinstated { .. } => FactKind::Reinstated,
            Self::EmergencyRestored { .. } => FactKind::EmergencyRestored,
            Self::EmergencyRestorationConfirmed { .. } => FactKind::EmergencyRestorationConfirmed,
            Self::Upheld => FactKind::Upheld,
            Self::TypeChanged(_) => FactKind::TypeChanged,
            Self::AddOnActivated { .. } => FactKind::AddOnActivated,
            Self::AddOnConfirmed { .. } => FactKind::AddOnConfirmed,
            Self::AddOnEnded { .. } => FactKind::AddOnEnded,
            Self::RequestReclassified { .. } => FactKind::RequestReclassified,
            Self::Departed => FactKind::Departed,
            Self::Deactivated { .. } => FactKind::Deactivated,
            Self::Cancelled { .. } => FactKind::Cancelled,
            Self::Moved { .. } => FactKind::Moved,
            Self::HoldOpened { .. } => FactKind::HoldOpened,
            Self::HoldLifted { .. } => FactKind::HoldLifted,
            Self::LeaveBegan { .. } => FactKind::LeaveBegan,
            Self::LeaveEnded { .. } => FactKind::LeaveEnded,
            Self::DepartureNoticed { .. } => FactKind::DepartureNoticed,
            Self::DepartureNoticeSettled { .. } => FactKind::DepartureNoticeSettled,
            Self::LoggedIn { .. } => FactKind::LoggedIn,
            Self::KeepRequested => FactKind::KeepRequested,
            Self::NoticeSent { .. } => FactKind::NoticeSent,
            Self::NoticeBounced { .. } => FactKind::NoticeBounced,
            Self::NoticeFailed { .. } => FactKind::NoticeFailed,
            Self::NoticeReached { .. } => FactKind::NoticeReached,
            Self::Waived { .. } => FactKind::Waived,
            Self::CampaignStarted(_) => FactKind::CampaignStarted,
            Self::CampaignExtended { .. } => FactKind::CampaignExtended,
            Self::CampaignCancelled { .. } => FactKind::CampaignCancelled,
            Self::CampaignEnforcedForAll { .. } => FactKind::CampaignEnforcedForAll,
            Self::CampaignEnforced { .. } => FactKind::CampaignEnforced,
            Self::CampaignExcused { .. } => FactKind::CampaignExcused,
            Self::AbsenceHeld { .. } => FactKind::AbsenceHeld,
            Self::AbsenceHoldDecided { .. } => FactKind::AbsenceHoldDecided,
            Self::BatchApproved { .. } => FactKind::BatchApproved,
            Self::WorkEmailConfirmed => FactKind::WorkEmailConfirmed,
            Self::WorkEmailRetired => FactKind::WorkEmailRetired,
            Self::Barred { .. } => FactKind::Barred,
            Self::BarLifted { .. } => FactKind::BarLifted,
            Self::Withdrawn => FactKind::Withdrawn,
            Self::MatchFound { .. } => FactKind::MatchFound,
            Self::MatchSettled { .. } => FactKind::MatchSettled,
            Self::WaitlistJoined { .. } => FactKind::WaitlistJoined,
            Self::PlaceReserved { .. } => FactKind::PlaceReserved,
            Self::PlaceReleased { .. } => FactKind::PlaceReleased,
        }
    }
}
