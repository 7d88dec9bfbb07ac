//! The states of a person are recorded, with what follows for places in line.

use super::super::waitlist;
use crate::application::ports::UnitOfWork;
use crate::application::{Error, Tx};
use crate::domain::calendar::Instant;
use crate::domain::evaluate::{Evaluation, RequestEvaluation};
use crate::domain::fact::Fact;
use crate::domain::ids::PersonId;
use crate::domain::license::NoticeOutlook;
use crate::domain::request::{LicenseRequest, RecordedState};

use super::Dossier;

impl Dossier {
    /// Since when the end of a license is contested and awaits a decision.
    fn contested_at(&self, license: &Evaluation) -> Option<Instant> {
        let contests = license.contested()?.open_contests();
        self.facts
            .iter()
            .filter(|fact| contests.contains(&fact.id))
            .map(|fact| fact.envelope.recorded_at)
            .min()
    }

    /// Whether anything recorded of the person must not be trusted any longer at an instant, or calls for telling.
    #[must_use]
    pub fn is_due(&self, now: Instant) -> bool {
        let generation = self.implementation.generation;
        let due = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        let mut licenses = self.licenses.iter().chain(&self.duplicates);
        licenses.any(|row| {
            row.recorded.generation < generation
                || due(row.recorded.next_change_at)
                || due(row.notices.next_at)
                || due(row.notices.next_warning_at)
        }) || self
            .requests
            .iter()
            .any(|row| row.recorded.generation < generation || due(row.recorded.next_change_at))
    }

    /// Adds facts that this transaction records.
    pub fn learn(&mut self, facts: &[Fact]) {
        self.facts.extend_from_slice(facts);
        self.facts
            .sort_by_key(|fact| (fact.envelope.recorded_at, fact.id));
    }

    /// Raises the version of a request where what was just recorded did not.
    pub fn changed_request(
        &mut self,
        unit: &mut dyn UnitOfWork,
        before: &LicenseRequest,
    ) -> Result<(), Error> {
        if let Some(row) = self
            .requests
            .iter_mut()
            .find(|row| row.id == before.id && row.version == before.version)
        {
            unit.update_request(row)?;
            row.version += 1;
        }
        Ok(())
    }

    /// Whether there is anything in the implementation of which there is only so much.
    #[must_use]
    pub fn has_waitlists(&self) -> bool {
        self.policies
            .iter()
            .any(|version| version.document.has_waitlists())
    }

    /// Brings the recorded state of every request and license of the person up to date, and settles what places that
    /// frees, needs or gives back. A changed state changes the row's version; a changed outlook (a fact that acts later,
    /// a new generation) does not.
    pub fn record_states(&mut self, tx: &mut Tx<'_>) -> Result<(), Error> {
        let ran = waitlist::running(self);
        self.write_states(tx.unit, tx.now)?;
        waitlist::settle(tx, self, &ran)
    }

    pub(in crate::application::licensing) fn write_states(
        &mut self,
        unit: &mut dyn UnitOfWork,
        now: Instant,
    ) -> Result<(), Error> {
        let now = self.now(now);
        let generation = self.implementation.generation;
        let licenses: Vec<(Evaluation, Option<Instant>, Option<Instant>)> = self
            .licenses
            .iter()
            .chain(&self.duplicates)
            .map(|license| {
                let evaluation = self.license_as(license, now);
                let contested_at = self.contested_at(&evaluation);
                let next_absence_at = self.next_absence(license, &evaluation, now);
                (evaluation, contested_at, next_absence_at)
            })
            .collect();
        let requests: Vec<RequestEvaluation> = self
            .requests
            .iter()
            .map(|request| self.request_at(request, now))
            .collect();
        let rows = self.licenses.iter_mut().chain(&mut self.duplicates);
        for (row, (evaluation, contested_at, next_absence_at)) in rows.zip(licenses) {
            // A license that never began keeps its recorded state and is up to date: else it would be due for ever.
            let state = evaluation.status().unwrap_or(row.recorded.state);
            let license_type = evaluation.period().map_or_else(
                || row.license_type.clone(),
                |period| period.license_type.clone(),
            );
            let recorded = RecordedState {
                state,
                next_change_at: evaluation.look_again_at(),
                generation,
            };
            // What was told of a duplicate is the matter of the license that stayed.
            let notices = match row.duplicate_of {
                Some(_) => NoticeOutlook::default(),
                None => evaluation.notice_outlook().after(row.notices, now),
            };
            if row.recorded.state != state || row.license_type != license_type {
                row.recorded = recorded;
                row.license_type = license_type;
                row.contested_at = contested_at;
                row.listed_from = evaluation.listed_from;
                row.notices = notices;
                row.next_absence_at = next_absence_at;
                unit.update_license(row)?;
                row.version += 1;
            } else if row.recorded != recorded
                || row.contested_at != contested_at
                || row.listed_from != evaluation.listed_from
                || row.notices != notices
                || row.next_absence_at != next_absence_at
            {
                row.recorded = recorded;
                row.contested_at = contested_at;
                row.listed_from = evaluation.listed_from;
                row.notices = notices;
                row.next_absence_at = next_absence_at;
                unit.record_license_outlook(row)?;
            }
        }
        for (row, evaluation) in self.requests.iter_mut().zip(requests) {
            let recorded = RecordedState {
                state: evaluation.state,
                next_change_at: evaluation.next_change_at(),
                generation,
            };
            if row.recorded.state != evaluation.state {
                row.recorded = recorded;
                unit.update_request(row)?;
                row.version += 1;
            } else if row.recorded != recorded {
                row.recorded = recorded;
                unit.record_request_outlook(row)?;
            }
        }
        Ok(())
    }
}

/// Evaluates people whose recorded states belong to an older generation and records what holds now: at most `limit`
/// people, all of one implementation, whose guard rows are locked in their order; returns how many were done, so that
/// the caller stops at 0.
pub fn evaluate_due_people(tx: &mut Tx<'_>, limit: i64) -> Result<usize, Error> {
    let stale = tx.unit.stale_people(limit)?;
    evaluate_people(tx, &stale)
}

/// Brings the recorded states of those people up to date who are of the same implementation as the first.
pub(in crate::application::licensing) fn evaluate_people(
    tx: &mut Tx<'_>,
    people: &[PersonId],
) -> Result<usize, Error> {
    let known = tx.unit.people_by_id(people)?;
    let Some(implementation) = known.first().map(|person| person.implementation_id) else {
        return Ok(0);
    };
    let people: Vec<PersonId> = known
        .iter()
        .filter(|person| person.implementation_id == implementation)
        .map(|person| person.id)
        .collect();
    tx.lock_people(people.iter().copied())?;
    let mut dossiers = Dossier::load_many(tx.unit, &people, &[])?;
    for dossier in &mut dossiers {
        dossier.record_states(tx)?;
    }
    Ok(people.len())
}
