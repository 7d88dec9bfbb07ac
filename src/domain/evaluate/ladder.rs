//! The way back by length of absence: which rung of the return ladder somebody stands on, and what it asks.

use chrono::NaiveDate;

use super::obligation::calendar;
use super::rules::Rules;
use super::{Case, Evaluation, Period, PeriodCause, request};
use crate::domain::calendar::Instant;
use crate::domain::fact::{FactBody, HoldCause};
use crate::domain::policy::{
    AbsenceOf, ClassRule, LadderRung, LicenseType, RequestClass, RequirementSet, Return,
};
use crate::domain::requirement::{Calendar, Standing, standing_facts};

/// How the holder of a license that ended, or that nobody used for too long, comes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WayBack {
    /// The local day on which the absence began.
    pub absent_since: Option<NaiveDate>,
    /// The rung of the return ladder, counted from 1. Nothing where the policy has none for this absence.
    pub rung: Option<(usize, Return)>,
    /// What must be current before staff bring the license back.
    pub owed: Vec<Standing>,
}

/// Whether a return ladder chooses the requirement set of a class.
pub(super) fn asks_ladder(license_type: &LicenseType, class: RequestClass) -> bool {
    let rule = match license_type.classes.rule(class) {
        Some(ClassRule::SameAs { class }) => license_type.classes.rule(*class),
        rule => rule,
    };
    matches!(rule, Some(ClassRule::ReturnLadder { .. }))
}

/// The requirement set of a class, with its code; `rung` is asked where the return ladder chooses.
pub(super) fn set_for<'a>(
    license_type: &'a LicenseType,
    class: RequestClass,
    rung: impl FnOnce() -> Option<(usize, &'a LadderRung)>,
) -> Option<(&'a str, &'a RequirementSet)> {
    if !asks_ladder(license_type, class) {
        return license_type.set_for(class);
    }
    let code = match rung().map(|(_, rung)| &rung.then) {
        Some(Return::RequirementSet { set }) => set,
        Some(Return::ReactivateIfCurrent { otherwise }) => otherwise,
        Some(Return::AsNew { .. }) => return license_type.set_for(RequestClass::New),
        None => return license_type.set_for(class),
    };
    license_type
        .requirement_sets
        .get_key_value(code)
        .map(|(code, set)| (code.as_str(), set))
}

/// The rung on which an absence from one instant to another stands, counted from 1. It is counted in local days, like
/// the inactivity limit.
pub(super) fn rung<'a>(
    license_type: &'a LicenseType,
    calendar: Calendar<'_>,
    since: Instant,
    until: Instant,
) -> Option<(usize, &'a LadderRung)> {
    let (since, until) = (calendar.day(since), calendar.day(until));
    license_type
        .inactivity
        .as_ref()?
        .return_ladder
        .iter()
        .enumerate()
        .find(|(_, rung)| {
            rung.up_to.is_none_or(|length| {
                let last = calendar.after(length, since);
                until < last || (rung.up_to_inclusive && until == last)
            })
        })
        .map(|(index, rung)| (index + 1, rung))
}

/// Whether the return ladder asks for everything anew, as of somebody new; `absence` is asked from when until when it
/// was, where the return ladder chooses.
pub(super) fn asks_anew(
    license_type: &LicenseType,
    class: RequestClass,
    calendar: Calendar<'_>,
    absence: impl FnOnce() -> Option<(Instant, Instant)>,
) -> bool {
    asks_ladder(license_type, class)
        && absence()
            .and_then(|(since, until)| rung(license_type, calendar, since, until))
            .is_some_and(|(_, rung)| {
                matches!(
                    rung.then,
                    Return::AsNew {
                        earlier_evidence_counts: false
                    }
                )
            })
}

/// When an absence began: the last accepted login of the license, or of the person. Whoever never logged in, or got a
/// license anew since, is counted from that activation; a reactivation starts nothing. Where there is no license, the
/// person's last login counts.
pub(super) fn absent_since(
    case: &Case<'_>,
    license: &Evaluation,
    of: AbsenceOf,
    at: Instant,
) -> Option<Instant> {
    let rules = Rules::known_at(case.policies, case.organization, at);
    absence(
        case,
        &rules,
        &license.periods,
        license.last_login_at,
        of,
        at,
    )
}

/// The same by the periods of a license and the last login that it accepted.
pub(super) fn absence(
    case: &Case<'_>,
    rules: &Rules<'_>,
    periods: &[Period],
    last_login: Option<Instant>,
    of: AbsenceOf,
    at: Instant,
) -> Option<Instant> {
    let activated = periods
        .iter()
        .filter(|period| matches!(period.cause, PeriodCause::Activation(_)))
        .map(|period| period.from)
        .max();
    let here = last_login.max(activated);
    if of == AbsenceOf::License && here.is_some() {
        return here;
    }
    // What restarts the clock of the license counts as its login.
    let counts = |kind: &str| {
        let found = rules.at(at).zip(periods.last());
        found.is_some_and(|(rules, period)| rules.document.restarted_by(&period.license_type, kind))
    };
    let known = case
        .facts
        .iter()
        .filter(|fact| fact.envelope.recorded_at <= at);
    standing_facts(known)
        .iter()
        .filter_map(|fact| match &fact.body {
            FactBody::LoggedIn {
                serves, activity, ..
            } if !serves.is_empty() && activity.as_deref().is_none_or(&counts) => {
                Some(fact.envelope.occurred_at)
            }
            FactBody::Activated { .. } => Some(fact.acts_at()),
            _ => None,
        })
        .max()
        .max(here)
}

/// The way back of a license that ended, or that holds `long_inactivity`; nothing for any other.
#[must_use]
pub fn way_back(case: &Case<'_>, license: &Evaluation, now: Instant) -> Option<WayBack> {
    let period = license.period()?;
    let unused = license
        .open_holds()
        .any(|hold| hold.cause == HoldCause::LongInactivity);
    if period.end.is_none() && !unused {
        return None;
    }
    let rules = Rules::known_at(case.policies, case.organization, now);
    let in_force = rules.at(now)?;
    let calendar = calendar(in_force);
    let license_type = in_force.document.license_types.get(&period.license_type)?;
    let of = license_type
        .inactivity
        .as_ref()
        .map(|rule| rule.absence_of)
        .unwrap_or_default();
    let since = absent_since(case, license, of, now);
    let rung = since.and_then(|since| rung(license_type, calendar, since, now));
    let current = || match period.end {
        Some(_) => license.to_return.clone(),
        None => license.requirements.clone(),
    };
    Some(WayBack {
        absent_since: since.map(|since| calendar.day(since)),
        owed: match rung.map(|(_, rung)| &rung.then) {
            Some(Return::ReactivateIfCurrent { .. }) | None => current(),
            // A license that ended is asked for anew, and the request says what it owes.
            Some(_) if period.end.is_some() => Vec::new(),
            Some(_) => request::owed_on_return(case, period, now),
        },
        rung: rung.map(|(place, rung)| (place, rung.then.clone())),
    })
}
