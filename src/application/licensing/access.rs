//! The access decision: what a front-end asks at sign-in. Decided from facts, policy and time at the moment of asking.

use chrono::TimeDelta;

use crate::application::actor::{Action, Denied, Scope};
use crate::application::{Error, Fault, Rx};
use crate::domain::calendar::Instant;
use crate::domain::evaluate::AddOnStatus;
use crate::domain::ids::{ImplementationId, LicenseId, OrganizationId, PersonId};
use crate::domain::roster::ExternalKind;

use super::dossier::Dossier;
use super::explanation::foreseen_access;
use super::licenses::{reader_of, sight_of};

/// No permission is kept longer than this without asking again.
const LONGEST_CACHE: TimeDelta = TimeDelta::minutes(5);

/// Who wants in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessQuery {
    /// An implementation's id or code.
    pub implementation: String,
    pub system: String,
    pub external_id: String,
    pub organization: Option<OrganizationId>,
    /// Absent: now.
    pub at: Option<Instant>,
}

/// A coarse reason: it tells a front-end what to say, and nothing about people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    Allowed,
    NotAllowed,
    NoLicense,
    UnknownPerson,
}

/// The decision about one license.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LicenseDecision {
    pub license_id: LicenseId,
    pub organization_id: OrganizationId,
    pub license_type: String,
    pub allowed: bool,
    pub reason: Reason,
    /// The license types of the add-ons that are on.
    pub add_ons: Vec<String>,
}

/// The decision about a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessDecision {
    pub implementation_id: ImplementationId,
    pub person_id: Option<PersonId>,
    /// Whether any license of the ones asked for gives access.
    pub allowed: bool,
    pub reason: Reason,
    pub licenses: Vec<LicenseDecision>,
    pub decided_at: Instant,
    /// The instant the answer speaks of.
    pub at: Instant,
    pub recheck_after: Instant,
    pub next_automatic_change_at: Option<Instant>,
}

pub fn decide_access(rx: &mut Rx<'_>, query: &AccessQuery) -> Result<AccessDecision, Error> {
    let at = query.at.unwrap_or(rx.now);
    if at > rx.now {
        return Err(Error::Invalid(vec![Fault::parameter(
            "at",
            "lies in the future: a decision is made from what is known, so ask again then",
        )]));
    }
    let unknown = || {
        Error::Invalid(vec![Fault::parameter(
            "implementation",
            "names no implementation you may know of",
        )])
    };
    let implementation = match query.implementation.parse::<ImplementationId>() {
        Ok(id) => rx.view.implementation(id)?,
        Err(_) => rx.view.implementation_by_code(&query.implementation)?,
    }
    .ok_or_else(unknown)?;
    match rx.actor.authorize(
        Action::DecideAccess,
        Scope::implementation(implementation.id),
    ) {
        Ok(_) => {}
        Err(Denied::Hidden) => return Err(unknown()),
        Err(Denied::Forbidden) => return Err(Error::Forbidden),
    }
    let recheck = rx.now + LONGEST_CACHE;
    let nobody = |reason| AccessDecision {
        implementation_id: implementation.id,
        person_id: None,
        allowed: false,
        reason,
        licenses: Vec::new(),
        decided_at: rx.now,
        at,
        recheck_after: recheck,
        next_automatic_change_at: None,
    };
    // A closed external id still resolves for decisions until staff settle it; one that nobody had recorded by the asked
    // instant named nobody then.
    let Some(external) = rx
        .view
        .external_id(
            implementation.id,
            ExternalKind::Person,
            &query.system,
            &query.external_id,
        )?
        .filter(|external| {
            let known = query.at.is_none() || external.recorded_at <= at;
            known && external.settled_at.is_none_or(|settled| at < settled)
        })
    else {
        return Ok(nobody(Reason::UnknownPerson));
    };
    let Some(dossier) = Dossier::load(rx.view, PersonId(external.subject), &[])? else {
        return Ok(nobody(Reason::UnknownPerson));
    };
    let at = query.at.unwrap_or_else(|| dossier.now(at));
    // A permission is kept past no change at all; what is said to come is what concerns access, and no deadline before it.
    let (mut next, mut next_access): (Option<Instant>, Option<Instant>) = (None, None);
    let mut licenses = Vec::new();
    // For which record the id was given, when the person was still several.
    let record = if query.at.is_some() && !dossier.records.merges().is_empty() {
        rx.view.external_id_recorded_for(
            implementation.id,
            ExternalKind::Person,
            &query.system,
            &query.external_id,
        )?
    } else {
        None
    }
    .unwrap_or(dossier.person.id);
    let asked = dossier.licenses.iter().chain(&dossier.duplicates);
    for license in asked.filter(|license| {
        let ended = license
            .duplicate_of
            .is_some_and(|kept| dossier.was_one_person_at(license.id, dossier.record_of(kept), at));
        !ended && dossier.was_one_person_at(license.id, record, at)
    }) {
        if query
            .organization
            .is_some_and(|id| id != license.organization_id)
        {
            continue;
        }
        let sight = sight_of(rx.actor, &dossier.person, license.organization_id);
        let reader = reader_of(sight);
        let evaluation = dossier.seen_by(reader, at).license_as(license, at);
        let Some(period) = evaluation.period() else {
            continue;
        };
        let allowed = evaluation.allowed();
        // What is asked about the past has happened: only a decision for now says what comes next.
        if query.at.is_none() {
            let earlier = |one: Option<Instant>, other| [one, other].into_iter().flatten().min();
            next = earlier(next, evaluation.next_change_at());
            next_access = earlier(next_access, foreseen_access(&evaluation, sight));
        }
        licenses.push(LicenseDecision {
            license_id: license.id,
            organization_id: license.organization_id,
            license_type: period.license_type.clone(),
            allowed,
            reason: if allowed {
                Reason::Allowed
            } else {
                Reason::NotAllowed
            },
            add_ons: evaluation
                .add_ons
                .iter()
                .filter(|add_on| add_on.status == AddOnStatus::On)
                .map(|add_on| add_on.license_type.clone())
                .collect(),
        });
    }
    let allowed = licenses.iter().any(|license| license.allowed);
    Ok(AccessDecision {
        implementation_id: implementation.id,
        person_id: Some(dossier.person.id),
        allowed,
        reason: match (allowed, licenses.is_empty()) {
            (true, _) => Reason::Allowed,
            (false, true) => Reason::NoLicense,
            (false, false) => Reason::NotAllowed,
        },
        licenses,
        decided_at: rx.now,
        at,
        recheck_after: next.map_or(recheck, |next| next.min(recheck)),
        next_automatic_change_at: next_access,
    })
}
