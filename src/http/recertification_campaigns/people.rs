//! Whom a campaign asks, or would ask.

use actix_web::{HttpResponse, get, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use validator::Validate;

use crate::application::actor::Action;
use crate::application::licensing::{self, Asked, AskedStanding, CampaignPreview};
use crate::domain::ids::FactId;
use crate::http::extract::{Id, List, ListParameters, ListResponse};
use crate::http::problem::{Code, KNOWN, LIST, Problem};
use crate::http::{State, tags};

/// How far somebody is whom a campaign asks.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CampaignStanding)]
pub enum AskedName {
    Met,
    Waived,
    Excused,
    Due,
    Overdue,
}

impl From<AskedStanding> for AskedName {
    fn from(standing: AskedStanding) -> Self {
        match standing {
            AskedStanding::Met => Self::Met,
            AskedStanding::Waived => Self::Waived,
            AskedStanding::Excused => Self::Excused,
            AskedStanding::Due => Self::Due,
            AskedStanding::Overdue => Self::Overdue,
        }
    }
}

impl From<AskedName> for AskedStanding {
    fn from(name: AskedName) -> Self {
        match name {
            AskedName::Met => Self::Met,
            AskedName::Waived => Self::Waived,
            AskedName::Excused => Self::Excused,
            AskedName::Due => Self::Due,
            AskedName::Overdue => Self::Overdue,
        }
    }
}

/// A license whose holder a campaign asks.
#[derive(Serialize, ToSchema)]
#[schema(as = CampaignPerson)]
pub struct AskedResponse {
    license_id: Uuid,
    organization_id: Uuid,
    person_id: Uuid,
    given_name: String,
    family_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_login_at: Option<DateTime<Utc>>,
    standing: AskedName,
    /// Whether the miss holds the license now.
    suspended: bool,
    /// What is not done, as explanations name it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<String>,
}

impl From<&Asked> for AskedResponse {
    fn from(asked: &Asked) -> Self {
        Self {
            license_id: asked.license_id.into(),
            organization_id: asked.organization_id.into(),
            person_id: asked.person_id.into(),
            given_name: asked.given_name.clone(),
            family_name: asked.family_name.clone(),
            last_login_at: asked.last_login_at,
            standing: asked.standing.into(),
            suspended: asked.suspended,
            missing: asked.missing.clone(),
        }
    }
}

/// Whom a campaign would ask when it opens.
#[derive(Serialize, ToSchema)]
#[schema(as = CampaignPreview)]
pub struct PreviewResponse {
    /// How many licenses.
    count: usize,
    /// How many of their holders have done already what it asks.
    met: usize,
    /// Whether there are more than are listed.
    has_more: bool,
    /// The first 200.
    data: Vec<AskedResponse>,
}

impl From<&CampaignPreview> for PreviewResponse {
    fn from(preview: &CampaignPreview) -> Self {
        Self {
            count: preview.count,
            met: preview.met,
            has_more: preview.count > preview.rows.len(),
            data: preview.rows.iter().map(Into::into).collect(),
        }
    }
}

/// What narrows the list of whom a campaign asks.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct AskedFilter {
    /// Only those who stand so.
    standing: Option<AskedName>,
}

crate::problems!(PeopleProblems: KNOWN, LIST, [Code::NotFound]);

pub(super) fn asked_example() -> Value {
    json!({
        "license_id": "0199f3c2-9a00-7c00-8d00-5e5e5e5e5e01",
        "organization_id": "0199f3c2-7a01-7c12-b7aa-1f3355aa7703",
        "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
        "given_name": "Nora",
        "family_name": "Ashby",
        "last_login_at": "2026-08-14T18:20:00Z",
        "standing": "due",
        "suspended": false,
        "missing": ["campaign:0199f3c2-c100-7d00-8e00-7c7c7c7c7c01:course:refresher"],
    })
}

/// List whom a campaign asks
///
/// By license, each with how far its holder is now; those who are excused too. `standing=overdue` is the list from which
/// staff may suspend, all or one.
#[utoipa::path(
    tag = tags::RECERTIFICATION_CAMPAIGNS,
    operation_id = "list_recertification_campaign_people",
    params(("id" = Uuid, Path, description = "The campaign."), AskedFilter, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of licenses.",
            body = ListResponse<AskedResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [asked_example()], "page": { "has_more": false } }),
        ),
        PeopleProblems,
    ),
)]
#[get("/v1/recertification-campaigns/{id}/people")]
pub(super) async fn list_campaign_people(
    state: web::Data<State>,
    Id(id): Id<FactId>,
    list: List<AskedFilter>,
) -> Result<HttpResponse, Problem> {
    let standings: Vec<AskedStanding> = list.filter.standing.map(Into::into).into_iter().collect();
    let paging = list.paging;
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadCampaign, move |rx| {
            licensing::asked(rx, id, &standings, paging)
        })
        .await?;
    Ok(list.respond(&slice, |asked| AskedResponse::from(asked)))
}
