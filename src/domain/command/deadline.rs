//! Deadlines: when staff may give one a later last day.

use chrono::NaiveDate;

use super::super::error::Rejection;
use super::super::evaluate::{DeadlineStanding, DeadlineStatus, RequestEvaluation};
use super::super::fact::FactBody;
use super::{RequestCommand, Verdict, request_verdict};

/// Why a deadline is not extended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CannotExtend {
    Refused(Rejection),
    /// The request has no such deadline; these are the ones it has.
    NoDeadline(Vec<String>),
    /// The new day is not later than the day on which it ends now.
    NotLater(NaiveDate),
    /// The new day has passed.
    Past,
}

impl RequestEvaluation {
    /// Gives a deadline that runs a later last day. `today` is the local day.
    pub fn extend_deadline(
        &self,
        code: &str,
        until_on: NaiveDate,
        today: NaiveDate,
    ) -> Result<FactBody, CannotExtend> {
        let command = RequestCommand::ExtendDeadline;
        let refused = |need: String| {
            CannotExtend::Refused(Rejection::needing(
                self.state.as_str(),
                command.as_str(),
                vec![need],
            ))
        };
        match request_verdict(self.state, command) {
            Verdict::Allowed => {}
            Verdict::Needs(need) => return Err(refused(need.to_owned())),
            Verdict::Never => {
                return Err(CannotExtend::Refused(Rejection::never(
                    self.state.as_str(),
                    command.as_str(),
                )));
            }
        }
        let started: Vec<&DeadlineStanding> = self
            .deadlines
            .iter()
            .filter(|deadline| deadline.code == code)
            .collect();
        if started.is_empty() {
            if self.waiting_deadlines.iter().any(|other| other == code) {
                return Err(refused(format!("the start of the deadline `{code}`")));
            }
            let mut codes: Vec<String> = self
                .deadlines
                .iter()
                .map(|deadline| deadline.code.clone())
                .chain(self.waiting_deadlines.iter().cloned())
                .collect();
            codes.sort();
            codes.dedup();
            return Err(CannotExtend::NoDeadline(codes));
        }
        // Practice that was returned counts for each set: the first of them that ends decides.
        let open = || started.iter().filter(|deadline| deadline.done_on.is_none());
        let Some(due_on) = open().filter_map(|deadline| deadline.due_on).min() else {
            return Err(refused(
                if open().any(|deadline| deadline.status == DeadlineStatus::Paused) {
                    format!(
                        "staff to act upon the request first: the deadline `{code}` stands still as long as they hold it"
                    )
                } else {
                    format!("a deadline that still runs: `{code}` is met")
                },
            ));
        };
        if until_on < today {
            Err(CannotExtend::Past)
        } else if until_on <= due_on {
            Err(CannotExtend::NotLater(due_on))
        } else {
            Ok(FactBody::DeadlineExtended {
                deadline: code.to_owned(),
                until_on,
            })
        }
    }
}
