//! A request is approved step by step, denied or withdrawn.

use super::read::{RequestShown, shown};
use super::{find, load};
use crate::application::actor::{Action, Actor, Role, Scope};
use crate::application::licensing::activation;
use crate::application::licensing::dossier::Dossier;
use crate::application::licensing::reporting::{About, Reported, fact, not_oneself};
use crate::application::{Error, Tx};
use crate::domain::calendar::Precision;
use crate::domain::evaluate::Reader;
use crate::domain::fact::FactBody;
use crate::domain::ids::RequestId;
use crate::domain::policy::{Approver, StaffRole};
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
    activation::begin_ready(tx, &mut dossier)?;
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
