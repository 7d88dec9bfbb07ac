//! Licenses as readers see them.

use crate::application::actor::{Action, Actor, Scope, Sight};
use crate::application::page::{Paging, Slice, fill_page};
use crate::application::ports::{StateFilter, Visible};
use crate::application::{Error, Rx, Tx};
use crate::domain::calendar::Instant;
use crate::domain::error::Rejection;
use crate::domain::evaluate::{Evaluation, Reader};
use crate::domain::ids::{ImplementationId, LicenseId, OrganizationId, PersonId};
use crate::domain::license::{License, LicenseStatus};
use crate::domain::roster::Person;

use super::dossier::Dossier;

/// More rows than this waiting for a new evaluation: a list by state would not be the state now.
const MOST_STALE_ROWS: i64 = 1_000;

/// A license with what the domain makes of it now, for one reader.
#[derive(Clone, Debug, PartialEq)]
pub struct LicenseShown {
    pub license: License,
    pub evaluation: Evaluation,
    pub reader: Reader,
    pub sight: Sight,
}

/// What of announced ends a reader may know.
#[must_use]
pub fn reader_of(sight: Sight) -> Reader {
    match sight {
        Sight::Full | Sight::HelpDesk => Reader::Full,
        Sight::OwnSupervisor => Reader::Agency,
        Sight::EndUser => Reader::Person,
        Sight::Frontend => Reader::Frontend,
    }
}

/// The reader's row for a person at an organization; whoever has no row sees least.
pub(super) fn sight_of(actor: &Actor, person: &Person, organization: OrganizationId) -> Sight {
    actor
        .sight(person.implementation_id, Some(organization), person.id)
        .unwrap_or(Sight::Frontend)
}

pub(super) fn person_reader(
    actor: &Actor,
    person: &Person,
    organization: OrganizationId,
) -> Reader {
    reader_of(sight_of(actor, person, organization))
}

pub(super) fn shown(
    actor: &Actor,
    dossier: &Dossier,
    license: &License,
    now: Instant,
) -> LicenseShown {
    let sight = sight_of(actor, &dossier.person, license.organization_id);
    shown_to(sight, dossier, license, now)
}

/// The same for whoever stands in a row of the table of who sees what.
pub(super) fn shown_to(
    sight: Sight,
    dossier: &Dossier,
    license: &License,
    now: Instant,
) -> LicenseShown {
    let (reader, now) = (reader_of(sight), dossier.now(now));
    let evaluation = match reader {
        Reader::Full => dossier.license_as(license, now),
        _ => dossier.seen_by(reader, now).license_as(license, now),
    };
    LicenseShown {
        license: license.clone(),
        evaluation,
        reader,
        sight,
    }
}

/// One license as it stands now.
pub fn license(rx: &mut Rx<'_>, id: LicenseId) -> Result<LicenseShown, Error> {
    let (license, dossier) = load(rx, id)?;
    Ok(shown(rx.actor, &dossier, &license, rx.now))
}

/// The license that a body names in `license_id`, where the actor may take the action on it, with its scope.
pub(super) fn named(
    tx: &mut Tx<'_>,
    action: Action,
    id: LicenseId,
) -> Result<(License, Scope), Error> {
    let unknown = || Error::invalid("/license_id", "names no license you may know of");
    let license = tx.unit.license(id)?.ok_or_else(unknown)?;
    let target = Scope::person(
        license.implementation_id,
        Some(license.organization_id),
        license.person_id,
    );
    match tx.authorize(action, target) {
        Err(Error::NotFound) => return Err(unknown()),
        other => other?,
    }
    no_duplicate(&license, action)?;
    Ok((license, target))
}

/// Refuses to act on a license that ended as the duplicate of another one.
pub(super) fn no_duplicate(license: &License, action: Action) -> Result<(), Error> {
    match license.duplicate_of {
        None => Ok(()),
        Some(kept) => Err(Rejection::needing(
            license.recorded.state.as_str(),
            action.as_str(),
            vec![format!(
                "this license ended as a duplicate: act on the one that stayed, {kept}"
            )],
        )
        .into()),
    }
}

pub(super) fn load(rx: &mut Rx<'_>, id: LicenseId) -> Result<(License, Dossier), Error> {
    let license = rx.view.license(id)?.ok_or(Error::NotFound)?;
    rx.authorize(
        Action::ReadLicense,
        Scope::person(
            license.implementation_id,
            Some(license.organization_id),
            license.person_id,
        ),
    )?;
    let dossier = Dossier::load(rx.view, license.person_id, &[])?.ok_or(Error::NotFound)?;
    Ok((license, dossier))
}

/// A page of licenses, each as it stands now.
pub fn licenses(
    rx: &mut Rx<'_>,
    filter: &StateFilter<LicenseStatus>,
    paging: Paging,
) -> Result<Slice<LicenseShown>, Error> {
    let visible = rx.actor.visible(Action::ReadLicense);
    let by_state = !filter.states.is_empty() || filter.listed;
    not_reindexing(rx, &visible, filter.implementation_id, by_state)?;
    let states = filter.states.clone();
    let now = rx.now;
    fill_page(
        paging,
        |page| {
            let rows = rx.view.licenses(&visible, filter, page)?;
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
                    Some(shown(rx.actor, dossier, &row, rx.now))
                })
                .collect())
        },
        |shown: &LicenseShown| shown.license.id.0,
        |shown| {
            let state = shown.evaluation.status();
            let listed = shown.evaluation.listed_from.is_some_and(|from| from <= now);
            (states.is_empty() || state.is_some_and(|state| states.contains(&state)))
                && (listed || !filter.listed)
        },
    )
}

/// Refuses a list by state while too many rows wait for a new evaluation, of those that the reader sees in the
/// implementation that it is narrowed to, or in all.
pub(super) fn not_reindexing(
    rx: &mut Rx<'_>,
    visible: &Visible,
    implementation: Option<ImplementationId>,
    by_state: bool,
) -> Result<(), Error> {
    if !by_state {
        return Ok(());
    }
    if rx.view.stale_count(visible, implementation)? > MOST_STALE_ROWS {
        Err(Error::Reindexing)
    } else {
        Ok(())
    }
}
