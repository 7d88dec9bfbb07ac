//! Many logins at once: blocks of a bounded number of lines, each in a transaction of its own, so that a long file never
//! holds the database, and what is recorded stays recorded whatever comes later.

use serde::{Deserialize, Serialize};

use super::is_ahead;
use super::record::{LoginRecorded, NewLogin, record_logins};
use super::sources::{NewHeartbeat, heartbeat};
use crate::application::actor::Action;
use crate::application::ports::StoreError;
use crate::application::{App, Call, Caller, Error, Fault, Idempotency, Place, Reply, Tx};
use crate::domain::calendar::Instant;
use crate::domain::ids::LoginSourceId;
use crate::domain::login::LoginOutcome;

/// Lines per transaction.
const LINES_AT_ONCE: usize = 200;

/// A line of a batch: a login, or why it is none.
pub type Line = (u32, Result<NewLogin, LineProblem>);

/// A batch of logins of one source.
#[derive(Clone, Debug)]
pub struct Batch {
    pub login_source_id: LoginSourceId,
    pub lines: Vec<Line>,
    /// How far the source is complete with this batch.
    pub complete_through: Option<Instant>,
    pub dry_run: bool,
    pub idempotency: Option<Idempotency>,
}

/// What became of one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineOutcome {
    Accepted,
    Signal,
    Unmatched,
    /// It is wrong: correct it and send it again.
    Refused,
    /// The service failed: send it again as it is.
    NotRecorded,
}

/// Why a line was not recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineProblem {
    /// A code of the table of problems.
    pub code: String,
    pub detail: String,
    /// Each with a pointer into the line.
    pub faults: Vec<(String, String)>,
}

/// The answer to one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineResult {
    /// From 1.
    pub line: u32,
    pub outcome: LineOutcome,
    /// It had been reported before, just so.
    pub repeated: bool,
    pub login_event_id: Option<uuid::Uuid>,
    pub access_signal_id: Option<uuid::Uuid>,
    pub problem: Option<LineProblem>,
}

/// The answer to a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchOutcome {
    /// By line.
    pub results: Vec<LineResult>,
    /// Whether the mark was recorded: not where a line was lost, because the source is not complete then.
    pub marked: bool,
}

impl LineResult {
    fn of(line: u32, recorded: &LoginRecorded) -> Self {
        Self {
            line,
            outcome: match recorded.event.outcome {
                LoginOutcome::Accepted => LineOutcome::Accepted,
                LoginOutcome::Signal => LineOutcome::Signal,
                LoginOutcome::Unmatched => LineOutcome::Unmatched,
            },
            repeated: recorded.repeated,
            login_event_id: Some(recorded.event.id.0),
            access_signal_id: recorded.event.access_signal_id.map(|id| id.0),
            problem: None,
        }
    }

    fn problem(line: u32, outcome: LineOutcome, problem: LineProblem) -> Self {
        Self {
            line,
            outcome,
            repeated: false,
            login_event_id: None,
            access_signal_id: None,
            problem: Some(problem),
        }
    }

    /// A line that the rules or the store refused.
    fn refused(line: u32, error: &Error) -> Self {
        let (outcome, code) = match error {
            Error::Invalid(_) => (LineOutcome::Refused, "invalid"),
            Error::Duplicate(_) => (LineOutcome::Refused, "duplicate"),
            Error::Store(StoreError::Corrupt(_) | StoreError::Panicked) => {
                (LineOutcome::NotRecorded, "internal")
            }
            _ => (LineOutcome::NotRecorded, "unavailable"),
        };
        let faults = match error {
            Error::Invalid(faults) => faults.iter().map(place).collect(),
            _ => Vec::new(),
        };
        let detail = match error {
            Error::Duplicate(detail) => detail.clone(),
            Error::Invalid(_) => "The line has faults of meaning.".to_owned(),
            _ => "The line could not be recorded now. Send it again as it is.".to_owned(),
        };
        Self::problem(
            line,
            outcome,
            LineProblem {
                code: code.to_owned(),
                detail,
                faults,
            },
        )
    }
}

fn place(fault: &Fault) -> (String, String) {
    let (Place::Pointer(at) | Place::Parameter(at) | Place::Header(at)) = &fault.place;
    (at.clone(), fault.detail.clone())
}

impl App {
    /// Records a batch of logins and, where no line was lost, the mark that came with it.
    ///
    /// # Errors
    /// Where nothing was recorded: the caller may not report for the source, the mark lies ahead, the store is away.
    pub async fn record_login_batch(
        &self,
        caller: Caller,
        batch: Batch,
    ) -> Result<BatchOutcome, Error> {
        if batch
            .complete_through
            .is_some_and(|at| is_ahead(at, self.now()))
        {
            return Err(Error::Invalid(vec![Fault::parameter(
                "complete_through",
                "lies more than 5 minutes in the future: nobody can be complete through then",
            )]));
        }
        let run = Run {
            app: self,
            caller,
            batch: &batch,
        };
        let mut results = Vec::with_capacity(batch.lines.len());
        let mut begun = false;
        if batch.lines.is_empty() {
            // Who may not report for the source learns it from an empty batch too.
            run.record("b0", Vec::new()).await?;
        }
        for (number, block) in batch.lines.chunks(LINES_AT_ONCE).enumerate() {
            let sound: Vec<(u32, NewLogin)> = block
                .iter()
                .filter_map(|(line, login)| Some((*line, login.as_ref().ok()?.clone())))
                .collect();
            results.extend(block.iter().filter_map(|(line, login)| {
                let problem = login.as_ref().err()?.clone();
                Some(LineResult::problem(*line, LineOutcome::Refused, problem))
            }));
            match run.record(&format!("b{number}"), sound.clone()).await {
                Ok(recorded) => results.extend(recorded),
                // The store cannot keep something of this block: one line must not lose the others.
                Err(Error::Store(StoreError::Corrupt(_) | StoreError::Panicked)) => {
                    for (line, login) in sound {
                        match run.record(&format!("l{line}"), vec![(line, login)]).await {
                            Ok(recorded) => results.extend(recorded),
                            Err(error) => results.push(LineResult::refused(line, &error)),
                        }
                    }
                }
                Err(error) if !begun => return Err(error),
                Err(error) => {
                    results.extend(
                        sound
                            .iter()
                            .map(|(line, _)| LineResult::refused(*line, &error)),
                    );
                }
            }
            begun = true;
        }
        results.sort_by_key(|result| result.line);
        let lost = results.iter().any(|result| result.problem.is_some());
        let marked = match batch.complete_through.filter(|_| !lost) {
            Some(at) => run.mark(at).await?,
            None => false,
        };
        Ok(BatchOutcome { results, marked })
    }
}

/// A batch on its way.
struct Run<'a> {
    app: &'a App,
    caller: Caller,
    batch: &'a Batch,
}

impl Run<'_> {
    /// The call of one part: each has a key of its own under the batch's, so that a repeated batch goes on where the
    /// first one stopped.
    fn call(&self, part: &str) -> Call {
        Call {
            caller: self.caller.clone(),
            action: Action::RecordLogin,
            idempotency: self.batch.idempotency.as_ref().map(|whole| Idempotency {
                key: format!("{}#{part}", whole.key),
                fingerprint: whole.fingerprint.clone(),
            }),
            dry_run: self.batch.dry_run,
        }
    }

    async fn record(
        &self,
        part: &str,
        lines: Vec<(u32, NewLogin)>,
    ) -> Result<Vec<LineResult>, Error> {
        let source = self.batch.login_source_id;
        let (numbers, logins): (Vec<u32>, Vec<NewLogin>) = lines.into_iter().unzip();
        let work = move |tx: &mut Tx<'_>| {
            let recorded = record_logins(tx, source, &logins)?;
            Ok(numbers
                .iter()
                .zip(recorded)
                .map(|(line, result)| match result {
                    Ok(recorded) => LineResult::of(*line, &recorded),
                    Err(error) => LineResult::refused(*line, &error),
                })
                .collect::<Vec<_>>())
        };
        let reply = self.write_twice(part, work).await?;
        serde_json::from_str(&reply.body)
            .map_err(|error| StoreError::Corrupt(error.to_string()).into())
    }

    /// Another request may report the same login at the same moment; the second run finds it.
    async fn write_twice<F>(&self, part: &str, work: F) -> Result<Reply, Error>
    where
        F: FnMut(&mut Tx<'_>) -> Result<Vec<LineResult>, Error> + Clone + Send + 'static,
    {
        let first = self
            .app
            .write(self.call(part), work.clone(), |results| kept(results))
            .await;
        match first {
            Err(Error::Store(StoreError::Conflict)) => {
                self.app
                    .write(self.call(part), work, |results| kept(results))
                    .await
            }
            other => other,
        }
    }

    async fn mark(&self, complete_through: Instant) -> Result<bool, Error> {
        let source = self.batch.login_source_id;
        let new = NewHeartbeat { complete_through };
        self.app
            .write(
                self.call("mark"),
                move |tx| heartbeat(tx, source, new).map(|_| Vec::new()),
                |results: &Vec<LineResult>| kept(results),
            )
            .await?;
        Ok(true)
    }
}

/// The results as they are kept under the part's key.
fn kept(results: &[LineResult]) -> Reply {
    Reply {
        status: 200,
        location: None,
        etag: None,
        body: serde_json::to_string(results).unwrap_or_else(|_| "[]".to_owned()),
        kept: None,
        replayed: false,
    }
}
