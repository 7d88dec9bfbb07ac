//! The audit log: one per implementation, and one for what concerns the whole deployment.

use diesel::prelude::*;

use super::{Result, Row, all, done, ids};
use crate::application::ports::{AuditReads, AuditRecord, AuditWrites, Page, StoreError, Visible};
use crate::domain::ids::ImplementationId;
use crate::persistence::Session;
use crate::persistence::backend::MultiBackend;
use crate::persistence::error::map_error;
use crate::persistence::schema::{audit_heads, audit_records, audit_salts};
use crate::persistence::types::{Id, Instant};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_records)]
struct AuditRow {
    id: Id,
    scope: String,
    implementation_id: Option<Id>,
    number: i64,
    recorded_at: Instant,
    record: String,
}

impl Row for AuditRow {
    type Record = AuditRecord;

    fn of(record: &AuditRecord) -> Result<Self> {
        Ok(Self {
            id: Id::of(record.id),
            scope: scope(record.implementation_id),
            implementation_id: record.implementation_id.map(Id::of),
            number: record.number,
            recorded_at: Instant(record.recorded_at),
            record: record.record.clone(),
        })
    }

    fn read(self) -> Result<AuditRecord> {
        Ok(AuditRecord {
            id: self.id.to(),
            implementation_id: self.implementation_id.map(Id::to),
            number: self.number,
            recorded_at: self.recorded_at.0,
            record: self.record,
            salts: Vec::new(),
        })
    }
}

/// The name of the log that a record belongs to.
fn scope(implementation: Option<ImplementationId>) -> String {
    implementation.map_or_else(|| "deployment".to_owned(), |id| id.to_string())
}

impl AuditReads for Session<'_> {
    fn audit_records(
        &mut self,
        visible: &Visible,
        implementation: Option<ImplementationId>,
        page: Page,
    ) -> Result<Vec<AuditRecord>> {
        let mut query = visible_rows!(
            audit_records::table
                .select(AuditRow::as_select())
                .into_boxed::<MultiBackend>(),
            visible,
            audit_records::implementation_id.eq_any(ids(&visible.implementations)),
        );
        if let Some(id) = implementation {
            query = query.filter(audit_records::implementation_id.eq(Id::of(id)));
        }
        all(page_by!(query, audit_records::id, page).load::<AuditRow>(self.conn))
    }
}

impl AuditWrites for Session<'_> {
    fn next_audit_number(&mut self, implementation: Option<ImplementationId>) -> Result<i64> {
        let scope = scope(implementation);
        let head = || audit_heads::table.find(&scope);
        let raise = |conn: &mut _| {
            diesel::update(head())
                .set(audit_heads::number.eq(audit_heads::number + 1))
                .execute(conn)
                .map_err(map_error)
        };
        if raise(self.conn)? == 0 {
            // The first record of a log. Of two at once the second waits for the first here, and finds its head.
            let first = || {
                diesel::insert_into(audit_heads::table)
                    .values((audit_heads::scope.eq(&scope), audit_heads::number.eq(0)))
                    .on_conflict_do_nothing()
            };
            on_backend!(
                self.conn,
                postgres: |conn| done(first().execute(conn)),
                sqlite: |conn| done(first().execute(conn)),
            )?;
            if raise(self.conn)? == 0 {
                return Err(StoreError::Corrupt("an audit log has no head".into()));
            }
        }
        head()
            .select(audit_heads::number)
            .first(self.conn)
            .map_err(map_error)
    }

    fn insert_audit_record(&mut self, row: &AuditRecord) -> Result<()> {
        done(
            diesel::insert_into(audit_records::table)
                .values(AuditRow::of(row)?)
                .execute(self.conn),
        )?;
        for salt in &row.salts {
            done(
                diesel::insert_into(audit_salts::table)
                    .values((
                        audit_salts::audit_record_id.eq(Id::of(row.id)),
                        audit_salts::field.eq(&salt.field),
                        audit_salts::salt.eq(&salt.salt),
                    ))
                    .execute(self.conn),
            )?;
        }
        Ok(())
    }
}
