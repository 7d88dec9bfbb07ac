//! Business days: weekdays that are neither an observed US federal holiday nor a listed extra.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate, Weekday};
use serde::{Deserialize, Serialize};

/// The holidays of an implementation, as its policy document lists them:
/// `{"us_federal": true, "extras": ["2026-12-24"]}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holidays {
    /// Whether US federal holidays count, on the day they are observed.
    #[serde(default)]
    pub us_federal: bool,
    /// Further local dates. One on a weekend is not moved.
    #[serde(default)]
    pub extras: BTreeSet<NaiveDate>,
}

impl Holidays {
    /// Whether a holiday is observed on that day. Weekends as such are none.
    #[must_use]
    pub fn is_holiday(&self, day: NaiveDate) -> bool {
        (self.us_federal && is_federal_holiday(day)) || self.extras.contains(&day)
    }

    /// Whether people can be expected at work that day.
    #[must_use]
    pub fn is_business_day(&self, day: NaiveDate) -> bool {
        !is_weekend(day) && !self.is_holiday(day)
    }
}

/// The day itself if it is a business day, otherwise the next one. A cut-off may be moved by this, hence never
/// to an earlier day.
#[must_use]
pub fn next_business_day(day: NaiveDate, holidays: &Holidays) -> NaiveDate {
    let mut candidate = day;
    while !holidays.is_business_day(candidate) {
        match candidate.succ_opt() {
            Some(next) => candidate = next,
            None => return candidate,
        }
    }
    candidate
}

/// The US federal holidays observed on days of the calendar year, in order.
///
/// One that falls on a Saturday is observed on the Friday before, one on a Sunday on the Monday after
/// (5 U.S.C. 6103 and Executive Order 11582), so that a New Year's Day on a Saturday belongs to the year before.
/// Juneteenth counts from 2021. Inauguration Day does not count: it is a holiday only around Washington.
/// The rules are today's; years before them are not reconstructed.
#[must_use]
pub fn federal_holidays(year: i32) -> Vec<NaiveDate> {
    let Some(first) = NaiveDate::from_yo_opt(year, 1) else {
        return Vec::new();
    };
    first
        .iter_days()
        .take_while(|day| day.year() == year)
        .filter(|day| is_federal_holiday(*day))
        .collect()
}

fn is_weekend(day: NaiveDate) -> bool {
    matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

fn is_federal_holiday(day: NaiveDate) -> bool {
    match day.weekday() {
        Weekday::Sat | Weekday::Sun => false,
        Weekday::Mon => {
            is_fixed_date(day) || day.pred_opt().is_some_and(is_fixed_date) || is_floating(day)
        }
        Weekday::Fri => is_fixed_date(day) || day.succ_opt().is_some_and(is_fixed_date),
        _ => is_fixed_date(day) || is_floating(day),
    }
}

/// Holidays with a date of their own, before they are moved off a weekend.
fn is_fixed_date(day: NaiveDate) -> bool {
    matches!(
        (day.month(), day.day()),
        (1, 1) | (7, 4) | (11, 11) | (12, 25)
    ) || (day.month(), day.day()) == (6, 19) && day.year() >= 2021
}

/// Holidays on the nth (or last) weekday of a month.
fn is_floating(day: NaiveDate) -> bool {
    let nth = day.day0() / 7 + 1;
    match (day.month(), day.weekday()) {
        // Martin Luther King Jr. and Washington.
        (1 | 2, Weekday::Mon) => nth == 3,
        // Memorial Day: the last Monday, for May has 31 days.
        (5, Weekday::Mon) => day.day() > 24,
        // Labor Day.
        (9, Weekday::Mon) => nth == 1,
        // Columbus Day.
        (10, Weekday::Mon) => nth == 2,
        // Thanksgiving.
        (11, Weekday::Thu) => nth == 4,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn dates(texts: &[&str]) -> Vec<NaiveDate> {
        texts.iter().map(|text| day(text)).collect()
    }

    /// As published by the US Office of Personnel Management.
    #[test]
    fn federal_holidays_are_those_published() {
        let cases = [
            (
                2020,
                "01-01 01-20 02-17 05-25 07-03 09-07 10-12 11-11 11-26 12-25",
            ),
            // Inauguration Day (01-20) is none; 2022's New Year comes on the last day of 2021.
            (
                2021,
                "01-01 01-18 02-15 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24 12-31",
            ),
            (
                2023,
                "01-02 01-16 02-20 05-29 06-19 07-04 09-04 10-09 11-10 11-23 12-25",
            ),
            (
                2026,
                "01-01 01-19 02-16 05-25 06-19 07-03 09-07 10-12 11-11 11-26 12-25",
            ),
            (
                2027,
                "01-01 01-18 02-15 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24 12-31",
            ),
            (
                2028,
                "01-17 02-21 05-29 06-19 07-04 09-04 10-09 11-10 11-23 12-25",
            ),
        ];
        for (year, published) in cases {
            let published: Vec<NaiveDate> = published
                .split(' ')
                .map(|date| day(&format!("{year}-{date}")))
                .collect();
            assert_eq!(federal_holidays(year), published, "{year}");
        }
    }

    #[test]
    fn a_year_beyond_the_calendar_has_no_holidays() {
        assert!(federal_holidays(i32::MAX).is_empty());
        assert!(federal_holidays(i32::MIN).is_empty());
    }

    #[test]
    fn without_federal_holidays_only_weekends_and_extras_count() {
        let holidays = Holidays {
            us_federal: false,
            extras: dates(&["2026-12-24", "2026-12-26"]).into_iter().collect(),
        };
        assert!(holidays.is_business_day(day("2026-12-25")));
        assert!(!holidays.is_business_day(day("2026-12-24")));
        // An extra on a Saturday moves neither to the Friday nor to the Monday.
        assert!(holidays.is_holiday(day("2026-12-26")));
        assert!(!holidays.is_holiday(day("2026-12-28")));
        assert!(holidays.is_business_day(day("2026-12-28")));
    }

    #[test]
    fn cut_offs_move_to_the_next_business_day_and_never_back() {
        let holidays = Holidays {
            us_federal: true,
            extras: BTreeSet::new(),
        };
        let cases = [
            ("2026-11-25", "2026-11-25"),
            ("2026-11-26", "2026-11-27"),
            ("2026-11-28", "2026-11-30"),
            ("2027-12-31", "2028-01-03"),
            ("2026-07-03", "2026-07-06"),
        ];
        for (from, to) in cases {
            assert_eq!(next_business_day(day(from), &holidays), day(to), "{from}");
        }
    }

    #[test]
    fn a_calendar_without_business_days_left_saturates() {
        let holidays = Holidays {
            us_federal: false,
            extras: [NaiveDate::MAX].into_iter().collect(),
        };
        assert_eq!(next_business_day(NaiveDate::MAX, &holidays), NaiveDate::MAX);
    }

    #[test]
    fn the_document_form_is_strict() {
        let text = r#"{"us_federal":true,"extras":["2026-12-24"]}"#;
        let holidays: Holidays = serde_json::from_str(text).unwrap();
        assert!(holidays.us_federal);
        assert!(holidays.is_holiday(day("2026-12-24")));
        assert_eq!(serde_json::to_string(&holidays).unwrap(), text);
        for bad in [
            r#"{"us_federal":true,"extra":[]}"#,
            r#"{"us_federal":"yes"}"#,
            r#"{"extras":["12/24/2026"]}"#,
        ] {
            assert!(serde_json::from_str::<Holidays>(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn each_year_has_eleven_holidays_counting_moved_new_years(year in 2021..2400_i32) {
            let saturday_new_year = |year| {
                NaiveDate::from_ymd_opt(year, 1, 1).unwrap().weekday() == Weekday::Sat
            };
            let observed = federal_holidays(year);
            let expected =
                11 - usize::from(saturday_new_year(year)) + usize::from(saturday_new_year(year + 1));
            prop_assert_eq!(observed.len(), expected);
            prop_assert!(observed.iter().all(|day| !is_weekend(*day)));
        }
    }
}
