//! One fact, or a page of them, as its reader may know of it.

use std::collections::BTreeSet;

use super::dossier::Dossier;
use crate::application::actor::{Action, Actor, Scope};
use crate::application::page::fill_page;
use crate::application::page::{Paging, Slice};
use crate::application::ports::FactFilter;
use crate::application::{Error, Rx};
use crate::domain::calendar::Instant;
use crate::domain::fact::FactKind;
use crate::domain::ids::{FactId, PersonId};

/// One fact of a kind, as `shown` makes of it; what it makes nothing of does not exist for the reader.
pub(super) fn fact_shown<T>(
    rx: &mut Rx<'_>,
    action: Action,
    kind: FactKind,
    id: FactId,
    shown: impl Fn(&Actor, &Dossier, FactId, Instant) -> Option<T>,
) -> Result<T, Error> {
    let found = rx.view.fact(id)?;
    let found = found
        .filter(|fact| fact.body.kind() == kind)
        .ok_or(Error::NotFound)?;
    let scope = Scope::person(
        found.implementation_id,
        found.organization_id,
        found.person_id,
    );
    rx.authorize(action, scope)?;
    let dossier = Dossier::load(rx.view, found.person_id, &[])?.ok_or(Error::NotFound)?;
    shown(rx.actor, &dossier, id, rx.now).ok_or(Error::NotFound)
}

/// A page of facts of one kind, each as `shown` makes of it; what it makes nothing of is left out.
pub(super) fn facts_shown<T>(
    rx: &mut Rx<'_>,
    action: Action,
    kind: FactKind,
    filter: &FactFilter,
    paging: Paging,
    shown: impl Fn(&Actor, &Dossier, FactId, Instant) -> Option<T>,
) -> Result<Slice<T>, Error> {
    let filter = FactFilter {
        kinds: vec![kind],
        ..filter.clone()
    };
    facts_of_any_kind(rx, action, &filter, paging, shown)
}

/// The same of every kind that the filter names, or of all.
pub(super) fn facts_of_any_kind<T>(
    rx: &mut Rx<'_>,
    action: Action,
    filter: &FactFilter,
    paging: Paging,
    shown: impl Fn(&Actor, &Dossier, FactId, Instant) -> Option<T>,
) -> Result<Slice<T>, Error> {
    let visible = rx.actor.visible(action);
    let slice = fill_page(
        paging,
        |page| {
            let facts = rx.view.facts(&visible, filter, page)?;
            let people: BTreeSet<PersonId> = facts.iter().map(|fact| fact.person_id).collect();
            let dossiers =
                Dossier::load_many(rx.view, &people.into_iter().collect::<Vec<_>>(), &[])?;
            Ok(facts
                .iter()
                .map(|fact| {
                    let dossier = dossiers
                        .iter()
                        .find(|dossier| dossier.person.id == fact.person_id);
                    let row = dossier.and_then(|dossier| shown(rx.actor, dossier, fact.id, rx.now));
                    (fact.id.0, row)
                })
                .collect())
        },
        |(id, _)| *id,
        |(_, row)| row.is_some(),
    )?;
    Ok(Slice {
        rows: slice.rows.into_iter().filter_map(|(_, row)| row).collect(),
        next: slice.next,
    })
}
