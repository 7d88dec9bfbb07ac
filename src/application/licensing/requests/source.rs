//! Who may ask for a license, by the policy and by the roles of whoever asks.

use chrono::NaiveDate;

use super::contact::contact_named;
use super::submit::NewRequest;
use super::trainee::PersonNamed;
use crate::application::actor::{Action, Actor, Reach, Role, Scope, reach};
use crate::application::visible::visible_organization;
use crate::application::{Error, Tx};
use crate::domain::fact::{FactBody, Outcome};
use crate::domain::ids::PersonId;
use crate::domain::policy::{ContactDuty, RequestRules, RequestSource};
use crate::domain::requirement::standing_facts;
use crate::domain::roster::{ExternalKind, Organization, Person};

pub(super) fn is_staff(actor: &Actor, organization: &Organization) -> bool {
    let scope = Scope::organization(organization.implementation_id, organization.id);
    actor
        .grants
        .iter()
        .any(|grant| grant.role.is_staff() && grant.allows(Action::SubmitRequest, scope))
}

/// Where a license is asked for, and what the actor must have authority for. A trainee who asks for himself need know
/// no organization: he may name any that is open about its staff.
pub(super) fn where_asked(
    tx: &mut Tx<'_>,
    new: &NewRequest,
) -> Result<(Organization, Scope), Error> {
    let visible = visible_organization(
        tx.unit,
        tx.actor,
        Action::SubmitRequest,
        new.organization_id,
        "/organization_id",
    );
    let unknown = match visible {
        Ok(found) => {
            let scope = Scope::organization(found.implementation_id, found.id);
            return Ok((found, scope));
        }
        Err(unknown) => unknown,
    };
    let found = tx.unit.organization(new.organization_id)?;
    let found = found.filter(|organization| !organization.victim_service_provider);
    let himself = found.and_then(|organization| {
        let himself = tx.actor.grants.iter().find_map(|grant| {
            let here = grant.implementation_id == Some(organization.implementation_id);
            grant
                .person_id
                .filter(|_| here && reach(grant.role, Action::SubmitRequest) == Reach::Own)
        })?;
        let scope = Scope::person(
            organization.implementation_id,
            Some(organization.id),
            himself,
        );
        Some((organization, scope))
    });
    // Whoever may ask for nobody else is told the same whether or not there is such an organization.
    let only_himself = tx
        .actor
        .grants
        .iter()
        .all(|grant| reach(grant.role, Action::SubmitRequest) <= Reach::Own);
    himself.ok_or(if only_himself {
        Error::Forbidden
    } else {
        unknown
    })
}

/// Who asks, for whom, and by what.
pub(super) struct Asking {
    /// The roles by which the actor may ask for others here.
    roles: Vec<Role>,
    /// Whether he asks for himself.
    himself: bool,
    /// Whether he names the supervisor for whom he records it.
    for_supervisor: bool,
    /// Whether he records what the authorized signer said.
    for_signer: bool,
    /// The course whose pass he names.
    passed: Option<String>,
}

impl Asking {
    pub(super) fn of(
        tx: &mut Tx<'_>,
        new: &NewRequest,
        organization: &Organization,
        today: NaiveDate,
    ) -> Result<Self, Error> {
        let scope = Scope::organization(organization.implementation_id, organization.id);
        let roles = tx
            .actor
            .grants
            .iter()
            .filter(|grant| grant.allows(Action::SubmitRequest, scope))
            .map(|grant| grant.role)
            .collect();
        let trainee = match &new.person {
            PersonNamed::Id(id) => tx.unit.person(*id)?.map(|person| person.id),
            PersonNamed::External { system, value } => tx
                .unit
                .external_id(
                    organization.implementation_id,
                    ExternalKind::Person,
                    system,
                    value,
                )?
                .filter(|external| external.closed_at.is_none())
                .map(|external| PersonId(external.subject)),
            PersonNamed::New { .. } => None,
        };
        let passed = match new.completion {
            Some(id) => tx.unit.fact(id)?.and_then(|fact| match fact.body {
                FactBody::TrainingCompleted { course, .. } => Some(course),
                _ => None,
            }),
            None => None,
        };
        Ok(Self {
            roles,
            himself: trainee.is_some_and(|id| tx.actor.is(id)),
            for_supervisor: new.requested_by.is_some(),
            for_signer: contact_named(tx, organization.id, &new.reported, today)?
                .is_some_and(|spoken| spoken.has(ContactDuty::AuthorizedSigner)),
            passed,
        })
    }

    fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    fn is_desk(&self) -> bool {
        self.has(Role::HelpDesk) || self.has(Role::SystemAdmin)
    }

    /// Whether he has a role that asks for others.
    pub(super) fn by_agency_or_staff(&self) -> bool {
        self.has(Role::Supervisor) || self.is_desk()
    }

    /// By what he asks where no rule of the policy says who may.
    pub(super) fn by_authority(&self) -> RequestSource {
        if self.is_desk() {
            RequestSource::Staff {}
        } else {
            RequestSource::Supervisor {}
        }
    }
}

/// The first way of requesting that the policy allows whoever asks. Who asks for himself asks as the trainee where the
/// policy lets trainees ask; by any other way he is told that nobody decides about himself.
pub(super) fn source_of(asking: &Asking, rules: &RequestRules) -> Option<RequestSource> {
    let sources = || rules.requesters.iter().map(|requester| &requester.from);
    sources()
        .find(|source| asking.himself && **source == RequestSource::Trainee {})
        .or_else(|| {
            sources().find(|source| match source {
                RequestSource::Trainee {} => false,
                RequestSource::Supervisor {} => asking.has(Role::Supervisor),
                // A contact has no credential: staff record what he said, and name him.
                RequestSource::AuthorizedSigner {} => asking.is_desk() && asking.for_signer,
                RequestSource::HelpDeskForSupervisor {} => {
                    asking.is_desk() && asking.for_supervisor
                }
                RequestSource::Staff {} => asking.is_desk(),
                RequestSource::CoursePassed { course } => {
                    !asking.roles.is_empty() && asking.passed.as_ref() == Some(course)
                }
            })
        })
        .cloned()
}

/// The pass that a request names is one of the person, in the course, and stands.
pub(super) fn passed(
    tx: &mut Tx<'_>,
    new: &NewRequest,
    person: Option<&Person>,
    course: &str,
) -> Result<(), Error> {
    let facts = match person {
        Some(person) => tx.unit.facts_of_person(person.id)?,
        // Nobody new has passed anything.
        None => Vec::new(),
    };
    let found = standing_facts(facts.iter()).into_iter().any(|fact| {
        Some(fact.id) == new.completion
            && matches!(&fact.body, FactBody::TrainingCompleted { course: of, outcome: Outcome::Pass, .. } if of == course)
    });
    if found {
        Ok(())
    } else {
        Err(Error::invalid(
            "/training_completion_id",
            format!("names no pass of `{course}` by this person that stands"),
        ))
    }
}

pub(super) fn source_name(source: &RequestSource) -> &'static str {
    match source {
        RequestSource::Supervisor {} => "a supervisor of the organization",
        RequestSource::AuthorizedSigner {} => {
            "the organization's authorized signer (recorded by staff, who name the contact in \
             `report.reported_by.contact_id`)"
        }
        RequestSource::HelpDeskForSupervisor {} => {
            "the help desk for a supervisor (name the supervisor in `requested_by`)"
        }
        RequestSource::Staff {} => "staff of the HMIS lead",
        RequestSource::Trainee {} => "the trainee",
        RequestSource::CoursePassed { .. } => {
            "the pass of a course (named in `training_completion_id`)"
        }
    }
}
