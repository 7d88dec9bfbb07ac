//! Whether the requested person is somebody whom the implementation knows.

use actix_web::{HttpResponse, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::decide::{DecideProblems, decide, reasoned};
use super::{LicenseRequestResponse, example};
use crate::application::Caller;
use crate::application::actor::Action;
use crate::application::licensing::{self, MatchAnswer, MatchShown};
use crate::domain::fact::MatchedBy;
use crate::domain::ids::{PersonId, RequestId};
use crate::http::extract::{Id, VersionedJson};
use crate::http::problem::Problem;
use crate::http::{State, checks, tags};

/// What is the same.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MatchedOn {
    /// An e-mail address that the other ever had.
    Email,
    /// The name.
    Name,
    /// Something the other went by before.
    SearchHit,
}

/// What staff said of a possible match.
#[derive(Serialize, ToSchema)]
#[schema(as = SettledMatch)]
pub struct SettledMatchResponse {
    same: bool,
    settled_at: DateTime<Utc>,
    /// The principal who said so.
    settled_by: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// Somebody of the implementation who may be the requested person.
#[derive(Serialize, ToSchema)]
#[schema(as = PossibleMatch)]
pub struct PossibleMatchResponse {
    person_id: Uuid,
    matched_on: Vec<MatchedOn>,
    /// Whether that person may hold no license now.
    barred: bool,
    /// Absent: it is to be settled, unless the two are one person by now.
    #[serde(skip_serializing_if = "Option::is_none")]
    settled: Option<SettledMatchResponse>,
}

impl From<&MatchShown> for PossibleMatchResponse {
    fn from(shown: &MatchShown) -> Self {
        let said = shown.said.as_ref().zip(shown.found.settled);
        Self {
            person_id: shown.found.person.into(),
            matched_on: shown
                .found
                .by
                .iter()
                .map(|by| match by {
                    MatchedBy::Email => MatchedOn::Email,
                    MatchedBy::Name => MatchedOn::Name,
                    MatchedBy::FormerName => MatchedOn::SearchHit,
                })
                .collect(),
            barred: shown.barred,
            settled: said.map(|(said, (_, same))| SettledMatchResponse {
                same,
                settled_at: said.recorded_at,
                settled_by: said.recorded_by.into(),
                reason: said.reason.clone(),
            }),
        }
    }
}

/// Whether the requested person is one of the `possible_matches`.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SettleMatchRequest {
    /// One of the request's `possible_matches`.
    person_id: Uuid,
    same: bool,
    /// Why; it stays with the request. Name no clients and no health or legal details.
    #[validate(length(min = 1, max = 1000), custom(function = "checks::text"))]
    #[schema(min_length = 1, max_length = 1000)]
    reason: String,
    /// The help-desk ticket it came by.
    #[serde(default)]
    #[validate(length(min = 1, max = 100), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 100)]
    ticket_reference: Option<String>,
}

/// Settle whether a requested person is known
///
/// The implementation knows somebody with the same e-mail address or name as the person whom a request describes as
/// somebody new. Until staff say of each whether it is the same human, the request is not approved by staff and no
/// license begins; the requester is told of none of it. The same: the new record is merged into that person's, as under
/// `/v1/person-merges`, which takes the lead. Somebody else: that is kept with its reason; of somebody barred the lead
/// says it.
#[utoipa::path(
    tag = tags::LICENSE_REQUESTS,
    operation_id = "settle_license_request_match",
    params(("id" = Uuid, Path, description = "The request.")),
    request_body(
        content = SettleMatchRequest,
        description = "The version decided upon, who was found, whether they are one, and why.",
        example = json!({
            "expected_version": 1,
            "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
            "same": false,
            "reason": "A namesake: her HMIS user id is another.",
        }),
    ),
    responses(
        (
            status = 200,
            description = "The request as it is now.",
            body = LicenseRequestResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example("submitted", 2)),
        ),
        DecideProblems,
    ),
)]
#[post("/v1/license-requests/{id}/person-match")]
pub(super) async fn settle_license_request_match(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<RequestId>,
    body: VersionedJson<SettleMatchRequest>,
) -> Result<HttpResponse, Problem> {
    let SettleMatchRequest {
        person_id,
        same,
        reason,
        ticket_reference,
    } = body.value;
    let (call, decision) = reasoned(
        (caller, Action::SettleMatch),
        (body.expected, body.idempotency),
        (reason, ticket_reference),
    );
    let answer = MatchAnswer {
        person: PersonId(person_id),
        same,
    };
    decide(&state, call, id, decision, move |tx, id, decision| {
        licensing::settle_match(tx, id, answer, decision)
    })
    .await
}
