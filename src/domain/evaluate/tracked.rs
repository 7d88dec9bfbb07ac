//! Notices that were sent, as facts say it, and whether they still count.

use chrono::{NaiveDate, TimeDelta};

use super::inactivity;
use super::machine::Machine;
use super::obligation::Obligation;
use crate::domain::calendar::Instant;
use crate::domain::fact::{Fact, FactBody, NoticeRule};
use crate::domain::ids::FactId;

/// A notice recorded late starts its grace no earlier than this long before its recording.
const LATE_NOTICE: TimeDelta = TimeDelta::hours(24);

/// A notice and whether it still counts. Void once, it never counts again.
#[derive(Clone, Debug)]
pub(super) struct TrackedNotice {
    pub fact: FactId,
    pub rule: NoticeRule,
    pub step: Option<usize>,
    pub requirement: Option<String>,
    pub named_on: NaiveDate,
    /// When it was sent; the test whether it still counts starts here.
    pub occurred_at: Instant,
    /// When its grace starts: at the sending, but no earlier than 24 hours before the recording.
    pub sent_at: Instant,
    pub void: bool,
}

impl TrackedNotice {
    /// Only inactivity notices make a license warned.
    pub(super) fn warns(&self) -> bool {
        self.rule == NoticeRule::Inactivity && !self.void
    }

    pub(super) fn speaks_of(&self, obligation: &Obligation) -> bool {
        self.rule == obligation.rule
            && self
                .requirement
                .as_ref()
                .is_none_or(|name| *name == obligation.standing.key.to_string())
    }
}

impl Machine<'_> {
    pub(super) fn absorb_notice(&mut self, fact: &Fact) {
        let FactBody::NoticeSent {
            rule,
            step,
            requirement,
            named_on,
            to,
            ..
        } = &fact.body
        else {
            return;
        };
        if to.is_none() {
            self.reached(*rule, requirement.as_deref());
        }
        let occurred_at = fact.envelope.occurred_at;
        let notice = TrackedNotice {
            fact: fact.id,
            rule: *rule,
            step: *step,
            requirement: requirement.clone(),
            named_on: *named_on,
            occurred_at,
            sent_at: occurred_at.max(fact.envelope.recorded_at - LATE_NOTICE),
            void: false,
        };
        for earlier in inactivity::told_anew(self, &notice) {
            if let Some(earlier) = self.notices.get_mut(earlier) {
                earlier.void = true;
            }
        }
        self.notices.push(notice);
    }

    /// A notice that did not arrive counts no longer; an end that rested on it is contested.
    pub(super) fn bounce(&mut self, notice: FactId, by: FactId) {
        let mut voided = false;
        for tracked in &mut self.notices {
            voided |= tracked.fact == notice && !tracked.void;
            tracked.void |= tracked.fact == notice;
        }
        if self.ended_on.contains(&notice) {
            self.contest(by);
        }
        self.forget_notice(notice);
        if voided {
            self.reconsider_logins();
        }
    }
}
