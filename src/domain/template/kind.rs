//! What texts are for, and what may be filled into each.

use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error as WordError, StrDeserializer};

use crate::domain::fact::NoticeRule;

/// What a text is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TemplateKind {
    /// Notices and reminders of a rule, to whoever they are about.
    Rule(NoticeRule),
    /// To the same person: what an earlier one said no longer holds.
    Retraction,
    /// To whoever came back: until when to log in.
    Return,
    /// Notices and reminders as they go to supervisors, signers and the lead.
    Duty,
    /// To the same: what an earlier one said no longer holds.
    DutyRetraction,
    /// To supervisors on the last day.
    LastDay,
    /// What is coming at an organization, once a week.
    Digest,
    /// Logins that nothing allowed, to the lead.
    Signals,
}

/// What may be filled in, and whether every text must hold it.
type Placeholders = &'static [(&'static str, bool)];

const OF_NOTICE: Placeholders = &[
    ("what", true),
    ("by_when", true),
    ("how_back", true),
    ("whom_to_ask", true),
    ("given_name", false),
    ("organization", false),
    ("implementation", false),
    ("day", false),
];
const OF_RETRACTION: Placeholders = &[
    ("what", true),
    ("whom_to_ask", true),
    ("given_name", false),
    ("organization", false),
    ("implementation", false),
    ("day", false),
];
const OF_DUTY: Placeholders = &[
    ("what", true),
    ("by_when", true),
    ("how_back", true),
    ("whom_to_ask", true),
    ("person", false),
    ("given_name", false),
    ("organization", false),
    ("implementation", false),
    ("day", false),
];
const OF_DUTY_RETRACTION: Placeholders = &[
    ("what", true),
    ("whom_to_ask", true),
    ("person", false),
    ("given_name", false),
    ("organization", false),
    ("implementation", false),
    ("day", false),
];
const OF_DIGEST: Placeholders = &[
    ("items", true),
    ("whom_to_ask", true),
    ("given_name", false),
    ("organization", false),
    ("implementation", false),
];
const OF_SIGNALS: Placeholders = &[("items", true), ("implementation", false)];

impl TemplateKind {
    /// The kinds besides those of a rule, each with its name.
    const OTHERS: [(Self, &'static str); 7] = [
        (Self::Retraction, "retraction"),
        (Self::Return, "return"),
        (Self::Duty, "duty"),
        (Self::DutyRetraction, "duty_retraction"),
        (Self::LastDay, "last_day"),
        (Self::Digest, "digest"),
        (Self::Signals, "signals"),
    ];

    /// Every kind.
    pub fn all() -> impl Iterator<Item = Self> {
        let rules = NoticeRule::ALL.into_iter().map(Self::Rule);
        rules.chain(Self::OTHERS.into_iter().map(|(kind, _)| kind))
    }

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rule(rule) => rule.as_str(),
            other => Self::OTHERS
                .iter()
                .find(|(kind, _)| *kind == other)
                .map_or("", |(_, name)| name),
        }
    }

    /// The kind of a name. Nothing where there is none.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let other = Self::OTHERS.iter().find(|(_, known)| *known == name);
        let word: StrDeserializer<'_, WordError> = name.into_deserializer();
        match other {
            Some((kind, _)) => Some(*kind),
            None => NoticeRule::deserialize(word).ok().map(Self::Rule),
        }
    }

    /// What may be filled in, and whether every text must hold it.
    #[must_use]
    pub fn placeholders(self) -> Placeholders {
        match self {
            Self::Rule(_) | Self::Return => OF_NOTICE,
            Self::Retraction => OF_RETRACTION,
            Self::Duty | Self::LastDay => OF_DUTY,
            Self::DutyRetraction => OF_DUTY_RETRACTION,
            Self::Digest => OF_DIGEST,
            Self::Signals => OF_SIGNALS,
        }
    }
}
