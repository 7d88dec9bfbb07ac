//! What is decided for one person or license: suspended until it is done, or excused.

use actix_web::{HttpResponse, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::decide::decided;
use super::read::{CampaignResponse, example, report_example};
use crate::application::actor::Action;
use crate::application::licensing;
use crate::application::{Call, Caller};
use crate::domain::ids::{FactId, LicenseId, PersonId};
use crate::http::extract::{Id, VersionedJson};
use crate::http::problem::{BODY, Code, KNOWN, POST, Problem, VERSIONED};
use crate::http::report::{ReportRequest, ReportResponse};
use crate::http::{State, responses, tags};

/// Whose license is suspended until what the campaign asks is done.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SuspendForCampaignRequest {
    license_id: Uuid,
    /// Its `reason` is needed.
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

/// Whom the campaign does not ask any longer.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ExcuseFromCampaignRequest {
    person_id: Uuid,
    /// Its `reason` is needed.
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

/// A person whom a campaign does not ask any longer.
#[derive(Serialize, ToSchema)]
#[schema(as = CampaignExcuse)]
pub struct ExcuseResponse {
    /// The fact; taken back under `/v1/fact-withdrawals`.
    id: Uuid,
    campaign_id: Uuid,
    person_id: Uuid,
    report: ReportResponse,
}

crate::problems!(PersonProblems: KNOWN, BODY, POST, VERSIONED, [Code::TransitionRefused, Code::OwnCase]);

/// Suspend one license for a campaign
///
/// As for everybody, for one license whose holder has not done what it asks.
#[utoipa::path(
    tag = tags::RECERTIFICATION_CAMPAIGNS,
    operation_id = "suspend_for_recertification_campaign",
    params(("id" = Uuid, Path, description = "The campaign.")),
    request_body(
        content = SuspendForCampaignRequest,
        description = "The version of the campaign acted upon, whose license, and why.",
        example = json!({
            "expected_version": 1,
            "license_id": "0199f3c2-9a00-7c00-8d00-5e5e5e5e5e01",
            "report": { "reason": "Asked three times." },
        }),
    ),
    responses(
        (
            status = 200,
            description = "The campaign.",
            body = CampaignResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example(false)),
        ),
        PersonProblems,
    ),
)]
#[post("/v1/recertification-campaigns/{id}/suspend")]
pub(super) async fn suspend_for_campaign(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    body: VersionedJson<SuspendForCampaignRequest>,
) -> Result<HttpResponse, Problem> {
    let expected = body.expected;
    let license = LicenseId(body.value.license_id);
    let reported = ReportRequest::read(body.value.report)?;
    let call = Call::new(caller, Action::ManageCampaign, body.idempotency);
    decided(&state, call, move |tx| {
        licensing::suspend_for_campaign(tx, id, expected, license, &reported)
    })
    .await
}

/// Excuse a person from a campaign
///
/// It asks nothing of the person any longer, at any organization: a hold that it opened is lifted. The excuse is taken
/// back under `/v1/fact-withdrawals`.
#[utoipa::path(
    tag = tags::RECERTIFICATION_CAMPAIGNS,
    operation_id = "excuse_from_recertification_campaign",
    params(("id" = Uuid, Path, description = "The campaign.")),
    request_body(
        content = ExcuseFromCampaignRequest,
        description = "The version of the campaign acted upon, whom, and why.",
        example = json!({
            "expected_version": 1,
            "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
            "report": { "reason": "Teaches the course." },
        }),
    ),
    responses(
        (
            status = 200,
            description = "The excuse as recorded.",
            body = ExcuseResponse,
            example = json!({
                "id": "0199f3c2-c300-7d00-8e00-7c7c7c7c7c03",
                "campaign_id": "0199f3c2-c100-7d00-8e00-7c7c7c7c7c01",
                "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
                "report": report_example(),
            }),
        ),
        PersonProblems,
    ),
)]
#[post("/v1/recertification-campaigns/{id}/excuse")]
pub(super) async fn excuse_from_campaign(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    body: VersionedJson<ExcuseFromCampaignRequest>,
) -> Result<HttpResponse, Problem> {
    let expected = body.expected;
    let person = PersonId(body.value.person_id);
    let reported = ReportRequest::read(body.value.report)?;
    let call = Call::new(caller, Action::ManageCampaign, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| licensing::excuse_from_campaign(tx, id, expected, person, &reported),
            move |fact| {
                responses::outcome(&ExcuseResponse {
                    id: fact.id.into(),
                    campaign_id: id.into(),
                    person_id: fact.person_id.into(),
                    report: (&fact.envelope).into(),
                })
            },
        )
        .await?;
    Ok(responses::send(reply))
}
