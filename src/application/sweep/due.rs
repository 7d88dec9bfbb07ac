//! Of whom anything is due.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::application::Error;
use crate::application::licensing::login_sources;
use crate::application::ports::{Due, View};
use crate::domain::calendar::Instant;
use crate::domain::evaluate;
use crate::domain::ids::{ImplementationId, PersonId};

/// How many people of an older generation a sweep looks at; the job that evaluates them anew does the rest.
const STALE_AT_ONCE: i64 = 2_000;
/// Rows per look at what is due.
const ROWS_AT_ONCE: i64 = 500;

/// How far the login sources in service in an implementation are complete.
fn reported_through(
    view: &mut dyn View,
    implementation: ImplementationId,
    at: Instant,
) -> Result<Option<Instant>, Error> {
    let sources = login_sources(view, implementation)?;
    Ok(evaluate::reported_through(&sources.known_at(at), at))
}

/// The people of an implementation of whom anything is due at an instant, the longest due first, and whether these are
/// all: at most `largest`.
pub(super) fn due_people(
    view: &mut dyn View,
    implementation: ImplementationId,
    as_of: Instant,
    largest: usize,
) -> Result<(Vec<PersonId>, bool), Error> {
    let mut people = Vec::new();
    let mut seen = BTreeSet::new();
    let through = reported_through(view, implementation, as_of)?;
    let mut due = vec![
        (Due::Licenses, as_of),
        (Due::LicenseRequests, as_of),
        (Due::Notices, as_of),
    ];
    due.extend(through.map(|through| (Due::Warnings, through.min(as_of))));
    for (due, as_of) in due {
        let mut after: Option<(Instant, Uuid)> = None;
        loop {
            let rows = view.due_at(due, implementation, as_of, after, ROWS_AT_ONCE)?;
            let Some(last) = rows.last() else { break };
            after = Some((last.due_at, last.id));
            for row in &rows {
                if seen.insert(row.person_id) {
                    people.push(row.person_id);
                }
            }
            if people.len() > largest {
                people.truncate(largest);
                return Ok((people, false));
            }
        }
    }
    // A change of rules makes everybody due; what it touches is not known before it is looked at.
    let stale = view.stale_people_of(implementation, STALE_AT_ONCE)?;
    let complete = stale.len() < usize::try_from(STALE_AT_ONCE).unwrap_or(usize::MAX);
    people.extend(stale.into_iter().filter(|person| seen.insert(*person)));
    let whole = people.len() <= largest;
    people.truncate(largest);
    Ok((people, complete && whole))
}

/// Whether nobody's recorded state rests on older rules than those in force.
pub(super) fn is_up_to_date(
    view: &mut dyn View,
    implementation: ImplementationId,
) -> Result<bool, Error> {
    Ok(view.stale_people_of(implementation, 1)?.is_empty())
}
