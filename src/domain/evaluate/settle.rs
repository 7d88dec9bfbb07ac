//! Beginnings and ends of periods and holds, and what follows when anything changed: cures, and notices that no
//! longer count.

use super::inactivity;
use super::machine::{Machine, PendingHold};
use super::tracked::TrackedNotice;
use super::{End, EndCause, Hold, Period, PeriodCause, TransitionCause};
use crate::domain::calendar::Instant;
use crate::domain::fact::{DeactivationCause, FactBody, HoldCause, NoticeRule};
use crate::domain::ids::FactId;
use crate::domain::license::LicenseStatus;
use crate::domain::policy::{OnMiss, RequestClass};
use crate::domain::requirement::{Status, standing_facts};

impl Machine<'_> {
    pub(super) fn begin(&mut self, period: Period) {
        if self.open_period().is_some() {
            return;
        }
        let cause = period.cause;
        let began = TransitionCause::Began(cause, period.fact);
        let closed = std::mem::take(&mut self.closed_by_end);
        self.notices.clear();
        self.too_late_logins.clear();
        // An end that nobody confirmed to be an error may come back, with what it rests on.
        let add_ons = if cause == PeriodCause::EmergencyRestoration {
            Vec::new()
        } else {
            self.forget_end();
            std::mem::take(&mut self.add_ons_closed_by_end)
        };
        // A renewal goes on as the license stood: nobody used it by that.
        if cause != PeriodCause::Renewal {
            self.clock_from = Some(self.at);
        }
        let returns = match cause {
            PeriodCause::Activation(_) => period.class == RequestClass::Returning,
            PeriodCause::Reactivation => true,
            // What was an error, or goes on, is no return.
            PeriodCause::Reinstatement
            | PeriodCause::Renewal
            | PeriodCause::EmergencyRestoration => false,
        };
        self.returned_at = returns.then_some(self.at);
        self.periods.push(period);
        self.touch();
        self.note(began);
        // An error is undone as the license stood, and a renewal goes on with what there was: with the holds that the
        // end closed.
        let as_it_stood = matches!(
            cause,
            PeriodCause::Reinstatement | PeriodCause::Renewal | PeriodCause::EmergencyRestoration
        );
        if !as_it_stood {
            self.failures.clear();
        }
        if as_it_stood {
            self.refresh();
            for index in closed {
                self.reopen_at(index);
            }
            for add_on in add_ons {
                self.revive_add_on(add_on);
            }
        }
    }

    /// What the last end rested on matters no longer.
    pub(super) fn forget_end(&mut self) {
        self.ended_on.clear();
        self.missed = None;
        self.ended_hold = None;
    }

    pub(super) fn end(
        &mut self,
        cause: EndCause,
        cut_off_at: Option<Instant>,
        fact: Option<FactId>,
    ) {
        let at = self.at;
        let Some(period) = self
            .periods
            .last_mut()
            .filter(|period| period.end.is_none())
        else {
            return;
        };
        period.end = Some(End {
            cause,
            at,
            cut_off_at,
            fact,
            contested_by: Vec::new(),
            upheld: 0,
        });
        self.overtake_restoration();
        self.forget_end();
        self.closed_by_end.clear();
        for (index, hold) in self.holds.iter_mut().enumerate() {
            if hold.ended_at.is_none() {
                hold.ended_at = Some(at);
                self.closed_by_end.push(index);
            }
        }
        self.end_add_ons();
        for notice in &mut self.notices {
            notice.void |= notice.rule == NoticeRule::Inactivity;
        }
        let late = std::mem::take(&mut self.too_late_logins);
        if cause != EndCause::Deactivated(DeactivationCause::Inactivity) {
            self.last_login = late.iter().map(|(_, at)| *at).max().max(self.last_login);
            self.logins.extend(late);
        }
        self.touch();
        self.note(TransitionCause::Ended(cause, fact));
    }

    pub(super) fn open_hold(&mut self, hold: Hold) {
        let cause = hold.cause;
        self.holds.push(hold);
        self.unconfirm_add_ons();
        if cause == HoldCause::LongInactivity {
            self.too_late_logins.clear();
        }
        self.void_warnings();
        self.note(TransitionCause::HoldOpened(cause));
    }

    pub(super) fn end_hold(&mut self, index: usize) {
        let at = self.at;
        let Some(hold) = self
            .holds
            .get_mut(index)
            .filter(|hold| hold.ended_at.is_none())
        else {
            return;
        };
        hold.ended_at = Some(at);
        let cause = hold.cause;
        self.end_covering();
        if !self.suspended() {
            // The clock restarts at the lift of the last hold.
            self.clock_from = self.clock_from.max(Some(at));
        }
        self.note(TransitionCause::HoldEnded(cause));
    }

    /// Ends a hold, or what was announced of it, at an instant not before now.
    pub(super) fn lift(&mut self, hold: FactId, at: Instant) {
        if at > self.at {
            let earlier = |until: Option<Instant>| Some(until.map_or(at, |until| until.min(at)));
            for pending in &mut self.pending_holds {
                if pending.fact == hold {
                    pending.until = earlier(pending.until);
                }
            }
            for open in &mut self.holds {
                if open.fact == Some(hold) && open.ended_at.is_none() {
                    open.until = earlier(open.until);
                }
            }
            return;
        }
        self.pending_holds.retain(|pending| pending.fact != hold);
        if let Some(index) = self
            .holds
            .iter()
            .position(|open| open.fact == Some(hold) && open.ended_at.is_none())
        {
            self.end_hold(index);
        }
    }

    /// A hold that was opened by hand stands again, because what had replaced or lifted it was an error: it holds the
    /// license from now on, unless another lift stands or it has run out. Of a license that ended meanwhile, a
    /// reinstatement opens it again.
    pub(super) fn hold_again(&mut self, hold: FactId) {
        let standing = standing_facts(self.known().iter().copied());
        let Some(fact) = standing.iter().find(|fact| fact.id == hold) else {
            return;
        };
        let (from, cause, until) = match fact.body {
            FactBody::HoldOpened { cause, until } => (fact.acts_at(), cause, until),
            FactBody::DepartureNoticed { until } => (
                fact.envelope.recorded_at,
                HoldCause::DepartureUnverified,
                Some(until),
            ),
            _ => return,
        };
        let lifts = standing.iter().filter(|other| {
            matches!(other.body,
                FactBody::HoldLifted { hold: lifted } | FactBody::DepartureNoticeSettled { notice: lifted, .. }
                    if lifted == hold)
        });
        let until = lifts.map(|lift| lift.acts_at()).chain(until).min();
        if until.is_some_and(|until| until <= self.at.max(from)) {
            return;
        }
        self.pending_holds.retain(|pending| pending.fact != hold);
        let opened = self
            .holds
            .iter()
            .rposition(|opened| opened.fact == Some(hold));
        if let Some(open) = opened
            .and_then(|index| self.holds.get_mut(index))
            .filter(|open| open.ended_at.is_none())
        {
            open.until = until;
            return;
        }
        let last = self.periods.last();
        if last.is_some_and(|period| from < period.counted_from) {
            // What held an earlier license ended with it.
            return;
        }
        match opened.filter(|_| last.is_some_and(|period| period.end.is_some())) {
            Some(index) => {
                if !self.closed_by_end.contains(&index) {
                    self.closed_by_end.push(index);
                }
            }
            None => self.pending_holds.push(PendingHold {
                at: from.max(self.at),
                fact: hold,
                cause,
                until,
            }),
        }
    }

    fn reopen_at(&mut self, index: usize) {
        if let Some(hold) = self.holds.get(index).cloned()
            && hold.until.is_none_or(|until| until > self.at)
            // A leave that still runs opens its hold by itself.
            && !self.is_leave(hold.fact)
        {
            self.open_hold(Hold {
                from: self.at,
                ended_at: None,
                ..hold
            });
        }
    }

    /// A suspension or another type: no warning counts any longer.
    pub(super) fn void_warnings(&mut self) {
        for notice in &mut self.notices {
            notice.void |= notice.rule == NoticeRule::Inactivity;
        }
        self.reconsider_logins();
    }

    /// A notice became void: what logged in after its cut-off may count after all.
    pub(super) fn reconsider_logins(&mut self) {
        for (login, at) in std::mem::take(&mut self.too_late_logins) {
            self.take_login(login, at);
        }
    }

    /// What follows from what was just absorbed or applied: cures, and notices that no longer count.
    pub(super) fn settle(&mut self) {
        self.refresh();
        self.open_due_holds();
        if self.open_period().is_some() {
            for index in 0..self.holds.len() {
                if self.cured(index) {
                    self.end_hold(index);
                }
            }
            self.settle_unused();
            self.settle_failures();
            self.cure_add_ons();
            self.void_what_no_longer_counts();
            match (self.noted(), self.status()) {
                (Some(LicenseStatus::Warned), Some(LicenseStatus::Active)) => {
                    self.note(TransitionCause::WarningVoid);
                }
                (Some(LicenseStatus::Active), Some(LicenseStatus::Warned)) => {
                    if let Some(notice) = self.notices.iter().rfind(|notice| notice.warns()) {
                        self.note(TransitionCause::Warned(notice.fact));
                    }
                }
                _ => {}
            }
        }
    }

    /// Whether the requirement whose miss opened a hold is in order again. One that a new policy dropped takes its
    /// hold with it.
    fn cured(&self, index: usize) -> bool {
        let Some(hold) = self.holds.get(index).filter(|hold| hold.ended_at.is_none()) else {
            return false;
        };
        let Some(key) = &hold.requirement else {
            return false;
        };
        self.obligations
            .iter()
            .find(|obligation| obligation.standing.key == *key)
            .is_none_or(|obligation| match hold.cause {
                HoldCause::EvidenceWithdrawn => !obligation.is_unmet(),
                _ => {
                    obligation.standing.status != Status::Overdue
                        // Staff took back that a miss suspends here.
                        || obligation.rule == NoticeRule::Campaign && obligation.on_miss == OnMiss::List
                }
            })
    }

    fn void_what_no_longer_counts(&mut self) {
        let counts: Vec<bool> = self
            .notices
            .iter()
            .map(|notice| self.notice_counts(notice))
            .collect();
        let mut voided = false;
        for (notice, counts) in self.notices.iter_mut().zip(counts) {
            voided |= !notice.void && !counts;
            notice.void |= !counts;
        }
        if voided {
            self.reconsider_logins();
        }
    }

    fn notice_counts(&self, notice: &TrackedNotice) -> bool {
        if notice.void {
            return false;
        }
        match notice.rule {
            NoticeRule::Inactivity => inactivity::counts(self, notice),
            NoticeRule::Agreement
            | NoticeRule::Recertification
            | NoticeRule::Campaign
            | NoticeRule::Waiver => self
                .all_owed()
                .filter(|obligation| notice.speaks_of(obligation))
                // Void once the end moves behind the day it named, or nothing is owed.
                .any(|obligation| {
                    obligation
                        .ends_on()
                        .is_some_and(|day| day <= notice.named_on)
                }),
            NoticeRule::SuspensionTooLong => self.holds.iter().any(|hold| {
                hold.ended_at.is_none()
                    && notice.occurred_at >= hold.from
                    && self
                        .suspension_ends_on(hold)
                        .is_some_and(|day| day <= notice.named_on)
            }),
            NoticeRule::Term => self
                .open_period()
                .and_then(|period| self.term_of(period)?.ends_on)
                .is_some_and(|day| day <= notice.named_on),
            NoticeRule::Unreachable => self.still_unreachable(notice.occurred_at, notice.named_on),
            _ => true,
        }
    }

    /// Holds whose announced instant has come.
    pub(super) fn open_due_holds(&mut self) {
        // An expired license may be renewed, and is held then.
        if self.status() == Some(LicenseStatus::Expired) {
            return;
        }
        let due: Vec<_> = self
            .pending_holds
            .extract_if(.., |pending| pending.at <= self.at)
            .collect();
        for pending in due {
            if self.open_period().is_none() || pending.until.is_some_and(|until| until <= self.at) {
                continue;
            }
            self.open_hold(Hold {
                cause: pending.cause,
                from: self.at,
                until: pending.until,
                ended_at: None,
                fact: Some(pending.fact),
                requirement: None,
            });
        }
    }
}
