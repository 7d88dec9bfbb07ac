//! The way back: by length of absence, as the return ladder says.

use serde_json::json;

use super::support::*;
use crate::domain::fact::{FactBody, HoldCause};
use crate::domain::license::LicenseStatus::{Active, Suspended};
use crate::domain::policy::RequestClass;

/// Last login on Monday 2026-03-02, gone since 2026-03-10.
fn gone() -> Story {
    let mut story = Story::hand();
    story.login("2026-03-02 09:00");
    story.fact("2026-03-10 09:00", FactBody::Departed);
    story
}

/// The set, and what is open, of a returning request submitted at an instant.
fn returning(story: &Story, submitted: &str, asked: &str) -> (Option<String>, Vec<String>) {
    let mut story = story.clone();
    story.request.class = RequestClass::Returning;
    story.request.submitted_at = at(submitted);
    story.request.id = uuid::Uuid::from_u128(51).into();
    let request = story.request(asked);
    let open = request
        .requirements
        .iter()
        .filter(|standing| standing.status.is_open())
        .map(|standing| standing.key.to_string())
        .collect();
    (request.requirement_set, open)
}

const EVERYTHING: [&str; 4] = [
    "agreement:user_agreement",
    "agreement:code_of_ethics",
    "course:hmis_user_training_series",
    "course:hand_policy_and_procedure",
];

#[test]
fn hand_asks_a_returning_request_by_the_length_of_the_absence_at_submission() {
    let story = gone();
    let again = ["course:hand_policy_and_procedure"];
    let table: [(&str, &str, &[&str]); 6] = [
        ("2026-03-11 09:00", "full", &[]),
        // 90 days after 2026-03-02, and one more.
        ("2026-05-31 23:59", "full", &[]),
        ("2026-06-01 00:00", "policy_again", &again),
        // 180 days, and one more.
        ("2026-08-29 23:59", "policy_again", &again),
        ("2026-08-30 00:00", "full", &EVERYTHING),
        ("2027-02-01 09:00", "full", &EVERYTHING),
    ];
    for (submitted, set, open) in table {
        let (found, missing) = returning(&story, submitted, submitted);
        assert_eq!(found.as_deref(), Some(set), "{submitted}");
        assert_eq!(missing, open, "{submitted}");
    }
    // The absence at submission counts, however long the request takes.
    let (found, missing) = returning(&story, "2026-05-31 23:59", "2026-09-15 09:00");
    assert_eq!((found.as_deref(), missing.len()), (Some("full"), 0));
}

#[test]
fn hand_lets_staff_reactivate_after_ninety_days_at_most() {
    let story = gone();
    assert_eq!(
        story.reactivate("2026-05-31 23:59"),
        Ok(FactBody::Reactivated)
    );
    for (when, rung, owes) in [
        ("2026-06-01 00:00", "rung 2", "`policy_again`"),
        ("2026-08-29 23:59", "rung 2", "`policy_again`"),
        ("2026-08-30 00:00", "rung 3", "somebody new"),
    ] {
        let rejection = story.reactivate(when).unwrap_err();
        assert_eq!(rejection.state, "deactivated");
        assert_eq!(rejection.needs.len(), 1, "{rejection}");
        for word in ["a returning request", "2026-03-02", rung, owes] {
            assert!(rejection.needs[0].contains(word), "{when}: {rejection}");
        }
    }
}

#[test]
fn a_return_at_the_very_instant_of_the_end_answers_it() {
    let mut story = Story::hand();
    story.login("2026-03-02 16:00");
    story.warned("2026-04-02 09:00", "2026-04-08");
    // No source reports, so the cut-off waits for its lag of 24 hours.
    story.turns("2026-04-09 00:00", false);
    assert_eq!(
        story.reactivate("2026-04-09 00:00"),
        Ok(FactBody::Reactivated)
    );
    story.fact("2026-04-09 00:00", FactBody::Reactivated);
    assert_eq!(story.status("2026-04-09 00:00"), Some(Active));
    assert_eq!(story.license("2026-04-09 00:00").periods.len(), 2);
}

#[test]
fn without_a_ladder_staff_reactivate_nobody() {
    let mut story = Story::licensed_under(hand_with(&[
        (
            "/license_types/end_user/inactivity/return_ladder",
            json!([]),
        ),
        (
            "/license_types/end_user/classes/returning",
            json!({"kind": "same_as", "class": "new"}),
        ),
    ]));
    story.fact("2026-03-10 09:00", FactBody::Departed);
    let rejection = story.reactivate("2026-03-11 09:00").unwrap_err();
    assert!(
        rejection.needs[0].contains("no return ladder"),
        "{rejection}"
    );
}

#[test]
fn a_reactivation_without_a_login_does_not_restart_the_absence() {
    let mut story = gone();
    story.fact("2026-05-20 09:00", FactBody::Reactivated);
    story.fact("2026-05-25 09:00", FactBody::Departed);
    assert!(story.reactivate("2026-05-31 09:00").is_ok());
    assert!(story.reactivate("2026-06-01 09:00").is_err());
    let (set, _) = returning(&story, "2026-06-01 09:00", "2026-06-01 09:00");
    assert_eq!(set.as_deref(), Some("policy_again"));
}

#[test]
fn whoever_never_logged_in_is_absent_since_the_activation() {
    let mut story = Story::hand();
    story.fact("2026-03-10 09:00", FactBody::Departed);
    // Active since 2026-03-01.
    assert!(story.reactivate("2026-05-30 23:59").is_ok());
    assert!(story.reactivate("2026-05-31 00:00").is_err());
}

#[test]
fn the_absence_may_be_that_of_the_person() {
    let mut story = gone();
    story.fact("2026-05-01 09:00", logged_in(&[ELSEWHERE]));
    let of = "/license_types/end_user/inactivity/absence_of";
    let serves = "/license_types/end_user/inactivity/login_serves";
    let of_person = hand_with(&[(of, json!("person")), (serves, json!("license"))]);
    let of_license = hand_with(&[(serves, json!("license"))]);
    for (policy, allowed) in [(of_person, true), (of_license, false)] {
        let mut story = story.clone();
        story.policies.clear();
        story.policy("2015-01-01 00:00", policy);
        assert_eq!(story.reactivate("2026-07-15 09:00").is_ok(), allowed);
    }
}

#[test]
fn a_license_keeps_owing_the_set_that_the_ladder_chose() {
    let mut story = gone();
    story.request.class = RequestClass::Returning;
    story.request.submitted_at = at("2026-06-02 09:00");
    story.passed("2026-06-03 09:00", POLICIES);
    let set = story.request("2026-06-03 10:00").requirement_set;
    assert_eq!(set.as_deref(), Some("policy_again"));
    story.activated("2026-06-03 11:00");
    if let Some(FactBody::Activated {
        requirement_set, ..
    }) = story.facts.last_mut().map(|fact| &mut fact.body)
    {
        *requirement_set = set.clone();
    }
    let license = story.license("2026-06-03 12:00");
    assert_eq!(license.period().unwrap().requirement_set, set);
    assert!(license.allowed());
}

#[test]
fn a_course_may_be_asked_only_after_a_long_absence() {
    let mut policy = hand_with(&[
        ("/courses/extra", json!({"title": "Extra"})),
        (
            "/license_types/end_user/classes/returning",
            json!({"kind": "set", "set": "full"}),
        ),
    ]);
    policy["license_types"]["end_user"]["requirement_sets"]["full"]["courses"]
        .as_array_mut()
        .unwrap()
        .push(json!({"course": EXTRA, "absence_at_least": {"days": 60}, "evidence_from": "absence_start"}));
    let mut story = Story::licensed_under(policy);
    story.passed("2026-03-01 12:00", EXTRA);
    story.login("2026-03-02 09:00");
    story.fact("2026-03-10 09:00", FactBody::Departed);
    let open = |when: &str| returning(&story, when, when).1;
    assert_eq!(open("2026-04-30 09:00"), [""; 0]);
    // The exact length falls under the rule, and a pass before the absence does not count.
    assert_eq!(open("2026-05-01 09:00"), ["course:extra"]);
    story.passed("2026-04-20 09:00", EXTRA);
    assert_eq!(
        returning(&story, "2026-05-01 09:00", "2026-05-01 09:00").1,
        [""; 0]
    );
}

/// Held for inactivity since Wednesday 2026-04-08.
fn unused() -> Story {
    let mut story = Story::licensed_under(hand_with(&[(
        "/license_types/end_user/inactivity/off_action",
        json!("suspend"),
    )]));
    story.login("2026-03-02 09:00");
    story.heartbeat("2026-04-08 00:00", "2026-04-08 00:00");
    story.warned("2026-04-02 09:00", "2026-04-08");
    story
}

#[test]
fn a_hold_for_inactivity_is_cured_by_the_ladder_too() {
    let mut story = unused();
    assert_eq!(story.status("2026-04-08 00:00"), Some(Suspended));
    let mut early = story.clone();
    let body = early.reactivate("2026-05-31 09:00").unwrap();
    early.fact("2026-05-31 09:00", body);
    early.turns("2026-05-31 09:00", true);
    assert_eq!(early.license("2026-05-31 09:00").periods.len(), 1);

    let rejection = story.reactivate("2026-06-01 09:00").unwrap_err();
    assert_eq!(rejection.state, "suspended");
    assert_eq!(rejection.needs.len(), 1, "{rejection}");
    assert!(rejection.needs[0].contains(POLICIES), "{rejection}");
    story.passed("2026-06-02 09:00", POLICIES);
    assert!(story.reactivate("2026-06-03 09:00").is_ok());
    // As somebody new: everything since the hold began.
    let rejection = story.reactivate("2026-09-01 09:00").unwrap_err();
    assert_eq!(rejection.needs.len(), 5, "{rejection}");
}

#[test]
fn a_reactivation_lifts_no_other_hold() {
    let mut story = unused();
    story.fact(
        "2026-04-10 09:00",
        FactBody::HoldOpened {
            cause: HoldCause::Investigation,
            until: None,
        },
    );
    let body = story.reactivate("2026-04-11 09:00").unwrap();
    story.fact("2026-04-11 09:00", body);
    assert_eq!(story.status("2026-04-11 09:00"), Some(Suspended));
    let rejection = story.reactivate("2026-04-12 09:00").unwrap_err();
    assert!(
        rejection.needs[0].contains("long_inactivity"),
        "{rejection}"
    );
}

#[test]
fn an_active_license_is_never_reactivated() {
    let story = Story::hand();
    assert_eq!(story.status("2026-03-02 09:00"), Some(Active));
    assert_eq!(
        story.reactivate("2026-03-02 09:00").unwrap_err().needs,
        [""; 0]
    );
}
