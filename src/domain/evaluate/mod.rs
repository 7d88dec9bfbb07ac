//! The heart: (facts, policies, now) -> access, state, due actions, explanation.
//!
//! A license is replayed from its facts in the order in which they were recorded; between two recordings whatever the
//! rules bring about by themselves happens at its own instant. So the answer for any instant rests only on what was
//! known then, a late fact never rewrites what took effect before it was recorded, and the access decision is right
//! even if no job ran for a month. The access decision, explanations, lists by state and, later, the sweep all ask
//! here; none of them has rules of its own.

mod absences;
mod absorb;
mod add_on;
mod answer;
mod asked;
mod bars;
mod coming;
mod contest;
mod derived;
mod extras;
mod first_login;
mod happen;
mod inactivity;
mod keep;
mod ladder;
mod leave;
mod logins;
mod machine;
mod notices;
mod obligation;
mod periods;
mod preview;
mod request;
mod restoration;
mod rules;
mod settle;
mod sight;
mod sources;
mod taking_back;
mod telling;
mod term;
mod tracked;
mod unreachable;
mod unused;
mod upkeep;
mod withdraw;

use chrono::NaiveDate;

use super::calendar::Instant;
use super::fact::{Basis, DeactivationCause, Fact, HoldCause, NoticeRule};
use super::ids::{FactId, OrganizationId, ProjectId, RequestId};
use super::license::LicenseStatus;
use super::policy::{PolicyVersion, RequestClass};
use super::requirement::Standing;
use super::roster::Participation;

pub use absences::next_absence;
pub use add_on::{AddOn, AddOnHold, AddOnStatus};
pub use bars::is_barred;
pub use coming::{Coming, ComingKind, Follows};
pub use ladder::{WayBack, way_back};
pub use notices::{NewNotice, NoticeFault, NoticeNeeded, reported_through};
pub use obligation::Obligation;
pub use preview::{LicensePreview, NewVersion, preview_license, preview_request};
pub use request::{
    Approvals, Confirmation, DeadlineStanding, DeadlineStatus, PossibleMatch, PracticeStanding,
    PracticeState, REQUEST_LAPSE, RequestEvaluation, classify, confirmers, evaluate_request,
    request_in_hindsight, staff_role_name,
};
pub use restoration::{Restoration, RestorationStanding, Restored};
pub(in crate::domain) use restoration::{
    is_barred_from_restoration, is_hold_barred_from_restoration,
};
pub use rules::{InForce, Rules};
pub use sight::{Reader, seen_by};
pub use taking_back::GivenByOthers;
pub use telling::{Telling, refused_since};
pub use term::TermStanding;

/// How far a login source is complete, as it reported at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heartbeat {
    pub complete_through: Instant,
    pub recorded_at: Instant,
}

/// A login source and its time in service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginSource {
    pub in_service_from: Instant,
    pub in_service_until: Option<Instant>,
    /// By `recorded_at`.
    pub heartbeats: Vec<Heartbeat>,
}

/// Everything known about one person's license at one organization.
#[derive(Clone, Copy)]
pub struct Case<'a> {
    pub organization: OrganizationId,
    /// All facts of the person, at every organization, in any order: they are read by (`recorded_at`, id).
    pub facts: &'a [Fact],
    /// The organization's participation records, by `recorded_at`.
    pub participations: &'a [Participation],
    /// All versions of the implementation's policy.
    pub policies: &'a [PolicyVersion],
    pub sources: &'a [LoginSource],
}

/// Why a license period began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeriodCause {
    Activation(Basis),
    Reactivation,
    Reinstatement,
    /// An expired license was renewed in its grace.
    Renewal,
    /// On call, the help desk took the end back for some hours; confirmed, it stays so.
    EmergencyRestoration,
}

impl PeriodCause {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Activation(Basis::Requirements) => "activation",
            Self::Activation(Basis::Legacy) => "legacy",
            Self::Reactivation => "reactivation",
            Self::Reinstatement => "reinstatement",
            Self::Renewal => "renewal",
            Self::EmergencyRestoration => "emergency_restoration",
        }
    }
}

/// What ended a license period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndCause {
    Deactivated(DeactivationCause),
    TermEnded,
}

/// How and when access ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    pub cause: EndCause,
    /// The instant from which access is off.
    pub at: Instant,
    /// The promised instant, where it lies before `at` because logins were still awaited.
    pub cut_off_at: Option<Instant>,
    /// The fact that ended it, unless a rule did.
    pub fact: Option<FactId>,
    /// Facts that occurred in time and arrived after the end, and corrections of what it rested on: staff decide.
    pub contested_by: Vec<FactId>,
    /// How many of them, from the first, staff decided against.
    pub upheld: usize,
}

impl End {
    /// What contests it and awaits the decision of staff.
    #[must_use]
    pub fn open_contests(&self) -> &[FactId] {
        self.contested_by.get(self.upheld..).unwrap_or_default()
    }
}

/// From activation to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    pub from: Instant,
    /// The beginning that a reinstatement or a renewal goes on from; else `from`.
    pub counted_from: Instant,
    /// What errors took from it: from each end that was one to its reinstatement.
    pub lost: Vec<(Instant, Instant)>,
    pub cause: PeriodCause,
    pub request: Option<RequestId>,
    /// When that request was submitted.
    pub submitted_at: Option<Instant>,
    /// What lay behind the person at that submission.
    pub past: Past,
    pub fact: FactId,
    pub license_type: String,
    pub class: RequestClass,
    /// The requirement set that a return ladder chose. Absent: that of the class.
    pub requirement_set: Option<String>,
    pub job_role: Option<String>,
    pub projects: Vec<ProjectId>,
    /// HUD project types of the projects at activation.
    pub project_types: Vec<u8>,
    /// When its request last brought it projects: until then staff may have asked more of that.
    pub projects_at: Instant,
    pub end: Option<End>,
}

/// What lay behind somebody who asked for a license: some evidence counts only since then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// When the last license here had ended.
    pub last_end: Option<Instant>,
    /// When the absence had begun.
    pub absent_since: Option<Instant>,
}

/// A cause for suspension, open or cured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    pub cause: HoldCause,
    pub from: Instant,
    /// When it ends by itself.
    pub until: Option<Instant>,
    /// When it was cured, lifted or ended.
    pub ended_at: Option<Instant>,
    /// The fact that opened it, unless a rule did.
    pub fact: Option<FactId>,
    /// The requirement whose miss opened it.
    pub requirement: Option<super::requirement::RequirementKey>,
}

/// A running warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    pub notice: FactId,
    pub sent_at: Instant,
    /// The first local day without access, as the last counting notice names it.
    pub named_on: NaiveDate,
    /// When access ends, unless a login saves it. Nothing while only an earlier step was sent.
    pub cut_off_at: Option<Instant>,
    /// When the cut-off is acted upon.
    pub takes_effect_at: Option<Instant>,
}

/// The state of a license, carrying what is true in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LicenseState {
    Active,
    Warned(Warning),
    /// At least one open hold.
    Suspended(Vec<Hold>),
    Deactivated(End),
    Expired(End),
}

impl LicenseState {
    #[must_use]
    pub fn status(&self) -> LicenseStatus {
        match self {
            Self::Active => LicenseStatus::Active,
            Self::Warned(_) => LicenseStatus::Warned,
            Self::Suspended(_) => LicenseStatus::Suspended,
            Self::Deactivated(_) => LicenseStatus::Deactivated,
            Self::Expired(_) => LicenseStatus::Expired,
        }
    }

    #[must_use]
    pub fn gives_access(&self) -> bool {
        matches!(self, Self::Active | Self::Warned(_))
    }
}

/// What happens by itself at an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Ends(EndCause),
    Suspends(HoldCause),
    Resumes(HoldCause),
    /// A requirement's evidence stops counting; what follows needs a notice first, or is listed.
    Lapses(super::requirement::RequirementKey),
    /// An add-on of this type is suspended or ends; its base goes on.
    AddOnOff(String),
    /// A request lapses: the deadline that is missed, or the requirement that no longer counts.
    RequestLapses(String),
    /// A step of a request starts over.
    StepStartsOver(String),
    /// A place that is held for a request is given back.
    ReservationEnds(super::seat::Place),
    /// A step of the inactivity rule becomes due: a notice may be sent.
    Warnable(usize),
    /// Other rules come into force.
    NewRules,
    /// Where no license runs: a bar, or the participation of the organization, begins or ends.
    MayBegin,
}

/// A change that will come by itself if nothing is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upcoming {
    pub at: Instant,
    pub change: Change,
}

/// One thing that happened to the license.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    pub at: Instant,
    pub from: Option<LicenseStatus>,
    pub to: LicenseStatus,
    pub cause: TransitionCause,
    /// The policy version in force.
    pub policy: Option<u32>,
}

/// What brought a transition about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransitionCause {
    Began(PeriodCause, FactId),
    Ended(EndCause, Option<FactId>),
    HoldOpened(HoldCause),
    HoldEnded(HoldCause),
    Warned(FactId),
    /// The warning no longer counts.
    WarningVoid,
    /// Its open holds suspend nothing for some hours.
    Restored(FactId),
    /// Nobody confirmed that.
    RestorationEnded(FactId),
}

/// Something that must be done, or is about to follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueItem {
    pub rule: NoticeRule,
    pub requirement: Option<super::requirement::RequirementKey>,
    /// The last local day on which it is in time.
    pub due_on: NaiveDate,
    /// What follows, and whether the notice it needs was sent.
    pub consequence: Consequence,
}

/// What follows when a due item is missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consequence {
    /// At this instant; the notice it needs, if any, was sent.
    At(Instant),
    /// Nothing before a notice was sent.
    AwaitsNotice,
    /// Staff see it on a list.
    Listed,
}

/// What `evaluate` answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluation {
    pub at: Instant,
    /// Nothing while there never was a license.
    pub state: Option<LicenseState>,
    pub since: Option<Instant>,
    /// Oldest first; the last one may be open.
    pub periods: Vec<Period>,
    /// Open and ended, by opening.
    pub holds: Vec<Hold>,
    /// Running and ended, by beginning.
    pub add_ons: Vec<AddOn>,
    /// Emergency restorations, by their beginning.
    pub restorations: Vec<Restoration>,
    /// What the open period owes.
    pub requirements: Vec<Standing>,
    /// Where the license ended: what its last period owed, as it stands now. A reactivation needs all of it.
    pub to_return: Vec<Standing>,
    /// What the activation rested on by the facts known then, and did not have by those that stand now, although it is
    /// met since: a correction took it away. Access stays, and staff see it.
    pub not_met_at_activation: Vec<super::requirement::RequirementKey>,
    pub due: Vec<DueItem>,
    /// The term of the license, running or over, where its type has one.
    pub term: Option<TermStanding>,
    /// By instant.
    pub upcoming: Vec<Upcoming>,
    pub history: Vec<Transition>,
    /// The policy version in force.
    pub policy: Option<u32>,
    /// The open bar on the person, if any.
    pub barred: Option<FactId>,
    pub participating: bool,
    pub last_login_at: Option<Instant>,
    /// Whether by the rules in force a login that names another organization serves this license too.
    pub served_by_any_login: bool,
    /// The notices that may be sent, now or later: the steps of the inactivity rule, and what each dated end needs.
    pub notices: Vec<NoticeNeeded>,
    /// What whoever came back has to be told of the first login that is required of him, while it is.
    pub first_login: Option<NoticeNeeded>,
    /// How many more keep requests stop an inactivity end until somebody logs in.
    pub keeps_left: u16,
    /// From when staff see the license on their list, if nothing is recorded: something is due that does no more.
    pub listed_from: Option<Instant>,
    /// The promised end of access for want of a login, if any; it is acted upon when the login reports are complete.
    pub cut_off_at: Option<Instant>,
    /// When an absence takes access away next: a promised cut-off, a missed obligation, the end of a term. Nothing of what
    /// staff approved beforehand, or held and let go.
    pub next_absence_at: Option<Instant>,
    /// Notices that were sent and still count.
    pub counting: Vec<FactId>,
    /// Notices to the holder that failed or came back, which nobody settled yet.
    pub failed: Vec<FactId>,
}

impl Evaluation {
    #[must_use]
    pub fn allowed(&self) -> bool {
        self.state.as_ref().is_some_and(LicenseState::gives_access)
    }

    /// The next instant at which the answer differs if nothing is recorded.
    #[must_use]
    pub fn next_change_at(&self) -> Option<Instant> {
        self.upcoming.iter().map(|upcoming| upcoming.at).min()
    }

    /// The end of the license that is contested and awaits the decision of staff.
    #[must_use]
    pub fn contested(&self) -> Option<&End> {
        let end = self.periods.last()?.end.as_ref()?;
        (!end.open_contests().is_empty()).then_some(end)
    }

    /// The next instant at which access itself ends, is suspended or comes back, if nothing is recorded.
    #[must_use]
    pub fn next_access_change_at(&self) -> Option<Instant> {
        self.upcoming
            .iter()
            .filter(|upcoming| {
                matches!(
                    upcoming.change,
                    Change::Ends(_)
                        | Change::Suspends(_)
                        | Change::Resumes(_)
                        | Change::AddOnOff(_)
                )
            })
            .map(|upcoming| upcoming.at)
            .min()
    }

    /// From when what was recorded of the license must not be trusted any longer: the next change, as if the login
    /// sources were complete. A license whose cut-off only waits for them stays due from the cut-off on, so that a
    /// heartbeat, which may end many licenses at once, has to touch none of them.
    #[must_use]
    pub fn look_again_at(&self) -> Option<Instant> {
        [self.next_change_at(), self.cut_off_at]
            .into_iter()
            .flatten()
            .min()
    }

    /// The period that is open, or the last one.
    #[must_use]
    pub fn period(&self) -> Option<&Period> {
        self.periods.last()
    }

    pub fn open_holds(&self) -> impl Iterator<Item = &Hold> {
        self.holds
            .iter()
            .filter(|hold| hold.ended_at.is_none() && hold.from <= self.at)
    }
}

/// What the facts known at `now` make of a license at `now`.
#[must_use]
pub fn evaluate(case: &Case<'_>, now: Instant) -> Evaluation {
    let rules = Rules::known_at(case.policies, case.organization, now);
    machine::Machine::new(case, &rules, now).run()
}

#[cfg(test)]
mod tests;
