//! Courses owed at activation, whose pass may count for a limited time afterwards.

use super::super::asked::Asked;
use super::{Holder, Obligation, Owed};
use crate::domain::fact::NoticeRule;
use crate::domain::policy::{CourseRequirement, Party, RequirementSet};
use crate::domain::requirement::RequirementKey;

impl Holder<'_> {
    pub(super) fn courses(&self) -> Vec<Obligation> {
        self.set()
            .into_iter()
            .flat_map(|set| &set.courses)
            .filter_map(|requirement| self.course(requirement))
            .collect()
    }

    fn course(&self, requirement: &CourseRequirement) -> Option<Obligation> {
        let code = &requirement.course;
        let key = RequirementKey::Course(code.clone());
        let named = |set: &RequirementSet| {
            let mut courses = set.courses.iter();
            courses.any(|then| then.course == *code && self.asks_course(then))
        };
        if !self.asks_course(requirement) || !self.bound(&key, requirement.binds, named) {
            return None;
        }
        let course = self.document.courses.get(code)?;
        let length = requirement
            .validity
            .or(course.validity)
            .and_then(|validity| validity.length);
        let began = self.set_at(self.period.counted_from);
        let from = began
            .and_then(|set| set.courses.iter().find(|then| then.course == *code))
            .unwrap_or(requirement)
            .evidence_from;
        let facts = self.counting_from(from);
        let (evidence, due_on) = match self.course_passes(&facts, code, Some(requirement)).pop() {
            Some((on, fact)) => (
                vec![fact],
                length.map(|length| self.calendar.after(length, on)),
            ),
            None => (Vec::new(), Some(self.calendar.day(self.asked_since(named)))),
        };
        Some(self.obligation(Owed {
            key,
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
}
