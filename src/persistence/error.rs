//! What an error of a database means to the application.

use diesel::result::{DatabaseErrorKind as Kind, Error};

use crate::application::ports::StoreError;

/// Why a store could not be opened or migrated. No message shows a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    #[error("cannot open {database}: {reason}")]
    Connect { database: String, reason: String },
    #[error(
        "SQLite {found} is too old: {needed} or newer is needed, earlier ones may corrupt a database in WAL mode"
    )]
    OldSqlite { found: String, needed: String },
    #[error(
        "{database} carries migration {newest_applied}, but this program knows none after {newest_known}: \
         a newer release has migrated it; start that release, or restore a backup made before"
    )]
    NewerSchema {
        database: String,
        newest_applied: String,
        newest_known: String,
    },
    #[error("cannot migrate {database}: {reason}")]
    Migration { database: String, reason: String },
    #[error("cannot start a thread: {0}")]
    Thread(String),
}

/// Translates an error of a statement. The call site says what a `Conflict` means.
///
/// diesel gives no SQLSTATE beyond its few kinds, and SQLite's codes not at all, so the rest is told apart by its
/// message; each connection asks PostgreSQL for English ones.
#[must_use]
pub fn map_error(error: Error) -> StoreError {
    match error {
        Error::DatabaseError(kind, info) => from_database(kind, info.message()),
        Error::NotFound => StoreError::Corrupt("a row that must exist is missing".into()),
        Error::DeserializationError(reason) => {
            StoreError::Corrupt(format!("cannot be read: {reason}"))
        }
        Error::SerializationError(reason) => {
            StoreError::Corrupt(format!("cannot be stored: {reason}"))
        }
        other => StoreError::Unavailable(other.to_string()),
    }
}

fn from_database(kind: Kind, message: &str) -> StoreError {
    let has = |parts: &[&str]| parts.iter().any(|part| message.contains(part));
    match kind {
        Kind::UniqueViolation => StoreError::Conflict,
        Kind::SerializationFailure => StoreError::Retry,
        Kind::ForeignKeyViolation
        | Kind::NotNullViolation
        | Kind::CheckViolation
        | Kind::RestrictViolation
        | Kind::ExclusionViolation => StoreError::Corrupt(message.to_owned()),
        // The connection is gone, or leads to a standby that must not be written: another one may do.
        Kind::ClosedConnection | Kind::ReadOnlyTransaction | Kind::UnableToSendCommand => {
            StoreError::Unavailable(message.to_owned())
        }
        _ if has(&["deadlock detected"]) => StoreError::Retry,
        _ if has(&[
            "database is locked",
            "database table is locked",
            "database schema is locked",
            "lock timeout",
            "could not obtain lock",
        ]) =>
        {
            StoreError::Busy
        }
        _ if has(&["disk image is malformed", "file is not a database"]) => {
            StoreError::Corrupt(message.to_owned())
        }
        // Full disk, input or output error, statement timeout, server shutting down, missing table ...
        _ => StoreError::Unavailable(message.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(kind: Kind, message: &str) -> StoreError {
        map_error(Error::DatabaseError(kind, Box::new(message.to_owned())))
    }

    #[test]
    fn each_failure_has_its_meaning() {
        let unavailable = |text: &str| StoreError::Unavailable(text.into());
        let corrupt = |text: &str| StoreError::Corrupt(text.into());
        for (kind, message, expected) in [
            (Kind::UniqueViolation, "duplicate key", StoreError::Conflict),
            (Kind::SerializationFailure, "40001", StoreError::Retry),
            (Kind::Unknown, "deadlock detected", StoreError::Retry),
            (Kind::Unknown, "database is locked", StoreError::Busy),
            (
                Kind::Unknown,
                "canceling statement due to lock timeout",
                StoreError::Busy,
            ),
            (
                Kind::Unknown,
                "database or disk is full",
                unavailable("database or disk is full"),
            ),
            (
                Kind::Unknown,
                "disk I/O error",
                unavailable("disk I/O error"),
            ),
            (
                Kind::Unknown,
                "could not extend file \"x\": No space left on device",
                unavailable("could not extend file \"x\": No space left on device"),
            ),
            (Kind::ClosedConnection, "gone", unavailable("gone")),
            (
                Kind::ReadOnlyTransaction,
                "read-only",
                unavailable("read-only"),
            ),
            (Kind::ForeignKeyViolation, "fk", corrupt("fk")),
            (Kind::CheckViolation, "check", corrupt("check")),
            (
                Kind::Unknown,
                "database disk image is malformed",
                corrupt("database disk image is malformed"),
            ),
        ] {
            assert_eq!(database(kind, message), expected, "{message}");
        }
        assert!(matches!(map_error(Error::NotFound), StoreError::Corrupt(_)));
        assert!(matches!(
            map_error(Error::AlreadyInTransaction),
            StoreError::Unavailable(_)
        ));
    }
}
