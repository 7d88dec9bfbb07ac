//! The circuit breaker: what absences would bring about in a hold waits until its end.

use serde_json::{Value, json};

use super::support::*;
use crate::domain::absence_hold::AbsenceDecision;
use crate::domain::evaluate::next_absence;
use crate::domain::fact::{FactBody, NoticeRule};
use crate::domain::ids::FactId;
use crate::domain::license::LicenseStatus::{Active, Deactivated, Suspended, Warned};

fn held(story: &mut Story, from: &str, until: &str) -> FactId {
    let body = FactBody::AbsenceHeld {
        until: at(until),
        tripped: None,
    };
    story.fact(from, body)
}

fn decided(story: &mut Story, when: &str, hold: FactId, decision: AbsenceDecision) {
    story.fact(when, FactBody::AbsenceHoldDecided { hold, decision });
}

/// Last login on Monday 2026-03-02, warned on Thursday 04-02: access would end on Wednesday 04-08, and the login reports
/// are complete then.
fn warned() -> Story {
    let mut story = Story::hand();
    story.login("2026-03-02 16:00");
    story.warned("2026-04-02 09:00", "2026-04-08");
    story.heartbeat("2026-04-08 00:00", "2026-04-08 00:00");
    story
}

#[test]
fn a_cut_off_in_a_hold_moves_to_its_end_and_a_login_before_that_saves() {
    let mut story = warned();
    story.turns("2026-04-08 00:00", false);
    held(&mut story, "2026-04-07 10:00", "2026-04-10 10:00");
    story.heartbeat("2026-04-10 10:00", "2026-04-10 10:00");
    assert_eq!(story.status("2026-04-08 12:00"), Some(Warned));
    story.turns("2026-04-10 10:00", false);
    assert_eq!(story.status("2026-04-10 10:00"), Some(Deactivated));

    story.login("2026-04-09 08:00");
    assert_eq!(story.status("2026-04-10 12:00"), Some(Active));
}

#[test]
fn a_cut_off_that_only_waits_for_the_sources_is_moved_too() {
    let mut story = Story::hand();
    story.login("2026-03-02 16:00");
    story.warned("2026-04-02 09:00", "2026-04-08");
    // Nobody heard from the source: it would take effect a day after the promise.
    story.turns("2026-04-09 00:00", false);
    held(&mut story, "2026-04-08 12:00", "2026-04-11 12:00");
    assert_eq!(story.status("2026-04-09 12:00"), Some(Warned));
    story.login("2026-04-10 09:00");
    assert_eq!(story.status("2026-04-12 12:00"), Some(Active));
}

#[test]
fn what_took_effect_before_stays() {
    let mut story = warned();
    held(&mut story, "2026-04-08 00:00", "2026-04-11 00:00");
    assert_eq!(
        story.status("2026-04-08 00:00"),
        Some(Warned),
        "recorded at that very instant"
    );
    let mut story = warned();
    held(&mut story, "2026-04-08 00:01", "2026-04-11 00:00");
    assert_eq!(story.status("2026-04-08 00:00"), Some(Deactivated));
    assert_eq!(story.status("2026-04-09 00:00"), Some(Deactivated));
}

#[test]
fn staff_let_it_proceed_or_stop_it() {
    let mut story = warned();
    let hold = held(&mut story, "2026-04-07 10:00", "2026-04-10 10:00");
    let mut stopped = story.clone();
    story.heartbeat("2026-04-08 09:00", "2026-04-08 09:00");
    decided(
        &mut story,
        "2026-04-08 09:00",
        hold,
        AbsenceDecision::Proceed,
    );
    story.turns("2026-04-08 09:00", false);

    decided(
        &mut stopped,
        "2026-04-09 09:00",
        hold,
        AbsenceDecision::Stop,
    );
    let license = stopped.license("2026-05-20 09:00");
    assert_eq!(license.status(), Some(Warned));
    assert_eq!(license.cut_off_at, None);
    stopped.heartbeat("2026-05-21 09:00", "2026-05-21 09:00");
    decided(
        &mut stopped,
        "2026-05-21 09:00",
        hold,
        AbsenceDecision::Proceed,
    );
    stopped.turns("2026-05-21 09:00", false);
}

#[test]
fn warnings_wait_too_and_are_given_after_the_hold() {
    let mut story = Story::hand();
    story.login("2026-03-02 16:00");
    story.heartbeat("2026-04-02 00:00", "2026-04-02 00:00");
    assert_eq!(story.license("2026-04-02 09:00").to_tell().len(), 1);
    held(&mut story, "2026-04-01 10:00", "2026-04-04 10:00");
    let license = story.license("2026-04-02 09:00");
    assert_eq!(license.to_tell(), []);
    assert_eq!(
        license.notice_outlook_after_look().next_warning_at,
        Some(at("2026-04-04 10:00"))
    );
    let after = story.license("2026-04-04 10:00");
    assert_eq!(after.to_tell().len(), 1);
}

#[test]
fn terms_and_obligations_wait_but_suspensions_that_last_too_long_do_not() {
    let policy = hand_with(&[
        ("/license_types/end_user/inactivity/off_rule", Value::Null),
        (
            "/license_types/end_user/recertification/on_miss",
            json!("suspend"),
        ),
    ]);
    let mut story = Story::licensed_under(policy);
    let key = format!("course:{SERIES}");
    story.noticed(
        "2027-02-10 09:00",
        NoticeRule::Recertification,
        None,
        Some(&key),
        "2027-02-21",
    );
    story.turns("2027-02-21 00:00", false);
    held(&mut story, "2027-02-20 10:00", "2027-02-22 10:00");
    story.turns("2027-02-22 10:00", false);
    assert_eq!(story.status("2027-02-22 10:00"), Some(Suspended));
    story.passed("2027-02-21 12:00", SERIES);
    assert_eq!(story.status("2027-02-22 12:00"), Some(Active));
}

#[test]
fn what_waited_or_was_approved_is_not_counted_again() {
    let mut story = warned();
    let next = |story: &Story, now: &str| story.license(now).next_absence_at;
    assert_eq!(
        next(&story, "2026-04-07 09:00"),
        Some(at("2026-04-08 00:00"))
    );
    let mut approved = story.clone();
    let body = FactBody::BatchApproved {
        rule: NoticeRule::Inactivity,
        on: day("2026-04-08"),
    };
    approved.fact("2026-04-06 09:00", body);
    assert_eq!(next(&approved, "2026-04-07 09:00"), None);
    let mut other = story.clone();
    let body = FactBody::BatchApproved {
        rule: NoticeRule::Term,
        on: day("2026-04-08"),
    };
    other.fact("2026-04-06 09:00", body);
    assert_eq!(
        next(&other, "2026-04-07 09:00"),
        Some(at("2026-04-08 00:00"))
    );
    held(&mut story, "2026-04-07 10:00", "2026-04-10 10:00");
    assert_eq!(next(&story, "2026-04-07 11:00"), None);
    assert_eq!(
        next(&Story::hand(), "2026-03-05 09:00"),
        None,
        "nothing is promised"
    );
}

#[test]
fn a_login_that_came_too_late_for_the_promised_cut_off_saves_before_the_moved_one() {
    let mut story = Story::hand();
    story.login("2026-03-02 16:00");
    story.warned("2026-04-02 09:00", "2026-04-08");
    story.login("2026-04-08 00:30");
    let mut held_after = story.clone();
    held(&mut held_after, "2026-04-08 12:00", "2026-04-11 12:00");
    assert_eq!(held_after.status("2026-04-12 12:00"), Some(Active));
    assert_eq!(story.status("2026-04-12 12:00"), Some(Deactivated));
}

#[test]
fn a_second_hold_catches_what_waits_for_the_login_reports_after_the_first() {
    let mut story = Story::hand();
    story.login("2026-03-02 16:00");
    story.warned("2026-04-02 09:00", "2026-04-08");
    held(&mut story, "2026-04-07 10:00", "2026-04-10 10:00");
    held(&mut story, "2026-04-10 11:00", "2026-04-13 11:00");
    assert_eq!(story.status("2026-04-12 12:00"), Some(Warned));
    story.turns("2026-04-14 11:00", false);
}

#[test]
fn what_comes_to_act_only_in_a_hold_waits_for_its_end() {
    let policy = |on_miss: &str| {
        hand_with(&[
            ("/license_types/end_user/inactivity/off_rule", Value::Null),
            (
                "/license_types/end_user/recertification/on_miss",
                json!(on_miss),
            ),
        ])
    };
    let mut story = Story::licensed_under(policy("list"));
    let key = format!("course:{SERIES}");
    story.noticed(
        "2027-02-10 09:00",
        NoticeRule::Recertification,
        None,
        Some(&key),
        "2027-02-21",
    );
    story.policy("2027-03-02 10:00", policy("suspend"));
    story.turns("2027-03-02 10:00", false);
    held(&mut story, "2027-03-02 09:00", "2027-03-04 09:00");
    assert_eq!(story.status("2027-03-03 09:00"), Some(Active));
    story.turns("2027-03-04 09:00", false);
}

fn counted(story: &Story, now: &str) -> Option<crate::domain::calendar::Instant> {
    next_absence(&story.case(), &story.license(now), at(now))
}

#[test]
fn what_a_version_brings_about_is_counted_before_it_begins() {
    let policy = |on_miss: &str| {
        hand_with(&[
            ("/license_types/end_user/inactivity/off_rule", Value::Null),
            (
                "/license_types/end_user/recertification/on_miss",
                json!(on_miss),
            ),
            ("/notices", json!({"minimum_days": {"recertification": 0}})),
        ])
    };
    // Overdue since 21 February, and only listed.
    let mut story = Story::licensed_under(policy("list"));
    assert_eq!(counted(&story, "2027-03-01 09:00"), None);
    story.policy("2027-03-02 10:00", policy("suspend"));
    story.turns("2027-03-02 10:00", false);
    assert_eq!(counted(&story, "2027-03-01 09:59"), None, "not known yet");
    let begins = Some(at("2027-03-02 10:00"));
    assert_eq!(counted(&story, "2027-03-01 10:00"), begins);
    // Whoever approved the batch, or held it, is not asked again.
    let mut approved = story.clone();
    let body = FactBody::BatchApproved {
        rule: NoticeRule::Recertification,
        on: day("2027-03-02"),
    };
    approved.fact("2027-03-01 10:00", body);
    assert_eq!(counted(&approved, "2027-03-01 11:00"), None);
    held(&mut story, "2027-03-01 12:00", "2027-03-04 12:00");
    assert_eq!(counted(&story, "2027-03-01 12:00"), None);
}

#[test]
fn every_rule_of_absences_is_counted_and_a_campaign_whose_batch_is_approved_is_not() {
    let no_limit = ("/license_types/end_user/inactivity/off_rule", Value::Null);
    // Recertification, told in time.
    let mut story = Story::licensed_under(hand_with(std::slice::from_ref(&no_limit)));
    let key = format!("course:{SERIES}");
    let rule = NoticeRule::Recertification;
    story.noticed("2027-02-10 09:00", rule, None, Some(&key), "2027-02-21");
    assert_eq!(
        counted(&story, "2027-02-20 09:00"),
        Some(at("2027-02-21 00:00"))
    );
    // An agreement that runs out.
    let year = json!({"kind": "rolling", "length": {"months": 12}});
    let mut story = Story::licensed_under(hand_with(&[
        no_limit,
        ("/license_types/end_user/recertification", Value::Null),
        ("/agreements/user_agreement/validity", year),
    ]));
    let rule = NoticeRule::Agreement;
    let key = "agreement:user_agreement";
    story.noticed("2027-02-10 09:00", rule, None, Some(key), "2027-02-21");
    assert_eq!(
        counted(&story, "2027-02-20 09:00"),
        Some(at("2027-02-21 00:00"))
    );
}
