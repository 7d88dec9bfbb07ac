//! How the pools stand, and where a request stands in line.

use std::collections::{BTreeMap, BTreeSet};

use super::super::requests::RequestShown;
use super::{pools, tally};
use crate::application::actor::{Action, Denied, Scope};
use crate::application::ports::View;
use crate::application::{Error, Fault, Rx};
use crate::domain::calendar::Instant;
use crate::domain::ids::{ImplementationId, OrganizationId};
use crate::domain::seat::{Figures, Place, Pool, PoolScope, Turn};

/// Which pools are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatsQuery {
    /// Id or code.
    pub implementation: String,
    /// Only those of this organization.
    pub organization: Option<OrganizationId>,
}

/// A pool as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolShown {
    pub pool: Pool,
    pub figures: Figures,
    /// Whether it binds today; else it only reports.
    pub enforced: bool,
}

/// The pools of an implementation as they stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatsShown {
    pub implementation_id: ImplementationId,
    pub pools: Vec<PoolShown>,
    pub evaluated_at: Instant,
}

/// The pools of an implementation, or of one organization: whoever acts for an agency sees its own only.
pub fn seats(rx: &mut Rx<'_>, query: &SeatsQuery) -> Result<SeatsShown, Error> {
    let unknown = |parameter| {
        Error::Invalid(vec![Fault::parameter(
            parameter,
            format!("names no {parameter} you may know of"),
        )])
    };
    let id = match query.implementation.parse::<ImplementationId>() {
        Ok(id) => rx.view.implementation(id)?,
        Err(_) => rx.view.implementation_by_code(&query.implementation)?,
    }
    .ok_or_else(|| unknown("implementation"))?
    .id;
    // Whoever acts for an agency may know of the implementation, and see his own organization's pools.
    match (
        rx.actor
            .authorize(Action::ReadSeats, Scope::implementation(id)),
        query.organization,
    ) {
        (Err(Denied::Hidden), _) => return Err(unknown("implementation")),
        (Err(Denied::Forbidden), None) => return Err(Error::Forbidden),
        (Ok(_) | Err(Denied::Forbidden), _) => {}
    }
    if let Some(organization) = query.organization {
        let found = rx.view.organization(organization)?;
        if found.is_none_or(|found| found.implementation_id != id) {
            return Err(unknown("organization"));
        }
        match rx
            .actor
            .authorize(Action::ReadSeats, Scope::organization(id, organization))
        {
            Ok(_) => {}
            Err(Denied::Hidden) => return Err(unknown("organization")),
            Err(Denied::Forbidden) => return Err(Error::Forbidden),
        }
    }
    let versions = rx.view.policy_versions(id)?;
    let tally = tally(rx.view, id, rx.now)?;
    let Some(version) = versions
        .iter()
        .filter(|version| version.effective_from <= rx.now)
        .max_by_key(|version| version.effective_from)
    else {
        return Err(Error::NoPolicy);
    };
    let Some(mut pools) = pools(&versions, rx.now) else {
        return Err(Error::NoPolicy);
    };
    let types: Vec<&String> = version.document.license_types.keys().collect();
    // Every organization that has, holds, keeps or waits for anything, or that a cap or group names; and for what binds
    // all alike, none in particular.
    let organizations: BTreeSet<OrganizationId> = match query.organization {
        Some(organization) => BTreeSet::from([organization]),
        None => tally
            .running
            .iter()
            .map(|running| running.organization_id)
            .chain(tally.entries.iter().map(|entry| entry.organization_id))
            .chain(tally.kept.iter().map(|kept| kept.organization_id))
            .chain(version.document.organizations_with_caps())
            .chain([OrganizationId(uuid::Uuid::nil())])
            .collect(),
    };
    let mut found: BTreeSet<Pool> = BTreeSet::new();
    for organization in &organizations {
        for place in Place::ALL {
            for license_type in &types {
                let known = pools.all(place, *organization, license_type).iter();
                found.extend(known.cloned());
            }
        }
    }
    let nobody = PoolScope::Organization(OrganizationId(uuid::Uuid::nil()));
    let own = query.organization.map(PoolScope::Organization);
    let day = pools.day();
    Ok(SeatsShown {
        implementation_id: id,
        pools: found
            .into_iter()
            .filter(|pool| pool.scope != nobody)
            .filter(|pool| own.as_ref().is_none_or(|own| pool.scope == *own))
            .map(|pool| PoolShown {
                figures: tally.figures(&pool),
                enforced: pool.binds_on(day),
                pool,
            })
            .collect(),
        evaluated_at: rx.now,
    })
}

/// Adds to requests that wait where they stand in line; one look at each line, however many they are.
pub(in crate::application::licensing) fn add_turns(
    view: &mut dyn View,
    shown: &mut [RequestShown],
    now: Instant,
) -> Result<(), Error> {
    let mut waiting: BTreeMap<ImplementationId, Vec<&mut RequestShown>> = BTreeMap::new();
    for one in shown {
        if one.evaluation.waits() {
            waiting
                .entry(one.request.implementation_id)
                .or_default()
                .push(one);
        }
    }
    for (id, requests) in waiting {
        let versions = view.policy_versions(id)?;
        let tally = tally(view, id, now)?;
        let Some(mut pools) = pools(&versions, now) else {
            continue;
        };
        for one in requests {
            one.turn = tally.turn(one.request.id, &mut pools);
            if let Some(turn) = &one.turn {
                let sentence = sentence(turn);
                for need in &mut one.evaluation.needs {
                    *need = need.replace(turn.place.needed(), &sentence);
                }
            }
        }
    }
    Ok(())
}

/// The same for one request.
pub(in crate::application::licensing) fn turn_of(
    view: &mut dyn View,
    mut shown: RequestShown,
    now: Instant,
) -> Result<RequestShown, Error> {
    add_turns(view, std::slice::from_mut(&mut shown), now)?;
    Ok(shown)
}

fn sentence(turn: &Turn) -> String {
    format!(
        "{}: the request is number {} of {} in line",
        turn.place.needed(),
        turn.position,
        turn.waiting
    )
}
