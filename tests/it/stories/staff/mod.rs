//! What staff of the lead do about licenses and people: holds, leaves, bars, returns, contested ends, wrong persons.

mod bars;
mod contested;
mod departure_notices;
mod emergency;
mod holds;
mod leaves;
mod own_case;
mod returns;

use hmis_licensing::application::actor::Role;
use hmis_licensing::domain::ids::PersonId;
use serde_json::{Value, json};

use super::{Story, text};

impl Story {
    /// Opens a hold on a license.
    pub async fn hold(&self, license: &str, cause: &str) -> Value {
        let body = json!({
            "license_id": license, "cause": cause,
            "report": { "reason": "A thing that few may know." },
        });
        self.post("admin", "/v1/holds", &body).await.expect(201)
    }

    /// Acts on a license as it stands, with a reason.
    pub async fn act(
        &self,
        who: &str,
        license: &str,
        action: &str,
        more: Value,
    ) -> crate::support::app::Answer {
        let version = self.license("admin", license).await["version"].clone();
        let mut body = json!({
            "expected_version": version,
            "report": { "reason": "It was looked into." },
        });
        if let (Some(body), Some(more)) = (body.as_object_mut(), more.as_object()) {
            body.extend(more.clone());
        }
        self.post(who, &format!("/v1/licenses/{license}/{action}"), &body)
            .await
    }

    /// Rosalind supervises Corktown.
    pub async fn rosalind_supervises(&self) {
        let (corktown, rosalind) = (self.corktown, self.rosalind);
        self.grant("rosalind", Role::Supervisor, Some(corktown), Some(rosalind))
            .await;
    }

    /// Kim, of Corktown, with a credential.
    pub async fn kim(&self) -> PersonId {
        let person = json!({ "given_name": "Kim", "family_name": "Moreau" });
        let body = self.request(self.corktown, &person);
        let asked = self.post("supervisor", "/v1/license-requests", &body).await;
        let kim = text(&asked.expect(201)["person_id"]).parse().unwrap();
        self.grant("kim", Role::EndUser, None, Some(kim)).await;
        kim
    }

    /// Somebody stands in for Rosalind at Corktown.
    pub async fn stand_in_for_rosalind(&self, deputy: PersonId, from: &str, until: &str) {
        let body = json!({
            "organization_id": self.corktown, "deputy_id": deputy,
            "from_on": from, "until_on": until, "reason": "Vacation.",
        });
        let named = self.post("rosalind", "/v1/delegations", &body).await;
        named.expect(201);
    }

    /// Rosalind leaves Corktown.
    pub async fn depart_rosalind(&self, ended_at: &str) {
        let body = json!({
            "person_id": self.rosalind, "organization_id": self.corktown, "ended_at": ended_at,
        });
        let left = self.post("supervisor", "/v1/departures", &body).await;
        left.expect(201);
    }

    /// Corrects a departure of Dana's that took effect: now it is contested.
    pub async fn contest(&self, departure: &Value) {
        let body = json!({
            "person_id": self.dana, "organization_id": self.corktown,
            "ended_on": "2026-12-31", "supersedes": departure["id"],
            "report": { "reason": "She leaves at the end of the year." },
        });
        self.post("supervisor", "/v1/departures", &body)
            .await
            .expect(201);
    }
}

/// The causes of the open holds of a license as a reader sees it.
pub fn causes(license: &Value) -> Vec<&str> {
    license["holds"]
        .as_array()
        .unwrap()
        .iter()
        .map(|hold| text(&hold["cause"]))
        .collect()
}
