use chrono::{DateTime, TimeZone, Utc};
use uuid::Uuid;

use super::*;
use crate::domain::policy::preset;

fn hour(hour: i64) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 2, 0, 0, 0).unwrap() + TimeDelta::hours(hour)
}

fn hand() -> PolicyDocument {
    preset("hand").expect("hand").document.clone()
}

fn version(number: u32, recorded: i64, effective: i64, document: PolicyDocument) -> PolicyVersion {
    PolicyVersion {
        id: PolicyId(Uuid::from_u128(u128::from(number))),
        number,
        effective_from: hour(effective),
        recorded_at: hour(recorded),
        document,
    }
}

fn numbers(timeline: &Timeline) -> Vec<u32> {
    timeline
        .versions()
        .iter()
        .map(|version| version.number)
        .collect()
}

#[test]
fn a_version_is_in_force_from_its_start_to_the_next() {
    let timeline = Timeline::new([
        version(2, 10, 40, hand()),
        version(1, 0, 0, hand()),
        version(3, 50, 90, hand()),
    ]);
    assert_eq!(numbers(&timeline), [1, 2, 3]);
    let at = |hours| {
        timeline
            .in_force_at(hour(hours))
            .map(|version| version.number)
    };
    assert_eq!(
        timeline.in_force_at(hour(0) - TimeDelta::microseconds(1)),
        None
    );
    assert_eq!(
        (at(0), at(39), at(40), at(89), at(90)),
        (Some(1), Some(1), Some(2), Some(2), Some(3))
    );
    assert_eq!(timeline.next_start_after(hour(-1)), Some(hour(0)));
    assert_eq!(timeline.next_start_after(hour(0)), Some(hour(40)));
    assert_eq!(timeline.next_start_after(hour(90)), None);
    let second = PolicyId(Uuid::from_u128(2));
    assert_eq!(
        timeline.version(second).map(|version| version.number),
        Some(2)
    );
}

#[test]
fn what_was_recorded_later_was_not_known() {
    let timeline = Timeline::new([version(1, 0, 0, hand()), version(2, 10, 40, hand())]);
    let before = timeline.known_at(hour(10) - TimeDelta::microseconds(1));
    assert_eq!(numbers(&before), [1]);
    assert_eq!(before.next_start_after(hour(0)), None);
    assert_eq!(numbers(&timeline.known_at(hour(10))), [1, 2]);
    assert!(timeline.known_at(hour(-1)).is_empty());
}

fn pointers(result: Result<(), Vec<PolicyFault>>) -> Vec<String> {
    result
        .err()
        .unwrap_or_default()
        .into_iter()
        .map(|fault| fault.pointer)
        .collect()
}

const NONE: Vec<String> = Vec::new();

#[test]
fn the_first_version_may_start_at_once_but_never_before() {
    let empty = Timeline::default();
    assert_eq!(pointers(admit(&empty, &hand(), hour(0), hour(0))), NONE);
    assert_eq!(pointers(admit(&empty, &hand(), hour(500), hour(0))), NONE);
    let before = hour(0) - TimeDelta::microseconds(1);
    assert_eq!(
        pointers(admit(&empty, &hand(), before, hour(0))),
        ["/effective_from"]
    );
}

#[test]
fn a_later_version_starts_an_hour_after_recording_and_after_all_others() {
    let timeline = Timeline::new([version(1, 0, 0, hand()), version(2, 10, 100, hand())]);
    let admitted = |effective, now| pointers(admit(&timeline, &hand(), effective, now));
    assert_eq!(admitted(hour(101), hour(100)), NONE);
    assert_eq!(
        admitted(hour(101) - TimeDelta::microseconds(1), hour(100)),
        ["/effective_from"]
    );
    // The second version lies ahead: nothing may come before it, nor start with it.
    assert_eq!(admitted(hour(50), hour(20)), ["/effective_from"]);
    assert_eq!(admitted(hour(100), hour(20)), ["/effective_from"]);
    assert_eq!(admitted(hour(102), hour(20)), NONE);
    assert_eq!(
        admitted(hour(200), hour(300)),
        ["/effective_from"],
        "retroactive"
    );
}

#[test]
fn a_version_that_shortens_gives_a_day_and_says_what() {
    let timeline = Timeline::new([version(1, 0, 0, hand())]);
    let mut shorter = hand();
    shorter.ends_of_need.departure_notice_hours = 12;
    assert_eq!(
        pointers(admit(&timeline, &shorter, hour(33), hour(10))),
        ["/document/ends_of_need/departure_notice_hours"]
    );
    assert_eq!(
        pointers(admit(&timeline, &shorter, hour(34), hour(10))),
        NONE
    );
    let mut longer = hand();
    longer.ends_of_need.departure_notice_hours = 48;
    assert_eq!(
        pointers(admit(&timeline, &longer, hour(11), hour(10))),
        NONE
    );
}

#[test]
fn the_earliest_start_is_the_first_that_is_admitted() {
    let mut shorter = hand();
    shorter.ends_of_need.departure_notice_hours = 12;
    let one = Timeline::new([version(1, 0, 0, hand())]);
    let two = Timeline::new([version(1, 0, 0, hand()), version(2, 10, 100, hand())]);
    let instant = TimeDelta::microseconds(1);
    for (timeline, document, now, earliest) in [
        (&Timeline::default(), hand(), hour(3), hour(3)),
        (&one, hand(), hour(3), hour(4)),
        (&one, shorter, hour(3), hour(27)),
        (&two, hand(), hour(20), hour(100) + instant),
    ] {
        assert_eq!(earliest_start(timeline, &document, now), earliest);
        assert_eq!(pointers(admit(timeline, &document, earliest, now)), NONE);
        assert!(admit(timeline, &document, earliest - instant, now).is_err());
    }
}

#[test]
fn a_contradictory_document_is_refused_with_every_fault() {
    let mut document = hand();
    document.time_zone = "Detroit".to_owned();
    document.requests.requesters.clear();
    let found = pointers(admit(&Timeline::default(), &document, hour(-1), hour(0)));
    assert_eq!(
        found,
        [
            "/document/requests/requesters",
            "/document/time_zone",
            "/effective_from"
        ]
    );
}
