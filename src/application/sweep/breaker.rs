//! The circuit breaker trips: before a sweep records anything, it counts what absences are about to bring about.

use crate::application::actor::Scope;
use crate::application::ports::View;
use crate::application::{Error, Tx};
use crate::domain::absence_hold::{
    ALWAYS_ALLOWED, LONGEST_HOLD, LOOKS_AHEAD, Tripped, absence_holds, trips,
};
use crate::domain::calendar::Instant;
use crate::domain::fact::{Envelope, FactBody, ImplementationFact};
use crate::domain::ids::ImplementationId;
use crate::domain::sweep::SweptHold;

/// Whether so many absences are about to take effect that somebody should look, with their number.
pub(super) fn counted(
    view: &mut dyn View,
    implementation: ImplementationId,
    now: Instant,
) -> Result<Option<Tripped>, Error> {
    let horizon = now + LOOKS_AHEAD;
    // Almost always there are fewer than matter, and nothing else is looked at.
    if view.absences_by(implementation, horizon, ALWAYS_ALLOWED + 1)? <= ALWAYS_ALLOWED {
        return Ok(None);
    }
    let tripped = Tripped {
        affected: view.absences_by(implementation, horizon, i64::MAX)?,
        of: view.licenses_with_access(implementation)?,
    };
    let facts = ImplementationFact::read_by_nobody(&view.facts_of_implementation(implementation)?);
    let held = absence_holds(&facts.iter().collect::<Vec<_>>())
        .iter()
        .any(|hold| hold.holds_at(now));
    Ok((!held && trips(tripped.affected, tripped.of)).then_some(tripped))
}

/// Opens a hold where that is so: from now on absences bring nothing about for 72 hours at most, unless staff decide.
pub(super) fn trip(
    tx: &mut Tx<'_>,
    implementation: ImplementationId,
) -> Result<Option<SweptHold>, Error> {
    // Of two sweepers at once the second sees the first one's hold.
    tx.unit.lock_implementation(implementation)?;
    let Some(tripped) = counted(tx.unit, implementation, tx.now)? else {
        return Ok(None);
    };
    let fact = ImplementationFact {
        id: tx.id(),
        implementation_id: implementation,
        envelope: Envelope::recorded_now(tx.actor.principal.id, tx.now),
        body: FactBody::AbsenceHeld {
            until: tx.now + LONGEST_HOLD,
            tripped: Some(tripped),
        },
    };
    tx.unit.insert_implementation_fact(&fact)?;
    // What was to come is recorded anew, as it waits now: it is not counted again.
    tx.unit.bump_generation(implementation)?;
    tx.trail.scope(Scope::implementation(implementation));
    tx.trail.touched("implementation_fact", fact.id);
    Ok(Some(SweptHold {
        id: fact.id,
        affected: tripped.affected,
        of: tripped.of,
    }))
}
