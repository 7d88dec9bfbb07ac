//! Groups of organizations, and rules that differ for them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::PolicyDocument;
use crate::domain::ids::OrganizationId;

/// A named group of organizations: a Continuum of Care, a region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrganizationGroup {
    /// What people call it.
    pub title: String,
    /// The wider group it lies within, whose rules its members have too. The deeper a group lies, the narrower
    /// it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<String>,
    /// Its members, with dates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<Membership>,
}

/// An organization's time in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Membership {
    /// The organization.
    pub organization_id: OrganizationId,
    /// First local day. Absent: since ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_on: Option<NaiveDate>,
    /// Last local day. Absent: open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_on: Option<NaiveDate>,
}

impl Membership {
    /// Whether the day lies in it.
    #[must_use]
    pub fn holds_on(&self, day: NaiveDate) -> bool {
        self.from_on.is_none_or(|from| from <= day)
            && self.until_on.is_none_or(|until| day <= until)
    }
}

/// Rules that differ for a group. The narrowest group wins; two of equal rank that change the same rule for the
/// same organization on the same day are refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupOverride {
    /// Code of `organization_groups`.
    pub group: String,
    /// What differs, as a merge patch on this document (RFC 7396): an object is merged, a null removes, anything
    /// else replaces.
    pub changes: Map<String, Value>,
}

/// Members of the document that are the implementation's own and no rule of a group.
pub(in crate::domain::policy) const NOT_BY_GROUP: [&str; 5] = [
    "time_zone",
    "holidays",
    "organization_groups",
    "overrides",
    "two_persons",
];

impl PolicyDocument {
    /// How deep a group lies: 0 for one within no other. Nothing for an unknown group, one within an unknown
    /// group, or one within itself.
    #[must_use]
    pub fn group_rank(&self, group: &str) -> Option<usize> {
        let mut seen = BTreeSet::new();
        let mut at = group;
        loop {
            if !seen.insert(at) {
                return None;
            }
            match &self.organization_groups.get(at)?.within {
                Some(wider) => at = wider,
                None => return Some(seen.len() - 1),
            }
        }
    }

    /// The groups an organization is in on a local day, with their ranks: those it is a member of and the wider
    /// ones around them.
    #[must_use]
    pub fn groups_of(&self, organization: OrganizationId, day: NaiveDate) -> BTreeMap<&str, usize> {
        let mut found = BTreeMap::new();
        for (code, group) in &self.organization_groups {
            let member = group
                .members
                .iter()
                .any(|member| member.organization_id == organization && member.holds_on(day));
            if member {
                found.extend(self.around(code));
            }
        }
        found
    }

    /// The organizations in a group on a local day: its members, and those of the groups that lie within it. The other
    /// way round of [`Self::groups_of`].
    #[must_use]
    pub fn members_of(&self, group: &str, day: NaiveDate) -> BTreeSet<OrganizationId> {
        self.organization_groups
            .iter()
            .filter(|(code, _)| self.around(code).any(|(wider, _)| wider == group))
            .flat_map(|(_, inner)| &inner.members)
            .filter(|member| member.holds_on(day))
            .map(|member| member.organization_id)
            .collect()
    }

    /// A group and the wider ones around it, with their ranks. Nothing for one that has no rank.
    fn around<'a>(&'a self, group: &'a str) -> impl Iterator<Item = (&'a str, usize)> {
        let wider = |code: &&'a str| self.organization_groups.get(*code)?.within.as_deref();
        std::iter::successors(Some(group), wider)
            .map_while(|code| Some((code, self.group_rank(code)?)))
    }

    /// The document as it stands for an organization on a local day: the overrides of its groups laid over the
    /// rules of all, the narrowest last. The same document where none concerns it.
    #[must_use]
    pub fn for_organization(
        &self,
        organization: OrganizationId,
        day: NaiveDate,
    ) -> Cow<'_, PolicyDocument> {
        if self.overrides.is_empty() {
            return Cow::Borrowed(self);
        }
        let groups = self.groups_of(organization, day);
        let mut chosen: Vec<(usize, &GroupOverride)> = self
            .overrides
            .iter()
            .filter_map(|change| Some((*groups.get(change.group.as_str())?, change)))
            .collect();
        chosen.sort_by_key(|(rank, _)| *rank);
        let changes: Vec<&Map<String, Value>> =
            chosen.iter().map(|(_, change)| &change.changes).collect();
        match self.with_changes(&changes) {
            Some(document) if !changes.is_empty() => Cow::Owned(document),
            _ => Cow::Borrowed(self),
        }
    }

    /// The document with merge patches laid over it in order, or nothing where the result is none.
    pub(in crate::domain::policy) fn with_changes(
        &self,
        changes: &[&Map<String, Value>],
    ) -> Option<PolicyDocument> {
        self.try_changes(changes).ok()
    }

    /// As [`Self::with_changes`], with the reason where the result is no policy document.
    pub(in crate::domain::policy) fn try_changes(
        &self,
        changes: &[&Map<String, Value>],
    ) -> Result<PolicyDocument, serde_json::Error> {
        let mut whole = serde_json::to_value(self)?;
        for change in changes {
            merge(&mut whole, change);
        }
        serde_json::from_value(whole)
    }

    /// The first local day after `day` on which the groups of an organization change.
    #[must_use]
    pub fn next_group_change(
        &self,
        organization: OrganizationId,
        day: NaiveDate,
    ) -> Option<NaiveDate> {
        self.organization_groups
            .values()
            .flat_map(|group| &group.members)
            .filter(|member| member.organization_id == organization)
            .flat_map(|member| {
                [
                    member.from_on,
                    member.until_on.and_then(|last| last.succ_opt()),
                ]
            })
            .flatten()
            .filter(|change| *change > day)
            .min()
    }
}

/// Lays a merge patch (RFC 7396) over a value.
fn merge(onto: &mut Value, patch: &Map<String, Value>) {
    if !onto.is_object() {
        *onto = Value::Object(Map::new());
    }
    let Value::Object(object) = onto else {
        return;
    };
    for (key, change) in patch {
        match change {
            Value::Null => {
                object.remove(key);
            }
            Value::Object(inner) => merge(object.entry(key.clone()).or_insert(Value::Null), inner),
            other => {
                object.insert(key.clone(), other.clone());
            }
        }
    }
}
