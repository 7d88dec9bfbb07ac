//! A sweep runs.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::application::actor::{Action, Scope};
use crate::application::licensing::{Dossier, begin_ready, login_sources};
use crate::application::outbox::queue;
use crate::application::ports::{Due, Page, StoreExt, View, Visible};
use crate::application::visible::visible_implementation;
use crate::application::{App, Call, Error, Fault, Reply, Tx};
use crate::domain::calendar::Instant;
use crate::domain::evaluate;
use crate::domain::ids::{ImplementationId, PersonId, SweepId};
use crate::domain::sweep::{Sweep, Swept, SweptChange, SweptHold, SweptNotice};

use super::breaker::{counted, trip};

/// How many people a sweep that somebody waits for looks at; the next one goes on.
pub const LARGEST_SWEEP: usize = 2_000;
/// How many people of an older generation a sweep looks at; the job that evaluates them anew does the rest.
const STALE_AT_ONCE: i64 = 2_000;
/// Rows per look at what is due.
const ROWS_AT_ONCE: i64 = 500;

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

/// What a sweep found of one person.
#[derive(Clone, Debug, Default)]
struct SweptPerson {
    changes: Vec<SweptChange>,
    notices: Vec<SweptNotice>,
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
}

/// The states of one person as they are recorded.
fn recorded(dossier: &Dossier) -> BTreeMap<Swept, String> {
    let licenses = dossier.licenses.iter().map(|row| {
        let state = row.recorded.state.as_str().to_owned();
        (Swept::License(row.id), state)
    });
    let requests = dossier.requests.iter().map(|row| {
        let state = row.recorded.state.as_str().to_owned();
        (Swept::LicenseRequest(row.id), state)
    });
    licenses.chain(requests).collect()
}

/// Evaluates one person at the transaction's now and records what holds: his changed states.
fn sweep_person(tx: &mut Tx<'_>, id: PersonId) -> Result<SweptPerson, Error> {
    let Some(mut dossier) = Dossier::load(tx.unit, id, &[])? else {
        return Ok(SweptPerson::default());
    };
    // Another sweeper came first: nothing more is due.
    if !dossier.is_due(tx.now) {
        return Ok(SweptPerson::default());
    }
    let before = recorded(&dossier);
    dossier.record_states(tx)?;
    begin_ready(tx, &mut dossier)?;
    let notices = queue(tx, &mut dossier)?;
    let changes: Vec<SweptChange> = recorded(&dossier)
        .into_iter()
        .filter(|(of, state)| before.get(of) != Some(state))
        .filter_map(|(of, to)| {
            let (organization_id, since) = match of {
                Swept::License(id) => {
                    let row = dossier.licenses.iter().find(|row| row.id == id)?;
                    let license = dossier.license_at(row.organization_id, tx.now);
                    (row.organization_id, license.since)
                }
                Swept::LicenseRequest(id) => {
                    let row = dossier.requests.iter().find(|row| row.id == id)?;
                    let request = dossier.request_at(row, tx.now);
                    (row.organization_id, Some(request.since))
                }
            };
            Some(SweptChange {
                at: since.unwrap_or(tx.now),
                person_id: dossier.person.id,
                organization_id,
                from: before.get(&of).cloned(),
                of,
                to,
            })
        })
        .collect();
    if !changes.is_empty() || !notices.is_empty() {
        tx.trail
            .scope(Scope::implementation(dossier.person.implementation_id));
    }
    for change in &changes {
        match change.of {
            Swept::License(id) => tx.trail.touched("license", id),
            Swept::LicenseRequest(id) => tx.trail.touched("license_request", id),
        }
    }
    Ok(SweptPerson { changes, notices })
}

/// How far the login sources in service in an implementation are complete.
fn reported_through(
    view: &mut dyn View,
    implementation: ImplementationId,
    at: Instant,
) -> Result<Option<Instant>, Error> {
    let sources = login_sources(view, implementation)?;
    Ok(evaluate::reported_through(&sources.known_at(at), at))
}

/// The people of an implementation of whom anything is due at an instant, the longest due first, and whether these are
/// all: at most `largest`.
fn due_people(
    view: &mut dyn View,
    implementation: ImplementationId,
    as_of: Instant,
    largest: usize,
) -> Result<(Vec<PersonId>, bool), Error> {
    let mut people = Vec::new();
    let mut seen = BTreeSet::new();
    let through = reported_through(view, implementation, as_of)?;
    let mut due = vec![
        (Due::Licenses, as_of),
        (Due::LicenseRequests, as_of),
        (Due::Notices, as_of),
    ];
    due.extend(through.map(|through| (Due::Warnings, through.min(as_of))));
    for (due, as_of) in due {
        let mut after: Option<(Instant, Uuid)> = None;
        loop {
            let rows = view.due_at(due, implementation, as_of, after, ROWS_AT_ONCE)?;
            let Some(last) = rows.last() else { break };
            after = Some((last.due_at, last.id));
            for row in &rows {
                if seen.insert(row.person_id) {
                    people.push(row.person_id);
                }
            }
            if people.len() > largest {
                people.truncate(largest);
                return Ok((people, false));
            }
        }
    }
    // A change of rules makes everybody due; what it touches is not known before it is looked at.
    let stale = view.stale_people_of(implementation, STALE_AT_ONCE)?;
    let complete = stale.len() < usize::try_from(STALE_AT_ONCE).unwrap_or(usize::MAX);
    people.extend(stale.into_iter().filter(|person| seen.insert(*person)));
    let whole = people.len() <= largest;
    people.truncate(largest);
    Ok((people, complete && whole))
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
                keep(tx, asked.implementation, (as_of, started_at), &done)
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
        let keeping = move |tx: &mut Tx<'_>| keep(tx, implementation, (as_of, started_at), &done);
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
                Err(error) => {
                    log::error!("the person {person} could not be swept: {error}");
                    done.people += 1;
                    done.failed += 1;
                    done.complete = false;
                }
            }
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
            let hold = match counted(tx.unit, implementation, tx.now)? {
                Some(_) => trip(tx, implementation)?,
                None => None,
            };
            let (people, complete) = due_people(tx.unit, implementation, as_of, largest)?;
            let mut done = Done {
                complete,
                hold,
                ..Done::default()
            };
            for person in people {
                // Without the guard row: what is rolled back races with nobody, and an instant asked for stays it.
                let swept = sweep_person(tx, person)?;
                done.add(swept, tx.now);
            }
            done.changes.sort();
            done.notices.sort();
            Ok(done)
        })
        .await
    }
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

/// Keeps what a sweep found.
fn keep(
    tx: &mut Tx<'_>,
    implementation: ImplementationId,
    (as_of, started_at): (Instant, Instant),
    done: &Done,
) -> Result<Sweep, Error> {
    let id: SweepId = tx.id();
    let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let sweep = Sweep {
        id,
        implementation_id: implementation,
        as_of,
        started_at,
        finished_at: tx.now,
        people: count(done.people),
        failed: count(done.failed),
        complete: done.complete,
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
