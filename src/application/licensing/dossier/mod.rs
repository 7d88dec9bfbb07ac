//! Everything that is known about one person, loaded in a fixed number of queries.

mod ask;
mod load;
mod record;
mod rules;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::calendar::Instant;
use crate::domain::evaluate::{Case, LoginSource, Reader, seen_by};
use crate::domain::fact::Fact;
use crate::domain::ids::{FactId, LicenseId, OrganizationId, PersonId, ProjectId};
use crate::domain::license::License;
use crate::domain::login::Sources;
use crate::domain::merge::Records;
use crate::domain::policy::PolicyVersion;
use crate::domain::request::LicenseRequest;
use crate::domain::roster::{Implementation, Participation, Person};

pub use load::login_sources;
pub use record::evaluate_due_people;
pub(super) use record::evaluate_people;

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

    /// The instant that a reader asks about who asks about now: no earlier than the last thing recorded of the person. A
    /// clock that was set back, or that of another instance, does not hide what is known.
    #[must_use]
    pub fn now(&self, now: Instant) -> Instant {
        self.facts
            .last()
            .map_or(now, |last| last.envelope.recorded_at.max(now))
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

    /// Whether a record is read as this person.
    #[must_use]
    pub fn is_made_of(&self, record: PersonId) -> bool {
        record == self.person.id
            || self
                .records
                .merges()
                .iter()
                .any(|merge| merge.duplicate == record)
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

    /// Whether a license and a record belonged to the same person at an instant.
    #[must_use]
    pub fn was_one_person_at(&self, license: LicenseId, record: PersonId, at: Instant) -> bool {
        self.records
            .joining(self.record_of(license), record)
            .is_none_or(|merge| merge.envelope.recorded_at <= at)
    }

    /// Whether any login source is in service: without one the inactivity rule is not in force.
    #[must_use]
    pub fn logins_are_reported(&self, at: Instant) -> bool {
        self.sources.known_at(at).iter().any(|source| {
            source.in_service_from <= at && source.in_service_until.is_none_or(|until| at < until)
        })
    }

    /// The license of the person at an organization.
    #[must_use]
    pub fn license_id(&self, organization: OrganizationId) -> Option<LicenseId> {
        self.licenses
            .iter()
            .find(|license| license.organization_id == organization)
            .map(|license| license.id)
    }
}
