//! Add-ons follow their base; other base types and other classes.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::support::*;
use crate::domain::evaluate::AddOnStatus::{self, AwaitsConfirmation, BaseOff, Ended, On};
use crate::domain::fact::{DeactivationCause, FactBody, HoldCause, TypeChange};
use crate::domain::ids::FactId;
use crate::domain::policy::RequestClass;
use crate::domain::request::RequestState;

const REPORTS: &str = "reports";

/// HAND's policy with an add-on that end users carry, and a type that carries none.
fn policy() -> Value {
    let mut policy = hand_with(&[
        (
            "/license_types/reports",
            json!({
                "title": "Reports",
                "license": { "kind": "add_on", "depends_on": ["end_user"] },
                "requirement_sets": { "own": { "courses": [{ "course": "reports" }] } },
                "classes": { "add_on": { "kind": "set", "set": "own" } },
            }),
        ),
        ("/courses/reports", json!({ "title": "Reports" })),
        (
            "/license_types/end_user/classes/type_change",
            json!({ "kind": "same_as", "class": "new" }),
        ),
    ]);
    let read_only = json!({
        "title": "Read only",
        "license": { "kind": "base" },
        "requirement_sets": { "none": { "courses": [] } },
        "classes": {
            "new": { "kind": "set", "set": "none" },
            "returning": { "kind": "set", "set": "none" },
            "additional": { "kind": "set", "set": "none" },
            "type_change": { "kind": "set", "set": "none" },
        },
    });
    set(&mut policy, "/license_types/read_only", read_only);
    policy
}

fn with_reports() -> (Story, FactId) {
    let mut story = Story::licensed_under(policy());
    let add_on = story.fact(
        "2026-03-05 09:00",
        FactBody::AddOnActivated {
            add_on: REPORTS.to_owned(),
            submitted_at: None,
        },
    );
    (story, add_on)
}

fn reinstated() -> FactBody {
    FactBody::Reinstated {
        undoes: Vec::new(),
        restores: Vec::new(),
    }
}

fn status(story: &Story, now: &str) -> AddOnStatus {
    story.license(now).add_ons[0].status
}

#[test]
fn an_add_on_is_on_only_while_its_base_gives_access() {
    let (mut story, add_on) = with_reports();
    assert_eq!(status(&story, "2026-03-05 09:00"), On);
    let hold = story.fact(
        "2026-03-10 09:00",
        FactBody::HoldOpened {
            cause: HoldCause::Investigation,
            until: None,
        },
    );
    assert_eq!(status(&story, "2026-03-10 09:00"), BaseOff);
    // Nobody confirms it while the base is off.
    assert!(
        story
            .license("2026-03-10 10:00")
            .confirm_add_on(add_on)
            .is_err()
    );
    story.fact("2026-03-11 09:00", FactBody::HoldLifted { hold });
    assert_eq!(status(&story, "2026-03-11 09:00"), AwaitsConfirmation);
    let confirmed = story.license("2026-03-11 10:00").confirm_add_on(add_on);
    assert_eq!(confirmed, Ok(FactBody::AddOnConfirmed { add_on }));
    story.fact("2026-03-11 10:00", confirmed.unwrap());
    assert_eq!(status(&story, "2026-03-11 10:00"), On);
    let again = story.license("2026-03-11 11:00").confirm_add_on(add_on);
    assert!(again.unwrap_err().needs[0].contains("`on`"));
}

#[test]
fn after_a_deactivation_it_must_be_requested_anew() {
    let (mut story, add_on) = with_reports();
    let cause = DeactivationCause::NoLongerNeeded;
    story.fact("2026-03-10 09:00", FactBody::Deactivated { cause });
    assert_eq!(status(&story, "2026-03-10 09:00"), Ended);
    story.fact("2026-03-12 09:00", FactBody::Reactivated);
    assert_eq!(status(&story, "2026-03-12 09:00"), Ended);
    assert!(
        story
            .license("2026-03-12 10:00")
            .confirm_add_on(add_on)
            .is_err()
    );
}

#[test]
fn a_reinstatement_restores_it_once_staff_confirm() {
    let (mut story, add_on) = with_reports();
    let cause = DeactivationCause::NoLongerNeeded;
    story.fact("2026-03-10 09:00", FactBody::Deactivated { cause });
    story.fact("2026-03-12 09:00", reinstated());
    assert_eq!(status(&story, "2026-03-12 09:00"), AwaitsConfirmation);
    story.fact("2026-03-12 10:00", FactBody::AddOnConfirmed { add_on });
    assert_eq!(status(&story, "2026-03-12 10:00"), On);
}

#[test]
fn one_that_ended_before_the_base_is_not_restored() {
    let (mut story, add_on) = with_reports();
    story.fact("2026-03-08 09:00", FactBody::AddOnEnded { add_on });
    assert_eq!(status(&story, "2026-03-08 09:00"), Ended);
    assert!(
        story
            .license("2026-03-08 10:00")
            .end_add_on(add_on)
            .is_err()
    );
    let cause = DeactivationCause::NoLongerNeeded;
    story.fact("2026-03-10 09:00", FactBody::Deactivated { cause });
    story.fact("2026-03-12 09:00", reinstated());
    assert_eq!(status(&story, "2026-03-12 09:00"), Ended);
}

#[test]
fn an_end_that_was_an_error_leaves_it_awaiting_confirmation() {
    let (mut story, add_on) = with_reports();
    let ended = story.fact("2026-03-08 09:00", FactBody::AddOnEnded { add_on });
    story.correct(
        "2026-03-09 09:00",
        ended,
        FactBody::AddOnConfirmed { add_on: ended },
    );
    assert_eq!(status(&story, "2026-03-09 09:00"), AwaitsConfirmation);
}

#[test]
fn a_type_that_does_not_carry_it_ends_it() {
    let (mut story, _) = with_reports();
    let change = TypeChange::to("read_only");
    story.fact("2026-03-10 09:00", FactBody::TypeChanged(change));
    assert_eq!(status(&story, "2026-03-10 09:00"), Ended);
    let license = story.license("2026-03-10 09:00");
    assert!(license.allowed());
    assert_eq!(license.period().unwrap().license_type, "read_only");
    // Only what the new type asks for is owed from now on.
    assert_eq!(license.requirements, []);
}

#[test]
fn it_is_asked_for_only_on_a_base_that_gives_access() {
    let (mut story, _) = with_reports();
    let carriers = BTreeSet::from(["end_user".to_owned()]);
    let needs = |story: &Story, now: &str| story.license(now).needed_to_submit(REPORTS, &carriers);
    assert!(needs(&story, "2026-03-06 09:00")[0].contains("which the license has"));
    let other = story
        .license("2026-03-06 09:00")
        .needed_to_submit("other", &carriers);
    assert_eq!(other, Vec::<String>::new());
    let cause = DeactivationCause::NoLongerNeeded;
    story.fact("2026-03-10 09:00", FactBody::Deactivated { cause });
    assert_eq!(
        needs(&story, "2026-03-10 09:00"),
        ["a base license here that gives access, of type end_user"]
    );
}

#[test]
fn it_begins_only_on_a_base_that_carries_it() {
    let mut story = Story::licensed_under(policy());
    story.request.license_type = REPORTS.to_owned();
    story.request.class = RequestClass::AddOn;
    story.request.submitted_at = at("2026-03-06 09:00");
    story.request.id = crate::domain::ids::RequestId(uuid::Uuid::from_u128(77));
    story.fact("2026-03-06 10:00", passed(REPORTS));
    let carriers = BTreeSet::from(["end_user".to_owned()]);
    let mut request = story.request("2026-03-07 09:00");
    // HAND's approval step is not what this is about.
    request.state = RequestState::Ready;
    let needed = |story: &Story| {
        let license = story.license("2026-03-07 09:00");
        request
            .activate(&license, &carriers)
            .map_err(|refused| refused.needs)
    };
    assert_eq!(needed(&story), Ok(()));
    let mut other = story.clone();
    let change = TypeChange::to("read_only");
    other.fact("2026-03-06 11:00", FactBody::TypeChanged(change));
    let base = vec!["a base license here that gives access, of type end_user".to_owned()];
    assert_eq!(needed(&other), Err(base.clone()));
    story.fact(
        "2026-03-06 11:00",
        FactBody::HoldOpened {
            cause: HoldCause::Investigation,
            until: None,
        },
    );
    assert_eq!(needed(&story), Err(base));
}

#[test]
fn a_change_that_adds_no_requirement_needs_no_request() {
    let (mut story, _) = with_reports();
    let ask = |story: &Story, to: &str, now: &str| {
        let mut asked = story.clone();
        asked.request.license_type = to.to_owned();
        asked.request.class = RequestClass::TypeChange;
        asked.request.submitted_at = at(now);
        asked.request.id = crate::domain::ids::RequestId(uuid::Uuid::from_u128(77));
        let document = document(policy());
        story.license(now).change_type(
            TypeChange::to(to),
            &document.license_types[to],
            &asked.request(now),
        )
    };
    assert!(ask(&story, "read_only", "2026-03-06 09:00").is_ok());
    let same = ask(&story, "end_user", "2026-03-06 09:00");
    assert!(same.unwrap_err().needs[0].contains("another license type"));
    story.fact(
        "2026-03-07 09:00",
        FactBody::TypeChanged(TypeChange::to("read_only")),
    );
    // What was done for the first license counts, so the way back adds nothing while it is valid.
    assert!(ask(&story, "end_user", "2026-03-08 09:00").is_ok());
    assert!(
        ask(&story, REPORTS, "2026-03-08 09:00").unwrap_err().needs[0]
            .contains("lets a running license change")
    );
}

#[test]
fn staff_reclassify_within_what_type_and_license_allow() {
    let mut story = Story::under(policy());
    story.approved("2026-02-21 09:00");
    let now = "2026-02-22 09:00";
    let document = document(policy());
    let end_user = &document.license_types["end_user"];
    let to = |story: &Story, class| {
        let license = story.license(now);
        story.request(now).reclassify(class, &license, end_user)
    };
    assert!(to(&story, RequestClass::New).unwrap_err().needs[0].contains("another class"));
    assert!(to(&story, RequestClass::AddOn).unwrap_err().needs[0].contains("license type"));
    assert!(to(&story, RequestClass::TypeChange).unwrap_err().needs[0].contains("runs here"));
    let returning = to(&story, RequestClass::Returning);
    assert_eq!(
        returning,
        Ok(FactBody::RequestReclassified {
            class: RequestClass::Returning
        })
    );
    story.fact("2026-02-22 10:00", returning.unwrap());
    assert_eq!(story.request("2026-02-22 09:59").class, RequestClass::New);
    let request = story.request("2026-02-22 10:00");
    assert_eq!(request.class, RequestClass::Returning);
    assert_eq!(request.state, RequestState::Onboarding);
}
