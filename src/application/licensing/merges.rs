//! Two records of one human become one person, and two again where that was an error.

use std::collections::BTreeSet;

use crate::application::actor::{Action, Scope};
use crate::application::page::{Paging, Slice};
use crate::application::ports::MergeFilter;
use crate::application::visible::NO_PERSON;
use crate::application::{Error, Rx, Tx};
use crate::domain::calendar::{Instant, Precision};
use crate::domain::error::Rejection;
use crate::domain::ids::{LicenseId, OrganizationId, PersonId, PersonMergeId};
use crate::domain::license::{License, LicenseStatus};
use crate::domain::merge::{PersonMerge, Undone};
use crate::domain::roster::Person;

use super::activation::begin_ready;
use super::dossier::Dossier;
use super::reporting::{Reported, needed_reason, not_oneself};

/// Two records of one human.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMerge {
    pub survivor: PersonId,
    pub duplicate: PersonId,
    pub reported: Reported,
}

/// A merge, with whom it concerns where it was only tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergeShown {
    pub merge: PersonMerge,
    pub affected: Option<[MergedRecord; 2]>,
}

/// One of the two records: look before you merge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergedRecord {
    pub person: Person,
    pub last_login_at: Option<Instant>,
    pub licenses: Vec<MergedLicense>,
}

/// What becomes of a license.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergedLicense {
    pub id: LicenseId,
    pub organization_id: OrganizationId,
    pub license_type: String,
    pub before: Option<LicenseStatus>,
    pub after: Option<LicenseStatus>,
    /// The license that stays in its place.
    pub duplicate_of: Option<LicenseId>,
}

/// Reads the duplicate as the survivor from now on.
///
/// # Errors
/// `Rejected` where one of them is merged already, and where an open request of one meets an open request for the same
/// or a license that has not ended of the other: somebody must withdraw it first, because the person asks for what he
/// has or asks twice.
pub fn merge_people(tx: &mut Tx<'_>, new: &NewMerge, preview: bool) -> Result<MergeShown, Error> {
    let survivor = record_named(tx, new.survivor, "/survivor_id")?;
    let duplicate = record_named(tx, new.duplicate, "/duplicate_id")?;
    if survivor.id == duplicate.id {
        return Err(Error::invalid(
            "/duplicate_id",
            "names the survivor: name the other record",
        ));
    }
    if survivor.implementation_id != duplicate.implementation_id {
        return Err(Error::invalid(
            "/duplicate_id",
            "names a person of another implementation: people are never shared between implementations",
        ));
    }
    needed_reason(&new.reported)?;
    tx.lock_people([survivor.id, duplicate.id])?;
    let kept = loaded(tx, survivor.id)?;
    let taken = loaded(tx, duplicate.id)?;
    no_rival_requests(&kept, &taken, tx.now)?;
    let now = (tx.now, Precision::Instant);
    let merge = PersonMerge {
        id: tx.id(),
        implementation_id: survivor.implementation_id,
        survivor: survivor.id,
        duplicate: duplicate.id,
        envelope: new.reported.envelope(tx, survivor.implementation_id, now)?,
        undone: None,
        version: 1,
    };
    for (ends, stays) in duplicates(&kept, &taken, tx.now) {
        tx.unit.mark_duplicate(ends, Some(stays))?;
        // One human needs one seat: whoever is next in line gets the other.
        tx.waitlists.insert(survivor.implementation_id);
        tx.trail.touched("license", ends);
    }
    tx.unit.insert_person_merge(&merge)?;
    tx.unit.read_person_as(duplicate.id, Some(survivor.id))?;
    tx.unit.take_over(duplicate.id, survivor.id)?;
    // The survivor changed too: whoever saw the record before must look again.
    tx.unit.read_person_as(survivor.id, None)?;
    tx.trail.touched("person_merge", merge.id);
    tx.trail.touched("person", survivor.id);
    tx.trail.touched("person", duplicate.id);
    let mut merged = up_to_date(tx, survivor.id)?;
    begin_ready(tx, &mut merged)?;
    let affected = preview.then(|| [&kept, &taken].map(|before| affected(before, &merged, tx.now)));
    Ok(MergeShown { merge, affected })
}

/// The two were no one person: each gets back what was recorded for it. What was recorded since stays with the
/// survivor, but for what names a request or license that goes back.
///
/// # Errors
/// `Rejected` while a later merge builds upon it.
pub fn undo_merge(
    tx: &mut Tx<'_>,
    id: PersonMergeId,
    expected: i32,
    reported: &Reported,
) -> Result<PersonMerge, Error> {
    let mut merge = tx.unit.person_merge(id)?.ok_or(Error::NotFound)?;
    tx.authorize(
        Action::MergePeople,
        Scope::implementation(merge.implementation_id),
    )?;
    for person in [merge.survivor, merge.duplicate] {
        not_oneself(tx, person, "somebody else says who you are")?;
    }
    needed_reason(reported)?;
    if merge.version != expected {
        return Err(Error::Stale {
            current: merge.version,
        });
    }
    if merge.undone.is_some() {
        return Err(Rejection::never("undone", "undo").into());
    }
    if let Some(later) = later_merge(tx, &merge)? {
        return Err(Rejection::needing(
            "standing",
            "undo",
            vec![format!(
                "the later merge {later} builds upon this one: undo it first"
            )],
        )
        .into());
    }
    tx.lock_person(merge.survivor)?;
    let records: Vec<PersonId> = tx
        .unit
        .merges_into(&[merge.duplicate])?
        .into_iter()
        .map(|earlier| earlier.duplicate)
        .chain([merge.duplicate])
        .collect();
    merge.undone = Some(Undone {
        at: tx.now,
        by: tx.actor.principal.id,
        reason: reported.reason.clone().unwrap_or_default(),
    });
    tx.unit.undo_person_merge(&merge)?;
    merge.version += 1;
    tx.unit.read_person_as(merge.duplicate, None)?;
    tx.unit.read_person_as(merge.survivor, None)?;
    tx.lock_person(merge.duplicate)?;
    let since = merge.envelope.recorded_at;
    tx.unit
        .give_back(merge.survivor, merge.duplicate, &records, since)?;
    let people = [merge.survivor, merge.duplicate];
    let licenses = tx.unit.licenses_of_people(&people)?;
    let owner = |id: LicenseId| {
        let found = licenses.iter().find(|license| license.id == id);
        found.map(|license| license.person_id)
    };
    for license in &licenses {
        // The one that had stayed is another person's again.
        if let Some(kept) = license.duplicate_of
            && owner(kept) != Some(license.person_id)
        {
            tx.unit.mark_duplicate(license.id, None)?;
            tx.trail.touched("license", license.id);
        }
    }
    for person in people {
        up_to_date(tx, person)?;
        tx.trail.touched("person", person);
    }
    tx.trail.touched("person_merge", merge.id);
    Ok(merge)
}

/// One merge.
pub fn person_merge(rx: &mut Rx<'_>, id: PersonMergeId) -> Result<PersonMerge, Error> {
    let merge = rx.view.person_merge(id)?.ok_or(Error::NotFound)?;
    rx.authorize(
        Action::ReadMerge,
        Scope::implementation(merge.implementation_id),
    )?;
    Ok(merge)
}

/// A page of merges, undone ones too.
pub fn person_merges(
    rx: &mut Rx<'_>,
    filter: &MergeFilter,
    paging: Paging,
) -> Result<Slice<PersonMerge>, Error> {
    let visible = rx.actor.visible(Action::ReadMerge);
    let rows = rx.view.person_merges(&visible, filter, paging.probe())?;
    Ok(paging.cut(rows, |merge| merge.id.0))
}

/// A record that a body names, which must not be merged already.
fn record_named(tx: &mut Tx<'_>, id: PersonId, pointer: &str) -> Result<Person, Error> {
    let unknown = || Error::invalid(pointer, NO_PERSON);
    let (person, merged_into) = tx.unit.person_record(id)?.ok_or_else(unknown)?;
    match tx.authorize(
        Action::MergePeople,
        Scope::person(person.implementation_id, None, person.id),
    ) {
        Err(Error::NotFound) => return Err(unknown()),
        other => other?,
    }
    not_oneself(tx, person.id, "somebody else says who you are")?;
    match merged_into {
        None => Ok(person),
        Some(into) => Err(Rejection::needing(
            "merged",
            "merge",
            vec![format!(
                "`{}` was merged into {into}: name that one, or undo the merge first",
                pointer.trim_start_matches('/')
            )],
        )
        .into()),
    }
}

fn loaded(tx: &mut Tx<'_>, id: PersonId) -> Result<Dossier, Error> {
    Dossier::load(tx.unit, id, &[])?.ok_or(Error::NotFound)
}

/// A person as he is read now, with his states recorded.
fn up_to_date(tx: &mut Tx<'_>, id: PersonId) -> Result<Dossier, Error> {
    let mut dossier = loaded(tx, id)?;
    // An open request keeps its place under the id of its person, which is another one now.
    for request in &mut dossier.requests {
        if request.recorded.state.is_open() {
            tx.unit.update_request(request)?;
            request.version += 1;
        }
    }
    dossier.record_states(tx)?;
    Ok(dossier)
}

/// Refuses where one record asks for what the other asks for or has.
fn no_rival_requests(one: &Dossier, other: &Dossier, now: Instant) -> Result<(), Error> {
    let mut needs = BTreeSet::new();
    for (asking, having) in [(one, other), (other, one)] {
        let open = |dossier: &Dossier| {
            let requests = dossier.requests.iter();
            requests
                .filter(|request| dossier.request_at(request, now).state.is_open())
                .cloned()
                .collect::<Vec<_>>()
        };
        for request in open(asking) {
            let organization = request.organization_id;
            if let Some(rival) = open(having).into_iter().find(|rival| {
                rival.organization_id == organization && rival.license_type == request.license_type
            }) {
                let (first, second) = (request.id.min(rival.id), request.id.max(rival.id));
                needs.insert(format!(
                    "both have an open request for the same: withdraw license request {first} or {second}"
                ));
            }
            if let Some(license) = having.licenses.iter().find(|license| {
                license.organization_id == organization && runs(having, license, now)
            }) {
                needs.insert(format!(
                    "one has an open request where the other has license {}: withdraw or finish license request {}",
                    license.id, request.id
                ));
            }
        }
    }
    if needs.is_empty() {
        Ok(())
    } else {
        Err(Rejection::needing("requested", "merge", needs.into_iter().collect()).into())
    }
}

fn runs(dossier: &Dossier, license: &License, now: Instant) -> bool {
    matches!(
        dossier.license_as(license, now).status(),
        Some(LicenseStatus::Active | LicenseStatus::Warned | LicenseStatus::Suspended)
    )
}

/// Of two licenses at one organization, the one that ends and the one that stays: the one giving access; else the one
/// that has not ended; else the survivor's.
fn duplicates(kept: &Dossier, taken: &Dossier, now: Instant) -> Vec<(LicenseId, LicenseId)> {
    let rank = |dossier: &Dossier, license: &License| {
        let evaluation = dossier.license_as(license, now);
        (evaluation.allowed(), runs(dossier, license, now))
    };
    let mut found = Vec::new();
    for theirs in &taken.licenses {
        let ours = kept
            .licenses
            .iter()
            .find(|ours| ours.organization_id == theirs.organization_id);
        if let Some(ours) = ours {
            found.push(if rank(taken, theirs) > rank(kept, ours) {
                (ours.id, theirs.id)
            } else {
                (theirs.id, ours.id)
            });
        }
    }
    found
}

fn affected(before: &Dossier, merged: &Dossier, now: Instant) -> MergedRecord {
    let evaluated = before
        .licenses
        .iter()
        .map(|license| (license, before.license_as(license, now)));
    let (licenses, logins): (Vec<_>, Vec<_>) = evaluated
        .map(|(license, evaluation)| {
            let mut after = merged.licenses.iter().chain(&merged.duplicates);
            let after = after.find(|other| other.id == license.id);
            let shown = MergedLicense {
                id: license.id,
                organization_id: license.organization_id,
                license_type: license.license_type.clone(),
                before: evaluation.status(),
                after: after.and_then(|after| merged.license_as(after, now).status()),
                duplicate_of: after.and_then(|after| after.duplicate_of),
            };
            (shown, evaluation.last_login_at)
        })
        .unzip();
    MergedRecord {
        person: before.person.clone(),
        last_login_at: logins.into_iter().flatten().max(),
        licenses,
    }
}

/// A standing merge that was recorded after this one and rests upon it: of its survivor, or into it.
fn later_merge(tx: &mut Tx<'_>, merge: &PersonMerge) -> Result<Option<PersonMergeId>, Error> {
    let present = tx.unit.person(merge.survivor)?.ok_or(Error::NotFound)?;
    Ok(tx
        .unit
        .merges_into(&[present.id])?
        .into_iter()
        .filter(|other| other.id > merge.id)
        .find(|other| other.duplicate == merge.survivor || other.survivor == merge.survivor)
        .map(|other| other.id))
}
