//! What agreement signatures and training completions share: both are evidence that a requirement is met.

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;
use uuid::Uuid;
use validator::Validate;

use crate::application::ports::FactFilter;
use crate::domain::fact::FactKind;

/// A fact is never changed, so its version never rises.
pub const VERSION: i32 = 1;

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
    pub fn of(&self, kind: FactKind) -> FactFilter {
        FactFilter {
            kinds: vec![kind],
            ..self.of_any_kind()
        }
    }

    pub fn of_any_kind(&self) -> FactFilter {
        FactFilter {
            implementation_id: self.implementation_id.map(Into::into),
            organization_id: self.organization_id.map(Into::into),
            person_id: self.person_id.map(Into::into),
            ..FactFilter::default()
        }
    }
}

pub fn report_example() -> Value {
    json!({
        "reported_at": "2026-03-04T14:30:00Z",
        "recorded_at": "2026-03-04T14:30:00Z",
        "recorded_by": "0199f3c2-6000-7a00-9000-aaaaaaaaaa01",
        "channel": "api",
    })
}
