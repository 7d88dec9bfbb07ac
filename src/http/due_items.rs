//! `/v1/due-items`.

use std::borrow::Cow;

use actix_web::{HttpResponse, get, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{IntoParams, PartialSchema, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use validator::Validate;

use super::explanations::ChangeResponse;
use super::extract::{List, ListParameters, ListResponse};
use super::problem::{KNOWN, LIST, Problem};
use super::time::DayText;
use super::{State, tags, words};
use crate::application::actor::{Action, Sight};
use crate::application::licensing::{self, DueFilter, DueShown, Subject};
use crate::domain::evaluate::{Coming, ComingKind, Follows};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_due_items);
}

/// What an item is about, by name.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(transparent)]
pub struct KindName(ComingKind);

impl PartialSchema for KindName {
    fn schema() -> RefOr<Schema> {
        words::of(&ComingKind::ALL.map(ComingKind::as_str)).into()
    }
}

impl ToSchema for KindName {
    fn name() -> Cow<'static, str> {
        "DueKind".into()
    }
}

/// Something that is due, or comes by itself.
#[derive(Serialize, ToSchema)]
#[schema(as = DueOrComing)]
pub struct DueOrComingResponse {
    /// What it is about.
    kind: KindName,
    /// Of what must be done the last local day on which it is in time; of what happens by itself the local day on which
    /// it does.
    on: NaiveDate,
    /// The requirement, the deadline or the practice set that it speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    about: Option<String>,
    /// `change`: what `automatic_change` says, by itself; `awaits_notice`: nothing before a notice was sent; `listed`:
    /// staff see it on a list; `nothing`.
    follows: &'static str,
    /// What follows by itself, unless it is done in time.
    #[serde(skip_serializing_if = "Option::is_none")]
    automatic_change: Option<ChangeResponse>,
}

impl DueOrComingResponse {
    /// The item as a reader may know it.
    fn of(item: &Coming, sight: Sight) -> Self {
        let (follows, automatic_change) = match &item.follows {
            Follows::Change(upcoming) => ("change", Some(ChangeResponse::of(upcoming, sight))),
            Follows::AwaitsNotice => ("awaits_notice", None),
            Follows::Listed => ("listed", None),
            Follows::Nothing => ("nothing", None),
        };
        Self {
            kind: KindName(item.kind),
            on: item.on,
            about: item.about.clone(),
            follows,
            automatic_change,
        }
    }
}

/// A license or an open license request of which something is due or comes by itself.
#[derive(Serialize, ToSchema)]
#[schema(as = DueItems)]
pub struct DueItemsResponse {
    #[serde(skip_serializing_if = "Option::is_none")]
    license_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    license_request_id: Option<Uuid>,
    implementation_id: Uuid,
    organization_id: Uuid,
    person_id: Uuid,
    license_type: String,
    /// The state of the license or of the request now.
    state: String,
    /// By day.
    items: Vec<DueOrComingResponse>,
}

impl From<&DueShown> for DueItemsResponse {
    fn from(shown: &DueShown) -> Self {
        let (license_id, license_request_id) = match shown.subject {
            Subject::License(id) => (Some(id.into()), None),
            Subject::Request(id) => (None, Some(id.into())),
        };
        Self {
            license_id,
            license_request_id,
            implementation_id: shown.implementation_id.into(),
            organization_id: shown.organization_id.into(),
            person_id: shown.person_id.into(),
            license_type: shown.license_type.clone(),
            state: shown.state.clone(),
            items: shown
                .items
                .iter()
                .map(|item| DueOrComingResponse::of(item, shown.sight))
                .collect(),
        }
    }
}

/// What narrows the list of what is due.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct DueItemFilter {
    /// Only of this implementation.
    implementation_id: Option<Uuid>,
    /// Only of this organization.
    organization_id: Option<Uuid>,
    /// Only of this person.
    person_id: Option<Uuid>,
    /// Only items of this kind.
    #[param(inline)]
    kind: Option<KindName>,
    /// The first local day. Left out: what is overdue is shown too.
    from_on: Option<DayText>,
    /// The last local day, at most 366 days after `from_on`, or after today where that is left out. Left out: 30 days
    /// after the later of the two.
    until_on: Option<DayText>,
}

crate::problems!(ListProblems: KNOWN, LIST);

fn example() -> Value {
    json!({
        "license_id": "0199f3c2-9a00-7c00-8d00-5e5e5e5e5e01",
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b20",
        "organization_id": "0199f3c2-7a01-7c12-b7aa-1f3355aa7703",
        "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
        "license_type": "end_user",
        "state": "warned",
        "items": [
            {
                "kind": "inactivity",
                "on": "2026-04-01",
                "follows": "change",
                "automatic_change": {
                    "at": "2026-04-09T04:00:00Z",
                    "change": "ends",
                    "cause": "inactivity",
                },
            },
            {
                "kind": "recertification",
                "on": "2027-03-03",
                "about": "course:hmis_user_training_series",
                "follows": "awaits_notice",
            },
        ],
    })
}

/// List what is due
///
/// What must be done, by when and what follows, and what happens by itself: inactivity, recertification, agreements,
/// terms, ends of holds, returns from leave, announced ends, and the deadlines of open requests, as far as the caller
/// may see. Entries are in the order in which licenses and requests came to be (by id), each with its items by day. The
/// cost of a page does not grow with how many have nothing due: after 1,000 that were looked at it ends, with however
/// many entries there were, even none; go on while `has_more`.
#[utoipa::path(
    tag = tags::DUE_ITEMS,
    operation_id = "list_due_items",
    params(DueItemFilter, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of licenses and requests of which something is due.",
            body = ListResponse<DueItemsResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [example()], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/due-items")]
async fn list_due_items(
    state: web::Data<State>,
    list: List<DueItemFilter>,
) -> Result<HttpResponse, Problem> {
    let asked = &list.filter;
    let filter = DueFilter {
        implementation_id: asked.implementation_id.map(Into::into),
        organization_id: asked.organization_id.map(Into::into),
        person_id: asked.person_id.map(Into::into),
        kind: asked.kind.map(|kind| kind.0),
        from_on: asked.from_on.map(|day| day.0),
        until_on: asked.until_on.map(|day| day.0),
    };
    let paging = list.paging;
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadLicense, move |rx| {
            licensing::due_items(rx, &filter, paging)
        })
        .await?;
    Ok(list.respond(&slice, |shown| DueItemsResponse::from(shown)))
}
