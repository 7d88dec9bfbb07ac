//! Records of one human that are read as one person.
//!
//! A merge moves no fact: every row keeps its id and all that it says. `person_id` is under whom it is read, and
//! `recorded_for` keeps for whom it was recorded, so that undoing finds exactly what to give back.

use std::collections::BTreeSet;

use diesel::prelude::*;
use uuid::Uuid;

use super::people::PersonRow;
use super::{
    Result, Row, all, by_ids, compared_and_set, done, ids, json, met, one, read_json, read_word,
    word,
};
use crate::application::ports::{MergeFilter, MergeReads, MergeWrites, Page, Visible};
use crate::domain::calendar::{Instant as At, Precision};
use crate::domain::fact::Envelope;
use crate::domain::ids::{ImplementationId, LicenseId, PersonId, PersonMergeId};
use crate::domain::merge::{PersonMerge, Undone};
use crate::domain::roster::{ExternalKind, Person};
use crate::persistence::Session;
use crate::persistence::backend::{AnyConnection, MultiBackend};
use crate::persistence::error::map_error;
use crate::persistence::schema::{
    access_signals, external_ids, facts, license_requests, licenses, login_events, messages,
    notice_copies, people, person_emails, person_merges, person_names, queued_notices, staff_roles,
};
use crate::persistence::types::{Id, Instant};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = person_merges)]
struct MergeRow {
    id: Id,
    implementation_id: Id,
    survivor_id: Id,
    duplicate_id: Id,
    reported_at: Instant,
    reporter: String,
    channel: String,
    ticket_reference: Option<String>,
    reason: String,
    recorded_at: Instant,
    recorded_by: Id,
    undone_at: Option<Instant>,
    undone_by: Option<Id>,
    undo_reason: Option<String>,
    version: i32,
}

impl Row for MergeRow {
    type Record = PersonMerge;

    fn of(record: &PersonMerge) -> Result<Self> {
        let (envelope, undone) = (&record.envelope, record.undone.as_ref());
        Ok(Self {
            id: Id::of(record.id),
            implementation_id: Id::of(record.implementation_id),
            survivor_id: Id::of(record.survivor),
            duplicate_id: Id::of(record.duplicate),
            reported_at: Instant(envelope.reported_at),
            reporter: json(&envelope.reported_by)?,
            channel: word(&envelope.channel)?,
            ticket_reference: envelope.ticket_reference.clone(),
            reason: envelope.reason.clone().unwrap_or_default(),
            recorded_at: Instant(envelope.recorded_at),
            recorded_by: Id::of(envelope.recorded_by),
            undone_at: undone.map(|undone| Instant(undone.at)),
            undone_by: undone.map(|undone| Id::of(undone.by)),
            undo_reason: undone.map(|undone| undone.reason.clone()),
            version: record.version,
        })
    }

    fn read(self) -> Result<PersonMerge> {
        Ok(PersonMerge {
            id: self.id.to(),
            implementation_id: self.implementation_id.to(),
            survivor: self.survivor_id.to(),
            duplicate: self.duplicate_id.to(),
            envelope: Envelope {
                occurred_at: self.recorded_at.0,
                precision: Precision::Instant,
                reported_at: self.reported_at.0,
                recorded_at: self.recorded_at.0,
                reported_by: read_json(&self.reporter)?,
                recorded_by: self.recorded_by.to(),
                on_behalf_of: None,
                channel: read_word(&self.channel)?,
                ticket_reference: self.ticket_reference,
                reason: Some(self.reason),
                supersedes: None,
            },
            undone: match (self.undone_at, self.undone_by) {
                (Some(at), Some(by)) => Some(Undone {
                    at: at.0,
                    by: by.to(),
                    reason: self.undo_reason.unwrap_or_default(),
                }),
                _ => None,
            },
            version: self.version,
        })
    }
}

/// As whom a record is read.
pub(super) fn present(conn: &mut AnyConnection, id: PersonId) -> Result<Id> {
    let mut present = Id::of(id);
    while let Some(next) = people::table
        .find(present)
        .select(people::merged_into)
        .first::<Option<Id>>(conn)
        .optional()
        .map_err(map_error)?
        .flatten()
    {
        present = next;
    }
    Ok(present)
}

/// The same for several, in a number of queries that does not depend on how many.
pub(super) fn all_present(conn: &mut AnyConnection, list: &[PersonId]) -> Result<Vec<PersonId>> {
    let mut found: BTreeSet<PersonId> = list.iter().copied().collect();
    let mut asked: Vec<PersonId> = found.iter().copied().collect();
    while !asked.is_empty() {
        let merged: Vec<(Id, Option<Id>)> = by_ids(&asked, |ids| {
            people::table
                .filter(people::id.eq_any(ids))
                .filter(people::merged_into.is_not_null())
                .select((people::id, people::merged_into))
                .load(conn)
                .map_err(map_error)
        })?;
        asked.clear();
        for (record, person) in merged {
            found.remove(&record.to());
            asked.extend(person.map(Id::to::<PersonId>));
        }
        found.extend(asked.iter().copied());
    }
    Ok(found.into_iter().collect())
}

impl MergeReads for Session<'_> {
    fn person_merge(&mut self, id: PersonMergeId) -> Result<Option<PersonMerge>> {
        one(person_merges::table
            .find(Id::of(id))
            .select(MergeRow::as_select())
            .first(self.conn)
            .optional())
    }

    fn person_merges(
        &mut self,
        visible: &Visible,
        filter: &MergeFilter,
        page: Page,
    ) -> Result<Vec<PersonMerge>> {
        let mut query = visible_rows!(
            person_merges::table
                .select(MergeRow::as_select())
                .into_boxed::<MultiBackend>(),
            visible,
            person_merges::implementation_id.eq_any(ids(&visible.implementations)),
        );
        if let Some(id) = filter.implementation_id {
            query = query.filter(person_merges::implementation_id.eq(Id::of(id)));
        }
        if let Some(id) = filter.person_id {
            let id = Id::of(id);
            query = query.filter(
                person_merges::survivor_id
                    .eq(id)
                    .or(person_merges::duplicate_id.eq(id)),
            );
        }
        all(page_by!(query, person_merges::id, page).load::<MergeRow>(self.conn))
    }

    fn merges_into(&mut self, survivors: &[PersonId]) -> Result<Vec<PersonMerge>> {
        let mut found: Vec<PersonMerge> = Vec::new();
        let mut asked: Vec<PersonId> = survivors.to_vec();
        while !asked.is_empty() {
            let merges = by_ids(&asked, |ids| {
                all::<MergeRow>(
                    person_merges::table
                        .filter(person_merges::survivor_id.eq_any(ids))
                        .filter(person_merges::undone_at.is_null())
                        .select(MergeRow::as_select())
                        .load(self.conn),
                )
            })?;
            asked = merges.iter().map(|merge| merge.duplicate).collect();
            found.extend(merges);
        }
        found.sort_by_key(|merge| merge.id);
        Ok(found)
    }

    fn person_record(&mut self, id: PersonId) -> Result<Option<(Person, Option<PersonId>)>> {
        let found: Option<(PersonRow, Option<Id>)> = people::table
            .find(Id::of(id))
            .select((PersonRow::as_select(), people::merged_into))
            .first(self.conn)
            .optional()
            .map_err(map_error)?;
        found
            .map(|(row, merged_into)| Ok((row.read()?, merged_into.map(Id::to))))
            .transpose()
    }

    fn recorded_for_others(&mut self, people: &[PersonId]) -> Result<Vec<(Uuid, PersonId)>> {
        let mut found: Vec<(Id, Option<Id>)> = Vec::new();
        macro_rules! gather {
            ($($table:ident),+) => {$(
                found.append(&mut by_ids(people, |ids| {
                    $table::table
                        .filter($table::person_id.eq_any(ids))
                        .filter($table::recorded_for.is_not_null())
                        .select(($table::id, $table::recorded_for))
                        .load(self.conn)
                        .map_err(map_error)
                })?);
            )+};
        }
        gather!(facts, license_requests, licenses);
        Ok(found
            .into_iter()
            .filter_map(|(id, record)| Some((id.0, record?.to())))
            .collect())
    }

    fn external_id_recorded_for(
        &mut self,
        implementation: ImplementationId,
        kind: ExternalKind,
        system: &str,
        value: &str,
    ) -> Result<Option<PersonId>> {
        let found: Option<Option<Id>> = external_ids::table
            .find((Id::of(implementation), word(&kind)?, system, value))
            .select(external_ids::recorded_for)
            .first(self.conn)
            .optional()
            .map_err(map_error)?;
        Ok(found.flatten().map(Id::to))
    }
}

/// Every table with rows of a person, with the column that names him and the one that keeps for whom they were recorded.
macro_rules! each_table {
    ($act:ident) => {
        $act!(facts, person_id);
        $act!(license_requests, person_id);
        $act!(licenses, person_id);
        $act!(person_names, person_id);
        $act!(person_emails, person_id);
        $act!(access_signals, person_id);
        $act!(queued_notices, person_id);
    };
}

/// Those whose column may be empty.
macro_rules! each_table_that_may_name {
    ($act:ident) => {
        $act!(login_events, person_id);
        $act!(messages, person_id);
        $act!(notice_copies, person_id);
        $act!(staff_roles, person_id);
    };
}

impl MergeWrites for Session<'_> {
    fn insert_person_merge(&mut self, row: &PersonMerge) -> Result<()> {
        done(
            diesel::insert_into(person_merges::table)
                .values(MergeRow::of(row)?)
                .execute(self.conn),
        )
    }

    fn undo_person_merge(&mut self, row: &PersonMerge) -> Result<()> {
        let undone = row.undone.as_ref();
        compared_and_set(
            diesel::update(person_merges::table.find(Id::of(row.id)))
                .filter(person_merges::version.eq(row.version))
                .set((
                    person_merges::undone_at.eq(undone.map(|undone| Instant(undone.at))),
                    person_merges::undone_by.eq(undone.map(|undone| Id::of(undone.by))),
                    person_merges::undo_reason.eq(undone.map(|undone| undone.reason.clone())),
                    person_merges::version.eq(person_merges::version + 1),
                ))
                .execute(self.conn),
        )
    }

    fn read_person_as(&mut self, record: PersonId, person: Option<PersonId>) -> Result<()> {
        met(
            diesel::update(people::table.find(Id::of(record)))
                .set((
                    people::merged_into.eq(person.map(Id::of)),
                    people::version.eq(people::version + 1),
                ))
                .execute(self.conn),
            "person",
        )
    }

    fn take_over(&mut self, duplicate: PersonId, survivor: PersonId) -> Result<()> {
        let (from, to) = (Id::of(duplicate), Id::of(survivor));
        macro_rules! take {
            ($table:ident, $person:ident) => {
                // What came to the duplicate by an earlier merge stays recorded for whom it was.
                done(
                    diesel::update($table::table)
                        .filter($table::$person.eq(from))
                        .filter($table::recorded_for.is_null())
                        .set($table::recorded_for.eq(Some(from)))
                        .execute(self.conn),
                )?;
                done(
                    diesel::update($table::table)
                        .filter($table::$person.eq(from))
                        .set($table::$person.eq(to))
                        .execute(self.conn),
                )?;
            };
        }
        macro_rules! take_some {
            ($table:ident, $person:ident) => {
                done(
                    diesel::update($table::table)
                        .filter($table::$person.eq(Some(from)))
                        .filter($table::recorded_for.is_null())
                        .set($table::recorded_for.eq(Some(from)))
                        .execute(self.conn),
                )?;
                done(
                    diesel::update($table::table)
                        .filter($table::$person.eq(Some(from)))
                        .set($table::$person.eq(Some(to)))
                        .execute(self.conn),
                )?;
            };
        }
        each_table!(take);
        each_table_that_may_name!(take_some);
        let kind = word(&ExternalKind::Person)?;
        done(
            diesel::update(external_ids::table)
                .filter(external_ids::kind.eq(&kind))
                .filter(external_ids::subject.eq(from))
                .filter(external_ids::recorded_for.is_null())
                .set(external_ids::recorded_for.eq(Some(from)))
                .execute(self.conn),
        )?;
        done(
            diesel::update(external_ids::table)
                .filter(external_ids::kind.eq(&kind))
                .filter(external_ids::subject.eq(from))
                .set(external_ids::subject.eq(to))
                .execute(self.conn),
        )
    }

    fn give_back(
        &mut self,
        survivor: PersonId,
        duplicate: PersonId,
        records: &[PersonId],
        since: At,
    ) -> Result<()> {
        let (from, to) = (Id::of(survivor), Id::of(duplicate));
        let records: Vec<Option<Id>> = records.iter().map(|id| Some(Id::of(*id))).collect();
        // Rows that name one of its requests or licenses follow these, also those recorded since.
        for license in [true, false] {
            let named: Vec<Option<Id>> = if license {
                licenses::table
                    .filter(licenses::person_id.eq(from))
                    .filter(licenses::recorded_for.eq_any(records.clone()))
                    .select(licenses::id.nullable())
                    .load(self.conn)
                    .map_err(map_error)?
            } else {
                license_requests::table
                    .filter(license_requests::person_id.eq(from))
                    .filter(license_requests::recorded_for.eq_any(records.clone()))
                    .select(license_requests::id.nullable())
                    .load(self.conn)
                    .map_err(map_error)?
            };
            let mut query = diesel::update(facts::table)
                .filter(facts::person_id.eq(from))
                .filter(facts::recorded_at.ge(Instant(since)))
                .into_boxed();
            query = if license {
                query.filter(facts::license_id.eq_any(named))
            } else {
                query.filter(facts::request_id.eq_any(named))
            };
            done(
                query
                    .set((facts::person_id.eq(to), facts::recorded_for.eq(None::<Id>)))
                    .execute(self.conn),
            )?;
        }
        macro_rules! give {
            ($table:ident, $person:ident) => {
                done(
                    diesel::update($table::table)
                        .filter($table::$person.eq(from))
                        .filter($table::recorded_for.eq_any(records.clone()))
                        .set($table::$person.eq(to))
                        .execute(self.conn),
                )?;
                done(
                    diesel::update($table::table)
                        .filter($table::$person.eq(to))
                        .filter($table::recorded_for.eq(Some(to)))
                        .set($table::recorded_for.eq(None::<Id>))
                        .execute(self.conn),
                )?;
            };
        }
        macro_rules! give_some {
            ($table:ident, $person:ident) => {
                done(
                    diesel::update($table::table)
                        .filter($table::$person.eq(Some(from)))
                        .filter($table::recorded_for.eq_any(records.clone()))
                        .set($table::$person.eq(Some(to)))
                        .execute(self.conn),
                )?;
                done(
                    diesel::update($table::table)
                        .filter($table::$person.eq(Some(to)))
                        .filter($table::recorded_for.eq(Some(to)))
                        .set($table::recorded_for.eq(None::<Id>))
                        .execute(self.conn),
                )?;
            };
        }
        each_table!(give);
        each_table_that_may_name!(give_some);
        let kind = word(&ExternalKind::Person)?;
        done(
            diesel::update(external_ids::table)
                .filter(external_ids::kind.eq(&kind))
                .filter(external_ids::subject.eq(from))
                .filter(external_ids::recorded_for.eq_any(records.clone()))
                .set(external_ids::subject.eq(to))
                .execute(self.conn),
        )?;
        done(
            diesel::update(external_ids::table)
                .filter(external_ids::kind.eq(&kind))
                .filter(external_ids::subject.eq(to))
                .filter(external_ids::recorded_for.eq(Some(to)))
                .set(external_ids::recorded_for.eq(None::<Id>))
                .execute(self.conn),
        )
    }

    fn mark_duplicate(&mut self, license: LicenseId, of: Option<LicenseId>) -> Result<()> {
        met(
            diesel::update(licenses::table.find(Id::of(license)))
                .set(licenses::duplicate_of.eq(of.map(Id::of)))
                .execute(self.conn),
            "license",
        )
    }
}
