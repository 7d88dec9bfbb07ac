//! What add-ons owe by themselves: a miss reaches only the add-on.

use serde_json::{Value, json};

use super::support::*;
use crate::domain::evaluate::AddOnStatus::{
    self, AwaitsConfirmation, BaseOff, Ended, On, Suspended,
};
use crate::domain::evaluate::{Change, Consequence};
use crate::domain::fact::{FactBody, HoldCause, NoticeRule};
use crate::domain::ids::FactId;
use crate::domain::license::LicenseStatus::Active;
use crate::domain::requirement::Status;

const KEY: &str = "add_on:reports:course:reports";

/// HAND's policy with an add-on whose course is owed again every six months; nothing ends the base.
fn policy(on_miss: &str) -> Value {
    hand_with(&[
        ("/license_types/end_user/recertification", Value::Null),
        ("/license_types/end_user/inactivity/off_rule", Value::Null),
        ("/courses/reports", json!({ "title": "Reports" })),
        (
            "/license_types/reports",
            json!({
                "title": "Reports",
                "license": { "kind": "add_on", "depends_on": ["end_user"] },
                "requirement_sets": { "own": { "courses": [{ "course": "reports" }] } },
                "classes": { "add_on": { "kind": "set", "set": "own" } },
                "recertification": {
                    "schedule": { "kind": "rolling", "months": 6 },
                    "items": [{ "kind": "course", "course": "reports" }],
                    "on_miss": on_miss,
                },
            }),
        ),
    ])
}

/// The add-on is on since 2026-03-05, its course passed on 2026-03-02 and good through 2026-09-02.
fn with_reports(on_miss: &str) -> (Story, FactId) {
    let mut story = Story::licensed_under(policy(on_miss));
    story.passed("2026-03-02 12:00", "reports");
    let add_on = story.fact(
        "2026-03-05 09:00",
        FactBody::AddOnActivated {
            add_on: "reports".to_owned(),
            submitted_at: None,
        },
    );
    (story, add_on)
}

fn told(story: &mut Story) {
    let rule = NoticeRule::Recertification;
    story.noticed("2026-08-20 09:00", rule, None, Some(KEY), "2026-09-03");
}

fn status(story: &Story, now: &str) -> AddOnStatus {
    story.license(now).add_ons[0].status
}

#[test]
fn what_an_add_on_owes_is_due_under_its_own_name() {
    let (mut story, _) = with_reports("suspend");
    let license = story.license("2026-08-01 09:00");
    assert!(
        !license
            .requirements
            .iter()
            .any(|standing| standing.key.to_string() == KEY)
    );
    let owed = &license.add_ons[0].requirements[0];
    assert_eq!(
        (owed.key.to_string().as_str(), owed.status),
        (KEY, Status::Met)
    );
    assert_eq!(owed.valid_through, Some(day("2026-09-02")));
    let item = &license.due[0];
    assert_eq!(item.consequence, Consequence::AwaitsNotice);
    let needed = license.notices_due(at("2026-08-01 09:00"))[0];
    assert_eq!(needed.requirement.as_ref().unwrap().to_string(), KEY);
    assert_eq!(needed.ends_on, day("2026-09-03"));

    told(&mut story);
    let license = story.license("2026-08-21 09:00");
    let off = license
        .upcoming
        .iter()
        .find(|upcoming| upcoming.change == Change::AddOnOff("reports".to_owned()));
    assert_eq!(off.unwrap().at, at("2026-09-03 00:00"));
    assert_eq!(
        license.next_access_change_at(),
        Some(at("2026-09-03 00:00"))
    );
}

#[test]
fn a_miss_suspends_only_the_add_on_until_it_is_made_good() {
    let (mut story, _) = with_reports("suspend");
    told(&mut story);
    assert_eq!(status(&story, "2026-09-02 23:59"), On);
    let license = story.license("2026-09-03 00:00");
    assert_eq!(license.add_ons[0].status, Suspended);
    assert_eq!(
        license.add_ons[0].holds[0].cause,
        HoldCause::RecertificationOverdue
    );
    assert_eq!((license.status(), license.holds.len()), (Some(Active), 0));
    story.passed("2026-09-10 12:00", "reports");
    assert_eq!(status(&story, "2026-09-10 12:00"), On);
}

#[test]
fn without_a_notice_an_add_on_stays_on() {
    let (story, _) = with_reports("deactivate");
    assert_eq!(status(&story, "2026-12-01 09:00"), On);
}

#[test]
fn a_miss_may_end_the_add_on_alone_and_staff_decide_about_what_came_late() {
    let (mut story, _) = with_reports("deactivate");
    told(&mut story);
    let license = story.license("2026-09-03 00:00");
    assert_eq!(
        (license.status(), license.add_ons[0].status),
        (Some(Active), Ended)
    );
    assert_eq!(license.add_ons[0].ended_at, Some(at("2026-09-03 00:00")));
    // Passed after the end it changes nothing; passed in time and recorded late it awaits confirmation.
    story.passed("2026-09-05 12:00", "reports");
    assert_eq!(status(&story, "2026-09-05 12:00"), Ended);
    story.late("2026-09-01 12:00", "2026-09-06 12:00", passed("reports"));
    assert_eq!(status(&story, "2026-09-06 12:00"), AwaitsConfirmation);
}

#[test]
fn evidence_that_is_taken_back_suspends_the_add_on_alone() {
    let (mut story, _) = with_reports("suspend");
    let is_pass = |fact: &&crate::domain::fact::Fact| fact.body == passed("reports");
    let pass = story.facts.iter().find(is_pass).unwrap().id;
    story.correct("2026-04-01 09:00", pass, failed("reports"));
    let license = story.license("2026-04-01 09:00");
    assert_eq!(license.status(), Some(Active));
    assert_eq!(license.add_ons[0].status, Suspended);
    assert_eq!(
        license.add_ons[0].holds[0].cause,
        HoldCause::EvidenceWithdrawn
    );
    story.passed("2026-04-02 09:00", "reports");
    assert_eq!(status(&story, "2026-04-02 09:00"), On);
}

#[test]
fn an_add_on_that_is_suspended_and_whose_base_was_too_awaits_confirmation_after_both() {
    let (mut story, add_on) = with_reports("suspend");
    told(&mut story);
    let cause = HoldCause::Investigation;
    let hold = story.fact(
        "2026-09-05 09:00",
        FactBody::HoldOpened { cause, until: None },
    );
    assert_eq!(status(&story, "2026-09-05 09:00"), BaseOff);
    story.fact("2026-09-06 09:00", FactBody::HoldLifted { hold });
    assert_eq!(status(&story, "2026-09-06 09:00"), Suspended);
    story.passed("2026-09-07 09:00", "reports");
    assert_eq!(status(&story, "2026-09-07 09:00"), AwaitsConfirmation);
    story.fact("2026-09-08 09:00", FactBody::AddOnConfirmed { add_on });
    assert_eq!(status(&story, "2026-09-08 09:00"), On);
}

#[test]
fn a_waiver_covers_what_an_add_on_owes() {
    let (mut story, _) = with_reports("suspend");
    told(&mut story);
    story.fact(
        "2026-09-01 09:00",
        waived("course:reports", Some("2026-12-31")),
    );
    assert_eq!(status(&story, "2026-10-01 09:00"), On);
    let owed = &story.license("2026-10-01 09:00").add_ons[0].requirements[0];
    assert_eq!(owed.status, Status::Waived);
}

#[test]
fn what_is_added_between_the_request_of_an_add_on_and_its_beginning_does_not_bind_it() {
    let mut more = policy("suspend");
    set(&mut more, "/courses/extra", json!({ "title": "Extra" }));
    more["license_types"]["reports"]["requirement_sets"]["own"]["courses"]
        .as_array_mut()
        .unwrap()
        .push(json!({ "course": EXTRA }));
    let mut story = Story::licensed_under(policy("suspend"));
    story.policy("2026-03-03 00:00", more);
    story.passed("2026-03-02 12:00", "reports");
    for (submitted, bound) in [("2026-03-02 13:00", false), ("2026-03-04 13:00", true)] {
        let mut story = story.clone();
        story.fact(
            "2026-03-05 09:00",
            FactBody::AddOnActivated {
                add_on: "reports".to_owned(),
                submitted_at: Some(at(submitted)),
            },
        );
        let license = story.license("2026-03-05 10:00");
        let mut owed = license.add_ons[0].requirements.iter();
        let found = owed.any(|standing| standing.key.to_string() == "add_on:reports:course:extra");
        assert_eq!(found, bound, "{submitted}");
    }
}

#[test]
fn an_add_on_is_reminded_of_as_its_own_type_says() {
    let mut policy = policy("suspend");
    set(
        &mut policy,
        "/license_types/reports/recertification/reminders",
        json!([20, 3]),
    );
    let mut story = Story::licensed_under(policy);
    story.passed("2026-03-02 12:00", "reports");
    let add_on = "reports".to_owned();
    story.fact(
        "2026-03-05 09:00",
        FactBody::AddOnActivated {
            add_on,
            submitted_at: None,
        },
    );
    let license = story.license("2026-08-01 09:00");
    let needed = license.notices_due(at("2026-08-01 09:00"))[0];
    assert_eq!(needed.ends_on, day("2026-09-03"));
    assert_eq!(needed.send_at, at("2026-08-14 00:00"));
    assert_eq!(needed.reminders, [(3, at("2026-08-31 00:00"))]);
}
