//! Kept answers: what a POST with an idempotency key was answered when it was committed.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use sha2::{Digest, Sha256};

use super::{Result, Row, done, one};
use crate::application::ports::{
    IdempotencyReads, IdempotencyWrites, KeptAnswer, KeyLock, StoreError,
};
use crate::domain::ids::PrincipalId;
use crate::persistence::Session;
use crate::persistence::error::map_error;
use crate::persistence::schema::idempotency_keys;
use crate::persistence::types::{Id, Instant, sql};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = idempotency_keys)]
struct KeptAnswerRow {
    principal_id: Id,
    key: String,
    fingerprint: String,
    authorized: String,
    status: i32,
    location: Option<String>,
    etag: Option<String>,
    body: String,
    recorded_at: Instant,
}

impl Row for KeptAnswerRow {
    type Record = KeptAnswer;

    fn of(record: &KeptAnswer) -> Result<Self> {
        Ok(Self {
            principal_id: Id::of(record.principal_id),
            key: record.key.clone(),
            fingerprint: record.fingerprint.clone(),
            authorized: record.authorized.clone(),
            status: i32::from(record.status),
            location: record.location.clone(),
            etag: record.etag.clone(),
            body: record.body.clone(),
            recorded_at: Instant(record.recorded_at),
        })
    }

    fn read(self) -> Result<KeptAnswer> {
        Ok(KeptAnswer {
            principal_id: self.principal_id.to(),
            key: self.key,
            fingerprint: self.fingerprint,
            authorized: self.authorized,
            status: u16::try_from(self.status)
                .map_err(|_| StoreError::Corrupt("a kept answer has no such status".into()))?,
            location: self.location,
            etag: self.etag,
            body: self.body,
            recorded_at: self.recorded_at.0,
        })
    }
}

impl IdempotencyReads for Session<'_> {
    fn kept_answer(&mut self, principal: PrincipalId, key: &str) -> Result<Option<KeptAnswer>> {
        one(idempotency_keys::table
            .find((Id::of(principal), key))
            .select(KeptAnswerRow::as_select())
            .first(self.conn)
            .optional())
    }
}

#[diesel::declare_sql_function]
extern "SQL" {
    fn pg_try_advisory_xact_lock(key: BigInt) -> Bool;
}

/// The number under which PostgreSQL locks a key. Two keys that share one only wait for each other.
fn lock_number(principal: PrincipalId, key: &str) -> i64 {
    let digest = Sha256::new()
        .chain_update(b"idempotency-key\0")
        .chain_update(principal.0.as_bytes())
        .chain_update(key.as_bytes())
        .finalize();
    digest
        .iter()
        .take(8)
        .fold(0, |number, byte| (number << 8) | i64::from(*byte))
}

impl IdempotencyWrites for Session<'_> {
    fn lock_key(&mut self, principal: PrincipalId, key: &str) -> Result<KeyLock> {
        on_backend!(
            self.conn,
            postgres: |conn| {
                let acquired: bool =
                    diesel::select(pg_try_advisory_xact_lock(lock_number(principal, key)))
                        .get_result(conn)
                        .map_err(map_error)?;
                Ok(if acquired { KeyLock::Acquired } else { KeyLock::Busy })
            },
            sqlite: |_| Ok(KeyLock::Acquired),
        )
    }

    fn keep_answer(&mut self, row: &KeptAnswer) -> Result<()> {
        done(
            diesel::delete(idempotency_keys::table.find((Id::of(row.principal_id), &row.key)))
                .execute(self.conn),
        )?;
        done(
            diesel::insert_into(idempotency_keys::table)
                .values(KeptAnswerRow::of(row)?)
                .execute(self.conn),
        )
    }

    fn forget_answers(&mut self, before: DateTime<Utc>, limit: i64) -> Result<usize> {
        // Neither database deletes with a limit everywhere, and diesel compares no pairs of columns.
        diesel::sql_query(
            "DELETE FROM idempotency_keys WHERE (principal_id, key) IN (\
             SELECT principal_id, key FROM idempotency_keys \
             WHERE recorded_at < $1 ORDER BY recorded_at LIMIT $2)",
        )
        .bind::<sql::Timestamptz, _>(Instant(before))
        .bind::<BigInt, _>(limit)
        .execute(self.conn)
        .map_err(map_error)
    }
}
