//! Who may ask for a license, by the policy and by the roles of whoever asks.

use super::submit::NewRequest;
use crate::application::Error;
use crate::application::actor::{Action, Actor, Role, Scope};
use crate::application::ports::View;
use crate::domain::calendar::Instant;
use crate::domain::departure::has_departed;
use crate::domain::ids::PersonId;
use crate::domain::policy::{RequestRules, RequestSource};
use crate::domain::roster::Organization;

/// Whoever a request is made for needs authority for the organization, as the recorder needs it for the action.
pub(super) fn supervises(
    view: &mut dyn View,
    person: PersonId,
    organization: &Organization,
    now: Instant,
) -> Result<bool, Error> {
    let grants = view.live_grants(Role::Supervisor, Some(organization.implementation_id), now)?;
    let facts = view.facts_of_people(&[person])?;
    Ok(grants.iter().any(|grant| {
        grant.person_id == Some(person)
            && grant.organization_id == Some(organization.id)
            && !has_departed(&facts, person, organization.id, grant.from_at, now)
    }))
}

pub(super) fn is_staff(actor: &Actor, organization: &Organization) -> bool {
    let scope = Scope::organization(organization.implementation_id, organization.id);
    actor
        .grants
        .iter()
        .any(|grant| grant.role.is_staff() && grant.allows(Action::SubmitRequest, scope))
}

/// The first way of requesting that the policy allows this actor.
pub(super) fn source_of<'r>(
    actor: &Actor,
    organization: &Organization,
    new: &NewRequest,
    rules: &'r RequestRules,
) -> Option<&'r crate::domain::policy::Requester> {
    let scope = Scope::organization(organization.implementation_id, organization.id);
    let roles: Vec<Role> = actor
        .grants
        .iter()
        .filter(|grant| grant.allows(Action::SubmitRequest, scope))
        .map(|grant| grant.role)
        .collect();
    let has = |role| roles.contains(&role);
    rules
        .requesters
        .iter()
        .find(|requester| match requester.from {
            RequestSource::Supervisor {} => has(Role::Supervisor),
            RequestSource::HelpDeskForSupervisor {} => {
                (has(Role::HelpDesk) || has(Role::SystemAdmin)) && new.requested_by.is_some()
            }
            RequestSource::Staff {} => has(Role::SystemAdmin) || has(Role::HelpDesk),
            RequestSource::AuthorizedSigner {}
            | RequestSource::Trainee {}
            | RequestSource::CoursePassed { .. } => false,
        })
}

pub(super) fn source_name(source: &RequestSource) -> &'static str {
    match source {
        RequestSource::Supervisor {} => "a supervisor of the organization",
        RequestSource::AuthorizedSigner {} => "the organization's authorized signer",
        RequestSource::HelpDeskForSupervisor {} => {
            "the help desk for a supervisor (name the supervisor in `requested_by`)"
        }
        RequestSource::Staff {} => "staff of the HMIS lead",
        RequestSource::Trainee {} => "the trainee",
        RequestSource::CoursePassed { .. } => "the pass of a course",
    }
}
