//! What a request owes, and how each requirement stands.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use chrono::{NaiveDate, TimeDelta};

use super::held::Held;
use super::item::{Before, Candidate, Fails, Item, Resets};
use super::partial::Begun;
use crate::domain::calendar::{Instant, Length, add_days, start_of_day};
use crate::domain::evaluate::asked::{Asked, last_end};
use crate::domain::evaluate::obligation::calendar;
use crate::domain::evaluate::rules::{InForce, Rules};
use crate::domain::evaluate::{Case, Evaluation, Past, evaluate};
use crate::domain::evaluate::{extras, ladder};
use crate::domain::fact::{Fact, FactBody, Outcome};
use crate::domain::policy::{
    AgreementRequirement, AgreementScope, ApprovalStep, Binds, CourseRequirement, EvidenceFrom,
    Party, RequirementSet,
};
use crate::domain::request::LicenseRequest;
use crate::domain::requirement::{
    Calendar, Evidence, RequirementKey, Standard, execution, occurred_since, party_name, passes,
};

/// What a request rests on at any instant.
#[derive(Clone, Copy)]
pub(super) struct Ground<'a> {
    pub case: &'a Case<'a>,
    pub request: &'a LicenseRequest,
    pub project_types: &'a BTreeSet<u8>,
    pub rules: &'a Rules<'a>,
    pub in_force: InForce<'a>,
    /// The person's license here as it stood at submission.
    pub license: &'a OnceCell<Evaluation>,
}

/// What a request owes at an instant, by some facts.
pub(super) struct Owed<'a> {
    pub case: &'a Case<'a>,
    pub request: &'a LicenseRequest,
    pub project_types: &'a BTreeSet<u8>,
    pub facts: &'a [&'a Fact],
    pub rules: &'a Rules<'a>,
    pub in_force: InForce<'a>,
    pub calendar: Calendar<'a>,
    pub at: Instant,
    pub held: &'a Held,
    pub resets: &'a Resets,
    /// Where its license began with only some of its projects.
    pub begun: Option<Begun>,
    license: &'a OnceCell<Evaluation>,
}

impl Asked for Owed<'_> {
    fn job_role(&self) -> Option<&str> {
        self.request.job_role.as_deref()
    }

    fn reaches(&self, project_types: &BTreeSet<u8>) -> bool {
        !project_types.is_disjoint(self.project_types)
    }

    fn submitted_at(&self) -> Instant {
        self.request.submitted_at
    }

    fn past(&self) -> Past {
        let license = self.license_at_submission();
        Past {
            last_end: last_end(license.period(), &license.holds, license.at),
            absent_since: self.absent_since(),
        }
    }

    fn anew(&self) -> bool {
        let found = self
            .in_force
            .document
            .license_types
            .get(&self.request.license_type);
        found.is_some_and(|license_type| {
            ladder::asks_anew(license_type, self.request.class, self.calendar, || {
                Some((self.absent_since()?, self.request.submitted_at))
            })
        })
    }

    fn calendar(&self) -> Calendar<'_> {
        self.calendar
    }
}

impl<'a> Owed<'a> {
    pub(super) fn new(
        ground: Ground<'a>,
        facts: &'a [&'a Fact],
        at: Instant,
        held: &'a Held,
        resets: &'a Resets,
    ) -> Self {
        Self {
            case: ground.case,
            request: ground.request,
            project_types: ground.project_types,
            facts,
            rules: ground.rules,
            in_force: ground.in_force,
            calendar: calendar(ground.in_force),
            at,
            held,
            resets,
            begun: Begun::of(facts, ground.request),
            license: ground.license,
        }
    }

    /// The set that some rules ask of this request, by its code; a return ladder chooses by the absence at submission.
    fn chosen(&self, rules: InForce<'a>) -> Option<(&'a str, &'a RequirementSet)> {
        let license_type = rules
            .document
            .license_types
            .get(&self.request.license_type)?;
        ladder::set_for(license_type, self.request.class, || {
            ladder::rung(
                license_type,
                calendar(rules),
                self.absent_since()?,
                self.request.submitted_at,
            )
        })
    }

    pub(super) fn set_code(&self) -> Option<String> {
        self.chosen(self.in_force).map(|(code, _)| code.to_owned())
    }

    /// What the rules in force ask of such a request, without what was added after its submission: that binds only
    /// requests submitted later, unless it says otherwise. Nothing where the rules know no such request.
    fn set(&self) -> Option<RequirementSet> {
        let mut set = self.chosen(self.in_force)?.1.clone();
        let then = self
            .rules
            .at(self.request.submitted_at)
            .and_then(|rules| self.chosen(rules));
        if let Some((_, then)) = then {
            // What was asked of others only, and is asked of this one since, was added too.
            set.agreements.retain(|now| {
                now.binds != Binds::NewRequests
                    || then
                        .agreements
                        .iter()
                        .any(|then| then.agreement == now.agreement && self.asks_agreement(then))
            });
            set.courses.retain(|now| {
                now.binds != Binds::NewRequests
                    || then
                        .courses
                        .iter()
                        .any(|then| then.course == now.course && self.asks_course(then))
            });
            set.practice.retain(|now| {
                now.binds != Binds::NewRequests
                    || then.practice.iter().any(|then| {
                        then.practice_set == now.practice_set && self.asks_practice(then)
                    })
            });
        }
        for extra in self.extras() {
            extras::ask(&mut set, &extra);
        }
        Some(set)
    }

    /// The steps that were asked for at submission. They are matched with the approvals by their place, so that later
    /// rules change none of them.
    pub(super) fn approval_steps(&self) -> Vec<ApprovalStep> {
        let in_force = self
            .rules
            .at(self.request.submitted_at)
            .unwrap_or(self.in_force);
        let day = calendar(in_force).day(self.request.submitted_at);
        let groups = in_force.document.groups_of(self.case.organization, day);
        in_force
            .document
            .requests_for(&self.request.license_type)
            .acting_on(day)
            .approval
            .iter()
            .filter(|step| {
                self.for_job_role(&step.job_roles)
                    && self.for_project_types(&step.project_types)
                    && (step.groups.is_empty()
                        || step
                            .groups
                            .iter()
                            .any(|group| groups.contains_key(group.as_str())))
                    && step.enforced_from.is_none_or(|from| from <= day)
            })
            .cloned()
            .collect()
    }

    /// The requirements in the order in which the set names them. Steps are settled in their order: what is done in a
    /// later step before the earlier ones are done does not count.
    pub(super) fn items(&self) -> Option<Vec<Item>> {
        let set = self.set()?;
        let agreements = set
            .agreements
            .iter()
            .filter(|requirement| self.asks_agreement(requirement))
            .filter_map(|requirement| self.agreement(requirement));
        let courses = set
            .courses
            .iter()
            .filter(|requirement| self.asks_course(requirement))
            .filter_map(|requirement| self.course(requirement));
        let practice = set
            .practice
            .iter()
            .filter(|requirement| self.asks_practice(requirement))
            .filter_map(|requirement| self.practice(requirement));
        let mut ranked: Vec<(Option<usize>, Option<Candidate>, Option<Item>)> = agreements
            .chain(courses)
            .chain(practice)
            .chain(self.campaigns())
            .map(|candidate| {
                let rank = candidate
                    .step
                    .as_ref()
                    .and_then(|step| set.order.iter().position(|known| known == step));
                (rank, Some(candidate), None)
            })
            .collect();
        let mut before = Before::Nothing;
        let ranks = std::iter::once(None).chain((0..set.order.len()).map(Some));
        for rank in ranks {
            let mut done: Option<NaiveDate> = match &before {
                Before::Done(day) => Some(*day),
                _ => None,
            };
            let mut open = false;
            for (place, candidate, item) in &mut ranked {
                if *place != rank {
                    continue;
                }
                let settled = candidate
                    .take()
                    .map(|candidate| self.settled(candidate, &before));
                match settled.as_ref().map(|item| item.done_on(None)) {
                    Some(Some(day)) => done = done.max(Some(day)),
                    _ => open = true,
                }
                *item = settled;
            }
            let Some(step) = rank.and_then(|rank| set.order.get(rank)) else {
                continue;
            };
            before = match (before, open) {
                (Before::Open(mut steps), true) => {
                    steps.push(step.clone());
                    Before::Open(steps)
                }
                (Before::Open(steps), false) => Before::Open(steps),
                (_, true) => Before::Open(vec![step.clone()]),
                (before, false) => done.map_or(before, Before::Done),
            };
        }
        Some(ranked.into_iter().filter_map(|(_, _, item)| item).collect())
    }

    /// Whether staff added a requirement to this request.
    pub(super) fn added(&self, key: &RequirementKey) -> bool {
        self.extras().any(|added| added == *key)
    }

    fn extras(&self) -> impl Iterator<Item = RequirementKey> {
        let facts = self.facts.iter().copied();
        extras::added(facts, self.request.id, self.calendar.day(self.at))
    }

    /// Whether a requirement was asked by the end of a local day. What staff or a later version ask since then was not
    /// to be done by that day.
    pub(super) fn asked_by(&self, key: &RequirementKey, day: NaiveDate) -> bool {
        let added = self
            .facts
            .iter()
            .copied()
            .filter(|fact| self.calendar.day(fact.envelope.occurred_at) <= day);
        if extras::added(added, self.request.id, day).any(|added| added == *key) {
            return true;
        }
        let ends_at = start_of_day(self.in_force.zone, add_days(day, 1));
        let Some(then) = self
            .rules
            .at((ends_at - TimeDelta::microseconds(1)).min(self.at))
        else {
            return true;
        };
        let Some((_, set)) = self.chosen(then) else {
            return true;
        };
        match key {
            RequirementKey::Agreement(code) => {
                let version = |rules: InForce<'_>| {
                    let agreement = rules
                        .document
                        .agreement_for(&self.request.license_type, code);
                    agreement.map(|agreement| agreement.version)
                };
                version(then) == version(self.in_force)
                    && set
                        .agreements
                        .iter()
                        .any(|then| then.agreement == *code && self.asks_agreement(then))
            }
            RequirementKey::Course(code) => set
                .courses
                .iter()
                .any(|then| then.course == *code && self.asks_course(then)),
            RequirementKey::Practice(code) => set
                .practice
                .iter()
                .any(|then| then.practice_set == *code && self.asks_practice(then)),
            _ => true,
        }
    }

    fn agreement(&self, requirement: &AgreementRequirement) -> Option<Candidate> {
        let code = &requirement.agreement;
        let agreement = self
            .in_force
            .document
            .agreement_for(&self.request.license_type, code)?;
        if agreement.scope != AgreementScope::Person {
            return None;
        }
        let facts = self.counting_from(requirement.evidence_from);
        let signed = execution(
            &facts,
            self.case.organization,
            code,
            &agreement,
            Some(&agreement.version),
            self.calendar,
        );
        let missing = |party: &Party| {
            format!(
                "version {} of `{code}` is not signed by {}",
                agreement.version,
                party_name(*party)
            )
        };
        Some(Candidate {
            key: RequirementKey::Agreement(code.clone()),
            title: agreement.title.clone(),
            step: requirement.step.clone(),
            initial: requirement.initial_step,
            on_lapse: requirement.on_lapse,
            waivable: requirement.waivable,
            done: signed.rounds,
            partial: signed.signed,
            missing: signed.missing.iter().map(missing).collect(),
            who: signed.missing.clone(),
            enforced_from: requirement.enforced_from,
            fails: Fails::default(),
            practice: None,
            project_types: BTreeSet::new(),
        })
    }

    fn course(&self, requirement: &CourseRequirement) -> Option<Candidate> {
        let code = &requirement.course;
        let course = self.in_force.document.courses.get(code)?;
        let validity = requirement.validity.or(course.validity);
        let length: Option<Length> =
            validity.and_then(|validity| validity.until_activation.or(validity.length));
        let facts = self.counting_from(requirement.evidence_from);
        let pass_mark = requirement.pass_mark.or(course.pass_mark);
        // A mark or an edition that came later binds requests submitted after it, like a requirement.
        let then = self.standard_at_submission(code);
        let standards = std::iter::once(Standard::of(course, Some(requirement))).chain(then);
        let standards: Vec<Standard<'_>> = standards.collect();
        let passed = passes(&facts, code, |_| standards.iter().copied(), self.calendar);
        let done = passed
            .iter()
            .map(|(on, fact)| Evidence {
                facts: vec![*fact],
                on: *on,
                valid_through: length.map(|length| self.calendar.after(length, *on)),
            })
            .collect();
        let edition = course
            .edition
            .as_ref()
            .map(|edition| format!(" in edition {edition}"))
            .unwrap_or_default();
        let mark = pass_mark
            .map(|mark| format!(" with at least {mark} %"))
            .unwrap_or_default();
        Some(Candidate {
            key: RequirementKey::Course(code.clone()),
            title: course.title.clone(),
            step: requirement.step.clone(),
            initial: requirement.initial_step,
            on_lapse: requirement.on_lapse,
            waivable: requirement.waivable,
            done,
            partial: Vec::new(),
            missing: vec![format!("`{code}` is not passed{edition}{mark}")],
            who: vec![Party::EndUser],
            enforced_from: requirement.enforced_from,
            fails: self.fails(
                code,
                requirement.max_attempts.or(course.max_attempts),
                requirement.pass_mark.or(course.pass_mark),
            ),
            practice: None,
            project_types: requirement.project_types.clone(),
        })
    }

    /// What a pass of a course had to be when the request was submitted.
    fn standard_at_submission(&self, code: &str) -> Option<Standard<'_>> {
        let rules = self.rules.at(self.request.submitted_at)?;
        let course = rules.document.courses.get(code)?;
        let asked = self
            .chosen(rules)
            .and_then(|(_, set)| set.courses.iter().find(|then| then.course == code));
        Some(Standard::of(course, asked))
    }

    /// The fails of a course since the request: a pass below the mark is one too.
    fn fails(&self, code: &str, allowed: Option<u16>, mark: Option<u8>) -> Fails {
        let facts = self
            .facts
            .iter()
            .filter(|fact| fact.envelope.occurred_at > self.request.submitted_at)
            .filter(|fact| {
                matches!(&fact.body, FactBody::TrainingCompleted { course, outcome, score, .. }
                    if course == code
                        && (*outcome == Outcome::Fail
                            || mark.is_some_and(|mark| score.is_some_and(|score| score < mark))))
            })
            .map(|fact| {
                let on = self.calendar.day(fact.envelope.occurred_at);
                (fact.acts_at(), on, fact.id)
            })
            .collect();
        Fails { facts, allowed }
    }

    /// The facts that count from the instant a requirement names.
    pub(super) fn counting_from(&self, from: EvidenceFrom) -> Vec<&Fact> {
        occurred_since(self.facts, self.counts_since(from), self.calendar)
    }

    fn license_at_submission(&self) -> &Evaluation {
        self.license
            .get_or_init(|| evaluate(self.case, self.request.submitted_at))
    }

    /// The type of the license that ran here at submission.
    pub(super) fn type_before(&self) -> Option<String> {
        self.license_at_submission()
            .period()
            .map(|period| period.license_type.clone())
    }

    /// When the absence until the request began.
    fn absent_since(&self) -> Option<Instant> {
        let of = self
            .in_force
            .document
            .license_types
            .get(&self.request.license_type)
            .and_then(|found| found.inactivity.as_ref())
            .map(|rule| rule.absence_of)
            .unwrap_or_default();
        ladder::absent_since(
            self.case,
            self.license_at_submission(),
            of,
            self.request.submitted_at,
        )
    }
}
