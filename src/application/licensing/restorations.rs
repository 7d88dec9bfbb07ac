//! Emergency restorations: on call, the help desk brings a license back that ended or was suspended by mistake, for some
//! hours; another of staff confirms it, or access ends again by itself.

use crate::application::actor::{Action, Actor, Role, Scope, Sight};
use crate::application::page::{Paging, Slice};
use crate::application::ports::FactFilter;
use crate::application::roster::delegations::supervises;
use crate::application::{Error, Fault, Rx, Tx};
use crate::domain::calendar::{Instant, Precision};
use crate::domain::command::LONGEST_RESTORATION;
use crate::domain::departure::announced_ends;
use crate::domain::evaluate::{Restoration, RestorationStanding, Restored};
use crate::domain::fact::{Fact, FactBody, FactKind, HoldCause, Reporter};
use crate::domain::ids::{FactId, LicenseId};
use crate::domain::license::License;

use super::dossier::Dossier;
use super::licenses::{no_duplicate, sight_of};
use super::reading::{fact_shown, facts_shown};
use super::reporting::{About, Reported, not_oneself, record};
use super::returns::withdrawn_by;

/// A license is to come back for some hours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRestoration {
    /// When it ends by itself. Absent: as late as it may.
    pub until: Option<Instant>,
    pub reported: Reported,
}

/// A restoration as it stands now, for one reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestorationShown {
    /// What its reader may not know is gone.
    pub fact: Fact,
    pub restoration: Restoration,
    /// The causes of the holds that it took back, where the license was suspended.
    pub holds: Vec<HoldCause>,
    pub sight: Sight,
    /// 1, and one more for its confirmation.
    pub version: i32,
}

/// Brings a license back for some hours.
pub fn restore_license(
    tx: &mut Tx<'_>,
    id: LicenseId,
    new: &NewRestoration,
) -> Result<RestorationShown, Error> {
    let license = tx.unit.license(id)?.ok_or(Error::NotFound)?;
    let action = Action::RestoreLicense;
    let target = Scope::person(
        license.implementation_id,
        Some(license.organization_id),
        license.person_id,
    );
    tx.authorize(action, target)?;
    no_duplicate(&license, action)?;
    not_oneself(tx, license.person_id, "somebody else restores your license")?;
    let until = stated(new, tx.now)?;
    tx.lock_person(license.person_id)?;
    let organization = license.organization_id;
    let mut dossier = Dossier::load(tx.unit, license.person_id, &[])?.ok_or(Error::NotFound)?;
    dossier.record_states(tx)?;
    let evaluation = dossier.license_at(organization, tx.now);
    let ends = announced_ends(&dossier.facts, tx.now);
    let error = evaluation.error_of(&ends, organization, tx.now);
    let body = evaluation.restore_in_emergency(error, until)?;
    if evaluation.rests_on_departure() && !a_supervisor_said_so(tx, &license, &new.reported)? {
        return Err(Error::invalid(
            "/report/reported_by",
            "must name a supervisor of the organization, by `person_id`, who says that the person has not left and is \
             not concerned himself",
        ));
    }
    let now = (tx.now, Precision::Instant);
    let envelope = new.reported.envelope(tx, license.implementation_id, now)?;
    let id = record(tx, &mut dossier, about(&license), envelope, body)?;
    shown(tx.actor, &dossier, id, tx.now).ok_or(Error::NotFound)
}

fn about(license: &License) -> About {
    About {
        organization: Some(license.organization_id),
        request: None,
        license: Some(license.id),
    }
}

/// Until when, by the reason and the ticket that must be stated.
fn stated(new: &NewRestoration, now: Instant) -> Result<Instant, Error> {
    let longest = now + LONGEST_RESTORATION;
    let until = new.until.unwrap_or(longest);
    let mut faults = Vec::new();
    if until <= now || until > longest {
        faults.push(Fault::at(
            "/until_at",
            format!(
                "must lie ahead, and at most {} hours: without a confirmation nothing is restored for longer",
                LONGEST_RESTORATION.num_hours()
            ),
        ));
    }
    if new.reported.reason.is_none() {
        faults.push(Fault::at(
            "/report/reason",
            "is needed: say what the mistake is, without clients, health or legal details",
        ));
    }
    if new.reported.ticket_reference.is_none() {
        faults.push(Fault::at(
            "/report/ticket_reference",
            "is needed: name the ticket by which it was asked for",
        ));
    }
    if faults.is_empty() {
        Ok(until)
    } else {
        Err(Error::Invalid(faults))
    }
}

/// Whether somebody who supervises the organization now, and is not the person concerned, is named as the one who said
/// so.
fn a_supervisor_said_so(
    tx: &mut Tx<'_>,
    license: &License,
    reported: &Reported,
) -> Result<bool, Error> {
    let Some(Reporter::Person { person_id }) = reported.reported_by else {
        return Ok(false);
    };
    let organization = tx
        .unit
        .organization(license.organization_id)?
        .ok_or(Error::NotFound)?;
    let concerned = Some(license.person_id);
    supervises(tx.unit, person_id, &organization, concerned, tx.now)
}

/// Another of staff stands by a restoration: it acts as a reinstatement, or as the lift of the holds.
pub fn confirm_restoration(
    tx: &mut Tx<'_>,
    id: FactId,
    expected: i32,
    reported: &Reported,
) -> Result<RestorationShown, Error> {
    let found = tx
        .unit
        .fact(id)?
        .filter(|fact| fact.body.kind() == FactKind::EmergencyRestored)
        .ok_or(Error::NotFound)?;
    let organization = found.organization_id.ok_or(Error::NotFound)?;
    tx.authorize(
        Action::ConfirmRestoration,
        Scope::person(found.implementation_id, Some(organization), found.person_id),
    )?;
    not_oneself(
        tx,
        found.person_id,
        "somebody else decides about your license",
    )?;
    another_of_staff(tx, &found)?;
    tx.lock_person(found.person_id)?;
    let mut dossier = Dossier::load(tx.unit, found.person_id, &[])?.ok_or(Error::NotFound)?;
    let restoration = shown(tx.actor, &dossier, id, tx.now).ok_or(Error::NotFound)?;
    if restoration.version != expected {
        return Err(Error::Stale {
            current: restoration.version,
        });
    }
    dossier.record_states(tx)?;
    let FactBody::EmergencyRestored { undoes, .. } = found.body else {
        return Err(Error::NotFound);
    };
    let restores = withdrawn_by(&dossier, organization, &undoes, tx.now);
    for request in &restores {
        tx.trail.touched("license_request", *request);
    }
    let body = dossier
        .license_at(organization, tx.now)
        .confirm_restoration(&restoration.restoration, undoes, restores)?;
    let now = (tx.now, Precision::Instant);
    let envelope = reported.envelope(tx, found.implementation_id, now)?;
    let about = About {
        organization: Some(organization),
        request: None,
        license: found.license_id,
    };
    record(tx, &mut dossier, about, envelope, body)?;
    shown(tx.actor, &dossier, id, tx.now).ok_or(Error::NotFound)
}

/// Two people stand by a confirmed restoration: neither who restored, by whichever credential, nor who had asked for it,
/// confirms it.
fn another_of_staff(tx: &mut Tx<'_>, restored: &Fact) -> Result<(), Error> {
    let by = restored.envelope.recorded_by;
    let mut same = by == tx.actor.principal.id;
    if let Reporter::Person { person_id } = restored.envelope.reported_by {
        same |= tx.actor.is(person_id);
    }
    for role in [Role::HelpDesk, Role::SystemAdmin] {
        let grants = tx
            .unit
            .live_grants(role, Some(restored.implementation_id), tx.now)?;
        same |= grants
            .iter()
            .filter(|grant| grant.principal_id == by)
            .filter_map(|grant| grant.person_id)
            .any(|person| tx.actor.is(person));
    }
    if same {
        Err(Error::OwnCase(
            "another of staff confirms what you restored or asked for: two people stand by it"
                .to_owned(),
        ))
    } else {
        Ok(())
    }
}

/// A restoration as it stands now; nothing for a reader who may only know that access is on.
fn shown(actor: &Actor, dossier: &Dossier, id: FactId, now: Instant) -> Option<RestorationShown> {
    let fact = dossier.facts.iter().find(|fact| fact.id == id)?;
    let organization = fact.organization_id?;
    let sight = sight_of(actor, &dossier.person, organization);
    if sight == Sight::Frontend {
        return None;
    }
    let license = dossier.license_at(organization, now);
    let restoration = license.restoration(id)?.clone();
    let holds = match &restoration.restored {
        Restored::Suspended(holds) => holds
            .iter()
            .filter_map(|index| license.holds.get(*index))
            .map(|hold| hold.cause)
            .collect(),
        Restored::Ended(_) => Vec::new(),
    };
    let mut fact = fact.clone();
    if !matches!(sight, Sight::Full | Sight::HelpDesk) {
        // What was said, and by whom, stays with staff.
        fact.envelope.reason = None;
        fact.envelope.ticket_reference = None;
        fact.envelope.reported_by = Reporter::Recorder;
    }
    Some(RestorationShown {
        version: 1 + i32::from(restoration.confirmed_by.is_some()),
        restoration,
        holds,
        sight,
        fact,
    })
}

/// One restoration.
pub fn restoration(rx: &mut Rx<'_>, id: FactId) -> Result<RestorationShown, Error> {
    fact_shown(
        rx,
        Action::ReadLicense,
        FactKind::EmergencyRestored,
        id,
        shown,
    )
}

/// A page of restorations, those with one standing or all: what nobody confirmed stays among them.
pub fn restorations(
    rx: &mut Rx<'_>,
    filter: &FactFilter,
    standing: Option<RestorationStanding>,
    paging: Paging,
) -> Result<Slice<RestorationShown>, Error> {
    facts_shown(
        rx,
        Action::ReadLicense,
        FactKind::EmergencyRestored,
        filter,
        paging,
        |actor, dossier, id, now| {
            shown(actor, dossier, id, now).filter(|shown| {
                standing.is_none_or(|wanted| shown.restoration.standing() == wanted)
            })
        },
    )
}
