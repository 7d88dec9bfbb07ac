//! The rules that hold for somebody, at an organization and an instant.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::domain::calendar::{Instant, local_day};
use crate::domain::ids::{OrganizationId, ProjectId};
use crate::domain::policy::{LicenseKind, PolicyDocument, PolicyVersion};
use crate::domain::request::LicenseRequest;

use super::Dossier;

impl Dossier {
    /// The HUD types of projects.
    #[must_use]
    pub fn project_types_of(&self, projects: &[ProjectId]) -> BTreeSet<u8> {
        projects
            .iter()
            .filter_map(|project| self.project_types.get(project).copied())
            .collect()
    }

    /// The projects that a request asks for, each with its HUD type where it has one.
    #[must_use]
    pub fn projects_of(&self, request: &LicenseRequest) -> Vec<(ProjectId, Option<u8>)> {
        request
            .projects
            .iter()
            .map(|project| (*project, self.project_types.get(project).copied()))
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
        self.own_documents_at(at)
            .into_iter()
            .find(|document| holds(document))
            .or(Some(Cow::Borrowed(&policy.document)))
    }

    /// The rules in force at an instant for each of the person's organizations.
    #[must_use]
    pub fn own_documents_at(&self, at: Instant) -> Vec<Cow<'_, PolicyDocument>> {
        let requested = self.requests.iter().map(|request| request.organization_id);
        let licensed = self.licenses.iter().map(|license| license.organization_id);
        let everywhere: BTreeSet<OrganizationId> = requested.chain(licensed).collect();
        everywhere
            .into_iter()
            .filter_map(|organization| self.document_at(organization, at))
            .collect()
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
}
