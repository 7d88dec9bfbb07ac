//! What the machine answers once it has come to the instant that is asked about.

use super::first_login;
use super::inactivity;
use super::machine::{Machine, is_evidence};
use super::sources;
use super::{
    Change, Consequence, DueItem, EndCause, Evaluation, LicenseState, PeriodCause, Upcoming,
    Warning,
};
use crate::domain::calendar::{Instant, start_of_day};
use crate::domain::fact::{Basis, DeactivationCause, Fact, HoldCause};
use crate::domain::license::LicenseStatus;
use crate::domain::policy::OnMiss;
use crate::domain::requirement::{RequirementKey, Standing, standing_facts};

impl Machine<'_> {
    fn state(&self) -> Option<LicenseState> {
        let period = self.periods.last()?;
        Some(match (self.status()?, &period.end) {
            (LicenseStatus::Expired, Some(end)) => LicenseState::Expired(end.clone()),
            (_, Some(end)) => LicenseState::Deactivated(end.clone()),
            (LicenseStatus::Suspended, None) => LicenseState::Suspended(
                self.holds
                    .iter()
                    .filter(|hold| hold.ended_at.is_none())
                    .cloned()
                    .collect(),
            ),
            (_, None) => match self.notices.iter().rfind(|notice| notice.warns()) {
                Some(notice) => {
                    let cut_off = self.cut_off();
                    LicenseState::Warned(Warning {
                        notice: notice.fact,
                        sent_at: notice.occurred_at,
                        named_on: notice.named_on,
                        cut_off_at: cut_off.map(|cut_off| cut_off.cut_off_at),
                        takes_effect_at: cut_off.map(|cut_off| cut_off.takes_effect_at),
                    })
                }
                None => LicenseState::Active,
            },
        })
    }

    pub(super) fn answer(self) -> Evaluation {
        let now = self.at;
        let mut due: Vec<DueItem> = self
            .all_owed()
            .filter_map(|obligation| {
                Some(DueItem {
                    rule: obligation.rule,
                    requirement: Some(obligation.standing.key.clone()),
                    due_on: obligation.standing.due_on?,
                    consequence: match (obligation.on_miss, self.miss_at(obligation)) {
                        (OnMiss::List, _) => Consequence::Listed,
                        (_, Some(at)) => Consequence::At(at),
                        (_, None) => Consequence::AwaitsNotice,
                    },
                })
            })
            .collect();
        due.extend(self.term_due());
        due.extend(inactivity::due_item(&self));
        due.extend(first_login::due_item(&self));
        due.extend(inactivity::stale_item(&self));
        due.extend(self.suspensions_to_list());
        due.extend(
            self.unreachable_item()
                .filter(|_| self.open_period().is_some()),
        );
        due.sort_by_key(|item| item.due_on);
        let listed_from = self.in_force().and_then(|in_force| {
            due.iter()
                .filter(|item| item.consequence == Consequence::Listed)
                .filter_map(|item| Some(start_of_day(in_force.zone, item.due_on.succ_opt()?)))
                .min()
        });
        let cut_off_at = self
            .cut_off()
            .filter(|cut_off| inactivity::acts(&self) && cut_off.takes_effect_at > now)
            .map(|cut_off| cut_off.cut_off_at);
        let next_absence_at = self.next_absence_at();
        let keeps_left = self.keeps_left();
        let mut upcoming = self.upcoming();
        upcoming.sort_by_key(|upcoming| upcoming.at);
        let status = self.status();
        let notices = self.notices_needed();
        let first_login = first_login::message(&self);
        let failed = self.open_failures().map(|failure| failure.notice).collect();
        let served_by_any_login = self.login_serves_person();
        Evaluation {
            at: now,
            state: self.state(),
            since: self
                .history
                .iter()
                .rfind(|transition| transition.from != status)
                .map(|transition| transition.at),
            requirements: self
                .obligations
                .iter()
                .map(|obligation| obligation.standing.clone())
                .collect(),
            to_return: self.to_return(),
            not_met_at_activation: self.not_met_at_activation(),
            due,
            term: self.term().filter(|_| self.may_be_renewed()),
            upcoming,
            policy: self.in_force().map(|rules| rules.number),
            barred: self
                .bar()
                .filter(|(at, _)| *at <= now)
                .map(|(_, fact)| fact),
            participating: self.participating(),
            last_login_at: self.last_login,
            add_ons: self.add_ons_now(),
            served_by_any_login,
            notices,
            keeps_left,
            listed_from,
            cut_off_at,
            next_absence_at,
            counting: self
                .notices
                .iter()
                .filter(|notice| !notice.void)
                .map(|notice| notice.fact)
                .collect(),
            first_login,
            failed,
            periods: self.periods,
            restorations: self.restorations,
            holds: self.holds,
            history: self.history,
        }
    }

    /// What the last period owed, as it stands now that it has ended.
    fn to_return(&self) -> Vec<Standing> {
        match (
            self.periods.last().filter(|period| period.end.is_some()),
            self.in_force(),
        ) {
            (Some(period), Some(in_force)) => self
                .owed(period, &self.evidence, in_force, self.at)
                .into_iter()
                .map(|obligation| obligation.standing)
                .collect(),
            _ => Vec::new(),
        }
    }

    /// What the facts that stand now no longer say was met when the open period began.
    fn not_met_at_activation(&self) -> Vec<RequirementKey> {
        let corrected = |fact: &&Fact| fact.envelope.supersedes.is_some();
        let Some(period) = self.open_period().filter(|period| {
            period.cause == PeriodCause::Activation(Basis::Requirements)
                && self.known().iter().any(corrected)
        }) else {
            return Vec::new();
        };
        let Some(rules) = self.rules.at(period.from) else {
            return Vec::new();
        };
        let missing = |facts: &[&Fact]| -> Vec<RequirementKey> {
            self.owed(period, facts, rules, period.from)
                .into_iter()
                .filter(|obligation| obligation.standing.status.is_open())
                .map(|obligation| obligation.standing.key)
                .collect()
        };
        let known = self.known().iter().copied();
        let then = standing_facts(known.filter(|fact| fact.envelope.recorded_at <= period.from));
        let then: Vec<&Fact> = then.into_iter().filter(|fact| is_evidence(fact)).collect();
        let now: Vec<&Fact> = self
            .evidence
            .iter()
            .copied()
            .filter(|fact| fact.envelope.occurred_at <= period.from)
            .collect();
        let missing_then = missing(&then);
        missing(&now)
            .into_iter()
            .filter(|key| !missing_then.contains(key))
            .filter(|key| {
                self.obligations.iter().any(|obligation| {
                    obligation.standing.key == *key && !obligation.standing.status.is_open()
                })
            })
            .collect()
    }

    /// What comes by itself after the machine's instant, each kind at its earliest.
    fn upcoming(&self) -> Vec<Upcoming> {
        let mut upcoming = Vec::new();
        let mut add = |at: Instant, change: Change| {
            if at > self.at {
                upcoming.push(Upcoming { at, change });
            }
        };
        if let Some(at) = self.rules.next_change(self.at) {
            add(at, Change::NewRules);
        }
        let Some(period) = self.open_period() else {
            for at in self.bar_changes().chain(self.participation_changes()) {
                add(at, Change::MayBegin);
            }
            return upcoming;
        };
        let deactivates = |cause| Change::Ends(EndCause::Deactivated(cause));
        for end in self.pending_ends(period) {
            add(end.acts_at, deactivates(end.cause()));
        }
        if let Some(at) = self.participation_ends() {
            add(at, deactivates(DeactivationCause::OrganizationLeft));
        }
        if let Some((at, _)) = self.bar() {
            add(at, deactivates(DeactivationCause::Barred));
        }
        for pending in &self.pending_holds {
            add(pending.at, Change::Suspends(pending.cause));
        }
        for (at, change) in self.upcoming_leave() {
            add(at, change);
        }
        for (index, hold) in self.holds.iter().enumerate() {
            if let Some(until) = hold.until.filter(|_| hold.ended_at.is_none()) {
                let change = if self.back_too_late(index, until) {
                    Change::Suspends(HoldCause::LongInactivity)
                } else {
                    Change::Resumes(hold.cause)
                };
                add(until, change);
            }
        }
        if let Some(at) = self.suspended_too_long() {
            add(at, deactivates(DeactivationCause::SuspensionTooLong));
        }
        for obligation in self.all_owed() {
            let key = &obligation.standing.key;
            if let (Some(in_force), Some(day)) = (self.in_force(), obligation.lapses_on) {
                add(
                    start_of_day(in_force.zone, day),
                    Change::Lapses(key.clone()),
                );
            }
            if let Some(at) = self.miss_at(obligation)
                && !self.held_for(key)
            {
                if let Some(change) = Self::add_on_off(key) {
                    add(at, change);
                    continue;
                }
                add(
                    at,
                    match obligation.on_miss {
                        OnMiss::Deactivate => deactivates(obligation.deactivation_cause()),
                        _ => Change::Suspends(obligation.hold_cause()),
                    },
                );
            }
        }
        if let Some(at) = self.unreachable_at() {
            add(at, Change::Suspends(HoldCause::Unreachable));
        }
        if let Some(at) = self.term_ends_at() {
            add(at, Change::Ends(EndCause::TermEnded));
        }
        if let Some(cut_off) = self.cut_off()
            && inactivity::acts(self)
        {
            add(
                cut_off.takes_effect_at,
                if inactivity::suspends(self) {
                    Change::Suspends(HoldCause::LongInactivity)
                } else {
                    deactivates(DeactivationCause::Inactivity)
                },
            );
        }
        for (step, at) in inactivity::steps_due(self) {
            if let Some(at) = self.not_while_held(at) {
                add(at, Change::Warnable(step));
            }
        }
        if let Some(at) = self.next_campaign() {
            add(at, Change::NewRules);
        }
        if let Some(of_restoration) = self.upcoming_of_restoration() {
            add(of_restoration.at, of_restoration.change);
        }
        // Without a login source in service the inactivity rule is not in force; once one is, it may be. How far those in
        // service are complete says which warnings wait.
        let known_through = |at| sources::mark(self.case.sources, at, self.asked);
        if let Some(at) = sources::next_service_change(self.case.sources, self.at)
            && (self.status() == Some(LicenseStatus::Warned)
                || known_through(self.at) != known_through(at)
                || sources::in_service(self.case.sources, self.at)
                    != sources::in_service(self.case.sources, at))
        {
            add(at, Change::NewRules);
        }
        upcoming
    }
}
