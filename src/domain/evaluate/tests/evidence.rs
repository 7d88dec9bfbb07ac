//! A correction takes away what an activation rested on: access is off until it is met again or waived; what is met by
//! something else stays, and staff see it.

use serde_json::json;

use super::support::*;
use crate::domain::fact::{FactBody, HoldCause, PracticeResult, TypeChange};
use crate::domain::ids::FactId;
use crate::domain::license::LicenseStatus::{Active, Suspended};
use crate::domain::policy::{Party, RequestClass};
use crate::domain::requirement::RequirementKey;

const AGREEMENT: &str = "user_agreement";
const SET: &str = "intake";

fn the(story: &Story, says: impl Fn(&FactBody) -> bool) -> FactId {
    story.facts.iter().find(|fact| says(&fact.body)).unwrap().id
}

fn signature_of(story: &Story, party: Party) -> FactId {
    the(story, |body| {
        matches!(body, FactBody::AgreementSigned { agreement, party: by, .. }
            if agreement == AGREEMENT && *by == party)
    })
}

#[track_caller]
fn withdrawn(story: &Story, now: &str) {
    let license = story.license(now);
    assert_eq!(
        license.status(),
        Some(Suspended),
        "{:?}",
        license.requirements
    );
    let causes: Vec<HoldCause> = license.open_holds().map(|hold| hold.cause).collect();
    assert_eq!(causes, [HoldCause::EvidenceWithdrawn]);
}

/// A license whose agreement turns out never to have been signed by the agency.
fn unsigned() -> Story {
    let mut story = Story::hand();
    let signature = signature_of(&story, Party::Supervisor);
    story.correct("2026-03-05 09:00", signature, FactBody::Withdrawn);
    story
}

#[test]
fn a_corrected_signature_takes_access_until_it_is_signed() {
    let mut story = unsigned();
    story.turns("2026-03-05 09:00", false);
    withdrawn(&story, "2026-03-05 09:00");
    story.signed("2026-03-06 09:00", AGREEMENT, "1", Party::Supervisor);
    story.turns("2026-03-06 09:00", true);
}

#[test]
fn a_waiver_cures_what_a_corrected_signature_withdrew() {
    let mut story = unsigned();
    story.fact("2026-03-06 09:00", waived("agreement:code_of_ethics", None));
    withdrawn(&story, "2026-03-06 09:00");
    story.fact("2026-03-07 09:00", waived("agreement:user_agreement", None));
    story.turns("2026-03-07 09:00", true);
    assert_eq!(story.status("2026-03-07 09:00"), Some(Active));
}

#[test]
fn no_correction_ends_access_before_its_own_recording() {
    let story = unsigned();
    assert!(story.license("2026-03-05 08:59:59").allowed());
    assert_eq!(story.license("2026-03-09 09:00").periods.len(), 1);
    assert!(story.license("2026-03-09 09:00").periods[0].end.is_none());
}

/// Licensed under a policy that asks for practice besides, which was accepted; and the review.
fn practised() -> (Story, FactId) {
    let mut story = Story::under(hand_with(&[
        ("/workflows", json!({ SET: { "title": "Intake" } })),
        (
            "/practice_sets",
            json!({ SET: { "title": "Intake", "workflow": SET, "cases": 1 } }),
        ),
        (
            "/license_types/end_user/practice",
            json!({ "release": "at_once" }),
        ),
        (
            "/license_types/end_user/requirement_sets/full/practice",
            json!([{ "practice_set": SET }]),
        ),
    ]));
    story.prepared("2026-02-20 10:00");
    let body = FactBody::PracticeSubmitted {
        practice_set: SET.to_owned(),
    };
    let submission = story.fact("2026-02-21 09:00", body);
    let review = story.fact(
        "2026-02-22 09:00",
        reviewed(submission, PracticeResult::Accepted),
    );
    story.activated("2026-03-01 09:00");
    (story, review)
}

fn reviewed(submission: FactId, result: PracticeResult) -> FactBody {
    FactBody::PracticeReviewed {
        submission,
        practice_set: SET.to_owned(),
        result,
        score: None,
        findings: Vec::new(),
    }
}

/// The same, but the review was of somebody else's cases.
fn failed_after_all() -> Story {
    let (mut story, review) = practised();
    let submission = the(&story, |body| {
        matches!(body, FactBody::PracticeSubmitted { .. })
    });
    let failed = reviewed(submission, PracticeResult::Failed);
    story.correct("2026-03-05 09:00", review, failed);
    story
}

#[test]
fn a_corrected_practice_result_takes_access_until_practice_is_accepted() {
    let mut story = failed_after_all();
    story.turns("2026-03-05 09:00", false);
    withdrawn(&story, "2026-03-05 09:00");
    let body = FactBody::PracticeSubmitted {
        practice_set: SET.to_owned(),
    };
    let again = story.fact("2026-03-06 09:00", body);
    withdrawn(&story, "2026-03-06 09:00");
    story.fact(
        "2026-03-07 09:00",
        reviewed(again, PracticeResult::Accepted),
    );
    story.turns("2026-03-07 09:00", true);
}

#[test]
fn a_waiver_cures_what_a_corrected_practice_result_withdrew() {
    let mut story = failed_after_all();
    story.fact(
        "2026-03-06 09:00",
        waived("practice:intake", Some("2026-06-30")),
    );
    story.turns("2026-03-06 09:00", true);
}

#[test]
fn what_was_not_met_at_activation_but_is_now_leaves_access_and_is_listed() {
    let mut story = Story::hand();
    assert!(
        story
            .license("2026-03-01 09:00")
            .not_met_at_activation
            .is_empty()
    );
    let first = the(&story, |body| *body == passed(SERIES));
    story.passed("2026-03-02 09:00", SERIES);
    assert!(
        story
            .license("2026-03-03 08:59")
            .not_met_at_activation
            .is_empty()
    );
    story.correct("2026-03-03 09:00", first, failed(SERIES));
    let license = story.license("2026-03-03 09:00");
    assert_eq!(license.status(), Some(Active));
    assert_eq!(
        license.not_met_at_activation,
        [RequirementKey::Course(SERIES.to_owned())]
    );
    // Nothing else was touched, and taking the correction back clears the list.
    let correction = story.facts.last().unwrap().id;
    story.correct("2026-03-04 09:00", correction, FactBody::Withdrawn);
    assert!(
        story
            .license("2026-03-04 09:00")
            .not_met_at_activation
            .is_empty()
    );
}

#[test]
fn what_is_held_for_want_of_evidence_is_listed_once_it_is_met_again() {
    let mut story = unsigned();
    assert!(
        story
            .license("2026-03-05 09:00")
            .not_met_at_activation
            .is_empty()
    );
    story.signed("2026-03-06 09:00", AGREEMENT, "1", Party::Supervisor);
    let license = story.license("2026-03-06 09:00");
    assert_eq!(
        license.not_met_at_activation,
        [RequirementKey::Agreement(AGREEMENT.to_owned())]
    );
}

#[test]
fn a_correction_that_only_says_the_same_anew_lists_nothing() {
    let mut story = Story::hand();
    let first = the(&story, |body| *body == passed(SERIES));
    story.correct("2026-03-03 09:00", first, passed(SERIES));
    story.facts.last_mut().unwrap().envelope.occurred_at = at("2026-02-19 09:00");
    let license = story.license("2026-03-03 09:00");
    assert_eq!(license.status(), Some(Active));
    assert!(license.not_met_at_activation.is_empty());
}

/// Back after an absence for which HAND asks for the policies again: passed, and active since 2026-06-03.
fn returned() -> (Story, FactId) {
    let mut story = Story::hand();
    story.login("2026-03-02 09:00");
    story.fact("2026-03-10 09:00", FactBody::Departed);
    story.request.class = RequestClass::Returning;
    story.request.submitted_at = at("2026-06-02 09:00");
    let again = story.passed("2026-06-03 09:00", POLICIES);
    story.activated("2026-06-03 11:00");
    if let Some(FactBody::Activated {
        requirement_set, ..
    }) = story.facts.last_mut().map(|fact| &mut fact.body)
    {
        *requirement_set = Some("policy_again".to_owned());
    }
    (story, again)
}

#[test]
fn a_pass_from_before_the_last_end_does_not_stand_in_for_one_that_is_asked_since() {
    let (mut story, again) = returned();
    story.turns("2026-06-03 11:00", true);
    // The one of February is good for a year, and yet it is not what the return rests on.
    story.correct("2026-06-10 09:00", again, failed(POLICIES));
    story.turns("2026-06-10 09:00", false);
    withdrawn(&story, "2026-06-10 09:00");
    story.passed("2026-06-12 09:00", POLICIES);
    story.turns("2026-06-12 09:00", true);
}

#[test]
fn what_only_a_long_absence_asks_is_withdrawn_like_anything_else() {
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
        .push(json!({"course": EXTRA, "absence_at_least": {"days": 60}}));
    for (submitted, asked) in [("2026-06-02 09:00", true), ("2026-04-01 09:00", false)] {
        let mut story = Story::licensed_under(policy.clone());
        story.login("2026-03-02 09:00");
        story.fact("2026-03-10 09:00", FactBody::Departed);
        story.request.class = RequestClass::Returning;
        story.request.submitted_at = at(submitted);
        let passed = story.passed("2026-06-03 09:00", EXTRA);
        story.activated("2026-06-03 11:00");
        story.correct("2026-06-10 09:00", passed, failed(EXTRA));
        let license = story.license("2026-06-10 09:00");
        assert_eq!(license.allowed(), !asked, "{submitted}");
    }
}

#[test]
fn what_staff_added_to_the_request_stays_owed_by_its_license() {
    let mut story = Story::under(hand_with(&[("/courses/extra", json!({"title": "Extra"}))]));
    story.prepared("2026-02-20 10:00");
    story.fact(
        "2026-02-21 09:00",
        FactBody::RequirementAdded {
            requirement: "course:extra".to_owned(),
            until_on: None,
        },
    );
    let passed = story.passed("2026-02-22 09:00", EXTRA);
    story.activated("2026-03-01 09:00");
    assert!(story.license("2026-03-02 09:00").allowed());
    story.correct("2026-03-05 09:00", passed, failed(EXTRA));
    withdrawn(&story, "2026-03-05 09:00");
}

#[test]
fn what_a_long_absence_asks_of_whoever_changes_to_a_type_is_withdrawn_too() {
    let mut policy = hand_with(&[
        ("/courses/extra", json!({"title": "Extra"})),
        (
            "/license_types/end_user/classes/type_change",
            json!({"kind": "set", "set": "full"}),
        ),
    ]);
    policy["license_types"]["end_user"]["requirement_sets"]["full"]["courses"]
        .as_array_mut()
        .unwrap()
        .push(json!({"course": EXTRA, "absence_at_least": {"days": 10}}));
    for (login, asked) in [("2026-03-02 09:00", true), ("2026-03-18 09:00", false)] {
        let mut story = Story::under(policy.clone());
        story.request.license_type = "read_only".to_owned();
        story.prepared("2026-02-20 10:00");
        story.activated("2026-03-01 09:00");
        story.login(login);
        let passed = story.passed("2026-03-19 09:00", EXTRA);
        let change = TypeChange::to("end_user");
        story.fact("2026-03-20 09:00", FactBody::TypeChanged(change));
        assert!(story.license("2026-03-21 09:00").allowed());
        story.correct("2026-03-22 09:00", passed, failed(EXTRA));
        let license = story.license("2026-03-22 09:00");
        assert_eq!(license.allowed(), !asked, "{login}");
    }
}
