//! The only diesel code: connections, transactions, migrations and repositories.

pub mod backend;
pub mod error;
pub mod repositories;
/// The tables of both databases, as PostgreSQL has them. Generated, never edited: migrate an empty PostgreSQL database
/// with `migrations/postgres` and run `diesel print-schema` (diesel CLI 2.3) at the top level of the repository, with
/// `DATABASE_URL` naming that database; `diesel.toml` says the rest. Nothing is substituted by hand: the types
/// `Uuid` and `Timestamptz` of the output are those of [`types::sql`], which both databases know. A test compares the
/// tables, columns and nullability of the two migrated databases.
pub mod schema;
pub mod session;
pub mod types;

pub use session::Session;
