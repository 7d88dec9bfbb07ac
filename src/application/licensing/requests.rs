//! License requests: submit, decide, withdraw, activate.

use crate::application::actor::{Action, Actor, Role, Scope};
use crate::application::page::{Paging, Slice};
use crate::application::ports::{StateFilter, StoreError, View};
use crate::application::visible::{NO_PERSON, visible_organization, visible_person};
use crate::application::{Error, Fault, Rx, Tx};
use crate::domain::calendar::{Instant, Precision, local_day};
use crate::domain::departure::has_departed;
use crate::domain::error::Rejection;
use crate::domain::evaluate::{EndCause, Evaluation, Reader, RequestEvaluation, classify};
use crate::domain::fact::{Basis, FactBody};
use crate::domain::ids::{LicenseId, OrganizationId, PersonId, ProjectId, RequestId};
use crate::domain::license::License;
use crate::domain::policy::{
    Approver, Attestation, LicenseKind, PolicyDocument, PolicyVersion, RequestClass, RequestRules,
    RequestSource, StaffRole, WorkEmail,
};
use crate::domain::request::{Attested, LicenseRequest, RecordedState, RequestState};
use crate::domain::roster::{ExternalKind, Organization, Person, PersonEmail, PersonName};

use super::dossier::Dossier;
use super::licenses::person_reader;
use super::reporting::{About, Reported, fact, not_oneself};

/// The trainee as the requester names him: by our id, by an external id, or as somebody new. Never by name alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PersonNamed {
    Id(PersonId),
    External {
        system: String,
        value: String,
    },
    /// Somebody the implementation does not know yet.
    New {
        given_name: String,
        family_name: String,
        email: Option<String>,
    },
}

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
    pub reported: Reported,
}

/// A request with what the domain makes of it now.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestShown {
    pub request: LicenseRequest,
    pub evaluation: RequestEvaluation,
    /// The license it led to.
    pub license_id: Option<LicenseId>,
}

/// A staff decision about a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The version decided upon.
    pub expected: i32,
    pub reported: Reported,
}

pub fn submit(tx: &mut Tx<'_>, new: &NewRequest) -> Result<RequestShown, Error> {
    let organization = visible_organization(
        tx.unit,
        tx.actor,
        Action::SubmitRequest,
        new.organization_id,
        "/organization_id",
    )?;
    tx.authorize(
        Action::SubmitRequest,
        Scope::organization(organization.implementation_id, organization.id),
    )?;
    let policies = tx.unit.policy_versions(organization.implementation_id)?;
    let policy = in_force(&policies, tx.now).ok_or(Error::NoPolicy)?;
    let document = policy
        .document
        .for_organization(organization.id, today(policy, tx.now));
    check(tx, new, &organization, policy, &document)?;
    // Checked like that of any fact, though a request is not one.
    let now = (tx.now, Precision::Instant);
    new.reported
        .envelope(tx, organization.implementation_id, now)?;
    let person = the_trainee(tx, new, &organization)?;
    not_oneself(tx, person.id, "somebody else requests a license for you")?;
    if new.requested_by == Some(person.id) {
        return Err(Error::OwnCase(
            "the supervisor it is made for is the trainee: nobody decides about himself".to_owned(),
        ));
    }
    tx.unit.lock_person(person.id)?;
    let mut dossier = load(tx, person.id, organization.id)?;
    dossier.record_states(tx.unit, tx.now)?;
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
        requested_by: new.requested_by,
        channel: new
            .reported
            .channel
            .unwrap_or(crate::domain::fact::Channel::Api),
        ticket_reference: new.reported.ticket_reference.clone(),
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
    // Loaded again with the types of the projects that the request names.
    let mut dossier = load(tx, person.id, organization.id)?;
    dossier.record_states(tx.unit, tx.now)?;
    tx.trail.touched("person", person.id);
    let request = find(&dossier, id)?;
    Ok(shown(&dossier, request, Reader::Full, tx.now))
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

fn in_force(policies: &[PolicyVersion], now: Instant) -> Option<&PolicyVersion> {
    policies
        .iter()
        .filter(|version| version.effective_from <= now)
        .max_by_key(|version| version.effective_from)
}

fn today(policy: &PolicyVersion, now: Instant) -> chrono::NaiveDate {
    policy
        .document
        .zone()
        .map_or_else(|| now.date_naive(), |zone| local_day(zone, now))
}

/// Everything about a new request that does not depend on the person, all faults at once.
fn check(
    tx: &mut Tx<'_>,
    new: &NewRequest,
    organization: &Organization,
    policy: &PolicyVersion,
    document: &PolicyDocument,
) -> Result<(), Error> {
    let mut faults = Vec::new();
    let known: Vec<&str> = document.license_types.keys().map(String::as_str).collect();
    match document.license_types.get(&new.license_type) {
        None => faults.push(Fault::at(
            "/license_type",
            format!(
                "is no license type of the policy in force, which has: {}",
                known.join(", ")
            ),
        )),
        Some(found) if matches!(found.license, LicenseKind::AddOn { .. }) => {
            faults.push(Fault::at(
                "/license_type",
                "is an add-on; requests for add-ons are not worked by this version of the service",
            ))
        }
        Some(_) => {}
    }
    match &new.job_role {
        Some(role) if !document.job_roles.is_empty() && !document.job_roles.contains_key(role) => {
            let roles: Vec<&str> = document.job_roles.keys().map(String::as_str).collect();
            faults.push(Fault::at(
                "/job_role",
                format!(
                    "is no job role of the policy in force, which has: {}",
                    roles.join(", ")
                ),
            ));
        }
        _ => {}
    }
    check_projects(tx.unit, new, organization, &mut faults)?;
    let rules = document.requests_for(&new.license_type);
    check_attestations(new, rules, policy, tx.now, &mut faults);
    if rules.work_email != WorkEmail::Optional
        && matches!(&new.person, PersonNamed::New { email: None, .. })
    {
        faults.push(Fault::at(
            "/person/email",
            "a work e-mail address is needed",
        ));
    }
    if let Some(supervisor) = new.requested_by
        && !supervises(tx.unit, supervisor, organization, tx.now)?
    {
        faults.push(Fault::at(
            "/requested_by",
            "names no supervisor of this organization",
        ));
    }
    let source = source_of(tx.actor, organization, new, rules);
    match source {
        Some(found) if found.ticket_required && new.reported.ticket_reference.is_none() => faults
            .push(Fault::at(
                "/report/ticket_reference",
                "the policy asks for the ticket by which this request came",
            )),
        _ => {}
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let state = format!("policy version {}", policy.number);
    if source.is_none() {
        let sources: Vec<&str> = rules
            .requesters
            .iter()
            .map(|requester| source_name(&requester.from))
            .collect();
        return Err(Rejection::needing(
            state,
            "submit",
            vec![format!("a request by one of: {}", sources.join("; "))],
        )
        .into());
    }
    if organization.victim_service_provider && !is_staff(tx.actor, organization) {
        return Err(Rejection::needing(
            state,
            "submit",
            vec!["a request by staff of the HMIS lead: the organization is a victim service provider".to_owned()],
        )
        .into());
    }
    Ok(())
}

/// Whoever a request is made for needs authority for the organization, as the recorder needs it for the action.
fn supervises(
    view: &mut dyn View,
    person: PersonId,
    organization: &Organization,
    now: Instant,
) -> Result<bool, Error> {
    let grants = view.live_grants(Role::Supervisor, Some(organization.implementation_id), now)?;
    let facts = view.facts_of_people(&[person])?;
    Ok(grants.iter().any(|grant| {
        grant.person_id == Some(person)
            && grant.organization_id == Some(organization.id)
            && !has_departed(&facts, person, organization.id, grant.from_at, now)
    }))
}

fn check_projects(
    view: &mut dyn View,
    new: &NewRequest,
    organization: &Organization,
    faults: &mut Vec<Fault>,
) -> Result<(), Error> {
    if new.projects.is_empty() {
        return Ok(());
    }
    let found = view.projects_by_id(&new.projects)?;
    for (index, id) in new.projects.iter().enumerate() {
        let ours = found
            .iter()
            .any(|project| project.id == *id && project.organization_id == organization.id);
        if !ours {
            faults.push(Fault::at(
                format!("/project_ids/{index}"),
                "names no project of this organization",
            ));
        }
        if new.projects.iter().take(index).any(|earlier| earlier == id) {
            faults.push(Fault::at(format!("/project_ids/{index}"), "is named twice"));
        }
    }
    Ok(())
}

fn check_attestations(
    new: &NewRequest,
    rules: &RequestRules,
    policy: &PolicyVersion,
    now: Instant,
    faults: &mut Vec<Fault>,
) {
    for wanted in &rules.attestations {
        if !new
            .attestations
            .iter()
            .any(|given| given.code == wanted.code())
        {
            faults.push(Fault::at(
                "/attestations",
                format!("the policy asks for the attestation `{}`", wanted.code()),
            ));
        }
    }
    let today = today(policy, now);
    for (index, given) in new.attestations.iter().enumerate() {
        let at = |field: &str| format!("/attestations/{index}{field}");
        if new
            .attestations
            .iter()
            .take(index)
            .any(|earlier| earlier.code == given.code)
        {
            faults.push(Fault::at(at("/code"), "is given twice"));
        }
        let Some(wanted) = rules
            .attestations
            .iter()
            .find(|wanted| wanted.code() == given.code)
        else {
            faults.push(Fault::at(
                at("/code"),
                "is no attestation that the policy asks for",
            ));
            continue;
        };
        if given.on.is_some_and(|on| on > today) {
            faults.push(Fault::at(at("/on"), "lies in the future"));
        }
        if let Attestation::BackgroundCheck {
            maximum_age: Some(length),
        } = wanted
        {
            match given.on {
                None => faults.push(Fault::at(
                    at("/on"),
                    "the day of the background check is needed",
                )),
                Some(on) if length.after(on, &policy.document.holidays) < today => {
                    faults.push(Fault::at(at("/on"), "is too long ago for the policy"));
                }
                Some(_) => {}
            }
        }
    }
}

fn is_staff(actor: &Actor, organization: &Organization) -> bool {
    let scope = Scope::organization(organization.implementation_id, organization.id);
    actor
        .grants
        .iter()
        .any(|grant| grant.role.is_staff() && grant.allows(Action::SubmitRequest, scope))
}

/// The first way of requesting that the policy allows this actor.
fn source_of<'r>(
    actor: &Actor,
    organization: &Organization,
    new: &NewRequest,
    rules: &'r RequestRules,
) -> Option<&'r crate::domain::policy::Requester> {
    let scope = Scope::organization(organization.implementation_id, organization.id);
    let roles: Vec<Role> = actor
        .grants
        .iter()
        .filter(|grant| grant.allows(Action::SubmitRequest, scope))
        .map(|grant| grant.role)
        .collect();
    let has = |role| roles.contains(&role);
    rules
        .requesters
        .iter()
        .find(|requester| match requester.from {
            RequestSource::Supervisor {} => has(Role::Supervisor),
            RequestSource::HelpDeskForSupervisor {} => {
                (has(Role::HelpDesk) || has(Role::SystemAdmin)) && new.requested_by.is_some()
            }
            RequestSource::Staff {} => has(Role::SystemAdmin) || has(Role::HelpDesk),
            RequestSource::AuthorizedSigner {}
            | RequestSource::Trainee {}
            | RequestSource::CoursePassed { .. } => false,
        })
}

fn source_name(source: &RequestSource) -> &'static str {
    match source {
        RequestSource::Supervisor {} => "a supervisor of the organization",
        RequestSource::AuthorizedSigner {} => "the organization's authorized signer",
        RequestSource::HelpDeskForSupervisor {} => {
            "the help desk for a supervisor (name the supervisor in `requested_by`)"
        }
        RequestSource::Staff {} => "staff of the HMIS lead",
        RequestSource::Trainee {} => "the trainee",
        RequestSource::CoursePassed { .. } => "the pass of a course",
    }
}

/// Finds the person silently within the implementation, or makes a new one. A supervisor who names an external id needs
/// no sight of the person's other agencies.
fn the_trainee(
    tx: &mut Tx<'_>,
    new: &NewRequest,
    organization: &Organization,
) -> Result<Person, Error> {
    let implementation = organization.implementation_id;
    match &new.person {
        PersonNamed::Id(id) => {
            let person = visible_person(tx.unit, tx.actor, *id, "/person/id")?;
            if person.implementation_id == implementation {
                Ok(person)
            } else {
                Err(Error::invalid("/person/id", NO_PERSON))
            }
        }
        PersonNamed::External { system, value } => {
            let found = tx
                .unit
                .external_id(implementation, ExternalKind::Person, system, value)?;
            let person = match found {
                Some(external) if external.closed_at.is_none() => {
                    tx.unit.person(PersonId(external.subject))?
                }
                _ => None,
            };
            person.ok_or_else(|| {
                Error::invalid(
                    "/person/external_id",
                    "names nobody of this implementation, or was closed: check it, or give the name of a new person",
                )
            })
        }
        PersonNamed::New {
            given_name,
            family_name,
            email,
        } => {
            let person = Person {
                id: tx.id(),
                implementation_id: implementation,
                given_name: given_name.clone(),
                family_name: family_name.clone(),
                recorded_at: tx.now,
                version: 1,
            };
            tx.unit.insert_person(&person)?;
            tx.unit.insert_name(&PersonName {
                person_id: person.id,
                given_name: given_name.clone(),
                family_name: family_name.clone(),
                recorded_at: tx.now,
                recorded_by: tx.actor.principal.id,
            })?;
            tx.trail.personal("given_name", given_name);
            tx.trail.personal("family_name", family_name);
            if let Some(email) = email {
                tx.unit.insert_email(&PersonEmail {
                    person_id: person.id,
                    organization_id: Some(organization.id),
                    email: email.clone(),
                    confirmed_at: None,
                    retired_at: None,
                    recorded_at: tx.now,
                })?;
                tx.trail.personal("email", email);
            }
            Ok(person)
        }
    }
}

fn load(tx: &mut Tx<'_>, person: PersonId, organization: OrganizationId) -> Result<Dossier, Error> {
    Dossier::load(tx.unit, person, &[organization])?.ok_or(Error::NotFound)
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
    let mut needs = Vec::new();
    if !license.participating {
        needs.push("the organization to participate in the implementation now".to_owned());
    }
    if license.barred.is_some() {
        needs.push("the lead: the person may not hold a license here".to_owned());
    }
    let same_type = license
        .period()
        .is_some_and(|period| period.end.is_none() && period.license_type == new.license_type);
    if same_type {
        needs.push(
            "another license type: the person has a running license of this type here".to_owned(),
        );
    }
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

/// A request the actor may act on, with its person locked and its version checked.
fn for_decision(
    tx: &mut Tx<'_>,
    action: Action,
    id: RequestId,
    expected: i32,
) -> Result<(Dossier, LicenseRequest), Error> {
    let request = tx.unit.request(id)?.ok_or(Error::NotFound)?;
    tx.authorize(
        action,
        Scope::person(
            request.implementation_id,
            Some(request.organization_id),
            request.person_id,
        ),
    )?;
    tx.unit.lock_person(request.person_id)?;
    let mut dossier = load(tx, request.person_id, request.organization_id)?;
    // Compared before what came by itself is recorded: a reader saw that state under the version that was stored.
    if expected != find(&dossier, id)?.version {
        return Err(Error::Stale);
    }
    dossier.record_states(tx.unit, tx.now)?;
    let request = find(&dossier, id)?.clone();
    Ok((dossier, request))
}

fn find(dossier: &Dossier, id: RequestId) -> Result<&LicenseRequest, Error> {
    dossier
        .requests
        .iter()
        .find(|request| request.id == id)
        .ok_or(Error::NotFound)
}

/// Records a fact about a request and shows the request as it then stands.
fn record(
    tx: &mut Tx<'_>,
    mut dossier: Dossier,
    request: &LicenseRequest,
    reported: &Reported,
    body: FactBody,
) -> Result<RequestShown, Error> {
    let envelope =
        reported.envelope(tx, request.implementation_id, (tx.now, Precision::Instant))?;
    let about = About {
        organization: Some(request.organization_id),
        request: Some(request.id),
        license: None,
    };
    let person = dossier.person.clone();
    let fact = fact(tx, &person, about, envelope, body);
    tx.unit.insert_facts(std::slice::from_ref(&fact))?;
    dossier.learn(&[fact]);
    dossier.record_states(tx.unit, tx.now)?;
    tx.trail.touched("license_request", request.id);
    Ok(shown(
        &dossier,
        find(&dossier, request.id)?,
        Reader::Full,
        tx.now,
    ))
}

/// Gives the approval step that is next.
pub fn approve(tx: &mut Tx<'_>, id: RequestId, decision: &Decision) -> Result<RequestShown, Error> {
    let (dossier, request) = for_decision(tx, Action::ApproveRequest, id, decision.expected)?;
    not_oneself(tx, request.person_id, "somebody else approves your request")?;
    let evaluation = dossier.request_at(&request, tx.now);
    let body = evaluation.approve()?;
    if let Some(step) = evaluation.approvals.next()
        && !may_approve(tx.actor, &request, &step.by)
    {
        return Err(Error::Forbidden);
    }
    record(tx, dossier, &request, &decision.reported, body)
}

/// The lead decides every step; other roles only their own.
fn may_approve(actor: &Actor, request: &LicenseRequest, by: &Approver) -> bool {
    let scope = Scope::person(
        request.implementation_id,
        Some(request.organization_id),
        request.person_id,
    );
    actor
        .grants
        .iter()
        .filter(|grant| grant.allows(Action::ApproveRequest, scope))
        .any(|grant| {
            grant.role == Role::SystemAdmin
                || match by {
                    Approver::Role { role } => matches!(
                        (role, grant.role),
                        (StaffRole::Supervisor, Role::Supervisor)
                            | (StaffRole::Trainer, Role::Trainer)
                            | (StaffRole::HelpDesk, Role::HelpDesk)
                    ),
                    Approver::Duty { .. } | Approver::Contact { .. } => false,
                }
        })
}

/// Turns a request down; the reason is needed.
pub fn deny(tx: &mut Tx<'_>, id: RequestId, decision: &Decision) -> Result<RequestShown, Error> {
    let (dossier, request) = for_decision(tx, Action::DenyRequest, id, decision.expected)?;
    not_oneself(tx, request.person_id, "somebody else decides your request")?;
    let body = dossier.request_at(&request, tx.now).deny()?;
    record(tx, dossier, &request, &decision.reported, body)
}

pub fn withdraw(
    tx: &mut Tx<'_>,
    id: RequestId,
    decision: &Decision,
) -> Result<RequestShown, Error> {
    let (dossier, request) = for_decision(tx, Action::WithdrawRequest, id, decision.expected)?;
    let body = dossier.request_at(&request, tx.now).withdraw(None)?;
    record(tx, dossier, &request, &decision.reported, body)
}

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

pub(super) fn shown(
    dossier: &Dossier,
    request: &LicenseRequest,
    reader: Reader,
    now: Instant,
) -> RequestShown {
    let evaluation = match reader {
        Reader::Full => dossier.request_at(request, now),
        _ => dossier.seen_by(reader, now).request_at(request, now),
    };
    let license_id = if evaluation.state == RequestState::Fulfilled {
        dossier
            .licenses
            .iter()
            .find(|license| license.organization_id == request.organization_id)
            .map(|license| license.id)
    } else {
        None
    };
    RequestShown {
        request: request.clone(),
        evaluation,
        license_id,
    }
}

/// One request as it stands now.
pub fn request(rx: &mut Rx<'_>, id: RequestId) -> Result<RequestShown, Error> {
    let request = rx.view.request(id)?.ok_or(Error::NotFound)?;
    let scope = Scope::person(
        request.implementation_id,
        Some(request.organization_id),
        request.person_id,
    );
    rx.authorize(Action::ReadRequest, scope)?;
    let dossier = Dossier::load(rx.view, request.person_id, &[])?.ok_or(Error::NotFound)?;
    let reader = person_reader(rx.actor, &dossier.person, request.organization_id);
    Ok(shown(&dossier, find(&dossier, id)?, reader, rx.now))
}

/// A page of requests, each as it stands now. `state` filters mean the state now: rows whose recorded state may have
/// changed are evaluated before they are filtered.
pub fn requests(
    rx: &mut Rx<'_>,
    filter: &StateFilter<RequestState>,
    paging: Paging,
) -> Result<Slice<RequestShown>, Error> {
    let visible = rx.actor.visible(Action::ReadRequest);
    super::licenses::not_reindexing(rx, filter.implementation_id, !filter.states.is_empty())?;
    let states = filter.states.clone();
    super::licenses::fill_page(
        paging,
        |page| {
            let rows = rx.view.requests(&visible, filter, page)?;
            let people: std::collections::BTreeSet<PersonId> =
                rows.iter().map(|row| row.person_id).collect();
            let dossiers =
                Dossier::load_many(rx.view, &people.into_iter().collect::<Vec<_>>(), &[])?;
            Ok(rows
                .into_iter()
                .filter_map(|row| {
                    let dossier = dossiers
                        .iter()
                        .find(|dossier| dossier.person.id == row.person_id)?;
                    let reader = person_reader(rx.actor, &dossier.person, row.organization_id);
                    Some(shown(dossier, &row, reader, rx.now))
                })
                .collect())
        },
        |shown: &RequestShown| shown.request.id.0,
        |shown| states.is_empty() || states.contains(&shown.evaluation.state),
    )
}
