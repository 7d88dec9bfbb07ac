//! Ends that late facts contest, and errors that staff undo.

use serde_json::json;

use super::support::*;
use crate::domain::evaluate::PeriodCause;
use crate::domain::fact::FactBody;
use crate::domain::ids::FactId;
use crate::domain::license::LicenseStatus::{Active, Deactivated};
use crate::domain::request::RequestState;

fn reinstated(story: &mut Story, when: &str, undoes: &[FactId]) -> FactId {
    let restores = vec![REQUEST];
    let undoes = undoes.to_vec();
    story.fact(when, FactBody::Reinstated { undoes, restores })
}

/// Ended on 2026-03-10 by a departure that was corrected two days later.
fn contested() -> (Story, FactId, FactId) {
    let mut story = Story::hand();
    let departure = story.fact("2026-03-10 09:00", FactBody::Departed);
    let correction = story.correct("2026-03-12 09:00", departure, waived("nothing", None));
    (story, departure, correction)
}

#[test]
fn a_departure_corrected_after_it_took_effect_is_contested_and_stays_effective() {
    let (story, _, correction) = contested();
    let license = story.license("2026-03-12 09:00");
    assert_eq!(license.status(), Some(Deactivated));
    assert_eq!(license.contested().unwrap().open_contests(), [correction]);
    assert_eq!(license.uphold(), Ok(FactBody::Upheld));
}

#[test]
fn a_contested_end_that_staff_uphold_is_contested_no_more_until_something_new_arrives() {
    let (mut story, departure, _) = contested();
    let upheld = story.fact("2026-03-13 09:00", FactBody::Upheld);
    let license = story.license("2026-03-13 09:00");
    assert!(license.contested().is_none());
    assert_eq!(
        license.uphold().unwrap_err().needs,
        ["an end that is contested"]
    );
    let again = story.correct("2026-03-14 09:00", departure, waived("more", None));
    let license = story.license("2026-03-14 09:00");
    assert_eq!(license.contested().unwrap().open_contests(), [again]);
    // A correction of the decision opens all of it again.
    story.correct("2026-03-15 09:00", upheld, waived("more", None));
    let license = story.license("2026-03-15 09:00");
    assert_eq!(license.contested().unwrap().open_contests().len(), 2);
}

#[test]
fn a_reinstated_license_is_contested_no_more() {
    let (mut story, departure, _) = contested();
    reinstated(&mut story, "2026-03-13 09:00", &[departure]);
    let license = story.license("2026-03-13 09:00");
    assert_eq!(license.status(), Some(Active));
    assert_eq!(license.periods[1].cause, PeriodCause::Reinstatement);
    assert!(license.contested().is_none());
    assert_eq!(license.uphold().unwrap_err().needs, [""; 0]);
}

#[test]
fn a_reinstatement_moves_other_deadlines_by_the_lost_time() {
    let mut story = Story::hand();
    let departure = story.fact("2026-03-10 09:00", FactBody::Departed);
    reinstated(&mut story, "2026-03-20 09:00", &[departure]);
    let due = |story: &Story, when: &str| {
        story
            .license(when)
            .requirements
            .iter()
            .find(|standing| standing.key.to_string() == format!("course:{SERIES}"))
            .and_then(|standing| standing.due_on)
    };
    // Passed on 2026-02-20, and ten days were lost.
    assert_eq!(due(&story, "2026-03-20 09:00"), Some(day("2027-03-02")));
    // A pass since then counts for itself.
    story.passed("2026-04-01 09:00", SERIES);
    assert_eq!(due(&story, "2026-04-01 09:00"), Some(day("2027-04-01")));
}

#[test]
fn what_counts_from_activation_goes_on_after_a_reinstatement() {
    // A course for which no pass is known: recertification counts from activation.
    let mut policy = hand_with(&[("/courses/extra", json!({"title": "Extra"}))]);
    policy["license_types"]["end_user"]["recertification"]["items"] =
        json!([{"kind": "course", "course": EXTRA}]);
    let mut story = Story::licensed_under(policy);
    let departure = story.fact("2026-03-10 09:00", FactBody::Departed);
    reinstated(&mut story, "2026-03-20 09:00", &[departure]);
    let license = story.license("2026-03-20 09:00");
    let extra = license
        .requirements
        .iter()
        .find(|standing| standing.key.to_string() == "course:extra")
        .unwrap();
    assert_eq!(extra.due_on, Some(day("2027-03-11")));
}

#[test]
fn a_reinstatement_lets_the_requests_go_on_that_the_error_withdrew() {
    let mut story = Story::under(hand());
    story.approved("2026-02-21 09:00");
    let departure = story.fact("2026-02-23 09:00", FactBody::Departed);
    assert_eq!(
        story.request("2026-02-23 09:00").state,
        RequestState::Withdrawn
    );
    reinstated(&mut story, "2026-02-25 09:00", &[departure]);
    let request = story.request("2026-02-25 09:00");
    assert_eq!(request.state, RequestState::Onboarding);
    // One that is right withdraws it after all.
    story.fact("2026-02-26 09:00", FactBody::Departed);
    assert_eq!(
        story.request("2026-02-26 09:00").state,
        RequestState::Withdrawn
    );
}

#[test]
fn a_departure_that_was_an_error_ends_no_role_any_more() {
    use crate::domain::departure::has_departed;
    let (mut story, departure, _) = contested();
    let gone = |story: &Story, when: &str| {
        has_departed(
            &story.facts,
            story.request.person_id,
            HERE,
            at("2026-01-01 00:00"),
            at(when),
        )
    };
    assert!(gone(&story, "2026-03-13 08:00"));
    reinstated(&mut story, "2026-03-13 09:00", &[departure]);
    assert!(!gone(&story, "2026-03-13 09:00"));
}

#[test]
fn an_unverified_notice_of_departure_holds_at_once_and_for_a_business_day_at_most() {
    let mut story = Story::hand();
    let notice = story.late(
        "2026-03-09 17:00",
        "2026-03-10 09:00",
        FactBody::DepartureNoticed {
            until: at("2026-03-12 00:00"),
        },
    );
    story.turns("2026-03-10 09:00", false);
    story.turns("2026-03-12 00:00", true);
    story.fact(
        "2026-03-11 09:00",
        FactBody::DepartureNoticeSettled {
            notice,
            departure: None,
        },
    );
    story.turns("2026-03-11 09:00", true);
}
