//! Texts with placeholders, filled in: what staff wrote instead of the built-in words, and every list.

use chrono::NaiveDate;

use super::{Letter, Passage, coming, day};
use crate::domain::fact::NoticeRule;
use crate::domain::outgoing::NoticeKind;
use crate::domain::roster::Implementation;
use crate::domain::template::{TemplateKind, TemplateText, Values};

/// What any message fills into a template.
fn values_of(letter: &Letter) -> Values {
    Values {
        whom_to_ask: format!("{}: {}", letter.implementation, letter.support_contact),
        // Who has no name of his own is the lead.
        given_name: letter
            .to
            .clone()
            .unwrap_or_else(|| letter.implementation.clone()),
        organization: letter.organization.clone(),
        implementation: letter.implementation.clone(),
        ..Values::default()
    }
}

/// What a passage fills into a template.
fn values(letter: &Letter, passage: &Passage) -> Values {
    Values {
        what: passage.first_line(),
        by_when: passage.until(),
        how_back: passage.how(false),
        day: day(passage.named_on),
        organization: passage
            .at
            .clone()
            .unwrap_or_else(|| letter.organization.clone()),
        person: passage.of.clone().unwrap_or_default(),
        ..values_of(letter)
    }
}

/// Invented people and days, to see how a text reads.
pub(in crate::application::outbox) fn invented(
    kind: TemplateKind,
    implementation: &Implementation,
) -> Values {
    let on = |month, day| NaiveDate::from_ymd_opt(2026, month, day).unwrap_or_default();
    let of_others = matches!(
        kind,
        TemplateKind::Duty | TemplateKind::DutyRetraction | TemplateKind::LastDay
    );
    let passage = Passage {
        kind: match kind {
            TemplateKind::Retraction | TemplateKind::DutyRetraction => NoticeKind::Retraction,
            TemplateKind::Return => NoticeKind::Return,
            TemplateKind::LastDay => NoticeKind::LastDay,
            _ => NoticeKind::Notice,
        },
        rule: match kind {
            TemplateKind::Rule(rule) => rule,
            _ => NoticeRule::Inactivity,
        },
        at: None,
        of: of_others.then(|| "Kim Moreau".to_owned()),
        title: Some("Privacy and security".to_owned()),
        add_on: None,
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
    let items = match kind {
        TemplateKind::Digest => {
            coming::line("Kim Moreau", "log in once", on(4, 7), on(4, 6))
        }
        TemplateKind::Signals => "- Tuesday, 7 April 2026, 11:00, Corktown Shelter Alliance & Friends: access signal 0199f3c2-0000-7000-8000-000000000001, person 0199f3c2-0000-7000-8000-000000000002".to_owned(),
        _ => String::new(),
    };
    Values {
        items,
        ..values(&letter, &passage)
    }
}

/// A text that was filled in.
pub(super) struct Written {
    pub subject: String,
    pub plain: String,
    pub html: String,
}

fn filled(text: &TemplateText, values: &Values) -> Written {
    Written {
        subject: text.subject(values),
        plain: text.plain(values).trim_end().to_owned(),
        html: text.html(values),
    }
}

/// What staff wrote for a passage.
pub(super) fn written(letter: &Letter, passage: &Passage) -> Option<Written> {
    let kind = match (passage.kind, passage.of.is_some()) {
        (NoticeKind::Notice | NoticeKind::Reminder, false) => TemplateKind::Rule(passage.rule),
        (NoticeKind::Retraction, false) => TemplateKind::Retraction,
        (NoticeKind::Return, _) => TemplateKind::Return,
        (NoticeKind::Notice | NoticeKind::Reminder, true) => TemplateKind::Duty,
        (NoticeKind::Retraction, true) => TemplateKind::DutyRetraction,
        (NoticeKind::LastDay, _) => TemplateKind::LastDay,
    };
    let text = letter.templates.get(&kind)?;
    Some(filled(text, &values(letter, passage)))
}

/// A message that is a list, as staff or the service wrote it. Nothing where it is none.
pub(super) fn written_list(letter: &Letter) -> Option<Written> {
    let (kind, items) = if letter.signals.is_empty() {
        (TemplateKind::Digest, &letter.coming)
    } else {
        (TemplateKind::Signals, &letter.signals)
    };
    if items.is_empty() {
        return None;
    }
    let values = Values {
        items: items.join("\n"),
        ..values_of(letter)
    };
    let text = letter.templates.get(&kind).cloned();
    let text = text.unwrap_or_else(|| TemplateText::built_in(kind));
    Some(filled(&text, &values))
}
