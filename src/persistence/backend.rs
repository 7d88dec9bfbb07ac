//! One connection type over two databases.

use diesel::{PgConnection, SqliteConnection};

/// A connection to either database. Queries are written once against it.
#[derive(diesel::MultiConnection)]
pub enum AnyConnection {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}
