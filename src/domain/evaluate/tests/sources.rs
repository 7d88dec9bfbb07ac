//! Logins are only as good as their source.

use super::support::*;
use crate::domain::evaluate::{Change, LicenseState, LoginSource, Upcoming};
use crate::domain::license::LicenseStatus::{Active, Warned};

fn detroit() -> Story {
    let mut story = Story::hand();
    story.login("2026-03-02 16:00");
    story.warned("2026-04-02 09:00", "2026-04-08");
    story
}

#[test]
fn the_end_takes_effect_when_the_mark_reaches_the_cut_off() {
    let mut story = detroit();
    story.heartbeat("2026-04-08 03:00", "2026-04-07 23:00");
    story.heartbeat("2026-04-08 05:30", "2026-04-08 00:00");
    story.turns("2026-04-08 05:30", false);
    let end = story.license("2026-04-09 00:00").periods[0]
        .end
        .clone()
        .unwrap();
    assert_eq!(
        (end.cut_off_at, end.at),
        (Some(at("2026-04-08 00:00")), at("2026-04-08 05:30"))
    );
}

#[test]
fn until_it_takes_effect_the_state_is_warned_with_access() {
    let story = detroit();
    let license = story.license("2026-04-08 12:00");
    assert!(license.allowed());
    assert_eq!(license.status(), Some(Warned));
}

#[test]
fn a_source_that_never_reported_delays_the_end_by_the_lag_at_most() {
    let story = detroit();
    story.turns("2026-04-09 00:00", false);
    // The lag is elapsed time.
    let end = story.license("2026-04-10 00:00").periods[0]
        .end
        .clone()
        .unwrap();
    assert_eq!(end.at, at("2026-04-09 00:00"));
}

#[test]
fn with_several_sources_the_lowest_mark_counts() {
    let mut story = detroit();
    story.heartbeat("2026-04-08 00:30", "2026-04-08 00:15");
    story.sources.push(LoginSource {
        in_service_from: at("2026-01-01 00:00"),
        in_service_until: Some(at("2026-04-08 10:00")),
        heartbeats: Vec::new(),
    });
    // The silent one holds the end up until it is taken out of service.
    story.turns("2026-04-08 10:00", false);
}

#[test]
fn a_mark_that_is_taken_back_no_longer_completes() {
    let mut story = detroit();
    story.heartbeat("2026-04-07 23:59", "2026-04-08 00:02");
    story.heartbeat("2026-04-07 23:59:30", "2026-04-07 12:00");
    assert!(story.license("2026-04-08 12:00").allowed());
    story.turns("2026-04-09 00:00", false);
}

#[test]
fn without_a_source_in_service_the_rule_is_not_in_force_and_notices_are_void() {
    let mut story = detroit();
    story.sources[0].in_service_until = Some(at("2026-04-04 00:00"));
    story.turns_status("2026-04-04 00:00", Warned, Active);
    assert_eq!(
        story.license("2026-04-03 00:00").next_change_at(),
        Some(at("2026-04-04 00:00"))
    );
    // Back in service, the old notice stays void.
    story.sources.push(LoginSource {
        in_service_from: at("2026-04-05 00:00"),
        in_service_until: None,
        heartbeats: Vec::new(),
    });
    assert_eq!(story.status("2026-06-01 00:00"), Some(Active));
}

#[test]
fn without_any_source_no_notice_warns() {
    let mut story = detroit();
    story.sources.clear();
    assert_eq!(story.status("2026-06-01 00:00"), Some(Active));
}

#[test]
fn a_login_between_cut_off_and_effect_neither_saves_nor_anchors() {
    let mut story = detroit();
    story.login("2026-04-08 08:00");
    story.turns("2026-04-09 00:00", false);
    let license = story.license("2026-04-09 00:00");
    assert_eq!(license.last_login_at, Some(at("2026-03-02 16:00")));
}

#[test]
fn a_login_between_cut_off_and_effect_anchors_once_the_notice_is_void_otherwise() {
    let mut story = detroit();
    let notice = story.facts.last().unwrap().id;
    story.login("2026-04-08 08:00");
    story.fact(
        "2026-04-08 09:00",
        crate::domain::fact::FactBody::NoticeBounced { notice },
    );
    let license = story.license("2026-04-09 00:00");
    assert_eq!(license.status(), Some(Active));
    assert_eq!(license.last_login_at, Some(at("2026-04-08 08:00")));
}

#[test]
fn a_login_between_cut_off_and_effect_anchors_once_one_reported_late_saves() {
    let mut story = detroit();
    story.login("2026-04-08 00:30");
    story.login_reported("2026-04-07 23:50", "2026-04-08 01:00");
    let license = story.license("2026-04-09 00:00");
    assert_eq!(license.status(), Some(Active));
    assert_eq!(license.last_login_at, Some(at("2026-04-08 00:30")));
}

#[test]
fn heartbeats_recorded_later_are_unknown_to_an_earlier_question() {
    let mut story = detroit();
    story.heartbeat("2026-04-08 05:30", "2026-04-08 05:00");
    let Some(LicenseState::Warned(warning)) = story.license("2026-04-08 01:00").state else {
        panic!("not warned")
    };
    assert_eq!(warning.takes_effect_at, Some(at("2026-04-09 00:00")));
}

#[test]
fn the_day_on_which_a_silent_source_makes_warnings_wait_is_foretold() {
    let mut story = Story::hand();
    story.login("2026-03-02 16:00");
    story.heartbeat("2026-03-03 00:00", "2026-03-03 00:00");
    story.sources.push(LoginSource {
        in_service_from: at("2026-03-10 00:00"),
        in_service_until: None,
        heartbeats: Vec::new(),
    });
    let license = story.license("2026-03-05 00:00");
    let foretold = |upcoming: &Upcoming| {
        upcoming.at == at("2026-03-10 00:00") && upcoming.change == Change::NewRules
    };
    assert!(license.upcoming.iter().any(foretold));
}
