//! Recurring recertification.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::super::asked::Asked;
use super::{Holder, Obligation, Owed};
use crate::domain::calendar::{Length, repeated_term};
use crate::domain::fact::{Fact, FactBody, NoticeRule, RenewalDecision};
use crate::domain::ids::FactId;
use crate::domain::policy::{
    CountsFrom, Party, Recertification, RecertificationItem, Renewer, Schedule, YearlyDate,
};
use crate::domain::requirement::{RequirementKey, acceptances, execution};

/// A completion of an item: its local day, and the facts it consists of.
type Done = (NaiveDate, Vec<FactId>);

/// An item with its completions, oldest first.
struct Item {
    key: RequirementKey,
    title: String,
    done: Vec<Done>,
    /// Who completes it.
    who: Vec<Party>,
}

/// What is done with an item.
fn how(item: &RecertificationItem) -> &'static str {
    match item {
        RecertificationItem::Course { .. } | RecertificationItem::CoursesOf { .. } => "passed",
        RecertificationItem::Agreement { .. } => "signed anew by everybody",
        RecertificationItem::Acknowledgement { .. } => "acknowledged",
        RecertificationItem::Practice { .. } => "accepted",
        RecertificationItem::Renewal { .. } => "given",
    }
}

impl Holder<'_> {
    pub(super) fn recertification(&self, rule: &Recertification) -> Vec<Obligation> {
        rule.items
            .iter()
            .enumerate()
            .filter(|(_, item)| self.for_job_role(item.job_roles()))
            .filter_map(|(place, item)| {
                let Item {
                    key,
                    title,
                    done,
                    who,
                } = self.recertified(place, item)?;
                let (evidence, due_on) = match &rule.schedule {
                    Schedule::Rolling {
                        months,
                        counts_from,
                        early_window,
                    } => self.rolling(*months, *counts_from, *early_window, &done),
                    Schedule::FixedYearly { date } => self.yearly(date, &done),
                };
                Some(self.obligation(Owed {
                    key,
                    missing: vec![format!(
                        "{title} is not {} since it was last due",
                        how(item)
                    )],
                    title,
                    never_met: evidence.is_empty(),
                    evidence,
                    due_on: Some(due_on),
                    who,
                    rule: NoticeRule::Recertification,
                    on_miss: rule.on_miss,
                    enforced_from: rule.enforced_from,
                }))
            })
            .collect()
    }

    /// The completions of an item, oldest first.
    fn recertified(&self, place: usize, item: &RecertificationItem) -> Option<Item> {
        let by_user = |key, title, done| Item {
            key,
            title,
            done,
            who: vec![Party::EndUser],
        };
        let each = |(on, fact): (NaiveDate, FactId)| (on, vec![fact]);
        match item {
            RecertificationItem::Course { course: code, .. } => {
                let course = self.document.courses.get(code)?;
                let done = self.course_passes(self.facts, code, None);
                Some(by_user(
                    RequirementKey::Course(code.clone()),
                    course.title.clone(),
                    done.into_iter().map(each).collect(),
                ))
            }
            RecertificationItem::CoursesOf { count, courses, .. } => {
                // Complete again whenever the count-th distinct course since the last completion was passed.
                let mut all: Vec<_> = courses
                    .iter()
                    .flat_map(|code| {
                        self.course_passes(self.facts, code, None)
                            .into_iter()
                            .map(move |(on, fact)| (on, fact, code))
                    })
                    .collect();
                all.sort_unstable();
                let mut round = BTreeMap::new();
                let mut done = Vec::new();
                for (on, fact, code) in all {
                    round.insert(code, fact);
                    if round.len() >= usize::from(*count) {
                        done.push((on, std::mem::take(&mut round).into_values().collect()));
                    }
                }
                Some(by_user(
                    RequirementKey::CoursesOf(place),
                    format!("{count} courses of a list of {}", courses.len()),
                    done,
                ))
            }
            RecertificationItem::Agreement {
                agreement: code, ..
            } => {
                let agreement = self
                    .document
                    .agreement_for(&self.period.license_type, code)?;
                // The version in force is what is signed anew; one that was signed before it counts while it was new.
                let signed = execution(
                    self.facts,
                    self.organization,
                    code,
                    &agreement,
                    None,
                    self.calendar,
                );
                Some(Item {
                    key: RequirementKey::SignedAnew(code.clone()),
                    title: agreement.title.clone(),
                    done: signed
                        .rounds
                        .into_iter()
                        .map(|round| (round.on, round.facts))
                        .collect(),
                    who: signed.missing,
                })
            }
            RecertificationItem::Acknowledgement { code, title, .. } => Some(by_user(
                RequirementKey::Acknowledgement(code.clone()),
                title.clone(),
                self.dated(|fact| {
                    matches!(&fact.body, FactBody::Acknowledged { acknowledgement } if acknowledgement == code)
                })
                .into_iter()
                .map(each)
                .collect(),
            )),
            RecertificationItem::Practice {
                practice_set: code, ..
            } => {
                let set = self.document.practice_sets.get(code)?;
                let pass_mark = self
                    .license_type
                    .practice
                    .as_ref()
                    .and_then(|rules| rules.pass_mark);
                Some(by_user(
                    RequirementKey::Practice(code.clone()),
                    set.title.clone(),
                    acceptances(self.facts, code, pass_mark, self.calendar),
                ))
            }
            RecertificationItem::Renewal { .. } => Some(Item {
                key: RequirementKey::Renewal,
                title: "The requester's word that the person still needs access".to_owned(),
                done: self
                    .dated(|fact| {
                        fact.organization_id == Some(self.organization)
                            && matches!(
                                fact.body,
                                FactBody::LicenseRenewed {
                                    by: Renewer::Supervisor
                                        | Renewer::AuthorizedSigner
                                        | Renewer::Staff,
                                    decision: RenewalDecision::Renewed,
                                }
                            )
                    })
                    .into_iter()
                    .map(each)
                    .collect(),
                who: vec![Party::Agency],
            }),
        }
    }

    /// The facts of one kind, each on its local day, oldest first.
    fn dated(&self, is: impl Fn(&Fact) -> bool) -> Vec<(NaiveDate, FactId)> {
        let mut found: Vec<_> = self
            .facts
            .iter()
            .filter(|fact| is(fact))
            .map(|fact| (self.calendar.day(fact.envelope.occurred_at), fact.id))
            .collect();
        found.sort_unstable();
        found
    }

    /// The evidence and the last local day of a recertification at a date of the year: what was done before the coming
    /// year opened counts to the next date only. Without any, a newcomer is counted from activation.
    fn yearly(&self, date: &YearlyDate, done: &[Done]) -> (Vec<FactId>, NaiveDate) {
        let mut through = date.counts_through(self.calendar.day(self.period.counted_from), true);
        let mut evidence = Vec::new();
        let mut last = None;
        for (index, (on, facts)) in done.iter().enumerate() {
            let counts = date.counts_through(*on, index == 0);
            if last.is_none_or(|last| counts > last) {
                last = Some(counts);
                evidence.clone_from(facts);
            }
        }
        if let Some(last) = last {
            through = last;
        }
        (evidence, through)
    }

    /// The evidence and the last local day of a rolling recertification: months from the last completion, also one
    /// before this activation, and from activation only if there is none. A completion before the early window of the
    /// next due date does not count for it.
    fn rolling(
        &self,
        months: u16,
        counts_from: CountsFrom,
        early_window: Option<Length>,
        done: &[Done],
    ) -> (Vec<FactId>, NaiveDate) {
        // Repeated terms count from the first day, not from one that a short month clamped.
        let began =
            |(first, terms): (NaiveDate, u32)| repeated_term(first, u32::from(months), terms);
        let due = |(first, terms): (NaiveDate, u32)| began((first, terms.saturating_add(1)));
        let mut base: Option<(NaiveDate, u32)> = None;
        let mut evidence = Vec::new();
        for (on, facts) in done {
            let next = match base {
                Some(base) if *on <= due(base) => {
                    let open = early_window
                        .is_none_or(|window| self.calendar.after(window, *on) >= due(base));
                    match counts_from {
                        _ if !open => continue,
                        CountsFrom::LastCompletion => (*on, 0),
                        // One completion serves one round.
                        CountsFrom::OldDueDate if *on <= began(base) => continue,
                        CountsFrom::OldDueDate => (base.0, base.1.saturating_add(1)),
                    }
                }
                _ => (*on, 0),
            };
            base = Some(next);
            evidence.clone_from(facts);
        }
        let base = base.unwrap_or_else(|| (self.calendar.day(self.period.counted_from), 0));
        (evidence, due(base))
    }
}
