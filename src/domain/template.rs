//! Texts that staff write instead of the built-in ones: what may stand in them, and how they become a message.

mod kind;

use chrono::{DateTime, Utc};

pub use self::kind::TemplateKind;
use super::ids::{ImplementationId, MessageTemplateId, PrincipalId};

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

/// One version of what an implementation says in a kind of message. The last one is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageTemplate {
    pub id: MessageTemplateId,
    pub implementation_id: ImplementationId,
    pub kind: TemplateKind,
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
    /// Of whom it speaks, where it is not its reader.
    pub person: String,
    /// A line each.
    pub items: String,
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
            "person" => &self.person,
            "items" => &self.items,
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
    pub fn built_in(kind: TemplateKind) -> Self {
        const OWN: &str = "this is about your HMIS license at {{organization}}.";
        const DUTY: &str =
            "this is about HMIS licenses at {{organization}}, for which you are responsible.";
        let said = ["{{what}}", "{{by_when}}", "{{how_back}}"].as_slice();
        let (subject, opening, said) = match kind {
            TemplateKind::Rule(_) | TemplateKind::Return => {
                ("please act before {{day}}", OWN, said)
            }
            TemplateKind::Retraction => ("you keep your access", OWN, ["{{what}}"].as_slice()),
            TemplateKind::Duty | TemplateKind::LastDay => ("please act before {{day}}", DUTY, said),
            TemplateKind::DutyRetraction => ("access stays", DUTY, ["{{what}}"].as_slice()),
            TemplateKind::Digest => (
                "what is coming at {{organization}}",
                "this is due at {{organization}} within two weeks, or overdue:",
                ["{{items}}"].as_slice(),
            ),
            TemplateKind::Signals => {
                return Self {
                    subject: "{{implementation}}: somebody logged in whom nothing allowed to"
                        .to_owned(),
                    plain: "Hello,\n\nthe HMIS reported logins although nothing allowed them when they occurred:\n\n{{items}}\n\nPlease look into each of them and close it with a reason: they are the open access signals. Whoever should not have been in is still to be switched off in the HMIS.\n".to_owned(),
                    html: "<p>Hello,</p>\n<p>the HMIS reported logins although nothing allowed them when they occurred:</p>\n<p>{{items}}</p>\n<p>Please look into each of them and close it with a reason: they are the open access signals. Whoever should not have been in is still to be switched off in the HMIS.</p>\n".to_owned(),
                };
            }
        };
        Self {
            subject: format!("{{{{implementation}}}}: {subject}"),
            plain: format!(
                "Hello {{{{given_name}}}},\n\n{opening}\n\n{}\n\nQuestions? Ask {{{{whom_to_ask}}}}\n",
                said.join("\n")
            ),
            html: format!(
                "<p>Hello {{{{given_name}}}},</p>\n<p>{opening}</p>\n<p>{}</p>\n<p>Questions? Ask {{{{whom_to_ask}}}}</p>\n",
                said.join("<br>\n")
            ),
        }
    }

    /// Everything that is wrong with it for a kind of message, each with the member it stands in.
    #[must_use]
    pub fn faults(&self, kind: TemplateKind) -> Vec<(&'static str, String)> {
        let mut faults = Vec::new();
        let placeholders = kind.placeholders();
        let needed = || placeholders.iter().filter(|(_, needed)| *needed);
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
                        if !placeholders.iter().any(|(known, _)| *known == name) =>
                    {
                        let known: Vec<&str> = placeholders.iter().map(|(name, _)| *name).collect();
                        faults.push((
                            member,
                            format!(
                                "has a placeholder that there is not in this kind of message: use {}",
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
                for (name, _) in needed() {
                    let has = pieces(text)
                        .iter()
                        .any(|piece| matches!(piece, Piece::Placeholder(found) if found == name));
                    if !has {
                        let all: Vec<&str> = needed().map(|(name, _)| *name).collect();
                        faults.push((
                            member,
                            format!(
                                "lacks {{{{{name}}}}}: every message of this kind says {}",
                                all.join(", ")
                            ),
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
        filled(&self.html, values, |value| {
            escaped(value).replace('\n', "<br>\n")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fact::NoticeRule;

    fn values() -> Values {
        Values {
            what: "You <b>were</b> away & \"out\".".to_owned(),
            implementation: "HAND\r\nBcc: all@x.example".to_owned(),
            ..Values::default()
        }
    }

    const NOTICE: TemplateKind = TemplateKind::Rule(NoticeRule::Inactivity);

    #[test]
    fn the_built_in_texts_keep_their_own_rules_and_kinds_are_found_by_name() {
        for kind in TemplateKind::all() {
            assert_eq!(TemplateText::built_in(kind).faults(kind), [], "{kind:?}");
            assert_eq!(TemplateKind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(TemplateKind::parse("nothing"), None);
        assert_eq!(TemplateKind::parse(""), None);
    }

    #[test]
    fn what_one_kind_needs_another_does_not_know() {
        let notice = TemplateText::built_in(NOTICE);
        let digest = TemplateText::built_in(TemplateKind::Digest);
        assert_eq!(notice.faults(TemplateKind::Duty), []);
        assert!(!notice.faults(TemplateKind::Digest).is_empty());
        assert!(!digest.faults(NOTICE).is_empty());
        let of_a_person = TemplateText {
            plain: format!("{} {{{{person}}}}", notice.plain),
            ..notice.clone()
        };
        assert_eq!(of_a_person.faults(TemplateKind::LastDay), []);
        assert_eq!(of_a_person.faults(NOTICE).len(), 1, "it is its reader");
        // Who keeps his access needs to do nothing for it.
        let taken_back = TemplateText::built_in(TemplateKind::Retraction);
        assert_eq!(taken_back.faults(TemplateKind::DutyRetraction), []);
        assert_eq!(taken_back.faults(NOTICE).len(), 4);
    }

    #[test]
    fn lines_stay_lines_in_html() {
        let values = Values {
            items: "- Dana & Kim\n- Noor".to_owned(),
            ..Values::default()
        };
        let html = TemplateText::built_in(TemplateKind::Digest).html(&values);
        assert!(html.contains("- Dana &amp; Kim<br>\n- Noor"), "{html}");
    }

    #[test]
    fn values_are_escaped_in_html_and_never_break_a_subject() {
        let text = TemplateText::built_in(NOTICE);
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
        let text = TemplateText::built_in(NOTICE);
        assert!(text.plain(&values).contains("{{day}}"));
    }

    #[test]
    fn every_fault_is_named() {
        let text = TemplateText {
            subject: "Act\nnow {{who}}".to_owned(),
            plain: "{{what}} {{by_when}} {{how_back}} {{whom_to_ask".to_owned(),
            html: "<SCRIPT>{{what}}{{by_when}}{{whom_to_ask}}".to_owned(),
        };
        let faults = text.faults(NOTICE);
        let members: Vec<&str> = faults.iter().map(|(member, _)| *member).collect();
        assert_eq!(
            members,
            ["subject", "subject", "plain", "plain", "html", "html"]
        );
    }
}
