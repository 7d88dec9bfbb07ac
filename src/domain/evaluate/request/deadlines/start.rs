//! When a deadline starts.

use chrono::NaiveDate;

use super::super::item::{Before, Item};
use super::super::owed::Owed;
use super::super::road::Progress;
use super::{Count, initial, is_course, of_step};
use crate::domain::policy::{Deadline, DeadlineStart};
use crate::domain::seat::Place;

impl Owed<'_> {
    /// When a deadline starts, if it has.
    pub(super) fn counts(
        &self,
        deadline: &Deadline,
        progress: &Progress,
        items: &[Item],
    ) -> Vec<Count> {
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
}
