//! `/v1/policy-presets`.

use actix_web::{HttpResponse, get, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use super::PolicyDocumentSchema;
use crate::application::Caller;
use crate::application::actor::Action;
use crate::application::policies;
use crate::domain::policy::{PolicyDocument, Preset};
use crate::http::extract::{IfNoneMatch, List, ListParameters, ListResponse, Name};
use crate::http::problem::{KNOWN, LIST, ONE, Problem};
use crate::http::{State, responses, tags};

/// A preset changes only with the program, and its ETag with its content.
const VERSION: i32 = 1;

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_policy_presets)
        .service(get_policy_preset);
}

/// A ready-made policy, without its rules.
#[derive(Serialize, ToSchema)]
#[schema(as = PolicyPresetSummary)]
pub struct PresetSummaryResponse {
    /// What a post names it by.
    name: &'static str,
    /// Whose policy it is.
    title: &'static str,
    /// Where it was read.
    source: &'static str,
}

impl From<&'static Preset> for PresetSummaryResponse {
    fn from(preset: &'static Preset) -> Self {
        Self {
            name: &preset.name,
            title: &preset.title,
            source: &preset.source,
        }
    }
}

/// A ready-made policy.
#[derive(Serialize, ToSchema)]
#[schema(as = PolicyPreset)]
pub struct PresetResponse {
    #[serde(flatten)]
    summary: PresetSummaryResponse,
    /// What the source does not say and was read into it: look at each before you post it.
    readings: &'static [String],
    #[schema(value_type = PolicyDocumentSchema)]
    document: &'static PolicyDocument,
}

impl From<&'static Preset> for PresetResponse {
    fn from(preset: &'static Preset) -> Self {
        Self {
            summary: preset.into(),
            readings: &preset.readings,
            document: &preset.document,
        }
    }
}

/// What narrows the list of presets: nothing.
#[derive(Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub struct PresetFilter {}

crate::problems!(ListProblems: KNOWN, LIST);
crate::problems!(GetProblems: KNOWN, ONE);

fn summary_example() -> serde_json::Value {
    crate::domain::policy::preset("hand")
        .and_then(|preset| serde_json::to_value(PresetSummaryResponse::from(preset)).ok())
        .unwrap_or_default()
}

fn example() -> serde_json::Value {
    crate::domain::policy::preset("hand")
        .and_then(|preset| serde_json::to_value(PresetResponse::from(preset)).ok())
        .unwrap_or_default()
}

/// List the ready-made policies
///
/// Whole policies to post as they are or to start from, by name, without their rules.
#[utoipa::path(
    tag = tags::POLICIES,
    operation_id = "list_policy_presets",
    params(ListParameters),
    responses(
        (
            status = 200,
            description = "One page of presets.",
            body = ListResponse<PresetSummaryResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [summary_example()], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/policy-presets")]
async fn list_policy_presets(
    state: web::Data<State>,
    list: List<PresetFilter>,
) -> Result<HttpResponse, Problem> {
    let paging = list.paging;
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadImplementation, move |rx| {
            policies::list_presets(rx, paging)
        })
        .await?;
    Ok(list.respond(&slice, |preset| PresetSummaryResponse::from(*preset)))
}

/// Get a ready-made policy
///
/// Its whole document, where it was read, and what was read into it where the source is silent.
#[utoipa::path(
    tag = tags::POLICIES,
    operation_id = "get_policy_preset",
    params(("name" = String, Path, example = "hand", description = "The name of the preset.", max_length = 64)),
    responses(
        (
            status = 200,
            description = "The preset.",
            body = PresetResponse,
            headers(("ETag" = String, description = "What the reader is shown, for If-None-Match.")),
            example = json!(example()),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/policy-presets/{name}")]
async fn get_policy_preset(
    caller: Caller,
    state: web::Data<State>,
    Name(name): Name,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let preset = state
        .app
        .read(caller, Action::ReadImplementation, move |rx| {
            policies::get_preset(rx, &name)
        })
        .await?;
    Ok(responses::one(
        &seen,
        VERSION,
        &PresetResponse::from(preset),
    ))
}
