//! Somebody else stands by a request that the trainee or a pass made.

use super::contact::spoken_by;
use super::decide::{Decision, acts_as, decides_all, for_decision, record};
use super::read::RequestShown;
use crate::application::actor::Action;
use crate::application::licensing::reporting::{not_oneself, scope};
use crate::application::{Error, Tx};
use crate::domain::ids::RequestId;

/// Confirms a request. Whom the policy names may, and the lead; never the trainee.
pub fn confirm(tx: &mut Tx<'_>, id: RequestId, decision: &Decision) -> Result<RequestShown, Error> {
    let (dossier, request) = for_decision(tx, Action::ApproveRequest, id, decision.expected)?;
    not_oneself(tx, request.person_id, "somebody else confirms your request")?;
    let evaluation = dossier.request_at(&request, tx.now);
    let scope = scope(&dossier.person, Some(request.organization_id));
    let spoken = spoken_by(tx, &dossier, &request, &decision.reported)?;
    let named = evaluation.confirmation.as_ref().is_some_and(|open| {
        open.by
            .iter()
            .any(|role| acts_as(tx.actor, scope, *role, spoken.as_ref()))
    });
    // Whoever has no part in it by the policy may never confirm, whatever the state.
    if !named && !decides_all(tx.actor, scope) {
        return Err(Error::Forbidden);
    }
    let body = evaluation.confirm()?;
    record(tx, dossier, &request, &decision.reported, body)
}
