//! What is asked of a dossier: every question goes to `evaluate`.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use crate::domain::calendar::Instant;
use crate::domain::departure::has_departed;
use crate::domain::evaluate::{
    Evaluation, LicensePreview, NewVersion, RequestEvaluation, WayBack, evaluate, evaluate_request,
    is_barred, next_absence, preview_license, preview_request, request_in_hindsight, way_back,
};
use crate::domain::ids::OrganizationId;
use crate::domain::license::License;
use crate::domain::request::LicenseRequest;
use crate::domain::requirement::RequirementKey;

use super::Dossier;

impl Dossier {
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

    /// When an absence takes the access of a license away next, as the circuit breaker counts it.
    #[must_use]
    pub(super) fn next_absence(
        &self,
        license: &License,
        evaluation: &Evaluation,
        at: Instant,
    ) -> Option<Instant> {
        let organization = license.organization_id;
        let facts = self.read_by(self.record_at(organization), organization);
        let sources = self.sources.known_at(at);
        next_absence(&self.case(organization, &facts, &sources), evaluation, at)
            .filter(|_| license.duplicate_of.is_none())
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

    /// The organizations at which the person works, as far as requests and licenses tell: an open request, or a license
    /// without a departure since its last period began. Whose license ended otherwise works on.
    #[must_use]
    pub fn works_at(&self, at: Instant) -> BTreeSet<OrganizationId> {
        let requested = self
            .requests
            .iter()
            .filter(|request| self.request_at(request, at).state.is_open())
            .map(|request| request.organization_id);
        let licensed = self
            .licenses
            .iter()
            .map(|license| license.organization_id)
            .filter(|organization| {
                let license = self.license_at(*organization, at);
                license.period().is_some_and(|period| {
                    !has_departed(&self.facts, self.person.id, *organization, period.from, at)
                })
            });
        requested.chain(licensed).collect()
    }

    /// Whether the person may hold no license in the implementation at an instant.
    #[must_use]
    pub fn is_barred(&self, at: Instant) -> bool {
        is_barred(&self.facts, at)
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
}
