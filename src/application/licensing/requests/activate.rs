//! The license period of a request begins.

use super::decide::{Decision, for_decision};
use super::find;
use super::read::{RequestShown, shown};
use crate::application::actor::Action;
use crate::application::licensing::reporting::{About, fact, not_oneself};
use crate::application::{Error, Tx};
use crate::domain::calendar::Precision;
use crate::domain::evaluate::Reader;
use crate::domain::fact::{Basis, FactBody};
use crate::domain::ids::RequestId;
use crate::domain::license::License;
use crate::domain::policy::RequestClass;
use crate::domain::request::RecordedState;

/// Begins the license period: every requirement is checked again in this transaction.
pub fn activate(
    tx: &mut Tx<'_>,
    id: RequestId,
    decision: &Decision,
) -> Result<RequestShown, Error> {
    let (mut dossier, request) = for_decision(tx, Action::ActivateLicense, id, decision.expected)?;
    not_oneself(
        tx,
        request.person_id,
        "somebody else activates your license",
    )?;
    let evaluation = dossier.request_at(&request, tx.now);
    let license = dossier.license_at(request.organization_id, tx.now);
    evaluation.activate(request.class, &license)?;
    let license_id = match dossier
        .licenses
        .iter()
        .find(|license| license.organization_id == request.organization_id)
    {
        Some(license) => license.id,
        None => {
            let license = License {
                id: tx.id(),
                implementation_id: request.implementation_id,
                organization_id: request.organization_id,
                person_id: request.person_id,
                license_type: request.license_type.clone(),
                recorded: RecordedState {
                    state: crate::domain::license::LicenseStatus::Active,
                    next_change_at: None,
                    generation: dossier.implementation.generation,
                },
                contested_at: None,
                recorded_at: tx.now,
                version: 1,
            };
            tx.unit.insert_license(&license)?;
            let id = license.id;
            dossier.licenses.push(license);
            id
        }
    };
    let now = (tx.now, Precision::Instant);
    let envelope = decision
        .reported
        .envelope(tx, request.implementation_id, now)?;
    let body = if request.class == RequestClass::TypeChange {
        FactBody::TypeChanged {
            license_type: request.license_type.clone(),
        }
    } else {
        FactBody::Activated {
            license_type: request.license_type.clone(),
            class: request.class,
            job_role: request.job_role.clone(),
            projects: request.projects.clone(),
            project_types: dossier
                .project_types_of(&request.projects)
                .into_iter()
                .collect(),
            basis: Basis::Requirements,
            submitted_at: Some(request.submitted_at),
            requirement_set: evaluation.requirement_set.clone(),
        }
    };
    let about = About {
        organization: Some(request.organization_id),
        request: Some(request.id),
        license: Some(license_id),
    };
    let person = dossier.person.clone();
    let fact = fact(tx, &person, about, envelope, body);
    tx.unit.insert_facts(std::slice::from_ref(&fact))?;
    dossier.learn(&[fact]);
    dossier.record_states(tx.unit, tx.now)?;
    tx.trail.touched("license_request", request.id);
    tx.trail.touched("license", license_id);
    Ok(shown(
        &dossier,
        find(&dossier, request.id)?,
        Reader::Full,
        tx.now,
    ))
}
