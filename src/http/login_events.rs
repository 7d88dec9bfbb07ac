//! `/v1/login-events`.

use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use validator::Validate;

use super::extract::{
    Feed, Id, IfNoneMatch, Json, Lines, List, ListParameters, ListResponse, Query,
};
use super::licenses::LicenseStateName;
use super::problem::{BODY, Code, KNOWN, LIST, ONE, POST, Problem};
use super::time::InstantText;
use super::{State, checks, responses, tags};
use crate::application::actor::Action;
use crate::application::licensing::logins::{
    self, Batch, BatchOutcome, LineOutcome, LineProblem, LineResult, LoginRecorded, NamedPerson,
    NewLogin, ReportedLogin,
};
use crate::application::ports::{LoginFilter, StoreError};
use crate::application::{Call, Caller, Error, Fault, Place};
use crate::domain::ids::{LoginEventId, PersonId};
use crate::domain::login::{LoginEvent, LoginOutcome, UnmatchedReason};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_login_events)
        .service(record_login_events)
        .service(get_login_event);
}

/// What a reported login turned out to be.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = LoginOutcome)]
pub enum OutcomeName {
    /// A license gave access when it occurred.
    Accepted,
    /// Nothing allowed it, by the facts recorded when it occurred: see the access signal.
    Signal,
    /// An unknown external id, or an instant before go-live. It is kept for staff.
    Unmatched,
}

impl From<LoginOutcome> for OutcomeName {
    fn from(outcome: LoginOutcome) -> Self {
        match outcome {
            LoginOutcome::Accepted => Self::Accepted,
            LoginOutcome::Signal => Self::Signal,
            LoginOutcome::Unmatched => Self::Unmatched,
        }
    }
}

impl From<OutcomeName> for LoginOutcome {
    fn from(name: OutcomeName) -> Self {
        match name {
            OutcomeName::Accepted => Self::Accepted,
            OutcomeName::Signal => Self::Signal,
            OutcomeName::Unmatched => Self::Unmatched,
        }
    }
}

/// Why a login is unmatched.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = UnmatchedReason)]
pub enum UnmatchedReasonName {
    UnknownExternalId,
    BeforeGoLive,
}

/// The person's identifier in a system of the source.
#[derive(Clone, Deserialize, Serialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct LoginExternalId {
    #[validate(length(min = 1, max = 100), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 100, example = "hmis_user_id")]
    system: String,
    #[validate(length(min = 1, max = 200), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 200, example = "41")]
    value: String,
}

/// One line of a batch: a login of the source that the query names.
#[derive(Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct LoginEventLine {
    /// The id of the event at the source. The same id is recorded once.
    #[validate(length(min = 1, max = 200), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 200)]
    source_event_id: String,
    /// When somebody signed in, successfully, to the live site.
    occurred_at: InstantText,
    /// Whose it was, by our id. Give it or `external_id`.
    #[serde(default)]
    person_id: Option<Uuid>,
    /// Whose it was, by the id of another system.
    #[serde(default)]
    #[validate(nested)]
    external_id: Option<LoginExternalId>,
    /// The organization that the person signed in for, if the site asks. Left out: all of them.
    #[serde(default)]
    organization_id: Option<Uuid>,
    /// A kind of activity that restarts the inactivity clock by the policy. Left out: a login.
    #[serde(default)]
    #[validate(length(min = 1, max = 64), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 64, example = "report_run")]
    kind: Option<String>,
}

impl LoginEventLine {
    fn read(self) -> Result<NewLogin, Error> {
        let person = match (self.person_id, self.external_id) {
            (Some(id), None) => NamedPerson::Id(PersonId(id)),
            (None, Some(LoginExternalId { system, value })) => {
                NamedPerson::External { system, value }
            }
            _ => {
                return Err(Error::invalid(
                    "/external_id",
                    "give either `person_id` or `external_id`",
                ));
            }
        };
        Ok(NewLogin {
            source_event_id: self.source_event_id,
            occurred_at: self.occurred_at.0,
            person,
            organization_id: self.organization_id.map(Into::into),
            activity: self.kind,
        })
    }
}

/// A login, as a source reports it.
#[derive(Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RecordLoginEventRequest {
    login_source_id: Uuid,
    /// The id of the event at the source. The same id is recorded once.
    #[validate(length(min = 1, max = 200), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 200)]
    source_event_id: String,
    /// When somebody signed in, successfully, to the live site.
    occurred_at: InstantText,
    /// Whose it was, by our id. Give it or `external_id`.
    #[serde(default)]
    person_id: Option<Uuid>,
    /// Whose it was, by the id of another system.
    #[serde(default)]
    #[validate(nested)]
    external_id: Option<LoginExternalId>,
    /// The organization that the person signed in for, if the site asks. Left out: all of them.
    #[serde(default)]
    organization_id: Option<Uuid>,
    /// A kind of activity that restarts the inactivity clock by the policy. Left out: a login.
    #[serde(default)]
    #[validate(length(min = 1, max = 64), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 64, example = "report_run")]
    kind: Option<String>,
}

/// How a batch is to be taken.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams, Validate)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct BatchParameters {
    /// The source of all lines of a batch; needed with `application/x-ndjson`, and only there.
    login_source_id: Option<Uuid>,
    /// With a batch: every login before this instant has been reported. Recorded only if no line was lost.
    #[param(value_type = Option<String>, format = DateTime)]
    complete_through: Option<InstantText>,
    /// `true`: answer what would happen and keep nothing. The blocks of 200 lines of a batch are tried each on its own.
    #[serde(default)]
    #[param(default = false)]
    dry_run: bool,
}

/// A license of the person after the login.
#[derive(Serialize, ToSchema)]
#[schema(as = LicenseAfterLogin)]
pub struct LicenseAfterResponse {
    license_id: Uuid,
    organization_id: Uuid,
    /// Whether the login serves it: it restarts the inactivity clock.
    served: bool,
    /// Whether it gives access now. A login never gives access back.
    allowed: bool,
    /// The state now; left out for a front-end.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<LicenseStateName>,
}

/// A login as it was reported.
#[derive(Serialize, ToSchema)]
#[schema(as = LoginEvent)]
pub struct LoginEventResponse {
    id: Uuid,
    implementation_id: Uuid,
    login_source_id: Uuid,
    source_event_id: String,
    /// The kind of activity; absent for a login.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    outcome: OutcomeName,
    #[serde(skip_serializing_if = "Option::is_none")]
    unmatched_reason: Option<UnmatchedReasonName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<LoginExternalId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    person_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_signal_id: Option<Uuid>,
    occurred_at: DateTime<Utc>,
    recorded_at: DateTime<Utc>,
    /// The person's licenses as they stand now; only in the answer to its recording.
    #[serde(skip_serializing_if = "Option::is_none")]
    licenses: Option<Vec<LicenseAfterResponse>>,
}

impl From<&LoginEvent> for LoginEventResponse {
    fn from(event: &LoginEvent) -> Self {
        Self {
            id: event.id.into(),
            implementation_id: event.implementation_id.into(),
            login_source_id: event.login_source_id.into(),
            source_event_id: event.source_event_id.clone(),
            kind: event.activity.clone(),
            outcome: event.outcome.into(),
            unmatched_reason: event.unmatched_reason.map(|reason| match reason {
                UnmatchedReason::UnknownExternalId => UnmatchedReasonName::UnknownExternalId,
                UnmatchedReason::BeforeGoLive => UnmatchedReasonName::BeforeGoLive,
            }),
            external_id: event
                .external_id
                .clone()
                .map(|(system, value)| LoginExternalId { system, value }),
            person_id: event.person_id.map(Into::into),
            organization_id: event.organization_id.map(Into::into),
            access_signal_id: event.access_signal_id.map(Into::into),
            occurred_at: event.occurred_at,
            recorded_at: event.recorded_at,
            licenses: None,
        }
    }
}

impl From<&LoginRecorded> for LoginEventResponse {
    fn from(recorded: &LoginRecorded) -> Self {
        let licenses = recorded
            .licenses
            .iter()
            .map(|license| LicenseAfterResponse {
                license_id: license.license_id.into(),
                organization_id: license.organization_id.into(),
                served: license.served,
                allowed: license.allowed,
                state: license.state.map(Into::into),
            })
            .collect();
        Self {
            licenses: Some(licenses),
            ..Self::from(&recorded.event)
        }
    }
}

/// What became of a line.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = LoginLineOutcome)]
pub enum LineOutcomeName {
    Accepted,
    Signal,
    Unmatched,
    /// It is wrong: correct it and send it again.
    Refused,
    /// The service failed: send it again as it is.
    NotRecorded,
}

/// A fault of a line.
#[derive(Serialize, ToSchema)]
#[schema(as = LineFault)]
pub struct LineFaultResponse {
    /// A JSON pointer (RFC 6901) into the line.
    pointer: String,
    detail: String,
}

/// The answer to one line.
#[derive(Serialize, ToSchema)]
#[schema(as = LoginLine)]
pub struct LineResponse {
    /// Its number in the body, from 1.
    line: u32,
    outcome: LineOutcomeName,
    /// It had been reported before, just so: nothing was recorded anew.
    repeated: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    login_event_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_signal_id: Option<Uuid>,
    /// The code of the problem, where it was not recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<LineFaultResponse>,
}

impl From<&LineResult> for LineResponse {
    fn from(result: &LineResult) -> Self {
        let problem = result.problem.as_ref();
        Self {
            line: result.line,
            outcome: match result.outcome {
                LineOutcome::Accepted => LineOutcomeName::Accepted,
                LineOutcome::Signal => LineOutcomeName::Signal,
                LineOutcome::Unmatched => LineOutcomeName::Unmatched,
                LineOutcome::Refused => LineOutcomeName::Refused,
                LineOutcome::NotRecorded => LineOutcomeName::NotRecorded,
            },
            repeated: result.repeated,
            login_event_id: result.login_event_id,
            access_signal_id: result.access_signal_id,
            code: problem.map(|problem| problem.code.clone()),
            detail: problem.map(|problem| problem.detail.clone()),
            errors: problem
                .into_iter()
                .flat_map(|problem| &problem.faults)
                .map(|(pointer, detail)| LineFaultResponse {
                    pointer: pointer.clone(),
                    detail: detail.clone(),
                })
                .collect(),
        }
    }
}

/// The answer to a batch.
#[derive(Serialize, ToSchema)]
#[schema(as = LoginBatch)]
pub struct BatchResponse {
    /// How many lines were recorded, now or before.
    recorded: usize,
    /// How many were not.
    lost: usize,
    /// Whether `complete_through` was recorded: not where a line was lost, because the source is not complete then.
    complete_through_recorded: bool,
    results: Vec<LineResponse>,
}

impl From<&BatchOutcome> for BatchResponse {
    fn from(outcome: &BatchOutcome) -> Self {
        let lost = outcome
            .results
            .iter()
            .filter(|result| result.problem.is_some())
            .count();
        Self {
            recorded: outcome.results.len() - lost,
            lost,
            complete_through_recorded: outcome.marked,
            results: outcome.results.iter().map(Into::into).collect(),
        }
    }
}

/// What narrows a list of logins.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct LoginEventFilter {
    /// Only those of this implementation.
    implementation_id: Option<Uuid>,
    /// Only those of this source.
    login_source_id: Option<Uuid>,
    /// Only those of this person.
    person_id: Option<Uuid>,
    /// Only those that turned out so.
    #[param(inline)]
    outcome: Option<OutcomeName>,
}

crate::problems!(ListProblems: KNOWN, LIST);
crate::problems!(GetProblems: KNOWN, ONE);
crate::problems!(RecordProblems: KNOWN, BODY, POST, [Code::Duplicate]);

fn example() -> Value {
    json!({
        "id": "0199f3c2-b200-7100-8100-7b7b7b7b7b01",
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b20",
        "login_source_id": "0199f3c2-b100-7100-8100-7a7a7a7a7a01",
        "source_event_id": "2026-03-02T21:04:11Z/41",
        "outcome": "accepted",
        "external_id": { "system": "hmis_user_id", "value": "41" },
        "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
        "occurred_at": "2026-03-02T21:04:11Z",
        "recorded_at": "2026-03-02T21:04:12Z",
    })
}

fn recorded_example() -> Value {
    let mut example = example();
    example["licenses"] = json!([{
        "license_id": "0199f3c2-9a00-7c00-8d00-5e5e5e5e5e01",
        "organization_id": "0199f3c2-7a01-7c12-b7aa-1f3355aa7703",
        "served": true,
        "allowed": true,
    }]);
    example
}

/// List login events
///
/// Every login as it was reported. With `outcome=unmatched`, those that staff must settle.
#[utoipa::path(
    tag = tags::LOGIN_EVENTS,
    operation_id = "list_login_events",
    params(LoginEventFilter, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of logins.",
            body = ListResponse<LoginEventResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [example()], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/login-events")]
async fn list_login_events(
    state: web::Data<State>,
    list: List<LoginEventFilter>,
) -> Result<HttpResponse, Problem> {
    let filter = LoginFilter {
        implementation_id: list.filter.implementation_id.map(Into::into),
        login_source_id: list.filter.login_source_id.map(Into::into),
        person_id: list.filter.person_id.map(Into::into),
        outcome: list.filter.outcome.map(Into::into),
    };
    let paging = list.paging;
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadLogin, move |rx| {
            logins::login_events(rx, &filter, paging)
        })
        .await?;
    Ok(list.respond(&slice, |event| LoginEventResponse::from(event)))
}

/// Get a login event
///
/// One login as it was reported, with what it turned out to be.
#[utoipa::path(
    tag = tags::LOGIN_EVENTS,
    operation_id = "get_login_event",
    params(("id" = Uuid, Path, description = "The login.")),
    responses(
        (
            status = 200,
            description = "The login.",
            body = LoginEventResponse,
            headers(("ETag" = String, description = "The version, for If-None-Match.")),
            example = json!(example()),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/login-events/{id}")]
async fn get_login_event(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<LoginEventId>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let event = state
        .app
        .read(caller, Action::ReadLogin, move |rx| {
            logins::login_event(rx, id)
        })
        .await?;
    Ok(responses::one(&seen, 1, &LoginEventResponse::from(&event)))
}

/// Report logins
///
/// One login as JSON, or a batch of one source as `application/x-ndjson`, a line each. The same id of the same source
/// is recorded once and answered alike; with another body it is refused. Logins may come late and in any order: each is
/// judged by the facts recorded when it occurred. One that names an organization is judged against that license only.
/// A login never gives access back.
///
/// A batch (at most 8 MiB) names its source in the query. Each line has a result of its own, so that a bad line never
/// loses a good one; with a key, a repeated batch goes on where the first one stopped.
#[utoipa::path(
    tag = tags::LOGIN_EVENTS,
    operation_id = "record_login_events",
    params(BatchParameters),
    request_body(
        content(
            (
                RecordLoginEventRequest = "application/json",
                example = json!({
                    "login_source_id": "0199f3c2-b100-7100-8100-7a7a7a7a7a01",
                    "source_event_id": "2026-03-02T21:04:11Z/41",
                    "occurred_at": "2026-03-02T16:04:11-05:00",
                    "external_id": { "system": "hmis_user_id", "value": "41" },
                })
            ),
            (
                LoginEventLine = "application/x-ndjson",
                example = json!({
                    "source_event_id": "2026-03-02T21:04:11Z/41",
                    "occurred_at": "2026-03-02T16:04:11-05:00",
                    "external_id": { "system": "hmis_user_id", "value": "41" },
                })
            ),
        ),
        description = "One login, or a line of JSON for each.",
    ),
    responses(
        (
            status = 201,
            description = "One login as recorded, with the person's licenses as they stand now.",
            body = LoginEventResponse,
            headers(
                ("ETag" = String, description = "The version, for If-None-Match."),
                ("Location" = String, description = "Where it is found."),
            ),
            example = json!(recorded_example()),
        ),
        (
            status = 200,
            description = "A batch: what became of each line. Also a dry run of it, which keeps nothing.",
            body = BatchResponse,
            example = json!({
                "recorded": 1,
                "lost": 1,
                "complete_through_recorded": false,
                "results": [
                    {
                        "line": 1,
                        "outcome": "accepted",
                        "repeated": false,
                        "login_event_id": "0199f3c2-b200-7100-8100-7b7b7b7b7b01",
                    },
                    {
                        "line": 2,
                        "outcome": "refused",
                        "repeated": false,
                        "code": "wrong_shape",
                        "detail": "The request does not have the documented shape",
                        "errors": [{ "pointer": "/occurred_at", "detail": "is missing" }],
                    },
                ],
            }),
        ),
        RecordProblems,
    ),
)]
#[post("/v1/login-events")]
async fn record_login_events(
    caller: Caller,
    state: web::Data<State>,
    Query(parameters): Query<BatchParameters>,
    body: Feed<RecordLoginEventRequest, LoginEventLine>,
) -> Result<HttpResponse, Problem> {
    match body {
        Feed::One(one) => record_one(&state, caller, parameters, one).await,
        Feed::Many(lines) => record_many(&state, caller, parameters, lines).await,
    }
}

fn parameter(name: &str, detail: &str) -> Problem {
    Error::Invalid(vec![Fault::parameter(name, detail)]).into()
}

async fn record_one(
    state: &State,
    caller: Caller,
    parameters: BatchParameters,
    one: Json<RecordLoginEventRequest>,
) -> Result<HttpResponse, Problem> {
    if parameters.login_source_id.is_some() {
        return Err(parameter(
            "login_source_id",
            "belongs to a batch: a single login names its source in the body",
        ));
    }
    if parameters.complete_through.is_some() {
        return Err(parameter(
            "complete_through",
            "belongs to a batch: after a single login, send a heartbeat of the source",
        ));
    }
    let request = one.value;
    let login = LoginEventLine {
        source_event_id: request.source_event_id,
        occurred_at: request.occurred_at,
        person_id: request.person_id,
        external_id: request.external_id,
        organization_id: request.organization_id,
        kind: request.kind,
    };
    let new = ReportedLogin {
        login_source_id: request.login_source_id.into(),
        login: login.read()?,
    };
    let call = Call {
        caller,
        action: Action::RecordLogin,
        idempotency: one.idempotency,
        dry_run: parameters.dry_run,
    };
    let write = || {
        let new = new.clone();
        state.app.write(
            call.clone(),
            move |tx| logins::record_login(tx, &new),
            |recorded| {
                responses::created(
                    format!("/v1/login-events/{}", recorded.event.id),
                    1,
                    &LoginEventResponse::from(recorded),
                )
            },
        )
    };
    let reply = match write().await {
        // The same login was reported at the same moment: now it is found.
        Err(Error::Store(StoreError::Conflict)) => write().await,
        other => other,
    }?;
    Ok(responses::send(reply))
}

async fn record_many(
    state: &State,
    caller: Caller,
    parameters: BatchParameters,
    body: Lines<LoginEventLine>,
) -> Result<HttpResponse, Problem> {
    let Some(source) = parameters.login_source_id else {
        return Err(parameter(
            "login_source_id",
            "is needed with a batch: the source of all of its lines",
        ));
    };
    let lines = body
        .lines
        .into_iter()
        .map(|(number, line)| {
            let read = line.and_then(|line| line.read().map_err(Problem::from));
            (number, read.map_err(|problem| line_problem(&problem)))
        })
        .collect();
    let batch = Batch {
        login_source_id: source.into(),
        lines,
        complete_through: parameters.complete_through.map(|at| at.0),
        dry_run: parameters.dry_run,
        idempotency: body.idempotency,
    };
    let outcome = state.app.record_login_batch(caller, batch).await?;
    Ok(HttpResponse::Ok().json(BatchResponse::from(&outcome)))
}

/// Why a line is none, in the words of a problem.
fn line_problem(problem: &Problem) -> LineProblem {
    LineProblem {
        code: problem.code.as_str().to_owned(),
        detail: problem.code.title().to_owned(),
        faults: problem
            .faults()
            .iter()
            .map(|fault| {
                let (Place::Pointer(at) | Place::Parameter(at) | Place::Header(at)) = &fault.place;
                (at.clone(), fault.detail.clone())
            })
            .collect(),
    }
}
