//! Recurring recertification.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::{Holder, Obligation, Owed};
use crate::domain::calendar::repeated_term;
use crate::domain::fact::NoticeRule;
use crate::domain::ids::FactId;
use crate::domain::policy::{CountsFrom, Party, Recertification, RecertificationItem, Schedule};
use crate::domain::requirement::{RequirementKey, passes};

/// A completion of an item: its local day, and the facts it consists of.
type Done = (NaiveDate, Vec<FactId>);

impl Holder<'_> {
    pub(super) fn recertification(&self, rule: &Recertification) -> Vec<Obligation> {
        rule.items
            .iter()
            .enumerate()
            .filter(|(_, item)| self.for_job_role(item.job_roles()))
            .filter_map(|(place, item)| {
                let (key, title, done) = self.recertified(place, item)?;
                let (evidence, due_on) = self.rolling(&rule.schedule, &done)?;
                Some(self.obligation(Owed {
                    key,
                    missing: vec![format!("{title} is not passed since it was last due")],
                    title,
                    never_met: evidence.is_empty(),
                    evidence,
                    due_on: Some(due_on),
                    who: vec![Party::EndUser],
                    rule: NoticeRule::Recertification,
                    on_miss: rule.on_miss,
                    enforced_from: rule.enforced_from,
                }))
            })
            .collect()
    }

    /// The completions of an item, oldest first.
    fn recertified(
        &self,
        place: usize,
        item: &RecertificationItem,
    ) -> Option<(RequirementKey, String, Vec<Done>)> {
        match item {
            RecertificationItem::Course { course: code, .. } => {
                let course = self.document.courses.get(code)?;
                let done = self.course_passes(code);
                Some((
                    RequirementKey::Course(code.clone()),
                    course.title.clone(),
                    done.into_iter()
                        .map(|(on, fact)| (on, vec![fact]))
                        .collect(),
                ))
            }
            RecertificationItem::CoursesOf { count, courses, .. } => {
                // Complete again whenever the count-th distinct course since the last completion was passed.
                let mut all: Vec<_> = courses
                    .iter()
                    .flat_map(|code| {
                        self.course_passes(code)
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
                Some((
                    RequirementKey::CoursesOf(place),
                    format!("{count} courses of a list of {}", courses.len()),
                    done,
                ))
            }
            RecertificationItem::Agreement { .. }
            | RecertificationItem::Acknowledgement { .. }
            | RecertificationItem::Practice { .. }
            | RecertificationItem::Renewal { .. } => None,
        }
    }

    fn course_passes(&self, code: &str) -> Vec<(NaiveDate, FactId)> {
        self.document
            .courses
            .get(code)
            .map_or_else(Vec::new, |course| {
                passes(
                    self.facts,
                    code,
                    course,
                    &BTreeSet::new(),
                    course.pass_mark,
                    self.calendar,
                )
            })
    }

    /// The evidence and the last local day of a rolling recertification: months from the last completion, also one
    /// before this activation, and from activation only if there is none. A completion before the early window of the
    /// next due date does not count for it.
    fn rolling(&self, schedule: &Schedule, done: &[Done]) -> Option<(Vec<FactId>, NaiveDate)> {
        let Schedule::Rolling {
            months,
            counts_from,
            early_window,
        } = schedule
        else {
            return None;
        };
        // Repeated terms count from the first day, not from one that a short month clamped.
        let began =
            |(first, terms): (NaiveDate, u32)| repeated_term(first, u32::from(*months), terms);
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
        Some((evidence, due(base)))
    }
}
