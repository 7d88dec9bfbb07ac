//! `/v1/access-decisions`.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, get, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use validator::Validate;

use super::extract::Query;
use super::problem::{Code, KNOWN, Problem};
use super::time::InstantText;
use super::{State, tags};
use crate::application::Caller;
use crate::application::actor::Action;
use crate::application::licensing::{self, AccessDecision, AccessQuery, LicenseDecision, Reason};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(decide_access);
}

/// A coarse reason.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AccessReason)]
pub enum ReasonName {
    Allowed,
    NotAllowed,
    NoLicense,
    UnknownPerson,
}

impl From<Reason> for ReasonName {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Allowed => Self::Allowed,
            Reason::NotAllowed => Self::NotAllowed,
            Reason::NoLicense => Self::NoLicense,
            Reason::UnknownPerson => Self::UnknownPerson,
        }
    }
}

/// The decision about one license.
#[derive(Serialize, ToSchema)]
#[schema(as = LicenseDecision)]
pub struct LicenseDecisionResponse {
    license_id: Uuid,
    organization_id: Uuid,
    license_type: String,
    allowed: bool,
    reason: ReasonName,
    /// The license types of the add-ons that may be used.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    add_ons: Vec<String>,
}

impl From<&LicenseDecision> for LicenseDecisionResponse {
    fn from(decision: &LicenseDecision) -> Self {
        Self {
            license_id: decision.license_id.into(),
            organization_id: decision.organization_id.into(),
            license_type: decision.license_type.clone(),
            allowed: decision.allowed,
            reason: decision.reason.into(),
            add_ons: decision.add_ons.clone(),
        }
    }
}

/// The decision about a person.
#[derive(Serialize, ToSchema)]
#[schema(as = AccessDecision)]
pub struct AccessDecisionResponse {
    implementation_id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    person_id: Option<Uuid>,
    /// Whether any of the licenses gives access.
    allowed: bool,
    reason: ReasonName,
    licenses: Vec<LicenseDecisionResponse>,
    /// The instant the answer speaks of.
    at: DateTime<Utc>,
    decided_at: DateTime<Utc>,
    /// Ask again after this instant, at most five minutes on: a permission is never kept longer.
    recheck_after: DateTime<Utc>,
    /// The next change that comes by itself and that the reader may see.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_automatic_change_at: Option<DateTime<Utc>>,
}

impl From<&AccessDecision> for AccessDecisionResponse {
    fn from(decision: &AccessDecision) -> Self {
        Self {
            implementation_id: decision.implementation_id.into(),
            person_id: decision.person_id.map(Into::into),
            allowed: decision.allowed,
            reason: decision.reason.into(),
            licenses: decision.licenses.iter().map(Into::into).collect(),
            at: decision.at,
            decided_at: decision.decided_at,
            recheck_after: decision.recheck_after,
            next_automatic_change_at: decision.next_automatic_change_at,
        }
    }
}

/// Who wants in.
#[derive(Clone, Debug, Deserialize, IntoParams, Validate)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct AccessParameters {
    /// The implementation's id or code.
    #[validate(length(min = 1, max = 36))]
    #[param(min_length = 1, max_length = 36, example = "hand")]
    implementation: String,
    /// The system whose identifier is given.
    #[validate(length(min = 1, max = 100))]
    #[param(min_length = 1, max_length = 100, example = "hmis_user_id")]
    system: String,
    /// The person's identifier there.
    #[validate(length(min = 1, max = 200))]
    #[param(min_length = 1, max_length = 200, example = "41")]
    external_id: String,
    /// Only the license at this organization.
    organization: Option<Uuid>,
    /// The instant asked about, not in the future; answered from what was recorded by then. Absent: now.
    #[param(value_type = Option<String>, format = DateTime)]
    at: Option<InstantText>,
}

crate::problems!(DecideProblems: KNOWN, [Code::WrongShape, Code::Invalid]);

/// Decide whether a person may sign in
///
/// Asked by a front-end at sign-in. Decided from facts, policy and time at the moment of asking, so that it is right
/// even if no job ran for a month. An unknown person is not allowed, and that is no error.
#[utoipa::path(
    tag = tags::ACCESS_DECISIONS,
    operation_id = "decide_access",
    params(AccessParameters),
    responses(
        (
            status = 200,
            description = "The decision. It is never stored by caches.",
            body = AccessDecisionResponse,
            headers(("Cache-Control" = String, description = "Always `no-store`.")),
            example = json!({
                "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b20",
                "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
                "allowed": true,
                "reason": "allowed",
                "licenses": [{
                    "license_id": "0199f3c2-9a00-7c00-8d00-5e5e5e5e5e01",
                    "organization_id": "0199f3c2-7a01-7c12-b7aa-1f3355aa7703",
                    "license_type": "end_user",
                    "allowed": true,
                    "reason": "allowed",
                }],
                "at": "2026-03-11T13:05:00Z",
                "decided_at": "2026-03-11T13:05:00Z",
                "recheck_after": "2026-03-11T13:10:00Z",
            }),
        ),
        DecideProblems,
    ),
)]
#[get("/v1/access-decisions")]
async fn decide_access(
    caller: Caller,
    state: web::Data<State>,
    Query(parameters): Query<AccessParameters>,
) -> Result<HttpResponse, Problem> {
    let query = AccessQuery {
        implementation: parameters.implementation,
        system: parameters.system,
        external_id: parameters.external_id,
        organization: parameters.organization.map(Into::into),
        at: parameters.at.map(|at| at.0),
    };
    let decision = state
        .app
        .read(caller, Action::DecideAccess, move |rx| {
            licensing::decide_access(rx, &query)
        })
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(AccessDecisionResponse::from(&decision)))
}
