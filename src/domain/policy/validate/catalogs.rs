//! Job roles, workflows, courses, agreements, practice sets.

use super::{Check, Pointer};
use crate::domain::policy::document::{
    Agreement, AgreementScope, AgreementValidity, Course, Party, Validity,
};

impl Check<'_> {
    pub(super) fn catalogs(&mut self, root: &Pointer) {
        let document = self.document;

        let at = root.key("job_roles");
        self.entries(&at, document.job_roles.len());
        for (code, title) in &document.job_roles {
            self.code(&at.key(code), code);
            self.title(&at.key(code), title);
        }

        let at = root.key("workflows");
        self.entries(&at, document.workflows.len());
        for (code, workflow) in &document.workflows {
            let at = at.key(code);
            self.code(&at, code);
            self.title(&at.key("title"), &workflow.title);
            self.project_types(&at.key("project_types"), &workflow.project_types);
        }

        let at = root.key("courses");
        self.entries(&at, document.courses.len());
        for (code, course) in &document.courses {
            self.one_course(&at.key(code), code, course);
        }

        let at = root.key("agreements");
        self.entries(&at, document.agreements.len());
        for (code, agreement) in &document.agreements {
            self.one_agreement(&at.key(code), code, agreement);
        }

        let at = root.key("practice_sets");
        self.entries(&at, document.practice_sets.len());
        for (code, set) in &document.practice_sets {
            let at = at.key(code);
            self.code(&at, code);
            self.title(&at.key("title"), &set.title);
            self.known(
                &at.key("workflow"),
                &set.workflow,
                &document.workflows,
                "workflow",
            );
            self.need(
                set.cases > 0,
                &at.key("cases"),
                "a practice set has at least one case",
            );
        }
    }

    fn one_course(&mut self, at: &Pointer, code: &str, course: &Course) {
        self.code(at, code);
        self.title(&at.key("title"), &course.title);
        if let Some(edition) = &course.edition {
            self.title(&at.key("edition"), edition);
        }
        let accepted = at.key("accepted_editions");
        self.entries(&accepted, course.accepted_editions.len());
        for edition in &course.accepted_editions {
            self.title(&accepted, edition);
        }
        self.need(
            course.edition.is_some() || course.accepted_editions.is_empty(),
            &accepted,
            "accepts earlier editions of a course that counts in any edition; state `edition` too",
        );
        self.per_cent(&at.key("pass_mark"), course.pass_mark);
        self.attempts(&at.key("max_attempts"), course.max_attempts);
        self.validity(&at.key("validity"), course.validity);
        self.equivalents(&at.key("equivalents"), code, &course.equivalents);
    }

    pub(super) fn attempts(&mut self, at: &Pointer, attempts: Option<u16>) {
        self.need(attempts != Some(0), at, "must allow at least one attempt");
    }

    pub(super) fn validity(&mut self, at: &Pointer, validity: Option<Validity>) {
        let Some(Validity {
            length,
            until_activation,
        }) = validity
        else {
            return;
        };
        if length.is_none() && until_activation.is_none() {
            self.fault(at, "states no length; leave it out where nothing lapses");
        }
        if let Some(length) = length {
            self.length(&at.key("length"), length);
        }
        if let Some(until) = until_activation {
            self.length(&at.key("until_activation"), until);
            if length.is_some_and(|length| super::may_exceed(until, length)) {
                self.fault(
                    &at.key("until_activation"),
                    "is longer than the validity itself",
                );
            }
        }
    }

    /// Courses of this document, or of another implementation written `implementation:course`.
    pub(super) fn equivalents<'s>(
        &mut self,
        at: &Pointer,
        course: &str,
        equivalents: impl IntoIterator<Item = &'s String>,
    ) {
        for name in equivalents {
            if name == course {
                self.fault(at, "names the course itself");
            } else if let Some((implementation, elsewhere)) = name.split_once(':') {
                self.code(at, implementation);
                self.code(at, elsewhere);
            } else {
                self.known(at, name, &self.document.courses, "course");
            }
        }
    }

    fn one_agreement(&mut self, at: &Pointer, code: &str, agreement: &Agreement) {
        self.code(at, code);
        self.title(&at.key("title"), &agreement.title);
        self.title(&at.key("version"), &agreement.version);
        self.parties(&at.key("parties"), &agreement.parties);
        if agreement.scope == AgreementScope::Organization
            && agreement.parties.contains(&Party::EndUser)
        {
            self.fault(
                &at.key("parties"),
                "an agreement of an organization has no end user to sign it",
            );
        }
        self.agreement_validity(&at.key("validity"), agreement.validity.as_ref());
        self.days(&at.key("new_version_days"), agreement.new_version_days);
    }

    pub(super) fn parties<'p>(
        &mut self,
        at: &Pointer,
        parties: impl IntoIterator<Item = &'p Party>,
    ) {
        self.need(
            parties.into_iter().next().is_some(),
            at,
            "at least one party must sign",
        );
    }

    pub(super) fn agreement_validity(
        &mut self,
        at: &Pointer,
        validity: Option<&AgreementValidity>,
    ) {
        match validity {
            None => {}
            Some(AgreementValidity::Rolling { length }) => self.length(&at.key("length"), *length),
            Some(AgreementValidity::Yearly { date }) => self.yearly(&at.key("date"), date),
        }
    }

    /// A count of days within a year.
    pub(super) fn days(&mut self, at: &Pointer, days: u16) {
        self.need(days <= 366, at, "must be at most 366 days");
    }
}
