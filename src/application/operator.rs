//! What the operator of the deployment does from the command line, without a principal of his own: whoever can read the
//! database and the secret needs no further authority.

use chrono::{DateTime, Utc};

use super::actor::{Action, Role, Scope};
use super::audit::{self, Outcome, Trail};
use super::ports::{Principal, StaffRole, StoreExt, UnitOfWork, View};
use super::roster::staff_roles::AUDITOR_TERM;
use super::token::OWN_ISSUER;
use super::transaction::Ids;
use super::{App, Caller, Error, Fault};
use crate::domain::ids::{ImplementationId, OrganizationId, PersonId, PrincipalId};

type Instant = DateTime<Utc>;

/// The longest subject, in bytes: what a token may carry.
const LONGEST_SUBJECT: usize = 255;

/// A role to be granted to a subject of our own tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    pub role: Role,
    /// The code of the implementation; absent: every one.
    pub implementation: Option<String>,
    /// Supervisors only, and always.
    pub organization: Option<OrganizationId>,
    /// Who the subject is in the implementation; always for end users.
    pub person: Option<PersonId>,
    /// Absent: one made of role and scope.
    pub subject: Option<String>,
}

impl Grant {
    /// A role in every implementation.
    #[must_use]
    pub fn of(role: Role) -> Self {
        Self {
            role,
            implementation: None,
            organization: None,
            person: None,
            subject: None,
        }
    }

    /// The subject: the one given, or one that no other scope shares.
    #[must_use]
    pub fn subject(&self) -> String {
        if let Some(subject) = &self.subject {
            return subject.clone();
        }
        let mut parts = vec![self.role.as_str().to_owned()];
        parts.extend(self.implementation.clone());
        parts.extend(self.organization.map(|id| id.to_string()));
        parts.extend(self.person.map(|id| id.to_string()));
        parts.join(":")
    }
}

/// Makes sure that the subject is a principal with this grant, live now. Returns the subject.
///
/// # Errors
/// `Invalid` with every fault of the grant, named by its flag.
pub async fn grant(app: &App, grant: Grant) -> Result<String, Error> {
    let now = app.now();
    let mut ids = app.ids(now);
    app.store()
        .write(move |unit: &mut dyn UnitOfWork| {
            ids.rewind();
            grant_in(unit, &grant, &mut ids, now)
        })
        .await
}

/// Whether a subject of our own tokens is known.
pub async fn knows(app: &App, subject: &str) -> Result<bool, Error> {
    let subject = subject.to_owned();
    app.store()
        .read(move |view: &mut dyn View| {
            let principal = view.principal_of(OWN_ISSUER, &subject)?;
            Ok::<_, Error>(principal.is_some())
        })
        .await
}

fn grant_in(
    unit: &mut dyn UnitOfWork,
    grant: &Grant,
    ids: &mut Ids,
    now: Instant,
) -> Result<String, Error> {
    let implementation_id = resolve(unit, grant)?;
    let subject = grant.subject();
    let principal = match unit.principal_of(OWN_ISSUER, &subject)? {
        Some(known) if known.disabled_at.is_some_and(|at| at <= now) => {
            return Err(flag("subject", "names a disabled principal"));
        }
        Some(known) => known,
        None => {
            let new = Principal {
                id: ids.draw().into(),
                issuer: OWN_ISSUER.to_owned(),
                subject: subject.clone(),
                display_name: subject.clone(),
                recorded_at: now,
                disabled_at: None,
                version: 1,
            };
            unit.insert_principal(&new)?;
            new
        }
    };
    let wanted = staff_role(grant, implementation_id, principal.id, ids, now);
    let held = unit.staff_roles_of(principal.id)?;
    if held
        .iter()
        .any(|held| held.is_live(now) && same(held, &wanted))
    {
        return Ok(subject);
    }
    unit.insert_staff_role(&wanted)?;
    let caller = Caller {
        issuer: OWN_ISSUER.to_owned(),
        subject: "operator".to_owned(),
        request_id: String::new(),
    };
    let mut trail = Trail::new(Action::ManageStaffRole, &caller);
    trail.scope(Scope {
        implementation_id,
        organization_id: grant.organization,
        person_id: grant.person,
    });
    trail.touched("principal", principal.id);
    trail.touched("staff_role", wanted.id);
    audit::append(unit, ids.draw().into(), &trail, None, Outcome::Done, now)?;
    Ok(subject)
}

fn staff_role(
    grant: &Grant,
    implementation_id: Option<ImplementationId>,
    principal_id: PrincipalId,
    ids: &mut Ids,
    now: Instant,
) -> StaffRole {
    StaffRole {
        id: ids.draw().into(),
        principal_id,
        role: grant.role,
        implementation_id,
        organization_id: grant.organization,
        person_id: grant.person,
        from_at: now,
        until_at: (grant.role == Role::Auditor).then(|| now + AUDITOR_TERM),
        granted_by: principal_id,
        revoked_at: None,
        recorded_at: now,
        version: 1,
    }
}

fn same(held: &StaffRole, wanted: &StaffRole) -> bool {
    (
        held.role,
        held.implementation_id,
        held.organization_id,
        held.person_id,
    ) == (
        wanted.role,
        wanted.implementation_id,
        wanted.organization_id,
        wanted.person_id,
    )
}

fn flag(name: &str, detail: &str) -> Error {
    Error::Invalid(vec![Fault::parameter(name, detail)])
}

/// Checks the scope against the role and against what exists; returns the implementation.
fn resolve(unit: &mut dyn UnitOfWork, grant: &Grant) -> Result<Option<ImplementationId>, Error> {
    let mut faults = Vec::new();
    let mut fault = |name: &str, detail: &str| faults.push(Fault::parameter(name, detail));
    match (grant.role, grant.organization) {
        (Role::Supervisor, None) => {
            fault(
                "organization",
                "is needed: a supervisor is one of an organization",
            );
        }
        (Role::Supervisor, Some(_)) | (_, None) => {}
        (_, Some(_)) => fault("organization", "is for supervisors only"),
    }
    if grant.role == Role::EndUser && grant.person.is_none() {
        fault("person", "is needed: an end user is a person");
    }
    let named = match &grant.implementation {
        None => None,
        Some(code) => {
            let found = unit.implementation_by_code(code)?.map(|found| found.id);
            if found.is_none() {
                fault(
                    "implementation",
                    "there is no implementation with this code",
                );
            }
            found
        }
    };
    let of_organization = match grant.organization {
        None => None,
        Some(id) => {
            let found = unit.organization(id)?.map(|found| found.implementation_id);
            if found.is_none() {
                fault("organization", "there is no organization with this id");
            }
            found
        }
    };
    let of_person = match grant.person {
        None => None,
        Some(id) => {
            let found = unit.person(id)?.map(|found| found.implementation_id);
            if found.is_none() {
                fault("person", "there is no person with this id");
            }
            found
        }
    };
    let mut all = [named, of_organization, of_person].into_iter().flatten();
    let implementation = all.next();
    if all.any(|other| Some(other) != implementation) {
        fault(
            "implementation",
            "organization and person must be of the same implementation",
        );
    }
    let subject = grant.subject();
    if subject.is_empty()
        || subject.len() > LONGEST_SUBJECT
        || subject.chars().any(char::is_control)
    {
        fault("subject", "must be one line of 1 to 255 bytes");
    }
    if faults.is_empty() {
        Ok(implementation)
    } else {
        Err(Error::Invalid(faults))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_of_different_scopes_differ() {
        let anywhere = Grant::of(Role::Supervisor);
        assert_eq!(anywhere.subject(), "supervisor");
        let in_hand = Grant {
            implementation: Some("hand".into()),
            ..anywhere.clone()
        };
        assert_eq!(in_hand.subject(), "supervisor:hand");
        let named = Grant {
            subject: Some("dana".into()),
            ..in_hand
        };
        assert_eq!(named.subject(), "dana");
    }
}
