//! Calendars as RFC 5545 writes them.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};

use crate::application::calendar_feeds::{Calendar, CalendarEvent};
use crate::application::licensing::Subject;
use crate::domain::evaluate::{Change, ComingKind, Follows};

/// The most octets of a line, its end not counted (RFC 5545, 3.1).
const LONGEST_LINE: usize = 75;
/// Characters of an id that tell licenses of an organization apart.
const SHORT_ID: usize = 8;

/// The calendar as text.
#[must_use]
pub fn write(calendar: &Calendar) -> String {
    let mut text = String::new();
    for line in [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//hmis-licensing//due items//EN",
        "CALSCALE:GREGORIAN",
        "REFRESH-INTERVAL;VALUE=DURATION:PT6H",
        "X-PUBLISHED-TTL:PT6H",
    ] {
        fold(&mut text, line);
    }
    let name = format!("HMIS licenses: {}", calendar.organization);
    fold(&mut text, &format!("X-WR-CALNAME:{}", escape(&name)));
    for event in &calendar.events {
        write_event(&mut text, event);
    }
    if let Some(day) = calendar.cut_on {
        day_event(
            &mut text,
            ("not-whole", day.and_time(chrono::NaiveTime::MIN).and_utc()),
            day,
            (
                "This calendar is not whole",
                "There is too much for one calendar: the list of what is due has all of it.",
            ),
        );
    }
    fold(&mut text, "END:VCALENDAR");
    text
}

fn write_event(text: &mut String, event: &CalendarEvent) {
    let (what, id) = match event.subject {
        Subject::License(id) => ("license", id.to_string()),
        Subject::Request(id) => ("license request", id.to_string()),
    };
    // An id begins with the time at which it was made, which many share; it ends at random.
    let short = id.get(id.len().saturating_sub(SHORT_ID)..).unwrap_or(&id);
    let summary = format!("{}: {what} {short}", title(event.item.kind));
    let mut description = event.item.about.clone().unwrap_or_default();
    if !description.is_empty() {
        description.push_str(". ");
    }
    description.push_str(&follows(&event.item.follows));
    day_event(
        text,
        (&event.uid, event.stamp),
        event.item.on,
        (&summary, &description),
    );
}

/// An event of a whole day.
fn day_event(
    text: &mut String,
    (uid, stamp): (&str, DateTime<Utc>),
    on: NaiveDate,
    (summary, description): (&str, &str),
) {
    let next = on.succ_opt().unwrap_or(on);
    for line in [
        "BEGIN:VEVENT".to_owned(),
        format!("UID:{uid}@hmis-licensing"),
        format!("DTSTAMP:{}", stamp.format("%Y%m%dT%H%M%SZ")),
        format!("DTSTART;VALUE=DATE:{}", on.format("%Y%m%d")),
        format!("DTEND;VALUE=DATE:{}", next.format("%Y%m%d")),
        format!("SUMMARY:{}", escape(summary)),
        format!("DESCRIPTION:{}", escape(description)),
        "TRANSP:TRANSPARENT".to_owned(),
        "END:VEVENT".to_owned(),
    ] {
        fold(text, &line);
    }
}

fn title(kind: ComingKind) -> &'static str {
    match kind {
        ComingKind::Inactivity => "Last day to log in",
        ComingKind::Recertification => "Recertification due",
        ComingKind::Campaign => "Recertification campaign due",
        ComingKind::Agreement => "Agreement to be signed",
        ComingKind::Term => "Last day of the term",
        ComingKind::SuspensionTooLong => "Suspended for too long",
        ComingKind::LastProjectRemoved => "No project left",
        ComingKind::SeatReduction => "Seat to be given up",
        ComingKind::Waiver => "Waiver runs out",
        ComingKind::Unreachable => "Cannot be reached",
        ComingKind::Evidence => "Evidence counts for the last time",
        ComingKind::Onboarding => "Onboarding deadline",
        ComingKind::PracticeReview => "Practice review due",
        ComingKind::Departure => "Departure",
        ComingKind::End => "Access ends",
        ComingKind::Leave => "Leave begins",
        ComingKind::LeaveReturn => "Return from leave",
        ComingKind::Hold => "Suspension begins",
        ComingKind::HoldEnd => "Suspension ends",
        ComingKind::AddOn => "Add-on goes off",
        ComingKind::Reservation => "Reservation ends",
    }
}

fn follows(follows: &Follows) -> String {
    match follows {
        Follows::Change(upcoming) => {
            let what = match upcoming.change {
                Change::Ends(_) => "Access ends",
                Change::Suspends(_) => "Access is suspended",
                Change::Resumes(_) => "The suspension ends",
                Change::Lapses(_) => "The evidence lapses",
                Change::AddOnOff(_) => "The add-on goes off",
                Change::RequestLapses(_) => "The request lapses",
                Change::StepStartsOver(_) => "The step starts over",
                Change::ReservationEnds(_) => "The place is given back",
                Change::Warnable(_) | Change::NewRules | Change::MayBegin => "Something changes",
            };
            let at = upcoming.at.to_rfc3339_opts(SecondsFormat::Secs, true);
            format!("{what} at {at}, unless something is recorded before.")
        }
        Follows::AwaitsNotice => "Nothing ends before a notice that named the day.".to_owned(),
        Follows::Listed => "Staff see it on their list.".to_owned(),
        Follows::Nothing => "Nothing follows by itself.".to_owned(),
    }
}

/// A text value (RFC 5545, 3.3.11). Control characters have no place in one.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' | ';' | ',' => escaped.extend(['\\', character]),
            '\n' => escaped.push_str("\\n"),
            other if other.is_control() => {}
            other => escaped.push(other),
        }
    }
    escaped
}

/// Writes a content line, folded before it is too long, without parting a character.
fn fold(text: &mut String, line: &str) {
    let mut width = 0;
    for character in line.chars() {
        if width + character.len_utf8() > LONGEST_LINE {
            text.push_str("\r\n ");
            width = 1;
        }
        text.push(character);
        width += character.len_utf8();
    }
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::evaluate::{Coming, Upcoming};
    use crate::domain::ids::LicenseId;

    fn calendar(organization: &str, about: &str) -> Calendar {
        let on: NaiveDate = "2026-12-31".parse().unwrap();
        let stamp: DateTime<Utc> = "2026-03-02T18:00:00.5Z".parse().unwrap();
        Calendar {
            organization: organization.to_owned(),
            events: vec![CalendarEvent {
                uid: "abc".to_owned(),
                stamp,
                subject: Subject::License(LicenseId(uuid::Uuid::from_u128(0xabcd_1234))),
                item: Coming {
                    kind: ComingKind::Recertification,
                    on,
                    about: Some(about.to_owned()),
                    follows: Follows::Change(Upcoming {
                        at: "2027-01-06T05:00:00Z".parse().unwrap(),
                        change: Change::NewRules,
                    }),
                },
            }],
            cut_on: Some(on),
        }
    }

    /// The content lines, unfolded.
    fn unfolded(text: &str) -> Vec<String> {
        let whole = text.strip_suffix("\r\n").unwrap().replace("\r\n ", "");
        whole.split("\r\n").map(ToOwned::to_owned).collect()
    }

    #[test]
    fn an_event_is_a_whole_day_with_a_lasting_uid() {
        let text = write(&calendar("Corktown", "course:series"));
        let lines = unfolded(&text);
        assert_eq!(lines.first().unwrap(), "BEGIN:VCALENDAR");
        assert_eq!(lines.last().unwrap(), "END:VCALENDAR");
        for line in [
            "UID:abc@hmis-licensing",
            "DTSTAMP:20260302T180000Z",
            "DTSTART;VALUE=DATE:20261231",
            "DTEND;VALUE=DATE:20270101",
            "SUMMARY:Recertification due: license abcd1234",
            "UID:not-whole@hmis-licensing",
        ] {
            assert!(lines.iter().any(|found| found == line), "{line}: {text}");
        }
        let begun = lines.iter().filter(|line| *line == "BEGIN:VEVENT").count();
        let ended = lines.iter().filter(|line| *line == "END:VEVENT").count();
        assert_eq!((begun, ended), (2, 2));
    }

    #[test]
    fn lines_are_folded_and_no_character_is_parted() {
        for length in 60..90 {
            let name = format!("{}ñ漢🏠;,\\ ende", "x".repeat(length));
            let text = write(&calendar(&name, "course:series"));
            assert!(!text.replace("\r\n", "").contains(['\r', '\n']));
            for line in text.split("\r\n") {
                assert!(line.len() <= LONGEST_LINE, "{line}");
            }
            let named = format!(
                "X-WR-CALNAME:HMIS licenses: {}ñ漢🏠\\;\\,\\\\ ende",
                "x".repeat(length)
            );
            assert!(unfolded(&text).contains(&named), "{text}");
        }
    }

    #[test]
    fn no_text_breaks_out_of_its_line() {
        let evil = "A\r\nBEGIN:VEVENT\nEND:VCALENDAR\u{0}\u{85}";
        let lines = unfolded(&write(&calendar(evil, evil)));
        let begun = lines.iter().filter(|line| *line == "BEGIN:VEVENT").count();
        assert_eq!(begun, 2);
        assert!(
            lines.contains(
                &"X-WR-CALNAME:HMIS licenses: A\\nBEGIN:VEVENT\\nEND:VCALENDAR".to_owned()
            )
        );
    }
}
