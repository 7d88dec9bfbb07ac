//! What the service tells by itself, when it looks for it next, and what it takes back.

use chrono::NaiveDate;

use super::{Evaluation, NoticeNeeded};
use crate::domain::calendar::Instant;
use crate::domain::fact::{Fact, FactBody, HoldCause, NoticeRule};
use crate::domain::ids::FactId;
use crate::domain::license::NoticeOutlook;
use crate::domain::outgoing::{NoticeKind, NoticeSubject, QueueState, QueuedNotice};
use crate::domain::policy::Recipient;

impl NoticeNeeded {
    /// Whether the service sends it by now, unless it was.
    fn is_to_send(&self, now: Instant) -> bool {
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
}

impl Telling<'_> {
    /// What it is about.
    #[must_use]
    pub fn subject(&self) -> NoticeSubject {
        self.needed.subject(self.days_before)
    }

    #[must_use]
    pub fn kind(&self) -> NoticeKind {
        match self.days_before {
            Some(_) => NoticeKind::Reminder,
            None => NoticeKind::Notice,
        }
    }

    /// Whether it is told to the license's holder. What is not is for staff to pass on.
    #[must_use]
    pub fn tells_the_holder(&self) -> bool {
        self.needed.tells.contains(&Recipient::User)
    }

    /// The day that it names if it is told at an instant: a reminder that which was promised.
    fn names_on(&self, now: Instant) -> NaiveDate {
        let needed = self.needed;
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
    /// reminder that is due since the notice was. During leave nothing.
    #[must_use]
    pub fn to_tell(&self) -> Vec<Telling<'_>> {
        if self.on_leave() {
            return Vec::new();
        }
        let due = |notice: &&NoticeNeeded| notice.is_to_send(self.at);
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
            });
        }
        found
    }

    /// When there is something to tell next, given that what is due now was looked at or not: of warnings, which wait for
    /// the login sources, and of all else.
    fn tells_next(&self, looked_at: bool) -> (Option<Instant>, Option<Instant>) {
        if self.on_leave() {
            return (None, None);
        }
        let unsent = || self.notices.iter().filter(|needed| needed.sent.is_none());
        let ahead = |needed: &NoticeNeeded| {
            !looked_at || needed.waits_for_source || needed.send_at > self.at
        };
        let warnings = unsent()
            .filter(|needed| needed.rule == NoticeRule::Inactivity && ahead(needed))
            .map(|needed| needed.send_at);
        let others = unsent()
            .filter(|needed| needed.rule != NoticeRule::Inactivity && ahead(needed))
            .map(|needed| needed.send_at);
        let reminders = self
            .notices
            .iter()
            .filter(|needed| needed.sent.is_some())
            .flat_map(|needed| needed.reminders_since_sent().map(|(_, at)| at))
            .filter(|at| !looked_at || *at > self.at);
        (warnings.min(), others.chain(reminders).min())
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
            return notice
                .named_on
                .filter(|_| self.no_longer_holds(notice, taken_back, facts, today));
        }
        self.to_tell()
            .iter()
            .find(|telling| telling.subject() == notice.subject)
            .map(|telling| telling.names_on(self.at))
    }

    /// Of the notices that the service gave about this license, those it has to take back: they no longer count, though
    /// the license gives access and the day they named lies ahead. Whoever lost it was told the truth.
    #[must_use]
    pub fn to_take_back<'n>(
        &self,
        given: &[&'n QueuedNotice],
        facts: &[Fact],
        today: NaiveDate,
    ) -> Vec<&'n QueuedNotice> {
        let since = self.period().map(|period| period.from);
        let back = given.iter().copied().filter(|notice| {
            notice.kind == NoticeKind::Notice
                && notice.state == QueueState::Given
                && notice.settled_at >= since
                && !self.counting.contains(&notice.id)
                && self.no_longer_holds(notice, notice.id, facts, today)
        });
        back.collect()
    }

    /// Whether what a notice said is untrue by now: it neither bounced nor was corrected, and no other notice of its
    /// rule says the same by now or is about to.
    fn no_longer_holds(
        &self,
        said: &QueuedNotice,
        id: FactId,
        facts: &[Fact],
        today: NaiveDate,
    ) -> bool {
        let answered = facts.iter().any(|fact| {
            fact.envelope.supersedes == Some(id)
                || matches!(&fact.body, FactBody::NoticeBounced { notice } if *notice == id)
        });
        let again = self.notices.iter().any(|needed| {
            needed.rule == said.subject.rule
                && (needed.sent.is_some() || needed.is_to_send(self.at))
                && needed.requirement.as_ref().map(ToString::to_string) == said.subject.requirement
        });
        self.allowed()
            && said.named_on.is_some_and(|named_on| named_on > today)
            && !answered
            && !again
    }

    fn on_leave(&self) -> bool {
        self.holds.iter().any(|hold| {
            hold.cause == HoldCause::Leave && hold.ended_at.is_none() && hold.from <= self.at
        })
    }
}
