//! Instants and days as they come in. Going out, `DateTime<Utc>` and `NaiveDate` are written as they are.

use std::borrow::Cow;

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, Timelike, Utc};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

/// Years that are taken, so that no arithmetic on dates can leave the calendar.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2199;

/// An instant: RFC 3339 with an offset, microseconds at most. A bare local time is refused, because it names no
/// instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct InstantText(pub DateTime<Utc>);

impl InstantText {
    fn parse(text: &str) -> Option<Self> {
        // chrono would also take a blank for the T, and seconds of 60.
        let shaped = text.is_ascii()
            && text.len() <= 32
            && matches!(text.as_bytes().get(10), Some(b'T' | b't'));
        let at: DateTime<FixedOffset> = shaped
            .then(|| DateTime::parse_from_rfc3339(text).ok())
            .flatten()?;
        let nanos = at.nanosecond();
        (nanos < 1_000_000_000 && nanos.is_multiple_of(1_000) && YEARS.contains(&at.year()))
            .then(|| Self(at.to_utc()))
    }
}

impl<'de> Deserialize<'de> for InstantText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            serde::de::Error::custom(
                "must be an instant with an offset and at most microseconds, for example 2026-03-02T17:00:00-05:00",
            )
        })
    }
}

impl PartialSchema for InstantText {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .into()
    }
}

impl ToSchema for InstantText {}

/// A local day of the implementation: `YYYY-MM-DD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct DayText(pub NaiveDate);

impl DayText {
    fn parse(text: &str) -> Option<Self> {
        let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
        // chrono would also take 2026-3-2.
        (text.len() == 10 && YEARS.contains(&day.year())).then_some(Self(day))
    }
}

impl<'de> Deserialize<'de> for DayText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            serde::de::Error::custom("must be a day of the calendar, for example 2026-03-02")
        })
    }
}

impl PartialSchema for DayText {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Date)))
            .into()
    }
}

impl ToSchema for DayText {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_needs_an_offset() {
        let at = |text| InstantText::parse(text).map(|at| at.0.to_rfc3339());
        let utc = Some("2026-03-02T22:00:00+00:00".to_owned());
        assert_eq!(at("2026-03-02T17:00:00-05:00"), utc);
        assert_eq!(at("2026-03-02T22:00:00Z"), utc);
        assert!(at("2026-03-02T22:00:00.123456Z").is_some());
        for bad in [
            "2026-03-02T17:00:00",
            "2026-03-02 17:00:00Z",
            "2026-03-02",
            "2026-03-02T17:00Z",
            "2026-03-02T17:00:60Z",
            "2026-02-30T17:00:00Z",
            "2026-03-02T22:00:00.1234567Z",
            "20260302T170000Z",
            "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59Z",
            "1772488800",
            "",
        ] {
            assert_eq!(at(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_day_is_written_in_full() {
        assert!(DayText::parse("2028-02-29").is_some());
        for bad in [
            "2026-3-2",
            "2026-02-29",
            "03/02/2026",
            "2026-03-02T00:00:00Z",
            "9999-01-01",
            "",
        ] {
            assert_eq!(DayText::parse(bad), None, "{bad}");
        }
    }
}
