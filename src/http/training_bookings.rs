//! `/v1/training-bookings`: courses scheduled for people, and what became of them.

use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use validator::Validate;

use super::extract::{Id, IfNoneMatch, Json, List, ListParameters, ListResponse, VersionedJson};
use super::problem::{BODY, Code, KNOWN, LIST, ONE, POST, Problem, VERSIONED};
use super::report::{ReportRequest, ReportResponse};
use super::time::InstantText;
use super::{State, checks, responses, tags};
use crate::application::actor::Action;
use crate::application::licensing::{self, BookingSettlement, BookingShown, NewBooking};
use crate::application::ports::FactFilter;
use crate::application::{Call, Caller};
use crate::domain::fact::{BookingResult, FactBody, FactKind};
use crate::domain::ids::{FactId, PersonId};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_training_bookings)
        .service(book_training)
        .service(get_training_booking)
        .service(settle_training_booking);
}

/// A course scheduled for a person.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct BookTrainingRequest {
    person_id: Uuid,
    /// A course of the policy in force.
    #[validate(length(min = 1, max = 64), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 64)]
    course: String,
    /// When the course takes place.
    scheduled_at: InstantText,
    /// When it was booked; not in the future. Absent: now.
    #[serde(default)]
    booked_at: Option<InstantText>,
    /// The booking that this one corrects; a reason is needed then.
    #[serde(default)]
    supersedes: Option<Uuid>,
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

/// What became of a booking.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = BookingResult)]
pub enum BookingResultName {
    Attended,
    NoShow,
    /// By staff.
    Cancelled,
}

/// What became of a booking, as it is recorded.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SettleTrainingBookingRequest {
    result: BookingResultName,
    /// The `settlement_id` that this one corrects; a reason is needed then.
    #[serde(default)]
    supersedes: Option<Uuid>,
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

/// A booking with what became of it. Attending passes nothing: a completion does.
#[derive(Serialize, ToSchema)]
#[schema(as = TrainingBooking)]
pub struct TrainingBookingResponse {
    id: Uuid,
    implementation_id: Uuid,
    person_id: Uuid,
    course: String,
    scheduled_at: DateTime<Utc>,
    booked_at: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<BookingResultName>,
    /// What said so; a correction names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    settlement_id: Option<Uuid>,
    report: ReportResponse,
    /// Rises with every settlement; `expected_version` is compared with it.
    version: i32,
}

impl From<&BookingShown> for TrainingBookingResponse {
    fn from(shown: &BookingShown) -> Self {
        let fact = &shown.fact;
        let (course, scheduled_at) = match &fact.body {
            FactBody::TrainingBooked {
                course,
                scheduled_at,
            } => (course.clone(), *scheduled_at),
            _ => (String::new(), fact.envelope.occurred_at),
        };
        Self {
            id: fact.id.into(),
            implementation_id: fact.implementation_id.into(),
            person_id: fact.person_id.into(),
            course,
            scheduled_at,
            booked_at: fact.envelope.occurred_at,
            result: shown.result.map(|(_, result)| match result {
                BookingResult::Attended => BookingResultName::Attended,
                BookingResult::NoShow => BookingResultName::NoShow,
                BookingResult::Cancelled => BookingResultName::Cancelled,
            }),
            settlement_id: shown.result.map(|(settlement, _)| settlement.into()),
            report: (&fact.envelope).into(),
            version: shown.version,
        }
    }
}

/// What narrows the list of bookings.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct TrainingBookingFilter {
    /// Only those of this implementation.
    implementation_id: Option<Uuid>,
    /// Only those of this person.
    person_id: Option<Uuid>,
}

crate::problems!(ListProblems: KNOWN, LIST);
crate::problems!(GetProblems: KNOWN, ONE);
crate::problems!(BookProblems: KNOWN, BODY, POST, [Code::NoPolicy]);
crate::problems!(SettleProblems: KNOWN, BODY, POST, VERSIONED, [Code::OwnCase, Code::TransitionRefused]);

fn example(result: Option<&str>) -> Value {
    let mut example = json!({
        "id": "0199f3c2-8c30-7c00-8b00-4d4d4d4d4d13",
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b21",
        "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d07",
        "course": "workflow_shelter",
        "scheduled_at": "2026-03-12T18:00:00Z",
        "booked_at": "2026-03-05T19:00:00Z",
        "report": {
            "reported_at": "2026-03-05T19:00:00Z",
            "recorded_at": "2026-03-05T19:00:00Z",
            "recorded_by": "0199f3c2-6000-7a00-9000-aaaaaaaaaa01",
            "channel": "api",
        },
        "version": 1,
    });
    if let Some(result) = result {
        example["version"] = json!(2);
        example["result"] = json!(result);
        example["settlement_id"] = json!("0199f3c2-8c90-7c00-8b00-4d4d4d4d4d19");
    }
    example
}

/// List training bookings
///
/// Bookings that the caller may know of, in the order of their recording.
#[utoipa::path(
    tag = tags::TRAINING_BOOKINGS,
    operation_id = "list_training_bookings",
    params(TrainingBookingFilter, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of bookings.",
            body = ListResponse<TrainingBookingResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [example(None)], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/training-bookings")]
async fn list_training_bookings(
    state: web::Data<State>,
    list: List<TrainingBookingFilter>,
) -> Result<HttpResponse, Problem> {
    let filter = FactFilter {
        kinds: vec![FactKind::TrainingBooked],
        implementation_id: list.filter.implementation_id.map(Into::into),
        person_id: list.filter.person_id.map(Into::into),
        ..FactFilter::default()
    };
    let paging = list.paging;
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadFact, move |rx| {
            licensing::bookings(rx, &filter, paging)
        })
        .await?;
    Ok(list.respond(&slice, |shown| TrainingBookingResponse::from(shown)))
}

/// Book a training
///
/// A course is scheduled for a person. It counts for deadlines by which a training must be booked.
#[utoipa::path(
    tag = tags::TRAINING_BOOKINGS,
    operation_id = "book_training",
    request_body(
        content = BookTrainingRequest,
        description = "The booking.",
        example = json!({
            "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d07",
            "course": "workflow_shelter",
            "scheduled_at": "2026-03-12T10:00:00-08:00",
        }),
    ),
    responses(
        (
            status = 201,
            description = "The booking as recorded.",
            body = TrainingBookingResponse,
            headers(
                ("ETag" = String, description = "For If-None-Match."),
                ("Location" = String, description = "Where it is found."),
            ),
            example = json!(example(None)),
        ),
        BookProblems,
    ),
)]
#[post("/v1/training-bookings")]
async fn book_training(
    caller: Caller,
    state: web::Data<State>,
    body: Json<BookTrainingRequest>,
) -> Result<HttpResponse, Problem> {
    let request = body.value;
    let new = NewBooking {
        person_id: PersonId(request.person_id),
        course: request.course,
        scheduled_at: request.scheduled_at.0,
        booked_at: request.booked_at.map(|at| at.0),
        supersedes: request.supersedes.map(FactId),
        reported: ReportRequest::read(request.report)?,
    };
    let call = Call::new(caller, Action::BookTraining, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| licensing::book_training(tx, &new),
            |shown| {
                responses::created(
                    format!("/v1/training-bookings/{}", shown.fact.id),
                    shown.version,
                    &TrainingBookingResponse::from(shown),
                )
            },
        )
        .await?;
    Ok(responses::send(reply))
}

/// Get a training booking
///
/// One booking with what became of it.
#[utoipa::path(
    tag = tags::TRAINING_BOOKINGS,
    operation_id = "get_training_booking",
    params(("id" = Uuid, Path, description = "The booking.")),
    responses(
        (
            status = 200,
            description = "The booking.",
            body = TrainingBookingResponse,
            headers(("ETag" = String, description = "For If-None-Match.")),
            example = json!(example(None)),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/training-bookings/{id}")]
async fn get_training_booking(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let shown = state
        .app
        .read(caller, Action::ReadFact, move |rx| {
            licensing::booking(rx, id)
        })
        .await?;
    Ok(responses::one(
        &seen,
        shown.version,
        &TrainingBookingResponse::from(&shown),
    ))
}

/// Settle a training booking
///
/// The training was attended, missed, or cancelled by staff. A booking that was missed or cancelled in time counts for
/// no deadline.
#[utoipa::path(
    tag = tags::TRAINING_BOOKINGS,
    operation_id = "settle_training_booking",
    params(("id" = Uuid, Path, description = "The booking.")),
    request_body(
        content = SettleTrainingBookingRequest,
        description = "What became of it.",
        example = json!({ "expected_version": 1, "result": "cancelled" }),
    ),
    responses(
        (
            status = 200,
            description = "The booking as it is now.",
            body = TrainingBookingResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example(Some("cancelled"))),
        ),
        SettleProblems,
    ),
)]
#[post("/v1/training-bookings/{id}/settle")]
async fn settle_training_booking(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    body: VersionedJson<SettleTrainingBookingRequest>,
) -> Result<HttpResponse, Problem> {
    let settlement = BookingSettlement {
        booking: id,
        expected: body.expected,
        result: match body.value.result {
            BookingResultName::Attended => BookingResult::Attended,
            BookingResultName::NoShow => BookingResult::NoShow,
            BookingResultName::Cancelled => BookingResult::Cancelled,
        },
        supersedes: body.value.supersedes.map(FactId),
        reported: ReportRequest::read(body.value.report)?,
    };
    let call = Call::new(caller, Action::RecordTraining, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| licensing::settle_booking(tx, &settlement),
            |shown| responses::changed(shown.version, &TrainingBookingResponse::from(shown)),
        )
        .await?;
    Ok(responses::send(reply))
}
