//! Bodies of one JSON text, or of many: a line each (`application/x-ndjson`).

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use validator::Validate;

use super::json::{self, Json, Pace};
use super::tree;
use crate::application::Idempotency;
use crate::http::problem::{Code, Problem};

/// The media type of many lines.
const NDJSON: &str = "application/x-ndjson";
/// The largest body of many lines, in bytes.
const LARGEST_FEED: usize = 8 * 1024 * 1024;

/// One thing, or many lines of another shape.
#[derive(Debug)]
pub enum Feed<T, L> {
    One(Json<T>),
    Many(Lines<L>),
}

/// The lines of a body, each read and checked on its own: a bad one never loses a good one.
#[derive(Debug)]
pub struct Lines<L> {
    /// With their numbers, from 1; blank lines are left out.
    pub lines: Vec<(u32, Result<L, Problem>)>,
    pub idempotency: Option<Idempotency>,
}

impl<T, L> FromRequest for Feed<T, L>
where
    T: DeserializeOwned + Validate + 'static,
    L: DeserializeOwned + Validate + 'static,
{
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        if !is_feed(request) {
            let one = Json::<T>::from_request(request, payload);
            return Box::pin(async move { one.await.map(Self::One) });
        }
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let limits = json::limits(&request)?;
            let pace = Pace {
                deadline: limits.feed_deadline,
                slowest: Some((limits.feed_head_start, limits.feed_rate)),
            };
            let bytes = json::bytes(&request, payload, LARGEST_FEED, pace).await?;
            let idempotency = json::header_key(request.headers())?.map(|key| Idempotency {
                key,
                fingerprint: json::fingerprint(&request, &bytes),
            });
            Ok(Self::Many(Lines {
                lines: lines(&bytes),
                idempotency,
            }))
        })
    }
}

fn is_feed(request: &HttpRequest) -> bool {
    request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|media| media.to_str().ok())
        .and_then(|media| media.split(';').next())
        .is_some_and(|media| media.trim().eq_ignore_ascii_case(NDJSON))
}

fn lines<L: DeserializeOwned + Validate>(bytes: &[u8]) -> Vec<(u32, Result<L, Problem>)> {
    bytes
        .split(|byte| *byte == b'\n')
        .zip(1_u32..)
        .map(|(line, number)| (line.trim_ascii(), number))
        .filter(|(line, _)| !line.is_empty() && *line != b"\xEF\xBB\xBF")
        .map(|(line, number)| (number, one(line)))
        .collect()
}

fn one<L: DeserializeOwned + Validate>(line: &[u8]) -> Result<L, Problem> {
    if line.len() > json::LARGEST_BODY {
        return Err(Problem::of(Code::PayloadTooLarge));
    }
    let tree = tree::parse(line)?;
    match tree::faults(&tree, false).into_iter().next() {
        Some(fault) => Err(Problem::shape(fault)),
        None => json::typed(tree),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize, Validate)]
    #[serde(deny_unknown_fields)]
    struct Entry {
        id: u8,
    }

    #[test]
    fn each_line_is_read_on_its_own() {
        let body = b"\xEF\xBB\xBF{\"id\": 1}\r\n\n{\"id\": 2, \"id\": 3}\nnot json\n{\"id\": \"x\"}\n\xFF\n{\"id\": 4}";
        let read: Vec<(u32, Result<u8, Code>)> = lines::<Entry>(body)
            .into_iter()
            .map(|(line, entry)| (line, entry.map(|entry| entry.id).map_err(|p| p.code)))
            .collect();
        assert_eq!(
            read,
            [
                (1, Ok(1)),
                (3, Err(Code::BrokenJson)),
                (4, Err(Code::BrokenJson)),
                (5, Err(Code::WrongShape)),
                (6, Err(Code::BrokenJson)),
                (7, Ok(4)),
            ]
        );
    }

    #[test]
    fn a_line_is_no_longer_than_a_body() {
        let long = format!("{{\"id\": {}1}}", " ".repeat(json::LARGEST_BODY));
        let read = lines::<Entry>(long.as_bytes());
        assert_eq!(
            read[0].1.as_ref().map(|entry| entry.id).map_err(|p| p.code),
            Err(Code::PayloadTooLarge)
        );
    }
}
