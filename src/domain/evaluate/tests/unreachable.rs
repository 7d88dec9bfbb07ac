//! Notices that do not reach the holder: settled in five business days, or the license is held until somebody is
//! reached; and what supervisors are told instead of whoever is away.

use serde_json::json;

use super::support::*;
use crate::domain::evaluate::{Change, Consequence, Evaluation};
use crate::domain::fact::{FactBody, HoldCause, NoticeRule};
use crate::domain::ids::FactId;
use crate::domain::license::LicenseStatus::{Active, Suspended, Warned};
use crate::domain::outgoing::NoticeKind;
use crate::domain::policy::Recipient;
use uuid::Uuid;

/// The notice that waits, once it is given.
const WAITING: FactId = FactId(Uuid::from_u128(7));

/// Dana's notice was due on Thursday 2026-04-02 and could not be given: five business days end on Thursday 04-09.
fn failed() -> Story {
    let mut story = Story::hand();
    story.login("2026-03-02 16:00");
    story.heartbeat("2026-04-02 08:00", "2026-04-02 08:00");
    fails(&mut story, "2026-04-02 09:00");
    story
}

fn fails(story: &mut Story, when: &str) -> FactId {
    story.fact(
        when,
        FactBody::NoticeFailed {
            notice: WAITING,
            rule: NoticeRule::Inactivity,
            requirement: None,
            anchor_on: day("2026-03-02"),
            notice_kind: NoticeKind::Notice,
            named_on: None,
        },
    )
}

/// The supervisors are told that Dana cannot be reached.
fn told(story: &mut Story, when: &str, named_on: &str) -> FactId {
    story.fact(when, to_supervisors(NoticeRule::Unreachable, named_on))
}

fn to_supervisors(rule: NoticeRule, named_on: &str) -> FactBody {
    FactBody::NoticeSent {
        rule,
        step: None,
        requirement: None,
        anchor_on: day("2026-04-02"),
        named_on: day(named_on),
        channel: None,
        to: Some(Recipient::Supervisors),
    }
}

fn holds(license: &Evaluation) -> Vec<HoldCause> {
    license.open_holds().map(|hold| hold.cause).collect()
}

#[test]
fn whoever_is_responsible_is_told_at_once_and_has_five_business_days() {
    let mut story = failed();
    let license = story.license("2026-04-02 09:00");
    assert_eq!(license.failed, [WAITING]);
    let telling = license.to_tell();
    let telling = telling
        .iter()
        .find(|telling| telling.needed.rule == NoticeRule::Unreachable)
        .unwrap();
    assert_eq!(telling.tells(), [Recipient::Supervisors].into());
    assert_eq!(telling.due_at, at("2026-04-02 09:00"));
    assert_eq!(telling.names_on(license.at), day("2026-04-10"));
    told(&mut story, "2026-04-02 10:00", "2026-04-10");
    let license = story.license("2026-04-02 10:00");
    assert_eq!(
        license.next_access_change_at(),
        Some(at("2026-04-10 00:00"))
    );
    let suspends = Change::Suspends(HoldCause::Unreachable);
    assert!(
        license
            .upcoming
            .iter()
            .any(|upcoming| upcoming.change == suspends)
    );
    story.turns("2026-04-10 00:00", false);
    assert_eq!(
        holds(&story.license("2026-04-10 00:00")),
        [HoldCause::Unreachable]
    );
}

#[test]
fn without_a_notice_to_whoever_is_responsible_nobody_is_held() {
    let mut story = failed();
    assert_eq!(story.status("2026-05-30 00:00"), Some(Active));
    assert_eq!(
        story.license("2026-04-20 00:00").next_access_change_at(),
        None
    );
    // Told on the last day, they still have the shortest notice.
    told(&mut story, "2026-04-09 15:00", "2026-04-15");
    story.turns("2026-04-15 00:00", false);
}

#[test]
fn a_delivery_settles_it_and_starts_the_grace() {
    let mut story = failed();
    told(&mut story, "2026-04-02 10:00", "2026-04-10");
    story.warned("2026-04-03 15:00", "2026-04-09");
    let license = story.license("2026-04-03 15:00");
    assert!(license.failed.is_empty());
    assert_eq!(license.status(), Some(Warned));
    story.heartbeat("2026-04-09 00:30", "2026-04-09 00:00");
    story.turns("2026-04-09 00:30", false);
}

#[test]
fn a_login_makes_the_notice_needless_but_another_rule_settles_nothing() {
    let mut story = failed();
    told(&mut story, "2026-04-02 10:00", "2026-04-10");
    let mut other = story.clone();
    other.noticed(
        "2026-04-03 15:00",
        NoticeRule::Recertification,
        None,
        None,
        "2027-04-09",
    );
    assert_eq!(other.status("2026-04-10 00:00"), Some(Suspended));
    story.login("2026-04-03 15:00");
    assert!(story.license("2026-04-03 15:00").failed.is_empty());
    assert_eq!(story.status("2026-04-10 00:00"), Some(Active));
}

#[test]
fn a_corrected_address_settles_it_and_cures_the_hold() {
    let mut in_time = failed();
    told(&mut in_time, "2026-04-02 10:00", "2026-04-10");
    in_time.fact("2026-04-08 10:00", FactBody::WorkEmailConfirmed);
    assert_eq!(in_time.status("2026-04-10 00:00"), Some(Active));
    // It is sent there, and fails again: that counts anew.
    fails(&mut in_time, "2026-04-08 11:00");
    told(&mut in_time, "2026-04-08 11:00", "2026-04-16");
    in_time.turns("2026-04-16 00:00", false);

    let mut late = failed();
    told(&mut late, "2026-04-02 10:00", "2026-04-10");
    late.fact("2026-04-13 10:00", FactBody::WorkEmailConfirmed);
    assert_eq!(late.status("2026-04-13 09:59"), Some(Suspended));
    assert_eq!(late.status("2026-04-13 10:00"), Some(Active));
}

#[test]
fn under_the_hold_only_reaching_the_person_cures() {
    let mut story = failed();
    told(&mut story, "2026-04-02 10:00", "2026-04-10");
    story.login("2026-04-13 09:00");
    let license = story.license("2026-04-14 09:00");
    assert_eq!(holds(&license), [HoldCause::Unreachable]);
    assert!(license.held_unreached(WAITING));
    story.warned("2026-04-14 10:00", "2026-04-20");
    // Reached; what the notice warned of was void since the suspension.
    assert_eq!(story.status("2026-04-14 10:00"), Some(Active));
    assert_eq!(story.status("2026-04-21 09:00"), Some(Active));
}

#[test]
fn a_policy_may_list_it_only() {
    let list = json!({
        "undeliverable": { "settle_within": { "business_days": 2 }, "then": "list" },
    });
    let mut story = Story::licensed_under(hand_with(&[("/notices", list)]));
    story.login("2026-03-02 16:00");
    fails(&mut story, "2026-04-02 09:00");
    told(&mut story, "2026-04-02 10:00", "2026-04-08");
    let license = story.license("2026-04-20 00:00");
    assert_eq!(license.status(), Some(Active));
    let item = license
        .due
        .iter()
        .find(|item| item.rule == NoticeRule::Unreachable)
        .unwrap();
    assert_eq!(
        (item.due_on, item.consequence),
        (day("2026-04-06"), Consequence::Listed)
    );
}

#[test]
fn a_bounce_has_to_be_settled_like_a_refusal() {
    let mut story = Story::hand();
    story.login("2026-03-02 16:00");
    let body = FactBody::NoticeSent {
        rule: NoticeRule::Inactivity,
        step: Some(0),
        requirement: None,
        anchor_on: day("2026-03-02"),
        named_on: day("2026-04-08"),
        channel: None,
        to: None,
    };
    let notice = story.fact("2026-04-02 09:00", body);
    story.fact("2026-04-03 09:00", FactBody::NoticeBounced { notice });
    let license = story.license("2026-04-03 09:00");
    assert_eq!(license.failed, [notice]);
    assert_eq!(license.status(), Some(Active));
    let named = license
        .to_tell()
        .iter()
        .find(|telling| telling.needed.rule == NoticeRule::Unreachable)
        .map(|telling| telling.names_on(license.at));
    assert_eq!(named, Some(day("2026-04-11")));
}

#[test]
fn supervisors_are_told_once_more_on_the_last_day() {
    let mut story = Story::hand();
    story.login("2026-03-02 16:00");
    story.warned("2026-04-02 09:00", "2026-04-08");
    story.heartbeat("2026-04-02 09:00", "2026-04-02 09:00");
    let last_day = |when: &str| {
        story
            .license(when)
            .to_tell()
            .iter()
            .filter(|telling| telling.kind() == NoticeKind::LastDay)
            .map(|telling| (telling.tells(), telling.due_at, telling.names_on(at(when))))
            .collect::<Vec<_>>()
    };
    assert_eq!(last_day("2026-04-06 23:59:59"), []);
    let told = (
        [Recipient::Supervisors].into(),
        at("2026-04-07 00:00"),
        day("2026-04-08"),
    );
    assert_eq!(last_day("2026-04-07 00:00"), std::slice::from_ref(&told));
    assert_eq!(last_day("2026-04-07 23:59:59"), [told]);
    assert_eq!(last_day("2026-04-08 00:00"), []);
    let ahead = story.license("2026-04-03 09:00");
    assert_eq!(
        ahead.notice_outlook_after_look().next_at,
        Some(at("2026-04-07 00:00"))
    );
}

#[test]
fn of_the_limit_of_leave_supervisors_are_told_while_whoever_is_away_is_left_alone() {
    let limit =
        json!({ "by_cause": { "leave": { "length": { "months": 12 }, "then": "deactivate" } } });
    let mut story = Story::licensed_under(hand_with(&[("/suspension", limit)]));
    story.login("2026-03-09 09:00");
    story.fact("2026-03-16 00:00", FactBody::LeaveBegan { until: None });
    let license = story.license("2027-03-14 09:00");
    let rules: Vec<NoticeRule> = license
        .to_tell()
        .iter()
        .map(|telling| {
            assert_eq!(telling.tells(), [Recipient::Supervisors].into());
            telling.needed.rule
        })
        .collect();
    assert_eq!(rules, [NoticeRule::SuspensionTooLong]);
    let named_on = license.to_tell()[0].names_on(license.at);
    assert!(named_on >= day("2027-03-17"), "{named_on}");
    let told = to_supervisors(NoticeRule::SuspensionTooLong, &named_on.to_string());
    story.fact("2027-03-14 09:00", told);
    let day = format!("{named_on} 00:00");
    assert_eq!(
        story.license("2027-03-14 10:00").next_access_change_at(),
        Some(at(&day))
    );
    assert_eq!(
        story.license(&day).status(),
        Some(crate::domain::license::LicenseStatus::Deactivated)
    );
}

#[test]
fn before_its_day_the_rule_holds_nobody() {
    let mut story = failed();
    story.policy(
        "2026-03-20 00:00",
        hand_with(&[(
            "/notices",
            json!({ "undeliverable": {
                "settle_within": { "business_days": 5 },
                "then": "suspend",
                "enforced_from": "2026-05-01",
            } }),
        )]),
    );
    told(&mut story, "2026-04-02 10:00", "2026-05-01");
    assert!(holds(&story.license("2026-04-11 00:00")).is_empty());
    let license = story.license("2026-05-01 00:00");
    assert_eq!(holds(&license), [HoldCause::Unreachable]);
}

/// Dana was warned on Thursday 2026-04-02 of Wednesday 04-08 and logged in on Friday; the mail that takes it back is
/// refused at ten.
fn not_taken_back() -> Story {
    not_taken_back_of("2026-04-08")
}

/// The same of another day.
fn not_taken_back_of(named_on: &str) -> Story {
    let mut story = Story::hand();
    story.login("2026-03-02 16:00");
    story.warned("2026-04-02 09:00", named_on);
    story.login("2026-04-03 08:00");
    story.fact(
        "2026-04-03 10:00",
        FactBody::NoticeFailed {
            notice: WAITING,
            rule: NoticeRule::Inactivity,
            requirement: None,
            anchor_on: day("2026-03-02"),
            notice_kind: NoticeKind::Retraction,
            named_on: Some(day(named_on)),
        },
    );
    story
}

#[test]
fn a_retraction_that_failed_is_settled_by_telling_her_and_by_the_day_itself() {
    let mut story = not_taken_back();
    let license = story.license("2026-04-03 10:00");
    assert_eq!(
        (license.status(), license.failed.as_slice()),
        (Some(Active), [WAITING].as_slice())
    );
    let asks = |license: &Evaluation| {
        let told = license.to_tell();
        told.iter()
            .any(|one| one.needed.rule == NoticeRule::Unreachable)
    };
    assert!(asks(&license));
    // The day that she feared has come, and she has access.
    assert!(!asks(&story.license("2026-04-08 00:00")));
    told(&mut story, "2026-04-03 11:00", "2026-04-11");
    assert_eq!(story.status("2026-04-20 00:00"), Some(Active));

    let mut story = not_taken_back();
    let reached = FactBody::NoticeReached { notice: WAITING };
    story.fact("2026-04-03 12:00", reached);
    assert_eq!(story.license("2026-04-03 12:00").failed, []);
}

#[test]
fn under_the_hold_the_day_of_a_retraction_settles_nothing_and_telling_her_does() {
    let mut story = not_taken_back_of("2026-04-30");
    told(&mut story, "2026-04-03 11:00", "2026-04-11");
    let license = story.license("2026-04-11 00:00");
    assert_eq!(holds(&license), [HoldCause::Unreachable]);
    for now in ["2026-04-29 23:59", "2026-04-30 00:00", "2026-05-20 09:00"] {
        let license = story.license(now);
        assert_eq!(license.failed, [WAITING], "{now}");
        assert!(license.held_unreached(WAITING), "{now}");
    }
    let reached = FactBody::NoticeReached { notice: WAITING };
    story.fact("2026-05-20 10:00", reached);
    assert_eq!(story.status("2026-05-20 09:59"), Some(Suspended));
    assert_eq!(story.status("2026-05-20 10:00"), Some(Active));
}

#[test]
fn a_retraction_whose_day_came_before_the_hold_is_no_ground_of_it() {
    let mut story = failed();
    told(&mut story, "2026-04-02 10:00", "2026-04-10");
    story.fact(
        "2026-04-02 11:00",
        FactBody::NoticeFailed {
            notice: FactId(Uuid::from_u128(8)),
            rule: NoticeRule::Recertification,
            requirement: None,
            anchor_on: day("2026-03-02"),
            notice_kind: NoticeKind::Retraction,
            named_on: Some(day("2026-04-09")),
        },
    );
    let license = story.license("2026-04-10 00:00");
    assert_eq!(holds(&license), [HoldCause::Unreachable]);
    assert_eq!(license.failed, [WAITING]);
    story.warned("2026-04-14 10:00", "2026-04-20");
    assert_eq!(story.status("2026-04-14 10:00"), Some(Active));
}

#[test]
fn a_reminder_that_is_refused_holds_whoever_nobody_reaches() {
    let mut story = Story::licensed_under(hand_with(&[(
        "/license_types/end_user/inactivity/off_rule",
        json!(null),
    )]));
    let license = story.license("2027-01-05 09:00");
    let rule = NoticeRule::Recertification;
    let needed = license.notices.iter().find(|one| one.rule == rule).unwrap();
    let (key, ends_on) = (needed.requirement.clone().unwrap(), needed.ends_on);
    let anchor_on = needed.anchor_on;
    let key = key.to_string();
    story.noticed(
        "2027-01-30 09:00",
        rule,
        None,
        Some(&key),
        &ends_on.to_string(),
    );
    let refused = FactBody::NoticeFailed {
        notice: WAITING,
        rule,
        requirement: Some(key),
        anchor_on,
        notice_kind: NoticeKind::Reminder,
        named_on: None,
    };
    // Monday; five business days end on the next one.
    story.fact("2027-02-01 09:00", refused);
    assert_eq!(story.license("2027-02-01 09:00").failed, [WAITING]);
    told(&mut story, "2027-02-01 10:00", "2027-02-09");
    assert_eq!(story.status("2027-02-08 23:59"), Some(Active));
    assert_eq!(
        holds(&story.license("2027-02-09 00:00")),
        [HoldCause::Unreachable]
    );
}
