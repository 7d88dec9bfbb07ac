//! Which notices may be sent, what each must say, and whether one that somebody reports can count.
//!
//! A warning starts a grace period, so a notice that was not due, counts from another day or names a day too early must
//! never be recorded: it would promise what the policy does not keep, or end access sooner than it promises.

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::machine::Machine;
use super::obligation::calendar;
use super::{Evaluation, inactivity};
use crate::domain::calendar::{Holidays, Instant, Length, add_days, local_day, next_business_day};
use crate::domain::fact::NoticeRule;
use crate::domain::ids::FactId;
use crate::domain::policy::{NoticedEnd, OnMiss};
use crate::domain::requirement::RequirementKey;

/// How far beyond the promised day a notice may put the end: more is a slip of the pen that would keep access open.
const LONGEST_DELAY_DAYS: u32 = 366;

/// A notice that may be sent, now or later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeNeeded {
    pub rule: NoticeRule,
    /// The step of the inactivity rule; absent where the rule has none.
    pub step: Option<usize>,
    /// The requirement it speaks of, for rules that have several.
    pub requirement: Option<RequirementKey>,
    /// The local day the count began.
    pub anchor_on: NaiveDate,
    /// From when it may be sent.
    pub due_at: Instant,
    /// The first local day on which what it warns of may happen, notice aside.
    pub ends_on: NaiveDate,
    /// The day the last step is due, for the steps before it: the grace cannot start earlier.
    pub(super) counted_from_on: Option<NaiveDate>,
    pub(super) grace: Length,
    pub(super) minimum: Length,
    pub(super) move_to_business_day: bool,
    pub(super) zone: Tz,
    pub(super) holidays: Holidays,
    /// The notice that was sent for it and still counts.
    pub sent: Option<FactId>,
}

impl NoticeNeeded {
    /// The earliest first day without access that a notice sent at an instant may name.
    #[must_use]
    pub fn earliest_named_on(&self, sent_at: Instant) -> NaiveDate {
        let sent_on = local_day(self.zone, sent_at);
        let counted = self.counted_from_on.map_or(sent_on, |day| day.max(sent_on));
        let day = self
            .ends_on
            .max(self.grace.lapses_on(counted, &self.holidays))
            .max(self.minimum.lapses_on(sent_on, &self.holidays));
        if self.move_to_business_day {
            next_business_day(day, &self.holidays)
        } else {
            day
        }
    }

    /// What to call it: `inactivity, step 0`.
    #[must_use]
    pub fn name(&self) -> String {
        let mut name = self.rule.as_str().to_owned();
        if let Some(step) = self.step {
            name = format!("{name}, step {step}");
        }
        if let Some(requirement) = &self.requirement {
            name = format!("{name}, {requirement}");
        }
        name
    }
}

/// A notice as somebody reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewNotice {
    pub rule: NoticeRule,
    pub step: Option<usize>,
    pub requirement: Option<String>,
    pub anchor_on: NaiveDate,
    pub named_on: NaiveDate,
    pub sent_at: Instant,
}

/// Why a notice cannot count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoticeFault {
    /// It was not due when it was sent; what was, each a sentence.
    NotDue(Vec<String>),
    /// It counts from another day than the license does.
    Anchor { anchor_on: NaiveDate },
    /// The same was sent before and still counts.
    Repeated { notice: FactId },
    /// It names a day before the one that the policy promises.
    TooEarly { earliest_on: NaiveDate },
    /// It names a day so late that it must be an error.
    TooLate { latest_on: NaiveDate },
}

impl Evaluation {
    /// The notices that were due at an instant: of the steps of a rule the last one only, because whoever is found far
    /// over the limit gets the last due step at once.
    #[must_use]
    pub fn notices_due(&self, at: Instant) -> Vec<&NoticeNeeded> {
        let due = |notice: &&NoticeNeeded| notice.due_at <= at;
        self.notices
            .iter()
            .filter(due)
            .filter(|notice| {
                !self
                    .notices
                    .iter()
                    .filter(due)
                    .any(|later| later.rule == notice.rule && later.step > notice.step)
            })
            .collect()
    }

    /// The notices to send now.
    #[must_use]
    pub fn notices_to_send(&self) -> Vec<&NoticeNeeded> {
        let mut due = self.notices_due(self.at);
        due.retain(|notice| notice.sent.is_none());
        due
    }

    /// Whether a notice that was sent can count: it was due, counts from the right day, is no repetition, and names a
    /// day that keeps what the policy promises. Asked with everything known now, so that a login that arrived after the
    /// sending is heeded.
    pub fn check_notice(&self, new: &NewNotice) -> Result<(), NoticeFault> {
        let due = self.notices_due(new.sent_at);
        let Some(needed) = due.iter().find(|needed| {
            needed.rule == new.rule
                && needed.step == new.step
                && needed.requirement.as_ref().map(ToString::to_string) == new.requirement
        }) else {
            return Err(NoticeFault::NotDue(
                due.iter()
                    .filter(|needed| needed.sent.is_none())
                    .map(|needed| {
                        format!(
                            "due is the notice of {}, counted from {}",
                            needed.name(),
                            needed.anchor_on
                        )
                    })
                    .collect(),
            ));
        };
        if let Some(notice) = needed.sent {
            return Err(NoticeFault::Repeated { notice });
        }
        if needed.anchor_on != new.anchor_on {
            return Err(NoticeFault::Anchor {
                anchor_on: needed.anchor_on,
            });
        }
        let earliest_on = needed.earliest_named_on(new.sent_at);
        let latest_on = add_days(earliest_on, LONGEST_DELAY_DAYS);
        if new.named_on < earliest_on {
            Err(NoticeFault::TooEarly { earliest_on })
        } else if new.named_on > latest_on {
            Err(NoticeFault::TooLate { latest_on })
        } else {
            Ok(())
        }
    }
}

impl Machine<'_> {
    pub(super) fn notices_needed(&self) -> Vec<NoticeNeeded> {
        let mut needed = inactivity::notices_needed(self);
        needed.extend(self.dated_ends());
        needed
    }

    /// Notices of dated ends: they may be sent as soon as the date is known, from the beginning of the period on.
    fn dated_ends(&self) -> Vec<NoticeNeeded> {
        let (Some(period), Some(in_force)) = (self.open_period(), self.in_force()) else {
            return Vec::new();
        };
        let calendar = calendar(in_force);
        let needed = |rule, requirement, end: NoticedEnd, ends_on, from: Instant, sent| {
            let minimum = in_force.document.notice_before(end, &period.license_type);
            (!minimum.is_zero()).then(|| NoticeNeeded {
                rule,
                step: None,
                requirement,
                anchor_on: calendar.day(from),
                due_at: from.max(period.from),
                ends_on,
                counted_from_on: None,
                grace: Length::Days(0),
                minimum,
                move_to_business_day: false,
                zone: in_force.zone,
                holidays: in_force.document.holidays.clone(),
                sent,
            })
        };
        let mut found: Vec<NoticeNeeded> = self
            .all_owed()
            .filter(|obligation| {
                obligation.on_miss != OnMiss::List && !self.held_for(&obligation.standing.key)
            })
            .filter_map(|obligation| {
                let sent = self
                    .notices
                    .iter()
                    .rfind(|notice| !notice.void && notice.speaks_of(obligation))
                    .map(|notice| notice.fact);
                // Counted from its evidence where there is any.
                let from = obligation
                    .standing
                    .evidence
                    .iter()
                    .filter_map(|id| self.known().iter().find(|fact| fact.id == *id))
                    .map(|fact| fact.envelope.occurred_at)
                    .max()
                    .unwrap_or(period.from);
                needed(
                    obligation.rule,
                    Some(obligation.standing.key.clone()),
                    obligation.noticed_end(),
                    obligation.ends_on()?,
                    from,
                    sent,
                )
            })
            .collect();
        if let Some(term) = self.term_of(period)
            && let Some(ends_on) = term.ends_on
        {
            let sent = self
                .notices
                .iter()
                .rfind(|notice| !notice.void && notice.rule == NoticeRule::Term)
                .map(|notice| notice.fact);
            let end = NoticedEnd::Term;
            found.extend(needed(
                NoticeRule::Term,
                None,
                end,
                ends_on,
                term.begun_at,
                sent,
            ));
        }
        // The hold that ends the license first.
        let hold = self
            .holds
            .iter()
            .filter(|hold| hold.ended_at.is_none())
            .filter_map(|hold| Some((self.suspension_ends_on(hold)?, hold.from)))
            .min();
        if let Some((ends_on, from)) = hold {
            let sent = self
                .notices
                .iter()
                .rfind(|notice| {
                    !notice.void
                        && notice.rule == NoticeRule::SuspensionTooLong
                        && notice.occurred_at >= from
                })
                .map(|notice| notice.fact);
            found.extend(needed(
                NoticeRule::SuspensionTooLong,
                None,
                NoticedEnd::SuspensionTooLong,
                ends_on,
                from,
                sent,
            ));
        }
        found
    }
}
