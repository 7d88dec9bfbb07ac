//! Deadlines on the way from submission to activation.

mod goal;
mod start;

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::item::Item;
use super::owed::{Ground, Owed};
use super::road::Progress;
use crate::domain::calendar::{Instant, Length, add_days};
use crate::domain::evaluate::rules::InForce;
use crate::domain::fact::FactBody;
use crate::domain::policy::{Deadline, DeadlineGoal, DeadlineMiss, DeadlineStart, Onboarding};
use crate::domain::requirement::RequirementKey;

/// Deadlines that started over with their step, each with the local day.
pub(super) type Restarts = BTreeMap<String, NaiveDate>;

/// The name under which the lapse of an unfinished request is shown and extended.
pub const REQUEST_LAPSE: &str = "request_lapse";

/// Where a deadline stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeadlineStatus {
    Met,
    Due,
    /// Staff hold the request, and their time does not count.
    Paused,
    /// Its day has passed.
    Overdue,
}

impl DeadlineStatus {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Due => "due",
            Self::Paused => "paused",
            Self::Overdue => "overdue",
        }
    }
}

/// One deadline of a request that has started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadlineStanding {
    pub code: String,
    pub title: String,
    pub started_on: NaiveDate,
    /// The last local day on which it is in time. Absent while staff hold the request.
    pub due_on: Option<NaiveDate>,
    pub done_on: Option<NaiveDate>,
    pub status: DeadlineStatus,
    /// What a miss does: the step that starts over; absent: the request lapses.
    pub resets_step: Option<String>,
}

/// A started deadline.
pub(super) struct Run {
    pub code: String,
    title: String,
    pub on_miss: DeadlineMiss,
    started_on: NaiveDate,
    /// Nothing while staff hold the request.
    due_on: Option<NaiveDate>,
    /// The last day before a miss acts: the same, unless the deadline only reports yet.
    acts_after: Option<NaiveDate>,
    done_on: Option<NaiveDate>,
    /// The requirements it speaks of.
    keys: Vec<RequirementKey>,
}

impl Run {
    /// The first local day on which it is missed, where that has come.
    pub(super) fn missed_on(&self, today: NaiveDate) -> Option<NaiveDate> {
        let last = self.acts_after?;
        let late = self.done_on.is_none_or(|done| done > last);
        (last < today && late).then(|| add_days(last, 1))
    }

    /// The first local day on which it will be missed, where nothing is done.
    pub(super) fn will_be_missed_on(&self, today: NaiveDate) -> Option<NaiveDate> {
        let last = self.acts_after?;
        (self.done_on.is_none() && last >= today).then(|| add_days(last, 1))
    }

    pub(super) fn missed(&self) -> String {
        match self.due_on {
            Some(due) => format!(
                "the deadline `{}` ({}) ended on {due}",
                self.code, self.title
            ),
            None => format!("the deadline `{}` ({}) ended", self.code, self.title),
        }
    }

    pub(super) fn standing(&self, today: NaiveDate) -> DeadlineStanding {
        let late = |day: NaiveDate| self.due_on.is_some_and(|due| due < day);
        DeadlineStanding {
            code: self.code.clone(),
            title: self.title.clone(),
            started_on: self.started_on,
            due_on: self.due_on,
            done_on: self.done_on,
            status: match self.done_on {
                Some(done) if !late(done) => DeadlineStatus::Met,
                Some(_) => DeadlineStatus::Overdue,
                None if self.due_on.is_none() => DeadlineStatus::Paused,
                None if late(today) => DeadlineStatus::Overdue,
                None => DeadlineStatus::Due,
            },
            resets_step: match &self.on_miss {
                DeadlineMiss::LapseRequest {} => None,
                DeadlineMiss::ResetStep { step } => Some(step.clone()),
            },
        }
    }
}

/// One count of a deadline: practice that is returned starts its own.
struct Count {
    started_on: NaiveDate,
    /// When its start became known, where that was later.
    known_on: Option<NaiveDate>,
    /// Only this requirement, and only what followed an instant.
    only: Option<(RequirementKey, Instant)>,
}

impl Count {
    fn from(started_on: NaiveDate) -> Self {
        Self {
            started_on,
            known_on: None,
            only: None,
        }
    }
}

impl Ground<'_> {
    /// The deadlines as they were announced: those of the rules at submission.
    pub(super) fn onboarding(&self) -> Option<&Onboarding> {
        self.rules
            .at(self.request.submitted_at)
            .unwrap_or(self.in_force)
            .document
            .license_types
            .get(&self.request.license_type)?
            .onboarding
            .as_ref()
    }
}

impl Owed<'_> {
    /// Every deadline that has started.
    pub(super) fn deadlines(&self, progress: &Progress, restarts: &Restarts) -> Vec<Run> {
        let Some(items) = &progress.items else {
            return Vec::new();
        };
        let announced = self
            .rules
            .at(self.request.submitted_at)
            .unwrap_or(self.in_force);
        let mut runs = Vec::new();
        for deadline in deadlines_of(announced, self) {
            for count in self.counts(&deadline, progress, items) {
                runs.extend(self.run(&deadline, &count, progress, items, restarts));
            }
        }
        runs
    }

    fn run(
        &self,
        deadline: &Deadline,
        count: &Count,
        progress: &Progress,
        items: &[Item],
        restarts: &Restarts,
    ) -> Option<Run> {
        let restarted = restarts.get(&deadline.code).copied();
        // Counting begins after a day; what starts over on a day may use that day.
        let from = restarted.and_then(|day| day.pred_opt());
        let started_on = from.unwrap_or(count.started_on);
        let sets = items.iter().filter(|item| item.practice.is_some()).count();
        let further = u16::try_from(sets.saturating_sub(1)).unwrap_or(u16::MAX);
        let due_on = self.due(deadline, started_on, further)?;
        let due_on =
            due_on.and_then(|due| self.extended(deadline, due.max(count.known_on.unwrap_or(due))));
        let (done_on, keys) =
            self.reached(&deadline.goal, count, progress, items, restarted, due_on);
        Some(Run {
            code: deadline.code.clone(),
            title: deadline.title.clone(),
            on_miss: deadline.on_miss.clone(),
            started_on: restarted.unwrap_or(count.started_on),
            acts_after: due_on.map(|due| acts_after(deadline, due)),
            due_on,
            done_on,
            keys,
        })
    }

    /// The last local day of a deadline: nothing where a later version dropped it before it ended; an inner nothing
    /// while staff hold the request. What was announced is never shortened; a later version may lengthen it.
    fn due(
        &self,
        deadline: &Deadline,
        started_on: NaiveDate,
        further: u16,
    ) -> Option<Option<NaiveDate>> {
        let count = |deadline: &Deadline| {
            let mut last = self
                .held
                .after(deadline.length, started_on, self.calendar)?;
            if let Some(extra) = deadline.extra_per_practice_set {
                last = self
                    .held
                    .after(times(extra, further), last, self.calendar)?;
            }
            Some(last)
        };
        let Some(mut due) = count(deadline) else {
            return Some(None);
        };
        let submitted = self.request.submitted_at;
        for (from, rules) in self.rules.between(submitted, Instant::MAX_UTC) {
            if from <= submitted || self.calendar.day(from) > due {
                continue;
            }
            let later = deadlines_of(rules, self)
                .into_iter()
                .find(|later| later.code == deadline.code)?;
            match count(&later) {
                Some(later) => due = due.max(later),
                None => return Some(None),
            }
        }
        Some(Some(due))
    }

    /// A last day as staff extended it: by what they recorded before a miss acted, because afterwards the request has
    /// lapsed, or the step has started over. The days on which they hold the request since move the new day too;
    /// nothing while they hold it.
    fn extended(&self, deadline: &Deadline, due: NaiveDate) -> Option<NaiveDate> {
        let extensions = self
            .facts
            .iter()
            .filter(|fact| fact.request_id == Some(self.request.id))
            .filter_map(|fact| match &fact.body {
                FactBody::DeadlineExtended {
                    deadline: code,
                    until_on,
                } if *code == deadline.code => {
                    Some((self.calendar.day(fact.envelope.occurred_at), *until_on))
                }
                _ => None,
            });
        let mut due = due;
        for (on, until_on) in extensions {
            if on <= acts_after(deadline, due) {
                due = due.max(self.held.extended(until_on, on)?);
            }
        }
        Some(due)
    }

    /// The deadlines of the request that have not started.
    pub(super) fn waiting_deadlines(&self, runs: &[Run]) -> Vec<String> {
        let known = |code: &String| runs.iter().any(|run| run.code == *code);
        deadlines_of(self.in_force, self)
            .into_iter()
            .map(|deadline| deadline.code)
            .filter(|code| !known(code))
            .collect()
    }

    /// Gives open requirements the day of the first deadline that speaks of them.
    pub(super) fn date(&self, progress: &mut Progress, runs: &[Run]) {
        let today = self.calendar.day(self.at);
        for item in progress.items.iter_mut().flatten() {
            if !item.is_open() {
                continue;
            }
            item.standing.due_on = runs
                .iter()
                .filter(|run| run.done_on.is_none() && run.keys.contains(&item.standing.key))
                .filter_map(|run| run.due_on)
                .min();
            if item.standing.due_on.is_some_and(|due| due < today) {
                item.standing.status = crate::domain::requirement::Status::Overdue;
            }
        }
    }
}

/// The last day before a miss of a deadline acts: its own, unless it only reports yet.
fn acts_after(deadline: &Deadline, due: NaiveDate) -> NaiveDate {
    let before = deadline.enforced_from.and_then(|day| day.pred_opt());
    due.max(before.unwrap_or(due))
}

fn of_step<'i>(items: &'i [Item], step: &str) -> Vec<&'i Item> {
    items
        .iter()
        .filter(|item| item.step.as_deref() == Some(step))
        .collect()
}

fn initial(items: &[Item]) -> Vec<&Item> {
    items.iter().filter(|item| item.initial).collect()
}

fn is_course(item: &Item, courses: &std::collections::BTreeSet<String>) -> bool {
    matches!(&item.standing.key, RequirementKey::Course(code) if courses.contains(code))
}

fn times(length: Length, count: u16) -> Length {
    match length {
        Length::Days(days) => Length::Days(days.saturating_mul(count)),
        Length::BusinessDays(days) => Length::BusinessDays(days.saturating_mul(count)),
        Length::Months(months) => Length::Months(months.saturating_mul(count)),
    }
}

/// The deadlines that rules set for a request, with the lapse of an unfinished one.
fn deadlines_of(rules: InForce<'_>, owed: &Owed<'_>) -> Vec<Deadline> {
    let license_type = &owed.request.license_type;
    let mut deadlines: Vec<Deadline> = rules
        .document
        .license_types
        .get(license_type)
        .and_then(|found| found.onboarding.as_ref())
        .map_or_else(Vec::new, |onboarding| onboarding.deadlines.clone());
    deadlines.retain(|deadline| {
        deadline.classes.is_empty() || deadline.classes.contains(&owed.request.class)
    });
    let submitted_on = super::super::obligation::calendar(rules).day(owed.request.submitted_at);
    let requests = rules.document.requests_for(license_type);
    if let Some(length) = requests.acting_on(submitted_on).lapses_after {
        deadlines.push(Deadline {
            code: REQUEST_LAPSE.to_owned(),
            title: "The whole request".to_owned(),
            start: DeadlineStart::Submission {},
            goal: DeadlineGoal::Ready {},
            length,
            extra_per_practice_set: None,
            on_miss: DeadlineMiss::LapseRequest {},
            classes: std::collections::BTreeSet::new(),
            enforced_from: None,
        });
    }
    deadlines
}
