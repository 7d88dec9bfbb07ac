//! Who of the implementation the person may be whom a request describes as somebody new.
//!
//! The server looks silently: the requester is answered the same whether or not anybody was found, and neither the
//! request nor its explanation tells him. Staff see it, and settle it before the request is approved or begins.

use std::collections::{BTreeMap, BTreeSet};

use super::decide::{Decision, for_decision, record};
use super::load;
use super::read::RequestShown;
use super::trainee::Likely;
use crate::application::actor::{Action, Actor, Scope};
use crate::application::licensing::dossier::Dossier;
use crate::application::licensing::merges::{NewMerge, merge_people};
use crate::application::licensing::reporting::{About, fact, needed_reason, not_oneself};
use crate::application::licensing::waitlist::by_rule;
use crate::application::ports::View;
use crate::application::visible::NO_PERSON;
use crate::application::{Error, Tx};
use crate::domain::calendar::Instant;
use crate::domain::evaluate::{PossibleMatch, RequestEvaluation};
use crate::domain::fact::{Envelope, FactBody};
use crate::domain::ids::{PersonId, RequestId};
use crate::domain::request::LicenseRequest;
use crate::domain::roster::Person;

/// Somebody who may be the requested person, as staff see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchShown {
    pub found: PossibleMatch,
    /// How it was settled, if it was.
    pub said: Option<Envelope>,
    /// Whether the one who was found may hold no license now.
    pub barred: bool,
}

/// What staff say of one who was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MatchAnswer {
    pub person: PersonId,
    pub same: bool,
}

/// Keeps with a new request who was found for it.
pub(super) fn note_matches(
    tx: &mut Tx<'_>,
    person: &Person,
    request: &LicenseRequest,
    likely: Vec<Likely>,
) -> Result<(), Error> {
    let about = About {
        organization: Some(request.organization_id),
        request: Some(request.id),
        license: None,
    };
    let mut facts = Vec::new();
    for (candidate, by) in likely {
        let envelope = by_rule(tx);
        let body = FactBody::MatchFound {
            person: candidate,
            by,
        };
        facts.push(fact(tx, person, about, envelope, body));
    }
    tx.unit.insert_facts(&facts)?;
    Ok(())
}

pub(super) fn matches_in(dossier: &Dossier, evaluation: &RequestEvaluation) -> Vec<MatchShown> {
    evaluation
        .matches
        .iter()
        .map(|found| {
            let said = found.settled.and_then(|(id, _)| {
                let mut facts = dossier.facts.iter();
                facts.find(|fact| fact.id == id)
            });
            MatchShown {
                found: found.clone(),
                said: said.map(|fact| fact.envelope.clone()),
                barred: false,
            }
        })
        .collect()
}

/// Takes the matches from whoever may not know of them, and looks up who of the others is barred: for all at once.
pub(super) fn show_matches(
    view: &mut dyn View,
    actor: &Actor,
    rows: &mut [RequestShown],
    now: Instant,
) -> Result<(), Error> {
    for row in rows.iter_mut() {
        let scope = Scope::person(
            row.request.implementation_id,
            Some(row.request.organization_id),
            row.request.person_id,
        );
        if actor.authorize(Action::ReadMerge, scope).is_err() {
            row.matches.clear();
        }
    }
    let found: BTreeSet<PersonId> = rows
        .iter()
        .flat_map(|row| &row.matches)
        .map(|row| row.found.person)
        .collect();
    if found.is_empty() {
        return Ok(());
    }
    let mut barred: BTreeMap<PersonId, bool> = BTreeMap::new();
    let found: Vec<PersonId> = found.into_iter().collect();
    for dossier in Dossier::load_many(view, &found, &[])? {
        let of_record = |id: &PersonId| dossier.is_made_of(*id);
        for id in found.iter().filter(|id| of_record(id)) {
            barred.insert(*id, dossier.is_barred(now));
        }
    }
    for row in rows.iter_mut().flat_map(|row| &mut row.matches) {
        row.barred = barred.get(&row.found.person).copied().unwrap_or_default();
    }
    Ok(())
}

/// Staff say whether the requested person is one who was found. The same person: the new record is read as that
/// person's from now on, as a merge that can be undone.
pub fn settle_match(
    tx: &mut Tx<'_>,
    id: RequestId,
    answer: MatchAnswer,
    decision: &Decision,
) -> Result<RequestShown, Error> {
    let request = tx.unit.request(id)?.ok_or(Error::NotFound)?;
    let scope = Scope::person(
        request.implementation_id,
        Some(request.organization_id),
        request.person_id,
    );
    tx.authorize(Action::SettleMatch, scope)?;
    let other = tx
        .unit
        .person(answer.person)?
        .filter(|person| person.implementation_id == request.implementation_id)
        .ok_or_else(|| Error::invalid("/person_id", NO_PERSON))?;
    // Both in one order before anything else.
    tx.lock_people([request.person_id, other.id])?;
    let (mut dossier, mut request) = for_decision(tx, Action::SettleMatch, id, decision.expected)?;
    for person in [request.person_id, other.id] {
        not_oneself(tx, person, "somebody else says who you are")?;
    }
    needed_reason(&decision.reported)?;
    let body = dossier
        .request_at(&request, tx.now)
        .settle_match(answer.person, answer.same)
        .ok_or_else(|| {
            Error::invalid(
                "/person_id",
                "names nobody who was found for this request: see its `possible_matches`",
            )
        })??;
    let theirs = Dossier::load(tx.unit, other.id, &[])?.ok_or(Error::NotFound)?;
    if theirs.is_barred(tx.now) {
        // Whether somebody barred asks again is the lead's to say.
        tx.authorize(Action::MergePeople, scope)?;
    }
    if answer.same && other.id != request.person_id {
        let merge = NewMerge {
            survivor: other.id,
            duplicate: request.person_id,
            reported: decision.reported.clone(),
        };
        merge_people(tx, &merge, false)?;
        request = tx.unit.request(id)?.ok_or(Error::NotFound)?;
        dossier = load(tx, request.person_id, request.organization_id)?;
    }
    record(tx, dossier, &request, &decision.reported, body)
}
