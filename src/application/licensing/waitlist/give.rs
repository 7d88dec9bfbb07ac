//! Whoever is next in line gets the place that became free.

use std::collections::BTreeSet;

use super::super::activation;
use super::super::dossier::Dossier;
use super::settle::{may_begin, note, running, settle, take};
use super::{by_rule, pools, tally};
use crate::application::actor::Scope;
use crate::application::ports::View;
use crate::application::{Error, Tx};
use crate::domain::fact::FactBody;
use crate::domain::ids::{ImplementationId, PersonId, RequestId};
use crate::domain::seat::{Given, Place, PlaceStanding};

/// How many places one transaction gives at most: a cap that was raised by more is given by the job, in several.
const MOST_AT_ONCE: usize = 100;

/// Gives what this transaction freed to whoever is next in line, at the end of its work.
pub fn give_places(tx: &mut Tx<'_>) -> Result<(), Error> {
    let mut left = MOST_AT_ONCE;
    while let Some(id) = tx.waitlists.pop_first() {
        tx.unit.lock_waitlist(id)?;
        give_in(tx, id, &mut left)?;
    }
    Ok(())
}

fn give_in(tx: &mut Tx<'_>, id: ImplementationId, left: &mut usize) -> Result<(), Error> {
    let versions = tx.unit.policy_versions(id)?;
    let mut passed = BTreeSet::new();
    while *left > 0 {
        let tally = tally(tx.unit, id, tx.now)?;
        let Some(mut pools) = pools(&versions, tx.now) else {
            return Ok(());
        };
        let Some(given) = tally.due(&mut pools, &passed).into_iter().next() else {
            return Ok(());
        };
        let person = tally
            .entries
            .iter()
            .find(|entry| entry.request_id == given.request)
            .map(|entry| entry.person_id);
        let Some(person) = person else {
            return Ok(());
        };
        *left -= 1;
        if !give(tx, person, &given)? {
            passed.insert((given.request, given.place));
        }
    }
    Ok(())
}

/// Gives a place to a request, unless something else keeps it from taking one by now.
fn give(tx: &mut Tx<'_>, person: PersonId, given: &Given) -> Result<bool, Error> {
    tx.lock_person(person)?;
    let mut dossier = Dossier::load(tx.unit, person, &[])?.ok_or(Error::NotFound)?;
    dossier.record_states(tx)?;
    let Some(request) = dossier
        .requests
        .iter()
        .find(|request| request.id == given.request)
        .cloned()
    else {
        return Ok(false);
    };
    let evaluation = dossier.request_at(&request, tx.now);
    let standing = match given.place {
        Place::Seat => evaluation.seat,
        Place::Practice => evaluation.practice_place,
    };
    let takes = matches!(
        standing,
        Some(PlaceStanding::Waiting { may_take: true, .. })
    ) && may_begin(&dossier, &request, &evaluation, tx);
    if !takes {
        return Ok(false);
    }
    tx.trail
        .scope(Scope::implementation(request.implementation_id));
    take(tx, given.kept)?;
    let body = FactBody::PlaceReserved {
        place: given.place,
        kept_from: given.kept,
    };
    let envelope = by_rule(tx);
    let ran = running(&dossier);
    note(tx, &mut dossier, &request, envelope, body)?;
    settle(tx, &mut dossier, &ran)?;
    activation::begin_ready(tx, &mut dossier)?;
    Ok(true)
}

/// Gives what is free in an implementation, where anything is due.
pub(in crate::application::licensing) fn give_if_due(
    tx: &mut Tx<'_>,
    id: ImplementationId,
) -> Result<(), Error> {
    tx.waitlists.insert(id);
    give_places(tx)
}

/// The implementations in which somebody in line may take a free place that nothing recorded gave him: by time, or by
/// new rules.
pub(in crate::application::licensing) fn overdue(
    view: &mut dyn View,
    now: crate::domain::calendar::Instant,
) -> Result<Vec<ImplementationId>, Error> {
    let mut found = Vec::new();
    let nobody: BTreeSet<(RequestId, Place)> = BTreeSet::new();
    for id in view.implementations_with_waitlists()? {
        let entries = view.waitlist(id)?;
        if entries.iter().all(|entry| entry.reserved_at.is_some()) {
            continue;
        }
        let versions = view.policy_versions(id)?;
        let tally = tally(view, id, now)?;
        let due = pools(&versions, now)
            .is_some_and(|mut pools| !tally.due(&mut pools, &nobody).is_empty());
        if due {
            found.push(id);
        }
    }
    Ok(found)
}
