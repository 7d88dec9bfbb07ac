//! The history of a license.

use actix_web::{HttpResponse, get, web};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{EndResponse, GetProblems, LicenseStateName, end_of};
use crate::application::Caller;
use crate::application::actor::{Action, Sight};
use crate::application::licensing::{self, LicenseShown, end_seen, hold_seen};
use crate::domain::evaluate::{Transition, TransitionCause};
use crate::domain::ids::LicenseId;
use crate::http::extract::{Id, IfNoneMatch};
use crate::http::problem::Problem;
use crate::http::{State, responses, tags};

/// From activation to end. Holds and type changes do not split a period.
#[derive(Serialize, ToSchema)]
#[schema(as = LicensePeriod)]
pub struct PeriodResponse {
    from: DateTime<Utc>,
    /// `activation`, `legacy`, `reactivation` or `reinstatement`.
    cause: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    license_request_id: Option<Uuid>,
    license_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<EndResponse>,
}

/// One thing that happened to a license.
#[derive(Serialize, ToSchema)]
#[schema(as = LicenseTransition)]
pub struct TransitionResponse {
    at: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<LicenseStateName>,
    to: LicenseStateName,
    /// What brought it about.
    cause: String,
    /// The policy version in force then.
    #[serde(skip_serializing_if = "Option::is_none")]
    policy_version: Option<u32>,
}

fn transition(transition: &Transition, sight: Sight) -> TransitionResponse {
    TransitionResponse {
        at: transition.at,
        from: transition.from.map(Into::into),
        to: transition.to.into(),
        cause: match &transition.cause {
            TransitionCause::Began(cause, _) => cause.as_str().to_owned(),
            TransitionCause::Ended(cause, _) => end_seen(*cause, sight).to_owned(),
            TransitionCause::HoldOpened(cause) | TransitionCause::HoldEnded(cause) => {
                hold_seen(*cause, sight).to_owned()
            }
            TransitionCause::Warned(_) => "warned".to_owned(),
            TransitionCause::WarningVoid => "warning_void".to_owned(),
            TransitionCause::Restored(_) => "emergency_restoration".to_owned(),
            TransitionCause::RestorationEnded(_) => "emergency_restoration_ended".to_owned(),
        },
        policy_version: transition.policy,
    }
}

/// Periods and transitions, oldest first.
#[derive(Serialize, ToSchema)]
#[schema(as = LicenseHistory)]
pub struct HistoryResponse {
    license_id: Uuid,
    periods: Vec<PeriodResponse>,
    transitions: Vec<TransitionResponse>,
}

impl From<&LicenseShown> for HistoryResponse {
    fn from(shown: &LicenseShown) -> Self {
        Self {
            license_id: shown.license.id.into(),
            periods: shown
                .evaluation
                .periods
                .iter()
                .map(|period| PeriodResponse {
                    from: period.from,
                    cause: period.cause.as_str(),
                    license_request_id: period.request.map(Into::into),
                    license_type: period.license_type.clone(),
                    end: end_of(period, shown.sight),
                })
                .collect(),
            transitions: shown
                .evaluation
                .history
                .iter()
                .map(|happened| transition(happened, shown.sight))
                .collect(),
        }
    }
}

/// Get the history of a license
///
/// Every period from activation to end, and every transition with its cause.
#[utoipa::path(
    tag = tags::LICENSES,
    operation_id = "get_license_history",
    params(("id" = Uuid, Path, description = "The license.")),
    responses(
        (
            status = 200,
            description = "The history.",
            body = HistoryResponse,
            headers(("ETag" = String, description = "For If-None-Match.")),
            example = json!({
                "license_id": "0199f3c2-9a00-7c00-8d00-5e5e5e5e5e01",
                "periods": [{
                    "from": "2026-03-10T14:00:00Z",
                    "cause": "activation",
                    "license_request_id": "0199f3c2-7d10-7a11-8c21-3b5d9a2c4e01",
                    "license_type": "end_user",
                    "end": { "cause": "employment_ended", "at": "2026-06-30T21:00:00Z", "contested": false },
                }],
                "transitions": [
                    { "at": "2026-03-10T14:00:00Z", "to": "active", "cause": "activation", "policy_version": 1 },
                    {
                        "at": "2026-06-30T21:00:00Z",
                        "from": "active",
                        "to": "deactivated",
                        "cause": "employment_ended",
                        "policy_version": 1,
                    },
                ],
            }),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/licenses/{id}/history")]
pub(super) async fn get_license_history(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<LicenseId>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let shown = state
        .app
        .read(caller, Action::ReadLicense, move |rx| {
            licensing::license(rx, id)
        })
        .await?;
    Ok(responses::one(
        &seen,
        shown.license.version,
        &HistoryResponse::from(&shown),
    ))
}
