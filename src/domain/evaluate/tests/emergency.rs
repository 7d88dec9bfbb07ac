//! Emergency restorations: access for some hours, until another of staff confirms.

use chrono::TimeDelta;
use serde_json::json;

use super::support::*;
use crate::domain::departure::announced_ends;
use crate::domain::error::Rejection;
use crate::domain::evaluate::{
    AddOnStatus, Change, EndCause, PeriodCause, RestorationStanding as R, Restored,
};
use crate::domain::fact::{DeactivationCause as C, FactBody, HoldCause};
use crate::domain::ids::FactId;
use crate::domain::license::LicenseStatus as S;

const ENDED: &str = "2026-03-07 17:00";
const BACK: &str = "2026-03-07 18:00";
/// 72 hours later; the clocks went forward.
const OVER: &str = "2026-03-10 19:00";

impl Story {
    fn restorable(&self, when: &str, until: &str) -> Result<FactBody, Rejection> {
        let license = self.license(when);
        let ends = announced_ends(&self.facts, at(when));
        let error = license.error_of(&ends, HERE, at(when));
        license.restore_in_emergency(error, at(until))
    }

    fn restored(&mut self, when: &str, until: &str) -> FactId {
        let body = self.restorable(when, until).unwrap();
        self.fact(when, body)
    }

    fn confirmable(&self, when: &str, restoration: FactId) -> Result<FactBody, Rejection> {
        let undoes = self.facts.iter().find_map(|fact| match &fact.body {
            FactBody::EmergencyRestored { undoes, .. } if fact.id == restoration => {
                Some(undoes.clone())
            }
            _ => None,
        });
        let license = self.license(when);
        let found = license.restoration(restoration).unwrap();
        license.confirm_restoration(found, undoes.unwrap(), vec![REQUEST])
    }

    fn standing(&self, when: &str, restoration: FactId) -> R {
        self.license(when)
            .restoration(restoration)
            .unwrap()
            .standing()
    }

    fn held(&mut self, when: &str, cause: HoldCause) -> FactId {
        self.fact(when, FactBody::HoldOpened { cause, until: None })
    }

    fn deactivated(&mut self, when: &str, cause: C) -> FactId {
        self.fact(when, FactBody::Deactivated { cause })
    }
}

#[test]
fn an_end_is_taken_back_for_the_hours_and_comes_back_unless_somebody_confirms() {
    let mut story = Story::hand();
    let departure = story.fact(ENDED, FactBody::Departed);
    assert_eq!(at(OVER) - at(BACK), TimeDelta::hours(72));
    let restoration = story.restored(BACK, OVER);
    story.turns(ENDED, false);
    story.turns(BACK, true);
    let license = story.license(BACK);
    assert_eq!(license.next_access_change_at(), Some(at(OVER)));
    let ends = Change::Ends(EndCause::Deactivated(C::EmploymentEnded));
    assert!(
        license
            .upcoming
            .iter()
            .any(|upcoming| upcoming.change == ends)
    );
    assert_eq!(
        license.period().unwrap().cause,
        PeriodCause::EmergencyRestoration
    );
    assert_eq!(story.standing(BACK, restoration), R::Open);
    story.turns(OVER, false);
    let license = story.license(OVER);
    assert_eq!(license.status(), Some(S::Deactivated));
    let end = license.period().unwrap().end.clone().unwrap();
    assert_eq!(end.cause, EndCause::Deactivated(C::EmploymentEnded));
    assert_eq!((end.at, end.fact), (at(OVER), Some(departure)));
    assert_eq!(story.standing(OVER, restoration), R::RanOut);
    // Once only, and too late to confirm.
    let needs = story
        .restorable("2026-03-11 09:00", "2026-03-12 09:00")
        .unwrap_err()
        .needs;
    assert!(needs[0].contains("restored once"), "{needs:?}");
    let refused = story.confirmable(OVER, restoration).unwrap_err();
    assert_eq!(refused.state, "ran_out");
    assert!(refused.needs[0].contains("reinstates"));
    // What was known at each instant stays.
    assert!(story.license("2026-03-08 09:00").allowed());
    // An administrator reinstates it as ever.
    story.fact(
        "2026-03-11 10:00",
        FactBody::Reinstated {
            undoes: vec![departure],
            restores: vec![],
        },
    );
    story.turns("2026-03-11 10:00", true);
    assert!(story.license("2026-05-01 09:00").allowed());
}

#[test]
fn confirmed_it_acts_as_a_reinstatement() {
    let mut story = Story::hand();
    let departure = story.fact(ENDED, FactBody::Departed);
    let mut asked = story.clone();
    asked.request.submitted_at = at("2026-03-06 09:00");
    asked
        .facts
        .retain(|fact| !matches!(fact.body, FactBody::Activated { .. }));
    let restoration = story.restored(BACK, OVER);
    let body = story.confirmable("2026-03-09 09:00", restoration).unwrap();
    assert_eq!(
        body,
        FactBody::EmergencyRestorationConfirmed {
            restoration,
            undoes: vec![departure],
            restores: vec![REQUEST],
        }
    );
    story.fact("2026-03-09 09:00", body.clone());
    assert_eq!(
        story.standing("2026-03-09 09:00", restoration),
        R::Confirmed
    );
    assert!(
        story
            .confirmable("2026-03-09 10:00", restoration)
            .unwrap_err()
            .needs
            .is_empty()
    );
    let license = story.license("2026-03-11 09:00");
    assert_eq!(license.status(), Some(S::Active));
    let lost = license.period().unwrap().lost.clone();
    assert_eq!(lost, [(at(ENDED), at("2026-03-09 09:00"))]);
    // The clock of inactivity restarts at the confirmation.
    assert_eq!(license.notices[0].due_at, at("2026-04-09 00:00"),);
    // A request that the departure withdrew goes on only then.
    let withdrawn = crate::domain::request::RequestState::Withdrawn;
    assert_eq!(asked.request(BACK).state, withdrawn);
    asked.fact(
        BACK,
        FactBody::EmergencyRestored {
            until: at(OVER),
            undoes: vec![departure],
        },
    );
    assert_eq!(asked.request("2026-03-08 09:00").state, withdrawn);
    asked.fact("2026-03-09 09:00", body);
    assert!(asked.request("2026-03-09 09:00").state.is_open());
}

#[test]
fn a_suspension_is_taken_back_with_all_its_holds() {
    let mut story = Story::hand();
    let fee = story.held(ENDED, HoldCause::FeeUnpaid);
    story.held(ENDED, HoldCause::Unreachable);
    let restoration = story.restored(BACK, OVER);
    story.turns(BACK, true);
    let license = story.license(BACK);
    assert_eq!(license.status(), Some(S::Active));
    assert_eq!(
        license.restorations[0].restored,
        Restored::Suspended(vec![0, 1])
    );
    assert_eq!(license.next_access_change_at(), Some(at(OVER)));
    let mut confirmed = story.clone();
    story.turns(OVER, false);
    let license = story.license(OVER);
    assert_eq!(license.status(), Some(S::Suspended));
    assert_eq!(license.open_holds().count(), 2);
    assert_eq!(story.standing(OVER, restoration), R::RanOut);
    assert!(
        story
            .restorable("2026-03-11 09:00", "2026-03-12 09:00")
            .is_err()
    );
    // Lifted and opened anew, another mistake may be taken back.
    let mut again = story.clone();
    for hold in license.open_holds().filter_map(|hold| hold.fact) {
        again.fact("2026-03-11 09:00", FactBody::HoldLifted { hold });
    }
    again.held("2026-03-12 09:00", HoldCause::FeeUnpaid);
    assert!(
        again
            .restorable("2026-03-12 10:00", "2026-03-13 09:00")
            .is_ok()
    );
    let body = confirmed
        .confirmable("2026-03-09 09:00", restoration)
        .unwrap();
    confirmed.fact("2026-03-09 09:00", body);
    let license = confirmed.license(OVER);
    assert!(license.allowed());
    assert!(
        license
            .holds
            .iter()
            .all(|hold| hold.ended_at == Some(at("2026-03-09 09:00")))
    );
    assert_eq!(license.holds[0].fact, Some(fee));
}

#[test]
fn never_against_a_violation_an_investigation_or_a_bar() {
    for cause in [HoldCause::Violation, HoldCause::Investigation] {
        let mut story = Story::hand();
        story.held(ENDED, HoldCause::FeeUnpaid);
        story.held(ENDED, cause);
        let needs = story.restorable(BACK, OVER).unwrap_err().needs;
        assert!(
            needs[0].contains("never taken back"),
            "{cause:?}: {needs:?}"
        );
        // Also where the license ended since.
        story.deactivated("2026-03-07 17:30", C::Requested);
        let needs = story.restorable(BACK, OVER).unwrap_err().needs;
        assert!(
            needs[0].contains("never taken back"),
            "{cause:?}: {needs:?}"
        );
        // Whatever is recorded, it gives nothing.
        story.fact(
            BACK,
            FactBody::EmergencyRestored {
                until: at(OVER),
                undoes: vec![],
            },
        );
        assert!(!story.license(BACK).allowed());
    }
    for cause in [C::Violation, C::Barred, C::Duplicate] {
        let mut story = Story::hand();
        story.deactivated(ENDED, cause);
        let needs = story.restorable(BACK, OVER).unwrap_err().needs;
        assert!(
            needs[0].contains("never taken back"),
            "{cause:?}: {needs:?}"
        );
        story.fact(
            BACK,
            FactBody::EmergencyRestored {
                until: at(OVER),
                undoes: vec![],
            },
        );
        assert!(!story.license(BACK).allowed());
    }
    let mut story = Story::hand();
    story.deactivated(ENDED, C::Requested);
    story.fact(ENDED, FactBody::Barred { until: None });
    assert!(story.restorable(BACK, OVER).is_err());
    story.fact(
        BACK,
        FactBody::EmergencyRestored {
            until: at(OVER),
            undoes: vec![],
        },
    );
    assert!(!story.license(BACK).allowed());
    // Nor of what gives access.
    assert!(
        Story::hand()
            .restorable(BACK, OVER)
            .unwrap_err()
            .needs
            .is_empty()
    );
}

#[test]
fn a_departure_asks_for_the_word_of_a_supervisor() {
    let mut story = Story::hand();
    assert!(!story.license(BACK).rests_on_departure());
    let mut noticed = story.clone();
    noticed.fact(ENDED, FactBody::DepartureNoticed { until: at(OVER) });
    assert!(noticed.license(BACK).rests_on_departure());
    let mut requested = story.clone();
    requested.deactivated(ENDED, C::Requested);
    assert!(!requested.license(BACK).rests_on_departure());
    story.fact(ENDED, FactBody::Departed);
    assert!(story.license(BACK).rests_on_departure());
    // A deactivation besides would end it again at once: that is for an administrator.
    story.late(
        "2026-03-07 16:00",
        "2026-03-07 17:30",
        FactBody::Deactivated {
            cause: C::Requested,
        },
    );
    let needs = story.restorable(BACK, OVER).unwrap_err().needs;
    assert!(needs[0].contains("stands too"), "{needs:?}");
}

#[test]
fn what_is_recorded_during_the_hours_acts_at_once() {
    let mut story = Story::hand();
    let end = story.deactivated(ENDED, C::Requested);
    let restoration = story.restored(BACK, OVER);
    let mut held = story.clone();
    let mut barred = story.clone();
    story.fact("2026-03-08 09:00", FactBody::Departed);
    story.turns("2026-03-08 09:00", false);
    assert_eq!(
        story.standing("2026-03-08 09:00", restoration),
        R::Overtaken
    );
    let license = story.license(OVER);
    let last = license.period().unwrap().end.clone().unwrap();
    assert_eq!(last.cause, EndCause::Deactivated(C::EmploymentEnded));
    assert_eq!(license.next_change_at(), None);
    barred.fact("2026-03-08 09:00", FactBody::Barred { until: None });
    barred.turns("2026-03-08 09:00", false);
    held.held("2026-03-08 09:00", HoldCause::Investigation);
    held.turns("2026-03-08 09:00", false);
    assert_eq!(held.status("2026-03-08 09:00"), Some(S::Suspended));
    let license = held.license(OVER);
    assert_eq!(license.status(), Some(S::Deactivated));
    assert_eq!(
        license.period().unwrap().end.clone().unwrap().fact,
        Some(end)
    );
    // And of a suspension that was taken back.
    let mut story = Story::hand();
    story.held(ENDED, HoldCause::FeeUnpaid);
    story.restored(BACK, OVER);
    story.held("2026-03-08 09:00", HoldCause::Unreachable);
    story.turns("2026-03-08 09:00", false);
    // One at a time.
    let refused = story.restorable("2026-03-08 10:00", OVER).unwrap_err();
    assert!(refused.needs[0].contains("that runs"), "{refused}");
}

#[test]
fn no_absence_ends_anything_while_nothing_is_decided() {
    // Recertification is missed without a notice; the license ended because of it.
    let rules = [
        ("/notices", json!({"minimum_days": {"recertification": 0}})),
        (
            "/license_types/end_user/recertification/schedule",
            json!({"kind": "rolling", "months": 1}),
        ),
        (
            "/license_types/end_user/recertification/reminders",
            json!([]),
        ),
        (
            "/license_types/end_user/recertification/on_miss",
            json!("deactivate"),
        ),
    ];
    let mut story = Story::licensed_under(hand_with(&rules));
    let ended = "2026-03-21 00:00";
    story.turns(ended, false);
    let restoration = story.restored("2026-03-21 09:00", "2026-03-24 09:00");
    assert!(story.license("2026-03-24 08:59").allowed());
    story.turns("2026-03-24 09:00", false);
    assert_eq!(story.standing("2026-03-24 09:00", restoration), R::RanOut);
    let cause = EndCause::Deactivated(C::RecertificationOverdue);
    assert_eq!(
        story
            .license("2026-03-24 09:00")
            .period()
            .unwrap()
            .end
            .clone()
            .unwrap()
            .cause,
        cause
    );
    // A training done in time that arrives during the hours contests the end that comes back.
    let mut late = story.clone();
    let trained = [SERIES, POLICIES]
        .map(|course| late.late("2026-03-19 09:00", "2026-03-22 09:00", passed(course)));
    let license = late.license("2026-03-24 09:00");
    assert_eq!(license.contested().unwrap().open_contests(), trained);
    // To confirm it would end it again at once: what was missed comes first.
    let refused = story.confirmable("2026-03-22 09:00", restoration);
    assert_eq!(refused.unwrap_err().needs.len(), 2);
    for course in [SERIES, POLICIES] {
        story.passed("2026-03-22 10:00", course);
    }
    let body = story.confirmable("2026-03-22 11:00", restoration).unwrap();
    story.fact("2026-03-22 11:00", body);
    assert!(story.license("2026-03-24 09:00").allowed());
}

#[test]
fn a_hold_that_a_rule_opened_is_cured_by_what_it_asks_for() {
    let rules = [
        ("/notices", json!({"minimum_days": {"recertification": 0}})),
        (
            "/license_types/end_user/recertification/schedule",
            json!({"kind": "rolling", "months": 1}),
        ),
        (
            "/license_types/end_user/recertification/reminders",
            json!([]),
        ),
        (
            "/license_types/end_user/recertification/on_miss",
            json!("suspend"),
        ),
    ];
    let mut story = Story::licensed_under(hand_with(&rules));
    story.turns("2026-03-21 00:00", false);
    let restoration = story.restored("2026-03-21 09:00", "2026-03-24 09:00");
    story.turns("2026-03-21 09:00", true);
    let needs = story
        .confirmable("2026-03-22 09:00", restoration)
        .unwrap_err()
        .needs;
    assert_eq!(needs.len(), 2, "{needs:?}");
    for course in [SERIES, POLICIES] {
        story.passed("2026-03-23 09:00", course);
    }
    // With its last hold cured there is nothing left to stand by, and nothing that comes back.
    assert!(story.confirmable("2026-03-23 10:00", restoration).is_err());
    assert_eq!(
        story.standing("2026-03-23 10:00", restoration),
        R::Overtaken
    );
    assert!(story.license("2026-03-24 09:00").allowed());
}

#[test]
fn an_add_on_waits_for_the_confirmation_and_then_for_its_own() {
    let mut policy = hand();
    set(&mut policy, "/courses/reports", json!({"title": "Reports"}));
    set(
        &mut policy,
        "/license_types/reports",
        json!({
            "title": "Reports",
            "license": {"kind": "add_on", "depends_on": ["end_user"]},
            "requirement_sets": {"own": {"courses": [{"course": "reports"}]}},
            "classes": {"add_on": {"kind": "set", "set": "own"}},
        }),
    );
    let mut story = Story::licensed_under(policy);
    story.fact(
        "2026-03-02 09:00",
        FactBody::AddOnActivated {
            add_on: "reports".to_owned(),
            submitted_at: None,
        },
    );
    story.deactivated(ENDED, C::Requested);
    let restoration = story.restored(BACK, OVER);
    let status = |story: &Story, when| story.license(when).add_ons[0].status;
    assert_eq!(status(&story, BACK), AddOnStatus::Ended);
    let mut confirmed = story.clone();
    let body = confirmed
        .confirmable("2026-03-09 09:00", restoration)
        .unwrap();
    confirmed.fact("2026-03-09 09:00", body);
    assert_eq!(
        status(&confirmed, "2026-03-09 09:00"),
        AddOnStatus::AwaitsConfirmation
    );
    // Unconfirmed, a reinstatement afterwards finds it as it stood.
    let undoes = vec![
        story
            .facts
            .iter()
            .find(|fact| matches!(fact.body, FactBody::Deactivated { .. }))
            .unwrap()
            .id,
    ];
    story.fact(
        "2026-03-11 09:00",
        FactBody::Reinstated {
            undoes,
            restores: vec![],
        },
    );
    assert_eq!(
        status(&story, "2026-03-11 09:00"),
        AddOnStatus::AwaitsConfirmation
    );
}

#[test]
fn a_restoration_that_was_recorded_by_mistake_ends_with_its_correction() {
    let mut story = Story::hand();
    story.deactivated(ENDED, C::Requested);
    let restoration = story.restored(BACK, OVER);
    story.correct("2026-03-08 09:00", restoration, FactBody::Withdrawn);
    story.turns("2026-03-08 09:00", false);
    assert!(story.license("2026-03-08 08:59").allowed());
}
