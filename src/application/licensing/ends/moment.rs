//! When an end may lie.

use crate::application::Error;
use crate::application::licensing::reporting::Moment;
use crate::domain::calendar::Instant;

/// How far back a departure may lie: older ones are a slip of the pen.
const OLDEST_END_YEARS: u32 = 10;
/// How far ahead an end may be announced.
const FARTHEST_END_YEARS: u32 = 3;

/// The pointer to the form in which a moment was given.
pub(super) fn at_field(moment: Moment, field: &str) -> String {
    let suffix = match moment {
        Moment::At(_) => "at",
        Moment::On(_) => "on",
    };
    format!("/{field}_{suffix}")
}

pub(super) fn check_moment(
    moment: Moment,
    at: Instant,
    now: Instant,
    field: &str,
) -> Result<(), Error> {
    let pointer = at_field(moment, field);
    let years = |years: u32| chrono::Months::new(12 * years);
    if now
        .checked_sub_months(years(OLDEST_END_YEARS))
        .is_some_and(|oldest| at < oldest)
    {
        return Err(Error::invalid(
            pointer,
            format!("lies more than {OLDEST_END_YEARS} years back"),
        ));
    }
    if now
        .checked_add_months(years(FARTHEST_END_YEARS))
        .is_some_and(|last| at > last)
    {
        return Err(Error::invalid(
            pointer,
            format!("lies more than {FARTHEST_END_YEARS} years ahead"),
        ));
    }
    Ok(())
}
