//! Changes of a running license that add no requirement: recorded at once, without a request.

use crate::application::actor::Action;
use crate::application::{Error, Fault, Tx};
use crate::domain::calendar::Precision;
use crate::domain::fact::{Channel, Fact, Reporter, TypeChange};
use crate::domain::ids::LicenseId;
use crate::domain::policy::RequestClass;
use crate::domain::request::{LicenseRequest, RecordedState, RequestState};

use super::dossier::Dossier;
use super::reporting::{About, Reported, fact, keep, not_oneself};
use super::waitlist;

/// Another base type for a running license.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLicenseChange {
    pub license_id: LicenseId,
    pub license_type: String,
    pub reported: Reported,
}

/// Changes the type of a license where the new one asks for nothing that is not met.
pub fn change_license(tx: &mut Tx<'_>, new: &NewLicenseChange) -> Result<Fact, Error> {
    let (license, _) = super::licenses::named(tx, Action::ChangeLicense, new.license_id)?;
    not_oneself(tx, license.person_id, "somebody else changes your license")?;
    tx.lock_person(license.person_id)?;
    let mut dossier = Dossier::load(tx.unit, license.person_id, &[])?.ok_or(Error::NotFound)?;
    dossier.record_states(tx)?;
    let document = dossier
        .document_at(license.organization_id, tx.now)
        .ok_or(Error::NoPolicy)?;
    let license_type = document
        .license_types
        .get(&new.license_type)
        .ok_or_else(|| {
            let known: Vec<&str> = document.license_types.keys().map(String::as_str).collect();
            Error::Invalid(vec![Fault::at(
                "/license_type",
                format!(
                    "is no license type of the policy in force, which has: {}",
                    known.join(", ")
                ),
            )])
        })?;
    let now = dossier.license_at(license.organization_id, tx.now);
    let change = TypeChange {
        submitted_at: Some(tx.now),
        ..TypeChange::to(&new.license_type)
    };
    // What the request for this change would owe.
    let asked = LicenseRequest {
        id: tx.id(),
        implementation_id: license.implementation_id,
        organization_id: license.organization_id,
        person_id: license.person_id,
        license_type: new.license_type.clone(),
        class: RequestClass::TypeChange,
        job_role: now.period().and_then(|period| period.job_role.clone()),
        projects: now
            .period()
            .map(|period| period.projects.clone())
            .unwrap_or_default(),
        attestations: Vec::new(),
        requester: tx.actor.principal.id,
        requested_by: None,
        source: None,
        channel: new.reported.channel.unwrap_or(Channel::Api),
        ticket_reference: None,
        reported_at: tx.now,
        reported_by: Reporter::Recorder,
        reason: None,
        submitted_at: tx.now,
        recorded: RecordedState {
            state: RequestState::Submitted,
            next_change_at: None,
            generation: dossier.implementation.generation,
        },
        version: 1,
    };
    let verdict = now.change_type(change, license_type, &dossier.request_at(&asked, tx.now));
    let from = now.period().map(|period| period.license_type.as_str());
    let organization = license.organization_id;
    let seat = waitlist::seat_for(tx, &dossier, organization, &new.license_type, from)?;
    let command = (now.state_name(), "change_type");
    let body = waitlist::take_seat(tx, seat, command, verdict)?;
    let at = (tx.now, Precision::Instant);
    let envelope = new.reported.envelope(tx, license.implementation_id, at)?;
    let about = About {
        organization: Some(license.organization_id),
        license: Some(license.id),
        ..About::default()
    };
    let person = dossier.person.clone();
    let fact = fact(tx, &person, about, envelope, body);
    keep(tx, &mut dossier, std::slice::from_ref(&fact))?;
    tx.trail.touched("license", license.id);
    Ok(fact)
}
