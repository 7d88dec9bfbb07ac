//! Departures, deactivations, bars and the end of participation.

use super::support::*;
use crate::domain::calendar::Precision;
use crate::domain::command::EndInError;
use crate::domain::evaluate::{Change, EndCause, Evaluation, PeriodCause};
use crate::domain::fact::{DeactivationCause, FactBody};
use crate::domain::ids::FactId;
use crate::domain::license::LicenseStatus::{Active, Deactivated};
use crate::domain::roster::Participation;

fn departed(story: &mut Story, occurred: &str, recorded: &str) -> FactId {
    story.late(occurred, recorded, FactBody::Departed)
}

fn moved(story: &mut Story, when: &str, fact: FactId, to: &str) -> FactId {
    story.fact(
        when,
        FactBody::Moved {
            fact,
            to: at(to),
            precision: Precision::Instant,
        },
    )
}

fn end(license: &Evaluation) -> &crate::domain::evaluate::End {
    license.period().unwrap().end.as_ref().unwrap()
}

#[test]
fn activation_makes_active() {
    let story = Story::hand();
    assert_eq!(story.status("2026-03-01 08:59:59"), None);
    let license = story.license("2026-03-01 09:00");
    assert_eq!(license.status(), Some(Active));
    assert_eq!(license.periods.len(), 1);
    assert_eq!(license.since, Some(at("2026-03-01 09:00")));
}

#[test]
fn a_departure_acts_when_recorded_even_if_it_lies_back() {
    let mut story = Story::hand();
    let fact = departed(&mut story, "2026-03-06 17:00", "2026-03-09 08:00");
    story.turns("2026-03-09 08:00", false);
    let license = story.license("2026-03-09 08:00");
    assert_eq!(end(&license).fact, Some(fact));
    assert_eq!(
        end(&license).cause,
        EndCause::Deactivated(DeactivationCause::EmploymentEnded)
    );
}

#[test]
fn a_future_departure_acts_at_its_instant_without_any_job() {
    let mut story = Story::hand();
    departed(&mut story, "2026-03-31 17:00", "2026-03-09 08:00");
    let license = story.license("2026-03-20 00:00");
    assert_eq!(license.next_change_at(), Some(at("2026-03-31 17:00")));
    assert_eq!(
        license.upcoming[0].change,
        Change::Ends(EndCause::Deactivated(DeactivationCause::EmploymentEnded))
    );
    story.turns("2026-03-31 17:00", false);
}

#[test]
fn a_future_departure_can_be_moved_and_cancelled() {
    let mut story = Story::hand();
    let fact = departed(&mut story, "2026-03-31 17:00", "2026-03-09 08:00");
    let mut cancelled = story.clone();
    moved(&mut story, "2026-03-20 09:00", fact, "2026-03-25 12:00");
    story.turns("2026-03-25 12:00", false);
    cancelled.fact("2026-03-20 09:00", FactBody::Cancelled { fact });
    assert_eq!(cancelled.status("2026-05-01 00:00"), Some(Active));
}

#[test]
fn a_move_to_the_past_acts_at_its_recording() {
    let mut story = Story::hand();
    let fact = departed(&mut story, "2026-03-31 17:00", "2026-03-09 08:00");
    moved(&mut story, "2026-03-20 09:00", fact, "2026-03-15 12:00");
    story.turns("2026-03-20 09:00", false);
}

#[test]
fn a_withdrawn_cancellation_revives_the_departure() {
    let mut story = Story::hand();
    let fact = departed(&mut story, "2026-03-31 17:00", "2026-03-09 08:00");
    let cancelled = story.fact("2026-03-20 09:00", FactBody::Cancelled { fact });
    story.correct("2026-03-21 09:00", cancelled, waived("nothing", None));
    story.turns("2026-03-31 17:00", false);
}

#[test]
fn a_departure_moved_or_corrected_after_it_took_effect_is_contested_and_stays() {
    let mut story = Story::hand();
    let fact = departed(&mut story, "2026-03-31 17:00", "2026-03-09 08:00");
    let change = moved(&mut story, "2026-04-01 09:00", fact, "2026-06-30 17:00");
    let correction = story.correct("2026-04-02 09:00", fact, waived("nothing", None));
    let license = story.license("2026-04-03 00:00");
    assert_eq!(license.status(), Some(Deactivated));
    assert_eq!(end(&license).contested_by, [change, correction]);
}

#[test]
fn of_two_departures_the_earliest_end_wins_and_both_are_kept() {
    let mut story = Story::hand();
    departed(&mut story, "2026-03-31 17:00", "2026-03-09 08:00");
    let earlier = departed(&mut story, "2026-03-25 17:00", "2026-03-10 08:00");
    story.turns("2026-03-25 17:00", false);
    let license = story.license("2026-05-01 00:00");
    assert_eq!(end(&license).fact, Some(earlier));
    assert_eq!(license.periods.len(), 1);
}

#[test]
fn a_repeated_departure_changes_nothing() {
    let mut story = Story::hand();
    let first = departed(&mut story, "2026-03-06 17:00", "2026-03-09 08:00");
    departed(&mut story, "2026-03-06 17:00", "2026-03-10 08:00");
    let license = story.license("2026-03-11 00:00");
    assert_eq!(end(&license).fact, Some(first));
    assert_eq!(end(&license).at, at("2026-03-09 08:00"));
}

#[test]
fn a_departure_from_before_a_rehire_never_ends_the_later_period() {
    let mut story = Story::hand();
    departed(&mut story, "2026-03-06 17:00", "2026-03-09 08:00");
    story.activated("2026-03-20 09:00");
    // Reported again, now that the person is back.
    departed(&mut story, "2026-03-06 17:00", "2026-03-21 08:00");
    let license = story.license("2026-04-01 00:00");
    assert!(license.allowed());
    assert_eq!(license.periods.len(), 2);
    assert_eq!(license.periods[0].cause, license.periods[1].cause);
}

#[test]
fn a_departure_elsewhere_ends_nothing_here() {
    let mut story = Story::hand();
    departed(&mut story, "2026-03-06 17:00", "2026-03-09 08:00");
    story.facts.last_mut().unwrap().organization_id = Some(ELSEWHERE);
    assert!(story.license("2026-04-01 00:00").allowed());
}

#[test]
fn at_one_instant_the_departure_goes_before_a_deactivation() {
    let mut story = Story::hand();
    story.late(
        "2026-03-31 17:00",
        "2026-03-05 08:00",
        FactBody::Deactivated {
            cause: DeactivationCause::Violation,
        },
    );
    departed(&mut story, "2026-03-31 17:00", "2026-03-09 08:00");
    let license = story.license("2026-04-01 00:00");
    assert_eq!(
        end(&license).cause,
        EndCause::Deactivated(DeactivationCause::EmploymentEnded)
    );
}

#[test]
fn at_one_instant_the_departure_goes_before_inactivity() {
    let mut story = Story::hand();
    story.login("2026-03-02 16:00");
    story.warned("2026-04-02 09:00", "2026-04-08");
    departed(&mut story, "2026-04-09 00:00", "2026-04-03 08:00");
    let license = story.license("2026-04-09 00:00");
    assert_eq!(
        end(&license).cause,
        EndCause::Deactivated(DeactivationCause::EmploymentEnded)
    );
}

#[test]
fn the_end_of_participation_ends_the_license() {
    let mut story = Story::hand();
    let mut record = story.participations[0].clone();
    record.to_on = Some(day("2026-03-31"));
    record.recorded_at = at("2026-03-15 09:00");
    story.participations.push(record);
    assert_eq!(
        story.license("2026-03-14 00:00").next_change_at(),
        Some(at("2026-04-01 00:00")),
        "only the notice of inactivity, the record is not known yet"
    );
    story.turns("2026-04-01 00:00", false);
    let license = story.license("2026-04-01 00:00");
    assert_eq!(
        end(&license).cause,
        EndCause::Deactivated(DeactivationCause::OrganizationLeft)
    );
    assert!(!license.participating);
}

#[test]
fn a_bar_ends_the_license_and_keeps_it_from_returning_until_lifted() {
    let mut story = Story::hand();
    let bar = story.fact("2026-03-10 09:00", FactBody::Barred { until: None });
    story.turns("2026-03-10 09:00", false);
    let license = story.license("2026-03-11 00:00");
    assert_eq!(license.barred, Some(bar));
    let rejection = license
        .reinstate(EndInError::default(), &[], Vec::new())
        .unwrap_err();
    assert_eq!(rejection.action, "reinstate");
    assert!(
        rejection.needs[0].contains("contact the lead"),
        "{rejection}"
    );
    story.late(
        "2026-04-01 09:00",
        "2026-03-20 09:00",
        FactBody::BarLifted { bar },
    );
    assert_eq!(story.license("2026-03-31 00:00").barred, Some(bar));
    let license = story.license("2026-04-01 09:00");
    assert_eq!(license.barred, None);
    assert!(!license.allowed(), "lifting a bar gives nothing back");
    assert!(
        license
            .reinstate(EndInError::default(), &[], Vec::new())
            .is_ok()
    );
}

#[test]
fn a_bar_may_end_by_itself() {
    let mut story = Story::under(hand());
    story.fact(
        "2026-03-10 09:00",
        FactBody::Barred {
            until: Some(at("2026-06-01 00:00")),
        },
    );
    assert!(story.license("2026-05-31 00:00").barred.is_some());
    assert!(story.license("2026-06-01 00:00").barred.is_none());
}

#[test]
fn a_login_never_reactivates() {
    let mut story = Story::hand();
    departed(&mut story, "2026-03-06 17:00", "2026-03-09 08:00");
    story.login("2026-03-10 08:00");
    assert_eq!(story.status("2026-03-10 08:00"), Some(Deactivated));
}

#[test]
fn a_reactivation_opens_a_new_period_and_restarts_the_clock() {
    let mut story = Story::hand();
    story.login("2026-03-02 09:00");
    story.warned("2026-04-02 09:00", "2026-04-08");
    story.fact("2026-04-20 09:00", FactBody::Reactivated);
    let license = story.license("2026-04-20 09:00");
    assert_eq!(license.periods.len(), 2);
    assert_eq!(license.periods[1].cause, PeriodCause::Reactivation);
    assert!(
        license
            .upcoming
            .iter()
            .any(|next| next.change == Change::Warnable(0) && next.at == at("2026-05-21 00:00"))
    );
    assert_eq!(license.last_login_at, Some(at("2026-03-02 09:00")));
}

#[test]
fn where_no_license_runs_the_end_of_a_bar_and_of_participation_are_foretold() {
    let mut story = Story::hand();
    let until = Some(at("2026-03-20 09:00"));
    story.fact("2026-03-05 09:00", FactBody::Barred { until });
    story.participations.push(Participation {
        to_on: Some(day("2026-03-31")),
        recorded_at: at("2026-03-06 09:00"),
        ..story.participations[0].clone()
    });
    let license = story.license("2026-03-07 09:00");
    assert!(!license.allowed() && license.barred.is_some());
    let foretold: Vec<_> = license
        .upcoming
        .iter()
        .map(|upcoming| (upcoming.at, upcoming.change.clone()))
        .collect();
    assert_eq!(
        foretold,
        [
            (at("2026-03-20 09:00"), Change::MayBegin),
            (at("2026-04-01 00:00"), Change::MayBegin),
        ]
    );
    assert_eq!(story.license("2026-03-20 09:00").barred, None);
}
