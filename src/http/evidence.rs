//! `/v1/agreement-signatures` and `/v1/training-completions`: the evidence that requirements are met.

use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use validator::Validate;

use super::extract::{Id, IfNoneMatch, Json, List, ListParameters, ListResponse};
use super::problem::{BODY, Code, KNOWN, LIST, ONE, POST, Problem};
use super::report::{ReportRequest, ReportResponse, needed_moment};
use super::time::{DayText, InstantText};
use super::{State, checks, responses, tags};
use crate::application::actor::Action;
use crate::application::licensing::{self, NewSignature, NewTraining};
use crate::application::ports::FactFilter;
use crate::application::{Call, Caller};
use crate::domain::fact::{Fact, FactBody, FactKind, Outcome};
use crate::domain::ids::{FactId, OrganizationId, PersonId};
use crate::domain::policy::Party;

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_agreement_signatures)
        .service(record_agreement_signature)
        .service(get_agreement_signature)
        .service(list_training_completions)
        .service(record_training_completion)
        .service(get_training_completion);
}

/// A fact is never changed, so its version never rises.
const VERSION: i32 = 1;

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

/// How a training ended.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Outcome)]
pub enum OutcomeName {
    Pass,
    Fail,
}

/// A completed training.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RecordTrainingCompletionRequest {
    person_id: Uuid,
    /// A course of the policy in force.
    #[validate(length(min = 1, max = 64), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 64)]
    course: String,
    outcome: OutcomeName,
    /// Percent. Needed where the course has a pass mark.
    #[serde(default)]
    #[validate(range(max = 100))]
    #[schema(maximum = 100)]
    score: Option<u8>,
    /// The edition taken. Needed where only certain editions count.
    #[serde(default)]
    #[validate(length(min = 1, max = 64), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 64)]
    edition: Option<String>,
    /// When it was completed; not in the future.
    #[serde(default)]
    completed_at: Option<InstantText>,
    /// The local day it was completed, where no instant is known.
    #[serde(default)]
    completed_on: Option<DayText>,
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

/// A completion as recorded. It belongs to the person and counts at every organization.
#[derive(Serialize, ToSchema)]
#[schema(as = TrainingCompletion)]
pub struct TrainingCompletionResponse {
    id: Uuid,
    implementation_id: Uuid,
    person_id: Uuid,
    course: String,
    outcome: OutcomeName,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    edition: Option<String>,
    /// For a day without an instant: the day's first instant in the implementation's zone.
    completed_at: DateTime<Utc>,
    report: ReportResponse,
}

impl From<&Fact> for TrainingCompletionResponse {
    fn from(fact: &Fact) -> Self {
        let (course, outcome, score, edition) = match &fact.body {
            FactBody::TrainingCompleted {
                course,
                outcome,
                score,
                edition,
            } => (course.clone(), *outcome, *score, edition.clone()),
            _ => (String::new(), Outcome::Fail, None, None),
        };
        Self {
            id: fact.id.into(),
            implementation_id: fact.implementation_id.into(),
            person_id: fact.person_id.into(),
            course,
            outcome: match outcome {
                Outcome::Pass => OutcomeName::Pass,
                Outcome::Fail => OutcomeName::Fail,
            },
            score,
            edition,
            completed_at: fact.envelope.occurred_at,
            report: (&fact.envelope).into(),
        }
    }
}

/// What narrows a list of evidence.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct EvidenceFilter {
    /// Only those of this implementation.
    implementation_id: Option<Uuid>,
    /// Only those of this organization.
    organization_id: Option<Uuid>,
    /// Only those of this person.
    person_id: Option<Uuid>,
}

impl EvidenceFilter {
    fn of(&self, kind: FactKind) -> FactFilter {
        FactFilter {
            kinds: vec![kind],
            implementation_id: self.implementation_id.map(Into::into),
            organization_id: self.organization_id.map(Into::into),
            person_id: self.person_id.map(Into::into),
            ..FactFilter::default()
        }
    }
}

crate::problems!(ListProblems: KNOWN, LIST);
crate::problems!(GetProblems: KNOWN, ONE);
crate::problems!(RecordProblems: KNOWN, BODY, POST, [Code::OwnCase, Code::NoPolicy]);

fn report_example() -> Value {
    json!({
        "reported_at": "2026-03-04T14:30:00Z",
        "recorded_at": "2026-03-04T14:30:00Z",
        "recorded_by": "0199f3c2-6000-7a00-9000-aaaaaaaaaa01",
        "channel": "api",
    })
}

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

fn completion_example() -> Value {
    json!({
        "id": "0199f3c2-7f10-7c00-8b00-4d4d4d4d4d01",
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b20",
        "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
        "course": "hmis_user_training_series",
        "outcome": "pass",
        "score": 92,
        "completed_at": "2026-03-03T05:00:00Z",
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
        reported: ReportRequest::read(request.report)?,
    };
    let call = Call {
        caller,
        action: Action::RecordSignature,
        idempotency: body.idempotency,
        dry_run: false,
    };
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

/// List training completions
///
/// Completions that the caller may know of, in the order of their recording.
#[utoipa::path(
    tag = tags::TRAINING_COMPLETIONS,
    operation_id = "list_training_completions",
    params(EvidenceFilter, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of completions.",
            body = ListResponse<TrainingCompletionResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [completion_example()], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/training-completions")]
async fn list_training_completions(
    state: web::Data<State>,
    list: List<EvidenceFilter>,
) -> Result<HttpResponse, Problem> {
    let (filter, paging) = (list.filter.of(FactKind::TrainingCompleted), list.paging);
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadFact, move |rx| {
            licensing::completions(rx, &filter, paging)
        })
        .await?;
    Ok(list.respond(&slice, |fact| TrainingCompletionResponse::from(fact)))
}

/// Record a training completion
///
/// A course passed or failed. It belongs to the person, counts at every organization, and may come before the request
/// if it is still valid then.
#[utoipa::path(
    tag = tags::TRAINING_COMPLETIONS,
    operation_id = "record_training_completion",
    request_body(
        content = RecordTrainingCompletionRequest,
        description = "The completion.",
        example = json!({
            "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
            "course": "hmis_user_training_series",
            "outcome": "pass",
            "score": 92,
            "completed_on": "2026-03-03",
        }),
    ),
    responses(
        (
            status = 201,
            description = "The completion as recorded.",
            body = TrainingCompletionResponse,
            headers(
                ("ETag" = String, description = "For If-None-Match."),
                ("Location" = String, description = "Where it is found."),
            ),
            example = json!(completion_example()),
        ),
        RecordProblems,
    ),
)]
#[post("/v1/training-completions")]
async fn record_training_completion(
    caller: Caller,
    state: web::Data<State>,
    body: Json<RecordTrainingCompletionRequest>,
) -> Result<HttpResponse, Problem> {
    let request = body.value;
    let new = NewTraining {
        person_id: PersonId(request.person_id),
        course: request.course,
        outcome: match request.outcome {
            OutcomeName::Pass => Outcome::Pass,
            OutcomeName::Fail => Outcome::Fail,
        },
        score: request.score,
        edition: request.edition,
        completed: needed_moment(request.completed_at, request.completed_on, "completed")?,
        reported: ReportRequest::read(request.report)?,
    };
    let call = Call {
        caller,
        action: Action::RecordTraining,
        idempotency: body.idempotency,
        dry_run: false,
    };
    let reply = state
        .app
        .write(
            call,
            move |tx| licensing::record_completion(tx, &new),
            |fact| {
                responses::created(
                    format!("/v1/training-completions/{}", fact.id),
                    VERSION,
                    &TrainingCompletionResponse::from(fact),
                )
            },
        )
        .await?;
    Ok(responses::send(reply))
}

/// Get a training completion
///
/// One recorded completion.
#[utoipa::path(
    tag = tags::TRAINING_COMPLETIONS,
    operation_id = "get_training_completion",
    params(("id" = Uuid, Path, description = "The completion.")),
    responses(
        (
            status = 200,
            description = "The completion.",
            body = TrainingCompletionResponse,
            headers(("ETag" = String, description = "For If-None-Match.")),
            example = json!(completion_example()),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/training-completions/{id}")]
async fn get_training_completion(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let fact = state
        .app
        .read(caller, Action::ReadFact, move |rx| {
            licensing::completion(rx, id, FactKind::TrainingCompleted)
        })
        .await?;
    Ok(responses::one(
        &seen,
        VERSION,
        &TrainingCompletionResponse::from(&fact),
    ))
}
