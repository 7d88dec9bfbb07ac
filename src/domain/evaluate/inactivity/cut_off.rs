//! When access is cut off, and when that takes effect.

use chrono::{NaiveDate, TimeDelta};

use super::super::machine::Machine;
use super::super::sources::mark;
use super::{in_play, running, under};
use crate::domain::absence_hold;
use crate::domain::calendar::{Instant, next_business_day, start_of_day};

/// The promised end and when it is acted upon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct CutOff {
    /// Only logins before this instant save.
    pub cut_off_at: Instant,
    /// When complete login reports, or the end of the allowed lag, make it final.
    pub takes_effect_at: Instant,
}

/// The cut-off of the running warning, if the last step was sent.
pub(in super::super) fn cut_off(machine: &Machine<'_>) -> Option<CutOff> {
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
pub(in super::super) fn cut_off_on(machine: &Machine<'_>, day: NaiveDate) -> Option<CutOff> {
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
