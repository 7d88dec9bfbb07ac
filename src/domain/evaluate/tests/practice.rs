//! Practice on the road to activation: steps, attempts, corrections, reviews.

use serde_json::{Value, json};

use super::support::*;
use crate::domain::evaluate::PracticeState;
use crate::domain::fact::{FactBody, PracticeResult};
use crate::domain::ids::FactId;
use crate::domain::policy::{Party, preset};
use crate::domain::request::RequestState as S;

pub const SHELTER: &str = "practice_shelter";
pub const OUTREACH: &str = "practice_outreach";

/// AKHMIS's policy on Detroit's clocks, with some members replaced.
pub fn akhmis_with(changes: &[(&str, Value)]) -> Value {
    let mut document = serde_json::to_value(&preset("akhmis").unwrap().document).unwrap();
    set(&mut document, "/time_zone", json!("America/Detroit"));
    for (pointer, value) in changes {
        set(&mut document, pointer, value.clone());
    }
    document
}

/// Without deadlines.
pub fn unhurried(changes: &[(&str, Value)]) -> Value {
    let mut all = vec![("/license_types/end_user/onboarding", Value::Null)];
    all.extend_from_slice(changes);
    akhmis_with(&all)
}

/// Asked for on 2026-02-20 for an emergency shelter, approved on the 21st.
pub fn asked(policy: Value) -> Story {
    let mut story = Story::under(policy);
    story.project_types.insert(0);
    story.approved("2026-02-21 09:00");
    story
}

/// The initial steps are done.
pub fn initiated(story: &mut Story, when: &str) {
    story.signed(when, "end_user_agreement", "1", Party::EndUser);
    story.signed(when, "end_user_agreement", "1", Party::Supervisor);
    story.passed(when, "privacy_and_security");
    story.passed(when, "new_end_user");
}

pub fn submitted(set: &str) -> FactBody {
    FactBody::PracticeSubmitted {
        practice_set: set.to_owned(),
    }
}

pub fn reviewed(set: &str, submission: FactId, result: PracticeResult) -> FactBody {
    FactBody::PracticeReviewed {
        submission,
        practice_set: set.to_owned(),
        result,
        score: None,
        findings: Vec::new(),
    }
}

impl Story {
    pub fn submit(&mut self, when: &str, set: &str) -> FactId {
        self.fact(when, submitted(set))
    }

    pub fn review(
        &mut self,
        when: &str,
        set: &str,
        submission: FactId,
        result: PracticeResult,
    ) -> FactId {
        self.fact(when, reviewed(set, submission, result))
    }

    pub fn practice_state(&self, when: &str, set: &str) -> Option<PracticeState> {
        Some(self.request(when).practice_of(set)?.state)
    }
}

#[test]
fn submitted_returned_corrected_accepted() {
    use PracticeResult::{Accepted, Returned};
    let mut story = asked(unhurried(&[]));
    assert_eq!(story.request("2026-02-21 09:00").state, S::Onboarding);
    initiated(&mut story, "2026-02-22 09:00");
    assert_eq!(story.request("2026-02-22 10:00").state, S::Onboarding);
    story.passed("2026-02-23 09:00", "workflow_shelter");
    let request = story.request("2026-02-23 09:00");
    assert_eq!(request.state, S::Practice);
    assert_eq!(request.needs, ["`practice_shelter` is not submitted"]);
    assert_eq!(request.since, at("2026-02-23 09:00"));
    let first = story.submit("2026-02-24 09:00", SHELTER);
    assert_eq!(story.request("2026-02-24 09:00").state, S::InReview);
    story.review("2026-02-25 09:00", SHELTER, first, Returned);
    let request = story.request("2026-02-25 09:00");
    assert_eq!(request.state, S::Corrections);
    assert!(request.needs[0].contains("returned with findings"));
    let second = story.submit("2026-02-26 09:00", SHELTER);
    assert_eq!(story.request("2026-02-26 09:00").state, S::InReview);
    let review = story.review("2026-02-27 09:00", SHELTER, second, Accepted);
    let request = story.request("2026-02-27 09:00");
    assert_eq!(request.state, S::Ready);
    assert_eq!(request.since, at("2026-02-27 09:00"));
    let standing = request.requirements.last().unwrap();
    assert_eq!(standing.evidence, [second, review]);
    // A correction of the review takes the acceptance back.
    story.correct(
        "2026-02-28 09:00",
        review,
        reviewed(SHELTER, second, Returned),
    );
    assert_eq!(story.request("2026-02-28 09:00").state, S::Corrections);
}

#[test]
fn a_set_is_owed_where_the_projects_use_its_workflow_and_the_least_advanced_is_shown() {
    use PracticeResult::{Accepted, Returned};
    let mut story = asked(unhurried(&[]));
    story.project_types.insert(4);
    initiated(&mut story, "2026-02-22 09:00");
    story.passed("2026-02-22 10:00", "workflow_shelter");
    story.passed("2026-02-22 10:00", "workflow_outreach");
    let owed: Vec<String> = story
        .request("2026-02-22 10:00")
        .practice
        .into_iter()
        .map(|standing| standing.practice_set)
        .collect();
    assert_eq!(owed, [OUTREACH, SHELTER]);
    let shelter = story.submit("2026-02-23 09:00", SHELTER);
    assert_eq!(story.request("2026-02-23 09:00").state, S::Practice);
    let outreach = story.submit("2026-02-23 10:00", OUTREACH);
    assert_eq!(story.request("2026-02-23 10:00").state, S::InReview);
    story.review("2026-02-24 09:00", SHELTER, shelter, Accepted);
    assert_eq!(story.request("2026-02-24 09:00").state, S::InReview);
    story.review("2026-02-24 10:00", OUTREACH, outreach, Returned);
    assert_eq!(story.request("2026-02-24 10:00").state, S::Corrections);
}

#[test]
fn a_fail_with_attempts_left_returns_to_practice_and_the_last_one_lapses() {
    use PracticeResult::{Failed, Returned};
    for allowed in 1..=3_u16 {
        let rules = json!({"release": "at_once", "max_attempts": allowed});
        let mut story = asked(unhurried(&[("/license_types/end_user/practice", rules)]));
        initiated(&mut story, "2026-02-22 09:00");
        story.passed("2026-02-22 10:00", "workflow_shelter");
        for attempt in 1..=allowed {
            // Corrections belong to the same attempt.
            let day = format!("2026-03-{:02}", attempt * 3);
            let first = story.submit(&format!("{day} 09:00"), SHELTER);
            story.review(&format!("{day} 10:00"), SHELTER, first, Returned);
            let second = story.submit(&format!("{day} 11:00"), SHELTER);
            assert_eq!(story.request(&format!("{day} 11:00")).state, S::InReview);
            let fail = story.review(&format!("{day} 12:00"), SHELTER, second, Failed);
            let request = story.request(&format!("{day} 12:00"));
            if attempt < allowed {
                assert_eq!(request.state, S::Practice, "{attempt} of {allowed}");
                assert_eq!(request.practice[0].attempts_used, attempt);
                assert!(request.needs[0].contains(&format!("{attempt} of {allowed}")));
            } else {
                assert_eq!(request.state, S::Lapsed, "{attempt} of {allowed}");
                assert_eq!(request.ended_by, Some(fail));
                assert_eq!(request.since, at(&format!("{day} 12:00")));
                assert!(request.lapsed_because.unwrap().contains(SHELTER));
                let refused = story
                    .request(&format!("{day} 13:00"))
                    .submit_practice(SHELTER);
                assert!(refused.unwrap().unwrap_err().needs.is_empty());
            }
        }
    }
}

#[test]
fn a_course_may_be_tried_so_often_and_a_pass_ends_the_count() {
    let change = ("/courses/new_end_user/max_attempts", json!(2));
    let mut story = asked(unhurried(&[change]));
    // Fails before the request are not of this request.
    story.fact("2026-02-01 09:00", failed("new_end_user"));
    story.fact("2026-02-22 09:00", failed("new_end_user"));
    assert_eq!(story.request("2026-02-22 09:00").state, S::Onboarding);
    let mut passed = story.clone();
    passed.passed("2026-02-23 09:00", "new_end_user");
    passed.fact("2026-02-24 09:00", failed("new_end_user"));
    assert_eq!(passed.request("2026-02-24 09:00").state, S::Onboarding);
    story.fact("2026-02-23 09:00", failed("new_end_user"));
    let request = story.request("2026-02-23 09:00");
    assert_eq!(request.state, S::Lapsed);
    // The fail was recorded for somebody else: the correction takes the lapse back.
    let last = story.facts.last().unwrap().id;
    story.correct("2026-02-24 09:00", last, failed("privacy_and_security"));
    assert_eq!(story.request("2026-02-24 09:00").state, S::Onboarding);
}

#[test]
fn a_pass_below_the_mark_of_the_requirement_is_a_fail() {
    let set = "/license_types/end_user/requirement_sets/new/courses/1";
    let mut story = asked(unhurried(&[
        (&format!("{set}/pass_mark"), json!(80)),
        (&format!("{set}/max_attempts"), json!(1)),
    ]));
    let scored = |score| FactBody::TrainingCompleted {
        course: "new_end_user".to_owned(),
        outcome: crate::domain::fact::Outcome::Pass,
        score: Some(score),
        edition: None,
    };
    let mut good = story.clone();
    good.fact("2026-02-22 09:00", scored(80));
    assert_eq!(good.request("2026-02-22 09:00").state, S::Onboarding);
    story.fact("2026-02-22 09:00", scored(79));
    assert_eq!(story.request("2026-02-22 09:00").state, S::Lapsed);
}

#[test]
fn a_set_opens_when_what_comes_first_is_done() {
    use PracticeResult::Accepted;
    use PracticeState as P;
    let rules = json!({"release": "in_steps"});
    let mut story = Story::under(unhurried(&[("/license_types/end_user/practice", rules)]));
    story.project_types.extend([0, 4]);
    let request = story.request("2026-02-20 09:00");
    let needs = request
        .submit_practice(OUTREACH)
        .unwrap()
        .unwrap_err()
        .needs;
    assert_eq!(
        needs,
        [
            "the approval of the request",
            "everything of the step `initial`",
            "everything of the step `workflow`",
        ]
    );
    assert!(request.submit_practice("practice_housing").is_none());
    story.approved("2026-02-21 09:00");
    initiated(&mut story, "2026-02-22 09:00");
    story.passed("2026-02-22 10:00", "workflow_shelter");
    story.passed("2026-02-22 10:00", "workflow_outreach");
    let now = "2026-02-22 10:00";
    assert_eq!(story.practice_state(now, OUTREACH), Some(P::Open));
    assert_eq!(story.practice_state(now, SHELTER), Some(P::Closed));
    let refused = story.request(now).submit_practice(SHELTER);
    assert_eq!(
        refused.unwrap().unwrap_err().needs,
        ["the acceptance of `practice_outreach`"]
    );
    let first = story.submit("2026-02-23 09:00", OUTREACH);
    let now = "2026-02-23 09:00";
    assert!(
        story
            .request(now)
            .submit_practice(OUTREACH)
            .unwrap()
            .is_err()
    );
    story.review("2026-02-24 09:00", OUTREACH, first, Accepted);
    let now = "2026-02-24 09:00";
    assert_eq!(story.practice_state(now, OUTREACH), Some(P::Accepted));
    assert_eq!(story.practice_state(now, SHELTER), Some(P::Open));
}

#[test]
fn what_is_done_before_the_steps_that_come_first_does_not_count() {
    let mut story = asked(unhurried(&[]));
    story.passed("2026-02-22 09:00", "workflow_shelter");
    initiated(&mut story, "2026-02-23 09:00");
    let request = story.request("2026-02-24 09:00");
    assert_eq!(request.state, S::Onboarding);
    assert!(
        request.needs.iter().any(|need| need.contains("2026-02-22")),
        "{:?}",
        request.needs
    );
    // On the day on which the steps are done it counts, and so does what came before the request.
    let mut same_day = story.clone();
    same_day.passed("2026-02-23 08:00", "workflow_shelter");
    assert_eq!(same_day.request("2026-02-24 09:00").state, S::Practice);
    story.late(
        "2026-02-10 09:00",
        "2026-02-24 10:00",
        passed("workflow_shelter"),
    );
    assert_eq!(story.request("2026-02-24 10:00").state, S::Practice);
    // Also what came on the day of the request and before it, where its time is known.
    for (hour, before) in [("08:59", true), ("09:01", false)] {
        let mut that_day = asked(unhurried(&[]));
        let occurred = format!("2026-02-20 {hour}");
        that_day.late(&occurred, "2026-02-24 10:00", passed("workflow_shelter"));
        initiated(&mut that_day, "2026-02-23 09:00");
        let state = that_day.request("2026-02-24 10:00").state;
        assert_eq!(state == S::Practice, before, "{hour}: {state:?}");
    }
    // Without an order any will do.
    let order = "/license_types/end_user/requirement_sets/new/order";
    let mut free = asked(unhurried(&[(order, Value::Null)]));
    free.passed("2026-02-22 09:00", "workflow_shelter");
    initiated(&mut free, "2026-02-23 09:00");
    assert_eq!(free.request("2026-02-24 09:00").state, S::Practice);
}

#[test]
fn a_score_under_the_mark_is_no_acceptance() {
    let rules = json!({"release": "at_once", "pass_mark": 80});
    let mut story = asked(unhurried(&[("/license_types/end_user/practice", rules)]));
    initiated(&mut story, "2026-02-22 09:00");
    story.passed("2026-02-22 10:00", "workflow_shelter");
    let submission = story.submit("2026-02-23 09:00", SHELTER);
    for (hour, score, state) in [
        (10, None, S::Practice),
        (11, Some(79), S::Practice),
        (12, Some(80), S::Ready),
    ] {
        let when = format!("2026-02-24 {hour}:00");
        story.fact(
            &when,
            FactBody::PracticeReviewed {
                submission,
                practice_set: SHELTER.to_owned(),
                result: PracticeResult::Accepted,
                score,
                findings: Vec::new(),
            },
        );
        assert_eq!(story.request(&when).state, state, "{score:?}");
    }
}

#[test]
fn an_acceptance_that_gets_too_old_is_reopened_alone() {
    let practice = "/license_types/end_user/requirement_sets/new/practice";
    let sets = json!([{"practice_set": SHELTER, "step": "practice",
                       "validity": {"until_activation": {"days": 10}}}]);
    let mut story = asked(unhurried(&[(practice, sets)]));
    initiated(&mut story, "2026-02-22 09:00");
    story.passed("2026-02-22 10:00", "workflow_shelter");
    let submission = story.submit("2026-02-23 09:00", SHELTER);
    story.review(
        "2026-02-24 09:00",
        SHELTER,
        submission,
        PracticeResult::Accepted,
    );
    assert_eq!(story.request("2026-03-06 23:59").state, S::Ready);
    assert_eq!(
        story.request("2026-03-06 23:59").next_change_at(),
        Some(at("2026-03-07 00:00"))
    );
    let request = story.request("2026-03-07 00:00");
    assert_eq!(request.state, S::Practice);
    let open = request.requirements.iter().filter(|s| s.status.is_open());
    assert_eq!(open.count(), 1);
}

#[test]
fn a_lapse_may_reopen_its_step_or_end_the_request() {
    let courses = "/license_types/end_user/requirement_sets/new/courses";
    for (on_lapse, state) in [
        ("reopen", S::Onboarding),
        ("reopen_step", S::Onboarding),
        ("lapse_request", S::Lapsed),
    ] {
        let asked_for = json!([
            {"course": "privacy_and_security", "step": "initial", "initial_step": true,
             "validity": {"until_activation": {"days": 10}}, "on_lapse": on_lapse},
            {"course": "new_end_user", "step": "initial", "initial_step": true},
            {"course": "workflow_shelter", "step": "workflow"},
        ]);
        let mut story = asked(unhurried(&[(courses, asked_for)]));
        initiated(&mut story, "2026-02-22 09:00");
        story.passed("2026-02-22 10:00", "workflow_shelter");
        assert_eq!(story.request("2026-03-04 23:59").state, S::Practice);
        let request = story.request("2026-03-05 00:00");
        assert_eq!(request.state, state, "{on_lapse}");
        let open: Vec<String> = request
            .requirements
            .iter()
            .filter(|standing| {
                standing.status.is_open() && standing.key.to_string() != "practice:practice_shelter"
            })
            .map(|standing| standing.key.to_string())
            .collect();
        let expected: &[&str] = match on_lapse {
            "reopen_step" => &[
                "agreement:end_user_agreement",
                "course:privacy_and_security",
                "course:new_end_user",
            ],
            _ => &["course:privacy_and_security"],
        };
        assert_eq!(open, expected, "{on_lapse}");
        // Done again: the later step stays done.
        if on_lapse == "reopen_step" {
            initiated(&mut story, "2026-03-06 09:00");
            assert_eq!(story.request("2026-03-06 09:00").state, S::Practice);
        }
    }
}

#[test]
fn staff_may_ask_more_of_one_request_until_a_day() {
    let mut story = asked(unhurried(&[]));
    initiated(&mut story, "2026-02-22 09:00");
    story.passed("2026-02-22 10:00", "workflow_shelter");
    let submission = story.submit("2026-02-23 09:00", SHELTER);
    story.review(
        "2026-02-24 09:00",
        SHELTER,
        submission,
        PracticeResult::Accepted,
    );
    for requirement in ["course:business_objects", "practice:practice_housing"] {
        let mut story = story.clone();
        story.fact(
            "2026-02-25 09:00",
            FactBody::RequirementAdded {
                requirement: requirement.to_owned(),
                until_on: Some(day("2026-03-10")),
            },
        );
        let request = story.request("2026-02-25 09:00");
        assert_ne!(request.state, S::Ready, "{requirement}");
        assert_eq!(request.next_change_at(), Some(at("2026-03-11 00:00")));
        assert_eq!(story.request("2026-03-11 00:00").state, S::Ready);
        story.fact("2026-03-01 09:00", waived(requirement, None));
        let request = story.request("2026-03-01 09:00");
        assert_eq!(request.state, S::Ready, "{requirement}");
        assert!(request.needs.is_empty());
    }
}

#[test]
fn a_lapse_stays_whatever_later_rules_would_have_allowed() {
    let once = json!({ "release": "at_once", "max_attempts": 1 });
    let rules = "/license_types/end_user/practice";
    let mut story = asked(unhurried(&[(rules, once)]));
    initiated(&mut story, "2026-02-22 09:00");
    story.passed("2026-02-22 09:00", "workflow_shelter");
    let submission = story.submit("2026-02-23 09:00", SHELTER);
    story.review(
        "2026-02-24 09:00",
        SHELTER,
        submission,
        PracticeResult::Failed,
    );
    assert_eq!(story.request("2026-02-24 09:00").state, S::Lapsed);
    let often = json!({ "release": "at_once" });
    story.policy("2026-02-27 00:00", unhurried(&[(rules, often)]));
    let lapsed = story.request("2026-03-01 09:00");
    assert_eq!(
        (lapsed.state, lapsed.since),
        (S::Lapsed, at("2026-02-24 09:00"))
    );
}
