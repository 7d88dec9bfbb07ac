//! The first login after activation or return: required by the end of a local day, where the policy says so. The message
//! of the activation or return is its notice (domain, section 3).

use chrono::NaiveDate;

use super::inactivity::{self, CutOff};
use super::machine::Machine;
use super::obligation::calendar;
use super::rules::InForce;
use super::{Consequence, DueItem};
use crate::domain::calendar::{Instant, Length};
use crate::domain::fact::NoticeRule;
use crate::domain::policy::OffAction;

fn within(machine: &Machine<'_>, rules: InForce<'_>) -> Option<Length> {
    let license_type = &machine.open_period()?.license_type;
    rules
        .document
        .license_types
        .get(license_type)?
        .inactivity
        .as_ref()?
        .first_login_within
}

/// The last local day for the first login of a license that nobody used since it began or came back. A rule that came
/// later, and a length that was shortened since, bind nobody who was told of another.
fn last_day(machine: &Machine<'_>) -> Option<NaiveDate> {
    inactivity::in_play(machine)?;
    let returned_at = machine.returned_at?;
    if machine.last_login.is_some_and(|login| login >= returned_at) {
        return None;
    }
    let in_force = machine.in_force()?;
    let calendar = calendar(in_force);
    let told = within(machine, machine.rules.at(returned_at)?)?;
    let now = within(machine, in_force)?;
    // A suspension in between gives the days again.
    let from = calendar.day(machine.clock_started().max(Some(returned_at))?);
    let last = |length| calendar.after(length, from);
    Some(last(told).max(last(now)))
}

/// When access is cut off for want of a first login.
pub(super) fn cut_off(machine: &Machine<'_>) -> Option<CutOff> {
    let on = last_day(machine)?.succ_opt()?;
    let enforced_from = inactivity::in_play(machine)?.first_login_enforced_from;
    inactivity::cut_off_on(machine, enforced_from.map_or(on, |from| from.max(on)))
}

pub(super) fn due_item(machine: &Machine<'_>) -> Option<DueItem> {
    let due_on = last_day(machine)?;
    let at: Instant = cut_off(machine)?.takes_effect_at;
    Some(DueItem {
        rule: NoticeRule::Inactivity,
        requirement: None,
        due_on,
        consequence: match inactivity::action(machine)? {
            OffAction::List => Consequence::Listed,
            OffAction::Deactivate | OffAction::Suspend => Consequence::At(at),
        },
    })
}
