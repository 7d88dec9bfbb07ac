//! What people read: what happened, by when, how to keep or get back access, and whom to ask.
//!
//! Plain words for people who have a shelter to run. A text says nothing that its reader may not know, and no client,
//! health or legal detail: it is made of the license, its rule and the day only.

pub(super) mod coming;
mod passage;
mod staff;

pub(super) use passage::Passage;
pub(super) use staff::invented;

use std::collections::BTreeMap;
use std::fmt::Write;

use chrono::NaiveDate;
use chrono_tz::Tz;

use self::staff::{Written, written, written_list};
use super::templates;
use crate::application::ports::{StoreError, View};
use crate::domain::ids::OrganizationId;
use crate::domain::login::AccessSignal;
use crate::domain::outgoing::{MessageText, NoticeKind};
use crate::domain::roster::Implementation;
use crate::domain::template::{TemplateKind, TemplateText, escaped};

/// A message before it is written.
#[derive(Clone, Debug, Default)]
pub(super) struct Letter {
    /// How whoever reads it is greeted.
    pub to: Option<String>,
    pub implementation: String,
    pub organization: String,
    pub support_contact: String,
    pub passages: Vec<Passage>,
    /// What is coming at the organization, a line each.
    pub coming: Vec<String>,
    /// Logins that nothing allowed, a line each.
    pub signals: Vec<String>,
    /// Who else should have been told and could not be.
    pub unreached: Vec<String>,
    /// What staff wrote instead of the built-in texts.
    pub templates: BTreeMap<TemplateKind, TemplateText>,
}

impl Letter {
    /// The frame of a message about an organization.
    pub fn of(
        view: &mut dyn View,
        implementation: &Implementation,
        organization: Option<OrganizationId>,
    ) -> Result<Self, StoreError> {
        let organization = match organization {
            Some(id) => view.organization(id)?,
            None => None,
        };
        Ok(Self {
            implementation: implementation.name.clone(),
            organization: organization.map_or_else(String::new, |found| found.name),
            support_contact: implementation.support_contact.clone(),
            templates: templates::written(view, implementation.id)?,
            ..Self::default()
        })
    }

    /// Says of which organizations it speaks, of one passage after the other: where there are several, each says its own.
    pub fn about(
        &mut self,
        organizations: &BTreeMap<OrganizationId, String>,
        of_passages: &[OrganizationId],
    ) {
        let names: Vec<&str> = organizations.values().map(String::as_str).collect();
        self.organization = match names.split_last() {
            Some((last, [])) => (*last).to_owned(),
            Some((last, others)) => format!("{} and {last}", others.join(", ")),
            None => String::new(),
        };
        if names.len() > 1 {
            for (passage, organization) in self.passages.iter_mut().zip(of_passages) {
                passage.at = organizations.get(organization).cloned();
            }
        }
    }

    /// Whether it speaks of the licenses of others.
    fn is_duty(&self) -> bool {
        self.passages.iter().any(|passage| passage.of.is_some())
    }
}

/// A local day as people read it: `Wednesday, 8 April 2026`.
pub(super) fn day(day: NaiveDate) -> String {
    day.format("%A, %-d %B %Y").to_string()
}

/// One login that nothing allowed: when, where, and under which ids its reader finds it.
pub(super) fn signal_line(signal: &AccessSignal, organization: Option<&str>, zone: Tz) -> String {
    let at = signal.occurred_at.with_timezone(&zone);
    format!(
        "- {}, {}: access signal {}, person {}",
        at.format("%A, %-d %B %Y, %H:%M"),
        organization.unwrap_or("no organization named"),
        signal.id,
        signal.person_id,
    )
}

fn subject(letter: &Letter) -> String {
    let acts = letter
        .passages
        .iter()
        .filter(|passage| passage.kind != NoticeKind::Retraction)
        .map(|passage| passage.named_on)
        .min();
    match acts {
        Some(named_on) => format!(
            "{}: please act before {}",
            letter.implementation,
            day(named_on)
        ),
        None if letter.is_duty() => format!("{}: access stays", letter.implementation),
        None => format!("{}: you keep your access", letter.implementation),
    }
}

/// What every message ends with, whoever wrote it.
const LAST: &str = "This message was sent by itself. It never asks for your password, and nothing about clients belongs in an answer.";

/// A paragraph as HTML.
fn paragraph(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(escaped).collect();
    format!("<p>{}</p>", lines.join("<br>\n"))
}

/// Writes a message: its text, and the same as HTML. A list is one text, that of staff or the built-in one; so is a
/// single notice that staff wrote a text for, which among others stands in the frame like any of them.
pub(super) fn write(letter: &Letter) -> (MessageText, String) {
    let passages = letter.passages.iter();
    let by_staff: Vec<Option<Written>> = match written_list(letter) {
        Some(list) => vec![Some(list)],
        None => passages.map(|passage| written(letter, passage)).collect(),
    };
    let mut subject = subject(letter);
    let mut blocks: Vec<(String, String)> = Vec::new();
    let built_in = |text: String| {
        let html = paragraph(&text);
        (text, html)
    };
    if let [Some(alone)] = by_staff.as_slice() {
        subject.clone_from(&alone.subject);
        blocks.push((alone.plain.clone(), alone.html.clone()));
    } else {
        blocks.extend(opening(letter).into_iter().map(built_in));
        let own_words: Vec<&Passage> = letter
            .passages
            .iter()
            .zip(&by_staff)
            .filter_map(|(passage, by_staff)| by_staff.is_none().then_some(passage))
            .collect();
        let mut said: Vec<&Passage> = Vec::new();
        for (passage, by_staff) in letter.passages.iter().zip(by_staff) {
            let block = match by_staff {
                Some(text) => (text.plain, text.html),
                None if said.iter().any(|other| other.goes_with(passage)) => continue,
                None => {
                    let together: Vec<&Passage> = own_words
                        .iter()
                        .copied()
                        .filter(|other| passage.goes_with(other))
                        .collect();
                    said.push(passage);
                    built_in(Passage::lines(&together).join("\n"))
                }
            };
            // Two notices that are taken back for the same day are one sentence.
            if !blocks.contains(&block) {
                blocks.push(block);
            }
        }
        blocks.push(built_in(format!(
            "Questions? Ask {}: {}",
            letter.implementation, letter.support_contact
        )));
    }
    if !letter.unreached.is_empty() {
        blocks.push(built_in(format!(
            "Mail about this to {} was refused or came back. Please see to it that there is an address that works.",
            letter.unreached.join(", ")
        )));
    }
    blocks.push(built_in(LAST.to_owned()));
    let mut html = String::from("<!DOCTYPE html>\n<html lang=\"en\"><body>\n");
    for (_, block) in &blocks {
        // Writing into a string cannot fail.
        let _ = writeln!(html, "{block}");
    }
    html.push_str("</body></html>\n");
    let plain: Vec<String> = blocks.into_iter().map(|(plain, _)| plain).collect();
    let text = MessageText {
        subject: one_line(&subject),
        plain: plain.join("\n\n") + "\n",
    };
    (text, html)
}

/// How a message about notices begins.
fn opening(letter: &Letter) -> [String; 2] {
    let hello = match &letter.to {
        Some(name) => format!("Hello {name},"),
        None => "Hello,".to_owned(),
    };
    let about = if letter.is_duty() {
        format!(
            "this is about HMIS licenses at {}, for which you are responsible.",
            letter.organization
        )
    } else if letter.passages.iter().any(|passage| passage.at.is_some()) {
        format!(
            "this is about your HMIS licenses at {}.",
            letter.organization
        )
    } else {
        format!(
            "this is about your HMIS license at {}.",
            letter.organization
        )
    };
    [hello, about]
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
