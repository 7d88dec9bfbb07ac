//! What each fact does to the license when it becomes known.

use super::inactivity::{self, TrackedNotice};
use super::machine::{Machine, PendingHold, is_evidence, is_of_campaign};
use super::unused::Unused;
use super::{EndCause, Past, Period, PeriodCause, ladder};
use crate::domain::calendar::Instant;
use crate::domain::fact::{DeactivationCause, Fact, FactBody, HoldCause, TypeChange};
use crate::domain::ids::{FactId, OrganizationId, ProjectId};
use crate::domain::license::LicenseStatus;
use crate::domain::policy::{LoginServes, RequestClass};
use crate::domain::requirement::{Status, standing_facts};

/// A notice recorded late starts its grace no earlier than this long before its recording.
const LATE_NOTICE: chrono::TimeDelta = chrono::TimeDelta::hours(24);

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

    fn activate(&mut self, fact: &Fact) {
        if let FactBody::Activated {
            license_type,
            class,
            job_role,
            projects,
            project_types,
            basis,
            submitted_at,
            requirement_set,
            partial: _,
        } = &fact.body
        {
            self.begin(Period {
                from: self.at,
                counted_from: self.at,
                lost: Vec::new(),
                cause: PeriodCause::Activation(*basis),
                request: fact.request_id,
                submitted_at: *submitted_at,
                past: self.past(license_type, *submitted_at),
                fact: fact.id,
                license_type: license_type.clone(),
                class: *class,
                requirement_set: requirement_set.clone(),
                job_role: job_role.clone(),
                projects: projects.clone(),
                project_types: project_types.clone(),
                end: None,
            });
        }
    }

    /// What lies behind whoever asked for a license at an instant.
    fn past(&self, license_type: &str, submitted_at: Option<Instant>) -> Past {
        let Some(at) = submitted_at else {
            return Past::default();
        };
        let last = self.periods.last();
        let rule = self.rules.at(at).and_then(|rules| {
            let license_type = rules.document.license_types.get(license_type)?;
            license_type.inactivity.as_ref()
        });
        let logins = self.logins.iter().map(|(_, login)| *login);
        let last_login = logins.filter(|login| *login <= at).max();
        let of = rule.map(|rule| rule.absence_of).unwrap_or_default();
        Past {
            last_end: last
                .and_then(|period| period.end.as_ref())
                .map(|end| end.at),
            absent_since: ladder::absence(self.case, self.rules, &self.periods, last_login, of, at),
        }
    }

    /// The running period reaches more projects, with what these owe.
    fn add_projects(&mut self, projects: &[ProjectId], project_types: &[u8]) {
        if let Some(period) = self
            .periods
            .last_mut()
            .filter(|period| period.end.is_none())
        {
            for project in projects {
                if !period.projects.contains(project) {
                    period.projects.push(*project);
                }
            }
            for kind in project_types {
                if !period.project_types.contains(kind) {
                    period.project_types.push(*kind);
                }
            }
            self.touch();
        }
    }

    /// A new period as the last one stood.
    pub(super) fn resume(&mut self, fact: FactId, cause: PeriodCause) {
        if let Some(last) = self.periods.last() {
            let mut period = Period {
                from: self.at,
                cause,
                fact,
                end: None,
                ..last.clone()
            };
            match cause {
                PeriodCause::Reinstatement => period
                    .lost
                    .extend(last.end.as_ref().map(|end| (end.at, self.at))),
                // Terms count from the first day, and what is not confirmed moves nothing.
                PeriodCause::Renewal | PeriodCause::EmergencyRestoration => {}
                PeriodCause::Activation(_) | PeriodCause::Reactivation => {
                    period.counted_from = self.at;
                    period.lost.clear();
                }
            }
            self.begin(period);
        }
    }

    /// Staff bring the license back by the return ladder.
    fn reactivate(&mut self, fact: FactId) {
        if self.open_period().is_none() {
            self.resume(fact, PeriodCause::Reactivation);
            return;
        }
        for index in 0..self.holds.len() {
            if self
                .holds
                .get(index)
                .is_some_and(|hold| hold.cause == HoldCause::LongInactivity)
            {
                self.returned_at = Some(self.at);
                self.end_hold(index);
            }
        }
    }

    /// Staff let a contested end stand, or that was an error.
    fn uphold(&mut self, stands: bool) {
        if let Some(end) = self
            .periods
            .last_mut()
            .and_then(|period| period.end.as_mut())
        {
            end.upheld = if stands { end.contested_by.len() } else { 0 };
        }
    }

    /// The period goes on; what the new type asks of whoever changes to it is owed from now on.
    fn change_type(&mut self, change: &TypeChange, recorded_at: Instant) {
        if let Some(period) = self
            .periods
            .last_mut()
            .filter(|period| period.end.is_none())
        {
            period.license_type.clone_from(&change.license_type);
            period.class = RequestClass::TypeChange;
            period.requirement_set = None;
            period.submitted_at = change.submitted_at.or(Some(recorded_at));
            if change.job_role.is_some() {
                period.job_role.clone_from(&change.job_role);
            }
            if !change.projects.is_empty() {
                period.projects.clone_from(&change.projects);
                period.project_types.clone_from(&change.project_types);
            }
            self.end_add_ons_not_carried_by(&change.license_type);
            self.touch();
            self.void_warnings();
        }
    }

    /// Whether an activity of a kind counts like a login under the rules in force.
    fn restarts(&self, activity: &str) -> bool {
        let (Some(rules), Some(period)) = (self.in_force(), self.periods.last()) else {
            return false;
        };
        rules.document.restarted_by(&period.license_type, activity)
    }

    /// A login anchors the clock if this license gave access when it occurred.
    fn absorb_login(&mut self, fact: &Fact, serves: &[OrganizationId]) {
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

    fn absorb_notice(&mut self, fact: &Fact) {
        let FactBody::NoticeSent {
            rule,
            step,
            requirement,
            named_on,
            to,
            ..
        } = &fact.body
        else {
            return;
        };
        if to.is_none() {
            self.reached(*rule, requirement.as_deref());
        }
        let occurred_at = fact.envelope.occurred_at;
        let notice = TrackedNotice {
            fact: fact.id,
            rule: *rule,
            step: *step,
            requirement: requirement.clone(),
            named_on: *named_on,
            occurred_at,
            sent_at: occurred_at.max(fact.envelope.recorded_at - LATE_NOTICE),
            void: false,
        };
        for earlier in inactivity::told_anew(self, &notice) {
            if let Some(earlier) = self.notices.get_mut(earlier) {
                earlier.void = true;
            }
        }
        self.notices.push(notice);
    }

    /// A notice that did not arrive counts no longer; an end that rested on it is contested.
    fn bounce(&mut self, notice: FactId, by: FactId) {
        let mut voided = false;
        for tracked in &mut self.notices {
            voided |= tracked.fact == notice && !tracked.void;
            tracked.void |= tracked.fact == notice;
        }
        if self.ended_on.contains(&notice) {
            self.contest(by);
        }
        self.forget_notice(notice);
        if voided {
            self.reconsider_logins();
        }
    }

    pub(super) fn contest(&mut self, by: FactId) {
        if let Some(end) = self
            .contested_period()
            .and_then(|place| self.periods.get_mut(place)?.end.as_mut())
            && !end.contested_by.contains(&by)
        {
            end.contested_by.push(by);
        }
    }

    /// A change of an end that took effect already.
    fn contest_end_by(&mut self, target: FactId, by: FactId) {
        let rests_on_it = self
            .contested_period()
            .and_then(|place| self.periods.get(place)?.end.as_ref())
            .is_some_and(|end| end.fact == Some(target));
        if rests_on_it {
            self.contest(by);
        }
    }

    /// What occurred in time but was recorded after the end contests it, where with it nothing would have been missed.
    fn contest_by_evidence(&mut self, fact: &Fact, by: FactId) {
        let Some((period, end)) = self
            .contested_period()
            .and_then(|place| self.periods.get(place))
            .and_then(|period| Some((period, period.end.as_ref()?)))
        else {
            return;
        };
        let (Some(missed), Some(in_force)) = (&self.missed, self.rules.at(end.at)) else {
            return;
        };
        // What staff decide about a campaign says what was owed, whenever they do.
        let counts = |fact: &Fact| fact.envelope.occurred_at < end.at || is_of_campaign(fact);
        if matches!(fact.body, FactBody::Waived { .. }) || !counts(fact) {
            return;
        }
        let in_time: Vec<&Fact> = self
            .evidence
            .iter()
            .copied()
            .filter(|fact| counts(fact))
            .collect();
        let still_missed = self
            .owed(period, &in_time, in_force, end.at)
            .iter()
            .any(|obligation| {
                obligation.standing.key == *missed && obligation.standing.status == Status::Overdue
            });
        if !still_missed {
            self.contest(by);
        }
    }
}
