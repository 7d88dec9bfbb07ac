//! Texts that staff write instead of the built-in ones: what may stand in them, and how they become a message.

use chrono::{DateTime, Utc};

use super::fact::NoticeRule;
use super::ids::{ImplementationId, MessageTemplateId, PrincipalId};

/// What a template may have filled in, and whether every text must hold it.
pub const PLACEHOLDERS: [(&str, bool); 8] = [
    ("what", true),
    ("by_when", true),
    ("how_back", true),
    ("whom_to_ask", true),
    ("given_name", false),
    ("organization", false),
    ("implementation", false),
    ("day", false),
];

/// Most characters of a subject.
pub const LONGEST_SUBJECT: usize = 200;
/// Most characters of a text.
pub const LONGEST_TEXT: usize = 20_000;

/// A subject and the same text twice, with placeholders of the form `{{what}}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateText {
    pub subject: String,
    pub plain: String,
    pub html: String,
}

/// One version of what an implementation says for a kind of notice. The last one is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageTemplate {
    pub id: MessageTemplateId,
    pub implementation_id: ImplementationId,
    pub kind: NoticeRule,
    /// From 1.
    pub number: i32,
    /// Nothing: the built-in text again.
    pub text: Option<TemplateText>,
    pub recorded_at: DateTime<Utc>,
    pub recorded_by: PrincipalId,
}

/// What stands for the placeholders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values {
    pub what: String,
    pub by_when: String,
    pub how_back: String,
    pub whom_to_ask: String,
    pub given_name: String,
    pub organization: String,
    pub implementation: String,
    pub day: String,
}

impl Values {
    fn of(&self, name: &str) -> Option<&str> {
        Some(match name {
            "what" => &self.what,
            "by_when" => &self.by_when,
            "how_back" => &self.how_back,
            "whom_to_ask" => &self.whom_to_ask,
            "given_name" => &self.given_name,
            "organization" => &self.organization,
            "implementation" => &self.implementation,
            "day" => &self.day,
            _ => return None,
        })
    }
}

/// A piece of a text.
enum Piece<'a> {
    Text(&'a str),
    Placeholder(&'a str),
    /// An opening without its end.
    Open,
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        found.push(Piece::Text(before));
        let Some((name, after)) = after.split_once("}}") else {
            found.push(Piece::Open);
            return found;
        };
        found.push(Piece::Placeholder(name.trim()));
        rest = after;
    }
    found.push(Piece::Text(rest));
    found
}

/// Names are other people's words.
#[must_use]
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

fn filled(text: &str, values: &Values, value: fn(&str) -> String) -> String {
    pieces(text)
        .into_iter()
        .map(|piece| match piece {
            Piece::Text(text) => text.to_owned(),
            Piece::Placeholder(name) => values.of(name).map(value).unwrap_or_default(),
            Piece::Open => String::new(),
        })
        .collect()
}

impl TemplateText {
    /// What is used where staff wrote nothing.
    #[must_use]
    pub fn built_in() -> Self {
        Self {
            subject: "{{implementation}}: please act before {{day}}".to_owned(),
            plain: "Hello {{given_name}},\n\nthis is about your HMIS license at {{organization}}.\n\n{{what}}\n{{by_when}}\n{{how_back}}\n\nQuestions? Ask {{whom_to_ask}}\n".to_owned(),
            html: "<p>Hello {{given_name}},</p>\n<p>this is about your HMIS license at {{organization}}.</p>\n<p>{{what}}<br>\n{{by_when}}<br>\n{{how_back}}</p>\n<p>Questions? Ask {{whom_to_ask}}</p>\n".to_owned(),
        }
    }

    /// Everything that is wrong with it, each with the member it stands in.
    #[must_use]
    pub fn faults(&self) -> Vec<(&'static str, String)> {
        let mut faults = Vec::new();
        if self.subject.trim().is_empty() {
            faults.push(("subject", "must not be blank".to_owned()));
        }
        // Whatever ends a line in any reader: a header must not begin in a subject.
        if self
            .subject
            .chars()
            .any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))
        {
            faults.push(("subject", "must be one line".to_owned()));
        }
        let texts = [
            ("subject", &self.subject, LONGEST_SUBJECT),
            ("plain", &self.plain, LONGEST_TEXT),
            ("html", &self.html, LONGEST_TEXT),
        ];
        for (member, text, most) in texts {
            if text.chars().count() > most {
                faults.push((member, format!("is longer than {most} characters")));
            }
            for piece in pieces(text) {
                match piece {
                    Piece::Placeholder(name)
                        if !PLACEHOLDERS.iter().any(|(known, _)| *known == name) =>
                    {
                        let known: Vec<&str> = PLACEHOLDERS.iter().map(|(name, _)| *name).collect();
                        faults.push((
                            member,
                            format!(
                                "has a placeholder that there is not: use {}",
                                known.join(", ")
                            ),
                        ));
                    }
                    Piece::Open => {
                        faults.push((
                            member,
                            "has a placeholder that does not end: close it with }}".to_owned(),
                        ));
                    }
                    Piece::Text(_) | Piece::Placeholder(_) => {}
                }
            }
            if member != "subject" {
                for (name, _) in PLACEHOLDERS.iter().filter(|(_, needed)| *needed) {
                    let has = pieces(text)
                        .iter()
                        .any(|piece| matches!(piece, Piece::Placeholder(found) if found == name));
                    if !has {
                        faults.push((
                            member,
                            format!("lacks {{{{{name}}}}}: every message says what, by when, how back and whom to ask"),
                        ));
                    }
                }
            }
        }
        let html = self.html.to_lowercase();
        if ["<script", "<iframe", "javascript:"]
            .iter()
            .any(|bad| html.contains(bad))
        {
            faults.push((
                "html",
                "must not run anything: no scripts or frames".to_owned(),
            ));
        }
        faults
    }

    /// The subject, in one line.
    #[must_use]
    pub fn subject(&self, values: &Values) -> String {
        let subject = filled(&self.subject, values, str::to_owned);
        subject.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[must_use]
    pub fn plain(&self, values: &Values) -> String {
        filled(&self.plain, values, str::to_owned)
    }

    #[must_use]
    pub fn html(&self, values: &Values) -> String {
        filled(&self.html, values, escaped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> Values {
        Values {
            what: "You <b>were</b> away & \"out\".".to_owned(),
            implementation: "HAND\r\nBcc: all@x.example".to_owned(),
            ..Values::default()
        }
    }

    #[test]
    fn the_built_in_text_keeps_its_own_rules() {
        assert_eq!(TemplateText::built_in().faults(), []);
    }

    #[test]
    fn values_are_escaped_in_html_and_never_break_a_subject() {
        let text = TemplateText::built_in();
        let html = text.html(&values());
        assert!(
            html.contains("You &lt;b&gt;were&lt;/b&gt; away &amp; &quot;out&quot;."),
            "{html}"
        );
        assert!(text.plain(&values()).contains("<b>were</b>"));
        assert!(
            text.subject(&values())
                .starts_with("HAND Bcc: all@x.example: please")
        );
    }

    #[test]
    fn a_value_is_not_read_as_a_placeholder() {
        let values = Values {
            what: "{{day}}".to_owned(),
            day: "Friday".to_owned(),
            ..Values::default()
        };
        assert!(TemplateText::built_in().plain(&values).contains("{{day}}"));
    }

    #[test]
    fn every_fault_is_named() {
        let text = TemplateText {
            subject: "Act\nnow {{who}}".to_owned(),
            plain: "{{what}} {{by_when}} {{how_back}} {{whom_to_ask".to_owned(),
            html: "<SCRIPT>{{what}}{{by_when}}{{whom_to_ask}}".to_owned(),
        };
        let members: Vec<&str> = text.faults().iter().map(|(member, _)| *member).collect();
        assert_eq!(
            members,
            ["subject", "subject", "plain", "plain", "html", "html"]
        );
    }
}
