//! The two migrated databases have the same tables, columns and nullability, and the same rules.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use hmis_licensing::persistence::backend::AnyConnection;

use crate::support::database::TestDatabase;

#[derive(QueryableByName)]
struct Described {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    column_name: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Bool)]
    nullable: bool,
}

#[derive(QueryableByName)]
struct Index {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    columns: String,
    #[diesel(sql_type = Bool)]
    uniquely: bool,
}

/// Table, then column, to its type and whether it is nullable.
type Tables = BTreeMap<String, BTreeMap<String, (String, bool)>>;

const SQLITE_COLUMNS: &str = "SELECT m.name AS table_name, c.name AS column_name, c.type AS kind, \
    NOT c.\"notnull\" AS nullable \
    FROM sqlite_schema m JOIN pragma_table_info(m.name) c \
    WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite~_%' ESCAPE '~' \
    AND m.name <> '__diesel_schema_migrations'";

const POSTGRES_COLUMNS: &str = "SELECT table_name::text, column_name::text, data_type::text AS kind, \
    is_nullable = 'YES' AS nullable \
    FROM information_schema.columns \
    WHERE table_schema = current_schema() AND table_name <> '__diesel_schema_migrations'";

const SQLITE_INDEXES: &str = "SELECT m.name AS table_name, i.\"unique\" AS uniquely, \
    (SELECT group_concat(name) FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno)) AS columns \
    FROM sqlite_schema m JOIN pragma_index_list(m.name) i \
    WHERE m.type = 'table' AND m.name <> '__diesel_schema_migrations'";

const POSTGRES_INDEXES: &str = "SELECT t.relname::text AS table_name, x.indisunique AS uniquely, \
    (SELECT string_agg(a.attname, ',' ORDER BY k.place) \
     FROM unnest(x.indkey) WITH ORDINALITY AS k (number, place) \
     JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.number) AS columns \
    FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid \
    JOIN pg_namespace n ON n.oid = t.relnamespace \
    WHERE n.nspname = current_schema() AND t.relname <> '__diesel_schema_migrations'";

fn columns(connection: &mut AnyConnection) -> Vec<Described> {
    match connection {
        AnyConnection::Sqlite(c) => diesel::sql_query(SQLITE_COLUMNS).load(c).unwrap(),
        AnyConnection::Postgres(c) => diesel::sql_query(POSTGRES_COLUMNS).load(c).unwrap(),
    }
}

fn tables(connection: &mut AnyConnection) -> Tables {
    let mut tables = Tables::new();
    for column in columns(connection) {
        tables
            .entry(column.table_name)
            .or_default()
            .insert(column.column_name, (column.kind, column.nullable));
    }
    tables
}

/// What PostgreSQL's type is in SQLite.
fn in_sqlite(kind: &str) -> &'static str {
    match kind {
        "uuid" | "text" | "timestamp with time zone" | "date" => "TEXT",
        "boolean" | "smallint" | "integer" | "bigint" => "INTEGER",
        other => panic!("no type of SQLite is named for {other}"),
    }
}

fn indexes(connection: &mut AnyConnection) -> Vec<(String, String, bool)> {
    let found: Vec<Index> = match connection {
        AnyConnection::Sqlite(c) => diesel::sql_query(SQLITE_INDEXES).load(c).unwrap(),
        AnyConnection::Postgres(c) => diesel::sql_query(POSTGRES_INDEXES).load(c).unwrap(),
    };
    let mut found: Vec<_> = found
        .into_iter()
        // SQLite keeps a numbered row under its number and needs no index for that.
        .filter(|index| {
            !(index.columns == "id"
                && [
                    "organization_participations",
                    "person_names",
                    "person_emails",
                ]
                .contains(&index.table_name.as_str()))
        })
        .map(|index| (index.table_name, index.columns, index.uniquely))
        .collect();
    found.sort();
    found
}

#[test]
fn both_databases_have_the_same_tables_columns_and_indexes() {
    let Some(postgres) = TestDatabase::postgres() else {
        return;
    };
    let sqlite = TestDatabase::sqlite();
    let of_sqlite = tables(&mut sqlite.connection());
    let mut of_postgres = tables(&mut postgres.connection());
    for (kind, _) in of_postgres.values_mut().flat_map(BTreeMap::values_mut) {
        *kind = in_sqlite(kind).to_owned();
    }
    assert_eq!(of_sqlite.len(), 36, "{:?}", of_sqlite.keys());
    assert_eq!(of_sqlite, of_postgres);
    assert_eq!(
        indexes(&mut sqlite.connection()),
        indexes(&mut postgres.connection())
    );
}

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// A person's rows are read for whatever becomes known of him: never by looking at everybody's. An index of some rows
/// only would not do, whichever of the databases asks.
#[test]
fn whatever_is_kept_of_a_person_is_found_by_an_index() {
    let sqlite = TestDatabase::sqlite();
    let mut connection = sqlite.connection();
    let kept: Vec<String> = tables(&mut connection)
        .into_iter()
        .filter(|(_, columns)| columns.contains_key("person_id"))
        .map(|(table, _)| table)
        .collect();
    assert!(kept.contains(&"licenses".to_owned()), "{kept:?}");
    let AnyConnection::Sqlite(connection) = &mut connection else {
        unreachable!("it was made as SQLite");
    };
    for table in kept {
        let query =
            format!("EXPLAIN QUERY PLAN SELECT * FROM {table} WHERE person_id IN ('a', 'b')");
        let steps: Vec<Step> = diesel::sql_query(query).load(connection).unwrap();
        let plan = &steps[0].detail;
        assert!(plan.starts_with("SEARCH"), "{table}: {plan}");
    }
}

/// PostgreSQL's type as `diesel print-schema` writes it.
fn in_diesel(kind: &str, nullable: bool) -> String {
    let name = match kind {
        "uuid" => "Uuid",
        "text" => "Text",
        "timestamp with time zone" => "Timestamptz",
        "date" => "Date",
        "boolean" => "Bool",
        "smallint" => "Int2",
        "integer" => "Int4",
        "bigint" => "Int8",
        other => panic!("no type of diesel is named for {other}"),
    };
    if nullable {
        format!("Nullable<{name}>")
    } else {
        name.to_owned()
    }
}

#[test]
fn the_generated_tables_are_those_of_the_migrations() {
    let Some(postgres) = TestDatabase::postgres() else {
        return;
    };
    let migrated: BTreeMap<String, BTreeMap<String, String>> = tables(&mut postgres.connection())
        .into_iter()
        .map(|(table, columns)| {
            let columns = columns
                .into_iter()
                .map(|(column, (kind, nullable))| (column, in_diesel(&kind, nullable)))
                .collect();
            (table, columns)
        })
        .collect();
    let mut generated: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let mut table = String::new();
    for line in include_str!("../../../src/persistence/schema.rs").lines() {
        let line = line.trim();
        if let Some((name, _)) = line
            .strip_suffix(") {")
            .and_then(|head| head.split_once(" ("))
        {
            name.clone_into(&mut table);
        } else if let Some((column, kind)) = line.trim_end_matches(',').split_once(" -> ")
            && !line.starts_with("diesel::joinable!")
        {
            generated
                .entry(table.clone())
                .or_default()
                .insert(column.to_owned(), kind.to_owned());
        }
    }
    assert_eq!(generated, migrated);
}
