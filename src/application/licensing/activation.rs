//! The beginning of a license: one path, whether staff activate or the policy does.

use crate::application::ports::StoreError;
use crate::application::{Error, Tx};
use crate::domain::calendar::Instant;
use crate::domain::fact::{Basis, Envelope, FactBody, TypeChange};
use crate::domain::ids::LicenseId;
use crate::domain::license::{License, LicenseStatus, NoticeOutlook};
use crate::domain::policy::{ActivationBy, RequestClass};
use crate::domain::request::{LicenseRequest, RecordedState, RequestState};

use super::dossier::Dossier;
use super::reporting::{About, fact};
use super::waitlist::by_rule;

/// Begins the license of a request whose every need was checked in this transaction, or adds projects to it.
pub(super) fn begin(
    tx: &mut Tx<'_>,
    dossier: &mut Dossier,
    request: &LicenseRequest,
    envelope: Envelope,
) -> Result<LicenseId, Error> {
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
                    state: LicenseStatus::Active,
                    next_change_at: None,
                    generation: dossier.implementation.generation,
                },
                contested_at: None,
                listed_from: None,
                notices: NoticeOutlook::default(),
                next_absence_at: None,
                duplicate_of: None,
                recorded_at: tx.now,
                version: 1,
            };
            tx.unit.insert_license(&license)?;
            let id = license.id;
            dossier.licenses.push(license);
            id
        }
    };
    let body = begins(dossier, request, tx.now);
    tx.trail.touched("license_request", request.id);
    tx.trail.touched("license", license_id);
    let about = About {
        organization: Some(request.organization_id),
        request: Some(request.id),
        license: Some(license_id),
    };
    let person = dossier.person.clone();
    let fact = fact(tx, &person, about, envelope, body);
    tx.unit.insert_facts(std::slice::from_ref(&fact))?;
    dossier.learn(&[fact]);
    dossier.record_states(tx)?;
    // What gives the license more projects changes the request too, though it stays in its state.
    dossier.changed_request(tx.unit, request)?;
    Ok(license_id)
}

/// More beginnings of one person in one transaction than this can only be a fault of the rules: better refused than
/// repeated for ever.
const MOST_BEGINNINGS: usize = 1_000;

/// Begins the license of every request of the person that is ready, with all or some of its projects, and whose policy
/// leaves nothing to staff; where a license began with some, adds what became ready since, whoever activates. Called by
/// each transaction whose fact may make a request ready; recorded by whoever recorded that fact.
pub fn begin_ready(tx: &mut Tx<'_>, dossier: &mut Dossier) -> Result<(), Error> {
    for _ in 0..MOST_BEGINNINGS {
        let ready = dossier.requests.iter().find(|request| {
            let evaluation = dossier.request_at(request, tx.now);
            let license = dossier.license_at(request.organization_id, tx.now);
            (evaluation.state == RequestState::Ready || evaluation.left_out.is_some())
                && (evaluation.begun.is_some() || automatic(dossier, request, tx.now))
                && evaluation
                    .activate(
                        &license,
                        &dossier.carriers(&request.license_type, request.organization_id, tx.now),
                    )
                    .is_ok()
                && !evaluation
                    .beginning(&dossier.projects_of(request))
                    .is_nothing()
        });
        let Some(request) = ready.cloned() else {
            return Ok(());
        };
        let envelope = by_rule(tx);
        begin(tx, dossier, &request, envelope)?;
    }
    Err(StoreError::Corrupt(format!(
        "the requests of person {} are ready without end",
        dossier.person.id
    ))
    .into())
}

fn automatic(dossier: &Dossier, request: &LicenseRequest, now: Instant) -> bool {
    dossier
        .document_at(request.organization_id, now)
        .is_some_and(|document| {
            document.requests_for(&request.license_type).activation.by == ActivationBy::Automatic
        })
}

/// What begins when a request is fulfilled: a license period, another type on the running one, an add-on; or what its
/// license gets besides.
fn begins(dossier: &Dossier, request: &LicenseRequest, now: Instant) -> FactBody {
    let evaluation = dossier.request_at(request, now);
    let beginning = evaluation.beginning(&dossier.projects_of(request));
    let project_types = dossier
        .project_types_of(&beginning.projects)
        .into_iter()
        .collect();
    if evaluation.begun.is_some() {
        return FactBody::ProjectsAdded {
            projects: beginning.projects,
            project_types,
            fulfils: beginning.whole,
        };
    }
    match evaluation.class {
        RequestClass::AddOn => FactBody::AddOnActivated {
            add_on: request.license_type.clone(),
            submitted_at: Some(request.submitted_at),
        },
        RequestClass::TypeChange => FactBody::TypeChanged(TypeChange {
            license_type: request.license_type.clone(),
            job_role: request.job_role.clone(),
            projects: beginning.projects,
            project_types,
            submitted_at: Some(request.submitted_at),
        }),
        class => FactBody::Activated {
            license_type: request.license_type.clone(),
            class,
            job_role: request.job_role.clone(),
            projects: beginning.projects,
            project_types,
            basis: Basis::Requirements,
            submitted_at: Some(request.submitted_at),
            requirement_set: evaluation.requirement_set,
            partial: !beginning.whole,
        },
    }
}
