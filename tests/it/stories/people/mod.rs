//! People: two records of one human, names and addresses that change, ids that are closed.

mod dated;
mod matching;
mod merges;

use hmis_licensing::domain::ids::OrganizationId;
use serde_json::{Value, json};

use super::{Story, text};
use crate::support::app::Answer;

impl Story {
    /// A new record of somebody; its id.
    pub async fn somebody(&self, given_name: &str, family_name: &str, user_id: &str) -> String {
        let body = json!({
            "implementation_id": self.hand,
            "given_name": given_name,
            "family_name": family_name,
            "external_ids": [{ "system": "hmis_user_id", "value": user_id }],
        });
        let person = self.post("admin", "/v1/people", &body).await.expect(201);
        text(&person["id"]).to_owned()
    }

    /// Leads the bearer of an HMIS user id to a license of an organization, as its supervisor asks; the license.
    pub async fn license_of(
        &self,
        user_id: &str,
        supervisor: &str,
        organization: OrganizationId,
    ) -> String {
        let request = self.ask_for(user_id, supervisor, organization).await;
        let fulfilled = self.fulfil(&request, supervisor).await;
        text(&fulfilled["license_id"]).to_owned()
    }

    pub async fn ask_for(
        &self,
        user_id: &str,
        supervisor: &str,
        organization: OrganizationId,
    ) -> Value {
        let person = json!({ "external_id": { "system": "hmis_user_id", "value": user_id } });
        let request = self.request(organization, &person);
        self.post(supervisor, "/v1/license-requests", &request)
            .await
            .expect(201)
    }

    pub async fn merge(&self, who: &str, survivor: &str, duplicate: &str) -> Answer {
        self.post(who, "/v1/person-merges", &merge_of(survivor, duplicate))
            .await
    }

    pub async fn undo(&self, merge: &Value, version: i32) -> Answer {
        let path = format!("/v1/person-merges/{}/undo", text(&merge["id"]));
        let body = json!({
            "expected_version": version,
            "report": { "reason": "Two sisters." },
        });
        self.post("admin", &path, &body).await
    }

    /// May the bearer of an HMIS user id sign in?
    pub async fn may_sign_in(&self, user_id: &str, more: &str) -> Value {
        let path = format!(
            "/v1/access-decisions?implementation=hand&system=hmis_user_id&external_id={user_id}{more}"
        );
        self.get("frontend", &path).await.expect(200)
    }
}

pub fn merge_of(survivor: &str, duplicate: &str) -> Value {
    json!({
        "survivor_id": survivor,
        "duplicate_id": duplicate,
        "report": { "reason": "Recorded again under her married name." },
    })
}
