//! What is due or comes by itself, as lists and calendars show it: one reading of what was evaluated, with no rule of its
//! own. What must be done and what follows if it is not are one item.

use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::request::{DeadlineStatus, PracticeState};
use super::{
    Change, Consequence, DueItem, EndCause, Evaluation, Hold, RequestEvaluation, Upcoming,
};
use crate::domain::calendar::{Instant, local_day};
use crate::domain::fact::{DeactivationCause, HoldCause, NoticeRule};

/// What an item is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComingKind {
    /// A login, before the license has gone unused for too long.
    Inactivity,
    Recertification,
    Campaign,
    Agreement,
    Term,
    SuspensionTooLong,
    LastProjectRemoved,
    SeatReduction,
    Waiver,
    /// No message reaches the holder, and nobody settled it.
    Unreachable,
    /// Evidence that stops counting.
    Evidence,
    /// A deadline of a license request.
    Onboarding,
    /// The day on which staff mean to have reviewed practice cases.
    PracticeReview,
    Departure,
    /// Another end that was announced.
    End,
    Leave,
    LeaveReturn,
    Hold,
    HoldEnd,
    AddOn,
    /// A seat or practice place that is held for a request.
    Reservation,
}

impl ComingKind {
    pub const ALL: [Self; 21] = [
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
        Self::Evidence,
        Self::Onboarding,
        Self::PracticeReview,
        Self::Departure,
        Self::End,
        Self::Leave,
        Self::LeaveReturn,
        Self::Hold,
        Self::HoldEnd,
        Self::AddOn,
        Self::Reservation,
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
            Self::Evidence => "evidence",
            Self::Onboarding => "onboarding",
            Self::PracticeReview => "practice_review",
            Self::Departure => "departure",
            Self::End => "end",
            Self::Leave => "leave",
            Self::LeaveReturn => "leave_return",
            Self::Hold => "hold",
            Self::HoldEnd => "hold_end",
            Self::AddOn => "add_on",
            Self::Reservation => "reservation",
        }
    }
}

impl From<NoticeRule> for ComingKind {
    fn from(rule: NoticeRule) -> Self {
        match rule {
            NoticeRule::Inactivity => Self::Inactivity,
            NoticeRule::Recertification => Self::Recertification,
            NoticeRule::Campaign => Self::Campaign,
            NoticeRule::Agreement => Self::Agreement,
            NoticeRule::Term => Self::Term,
            NoticeRule::SuspensionTooLong => Self::SuspensionTooLong,
            NoticeRule::LastProjectRemoved => Self::LastProjectRemoved,
            NoticeRule::SeatReduction => Self::SeatReduction,
            NoticeRule::Waiver => Self::Waiver,
            NoticeRule::Unreachable => Self::Unreachable,
        }
    }
}

impl From<EndCause> for ComingKind {
    fn from(cause: EndCause) -> Self {
        use DeactivationCause as C;
        match cause {
            EndCause::TermEnded => Self::Term,
            EndCause::Deactivated(C::EmploymentEnded) => Self::Departure,
            EndCause::Deactivated(C::Inactivity) => Self::Inactivity,
            EndCause::Deactivated(C::RecertificationOverdue) => Self::Recertification,
            EndCause::Deactivated(C::AgreementLapsed) => Self::Agreement,
            EndCause::Deactivated(C::SuspensionTooLong) => Self::SuspensionTooLong,
            EndCause::Deactivated(C::SeatReduction) => Self::SeatReduction,
            EndCause::Deactivated(
                C::NoLongerNeeded
                | C::Violation
                | C::OrganizationLeft
                | C::Barred
                | C::Requested
                | C::Duplicate,
            ) => Self::End,
        }
    }
}

/// What follows by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Follows {
    /// This, unless it is done in time.
    Change(Upcoming),
    /// Nothing before a notice was sent.
    AwaitsNotice,
    /// Staff see it on a list.
    Listed,
    /// Nothing.
    Nothing,
}

/// Something that is due, or comes by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coming {
    pub kind: ComingKind,
    /// Of what must be done the last local day on which it is in time; of what happens by itself the local day on which
    /// it does.
    pub on: NaiveDate,
    /// The requirement, the deadline or the practice set that it speaks of.
    pub about: Option<String>,
    pub follows: Follows,
}

/// The local day before the one that an instant belongs to: of what lapses when a day begins, the last that counts.
fn last_day(zone: Tz, at: Instant) -> NaiveDate {
    let day = local_day(zone, at);
    day.pred_opt().unwrap_or(day)
}

/// Takes the first change that fits out of those that are left to tell.
fn take(left: &mut Vec<Upcoming>, fits: impl Fn(&Upcoming) -> bool) -> Option<Upcoming> {
    let place = left.iter().position(fits)?;
    Some(left.remove(place))
}

/// Whether a change is the miss of something, rather than something else at that instant.
fn ends_or_holds(change: &Change) -> bool {
    matches!(
        change,
        Change::Ends(_) | Change::Suspends(_) | Change::AddOnOff(_)
    )
}

impl DueItem {
    /// The same as an item, with what follows taken out of what is left to tell.
    fn coming(&self, left: &mut Vec<Upcoming>) -> Coming {
        // That the evidence stops counting is said by the item itself.
        take(
            left,
            |other| matches!(&other.change, Change::Lapses(key) if Some(key) == self.requirement.as_ref()),
        );
        let kind = ComingKind::from(self.rule);
        let follows = match self.consequence {
            Consequence::At(at) => {
                let of_kind = |other: &Upcoming| match &other.change {
                    Change::Ends(cause) => {
                        ComingKind::from(*cause) == kind
                            // A campaign, and a waiver that runs out, end a license like recertification.
                            || matches!(kind, ComingKind::Campaign | ComingKind::Waiver)
                                && ComingKind::from(*cause) == ComingKind::Recertification
                    }
                    change => ends_or_holds(change),
                };
                take(left, |other| other.at == at && of_kind(other))
                    .map_or(Follows::Nothing, Follows::Change)
            }
            Consequence::AwaitsNotice => Follows::AwaitsNotice,
            Consequence::Listed => Follows::Listed,
        };
        Coming {
            kind,
            on: self.due_on,
            about: self.requirement.as_ref().map(ToString::to_string),
            follows,
        }
    }
}

/// A change that is no miss of anything that was told already. Nothing for what only the service itself looks at.
fn alone(zone: Tz, holds: &[Hold], upcoming: Upcoming) -> Option<Coming> {
    let at = upcoming.at;
    let returns = || {
        holds.iter().any(|hold| {
            hold.cause == HoldCause::Leave && hold.ended_at.is_none() && hold.until == Some(at)
        })
    };
    let (kind, on, about) = match &upcoming.change {
        Change::NewRules | Change::MayBegin | Change::Warnable(_) => return None,
        Change::Ends(cause) => (ComingKind::from(*cause), local_day(zone, at), None),
        Change::Suspends(cause) => {
            let kind = match cause {
                HoldCause::Leave => ComingKind::Leave,
                HoldCause::LongInactivity if returns() => ComingKind::LeaveReturn,
                HoldCause::LongInactivity => ComingKind::Inactivity,
                HoldCause::RecertificationOverdue => ComingKind::Recertification,
                HoldCause::AgreementLapsed => ComingKind::Agreement,
                _ => ComingKind::Hold,
            };
            (kind, local_day(zone, at), None)
        }
        Change::Resumes(cause) => {
            let kind = match cause {
                HoldCause::Leave => ComingKind::LeaveReturn,
                _ => ComingKind::HoldEnd,
            };
            (kind, local_day(zone, at), None)
        }
        Change::Lapses(key) => (
            ComingKind::Evidence,
            last_day(zone, at),
            Some(key.to_string()),
        ),
        Change::AddOnOff(license_type) => (
            ComingKind::AddOn,
            local_day(zone, at),
            Some(license_type.clone()),
        ),
        Change::RequestLapses(because) => (
            ComingKind::Onboarding,
            last_day(zone, at),
            Some(because.clone()),
        ),
        Change::StepStartsOver(step) => (
            ComingKind::Onboarding,
            last_day(zone, at),
            Some(step.clone()),
        ),
        Change::ReservationEnds(place) => (
            ComingKind::Reservation,
            local_day(zone, at),
            Some(place.as_str().to_owned()),
        ),
    };
    Some(Coming {
        kind,
        on,
        about,
        follows: Follows::Change(upcoming),
    })
}

impl Evaluation {
    /// What is due or comes by itself, by day. `zone` is the one whose days count.
    #[must_use]
    pub fn coming(&self, zone: Tz) -> Vec<Coming> {
        let mut left = self.upcoming.clone();
        let mut coming: Vec<Coming> = self.due.iter().map(|item| item.coming(&mut left)).collect();
        coming.extend(
            left.into_iter()
                .filter_map(|upcoming| alone(zone, &self.holds, upcoming)),
        );
        coming.sort_by_key(|item| (item.on, item.kind));
        coming
    }
}

impl RequestEvaluation {
    /// What is due or comes by itself while the request is open, by day.
    #[must_use]
    pub fn coming(&self, zone: Tz) -> Vec<Coming> {
        if !self.state.is_open() {
            return Vec::new();
        }
        let mut left = self.upcoming.clone();
        let mut coming = Vec::new();
        for deadline in &self.deadlines {
            let open = matches!(
                deadline.status,
                DeadlineStatus::Due | DeadlineStatus::Overdue
            );
            let Some(on) = deadline.due_on.filter(|_| open) else {
                continue;
            };
            let miss = take(&mut left, |other| match &other.change {
                Change::RequestLapses(code) => *code == deadline.code,
                Change::StepStartsOver(step) => deadline.resets_step.as_ref() == Some(step),
                _ => false,
            });
            coming.push(Coming {
                kind: ComingKind::Onboarding,
                on,
                about: Some(deadline.code.clone()),
                follows: miss.map_or(Follows::Nothing, Follows::Change),
            });
        }
        for practice in &self.practice {
            let in_review = practice.state == PracticeState::InReview;
            if let Some(on) = practice.review_due_on.filter(|_| in_review) {
                coming.push(Coming {
                    kind: ComingKind::PracticeReview,
                    on,
                    about: Some(practice.practice_set.clone()),
                    follows: Follows::Nothing,
                });
            }
        }
        coming.extend(
            left.into_iter()
                .filter_map(|upcoming| alone(zone, &[], upcoming)),
        );
        coming.sort_by_key(|item| (item.on, item.kind));
        coming
    }
}
