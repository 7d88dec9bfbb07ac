//! `/v1/staff-roles`.

use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa::openapi::schema::Object;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use validator::Validate;

use super::external_ids::RosterParameters;
use super::extract::{Id, IfNoneMatch, Json, List, ListParameters, ListResponse, VersionedJson};
use super::problem::{BODY, Code, KNOWN, LIST, ONE, POST, Problem, VERSIONED};
use super::time::InstantText;
use super::{State, checks, responses, tags, words};
use crate::application::actor::{Action, Role};
use crate::application::ports::{Principal, RosterFilter};
use crate::application::roster::staff_roles::{
    self, NewStaffRole, PrincipalInput, StaffRoleDetails, Standing,
};
use crate::application::{Call, Caller};
use crate::domain::ids::StaffRoleId;

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_staff_roles)
        .service(grant_staff_role)
        .service(get_staff_role)
        .service(revoke_staff_role);
}

/// The roles by name.
fn role_words() -> Object {
    words::of(&Role::ALL.map(Role::as_str))
}

/// Where a grant can stand.
fn standing_words() -> Object {
    words::of(&Standing::ALL.map(Standing::as_str))
}

/// Who is behind a credential.
#[derive(Serialize, ToSchema)]
#[schema(as = Principal)]
pub struct PrincipalResponse {
    id: Uuid,
    /// The `iss` of his tokens.
    issuer: String,
    /// The `sub` of his tokens.
    subject: String,
    display_name: String,
}

impl From<&Principal> for PrincipalResponse {
    fn from(row: &Principal) -> Self {
        Self {
            id: row.id.into(),
            issuer: row.issuer.clone(),
            subject: row.subject.clone(),
            display_name: row.display_name.clone(),
        }
    }
}

/// A role granted to a principal, for dates, within a scope.
#[derive(Serialize, ToSchema)]
#[schema(as = StaffRole)]
pub struct StaffRoleResponse {
    id: Uuid,
    principal: PrincipalResponse,
    #[schema(schema_with = role_words)]
    role: Role,
    /// Left out: every implementation.
    #[serde(skip_serializing_if = "Option::is_none")]
    implementation_id: Option<Uuid>,
    /// Where a supervisor is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_id: Option<Uuid>,
    /// The group of organizations for which a supervisor is one: at each of its members by the policy in force, from the
    /// first day of its membership to the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_group: Option<String>,
    /// Who the principal is in the implementation.
    #[serde(skip_serializing_if = "Option::is_none")]
    person_id: Option<Uuid>,
    /// Where the grant stands now. A departure from the organization ends it as its date does; one from a member of its
    /// group ends it there alone, and the grant itself stands.
    #[schema(schema_with = standing_words)]
    state: &'static str,
    from_at: DateTime<Utc>,
    /// The first instant without the role.
    #[serde(skip_serializing_if = "Option::is_none")]
    until_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<DateTime<Utc>>,
    /// The principal who granted it.
    granted_by: Uuid,
    recorded_at: DateTime<Utc>,
    /// Rises with every change; `expected_version` is compared with it.
    version: i32,
}

impl From<&StaffRoleDetails> for StaffRoleResponse {
    fn from(details: &StaffRoleDetails) -> Self {
        let row = &details.row;
        Self {
            id: row.id.into(),
            principal: (&details.principal).into(),
            role: row.role,
            implementation_id: row.implementation_id.map(Into::into),
            organization_id: row.organization_id.map(Into::into),
            organization_group: row.organization_group.clone(),
            person_id: row.person_id.map(Into::into),
            state: details.standing.as_str(),
            from_at: row.from_at,
            until_at: row.until_at,
            revoked_at: row.revoked_at,
            granted_by: row.granted_by.into(),
            recorded_at: row.recorded_at,
            version: row.version,
        }
    }
}

/// Who is to have a role, as his credential names him.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct PrincipalRequest {
    /// The `iss` of his tokens.
    #[validate(length(min = 1, max = 255), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 255)]
    issuer: String,
    /// The `sub` of his tokens.
    #[validate(length(min = 1, max = 255), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 255)]
    subject: String,
    /// What people call him, if he is not known yet. Left out: the subject.
    #[validate(length(min = 1, max = 200), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 200)]
    display_name: Option<String>,
}

/// A role to be granted.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct GrantStaffRoleRequest {
    #[validate(nested)]
    principal: PrincipalRequest,
    #[schema(schema_with = role_words)]
    role: Role,
    /// Left out: every implementation, which only an administrator of all of them may grant.
    implementation_id: Option<Uuid>,
    /// For supervisors, and for nobody else. A supervisor has this or `organization_group`.
    organization_id: Option<Uuid>,
    /// For supervisors, and for nobody else: the code of a group of organizations of the policy in force
    /// (`organization_groups`).
    #[validate(length(min = 1, max = 64), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 64)]
    organization_group: Option<String>,
    /// Who the principal is in the implementation: needed for supervisors and end users, possible for staff.
    person_id: Option<Uuid>,
    /// Left out: at once.
    from_at: Option<InstantText>,
    /// The first instant without the role. Left out: no end, for an auditor 30 days.
    until_at: Option<InstantText>,
}

/// Nothing needs saying but the version seen.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RevokeStaffRoleRequest {}

crate::problems!(ListProblems: KNOWN, LIST);
crate::problems!(GetProblems: KNOWN, ONE);
crate::problems!(GrantProblems: KNOWN, BODY, POST, [Code::OwnCase, Code::Duplicate]);
crate::problems!(
    RevokeProblems: KNOWN, BODY, POST, VERSIONED, [Code::OwnCase, Code::TransitionRefused]
);

/// The example of this resource, as every operation shows it.
fn example() -> Value {
    json!({
        "id": "0199f3c2-b7d4-7e19-8c40-2a9f5e1b6d72",
        "principal": {
            "id": "0199f3c2-b7d3-7b06-a1e8-7c4d0f3b9a15",
            "issuer": "https://login.akhmis.example",
            "subject": "ingrid.solberg",
            "display_name": "Ingrid Solberg",
        },
        "role": "supervisor",
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b21",
        "organization_id": "0199f3c2-8e10-7b52-b3a4-5d0f6a9c1e07",
        "person_id": "0199f3c2-a4f1-7c28-9d36-6b2e8f0c4d99",
        "state": "live",
        "from_at": "2026-03-02T18:40:00Z",
        "granted_by": "0199f3c2-5a00-7d10-b0c1-9e8f7a6b5c4d",
        "recorded_at": "2026-03-02T18:40:00Z",
        "version": 1,
    })
}

/// List staff roles
///
/// Every grant that the caller may know of, ended and revoked ones too, in the order in which they were recorded. With
/// `organization_id`, those that name the organization: a supervisor's for a group of organizations names none.
#[utoipa::path(
    tag = tags::STAFF_ROLES,
    operation_id = "list_staff_roles",
    params(RosterParameters, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of grants.",
            body = ListResponse<StaffRoleResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [example()], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/staff-roles")]
async fn list_staff_roles(
    state: web::Data<State>,
    list: List<RosterParameters>,
) -> Result<HttpResponse, Problem> {
    let (filter, paging) = (RosterFilter::from(&list.filter), list.paging);
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadStaffRole, move |rx| {
            staff_roles::list(rx, &filter, paging)
        })
        .await?;
    Ok(list.respond(&slice, |row| StaffRoleResponse::from(row)))
}

/// Get a staff role
///
/// One grant: whose, which role, where, from when to when, and where it stands.
#[utoipa::path(
    tag = tags::STAFF_ROLES,
    operation_id = "get_staff_role",
    params(("id" = Uuid, Path, description = "The grant.")),
    responses(
        (
            status = 200,
            description = "The grant.",
            body = StaffRoleResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example()),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/staff-roles/{id}")]
async fn get_staff_role(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<StaffRoleId>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let details = state
        .app
        .read(caller, Action::ReadStaffRole, move |rx| {
            staff_roles::get(rx, id)
        })
        .await?;
    Ok(responses::one(
        &seen,
        details.row.version,
        &StaffRoleResponse::from(&details),
    ))
}

/// Grant a staff role
///
/// From then on the principal's tokens carry the role's authority: authority is read from live grants on every request.
/// A principal that is not known yet is recorded with it. Nobody grants himself a role.
///
/// A supervisor is one of an organization or, with `organization_group`, of a named group of them, as a region. He is then
/// a supervisor of each organization that is a member of the group on the local day by the policy in force, no more and
/// no less than one of it alone: who joins is his from that day and who leaves is not, and nobody touches the grant. A
/// group that a later policy does not know has no members.
#[utoipa::path(
    tag = tags::STAFF_ROLES,
    operation_id = "grant_staff_role",
    request_body(
        content = GrantStaffRoleRequest,
        description = "The role.",
        examples(
            ("organization" = (
                summary = "A supervisor of one organization",
                value = json!({
                    "principal": {
                        "issuer": "https://login.akhmis.example",
                        "subject": "ingrid.solberg",
                        "display_name": "Ingrid Solberg",
                    },
                    "role": "supervisor",
                    "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b21",
                    "organization_id": "0199f3c2-8e10-7b52-b3a4-5d0f6a9c1e07",
                    "person_id": "0199f3c2-a4f1-7c28-9d36-6b2e8f0c4d99",
                }),
            )),
            ("group" = (
                summary = "A supervisor of every organization of a region",
                value = json!({
                    "principal": {
                        "issuer": "https://login.akhmis.example",
                        "subject": "noor.haddad",
                        "display_name": "Noor Haddad",
                    },
                    "role": "supervisor",
                    "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b21",
                    "organization_group": "kenai_peninsula",
                    "person_id": "0199f3c2-a4f2-7d31-b1c7-3e9a0f5d2b64",
                }),
            )),
        ),
    ),
    responses(
        (
            status = 201,
            description = "The grant as recorded.",
            body = StaffRoleResponse,
            headers(
                ("ETag" = String, description = "The version, for If-Match and If-None-Match."),
                ("Location" = String, description = "Where it is found."),
            ),
            example = json!(example()),
        ),
        GrantProblems,
    ),
)]
#[post("/v1/staff-roles")]
async fn grant_staff_role(
    caller: Caller,
    state: web::Data<State>,
    body: Json<GrantStaffRoleRequest>,
) -> Result<HttpResponse, Problem> {
    let request = body.value;
    let new = NewStaffRole {
        principal: PrincipalInput {
            issuer: request.principal.issuer,
            subject: request.principal.subject,
            display_name: request.principal.display_name,
        },
        role: request.role,
        implementation_id: request.implementation_id.map(Into::into),
        organization_id: request.organization_id.map(Into::into),
        organization_group: request.organization_group,
        person_id: request.person_id.map(Into::into),
        from_at: request.from_at.map(|at| at.0),
        until_at: request.until_at.map(|at| at.0),
    };
    let call = Call::new(caller, Action::ManageStaffRole, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| staff_roles::grant(tx, &new),
            |details| {
                responses::created(
                    format!("/v1/staff-roles/{}", details.row.id),
                    details.row.version,
                    &StaffRoleResponse::from(details),
                )
            },
        )
        .await?;
    Ok(responses::send(reply))
}

/// Revoke a staff role
///
/// It holds on the next request of the principal. Nobody revokes a role of his own, and the last live administrator of
/// an implementation, or of all of them, stays.
#[utoipa::path(
    tag = tags::STAFF_ROLES,
    operation_id = "revoke_staff_role",
    params(("id" = Uuid, Path, description = "The grant.")),
    request_body(
        content = RevokeStaffRoleRequest,
        description = "The version seen, unless If-Match names it.",
        example = json!({ "expected_version": 1 }),
    ),
    responses(
        (
            status = 200,
            description = "The revoked grant.",
            body = StaffRoleResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!({
                "id": "0199f3c2-b7d4-7e19-8c40-2a9f5e1b6d72",
                "principal": {
                    "id": "0199f3c2-b7d3-7b06-a1e8-7c4d0f3b9a15",
                    "issuer": "https://login.akhmis.example",
                    "subject": "ingrid.solberg",
                    "display_name": "Ingrid Solberg",
                },
                "role": "help_desk",
                "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b21",
                "state": "revoked",
                "from_at": "2026-03-02T18:40:00Z",
                "revoked_at": "2026-03-09T17:05:00Z",
                "granted_by": "0199f3c2-5a00-7d10-b0c1-9e8f7a6b5c4d",
                "recorded_at": "2026-03-02T18:40:00Z",
                "version": 2,
            }),
        ),
        RevokeProblems,
    ),
)]
#[post("/v1/staff-roles/{id}/revoke")]
async fn revoke_staff_role(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<StaffRoleId>,
    body: VersionedJson<RevokeStaffRoleRequest>,
) -> Result<HttpResponse, Problem> {
    let RevokeStaffRoleRequest {} = body.value;
    let expected = body.expected;
    let call = Call::new(caller, Action::ManageStaffRole, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| staff_roles::revoke(tx, id, expected),
            |details| responses::changed(details.row.version, &StaffRoleResponse::from(details)),
        )
        .await?;
    Ok(responses::send(reply))
}
