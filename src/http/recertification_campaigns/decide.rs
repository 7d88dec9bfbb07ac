//! What becomes of a campaign as a whole.

use actix_web::{HttpResponse, post, web};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use validator::Validate;

use super::read::{CampaignResponse, example};
use crate::application::actor::Action;
use crate::application::licensing::{self, CampaignShown};
use crate::application::{Call, Caller, Error, Tx};
use crate::domain::ids::FactId;
use crate::http::extract::{Id, VersionedJson};
use crate::http::problem::{BODY, Code, KNOWN, POST, Problem, VERSIONED};
use crate::http::report::ReportRequest;
use crate::http::time::DayText;
use crate::http::{State, responses, tags};

/// A later deadline.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ExtendCampaignRequest {
    /// The new last local day in time; later than the one there is.
    deadline_on: DayText,
    /// Its `reason` is needed.
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

/// Why it is decided.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct DecideCampaignRequest {
    /// Its `reason` is needed.
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

crate::problems!(DecideProblems: KNOWN, BODY, POST, VERSIONED, [Code::TransitionRefused]);

fn decide_example() -> Value {
    json!({ "expected_version": 1, "report": { "reason": "HUD moved its own date." } })
}

/// Decides something, and answers with the campaign as it stands then.
pub(super) async fn decided(
    state: &State,
    call: Call,
    decide: impl FnMut(&mut Tx<'_>) -> Result<CampaignShown, Error> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    let shown = |campaign: &CampaignShown| {
        responses::changed(campaign.version, &CampaignResponse::from(campaign))
    };
    let reply = state.app.write(call, decide, shown).await?;
    Ok(responses::send(reply))
}

/// Extend a campaign
///
/// To a later day. What the old deadline took away too early comes back: suspensions are lifted, ends become contested.
/// Whoever was told the old day is told the new one.
#[utoipa::path(
    tag = tags::RECERTIFICATION_CAMPAIGNS,
    operation_id = "extend_recertification_campaign",
    params(("id" = Uuid, Path, description = "The campaign.")),
    request_body(
        content = ExtendCampaignRequest,
        description = "The version acted upon, the new day, and why.",
        example = json!({
            "expected_version": 1,
            "deadline_on": "2026-10-15",
            "report": { "reason": "The course was not online for a week." },
        }),
    ),
    responses(
        (
            status = 200,
            description = "The campaign, extended.",
            body = CampaignResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example(true)),
        ),
        DecideProblems,
    ),
)]
#[post("/v1/recertification-campaigns/{id}/extend")]
pub(super) async fn extend_campaign(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    body: VersionedJson<ExtendCampaignRequest>,
) -> Result<HttpResponse, Problem> {
    let expected = body.expected;
    let deadline_on = body.value.deadline_on.0;
    let reported = ReportRequest::read(body.value.report)?;
    let call = Call::new(caller, Action::ManageCampaign, body.idempotency);
    decided(&state, call, move |tx| {
        licensing::extend_campaign(tx, id, expected, deadline_on, &reported)
    })
    .await
}

/// Cancel a campaign
///
/// It asks nothing any longer: every hold that it opened is lifted, and licenses that it ended are listed as contested.
#[utoipa::path(
    tag = tags::RECERTIFICATION_CAMPAIGNS,
    operation_id = "cancel_recertification_campaign",
    params(("id" = Uuid, Path, description = "The campaign.")),
    request_body(
        content = DecideCampaignRequest,
        description = "The version acted upon, and why.",
        example = json!(decide_example()),
    ),
    responses(
        (
            status = 200,
            description = "The campaign, cancelled.",
            body = CampaignResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example(false)),
        ),
        DecideProblems,
    ),
)]
#[post("/v1/recertification-campaigns/{id}/cancel")]
pub(super) async fn cancel_campaign(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    body: VersionedJson<DecideCampaignRequest>,
) -> Result<HttpResponse, Problem> {
    let expected = body.expected;
    let reported = ReportRequest::read(body.value.report)?;
    let call = Call::new(caller, Action::ManageCampaign, body.idempotency);
    decided(&state, call, move |tx| {
        licensing::cancel_campaign(tx, id, expected, &reported)
    })
    .await
}

/// Suspend everybody who misses a campaign
///
/// Where the policy only lists misses: from now on each is suspended until it is done. Whoever was told the deadline is
/// held at once, everybody else the shortest notice after being told.
#[utoipa::path(
    tag = tags::RECERTIFICATION_CAMPAIGNS,
    operation_id = "suspend_all_for_recertification_campaign",
    params(("id" = Uuid, Path, description = "The campaign.")),
    request_body(
        content = DecideCampaignRequest,
        description = "The version acted upon, and why.",
        example = json!({ "expected_version": 1, "report": { "reason": "Reports are due next week." } }),
    ),
    responses(
        (
            status = 200,
            description = "The campaign; its misses suspend.",
            body = CampaignResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example(false)),
        ),
        DecideProblems,
    ),
)]
#[post("/v1/recertification-campaigns/{id}/suspend-all")]
pub(super) async fn suspend_all_for_campaign(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    body: VersionedJson<DecideCampaignRequest>,
) -> Result<HttpResponse, Problem> {
    let expected = body.expected;
    let reported = ReportRequest::read(body.value.report)?;
    let call = Call::new(caller, Action::ManageCampaign, body.idempotency);
    decided(&state, call, move |tx| {
        licensing::enforce_campaign(tx, id, expected, &reported)
    })
    .await
}
