//! Inactivity: when warnings are due, which notices count, when access is cut off and when that takes effect.

use std::collections::BTreeSet;

use chrono::{NaiveDate, TimeDelta};

use super::machine::Machine;
use super::notices::last_start;
use super::obligation::{Obligation, calendar};
use super::rules::InForce;
use super::sources::{in_service, mark};
use super::{Consequence, DueItem, NoticeNeeded};
use crate::domain::absence_hold;
use crate::domain::calendar::{Instant, Length, add_days, next_business_day, start_of_day};
use crate::domain::fact::NoticeRule;
use crate::domain::ids::FactId;
use crate::domain::policy::{Inactivity, NoticedEnd, OffAction, OffRule, Recipient};
use crate::domain::requirement::Calendar;

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

/// The promised end and when it is acted upon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CutOff {
    /// Only logins before this instant save.
    pub cut_off_at: Instant,
    /// When complete login reports, or the end of the allowed lag, make it final.
    pub takes_effect_at: Instant,
}

/// The rule as it stands for the open period under some rules.
struct Running<'a> {
    rule: &'a Inactivity,
    off: &'a OffRule,
    in_force: InForce<'a>,
    calendar: Calendar<'a>,
    license_type: &'a str,
    /// What the count began with: a login, or the start of the clock.
    anchor_at: Instant,
}

/// The inactivity rule of the open period's type, unless the license is suspended, restored in an emergency that nobody
/// confirmed yet, or no login source is in service.
pub(super) fn in_play<'m>(machine: &'m Machine<'_>) -> Option<&'m Inactivity> {
    let restored = machine.restored_until().is_some();
    if restored || machine.suspended() || !in_service(machine.case.sources, machine.now()) {
        return None;
    }
    machine
        .in_force()?
        .document
        .license_types
        .get(&machine.open_period()?.license_type)?
        .inactivity
        .as_ref()
}

/// The off-rule in force, unless the license is suspended, has no open period, or no login source is in service.
fn running<'m>(machine: &'m Machine<'_>) -> Option<Running<'m>> {
    in_play(machine)?;
    under(machine, machine.in_force()?)
}

/// The same under rules that may no longer be, or not yet, in force.
fn under<'m>(machine: &'m Machine<'_>, in_force: InForce<'m>) -> Option<Running<'m>> {
    let license_type = &machine.open_period()?.license_type;
    let rule = in_force
        .document
        .license_types
        .get(license_type)?
        .inactivity
        .as_ref()?;
    let calendar = calendar(in_force);
    Some(Running {
        rule,
        off: rule.off_rule.as_ref()?,
        in_force,
        calendar,
        license_type,
        anchor_at: machine.clock_started().max(machine.last_login)?,
    })
}

impl Running<'_> {
    /// The first local day over a length without login, counted from a day.
    fn over_from(&self, length: Length, anchor: NaiveDate) -> NaiveDate {
        if self.off.limit_inclusive {
            self.calendar.after(length, anchor)
        } else {
            length.lapses_on(anchor, self.calendar.holidays)
        }
    }

    fn anchor(&self) -> NaiveDate {
        self.calendar.day(self.anchor_at)
    }

    /// The first local day over a length without login.
    fn over(&self, length: Length) -> NaiveDate {
        self.over_from(length, self.anchor())
    }

    fn starts(&self, day: NaiveDate) -> Instant {
        start_of_day(self.in_force.zone, day)
    }

    fn enforced_at(&self) -> Option<Instant> {
        self.off.enforced_from.map(|day| self.starts(day))
    }

    /// Without steps and with no shortest notice, the license ends without any.
    fn needs_notice(&self) -> bool {
        !self.off.steps.is_empty() || !self.minimum().is_zero()
    }

    fn minimum(&self) -> Length {
        self.in_force
            .document
            .notice_before(NoticedEnd::Inactivity, self.license_type)
    }

    /// The first local day over the limit. Where no warning step gives notice of a shorter or new limit, it is counted
    /// in full from the version that brought it.
    fn limit(&self, machine: &Machine<'_>) -> NaiveDate {
        let over = self.over(self.off.limit);
        if !self.off.steps.is_empty() {
            return over;
        }
        shortened_at(machine, self).map_or(over, |since| {
            over.max(self.over_from(self.off.limit, self.calendar.day(since)))
        })
    }

    /// Only the last step starts the grace: the last of the rules under which its notice was sent.
    fn starts_grace(&self, machine: &Machine<'_>, notice: &TrackedNotice) -> bool {
        let then = machine
            .rules
            .at(notice.occurred_at)
            .and_then(|rules| under(machine, rules));
        let steps = &then.as_ref().unwrap_or(self).off.steps;
        notice.step == steps.len().checked_sub(1)
    }

    /// Whether a notice of a step, or of a later one, was sent. One that promised another before the end is none of the
    /// last step, though rules with fewer steps give it that number.
    fn was_told(&self, machine: &Machine<'_>, notice: &TrackedNotice, step: usize) -> bool {
        let is_last = step + 1 >= self.off.steps.len();
        self.starts_grace(machine, notice) || !is_last && notice.step.unwrap_or_default() >= step
    }

    /// The first local day on which the notice of a step is due; without steps, that of the one notice.
    fn due(&self, machine: &Machine<'_>, step: Option<usize>) -> Option<NaiveDate> {
        match step {
            // A step that the rules have no longer is judged by their last one.
            Some(step) => (self.off.steps.get(step).or(self.off.steps.last()))
                .map(|step| self.over(step.after))
                .or_else(|| Some(self.unstepped_due(machine))),
            None => Some(self.unstepped_due(machine)),
        }
    }

    /// Without steps a notice is due the minimum number of days before the limit: the last day on which the minimum
    /// still ends by then.
    fn unstepped_due(&self, machine: &Machine<'_>) -> NaiveDate {
        let minimum = self.minimum();
        let limit = self.limit(machine);
        let anchor = self.anchor();
        last_start(minimum, limit, anchor, self.calendar.holidays).max(add_days(anchor, 1))
    }
}

/// The start of the rules that last introduced or shortened the limit.
fn shortened_at(machine: &Machine<'_>, now: &Running<'_>) -> Option<Instant> {
    let anchor = now.anchor();
    let mut since = None;
    let mut before: Option<Option<NaiveDate>> = None;
    for (from, rules) in machine.rules.between(Instant::MIN_UTC, machine.now()) {
        let over = under(machine, rules).map(|then| then.over_from(then.off.limit, anchor));
        match (before, over) {
            (_, None) => since = None,
            (Some(None), Some(_)) => since = Some(from),
            (Some(Some(before)), Some(over)) if over < before => since = Some(from),
            _ => {}
        }
        before = Some(over);
    }
    since
}

/// Whether a notice counts on: at every instant since its sending the license must have been over the step that it was
/// sent for, by the rules then in force. So a limit lengthened by less than the absence leaves it counting.
pub(super) fn counts(machine: &Machine<'_>, notice: &TrackedNotice) -> bool {
    if running(machine).is_none() {
        return false;
    }
    machine
        .rules
        .between(notice.occurred_at, machine.now())
        .all(|(from, rules)| {
            under(machine, rules).is_some_and(|running| {
                running
                    .due(machine, notice.step)
                    .is_some_and(|due| running.starts(due) <= notice.occurred_at.max(from))
            })
        })
}

/// Whether a cut-off that took effect is still deserved by what is known now: nobody logged in between a notice and the
/// cut-off, and the logins before it leave the license over the step it was sent for, by the rules of its sending.
pub(super) fn was_over(
    machine: &Machine<'_>,
    cut_off_at: Instant,
    notices: &[TrackedNotice],
) -> bool {
    let saved_after = |from: Instant| {
        machine
            .logins
            .iter()
            .any(|(_, login)| from < *login && *login < cut_off_at)
    };
    let over = |at: Instant,
                first: fn(&Machine<'_>, &Running<'_>, Option<usize>) -> Option<NaiveDate>,
                step| {
        machine
            .rules
            .at(at)
            .and_then(|rules| under(machine, rules))
            .and_then(|then| Some(then.starts(first(machine, &then, step)?) <= at))
            .unwrap_or(true)
    };
    if notices.is_empty() {
        return over(
            cut_off_at,
            |machine, then, _| Some(then.limit(machine)),
            None,
        );
    }
    notices.iter().any(|notice| {
        !saved_after(notice.occurred_at)
            && over(
                notice.occurred_at,
                |machine, then, step| then.due(machine, step),
                notice.step,
            )
    })
}

/// The places of notices that a new one takes the place of: those of the same number, sent as one of several steps, once
/// rules with fewer steps made it the last. The new one names no earlier day.
pub(super) fn told_anew(machine: &Machine<'_>, new: &TrackedNotice) -> Vec<usize> {
    let Some(running) =
        running(machine).filter(|running| new.warns() && running.starts_grace(machine, new))
    else {
        return Vec::new();
    };
    let replaced = machine.notices.iter().enumerate().filter(|(_, earlier)| {
        earlier.warns()
            && earlier.step == new.step
            && earlier.named_on <= new.named_on
            && !running.starts_grace(machine, earlier)
    });
    replaced.map(|(index, _)| index).collect()
}

/// The cut-off of the running warning, if the last step was sent.
pub(super) fn cut_off(machine: &Machine<'_>) -> Option<CutOff> {
    let running = running(machine)?;
    let warning = || machine.notices.iter().filter(|notice| notice.warns());
    let first = warning()
        .filter(|notice| running.starts_grace(machine, notice))
        .min_by_key(|notice| notice.sent_at);
    if first.is_none() && running.needs_notice() {
        return None;
    }
    let limit = running.limit(machine);
    let day = match first {
        Some(notice) => {
            let sent_on = running.calendar.day(notice.sent_at);
            // Grace and minimum are those under which the notice was sent.
            let then = machine
                .rules
                .at(notice.occurred_at)
                .and_then(|rules| under(machine, rules));
            let then = then.as_ref().unwrap_or(&running);
            let holidays = then.calendar.holidays;
            limit
                .max(then.off.grace.lapses_on(sent_on, holidays))
                .max(then.minimum().lapses_on(sent_on, holidays))
        }
        None => limit,
    };
    // Whoever was told a day has until then, also where no notice is needed any longer.
    let named = warning().map(|notice| notice.named_on).max();
    let day = named.map_or(day, |named| day.max(named));
    let day = running
        .off
        .enforced_from
        .map_or(day, |enforced| day.max(enforced));
    let day = if running.rule.move_to_business_day {
        next_business_day(day, running.calendar.holidays)
    } else {
        day
    };
    cut_off_on(machine, day)
}

/// The cut-off at the beginning of a day, acted upon once the login reports are complete or the lag is over.
pub(super) fn cut_off_on(machine: &Machine<'_>, day: NaiveDate) -> Option<CutOff> {
    let rule = in_play(machine)?;
    let lag = TimeDelta::hours(i64::from(rule.login_report_lag_hours));
    let takes_effect_at = |cut_off_at: Instant| {
        let latest = cut_off_at + lag;
        complete_at(machine, cut_off_at, latest).unwrap_or(latest)
    };
    let promised_at = start_of_day(machine.in_force()?.zone, day);
    // Whoever would be cut off while absences wait may log in until the end of the hold.
    let cut_off_at = absence_hold::moved(&machine.absence_holds, promised_at, takes_effect_at)?;
    Some(CutOff {
        cut_off_at,
        takes_effect_at: takes_effect_at(cut_off_at),
    })
}

/// The first instant in [`cut_off_at`, `latest`] at which the mark is at or past the cut-off, as far as known.
fn complete_at(machine: &Machine<'_>, cut_off_at: Instant, latest: Instant) -> Option<Instant> {
    let sources = machine.case.sources;
    let mut changes: Vec<Instant> = sources
        .iter()
        .flat_map(|source| {
            [Some(source.in_service_from), source.in_service_until]
                .into_iter()
                .flatten()
                .chain(
                    source
                        .heartbeats
                        .iter()
                        .map(|beat| beat.recorded_at)
                        .filter(|recorded| *recorded <= machine.asked),
                )
        })
        .filter(|at| *at > cut_off_at && *at <= latest)
        .collect();
    changes.push(cut_off_at);
    changes.sort_unstable();
    changes
        .into_iter()
        .find(|at| mark(sources, *at, machine.asked).is_some_and(|mark| mark >= cut_off_at))
}

/// Whether an absence from one instant to another is longer than the limit of the open period's type. Without a limit,
/// or where it is not in force, none is.
pub(super) fn absent_too_long(machine: &Machine<'_>, since: Instant, until: Instant) -> bool {
    if !in_service(machine.case.sources, until) {
        return false;
    }
    let Some(running) = machine
        .rules
        .at(until)
        .and_then(|rules| under(machine, rules))
    else {
        return false;
    };
    let day = running.calendar.day(until);
    running.off.enforced_from.is_none_or(|from| from <= day)
        && running.over_from(running.off.limit, running.calendar.day(since)) <= day
}

/// Whether the rule does anything to the license by itself.
pub(super) fn acts(machine: &Machine<'_>) -> bool {
    action(machine).is_some_and(|action| action != OffAction::List)
}

pub(super) fn suspends(machine: &Machine<'_>) -> bool {
    action(machine) == Some(OffAction::Suspend)
}

pub(super) fn action(machine: &Machine<'_>) -> Option<OffAction> {
    in_play(machine).map(|rule| rule.off_action)
}

/// Where no limit is set: since when nobody has logged in for so long that staff see the license on a list.
pub(super) fn stale_item(machine: &Machine<'_>) -> Option<DueItem> {
    let rule = in_play(machine).filter(|rule| rule.off_rule.is_none())?;
    let calendar = calendar(machine.in_force()?);
    let anchor = calendar.day(machine.clock_started().max(machine.last_login)?);
    Some(DueItem {
        rule: NoticeRule::Inactivity,
        requirement: None,
        due_on: calendar.after(rule.stale_list_after?, anchor),
        consequence: Consequence::Listed,
    })
}

/// The steps whose notice becomes due, with the instant, as if the login sources were complete: no notice is derived
/// beyond their mark. Without steps the one notice stands as step 0.
pub(super) fn steps_due(machine: &Machine<'_>) -> Vec<(usize, Instant)> {
    let Some(running) = running(machine) else {
        return Vec::new();
    };
    let due = |day: NaiveDate| {
        let at = running.starts(day);
        running
            .enforced_at()
            .map_or(at, |enforced| at.max(enforced))
    };
    if running.off.steps.is_empty() {
        if running.minimum().is_zero() {
            return Vec::new();
        }
        return vec![(0, due(running.unstepped_due(machine)))];
    }
    running
        .off
        .steps
        .iter()
        .enumerate()
        .map(|(index, step)| (index, due(running.over(step.after))))
        .collect()
}

/// The last local day on which a login keeps the license within the limit, and what follows otherwise.
pub(super) fn due_item(machine: &Machine<'_>) -> Option<DueItem> {
    let running = running(machine)?;
    let limit = running.limit(machine);
    let consequence = match (running.rule.off_action, cut_off(machine)) {
        (OffAction::List, _) => Consequence::Listed,
        (_, Some(cut_off)) => Consequence::At(cut_off.takes_effect_at),
        (_, None) => Consequence::AwaitsNotice,
    };
    Some(DueItem {
        rule: NoticeRule::Inactivity,
        requirement: None,
        due_on: limit.pred_opt().unwrap_or(limit),
        consequence,
    })
}

/// The notices of the steps, each with the earliest first day without access that it may name if it is sent on a day.
pub(super) fn notices_needed(machine: &Machine<'_>) -> Vec<NoticeNeeded> {
    let Some(running) = running(machine).filter(|running| running.needs_notice()) else {
        return Vec::new();
    };
    let last = running.off.steps.len().saturating_sub(1);
    let known_through = mark(machine.case.sources, machine.now(), machine.asked);
    // Whoever was told a day has until then, so that no later notice names an earlier one.
    let warning = machine.notices.iter().filter(|notice| notice.warns());
    let promised = warning.map(|notice| notice.named_on).max();
    let limit = running.limit(machine);
    let ends_on = promised.map_or(limit, |promised| limit.max(promised));
    steps_due(machine)
        .into_iter()
        .map(|(step, due_at)| {
            let stepped = (!running.off.steps.is_empty()).then_some(step);
            let sent = machine
                .notices
                .iter()
                .rfind(|notice| notice.warns() && running.was_told(machine, notice, step));
            NoticeNeeded {
                rule: NoticeRule::Inactivity,
                step: stepped,
                requirement: None,
                anchor_on: running.anchor(),
                due_at,
                send_at: due_at,
                waits_for_source: known_through.is_none_or(|known| known < due_at),
                reminders: Vec::new(),
                action: running.rule.off_action,
                tells: running.off.steps.get(step).map_or_else(
                    || BTreeSet::from([Recipient::User]),
                    |step| step.tells.clone(),
                ),
                ends_on,
                // What an earlier step tells of can come no sooner than the last step's notice allows.
                counted_from_on: (step < last).then(|| {
                    running
                        .off
                        .steps
                        .last()
                        .map_or(running.anchor(), |step| running.over(step.after))
                }),
                grace: running.off.grace,
                minimum: running.minimum(),
                move_to_business_day: running.rule.move_to_business_day,
                zone: running.in_force.zone,
                holidays: running.calendar.holidays.clone(),
                sent: sent.map(|notice| notice.fact),
                sent_at: sent.map(|notice| notice.occurred_at),
                sent_named_on: sent.map(|notice| notice.named_on),
            }
        })
        .collect()
}
