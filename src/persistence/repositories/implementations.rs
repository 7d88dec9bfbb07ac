//! Implementations and their policy versions.

use diesel::prelude::*;

use super::{Result, Row, all, compared_and_set, done, ids, json, met, one, read_json};
use crate::application::ports::{
    ImplementationReads, ImplementationWrites, Page, StoreError, Visible,
};
use crate::domain::ids::ImplementationId;
use crate::domain::policy::PolicyVersion;
use crate::domain::roster::Implementation;
use crate::persistence::Session;
use crate::persistence::backend::MultiBackend;
use crate::persistence::error::map_error;
use crate::persistence::schema::{implementations, policies, waitlists};
use crate::persistence::types::{Id, Instant};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = implementations)]
struct ImplementationRow {
    id: Id,
    code: String,
    name: String,
    time_zone: String,
    support_contact: String,
    generation: i64,
    recorded_at: Instant,
    version: i32,
}

impl Row for ImplementationRow {
    type Record = Implementation;

    fn of(record: &Implementation) -> Result<Self> {
        Ok(Self {
            id: Id::of(record.id),
            code: record.code.clone(),
            name: record.name.clone(),
            time_zone: record.time_zone.name().to_owned(),
            support_contact: record.support_contact.clone(),
            generation: record.generation,
            recorded_at: Instant(record.recorded_at),
            version: record.version,
        })
    }

    fn read(self) -> Result<Implementation> {
        Ok(Implementation {
            id: self.id.to(),
            code: self.code,
            name: self.name,
            time_zone: self.time_zone.parse().map_err(|_| {
                StoreError::Corrupt(format!("there is no time zone `{}`", self.time_zone))
            })?,
            support_contact: self.support_contact,
            generation: self.generation,
            recorded_at: self.recorded_at.0,
            version: self.version,
        })
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = policies)]
struct PolicyRow {
    id: Id,
    number: i32,
    effective_from: Instant,
    recorded_at: Instant,
    document: String,
}

impl PolicyRow {
    fn read(self) -> Result<PolicyVersion> {
        Ok(PolicyVersion {
            id: self.id.to(),
            number: u32::try_from(self.number)
                .map_err(|_| StoreError::Corrupt("a policy number is negative".into()))?,
            effective_from: self.effective_from.0,
            recorded_at: self.recorded_at.0,
            document: read_json(&self.document)?,
        })
    }
}

impl ImplementationReads for Session<'_> {
    fn implementation(&mut self, id: ImplementationId) -> Result<Option<Implementation>> {
        one(implementations::table
            .find(Id::of(id))
            .select(ImplementationRow::as_select())
            .first(self.conn)
            .optional())
    }

    fn implementation_by_code(&mut self, code: &str) -> Result<Option<Implementation>> {
        one(implementations::table
            .filter(implementations::code.eq(code))
            .select(ImplementationRow::as_select())
            .first(self.conn)
            .optional())
    }

    fn implementations(&mut self, visible: &Visible, page: Page) -> Result<Vec<Implementation>> {
        let query = visible_rows!(
            implementations::table
                .select(ImplementationRow::as_select())
                .into_boxed::<MultiBackend>(),
            visible,
            implementations::id.eq_any(ids(&visible.implementations)),
        );
        all(page_by!(query, implementations::id, page).load::<ImplementationRow>(self.conn))
    }

    fn policy_versions(&mut self, id: ImplementationId) -> Result<Vec<PolicyVersion>> {
        policies::table
            .filter(policies::implementation_id.eq(Id::of(id)))
            .order(policies::number.asc())
            .select(PolicyRow::as_select())
            .load(self.conn)
            .map_err(map_error)?
            .into_iter()
            .map(PolicyRow::read)
            .collect()
    }
}

impl ImplementationWrites for Session<'_> {
    fn insert_implementation(&mut self, row: &Implementation) -> Result<()> {
        done(
            diesel::insert_into(implementations::table)
                .values(ImplementationRow::of(row)?)
                .execute(self.conn),
        )
    }

    fn update_implementation(&mut self, row: &Implementation) -> Result<()> {
        // The generation is left alone: it rises by `bump_generation` only, which does not compare versions.
        compared_and_set(
            diesel::update(implementations::table.find(Id::of(row.id)))
                .filter(implementations::version.eq(row.version))
                .set((
                    implementations::code.eq(&row.code),
                    implementations::name.eq(&row.name),
                    implementations::time_zone.eq(row.time_zone.name()),
                    implementations::support_contact.eq(&row.support_contact),
                    implementations::version.eq(implementations::version + 1),
                ))
                .execute(self.conn),
        )
    }

    fn insert_policy_version(&mut self, id: ImplementationId, row: &PolicyVersion) -> Result<()> {
        let number = i32::try_from(row.number)
            .map_err(|_| StoreError::Corrupt("a policy number is too large".into()))?;
        done(
            diesel::insert_into(policies::table)
                .values((
                    policies::id.eq(Id::of(row.id)),
                    policies::implementation_id.eq(Id::of(id)),
                    policies::number.eq(number),
                    policies::effective_from.eq(Instant(row.effective_from)),
                    policies::recorded_at.eq(Instant(row.recorded_at)),
                    policies::document.eq(json(&row.document)?),
                ))
                .execute(self.conn),
        )?;
        // The guard of the places that the version limits. Nobody took one without it: but for the first version,
        // which finds no license, a version takes effect an hour after its recording at the earliest.
        let known: i64 = waitlists::table
            .find(Id::of(id))
            .count()
            .get_result(self.conn)
            .map_err(map_error)?;
        if known > 0 || !row.document.has_waitlists() {
            return Ok(());
        }
        done(
            diesel::insert_into(waitlists::table)
                .values((
                    waitlists::implementation_id.eq(Id::of(id)),
                    waitlists::guard.eq(0_i64),
                ))
                .execute(self.conn),
        )
    }

    fn lock_implementation(&mut self, id: ImplementationId) -> Result<()> {
        met(
            diesel::update(implementations::table.find(Id::of(id)))
                .set(implementations::guard.eq(implementations::guard + 1))
                .execute(self.conn),
            "implementation",
        )
    }

    fn bump_generation(&mut self, id: ImplementationId) -> Result<i64> {
        met(
            diesel::update(implementations::table.find(Id::of(id)))
                .set(implementations::generation.eq(implementations::generation + 1))
                .execute(self.conn),
            "implementation",
        )?;
        implementations::table
            .find(Id::of(id))
            .select(implementations::generation)
            .first(self.conn)
            .map_err(map_error)
    }
}
