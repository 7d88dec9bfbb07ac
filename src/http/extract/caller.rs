//! Who sends the request: its id, and the subject its credential identifies.

use std::fmt;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};

use super::query;
use crate::application::token::BadToken;
use crate::application::{Caller, Fault};
use crate::http::State;
use crate::http::problem::{Code, Problem};

/// The longest `X-Request-Id` taken over from a caller.
const LONGEST_REQUEST_ID: usize = 128;
const CHALLENGE: &str = "Bearer realm=\"hmis-licensing\"";
const CHALLENGE_INVALID: &str = "Bearer realm=\"hmis-licensing\", error=\"invalid_token\"";

/// The id of a request: the caller's `X-Request-Id` if that is at most 128 visible ASCII characters, else a new one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    /// Of the headers of a request.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let mut given = headers.get_all("x-request-id");
        let id = given
            .next()
            .and_then(|value| value.to_str().ok())
            .filter(|id| (1..=LONGEST_REQUEST_ID).contains(&id.len()))
            .filter(|id| id.bytes().all(|byte| byte.is_ascii_graphic()));
        match (id, given.next()) {
            (Some(id), None) => Self(id.to_owned()),
            _ => Self::random(),
        }
    }

    fn random() -> Self {
        let mut bytes = [0_u8; 16];
        if let Err(error) = getrandom::fill(&mut bytes) {
            log::error!("no randomness for a request id: {error}");
        }
        let id = uuid::Builder::from_random_bytes(bytes).into_uuid();
        Self(id.to_string())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whoever the bearer token of the request identifies. What he may do is read from live grants, in the use case.
impl FromRequest for Caller {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(caller_of(request))
    }
}

/// The caller, verified once per request.
pub(super) fn caller_of(request: &HttpRequest) -> Result<Caller, Problem> {
    if let Some(caller) = request.extensions().get::<Caller>() {
        return Ok(caller.clone());
    }
    let state = request
        .app_data::<web::Data<State>>()
        .ok_or_else(|| Problem::of(Code::Internal))?;
    let caller = identify(request, state).inspect_err(|_| state.app.note_stranger())?;
    refuse_unknown_parameters(request, state)?;
    request.extensions_mut().insert(caller.clone());
    Ok(caller)
}

/// Refuses query parameters that the document does not name for the operation. A misspelt `dry_run` must not become
/// the real thing.
fn refuse_unknown_parameters(request: &HttpRequest, state: &State) -> Result<(), Problem> {
    let pattern = request.match_pattern().unwrap_or_default();
    let unknown = query::pairs(request)?.into_iter().find(|(name, _)| {
        !state
            .document
            .takes_parameter(request.method().as_str(), &pattern, name)
    });
    match unknown {
        None => Ok(()),
        Some((name, _)) => Err(Problem::shape(Fault::parameter(
            query::plain(&name),
            "is unknown here; leave it out",
        ))),
    }
}

fn identify(request: &HttpRequest, state: &State) -> Result<Caller, Problem> {
    let token = bearer(request.headers())?;
    let identity = state
        .tokens
        .verify(token, state.app.now())
        .map_err(refuse)?;
    let request_id = request
        .extensions()
        .get::<RequestId>()
        .map(ToString::to_string)
        .unwrap_or_default();
    Ok(Caller {
        issuer: identity.issuer,
        subject: identity.subject,
        request_id,
    })
}

/// The token of exactly one `Authorization: Bearer` header. Two headers are refused, because a proxy and this service
/// could each believe in another one.
fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    let mut given = headers.get_all(AUTHORIZATION);
    let header = given.next().ok_or_else(|| {
        Problem::unauthenticated(
            "Send `Authorization: Bearer` with a token.",
            Some(CHALLENGE),
        )
    })?;
    if given.next().is_some() {
        return Err(Problem::unauthenticated(
            "Send one Authorization header, not several.",
            Some(CHALLENGE_INVALID),
        ));
    }
    let text = header.to_str().map_err(|_| refuse(BadToken::NotAccepted))?;
    match text.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
            Ok(token.trim_matches(' '))
        }
        _ => Err(Problem::unauthenticated(
            "The credential must be a bearer token.",
            Some(CHALLENGE),
        )),
    }
}

fn refuse(error: BadToken) -> Problem {
    Problem::unauthenticated(error.to_string(), Some(CHALLENGE_INVALID))
}
