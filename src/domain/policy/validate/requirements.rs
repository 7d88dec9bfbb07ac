//! Requirement sets.

use std::collections::BTreeSet;

use super::{Check, Pointer};
use crate::domain::policy::document::{AgreementScope, LicenseType, OnLapse, RequirementSet};

impl Check<'_> {
    pub(super) fn requirement_set(
        &mut self,
        at: &Pointer,
        set: &RequirementSet,
        license_type: &LicenseType,
    ) {
        self.required_agreements(&at.key("agreements"), set);
        self.required_courses(&at.key("courses"), set);
        self.required_practice(&at.key("practice"), set, license_type);

        let order = at.key("order");
        let steps = set.steps();
        let mut ordered = BTreeSet::new();
        for (index, step) in set.order.iter().enumerate() {
            let at = order.index(index);
            self.need(
                steps.contains(step.as_str()),
                &at,
                "names a step that no requirement of this set belongs to",
            );
            self.need(
                ordered.insert(step.as_str()),
                &at,
                "names the same step twice",
            );
        }
        self.need(
            set.order.is_empty() || steps.is_subset(&ordered),
            &order,
            "must name every step of this set, or none",
        );
    }

    fn step(&mut self, at: &Pointer, step: Option<&str>, on_lapse: OnLapse) {
        if let Some(step) = step {
            self.code(&at.key("step"), step);
        }
        self.need(
            step.is_some() || on_lapse != OnLapse::ReopenStep,
            &at.key("on_lapse"),
            "reopens a step, but the requirement belongs to none",
        );
    }

    fn required_agreements(&mut self, at: &Pointer, set: &RequirementSet) {
        self.entries(at, set.agreements.len());
        for (index, required) in set.agreements.iter().enumerate() {
            let at = at.index(index);
            self.agreement(
                &at.key("agreement"),
                &required.agreement,
                AgreementScope::Person,
            );
            self.job_roles(&at.key("job_roles"), &required.job_roles);
            self.step(&at, required.step.as_deref(), required.on_lapse);
            let mut before = set.agreements.iter().take(index);
            if before.any(|other| {
                other.agreement == required.agreement && meet(&other.job_roles, &required.job_roles)
            }) {
                self.fault(&at, "is owed twice by the same people");
            }
        }
    }

    fn required_courses(&mut self, at: &Pointer, set: &RequirementSet) {
        self.entries(at, set.courses.len());
        for (index, required) in set.courses.iter().enumerate() {
            let at = at.index(index);
            self.course(&at.key("course"), &required.course);
            self.job_roles(&at.key("job_roles"), &required.job_roles);
            self.project_types(&at.key("project_types"), &required.project_types);
            if let Some(absence) = required.absence_at_least {
                self.length(&at.key("absence_at_least"), absence);
            }
            self.per_cent(&at.key("pass_mark"), required.pass_mark);
            self.attempts(&at.key("max_attempts"), required.max_attempts);
            self.validity(&at.key("validity"), required.validity);
            self.equivalents(
                &at.key("equivalents"),
                &required.course,
                &required.equivalents,
            );
            self.step(&at, required.step.as_deref(), required.on_lapse);
            let mut before = set.courses.iter().take(index);
            if before.any(|other| {
                other.course == required.course
                    && meet(&other.job_roles, &required.job_roles)
                    && meet(&other.project_types, &required.project_types)
            }) {
                self.fault(&at, "is owed twice by the same people");
            }
        }
    }

    fn required_practice(
        &mut self,
        at: &Pointer,
        set: &RequirementSet,
        license_type: &LicenseType,
    ) {
        self.entries(at, set.practice.len());
        self.need(
            set.practice.is_empty() || license_type.practice.is_some(),
            at,
            "practice is owed, but the type does not state how practice runs",
        );
        for (index, required) in set.practice.iter().enumerate() {
            let at = at.index(index);
            self.practice_set(&at.key("practice_set"), &required.practice_set);
            self.job_roles(&at.key("job_roles"), &required.job_roles);
            if let Some(absence) = required.absence_at_least {
                self.length(&at.key("absence_at_least"), absence);
            }
            self.validity(&at.key("validity"), required.validity);
            self.step(&at, required.step.as_deref(), required.on_lapse);
            let mut before = set.practice.iter().take(index);
            if before.any(|other| {
                other.practice_set == required.practice_set
                    && meet(&other.job_roles, &required.job_roles)
            }) {
                self.fault(&at, "is owed twice by the same people");
            }
        }
    }
}

/// Whether two limits, of which an empty one means all, have something in common.
fn meet<T: Ord>(one: &BTreeSet<T>, other: &BTreeSet<T>) -> bool {
    one.is_empty() || other.is_empty() || !one.is_disjoint(other)
}
