//! Licenses that come back by the hand of staff: by the return ladder, or because the end was an error.

use crate::application::actor::{Action, Scope};
use crate::application::visible::NO_PERSON;
use crate::application::{Error, Fault, Tx};
use crate::domain::calendar::{Instant, Precision};
use crate::domain::departure::announced_ends;
use crate::domain::fact::{DeactivationCause, FactBody, FactKind};
use crate::domain::ids::{FactId, LicenseId, OrganizationId, PersonId, RequestId};
use crate::domain::license::License;
use crate::domain::request::RequestState;

use super::dossier::Dossier;
use super::licenses::{LicenseShown, no_duplicate, shown};
use super::reporting::{About, Reported, needed_reason, not_oneself, record};
use super::requests::Decision;
use super::waitlist;

/// A license the actor may act on, with its people locked and its version checked.
fn for_license(
    tx: &mut Tx<'_>,
    action: Action,
    license: &License,
    expected: i32,
    meant: Option<PersonId>,
) -> Result<Dossier, Error> {
    let target = Scope::person(
        license.implementation_id,
        Some(license.organization_id),
        license.person_id,
    );
    tx.authorize(action, target)?;
    no_duplicate(license, action)?;
    not_oneself(
        tx,
        license.person_id,
        "somebody else decides about your license",
    )?;
    tx.lock_people(meant.into_iter().chain([license.person_id]))?;
    let mut dossier = Dossier::load(tx.unit, license.person_id, &[])?.ok_or(Error::NotFound)?;
    let version = dossier
        .licenses
        .iter()
        .find(|other| other.id == license.id)
        .map(|other| other.version)
        .ok_or(Error::NotFound)?;
    // Compared before what came by itself is recorded: a reader saw that state under the version that was stored.
    if version != expected {
        return Err(Error::Stale { current: version });
    }
    dossier.record_states(tx)?;
    Ok(dossier)
}

fn about(license: &License) -> About {
    About {
        organization: Some(license.organization_id),
        request: None,
        license: Some(license.id),
    }
}

fn show(tx: &Tx<'_>, dossier: &Dossier, id: LicenseId) -> Result<LicenseShown, Error> {
    let license = dossier
        .licenses
        .iter()
        .find(|license| license.id == id)
        .ok_or(Error::NotFound)?;
    Ok(shown(tx.actor, dossier, license, tx.now))
}

/// Brings a license back by the return ladder.
pub fn reactivate(
    tx: &mut Tx<'_>,
    id: LicenseId,
    decision: &Decision,
) -> Result<LicenseShown, Error> {
    let license = tx.unit.license(id)?.ok_or(Error::NotFound)?;
    let action = Action::ReactivateLicense;
    let mut dossier = for_license(tx, action, &license, decision.expected, None)?;
    let evaluation = dossier.license_at(license.organization_id, tx.now);
    let back = dossier.way_back(license.organization_id, &evaluation, tx.now);
    let verdict = evaluation.reactivate(back.as_ref());
    let reactivated = ("reactivate", verdict);
    let body = waitlist::seat_to_return(tx, &dossier, &license, &evaluation, reactivated)?;
    let now = (tx.now, Precision::Instant);
    let envelope = decision
        .reported
        .envelope(tx, license.implementation_id, now)?;
    record(tx, &mut dossier, about(&license), envelope, body)?;
    show(tx, &dossier, id)
}

/// What is said of an end that was an error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reinstatement {
    /// Whom it was meant for.
    pub meant: Option<PersonId>,
    /// The ends besides the one that ended the license that are part of the error.
    pub besides: Vec<FactId>,
}

/// Undoes an end that was an error, above the cap if need be. Where it was meant for somebody else, that person's
/// license ends in the same transaction.
pub fn reinstate(
    tx: &mut Tx<'_>,
    id: LicenseId,
    decision: &Decision,
    said: &Reinstatement,
) -> Result<LicenseShown, Error> {
    let meant = said.meant;
    let license = tx.unit.license(id)?.ok_or(Error::NotFound)?;
    let action = Action::ReinstateLicense;
    let meant = match meant {
        Some(meant) => Some(may_be_meant(tx, &license, meant)?),
        None => None,
    };
    let mut dossier = for_license(tx, action, &license, decision.expected, meant)?;
    needed_reason(&decision.reported)?;
    let end = undo(
        tx,
        &mut dossier,
        &license,
        &said.besides,
        &decision.reported,
    )?;
    if let Some(meant) = meant {
        end_of_the_meant(tx, &dossier, &license, end, meant, &decision.reported)?;
    }
    show(tx, &dossier, id)
}

/// Whoever is meant belongs to the same implementation and may be named by the actor.
fn may_be_meant(tx: &mut Tx<'_>, license: &License, meant: PersonId) -> Result<PersonId, Error> {
    tx.authorize(
        Action::ReinstateLicense,
        Scope::person(
            license.implementation_id,
            Some(license.organization_id),
            license.person_id,
        ),
    )?;
    let found = tx
        .unit
        .person(meant)?
        .filter(|person| person.implementation_id == license.implementation_id);
    let meant = match found {
        Some(person) => person.id,
        None => return Err(Error::invalid("/meant_person_id", NO_PERSON)),
    };
    if meant == license.person_id {
        return Err(Error::invalid(
            "/meant_person_id",
            "names the person whose license ended: leave it out, or name the one who was meant",
        ));
    }
    not_oneself(tx, meant, "somebody else ends your license")?;
    Ok(meant)
}

/// Reinstates a license and answers the fact that had ended it.
fn undo(
    tx: &mut Tx<'_>,
    dossier: &mut Dossier,
    license: &License,
    besides: &[FactId],
    reported: &Reported,
) -> Result<Option<FactId>, Error> {
    let organization = license.organization_id;
    let evaluation = dossier.license_at(organization, tx.now);
    let fact = evaluation
        .period()
        .and_then(|period| period.end.as_ref()?.fact);
    let ends = announced_ends(&dossier.facts, tx.now);
    let error = evaluation.error_of(&ends, organization, tx.now);
    let unknown = besides
        .iter()
        .enumerate()
        .filter(|(_, named)| error.besides.iter().all(|(id, _)| id != *named))
        .map(|(index, _)| {
            Fault::at(
                format!("/also_undoes/{index}"),
                "names no departure or deactivation that would end the license again",
            )
        });
    let unknown: Vec<Fault> = unknown.collect();
    if !unknown.is_empty() {
        return Err(Error::Invalid(unknown));
    }
    let undone: Vec<FactId> = error.undoes.iter().chain(besides).copied().collect();
    let restores = withdrawn_by(dossier, organization, &undone, tx.now);
    for id in &restores {
        tx.trail.touched("license_request", *id);
    }
    let body = evaluation.reinstate(error, besides, restores)?;
    let now = (tx.now, Precision::Instant);
    let envelope = reported.envelope(tx, license.implementation_id, now)?;
    record(tx, dossier, about(license), envelope, body)?;
    Ok(fact)
}

/// The requests that these ends withdrew, but for those whose place another open request has taken.
pub(super) fn withdrawn_by(
    dossier: &Dossier,
    organization: OrganizationId,
    ends: &[FactId],
    now: Instant,
) -> Vec<RequestId> {
    let mut taken: Vec<String> = Vec::new();
    let mut restored = Vec::new();
    let here = || {
        dossier
            .requests
            .iter()
            .filter(|request| request.organization_id == organization)
            .map(|request| (request, dossier.request_at(request, now)))
    };
    taken.extend(
        here()
            .filter(|(_, evaluation)| evaluation.state.is_open())
            .map(|(request, _)| request.license_type.clone()),
    );
    for (request, evaluation) in here() {
        let withdrawn = evaluation.state == RequestState::Withdrawn
            && evaluation.ended_by.is_some_and(|by| ends.contains(&by));
        if withdrawn && !taken.contains(&request.license_type) {
            taken.push(request.license_type.clone());
            restored.push(request.id);
        }
    }
    restored
}

/// Ends the license of the person who was meant, as the error said of another.
fn end_of_the_meant(
    tx: &mut Tx<'_>,
    wrong: &Dossier,
    license: &License,
    end: Option<FactId>,
    meant: PersonId,
    reported: &Reported,
) -> Result<FactId, Error> {
    let error = announced_ends(&wrong.facts, tx.now)
        .into_iter()
        .find(|other| Some(other.fact.id) == end);
    let Some(error) = error else {
        return Err(Error::invalid(
            "/meant_person_id",
            "nobody was meant: no departure or deactivation ended this license, but a rule",
        ));
    };
    let organization = license.organization_id;
    let mut dossier = Dossier::load(tx.unit, meant, &[organization])?.ok_or(Error::NotFound)?;
    if dossier.license_id(organization).is_none() {
        return Err(Error::invalid(
            "/meant_person_id",
            "names nobody with a license at this organization",
        ));
    }
    let evaluation = dossier.license_at(organization, tx.now);
    let body = match error.cause() {
        DeactivationCause::EmploymentEnded => evaluation.depart()?,
        cause => evaluation.deactivate(cause)?,
    };
    let moment = (error.occurred_at, error.precision);
    let envelope = reported.envelope(tx, license.implementation_id, moment)?;
    let about = About {
        organization: Some(organization),
        request: None,
        license: dossier.license_id(organization),
    };
    record(tx, &mut dossier, about, envelope, body)
}

/// A departure that took effect was reported of the wrong person: his license is reinstated, and that of the person
/// who was meant ends, in one transaction. Answers the license that is reinstated.
pub fn wrong_person(
    tx: &mut Tx<'_>,
    departure: FactId,
    expected: i32,
    meant: PersonId,
    reported: &Reported,
) -> Result<LicenseShown, Error> {
    let found = tx
        .unit
        .fact(departure)?
        .filter(|fact| fact.body.kind() == FactKind::Departed)
        .ok_or(Error::NotFound)?;
    let organization = found.organization_id.ok_or(Error::NotFound)?;
    tx.authorize(
        Action::ReinstateLicense,
        Scope::person(found.implementation_id, Some(organization), found.person_id),
    )?;
    let license = tx
        .unit
        .license_of(found.person_id, organization)?
        .ok_or_else(|| {
            Error::from(crate::domain::error::Rejection::needing(
                "none",
                "reinstate",
                vec!["a license that this departure ended".to_owned()],
            ))
        })?;
    let facts = tx.unit.facts_of_person(found.person_id)?;
    let changes = facts
        .iter()
        .filter(|fact| matches!(&fact.body, FactBody::Cancelled { fact } | FactBody::Moved { fact, .. } if *fact == departure))
        .count();
    let current = i32::try_from(changes).map_or(i32::MAX, |changes| changes.saturating_add(1));
    if current != expected {
        return Err(Error::Stale { current });
    }
    let decision = Decision {
        expected: license.version,
        reported: reported.clone(),
    };
    let dossier = Dossier::load(tx.unit, found.person_id, &[])?.ok_or(Error::NotFound)?;
    let ended_it = dossier
        .license_at(organization, tx.now)
        .period()
        .and_then(|period| period.end.as_ref())
        .is_some_and(|end| end.fact == Some(departure));
    if !ended_it {
        return Err(crate::domain::error::Rejection::needing(
            "departed",
            "wrong_person",
            vec![
                "a departure that ended the license as it stands now: one that lies ahead is cancelled, and of two the \
                 one that ended the license is corrected"
                    .to_owned(),
            ],
        )
        .into());
    }
    let said = Reinstatement {
        meant: Some(meant),
        besides: Vec::new(),
    };
    reinstate(tx, license.id, &decision, &said)
}
