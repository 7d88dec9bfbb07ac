//! `/v1/access-signals`.

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
use super::{State, checks, responses, tags};
use crate::application::actor::Action;
use crate::application::licensing::logins::{self, SignalClosing};
use crate::application::ports::SignalFilter;
use crate::application::{Call, Caller};
use crate::domain::ids::AccessSignalId;
use crate::domain::login::{AccessSignal, SignalState};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_access_signals)
        .service(get_access_signal)
        .service(close_access_signal);
}

/// What became of a signal.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AccessSignalState)]
pub enum SignalStateName {
    Open,
    /// There was a harmless reason.
    Explained,
    /// Somebody was in who should not have been.
    Incident,
}

impl From<SignalState> for SignalStateName {
    fn from(state: SignalState) -> Self {
        match state {
            SignalState::Open => Self::Open,
            SignalState::Explained => Self::Explained,
            SignalState::Incident => Self::Incident,
        }
    }
}

impl From<SignalStateName> for SignalState {
    fn from(name: SignalStateName) -> Self {
        match name {
            SignalStateName::Open => Self::Open,
            SignalStateName::Explained => Self::Explained,
            SignalStateName::Incident => Self::Incident,
        }
    }
}

/// How a signal can be closed.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AccessSignalOutcome)]
pub enum ClosingName {
    Explained,
    Incident,
}

/// A login that nothing allowed.
#[derive(Serialize, ToSchema)]
#[schema(as = AccessSignal)]
pub struct AccessSignalResponse {
    id: Uuid,
    implementation_id: Uuid,
    login_event_id: Uuid,
    person_id: Uuid,
    /// The organization that the login named.
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_id: Option<Uuid>,
    state: SignalStateName,
    occurred_at: DateTime<Utc>,
    recorded_at: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    closed_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    closed_by: Option<Uuid>,
    /// Rises when it is closed; `expected_version` is compared with it.
    version: i32,
}

impl From<&AccessSignal> for AccessSignalResponse {
    fn from(signal: &AccessSignal) -> Self {
        Self {
            id: signal.id.into(),
            implementation_id: signal.implementation_id.into(),
            login_event_id: signal.login_event_id.into(),
            person_id: signal.person_id.into(),
            organization_id: signal.organization_id.map(Into::into),
            state: signal.state.into(),
            occurred_at: signal.occurred_at,
            recorded_at: signal.recorded_at,
            reason: signal.reason.clone(),
            closed_at: signal.closed_at,
            closed_by: signal.closed_by.map(Into::into),
            version: signal.version,
        }
    }
}

/// What a signal was, and how one knows.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CloseAccessSignalRequest {
    outcome: ClosingName,
    /// Name no clients and no health or legal details.
    #[validate(length(min = 1, max = 1000), custom(function = "checks::text"))]
    #[schema(min_length = 1, max_length = 1000)]
    reason: String,
}

/// What narrows a list of signals.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct AccessSignalFilter {
    /// Only those of this implementation.
    implementation_id: Option<Uuid>,
    /// Only those of this person.
    person_id: Option<Uuid>,
    /// Only those in this state.
    #[param(inline)]
    state: Option<SignalStateName>,
}

crate::problems!(ListProblems: KNOWN, LIST);
crate::problems!(GetProblems: KNOWN, ONE);
crate::problems!(CloseProblems: KNOWN, BODY, POST, VERSIONED, [Code::OwnCase, Code::TransitionRefused]);

fn example(state: &str) -> Value {
    let mut example = json!({
        "id": "0199f3c2-b300-7100-8100-7c7c7c7c7c01",
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b20",
        "login_event_id": "0199f3c2-b200-7100-8100-7b7b7b7b7b01",
        "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
        "state": state,
        "occurred_at": "2026-03-25T13:04:11Z",
        "recorded_at": "2026-03-25T13:04:12Z",
        "version": 1,
    });
    if state != "open" {
        example["reason"] =
            json!("The account was disabled an hour late; her supervisor was with her.");
        example["closed_at"] = json!("2026-03-25T15:00:00Z");
        example["closed_by"] = json!("0199f3c2-6000-7a00-9000-aaaaaaaaaa01");
        example["version"] = json!(2);
    }
    example
}

/// List access signals
///
/// Logins that nothing allowed, by the facts recorded when they occurred. With `state=open`, those to close.
#[utoipa::path(
    tag = tags::ACCESS_SIGNALS,
    operation_id = "list_access_signals",
    params(AccessSignalFilter, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of signals.",
            body = ListResponse<AccessSignalResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [example("open")], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/access-signals")]
async fn list_access_signals(
    state: web::Data<State>,
    list: List<AccessSignalFilter>,
) -> Result<HttpResponse, Problem> {
    let filter = SignalFilter {
        implementation_id: list.filter.implementation_id.map(Into::into),
        person_id: list.filter.person_id.map(Into::into),
        state: list.filter.state.map(Into::into),
    };
    let paging = list.paging;
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadLogin, move |rx| {
            logins::access_signals(rx, &filter, paging)
        })
        .await?;
    Ok(list.respond(&slice, |signal| AccessSignalResponse::from(signal)))
}

/// Get an access signal
///
/// One login that nothing allowed, and what became of it.
#[utoipa::path(
    tag = tags::ACCESS_SIGNALS,
    operation_id = "get_access_signal",
    params(("id" = Uuid, Path, description = "The signal.")),
    responses(
        (
            status = 200,
            description = "The signal.",
            body = AccessSignalResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example("open")),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/access-signals/{id}")]
async fn get_access_signal(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<AccessSignalId>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let signal = state
        .app
        .read(caller, Action::ReadLogin, move |rx| {
            logins::access_signal(rx, id)
        })
        .await?;
    Ok(responses::one(
        &seen,
        signal.version,
        &AccessSignalResponse::from(&signal),
    ))
}

/// Close an access signal
///
/// Once, with what it was and how one knows. Nobody closes one about himself.
#[utoipa::path(
    tag = tags::ACCESS_SIGNALS,
    operation_id = "close_access_signal",
    params(("id" = Uuid, Path, description = "The signal.")),
    request_body(
        content = CloseAccessSignalRequest,
        description = "The version acted upon, what it was, and why.",
        example = json!({
            "expected_version": 1,
            "outcome": "explained",
            "reason": "The account was disabled an hour late; her supervisor was with her.",
        }),
    ),
    responses(
        (
            status = 200,
            description = "The signal, closed.",
            body = AccessSignalResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example("explained")),
        ),
        CloseProblems,
    ),
)]
#[post("/v1/access-signals/{id}/close")]
async fn close_access_signal(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<AccessSignalId>,
    body: VersionedJson<CloseAccessSignalRequest>,
) -> Result<HttpResponse, Problem> {
    let expected = body.expected;
    let closing = SignalClosing {
        outcome: match body.value.outcome {
            ClosingName::Explained => SignalState::Explained,
            ClosingName::Incident => SignalState::Incident,
        },
        reason: body.value.reason,
    };
    let call = Call::new(caller, Action::CloseAccessSignal, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| logins::close_access_signal(tx, id, expected, &closing),
            |signal| responses::changed(signal.version, &AccessSignalResponse::from(signal)),
        )
        .await?;
    Ok(responses::send(reply))
}
