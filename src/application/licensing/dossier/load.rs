//! A dossier is loaded: several people in a fixed number of queries.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::TimeDelta;

use crate::application::Error;
use crate::application::ports::{StoreError, View};
use crate::domain::fact::{Fact, FactBody, ImplementationFact, NoticeRule};
use crate::domain::ids::{ImplementationId, OrganizationId, PersonId, ProjectId};
use crate::domain::login::Sources;
use crate::domain::merge::Records;
use crate::domain::policy::PolicyVersion;
use crate::domain::roster::{Implementation, Person};

use super::Dossier;

/// What all people of an implementation share.
struct Shared {
    implementation: Implementation,
    policies: Vec<PolicyVersion>,
    sources: Arc<Sources>,
    facts: Vec<ImplementationFact>,
}

impl Dossier {
    /// Loads one person; `organizations` are looked at besides those the person has a request or license at.
    pub fn load(
        view: &mut dyn View,
        id: PersonId,
        organizations: &[OrganizationId],
    ) -> Result<Option<Self>, Error> {
        Ok(Self::load_many(view, &[id], organizations)?.pop())
    }

    /// Loads several people at once: the number of queries does not depend on how many.
    pub fn load_many(
        view: &mut dyn View,
        ids: &[PersonId],
        organizations: &[OrganizationId],
    ) -> Result<Vec<Self>, Error> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let people = view.people_by_id(ids)?;
        let ids: Vec<PersonId> = people.iter().map(|person| person.id).collect();
        let ids = ids.as_slice();
        let mut records = records(view, &people)?;
        let mut facts = by(view.facts_of_people(ids)?, |fact| fact.person_id);
        let mut requests = by(view.requests_of_people(ids)?, |request| request.person_id);
        let mut licenses = by(view.licenses_of_people(ids)?, |license| license.person_id);
        let everywhere: BTreeSet<OrganizationId> = requests
            .values()
            .flatten()
            .map(|request| request.organization_id)
            .chain(
                licenses
                    .values()
                    .flatten()
                    .map(|license| license.organization_id),
            )
            .chain(organizations.iter().copied())
            .collect();
        let participations = by(
            view.participations(&everywhere.into_iter().collect::<Vec<_>>())?,
            |record| record.organization_id,
        );
        let projects: BTreeSet<ProjectId> = requests
            .values()
            .flatten()
            .flat_map(|request| request.projects.iter().copied())
            .collect();
        let project_types: BTreeMap<ProjectId, u8> = view
            .projects_by_id(&projects.into_iter().collect::<Vec<_>>())?
            .into_iter()
            .filter_map(|project| Some((project.id, u8::try_from(project.project_type?).ok()?)))
            .collect();
        let mut shared: BTreeMap<ImplementationId, Shared> = BTreeMap::new();
        for person in &people {
            if let std::collections::btree_map::Entry::Vacant(entry) =
                shared.entry(person.implementation_id)
            {
                let implementation = view
                    .implementation(person.implementation_id)?
                    .ok_or_else(|| StoreError::Corrupt("a person of no implementation".into()))?;
                let policies = view.policy_versions(person.implementation_id)?;
                let sources = sources(view, &implementation, &policies, &facts)?;
                entry.insert(Shared {
                    facts: view.facts_of_implementation(person.implementation_id)?,
                    implementation,
                    policies,
                    sources: Arc::new(sources),
                });
            }
        }
        Ok(people
            .into_iter()
            .filter_map(|person| {
                let shared = shared.get(&person.implementation_id)?;
                let mut facts = facts.remove(&person.id).unwrap_or_default();
                facts.extend(shared.facts.iter().map(|fact| fact.read_by(person.id)));
                facts.sort_by_key(|fact| (fact.envelope.recorded_at, fact.id));
                let (duplicates, licenses) = licenses
                    .remove(&person.id)
                    .unwrap_or_default()
                    .into_iter()
                    .partition(|license| license.duplicate_of.is_some());
                Some(Self {
                    implementation: shared.implementation.clone(),
                    policies: shared.policies.clone(),
                    facts,
                    requests: requests.remove(&person.id).unwrap_or_default(),
                    licenses,
                    duplicates,
                    records: records.remove(&person.id).unwrap_or_default(),
                    participations: participations.clone(),
                    sources: Arc::clone(&shared.sources),
                    project_types: project_types.clone(),
                    person,
                })
            })
            .collect())
    }
}

/// The records that each of these people is made of, where there are several.
fn records(view: &mut dyn View, people: &[Person]) -> Result<BTreeMap<PersonId, Records>, Error> {
    let ids: Vec<PersonId> = people.iter().map(|person| person.id).collect();
    let mut left = view.merges_into(&ids)?;
    if left.is_empty() {
        return Ok(BTreeMap::new());
    }
    let recorded_for: BTreeMap<uuid::Uuid, PersonId> =
        view.recorded_for_others(&ids)?.into_iter().collect();
    Ok(ids
        .into_iter()
        .map(|id| {
            let mut made_of = BTreeSet::from([id]);
            let mut merges = Vec::new();
            // From the survivor down, until nothing more was merged into what was found.
            while let Some(index) = left
                .iter()
                .position(|merge| made_of.contains(&merge.survivor))
            {
                let merge = left.remove(index);
                made_of.insert(merge.duplicate);
                merges.push(merge);
            }
            let of_them = recorded_for
                .iter()
                .filter(|(_, record)| made_of.contains(record))
                .map(|(row, record)| (*row, *record))
                .collect();
            (id, Records::new(merges, of_them))
        })
        .collect())
}

/// A heartbeat may run this far ahead of its recording.
const HEARTBEAT_SKEW: TimeDelta = TimeDelta::minutes(5);

/// The login sources of an implementation, with the heartbeats that can matter to these people.
///
/// Heartbeats decide one thing: when a cut-off takes effect. So none is loaded for people of whom nobody was ever sent
/// an inactivity notice (almost everybody), and otherwise those from the first such notice on, because no cut-off lies
/// before the day after its notice; of each source and local day only the decisive one. Where a policy needs no notice
/// at all, they count from the first fact.
fn sources(
    view: &mut dyn View,
    implementation: &Implementation,
    policies: &[PolicyVersion],
    facts: &BTreeMap<PersonId, Vec<Fact>>,
) -> Result<Sources, Error> {
    let acts = view.login_source_services(implementation.id)?;
    if acts.is_empty() {
        return Ok(Sources::default());
    }
    let unnoticed = policies
        .iter()
        .any(|version| version.document.cuts_off_without_notice());
    let since = facts
        .values()
        .flatten()
        .filter(|fact| fact.implementation_id == implementation.id)
        .filter(|fact| {
            let warns = matches!(
                &fact.body,
                FactBody::NoticeSent {
                    rule: NoticeRule::Inactivity,
                    ..
                }
            );
            warns || unnoticed
        })
        .map(|fact| fact.envelope.occurred_at.min(fact.envelope.recorded_at))
        .min();
    let mut heartbeats = match since {
        Some(since) => view.decisive_heartbeats(implementation.id, since - HEARTBEAT_SKEW * 2)?,
        None => Vec::new(),
    };
    // How far the sources are complete by now says which warnings may be derived.
    for last in view.last_heartbeats(implementation.id)? {
        if heartbeats.iter().all(|beat| beat.id != last.id) {
            heartbeats.push(last);
        }
    }
    heartbeats.sort_by_key(|beat| (beat.recorded_at, beat.id));
    Ok(Sources::new(acts, heartbeats))
}

/// The login sources of an implementation, with their last heartbeats only: what says how far logins are known by now.
pub fn login_sources(
    view: &mut dyn View,
    implementation: ImplementationId,
) -> Result<Sources, Error> {
    let acts = view.login_source_services(implementation)?;
    Ok(Sources::new(acts, view.last_heartbeats(implementation)?))
}

fn by<T, K: Ord>(rows: Vec<T>, key: impl Fn(&T) -> K) -> BTreeMap<K, Vec<T>> {
    let mut map: BTreeMap<K, Vec<T>> = BTreeMap::new();
    for row in rows {
        map.entry(key(&row)).or_default().push(row);
    }
    map
}
