//! A later last day for a deadline.

use actix_web::{HttpResponse, post, web};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use super::decide::{DecideProblems, decide, reasoned};
use super::{LicenseRequestResponse, example};
use crate::application::Caller;
use crate::application::actor::Action;
use crate::application::licensing;
use crate::domain::ids::RequestId;
use crate::http::extract::{Id, VersionedJson};
use crate::http::problem::Problem;
use crate::http::time::DayText;
use crate::http::{State, checks, tags};

/// A later last day for a deadline, and why.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ExtendDeadlineRequest {
    /// The code of a deadline that has started, as the checklist shows it; `request_lapse` for the whole request.
    #[validate(length(min = 1, max = 64), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 64)]
    deadline: String,
    /// The new last local day: later than the one it has now.
    until_on: DayText,
    /// Why; it stays with the request. Name no clients and no health or legal details.
    #[validate(length(min = 1, max = 1000), custom(function = "checks::text"))]
    #[schema(min_length = 1, max_length = 1000)]
    reason: String,
    /// The help-desk ticket it came by.
    #[serde(default)]
    #[validate(length(min = 1, max = 100), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 100)]
    ticket_reference: Option<String>,
}

/// Extend a deadline of a license request
///
/// Gives one deadline that runs a later last day; days on which staff hold the request move that day too. A day once
/// promised is not taken back. A request that has lapsed is not extended: record what occurred in time, which reopens
/// it, or submit a new request.
#[utoipa::path(
    tag = tags::LICENSE_REQUESTS,
    operation_id = "extend_license_request_deadline",
    params(("id" = Uuid, Path, description = "The request.")),
    request_body(
        content = ExtendDeadlineRequest,
        description = "The version decided upon, the deadline, its new last day, and why.",
        example = json!({
            "expected_version": 2,
            "deadline": "initial_steps",
            "until_on": "2026-04-17",
            "reason": "The training room was closed for a week.",
        }),
    ),
    responses(
        (
            status = 200,
            description = "The request as it is now.",
            body = LicenseRequestResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example("onboarding", 3)),
        ),
        DecideProblems,
    ),
)]
#[post("/v1/license-requests/{id}/extend-deadline")]
pub(super) async fn extend_license_request_deadline(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<RequestId>,
    body: VersionedJson<ExtendDeadlineRequest>,
) -> Result<HttpResponse, Problem> {
    let ExtendDeadlineRequest {
        deadline,
        until_on,
        reason,
        ticket_reference,
    } = body.value;
    let (call, decision) = reasoned(
        (caller, Action::ExtendDeadline),
        (body.expected, body.idempotency),
        (reason, ticket_reference),
    );
    decide(&state, call, id, decision, move |tx, id, decision| {
        licensing::extend_deadline(tx, id, &deadline, until_on.0, decision)
    })
    .await
}
