//! Practice sets owed at activation, whose acceptance may count for a limited time afterwards.

use super::{Holder, Obligation, Owed, set_of};
use crate::domain::calendar::Instant;
use crate::domain::fact::NoticeRule;
use crate::domain::policy::{Party, PracticeRequirement, RequirementSet};
use crate::domain::requirement::{RequirementKey, acceptances};

impl Holder<'_> {
    pub(super) fn practice(&self) -> Vec<Obligation> {
        self.set()
            .into_iter()
            .flat_map(|set| &set.practice)
            .filter(|requirement| {
                self.for_job_role(&requirement.job_roles)
                    && self.bound(requirement.binds, |set| names(set, requirement))
            })
            .filter_map(|requirement| self.practised(requirement))
            .collect()
    }

    fn practised(&self, requirement: &PracticeRequirement) -> Option<Obligation> {
        let code = &requirement.practice_set;
        let set = self.document.practice_sets.get(code)?;
        let workflow = self.document.workflows.get(&set.workflow)?;
        if !workflow.concerns(self.period.project_types.iter()) {
            return None;
        }
        let pass_mark = self
            .license_type
            .practice
            .as_ref()
            .and_then(|rules| rules.pass_mark);
        let length = requirement.validity.and_then(|validity| validity.length);
        let accepted = acceptances(self.facts, code, pass_mark, self.calendar).pop();
        let (evidence, due_on) = match accepted {
            Some((on, facts)) => (facts, length.map(|length| self.calendar.after(length, on))),
            // Whether the absence before the request was long enough is known only to the request.
            None if requirement.absence_at_least.is_some() => return None,
            None => (
                Vec::new(),
                Some(self.calendar.day(self.practice_bound_at(requirement))),
            ),
        };
        Some(self.obligation(Owed {
            key: RequirementKey::Practice(code.clone()),
            title: set.title.clone(),
            never_met: evidence.is_empty(),
            evidence,
            due_on,
            missing: vec![format!(
                "`{code}` is not accepted, or its acceptance no longer counts"
            )],
            who: vec![Party::EndUser],
            rule: NoticeRule::Recertification,
            on_miss: self.on_missed_recertification(),
            enforced_from: requirement.enforced_from,
        }))
    }

    /// Since when the holder is bound: the activation, or the rules that later bound holders too.
    fn practice_bound_at(&self, requirement: &PracticeRequirement) -> Instant {
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

fn names(set: &RequirementSet, requirement: &PracticeRequirement) -> bool {
    set.practice
        .iter()
        .any(|then| then.practice_set == requirement.practice_set)
}
