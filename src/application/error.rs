//! Why a use case did not do what it was asked. `http` turns each into a problem document.

use super::actor::Denied;
use super::ports::StoreError;
use super::ports::store::StoreFault;
use crate::domain::error::Rejection;

/// Where in a request a fault lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// An RFC 6901 pointer into the JSON body.
    Pointer(String),
    /// A query or path parameter.
    Parameter(String),
    Header(String),
}

/// One fault of meaning: where, what is wrong, and what to change. Never echoes the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub place: Place,
    pub detail: String,
}

impl Fault {
    /// A fault at a JSON pointer of the body.
    pub fn at(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            place: Place::Pointer(pointer.into()),
            detail: detail.into(),
        }
    }

    pub fn parameter(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            place: Place::Parameter(name.into()),
            detail: detail.into(),
        }
    }
}

/// Everything a use case can answer instead of doing its work.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// The token names nobody this service knows: 401.
    #[error("the credential identifies no known principal")]
    Unauthenticated,
    /// 403.
    #[error("not allowed")]
    Forbidden,
    /// Nobody decides about himself, requester is not trainee, reviewer is not trainee: 403.
    #[error("{0}")]
    OwnCase(String),
    /// It does not exist, or the caller may not know of it; both look the same: 404.
    #[error("not found")]
    NotFound,
    /// Faults of meaning, all of them: 422.
    #[error("invalid input")]
    Invalid(Vec<Fault>),
    /// The state does not allow the action: 409.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The implementation has no policy in force: 409.
    #[error("the implementation has no policy in force")]
    NoPolicy,
    /// It exists already: 409.
    #[error("{0}")]
    Duplicate(String),
    /// The version named is not the current one: 412. Said only to whoever may see the resource.
    #[error("the resource was changed in the meantime")]
    Stale { current: i32 },
    /// A transition without If-Match or `expected_version`: 428.
    #[error("the version acted upon must be named")]
    PreconditionRequired,
    /// The cursor was not made for this query and caller: 400.
    #[error("the cursor was not made for this list")]
    BadCursor,
    /// The key was used for another request: 422.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// The first request with this key is still running: 409.
    #[error("the first request with this idempotency key is still running")]
    KeyBusy,
    /// Too many rows wait for a new evaluation: 503.
    #[error("states are being evaluated anew")]
    Reindexing,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Error {
    /// A single fault at a JSON pointer.
    pub fn invalid(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Invalid(vec![Fault::at(pointer, detail)])
    }
}

impl From<Denied> for Error {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Forbidden => Self::Forbidden,
            Denied::Hidden => Self::NotFound,
        }
    }
}

impl StoreFault for Error {
    fn store_fault(&self) -> Option<StoreError> {
        match self {
            Self::Store(error) => error.store_fault(),
            _ => None,
        }
    }
}
