//! `/v1/audit-records`.

use actix_web::{HttpResponse, get, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use validator::Validate;

use super::extract::{List, ListParameters, ListResponse};
use super::problem::{KNOWN, LIST, Problem};
use super::{State, tags};
use crate::application::actor::Action;
use crate::application::audit;
use crate::application::ports::AuditRecord;
use crate::domain::ids::ImplementationId;

pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_audit_records);
}

/// One use case, or one refusal, as the audit log keeps it.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditRecord)]
pub struct AuditRecordResponse {
    id: Uuid,
    /// Left out: what concerns the whole deployment.
    #[serde(skip_serializing_if = "Option::is_none")]
    implementation_id: Option<Uuid>,
    /// Counts up from 1 without gaps in each implementation.
    number: i64,
    recorded_at: DateTime<Utc>,
    /// The canonical JSON text as it was recorded, byte for byte: action, outcome, principal, request id and the ids
    /// of what was touched. Personal values stand in it as salted SHA-256 commitments only.
    record: String,
}

impl From<&AuditRecord> for AuditRecordResponse {
    fn from(row: &AuditRecord) -> Self {
        Self {
            id: row.id.into(),
            implementation_id: row.implementation_id.map(Into::into),
            number: row.number,
            recorded_at: row.recorded_at,
            record: row.record.clone(),
        }
    }
}

/// What narrows the audit log.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct AuditParameters {
    /// Only the log of this implementation.
    implementation_id: Option<Uuid>,
}

crate::problems!(ListProblems: KNOWN, LIST);

/// List audit records
///
/// The audit log of the implementations that the caller audits or administers, oldest first: one record for each use
/// case that wrote, and for each refusal. Who audits all of them also sees the log of the deployment.
#[utoipa::path(
    tag = tags::AUDIT_RECORDS,
    operation_id = "list_audit_records",
    params(AuditParameters, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of audit records.",
            body = ListResponse<AuditRecordResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({
                "data": [{
                    "id": "0199f3c2-c2e6-7a04-9b13-5f7d1c8e0a46",
                    "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b21",
                    "number": 12,
                    "recorded_at": "2026-03-02T18:10:00Z",
                    "record": "{\"action\":\"manage_roster\",\"number\":12,\"outcome\":\"done\",\
                        \"principal_id\":\"0199f3c2-5a00-7d10-b0c1-9e8f7a6b5c4d\",\
                        \"recorded_at\":\"2026-03-02T18:10:00.000000Z\",\"request_id\":\"hd-4711\",\
                        \"touched\":[{\"kind\":\"organization\",\"id\":\"0199f3c2-8e10-7b52-b3a4-5d0f6a9c1e07\"}]}",
                }],
                "page": { "has_more": false },
            }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/audit-records")]
async fn list_audit_records(
    state: web::Data<State>,
    list: List<AuditParameters>,
) -> Result<HttpResponse, Problem> {
    let paging = list.paging;
    let implementation = list.filter.implementation_id.map(ImplementationId::from);
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadAudit, move |rx| {
            audit::list(rx, implementation, paging)
        })
        .await?;
    Ok(list.respond(&slice, |row| AuditRecordResponse::from(row)))
}
