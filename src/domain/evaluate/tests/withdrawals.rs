//! Facts taken back: they act from the recording of their withdrawal, and what they had replaced stands again.

use serde_json::json;

use super::support::*;
use crate::domain::calendar::Precision;
use crate::domain::evaluate::LicenseState;
use crate::domain::fact::{FactBody, HoldCause, NoticeRule, TakingBack};
use crate::domain::ids::FactId;
use crate::domain::license::LicenseStatus::{Active, Deactivated, Suspended, Warned};
use crate::domain::request::RequestState;
use crate::domain::requirement::Status;

fn licensed() -> Story {
    let mut story = Story::hand();
    story.login("2026-03-02 16:00");
    story
}

#[test]
fn a_login_of_somebody_else_leaves_the_clock_as_it_was_and_costs_nobody_access_unwarned() {
    let mut story = licensed();
    story.warned("2026-04-02 09:00", "2026-04-08");
    let login = story.login("2026-04-03 09:00");
    story.correct("2026-04-20 09:00", login, FactBody::Withdrawn);
    // Void once, the notice never counts again.
    assert_eq!(story.status("2026-04-20 09:00"), Some(Active));
    let license = story.license("2026-04-20 09:00");
    assert_eq!(license.last_login_at, Some(at("2026-03-02 16:00")));
    assert_eq!(story.status("2026-05-30 09:00"), Some(Active));
    story.warned("2026-04-21 09:00", "2026-04-27");
    assert_eq!(story.status("2026-04-21 09:00"), Some(Warned));
    assert_eq!(story.status("2026-04-28 12:00"), Some(Deactivated));
}

#[test]
fn a_lift_taken_back_suspends_again_from_then_on() {
    let mut story = licensed();
    let cause = HoldCause::Unreachable;
    let hold = story.fact(
        "2026-03-03 09:00",
        FactBody::HoldOpened { cause, until: None },
    );
    let lift = story.fact("2026-03-05 09:00", FactBody::HoldLifted { hold });
    story.correct("2026-03-09 09:00", lift, FactBody::Withdrawn);
    story.turns("2026-03-09 09:00", false);
    assert_eq!(story.status("2026-03-08 09:00"), Some(Active));
    // And the hold itself.
    story.correct("2026-03-10 09:00", hold, FactBody::Withdrawn);
    story.turns("2026-03-10 09:00", true);
}

#[test]
fn a_hold_taken_back_after_the_end_is_not_opened_again_by_a_reinstatement() {
    for taken_back in [false, true] {
        let mut story = licensed();
        let cause = HoldCause::Unreachable;
        let hold = story.fact(
            "2026-03-03 09:00",
            FactBody::HoldOpened { cause, until: None },
        );
        let end = story.fact("2026-03-04 09:00", FactBody::Departed);
        if taken_back {
            story.correct("2026-03-05 09:00", hold, FactBody::Withdrawn);
        }
        let body = FactBody::Reinstated {
            undoes: vec![end],
            restores: Vec::new(),
        };
        story.fact("2026-03-06 09:00", body);
        let expected = if taken_back { Active } else { Suspended };
        assert_eq!(story.status("2026-03-06 09:00"), Some(expected));
    }
}

#[test]
fn the_lift_of_a_bar_taken_back_ends_what_began_meanwhile_from_then_on() {
    let mut story = licensed();
    let bar = story.fact("2026-02-10 09:00", FactBody::Barred { until: None });
    let lift = story.fact("2026-02-11 09:00", FactBody::BarLifted { bar });
    story.correct("2026-03-04 09:00", lift, FactBody::Withdrawn);
    story.turns("2026-03-04 09:00", false);
    assert_eq!(story.status("2026-03-04 09:00"), Some(Deactivated));
}

#[test]
fn a_return_from_leave_taken_back_holds_the_license_again() {
    let mut story = licensed();
    let leave = story.fact("2026-03-03 09:00", FactBody::LeaveBegan { until: None });
    let back = story.fact("2026-03-06 09:00", FactBody::LeaveEnded { leave });
    assert_eq!(story.status("2026-03-07 09:00"), Some(Active));
    story.correct("2026-03-09 09:00", back, FactBody::Withdrawn);
    story.turns("2026-03-09 09:00", false);
    let state = story.license("2026-03-09 09:00").state;
    assert!(
        matches!(&state, Some(LicenseState::Suspended(holds)) if holds[0].cause == HoldCause::Leave),
        "{state:?}"
    );
    story.fact("2026-03-12 09:00", FactBody::LeaveEnded { leave });
    story.turns("2026-03-12 09:00", true);
}

#[test]
fn a_keep_request_taken_back_counts_no_longer() {
    let mut story = Story::licensed_under(hand_with(&[(
        "/license_types/end_user/inactivity/keep_requests",
        json!(1),
    )]));
    story.login("2026-03-02 16:00");
    story.warned("2026-04-02 09:00", "2026-04-08");
    let keep = story.fact("2026-04-03 09:00", FactBody::KeepRequested);
    assert_eq!(story.license("2026-04-04 09:00").keeps_left, 0);
    story.correct("2026-04-06 09:00", keep, FactBody::Withdrawn);
    let license = story.license("2026-04-06 09:00");
    assert_eq!((license.keeps_left, license.allowed()), (1, true));
    // The clock runs as if nobody had asked: a new warning is due at once, with a grace of its own.
    story.warned("2026-04-06 10:00", "2026-04-12");
    assert_eq!(story.status("2026-04-06 10:00"), Some(Warned));
    assert_eq!(story.status("2026-04-13 12:00"), Some(Deactivated));
}

#[test]
fn a_departure_called_off_by_mistake_takes_effect_at_its_day_or_at_once() {
    for (day, ends) in [
        ("2026-03-20 17:00", "2026-03-20 17:00"),
        ("2026-03-08 17:00", "2026-03-10 09:00"),
    ] {
        let mut story = licensed();
        let departure = story.late(day, "2026-03-04 09:00", FactBody::Departed);
        let called_off = story.fact("2026-03-05 09:00", FactBody::Cancelled { fact: departure });
        story.correct("2026-03-10 09:00", called_off, FactBody::Withdrawn);
        story.turns(ends, false);
    }
}

#[test]
fn a_move_taken_back_after_the_end_contests_it() {
    let mut story = licensed();
    let departure = story.late("2026-04-20 17:00", "2026-03-04 09:00", FactBody::Departed);
    let moved = story.fact(
        "2026-03-05 09:00",
        FactBody::Moved {
            fact: departure,
            to: at("2026-03-06 09:00"),
            precision: Precision::Instant,
        },
    );
    story.turns("2026-03-06 09:00", false);
    story.correct("2026-03-10 09:00", moved, FactBody::Withdrawn);
    let license = story.license("2026-03-10 09:00");
    assert!(!license.allowed());
    assert!(license.contested().is_some());
}

#[test]
fn the_correction_of_a_departure_taken_back_revives_the_first_one() {
    let mut story = licensed();
    let first = story.late("2026-03-20 17:00", "2026-03-04 09:00", FactBody::Departed);
    let second = story.late("2026-05-20 17:00", "2026-03-05 09:00", FactBody::Departed);
    story.facts.last_mut().unwrap().envelope.supersedes = Some(first);
    let mut again = story.clone();
    story.correct("2026-03-10 09:00", second, FactBody::Withdrawn);
    story.turns("2026-03-20 17:00", false);
    // A second correction takes the place of the first: what that had replaced stays replaced.
    again.late("2026-06-20 17:00", "2026-03-10 09:00", FactBody::Departed);
    again.facts.last_mut().unwrap().envelope.supersedes = Some(second);
    assert_eq!(again.status("2026-03-21 09:00"), Some(Active));
}

#[test]
fn an_effective_departure_taken_back_gives_nothing_back_but_is_contested() {
    let mut story = licensed();
    let departure = story.fact("2026-03-04 09:00", FactBody::Departed);
    story.correct("2026-03-10 09:00", departure, FactBody::Withdrawn);
    let license = story.license("2026-03-11 09:00");
    assert!(!license.allowed());
    assert!(license.contested().is_some());
}

fn held(story: &Story, now: &str) -> Vec<HoldCause> {
    match story.license(now).state {
        Some(LicenseState::Suspended(holds)) => holds.iter().map(|hold| hold.cause).collect(),
        _ => Vec::new(),
    }
}

fn hold(cause: HoldCause) -> FactBody {
    FactBody::HoldOpened { cause, until: None }
}

#[test]
fn the_correction_of_a_hold_taken_back_holds_the_license_as_before() {
    let mut story = licensed();
    let first = story.fact("2026-03-03 09:00", hold(HoldCause::Violation));
    let slip = story.correct("2026-03-04 09:00", first, hold(HoldCause::FeeUnpaid));
    assert_eq!(held(&story, "2026-03-04 09:00"), [HoldCause::FeeUnpaid]);
    let mut lifted = story.clone();
    story.correct("2026-03-05 09:00", slip, FactBody::Withdrawn);
    assert_eq!(held(&story, "2026-03-05 09:00"), [HoldCause::Violation]);
    story.fact("2026-03-06 09:00", FactBody::HoldLifted { hold: first });
    story.turns("2026-03-06 09:00", true);
    // The fee was paid; the violation was not settled by that.
    lifted.fact("2026-03-05 09:00", FactBody::HoldLifted { hold: slip });
    assert_eq!(lifted.status("2026-03-05 09:00"), Some(Active));
    lifted.correct("2026-03-06 09:00", slip, FactBody::Withdrawn);
    lifted.turns("2026-03-06 09:00", false);
    assert_eq!(held(&lifted, "2026-03-06 09:00"), [HoldCause::Violation]);
}

#[test]
fn a_hold_that_was_lifted_or_ran_out_does_not_come_back_with_the_correction_taken_back() {
    for until in [None, Some(at("2026-03-05 00:00"))] {
        let mut story = licensed();
        let cause = HoldCause::Violation;
        let first = story.fact("2026-03-03 09:00", FactBody::HoldOpened { cause, until });
        if until.is_none() {
            story.fact("2026-03-04 09:00", FactBody::HoldLifted { hold: first });
        }
        let slip = story.correct("2026-03-04 12:00", first, hold(HoldCause::FeeUnpaid));
        assert_eq!(held(&story, "2026-03-06 08:00"), [HoldCause::FeeUnpaid]);
        story.correct("2026-03-06 09:00", slip, FactBody::Withdrawn);
        story.turns("2026-03-06 09:00", true);
    }
}

#[test]
fn a_hold_that_its_slip_of_a_correction_replaced_is_reinstated_with_the_license() {
    let mut story = licensed();
    let first = story.fact("2026-03-03 09:00", hold(HoldCause::Violation));
    let slip = story.correct("2026-03-04 09:00", first, hold(HoldCause::FeeUnpaid));
    let end = story.fact("2026-03-05 09:00", FactBody::Departed);
    story.correct("2026-03-06 09:00", slip, FactBody::Withdrawn);
    let body = FactBody::Reinstated {
        undoes: vec![end],
        restores: Vec::new(),
    };
    story.fact("2026-03-07 09:00", body);
    assert_eq!(held(&story, "2026-03-07 09:00"), [HoldCause::Violation]);
    // A hold ended with the license that it held: it does not reach a later one.
    let mut anew = licensed();
    let first = anew.fact("2026-03-03 09:00", hold(HoldCause::FeeUnpaid));
    let slip = anew.correct("2026-03-04 09:00", first, hold(HoldCause::Unreachable));
    anew.fact("2026-03-05 09:00", FactBody::Departed);
    anew.activated("2026-03-06 09:00");
    anew.correct("2026-03-07 09:00", slip, FactBody::Withdrawn);
    assert_eq!(anew.status("2026-03-07 09:00"), Some(Active));
}

#[test]
fn a_lift_taken_back_before_its_hold_begins_leaves_the_hold_to_come() {
    let mut story = licensed();
    let hold = story.late(
        "2026-03-10 09:00",
        "2026-03-03 09:00",
        hold(HoldCause::Violation),
    );
    let lift = story.fact("2026-03-04 09:00", FactBody::HoldLifted { hold });
    story.correct("2026-03-05 09:00", lift, FactBody::Withdrawn);
    story.turns("2026-03-10 09:00", false);
    // And one that was to come.
    let mut story = licensed();
    let hold = story.fact(
        "2026-03-03 09:00",
        FactBody::HoldOpened {
            cause: HoldCause::Violation,
            until: None,
        },
    );
    let lift = story.late(
        "2026-03-10 09:00",
        "2026-03-04 09:00",
        FactBody::HoldLifted { hold },
    );
    story.correct("2026-03-05 09:00", lift, FactBody::Withdrawn);
    assert_eq!(held(&story, "2026-03-11 09:00"), [HoldCause::Violation]);
}

#[test]
fn the_correction_of_a_lift_taken_back_leaves_the_first_lift() {
    let mut story = licensed();
    let hold = story.fact("2026-03-03 09:00", hold(HoldCause::Violation));
    let first = story.fact("2026-03-04 09:00", FactBody::HoldLifted { hold });
    let second = story.correct("2026-03-05 09:00", first, FactBody::HoldLifted { hold });
    story.correct("2026-03-06 09:00", second, FactBody::Withdrawn);
    assert_eq!(story.status("2026-03-06 09:00"), Some(Active));
    // A hold that was an error is not opened by the error of its lift.
    let mut story = licensed();
    let hold = story.fact(
        "2026-03-03 09:00",
        FactBody::HoldOpened {
            cause: HoldCause::Violation,
            until: None,
        },
    );
    let lift = story.fact("2026-03-04 09:00", FactBody::HoldLifted { hold });
    story.correct("2026-03-05 09:00", hold, FactBody::Withdrawn);
    story.correct("2026-03-06 09:00", lift, FactBody::Withdrawn);
    assert_eq!(story.status("2026-03-06 09:00"), Some(Active));
}

#[test]
fn the_correction_of_a_departure_notice_taken_back_holds_as_the_first_said() {
    let mut story = licensed();
    let noticed = |until: &str| FactBody::DepartureNoticed { until: at(until) };
    let first = story.fact("2026-03-03 09:00", noticed("2026-03-06 00:00"));
    let second = story.correct("2026-03-04 09:00", first, noticed("2026-03-05 00:00"));
    let mut settled = story.clone();
    story.correct("2026-03-04 12:00", second, FactBody::Withdrawn);
    assert_eq!(
        held(&story, "2026-03-05 12:00"),
        [HoldCause::DepartureUnverified]
    );
    story.turns("2026-03-06 00:00", true);
    // Rejected before: nothing holds.
    let rejected = FactBody::DepartureNoticeSettled {
        notice: first,
        departure: None,
    };
    settled.fact("2026-03-04 10:00", rejected);
    settled.correct("2026-03-04 12:00", second, FactBody::Withdrawn);
    assert_eq!(settled.status("2026-03-04 12:00"), Some(Active));
}

#[test]
fn whatever_a_correction_replaced_counts_again_once_it_is_taken_back() {
    // A login.
    let mut story = licensed();
    let login = story.login("2026-03-20 09:00");
    let slip = story.correct("2026-03-21 09:00", login, logged_in(&[]));
    assert_eq!(
        story.license("2026-03-22 09:00").last_login_at,
        Some(at("2026-03-02 16:00"))
    );
    story.correct("2026-03-23 09:00", slip, FactBody::Withdrawn);
    assert_eq!(
        story.license("2026-03-23 09:00").last_login_at,
        Some(at("2026-03-20 09:00"))
    );
    // A leave.
    let mut story = licensed();
    let leave = story.fact("2026-03-03 09:00", FactBody::LeaveBegan { until: None });
    let until = Some(at("2026-03-05 00:00"));
    let slip = story.correct("2026-03-04 09:00", leave, FactBody::LeaveBegan { until });
    story.correct("2026-03-06 09:00", slip, FactBody::Withdrawn);
    story.turns("2026-03-06 09:00", false);
    assert_eq!(held(&story, "2026-03-06 09:00"), [HoldCause::Leave]);
    // A bar.
    let mut story = licensed();
    let bar = story.fact("2026-03-03 09:00", FactBody::Barred { until: None });
    let until = Some(at("2026-03-05 00:00"));
    let slip = story.correct("2026-03-04 09:00", bar, FactBody::Barred { until });
    assert_eq!(story.license("2026-03-06 08:00").barred, None);
    story.correct("2026-03-06 09:00", slip, FactBody::Withdrawn);
    assert_eq!(story.license("2026-03-06 09:00").barred, Some(bar));
    // A waiver.
    let mut story = Story::hand();
    let key = "course:hmis_user_training_series";
    let waiver = story.fact("2027-02-01 09:00", waived(key, Some("2027-06-01")));
    let slip = story.correct("2027-02-02 09:00", waiver, waived(key, Some("2027-02-25")));
    let status = |story: &Story| {
        let license = story.license("2027-03-01 09:00");
        license
            .requirements
            .iter()
            .find(|standing| standing.key.to_string() == key)
            .unwrap()
            .status
    };
    assert_eq!(status(&story), Status::Overdue);
    story.correct("2027-02-20 09:00", slip, FactBody::Withdrawn);
    assert_eq!(status(&story), Status::Waived);
}

#[test]
fn a_completion_that_a_slip_of_a_correction_replaced_contests_the_end_for_want_of_it() {
    let mut story = Story::hand();
    story.passed("2027-01-15 09:00", POLICIES);
    let passed = story.passed("2027-01-15 09:00", SERIES);
    let slip = story.correct("2027-01-20 09:00", passed, failed(SERIES));
    let key = format!("course:{SERIES}");
    story.noticed(
        "2027-02-10 09:00",
        NoticeRule::Recertification,
        None,
        Some(&key),
        "2027-02-21",
    );
    story.turns("2027-02-21 00:00", false);
    assert!(story.license("2027-03-01 08:00").contested().is_none());
    story.correct("2027-03-01 09:00", slip, FactBody::Withdrawn);
    let license = story.license("2027-03-01 09:00");
    assert!(license.contested().is_some());
    assert!(!license.allowed());
}

#[test]
fn a_fact_is_taken_back_once_and_the_refusal_names_what_did_it() {
    let mut story = licensed();
    let keep = story.fact("2026-03-04 09:00", FactBody::KeepRequested);
    let found = |story: &Story, id: FactId| {
        let fact = story.facts.iter().find(|fact| fact.id == id).unwrap();
        fact.take_back(&story.facts, None)
    };
    assert_eq!(found(&story, keep), Ok(FactBody::Withdrawn));
    let withdrawal = story.correct("2026-03-05 09:00", keep, FactBody::Withdrawn);
    let refused = found(&story, keep).unwrap_err();
    assert_eq!(refused.state, "withdrawn");
    assert!(refused.needs[0].contains(&withdrawal.to_string()));
    // Nor the withdrawal.
    let refused = found(&story, withdrawal).unwrap_err();
    assert_eq!(refused.needs, ["the fact itself, recorded again"]);
    // A corrected one is not, but its correction, and then the first one stands again.
    let first = story.passed("2026-03-06 09:00", SERIES);
    let second = story.correct("2026-03-07 09:00", first, failed(SERIES));
    assert_eq!(found(&story, first).unwrap_err().state, "corrected");
    assert!(found(&story, second).is_ok());
    story.correct("2026-03-08 09:00", second, FactBody::Withdrawn);
    assert!(found(&story, first).is_ok());
}

#[test]
fn a_decision_is_taken_back_only_while_its_request_is_open() {
    let story = licensed();
    let approval = story
        .facts
        .iter()
        .find(|fact| fact.body == FactBody::RequestApproved)
        .cloned();
    let mut approval = approval.unwrap_or_else(|| story.facts[0].clone());
    approval.body = FactBody::RequestApproved;
    for state in RequestState::ALL {
        let taken = approval.take_back(&[approval.clone()], Some(state));
        assert_eq!(taken.is_ok(), state.is_open(), "{state:?}");
    }
    approval.body = FactBody::RequestDenied;
    assert!(matches!(approval.taking_back(), TakingBack::Never(_)));
}
