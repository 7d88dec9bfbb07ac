//! A sweep runs.

use crate::application::actor::{Action, Scope};
use crate::application::ports::{Page, StoreError, StoreExt, View, Visible};
use crate::application::visible::visible_implementation;
use crate::application::{App, Call, Error, Fault, Reply, Tx};
use crate::domain::calendar::Instant;
use crate::domain::ids::{ImplementationId, PersonId, SweepId};
use crate::domain::sweep::{Sweep, SweptChange, SweptHold, SweptNotice};

use super::breaker::{counted, trip};
use super::due::{due_people, is_up_to_date};
use super::person::{SweptPerson, sweep_person};

/// How many people a sweep that somebody waits for looks at; the next one goes on.
pub const LARGEST_SWEEP: usize = 2_000;

/// A sweep that somebody asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SweepAsked {
    pub implementation: ImplementationId,
    /// What is due at this instant is looked at. Absent: now.
    pub as_of: Option<Instant>,
}

/// What a sweep did, before it has an id.
#[derive(Clone, Debug, Default)]
struct Done {
    people: usize,
    failed: usize,
    complete: bool,
    late_by_seconds: i64,
    changes: Vec<SweptChange>,
    notices: Vec<SweptNotice>,
    hold: Option<SweptHold>,
}

impl Done {
    fn add(&mut self, swept: SweptPerson, now: Instant) {
        let at = swept.changes.iter().map(|change| change.at);
        for at in at.chain(swept.notices.iter().map(|notice| notice.due_at)) {
            self.late_by_seconds = self.late_by_seconds.max((now - at).num_seconds());
        }
        self.people += 1;
        self.changes.extend(swept.changes);
        self.notices.extend(swept.notices);
    }

    /// Counts somebody who could not be evaluated; the next sweep looks at him again.
    fn leave_out(&mut self, person: PersonId, error: &Error) {
        log::error!("the person {person} could not be swept: {error}");
        self.people += 1;
        self.failed += 1;
        self.complete = false;
    }
}

impl App {
    /// Sweeps an implementation for staff and keeps what was found. A dry run says what a sweep at `as_of` would find.
    ///
    /// # Errors
    /// `Invalid` for a real sweep of the future.
    pub async fn sweep_for(
        &self,
        call: Call,
        asked: SweepAsked,
        render: fn(&Sweep) -> Reply,
    ) -> Result<Reply, Error> {
        let started_at = self.now();
        let as_of = asked.as_of.unwrap_or(started_at);
        let dry_run = call.dry_run;
        self.read(call.caller.clone(), call.action, move |rx| {
            visible_implementation(
                rx.view,
                rx.actor,
                asked.implementation,
                "/implementation_id",
            )?;
            rx.authorize(
                Action::RunSweep,
                Scope::implementation(asked.implementation),
            )?;
            if as_of > rx.now && !dry_run {
                return Err(Error::invalid(
                    "/as_of",
                    "lies in the future: only a dry run looks ahead",
                ));
            }
            Ok(())
        })
        .await?;
        let done = if dry_run {
            self.tried(asked.implementation, as_of, LARGEST_SWEEP)
                .await?
        } else {
            self.swept(asked.implementation, as_of, LARGEST_SWEEP)
                .await?
        };
        self.write(
            call,
            move |tx| {
                tx.authorize(
                    Action::RunSweep,
                    Scope::implementation(asked.implementation),
                )?;
                let moments = (as_of, started_at);
                keep(tx, asked.implementation, moments, &done, dry_run)
            },
            render,
        )
        .await
    }

    /// Sweeps every implementation as of now; keeps what was found where anything was due. The sweeps that were kept.
    ///
    /// # Errors
    /// The store's. Whoever cannot be evaluated is counted and does not end it.
    pub async fn sweep_all(&self) -> Result<Vec<Sweep>, Error> {
        self.sweep_from_command_line(None, None, false).await
    }

    /// Sweeps from the command line: one implementation by its code, or all of them.
    ///
    /// # Errors
    /// `Invalid` for an unknown code, or for a real sweep of the future.
    pub async fn sweep_from_command_line(
        &self,
        code: Option<String>,
        as_of: Option<Instant>,
        dry_run: bool,
    ) -> Result<Vec<Sweep>, Error> {
        if as_of.is_some_and(|as_of| as_of > self.now()) && !dry_run {
            return Err(Error::Invalid(vec![Fault::parameter(
                "as-of",
                "lies in the future: only a dry run looks ahead",
            )]));
        }
        let chosen = match code {
            None => self.store().read(implementations).await?,
            Some(code) => {
                let found = self
                    .store()
                    .read(move |view: &mut dyn View| -> Result<_, Error> {
                        Ok(view.implementation_by_code(&code)?)
                    });
                let found = found.await?.ok_or_else(|| {
                    Error::Invalid(vec![Fault::parameter(
                        "implementation",
                        "is the code of no implementation",
                    )])
                })?;
                vec![found.id]
            }
        };
        let mut kept = Vec::new();
        for implementation in chosen {
            kept.extend(self.sweep_one(implementation, as_of, dry_run).await?);
        }
        Ok(kept)
    }

    /// Sweeps one implementation in the name of the service, and keeps it where anything was due.
    async fn sweep_one(
        &self,
        implementation: ImplementationId,
        as_of: Option<Instant>,
        dry_run: bool,
    ) -> Result<Option<Sweep>, Error> {
        let started_at = self.now();
        let as_of = as_of.unwrap_or(started_at);
        let done = if dry_run {
            self.tried(implementation, as_of, usize::MAX).await?
        } else {
            self.swept(implementation, as_of, usize::MAX).await?
        };
        // What changed nothing leaves no trace.
        let nothing = done.changes.is_empty() && done.notices.is_empty() && done.hold.is_none();
        if nothing && done.failed == 0 {
            return Ok(None);
        }
        let keeping =
            move |tx: &mut Tx<'_>| keep(tx, implementation, (as_of, started_at), &done, dry_run);
        if dry_run {
            self.try_as_service(Action::RunSweep, started_at, keeping)
                .await
                .map(Some)
        } else {
            self.write_as_service(Action::RunSweep, keeping)
                .await
                .map(Some)
        }
    }

    /// Opens a hold where too many absences are about to take effect.
    async fn held(&self, implementation: ImplementationId) -> Result<Option<SweptHold>, Error> {
        let now = self.now();
        let many = self
            .store()
            .read(move |view: &mut dyn View| counted(view, implementation, now))
            .await?;
        if many.is_none() {
            return Ok(None);
        }
        let hold = self
            .write_as_service(Action::RecordStates, move |tx| trip(tx, implementation))
            .await?;
        if let Some(hold) = &hold {
            log::error!(
                "absences would take access from {} of {} licenses at once: they wait, and staff decide about the hold {}",
                hold.affected,
                hold.of,
                hold.id
            );
        }
        Ok(hold)
    }

    /// Records what is due, a person at a time.
    async fn swept(
        &self,
        implementation: ImplementationId,
        as_of: Instant,
        largest: usize,
    ) -> Result<Done, Error> {
        let hold = self.held(implementation).await?;
        let (people, complete) = self
            .store()
            .read(move |view: &mut dyn View| due_people(view, implementation, as_of, largest))
            .await?;
        let mut done = Done {
            complete,
            hold,
            ..Done::default()
        };
        for person in people {
            let swept = self
                .write_as_service(Action::RecordStates, move |tx| {
                    tx.lock_person(person)?;
                    sweep_person(tx, person)
                })
                .await;
            match swept {
                Ok(swept) => done.add(swept, self.now()),
                Err(error) => done.leave_out(person, &error),
            }
        }
        // What is about to take effect under rules that were not looked at before is known only now.
        if done.hold.is_none() && done.people > 0 {
            done.hold = self.held(implementation).await?;
        }
        done.changes.sort();
        done.notices.sort();
        Ok(done)
    }

    /// What a sweep at an instant would do, in one transaction that is not kept.
    async fn tried(
        &self,
        implementation: ImplementationId,
        as_of: Instant,
        largest: usize,
    ) -> Result<Done, Error> {
        self.try_as_service(Action::RecordStates, as_of, move |tx| {
            let hold = held_in(tx, implementation)?;
            let (people, complete) = due_people(tx.unit, implementation, as_of, largest)?;
            let mut done = Done {
                complete,
                hold,
                ..Done::default()
            };
            for person in people {
                // Without the guard row: what is rolled back races with nobody, and an instant asked for stays it.
                match sweep_person(tx, person) {
                    Ok(swept) => done.add(swept, tx.now),
                    Err(error) if ends_everything(&error) => return Err(error),
                    Err(error) => done.leave_out(person, &error),
                }
            }
            if done.hold.is_none() && done.people > 0 {
                done.hold = held_in(tx, implementation)?;
            }
            done.complete &= is_up_to_date(tx.view(), implementation)?;
            done.changes.sort();
            done.notices.sort();
            Ok(done)
        })
        .await
    }
}

/// Opens a hold, in a transaction that is not kept, where too many absences are about to take effect.
fn held_in(tx: &mut Tx<'_>, implementation: ImplementationId) -> Result<Option<SweptHold>, Error> {
    match counted(tx.unit, implementation, tx.now)? {
        Some(_) => trip(tx, implementation),
        None => Ok(None),
    }
}

/// Whether a failure is no fault of the person's records, so that nobody else could be looked at either: any of the
/// store but a row that cannot be read.
fn ends_everything(error: &Error) -> bool {
    matches!(error, Error::Store(store) if !matches!(store, StoreError::Corrupt(_)))
}

/// Every implementation.
fn implementations(view: &mut dyn View) -> Result<Vec<ImplementationId>, Error> {
    let everything = Visible {
        everything: true,
        ..Visible::default()
    };
    let page = Page {
        after: None,
        limit: i64::from(u32::MAX),
    };
    let rows = view.implementations(&everything, page)?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Keeps what a sweep found. Rules that changed while it ran make everybody due anew: it is complete only if none did.
fn keep(
    tx: &mut Tx<'_>,
    implementation: ImplementationId,
    (as_of, started_at): (Instant, Instant),
    done: &Done,
    dry_run: bool,
) -> Result<Sweep, Error> {
    let id: SweepId = tx.id();
    // A dry run answered that where it looked: here nothing of it was recorded.
    let complete = done.complete
        && (dry_run || {
            tx.unit.lock_implementation(implementation)?;
            is_up_to_date(tx.view(), implementation)?
        });
    let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let sweep = Sweep {
        id,
        implementation_id: implementation,
        as_of,
        started_at,
        finished_at: tx.now,
        people: count(done.people),
        failed: count(done.failed),
        complete,
        late_by_seconds: done.late_by_seconds,
        changes: done.changes.clone(),
        notices: done.notices.clone(),
        absence_hold: done.hold,
        recorded_by: tx.actor.principal.id,
    };
    tx.unit.insert_sweep(&sweep)?;
    tx.trail.scope(Scope::implementation(implementation));
    tx.trail.touched("sweep", id);
    Ok(sweep)
}
