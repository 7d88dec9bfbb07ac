//! What the operator of the service does from its command line: the first start, and principals for tokens.

use uuid::Uuid;

use super::actor::{Action, Role, Scope};
use super::ports::{Page, Principal, RosterFilter, StaffRole, StoreError, StoreExt, View, Visible};
use super::roster::Faults;
use super::roster::staff_roles::{self, NewStaffRole, PrincipalInput};
use super::{App, Error, Fault, Place, Tx};
use crate::domain::ids::{OrganizationId, PersonId, StaffRoleId};
use crate::domain::policy::{PolicyVersion, preset};
use crate::domain::roster::{Implementation, Organization};

/// Every row of a list.
const EVERYTHING: Visible = Visible {
    everything: true,
    implementations: Vec::new(),
    organizations: Vec::new(),
    people: Vec::new(),
};

/// How many organizations are looked through at once for a name.
const CHUNK: i64 = 500;

/// What `hmis-licensing token` is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRequest {
    pub role: Role,
    /// The code of an implementation. Absent: all of them, or the organization's.
    pub implementation: Option<String>,
    /// The id or the name of an organization.
    pub organization: Option<String>,
    pub person: Option<PersonId>,
    /// Absent: made of role and scope, so that asking again leads to the same principal.
    pub subject: Option<String>,
}

impl TokenRequest {
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
}

/// Whom a token is to identify.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub issuer: String,
    pub subject: String,
}

/// Sees to it that a principal exists and has the role, and returns whom a token must name. Asking again changes
/// nothing while the role lasts.
///
/// Unlike over the API a supervisor need not be a known person here, so that the first one of an organization can
/// begin before anybody is recorded.
///
/// # Errors
/// `Invalid` with the arguments at fault.
pub async fn create_token_principal(
    app: &App,
    issuer: &str,
    request: TokenRequest,
) -> Result<Identity, Error> {
    let issuer = issuer.to_owned();
    app.write_as_operator(Action::ManageStaffRole, false, move |tx| {
        let new = resolve(tx, &issuer, &request)?;
        tx.trail.scope(Scope {
            implementation_id: new.implementation_id,
            organization_id: new.organization_id,
            person_id: new.person_id,
        });
        let identity = Identity {
            issuer: new.principal.issuer.clone(),
            subject: new.principal.subject.clone(),
        };
        grant(tx, &new)?;
        Ok(identity)
    })
    .await
}

/// The grant that the arguments describe.
fn resolve(tx: &mut Tx<'_>, issuer: &str, request: &TokenRequest) -> Result<NewStaffRole, Error> {
    let named = match &request.implementation {
        None => None,
        Some(code) => Some(
            tx.unit
                .implementation_by_code(code)?
                .ok_or_else(|| refuse("implementation", "no implementation has this code"))?,
        ),
    };
    let organization = match &request.organization {
        None => None,
        Some(text) => Some(organization(tx, named.as_ref(), text)?),
    };
    let person = match request.person {
        None => None,
        Some(id) => Some(
            tx.unit
                .person(id)?
                .ok_or_else(|| refuse("person", "nobody has this id"))?,
        ),
    };
    let implementation_id = named
        .map(|row| row.id)
        .or(organization.as_ref().map(|row| row.implementation_id))
        .or(person.as_ref().map(|row| row.implementation_id));
    for (argument, belongs_to) in [
        (
            "organization",
            organization.as_ref().map(|row| row.implementation_id),
        ),
        ("person", person.as_ref().map(|row| row.implementation_id)),
    ] {
        if belongs_to.is_some() && belongs_to != implementation_id {
            return Err(refuse(argument, "belongs to another implementation"));
        }
    }
    let code = match implementation_id {
        None => None,
        Some(id) => tx.unit.implementation(id)?.map(|row| row.code),
    };
    let subject = request.subject.clone().unwrap_or_else(|| {
        let parts = [
            Some(request.role.as_str().to_owned()),
            code,
            organization.as_ref().map(|row| row.id.to_string()),
            request.person.map(|id| id.to_string()),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join("/")
    });
    let new = NewStaffRole {
        principal: PrincipalInput {
            issuer: issuer.to_owned(),
            subject: subject.clone(),
            display_name: None,
        },
        role: request.role,
        implementation_id,
        organization_id: organization.map(|row| row.id),
        organization_group: None,
        person_id: request.person,
        from_at: None,
        until_at: None,
    };
    let mut faults = Faults::new();
    faults.text("/subject", &subject, super::roster::input::LONGEST_SUBJECT);
    staff_roles::check_scope(&mut faults, &new, false);
    faults.check().map_err(as_arguments)?;
    Ok(new)
}

/// The organization of this id or name, in the implementation if one is named.
fn organization(
    tx: &mut Tx<'_>,
    implementation: Option<&Implementation>,
    text: &str,
) -> Result<Organization, Error> {
    const ARGUMENT: &str = "organization";
    if let Ok(id) = text.parse::<OrganizationId>() {
        return tx
            .unit
            .organization(id)?
            .ok_or_else(|| refuse(ARGUMENT, "no organization has this id"));
    }
    let filter = RosterFilter {
        implementation_id: implementation.map(|row| row.id),
        organization_id: None,
    };
    let wanted = text.trim().to_lowercase();
    let mut found: Vec<Organization> = Vec::new();
    let mut after: Option<Uuid> = None;
    loop {
        let page = Page {
            after,
            limit: CHUNK,
        };
        let rows = tx.unit.organizations(&EVERYTHING, &filter, page)?;
        after = rows.last().map(|row| row.id.0);
        found.extend(
            rows.into_iter()
                .filter(|row| row.name.to_lowercase() == wanted),
        );
        if after.is_none() {
            break;
        }
    }
    match (found.pop(), found.is_empty()) {
        (Some(row), true) => Ok(row),
        (None, _) => Err(refuse(ARGUMENT, "no organization has this name")),
        (Some(_), false) => Err(refuse(
            ARGUMENT,
            "several organizations have this name; give the id, or the implementation",
        )),
    }
}

/// Gives the role unless the principal has it.
fn grant(tx: &mut Tx<'_>, new: &NewStaffRole) -> Result<(), Error> {
    let principal = staff_roles::find_or_record_principal(
        tx,
        &new.principal.issuer,
        &new.principal.subject,
        new.principal.subject.chars().take(200).collect(),
    )?;
    if principal.disabled_at.is_some() {
        return Err(refuse(
            "subject",
            "is disabled; a token for it could do nothing",
        ));
    }
    let row = StaffRole {
        id: tx.id::<StaffRoleId>(),
        principal_id: principal.id,
        role: new.role,
        implementation_id: new.implementation_id,
        organization_id: new.organization_id,
        organization_group: new.organization_group.clone(),
        person_id: new.person_id,
        from_at: tx.now,
        until_at: staff_roles::until(new.role, tx.now, None),
        granted_by: tx.actor.principal.id,
        revoked_at: None,
        recorded_at: tx.now,
        version: 1,
        stands_for: None,
    };
    // Of somebody who left and is back nothing is live.
    let people: Vec<PersonId> = new.person_id.into_iter().collect();
    let facts = tx.unit.facts_of_people(&people)?;
    let live = tx
        .unit
        .staff_roles_of(principal.id)?
        .into_iter()
        .any(|other| {
            other.is_same(&row) && other.is_live(tx.now) && !other.has_left(&facts, tx.now)
        });
    if !live {
        tx.unit.insert_staff_role(&row)?;
        tx.trail.touched("staff_role", row.id);
    }
    Ok(())
}

fn refuse(argument: &str, detail: &str) -> Error {
    Error::Invalid(vec![Fault::parameter(argument, detail)])
}

/// Faults of a body as faults of the arguments that it was made of.
fn as_arguments(error: Error) -> Error {
    let Error::Invalid(faults) = error else {
        return error;
    };
    let argument = |fault: Fault| match fault.place {
        Place::Pointer(pointer) => {
            let name = pointer.trim_start_matches('/').trim_end_matches("_id");
            Fault::parameter(name, fault.detail)
        }
        _ => fault,
    };
    Error::Invalid(faults.into_iter().map(argument).collect())
}

/// How a start of the service found the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstStart {
    /// Whether the implementations were made now.
    pub created: bool,
    /// The administrator that the service made for itself, while he has his role.
    pub administrator: Option<Identity>,
}

/// Makes `hand` with its policy and `akhmis` still without one if there are no implementations, and an administrator
/// of everything for the issuer of this service's own tokens, if it has one. Later starts change nothing: an
/// administrator whose role was revoked does not come back.
pub async fn first_start(app: &App, issuer: Option<&str>) -> Result<FirstStart, Error> {
    let mut created = false;
    if is_empty(app).await? {
        let issuer = issuer.map(ToOwned::to_owned);
        let outcome = app
            .write_as_operator(Action::CreateImplementation, false, move |tx| {
                found(tx, issuer.as_deref())
            })
            .await;
        created = match outcome {
            Ok(created) => created,
            // Another instance of the service started at the same moment and was first.
            Err(Error::Store(StoreError::Conflict | StoreError::Stale)) => false,
            Err(error) => return Err(error),
        };
    }
    let administrator = match issuer {
        None => None,
        Some(issuer) => administrator(app, issuer).await?,
    };
    Ok(FirstStart {
        created,
        administrator,
    })
}

async fn is_empty(app: &App) -> Result<bool, Error> {
    app.store()
        .read(|view: &mut dyn View| -> Result<bool, Error> { Ok(none(view)?) })
        .await
}

fn none(view: &mut dyn View) -> Result<bool, StoreError> {
    let page = Page {
        after: None,
        limit: 1,
    };
    Ok(view.implementations(&EVERYTHING, page)?.is_empty())
}

/// Makes what a new deployment begins with. Returns whether there was anything to make.
fn found(tx: &mut Tx<'_>, issuer: Option<&str>) -> Result<bool, Error> {
    tx.trail.scope(Scope::DEPLOYMENT);
    if !none(tx.view())? {
        return Ok(false);
    }
    let hand = implementation(
        tx,
        "hand",
        "HAND HMIS, Detroit",
        chrono_tz::America::Detroit,
        "https://hmis.handetroit.org/portal",
    )?;
    let policy = preset("hand")
        .ok_or_else(|| StoreError::Corrupt("the ready-made policy `hand` is missing".into()))?;
    // A first version may start at once: nobody was told anything else before.
    let version = PolicyVersion {
        id: tx.id(),
        number: 1,
        effective_from: tx.now,
        recorded_at: tx.now,
        document: policy.document.clone(),
    };
    tx.unit.insert_policy_version(hand.id, &version)?;
    tx.trail.touched("policy", version.id);
    implementation(
        tx,
        "akhmis",
        "AKHMIS, Alaska",
        chrono_tz::America::Anchorage,
        "https://institute-for-community-alliances.helpscoutdocs.com",
    )?;
    if let Some(issuer) = issuer {
        let administrator = NewStaffRole {
            principal: PrincipalInput {
                issuer: issuer.to_owned(),
                subject: Role::SystemAdmin.as_str().to_owned(),
                display_name: None,
            },
            role: Role::SystemAdmin,
            implementation_id: None,
            organization_id: None,
            organization_group: None,
            person_id: None,
            from_at: None,
            until_at: None,
        };
        grant(tx, &administrator)?;
    }
    Ok(true)
}

fn implementation(
    tx: &mut Tx<'_>,
    code: &str,
    name: &str,
    time_zone: chrono_tz::Tz,
    support_contact: &str,
) -> Result<Implementation, Error> {
    let row = Implementation {
        id: tx.id(),
        code: code.to_owned(),
        name: name.to_owned(),
        time_zone,
        support_contact: support_contact.to_owned(),
        generation: 1,
        recorded_at: tx.now,
        version: 1,
    };
    tx.unit.insert_implementation(&row)?;
    tx.trail.touched("implementation", row.id);
    Ok(row)
}

/// The administrator of the first start, if he may still administer everything.
async fn administrator(app: &App, issuer: &str) -> Result<Option<Identity>, Error> {
    let (issuer, now) = (issuer.to_owned(), app.now());
    app.store()
        .read(
            move |view: &mut dyn View| -> Result<Option<Identity>, Error> {
                let found = view.principal_of(&issuer, Role::SystemAdmin.as_str())?;
                let Some(principal) = found.filter(|row: &Principal| row.disabled_at.is_none())
                else {
                    return Ok(None);
                };
                let live = view.staff_roles_of(principal.id)?.iter().any(|grant| {
                    grant.role == Role::SystemAdmin
                        && grant.implementation_id.is_none()
                        && grant.is_live(now)
                });
                Ok(live.then_some(Identity {
                    issuer: principal.issuer,
                    subject: principal.subject,
                }))
            },
        )
        .await
}
