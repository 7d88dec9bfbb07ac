//! Which notices may be sent, what each must say, and from when what was recorded must be looked at again.

use serde_json::json;

use super::support::*;
use crate::domain::calendar::Instant;
use crate::domain::evaluate::{Evaluation, NewNotice, NoticeFault, NoticeNeeded};
use crate::domain::fact::{FactBody, HoldCause, NoticeRule};
use crate::domain::license::LicenseStatus::{Active, Warned};

const INACTIVITY: &str = "/license_types/end_user/inactivity";

fn inactivity(license: &Evaluation, now: &str) -> Vec<NoticeNeeded> {
    license
        .notices_due(at(now))
        .into_iter()
        .filter(|notice| notice.rule == NoticeRule::Inactivity)
        .cloned()
        .collect()
}

fn new(step: Option<usize>, anchor_on: &str, named_on: &str, sent_at: Instant) -> NewNotice {
    NewNotice {
        rule: NoticeRule::Inactivity,
        step,
        requirement: None,
        anchor_on: day(anchor_on),
        named_on: day(named_on),
        sent_at,
    }
}

/// Steps after 30 and 50 days, limit 60 days, grace 5 days. Last login Monday 2026-03-02.
fn two_steps() -> Story {
    let mut story = Story::licensed_under(hand_with(&[(
        &format!("{INACTIVITY}/off_rule"),
        json!({
            "limit": { "days": 60 },
            "steps": [
                { "after": { "days": 30 }, "tells": ["user"] },
                { "after": { "days": 50 }, "tells": ["user", "supervisors"] },
            ],
            "grace": { "days": 5 },
        }),
    )]));
    story.login("2026-03-02 16:00");
    story
}

#[test]
fn hands_notice_is_due_on_thursday_and_names_wednesday_at_the_earliest() {
    let mut story = Story::hand();
    story.login("2026-03-02 16:00");
    let just_before = story.license("2026-04-01 23:59:59");
    assert_eq!(inactivity(&just_before, "2026-04-01 23:59:59"), []);
    let license = story.license("2026-04-02 09:00");
    let due = inactivity(&license, "2026-04-02 09:00");
    assert_eq!(due.len(), 1);
    assert_eq!(
        (due[0].step, due[0].anchor_on, due[0].due_at, due[0].sent),
        (Some(0), day("2026-03-02"), at("2026-04-02 00:00"), None)
    );
    for (sent, earliest) in [
        ("2026-04-02 00:00", "2026-04-08"),
        ("2026-04-02 23:59:59", "2026-04-08"),
        ("2026-04-03 00:00", "2026-04-09"),
    ] {
        assert_eq!(due[0].earliest_named_on(at(sent)), day(earliest), "{sent}");
    }
}

#[test]
fn a_notice_is_checked_as_the_rules_stand() {
    let mut story = Story::hand();
    story.login("2026-03-02 16:00");
    let license = story.license("2026-04-02 09:00");
    let sent = at("2026-04-02 09:00");
    let check = |new: NewNotice| license.check_notice(&new);
    assert_eq!(
        check(new(Some(0), "2026-03-02", "2026-04-08", sent)),
        Ok(())
    );
    assert_eq!(
        check(new(Some(0), "2026-03-02", "2026-04-07", sent)),
        Err(NoticeFault::TooEarly {
            earliest_on: day("2026-04-08")
        })
    );
    assert_eq!(
        check(new(Some(0), "2026-03-02", "2027-04-10", sent)),
        Err(NoticeFault::TooLate {
            latest_on: day("2027-04-09")
        })
    );
    assert_eq!(
        check(new(Some(0), "2026-03-01", "2026-04-08", sent)),
        Err(NoticeFault::Anchor {
            anchor_on: day("2026-03-02")
        })
    );
    let not_due = |new| matches!(check(new), Err(NoticeFault::NotDue(_)));
    assert!(not_due(new(Some(1), "2026-03-02", "2026-04-08", sent)));
    assert!(not_due(new(None, "2026-03-02", "2026-04-08", sent)));
    let early = at("2026-04-01 23:59:59");
    assert!(not_due(new(Some(0), "2026-03-02", "2026-04-08", early)));
}

#[test]
fn a_notice_that_counts_is_not_repeated_and_a_bounced_one_is() {
    let mut story = Story::hand();
    story.login("2026-03-02 16:00");
    let notice = story.warned("2026-04-02 09:00", "2026-04-08");
    let again = new(Some(0), "2026-03-02", "2026-04-09", at("2026-04-03 09:00"));
    let license = story.license("2026-04-03 09:00");
    assert_eq!(
        license.check_notice(&again),
        Err(NoticeFault::Repeated { notice })
    );
    assert!(license.counting.contains(&notice));
    assert!(
        license
            .to_tell()
            .iter()
            .all(|telling| telling.needed.rule != NoticeRule::Inactivity)
    );
    story.fact("2026-04-03 08:00", FactBody::NoticeBounced { notice });
    let license = story.license("2026-04-03 09:00");
    assert_eq!(license.check_notice(&again), Ok(()));
    assert!(!license.counting.contains(&notice));
}

#[test]
fn whoever_is_found_far_over_gets_the_last_due_step_at_once() {
    let story = two_steps();
    let steps = |now: &str| -> Vec<Option<usize>> {
        inactivity(&story.license(now), now)
            .iter()
            .map(|notice| notice.step)
            .collect()
    };
    assert_eq!(steps("2026-04-01 12:00"), []);
    assert_eq!(steps("2026-04-02 00:00"), [Some(0)]);
    assert_eq!(steps("2026-04-22 00:00"), [Some(1)]);
    assert_eq!(steps("2026-08-01 00:00"), [Some(1)]);
    let license = story.license("2026-08-01 09:00");
    let sent = at("2026-08-01 09:00");
    let skipped = new(Some(0), "2026-03-02", "2026-08-07", sent);
    assert!(matches!(
        license.check_notice(&skipped),
        Err(NoticeFault::NotDue(due)) if due[0].contains("step 1")
    ));
    let last = new(Some(1), "2026-03-02", "2026-08-07", sent);
    assert_eq!(license.check_notice(&last), Ok(()));
}

#[test]
fn an_earlier_step_names_no_day_before_the_grace_of_the_last_one_could_end() {
    let story = two_steps();
    let license = story.license("2026-04-02 09:00");
    let due = inactivity(&license, "2026-04-02 09:00");
    // Over the limit from Saturday 05-02; the last step is due on 04-22, its grace ends on 04-27.
    assert_eq!(
        due[0].earliest_named_on(at("2026-04-02 09:00")),
        day("2026-05-02")
    );
}

#[test]
fn a_grace_in_business_days_and_a_moved_cut_off_show_in_the_earliest_day() {
    let mut story = Story::licensed_under(hand_with(&[
        (
            &format!("{INACTIVITY}/off_rule/grace"),
            json!({ "business_days": 5 }),
        ),
        (&format!("{INACTIVITY}/move_to_business_day"), json!(true)),
    ]));
    story.login("2026-03-02 16:00");
    let license = story.license("2026-04-02 09:00");
    let due = inactivity(&license, "2026-04-02 09:00");
    // The fifth business day after Thursday 04-02 is Thursday 04-09; Friday 04-10 is one.
    let earliest = due[0].earliest_named_on(at("2026-04-02 09:00"));
    assert_eq!(earliest, day("2026-04-10"));
    // Sent on a Friday, the day after the fifth is a Saturday: Monday then.
    let earliest = due[0].earliest_named_on(at("2026-04-03 09:00"));
    assert_eq!(earliest, day("2026-04-13"));
}

#[test]
fn without_a_source_in_service_no_inactivity_notice_is_due() {
    let mut story = Story::hand();
    story.login("2026-03-02 16:00");
    story.sources.clear();
    let license = story.license("2026-06-01 00:00");
    assert_eq!(inactivity(&license, "2026-06-01 00:00"), []);
}

#[test]
fn dated_ends_name_their_requirement_and_the_day_after_its_evidence() {
    let story = Story::hand();
    let license = story.license("2026-06-01 09:00");
    let due = license.notices_due(at("2026-06-01 09:00"));
    let series = due
        .iter()
        .find(|notice| {
            notice
                .requirement
                .as_ref()
                .is_some_and(|key| key.to_string() == format!("course:{SERIES}"))
        })
        .unwrap();
    assert_eq!(series.rule, NoticeRule::Recertification);
    assert_eq!(series.anchor_on, day("2026-02-20"));
    assert_eq!(series.ends_on, day("2027-02-21"));
    assert_eq!(
        series.earliest_named_on(at("2026-06-01 09:00")),
        day("2027-02-21")
    );
    assert_eq!(
        series.earliest_named_on(at("2027-02-20 09:00")),
        day("2027-02-26")
    );
}

#[test]
fn a_suspension_that_lasts_too_long_is_noticed_too() {
    let mut story = Story::licensed_under(hand_with(&[(
        "/suspension/maximum",
        json!({ "length": { "days": 90 }, "then": "deactivate" }),
    )]));
    story.fact(
        "2026-03-10 09:00",
        FactBody::HoldOpened {
            cause: HoldCause::Violation,
            until: None,
        },
    );
    let license = story.license("2026-06-01 09:00");
    let due = license.notices_due(at("2026-06-01 09:00"));
    let hold = due
        .iter()
        .find(|notice| notice.rule == NoticeRule::SuspensionTooLong)
        .unwrap();
    assert_eq!(
        (hold.anchor_on, hold.ends_on),
        (day("2026-03-10"), day("2026-06-09"))
    );
}

#[test]
fn a_license_whose_cut_off_waits_for_its_sources_stays_due_from_the_cut_off_on() {
    let mut story = Story::hand();
    story.login("2026-03-02 16:00");
    story.warned("2026-04-02 09:00", "2026-04-08");
    let cut_off = at("2026-04-08 00:00");
    for now in [
        "2026-04-02 09:00",
        "2026-04-07 23:59:59",
        "2026-04-08 12:00",
    ] {
        let license = story.license(now);
        assert_eq!(license.status(), Some(Warned));
        assert_eq!(license.look_again_at(), Some(cut_off), "{now}");
    }
    // A login saves, and nothing waits any longer.
    story.login_reported("2026-04-07 10:00", "2026-04-08 09:00");
    let license = story.license("2026-04-08 12:00");
    assert_eq!(license.status(), Some(Active));
    assert!(license.look_again_at() > Some(at("2026-04-08 12:00")));
}

#[test]
fn where_the_rule_only_lists_nothing_waits() {
    let mut story = Story::licensed_under(hand_with(&[(
        &format!("{INACTIVITY}/off_action"),
        json!("list"),
    )]));
    story.login("2026-03-02 16:00");
    story.warned("2026-04-02 09:00", "2026-04-08");
    let license = story.license("2026-05-08 12:00");
    assert_eq!(license.look_again_at(), license.next_change_at());
}

#[test]
fn a_source_that_will_enter_service_changes_the_outlook_of_an_active_license() {
    let mut story = Story::hand();
    story.sources[0].in_service_from = at("2026-05-01 00:00");
    let license = story.license("2026-04-20 12:00");
    assert_eq!(license.next_change_at(), Some(at("2026-05-01 00:00")));
    assert_eq!(license.status(), Some(Active));
}
