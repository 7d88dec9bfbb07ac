//! Practice sets owed at activation, whose acceptance may count for a limited time afterwards.

use super::super::asked::Asked;
use super::{Holder, Obligation, Owed};
use crate::domain::fact::NoticeRule;
use crate::domain::policy::{Party, PracticeRequirement, RequirementSet};
use crate::domain::requirement::{RequirementKey, acceptances};

impl Holder<'_> {
    pub(super) fn practice(&self) -> Vec<Obligation> {
        self.set()
            .into_iter()
            .flat_map(|set| &set.practice)
            .filter_map(|requirement| self.practised(requirement))
            .collect()
    }

    fn practised(&self, requirement: &PracticeRequirement) -> Option<Obligation> {
        let code = &requirement.practice_set;
        let key = RequirementKey::Practice(code.clone());
        let named = |set: &RequirementSet| {
            let mut sets = set.practice.iter();
            sets.any(|then| then.practice_set == *code && self.asks_practice(then))
        };
        if !self.asks_practice(requirement) || !self.bound(&key, requirement.binds, named) {
            return None;
        }
        let set = self.document.practice_sets.get(code)?;
        let workflow = self.document.workflows.get(&set.workflow)?;
        // Staff may ask for it although none of the projects uses its workflow.
        if !workflow.concerns(self.period.project_types.iter()) && !self.extras.contains(&key) {
            return None;
        }
        let pass_mark = self
            .license_type
            .practice
            .as_ref()
            .and_then(|rules| rules.pass_mark);
        let length = requirement.validity.and_then(|validity| validity.length);
        let began = self.set_at(self.period.counted_from);
        let from = began
            .and_then(|set| set.practice.iter().find(|then| then.practice_set == *code))
            .unwrap_or(requirement)
            .evidence_from;
        let facts = self.counting_from(from);
        let accepted = acceptances(&facts, code, pass_mark, self.calendar).pop();
        let (evidence, due_on) = match accepted {
            Some((on, facts)) => (facts, length.map(|length| self.calendar.after(length, on))),
            None => (Vec::new(), Some(self.calendar.day(self.asked_since(named)))),
        };
        Some(self.obligation(Owed {
            key,
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
}
