//! Seats and practice places are given, waited for and given back.
//!
//! What a request has to do with a place are facts about it: it joined the line, a place was reserved for it, it gave
//! one back. Each transaction that records anything about a person settles what follows of that for his own requests
//! ([`mod@settle`]); where it frees a place, whoever is next in line gets it before the transaction ends
//! ([`give_places`]), with automatic activation down to his license. A place that time alone frees is given when that
//! is next recorded: by any fact of the person, or by the job that looks for it.
//!
//! Everything that could give a place twice happens under the guard row of the implementation's waitlist, which
//! `lock_person` takes before the person (see the port for the order of locks).

mod give;
mod look;
mod settle;

use crate::application::ports::View;
use crate::application::{Error, Tx};
use crate::domain::calendar::{Instant, local_day};
use crate::domain::fact::Envelope;
use crate::domain::ids::ImplementationId;
use crate::domain::policy::PolicyVersion;
use crate::domain::seat::{Pools, Tally};

pub use give::give_places;
pub(super) use give::{give_if_due, overdue};
pub use look::{PoolShown, SeatsQuery, SeatsShown, seats};
pub(super) use look::{add_turns, turn_of};
pub(super) use settle::{running, seat_for, seat_to_return, settle, take_seat};

/// What is needed where a license begins or changes without a request, which could wait in line.
pub(super) const NO_SEAT: &str =
    "a free seat: none is left for whoever is not in line; a request waits in line for one";

/// Everything that counts in an implementation.
fn tally(view: &mut dyn View, id: ImplementationId, now: Instant) -> Result<Tally, Error> {
    Ok(Tally {
        running: view.running_licenses(id)?,
        entries: view.waitlist(id)?,
        kept: view.kept_seats(id, now)?,
    })
}

/// The pools of the policy version in force.
fn pools(versions: &[PolicyVersion], now: Instant) -> Option<Pools<'_>> {
    let version = versions
        .iter()
        .filter(|version| version.effective_from <= now)
        .max_by_key(|version| version.effective_from)?;
    let zone = version.document.zone()?;
    Some(Pools::new(&version.document, local_day(zone, now)))
}

/// How something became known that a rule brought about in the transaction of another fact: whoever recorded that.
pub(super) fn by_rule(tx: &Tx<'_>) -> Envelope {
    Envelope {
        on_behalf_of: tx.trail.on_behalf_of(),
        ..Envelope::recorded_now(tx.actor.principal.id, tx.now)
    }
}
