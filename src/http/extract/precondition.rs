//! Which version a caller has seen: `If-Match`, `If-None-Match` and `expected_version`.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{HeaderMap, IF_MATCH, IF_NONE_MATCH};
use actix_web::{FromRequest, HttpRequest};

use crate::application::{Error, Fault, Place};
use crate::http::etag;
use crate::http::problem::{Code, Problem};

/// One entity tag of a list.
#[derive(Debug, PartialEq, Eq)]
enum Tag {
    Any,
    Weak(String),
    Strong(String),
}

/// The tags of every line of a header; `None` if they are malformed.
fn tags(headers: &HeaderMap, name: actix_web::http::header::HeaderName) -> Option<Vec<Tag>> {
    let mut found = Vec::new();
    for line in headers.get_all(name) {
        let mut rest = line.to_str().ok()?.trim();
        while !rest.is_empty() {
            let (tag, after) = next_tag(rest)?;
            found.push(tag);
            rest = after.trim_start();
            if let Some(more) = rest.strip_prefix(',') {
                rest = more.trim_start();
            } else if !rest.is_empty() {
                return None;
            }
        }
    }
    Some(found)
}

fn next_tag(text: &str) -> Option<(Tag, &str)> {
    if let Some(after) = text.strip_prefix('*') {
        return Some((Tag::Any, after));
    }
    let (weak, quoted) = match text.strip_prefix("W/") {
        Some(quoted) => (true, quoted),
        None => (false, text),
    };
    let (opaque, after) = quoted.strip_prefix('"')?.split_once('"')?;
    let opaque = opaque.to_owned();
    let tag = if weak {
        Tag::Weak(opaque)
    } else {
        Tag::Strong(opaque)
    };
    Some((tag, after))
}

fn at_if_match(detail: &str) -> Problem {
    Problem::invalid(vec![Fault {
        place: Place::Header("If-Match".to_owned()),
        detail: detail.to_owned(),
    }])
}

/// The version that `If-Match` names; `None` without the header. A weak tag never matches (RFC 9110, 13.1.1), nor
/// does one that this service did not make. `*` names no version, so that it does not count as one.
pub(super) fn if_match(headers: &HeaderMap) -> Result<Option<i32>, Problem> {
    if !headers.contains_key(IF_MATCH) {
        return Ok(None);
    }
    let tags = tags(headers, IF_MATCH)
        .ok_or_else(|| at_if_match("must be the quoted ETag of the resource"))?;
    if tags.contains(&Tag::Any) {
        return Ok(None);
    }
    let mut versions: Vec<i32> = tags
        .iter()
        .filter_map(|tag| match tag {
            Tag::Strong(opaque) => etag::version(opaque),
            Tag::Weak(_) | Tag::Any => None,
        })
        .collect();
    versions.dedup();
    match versions[..] {
        [] => Err(Problem::new(
            Code::Stale,
            "If-Match holds no ETag that this service gave out. Read the resource again and send its ETag as it is, with \
             the quotes and without W/.",
        )),
        [version] => Ok(Some(version)),
        _ => Err(at_if_match("must name one version, not several")),
    }
}

/// The version that the caller has seen, by header or body: 428 if he says neither.
pub(super) fn expected(headers: &HeaderMap, in_body: Option<i32>) -> Result<i32, Problem> {
    match (if_match(headers)?, in_body) {
        (Some(header), Some(body)) if header != body => Err(at_if_match(
            "names another version than expected_version in the body",
        )),
        (Some(version), _) | (None, Some(version)) => Ok(version),
        (None, None) => Err(Error::PreconditionRequired.into()),
    }
}

/// The representations a reader has already. Malformed ones are ignored, as RFC 9110 lets a server do.
#[derive(Debug, Default)]
pub struct IfNoneMatch(Vec<Tag>);

impl IfNoneMatch {
    /// Whether the reader has the representation with this ETag (quoted, as sent). The comparison is weak.
    #[must_use]
    pub fn has(&self, etag: &str) -> bool {
        self.0.iter().any(|tag| match tag {
            Tag::Any => true,
            Tag::Weak(opaque) | Tag::Strong(opaque) => etag.trim_matches('"') == opaque,
        })
    }
}

impl FromRequest for IfNoneMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(
            tags(request.headers(), IF_NONE_MATCH).unwrap_or_default(),
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn read(lines: &[&str]) -> Result<Option<i32>, Code> {
        let mut request = TestRequest::default();
        for line in lines {
            request = request.append_header((IF_MATCH, *line));
        }
        if_match(request.to_http_request().headers()).map_err(|problem| problem.code)
    }

    #[test]
    fn if_match_is_compared_by_version() {
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&["\"v3-0123456789abcdef\""]), Ok(Some(3)));
        assert_eq!(read(&["  \"v12-ffffffffffffffff\" "]), Ok(Some(12)));
    }

    #[test]
    fn weak_and_foreign_tags_never_match() {
        assert_eq!(read(&["W/\"v3-0123456789abcdef\""]), Err(Code::Stale));
        assert_eq!(read(&["\"abc\""]), Err(Code::Stale));
        assert_eq!(
            read(&["W/\"v3-0123456789abcdef\", \"v3-0123456789abcdef\""]),
            Ok(Some(3))
        );
    }

    #[test]
    fn a_star_names_no_version() {
        assert_eq!(read(&["*"]), Ok(None));
    }

    #[test]
    fn several_versions_are_refused() {
        let (one, two) = ("\"v3-0123456789abcdef\"", "\"v4-0123456789abcdef\"");
        assert_eq!(read(&[&format!("{one}, {two}")]), Err(Code::Invalid));
        assert_eq!(read(&[one, two]), Err(Code::Invalid));
    }

    #[test]
    fn malformed_headers_are_refused() {
        for line in ["v3-0123456789abcdef", "\"v3", "\"v3\" \"v4\"", "w/\"v3\""] {
            assert_eq!(read(&[line]), Err(Code::Invalid), "{line}");
        }
    }

    #[test]
    fn header_and_body_must_agree() {
        let request = TestRequest::default()
            .insert_header((IF_MATCH, "\"v3-0123456789abcdef\""))
            .to_http_request();
        assert_eq!(expected(request.headers(), Some(3)).unwrap(), 3);
        assert_eq!(
            expected(request.headers(), Some(4)).unwrap_err().code,
            Code::Invalid
        );
        let bare = TestRequest::default().to_http_request();
        assert_eq!(expected(bare.headers(), Some(4)).unwrap(), 4);
        assert_eq!(
            expected(bare.headers(), None).unwrap_err().code,
            Code::PreconditionRequired
        );
    }
}
