//! Notices that do not reach the holder: whoever is responsible is told at once and has some days to settle it, or the
//! hold `unreachable` opens by itself.
//!
//! A failure is settled by what makes the person reachable or the notice needless: a delivery of the same notice in
//! whatever way, a work e-mail address that was confirmed since (it is sent there again, and fails again or not), or
//! that nothing has to be told any more, as after a login. A reminder, a retraction and the message of a return start no
//! grace, but the mailbox that refused them or sent them back is as dead: they fail like a notice. Once the hold is open a login settles nothing: nobody can
//! log in under it, and whoever was not reached is not reached by that.

use chrono::NaiveDate;

use super::first_login;
use super::machine::Machine;
use super::notices::NoticeNeeded;
use super::obligation::calendar;
use super::{Consequence, DueItem, Hold};
use crate::domain::calendar::Instant;
use crate::domain::fact::{Fact, FactBody, HoldCause, NoticeRule};
use crate::domain::ids::FactId;
use crate::domain::outgoing::NoticeKind;
use crate::domain::policy::{NoticedEnd, OffAction, Recipient, ThenSuspendOrList};

/// A notice that did not reach the holder.
pub(super) struct Failure {
    /// The notice: one that waits to be given, or one that came back.
    pub notice: FactId,
    pub at: Instant,
    rule: NoticeRule,
    requirement: Option<String>,
    anchor_on: NaiveDate,
    kind: NoticeKind,
    /// The day that a retraction takes back.
    named_on: Option<NaiveDate>,
}

impl Failure {
    /// Whether a notice tells what this one should have.
    fn tells_of(&self, rule: NoticeRule, requirement: Option<&str>) -> bool {
        self.rule == rule && self.requirement.as_deref() == requirement
    }

    /// That a day no longer holds need not be told any more once it has come.
    fn expired(&self, today: Option<NaiveDate>) -> bool {
        self.kind == NoticeKind::Retraction && self.named_on <= today
    }
}

impl Machine<'_> {
    /// A notice to the holder could not be given.
    pub(super) fn fail(&mut self, fact: &Fact) {
        let FactBody::NoticeFailed {
            notice,
            rule,
            requirement,
            anchor_on,
            notice_kind,
            named_on,
        } = &fact.body
        else {
            return;
        };
        // It has the id of the notice that waits: it may be given at the very instant.
        if self.known().iter().any(|known| known.id == *notice) {
            return;
        }
        self.failures.push(Failure {
            notice: *notice,
            at: fact.envelope.recorded_at,
            rule: *rule,
            requirement: requirement.clone(),
            anchor_on: *anchor_on,
            kind: *notice_kind,
            named_on: *named_on,
        });
    }

    /// A notice to the holder came back.
    pub(super) fn fail_bounced(&mut self, bounced: FactId) {
        let found = self.known().iter().find(|fact| fact.id == bounced).copied();
        let Some(Fact {
            organization_id,
            body:
                FactBody::NoticeSent {
                    rule,
                    requirement,
                    anchor_on,
                    to: None,
                    ..
                },
            ..
        }) = found
        else {
            return;
        };
        if *organization_id == Some(self.case.organization) {
            self.failures.push(Failure {
                notice: bounced,
                at: self.now(),
                rule: *rule,
                requirement: requirement.clone(),
                anchor_on: *anchor_on,
                kind: NoticeKind::Notice,
                named_on: None,
            });
        }
    }

    /// The holder was told after all.
    pub(super) fn reached(&mut self, rule: NoticeRule, requirement: Option<&str>) {
        self.failures
            .retain(|failure| !failure.tells_of(rule, requirement));
    }

    /// The holder was told what starts no grace.
    pub(super) fn told_after_all(&mut self, notice: FactId) {
        self.failures.retain(|failure| failure.notice != notice);
    }

    /// There is an address that nothing failed at yet.
    pub(super) fn address_corrected(&mut self) {
        self.failures.clear();
    }

    /// The hold that the rules opened because the holder cannot be reached.
    fn unreachable_hold(&self) -> Option<usize> {
        self.holds.iter().position(|hold| {
            hold.cause == HoldCause::Unreachable && hold.fact.is_none() && hold.ended_at.is_none()
        })
    }

    /// What nobody has to be told any more did not fail; and nobody is held once everything was settled.
    pub(super) fn settle_failures(&mut self) {
        match self.unreachable_hold() {
            Some(hold) if self.failures.is_empty() => self.end_hold(hold),
            Some(_) => {}
            None if self.failures.is_empty() => {}
            None => {
                let needed = self.notices_of_rules();
                let of_return = first_login::message(self);
                let suspended = self.suspended();
                let needs = |failure: &Failure| {
                    let tells = |needed: &NoticeNeeded| {
                        needed.is_about(failure.rule, failure.requirement.as_deref())
                            && failure.anchor_on == needed.anchor_on
                    };
                    match failure.kind {
                        NoticeKind::Retraction => !suspended,
                        NoticeKind::Return => of_return.iter().any(tells),
                        NoticeKind::Notice | NoticeKind::Reminder | NoticeKind::LastDay => {
                            needed.iter().any(tells)
                        }
                    }
                };
                let on_leave = self
                    .holds
                    .iter()
                    .any(|hold| hold.cause == HoldCause::Leave && hold.ended_at.is_none());
                // During leave nothing is told: what still has to be after the return fails anew.
                self.failures.retain(|failure| !on_leave && needs(failure));
            }
        }
    }

    /// What nobody settled yet. Under the hold the day of a retraction settles nothing either: whoever was not reached
    /// is not reached by that, and somebody must be able to say that he was.
    pub(super) fn open_failures(&self) -> impl Iterator<Item = &Failure> {
        let today = self.today();
        let held = self.unreachable_hold().is_some();
        let open = self.failures.iter();
        open.filter(move |failure| held || !failure.expired(today))
    }

    fn today(&self) -> Option<NaiveDate> {
        self.in_force().map(|rules| calendar(rules).day(self.now()))
    }

    fn first_failure(&self) -> Option<&Failure> {
        self.open_failures().min_by_key(|failure| failure.at)
    }

    /// The first local day on which the first failure should have been settled, or on which the rule acts if that is
    /// later.
    fn unreachable_on(&self) -> Option<NaiveDate> {
        let in_force = self.in_force()?;
        let calendar = calendar(in_force);
        let rule = &in_force.document.notices.undeliverable;
        let day = calendar.day(self.first_failure()?.at);
        let lapses_on = rule.settle_within.lapses_on(day, calendar.holidays);
        Some(
            rule.enforced_from
                .map_or(lapses_on, |from| from.max(lapses_on)),
        )
    }

    fn then_holds(&self) -> bool {
        self.in_force().is_some_and(|in_force| {
            in_force.document.notices.undeliverable.then == ThenSuspendOrList::Suspend
        })
    }

    /// When nobody settled the first failure in time, if whoever is responsible was told of it.
    pub(super) fn unreachable_at(&self) -> Option<Instant> {
        if self.unreachable_hold().is_some() || !self.then_holds() {
            return None;
        }
        let since = self.first_failure()?.at;
        self.noticed(NoticedEnd::Unreachable, self.unreachable_on()?, |notice| {
            notice.rule == NoticeRule::Unreachable && notice.occurred_at >= since
        })
        .map(|at| self.not_while_restored(at))
    }

    pub(super) fn hold_unreachable(&mut self) {
        if self.unreachable_at().is_some_and(|at| at <= self.now()) {
            // What nobody had to be told any more by now is no ground of the hold, and need not be settled under it.
            let today = self.today();
            self.failures.retain(|failure| !failure.expired(today));
            self.open_hold(Hold {
                cause: HoldCause::Unreachable,
                from: self.now(),
                until: None,
                ended_at: None,
                fact: None,
                requirement: None,
            });
        }
    }

    /// What has to be settled, by when, and what follows otherwise.
    pub(super) fn unreachable_item(&self) -> Option<DueItem> {
        if self.unreachable_hold().is_some() {
            return None;
        }
        Some(DueItem {
            rule: NoticeRule::Unreachable,
            requirement: None,
            due_on: self.unreachable_on()?.pred_opt()?,
            consequence: match (self.then_holds(), self.unreachable_at()) {
                (false, _) => Consequence::Listed,
                (true, Some(at)) => Consequence::At(at),
                (true, None) => Consequence::AwaitsNotice,
            },
        })
    }

    /// What whoever is responsible has to be told: at once, and not the holder.
    pub(super) fn unreachable_notice(&self) -> Option<NoticeNeeded> {
        let (failure, in_force) = (self.first_failure()?, self.in_force()?);
        if self.unreachable_hold().is_some() {
            return None;
        }
        let license_type = &self.open_period()?.license_type;
        let sent = self.notices.iter().rfind(|notice| {
            !notice.void
                && notice.rule == NoticeRule::Unreachable
                && notice.occurred_at >= failure.at
        });
        let calendar = calendar(in_force);
        Some(NoticeNeeded::told_to(
            Recipient::Supervisors,
            (
                NoticeRule::Unreachable,
                if self.then_holds() {
                    OffAction::Suspend
                } else {
                    OffAction::List
                },
            ),
            (calendar.day(failure.at), failure.at),
            self.unreachable_on()?,
            in_force
                .document
                .notice_before(NoticedEnd::Unreachable, license_type),
            (in_force.zone, calendar.holidays),
            sent,
        ))
    }

    /// Whether a notice to whoever is responsible still says what will happen.
    pub(super) fn still_unreachable(&self, told_at: Instant, named_on: NaiveDate) -> bool {
        self.first_failure()
            .is_some_and(|failure| told_at >= failure.at)
            && self.unreachable_on().is_some_and(|day| day <= named_on)
    }
}
