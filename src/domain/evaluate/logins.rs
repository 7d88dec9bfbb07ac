//! What a login does: it anchors the clock of a license that gave access, and may void what warns.

use super::EndCause;
use super::inactivity;
use super::machine::Machine;
use super::unused::Unused;
use crate::domain::calendar::Instant;
use crate::domain::fact::{DeactivationCause, Fact};
use crate::domain::ids::{FactId, OrganizationId};
use crate::domain::license::LicenseStatus;
use crate::domain::policy::LoginServes;

impl Machine<'_> {
    /// Whether an activity of a kind counts like a login under the rules in force.
    pub(super) fn restarts(&self, activity: &str) -> bool {
        let (Some(rules), Some(period)) = (self.in_force(), self.periods.last()) else {
            return false;
        };
        rules.document.restarted_by(&period.license_type, activity)
    }

    /// A login anchors the clock if this license gave access when it occurred.
    pub(super) fn absorb_login(&mut self, fact: &Fact, serves: &[OrganizationId]) {
        let at = fact.envelope.occurred_at;
        let here = serves.contains(&self.case.organization);
        let everywhere =
            || !serves.is_empty() && self.login_serves_person() && self.gave_access(at);
        if here || everywhere() {
            self.take_login(fact.id, at);
        }
    }

    /// A login belongs to the period in which it occurred. One at or after a running cut-off does not save.
    pub(super) fn take_login(&mut self, login: FactId, at: Instant) {
        let cut_off = self
            .cut_off()
            .filter(|_| inactivity::acts(self))
            .map(|cut_off| cut_off.cut_off_at);
        let unused_until = self.unused.as_ref().and_then(Unused::saved_before);
        let mut voided = false;
        if let Some(period) = self
            .periods
            .iter_mut()
            .rev()
            .find(|period| period.from <= at)
        {
            if let Some(end) = &mut period.end {
                if at >= end.cut_off_at.unwrap_or(end.at) {
                    return;
                }
                // Also where nobody's use was a suspension first.
                let saved = match end.cause {
                    EndCause::Deactivated(DeactivationCause::Inactivity) => true,
                    EndCause::Deactivated(DeactivationCause::SuspensionTooLong) => {
                        unused_until.is_some_and(|cut_off_at| at < cut_off_at)
                    }
                    _ => false,
                };
                if saved && !end.contested_by.contains(&login) {
                    end.contested_by.push(login);
                }
            } else if unused_until.is_some_and(|cut_off_at| at >= cut_off_at) {
                // It came after the cut-off that opened the hold: it neither saves nor anchors.
                return;
            } else if cut_off.is_some_and(|cut_off| at >= cut_off) {
                self.too_late_logins.push((login, at));
                return;
            } else {
                for notice in self.notices.iter_mut().filter(|notice| notice.warns()) {
                    notice.void = at > notice.occurred_at;
                    voided |= notice.void;
                }
            }
        }
        self.logins.push((login, at));
        self.last_login = self.last_login.max(Some(at));
        // It may have saved from the cut-off that others came too late for: what it voids, and a first login.
        if voided || !self.too_late_logins.is_empty() {
            self.reconsider_logins();
        }
    }

    pub(super) fn login_serves_person(&self) -> bool {
        let (Some(rules), Some(period)) = (self.in_force(), self.periods.last()) else {
            return false;
        };
        rules
            .document
            .license_types
            .get(&period.license_type)
            .and_then(|found| found.inactivity.as_ref())
            .is_some_and(|rule| rule.login_serves == LoginServes::Person)
    }

    /// Whether the license gave access at an instant that has passed.
    fn gave_access(&self, at: Instant) -> bool {
        self.history
            .iter()
            .rfind(|transition| transition.at <= at)
            .is_some_and(|transition| {
                matches!(transition.to, LicenseStatus::Active | LicenseStatus::Warned)
            })
    }
}
