//! What a request owes, and how each requirement stands.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::held::Held;
use super::item::{Before, Candidate, Fails, Item, Resets};
use super::partial::Begun;
use crate::domain::calendar::{Instant, Length, Precision};
use crate::domain::evaluate::ladder;
use crate::domain::evaluate::obligation::calendar;
use crate::domain::evaluate::rules::{InForce, Rules};
use crate::domain::evaluate::{Case, Evaluation, evaluate};
use crate::domain::fact::{Fact, FactBody, HoldCause, Outcome};
use crate::domain::policy::{
    AgreementRequirement, AgreementScope, ApprovalStep, Binds, CourseRequirement, EvidenceFrom,
    Party, PracticeRequirement, RequirementSet, Return,
};
use crate::domain::request::LicenseRequest;
use crate::domain::requirement::{
    Calendar, Evidence, RequirementKey, execution, party_name, passes,
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

    /// Whether the return ladder asks for everything anew, as of somebody new.
    fn anew(&self) -> bool {
        let found = self
            .in_force
            .document
            .license_types
            .get(&self.request.license_type);
        found.is_some_and(|license_type| {
            ladder::asks_ladder(license_type, self.request.class)
                && self.absent_since().is_some_and(|since| {
                    ladder::rung(
                        license_type,
                        self.calendar,
                        since,
                        self.request.submitted_at,
                    )
                    .is_some_and(|(_, rung)| {
                        matches!(
                            rung.then,
                            Return::AsNew {
                                earlier_evidence_counts: false
                            }
                        )
                    })
                })
        })
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
            set.agreements.retain(|now| {
                now.binds != Binds::NewRequests
                    || then
                        .agreements
                        .iter()
                        .any(|then| then.agreement == now.agreement)
            });
            set.courses.retain(|now| {
                now.binds != Binds::NewRequests
                    || then.courses.iter().any(|then| then.course == now.course)
            });
            set.practice.retain(|now| {
                now.binds != Binds::NewRequests
                    || then
                        .practice
                        .iter()
                        .any(|then| then.practice_set == now.practice_set)
            });
        }
        self.add_extras(&mut set);
        Some(set)
    }

    pub(super) fn for_job_role(&self, job_roles: &BTreeSet<String>) -> bool {
        job_roles.is_empty()
            || self
                .request
                .job_role
                .as_ref()
                .is_some_and(|role| job_roles.contains(role))
    }

    pub(super) fn for_project_types(&self, kinds: &BTreeSet<u8>) -> bool {
        kinds.is_empty() || !kinds.is_disjoint(self.project_types)
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
            .filter(|requirement| self.for_job_role(&requirement.job_roles))
            .filter_map(|requirement| self.agreement(requirement));
        let courses = set
            .courses
            .iter()
            .filter(|requirement| {
                self.for_job_role(&requirement.job_roles)
                    && self.for_project_types(&requirement.project_types)
                    && self.absent(requirement.absence_at_least)
            })
            .filter_map(|requirement| self.course(requirement));
        let practice = set
            .practice
            .iter()
            .filter(|requirement| {
                self.for_job_role(&requirement.job_roles)
                    && self.absent(requirement.absence_at_least)
            })
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

    fn absent(&self, at_least: Option<Length>) -> bool {
        at_least.is_none_or(|length| self.absent_for(length))
    }

    /// What staff added to this one request.
    fn add_extras(&self, set: &mut RequirementSet) {
        let today = self.calendar.day(self.at);
        for fact in self.facts {
            let FactBody::RequirementAdded {
                requirement,
                until_on,
            } = &fact.body
            else {
                continue;
            };
            if fact.request_id != Some(self.request.id) || until_on.is_some_and(|last| last < today)
            {
                continue;
            }
            // Where the set asks it of some people only, this request owes it in any case.
            match requirement.split_once(':') {
                Some(("agreement", code)) => {
                    let found = set
                        .agreements
                        .extract_if(.., |known| known.agreement == code);
                    let mut extra = found
                        .last()
                        .unwrap_or_else(|| AgreementRequirement::plain(code));
                    extra.job_roles.clear();
                    set.agreements.push(extra);
                }
                Some(("course", code)) => {
                    let found = set.courses.extract_if(.., |known| known.course == code);
                    let mut extra = found
                        .last()
                        .unwrap_or_else(|| CourseRequirement::plain(code));
                    extra.job_roles.clear();
                    extra.project_types.clear();
                    extra.absence_at_least = None;
                    set.courses.push(extra);
                }
                Some(("practice", code)) => {
                    let found = set
                        .practice
                        .extract_if(.., |known| known.practice_set == code);
                    let mut extra = found
                        .last()
                        .unwrap_or_else(|| PracticeRequirement::plain(code));
                    extra.job_roles.clear();
                    extra.absence_at_least = None;
                    set.practice.push(extra);
                }
                _ => {}
            }
        }
    }

    /// Whether staff added a requirement to this request.
    pub(super) fn added(&self, key: &RequirementKey) -> bool {
        let name = key.to_string();
        let today = self.calendar.day(self.at);
        self.facts
            .iter()
            .filter(|fact| fact.request_id == Some(self.request.id))
            .any(|fact| {
                matches!(
                    &fact.body,
                    FactBody::RequirementAdded { requirement, until_on }
                        if *requirement == name && until_on.is_none_or(|last| today <= last)
                )
            })
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
        let passed = passes(
            &facts,
            code,
            course,
            &requirement.equivalents,
            pass_mark,
            self.calendar,
        );
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
        let since = match from {
            EvidenceFrom::AnyTime => None,
            EvidenceFrom::Submission => Some(self.request.submitted_at),
            EvidenceFrom::LastEnd => self.last_end(),
            EvidenceFrom::AbsenceStart => self.absent_since(),
        };
        let since = if self.anew() {
            since.max(self.last_end())
        } else {
            since
        };
        self.facts
            .iter()
            .copied()
            .filter(|fact| {
                let envelope = &fact.envelope;
                // Of what is known by its day alone, the whole day counts.
                let that_day = |since| {
                    envelope.precision == Precision::Day
                        && self.calendar.day(envelope.occurred_at) == self.calendar.day(since)
                };
                since.is_none_or(|since| envelope.occurred_at >= since || that_day(since))
            })
            .collect()
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

    /// When access last ended here: with the license, or with the hold that its absence brought.
    fn last_end(&self) -> Option<Instant> {
        let license = self.license_at_submission();
        match &license.period()?.end {
            Some(end) => Some(end.at),
            None => license
                .open_holds()
                .filter(|hold| hold.cause == HoldCause::LongInactivity)
                .map(|hold| hold.from)
                .min(),
        }
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

    /// Whether the absence until the request has at least a length.
    fn absent_for(&self, length: Length) -> bool {
        self.absent_since().is_some_and(|since| {
            self.calendar.after(length, self.calendar.day(since))
                <= self.calendar.day(self.request.submitted_at)
        })
    }
}
