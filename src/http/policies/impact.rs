//! Whom a new policy version would touch.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::application::actor::Sight;
use crate::application::licensing::{Impact, Touched, TouchedList, end_seen};
use crate::http::licenses::LicenseStateName;

/// A license or an open request that a new version would touch.
#[derive(Serialize, ToSchema)]
#[schema(as = PolicyImpactEntry)]
pub struct ImpactEntryResponse {
    person_id: Uuid,
    given_name: String,
    family_name: String,
    organization_id: Uuid,
    /// The last login that was accepted there.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_login_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    license_id: Option<Uuid>,
    /// The open request, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    license_request_id: Option<Uuid>,
    /// The state that a restored license would leave.
    #[serde(skip_serializing_if = "Option::is_none")]
    restored_from: Option<LicenseStateName>,
    /// What would be owed and is not, as explanations name it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    requirements: Vec<String>,
    /// What ended a license that would not have ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    end_cause: Option<&'static str>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<DateTime<Utc>>,
}

impl From<&Touched> for ImpactEntryResponse {
    fn from(row: &Touched) -> Self {
        Self {
            person_id: row.person_id.into(),
            given_name: row.given_name.clone(),
            family_name: row.family_name.clone(),
            organization_id: row.organization_id.into(),
            last_login_at: row.last_login_at,
            license_id: row.license_id.map(Into::into),
            license_request_id: row.request_id.map(Into::into),
            restored_from: row.restored_from.map(Into::into),
            requirements: row.requirements.iter().map(ToString::to_string).collect(),
            // Only administrators post policies.
            end_cause: row.end.as_ref().map(|end| end_seen(end.cause, Sight::Full)),
            ended_at: row.end.as_ref().map(|end| end.at),
        }
    }
}

/// How many there are, and the first 200 of them.
#[derive(Serialize, ToSchema)]
#[schema(as = PolicyImpactList)]
pub struct ImpactListResponse {
    count: usize,
    /// Whether there are more than are listed.
    has_more: bool,
    data: Vec<ImpactEntryResponse>,
}

impl From<&TouchedList> for ImpactListResponse {
    fn from(list: &TouchedList) -> Self {
        Self {
            count: list.count,
            has_more: list.has_more(),
            data: list.rows.iter().map(Into::into).collect(),
        }
    }
}

/// Whom a version would touch at its start, if nothing else is recorded until then.
#[derive(Serialize, ToSchema)]
#[schema(as = PolicyImpact)]
pub struct ImpactResponse {
    /// Licenses for which an inactivity warning would become due; none ends without its notice.
    warnable: ImpactListResponse,
    /// Licenses whose warning or suspension would be gone.
    restored: ImpactListResponse,
    /// Licenses and open requests that would owe more.
    newly_obliged: ImpactListResponse,
    /// Licenses that would lose access at once, because the version itself asks for no notice.
    losing_access: ImpactListResponse,
    /// Licenses that a rule ended in the last 30 days before the version, and that would have run on if it had been in
    /// force all along: reinstate them where that was an error.
    needless_ends: ImpactListResponse,
}

impl From<&Impact> for ImpactResponse {
    fn from(impact: &Impact) -> Self {
        Self {
            warnable: (&impact.warnable).into(),
            restored: (&impact.restored).into(),
            newly_obliged: (&impact.newly_obliged).into(),
            losing_access: (&impact.losing_access).into(),
            needless_ends: (&impact.needless_ends).into(),
        }
    }
}

pub fn example() -> Value {
    let none = json!({ "count": 0, "has_more": false, "data": [] });
    json!({
        "warnable": {
            "count": 1,
            "has_more": false,
            "data": [{
                "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
                "given_name": "Dana",
                "family_name": "Whitfield",
                "organization_id": "0199f3c2-7a01-7c12-b7aa-1f3355aa7703",
                "last_login_at": "2026-03-02T21:00:00Z",
                "license_id": "0199f3c2-9a00-7c00-8d00-5e5e5e5e5e01",
            }],
        },
        "restored": none,
        "newly_obliged": none,
        "losing_access": none,
        "needless_ends": none,
    })
}
