//! Who and what an implementation consists of: organizations with their contacts and projects, people, and the roles
//! of staff.
//!
//! Each use case is a plain function over a running transaction. Ids in paths that a caller may not know of answer like
//! ids that do not exist; ids in bodies do so too, as one and the same fault (see [`visible`](super::visible)).

pub mod contacts;
pub mod delegations;
pub mod external_ids;
pub mod implementations;
pub mod input;
pub mod organizations;
pub mod people;
pub mod projects;
pub mod staff_roles;
pub(in crate::application) mod supervisors;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::error::Error;
use super::ports::{StoreError, View};
use crate::domain::ids::ImplementationId;
use crate::domain::policy::{PolicyVersion, Timeline};
use crate::domain::roster::Implementation;

pub use input::Faults;

type Instant = DateTime<Utc>;

/// Compares the version a caller has seen with the current one. None means that he named none.
pub fn expect_version(seen: impl Into<Option<i32>>, current: i32) -> Result<(), Error> {
    match seen.into() {
        None => Err(Error::PreconditionRequired),
        Some(seen) if seen == current => Ok(()),
        Some(_) => Err(Error::Stale { current }),
    }
}

/// The zone of an implementation at an instant: that of the policy then in force, else its own.
#[must_use]
pub fn zone_at(implementation: &Implementation, versions: &[PolicyVersion], at: Instant) -> Tz {
    Timeline::new(versions.iter().cloned())
        .in_force_at(at)
        .and_then(|version| version.document.zone())
        .unwrap_or(implementation.time_zone)
}

/// The zone of a stored implementation at an instant.
pub fn zone_of(view: &mut dyn View, id: ImplementationId, at: Instant) -> Result<Tz, Error> {
    let implementation = existing(view.implementation(id)?, "implementation")?;
    let versions = view.policy_versions(id)?;
    Ok(zone_at(&implementation, &versions, at))
}

/// A row that another row refers to.
fn existing<T>(row: Option<T>, what: &str) -> Result<T, Error> {
    row.ok_or_else(|| StoreError::Corrupt(format!("there is no such {what}")).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_must_be_named_and_current() {
        assert_eq!(expect_version(3, 3), Ok(()));
        assert_eq!(expect_version(2, 3), Err(Error::Stale { current: 3 }));
        assert_eq!(expect_version(None, 3), Err(Error::PreconditionRequired));
    }
}
