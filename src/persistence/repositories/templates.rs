//! Texts that staff wrote.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::{Result, Row, all, done, ids};
use crate::application::ports::{Page, StoreError, Visible};
use crate::domain::ids::ImplementationId;
use crate::domain::template::{MessageTemplate, TemplateKind, TemplateText};
use crate::persistence::Session;
use crate::persistence::backend::MultiBackend;
use crate::persistence::schema::message_templates;
use crate::persistence::types::{Id, Instant};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = message_templates)]
struct TemplateRow {
    id: Id,
    implementation_id: Id,
    kind: String,
    number: i32,
    subject: Option<String>,
    plain: Option<String>,
    html: Option<String>,
    recorded_at: Instant,
    recorded_by: Id,
}

impl Row for TemplateRow {
    type Record = MessageTemplate;

    fn of(record: &MessageTemplate) -> Result<Self> {
        let text = record.text.as_ref();
        Ok(Self {
            id: Id::of(record.id),
            implementation_id: Id::of(record.implementation_id),
            kind: record.kind.as_str().to_owned(),
            number: record.number,
            subject: text.map(|text| text.subject.clone()),
            plain: text.map(|text| text.plain.clone()),
            html: text.map(|text| text.html.clone()),
            recorded_at: Instant(record.recorded_at),
            recorded_by: Id::of(record.recorded_by),
        })
    }

    fn read(self) -> Result<MessageTemplate> {
        Ok(MessageTemplate {
            id: self.id.to(),
            implementation_id: self.implementation_id.to(),
            kind: TemplateKind::parse(&self.kind).ok_or_else(|| {
                StoreError::Corrupt("there is no such kind of message".to_owned())
            })?,
            number: self.number,
            text: match (self.subject, self.plain, self.html) {
                (Some(subject), Some(plain), Some(html)) => Some(TemplateText {
                    subject,
                    plain,
                    html,
                }),
                _ => None,
            },
            recorded_at: self.recorded_at.0,
            recorded_by: self.recorded_by.to(),
        })
    }
}

/// Of each kind the last.
pub(super) fn last(
    session: &mut Session<'_>,
    implementation: ImplementationId,
) -> Result<Vec<MessageTemplate>> {
    let every = all::<TemplateRow>(
        message_templates::table
            .filter(message_templates::implementation_id.eq(Id::of(implementation)))
            .order(message_templates::number.asc())
            .select(TemplateRow::as_select())
            .load(session.conn),
    )?;
    let last: BTreeMap<TemplateKind, MessageTemplate> = every
        .into_iter()
        .map(|template| (template.kind, template))
        .collect();
    Ok(last.into_values().collect())
}

pub(super) fn versions(
    session: &mut Session<'_>,
    visible: &Visible,
    implementation: ImplementationId,
    kind: Option<TemplateKind>,
    page: Page,
) -> Result<Vec<MessageTemplate>> {
    let mut query = visible_rows!(
        message_templates::table
            .select(TemplateRow::as_select())
            .into_boxed::<MultiBackend>(),
        visible,
        message_templates::implementation_id.eq_any(ids(&visible.implementations)),
    );
    query = query.filter(message_templates::implementation_id.eq(Id::of(implementation)));
    if let Some(kind) = kind {
        query = query.filter(message_templates::kind.eq(kind.as_str()));
    }
    all(page_by!(query, message_templates::id, page).load::<TemplateRow>(session.conn))
}

pub(super) fn insert(session: &mut Session<'_>, row: &MessageTemplate) -> Result<()> {
    done(
        diesel::insert_into(message_templates::table)
            .values(TemplateRow::of(row)?)
            .execute(session.conn),
    )
}
