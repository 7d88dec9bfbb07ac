//! The service in this process, over one database, with a clock that stands still.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::http::header::{AUTHORIZATION, ETAG, IF_NONE_MATCH, LOCATION};
use actix_web::test::{self, TestRequest};
use actix_web::web;
use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use hmis_licensing::application::actor::Role;
use hmis_licensing::application::clock::{Clock, FixedClock};
use hmis_licensing::application::operator::{self, Grant};
use hmis_licensing::application::secret::Secret;
use hmis_licensing::application::token::Tokens;
use hmis_licensing::application::{App, audit::hex};
use hmis_licensing::http::{self, State};
use serde_json::{Value, json};

use crate::support::database::TestDatabase;

/// A Monday morning.
pub fn start() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 2, 14, 0, 0).unwrap()
}

pub fn text(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
}

pub struct Api {
    pub app: App,
    pub clock: Arc<FixedClock>,
    tokens: Arc<Tokens>,
    state: web::Data<State>,
    /// Of an administrator of everything.
    pub admin: String,
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
            .map(|fault| fault["pointer"].as_str().or(fault["parameter"].as_str()).unwrap())
            .collect()
    }

    pub fn codes(&self, member: &str) -> Vec<&str> {
        assert_eq!(self.status, 200, "{}", self.body);
        let data = self.body["data"].as_array().unwrap();
        data.iter().map(|row| row[member].as_str().unwrap()).collect()
    }
}

impl Api {
    pub async fn new(database: TestDatabase) -> Self {
        let clock = Arc::new(FixedClock::at(start()));
        let app = App::new(Arc::new(database.store()), clock.clone());
        let secret = Secret::new(&hex(&[7; 32])).unwrap();
        let tokens = Arc::new(Tokens::new("tests", TimeDelta::days(400)).minting(&secret));
        let state = web::Data::new(State::new(app.clone(), tokens.clone(), &secret));
        let mut api = Self {
            app,
            clock,
            tokens,
            state,
            admin: String::new(),
            _database: database,
        };
        api.admin = api.token(Grant::of(Role::SystemAdmin)).await;
        api
    }

    pub async fn token(&self, grant: Grant) -> String {
        let subject = operator::grant(&self.app, grant).await.unwrap();
        let lifetime = TimeDelta::days(400);
        self.tokens.mint(&subject, lifetime, self.clock.now()).unwrap()
    }

    pub async fn send(&self, request: TestRequest) -> Answer {
        let service = test::init_service(http::app(self.state.clone())).await;
        let request = request.insert_header(("X-Request-Id", "r")).to_request();
        let response = match test::try_call_service(&service, request).await {
            Ok(response) => response.map_into_boxed_body().into_parts().1,
            Err(error) => error.error_response(),
        };
        let header = |name| {
            let value = response.headers().get(name)?;
            Some(value.to_str().unwrap().to_owned())
        };
        let (status, location, etag) =
            (response.status().as_u16(), header(LOCATION), header(ETAG));
        let bytes = actix_web::body::to_bytes(response.into_body()).await.unwrap();
        Answer {
            status,
            location,
            etag,
            body: serde_json::from_slice(&bytes).unwrap_or_default(),
        }
    }

    pub async fn get_as(&self, token: &str, path: &str) -> Answer {
        let bearer = (AUTHORIZATION, format!("Bearer {token}"));
        self.send(TestRequest::get().uri(path).insert_header(bearer)).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.get_as(&self.admin, path).await
    }

    pub async fn get_unless(&self, path: &str, etag: &str) -> Answer {
        let bearer = (AUTHORIZATION, format!("Bearer {}", self.admin));
        let request = TestRequest::get().uri(path);
        self.send(request.insert_header(bearer).insert_header((IF_NONE_MATCH, etag)))
            .await
    }

    pub async fn post_text(&self, token: &str, path: &str, body: String) -> Answer {
        let request = TestRequest::default()
            .method(Method::POST)
            .uri(path)
            .insert_header((AUTHORIZATION, format!("Bearer {token}")))
            .insert_header(("Content-Type", "application/json"))
            .set_payload(body);
        self.send(request).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_text(&self.admin, path, body.to_string()).await
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
