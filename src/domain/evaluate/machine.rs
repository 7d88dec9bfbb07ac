//! Replays one license: facts as they were recorded, and between them what the rules bring about.

use super::bars::Bar;
use super::first_login;
use super::inactivity;
use super::keep::Kept;
use super::leave::Leave;
use super::obligation::{self, Obligation};
use super::restoration::{Restoration, Running};
use super::rules::{InForce, Rules};
use super::tracked::TrackedNotice;
use super::unreachable::Failure;
use super::unused::Unused;
use super::{Case, End, EndCause, Evaluation, Hold, Period, Transition, TransitionCause};
use crate::domain::absence_hold::AbsenceHold;
use crate::domain::calendar::{Instant, start_of_day};
use crate::domain::departure::{AnnouncedEnd, announced};
use crate::domain::fact::{DeactivationCause, Fact, FactBody, HoldCause};
use crate::domain::ids::FactId;
use crate::domain::license::LicenseStatus;
use crate::domain::policy::RequestClass;
use crate::domain::requirement::{RequirementKey, standing_facts};

/// What happens by itself, in the order of precedence at one instant: departure, violation or bar, term end,
/// agreement and recertification, inactivity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Derived {
    Announced(FactId, DeactivationCause),
    Barred(FactId),
    OrganizationLeft,
    HoldBegins,
    HoldEnds(usize),
    LeaveBegins(FactId),
    RestorationEnds,
    TermEnds,
    SuspendedTooLong,
    Missed(RequirementKey),
    Unreachable,
    CutOff(Instant),
    /// Nothing but a reason to look again: other rules, another participation record, a login source.
    Checkpoint,
}

impl Derived {
    pub(super) fn precedence(&self) -> u8 {
        match self {
            Self::Announced(_, DeactivationCause::EmploymentEnded) => 0,
            Self::Announced(..) => 1,
            Self::OrganizationLeft => 2,
            Self::Barred(_) => 3,
            // What an absence brings about waits until then.
            Self::RestorationEnds => 4,
            Self::HoldBegins | Self::LeaveBegins(_) => 5,
            Self::TermEnds => 6,
            Self::HoldEnds(_) => 7,
            Self::Missed(_) | Self::Unreachable => 8,
            Self::SuspendedTooLong => 9,
            Self::CutOff(_) => 10,
            Self::Checkpoint => 11,
        }
    }
}

/// A hold that was announced for a later instant.
pub(super) struct PendingHold {
    pub at: Instant,
    pub fact: FactId,
    pub cause: HoldCause,
    pub until: Option<Instant>,
}

/// What the obligations were computed for; they stay the same until it changes or one of them lapses.
#[derive(Clone, Copy)]
struct Stamp {
    epoch: u32,
    stretch: Option<Instant>,
    until: Option<Instant>,
}

pub(super) struct Machine<'a> {
    pub(super) case: &'a Case<'a>,
    pub(super) rules: &'a Rules<'a>,
    /// The instant that is asked about; nothing recorded later is known.
    pub(super) asked: Instant,
    /// Recorded by then, by (`recorded_at`, id).
    facts: Vec<&'a Fact>,
    pub(super) at: Instant,
    known: usize,
    pub(super) periods: Vec<Period>,
    pub(super) holds: Vec<Hold>,
    pub(super) pending_holds: Vec<PendingHold>,
    pub(super) notices: Vec<TrackedNotice>,
    /// Notices that did not reach the holder and that nobody settled yet.
    pub(super) failures: Vec<Failure>,
    /// When the inactivity clock last started without a login or a keep request.
    pub(super) clock_from: Option<Instant>,
    /// When the running period came back, by a request or the ladder: the first login is counted from there.
    pub(super) returned_at: Option<Instant>,
    /// Keep requests that were heeded.
    pub(super) kept: Vec<Kept>,
    pub(super) logins: Vec<(FactId, Instant)>,
    pub(super) last_login: Option<Instant>,
    /// Logins after a running cut-off: they anchor only if the notice becomes void for another reason.
    pub(super) too_late_logins: Vec<(FactId, Instant)>,
    pub(super) history: Vec<Transition>,
    /// The standing facts that requirements are met or waived by.
    pub(super) evidence: Vec<&'a Fact>,
    pub(super) ends: Vec<AnnouncedEnd<'a>>,
    pub(super) bars: Vec<Bar>,
    /// By their beginning.
    pub(super) leaves: Vec<Leave>,
    /// Until when absences wait, by their beginning.
    pub(super) absence_holds: Vec<AbsenceHold>,
    pub(super) obligations: Vec<Obligation>,
    /// What the running add-ons owe by themselves.
    pub(super) upkeep: Vec<Obligation>,
    stamp: Option<Stamp>,
    /// Changes with whatever obligations rest on, besides the rules and the time.
    epoch: u32,
    /// The notices that the last end rested on, and the requirement whose miss it was.
    pub(super) ended_on: Vec<FactId>,
    pub(super) missed: Option<RequirementKey>,
    /// The hold by hand whose length ended the last period.
    pub(super) ended_hold: Option<FactId>,
    /// The hold that the rules opened because nobody used the license.
    pub(super) unused: Option<Unused>,
    /// The holds that were open when the last period ended.
    pub(super) closed_by_end: Vec<usize>,
    pub(super) add_ons: Vec<super::AddOn>,
    /// The add-ons that ended with the last period.
    pub(super) add_ons_closed_by_end: Vec<FactId>,
    /// The emergency restoration that runs, and all of them.
    pub(super) restoration: Option<Running>,
    pub(super) restorations: Vec<Restoration>,
}

impl<'a> Machine<'a> {
    pub(super) fn new(case: &'a Case<'a>, rules: &'a Rules<'a>, asked: Instant) -> Self {
        let mut facts: Vec<&Fact> = case
            .facts
            .iter()
            .filter(|fact| fact.envelope.recorded_at <= asked)
            .collect();
        facts.sort_by_key(|fact| (fact.envelope.recorded_at, fact.id));
        Self {
            case,
            rules,
            asked,
            facts,
            at: Instant::MIN_UTC,
            known: 0,
            periods: Vec::new(),
            holds: Vec::new(),
            pending_holds: Vec::new(),
            notices: Vec::new(),
            failures: Vec::new(),
            clock_from: None,
            returned_at: None,
            kept: Vec::new(),
            logins: Vec::new(),
            last_login: None,
            too_late_logins: Vec::new(),
            history: Vec::new(),
            evidence: Vec::new(),
            ends: Vec::new(),
            bars: Vec::new(),
            leaves: Vec::new(),
            absence_holds: Vec::new(),
            obligations: Vec::new(),
            upkeep: Vec::new(),
            stamp: None,
            epoch: 0,
            ended_on: Vec::new(),
            missed: None,
            ended_hold: None,
            unused: None,
            closed_by_end: Vec::new(),
            add_ons: Vec::new(),
            add_ons_closed_by_end: Vec::new(),
            restoration: None,
            restorations: Vec::new(),
        }
    }

    pub(super) fn run(mut self) -> Evaluation {
        self.replay();
        self.answer()
    }

    /// Everything up to the instant that is asked about.
    pub(super) fn replay(&mut self) {
        loop {
            let next = self
                .facts
                .get(self.known)
                .map(|fact| (fact.envelope.recorded_at, answers_a_state(fact)));
            match (next, self.next_derived()) {
                // Facts recorded at exactly an instant are known at it, so they come before what happens by itself;
                // but whoever brings a license back at that instant saw what had happened.
                (Some((recorded, answers)), derived)
                    if derived
                        .as_ref()
                        .is_none_or(|(at, _)| recorded < *at || (recorded == *at && !answers)) =>
                {
                    self.at = recorded;
                    self.refresh();
                    self.absorb_all(recorded);
                }
                // What was foretold is asked again at its instant, under the rules and the service that hold there.
                (_, Some((at, _))) if at <= self.asked && at > self.at => {
                    self.at = at;
                    self.refresh();
                    self.settle();
                }
                (_, Some((at, derived))) if at <= self.asked => {
                    self.at = at;
                    self.refresh();
                    self.apply(&derived);
                    self.settle();
                }
                _ => break,
            }
        }
        self.at = self.asked;
        self.refresh();
    }

    /// Everything recorded at one instant, up to the next fact that answers a state.
    fn absorb_all(&mut self, recorded: Instant) {
        let mut met_before = None;
        let first = self.known;
        while let Some(fact) = self.facts.get(self.known).copied()
            && fact.envelope.recorded_at == recorded
            && (self.known == first || !answers_a_state(fact))
        {
            self.known += 1;
            if let Some(target) = fact.envelope.supersedes {
                met_before.get_or_insert_with(|| self.met());
                self.withdraw(target, fact.id);
            }
            self.absorb(fact);
        }
        self.refresh();
        for key in met_before.unwrap_or_default() {
            self.evidence_withdrawn(key);
        }
        self.settle();
    }

    /// What access rests on: what is met, and what is waived.
    fn met(&self) -> Vec<RequirementKey> {
        self.all_owed()
            .filter(|obligation| !obligation.standing.status.is_open())
            .map(|obligation| obligation.standing.key.clone())
            .collect()
    }

    /// A correction turned met or waived into unmet.
    fn evidence_withdrawn(&mut self, key: RequirementKey) {
        let acts = |day| {
            self.in_force()
                .is_some_and(|in_force| start_of_day(in_force.zone, day) <= self.at)
        };
        let unmet = self.all_owed().any(|obligation| {
            obligation.standing.key == key
                && obligation.is_unmet()
                // Before its day a rule only reports.
                && obligation.enforced_from.is_none_or(acts)
        });
        if unmet && matches!(key, RequirementKey::OfAddOn(..)) {
            self.hold_add_on(HoldCause::EvidenceWithdrawn, &key);
        } else if unmet && self.open_period().is_some() {
            self.open_hold(Hold {
                cause: HoldCause::EvidenceWithdrawn,
                from: self.at,
                until: None,
                ended_at: None,
                fact: None,
                requirement: Some(key),
            });
        }
    }

    pub(super) fn known(&self) -> &[&'a Fact] {
        self.facts.get(..self.known).unwrap_or_default()
    }

    /// The evidence that stands changed.
    pub(super) fn reread_evidence(&mut self) {
        self.evidence = standing_facts(self.known().iter().copied())
            .into_iter()
            .filter(|fact| is_evidence(fact))
            .collect();
        self.touch();
    }

    pub(super) fn reread_ends(&mut self) {
        self.ends = announced(self.known().iter().copied());
    }

    pub(super) fn touch(&mut self) {
        self.epoch = self.epoch.wrapping_add(1);
    }

    /// Brings the obligations up to the machine's instant.
    pub(super) fn refresh(&mut self) {
        let in_force = self.rules.at(self.at);
        let stretch = in_force.map(|rules| rules.from);
        let current = self.stamp.is_some_and(|stamp| {
            stamp.epoch == self.epoch
                && stamp.stretch == stretch
                && stamp.until.is_none_or(|until| self.at < until)
        });
        if current {
            return;
        }
        (self.obligations, self.upkeep) = match (self.open_period(), in_force) {
            (Some(period), Some(in_force)) => (
                self.owed(period, &self.evidence, in_force, self.at),
                self.upkeep_owed(in_force),
            ),
            _ => (Vec::new(), Vec::new()),
        };
        let until = in_force.and_then(|in_force| {
            self.all_owed()
                .filter_map(|obligation| obligation.lapses_on)
                .map(|day| start_of_day(in_force.zone, day))
                .filter(|lapses_at| *lapses_at > self.at)
                .chain(self.next_campaign())
                .min()
        });
        self.stamp = Some(Stamp {
            epoch: self.epoch,
            stretch,
            until,
        });
    }

    /// When the next campaign opens that is known.
    pub(super) fn next_campaign(&self) -> Option<Instant> {
        let zone = self.in_force()?.zone;
        self.evidence
            .iter()
            .filter_map(|fact| match &fact.body {
                FactBody::CampaignStarted(plan) => Some(start_of_day(zone, plan.opens_on)),
                _ => None,
            })
            .filter(|opens_at| *opens_at > self.at)
            .min()
    }

    /// What the holder of a period owes at an instant, by some facts.
    pub(super) fn owed(
        &self,
        period: &Period,
        facts: &[&Fact],
        in_force: InForce<'_>,
        at: Instant,
    ) -> Vec<Obligation> {
        // An add-on has no past of its own.
        let first_began = match self.periods.first() {
            Some(first) if period.class != RequestClass::AddOn => first.counted_from,
            _ => period.counted_from,
        };
        let mut obligations = obligation::of_holder(
            self.case.organization,
            (period, first_began),
            facts,
            self.rules,
            in_force,
            at,
        );
        obligation::postpone(&mut obligations, period, &self.leaves, facts, in_force, at);
        obligations
    }

    pub(super) fn now(&self) -> Instant {
        self.at
    }

    pub(super) fn in_force(&self) -> Option<InForce<'_>> {
        self.rules.at(self.at)
    }

    pub(super) fn open_period(&self) -> Option<&Period> {
        self.periods.last().filter(|period| period.end.is_none())
    }

    pub(super) fn suspended(&self) -> bool {
        let mut holds = self.holds.iter().enumerate();
        holds.any(|(index, hold)| hold.ended_at.is_none() && !self.covers(index))
    }

    pub(super) fn status(&self) -> Option<LicenseStatus> {
        let period = self.periods.last()?;
        Some(match &period.end {
            Some(End {
                cause: EndCause::TermEnded,
                ..
            }) => LicenseStatus::Expired,
            Some(_) => LicenseStatus::Deactivated,
            None if self.suspended() => LicenseStatus::Suspended,
            None if self.notices.iter().any(TrackedNotice::warns) => LicenseStatus::Warned,
            None => LicenseStatus::Active,
        })
    }

    /// The status as the history last has it.
    pub(super) fn noted(&self) -> Option<LicenseStatus> {
        self.history.last().map(|transition| transition.to)
    }

    pub(super) fn note(&mut self, cause: TransitionCause) {
        if let Some(to) = self.status() {
            let policy = self.in_force().map(|rules| rules.number);
            self.history.push(Transition {
                at: self.at,
                from: self.noted(),
                to,
                cause,
                policy,
            });
        }
    }

    /// The first end for want of a login: too long without one, or none since the return.
    pub(super) fn cut_off(&self) -> Option<inactivity::CutOff> {
        [inactivity::cut_off(self), first_login::cut_off(self)]
            .into_iter()
            .flatten()
            .min_by_key(|cut_off| cut_off.cut_off_at)
    }
}

/// Whether a fact of this kind rests on the state that a command found at the instant of its recording.
pub(super) fn answers_a_state(fact: &Fact) -> bool {
    matches!(
        fact.body,
        FactBody::Activated { .. }
            | FactBody::Reactivated
            | FactBody::Reinstated { .. }
            | FactBody::EmergencyRestored { .. }
            | FactBody::EmergencyRestorationConfirmed { .. }
            | FactBody::Upheld
    )
}

/// Whether facts of this kind say what is owed, or that it is met or waived.
pub(super) fn is_evidence(fact: &Fact) -> bool {
    matches!(
        fact.body,
        FactBody::TrainingCompleted { .. }
            | FactBody::AgreementSigned { .. }
            | FactBody::PracticeReviewed { .. }
            | FactBody::LicenseRenewed { .. }
            | FactBody::Acknowledged { .. }
            | FactBody::Waived { .. }
            | FactBody::RequirementAdded { .. }
    ) || is_of_campaign(fact)
}

/// Whether the fact is a campaign, or decides something about one: what is owed rests on it like on evidence.
pub(super) fn is_of_campaign(fact: &Fact) -> bool {
    matches!(fact.body, FactBody::CampaignStarted(_)) || fact.body.of_campaign().is_some()
}
