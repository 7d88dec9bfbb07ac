//! Participating agencies, and from when to when they take part.

use std::collections::HashMap;

use chrono::NaiveDate;
use uuid::Uuid;

use super::delegations::supervised;
use super::external_ids::{self, ExternalIdInput};
use super::input::{Faults, LONGEST_NAME};
use super::{existing, expect_version};
use crate::application::actor::{Action, Scope};
use crate::application::error::Error;
use crate::application::page::{Paging, Slice, fill_page};
use crate::application::ports::{RosterFilter, View};
use crate::application::visible::visible_implementation;
use crate::application::{Rx, Tx};
use crate::domain::ids::{ImplementationId, OrganizationId};
use crate::domain::roster::{ExternalId, ExternalKind, Organization, Participation};

/// When an organization takes part: local dates, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParticipationInput {
    pub from_on: NaiveDate,
    pub to_on: Option<NaiveDate>,
}

/// What a new organization is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOrganization {
    pub implementation_id: ImplementationId,
    pub name: String,
    /// Its staff are shown to no other organization, and a request for one needs a staff override.
    pub victim_service_provider: bool,
    pub participation: ParticipationInput,
    pub external_ids: Vec<ExternalIdInput>,
}

/// What may be changed: only what describes. Participation is recorded anew, never changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrganizationChange {
    pub name: Option<String>,
    pub victim_service_provider: Option<bool>,
}

/// An organization as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationDetails {
    pub row: Organization,
    /// Every record of its participation, oldest first; the last one counts.
    pub participations: Vec<Participation>,
    pub external_ids: Vec<ExternalId>,
}

impl OrganizationDetails {
    /// The record that counts.
    #[must_use]
    pub fn participation(&self) -> Option<&Participation> {
        self.participations.last()
    }
}

/// Creates an organization with its first participation.
///
/// # Errors
/// `Invalid` with every fault, `Duplicate` if an external id was given before.
pub fn create(tx: &mut Tx<'_>, new: &NewOrganization) -> Result<OrganizationDetails, Error> {
    let mut faults = Faults::new();
    let actor = tx.actor;
    let implementation = faults.gather(visible_implementation(
        tx.unit,
        actor,
        new.implementation_id,
        "/implementation_id",
    ))?;
    if implementation.is_some() {
        tx.authorize(
            Action::ManageRoster,
            Scope::implementation(new.implementation_id),
        )?;
    }
    let name = faults.text("/name", &new.name, LONGEST_NAME);
    check_window(&mut faults, "/participation", new.participation);
    let ids = external_ids::checked_list(&mut faults, "/external_ids", &new.external_ids);
    faults.check()?;

    let row = Organization {
        id: tx.id(),
        implementation_id: new.implementation_id,
        name,
        victim_service_provider: new.victim_service_provider,
        recorded_at: tx.now,
        version: 1,
    };
    tx.unit.insert_organization(&row)?;
    tx.trail.touched("organization", row.id);
    let participation = take_part(tx, row.id, new.participation)?;
    external_ids::give(
        tx,
        row.implementation_id,
        ExternalKind::Organization,
        row.id.0,
        &ids,
    )?;
    let external_ids = tx
        .unit
        .external_ids(ExternalKind::Organization, &[row.id.0])?;
    Ok(OrganizationDetails {
        row,
        participations: vec![participation],
        external_ids,
    })
}

/// One organization, if the reader may know of it.
pub fn get(rx: &mut Rx<'_>, id: OrganizationId) -> Result<OrganizationDetails, Error> {
    let row = rx.view.organization(id)?.ok_or(Error::NotFound)?;
    rx.authorize(
        Action::ReadRoster,
        Scope::organization(row.implementation_id, row.id),
    )?;
    only(details(rx.view, vec![row])?)
}

/// The organizations that the reader may know of.
pub fn list(
    rx: &mut Rx<'_>,
    filter: &RosterFilter,
    without_supervisor: bool,
    paging: Paging,
) -> Result<Slice<OrganizationDetails>, Error> {
    if without_supervisor {
        return unsupervised(rx, filter, paging);
    }
    let visible = rx.actor.visible(Action::ReadRoster);
    let rows = rx.view.organizations(&visible, filter, paging.probe())?;
    let Slice { rows, next } = paging.cut(rows, |row| row.id.0);
    Ok(Slice {
        rows: details(rx.view, rows)?,
        next,
    })
}

/// Those that have no supervisor now: nobody there asks for licenses, signs or says that somebody left, so the authorized
/// signer and the lead have to. For whoever may know of roles.
fn unsupervised(
    rx: &mut Rx<'_>,
    filter: &RosterFilter,
    paging: Paging,
) -> Result<Slice<OrganizationDetails>, Error> {
    rx.actor.require(Action::ReadStaffRole)?;
    let visible = rx.actor.visible(Action::ReadStaffRole);
    let slice = fill_page(
        paging,
        |page| {
            let rows = rx.view.organizations(&visible, filter, page)?;
            let ids: Vec<OrganizationId> = rows.iter().map(|row| row.id).collect();
            let supervised = supervised(rx.view, &ids, rx.now)?;
            Ok(rows
                .into_iter()
                .map(|row| (!supervised.contains(&row.id), row))
                .collect())
        },
        |(_, row)| row.id.0,
        |(without, _)| *without,
    )?;
    Ok(Slice {
        rows: details(
            rx.view,
            slice.rows.into_iter().map(|(_, row)| row).collect(),
        )?,
        next: slice.next,
    })
}

/// Changes what describes an organization.
///
/// # Errors
/// `Stale` or `PreconditionRequired` unless `expected` is the current version.
pub fn change(
    tx: &mut Tx<'_>,
    id: OrganizationId,
    expected: impl Into<Option<i32>>,
    change: &OrganizationChange,
) -> Result<OrganizationDetails, Error> {
    let mut row = managed(tx, id)?;
    expect_version(expected, row.version)?;
    let mut faults = Faults::new();
    if let Some(name) = &change.name {
        row.name = faults.text("/name", name, LONGEST_NAME);
    }
    faults.check()?;
    if let Some(provider) = change.victim_service_provider {
        row.victim_service_provider = provider;
    }
    tx.unit.update_organization(&row)?;
    row.version += 1;
    tx.trail.touched("organization", row.id);
    only(details(tx.unit, vec![row])?)
}

/// Records from when to when an organization takes part, from now on. Since participation decides access, the earlier
/// record stays, and every recorded state of the implementation becomes due for a new evaluation.
pub fn record_participation(
    tx: &mut Tx<'_>,
    id: OrganizationId,
    input: ParticipationInput,
) -> Result<OrganizationDetails, Error> {
    let row = managed(tx, id)?;
    let mut faults = Faults::new();
    check_window(&mut faults, "", input);
    faults.check()?;
    tx.unit.lock_implementation(row.implementation_id)?;
    take_part(tx, row.id, input)?;
    tx.unit.bump_generation(row.implementation_id)?;
    tx.trail.touched("organization", row.id);
    only(details(tx.unit, vec![row])?)
}

/// An organization of a path, for changing it.
pub(super) fn managed(tx: &mut Tx<'_>, id: OrganizationId) -> Result<Organization, Error> {
    let row = tx.unit.organization(id)?.ok_or(Error::NotFound)?;
    tx.authorize(
        Action::ManageRoster,
        Scope::organization(row.implementation_id, row.id),
    )?;
    Ok(row)
}

fn check_window(faults: &mut Faults, pointer: &str, input: ParticipationInput) {
    faults.window(
        &format!("{pointer}/to_on"),
        Some(input.from_on),
        input.to_on,
        "from_on",
    );
}

fn take_part(
    tx: &mut Tx<'_>,
    id: OrganizationId,
    input: ParticipationInput,
) -> Result<Participation, Error> {
    let record = Participation {
        organization_id: id,
        from_on: input.from_on,
        to_on: input.to_on,
        recorded_at: tx.now,
        recorded_by: tx.actor.principal.id,
    };
    tx.unit.insert_participation(&record)?;
    Ok(record)
}

/// The rows with what is shown beside them, in the same order.
fn details(
    view: &mut dyn View,
    rows: Vec<Organization>,
) -> Result<Vec<OrganizationDetails>, Error> {
    let ids: Vec<OrganizationId> = rows.iter().map(|row| row.id).collect();
    let uuids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let mut participations: HashMap<OrganizationId, Vec<Participation>> = HashMap::new();
    for record in view.participations(&ids)? {
        participations
            .entry(record.organization_id)
            .or_default()
            .push(record);
    }
    let mut external_ids: HashMap<Uuid, Vec<ExternalId>> = HashMap::new();
    for id in view.external_ids(ExternalKind::Organization, &uuids)? {
        external_ids.entry(id.subject).or_default().push(id);
    }
    Ok(rows
        .into_iter()
        .map(|row| OrganizationDetails {
            participations: participations.remove(&row.id).unwrap_or_default(),
            external_ids: external_ids.remove(&row.id.0).unwrap_or_default(),
            row,
        })
        .collect())
}

/// The one entry of a list made of one row.
pub(super) fn only<T>(entries: Vec<T>) -> Result<T, Error> {
    existing(entries.into_iter().next(), "row")
}
