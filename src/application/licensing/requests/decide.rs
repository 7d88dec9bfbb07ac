//! A request is approved step by step, denied or withdrawn.

use chrono::NaiveDate;

use super::contact::{Spoken, spoken_by};
use super::matching::show_matches;
use super::read::{RequestShown, shown};
use super::{find, load};
use crate::application::actor::{Action, Actor, Role, Scope};
use crate::application::licensing::dossier::Dossier;
use crate::application::licensing::licenses::person_reader;
use crate::application::licensing::reporting::{
    About, Moment, Reported, not_oneself, scope, within_years,
};
use crate::application::licensing::{reporting, waitlist};
use crate::application::{Error, Tx};
use crate::domain::calendar::{Precision, local_day};
use crate::domain::command::CannotExtend;
use crate::domain::fact::FactBody;
use crate::domain::ids::RequestId;
use crate::domain::policy::{Approver, ContactDuty, RequestClass, StaffRole};
use crate::domain::request::LicenseRequest;

/// A staff decision about a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The version decided upon.
    pub expected: i32,
    pub reported: Reported,
}

/// A request the actor may act on, with its person locked and its version checked.
pub(super) fn for_decision(
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
    tx.lock_person(request.person_id)?;
    let mut dossier = load(tx, request.person_id, request.organization_id)?;
    // Compared before what came by itself is recorded: a reader saw that state under the version that was stored.
    let current = find(&dossier, id)?.version;
    if expected != current {
        return Err(Error::Stale { current });
    }
    dossier.record_states(tx)?;
    let request = find(&dossier, id)?.clone();
    Ok((dossier, request))
}

/// Records a fact about a request and shows the request as it then stands.
pub(super) fn record(
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
    reporting::record(tx, &mut dossier, about, envelope, body)?;
    // A decision that leaves the state as it is (one approval of two, another class) is a change too: whoever decides
    // upon what he saw before must not decide a second time.
    dossier.changed_request(tx.unit, request)?;
    tx.trail.touched("license_request", request.id);
    let reader = person_reader(tx.actor, &dossier.person, request.organization_id);
    let mut shown = shown(&dossier, find(&dossier, request.id)?, reader, tx.now);
    show_matches(tx.unit, tx.actor, std::slice::from_mut(&mut shown), tx.now)?;
    waitlist::turn_of(tx.unit, shown, tx.now)
}

/// Gives the approval step that is next.
pub fn approve(tx: &mut Tx<'_>, id: RequestId, decision: &Decision) -> Result<RequestShown, Error> {
    let (dossier, request) = for_decision(tx, Action::ApproveRequest, id, decision.expected)?;
    not_oneself(tx, request.person_id, "somebody else approves your request")?;
    // An agency gives its step as if nobody had been found: whether somebody was, staff settle before it begins.
    let reader = person_reader(tx.actor, &dossier.person, request.organization_id);
    let evaluation = dossier.seen_by(reader, tx.now).request_at(&request, tx.now);
    let scope = scope(&dossier.person, Some(request.organization_id));
    let spoken = spoken_by(tx, &dossier, &request, &decision.reported)?;
    let his = |by: &Approver| may_approve(tx.actor, scope, by, spoken.as_ref());
    // Whoever has no step in the policy may never approve, whatever the state.
    let steps = &evaluation.approvals.steps;
    if !decides_all(tx.actor, scope) && !steps.iter().any(|step| his(&step.by)) {
        return Err(Error::Forbidden);
    }
    not_ones_own(tx, &request)?;
    let body = evaluation.approve()?;
    if let Some(step) = evaluation.approvals.next()
        && !his(&step.by)
    {
        return Err(Error::Forbidden);
    }
    record(tx, dossier, &request, &decision.reported, body)
}

/// Nobody approves what he asked for, nor what the one asked for whom he stands for.
fn not_ones_own(tx: &Tx<'_>, request: &LicenseRequest) -> Result<(), Error> {
    let stands_for = tx.trail.on_behalf_of();
    let is = |person| tx.actor.is(person) || stands_for == Some(person);
    if request.was_asked_by(tx.actor.principal.id, is) {
        Err(Error::OwnCase(
            "you asked for this license: somebody else approves it, where there is nobody an administrator of the HMIS \
             lead"
                .to_owned(),
        ))
    } else {
        Ok(())
    }
}

/// Whether the actor decides about requests for the lead.
pub(super) fn decides_all(actor: &Actor, scope: Scope) -> bool {
    actor
        .grants
        .iter()
        .any(|grant| grant.role == Role::SystemAdmin && grant.allows(Action::ApproveRequest, scope))
}

/// The lead decides every step; other roles only their own.
fn may_approve(actor: &Actor, scope: Scope, by: &Approver, spoken: Option<&Spoken>) -> bool {
    decides_all(actor, scope)
        || match by {
            Approver::Role { role } => acts_as(actor, scope, *role, spoken),
            // A contact has no credential: the help desk records what he said, and names him.
            Approver::Duty { duty } => spoken.is_some_and(|spoken| spoken.has(*duty)),
            Approver::Contact { contact_id } => spoken.is_some_and(|spoken| spoken.is(*contact_id)),
        }
}

/// Whether the actor has a role of the policy, or records what somebody said who has it.
pub(super) fn acts_as(
    actor: &Actor,
    scope: Scope,
    role: StaffRole,
    spoken: Option<&Spoken>,
) -> bool {
    let has = |role: Role| {
        actor
            .grants
            .iter()
            .any(|grant| grant.role == role && grant.allows(Action::ApproveRequest, scope))
    };
    match role {
        StaffRole::Supervisor => has(Role::Supervisor),
        StaffRole::Trainer => has(Role::Trainer),
        StaffRole::HelpDesk => has(Role::HelpDesk),
        StaffRole::SystemAdmin => has(Role::SystemAdmin),
        StaffRole::AuthorizedSigner => {
            spoken.is_some_and(|spoken| spoken.has(ContactDuty::AuthorizedSigner))
        }
    }
}

/// Gives a request another class; the reason is needed.
pub fn reclassify(
    tx: &mut Tx<'_>,
    id: RequestId,
    class: RequestClass,
    decision: &Decision,
) -> Result<RequestShown, Error> {
    let (dossier, request) = for_decision(tx, Action::ReclassifyRequest, id, decision.expected)?;
    not_oneself(tx, request.person_id, "somebody else decides your request")?;
    let document = dossier
        .document_at(request.organization_id, tx.now)
        .ok_or(Error::NoPolicy)?;
    let license_type = document
        .license_types
        .get(&request.license_type)
        .ok_or(Error::NoPolicy)?;
    let license = dossier.license_at(request.organization_id, tx.now);
    let body = dossier
        .request_at(&request, tx.now)
        .reclassify(class, &license, license_type)?;
    record(tx, dossier, &request, &decision.reported, body)
}

/// Gives one deadline of a request a later last day; the reason is needed.
pub fn extend_deadline(
    tx: &mut Tx<'_>,
    id: RequestId,
    deadline: &str,
    until_on: NaiveDate,
    decision: &Decision,
) -> Result<RequestShown, Error> {
    let (dossier, request) = for_decision(tx, Action::ExtendDeadline, id, decision.expected)?;
    not_oneself(
        tx,
        request.person_id,
        "somebody else extends your deadlines",
    )?;
    let zone = dossier.zone_at(tx.now);
    let body = dossier
        .request_at(&request, tx.now)
        .extend_deadline(deadline, until_on, local_day(zone, tx.now))
        .map_err(|fault| match fault {
            CannotExtend::Refused(rejection) => rejection.into(),
            CannotExtend::NoDeadline(codes) if codes.is_empty() => Error::invalid(
                "/deadline",
                "names no deadline of this request, which has none",
            ),
            CannotExtend::NoDeadline(codes) => Error::invalid(
                "/deadline",
                format!(
                    "names no deadline of this request, which has: {}",
                    codes.join(", ")
                ),
            ),
            CannotExtend::NotLater(due_on) => Error::invalid(
                "/until_on",
                format!("is not later than {due_on}, the last day of this deadline now"),
            ),
            CannotExtend::Past => Error::invalid("/until_on", "has passed"),
        })?;
    let moment = Moment::On(until_on);
    within_years(moment, moment.ends(zone).0, tx.now, "until")?;
    record(tx, dossier, &request, &decision.reported, body)
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
