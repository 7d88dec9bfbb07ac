//! `/v1/licenses`.

mod history;
mod read;
mod returns;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::application::actor::Sight;
use crate::application::licensing::end_seen;
use crate::domain::evaluate::Period;
use crate::domain::license::LicenseStatus;
use crate::http::problem::{KNOWN, ONE};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(read::list_licenses)
        .service(read::get_license)
        .service(read::get_license_explanation)
        .service(history::get_license_history)
        .service(returns::reactivate_license)
        .service(returns::reinstate_license)
        .service(returns::correct_departure_person);
}

/// The state of a license.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = LicenseState)]
pub enum LicenseStateName {
    Active,
    Warned,
    Suspended,
    Deactivated,
    Expired,
}

impl From<LicenseStateName> for LicenseStatus {
    fn from(name: LicenseStateName) -> Self {
        match name {
            LicenseStateName::Active => Self::Active,
            LicenseStateName::Warned => Self::Warned,
            LicenseStateName::Suspended => Self::Suspended,
            LicenseStateName::Deactivated => Self::Deactivated,
            LicenseStateName::Expired => Self::Expired,
        }
    }
}

impl From<LicenseStatus> for LicenseStateName {
    fn from(status: LicenseStatus) -> Self {
        match status {
            LicenseStatus::Active => Self::Active,
            LicenseStatus::Warned => Self::Warned,
            LicenseStatus::Suspended => Self::Suspended,
            LicenseStatus::Deactivated => Self::Deactivated,
            LicenseStatus::Expired => Self::Expired,
        }
    }
}

/// How and when access ended.
#[derive(Serialize, ToSchema)]
#[schema(as = LicenseEnd)]
pub struct EndResponse {
    cause: String,
    /// From when access was off.
    at: DateTime<Utc>,
    /// The promised instant, where access stayed on a little longer because logins were still awaited.
    #[serde(skip_serializing_if = "Option::is_none")]
    cut_off_at: Option<DateTime<Utc>>,
    /// A fact that occurred in time arrived after the end: staff decide.
    contested: bool,
}

fn end_of(period: &Period, sight: Sight) -> Option<EndResponse> {
    period.end.as_ref().map(|end| EndResponse {
        cause: end_seen(end.cause, sight).to_owned(),
        at: end.at,
        cut_off_at: end.cut_off_at,
        contested: !end.open_contests().is_empty(),
    })
}

crate::problems!(GetProblems: KNOWN, ONE);
