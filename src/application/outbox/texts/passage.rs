//! One thing that a message says, in the words of whoever reads it.

use chrono::NaiveDate;

use super::day;
use crate::domain::evaluate::Evaluation;
use crate::domain::fact::NoticeRule;
use crate::domain::outgoing::{NoticeKind, QueuedNotice};
use crate::domain::policy::OffAction;
use crate::domain::roster::Person;

/// One thing that a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::application::outbox) struct Passage {
    pub(super) kind: NoticeKind,
    pub(super) rule: NoticeRule,
    /// Of whom it speaks, where it is not its reader.
    pub(super) of: Option<String>,
    /// What the requirement is called, of rules that have several.
    pub(super) title: Option<String>,
    pub(super) anchor_on: NaiveDate,
    pub(super) named_on: NaiveDate,
    pub(super) logged_in: bool,
    /// What follows if nothing is done, where that is known.
    pub(super) action: Option<OffAction>,
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
            of: None,
            title,
            anchor_on: notice.subject.anchor_on,
            named_on,
            logged_in: evaluation.last_login_at.is_some(),
            action: evaluation
                .notices
                .iter()
                .find(|needed| needed.subject(notice.subject.days_before) == notice.subject)
                .map(|needed| needed.action),
        }
    }

    /// The same as somebody else reads it who is responsible for the person.
    pub fn about(self, person: &Person) -> Self {
        Self {
            of: Some(format!("{} {}", person.given_name, person.family_name)),
            ..self
        }
    }

    pub(super) fn what(&self) -> String {
        let since = day(self.anchor_on);
        let Some(name) = &self.of else {
            let title = self
                .title
                .as_deref()
                .unwrap_or("a requirement of your license");
            return match self.rule {
                NoticeRule::Inactivity if self.logged_in => {
                    format!("You have not logged in to the HMIS since {since}.")
                }
                NoticeRule::Inactivity => format!(
                    "You have not logged in to the HMIS since your access began on {since}."
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
                NoticeRule::Unreachable => "Messages about your license come back.".to_owned(),
            };
        };
        let title = self
            .title
            .as_deref()
            .unwrap_or("a requirement of the license");
        match self.rule {
            NoticeRule::Inactivity if self.logged_in => {
                format!("{name} has not logged in to the HMIS since {since}.")
            }
            NoticeRule::Inactivity => {
                format!("{name} has not logged in to the HMIS since access began on {since}.")
            }
            NoticeRule::Recertification | NoticeRule::Campaign => {
                format!("The recertification of {name} is due: {title}.")
            }
            NoticeRule::Agreement => {
                format!("An agreement has to be signed for {name}: {title}.")
            }
            NoticeRule::Term => format!("The term of the license of {name} comes to its end."),
            NoticeRule::SuspensionTooLong => {
                format!("The license of {name} has been suspended for a long time.")
            }
            NoticeRule::LastProjectRemoved => {
                format!("The license of {name} reaches no project any more.")
            }
            NoticeRule::SeatReduction => {
                format!("There are fewer licenses than before; this is about {name}.")
            }
            NoticeRule::Waiver => format!("A waiver of {name} runs out: {title}."),
            NoticeRule::Unreachable => format!(
                "Messages about the license do not reach {name}: there is no address that works."
            ),
        }
    }

    pub(super) fn until(&self) -> String {
        let on = day(self.named_on);
        let (loses, decided) = match &self.of {
            None => (
                "you lose access".to_owned(),
                "whether you keep your access".to_owned(),
            ),
            Some(name) => (
                format!("{name} loses access"),
                format!("whether {name} keeps access"),
            ),
        };
        match self.action {
            Some(OffAction::List) => format!(
                "If nothing happens before {on}, the HMIS lead decides from that day on {decided}."
            ),
            Some(OffAction::Suspend) if self.rule != NoticeRule::Unreachable => format!(
                "If nothing happens before {on}, access is suspended at the beginning of that day."
            ),
            _ if self.rule == NoticeRule::Unreachable => format!(
                "If it is not settled before {on}, the license is suspended at the beginning of that day."
            ),
            _ => format!("If nothing happens before {on}, {loses} at the beginning of that day."),
        }
    }

    pub(super) fn how(&self) -> String {
        let Some(name) = &self.of else {
            return match self.rule {
                NoticeRule::Inactivity => {
                    "To keep your access, log in to the HMIS once before that day. If you no longer need it, tell your supervisor."
                }
                NoticeRule::Recertification | NoticeRule::Campaign | NoticeRule::Waiver
                    if matches!(self.action, Some(OffAction::Suspend | OffAction::List)) =>
                {
                    "To keep your access, complete it before that day. Once it is completed later, your access can come back."
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
                NoticeRule::Unreachable => "Give the help desk an address that works.",
            }
            .to_owned();
        };
        match self.rule {
            NoticeRule::Inactivity => format!(
                "One login by {name} before that day keeps the access. If it is no longer needed, report that instead."
            ),
            NoticeRule::Recertification | NoticeRule::Campaign | NoticeRule::Waiver
                if matches!(self.action, Some(OffAction::Suspend | OffAction::List)) =>
            {
                format!("{name} keeps access by completing it before that day. Once it is completed later, access can come back.")
            }
            NoticeRule::Recertification | NoticeRule::Campaign | NoticeRule::Waiver => {
                format!("{name} keeps access by completing it before that day. Afterwards you can ask for the license again.")
            }
            NoticeRule::Agreement => {
                "Access stays if it is signed before that day. Once it is signed later, access can come back.".to_owned()
            }
            NoticeRule::Term => "Renew the license before that day if it is still needed.".to_owned(),
            NoticeRule::SuspensionTooLong
            | NoticeRule::LastProjectRemoved
            | NoticeRule::SeatReduction => {
                "If access is still needed, talk to the HMIS lead before that day.".to_owned()
            }
            NoticeRule::Unreachable => format!(
                "Give the help desk an address that works, or tell {name} yourself and say so to the help desk; if {name} has left, report the departure."
            ),
        }
    }

    pub(super) fn lines(&self) -> Vec<String> {
        match self.kind {
            NoticeKind::Notice => vec![self.what(), self.until(), self.how()],
            NoticeKind::Reminder => vec![
                format!("A reminder. {}", self.what()),
                self.until(),
                self.how(),
            ],
            NoticeKind::LastDay => vec![
                format!("This is the last day. {}", self.what()),
                self.until(),
                self.how(),
            ],
            NoticeKind::Retraction => {
                let on = day(self.named_on);
                vec![match &self.of {
                    None => format!(
                        "We wrote to you about {on}. That no longer holds: you keep your access, and need to do nothing about it."
                    ),
                    Some(name) => format!(
                        "We wrote to you about {name} and {on}. That no longer holds: access stays, and nobody needs to do anything about it."
                    ),
                }]
            }
        }
    }
}
