//! `/v1/people`.

mod change;
mod history;
mod read;
mod record;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use validator::Validate;

use super::checks;
use super::external_ids::ExternalIdResponse;
use crate::application::roster::people::{EmailInput, PersonDetails};
use crate::domain::roster::{PersonEmail, PersonName};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(read::list_people)
        .service(record::create_person)
        .service(read::get_person)
        .service(read::get_person_explanation)
        .service(record::change_person)
        .service(record::add_person_email)
        .service(record::add_person_external_id)
        .service(history::get_person_history)
        .service(change::confirm_person_email)
        .service(change::retire_person_email)
        .service(change::close_person_external_id)
        .service(change::settle_person_external_id);
}

/// A human within one implementation, as the reader is shown him.
#[derive(Serialize, ToSchema)]
#[schema(as = Person)]
pub struct PersonResponse {
    id: Uuid,
    implementation_id: Uuid,
    /// May be empty, as the other name may, but not both.
    given_name: String,
    family_name: String,
    /// Oldest first. Shown to the person, to administrators and to auditors.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    former_names: Vec<FormerNameResponse>,
    /// Oldest first, retired ones too. A supervisor is shown those confirmed for his organizations.
    emails: Vec<PersonEmailResponse>,
    /// Closed ones are shown to staff and to the person.
    external_ids: Vec<ExternalIdResponse>,
    /// The ids of records that were merged into this one, and answer as it. Shown to staff.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    merged_ids: Vec<Uuid>,
    recorded_at: DateTime<Utc>,
    /// Rises with every new name and merge, and with every address or external id that is confirmed, retired, closed or
    /// settled; `expected_version` is compared with it.
    version: i32,
}

impl From<&PersonDetails> for PersonResponse {
    fn from(details: &PersonDetails) -> Self {
        let row = &details.row;
        Self {
            id: row.id.into(),
            implementation_id: row.implementation_id.into(),
            given_name: row.given_name.clone(),
            family_name: row.family_name.clone(),
            former_names: details.former_names.iter().map(Into::into).collect(),
            emails: details.emails.iter().map(Into::into).collect(),
            external_ids: details.external_ids.iter().map(Into::into).collect(),
            merged_ids: details.merged.iter().map(|id| id.0).collect(),
            recorded_at: row.recorded_at,
            version: row.version,
        }
    }
}

/// A name that a person had.
#[derive(Serialize, ToSchema)]
#[schema(as = FormerName)]
pub struct FormerNameResponse {
    given_name: String,
    family_name: String,
    recorded_at: DateTime<Utc>,
}

impl From<&PersonName> for FormerNameResponse {
    fn from(name: &PersonName) -> Self {
        Self {
            given_name: name.given_name.clone(),
            family_name: name.family_name.clone(),
            recorded_at: name.recorded_at,
        }
    }
}

/// An address of a person: confirmed for an organization, or a contact that no message uses.
#[derive(Serialize, ToSchema)]
#[schema(as = PersonEmail)]
pub struct PersonEmailResponse {
    email: String,
    /// The organization for which it is confirmed.
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmed_at: Option<DateTime<Utc>>,
    /// Since when it is not used: it was retired, or the person left the organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    retired_at: Option<DateTime<Utc>>,
    recorded_at: DateTime<Utc>,
}

impl From<&PersonEmail> for PersonEmailResponse {
    fn from(email: &PersonEmail) -> Self {
        Self {
            email: email.email.clone(),
            organization_id: email.organization_id.map(Into::into),
            confirmed_at: email.confirmed_at,
            retired_at: email.retired_at,
            recorded_at: email.recorded_at,
        }
    }
}

/// An address of a person.
#[derive(Clone, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct PersonEmailRequest {
    #[validate(custom(function = "checks::email"))]
    #[schema(format = Email, max_length = 254)]
    email: String,
    /// The organization for which it is confirmed. Left out: a contact that no message uses.
    organization_id: Option<Uuid>,
}

impl From<PersonEmailRequest> for EmailInput {
    fn from(request: PersonEmailRequest) -> Self {
        Self {
            email: request.email,
            organization_id: request.organization_id.map(Into::into),
        }
    }
}

/// The example of this resource, as every operation shows it.
fn example(given_name: &str, version: i32) -> Value {
    json!({
        "id": "0199f3c2-a4f1-7c28-9d36-6b2e8f0c4d51",
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b21",
        "given_name": given_name,
        "family_name": "Whitfield",
        "emails": [{
            "email": "d.whitfield@night-shelter.example",
            "organization_id": "0199f3c2-8e10-7b52-b3a4-5d0f6a9c1e07",
            "confirmed_at": "2026-03-02T18:30:00Z",
            "recorded_at": "2026-03-02T18:30:00Z",
        }],
        "external_ids": [{ "system": "hmis_user_id", "value": "41", "recorded_at": "2026-03-02T18:30:00Z" }],
        "recorded_at": "2026-03-02T18:30:00Z",
        "version": version,
    })
}
