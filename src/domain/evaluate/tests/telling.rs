//! What the service tells by itself, and when: the first reminder is the notice, no warning goes beyond the login
//! reports, and nobody is written to during leave.

use chrono::{Days, TimeDelta};
use serde_json::{Value, json};

use super::support::*;
use crate::domain::calendar::Instant;
use crate::domain::evaluate::{Evaluation, refused_since};
use crate::domain::fact::{Channel, FactBody, NoticeRule};
use crate::domain::ids::{FactId, ImplementationId, LicenseId, PersonId};
use crate::domain::outgoing::{NoticeKind, NoticeSubject, QueueState, QueuedNotice};
use crate::domain::policy::Recipient;
use uuid::Uuid;

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
fn nothing_is_told_of_a_rule_that_only_reports_and_its_end_keeps_the_minimum() {
    let rules = |pointer: &str, rule: Value| {
        Story::licensed_under(hand_with(&[(OFF_RULE, Value::Null), (pointer, rule)]))
    };
    let base = "/license_types/end_user";
    let recertification = rules(
        &format!("{base}/recertification/enforced_from"),
        json!("2027-04-01"),
    );
    let mut term = hand_with(&[(OFF_RULE, Value::Null)]);
    set(&mut term, &format!("{base}/recertification"), Value::Null);
    let of_term = json!({
        "ends": { "kind": "after", "length": { "months": 12 } },
        "renewed_by": ["staff"],
        "reminders": [30, 7],
        "enforced_from": "2027-04-01",
    });
    set(&mut term, &format!("{base}/term"), of_term);
    let term = Story::licensed_under(term);
    for (story, rule) in [
        (recertification, NoticeRule::Recertification),
        (term, NoticeRule::Term),
    ] {
        let told = |now: &str| {
            let license = story.license(now);
            let told = license.to_tell().iter().any(|one| one.needed.rule == rule);
            told || license
                .notices_due(at(now))
                .iter()
                .any(|one| one.rule == rule)
        };
        assert!(!told("2027-03-20 09:00"), "{rule:?}");
        assert!(!told("2027-03-31 23:59"), "{rule:?}");
        let outlook = story.license("2027-03-20 09:00").notice_outlook();
        assert_eq!(outlook.next_at, Some(at("2027-04-01 00:00")), "{rule:?}");
        assert!(told("2027-04-01 00:00"), "{rule:?}");
        let license = story.license("2027-04-01 09:00");
        assert!(license.allowed(), "{rule:?}");
        let needed = license.notices.iter().find(|one| one.rule == rule).unwrap();
        // Five days from the sending.
        let named_on = needed.earliest_named_on(at("2027-04-01 09:00"));
        assert_eq!(named_on, day("2027-04-07"), "{rule:?}");
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
        notice_kind: NoticeKind::Notice,
        named_on: None,
    };
    story.fact("2026-04-09 09:00", failed);
    assert_eq!(since(&story), Some(at("2026-04-09 09:00")));
    assert_eq!(refused_since(&story.facts, ELSEWHERE), None);
}

#[test]
fn what_staff_told_by_letter_is_taken_back_once_it_is_untrue() {
    let warned = || {
        let mut story = Story::hand();
        story.login("2026-03-02 16:00");
        let notice = story.warned("2026-04-02 09:00", "2026-04-08");
        (story, notice)
    };
    let back = |story: &Story, now: &str, own: &[&QueuedNotice]| -> Vec<FactId> {
        let license = story.license(now);
        let today = now.split(' ').next().unwrap();
        let found = license.others_to_take_back(HERE, own, &story.facts, day(today));
        found.into_iter().map(|given| given.id).collect()
    };
    let (mut story, notice) = warned();
    assert_eq!(back(&story, "2026-04-03 09:00", &[]), [], "it counts");
    story.login("2026-04-03 09:00");
    assert_eq!(back(&story, "2026-04-03 10:00", &[]), [notice]);
    assert_eq!(back(&story, "2026-04-08 00:00", &[]), [], "its day came");
    let license = story.license("2026-04-03 10:00");
    let elsewhere = license.others_to_take_back(ELSEWHERE, &[], &story.facts, day("2026-04-03"));
    assert_eq!(elsewhere, []);
    // The service queued it itself, or took it back before.
    let queued = |id: u128, retracts| QueuedNotice {
        id: FactId(Uuid::from_u128(id)),
        retracts,
        ..queued_notice()
    };
    let own = QueuedNotice {
        id: notice,
        ..queued_notice()
    };
    assert_eq!(back(&story, "2026-04-03 10:00", &[&own]), []);
    let taken_back = queued(9, Some(notice));
    assert_eq!(back(&story, "2026-04-03 10:00", &[&taken_back]), []);
    assert_eq!(
        back(&story, "2026-04-03 10:00", &[&queued(9, None)]),
        [notice]
    );
    // It never arrived, or was corrected.
    let (mut story, notice) = warned();
    story.fact("2026-04-03 08:00", FactBody::NoticeBounced { notice });
    story.login("2026-04-03 09:00");
    assert_eq!(back(&story, "2026-04-03 10:00", &[]), []);
}

fn queued_notice() -> QueuedNotice {
    let now = at("2026-04-02 09:00");
    QueuedNotice {
        id: FactId(Uuid::from_u128(8)),
        implementation_id: ImplementationId(Uuid::nil()),
        organization_id: HERE,
        person_id: PersonId(Uuid::nil()),
        license_id: LicenseId(Uuid::nil()),
        kind: NoticeKind::Retraction,
        subject: NoticeSubject {
            rule: NoticeRule::Inactivity,
            step: Some(0),
            requirement: None,
            anchor_on: day("2026-03-02"),
            days_before: None,
        },
        tells: [Recipient::User].into(),
        skipped: Vec::new(),
        retracts: None,
        due_at: now,
        queued_at: now,
        state: QueueState::Given,
        message_id: None,
        named_on: None,
        settled_at: None,
        version: 1,
    }
}
