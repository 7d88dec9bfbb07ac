//! Where supervisors are supervisors: at the organization of their grant, or at every member of the group of
//! organizations of their grant.
//!
//! Who is a member of a group on a day, the policy says, so that a grant for a group grows and shrinks with it and
//! nobody touches the grant. It is read as one role for each member, and nothing else need know of groups: each is a
//! supervisor's role like any other, a deputy is named for one of them, and a departure ends that one alone. Every such
//! role begins with the grant, not with the membership: to whoever left an organization no new date of its membership
//! gives it back.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::existing;
use crate::application::actor::Role;
use crate::application::error::Error;
use crate::application::ports::{Page, RosterFilter, StaffRole, StoreError, View, Visible};
use crate::domain::calendar::local_day;
use crate::domain::ids::{ImplementationId, OrganizationId};
use crate::domain::policy::Timeline;

type Instant = DateTime<Utc>;

/// The roles by which these organizations are supervised now, of whoever has left since too.
pub(in crate::application) fn roles_at(
    view: &mut dyn View,
    organizations: &[OrganizationId],
    now: Instant,
) -> Result<Vec<StaffRole>, Error> {
    let grants = view.live_supervisors(organizations, now)?;
    by_organization(view, grants, Some(organizations), now)
}

/// The roles by which the organizations of an implementation are supervised now, of whoever has left since too.
pub(in crate::application) fn roles_in(
    view: &mut dyn View,
    implementation: ImplementationId,
    now: Instant,
) -> Result<Vec<StaffRole>, Error> {
    let grants = view.live_grants(Role::Supervisor, Some(implementation), now)?;
    by_organization(view, grants, None, now)
}

/// Grants as they hold now: in place of one for a group of organizations a role at each of its members, or at those
/// `among` these, after the other grants. One that is not live is none.
pub(in crate::application) fn by_organization(
    view: &mut dyn View,
    grants: Vec<StaffRole>,
    among: Option<&[OrganizationId]>,
    now: Instant,
) -> Result<Vec<StaffRole>, Error> {
    let for_group =
        |grant: &StaffRole| grant.organization_group.is_some() && grant.organization_id.is_none();
    let (of_groups, mut found): (Vec<_>, Vec<_>) = grants.into_iter().partition(for_group);
    let mut by_implementation: BTreeMap<ImplementationId, Vec<StaffRole>> = BTreeMap::new();
    for grant in of_groups.into_iter().filter(|grant| grant.is_live(now)) {
        if let Some(id) = grant.implementation_id {
            by_implementation.entry(id).or_default().push(grant);
        }
    }
    for (implementation, grants) in by_implementation {
        let codes = grants
            .iter()
            .filter_map(|grant| grant.organization_group.as_deref())
            .collect();
        let members = members(view, implementation, codes, among, now)?;
        for grant in &grants {
            let group = grant.organization_group.as_deref().unwrap_or_default();
            let there = members.get(group).into_iter().flatten();
            found.extend(there.map(|organization| StaffRole {
                organization_id: Some(*organization),
                ..grant.clone()
            }));
        }
    }
    Ok(found)
}

/// The members of groups of an implementation today, by the policy in force.
fn members<'a>(
    view: &mut dyn View,
    id: ImplementationId,
    groups: BTreeSet<&'a str>,
    among: Option<&[OrganizationId]>,
    now: Instant,
) -> Result<BTreeMap<&'a str, BTreeSet<OrganizationId>>, Error> {
    let implementation = existing(view.implementation(id)?, "implementation")?;
    let policies = Timeline::new(view.policy_versions(id)?);
    let Some(policy) = policies.in_force_at(now) else {
        return Ok(BTreeMap::new());
    };
    let zone = policy.document.zone().unwrap_or(implementation.time_zone);
    let today = local_day(zone, now);
    let mut members: BTreeMap<&str, BTreeSet<OrganizationId>> = groups
        .into_iter()
        .map(|group| (group, policy.document.members_of(group, today)))
        .collect();
    if let Some(among) = among {
        for of_group in members.values_mut() {
            of_group.retain(|organization| among.contains(organization));
        }
    }
    // A policy may name any id; a role reaches no organization but those of its implementation.
    let known = known(view, id, members.values().flatten().copied().collect())?;
    for of_group in members.values_mut() {
        of_group.retain(|organization| known.contains(organization));
    }
    Ok(members)
}

/// Those of these organizations that the implementation has.
fn known(
    view: &mut dyn View,
    implementation: ImplementationId,
    organizations: BTreeSet<OrganizationId>,
) -> Result<BTreeSet<OrganizationId>, Error> {
    if organizations.is_empty() {
        return Ok(organizations);
    }
    let filter = RosterFilter {
        implementation_id: Some(implementation),
        organization_id: None,
    };
    let page = Page {
        after: None,
        limit: i64::try_from(organizations.len()).unwrap_or(i64::MAX),
    };
    let visible = Visible {
        organizations: organizations.into_iter().collect(),
        ..Visible::default()
    };
    let rows = view.organizations(&visible, &filter, page)?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// The codes of the groups of organizations that the policy in force knows.
pub(in crate::application) fn groups_in_force(
    view: &mut dyn View,
    implementation: ImplementationId,
    now: Instant,
) -> Result<BTreeSet<String>, StoreError> {
    let policies = Timeline::new(view.policy_versions(implementation)?);
    let policy = policies.in_force_at(now);
    Ok(policy
        .map(|policy| {
            let groups = policy.document.organization_groups.keys();
            groups.cloned().collect()
        })
        .unwrap_or_default())
}
