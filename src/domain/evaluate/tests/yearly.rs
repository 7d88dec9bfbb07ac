//! Fixed dates of the year, and what recertification asks for besides courses.

use serde_json::{Value, json};

use super::support::*;
use crate::domain::evaluate::{Evaluation, evaluate};
use crate::domain::fact::{FactBody, HoldCause, NoticeRule, PracticeResult, RenewalDecision};
use crate::domain::license::LicenseStatus::{Active, Suspended};
use crate::domain::policy::{Party, Renewer};
use crate::domain::requirement::{RequirementKey, Standing, Status};

/// Everything falls due on 30 June; from 1 May it counts for the coming year, for newcomers from 1 April.
fn june() -> Value {
    json!({
        "due": {"month": 6, "day": 30},
        "opens": {"month": 5, "day": 1},
        "newcomers_from": {"month": 4, "day": 1},
    })
}

fn recertifying(items: Value) -> Value {
    hand_with(&[
        ("/license_types/end_user/inactivity/off_rule", Value::Null),
        (
            "/license_types/end_user/recertification",
            json!({
                "schedule": {"kind": "fixed_yearly", "date": june()},
                "items": items,
                "on_miss": "suspend",
            }),
        ),
    ])
}

fn standing<'e>(license: &'e Evaluation, key: &str) -> &'e Standing {
    license
        .requirements
        .iter()
        .find(|standing| standing.key.to_string() == key)
        .unwrap()
}

#[test]
fn a_pass_counts_for_the_coming_year_from_the_opening_on() {
    let key = format!("course:{SERIES}");
    for (passed_on, valid_through) in [
        // The first pass is a newcomer's.
        (vec!["2026-02-20"], "2026-06-30"),
        (vec!["2026-02-20", "2026-04-30"], "2026-06-30"),
        (vec!["2026-02-20", "2026-05-01"], "2027-06-30"),
        (vec!["2026-02-20", "2026-06-30"], "2027-06-30"),
        (vec!["2026-02-20", "2026-07-01"], "2027-06-30"),
        (vec!["2026-04-01"], "2027-06-30"),
        (vec!["2026-03-31"], "2026-06-30"),
    ] {
        let mut story = Story::under(recertifying(json!([{"kind": "course", "course": SERIES}])));
        story.executed("2026-02-20 10:00", "1");
        story.passed("2026-02-20 10:00", POLICIES);
        for day in &passed_on {
            story.passed(&format!("{day} 12:00"), SERIES);
        }
        story.activated("2026-07-02 09:00");
        let license = story.license("2026-07-02 09:00");
        let found = standing(&license, &key).due_on;
        assert_eq!(found, Some(day(valid_through)), "{passed_on:?}");
    }
}

#[test]
fn what_was_missed_at_the_date_is_cured_by_a_pass_after_it() {
    let mut story =
        Story::licensed_under(recertifying(json!([{"kind": "course", "course": SERIES}])));
    let requirement = format!("course:{SERIES}");
    story.noticed(
        "2026-06-20 09:00",
        NoticeRule::Recertification,
        None,
        Some(&requirement),
        "2026-07-01",
    );
    story.turns("2026-07-01 00:00", false);
    story.passed("2026-07-03 12:00", SERIES);
    story.turns("2026-07-03 12:00", true);
    let license = story.license("2026-07-04 09:00");
    assert_eq!(
        standing(&license, &requirement).valid_through,
        Some(day("2027-06-30"))
    );
}

#[test]
fn an_agreement_runs_to_its_date_of_the_year() {
    let validity = json!({"kind": "yearly", "date": june()});
    let policy = hand_with(&[
        ("/agreements/user_agreement/validity", validity),
        ("/license_types/end_user/inactivity/off_rule", Value::Null),
        ("/license_types/end_user/recertification", Value::Null),
    ]);
    let mut story = Story::licensed_under(policy.clone());
    let key = "agreement:user_agreement";
    let through = |story: &Story, now: &str| standing(&story.license(now), key).valid_through;
    assert_eq!(through(&story, "2026-03-02 09:00"), Some(day("2026-06-30")));
    // Before the opening a second signature buys nothing.
    story.executed("2026-04-30 12:00", "1");
    assert_eq!(through(&story, "2026-04-30 12:00"), Some(day("2026-06-30")));
    story.executed("2026-05-01 12:00", "1");
    assert_eq!(through(&story, "2026-05-01 12:00"), Some(day("2027-06-30")));

    // Whoever signs the next version is no newcomer by that.
    let mut story = Story::licensed_under(policy.clone());
    let mut next = policy;
    set(&mut next, "/agreements/user_agreement/version", json!("2"));
    story.policy("2026-03-15 00:00", next);
    story.executed("2026-04-10 12:00", "2");
    assert_eq!(through(&story, "2026-04-10 12:00"), Some(day("2026-06-30")));
}

#[test]
fn a_request_finds_an_agreement_lapsed_at_its_date_of_the_year() {
    let validity = json!({"kind": "yearly", "date": june()});
    let mut story = Story::under(hand_with(&[(
        "/agreements/user_agreement/validity",
        validity,
    )]));
    story.prepared("2026-02-20 10:00");
    story.approved("2026-02-21 10:00");
    let open = |story: &Story, now: &str| {
        story
            .request(now)
            .requirements
            .iter()
            .any(|standing| standing.status.is_open())
    };
    assert!(!open(&story, "2026-06-30 23:59"));
    assert!(open(&story, "2026-07-01 00:00"));
}

fn renewed(by: Renewer) -> FactBody {
    FactBody::LicenseRenewed {
        by,
        decision: RenewalDecision::Renewed,
    }
}

#[test]
fn recertification_asks_for_signatures_acknowledgements_and_the_requesters_renewal() {
    let items = json!([
        {"kind": "agreement", "agreement": "code_of_ethics"},
        {"kind": "acknowledgement", "code": "privacy_notice", "title": "Privacy notice read"},
        {"kind": "renewal"},
    ]);
    let mut story = Story::licensed_under(recertifying(items));
    let statuses = |story: &Story, now: &str| {
        [
            "signed_anew:code_of_ethics",
            "acknowledgement:privacy_notice",
            "renewal:requester",
        ]
        .map(|key| standing(&story.license(now), key).status)
    };
    // The code was signed on 2026-02-20; nothing else was ever done, and the date lies ahead.
    assert_eq!(
        statuses(&story, "2026-04-01 09:00"),
        [Status::Met, Status::Due, Status::Due]
    );
    assert_eq!(
        statuses(&story, "2026-07-01 09:00"),
        [Status::Overdue, Status::Overdue, Status::Overdue]
    );
    // One party alone signs nothing anew; the user's own word is not the requester's.
    story.signed("2026-05-02 09:00", "code_of_ethics", "1", Party::EndUser);
    story.fact("2026-05-02 09:00", renewed(Renewer::User));
    assert_eq!(
        statuses(&story, "2026-07-01 09:00"),
        [Status::Overdue, Status::Overdue, Status::Overdue]
    );
    story.signed("2026-05-03 09:00", "code_of_ethics", "1", Party::Supervisor);
    story.fact(
        "2026-05-03 09:00",
        FactBody::Acknowledged {
            acknowledgement: "privacy_notice".to_owned(),
        },
    );
    story.fact("2026-05-03 09:00", renewed(Renewer::Supervisor));
    assert_eq!(statuses(&story, "2027-06-30 23:00"), [Status::Met; 3]);
    assert_eq!(statuses(&story, "2027-07-01 00:00"), [Status::Overdue; 3]);
}

#[test]
fn a_renewal_that_was_missed_holds_the_license_until_it_is_given() {
    let mut story = Story::licensed_under(recertifying(json!([{"kind": "renewal"}])));
    let key = "renewal:requester";
    story.noticed(
        "2026-06-20 09:00",
        NoticeRule::Recertification,
        None,
        Some(key),
        "2026-07-01",
    );
    let held = story.license("2026-07-01 00:00");
    assert_eq!(held.status(), Some(Suspended));
    let hold = held.open_holds().next().unwrap();
    assert_eq!(hold.cause, HoldCause::RecertificationOverdue);
    assert_eq!(hold.requirement, Some(RequirementKey::Renewal));
    let given = story.fact("2026-07-02 09:00", renewed(Renewer::Staff));
    assert_eq!(story.status("2026-07-02 09:00"), Some(Active));
    // Taken back, the license rests on nothing: at once, but not before it was said.
    story.correct(
        "2026-07-03 09:00",
        given,
        FactBody::LicenseRenewed {
            by: Renewer::Staff,
            decision: RenewalDecision::Declined,
        },
    );
    assert_eq!(story.status("2026-07-03 08:59"), Some(Active));
    assert_eq!(story.status("2026-07-03 09:00"), Some(Suspended));
}

#[test]
fn practice_that_recertification_asks_for_is_owed_again_each_year() {
    let mut policy = recertifying(json!([{"kind": "practice", "practice_set": "intake"}]));
    set(
        &mut policy,
        "/workflows",
        json!({"intake": {"title": "Intake"}}),
    );
    set(
        &mut policy,
        "/practice_sets",
        json!({"intake": {"title": "Intake", "workflow": "intake", "cases": 1}}),
    );
    set(
        &mut policy,
        "/license_types/end_user/practice",
        json!({"release": "at_once"}),
    );
    let mut story = Story::licensed_under(policy);
    let status = |story: &Story, now: &str| standing(&story.license(now), "practice:intake").status;
    assert_eq!(status(&story, "2026-04-01 09:00"), Status::Due);
    let submission = story.fact(
        "2026-05-02 09:00",
        FactBody::PracticeSubmitted {
            practice_set: "intake".to_owned(),
        },
    );
    story.fact(
        "2026-05-04 09:00",
        FactBody::PracticeReviewed {
            submission,
            practice_set: "intake".to_owned(),
            result: PracticeResult::Accepted,
            score: None,
            findings: Vec::new(),
        },
    );
    assert_eq!(status(&story, "2027-06-30 09:00"), Status::Met);
    assert_eq!(status(&story, "2027-07-01 09:00"), Status::Overdue);
}

#[test]
fn the_answer_does_not_change_between_the_dates_that_it_foretells() {
    let story = Story::licensed_under(recertifying(json!([{"kind": "renewal"}])));
    let now = at("2026-04-01 09:00");
    let next = evaluate(&story.case(), now).next_change_at().unwrap();
    assert_eq!(next, at("2026-07-01 00:00"));
}
