//! `/v1/agreement-signatures`: who signed which version of what.

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
use super::report::{ReportRequest, ReportResponse, needed_moment};
use super::time::{DayText, InstantText};
use super::{State, checks, responses, tags};
use crate::application::actor::Action;
use crate::application::licensing::{self, NewSignature};
use crate::application::{Call, Caller};
use crate::domain::fact::{Fact, FactBody, FactKind};
use crate::domain::ids::{FactId, OrganizationId, PersonId};
use crate::domain::policy::Party;

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_agreement_signatures)
        .service(record_agreement_signature)
        .service(get_agreement_signature);
}

/// Who signed.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Party)]
pub enum PartyName {
    EndUser,
    Supervisor,
    AuthorizedSigner,
    Lead,
    /// What must be signed for; never who signed.
    Agency,
}

impl From<PartyName> for Party {
    fn from(name: PartyName) -> Self {
        match name {
            PartyName::EndUser => Self::EndUser,
            PartyName::Supervisor => Self::Supervisor,
            PartyName::AuthorizedSigner => Self::AuthorizedSigner,
            PartyName::Lead => Self::Lead,
            PartyName::Agency => Self::Agency,
        }
    }
}

impl From<Party> for PartyName {
    fn from(party: Party) -> Self {
        match party {
            Party::EndUser => Self::EndUser,
            Party::Supervisor => Self::Supervisor,
            Party::AuthorizedSigner => Self::AuthorizedSigner,
            Party::Lead => Self::Lead,
            Party::Agency => Self::Agency,
        }
    }
}

/// A signature under an agreement.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RecordAgreementSignatureRequest {
    person_id: Uuid,
    organization_id: Uuid,
    /// An agreement of the policy in force.
    #[validate(length(min = 1, max = 64), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 64)]
    agreement: String,
    /// The version signed. Absent: the current one.
    #[serde(default)]
    #[validate(length(min = 1, max = 64), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 64)]
    version: Option<String>,
    party: PartyName,
    /// When it was signed; not in the future.
    #[serde(default)]
    signed_at: Option<InstantText>,
    /// The local day it was signed, where no instant is known.
    #[serde(default)]
    signed_on: Option<DayText>,
    /// The signature that this one corrects; a reason is needed then.
    #[serde(default)]
    supersedes: Option<Uuid>,
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

/// A signature as recorded.
#[derive(Serialize, ToSchema)]
#[schema(as = AgreementSignature)]
pub struct AgreementSignatureResponse {
    id: Uuid,
    implementation_id: Uuid,
    person_id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_id: Option<Uuid>,
    agreement: String,
    version: String,
    party: PartyName,
    /// For a day without an instant: the day's first instant in the implementation's zone.
    signed_at: DateTime<Utc>,
    report: ReportResponse,
}

impl From<&Fact> for AgreementSignatureResponse {
    fn from(fact: &Fact) -> Self {
        let (agreement, version, party) = match &fact.body {
            FactBody::AgreementSigned {
                agreement,
                version,
                party,
            } => (agreement.clone(), version.clone(), *party),
            _ => (String::new(), String::new(), Party::EndUser),
        };
        Self {
            id: fact.id.into(),
            implementation_id: fact.implementation_id.into(),
            person_id: fact.person_id.into(),
            organization_id: fact.organization_id.map(Into::into),
            agreement,
            version,
            party: party.into(),
            signed_at: fact.envelope.occurred_at,
            report: (&fact.envelope).into(),
        }
    }
}

crate::problems!(ListProblems: KNOWN, LIST);
crate::problems!(GetProblems: KNOWN, ONE);
crate::problems!(RecordProblems: KNOWN, BODY, POST, [Code::OwnCase, Code::NoPolicy]);

fn signature_example() -> Value {
    json!({
        "id": "0199f3c2-7e33-7e21-9a10-5c5c5c5c5c04",
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b20",
        "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
        "organization_id": "0199f3c2-7a01-7c12-b7aa-1f3355aa7703",
        "agreement": "user_agreement",
        "version": "1",
        "party": "end_user",
        "signed_at": "2026-03-03T05:00:00Z",
        "report": report_example(),
    })
}

/// List agreement signatures
///
/// Signatures that the caller may know of, in the order of their recording.
#[utoipa::path(
    tag = tags::AGREEMENT_SIGNATURES,
    operation_id = "list_agreement_signatures",
    params(EvidenceFilter, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of signatures.",
            body = ListResponse<AgreementSignatureResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [signature_example()], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/agreement-signatures")]
async fn list_agreement_signatures(
    state: web::Data<State>,
    list: List<EvidenceFilter>,
) -> Result<HttpResponse, Problem> {
    let (filter, paging) = (list.filter.of(FactKind::AgreementSigned), list.paging);
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadFact, move |rx| {
            licensing::completions(rx, &filter, paging)
        })
        .await?;
    Ok(list.respond(&slice, |fact| AgreementSignatureResponse::from(fact)))
}

/// Record an agreement signature
///
/// One party signed one version of an agreement for one person at one organization. The agreement is fully executed
/// when every party the policy names has signed the current version.
#[utoipa::path(
    tag = tags::AGREEMENT_SIGNATURES,
    operation_id = "record_agreement_signature",
    request_body(
        content = RecordAgreementSignatureRequest,
        description = "The signature.",
        example = json!({
            "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
            "organization_id": "0199f3c2-7a01-7c12-b7aa-1f3355aa7703",
            "agreement": "user_agreement",
            "party": "end_user",
            "signed_on": "2026-03-03",
        }),
    ),
    responses(
        (
            status = 201,
            description = "The signature as recorded.",
            body = AgreementSignatureResponse,
            headers(
                ("ETag" = String, description = "For If-None-Match."),
                ("Location" = String, description = "Where it is found."),
            ),
            example = json!(signature_example()),
        ),
        RecordProblems,
    ),
)]
#[post("/v1/agreement-signatures")]
async fn record_agreement_signature(
    caller: Caller,
    state: web::Data<State>,
    body: Json<RecordAgreementSignatureRequest>,
) -> Result<HttpResponse, Problem> {
    let request = body.value;
    let new = NewSignature {
        person_id: PersonId(request.person_id),
        organization_id: OrganizationId(request.organization_id),
        agreement: request.agreement,
        version: request.version,
        party: request.party.into(),
        signed: needed_moment(request.signed_at, request.signed_on, "signed")?,
        supersedes: request.supersedes.map(FactId),
        reported: ReportRequest::read(request.report)?,
    };
    let call = Call::new(caller, Action::RecordSignature, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| licensing::record_signature(tx, &new),
            |fact| {
                responses::created(
                    format!("/v1/agreement-signatures/{}", fact.id),
                    VERSION,
                    &AgreementSignatureResponse::from(fact),
                )
            },
        )
        .await?;
    Ok(responses::send(reply))
}

/// Get an agreement signature
///
/// One recorded signature.
#[utoipa::path(
    tag = tags::AGREEMENT_SIGNATURES,
    operation_id = "get_agreement_signature",
    params(("id" = Uuid, Path, description = "The signature.")),
    responses(
        (
            status = 200,
            description = "The signature.",
            body = AgreementSignatureResponse,
            headers(("ETag" = String, description = "For If-None-Match.")),
            example = json!(signature_example()),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/agreement-signatures/{id}")]
async fn get_agreement_signature(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let fact = state
        .app
        .read(caller, Action::ReadFact, move |rx| {
            licensing::completion(rx, id, FactKind::AgreementSigned)
        })
        .await?;
    Ok(responses::one(
        &seen,
        VERSION,
        &AgreementSignatureResponse::from(&fact),
    ))
}
