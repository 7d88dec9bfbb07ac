//! `/v1/acknowledgements`: what people stated that they read.

use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use validator::Validate;

use super::evidence::{EvidenceFilter, VERSION, report_example};
use super::extract::{Id, IfNoneMatch, Json, List, ListParameters, ListResponse};
use super::problem::{BODY, Code, KNOWN, LIST, ONE, POST, Problem};
use super::report::{ReportRequest, ReportResponse, moment};
use super::time::{DayText, InstantText};
use super::{State, checks, responses, tags};
use crate::application::actor::Action;
use crate::application::licensing::{self, NewAcknowledgement};
use crate::application::{Call, Caller};
use crate::domain::fact::{Fact, FactBody, FactKind};
use crate::domain::ids::{FactId, PersonId};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_acknowledgements)
        .service(record_acknowledgement)
        .service(get_acknowledgement);
}

/// A person states that something was read.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RecordAcknowledgementRequest {
    person_id: Uuid,
    /// The code of an acknowledgement that recertification asks for under the policy in force, at any of the person's
    /// organizations, or that a campaign asks for.
    #[validate(length(min = 1, max = 64), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 64)]
    acknowledgement: String,
    /// When it was stated; not in the future. Absent: now.
    #[serde(default)]
    acknowledged_at: Option<InstantText>,
    /// The local day on which it was stated, where no instant is known.
    #[serde(default)]
    acknowledged_on: Option<DayText>,
    /// The acknowledgement that this one corrects; a reason is needed then.
    #[serde(default)]
    supersedes: Option<Uuid>,
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

/// An acknowledgement as recorded. It belongs to the person and counts at every organization.
#[derive(Serialize, ToSchema)]
#[schema(as = Acknowledgement)]
pub struct AcknowledgementResponse {
    id: Uuid,
    implementation_id: Uuid,
    person_id: Uuid,
    acknowledgement: String,
    /// For a day without an instant: the day's first instant in the implementation's zone.
    acknowledged_at: DateTime<Utc>,
    report: ReportResponse,
}

impl From<&Fact> for AcknowledgementResponse {
    fn from(fact: &Fact) -> Self {
        Self {
            id: fact.id.into(),
            implementation_id: fact.implementation_id.into(),
            person_id: fact.person_id.into(),
            acknowledgement: match &fact.body {
                FactBody::Acknowledged { acknowledgement } => acknowledgement.clone(),
                _ => String::new(),
            },
            acknowledged_at: fact.envelope.occurred_at,
            report: (&fact.envelope).into(),
        }
    }
}

crate::problems!(ListProblems: KNOWN, LIST);
crate::problems!(GetProblems: KNOWN, ONE);
crate::problems!(RecordProblems: KNOWN, BODY, POST, [Code::NoPolicy]);

fn acknowledgement_example() -> Value {
    json!({
        "id": "0199f3c2-9a40-7e21-9a10-5c5c5c5c5c51",
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b20",
        "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
        "acknowledgement": "privacy_notice",
        "acknowledged_at": "2026-10-05T13:20:00Z",
        "report": report_example(),
    })
}

/// List acknowledgements
///
/// Acknowledgements that the caller may know of, in the order of their recording.
#[utoipa::path(
    tag = tags::ACKNOWLEDGEMENTS,
    operation_id = "list_acknowledgements",
    params(EvidenceFilter, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of acknowledgements.",
            body = ListResponse<AcknowledgementResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [acknowledgement_example()], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/acknowledgements")]
async fn list_acknowledgements(
    state: web::Data<State>,
    list: List<EvidenceFilter>,
) -> Result<HttpResponse, Problem> {
    let (filter, paging) = (list.filter.of(FactKind::Acknowledged), list.paging);
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadFact, move |rx| {
            licensing::completions(rx, &filter, paging)
        })
        .await?;
    Ok(list.respond(&slice, |fact| AcknowledgementResponse::from(fact)))
}

/// Record an acknowledgement
///
/// A person stated that something was read, as recertification or a campaign asks. People state it themselves;
/// supervisors, staff and integrations record it for them.
#[utoipa::path(
    tag = tags::ACKNOWLEDGEMENTS,
    operation_id = "record_acknowledgement",
    request_body(
        content = RecordAcknowledgementRequest,
        description = "Who read what.",
        example = json!({
            "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
            "acknowledgement": "privacy_notice",
        }),
    ),
    responses(
        (
            status = 201,
            description = "The acknowledgement as recorded.",
            body = AcknowledgementResponse,
            headers(
                ("ETag" = String, description = "For If-None-Match."),
                ("Location" = String, description = "Where it is found."),
            ),
            example = json!(acknowledgement_example()),
        ),
        RecordProblems,
    ),
)]
#[post("/v1/acknowledgements")]
async fn record_acknowledgement(
    caller: Caller,
    state: web::Data<State>,
    body: Json<RecordAcknowledgementRequest>,
) -> Result<HttpResponse, Problem> {
    let request = body.value;
    let new = NewAcknowledgement {
        person_id: PersonId(request.person_id),
        acknowledgement: request.acknowledgement,
        acknowledged: moment(
            request.acknowledged_at,
            request.acknowledged_on,
            "acknowledged",
        )?,
        supersedes: request.supersedes.map(FactId),
        reported: ReportRequest::read(request.report)?,
    };
    let call = Call::new(caller, Action::RecordAcknowledgement, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| licensing::acknowledge(tx, &new),
            |fact| {
                responses::created(
                    format!("/v1/acknowledgements/{}", fact.id),
                    VERSION,
                    &AcknowledgementResponse::from(fact),
                )
            },
        )
        .await?;
    Ok(responses::send(reply))
}

/// Get an acknowledgement
///
/// One recorded acknowledgement.
#[utoipa::path(
    tag = tags::ACKNOWLEDGEMENTS,
    operation_id = "get_acknowledgement",
    params(("id" = Uuid, Path, description = "The acknowledgement.")),
    responses(
        (
            status = 200,
            description = "The acknowledgement.",
            body = AcknowledgementResponse,
            headers(("ETag" = String, description = "For If-None-Match.")),
            example = json!(acknowledgement_example()),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/acknowledgements/{id}")]
async fn get_acknowledgement(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let fact = state
        .app
        .read(caller, Action::ReadFact, move |rx| {
            licensing::completion(rx, id, FactKind::Acknowledged)
        })
        .await?;
    Ok(responses::one(
        &seen,
        VERSION,
        &AcknowledgementResponse::from(&fact),
    ))
}
