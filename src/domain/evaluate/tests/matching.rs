//! Somebody of the implementation may be the one whom a request describes as somebody new: staff settle it before a
//! license begins.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::support::*;
use crate::domain::fact::{FactBody, MatchedBy};
use crate::domain::ids::PersonId;
use crate::domain::request::RequestState;

const KNOWN: PersonId = PersonId(Uuid::from_u128(77));
const ANOTHER: PersonId = PersonId(Uuid::from_u128(78));

fn found(person: PersonId) -> FactBody {
    FactBody::MatchFound {
        person,
        by: vec![MatchedBy::Name],
    }
}

fn said(person: PersonId, same: bool) -> FactBody {
    FactBody::MatchSettled { person, same }
}

/// A request for somebody new, by the name of somebody known.
fn namesake() -> Story {
    let mut story = Story::under(hand());
    story.fact("2026-02-20 09:00", found(KNOWN));
    story
}

#[test]
fn what_is_not_settled_keeps_staff_from_approving() {
    let mut story = namesake();
    let request = story.request("2026-02-21 09:00");
    let refused = request.approve().unwrap_err();
    assert_eq!(
        (refused.state.as_str(), refused.action.as_str()),
        ("submitted", "approve")
    );
    assert!(
        refused.needs[0].contains(&KNOWN.to_string()),
        "{:?}",
        refused.needs
    );
    let body = request.settle_match(KNOWN, false).unwrap().unwrap();
    assert_eq!(body, said(KNOWN, false));
    story.fact("2026-02-21 10:00", body);
    let request = story.request("2026-02-21 10:00");
    assert!(request.unsettled().is_empty());
    assert_eq!(request.approve(), Ok(FactBody::RequestApproved));
}

#[test]
fn each_of_several_is_settled_by_itself() {
    let mut story = namesake();
    story.fact("2026-02-20 09:00", found(ANOTHER));
    story.fact("2026-02-21 10:00", said(KNOWN, false));
    let request = story.request("2026-02-21 10:00");
    assert_eq!(request.unsettled().len(), 1);
    assert!(request.unsettled()[0].contains(&ANOTHER.to_string()));
    assert!(request.approve().is_err());
}

#[test]
fn who_was_not_found_is_nobody_to_settle() {
    let story = namesake();
    let request = story.request("2026-02-21 09:00");
    assert_eq!(request.settle_match(ANOTHER, true), None);
}

#[test]
fn no_license_begins_before_it_is_settled_however_far_the_request_came() {
    let mut story = namesake();
    story.approved("2026-02-21 09:00");
    story.prepared("2026-02-22 10:00");
    let now = "2026-02-23 00:00";
    let request = story.request(now);
    let refused = request
        .activate(&story.license(now), &BTreeSet::new())
        .unwrap_err();
    assert!(
        refused
            .needs
            .iter()
            .any(|need| need.contains(&KNOWN.to_string())),
        "{refused:?}"
    );
    // Wherever it stands, it can be settled as long as the request is open.
    assert!(request.state.is_open());
    assert_eq!(
        request.settle_match(KNOWN, false),
        Some(Ok(said(KNOWN, false)))
    );
    story.fact("2026-02-23 09:00", said(KNOWN, false));
    let now = "2026-02-23 09:00";
    let request = story.request(now);
    assert_eq!(request.state, RequestState::Ready);
    assert!(
        request
            .activate(&story.license(now), &BTreeSet::new())
            .is_ok()
    );
}

#[test]
fn what_was_said_stands_until_it_is_taken_back() {
    let mut story = namesake();
    let said_before = story.fact("2026-02-21 10:00", said(KNOWN, false));
    let refused = |story: &Story, now: &str| {
        story
            .request(now)
            .settle_match(KNOWN, true)
            .unwrap()
            .unwrap_err()
    };
    let refusal = refused(&story, "2026-02-21 11:00");
    assert_eq!(
        (refusal.state.as_str(), refusal.action.as_str()),
        ("submitted", "settle_match")
    );
    assert!(
        refusal.needs[0].contains(&said_before.to_string()),
        "{refusal:?}"
    );
    story.correct("2026-02-21 12:00", said_before, FactBody::Withdrawn);
    let request = story.request("2026-02-21 12:00");
    assert_eq!(request.unsettled().len(), 1);
    assert_eq!(
        request.settle_match(KNOWN, true),
        Some(Ok(said(KNOWN, true)))
    );
    // That two are one is taken back where it was done, by the merge.
    story.fact("2026-02-21 13:00", said(KNOWN, true));
    let refusal = refused(&story, "2026-02-21 14:00");
    assert!(
        refusal.needs[0].contains("/v1/person-merges"),
        "{refusal:?}"
    );
}

#[test]
fn one_who_became_the_same_person_since_is_settled() {
    let mut story = namesake();
    story.request.person_id = KNOWN;
    for fact in &mut story.facts {
        fact.person_id = KNOWN;
    }
    let request = story.request("2026-02-21 09:00");
    assert!(request.unsettled().is_empty());
    assert_eq!(
        request.settle_match(KNOWN, true),
        Some(Ok(said(KNOWN, true)))
    );
    let refused = request.settle_match(KNOWN, false).unwrap().unwrap_err();
    assert!(
        refused.needs[0].contains("/v1/person-merges"),
        "{refused:?}"
    );
}

#[test]
fn an_ended_request_has_nothing_left_to_settle() {
    for body in [
        FactBody::RequestDenied,
        FactBody::RequestWithdrawn { departure: None },
    ] {
        let mut story = namesake();
        story.fact("2026-02-22 09:00", body);
        let request = story.request("2026-02-22 10:00");
        let refused = request.settle_match(KNOWN, false).unwrap().unwrap_err();
        assert_eq!(refused.state, request.state.as_str());
        assert!(refused.needs.is_empty(), "never: {refused:?}");
    }
}
