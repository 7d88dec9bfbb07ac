//! A license that begins with only the projects whose workflows' practice is accepted.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use uuid::Uuid;

use super::practice::*;
use super::support::*;
use crate::domain::command::Beginning;
use crate::domain::evaluate::{Change, EndCause};
use crate::domain::fact::{Basis, DeactivationCause, FactBody, PracticeResult, TypeChange};
use crate::domain::ids::{FactId, ProjectId};
use crate::domain::policy::RequestClass;
use crate::domain::request::RequestState as S;

const IN_SHELTER: ProjectId = ProjectId(Uuid::from_u128(60));
const IN_OUTREACH: ProjectId = ProjectId(Uuid::from_u128(61));
const UNTYPED: ProjectId = ProjectId(Uuid::from_u128(62));
const ASKED: [(ProjectId, Option<u8>); 3] = [
    (IN_SHELTER, Some(0)),
    (IN_OUTREACH, Some(4)),
    (UNTYPED, None),
];

fn policy(allowed: bool, changes: &[(&str, Value)]) -> Value {
    let activation = json!({"by": "staff", "accepted_workflows_only": allowed});
    let mut all = vec![("/requests/activation", activation)];
    all.extend_from_slice(changes);
    unhurried(&all)
}

/// Asked for with an emergency shelter and a street outreach project; only practice is open.
fn two_workflows(policy: Value) -> Story {
    let mut story = asked(policy);
    story.project_types.insert(4);
    initiated(&mut story, "2026-02-22 09:00");
    story.passed("2026-02-22 10:00", "workflow_shelter");
    story.passed("2026-02-22 10:00", "workflow_outreach");
    story
}

impl Story {
    fn accepted(&mut self, when: &str, set: &str) -> FactId {
        let submission = self.submit(when, set);
        self.review(when, set, submission, PracticeResult::Accepted)
    }

    /// Activates with what may begin, as the service records it.
    fn begins(&mut self, when: &str) -> Beginning {
        let request = self.request(when);
        request
            .activate(&self.license(when), &BTreeSet::new())
            .unwrap();
        let beginning = request.beginning(&ASKED);
        let projects = beginning.projects.clone();
        let project_types: Vec<u8> = ASKED
            .iter()
            .filter(|(project, _)| projects.contains(project))
            .filter_map(|(_, kind)| *kind)
            .collect();
        let body = if request.begun.is_some() {
            FactBody::ProjectsAdded {
                projects,
                project_types,
                fulfils: beginning.whole,
            }
        } else {
            FactBody::Activated {
                license_type: "end_user".to_owned(),
                class: self.request.class,
                job_role: None,
                projects,
                project_types,
                basis: Basis::Requirements,
                requirement_set: None,
                submitted_at: Some(self.request.submitted_at),
                partial: !beginning.whole,
            }
        };
        self.fact(when, body);
        beginning
    }

    fn refused(&self, when: &str) -> Vec<String> {
        let refused = self
            .request(when)
            .activate(&self.license(when), &BTreeSet::new());
        refused.unwrap_err().needs
    }
}

#[test]
fn a_license_begins_with_what_is_accepted_and_gets_the_rest_as_it_is() {
    let mut story = two_workflows(policy(true, &[]));
    // Nothing accepted yet.
    assert_eq!(story.request("2026-02-22 11:00").left_out, None);
    assert_eq!(story.refused("2026-02-22 11:00").len(), 2);
    story.accepted("2026-02-23 09:00", SHELTER);
    let request = story.request("2026-02-23 09:00");
    assert_eq!(request.state, S::Practice);
    assert_eq!(request.left_out, Some(BTreeSet::from([4])));
    let beginning = story.begins("2026-02-23 10:00");
    assert_eq!(beginning.projects, [IN_SHELTER, UNTYPED]);
    assert!(!beginning.whole);
    story.turns("2026-02-23 10:00", true);
    let license = story.license("2026-02-23 10:00");
    assert_eq!(license.period().unwrap().projects, [IN_SHELTER, UNTYPED]);
    // The holder owes what the projects that he has ask for, and nothing of the others.
    assert_eq!(license.period().unwrap().project_types, [0]);
    let request = story.request("2026-02-23 10:00");
    assert_eq!(request.state, S::Practice);
    assert_eq!(request.given, [IN_SHELTER, UNTYPED]);
    assert_eq!(request.left_out, None);
    assert_eq!(
        story.refused("2026-02-23 10:00"),
        ["`practice_outreach` is not submitted"]
    );
    story.accepted("2026-02-24 09:00", OUTREACH);
    assert_eq!(story.request("2026-02-24 09:00").state, S::Ready);
    let rest = story.begins("2026-02-24 09:00");
    assert_eq!((rest.projects, rest.whole), (vec![IN_OUTREACH], true));
    let request = story.request("2026-02-24 09:00");
    assert_eq!(request.state, S::Fulfilled);
    assert_eq!(request.given, [IN_SHELTER, UNTYPED, IN_OUTREACH]);
    let license = story.license("2026-02-24 09:00");
    assert_eq!(license.periods.len(), 1);
    assert_eq!(
        license.period().unwrap().projects,
        [IN_SHELTER, UNTYPED, IN_OUTREACH]
    );
    assert_eq!(license.period().unwrap().project_types, [0, 4]);
    assert_eq!(license.since, Some(at("2026-02-23 10:00")));
}

#[test]
fn without_the_rule_the_least_advanced_workflow_holds_all() {
    let mut story = two_workflows(policy(false, &[]));
    story.accepted("2026-02-23 09:00", SHELTER);
    assert_eq!(story.request("2026-02-23 09:00").left_out, None);
    assert_eq!(
        story.refused("2026-02-23 09:00"),
        ["`practice_outreach` is not submitted"]
    );
}

#[test]
fn what_all_projects_share_comes_first() {
    let mut story = asked(policy(true, &[]));
    story.project_types.insert(4);
    initiated(&mut story, "2026-02-22 09:00");
    story.passed("2026-02-22 10:00", "workflow_shelter");
    story.passed("2026-02-22 10:00", "workflow_outreach");
    story.accepted("2026-02-23 09:00", SHELTER);
    // Staff ask for one course more of the request: all projects share it.
    let mut more = story.clone();
    more.fact(
        "2026-02-23 10:00",
        FactBody::RequirementAdded {
            requirement: "course:refresher".to_owned(),
            until_on: None,
        },
    );
    assert_eq!(more.request("2026-02-23 10:00").left_out, None);
    // And so of practice that none of the projects needs.
    let mut more = story.clone();
    more.fact(
        "2026-02-23 10:00",
        FactBody::RequirementAdded {
            requirement: "practice:practice_housing".to_owned(),
            until_on: None,
        },
    );
    assert_eq!(more.request("2026-02-23 10:00").left_out, None);
    // A training that only one workflow asks for keeps only its projects out.
    let free = policy(
        true,
        &[(
            "/license_types/end_user/requirement_sets/new/order",
            Value::Null,
        )],
    );
    let mut apart = asked(free);
    apart.project_types.insert(4);
    initiated(&mut apart, "2026-02-22 09:00");
    apart.passed("2026-02-22 10:00", "workflow_shelter");
    apart.accepted("2026-02-23 09:00", SHELTER);
    let request = apart.request("2026-02-23 09:00");
    assert_eq!(request.state, S::Onboarding);
    assert_eq!(request.left_out, Some(BTreeSet::from([4])));
}

#[test]
fn a_change_of_type_waits_for_all() {
    let class = (
        "/license_types/end_user/classes/type_change",
        json!({"kind": "same_as", "class": "new"}),
    );
    let mut story = two_workflows(policy(true, &[class]));
    story.accepted("2026-02-23 09:00", SHELTER);
    story.request.class = RequestClass::TypeChange;
    assert_eq!(story.request("2026-02-23 09:00").left_out, None);
}

#[test]
fn the_rest_lapses_and_the_license_keeps_what_it_has() {
    let deadline = json!({
        "staff_time_counts": true,
        "deadlines": [{
            "code": "practice", "title": "Practice", "start": {"kind": "submission"},
            "goal": {"kind": "practice_accepted"}, "length": {"days": 10},
            "on_miss": {"kind": "lapse_request"},
        }],
    });
    let rules = [("/license_types/end_user/onboarding", deadline)];
    let mut story = two_workflows(policy(true, &rules));
    story.accepted("2026-02-23 09:00", SHELTER);
    story.begins("2026-02-23 10:00");
    // Asked on 20 February: the tenth day is 2 March.
    assert_eq!(story.request("2026-03-02 23:59").state, S::Practice);
    let lapsed = story.request("2026-03-03 00:00");
    assert_eq!(lapsed.state, S::Lapsed);
    assert_eq!(lapsed.given, [IN_SHELTER, UNTYPED]);
    assert!(
        lapsed
            .activate(&story.license("2026-03-03 00:00"), &BTreeSet::new())
            .is_err()
    );
    let license = story.license("2026-03-03 00:00");
    assert!(license.allowed());
    assert_eq!(license.period().unwrap().projects, [IN_SHELTER, UNTYPED]);
    // What was accepted in time and is recorded late reopens it at its place.
    let submission = story.late("2026-03-01 09:00", "2026-03-04 09:00", submitted(OUTREACH));
    story.late(
        "2026-03-02 09:00",
        "2026-03-04 09:00",
        reviewed(OUTREACH, submission, PracticeResult::Accepted),
    );
    assert_eq!(story.request("2026-03-04 09:00").state, S::Ready);
    assert_eq!(story.begins("2026-03-04 09:00").projects, [IN_OUTREACH]);
}

#[test]
fn what_brought_projects_already_is_not_asked_for_again() {
    // A training counts five days before activation, and its lapse would end the request.
    let courses = json!([
        {"course": "privacy_and_security", "on_lapse": "lapse_request", "validity": {"until_activation": {"days": 5}}},
        {"course": "workflow_shelter", "project_types": [0]},
        {"course": "workflow_outreach", "project_types": [4], "validity": {"until_activation": {"days": 5}}},
    ]);
    let rules = [
        (
            "/license_types/end_user/requirement_sets/new/order",
            Value::Null,
        ),
        (
            "/license_types/end_user/requirement_sets/new/courses",
            courses,
        ),
        (
            "/license_types/end_user/requirement_sets/new/agreements",
            json!([{"agreement": "end_user_agreement"}]),
        ),
        (
            "/license_types/end_user/requirement_sets/new/practice",
            json!([{"practice_set": SHELTER}, {"practice_set": OUTREACH}]),
        ),
    ];
    let mut story = two_workflows(policy(true, &rules));
    story.accepted("2026-02-23 09:00", SHELTER);
    let mut not_begun = story.clone();
    not_begun.accepted("2026-03-01 09:00", OUTREACH);
    assert_eq!(not_begun.request("2026-03-01 09:00").state, S::Lapsed);
    story.begins("2026-02-23 10:00");
    story.accepted("2026-03-01 09:00", OUTREACH);
    // The shared training has done what it had to; the one of the workflow that is not active yet is checked again.
    let request = story.request("2026-03-01 09:00");
    assert_eq!(request.state, S::Onboarding);
    assert_eq!(request.needs.len(), 1);
    assert!(request.needs[0].contains("workflow_outreach"));
    story.passed("2026-03-02 09:00", "workflow_outreach");
    assert!(story.begins("2026-03-02 09:00").whole);
}

#[test]
fn the_request_is_over_with_the_license_it_began() {
    let mut story = two_workflows(policy(true, &[]));
    story.accepted("2026-02-23 09:00", SHELTER);
    story.begins("2026-02-23 10:00");
    let end = story.late(
        "2026-03-01 09:00",
        "2026-02-25 09:00",
        FactBody::Deactivated {
            cause: DeactivationCause::Requested,
        },
    );
    let before = story.request("2026-02-28 09:00");
    assert_eq!(before.state, S::Practice);
    let ends = Change::Ends(EndCause::Deactivated(DeactivationCause::Requested));
    assert!(
        before
            .upcoming
            .iter()
            .any(|upcoming| upcoming.at == at("2026-03-01 09:00") && upcoming.change == ends)
    );
    let over = story.request("2026-03-01 09:00");
    assert_eq!((over.state, over.ended_by), (S::Withdrawn, Some(end)));
    story.accepted("2026-03-02 09:00", OUTREACH);
    assert_eq!(story.request("2026-03-02 09:00").state, S::Withdrawn);
    assert!(story.refused("2026-03-02 09:00").is_empty());
    // The end was an error: the request goes on, and what was done meanwhile counts.
    story.fact(
        "2026-03-03 09:00",
        FactBody::Reinstated {
            undoes: vec![end],
            restores: vec![REQUEST],
        },
    );
    assert_eq!(story.request("2026-03-03 09:00").state, S::Ready);
    assert_eq!(story.begins("2026-03-03 09:00").projects, [IN_OUTREACH]);
}

#[test]
fn another_type_ends_what_was_open_of_the_old_one() {
    let mut story = two_workflows(policy(true, &[]));
    story.accepted("2026-02-23 09:00", SHELTER);
    story.begins("2026-02-23 10:00");
    story.fact(
        "2026-02-24 09:00",
        FactBody::TypeChanged(TypeChange::to("read_only")),
    );
    assert_eq!(story.request("2026-02-24 09:00").state, S::Withdrawn);
    assert!(story.license("2026-02-24 09:00").allowed());
}

#[test]
fn a_request_that_began_keeps_its_class() {
    let mut story = two_workflows(policy(true, &[]));
    story.accepted("2026-02-23 09:00", SHELTER);
    story.begins("2026-02-23 10:00");
    let license_type = story.policies[0].document.license_types["end_user"].clone();
    let refused = story.request("2026-02-23 11:00").reclassify(
        RequestClass::TypeChange,
        &story.license("2026-02-23 11:00"),
        &license_type,
    );
    assert!(refused.unwrap_err().needs[0].contains("not begun"));
}

#[test]
fn a_project_that_an_import_gave_another_type_is_not_given_twice() {
    let mut story = two_workflows(policy(true, &[]));
    story.accepted("2026-02-23 09:00", SHELTER);
    story.begins("2026-02-23 10:00");
    story.project_types = [1, 4].into();
    let request = story.request("2026-02-23 11:00");
    assert!(request.left_out.is_some());
    let asked = [
        (IN_SHELTER, Some(1)),
        (IN_OUTREACH, Some(4)),
        (UNTYPED, None),
    ];
    assert!(request.beginning(&asked).is_nothing());
    story.accepted("2026-02-24 09:00", OUTREACH);
    let rest = story.request("2026-02-24 09:00").beginning(&asked);
    assert_eq!((rest.projects, rest.whole), (vec![IN_OUTREACH], true));
}

#[test]
fn what_staff_ask_after_the_license_began_is_owed_by_the_request_until_it_brings_more() {
    let mut story = two_workflows(policy(true, &[]));
    story.accepted("2026-02-23 09:00", SHELTER);
    story.begins("2026-02-23 10:00");
    story.fact(
        "2026-02-25 09:00",
        FactBody::RequirementAdded {
            requirement: "course:refresher".to_owned(),
            until_on: None,
        },
    );
    let owes = |story: &Story, now: &str| {
        let license = story.license(now);
        assert!(license.allowed());
        let mut owed = license.requirements.iter();
        owed.any(|standing| standing.key.to_string() == "course:refresher")
    };
    assert!(!owes(&story, "2026-02-25 09:00"));
    assert_eq!(story.request("2026-02-25 09:00").left_out, None);
    // Done, it brings the rest, which rests on it from then on.
    story.passed("2026-02-26 09:00", "refresher");
    story.accepted("2026-02-26 10:00", "practice_outreach");
    story.begins("2026-02-26 11:00");
    assert!(owes(&story, "2026-02-26 11:00"));
}
