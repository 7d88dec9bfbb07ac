//! How a period begins, goes on anew, and changes while it runs.

use super::asked::last_end;
use super::ladder;
use super::machine::Machine;
use super::{Past, Period, PeriodCause};
use crate::domain::calendar::Instant;
use crate::domain::fact::{Fact, FactBody, HoldCause, TypeChange};
use crate::domain::ids::{FactId, ProjectId};
use crate::domain::policy::RequestClass;

impl Machine<'_> {
    pub(super) fn activate(&mut self, fact: &Fact) {
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
                projects_at: self.at,
                end: None,
            });
        }
    }

    /// What lies behind whoever asked for a license at an instant.
    fn past(&self, license_type: &str, submitted_at: Option<Instant>) -> Past {
        let Some(at) = submitted_at else {
            return Past::default();
        };
        let rule = self.rules.at(at).and_then(|rules| {
            let license_type = rules.document.license_types.get(license_type)?;
            license_type.inactivity.as_ref()
        });
        let logins = self.logins.iter().map(|(_, login)| *login);
        let last_login = logins.filter(|login| *login <= at).max();
        let of = rule.map(|rule| rule.absence_of).unwrap_or_default();
        Past {
            last_end: last_end(self.periods.last(), &self.holds, at),
            absent_since: ladder::absence(self.case, self.rules, &self.periods, last_login, of, at),
        }
    }

    /// The running period reaches more projects, with what these owe.
    pub(super) fn add_projects(&mut self, projects: &[ProjectId], project_types: &[u8]) {
        let at = self.at;
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
            period.projects_at = at;
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
    pub(super) fn reactivate(&mut self, fact: FactId) {
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
    pub(super) fn uphold(&mut self, stands: bool) {
        if let Some(end) = self
            .periods
            .last_mut()
            .and_then(|period| period.end.as_mut())
        {
            end.upheld = if stands { end.contested_by.len() } else { 0 };
        }
    }

    /// The period goes on; what the new type asks of whoever changes to it is owed from now on.
    pub(super) fn change_type(&mut self, change: &TypeChange, recorded_at: Instant) {
        let submitted_at = change.submitted_at.or(Some(recorded_at));
        let past = self.past(&change.license_type, submitted_at);
        if let Some(period) = self
            .periods
            .last_mut()
            .filter(|period| period.end.is_none())
        {
            period.license_type.clone_from(&change.license_type);
            period.class = RequestClass::TypeChange;
            period.requirement_set = None;
            period.submitted_at = submitted_at;
            period.past = past;
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
}
