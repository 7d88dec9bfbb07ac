//! What people read: what happened, by when, how to keep or get back access, and whom to ask.
//!
//! Plain words for people who have a shelter to run. A text says nothing that its reader may not know, and no client,
//! health or legal detail: it is made of the license, its rule and the day only.

use std::fmt::Write;

use chrono::NaiveDate;

use crate::application::licensing::Dossier;
use crate::application::{Error, Tx};
use crate::domain::evaluate::Evaluation;
use crate::domain::fact::NoticeRule;
use crate::domain::ids::OrganizationId;
use crate::domain::outgoing::{MessageText, NoticeKind, QueuedNotice};
use crate::domain::policy::OffAction;

/// A message before it is written.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    pub given_name: String,
    pub implementation: String,
    pub organization: String,
    pub support_contact: String,
    pub passages: Vec<Passage>,
}

impl Letter {
    /// The frame of a message to a person about his license at an organization.
    pub fn of(
        tx: &mut Tx<'_>,
        dossier: &Dossier,
        organization: OrganizationId,
    ) -> Result<Self, Error> {
        let organization = tx.unit.organization(organization)?;
        Ok(Self {
            given_name: dossier.person.given_name.clone(),
            implementation: dossier.implementation.name.clone(),
            organization: organization.map_or_else(String::new, |found| found.name),
            support_contact: dossier.implementation.support_contact.clone(),
            passages: Vec::new(),
        })
    }
}

/// One thing that a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Passage {
    kind: NoticeKind,
    rule: NoticeRule,
    /// What the requirement is called, of rules that have several.
    title: Option<String>,
    anchor_on: NaiveDate,
    named_on: NaiveDate,
    logged_in: bool,
    action: Option<OffAction>,
}

impl Passage {
    pub fn of(evaluation: &Evaluation, notice: &QueuedNotice, named_on: NaiveDate) -> Self {
        let key = notice.subject.requirement.as_deref();
        let title = evaluation
            .requirements
            .iter()
            .find(|standing| Some(standing.key.to_string().as_str()) == key)
            .map(|standing| standing.title.clone());
        Self {
            kind: notice.kind,
            rule: notice.subject.rule,
            title,
            anchor_on: notice.subject.anchor_on,
            named_on,
            logged_in: evaluation.last_login_at.is_some(),
            action: evaluation.inactivity_action,
        }
    }

    fn what(&self) -> String {
        let title = self
            .title
            .as_deref()
            .unwrap_or("a requirement of your license");
        match self.rule {
            NoticeRule::Inactivity if self.logged_in => format!(
                "You have not logged in to the HMIS since {}.",
                day(self.anchor_on)
            ),
            NoticeRule::Inactivity => format!(
                "You have not logged in to the HMIS since your access began on {}.",
                day(self.anchor_on)
            ),
            NoticeRule::Recertification | NoticeRule::Campaign => {
                format!("Your recertification is due: {title}.")
            }
            NoticeRule::Agreement => format!("An agreement has to be signed: {title}."),
            NoticeRule::Term => "The term of your license comes to its end.".to_owned(),
            NoticeRule::SuspensionTooLong => {
                "Your license has been suspended for a long time.".to_owned()
            }
            NoticeRule::LastProjectRemoved => {
                "Your license reaches no project any more.".to_owned()
            }
            NoticeRule::SeatReduction => "There are fewer licenses than before.".to_owned(),
            NoticeRule::Waiver => format!("A waiver runs out: {title}."),
        }
    }

    fn until(&self) -> String {
        let on = day(self.named_on);
        match self.action {
            Some(OffAction::List) if self.rule == NoticeRule::Inactivity => format!(
                "If nothing happens before {on}, the HMIS lead decides from that day on whether you keep your access."
            ),
            Some(OffAction::Suspend) if self.rule == NoticeRule::Inactivity => format!(
                "If nothing happens before {on}, your access is suspended at the beginning of that day."
            ),
            _ => format!(
                "If nothing happens before {on}, you lose access at the beginning of that day."
            ),
        }
    }

    fn how(&self) -> &'static str {
        match self.rule {
            NoticeRule::Inactivity => {
                "To keep your access, log in to the HMIS once before that day. If you no longer need it, tell your supervisor."
            }
            NoticeRule::Recertification | NoticeRule::Campaign | NoticeRule::Waiver => {
                "To keep your access, complete it before that day. Afterwards your supervisor can ask for your license again."
            }
            NoticeRule::Agreement => {
                "To keep your access, sign it before that day. Once it is signed later, your access can come back."
            }
            NoticeRule::Term => {
                "To keep your access, ask your supervisor to renew your license before that day."
            }
            NoticeRule::SuspensionTooLong
            | NoticeRule::LastProjectRemoved
            | NoticeRule::SeatReduction => {
                "If you still need access, talk to your supervisor before that day."
            }
        }
    }

    fn lines(&self) -> Vec<String> {
        match self.kind {
            NoticeKind::Notice => vec![self.what(), self.until(), self.how().to_owned()],
            NoticeKind::Reminder => vec![
                format!("A reminder. {}", self.what()),
                self.until(),
                self.how().to_owned(),
            ],
            NoticeKind::Retraction => vec![format!(
                "We wrote to you that you would lose access on {}. That no longer holds: you keep your access, and need to do nothing about it.",
                day(self.named_on)
            )],
        }
    }
}

/// A local day as people read it: `Wednesday, 8 April 2026`.
fn day(day: NaiveDate) -> String {
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
        Some(named_on) => format!(
            "{}: please act before {}",
            letter.implementation,
            day(named_on)
        ),
        None => format!("{}: you keep your access", letter.implementation),
    }
}

/// Writes a message: its text, and the same as HTML.
pub(super) fn write(letter: &Letter) -> (MessageText, String) {
    let mut paragraphs = vec![
        format!("Hello {},", letter.given_name),
        format!(
            "this is about your HMIS license at {}.",
            letter.organization
        ),
    ];
    paragraphs.extend(
        letter
            .passages
            .iter()
            .map(|passage| passage.lines().join("\n")),
    );
    paragraphs.push(format!(
        "Questions? Ask {}: {}",
        letter.implementation, letter.support_contact
    ));
    paragraphs.push(
        "This message was sent by itself. It never asks for your password, and nothing about clients belongs in an answer."
            .to_owned(),
    );
    let mut html = String::from("<!DOCTYPE html>\n<html lang=\"en\"><body>\n");
    for paragraph in &paragraphs {
        let lines: Vec<String> = paragraph.lines().map(escaped).collect();
        // Writing into a string cannot fail.
        let _ = writeln!(html, "<p>{}</p>", lines.join("<br>\n"));
    }
    html.push_str("</body></html>\n");
    let text = MessageText {
        subject: one_line(&subject(letter)),
        plain: paragraphs.join("\n\n") + "\n",
    };
    (text, html)
}

/// Names are other people's words.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(passages: Vec<Passage>) -> Letter {
        Letter {
            given_name: "Dana <b>".to_owned(),
            implementation: "HAND\r\nBcc: x".to_owned(),
            organization: "Corktown & Sons".to_owned(),
            support_contact: "hmis@example.org".to_owned(),
            passages,
        }
    }

    fn passage(kind: NoticeKind) -> Passage {
        Passage {
            kind,
            rule: NoticeRule::Inactivity,
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
