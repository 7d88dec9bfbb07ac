//! `/v1/facts`: everything recorded of people, so that any of it can be named: to take it back, or in an audit.

use actix_web::{HttpResponse, get, web};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::evidence::EvidenceFilter;
use super::extract::{List, ListParameters, ListResponse};
use super::problem::{KNOWN, LIST, Problem};
use super::{State, tags};
use crate::application::actor::Action;
use crate::application::licensing::{self, FactShown};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_facts);
}

/// A recorded fact. What it says is shown by the resource of its kind.
#[derive(Serialize, ToSchema)]
#[schema(as = Fact)]
pub struct FactResponse {
    id: Uuid,
    /// `logged_in`, `hold_lifted`, `leave_ended`, `request_approved`, and so on.
    kind: &'static str,
    implementation_id: Uuid,
    person_id: Uuid,
    /// Absent: it belongs to the person everywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    license_request_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    license_id: Option<Uuid>,
    occurred_at: DateTime<Utc>,
    recorded_at: DateTime<Utc>,
    /// The principal who recorded it.
    recorded_by: Uuid,
    /// The supervisor for whom a deputy recorded it.
    #[serde(skip_serializing_if = "Option::is_none")]
    on_behalf_of: Option<Uuid>,
    /// The fact that this one corrects or takes back.
    #[serde(skip_serializing_if = "Option::is_none")]
    supersedes: Option<Uuid>,
    /// The correction or withdrawal for which it no longer stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    replaced_by: Option<Uuid>,
    /// Whether somebody with the authority for it may take it back.
    may_be_withdrawn: bool,
}

impl From<&FactShown> for FactResponse {
    fn from(shown: &FactShown) -> Self {
        let fact = &shown.fact;
        Self {
            id: fact.id.into(),
            kind: fact.body.kind().as_str(),
            implementation_id: fact.implementation_id.into(),
            person_id: fact.person_id.into(),
            organization_id: fact.organization_id.map(Into::into),
            license_request_id: fact.request_id.map(Into::into),
            license_id: fact.license_id.map(Into::into),
            occurred_at: fact.envelope.occurred_at,
            recorded_at: fact.envelope.recorded_at,
            recorded_by: fact.envelope.recorded_by.into(),
            on_behalf_of: fact.envelope.on_behalf_of.map(Into::into),
            supersedes: fact.envelope.supersedes.map(Into::into),
            replaced_by: shown.replaced_by.map(Into::into),
            may_be_withdrawn: shown.may_be_withdrawn(),
        }
    }
}

crate::problems!(ListProblems: KNOWN, LIST);

fn example() -> Value {
    json!({
        "id": "0199f3c2-9b10-7c00-8b00-4d4d4d4d4d31",
        "kind": "logged_in",
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b20",
        "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
        "occurred_at": "2026-03-04T14:12:09Z",
        "recorded_at": "2026-03-04T14:30:00Z",
        "recorded_by": "0199f3c2-6000-7a00-9000-aaaaaaaaaa01",
        "may_be_withdrawn": true,
    })
}

/// List facts
///
/// Everything recorded of people that the caller may know of, whatever its kind, in the order of its recording: the ids
/// by which a fact is taken back, and what replaced what.
#[utoipa::path(
    tag = tags::FACTS,
    operation_id = "list_facts",
    params(EvidenceFilter, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of facts.",
            body = ListResponse<FactResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [example()], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/facts")]
async fn list_facts(
    state: web::Data<State>,
    list: List<EvidenceFilter>,
) -> Result<HttpResponse, Problem> {
    let (filter, paging) = (list.filter.of_any_kind(), list.paging);
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadFact, move |rx| {
            licensing::recorded_facts(rx, &filter, paging)
        })
        .await?;
    Ok(list.respond(&slice, |shown| FactResponse::from(shown)))
}
