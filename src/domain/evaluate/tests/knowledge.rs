//! What is known when, and by whom.

use super::support::*;
use crate::domain::departure::{announced_ends, has_departed};
use crate::domain::evaluate::{Case, Reader, evaluate, seen_by};
use crate::domain::fact::{DeactivationCause, FactBody};
use crate::domain::license::LicenseStatus::{Active, Deactivated, Warned};

#[test]
fn facts_recorded_at_exactly_the_asked_instant_are_known() {
    let mut story = Story::hand();
    story.fact("2026-03-10 09:00", FactBody::Departed);
    story.turns("2026-03-10 09:00", false);
}

#[test]
fn what_is_recorded_later_is_unknown_to_an_earlier_question() {
    let mut story = Story::hand();
    let before = story.license("2026-03-20 00:00");
    story.late("2026-03-06 17:00", "2026-03-25 09:00", FactBody::Departed);
    assert_eq!(story.license("2026-03-20 00:00"), before);
}

#[test]
fn no_late_fact_ends_access_before_its_recording() {
    let mut story = Story::hand();
    story.late("2026-03-06 17:00", "2026-03-25 09:00", FactBody::Departed);
    let license = story.license("2026-04-01 00:00");
    assert_eq!(
        license.periods[0].end.as_ref().unwrap().at,
        at("2026-03-25 09:00")
    );
}

#[test]
fn the_order_in_which_facts_are_given_does_not_matter() {
    let mut story = Story::hand();
    story.login("2026-03-02 16:00");
    story.warned("2026-04-02 09:00", "2026-04-08");
    story.login("2026-04-02 09:00");
    story.late("2026-05-01 00:00", "2026-04-02 09:00", FactBody::Departed);
    let forward = story.license("2026-04-20 00:00");
    story.facts.reverse();
    assert_eq!(story.license("2026-04-20 00:00"), forward);
}

#[test]
fn the_state_is_right_even_if_nothing_ran_for_months() {
    let mut story = Story::hand();
    story.login("2026-03-02 16:00");
    story.warned("2026-04-02 09:00", "2026-04-08");
    let causes: Vec<_> = story
        .license("2026-12-01 00:00")
        .history
        .iter()
        .map(|transition| (transition.at, transition.to))
        .collect();
    assert_eq!(
        causes,
        [
            (at("2026-03-01 09:00"), Active),
            (at("2026-04-02 09:00"), Warned),
            (at("2026-04-09 00:00"), Deactivated),
        ]
    );
}

#[test]
fn the_person_does_not_see_a_future_departure() {
    let mut story = Story::hand();
    let fact = story.late("2026-03-20 17:00", "2026-03-09 08:00", FactBody::Departed);
    story.fact(
        "2026-03-10 08:00",
        FactBody::Moved {
            fact,
            to: at("2026-03-22 17:00"),
            precision: crate::domain::calendar::Precision::Instant,
        },
    );
    let view = |reader: Reader, now: &str| {
        let facts = seen_by(&story.facts, reader, at(now));
        let case = Case {
            facts: &facts,
            ..story.case()
        };
        evaluate(&case, at(now))
    };
    let now = "2026-03-12 00:00";
    assert_eq!(
        view(Reader::Full, now).next_change_at(),
        Some(at("2026-03-22 17:00"))
    );
    for reader in [Reader::Person, Reader::Frontend] {
        assert_eq!(
            view(reader, now).next_change_at(),
            Some(at("2026-04-01 00:00")),
            "the notice of inactivity comes next for {reader:?}"
        );
        assert!(!view(reader, "2026-03-22 17:00").allowed(), "{reader:?}");
    }
}

#[test]
fn a_front_end_sees_no_announced_end_before_it_is_effective() {
    let mut story = Story::hand();
    story.late(
        "2026-03-20 17:00",
        "2026-03-09 08:00",
        FactBody::Deactivated {
            cause: DeactivationCause::Requested,
        },
    );
    let hidden =
        |reader| story.facts.len() - seen_by(&story.facts, reader, at("2026-03-10 00:00")).len();
    assert_eq!(hidden(Reader::Full), 0);
    assert_eq!(hidden(Reader::Person), 0, "the person may know this one");
    assert_eq!(hidden(Reader::Frontend), 1);
}

#[test]
fn a_deactivation_because_employment_ended_is_a_departure() {
    let mut story = Story::hand();
    story.late(
        "2026-03-20 17:00",
        "2026-03-09 08:00",
        FactBody::Deactivated {
            cause: DeactivationCause::EmploymentEnded,
        },
    );
    let departed = |since: &str, now: &str| {
        has_departed(
            &story.facts,
            story.request.person_id,
            HERE,
            at(since),
            at(now),
        )
    };
    assert!(!departed("2026-03-01 09:00", "2026-03-20 16:59"));
    assert!(departed("2026-03-01 09:00", "2026-03-20 17:00"));
    assert!(!departed("2026-03-25 09:00", "2026-03-26 00:00"), "rehired");
}

#[test]
fn announced_ends_keep_what_was_known_then() {
    let mut story = Story::hand();
    let fact = story.late("2026-03-20 17:00", "2026-03-09 08:00", FactBody::Departed);
    let cancelled = story.fact("2026-03-15 08:00", FactBody::Cancelled { fact });
    let then = |known_at: &str| announced_ends(&story.facts, at(known_at))[0].cancelled_by;
    assert_eq!(then("2026-03-14 00:00"), None);
    assert_eq!(then("2026-03-15 08:00"), Some(cancelled));
}
