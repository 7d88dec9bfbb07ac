//! What surrounds every request: its id, bounds on its head, the headers of its answer, problems for everything the
//! framework refuses, and one line in the log that names the route and never the path.

use std::panic::AssertUnwindSafe;
use std::time::Instant;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::Method;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse, web};
use futures_util::FutureExt;

use super::State;
use super::extract::RequestId;
use super::problem::{Code, MEDIA_TYPE, Problem};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest path and query, in bytes.
const LONGEST_URI: usize = 8 * 1024;
/// The most bytes of headers, names and values together.
const LARGEST_HEADERS: usize = 16 * 1024;

/// The outermost middleware.
pub async fn frame<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let line = LogLine::new(&request);
    let id = line.request_id.clone();
    request.extensions_mut().insert(id.clone());
    // The codec leaves the body out of an answer to HEAD, so that GET's handlers serve it.
    if request.method() == Method::HEAD {
        request.head_mut().method = Method::GET;
    }
    let answer = if let Some(problem) = too_large(&request) {
        Ok(request.into_response(problem.response(id.as_str())))
    } else {
        match AssertUnwindSafe(next.call(request)).catch_unwind().await {
            Ok(Ok(answer)) => Ok(speak(answer.map_into_boxed_body(), &id)),
            Ok(Err(error)) => Err(problem_of(&error)),
            // The panic hook has logged where; the request is gone with the unwound stack.
            Err(_) => Err(Problem::of(Code::Internal)),
        }
    };
    match answer {
        Ok(mut answer) => {
            let template = answer.request().match_pattern();
            dress(answer.headers_mut(), &id);
            line.write(template.as_deref(), answer.status().as_u16());
            Ok(answer)
        }
        Err(problem) => {
            let mut response = problem.response(id.as_str());
            dress(response.headers_mut(), &id);
            line.write(None, response.status().as_u16());
            Err(InternalError::from_response(problem, response).into())
        }
    }
}

/// Refuses a head beyond the bounds.
fn too_large(request: &ServiceRequest) -> Option<Problem> {
    let uri = request.uri().path().len() + request.query_string().len();
    let headers: usize = request
        .headers()
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum();
    if uri > LONGEST_URI {
        Some(Problem::of(Code::UriTooLong))
    } else if headers > LARGEST_HEADERS {
        Some(Problem::of(Code::HeadersTooLarge))
    } else {
        None
    }
}

/// Turns every answer of 400 or above into a problem with the id of its request.
fn speak(answer: ServiceResponse<BoxBody>, id: &RequestId) -> ServiceResponse<BoxBody> {
    let status = answer.status();
    if status.as_u16() < 400 {
        return answer;
    }
    let problem = match answer.response().error() {
        Some(error) => problem_of(error),
        None if is_problem(answer.headers()) => return answer,
        None => Problem::of(Code::of_status(status.as_u16())),
    };
    answer.into_response(problem.response(id.as_str()))
}

fn problem_of(error: &Error) -> Problem {
    error.as_error::<Problem>().cloned().unwrap_or_else(|| {
        let status = error.as_response_error().status_code().as_u16();
        if status >= 500 {
            log::error!("the framework failed with status {status}");
        }
        Problem::of(Code::of_status(status))
    })
}

fn is_problem(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .is_some_and(|media| media.as_bytes() == MEDIA_TYPE.as_bytes())
}

/// The headers of every answer.
fn dress(headers: &mut HeaderMap, id: &RequestId) {
    if let Ok(id) = HeaderValue::from_str(id.as_str()) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    }
}

/// What is logged of a request.
struct LogLine {
    request_id: RequestId,
    trace_id: Option<String>,
    method: Method,
    began: Instant,
}

impl LogLine {
    fn new(request: &ServiceRequest) -> Self {
        Self {
            request_id: RequestId::of(request.headers()),
            trace_id: trace_id(request.headers()),
            method: request.method().clone(),
            began: Instant::now(),
        }
    }

    fn write(&self, template: Option<&str>, status: u16) {
        log::info!(
            target: "hmis_licensing::access",
            "{} {} {status} {}us request_id={} trace_id={}",
            plain(&self.method),
            template.unwrap_or("-"),
            self.began.elapsed().as_micros(),
            self.request_id,
            self.trace_id.as_deref().unwrap_or("-"),
        );
    }
}

/// A method that HTTP knows; a caller may make up others.
fn plain(method: &Method) -> &str {
    match *method {
        Method::GET
        | Method::HEAD
        | Method::POST
        | Method::PUT
        | Method::PATCH
        | Method::DELETE
        | Method::OPTIONS => method.as_str(),
        _ => "-",
    }
}

/// The trace id of a `traceparent` header (W3C Trace Context).
fn trace_id(headers: &HeaderMap) -> Option<String> {
    let parent = headers.get("traceparent")?.to_str().ok()?;
    let mut parts = parent.split('-');
    let (version, trace, span, flags) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let hex = |part: &str, length: usize| {
        part.len() == length
            && part
                .bytes()
                .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    };
    let known = hex(version, 2) && version != "ff" && hex(flags, 2) && hex(span, 16);
    (known && hex(trace, 32) && trace.bytes().any(|byte| byte != b'0')).then(|| trace.to_owned())
}

/// Whatever no route takes: 405 if another method of the same path would, else 404.
pub async fn lost(request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    Err(match state.methods(request.path()) {
        Some(allow) => Problem::method_not_allowed(&allow),
        None => crate::application::Error::NotFound.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::{
        TestRequest, call_service, init_service, read_body_json, try_call_service,
    };
    use actix_web::{App, middleware::from_fn};
    use serde_json::Value;

    async fn panics() -> HttpResponse {
        panic!("the password is hunter2")
    }

    async fn plain_error() -> HttpResponse {
        HttpResponse::BadRequest().body("serde says: hunter2")
    }

    async fn fine() -> HttpResponse {
        HttpResponse::Ok().body("fine")
    }

    macro_rules! service {
        () => {
            init_service(
                App::new()
                    .wrap(from_fn(frame))
                    .route("/panic", web::get().to(panics))
                    .route("/plain", web::get().to(plain_error))
                    .route("/fine", web::get().to(fine)),
            )
            .await
        };
    }

    #[actix_web::test]
    async fn a_panic_is_a_problem_without_its_cause() {
        let service = service!();
        let request = TestRequest::with_uri("/panic").insert_header(("X-Request-Id", "r-1"));
        let error = try_call_service(&service, request.to_request())
            .await
            .unwrap_err();
        let response = error.error_response();
        assert_eq!(response.status(), 500);
        assert_eq!(response.headers().get("x-request-id").unwrap(), "r-1");
        let body = actix_web::body::to_bytes(response.into_body())
            .await
            .unwrap();
        let problem: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(problem["code"], "internal");
        assert_eq!(problem["instance"], "r-1");
        assert!(!problem.to_string().contains("hunter2"));
    }

    #[actix_web::test]
    async fn plain_text_of_the_framework_becomes_a_problem() {
        let service = service!();
        let request = TestRequest::with_uri("/plain").to_request();
        let response = call_service(&service, request).await;
        assert_eq!(response.status(), 400);
        assert_eq!(response.headers().get(CONTENT_TYPE).unwrap(), MEDIA_TYPE);
        let problem: Value = read_body_json(response).await;
        assert_eq!(problem["code"], "bad_request");
        assert!(!problem.to_string().contains("hunter2"));
    }

    #[actix_web::test]
    async fn every_answer_is_dressed() {
        let service = service!();
        let response = call_service(&service, TestRequest::with_uri("/fine").to_request()).await;
        let headers = response.headers();
        assert_eq!(headers.get(X_CONTENT_TYPE_OPTIONS).unwrap(), "nosniff");
        assert_eq!(headers.get(CACHE_CONTROL).unwrap(), "private, no-cache");
        assert_eq!(headers.get(REQUEST_ID).unwrap().len(), 36);
    }

    #[actix_web::test]
    async fn request_ids_are_taken_over_if_they_are_harmless() {
        let of = |lines: &[&[u8]]| {
            let mut request = TestRequest::default();
            for line in lines {
                let value = HeaderValue::from_bytes(line).unwrap();
                request = request.append_header((REQUEST_ID, value));
            }
            RequestId::of(request.to_http_request().headers()).to_string()
        };
        assert_eq!(of(&[b"r-1"]), "r-1");
        assert_eq!(of(&[&[b'r'; 128]]).len(), 128);
        for bad in [
            &[&b""[..]][..],
            &[&[b'r'; 129]],
            &[b"a b"],
            &[b"caf\xe9"],
            &[b"a", b"b"],
            &[],
        ] {
            assert_eq!(of(bad).len(), 36, "{bad:?}");
        }
    }

    #[actix_web::test]
    async fn heads_beyond_the_bounds_are_refused() {
        let service = service!();
        let long = format!("/fine?{}", "q".repeat(LONGEST_URI));
        let response = call_service(&service, TestRequest::with_uri(&long).to_request()).await;
        assert_eq!(response.status(), 414);
        let request = TestRequest::with_uri("/fine")
            .insert_header(("X-Large", "h".repeat(LARGEST_HEADERS)))
            .to_request();
        let response = call_service(&service, request).await;
        assert_eq!(response.status(), 431);
        let problem: Value = read_body_json(response).await;
        assert_eq!(problem["code"], "headers_too_large");
    }

    #[test]
    fn a_trace_id_is_read_from_a_well_formed_parent_only() {
        let of = |parent: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(
                HeaderName::from_static("traceparent"),
                HeaderValue::from_static(parent),
            );
            trace_id(&headers)
        };
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        assert_eq!(
            of("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").as_deref(),
            Some(trace)
        );
        for bad in [
            "",
            "00",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473X-00f067aa0ba902b7-01",
        ] {
            assert_eq!(of(bad), None, "{bad}");
        }
    }
}
