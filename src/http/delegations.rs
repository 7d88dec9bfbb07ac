//! `/v1/delegations`.

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
use super::time::DayText;
use super::{State, checks, responses, tags, words};
use crate::application::actor::Action;
use crate::application::ports::RosterFilter;
use crate::application::roster::delegations::{
    self, DelegationDetails, DelegationStanding, NewDelegation,
};
use crate::application::{Call, Caller};
use crate::domain::ids::DelegationId;

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_delegations)
        .service(name_deputy)
        .service(get_delegation)
        .service(end_delegation);
}

/// Where a delegation can stand.
fn standing_words() -> Object {
    words::of(&DelegationStanding::ALL.map(DelegationStanding::as_str))
}

/// A deputy of a supervisor, for stated dates.
#[derive(Serialize, ToSchema)]
#[schema(as = Delegation)]
pub struct DelegationResponse {
    id: Uuid,
    implementation_id: Uuid,
    organization_id: Uuid,
    /// The person he stands for.
    supervisor_id: Uuid,
    /// The person who acts in that one's place.
    deputy_id: Uuid,
    /// Where it stands now. It ends by its date, by hand, with the supervisor's own role, and by the departure of either.
    #[schema(schema_with = standing_words)]
    state: &'static str,
    from_at: DateTime<Utc>,
    /// The first instant without the authority.
    until_at: DateTime<Utc>,
    reason: String,
    /// The principal who named the deputy.
    named_by: Uuid,
    /// When it was ended by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<DateTime<Utc>>,
    /// The principal who ended it by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_by: Option<Uuid>,
    recorded_at: DateTime<Utc>,
    /// Rises with every change; `expected_version` is compared with it.
    version: i32,
}

impl From<&DelegationDetails> for DelegationResponse {
    fn from(details: &DelegationDetails) -> Self {
        let row = &details.row;
        Self {
            id: row.id.into(),
            implementation_id: row.implementation_id.into(),
            organization_id: row.organization_id.into(),
            supervisor_id: details.supervisor_id.into(),
            deputy_id: details.deputy_id.into(),
            state: details.standing.as_str(),
            from_at: row.from_at,
            until_at: row.until_at,
            reason: row.reason.clone(),
            named_by: row.named_by.into(),
            ended_at: row.ended_at,
            ended_by: row.ended_by.map(Into::into),
            recorded_at: row.recorded_at,
            version: row.version,
        }
    }
}

/// A deputy to be named.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct NameDeputyRequest {
    organization_id: Uuid,
    /// The supervisor he stands for. Left out: whoever names him.
    supervisor_id: Option<Uuid>,
    /// Somebody of the same organization with a credential of his own.
    deputy_id: Uuid,
    /// The first local day. Left out: at once.
    from_on: Option<DayText>,
    /// The last local day.
    until_on: DayText,
    /// Why. Name no health details.
    #[validate(length(min = 1, max = 1000), custom(function = "checks::text"))]
    #[schema(min_length = 1, max_length = 1000)]
    reason: String,
}

/// Nothing needs saying but the version seen.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct EndDelegationRequest {}

crate::problems!(ListProblems: KNOWN, LIST);
crate::problems!(GetProblems: KNOWN, ONE);
crate::problems!(NameProblems: KNOWN, BODY, POST, [Code::Duplicate]);
crate::problems!(EndProblems: KNOWN, BODY, POST, VERSIONED, [Code::TransitionRefused]);

/// The example of this resource, as every operation shows it.
fn example(state: &str) -> Value {
    json!({
        "id": "0199f3c2-b8a1-7d42-9c13-5e7f2a0b6c88",
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b21",
        "organization_id": "0199f3c2-8e10-7b52-b3a4-5d0f6a9c1e07",
        "supervisor_id": "0199f3c2-a4f1-7c28-9d36-6b2e8f0c4d99",
        "deputy_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
        "state": state,
        "from_at": "2026-03-09T08:00:00Z",
        "until_at": "2026-03-21T08:00:00Z",
        "reason": "On vacation.",
        "named_by": "0199f3c2-b7d3-7b06-a1e8-7c4d0f3b9a15",
        "recorded_at": "2026-03-02T18:45:00Z",
        "version": 1,
    })
}

/// List delegations
///
/// Every deputy that the caller may know of, ended ones too, in the order in which they were named: staff see those of
/// their implementations, a supervisor those of his organization, anybody else those that name him.
#[utoipa::path(
    tag = tags::DELEGATIONS,
    operation_id = "list_delegations",
    params(RosterParameters, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of delegations.",
            body = ListResponse<DelegationResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [example("live")], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/delegations")]
async fn list_delegations(
    state: web::Data<State>,
    list: List<RosterParameters>,
) -> Result<HttpResponse, Problem> {
    let (filter, paging) = (RosterFilter::from(&list.filter), list.paging);
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadDelegation, move |rx| {
            delegations::list(rx, &filter, paging)
        })
        .await?;
    Ok(list.respond(&slice, |row| DelegationResponse::from(row)))
}

/// Get a delegation
///
/// One deputy: whose, where, from when to when, and where it stands.
#[utoipa::path(
    tag = tags::DELEGATIONS,
    operation_id = "get_delegation",
    params(("id" = Uuid, Path, description = "The delegation.")),
    responses(
        (
            status = 200,
            description = "The delegation.",
            body = DelegationResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example("live")),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/delegations/{id}")]
async fn get_delegation(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<DelegationId>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let details = state
        .app
        .read(caller, Action::ReadDelegation, move |rx| {
            delegations::get(rx, id)
        })
        .await?;
    Ok(responses::one(
        &seen,
        details.row.version,
        &DelegationResponse::from(&details),
    ))
}

/// Name a deputy
///
/// Within the dates, the deputy's tokens carry the authority of the supervisor he stands for, at that organization, as
/// long as the supervisor's own role is live and neither has left. What he records names both, with `on_behalf_of`. He
/// decides neither about himself nor about the one he stands for, and names no deputy in turn. A supervisor names his
/// own deputy; an administrator names one for a supervisor.
#[utoipa::path(
    tag = tags::DELEGATIONS,
    operation_id = "name_deputy",
    request_body(
        content = NameDeputyRequest,
        description = "The deputy and the dates.",
        example = json!({
            "organization_id": "0199f3c2-8e10-7b52-b3a4-5d0f6a9c1e07",
            "deputy_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
            "from_on": "2026-03-09",
            "until_on": "2026-03-20",
            "reason": "On vacation.",
        }),
    ),
    responses(
        (
            status = 201,
            description = "The delegation as recorded.",
            body = DelegationResponse,
            headers(
                ("ETag" = String, description = "The version, for If-Match and If-None-Match."),
                ("Location" = String, description = "Where it is found."),
            ),
            example = json!(example("pending")),
        ),
        NameProblems,
    ),
)]
#[post("/v1/delegations")]
async fn name_deputy(
    caller: Caller,
    state: web::Data<State>,
    body: Json<NameDeputyRequest>,
) -> Result<HttpResponse, Problem> {
    let request = body.value;
    let new = NewDelegation {
        organization_id: request.organization_id.into(),
        supervisor_id: request.supervisor_id.map(Into::into),
        deputy_id: request.deputy_id.into(),
        from_on: request.from_on.map(|day| day.0),
        until_on: request.until_on.0,
        reason: request.reason,
    };
    let call = Call::new(caller, Action::NameDeputy, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| delegations::name(tx, &new),
            |details| {
                responses::created(
                    format!("/v1/delegations/{}", details.row.id),
                    details.row.version,
                    &DelegationResponse::from(details),
                )
            },
        )
        .await?;
    Ok(responses::send(reply))
}

/// End a delegation
///
/// Before its date, from now on: it holds on the next request of the deputy. For the supervisor himself and for
/// administrators.
#[utoipa::path(
    tag = tags::DELEGATIONS,
    operation_id = "end_delegation",
    params(("id" = Uuid, Path, description = "The delegation.")),
    request_body(
        content = EndDelegationRequest,
        description = "The version seen, unless If-Match names it.",
        example = json!({ "expected_version": 1 }),
    ),
    responses(
        (
            status = 200,
            description = "The ended delegation.",
            body = DelegationResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!({
                "id": "0199f3c2-b8a1-7d42-9c13-5e7f2a0b6c88",
                "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b21",
                "organization_id": "0199f3c2-8e10-7b52-b3a4-5d0f6a9c1e07",
                "supervisor_id": "0199f3c2-a4f1-7c28-9d36-6b2e8f0c4d99",
                "deputy_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
                "state": "ended",
                "from_at": "2026-03-09T08:00:00Z",
                "until_at": "2026-03-21T08:00:00Z",
                "reason": "On vacation.",
                "named_by": "0199f3c2-b7d3-7b06-a1e8-7c4d0f3b9a15",
                "ended_at": "2026-03-16T17:00:00Z",
                "ended_by": "0199f3c2-b7d3-7b06-a1e8-7c4d0f3b9a15",
                "recorded_at": "2026-03-02T18:45:00Z",
                "version": 2,
            }),
        ),
        EndProblems,
    ),
)]
#[post("/v1/delegations/{id}/end")]
async fn end_delegation(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<DelegationId>,
    body: VersionedJson<EndDelegationRequest>,
) -> Result<HttpResponse, Problem> {
    let EndDelegationRequest {} = body.value;
    let expected = body.expected;
    let call = Call::new(caller, Action::NameDeputy, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| delegations::end(tx, id, expected),
            |details| responses::changed(details.row.version, &DelegationResponse::from(details)),
        )
        .await?;
    Ok(responses::send(reply))
}
