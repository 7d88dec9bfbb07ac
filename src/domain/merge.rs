//! Two records of one human, read as one person.
//!
//! Facts keep their ids and what they say; from the merge on they are read under the survivor. What was recorded for
//! the other record becomes known to a license at the instant of the merge and not before: so what either license
//! allowed until then stays as it was, and a fact that would have prevented an end contests it as any late fact does.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::fact::{DeactivationCause, Envelope, Fact, FactBody};
use super::ids::{FactId, ImplementationId, OrganizationId, PersonId, PersonMergeId, PrincipalId};

type Instant = DateTime<Utc>;

/// One record taken into another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonMerge {
    pub id: PersonMergeId,
    pub implementation_id: ImplementationId,
    pub survivor: PersonId,
    pub duplicate: PersonId,
    /// Who said so, when it was recorded and why.
    pub envelope: Envelope,
    pub undone: Option<Undone>,
    pub version: i32,
}

/// The two were no one person after all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undone {
    pub at: Instant,
    pub by: PrincipalId,
    pub reason: String,
}

impl PersonMerge {
    /// The end of a license that is the duplicate of another one of the same person. The merge itself is the fact.
    #[must_use]
    pub fn end_of_duplicate(&self, organization: OrganizationId) -> Fact {
        Fact {
            id: FactId(self.id.0),
            implementation_id: self.implementation_id,
            person_id: self.survivor,
            organization_id: Some(organization),
            request_id: None,
            license_id: None,
            envelope: self.envelope.clone(),
            body: FactBody::Deactivated {
                cause: DeactivationCause::Duplicate,
            },
        }
    }
}

/// The records that are one person now, and for which of them everything was recorded.
#[derive(Clone, Debug, Default)]
pub struct Records {
    /// Those that stand.
    merges: Vec<PersonMerge>,
    /// What was recorded for another record than the one under which it is read: facts, requests and licenses.
    recorded_for: BTreeMap<Uuid, PersonId>,
}

impl Records {
    #[must_use]
    pub fn new(merges: Vec<PersonMerge>, recorded_for: BTreeMap<Uuid, PersonId>) -> Self {
        Self {
            merges,
            recorded_for,
        }
    }

    #[must_use]
    pub fn merges(&self) -> &[PersonMerge] {
        &self.merges
    }

    /// The record for which a fact, request or license of the person was recorded.
    #[must_use]
    pub fn record_of(&self, id: impl Into<Uuid>, person: PersonId) -> PersonId {
        self.recorded_for.get(&id.into()).copied().unwrap_or(person)
    }

    /// The merge since which two records are one person; none for one and the same record.
    #[must_use]
    pub fn joining(&self, one: PersonId, other: PersonId) -> Option<&PersonMerge> {
        let (up, down) = (self.way_up(one), self.way_up(other));
        let reaches = |way: &[&PersonMerge], start: PersonId, record: PersonId| {
            start == record || way.iter().any(|merge| merge.survivor == record)
        };
        // Each goes up to the first record that both come to; the last merge on either way joined them.
        up.iter()
            .take_while(|merge| !reaches(&down, other, merge.duplicate))
            .chain(
                down.iter()
                    .take_while(|merge| !reaches(&up, one, merge.duplicate)),
            )
            .copied()
            .max_by_key(|merge| merge.envelope.recorded_at)
    }

    fn way_up(&self, record: PersonId) -> Vec<&PersonMerge> {
        let mut way: Vec<&PersonMerge> = Vec::new();
        let mut at = record;
        while let Some(next) = self.merges.iter().find(|merge| merge.duplicate == at)
            && way.len() < self.merges.len()
        {
            way.push(next);
            at = next.survivor;
        }
        way
    }

    /// The facts of the person as what one record has at an organization reads them.
    ///
    /// Two licenses never become one: the beginnings, changes and past ends of what another record had there are not
    /// read, and everything else of that record is known from the merge on.
    #[must_use]
    pub fn read_by<'f>(
        &self,
        facts: &'f [Fact],
        person: PersonId,
        record: PersonId,
        organization: OrganizationId,
    ) -> Cow<'f, [Fact]> {
        if self.merges.is_empty() {
            return Cow::Borrowed(facts);
        }
        let mut dropped: BTreeSet<FactId> = BTreeSet::new();
        let mut read = Vec::with_capacity(facts.len());
        for fact in facts {
            if fact.body.kind().is_of_implementation() {
                read.push(fact.clone());
                continue;
            }
            let joined_at = self
                .joining(self.record_of(fact.id, person), record)
                .map(|merge| merge.envelope.recorded_at)
                .filter(|at| fact.envelope.recorded_at < *at);
            let Some(joined_at) = joined_at else {
                read.push(fact.clone());
                continue;
            };
            if fact.organization_id == Some(organization)
                && is_of_the_other_license(fact, joined_at, &dropped)
            {
                dropped.insert(fact.id);
                continue;
            }
            let mut fact = fact.clone();
            fact.envelope.recorded_at = joined_at;
            read.push(fact);
        }
        read.sort_by_key(|fact| (fact.envelope.recorded_at, fact.id));
        Cow::Owned(read)
    }

    /// The facts as a license reads them that ended as the duplicate of another one's record.
    #[must_use]
    pub fn read_by_duplicate(
        &self,
        facts: &[Fact],
        person: PersonId,
        (record, kept): (PersonId, PersonId),
        organization: OrganizationId,
    ) -> Vec<Fact> {
        let mut read = self
            .read_by(facts, person, record, organization)
            .into_owned();
        if let Some(merge) = self.joining(record, kept) {
            read.retain(|fact| fact.envelope.recorded_at < merge.envelope.recorded_at);
            read.push(merge.end_of_duplicate(organization));
        }
        read
    }
}

/// What makes up another record's license at the same organization and says nothing about this one. An end that still
/// lies ahead is about the person.
fn is_of_the_other_license(fact: &Fact, joined_at: Instant, dropped: &BTreeSet<FactId>) -> bool {
    match &fact.body {
        FactBody::Activated { .. }
        | FactBody::ProjectsAdded { .. }
        | FactBody::Reactivated
        | FactBody::Reinstated { .. }
        | FactBody::EmergencyRestored { .. }
        | FactBody::EmergencyRestorationConfirmed { .. }
        | FactBody::Upheld
        | FactBody::TypeChanged(_)
        | FactBody::LicenseRenewed { .. }
        | FactBody::KeepRequested
        | FactBody::AddOnActivated { .. }
        | FactBody::AddOnConfirmed { .. }
        | FactBody::AddOnEnded { .. } => true,
        FactBody::Departed | FactBody::Deactivated { .. } => fact.acts_at() <= joined_at,
        FactBody::Cancelled { fact: target } | FactBody::Moved { fact: target, .. } => {
            dropped.contains(target)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
