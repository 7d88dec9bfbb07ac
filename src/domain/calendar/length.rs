//! Lengths of time as policies state them: local days, business days or calendar months.

use chrono::{Days, Months, NaiveDate};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::holidays::Holidays;
use super::zone::{Instant, start_of_day};

/// A length counted on the local calendar: `{"days": 30}`, `{"business_days": 5}` or `{"months": 12}`.
///
/// Counting starts *after* a day D: the day of the last login, of the sending, of the signature. D itself is
/// never counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Length {
    /// Calendar days.
    Days(u16),
    /// Days that are neither weekend nor holiday.
    BusinessDays(u16),
    /// Calendar months; where the month is too short, its last day.
    Months(u16),
}

impl Length {
    /// The last local day *within* the length counted from `day`: the 30th day after, the nth business day
    /// after, the same date n months on.
    #[must_use]
    pub fn after(self, day: NaiveDate, holidays: &Holidays) -> NaiveDate {
        match self {
            Self::Days(days) => add_days(day, u32::from(days)),
            Self::BusinessDays(days) => add_business_days(day, days, holidays),
            Self::Months(months) => add_months(day, u32::from(months)),
        }
    }

    /// The first local day *beyond* the length: where a validity has lapsed, a limit is exceeded, a grace is
    /// over.
    #[must_use]
    pub fn lapses_on(self, day: NaiveDate, holidays: &Holidays) -> NaiveDate {
        add_days(self.after(day, holidays), 1)
    }

    /// The first instant beyond the length, in the zone of the implementation.
    #[must_use]
    pub fn lapses_at(self, day: NaiveDate, holidays: &Holidays, zone: Tz) -> Instant {
        start_of_day(zone, self.lapses_on(day, holidays))
    }

    /// The bare count, whatever its unit.
    #[must_use]
    pub const fn count(self) -> u16 {
        match self {
            Self::Days(count) | Self::BusinessDays(count) | Self::Months(count) => count,
        }
    }

    /// Whether nothing is left to count.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.count() == 0
    }
}

/// The day `days` after. Saturates at the end of the calendar.
#[must_use]
pub fn add_days(day: NaiveDate, days: u32) -> NaiveDate {
    day.checked_add_days(Days::new(u64::from(days)))
        .unwrap_or(NaiveDate::MAX)
}

/// The same date `months` later, or the last day of a month too short for it: 31 August and six months make
/// 28 or 29 February. Saturates at the end of the calendar.
#[must_use]
pub fn add_months(day: NaiveDate, months: u32) -> NaiveDate {
    day.checked_add_months(Months::new(months))
        .unwrap_or(NaiveDate::MAX)
}

/// The `k`th repetition of a term of `months` that began on `first`, counted from that first day: a term begun on
/// 31 August and clamped once to 28 February comes back to 31 August. Repetition 0 is `first` itself.
#[must_use]
pub fn repeated_term(first: NaiveDate, months: u32, k: u32) -> NaiveDate {
    add_months(first, months.saturating_mul(k))
}

fn add_business_days(day: NaiveDate, days: u16, holidays: &Holidays) -> NaiveDate {
    let mut reached = day;
    let mut left = days;
    while left > 0 {
        let Some(next) = reached.succ_opt() else {
            return reached;
        };
        reached = next;
        if holidays.is_business_day(reached) {
            left -= 1;
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Datelike, Utc};
    use proptest::prelude::*;

    use super::*;
    use crate::domain::calendar::local_day;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn at(text: &str) -> Instant {
        DateTime::parse_from_rfc3339(text)
            .unwrap()
            .with_timezone(&Utc)
    }

    fn federal() -> Holidays {
        Holidays {
            us_federal: true,
            ..Holidays::default()
        }
    }

    /// More than 30 days without login, with five days of grace, in Detroit.
    #[test]
    fn the_detroit_example_holds() {
        let detroit = Tz::America__Detroit;
        let holidays = federal();
        let last_login = at("2026-03-02T23:59:59-05:00");

        let due_on = Length::Days(30).lapses_on(local_day(detroit, last_login), &holidays);
        assert_eq!(due_on, day("2026-04-02"));

        let sent_on = local_day(detroit, at("2026-04-02T09:00:00-04:00"));
        let grace = Length::Days(5);
        assert_eq!(grace.after(sent_on, &holidays), day("2026-04-07"));
        assert_eq!(
            grace.lapses_at(sent_on, &holidays, detroit),
            at("2026-04-08T00:00:00-04:00")
        );
    }

    #[test]
    fn business_days_run_through_the_end_of_the_nth() {
        let cases = [
            // Thanksgiving lies between.
            ("2026-11-20", 5, "2026-11-30"),
            // Veterans Day and Thanksgiving lie between.
            ("2026-11-02", 20, "2026-12-02"),
            // From a weekend and from a holiday the count begins with the next business day.
            ("2026-11-21", 1, "2026-11-23"),
            ("2026-11-26", 1, "2026-11-27"),
            // New Year 2028 is observed on Friday 2027-12-31.
            ("2027-12-30", 1, "2028-01-03"),
            ("2026-11-21", 0, "2026-11-21"),
        ];
        for (from, count, last) in cases {
            let length = Length::BusinessDays(count);
            assert_eq!(
                length.after(day(from), &federal()),
                day(last),
                "{from} + {count}"
            );
        }
        let mut with_extra = federal();
        with_extra.extras.insert(day("2026-11-27"));
        assert_eq!(
            Length::BusinessDays(5).after(day("2026-11-20"), &with_extra),
            day("2026-12-01")
        );
    }

    #[test]
    fn months_clamp_to_the_last_day() {
        let cases = [
            ("2026-08-31", 6, "2027-02-28"),
            ("2027-08-31", 6, "2028-02-29"),
            ("2026-03-10", 12, "2027-03-10"),
            ("2028-02-29", 12, "2029-02-28"),
            ("2028-02-29", 48, "2032-02-29"),
            ("2027-02-28", 12, "2028-02-28"),
            ("2026-01-31", 1, "2026-02-28"),
            ("2026-05-17", 0, "2026-05-17"),
        ];
        for (from, months, to) in cases {
            assert_eq!(add_months(day(from), months), day(to), "{from} + {months}");
        }
    }

    #[test]
    fn a_validity_covers_its_last_day_wholly() {
        let detroit = Tz::America__Detroit;
        let year = Length::Months(12);
        let signed_on = day("2026-03-10");
        assert_eq!(year.after(signed_on, &federal()), day("2027-03-10"));
        assert_eq!(
            year.lapses_at(signed_on, &federal(), detroit),
            at("2027-03-11T00:00:00-05:00")
        );
        assert_eq!(
            year.lapses_on(day("2028-02-29"), &federal()),
            day("2029-03-01")
        );
    }

    #[test]
    fn repeated_terms_count_from_the_first_day() {
        let first = day("2028-02-29");
        assert_eq!(repeated_term(first, 12, 0), first);
        assert_eq!(repeated_term(first, 12, 1), day("2029-02-28"));
        assert_eq!(repeated_term(first, 12, 4), day("2032-02-29"));
        assert_eq!(repeated_term(day("2026-08-31"), 6, 1), day("2027-02-28"));
        assert_eq!(repeated_term(day("2026-08-31"), 6, 2), day("2027-08-31"));
    }

    #[test]
    fn the_end_of_the_calendar_saturates() {
        let holidays = federal();
        for length in [
            Length::Days(u16::MAX),
            Length::BusinessDays(u16::MAX),
            Length::Months(u16::MAX),
        ] {
            assert_eq!(length.after(NaiveDate::MAX, &holidays), NaiveDate::MAX);
            assert_eq!(length.lapses_on(NaiveDate::MAX, &holidays), NaiveDate::MAX);
            assert!(length.after(NaiveDate::MIN, &holidays) > NaiveDate::MIN);
        }
        assert_eq!(
            repeated_term(day("2026-01-01"), u32::MAX, u32::MAX),
            NaiveDate::MAX
        );
    }

    #[test]
    fn the_document_form_names_exactly_one_unit() {
        for (length, text) in [
            (Length::Days(30), r#"{"days":30}"#),
            (Length::BusinessDays(5), r#"{"business_days":5}"#),
            (Length::Months(12), r#"{"months":12}"#),
        ] {
            assert_eq!(serde_json::to_string(&length).unwrap(), text);
            assert_eq!(serde_json::from_str::<Length>(text).unwrap(), length);
        }
        for bad in [
            "{}",
            "30",
            r#"{"days":1,"months":1}"#,
            r#"{"weeks":1}"#,
            r#"{"days":-1}"#,
            r#"{"days":1.5}"#,
            r#"{"days":65536}"#,
        ] {
            assert!(serde_json::from_str::<Length>(bad).is_err(), "{bad}");
        }
    }

    fn days() -> impl Strategy<Value = NaiveDate> {
        // 1900 to 2100.
        (693_596..766_645_i32)
            .prop_map(|number| NaiveDate::from_num_days_from_ce_opt(number).unwrap())
    }

    proptest! {
        #[test]
        fn months_land_in_the_right_month_on_the_same_or_its_last_day(on in days(), months in 0..600_u32) {
            let reached = add_months(on, months);
            let index = |day: NaiveDate| i64::from(day.year()) * 12 + i64::from(day.month0());
            prop_assert_eq!(index(reached) - index(on), i64::from(months));
            prop_assert!(reached.day() <= on.day());
            if reached.day() < on.day() {
                prop_assert_eq!(reached.succ_opt().unwrap().day(), 1);
            }
        }

        #[test]
        fn business_days_count_right(on in days(), count in 1..60_u16, extra in 1..40_u32) {
            let mut holidays = federal();
            holidays.extras.insert(add_days(on, extra));
            let last = Length::BusinessDays(count).after(on, &holidays);
            prop_assert!(holidays.is_business_day(last));
            let between = on
                .iter_days()
                .skip(1)
                .take_while(|day| *day <= last)
                .filter(|day| holidays.is_business_day(*day))
                .count();
            prop_assert_eq!(between, usize::from(count));
        }

        #[test]
        fn longer_lengths_and_later_days_never_end_sooner(on in days(), count in 0..400_u16) {
            let holidays = federal();
            let next = on.succ_opt().unwrap();
            for unit in [Length::Days, Length::BusinessDays, Length::Months] {
                let last = unit(count).after(on, &holidays);
                prop_assert!(last <= unit(count + 1).after(on, &holidays));
                prop_assert!(last <= unit(count).after(next, &holidays));
            }
        }
    }
}
