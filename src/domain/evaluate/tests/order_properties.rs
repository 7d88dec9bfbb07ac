//! Neither the order in which facts are stored nor, of those of one instant, the order of their ids says anything.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use proptest::prelude::*;
use proptest::sample::Index;

use super::super::machine::answers_a_state;
use super::histories::{History, histories};
use super::properties::{instants, license};
use super::support::*;
use crate::domain::calendar::Instant;
use crate::domain::evaluate::{Change, DueItem, EndCause, Evaluation, LicenseState, TermStanding};
use crate::domain::fact::Fact;
use crate::domain::ids::FactId;
use crate::domain::license::LicenseStatus;
use crate::domain::requirement::{RequirementKey, Status};

proptest! {
    #![proptest_config(cases(40))]

    /// A store hands facts out as it likes: the answer is the very same.
    #[test]
    fn the_order_in_which_facts_are_stored_changes_nothing(
        history in histories(), turns in prop::collection::vec(any::<(Index, Index)>(), 1..40),
    ) {
        let mut turned = history.clone();
        for (one, other) in turns {
            let count = turned.story.facts.len();
            turned.story.facts.swap(one.index(count), other.index(count));
        }
        for now in instants(&history) {
            prop_assert_eq!(license(&turned, now), license(&history, now), "at {}", now);
            prop_assert_eq!(turned.story.request_at(now), history.story.request_at(now), "at {}", now);
        }
    }

    /// Of facts that happened and became known at the same instants none comes first: whichever has the lower id. Only
    /// whoever answers a state saw what was recorded before, and who names a fact found it.
    #[test]
    fn the_same_facts_in_any_order_give_the_same_answer(
        history in histories(),
        swaps in prop::collection::vec(any::<(Index, Index)>(), 1..40),
        turns in prop::collection::vec(any::<(Index, Index)>(), 0..10),
    ) {
        let mut shuffled = history.clone();
        let names = swapped(&history, &swaps);
        rename(&mut shuffled, &names);
        for (one, other) in turns {
            let count = shuffled.story.facts.len();
            shuffled.story.facts.swap(one.index(count), other.index(count));
        }
        let back: BTreeMap<FactId, FactId> = names.iter().map(|(from, to)| (*to, *from)).collect();
        for now in instants(&history) {
            let answer = Unordered::of(&license(&history, now), &BTreeMap::new());
            prop_assert_eq!(Unordered::of(&license(&shuffled, now), &back), answer, "at {}", now);
        }
        let now = *instants(&history).last().unwrap();
        let (one, other) = (history.story.request_at(now), shuffled.story.request_at(now));
        prop_assert_eq!((one.state, one.needs, one.upcoming), (other.state, other.needs, other.upcoming));
    }
}

/// Which facts get the id of which other: those of the same instants between two that answer a state, if nothing of the
/// instants names one of them.
fn swapped(history: &History, swaps: &[(Index, Index)]) -> BTreeMap<FactId, FactId> {
    let mut facts: Vec<&Fact> = history.story.facts.iter().collect();
    facts.sort_by_key(|fact| (fact.envelope.recorded_at, fact.id));
    let moments = |fact: &Fact| (fact.envelope.recorded_at, fact.envelope.occurred_at);
    let named = |fact: &Fact| {
        let id = fact.id.to_string();
        facts.iter().any(|other| {
            other.envelope.recorded_at == fact.envelope.recorded_at
                && (other.envelope.supersedes == Some(fact.id)
                    || serde_json::to_string(&other.body).unwrap().contains(&id))
        })
    };
    let names_another = |fact: &Fact| {
        fact.envelope.supersedes.is_some()
            || facts.iter().any(|other| {
                other.envelope.recorded_at == fact.envelope.recorded_at
                    && serde_json::to_string(&fact.body)
                        .unwrap()
                        .contains(&other.id.to_string())
            })
    };
    // Runs of facts of which none comes first.
    let mut runs: Vec<Vec<FactId>> = Vec::new();
    let mut before = None;
    for fact in &facts {
        if answers_a_state(fact) {
            before = None;
            continue;
        }
        if named(fact) || names_another(fact) {
            continue;
        }
        match runs.last_mut() {
            Some(run) if before == Some(moments(fact)) => run.push(fact.id),
            _ => runs.push(vec![fact.id]),
        }
        before = Some(moments(fact));
    }
    runs.retain(|run| run.len() > 1);
    let mut names: BTreeMap<FactId, FactId> = facts.iter().map(|fact| (fact.id, fact.id)).collect();
    if runs.is_empty() {
        return names;
    }
    for (run, place) in swaps {
        let run = &runs[run.index(runs.len())];
        let (one, other) = (
            run[place.index(run.len())],
            run[(place.index(run.len()) + 1) % run.len()],
        );
        let (a, b) = (names[&one], names[&other]);
        names.insert(one, b);
        names.insert(other, a);
    }
    names
}

fn rename(history: &mut History, names: &BTreeMap<FactId, FactId>) {
    for fact in &mut history.story.facts {
        fact.id = names[&fact.id];
        fact.envelope.supersedes = fact.envelope.supersedes.map(|target| names[&target]);
        let mut body = serde_json::to_string(&fact.body).unwrap();
        for (place, from) in names.keys().enumerate() {
            body = body.replace(&from.to_string(), &format!("<{place}>"));
        }
        for (place, to) in names.values().enumerate() {
            body = body.replace(&format!("<{place}>"), &to.to_string());
        }
        fact.body = serde_json::from_str(&body).unwrap();
    }
}

/// Why and when a period ended, its cut-off, and what contests it.
type Ended = (EndCause, Instant, Option<Instant>, BTreeSet<FactId>);

/// What a reader sees, with lists of what came at one instant in one order, and facts under their first names.
#[derive(Debug, PartialEq)]
struct Unordered {
    status: Option<LicenseStatus>,
    since: Option<Instant>,
    periods: Vec<(Instant, Option<Ended>)>,
    holds: BTreeMap<String, usize>,
    add_ons: BTreeMap<String, usize>,
    requirements: Vec<(RequirementKey, Status, Option<NaiveDate>, Vec<String>)>,
    due: Vec<DueItem>,
    upcoming: BTreeSet<String>,
    term: Option<TermStanding>,
    warned: Option<(Option<Instant>, Option<Instant>, NaiveDate)>,
    counting: BTreeSet<FactId>,
    failed: BTreeSet<FactId>,
    barred: bool,
    participating: bool,
    last_login_at: Option<Instant>,
    figures: (u16, Option<Instant>, Option<Instant>, Option<Instant>),
}

impl Unordered {
    fn of(license: &Evaluation, back: &BTreeMap<FactId, FactId>) -> Self {
        let first = |id: &FactId| *back.get(id).unwrap_or(id);
        let firsts = |ids: &[FactId]| ids.iter().map(first).collect::<BTreeSet<_>>();
        let counted = |names: Vec<String>| {
            let mut found: BTreeMap<String, usize> = BTreeMap::new();
            for name in names {
                *found.entry(name).or_default() += 1;
            }
            found
        };
        let renamed = |key: &RequirementKey| {
            back.iter()
                .find(|(from, _)| key.campaign() == Some(**from))
                .map_or_else(
                    || key.clone(),
                    |(from, to)| {
                        let name = key.to_string().replace(&from.to_string(), &to.to_string());
                        RequirementKey::parse(&name).unwrap()
                    },
                )
        };
        let mut requirements: Vec<_> = license
            .requirements
            .iter()
            .chain(
                license
                    .add_ons
                    .iter()
                    .flat_map(|add_on| &add_on.requirements),
            )
            .map(|standing| {
                let key = renamed(&standing.key);
                (
                    key,
                    standing.status,
                    standing.due_on,
                    standing.missing.clone(),
                )
            })
            .collect();
        requirements.sort();
        let mut due: Vec<DueItem> = license
            .due
            .iter()
            .map(|item| DueItem {
                requirement: item.requirement.as_ref().map(renamed),
                ..item.clone()
            })
            .collect();
        due.sort_by_key(|item| format!("{item:?}"));
        Self {
            status: license.status(),
            since: license.since,
            periods: license
                .periods
                .iter()
                .map(|period| {
                    let end = period.end.as_ref();
                    let end = end
                        .map(|end| (end.cause, end.at, end.cut_off_at, firsts(&end.contested_by)));
                    (period.from, end)
                })
                .collect(),
            holds: counted(
                license
                    .holds
                    .iter()
                    .map(|hold| {
                        let requirement = hold.requirement.as_ref().map(renamed);
                        format!(
                            "{:?} {} {:?} {:?} {:?} {:?}",
                            hold.cause,
                            hold.from,
                            hold.until,
                            hold.ended_at,
                            hold.fact.as_ref().map(first),
                            requirement
                        )
                    })
                    .collect(),
            ),
            add_ons: counted(
                license
                    .add_ons
                    .iter()
                    .map(|add_on| {
                        format!("{} {:?} {:?}", add_on.from, add_on.ended_at, add_on.status)
                    })
                    .collect(),
            ),
            requirements,
            due,
            upcoming: license
                .upcoming
                .iter()
                .map(|upcoming| match &upcoming.change {
                    Change::Lapses(key) => format!("{} {}", upcoming.at, renamed(key)),
                    change => format!("{} {change:?}", upcoming.at),
                })
                .collect(),
            term: license.term.clone(),
            warned: match &license.state {
                Some(LicenseState::Warned(warning)) => Some((
                    warning.cut_off_at,
                    warning.takes_effect_at,
                    warning.named_on,
                )),
                _ => None,
            },
            counting: firsts(&license.counting),
            failed: license.failed.iter().copied().collect(),
            barred: license.barred.is_some(),
            participating: license.participating,
            last_login_at: license.last_login_at,
            figures: (
                license.keeps_left,
                license.listed_from,
                license.cut_off_at,
                license.next_absence_at,
            ),
        }
    }
}
