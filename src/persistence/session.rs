//! One transaction of one use case: what the repositories are implemented for.

use super::backend::AnyConnection;

/// A connection within a transaction that somebody else begins and ends.
pub struct Session<'a> {
    pub(crate) conn: &'a mut AnyConnection,
}
