//! The days on which staff held a request: they extend its deadlines, and make no training too old.

use chrono::NaiveDate;

use crate::domain::calendar::{Length, add_days, add_months};
use crate::domain::requirement::Calendar;

/// Local days that do not count against the trainee: those after the day on which staff's turn began, through the day
/// on which it ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Held {
    closed: Vec<(NaiveDate, NaiveDate)>,
    /// The day since which it is staff's turn.
    since: Option<NaiveDate>,
}

impl Held {
    /// Staff's turn begins, or goes on.
    pub(super) fn begin(&mut self, day: NaiveDate) {
        self.since.get_or_insert(day);
    }

    /// Staff's turn ends.
    pub(super) fn end(&mut self, day: NaiveDate) {
        if let Some(since) = self.since.take()
            && since < day
        {
            self.closed.push((since, day));
        }
    }

    /// Days after one day and through another do not count either.
    pub(super) fn take(&mut self, mut after: NaiveDate, mut through: NaiveDate) {
        if through <= after {
            return;
        }
        self.closed.retain(|(from, to)| {
            let apart = *to < after || through < *from;
            if !apart {
                after = after.min(*from);
                through = through.max(*to);
            }
            apart
        });
        self.closed.push((after, through));
    }

    /// Whether nothing after a day counts, as long as staff hold the request.
    fn stands_still_after(&self, day: NaiveDate) -> bool {
        self.since.is_some_and(|since| since < day)
    }

    fn covers(&self, day: NaiveDate) -> bool {
        self.closed
            .iter()
            .any(|(after, through)| *after < day && day <= *through)
    }

    /// The last local day of a length counted from a day, without the days on which staff held the request. Nothing
    /// while staff hold it and the end lies beyond.
    pub(super) fn after(
        &self,
        length: Length,
        day: NaiveDate,
        calendar: Calendar<'_>,
    ) -> Option<NaiveDate> {
        let business = matches!(length, Length::BusinessDays(_));
        match length {
            Length::Months(months) => self.extended(add_months(day, u32::from(months)), day),
            Length::Days(count) | Length::BusinessDays(count) => {
                let mut reached = day;
                let mut left = count;
                while left > 0 {
                    reached = reached.succ_opt()?;
                    if self.stands_still_after(reached) {
                        return None;
                    }
                    let counts = !business || calendar.holidays.is_business_day(reached);
                    if counts && !self.covers(reached) {
                        left -= 1;
                    }
                }
                Some(reached)
            }
        }
    }

    /// A last local day moved by the days on which staff held the request since another. Nothing while they hold it and
    /// the day lies beyond.
    pub(super) fn extended(&self, last: NaiveDate, since: NaiveDate) -> Option<NaiveDate> {
        let mut reached = last;
        loop {
            let held: i64 = self
                .closed
                .iter()
                .map(|(after, through)| {
                    let from = (*after).max(since);
                    let to = (*through).min(reached);
                    (to - from).num_days().max(0)
                })
                .sum();
            let moved = add_days(last, u32::try_from(held).unwrap_or(u32::MAX));
            if moved <= reached {
                break;
            }
            reached = moved;
        }
        (!self.stands_still_after(reached)).then_some(reached)
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;

    use super::*;
    use crate::domain::calendar::Holidays;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn counted(held: &Held, length: Length, from: &str) -> Option<NaiveDate> {
        let holidays = Holidays {
            us_federal: true,
            ..Holidays::default()
        };
        let calendar = Calendar {
            zone: Tz::America__Anchorage,
            holidays: &holidays,
        };
        held.after(length, day(from), calendar)
    }

    #[test]
    fn business_days_skip_weekends_holidays_and_staffs_time() {
        let free = Held::default();
        for (count, from, through) in [
            (5, "2026-11-20", "2026-11-30"),
            (20, "2026-11-02", "2026-12-02"),
        ] {
            let due = counted(&free, Length::BusinessDays(count), from);
            assert_eq!(due, Some(day(through)));
        }
        // Staff hold it from Monday to Wednesday: Tuesday and Wednesday do not count.
        let mut held = Held::default();
        held.begin(day("2026-11-23"));
        assert_eq!(counted(&held, Length::BusinessDays(5), "2026-11-20"), None);
        assert_eq!(
            counted(&held, Length::BusinessDays(1), "2026-11-20"),
            Some(day("2026-11-23"))
        );
        held.end(day("2026-11-25"));
        assert_eq!(
            counted(&held, Length::BusinessDays(5), "2026-11-20"),
            Some(day("2026-12-02"))
        );
        assert_eq!(
            counted(&held, Length::Days(5), "2026-11-20"),
            Some(day("2026-11-27"))
        );
        assert_eq!(
            counted(&held, Length::Months(1), "2026-11-20"),
            Some(day("2026-12-22"))
        );
    }

    #[test]
    fn a_turn_that_begins_and_ends_on_one_day_takes_nothing() {
        let mut held = Held::default();
        held.begin(day("2026-11-23"));
        held.end(day("2026-11-23"));
        assert_eq!(held, Held::default());
    }
}
