//! Groups of organizations, and the documents that their overrides make.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde_json::{Map, Value};

use super::{Check, Pointer, PolicyFault};
use crate::domain::ids::OrganizationId;
use crate::domain::policy::document::{
    GroupOverride, Membership, NOT_BY_GROUP, OrganizationGroup, PolicyDocument,
};

/// Faults of groups and overrides. `own` are the faults of the document without them, which are not told again
/// for each document that an override makes.
pub(super) fn check(document: &PolicyDocument, own: &[PolicyFault]) -> Vec<PolicyFault> {
    let mut check = Check::new(document);
    let root = Pointer::root();
    let groups = root.key("organization_groups");
    check.entries(&groups, document.organization_groups.len());
    for (code, group) in &document.organization_groups {
        check.group(&groups.key(code), code, group);
    }
    let overrides = root.key("overrides");
    check.entries(&overrides, document.overrides.len());
    for (index, change) in document.overrides.iter().enumerate() {
        check.override_itself(&overrides.index(index), change);
    }
    let together = together(document);
    check.equal_rank(&overrides, &together);
    check.resulting_documents(&overrides, &together, own);
    check.faults
}

impl Check<'_> {
    fn group(&mut self, at: &Pointer, code: &str, group: &OrganizationGroup) {
        self.code(at, code);
        self.title(&at.key("title"), &group.title);
        if let Some(wider) = &group.within {
            let at = at.key("within");
            if !self.document.organization_groups.contains_key(wider) {
                self.fault(&at, "names no group of this document");
            } else if self.document.group_rank(code).is_none() {
                self.fault(
                    &at,
                    "lies, by way of other groups, within itself or nowhere",
                );
            }
        }
        let members = at.key("members");
        self.entries(&members, group.members.len());
        for (index, member) in group.members.iter().enumerate() {
            let at = members.index(index);
            self.need(
                member
                    .from_on
                    .zip(member.until_on)
                    .is_none_or(|(from, until)| from <= until),
                &at.key("until_on"),
                "lies before the first day: the window is empty",
            );
            let mut before = group.members.iter().take(index);
            if before.any(|other| {
                other.organization_id == member.organization_id && overlap(other, member)
            }) {
                self.fault(&at, "is a member already on some of these days");
            }
        }
    }

    fn override_itself(&mut self, at: &Pointer, change: &GroupOverride) {
        self.known(
            &at.key("group"),
            &change.group,
            &self.document.organization_groups,
            "group",
        );
        let at = at.key("changes");
        self.need(!change.changes.is_empty(), &at, "changes nothing");
        for key in NOT_BY_GROUP {
            if change.changes.contains_key(key) {
                self.fault(
                    &at.key(key),
                    "holds for the whole implementation and cannot differ by group",
                );
            }
        }
    }

    /// The narrowest group wins; between two of equal rank nothing decides.
    fn equal_rank(&mut self, at: &Pointer, together: &BTreeSet<Vec<usize>>) {
        let document = self.document;
        let mut told = BTreeSet::new();
        for indexes in together {
            for (position, later) in indexes.iter().enumerate() {
                for earlier in indexes.iter().take(position) {
                    let (Some(one), Some(other)) = (
                        document.overrides.get(*earlier),
                        document.overrides.get(*later),
                    ) else {
                        continue;
                    };
                    if document.group_rank(&one.group) != document.group_rank(&other.group) {
                        continue;
                    }
                    let changes = at.index(*later).key("changes");
                    for rule in common_rules(&changes, &one.changes, &other.changes) {
                        if told.insert(rule.to_string()) {
                            self.fault(
                                &rule,
                                "another override of equal rank changes this for the same organizations",
                            );
                        }
                    }
                }
            }
        }
    }

    fn resulting_documents(
        &mut self,
        at: &Pointer,
        together: &BTreeSet<Vec<usize>>,
        own: &[PolicyFault],
    ) {
        for indexes in together {
            let changes: Vec<&Map<String, Value>> = indexes
                .iter()
                .filter_map(|index| self.document.overrides.get(*index))
                .map(|change| &change.changes)
                .collect();
            let Some(narrowest) = indexes.last() else {
                continue;
            };
            let at = at.index(*narrowest).key("changes");
            // The reason is not repeated: it would quote what was given.
            let Ok(result) = self.document.try_changes(&changes) else {
                self.fault(
                    &at,
                    "does not make a policy document: a member is unknown, missing or of another shape",
                );
                continue;
            };
            let mut check = Check::new(&result);
            check.rules();
            for fault in check.faults {
                if !own.contains(&fault) {
                    self.faults.push(PolicyFault {
                        pointer: format!("{at}{}", fault.pointer),
                        detail: fault.detail,
                    });
                }
            }
        }
    }
}

/// Which overrides meet in one organization: lists of their places in the order in which they are laid over each
/// other. Each override is there at least with those of the wider groups around its own.
fn together(document: &PolicyDocument) -> BTreeSet<Vec<usize>> {
    let mut found = BTreeSet::new();
    for change in &document.overrides {
        let mut groups = BTreeMap::new();
        let mut at = Some(change.group.as_str());
        while let Some(code) = at {
            let Some(rank) = document.group_rank(code) else {
                break;
            };
            groups.insert(code, rank);
            at = document
                .organization_groups
                .get(code)
                .and_then(|group| group.within.as_deref());
        }
        found.insert(of_groups(document, &groups));
    }
    for (organization, day) in changing_days(document) {
        found.insert(of_groups(document, &document.groups_of(organization, day)));
    }
    found.remove(&Vec::new());
    found
}

/// The places of the overrides of some groups, each with its rank, in the order in which they are laid over each other.
pub(in crate::domain::policy) fn of_groups(
    document: &PolicyDocument,
    groups: &BTreeMap<&str, usize>,
) -> Vec<usize> {
    let mut chosen: Vec<(usize, usize)> = document
        .overrides
        .iter()
        .enumerate()
        .filter_map(|(index, change)| Some((*groups.get(change.group.as_str())?, index)))
        .collect();
    chosen.sort_unstable();
    chosen.into_iter().map(|(_, index)| index).collect()
}

/// Each organization with the days on which its groups can have changed.
pub(in crate::domain::policy) fn changing_days(
    document: &PolicyDocument,
) -> BTreeSet<(OrganizationId, NaiveDate)> {
    document
        .organization_groups
        .values()
        .flat_map(|group| &group.members)
        .flat_map(|member| {
            [
                Some(NaiveDate::MIN),
                member.from_on,
                member.until_on.and_then(|last| last.succ_opt()),
            ]
            .into_iter()
            .flatten()
            .map(|day| (member.organization_id, day))
        })
        .collect()
}

fn overlap(one: &Membership, other: &Membership) -> bool {
    let begins = |member: &Membership| member.from_on.unwrap_or(NaiveDate::MIN);
    let ends = |member: &Membership| member.until_on.unwrap_or(NaiveDate::MAX);
    begins(one) <= ends(other) && begins(other) <= ends(one)
}

/// The members that both patches set: where both hold an object, within it.
fn common_rules(
    at: &Pointer,
    one: &Map<String, Value>,
    other: &Map<String, Value>,
) -> Vec<Pointer> {
    let mut found = Vec::new();
    for (key, value) in one {
        match (value, other.get(key)) {
            (_, None) => {}
            (Value::Object(one), Some(Value::Object(other))) => {
                found.extend(common_rules(&at.key(key), one, other));
            }
            (_, Some(_)) => found.push(at.key(key)),
        }
    }
    found
}
