//! Access is ended by a decision.

use super::authority::may_end;
use super::moment::{at_field, check_moment};
use super::read::EndShown;
use super::record::record_end;
use crate::application::actor::{Action, Scope};
use crate::application::licensing::dossier::Dossier;
use crate::application::licensing::licenses::named;
use crate::application::licensing::reporting::{Moment, Reported, corrects, not_oneself};
use crate::application::{Error, Tx};
use crate::domain::calendar::Precision;
use crate::domain::fact::{DeactivationCause, FactBody};
use crate::domain::ids::{FactId, LicenseId};

/// Access is ended, now or later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDeactivation {
    pub license_id: LicenseId,
    pub cause: DeactivationCause,
    /// Absent: now.
    pub effective: Option<Moment>,
    pub supersedes: Option<FactId>,
    pub reported: Reported,
}

pub fn deactivate(
    tx: &mut Tx<'_>,
    new: &NewDeactivation,
    preview: bool,
) -> Result<EndShown, Error> {
    let (license, target) = named(tx, Action::Deactivate, new.license_id)?;
    not_oneself(tx, license.person_id, "somebody else ends your license")?;
    may_name(tx, target, new.cause)?;
    tx.lock_person(license.person_id)?;
    let dossier = Dossier::load(tx.unit, license.person_id, &[])?.ok_or(Error::NotFound)?;
    let effective = new
        .effective
        .map_or((tx.now, Precision::Instant), |moment| {
            moment.ends(dossier.zone_at(tx.now))
        });
    if let Some(moment) = new.effective {
        check_moment(moment, effective.0, tx.now, "effective")?;
    }
    let evaluation = dossier.license_at(license.organization_id, tx.now);
    let body = match new.cause {
        DeactivationCause::EmploymentEnded => FactBody::Departed,
        cause => FactBody::Deactivated { cause },
    };
    let supersedes = corrects(
        &dossier,
        new.supersedes,
        body.kind(),
        Some(license.organization_id),
        &new.reported,
    )?;
    let corrected = dossier
        .facts
        .iter()
        .find(|fact| Some(fact.id) == supersedes);
    // Whoever may not bring an end about must not correct it away either.
    if let Some(FactBody::Deactivated { cause }) = corrected.map(|fact| &fact.body)
        && !may_end(tx, target, *cause)
    {
        return Err(Error::Forbidden);
    }
    let ended_by_it = supersedes.is_some()
        && evaluation
            .period()
            .and_then(|period| period.end.as_ref())
            .is_some_and(|end| end.fact == supersedes);
    if !ended_by_it {
        evaluation.deactivate(new.cause)?;
    }
    if evaluation
        .period()
        .is_some_and(|period| effective.0 < period.from)
    {
        return Err(Error::invalid(
            new.effective.map_or_else(
                || "/effective_at".to_owned(),
                |moment| at_field(moment, "effective"),
            ),
            "lies before the license became active: a deactivation acts from its recording on, never back",
        ));
    }
    record_end(
        tx,
        dossier,
        license.organization_id,
        effective,
        body,
        (&new.reported, supersedes),
        preview,
    )
}

/// Which causes may be named by hand, and by whom.
fn may_name(tx: &Tx<'_>, target: Scope, cause: DeactivationCause) -> Result<(), Error> {
    if !cause.is_named_by_hand() {
        let by_hand: Vec<&str> = DeactivationCause::ALL
            .into_iter()
            .filter(|cause| cause.is_named_by_hand())
            .map(DeactivationCause::as_str)
            .collect();
        let why = match cause {
            DeactivationCause::SeatReduction => {
                "takes effect only after a notice that names the day, so that nobody ends a license at once for it"
            }
            _ => "follows from a rule and is not named by hand",
        };
        return Err(Error::invalid(
            "/cause",
            format!("{why}: use one of {}", by_hand.join(", ")),
        ));
    }
    if may_end(tx, target, cause) {
        Ok(())
    } else {
        Err(Error::Forbidden)
    }
}
