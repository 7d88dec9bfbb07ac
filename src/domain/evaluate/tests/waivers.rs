//! Waivers, and what happens when they run out.

use serde_json::json;

use super::support::*;
use crate::domain::evaluate::{Consequence, Evaluation};
use crate::domain::fact::{HoldCause, NoticeRule};
use crate::domain::requirement::{RequirementKey, Standing, Status};

const KEY: &str = "course:hmis_user_training_series";

fn series(license: &Evaluation) -> &Standing {
    license
        .requirements
        .iter()
        .find(|standing| standing.key == RequirementKey::Course(SERIES.to_owned()))
        .unwrap()
}

/// Activated on a waiver of the series.
fn on_a_waiver(until_on: Option<&str>) -> Story {
    let policy = hand_with(&[(
        "/license_types/end_user/recertification/on_miss",
        json!("suspend"),
    )]);
    let mut story = Story::under(policy);
    story.executed("2026-02-20 10:00", "1");
    story.passed("2026-02-20 10:00", POLICIES);
    story.fact("2026-02-20 11:00", waived(KEY, until_on));
    story.activated("2026-03-01 09:00");
    story
}

#[test]
fn a_waiver_that_runs_out_unmet_acts_as_a_missed_recertification_after_notice() {
    let mut story = on_a_waiver(Some("2026-05-31"));
    let license = story.license("2026-05-31 23:59");
    assert_eq!(series(&license).status, Status::Waived);
    assert_eq!(license.next_change_at(), Some(at("2026-06-01 00:00")));
    let license = story.license("2026-06-01 00:00");
    assert_eq!(series(&license).status, Status::Overdue);
    assert!(license.allowed());
    let item = license
        .due
        .iter()
        .find(|item| item.rule == NoticeRule::Waiver)
        .unwrap();
    assert_eq!(
        (item.due_on, item.consequence),
        (day("2026-05-31"), Consequence::AwaitsNotice)
    );
    story.noticed(
        "2026-06-10 09:00",
        NoticeRule::Waiver,
        None,
        Some(KEY),
        "2026-06-16",
    );
    story.turns("2026-06-16 00:00", false);
    let license = story.license("2026-06-16 00:00");
    let hold = license.open_holds().next().unwrap();
    assert_eq!(hold.cause, HoldCause::RecertificationOverdue);
    story.passed("2026-06-20 09:00", SERIES);
    story.turns("2026-06-20 09:00", true);
}

#[test]
fn a_waiver_without_an_end_covers_for_ever() {
    let story = on_a_waiver(None);
    let license = story.license("2036-01-01 00:00");
    assert_eq!(series(&license).status, Status::Waived);
}

#[test]
fn the_longest_waiver_counts() {
    let mut story = on_a_waiver(Some("2026-05-31"));
    story.fact("2026-05-01 09:00", waived(KEY, Some("2026-08-31")));
    let license = story.license("2026-07-01 00:00");
    assert_eq!(series(&license).status, Status::Waived);
    assert_eq!(series(&license).due_on, Some(day("2026-08-31")));
}

#[test]
fn a_waiver_that_ran_out_before_the_requirement_was_due_covers_nothing() {
    let mut story = on_a_waiver(Some("2026-05-31"));
    story.passed("2026-05-20 09:00", SERIES);
    let license = story.license("2027-06-01 00:00");
    let item = license
        .due
        .iter()
        .find(|item| item.requirement.as_ref() == Some(&series(&license).key))
        .unwrap();
    assert_eq!(item.rule, NoticeRule::Recertification);
    assert_eq!(item.due_on, day("2027-05-20"));
}

#[test]
fn a_course_that_counts_for_ever_is_owed_once_its_waiver_ran_out() {
    let policy = hand_with(&[
        (
            "/license_types/end_user/recertification/items",
            json!([{"kind": "course", "course": POLICIES}]),
        ),
        (
            "/license_types/end_user/recertification/on_miss",
            json!("suspend"),
        ),
    ]);
    let mut story = on_a_waiver(Some("2026-05-31"));
    story.policies.clear();
    story.policy("2015-01-01 00:00", policy);
    let license = story.license("2026-07-01 00:00");
    assert_eq!(series(&license).status, Status::Overdue);
    story.passed("2026-07-02 00:00", SERIES);
    let license = story.license("2036-07-02 00:00");
    assert_eq!(series(&license).status, Status::Met);
    assert_eq!(series(&license).due_on, None);
}

#[test]
fn a_waiver_of_another_organization_covers_nothing_here() {
    let mut story = on_a_waiver(Some("2026-05-31"));
    story.fact("2026-05-01 09:00", waived(KEY, None));
    story.facts.last_mut().unwrap().organization_id = Some(ELSEWHERE);
    let license = story.license("2026-06-01 00:00");
    assert_eq!(series(&license).status, Status::Overdue);
}

#[test]
fn a_waiver_that_takes_over_on_the_day_keeps_the_license() {
    let mut story = Story::hand();
    story.fact("2027-01-10 09:00", waived(KEY, Some("2027-06-30")));
    story.noticed(
        "2027-01-20 09:00",
        NoticeRule::Recertification,
        None,
        Some(KEY),
        "2027-02-21",
    );
    let license = story.license("2027-02-21 00:00");
    assert!(license.allowed());
    assert_eq!(series(&license).status, Status::Waived);
    assert!(
        story.license("2027-07-31 00:00").allowed(),
        "no notice of the waiver"
    );
}

#[test]
fn a_waiver_corrected_away_holds_the_license_until_it_is_met_or_waived() {
    let mut story = on_a_waiver(None);
    let waiver = story
        .facts
        .iter()
        .find(|fact| fact.body == waived(KEY, None));
    let waiver = waiver.unwrap().id;
    let policies = format!("course:{POLICIES}");
    story.correct("2026-03-10 09:00", waiver, waived(&policies, None));
    story.turns("2026-03-10 09:00", false);
    let license = story.license("2026-03-10 09:00");
    let hold = license.open_holds().next().unwrap();
    assert_eq!(hold.cause, HoldCause::EvidenceWithdrawn);
    let mut waived_again = story.clone();
    waived_again.fact("2026-03-11 09:00", waived(KEY, None));
    waived_again.turns("2026-03-11 09:00", true);
    story.passed("2026-03-12 09:00", SERIES);
    story.turns("2026-03-12 09:00", true);
    // A correction that still waives it takes nothing.
    let mut dated = on_a_waiver(None);
    dated.correct("2026-03-10 09:00", waiver, waived(KEY, Some("2026-06-30")));
    assert!(dated.license("2026-03-10 09:00").allowed());
}
