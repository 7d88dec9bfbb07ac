//! `/v1/training-completions`: courses passed and failed.

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
use super::report::{ReportRequest, ReportResponse, needed_moment};
use super::time::{DayText, InstantText};
use super::{State, checks, responses, tags};
use crate::application::actor::Action;
use crate::application::licensing::{self, NewTraining};
use crate::application::{Call, Caller};
use crate::domain::fact::{Fact, FactBody, FactKind, Outcome};
use crate::domain::ids::{FactId, PersonId};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_training_completions)
        .service(record_training_completion)
        .service(get_training_completion);
}

/// How a training ended.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Outcome)]
pub enum OutcomeName {
    Pass,
    Fail,
}

/// A completed training.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RecordTrainingCompletionRequest {
    person_id: Uuid,
    /// A course of the policy in force.
    #[validate(length(min = 1, max = 64), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 64)]
    course: String,
    outcome: OutcomeName,
    /// Percent. Needed where the course has a pass mark.
    #[serde(default)]
    #[validate(range(max = 100))]
    #[schema(maximum = 100)]
    score: Option<u8>,
    /// The edition taken. Needed where only certain editions count.
    #[serde(default)]
    #[validate(length(min = 1, max = 64), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 64)]
    edition: Option<String>,
    /// When it was completed; not in the future.
    #[serde(default)]
    completed_at: Option<InstantText>,
    /// The local day it was completed, where no instant is known.
    #[serde(default)]
    completed_on: Option<DayText>,
    /// The completion that this one corrects; a reason is needed then.
    #[serde(default)]
    supersedes: Option<Uuid>,
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

/// A completion as recorded. It belongs to the person and counts at every organization.
#[derive(Serialize, ToSchema)]
#[schema(as = TrainingCompletion)]
pub struct TrainingCompletionResponse {
    id: Uuid,
    implementation_id: Uuid,
    person_id: Uuid,
    course: String,
    outcome: OutcomeName,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    edition: Option<String>,
    /// For a day without an instant: the day's first instant in the implementation's zone.
    completed_at: DateTime<Utc>,
    report: ReportResponse,
}

impl From<&Fact> for TrainingCompletionResponse {
    fn from(fact: &Fact) -> Self {
        let (course, outcome, score, edition) = match &fact.body {
            FactBody::TrainingCompleted {
                course,
                outcome,
                score,
                edition,
            } => (course.clone(), *outcome, *score, edition.clone()),
            _ => (String::new(), Outcome::Fail, None, None),
        };
        Self {
            id: fact.id.into(),
            implementation_id: fact.implementation_id.into(),
            person_id: fact.person_id.into(),
            course,
            outcome: match outcome {
                Outcome::Pass => OutcomeName::Pass,
                Outcome::Fail => OutcomeName::Fail,
            },
            score,
            edition,
            completed_at: fact.envelope.occurred_at,
            report: (&fact.envelope).into(),
        }
    }
}

crate::problems!(ListProblems: KNOWN, LIST);
crate::problems!(GetProblems: KNOWN, ONE);
crate::problems!(RecordProblems: KNOWN, BODY, POST, [Code::OwnCase, Code::NoPolicy]);

fn completion_example() -> Value {
    json!({
        "id": "0199f3c2-7f10-7c00-8b00-4d4d4d4d4d01",
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b20",
        "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
        "course": "hmis_user_training_series",
        "outcome": "pass",
        "score": 92,
        "completed_at": "2026-03-03T05:00:00Z",
        "report": report_example(),
    })
}

/// List training completions
///
/// Completions that the caller may know of, in the order of their recording.
#[utoipa::path(
    tag = tags::TRAINING_COMPLETIONS,
    operation_id = "list_training_completions",
    params(EvidenceFilter, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of completions.",
            body = ListResponse<TrainingCompletionResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [completion_example()], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/training-completions")]
async fn list_training_completions(
    state: web::Data<State>,
    list: List<EvidenceFilter>,
) -> Result<HttpResponse, Problem> {
    let (filter, paging) = (list.filter.of(FactKind::TrainingCompleted), list.paging);
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadFact, move |rx| {
            licensing::completions(rx, &filter, paging)
        })
        .await?;
    Ok(list.respond(&slice, |fact| TrainingCompletionResponse::from(fact)))
}

/// Record a training completion
///
/// A course passed or failed. It belongs to the person, counts at every organization, and may come before the request
/// if it is still valid then.
#[utoipa::path(
    tag = tags::TRAINING_COMPLETIONS,
    operation_id = "record_training_completion",
    request_body(
        content = RecordTrainingCompletionRequest,
        description = "The completion.",
        example = json!({
            "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
            "course": "hmis_user_training_series",
            "outcome": "pass",
            "score": 92,
            "completed_on": "2026-03-03",
        }),
    ),
    responses(
        (
            status = 201,
            description = "The completion as recorded.",
            body = TrainingCompletionResponse,
            headers(
                ("ETag" = String, description = "For If-None-Match."),
                ("Location" = String, description = "Where it is found."),
            ),
            example = json!(completion_example()),
        ),
        RecordProblems,
    ),
)]
#[post("/v1/training-completions")]
async fn record_training_completion(
    caller: Caller,
    state: web::Data<State>,
    body: Json<RecordTrainingCompletionRequest>,
) -> Result<HttpResponse, Problem> {
    let request = body.value;
    let new = NewTraining {
        person_id: PersonId(request.person_id),
        course: request.course,
        outcome: match request.outcome {
            OutcomeName::Pass => Outcome::Pass,
            OutcomeName::Fail => Outcome::Fail,
        },
        score: request.score,
        edition: request.edition,
        completed: needed_moment(request.completed_at, request.completed_on, "completed")?,
        supersedes: request.supersedes.map(FactId),
        reported: ReportRequest::read(request.report)?,
    };
    let call = Call::new(caller, Action::RecordTraining, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| licensing::record_completion(tx, &new),
            |fact| {
                responses::created(
                    format!("/v1/training-completions/{}", fact.id),
                    VERSION,
                    &TrainingCompletionResponse::from(fact),
                )
            },
        )
        .await?;
    Ok(responses::send(reply))
}

/// Get a training completion
///
/// One recorded completion.
#[utoipa::path(
    tag = tags::TRAINING_COMPLETIONS,
    operation_id = "get_training_completion",
    params(("id" = Uuid, Path, description = "The completion.")),
    responses(
        (
            status = 200,
            description = "The completion.",
            body = TrainingCompletionResponse,
            headers(("ETag" = String, description = "For If-None-Match.")),
            example = json!(completion_example()),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/training-completions/{id}")]
async fn get_training_completion(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let fact = state
        .app
        .read(caller, Action::ReadFact, move |rx| {
            licensing::completion(rx, id, FactKind::TrainingCompleted)
        })
        .await?;
    Ok(responses::one(
        &seen,
        VERSION,
        &TrainingCompletionResponse::from(&fact),
    ))
}
