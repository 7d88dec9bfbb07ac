//! Who acts, with his live authority.

use super::ids::Ids;
use super::{Caller, Instant};
use crate::application::actor::Actor;
use crate::application::error::Error;
use crate::application::ports::{Principal, StaffRole, StoreError, UnitOfWork, View};
use crate::application::roster::delegations;
use crate::application::roster::supervisors::by_organization;
use crate::domain::fact::FactBody;

/// The live authority of a caller, read in the transaction of his request.
pub fn load_actor(view: &mut dyn View, caller: &Caller, now: Instant) -> Result<Actor, Error> {
    let principal = view
        .principal_of(&caller.issuer, &caller.subject)?
        .ok_or(Error::Unauthenticated)?;
    let grants = view.staff_roles_of(principal.id)?;
    let mut grants = by_organization(view, grants, None, now)?;
    drop_grants_of_the_departed(view, &mut grants, now)?;
    let mut actor = Actor::new(principal, grants, now);
    let lent = delegations::lent_to(view, &actor, now)?;
    actor.grants.extend(lent);
    Ok(actor)
}

/// Issuer of the principals that are no credential's.
pub const OPERATOR_ISSUER: &str = "hmis-licensing";
/// Subject of the principal who acts from the command line.
pub const OPERATOR_SUBJECT: &str = "cli";

/// Subject of the principal who acts where time alone brought something about.
pub const SERVICE_SUBJECT: &str = "service";

/// A principal of the program itself, recorded when it first acts. It has no grants, so that a token of this name can
/// do nothing.
pub(super) fn own(
    unit: &mut dyn UnitOfWork,
    ids: &mut Ids,
    (subject, name): (&str, &str),
    now: Instant,
) -> Result<Principal, StoreError> {
    if let Some(found) = unit.principal_of(OPERATOR_ISSUER, subject)? {
        return Ok(found);
    }
    let principal = Principal {
        id: ids.draw().into(),
        issuer: OPERATOR_ISSUER.to_owned(),
        subject: subject.to_owned(),
        display_name: name.to_owned(),
        recorded_at: now,
        disabled_at: None,
        version: 1,
    };
    unit.insert_principal(&principal)?;
    Ok(principal)
}

/// A departure ends the staff roles of that person at that organization, at its instant and without any job.
fn drop_grants_of_the_departed(
    view: &mut dyn View,
    grants: &mut Vec<StaffRole>,
    now: Instant,
) -> Result<(), Error> {
    let people: Vec<_> = grants
        .iter()
        .filter(|grant| grant.organization_id.is_some())
        .filter_map(|grant| grant.person_id)
        .collect();
    if people.is_empty() {
        return Ok(());
    }
    let facts = view.facts_of_people(&people)?;
    if !facts
        .iter()
        .any(|fact| matches!(fact.body, FactBody::Departed))
    {
        return Ok(());
    }
    grants.retain(|grant| !grant.has_left(&facts, now));
    Ok(())
}
