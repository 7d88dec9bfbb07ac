//! Request rules, of the implementation or of one type.

use super::{Check, Pointer};
use crate::domain::policy::document::{Attestation, RequestRules, RequestSource};

impl Check<'_> {
    pub(super) fn requests(&mut self, at: &Pointer, rules: &RequestRules) {
        let requesters = at.key("requesters");
        self.entries(&requesters, rules.requesters.len());
        self.need(
            !rules.requesters.is_empty(),
            &requesters,
            "somebody must be able to request",
        );
        for (index, requester) in rules.requesters.iter().enumerate() {
            let at = requesters.index(index);
            if let RequestSource::CoursePassed { course } = &requester.from {
                self.course(&at.key("from").key("course"), course);
            }
            // Nobody decides about himself: what the trainee starts, another person confirms.
            let by_trainee = matches!(
                requester.from,
                RequestSource::Trainee {} | RequestSource::CoursePassed { .. }
            );
            self.need(
                !by_trainee || requester.confirmation.is_some(),
                &at.key("confirmation"),
                "a request by the trainee or by a pass needs somebody's confirmation",
            );
            if let Some(confirmation) = &requester.confirmation {
                let at = at.key("confirmation");
                self.need(
                    !confirmation.by.is_empty(),
                    &at.key("by"),
                    "must name who may confirm",
                );
                let within = at.key("within_days");
                self.need(
                    confirmation.within_days > 0,
                    &within,
                    "must be at least one day",
                );
                self.days(&within, confirmation.within_days);
            }
            let before = &mut rules.requesters.iter().take(index);
            if before.any(|other| other.from == requester.from) {
                self.fault(&at, "is stated twice");
            }
        }

        let attestations = at.key("attestations");
        self.entries(&attestations, rules.attestations.len());
        for (index, attestation) in rules.attestations.iter().enumerate() {
            let at = attestations.index(index);
            match attestation {
                Attestation::BackgroundCheck {
                    maximum_age: Some(age),
                } => self.length(&at.key("maximum_age"), *age),
                Attestation::Other { code, title } => {
                    self.code(&at.key("code"), code);
                    self.title(&at.key("title"), title);
                }
                Attestation::JobNeed {}
                | Attestation::AtLeast18 {}
                | Attestation::BackgroundCheck { .. } => {}
            }
            let before = &mut rules.attestations.iter().take(index);
            if before.any(|other| other.code() == attestation.code()) {
                self.fault(&at, "is asked for twice");
            }
        }

        let approval = at.key("approval");
        self.entries(&approval, rules.approval.len());
        for (index, step) in rules.approval.iter().enumerate() {
            let at = approval.index(index);
            self.job_roles(&at.key("job_roles"), &step.job_roles);
            self.project_types(&at.key("project_types"), &step.project_types);
            self.groups(&at.key("groups"), &step.groups);
            if rules.approval.iter().take(index).any(|other| other == step) {
                self.fault(&at, "is stated twice");
            }
        }
        if let Some(length) = rules.lapses_after {
            self.length(&at.key("lapses_after"), length);
        }
    }
}
