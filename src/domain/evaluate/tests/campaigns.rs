//! Recertification campaigns: whom they ask, what a miss does, and what becomes of it when staff change their mind.

use serde_json::{Value, json};
use uuid::Uuid;

use super::support::*;
use crate::domain::campaign::{Campaign, CampaignAsks, CampaignItem};
use crate::domain::evaluate::{Consequence, Evaluation};
use crate::domain::fact::{FactBody, HoldCause, NoticeRule, Outcome};
use crate::domain::ids::{FactId, RequestId};
use crate::domain::license::LicenseStatus::{Active, Deactivated, Suspended};
use crate::domain::policy::{OnMiss, RequestClass};
use crate::domain::requirement::Status;

fn rules(on_miss: &str) -> Value {
    hand_with(&[
        ("/license_types/end_user/inactivity/off_rule", Value::Null),
        ("/license_types/end_user/recertification", Value::Null),
        (
            "/license_types/end_user/campaigns",
            json!({"reminders": [14, 3], "on_miss": on_miss}),
        ),
    ])
}

/// The series in its edition of 2026, from 1 April to 30 April; what was done since 15 March counts.
fn plan() -> Campaign {
    Campaign {
        title: "HUD data elements FY2026".to_owned(),
        license_types: [].into(),
        organizations: [].into(),
        items: vec![CampaignItem {
            asks: CampaignAsks::Course {
                course: SERIES.to_owned(),
                edition: Some("2026".to_owned()),
            },
            job_roles: [].into(),
            project_types: [].into(),
        }],
        cut_off_on: day("2026-03-31"),
        counts_from_on: day("2026-03-15"),
        opens_on: day("2026-04-01"),
        deadline_on: day("2026-04-30"),
        on_miss: None,
        batch_approved: false,
    }
}

fn edition(edition: &str) -> FactBody {
    FactBody::TrainingCompleted {
        course: SERIES.to_owned(),
        outcome: Outcome::Pass,
        score: None,
        edition: Some(edition.to_owned()),
    }
}

fn started(story: &mut Story, plan: Campaign) -> FactId {
    story.fact(
        "2026-03-20 09:00",
        FactBody::CampaignStarted(Box::new(plan)),
    )
}

/// Licensed since 1 March, asked since 1 April, told on that day that the last day is 30 April.
fn asked(on_miss: &str) -> (Story, FactId, String) {
    let mut story = Story::licensed_under(rules(on_miss));
    let campaign = started(&mut story, plan());
    let key = format!("campaign:{campaign}:course:{SERIES}");
    story.noticed(
        "2026-04-01 09:00",
        NoticeRule::Campaign,
        None,
        Some(&key),
        "2026-05-01",
    );
    (story, campaign, key)
}

fn status(license: &Evaluation, key: &str) -> Option<Status> {
    let found = license.requirements.iter();
    let mut found = found.filter(|standing| standing.key.to_string() == key);
    found.next().map(|standing| standing.status)
}

#[test]
fn it_is_owed_from_its_opening_on_and_everybody_is_told_then() {
    let mut story = Story::licensed_under(rules("suspend"));
    let campaign = started(&mut story, plan());
    let key = format!("campaign:{campaign}:course:{SERIES}");
    let before = story.license("2026-03-31 23:59");
    assert_eq!(status(&before, &key), None);
    assert_eq!(before.next_change_at(), Some(at("2026-04-01 00:00")));
    let open = story.license("2026-04-01 00:00");
    assert_eq!(status(&open, &key), Some(Status::Due));
    let tellings = open.to_tell();
    assert_eq!(tellings.len(), 1);
    assert_eq!(tellings[0].needed.rule, NoticeRule::Campaign);
    assert_eq!(tellings[0].needed.anchor_on, day("2026-04-01"));
    assert_eq!(tellings[0].needed.ends_on, day("2026-05-01"));
    // Without a notice nothing happens, ever.
    assert_eq!(story.status("2026-06-01 09:00"), Some(Active));
    assert_eq!(
        status(&story.license("2026-06-01 09:00"), &key),
        Some(Status::Overdue)
    );
}

#[test]
fn what_was_done_early_counts_from_its_day_and_in_its_edition_only() {
    for (when, body, expected) in [
        ("2026-03-15 00:00", edition("2026"), Status::Met),
        ("2026-03-14 23:59", edition("2026"), Status::Due),
        ("2026-04-10 12:00", edition("2025"), Status::Due),
        ("2026-04-10 12:00", passed(SERIES), Status::Due),
        ("2026-04-10 12:00", edition("2026"), Status::Met),
    ] {
        let (mut story, _, key) = asked("suspend");
        story.fact(when, body.clone());
        let found = story.license("2026-04-11 09:00");
        assert_eq!(status(&found, &key), Some(expected), "{when} {body:?}");
    }
}

#[test]
fn a_miss_suspends_on_the_day_that_was_named_and_completion_cures_exactly_that() {
    let (mut story, _, key) = asked("suspend");
    story.turns("2026-05-01 00:00", false);
    let license = story.license("2026-05-02 09:00");
    let causes: Vec<_> = license.open_holds().map(|hold| hold.cause).collect();
    assert_eq!(causes, [HoldCause::RecertificationOverdue]);
    story.fact("2026-05-03 12:00", edition("2026"));
    story.turns("2026-05-03 12:00", true);
    assert_eq!(
        status(&story.license("2026-05-04 09:00"), &key),
        Some(Status::Met)
    );

    // An investigation goes on.
    let (mut story, ..) = asked("suspend");
    let investigation = FactBody::HoldOpened {
        cause: HoldCause::Investigation,
        until: None,
    };
    story.fact("2026-04-20 09:00", investigation);
    story.fact("2026-05-03 12:00", edition("2026"));
    let license = story.license("2026-05-04 09:00");
    let causes: Vec<_> = license.open_holds().map(|hold| hold.cause).collect();
    assert_eq!(causes, [HoldCause::Investigation]);
}

#[test]
fn a_miss_is_listed_until_staff_suspend_one_or_all() {
    for body in [
        |campaign| FactBody::CampaignEnforced { campaign },
        |campaign| FactBody::CampaignEnforcedForAll { campaign },
    ] {
        let (mut story, campaign, key) = asked("list");
        let license = story.license("2026-05-02 09:00");
        assert_eq!(license.status(), Some(Active));
        assert_eq!(license.listed_from, Some(at("2026-05-01 00:00")));
        let due = license
            .due
            .iter()
            .find(|item| item.requirement.as_ref().map(ToString::to_string).as_ref() == Some(&key));
        assert_eq!(due.unwrap().consequence, Consequence::Listed);
        story.fact("2026-05-05 10:00", body(campaign));
        story.turns("2026-05-05 10:00", false);
        story.fact("2026-05-06 10:00", edition("2026"));
        story.turns("2026-05-06 10:00", true);
    }
    // Whoever was not told is told first.
    let mut story = Story::licensed_under(rules("list"));
    let campaign = started(&mut story, plan());
    story.fact(
        "2026-05-05 10:00",
        FactBody::CampaignEnforcedForAll { campaign },
    );
    assert_eq!(story.status("2026-06-01 09:00"), Some(Active));
}

#[test]
fn an_excuse_lifts_its_hold_and_taken_back_it_is_owed_again() {
    let (mut story, campaign, key) = asked("suspend");
    assert_eq!(story.status("2026-05-02 09:00"), Some(Suspended));
    let excuse = story.fact("2026-05-03 09:00", FactBody::CampaignExcused { campaign });
    story.turns("2026-05-03 09:00", true);
    assert_eq!(status(&story.license("2026-05-03 10:00"), &key), None);
    story.correct("2026-05-04 09:00", excuse, FactBody::Withdrawn);
    // What had been told was void meanwhile: a full notice again.
    let license = story.license("2026-05-04 10:00");
    assert_eq!(license.status(), Some(Active));
    assert_eq!(status(&license, &key), Some(Status::Overdue));
}

#[test]
fn extending_lifts_what_came_too_early_and_cancelling_lifts_it_all() {
    let (mut story, campaign, key) = asked("suspend");
    let later = FactBody::CampaignExtended {
        campaign,
        deadline_on: day("2026-05-20"),
    };
    story.fact("2026-05-05 09:00", later);
    story.turns("2026-05-05 09:00", true);
    assert_eq!(
        status(&story.license("2026-05-20 23:59"), &key),
        Some(Status::Due)
    );
    // The old day was told, not the new one.
    assert_eq!(story.status("2026-05-21 09:00"), Some(Active));

    let (mut story, campaign, key) = asked("suspend");
    story.fact("2026-05-05 09:00", FactBody::CampaignCancelled { campaign });
    story.turns("2026-05-05 09:00", true);
    assert_eq!(status(&story.license("2026-05-06 09:00"), &key), None);
}

#[test]
fn an_end_that_an_extension_or_a_cancellation_undoes_is_contested() {
    let extended = |campaign| FactBody::CampaignExtended {
        campaign,
        deadline_on: day("2026-05-20"),
    };
    let cancelled = |campaign| FactBody::CampaignCancelled { campaign };
    let bodies: [fn(FactId) -> FactBody; 2] = [extended, cancelled];
    for body in bodies {
        let (mut story, campaign, _) = asked("deactivate");
        story.turns("2026-05-01 00:00", false);
        let change = story.fact("2026-05-05 09:00", body(campaign));
        let license = story.license("2026-05-05 09:00");
        assert_eq!(license.status(), Some(Deactivated), "staff decide");
        assert_eq!(license.contested().unwrap().contested_by, [change]);
    }
    // One of another campaign contests nothing.
    let (mut story, ..) = asked("deactivate");
    let other = started(&mut story, plan());
    story.fact(
        "2026-05-05 09:00",
        FactBody::CampaignCancelled { campaign: other },
    );
    assert_eq!(story.license("2026-05-05 09:00").contested(), None);
}

#[test]
fn who_joins_after_the_cut_off_is_asked_only_where_his_pass_predates_the_edition() {
    let mut campaign = plan();
    campaign.cut_off_on = day("2026-02-28");
    let asks = |story: &mut Story| {
        let id = started(story, campaign.clone());
        let key = format!("campaign:{id}:course:{SERIES}");
        status(&story.license("2026-04-02 09:00"), &key)
    };
    // He passed the series before there was an edition of 2026.
    let mut story = Story::licensed_under(rules("suspend"));
    assert_eq!(asks(&mut story), Some(Status::Due));
    // Whenever he joins, after the deadline too.
    let mut story = Story::under(rules("suspend"));
    story.prepared("2026-02-20 10:00");
    story.activated("2026-05-05 09:00");
    let id = started(&mut story, campaign.clone());
    let key = format!("campaign:{id}:course:{SERIES}");
    assert_eq!(
        status(&story.license("2026-05-06 09:00"), &key),
        Some(Status::Overdue)
    );
    // He never passed it: what his activation asked for is no matter of the campaign.
    let mut story = Story::under(rules("suspend"));
    story.activated("2026-03-01 09:00");
    assert_eq!(asks(&mut story), None);
    // He passed the new edition.
    let mut story = Story::licensed_under(rules("suspend"));
    story.fact("2026-03-16 09:00", edition("2026"));
    assert_eq!(asks(&mut story), None);
    // Of the population it asks everybody.
    campaign.cut_off_on = day("2026-03-01");
    let mut story = Story::under(rules("suspend"));
    story.activated("2026-03-01 09:00");
    let id = started(&mut story, campaign.clone());
    let key = format!("campaign:{id}:course:{SERIES}");
    assert_eq!(
        status(&story.license("2026-04-02 09:00"), &key),
        Some(Status::Due)
    );
}

#[test]
fn it_asks_the_job_roles_project_types_and_organizations_that_it_names() {
    let asks = |change: fn(&mut Campaign)| {
        let mut plan = plan();
        change(&mut plan);
        let mut story = Story::licensed_under(rules("suspend"));
        let id = started(&mut story, plan);
        let key = format!("campaign:{id}:course:{SERIES}");
        status(&story.license("2026-04-02 09:00"), &key).is_some()
    };
    assert!(asks(|_| {}));
    assert!(!asks(
        |plan| plan.items[0].job_roles = ["data_entry".to_owned()].into()
    ));
    assert!(!asks(|plan| plan.items[0].project_types = [1].into()));
    assert!(!asks(
        |plan| plan.license_types = ["read_only".to_owned()].into()
    ));
    assert!(asks(|plan| plan.organizations = [HERE].into()));
    assert!(!asks(|plan| plan.organizations = [ELSEWHERE].into()));
}

#[test]
fn who_returns_later_must_have_done_every_campaign_that_stands() {
    let (mut story, campaign, key) = asked("list");
    let departed = FactBody::Departed;
    story.fact("2026-04-10 17:00", departed);
    story.request.id = RequestId(Uuid::from_u128(51));
    story.request.class = RequestClass::Returning;
    story.request.submitted_at = at("2026-07-01 09:00");
    story.request.reported_at = at("2026-07-01 09:00");
    let owes = |story: &Story| {
        story
            .request("2026-07-02 09:00")
            .requirements
            .iter()
            .find(|standing| standing.key.to_string() == key)
            .map(|standing| standing.status)
    };
    assert_eq!(owes(&story), Some(Status::Due));
    let mut done = story.clone();
    done.fact("2026-07-01 12:00", edition("2026"));
    assert_eq!(owes(&done), Some(Status::Met));
    story.fact("2026-07-01 12:00", FactBody::CampaignCancelled { campaign });
    assert_eq!(owes(&story), None);
}

#[test]
fn staff_may_say_another_consequence_than_the_policy() {
    let mut plan = plan();
    plan.on_miss = Some(OnMiss::Deactivate);
    let mut story = Story::licensed_under(rules("list"));
    let id = started(&mut story, plan);
    let key = format!("campaign:{id}:course:{SERIES}");
    story.noticed(
        "2026-04-01 09:00",
        NoticeRule::Campaign,
        None,
        Some(&key),
        "2026-05-01",
    );
    story.turns("2026-05-01 00:00", false);
    assert_eq!(story.status("2026-05-01 00:00"), Some(Deactivated));
}

#[test]
fn taking_back_that_one_is_suspended_lifts_the_hold() {
    let (mut story, campaign, _) = asked("list");
    let enforced = story.fact("2026-05-05 09:00", FactBody::CampaignEnforced { campaign });
    assert_eq!(story.status("2026-05-05 09:30"), Some(Suspended));
    story.correct("2026-05-05 10:00", enforced, FactBody::Withdrawn);
    story.turns("2026-05-05 10:00", true);
}

#[test]
fn a_pass_taken_back_before_the_deadline_suspends_nobody() {
    let (mut story, _, key) = asked("suspend");
    let pass = story.fact("2026-04-03 09:00", edition("2026"));
    story.correct("2026-04-10 09:00", pass, FactBody::Withdrawn);
    let license = story.license("2026-04-10 10:00");
    assert_eq!(license.status(), Some(Active));
    assert_eq!(status(&license, &key), Some(Status::Due));
}

#[test]
fn who_comes_back_is_not_asked_what_never_was_asked_of_him() {
    let mut plan = plan();
    plan.cut_off_on = day("2026-02-28");
    let mut story = Story::under(rules("list"));
    story.activated("2026-03-01 09:00");
    let id = started(&mut story, plan);
    let key = format!("campaign:{id}:course:{SERIES}");
    story.fact("2026-04-10 17:00", FactBody::Departed);
    story.request.id = RequestId(Uuid::from_u128(51));
    story.request.class = RequestClass::Returning;
    story.request.submitted_at = at("2026-07-01 09:00");
    let request = story.request("2026-07-02 09:00");
    assert!(
        !request
            .requirements
            .iter()
            .any(|standing| standing.key.to_string() == key)
    );
}

#[test]
fn what_an_error_took_before_a_campaign_opened_lengthens_it_not() {
    let mut story = Story::licensed_under(rules("suspend"));
    let gone = story.fact("2026-03-05 09:00", FactBody::Departed);
    story.fact(
        "2026-03-19 09:00",
        FactBody::Reinstated {
            undoes: vec![gone],
            restores: Vec::new(),
        },
    );
    let campaign = started(&mut story, plan());
    let key = format!("campaign:{campaign}:course:{SERIES}");
    let license = story.license("2026-04-02 09:00");
    let found = license.requirements.iter();
    let mut found = found.filter(|standing| standing.key.to_string() == key);
    assert_eq!(found.next().unwrap().due_on, Some(day("2026-04-30")));
}

#[test]
fn a_campaign_is_counted_by_the_breaker_unless_its_batch_was_approved() {
    for batch_approved in [false, true] {
        let mut story = Story::licensed_under(rules("suspend"));
        let campaign = started(
            &mut story,
            Campaign {
                batch_approved,
                ..plan()
            },
        );
        let key = format!("campaign:{campaign}:course:{SERIES}");
        let rule = NoticeRule::Campaign;
        story.noticed("2026-04-01 09:00", rule, None, Some(&key), "2026-05-01");
        let counted = (!batch_approved).then(|| at("2026-05-01 00:00"));
        let license = story.license("2026-04-30 09:00");
        assert_eq!(license.next_absence_at, counted, "{batch_approved}");
        story.turns("2026-05-01 00:00", false);
    }
}
