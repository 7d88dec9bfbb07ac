//! What a use case sees of an open transaction: the repositories, all on one connection.

use super::backend::AnyConnection;

/// One open transaction. Its repository methods are in [`repositories`](super::repositories).
pub struct Session<'a> {
    pub(crate) conn: &'a mut AnyConnection,
}
