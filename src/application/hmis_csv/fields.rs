//! The values of a row, each with its fault.

use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike};

use super::table::{Row, Table};
use super::{Fault, HmisFile, Severity};

/// The specification allows 32 characters; some products exceed it.
const MAX_ID_CHARS: usize = 100;
/// The specification allows 50, later 200.
const MAX_NAME_CHARS: usize = 400;
const MAX_EMAIL_CHARS: usize = 320;

const DATETIME_FORM: &str = "is not of the form YYYY-MM-DD hh:mm:ss (a spreadsheet may have rewritten it); the row \
                             was read without it";
const DATE_FORM: &str = "is not of the form YYYY-MM-DD (a spreadsheet may have rewritten it); the row was read without it";

/// One row, being read.
pub(super) struct Fields<'a> {
    pub(super) file: HmisFile,
    pub(super) table: &'a Table,
    pub(super) row: &'a Row,
    pub(super) faults: &'a mut Vec<Fault>,
}

impl Fields<'_> {
    pub(super) fn raw(&self, column: &str) -> &str {
        self.table.value(self.row, column)
    }

    fn tell(&mut self, severity: Severity, column: &str, message: impl Into<String>) {
        self.faults.push(Fault {
            file: self.file,
            line: Some(self.row.line),
            column: Some(column.to_owned()),
            severity,
            message: message.into(),
        });
    }

    pub(super) fn warn(&mut self, column: &str, message: impl Into<String>) {
        self.tell(Severity::Warning, column, message);
    }

    pub(super) fn refuse(&mut self, column: &str, message: impl Into<String>) {
        self.tell(Severity::Error, column, message);
    }

    /// An id the row cannot do without. A string, whatever it looks like.
    pub(super) fn id(&mut self, column: &str) -> Option<String> {
        let checked = match self.raw(column) {
            "" => Err("is empty; every row needs one"),
            id if id.chars().any(char::is_control) => Err("holds control characters; remove them"),
            id if id.chars().count() > MAX_ID_CHARS => {
                Err("is longer than 100 characters; check that the columns are in place")
            }
            id if is_scientific(id) => Err(
                "was turned into scientific notation by a spreadsheet, which loses digits; export it again",
            ),
            id => Ok(id.to_owned()),
        };
        self.or_refuse(column, checked)
    }

    /// A name the row cannot do without.
    pub(super) fn required_name(&mut self, column: &str) -> Option<String> {
        let checked = match name(self.raw(column)) {
            Ok(Some(name)) => Ok(name),
            Ok(None) => Err("is empty; every row needs one"),
            Err(why) => Err(why),
        };
        self.or_refuse(column, checked)
    }

    /// A name that may be left out.
    pub(super) fn name(&mut self, column: &str) -> Option<String> {
        match name(self.raw(column)) {
            Ok(name) => name,
            Err(why) => {
                self.warn(column, format!("{why}; the row was read without it"));
                None
            }
        }
    }

    /// An e-mail address; one that cannot be any is left out.
    pub(super) fn email(&mut self, column: &str) -> Option<String> {
        let text = self.raw(column);
        if text.is_empty() {
            return None;
        }
        if is_email(text) {
            return Some(text.to_owned());
        }
        self.warn(
            column,
            "is not an e-mail address; the row was read without it",
        );
        None
    }

    /// A local date and time.
    pub(super) fn datetime(&mut self, column: &str) -> Option<NaiveDateTime> {
        let text = self.raw(column);
        let parsed = parse_datetime(text);
        if parsed.is_none() && !text.is_empty() {
            self.warn(column, DATETIME_FORM);
        }
        parsed
    }

    /// A local date.
    pub(super) fn date(&mut self, column: &str) -> Option<NaiveDate> {
        let text = self.raw(column);
        let parsed = parse_date(text);
        if parsed.is_none() && !text.is_empty() {
            self.warn(column, DATE_FORM);
        }
        parsed
    }

    /// `0` or `1`; anything else, `99` for "data not collected" included, is not known.
    pub(super) fn flag(&mut self, column: &str) -> Option<bool> {
        match self.raw(column) {
            "0" => Some(false),
            "1" => Some(true),
            "" | "99" => None,
            _ => {
                self.warn(column, "must be 0, 1 or 99; it counts as not known");
                None
            }
        }
    }

    /// A small whole number out of one of HUD's lists.
    pub(super) fn code(&mut self, column: &str) -> Option<u8> {
        let text = self.raw(column);
        let parsed = text.parse().ok();
        if parsed.is_none() && !text.is_empty() {
            self.warn(
                column,
                "must be a whole number of HUD's list; it counts as not known",
            );
        }
        parsed
    }

    /// Whether the row is deleted, and when. A date that cannot be read still says that it is.
    pub(super) fn deleted(&mut self) -> (bool, Option<NaiveDateTime>) {
        const COLUMN: &str = "DateDeleted";
        let text = self.raw(COLUMN);
        let deleted = !text.is_empty();
        let parsed = parse_datetime(text);
        if deleted && parsed.is_none() {
            self.warn(
                COLUMN,
                "is not of the form YYYY-MM-DD hh:mm:ss; the row counts as deleted at an unknown time",
            );
        }
        (deleted, parsed)
    }

    fn or_refuse<T>(&mut self, column: &str, checked: Result<T, &'static str>) -> Option<T> {
        match checked {
            Ok(value) => Some(value),
            Err(why) => {
                self.refuse(column, why);
                None
            }
        }
    }
}

/// A name on one line; products cut names at 50 characters and leave the blanks.
fn name(text: &str) -> Result<Option<String>, &'static str> {
    let text = text.replace("\r\n", " ").replace(['\n', '\r', '\t'], " ");
    let text = text.trim();
    if text.is_empty() {
        Ok(None)
    } else if text.chars().any(char::is_control) {
        Err("holds control characters; remove them")
    } else if text.chars().count() > MAX_NAME_CHARS {
        Err("is longer than 400 characters; check that the columns are in place")
    } else {
        Ok(Some(text.to_owned()))
    }
}

/// Only what can be told from the outside: whether mail arrives is found out by confirming the address.
fn is_email(text: &str) -> bool {
    text.chars().count() <= MAX_EMAIL_CHARS
        && !text.contains(|c: char| c.is_whitespace() || c.is_control() || ",;<>\"".contains(c))
        && text.rsplit_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && !local.contains('@') && !domain.is_empty()
        })
}

/// `1.2E+05`.
fn is_scientific(text: &str) -> bool {
    text.split_once(['E', 'e'])
        .is_some_and(|(mantissa, exponent)| {
            exponent
                .strip_prefix('+')
                .is_some_and(|digits| digits.parse::<u8>().is_ok())
                && mantissa.parse::<f64>().is_ok()
        })
}

/// `YYYY-MM-DD hh:mm:ss`, or with a `T` between, with or without a fraction of a second.
pub(super) fn parse_datetime(text: &str) -> Option<NaiveDateTime> {
    let (date, time) = text.split_once([' ', 'T'])?;
    let date = parse_date_only(date)?;
    let (whole, fraction) = match time.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (time, None),
    };
    if !has_form(whole, "dd:dd:dd") {
        return None;
    }
    if fraction
        .is_some_and(|f| f.is_empty() || f.len() > 9 || !f.bytes().all(|b| b.is_ascii_digit()))
    {
        return None;
    }
    let time = chrono::NaiveTime::parse_from_str(time, "%H:%M:%S%.f").ok()?;
    // A leap second has no place in a database.
    (time.nanosecond() < 1_000_000_000).then(|| date.and_time(time))
}

/// `YYYY-MM-DD`; databases add a midnight.
pub(super) fn parse_date(text: &str) -> Option<NaiveDate> {
    parse_date_only(text).or_else(|| parse_datetime(text).map(|at| at.date()))
}

fn parse_date_only(text: &str) -> Option<NaiveDate> {
    if !has_form(text, "dddd-dd-dd") {
        return None;
    }
    let date: NaiveDate = text.parse().ok()?;
    (1900..2200).contains(&date.year()).then_some(date)
}

/// Whether the text has digits where the form has `d`, and else the same characters.
fn has_form(text: &str, form: &str) -> bool {
    text.len() == form.len()
        && text.bytes().zip(form.bytes()).all(|(byte, expected)| {
            if expected == b'd' {
                byte.is_ascii_digit()
            } else {
                byte == expected
            }
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_times_have_one_form() {
        for good in [
            "2024-02-29 00:00:00",
            "2024-02-29T00:00:00",
            "2024-02-29 00:00:00.000",
        ] {
            let parsed = parse_datetime(good).map(|at| at.to_string());
            assert_eq!(parsed.as_deref(), Some("2024-02-29 00:00:00"), "{good}");
        }
        for mangled in [
            "",
            "02-07-2023 12:00:00",
            "2/7/2023 12:00",
            "45123.5",
            "2024-02-30 00:00:00",
            "2024-02-29",
            "2024-02-29 24:00:00",
            "2024-02-29 23:59:60",
            "2024-02-29 12:00:00Z",
            "2024-02-29 12:00:00-05:00",
            "2024-02-29 12:00:00.",
            "2024-2-9 12:00:00",
            "0001-01-01 00:00:00",
            "+2024-02-29 00:00:00",
        ] {
            assert_eq!(parse_datetime(mangled), None, "{mangled}");
        }
    }

    #[test]
    fn dates_may_carry_a_midnight() {
        for good in ["2024-02-29", "2024-02-29 00:00:00"] {
            let parsed = parse_date(good).map(|on| on.to_string());
            assert_eq!(parsed.as_deref(), Some("2024-02-29"), "{good}");
        }
        for mangled in ["2/29/2024", "2024-02-30", "20240229", "45351"] {
            assert_eq!(parse_date(mangled), None, "{mangled}");
        }
    }

    #[test]
    fn spreadsheet_numbers_are_told_from_ids() {
        for mangled in ["1E+05", "1.23457E+11", "9e+10"] {
            assert!(is_scientific(mangled), "{mangled}");
        }
        for id in ["41", "007", "1E5", "E+05", "NE+1", "A1E+05", "1E+0x"] {
            assert!(!is_scientific(id), "{id}");
        }
    }

    #[test]
    fn addresses_are_judged_by_their_shape() {
        for good in ["d.whitfield@example.org", "İ@example.org"] {
            assert!(is_email(good), "{good}");
        }
        for bad in [
            "none",
            "@example.org",
            "a@",
            "a@b@c",
            "a b@c.org",
            "Dana <d@c.org>",
            "a@c.org;b@c.org",
        ] {
            assert!(!is_email(bad), "{bad}");
        }
    }
}
