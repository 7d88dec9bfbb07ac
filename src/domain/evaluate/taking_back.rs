//! What was told and no longer holds: what the service itself gave, and what staff told by a letter of their own.

use chrono::NaiveDate;

use super::Evaluation;
use crate::domain::fact::{Fact, FactBody};
use crate::domain::ids::{FactId, OrganizationId};
use crate::domain::outgoing::{NoticeKind, NoticeSubject, QueueState, QueuedNotice};
use crate::domain::policy::Recipient;

/// A notice that somebody gave without the service, as its fact says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenByOthers {
    pub id: FactId,
    pub subject: NoticeSubject,
    pub named_on: NaiveDate,
    /// Whom it told.
    pub told: Recipient,
}

impl GivenByOthers {
    fn of(fact: &Fact) -> Option<Self> {
        let FactBody::NoticeSent {
            rule,
            step,
            requirement,
            anchor_on,
            named_on,
            to,
            ..
        } = &fact.body
        else {
            return None;
        };
        Some(Self {
            id: fact.id,
            subject: NoticeSubject {
                rule: *rule,
                step: *step,
                requirement: requirement.clone(),
                anchor_on: *anchor_on,
                days_before: None,
            },
            named_on: *named_on,
            told: to.unwrap_or(Recipient::User),
        })
    }
}

impl Evaluation {
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
                && self.no_longer_holds((&notice.subject, notice.named_on), notice.id, facts, today)
        });
        back.collect()
    }

    /// The same of notices that somebody else gave, as staff by letter: facts that the service never queued. `own` is all
    /// that it queued about the license, by which it knows what it took back before.
    #[must_use]
    pub fn others_to_take_back(
        &self,
        organization: OrganizationId,
        own: &[&QueuedNotice],
        facts: &[Fact],
        today: NaiveDate,
    ) -> Vec<GivenByOthers> {
        let since = self.period().map(|period| period.from);
        let known = |id: FactId| {
            own.iter()
                .any(|notice| notice.id == id || notice.retracts == Some(id))
        };
        facts
            .iter()
            .filter(|fact| fact.organization_id == Some(organization))
            .filter(|fact| Some(fact.envelope.recorded_at) >= since)
            .filter(|fact| !self.counting.contains(&fact.id) && !known(fact.id))
            .filter_map(GivenByOthers::of)
            .filter(|given| {
                let said = (&given.subject, Some(given.named_on));
                self.no_longer_holds(said, given.id, facts, today)
            })
            .collect()
    }

    /// Whether what a notice said is untrue by now: it neither bounced nor was corrected, and no other notice of its
    /// rule says the same by now or is about to.
    pub(super) fn no_longer_holds(
        &self,
        (subject, named_on): (&NoticeSubject, Option<NaiveDate>),
        id: FactId,
        facts: &[Fact],
        today: NaiveDate,
    ) -> bool {
        let answered = facts.iter().any(|fact| {
            fact.envelope.supersedes == Some(id)
                || matches!(&fact.body, FactBody::NoticeBounced { notice } if *notice == id)
        });
        let again = self.notices.iter().any(|needed| {
            needed.is_about(subject.rule, subject.requirement.as_deref())
                && (needed.sent.is_some() || needed.is_to_send(self.at))
        });
        self.allowed() && named_on.is_some_and(|named_on| named_on > today) && !answered && !again
    }
}
