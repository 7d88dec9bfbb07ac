//! What a role is granted for.

use super::NewStaffRole;
use crate::application::Tx;
use crate::application::actor::{Action, Role, Scope};
use crate::application::error::Error;
use crate::application::roster::input::Faults;
use crate::application::roster::supervisors::groups_in_force;
use crate::application::visible::{organization_of, person_of, visible_implementation};
use crate::domain::ids::PersonId;

/// Asks for the authority to grant, and whether what is named can be named.
/// Answers who the principal is.
pub(super) fn authorize_grant(
    tx: &mut Tx<'_>,
    faults: &mut Faults,
    new: &NewStaffRole,
) -> Result<Option<PersonId>, Error> {
    let Some(implementation) = new.implementation_id else {
        // Whoever administers some implementations knows that there are others, so this is no secret.
        return tx
            .authorize(Action::ManageStaffRole, Scope::DEPLOYMENT)
            .map(|()| new.person_id)
            .map_err(|_| Error::Forbidden);
    };
    let actor = tx.actor;
    let found = faults.gather(visible_implementation(
        tx.unit,
        actor,
        implementation,
        "/implementation_id",
    ))?;
    if found.is_some() {
        tx.authorize(
            Action::ManageStaffRole,
            Scope::implementation(implementation),
        )?;
    }
    if let Some(id) = new.organization_id {
        faults.gather(organization_of(
            tx.unit,
            actor,
            implementation,
            id,
            "/organization_id",
        ))?;
    }
    if let (Role::Supervisor, Some(group), Some(_)) = (new.role, &new.organization_group, found) {
        let known = groups_in_force(tx.unit, implementation, tx.now)?;
        if !known.contains(group) {
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            faults.at("/organization_group", unknown_group(&known));
        }
    }
    let Some(id) = new.person_id else {
        return Ok(None);
    };
    let person = faults.gather(person_of(tx.unit, actor, implementation, id, "/person_id"))?;
    Ok(person.map(|person| person.id))
}

/// What scope a role needs and what it must not have. `person_needed`: whether a supervisor must be a known person.
pub(crate) fn check_scope(faults: &mut Faults, new: &NewStaffRole, person_needed: bool) {
    let role = new.role;
    let group = new.organization_group.is_some();
    let tied = matches!(role, Role::Supervisor | Role::EndUser);
    let machine = matches!(role, Role::HmisFrontend | Role::Integration);
    faults.need(
        new.implementation_id.is_some()
            || !(tied || group || new.organization_id.is_some() || new.person_id.is_some()),
        "/implementation_id",
        "is missing: organizations, their groups and people belong to one implementation",
    );
    match (role, new.organization_id) {
        (Role::Supervisor, None) => faults.need(
            group,
            "/organization_id",
            "is missing: a supervisor is one of an organization, or of a group of them, by `organization_group`",
        ),
        (Role::Supervisor, Some(_)) => faults.need(
            !group,
            "/organization_group",
            "must be left out: a supervisor is one of an organization or of a group, never of both in one grant",
        ),
        (_, organization) => {
            faults.need(
                organization.is_none(),
                "/organization_id",
                "must be left out: only supervisors are limited to an organization",
            );
            faults.need(
                !group,
                "/organization_group",
                "must be left out: only supervisors may be granted a group of organizations",
            );
        }
    }
    let person_missing = match role {
        Role::EndUser => new.person_id.is_none(),
        Role::Supervisor => person_needed && new.person_id.is_none(),
        _ => false,
    };
    faults.need(
        !person_missing,
        "/person_id",
        "is missing: without it nobody can tell whether the principal acts in his own case",
    );
    faults.need(
        !(machine && new.person_id.is_some()),
        "/person_id",
        "must be left out: a machine is no person",
    );
}

/// What is said of a code that the policy in force does not know.
fn unknown_group(known: &[&str]) -> String {
    if known.is_empty() {
        "is no group of the policy in force, which has none: they are `organization_groups` of the policy".to_owned()
    } else {
        format!(
            "is no group of the policy in force, which has: {}",
            known.join(", ")
        )
    }
}
