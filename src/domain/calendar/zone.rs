//! Between instants and local days.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::{GapInfo, Tz};

/// A moment, in UTC.
pub type Instant = DateTime<Utc>;

/// The first valid instant of the local day.
///
/// Where clocks jump over midnight that is the jump itself; where midnight comes twice, the earlier one.
/// A day that a zone left out altogether (Samoa's 30 December 2011) begins where the next one does.
#[must_use]
pub fn start_of_day(zone: Tz, day: NaiveDate) -> Instant {
    let midnight = day.and_time(NaiveTime::MIN);
    if let Some(offset) = zone.offset_from_local_datetime(&midnight).earliest() {
        return midnight
            .checked_sub_offset(offset.fix())
            .map_or_else(|| saturated(midnight), |utc| utc.and_utc());
    }
    GapInfo::new(&midnight, &zone)
        .and_then(|gap| gap.end)
        .map_or_else(|| midnight.and_utc(), |end| end.with_timezone(&Utc))
}

/// The first instant after the local day: the first instant of the next. Exclusive.
#[must_use]
pub fn end_of_day(zone: Tz, day: NaiveDate) -> Instant {
    day.succ_opt()
        .map_or(Instant::MAX_UTC, |next| start_of_day(zone, next))
}

/// The local day an instant belongs to: the last day that has begun, in the sense of [`start_of_day`].
///
/// This is the date on a wall clock, except where clocks were once set back across midnight (Newfoundland
/// until 2011, at 00:01). There a second evening of the old day follows the first instant of the new one, and
/// whoever was promised "through the end of the day" had that end at the first midnight.
#[must_use]
pub fn local_day(zone: Tz, at: Instant) -> NaiveDate {
    let utc = at.naive_utc();
    let offset = zone.offset_from_utc_datetime(&utc).fix();
    let wall = utc
        .checked_add_offset(offset)
        .map_or_else(|| utc.date(), |local| local.date());
    match wall.succ_opt() {
        Some(next) if start_of_day(zone, next) <= at => next,
        _ => wall,
    }
}

/// The nearest instant chrono can hold, for a local time so near its limits that UTC lies beyond them.
fn saturated(local: NaiveDateTime) -> Instant {
    if local.and_utc() < Instant::UNIX_EPOCH {
        Instant::MIN_UTC
    } else {
        Instant::MAX_UTC
    }
}

/// How exactly an end of employment is known. Recorded with a departure, since it moves the notice's due time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// To the instant.
    Instant,
    /// Only the local day.
    Day,
}

/// When employment at an organization ended, as exactly as it was reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EndedAt {
    /// The exact instant is known.
    Instant(Instant),
    /// Only the local day is known.
    Day(NaiveDate),
}

impl EndedAt {
    /// How exactly the end is known.
    #[must_use]
    pub const fn precision(self) -> Precision {
        match self {
            Self::Instant(_) => Precision::Instant,
            Self::Day(_) => Precision::Day,
        }
    }

    /// The instant from which the hours of the notice run: the end itself, or the end of its local day, so that
    /// nobody is called late who may have been on time.
    #[must_use]
    pub fn notice_runs_from(self, zone: Tz) -> Instant {
        match self {
            Self::Instant(at) => at,
            Self::Day(day) => end_of_day(zone, day),
        }
    }
}

/// The last instant at which a departure notice is on time: `hours` of elapsed time after the end, whatever the
/// clocks of `zone` do meanwhile. 24 in most policies; 0 is allowed.
#[must_use]
pub fn notice_due_at(ended: EndedAt, hours: u32, zone: Tz) -> Instant {
    ended
        .notice_runs_from(zone)
        .checked_add_signed(TimeDelta::hours(i64::from(hours)))
        .unwrap_or(Instant::MAX_UTC)
}

/// Whether a notice reported at `reported_at` is on time. Exactly the limit is on time.
#[must_use]
pub fn within_notice(ended: EndedAt, hours: u32, zone: Tz, reported_at: Instant) -> bool {
    reported_at <= notice_due_at(ended, hours, zone)
}

#[cfg(test)]
mod tests {
    use chrono_tz::{TZ_VARIANTS, Tz};
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn at(text: &str) -> Instant {
        DateTime::parse_from_rfc3339(text)
            .unwrap()
            .with_timezone(&Utc)
    }

    #[test]
    fn a_day_begins_at_its_first_valid_instant() {
        let cases = [
            // Plain midnights, on both sides of the change and on the days of the change itself.
            (Tz::America__Detroit, "2026-03-07", "2026-03-07T05:00:00Z"),
            (Tz::America__Detroit, "2026-03-08", "2026-03-08T05:00:00Z"),
            (Tz::America__Detroit, "2026-03-09", "2026-03-09T04:00:00Z"),
            (Tz::America__Detroit, "2026-11-01", "2026-11-01T04:00:00Z"),
            (Tz::America__Detroit, "2026-11-02", "2026-11-02T05:00:00Z"),
            (Tz::America__Anchorage, "2026-03-08", "2026-03-08T09:00:00Z"),
            (Tz::Pacific__Honolulu, "2026-03-08", "2026-03-08T10:00:00Z"),
            // Clocks jump from 00:00 to 01:00.
            (Tz::America__Sao_Paulo, "2018-11-04", "2018-11-04T03:00:00Z"),
            (Tz::America__Havana, "2026-03-08", "2026-03-08T05:00:00Z"),
            (Tz::Asia__Beirut, "2026-03-29", "2026-03-28T22:00:00Z"),
            (Tz::Africa__Cairo, "2026-04-24", "2026-04-23T22:00:00Z"),
            // Midnight comes twice: the earlier counts.
            (Tz::America__Havana, "2026-11-01", "2026-11-01T04:00:00Z"),
            (Tz::America__St_Johns, "2010-11-07", "2010-11-07T02:30:00Z"),
            // 24:00 is set back to 23:00: midnight comes once, late.
            (Tz::America__Sao_Paulo, "2018-02-18", "2018-02-18T03:00:00Z"),
            (Tz::Asia__Beirut, "2026-10-25", "2026-10-24T22:00:00Z"),
            (Tz::Africa__Cairo, "2026-10-30", "2026-10-29T22:00:00Z"),
            // Samoa left out 30 December 2011.
            (Tz::Pacific__Apia, "2011-12-29", "2011-12-29T10:00:00Z"),
            (Tz::Pacific__Apia, "2011-12-30", "2011-12-30T10:00:00Z"),
            (Tz::Pacific__Apia, "2011-12-31", "2011-12-30T10:00:00Z"),
        ];
        for (zone, on, begins) in cases {
            assert_eq!(start_of_day(zone, day(on)), at(begins), "{zone} {on}");
        }
    }

    #[test]
    fn an_instant_belongs_to_the_day_that_has_begun() {
        let cases = [
            (
                Tz::America__Detroit,
                "2026-03-08T04:59:59.999999Z",
                "2026-03-07",
            ),
            (Tz::America__Detroit, "2026-03-08T05:00:00Z", "2026-03-08"),
            (Tz::America__Detroit, "2026-11-02T04:59:59Z", "2026-11-01"),
            (Tz::America__Sao_Paulo, "2018-11-04T02:59:59Z", "2018-11-03"),
            (Tz::America__Sao_Paulo, "2018-11-04T03:00:00Z", "2018-11-04"),
            // The second 23:30 of a Saturday set back at 24:00 is still that Saturday.
            (Tz::America__Sao_Paulo, "2018-02-18T02:30:00Z", "2018-02-17"),
            (Tz::Pacific__Apia, "2011-12-30T09:59:59Z", "2011-12-29"),
            (Tz::Pacific__Apia, "2011-12-30T10:00:00Z", "2011-12-31"),
            // Sunday had begun for a minute when the clocks went back to 23:01.
            (Tz::America__St_Johns, "2010-11-07T02:29:59Z", "2010-11-06"),
            (Tz::America__St_Johns, "2010-11-07T03:00:00Z", "2010-11-07"),
        ];
        for (zone, instant, on) in cases {
            assert_eq!(local_day(zone, at(instant)), day(on), "{zone} {instant}");
        }
    }

    #[test]
    fn a_day_ends_where_the_next_begins() {
        let detroit = Tz::America__Detroit;
        let hours =
            |on| (end_of_day(detroit, day(on)) - start_of_day(detroit, day(on))).num_hours();
        assert_eq!(hours("2026-03-07"), 24);
        assert_eq!(hours("2026-03-08"), 23);
        assert_eq!(hours("2026-11-01"), 25);
    }

    #[test]
    fn departure_notices_run_in_elapsed_hours() {
        let detroit = Tz::America__Detroit;
        // Saturday 17:00 EST; the clocks change that night.
        let ended = EndedAt::Instant(at("2026-03-07T17:00:00-05:00"));
        let due = at("2026-03-08T18:00:00-04:00");
        assert_eq!(ended.precision(), Precision::Instant);
        assert_eq!(notice_due_at(ended, 24, detroit), due);
        assert!(within_notice(ended, 24, detroit, due));
        let late = due + TimeDelta::microseconds(1);
        assert!(!within_notice(ended, 24, detroit, late));
        assert_eq!(notice_due_at(ended, 0, detroit), at("2026-03-07T22:00:00Z"));
    }

    #[test]
    fn a_bare_date_gives_the_hours_from_the_end_of_that_day() {
        let detroit = Tz::America__Detroit;
        let ended = EndedAt::Day(day("2026-03-07"));
        assert_eq!(ended.precision(), Precision::Day);
        assert_eq!(
            ended.notice_runs_from(detroit),
            at("2026-03-08T00:00:00-05:00")
        );
        // 24 elapsed hours over a day of 23.
        assert_eq!(
            notice_due_at(ended, 24, detroit),
            at("2026-03-09T01:00:00-04:00")
        );
    }

    #[test]
    fn the_limits_of_the_calendar_saturate() {
        for zone in [
            Tz::UTC,
            Tz::America__Detroit,
            Tz::Pacific__Kiritimati,
            Tz::Pacific__Apia,
        ] {
            for on in [NaiveDate::MIN, NaiveDate::MAX] {
                let begins = start_of_day(zone, on);
                assert!(begins <= end_of_day(zone, on));
                assert!((local_day(zone, begins) - on).num_days().abs() <= 1);
            }
            assert_eq!(end_of_day(zone, NaiveDate::MAX), Instant::MAX_UTC);
            for limit in [Instant::MIN_UTC, Instant::MAX_UTC] {
                let on = local_day(zone, limit);
                assert!((on - limit.date_naive()).num_days().abs() <= 1);
            }
            let ended = EndedAt::Instant(Instant::MAX_UTC);
            assert_eq!(notice_due_at(ended, u32::MAX, zone), Instant::MAX_UTC);
        }
    }

    /// Random days seldom meet a change of clocks, so these zones are walked through day by day.
    #[test]
    fn days_partition_the_time_of_zones_with_odd_midnights() {
        for zone in [
            Tz::America__Detroit,
            Tz::America__Havana,
            Tz::America__Sao_Paulo,
            Tz::America__St_Johns,
            Tz::Africa__Cairo,
            Tz::Asia__Beirut,
            Tz::Pacific__Apia,
            Tz::Pacific__Kwajalein,
        ] {
            for on in day("1970-01-01").iter_days().take(25_000) {
                let (begins, ends) = (start_of_day(zone, on), end_of_day(zone, on));
                let length = (ends - begins).num_minutes();
                assert!(
                    length == 0 || (22 * 60..=26 * 60).contains(&length),
                    "{zone} {on}"
                );
                if length > 0 {
                    assert_eq!(local_day(zone, begins), on, "{zone}");
                    let last = ends - TimeDelta::microseconds(1);
                    assert_eq!(local_day(zone, last), on, "{zone}");
                }
            }
        }
    }

    fn zones() -> impl Strategy<Value = Tz> {
        (0..TZ_VARIANTS.len()).prop_map(|index| TZ_VARIANTS[index])
    }

    fn days() -> impl Strategy<Value = NaiveDate> {
        // 1900 to 2100.
        (693_596..766_645_i32)
            .prop_map(|number| NaiveDate::from_num_days_from_ce_opt(number).unwrap())
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

        #[test]
        fn days_follow_one_another(zone in zones(), on in days()) {
            prop_assert!(start_of_day(zone, on) <= end_of_day(zone, on));
        }

        #[test]
        fn the_start_of_an_existing_day_belongs_to_it(zone in zones(), on in days()) {
            let begins = start_of_day(zone, on);
            if begins < end_of_day(zone, on) {
                prop_assert_eq!(local_day(zone, begins), on);
                let before = begins - TimeDelta::microseconds(1);
                prop_assert!(local_day(zone, before) < on);
            }
        }

        #[test]
        fn every_instant_lies_within_its_day(zone in zones(), on in days(), second in 0..86_400_i64) {
            let instant = on.and_time(NaiveTime::MIN).and_utc() + TimeDelta::seconds(second);
            let local = local_day(zone, instant);
            prop_assert!(start_of_day(zone, local) <= instant);
            prop_assert!(instant < end_of_day(zone, local));
        }

        #[test]
        fn notice_hours_are_elapsed_hours(zone in zones(), on in days(), hours in 0..200_u32) {
            let ended = start_of_day(zone, on);
            let due = notice_due_at(EndedAt::Instant(ended), hours, zone);
            prop_assert_eq!((due - ended).num_hours(), i64::from(hours));
        }
    }
}
