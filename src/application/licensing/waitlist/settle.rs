//! What a person's own requests give back, take or wait for, recorded with whatever brought it about.

use std::collections::{BTreeMap, BTreeSet};

use super::super::dossier::Dossier;
use super::super::reporting::{About, fact};
use super::{NO_SEAT, by_rule, pools, tally};
use crate::application::{Error, Tx};
use crate::domain::calendar::{add_days, local_day, start_of_day};
use crate::domain::error::Rejection;
use crate::domain::evaluate::{Evaluation, RequestEvaluation};
use crate::domain::fact::{Envelope, FactBody};
use crate::domain::ids::{LicenseId, OrganizationId, RequestId};
use crate::domain::license::License;
use crate::domain::policy::{AfterEnd, NoneFree, SeatKept, SeatNeeded};
use crate::domain::request::{LicenseRequest, RequestClass};
use crate::domain::seat::{KeptSeat, Place, PlaceStanding, WaitlistEntry};

/// The licenses that ran before a recording, each with its type.
pub(in crate::application::licensing) fn running(
    dossier: &Dossier,
) -> BTreeMap<LicenseId, Option<String>> {
    let type_of = |license: &License| {
        let runs = license.recorded.state.is_running();
        runs.then(|| license.license_type.clone())
    };
    dossier
        .licenses
        .iter()
        .map(|license| (license.id, type_of(license)))
        .collect()
}

/// Records what the requests of a person give back, need or wait for, and what his ended licenses leave to their
/// organization. Called with every recording, after the states.
pub(in crate::application::licensing) fn settle(
    tx: &mut Tx<'_>,
    dossier: &mut Dossier,
    ran: &BTreeMap<LicenseId, Option<String>>,
) -> Result<(), Error> {
    if !dossier.has_waitlists() {
        return Ok(());
    }
    ended(tx, dossier, ran)?;
    // Each request gives back and takes each place once at most.
    let mut settled = BTreeSet::new();
    while let Some((request, place, standing)) = next(dossier, tx, &settled) {
        settled.insert((request.id, place, standing == PlaceStanding::Wanted));
        let envelope = by_rule(tx);
        let body = match standing {
            PlaceStanding::Forfeited { keeps_turn } => {
                tx.waitlists.insert(request.implementation_id);
                FactBody::PlaceReleased { place, keeps_turn }
            }
            _ => match wanted(tx, dossier, &request, place)? {
                Some(body) => body,
                None => continue,
            },
        };
        note(tx, dossier, &request, envelope, body)?;
    }
    keep_entries(tx, dossier)
}

/// Records a fact about a request and what follows for its states.
pub(super) fn note(
    tx: &mut Tx<'_>,
    dossier: &mut Dossier,
    request: &LicenseRequest,
    mut envelope: Envelope,
    body: FactBody,
) -> Result<(), Error> {
    if body == FactBody::RequestDenied {
        envelope.reason = Some("no seat is free".to_owned());
    }
    let about = About {
        organization: Some(request.organization_id),
        request: Some(request.id),
        license: None,
    };
    let person = dossier.person.clone();
    let fact = fact(tx, &person, about, envelope, body);
    tx.unit.insert_facts(std::slice::from_ref(&fact))?;
    dossier.learn(&[fact]);
    tx.trail.touched("license_request", request.id);
    dossier.write_states(tx.unit, tx.now)
}

/// The requests whose standing is theirs: nothing recorded now reaches one whose place a newer one took.
fn live(dossier: &Dossier) -> impl Iterator<Item = &LicenseRequest> {
    dossier
        .requests
        .iter()
        .filter(|request| dossier.replaced_at(request).is_none())
}

fn standings(evaluation: &RequestEvaluation) -> [(Place, Option<PlaceStanding>); 2] {
    [
        (Place::Seat, evaluation.seat),
        (Place::Practice, evaluation.practice_place),
    ]
}

/// What is to be settled next.
fn next(
    dossier: &Dossier,
    tx: &Tx<'_>,
    settled: &BTreeSet<(RequestId, Place, bool)>,
) -> Option<(LicenseRequest, Place, PlaceStanding)> {
    live(dossier).find_map(|request| {
        let evaluation = dossier.request_at(request, tx.now);
        standings(&evaluation)
            .into_iter()
            .find_map(|(place, standing)| {
                let standing = standing.filter(|standing| match standing {
                    PlaceStanding::Forfeited { .. } => {
                        !settled.contains(&(request.id, place, false))
                    }
                    PlaceStanding::Wanted => {
                        !settled.contains(&(request.id, place, true))
                            && may_begin(dossier, request, &evaluation, tx)
                    }
                    _ => false,
                })?;
                Some((request.clone(), place, standing))
            })
    })
}

/// Nothing but the place keeps the license from beginning: whoever is barred takes none from anybody.
pub(super) fn may_begin(
    dossier: &Dossier,
    request: &LicenseRequest,
    evaluation: &RequestEvaluation,
    tx: &Tx<'_>,
) -> bool {
    let license = dossier.license_at(request.organization_id, tx.now);
    let carriers = dossier.carriers(&request.license_type, request.organization_id, tx.now);
    evaluation.needed_to_begin(&license, &carriers).is_empty()
}

/// A place for a request that is in no line: reserved, where one is left after everybody in line; else the end of the
/// line, or its denial.
fn wanted(
    tx: &mut Tx<'_>,
    dossier: &Dossier,
    request: &LicenseRequest,
    place: Place,
) -> Result<Option<FactBody>, Error> {
    keep_entries(tx, dossier)?;
    let mut tally = tally(tx.unit, request.implementation_id, tx.now)?;
    let Some(mut pools) = pools(&dossier.policies, tx.now) else {
        return Ok(None);
    };
    tally.entries.push(WaitlistEntry {
        joined_at: tx.now,
        may_take: true,
        reserved_at: None,
        reserved_until: None,
        ..entry(dossier, request, place)
    });
    let due = tally.due(&mut pools, &BTreeSet::new());
    let given = due
        .iter()
        .find(|given| given.request == request.id && given.place == place);
    // Somebody in line may take one too: this transaction gives it.
    if due.len() > usize::from(given.is_some()) {
        tx.waitlists.insert(request.implementation_id);
    }
    if let Some(given) = given {
        return take(tx, given.kept).map(|()| {
            Some(FactBody::PlaceReserved {
                place,
                kept_from: given.kept,
            })
        });
    }
    let denies = place == Place::Seat
        && dossier
            .document_at(request.organization_id, tx.now)
            .is_some_and(|document| {
                matches!(
                    document.seats.needed_at,
                    SeatNeeded::Approval {
                        none_free: NoneFree::Deny,
                        ..
                    }
                )
            });
    Ok(Some(if denies {
        FactBody::RequestDenied
    } else {
        FactBody::WaitlistJoined { place }
    }))
}

/// A kept seat is taken, and kept no longer.
pub(in crate::application::licensing) fn take(
    tx: &mut Tx<'_>,
    kept: Option<LicenseId>,
) -> Result<(), Error> {
    if let Some(license) = kept {
        tx.unit.release_kept_seat(license)?;
        tx.trail.touched("license", license);
    }
    Ok(())
}

/// A seat for a license that begins, or changes its type, without a request: with it the kept seat it takes. Nothing
/// where none is left after everybody in line.
pub(in crate::application::licensing) fn seat_for(
    tx: &mut Tx<'_>,
    dossier: &Dossier,
    organization: OrganizationId,
    license_type: &str,
    changes_from: Option<&str>,
) -> Result<Option<Option<LicenseId>>, Error> {
    if !dossier.has_waitlists() {
        return Ok(Some(None));
    }
    let tally = tally(tx.unit, dossier.person.implementation_id, tx.now)?;
    Ok(match pools(&dossier.policies, tx.now) {
        Some(mut pools) => tally.left_for(&mut pools, organization, license_type, changes_from),
        None => Some(None),
    })
}

/// Whoever comes back without a request needs a seat again; what was only suspended kept its own. Takes it where nothing
/// else keeps him from coming back; a refusal names a seat that is missing beside what else is.
pub(in crate::application::licensing) fn seat_to_return<T>(
    tx: &mut Tx<'_>,
    dossier: &Dossier,
    license: &License,
    evaluation: &Evaluation,
    (action, verdict): (&str, Result<T, Rejection>),
) -> Result<T, Error> {
    let Some(period) = evaluation.period().filter(|period| period.end.is_some()) else {
        return Ok(verdict?);
    };
    let organization = license.organization_id;
    let seat = seat_for(tx, dossier, organization, &period.license_type, None)?;
    take_seat(tx, seat, (evaluation.state_name(), action), verdict)
}

/// Takes a seat for what a verdict allows. Where none is left, or the verdict refuses, the refusal lists all needs.
pub(in crate::application::licensing) fn take_seat<T>(
    tx: &mut Tx<'_>,
    seat: Option<Option<LicenseId>>,
    (state, action): (&str, &str),
    verdict: Result<T, Rejection>,
) -> Result<T, Error> {
    let missing = seat.is_none().then(|| NO_SEAT.to_owned());
    let allowed = Rejection::besides(verdict, (state, action), missing)?;
    take(tx, seat.flatten())?;
    Ok(allowed)
}

/// A request in a line, as far as its row says.
fn entry(dossier: &Dossier, request: &LicenseRequest, place: Place) -> WaitlistEntry {
    let changes_from = dossier
        .licenses
        .iter()
        .filter(|_| request.class == RequestClass::TypeChange)
        .find(|license| license.organization_id == request.organization_id)
        .filter(|license| license.recorded.state.is_running())
        .map(|license| license.license_type.clone());
    WaitlistEntry {
        request_id: request.id,
        place,
        implementation_id: request.implementation_id,
        organization_id: request.organization_id,
        person_id: request.person_id,
        license_type: request.license_type.clone(),
        changes_from,
        joined_at: request.submitted_at,
        may_take: false,
        reserved_at: None,
        reserved_until: None,
    }
}

/// Brings the entries of the person's requests up to date with their facts.
fn keep_entries(tx: &mut Tx<'_>, dossier: &Dossier) -> Result<(), Error> {
    let ever = dossier.facts.iter().any(|fact| {
        matches!(
            fact.body,
            FactBody::WaitlistJoined { .. } | FactBody::PlaceReserved { .. }
        )
    });
    if !ever {
        return Ok(());
    }
    let mut wanted: BTreeMap<(RequestId, Place), WaitlistEntry> = BTreeMap::new();
    for request in live(dossier) {
        let evaluation = dossier.request_at(request, tx.now);
        for (place, standing) in standings(&evaluation) {
            let plain = entry(dossier, request, place);
            let found = match standing {
                Some(PlaceStanding::Waiting { since, may_take }) => WaitlistEntry {
                    joined_at: since,
                    may_take,
                    ..plain
                },
                Some(PlaceStanding::Held { since, until }) => WaitlistEntry {
                    joined_at: since,
                    reserved_at: Some(since),
                    reserved_until: until,
                    ..plain
                },
                _ => continue,
            };
            wanted.insert((request.id, place), found);
        }
    }
    for known in tx.unit.waitlist_of_person(dossier.person.id)? {
        match wanted.remove(&(known.request_id, known.place)) {
            Some(found) if found == known => {}
            Some(found) => {
                // What was missing is met again, and a place that passed it over may still be free.
                if found.may_take && !known.may_take {
                    tx.waitlists.insert(found.implementation_id);
                }
                tx.unit.put_waitlist_entry(&found)?;
            }
            None => {
                tx.unit
                    .remove_waitlist_entry(known.request_id, known.place)?;
            }
        }
    }
    for found in wanted.values() {
        tx.unit.put_waitlist_entry(found)?;
    }
    Ok(())
}

/// What licenses that ended, or changed their type, leave: a free seat, or one that their organization keeps.
fn ended(
    tx: &mut Tx<'_>,
    dossier: &Dossier,
    ran: &BTreeMap<LicenseId, Option<String>>,
) -> Result<(), Error> {
    for license in &dossier.licenses {
        let before = ran.get(&license.id).cloned().flatten();
        let now = license.recorded.state.is_running();
        match before {
            Some(license_type) if !now => {
                if let Some(kept) = kept(dossier, license, license_type, tx) {
                    tx.unit.keep_seat(&kept)?;
                }
                tx.waitlists.insert(license.implementation_id);
            }
            Some(license_type) if license_type != license.license_type => {
                tx.waitlists.insert(license.implementation_id);
            }
            // Whoever comes back takes what his own end left.
            None if now => tx.unit.release_kept_seat(license.id)?,
            _ => {}
        }
    }
    Ok(())
}

/// The seat that an organization keeps after the end of a license, where a cap counts it.
fn kept(
    dossier: &Dossier,
    license: &License,
    license_type: String,
    tx: &Tx<'_>,
) -> Option<KeptSeat> {
    let organization = license.organization_id;
    let document = dossier.document_at(organization, tx.now)?;
    let zone = dossier.zone_at(tx.now);
    let today = local_day(zone, tx.now);
    let until = match &document.seats.after_end {
        AfterEnd::Organization {
            kept: SeatKept::Days { days },
        } => Some(start_of_day(zone, add_days(today, u32::from(*days) + 1))),
        AfterEnd::Organization {
            kept: SeatKept::Unlimited {},
        } => None,
        // How long a paid term runs, and who succeeds whom, is not known yet.
        AfterEnd::Organization {
            kept: SeatKept::PaidTerm {},
        }
        | AfterEnd::Implementation {}
        | AfterEnd::Successor { .. } => return None,
    };
    document
        .pools(Place::Seat, organization, &license_type, today)
        .iter()
        .any(|pool| pool.binds_on(today))
        .then_some(KeptSeat {
            license_id: license.id,
            implementation_id: license.implementation_id,
            organization_id: organization,
            license_type,
            kept_at: tx.now,
            until,
        })
}
