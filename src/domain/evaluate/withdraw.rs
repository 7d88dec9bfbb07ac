//! What a correction does to what it replaces, and to what that had replaced.

use super::machine::{Machine, is_evidence};
use crate::domain::fact::{Fact, FactBody};
use crate::domain::ids::FactId;
use crate::domain::requirement::standing_facts;

impl<'a> Machine<'a> {
    /// A correction replaces a fact: what rested on it alone is lifted now; an end stays until staff decide. What it had
    /// itself replaced, and what stands again, acts again from now on.
    pub(super) fn withdraw(&mut self, target: FactId, correction: FactId) {
        let Some(replaced) = self.known().iter().find(|fact| fact.id == target).copied() else {
            return;
        };
        self.reread_evidence();
        self.reread_ends();
        self.reread_bars();
        self.contest_end_by(target, correction);
        match &replaced.body {
            FactBody::HoldOpened { .. } | FactBody::DepartureNoticed { .. } => {
                self.lift(target, self.at);
                // A reinstatement opens again what was open at the end, but not this.
                let stood: Vec<usize> = std::mem::take(&mut self.closed_by_end);
                self.closed_by_end = stood
                    .into_iter()
                    .filter(|index| {
                        self.holds
                            .get(*index)
                            .is_none_or(|hold| hold.fact != Some(target))
                    })
                    .collect();
                if self.ended_hold == Some(target) {
                    self.contest(correction);
                }
            }
            FactBody::LeaveBegan { .. } | FactBody::LeaveEnded { .. } => self.reread_leaves(),
            FactBody::Cancelled { fact } | FactBody::Moved { fact, .. } => {
                self.reread_leaves();
                self.contest_end_by(*fact, correction);
            }
            FactBody::AbsenceHeld { .. } | FactBody::AbsenceHoldDecided { .. } => {
                self.reread_absence_holds();
                // What came too late for the cut-off may come in time for the moved one.
                self.reconsider_logins();
            }
            FactBody::KeepRequested => self.forget_keep(target),
            FactBody::Upheld => self.uphold(false),
            FactBody::EmergencyRestored { .. } => self.withdraw_restoration(target),
            FactBody::DepartureNoticeSettled { notice: hold, .. }
            | FactBody::HoldLifted { hold } => self.hold_again(*hold),
            FactBody::AddOnActivated { .. } => self.end_add_on(target),
            FactBody::AddOnEnded { add_on } => self.revive_add_on(*add_on),
            FactBody::LoggedIn { .. } => {
                self.logins.retain(|(login, _)| *login != target);
                self.too_late_logins.retain(|(login, _)| *login != target);
                self.last_login = self.logins.iter().map(|(_, at)| *at).max();
            }
            FactBody::NoticeSent { .. } => self.bounce(target, correction),
            _ => {}
        }
        self.revive(replaced, correction);
    }

    /// Withdrawing a correction revives what it had replaced (domain, section 14): it acts from now on like what is known
    /// late. What is read anew from the facts that stand (bars, leaves, ends, evidence) stands again already.
    fn revive(&mut self, withdrawn: &Fact, by: FactId) {
        let Some(replaced) = withdrawn.envelope.supersedes else {
            return;
        };
        let standing = standing_facts(self.known().iter().copied());
        let Some(fact) = standing.into_iter().find(|fact| fact.id == replaced) else {
            return;
        };
        if is_evidence(fact) {
            self.contest_by_evidence(fact, by);
            self.revive_by_evidence(fact);
            if matches!(fact.body, FactBody::LicenseRenewed { .. }) {
                self.absorb_renewal(fact);
            }
            return;
        }
        match &fact.body {
            FactBody::HoldOpened { .. } | FactBody::DepartureNoticed { .. } => {
                self.hold_again(fact.id);
            }
            FactBody::LoggedIn { .. }
            | FactBody::KeepRequested
            | FactBody::LeaveBegan { .. }
            | FactBody::LeaveEnded { .. }
            | FactBody::AddOnEnded { .. }
            | FactBody::Upheld => self.absorb(fact),
            // A notice that was void once never counts again; what began or ended a period is undone by another fact.
            _ => {}
        }
    }
}
