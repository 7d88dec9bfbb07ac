//! Stand-in.
use diesel::result::{DatabaseErrorKind, Error};

use crate::application::ports::StoreError;

#[must_use]
pub fn map_error(error: Error) -> StoreError {
    match error {
        Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => StoreError::Conflict,
        Error::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => StoreError::Retry,
        Error::DeserializationError(error) | Error::SerializationError(error) => {
            StoreError::Corrupt(error.to_string())
        }
        other => StoreError::Unavailable(other.to_string()),
    }
}
