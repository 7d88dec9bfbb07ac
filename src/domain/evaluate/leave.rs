//! Leave: a dated fact that holds the license by itself, and what the return makes of it.

use super::inactivity;
use super::machine::{Derived, Machine};
use super::unused::Ground;
use super::{Change, EndCause, Hold};
use crate::domain::calendar::Instant;
use crate::domain::fact::{DeactivationCause, Fact, FactBody, HoldCause};
use crate::domain::ids::FactId;
use crate::domain::requirement::standing_facts;

/// A leave that stands.
pub(super) struct Leave {
    pub fact: FactId,
    /// When it began, whenever that was recorded: what fell due since is owed later.
    pub began: Instant,
    /// From when it holds the license: never before it was recorded.
    pub from: Instant,
    /// Until when it holds the license: the day that was named, or the earlier return that was reported. Absent: open.
    pub until: Option<Instant>,
    /// The return itself, whenever that was recorded.
    pub returned: Option<Instant>,
}

impl Machine<'_> {
    pub(super) fn reread_leaves(&mut self) {
        let standing = standing_facts(self.known().iter().copied());
        let mut leaves: Vec<Leave> = standing
            .iter()
            .filter(|fact| fact.organization_id == Some(self.case.organization))
            .filter_map(|fact| {
                let FactBody::LeaveBegan { until } = &fact.body else {
                    return None;
                };
                let returned = standing.iter().filter_map(|other| match &other.body {
                    FactBody::LeaveEnded { leave } if *leave == fact.id => Some(other.acts_at()),
                    // Once it began, only its return ends it.
                    FactBody::Cancelled { fact: target }
                        if *target == fact.id && other.envelope.recorded_at < fact.acts_at() =>
                    {
                        Some(fact.acts_at())
                    }
                    _ => None,
                });
                let came_back = standing.iter().filter_map(|other| match &other.body {
                    FactBody::LeaveEnded { leave } if *leave == fact.id => {
                        Some(other.envelope.occurred_at)
                    }
                    _ => None,
                });
                Some(Leave {
                    fact: fact.id,
                    began: fact.envelope.occurred_at,
                    from: fact.acts_at(),
                    until: returned.chain(*until).min(),
                    returned: came_back.chain(*until).min(),
                })
            })
            .collect();
        leaves.retain(|leave| leave.until.is_none_or(|until| until > leave.began));
        leaves.sort_by_key(|leave| (leave.began, leave.fact));
        self.leaves = leaves;
        self.touch();
        for index in 0..self.holds.len() {
            let Some(fact) = self
                .holds
                .get(index)
                .filter(|hold| hold.ended_at.is_none())
                .and_then(|hold| hold.fact)
                .filter(|fact| self.is_leave(Some(*fact)))
            else {
                continue;
            };
            match self.leaves.iter().find(|leave| leave.fact == fact) {
                Some(leave) => {
                    let until = leave.until;
                    if let Some(hold) = self.holds.get_mut(index) {
                        hold.until = until;
                    }
                }
                // Its ground was removed.
                None => self.end_hold(index),
            }
        }
    }

    /// Whether a fact that opened a hold says that a leave began.
    pub(super) fn is_leave(&self, fact: Option<FactId>) -> bool {
        fact.is_some_and(|id| {
            self.known()
                .iter()
                .any(|known| known.id == id && matches!(known.body, FactBody::LeaveBegan { .. }))
        })
    }

    /// The leaves that are to hold the license from some instant on: also one that runs when a period begins.
    pub(super) fn leave_changes(&self, at: Instant) -> Vec<(Instant, Derived)> {
        self.leaves
            .iter()
            .filter(|leave| {
                leave.until.is_none_or(|until| until > leave.from.max(at))
                    && !self
                        .holds
                        .iter()
                        .any(|hold| hold.ended_at.is_none() && hold.fact == Some(leave.fact))
            })
            .map(|leave| (leave.from, Derived::LeaveBegins(leave.fact)))
            .collect()
    }

    pub(super) fn upcoming_leave(&self) -> Vec<(Instant, Change)> {
        self.leave_changes(self.now())
            .into_iter()
            .map(|(from, _)| (from, Change::Suspends(HoldCause::Leave)))
            .collect()
    }

    pub(super) fn begin_leave(&mut self, fact: FactId) {
        let until = self
            .leaves
            .iter()
            .find(|leave| leave.fact == fact)
            .and_then(|leave| leave.until);
        self.open_hold(Hold {
            cause: HoldCause::Leave,
            from: self.now(),
            until,
            ended_at: None,
            fact: Some(fact),
            requirement: None,
        });
    }

    /// A hold has come to its end. Whoever returns from leave after too long an absence gets another at that instant.
    pub(super) fn end_leave(&mut self, index: usize) {
        let at = self.now();
        if self.back_too_late(index, at) {
            self.hold_unused(Ground::Leave { hold: index, at });
        }
        self.end_hold(index);
    }

    /// Whether the return from the leave of a hold comes after too long an absence, and nothing holds the license for
    /// it yet.
    pub(super) fn back_too_late(&self, index: usize, at: Instant) -> bool {
        let held_already = self
            .holds
            .iter()
            .any(|other| other.ended_at.is_none() && other.cause == HoldCause::LongInactivity);
        !held_already && self.absent_at_return(index, at)
    }

    /// Whether the absence at the return from the leave of a hold was longer than the inactivity limit. It runs from the
    /// last accepted login before the leave; without any, from activation.
    pub(super) fn absent_at_return(&self, index: usize, at: Instant) -> bool {
        let Some(hold) = self
            .holds
            .get(index)
            .filter(|hold| self.is_leave(hold.fact))
        else {
            return false;
        };
        let leave = self
            .leaves
            .iter()
            .find(|leave| Some(leave.fact) == hold.fact);
        let began = leave.map_or(hold.from, |leave| leave.began);
        // The absence is measured to the return, not to its recording.
        let at = leave
            .and_then(|leave| leave.returned)
            .map_or(at, |returned| returned.min(at));
        let last_login = self
            .logins
            .iter()
            .map(|(_, login)| *login)
            .filter(|login| *login < began)
            .max();
        let since = last_login.or_else(|| self.open_period().map(|period| period.counted_from));
        since.is_some_and(|since| inactivity::absent_too_long(self, since, at))
    }

    /// A leave that was known late contests an end by absence that it would have kept away.
    pub(super) fn contest_by_leave(&mut self, fact: &Fact) {
        use DeactivationCause::{AgreementLapsed, Inactivity, RecertificationOverdue};
        let ended = self
            .contested_period()
            .and_then(|place| self.periods.get(place)?.end.as_ref())
            .filter(|end| {
                matches!(
                    end.cause,
                    EndCause::Deactivated(Inactivity | RecertificationOverdue | AgreementLapsed)
                )
            })
            .map(|end| end.cut_off_at.unwrap_or(end.at));
        let away = |at: Instant| {
            self.leaves.iter().any(|leave| {
                leave.fact == fact.id
                    && leave.began < at
                    && leave.until.is_none_or(|until| until > at)
            })
        };
        if ended.is_some_and(away) {
            self.contest(fact.id);
        }
    }
}
