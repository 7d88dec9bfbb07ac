//! When the goal of a deadline is reached.

use chrono::NaiveDate;

use super::super::item::Item;
use super::super::owed::Owed;
use super::super::road::Progress;
use super::{Count, initial, is_course, of_step};
use crate::domain::fact::{BookingResult, Fact, FactBody};
use crate::domain::policy::DeadlineGoal;
use crate::domain::requirement::RequirementKey;

impl Owed<'_> {
    /// The day on which a goal was reached, and the requirements it speaks of.
    pub(super) fn reached(
        &self,
        goal: &DeadlineGoal,
        count: &Count,
        progress: &Progress,
        items: &[Item],
        since: Option<NaiveDate>,
        due_on: Option<NaiveDate>,
    ) -> (Option<NaiveDate>, Vec<RequirementKey>) {
        let mut chosen: Vec<&Item> = match goal {
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
        if let Some(due) = due_on {
            chosen.retain(|item| self.asked_by(&item.standing.key, due));
        }
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
