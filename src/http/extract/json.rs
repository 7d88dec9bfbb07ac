//! JSON bodies.

use std::time::{Duration, Instant};

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::Method;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};
use actix_web::rt::time::timeout;
use actix_web::web::{self, BytesMut};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::StreamExt;
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};
use validator::Validate;

use super::shape::{self, Source};
use super::{precondition, tree};
use crate::application::audit::hex;
use crate::application::{Fault, Idempotency, Place};
use crate::http::State;
use crate::http::problem::{Code, Problem};

/// The largest JSON body, in bytes.
pub const LARGEST_BODY: usize = 64 * 1024;
/// The longest idempotency key, in characters.
const LONGEST_KEY: usize = 255;

/// The body of a request, read, checked and validated. With a POST comes its idempotency key, from the header
/// `Idempotency-Key` or the member `idempotency_key`.
#[derive(Debug)]
pub struct Json<T> {
    pub value: T,
    pub idempotency: Option<Idempotency>,
}

/// A [`Json`] body of an action that must name the version acted upon, by `If-Match` or the member
/// `expected_version`.
#[derive(Debug)]
pub struct VersionedJson<T> {
    pub value: T,
    pub idempotency: Option<Idempotency>,
    /// The version the caller has seen.
    pub expected: i32,
}

impl<T: DeserializeOwned + Validate + 'static> FromRequest for Json<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let body = Body::read(&request, payload).await?;
            Ok(Self {
                idempotency: body.idempotency,
                value: typed(body.tree)?,
            })
        })
    }
}

impl<T: DeserializeOwned + Validate + 'static> FromRequest for VersionedJson<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let mut body = Body::read(&request, payload).await?;
            let in_body = body.take_expected_version()?;
            let value = typed(body.tree)?;
            Ok(Self {
                idempotency: body.idempotency,
                value,
                expected: precondition::expected(request.headers(), in_body)?,
            })
        })
    }
}

/// A body whose conventions have been taken out.
struct Body {
    tree: Value,
    idempotency: Option<Idempotency>,
}

impl Body {
    async fn read(request: &HttpRequest, payload: Payload) -> Result<Self, Problem> {
        let posts = request.method() == Method::POST;
        let limits = limits(request)?;
        let pace = Pace {
            deadline: limits.body_deadline,
            slowest: None,
        };
        let bytes = bytes(request, payload, LARGEST_BODY, pace).await?;
        // Help-desk tools send an empty POST without a Content-Type where nothing needs saying.
        let mut tree = if bytes.is_empty() && !request.headers().contains_key(CONTENT_TYPE) {
            Value::Object(serde_json::Map::new())
        } else {
            check_media_type(request)?;
            tree::parse(&bytes)?
        };
        if let Some(fault) = tree::faults(&tree, request.method() == Method::PATCH)
            .into_iter()
            .next()
        {
            return Err(Problem::shape(fault));
        }
        let idempotency = if posts {
            key(request.headers(), &mut tree)?.map(|key| Idempotency {
                key,
                fingerprint: fingerprint(request, &bytes),
            })
        } else {
            None
        };
        Ok(Self { tree, idempotency })
    }

    fn take_expected_version(&mut self) -> Result<Option<i32>, Problem> {
        let Some(version) = self
            .tree
            .as_object_mut()
            .and_then(|body| body.remove("expected_version"))
        else {
            return Ok(None);
        };
        version
            .as_i64()
            .and_then(|version| i32::try_from(version).ok())
            .filter(|version| *version > 0)
            .map(Some)
            .ok_or_else(|| {
                Problem::shape(Fault::at(
                    "/expected_version",
                    "must be a positive whole number",
                ))
            })
    }
}

/// The bounds that the service was started with.
pub(super) fn limits(request: &HttpRequest) -> Result<crate::http::Limits, Problem> {
    request
        .app_data::<web::Data<State>>()
        .map(|state| state.limits)
        .ok_or_else(|| Problem::of(Code::Internal))
}

/// How slowly a body may arrive.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// The whole of it.
    pub deadline: Duration,
    /// A head start, and with how many bytes a second on average it must have arrived from then on.
    pub slowest: Option<(Duration, u32)>,
}

impl Pace {
    /// How long after the beginning the next piece is awaited, with so many bytes arrived.
    fn patience(self, arrived: usize) -> Duration {
        let Some((head_start, rate)) = self.slowest else {
            return self.deadline;
        };
        let arrived = u64::try_from(arrived).unwrap_or(u64::MAX);
        let earned = Duration::from_millis(arrived.saturating_mul(1_000) / u64::from(rate.max(1)));
        self.deadline.min(head_start.saturating_add(earned))
    }
}

/// Reads the body within its bounds of size and time.
pub(super) async fn bytes(
    request: &HttpRequest,
    mut payload: Payload,
    largest: usize,
    pace: Pace,
) -> Result<web::Bytes, Problem> {
    let headers = request.headers();
    if headers
        .get_all(CONTENT_ENCODING)
        .any(|encoding| encoding.as_bytes() != b"identity")
    {
        return Err(Problem::new(
            Code::UnsupportedMediaType,
            "Send the body without a Content-Encoding.",
        ));
    }
    let announced = headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok())
        .and_then(|length| length.parse::<usize>().ok());
    if announced.is_some_and(|length| length > largest) {
        return Err(Problem::of(Code::PayloadTooLarge));
    }
    let began = Instant::now();
    let mut bytes = BytesMut::new();
    loop {
        let late = || Problem::of(Code::RequestTimeout);
        let left = pace.patience(bytes.len()).checked_sub(began.elapsed());
        let next = timeout(left.ok_or_else(late)?, payload.next()).await;
        let Some(chunk) = next.map_err(|_| late())? else {
            return Ok(bytes.freeze());
        };
        let chunk = chunk.map_err(|error| broken_off(&error))?;
        if bytes.len() + chunk.len() > largest {
            return Err(Problem::of(Code::PayloadTooLarge));
        }
        bytes.extend_from_slice(&chunk);
    }
}

fn broken_off(error: &PayloadError) -> Problem {
    match error {
        PayloadError::Overflow => Problem::of(Code::PayloadTooLarge),
        _ => Problem::new(Code::BadRequest, "The body broke off."),
    }
}

fn check_media_type(request: &HttpRequest) -> Result<(), Problem> {
    let refused = |detail| Err(Problem::new(Code::UnsupportedMediaType, detail));
    let Ok(Some(media)) = request.mime_type() else {
        return refused("Send Content-Type: application/json.");
    };
    let merges =
        request.method() == Method::PATCH && media.essence_str() == "application/merge-patch+json";
    if media.essence_str() != "application/json" && !merges {
        return refused("Send Content-Type: application/json.");
    }
    match media.get_param("charset") {
        Some(charset) if charset != "utf-8" => refused("Send the body in UTF-8."),
        _ => Ok(()),
    }
}

pub(super) fn typed<T: DeserializeOwned + Validate>(tree: Value) -> Result<T, Problem> {
    let value: T = serde_path_to_error::deserialize(tree)
        .map_err(|error| Problem::shape(shape::fault(error.path(), error.inner(), Source::Body)))?;
    value
        .validate()
        .map_err(|errors| Problem::invalid(shape::faults(&errors, Source::Body)))?;
    Ok(value)
}

/// The idempotency key of header and body, which must agree. Takes the member out of the body.
fn key(headers: &HeaderMap, tree: &mut Value) -> Result<Option<String>, Problem> {
    let header = header_key(headers)?;
    let member = tree
        .as_object_mut()
        .and_then(|body| body.remove("idempotency_key"));
    let member = match member {
        None => None,
        Some(Value::String(key)) if is_key(&key) => Some(key),
        Some(_) => {
            let detail = "must be a text of 1 to 255 visible ASCII characters or blanks";
            return Err(Problem::shape(Fault::at("/idempotency_key", detail)));
        }
    };
    match (header, member) {
        (Some(header), Some(member)) if header != member => Err(Problem::invalid(vec![Fault::at(
            "/idempotency_key",
            "differs from the header Idempotency-Key; send one of them",
        )])),
        (header, member) => Ok(header.or(member)),
    }
}

pub(super) fn header_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut given = headers.get_all("idempotency-key");
    let Some(first) = given.next() else {
        return Ok(None);
    };
    let fault = |detail: &str| {
        Problem::invalid(vec![Fault {
            place: Place::Header("Idempotency-Key".to_owned()),
            detail: detail.to_owned(),
        }])
    };
    if given.next().is_some() {
        return Err(fault("must be sent once"));
    }
    let bare = first.to_str().unwrap_or_default().trim();
    let key = bare
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(bare);
    if is_key(key) {
        Ok(Some(key.to_owned()))
    } else {
        Err(fault(
            "must have 1 to 255 visible ASCII characters, quoted or bare",
        ))
    }
}

fn is_key(key: &str) -> bool {
    (1..=LONGEST_KEY).contains(&key.len())
        && key
            .bytes()
            .all(|byte| byte == b' ' || byte.is_ascii_graphic())
}

/// SHA-256 over method, path, query and body, each with its length, so that no two requests share one.
pub(super) fn fingerprint(request: &HttpRequest, body: &[u8]) -> String {
    let mut hash = Sha256::new();
    for part in [
        request.method().as_str().as_bytes(),
        request.uri().path().as_bytes(),
        request.query_string().as_bytes(),
        body,
    ] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hex(&hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;
    use serde_json::json;

    fn read(lines: &[&str], mut body: Value) -> Result<Option<String>, Code> {
        let mut request = TestRequest::default();
        for line in lines {
            request = request.append_header(("Idempotency-Key", *line));
        }
        key(request.to_http_request().headers(), &mut body).map_err(|problem| problem.code)
    }

    #[test]
    fn what_arrives_slowly_is_awaited_as_long_as_it_earned() {
        let whole = Duration::from_secs(120);
        let steady = Pace {
            deadline: whole,
            slowest: Some((Duration::from_secs(10), 1024)),
        };
        for (arrived, millis) in [
            (0, 10_000),
            (10, 10_009),
            (1024, 11_000),
            (110 * 1024, 120_000),
            (8 * 1024 * 1024, 120_000),
            (usize::MAX, 120_000),
        ] {
            let patience = steady.patience(arrived);
            assert_eq!(patience, Duration::from_millis(millis), "{arrived}");
        }
        let whole = Pace {
            deadline: whole,
            slowest: None,
        };
        assert_eq!(whole.patience(0), Duration::from_secs(120));
    }

    #[test]
    fn a_key_is_quoted_or_bare_in_header_or_body() {
        let key = Some("k-1".to_owned());
        assert_eq!(read(&["k-1"], json!({})), Ok(key.clone()));
        assert_eq!(read(&["\"k-1\""], json!({})), Ok(key.clone()));
        assert_eq!(
            read(&[], json!({"idempotency_key": "k-1"})),
            Ok(key.clone())
        );
        assert_eq!(
            read(&["\"k-1\""], json!({"idempotency_key": "k-1"})),
            Ok(key)
        );
        assert_eq!(read(&[], json!({})), Ok(None));
    }

    #[test]
    fn bad_keys_are_refused() {
        let long = "k".repeat(256);
        for lines in [&["a", "b"][..], &[""], &["\"\""], &[&long], &["ké"]] {
            assert_eq!(read(lines, json!({})), Err(Code::Invalid), "{lines:?}");
        }
        assert_eq!(
            read(&["a"], json!({"idempotency_key": "b"})),
            Err(Code::Invalid)
        );
        for member in [json!(1), json!(""), json!(long), json!("a\nb")] {
            assert_eq!(
                read(&[], json!({ "idempotency_key": member })),
                Err(Code::WrongShape)
            );
        }
    }

    #[test]
    fn the_fingerprint_covers_method_path_query_and_body() {
        let of = |request: TestRequest, body: &[u8]| fingerprint(&request.to_http_request(), body);
        let prints = [
            of(TestRequest::post().uri("/v1/a"), b"x"),
            of(TestRequest::put().uri("/v1/a"), b"x"),
            of(TestRequest::post().uri("/v1/ax"), b""),
            of(TestRequest::post().uri("/v1/a?x"), b""),
            of(TestRequest::post().uri("/v1/a"), b"y"),
        ];
        for (index, one) in prints.iter().enumerate() {
            assert!(prints.iter().skip(index + 1).all(|other| one != other));
        }
    }
}
