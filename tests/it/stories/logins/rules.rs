//! Another limit: whom it would touch, said before it is posted.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::Logins;
use crate::stories::{Story, text};
use crate::support::app::Answer;
use crate::support::database::on_both;

impl Story {
    fn policies(&self) -> String {
        format!("/v1/implementations/{}/policies", self.hand)
    }

    /// Detroit's rules with another inactivity limit, and one warning at it.
    async fn limited(&self, days: u16, from: &str) -> Value {
        let preset = self.get("admin", "/v1/policy-presets/hand").await;
        let mut document = preset.expect(200)["document"].clone();
        document["license_types"]["end_user"]["inactivity"]["off_rule"] = json!({
            "limit": { "days": days },
            "steps": [{ "after": { "days": days }, "tells": ["user"] }],
            "grace": { "days": 5 },
        });
        json!({ "document": document, "effective_from": from })
    }

    /// What posting these rules would do.
    async fn tried(&self, rules: &Value) -> Value {
        let path = format!("{}?dry_run=true", self.policies());
        self.post("admin", &path, rules).await.expect(200)["impact"].clone()
    }

    async fn post_rules(&self, who: &str, rules: &Value) -> Answer {
        self.post(who, &self.policies(), rules).await
    }
}

/// How many there are of each kind.
fn counts(impact: &Value) -> [u64; 5] {
    [
        "warnable",
        "restored",
        "newly_obliged",
        "losing_access",
        "needless_ends",
    ]
    .map(|kind| impact[kind]["count"].as_u64().unwrap())
}

#[test]
fn a_shorter_limit_names_whom_it_makes_warnable_and_then_makes_them_so() {
    on_both(|database| async move {
        let logins = Logins::on(&database).await;
        let story = &logins.story;
        story.at("2026-03-16T13:00:00Z");
        let rules = story.limited(10, "2026-03-20T04:00:00Z").await;
        let before = story.census().await;
        let impact = story.tried(&rules).await;
        assert_eq!(counts(&impact), [1, 0, 0, 0, 0]);
        let row = &impact["warnable"]["data"][0];
        assert_eq!(row["license_id"], json!(logins.license));
        assert_eq!(row["organization_id"], json!(story.corktown));
        assert_eq!(row["given_name"], "Dana");
        // Looking changed nothing, and is for administrators.
        assert_eq!(story.census().await, before);
        let versions = story.list("admin", &story.policies()).await;
        assert_eq!(versions.len(), 1);
        let dry = format!("{}?dry_run=true", story.policies());
        for who in ["supervisor", "help_desk", "auditor", "dana"] {
            story
                .post(who, &dry, &rules)
                .await
                .problem(403, "forbidden");
        }
        let mut early = rules.clone();
        early["effective_from"] = json!("2026-03-16T14:30:00Z");
        let refused = story.post("admin", &dry, &early).await;
        refused.problem(422, "invalid");
        assert!(!refused.faults().is_empty());

        story.post_rules("admin", &rules).await.expect(201);
        let told = logins.warn("2026-03-02", "2026-03-22").await;
        told.problem(409, "transition_refused");
        story.at("2026-03-20T13:00:00Z");
        assert!(logins.allowed("").await, "nobody is cut off unwarned");
        logins.warn("2026-03-02", "2026-03-26").await.expect(201);
        assert_eq!(logins.state().await, "warned");
    });
}

#[test]
fn a_longer_limit_names_whom_it_restores_and_whom_it_came_too_late_for() {
    on_both(|database| async move {
        let logins = Logins::on(&database).await;
        logins.warned().await;
        let story = &logins.story;
        let from = |at: &str| at.parse::<DateTime<Utc>>().unwrap().to_rfc3339();
        let rules = story.limited(60, &from("2026-04-04T04:00:00Z")).await;
        let impact = story.tried(&rules).await;
        assert_eq!(counts(&impact), [0, 1, 0, 0, 0]);
        let row = &impact["restored"]["data"][0];
        assert_eq!(row["restored_from"], "warned");
        assert_eq!(row["last_login_at"], "2026-03-02T21:00:00Z");
        // As every dry run of what takes access away says it.
        let end = json!({ "license_id": logins.license, "cause": "requested" });
        let ended = story
            .post("admin", "/v1/deactivations?dry_run=true", &end)
            .await
            .expect(200);
        let affected = &ended["affected"];
        assert_eq!(affected["last_login_at"], "2026-03-02T21:00:00Z");
        assert_eq!(row["license_id"], json!(logins.license));

        // Nobody posted it: her license ended.
        story.at("2026-04-08T05:00:00Z");
        logins.beat("2026-04-08T05:00:00Z").await.expect(201);
        assert_eq!(logins.state().await, "deactivated");
        story.at("2026-04-20T13:00:00Z");
        let rules = story.limited(60, &from("2026-04-21T14:00:00Z")).await;
        let impact = story.tried(&rules).await;
        assert_eq!(counts(&impact), [0, 0, 0, 0, 1]);
        let row = &impact["needless_ends"]["data"][0];
        assert_eq!(row["end_cause"], "inactivity");
        assert_eq!(text(&row["ended_at"]), "2026-04-08T05:00:00Z");
        assert_eq!(row["license_id"], json!(logins.license));

        // Posted and in force, it says the same, until somebody brings her back.
        story.post_rules("admin", &rules).await.expect(201);
        story.at("2026-05-02T13:00:00Z");
        let path = format!("{}/2/impact", story.policies());
        let impact = story.get("admin", &path).await.expect(200);
        assert_eq!(counts(&impact), [0, 0, 0, 0, 1]);
        story
            .act("admin", &logins.license, "reinstate", json!({}))
            .await
            .expect(200);
        let impact = story.get("admin", &path).await.expect(200);
        assert_eq!(counts(&impact), [0; 5]);
        for who in ["supervisor", "help_desk", "dana"] {
            story.get(who, &path).await.problem(403, "forbidden");
        }
        let unknown = format!("{}/9/impact", story.policies());
        story.get("admin", &unknown).await.problem(404, "not_found");
    });
}
