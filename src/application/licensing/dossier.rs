//! Everything that is known about one person, loaded in a fixed number of queries.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::TimeDelta;

use super::waitlist;
use crate::application::ports::{StoreError, UnitOfWork, View};
use crate::application::{Error, Tx};
use crate::domain::calendar::{Instant, local_day};
use crate::domain::evaluate::{
    Case, Evaluation, LicensePreview, LoginSource, NewVersion, Reader, RequestEvaluation, WayBack,
    evaluate, evaluate_request, preview_license, preview_request, request_in_hindsight, seen_by,
    way_back,
};
use crate::domain::fact::{Fact, FactBody, NoticeRule};
use crate::domain::ids::{
    FactId, ImplementationId, LicenseId, OrganizationId, PersonId, ProjectId,
};
use crate::domain::license::License;
use crate::domain::login::Sources;
use crate::domain::merge::Records;
use crate::domain::policy::{LicenseKind, PolicyDocument, PolicyVersion};
use crate::domain::request::{LicenseRequest, RecordedState};
use crate::domain::requirement::RequirementKey;
use crate::domain::roster::{Implementation, Participation, Person};

/// One person with all facts, requests and licenses.
#[derive(Clone, Debug)]
pub struct Dossier {
    pub person: Person,
    pub implementation: Implementation,
    pub policies: Vec<PolicyVersion>,
    /// By (`recorded_at`, id).
    pub facts: Vec<Fact>,
    pub requests: Vec<LicenseRequest>,
    pub licenses: Vec<License>,
    /// Licenses that ended because another one of the same person and organization stayed.
    pub duplicates: Vec<License>,
    /// The records that are this one person now.
    pub records: Records,
    participations: BTreeMap<OrganizationId, Vec<Participation>>,
    sources: Arc<Sources>,
    project_types: BTreeMap<ProjectId, u8>,
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
        let mut rules: BTreeMap<
            ImplementationId,
            (Implementation, Vec<PolicyVersion>, Arc<Sources>),
        > = BTreeMap::new();
        for person in &people {
            if let std::collections::btree_map::Entry::Vacant(entry) =
                rules.entry(person.implementation_id)
            {
                let implementation = view
                    .implementation(person.implementation_id)?
                    .ok_or_else(|| StoreError::Corrupt("a person of no implementation".into()))?;
                let policies = view.policy_versions(person.implementation_id)?;
                let sources = sources(view, &implementation, &policies, &facts)?;
                entry.insert((implementation, policies, Arc::new(sources)));
            }
        }
        Ok(people
            .into_iter()
            .filter_map(|person| {
                let (implementation, policies, sources) =
                    rules.get(&person.implementation_id)?.clone();
                let mut facts = facts.remove(&person.id).unwrap_or_default();
                facts.sort_by_key(|fact| (fact.envelope.recorded_at, fact.id));
                let (duplicates, licenses) = licenses
                    .remove(&person.id)
                    .unwrap_or_default()
                    .into_iter()
                    .partition(|license| license.duplicate_of.is_some());
                Some(Self {
                    implementation,
                    policies,
                    facts,
                    requests: requests.remove(&person.id).unwrap_or_default(),
                    licenses,
                    duplicates,
                    records: records.remove(&person.id).unwrap_or_default(),
                    participations: participations.clone(),
                    sources,
                    project_types: project_types.clone(),
                    person,
                })
            })
            .collect())
    }

    /// The same dossier as a reader may know it: what he may not see is gone before anything is computed.
    #[must_use]
    pub fn seen_by(&self, reader: Reader, now: Instant) -> Self {
        Self {
            facts: seen_by(&self.facts, reader, now),
            ..self.clone()
        }
    }

    /// The same dossier as if one fact had never been recorded.
    #[must_use]
    pub(super) fn without(&self, fact: FactId) -> Self {
        let mut dossier = self.clone();
        dossier.facts.retain(|other| other.id != fact);
        dossier
    }

    /// The facts as a record of the person reads them at an organization.
    fn read_by(&self, record: PersonId, organization: OrganizationId) -> Cow<'_, [Fact]> {
        self.records
            .read_by(&self.facts, self.person.id, record, organization)
    }

    /// The record for which the license at an organization was recorded, or the person's own.
    fn record_at(&self, organization: OrganizationId) -> PersonId {
        self.license_id(organization)
            .map_or(self.person.id, |id| self.record_of(id))
    }

    /// The record for which a fact, request or license was recorded.
    #[must_use]
    pub fn record_of(&self, id: impl Into<uuid::Uuid>) -> PersonId {
        self.records.record_of(id, self.person.id)
    }

    fn case<'a>(
        &'a self,
        organization: OrganizationId,
        facts: &'a [Fact],
        sources: &'a [LoginSource],
    ) -> Case<'a> {
        Case {
            organization,
            facts,
            participations: self
                .participations
                .get(&organization)
                .map(Vec::as_slice)
                .unwrap_or_default(),
            policies: &self.policies,
            sources,
        }
    }

    /// The license of the person at an organization, as it stands at an instant.
    #[must_use]
    pub fn license_at(&self, organization: OrganizationId, at: Instant) -> Evaluation {
        let facts = self.read_by(self.record_at(organization), organization);
        evaluate(
            &self.case(organization, &facts, &self.sources.known_at(at)),
            at,
        )
    }

    /// One license as it stands at an instant, also one that ended as a duplicate.
    #[must_use]
    pub fn license_as(&self, license: &License, at: Instant) -> Evaluation {
        let organization = license.organization_id;
        let Some(kept) = license.duplicate_of else {
            return self.license_at(organization, at);
        };
        let facts = self.records.read_by_duplicate(
            &self.facts,
            self.person.id,
            (self.record_of(license.id), self.record_of(kept)),
            organization,
        );
        evaluate(
            &self.case(organization, &facts, &self.sources.known_at(at)),
            at,
        )
    }

    /// Whether a license and a record belonged to the same person at an instant.
    #[must_use]
    pub fn was_one_person_at(&self, license: LicenseId, record: PersonId, at: Instant) -> bool {
        self.records
            .joining(self.record_of(license), record)
            .is_none_or(|merge| merge.envelope.recorded_at <= at)
    }

    /// The organizations whose license gave access at an instant, by the facts recorded by then: of the one named, or
    /// of all.
    #[must_use]
    pub fn allowed_at(&self, named: Option<OrganizationId>, at: Instant) -> Vec<OrganizationId> {
        self.licenses
            .iter()
            .map(|license| license.organization_id)
            .filter(|id| named.is_none_or(|named| named == *id))
            .filter(|id| self.license_at(*id, at).allowed())
            .collect()
    }

    /// What a new policy version would do to the license of the person at an organization.
    #[must_use]
    pub fn preview_license(
        &self,
        organization: OrganizationId,
        new: NewVersion<'_>,
        now: Instant,
    ) -> LicensePreview {
        let sources = self.sources.known_at(now);
        let facts = self.read_by(self.record_at(organization), organization);
        preview_license(&self.case(organization, &facts, &sources), new, now)
    }

    /// What a new policy version would newly ask of a request. One that a newer request replaced owes nothing more.
    #[must_use]
    pub fn preview_request(
        &self,
        request: &LicenseRequest,
        new: NewVersion<'_>,
        now: Instant,
    ) -> Vec<RequirementKey> {
        if self.replaced_at(request).is_some() {
            return Vec::new();
        }
        let sources = self.sources.known_at(now);
        let facts = self.read_by(self.record_of(request.id), request.organization_id);
        preview_request(
            &self.case(request.organization_id, &facts, &sources),
            new,
            request,
            &self.project_types_of(&request.projects),
        )
    }

    /// Whether any login source is in service: without one the inactivity rule is not in force.
    #[must_use]
    pub fn logins_are_reported(&self, at: Instant) -> bool {
        self.sources.known_at(at).iter().any(|source| {
            source.in_service_from <= at && source.in_service_until.is_none_or(|until| at < until)
        })
    }

    /// A request as it stands at an instant. Once a newer one took its place, nothing that becomes known later reopens
    /// it.
    #[must_use]
    pub fn request_at(&self, request: &LicenseRequest, at: Instant) -> RequestEvaluation {
        let facts = self.read_by(self.record_of(request.id), request.organization_id);
        let sources = self.sources.known_at(at);
        let case = self.case(request.organization_id, &facts, &sources);
        let project_types = self.project_types_of(&request.projects);
        let stood = |last| evaluate_request(&case, request, &project_types, last);
        let evaluation = match self.replaced_at(request).filter(|replaced| *replaced <= at) {
            None => stood(at),
            Some(replaced) => {
                let before = stood(replaced - TimeDelta::microseconds(1));
                // It may have lapsed at the very instant at which the newer one was submitted.
                if before.state.is_open() {
                    stood(replaced)
                } else {
                    before
                }
            }
        };
        RequestEvaluation { at, ..evaluation }
    }

    /// A request as today's facts say it stood at an instant.
    #[must_use]
    pub fn request_in_hindsight(&self, request: &LicenseRequest, at: Instant) -> RequestEvaluation {
        let facts = self.read_by(self.record_of(request.id), request.organization_id);
        request_in_hindsight(
            &self.case(request.organization_id, &facts, &self.sources.known_at(at)),
            request,
            &self.project_types_of(&request.projects),
            at,
        )
    }

    /// When the next request for the same license type at the same organization was submitted; what another record of
    /// the person had asked for before it was the same person takes no place.
    #[must_use]
    pub fn replaced_at(&self, request: &LicenseRequest) -> Option<Instant> {
        self.requests
            .iter()
            .filter(|other| {
                other.organization_id == request.organization_id
                    && other.license_type == request.license_type
                    && (other.submitted_at, other.id) > (request.submitted_at, request.id)
            })
            .filter(|other| {
                self.records
                    .joining(self.record_of(other.id), self.record_of(request.id))
                    .is_none_or(|merge| merge.envelope.recorded_at <= other.submitted_at)
            })
            .map(|other| other.submitted_at)
            .filter(|at| *at > request.submitted_at)
            .min()
    }

    /// The HUD types of projects.
    #[must_use]
    pub fn project_types_of(&self, projects: &[ProjectId]) -> BTreeSet<u8> {
        projects
            .iter()
            .filter_map(|project| self.project_types.get(project).copied())
            .collect()
    }

    /// The base types that carry an add-on at an organization; none for what is no add-on.
    #[must_use]
    pub fn carriers(
        &self,
        license_type: &str,
        organization: OrganizationId,
        at: Instant,
    ) -> BTreeSet<String> {
        self.document_at(organization, at)
            .and_then(|document| {
                let found = document.license_types.get(license_type)?;
                match &found.license {
                    LicenseKind::AddOn { depends_on } => Some(depends_on.clone()),
                    LicenseKind::Base {} => None,
                }
            })
            .unwrap_or_default()
    }

    /// The rules in force for an organization at an instant.
    #[must_use]
    pub fn document_at(
        &self,
        organization: OrganizationId,
        at: Instant,
    ) -> Option<Cow<'_, PolicyDocument>> {
        let policy = self.policy_at(at)?;
        let zone = policy.document.zone()?;
        Some(
            policy
                .document
                .for_organization(organization, local_day(zone, at)),
        )
    }

    /// The rules in force at an instant: as they are for all, or where only the rules for a group of organizations hold
    /// what is asked for, as one of the person's organizations has them.
    #[must_use]
    pub fn document_with(
        &self,
        at: Instant,
        holds: impl Fn(&PolicyDocument) -> bool,
    ) -> Option<Cow<'_, PolicyDocument>> {
        let policy = self.policy_at(at)?;
        if holds(&policy.document) {
            return Some(Cow::Borrowed(&policy.document));
        }
        let requested = self.requests.iter().map(|request| request.organization_id);
        let licensed = self.licenses.iter().map(|license| license.organization_id);
        let everywhere: BTreeSet<OrganizationId> = requested.chain(licensed).collect();
        everywhere
            .into_iter()
            .filter_map(|organization| self.document_at(organization, at))
            .find(|document| holds(document))
            .or(Some(Cow::Borrowed(&policy.document)))
    }

    /// The policy version in force at an instant.
    #[must_use]
    pub fn policy_at(&self, at: Instant) -> Option<&PolicyVersion> {
        self.policies
            .iter()
            .filter(|version| version.effective_from <= at)
            .max_by_key(|version| version.effective_from)
    }

    /// The zone whose days count for the person.
    #[must_use]
    pub fn zone_at(&self, at: Instant) -> chrono_tz::Tz {
        self.policy_at(at)
            .and_then(|policy| policy.document.zone())
            .unwrap_or(self.implementation.time_zone)
    }

    /// The license of the person at an organization.
    #[must_use]
    pub fn license_id(&self, organization: OrganizationId) -> Option<LicenseId> {
        self.licenses
            .iter()
            .find(|license| license.organization_id == organization)
            .map(|license| license.id)
    }

    /// How a license comes back by the return ladder.
    #[must_use]
    pub fn way_back(
        &self,
        organization: OrganizationId,
        license: &Evaluation,
        now: Instant,
    ) -> Option<WayBack> {
        let sources = self.sources.known_at(now);
        let facts = self.read_by(self.record_at(organization), organization);
        way_back(&self.case(organization, &facts, &sources), license, now)
    }

    /// Since when the end of a license is contested and awaits a decision.
    fn contested_at(&self, license: &Evaluation) -> Option<Instant> {
        let contests = license.contested()?.open_contests();
        self.facts
            .iter()
            .filter(|fact| contests.contains(&fact.id))
            .map(|fact| fact.envelope.recorded_at)
            .min()
    }

    /// Adds facts that this transaction records.
    pub fn learn(&mut self, facts: &[Fact]) {
        self.facts.extend_from_slice(facts);
        self.facts
            .sort_by_key(|fact| (fact.envelope.recorded_at, fact.id));
    }

    /// Raises the version of a request where what was just recorded did not.
    pub fn changed_request(
        &mut self,
        unit: &mut dyn UnitOfWork,
        before: &LicenseRequest,
    ) -> Result<(), Error> {
        if let Some(row) = self
            .requests
            .iter_mut()
            .find(|row| row.id == before.id && row.version == before.version)
        {
            unit.update_request(row)?;
            row.version += 1;
        }
        Ok(())
    }

    /// Whether there is anything in the implementation of which there is only so much.
    #[must_use]
    pub fn has_waitlists(&self) -> bool {
        self.policies
            .iter()
            .any(|version| version.document.has_waitlists())
    }

    /// Brings the recorded state of every request and license of the person up to date, and settles what places that
    /// frees, needs or gives back. A changed state changes the row's version; a changed outlook (a fact that acts later,
    /// a new generation) does not.
    pub fn record_states(&mut self, tx: &mut Tx<'_>) -> Result<(), Error> {
        let ran = waitlist::running(self);
        self.write_states(tx.unit, tx.now)?;
        waitlist::settle(tx, self, &ran)
    }

    pub(super) fn write_states(
        &mut self,
        unit: &mut dyn UnitOfWork,
        now: Instant,
    ) -> Result<(), Error> {
        let generation = self.implementation.generation;
        let licenses: Vec<(Evaluation, Option<Instant>)> = self
            .licenses
            .iter()
            .chain(&self.duplicates)
            .map(|license| self.license_as(license, now))
            .map(|evaluation| {
                let contested_at = self.contested_at(&evaluation);
                (evaluation, contested_at)
            })
            .collect();
        let requests: Vec<RequestEvaluation> = self
            .requests
            .iter()
            .map(|request| self.request_at(request, now))
            .collect();
        let rows = self.licenses.iter_mut().chain(&mut self.duplicates);
        for (row, (evaluation, contested_at)) in rows.zip(licenses) {
            // A license that never began keeps its recorded state and is up to date: else it would be due for ever.
            let state = evaluation.status().unwrap_or(row.recorded.state);
            let license_type = evaluation.period().map_or_else(
                || row.license_type.clone(),
                |period| period.license_type.clone(),
            );
            let recorded = RecordedState {
                state,
                next_change_at: evaluation.look_again_at(),
                generation,
            };
            if row.recorded.state != state || row.license_type != license_type {
                row.recorded = recorded;
                row.license_type = license_type;
                row.contested_at = contested_at;
                row.listed_from = evaluation.listed_from;
                unit.update_license(row)?;
                row.version += 1;
            } else if row.recorded != recorded
                || row.contested_at != contested_at
                || row.listed_from != evaluation.listed_from
            {
                row.recorded = recorded;
                row.contested_at = contested_at;
                row.listed_from = evaluation.listed_from;
                unit.record_license_outlook(row)?;
            }
        }
        for (row, evaluation) in self.requests.iter_mut().zip(requests) {
            let recorded = RecordedState {
                state: evaluation.state,
                next_change_at: evaluation.next_change_at(),
                generation,
            };
            if row.recorded.state != evaluation.state {
                row.recorded = recorded;
                unit.update_request(row)?;
                row.version += 1;
            } else if row.recorded != recorded {
                row.recorded = recorded;
                unit.record_request_outlook(row)?;
            }
        }
        Ok(())
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
    let heartbeats = match since {
        Some(since) => view.decisive_heartbeats(implementation.id, since - HEARTBEAT_SKEW * 2)?,
        None => Vec::new(),
    };
    Ok(Sources::new(acts, heartbeats))
}

fn by<T, K: Ord>(rows: Vec<T>, key: impl Fn(&T) -> K) -> BTreeMap<K, Vec<T>> {
    let mut map: BTreeMap<K, Vec<T>> = BTreeMap::new();
    for row in rows {
        map.entry(key(&row)).or_default().push(row);
    }
    map
}

/// Evaluates people whose recorded states belong to an older generation and records what holds now: at most `limit`
/// people, all of one implementation, whose guard rows are locked in their order; returns how many were done, so that
/// the caller stops at 0.
pub fn evaluate_due_people(tx: &mut Tx<'_>, limit: i64) -> Result<usize, Error> {
    let stale = tx.unit.stale_people(limit)?;
    evaluate_people(tx, &stale)
}

/// Brings the recorded states of those people up to date who are of the same implementation as the first.
pub(super) fn evaluate_people(tx: &mut Tx<'_>, people: &[PersonId]) -> Result<usize, Error> {
    let known = tx.unit.people_by_id(people)?;
    let Some(implementation) = known.first().map(|person| person.implementation_id) else {
        return Ok(0);
    };
    let people: Vec<PersonId> = known
        .iter()
        .filter(|person| person.implementation_id == implementation)
        .map(|person| person.id)
        .collect();
    tx.lock_people(people.iter().copied())?;
    let mut dossiers = Dossier::load_many(tx.unit, &people, &[])?;
    for dossier in &mut dossiers {
        dossier.record_states(tx)?;
    }
    Ok(people.len())
}
