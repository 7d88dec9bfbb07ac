//! Inactivity: when warnings are due, which notices count, when access is cut off and when that takes effect.

use chrono::{NaiveDate, TimeDelta};

use super::machine::Machine;
use super::obligation::{Obligation, calendar};
use super::rules::InForce;
use super::{Consequence, DueItem, LoginSource};
use crate::domain::calendar::{Instant, Length, add_days, next_business_day, start_of_day};
use crate::domain::fact::NoticeRule;
use crate::domain::ids::FactId;
use crate::domain::policy::{Inactivity, NoticedEnd, OffAction, OffRule};
use crate::domain::requirement::Calendar;

/// A notice and whether it still counts. Void once, it never counts again.
#[derive(Clone, Debug)]
pub(super) struct TrackedNotice {
    pub fact: FactId,
    pub rule: NoticeRule,
    pub step: Option<usize>,
    pub requirement: Option<String>,
    pub named_on: NaiveDate,
    /// When it was sent, as recorded; the test whether it still counts starts here.
    pub occurred_at: Instant,
    /// When its grace starts: at the sending, but no earlier than 24 hours before the recording.
    pub sent_at: Instant,
    pub void: bool,
    /// The policy version in force at the recording, whose grace and minimum hold for it.
    pub policy: Option<u32>,
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

/// The rule as it stands for the open period at the machine's instant.
struct Running<'a> {
    rule: &'a Inactivity,
    off: &'a OffRule,
    in_force: InForce<'a>,
    calendar: Calendar<'a>,
    anchor: NaiveDate,
}

/// The off-rule in force, unless the license is suspended, has no open period, or no login source is in service.
fn running<'m>(machine: &'m Machine<'_>, sources: &[LoginSource]) -> Option<Running<'m>> {
    let period = machine.open_period()?;
    let in_force = machine.in_force()?;
    let rule = in_force
        .document
        .license_types
        .get(&period.license_type)?
        .inactivity
        .as_ref()?;
    let off = rule.off_rule.as_ref()?;
    let at = machine.now();
    if machine.suspended() || !in_service(sources, at) {
        return None;
    }
    let anchor_at = machine.clock_from.max(machine.last_login)?;
    let calendar = calendar(in_force);
    Some(Running {
        rule,
        off,
        in_force,
        calendar,
        anchor: calendar.day(anchor_at),
    })
}

fn in_service(sources: &[LoginSource], at: Instant) -> bool {
    sources.iter().any(|source| serves(source, at))
}

fn serves(source: &LoginSource, at: Instant) -> bool {
    source.in_service_from <= at && source.in_service_until.is_none_or(|until| at < until)
}

/// How far every source in service is complete, by the heartbeats recorded at or before `at`. Nothing while one of
/// them never reported.
fn mark(sources: &[LoginSource], at: Instant) -> Option<Instant> {
    sources
        .iter()
        .filter(|source| serves(source, at))
        .map(|source| {
            source
                .heartbeats
                .iter()
                .rfind(|beat| beat.recorded_at <= at)
                .map(|beat| beat.complete_through)
        })
        .min()
        .flatten()
}

/// The next instant at which a source enters or leaves service or reports.
pub(super) fn next_source_change(sources: &[LoginSource], at: Instant) -> Option<Instant> {
    sources
        .iter()
        .flat_map(|source| {
            [Some(source.in_service_from), source.in_service_until]
                .into_iter()
                .flatten()
                .chain(source.heartbeats.iter().map(|beat| beat.recorded_at))
        })
        .filter(|change| *change > at)
        .min()
}

impl Running<'_> {
    /// The first local day over a length without login.
    fn over(&self, length: Length) -> NaiveDate {
        if self.off.limit_inclusive {
            self.calendar.after(length, self.anchor)
        } else {
            length.lapses_on(self.anchor, self.calendar.holidays)
        }
    }

    fn starts(&self, day: NaiveDate) -> Instant {
        start_of_day(self.in_force.zone, day)
    }

    fn enforced_at(&self) -> Option<Instant> {
        self.off.enforced_from.map(|day| self.starts(day))
    }
}

/// Whether a notice counts on: the license must still be over the step that it was sent for.
pub(super) fn counts(
    machine: &Machine<'_>,
    notice: &TrackedNotice,
    sources: &[LoginSource],
) -> bool {
    let Some(running) = running(machine, sources) else {
        return false;
    };
    let over = match notice.step {
        Some(step) => match running.off.steps.get(step) {
            Some(step) => running.over(step.after),
            None => return false,
        },
        None => earliest_unstepped(&running, machine),
    };
    running.starts(over) <= notice.sent_at
}

/// Without steps a notice is due the minimum number of days before the limit.
fn earliest_unstepped(running: &Running<'_>, machine: &Machine<'_>) -> NaiveDate {
    let minimum = machine.open_period().map_or(Length::Days(0), |period| {
        running
            .in_force
            .document
            .notice_before(NoticedEnd::Inactivity, &period.license_type)
    });
    let limit = running.over(running.off.limit);
    let mut day = limit;
    // The latest sending whose minimum still ends by the limit.
    for _ in 0..=u32::from(minimum.count()).saturating_mul(7) {
        if minimum.lapses_on(day, running.calendar.holidays) <= limit {
            break;
        }
        match day.pred_opt() {
            Some(earlier) => day = earlier,
            None => break,
        }
    }
    day.max(add_days(running.anchor, 1))
}

/// The cut-off of the running warning, if the last step was sent.
pub(super) fn cut_off(machine: &Machine<'_>, sources: &[LoginSource]) -> Option<CutOff> {
    let running = running(machine, sources)?;
    let period = machine.open_period()?;
    let minimum = running
        .in_force
        .document
        .notice_before(NoticedEnd::Inactivity, &period.license_type);
    let limit_at = running.starts(running.over(running.off.limit));
    let last_step = running.off.steps.len().checked_sub(1);
    let first = machine
        .notices
        .iter()
        .filter(|notice| notice.warns() && notice.step == last_step)
        .min_by_key(|notice| notice.sent_at);
    let at = match first {
        Some(notice) => {
            let sent_on = running.calendar.day(notice.sent_at);
            let (grace, minimum) = machine
                .terms_at_sending(notice)
                .unwrap_or((running.off.grace, minimum));
            limit_at
                .max(running.starts(grace.lapses_on(sent_on, running.calendar.holidays)))
                .max(running.starts(notice.named_on))
                .max(running.starts(minimum.lapses_on(sent_on, running.calendar.holidays)))
        }
        None if last_step.is_none() && minimum.is_zero() => limit_at,
        None => return None,
    };
    let at = running
        .enforced_at()
        .map_or(at, |enforced| at.max(enforced));
    let cut_off_at = if running.rule.move_to_business_day {
        let day = running.calendar.day(at);
        at.max(running.starts(next_business_day(day, running.calendar.holidays)))
    } else {
        at
    };
    let latest = cut_off_at + TimeDelta::hours(i64::from(running.rule.login_report_lag_hours));
    Some(CutOff {
        cut_off_at,
        takes_effect_at: complete_at(sources, cut_off_at)
            .map_or(latest, |complete| complete.min(latest)),
    })
}

/// The first instant from `cut_off_at` on at which the mark is at or past it.
fn complete_at(sources: &[LoginSource], cut_off_at: Instant) -> Option<Instant> {
    let mut at = cut_off_at;
    loop {
        if mark(sources, at).is_some_and(|mark| mark >= cut_off_at) {
            return Some(at);
        }
        at = next_source_change(sources, at)?;
    }
}

/// Whether the rule does anything to the license by itself.
pub(super) fn acts(machine: &Machine<'_>) -> bool {
    action(machine).is_some_and(|action| action != OffAction::List)
}

pub(super) fn suspends(machine: &Machine<'_>) -> bool {
    action(machine) == Some(OffAction::Suspend)
}

fn action(machine: &Machine<'_>) -> Option<OffAction> {
    let period = machine.open_period()?;
    let in_force = machine.in_force()?;
    Some(
        in_force
            .document
            .license_types
            .get(&period.license_type)?
            .inactivity
            .as_ref()?
            .off_action,
    )
}

/// The steps whose notice becomes due, with the instant. No warning is derived beyond the mark of the sources.
pub(super) fn steps_due(machine: &Machine<'_>, sources: &[LoginSource]) -> Vec<(usize, Instant)> {
    let Some(running) = running(machine, sources) else {
        return Vec::new();
    };
    running
        .off
        .steps
        .iter()
        .enumerate()
        .map(|(index, step)| {
            let at = running.starts(running.over(step.after));
            (
                index,
                running
                    .enforced_at()
                    .map_or(at, |enforced| at.max(enforced)),
            )
        })
        .collect()
}

/// What is due under the rule: from the first step on, until the cut-off.
pub(super) fn due_item(machine: &Machine<'_>, sources: &[LoginSource]) -> Option<DueItem> {
    let running = running(machine, sources)?;
    let limit = running.over(running.off.limit);
    let due_on = limit.pred_opt().unwrap_or(limit);
    let consequence = match (running.rule.off_action, cut_off(machine, sources)) {
        (OffAction::List, _) => Consequence::Listed,
        (_, Some(cut_off)) => Consequence::At(cut_off.takes_effect_at),
        (_, None) => Consequence::AwaitsNotice,
    };
    Some(DueItem {
        rule: NoticeRule::Inactivity,
        requirement: None,
        due_on,
        consequence,
    })
}
