//! Notices that wait to be given, and the messages that carry them.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::logins::SignalRow;
use super::{
    Result, Row, all, by_ids, compared_and_set, done, ids, json, one, read_json, read_word,
    templates, word,
};
use crate::application::ports::{
    MessageFilter, OutboxReads, OutboxWrites, Page, QueueFilter, StoreError, Visible,
};
use crate::domain::ids::{
    AccessSignalId, FactId, ImplementationId, LicenseId, MessageId, NoticeCopyId, OrganizationId,
};
use crate::domain::login::{AccessSignal, SignalState};
use crate::domain::outgoing::{
    Addressee, Message, MessageKind, MessageState, MessageText, NoticeCopy, NoticeSubject,
    QueueState, QueuedNotice,
};
use crate::domain::template::{MessageTemplate, TemplateKind};
use crate::persistence::Session;
use crate::persistence::backend::MultiBackend;
use crate::persistence::error::map_error;
use crate::persistence::schema::{access_signals, messages, notice_copies, queued_notices};
use crate::persistence::types::{Id, Instant};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = queued_notices)]
struct NoticeRow {
    id: Id,
    implementation_id: Id,
    organization_id: Id,
    person_id: Id,
    license_id: Id,
    kind: String,
    rule: String,
    step: Option<i32>,
    requirement: Option<String>,
    anchor_on: NaiveDate,
    days_before: Option<i32>,
    skipped: String,
    retracts: Option<Id>,
    due_at: Instant,
    queued_at: Instant,
    state: String,
    message_id: Option<Id>,
    named_on: Option<NaiveDate>,
    settled_at: Option<Instant>,
    version: i32,
    tells: String,
}

/// A small number as it is kept.
fn small<T>(value: i32) -> Result<T>
where
    T: TryFrom<i32>,
{
    T::try_from(value).map_err(|_| StoreError::Corrupt("a number is out of range".to_owned()))
}

impl Row for NoticeRow {
    type Record = QueuedNotice;

    fn of(record: &QueuedNotice) -> Result<Self> {
        Ok(Self {
            id: Id::of(record.id),
            implementation_id: Id::of(record.implementation_id),
            organization_id: Id::of(record.organization_id),
            person_id: Id::of(record.person_id),
            license_id: Id::of(record.license_id),
            kind: word(&record.kind)?,
            rule: word(&record.subject.rule)?,
            step: record
                .subject
                .step
                .and_then(|step| i32::try_from(step).ok()),
            requirement: record.subject.requirement.clone(),
            anchor_on: record.subject.anchor_on,
            days_before: record.subject.days_before.map(i32::from),
            skipped: json(&record.skipped)?,
            retracts: record.retracts.map(Id::of),
            due_at: Instant(record.due_at),
            queued_at: Instant(record.queued_at),
            state: word(&record.state)?,
            message_id: record.message_id.map(Id::of),
            named_on: record.named_on,
            settled_at: record.settled_at.map(Instant),
            version: record.version,
            tells: json(&record.tells)?,
        })
    }

    fn read(self) -> Result<QueuedNotice> {
        Ok(QueuedNotice {
            id: self.id.to(),
            implementation_id: self.implementation_id.to(),
            organization_id: self.organization_id.to(),
            person_id: self.person_id.to(),
            license_id: self.license_id.to(),
            kind: read_word(&self.kind)?,
            subject: NoticeSubject {
                rule: read_word(&self.rule)?,
                step: self.step.map(small).transpose()?,
                requirement: self.requirement,
                anchor_on: self.anchor_on,
                days_before: self.days_before.map(small).transpose()?,
            },
            tells: read_json(&self.tells)?,
            skipped: read_json(&self.skipped)?,
            retracts: self.retracts.map(Id::to),
            due_at: self.due_at.0,
            queued_at: self.queued_at.0,
            state: read_word(&self.state)?,
            message_id: self.message_id.map(Id::to),
            named_on: self.named_on,
            settled_at: self.settled_at.map(|at| at.0),
            version: self.version,
        })
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = messages)]
struct MessageRow {
    id: Id,
    implementation_id: Id,
    person_id: Option<Id>,
    organization_id: Option<Id>,
    on_day: NaiveDate,
    state: String,
    attempts: i32,
    next_attempt_at: Instant,
    lease_id: Option<Id>,
    leased_until: Option<Instant>,
    subject: Option<String>,
    plain: Option<String>,
    failure: Option<String>,
    queued_at: Instant,
    settled_at: Option<Instant>,
    version: i32,
    contact_id: Option<Id>,
    kind: String,
    once: Option<String>,
}

/// The columns that say to whom something goes: a person, a contact, or with neither the lead.
fn addressed(to: Addressee) -> (Option<Id>, Option<Id>) {
    match to {
        Addressee::Person(id) => (Some(Id::of(id)), None),
        Addressee::Contact(id) => (None, Some(Id::of(id))),
        Addressee::Lead => (None, None),
    }
}

fn addressee(person: Option<Id>, contact: Option<Id>) -> Addressee {
    match (person, contact) {
        (Some(id), _) => Addressee::Person(id.to()),
        (None, Some(id)) => Addressee::Contact(id.to()),
        (None, None) => Addressee::Lead,
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = notice_copies)]
struct CopyRow {
    id: Id,
    implementation_id: Id,
    organization_id: Id,
    notice_id: Id,
    person_id: Option<Id>,
    contact_id: Option<Id>,
    state: String,
    message_id: Option<Id>,
    queued_at: Instant,
    settled_at: Option<Instant>,
    version: i32,
}

impl Row for CopyRow {
    type Record = NoticeCopy;

    fn of(record: &NoticeCopy) -> Result<Self> {
        let (person_id, contact_id) = addressed(record.to);
        Ok(Self {
            id: Id::of(record.id),
            implementation_id: Id::of(record.implementation_id),
            organization_id: Id::of(record.organization_id),
            notice_id: Id::of(record.notice_id),
            person_id,
            contact_id,
            state: word(&record.state)?,
            message_id: record.message_id.map(Id::of),
            queued_at: Instant(record.queued_at),
            settled_at: record.settled_at.map(Instant),
            version: record.version,
        })
    }

    fn read(self) -> Result<NoticeCopy> {
        Ok(NoticeCopy {
            id: self.id.to(),
            implementation_id: self.implementation_id.to(),
            organization_id: self.organization_id.to(),
            notice_id: self.notice_id.to(),
            to: addressee(self.person_id, self.contact_id),
            state: read_word(&self.state)?,
            message_id: self.message_id.map(Id::to),
            queued_at: self.queued_at.0,
            settled_at: self.settled_at.map(|at| at.0),
            version: self.version,
        })
    }
}

impl Row for MessageRow {
    type Record = Message;

    fn of(record: &Message) -> Result<Self> {
        let (person_id, contact_id) = addressed(record.to);
        Ok(Self {
            id: Id::of(record.id),
            implementation_id: Id::of(record.implementation_id),
            person_id,
            contact_id,
            kind: word(&record.kind)?,
            once: record.once.clone(),
            organization_id: record.organization_id.map(Id::of),
            on_day: record.on_day,
            state: word(&record.state)?,
            attempts: record.attempts,
            next_attempt_at: Instant(record.next_attempt_at),
            lease_id: record.lease.map(|(id, _)| Id::of(id)),
            leased_until: record.lease.map(|(_, until)| Instant(until)),
            subject: record.text.as_ref().map(|text| text.subject.clone()),
            plain: record.text.as_ref().map(|text| text.plain.clone()),
            failure: record.failure.clone(),
            queued_at: Instant(record.queued_at),
            settled_at: record.settled_at.map(Instant),
            version: record.version,
        })
    }

    fn read(self) -> Result<Message> {
        Ok(Message {
            id: self.id.to(),
            implementation_id: self.implementation_id.to(),
            kind: read_word(&self.kind)?,
            to: addressee(self.person_id, self.contact_id),
            once: self.once,
            organization_id: self.organization_id.map(Id::to),
            on_day: self.on_day,
            state: read_word(&self.state)?,
            attempts: self.attempts,
            next_attempt_at: self.next_attempt_at.0,
            lease: self
                .lease_id
                .zip(self.leased_until)
                .map(|(id, until)| (id.to(), until.0)),
            text: self
                .subject
                .zip(self.plain)
                .map(|(subject, plain)| MessageText { subject, plain }),
            failure: self.failure,
            queued_at: self.queued_at.0,
            settled_at: self.settled_at.map(|at| at.0),
            version: self.version,
        })
    }
}

impl OutboxReads for Session<'_> {
    fn queued_notice(&mut self, id: FactId) -> Result<Option<QueuedNotice>> {
        one(queued_notices::table
            .find(Id::of(id))
            .select(NoticeRow::as_select())
            .first(self.conn)
            .optional())
    }

    fn queued_notices(
        &mut self,
        visible: &Visible,
        filter: &QueueFilter,
        page: Page,
    ) -> Result<Vec<QueuedNotice>> {
        let mut query = visible_rows!(
            queued_notices::table
                .select(NoticeRow::as_select())
                .into_boxed::<MultiBackend>(),
            visible,
            queued_notices::implementation_id.eq_any(ids(&visible.implementations)),
            queued_notices::organization_id.eq_any(ids(&visible.organizations)),
            queued_notices::person_id.eq_any(ids(&visible.people)),
        );
        if let Some(id) = filter.implementation_id {
            query = query.filter(queued_notices::implementation_id.eq(Id::of(id)));
        }
        if let Some(id) = filter.organization_id {
            query = query.filter(queued_notices::organization_id.eq(Id::of(id)));
        }
        if let Some(id) = filter.person_id {
            query = query.filter(queued_notices::person_id.eq(Id::of(id)));
        }
        if let Some(id) = filter.license_id {
            query = query.filter(queued_notices::license_id.eq(Id::of(id)));
        }
        if !filter.states.is_empty() {
            let states: Vec<&'static str> = filter.states.iter().map(|s| s.as_str()).collect();
            query = query.filter(queued_notices::state.eq_any(states));
        }
        all(page_by!(query, queued_notices::id, page).load::<NoticeRow>(self.conn))
    }

    fn queued_of_licenses(&mut self, ids: &[LicenseId]) -> Result<Vec<QueuedNotice>> {
        let mut found = by_ids(ids, |ids| {
            all::<NoticeRow>(
                queued_notices::table
                    .filter(queued_notices::license_id.eq_any(ids))
                    .select(NoticeRow::as_select())
                    .load(self.conn),
            )
        })?;
        found.sort_by_key(|notice| notice.id);
        Ok(found)
    }

    fn queued_of_message(&mut self, id: MessageId) -> Result<Vec<QueuedNotice>> {
        all::<NoticeRow>(
            queued_notices::table
                .filter(queued_notices::message_id.eq(Id::of(id)))
                .order(queued_notices::id.asc())
                .select(NoticeRow::as_select())
                .load(self.conn),
        )
    }

    fn message(&mut self, id: MessageId) -> Result<Option<Message>> {
        one(messages::table
            .find(Id::of(id))
            .select(MessageRow::as_select())
            .first(self.conn)
            .optional())
    }

    fn messages(
        &mut self,
        visible: &Visible,
        filter: &MessageFilter,
        page: Page,
    ) -> Result<Vec<Message>> {
        let mut query = visible_rows!(
            messages::table
                .select(MessageRow::as_select())
                .into_boxed::<MultiBackend>(),
            visible,
            messages::implementation_id.eq_any(ids(&visible.implementations)),
        );
        if let Some(id) = filter.implementation_id {
            query = query.filter(messages::implementation_id.eq(Id::of(id)));
        }
        if let Some(id) = filter.person_id {
            query = query.filter(messages::person_id.eq(Some(Id::of(id))));
        }
        if let Some(state) = filter.state {
            query = query.filter(messages::state.eq(state.as_str()));
        }
        all(page_by!(query, messages::id, page).load::<MessageRow>(self.conn))
    }

    fn messages_of_day(
        &mut self,
        kind: MessageKind,
        to: Addressee,
        organization: Option<OrganizationId>,
        on_day: NaiveDate,
    ) -> Result<Vec<Message>> {
        let (person, contact) = addressed(to);
        let mut query = messages::table
            .filter(messages::on_day.eq(on_day))
            .filter(messages::kind.eq(kind.as_str()))
            .order(messages::id.asc())
            .select(MessageRow::as_select())
            .into_boxed::<MultiBackend>();
        if let Some(organization) = organization {
            query = query.filter(messages::organization_id.eq(Some(Id::of(organization))));
        }
        query = match person {
            Some(_) => query.filter(messages::person_id.eq(person)),
            None => query.filter(messages::person_id.is_null()),
        };
        query = match contact {
            Some(_) => query.filter(messages::contact_id.eq(contact)),
            None => query.filter(messages::contact_id.is_null()),
        };
        all::<MessageRow>(query.load(self.conn))
    }

    fn refused_messages(
        &mut self,
        kind: MessageKind,
        organization: OrganizationId,
        on_day: NaiveDate,
    ) -> Result<Vec<Message>> {
        all::<MessageRow>(
            messages::table
                .filter(messages::organization_id.eq(Some(Id::of(organization))))
                .filter(messages::on_day.eq(on_day))
                .filter(messages::kind.eq(kind.as_str()))
                .filter(messages::state.eq(MessageState::Refused.as_str()))
                .order(messages::id.asc())
                .select(MessageRow::as_select())
                .load(self.conn),
        )
    }

    fn messages_once(&mut self, keys: &[String]) -> Result<Vec<String>> {
        let found: Vec<Option<String>> = messages::table
            .filter(messages::once.eq_any(keys))
            .select(messages::once)
            .load(self.conn)
            .map_err(map_error)?;
        Ok(found.into_iter().flatten().collect())
    }

    fn copies_to_gather(&mut self, limit: i64) -> Result<Vec<NoticeCopy>> {
        all::<CopyRow>(
            notice_copies::table
                .filter(notice_copies::state.eq(QueueState::Queued.as_str()))
                .filter(notice_copies::message_id.is_null())
                .order(notice_copies::id.asc())
                .limit(limit)
                .select(CopyRow::as_select())
                .load(self.conn),
        )
    }

    fn copies(&mut self, list: &[NoticeCopyId]) -> Result<Vec<NoticeCopy>> {
        let mut found = by_ids(list, |ids| {
            all::<CopyRow>(
                notice_copies::table
                    .filter(notice_copies::id.eq_any(ids))
                    .select(CopyRow::as_select())
                    .load(self.conn),
            )
        })?;
        found.sort_by_key(|copy| copy.id);
        Ok(found)
    }

    fn copies_of_notices(&mut self, list: &[FactId]) -> Result<Vec<NoticeCopy>> {
        let mut found = by_ids(list, |ids| {
            all::<CopyRow>(
                notice_copies::table
                    .filter(notice_copies::notice_id.eq_any(ids))
                    .select(CopyRow::as_select())
                    .load(self.conn),
            )
        })?;
        found.sort_by_key(|copy| copy.id);
        Ok(found)
    }

    fn copies_of_message(&mut self, id: MessageId) -> Result<Vec<NoticeCopy>> {
        all::<CopyRow>(
            notice_copies::table
                .filter(notice_copies::message_id.eq(Some(Id::of(id))))
                .order(notice_copies::id.asc())
                .select(CopyRow::as_select())
                .load(self.conn),
        )
    }

    fn queued_by_id(&mut self, list: &[FactId]) -> Result<Vec<QueuedNotice>> {
        let mut found = by_ids(list, |ids| {
            all::<NoticeRow>(
                queued_notices::table
                    .filter(queued_notices::id.eq_any(ids))
                    .select(NoticeRow::as_select())
                    .load(self.conn),
            )
        })?;
        found.sort_by_key(|notice| notice.id);
        Ok(found)
    }

    fn last_templates(&mut self, implementation: ImplementationId) -> Result<Vec<MessageTemplate>> {
        templates::last(self, implementation)
    }

    fn template_versions(
        &mut self,
        visible: &Visible,
        implementation: ImplementationId,
        kind: Option<TemplateKind>,
        page: Page,
    ) -> Result<Vec<MessageTemplate>> {
        templates::versions(self, visible, implementation, kind, page)
    }

    fn implementations_with_signals(&mut self) -> Result<Vec<ImplementationId>> {
        let found: Vec<Id> = access_signals::table
            .filter(access_signals::message_id.is_null())
            .filter(access_signals::state.eq(SignalState::Open.as_str()))
            .select(access_signals::implementation_id)
            .distinct()
            .load(self.conn)
            .map_err(map_error)?;
        Ok(found.into_iter().map(Id::to).collect())
    }

    fn signals_to_tell(&mut self, implementation: ImplementationId) -> Result<Vec<AccessSignal>> {
        all::<SignalRow>(
            access_signals::table
                .filter(access_signals::message_id.is_null())
                .filter(access_signals::state.eq(SignalState::Open.as_str()))
                .filter(access_signals::implementation_id.eq(Id::of(implementation)))
                .order(access_signals::id.asc())
                .select(SignalRow::as_select())
                .load(self.conn),
        )
    }

    fn signals_of_message(&mut self, id: MessageId) -> Result<Vec<AccessSignal>> {
        all::<SignalRow>(
            access_signals::table
                .filter(access_signals::message_id.eq(Some(Id::of(id))))
                .order(access_signals::id.asc())
                .select(SignalRow::as_select())
                .load(self.conn),
        )
    }

    fn last_message(
        &mut self,
        implementation: ImplementationId,
        kind: MessageKind,
    ) -> Result<Option<Message>> {
        one(messages::table
            .filter(messages::implementation_id.eq(Id::of(implementation)))
            .filter(messages::kind.eq(kind.as_str()))
            .order(messages::id.desc())
            .select(MessageRow::as_select())
            .first(self.conn)
            .optional())
    }

    fn messages_to_send(
        &mut self,
        now: chrono::DateTime<chrono::Utc>,
        limit: i64,
    ) -> Result<Vec<Message>> {
        all::<MessageRow>(
            messages::table
                .filter(messages::state.eq(MessageState::Waiting.as_str()))
                .filter(messages::next_attempt_at.le(Instant(now)))
                .filter(
                    messages::leased_until
                        .is_null()
                        .or(messages::leased_until.le(Instant(now))),
                )
                .order((messages::next_attempt_at.asc(), messages::id.asc()))
                .limit(limit)
                .select(MessageRow::as_select())
                .load(self.conn),
        )
    }
}

impl OutboxWrites for Session<'_> {
    fn insert_queued_notice(&mut self, row: &QueuedNotice) -> Result<()> {
        done(
            diesel::insert_into(queued_notices::table)
                .values(NoticeRow::of(row)?)
                .execute(self.conn),
        )
    }

    fn update_queued_notice(&mut self, row: &QueuedNotice) -> Result<()> {
        compared_and_set(
            diesel::update(queued_notices::table.find(Id::of(row.id)))
                .filter(queued_notices::version.eq(row.version))
                .set((
                    queued_notices::state.eq(row.state.as_str()),
                    queued_notices::message_id.eq(row.message_id.map(Id::of)),
                    queued_notices::named_on.eq(row.named_on),
                    queued_notices::settled_at.eq(row.settled_at.map(Instant)),
                    queued_notices::version.eq(queued_notices::version + 1),
                ))
                .execute(self.conn),
        )
    }

    fn tell_signals(&mut self, list: &[AccessSignalId], message: MessageId) -> Result<()> {
        for some in list.chunks(500) {
            let told = diesel::update(access_signals::table)
                .filter(access_signals::id.eq_any(ids(some)))
                .filter(access_signals::message_id.is_null())
                .set(access_signals::message_id.eq(Some(Id::of(message))))
                .execute(self.conn)
                .map_err(map_error)?;
            if told != some.len() {
                return Err(StoreError::Stale);
            }
        }
        Ok(())
    }

    fn insert_message(&mut self, row: &Message) -> Result<()> {
        done(
            diesel::insert_into(messages::table)
                .values(MessageRow::of(row)?)
                .execute(self.conn),
        )
    }

    fn update_message(&mut self, row: &Message) -> Result<()> {
        let kept = MessageRow::of(row)?;
        compared_and_set(
            diesel::update(messages::table.find(Id::of(row.id)))
                .filter(messages::version.eq(row.version))
                .set((
                    messages::state.eq(kept.state),
                    messages::attempts.eq(kept.attempts),
                    messages::next_attempt_at.eq(kept.next_attempt_at),
                    messages::lease_id.eq(kept.lease_id),
                    messages::leased_until.eq(kept.leased_until),
                    messages::subject.eq(kept.subject),
                    messages::plain.eq(kept.plain),
                    messages::failure.eq(kept.failure),
                    messages::settled_at.eq(kept.settled_at),
                    messages::version.eq(messages::version + 1),
                ))
                .execute(self.conn),
        )
    }

    fn insert_template(&mut self, row: &MessageTemplate) -> Result<()> {
        templates::insert(self, row)
    }

    fn insert_notice_copy(&mut self, row: &NoticeCopy) -> Result<()> {
        done(
            diesel::insert_into(notice_copies::table)
                .values(CopyRow::of(row)?)
                .execute(self.conn),
        )
    }

    fn update_notice_copy(&mut self, row: &NoticeCopy) -> Result<()> {
        compared_and_set(
            diesel::update(notice_copies::table.find(Id::of(row.id)))
                .filter(notice_copies::version.eq(row.version))
                .set((
                    notice_copies::state.eq(row.state.as_str()),
                    notice_copies::message_id.eq(row.message_id.map(Id::of)),
                    notice_copies::settled_at.eq(row.settled_at.map(Instant)),
                    notice_copies::version.eq(notice_copies::version + 1),
                ))
                .execute(self.conn),
        )
    }
}
