//! What an end or a hold rested on turns out to be wrong, or more than one thing wants the same instant.

use serde_json::json;

use super::support::*;
use crate::domain::fact::{DeactivationCause, FactBody, HoldCause, NoticeRule};
use crate::domain::license::LicenseStatus::{Active, Deactivated, Suspended, Warned};
use crate::domain::policy::Party;

const INACTIVITY: &str = "/license_types/end_user/inactivity";

/// HAND's policy, but whoever stays away is suspended.
fn suspending() -> serde_json::Value {
    hand_with(&[(&format!("{INACTIVITY}/off_action"), json!("suspend"))])
}

/// Last login on 2026-03-02, told on 04-02; the cut-off of 04-08 takes effect on 04-09, for no source reports.
fn away(policy: serde_json::Value) -> Story {
    let mut story = Story::licensed_under(policy);
    story.login("2026-03-02 16:00");
    story.warned("2026-04-02 09:00", "2026-04-08");
    story
}

#[test]
fn a_correction_said_anew_does_not_bring_the_first_error_back() {
    let mut story = Story::hand();
    let pass = story.passed("2026-03-02 09:00", SERIES);
    // The pass that activated was never there: nothing else meets the course.
    let first = story
        .facts
        .iter()
        .find(|fact| fact.body == passed(SERIES))
        .unwrap()
        .id;
    story.correct("2026-03-03 09:00", first, failed(SERIES));
    assert_eq!(story.status("2026-03-04 09:00"), Some(Active));
    let fail = story.correct("2026-03-10 09:00", pass, failed(SERIES));
    assert_eq!(story.status("2026-03-10 09:00"), Some(Suspended));
    story.correct("2026-03-11 09:00", fail, failed(SERIES));
    assert_eq!(story.status("2026-03-11 09:00"), Some(Suspended));
}

#[test]
fn a_corrected_signature_opens_no_round_of_its_own() {
    let mut story = Story::licensed_under(hand_with(&[(
        "/agreements/user_agreement/validity",
        json!({"kind": "rolling", "length": {"months": 12}}),
    )]));
    story.signed("2026-03-10 09:00", "user_agreement", "1", Party::EndUser);
    let agency = story.signed("2026-03-11 09:00", "user_agreement", "1", Party::Supervisor);
    let again = FactBody::AgreementSigned {
        agreement: "user_agreement".to_owned(),
        version: "1".to_owned(),
        party: Party::Supervisor,
    };
    story.correct("2026-03-12 09:00", agency, again);
    story.facts.last_mut().unwrap().envelope.occurred_at = at("2026-03-11 09:00");
    story.signed("2027-03-01 09:00", "user_agreement", "1", Party::EndUser);
    let license = story.license("2027-03-02 09:00");
    let agreement = &license.requirements[0];
    assert_eq!(agreement.key.to_string(), "agreement:user_agreement");
    assert_eq!(agreement.valid_through, Some(day("2027-03-11")));
}

#[test]
fn a_departure_between_an_end_and_its_reinstatement_is_not_lost() {
    let mut story = away(hand());
    assert_eq!(story.status("2026-04-09 00:00"), Some(Deactivated));
    story.fact("2026-04-15 09:00", FactBody::Departed);
    let body = FactBody::Reinstated {
        undoes: Vec::new(),
        restores: Vec::new(),
    };
    story.fact("2026-05-01 09:00", body);
    let license = story.license("2026-05-01 09:00");
    assert_eq!(license.status(), Some(Deactivated));
    let end = license.periods.last().unwrap().end.as_ref().unwrap();
    assert_eq!(
        end.fact,
        story
            .facts
            .iter()
            .find(|fact| fact.body == FactBody::Departed)
            .map(|fact| fact.id)
    );
}

#[test]
fn a_login_reported_late_lifts_the_suspension_for_long_inactivity() {
    let mut story = away(suspending());
    assert_eq!(story.status("2026-04-09 00:00"), Some(Suspended));
    // After the cut-off, it neither saves nor anchors.
    story.login_reported("2026-04-08 10:00", "2026-04-09 09:00");
    assert_eq!(story.status("2026-04-09 09:00"), Some(Suspended));
    story.login_reported("2026-04-07 20:00", "2026-04-10 09:00");
    story.turns("2026-04-10 09:00", true);
    assert_eq!(
        story.license("2026-04-10 09:00").last_login_at,
        Some(at("2026-04-07 20:00"))
    );
}

#[test]
fn so_do_a_bounce_and_a_leave_that_became_known() {
    let mut bounced = away(suspending());
    let notice = bounced.facts.last().unwrap().id;
    bounced.fact("2026-04-10 09:00", FactBody::NoticeBounced { notice });
    bounced.turns("2026-04-10 09:00", true);

    let mut leave = away(suspending());
    let until = Some(at("2026-04-20 00:00"));
    leave.late(
        "2026-04-04 00:00",
        "2026-04-10 09:00",
        FactBody::LeaveBegan { until },
    );
    let causes: Vec<HoldCause> = leave
        .license("2026-04-10 09:00")
        .open_holds()
        .map(|hold| hold.cause)
        .collect();
    assert_eq!(causes, [HoldCause::Leave]);
}

#[test]
fn a_login_before_the_leave_lifts_what_the_return_opened() {
    let mut story = Story::licensed_under(hand());
    let until = Some(at("2026-04-20 00:00"));
    story.fact("2026-03-20 00:00", FactBody::LeaveBegan { until });
    assert_eq!(story.status("2026-04-20 00:00"), Some(Suspended));
    story.login_reported("2026-03-19 12:00", "2026-04-21 09:00");
    // 32 days from 03-19 to 04-20 are still more than 30.
    assert_eq!(story.status("2026-04-21 09:00"), Some(Suspended));
    let mut earlier = Story::licensed_under(hand());
    let until = Some(at("2026-04-10 00:00"));
    earlier.fact("2026-03-20 00:00", FactBody::LeaveBegan { until });
    assert_eq!(earlier.status("2026-04-10 00:00"), Some(Suspended));
    earlier.login_reported("2026-03-19 12:00", "2026-04-21 09:00");
    earlier.turns("2026-04-21 09:00", true);
}

#[test]
fn a_return_from_leave_recorded_late_is_measured_to_the_return() {
    let mut story = Story::licensed_under(hand());
    story.login("2026-05-05 12:00");
    let leave = story.fact("2026-05-10 00:00", FactBody::LeaveBegan { until: None });
    // Back after 27 days, recorded after 36.
    story.late(
        "2026-06-01 09:00",
        "2026-06-10 09:00",
        FactBody::LeaveEnded { leave },
    );
    assert_eq!(story.status("2026-06-10 09:00"), Some(Active));
}

#[test]
fn rules_that_come_into_force_at_the_very_instant_of_an_end_decide_it() {
    let mut story = away(hand());
    story.policy(
        "2026-04-09 00:00",
        hand_with(&[
            (&format!("{INACTIVITY}/off_rule/limit"), json!({"days": 60})),
            (
                &format!("{INACTIVITY}/off_rule/steps/0/after"),
                json!({"days": 60}),
            ),
        ]),
    );
    assert_eq!(story.status("2026-04-08 23:59"), Some(Warned));
    assert_eq!(story.status("2026-04-09 00:00"), Some(Active));
}

#[test]
fn the_last_source_that_leaves_service_at_that_instant_takes_the_rule_with_it() {
    let mut story = away(suspending());
    story.sources[0].in_service_until = Some(at("2026-04-09 00:00"));
    assert_eq!(story.status("2026-04-09 00:00"), Some(Active));
}

#[test]
fn a_version_that_needs_no_notice_does_not_shorten_what_was_told() {
    let mut story = away(hand());
    story.policy(
        "2026-04-05 00:00",
        hand_with(&[
            (&format!("{INACTIVITY}/off_rule/steps"), json!([])),
            (&format!("{INACTIVITY}/off_rule/grace"), json!({"days": 0})),
            ("/notices", json!({"minimum_days": {"inactivity": 0}})),
            (&format!("{INACTIVITY}/login_report_lag_hours"), json!(0)),
        ]),
    );
    assert!(story.license("2026-04-07 23:59").allowed());
    assert!(!story.license("2026-04-08 00:00").allowed());

    let mut dated = Story::licensed_under(hand());
    dated.login("2027-02-19 09:00");
    dated.noticed(
        "2027-02-20 09:00",
        NoticeRule::Recertification,
        None,
        None,
        "2027-03-10",
    );
    dated.policy(
        "2027-02-25 00:00",
        hand_with(&[("/notices", json!({"minimum_days": {"recertification": 0}}))]),
    );
    assert!(dated.license("2027-03-09 23:59").allowed());
    assert!(!dated.license("2027-03-10 00:00").allowed());
}

#[test]
fn what_would_have_lifted_a_suspension_in_time_contests_its_end() {
    let mut story = Story::licensed_under(hand_with(&[
        (
            "/agreements/user_agreement/validity",
            json!({"kind": "rolling", "length": {"months": 1}}),
        ),
        (
            "/suspension/maximum",
            json!({"length": {"days": 30}, "then": "deactivate"}),
        ),
        (
            "/notices",
            json!({"minimum_days": {"agreement": 0, "suspension_too_long": 0}}),
        ),
    ]));
    // Signed on 02-20, so the hold opens on 03-21 and has lasted too long on 04-21.
    assert_eq!(story.status("2026-03-21 00:00"), Some(Suspended));
    let ended = story.license("2026-04-21 00:00");
    assert_eq!(ended.status(), Some(Deactivated));
    assert_eq!(ended.contested(), None);
    for party in [Party::EndUser, Party::Supervisor] {
        let body = FactBody::AgreementSigned {
            agreement: "user_agreement".to_owned(),
            version: "1".to_owned(),
            party,
        };
        story.late("2026-04-05 09:00", "2026-04-25 09:00", body);
    }
    let contested = story.license("2026-04-25 09:00");
    assert_eq!(contested.status(), Some(Deactivated));
    assert_eq!(
        contested.contested().map(|end| end.contested_by.len()),
        Some(1)
    );

    let mut by_hand = Story::licensed_under(hand_with(&[
        (
            "/suspension/maximum",
            json!({"length": {"days": 30}, "then": "deactivate"}),
        ),
        (
            "/notices",
            json!({"minimum_days": {"suspension_too_long": 0}}),
        ),
    ]));
    let cause = HoldCause::Investigation;
    let hold = by_hand.fact(
        "2026-03-10 09:00",
        FactBody::HoldOpened { cause, until: None },
    );
    assert_eq!(by_hand.status("2026-04-10 00:00"), Some(Deactivated));
    let cause = HoldCause::Unreachable;
    by_hand.correct(
        "2026-04-12 09:00",
        hold,
        FactBody::HoldOpened { cause, until: None },
    );
    assert!(by_hand.license("2026-04-12 09:00").contested().is_some());
}

#[test]
fn a_rule_that_only_reports_withdraws_nothing() {
    let mut story = Story::licensed_under(hand_with(&[(
        "/license_types/end_user/recertification/enforced_from",
        json!("2026-09-01"),
    )]));
    let pass = story.passed("2026-04-01 09:00", SERIES);
    let first = story
        .facts
        .iter()
        .find(|fact| fact.body == passed(SERIES))
        .unwrap()
        .id;
    story.correct("2026-04-02 09:00", first, failed(SERIES));
    story.correct("2026-05-01 09:00", pass, failed(SERIES));
    assert_eq!(story.status("2026-05-01 09:00"), Some(Active));
}

#[test]
fn a_limit_shortened_during_the_grace_does_not_move_the_cut_off() {
    let mut story = away(hand());
    story.policy(
        "2026-04-04 00:00",
        hand_with(&[
            (&format!("{INACTIVITY}/off_rule/limit"), json!({"days": 10})),
            (
                &format!("{INACTIVITY}/off_rule/steps/0/after"),
                json!({"days": 10}),
            ),
        ]),
    );
    story.heartbeat("2026-04-08 00:00", "2026-04-08 00:00");
    story.turns("2026-04-08 00:00", false);
    let end = story.license("2026-04-08 00:00").periods[0]
        .end
        .clone()
        .unwrap();
    assert_eq!(
        end.cause,
        crate::domain::evaluate::EndCause::Deactivated(DeactivationCause::Inactivity)
    );
}

#[test]
fn a_notice_recorded_by_staff_beyond_an_old_mark_counts() {
    let mut story = Story::hand();
    story.login("2026-03-02 16:00");
    story.heartbeat("2026-03-20 09:00", "2026-03-20 09:00");
    story.warned("2026-04-02 09:00", "2026-04-08");
    assert_eq!(story.status("2026-04-02 09:00"), Some(Warned));
    story.turns("2026-04-09 00:00", false);
}

/// A hold, its lift, a login and a return, all recorded at the very instant of the cut-off, in any order.
#[test]
fn whatever_is_recorded_at_the_instant_of_the_cut_off_comes_to_the_same() {
    let moment = "2026-04-09 00:00";
    let mut outcomes = std::collections::BTreeSet::new();
    for turn in 0..3 {
        let mut story = away(hand());
        let mut bodies = [
            (at("2026-04-07 12:00"), logged_in(&[HERE])),
            (
                at(moment),
                FactBody::HoldOpened {
                    cause: HoldCause::Investigation,
                    until: Some(at("2026-04-10 00:00")),
                },
            ),
            (at(moment), passed(SERIES)),
        ];
        bodies.rotate_left(turn);
        for (occurred, body) in bodies {
            story.push(occurred, at(moment), body);
        }
        let license = story.license("2026-04-09 00:00");
        outcomes.insert((
            license.status(),
            license.last_login_at,
            story.status("2026-04-10 00:00"),
        ));
    }
    assert_eq!(outcomes.len(), 1, "{outcomes:?}");
    let (now, login, then) = outcomes.pop_first().unwrap();
    assert_eq!((now, then), (Some(Suspended), Some(Active)));
    assert_eq!(login, Some(at("2026-04-07 12:00")));
}

#[test]
fn a_first_login_reported_late_lifts_the_suspension_for_want_of_it() {
    let mut policy = suspending();
    set(
        &mut policy,
        &format!("{INACTIVITY}/first_login_within"),
        json!({"days": 3}),
    );
    let mut story = Story::returned_under(policy);
    // Back since 03-01: through 03-04, and a day for the sources.
    assert_eq!(story.status("2026-03-06 00:00"), Some(Suspended));
    let causes: Vec<HoldCause> = story
        .license("2026-03-06 00:00")
        .open_holds()
        .map(|hold| hold.cause)
        .collect();
    assert_eq!(causes, [HoldCause::LongInactivity]);
    assert_eq!(story.status("2026-03-09 00:00"), Some(Suspended));
    story.login_reported("2026-03-04 20:00", "2026-03-09 09:00");
    story.turns("2026-03-09 09:00", true);
}

#[test]
fn a_login_after_the_day_for_the_first_one_counts_once_an_earlier_one_turns_up() {
    let mut policy = suspending();
    set(
        &mut policy,
        &format!("{INACTIVITY}/first_login_within"),
        json!({"days": 3}),
    );
    // Back since 03-01: cut off with 03-05, acted upon a day later, because logins may still be reported.
    let mut story = Story::returned_under(policy);
    story.login("2026-03-05 08:00");
    assert_eq!(story.license("2026-03-05 09:00").last_login_at, None);
    story.login_reported("2026-03-03 08:00", "2026-03-05 10:00");
    let license = story.license("2026-03-05 11:00");
    assert_eq!(license.last_login_at, Some(at("2026-03-05 08:00")));
    assert_eq!(story.status("2026-03-07 00:00"), Some(Active));
}
