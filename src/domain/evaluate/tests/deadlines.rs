//! Deadlines on the way to activation.

use serde_json::{Value, json};

use super::practice::{SHELTER, akhmis_with, asked, initiated, reviewed, submitted};
use super::support::*;
use crate::domain::evaluate::{Change, DeadlineStatus};
use crate::domain::fact::{BookingResult, FactBody, PracticeResult};
use crate::domain::request::RequestState as S;

const DEADLINES: &str = "/license_types/end_user/onboarding/deadlines";

/// One deadline alone.
fn one(start: Value, goal: Value, length: Value) -> Value {
    let deadline = json!({"code": "one", "title": "One", "start": start, "goal": goal,
                          "length": length, "on_miss": {"kind": "lapse_request"}});
    akhmis_with(&[(DEADLINES, json!([deadline]))])
}

fn initial_steps() -> Value {
    one(
        json!({"kind": "approval"}),
        json!({"kind": "initial_steps_done"}),
        json!({"business_days": 5}),
    )
}

/// Asked for on a day, approved a minute later.
fn asked_on(policy: Value, day: &str) -> Story {
    let mut story = Story::under(policy);
    story.project_types.insert(0);
    story.request.submitted_at = at(&format!("{day} 09:00"));
    story.approved(&format!("{day} 09:01"));
    story
}

#[test]
fn within_business_days_is_through_the_end_of_the_last() {
    for (days, from, last, over) in [
        (5, "2026-11-20", "2026-11-30 23:59:59", "2026-12-01 00:00"),
        (20, "2026-11-02", "2026-12-02 23:59:59", "2026-12-03 00:00"),
    ] {
        let policy = one(
            json!({"kind": "submission"}),
            json!({"kind": "initial_steps_done"}),
            json!({"business_days": days}),
        );
        let story = asked_on(policy, from);
        let request = story.request(last);
        assert_eq!(request.state, S::Onboarding);
        assert_eq!(request.next_change_at(), Some(at(over)));
        assert_eq!(
            request.upcoming[0].change,
            Change::RequestLapses("one".to_owned())
        );
        let due = at(over).date_naive().pred_opt();
        assert_eq!(request.deadlines[0].due_on, due);
        assert_eq!(request.requirements[0].due_on, due);
        let request = story.request(over);
        assert_eq!(request.state, S::Lapsed);
        assert_eq!(request.since, at(over));
        assert!(request.lapsed_because.unwrap().contains("`one`"));
        // Nobody needs to have looked at that instant.
        assert_eq!(story.request("2027-06-01 09:00").since, at(over));
        // Done on the last day it is in time, on the next it is not.
        let mut in_time = story.clone();
        initiated(&mut in_time, last);
        assert_eq!(in_time.request("2027-06-01 09:00").state, S::Onboarding);
        let mut late = story.clone();
        initiated(&mut late, over);
        assert_eq!(late.request("2027-06-01 09:00").state, S::Lapsed);
    }
}

#[test]
fn what_occurred_in_time_and_is_recorded_late_reopens_at_its_place() {
    let mut story = asked_on(initial_steps(), "2026-11-20");
    assert_eq!(story.request("2026-12-02 09:00").state, S::Lapsed);
    initiated(&mut story, "2026-11-30 09:00");
    for fact in story.facts.iter_mut().skip(1) {
        fact.envelope.recorded_at = at("2026-12-03 09:00");
    }
    assert_eq!(story.request("2026-12-03 08:59").state, S::Lapsed);
    let request = story.request("2026-12-03 09:00");
    assert_eq!(request.state, S::Onboarding);
    assert_eq!(request.deadlines[0].status, DeadlineStatus::Met);
}

#[test]
fn a_waiver_after_the_miss_comes_too_late() {
    let mut story = asked_on(initial_steps(), "2026-11-20");
    initiated(&mut story, "2026-11-23 09:00");
    story.facts.pop();
    let waiver = waived("course:new_end_user", None);
    let mut in_time = story.clone();
    in_time.fact("2026-11-30 09:00", waiver.clone());
    assert_eq!(in_time.request("2026-12-02 09:00").state, S::Onboarding);
    story.fact("2026-12-01 09:00", waiver);
    assert_eq!(story.request("2026-12-02 09:00").state, S::Lapsed);
}

#[test]
fn staffs_time_extends_the_deadlines_unless_it_counts() {
    let policy = |counts: bool| {
        let mut policy = one(
            json!({"kind": "submission"}),
            json!({"kind": "initial_steps_done"}),
            json!({"business_days": 5}),
        );
        set(
            &mut policy,
            "/license_types/end_user/onboarding/staff_time_counts",
            json!(counts),
        );
        policy
    };
    for counts in [true, false] {
        let mut story = Story::under(policy(counts));
        story.project_types.insert(0);
        // Monday 2 March; approved on Thursday: three business days with staff.
        story.request.submitted_at = at("2026-03-02 09:00");
        let request = story.request("2026-03-04 09:00");
        assert_eq!(
            request.deadlines[0].status,
            if counts {
                DeadlineStatus::Due
            } else {
                DeadlineStatus::Paused
            }
        );
        assert_eq!(request.deadlines[0].due_on.is_some(), counts);
        story.approved("2026-03-05 09:00");
        let due = if counts { "2026-03-09" } else { "2026-03-12" };
        let request = story.request("2026-03-05 09:00");
        assert_eq!(request.deadlines[0].due_on, Some(day(due)), "{counts}");
    }
}

#[test]
fn a_request_that_waits_for_its_review_never_lapses() {
    let mut story = asked(akhmis_with(&[]));
    initiated(&mut story, "2026-02-23 09:00");
    story.passed("2026-02-24 09:00", "workflow_shelter");
    let request = story.request("2026-02-24 10:00");
    let due: Vec<_> = request
        .deadlines
        .iter()
        .filter(|deadline| deadline.status == DeadlineStatus::Due)
        .map(|deadline| (deadline.code.as_str(), deadline.due_on.unwrap()))
        .collect();
    assert_eq!(
        due,
        [
            ("practice", day("2026-03-03")),
            ("total", day("2026-03-24"))
        ]
    );
    let submission = story.submit("2026-03-03 23:00", SHELTER);
    assert_eq!(story.request("2027-03-01 09:00").state, S::InReview);
    assert_eq!(story.request("2026-03-20 09:00").next_change_at(), None);
    // Returned after two weeks: five business days for the corrections, and the total is longer by staff's ten.
    story.review(
        "2026-03-17 09:00",
        SHELTER,
        submission,
        PracticeResult::Returned,
    );
    let request = story.request("2026-03-17 09:00");
    let due: Vec<_> = request
        .deadlines
        .iter()
        .filter(|deadline| deadline.status == DeadlineStatus::Due)
        .map(|deadline| (deadline.code.as_str(), deadline.due_on.unwrap()))
        .collect();
    assert_eq!(
        due,
        [
            ("corrections", day("2026-03-24")),
            ("total", day("2026-04-07"))
        ]
    );
    assert_eq!(story.request("2026-03-25 00:00").state, S::Lapsed);
    // In time, and recorded after the lapse.
    story.late("2026-03-24 22:00", "2026-03-26 09:00", submitted(SHELTER));
    assert_eq!(story.request("2026-03-26 08:00").state, S::Lapsed);
    assert_eq!(story.request("2026-03-26 09:00").state, S::InReview);
    let last = story.facts.last().unwrap().id;
    story.fact(
        "2026-03-27 09:00",
        reviewed(SHELTER, last, PracticeResult::Accepted),
    );
    assert_eq!(story.request("2026-03-27 09:00").state, S::Ready);
}

#[test]
fn staffs_time_makes_no_training_too_old() {
    let courses = "/license_types/end_user/requirement_sets/new/courses";
    let asked_for = json!([
        {"course": "privacy_and_security", "step": "initial", "initial_step": true,
         "validity": {"until_activation": {"days": 10}}},
        {"course": "new_end_user", "step": "initial", "initial_step": true},
        {"course": "workflow_shelter", "step": "workflow"},
    ]);
    let mut story = asked(akhmis_with(&[(courses, asked_for)]));
    initiated(&mut story, "2026-02-23 09:00");
    story.passed("2026-02-23 10:00", "workflow_shelter");
    story.submit("2026-02-24 09:00", SHELTER);
    assert_eq!(story.request("2026-05-01 09:00").state, S::InReview);
    let submission = story.facts.last().unwrap().id;
    story.review(
        "2026-03-24 09:00",
        SHELTER,
        submission,
        PracticeResult::Returned,
    );
    // 28 days with staff: through 5 March and 28 days.
    assert_eq!(story.request("2026-03-26 09:00").state, S::Corrections);
    let privacy = &story.request("2026-03-26 09:00").requirements[1];
    assert_eq!(privacy.valid_through, Some(day("2026-04-02")));
}

#[test]
fn a_booking_that_is_kept_reaches_its_goal() {
    let policy = one(
        json!({"kind": "approval"}),
        json!({"kind": "booked", "courses": ["workflow_shelter", "workflow_housing"]}),
        json!({"days": 10}),
    );
    let booked = FactBody::TrainingBooked {
        course: "workflow_shelter".to_owned(),
        scheduled_at: at("2026-04-20 09:00"),
    };
    let over = "2026-03-04 00:00";
    let story = asked(policy);
    assert_eq!(story.request(over).state, S::Lapsed);
    for (settled, result, state) in [
        (None, BookingResult::Cancelled, S::Onboarding),
        (
            Some("2026-03-03 09:00"),
            BookingResult::Cancelled,
            S::Lapsed,
        ),
        (Some("2026-03-03 09:00"), BookingResult::NoShow, S::Lapsed),
        (
            Some("2026-03-03 09:00"),
            BookingResult::Attended,
            S::Onboarding,
        ),
        (
            Some("2026-03-04 09:00"),
            BookingResult::NoShow,
            S::Onboarding,
        ),
    ] {
        let mut story = story.clone();
        let booking = story.fact("2026-02-25 09:00", booked.clone());
        if let Some(when) = settled {
            story.fact(when, FactBody::BookingSettled { booking, result });
        }
        assert_eq!(story.request("2026-03-05 00:00").state, state, "{result:?}");
    }
    let mut passed = story.clone();
    initiated(&mut passed, "2026-03-02 09:00");
    passed.passed("2026-03-03 09:00", "workflow_shelter");
    assert_eq!(passed.request(over).state, S::Practice);
}

#[test]
fn a_miss_may_have_a_step_start_over() {
    let mut policy = initial_steps();
    set(
        &mut policy,
        &format!("{DEADLINES}/0/on_miss").replace("/0/on_miss", ""),
        json!([{"code": "one", "title": "One", "start": {"kind": "approval"},
                "goal": {"kind": "initial_steps_done"}, "length": {"days": 10},
                "on_miss": {"kind": "reset_step", "step": "initial"}}]),
    );
    let mut story = asked_on(policy, "2026-03-02");
    initiated(&mut story, "2026-03-04 09:00");
    story.facts.pop();
    let request = story.request("2026-03-12 23:59");
    assert_eq!(
        request.upcoming[0].change,
        Change::StepStartsOver("initial".to_owned())
    );
    let open = |when: &str| {
        let request = story.request(when);
        assert_eq!(request.state, S::Onboarding);
        let initial = request.requirements.iter().take(3);
        initial.filter(|s| s.status.is_open()).count()
    };
    assert_eq!(open("2026-03-12 23:59"), 1);
    assert_eq!(open("2026-03-13 00:00"), 3);
    // It starts over with its full length, again and again.
    let request = story.request("2026-03-13 00:00");
    assert_eq!(request.next_change_at(), Some(at("2026-03-23 00:00")));
    initiated(&mut story, "2026-03-20 09:00");
    assert_eq!(
        story.request("2026-04-20 09:00").deadlines[0].status,
        DeadlineStatus::Met
    );
}

#[test]
fn what_was_announced_is_never_shortened() {
    let longer = |days: u16| {
        one(
            json!({"kind": "approval"}),
            json!({"kind": "initial_steps_done"}),
            json!({"days": days}),
        )
    };
    for (later, due) in [(5, "2026-03-03"), (20, "2026-03-13")] {
        let mut story = asked(longer(10));
        story.policy("2026-02-25 00:00", longer(later));
        let request = story.request("2026-02-26 09:00");
        assert_eq!(request.deadlines[0].due_on, Some(day(due)), "{later}");
        // It comes too late for what has ended by then.
        let mut story = asked(longer(10));
        story.policy("2026-03-10 00:00", longer(later));
        assert_eq!(story.request("2026-03-11 09:00").state, S::Lapsed);
    }
    let mut dropped = asked(longer(10));
    dropped.policy("2026-02-25 00:00", super::practice::unhurried(&[]));
    assert_eq!(dropped.request("2026-03-11 09:00").state, S::Onboarding);
}

#[test]
fn staff_extend_a_deadline_and_a_later_day_of_enforcement_only_reports() {
    let mut story = asked(initial_steps());
    let body = FactBody::DeadlineExtended {
        deadline: "one".to_owned(),
        until_on: day("2026-03-20"),
    };
    story.fact("2026-02-25 09:00", body);
    let request = story.request("2026-02-25 09:00");
    assert_eq!(request.deadlines[0].due_on, Some(day("2026-03-20")));
    assert_eq!(story.request("2026-03-21 00:00").state, S::Lapsed);

    let mut policy = initial_steps();
    let mut deadlines = policy.pointer(DEADLINES).unwrap().clone();
    deadlines[0]["enforced_from"] = json!("2026-04-01");
    set(&mut policy, DEADLINES, deadlines);
    let story = asked(policy);
    let request = story.request("2026-03-31 23:59");
    assert_eq!(request.state, S::Onboarding);
    assert_eq!(request.deadlines[0].status, DeadlineStatus::Overdue);
    assert_eq!(request.next_change_at(), Some(at("2026-04-01 00:00")));
    assert_eq!(story.request("2026-04-01 00:00").state, S::Lapsed);
}

#[test]
fn each_further_practice_set_gives_more_time_and_classes_limit() {
    let mut policy = akhmis_with(&[]);
    let deadline = json!([{"code": "one", "title": "One", "start": {"kind": "submission"},
        "goal": {"kind": "practice_accepted"}, "length": {"days": 10},
        "extra_per_practice_set": {"days": 3}, "classes": ["new"],
        "on_miss": {"kind": "lapse_request"}}]);
    set(&mut policy, DEADLINES, deadline);
    let mut story = asked_on(policy, "2026-03-02");
    let due = |story: &Story| story.request("2026-03-02 10:00").deadlines[0].due_on;
    assert_eq!(due(&story), Some(day("2026-03-12")));
    story.project_types.extend([3, 4]);
    assert_eq!(due(&story), Some(day("2026-03-18")));
    story.request.class = crate::domain::policy::RequestClass::Additional;
    assert!(story.request("2026-03-02 10:00").deadlines.is_empty());
}

#[test]
fn an_unfinished_request_lapses_after_its_days() {
    let mut story = asked(super::practice::unhurried(&[(
        "/requests/lapses_after",
        json!({"days": 30}),
    )]));
    assert_eq!(story.request("2026-03-22 23:59").state, S::Onboarding);
    assert_eq!(story.request("2026-03-23 00:00").state, S::Lapsed);
    // A decision found it open: what becomes known later does not undo that.
    story.fact("2026-03-10 09:00", FactBody::RequestDenied);
    assert_eq!(story.request("2026-04-01 00:00").state, S::Denied);
}

#[test]
fn two_deadlines_that_reset_one_step_on_one_day_do_not_keep_the_request_open_for_ever() {
    let deadline = |code: &str| {
        json!({"code": code, "title": code, "start": {"kind": "approval"},
               "goal": {"kind": "initial_steps_done"}, "length": {"days": 10},
               "on_miss": {"kind": "reset_step", "step": "initial"}})
    };
    let story = asked_on(
        akhmis_with(&[
            (DEADLINES, json!([deadline("one"), deadline("two")])),
            ("/requests/lapses_after", json!({"days": 40})),
        ]),
        "2026-03-02",
    );
    let reset = story.request("2026-03-13 00:00");
    assert_eq!(reset.state, S::Onboarding);
    assert_eq!(reset.next_change_at(), Some(at("2026-03-23 00:00")));
    assert_eq!(story.request("2026-04-11 23:59").state, S::Onboarding);
    assert_eq!(story.request("2026-04-12 00:00").state, S::Lapsed);
}

#[test]
fn a_reinstatement_moves_the_deadlines_of_the_requests_that_go_on() {
    let mut story = asked_on(
        one(
            json!({"kind": "approval"}),
            json!({"kind": "initial_steps_done"}),
            json!({"days": 10}),
        ),
        "2026-03-02",
    );
    // Due on 03-12; withdrawn by an error from 03-05 to 03-20.
    let departure = story.fact("2026-03-05 09:00", FactBody::Departed);
    assert_eq!(story.request("2026-03-05 09:00").state, S::Withdrawn);
    let body = FactBody::Reinstated {
        undoes: vec![departure],
        restores: vec![REQUEST],
    };
    story.fact("2026-03-20 09:00", body);
    let request = story.request("2026-03-20 09:00");
    assert_eq!(request.state, S::Onboarding);
    assert_eq!(request.deadlines[0].due_on, Some(day("2026-03-27")));
    assert_eq!(story.request("2026-03-28 00:00").state, S::Lapsed);
}

#[test]
fn what_is_known_by_its_day_counts_from_a_submission_of_that_day() {
    let policy = akhmis_with(&[(
        "/license_types/end_user/requirement_sets/new/courses/0/evidence_from",
        json!("submission"),
    )]);
    let mut story = asked_on(policy, "2026-03-10");
    let open = |story: &Story| {
        let request = story.request("2026-03-11 09:00");
        let found = request.requirements.iter();
        found
            .filter(|standing| standing.key.to_string() == "course:privacy_and_security")
            .all(|standing| standing.status.is_open())
    };
    story.late(
        "2026-03-10 00:00",
        "2026-03-10 15:00",
        passed("privacy_and_security"),
    );
    assert!(open(&story), "an instant before the submission");
    story.facts.last_mut().unwrap().envelope.precision = crate::domain::calendar::Precision::Day;
    assert!(!open(&story), "that day");
}

#[test]
fn what_is_asked_after_the_last_day_was_not_to_be_done_by_then() {
    let deadline = json!({"code": "one", "title": "One", "start": {"kind": "submission"},
                          "goal": {"kind": "ready"}, "length": {"days": 10},
                          "on_miss": {"kind": "lapse_request"}});
    let onboarding = json!({"staff_time_counts": true, "deadlines": [deadline]});
    let within = |mut policy: Value| {
        set(
            &mut policy,
            "/license_types/end_user/onboarding",
            onboarding.clone(),
        );
        policy
    };
    // Submitted on 20 February: through 2 March. Everything was there the next day.
    let ready = || {
        let mut policy = within(hand());
        set(&mut policy, "/courses/extra", json!({"title": "Extra"}));
        let mut story = Story::under(policy);
        story.approved("2026-02-20 09:01");
        story.prepared("2026-02-21 09:00");
        assert_eq!(story.request("2026-03-10 09:00").state, S::Ready);
        story
    };
    let added = FactBody::RequirementAdded {
        requirement: "course:extra".to_owned(),
        until_on: None,
    };
    let goes_on = |story: &Story| {
        let request = story.request("2026-03-20 09:00");
        assert_eq!(request.state, S::Onboarding);
        assert_eq!(request.deadlines[0].status, DeadlineStatus::Met);
        let mut done = story.clone();
        done.passed("2026-03-20 10:00", EXTRA);
        assert_eq!(done.request("2026-03-20 10:00").state, S::Ready);
    };
    let mut by_staff = ready();
    by_staff.fact("2026-03-10 09:00", added.clone());
    goes_on(&by_staff);
    let mut by_a_version = ready();
    let later = within(hand_with_one_course_more("open_requests"));
    by_a_version.policy("2026-03-10 09:00", later);
    goes_on(&by_a_version);
    let mut by_a_new_text = ready();
    let mut later = by_a_new_text.policies[0].document.clone();
    let agreement = later.agreements.get_mut("user_agreement").unwrap();
    agreement.version = "2".to_owned();
    let later = serde_json::to_value(&later).unwrap();
    by_a_new_text.policy("2026-03-10 09:00", later);
    assert_eq!(
        by_a_new_text.request("2026-03-20 09:00").state,
        S::Onboarding
    );
    // Before its last day it is part of it.
    let mut in_time = ready();
    in_time.fact("2026-03-01 09:00", added);
    let request = in_time.request("2026-03-20 09:00");
    assert_eq!(
        (request.state, request.since),
        (S::Lapsed, at("2026-03-03 00:00"))
    );
}
