//! `/v1/license-renewals`: who says that a license goes on.

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
use super::report::{ReportRequest, ReportResponse, moment};
use super::time::{DayText, InstantText};
use super::{State, responses, tags};
use crate::application::actor::Action;
use crate::application::licensing::{self, NewLicenseRenewal};
use crate::application::{Call, Caller};
use crate::domain::fact::{Fact, FactBody, FactKind, RenewalDecision};
use crate::domain::ids::{FactId, LicenseId};
use crate::domain::policy::Renewer;

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_license_renewals)
        .service(renew_license)
        .service(get_license_renewal);
}

/// In which capacity somebody renews.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Renewer)]
pub enum RenewerName {
    User,
    Supervisor,
    AuthorizedSigner,
    Staff,
}

impl From<RenewerName> for Renewer {
    fn from(name: RenewerName) -> Self {
        match name {
            RenewerName::User => Self::User,
            RenewerName::Supervisor => Self::Supervisor,
            RenewerName::AuthorizedSigner => Self::AuthorizedSigner,
            RenewerName::Staff => Self::Staff,
        }
    }
}

impl From<Renewer> for RenewerName {
    fn from(by: Renewer) -> Self {
        match by {
            Renewer::User => Self::User,
            Renewer::Supervisor => Self::Supervisor,
            Renewer::AuthorizedSigner => Self::AuthorizedSigner,
            Renewer::Staff => Self::Staff,
        }
    }
}

/// What was decided.
#[derive(Clone, Copy, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RenewalDecision)]
pub enum RenewalDecisionName {
    /// The license goes on.
    #[default]
    Renewed,
    /// It ends with its term; also what corrects a renewal that was an error.
    Declined,
}

impl From<RenewalDecisionName> for RenewalDecision {
    fn from(name: RenewalDecisionName) -> Self {
        match name {
            RenewalDecisionName::Renewed => Self::Renewed,
            RenewalDecisionName::Declined => Self::Declined,
        }
    }
}

impl From<RenewalDecision> for RenewalDecisionName {
    fn from(decision: RenewalDecision) -> Self {
        match decision {
            RenewalDecision::Renewed => Self::Renewed,
            RenewalDecision::Declined => Self::Declined,
        }
    }
}

/// A license is renewed, or will not be.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RenewLicenseRequest {
    license_id: Uuid,
    /// In which capacity. Absent: the caller's own. Whoever records it for another names him in `report.reported_by`;
    /// what an authorized signer says is always recorded by somebody else.
    #[serde(default)]
    by: Option<RenewerName>,
    /// Absent: renewed.
    #[serde(default)]
    decision: RenewalDecisionName,
    /// When it was given; not in the future. Absent: now.
    #[serde(default)]
    renewed_at: Option<InstantText>,
    /// The local day on which it was given, where no instant is known.
    #[serde(default)]
    renewed_on: Option<DayText>,
    /// The renewal that this one corrects; a reason is needed then.
    #[serde(default)]
    supersedes: Option<Uuid>,
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

/// A renewal as recorded.
#[derive(Serialize, ToSchema)]
#[schema(as = LicenseRenewal)]
pub struct LicenseRenewalResponse {
    id: Uuid,
    implementation_id: Uuid,
    person_id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    license_id: Option<Uuid>,
    by: RenewerName,
    decision: RenewalDecisionName,
    /// For a day without an instant: the day's first instant in the implementation's zone.
    renewed_at: DateTime<Utc>,
    report: ReportResponse,
}

impl From<&Fact> for LicenseRenewalResponse {
    fn from(fact: &Fact) -> Self {
        let (by, decision) = match &fact.body {
            FactBody::LicenseRenewed { by, decision } => (*by, *decision),
            _ => (Renewer::Staff, RenewalDecision::Declined),
        };
        Self {
            id: fact.id.into(),
            implementation_id: fact.implementation_id.into(),
            person_id: fact.person_id.into(),
            organization_id: fact.organization_id.map(Into::into),
            license_id: fact.license_id.map(Into::into),
            by: by.into(),
            decision: decision.into(),
            renewed_at: fact.envelope.occurred_at,
            report: (&fact.envelope).into(),
        }
    }
}

crate::problems!(ListProblems: KNOWN, LIST);
crate::problems!(GetProblems: KNOWN, ONE);
crate::problems!(RenewProblems: KNOWN, BODY, POST, [Code::OwnCase, Code::TransitionRefused]);

fn renewal_example() -> Value {
    json!({
        "id": "0199f3c2-9a40-7e21-9a10-5c5c5c5c5c41",
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b20",
        "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
        "organization_id": "0199f3c2-7a01-7c12-b7aa-1f3355aa7703",
        "license_id": "0199f3c2-9a00-7c00-8d00-5e5e5e5e5e01",
        "by": "supervisor",
        "decision": "renewed",
        "renewed_at": "2026-12-04T15:00:00Z",
        "report": report_example(),
    })
}

/// List license renewals
///
/// Renewals that the caller may know of, in the order of their recording.
#[utoipa::path(
    tag = tags::LICENSE_RENEWALS,
    operation_id = "list_license_renewals",
    params(EvidenceFilter, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of renewals.",
            body = ListResponse<LicenseRenewalResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [renewal_example()], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/license-renewals")]
async fn list_license_renewals(
    state: web::Data<State>,
    list: List<EvidenceFilter>,
) -> Result<HttpResponse, Problem> {
    let (filter, paging) = (list.filter.of(FactKind::LicenseRenewed), list.paging);
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadFact, move |rx| {
            licensing::completions(rx, &filter, paging)
        })
        .await?;
    Ok(list.respond(&slice, |fact| LicenseRenewalResponse::from(fact)))
}

/// Renew a license
///
/// For another term, by whom the policy names, from the opening on; and as the requester's word that the person still
/// needs access, where recertification asks for it. In the renewal grace it brings an expired license back at once. A
/// renewal that was given in time and is recorded after the grace contests the end, and staff decide.
#[utoipa::path(
    tag = tags::LICENSE_RENEWALS,
    operation_id = "renew_license",
    request_body(
        content = RenewLicenseRequest,
        description = "The license, and who renews it.",
        example = json!({ "license_id": "0199f3c2-9a00-7c00-8d00-5e5e5e5e5e01" }),
    ),
    responses(
        (
            status = 201,
            description = "The renewal as recorded.",
            body = LicenseRenewalResponse,
            headers(
                ("ETag" = String, description = "For If-None-Match."),
                ("Location" = String, description = "Where it is found."),
            ),
            example = json!(renewal_example()),
        ),
        RenewProblems,
    ),
)]
#[post("/v1/license-renewals")]
async fn renew_license(
    caller: Caller,
    state: web::Data<State>,
    body: Json<RenewLicenseRequest>,
) -> Result<HttpResponse, Problem> {
    let request = body.value;
    let new = NewLicenseRenewal {
        license_id: LicenseId(request.license_id),
        by: request.by.map(Into::into),
        decision: request.decision.into(),
        renewed: moment(request.renewed_at, request.renewed_on, "renewed")?,
        supersedes: request.supersedes.map(FactId),
        reported: ReportRequest::read(request.report)?,
    };
    let call = Call::new(caller, Action::RenewLicense, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| licensing::renew_license(tx, &new),
            |fact| {
                responses::created(
                    format!("/v1/license-renewals/{}", fact.id),
                    VERSION,
                    &LicenseRenewalResponse::from(fact),
                )
            },
        )
        .await?;
    Ok(responses::send(reply))
}

/// Get a license renewal
///
/// One recorded renewal.
#[utoipa::path(
    tag = tags::LICENSE_RENEWALS,
    operation_id = "get_license_renewal",
    params(("id" = Uuid, Path, description = "The renewal.")),
    responses(
        (
            status = 200,
            description = "The renewal.",
            body = LicenseRenewalResponse,
            headers(("ETag" = String, description = "For If-None-Match.")),
            example = json!(renewal_example()),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/license-renewals/{id}")]
async fn get_license_renewal(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let fact = state
        .app
        .read(caller, Action::ReadFact, move |rx| {
            licensing::completion(rx, id, FactKind::LicenseRenewed)
        })
        .await?;
    Ok(responses::one(
        &seen,
        VERSION,
        &LicenseRenewalResponse::from(&fact),
    ))
}
