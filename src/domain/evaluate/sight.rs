//! What a reader may not see is taken away before evaluating, so that everything that "comes next" is computed
//! without it.

use crate::domain::calendar::Instant;
use crate::domain::departure::announced_ends;
use crate::domain::fact::{Fact, FactBody};
use crate::domain::ids::FactId;

/// How much of an announced end a reader may know before it takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// Staff and auditors: everything.
    Full,
    /// Supervisors not themselves concerned: everything but who else a requested person may be.
    Agency,
    /// The person concerned: no future departure.
    Person,
    /// A front-end: an end only when it is effective.
    Frontend,
}

/// The facts that `reader` may see at `now`.
#[must_use]
pub fn seen_by(facts: &[Fact], reader: Reader, now: Instant) -> Vec<Fact> {
    let hidden: Vec<FactId> = match reader {
        Reader::Full | Reader::Agency => Vec::new(),
        Reader::Person | Reader::Frontend => announced_ends(facts, now)
            .into_iter()
            .filter(|end| end.acts_at > now)
            .filter(|end| reader == Reader::Frontend || end.is_departure())
            .map(|end| end.fact.id)
            .collect(),
    };
    // A front-end learns of a hold or bar when it acts: what leave or investigation is planned is not its to know.
    let is_planned = |fact: &Fact| {
        reader == Reader::Frontend
            && fact.acts_at() > now
            && matches!(
                fact.body,
                FactBody::HoldOpened { .. } | FactBody::Barred { .. }
            )
    };
    // Who else of the implementation a requested person may be would tell an agency of people of others.
    let is_match = |fact: &Fact| {
        reader != Reader::Full
            && matches!(
                fact.body,
                FactBody::MatchFound { .. } | FactBody::MatchSettled { .. }
            )
    };
    facts
        .iter()
        .filter(|fact| {
            !is_match(fact) && !hidden.contains(&fact.id)
                && !is_planned(fact)
                && !matches!(
                    &fact.body,
                    FactBody::Cancelled { fact: target } | FactBody::Moved { fact: target, .. } if hidden.contains(target)
                )
        })
        .cloned()
        .collect()
}
