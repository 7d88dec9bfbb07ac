//! A license is suspended while it has any open hold.

use serde_json::json;

use super::support::*;
use crate::domain::evaluate::{EndCause, TransitionCause};
use crate::domain::fact::{DeactivationCause, FactBody, HoldCause, NoticeRule};
use crate::domain::ids::FactId;
use crate::domain::license::LicenseStatus::{Active, Deactivated, Suspended};

fn hold(story: &mut Story, occurred: &str, recorded: &str, until: Option<&str>) -> FactId {
    story.late(
        occurred,
        recorded,
        FactBody::HoldOpened {
            cause: HoldCause::Leave,
            until: until.map(at),
        },
    )
}

#[test]
fn a_hold_acts_when_it_is_announced_for_and_ends_by_itself() {
    let mut story = Story::hand();
    hold(
        &mut story,
        "2026-04-10 00:00",
        "2026-04-01 09:00",
        Some("2026-04-20 00:00"),
    );
    assert_eq!(
        story.license("2026-04-02 00:00").next_change_at(),
        Some(at("2026-04-10 00:00"))
    );
    story.turns("2026-04-10 00:00", false);
    story.turns("2026-04-20 00:00", true);
}

#[test]
fn a_hold_never_acts_before_its_recording() {
    let mut story = Story::hand();
    hold(&mut story, "2026-03-10 00:00", "2026-04-01 09:00", None);
    story.turns("2026-04-01 09:00", false);
}

#[test]
fn curing_one_hold_never_lifts_another() {
    let mut story = Story::hand();
    let first = hold(&mut story, "2026-04-01 09:00", "2026-04-01 09:00", None);
    let second = hold(&mut story, "2026-04-02 09:00", "2026-04-02 09:00", None);
    story.fact("2026-04-03 09:00", FactBody::HoldLifted { hold: first });
    let license = story.license("2026-04-03 09:00");
    assert_eq!(license.status(), Some(Suspended));
    assert_eq!(license.since, Some(at("2026-04-01 09:00")));
    assert!(license.lift(first).is_err());
    assert_eq!(
        license.lift(second),
        Ok(FactBody::HoldLifted { hold: second })
    );
    story.fact("2026-04-04 09:00", FactBody::HoldLifted { hold: second });
    story.turns("2026-04-04 09:00", true);
}

#[test]
fn a_lift_announced_for_later_acts_later() {
    let mut story = Story::hand();
    let opened = hold(&mut story, "2026-04-01 09:00", "2026-04-01 09:00", None);
    story.late(
        "2026-04-10 09:00",
        "2026-04-02 09:00",
        FactBody::HoldLifted { hold: opened },
    );
    assert_eq!(story.status("2026-04-09 09:00"), Some(Suspended));
    story.turns("2026-04-10 09:00", true);
}

#[test]
fn a_hold_lifted_before_it_begins_never_opens() {
    let mut story = Story::hand();
    let opened = hold(&mut story, "2026-04-10 09:00", "2026-04-01 09:00", None);
    story.fact("2026-04-05 09:00", FactBody::HoldLifted { hold: opened });
    assert_eq!(story.status("2026-04-20 09:00"), Some(Active));
}

#[test]
fn a_correction_that_removes_the_ground_lifts_at_its_recording() {
    let mut story = Story::hand();
    let opened = hold(&mut story, "2026-04-01 09:00", "2026-04-01 09:00", None);
    story.correct("2026-04-05 09:00", opened, waived("nothing", None));
    story.turns("2026-04-05 09:00", true);
}

#[test]
fn a_lift_that_was_an_error_is_undone_at_its_correction() {
    let mut story = Story::hand();
    let opened = hold(&mut story, "2026-04-01 09:00", "2026-04-01 09:00", None);
    let lifted = story.fact("2026-04-02 09:00", FactBody::HoldLifted { hold: opened });
    story.correct("2026-04-03 09:00", lifted, waived("nothing", None));
    assert_eq!(story.status("2026-04-02 12:00"), Some(Active));
    story.turns("2026-04-03 09:00", false);
}

#[test]
fn too_long_a_suspension_ends_after_notice_where_the_policy_says_so() {
    let policy = hand_with(&[(
        "/suspension",
        json!({"by_cause": {"leave": {"length": {"days": 10}, "then": "deactivate"}}}),
    )]);
    let mut story = Story::licensed_under(policy);
    hold(&mut story, "2026-04-01 09:00", "2026-04-01 09:00", None);
    assert_eq!(story.status("2026-06-01 00:00"), Some(Suspended));
    story.noticed(
        "2026-04-03 09:00",
        NoticeRule::SuspensionTooLong,
        None,
        None,
        "2026-04-12",
    );
    assert_eq!(story.status("2026-04-11 23:59"), Some(Suspended));
    let license = story.license("2026-04-12 00:00");
    assert_eq!(license.status(), Some(Deactivated));
    assert_eq!(
        license.period().unwrap().end.as_ref().unwrap().cause,
        EndCause::Deactivated(DeactivationCause::SuspensionTooLong)
    );
}

#[test]
fn the_end_closes_holds_and_a_reinstatement_restores_them() {
    let mut story = Story::hand();
    hold(&mut story, "2026-04-01 09:00", "2026-04-01 09:00", None);
    story.fact("2026-04-02 09:00", FactBody::Departed);
    assert_eq!(story.status("2026-04-02 09:00"), Some(Deactivated));
    story.fact(
        "2026-04-03 09:00",
        FactBody::Reinstated {
            undoes: Vec::new(),
            restores: Vec::new(),
        },
    );
    let license = story.license("2026-04-03 09:00");
    assert_eq!(license.status(), Some(Suspended));
    assert!(matches!(
        license.history.last().unwrap().cause,
        TransitionCause::HoldOpened(HoldCause::Leave)
    ));
}

#[test]
fn a_login_never_lifts_a_hold() {
    let mut story = Story::hand();
    hold(&mut story, "2026-04-01 09:00", "2026-04-01 09:00", None);
    story.login("2026-04-02 09:00");
    assert_eq!(story.status("2026-04-02 09:00"), Some(Suspended));
}
