//! Contested ends: a fact that occurred in time arrived after the license had ended, or what the end rested on was
//! corrected. Only staff decide: they reinstate, or let the end stand.

use crate::application::actor::{Action, Scope};
use crate::application::page::{Paging, Slice, fill_page};
use crate::application::ports::RosterFilter;
use crate::application::{Error, Rx, Tx};
use crate::domain::calendar::{Instant, Precision};
use crate::domain::evaluate::EndCause;
use crate::domain::fact::{Fact, FactKind};
use crate::domain::ids::{LicenseId, PersonId};
use crate::domain::license::License;

use super::dossier::Dossier;
use super::licenses::no_duplicate;
use super::reporting::{About, Reported, needed_reason, not_oneself, record};

/// A fact that contests an end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contest {
    pub fact: crate::domain::ids::FactId,
    pub kind: FactKind,
    pub occurred_at: Instant,
    pub recorded_at: Instant,
}

/// A contested end that awaits a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContestedShown {
    pub license: License,
    pub cause: EndCause,
    pub ended_at: Instant,
    /// Since when it is contested.
    pub since: Instant,
    pub contests: Vec<Contest>,
    /// Rises with every fact that contests the end.
    pub version: i32,
}

fn shown(dossier: &Dossier, id: LicenseId, now: Instant) -> Option<ContestedShown> {
    let license = dossier.licenses.iter().find(|license| license.id == id)?;
    let evaluation = dossier.license_at(license.organization_id, now);
    let end = evaluation.contested()?;
    let facts: Vec<&Fact> = end
        .open_contests()
        .iter()
        .filter_map(|id| dossier.facts.iter().find(|fact| fact.id == *id))
        .collect();
    Some(ContestedShown {
        license: license.clone(),
        cause: end.cause,
        ended_at: end.at,
        since: facts.iter().map(|fact| fact.envelope.recorded_at).min()?,
        contests: facts
            .iter()
            .map(|fact| Contest {
                fact: fact.id,
                kind: fact.body.kind(),
                occurred_at: fact.envelope.occurred_at,
                recorded_at: fact.envelope.recorded_at,
            })
            .collect(),
        version: i32::try_from(end.contested_by.len()).unwrap_or(i32::MAX),
    })
}

/// Lets a contested end stand: the item leaves the list until something new arrives.
pub fn uphold(
    tx: &mut Tx<'_>,
    id: LicenseId,
    expected: i32,
    reported: &Reported,
) -> Result<LicenseId, Error> {
    let license = tx.unit.license(id)?.ok_or(Error::NotFound)?;
    tx.authorize(
        Action::SettleContested,
        Scope::person(
            license.implementation_id,
            Some(license.organization_id),
            license.person_id,
        ),
    )?;
    no_duplicate(&license, Action::SettleContested)?;
    not_oneself(tx, license.person_id, "somebody else decides this")?;
    needed_reason(reported)?;
    tx.lock_person(license.person_id)?;
    let mut dossier = Dossier::load(tx.unit, license.person_id, &[])?.ok_or(Error::NotFound)?;
    let evaluation = dossier.license_at(license.organization_id, tx.now);
    let contests = evaluation
        .period()
        .and_then(|period| period.end.as_ref())
        .map_or(0, |end| end.contested_by.len());
    let body = evaluation.uphold()?;
    let current = i32::try_from(contests).unwrap_or(i32::MAX);
    if current != expected {
        return Err(Error::Stale { current });
    }
    let now = (tx.now, Precision::Instant);
    let envelope = reported.envelope(tx, license.implementation_id, now)?;
    let about = About {
        organization: Some(license.organization_id),
        request: None,
        license: Some(license.id),
    };
    record(tx, &mut dossier, about, envelope, body)?;
    Ok(id)
}

/// One contested end.
pub fn contested_item(rx: &mut Rx<'_>, id: LicenseId) -> Result<ContestedShown, Error> {
    let license = rx.view.license(id)?.ok_or(Error::NotFound)?;
    rx.authorize(
        Action::ReadContested,
        Scope::person(
            license.implementation_id,
            Some(license.organization_id),
            license.person_id,
        ),
    )?;
    let dossier = Dossier::load(rx.view, license.person_id, &[])?.ok_or(Error::NotFound)?;
    shown(&dossier, id, rx.now).ok_or(Error::NotFound)
}

/// A page of contested ends that await a decision.
pub fn contested_items(
    rx: &mut Rx<'_>,
    filter: &RosterFilter,
    paging: Paging,
) -> Result<Slice<ContestedShown>, Error> {
    let visible = rx.actor.visible(Action::ReadContested);
    let slice = fill_page(
        paging,
        |page| {
            let rows = rx.view.contested_licenses(&visible, filter, page)?;
            let people: std::collections::BTreeSet<PersonId> =
                rows.iter().map(|row| row.person_id).collect();
            let dossiers =
                Dossier::load_many(rx.view, &people.into_iter().collect::<Vec<_>>(), &[])?;
            Ok(rows
                .into_iter()
                .map(|row| {
                    let item = dossiers
                        .iter()
                        .find(|dossier| dossier.person.id == row.person_id)
                        .and_then(|dossier| shown(dossier, row.id, rx.now));
                    (row.id.0, item)
                })
                .collect())
        },
        |(id, _)| *id,
        |(_, item)| item.is_some(),
    )?;
    Ok(Slice {
        rows: slice
            .rows
            .into_iter()
            .filter_map(|(_, item)| item)
            .collect(),
        next: slice.next,
    })
}
