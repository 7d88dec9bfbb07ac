//! What the service tells by itself, and when: the first reminder is the notice, no warning goes beyond the login
//! reports, and nobody is written to during leave.

use chrono::{Days, TimeDelta};
use serde_json::{Value, json};

use super::support::*;
use crate::domain::calendar::Instant;
use crate::domain::evaluate::{Evaluation, refused_since};
use crate::domain::fact::{Channel, FactBody, NoticeRule};

const OFF_RULE: &str = "/license_types/end_user/inactivity/off_rule";
const REMINDERS: &str = "/license_types/end_user/recertification/reminders";

fn recertification(license: &Evaluation) -> Vec<(Option<u16>, Instant)> {
    let mut found: Vec<_> = license
        .to_tell()
        .iter()
        .filter(|telling| telling.needed.rule == NoticeRule::Recertification)
        .map(|telling| (telling.days_before, telling.due_at))
        .collect();
    found.dedup();
    found
}

#[test]
fn the_first_reminder_is_the_notice_and_the_next_one_repeats_it() {
    let mut story = Story::licensed_under(hand_with(&[(OFF_RULE, Value::Null)]));
    let license = story.license("2026-06-01 12:00");
    let needed = license
        .notices
        .iter()
        .find(|needed| needed.rule == NoticeRule::Recertification)
        .unwrap();
    let key = needed.requirement.as_ref().unwrap().to_string();
    let before = |days: u64| {
        let day = needed.ends_on.checked_sub_days(Days::new(days)).unwrap();
        at(&format!("{day} 00:00"))
    };
    let at_instant =
        |story: &Story, at: Instant| crate::domain::evaluate::evaluate(&story.case(), at);
    assert_eq!(needed.send_at, before(30));
    assert_eq!(license.notice_outlook().next_at, Some(before(30)));
    let early = at_instant(&story, before(30) - TimeDelta::microseconds(1));
    assert!(early.to_tell().is_empty());
    assert_eq!(
        recertification(&at_instant(&story, before(30))),
        [(None, before(30))]
    );
    // Forgotten until three days before: it is told at once, and the reminder that was overtaken is not.
    assert_eq!(
        recertification(&at_instant(&story, before(3))),
        [(None, before(30))]
    );
    let told = notice(
        NoticeRule::Recertification,
        None,
        Some(&key),
        needed.ends_on,
    );
    story.push(before(29), before(29), told);
    let of_key = |license: &Evaluation| -> Vec<Option<u16>> {
        license
            .to_tell()
            .iter()
            .filter(|telling| {
                telling.needed.requirement.as_ref().map(ToString::to_string) == Some(key.clone())
            })
            .map(|telling| telling.days_before)
            .collect()
    };
    assert!(of_key(&at_instant(&story, before(8))).is_empty());
    assert_eq!(of_key(&at_instant(&story, before(7))), [Some(7)]);
    assert_eq!(of_key(&at_instant(&story, before(6))), [Some(7)]);
}

#[test]
fn without_reminders_the_notice_goes_out_on_the_last_day_that_leaves_the_minimum() {
    let story = Story::licensed_under(hand_with(&[
        (OFF_RULE, Value::Null),
        (REMINDERS, json!([])),
    ]));
    let license = story.license("2026-06-01 12:00");
    for needed in &license.notices {
        let sent_on = needed.send_at.with_timezone(&chrono_tz::America::Detroit);
        assert_eq!(
            needed.earliest_named_on(needed.send_at),
            needed.ends_on,
            "{} on {}",
            needed.name(),
            sent_on.date_naive()
        );
        let late = needed.send_at + TimeDelta::days(1);
        assert!(needed.earliest_named_on(late) > needed.ends_on);
    }
}

#[test]
fn a_warning_waits_for_the_login_source_and_nobody_is_told_during_leave() {
    let mut story = Story::hand();
    story.login("2026-03-02 16:00");
    let told = |story: &Story, now: &str| -> usize {
        story
            .license(now)
            .to_tell()
            .iter()
            .filter(|telling| telling.needed.rule == NoticeRule::Inactivity)
            .count()
    };
    story.heartbeat("2026-04-02 06:00", "2026-04-01 23:59");
    let waiting = story.license("2026-04-02 09:00").notice_outlook();
    assert_eq!(waiting.next_warning_at, Some(at("2026-04-02 00:00")));
    assert!(
        waiting.next_at.is_some(),
        "a silent login source hides no notice of a dated end"
    );
    assert_eq!(told(&story, "2026-04-02 09:00"), 0);
    story.heartbeat("2026-04-02 10:00", "2026-04-02 00:00");
    assert_eq!(told(&story, "2026-04-02 10:00"), 1);
    let leave = FactBody::LeaveBegan { until: None };
    story.fact("2026-04-02 11:00", leave);
    assert!(story.license("2026-04-02 12:00").to_tell().is_empty());
    assert_eq!(
        story.license("2026-04-02 12:00").notice_outlook().next_at,
        None
    );
}

#[test]
fn no_address_that_was_confirmed_before_a_failure_or_a_mail_that_came_back_is_tried_again() {
    let since = |story: &Story| refused_since(&story.facts, HERE);
    let told = |channel| {
        let mut body = notice(NoticeRule::Inactivity, Some(0), None, day("2026-04-08"));
        if let FactBody::NoticeSent { channel: by, .. } = &mut body {
            *by = Some(channel);
        }
        body
    };
    let mut story = Story::hand();
    assert_eq!(since(&story), None);
    // What was said by telephone did not come back by mail.
    let called = story.fact("2026-04-02 09:00", told(Channel::Phone));
    story.fact(
        "2026-04-03 09:00",
        FactBody::NoticeBounced { notice: called },
    );
    assert_eq!(since(&story), None);
    // Since the sending: an address that was confirmed after it was never tried.
    let mailed = story.fact("2026-04-06 09:00", told(Channel::Email));
    story.fact(
        "2026-04-08 09:00",
        FactBody::NoticeBounced { notice: mailed },
    );
    assert_eq!(since(&story), Some(at("2026-04-06 09:00")));
    let failed = FactBody::NoticeFailed {
        notice: mailed,
        rule: NoticeRule::Inactivity,
        requirement: None,
        anchor_on: day("2026-03-02"),
    };
    story.fact("2026-04-09 09:00", failed);
    assert_eq!(since(&story), Some(at("2026-04-09 09:00")));
    assert_eq!(refused_since(&story.facts, ELSEWHERE), None);
}
