//! Opaque cursors of lists: where a page ended, bound to the query and the caller by a message authentication code.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use uuid::Uuid;

use crate::application::Caller;
use crate::application::secret::keyed;

/// Bytes of an id.
const ID: usize = 16;
/// Bytes of the authentication code that a cursor carries: half of HMAC-SHA256.
const CODE: usize = 16;

/// The key that cursors are authenticated with.
#[derive(Clone)]
pub struct CursorKey(Hmac<Sha256>);

/// What a cursor holds for.
#[derive(Clone, Copy, Debug)]
pub struct Binding<'a> {
    pub caller: &'a Caller,
    pub path: &'a str,
    /// Every parameter but `limit` and `cursor`, sorted.
    pub filters: &'a [(String, String)],
}

/// The cursor was not made for this list and caller, or not by this service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cursor was not made for this list")]
pub struct BadCursor;

impl CursorKey {
    /// With the key that is derived from the service's secret for cursors.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        Self(keyed(key))
    }

    /// A cursor that goes on after `last`.
    #[must_use]
    pub fn seal(&self, last: Uuid, binding: &Binding<'_>) -> String {
        let code = self.code(last, binding).finalize().into_bytes();
        let bytes: Vec<u8> = last
            .as_bytes()
            .iter()
            .chain(code.iter().take(CODE))
            .copied()
            .collect();
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The id after which the list goes on.
    pub fn open(&self, cursor: &str, binding: &Binding<'_>) -> Result<Uuid, BadCursor> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| BadCursor)?;
        let (id, code) = bytes.split_at_checked(ID).ok_or(BadCursor)?;
        if code.len() != CODE {
            return Err(BadCursor);
        }
        let last = Uuid::from_slice(id).map_err(|_| BadCursor)?;
        self.code(last, binding)
            .verify_truncated_left(code)
            .map_err(|_| BadCursor)?;
        Ok(last)
    }

    fn code(&self, last: Uuid, binding: &Binding<'_>) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        let caller = [&binding.caller.issuer, &binding.caller.subject];
        let filters = binding
            .filters
            .iter()
            .flat_map(|(name, value)| [name, value]);
        for part in caller
            .into_iter()
            .map(String::as_str)
            .chain([binding.path])
            .chain(filters.map(String::as_str))
        {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac.update(last.as_bytes());
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(subject: &str) -> Caller {
        Caller {
            issuer: "issuer".into(),
            subject: subject.into(),
            request_id: "r".into(),
        }
    }

    #[test]
    fn a_cursor_opens_only_where_it_was_made() {
        let key = CursorKey::new(&[7; 32]);
        let filters = [("state".to_owned(), "active".to_owned())];
        let moved = [("stat".to_owned(), "eactive".to_owned())];
        let (me, you) = (caller("me"), caller("you"));
        let here = Binding {
            caller: &me,
            path: "/v1/licenses",
            filters: &filters,
        };
        let last = Uuid::from_u128(42);
        let cursor = key.seal(last, &here);
        assert_eq!(key.open(&cursor, &here), Ok(last));
        for elsewhere in [
            Binding {
                caller: &you,
                ..here
            },
            Binding {
                path: "/v1/people",
                ..here
            },
            Binding {
                filters: &[],
                ..here
            },
            Binding {
                filters: &moved,
                ..here
            },
        ] {
            assert_eq!(key.open(&cursor, &elsewhere), Err(BadCursor));
        }
        assert_eq!(
            CursorKey::new(&[8; 32]).open(&cursor, &here),
            Err(BadCursor)
        );
    }

    #[test]
    fn garbage_and_altered_cursors_are_refused() {
        let key = CursorKey::new(&[7; 32]);
        let me = caller("me");
        let here = Binding {
            caller: &me,
            path: "/v1/licenses",
            filters: &[],
        };
        let cursor = key.seal(Uuid::from_u128(42), &here);
        let shorter = cursor.get(..cursor.len() - 4).unwrap();
        let altered = format!("B{}", cursor.get(1..).unwrap());
        for bad in ["", "x", "!!!!", shorter, &altered, &format!("{cursor}AAAA")] {
            assert_eq!(key.open(bad, &here), Err(BadCursor), "{bad}");
        }
    }
}
