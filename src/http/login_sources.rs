//! `/v1/login-sources`.

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
use super::time::InstantText;
use super::{State, checks, responses, tags};
use crate::application::actor::Action;
use crate::application::licensing::logins::{
    self, NewHeartbeat, NewSource, ServiceChange, SourceShown,
};
use crate::application::{Call, Caller};
use crate::domain::ids::LoginSourceId;
use crate::domain::login::{ServiceAct, SourceKind};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_login_sources)
        .service(create_login_source)
        .service(get_login_source)
        .service(record_login_heartbeat)
        .service(take_login_source_out_of_service)
        .service(return_login_source_to_service);
}

/// What kind of thing reports logins.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = LoginSourceKind)]
pub enum KindName {
    /// The HMIS itself, as people sign in.
    HmisFrontend,
    /// A file, once a night.
    NightlyFile,
}

impl From<KindName> for SourceKind {
    fn from(name: KindName) -> Self {
        match name {
            KindName::HmisFrontend => Self::HmisFrontend,
            KindName::NightlyFile => Self::NightlyFile,
        }
    }
}

impl From<SourceKind> for KindName {
    fn from(kind: SourceKind) -> Self {
        match kind {
            SourceKind::HmisFrontend => Self::HmisFrontend,
            SourceKind::NightlyFile => Self::NightlyFile,
        }
    }
}

/// A source was put into service or taken out of it.
#[derive(Serialize, ToSchema)]
#[schema(as = LoginSourceService)]
pub struct ServiceResponse {
    in_service: bool,
    /// From when; it replaces what had been announced for this instant or after.
    from_at: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
}

impl From<&ServiceAct> for ServiceResponse {
    fn from(act: &ServiceAct) -> Self {
        Self {
            in_service: act.in_service,
            from_at: act.from_at,
            reason: act.reason.clone(),
            recorded_at: act.recorded_at,
            recorded_by: act.recorded_by.into(),
        }
    }
}

/// Where logins are reported from.
#[derive(Serialize, ToSchema)]
#[schema(as = LoginSource)]
pub struct LoginSourceResponse {
    id: Uuid,
    implementation_id: Uuid,
    code: String,
    name: String,
    kind: KindName,
    in_service: bool,
    /// When that changes, as announced.
    #[serde(skip_serializing_if = "Option::is_none")]
    service_changes_at: Option<DateTime<Utc>>,
    /// How far it is complete, as it last said. Absent: it never said.
    #[serde(skip_serializing_if = "Option::is_none")]
    complete_through: Option<DateTime<Utc>>,
    /// When it last said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    heartbeat_at: Option<DateTime<Utc>>,
    /// `true`: its last heartbeat took back what it had promised. Somebody must look.
    alarm: bool,
    /// When it last did so.
    #[serde(skip_serializing_if = "Option::is_none")]
    lowered_at: Option<DateTime<Utc>>,
    /// Everything that was said of its service, oldest first.
    services: Vec<ServiceResponse>,
    recorded_at: DateTime<Utc>,
    /// Rises when it is taken out of service or put back; `expected_version` is compared with it.
    version: i32,
}

impl From<&SourceShown> for LoginSourceResponse {
    fn from(shown: &SourceShown) -> Self {
        let source = &shown.source;
        Self {
            id: source.id.into(),
            implementation_id: source.implementation_id.into(),
            code: source.code.clone(),
            name: source.name.clone(),
            kind: source.kind.into(),
            in_service: shown.in_service,
            service_changes_at: shown.changes_at,
            complete_through: source.complete_through,
            heartbeat_at: source.heartbeat_at,
            alarm: shown.alarm,
            lowered_at: source.lowered_at,
            services: shown.acts.iter().map(Into::into).collect(),
            recorded_at: source.recorded_at,
            version: source.version,
        }
    }
}

/// A new source of logins.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CreateLoginSourceRequest {
    implementation_id: Uuid,
    /// Short, unique in the implementation, for ever: logins carry it.
    #[validate(length(min = 1, max = 63), custom(function = "checks::system"))]
    #[schema(pattern = "^[a-z][a-z0-9_]*$", min_length = 1, max_length = 63)]
    code: String,
    #[validate(length(min = 1, max = 200), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    kind: KindName,
    /// From when it is in service, not before now. Left out: now.
    #[serde(default)]
    in_service_from: Option<InstantText>,
}

/// How far a source is complete.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RecordHeartbeatRequest {
    /// Every login before this instant has been reported. At most 5 minutes ahead.
    complete_through: InstantText,
}

/// Why a source is taken out of service or put back, and from when.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ChangeServiceRequest {
    #[validate(length(min = 1, max = 1000), custom(function = "checks::text"))]
    #[schema(min_length = 1, max_length = 1000)]
    reason: String,
    /// Not before now. Left out: now.
    #[serde(default)]
    from_at: Option<InstantText>,
}

/// What narrows a list of sources.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct LoginSourceFilter {
    /// Only those of this implementation.
    implementation_id: Option<Uuid>,
}

crate::problems!(ListProblems: KNOWN, LIST);
crate::problems!(GetProblems: KNOWN, ONE);
crate::problems!(CreateProblems: KNOWN, BODY, POST, [Code::Duplicate]);
crate::problems!(BeatProblems: KNOWN, BODY, POST, ONE);
crate::problems!(ServiceProblems: KNOWN, BODY, POST, VERSIONED, [Code::TransitionRefused]);

fn example(version: i32) -> Value {
    let mut services = vec![json!({
        "in_service": true,
        "from_at": "2026-03-01T05:00:00Z",
        "recorded_at": "2026-02-27T15:00:00Z",
        "recorded_by": "0199f3c2-6000-7a00-9000-aaaaaaaaaa01",
    })];
    if version > 1 {
        services.push(json!({
            "in_service": false,
            "from_at": "2026-03-11T04:00:00Z",
            "reason": "The vendor moved the site; its file comes again on Monday.",
            "recorded_at": "2026-03-10T14:00:00Z",
            "recorded_by": "0199f3c2-6000-7a00-9000-aaaaaaaaaa01",
        }));
    }
    let mut example = json!({
        "id": "0199f3c2-b100-7100-8100-7a7a7a7a7a01",
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b20",
        "code": "clarity_nightly",
        "name": "Clarity, nightly file",
        "kind": "nightly_file",
        "in_service": true,
        "complete_through": "2026-03-10T04:00:00Z",
        "heartbeat_at": "2026-03-10T06:30:00Z",
        "alarm": false,
        "services": services,
        "recorded_at": "2026-02-27T15:00:00Z",
        "version": version,
    });
    if version > 1 {
        example["service_changes_at"] = json!("2026-03-11T04:00:00Z");
    }
    example
}

/// List login sources
///
/// The sources of the implementations that the caller may know of, with their alarms.
#[utoipa::path(
    tag = tags::LOGIN_SOURCES,
    operation_id = "list_login_sources",
    params(LoginSourceFilter, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of sources.",
            body = ListResponse<LoginSourceResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [example(1)], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/login-sources")]
async fn list_login_sources(
    state: web::Data<State>,
    list: List<LoginSourceFilter>,
) -> Result<HttpResponse, Problem> {
    let implementation = list.filter.implementation_id.map(Into::into);
    let paging = list.paging;
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadLoginSource, move |rx| {
            logins::sources(rx, implementation, paging)
        })
        .await?;
    Ok(list.respond(&slice, |shown| LoginSourceResponse::from(shown)))
}

/// Get a login source
///
/// Its service, how far it is complete, and whether it took back what it had promised.
#[utoipa::path(
    tag = tags::LOGIN_SOURCES,
    operation_id = "get_login_source",
    params(("id" = Uuid, Path, description = "The source.")),
    responses(
        (
            status = 200,
            description = "The source.",
            body = LoginSourceResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example(1)),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/login-sources/{id}")]
async fn get_login_source(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<LoginSourceId>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let shown = state
        .app
        .read(caller, Action::ReadLoginSource, move |rx| {
            logins::source(rx, id)
        })
        .await?;
    Ok(responses::one(
        &seen,
        shown.source.version,
        &LoginSourceResponse::from(&shown),
    ))
}

/// Record a login source
///
/// An HMIS front-end or a nightly file. Inactivity is in force only while at least one source is in service.
#[utoipa::path(
    tag = tags::LOGIN_SOURCES,
    operation_id = "create_login_source",
    request_body(
        content = CreateLoginSourceRequest,
        description = "The new source.",
        example = json!({
            "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b20",
            "code": "clarity_nightly",
            "name": "Clarity, nightly file",
            "kind": "nightly_file",
        }),
    ),
    responses(
        (
            status = 201,
            description = "The source as recorded.",
            body = LoginSourceResponse,
            headers(
                ("ETag" = String, description = "The version, for If-Match and If-None-Match."),
                ("Location" = String, description = "Where it is found."),
            ),
            example = json!(example(1)),
        ),
        CreateProblems,
    ),
)]
#[post("/v1/login-sources")]
async fn create_login_source(
    caller: Caller,
    state: web::Data<State>,
    body: Json<CreateLoginSourceRequest>,
) -> Result<HttpResponse, Problem> {
    let request = body.value;
    let new = NewSource {
        implementation_id: request.implementation_id.into(),
        code: request.code,
        name: request.name,
        kind: request.kind.into(),
        in_service_from: request.in_service_from.map(|at| at.0),
    };
    let call = Call::new(caller, Action::ManageLoginSource, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| logins::create_source(tx, &new),
            |shown| {
                responses::created(
                    format!("/v1/login-sources/{}", shown.source.id),
                    shown.source.version,
                    &LoginSourceResponse::from(shown),
                )
            },
        )
        .await?;
    Ok(responses::send(reply))
}

/// Say how far a source is complete
///
/// A heartbeat. Cut-offs wait for it, for as long as the policy's `login_report_lag_hours` at most. A lower mark than
/// before is an alarm, and replaces the higher one for what has not taken effect.
#[utoipa::path(
    tag = tags::LOGIN_SOURCES,
    operation_id = "record_login_heartbeat",
    params(("id" = Uuid, Path, description = "The source.")),
    request_body(
        content = RecordHeartbeatRequest,
        description = "The mark.",
        example = json!({ "complete_through": "2026-03-10T00:00:00-04:00" }),
    ),
    responses(
        (
            status = 201,
            description = "The source with its mark.",
            body = LoginSourceResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example(1)),
        ),
        BeatProblems,
    ),
)]
#[post("/v1/login-sources/{id}/heartbeats")]
async fn record_login_heartbeat(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<LoginSourceId>,
    body: Json<RecordHeartbeatRequest>,
) -> Result<HttpResponse, Problem> {
    let new = NewHeartbeat {
        complete_through: body.value.complete_through.0,
    };
    let call = Call::new(caller, Action::RecordLogin, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| logins::heartbeat(tx, id, new),
            |shown| {
                responses::created(
                    format!("/v1/login-sources/{}", shown.source.id),
                    shown.source.version,
                    &LoginSourceResponse::from(shown),
                )
            },
        )
        .await?;
    Ok(responses::send(reply))
}

async fn change_service(
    state: &State,
    caller: Caller,
    id: LoginSourceId,
    in_service: bool,
    body: VersionedJson<ChangeServiceRequest>,
) -> Result<HttpResponse, Problem> {
    let expected = body.expected;
    let change = ServiceChange {
        in_service,
        from_at: body.value.from_at.map(|at| at.0),
        reason: body.value.reason,
    };
    let call = Call::new(caller, Action::ManageLoginSource, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| logins::change_service(tx, id, expected, &change),
            |shown| responses::changed(shown.source.version, &LoginSourceResponse::from(shown)),
        )
        .await?;
    Ok(responses::send(reply))
}

/// Take a login source out of service
///
/// From now or a later instant, with a reason. Without any source in service the inactivity rule only reports, and
/// running warnings are void.
#[utoipa::path(
    tag = tags::LOGIN_SOURCES,
    operation_id = "take_login_source_out_of_service",
    params(("id" = Uuid, Path, description = "The source.")),
    request_body(
        content = ChangeServiceRequest,
        description = "The version acted upon, and why.",
        example = json!({
            "expected_version": 1,
            "from_at": "2026-03-11T00:00:00-04:00",
            "reason": "The vendor moved the site; its file comes again on Monday.",
        }),
    ),
    responses(
        (
            status = 200,
            description = "The source.",
            body = LoginSourceResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example(2)),
        ),
        ServiceProblems,
    ),
)]
#[post("/v1/login-sources/{id}/take-out-of-service")]
async fn take_login_source_out_of_service(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<LoginSourceId>,
    body: VersionedJson<ChangeServiceRequest>,
) -> Result<HttpResponse, Problem> {
    change_service(&state, caller, id, false, body).await
}

/// Return a login source to service
///
/// From now or a later instant, with a reason; it also takes back an announced end of service.
#[utoipa::path(
    tag = tags::LOGIN_SOURCES,
    operation_id = "return_login_source_to_service",
    params(("id" = Uuid, Path, description = "The source.")),
    request_body(
        content = ChangeServiceRequest,
        description = "The version acted upon, and why.",
        example = json!({ "expected_version": 2, "reason": "The file comes again." }),
    ),
    responses(
        (
            status = 200,
            description = "The source.",
            body = LoginSourceResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example(2)),
        ),
        ServiceProblems,
    ),
)]
#[post("/v1/login-sources/{id}/return-to-service")]
async fn return_login_source_to_service(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<LoginSourceId>,
    body: VersionedJson<ChangeServiceRequest>,
) -> Result<HttpResponse, Problem> {
    change_service(&state, caller, id, true, body).await
}
