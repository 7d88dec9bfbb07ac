//! Reading licenses and their explanations.

use actix_web::{HttpResponse, get, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use validator::Validate;

use super::{EndResponse, GetProblems, LicenseStateName, end_of};
use crate::application::Caller;
use crate::application::actor::Action;
use crate::application::licensing::{self, CONTACT_THE_LEAD, LicenseShown, foreseen, hold_seen};
use crate::application::ports::StateFilter;
use crate::domain::evaluate::{AddOnStatus, LicenseState, Warning};
use crate::domain::ids::LicenseId;
use crate::domain::license::LicenseStatus;
use crate::http::add_ons::AddOnStateName;
use crate::http::explanations::{self, ChangeResponse, ExplanationResponse};
use crate::http::extract::{Id, IfNoneMatch, List, ListParameters, ListResponse};
use crate::http::problem::{Code, KNOWN, LIST, Problem};
use crate::http::{State, responses, tags};

/// A running warning.
#[derive(Serialize, ToSchema)]
#[schema(as = Warning)]
pub struct WarningResponse {
    sent_at: DateTime<Utc>,
    /// The first local day without access.
    named_on: NaiveDate,
    /// Only logins before this instant save. Absent while only an earlier step was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    cut_off_at: Option<DateTime<Utc>>,
    /// When the cut-off is acted upon.
    #[serde(skip_serializing_if = "Option::is_none")]
    takes_effect_at: Option<DateTime<Utc>>,
}

impl From<&Warning> for WarningResponse {
    fn from(warning: &Warning) -> Self {
        Self {
            sent_at: warning.sent_at,
            named_on: warning.named_on,
            cut_off_at: warning.cut_off_at,
            takes_effect_at: warning.takes_effect_at,
        }
    }
}

/// A cause for suspension.
#[derive(Serialize, ToSchema)]
#[schema(as = Hold)]
pub struct HoldResponse {
    cause: String,
    from: DateTime<Utc>,
    /// When it ends by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<DateTime<Utc>>,
}

/// An add-on that a license carries.
#[derive(Serialize, ToSchema)]
#[schema(as = CarriedAddOn)]
pub struct CarriedAddOnResponse {
    id: Uuid,
    /// The license type of the add-on.
    license_type: String,
    state: AddOnStateName,
}

/// A license with its state now.
#[derive(Serialize, ToSchema)]
#[schema(as = License)]
pub struct LicenseResponse {
    id: Uuid,
    implementation_id: Uuid,
    organization_id: Uuid,
    person_id: Uuid,
    license_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    job_role: Option<String>,
    project_ids: Vec<Uuid>,
    state: LicenseStateName,
    /// Whether it gives access now.
    allowed: bool,
    /// Since when it is in this state.
    since: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    warning: Option<WarningResponse>,
    /// Open causes for suspension; curing one never lifts another.
    holds: Vec<HoldResponse>,
    /// Add-ons that have not ended.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    add_ons: Vec<CarriedAddOnResponse>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<EndResponse>,
    /// The license that stayed, where this one ended because two records were one person.
    #[serde(skip_serializing_if = "Option::is_none")]
    duplicate_of: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_login_at: Option<DateTime<Utc>>,
    /// The next change that its reader may see.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_automatic_change: Option<ChangeResponse>,
    /// Rises when its state changes.
    version: i32,
}

impl From<&LicenseShown> for LicenseResponse {
    fn from(shown: &LicenseShown) -> Self {
        let (license, evaluation) = (&shown.license, &shown.evaluation);
        let period = evaluation.period();
        Self {
            id: license.id.into(),
            implementation_id: license.implementation_id.into(),
            organization_id: license.organization_id.into(),
            person_id: license.person_id.into(),
            license_type: period.map_or_else(
                || license.license_type.clone(),
                |period| period.license_type.clone(),
            ),
            job_role: period.and_then(|period| period.job_role.clone()),
            project_ids: period
                .map(|period| period.projects.iter().map(|id| id.0).collect())
                .unwrap_or_default(),
            state: evaluation.status().unwrap_or(license.recorded.state).into(),
            allowed: evaluation.allowed(),
            since: evaluation.since.unwrap_or(license.recorded_at),
            warning: match &evaluation.state {
                Some(LicenseState::Warned(warning)) => Some(warning.into()),
                _ => None,
            },
            holds: evaluation
                .open_holds()
                .map(|hold| HoldResponse {
                    cause: hold_seen(hold.cause, shown.sight).to_owned(),
                    from: hold.from,
                    // When a hold ends that its reader may not know of, would tell what it is.
                    until: hold
                        .until
                        .filter(|_| hold_seen(hold.cause, shown.sight) != CONTACT_THE_LEAD),
                })
                .collect(),
            add_ons: evaluation
                .add_ons
                .iter()
                .filter(|add_on| add_on.status != AddOnStatus::Ended)
                .map(|add_on| CarriedAddOnResponse {
                    id: add_on.fact.into(),
                    license_type: add_on.license_type.clone(),
                    state: add_on.status.into(),
                })
                .collect(),
            end: period.and_then(|period| end_of(period, shown.sight)),
            duplicate_of: license.duplicate_of.map(Into::into),
            last_login_at: evaluation.last_login_at,
            next_automatic_change: foreseen(evaluation, shown.sight)
                .map(|change| ChangeResponse::of(change, shown.sight)),
            version: license.version,
        }
    }
}

/// What narrows the list of licenses.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct LicenseFilter {
    /// Only those of this implementation.
    implementation_id: Option<Uuid>,
    /// Only those of this organization.
    organization_id: Option<Uuid>,
    /// Only those of this person.
    person_id: Option<Uuid>,
    /// The state now.
    #[param(inline)]
    state: Option<LicenseStateName>,
    /// Only those of this license type of the policy.
    #[validate(length(min = 1, max = 64))]
    #[param(min_length = 1, max_length = 64)]
    license_type: Option<String>,
    /// `true`: only what staff see on their list now: something is due that no rule acts upon, as a license that nobody
    /// uses, or a suspension that lasts too long. The explanation of each says what.
    #[serde(default)]
    #[param(default = false)]
    listed: bool,
}

crate::problems!(ListProblems: KNOWN, LIST, [Code::Reindexing]);

pub fn example() -> Value {
    json!({
        "id": "0199f3c2-9a00-7c00-8d00-5e5e5e5e5e01",
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b20",
        "organization_id": "0199f3c2-7a01-7c12-b7aa-1f3355aa7703",
        "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
        "license_type": "end_user",
        "job_role": "case_manager",
        "project_ids": ["0199f3c2-7b44-7d20-8f10-77aa55cc3301"],
        "state": "active",
        "allowed": true,
        "since": "2026-03-10T14:00:00Z",
        "holds": [],
        "next_automatic_change": {
            "at": "2027-03-04T05:00:00Z",
            "change": "lapses",
            "cause": "course:hmis_user_training_series",
        },
        "version": 1,
    })
}

/// List licenses
///
/// Licenses that the caller may know of, each with its state now.
#[utoipa::path(
    tag = tags::LICENSES,
    operation_id = "list_licenses",
    params(LicenseFilter, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of licenses.",
            body = ListResponse<LicenseResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [example()], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/licenses")]
pub(super) async fn list_licenses(
    state: web::Data<State>,
    list: List<LicenseFilter>,
) -> Result<HttpResponse, Problem> {
    let filter = StateFilter {
        implementation_id: list.filter.implementation_id.map(Into::into),
        organization_id: list.filter.organization_id.map(Into::into),
        person_id: list.filter.person_id.map(Into::into),
        license_type: list.filter.license_type.clone(),
        states: list
            .filter
            .state
            .map(LicenseStatus::from)
            .into_iter()
            .collect(),
        listed: list.filter.listed,
        now: state.app.now(),
    };
    let paging = list.paging;
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadLicense, move |rx| {
            licensing::licenses(rx, &filter, paging)
        })
        .await?;
    Ok(list.respond(&slice, |shown| LicenseResponse::from(shown)))
}

/// Get a license
///
/// The license with its state now, decided from facts, policy and time at the moment of asking.
#[utoipa::path(
    tag = tags::LICENSES,
    operation_id = "get_license",
    params(("id" = Uuid, Path, description = "The license.")),
    responses(
        (
            status = 200,
            description = "The license.",
            body = LicenseResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example()),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/licenses/{id}")]
pub(super) async fn get_license(
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
        &LicenseResponse::from(&shown),
    ))
}

/// Explain a license
///
/// What is met, what is missing, what blocks access, what comes next and who can act, as far as the reader may see.
#[utoipa::path(
    tag = tags::LICENSES,
    operation_id = "explain_license",
    params(("id" = Uuid, Path, description = "The license.")),
    responses(
        (
            status = 200,
            description = "The explanation.",
            body = ExplanationResponse,
            example = json!(explanations::example()),
        ),
        GetProblems,
    ),
)]
#[get("/v1/licenses/{id}/explanation")]
pub(super) async fn get_license_explanation(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<LicenseId>,
) -> Result<HttpResponse, Problem> {
    let explanation = state
        .app
        .read(caller, Action::ReadLicense, move |rx| {
            licensing::explain_license(rx, id)
        })
        .await?;
    Ok(responses::send(responses::outcome(
        &ExplanationResponse::from(&explanation),
    )))
}
