//! Keep requests: a supervisor says that a license stays although nobody logged in.

use crate::application::actor::{Action, Role};
use crate::application::{Error, Tx};
use crate::domain::calendar::{Instant, Precision};
use crate::domain::fact::Fact;
use crate::domain::ids::LicenseId;

use super::dossier::Dossier;
use super::licenses::named;
use super::reporting::{
    About, Reported, fact, keep, needed_reason, not_in_the_future, not_oneself,
};

/// A license is to be kept although nobody logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewKeepRequest {
    pub license_id: LicenseId,
    /// Absent: now.
    pub asked_at: Option<Instant>,
    pub reported: Reported,
}

pub fn keep_license(tx: &mut Tx<'_>, new: &NewKeepRequest) -> Result<Fact, Error> {
    let (license, target) = named(tx, Action::KeepLicense, new.license_id)?;
    not_oneself(tx, license.person_id, "somebody else keeps your license")?;
    needed_reason(&new.reported)?;
    let supervises =
        tx.actor.grants.iter().any(|grant| {
            grant.role == Role::Supervisor && grant.allows(Action::KeepLicense, target)
        });
    if !supervises && new.reported.reported_by.is_none() {
        return Err(Error::invalid(
            "/report/reported_by",
            "is needed: only a supervisor asks to keep a license; say who did",
        ));
    }
    let asked_at = new.asked_at.unwrap_or(tx.now);
    if let Some(fault) = not_in_the_future(asked_at, tx.now, "/asked_at") {
        return Err(Error::Invalid(vec![fault]));
    }
    tx.lock_person(license.person_id)?;
    let mut dossier = Dossier::load(tx.unit, license.person_id, &[])?.ok_or(Error::NotFound)?;
    dossier.record_states(tx)?;
    let body = dossier
        .license_at(license.organization_id, tx.now)
        .keep(asked_at)?;
    let moment = (asked_at, Precision::Instant);
    let envelope = new
        .reported
        .envelope(tx, license.implementation_id, moment)?;
    let about = About {
        organization: Some(license.organization_id),
        request: None,
        license: Some(license.id),
    };
    let person = dossier.person.clone();
    let fact = fact(tx, &person, about, envelope, body);
    keep(tx, &mut dossier, std::slice::from_ref(&fact))?;
    tx.trail.touched("license", license.id);
    Ok(fact)
}
