//! The circuit breaker (domain, section 7): how long absences wait, and what they bring about next, as it counts.

use chrono::NaiveDate;

use super::inactivity;
use super::machine::Machine;
use super::obligation::{Obligation, calendar};
use super::rules::Rules;
use super::{Case, EndCause, Evaluation};
use crate::domain::absence_hold::{self, AbsenceDecision, LOOKS_AHEAD, absence_holds, is_absence};
use crate::domain::calendar::Instant;
use crate::domain::fact::{DeactivationCause, FactBody, HoldCause, NoticeRule};
use crate::domain::license::LicenseStatus;
use crate::domain::policy::OnMiss;
use crate::domain::requirement::standing_facts;

/// The rule that ends a license for a cause, where it is one of absences.
fn of_end(cause: EndCause) -> Option<NoticeRule> {
    match cause {
        EndCause::TermEnded => Some(NoticeRule::Term),
        EndCause::Deactivated(DeactivationCause::Inactivity) => Some(NoticeRule::Inactivity),
        EndCause::Deactivated(DeactivationCause::RecertificationOverdue) => {
            Some(NoticeRule::Recertification)
        }
        EndCause::Deactivated(DeactivationCause::AgreementLapsed) => Some(NoticeRule::Agreement),
        EndCause::Deactivated(_) => None,
    }
}

/// The same of a hold.
fn of_hold(cause: HoldCause) -> Option<NoticeRule> {
    match cause {
        HoldCause::LongInactivity => Some(NoticeRule::Inactivity),
        HoldCause::RecertificationOverdue => Some(NoticeRule::Recertification),
        HoldCause::AgreementLapsed => Some(NoticeRule::Agreement),
        _ => None,
    }
}

/// When an absence takes access away next, of what is counted: by the rules in force, or by those that are recorded and
/// begin next. A version may bring many ends with it, and is counted before it begins.
#[must_use]
pub fn next_absence(case: &Case<'_>, license: &Evaluation, now: Instant) -> Option<Instant> {
    let rules = Rules::known_at(case.policies, case.organization, now);
    let later = rules
        .next_change(now)
        .filter(|_| license.allowed())
        .and_then(|begins| {
            let mut machine = Machine::new(case, &rules, begins);
            machine.replay();
            machine
                .absence_since(now)
                .or_else(|| machine.next_absence_at())
        });
    [license.next_absence_at, later].into_iter().flatten().min()
}

impl Machine<'_> {
    /// When an absence took access away after an instant, of what is counted.
    fn absence_since(&self, since: Instant) -> Option<Instant> {
        let ended = self
            .periods
            .last()
            .and_then(|period| period.end.as_ref())
            .filter(|end| end.at > since);
        let lost = match ended {
            Some(end) => Some((end.at, of_end(end.cause)?)),
            None => self
                .holds
                .iter()
                .filter(|hold| hold.ended_at.is_none() && hold.from > since)
                .find_map(|hold| Some((hold.from, of_hold(hold.cause)?))),
        };
        lost.filter(|(at, rule)| !self.has_waited(*at) && !self.is_approved(*rule, *at))
            .map(|(at, _)| at)
    }

    pub(super) fn reread_absence_holds(&mut self) {
        self.absence_holds = absence_holds(&standing_facts(self.known().iter().copied()));
    }

    /// When an absence has its effect that would have it at an instant: it waits for the end of a hold. Nothing while
    /// staff stop it.
    pub(super) fn not_while_held(&self, at: Instant) -> Option<Instant> {
        absence_hold::moved(&self.absence_holds, at, |at| at)
    }

    /// When an absence acts that is due at an instant: what came to act only while absences wait does so after it.
    pub(super) fn waits_for_hold(&self, at: Instant) -> Option<Instant> {
        let acts_at = at.max(self.at);
        let after = self.not_while_held(acts_at)?;
        Some(if after > acts_at { after } else { at })
    }

    /// When an absence takes access away next, of what is counted.
    pub(super) fn next_absence_at(&self) -> Option<Instant> {
        if !matches!(
            self.status(),
            Some(LicenseStatus::Active | LicenseStatus::Warned)
        ) {
            return None;
        }
        let missed = self
            .obligations
            .iter()
            .filter(|obligation| is_absence(obligation.rule) && obligation.on_miss != OnMiss::List)
            .filter(|obligation| {
                !self.held_for(&obligation.standing.key) && !self.is_approved_campaign(obligation)
            })
            .filter_map(|obligation| Some((self.miss_at(obligation)?, obligation.rule)));
        let term = self.term_ends_at().map(|at| (at, NoticeRule::Term));
        // Counted from the promised instant on, however long it still waits for the login sources.
        let cut_off = self
            .cut_off()
            .filter(|_| inactivity::acts(self))
            .map(|cut_off| (cut_off.cut_off_at, NoticeRule::Inactivity));
        missed
            .chain(term)
            .chain(cut_off)
            .filter(|(at, rule)| !self.has_waited(*at) && !self.is_approved(*rule, *at))
            .map(|(at, _)| at)
            .min()
    }

    /// Whether it waited for staff already, who looked or let the hours pass; or they let proceed what the breaker had
    /// counted ahead of its instant.
    fn has_waited(&self, at: Instant) -> bool {
        self.absence_holds.iter().any(|hold| {
            let proceeds =
                hold.tripped.is_some() && hold.decision == Some(AbsenceDecision::Proceed);
            hold.until == Some(at) || proceeds && hold.from <= at && at <= hold.from + LOOKS_AHEAD
        })
    }

    fn is_approved_campaign(&self, obligation: &Obligation) -> bool {
        let campaign = obligation.standing.key.campaign();
        self.evidence.iter().any(|fact| {
            Some(fact.id) == campaign
                && matches!(&fact.body, FactBody::CampaignStarted(plan) if plan.batch_approved)
        })
    }

    /// Whether staff know of what a rule does on that day.
    fn is_approved(&self, rule: NoticeRule, at: Instant) -> bool {
        let Some(day) = self.in_force().map(|rules| calendar(rules).day(at)) else {
            return false;
        };
        let approves = |approved: NoticeRule, on: NaiveDate| approved == rule && on == day;
        self.known().iter().any(
            |fact| matches!(&fact.body, FactBody::BatchApproved { rule, on } if approves(*rule, *on)),
        )
    }
}
