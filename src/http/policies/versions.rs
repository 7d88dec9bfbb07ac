//! `/v1/implementations/{id}/policies`.

use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use validator::Validate;

use super::PolicyDocumentSchema;
use super::impact::{self, ImpactResponse};
use crate::application::actor::Action;
use crate::application::licensing::Impact;
use crate::application::policies::{self, NewVersion, Posted, Standing, VersionShown};
use crate::application::{Call, Caller};
use crate::domain::ids::ImplementationId;
use crate::domain::policy::{NotEnforced, PolicyDocument};
use crate::http::extract::{
    Id, IfNoneMatch, Json, List, ListParameters, ListResponse, Number, Query,
};
use crate::http::problem::{BODY, Code, KNOWN, LIST, ONE, POST, Problem};
use crate::http::time::InstantText;
use crate::http::{State, responses, tags};

/// A policy version is never edited.
const VERSION: i32 = 1;

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_policies)
        .service(post_policy)
        .service(get_policy)
        .service(get_policy_impact);
}

/// Where a version stands in time now.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PolicyState {
    /// It starts later.
    Scheduled,
    /// Its rules hold.
    InForce,
    /// A later version has started.
    Superseded,
}

impl From<Standing> for PolicyState {
    fn from(standing: Standing) -> Self {
        match standing {
            Standing::Scheduled => Self::Scheduled,
            Standing::InForce => Self::InForce,
            Standing::Superseded => Self::Superseded,
        }
    }
}

/// One version of an implementation's policy, without its rules.
#[derive(Serialize, ToSchema)]
#[schema(as = PolicySummary)]
pub struct PolicySummaryResponse {
    id: Uuid,
    implementation_id: Uuid,
    /// Counts up from 1 within the implementation.
    #[schema(minimum = 1)]
    number: u32,
    state: PolicyState,
    /// From this instant on its rules hold.
    effective_from: DateTime<Utc>,
    /// When the next version starts; absent while none is recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    effective_until: Option<DateTime<Utc>>,
    recorded_at: DateTime<Utc>,
}

impl From<&VersionShown> for PolicySummaryResponse {
    fn from(shown: &VersionShown) -> Self {
        Self {
            id: shown.version.id.into(),
            implementation_id: shown.implementation_id.into(),
            number: shown.version.number,
            state: shown.standing.into(),
            effective_from: shown.version.effective_from,
            effective_until: shown.effective_until,
            recorded_at: shown.version.recorded_at,
        }
    }
}

/// One version of an implementation's policy.
#[derive(Serialize, ToSchema)]
#[schema(as = Policy)]
pub struct PolicyResponse {
    #[serde(flatten)]
    summary: PolicySummaryResponse,
    /// The rules it holds that this service stores and shows and does not work yet.
    not_enforced: Vec<NotEnforcedDetails>,
    #[schema(value_type = PolicyDocumentSchema)]
    document: PolicyDocument,
}

impl From<&VersionShown> for PolicyResponse {
    fn from(shown: &VersionShown) -> Self {
        Self {
            summary: shown.into(),
            not_enforced: not_enforced(shown),
            document: shown.version.document.clone(),
        }
    }
}

/// A rule that this service does not work yet.
#[derive(Serialize, ToSchema)]
#[schema(as = NotEnforced)]
pub struct NotEnforcedDetails {
    /// A JSON pointer (RFC 6901) into the document.
    pointer: String,
    /// The stable code of the rule.
    rule: &'static str,
    /// What the rule is about.
    title: &'static str,
}

impl From<&NotEnforced> for NotEnforcedDetails {
    fn from(found: &NotEnforced) -> Self {
        Self {
            pointer: found.pointer.clone(),
            rule: found.rule.code,
            title: found.rule.title,
        }
    }
}

fn not_enforced(shown: &VersionShown) -> Vec<NotEnforcedDetails> {
    shown.not_enforced.iter().map(Into::into).collect()
}

/// What posting a version would do.
#[derive(Serialize, ToSchema)]
#[schema(as = PolicyDryRun)]
pub struct PolicyDryRunResponse {
    /// The number it would get.
    #[schema(minimum = 1)]
    number: u32,
    /// When it would start.
    effective_from: DateTime<Utc>,
    /// The earliest start it may have.
    earliest_effective_from: DateTime<Utc>,
    /// JSON pointers into the document to what is shorter or harsher than in the version before; for what is gone,
    /// into that version's document. With any of them a version starts 24 hours after its recording at the earliest.
    shortens: Vec<String>,
    /// The rules it holds that this service would store and show and not work yet.
    not_enforced: Vec<NotEnforcedDetails>,
    /// Whom it would touch.
    impact: ImpactResponse,
}

impl From<&(Posted, Impact)> for PolicyDryRunResponse {
    fn from((posted, impact): &(Posted, Impact)) -> Self {
        Self {
            impact: impact.into(),
            number: posted.shown.version.number,
            effective_from: posted.shown.version.effective_from,
            earliest_effective_from: posted.earliest_from,
            shortens: posted.shortens.clone(),
            not_enforced: not_enforced(&posted.shown),
        }
    }
}

/// A new version of an implementation's policy: a document, or the name of a ready-made one.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct PostPolicyRequest {
    /// The name of a ready-made policy, instead of a document.
    #[validate(length(min = 1, max = 63))]
    #[schema(min_length = 1, max_length = 63)]
    preset: Option<String>,
    /// The whole document, instead of a preset.
    #[schema(value_type = Option<PolicyDocumentSchema>)]
    document: Option<PolicyDocument>,
    /// From when on its rules hold: at least 1 hour ahead, 24 hours where it shortens anything, and after the start of
    /// every version recorded so far; the first version may start at once. Absent: as early as it may.
    effective_from: Option<InstantText>,
}

/// How to post.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PostPolicyParameters {
    /// Check everything, say what posting would do, and keep nothing.
    #[param(default = false, example = false)]
    dry_run: Option<bool>,
}

/// What narrows the list of versions: nothing.
#[derive(Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub struct PolicyFilter {}

crate::problems!(ListProblems: KNOWN, LIST, [Code::NotFound]);
crate::problems!(GetProblems: KNOWN, ONE);
crate::problems!(PostProblems: KNOWN, BODY, POST, [Code::NotFound]);

fn summary_example() -> serde_json::Value {
    json!({
        "id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b44",
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b10",
        "number": 1,
        "state": "in_force",
        "effective_from": "2026-03-02T18:00:00Z",
        "recorded_at": "2026-03-02T18:00:00Z",
    })
}

fn gaps_example() -> serde_json::Value {
    json!([{
        "pointer": "/license_types/end_user/inactivity/off_rule",
        "rule": "inactivity",
        "title": "Inactivity",
    }])
}

fn example() -> serde_json::Value {
    let mut example = summary_example();
    if let Some(members) = example.as_object_mut() {
        members.insert("not_enforced".into(), gaps_example());
        members.insert("document".into(), super::hand());
    }
    example
}

/// List the policy versions of an implementation
///
/// Every version by number, without its rules; one version shows them.
#[utoipa::path(
    tag = tags::POLICIES,
    operation_id = "list_policies",
    params(("id" = Uuid, Path, description = "The implementation."), ListParameters),
    responses(
        (
            status = 200,
            description = "One page of versions.",
            body = ListResponse<PolicySummaryResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [summary_example()], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/implementations/{id}/policies")]
async fn list_policies(
    state: web::Data<State>,
    Id(id): Id<ImplementationId>,
    list: List<PolicyFilter>,
) -> Result<HttpResponse, Problem> {
    let paging = list.paging;
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadImplementation, move |rx| {
            policies::list(rx, id, paging)
        })
        .await?;
    Ok(list.respond(&slice, |shown| PolicySummaryResponse::from(shown)))
}

/// Get a policy version
///
/// One version with all its rules, and which of them this service does not work yet. A version is never edited; only
/// `state` and `effective_until` change with time and later versions.
#[utoipa::path(
    tag = tags::POLICIES,
    operation_id = "get_policy",
    params(
        ("id" = Uuid, Path, description = "The implementation."),
        ("number" = u32, Path, minimum = 1, example = 1, description = "The number of the version."),
    ),
    responses(
        (
            status = 200,
            description = "The version.",
            body = PolicyResponse,
            headers(("ETag" = String, description = "What the reader is shown, for If-None-Match.")),
            example = json!(example()),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/implementations/{id}/policies/{number}")]
async fn get_policy(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<ImplementationId>,
    Number(number): Number,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let shown = state
        .app
        .read(caller, Action::ReadImplementation, move |rx| {
            policies::get(rx, id, number)
        })
        .await?;
    Ok(responses::one(
        &seen,
        VERSION,
        &PolicyResponse::from(&shown),
    ))
}

/// Say whom a policy version touches
///
/// What the dry run said before the version was posted, said of a version that was: whom it makes, or made, warnable,
/// restored or newly obliged at its start, by what is known now. A longer limit may have come too late for some: the
/// ends of the 30 days before its start that it would have spared, and that nobody has undone, are in `needless_ends`.
#[utoipa::path(
    tag = tags::POLICIES,
    operation_id = "get_policy_impact",
    params(
        ("id" = Uuid, Path, description = "The implementation."),
        ("number" = u32, Path, minimum = 1, example = 1, description = "The number of the version."),
    ),
    responses(
        (
            status = 200,
            description = "Whom it touches.",
            body = ImpactResponse,
            example = json!(impact::example()),
        ),
        GetProblems,
    ),
)]
#[get("/v1/implementations/{id}/policies/{number}/impact")]
async fn get_policy_impact(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<ImplementationId>,
    Number(number): Number,
) -> Result<HttpResponse, Problem> {
    let found = state
        .app
        .read(caller, Action::ConfigureImplementation, move |rx| {
            policies::impact(rx, id, number)
        })
        .await?;
    let reply = responses::outcome(&ImpactResponse::from(&found));
    Ok(responses::send(reply))
}

/// Post a policy version
///
/// Rules are never edited: a change is a new version with its own start, never in the past and never before another
/// version's. The document checks itself, and every contradiction is refused with its pointer. From its start on, every
/// request and license of the implementation is judged by it; deadlines already announced are kept.
///
/// With `dry_run=true` nothing is kept, and the answer says what would be: who would become warnable, restored or newly
/// obliged at its start, and which ends of the last 30 days would not have happened. The same is said of a posted version
/// under `/impact`.
#[utoipa::path(
    tag = tags::POLICIES,
    operation_id = "post_policy",
    params(("id" = Uuid, Path, description = "The implementation."), PostPolicyParameters),
    request_body(
        content = PostPolicyRequest,
        description = "The new version.",
        examples(
            ("preset" = (
                summary = "Detroit's ready-made policy, as early as it may start",
                value = json!({ "preset": "hand" }),
            )),
            ("document" = (
                summary = "A whole document",
                value = json!({ "document": super::hand() }),
            )),
        ),
    ),
    responses(
        (
            status = 200,
            description = "The dry run: what posting would do.",
            body = PolicyDryRunResponse,
            example = json!({
                "number": 2,
                "effective_from": "2026-03-03T18:00:00Z",
                "earliest_effective_from": "2026-03-03T18:00:00Z",
                "shortens": ["/ends_of_need/departure_notice_hours"],
                "not_enforced": gaps_example(),
                "impact": impact::example(),
            }),
        ),
        (
            status = 201,
            description = "The version as recorded.",
            body = PolicyResponse,
            headers(
                ("ETag" = String, description = "What the reader is shown, for If-None-Match."),
                ("Location" = String, description = "Where it is found."),
            ),
            example = json!(example()),
        ),
        PostProblems,
    ),
)]
#[post("/v1/implementations/{id}/policies")]
async fn post_policy(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<ImplementationId>,
    Query(parameters): Query<PostPolicyParameters>,
    body: Json<PostPolicyRequest>,
) -> Result<HttpResponse, Problem> {
    let dry_run = parameters.dry_run.unwrap_or_default();
    let request = body.value;
    let new = NewVersion {
        preset: request.preset,
        document: request.document,
        effective_from: request.effective_from.map(|from| from.0),
    };
    let action = Action::ConfigureImplementation;
    if dry_run {
        let found = state
            .app
            .read(caller, action, move |rx| policies::dry_run(rx, id, &new))
            .await?;
        let reply = responses::outcome(&PolicyDryRunResponse::from(&found));
        return Ok(responses::send(reply));
    }
    let call = Call {
        caller,
        action,
        idempotency: body.idempotency,
        dry_run,
    };
    let reply = state
        .app
        .write(
            call,
            move |tx| policies::post(tx, id, &new),
            move |posted| {
                let number = posted.shown.version.number;
                responses::created(
                    format!("/v1/implementations/{id}/policies/{number}"),
                    VERSION,
                    &PolicyResponse::from(&posted.shown),
                )
            },
        )
        .await?;
    Ok(responses::send(reply))
}
