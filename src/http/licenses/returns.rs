//! Staff bring a license back: by the return ladder, or because its end was an error.

use actix_web::{HttpResponse, post, web};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::read::{LicenseResponse, example};
use crate::application::actor::Action;
use crate::application::licensing::{self, Decision, Reinstatement};
use crate::application::{Call, Caller};
use crate::domain::ids::{FactId, LicenseId, PersonId};
use crate::http::extract::{Id, VersionedJson};
use crate::http::problem::{BODY, Code, KNOWN, POST, Problem, VERSIONED};
use crate::http::report::ReportRequest;
use crate::http::{State, responses, tags};

crate::problems!(ChangeProblems: KNOWN, BODY, POST, VERSIONED, [Code::OwnCase, Code::TransitionRefused]);

/// Why a license is reactivated.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ReactivateRequest {
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

/// Why an end was an error.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ReinstateRequest {
    /// The person who was meant, where the end hit the wrong one: that person's license at the organization ends in the
    /// same transaction.
    #[serde(default)]
    meant_person_id: Option<Uuid>,
    /// Departures and deactivations besides the one that ended the license that are part of the error. One that stands
    /// and is not named here refuses the reinstatement, because it would end the license again at once.
    #[serde(default)]
    #[validate(length(max = 20))]
    #[schema(max_items = 20)]
    also_undoes: Vec<Uuid>,
    /// Its `reason` is needed.
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

/// Who was meant.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct WrongPersonRequest {
    /// The person whose employment ended.
    meant_person_id: Uuid,
    /// Its `reason` is needed.
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

/// Reactivate a license
///
/// Brings a deactivated license back, or one that nobody used for too long, where the return ladder of the policy lets
/// staff do so for that length of absence: if agreements and recertification are current. Otherwise the answer names the
/// rung and what is owed.
#[utoipa::path(
    tag = tags::LICENSES,
    operation_id = "reactivate_license",
    params(("id" = Uuid, Path, description = "The license.")),
    request_body(
        content = ReactivateRequest,
        description = "The version acted upon, and why.",
        example = json!({ "expected_version": 2, "report": { "reason": "Back from the summer season." } }),
    ),
    responses(
        (
            status = 200,
            description = "The license, with access again.",
            body = LicenseResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example()),
        ),
        ChangeProblems,
    ),
)]
#[post("/v1/licenses/{id}/reactivate")]
pub async fn reactivate_license(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<LicenseId>,
    body: VersionedJson<ReactivateRequest>,
) -> Result<HttpResponse, Problem> {
    let decision = Decision {
        expected: body.expected,
        reported: ReportRequest::read(body.value.report)?,
    };
    let call = Call::new(caller, Action::ReactivateLicense, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| licensing::reactivate(tx, id, &decision),
            |shown| responses::changed(shown.license.version, &LicenseResponse::from(shown)),
        )
        .await?;
    Ok(responses::send(reply))
}

/// Reinstate a license
///
/// Its end was an error: the license is restored as it stood, with its holds; its inactivity clock restarts, other
/// deadlines move by the lost time, and requests that the error withdrew go on. Nobody reinstates his own.
#[utoipa::path(
    tag = tags::LICENSES,
    operation_id = "reinstate_license",
    params(("id" = Uuid, Path, description = "The license.")),
    request_body(
        content = ReinstateRequest,
        description = "The version acted upon, why, and who was meant, if anybody.",
        example = json!({ "expected_version": 2, "report": { "reason": "The report was about a namesake." } }),
    ),
    responses(
        (
            status = 200,
            description = "The license, with access again.",
            body = LicenseResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example()),
        ),
        ChangeProblems,
    ),
)]
#[post("/v1/licenses/{id}/reinstate")]
pub async fn reinstate_license(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<LicenseId>,
    body: VersionedJson<ReinstateRequest>,
) -> Result<HttpResponse, Problem> {
    let said = Reinstatement {
        meant: body.value.meant_person_id.map(PersonId),
        besides: body.value.also_undoes.iter().copied().map(FactId).collect(),
    };
    let decision = Decision {
        expected: body.expected,
        reported: ReportRequest::read(body.value.report)?,
    };
    let call = Call::new(caller, Action::ReinstateLicense, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| licensing::reinstate(tx, id, &decision, &said),
            |shown| responses::changed(shown.license.version, &LicenseResponse::from(shown)),
        )
        .await?;
    Ok(responses::send(reply))
}

/// Correct a departure of the wrong person
///
/// The departure that ended a license was somebody else's: that license is reinstated, and the license of the person who
/// was meant ends, in one transaction.
#[utoipa::path(
    tag = tags::DEPARTURES,
    operation_id = "correct_departure_person",
    params(("id" = Uuid, Path, description = "The departure.")),
    request_body(
        content = WrongPersonRequest,
        description = "The version of the departure, who was meant, and why.",
        example = json!({
            "expected_version": 1,
            "meant_person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d03",
            "report": { "reason": "Two people of that name work there." },
        }),
    ),
    responses(
        (
            status = 200,
            description = "The license that is reinstated.",
            body = LicenseResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example()),
        ),
        ChangeProblems,
    ),
)]
#[post("/v1/departures/{id}/wrong-person")]
pub async fn correct_departure_person(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    body: VersionedJson<WrongPersonRequest>,
) -> Result<HttpResponse, Problem> {
    let expected = body.expected;
    let meant = PersonId(body.value.meant_person_id);
    let reported = ReportRequest::read(body.value.report)?;
    let call = Call::new(caller, Action::ReinstateLicense, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| licensing::wrong_person(tx, id, expected, meant, &reported),
            |shown| responses::changed(shown.license.version, &LicenseResponse::from(shown)),
        )
        .await?;
    Ok(responses::send(reply))
}
