//! Deadlines that staff give a later last day.

use serde_json::{Value, json};

use super::practice::{SHELTER, akhmis_with, asked, initiated};
use super::support::*;
use crate::domain::command::CannotExtend;
use crate::domain::evaluate::DeadlineStatus;
use crate::domain::fact::{FactBody, PracticeResult};
use crate::domain::request::RequestState as S;

fn extended(deadline: &str, until_on: &str) -> FactBody {
    FactBody::DeadlineExtended {
        deadline: deadline.to_owned(),
        until_on: day(until_on),
    }
}

/// AKHMIS's rules with one deadline for the initial steps: five business days from the approval.
fn hurried(staff_time_counts: bool, on_miss: &Value) -> Value {
    akhmis_with(&[(
        "/license_types/end_user/onboarding",
        json!({"staff_time_counts": staff_time_counts, "deadlines": [{
            "code": "one", "title": "One", "start": {"kind": "approval"},
            "goal": {"kind": "initial_steps_done"}, "length": {"business_days": 5},
            "on_miss": on_miss}]}),
    )])
}

fn lapses() -> Value {
    json!({"kind": "lapse_request"})
}

/// Why the deadline cannot be extended on a day.
fn refused(story: &Story, when: &str, deadline: &str, until_on: &str) -> CannotExtend {
    let today = at(when).with_timezone(&DETROIT).date_naive();
    story
        .request(when)
        .extend_deadline(deadline, day(until_on), today)
        .unwrap_err()
}

fn needs(story: &Story, when: &str, deadline: &str) -> Vec<String> {
    match refused(story, when, deadline, "2026-12-31") {
        CannotExtend::Refused(rejection) => rejection.needs,
        other => panic!("{other:?}"),
    }
}

#[test]
fn only_a_deadline_that_runs_gets_a_later_day() {
    let mut story = asked(akhmis_with(&[]));
    let now = "2026-02-21 10:00";
    let due = story.request(now).deadlines[0].due_on.unwrap();
    let allowed = story.request(now).extend_deadline(
        "initial_steps",
        due.succ_opt().unwrap(),
        day("2026-02-21"),
    );
    assert_eq!(
        allowed,
        Ok(FactBody::DeadlineExtended {
            deadline: "initial_steps".to_owned(),
            until_on: due.succ_opt().unwrap(),
        })
    );
    let same = due.to_string();
    assert_eq!(
        refused(&story, now, "initial_steps", &same),
        CannotExtend::NotLater(due)
    );
    assert_eq!(
        refused(&story, now, "initial_steps", "2026-02-20"),
        CannotExtend::Past
    );
    let CannotExtend::NoDeadline(known) = refused(&story, now, "another", "2026-12-31") else {
        panic!("there is no such deadline");
    };
    assert_eq!(
        known,
        [
            "corrections",
            "initial_steps",
            "practice",
            "total",
            "workflow_booked"
        ]
    );
    assert_eq!(
        needs(&story, now, "practice"),
        ["the start of the deadline `practice`"]
    );
    initiated(&mut story, "2026-02-22 09:00");
    let done = "2026-02-22 10:00";
    assert_eq!(
        needs(&story, done, "initial_steps"),
        ["a deadline that still runs: `initial_steps` is met"]
    );
    // Nothing runs while staff hold the request.
    story.passed("2026-02-23 09:00", "workflow_shelter");
    story.submit("2026-02-23 10:00", SHELTER);
    let held = &needs(&story, "2026-03-02 10:00", "total")[0];
    assert!(
        held.starts_with("staff to act upon the request first"),
        "{held}"
    );
    // An ended request is not extended; a lapsed one only where it is reopened.
    let mut withdrawn = story.clone();
    withdrawn.fact(
        "2026-02-24 09:00",
        FactBody::RequestWithdrawn { departure: None },
    );
    assert!(needs(&withdrawn, "2026-02-25 09:00", "total").is_empty());
    let story = asked(akhmis_with(&[]));
    let late = &needs(&story, "2026-06-01 09:00", "initial_steps")[0];
    assert!(late.contains("submit a new request"), "{late}");
}

#[test]
fn an_extension_counts_from_its_recording_and_never_after_the_miss() {
    let mut story = asked(hurried(true, &lapses()));
    // Approved on Saturday 21 February: through Friday the 27th.
    let mut late = story.clone();
    story.fact("2026-02-27 23:00", extended("one", "2026-03-06"));
    assert_eq!(
        story.request("2026-02-27 22:59").deadlines[0].due_on,
        Some(day("2026-02-27"))
    );
    assert_eq!(story.request("2026-03-06 23:59").state, S::Onboarding);
    // A further one, made while the first ran; a shorter one takes nothing back.
    story.fact("2026-03-06 09:00", extended("one", "2026-03-10"));
    story.fact("2026-03-06 10:00", extended("one", "2026-03-07"));
    assert_eq!(
        story.request("2026-03-06 12:00").deadlines[0].due_on,
        Some(day("2026-03-10"))
    );
    assert_eq!(story.request("2026-03-11 00:00").state, S::Lapsed);
    // Once it has lapsed, no extension brings it back.
    late.fact("2026-02-28 00:00", extended("one", "2026-03-06"));
    let request = late.request("2026-03-01 09:00");
    assert_eq!(request.state, S::Lapsed);
    assert_eq!(request.since, at("2026-02-28 00:00"));
}

#[test]
fn an_extension_of_the_next_round_leaves_the_missed_one_missed() {
    let resets = json!({"kind": "reset_step", "step": "initial"});
    let mut story = asked(hurried(true, &resets));
    story.passed("2026-02-25 09:00", "new_end_user");
    // Missed on the 27th: the step starts over on Saturday, through Friday 6 March.
    let missed = story.request("2026-03-02 09:00");
    assert!(
        missed
            .needs
            .iter()
            .any(|need| need.contains("new_end_user"))
    );
    assert_eq!(missed.deadlines[0].due_on, Some(day("2026-03-06")));
    story.fact("2026-03-02 09:00", extended("one", "2026-03-20"));
    let request = story.request("2026-03-02 09:00");
    assert!(
        request
            .needs
            .iter()
            .any(|need| need.contains("new_end_user"))
    );
    assert_eq!(request.deadlines[0].due_on, Some(day("2026-03-20")));
    assert_eq!(request.deadlines[0].started_on, day("2026-02-28"));
}

#[test]
fn staffs_time_after_an_extension_moves_its_day_too() {
    let mut story = asked(akhmis_with(&[]));
    initiated(&mut story, "2026-02-23 09:00");
    story.passed("2026-02-24 09:00", "workflow_shelter");
    let due = |story: &Story, when: &str| {
        let request = story.request(when);
        let found = request.deadlines.iter().find(|one| one.code == "total");
        let found = found.unwrap();
        (found.status, found.due_on)
    };
    story.fact("2026-02-25 09:00", extended("total", "2026-04-10"));
    assert_eq!(
        due(&story, "2026-02-25 10:00"),
        (DeadlineStatus::Due, Some(day("2026-04-10")))
    );
    // Submitted on Wednesday, returned on the Tuesday after: six days were staff's.
    let submission = story.submit("2026-02-25 12:00", SHELTER);
    assert_eq!(
        due(&story, "2026-05-01 10:00"),
        (DeadlineStatus::Paused, None)
    );
    story.review(
        "2026-03-03 09:00",
        SHELTER,
        submission,
        PracticeResult::Returned,
    );
    assert_eq!(
        due(&story, "2026-03-03 10:00"),
        (DeadlineStatus::Due, Some(day("2026-04-16")))
    );
}

#[test]
fn a_miss_that_is_only_reported_can_still_be_extended() {
    let mut policy = hurried(true, &lapses());
    let deadline = policy
        .pointer_mut("/license_types/end_user/onboarding/deadlines/0")
        .unwrap();
    deadline["enforced_from"] = json!("2026-04-01");
    let mut story = asked(policy);
    let now = "2026-03-10 09:00";
    assert_eq!(
        story.request(now).deadlines[0].status,
        DeadlineStatus::Overdue
    );
    assert_eq!(
        refused(&story, now, "one", "2026-03-09"),
        CannotExtend::Past
    );
    story.fact(now, extended("one", "2026-03-20"));
    let request = story.request(now);
    assert_eq!(request.deadlines[0].status, DeadlineStatus::Due);
    assert_eq!(request.deadlines[0].due_on, Some(day("2026-03-20")));
}
