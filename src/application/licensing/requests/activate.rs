//! The license period of a request begins.

use super::decide::{Decision, for_decision};
use super::find;
use super::read::{RequestShown, shown};
use crate::application::actor::Action;
use crate::application::licensing::reporting::not_oneself;
use crate::application::licensing::{activation, waitlist};
use crate::application::{Error, Tx};
use crate::domain::calendar::Precision;
use crate::domain::command::RequestCommand;
use crate::domain::error::Rejection;
use crate::domain::evaluate::Reader;
use crate::domain::ids::RequestId;

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
    evaluation.activate(
        &license,
        &dossier.carriers(&request.license_type, request.organization_id, tx.now),
    )?;
    if evaluation
        .beginning(&dossier.projects_of(&request))
        .is_nothing()
    {
        let state = evaluation.state.as_str();
        let command = RequestCommand::Activate.as_str();
        return Err(Rejection::needing(state, command, evaluation.needs).into());
    }
    let now = (tx.now, Precision::Instant);
    let envelope = decision
        .reported
        .envelope(tx, request.implementation_id, now)?;
    activation::begin(tx, &mut dossier, &request, envelope)?;
    let shown = shown(&dossier, find(&dossier, request.id)?, Reader::Full, tx.now);
    waitlist::turn_of(tx.unit, shown, tx.now)
}
