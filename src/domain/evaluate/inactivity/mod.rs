//! Inactivity: when warnings are due, which notices count, when access is cut off and when that takes effect.

mod cut_off;
mod outlook;

use chrono::NaiveDate;

use super::machine::Machine;
use super::notices::last_start;
use super::obligation::calendar;
use super::rules::InForce;
use super::sources::in_service;
use super::tracked::TrackedNotice;
use crate::domain::calendar::{Instant, Length, add_days, start_of_day};
use crate::domain::policy::{Inactivity, NoticedEnd, OffAction, OffRule};
use crate::domain::requirement::Calendar;

pub(super) use cut_off::{CutOff, cut_off, cut_off_on};
pub(super) use outlook::{due_item, notices_needed, stale_item, steps_due};

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
