//! What else concerns licenses that nobody uses: the first login, keep requests, activity, and the list of staff.

use serde_json::{Value, json};

use super::support::*;
use crate::domain::evaluate::{Consequence, EndCause};
use crate::domain::fact::{DeactivationCause, FactBody, HoldCause, NoticeRule};
use crate::domain::license::LicenseStatus::{Active, Deactivated, Suspended, Warned};
use crate::domain::outgoing::NoticeKind;

const RULE: &str = "/license_types/end_user/inactivity";

/// HAND's policy with some members of its inactivity rule replaced.
fn with(members: &[(&str, Value)]) -> Value {
    let mut policy = hand_with(&[("/license_types/end_user/recertification", Value::Null)]);
    for (member, value) in members {
        set(&mut policy, &format!("{RULE}/{member}"), value.clone());
    }
    policy
}

fn first_login(days: u16) -> Value {
    with(&[("first_login_within", json!({ "days": days }))])
}

#[test]
fn the_first_login_is_due_by_the_end_of_the_day_after_the_return() {
    // Back since Sunday 2026-03-01; two days: through Tuesday.
    let mut story = Story::returned_under(first_login(2));
    let license = story.license("2026-03-02 09:00");
    let item = license
        .due
        .iter()
        .find(|item| item.due_on == day("2026-03-03"))
        .unwrap();
    // The reports may be late by a day.
    assert_eq!(item.consequence, Consequence::At(at("2026-03-05 00:00")));
    assert_eq!(license.look_again_at(), Some(at("2026-03-04 00:00")));
    story.turns("2026-03-05 00:00", false);
    let ended = story.license("2026-03-05 00:00");
    let end = ended.period().unwrap().end.as_ref().unwrap();
    assert_eq!(
        end.cause,
        EndCause::Deactivated(DeactivationCause::Inactivity)
    );
    assert_eq!(end.cut_off_at, Some(at("2026-03-04 00:00")));
    // A complete report settles it at once.
    story.heartbeat("2026-03-04 01:00", "2026-03-04 00:30");
    story.turns("2026-03-04 01:00", false);
}

#[test]
fn whoever_is_new_has_the_whole_limit_for_the_first_login() {
    let story = Story::licensed_under(first_login(2));
    let license = story.license("2026-03-20 09:00");
    assert!(license.allowed());
    assert!(license.first_login.is_none());
}

#[test]
fn before_its_day_the_first_login_is_only_reported() {
    let within = ("first_login_within", json!({ "days": 2 }));
    let from = ("first_login_enforced_from", json!("2026-03-10"));
    let story = Story::returned_under(with(&[within, from]));
    let license = story.license("2026-03-06 09:00");
    assert!(license.allowed());
    assert!(
        license
            .due
            .iter()
            .any(|item| item.due_on == day("2026-03-03"))
    );
    // The day begins, and the reports may be late by another.
    story.turns("2026-03-11 00:00", false);
}

#[test]
fn a_login_on_the_last_second_saves_and_one_after_it_does_not() {
    for (login, active) in [("2026-03-03 23:59:59", true), ("2026-03-04 00:00", false)] {
        let mut story = Story::returned_under(first_login(2));
        story.login(login);
        assert_eq!(
            story.license("2026-03-06 09:00").allowed(),
            active,
            "{login}"
        );
    }
    // Recorded within the lag it saves too; recorded after the end it contests it.
    let mut story = Story::returned_under(first_login(2));
    story.login_reported("2026-03-03 20:00", "2026-03-04 12:00");
    assert_eq!(story.status("2026-03-06 09:00"), Some(Active));
    let mut story = Story::returned_under(first_login(2));
    story.login_reported("2026-03-03 20:00", "2026-03-06 12:00");
    assert!(story.license("2026-03-06 12:00").contested().is_some());
}

#[test]
fn zero_days_is_the_day_of_the_return_itself() {
    let mut story = Story::returned_under(first_login(0));
    story.login("2026-03-01 20:00");
    story.fact(
        "2026-03-10 09:00",
        FactBody::Deactivated {
            cause: DeactivationCause::Requested,
        },
    );
    story.fact("2026-03-12 09:00", FactBody::Reactivated);
    assert_eq!(story.status("2026-03-13 00:00"), Some(Active));
    story.heartbeat("2026-03-13 00:10", "2026-03-13 00:05");
    story.turns("2026-03-13 00:10", false);
    // What was an error is no return.
    let mut story = Story::returned_under(first_login(0));
    story.login("2026-03-01 20:00");
    story.fact(
        "2026-03-10 09:00",
        FactBody::Deactivated {
            cause: DeactivationCause::Requested,
        },
    );
    let body = FactBody::Reinstated {
        undoes: Vec::new(),
        restores: Vec::new(),
    };
    story.fact("2026-03-12 09:00", body);
    assert_eq!(story.status("2026-03-20 09:00"), Some(Active));
}

/// Back on Thursday 2026-03-12, after somebody had asked to end it.
fn returned(policy: Value) -> Story {
    let mut story = Story::licensed_under(policy);
    story.login("2026-03-01 20:00");
    let cause = DeactivationCause::Requested;
    story.fact("2026-03-10 09:00", FactBody::Deactivated { cause });
    story.fact("2026-03-12 09:00", FactBody::Reactivated);
    story
}

#[test]
fn whoever_came_back_is_told_until_when_to_log_in_and_it_starts_no_grace() {
    let told = |story: &Story, now: &str| -> Vec<_> {
        let license = story.license(now);
        let told = license.to_tell();
        let told = told
            .iter()
            .filter(|telling| telling.kind() == NoticeKind::Return);
        told.map(|telling| (telling.subject().anchor_on, telling.names_on(at(now))))
            .collect()
    };
    let mut story = returned(first_login(1));
    let back_on = day("2026-03-12");
    let license = story.license("2026-03-12 09:00");
    assert_eq!(
        license.notice_outlook().next_at,
        Some(at("2026-03-12 09:00"))
    );
    let looked_at = license.notice_outlook_after_look().next_at;
    assert_ne!(looked_at, Some(at("2026-03-12 09:00")), "once");
    assert_eq!(
        told(&story, "2026-03-12 09:00"),
        [(back_on, day("2026-03-14"))]
    );
    assert_eq!(license.status(), Some(Active));
    assert_eq!(
        told(&story, "2026-03-13 23:59"),
        [(back_on, day("2026-03-14"))]
    );
    // The cut-off came, or somebody logged in: there is nothing to tell any more.
    assert_eq!(told(&story, "2026-03-14 00:00"), []);
    story.login("2026-03-13 09:00");
    assert_eq!(told(&story, "2026-03-13 10:00"), []);
    // Where nothing is required, nothing is told.
    assert_eq!(told(&returned(with(&[])), "2026-03-12 10:00"), []);
}

#[test]
fn the_cut_off_of_a_first_login_is_moved_to_a_business_day_where_cut_offs_are() {
    let moved = with(&[
        ("first_login_within", json!({ "days": 1 })),
        ("move_to_business_day", json!(true)),
    ]);
    // Friday the 13th is the last day; the cut-off would be on Saturday.
    let mut story = returned(moved);
    let license = story.license("2026-03-12 10:00");
    assert_eq!(license.cut_off_at, Some(at("2026-03-16 00:00")));
    assert_eq!(license.to_tell()[0].names_on(license.at), day("2026-03-16"));
    assert!(
        license
            .due
            .iter()
            .any(|item| item.due_on == day("2026-03-15"))
    );
    story.login("2026-03-15 20:00");
    assert_eq!(story.status("2026-03-18 09:00"), Some(Active));
    assert_eq!(
        returned(first_login(1)).status("2026-03-15 00:00"),
        Some(Deactivated)
    );
}

#[test]
fn a_first_login_rule_that_came_later_binds_nobody_and_a_shorter_one_not_either() {
    let mut story = Story::returned_under(with(&[]));
    story.policy("2026-03-05 00:00", first_login(2));
    assert_eq!(story.status("2026-03-20 09:00"), Some(Active));
    let mut story = Story::returned_under(first_login(10));
    story.policy("2026-03-05 00:00", first_login(2));
    assert_eq!(story.status("2026-03-11 23:00"), Some(Active));
    assert_eq!(story.status("2026-03-13 00:00"), Some(Deactivated));
    // And none is in force while no source reports logins.
    let mut story = Story::returned_under(first_login(2));
    story.sources.clear();
    assert_eq!(story.status("2026-03-20 09:00"), Some(Active));
}

#[test]
fn a_suspension_gives_the_days_of_the_first_login_again() {
    let mut story = Story::returned_under(first_login(2));
    let cause = HoldCause::Investigation;
    let hold = story.fact(
        "2026-03-02 09:00",
        FactBody::HoldOpened { cause, until: None },
    );
    assert_eq!(story.status("2026-03-10 09:00"), Some(Suspended));
    story.fact("2026-03-16 09:00", FactBody::HoldLifted { hold });
    assert_eq!(story.status("2026-03-18 23:00"), Some(Active));
    assert_eq!(story.status("2026-03-20 00:00"), Some(Deactivated));
}

/// Last login Monday 2026-03-02, warned on Thursday 04-02; one keep request is allowed.
fn warned(keep: u16) -> Story {
    let mut story = Story::licensed_under(with(&[("keep_requests", json!(keep))]));
    story.login("2026-03-02 16:00");
    story.warned("2026-04-02 09:00", "2026-04-08");
    story
}

#[test]
fn a_keep_request_stops_the_end_once_and_starts_the_clock_anew() {
    let mut story = warned(1);
    assert!(
        story
            .license("2026-04-03 09:00")
            .keep(at("2026-04-03 09:00"))
            .is_ok()
    );
    story.fact("2026-04-03 09:00", FactBody::KeepRequested);
    assert_eq!(story.status("2026-04-30 09:00"), Some(Active));
    // Day 31 after the request.
    story.warned("2026-05-04 09:00", "2026-05-10");
    assert_eq!(story.status("2026-05-04 09:00"), Some(Warned));
    let refused = story
        .license("2026-05-05 09:00")
        .keep(at("2026-05-05 09:00"));
    assert_eq!(
        refused.unwrap_err().needs,
        ["a login: the policy in force lets no further keep request stop the end until then"]
    );
    story.fact("2026-05-05 09:00", FactBody::KeepRequested);
    assert_eq!(story.status("2026-05-12 09:00"), Some(Deactivated));
    // Somebody logs in, and it may be kept again.
    let mut story = warned(1);
    story.fact("2026-04-03 09:00", FactBody::KeepRequested);
    story.login("2026-04-20 09:00");
    story.warned("2026-05-21 09:00", "2026-05-27");
    assert_eq!(story.license("2026-05-22 09:00").keeps_left, 1);
}

#[test]
fn where_the_policy_knows_no_keep_requests_none_stops_the_end() {
    let mut story = warned(0);
    assert!(
        story
            .license("2026-04-03 09:00")
            .keep(at("2026-04-03 09:00"))
            .is_err()
    );
    story.fact("2026-04-03 09:00", FactBody::KeepRequested);
    assert_eq!(story.status("2026-04-09 01:00"), Some(Deactivated));
}

#[test]
fn a_keep_request_made_in_time_and_recorded_late_contests_the_end_and_one_after_the_cut_off_does_nothing()
 {
    let mut story = warned(1);
    assert!(
        story
            .license("2026-04-10 09:00")
            .keep(at("2026-04-08 00:00"))
            .is_err()
    );
    assert!(
        story
            .license("2026-04-10 09:00")
            .keep(at("2026-04-07 23:59"))
            .is_ok()
    );
    story.late(
        "2026-04-07 23:59",
        "2026-04-10 09:00",
        FactBody::KeepRequested,
    );
    assert!(story.license("2026-04-10 09:00").contested().is_some());
    // Between the cut-off and its taking effect it is too late.
    let mut story = warned(1);
    story.fact("2026-04-08 12:00", FactBody::KeepRequested);
    assert_eq!(story.status("2026-04-09 01:00"), Some(Deactivated));
}

#[test]
fn a_keep_request_made_in_time_lifts_the_hold_of_who_is_suspended_instead() {
    let policy = with(&[
        ("keep_requests", json!(1)),
        ("off_action", json!("suspend")),
    ]);
    let mut story = Story::licensed_under(policy);
    story.login("2026-03-02 16:00");
    story.warned("2026-04-02 09:00", "2026-04-08");
    assert_eq!(story.status("2026-04-09 01:00"), Some(Suspended));
    story.late(
        "2026-04-07 12:00",
        "2026-04-10 09:00",
        FactBody::KeepRequested,
    );
    assert_eq!(story.status("2026-04-10 09:00"), Some(Active));
}

#[test]
fn an_activity_that_the_policy_names_restarts_the_clock_like_a_login() {
    let policy = with(&[("restarted_by", json!(["report_run"]))]);
    let mut story = Story::licensed_under(policy);
    story.login("2026-03-02 16:00");
    story.warned("2026-04-02 09:00", "2026-04-08");
    story.fact("2026-04-03 09:00", activity("page_view"));
    assert_eq!(story.status("2026-04-04 09:00"), Some(Warned));
    story.fact("2026-04-05 09:00", activity("report_run"));
    let license = story.license("2026-04-10 09:00");
    assert_eq!(license.status(), Some(Active));
    assert_eq!(license.last_login_at, Some(at("2026-04-05 09:00")));
}

#[test]
fn where_no_limit_is_set_a_license_without_login_is_listed() {
    let policy = with(&[
        ("off_rule", Value::Null),
        ("stale_list_after", json!({ "days": 90 })),
    ]);
    let mut story = Story::licensed_under(policy.clone());
    story.login("2026-03-02 16:00");
    let license = story.license("2026-05-01 09:00");
    let item = license
        .due
        .iter()
        .find(|item| item.rule == NoticeRule::Inactivity)
        .unwrap();
    assert_eq!(
        (item.due_on, item.consequence),
        (day("2026-05-31"), Consequence::Listed)
    );
    assert_eq!(license.listed_from, Some(at("2026-06-01 00:00")));
    assert_eq!(story.status("2026-12-01 09:00"), Some(Active));
    story.login("2026-06-02 09:00");
    let license = story.license("2026-06-02 09:00");
    assert_eq!(license.listed_from, Some(at("2026-09-01 00:00")));
    // Without a source nobody knows.
    story.sources.clear();
    assert_eq!(story.license("2026-12-01 09:00").listed_from, None);
}

#[test]
fn a_suspension_that_lasts_too_long_is_listed() {
    // HAND: 90 days, then listed.
    let mut story = Story::hand();
    let cause = HoldCause::Investigation;
    let hold = story.fact(
        "2026-03-02 09:00",
        FactBody::HoldOpened { cause, until: None },
    );
    let license = story.license("2026-03-03 09:00");
    assert_eq!(license.listed_from, Some(at("2026-06-01 00:00")));
    assert_eq!(story.status("2027-01-01 09:00"), Some(Suspended));
    story.fact("2026-04-02 09:00", FactBody::HoldLifted { hold });
    assert_ne!(
        story.license("2026-04-02 09:00").listed_from,
        Some(at("2026-06-01 00:00"))
    );
}
