//! `/v1/organization-contacts`.

use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, NaiveDate, Utc};
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
use super::time::DayText;
use super::{State, checks, responses, tags, words};
use crate::application::actor::Action;
use crate::application::ports::RosterFilter;
use crate::application::roster::contacts::{self, NewContact};
use crate::application::{Call, Caller};
use crate::domain::ids::ContactId;
use crate::domain::roster::{ContactDuty, OrganizationContact};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_organization_contacts)
        .service(create_organization_contact)
        .service(get_organization_contact)
        .service(end_organization_contact);
}

/// The duties by name.
fn duties() -> Object {
    words::of(&["authorized_signer", "security_officer", "billing_contact"])
}

/// Somebody's duty for an organization, with dates.
#[derive(Serialize, ToSchema)]
#[schema(as = OrganizationContact)]
pub struct OrganizationContactResponse {
    id: Uuid,
    implementation_id: Uuid,
    organization_id: Uuid,
    #[schema(schema_with = duties)]
    duty: ContactDuty,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    /// The first local day of the duty.
    from_on: NaiveDate,
    /// The last local day of the duty.
    #[serde(skip_serializing_if = "Option::is_none")]
    to_on: Option<NaiveDate>,
    recorded_at: DateTime<Utc>,
    /// Rises with every change; `expected_version` is compared with it.
    version: i32,
}

impl From<&OrganizationContact> for OrganizationContactResponse {
    fn from(row: &OrganizationContact) -> Self {
        Self {
            id: row.id.into(),
            implementation_id: row.implementation_id.into(),
            organization_id: row.organization_id.into(),
            duty: row.duty,
            name: row.name.clone(),
            email: row.email.clone(),
            phone: row.phone.clone(),
            from_on: row.from_on,
            to_on: row.to_on,
            recorded_at: row.recorded_at,
            version: row.version,
        }
    }
}

/// Who has a duty for an organization.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CreateOrganizationContactRequest {
    organization_id: Uuid,
    #[schema(schema_with = duties)]
    duty: ContactDuty,
    #[validate(length(min = 1, max = 200), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    #[validate(custom(function = "checks::email"))]
    #[schema(format = Email, max_length = 254)]
    email: Option<String>,
    #[validate(length(min = 1, max = 50), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 50)]
    phone: Option<String>,
    /// The first local day of the duty. Left out: today.
    from_on: Option<DayText>,
    /// The last local day of the duty. Left out: without end.
    to_on: Option<DayText>,
}

/// When a duty ends.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct EndOrganizationContactRequest {
    /// The last local day of the duty. Left out: today.
    to_on: Option<DayText>,
}

crate::problems!(ListProblems: KNOWN, LIST);
crate::problems!(GetProblems: KNOWN, ONE);
crate::problems!(CreateProblems: KNOWN, BODY, POST);
crate::problems!(EndProblems: KNOWN, BODY, POST, VERSIONED, [Code::TransitionRefused]);

/// The example of this resource, as every operation shows it.
fn example() -> Value {
    json!({
        "id": "0199f3c2-93aa-7e41-a1b7-0c5d2e8f4b19",
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b21",
        "organization_id": "0199f3c2-8e10-7b52-b3a4-5d0f6a9c1e07",
        "duty": "authorized_signer",
        "name": "Ingrid Solberg",
        "email": "i.solberg@night-shelter.example",
        "phone": "+1 907 555 0140",
        "from_on": "2026-01-01",
        "recorded_at": "2026-03-02T18:15:00Z",
        "version": 1,
    })
}

/// List organization contacts
///
/// Authorized signers, security officers and billing contacts of the organizations that the caller may know of, ended
/// ones too.
#[utoipa::path(
    tag = tags::ORGANIZATION_CONTACTS,
    operation_id = "list_organization_contacts",
    params(RosterParameters, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of contacts.",
            body = ListResponse<OrganizationContactResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [example()], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/organization-contacts")]
async fn list_organization_contacts(
    state: web::Data<State>,
    list: List<RosterParameters>,
) -> Result<HttpResponse, Problem> {
    let (filter, paging) = (RosterFilter::from(&list.filter), list.paging);
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadRoster, move |rx| {
            contacts::list(rx, &filter, paging)
        })
        .await?;
    Ok(list.respond(&slice, |row| OrganizationContactResponse::from(row)))
}

/// Get an organization contact
///
/// One duty: whose it is, how to reach him, and from when to when.
#[utoipa::path(
    tag = tags::ORGANIZATION_CONTACTS,
    operation_id = "get_organization_contact",
    params(("id" = Uuid, Path, description = "The contact.")),
    responses(
        (
            status = 200,
            description = "The contact.",
            body = OrganizationContactResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example()),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/organization-contacts/{id}")]
async fn get_organization_contact(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<ContactId>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let row = state
        .app
        .read(caller, Action::ReadRoster, move |rx| contacts::get(rx, id))
        .await?;
    Ok(responses::one(
        &seen,
        row.version,
        &OrganizationContactResponse::from(&row),
    ))
}

/// Record an organization contact
///
/// Who signs for an organization, answers for its security or receives its bills. Several may have the same duty.
#[utoipa::path(
    tag = tags::ORGANIZATION_CONTACTS,
    operation_id = "create_organization_contact",
    request_body(
        content = CreateOrganizationContactRequest,
        description = "The new contact.",
        example = json!({
            "organization_id": "0199f3c2-8e10-7b52-b3a4-5d0f6a9c1e07",
            "duty": "authorized_signer",
            "name": "Ingrid Solberg",
            "email": "i.solberg@night-shelter.example",
            "phone": "+1 907 555 0140",
            "from_on": "2026-01-01",
        }),
    ),
    responses(
        (
            status = 201,
            description = "The contact as recorded.",
            body = OrganizationContactResponse,
            headers(
                ("ETag" = String, description = "The version, for If-Match and If-None-Match."),
                ("Location" = String, description = "Where it is found."),
            ),
            example = json!(example()),
        ),
        CreateProblems,
    ),
)]
#[post("/v1/organization-contacts")]
async fn create_organization_contact(
    caller: Caller,
    state: web::Data<State>,
    body: Json<CreateOrganizationContactRequest>,
) -> Result<HttpResponse, Problem> {
    let request = body.value;
    let new = NewContact {
        organization_id: request.organization_id.into(),
        duty: request.duty,
        name: request.name,
        email: request.email,
        phone: request.phone,
        from_on: request.from_on.map(|day| day.0),
        to_on: request.to_on.map(|day| day.0),
    };
    let call = Call::new(caller, Action::ManageRoster, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| contacts::create(tx, &new),
            |row| {
                responses::created(
                    format!("/v1/organization-contacts/{}", row.id),
                    row.version,
                    &OrganizationContactResponse::from(row),
                )
            },
        )
        .await?;
    Ok(responses::send(reply))
}

/// End an organization contact
///
/// The duty ends with a local day. An end that lies ahead can be moved; one that has passed stands, and the same person
/// is recorded anew.
#[utoipa::path(
    tag = tags::ORGANIZATION_CONTACTS,
    operation_id = "end_organization_contact",
    params(("id" = Uuid, Path, description = "The contact.")),
    request_body(
        content = EndOrganizationContactRequest,
        description = "The last day.",
        example = json!({ "to_on": "2026-06-30", "expected_version": 1 }),
    ),
    responses(
        (
            status = 200,
            description = "The contact with its end.",
            body = OrganizationContactResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!({
                "id": "0199f3c2-93aa-7e41-a1b7-0c5d2e8f4b19",
                "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b21",
                "organization_id": "0199f3c2-8e10-7b52-b3a4-5d0f6a9c1e07",
                "duty": "authorized_signer",
                "name": "Ingrid Solberg",
                "from_on": "2026-01-01",
                "to_on": "2026-06-30",
                "recorded_at": "2026-03-02T18:15:00Z",
                "version": 2,
            }),
        ),
        EndProblems,
    ),
)]
#[post("/v1/organization-contacts/{id}/end")]
async fn end_organization_contact(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<ContactId>,
    body: VersionedJson<EndOrganizationContactRequest>,
) -> Result<HttpResponse, Problem> {
    let (expected, to_on) = (body.expected, body.value.to_on.map(|day| day.0));
    let call = Call::new(caller, Action::ManageRoster, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| contacts::end(tx, id, expected, to_on),
            |row| responses::changed(row.version, &OrganizationContactResponse::from(row)),
        )
        .await?;
    Ok(responses::send(reply))
}
