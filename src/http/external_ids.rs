//! What organizations, projects and people have in common: the identifiers that other systems use.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use validator::Validate;

use super::checks;
use crate::application::ports::RosterFilter;
use crate::application::roster::external_ids::ExternalIdInput;
use crate::domain::roster::ExternalId;

/// An identifier that another system uses.
#[derive(Clone, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ExternalIdRequest {
    /// The system, by a code that is the same for all of its ids.
    #[validate(length(min = 1, max = 63), custom(function = "checks::system"))]
    #[schema(
        pattern = "^[a-z][a-z0-9_]*$",
        min_length = 1,
        max_length = 63,
        example = "hmis_user_id"
    )]
    pub system: String,
    /// The id as that system writes it. Text, also where it looks like a number.
    #[validate(length(min = 1, max = 200), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 200, example = "41")]
    pub value: String,
}

impl From<ExternalIdRequest> for ExternalIdInput {
    fn from(request: ExternalIdRequest) -> Self {
        Self {
            system: request.system,
            value: request.value,
        }
    }
}

/// An identifier that another system uses. Given once, for ever: a closed one still resolves, and nobody else gets it.
#[derive(Serialize, ToSchema)]
#[schema(as = ExternalId)]
pub struct ExternalIdResponse {
    /// The system: `hmis_user_id`, `username`, `lms_learner_id`; `hmis_csv:` with a source for imported ids.
    system: String,
    value: String,
    recorded_at: DateTime<Utc>,
    /// Since when the system no longer has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    closed_at: Option<DateTime<Utc>>,
    /// Since when a closed one names nobody any more at sign-in, because staff settled it.
    #[serde(skip_serializing_if = "Option::is_none")]
    settled_at: Option<DateTime<Utc>>,
}

impl From<&ExternalId> for ExternalIdResponse {
    fn from(id: &ExternalId) -> Self {
        Self {
            system: id.system.clone(),
            value: id.value.clone(),
            recorded_at: id.recorded_at,
            closed_at: id.closed_at,
            settled_at: id.settled_at,
        }
    }
}

/// What narrows a list of what belongs to organizations.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct RosterParameters {
    /// Only what belongs to this implementation.
    implementation_id: Option<Uuid>,
    /// Only what belongs to this organization.
    organization_id: Option<Uuid>,
}

impl From<&RosterParameters> for RosterFilter {
    fn from(parameters: &RosterParameters) -> Self {
        Self {
            implementation_id: parameters.implementation_id.map(Into::into),
            organization_id: parameters.organization_id.map(Into::into),
        }
    }
}
