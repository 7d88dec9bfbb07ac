//! The one table of problem codes. Problem pages, the responses of the document and the tests are made from it.

/// What an answer of 400 or above is about.
macro_rules! codes {
    ($($name:ident = $code:literal, $status:literal, $title:literal, $advice:literal;)+) => {
        /// A stable code of RFC 9457 problems: clients branch on it, never on a title or detail.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $title] $name,)+
        }

        impl Code {
            /// Every code, by status.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The `code` member.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// The HTTP status.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)+ }
            }

            /// The `title` member: the same for every problem of this code.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }

            /// What it means and what to do, for the problem page.
            #[must_use]
            pub const fn advice(self) -> &'static str {
                match self { $(Self::$name => $advice,)+ }
            }
        }
    };
}

codes! {
    BadRequest = "bad_request", 400, "The request is not valid HTTP",
        "The request line or a header could not be read. Check what your client or a proxy in between sends.";
    BrokenJson = "broken_json", 400, "The body is not JSON",
        "The body must be one JSON text in UTF-8: no trailing commas, no comments, no member name twice in one object, \
         no number out of range, at most 32 levels deep. Correct it and send it again.";
    BadCursor = "bad_cursor", 400, "The cursor does not belong to this list",
        "A cursor continues exactly the list it came from: the same path, the same filters, the same caller. \
         Start again without a cursor, or follow the Link header as it stands.";
    Unauthenticated = "unauthenticated", 401, "A valid credential is needed",
        "Send one header `Authorization: Bearer TOKEN` with a token that has not expired and whose subject this service \
         knows. On a development machine `hmis-licensing token --role system_admin` prints one.";
    Forbidden = "forbidden", 403, "Your role does not allow this",
        "The credential is good, but none of the roles granted to it now allows this action here. Ask an administrator \
         of the HMIS lead for the role, or somebody who has it to act.";
    OwnCase = "own_case", 403, "Nobody decides about himself",
        "The requester is never the trainee, the reviewer never the person reviewed. Ask a colleague or the HMIS lead.";
    NotFound = "not_found", 404, "Not found",
        "There is nothing at this address that you may know of. Check the path and the id, and whether it belongs to an \
         implementation and organization that your role covers.";
    MethodNotAllowed = "method_not_allowed", 405, "This address does not take that method",
        "The Allow header of the answer lists the methods that it takes.";
    RequestTimeout = "request_timeout", 408, "The body did not arrive in time",
        "The whole body must arrive within ten seconds. Send it again over a better connection; a POST with an \
         idempotency key is safe to repeat.";
    TransitionRefused = "transition_refused", 409, "The present state does not allow this",
        "`state` names the state, `action` what was asked, and `needs` what is missing. Meet the needs and ask again; \
         with no needs listed, this state never allows the action.";
    NoPolicy = "no_policy", 409, "The implementation has no policy in force",
        "Licenses are decided by the policy of their implementation. An administrator posts a first version under \
         `/v1/implementations/{id}/policies`.";
    Duplicate = "duplicate", 409, "It exists already",
        "Something with the same key exists. The detail says which key; read what exists, or choose another key.";
    KeyBusy = "idempotency_key_busy", 409, "The first request with this idempotency key is still running",
        "Wait as long as Retry-After says and send the same request again: it answers with the result of the first.";
    Stale = "stale", 412, "The resource was changed in the meantime",
        "The version in If-Match or `expected_version` is not the current one. Read the resource again, look at what \
         changed, and repeat with its new ETag.";
    PayloadTooLarge = "payload_too_large", 413, "The body is too large",
        "A JSON body may have at most 64 KiB. Send less at a time.";
    UriTooLong = "uri_too_long", 414, "The address is too long",
        "Path and query together may have at most 8 KiB. Filter by fewer values.";
    UnsupportedMediaType = "unsupported_media_type", 415, "The body has a form that is not read here",
        "Send `Content-Type: application/json` (for PATCH also `application/merge-patch+json`), in UTF-8 and without a \
         Content-Encoding.";
    WrongShape = "wrong_shape", 422, "The request does not have the documented shape",
        "A member or parameter is unknown, missing, or of another type than the document says. `errors` points at it.";
    Invalid = "invalid", 422, "The request has faults of meaning",
        "`errors` lists every fault with the place it was found at. Correct all of them and send the request again.";
    KeyReused = "idempotency_key_reused", 422, "The idempotency key was used for another request",
        "A key stands for one request for 24 hours: method, path, query and body. Use a new key for a new request, and \
         repeat an old one unchanged.";
    PreconditionRequired = "precondition_required", 428, "The version acted upon must be named",
        "Send the ETag of the resource as If-Match, or its version as `expected_version` in the body, so that nobody's \
         change is overwritten unseen.";
    HeadersTooLarge = "headers_too_large", 431, "The headers are too large",
        "All headers together may have at most 16 KiB. Send fewer or shorter ones.";
    Internal = "internal", 500, "The service failed",
        "It is not your fault, and what was asked was not done. Send the request id to the operator; the log says more.";
    Unavailable = "unavailable", 503, "The service cannot answer now",
        "The database is busy or away. Whether a change was kept is not known: repeat it with the same idempotency key \
         after the seconds in Retry-After. For an access decision, keep to the last permission no longer than its \
         `recheck_after`.";
    Reindexing = "reindexing", 503, "States are being evaluated anew",
        "A change of policy touched many licenses, and a list by state would not be right yet. Ask again after the \
         seconds in Retry-After.";
}

impl Code {
    /// The path of the page about this code: the `type` of its problems.
    #[must_use]
    pub fn page(self) -> String {
        format!("/problems/{}", self.as_str())
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text)
    }

    /// What to say of an answer that the framework made.
    #[must_use]
    pub fn of_status(status: u16) -> Self {
        match status {
            401 => Self::Unauthenticated,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            405 => Self::MethodNotAllowed,
            408 => Self::RequestTimeout,
            412 => Self::Stale,
            413 => Self::PayloadTooLarge,
            414 => Self::UriTooLong,
            415 => Self::UnsupportedMediaType,
            422 => Self::WrongShape,
            431 => Self::HeadersTooLarge,
            503 => Self::Unavailable,
            400..500 => Self::BadRequest,
            _ => Self::Internal,
        }
    }
}

/// What every operation may answer, also one that needs no credential.
pub const ANY: &[Code] = &[Code::UriTooLong, Code::HeadersTooLarge, Code::Internal];
/// What every operation under a credential may answer.
pub const KNOWN: &[Code] = &[
    Code::Unauthenticated,
    Code::Forbidden,
    Code::UriTooLong,
    Code::WrongShape,
    Code::HeadersTooLarge,
    Code::Internal,
    Code::Unavailable,
];
/// Acting upon one thing.
pub const ONE: &[Code] = &[Code::NotFound];
/// Reading a list.
pub const LIST: &[Code] = &[Code::BadCursor, Code::Invalid];
/// Sending a body.
pub const BODY: &[Code] = &[
    Code::BrokenJson,
    Code::RequestTimeout,
    Code::PayloadTooLarge,
    Code::UnsupportedMediaType,
    Code::Invalid,
];
/// Posting, with an idempotency key.
pub const POST: &[Code] = &[Code::KeyBusy, Code::KeyReused];
/// Naming the version acted upon.
pub const VERSIONED: &[Code] = &[Code::NotFound, Code::Stale, Code::PreconditionRequired];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_ordered_by_status() {
        let mut names: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Code::ALL.len());
        assert!(
            Code::ALL
                .windows(2)
                .all(|pair| pair[0].status() <= pair[1].status())
        );
        for code in Code::ALL {
            assert!((400..600).contains(&code.status()), "{code:?}");
            assert_eq!(Code::parse(code.as_str()), Some(*code));
        }
    }

    #[test]
    fn a_status_made_by_the_framework_keeps_its_number_where_the_table_has_it() {
        for code in Code::ALL {
            let spoken = Code::of_status(code.status());
            if code.status() != 409 && code.status() != 428 {
                assert_eq!(spoken.status(), code.status(), "{code:?}");
            }
        }
    }
}
