//! `/v1/add-ons`: licenses that depend on a base license.

use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use validator::Validate;

use super::evidence::{EvidenceFilter, report_example};
use super::extract::{Id, IfNoneMatch, List, ListParameters, ListResponse, VersionedJson};
use super::problem::{BODY, Code, KNOWN, LIST, ONE, POST, Problem, VERSIONED};
use super::report::{ReportRequest, ReportResponse};
use super::{State, responses, tags};
use crate::application::actor::Action;
use crate::application::licensing::{self, AddOnShown, Reported};
use crate::application::{Call, Caller, Error, Tx};
use crate::domain::evaluate::AddOnStatus;
use crate::domain::fact::FactKind;
use crate::domain::ids::FactId;

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_add_ons)
        .service(get_add_on)
        .service(confirm_add_on)
        .service(end_add_on);
}

/// Whether an add-on may be used. `base_off`: its base gives no access. `suspended`: something that the add-on owes by
/// itself is overdue. `awaits_confirmation`: the base was suspended or reinstated, or the end of the add-on is contested,
/// and staff have not confirmed the add-on since.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AddOnState)]
pub enum AddOnStateName {
    On,
    BaseOff,
    Suspended,
    AwaitsConfirmation,
    Ended,
}

impl From<AddOnStatus> for AddOnStateName {
    fn from(status: AddOnStatus) -> Self {
        match status {
            AddOnStatus::On => Self::On,
            AddOnStatus::BaseOff => Self::BaseOff,
            AddOnStatus::Suspended => Self::Suspended,
            AddOnStatus::AwaitsConfirmation => Self::AwaitsConfirmation,
            AddOnStatus::Ended => Self::Ended,
        }
    }
}

/// An add-on with its state now.
#[derive(Serialize, ToSchema)]
#[schema(as = AddOn)]
pub struct AddOnResponse {
    id: Uuid,
    implementation_id: Uuid,
    person_id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_id: Option<Uuid>,
    /// The base license that carries it.
    #[serde(skip_serializing_if = "Option::is_none")]
    license_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    license_request_id: Option<Uuid>,
    /// The license type of the add-on.
    license_type: String,
    state: AddOnStateName,
    from: DateTime<Utc>,
    /// When it ended, by itself or with its base.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<DateTime<Utc>>,
    report: ReportResponse,
    /// Rises with every decision about it; `expected_version` is compared with it.
    version: i32,
}

impl From<&AddOnShown> for AddOnResponse {
    fn from(shown: &AddOnShown) -> Self {
        let (fact, add_on) = (&shown.fact, &shown.add_on);
        Self {
            id: fact.id.into(),
            implementation_id: fact.implementation_id.into(),
            person_id: fact.person_id.into(),
            organization_id: fact.organization_id.map(Into::into),
            license_id: fact.license_id.map(Into::into),
            license_request_id: add_on.request.map(Into::into),
            license_type: add_on.license_type.clone(),
            state: add_on.status.into(),
            from: add_on.from,
            ended_at: add_on.ended_at,
            report: (&fact.envelope).into(),
            version: shown.version,
        }
    }
}

/// How a change of an add-on became known.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ChangeAddOnRequest {
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

crate::problems!(ListProblems: KNOWN, LIST);
crate::problems!(GetProblems: KNOWN, ONE);
crate::problems!(ChangeProblems: KNOWN, BODY, POST, VERSIONED, [Code::OwnCase, Code::TransitionRefused]);

fn add_on_example(state: &str) -> Value {
    json!({
        "id": "0199f3c2-9a40-7e21-9a10-5c5c5c5c5c21",
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b21",
        "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d09",
        "organization_id": "0199f3c2-7a01-7c12-b7aa-1f3355aa7709",
        "license_id": "0199f3c2-9a00-7c00-8d00-5e5e5e5e5e09",
        "license_request_id": "0199f3c2-7d10-7a11-8c21-3b5d9a2c4e09",
        "license_type": "business_objects",
        "state": state,
        "from": "2026-04-14T18:00:00Z",
        "report": report_example(),
        "version": 1,
    })
}

/// List add-ons
///
/// Add-ons that the caller may know of, each with its state now, in the order in which they began.
#[utoipa::path(
    tag = tags::ADD_ONS,
    operation_id = "list_add_ons",
    params(EvidenceFilter, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of add-ons.",
            body = ListResponse<AddOnResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [add_on_example("on")], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/add-ons")]
async fn list_add_ons(
    state: web::Data<State>,
    list: List<EvidenceFilter>,
) -> Result<HttpResponse, Problem> {
    let (filter, paging) = (list.filter.of(FactKind::AddOnActivated), list.paging);
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadFact, move |rx| {
            licensing::add_ons(rx, &filter, paging)
        })
        .await?;
    Ok(list.respond(&slice, |shown| AddOnResponse::from(shown)))
}

/// Get an add-on
///
/// One add-on with its state now.
#[utoipa::path(
    tag = tags::ADD_ONS,
    operation_id = "get_add_on",
    params(("id" = Uuid, Path, description = "The add-on.")),
    responses(
        (
            status = 200,
            description = "The add-on.",
            body = AddOnResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(add_on_example("on")),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/add-ons/{id}")]
async fn get_add_on(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let shown = state
        .app
        .read(caller, Action::ReadFact, move |rx| {
            licensing::add_on(rx, id)
        })
        .await?;
    Ok(responses::one(
        &seen,
        shown.version,
        &AddOnResponse::from(&shown),
    ))
}

/// Sends the answer to a change of an add-on.
async fn change(
    state: &State,
    caller: Caller,
    action: Action,
    id: FactId,
    body: VersionedJson<ChangeAddOnRequest>,
    work: fn(&mut Tx<'_>, FactId, i32, &Reported) -> Result<AddOnShown, Error>,
) -> Result<HttpResponse, Problem> {
    let reported = ReportRequest::read(body.value.report)?;
    let expected = body.expected;
    let call = Call::new(caller, action, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| work(tx, id, expected, &reported),
            |shown| responses::changed(shown.version, &AddOnResponse::from(shown)),
        )
        .await?;
    Ok(responses::send(reply))
}

/// Confirm an add-on
///
/// After a suspension or reinstatement of the base license one confirmation by staff lets the add-on go on.
#[utoipa::path(
    tag = tags::ADD_ONS,
    operation_id = "confirm_add_on",
    params(("id" = Uuid, Path, description = "The add-on.")),
    request_body(
        content = ChangeAddOnRequest,
        description = "How the confirmation came about.",
        example = json!({ "expected_version": 1, "report": { "ticket_reference": "HD-2207" } }),
    ),
    responses(
        (
            status = 200,
            description = "The add-on as it is now.",
            body = AddOnResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(add_on_example("on")),
        ),
        ChangeProblems,
    ),
)]
#[post("/v1/add-ons/{id}/confirm")]
async fn confirm_add_on(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    body: VersionedJson<ChangeAddOnRequest>,
) -> Result<HttpResponse, Problem> {
    let action = Action::ConfirmAddOn;
    change(&state, caller, action, id, body, licensing::confirm_add_on).await
}

/// End an add-on
///
/// It is no longer needed; the base license goes on.
#[utoipa::path(
    tag = tags::ADD_ONS,
    operation_id = "end_add_on",
    params(("id" = Uuid, Path, description = "The add-on.")),
    request_body(
        content = ChangeAddOnRequest,
        description = "How the end became known.",
        example = json!({ "expected_version": 1, "report": { "reason": "She no longer writes reports." } }),
    ),
    responses(
        (
            status = 200,
            description = "The add-on as it is now.",
            body = AddOnResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(add_on_example("ended")),
        ),
        ChangeProblems,
    ),
)]
#[post("/v1/add-ons/{id}/end")]
async fn end_add_on(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    body: VersionedJson<ChangeAddOnRequest>,
) -> Result<HttpResponse, Problem> {
    let action = Action::ChangeLicense;
    change(&state, caller, action, id, body, licensing::end_add_on).await
}
