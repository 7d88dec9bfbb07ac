//! Evaluating anew what a change of rules made due.

use crate::application::ports::{StoreExt, UnitOfWork};
use crate::application::{App, Error};

use super::evaluate_due_people;

/// People per transaction: few enough that nobody waits long for a person's guard row.
const PEOPLE_AT_ONCE: i64 = 100;

impl App {
    /// Evaluates all requests and licenses whose recorded states belong to an older generation, a bounded batch of
    /// people per transaction, until none is left; returns how many people were evaluated.
    ///
    /// # Errors
    /// The first batch that fails ends it; what was done before is kept.
    pub async fn reindex(&self) -> Result<usize, Error> {
        let mut done = 0;
        loop {
            let now = self.now();
            let people = self
                .store()
                .write(move |unit: &mut dyn UnitOfWork| -> Result<usize, Error> {
                    evaluate_due_people(unit, PEOPLE_AT_ONCE, now)
                })
                .await?;
            if people == 0 {
                return Ok(done);
            }
            done += people;
        }
    }
}
