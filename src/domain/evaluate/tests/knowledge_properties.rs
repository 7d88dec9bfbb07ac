//! What late facts, corrections and the mere passing of time may do, over random policies and histories, and what they
//! may not.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use proptest::prelude::*;

use super::histories::{History, histories};
use super::support::*;
use crate::domain::calendar::{Instant, start_of_day};
use crate::domain::evaluate::{Change, Evaluation, evaluate, way_back};
use crate::domain::fact::{DeactivationCause, FactBody};
use crate::domain::ids::FactId;
use crate::domain::license::LicenseStatus;
use crate::domain::policy::{Party, RequestClass, Return};
use crate::domain::requirement::{RequirementKey, Status};

fn license(history: &History, now: Instant) -> Evaluation {
    evaluate(&history.story.case(), now)
}

/// Every instant at which a fact was recorded.
fn recordings(history: &History) -> BTreeSet<Instant> {
    let facts = history.story.facts.iter();
    facts.map(|fact| fact.envelope.recorded_at).collect()
}

/// Every instant that the facts known and the rules name: ends and starts that were announced.
fn dates(history: &History) -> BTreeSet<Instant> {
    let story = &history.story;
    let zone = super::histories::zone(story);
    let mut dates: BTreeSet<Instant> = BTreeSet::new();
    for fact in &story.facts {
        dates.insert(fact.envelope.occurred_at);
        match &fact.body {
            FactBody::HoldOpened { until, .. } | FactBody::LeaveBegan { until } => {
                dates.extend(*until);
            }
            FactBody::Moved { to, .. } => {
                dates.insert(*to);
            }
            FactBody::DepartureNoticed { until } => {
                dates.insert(*until);
            }
            _ => {}
        }
    }
    dates.extend(story.policies.iter().map(|version| version.effective_from));
    for version in &story.policies {
        // An organization joins a group, or leaves it, whose rules are others.
        let groups = version.document.organization_groups.values();
        for member in groups.flat_map(|group| &group.members) {
            let after = member.until_on.and_then(|last| last.succ_opt());
            let days = [member.from_on, after].into_iter().flatten();
            dates.extend(days.map(|day| start_of_day(zone, day)));
        }
    }
    for participation in &story.participations {
        let after = participation.to_on.and_then(|last| last.succ_opt());
        let days = [Some(participation.from_on), after].into_iter().flatten();
        dates.extend(days.map(|day| start_of_day(zone, day)));
    }
    dates
}

fn signed(agreement: &str, version: &str, party: Party) -> FactBody {
    FactBody::AgreementSigned {
        agreement: agreement.to_owned(),
        version: version.to_owned(),
        party,
    }
}

/// Whatever meets one requirement, recorded at an instant.
pub(super) fn meet(story: &mut Story, key: &RequirementKey, now: Instant) {
    if let RequirementKey::OfCampaign(_, key) = key {
        return meet(story, key, now);
    }
    let key = key.to_string();
    let (kind, code) = key.split_once(':').unwrap();
    match kind {
        "agreement" => {
            let version = story
                .policies
                .iter()
                .filter(|version| version.effective_from <= now);
            let version = version
                .max_by_key(|version| version.effective_from)
                .unwrap();
            let version = version.document.agreements[code].version.clone();
            for party in [Party::EndUser, Party::Supervisor] {
                story.push(now, now, signed(code, &version, party));
            }
        }
        "course" => {
            story.push(now, now, passed(code));
        }
        other => panic!("no way to meet {other}"),
    }
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn access_comes_back_without_a_new_fact_only_at_a_start_or_end_that_was_named(history in histories()) {
        for recorded in recordings(&history) {
            let known = history.known_at(recorded);
            let dates = dates(&known);
            let mut now = recorded;
            for _ in 0..8 {
                let answer = license(&known, now);
                let Some(next) = answer.next_change_at() else { break };
                if !answer.allowed() && license(&known, next).allowed() {
                    prop_assert!(dates.contains(&next), "access came back at {next}, known at {recorded}");
                    let foretold = answer.upcoming.iter().any(|upcoming| {
                        upcoming.at == next && matches!(upcoming.change, Change::Resumes(_) | Change::NewRules)
                    });
                    prop_assert!(foretold, "nothing foretold that access comes back at {next}");
                }
                now = next;
            }
        }
    }

    /// What happened to a license is only ever added to: no correction and no late fact ends access, or gives it,
    /// before it was recorded.
    #[test]
    fn what_was_recorded_as_happened_stays_and_nothing_acts_before_its_recording(history in histories()) {
        for recorded in recordings(&history) {
            let earlier = recorded - moment();
            let before = license(&history, earlier);
            let after = license(&history, recorded);
            prop_assert!(after.history.starts_with(&before.history), "rewritten at {recorded}");
            for transition in &after.history[before.history.len()..] {
                prop_assert!(transition.at >= recorded, "{transition:?} by what was recorded at {recorded}");
            }
        }
    }

    #[test]
    fn a_notice_that_is_void_never_counts_again(history in histories()) {
        let mut void: BTreeSet<FactId> = BTreeSet::new();
        for now in recordings(&history) {
            let counting = license(&history, now).counting;
            for fact in &history.story.facts {
                if !matches!(fact.body, FactBody::NoticeSent { .. }) || fact.envelope.recorded_at > now {
                    continue;
                }
                if counting.contains(&fact.id) {
                    prop_assert!(!void.contains(&fact.id), "{} counts again at {now}", fact.id);
                } else {
                    void.insert(fact.id);
                }
            }
        }
    }

    /// Logins, completions and signatures that are all recorded before anything takes effect come to the same in
    /// whatever order they arrive, also across steps that become due, evidence that lapses and notices that are sent
    /// meanwhile; and those that occurred before the last sending.
    #[test]
    fn what_arrives_before_anything_takes_effect_may_arrive_in_any_order(
        history in histories(),
        arrivals in prop::collection::vec((0_u8..7, -300_i64..999, 1_i64..999, 1_i64..999), 2..6),
    ) {
        let now = *recordings(&history).last().unwrap();
        let before = license(&history, now);
        let takes_effect = before
            .upcoming
            .iter()
            .filter(|upcoming| !matches!(upcoming.change, Change::Warnable(_) | Change::Lapses(_)))
            .map(|upcoming| upcoming.at)
            .min();
        let next = takes_effect.unwrap_or(now + TimeDelta::days(60));
        if next - now < TimeDelta::minutes(5) {
            return Ok(());
        }
        let part = |from: Instant, thousandth: i64| {
            let micros = (next - from).num_microseconds().unwrap();
            from + TimeDelta::microseconds((micros / 1_000) * thousandth)
        };
        let mut answers = Vec::new();
        for second in [false, true] {
            let mut story = history.story.clone();
            for (kind, occurred, first_arrival, second_arrival) in &arrivals {
                // Also what occurred up to a month before.
                let occurred = if *occurred < 0 {
                    now + TimeDelta::hours(*occurred * 24 / 10)
                } else {
                    part(now, *occurred)
                };
                let recorded = part(occurred.max(now), if second { *second_arrival } else { *first_arrival });
                let version = story.policies[0].document.agreements["user_agreement"].version.clone();
                let body = match kind {
                    0..=2 => logged_in(&[HERE]),
                    // Whether one that names another organization counts here too is asked of the state in which it
                    // occurred, as it was known then.
                    3 if before.allowed() => logged_in(&[ELSEWHERE]),
                    3 => continue,
                    4 => passed(SERIES),
                    5 => passed(POLICIES),
                    _ => signed("user_agreement", &version, Party::EndUser),
                };
                story.push(occurred, recorded, body);
            }
            let then = evaluate(&story.case(), next - moment());
            // A waiver that came first is not needed once it is met.
            let standing: Vec<(RequirementKey, Status)> = then
                .requirements
                .iter()
                .map(|standing| match standing.status {
                    Status::Waived => (standing.key.clone(), Status::Met),
                    status => (standing.key.clone(), status),
                })
                .collect();
            answers.push((then.status(), then.allowed(), then.last_login_at, standing));
        }
        prop_assert_eq!(&answers[0], &answers[1]);
    }

    /// A refused activation lists its needs; once they are met, the same command succeeds.
    #[test]
    fn whoever_meets_what_a_refused_activation_needs_is_activated(
        facts in prop::collection::vec((0_i64..900, 0_usize..8, any::<bool>()), 0..10),
        role in prop::sample::select(vec![None, Some("data_manager"), Some("agency_administrator")]),
        barred in any::<bool>(),
    ) {
        let now = at("2027-06-30 12:00");
        let mut story = Story::under(hand());
        story.request.job_role = role.map(str::to_owned);
        story.request.class = RequestClass::New;
        story.request.submitted_at = now - TimeDelta::days(30);
        for (age, kind, current) in facts {
            let when = now - TimeDelta::days(if kind == 0 { age % 30 } else { age });
            let version = if current { "1" } else { "0" };
            let body = match kind {
                0 => FactBody::RequestApproved,
                1 => signed(AGREEMENTS[0], version, Party::EndUser),
                2 => signed(AGREEMENTS[0], version, Party::Supervisor),
                3 => signed(AGREEMENTS[1], version, Party::EndUser),
                4 => passed(SERIES),
                5 => failed(POLICIES),
                6 => passed("data_quality"),
                _ => waived("agreement:code_of_ethics", current.then_some("2027-06-01")),
            };
            story.push(when, when, body);
        }
        let bar = barred.then(|| {
            story.push(now - TimeDelta::days(1), now - TimeDelta::days(1), FactBody::Barred { until: None })
        });
        let activate = |story: &Story, now| {
            let license = evaluate(&story.case(), now);
            story.request_at(now).activate(&license, &BTreeSet::new())
        };
        let Err(refused) = activate(&story, now) else {
            return Ok(());
        };
        prop_assert!(!refused.needs.is_empty(), "an open request is never refused for ever: {refused}");
        let request = story.request_at(now);
        let later = now + TimeDelta::minutes(1);
        for _ in request.approvals.given.len()..request.approvals.steps.len() {
            story.push(later, later, FactBody::RequestApproved);
        }
        for standing in request.requirements.iter().filter(|standing| standing.status.is_open()) {
            for missing in &standing.missing {
                prop_assert!(refused.needs.contains(missing), "{missing} is not among {:?}", refused.needs);
            }
            meet(&mut story, &standing.key, later);
        }
        if let Some(bar) = bar {
            let contact = |need: &String| need.contains("contact the lead");
            prop_assert!(refused.needs.iter().any(contact), "{refused}");
            story.push(later, later, FactBody::BarLifted { bar });
        }
        prop_assert_eq!(activate(&story, later), Ok(()));
    }

    /// A license that staff may bring back by the ladder comes back once what the refusal lists is met, and where it
    /// may not, the refusal names the request that is needed instead.
    #[test]
    fn whoever_meets_what_a_refused_reactivation_needs_is_reactivated(
        gone_for in 0_i64..400, passed_ago in 0_i64..800, signed_current in any::<bool>(),
    ) {
        let now = at("2027-06-30 12:00");
        let ended = now - TimeDelta::days(gone_for);
        let mut story = Story::under(hand());
        story.request.submitted_at = at("2024-01-02 12:00");
        let began = ended - TimeDelta::days(20);
        let trained = (now - TimeDelta::days(passed_ago)).min(began - TimeDelta::hours(2));
        for course in [SERIES, POLICIES] {
            story.push(trained, trained, passed(course));
        }
        for agreement in AGREEMENTS {
            let version = if signed_current { "1" } else { "0" };
            for party in [Party::EndUser, Party::Supervisor] {
                story.push(trained, trained, signed(agreement, version, party));
            }
        }
        story.activated_at(began);
        story.push(ended, ended, FactBody::Deactivated { cause: DeactivationCause::Requested });
        let reactivate = |story: &Story, now| {
            let license = evaluate(&story.case(), now);
            let back = way_back(&story.case(), &license, now);
            (license.reactivate(back.as_ref()), license, back)
        };
        let (Err(refused), license, Some(back)) = reactivate(&story, now) else {
            return Ok(());
        };
        prop_assert!(!refused.needs.is_empty(), "{refused}");
        if !matches!(back.rung, Some((_, Return::ReactivateIfCurrent { .. }))) {
            prop_assert!(refused.needs[0].starts_with("a returning request"), "{refused}");
            return Ok(());
        }
        prop_assert_eq!(license.status(), Some(LicenseStatus::Deactivated));
        let later = now + TimeDelta::minutes(1);
        for standing in back.owed.iter().filter(|standing| standing.status.is_open()) {
            for missing in &standing.missing {
                prop_assert!(refused.needs.contains(missing), "{missing} is not among {:?}", refused.needs);
            }
            meet(&mut story, &standing.key, later);
        }
        prop_assert_eq!(reactivate(&story, later).0, Ok(FactBody::Reactivated));
    }
}
