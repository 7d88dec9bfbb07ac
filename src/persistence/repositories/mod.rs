//! The repositories: one file per aggregate, each with its rows and the traits of
//! [`application::ports`](crate::application::ports) for [`Session`](super::Session).
//!
//! Queries are written once against [`AnyConnection`](super::backend::AnyConnection). The few statements that the enum
//! does not carry name their backends through `on_backend!`. Rows stay in here: what leaves is a record of the
//! domain, or [`StoreError::Corrupt`] if the stored data cannot be one.

use diesel::QueryResult;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde::de::value::{Error as WordError, StrDeserializer};
use uuid::Uuid;

use super::error::map_error;
use super::types::Id;
use crate::application::ports::StoreError;
use merges::{all_present, present};

type Result<T> = std::result::Result<T, StoreError>;

/// Runs what differs between the databases on the connection in use.
macro_rules! on_backend {
    ($conn:expr, postgres: |$pg:pat_param| $on_pg:expr, sqlite: |$sqlite:pat_param| $on_sqlite:expr $(,)?) => {
        match $conn {
            $crate::persistence::backend::AnyConnection::Postgres($pg) => $on_pg,
            $crate::persistence::backend::AnyConnection::Sqlite($sqlite) => $on_sqlite,
        }
    };
}

/// Narrows a boxed query to the rows a reader may see: those that meet any of the conditions.
macro_rules! visible_rows {
    ($query:expr, $visible:expr, $first:expr $(, $more:expr)* $(,)?) => {
        if $visible.everything {
            $query
        } else {
            $query.filter($first $(.or($more))*)
        }
    };
}

/// One page of a boxed query, by ascending id.
macro_rules! page_by {
    ($query:expr, $id:expr, $page:expr) => {{
        let mut query = $query;
        if let Some(after) = $page.after {
            query = query.filter($id.gt($crate::persistence::types::Id(after)));
        }
        query.order($id.asc()).limit($page.limit)
    }};
}

/// The condition that a person has a request or license at one of the organizations.
macro_rules! belongs_to_any {
    ($person:expr, $organizations:expr) => {{
        use $crate::persistence::schema::{license_requests, licenses};
        let organizations: Vec<$crate::persistence::types::Id> = $organizations;
        $person
            .eq_any(
                licenses::table
                    .filter(licenses::organization_id.eq_any(organizations.clone()))
                    .select(licenses::person_id),
            )
            .or($person.eq_any(
                license_requests::table
                    .filter(license_requests::organization_id.eq_any(organizations))
                    .select(license_requests::person_id),
            ))
    }};
}

/// The list of requests or licenses: the two tables record a derived state under the same columns.
///
/// Rows that are due are returned whatever their state: only an evaluation can tell it.
macro_rules! recorded_states {
    ($conn:expr, $table:ident, $row:ty, $visible:expr, $filter:expr, $page:expr, |$narrowed:ident| $narrow:expr) => {{
        use $crate::persistence::repositories::{all, ids};
        use $crate::persistence::types::{Id, Instant};
        let (visible, filter) = ($visible, $filter);
        let mut query = visible_rows!(
            $table::table
                .inner_join(implementations::table)
                .select(<$row>::as_select())
                .into_boxed::<MultiBackend>(),
            visible,
            $table::implementation_id.eq_any(ids(&visible.implementations)),
            $table::organization_id.eq_any(ids(&visible.organizations)),
            $table::person_id.eq_any(ids(&visible.people)),
        );
        if let Some(id) = filter.implementation_id {
            query = query.filter($table::implementation_id.eq(Id::of(id)));
        }
        if let Some(id) = filter.organization_id {
            query = query.filter($table::organization_id.eq(Id::of(id)));
        }
        if let Some(id) = filter.person_id {
            let person = $crate::persistence::repositories::present($conn, id)?;
            query = query.filter($table::person_id.eq(person));
        }
        if let Some(license_type) = &filter.license_type {
            query = query.filter($table::license_type.eq(license_type));
        }
        if !filter.states.is_empty() {
            let states: Vec<&'static str> = filter.states.iter().map(|s| s.as_str()).collect();
            query = query.filter(
                $table::state
                    .eq_any(states)
                    .or($table::next_change_at.le(Instant(filter.now)))
                    .or($table::generation.lt(implementations::generation)),
            );
        }
        let $narrowed = query;
        all(page_by!($narrow, $table::id, $page).load::<$row>($conn))
    }};
}

mod audit;
mod authority;
mod calendar_feeds;
mod facts;
mod idempotency;
mod implementation_facts;
mod implementations;
mod licenses;
mod logins;
mod merges;
mod organizations;
mod outbox;
mod people;
mod requests;
mod sweeps;
mod templates;
mod waitlist;

/// A row of one table, and the record that the use cases know it as.
trait Row: Sized {
    type Record;
    fn of(record: &Self::Record) -> Result<Self>;
    fn read(self) -> Result<Self::Record>;
}

fn all<R: Row>(rows: QueryResult<Vec<R>>) -> Result<Vec<R::Record>> {
    rows.map_err(map_error)?.into_iter().map(R::read).collect()
}

fn one<R: Row>(row: QueryResult<Option<R>>) -> Result<Option<R::Record>> {
    row.map_err(map_error)?.map(R::read).transpose()
}

fn done(outcome: QueryResult<usize>) -> Result<()> {
    outcome.map(drop).map_err(map_error)
}

/// The answer of an update by id and version: another one came first if it met no row.
fn compared_and_set(outcome: QueryResult<usize>) -> Result<()> {
    match outcome.map_err(map_error)? {
        0 => Err(StoreError::Stale),
        _ => Ok(()),
    }
}

/// The answer of an update of a row that the caller has read in this transaction.
fn met(outcome: QueryResult<usize>, what: &str) -> Result<()> {
    match outcome.map_err(map_error)? {
        0 => Err(StoreError::Corrupt(format!("there is no such {what}"))),
        _ => Ok(()),
    }
}

fn ids<T: Copy + Into<Uuid>>(list: &[T]) -> Vec<Id> {
    list.iter().map(|id| Id::of(*id)).collect()
}

/// How many ids go into one statement: SQLite binds at most 32,766 values.
const IDS_PER_STATEMENT: usize = 10_000;

/// Loads by any number of ids, repeated ones once. Nothing is asked for no ids.
fn by_ids<I: Copy + Into<Uuid>, T>(
    list: &[I],
    mut load: impl FnMut(Vec<Id>) -> Result<Vec<T>>,
) -> Result<Vec<T>> {
    let mut wanted = ids(list);
    wanted.sort_unstable();
    wanted.dedup();
    let mut found = Vec::new();
    for chunk in wanted.chunks(IDS_PER_STATEMENT) {
        found.append(&mut load(chunk.to_vec())?);
    }
    Ok(found)
}

/// Text as it is searched: character by character in lower case, so that the key of a beginning begins the key of the
/// whole (`str::to_lowercase` looks at a final sigma's neighbours).
fn search_key(text: &str) -> String {
    text.trim().chars().flat_map(char::to_lowercase).collect()
}

/// The bounds between which the keys lie that begin with `prefix`. The upper one ends in the last code point, which is
/// no character; key columns compare by code point on both databases. Unlike a pattern for `LIKE`, the bounds need no
/// escaping and both databases look them up in an index.
fn beginning_with(prefix: &str) -> (String, String) {
    let from = search_key(prefix);
    let to = format!("{from}{}", char::MAX);
    (from, to)
}

/// The stored word of an enum without fields.
fn word<T: Serialize>(value: &T) -> Result<String> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        Ok(_) => Err(StoreError::Corrupt("a code is not a word".into())),
        Err(error) => Err(StoreError::Corrupt(error.to_string())),
    }
}

fn read_word<T: DeserializeOwned>(word: &str) -> Result<T> {
    T::deserialize(StrDeserializer::<WordError>::new(word))
        .map_err(|error| StoreError::Corrupt(error.to_string()))
}

fn json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| StoreError::Corrupt(error.to_string()))
}

fn read_json<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| StoreError::Corrupt(error.to_string()))
}

/// The state among `all` whose word is `word`.
fn state_of<S: Copy>(all: &[S], as_str: impl Fn(S) -> &'static str, word: &str) -> Result<S> {
    all.iter()
        .copied()
        .find(|state| as_str(*state) == word)
        .ok_or_else(|| StoreError::Corrupt(format!("there is no state `{word}`")))
}

/// A session carries everything that a use case may ask for.
const _: () = {
    const fn unit_of_work<T: crate::application::ports::UnitOfWork>() {}
    unit_of_work::<super::Session<'static>>();
};
