//! What the calendar brings about by itself: terms, dates of the year, what recurs.

mod add_ons;
mod recertification;
mod terms;
mod unused;

use hmis_licensing::domain::policy::preset;
use serde_json::{Value, json};

use super::{Story, text};
use crate::support::database::TestDatabase;

/// Corktown under HAND's policy with some members of it replaced, by JSON pointer of the parent, and Dana licensed since
/// Monday 2026-03-02.
async fn under(database: &TestDatabase, changes: &[(&str, Value)]) -> (Story, String) {
    let story = Story::on(database).await;
    let path = format!("/v1/implementations/{}/policies", story.hand);
    let mut document = serde_json::to_value(&preset("hand").unwrap().document).unwrap();
    // What would end the license before the calendar does.
    let end_user = document["license_types"]["end_user"]
        .as_object_mut()
        .unwrap();
    end_user.remove("recertification");
    end_user["inactivity"]
        .as_object_mut()
        .unwrap()
        .remove("off_rule");
    for (pointer, value) in changes {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        document.pointer_mut(parent).unwrap()[key] = value.clone();
    }
    story
        .post("admin", &path, &json!({ "document": document }))
        .await
        .expect(201);
    story.at("2026-03-03T20:00:00Z");
    let license = story.license_dana().await;
    (story, license)
}

impl Story {
    /// Staff tell the holder by phone of a dated end, now.
    async fn tell(&self, license: &str, rule: &str, requirement: Option<&str>, days: [&str; 2]) {
        let [anchor_on, named_on] = days;
        let mut notice = json!({
            "license_id": license,
            "rule": rule,
            "anchor_on": anchor_on,
            "named_on": named_on,
            "channel": "phone",
            "sent_at": self.app.app.now(),
        });
        if let Some(requirement) = requirement {
            notice["requirement"] = json!(requirement);
        }
        self.post("help_desk", "/v1/notices", &notice)
            .await
            .expect(201);
    }

    async fn explained(&self, who: &str, license: &str) -> Value {
        let path = format!("/v1/licenses/{license}/explanation");
        self.get(who, &path).await.expect(200)
    }

    async fn state(&self, license: &str) -> String {
        let seen = self.license("admin", license).await;
        let allowed = self.sign_in("").await["allowed"].clone();
        assert_eq!(seen["allowed"], allowed, "{seen}");
        text(&seen["state"]).to_owned()
    }
}
