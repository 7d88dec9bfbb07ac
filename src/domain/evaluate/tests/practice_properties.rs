//! Properties of the road to activation, over random histories and rules.

use chrono::TimeDelta;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::practice::{OUTREACH, SHELTER, akhmis_with, initiated, reviewed, submitted};
use super::support::*;
use crate::domain::calendar::Instant;
use crate::domain::evaluate::RequestEvaluation;
use crate::domain::fact::PracticeResult;
use crate::domain::ids::PolicyId;
use crate::domain::policy::{Party, PolicyVersion};

/// What is recorded: what it is, hours after the request, and hours until it was recorded.
pub type Event = (u8, u16, u16);

pub fn events() -> impl Strategy<Value = Vec<Event>> {
    prop::collection::vec(
        (0_u8..12, 0_u16..1_500, prop_oneof![Just(0_u16), 0_u16..300]),
        0..14,
    )
}

pub fn rules() -> impl Strategy<Value = Value> {
    (
        any::<bool>(),
        prop::option::of(1_u16..3),
        any::<bool>(),
        any::<bool>(),
        1_u16..12,
    )
        .prop_map(|(in_steps, attempts, staff_time, reset, days)| {
            let mut policy = akhmis_with(&[]);
            let mut practice = json!({"release": if in_steps { "in_steps" } else { "at_once" }});
            if let Some(attempts) = attempts {
                practice["max_attempts"] = json!(attempts);
            }
            set(&mut policy, "/license_types/end_user/practice", practice);
            let onboarding = "/license_types/end_user/onboarding";
            let mut found = policy.pointer(onboarding).unwrap().clone();
            found["staff_time_counts"] = json!(staff_time);
            found["deadlines"][2]["length"] = json!({"business_days": days});
            if reset {
                found["deadlines"][0]["on_miss"] = json!({"kind": "reset_step", "step": "initial"});
            }
            set(&mut policy, onboarding, found);
            set(
                &mut policy,
                "/courses/privacy_and_security/validity",
                json!({"until_activation": {"days": u32::from(days) * 5}}),
            );
            policy
        })
}

pub fn story(policy: Value, events: &[Event]) -> Story {
    let mut story = Story::under(policy);
    story.project_types.extend([0, 4]);
    let start = story.request.submitted_at;
    let mut submissions = Vec::new();
    for (kind, after, late) in events {
        let occurred = start + TimeDelta::hours(i64::from(*after));
        let recorded = occurred + TimeDelta::hours(i64::from(*late));
        let set = if kind % 2 == 0 { SHELTER } else { OUTREACH };
        let result = match kind % 3 {
            0 => PracticeResult::Accepted,
            1 => PracticeResult::Returned,
            _ => PracticeResult::Failed,
        };
        match kind {
            0 => {
                story.push(
                    recorded,
                    recorded,
                    crate::domain::fact::FactBody::RequestApproved,
                );
            }
            1 => {
                let from = story.facts.len();
                initiated(&mut story, "2026-02-20 09:00");
                for fact in story.facts.iter_mut().skip(from) {
                    fact.envelope.occurred_at = occurred;
                    fact.envelope.recorded_at = recorded;
                }
            }
            2 | 3 => {
                story.push(occurred, recorded, passed("workflow_shelter"));
                story.push(occurred, recorded, passed("workflow_outreach"));
            }
            4 => {
                story.push(
                    recorded,
                    recorded,
                    waived("course:new_end_user", Some("2026-03-20")),
                );
            }
            5 => {
                let body = crate::domain::fact::FactBody::AgreementSigned {
                    agreement: "end_user_agreement".to_owned(),
                    version: "1".to_owned(),
                    party: Party::EndUser,
                };
                story.push(occurred, recorded, body);
            }
            6..=8 => {
                submissions.push((set, story.push(occurred, recorded, submitted(set))));
            }
            _ => {
                if let Some((set, id)) = submissions.pop() {
                    story.push(occurred, recorded, reviewed(set, id, result));
                }
            }
        }
    }
    story
}

pub fn instants(story: &Story) -> Vec<Instant> {
    let mut all: Vec<Instant> = story
        .facts
        .iter()
        .map(|fact| fact.envelope.recorded_at)
        .chain([story.request.submitted_at])
        .collect();
    all.sort_unstable();
    all
}

proptest! {
    #![proptest_config(cases(96))]

    /// Between a recording and the next, nothing that a reader sees changes but at the instants that were foretold, also
    /// across new rules.
    #[test]
    fn a_request_changes_only_when_foretold(
        policy in rules(),
        later in prop::collection::vec((1_i64..2_000, rules()), 0..3),
        events in events(),
        part in 1_i64..100,
    ) {
        let mut story = story(policy, &events);
        for (hours, policy) in later {
            let number = u32::try_from(story.policies.len() + 1).unwrap();
            story.policies.push(PolicyVersion {
                id: PolicyId(uuid::Uuid::from_u128(u128::from(number))),
                number,
                effective_from: story.request.submitted_at + TimeDelta::hours(hours),
                document: document(policy),
                ..story.policies[0].clone()
            });
        }
        let recorded = instants(&story);
        for (index, from) in recorded.iter().enumerate() {
            let until = recorded.get(index + 1).copied().unwrap_or(*from + TimeDelta::days(90));
            let mut now = *from;
            for _ in 0..12 {
                let here = story.request_at(now);
                let next = here.next_change_at().unwrap_or(until).min(until);
                prop_assert!(next >= now, "{next} before {now}");
                if next <= now {
                    break;
                }
                for probe in [now + (next - now) * i32::try_from(part).unwrap() / 100, next - moment()] {
                    let there = RequestEvaluation { at: now, ..story.request_at(probe) };
                    prop_assert_eq!(&here, &there, "from {} to {}", now, probe);
                }
                if next >= until {
                    break;
                }
                now = next;
            }
        }
    }

    /// The same facts give the same answer in whatever order they are given.
    #[test]
    fn the_order_in_which_facts_are_given_changes_nothing(policy in rules(), events in events(), turn in 0_usize..20) {
        let story = story(policy, &events);
        let mut turned = story.clone();
        if !turned.facts.is_empty() {
            let turn = turn % turned.facts.len();
            turned.facts.rotate_left(turn);
            turned.facts.reverse();
        }
        let end = *instants(&story).last().unwrap() + TimeDelta::days(3);
        prop_assert_eq!(story.request_at(end), turned.request_at(end));
    }
}
