//! One requirement of a request with all that ever met it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::owed::Owed;
use super::practice::Practice;
use crate::domain::calendar::{Instant, Precision, add_days};
use crate::domain::fact::{Fact, FactBody};
use crate::domain::ids::FactId;
use crate::domain::policy::{OnLapse, Party};
use crate::domain::requirement::{Evidence, RequirementKey, Standing, Status, waiver};

/// Steps that started over, each with the local day from which its evidence counts.
pub(super) type Resets = BTreeMap<String, NaiveDate>;

/// A requirement before it is known whether its place in the order lets its evidence count.
pub(super) struct Candidate {
    pub key: RequirementKey,
    pub title: String,
    pub step: Option<String>,
    pub initial: bool,
    pub on_lapse: OnLapse,
    pub waivable: bool,
    /// Executions, passes or acceptances, oldest first.
    pub done: Vec<Evidence>,
    /// Signatures of a round that is not complete.
    pub partial: Vec<FactId>,
    pub missing: Vec<String>,
    pub who: Vec<Party>,
    pub enforced_from: Option<NaiveDate>,
    pub fails: Fails,
    pub practice: Option<Practice>,
    /// The HUD project types that it is asked of. Empty: all projects share it.
    pub project_types: BTreeSet<u8>,
}

/// The fails of a course or practice set since the request, and how many are allowed.
#[derive(Clone, Debug, Default)]
pub(super) struct Fails {
    /// When each became effective, oldest first.
    pub facts: Vec<(Instant, NaiveDate, FactId)>,
    pub allowed: Option<u16>,
}

impl Fails {
    /// The fail that used the last attempt up.
    pub(super) fn last_allowed(&self, since: Option<NaiveDate>) -> Option<(Instant, FactId)> {
        let allowed = usize::from(self.allowed?);
        self.facts
            .iter()
            .filter(|(_, on, _)| since.is_none_or(|since| *on >= since))
            .nth(allowed.checked_sub(1)?)
            .map(|(at, _, fact)| (*at, *fact))
    }
}

/// Which evidence the order of steps lets count.
#[derive(Clone, Debug)]
pub(super) enum Before {
    /// Any: nothing comes first.
    Nothing,
    /// What came before the request, or since the steps that come first were done.
    Done(NaiveDate),
    /// Only what came before the request: these steps are open.
    Open(Vec<String>),
}

/// A requirement as it stands, with its past.
pub(super) struct Item {
    pub standing: Standing,
    pub step: Option<String>,
    pub initial: bool,
    pub on_lapse: OnLapse,
    pub waivable: bool,
    /// Evidence that counts by the rules and the order, oldest first, also that of steps that started over.
    pub done: Vec<Evidence>,
    pub waived_on: Option<NaiveDate>,
    pub fails: Fails,
    pub practice: Option<Practice>,
    pub before: Before,
    /// As of the candidate.
    pub project_types: BTreeSet<u8>,
}

impl Item {
    /// The local day it was first met or waived, or first since a day.
    pub(super) fn done_on(&self, since: Option<NaiveDate>) -> Option<NaiveDate> {
        self.done
            .iter()
            .map(|evidence| evidence.on)
            .find(|on| since.is_none_or(|since| *on >= since))
            .into_iter()
            .chain(self.waived_on)
            .min()
    }

    pub(super) fn is_open(&self) -> bool {
        self.standing.status.is_open()
    }
}

impl Owed<'_> {
    /// The days through which evidence counts, without those on which staff held the request. What brought the license
    /// projects already did what it had to do before activation: from then on the rules for holders say how long it
    /// counts.
    fn through(&self, evidence: &Evidence, project_types: &BTreeSet<u8>) -> Through {
        let counted = self.validity(evidence);
        let activated = self
            .begun
            .as_ref()
            .and_then(|begun| begun.since(project_types))
            .map(|at| self.calendar.day(at));
        match activated {
            Some(day) if evidence.on <= day && counted.reaches(day) => Through::Ever,
            _ => counted,
        }
    }

    fn validity(&self, evidence: &Evidence) -> Through {
        let submitted = self.calendar.day(self.request.submitted_at);
        match evidence.valid_through {
            None => Through::Ever,
            Some(last) => match self.held.extended(last, evidence.on.max(submitted)) {
                Some(last) => Through::Day(last),
                None => Through::Ever,
            },
        }
    }

    /// The requirement with what its place in the order lets count.
    pub(super) fn settled(&self, mut candidate: Candidate, before: &Before) -> Item {
        let counts = |found: &Evidence| {
            self.before_the_request(found)
                || match before {
                    Before::Nothing => true,
                    Before::Done(day) => found.on >= *day,
                    Before::Open(_) => false,
                }
        };
        let too_early = candidate.done.iter().rfind(|found| !counts(found));
        if let Some(found) = too_early {
            candidate.missing.push(format!(
                "{} was done on {}, before the steps that come first were done, and does not count",
                candidate.title, found.on
            ));
        }
        candidate.done.retain(|found| counts(found));
        let reset = self.reset_of(candidate.step.as_deref());
        let current = candidate
            .done
            .iter()
            .rfind(|found| reset.is_none_or(|reset| found.on >= reset))
            .cloned();
        let standing = self.standing(&candidate, current);
        let (standing, waived_on) = self.waived(standing);
        Item {
            standing,
            waived_on,
            step: candidate.step,
            initial: candidate.initial,
            on_lapse: candidate.on_lapse,
            waivable: candidate.waivable,
            done: candidate.done,
            fails: candidate.fails,
            practice: candidate.practice,
            before: before.clone(),
            project_types: candidate.project_types,
        }
    }

    /// Whether evidence was there when the request came. Of what is known by its day alone, an earlier day is needed.
    fn before_the_request(&self, evidence: &Evidence) -> bool {
        let submitted_at = self.request.submitted_at;
        let submitted = self.calendar.day(submitted_at);
        let known_before = |id: &FactId| {
            self.facts.iter().any(|fact| {
                fact.id == *id
                    && fact.envelope.precision == Precision::Instant
                    && fact.envelope.occurred_at < submitted_at
            })
        };
        evidence.on < submitted
            || (evidence.on == submitted && evidence.facts.iter().all(known_before))
    }

    /// The day from which the evidence of a step that started over counts.
    pub(super) fn reset_of(&self, step: Option<&str>) -> Option<NaiveDate> {
        let reset = *self.resets.get(step?)?;
        (reset <= self.calendar.day(self.at)).then_some(reset)
    }

    fn standing(&self, candidate: &Candidate, evidence: Option<Evidence>) -> Standing {
        let today = self.calendar.day(self.at);
        let key = candidate.key.clone();
        let title = candidate.title.clone();
        let through = evidence
            .as_ref()
            .map(|evidence| self.through(evidence, &candidate.project_types));
        match (evidence, through) {
            (Some(evidence), Some(through)) if through.reaches(today) => Standing {
                key,
                title,
                status: Status::Met,
                valid_through: through.day(),
                evidence: evidence.facts,
                missing: Vec::new(),
                due_on: None,
                who: Vec::new(),
            },
            // A rule that only reports yet keeps nobody from activation.
            _ if candidate.enforced_from.is_some_and(|day| today < day) => Standing {
                key,
                title,
                status: Status::Waived,
                evidence: Vec::new(),
                missing: candidate.missing.clone(),
                valid_through: candidate.enforced_from.and_then(|day| day.pred_opt()),
                due_on: None,
                who: candidate.who.clone(),
            },
            (_, lapsed) => Standing {
                key,
                title,
                status: Status::Due,
                evidence: candidate.partial.clone(),
                missing: match lapsed.and_then(|through| through.day()) {
                    Some(last) => candidate
                        .missing
                        .iter()
                        .map(|sentence| {
                            format!("{sentence} (what was done before counted through {last})")
                        })
                        .collect(),
                    None => candidate.missing.clone(),
                },
                valid_through: None,
                due_on: None,
                who: candidate.who.clone(),
            },
        }
    }

    /// The standing with a waiver, and the local day since which it does not need to be met.
    fn waived(&self, standing: Standing) -> (Standing, Option<NaiveDate>) {
        let submitted = self.calendar.day(self.request.submitted_at);
        if standing.status == Status::Waived {
            return (standing, Some(submitted));
        }
        let name = standing.key.to_string();
        let since = self
            .facts
            .iter()
            .filter(|fact| self.waives(fact, &name))
            .map(|fact| self.calendar.day(fact.acts_at()))
            .min();
        if !standing.status.is_open() {
            return (standing, since);
        }
        let running = waiver(
            self.facts,
            self.case.organization,
            &standing.key,
            self.calendar.day(self.at),
        );
        let standing = match running {
            Some((fact, until_on)) => Standing {
                status: Status::Waived,
                evidence: vec![fact],
                valid_through: until_on,
                ..standing
            },
            None => standing,
        };
        (standing, since)
    }

    fn waives(&self, fact: &Fact, name: &str) -> bool {
        matches!(&fact.body, FactBody::Waived { requirement, .. } if requirement == name)
            && fact
                .organization_id
                .is_none_or(|id| id == self.case.organization)
    }

    /// The first local day on which a requirement that was met since the request was met no longer, where that day
    /// has come.
    pub(super) fn lapsed_on(&self, item: &Item) -> Option<NaiveDate> {
        let submitted = self.calendar.day(self.request.submitted_at);
        let today = self.calendar.day(self.at);
        let reset = self.reset_of(item.step.as_deref());
        let mut covered: Option<NaiveDate> = None;
        for evidence in &item.done {
            if reset.is_some_and(|reset| evidence.on < reset) {
                continue;
            }
            if let Some(last) = covered
                && last < evidence.on
                && last >= submitted
            {
                break;
            }
            match self.through(evidence, &item.project_types) {
                Through::Ever => return None,
                Through::Day(last) => covered = covered.max(Some(last)),
            }
        }
        let lapsed = add_days(covered.filter(|last| *last >= submitted)?, 1);
        let waived = waiver(
            self.facts,
            self.case.organization,
            &item.standing.key,
            lapsed,
        );
        (lapsed <= today && waived.is_none()).then_some(lapsed)
    }
}

/// How long evidence counts.
#[derive(Clone, Copy)]
enum Through {
    Day(NaiveDate),
    /// For ever, or as long as staff hold the request.
    Ever,
}

impl Through {
    fn reaches(self, day: NaiveDate) -> bool {
        match self {
            Self::Day(last) => day <= last,
            Self::Ever => true,
        }
    }

    fn day(self) -> Option<NaiveDate> {
        match self {
            Self::Day(last) => Some(last),
            Self::Ever => None,
        }
    }
}
