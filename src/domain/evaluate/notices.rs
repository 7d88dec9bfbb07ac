//! Which notices may be sent, what each must say, and whether one that somebody reports can count.
//!
//! A warning starts a grace period, so a notice that was not due, counts from another day or names a day too early must
//! never be recorded: it would promise what the policy does not keep, or end access sooner than it promises.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};
use chrono_tz::Tz;

use super::derived::suspension_end;
use super::machine::Machine;
use super::obligation::calendar;
use super::tracked::TrackedNotice;
use super::{Evaluation, LoginSource, inactivity, sources as login_sources};
use crate::domain::absence_hold::is_absence;
use crate::domain::calendar::{
    Holidays, Instant, Length, add_days, local_day, next_business_day, start_of_day,
};
use crate::domain::fact::NoticeRule;
use crate::domain::ids::FactId;
use crate::domain::outgoing::{NoticeKind, NoticeSubject, QueuedNotice};
use crate::domain::policy::{NoticedEnd, OffAction, OnMiss, Recipient};
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
    /// From when the service sends it by itself: no earlier than its first reminder, while the minimum still ends in
    /// time.
    pub send_at: Instant,
    /// Whether the login sources are not complete up to that instant, so that no warning is derived yet.
    pub waits_for_source: bool,
    /// Later reminders, each with its days before the end.
    pub reminders: Vec<(u16, Instant)>,
    /// What follows if nothing is done.
    pub action: OffAction,
    /// Whom it tells.
    pub tells: BTreeSet<Recipient>,
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
    /// When it was sent.
    pub sent_at: Option<Instant>,
    /// The day that it named.
    pub sent_named_on: Option<NaiveDate>,
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

    /// What it is about.
    #[must_use]
    pub fn subject(&self, days_before: Option<u16>) -> NoticeSubject {
        NoticeSubject {
            rule: self.rule,
            step: self.step,
            requirement: self.requirement.as_ref().map(ToString::to_string),
            anchor_on: self.anchor_on,
            days_before,
        }
    }

    /// Whether it speaks of a requirement of a rule; of a rule that has none, of the rule.
    #[must_use]
    pub fn is_about(&self, rule: NoticeRule, requirement: Option<&str>) -> bool {
        let own = self.requirement.as_ref().map(ToString::to_string);
        self.rule == rule && own.as_deref() == requirement
    }

    /// Of what is told at once, to one kind of recipient, with no steps, reminders or grace of its own: to whoever is
    /// responsible that the holder cannot be reached, to whoever came back until when to log in. `sent` is the notice
    /// that counts.
    pub(super) fn told_to(
        whom: Recipient,
        (rule, action): (NoticeRule, OffAction),
        (anchor_on, due_at): (NaiveDate, Instant),
        ends_on: NaiveDate,
        minimum: Length,
        (zone, holidays): (Tz, &Holidays),
        sent: Option<&TrackedNotice>,
    ) -> Self {
        Self {
            rule,
            step: None,
            requirement: None,
            anchor_on,
            due_at,
            send_at: due_at,
            waits_for_source: false,
            reminders: Vec::new(),
            action,
            tells: BTreeSet::from([whom]),
            ends_on,
            counted_from_on: None,
            grace: Length::Days(0),
            minimum,
            move_to_business_day: false,
            zone,
            holidays: holidays.clone(),
            sent: sent.map(|notice| notice.fact),
            sent_at: sent.map(|notice| notice.occurred_at),
            sent_named_on: sent.map(|notice| notice.named_on),
        }
    }

    /// Who is told, where it is not the holder of the license.
    #[must_use]
    pub fn told_instead(&self) -> Option<Recipient> {
        if self.tells.contains(&Recipient::User) {
            None
        } else {
            self.tells.first().copied()
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

impl NewNotice {
    /// Whether it is the one that is needed.
    fn is_of(&self, needed: &NoticeNeeded) -> bool {
        needed.is_about(self.rule, self.requirement.as_deref()) && needed.step == self.step
    }
}

/// Why a notice cannot count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoticeFault {
    /// It was given before it was due.
    BeforeDue,
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

/// How far every login source in service is complete. Nothing while one of them never reported, or none is in service.
#[must_use]
pub fn reported_through(sources: &[LoginSource], now: Instant) -> Option<Instant> {
    login_sources::mark(sources, now, now)
}

/// The last local day from which a length is over by the beginning of a day; no earlier than `first`.
pub(super) fn last_start(
    length: Length,
    over_on: NaiveDate,
    first: NaiveDate,
    holidays: &Holidays,
) -> NaiveDate {
    let mut day = over_on;
    while length.lapses_on(day, holidays) > over_on && day > first {
        match day.pred_opt() {
            Some(earlier) => day = earlier,
            None => break,
        }
    }
    day
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

    /// Whether a notice that was sent can count: it was due, counts from the right day, is no repetition, and names a
    /// day that keeps what the policy promises. Asked with everything known now, so that a login that arrived after the
    /// sending is heeded.
    pub fn check_notice(&self, new: &NewNotice) -> Result<(), NoticeFault> {
        let due = self.notices_due(new.sent_at);
        let Some(needed) = due.iter().find(|needed| new.is_of(needed)) else {
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
        within_reach(new.named_on, needed.earliest_named_on(new.sent_at))
    }

    /// Whether what staff say of a notice that reached somebody under the hold `unreachable` can have been so, with
    /// every fault: nobody can have been told of it before it was due, and the day that was named must be one that the
    /// policy can promise. Where something is still warned of, it is bounded like that of any notice; where nothing is, it
    /// only has to be a day on which the notice could still have meant something. A retraction names the day that it
    /// takes back, which may be over by now.
    #[must_use]
    pub fn check_reached(
        &self,
        queued: &QueuedNotice,
        new: &NewNotice,
        zone: Tz,
    ) -> Vec<NoticeFault> {
        let before_due = (new.sent_at < queued.due_at).then_some(NoticeFault::BeforeDue);
        let takes_back =
            queued.kind == NoticeKind::Retraction && queued.named_on == Some(new.named_on);
        let named = if takes_back {
            None
        } else {
            let needed = self.notices.iter().find(|needed| new.is_of(needed));
            let earliest_on = match needed {
                Some(needed) => needed.earliest_named_on(new.sent_at),
                None => add_days(local_day(zone, new.sent_at), 1),
            };
            within_reach(new.named_on, earliest_on).err()
        };
        before_due.into_iter().chain(named).collect()
    }
}

/// Refuses a day before the earliest that may be named, or so far behind it that it must be an error.
fn within_reach(named_on: NaiveDate, earliest_on: NaiveDate) -> Result<(), NoticeFault> {
    let latest_on = add_days(earliest_on, LONGEST_DELAY_DAYS);
    if named_on < earliest_on {
        Err(NoticeFault::TooEarly { earliest_on })
    } else if named_on > latest_on {
        Err(NoticeFault::TooLate { latest_on })
    } else {
        Ok(())
    }
}

impl Machine<'_> {
    pub(super) fn notices_needed(&self) -> Vec<NoticeNeeded> {
        let mut needed = self.notices_of_rules();
        needed.extend(self.unreachable_notice());
        needed
    }

    /// But for that of notices which do not reach the holder.
    pub(super) fn notices_of_rules(&self) -> Vec<NoticeNeeded> {
        let mut needed = inactivity::notices_needed(self);
        needed.extend(self.dated_ends());
        needed.retain_mut(|notice| {
            if notice.sent.is_some() || !is_absence(notice.rule) {
                return true;
            }
            // While absences wait, so does what warns of them.
            let tells_at = notice.send_at.max(self.now());
            let Some(waits_until) = self.not_while_held(tells_at) else {
                return false;
            };
            if waits_until > tells_at {
                notice.send_at = waits_until;
            }
            true
        });
        needed
    }

    /// Notices of dated ends: they may be sent as soon as the date is known, from the beginning of the period on.
    fn dated_ends(&self) -> Vec<NoticeNeeded> {
        let (Some(period), Some(in_force)) = (self.open_period(), self.in_force()) else {
            return Vec::new();
        };
        let calendar = calendar(in_force);
        let needed = |rule,
                      requirement: Option<RequirementKey>,
                      (end, enforced_from): (NoticedEnd, Option<NaiveDate>),
                      ends_on: NaiveDate,
                      from: Instant,
                      sent: Option<&TrackedNotice>| {
            // What an add-on owes is reminded of as its own type says.
            let of_type = match &requirement {
                Some(RequirementKey::OfAddOn(add_on, _)) => add_on,
                _ => &period.license_type,
            };
            let license_type = in_force.document.license_types.get(of_type);
            let minimum = in_force.document.notice_before(end, &period.license_type);
            let holidays = &in_force.document.holidays;
            let none = BTreeSet::new();
            let reminders = match rule {
                NoticeRule::Term => {
                    license_type.and_then(|found| Some(&found.term.as_ref()?.reminders))
                }
                NoticeRule::Campaign => {
                    license_type.and_then(|found| Some(&found.campaigns.as_ref()?.reminders))
                }
                NoticeRule::Recertification => {
                    license_type.and_then(|found| Some(&found.recertification.as_ref()?.reminders))
                }
                _ => None,
            };
            let reminders = reminders.unwrap_or(&none);
            // Once a day was named, it is that day which people are reminded of.
            let promised_on = sent.map_or(ends_on, |notice| ends_on.max(notice.named_on));
            let before = |days: u16| {
                let day = promised_on.checked_sub_days(Days::new(u64::from(days)));
                day.map(|day| (days, start_of_day(in_force.zone, day)))
            };
            let mut reminding: Vec<(u16, Instant)> = reminders
                .iter()
                .rev()
                .filter_map(|days| before(*days))
                .collect();
            // The first of them is the notice itself, unless the minimum needs it earlier.
            let latest = start_of_day(
                in_force.zone,
                last_start(minimum, ends_on, calendar.day(from), holidays),
            );
            // Before its day a rule only reports, and nothing is sent for it.
            let enforced_at = enforced_from.map(|day| start_of_day(in_force.zone, day));
            let due_at = from.max(period.from);
            let due_at = enforced_at.map_or(due_at, |enforced| due_at.max(enforced));
            let first = match rule {
                // A campaign is announced when it opens.
                NoticeRule::Campaign => due_at,
                _ => reminding.first().map_or(latest, |(_, at)| latest.min(*at)),
            };
            reminding.retain(|(_, at)| *at > first);
            // A campaign is announced also where its miss needs no notice.
            (!minimum.is_zero() || rule == NoticeRule::Campaign).then(|| NoticeNeeded {
                rule,
                step: None,
                requirement,
                anchor_on: calendar.day(from),
                due_at,
                send_at: first.max(due_at),
                waits_for_source: false,
                reminders: reminding,
                action: OffAction::Deactivate,
                // Of the end of leave whoever is responsible is told: nothing is sent to whoever is away.
                tells: BTreeSet::from([match end {
                    NoticedEnd::Leave => Recipient::Supervisors,
                    _ => Recipient::User,
                }]),
                ends_on,
                counted_from_on: None,
                grace: Length::Days(0),
                minimum,
                move_to_business_day: false,
                zone: in_force.zone,
                holidays: holidays.clone(),
                sent: sent.map(|notice| notice.fact),
                sent_at: sent.map(|notice| notice.occurred_at),
                sent_named_on: sent.map(|notice| notice.named_on),
            })
        };
        let mut found: Vec<NoticeNeeded> = self
            .all_owed()
            .filter(|obligation| {
                // Staff may suspend who misses a campaign, also where a miss is only listed.
                (obligation.on_miss != OnMiss::List || obligation.rule == NoticeRule::Campaign)
                    && !self.held_for(&obligation.standing.key)
            })
            .filter_map(|obligation| {
                let sent = self
                    .notices
                    .iter()
                    .rfind(|notice| !notice.void && notice.speaks_of(obligation));
                // Counted from its evidence where there is any.
                let from = obligation
                    .standing
                    .evidence
                    .iter()
                    .filter_map(|id| self.known().iter().find(|fact| fact.id == *id))
                    .map(|fact| fact.envelope.occurred_at)
                    .max()
                    .or_else(|| {
                        let asked_on = obligation.asked_on?;
                        Some(start_of_day(in_force.zone, asked_on))
                    })
                    .unwrap_or(period.from);
                let found = needed(
                    obligation.rule,
                    Some(obligation.standing.key.clone()),
                    (obligation.noticed_end(), obligation.enforced_from),
                    obligation.ends_on()?,
                    from,
                    sent,
                )?;
                Some(NoticeNeeded {
                    action: match obligation.on_miss {
                        OnMiss::Suspend => OffAction::Suspend,
                        OnMiss::Deactivate => OffAction::Deactivate,
                        OnMiss::List => OffAction::List,
                    },
                    ..found
                })
            })
            .collect();
        if let Some(term) = self.term_of(period)
            && let Some(ends_on) = term.ends_on
        {
            let sent = self
                .notices
                .iter()
                .rfind(|notice| !notice.void && notice.rule == NoticeRule::Term);
            let license_type = in_force.document.license_types.get(&period.license_type);
            let enforced_from = license_type.and_then(|found| found.term.as_ref()?.enforced_from);
            found.extend(needed(
                NoticeRule::Term,
                None,
                (NoticedEnd::Term, enforced_from),
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
            .filter_map(|hold| {
                let ends_on = self.suspension_ends_on(hold)?;
                Some((ends_on, hold))
            })
            .min_by_key(|(ends_on, hold)| (*ends_on, hold.from));
        if let Some((ends_on, hold)) = hold {
            let from = hold.from;
            let maximum = in_force.document.suspension.maximum_for(hold.cause);
            let enforced_from = maximum.and_then(|maximum| maximum.enforced_from);
            let sent = self.notices.iter().rfind(|notice| {
                !notice.void
                    && notice.rule == NoticeRule::SuspensionTooLong
                    && notice.occurred_at >= from
            });
            found.extend(needed(
                NoticeRule::SuspensionTooLong,
                None,
                (suspension_end(hold), enforced_from),
                ends_on,
                from,
                sent,
            ));
        }
        found
    }
}
