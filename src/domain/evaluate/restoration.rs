//! Emergency restorations: access comes back for some hours at most, until another of staff confirms that the end or the
//! suspension was a mistake, or ends again by itself.
//!
//! A license that ended gets a period of its own, and unconfirmed the end comes back at the last instant as it was, with
//! whatever contested it meanwhile. Of a license that was suspended the holds stay open, and for those hours suspend
//! nothing. Meanwhile no absence ends anything, because nothing is decided: what fell due acts afterwards. What another
//! fact ends or suspends (a departure, a bar, a new hold), it ends or suspends at once.

use super::machine::Machine;
use super::{Change, Period, PeriodCause, TransitionCause, Upcoming};
use crate::domain::calendar::Instant;
use crate::domain::evaluate::EndCause;
use crate::domain::fact::{Fact, HoldCause};
use crate::domain::ids::FactId;
use crate::domain::license::LicenseStatus;

/// What a restoration took back for the time being.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Restored {
    Ended(EndCause),
    /// The places of the holds among those of the evaluation.
    Suspended(Vec<usize>),
}

/// Where a restoration stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RestorationStanding {
    /// It gives access and waits for another of staff.
    Open,
    Confirmed,
    /// Nobody confirmed it in time: what it had taken back came back.
    RanOut,
    /// Something else ended the license before.
    Overtaken,
}

impl RestorationStanding {
    pub const ALL: [Self; 4] = [Self::Open, Self::Confirmed, Self::RanOut, Self::Overtaken];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Confirmed => "confirmed",
            Self::RanOut => "ran_out",
            Self::Overtaken => "overtaken",
        }
    }
}

/// An emergency restoration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restoration {
    pub fact: FactId,
    pub from: Instant,
    /// When it ends by itself, unconfirmed.
    pub until: Instant,
    pub restored: Restored,
    pub confirmed_by: Option<FactId>,
    /// When it ended unconfirmed.
    pub ended_at: Option<Instant>,
}

impl Restoration {
    #[must_use]
    pub fn standing(&self) -> RestorationStanding {
        match (self.confirmed_by, self.ended_at) {
            (Some(_), _) => RestorationStanding::Confirmed,
            (None, None) => RestorationStanding::Open,
            (None, Some(at)) if at < self.until => RestorationStanding::Overtaken,
            (None, Some(_)) => RestorationStanding::RanOut,
        }
    }
}

/// The restoration that runs.
pub(super) struct Running {
    /// Its place among all restorations.
    index: usize,
    pub until: Instant,
    /// The departures and deactivations that it takes for a mistake: they end nothing meanwhile.
    pub undoes: Vec<FactId>,
    /// The place of the period whose end it took back.
    period: Option<usize>,
    /// The open holds that suspend nothing meanwhile.
    covers: Vec<usize>,
}

/// An end for these causes is never taken back in an emergency.
pub(in crate::domain) fn is_barred_from_restoration(cause: EndCause) -> bool {
    use crate::domain::fact::DeactivationCause::{Barred, Duplicate, Violation};
    matches!(cause, EndCause::Deactivated(Violation | Barred | Duplicate))
}

/// A hold for these causes is never taken back in an emergency.
pub(in crate::domain) fn is_hold_barred_from_restoration(cause: HoldCause) -> bool {
    matches!(cause, HoldCause::Violation | HoldCause::Investigation)
}

impl Machine<'_> {
    /// Until when a restoration that runs gives access: no absence ends anything before.
    pub(super) fn restored_until(&self) -> Option<Instant> {
        self.restoration.as_ref().map(|running| running.until)
    }

    /// What an absence brings about acts once a running restoration is over.
    pub(super) fn not_while_restored(&self, at: Instant) -> Instant {
        self.restored_until().map_or(at, |until| at.max(until))
    }

    /// Whether an open hold suspends nothing for the time being.
    pub(super) fn covers(&self, hold: usize) -> bool {
        self.restoration
            .as_ref()
            .is_some_and(|running| running.covers.contains(&hold))
    }

    /// Whether a restoration that runs takes an announced end for a mistake.
    pub(super) fn takes_for_mistake(&self, end: FactId) -> bool {
        self.restoration
            .as_ref()
            .is_some_and(|running| running.undoes.contains(&end))
    }

    /// The place of the period whose end late facts and corrections contest: the last one's, or the one that a running
    /// restoration took back.
    pub(super) fn contested_period(&self) -> Option<usize> {
        match &self.restoration {
            Some(running) => running.period,
            None => self.periods.len().checked_sub(1),
        }
    }

    pub(super) fn restore(&mut self, fact: &Fact, until: Instant, undoes: &[FactId]) {
        if until <= self.now() || self.restoration.is_some() {
            return;
        }
        let open = || {
            let holds = self.holds.iter().enumerate();
            holds.filter(|(_, hold)| hold.ended_at.is_none())
        };
        let (restored, period, covers) = match self.status() {
            Some(LicenseStatus::Suspended) => {
                if open().any(|(_, hold)| is_hold_barred_from_restoration(hold.cause)) {
                    return;
                }
                let covers: Vec<usize> = open().map(|(index, _)| index).collect();
                (Restored::Suspended(covers.clone()), None, covers)
            }
            Some(LicenseStatus::Deactivated | LicenseStatus::Expired) => {
                let Some(place) = self.periods.len().checked_sub(1) else {
                    return;
                };
                let end = self.periods.last().and_then(|last| last.end.as_ref());
                let Some(end) = end.filter(|end| !is_barred_from_restoration(end.cause)) else {
                    return;
                };
                (Restored::Ended(end.cause), Some(place), Vec::new())
            }
            Some(LicenseStatus::Active | LicenseStatus::Warned) | None => return,
        };
        self.restoration = Some(Running {
            index: self.restorations.len(),
            until,
            undoes: undoes.to_vec(),
            period,
            covers,
        });
        self.restorations.push(Restoration {
            fact: fact.id,
            from: self.now(),
            until,
            restored,
            confirmed_by: None,
            ended_at: None,
        });
        if period.is_some() {
            self.resume(fact.id, PeriodCause::EmergencyRestoration);
        } else {
            self.note(TransitionCause::Restored(fact.id));
        }
    }

    /// Another of staff stands by it: it acts as a reinstatement, or as the lift of the holds.
    pub(super) fn confirm_restoration(&mut self, restoration: FactId, fact: FactId) {
        self.reread_ends();
        let at = self.now();
        let runs = |running: &Running| {
            let found = self.restorations.get(running.index);
            found.is_some_and(|found| found.fact == restoration)
        };
        if !self.restoration.as_ref().is_some_and(runs) {
            return;
        }
        let Some(running) = self.restoration.take() else {
            return;
        };
        if let Some(found) = self.restorations.get_mut(running.index) {
            found.confirmed_by = Some(fact);
        }
        match running.period {
            Some(place) => {
                let ended_at = self
                    .periods
                    .get(place)
                    .and_then(|period| period.end.as_ref())
                    .map(|end| end.at);
                if let Some(period) = self.periods.last_mut() {
                    period.lost.extend(ended_at.map(|ended_at| (ended_at, at)));
                }
                self.forget_end();
                self.clock_from = self.clock_from.max(Some(at));
                for add_on in std::mem::take(&mut self.add_ons_closed_by_end) {
                    self.revive_add_on(add_on);
                }
            }
            None => {
                for hold in running.covers {
                    self.end_hold(hold);
                }
            }
        }
        self.touch();
    }

    /// What it had taken back comes back: at its last instant, or because it was recorded by mistake.
    pub(super) fn end_restoration(&mut self) {
        let Some(running) = self.restoration.take() else {
            return;
        };
        let at = self.now();
        let fact = self.restorations.get_mut(running.index).map(|found| {
            found.ended_at = Some(at);
            found.fact
        });
        let Some(ended) = running
            .period
            .and_then(|place| self.periods.get(place)?.end.clone())
        else {
            if self.suspended() {
                self.void_warnings();
                self.unconfirm_add_ons();
                if let Some(fact) = fact {
                    self.note(TransitionCause::RestorationEnded(fact));
                }
            }
            return;
        };
        let rested_on = std::mem::take(&mut self.ended_on);
        let (missed, hold) = (self.missed.take(), self.ended_hold.take());
        let mut add_ons = std::mem::take(&mut self.add_ons_closed_by_end);
        self.end(ended.cause, ended.cut_off_at, ended.fact);
        if let Some(end) = self.periods.last_mut().and_then(|last| last.end.as_mut()) {
            end.contested_by = ended.contested_by;
            end.upheld = ended.upheld;
        }
        (self.ended_on, self.missed, self.ended_hold) = (rested_on, missed, hold);
        add_ons.append(&mut self.add_ons_closed_by_end);
        self.add_ons_closed_by_end = add_ons;
    }

    /// The restoration was recorded by mistake.
    pub(super) fn withdraw_restoration(&mut self, fact: FactId) {
        let runs = self.restoration.as_ref().is_some_and(|running| {
            let found = self.restorations.get(running.index);
            found.is_some_and(|found| found.fact == fact)
        });
        if runs {
            self.end_restoration();
        }
    }

    /// A restoration whose holds were all cured or lifted meanwhile has nothing left to take back.
    pub(super) fn end_covering(&mut self) {
        let over = self.restoration.as_ref().is_some_and(|running| {
            let open = |hold: &usize| {
                let found = self.holds.get(*hold);
                found.is_some_and(|hold| hold.ended_at.is_none())
            };
            running.period.is_none() && !running.covers.iter().any(open)
        });
        if over {
            self.overtake_restoration();
        }
    }

    /// Something else ended the license before anybody confirmed.
    pub(super) fn overtake_restoration(&mut self) {
        let at = self.now();
        if let Some(running) = self.restoration.take()
            && let Some(found) = self.restorations.get_mut(running.index)
        {
            found.ended_at = Some(at);
        }
    }

    /// What a running restoration comes to by itself.
    pub(super) fn upcoming_of_restoration(&self) -> Option<Upcoming> {
        let running = self.restoration.as_ref()?;
        let end = running
            .period
            .and_then(|place| self.periods.get(place)?.end.as_ref());
        let change = match end {
            Some(end) => Change::Ends(end.cause),
            None => {
                let held = |index: &usize| self.holds.get(*index);
                let still = running.covers.iter().filter_map(held).find(|hold| {
                    hold.ended_at.is_none() && hold.until.is_none_or(|until| until > running.until)
                })?;
                Change::Suspends(still.cause)
            }
        };
        Some(Upcoming {
            at: running.until,
            change,
        })
    }
}

impl Period {
    /// Whether it only lasts until somebody confirms it, or was never confirmed.
    #[must_use]
    pub fn is_emergency(&self) -> bool {
        self.cause == PeriodCause::EmergencyRestoration
    }
}
