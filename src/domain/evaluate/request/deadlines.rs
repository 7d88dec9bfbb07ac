//! Deadlines on the way from submission to activation.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::item::{Before, Item};
use super::owed::{Ground, Owed};
use super::road::Progress;
use crate::domain::calendar::{Instant, Length, add_days};
use crate::domain::evaluate::rules::InForce;
use crate::domain::fact::{BookingResult, Fact, FactBody};
use crate::domain::policy::{Deadline, DeadlineGoal, DeadlineMiss, DeadlineStart, Onboarding};
use crate::domain::requirement::RequirementKey;
use crate::domain::seat::Place;

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
        let due_on = due_on.map(|due| {
            let extended = self.extended_to(&deadline.code);
            due.max(count.known_on.unwrap_or(due))
                .max(extended.unwrap_or(due))
        });
        let (done_on, keys) =
            self.reached(&deadline.goal, count, progress, items, restarted, due_on);
        Some(Run {
            code: deadline.code.clone(),
            title: deadline.title.clone(),
            on_miss: deadline.on_miss.clone(),
            started_on: restarted.unwrap_or(count.started_on),
            acts_after: due_on.map(|due| {
                let before = deadline.enforced_from.and_then(|day| day.pred_opt());
                due.max(before.unwrap_or(due))
            }),
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

    /// The day to which staff moved a deadline.
    fn extended_to(&self, code: &str) -> Option<NaiveDate> {
        self.facts
            .iter()
            .filter(|fact| fact.request_id == Some(self.request.id))
            .filter_map(|fact| match &fact.body {
                FactBody::DeadlineExtended { deadline, until_on } if deadline == code => {
                    Some(*until_on)
                }
                _ => None,
            })
            .max()
    }

    /// When a deadline starts, if it has.
    fn counts(&self, deadline: &Deadline, progress: &Progress, items: &[Item]) -> Vec<Count> {
        let all = |items: Vec<&Item>| self.last_done(&items);
        let one = match &deadline.start {
            DeadlineStart::Submission {} => {
                Some(Count::from(self.calendar.day(self.request.submitted_at)))
            }
            DeadlineStart::Approval {} => progress.approved_on.map(Count::from),
            DeadlineStart::PracticeAdmission {} => self.admitted(progress, items),
            DeadlineStart::PracticeReturned {} => {
                return items
                    .iter()
                    .filter_map(|item| Some((item, item.practice.as_ref()?)))
                    .flat_map(|(item, practice)| {
                        practice.returned.iter().map(move |(at, on, _)| Count {
                            started_on: *on,
                            known_on: None,
                            only: Some((item.standing.key.clone(), *at)),
                        })
                    })
                    .filter(|count| {
                        let submitted = self.request.submitted_at;
                        count.only.as_ref().is_none_or(|(_, at)| *at >= submitted)
                    })
                    .collect();
            }
            DeadlineStart::StepEnd { step } => all(of_step(items, step)),
            DeadlineStart::InitialStepsEnd {} => all(initial(items)),
            DeadlineStart::CoursesPassed { courses } => all(items
                .iter()
                .filter(|item| is_course(item, courses))
                .collect()),
        };
        let submitted = self.calendar.day(self.request.submitted_at);
        one.into_iter()
            .map(|count| Count {
                // What was done before the request starts nothing before it.
                started_on: count.started_on.max(submitted),
                ..count
            })
            .collect()
    }

    /// The day on which the last of some requirements was first met.
    fn last_done(&self, items: &[&Item]) -> Option<Count> {
        let mut last: Option<NaiveDate> = None;
        for item in items {
            last = last.max(Some(item.done_on(None)?));
        }
        let started_on = last?;
        let known = items
            .iter()
            .flat_map(|item| item.done.first())
            .filter(|evidence| evidence.on == started_on)
            .flat_map(|evidence| &evidence.facts)
            .filter_map(|id| self.facts.iter().find(|fact| fact.id == *id))
            .map(|fact| self.calendar.day(fact.envelope.recorded_at))
            .max();
        Some(Count {
            started_on,
            known_on: known.filter(|known| *known > started_on),
            only: None,
        })
    }

    /// When practice opened: approved, what comes before it done, and admitted where places are counted.
    fn admitted(&self, progress: &Progress, items: &[Item]) -> Option<Count> {
        let approved = progress.approved_on?;
        let first = items
            .iter()
            .filter(|item| item.practice.is_some())
            .find(|item| item.is_open() || !item.done.is_empty())?;
        let before = match &first.before {
            Before::Open(_) => return None,
            Before::Done(day) => Count {
                started_on: *day,
                ..self
                    .last_done(
                        &items
                            .iter()
                            .filter(|item| item.practice.is_none())
                            .filter(|item| item.done_on(None) == Some(*day))
                            .collect::<Vec<_>>(),
                    )
                    .unwrap_or(Count::from(*day))
            },
            Before::Nothing => {
                let others: Vec<&Item> = items
                    .iter()
                    .filter(|item| item.practice.is_none())
                    .collect();
                if others.is_empty() {
                    Count::from(approved)
                } else {
                    self.last_done(&others)?
                }
            }
        };
        if !self.counts_practice_places() {
            return Some(Count {
                started_on: before.started_on.max(approved),
                ..before
            });
        }
        let place = self
            .calendar
            .day(self.waits(Place::Practice).last_reserved?);
        Some(Count {
            started_on: before.started_on.max(approved).max(place),
            known_on: before.known_on.filter(|known| *known > place),
            ..before
        })
    }

    /// The day on which a goal was reached, and the requirements it speaks of.
    fn reached(
        &self,
        goal: &DeadlineGoal,
        count: &Count,
        progress: &Progress,
        items: &[Item],
        since: Option<NaiveDate>,
        due_on: Option<NaiveDate>,
    ) -> (Option<NaiveDate>, Vec<RequirementKey>) {
        let chosen: Vec<&Item> = match goal {
            DeadlineGoal::Booked { courses } | DeadlineGoal::CoursesPassed { courses } => items
                .iter()
                .filter(|item| is_course(item, courses))
                .collect(),
            DeadlineGoal::PracticeSubmitted {} | DeadlineGoal::PracticeAccepted {} => items
                .iter()
                .filter(|item| item.practice.is_some())
                .filter(|item| {
                    count
                        .only
                        .as_ref()
                        .is_none_or(|(key, _)| item.standing.key == *key)
                })
                .collect(),
            DeadlineGoal::Signed { agreements } => items
                .iter()
                .filter(|item| {
                    matches!(&item.standing.key, RequirementKey::Agreement(code) if agreements.contains(code))
                })
                .collect(),
            DeadlineGoal::StepDone { step } => of_step(items, step),
            DeadlineGoal::InitialStepsDone {} => initial(items),
            DeadlineGoal::Ready {} => items.iter().collect(),
        };
        // Where nothing of it is owed, there is nothing to miss.
        let nothing = progress.approved_on.unwrap_or(count.started_on);
        let done = chosen
            .iter()
            .map(|item| match goal {
                DeadlineGoal::Booked { .. } => self.booked_on(item, since, due_on),
                DeadlineGoal::PracticeSubmitted {} => submitted_on(item, count, since),
                DeadlineGoal::Ready {} => item
                    .done_on(since)
                    .zip(progress.approved_on)
                    .map(|(done, approved)| done.max(approved)),
                _ => item.done_on(since),
            })
            .try_fold(None, |last: Option<NaiveDate>, on| {
                on.map(|on| last.max(Some(on)))
            });
        let keys = chosen
            .iter()
            .map(|item| item.standing.key.clone())
            .collect();
        match done {
            Some(last) => (Some(last.unwrap_or(nothing)), keys),
            None => (None, keys),
        }
    }

    /// The day a course was booked, by a booking that was kept at least through the deadline, or passed.
    fn booked_on(
        &self,
        item: &Item,
        since: Option<NaiveDate>,
        due_on: Option<NaiveDate>,
    ) -> Option<NaiveDate> {
        let RequirementKey::Course(code) = &item.standing.key else {
            return None;
        };
        let day = |fact: &Fact| self.calendar.day(fact.envelope.occurred_at);
        let given_up = |booking: &Fact| {
            self.facts
                .iter()
                .filter(|fact| {
                    matches!(&fact.body, FactBody::BookingSettled { booking: settled, result } if *settled == booking.id && *result != BookingResult::Attended)
                })
                .map(|fact| day(fact))
                .min()
        };
        let first = self
            .facts
            .iter()
            .filter(|fact| {
                matches!(&fact.body, FactBody::TrainingBooked { course, .. } if course == code)
            })
            .filter(|fact| since.is_none_or(|since| day(fact) >= since))
            .filter(|fact| {
                given_up(fact).is_none_or(|given_up| due_on.is_some_and(|due| due < given_up))
            })
            .map(|fact| day(fact))
            .min();
        first.into_iter().chain(item.done_on(since)).min()
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

/// The day practice was submitted, accepted or waived.
fn submitted_on(item: &Item, count: &Count, since: Option<NaiveDate>) -> Option<NaiveDate> {
    let practice = item.practice.as_ref()?;
    match &count.only {
        Some((_, at)) => practice
            .submitted_after(*at)
            .into_iter()
            .chain(item.waived_on)
            .min(),
        None => practice
            .submitted
            .iter()
            .map(|(_, on, _)| *on)
            .find(|on| since.is_none_or(|since| *on >= since))
            .into_iter()
            .chain(item.done_on(since))
            .min(),
    }
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
