//! `/v1/license-requests`.

mod decide;
mod extend;
mod matching;
mod read;
mod submit;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use validator::Validate;

use crate::application::licensing::RequestShown;
use crate::domain::evaluate::{Confirmation, confirmers};
use crate::domain::request::{RequestClass, RequestSource, RequestState};
use crate::http::checks;
use crate::http::report::ReportResponse;
use crate::http::seats::TurnResponse;
use crate::http::time::DayText;
use matching::PossibleMatchResponse;

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(read::list_license_requests)
        .service(submit::submit_license_request)
        .service(decide::confirm_license_request)
        .service(read::get_license_request)
        .service(read::get_license_request_checklist)
        .service(read::get_license_request_explanation)
        .service(matching::settle_license_request_match)
        .service(decide::approve_license_request)
        .service(decide::deny_license_request)
        .service(decide::reclassify_license_request)
        .service(extend::extend_license_request_deadline)
        .service(decide::withdraw_license_request)
        .service(decide::activate_license_request);
}

/// Where a request stands.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = LicenseRequestState)]
pub enum StateName {
    Submitted,
    Onboarding,
    Practice,
    InReview,
    Corrections,
    Ready,
    Waitlisted,
    Fulfilled,
    Denied,
    Withdrawn,
    Lapsed,
}

impl From<StateName> for RequestState {
    fn from(name: StateName) -> Self {
        match name {
            StateName::Submitted => Self::Submitted,
            StateName::Onboarding => Self::Onboarding,
            StateName::Practice => Self::Practice,
            StateName::InReview => Self::InReview,
            StateName::Corrections => Self::Corrections,
            StateName::Ready => Self::Ready,
            StateName::Waitlisted => Self::Waitlisted,
            StateName::Fulfilled => Self::Fulfilled,
            StateName::Denied => Self::Denied,
            StateName::Withdrawn => Self::Withdrawn,
            StateName::Lapsed => Self::Lapsed,
        }
    }
}

impl From<RequestState> for StateName {
    fn from(state: RequestState) -> Self {
        match state {
            RequestState::Submitted => Self::Submitted,
            RequestState::Onboarding => Self::Onboarding,
            RequestState::Practice => Self::Practice,
            RequestState::InReview => Self::InReview,
            RequestState::Corrections => Self::Corrections,
            RequestState::Ready => Self::Ready,
            RequestState::Waitlisted => Self::Waitlisted,
            RequestState::Fulfilled => Self::Fulfilled,
            RequestState::Denied => Self::Denied,
            RequestState::Withdrawn => Self::Withdrawn,
            RequestState::Lapsed => Self::Lapsed,
        }
    }
}

/// What kind of road a request is, by the license facts at its submission.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = LicenseRequestClass)]
pub enum ClassName {
    AddOn,
    TypeChange,
    Returning,
    Additional,
    Transfer,
    New,
}

impl From<ClassName> for RequestClass {
    fn from(name: ClassName) -> Self {
        match name {
            ClassName::AddOn => Self::AddOn,
            ClassName::TypeChange => Self::TypeChange,
            ClassName::Returning => Self::Returning,
            ClassName::Additional => Self::Additional,
            ClassName::Transfer => Self::Transfer,
            ClassName::New => Self::New,
        }
    }
}

impl From<RequestClass> for ClassName {
    fn from(class: RequestClass) -> Self {
        match class {
            RequestClass::AddOn => Self::AddOn,
            RequestClass::TypeChange => Self::TypeChange,
            RequestClass::Returning => Self::Returning,
            RequestClass::Additional => Self::Additional,
            RequestClass::Transfer => Self::Transfer,
            RequestClass::New => Self::New,
        }
    }
}

/// One thing attested about the trainee.
#[derive(Deserialize, Serialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(as = Attestation)]
pub struct AttestationDetails {
    /// A code of the policy: `job_need`, `at_least_18`, `background_check`, ...
    #[validate(length(min = 1, max = 64), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 64)]
    code: String,
    /// The local day of what is attested, where its age matters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    on: Option<DayText>,
}

/// A way in which a policy lets requests come.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = LicenseRequestSource)]
pub enum SourceName {
    Supervisor,
    AuthorizedSigner,
    HelpDeskForSupervisor,
    Staff,
    Trainee,
    CoursePassed,
}

impl From<&RequestSource> for SourceName {
    fn from(source: &RequestSource) -> Self {
        match source {
            RequestSource::Supervisor {} => Self::Supervisor,
            RequestSource::AuthorizedSigner {} => Self::AuthorizedSigner,
            RequestSource::HelpDeskForSupervisor {} => Self::HelpDeskForSupervisor,
            RequestSource::Staff {} => Self::Staff,
            RequestSource::Trainee {} => Self::Trainee,
            RequestSource::CoursePassed { .. } => Self::CoursePassed,
        }
    }
}

/// The confirmation that a request needs.
#[derive(Serialize, ToSchema)]
#[schema(as = LicenseRequestConfirmation)]
pub struct ConfirmationResponse {
    /// Who may give it, in a sentence.
    by: String,
    /// The last local day on which it is in time; afterwards the request lapses.
    due_on: NaiveDate,
    /// Whether it was given.
    given: bool,
}

impl From<&Confirmation> for ConfirmationResponse {
    fn from(confirmation: &Confirmation) -> Self {
        Self {
            by: confirmers(confirmation),
            due_on: confirmation.due_on,
            given: confirmation.given.is_some(),
        }
    }
}

/// A request with its state now.
#[derive(Serialize, ToSchema)]
#[schema(as = LicenseRequest)]
pub struct LicenseRequestResponse {
    id: Uuid,
    implementation_id: Uuid,
    organization_id: Uuid,
    person_id: Uuid,
    license_type: String,
    class: ClassName,
    #[serde(skip_serializing_if = "Option::is_none")]
    job_role: Option<String>,
    project_ids: Vec<Uuid>,
    attestations: Vec<AttestationDetails>,
    /// The supervisor it was made for, where the help desk recorded it.
    #[serde(skip_serializing_if = "Option::is_none")]
    requested_by: Option<Uuid>,
    /// The principal who recorded it.
    requester: Uuid,
    /// By which way of the policy it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<SourceName>,
    /// Who must stand by it, and by when, where the trainee or a pass made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmation: Option<ConfirmationResponse>,
    report: ReportResponse,
    submitted_at: DateTime<Utc>,
    state: StateName,
    /// Since when it is in this state.
    since: DateTime<Utc>,
    /// What keeps it from activation, each a sentence.
    needs: Vec<String>,
    /// Where it stands in line, if it waits for a seat or a practice place.
    #[serde(skip_serializing_if = "Option::is_none")]
    waitlist: Option<TurnResponse>,
    /// The projects with which its license may begin now, where the policy lets it begin with those whose workflows'
    /// practice is accepted; the request stays open for the others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    may_begin_with_project_ids: Vec<Uuid>,
    /// The projects that its license reaches already, where it began with some of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    begun_with_project_ids: Vec<Uuid>,
    /// Who of the implementation the requested person may be, who was described as somebody new. Only staff see it, and
    /// settle it before the request is approved or activated.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    possible_matches: Vec<PossibleMatchResponse>,
    /// The license it led to.
    #[serde(skip_serializing_if = "Option::is_none")]
    license_id: Option<Uuid>,
    /// Rises with every change; `expected_version` is compared with it.
    version: i32,
}

impl From<&RequestShown> for LicenseRequestResponse {
    fn from(shown: &RequestShown) -> Self {
        let request = &shown.request;
        Self {
            id: request.id.into(),
            implementation_id: request.implementation_id.into(),
            organization_id: request.organization_id.into(),
            person_id: request.person_id.into(),
            license_type: request.license_type.clone(),
            class: shown.evaluation.class.into(),
            job_role: request.job_role.clone(),
            project_ids: request.projects.iter().map(|id| id.0).collect(),
            attestations: request
                .attestations
                .iter()
                .map(|given| AttestationDetails {
                    code: given.code.clone(),
                    on: given.on.map(DayText),
                })
                .collect(),
            requested_by: request.requested_by.map(Into::into),
            requester: request.requester.into(),
            source: request.source.as_ref().map(Into::into),
            confirmation: shown.evaluation.confirmation.as_ref().map(Into::into),
            report: (&request.envelope()).into(),
            submitted_at: request.submitted_at,
            state: shown.evaluation.state.into(),
            since: shown.evaluation.since,
            needs: shown.evaluation.needs.clone(),
            waitlist: shown.turn.as_ref().map(Into::into),
            may_begin_with_project_ids: shown.may_begin_with.iter().map(|id| id.0).collect(),
            begun_with_project_ids: shown.evaluation.given.iter().map(|id| id.0).collect(),
            possible_matches: shown.matches.iter().map(Into::into).collect(),
            license_id: shown.license_id.map(Into::into),
            version: request.version,
        }
    }
}

/// The example of this resource, in a state.
fn example(state: &str, version: i32) -> Value {
    let mut example = json!({
        "id": "0199f3c2-7d10-7a11-8c21-3b5d9a2c4e01",
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b20",
        "organization_id": "0199f3c2-7a01-7c12-b7aa-1f3355aa7703",
        "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
        "license_type": "end_user",
        "class": "new",
        "job_role": "case_manager",
        "project_ids": ["0199f3c2-7b44-7d20-8f10-77aa55cc3301"],
        "attestations": [{ "code": "job_need" }],
        "requester": "0199f3c2-6000-7a00-9000-aaaaaaaaaa01",
        "report": {
            "reported_at": "2026-03-02T15:00:00Z",
            "recorded_at": "2026-03-02T15:00:00Z",
            "recorded_by": "0199f3c2-6000-7a00-9000-aaaaaaaaaa01",
            "channel": "api",
        },
        "submitted_at": "2026-03-02T15:00:00Z",
        "state": state,
        "since": "2026-03-02T15:00:00Z",
        "needs": [],
        "version": version,
    });
    if state == "submitted" {
        example["needs"] = json!(["approval 1 of 1 is open: by a system administrator"]);
    }
    if state == "fulfilled" {
        example["license_id"] = json!("0199f3c2-9a00-7c00-8d00-5e5e5e5e5e01");
    }
    example
}
