//! `/v1/bars`.

use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use validator::Validate;

use super::extract::{Id, IfNoneMatch, Json, List, ListParameters, ListResponse, VersionedJson};
use super::problem::{BODY, Code, KNOWN, LIST, ONE, POST, Problem, VERSIONED};
use super::report::{ReportRequest, ReportResponse, moment};
use super::time::{DayText, InstantText};
use super::{State, responses, tags};
use crate::application::actor::Action;
use crate::application::licensing::{self, BarShown, NewBar};
use crate::application::ports::FactFilter;
use crate::application::{Call, Caller};
use crate::domain::ids::{FactId, PersonId};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_bars)
        .service(bar_person)
        .service(get_bar)
        .service(lift_bar);
}

/// A bar.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct BarPersonRequest {
    person_id: Uuid,
    /// When it ends by itself. Absent, like `until_on`: when it is lifted.
    #[serde(default)]
    until_at: Option<InstantText>,
    /// The last local day of the bar.
    #[serde(default)]
    until_on: Option<DayText>,
    /// The bar that this one corrects.
    #[serde(default)]
    supersedes: Option<Uuid>,
    /// Its `reason` is needed.
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

/// Why a bar is lifted.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct LiftBarRequest {
    /// Its `reason` is needed.
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

/// A bar as it stands now: the person may not bar a license in the implementation.
#[derive(Serialize, ToSchema)]
#[schema(as = Bar)]
pub struct BarResponse {
    id: Uuid,
    implementation_id: Uuid,
    person_id: Uuid,
    from: DateTime<Utc>,
    /// When it ends by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<DateTime<Utc>>,
    /// Whether it is in force now.
    open: bool,
    /// When it was lifted or ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<DateTime<Utc>>,
    report: ReportResponse,
    /// Rises with its lift; `expected_version` is compared with it.
    version: i32,
}

impl From<&BarShown> for BarResponse {
    fn from(bar: &BarShown) -> Self {
        Self {
            id: bar.fact.id.into(),
            implementation_id: bar.fact.implementation_id.into(),
            person_id: bar.fact.person_id.into(),
            from: bar.fact.acts_at(),
            until: bar.until,
            open: bar.ended_at.is_none(),
            ended_at: bar.ended_at,
            report: (&bar.fact.envelope).into(),
            version: bar.version,
        }
    }
}

/// What narrows a list of bars.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct BarFilter {
    /// Only those of this implementation.
    implementation_id: Option<Uuid>,
    /// Only those of this person.
    person_id: Option<Uuid>,
}

crate::problems!(ListProblems: KNOWN, LIST);
crate::problems!(GetProblems: KNOWN, ONE);
crate::problems!(RecordProblems: KNOWN, BODY, POST, [Code::OwnCase, Code::TransitionRefused]);
crate::problems!(ChangeProblems: KNOWN, BODY, POST, VERSIONED, [Code::OwnCase, Code::TransitionRefused]);

fn example(lifted: bool) -> Value {
    let mut example = json!({
        "id": "0199f3c2-a400-7d00-8e00-6f6f6f6f6f04",
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b20",
        "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
        "from": "2026-04-14T13:00:00Z",
        "open": !lifted,
        "report": {
            "reported_at": "2026-04-14T13:00:00Z",
            "recorded_at": "2026-04-14T13:00:00Z",
            "recorded_by": "0199f3c2-6000-7a00-9000-aaaaaaaaaa01",
            "channel": "phone",
            "reason": "Shared a password for the second time.",
        },
        "version": if lifted { 2 } else { 1 },
    });
    if lifted {
        example["ended_at"] = json!("2026-04-16T15:30:00Z");
    }
    example
}

/// List bars
///
/// Bars, open and ended. Why, only administrators and auditors read.
#[utoipa::path(
    tag = tags::BARS,
    operation_id = "list_bars",
    params(BarFilter, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of bars.",
            body = ListResponse<BarResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [example(false)], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/bars")]
async fn list_bars(
    state: web::Data<State>,
    list: List<BarFilter>,
) -> Result<HttpResponse, Problem> {
    let filter = FactFilter {
        implementation_id: list.filter.implementation_id.map(Into::into),
        person_id: list.filter.person_id.map(Into::into),
        ..FactFilter::default()
    };
    let paging = list.paging;
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadBar, move |rx| {
            licensing::bars(rx, &filter, paging)
        })
        .await?;
    Ok(list.respond(&slice, |bar| BarResponse::from(bar)))
}

/// Bar a person
///
/// The person may not bar a license in the implementation until the bar is lifted or ends: every license of the person
/// ends now, and no request, activation or reactivation goes through.
#[utoipa::path(
    tag = tags::BARS,
    operation_id = "bar_person",
    request_body(
        content = BarPersonRequest,
        description = "The bar.",
        example = json!({
            "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
            "until_on": "2027-04-14",
            "report": { "channel": "phone", "reason": "Shared a password for the second time." },
        }),
    ),
    responses(
        (
            status = 201,
            description = "The bar as recorded.",
            body = BarResponse,
            headers(
                ("ETag" = String, description = "The version, for If-Match and If-None-Match."),
                ("Location" = String, description = "Where it is found."),
            ),
            example = json!(example(false)),
        ),
        RecordProblems,
    ),
)]
#[post("/v1/bars")]
async fn bar_person(
    caller: Caller,
    state: web::Data<State>,
    body: Json<BarPersonRequest>,
) -> Result<HttpResponse, Problem> {
    let request = body.value;
    let new = NewBar {
        person_id: PersonId(request.person_id),
        until: moment(request.until_at, request.until_on, "until")?,
        supersedes: request.supersedes.map(FactId),
        reported: ReportRequest::read(request.report)?,
    };
    let call = Call::new(caller, Action::BarPerson, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| licensing::bar_person(tx, &new),
            |bar| {
                let path = format!("/v1/bars/{}", bar.fact.id);
                responses::created(path, bar.version, &BarResponse::from(bar))
            },
        )
        .await?;
    Ok(responses::send(reply))
}

/// Get a bar
///
/// The bar as it stands now.
#[utoipa::path(
    tag = tags::BARS,
    operation_id = "get_bar",
    params(("id" = Uuid, Path, description = "The bar.")),
    responses(
        (
            status = 200,
            description = "The bar.",
            body = BarResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example(false)),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/bars/{id}")]
async fn get_bar(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let bar = state
        .app
        .read(caller, Action::ReadBar, move |rx| licensing::bar(rx, id))
        .await?;
    Ok(responses::one(&seen, bar.version, &BarResponse::from(&bar)))
}

/// Lift a bar
///
/// With a reason. It gives nothing back: a license that the bar ended is asked for anew, reactivated by the return
/// ladder, or reinstated where the bar was an error.
#[utoipa::path(
    tag = tags::BARS,
    operation_id = "lift_bar",
    params(("id" = Uuid, Path, description = "The bar.")),
    request_body(
        content = LiftBarRequest,
        description = "The version acted upon, and why.",
        example = json!({ "expected_version": 1, "report": { "reason": "The agency trained its staff again." } }),
    ),
    responses(
        (
            status = 200,
            description = "The bar, lifted.",
            body = BarResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example(true)),
        ),
        ChangeProblems,
    ),
)]
#[post("/v1/bars/{id}/lift")]
async fn lift_bar(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    body: VersionedJson<LiftBarRequest>,
) -> Result<HttpResponse, Problem> {
    let expected = body.expected;
    let reported = ReportRequest::read(body.value.report)?;
    let call = Call::new(caller, Action::BarPerson, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| licensing::lift_bar(tx, id, expected, &reported),
            |bar| responses::changed(bar.version, &BarResponse::from(bar)),
        )
        .await?;
    Ok(responses::send(reply))
}
