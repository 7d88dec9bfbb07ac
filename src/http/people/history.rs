//! What was dated about a person.

use actix_web::{HttpResponse, get, web};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::PersonEmailResponse;
use crate::application::Caller;
use crate::application::actor::Action;
use crate::application::roster::people::{self, PersonHistory};
use crate::domain::ids::PersonId;
use crate::http::evidence::VERSION;
use crate::http::external_ids::ExternalIdResponse;
use crate::http::extract::{Id, IfNoneMatch};
use crate::http::problem::{KNOWN, ONE, Problem};
use crate::http::{State, responses, tags};

/// A name, from when it was recorded.
#[derive(Serialize, ToSchema)]
#[schema(as = DatedName)]
pub struct DatedNameResponse {
    given_name: String,
    family_name: String,
    /// When it was recorded.
    recorded_at: DateTime<Utc>,
    /// The principal who recorded it. Shown to administrators and auditors.
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded_by: Option<Uuid>,
    /// Whether it is the name now.
    current: bool,
}

/// What a person was called and how he was reached, with dates.
#[derive(Serialize, ToSchema)]
#[schema(as = PersonHistory)]
pub struct PersonHistoryResponse {
    person_id: Uuid,
    /// Oldest first. Former ones are shown to the person, to administrators and to auditors.
    names: Vec<DatedNameResponse>,
    /// Oldest first, retired ones too. A supervisor is shown those of his organizations.
    emails: Vec<PersonEmailResponse>,
    /// Closed ones are shown to staff and to the person.
    external_ids: Vec<ExternalIdResponse>,
}

impl From<&PersonHistory> for PersonHistoryResponse {
    fn from(history: &PersonHistory) -> Self {
        let row = &history.details.row;
        let current = history.names.iter().rposition(|name| {
            (&name.given_name, &name.family_name) == (&row.given_name, &row.family_name)
        });
        Self {
            person_id: row.id.into(),
            names: history
                .names
                .iter()
                .enumerate()
                .map(|(index, name)| DatedNameResponse {
                    given_name: name.given_name.clone(),
                    family_name: name.family_name.clone(),
                    recorded_at: name.recorded_at,
                    recorded_by: history.full.then(|| name.recorded_by.into()),
                    current: current == Some(index),
                })
                .collect(),
            emails: history.details.emails.iter().map(Into::into).collect(),
            external_ids: history
                .details
                .external_ids
                .iter()
                .map(Into::into)
                .collect(),
        }
    }
}

crate::problems!(GetProblems: KNOWN, ONE);

/// Get what was dated about a person
///
/// Every name with when it was recorded, every address with when it was confirmed and retired, every external id with
/// when it was closed and settled, as far as they are for the caller to see. Former names are for the person himself,
/// administrators and auditors; the help desk finds people by them and is shown the current one.
#[utoipa::path(
    tag = tags::PEOPLE,
    operation_id = "get_person_history",
    params(("id" = Uuid, Path, description = "The person.")),
    responses(
        (
            status = 200,
            description = "The history.",
            body = PersonHistoryResponse,
            headers(("ETag" = String, description = "For If-None-Match.")),
            example = json!({
                "person_id": "0199f3c2-a4f1-7c28-9d36-6b2e8f0c4d51",
                "names": [
                    {
                        "given_name": "Dana",
                        "family_name": "Whitfield",
                        "recorded_at": "2026-03-02T18:30:00Z",
                        "recorded_by": "0199f3c2-6000-7a00-9000-aaaaaaaaaa01",
                        "current": false,
                    },
                    {
                        "given_name": "Dana",
                        "family_name": "Okafor",
                        "recorded_at": "2026-06-15T13:00:00Z",
                        "recorded_by": "0199f3c2-6000-7a00-9000-aaaaaaaaaa01",
                        "current": true,
                    },
                ],
                "emails": [{
                    "email": "d.whitfield@night-shelter.example",
                    "organization_id": "0199f3c2-8e10-7b52-b3a4-5d0f6a9c1e07",
                    "confirmed_at": "2026-03-02T18:30:00Z",
                    "retired_at": "2026-06-15T13:00:00Z",
                    "recorded_at": "2026-03-02T18:30:00Z",
                }],
                "external_ids": [{
                    "system": "hmis_user_id",
                    "value": "41",
                    "recorded_at": "2026-03-02T18:30:00Z",
                }],
            }),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/people/{id}/history")]
pub async fn get_person_history(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<PersonId>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let history = state
        .app
        .read(caller, Action::ReadPerson, move |rx| {
            people::history(rx, id)
        })
        .await?;
    Ok(responses::one(
        &seen,
        VERSION,
        &PersonHistoryResponse::from(&history),
    ))
}
