//! Requests as they stand now.

use super::find;
use super::matching::{MatchShown, matches_in, show_matches};
use crate::application::actor::{Action, Scope};
use crate::application::licensing::dossier::Dossier;
use crate::application::licensing::licenses::{not_reindexing, person_reader};
use crate::application::licensing::waitlist;
use crate::application::page::fill_page;
use crate::application::page::{Paging, Slice};
use crate::application::ports::StateFilter;
use crate::application::{Error, Rx};
use crate::domain::calendar::Instant;
use crate::domain::evaluate::{Reader, RequestEvaluation};
use crate::domain::ids::{LicenseId, PersonId, ProjectId, RequestId};
use crate::domain::request::{LicenseRequest, RequestState};
use crate::domain::seat::Turn;

/// A request with what the domain makes of it now.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestShown {
    pub request: LicenseRequest,
    pub evaluation: RequestEvaluation,
    /// The projects with which its license may begin, or that it may get, while the request stays open for the others.
    pub may_begin_with: Vec<ProjectId>,
    /// The license it led to.
    pub license_id: Option<LicenseId>,
    /// Where it stands in line, if it waits for a seat or a practice place.
    pub turn: Option<Turn>,
    /// Who of the implementation the requested person may be, for whoever may know.
    pub matches: Vec<MatchShown>,
}

pub(in crate::application::licensing) fn shown(
    dossier: &Dossier,
    request: &LicenseRequest,
    reader: Reader,
    now: Instant,
) -> RequestShown {
    let now = dossier.now(now);
    let evaluation = match reader {
        Reader::Full => dossier.request_at(request, now),
        _ => dossier.seen_by(reader, now).request_at(request, now),
    };
    let led_to_license = evaluation.state == RequestState::Fulfilled || evaluation.begun.is_some();
    let license_id = if led_to_license {
        dossier
            .licenses
            .iter()
            .find(|license| license.organization_id == request.organization_id)
            .map(|license| license.id)
    } else {
        None
    };
    let may_begin_with = match evaluation.left_out {
        Some(_) => evaluation.beginning(&dossier.projects_of(request)).projects,
        None => Vec::new(),
    };
    RequestShown {
        request: request.clone(),
        may_begin_with,
        matches: matches_in(dossier, &evaluation),
        evaluation,
        license_id,
        turn: None,
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
    let mut shown = shown(&dossier, find(&dossier, id)?, reader, rx.now);
    show_matches(rx.view, rx.actor, std::slice::from_mut(&mut shown), rx.now)?;
    waitlist::turn_of(rx.view, shown, rx.now)
}

/// A page of requests, each as it stands now. `state` filters mean the state now: rows whose recorded state may have
/// changed are evaluated before they are filtered.
pub fn requests(
    rx: &mut Rx<'_>,
    filter: &StateFilter<RequestState>,
    paging: Paging,
) -> Result<Slice<RequestShown>, Error> {
    let visible = rx.actor.visible(Action::ReadRequest);
    let by_state = !filter.states.is_empty();
    not_reindexing(rx, &visible, filter.implementation_id, by_state)?;
    let states = filter.states.clone();
    let mut slice = fill_page(
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
    )?;
    show_matches(rx.view, rx.actor, &mut slice.rows, rx.now)?;
    waitlist::add_turns(rx.view, &mut slice.rows, rx.now)?;
    Ok(slice)
}
