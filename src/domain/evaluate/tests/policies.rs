//! Rules change; what was announced stands.

use serde_json::{Value, json};

use super::support::*;
use crate::domain::evaluate::{Change, LicenseState};
use crate::domain::fact::NoticeRule;
use crate::domain::license::LicenseStatus::{Active, Warned};
use crate::domain::requirement::Status;

const OFF_RULE: &str = "/license_types/end_user/inactivity/off_rule";

fn limited(limit: u16, grace: u16) -> Value {
    hand_with(&[(
        OFF_RULE,
        json!({
            "limit": {"days": limit},
            "steps": [{"after": {"days": limit}, "tells": ["user"]}],
            "grace": {"days": grace},
        }),
    )])
}

fn cut_off(story: &Story, now: &str) -> Option<crate::domain::calendar::Instant> {
    match story.license(now).state {
        Some(LicenseState::Warned(warning)) => warning.cut_off_at,
        other => panic!("not warned: {other:?}"),
    }
}

fn warned() -> Story {
    let mut story = Story::hand();
    story.login("2026-03-02 16:00");
    story.warned("2026-04-02 09:00", "2026-04-08");
    story
}

#[test]
fn a_lengthened_limit_brings_warned_people_back_and_voids_for_good() {
    let mut story = warned();
    story.policy("2026-04-04 00:00", limited(60, 5));
    assert_eq!(
        story.license("2026-04-03 00:00").next_change_at(),
        Some(at("2026-04-04 00:00"))
    );
    story.turns_status("2026-04-04 00:00", Warned, Active);
    story.policy("2026-04-06 00:00", limited(30, 5));
    assert_eq!(story.status("2026-05-01 00:00"), Some(Active));
}

#[test]
fn a_limit_lengthened_by_less_than_the_absence_leaves_the_warning() {
    // Over 30 days since Thursday 2 April, and over 31 since the 3rd.
    let mut story = warned();
    story.policy("2026-04-04 00:00", limited(31, 5));
    assert_eq!(
        cut_off(&story, "2026-04-05 00:00"),
        Some(at("2026-04-08 00:00"))
    );
    // At its start still inside the longer one: void, and a new notice with full grace is needed.
    let mut story = warned();
    story.policy("2026-04-02 12:00", limited(31, 5));
    assert_eq!(story.status("2026-04-02 12:00"), Some(Active));
    assert_eq!(story.status("2026-05-01 00:00"), Some(Active));
}

#[test]
fn announced_deadlines_are_never_shortened() {
    let mut story = warned();
    story.policy("2026-04-04 00:00", limited(30, 1));
    assert_eq!(
        cut_off(&story, "2026-04-05 00:00"),
        Some(at("2026-04-08 00:00"))
    );
}

#[test]
fn a_longer_grace_does_not_reach_notices_sent_before() {
    let mut story = warned();
    story.policy("2026-04-04 00:00", limited(30, 20));
    assert_eq!(
        cut_off(&story, "2026-04-05 00:00"),
        Some(at("2026-04-08 00:00"))
    );
}

#[test]
fn a_shortened_limit_makes_warnable_and_ends_nothing_without_notice() {
    let mut story = Story::hand();
    story.login("2026-03-02 16:00");
    story.policy("2026-03-20 00:00", limited(10, 5));
    assert_eq!(story.status("2026-04-30 00:00"), Some(Active));
    story.warned("2026-03-20 09:00", "2026-03-26");
    assert_eq!(
        cut_off(&story, "2026-03-21 00:00"),
        Some(at("2026-03-26 00:00"))
    );
}

#[test]
fn a_notice_counts_only_under_every_rule_since_its_sending() {
    let mut story = Story::hand();
    story.login("2026-03-02 16:00");
    // Sent under the longer limit, recorded under the shorter one.
    story.policy("2026-03-20 00:00", limited(10, 5));
    story.late(
        "2026-03-19 23:00",
        "2026-03-20 09:00",
        notice(NoticeRule::Inactivity, Some(0), None, day("2026-03-26")),
    );
    assert_eq!(story.status("2026-03-20 09:00"), Some(Active));
}

#[test]
fn without_steps_the_full_new_limit_runs_from_the_version_that_shortened_it() {
    let mut story = Story::licensed_under(silent(Some(90)));
    story.login("2026-03-02 16:00");
    story.policy("2026-04-20 00:00", silent(Some(30)));
    // Leaves the rule unchanged, so it starts nothing.
    story.policy("2026-05-01 00:00", silent(Some(30)));
    story.heartbeat("2026-05-21 00:00", "2026-05-21 00:00");
    story.turns("2026-05-21 00:00", false);
}

/// No steps, no notice, and a limit where there is one.
fn silent(limit: Option<u16>) -> Value {
    let rule = limit.map_or(
        Value::Null,
        |limit| json!({"limit": {"days": limit}, "grace": {"days": 0}}),
    );
    hand_with(&[
        (OFF_RULE, rule),
        ("/notices", json!({"minimum_days": {"inactivity": 0}})),
    ])
}

#[test]
fn the_limit_runs_in_full_from_what_last_shortened_or_introduced_it() {
    for (versions, ends) in [
        // Longer, then shorter again.
        (
            [
                ("2026-03-20 00:00", Some(60)),
                ("2026-04-20 00:00", Some(30)),
            ],
            "2026-05-21 00:00",
        ),
        // Shorter, then somewhat longer: that starts nothing.
        (
            [
                ("2026-03-20 00:00", Some(20)),
                ("2026-04-01 00:00", Some(25)),
            ],
            "2026-04-15 00:00",
        ),
        // Gone, then introduced again.
        (
            [("2026-03-20 00:00", None), ("2026-04-20 00:00", Some(90))],
            "2026-07-20 00:00",
        ),
    ] {
        let mut story = Story::licensed_under(silent(Some(30)));
        story.login("2026-03-02 16:00");
        for (from, limit) in versions {
            story.policy(from, silent(limit));
        }
        story.heartbeat(ends, ends);
        story.turns(ends, false);
    }
}

/// The organization joins a group on a local day, to which other rules apply.
fn joins(mut policy: Value, from_on: &str, changes: Value) -> Value {
    set(
        &mut policy,
        "/organization_groups",
        json!({"north": {"title": "North", "members": [
            {"organization_id": HERE.0, "from_on": from_on},
        ]}}),
    );
    set(
        &mut policy,
        "/overrides",
        json!([{"group": "north", "changes": changes}]),
    );
    policy
}

#[test]
fn a_shorter_limit_of_a_group_runs_in_full_from_the_day_of_joining_it() {
    let shorter = json!({"license_types": {"end_user": {"inactivity": {"off_rule": {"limit": {"days": 30}}}}}});
    let mut story = Story::licensed_under(joins(silent(Some(90)), "2026-04-20", shorter));
    story.login("2026-03-02 16:00");
    story.heartbeat("2026-05-21 00:00", "2026-05-21 00:00");
    story.turns("2026-05-21 00:00", false);
}

fn stepped(steps: &[u16]) -> Value {
    let steps: Vec<Value> = steps
        .iter()
        .map(|days| json!({"after": {"days": days}, "tells": ["user"]}))
        .collect();
    hand_with(&[(
        OFF_RULE,
        json!({"limit": {"days": 30}, "steps": steps, "grace": {"days": 5}}),
    )])
}

#[test]
fn whoever_was_told_of_one_of_several_steps_is_told_anew_where_rules_with_fewer_make_it_the_last() {
    let fewer = json!({"license_types": {"end_user": {"inactivity": {"off_rule": {
        "steps": [{"after": {"days": 20}, "tells": ["user"]}],
    }}}}});
    for (first, then, step) in [
        (stepped(&[20, 30]), Some(stepped(&[20])), Some(0)),
        (stepped(&[20, 30]), Some(stepped(&[])), None),
        (
            joins(stepped(&[20, 30]), "2026-03-27", fewer),
            None,
            Some(0),
        ),
    ] {
        let mut story = Story::licensed_under(first);
        story.login("2026-03-02 16:00");
        story.heartbeat("2026-03-23 08:00", "2026-03-23 08:00");
        let early = story.warned("2026-03-23 09:00", "2026-04-07");
        assert_eq!(cut_off(&story, "2026-03-24 00:00"), None);
        assert_eq!(story.license("2026-03-26 09:00").to_tell(), []);
        if let Some(then) = then {
            story.policy("2026-03-27 00:00", then);
        }
        story.heartbeat("2026-03-28 08:00", "2026-03-28 08:00");
        let license = story.license("2026-03-28 09:00");
        assert_eq!(license.status(), Some(Warned));
        let told: Vec<_> = license
            .to_tell()
            .iter()
            .map(|telling| (telling.needed.step, telling.names_on(license.at)))
            .collect();
        // Whoever was told the 7th has until then.
        assert_eq!(told, [(step, day("2026-04-07"))]);
        story.noticed(
            "2026-03-28 09:00",
            NoticeRule::Inactivity,
            step,
            None,
            "2026-04-07",
        );
        let license = story.license("2026-03-28 10:00");
        assert_eq!(license.to_tell(), []);
        assert_eq!(license.counting.contains(&early), step.is_none());
        assert_eq!(
            cut_off(&story, "2026-03-29 00:00"),
            Some(at("2026-04-07 00:00"))
        );
        story.heartbeat("2026-04-07 00:00", "2026-04-07 00:00");
        story.turns("2026-04-07 00:00", false);
    }
}

#[test]
fn whoever_was_told_of_the_last_step_is_told_no_more_where_new_rules_have_more_steps() {
    let mut story = Story::licensed_under(stepped(&[30]));
    story.login("2026-03-02 16:00");
    story.heartbeat("2026-04-02 08:00", "2026-04-02 08:00");
    story.warned("2026-04-02 09:00", "2026-04-08");
    story.policy("2026-04-04 00:00", stepped(&[20, 30]));
    assert_eq!(story.license("2026-04-04 09:00").to_tell(), []);
    story.heartbeat("2026-04-08 00:00", "2026-04-08 00:00");
    story.turns("2026-04-08 00:00", false);
}

#[test]
fn a_rule_only_reports_before_its_enforcement() {
    let mut policy = limited(30, 5);
    set(
        &mut policy,
        &format!("{OFF_RULE}/enforced_from"),
        json!("2026-06-01"),
    );
    set(
        &mut policy,
        "/license_types/end_user/recertification/enforced_from",
        json!("2027-06-01"),
    );
    set(
        &mut policy,
        "/notices",
        json!({"minimum_days": {"recertification": 0}}),
    );
    let mut story = Story::licensed_under(policy);
    story.login("2026-03-02 16:00");
    let mut active = story.clone();
    story.warned("2026-04-02 09:00", "2026-04-08");
    assert_eq!(
        cut_off(&story, "2026-04-03 00:00"),
        Some(at("2026-06-01 00:00"))
    );
    active.login("2026-05-01 09:00");
    active.turns("2027-06-01 00:00", false);
}

#[test]
fn a_version_acts_from_its_start_and_is_announced() {
    let mut story = Story::hand();
    story.login("2026-03-02 16:00");
    story.policy("2026-03-15 00:00", limited(20, 5));
    let license = story.license("2026-03-14 00:00");
    assert_eq!(license.policy, Some(1));
    assert_eq!(license.upcoming[0].change, Change::NewRules);
    assert_eq!(license.upcoming[0].at, at("2026-03-15 00:00"));
    assert_eq!(story.license("2026-03-15 00:00").policy, Some(2));
    // Recorded on the 14th: unknown before.
    let before = story.license("2026-03-13 23:59");
    assert!(
        before
            .upcoming
            .iter()
            .all(|next| next.change != Change::NewRules)
    );
}

#[test]
fn a_requirement_added_later_binds_a_holder_only_if_it_says_so() {
    for (binds, bound) in [
        ("new_requests", false),
        ("open_requests", false),
        ("holders", true),
    ] {
        let mut story = Story::hand();
        story.policy("2026-06-01 00:00", hand_with_one_course_more(binds));
        let license = story.license("2026-06-02 00:00");
        let found = license
            .requirements
            .iter()
            .find(|standing| standing.key.to_string() == "course:extra");
        assert_eq!(found.is_some(), bound, "{binds}");
        assert!(found.is_none_or(|standing| {
            standing.status == Status::Overdue && standing.due_on == Some(day("2026-06-01"))
        }));
        assert!(license.allowed());
    }
}

#[test]
fn a_requirement_added_between_submission_and_activation_does_not_bind_the_holder() {
    let mut story = Story::under(hand());
    story.policy(
        "2026-02-25 00:00",
        hand_with_one_course_more("new_requests"),
    );
    story.prepared("2026-02-26 10:00");
    story.approved("2026-02-26 10:00");
    assert!(story.request("2026-03-01 09:00").needs.is_empty());
    story.activated("2026-03-01 09:00");
    let license = story.license("2026-04-01 00:00");
    assert!(
        license
            .requirements
            .iter()
            .all(|standing| standing.status == Status::Met)
    );
}

#[test]
fn a_requirement_that_is_asked_of_more_people_binds_no_holder_and_no_open_request() {
    // Data quality, which HAND asks of data managers only, is asked of everybody.
    let mut wider = hand();
    let courses = wider
        .pointer_mut("/license_types/end_user/requirement_sets/full/courses")
        .and_then(Value::as_array_mut)
        .unwrap();
    for course in courses {
        if course["course"] == "data_quality" {
            course.as_object_mut().unwrap().remove("job_roles");
        }
    }
    let asked = |standings: &[crate::domain::requirement::Standing]| {
        standings
            .iter()
            .any(|standing| standing.key.to_string() == "course:data_quality")
    };
    let mut story = Story::hand();
    story.policy("2026-06-01 00:00", wider.clone());
    assert!(!asked(&story.license("2026-06-02 00:00").requirements));
    let mut story = Story::under(hand());
    story.policy("2026-02-21 00:00", wider);
    assert!(!asked(&story.request("2026-02-22 00:00").requirements));
    story.request.submitted_at = at("2026-02-21 09:00");
    assert!(asked(&story.request("2026-02-22 00:00").requirements));
}

#[test]
fn an_edition_or_a_mark_that_came_later_takes_no_pass_away() {
    for (member, value) in [("edition", json!("2026")), ("pass_mark", json!(80))] {
        let newer = hand_with(&[(&format!("/courses/{SERIES}/{member}"), value)]);
        let mut story = Story::hand();
        story.policy("2026-06-01 00:00", newer.clone());
        let standing = |story: &Story, now: &str| {
            let license = story.license(now);
            let mut found = license.requirements.into_iter();
            found
                .find(|standing| standing.key.to_string() == format!("course:{SERIES}"))
                .unwrap()
        };
        let now = standing(&story, "2026-06-02 00:00");
        assert_eq!(now.status, Status::Met, "{member}");
        assert_eq!(now.due_on, Some(day("2027-02-20")), "{member}");
        // Passed as it was before, since then: no recertification.
        story.passed("2026-07-01 09:00", SERIES);
        let then = standing(&story, "2026-07-02 00:00");
        assert_eq!(then.due_on, Some(day("2027-02-20")), "{member}");
        // An open request goes on as it was asked, a later one does not.
        let mut story = Story::under(hand());
        story.policy("2026-02-21 00:00", newer);
        story.prepared("2026-02-22 09:00");
        let open = |story: &Story| {
            let request = story.request("2026-02-23 09:00");
            let mut found = request.requirements.into_iter();
            found.any(|standing| {
                standing.key.to_string() == format!("course:{SERIES}") && standing.status.is_open()
            })
        };
        assert!(!open(&story), "{member}");
        story.request.submitted_at = at("2026-02-21 09:00");
        assert!(open(&story), "{member}");
    }
}
