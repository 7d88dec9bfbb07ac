//! What a new version would do, before it is posted.

use serde_json::{Value, json};

use super::support::*;
use crate::domain::evaluate::{
    EndCause, LicensePreview, NewVersion, preview_license, preview_request,
};
use crate::domain::fact::{DeactivationCause, FactBody};
use crate::domain::license::LicenseStatus;

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

/// What posting a version a day before its start would do.
fn preview(story: &Story, from: &str, policy: Value) -> LicensePreview {
    let mut after = story.clone();
    after.policy(from, policy);
    let new = NewVersion {
        before: &story.policies,
        after: &after.policies,
        version: after.policies.last().unwrap(),
    };
    preview_license(&story.case(), new, new.version.recorded_at)
}

/// Active, last logged in on Monday 2 March.
fn idle() -> Story {
    let mut story = Story::hand();
    story.login("2026-03-02 16:00");
    story
}

#[test]
fn a_shorter_limit_makes_warnable_and_ends_nothing() {
    let found = preview(&idle(), "2026-03-20 00:00", limited(10, 5));
    assert_eq!(
        found,
        LicensePreview {
            warnable: true,
            ..LicensePreview::default()
        }
    );
    // Not for whom it is not over, nor for whom a warning is due anyway.
    assert!(preview(&idle(), "2026-03-20 00:00", limited(20, 5)).is_nothing());
    assert!(preview(&idle(), "2026-04-10 00:00", limited(20, 5)).is_nothing());
}

#[test]
fn a_longer_limit_restores_whom_it_brings_back_inside() {
    let mut story = idle();
    story.warned("2026-04-02 09:00", "2026-04-08");
    let found = preview(&story, "2026-04-04 00:00", limited(60, 5));
    assert_eq!(found.restored_from, Some(LicenseStatus::Warned));
    assert!(!found.warnable && found.needless_end.is_none());
    assert!(
        preview(&story, "2026-04-04 00:00", limited(31, 5))
            .restored_from
            .is_none()
    );
    assert!(preview(&story, "2026-04-04 00:00", limited(30, 20)).is_nothing());
}

#[test]
fn ends_of_the_last_thirty_days_that_would_not_have_happened_are_named() {
    let mut story = idle();
    story.warned("2026-04-02 09:00", "2026-04-08");
    story.heartbeat("2026-04-08 00:00", "2026-04-08 00:00");
    story.turns("2026-04-08 00:00", false);
    let end =
        |story: &Story, from: &str, limit| preview(story, from, limited(limit, 5)).needless_end;
    let found = end(&story, "2026-04-20 00:00", 60).unwrap();
    assert_eq!(found.at, at("2026-04-08 00:00"));
    assert_eq!(
        found.cause,
        EndCause::Deactivated(DeactivationCause::Inactivity)
    );
    // The same rule ends it as well, and so does one that only gives a little longer.
    assert_eq!(end(&story, "2026-04-20 00:00", 30), None);
    assert_eq!(
        preview(&story, "2026-04-20 00:00", limited(30, 10)).needless_end,
        None
    );
    // Thirty days after its end nobody looks back; versions are recorded a day before their start.
    assert!(end(&story, "2026-05-08 23:59", 60).is_some());
    assert_eq!(end(&story, "2026-05-09 00:00", 60), None);
    // Who left meanwhile would have no license either way, and what staff ended they ended.
    let mut left = story.clone();
    left.fact("2026-04-10 09:00", FactBody::Departed);
    assert_eq!(end(&left, "2026-04-20 00:00", 60), None);
    let mut ended = idle();
    ended.fact(
        "2026-04-01 09:00",
        FactBody::Deactivated {
            cause: DeactivationCause::Inactivity,
        },
    );
    assert_eq!(end(&ended, "2026-04-20 00:00", 60), None);
}

#[test]
fn only_a_requirement_that_binds_holders_obliges_them() {
    for (binds, obliged) in [
        ("new_requests", false),
        ("open_requests", false),
        ("holders", true),
    ] {
        let policy = hand_with_one_course_more(binds);
        let found = preview(&Story::hand(), "2026-06-01 00:00", policy.clone());
        let keys: Vec<String> = found.newly_owed.iter().map(ToString::to_string).collect();
        let expected: &[&str] = if obliged { &["course:extra"] } else { &[] };
        assert_eq!(keys, expected, "{binds}");
        // Who passed it already owes nothing new.
        let mut trained = Story::hand();
        trained.passed("2026-04-01 09:00", EXTRA);
        assert!(
            preview(&trained, "2026-06-01 00:00", policy).is_nothing(),
            "{binds}"
        );
    }
}

#[test]
fn an_open_request_is_obliged_by_what_binds_it_and_an_ended_one_by_nothing() {
    for (binds, obliged) in [("new_requests", false), ("open_requests", true)] {
        let mut story = Story::under(hand());
        story.approved("2026-02-21 09:00");
        let owed = |story: &Story| -> Vec<String> {
            let mut after = story.clone();
            after.policy("2026-02-25 00:00", hand_with_one_course_more(binds));
            let new = NewVersion {
                before: &story.policies,
                after: &after.policies,
                version: after.policies.last().unwrap(),
            };
            preview_request(&story.case(), new, &story.request, &story.project_types)
                .iter()
                .map(ToString::to_string)
                .collect()
        };
        let expected: &[&str] = if obliged { &["course:extra"] } else { &[] };
        assert_eq!(owed(&story), expected, "{binds}");
        story.fact("2026-02-22 09:00", FactBody::RequestDenied);
        assert!(owed(&story).is_empty(), "{binds}");
    }
}

#[test]
fn the_first_limit_without_warning_steps_takes_nothing_at_its_start() {
    let silent = |limit: Value| {
        hand_with(&[
            (OFF_RULE, limit),
            ("/notices", json!({"minimum_days": {"inactivity": 0}})),
        ])
    };
    let limit = json!({"limit": {"days": 30}, "grace": {"days": 0}});
    let mut story = Story::licensed_under(silent(Value::Null));
    story.login("2026-03-02 16:00");
    story.heartbeat("2026-08-01 00:00", "2026-08-01 00:00");
    assert!(preview(&story, "2026-08-02 00:00", silent(limit)).is_nothing());
}

#[test]
fn what_a_version_newly_asks_of_a_running_add_on_is_said_too() {
    let with = |courses: Value| {
        hand_with(&[
            ("/courses/reports", json!({ "title": "Reports" })),
            ("/courses/extra", json!({ "title": "Extra" })),
            (
                "/license_types/reports",
                json!({
                    "title": "Reports",
                    "license": { "kind": "add_on", "depends_on": ["end_user"] },
                    "requirement_sets": { "own": { "courses": courses } },
                    "classes": { "add_on": { "kind": "set", "set": "own" } },
                }),
            ),
        ])
    };
    let own = json!({ "course": "reports" });
    let mut story = Story::licensed_under(with(json!([own])));
    story.passed("2026-03-02 12:00", "reports");
    story.fact(
        "2026-03-05 09:00",
        FactBody::AddOnActivated {
            add_on: "reports".to_owned(),
            submitted_at: Some(at("2026-03-02 09:00")),
        },
    );
    let more = with(json!([own, { "course": EXTRA, "binds": "holders" }]));
    let found = preview(&story, "2026-03-20 00:00", more);
    let owed: Vec<String> = found.newly_owed.iter().map(ToString::to_string).collect();
    assert_eq!(owed, ["add_on:reports:course:extra"]);
}
