//! Reported logins and access signals, and how a signal is closed.

use crate::application::actor::{Action, Scope};
use crate::application::page::{Paging, Slice};
use crate::application::ports::{LoginFilter, SignalFilter};
use crate::application::roster::{Faults, expect_version};
use crate::application::{Error, Rx, Tx};
use crate::domain::error::Rejection;
use crate::domain::ids::{AccessSignalId, LoginEventId};
use crate::domain::login::{AccessSignal, LoginEvent, SignalState};

use super::super::reporting::not_oneself;

/// How a signal is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignalClosing {
    /// Explained or an incident.
    pub outcome: SignalState,
    pub reason: String,
}

/// One login as it was reported.
pub fn login_event(rx: &mut Rx<'_>, id: LoginEventId) -> Result<LoginEvent, Error> {
    let event = rx.view.login_event(id)?.ok_or(Error::NotFound)?;
    rx.authorize(
        Action::ReadLogin,
        Scope::implementation(event.implementation_id),
    )?;
    Ok(event)
}

/// A page of reported logins.
pub fn login_events(
    rx: &mut Rx<'_>,
    filter: &LoginFilter,
    paging: Paging,
) -> Result<Slice<LoginEvent>, Error> {
    let visible = rx.actor.visible(Action::ReadLogin);
    let rows = rx.view.login_events(&visible, filter, paging.probe())?;
    Ok(paging.cut(rows, |row: &LoginEvent| row.id.0))
}

/// One signal.
pub fn access_signal(rx: &mut Rx<'_>, id: AccessSignalId) -> Result<AccessSignal, Error> {
    let signal = rx.view.access_signal(id)?.ok_or(Error::NotFound)?;
    rx.authorize(
        Action::ReadLogin,
        Scope::implementation(signal.implementation_id),
    )?;
    Ok(signal)
}

/// A page of signals.
pub fn access_signals(
    rx: &mut Rx<'_>,
    filter: &SignalFilter,
    paging: Paging,
) -> Result<Slice<AccessSignal>, Error> {
    let visible = rx.actor.visible(Action::ReadLogin);
    let rows = rx.view.access_signals(&visible, filter, paging.probe())?;
    Ok(paging.cut(rows, |row: &AccessSignal| row.id.0))
}

/// Somebody says what a signal was: once, with a reason, and never about himself.
pub fn close_access_signal(
    tx: &mut Tx<'_>,
    id: AccessSignalId,
    expected: i32,
    closing: &SignalClosing,
) -> Result<AccessSignal, Error> {
    let mut signal = tx.unit.access_signal(id)?.ok_or(Error::NotFound)?;
    tx.authorize(
        Action::CloseAccessSignal,
        Scope::implementation(signal.implementation_id),
    )?;
    not_oneself(tx, signal.person_id, "somebody else judges your login")?;
    expect_version(expected, signal.version)?;
    if signal.state != SignalState::Open {
        return Err(Rejection::never(signal.state.as_str(), "close").into());
    }
    let mut faults = Faults::new();
    let reason = faults.reason("/reason", &closing.reason);
    faults.need(
        closing.outcome != SignalState::Open,
        "/outcome",
        "must be explained or incident",
    );
    faults.check()?;
    signal.state = closing.outcome;
    signal.reason = Some(reason);
    signal.closed_at = Some(tx.now);
    signal.closed_by = Some(tx.actor.principal.id);
    tx.unit.update_access_signal(&signal)?;
    signal.version += 1;
    tx.trail.touched("access_signal", id);
    Ok(signal)
}
