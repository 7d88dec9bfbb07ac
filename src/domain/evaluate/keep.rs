//! Keep requests: a supervisor says that a license stays although nobody logged in. As often as the policy allows, it
//! stops the running warning and starts the clock anew; the absence itself goes on.

use super::machine::Machine;
use super::tracked::TrackedNotice;
use super::{EndCause, inactivity};
use crate::domain::calendar::Instant;
use crate::domain::fact::{DeactivationCause, Fact, HoldCause};
use crate::domain::ids::FactId;

/// A keep request that was heeded.
pub(super) struct Kept {
    pub fact: FactId,
    pub asked_at: Instant,
    /// When it started the clock anew, where it came in time to stop a warning.
    pub restarted_at: Option<Instant>,
}

impl Machine<'_> {
    /// When the inactivity clock last started without a login.
    pub(super) fn clock_started(&self) -> Option<Instant> {
        let kept = self.kept.iter().filter_map(|kept| kept.restarted_at).max();
        self.clock_from.max(kept)
    }

    fn heed(&mut self, fact: &Fact, restarted_at: Option<Instant>) {
        self.kept.push(Kept {
            fact: fact.id,
            asked_at: fact.envelope.occurred_at,
            restarted_at,
        });
    }

    /// A keep request was taken back: it counts no longer, and the clock runs as if nobody had asked. The warning that
    /// it stopped stays void.
    pub(super) fn forget_keep(&mut self, fact: FactId) {
        self.kept.retain(|kept| kept.fact != fact);
    }

    /// How many more keep requests stop an inactivity end until somebody logs in.
    pub(super) fn keeps_left(&self) -> u16 {
        let (Some(in_force), Some(period)) = (self.in_force(), self.periods.last()) else {
            return 0;
        };
        let allowed = in_force
            .document
            .license_types
            .get(&period.license_type)
            .and_then(|found| found.inactivity.as_ref())
            .map_or(0, |rule| rule.keep_requests);
        let since: Option<Instant> = self.last_login.max(Some(period.counted_from));
        let used = self
            .kept
            .iter()
            .filter(|kept| Some(kept.asked_at) >= since)
            .count();
        allowed.saturating_sub(u16::try_from(used).unwrap_or(u16::MAX))
    }

    /// A keep request became known. One that came in time and late lifts the hold, or contests the end.
    pub(super) fn absorb_keep(&mut self, fact: &Fact) {
        if self.keeps_left() == 0 {
            return;
        }
        let asked_at = fact.envelope.occurred_at;
        if let Some(end) = self.periods.last().and_then(|period| period.end.as_ref()) {
            let inactivity = EndCause::Deactivated(DeactivationCause::Inactivity);
            if end.cause == inactivity && asked_at < end.cut_off_at.unwrap_or(end.at) {
                self.heed(fact, None);
                self.contest(fact.id);
            }
            return;
        }
        let unused = (0..self.holds.len()).find(|index| {
            self.holds.get(*index).is_some_and(|hold| {
                hold.ended_at.is_none()
                    && hold.cause == HoldCause::LongInactivity
                    && asked_at < hold.from
            })
        });
        if let Some(hold) = unused {
            self.heed(fact, None);
            self.end_hold(hold);
            return;
        }
        let in_time = inactivity::cut_off(self).is_none_or(|cut| asked_at < cut.cut_off_at);
        if in_time && self.notices.iter().any(TrackedNotice::warns) {
            self.heed(fact, Some(self.now()));
            self.void_warnings();
        }
    }
}
