//! One person is swept: evaluated at the transaction's now, and what holds is recorded.

use std::collections::BTreeMap;

use crate::application::actor::Scope;
use crate::application::licensing::{Dossier, begin_ready};
use crate::application::outbox::queue;
use crate::application::{Error, Tx};
use crate::domain::ids::PersonId;
use crate::domain::sweep::{Swept, SweptChange, SweptNotice};

/// What a sweep found of one person.
#[derive(Clone, Debug, Default)]
pub(super) struct SweptPerson {
    pub(super) changes: Vec<SweptChange>,
    pub(super) notices: Vec<SweptNotice>,
}

/// The states of one person as they are recorded.
fn recorded(dossier: &Dossier) -> BTreeMap<Swept, String> {
    let licenses = dossier.licenses.iter().map(|row| {
        let state = row.recorded.state.as_str().to_owned();
        (Swept::License(row.id), state)
    });
    let requests = dossier.requests.iter().map(|row| {
        let state = row.recorded.state.as_str().to_owned();
        (Swept::LicenseRequest(row.id), state)
    });
    licenses.chain(requests).collect()
}

/// Evaluates one person at the transaction's now and records what holds: his changed states.
pub(super) fn sweep_person(tx: &mut Tx<'_>, id: PersonId) -> Result<SweptPerson, Error> {
    let Some(mut dossier) = Dossier::load(tx.unit, id, &[])? else {
        return Ok(SweptPerson::default());
    };
    // Another sweeper came first: nothing more is due.
    if !dossier.is_due(tx.now) {
        return Ok(SweptPerson::default());
    }
    let before = recorded(&dossier);
    dossier.record_states(tx)?;
    begin_ready(tx, &mut dossier)?;
    let notices = queue(tx, &mut dossier)?;
    let changes: Vec<SweptChange> = recorded(&dossier)
        .into_iter()
        .filter(|(of, state)| before.get(of) != Some(state))
        .filter_map(|(of, to)| {
            let (organization_id, since) = match of {
                Swept::License(id) => {
                    let row = dossier.licenses.iter().find(|row| row.id == id)?;
                    let license = dossier.license_at(row.organization_id, tx.now);
                    (row.organization_id, license.since)
                }
                Swept::LicenseRequest(id) => {
                    let row = dossier.requests.iter().find(|row| row.id == id)?;
                    let request = dossier.request_at(row, tx.now);
                    (row.organization_id, Some(request.since))
                }
            };
            Some(SweptChange {
                at: since.unwrap_or(tx.now),
                person_id: dossier.person.id,
                organization_id,
                from: before.get(&of).cloned(),
                of,
                to,
            })
        })
        .collect();
    if !changes.is_empty() || !notices.is_empty() {
        tx.trail
            .scope(Scope::implementation(dossier.person.implementation_id));
    }
    for change in &changes {
        match change.of {
            Swept::License(id) => tx.trail.touched("license", id),
            Swept::LicenseRequest(id) => tx.trail.touched("license_request", id),
        }
    }
    Ok(SweptPerson { changes, notices })
}
