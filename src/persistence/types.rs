//! One SQL type per concept that the two databases keep differently, and the Rust values that go in and out.
//!
//! | concept | PostgreSQL | SQLite |
//! |---|---|---|
//! | [`Id`] | `uuid` | the 36 characters, lower case |
//! | [`Instant`] | `timestamptz` | `2026-03-02T05:00:00.000000Z`: always 27 characters, so that text sorts as time does |
//!
//! Local days are diesel's own `Date` (SQLite: `2026-03-02`), everything else is a number, a truth value or text.

use chrono::{DateTime, Utc};
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{HasSqlType, Text};
use diesel::sqlite::{Sqlite, SqliteValue};

use super::backend::{MultiBackend, MultiRawValue};

/// The SQL types, under the names that `diesel print-schema` writes for PostgreSQL: `schema.rs` imports these instead
/// of diesel's, which know only one of the databases.
pub mod sql {
    use diesel::sql_types::{Interval, SqlType, ops};

    /// PostgreSQL's `uuid`.
    #[derive(Clone, Copy, Debug, Default, SqlType, diesel::query_builder::QueryId)]
    #[diesel(postgres_type(oid = 2950, array_oid = 2951))]
    #[diesel(sqlite_type(name = "Text"))]
    pub struct Uuid;

    /// PostgreSQL's `timestamptz`.
    #[derive(Clone, Copy, Debug, Default, SqlType, diesel::query_builder::QueryId)]
    #[diesel(postgres_type(oid = 1184, array_oid = 1185))]
    #[diesel(sqlite_type(name = "Text"))]
    pub struct Timestamptz;

    // `table!` knows the name and asks that its values can be moved by intervals.
    impl ops::Add for Timestamptz {
        type Rhs = Interval;
        type Output = Self;
    }

    impl ops::Sub for Timestamptz {
        type Rhs = Interval;
        type Output = Self;
    }
}

/// Any identifier, as a column keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = sql::Uuid)]
pub struct Id(pub uuid::Uuid);

impl Id {
    pub fn of(id: impl Into<uuid::Uuid>) -> Self {
        Self(id.into())
    }

    /// The identifier as the type the domain gives it.
    #[must_use]
    pub fn to<T: From<uuid::Uuid>>(self) -> T {
        T::from(self.0)
    }
}

/// A moment, to the microsecond: finer parts are cut off by both databases alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = sql::Timestamptz)]
pub struct Instant(pub DateTime<Utc>);

const INSTANT_FORMAT: &str = "%Y-%m-%dT%H:%M:%S%.6fZ";

macro_rules! on_the_enum {
    ($value:ty, $sql:ty) => {
        impl HasSqlType<$sql> for MultiBackend {
            fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
                Self::lookup_sql_type::<$sql>(lookup)
            }
        }

        impl ToSql<$sql, MultiBackend> for $value {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, MultiBackend>) -> serialize::Result {
                out.set_value((<$sql>::default(), self));
                Ok(IsNull::No)
            }
        }

        impl FromSql<$sql, MultiBackend> for $value {
            fn from_sql(value: MultiRawValue<'_>) -> deserialize::Result<Self> {
                value.from_sql::<Self, $sql>()
            }
        }
    };
}

on_the_enum!(Id, sql::Uuid);
on_the_enum!(Instant, sql::Timestamptz);

impl ToSql<sql::Uuid, Pg> for Id {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<diesel::sql_types::Uuid, Pg>::to_sql(&self.0, out)
    }
}

impl FromSql<sql::Uuid, Pg> for Id {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        FromSql::<diesel::sql_types::Uuid, Pg>::from_sql(value).map(Self)
    }
}

impl ToSql<sql::Uuid, Sqlite> for Id {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.hyphenated().to_string());
        Ok(IsNull::No)
    }
}

impl FromSql<sql::Uuid, Sqlite> for Id {
    fn from_sql(value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        let text: String = FromSql::<Text, Sqlite>::from_sql(value)?;
        Ok(Self(uuid::Uuid::try_parse(&text)?))
    }
}

impl ToSql<sql::Timestamptz, Pg> for Instant {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<diesel::sql_types::Timestamptz, Pg>::to_sql(&self.0, out)
    }
}

impl FromSql<sql::Timestamptz, Pg> for Instant {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        FromSql::<diesel::sql_types::Timestamptz, Pg>::from_sql(value).map(Self)
    }
}

impl ToSql<sql::Timestamptz, Sqlite> for Instant {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.format(INSTANT_FORMAT).to_string());
        Ok(IsNull::No)
    }
}

impl FromSql<sql::Timestamptz, Sqlite> for Instant {
    fn from_sql(value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        let text: String = FromSql::<Text, Sqlite>::from_sql(value)?;
        Ok(Self(DateTime::parse_from_rfc3339(&text)?.to_utc()))
    }
}
