//! Leaves: from when to when somebody is away from an organization. Why, is nobody's business and never stored.

use crate::application::actor::{Action, Actor, Scope, Sight};
use crate::application::page::{Paging, Slice};
use crate::application::ports::FactFilter;
use crate::application::visible::{NO_PERSON, visible_organization, visible_person};
use crate::application::{Error, Rx, Tx};
use crate::domain::calendar::{Instant, Precision};
use crate::domain::error::Rejection;
use crate::domain::fact::{Fact, FactBody, FactKind, Reporter, version_of};
use crate::domain::ids::{FactId, OrganizationId, PersonId};
use crate::domain::requirement::standing_facts;

use super::dossier::Dossier;
use super::licenses::sight_of;
use super::reading::{fact_shown, facts_shown};
use super::reporting::{
    About, Moment, Reported, corrects, not_oneself, record, scope, within_years,
};

/// Somebody is on leave, or will be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLeave {
    pub person_id: PersonId,
    pub organization_id: OrganizationId,
    pub from: Moment,
    /// The last day of the leave, or its end. Absent: open.
    pub until: Option<Moment>,
    pub supersedes: Option<FactId>,
    pub reported: Reported,
}

/// Where a leave stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaveStatus {
    Scheduled,
    Running,
    Returned,
    Cancelled,
    /// Another record replaced it.
    Corrected,
}

/// A leave as it stands now, for one reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaveShown {
    /// What its reader may not know is gone.
    pub fact: Fact,
    pub status: LeaveStatus,
    pub from: Instant,
    /// The end that was named.
    pub until: Option<Instant>,
    /// When the person is or was back.
    pub returned_at: Option<Instant>,
    /// 1, and one more for each return, cancellation or correction.
    pub version: i32,
}

pub fn record_leave(tx: &mut Tx<'_>, new: &NewLeave) -> Result<LeaveShown, Error> {
    let organization = visible_organization(
        tx.unit,
        tx.actor,
        Action::ReportLeave,
        new.organization_id,
        "/organization_id",
    )?;
    let person = visible_person(tx.unit, tx.actor, new.person_id, "/person_id")?;
    if person.implementation_id != organization.implementation_id {
        return Err(Error::invalid("/person_id", NO_PERSON));
    }
    tx.authorize(Action::ReportLeave, scope(&person, Some(organization.id)))?;
    not_oneself(tx, person.id, "somebody else records your leave")?;
    tx.lock_person(person.id)?;
    let mut dossier =
        Dossier::load(tx.unit, person.id, &[organization.id])?.ok_or(Error::NotFound)?;
    let zone = dossier.zone_at(tx.now);
    let from = new.from.begins(zone);
    within_years(new.from, from.0, tx.now, "from")?;
    let until = new.until.map(|until| (until, until.ends(zone).0));
    if let Some((moment, at)) = until {
        within_years(moment, at, tx.now, "until")?;
        if at <= from.0 {
            return Err(Error::invalid(
                moment.field("until"),
                "does not lie after the beginning of the leave",
            ));
        }
    }
    let until = until.map(|(_, at)| at);
    let supersedes = corrects(
        &dossier,
        new.supersedes,
        FactKind::LeaveBegan,
        Some(organization.id),
        &new.reported,
    )?;
    overlaps_none(
        &dossier,
        organization.id,
        (from.0, until),
        supersedes,
        tx.now,
    )?;
    let body = dossier
        .license_at(organization.id, tx.now)
        .take_leave(until)?;
    let mut envelope = new.reported.envelope(tx, person.implementation_id, from)?;
    envelope.supersedes = supersedes;
    let about = About {
        organization: Some(organization.id),
        request: None,
        license: dossier.license_id(organization.id),
    };
    let id = record(tx, &mut dossier, about, envelope, body)?;
    shown(tx.actor, &dossier, id, tx.now).ok_or(Error::NotFound)
}

/// Two leaves at once would leave it open which return counts.
fn overlaps_none(
    dossier: &Dossier,
    organization: OrganizationId,
    (from, until): (Instant, Option<Instant>),
    supersedes: Option<FactId>,
    now: Instant,
) -> Result<(), Error> {
    let other = dossier
        .facts
        .iter()
        .filter(|fact| fact.organization_id == Some(organization) && Some(fact.id) != supersedes)
        .filter_map(|fact| state(dossier, fact.id, now))
        .filter(|(_, status, _)| !matches!(status, LeaveStatus::Cancelled | LeaveStatus::Corrected))
        .any(|(other, _, (end, _))| {
            let begins_before_its_end = end.is_none_or(|end| from < end);
            begins_before_its_end && until.is_none_or(|until| other.envelope.occurred_at < until)
        });
    if other {
        Err(Error::Duplicate(
            "a leave of this person at this organization is recorded for some of these days: record its return, or \
             correct it with `supersedes`"
                .to_owned(),
        ))
    } else {
        Ok(())
    }
}

/// The leave a caller may act on, with its person locked and its version checked.
fn for_change(
    tx: &mut Tx<'_>,
    id: FactId,
    expected: i32,
) -> Result<(Dossier, LeaveShown, About), Error> {
    let found = tx
        .unit
        .fact(id)?
        .filter(|fact| fact.body.kind() == FactKind::LeaveBegan)
        .ok_or(Error::NotFound)?;
    tx.authorize(
        Action::ReportLeave,
        Scope::person(
            found.implementation_id,
            found.organization_id,
            found.person_id,
        ),
    )?;
    not_oneself(tx, found.person_id, "somebody else changes this")?;
    tx.lock_person(found.person_id)?;
    let dossier = Dossier::load(tx.unit, found.person_id, &[])?.ok_or(Error::NotFound)?;
    let leave = shown(tx.actor, &dossier, id, tx.now).ok_or(Error::NotFound)?;
    if leave.version != expected {
        return Err(Error::Stale {
            current: leave.version,
        });
    }
    let about = About {
        organization: found.organization_id,
        request: None,
        license: found.license_id,
    };
    Ok((dossier, leave, about))
}

/// The person is back.
pub fn return_from_leave(
    tx: &mut Tx<'_>,
    id: FactId,
    expected: i32,
    returned: Moment,
    reported: &Reported,
) -> Result<LeaveShown, Error> {
    let (mut dossier, leave, about) = for_change(tx, id, expected)?;
    let action = "return";
    match leave.status {
        LeaveStatus::Running => {}
        LeaveStatus::Scheduled => {
            return Err(Rejection::needing(
                "scheduled",
                action,
                vec!["a leave that began: this one lies ahead and can be cancelled".to_owned()],
            )
            .into());
        }
        LeaveStatus::Returned => return Err(Rejection::never("returned", action).into()),
        LeaveStatus::Cancelled => return Err(Rejection::never("cancelled", action).into()),
        LeaveStatus::Corrected => return Err(Rejection::never("corrected", action).into()),
    }
    let back = returned.begins(dossier.zone_at(tx.now));
    within_years(returned, back.0, tx.now, "returned")?;
    if back.0 <= leave.from {
        return Err(Error::invalid(
            returned.field("returned"),
            "does not lie after the beginning of the leave",
        ));
    }
    let envelope = reported.envelope(tx, leave.fact.implementation_id, back)?;
    let body = FactBody::LeaveEnded { leave: id };
    record(tx, &mut dossier, about, envelope, body)?;
    shown(tx.actor, &dossier, id, tx.now).ok_or(Error::NotFound)
}

/// Calls a leave off that has not begun.
pub fn cancel_leave(
    tx: &mut Tx<'_>,
    id: FactId,
    expected: i32,
    reported: &Reported,
) -> Result<LeaveShown, Error> {
    let (mut dossier, leave, about) = for_change(tx, id, expected)?;
    match leave.status {
        LeaveStatus::Scheduled => {}
        LeaveStatus::Running => {
            return Err(Rejection::needing(
                "running",
                "cancel",
                vec!["a leave that lies ahead: from this one the person returns".to_owned()],
            )
            .into());
        }
        LeaveStatus::Returned => return Err(Rejection::never("returned", "cancel").into()),
        LeaveStatus::Cancelled => return Err(Rejection::never("cancelled", "cancel").into()),
        LeaveStatus::Corrected => return Err(Rejection::never("corrected", "cancel").into()),
    }
    let now = (tx.now, Precision::Instant);
    let envelope = reported.envelope(tx, leave.fact.implementation_id, now)?;
    let body = FactBody::Cancelled { fact: id };
    record(tx, &mut dossier, about, envelope, body)?;
    shown(tx.actor, &dossier, id, tx.now).ok_or(Error::NotFound)
}

/// The end of a leave as it stands, and its version.
type Standing = (Option<Instant>, i32);

/// A leave with its status, and how it stands.
fn state(dossier: &Dossier, id: FactId, now: Instant) -> Option<(&Fact, LeaveStatus, Standing)> {
    let fact = dossier.facts.iter().find(|fact| fact.id == id)?;
    let FactBody::LeaveBegan { until } = &fact.body else {
        return None;
    };
    let standing = standing_facts(dossier.facts.iter());
    let returned = standing
        .iter()
        .filter(|other| matches!(other.body, FactBody::LeaveEnded { leave } if leave == id))
        .map(|other| other.acts_at())
        .min();
    let cancelled = standing
        .iter()
        .any(|other| matches!(other.body, FactBody::Cancelled { fact } if fact == id));
    let version = version_of(&dossier.facts, |other| {
        other.envelope.supersedes == Some(id)
            || matches!(other.body, FactBody::LeaveEnded { leave } if leave == id)
            || matches!(other.body, FactBody::Cancelled { fact } if fact == id)
    });
    let end = returned.into_iter().chain(*until).min();
    let status = if !standing.iter().any(|other| other.id == id) {
        LeaveStatus::Corrected
    } else if cancelled {
        LeaveStatus::Cancelled
    } else if end.is_some_and(|end| end <= now) {
        LeaveStatus::Returned
    } else if fact.acts_at() <= now {
        LeaveStatus::Running
    } else {
        LeaveStatus::Scheduled
    };
    Some((fact, status, (end, version)))
}

/// A leave as it stands now; nothing for a reader who may only know that access is off. Supervisors and the help desk
/// know its dates only.
fn shown(actor: &Actor, dossier: &Dossier, id: FactId, now: Instant) -> Option<LeaveShown> {
    let (fact, status, (end, version)) = state(dossier, id, now)?;
    let sight = sight_of(actor, &dossier.person, fact.organization_id?);
    if sight == Sight::Frontend {
        return None;
    }
    let FactBody::LeaveBegan { until } = &fact.body else {
        return None;
    };
    let mut fact = fact.clone();
    if matches!(sight, Sight::OwnSupervisor | Sight::HelpDesk) {
        fact.envelope.reason = None;
        fact.envelope.reported_by = Reporter::Recorder;
        fact.envelope.ticket_reference = None;
    }
    Some(LeaveShown {
        status,
        from: fact.envelope.occurred_at,
        until: *until,
        returned_at: end.filter(|_| status == LeaveStatus::Returned || end != *until),
        version,
        fact,
    })
}

/// One leave.
pub fn leave(rx: &mut Rx<'_>, id: FactId) -> Result<LeaveShown, Error> {
    fact_shown(rx, Action::ReadLicense, FactKind::LeaveBegan, id, shown)
}

/// A page of leaves, as far as the reader may know of them.
pub fn leaves(
    rx: &mut Rx<'_>,
    filter: &FactFilter,
    paging: Paging,
) -> Result<Slice<LeaveShown>, Error> {
    facts_shown(
        rx,
        Action::ReadLicense,
        FactKind::LeaveBegan,
        filter,
        paging,
        shown,
    )
}
