//! A license is asked for.

use super::checks::{Under, check, in_force, today};
use super::matching::{note_matches, show_matches};
use super::read::{RequestShown, shown};
use super::source::{passed, where_asked};
use super::trainee::{PersonNamed, somebody_new, who_is_named};
use super::{find, load};
use crate::application::actor::Action;
use crate::application::licensing::dossier::Dossier;
use crate::application::licensing::licenses::person_reader;
use crate::application::licensing::reporting::{Reported, not_oneself};
use crate::application::licensing::{activation, waitlist};
use crate::application::ports::StoreError;
use crate::application::roster::Faults;
use crate::application::roster::people::emails_of;
use crate::application::{Error, Tx};
use crate::domain::calendar::{Instant, Precision};
use crate::domain::error::Rejection;
use crate::domain::evaluate::{EndCause, Evaluation, classify};
use crate::domain::ids::{FactId, OrganizationId, PersonId, ProjectId};
use crate::domain::policy::{PolicyDocument, RequestClass, RequestSource, WorkEmail};
use crate::domain::request::{Attested, LicenseRequest, RecordedState, RequestState};
use crate::domain::roster::Person;

/// A request as submitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRequest {
    pub organization_id: OrganizationId,
    pub person: PersonNamed,
    pub license_type: String,
    pub job_role: Option<String>,
    pub projects: Vec<ProjectId>,
    pub attestations: Vec<Attested>,
    /// The supervisor it is made for, where the help desk records it.
    pub requested_by: Option<PersonId>,
    /// The pass of a course by which it comes, where the policy lets a pass make requests.
    pub completion: Option<FactId>,
    pub reported: Reported,
}

pub fn submit(tx: &mut Tx<'_>, new: &NewRequest) -> Result<RequestShown, Error> {
    let (organization, scope) = where_asked(tx, new)?;
    tx.authorize(Action::SubmitRequest, scope)?;
    let policies = tx.unit.policy_versions(organization.implementation_id)?;
    let policy = in_force(&policies, tx.now).ok_or(Error::NoPolicy)?;
    let today = today(policy, tx.now);
    let document = policy.document.for_organization(organization.id, today);
    let mut faults = Faults::new();
    let named = faults
        .gather(who_is_named(tx, new, &organization))?
        .flatten();
    let before = attested_before(tx, named.as_ref())?;
    let under = Under {
        organization: &organization,
        policy,
        document: &document,
    };
    let source = check(tx, new, under, &before, &mut faults)?;
    let now = (tx.now, Precision::Instant);
    let envelope = faults.gather(
        new.reported
            .envelope(tx, organization.implementation_id, now),
    )?;
    // One that must be confirmed may still be missing: the request waits for it.
    let rules = document.requests_for(&new.license_type).acting_on(today);
    if let Some(person) = &named
        && rules.work_email == WorkEmail::Required
        && !has_work_email(tx, person.id, organization.id)?
    {
        faults.at(
            "/person",
            "has no work e-mail address at this organization, which the policy asks for: have staff of the HMIS lead \
             record it with POST /v1/people/{id}/emails, naming the organization",
        );
    }
    if let Ok(RequestSource::CoursePassed { course }) = &source {
        faults.gather(passed(tx, new, named.as_ref(), course))?;
    }
    faults.check()?;
    let source = source?;
    let (person, likely) = match named {
        Some(person) => (person, Vec::new()),
        None => somebody_new(tx, new, &organization)?,
    };
    match &source {
        // Somebody else confirms it.
        RequestSource::Trainee {} => {}
        _ => not_oneself(tx, person.id, "somebody else requests a license for you")?,
    }
    let envelope = envelope.ok_or(Error::NotFound)?;
    let source = Some(source);
    let requested_by = match new.requested_by {
        Some(id) => tx.unit.person(id)?.map(|found| found.id),
        // A deputy asks for the supervisor in whose place he acts.
        None => tx.trail.on_behalf_of(),
    };
    if requested_by == Some(person.id) {
        return Err(Error::OwnCase(
            "the supervisor it is made for is the trainee: nobody decides about himself".to_owned(),
        ));
    }
    tx.lock_person(person.id)?;
    let mut dossier = load(tx, person.id, organization.id)?;
    dossier.record_states(tx)?;
    let license = dossier.license_at(organization.id, tx.now);
    may_submit(&dossier, new, &license, tx.now)?;
    let class = class_of(&dossier, new, &document, &license, tx.now);
    let request = LicenseRequest {
        id: tx.id(),
        implementation_id: organization.implementation_id,
        organization_id: organization.id,
        person_id: person.id,
        license_type: new.license_type.clone(),
        class,
        job_role: new.job_role.clone(),
        projects: new.projects.clone(),
        attestations: new.attestations.clone(),
        requester: tx.actor.principal.id,
        requested_by,
        source,
        channel: envelope.channel,
        ticket_reference: envelope.ticket_reference,
        reported_at: envelope.reported_at,
        reported_by: envelope.reported_by,
        reason: envelope.reason,
        submitted_at: tx.now,
        recorded: RecordedState {
            state: RequestState::Submitted,
            next_change_at: None,
            generation: dossier.implementation.generation,
        },
        version: 1,
    };
    let id = request.id;
    insert_request(tx, &request)?;
    note_matches(tx, &person, &request, likely)?;
    // Loaded again with the types of the projects that the request names.
    let mut dossier = load(tx, person.id, organization.id)?;
    dossier.record_states(tx)?;
    activation::begin_ready(tx, &mut dossier)?;
    tx.trail.touched("person", person.id);
    let request = find(&dossier, id)?;
    let reader = person_reader(tx.actor, &dossier.person, request.organization_id);
    let mut shown = shown(&dossier, request, reader, tx.now);
    show_matches(tx.unit, tx.actor, std::slice::from_mut(&mut shown), tx.now)?;
    waitlist::turn_of(tx.unit, shown, tx.now)
}

/// What was attested about a person on requests that nobody denied, by whichever organization.
fn attested_before(tx: &mut Tx<'_>, person: Option<&Person>) -> Result<Vec<Attested>, Error> {
    let Some(person) = person else {
        return Ok(Vec::new());
    };
    let requests = tx.unit.requests_of_people(&[person.id])?;
    Ok(requests
        .into_iter()
        .filter(|request| request.recorded.state != RequestState::Denied)
        .flat_map(|request| request.attestations)
        .collect())
}

/// An address that the person uses elsewhere, or that nobody assigned, is no work address here.
fn has_work_email(
    tx: &mut Tx<'_>,
    person: PersonId,
    organization: OrganizationId,
) -> Result<bool, Error> {
    Ok(emails_of(tx.unit, &[person], tx.now)?
        .iter()
        .any(|email| email.organization_id == Some(organization) && email.retired_at.is_none()))
}

fn insert_request(tx: &mut Tx<'_>, request: &LicenseRequest) -> Result<(), Error> {
    tx.trail.touched("license_request", request.id);
    tx.unit
        .insert_request(request)
        .map_err(|error| match error {
            StoreError::Conflict => open_already(),
            other => other.into(),
        })
}

fn open_already() -> Error {
    Error::Duplicate(
        "the person has an open request for this license type at this organization: go on with that one, or withdraw it"
            .to_owned(),
    )
}

/// The guards of the field: organization participating, person not barred, no other open request.
fn may_submit(
    dossier: &Dossier,
    new: &NewRequest,
    license: &Evaluation,
    now: Instant,
) -> Result<(), Error> {
    let open = dossier.requests.iter().any(|request| {
        request.organization_id == new.organization_id
            && request.license_type == new.license_type
            && dossier.request_at(request, now).state.is_open()
    });
    if open {
        return Err(open_already());
    }
    let state = license
        .status()
        .map_or("none", crate::domain::license::LicenseStatus::as_str);
    let carriers = dossier.carriers(&new.license_type, new.organization_id, now);
    let needs = license.needed_to_submit(&new.license_type, &carriers);
    if needs.is_empty() {
        Ok(())
    } else {
        Err(Rejection::needing(state, "submit", needs).into())
    }
}

fn class_of(
    dossier: &Dossier,
    new: &NewRequest,
    document: &PolicyDocument,
    here: &Evaluation,
    now: Instant,
) -> RequestClass {
    let elsewhere: Vec<_> = dossier
        .licenses
        .iter()
        .filter(|license| license.organization_id != new.organization_id)
        .filter_map(|license| {
            let evaluation = dossier.license_at(license.organization_id, now);
            let ended = evaluation
                .period()
                .and_then(|period| period.end.as_ref())
                .filter(|end| matches!(end.cause, EndCause::Deactivated(_) | EndCause::TermEnded))
                .map(|end| end.at);
            Some((evaluation.status()?, ended))
        })
        .collect();
    let license_type = document.license_types.get(&new.license_type);
    let transfer_since = license_type
        .and_then(|found| found.transfer_within_months)
        .and_then(|months| now.checked_sub_months(chrono::Months::new(u32::from(months))));
    classify(
        license_type.is_some_and(|found| !found.is_base()),
        here.status(),
        &elsewhere,
        transfer_since,
    )
}
