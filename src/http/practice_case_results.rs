//! `/v1/practice-case-results`: what the review of practice cases came to.

use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use validator::{Validate, ValidationError};

use super::extract::{Id, IfNoneMatch, Json, List, ListParameters, ListResponse};
use super::problem::{BODY, Code, KNOWN, LIST, ONE, POST, Problem};
use super::report::{ReportRequest, ReportResponse};
use super::time::InstantText;
use super::{State, checks, responses, tags};
use crate::application::actor::Action;
use crate::application::licensing::{self, NewPracticeResult};
use crate::application::ports::FactFilter;
use crate::application::{Call, Caller};
use crate::domain::fact::{Fact, FactBody, FactKind, PracticeResult};
use crate::domain::ids::FactId;

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_practice_case_results)
        .service(record_practice_case_result)
        .service(get_practice_case_result);
}

/// A fact is never changed, so its version never rises.
const VERSION: i32 = 1;

/// What a review came to.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PracticeResult)]
pub enum PracticeResultName {
    Accepted,
    /// With findings: to be corrected and submitted again, within the same attempt.
    Returned,
    /// The attempt is used up.
    Failed,
}

impl From<PracticeResultName> for PracticeResult {
    fn from(name: PracticeResultName) -> Self {
        match name {
            PracticeResultName::Accepted => Self::Accepted,
            PracticeResultName::Returned => Self::Returned,
            PracticeResultName::Failed => Self::Failed,
        }
    }
}

impl From<PracticeResult> for PracticeResultName {
    fn from(result: PracticeResult) -> Self {
        match result {
            PracticeResult::Accepted => Self::Accepted,
            PracticeResult::Returned => Self::Returned,
            PracticeResult::Failed => Self::Failed,
        }
    }
}

/// A review of practice cases.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RecordPracticeCaseResultRequest {
    submission_id: Uuid,
    result: PracticeResultName,
    /// Percent of right entries. Needed for an acceptance where the policy has a pass mark.
    #[serde(default)]
    #[validate(range(max = 100))]
    #[schema(maximum = 100)]
    score: Option<u8>,
    /// What must be corrected; the trainee reads it. Needed with `returned`. Name no clients.
    #[serde(default)]
    #[validate(length(max = 50), custom(function = "findings"))]
    #[schema(max_items = 50)]
    findings: Vec<FindingText>,
    /// When it was reviewed; not in the future. Absent: now.
    #[serde(default)]
    reviewed_at: Option<InstantText>,
    /// The result that this one corrects. `report.reason` says why.
    #[serde(default)]
    supersedes: Option<Uuid>,
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

/// One thing to be corrected.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(as = PracticeFinding, min_length = 1, max_length = 500)]
pub struct FindingText(String);

/// Each finding is a text of at most 500 characters.
fn findings(findings: &[FindingText]) -> Result<(), ValidationError> {
    for FindingText(finding) in findings {
        if finding.is_empty() || finding.chars().count() > 500 {
            let mut error = ValidationError::new("length");
            error.message = Some("holds a text that is empty or longer than 500 characters".into());
            return Err(error);
        }
        checks::text(finding)?;
    }
    Ok(())
}

/// A result as recorded.
#[derive(Serialize, ToSchema)]
#[schema(as = PracticeCaseResult)]
pub struct PracticeCaseResultResponse {
    id: Uuid,
    implementation_id: Uuid,
    person_id: Uuid,
    submission_id: Uuid,
    practice_set: String,
    result: PracticeResultName,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<u8>,
    findings: Vec<String>,
    reviewed_at: DateTime<Utc>,
    /// The result that this one corrects.
    #[serde(skip_serializing_if = "Option::is_none")]
    supersedes: Option<Uuid>,
    report: ReportResponse,
}

impl From<&Fact> for PracticeCaseResultResponse {
    fn from(fact: &Fact) -> Self {
        let (submission, practice_set, result, score, findings) = match &fact.body {
            FactBody::PracticeReviewed {
                submission,
                practice_set,
                result,
                score,
                findings,
            } => (
                submission.0,
                practice_set.clone(),
                *result,
                *score,
                findings.clone(),
            ),
            _ => (
                Uuid::nil(),
                String::new(),
                PracticeResult::Failed,
                None,
                Vec::new(),
            ),
        };
        Self {
            id: fact.id.into(),
            implementation_id: fact.implementation_id.into(),
            person_id: fact.person_id.into(),
            submission_id: submission,
            practice_set,
            result: result.into(),
            score,
            findings,
            reviewed_at: fact.envelope.occurred_at,
            supersedes: fact.envelope.supersedes.map(Into::into),
            report: (&fact.envelope).into(),
        }
    }
}

/// What narrows the list of results.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PracticeCaseResultFilter {
    /// Only those of this implementation.
    implementation_id: Option<Uuid>,
    /// Only those of this person.
    person_id: Option<Uuid>,
}

crate::problems!(ListProblems: KNOWN, LIST);
crate::problems!(GetProblems: KNOWN, ONE);
crate::problems!(RecordProblems: KNOWN, BODY, POST, [Code::OwnCase, Code::TransitionRefused]);

fn example() -> Value {
    json!({
        "id": "0199f3c2-8b20-7c00-8b00-4d4d4d4d4d12",
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b21",
        "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d07",
        "submission_id": "0199f3c2-8a10-7c00-8b00-4d4d4d4d4d11",
        "practice_set": "practice_shelter",
        "result": "returned",
        "findings": ["The exit date lies before the entry date."],
        "reviewed_at": "2026-03-11T20:00:00Z",
        "report": {
            "reported_at": "2026-03-11T20:00:00Z",
            "recorded_at": "2026-03-11T20:00:00Z",
            "recorded_by": "0199f3c2-6000-7a00-9000-aaaaaaaaaa02",
            "channel": "api",
        },
    })
}

/// List practice case results
///
/// Results that the caller may know of, in the order of their recording.
#[utoipa::path(
    tag = tags::PRACTICE_CASE_RESULTS,
    operation_id = "list_practice_case_results",
    params(PracticeCaseResultFilter, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of results.",
            body = ListResponse<PracticeCaseResultResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [example()], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/practice-case-results")]
async fn list_practice_case_results(
    state: web::Data<State>,
    list: List<PracticeCaseResultFilter>,
) -> Result<HttpResponse, Problem> {
    let filter = FactFilter {
        kinds: vec![FactKind::PracticeReviewed],
        implementation_id: list.filter.implementation_id.map(Into::into),
        person_id: list.filter.person_id.map(Into::into),
        ..FactFilter::default()
    };
    let paging = list.paging;
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadFact, move |rx| {
            licensing::completions(rx, &filter, paging)
        })
        .await?;
    Ok(list.respond(&slice, |fact| PracticeCaseResultResponse::from(fact)))
}

/// Record a practice case result
///
/// Staff reviewed what was handed in: accepted, returned with findings, or failed. A score under the pass mark is no
/// acceptance. Nobody reviews his own practice. An acceptance that meets the last requirement begins the license where
/// the policy leaves nothing to staff.
#[utoipa::path(
    tag = tags::PRACTICE_CASE_RESULTS,
    operation_id = "record_practice_case_result",
    request_body(
        content = RecordPracticeCaseResultRequest,
        description = "The result.",
        example = json!({
            "submission_id": "0199f3c2-8a10-7c00-8b00-4d4d4d4d4d11",
            "result": "returned",
            "findings": ["The exit date lies before the entry date."],
        }),
    ),
    responses(
        (
            status = 201,
            description = "The result as recorded.",
            body = PracticeCaseResultResponse,
            headers(
                ("ETag" = String, description = "For If-None-Match."),
                ("Location" = String, description = "Where it is found."),
            ),
            example = json!(example()),
        ),
        RecordProblems,
    ),
)]
#[post("/v1/practice-case-results")]
async fn record_practice_case_result(
    caller: Caller,
    state: web::Data<State>,
    body: Json<RecordPracticeCaseResultRequest>,
) -> Result<HttpResponse, Problem> {
    let request = body.value;
    let new = NewPracticeResult {
        submission: FactId(request.submission_id),
        result: request.result.into(),
        score: request.score,
        findings: (request.findings.into_iter())
            .map(|finding| finding.0)
            .collect(),
        reviewed_at: request.reviewed_at.map(|at| at.0),
        supersedes: request.supersedes.map(Into::into),
        reported: ReportRequest::read(request.report)?,
    };
    let call = Call::new(caller, Action::ReviewPractice, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| licensing::review_practice(tx, &new),
            |fact| {
                responses::created(
                    format!("/v1/practice-case-results/{}", fact.id),
                    VERSION,
                    &PracticeCaseResultResponse::from(fact),
                )
            },
        )
        .await?;
    Ok(responses::send(reply))
}

/// Get a practice case result
///
/// One recorded result.
#[utoipa::path(
    tag = tags::PRACTICE_CASE_RESULTS,
    operation_id = "get_practice_case_result",
    params(("id" = Uuid, Path, description = "The result.")),
    responses(
        (
            status = 200,
            description = "The result.",
            body = PracticeCaseResultResponse,
            headers(("ETag" = String, description = "For If-None-Match.")),
            example = json!(example()),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/practice-case-results/{id}")]
async fn get_practice_case_result(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let fact = state
        .app
        .read(caller, Action::ReadFact, move |rx| {
            licensing::completion(rx, id, FactKind::PracticeReviewed)
        })
        .await?;
    Ok(responses::one(
        &seen,
        VERSION,
        &PracticeCaseResultResponse::from(&fact),
    ))
}
