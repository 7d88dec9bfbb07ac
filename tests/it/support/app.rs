//! The whole service in one process: the real routes over a real database, with a clock that the test moves.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_web::body::to_bytes;
use actix_web::dev::ServerHandle;
use actix_web::http::{Method, StatusCode};
use actix_web::test::{TestRequest, init_service, try_call_service};
use actix_web::web;
use actix_web::{HttpMessage as _, HttpServer};
use chrono::{DateTime, TimeDelta, Utc};
use hmis_licensing::application::actor::Role;
use hmis_licensing::application::clock::FixedClock;
use hmis_licensing::application::operator::{self, TokenRequest};
use hmis_licensing::application::ports::{Store, StoreError, StoreExt, UnitOfWork};
use hmis_licensing::application::secret::Secret;
use hmis_licensing::application::token::{DEFAULT_AUDIENCE, LONGEST_LIFETIME, OWN_ISSUER, Tokens};
use hmis_licensing::application::{App, Error};
use hmis_licensing::http::{self, State};
use serde_json::Value;

use super::contract::keep_to_the_document;
use super::database::TestDatabase;

/// When every test begins: Monday 2026-03-02, 13:00 in Detroit, 09:00 in Anchorage.
pub const START: &str = "2026-03-02T18:00:00Z";
/// How long a body may take in tests.
pub const BODY_DEADLINE: Duration = Duration::from_millis(300);

type Serve = dyn Fn(TestRequest) -> Pin<Box<dyn Future<Output = Answer>>>;

/// The service of one test.
#[derive(Clone)]
pub struct TestApp {
    pub app: App,
    pub clock: Arc<FixedClock>,
    pub tokens: Arc<Tokens>,
    pub state: State,
    serve: Rc<Serve>,
}

impl TestApp {
    /// Over the database of a test.
    pub async fn on(database: &TestDatabase) -> Self {
        Self::over(Arc::new(database.store())).await
    }

    /// Over any store.
    pub async fn over(store: Arc<dyn Store>) -> Self {
        Self::serving(store, |_| {}).await
    }

    /// With settings of one's own.
    pub async fn serving(store: Arc<dyn Store>, set: impl FnOnce(&mut State)) -> Self {
        let start: DateTime<Utc> = START.parse().unwrap();
        let clock = Arc::new(FixedClock::at(start));
        let app = App::new(store, clock.clone());
        let secret = Secret::new("f3b0c44298fc1c149afbf4c8996fb924").unwrap();
        let tokens = Arc::new(Tokens::new(DEFAULT_AUDIENCE, LONGEST_LIFETIME).minting(&secret));
        let mut state = State::new(app.clone(), tokens.clone(), &secret);
        state.limits.body_deadline = BODY_DEADLINE;
        set(&mut state);
        let service = Rc::new(init_service(http::app(web::Data::new(state.clone()))).await);
        let serve = move |request: TestRequest| -> Pin<Box<dyn Future<Output = Answer>>> {
            let service = Rc::clone(&service);
            Box::pin(async move {
                let request = request.to_request();
                let (method, path) = (request.method().clone(), request.path().to_owned());
                let keyed = request.headers().contains_key("Idempotency-Key");
                let response = match try_call_service(&*service, request).await {
                    Ok(response) => response.into_parts().1,
                    Err(error) => error.error_response(),
                };
                let answer = Answer::read(response).await;
                keep_to_the_document(method.as_str(), &path, keyed, &answer);
                answer
            })
        };
        Self {
            app,
            clock,
            tokens,
            state,
            serve: Rc::new(serve),
        }
    }

    /// A token for a subject, whoever that is.
    pub fn token(&self, subject: &str) -> String {
        self.tokens
            .mint(subject, TimeDelta::hours(12), self.app.now())
            .unwrap()
    }

    /// Grants a role and returns a token for it.
    pub async fn grant(&self, grant: TokenRequest) -> Result<String, Error> {
        let identity = operator::create_token_principal(&self.app, OWN_ISSUER, grant).await?;
        Ok(self.token(&identity.subject))
    }

    /// The token of an administrator of everything.
    pub async fn administrator(&self) -> String {
        self.grant(TokenRequest::of(Role::SystemAdmin))
            .await
            .unwrap()
    }

    /// A token of a subject with one role in one implementation (by code), or everywhere.
    pub async fn role(&self, role: Role, implementation: Option<&str>) -> String {
        self.grant(TokenRequest {
            implementation: implementation.map(Into::into),
            ..TokenRequest::of(role)
        })
        .await
        .unwrap()
    }

    /// Revokes every grant of a subject in one implementation (by code), or those that reach everywhere, now.
    pub async fn revoke(&self, subject: &str, implementation: Option<&str>) {
        let (now, subject) = (self.app.now(), subject.to_owned());
        let implementation = implementation.map(ToOwned::to_owned);
        let revoked = self.app.store().write(move |unit: &mut dyn UnitOfWork| {
            let principal = unit.principal_of(OWN_ISSUER, &subject)?;
            let scope = match &implementation {
                Some(code) => unit.implementation_by_code(code)?.map(|row| row.id),
                None => None,
            };
            let mut count = 0;
            for mut grant in unit.staff_roles_of(principal.expect("a principal").id)? {
                if grant.implementation_id == scope && grant.is_live(now) {
                    grant.revoked_at = Some(now);
                    unit.update_staff_role(&grant)?;
                    count += 1;
                }
            }
            Ok::<_, StoreError>(count)
        });
        assert_ne!(revoked.await.unwrap(), 0, "nothing to revoke");
    }

    /// Disables a principal, now.
    pub async fn disable(&self, subject: &str) {
        let (now, subject) = (self.app.now(), subject.to_owned());
        let disabled = self.app.store().write(move |unit: &mut dyn UnitOfWork| {
            let found = unit.principal_of(OWN_ISSUER, &subject)?;
            let mut principal = found.expect("a principal");
            principal.disabled_at = Some(now);
            unit.update_principal(&principal)
        });
        disabled.await.unwrap();
    }

    pub fn request(&self, method: Method, path: &str) -> Call {
        Call {
            serve: Rc::clone(&self.serve),
            request: TestRequest::with_uri(path).method(method),
        }
    }

    pub fn get(&self, path: &str) -> Call {
        self.request(Method::GET, path)
    }

    pub fn post(&self, path: &str) -> Call {
        self.request(Method::POST, path)
    }

    pub fn patch(&self, path: &str) -> Call {
        self.request(Method::PATCH, path)
    }

    /// The same service on a port of its own, for what only a connection can show.
    pub fn listen(&self) -> Listening {
        let state = web::Data::new(self.state.clone());
        let server = HttpServer::new(move || http::app(state.clone()))
            .workers(1)
            .disable_signals()
            .bind("127.0.0.1:0")
            .unwrap();
        let address = server.addrs()[0];
        let server = server.run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Listening { address, handle }
    }
}

/// A server on a port.
pub struct Listening {
    pub address: SocketAddr,
    pub handle: ServerHandle,
}

/// A request on its way.
pub struct Call {
    serve: Rc<Serve>,
    request: TestRequest,
}

impl Call {
    pub fn bearer(self, token: &str) -> Self {
        self.header("Authorization", &format!("Bearer {token}"))
    }

    /// Adds a header; the same name twice sends two.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.append_header((name, value));
        self
    }

    /// Sends this text as JSON, whatever it is.
    pub fn text(self, body: impl Into<Vec<u8>>) -> Self {
        self.header("Content-Type", "application/json").bytes(body)
    }

    pub fn bytes(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.request = self.request.set_payload(body.into());
        self
    }

    pub fn json(self, body: &Value) -> Self {
        self.text(body.to_string())
    }

    pub async fn send(self) -> Answer {
        (self.serve)(self.request).await
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    headers: Vec<(String, String)>,
    pub text: String,
}

impl Answer {
    async fn read(response: actix_web::HttpResponse) -> Self {
        let status = response.status();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                (name.as_str().to_owned(), value)
            })
            .collect();
        let body = to_bytes(response.into_body()).await.unwrap();
        Self {
            status,
            headers,
            text: String::from_utf8_lossy(&body).into_owned(),
        }
    }

    /// Every header, its name in small letters.
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// The only value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self
            .headers
            .iter()
            .filter(|(known, _)| known.eq_ignore_ascii_case(name));
        let first = found.next()?;
        assert!(found.next().is_none(), "{name} is sent once");
        Some(&first.1)
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The body, after asserting the status.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        if self.text.is_empty() {
            Value::Null
        } else {
            self.json()
        }
    }

    /// The problem, after asserting that it is one of this status and code, whole and sound.
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> Value {
        let problem = self.expect(status);
        assert_eq!(problem["code"], code, "{}", self.text);
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{}",
            self.text
        );
        assert_eq!(problem["status"], status);
        assert_eq!(problem["type"], format!("/problems/{code}"));
        assert_eq!(self.header("x-request-id"), problem["instance"].as_str());
        assert!(
            problem["title"]
                .as_str()
                .is_some_and(|title| !title.is_empty())
        );
        assert!(
            problem["detail"]
                .as_str()
                .is_some_and(|detail| !detail.is_empty())
        );
        problem
    }

    /// The places of the faults of a 422.
    #[track_caller]
    pub fn faults(&self) -> Vec<String> {
        let problem = self.json();
        let faults = problem["errors"].as_array().cloned().unwrap_or_default();
        faults
            .iter()
            .map(|fault| {
                ["pointer", "parameter", "header"]
                    .iter()
                    .find_map(|place| fault[place].as_str())
                    .unwrap_or_default()
                    .to_owned()
            })
            .collect()
    }
}
