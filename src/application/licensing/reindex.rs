//! Evaluating anew what a change of rules made due.

use crate::application::actor::Action;
use crate::application::ports::{StoreExt, View};
use crate::application::{App, Error};
use crate::domain::ids::PersonId;

use super::dossier::evaluate_people;
use super::{evaluate_due_people, waitlist};

/// People per transaction: few enough that nobody waits long for a person's guard row.
const PEOPLE_AT_ONCE: i64 = 100;

impl App {
    /// Evaluates all requests and licenses whose recorded states belong to an older generation, a bounded batch of
    /// people per transaction, until none is left; then gives what time or new rules freed of seats and practice places.
    /// Returns how many people were evaluated.
    ///
    /// # Errors
    /// The first batch that fails ends it; what was done before is kept.
    pub async fn reindex(&self) -> Result<usize, Error> {
        let mut done = 0;
        loop {
            let people = self
                .write_as_service(Action::RecordStates, |tx| {
                    evaluate_due_people(tx, PEOPLE_AT_ONCE)
                })
                .await?;
            if people == 0 {
                break;
            }
            done += people;
        }
        self.give_overdue_places().await?;
        Ok(done)
    }

    /// Records what time did to requests that wait or hold a place, and gives what is free to whoever is next in line.
    async fn give_overdue_places(&self) -> Result<(), Error> {
        let now = self.now();
        let late: Vec<PersonId> = self
            .store()
            .read(move |view: &mut dyn View| -> Result<_, Error> {
                let mut late = Vec::new();
                for id in view.implementations_with_waitlists()? {
                    late.extend(view.people_due_in_waitlist(id, now, PEOPLE_AT_ONCE)?);
                }
                Ok(late)
            })
            .await?;
        for person in late {
            self.write_as_service(Action::RecordStates, move |tx| {
                evaluate_people(tx, &[person])
            })
            .await?;
        }
        let due = self
            .store()
            .read(move |view: &mut dyn View| waitlist::overdue(view, now))
            .await?;
        for id in due {
            self.write_as_service(Action::RecordStates, move |tx| {
                waitlist::give_if_due(tx, id)
            })
            .await?;
        }
        Ok(())
    }
}
