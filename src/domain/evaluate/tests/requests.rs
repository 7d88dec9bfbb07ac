//! The road to activation.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::support::*;
use crate::domain::evaluate::{Change, classify};
use crate::domain::fact::FactBody;
use crate::domain::license::LicenseStatus;
use crate::domain::policy::{Party, RequestClass};
use crate::domain::request::RequestState;
use crate::domain::requirement::{RequirementKey, Status, signs_for};

const SERIES_KEY: &str = "course:hmis_user_training_series";

fn submitted() -> Story {
    Story::under(hand())
}

#[test]
fn submitted_then_onboarding_then_ready_then_fulfilled() {
    let mut story = submitted();
    assert_eq!(
        story.request("2026-02-20 09:00").state,
        RequestState::Submitted
    );
    story.approved("2026-02-21 09:00");
    let request = story.request("2026-02-21 09:00");
    assert_eq!(request.state, RequestState::Onboarding);
    assert_eq!(request.since, at("2026-02-21 09:00"));
    assert_eq!(request.needs.len(), 6, "{:?}", request.needs);
    story.prepared("2026-02-23 10:00");
    let request = story.request("2026-02-23 10:00");
    assert_eq!(request.state, RequestState::Ready);
    assert_eq!(request.since, at("2026-02-23 10:00"));
    assert!(request.needs.is_empty());
    story.activated("2026-03-01 09:00");
    let request = story.request("2028-01-01 00:00");
    assert_eq!(request.state, RequestState::Fulfilled);
    assert_eq!(request.since, at("2026-03-01 09:00"));
    assert!(request.requirements.iter().all(|s| s.status == Status::Met));
    assert_eq!(request.next_change_at(), None);
}

#[test]
fn a_rejection_names_state_action_and_needs() {
    let mut story = submitted();
    story.approved("2026-02-21 09:00");
    story.executed("2026-02-22 09:00", "1");
    story.passed("2026-02-22 09:00", POLICIES);
    let now = "2026-02-23 00:00";
    let rejection = story
        .request(now)
        .activate(&story.license(now), &BTreeSet::new())
        .unwrap_err();
    assert_eq!(rejection.state, "onboarding");
    assert_eq!(rejection.action, "activate");
    assert_eq!(rejection.needs, [format!("`{SERIES}` is not passed")]);
    let rejection = story.request(now).approve().unwrap_err();
    assert_eq!(
        (rejection.action.as_str(), rejection.needs.len()),
        ("approve", 0)
    );
}

#[test]
fn denied_and_withdrawn_are_ends_that_facts_after_them_do_not_change() {
    for (body, state) in [
        (FactBody::RequestDenied, RequestState::Denied),
        (
            FactBody::RequestWithdrawn { departure: None },
            RequestState::Withdrawn,
        ),
    ] {
        let mut story = submitted();
        let fact = story.fact("2026-02-22 09:00", body);
        story.approved("2026-02-23 09:00");
        story.prepared("2026-02-23 10:00");
        let request = story.request("2026-03-01 00:00");
        assert_eq!((request.state, request.ended_by), (state, Some(fact)));
        assert_eq!(request.since, at("2026-02-22 09:00"));
        assert!(request.deny().is_err());
    }
}

#[test]
fn a_training_that_gets_too_old_before_activation_is_reopened_alone() {
    let mut story = submitted();
    story.approved("2026-02-21 09:00");
    story.executed("2026-02-21 10:00", "1");
    story.passed("2025-03-10 09:00", SERIES);
    story.passed("2026-02-01 09:00", POLICIES);
    let request = story.request("2026-03-10 23:59:59");
    assert_eq!(request.state, RequestState::Ready);
    assert_eq!(request.next_change_at(), Some(at("2026-03-11 00:00")));
    assert_eq!(
        request.upcoming[0].change,
        Change::Lapses(RequirementKey::Course(SERIES.to_owned()))
    );
    let request = story.request("2026-03-11 00:00");
    assert_eq!(request.state, RequestState::Onboarding);
    let open: Vec<_> = request
        .requirements
        .iter()
        .filter(|standing| standing.status.is_open())
        .map(|standing| standing.key.to_string())
        .collect();
    assert_eq!(open, [SERIES_KEY]);
    assert!(
        request.needs[0].contains("2026-03-10"),
        "{:?}",
        request.needs
    );
}

#[test]
fn a_requirement_added_later_does_not_bind_an_open_request_unless_it_says_so() {
    for (binds, bound) in [
        ("new_requests", false),
        ("open_requests", true),
        ("holders", true),
    ] {
        let mut story = submitted();
        story.approved("2026-02-21 09:00");
        story.prepared("2026-02-21 10:00");
        story.policy("2026-02-25 00:00", hand_with_one_course_more(binds));
        let expected = if bound {
            RequestState::Onboarding
        } else {
            RequestState::Ready
        };
        assert_eq!(story.request("2026-02-26 00:00").state, expected, "{binds}");
        // A request submitted after it owes it in any case.
        story.request.submitted_at = at("2026-02-25 09:00");
        assert_eq!(
            story.request("2026-02-26 00:00").state,
            RequestState::Onboarding
        );
    }
}

#[test]
fn approval_steps_added_later_leave_an_open_request_as_it_was() {
    let mut story = submitted();
    story.approved("2026-02-21 09:00");
    let mut policy = hand();
    set(
        &mut policy,
        "/requests/approval",
        json!([{"by": {"kind": "role", "role": "system_admin"}},
               {"by": {"kind": "role", "role": "trainer"}}]),
    );
    story.policy("2026-02-25 00:00", policy);
    assert_eq!(
        story.request("2026-02-26 00:00").state,
        RequestState::Onboarding
    );
    story.request.submitted_at = at("2026-02-25 09:00");
    let request = story.request("2026-02-26 00:00");
    assert_eq!(request.state, RequestState::Submitted);
    assert!(
        request.needs[0].contains("by a trainer"),
        "{:?}",
        request.needs
    );
}

#[test]
fn no_approval_step_means_onboarding_at_once() {
    let story = Story::under(hand_with(&[("/requests/approval", Value::Null)]));
    assert_eq!(
        story.request("2026-02-20 09:00").state,
        RequestState::Onboarding
    );
}

#[test]
fn a_job_role_owes_its_own_course() {
    let mut story = submitted();
    story.approved("2026-02-21 09:00");
    story.prepared("2026-02-21 10:00");
    story.request.job_role = Some("data_manager".to_owned());
    let request = story.request("2026-02-22 00:00");
    assert_eq!(request.needs, ["`data_quality` is not passed"]);
    story.request.job_role = Some("case_manager".to_owned());
    assert_eq!(story.request("2026-02-22 00:00").state, RequestState::Ready);
}

#[test]
fn a_course_may_be_owed_for_project_types_only() {
    let courses = "/license_types/end_user/requirement_sets/full/courses";
    let mut story = Story::under(hand_with(&[(
        courses,
        json!([{"course": "data_quality", "project_types": [4]}]),
    )]));
    story.approved("2026-02-21 09:00");
    story.executed("2026-02-21 10:00", "1");
    assert_eq!(story.request("2026-02-22 00:00").state, RequestState::Ready);
    story.project_types.insert(4);
    assert_eq!(
        story.request("2026-02-22 00:00").state,
        RequestState::Onboarding
    );
}

#[test]
fn the_agency_signs_by_a_supervisor_its_authorized_signer_or_the_lead() {
    for (party, signs) in [
        (Party::Agency, true),
        (Party::Supervisor, true),
        (Party::AuthorizedSigner, true),
        (Party::Lead, true),
        (Party::EndUser, false),
    ] {
        let mut story = submitted();
        story.approved("2026-02-21 09:00");
        story.passed("2026-02-21 09:00", SERIES);
        story.passed("2026-02-21 09:00", POLICIES);
        for agreement in AGREEMENTS {
            story.signed("2026-02-21 10:00", agreement, "1", Party::EndUser);
            story.signed("2026-02-22 10:00", agreement, "1", party);
        }
        let ready = story.request("2026-02-23 00:00").state == RequestState::Ready;
        assert_eq!(ready, signs, "{party:?}");
    }
    assert!(!signs_for(Party::Supervisor, Party::EndUser));
    assert!(!signs_for(Party::Supervisor, Party::AuthorizedSigner));
    assert!(!signs_for(Party::Supervisor, Party::Lead));
}

#[test]
fn only_signatures_of_the_current_version_at_this_organization_count() {
    let mut story = submitted();
    story.approved("2026-02-21 09:00");
    story.passed("2026-02-21 09:00", SERIES);
    story.passed("2026-02-21 09:00", POLICIES);
    story.executed("2026-02-21 10:00", "0");
    assert_eq!(
        story.request("2026-02-22 00:00").state,
        RequestState::Onboarding
    );
    story.executed("2026-02-22 10:00", "1");
    let mut elsewhere = story.clone();
    for fact in &mut elsewhere.facts {
        if matches!(fact.body, FactBody::AgreementSigned { .. }) {
            fact.organization_id = Some(ELSEWHERE);
        }
    }
    assert_eq!(story.request("2026-02-23 00:00").state, RequestState::Ready);
    assert_eq!(
        elsewhere.request("2026-02-23 00:00").state,
        RequestState::Onboarding
    );
}

#[test]
fn a_waiver_meets_a_requirement_until_it_runs_out() {
    let mut story = submitted();
    story.approved("2026-02-21 09:00");
    story.executed("2026-02-21 10:00", "1");
    story.passed("2026-02-21 10:00", POLICIES);
    story.fact("2026-02-21 11:00", waived(SERIES_KEY, Some("2026-02-28")));
    let request = story.request("2026-02-28 23:59");
    assert_eq!(request.state, RequestState::Ready);
    assert_eq!(request.next_change_at(), Some(at("2026-03-01 00:00")));
    assert_eq!(
        story.request("2026-03-01 00:00").state,
        RequestState::Onboarding
    );
}

#[test]
fn a_departure_withdraws_the_open_request_at_its_instant() {
    let mut story = submitted();
    story.approved("2026-02-21 09:00");
    let fact = story.late("2026-03-05 17:00", "2026-02-25 09:00", FactBody::Departed);
    let request = story.request("2026-03-05 16:59");
    assert_eq!(request.state, RequestState::Onboarding);
    assert_eq!(request.next_change_at(), Some(at("2026-03-05 17:00")));
    let request = story.request("2026-03-05 17:00");
    assert_eq!(request.state, RequestState::Withdrawn);
    assert_eq!(request.ended_by, Some(fact));
    // Rehired: a request submitted later is not touched.
    story.request.submitted_at = at("2026-03-06 09:00");
    assert_eq!(
        story.request("2026-03-07 00:00").state,
        RequestState::Onboarding
    );
}

#[test]
fn a_policy_that_says_nothing_about_the_class_never_makes_ready() {
    let mut story = submitted();
    story.approved("2026-02-21 09:00");
    story.prepared("2026-02-21 10:00");
    story.request.class = RequestClass::TypeChange;
    let request = story.request("2026-02-22 00:00");
    assert_eq!(request.state, RequestState::Onboarding);
    assert!(
        request.needs[0].contains("type_change"),
        "{:?}",
        request.needs
    );
}

#[test]
fn activation_is_refused_for_barred_people_and_organizations_that_left() {
    let mut story = submitted();
    story.approved("2026-02-21 09:00");
    story.prepared("2026-02-21 10:00");
    let now = "2026-03-01 09:00";
    let activate = |story: &Story| {
        story
            .request(now)
            .activate(&story.license(now), &BTreeSet::new())
    };
    assert_eq!(activate(&story), Ok(()));
    let mut left = story.clone();
    left.participations[0].to_on = Some(day("2026-02-28"));
    assert!(activate(&left).unwrap_err().needs[0].contains("participate"));
    story.fact("2026-02-25 09:00", FactBody::Barred { until: None });
    assert!(activate(&story).unwrap_err().needs[0].contains("contact the lead"));
}

#[test]
fn evidence_may_have_to_follow_the_submission() {
    let courses = "/license_types/end_user/requirement_sets/full/courses";
    let mut story = Story::under(hand_with(&[(
        courses,
        json!([{"course": SERIES, "evidence_from": "submission"}]),
    )]));
    story.approved("2026-02-21 09:00");
    story.executed("2026-02-19 10:00", "1");
    story.passed("2026-02-19 10:00", SERIES);
    assert_eq!(
        story.request("2026-02-22 00:00").state,
        RequestState::Onboarding
    );
    story.passed("2026-02-22 10:00", SERIES);
    assert_eq!(story.request("2026-02-23 00:00").state, RequestState::Ready);
}

#[test]
fn the_class_is_the_first_that_fits() {
    use LicenseStatus::{Active, Deactivated, Expired, Suspended, Warned};
    let ended = |when: &str| (Deactivated, Some(at(when)));
    let since = Some(at("2026-01-01 00:00"));
    for (add_on, here, elsewhere, expected) in [
        (true, Some(Active), vec![], RequestClass::AddOn),
        (false, Some(Active), vec![], RequestClass::TypeChange),
        (false, Some(Warned), vec![], RequestClass::TypeChange),
        (false, Some(Suspended), vec![], RequestClass::TypeChange),
        (
            false,
            Some(Deactivated),
            vec![(Active, None)],
            RequestClass::Returning,
        ),
        (false, Some(Expired), vec![], RequestClass::Returning),
        (
            false,
            None,
            vec![ended("2026-02-01 00:00"), (Suspended, None)],
            RequestClass::Additional,
        ),
        (
            false,
            None,
            vec![ended("2026-02-01 00:00")],
            RequestClass::Transfer,
        ),
        (
            false,
            None,
            vec![ended("2026-01-01 00:00")],
            RequestClass::New,
        ),
        (false, None, vec![], RequestClass::New),
    ] {
        assert_eq!(classify(add_on, here, &elsewhere, since), expected);
    }
    assert_eq!(
        classify(false, None, &[ended("2026-02-01 00:00")], None),
        RequestClass::New
    );
}
