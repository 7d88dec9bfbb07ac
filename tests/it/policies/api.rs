//! The service over one database, spoken to by an administrator of everything.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use hmis_licensing::application::App;
use hmis_licensing::application::actor::Role;
use hmis_licensing::application::clock::FixedClock;
use serde_json::{Value, json};

use crate::support::app::{self, Call, START, TestApp};
use crate::support::database::TestDatabase;

pub fn start() -> DateTime<Utc> {
    START.parse().unwrap()
}

pub fn text(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
}

pub struct Api {
    test: TestApp,
    pub app: App,
    pub clock: Arc<FixedClock>,
    _database: TestDatabase,
}

pub struct Answer {
    pub status: u16,
    pub location: Option<String>,
    pub etag: Option<String>,
    pub body: Value,
}

impl Answer {
    /// The places of the faults of a problem with this code.
    pub fn faults(&self, code: &str) -> Vec<&str> {
        assert_eq!(self.body["code"], code, "{}", self.body);
        self.body["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|fault| {
                fault["pointer"]
                    .as_str()
                    .or(fault["parameter"].as_str())
                    .unwrap()
            })
            .collect()
    }

    pub fn codes(&self, member: &str) -> Vec<&str> {
        assert_eq!(self.status, 200, "{}", self.body);
        let data = self.body["data"].as_array().unwrap();
        data.iter()
            .map(|row| row[member].as_str().unwrap())
            .collect()
    }
}

impl From<app::Answer> for Answer {
    fn from(answer: app::Answer) -> Self {
        let header = |name| answer.header(name).map(ToOwned::to_owned);
        Self {
            status: answer.status.as_u16(),
            location: header("Location"),
            etag: header("ETag"),
            body: serde_json::from_str(&answer.text).unwrap_or_default(),
        }
    }
}

impl Api {
    pub async fn new(database: TestDatabase) -> Self {
        let test = TestApp::on(&database).await;
        test.administrator().await;
        Self {
            app: test.app.clone(),
            clock: test.clock.clone(),
            test,
            _database: database,
        }
    }

    /// A token good from now on.
    pub async fn admin(&self) -> String {
        self.test.administrator().await
    }

    pub async fn token(&self, role: Role, implementation: &str) -> String {
        self.test.role(role, Some(implementation)).await
    }

    async fn send(&self, token: &str, call: Call) -> Answer {
        let call = call.bearer(token).header("X-Request-Id", "r");
        call.send().await.into()
    }

    pub async fn get_as(&self, token: &str, path: &str) -> Answer {
        self.send(token, self.test.get(path)).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.get_as(&self.admin().await, path).await
    }

    pub async fn get_unless(&self, path: &str, etag: &str) -> Answer {
        let call = self.test.get(path).header("If-None-Match", etag);
        self.send(&self.admin().await, call).await
    }

    pub async fn post_text(&self, token: &str, path: &str, body: String) -> Answer {
        self.send(token, self.test.post(path).text(body)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_text(&self.admin().await, path, body.to_string())
            .await
    }

    /// Makes an implementation and returns its id.
    pub async fn implementation(&self, code: &str) -> String {
        let body = json!({
            "code": code,
            "name": format!("{code} HMIS"),
            "time_zone": "America/Detroit",
            "support_contact": "help@example.org",
        });
        let made = self.post("/v1/implementations", &body).await;
        assert_eq!(made.status, 201, "{}", made.body);
        made.body["id"].as_str().unwrap().to_owned()
    }
}

/// Where the versions of an implementation are.
pub fn policies(implementation: &str) -> String {
    format!("/v1/implementations/{implementation}/policies")
}

/// Detroit's document.
pub fn hand() -> Value {
    let preset = hmis_licensing::domain::policy::preset("hand").unwrap();
    serde_json::to_value(&preset.document).unwrap()
}
