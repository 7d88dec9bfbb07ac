//! Courses owed at activation, whose pass may count for a limited time afterwards.

use super::{Holder, Obligation, Owed, set_of};
use crate::domain::calendar::Instant;
use crate::domain::fact::NoticeRule;
use crate::domain::policy::{CourseRequirement, Party, RequirementSet};
use crate::domain::requirement::{RequirementKey, passes};

impl Holder<'_> {
    pub(super) fn courses(&self) -> Vec<Obligation> {
        self.set()
            .into_iter()
            .flat_map(|set| &set.courses)
            .filter(|requirement| {
                self.for_job_role(&requirement.job_roles)
                    && (requirement.project_types.is_empty()
                        || requirement
                            .project_types
                            .iter()
                            .any(|kind| self.period.project_types.contains(kind)))
                    && self.bound(requirement.binds, |set| names(set, requirement))
            })
            .filter_map(|requirement| self.course(requirement))
            .collect()
    }

    fn course(&self, requirement: &CourseRequirement) -> Option<Obligation> {
        let code = &requirement.course;
        let course = self.document.courses.get(code)?;
        let length = requirement
            .validity
            .or(course.validity)
            .and_then(|validity| validity.length);
        let pass_mark = requirement.pass_mark.or(course.pass_mark);
        let passed = passes(
            self.facts,
            code,
            course,
            &requirement.equivalents,
            pass_mark,
            self.calendar,
        )
        .pop();
        let (evidence, due_on) = match passed {
            Some((on, fact)) => (
                vec![fact],
                length.map(|length| self.calendar.after(length, on)),
            ),
            // Whether the absence before the request was long enough is known only to the request.
            None if requirement.absence_at_least.is_some() => return None,
            None => (
                Vec::new(),
                Some(self.calendar.day(self.bound_at(requirement))),
            ),
        };
        Some(self.obligation(Owed {
            key: RequirementKey::Course(code.clone()),
            title: course.title.clone(),
            never_met: evidence.is_empty(),
            evidence,
            due_on,
            missing: vec![format!(
                "`{code}` is not passed, or its pass no longer counts"
            )],
            who: vec![Party::EndUser],
            rule: NoticeRule::Recertification,
            on_miss: self.on_missed_recertification(),
            enforced_from: requirement.enforced_from,
        }))
    }

    /// Since when the holder is bound: the activation, or the rules that later bound holders too.
    fn bound_at(&self, requirement: &CourseRequirement) -> Instant {
        self.rules
            .since(self.at, |document| {
                document
                    .license_types
                    .get(&self.period.license_type)
                    .and_then(|found| set_of(found, self.period))
                    .is_some_and(|set| names(set, requirement))
            })
            .max(Some(self.period.counted_from))
            .unwrap_or(self.period.counted_from)
    }
}

fn names(set: &RequirementSet, requirement: &CourseRequirement) -> bool {
    set.courses
        .iter()
        .any(|then| then.course == requirement.course)
}
