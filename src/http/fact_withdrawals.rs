//! `/v1/fact-withdrawals`: facts that were recorded by mistake, taken back.

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use validator::Validate;

use super::evidence::{EvidenceFilter, VERSION, report_example};
use super::extract::{Id, IfNoneMatch, Json, List, ListParameters, ListResponse};
use super::problem::{BODY, Code, KNOWN, LIST, ONE, POST, Problem};
use super::report::{ReportRequest, ReportResponse};
use super::{State, checks, responses, tags};
use crate::application::actor::Action;
use crate::application::licensing::{self, NewWithdrawal, WithdrawalShown};
use crate::application::{Call, Caller, Error};
use crate::domain::fact::FactKind;
use crate::domain::ids::FactId;

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_fact_withdrawals)
        .service(withdraw_fact)
        .service(get_fact_withdrawal);
}

/// A fact to be taken back.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct WithdrawFactRequest {
    /// Any fact of a person: a login's `fact_id`, the id of a training completion, of a hold, and so on.
    fact_id: Uuid,
    /// Why. Name no clients and no health or legal details.
    #[validate(length(min = 1, max = 1000), custom(function = "checks::text"))]
    #[schema(min_length = 1, max_length = 1000)]
    reason: String,
    /// How the mistake became known; the reason stands beside it.
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

/// A withdrawal as recorded. The fact that was taken back stays on record.
#[derive(Serialize, ToSchema)]
#[schema(as = FactWithdrawal)]
pub struct FactWithdrawalResponse {
    id: Uuid,
    implementation_id: Uuid,
    person_id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    license_request_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    license_id: Option<Uuid>,
    /// The fact that was taken back.
    fact_id: Uuid,
    /// What kind of fact it is.
    fact_kind: &'static str,
    /// The fact that it had corrected, where that stands again.
    #[serde(skip_serializing_if = "Option::is_none")]
    revives: Option<Uuid>,
    report: ReportResponse,
}

impl From<&WithdrawalShown> for FactWithdrawalResponse {
    fn from(shown: &WithdrawalShown) -> Self {
        let fact = &shown.fact;
        Self {
            id: fact.id.into(),
            implementation_id: fact.implementation_id.into(),
            person_id: fact.person_id.into(),
            organization_id: fact.organization_id.map(Into::into),
            license_request_id: fact.request_id.map(Into::into),
            license_id: fact.license_id.map(Into::into),
            fact_id: shown.target.into(),
            fact_kind: shown.kind.as_str(),
            revives: shown.revives.map(Into::into),
            report: (&fact.envelope).into(),
        }
    }
}

crate::problems!(ListProblems: KNOWN, LIST);
crate::problems!(GetProblems: KNOWN, ONE);
crate::problems!(WithdrawProblems: KNOWN, BODY, POST, [Code::OwnCase, Code::TransitionRefused]);

fn example() -> Value {
    let mut report = report_example();
    report["reason"] = json!("The login was her namesake's.");
    report["supersedes"] = json!("0199f3c2-9b10-7c00-8b00-4d4d4d4d4d31");
    json!({
        "id": "0199f3c2-9b40-7c00-8b00-4d4d4d4d4d33",
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b20",
        "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
        "fact_id": "0199f3c2-9b10-7c00-8b00-4d4d4d4d4d31",
        "fact_kind": "logged_in",
        "report": report,
    })
}

/// List fact withdrawals
///
/// Withdrawals of facts that the caller may know of, in the order of their recording. Why holds, bars, leaves and ends
/// were taken back, only administrators and auditors read.
#[utoipa::path(
    tag = tags::FACT_WITHDRAWALS,
    operation_id = "list_fact_withdrawals",
    params(EvidenceFilter, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of withdrawals.",
            body = ListResponse<FactWithdrawalResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [example()], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/fact-withdrawals")]
async fn list_fact_withdrawals(
    state: web::Data<State>,
    list: List<EvidenceFilter>,
) -> Result<HttpResponse, Problem> {
    let (filter, paging) = (list.filter.of(FactKind::Withdrawn), list.paging);
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadFact, move |rx| {
            licensing::withdrawals(rx, &filter, paging)
        })
        .await?;
    Ok(list.respond(&slice, |shown| FactWithdrawalResponse::from(shown)))
}

/// Take a fact back
///
/// What the fact says was recorded by mistake: for somebody else, twice, or it never happened. Both stay on record, and
/// what it had corrected stands again. Whoever may record such a fact may take it back, with a reason, and never in his
/// own case. It acts from its own recording on: no access ends before that, a suspension whose ground it removes is
/// lifted now, and an end that rested on it is contested until staff decide. What another fact undoes (an activation, a
/// reinstatement, a decision about an ended request) is refused with the door that does it.
#[utoipa::path(
    tag = tags::FACT_WITHDRAWALS,
    operation_id = "withdraw_fact",
    request_body(
        content = WithdrawFactRequest,
        description = "The fact, and why.",
        example = json!({
            "fact_id": "0199f3c2-9b10-7c00-8b00-4d4d4d4d4d31",
            "reason": "The login was her namesake's.",
        }),
    ),
    responses(
        (
            status = 201,
            description = "The withdrawal as recorded.",
            body = FactWithdrawalResponse,
            headers(
                ("ETag" = String, description = "For If-None-Match."),
                ("Location" = String, description = "Where it is found."),
            ),
            example = json!(example()),
        ),
        WithdrawProblems,
    ),
)]
#[post("/v1/fact-withdrawals")]
async fn withdraw_fact(
    caller: Caller,
    state: web::Data<State>,
    body: Json<WithdrawFactRequest>,
) -> Result<HttpResponse, Problem> {
    let request = body.value;
    let mut reported = ReportRequest::read(request.report)?;
    if reported.reason.is_some() {
        let twice = Error::invalid("/report/reason", "give the reason once, as `reason`");
        return Err(twice.into());
    }
    reported.reason = Some(request.reason);
    let new = NewWithdrawal {
        fact_id: FactId(request.fact_id),
        reported,
    };
    let call = Call::new(caller, Action::WithdrawFact, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| licensing::withdraw_fact(tx, &new),
            |shown| {
                responses::created(
                    format!("/v1/fact-withdrawals/{}", shown.fact.id),
                    VERSION,
                    &FactWithdrawalResponse::from(shown),
                )
            },
        )
        .await?;
    Ok(responses::send(reply))
}

/// Get a fact withdrawal
///
/// One recorded withdrawal.
#[utoipa::path(
    tag = tags::FACT_WITHDRAWALS,
    operation_id = "get_fact_withdrawal",
    params(("id" = Uuid, Path, description = "The withdrawal.")),
    responses(
        (
            status = 200,
            description = "The withdrawal.",
            body = FactWithdrawalResponse,
            headers(("ETag" = String, description = "For If-None-Match.")),
            example = json!(example()),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/fact-withdrawals/{id}")]
async fn get_fact_withdrawal(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let shown = state
        .app
        .read(caller, Action::ReadFact, move |rx| {
            licensing::withdrawal(rx, id)
        })
        .await?;
    Ok(responses::one(
        &seen,
        VERSION,
        &FactWithdrawalResponse::from(&shown),
    ))
}
