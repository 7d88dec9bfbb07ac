//! Practice sets of a request: which are open, in whose hands they are, how often they were tried.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::item::{Before, Candidate, Fails, Item};
use super::owed::Owed;
use crate::domain::calendar::Instant;
use crate::domain::fact::{Fact, FactBody, PracticeResult};
use crate::domain::ids::FactId;
use crate::domain::policy::{Party, PracticeRelease, PracticeRequirement, PracticeSet};
use crate::domain::request::RequestState;
use crate::domain::requirement::{Evidence, RequirementKey, Status, acceptances};
use crate::domain::seat::{Place, PlaceStanding};

/// Where one practice set stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PracticeState {
    /// Something must come first.
    Closed,
    /// To be submitted, for the first time or after a fail.
    Open,
    /// Submitted; staff's turn.
    InReview,
    /// Returned with findings.
    Corrections,
    Accepted,
    Waived,
    /// Every attempt is used up.
    Failed,
}

impl PracticeState {
    pub const ALL: [Self; 7] = [
        Self::Closed,
        Self::Open,
        Self::InReview,
        Self::Corrections,
        Self::Accepted,
        Self::Waived,
        Self::Failed,
    ];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::InReview => "in_review",
            Self::Corrections => "corrections",
            Self::Accepted => "accepted",
            Self::Waived => "waived",
            Self::Failed => "failed",
        }
    }
}

/// One practice set that a request owes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PracticeStanding {
    pub practice_set: String,
    pub title: String,
    pub workflow: String,
    pub state: PracticeState,
    /// What was submitted last.
    pub submission: Option<FactId>,
    pub attempts_used: u16,
    pub max_attempts: Option<u16>,
    pub pass_mark: Option<u8>,
    /// The last local day on which staff mean to have reviewed it.
    pub review_due_on: Option<NaiveDate>,
    /// What must come first, each a sentence.
    pub waits_for: Vec<String>,
}

/// What happened to a practice set.
#[derive(Clone, Debug)]
pub(super) struct Practice {
    pub set: String,
    pub workflow: String,
    pub pass_mark: Option<u8>,
    /// Instant, local day and fact of each submission, oldest first.
    pub submitted: Vec<(Instant, NaiveDate, FactId)>,
    /// Each return for correction, oldest first.
    pub returned: Vec<(Instant, NaiveDate, FactId)>,
    /// What the last submission came to; nothing while it waits for its review.
    last: Option<PracticeResult>,
}

impl Practice {
    /// The first submission after an instant.
    pub(super) fn submitted_after(&self, at: Instant) -> Option<NaiveDate> {
        self.submitted
            .iter()
            .find(|(submitted, ..)| *submitted > at)
            .map(|(_, on, _)| *on)
    }
}

impl Owed<'_> {
    /// Whether a practice set is owed: where the projects use its workflow.
    pub(super) fn practises(&self, set: &PracticeSet) -> bool {
        self.in_force
            .document
            .workflows
            .get(&set.workflow)
            .is_some_and(|workflow| workflow.concerns(self.project_types.iter()))
    }

    pub(super) fn practice(&self, requirement: &PracticeRequirement) -> Option<Candidate> {
        let code = &requirement.practice_set;
        let set = self.in_force.document.practice_sets.get(code)?;
        let key = RequirementKey::Practice(code.clone());
        if !self.practises(set) && !self.added(&key) {
            return None;
        }
        let rules = self
            .in_force
            .document
            .license_types
            .get(&self.request.license_type)?
            .practice
            .as_ref()?;
        let facts = self.counting_from(requirement.evidence_from);
        let length = requirement
            .validity
            .and_then(|validity| validity.until_activation.or(validity.length));
        let done = acceptances(&facts, code, rules.pass_mark, self.calendar)
            .into_iter()
            .map(|(on, facts)| Evidence {
                facts,
                on,
                valid_through: length.map(|length| self.calendar.after(length, on)),
            })
            .collect();
        let since = self.reset_of(requirement.step.as_deref());
        let facts: Vec<&Fact> = facts
            .into_iter()
            .filter(|fact| {
                since.is_none_or(|since| self.calendar.day(fact.envelope.occurred_at) >= since)
            })
            .collect();
        let practice = self.history(&facts, code, &set.workflow, rules.pass_mark);
        let fails = Fails {
            facts: facts
                .iter()
                .filter(|fact| {
                    matches!(&fact.body, FactBody::PracticeReviewed { practice_set, result: PracticeResult::Failed, .. } if practice_set == code)
                        && fact.envelope.occurred_at > self.request.submitted_at
                })
                .map(|fact| {
                    let on = self.calendar.day(fact.envelope.occurred_at);
                    (fact.acts_at(), on, fact.id)
                })
                .collect(),
            allowed: rules.max_attempts,
        };
        Some(Candidate {
            key,
            title: set.title.clone(),
            step: requirement.step.clone(),
            initial: requirement.initial_step,
            on_lapse: requirement.on_lapse,
            waivable: requirement.waivable,
            done,
            partial: Vec::new(),
            missing: Vec::new(),
            who: vec![Party::EndUser],
            enforced_from: requirement.enforced_from.max(rules.enforced_from),
            fails,
            practice: Some(practice),
            project_types: if self.practises(set) {
                self.in_force
                    .document
                    .workflows
                    .get(&set.workflow)
                    .map(|workflow| workflow.project_types.iter().copied().collect())
                    .unwrap_or_default()
            } else {
                // Staff ask for it although none of the projects uses its workflow.
                BTreeSet::new()
            },
        })
    }

    fn history(
        &self,
        facts: &[&Fact],
        code: &str,
        workflow: &str,
        pass_mark: Option<u8>,
    ) -> Practice {
        let mut submitted = Vec::new();
        let mut reviewed = Vec::new();
        for fact in facts {
            let at = fact.envelope.occurred_at;
            let on = self.calendar.day(at);
            match &fact.body {
                FactBody::PracticeSubmitted { practice_set } if practice_set == code => {
                    submitted.push((at, on, fact.id));
                }
                FactBody::PracticeReviewed {
                    submission,
                    practice_set,
                    result,
                    ..
                } if practice_set == code => reviewed.push((at, on, *submission, *result)),
                _ => {}
            }
        }
        submitted.sort_unstable();
        reviewed.sort_unstable();
        let last = submitted.last().and_then(|(_, _, last)| {
            reviewed
                .iter()
                .rfind(|(_, _, submission, _)| submission == last)
                .map(|(_, _, _, result)| *result)
        });
        Practice {
            set: code.to_owned(),
            workflow: workflow.to_owned(),
            pass_mark,
            returned: reviewed
                .into_iter()
                .filter(|(_, _, _, result)| *result == PracticeResult::Returned)
                .map(|(at, on, submission, _)| (at, on, submission))
                .collect(),
            submitted,
            last,
        }
    }

    /// What is said of open practice sets, once it is known which are open: a set waits for the steps before it, and
    /// where sets are released in steps, for the sets before it.
    ///
    /// `closed_by` is what keeps everything closed. Where only so many people practise at a time, a set opens once the
    /// request was given a place; what was submitted before goes on.
    pub(super) fn release(
        &self,
        items: &mut [Item],
        closed_by: Option<&str>,
    ) -> (Vec<PracticeStanding>, Option<PlaceStanding>) {
        let waits = self.waits(Place::Practice);
        let admitted = waits.admitted() || !self.counts_practice_places();
        let mut wants_place = false;
        let rules = self
            .in_force
            .document
            .license_types
            .get(&self.request.license_type)
            .and_then(|found| found.practice.as_ref());
        let in_steps = rules.is_some_and(|rules| rules.release == PracticeRelease::InSteps);
        let target = rules.and_then(|rules| rules.review_target);
        let mut earlier: Option<String> = None;
        let mut standings = Vec::new();
        for item in items {
            let Some(practice) = &item.practice else {
                continue;
            };
            let mut waits_for = Vec::new();
            waits_for.extend(closed_by.map(str::to_owned));
            if let Before::Open(steps) = &item.before {
                waits_for.extend(
                    steps
                        .iter()
                        .map(|step| format!("everything of the step `{step}`")),
                );
            }
            if in_steps && let Some(earlier) = &earlier {
                waits_for.push(format!("the acceptance of `{earlier}`"));
            }
            let reset = self.reset_of(item.step.as_deref());
            let used = item.fails.facts.len();
            let state = match item.standing.status {
                Status::Met => PracticeState::Accepted,
                Status::Waived => PracticeState::Waived,
                _ if item.fails.last_allowed(reset).is_some() => PracticeState::Failed,
                _ => match (practice.submitted.is_empty(), practice.last) {
                    (false, None) => PracticeState::InReview,
                    (false, Some(PracticeResult::Returned)) => PracticeState::Corrections,
                    _ if waits_for.is_empty() && admitted => PracticeState::Open,
                    _ => PracticeState::Closed,
                },
            };
            if state == PracticeState::Closed && !admitted {
                wants_place |= waits_for.is_empty();
                waits_for.push(Place::Practice.needed().to_owned());
            }
            let last = practice.submitted.last();
            let set = practice.set.clone();
            let standing = PracticeStanding {
                practice_set: set.clone(),
                title: item.standing.title.clone(),
                workflow: practice.workflow.clone(),
                state,
                submission: last.map(|(_, _, fact)| *fact),
                attempts_used: u16::try_from(used).unwrap_or(u16::MAX),
                max_attempts: item.fails.allowed,
                pass_mark: practice.pass_mark,
                review_due_on: match (state, target, last) {
                    (PracticeState::InReview, Some(target), Some((_, on, _))) => {
                        Some(self.calendar.after(target, *on))
                    }
                    _ => None,
                },
                waits_for,
            };
            if item.is_open() {
                earlier.get_or_insert(set);
                say(item, &standing);
            }
            standings.push(standing);
        }
        let place = self.practice_place(&waits, &standings, wants_place);
        (standings, place)
    }
}

/// What is missing of an open practice set, and who can do it.
fn say(item: &mut Item, standing: &PracticeStanding) {
    let set = &standing.practice_set;
    let sentence = match standing.state {
        PracticeState::Closed => {
            format!("`{set}` is not open yet: {}", standing.waits_for.join("; "))
        }
        PracticeState::InReview => {
            item.standing.who = vec![Party::Lead];
            format!("`{set}` is submitted and waits for its review")
        }
        PracticeState::Corrections => {
            format!("`{set}` was returned with findings: correct it and submit it again")
        }
        PracticeState::Failed => {
            item.standing.who = Vec::new();
            format!("`{set}` failed, and every attempt is used up")
        }
        PracticeState::Open if standing.attempts_used > 0 => format!(
            "`{set}` failed {} and must be submitted anew",
            match standing.max_attempts {
                Some(allowed) => format!("({} of {allowed} attempts)", standing.attempts_used),
                None => "once or more".to_owned(),
            }
        ),
        _ => format!("`{set}` is not submitted"),
    };
    let said = std::mem::take(&mut item.standing.missing);
    item.standing.missing = std::iter::once(sentence).chain(said).collect();
}

/// The state of a request whose trainings and agreements are done: that of its least advanced workflow.
pub(super) fn least_advanced(standings: &[PracticeStanding]) -> Option<RequestState> {
    standings
        .iter()
        .filter_map(|standing| match standing.state {
            PracticeState::Closed | PracticeState::Open | PracticeState::Failed => {
                Some(RequestState::Practice)
            }
            PracticeState::InReview => Some(RequestState::InReview),
            PracticeState::Corrections => Some(RequestState::Corrections),
            PracticeState::Accepted | PracticeState::Waived => None,
        })
        .min()
}
