//! Of whom a policy asks something: of the trainee of a request, and later of the holder of the period that it began. A
//! requirement that names job roles, project types or an absence concerns both in the same way.

use std::collections::BTreeSet;

use super::{Hold, Past, Period};
use crate::domain::calendar::{Instant, Length};
use crate::domain::fact::HoldCause;
use crate::domain::policy::{
    AgreementRequirement, CourseRequirement, EvidenceFrom, PracticeRequirement,
};
use crate::domain::requirement::Calendar;

pub(super) trait Asked {
    fn job_role(&self) -> Option<&str>;

    /// Whether a project has one of these HUD project types.
    fn reaches(&self, project_types: &BTreeSet<u8>) -> bool;

    fn submitted_at(&self) -> Instant;

    /// What lay behind the person at the submission.
    fn past(&self) -> Past;

    /// Whether the return ladder asks for everything anew, as of somebody new.
    fn anew(&self) -> bool;

    fn calendar(&self) -> Calendar<'_>;

    fn asks_agreement(&self, requirement: &AgreementRequirement) -> bool {
        self.for_job_role(&requirement.job_roles)
    }

    fn asks_course(&self, requirement: &CourseRequirement) -> bool {
        self.for_job_role(&requirement.job_roles)
            && self.for_project_types(&requirement.project_types)
            && self.absent(requirement.absence_at_least)
    }

    fn asks_practice(&self, requirement: &PracticeRequirement) -> bool {
        self.for_job_role(&requirement.job_roles) && self.absent(requirement.absence_at_least)
    }

    /// Whether something concerns the job role. Naming none, it concerns all.
    fn for_job_role(&self, job_roles: &BTreeSet<String>) -> bool {
        job_roles.is_empty() || self.job_role().is_some_and(|role| job_roles.contains(role))
    }

    fn for_project_types(&self, project_types: &BTreeSet<u8>) -> bool {
        project_types.is_empty() || self.reaches(project_types)
    }

    /// Whether the absence until the request had at least a length.
    fn absent(&self, at_least: Option<Length>) -> bool {
        at_least.is_none_or(|length| {
            let calendar = self.calendar();
            self.past().absent_since.is_some_and(|since| {
                calendar.after(length, calendar.day(since)) <= calendar.day(self.submitted_at())
            })
        })
    }

    /// The instant since which evidence counts that a requirement wants from somewhere. Nothing: it counts at any time.
    fn counts_since(&self, from: EvidenceFrom) -> Option<Instant> {
        let since = match from {
            EvidenceFrom::AnyTime => None,
            EvidenceFrom::Submission => Some(self.submitted_at()),
            EvidenceFrom::LastEnd => self.past().last_end,
            EvidenceFrom::AbsenceStart => self.past().absent_since,
        };
        if self.anew() {
            since.max(self.past().last_end)
        } else {
            since
        }
    }
}

/// When access last ended at an organization by an instant: with the license, or with the hold that its absence brought.
pub(super) fn last_end(period: Option<&Period>, holds: &[Hold], at: Instant) -> Option<Instant> {
    match &period?.end {
        Some(end) => Some(end.at),
        None => holds
            .iter()
            .filter(|hold| hold.cause == HoldCause::LongInactivity)
            .filter(|hold| hold.from <= at && hold.ended_at.is_none_or(|ended| at < ended))
            .map(|hold| hold.from)
            .min(),
    }
}
