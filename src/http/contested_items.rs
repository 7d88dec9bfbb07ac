//! `/v1/contested-items`.

use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use validator::Validate;

use super::extract::{Id, IfNoneMatch, List, ListParameters, ListResponse, VersionedJson};
use super::problem::{BODY, Code, KNOWN, LIST, ONE, POST, Problem, VERSIONED};
use super::report::ReportRequest;
use super::{State, responses, tags};
use crate::application::actor::{Action, Sight};
use crate::application::licensing::{self, Contest, ContestedShown, end_seen};
use crate::application::ports::RosterFilter;
use crate::application::{Call, Caller};
use crate::domain::ids::LicenseId;

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_contested_items)
        .service(get_contested_item)
        .service(uphold_contested_item);
}

/// A fact that contests an end.
#[derive(Serialize, ToSchema)]
#[schema(as = Contest)]
pub struct ContestResponse {
    fact_id: Uuid,
    /// For example `logged_in`, `training_completed` or `cancelled`.
    kind: &'static str,
    occurred_at: DateTime<Utc>,
    recorded_at: DateTime<Utc>,
}

impl From<&Contest> for ContestResponse {
    fn from(contest: &Contest) -> Self {
        Self {
            fact_id: contest.fact.into(),
            kind: contest.kind.as_str(),
            occurred_at: contest.occurred_at,
            recorded_at: contest.recorded_at,
        }
    }
}

/// An end that is contested: a fact that occurred in time arrived after it, or what it rested on was corrected.
#[derive(Serialize, ToSchema)]
#[schema(as = ContestedItem)]
pub struct ContestedItemResponse {
    /// That of the license: one end of a license is contested at a time.
    id: Uuid,
    implementation_id: Uuid,
    organization_id: Uuid,
    person_id: Uuid,
    license_id: Uuid,
    /// What ended the license.
    cause: &'static str,
    ended_at: DateTime<Utc>,
    /// Since when it waits for a decision.
    contested_since: DateTime<Utc>,
    contested_by: Vec<ContestResponse>,
    /// Rises with every fact that contests the end; `expected_version` is compared with it.
    version: i32,
}

impl From<&ContestedShown> for ContestedItemResponse {
    fn from(item: &ContestedShown) -> Self {
        Self {
            id: item.license.id.into(),
            implementation_id: item.license.implementation_id.into(),
            organization_id: item.license.organization_id.into(),
            person_id: item.license.person_id.into(),
            license_id: item.license.id.into(),
            cause: end_seen(item.cause, Sight::HelpDesk),
            ended_at: item.ended_at,
            contested_since: item.since,
            contested_by: item.contests.iter().map(Into::into).collect(),
            version: item.version,
        }
    }
}

/// Why a contested end stands.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct UpholdRequest {
    /// Its `reason` is needed.
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

/// A contested end that was upheld.
#[derive(Serialize, ToSchema)]
#[schema(as = UpheldItem)]
pub struct UpheldResponse {
    license_id: Uuid,
    /// Always `true`: the end stands, and the item left the list.
    upheld: bool,
}

/// What narrows the list of contested ends.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ContestedFilter {
    /// Only those of this implementation.
    implementation_id: Option<Uuid>,
    /// Only those of this organization.
    organization_id: Option<Uuid>,
}

crate::problems!(ListProblems: KNOWN, LIST);
crate::problems!(GetProblems: KNOWN, ONE);
crate::problems!(ChangeProblems: KNOWN, BODY, POST, VERSIONED, [Code::OwnCase, Code::TransitionRefused]);

fn example() -> Value {
    json!({
        "id": "0199f3c2-9a00-7c00-8d00-5e5e5e5e5e01",
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b20",
        "organization_id": "0199f3c2-7a01-7c12-b7aa-1f3355aa7703",
        "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
        "license_id": "0199f3c2-9a00-7c00-8d00-5e5e5e5e5e01",
        "cause": "inactivity",
        "ended_at": "2026-04-08T04:00:00Z",
        "contested_since": "2026-04-10T13:00:00Z",
        "contested_by": [{
            "fact_id": "0199f3c2-a600-7d00-8e00-6f6f6f6f6f06",
            "kind": "logged_in",
            "occurred_at": "2026-04-07T20:15:00Z",
            "recorded_at": "2026-04-10T13:00:00Z",
        }],
        "version": 1,
    })
}

/// List contested ends
///
/// Ends of licenses that facts contest which arrived late, or corrections. Reinstate the license, or uphold its end.
#[utoipa::path(
    tag = tags::CONTESTED_ITEMS,
    operation_id = "list_contested_items",
    params(ContestedFilter, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of contested ends.",
            body = ListResponse<ContestedItemResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [example()], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/contested-items")]
async fn list_contested_items(
    state: web::Data<State>,
    list: List<ContestedFilter>,
) -> Result<HttpResponse, Problem> {
    let filter = RosterFilter {
        implementation_id: list.filter.implementation_id.map(Into::into),
        organization_id: list.filter.organization_id.map(Into::into),
    };
    let paging = list.paging;
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadContested, move |rx| {
            licensing::contested_items(rx, &filter, paging)
        })
        .await?;
    Ok(list.respond(&slice, |item| ContestedItemResponse::from(item)))
}

/// Get a contested end
///
/// With everything that contests it. There is none once staff decided.
#[utoipa::path(
    tag = tags::CONTESTED_ITEMS,
    operation_id = "get_contested_item",
    params(("id" = Uuid, Path, description = "The license whose end is contested.")),
    responses(
        (
            status = 200,
            description = "The contested end.",
            body = ContestedItemResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example()),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/contested-items/{id}")]
async fn get_contested_item(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<LicenseId>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let item = state
        .app
        .read(caller, Action::ReadContested, move |rx| {
            licensing::contested_item(rx, id)
        })
        .await?;
    Ok(responses::one(
        &seen,
        item.version,
        &ContestedItemResponse::from(&item),
    ))
}

/// Uphold a contested end
///
/// It stands, and leaves the list until something new contests it. A reason is needed.
#[utoipa::path(
    tag = tags::CONTESTED_ITEMS,
    operation_id = "uphold_contested_item",
    params(("id" = Uuid, Path, description = "The license whose end is contested.")),
    request_body(
        content = UpholdRequest,
        description = "The version acted upon, and why.",
        example = json!({ "expected_version": 1, "report": { "reason": "The login was another person's." } }),
    ),
    responses(
        (
            status = 200,
            description = "The end stands.",
            body = UpheldResponse,
            example = json!({ "license_id": "0199f3c2-9a00-7c00-8d00-5e5e5e5e5e01", "upheld": true }),
        ),
        ChangeProblems,
    ),
)]
#[post("/v1/contested-items/{id}/uphold")]
async fn uphold_contested_item(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<LicenseId>,
    body: VersionedJson<UpholdRequest>,
) -> Result<HttpResponse, Problem> {
    let expected = body.expected;
    let reported = ReportRequest::read(body.value.report)?;
    let call = Call::new(caller, Action::SettleContested, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| licensing::uphold(tx, id, expected, &reported),
            |license| {
                responses::outcome(&UpheldResponse {
                    license_id: (*license).into(),
                    upheld: true,
                })
            },
        )
        .await?;
    Ok(responses::send(reply))
}
