//! Who of the implementation the person may be whom a request describes as somebody new. No license begins before staff
//! settled each: it could be somebody who is barred, or who has another record.

use super::RequestEvaluation;
use crate::domain::command::RequestCommand;
use crate::domain::error::Rejection;
use crate::domain::fact::{Fact, FactBody, MatchedBy};
use crate::domain::ids::{FactId, PersonId};
use crate::domain::request::LicenseRequest;

/// Somebody who may be the requested person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PossibleMatch {
    pub person: PersonId,
    pub by: Vec<MatchedBy>,
    /// What staff said of it: the fact, and whether they are one.
    pub settled: Option<(FactId, bool)>,
    /// The two are one person by now, whatever was said.
    pub merged: bool,
}

impl PossibleMatch {
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.settled.is_none() && !self.merged
    }

    /// What staff have to do about it.
    #[must_use]
    pub fn need(&self) -> String {
        format!(
            "settle whether this is person {}: `POST /v1/license-requests/{{id}}/person-match`",
            self.person
        )
    }
}

/// Everybody who was found at the submission of a request, by the facts that stand.
pub(super) fn of(facts: &[&Fact], request: &LicenseRequest) -> Vec<PossibleMatch> {
    let about = || {
        facts
            .iter()
            .filter(|fact| fact.request_id == Some(request.id))
    };
    let settled = |candidate: PersonId| {
        about().find_map(|fact| match &fact.body {
            FactBody::MatchSettled { person, same } if *person == candidate => {
                Some((fact.id, *same))
            }
            _ => None,
        })
    };
    about()
        .filter_map(|fact| match &fact.body {
            FactBody::MatchFound { person, by } => Some(PossibleMatch {
                person: *person,
                by: by.clone(),
                settled: settled(*person),
                merged: *person == request.person_id,
            }),
            _ => None,
        })
        .collect()
}

pub(super) fn open(matches: &[PossibleMatch]) -> impl Iterator<Item = &PossibleMatch> {
    matches.iter().filter(|found| found.is_open())
}

/// What takes it back that two records became one person.
const UNDO_MERGE: &str = "the merge of the two, undone under `/v1/person-merges/{id}/undo`";

impl RequestEvaluation {
    /// What staff have to settle before the request is approved or activated.
    #[must_use]
    pub fn unsettled(&self) -> Vec<String> {
        open(&self.matches).map(PossibleMatch::need).collect()
    }

    /// Staff say whether the requested person is one who was found. Nothing for somebody who was not.
    ///
    /// # Errors
    /// Where the request has ended, or that was said already.
    #[must_use]
    pub fn settle_match(
        &self,
        person: PersonId,
        same: bool,
    ) -> Option<Result<FactBody, Rejection>> {
        let found = self.matches.iter().find(|found| found.person == person)?;
        Some(self.settle(found, same))
    }

    fn settle(&self, found: &PossibleMatch, same: bool) -> Result<FactBody, Rejection> {
        let command = RequestCommand::SettleMatch;
        self.check(command)?;
        let undo = match found.settled {
            Some((_, true)) => UNDO_MERGE.to_owned(),
            Some((said, false)) => {
                format!("what was said before, taken back under `/v1/fact-withdrawals`: {said}")
            }
            None if found.merged && !same => UNDO_MERGE.to_owned(),
            None => {
                return Ok(FactBody::MatchSettled {
                    person: found.person,
                    same,
                });
            }
        };
        Err(Rejection::needing(
            self.state.as_str(),
            command.as_str(),
            vec![undo],
        ))
    }
}
