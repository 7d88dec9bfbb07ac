//! How a request ended: by a decision, or with a departure.

use crate::domain::calendar::Instant;
use crate::domain::departure::AnnouncedEnd;
use crate::domain::fact::{Fact, FactBody};
use crate::domain::ids::FactId;
use crate::domain::request::{LicenseRequest, RequestState};

/// How a request ended.
#[derive(Clone)]
pub(super) struct Ended {
    pub state: RequestState,
    pub fact: Option<FactId>,
    pub at: Instant,
    pub because: Option<String>,
}

/// The departures that a reinstatement, or a confirmed restoration, called an error and whose withdrawal of a request it undid.
fn undone(facts: &[&Fact], request: &LicenseRequest) -> Vec<FactId> {
    facts
        .iter()
        .filter_map(|fact| {
            let (undoes, restores) = fact.body.undone()?;
            restores.contains(&request.id).then_some(undoes)
        })
        .flatten()
        .copied()
        .collect()
}

/// What was decided about a request: it was open then, whatever became known since.
pub(super) fn decided(facts: &[&Fact], request: &LicenseRequest) -> Option<Ended> {
    let undone = undone(facts, request);
    facts
        .iter()
        .filter_map(|fact| {
            let state = match fact.body {
                FactBody::RequestDenied => RequestState::Denied,
                FactBody::RequestWithdrawn {
                    departure: Some(departure),
                } if undone.contains(&departure) => return None,
                FactBody::RequestWithdrawn { .. } => RequestState::Withdrawn,
                FactBody::Activated { partial: false, .. }
                | FactBody::ProjectsAdded { fulfils: true, .. }
                | FactBody::TypeChanged(_)
                | FactBody::AddOnActivated { .. } => RequestState::Fulfilled,
                _ => return None,
            };
            (fact.request_id == Some(request.id)).then_some(Ended {
                state,
                fact: Some(fact.id),
                at: fact.envelope.recorded_at,
                because: None,
            })
        })
        .min_by_key(|ended| ended.at)
}

/// A departure withdraws the open requests of that person at that organization at its instant, whether or not anybody
/// wrote that down.
pub(super) fn departed(
    facts: &[&Fact],
    ends: &[AnnouncedEnd<'_>],
    request: &LicenseRequest,
    now: Instant,
) -> Option<Ended> {
    let undone = undone(facts, request);
    ends.iter()
        .filter(|end| {
            end.withdraws(request.organization_id, request.submitted_at)
                && end.acts_at <= now
                && !undone.contains(&end.fact.id)
        })
        .map(|end| Ended {
            state: RequestState::Withdrawn,
            fact: Some(end.fact.id),
            at: end.acts_at,
            because: None,
        })
        .min_by_key(|ended| ended.at)
}
