//! The only diesel code: connections, transactions, migrations and repositories.

pub mod backend;
pub mod error;
pub mod migrate;
mod pool;
mod port;
mod queue;
pub mod repositories;
/// The tables of both databases, as PostgreSQL has them. Generated, never edited: migrate an empty PostgreSQL database
/// with `migrations/postgres` and run `diesel print-schema` (diesel CLI 2.3) at the top level of the repository, with
/// `DATABASE_URL` naming that database; `diesel.toml` says the rest. Nothing is substituted by hand: the types
/// `Uuid` and `Timestamptz` of the output are those of [`types::sql`], which both databases know. A test compares the
/// tables, columns and nullability of the two migrated databases.
pub mod schema;
pub mod session;
mod store;
pub mod types;
pub mod url;
mod writer;

pub use error::StartError;
pub use queue::{Outcome, Work};
pub use session::Session;
pub use store::{Settings, SqlStore};
pub use url::{DatabaseUrl, UrlError};
