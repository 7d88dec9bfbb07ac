//! `/v1/practice-case-submissions`: fake clients entered in the training site, handed in for review.

use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use validator::Validate;

use super::extract::{Id, IfNoneMatch, Json, List, ListParameters, ListResponse};
use super::practice_case_results::PracticeResultName;
use super::problem::{BODY, Code, KNOWN, LIST, ONE, POST, Problem};
use super::report::{ReportRequest, ReportResponse};
use super::time::InstantText;
use super::{State, checks, responses, tags};
use crate::application::actor::Action;
use crate::application::licensing::{self, NewPracticeSubmission, PracticeQueue, SubmissionShown};
use crate::application::ports::FactFilter;
use crate::application::{Call, Caller};
use crate::domain::fact::{FactBody, FactKind};
use crate::domain::ids::{FactId, PersonId};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_practice_case_submissions)
        .service(submit_practice_cases)
        .service(get_practice_case_submission);
}

/// Practice cases handed in for review.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SubmitPracticeCasesRequest {
    person_id: Uuid,
    /// A practice set of the policy in force.
    #[validate(length(min = 1, max = 64), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 64)]
    practice_set: String,
    /// When they were handed in; not in the future. Absent: now.
    #[serde(default)]
    submitted_at: Option<InstantText>,
    /// The submission that this one corrects, while that waits for its review. `report.reason` says why.
    #[serde(default)]
    supersedes: Option<Uuid>,
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

/// A submission with where it stands now. Practice belongs to the person and counts at every organization.
#[derive(Serialize, ToSchema)]
#[schema(as = PracticeCaseSubmission)]
pub struct PracticeCaseSubmissionResponse {
    id: Uuid,
    implementation_id: Uuid,
    person_id: Uuid,
    practice_set: String,
    submitted_at: DateTime<Utc>,
    /// What its review came to; absent while it waits for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<PracticeResultName>,
    /// The review that stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    result_id: Option<Uuid>,
    /// The last local day on which staff mean to have reviewed it, where the policy says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    review_due_on: Option<NaiveDate>,
    /// The submission that this one corrects.
    #[serde(skip_serializing_if = "Option::is_none")]
    supersedes: Option<Uuid>,
    /// Whether a correction took its place.
    superseded: bool,
    report: ReportResponse,
}

impl From<&SubmissionShown> for PracticeCaseSubmissionResponse {
    fn from(shown: &SubmissionShown) -> Self {
        let fact = &shown.fact;
        let practice_set = match &fact.body {
            FactBody::PracticeSubmitted { practice_set } => practice_set.clone(),
            _ => String::new(),
        };
        Self {
            id: fact.id.into(),
            implementation_id: fact.implementation_id.into(),
            person_id: fact.person_id.into(),
            practice_set,
            submitted_at: fact.envelope.occurred_at,
            result: shown.review.map(|(_, result)| result.into()),
            result_id: shown.review.map(|(id, _)| id.into()),
            review_due_on: shown.review_due_on,
            supersedes: fact.envelope.supersedes.map(Into::into),
            superseded: shown.replaced,
            report: (&fact.envelope).into(),
        }
    }
}

impl PracticeCaseSubmissionResponse {
    /// The fact never changes; a review or a correction makes what is shown of it another version.
    fn version(shown: &SubmissionShown) -> i32 {
        1 + i32::from(shown.review.is_some()) + i32::from(shown.replaced)
    }
}

/// What narrows the list of submissions.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PracticeCaseSubmissionFilter {
    /// Only those of this implementation.
    implementation_id: Option<Uuid>,
    /// Only those of this person.
    person_id: Option<Uuid>,
    /// `false`: the review queue, oldest first; `true`: only what was reviewed.
    reviewed: Option<bool>,
}

crate::problems!(ListProblems: KNOWN, LIST);
crate::problems!(GetProblems: KNOWN, ONE);
crate::problems!(SubmitProblems: KNOWN, BODY, POST, [Code::NoPolicy, Code::TransitionRefused]);

fn example() -> Value {
    json!({
        "id": "0199f3c2-8a10-7c00-8b00-4d4d4d4d4d11",
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b21",
        "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d07",
        "practice_set": "practice_shelter",
        "submitted_at": "2026-03-10T19:00:00Z",
        "superseded": false,
        "report": {
            "reported_at": "2026-03-10T19:00:00Z",
            "recorded_at": "2026-03-10T19:00:00Z",
            "recorded_by": "0199f3c2-6000-7a00-9000-aaaaaaaaaa01",
            "channel": "api",
        },
    })
}

/// List practice case submissions
///
/// Submissions that the caller may know of, in the order of their recording. With `reviewed=false` it is the queue of
/// what waits for review.
#[utoipa::path(
    tag = tags::PRACTICE_CASE_SUBMISSIONS,
    operation_id = "list_practice_case_submissions",
    params(PracticeCaseSubmissionFilter, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of submissions.",
            body = ListResponse<PracticeCaseSubmissionResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [example()], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/practice-case-submissions")]
async fn list_practice_case_submissions(
    state: web::Data<State>,
    list: List<PracticeCaseSubmissionFilter>,
) -> Result<HttpResponse, Problem> {
    let queue = PracticeQueue {
        filter: FactFilter {
            kinds: vec![FactKind::PracticeSubmitted],
            implementation_id: list.filter.implementation_id.map(Into::into),
            person_id: list.filter.person_id.map(Into::into),
            ..FactFilter::default()
        },
        reviewed: list.filter.reviewed,
    };
    let paging = list.paging;
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadFact, move |rx| {
            licensing::submissions(rx, &queue, paging)
        })
        .await?;
    Ok(list.respond(&slice, |shown| PracticeCaseSubmissionResponse::from(shown)))
}

/// Submit practice cases
///
/// The cases of a practice set were entered in the training site and are handed in for review. The set must be open:
/// an approved request owes it, and what the policy puts before it is done. What was handed in in time and is recorded
/// late reopens a request that lapsed meanwhile.
#[utoipa::path(
    tag = tags::PRACTICE_CASE_SUBMISSIONS,
    operation_id = "submit_practice_cases",
    request_body(
        content = SubmitPracticeCasesRequest,
        description = "The submission.",
        example = json!({
            "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d07",
            "practice_set": "practice_shelter",
        }),
    ),
    responses(
        (
            status = 201,
            description = "The submission as recorded.",
            body = PracticeCaseSubmissionResponse,
            headers(
                ("ETag" = String, description = "For If-None-Match."),
                ("Location" = String, description = "Where it is found."),
            ),
            example = json!(example()),
        ),
        SubmitProblems,
    ),
)]
#[post("/v1/practice-case-submissions")]
async fn submit_practice_cases(
    caller: Caller,
    state: web::Data<State>,
    body: Json<SubmitPracticeCasesRequest>,
) -> Result<HttpResponse, Problem> {
    let request = body.value;
    let new = NewPracticeSubmission {
        person_id: PersonId(request.person_id),
        practice_set: request.practice_set,
        submitted_at: request.submitted_at.map(|at| at.0),
        supersedes: request.supersedes.map(Into::into),
        reported: ReportRequest::read(request.report)?,
    };
    let call = Call::new(caller, Action::SubmitPractice, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| licensing::submit_practice(tx, &new),
            |shown| {
                responses::created(
                    format!("/v1/practice-case-submissions/{}", shown.fact.id),
                    PracticeCaseSubmissionResponse::version(shown),
                    &PracticeCaseSubmissionResponse::from(shown),
                )
            },
        )
        .await?;
    Ok(responses::send(reply))
}

/// Get a practice case submission
///
/// One submission with what its review came to.
#[utoipa::path(
    tag = tags::PRACTICE_CASE_SUBMISSIONS,
    operation_id = "get_practice_case_submission",
    params(("id" = Uuid, Path, description = "The submission.")),
    responses(
        (
            status = 200,
            description = "The submission.",
            body = PracticeCaseSubmissionResponse,
            headers(("ETag" = String, description = "For If-None-Match.")),
            example = json!(example()),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/practice-case-submissions/{id}")]
async fn get_practice_case_submission(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let shown = state
        .app
        .read(caller, Action::ReadFact, move |rx| {
            licensing::submission(rx, id)
        })
        .await?;
    Ok(responses::one(
        &seen,
        PracticeCaseSubmissionResponse::version(&shown),
        &PracticeCaseSubmissionResponse::from(&shown),
    ))
}
