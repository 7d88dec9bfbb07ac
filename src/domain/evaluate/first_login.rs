//! The first login after a return: required by the end of a local day, where the policy says so. The message of the
//! return is its notice (domain, section 3). Whoever is new has the whole inactivity limit for it.

use chrono::NaiveDate;

use super::inactivity::{self, CutOff};
use super::machine::Machine;
use super::obligation::calendar;
use super::rules::InForce;
use super::{Consequence, DueItem, NoticeNeeded};
use crate::domain::calendar::{Instant, Length, next_business_day};
use crate::domain::fact::NoticeRule;
use crate::domain::policy::{OffAction, Recipient};

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

/// The last local day for the first login of a license that nobody used since it came back. A rule that came
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

/// The first local day without access. A cut-off that may be moved is moved to a business day, never earlier.
fn ends_on(machine: &Machine<'_>) -> Option<NaiveDate> {
    let day = last_day(machine)?.succ_opt()?;
    let moved = inactivity::in_play(machine)?.move_to_business_day;
    let calendar = calendar(machine.in_force()?);
    Some(if moved {
        next_business_day(day, calendar.holidays)
    } else {
        day
    })
}

/// When access is cut off for want of a first login.
pub(super) fn cut_off(machine: &Machine<'_>) -> Option<CutOff> {
    let on = ends_on(machine)?;
    let enforced_from = inactivity::in_play(machine)?.first_login_enforced_from;
    inactivity::cut_off_on(machine, enforced_from.map_or(on, |from| from.max(on)))
}

pub(super) fn due_item(machine: &Machine<'_>) -> Option<DueItem> {
    let due_on = ends_on(machine)?.pred_opt()?;
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

/// The message of the return, which says until when to log in. It starts no grace and is no warning.
pub(super) fn message(machine: &Machine<'_>) -> Option<NoticeNeeded> {
    let in_force = machine.in_force()?;
    let calendar = calendar(in_force);
    let returned_at = machine.returned_at?;
    let cut_off_at = cut_off(machine)?.cut_off_at;
    (machine.now() < cut_off_at).then_some(())?;
    Some(NoticeNeeded::told_to(
        Recipient::User,
        (NoticeRule::Inactivity, inactivity::action(machine)?),
        (calendar.day(returned_at), returned_at),
        calendar.day(cut_off_at),
        Length::Days(0),
        (in_force.zone, calendar.holidays),
        None,
    ))
}
