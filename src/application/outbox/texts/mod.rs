//! What people read: what happened, by when, how to keep or get back access, and whom to ask.
//!
//! Plain words for people who have a shelter to run. A text says nothing that its reader may not know, and no client,
//! health or legal detail: it is made of the license, its rule and the day only.

pub(super) mod coming;
mod passage;

pub(super) use passage::Passage;

use std::collections::BTreeMap;
use std::fmt::Write;

use chrono::NaiveDate;

use crate::application::{Error, Tx};
use crate::domain::fact::NoticeRule;
use crate::domain::ids::OrganizationId;
use crate::domain::outgoing::{MessageText, NoticeKind};
use crate::domain::roster::Implementation;
use crate::domain::template::{TemplateText, Values, escaped};

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
    /// What staff wrote instead of the built-in texts, for notices to whoever they are about.
    pub templates: BTreeMap<NoticeRule, TemplateText>,
}

impl Letter {
    /// The frame of a message about an organization.
    pub fn of(
        tx: &mut Tx<'_>,
        implementation: &Implementation,
        organization: OrganizationId,
    ) -> Result<Self, Error> {
        let organization = tx.unit.organization(organization)?;
        Ok(Self {
            implementation: implementation.name.clone(),
            organization: organization.map_or_else(String::new, |found| found.name),
            support_contact: implementation.support_contact.clone(),
            ..Self::default()
        })
    }

    /// Whether it speaks of the licenses of others.
    fn is_duty(&self) -> bool {
        !self.coming.is_empty() || self.passages.iter().any(|passage| passage.of.is_some())
    }
}

/// A local day as people read it: `Wednesday, 8 April 2026`.
pub(super) fn day(day: NaiveDate) -> String {
    day.format("%A, %-d %B %Y").to_string()
}

fn subject(letter: &Letter) -> String {
    let acts = letter
        .passages
        .iter()
        .filter(|passage| passage.kind != NoticeKind::Retraction)
        .map(|passage| passage.named_on)
        .min();
    match acts {
        _ if !letter.coming.is_empty() => format!(
            "{}: what is coming at {}",
            letter.implementation, letter.organization
        ),
        Some(named_on) => format!(
            "{}: please act before {}",
            letter.implementation,
            day(named_on)
        ),
        None if letter.is_duty() => format!("{}: access stays", letter.implementation),
        None => format!("{}: you keep your access", letter.implementation),
    }
}

/// What a passage fills into a template.
fn values(letter: &Letter, passage: &Passage) -> Values {
    let what = passage.what();
    Values {
        what: match passage.kind {
            NoticeKind::Reminder => format!("A reminder. {what}"),
            _ => what,
        },
        by_when: passage.until(),
        how_back: passage.how(),
        whom_to_ask: format!("{}: {}", letter.implementation, letter.support_contact),
        given_name: letter.to.clone().unwrap_or_default(),
        organization: letter.organization.clone(),
        implementation: letter.implementation.clone(),
        day: day(passage.named_on),
    }
}

/// Invented people and days, to see how a text reads.
pub(super) fn invented(rule: NoticeRule, implementation: &Implementation) -> Values {
    let on = |month, day| NaiveDate::from_ymd_opt(2026, month, day).unwrap_or_default();
    let passage = Passage {
        kind: NoticeKind::Notice,
        rule,
        of: None,
        title: Some("Privacy and security".to_owned()),
        anchor_on: on(3, 2),
        named_on: on(4, 8),
        logged_in: true,
        action: None,
    };
    let letter = Letter {
        to: Some("Dana".to_owned()),
        implementation: implementation.name.clone(),
        organization: "Corktown Shelter Alliance & Friends".to_owned(),
        support_contact: implementation.support_contact.clone(),
        ..Letter::default()
    };
    values(&letter, &passage)
}

/// What staff wrote for a passage, filled in.
struct Written {
    subject: String,
    plain: String,
    html: String,
}

fn written(letter: &Letter, passage: &Passage) -> Option<Written> {
    if passage.of.is_some() || !matches!(passage.kind, NoticeKind::Notice | NoticeKind::Reminder) {
        return None;
    }
    let text = letter.templates.get(&passage.rule)?;
    let values = values(letter, passage);
    Some(Written {
        subject: text.subject(&values),
        plain: text.plain(&values).trim_end().to_owned(),
        html: text.html(&values),
    })
}

/// What every message ends with, whoever wrote it.
const LAST: &str = "This message was sent by itself. It never asks for your password, and nothing about clients belongs in an answer.";

/// A paragraph as HTML.
fn paragraph(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(escaped).collect();
    format!("<p>{}</p>", lines.join("<br>\n"))
}

/// Writes a message: its text, and the same as HTML. A single notice that staff wrote a text for is that text; among
/// others it stands in the frame like any of them.
pub(super) fn write(letter: &Letter) -> (MessageText, String) {
    let by_staff: Vec<Option<Written>> = letter
        .passages
        .iter()
        .map(|passage| written(letter, passage))
        .collect();
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
        for (passage, by_staff) in letter.passages.iter().zip(by_staff) {
            let block = match by_staff {
                Some(text) => (text.plain, text.html),
                None => built_in(passage.lines().join("\n")),
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

/// How a message begins.
fn opening(letter: &Letter) -> Vec<String> {
    let hello = match &letter.to {
        Some(name) => format!("Hello {name},"),
        None => "Hello,".to_owned(),
    };
    let about = if !letter.coming.is_empty() {
        format!(
            "this is due at {} within two weeks, or overdue:",
            letter.organization
        )
    } else if letter.is_duty() {
        format!(
            "this is about HMIS licenses at {}, for which you are responsible.",
            letter.organization
        )
    } else {
        format!(
            "this is about your HMIS license at {}.",
            letter.organization
        )
    };
    let mut found = vec![hello, about];
    if !letter.coming.is_empty() {
        found.push(letter.coming.join("\n"));
    }
    found
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::OffAction;

    fn letter(passages: Vec<Passage>) -> Letter {
        Letter {
            to: Some("Dana <b>".to_owned()),
            implementation: "HAND\r\nBcc: x".to_owned(),
            organization: "Corktown & Sons".to_owned(),
            support_contact: "hmis@example.org".to_owned(),
            passages,
            ..Letter::default()
        }
    }

    fn passage(kind: NoticeKind) -> Passage {
        Passage {
            kind,
            rule: NoticeRule::Inactivity,
            of: None,
            title: None,
            anchor_on: NaiveDate::from_ymd_opt(2026, 3, 2).unwrap(),
            named_on: NaiveDate::from_ymd_opt(2026, 4, 8).unwrap(),
            logged_in: true,
            action: Some(OffAction::Deactivate),
        }
    }

    #[test]
    fn a_notice_says_what_by_when_how_and_whom_to_ask() {
        let (text, html) = write(&letter(vec![passage(NoticeKind::Notice)]));
        for part in [
            "since Monday, 2 March 2026",
            "before Wednesday, 8 April 2026, you lose access at the beginning of that day",
            "log in to the HMIS once before that day",
            "hmis@example.org",
        ] {
            assert!(text.plain.contains(part), "{part}: {}", text.plain);
        }
        assert!(html.contains("Dana &lt;b&gt;") && html.contains("Corktown &amp; Sons"));
        assert_eq!(
            text.subject,
            "HAND Bcc: x: please act before Wednesday, 8 April 2026"
        );
    }

    #[test]
    fn a_retraction_asks_for_nothing() {
        let (text, _) = write(&letter(vec![passage(NoticeKind::Retraction)]));
        assert!(text.plain.contains("That no longer holds"));
        assert!(text.subject.ends_with("you keep your access"));
    }
}
