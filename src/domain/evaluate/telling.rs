//! What the service tells by itself, and when it looks for it next.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::{Consequence, Evaluation, NoticeNeeded};
use crate::domain::calendar::{Instant, local_day, start_of_day};
use crate::domain::fact::{Channel, Fact, FactBody, HoldCause, NoticeRule};
use crate::domain::ids::{FactId, OrganizationId};
use crate::domain::license::NoticeOutlook;
use crate::domain::outgoing::{NoticeKind, NoticeSubject, QueuedNotice};
use crate::domain::policy::Recipient;

impl NoticeNeeded {
    /// Whether the service sends it by now, unless it was.
    pub(super) fn is_to_send(&self, now: Instant) -> bool {
        self.send_at <= now && !self.waits_for_source
    }

    fn reminders_since_sent(&self) -> impl DoubleEndedIterator<Item = (u16, Instant)> {
        let sent_at = self.sent_at;
        let since = self.reminders.iter().copied();
        since.filter(move |(_, at)| sent_at.is_some_and(|sent| *at > sent))
    }
}

/// What the service has to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Telling<'a> {
    pub needed: &'a NoticeNeeded,
    /// Of a reminder: how many days before the end.
    pub days_before: Option<u16>,
    /// Since when.
    pub due_at: Instant,
    /// Earlier steps that nobody was told of.
    pub skipped: Vec<usize>,
    kind: NoticeKind,
    /// The day that it names whenever it is told: on the last day, and at a return, it does not move with the sending.
    fixed_on: Option<NaiveDate>,
}

impl Telling<'_> {
    /// What it is about.
    #[must_use]
    pub fn subject(&self) -> NoticeSubject {
        self.needed.subject(self.days_before)
    }

    #[must_use]
    pub fn kind(&self) -> NoticeKind {
        self.kind
    }

    /// Whom it tells.
    #[must_use]
    pub fn tells(&self) -> BTreeSet<Recipient> {
        match self.kind {
            NoticeKind::LastDay => BTreeSet::from([Recipient::Supervisors]),
            _ => self.needed.tells.clone(),
        }
    }

    /// The day that it names if it is told at an instant: a reminder that which was promised.
    #[must_use]
    pub fn names_on(&self, now: Instant) -> NaiveDate {
        let needed = self.needed;
        if let Some(named_on) = self.fixed_on {
            return named_on;
        }
        match self.days_before {
            Some(_) => needed
                .ends_on
                .max(needed.sent_named_on.unwrap_or(needed.ends_on)),
            None => needed.earliest_named_on(now),
        }
    }
}

impl Evaluation {
    /// What the service has to tell about the license now: notices that are due and were not given, and the last
    /// reminder that is due since the notice was; and whoever came back until when to log in. During leave nothing is told
    /// to whoever is away.
    #[must_use]
    pub fn to_tell(&self) -> Vec<Telling<'_>> {
        let due = |notice: &&NoticeNeeded| notice.is_to_send(self.at) && !self.is_silent(notice);
        let mut found = Vec::new();
        for needed in self.notices.iter().filter(due) {
            let later =
                |other: &&NoticeNeeded| other.rule == needed.rule && other.step > needed.step;
            if self.notices.iter().filter(due).any(|other| later(&other)) {
                continue;
            }
            if needed.sent.is_some() {
                let reminder = needed
                    .reminders_since_sent()
                    .rfind(|(_, at)| *at <= self.at);
                found.extend(reminder.map(|(days, due_at)| Telling {
                    needed,
                    days_before: Some(days),
                    due_at,
                    skipped: Vec::new(),
                    kind: NoticeKind::Reminder,
                    fixed_on: None,
                }));
                let last_day = self
                    .last_day(needed)
                    .filter(|(due_at, ends_at, _)| *due_at <= self.at && self.at < *ends_at);
                found.extend(last_day.map(|(due_at, _, named_on)| Telling {
                    needed,
                    days_before: None,
                    due_at,
                    skipped: Vec::new(),
                    kind: NoticeKind::LastDay,
                    fixed_on: Some(named_on),
                }));
                continue;
            }
            let overtaken = self
                .notices
                .iter()
                .filter(|other| {
                    other.rule == needed.rule && other.step < needed.step && other.sent.is_none()
                })
                .filter_map(|other| other.step);
            found.push(Telling {
                needed,
                days_before: None,
                due_at: needed.send_at,
                skipped: overtaken.collect(),
                kind: NoticeKind::Notice,
                fixed_on: None,
            });
        }
        found.extend(self.first_login.iter().map(|needed| Telling {
            needed,
            days_before: None,
            due_at: needed.due_at,
            skipped: Vec::new(),
            kind: NoticeKind::Return,
            fixed_on: Some(needed.ends_on),
        }));
        found
    }

    /// When there is something to tell next, given that what is due now was looked at or not: of warnings, which wait for
    /// the login sources, and of all else.
    fn tells_next(&self, looked_at: bool) -> (Option<Instant>, Option<Instant>) {
        let told = || self.notices.iter().filter(|needed| !self.is_silent(needed));
        let unsent = || told().filter(|needed| needed.sent.is_none());
        let ahead = |needed: &NoticeNeeded| {
            !looked_at || needed.waits_for_source || needed.send_at > self.at
        };
        let warnings = unsent()
            .filter(|needed| needed.rule == NoticeRule::Inactivity && ahead(needed))
            .map(|needed| needed.send_at);
        let others = unsent()
            .filter(|needed| needed.rule != NoticeRule::Inactivity && ahead(needed))
            .map(|needed| needed.send_at);
        let reminders = told()
            .filter(|needed| needed.sent.is_some())
            .flat_map(|needed| {
                let reminders = needed.reminders_since_sent().map(|(_, at)| at);
                reminders.chain(self.last_day(needed).map(|(at, _, _)| at))
            })
            .filter(|at| !looked_at || *at > self.at);
        let first_login = self.first_login.iter().filter(|_| !looked_at);
        let first_login = first_login.map(|needed| needed.due_at);
        (
            warnings.min(),
            others.chain(reminders).chain(first_login).min(),
        )
    }

    /// When the license is to be looked at for what it calls for telling.
    #[must_use]
    pub fn notice_outlook(&self) -> NoticeOutlook {
        self.outlook(false)
    }

    /// The same after it was looked at.
    #[must_use]
    pub fn notice_outlook_after_look(&self) -> NoticeOutlook {
        self.outlook(true)
    }

    fn outlook(&self, looked_at: bool) -> NoticeOutlook {
        let (next_warning_at, next_at) = self.tells_next(looked_at);
        NoticeOutlook {
            next_at,
            next_warning_at,
            counting: i32::try_from(self.counting.len()).unwrap_or(i32::MAX),
        }
    }

    /// The day that a queued notice names if it is given now; nothing where it is no longer true. `facts` are those of
    /// the person, `today` the local day.
    #[must_use]
    pub fn still_to_tell(
        &self,
        notice: &QueuedNotice,
        facts: &[Fact],
        today: NaiveDate,
    ) -> Option<NaiveDate> {
        if notice.kind == NoticeKind::Retraction {
            let taken_back = notice.retracts.unwrap_or(notice.id);
            let said = (&notice.subject, notice.named_on);
            return notice
                .named_on
                .filter(|_| self.no_longer_holds(said, taken_back, facts, today));
        }
        self.to_tell()
            .iter()
            .find(|telling| telling.kind() == notice.kind && telling.subject() == notice.subject)
            .map(|telling| telling.names_on(self.at))
    }

    /// When the last day before what a notice promised begins, when it happens, and the first day without access.
    fn last_day(&self, needed: &NoticeNeeded) -> Option<(Instant, Instant, NaiveDate)> {
        if needed.sent.is_none() || !self.allowed() {
            return None;
        }
        let ends_at = match needed.rule {
            NoticeRule::Inactivity => self.cut_off_at,
            rule => self.due.iter().find_map(|item| match item.consequence {
                Consequence::At(at)
                    if item.rule == rule && item.requirement == needed.requirement =>
                {
                    Some(at)
                }
                _ => None,
            }),
        }?;
        let named_on = local_day(needed.zone, ends_at);
        let eve = start_of_day(needed.zone, named_on.pred_opt()?);
        Some((eve, ends_at, named_on))
    }

    /// Whether nothing is told of it now: whoever is on leave is left alone.
    fn is_silent(&self, needed: &NoticeNeeded) -> bool {
        needed.tells.contains(&Recipient::User) && self.on_leave()
    }

    /// Whether the license is held because a notice did not reach its holder.
    #[must_use]
    pub fn held_unreached(&self, notice: FactId) -> bool {
        self.failed.contains(&notice)
            && self
                .open_holds()
                .any(|hold| hold.cause == HoldCause::Unreachable && hold.fact.is_none())
    }

    /// Who is told of something, where it is not the holder.
    #[must_use]
    pub fn told_instead(&self, rule: NoticeRule, step: Option<usize>) -> Option<Recipient> {
        self.notices
            .iter()
            .find(|needed| needed.rule == rule && needed.step == step)
            .and_then(NoticeNeeded::told_instead)
    }

    fn on_leave(&self) -> bool {
        self.holds.iter().any(|hold| {
            hold.cause == HoldCause::Leave && hold.ended_at.is_none() && hold.from <= self.at
        })
    }
}

/// Since when no address of a license's holder that was confirmed before is tried again: a notice to him failed then, or
/// was sent that came back.
#[must_use]
pub fn refused_since(facts: &[Fact], organization: OrganizationId) -> Option<Instant> {
    let sent_by_mail = |id: FactId| {
        let sent = facts.iter().find(|fact| fact.id == id)?;
        matches!(
            sent.body,
            FactBody::NoticeSent {
                channel: Some(Channel::Email),
                to: None,
                ..
            }
        )
        .then_some(sent.envelope.recorded_at)
    };
    facts
        .iter()
        .filter(|fact| fact.organization_id == Some(organization))
        .filter_map(|fact| match &fact.body {
            FactBody::NoticeFailed { .. } => Some(fact.envelope.recorded_at),
            FactBody::NoticeBounced { notice } => sent_by_mail(*notice),
            _ => None,
        })
        .max()
}
