//! The document checks itself: every contradiction is named, with a pointer to where it stands.

mod catalogs;
mod fees;
mod groups;
mod implementation;
mod inactivity;
mod lengths;
mod license_types;
mod onboarding;
mod pointer;
mod renewal;
mod requests;
mod requirements;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use super::document::{AgreementScope, LicenseKind, PolicyDocument};
use crate::domain::calendar::Length;

pub(super) use groups::{changing_days, of_groups};
pub(super) use lengths::{at_least_days, may_exceed};
pub(super) use pointer::Pointer;

/// Something in a document that contradicts itself or cannot be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PolicyFault {
    /// Where it stands: a JSON pointer (RFC 6901) into the document.
    pub pointer: String,
    /// What is wrong and what would be right. Never repeats what was given.
    pub detail: String,
}

impl PolicyDocument {
    /// All faults of the document; none means it may be posted.
    #[must_use]
    pub fn validate(&self) -> Vec<PolicyFault> {
        let mut check = Check::new(self);
        check.rules();
        let own = check.faults;
        let mut faults = own.clone();
        faults.extend(groups::check(self, &own));
        faults.sort();
        faults.dedup();
        faults
    }
}

/// HUD's numbers of project types (data element 2.02.6).
const PROJECT_TYPES: [u8; 14] = [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14];

/// Longest list or map of a document. Generous: it keeps a document readable, not small.
const MOST_ENTRIES: usize = 500;

/// Longest title, in characters.
const LONGEST_TITLE: usize = 200;

/// Longest code, in characters.
const LONGEST_CODE: usize = 63;

/// Collects the faults of one document.
struct Check<'a> {
    document: &'a PolicyDocument,
    faults: Vec<PolicyFault>,
}

impl<'a> Check<'a> {
    const fn new(document: &'a PolicyDocument) -> Self {
        Self {
            document,
            faults: Vec::new(),
        }
    }

    /// All rules but the overrides, which are checked on the documents they make.
    fn rules(&mut self) {
        let root = Pointer::root();
        self.implementation(&root);
        self.catalogs(&root);
        let requests = &self.document.requests;
        self.requests(&root.key("requests"), requests);
        self.license_types(&root.key("license_types"));
        if let Some(fees) = &self.document.fees {
            self.fees(&root.key("fees"), fees);
        }
    }

    fn fault(&mut self, at: &Pointer, detail: impl Into<String>) {
        self.faults.push(PolicyFault {
            pointer: at.to_string(),
            detail: detail.into(),
        });
    }

    fn need(&mut self, right: bool, at: &Pointer, detail: &str) {
        if !right {
            self.fault(at, detail);
        }
    }

    fn code(&mut self, at: &Pointer, code: &str) {
        let mut letters = code.chars();
        let right = letters.next().is_some_and(|c| c.is_ascii_lowercase())
            && letters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
            && code.len() <= LONGEST_CODE;
        self.need(
            right,
            at,
            "a code starts with a small letter, goes on with small letters, digits and underscores, and has at most 63 characters",
        );
    }

    fn title(&mut self, at: &Pointer, title: &str) {
        let right = !title.trim().is_empty()
            && title.chars().count() <= LONGEST_TITLE
            && !title.chars().any(char::is_control);
        self.need(
            right,
            at,
            "must have 1 to 200 characters, none of them a control character",
        );
    }

    fn entries(&mut self, at: &Pointer, count: usize) {
        self.need(
            count <= MOST_ENTRIES,
            at,
            "has more entries than the 500 a document may hold here",
        );
    }

    fn per_cent(&mut self, at: &Pointer, mark: Option<u8>) {
        self.need(
            mark.is_none_or(|mark| mark <= 100),
            at,
            "must be a percentage from 0 to 100",
        );
    }

    /// A length that lasts: at least one day, at most about ten years.
    fn length(&mut self, at: &Pointer, length: Length) {
        self.need(!length.is_zero(), at, "must be longer than nothing");
        self.length_or_zero(at, length);
    }

    fn length_or_zero(&mut self, at: &Pointer, length: Length) {
        self.need(
            lengths::is_bounded(length),
            at,
            "must be at most 3660 days, 2600 business days or 120 months",
        );
    }

    fn job_roles(&mut self, at: &Pointer, roles: &BTreeSet<String>) {
        self.each_known(at, roles, &self.document.job_roles, "job role");
    }

    fn groups(&mut self, at: &Pointer, groups: &BTreeSet<String>) {
        self.each_known(at, groups, &self.document.organization_groups, "group");
    }

    fn courses(&mut self, at: &Pointer, courses: &BTreeSet<String>) {
        self.need(!courses.is_empty(), at, "must name at least one course");
        self.each_known(at, courses, &self.document.courses, "course");
    }

    fn course(&mut self, at: &Pointer, course: &str) {
        self.known(at, course, &self.document.courses, "course");
    }

    fn practice_set(&mut self, at: &Pointer, set: &str) {
        self.known(at, set, &self.document.practice_sets, "practice set");
    }

    /// An agreement that exists and rests on what it is asked of here.
    fn agreement(&mut self, at: &Pointer, agreement: &str, scope: AgreementScope) {
        match self.document.agreements.get(agreement) {
            None => self.fault(at, "names no agreement of this document"),
            Some(found) if found.scope != scope => self.fault(
                at,
                match scope {
                    AgreementScope::Person => {
                        "names an agreement of organizations where one of a person is needed"
                    }
                    AgreementScope::Organization => {
                        "names an agreement of persons where one of an organization is needed"
                    }
                },
            ),
            Some(_) => {}
        }
    }

    fn base_types(&mut self, at: &Pointer, types: &BTreeSet<String>) {
        self.types(at, types, Some(true));
    }

    fn add_ons(&mut self, at: &Pointer, types: &BTreeSet<String>) {
        self.types(at, types, Some(false));
    }

    fn any_types(&mut self, at: &Pointer, types: &BTreeSet<String>) {
        self.types(at, types, None);
    }

    fn types(&mut self, at: &Pointer, types: &BTreeSet<String>, base: Option<bool>) {
        for code in types {
            match (self.document.license_types.get(code), base) {
                (None, _) => {
                    self.fault(at, "names a license type that this document does not have")
                }
                (Some(found), Some(true)) if matches!(found.license, LicenseKind::AddOn { .. }) => {
                    self.fault(at, "names an add-on where a base type is needed");
                }
                (Some(found), Some(false)) if found.is_base() => {
                    self.fault(at, "names a base type where an add-on is needed");
                }
                _ => {}
            }
        }
    }

    fn project_types<'t>(&mut self, at: &Pointer, types: impl IntoIterator<Item = &'t u8>) {
        let right = types.into_iter().all(|kind| PROJECT_TYPES.contains(kind));
        self.need(
            right,
            at,
            "must hold HUD project type numbers: 0 to 4 and 6 to 14",
        );
    }

    fn known<V>(&mut self, at: &Pointer, code: &str, map: &BTreeMap<String, V>, what: &str) {
        if !map.contains_key(code) {
            self.fault(at, format!("names no {what} of this document"));
        }
    }

    fn each_known<V>(
        &mut self,
        at: &Pointer,
        codes: &BTreeSet<String>,
        map: &BTreeMap<String, V>,
        what: &str,
    ) {
        if !codes.iter().all(|code| map.contains_key(code)) {
            self.fault(
                at,
                format!("names a {what} that this document does not have"),
            );
        }
    }
}
