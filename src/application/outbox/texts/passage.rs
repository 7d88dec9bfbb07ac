//! One thing that a message says, in the words of whoever reads it.

use chrono::NaiveDate;

use super::day;
use crate::application::licensing::Dossier;
use crate::domain::calendar::Instant;
use crate::domain::evaluate::Evaluation;
use crate::domain::fact::NoticeRule;
use crate::domain::ids::OrganizationId;
use crate::domain::outgoing::{NoticeKind, QueuedNotice};
use crate::domain::policy::OffAction;
use crate::domain::requirement::{RequirementKey, Standing};
use crate::domain::roster::Person;

/// One thing that a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::application::outbox) struct Passage {
    pub(super) kind: NoticeKind,
    pub(super) rule: NoticeRule,
    /// At which organization, where the message speaks of several.
    pub(super) at: Option<String>,
    /// Of whom it speaks, where it is not its reader.
    pub(super) of: Option<String>,
    /// What the requirement is called, of rules that have several.
    pub(super) title: Option<String>,
    /// What the add-on is called that owes it: the license itself goes on.
    pub(super) add_on: Option<String>,
    pub(super) anchor_on: NaiveDate,
    pub(super) named_on: NaiveDate,
    pub(super) logged_in: bool,
    /// What follows if nothing is done, where that is known.
    pub(super) action: Option<OffAction>,
}

/// What is owed under a name, by the license or one of its add-ons.
fn standing_of<'e>(evaluation: &'e Evaluation, key: &str) -> Option<&'e Standing> {
    let of_add_ons = evaluation
        .add_ons
        .iter()
        .flat_map(|add_on| &add_on.requirements);
    let mut owed = evaluation.requirements.iter().chain(of_add_ons);
    owed.find(|standing| standing.key.to_string() == key)
}

/// What a requirement is called.
pub(super) fn title_of(evaluation: &Evaluation, key: &str) -> Option<String> {
    standing_of(evaluation, key).map(|standing| standing.title.clone())
}

/// What the add-on is called that owes a requirement, as the rules for the license's organization say; nothing where the
/// license itself does.
pub(super) fn add_on_of(
    (dossier, organization): (&Dossier, OrganizationId),
    at: Instant,
    key: &str,
) -> Option<String> {
    let Some(RequirementKey::OfAddOn(license_type, _)) = RequirementKey::parse(key) else {
        return None;
    };
    let document = dossier.document_at(organization, at);
    let found = document
        .as_ref()
        .and_then(|document| document.license_types.get(&license_type));
    let title = found.map(|found| found.title.clone());
    Some(title.unwrap_or(license_type))
}

/// What follows if nothing is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Follows {
    Loses,
    Suspended,
    /// The lead decides.
    Decided,
    /// Of the add-on alone.
    AddOnEnds,
    AddOnSuspended,
    /// Unless somebody reaches the person.
    HeldUnreached,
}

impl Passage {
    pub fn of(
        (dossier, evaluation): (&Dossier, &Evaluation),
        notice: &QueuedNotice,
        named_on: NaiveDate,
    ) -> Self {
        let key = notice.subject.requirement.as_deref();
        let mut needed = evaluation.notices.iter().chain(&evaluation.first_login);
        Self {
            kind: notice.kind,
            rule: notice.subject.rule,
            at: None,
            of: None,
            title: key.and_then(|key| title_of(evaluation, key)),
            add_on: key
                .and_then(|key| add_on_of((dossier, notice.organization_id), evaluation.at, key)),
            anchor_on: notice.subject.anchor_on,
            named_on,
            logged_in: evaluation.last_login_at.is_some(),
            action: needed
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

    /// ` for Reports`, where an add-on owes it.
    fn for_add_on(&self) -> String {
        let add_on = self.add_on.as_ref();
        add_on.map_or_else(String::new, |add_on| format!(" for {add_on}"))
    }

    pub(super) fn what(&self) -> String {
        let since = day(self.anchor_on);
        let for_add_on = self.for_add_on();
        if self.kind == NoticeKind::Return {
            return match &self.of {
                None => format!("You have had access to the HMIS since {since}."),
                Some(name) => format!("{name} has had access to the HMIS since {since}."),
            };
        }
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
                    format!("Your recertification{for_add_on} is due: {title}.")
                }
                NoticeRule::Agreement => {
                    format!("An agreement{for_add_on} has to be signed: {title}.")
                }
                NoticeRule::Term => "The term of your license comes to its end.".to_owned(),
                NoticeRule::SuspensionTooLong => {
                    "Your license has been suspended for a long time.".to_owned()
                }
                NoticeRule::LastProjectRemoved => {
                    "Your license reaches no project any more.".to_owned()
                }
                NoticeRule::SeatReduction => "There are fewer licenses than before.".to_owned(),
                NoticeRule::Waiver => format!("A waiver{for_add_on} runs out: {title}."),
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
                format!("The recertification of {name}{for_add_on} is due: {title}.")
            }
            NoticeRule::Agreement => {
                format!("An agreement of {name}{for_add_on} has to be signed: {title}.")
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
            NoticeRule::Waiver => {
                format!("A waiver of {name}{for_add_on} runs out: {title}.")
            }
            NoticeRule::Unreachable => format!(
                "Messages about the license do not reach {name}: there is no address that works."
            ),
        }
    }

    fn follows(&self) -> Follows {
        let returns = self.kind == NoticeKind::Return;
        match (self.action, &self.add_on) {
            (Some(OffAction::Suspend), Some(_)) if !returns => Follows::AddOnSuspended,
            (Some(OffAction::Deactivate), Some(_)) if !returns => Follows::AddOnEnds,
            (Some(OffAction::List), _) => Follows::Decided,
            _ if self.rule == NoticeRule::Unreachable => Follows::HeldUnreached,
            (Some(OffAction::Suspend), _) => Follows::Suspended,
            _ => Follows::Loses,
        }
    }

    pub(super) fn until(&self) -> String {
        let on = day(self.named_on);
        let kept = self.add_on.as_deref();
        let (loses, decided) = match &self.of {
            None => (
                "you lose access".to_owned(),
                format!("whether you keep {}", kept.unwrap_or("your access")),
            ),
            Some(name) => (
                format!("{name} loses access"),
                format!("whether {name} keeps {}", kept.unwrap_or("access")),
            ),
        };
        let of_add_on = |ends: &str| {
            let of = match &self.of {
                None => String::new(),
                Some(name) => format!(" of {name}"),
            };
            let add_on = kept.unwrap_or_default();
            format!(
                "If nothing happens before {on}, {add_on}{of} {ends} at the beginning of that day. The license itself goes on."
            )
        };
        let follows = self.follows();
        if self.kind == NoticeKind::Return {
            let last = day(self.named_on.pred_opt().unwrap_or(self.named_on));
            let follows = match follows {
                Follows::Decided => {
                    return format!(
                        "Log in by the end of {last}: otherwise the HMIS lead decides from {on} on {decided}."
                    );
                }
                Follows::Suspended => "access is suspended".to_owned(),
                _ => loses,
            };
            return format!(
                "Log in by the end of {last}: otherwise {follows} at the beginning of {on}."
            );
        }
        match follows {
            Follows::AddOnEnds => of_add_on("ends"),
            Follows::AddOnSuspended => of_add_on("is suspended"),
            Follows::Decided => format!(
                "If nothing happens before {on}, the HMIS lead decides from that day on {decided}."
            ),
            Follows::Suspended => format!(
                "If nothing happens before {on}, access is suspended at the beginning of that day."
            ),
            Follows::HeldUnreached => format!(
                "If it is not settled before {on}, the license is suspended at the beginning of that day."
            ),
            Follows::Loses => {
                format!("If nothing happens before {on}, {loses} at the beginning of that day.")
            }
        }
    }

    /// Of what an add-on owes, which ends alone.
    fn how_for_add_on(&self, add_on: &str, many: bool) -> String {
        let (what, done) = match (self.rule, many) {
            (NoticeRule::Agreement, false) => ("sign it", "signed"),
            (NoticeRule::Agreement, true) => ("sign what has to be signed", "signed"),
            (_, false) => ("complete it", "completed"),
            (_, true) => ("complete what is due", "completed"),
        };
        let back = match self.action {
            Some(OffAction::Deactivate) => "Afterwards it can be asked for again.".to_owned(),
            _ => format!("Once it is {done} later, {add_on} can come back."),
        };
        match &self.of {
            None => format!("To keep {add_on}, {what} before that day. {back}"),
            Some(name) => format!("{name} keeps {add_on} if it is {done} before that day. {back}"),
        }
    }

    /// `many`: several things are to be done by the same day.
    pub(super) fn how(&self, many: bool) -> String {
        if let Some(add_on) = &self.add_on {
            return self.how_for_add_on(add_on, many);
        }
        let (complete, sign) = if many {
            ("complete what is due", "sign what has to be signed")
        } else {
            ("complete it", "sign it")
        };
        let Some(name) = &self.of else {
            if self.kind == NoticeKind::Return {
                return "To keep your access, log in to the HMIS once by then. If you no longer need it, tell your supervisor.".to_owned();
            }
            return match self.rule {
                NoticeRule::Inactivity => {
                    "To keep your access, log in to the HMIS once before that day. If you no longer need it, tell your supervisor."
                }
                NoticeRule::Recertification | NoticeRule::Campaign | NoticeRule::Waiver
                    if matches!(self.action, Some(OffAction::Suspend | OffAction::List)) =>
                {
                    return format!(
                        "To keep your access, {complete} before that day. Once it is completed later, your access can come back."
                    );
                }
                NoticeRule::Recertification | NoticeRule::Campaign | NoticeRule::Waiver => {
                    return format!(
                        "To keep your access, {complete} before that day. Afterwards your supervisor can ask for your license again."
                    );
                }
                NoticeRule::Agreement => {
                    return format!(
                        "To keep your access, {sign} before that day. Once it is signed later, your access can come back."
                    );
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
        let due = if many { "what is due" } else { "it" };
        match self.rule {
            NoticeRule::Inactivity => format!(
                "One login by {name} before that day keeps the access. If it is no longer needed, report that instead."
            ),
            NoticeRule::Recertification | NoticeRule::Campaign | NoticeRule::Waiver
                if matches!(self.action, Some(OffAction::Suspend | OffAction::List)) =>
            {
                format!("{name} keeps access by completing {due} before that day. Once it is completed later, access can come back.")
            }
            NoticeRule::Recertification | NoticeRule::Campaign | NoticeRule::Waiver => {
                format!("{name} keeps access by completing {due} before that day. Afterwards you can ask for the license again.")
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

    /// Whether both end in the same way on the same day, for the same person: then that is said once.
    pub(super) fn goes_with(&self, other: &Self) -> bool {
        if self.kind == NoticeKind::Retraction || other.kind == NoticeKind::Retraction {
            return self == other;
        }
        let returns = |passage: &Self| passage.kind == NoticeKind::Return;
        (&self.of, &self.at, &self.add_on, self.named_on)
            == (&other.of, &other.at, &other.add_on, other.named_on)
            && (self.follows(), returns(self)) == (other.follows(), returns(other))
    }

    /// What several passages that go together say: all that is due, what follows, and how to keep access.
    pub(super) fn lines(together: &[&Self]) -> Vec<String> {
        let Some(first) = together.first() else {
            return Vec::new();
        };
        let mut lines: Vec<String> = first.at.iter().map(|at| format!("At {at}:")).collect();
        if first.kind == NoticeKind::Retraction {
            lines.push(first.first_line());
            return lines;
        }
        let mut add = |line: String| {
            if !lines.contains(&line) {
                lines.push(line);
            }
        };
        for passage in together {
            add(passage.first_line());
        }
        add(first.until());
        for passage in together {
            add(passage.how(together.len() > 1));
        }
        lines
    }

    /// What it begins with.
    pub(super) fn first_line(&self) -> String {
        match self.kind {
            NoticeKind::Reminder => format!("A reminder. {}", self.what()),
            NoticeKind::LastDay => format!("This is the last day. {}", self.what()),
            NoticeKind::Notice | NoticeKind::Return => self.what(),
            NoticeKind::Retraction => self.taken_back(),
        }
    }

    fn taken_back(&self) -> String {
        let on = day(self.named_on);
        match &self.of {
            None => format!(
                "We wrote to you about {on}. That no longer holds: you keep your access, and need to do nothing about it."
            ),
            Some(name) => format!(
                "We wrote to you about {name} and {on}. That no longer holds: access stays, and nobody needs to do anything about it."
            ),
        }
    }
}
