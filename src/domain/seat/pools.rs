//! The pools that a policy makes.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::{Place, Pool, PoolScope};
use crate::domain::ids::OrganizationId;
use crate::domain::policy::{CapScope, PolicyDocument, PracticeRules, SeatCap};

impl PolicyDocument {
    /// The pools that a license of a type at an organization falls under on a local day. The document is that of the
    /// organization.
    #[must_use]
    pub fn pools(
        &self,
        place: Place,
        organization: OrganizationId,
        license_type: &str,
        day: NaiveDate,
    ) -> Vec<Pool> {
        match place {
            Place::Seat => self.seat_pools(organization, license_type, day),
            Place::Practice => self.practice_pool(license_type).into_iter().collect(),
        }
    }

    fn seat_pools(
        &self,
        organization: OrganizationId,
        license_type: &str,
        day: NaiveDate,
    ) -> Vec<Pool> {
        let is_base = self
            .license_types
            .get(license_type)
            .is_some_and(crate::domain::policy::LicenseType::is_base);
        if !is_base {
            return Vec::new();
        }
        let groups = self.groups_of(organization, day);
        self.seats
            .caps
            .iter()
            .filter(|cap| cap.license_types.is_empty() || cap.license_types.contains(license_type))
            .filter_map(|cap| {
                let scope = match &cap.scope {
                    CapScope::Implementation {} => PoolScope::Implementation,
                    CapScope::Group { group } => {
                        let narrowest = self.narrowest(cap, &groups)? == group;
                        narrowest.then(|| self.group_scope(cap, group, day))?
                    }
                    CapScope::EachOrganization {} => {
                        let named = self.seats.caps.iter().any(|other| {
                            other.license_types == cap.license_types
                                && matches!(&other.scope, CapScope::Organization { organization_id } if *organization_id == organization)
                        });
                        (!named).then_some(PoolScope::Organization(organization))?
                    }
                    CapScope::Organization { organization_id } => (*organization_id
                        == organization)
                        .then_some(PoolScope::Organization(organization))?,
                };
                Some(Pool {
                    place: Place::Seat,
                    scope,
                    license_types: cap.license_types.clone(),
                    places: cap.seats,
                    enforced_from: cap.enforced_from,
                })
            })
            .collect()
    }

    /// The narrowest of some groups that has a cap on the same types as another cap.
    fn narrowest<'g>(&'g self, like: &SeatCap, groups: &BTreeMap<&str, usize>) -> Option<&'g str> {
        self.seats
            .caps
            .iter()
            .filter(|cap| cap.license_types == like.license_types)
            .filter_map(|cap| match &cap.scope {
                CapScope::Group { group } => Some((*groups.get(group.as_str())?, group.as_str())),
                _ => None,
            })
            .max_by_key(|(rank, _)| *rank)
            .map(|(_, group)| group)
    }

    fn group_scope(&self, cap: &SeatCap, group: &str, day: NaiveDate) -> PoolScope {
        let everybody: BTreeSet<OrganizationId> = self
            .organization_groups
            .values()
            .flat_map(|group| &group.members)
            .filter(|member| member.holds_on(day))
            .map(|member| member.organization_id)
            .collect();
        PoolScope::Group {
            group: group.to_owned(),
            organizations: everybody
                .into_iter()
                .filter(|id| self.narrowest(cap, &self.groups_of(*id, day)) == Some(group))
                .collect(),
        }
    }

    /// How many people may practise at a time for a license type.
    #[must_use]
    pub fn practice_pool(&self, license_type: &str) -> Option<Pool> {
        let rules = self.license_types.get(license_type)?.practice.as_ref();
        Some(Pool {
            place: Place::Practice,
            scope: PoolScope::Implementation,
            license_types: BTreeSet::from([license_type.to_owned()]),
            places: places(rules)?,
            enforced_from: rules.and_then(|rules| rules.enforced_from),
        })
    }

    /// The organizations that caps and groups name.
    pub fn organizations_with_caps(&self) -> impl Iterator<Item = OrganizationId> + '_ {
        let named = self.seats.caps.iter().filter_map(|cap| match &cap.scope {
            CapScope::Organization { organization_id } => Some(*organization_id),
            _ => None,
        });
        let members = self
            .organization_groups
            .values()
            .flat_map(|group| &group.members)
            .map(|member| member.organization_id);
        named.chain(members)
    }

    /// The local days on which a cap begins to be more than a report.
    pub fn caps_enforced_from(&self) -> impl Iterator<Item = NaiveDate> + '_ {
        self.seats.caps.iter().filter_map(|cap| cap.enforced_from)
    }
}

fn places(rules: Option<&PracticeRules>) -> Option<u32> {
    Some(u32::from(rules?.places?))
}

/// The pools of one version of a policy on one day, for any organization, each worked out once.
pub struct Pools<'a> {
    document: &'a PolicyDocument,
    day: NaiveDate,
    of_organizations: BTreeMap<OrganizationId, Cow<'a, PolicyDocument>>,
    known: BTreeMap<(Place, OrganizationId, String), Vec<Pool>>,
}

impl<'a> Pools<'a> {
    #[must_use]
    pub fn new(document: &'a PolicyDocument, day: NaiveDate) -> Self {
        Self {
            document,
            day,
            of_organizations: BTreeMap::new(),
            known: BTreeMap::new(),
        }
    }

    #[must_use]
    pub fn day(&self) -> NaiveDate {
        self.day
    }

    /// Those that bind, and those that only report yet.
    pub fn all(
        &mut self,
        place: Place,
        organization: OrganizationId,
        license_type: &str,
    ) -> &[Pool] {
        let (document, day) = (self.document, self.day);
        let of_organizations = &mut self.of_organizations;
        self.known
            .entry((place, organization, license_type.to_owned()))
            .or_insert_with(|| {
                of_organizations
                    .entry(organization)
                    .or_insert_with(|| document.for_organization(organization, day))
                    .pools(place, organization, license_type, day)
            })
    }

    /// Those in which somebody needs a free place.
    pub fn needed(
        &mut self,
        place: Place,
        organization: OrganizationId,
        license_type: &str,
        changes_from: Option<&str>,
    ) -> Vec<Pool> {
        let day = self.day;
        self.all(place, organization, license_type)
            .iter()
            .filter(|pool| pool.binds_on(day))
            .filter(|pool| pool.loses_to(organization, license_type, changes_from))
            .cloned()
            .collect()
    }
}
