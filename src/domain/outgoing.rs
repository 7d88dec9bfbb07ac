//! What the service itself has to tell people: notices that wait to be given, and the messages that gather them.
//!
//! A notice counts only once it was given, as a fact that `evaluate` reads. Until then it waits here: it was queued in
//! the transaction that found it due, is looked at again when its message is made, and is dropped where it is no longer
//! true by then.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::fact::NoticeRule;
use super::ids::{
    ContactId, FactId, ImplementationId, LeaseId, LicenseId, MessageId, NoticeCopyId,
    OrganizationId, PersonId,
};
use super::policy::Recipient;

type Instant = DateTime<Utc>;

/// How often a message is tried before it is put aside for staff: with the pauses between, for four to eight days, so that
/// a mail server which is down from Friday evening to Tuesday morning costs nobody a retry by hand.
pub const MOST_ATTEMPTS: i32 = 40;
/// How long whoever sends a message has it to himself.
pub const LEASE: TimeDelta = TimeDelta::minutes(5);
const FIRST_PAUSE: TimeDelta = TimeDelta::minutes(1);
const LONGEST_PAUSE: TimeDelta = TimeDelta::hours(6);

/// What a queued notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// It names a day, and what it warns of may happen once it was given.
    Notice,
    /// It repeats what a notice said, some days before its day.
    Reminder,
    /// What an earlier one said no longer holds.
    Retraction,
    /// It tells supervisors on the last day that access ends with it.
    LastDay,
    /// It tells whoever came back until when the first login is required: it is the notice of that, and starts no grace.
    Return,
}

impl NoticeKind {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Reminder => "reminder",
            Self::Retraction => "retraction",
            Self::LastDay => "last_day",
            Self::Return => "return",
        }
    }
}

/// Where a notice of the service's own stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueueState {
    /// It waits to be given.
    Queued,
    /// There is no confirmed address, or the recipient's mail server refused it for good: staff settle it.
    Undeliverable,
    /// It was given.
    Given,
    /// It was no longer true before it was given.
    Dropped,
    /// It was given and taken back.
    Retracted,
}

impl QueueState {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Undeliverable => "undeliverable",
            Self::Given => "given",
            Self::Dropped => "dropped",
            Self::Retracted => "retracted",
        }
    }

    /// Whether somebody still has to give it.
    #[must_use]
    pub fn waits(self) -> bool {
        matches!(self, Self::Queued | Self::Undeliverable)
    }
}

/// To whom a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Addressee {
    /// At the address of his that is confirmed for the organization.
    Person(PersonId),
    /// Who has a duty for the organization.
    Contact(ContactId),
    /// The HMIS lead, at the support contact of the implementation.
    Lead,
}

/// Who can be written to about a license, besides its holder: none of them the holder in another of his duties, and
/// nobody whose mail server refused it or sent it back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reachable {
    pub supervisors: BTreeSet<PersonId>,
    pub signers: BTreeSet<ContactId>,
    pub lead: bool,
    /// Somebody whom it should tell could not be given it.
    pub some_failed: bool,
}

/// To whom a notice goes besides the license's holder: the supervisors, else the authorized signers, else the lead. That
/// somebody cannot be reached goes to the lead in any case (domain, section 6): the holder, or one of these. What the lead
/// in turn cannot be given goes to nobody else.
#[must_use]
pub fn responsible(
    rule: NoticeRule,
    tells: &BTreeSet<Recipient>,
    reachable: &Reachable,
) -> BTreeSet<Addressee> {
    let mut found = BTreeSet::new();
    let asks_supervisors = tells.contains(&Recipient::Supervisors);
    if asks_supervisors {
        found.extend(reachable.supervisors.iter().copied().map(Addressee::Person));
    }
    if tells.contains(&Recipient::Signer) || (asks_supervisors && found.is_empty()) {
        found.extend(reachable.signers.iter().copied().map(Addressee::Contact));
        if found.is_empty() && reachable.lead {
            found.insert(Addressee::Lead);
        }
    }
    if (rule == NoticeRule::Unreachable || reachable.some_failed) && reachable.lead {
        found.insert(Addressee::Lead);
    }
    found
}

/// What a message gathers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// What a person has to know of his own licenses.
    Own,
    /// What supervisors, signers and the lead have to know of other people's.
    Duty,
    /// What is coming at an organization, once a week.
    Digest,
    /// Logins that nothing allowed, to the lead at once.
    Signals,
}

impl MessageKind {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Duty => "duty",
            Self::Digest => "digest",
            Self::Signals => "signals",
        }
    }
}

/// A notice as it goes to somebody other than the holder of the license.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeCopy {
    pub id: NoticeCopyId,
    pub implementation_id: ImplementationId,
    pub organization_id: OrganizationId,
    pub notice_id: FactId,
    pub to: Addressee,
    pub state: QueueState,
    /// Nothing until it was gathered with others.
    pub message_id: Option<MessageId>,
    pub queued_at: Instant,
    pub settled_at: Option<Instant>,
    pub version: i32,
}

/// What a notice is about: two of the same are one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NoticeSubject {
    pub rule: NoticeRule,
    /// The step of the inactivity rule, from 0.
    pub step: Option<usize>,
    /// The requirement it speaks of, for rules that have several.
    pub requirement: Option<String>,
    /// The local day the count began.
    pub anchor_on: NaiveDate,
    /// The days before the end, of a reminder.
    pub days_before: Option<u16>,
}

/// A notice that the service has to give, or gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedNotice {
    /// Also the id of the fact that records it once it was given.
    pub id: FactId,
    pub implementation_id: ImplementationId,
    pub organization_id: OrganizationId,
    pub person_id: PersonId,
    pub license_id: LicenseId,
    pub kind: NoticeKind,
    pub subject: NoticeSubject,
    /// Whom it tells.
    pub tells: BTreeSet<Recipient>,
    /// Earlier steps that were due too and were never given.
    pub skipped: Vec<usize>,
    /// The notice that it takes back.
    pub retracts: Option<FactId>,
    /// Since when it may be given.
    pub due_at: Instant,
    pub queued_at: Instant,
    pub state: QueueState,
    /// The message that carries it.
    pub message_id: Option<MessageId>,
    /// The first local day without access that its text names.
    pub named_on: Option<NaiveDate>,
    /// When it was given, dropped or refused.
    pub settled_at: Option<Instant>,
    pub version: i32,
}

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageState {
    /// It waits to be sent, for the first time or again.
    Waiting,
    Sent,
    /// Too many attempts failed on our side: staff replay it once the cause is mended.
    Dead,
    /// The recipient's mail server refused it for good.
    Refused,
    /// Nothing in it was true any more, or somebody gave it in another way.
    Dropped,
}

impl MessageState {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Dead => "dead",
            Self::Refused => "refused",
            Self::Dropped => "dropped",
        }
    }
}

/// What gathers the notices to one person of one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub id: MessageId,
    pub implementation_id: ImplementationId,
    pub kind: MessageKind,
    pub to: Addressee,
    /// The organization that it is about; a person's address is the one confirmed for it, and what the person has to know
    /// of his licenses at other organizations with the same address is in it too. Nothing where it is about the whole
    /// implementation.
    pub organization_id: Option<OrganizationId>,
    /// What may be there only once: of two processes that make the same message, one fails.
    pub once: Option<String>,
    /// The local day that it gathers.
    pub on_day: NaiveDate,
    pub state: MessageState,
    pub attempts: i32,
    pub next_attempt_at: Instant,
    /// Who sends it at the moment, and until when nobody else does.
    pub lease: Option<(LeaseId, Instant)>,
    /// As it was last made.
    pub text: Option<MessageText>,
    /// Why the last attempt failed, without addresses.
    pub failure: Option<String>,
    pub queued_at: Instant,
    pub settled_at: Option<Instant>,
    pub version: i32,
}

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageText {
    pub subject: String,
    pub plain: String,
}

impl Message {
    /// One that waits to be made and sent, at once unless it says otherwise.
    #[must_use]
    pub fn waiting(
        (id, implementation_id): (MessageId, ImplementationId),
        kind: MessageKind,
        to: Addressee,
        on_day: NaiveDate,
        now: Instant,
    ) -> Self {
        Self {
            id,
            implementation_id,
            kind,
            to,
            organization_id: None,
            once: None,
            on_day,
            state: MessageState::Waiting,
            attempts: 0,
            next_attempt_at: now,
            lease: None,
            text: None,
            failure: None,
            queued_at: now,
            settled_at: None,
            version: 1,
        }
    }

    /// Whether somebody may take it to send it.
    #[must_use]
    pub fn may_be_sent(&self, now: Instant) -> bool {
        self.state == MessageState::Waiting
            && self.next_attempt_at <= now
            && self.lease.is_none_or(|(_, until)| until <= now)
    }

    /// Whether whoever sent it still held it; one who was paused past his lease does not.
    #[must_use]
    pub fn is_leased_to(&self, lease: LeaseId) -> bool {
        self.state == MessageState::Waiting && self.lease.is_some_and(|(held, _)| held == lease)
    }

    /// A failure of ours: it is tried again later, at most [`MOST_ATTEMPTS`] times. `jitter`, between 0 and 1, spreads
    /// what failed together.
    pub fn failed(&mut self, why: &str, now: Instant, jitter: f64) {
        self.lease = None;
        self.failure = Some(why.to_owned());
        if self.attempts >= MOST_ATTEMPTS {
            self.state = MessageState::Dead;
            self.settled_at = Some(now);
        } else {
            self.next_attempt_at = now + pause(self.attempts, jitter);
        }
    }

    /// Staff let a dead message be tried again.
    pub fn replay(&mut self, now: Instant) {
        self.state = MessageState::Waiting;
        self.attempts = 0;
        self.next_attempt_at = now;
        self.settled_at = None;
    }

    /// It is over.
    pub fn settle(&mut self, state: MessageState, now: Instant) {
        self.state = state;
        self.lease = None;
        self.settled_at = Some(now);
    }
}

/// The pause after an attempt, doubling from a minute to six hours, the second half of it at random.
fn pause(attempts: i32, jitter: f64) -> TimeDelta {
    let doublings = u32::try_from(attempts.saturating_sub(1))
        .unwrap_or(0)
        .min(16);
    let whole = FIRST_PAUSE
        .checked_mul(1 << doublings)
        .map_or(LONGEST_PAUSE, |pause| pause.min(LONGEST_PAUSE));
    let half = whole / 2;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "at most six hours in milliseconds"
    )]
    #[expect(
        clippy::cast_precision_loss,
        reason = "at most six hours in milliseconds"
    )]
    let spread = (half.num_milliseconds() as f64 * jitter.clamp(0.0, 1.0)) as i64;
    half + TimeDelta::milliseconds(spread)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_to_six_hours_and_are_spread_over_their_second_half() {
        assert_eq!(pause(1, 0.0), TimeDelta::seconds(30));
        assert_eq!(pause(1, 1.0), TimeDelta::minutes(1));
        assert_eq!(pause(4, 1.0), TimeDelta::minutes(8));
        assert_eq!(pause(MOST_ATTEMPTS, 1.0), TimeDelta::hours(6));
        assert_eq!(pause(i32::MAX, 0.0), TimeDelta::hours(3));
        assert_eq!(pause(i32::MIN, 2.0), TimeDelta::minutes(1));
    }

    #[test]
    fn a_message_outlasts_a_mail_server_that_is_down_over_a_long_weekend() {
        let all = |jitter| -> TimeDelta {
            (1..MOST_ATTEMPTS)
                .map(|attempts| pause(attempts, jitter))
                .sum()
        };
        // From Friday 17:00 to Tuesday 09:00, the Monday a holiday.
        let weekend = TimeDelta::hours(7 + 3 * 24 + 9);
        assert!(all(0.0) > weekend, "{}", all(0.0));
        assert!(all(1.0) < TimeDelta::days(9), "{}", all(1.0));
    }

    #[test]
    fn supervisors_are_told_else_the_signers_else_the_lead() {
        use Addressee::{Contact, Lead, Person};
        use Recipient::{Signer, Supervisors, User};
        let person = PersonId(uuid::Uuid::from_u128(1));
        let contact = ContactId(uuid::Uuid::from_u128(2));
        let (sam, pat) = (Person(person), Contact(contact));
        for (tells, supervisors, signers, lead, expected) in [
            (vec![Supervisors], true, true, true, vec![sam]),
            (vec![Supervisors], false, true, true, vec![pat]),
            (vec![Supervisors], false, false, true, vec![Lead]),
            (vec![Supervisors], false, false, false, vec![]),
            (vec![Supervisors, Signer], true, true, true, vec![sam, pat]),
            (vec![Supervisors, Signer], true, false, true, vec![sam]),
            (vec![Signer], true, false, true, vec![Lead]),
            (vec![User], true, true, true, vec![]),
        ] {
            let reachable = Reachable {
                supervisors: supervisors.then_some(person).into_iter().collect(),
                signers: signers.then_some(contact).into_iter().collect(),
                lead,
                some_failed: false,
            };
            let tells: BTreeSet<Recipient> = tells.into_iter().collect();
            let told = |rule| responsible(rule, &tells, &reachable);
            let expected: BTreeSet<Addressee> = expected.into_iter().collect();
            assert_eq!(
                told(NoticeRule::Inactivity),
                expected,
                "{tells:?} {reachable:?}"
            );
            let mut with_lead = expected;
            with_lead.extend(lead.then_some(Lead));
            assert_eq!(
                told(NoticeRule::Unreachable),
                with_lead,
                "{tells:?} {reachable:?}"
            );
            let failed = Reachable {
                some_failed: true,
                ..reachable
            };
            let told = responsible(NoticeRule::Inactivity, &tells, &failed);
            assert_eq!(told, with_lead, "{tells:?} {failed:?}");
        }
    }
}
