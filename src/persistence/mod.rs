//! The only diesel code: connections, transactions, migrations and repositories.

pub mod backend;
pub mod error;
pub mod migrate;
mod pool;
mod queue;
pub mod session;
mod store;
pub mod url;
mod writer;

pub use error::StartError;
pub use queue::{Outcome, Work};
pub use store::{Settings, SqlStore};
pub use url::{DatabaseUrl, UrlError};
