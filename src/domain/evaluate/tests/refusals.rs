//! A refused command lists all that it needs at once, or says never: whoever meets what is listed is not refused anew.

use std::collections::BTreeSet;

use chrono::{NaiveDate, TimeDelta};
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use super::histories::histories;
use super::knowledge_properties::meet;
use super::practice::{reviewed, submitted};
use super::practice_properties::{events, instants, rules, story};
use super::support::*;
use crate::domain::calendar::Instant;
use crate::domain::command::{LicenseCommand, Verdict, license_verdict};
use crate::domain::departure::announced_ends;
use crate::domain::error::Rejection;
use crate::domain::evaluate::{Evaluation, PracticeState, evaluate, way_back};
use crate::domain::fact::{DeactivationCause, FactBody, MatchedBy, PracticeResult};
use crate::domain::ids::{FactId, PersonId};
use crate::domain::policy::RequestSource;
use crate::domain::request::RequestState;
use crate::domain::requirement::RequirementKey;
use crate::domain::roster::Participation;
use crate::domain::seat::{Place, PlaceStanding};

const NAMESAKE: PersonId = PersonId(Uuid::from_u128(77));

/// What keeps a request back beside its requirements.
#[derive(Clone, Debug)]
struct Obstacles {
    barred: bool,
    not_participating: bool,
    namesake: bool,
    to_confirm: bool,
    work_email: bool,
    running_license: bool,
    capped: bool,
}

fn obstacles() -> impl Strategy<Value = Obstacles> {
    any::<[bool; 7]>().prop_map(
        |[
            barred,
            not_participating,
            namesake,
            to_confirm,
            work_email,
            running_license,
            capped,
        ]| Obstacles {
            barred,
            not_participating,
            namesake,
            to_confirm,
            work_email,
            running_license,
            capped,
        },
    )
}

impl Obstacles {
    fn rules(&self, mut policy: Value) -> Value {
        if self.to_confirm {
            set(
                &mut policy,
                "/requests/requesters",
                json!([{
                    "from": {"kind": "trainee"},
                    "confirmation": {"by": ["supervisor"], "within_days": 366},
                }]),
            );
        }
        if self.work_email {
            set(&mut policy, "/requests/work_email", json!("confirmed"));
        }
        if self.capped {
            let whole = json!({"scope": {"kind": "implementation"}, "seats": 5});
            set(&mut policy, "/seats/caps", json!([whole]));
        }
        policy
    }

    fn put(&self, story: &mut Story) {
        let asked = story.request.submitted_at;
        if self.to_confirm {
            story.request.source = Some(RequestSource::Trainee {});
        }
        if self.namesake {
            let found = FactBody::MatchFound {
                person: NAMESAKE,
                by: vec![MatchedBy::Name],
            };
            story.push(asked, asked, found);
        }
        if self.running_license {
            story.activated_at(asked);
            story.facts.last_mut().unwrap().request_id = None;
        }
        if self.barred {
            // It ends a license that runs, and so is recorded before one does.
            let before = asked - TimeDelta::days(1);
            if !self.running_license {
                story.push(before, before, FactBody::Barred { until: None });
            }
        }
        if self.not_participating && !self.running_license {
            story.participations.push(Participation {
                to_on: Some(day("2026-02-19")),
                recorded_at: asked,
                ..story.participations[0].clone()
            });
        }
    }
}

/// Nothing of the organization or the person keeps a license from beginning any longer.
fn allow_beginning(story: &mut Story, now: Instant) {
    let bars: Vec<FactId> = story
        .facts
        .iter()
        .filter(|fact| matches!(fact.body, FactBody::Barred { .. }))
        .map(|fact| fact.id)
        .collect();
    for bar in bars {
        story.push(now, now, FactBody::BarLifted { bar });
    }
    story.participations.push(Participation {
        from_on: NaiveDate::MIN,
        to_on: None,
        recorded_at: now,
        ..story.participations[0].clone()
    });
}

fn activate(story: &Story, now: Instant) -> Result<(), Rejection> {
    let license = evaluate(&story.case(), now);
    story.request_at(now).activate(&license, &BTreeSet::new())
}

/// Everything that a request was said to need, in the order in which it can be done.
fn meet_all(story: &mut Story, mut now: Instant) -> Instant {
    let request = story.request_at(now);
    let license = evaluate(&story.case(), now);
    now += TimeDelta::seconds(1);
    for found in request.matches.iter().filter(|found| found.is_open()) {
        let person = found.person;
        story.push(
            now,
            now,
            FactBody::MatchSettled {
                person,
                same: false,
            },
        );
    }
    if request
        .confirmation
        .is_some_and(|open| open.given.is_none())
    {
        story.push(now, now, FactBody::RequestConfirmed);
        story.facts.last_mut().unwrap().request_id = Some(REQUEST);
    }
    if license.barred.is_some() || !license.participating {
        allow_beginning(story, now);
    }
    if license.allowed() {
        let cause = DeactivationCause::Requested;
        story.push(now, now, FactBody::Deactivated { cause });
    }
    story.push(now, now, FactBody::WorkEmailConfirmed);
    for _ in request.approvals.given.len()..request.approvals.steps.len() {
        story.push(now, now, FactBody::RequestApproved);
    }
    let open = request
        .requirements
        .iter()
        .filter(|standing| standing.status.is_open());
    for standing in open {
        if !matches!(standing.key, RequirementKey::Practice(_)) {
            meet(story, &standing.key, now);
        }
    }
    for practice in &request.practice {
        now += TimeDelta::seconds(1);
        let set = &practice.practice_set;
        let submission = match practice.state {
            PracticeState::Accepted | PracticeState::Waived => continue,
            PracticeState::InReview => {
                let of_set = story.facts.iter().rfind(|fact| fact.body == submitted(set));
                of_set.unwrap().id
            }
            _ => story.push(now, now, submitted(set)),
        };
        now += TimeDelta::seconds(1);
        story.push(
            now,
            now,
            reviewed(set, submission, PracticeResult::Accepted),
        );
    }
    now += TimeDelta::seconds(1);
    // A free place is given by the service as soon as everything else is met.
    if story.request_at(now).seat == Some(PlaceStanding::Wanted) {
        let body = FactBody::PlaceReserved {
            place: Place::Seat,
            kept_from: None,
        };
        story.push(now, now, body);
        story.facts.last_mut().unwrap().request_id = Some(REQUEST);
    }
    now
}

proptest! {
    #![proptest_config(cases(120))]

    /// On the whole road, with practice, deadlines, matches, confirmations, bars and seats in the way.
    #[test]
    fn whoever_meets_all_that_a_refused_activation_lists_is_activated(
        policy in rules(), events in events(), obstacles in obstacles(),
    ) {
        let mut story = story(obstacles.rules(policy), &events);
        obstacles.put(&mut story);
        let now = *instants(&story).last().unwrap() + TimeDelta::minutes(1);
        let Err(refused) = activate(&story, now) else {
            return Ok(());
        };
        let request = story.request_at(now);
        prop_assert_eq!(refused.needs.is_empty(), !request.state.is_open(), "{}", refused);
        if !request.state.is_open() {
            return Ok(());
        }
        let lists = |what: &str| refused.needs.iter().any(|need| need.contains(what));
        for standing in request.requirements.iter().filter(|standing| standing.status.is_open()) {
            for missing in &standing.missing {
                prop_assert!(lists(missing) || request.left_out.is_some(), "{missing} is not among {:?}", refused.needs);
            }
        }
        let license = evaluate(&story.case(), now);
        prop_assert_eq!(lists("contact the lead"), license.barred.is_some(), "{}", refused);
        prop_assert_eq!(lists("does not participate"), !license.participating, "{}", refused);
        prop_assert_eq!(lists("the end of the license that runs"), license.allowed(), "{}", refused);
        prop_assert_eq!(lists("settle whether this is person"), obstacles.namesake, "{}", refused);
        let unique: BTreeSet<&String> = refused.needs.iter().collect();
        prop_assert_eq!(unique.len(), refused.needs.len(), "listed twice: {}", refused);
        let then = meet_all(&mut story, now);
        // Some deadlines run out by the second.
        if story.request_at(then).state == RequestState::Lapsed {
            return Ok(());
        }
        prop_assert_eq!(activate(&story, then), Ok(()), "refused before: {}", refused);
    }

    #[test]
    fn whoever_meets_all_that_a_refused_approval_lists_is_approved(
        policy in rules(), obstacles in obstacles(),
    ) {
        let mut story = story(obstacles.rules(policy), &[]);
        obstacles.put(&mut story);
        let now = story.request.submitted_at + TimeDelta::minutes(1);
        let Err(refused) = story.request_at(now).approve() else {
            prop_assert!(!obstacles.namesake && !obstacles.to_confirm);
            return Ok(());
        };
        let all = usize::from(obstacles.namesake) + usize::from(obstacles.to_confirm);
        prop_assert_eq!(refused.needs.len(), all, "{}", refused);
        story.push(now, now, FactBody::MatchSettled { person: NAMESAKE, same: false });
        story.push(now, now, FactBody::RequestConfirmed);
        story.facts.last_mut().unwrap().request_id = Some(REQUEST);
        prop_assert_eq!(story.request_at(now + moment()).approve(), Ok(FactBody::RequestApproved));
    }

    /// Whoever comes back by the ladder, or because the end was an error, over random rules and histories.
    #[test]
    fn whoever_meets_all_that_a_refused_return_lists_returns(history in histories()) {
        let recorded: BTreeSet<Instant> =
            history.story.facts.iter().map(|fact| fact.envelope.recorded_at).collect();
        let last = *recorded.last().unwrap();
        for now in recorded.into_iter().chain([last + TimeDelta::days(30)]) {
            let known = history.known_at(now).story;
            let license = evaluate(&known.case(), now);
            if let Err(refused) = reactivate(&known, now) {
                says_never_or_needs(&license, LicenseCommand::Reactivate, &refused)?;
                let otherwise = ["a returning request", "an open hold", "a license", "a renewal"];
                let by_command = |need: &String| !otherwise.iter().any(|other| need.starts_with(other));
                if !refused.needs.is_empty() && refused.needs.iter().all(by_command) {
                    let mut met = known.clone();
                    let then = now + moment();
                    meet_to_begin(&mut met, &license, then);
                    let back = way_back(&known.case(), &license, now).unwrap();
                    for standing in back.owed.iter().filter(|standing| standing.status.is_open()) {
                        meet(&mut met, &standing.key, then);
                    }
                    let still = reactivate(&met, then);
                    let active = evaluate(&met.case(), then).allowed();
                    prop_assert!(still.is_ok() || active, "{refused}, and then {still:?} at {now}");
                }
            }
            let reinstated = reinstate(&known, now, &[]);
            if let Err(refused) = reinstated.1 {
                says_never_or_needs(&license, LicenseCommand::Reinstate, &refused)?;
                if !refused.needs.is_empty() && refused.needs != ["a license"] {
                    let mut met = known.clone();
                    let then = now + moment();
                    meet_to_begin(&mut met, &license, then);
                    let still = reinstate(&met, then, &reinstated.0);
                    prop_assert!(still.1.is_ok(), "{refused}, and then {still:?} at {now}");
                }
            }
            if let Err(refused) = license.keep(now) {
                says_never_or_needs(&license, LicenseCommand::Keep, &refused)?;
            }
            if let Err(refused) = license.uphold() {
                says_never_or_needs(&license, LicenseCommand::Uphold, &refused)?;
            }
        }
    }
}

fn meet_to_begin(story: &mut Story, license: &Evaluation, now: Instant) {
    if license.barred.is_some() || !license.participating {
        allow_beginning(story, now);
    }
}

fn says_never_or_needs(
    license: &Evaluation,
    command: LicenseCommand,
    refused: &Rejection,
) -> Result<(), TestCaseError> {
    let never = license_verdict(license.status(), command) == Verdict::Never;
    prop_assert_eq!(refused.needs.is_empty(), never, "{}", refused);
    Ok(())
}

fn reactivate(story: &Story, now: Instant) -> Result<FactBody, Rejection> {
    let license = evaluate(&story.case(), now);
    let back = way_back(&story.case(), &license, now);
    license.reactivate(back.as_ref())
}

/// The other ends that a reinstatement has to name, and what comes of it with those that are named.
fn reinstate(
    story: &Story,
    now: Instant,
    named: &[FactId],
) -> (Vec<FactId>, Result<FactBody, Rejection>) {
    let license = evaluate(&story.case(), now);
    let ends = announced_ends(&story.facts, now);
    let error = license.error_of(&ends, HERE, now);
    let besides = error.besides.iter().map(|(id, _)| *id).collect();
    (besides, license.reinstate(error, named, Vec::new()))
}

/// How many needs of a refusal say something.
fn listed(refused: &Rejection, what: &str) -> usize {
    let needs = refused.needs.iter();
    needs.filter(|need| need.contains(what)).count()
}

#[test]
fn a_refusal_names_at_once_what_the_request_and_what_the_license_needs() {
    let mut story = Story::under(hand());
    let bar = story.fact("2026-02-10 09:00", FactBody::Barred { until: None });
    story.fact(
        "2026-02-20 09:00",
        FactBody::MatchFound {
            person: NAMESAKE,
            by: vec![MatchedBy::Name],
        },
    );
    story.approved("2026-02-20 10:00");
    let refused = activate(&story, at("2026-02-21 09:00")).unwrap_err();
    assert_eq!(listed(&refused, "contact the lead"), 1, "{refused}");
    assert_eq!(
        listed(&refused, "settle whether this is person"),
        1,
        "{refused}"
    );
    assert_eq!(listed(&refused, "is not passed"), 2, "{refused}");
    story.fact("2026-02-22 09:00", FactBody::BarLifted { bar });
    story.fact(
        "2026-02-22 09:00",
        FactBody::MatchSettled {
            person: NAMESAKE,
            same: false,
        },
    );
    story.prepared("2026-02-22 09:00");
    assert_eq!(activate(&story, at("2026-02-22 10:00")), Ok(()));
}

#[test]
fn a_refused_return_names_at_once_what_is_not_current_and_what_keeps_any_license_from_beginning() {
    let mut story = Story::hand();
    story.login("2027-01-25 09:00");
    story.fact(
        "2027-02-01 09:00",
        FactBody::Deactivated {
            cause: DeactivationCause::Requested,
        },
    );
    story.fact("2027-02-02 09:00", FactBody::Barred { until: None });
    story.participations.push(Participation {
        to_on: Some(day("2027-02-10")),
        recorded_at: at("2027-02-03 09:00"),
        ..story.participations[0].clone()
    });
    let refused = story.reactivate("2027-03-01 09:00").unwrap_err();
    assert_eq!(listed(&refused, "contact the lead"), 1, "{refused}");
    assert_eq!(listed(&refused, "does not participate"), 1, "{refused}");
    assert_eq!(listed(&refused, "is not passed"), 2, "{refused}");
    // A later end that stands beside the bar is named too.
    story.fact("2027-02-15 09:00", FactBody::Departed);
    let (besides, refused) = reinstate(&story, at("2027-03-01 09:00"), &[]);
    assert_eq!((besides.len(), refused.unwrap_err().needs.len()), (1, 3));
}

#[test]
fn a_keep_request_that_comes_too_late_and_once_too_often_is_told_both() {
    let mut story = Story::hand();
    story.login("2026-03-02 16:00");
    story.warned("2026-04-02 09:00", "2026-04-08");
    let refused = story
        .license("2026-04-08 12:00")
        .keep(at("2026-04-08 12:00"))
        .unwrap_err();
    assert_eq!(refused.needs.len(), 2, "{refused}");
    // And with no warning running.
    let refused = Story::hand()
        .license("2026-03-03 09:00")
        .keep(at("2026-03-03 09:00"))
        .unwrap_err();
    assert_eq!(refused.needs.len(), 2, "{refused}");
}
