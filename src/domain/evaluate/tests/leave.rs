//! Leave holds by itself, lets nothing fall due, and ends by itself on return.

use serde_json::json;

use super::support::*;
use crate::domain::evaluate::{Change, EndCause};
use crate::domain::fact::{DeactivationCause, FactBody, HoldCause, NoticeRule};
use crate::domain::ids::FactId;
use crate::domain::license::LicenseStatus::{Active, Deactivated, Suspended};
use crate::domain::requirement::{RequirementKey, Status};

fn leave(story: &mut Story, from: &str, recorded: &str, until: Option<&str>) -> FactId {
    story.late(
        from,
        recorded,
        FactBody::LeaveBegan {
            until: until.map(at),
        },
    )
}

fn back(story: &mut Story, when: &str, leave: FactId) -> FactId {
    story.fact(when, FactBody::LeaveEnded { leave })
}

fn holds(story: &Story, when: &str) -> Vec<HoldCause> {
    let license = story.license(when);
    license.open_holds().map(|hold| hold.cause).collect()
}

#[test]
fn a_leave_opens_its_hold_by_itself_and_the_return_ends_it() {
    let mut story = Story::hand();
    story.login("2026-03-09 09:00");
    let taken = leave(&mut story, "2026-03-16 00:00", "2026-03-10 09:00", None);
    assert_eq!(
        story.license("2026-03-11 00:00").next_change_at(),
        Some(at("2026-03-16 00:00"))
    );
    story.turns("2026-03-16 00:00", false);
    assert_eq!(holds(&story, "2026-03-20 00:00"), [HoldCause::Leave]);
    back(&mut story, "2026-03-30 08:00", taken);
    story.turns("2026-03-30 08:00", true);
}

#[test]
fn a_leave_with_a_named_end_is_over_without_anybody_saying_so() {
    let mut story = Story::hand();
    story.login("2026-03-09 09:00");
    leave(
        &mut story,
        "2026-03-16 00:00",
        "2026-03-10 09:00",
        Some("2026-03-30 00:00"),
    );
    let license = story.license("2026-03-20 00:00");
    assert_eq!(license.next_change_at(), Some(at("2026-03-30 00:00")));
    assert_eq!(
        license.upcoming[0].change,
        Change::Resumes(HoldCause::Leave)
    );
    story.turns("2026-03-30 00:00", true);
}

#[test]
fn an_earlier_return_than_was_named_counts() {
    let mut story = Story::hand();
    let taken = leave(
        &mut story,
        "2026-03-16 00:00",
        "2026-03-10 09:00",
        Some("2026-03-30 00:00"),
    );
    back(&mut story, "2026-03-20 08:00", taken);
    story.turns("2026-03-20 08:00", true);
    assert_eq!(story.status("2026-03-30 00:00"), Some(Active));
}

#[test]
fn a_leave_recorded_late_never_takes_access_before_its_recording() {
    let mut story = Story::hand();
    leave(&mut story, "2026-03-10 00:00", "2026-03-16 09:00", None);
    story.turns("2026-03-16 09:00", false);
}

#[test]
fn a_leave_called_off_before_it_begins_never_holds() {
    let mut story = Story::hand();
    let taken = leave(&mut story, "2026-03-16 00:00", "2026-03-10 09:00", None);
    story.fact("2026-03-12 09:00", FactBody::Cancelled { fact: taken });
    assert_eq!(story.status("2026-03-20 00:00"), Some(Active));
}

#[test]
fn a_leave_that_began_is_not_called_off() {
    let mut story = Story::hand();
    let taken = leave(&mut story, "2026-03-16 00:00", "2026-03-10 09:00", None);
    story.fact("2026-03-17 09:00", FactBody::Cancelled { fact: taken });
    assert_eq!(story.status("2026-03-20 00:00"), Some(Suspended));
}

#[test]
fn a_correction_takes_the_leave_away_at_its_recording() {
    let mut story = Story::hand();
    let taken = leave(&mut story, "2026-03-16 00:00", "2026-03-10 09:00", None);
    story.correct(
        "2026-03-18 09:00",
        taken,
        FactBody::LeaveBegan {
            until: Some(at("2026-03-19 00:00")),
        },
    );
    // The new one begins when it is recorded, and ends when it says.
    assert_eq!(story.status("2026-03-18 12:00"), Some(Suspended));
    story.turns("2026-03-19 00:00", true);

    let mut none = Story::hand();
    let taken = leave(&mut none, "2026-03-16 00:00", "2026-03-10 09:00", None);
    none.correct("2026-03-18 09:00", taken, waived("nothing", None));
    none.turns("2026-03-18 09:00", true);
}

#[test]
fn a_return_that_was_an_error_lets_the_leave_go_on() {
    let mut story = Story::hand();
    let taken = leave(&mut story, "2026-03-16 00:00", "2026-03-10 09:00", None);
    let returned = back(&mut story, "2026-03-20 08:00", taken);
    story.correct("2026-03-21 08:00", returned, waived("nothing", None));
    assert_eq!(story.status("2026-03-20 12:00"), Some(Active));
    story.turns("2026-03-21 08:00", false);
}

#[test]
fn a_license_that_begins_during_a_leave_gives_no_access_until_the_return() {
    let mut story = Story::under(hand());
    story.prepared("2026-02-20 10:00");
    leave(
        &mut story,
        "2026-02-22 00:00",
        "2026-02-21 09:00",
        Some("2026-03-10 00:00"),
    );
    story.activated("2026-03-01 09:00");
    assert_eq!(story.status("2026-03-01 09:00"), Some(Suspended));
    story.turns("2026-03-10 00:00", true);
}

#[test]
fn no_warning_is_due_during_leave_and_the_clock_restarts_on_return() {
    let mut story = Story::hand();
    story.login("2026-03-09 09:00");
    let taken = leave(&mut story, "2026-03-16 00:00", "2026-03-10 09:00", None);
    let warnable = |story: &Story, when: &str| {
        story
            .license(when)
            .upcoming
            .iter()
            .find(|next| matches!(next.change, Change::Warnable(_)))
            .map(|next| next.at)
    };
    assert_eq!(warnable(&story, "2026-03-20 00:00"), None);
    back(&mut story, "2026-03-30 08:00", taken);
    assert_eq!(
        warnable(&story, "2026-03-30 08:00"),
        Some(at("2026-04-30 00:00"))
    );
}

#[test]
fn a_warning_sent_before_the_leave_is_void() {
    let mut story = Story::hand();
    story.login("2026-03-02 09:00");
    story.warned("2026-04-02 09:00", "2026-04-08");
    leave(&mut story, "2026-04-06 00:00", "2026-04-03 09:00", None);
    assert_eq!(story.status("2026-05-01 00:00"), Some(Suspended));
}

#[test]
fn after_too_long_an_absence_the_leave_becomes_a_hold_for_inactivity() {
    let mut story = Story::hand();
    // 30 days after 2026-03-02 are over on 2026-04-02.
    story.login("2026-03-02 09:00");
    let taken = leave(&mut story, "2026-03-16 00:00", "2026-03-10 09:00", None);
    let mut within = story.clone();
    back(&mut within, "2026-04-01 23:59", taken);
    within.turns("2026-04-01 23:59", true);

    back(&mut story, "2026-04-02 00:00", taken);
    assert_eq!(
        holds(&story, "2026-04-02 00:00"),
        [HoldCause::LongInactivity]
    );
    // Cured as the ladder says for that length.
    let body = story.reactivate("2026-04-03 09:00").unwrap();
    story.fact("2026-04-03 09:00", body);
    story.turns("2026-04-03 09:00", true);
}

#[test]
fn a_named_end_after_too_long_an_absence_foretells_the_hold() {
    let mut story = Story::hand();
    story.login("2026-03-02 09:00");
    leave(
        &mut story,
        "2026-03-16 00:00",
        "2026-03-10 09:00",
        Some("2026-06-15 00:00"),
    );
    let license = story.license("2026-03-20 00:00");
    assert_eq!(
        license.upcoming[0].change,
        Change::Suspends(HoldCause::LongInactivity)
    );
    assert_eq!(
        holds(&story, "2026-06-15 00:00"),
        [HoldCause::LongInactivity]
    );
    // 105 days: policy and procedure again.
    let rejection = story.reactivate("2026-06-15 09:00").unwrap_err();
    assert_eq!(rejection.needs.len(), 1, "{rejection}");
    assert!(rejection.needs[0].contains(POLICIES), "{rejection}");
}

#[test]
fn without_a_limit_no_leave_is_too_long() {
    let mut story = Story::licensed_under(hand_with(&[(
        "/license_types/end_user/inactivity/off_rule",
        serde_json::Value::Null,
    )]));
    let taken = leave(&mut story, "2026-03-16 00:00", "2026-03-10 09:00", None);
    back(&mut story, "2026-12-01 08:00", taken);
    story.turns("2026-12-01 08:00", true);
}

/// Recertification is due on 2027-02-20, and whoever misses it is suspended.
fn due_in_february() -> Story {
    let mut story = Story::licensed_under(hand_with(&[
        (
            "/license_types/end_user/recertification/on_miss",
            json!("suspend"),
        ),
        (
            "/license_types/end_user/inactivity/off_rule",
            serde_json::Value::Null,
        ),
        ("/notices", json!({"minimum_days": {"recertification": 0}})),
    ]));
    story.login("2027-02-01 09:00");
    story
}

fn series(story: &Story, when: &str) -> (Status, Option<chrono::NaiveDate>) {
    let license = story.license(when);
    let standing = license
        .requirements
        .iter()
        .find(|standing| standing.key == RequirementKey::Course(SERIES.to_owned()))
        .unwrap();
    (standing.status, standing.due_on)
}

#[test]
fn what_lapses_during_leave_falls_due_ten_business_days_after_the_return() {
    let mut story = due_in_february();
    assert_eq!(holds(&story, "2027-02-21 00:00").len(), 2);
    let taken = leave(&mut story, "2027-02-15 00:00", "2027-02-10 09:00", None);
    assert_eq!(holds(&story, "2027-03-10 00:00"), [HoldCause::Leave]);
    // Back on Monday 2027-03-15: ten business days later is Monday 2027-03-29.
    back(&mut story, "2027-03-15 08:00", taken);
    assert_eq!(
        series(&story, "2027-03-15 08:00"),
        (Status::Met, Some(day("2027-03-29")))
    );
    story.turns("2027-03-15 08:00", true);
    story.turns("2027-03-30 00:00", false);
    assert_eq!(
        holds(&story, "2027-03-30 00:00")[0],
        HoldCause::RecertificationOverdue
    );
}

#[test]
fn what_lapsed_before_the_leave_or_on_the_day_of_the_return_does_not_move() {
    let mut before = due_in_february();
    leave(&mut before, "2027-02-21 09:00", "2027-02-10 09:00", None);
    assert!(holds(&before, "2027-02-22 00:00").contains(&HoldCause::RecertificationOverdue));
    let mut returned = due_in_february();
    leave(
        &mut returned,
        "2027-02-15 00:00",
        "2027-02-10 09:00",
        Some("2027-02-21 00:00"),
    );
    assert!(holds(&returned, "2027-02-21 00:00").contains(&HoldCause::RecertificationOverdue));
}

#[test]
fn a_leave_that_was_known_late_lifts_what_came_too_early() {
    let mut story = due_in_february();
    assert_eq!(story.status("2027-02-22 00:00"), Some(Suspended));
    leave(
        &mut story,
        "2027-02-15 00:00",
        "2027-02-23 09:00",
        Some("2027-02-22 00:00"),
    );
    story.turns("2027-02-23 09:00", true);
}

#[test]
fn a_leave_that_was_known_late_contests_an_end_by_absence() {
    let mut story = Story::hand();
    story.login("2026-03-02 09:00");
    story.heartbeat("2026-04-08 00:00", "2026-04-08 00:00");
    story.warned("2026-04-02 09:00", "2026-04-08");
    assert_eq!(story.status("2026-04-08 00:00"), Some(Deactivated));
    let late = leave(&mut story, "2026-04-04 00:00", "2026-04-10 09:00", None);
    let license = story.license("2026-04-10 09:00");
    let end = license.contested().unwrap();
    assert_eq!(
        end.cause,
        EndCause::Deactivated(DeactivationCause::Inactivity)
    );
    assert_eq!(end.open_contests(), [late]);
}

#[test]
fn a_leave_beyond_its_own_limit_ends_only_where_the_policy_says_so_and_after_notice() {
    let mut listed = Story::hand();
    leave(&mut listed, "2026-03-16 00:00", "2026-03-10 09:00", None);
    assert_eq!(listed.status("2027-06-01 00:00"), Some(Suspended));
    let mut story = Story::licensed_under(hand_with(&[(
        "/suspension",
        json!({"by_cause": {"leave": {"length": {"months": 1}, "then": "deactivate"}}}),
    )]));
    leave(&mut story, "2026-03-16 00:00", "2026-03-10 09:00", None);
    story.noticed(
        "2026-04-01 09:00",
        NoticeRule::SuspensionTooLong,
        None,
        None,
        "2026-04-17",
    );
    assert_eq!(story.status("2026-04-16 23:59"), Some(Suspended));
    assert_eq!(story.status("2026-04-17 00:00"), Some(Deactivated));
}
