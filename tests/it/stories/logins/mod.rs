//! Logins: where they come from, what each meant, the warnings they save from, and those that nothing allowed.

mod batch;
mod decisions;
mod detroit;
mod events;
mod notices;
mod rules;
mod sources;

use serde_json::{Value, json};

use super::{Story, text};
use crate::support::app::Answer;

/// Detroit's HMIS reports logins; Dana is licensed at Corktown since Monday 2026-03-02, 13:00.
pub struct Logins {
    pub story: Story,
    pub source: String,
    pub license: String,
}

impl Logins {
    pub async fn on(database: &crate::support::database::TestDatabase) -> Self {
        let story = Story::on(database).await;
        let source = story.login_source("clarity").await;
        let license = story.license_dana().await;
        Self {
            story,
            source,
            license,
        }
    }

    /// Dana's login, as the front-end reports it.
    pub async fn login(&self, id: &str, occurred_at: &str) -> Answer {
        let login = self.line(id, occurred_at);
        self.report(&login).await
    }

    pub fn line(&self, id: &str, occurred_at: &str) -> Value {
        json!({
            "source_event_id": id,
            "occurred_at": occurred_at,
            "external_id": { "system": "hmis_user_id", "value": "41" },
        })
    }

    pub async fn report(&self, login: &Value) -> Answer {
        let mut login = login.clone();
        login["login_source_id"] = json!(self.source);
        self.story
            .post("frontend", "/v1/login-events", &login)
            .await
    }

    /// How far the source is complete.
    pub async fn beat(&self, complete_through: &str) -> Answer {
        let path = format!("/v1/login-sources/{}/heartbeats", self.source);
        let body = json!({ "complete_through": complete_through });
        self.story.post("frontend", &path, &body).await
    }

    /// The warning of the first and only step, as the help desk gives it by telephone now.
    pub async fn warn(&self, anchor_on: &str, named_on: &str) -> Answer {
        let notice = self.notice(anchor_on, named_on);
        self.story.post("help_desk", "/v1/notices", &notice).await
    }

    pub fn notice(&self, anchor_on: &str, named_on: &str) -> Value {
        json!({
            "license_id": self.license,
            "rule": "inactivity",
            "step": 0,
            "anchor_on": anchor_on,
            "named_on": named_on,
            "channel": "phone",
            "sent_at": self.story.app.app.now(),
        })
    }

    /// Dana logged in on Monday 2026-03-02 at 16:00 and was told on Thursday 04-02 at 09:00: the notice.
    pub async fn warned(&self) -> String {
        self.story.at("2026-03-02T21:00:00Z");
        self.login("monday", "2026-03-02T16:00:00-05:00")
            .await
            .expect(201);
        self.story.at("2026-04-02T13:00:00Z");
        let notice = self.warn("2026-03-02", "2026-04-08").await.expect(201);
        assert_eq!(notice["status"], "counts");
        text(&notice["id"]).to_owned()
    }

    /// The state of Dana's license now.
    pub async fn state(&self) -> String {
        let license = self.story.license("admin", &self.license).await;
        text(&license["state"]).to_owned()
    }

    pub async fn allowed(&self, more: &str) -> bool {
        self.story.sign_in(more).await["allowed"] == true
    }

    pub async fn service(&self, action: &str, version: i64, from_at: Option<&str>) -> Answer {
        let path = format!("/v1/login-sources/{}/{action}", self.source);
        let mut body = json!({ "expected_version": version, "reason": "The vendor moves." });
        if let Some(from_at) = from_at {
            body["from_at"] = json!(from_at);
        }
        self.story.post("admin", &path, &body).await
    }
}

impl Story {
    /// A source of Detroit's logins, in service from now on.
    pub async fn login_source(&self, code: &str) -> String {
        let body = json!({
            "implementation_id": self.hand,
            "code": code,
            "name": "Clarity",
            "kind": "hmis_frontend",
        });
        let source = self.post("admin", "/v1/login-sources", &body).await;
        let source = source.expect(201);
        assert_eq!(source["in_service"], true);
        text(&source["id"]).to_owned()
    }
}
