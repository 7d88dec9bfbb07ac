//! RFC 9457 problems: the body of every answer of 400 or above.
//!
//! A [`Problem`] is built by extractors, handlers and the frame; the frame alone writes it out, because only there the
//! request id (`instance`) is at hand.

mod code;
mod convert;
pub mod document;
pub mod pages;

use std::borrow::Cow;
use std::fmt;

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use serde::Serialize;
use utoipa::ToSchema;

pub use code::{ANY, BODY, Code, KNOWN, LIST, ONE, POST, VERSIONED};

use crate::application::{Fault, Place};

/// The media type of problems.
pub const MEDIA_TYPE: &str = "application/problem+json";
/// Seconds after which a refused request is worth repeating.
const RETRY_AFTER_SECONDS: u32 = 2;

/// An answer of 400 or above, before it is written out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub code: Code,
    more: Box<More>,
}

/// What a problem says beyond its code; apart, so that results stay small.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct More {
    /// What is wrong in this case. Never repeats input.
    detail: Cow<'static, str>,
    faults: Vec<Fault>,
    refused: Option<Refused>,
    challenge: Option<&'static str>,
    allow: Option<String>,
}

/// A transition the state did not allow.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Refused {
    state: String,
    action: String,
    needs: Vec<String>,
}

impl Problem {
    #[must_use]
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        let more = More {
            detail: detail.into(),
            ..More::default()
        };
        Self {
            code,
            more: Box::new(more),
        }
    }

    /// With the detail that fits every problem of the code.
    #[must_use]
    pub fn of(code: Code) -> Self {
        Self::new(code, code.title())
    }

    /// A fault of shape at one place.
    #[must_use]
    pub fn shape(fault: Fault) -> Self {
        let detail = "A part of the request does not have the documented shape; see errors.";
        Self::new(Code::WrongShape, detail).with(vec![fault])
    }

    /// Faults of meaning.
    #[must_use]
    pub fn invalid(faults: Vec<Fault>) -> Self {
        let detail = match faults.len() {
            1 => Cow::Borrowed("The request has one fault; see errors."),
            count => Cow::Owned(format!("The request has {count} faults; see errors.")),
        };
        Self::new(Code::Invalid, detail).with(faults)
    }

    /// 401, with what RFC 6750 asks for: an error code only if a credential was sent.
    #[must_use]
    pub fn unauthenticated(
        detail: impl Into<Cow<'static, str>>,
        challenge: Option<&'static str>,
    ) -> Self {
        let mut problem = Self::new(Code::Unauthenticated, detail);
        problem.more.challenge = challenge;
        problem
    }

    /// 405 with the methods that are allowed.
    #[must_use]
    pub fn method_not_allowed(allow: &str) -> Self {
        let detail = format!("This address takes: {allow}.");
        let mut problem = Self::new(Code::MethodNotAllowed, detail);
        problem.more.allow = Some(allow.to_owned());
        problem
    }

    /// Every fault, with its place.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        &self.more.faults
    }

    fn with(mut self, faults: Vec<Fault>) -> Self {
        self.more.faults = faults;
        self
    }

    /// The whole answer to the request named.
    #[must_use]
    pub fn response(&self, request_id: &str) -> HttpResponse {
        let mut response = HttpResponseBuilder::new(self.status_code());
        response
            .insert_header((CONTENT_TYPE, MEDIA_TYPE))
            .insert_header((CACHE_CONTROL, "no-store"));
        match self.code {
            Code::Unauthenticated => {
                let challenge = self
                    .more
                    .challenge
                    .unwrap_or("Bearer realm=\"hmis-licensing\"");
                response.insert_header((WWW_AUTHENTICATE, challenge));
            }
            Code::KeyBusy | Code::Unavailable | Code::Reindexing => {
                response.insert_header((RETRY_AFTER, RETRY_AFTER_SECONDS));
            }
            _ => {}
        }
        if let Some(allow) = self
            .more
            .allow
            .as_deref()
            .and_then(|allow| HeaderValue::from_str(allow).ok())
        {
            response.insert_header((ALLOW, allow));
        }
        response.json(self.body(request_id))
    }

    fn body(&self, request_id: &str) -> ProblemDetails {
        let refused = self.more.refused.clone();
        ProblemDetails {
            kind: self.code.page(),
            code: self.code.as_str().to_owned(),
            title: self.code.title().to_owned(),
            status: self.code.status(),
            detail: self.more.detail.to_string(),
            instance: request_id.to_owned(),
            errors: self.more.faults.iter().map(FaultDetails::from).collect(),
            state: refused.as_ref().map(|refused| refused.state.clone()),
            action: refused.as_ref().map(|refused| refused.action.clone()),
            needs: refused.map(|refused| refused.needs),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.more.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Without a request id; the frame writes the problem out again with it.
    fn error_response(&self) -> HttpResponse<BoxBody> {
        self.response("")
    }
}

/// A problem document (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDetails {
    /// The address of a page of this service that explains the code.
    #[serde(rename = "type")]
    #[schema(format = "uri-reference")]
    kind: String,
    /// The stable name of the kind of problem.
    code: String,
    /// The same for every problem of this code.
    title: String,
    /// The HTTP status, again.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What is wrong in this case.
    detail: String,
    /// The request id: name it when you ask for help.
    instance: String,
    /// Every fault found, each with its place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<FaultDetails>,
    /// A refused transition: the present state.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<String>,
    /// A refused transition: what was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<String>,
    /// A refused transition: what is missing; empty if the state never allows the action.
    #[serde(skip_serializing_if = "Option::is_none")]
    needs: Option<Vec<String>>,
}

/// One fault of a request; exactly one of `pointer`, `parameter` and `header` says where it is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Fault)]
pub struct FaultDetails {
    /// What is wrong, and what to change.
    detail: String,
    /// A JSON pointer (RFC 6901) into the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pointer: Option<String>,
    /// The name of a query parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    parameter: Option<String>,
    /// The name of a header.
    #[serde(skip_serializing_if = "Option::is_none")]
    header: Option<String>,
}

impl From<&Fault> for FaultDetails {
    fn from(fault: &Fault) -> Self {
        let mut details = Self {
            detail: fault.detail.clone(),
            pointer: None,
            parameter: None,
            header: None,
        };
        match &fault.place {
            Place::Pointer(pointer) => details.pointer = Some(pointer.clone()),
            Place::Parameter(name) => details.parameter = Some(name.clone()),
            Place::Header(name) => details.header = Some(name.clone()),
        }
        details
    }
}
