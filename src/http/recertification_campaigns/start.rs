//! A campaign starts.

use actix_web::{HttpResponse, post, web};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::items::{CampaignItemBody, CodeText, OnMissName, codes};
use super::people::{PreviewResponse, asked_example};
use super::read::{CampaignResponse, example};
use crate::application::actor::Action;
use crate::application::licensing::{self, NewCampaign};
use crate::application::{Call, Caller, Error};
use crate::domain::campaign::{Campaign, MOST_ITEMS};
use crate::http::ends::DryRun;
use crate::http::extract::{Json, Query};
use crate::http::problem::{BODY, Code, KNOWN, POST, Problem};
use crate::http::report::ReportRequest;
use crate::http::time::DayText;
use crate::http::{State, checks, responses, tags};

/// A campaign as staff start it.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct StartCampaignRequest {
    implementation_id: Uuid,
    /// How people know it.
    #[validate(length(min = 1, max = 200), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 200)]
    title: String,
    /// Whose holders it asks. Empty: of every base type whose policy has rules for campaigns.
    #[serde(default)]
    #[validate(length(max = 50), custom(function = "codes"))]
    #[schema(max_items = 50)]
    license_types: Vec<CodeText>,
    /// At which organizations. Empty: at all.
    #[serde(default)]
    #[validate(length(max = 200))]
    #[schema(max_items = 200)]
    organization_ids: Vec<Uuid>,
    /// What it asks.
    #[validate(length(min = 1, max = MOST_ITEMS), nested)]
    #[schema(min_items = 1, max_items = 20)]
    items: Vec<CampaignItemBody>,
    /// The population: whose license had begun by the end of this local day. Absent: `opens_on`. Who joins later is asked
    /// only where his pass predates the edition.
    #[serde(default)]
    cut_off_on: Option<DayText>,
    /// What was done on this local day or later counts. Absent: `opens_on`.
    #[serde(default)]
    counts_from_on: Option<DayText>,
    /// From this local day on it is owed, and people are told of it.
    opens_on: DayText,
    /// The last local day on which it is in time.
    deadline_on: DayText,
    /// What a miss does. Absent: what the policy of the license type says.
    #[serde(default)]
    on_miss: Option<OnMissName>,
    /// Whether staff saw whom it hits, so that many misses at once do not halt.
    #[serde(default)]
    batch_approved: bool,
    /// Its `reason` is needed.
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

impl StartCampaignRequest {
    fn read(self) -> Result<NewCampaign, Error> {
        let mut items = Vec::with_capacity(self.items.len());
        let mut faults = Vec::new();
        for (place, item) in self.items.into_iter().enumerate() {
            match item.read(place) {
                Ok(item) => items.push(item),
                Err(fault) => faults.push(fault),
            }
        }
        if !faults.is_empty() {
            return Err(Error::Invalid(faults));
        }
        Ok(NewCampaign {
            implementation_id: self.implementation_id.into(),
            plan: Campaign {
                title: self.title,
                license_types: self.license_types.into_iter().map(|code| code.0).collect(),
                organizations: self.organization_ids.into_iter().map(Into::into).collect(),
                items,
                cut_off_on: self.cut_off_on.unwrap_or(self.opens_on).0,
                counts_from_on: self.counts_from_on.unwrap_or(self.opens_on).0,
                opens_on: self.opens_on.0,
                deadline_on: self.deadline_on.0,
                on_miss: self.on_miss.map(Into::into),
                batch_approved: self.batch_approved,
            },
            reported: ReportRequest::read(self.report)?,
        })
    }
}

crate::problems!(StartProblems: KNOWN, BODY, POST, [Code::NoPolicy, Code::TransitionRefused]);

fn start_example() -> Value {
    json!({
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b20",
        "title": "HUD data elements FY2026",
        "items": [{ "kind": "course", "course": "refresher", "edition": "FY2026" }],
        "counts_from_on": "2026-08-01",
        "opens_on": "2026-09-01",
        "deadline_on": "2026-09-30",
        "batch_approved": true,
        "report": { "reason": "HUD's data elements change on 1 October." },
    })
}

/// Start a recertification campaign
///
/// Asks everybody of a population anew: because data elements changed, or anything else did. From `opens_on` on each
/// item is owed; people are told then, and once more before the deadline as the policy says. Whoever did it since
/// `counts_from_on` has done it, at every organization. A miss does what the policy says, never before a notice that
/// named the day was given. Whoever returns later must have done every campaign that was not cancelled.
///
/// With `dry_run=true` nothing is kept, and the answer says whom it would ask.
#[utoipa::path(
    tag = tags::RECERTIFICATION_CAMPAIGNS,
    operation_id = "start_recertification_campaign",
    params(DryRun),
    request_body(content = StartCampaignRequest, description = "The campaign.", example = json!(start_example())),
    responses(
        (
            status = 200,
            description = "The dry run: whom it would ask when it opens.",
            body = PreviewResponse,
            example = json!({ "count": 1, "met": 0, "has_more": false, "data": [asked_example()] }),
        ),
        (
            status = 201,
            description = "The campaign as recorded.",
            body = CampaignResponse,
            headers(
                ("ETag" = String, description = "The version, for If-Match and If-None-Match."),
                ("Location" = String, description = "Where it is found."),
            ),
            example = json!(example(false)),
        ),
        StartProblems,
    ),
)]
#[post("/v1/recertification-campaigns")]
pub(super) async fn start_campaign(
    caller: Caller,
    state: web::Data<State>,
    Query(DryRun { dry_run }): Query<DryRun>,
    body: Json<StartCampaignRequest>,
) -> Result<HttpResponse, Problem> {
    let new = body.value.read()?;
    let action = Action::ManageCampaign;
    if dry_run {
        let found = state
            .app
            .read(caller, action, move |rx| {
                licensing::preview_campaign(rx, &new)
            })
            .await?;
        let reply = responses::outcome(&PreviewResponse::from(&found));
        return Ok(responses::send(reply));
    }
    let call = Call::new(caller, action, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| licensing::start_campaign(tx, &new),
            |campaign| {
                let path = format!("/v1/recertification-campaigns/{}", campaign.fact.id);
                responses::created(path, campaign.version, &CampaignResponse::from(campaign))
            },
        )
        .await?;
    Ok(responses::send(reply))
}
