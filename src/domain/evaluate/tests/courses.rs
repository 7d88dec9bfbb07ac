//! Recertification, and evidence that lapses.

use serde_json::{Value, json};

use super::support::*;
use crate::domain::evaluate::{Consequence, EndCause, Evaluation};
use crate::domain::fact::{DeactivationCause, FactBody, HoldCause, NoticeRule};
use crate::domain::license::LicenseStatus::{Active, Deactivated, Suspended};
use crate::domain::requirement::{RequirementKey, Standing, Status};

fn series(license: &Evaluation) -> &Standing {
    license
        .requirements
        .iter()
        .find(|standing| standing.key == RequirementKey::Course(SERIES.to_owned()))
        .unwrap()
}

fn noticed(story: &mut Story, when: &str, named_on: &str) {
    story.noticed(when, NoticeRule::Recertification, None, None, named_on);
}

#[test]
fn rolling_counts_from_the_last_pass_also_before_activation() {
    let story = Story::hand();
    let license = story.license("2026-05-01 00:00");
    assert_eq!(series(&license).due_on, Some(day("2027-02-20")));
    assert_eq!(series(&license).status, Status::Met);
}

#[test]
fn rolling_counts_from_activation_only_without_any_pass() {
    let mut story = Story::under(hand());
    story.executed("2026-02-20 10:00", "1");
    story.activated("2026-03-01 09:00");
    let license = story.license("2026-05-01 00:00");
    assert_eq!(series(&license).due_on, Some(day("2027-03-01")));
    assert_eq!(series(&license).status, Status::Due);
}

#[test]
fn a_pass_before_activation_may_already_be_overdue() {
    let mut story = Story::under(hand());
    story.executed("2026-02-20 10:00", "1");
    story.passed("2024-01-10 09:00", SERIES);
    story.passed("2026-01-10 09:00", POLICIES);
    story.activated("2026-03-01 09:00");
    let license = story.license("2026-03-01 09:00");
    assert_eq!(series(&license).due_on, Some(day("2025-01-10")));
    assert_eq!(series(&license).status, Status::Overdue);
    assert!(license.allowed(), "a notice is needed first");
}

#[test]
fn a_miss_deactivates_only_after_the_shortest_notice() {
    let mut story = Story::hand();
    assert_eq!(story.status("2027-06-01 00:00"), Some(Active));
    noticed(&mut story, "2027-06-01 09:00", "2027-06-02");
    story.turns("2027-06-07 00:00", false);
    let license = story.license("2027-06-07 00:00");
    assert_eq!(
        license.period().unwrap().end.as_ref().unwrap().cause,
        EndCause::Deactivated(DeactivationCause::RecertificationOverdue)
    );
}

#[test]
fn a_minimum_of_0_needs_no_notice() {
    let policy = hand_with(&[("/notices", json!({"minimum_days": {"recertification": 0}}))]);
    let story = Story::licensed_under(policy);
    story.turns("2027-02-21 00:00", false);
    assert_eq!(
        story.license("2026-05-01 00:00").next_change_at(),
        Some(at("2027-02-21 00:00"))
    );
}

#[test]
fn the_stated_minimum_counts_from_the_sending() {
    let policy = hand_with(&[("/notices", json!({"minimum_days": {"recertification": 14}}))]);
    let mut story = Story::licensed_under(policy);
    noticed(&mut story, "2027-02-15 23:59", "2027-02-21");
    story.turns("2027-03-02 00:00", false);
}

#[test]
fn a_miss_may_suspend_until_it_is_done() {
    let policy = hand_with(&[(
        "/license_types/end_user/recertification/on_miss",
        json!("suspend"),
    )]);
    let mut story = Story::licensed_under(policy);
    noticed(&mut story, "2027-01-20 09:00", "2027-02-21");
    story.turns("2027-02-21 00:00", false);
    let license = story.license("2027-02-22 00:00");
    assert_eq!(license.status(), Some(Suspended));
    // One hold for each missed course; each is cured by its own.
    assert_eq!(license.open_holds().count(), 2);
    story.passed("2027-02-23 09:00", SERIES);
    assert_eq!(story.license("2027-02-23 09:00").open_holds().count(), 1);
    story.passed("2027-02-24 09:00", POLICIES);
    story.turns("2027-02-24 09:00", true);
}

#[test]
fn a_miss_may_only_be_listed() {
    let policy = hand_with(&[(
        "/license_types/end_user/recertification/on_miss",
        json!("list"),
    )]);
    let mut story = Story::licensed_under(policy);
    noticed(&mut story, "2027-01-20 09:00", "2027-02-21");
    let license = story.license("2028-01-01 00:00");
    assert!(license.allowed());
    let item = license
        .due
        .iter()
        .find(|item| item.requirement.as_ref() == Some(&series(&license).key))
        .unwrap();
    assert_eq!(item.consequence, Consequence::Listed);
}

#[test]
fn an_early_pass_counts_only_in_its_window_and_may_keep_the_old_date() {
    let schedule = |window: Value| {
        let mut schedule = json!({"kind": "rolling", "months": 6, "counts_from": "old_due_date"});
        if !window.is_null() {
            schedule["early_window"] = window;
        }
        hand_with(&[("/license_types/end_user/recertification/schedule", schedule)])
    };
    // First due on 2026-08-20; terms repeat from the first day.
    for (window, pass, due) in [
        (json!({"days": 30}), "2026-07-20 09:00", "2026-08-20"),
        (json!({"days": 30}), "2026-07-21 09:00", "2027-02-20"),
        (Value::Null, "2026-04-01 09:00", "2027-02-20"),
        (json!({"days": 30}), "2026-09-05 09:00", "2027-03-05"),
    ] {
        let mut story = Story::licensed_under(schedule(window));
        story.passed(pass, SERIES);
        let license = story.license("2026-09-06 00:00");
        assert_eq!(series(&license).due_on, Some(day(due)), "{pass}");
    }
}

#[test]
fn repeated_terms_count_from_the_first_day_not_from_a_clamped_one() {
    let policy = hand_with(&[(
        "/license_types/end_user/recertification/schedule",
        json!({"kind": "rolling", "months": 6, "counts_from": "old_due_date"}),
    )]);
    let mut story = Story::under(policy);
    story.executed("2026-08-31 09:00", "1");
    story.passed("2026-08-31 09:00", SERIES);
    story.activated("2026-09-01 09:00");
    assert_eq!(
        series(&story.license("2026-09-02 00:00")).due_on,
        Some(day("2027-02-28"))
    );
    story.passed("2027-02-20 09:00", SERIES);
    assert_eq!(
        series(&story.license("2027-02-21 00:00")).due_on,
        Some(day("2027-08-31"))
    );
}

#[test]
fn some_distinct_courses_of_a_list() {
    let policy = hand_with(&[(
        "/license_types/end_user/recertification/items",
        json!([{"kind": "courses_of", "count": 2,
                "courses": [SERIES, POLICIES, "data_quality"]}]),
    )]);
    let mut story = Story::licensed_under(policy);
    let due = |story: &Story| {
        let license = story.license("2027-06-01 00:00");
        license
            .requirements
            .iter()
            .find(|standing| standing.key == RequirementKey::CoursesOf(0))
            .unwrap()
            .due_on
    };
    assert_eq!(due(&story), Some(day("2027-02-20")));
    story.passed("2026-12-01 09:00", "data_quality");
    story.passed("2026-12-02 09:00", "data_quality");
    assert_eq!(
        due(&story),
        Some(day("2027-02-20")),
        "one course twice is one"
    );
    story.passed("2026-12-10 09:00", SERIES);
    assert_eq!(due(&story), Some(day("2027-12-10")));
}

#[test]
fn a_fail_after_a_pass_does_not_cancel_the_pass() {
    let mut story = Story::hand();
    story.fact("2026-04-01 09:00", failed(SERIES));
    assert_eq!(
        series(&story.license("2026-05-01 00:00")).status,
        Status::Met
    );
}

#[test]
fn a_pass_in_time_recorded_after_the_end_contests_it() {
    let mut story = Story::hand();
    noticed(&mut story, "2027-01-20 09:00", "2027-02-21");
    assert_eq!(story.status("2027-02-21 00:00"), Some(Deactivated));
    // The series was the first missed; a pass after the end is no ground.
    story.late("2027-02-21 09:00", "2027-02-25 09:00", passed(SERIES));
    let end = |story: &Story| story.license("2027-03-01 00:00").periods[0].end.clone();
    assert_eq!(end(&story).unwrap().contested_by, []);
    let late = story.late("2027-02-19 09:00", "2027-02-26 09:00", passed(SERIES));
    assert_eq!(end(&story).unwrap().contested_by, [late]);
}

#[test]
fn a_correction_that_takes_the_evidence_away_suspends_until_it_is_met_again() {
    let mut story = Story::hand();
    let pass = story
        .facts
        .iter()
        .find(|fact| fact.body == passed(SERIES))
        .unwrap()
        .id;
    let correction = story.correct("2026-04-01 09:00", pass, failed(SERIES));
    story.turns("2026-04-01 09:00", false);
    let license = story.license("2026-04-02 00:00");
    let causes: Vec<_> = license.open_holds().map(|hold| hold.cause).collect();
    assert_eq!(causes, [HoldCause::EvidenceWithdrawn]);

    let mut again = story.clone();
    again.passed("2026-04-05 09:00", SERIES);
    again.turns("2026-04-05 09:00", true);

    // Withdrawing the correction revives what it replaced.
    story.correct("2026-04-06 09:00", correction, FactBody::Withdrawn);
    story.turns("2026-04-06 09:00", true);
}

#[test]
fn a_reactivation_needs_what_the_last_period_owed_to_be_current() {
    let mut story = Story::hand();
    story.login("2027-02-01 09:00");
    noticed(&mut story, "2027-01-20 09:00", "2027-02-21");
    let rejection = story.reactivate("2027-03-01 00:00").unwrap_err();
    assert_eq!(rejection.state, "deactivated");
    assert_eq!(rejection.action, "reactivate");
    assert_eq!(rejection.needs.len(), 2, "{rejection}");
    story.passed("2027-03-02 09:00", SERIES);
    story.passed("2027-03-02 09:00", POLICIES);
    assert!(story.reactivate("2027-03-03 00:00").is_ok());
}

#[test]
fn a_fail_after_a_pass_cancels_no_recertification() {
    // Rolling recertification counts from the last passed completion, whatever was tried since.
    let mut story = Story::hand();
    story.passed("2027-02-10 09:00", SERIES);
    story.fact("2027-02-20 09:00", failed(SERIES));
    let license = story.license("2027-02-22 09:00");
    let found = license
        .requirements
        .iter()
        .find(|standing| standing.key.to_string() == format!("course:{SERIES}"))
        .unwrap();
    assert_eq!(found.due_on, Some(day("2028-02-10")));
    assert!(!found.status.is_open());
}
