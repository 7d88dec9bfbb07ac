//! More than 30 days without login.

use serde_json::json;

use super::support::*;
use crate::domain::evaluate::{Change, Consequence, LicenseState, TransitionCause, Warning};
use crate::domain::fact::{DeactivationCause, FactBody, HoldCause, NoticeRule, TypeChange};
use crate::domain::license::LicenseStatus::{Active, Deactivated, Suspended, Warned};

const OFF_RULE: &str = "/license_types/end_user/inactivity/off_rule";
const OFF_ACTION: &str = "/license_types/end_user/inactivity/off_action";

fn warning(story: &Story, now: &str) -> Warning {
    match story.license(now).state {
        Some(LicenseState::Warned(warning)) => warning,
        other => panic!("not warned: {other:?}"),
    }
}

/// Last login Monday 2026-03-02, warned on Thursday 04-02.
fn detroit() -> Story {
    let mut story = Story::hand();
    story.login("2026-03-02 16:00");
    story.warned("2026-04-02 09:00", "2026-04-08");
    story
}

#[test]
fn the_notice_is_due_on_local_day_31_after_the_last_login() {
    let mut story = Story::hand();
    story.login("2026-03-02 16:00");
    let license = story.license("2026-03-31 12:00");
    let due: Vec<_> = license
        .upcoming
        .iter()
        .filter(|upcoming| upcoming.change == Change::Warnable(0))
        .map(|upcoming| upcoming.at)
        .collect();
    assert_eq!(due, [at("2026-04-02 00:00")]);
    let item = license
        .due
        .iter()
        .find(|item| item.rule == NoticeRule::Inactivity)
        .unwrap();
    assert_eq!(item.due_on, day("2026-04-01"));
    assert_eq!(item.consequence, Consequence::AwaitsNotice);
}

#[test]
fn without_a_notice_nobody_is_cut_off() {
    let mut story = Story::hand();
    story.login("2026-03-02 16:00");
    // Recertification and agreements are out of the way until 2027-02-20.
    assert_eq!(story.status("2027-02-01 00:00"), Some(Active));
}

#[test]
fn the_cut_off_is_the_instant_that_begins_the_day_after_the_grace() {
    let mut story = detroit();
    let warned = warning(&story, "2026-04-02 09:00");
    assert_eq!(warned.cut_off_at, Some(at("2026-04-08 00:00")));
    assert_eq!(warned.named_on, day("2026-04-08"));
    story.heartbeat("2026-04-08 00:00", "2026-04-08 00:00");
    story.turns("2026-04-08 00:00", false);
    let license = story.license("2026-04-08 00:00");
    let end = license.period().unwrap().end.clone().unwrap();
    assert_eq!(license.status(), Some(Deactivated));
    assert_eq!(
        end.cause,
        crate::domain::evaluate::EndCause::Deactivated(DeactivationCause::Inactivity)
    );
    assert_eq!(end.cut_off_at, Some(at("2026-04-08 00:00")));
}

#[test]
fn a_login_on_the_last_second_saves_and_the_first_instant_of_the_next_day_does_not() {
    for (login, saved) in [
        ("2026-04-07 23:59:59.999999", true),
        ("2026-04-08 00:00:00", false),
    ] {
        let mut story = detroit();
        story.login(login);
        story.heartbeat("2026-04-08 06:00", "2026-04-08 05:00");
        assert_eq!(
            story.license("2026-04-09 12:00").allowed(),
            saved,
            "{login}"
        );
    }
}

#[test]
fn a_login_after_the_sending_voids_the_warning_at_once() {
    let mut story = detroit();
    story.login("2026-04-05 10:00");
    story.turns_status("2026-04-05 10:00", Warned, Active);
    let causes: Vec<_> = story
        .license("2026-04-06 00:00")
        .history
        .into_iter()
        .map(|transition| transition.cause)
        .skip(1)
        .collect();
    assert!(matches!(
        causes[..],
        [TransitionCause::Warned(_), TransitionCause::WarningVoid]
    ));
    // The clock runs anew: over the limit on 2026-05-06.
    let warnable = story.license("2026-04-06 00:00").upcoming;
    assert!(
        warnable
            .iter()
            .any(|next| next.change == Change::Warnable(0) && next.at == at("2026-05-06 00:00"))
    );
}

#[test]
fn a_late_reported_login_before_the_sending_voids_only_inside_the_step() {
    for (occurred, void) in [
        // Over the step on 04-02 as well: 31 days before the sending.
        ("2026-03-02 23:59", false),
        ("2026-03-03 00:00", true),
        ("2026-04-02 08:00", true),
    ] {
        let mut story = detroit();
        story.login_reported(occurred, "2026-04-03 12:00");
        let expected = if void { Active } else { Warned };
        assert_eq!(
            story.status("2026-04-03 12:00"),
            Some(expected),
            "{occurred}"
        );
    }
}

#[test]
fn a_notice_once_void_never_counts_again() {
    let mut story = detroit();
    let login = story.login("2026-04-05 10:00");
    // The login was somebody else's.
    story.correct("2026-04-06 10:00", login, logged_in(&[]));
    let license = story.license("2026-04-30 00:00");
    assert_eq!(license.status(), Some(Active));
    assert_eq!(license.last_login_at, Some(at("2026-03-02 16:00")));
    // A new notice gives the full grace.
    story.warned("2026-04-30 09:00", "2026-05-06");
    let warned = warning(&story, "2026-05-01 00:00");
    assert_eq!(warned.cut_off_at, Some(at("2026-05-06 00:00")));
}

#[test]
fn a_suspension_voids_the_notice_and_its_lift_restarts_the_clock() {
    let mut story = detroit();
    let hold = story.fact(
        "2026-04-03 09:00",
        FactBody::HoldOpened {
            cause: HoldCause::Investigation,
            until: None,
        },
    );
    story.fact("2026-04-04 09:00", FactBody::HoldLifted { hold });
    assert_eq!(story.status("2026-04-03 09:00"), Some(Suspended));
    assert_eq!(story.status("2026-04-04 09:00"), Some(Active));
    assert_eq!(story.status("2026-05-04 23:00"), Some(Active));
    story.warned("2026-05-04 09:00", "2026-05-10");
    assert_eq!(
        story.status("2026-05-04 10:00"),
        Some(Active),
        "30 days after the lift is not yet over the limit"
    );
}

#[test]
fn another_license_type_voids_the_notice() {
    let mut policy = hand_with(&[(
        "/license_types/end_user/classes/type_change",
        json!({"kind": "same_as", "class": "new"}),
    )]);
    let read_only = policy["license_types"]["end_user"].clone();
    set(&mut policy, "/license_types/read_only", read_only);
    let mut story = Story::licensed_under(policy);
    story.login("2026-03-02 16:00");
    story.warned("2026-04-02 09:00", "2026-04-08");
    story.fact(
        "2026-04-03 09:00",
        FactBody::TypeChanged(TypeChange::to("read_only")),
    );
    story.turns_status("2026-04-03 09:00", Warned, Active);
    assert_eq!(story.status("2026-05-30 09:00"), Some(Active));
}

#[test]
fn a_bounce_voids_from_its_recording_and_contests_after_the_end() {
    let mut story = detroit();
    let notice = story.facts.last().unwrap().id;
    let mut after = story.clone();
    story.fact("2026-04-04 09:00", FactBody::NoticeBounced { notice });
    story.turns_status("2026-04-04 09:00", Warned, Active);
    assert!(story.license("2026-05-01 00:00").allowed());

    let bounce = after.fact("2026-04-20 09:00", FactBody::NoticeBounced { notice });
    let license = after.license("2026-04-20 09:00");
    assert_eq!(license.status(), Some(Deactivated));
    let end = license.period().unwrap().end.clone().unwrap();
    assert_eq!(end.contested_by, [bounce]);
}

#[test]
fn a_login_before_the_cut_off_that_is_reported_after_the_end_contests_it() {
    let mut story = detroit();
    story.heartbeat("2026-04-08 01:00", "2026-04-08 00:30");
    let login = story.login_reported("2026-04-07 20:00", "2026-04-10 09:00");
    let license = story.license("2026-04-10 09:00");
    assert!(!license.allowed(), "a login never reactivates");
    let end = license.period().unwrap().end.clone().unwrap();
    assert_eq!(end.at, at("2026-04-08 01:00"));
    assert_eq!(end.contested_by, [login]);
    assert_eq!(license.last_login_at, Some(at("2026-04-07 20:00")));
}

#[test]
fn after_an_outage_a_notice_sent_late_gives_the_full_grace() {
    let mut story = Story::hand();
    story.login("2026-03-02 16:00");
    story.warned("2026-07-15 09:00", "2026-07-21");
    let warned = warning(&story, "2026-07-16 00:00");
    assert_eq!(warned.cut_off_at, Some(at("2026-07-21 00:00")));
}

#[test]
fn a_notice_recorded_late_starts_its_grace_a_day_before_its_recording() {
    let mut story = Story::hand();
    story.login("2026-03-02 16:00");
    story.late(
        "2026-04-02 09:00",
        "2026-04-10 09:00",
        notice(NoticeRule::Inactivity, Some(0), None, day("2026-04-08")),
    );
    let warned = warning(&story, "2026-04-10 09:00");
    assert_eq!(warned.cut_off_at, Some(at("2026-04-15 00:00")));
}

#[test]
fn a_later_named_date_postpones_the_cut_off() {
    let mut story = Story::hand();
    story.login("2026-03-02 16:00");
    story.warned("2026-04-02 09:00", "2026-04-13");
    let warned = warning(&story, "2026-04-02 09:00");
    assert_eq!(warned.cut_off_at, Some(at("2026-04-13 00:00")));
}

#[test]
fn a_grace_in_business_days_skips_weekends_and_holidays() {
    let policy = hand_with(&[(&format!("{OFF_RULE}/grace"), json!({"business_days": 5}))]);
    let mut story = Story::licensed_under(policy);
    story.login("2026-10-15 12:00");
    // A Friday; Thanksgiving lies in the grace.
    story.warned("2026-11-20 09:00", "2026-12-01");
    let warned = warning(&story, "2026-11-20 09:00");
    assert_eq!(warned.cut_off_at, Some(at("2026-12-01 00:00")));
}

#[test]
fn only_the_last_of_two_steps_starts_the_grace() {
    let steps = json!([
        {"after": {"days": 20}, "tells": ["user"]},
        {"after": {"days": 30}, "tells": ["user", "supervisors"]},
    ]);
    let mut story = Story::licensed_under(hand_with(&[(&format!("{OFF_RULE}/steps"), steps)]));
    story.login("2026-03-02 16:00");
    story.warned("2026-03-23 09:00", "2026-04-08");
    let first = warning(&story, "2026-04-20 00:00");
    assert_eq!((first.cut_off_at, first.takes_effect_at), (None, None));
    story.noticed(
        "2026-04-20 09:00",
        NoticeRule::Inactivity,
        Some(1),
        None,
        "2026-04-26",
    );
    let last = warning(&story, "2026-04-20 09:00");
    assert_eq!(last.cut_off_at, Some(at("2026-04-26 00:00")));
}

#[test]
fn a_notice_sent_before_its_step_is_due_does_not_count() {
    let mut story = Story::hand();
    story.login("2026-03-02 16:00");
    story.warned("2026-04-01 23:59", "2026-04-07");
    assert_eq!(story.status("2026-04-30 00:00"), Some(Active));
}

#[test]
fn the_off_action_may_suspend() {
    let mut story = Story::licensed_under(hand_with(&[(OFF_ACTION, json!("suspend"))]));
    story.login("2026-03-02 16:00");
    story.warned("2026-04-02 09:00", "2026-04-08");
    story.heartbeat("2026-04-08 02:00", "2026-04-08 01:00");
    story.turns("2026-04-08 02:00", false);
    let license = story.license("2026-04-09 00:00");
    let causes: Vec<_> = license.open_holds().map(|hold| hold.cause).collect();
    assert_eq!(causes, [HoldCause::LongInactivity]);
    story.login("2026-04-10 09:00");
    assert_eq!(story.status("2026-04-10 09:00"), Some(Suspended));
}

#[test]
fn the_off_action_may_only_list_and_then_a_login_brings_back_at_any_time() {
    let mut story = Story::licensed_under(hand_with(&[(OFF_ACTION, json!("list"))]));
    story.login("2026-03-02 16:00");
    story.warned("2026-04-02 09:00", "2026-04-08");
    let license = story.license("2026-05-08 00:00");
    assert_eq!(license.status(), Some(Warned));
    assert!(license.due.iter().any(|item| {
        item.rule == NoticeRule::Inactivity && item.consequence == Consequence::Listed
    }));
    story.login("2026-05-08 09:00");
    assert_eq!(story.status("2026-05-08 09:00"), Some(Active));
}

#[test]
fn without_steps_one_notice_is_due_the_minimum_before_the_limit() {
    let mut story = Story::licensed_under(hand_with(&[(&format!("{OFF_RULE}/steps"), json!([]))]));
    story.login("2026-03-02 16:00");
    // The limit is over on 04-02; a notice of 03-27 allows the end at the start of 03-27 + 5 + 1.
    let license = story.license("2026-03-20 00:00");
    assert!(
        license
            .upcoming
            .iter()
            .any(|next| next.change == Change::Warnable(0) && next.at == at("2026-03-27 00:00"))
    );
    story.noticed(
        "2026-03-27 09:00",
        NoticeRule::Inactivity,
        None,
        None,
        "2026-04-02",
    );
    let warned = warning(&story, "2026-03-28 00:00");
    assert_eq!(warned.cut_off_at, Some(at("2026-04-02 00:00")));
}

#[test]
fn with_a_minimum_of_0_and_no_steps_no_notice_is_needed() {
    let mut story = Story::licensed_under(hand_with(&[
        (&format!("{OFF_RULE}/steps"), json!([])),
        (&format!("{OFF_RULE}/grace"), json!({"days": 0})),
        ("/notices", json!({"minimum_days": {"inactivity": 0}})),
    ]));
    story.login("2026-03-02 16:00");
    story.heartbeat("2026-04-02 00:00", "2026-04-02 00:00");
    story.turns("2026-04-02 00:00", false);
}

#[test]
fn never_logged_in_counts_from_activation() {
    let mut story = Story::hand();
    story.warned("2026-04-01 09:00", "2026-04-07");
    let warned = warning(&story, "2026-04-01 09:00");
    assert_eq!(warned.cut_off_at, Some(at("2026-04-07 00:00")));
}

#[test]
fn a_cut_off_may_move_to_the_next_business_day() {
    let policy = hand_with(&[(
        "/license_types/end_user/inactivity/move_to_business_day",
        json!(true),
    )]);
    let mut story = Story::licensed_under(policy);
    story.login("2026-03-02 16:00");
    // The grace would end a Saturday.
    story.warned("2026-04-05 09:00", "2026-04-11");
    let warned = warning(&story, "2026-04-05 09:00");
    assert_eq!(warned.cut_off_at, Some(at("2026-04-13 00:00")));
}

#[test]
fn a_login_elsewhere_counts_here_where_the_policy_says_so() {
    for (serves, counts) in [("person", true), ("license", false)] {
        let policy = hand_with(&[(
            "/license_types/end_user/inactivity/login_serves",
            json!(serves),
        )]);
        let mut story = Story::licensed_under(policy);
        story.login("2026-03-02 16:00");
        story.fact("2026-03-20 09:00", logged_in(&[ELSEWHERE]));
        let last = story.license("2026-03-21 00:00").last_login_at;
        assert_eq!(last == Some(at("2026-03-20 09:00")), counts, "{serves}");
    }
    // A refused one serves nothing.
    let mut story = Story::hand();
    story.fact("2026-03-20 09:00", logged_in(&[]));
    assert_eq!(story.license("2026-03-21 00:00").last_login_at, None);
}

impl Story {
    /// Asserts that the status goes over exactly at an instant.
    #[track_caller]
    pub fn turns_status(
        &self,
        when: &str,
        from: crate::domain::license::LicenseStatus,
        to: crate::domain::license::LicenseStatus,
    ) {
        let before = crate::domain::evaluate::evaluate(&self.case(), at(when) - moment());
        assert_eq!(before.status(), Some(from), "just before {when}");
        assert_eq!(self.status(when), Some(to), "at {when}");
    }
}
