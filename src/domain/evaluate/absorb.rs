//! What each fact does to the license when it becomes known.

use super::PeriodCause;
use super::machine::{Machine, PendingHold, is_evidence};
use crate::domain::fact::{Fact, FactBody, HoldCause};

impl<'a> Machine<'a> {
    fn ours(&self, fact: &Fact) -> bool {
        fact.organization_id == Some(self.case.organization)
    }

    pub(super) fn absorb(&mut self, fact: &'a Fact) {
        if is_evidence(fact) {
            // A correction is known since what it replaced was taken away.
            if self.evidence.last().is_none_or(|last| last.id != fact.id) {
                self.evidence.push(fact);
            }
            self.touch();
            self.contest_by_evidence(fact, fact.id);
            self.revive_by_evidence(fact);
            if matches!(fact.body, FactBody::LicenseRenewed { .. }) {
                self.absorb_renewal(fact);
            }
            return;
        }
        match &fact.body {
            FactBody::Activated { .. } if self.ours(fact) => self.activate(fact),
            FactBody::ProjectsAdded {
                projects,
                project_types,
                ..
            } if self.ours(fact) => self.add_projects(projects, project_types),
            FactBody::Reactivated if self.ours(fact) => self.reactivate(fact.id),
            FactBody::Reinstated { .. } if self.ours(fact) => {
                self.reread_ends();
                self.resume(fact.id, PeriodCause::Reinstatement);
            }
            FactBody::EmergencyRestored { until, undoes } if self.ours(fact) => {
                self.restore(fact, *until, undoes);
            }
            FactBody::EmergencyRestorationConfirmed { restoration, .. } if self.ours(fact) => {
                self.confirm_restoration(*restoration, fact.id);
            }
            FactBody::Upheld if self.ours(fact) => self.uphold(true),
            FactBody::TypeChanged(change) if self.ours(fact) => {
                self.change_type(change, fact.envelope.recorded_at);
            }
            FactBody::AddOnActivated { .. }
            | FactBody::AddOnConfirmed { .. }
            | FactBody::AddOnEnded { .. }
                if self.ours(fact) =>
            {
                self.absorb_add_on(fact);
            }
            FactBody::Departed | FactBody::Deactivated { .. } => self.reread_ends(),
            FactBody::Cancelled { fact: target } | FactBody::Moved { fact: target, .. } => {
                self.reread_ends();
                self.contest_end_by(*target, fact.id);
                self.reread_leaves();
            }
            FactBody::LeaveBegan { .. } | FactBody::LeaveEnded { .. } if self.ours(fact) => {
                self.reread_leaves();
                self.contest_by_leave(fact);
            }
            FactBody::DepartureNoticed { until } if self.ours(fact) => {
                self.pending_holds.push(PendingHold {
                    at: fact.envelope.recorded_at,
                    fact: fact.id,
                    cause: HoldCause::DepartureUnverified,
                    until: Some(*until),
                });
            }
            FactBody::DepartureNoticeSettled { notice, .. } if self.ours(fact) => {
                self.lift(*notice, fact.acts_at());
            }
            FactBody::Barred { .. } | FactBody::BarLifted { .. } => self.reread_bars(),
            FactBody::HoldOpened { cause, until } if self.ours(fact) => {
                self.pending_holds.push(PendingHold {
                    at: fact.acts_at(),
                    fact: fact.id,
                    cause: *cause,
                    until: *until,
                });
            }
            FactBody::HoldLifted { hold } if self.ours(fact) => self.lift(*hold, fact.acts_at()),
            FactBody::LoggedIn {
                serves, activity, ..
            } if activity.as_ref().is_none_or(|kind| self.restarts(kind)) => {
                self.absorb_login(fact, serves);
            }
            FactBody::KeepRequested if self.ours(fact) => self.absorb_keep(fact),
            FactBody::NoticeSent { .. } if self.ours(fact) => self.absorb_notice(fact),
            FactBody::NoticeBounced { notice } => {
                self.bounce(*notice, fact.id);
                self.fail_bounced(*notice);
            }
            FactBody::NoticeFailed { .. } if self.ours(fact) => self.fail(fact),
            FactBody::NoticeReached { notice } if self.ours(fact) => self.told_after_all(*notice),
            FactBody::WorkEmailConfirmed if self.ours(fact) => self.address_corrected(),
            FactBody::AbsenceHeld { .. } | FactBody::AbsenceHoldDecided { .. } => {
                self.reread_absence_holds();
                // What came too late for the cut-off may come in time for the moved one.
                self.reconsider_logins();
            }
            _ => {}
        }
    }
}
