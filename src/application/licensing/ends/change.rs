//! An end that lies ahead is moved or called off.

use super::EndKind;
use super::authority::may_end;
use super::moment::check_moment;
use super::read::{EndShown, EndStatus, hidden, shown};
use crate::application::actor::Scope;
use crate::application::licensing::dossier::Dossier;
use crate::application::licensing::reporting::{
    About, Moment, Reported, needed_reason, not_oneself, record,
};
use crate::application::{Error, Tx};
use crate::domain::calendar::{Instant, Precision};
use crate::domain::error::Rejection;
use crate::domain::fact::{DeactivationCause, FactBody};
use crate::domain::ids::FactId;

/// The end a caller may act on, with its person locked and its version checked.
fn for_change(
    tx: &mut Tx<'_>,
    kind: EndKind,
    id: FactId,
    expected: i32,
) -> Result<(Dossier, EndShown), Error> {
    let found = tx
        .unit
        .fact(id)?
        .filter(|fact| kind.kinds().contains(&fact.body.kind()))
        .ok_or(Error::NotFound)?;
    let target = Scope::person(
        found.implementation_id,
        found.organization_id,
        found.person_id,
    );
    tx.authorize(kind.action(), target)?;
    tx.lock_person(found.person_id)?;
    let dossier = Dossier::load(tx.unit, found.person_id, &[])?.ok_or(Error::NotFound)?;
    let end = shown(&dossier, id, tx.now).ok_or(Error::NotFound)?;
    if hidden(tx.actor, &dossier, &end) {
        return Err(Error::NotFound);
    }
    not_oneself(tx, found.person_id, "somebody else changes this")?;
    if !may_end(tx, target, end.cause) {
        return Err(Error::Forbidden);
    }
    if expected == end.version {
        Ok((dossier, end))
    } else {
        Err(Error::Stale {
            current: end.version,
        })
    }
}

fn still_scheduled(end: &EndShown, action: &str) -> Result<(), Error> {
    match end.status {
        EndStatus::Scheduled => Ok(()),
        EndStatus::Effective => Err(Rejection::needing(
            "effective",
            action,
            vec![
                "an end that lies ahead: this one took effect, and only staff reinstate".to_owned(),
            ],
        )
        .into()),
        EndStatus::Cancelled => Err(Rejection::never("cancelled", action).into()),
    }
}

/// Calls off an end that has not taken effect.
pub fn cancel_end(
    tx: &mut Tx<'_>,
    kind: EndKind,
    id: FactId,
    expected: i32,
    reported: &Reported,
) -> Result<EndShown, Error> {
    let (dossier, end) = for_change(tx, kind, id, expected)?;
    still_scheduled(&end, "cancel")?;
    change(
        tx,
        dossier,
        &end,
        FactBody::Cancelled { fact: id },
        reported,
    )
}

/// Moves an end that has not taken effect; moved into the past it acts at once. A departure that took effect already stays
/// effective: the move contests the end of the license that rests on it, for staff to decide.
pub fn reschedule_end(
    tx: &mut Tx<'_>,
    kind: EndKind,
    id: FactId,
    expected: i32,
    moment: Moment,
    reported: &Reported,
) -> Result<EndShown, Error> {
    let (dossier, end) = for_change(tx, kind, id, expected)?;
    if rests_on_departure(&dossier, &end, tx.now) {
        needed_reason(reported)?;
    } else {
        still_scheduled(&end, "reschedule")?;
    }
    let (to, precision) = moment.ends(dossier.zone_at(tx.now));
    let field = match kind {
        EndKind::Departure => "ended",
        EndKind::Deactivation => "effective",
    };
    check_moment(moment, to, tx.now, field)?;
    change(
        tx,
        dossier,
        &end,
        FactBody::Moved {
            fact: id,
            to,
            precision,
        },
        reported,
    )
}

/// Whether the license of the person there is off because of this departure.
fn rests_on_departure(dossier: &Dossier, end: &EndShown, now: Instant) -> bool {
    let Some(organization) = end.fact.organization_id else {
        return false;
    };
    end.status == EndStatus::Effective
        && end.cause == DeactivationCause::EmploymentEnded
        && dossier
            .license_at(organization, now)
            .period()
            .and_then(|period| period.end.as_ref())
            .is_some_and(|ended| ended.fact == Some(end.fact.id))
}

fn change(
    tx: &mut Tx<'_>,
    mut dossier: Dossier,
    end: &EndShown,
    body: FactBody,
    reported: &Reported,
) -> Result<EndShown, Error> {
    let now = (tx.now, Precision::Instant);
    let envelope = reported.envelope(tx, dossier.person.implementation_id, now)?;
    let about = About {
        organization: end.fact.organization_id,
        request: None,
        license: end.fact.license_id,
    };
    record(tx, &mut dossier, about, envelope, body)?;
    shown(&dossier, end.fact.id, tx.now).ok_or(Error::NotFound)
}
