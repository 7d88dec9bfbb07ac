//! Past sweeps.

use crate::application::actor::{Action, Scope};
use crate::application::page::{Paging, Slice};
use crate::application::{Error, Rx};
use crate::domain::ids::{ImplementationId, SweepId};
use crate::domain::sweep::Sweep;

/// Sweeps of the implementations the actor sees whole.
pub fn sweeps(
    rx: &mut Rx<'_>,
    implementation: Option<ImplementationId>,
    paging: Paging,
) -> Result<Slice<Sweep>, Error> {
    let visible = rx.actor.visible(Action::ReadSweep);
    let rows = rx.view.sweeps(&visible, implementation, paging.probe())?;
    Ok(paging.cut(rows, |sweep| sweep.id.into()))
}

/// One sweep.
pub fn sweep(rx: &mut Rx<'_>, id: SweepId) -> Result<Sweep, Error> {
    let sweep = rx.view.sweep(id)?.ok_or(Error::NotFound)?;
    rx.authorize(
        Action::ReadSweep,
        Scope::implementation(sweep.implementation_id),
    )?;
    Ok(sweep)
}
