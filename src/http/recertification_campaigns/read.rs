//! Campaigns as they stand.

use actix_web::{HttpResponse, get, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use validator::Validate;

use super::items::{CampaignItemBody, OnMissName};
use crate::application::Caller;
use crate::application::actor::Action;
use crate::application::licensing::{self, CampaignShown, CampaignStatus};
use crate::domain::fact::{FactBody, ImplementationFact};
use crate::domain::ids::FactId;
use crate::http::extract::{Id, IfNoneMatch, List, ListParameters, ListResponse};
use crate::http::problem::{KNOWN, LIST, ONE, Problem};
use crate::http::report::ReportResponse;
use crate::http::{State, responses, tags};

/// Where a campaign stands in time.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CampaignState)]
pub enum StatusName {
    /// It opens later.
    Scheduled,
    Open,
    /// Its deadline has passed; it is still required.
    Over,
    Cancelled,
}

/// Something that was decided about a campaign as a whole.
#[derive(Serialize, ToSchema)]
#[schema(as = CampaignDecision)]
pub struct DecisionResponse {
    id: Uuid,
    /// `campaign_extended`, `campaign_cancelled` or `campaign_enforced_for_all`.
    kind: &'static str,
    /// The new deadline.
    #[serde(skip_serializing_if = "Option::is_none")]
    deadline_on: Option<NaiveDate>,
    report: ReportResponse,
}

impl From<&ImplementationFact> for DecisionResponse {
    fn from(fact: &ImplementationFact) -> Self {
        Self {
            id: fact.id.into(),
            kind: fact.body.kind().as_str(),
            deadline_on: match &fact.body {
                FactBody::CampaignExtended { deadline_on, .. } => Some(*deadline_on),
                _ => None,
            },
            report: (&fact.envelope).into(),
        }
    }
}

/// A recertification campaign as it stands now.
#[derive(Serialize, ToSchema)]
#[schema(as = RecertificationCampaign)]
pub struct CampaignResponse {
    id: Uuid,
    implementation_id: Uuid,
    title: String,
    state: StatusName,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    license_types: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    organization_ids: Vec<Uuid>,
    items: Vec<CampaignItemBody>,
    cut_off_on: NaiveDate,
    counts_from_on: NaiveDate,
    opens_on: NaiveDate,
    /// The last local day in time, after every extension.
    deadline_on: NaiveDate,
    #[serde(skip_serializing_if = "Option::is_none")]
    on_miss: Option<OnMissName>,
    /// Whether staff decided that whoever misses it is suspended until it is done.
    suspends_all: bool,
    batch_approved: bool,
    /// What was decided about it, oldest first.
    decisions: Vec<DecisionResponse>,
    report: ReportResponse,
    /// Rises with each decision; `expected_version` is compared with it.
    version: i32,
}

impl From<&CampaignShown> for CampaignResponse {
    fn from(shown: &CampaignShown) -> Self {
        let plan = &shown.plan;
        Self {
            id: shown.fact.id.into(),
            implementation_id: shown.fact.implementation_id.into(),
            title: plan.title.clone(),
            state: match shown.status {
                CampaignStatus::Scheduled => StatusName::Scheduled,
                CampaignStatus::Open => StatusName::Open,
                CampaignStatus::Over => StatusName::Over,
                CampaignStatus::Cancelled => StatusName::Cancelled,
            },
            license_types: plan.license_types.iter().cloned().collect(),
            organization_ids: plan.organizations.iter().map(|id| id.0).collect(),
            items: plan.items.iter().map(CampaignItemBody::of).collect(),
            cut_off_on: plan.cut_off_on,
            counts_from_on: plan.counts_from_on,
            opens_on: plan.opens_on,
            deadline_on: shown.deadline_on,
            on_miss: plan.on_miss.map(Into::into),
            suspends_all: shown.suspends,
            batch_approved: plan.batch_approved,
            decisions: shown.decisions.iter().map(Into::into).collect(),
            report: (&shown.fact.envelope).into(),
            version: shown.version,
        }
    }
}

/// What narrows the list of campaigns.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct CampaignFilter {
    /// Only those of this implementation.
    implementation_id: Option<Uuid>,
}

crate::problems!(ListProblems: KNOWN, LIST);
crate::problems!(GetProblems: KNOWN, ONE);

pub(super) fn report_example() -> Value {
    json!({
        "reported_at": "2026-08-17T17:00:00Z",
        "recorded_at": "2026-08-17T17:00:00Z",
        "recorded_by": "0199f3c2-6000-7a00-9000-aaaaaaaaaa01",
        "channel": "api",
        "reason": "HUD's data elements change on 1 October.",
    })
}

pub(super) fn example(extended: bool) -> Value {
    let mut example = json!({
        "id": "0199f3c2-c100-7d00-8e00-7c7c7c7c7c01",
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b20",
        "title": "HUD data elements FY2026",
        "state": "open",
        "items": [{ "kind": "course", "course": "refresher", "edition": "FY2026" }],
        "cut_off_on": "2026-09-01",
        "counts_from_on": "2026-08-01",
        "opens_on": "2026-09-01",
        "deadline_on": if extended { "2026-10-15" } else { "2026-09-30" },
        "suspends_all": false,
        "batch_approved": true,
        "decisions": [],
        "report": report_example(),
        "version": if extended { 2 } else { 1 },
    });
    if extended {
        example["decisions"] = json!([{
            "id": "0199f3c2-c200-7d00-8e00-7c7c7c7c7c02",
            "kind": "campaign_extended",
            "deadline_on": "2026-10-15",
            "report": report_example(),
        }]);
    }
    example
}

/// List recertification campaigns
///
/// Those of the implementations the caller sees whole, in the order in which they were started.
#[utoipa::path(
    tag = tags::RECERTIFICATION_CAMPAIGNS,
    operation_id = "list_recertification_campaigns",
    params(CampaignFilter, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of campaigns.",
            body = ListResponse<CampaignResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [example(false)], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/recertification-campaigns")]
pub(super) async fn list_campaigns(
    state: web::Data<State>,
    list: List<CampaignFilter>,
) -> Result<HttpResponse, Problem> {
    let implementation = list.filter.implementation_id.map(Into::into);
    let paging = list.paging;
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadCampaign, move |rx| {
            licensing::campaigns(rx, implementation, paging)
        })
        .await?;
    Ok(list.respond(&slice, |campaign| CampaignResponse::from(campaign)))
}

/// Get a recertification campaign
///
/// The campaign as it stands now, with what was decided about it.
#[utoipa::path(
    tag = tags::RECERTIFICATION_CAMPAIGNS,
    operation_id = "get_recertification_campaign",
    params(("id" = Uuid, Path, description = "The campaign.")),
    responses(
        (
            status = 200,
            description = "The campaign.",
            body = CampaignResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example(false)),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/recertification-campaigns/{id}")]
pub(super) async fn get_campaign(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let campaign = state
        .app
        .read(caller, Action::ReadCampaign, move |rx| {
            licensing::campaign(rx, id)
        })
        .await?;
    Ok(responses::one(
        &seen,
        campaign.version,
        &CampaignResponse::from(&campaign),
    ))
}
