//! Comparing lengths of different units. Months and business days have no fixed number of days, so a length has
//! a shortest and a longest day count, and only what holds on every calendar counts as shown.

use crate::domain::calendar::Length;

pub(super) const fn is_bounded(length: Length) -> bool {
    match length {
        Length::Days(n) => n <= 3660,
        Length::BusinessDays(n) => n <= 2600,
        Length::Months(n) => n <= 120,
    }
}

/// The fewest calendar days the length can be.
pub(in crate::domain::policy) fn at_least_days(length: Length) -> u32 {
    match length {
        Length::Days(n) => u32::from(n),
        // Counted from a Sunday, the first five reach Friday.
        Length::BusinessDays(n) => u32::from(n) + 2 * (u32::from(n.saturating_sub(1)) / 5),
        // Twelve months have at least 365 days; a single one at least 28.
        Length::Months(n) => {
            let n = u32::from(n);
            (n / 12) * 365 + (n % 12) * 30 - 2 * u32::from(n % 12 != 0)
        }
    }
}

/// The most calendar days the length can be: a weekend more than the fewest, and the holidays of a year with
/// about one for each 15 business days.
fn at_most_days(length: Length) -> u32 {
    match length {
        Length::Days(n) => u32::from(n),
        Length::BusinessDays(0) => 0,
        Length::BusinessDays(n) => {
            let n = u32::from(n);
            n + 2 * (n / 5) + 4 + 2 * (n / 15)
        }
        Length::Months(n) => {
            let n = u32::from(n);
            n * 31 - (n / 12) * 6
        }
    }
}

/// Whether `one` can be longer than `other` on some calendar.
pub(in crate::domain::policy) fn may_exceed(one: Length, other: Length) -> bool {
    match (one, other) {
        (Length::Days(a), Length::Days(b))
        | (Length::BusinessDays(a), Length::BusinessDays(b))
        | (Length::Months(a), Length::Months(b)) => a > b,
        _ => at_most_days(one) > at_least_days(other),
    }
}

/// Whether `later` is longer than `earlier` on every calendar.
pub(super) fn rises(earlier: Length, later: Length) -> bool {
    match (earlier, later) {
        (Length::Days(a), Length::Days(b))
        | (Length::BusinessDays(a), Length::BusinessDays(b))
        | (Length::Months(a), Length::Months(b)) => a < b,
        _ => at_most_days(earlier) < at_least_days(later),
    }
}
