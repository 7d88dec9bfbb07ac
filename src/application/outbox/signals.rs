//! Logins that nothing allowed: the lead is told at once (domain, section 5).
//!
//! A signal waits from the transaction that records it until a message tells of it, so that none is lost. The first goes
//! out at once; those of the hour after it are gathered in one, because a nightly file may bring hundreds. The message
//! names organizations and ids, which its reader may look up, and nobody.

use chrono::TimeDelta;

use super::recipients::{address_of, lead};
use super::texts::{Letter, signal_line};
use crate::application::actor::{Action, Scope};
use crate::application::ports::{Page, RosterFilter, StoreError, StoreExt, View, Visible};
use crate::application::{App, Error, Tx};
use crate::domain::calendar::{Instant, local_day};
use crate::domain::ids::{AccessSignalId, FactId, ImplementationId};
use crate::domain::login::SignalState;
use crate::domain::outgoing::{Addressee, Message, MessageKind};
use crate::domain::roster::Implementation;

/// For how long what follows a message waits for the next one.
const GATHERS: TimeDelta = TimeDelta::hours(1);
/// How many are named one by one.
const MOST_NAMED: usize = 50;

impl App {
    /// Begins the messages about access signals that nobody was told of. What another process begins at the same time is
    /// left to it.
    pub(super) async fn begin_signals(&self) -> Result<(), Error> {
        let now = self.now();
        // Most looks find nothing to tell, and keep nobody who writes waiting.
        let due = self
            .store()
            .read(move |view: &mut dyn View| -> Result<_, StoreError> {
                let mut due = Vec::new();
                for id in view.implementations_with_signals()? {
                    if to_tell(view, id, now)?.is_some() {
                        due.push(id);
                    }
                }
                Ok(due)
            })
            .await?;
        for implementation in due {
            let begun = self
                .write_as_service(Action::SendMessages, move |tx| begin(tx, implementation))
                .await;
            match begun {
                Ok(()) | Err(Error::Store(StoreError::Stale | StoreError::Conflict)) => {}
                Err(error) => log::error!("access signals could not be told: {error}"),
            }
        }
        Ok(())
    }
}

/// The implementation, if its lead may be told of signals now.
fn to_tell(
    view: &mut dyn View,
    id: ImplementationId,
    now: Instant,
) -> Result<Option<Implementation>, StoreError> {
    let Some(implementation) = view.implementation(id)? else {
        return Ok(None);
    };
    // They stay on the list of open signals until the lead has an address.
    if lead(&implementation).is_none() {
        return Ok(None);
    }
    let last = view.last_message(id, MessageKind::Signals)?;
    let gathers = last.is_some_and(|last| now < last.queued_at + GATHERS);
    Ok((!gathers).then_some(implementation))
}

fn begin(tx: &mut Tx<'_>, id: ImplementationId) -> Result<(), Error> {
    let now = tx.now;
    let Some(implementation) = to_tell(tx.unit, id, now)? else {
        return Ok(());
    };
    let signals = tx.unit.signals_to_tell(id)?;
    let ids: Vec<AccessSignalId> = signals.iter().map(|signal| signal.id).collect();
    let Some(first) = ids.first() else {
        return Ok(());
    };
    let today = local_day(implementation.time_zone, tx.now);
    let named = (tx.id(), id);
    let message = Message {
        once: Some(format!("signals:{first}")),
        ..Message::waiting(named, MessageKind::Signals, Addressee::Lead, today, tx.now)
    };
    tx.unit.insert_message(&message)?;
    tx.unit.tell_signals(&ids, message.id)?;
    tx.trail.scope(Scope::implementation(id));
    tx.trail.touched("message", message.id);
    Ok(())
}

/// What a message says of the signals that nobody closed meanwhile. Nothing where all were.
pub(super) fn made(
    view: &mut dyn View,
    message: &Message,
    now: Instant,
) -> Result<Option<(Letter, String, Vec<FactId>)>, Error> {
    let Some(implementation) = view.implementation(message.implementation_id)? else {
        return Ok(None);
    };
    let Some(address) = address_of(view, &implementation, None, message.to, now)? else {
        return Ok(None);
    };
    let open: Vec<_> = view
        .signals_of_message(message.id)?
        .into_iter()
        .filter(|signal| signal.state == SignalState::Open)
        .collect();
    if open.is_empty() {
        return Ok(None);
    }
    let mut letter = Letter::of(view, &implementation, None)?;
    let named = || open.iter().take(MOST_NAMED);
    let visible = Visible {
        organizations: named()
            .filter_map(|signal| signal.organization_id)
            .collect(),
        ..Visible::default()
    };
    let all = Page {
        after: None,
        limit: i64::try_from(MOST_NAMED).unwrap_or(i64::MAX),
    };
    let organizations = view.organizations(&visible, &RosterFilter::default(), all)?;
    for signal in named() {
        let at = organizations
            .iter()
            .find(|found| Some(found.id) == signal.organization_id);
        let name = at.map(|organization| organization.name.as_str());
        let line = signal_line(signal, name, implementation.time_zone);
        letter.signals.push(line);
    }
    if let Some(more @ 1..) = open.len().checked_sub(MOST_NAMED) {
        letter.signals.push(format!("- and {more} more"));
    }
    Ok(Some((letter, address.email, Vec::new())))
}
