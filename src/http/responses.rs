//! Answers below 400.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, ETAG, LOCATION};
use serde::Serialize;
use utoipa::ToSchema;

use super::etag;
use super::extract::IfNoneMatch;
use crate::application::Reply;

/// A replay of the answer to an earlier request under the same idempotency key says so.
const REPLAYED: &str = "Idempotent-Replayed";

/// The JSON text of a response type.
///
/// Serializing such a type cannot fail: none has a map with keys that are no strings.
fn json(body: &impl Serialize) -> String {
    serde_json::to_string(body).unwrap_or_else(|error| {
        log::error!("an answer could not be written: {error}");
        "{}".to_owned()
    })
}

/// 201: something was made, and is found at `location`.
#[must_use]
pub fn created<T: Serialize + ToSchema>(location: String, version: i32, body: &T) -> Reply {
    Reply {
        status: 201,
        location: Some(location),
        ..changed(version, body)
    }
}

/// 201 with a secret that is shown this once: a repetition under the same idempotency key is answered with `plain`, whose
/// tag the answer carries.
#[must_use]
pub fn created_with_secret<T: Serialize + ToSchema>(
    location: String,
    version: i32,
    plain: &T,
    whole: &T,
) -> Reply {
    let plain = created(location, version, plain);
    Reply {
        body: json(whole),
        kept: Some(plain.body),
        ..plain
    }
}

/// 200: the resource as it is now.
#[must_use]
pub fn changed<T: Serialize + ToSchema>(version: i32, body: &T) -> Reply {
    let body = json(body);
    Reply {
        status: 200,
        location: None,
        etag: Some(etag::of(version, &body)),
        body,
        kept: None,
        replayed: false,
    }
}

/// 200 without a version: the outcome of something that is no resource, a dry run for example.
#[must_use]
pub fn outcome<T: Serialize + ToSchema>(body: &T) -> Reply {
    Reply {
        status: 200,
        location: None,
        etag: None,
        body: json(body),
        kept: None,
        replayed: false,
    }
}

/// Sends the answer of a use case.
#[must_use]
pub fn send(reply: Reply) -> HttpResponse {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::OK);
    let mut response = HttpResponse::build(status);
    response.insert_header((CONTENT_TYPE, "application/json"));
    if let Some(location) = reply.location {
        response.insert_header((LOCATION, location));
    }
    if let Some(etag) = reply.etag {
        response.insert_header((ETAG, etag));
    }
    if reply.replayed {
        response.insert_header((REPLAYED, "true"));
    }
    response.body(reply.body)
}

/// Sends one resource, or 304 if the reader has it as it is.
#[must_use]
pub fn one<T: Serialize + ToSchema>(seen: &IfNoneMatch, version: i32, body: &T) -> HttpResponse {
    let reply = changed(version, body);
    match &reply.etag {
        Some(etag) if seen.has(etag) => HttpResponse::NotModified()
            .insert_header((ETAG, etag.as_str()))
            .finish(),
        _ => send(reply),
    }
}
