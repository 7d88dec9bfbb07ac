//! Facts about whole implementations: kept, and listed with what was decided about them.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::actor::Action;
use super::licensing::Reported;
use super::page::{Paging, Slice};
use super::ports::View;
use super::{Error, Rx, Tx};
use crate::domain::calendar::Precision;
use crate::domain::fact::{FactBody, FactKind, ImplementationFact};
use crate::domain::ids::{FactId, ImplementationId};

/// Keeps a fact of an implementation, whose guard row is locked, and makes everybody's recorded state due for a new
/// evaluation.
pub fn keep_for_all(
    tx: &mut Tx<'_>,
    implementation: ImplementationId,
    reported: &Reported,
    body: FactBody,
) -> Result<ImplementationFact, Error> {
    let now = (tx.now, Precision::Instant);
    let fact = ImplementationFact {
        id: tx.id(),
        implementation_id: implementation,
        envelope: reported.envelope(tx, implementation, now)?,
        body,
    };
    tx.unit.insert_implementation_fact(&fact)?;
    tx.unit.bump_generation(implementation)?;
    tx.trail.touched("implementation", implementation);
    tx.trail
        .touched("implementation_fact", fact.about().unwrap_or(fact.id));
    Ok(fact)
}

/// A page of the facts of one kind.
pub fn fact_page(
    rx: &mut Rx<'_>,
    (action, kind): (Action, FactKind),
    implementation: Option<ImplementationId>,
    paging: Paging,
) -> Result<Slice<ImplementationFact>, Error> {
    let visible = rx.actor.visible(action);
    let rows = rx
        .view
        .implementation_facts(&visible, kind, implementation, paging.probe())?;
    Ok(paging.cut(rows, |fact| fact.id.0))
}

/// The same, each fact as `shown` makes of it among all facts of its implementation, which are read
/// once.
pub fn shown_facts<T>(
    rx: &mut Rx<'_>,
    of: (Action, FactKind),
    implementation: Option<ImplementationId>,
    paging: Paging,
    mut shown: impl FnMut(
        &mut dyn View,
        &[ImplementationFact],
        &ImplementationFact,
    ) -> Result<Option<T>, Error>,
) -> Result<Slice<T>, Error> {
    let Slice { rows, next } = fact_page(rx, of, implementation, paging)?;
    let mut known: BTreeMap<ImplementationId, Vec<ImplementationFact>> = BTreeMap::new();
    let mut found = Vec::with_capacity(rows.len());
    for fact in rows {
        let facts = match known.entry(fact.implementation_id) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                entry.insert(rx.view.facts_of_implementation(fact.implementation_id)?)
            }
        };
        found.extend(shown(rx.view, facts, &fact)?);
    }
    Ok(Slice { rows: found, next })
}

/// The fact of a kind that an id names.
pub fn named_fact(
    view: &mut dyn View,
    kind: FactKind,
    id: FactId,
) -> Result<ImplementationFact, Error> {
    view.implementation_fact(id)?
        .filter(|fact| fact.body.kind() == kind)
        .ok_or(Error::NotFound)
}
