//! What inactivity will bring: the notices to send, and what is due.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::super::machine::Machine;
use super::super::obligation::calendar;
use super::super::sources::mark;
use super::super::{Consequence, DueItem, NoticeNeeded};
use super::{cut_off, in_play, running};
use crate::domain::calendar::Instant;
use crate::domain::fact::NoticeRule;
use crate::domain::policy::{OffAction, Recipient};

/// Where no limit is set: since when nobody has logged in for so long that staff see the license on a list.
pub(in super::super) fn stale_item(machine: &Machine<'_>) -> Option<DueItem> {
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
pub(in super::super) fn steps_due(machine: &Machine<'_>) -> Vec<(usize, Instant)> {
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
pub(in super::super) fn due_item(machine: &Machine<'_>) -> Option<DueItem> {
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
pub(in super::super) fn notices_needed(machine: &Machine<'_>) -> Vec<NoticeNeeded> {
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
