//! Bars: from when to when a person may hold no license in the implementation.

use super::machine::Machine;
use crate::domain::calendar::Instant;
use crate::domain::fact::{Fact, FactBody};
use crate::domain::ids::FactId;
use crate::domain::requirement::standing_facts;

/// From when to when a person may not hold a license.
pub(super) struct Bar {
    pub fact: FactId,
    pub from: Instant,
    pub until: Option<Instant>,
}

impl Machine<'_> {
    pub(super) fn reread_bars(&mut self) {
        self.bars = bars(&standing_facts(self.known().iter().copied()));
    }

    /// When bars begin and end.
    pub(super) fn bar_changes(&self) -> impl Iterator<Item = Instant> {
        let edges = |bar: &Bar| [Some(bar.from), bar.until];
        self.bars.iter().flat_map(edges).flatten()
    }

    /// The first bar that is open or to come.
    pub(super) fn bar(&self) -> Option<(Instant, FactId)> {
        self.bars
            .iter()
            .filter(|bar| bar.until.is_none_or(|until| until > self.at.max(bar.from)))
            .map(|bar| (bar.from, bar.fact))
            .min()
    }
}

/// The bars among facts that stand.
fn bars(standing: &[&Fact]) -> Vec<Bar> {
    standing
        .iter()
        .filter_map(|fact| {
            let FactBody::Barred { until } = &fact.body else {
                return None;
            };
            let lifted = standing
                .iter()
                .filter(
                    |other| matches!(&other.body, FactBody::BarLifted { bar } if *bar == fact.id),
                )
                .map(|other| other.acts_at());
            Some(Bar {
                fact: fact.id,
                from: fact.acts_at(),
                until: lifted.chain(*until).min(),
            })
        })
        .collect()
}

/// Whether a person may hold no license in the implementation at an instant, by the facts recorded by then.
#[must_use]
pub fn is_barred(facts: &[Fact], at: Instant) -> bool {
    let known = facts.iter().filter(|fact| fact.envelope.recorded_at <= at);
    bars(&standing_facts(known))
        .iter()
        .any(|bar| bar.from <= at && bar.until.is_none_or(|until| at < until))
}
