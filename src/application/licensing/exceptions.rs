//! What staff decide for one person or one request: waivers, and requirements beyond the policy's.

use chrono::NaiveDate;

use crate::application::actor::{Action, Scope};
use crate::application::visible::{NO_ORGANIZATION, visible_organization, visible_person};
use crate::application::{Error, Fault, Tx};
use crate::domain::calendar::{Precision, local_day};
use crate::domain::error::Rejection;
use crate::domain::fact::{Fact, FactBody, FactKind};
use crate::domain::ids::{FactId, OrganizationId, PersonId, RequestId};
use crate::domain::policy::{AgreementScope, PolicyDocument};
use crate::domain::request::LicenseRequest;
use crate::domain::requirement::RequirementKey;

use super::dossier::Dossier;
use super::reporting::{About, Reported, corrects, fact, keep, not_oneself, scope};

/// One requirement waived for a person at an organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewWaiver {
    pub person_id: PersonId,
    pub organization_id: OrganizationId,
    /// The requirement as explanations name it.
    pub requirement: String,
    /// The last local day. Absent: without end.
    pub until_on: Option<NaiveDate>,
    pub supersedes: Option<FactId>,
    /// With the reason.
    pub reported: Reported,
}

/// One requirement more, of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewExtraRequirement {
    pub request_id: RequestId,
    pub requirement: String,
    /// The last local day on which it is owed. Absent: without end.
    pub until_on: Option<NaiveDate>,
    pub supersedes: Option<FactId>,
    /// With the reason.
    pub reported: Reported,
}

pub fn waive_requirement(tx: &mut Tx<'_>, new: &NewWaiver) -> Result<Fact, Error> {
    let person = visible_person(tx.unit, tx.actor, new.person_id, "/person_id")?;
    let organization = visible_organization(
        tx.unit,
        tx.actor,
        Action::WaiveRequirement,
        new.organization_id,
        "/organization_id",
    )?;
    // Whoever acts in several implementations must not bind a person of one to an organization of another.
    if organization.implementation_id != person.implementation_id {
        return Err(Error::invalid("/organization_id", NO_ORGANIZATION));
    }
    tx.authorize(
        Action::WaiveRequirement,
        scope(&person, Some(organization.id)),
    )?;
    not_oneself(tx, person.id, "somebody else waives what you owe")?;
    tx.lock_person(person.id)?;
    let mut dossier =
        Dossier::load(tx.unit, person.id, &[organization.id])?.ok_or(Error::NotFound)?;
    let mut faults: Vec<Fault> = past(&dossier, new.until_on, tx.now).into_iter().collect();
    faults.extend(waivable(&dossier, organization.id, &new.requirement, tx));
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let supersedes = corrects(
        &dossier,
        new.supersedes,
        FactKind::Waived,
        Some(organization.id),
        &new.reported,
    )?;
    let now = (tx.now, Precision::Instant);
    let mut envelope = new.reported.envelope(tx, person.implementation_id, now)?;
    envelope.supersedes = supersedes;
    let about = About {
        organization: Some(organization.id),
        ..About::default()
    };
    let body = FactBody::Waived {
        requirement: new.requirement.clone(),
        until_on: new.until_on,
    };
    let fact = fact(tx, &person, about, envelope, body);
    keep(tx, &mut dossier, std::slice::from_ref(&fact))?;
    Ok(fact)
}

fn past(
    dossier: &Dossier,
    until_on: Option<NaiveDate>,
    now: crate::domain::calendar::Instant,
) -> Option<Fault> {
    let zone = dossier
        .policy_at(now)
        .and_then(|policy| policy.document.zone())
        .unwrap_or(dossier.implementation.time_zone);
    until_on
        .filter(|last| *last < local_day(zone, now))
        .map(|_| Fault::at("/until_on", "has passed"))
}

/// What keeps a requirement from being waived: nobody owes it here, or the policy does not allow it.
fn waivable(
    dossier: &Dossier,
    organization: OrganizationId,
    requirement: &str,
    tx: &Tx<'_>,
) -> Option<Fault> {
    let mut owed: Vec<RequirementKey> = Vec::new();
    let mut fixed: Vec<RequirementKey> = Vec::new();
    for request in &dossier.requests {
        if request.organization_id != organization {
            continue;
        }
        let evaluation = dossier.request_at(request, tx.now);
        if evaluation.state.is_open() {
            owed.extend(
                evaluation
                    .requirements
                    .into_iter()
                    .map(|standing| standing.key),
            );
            fixed.extend(evaluation.unwaivable);
        }
    }
    let license = dossier.license_at(organization, tx.now);
    if let Some(period) = license.period().filter(|period| period.end.is_none()) {
        for standing in &license.requirements {
            let name = standing.key.to_string();
            let kept = dossier
                .document_at(organization, tx.now)
                .is_some_and(|document| {
                    document
                        .license_types
                        .get(&period.license_type)
                        .and_then(|found| {
                            // The set that a return ladder chose goes before that of the class.
                            let chosen = period.requirement_set.as_ref();
                            chosen
                                .and_then(|code| found.requirement_sets.get(code))
                                .or_else(|| found.set_for(period.class).map(|(_, set)| set))
                        })
                        .is_some_and(|set| set.waivable(&name) == Some(false))
                });
            if kept {
                fixed.push(standing.key.clone());
            }
            owed.push(standing.key.clone());
        }
    }
    for add_on in &license.add_ons {
        // A waiver names what is owed, whichever license it is owed for.
        owed.extend(
            add_on
                .requirements
                .iter()
                .map(|standing| match &standing.key {
                    RequirementKey::OfAddOn(_, key) => key.as_ref().clone(),
                    key => key.clone(),
                }),
        );
    }
    let named = |keys: &[RequirementKey]| keys.iter().any(|key| key.to_string() == requirement);
    if !named(&owed) {
        owed.sort();
        owed.dedup();
        let names: Vec<String> = owed.iter().map(ToString::to_string).collect();
        return Some(Fault::at(
            "/requirement",
            format!(
                "is nothing that the person owes at this organization, which is: {}",
                if names.is_empty() {
                    "nothing".to_owned()
                } else {
                    names.join(", ")
                }
            ),
        ));
    }
    named(&fixed).then(|| {
        Fault::at(
            "/requirement",
            "may not be waived under the policy in force",
        )
    })
}

pub fn add_requirement(tx: &mut Tx<'_>, new: &NewExtraRequirement) -> Result<Fact, Error> {
    let unknown = || {
        Error::invalid(
            "/license_request_id",
            "names no license request you may know of",
        )
    };
    let request = tx.unit.request(new.request_id)?.ok_or_else(unknown)?;
    let about = Scope::person(
        request.implementation_id,
        Some(request.organization_id),
        request.person_id,
    );
    if tx.actor.authorize(Action::ReadRequest, about).is_err() {
        return Err(unknown());
    }
    tx.authorize(Action::AddRequirement, about)?;
    not_oneself(tx, request.person_id, "somebody else decides what you owe")?;
    tx.lock_person(request.person_id)?;
    let mut dossier = Dossier::load(tx.unit, request.person_id, &[request.organization_id])?
        .ok_or(Error::NotFound)?;
    let evaluation = dossier.request_at(&request, tx.now);
    if !evaluation.state.is_open() {
        return Err(Rejection::never(evaluation.state.as_str(), "add_requirement").into());
    }
    let document = dossier
        .document_at(request.organization_id, tx.now)
        .ok_or(Error::NoPolicy)?;
    let mut faults: Vec<Fault> = past(&dossier, new.until_on, tx.now).into_iter().collect();
    faults.extend(known(&document, &request, &new.requirement));
    let replaced = dossier
        .facts
        .iter()
        .find(|fact| Some(fact.id) == new.supersedes);
    let same = replaced.is_some_and(|fact| {
        matches!(&fact.body, FactBody::RequirementAdded { requirement, .. } if *requirement == new.requirement)
    });
    if replaced.is_some_and(|fact| fact.request_id != Some(request.id)) {
        faults.push(Fault::at(
            "/supersedes",
            "names no extra requirement of this request",
        ));
    }
    if !same
        && evaluation
            .requirements
            .iter()
            .any(|standing| standing.key.to_string() == new.requirement)
    {
        faults.push(Fault::at("/requirement", "is owed by this request already"));
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let supersedes = corrects(
        &dossier,
        new.supersedes,
        FactKind::RequirementAdded,
        Some(request.organization_id),
        &new.reported,
    )?;
    let now = (tx.now, Precision::Instant);
    let mut envelope = new.reported.envelope(tx, request.implementation_id, now)?;
    envelope.supersedes = supersedes;
    let about = About {
        organization: Some(request.organization_id),
        request: Some(request.id),
        license: None,
    };
    let body = FactBody::RequirementAdded {
        requirement: new.requirement.clone(),
        until_on: new.until_on,
    };
    let person = dossier.person.clone();
    let fact = fact(tx, &person, about, envelope, body);
    keep(tx, &mut dossier, std::slice::from_ref(&fact))?;
    tx.trail.touched("license_request", request.id);
    Ok(fact)
}

/// Whether the policy has what is asked for.
fn known(document: &PolicyDocument, request: &LicenseRequest, requirement: &str) -> Option<Fault> {
    let found = match RequirementKey::parse(requirement) {
        Some(RequirementKey::Course(code)) => document.courses.contains_key(&code),
        Some(RequirementKey::Agreement(code)) => document
            .agreements
            .get(&code)
            .is_some_and(|agreement| agreement.scope == AgreementScope::Person),
        Some(RequirementKey::Practice(code)) => {
            document.practice_sets.contains_key(&code)
                && document
                    .license_types
                    .get(&request.license_type)
                    .is_some_and(|found| found.practice.is_some())
        }
        _ => false,
    };
    (!found).then(|| {
        Fault::at(
            "/requirement",
            "is no course, personal agreement or practice set of the policy in force: write `course:`, `agreement:` or `practice:` and its code",
        )
    })
}
