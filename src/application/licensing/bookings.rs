//! Training bookings: a course scheduled for a person, and what became of it.

use std::collections::BTreeSet;

use crate::application::actor::Action;
use crate::application::page::{Paging, Slice};
use crate::application::ports::FactFilter;
use crate::application::visible::visible_person;
use crate::application::{Error, Fault, Rx, Tx};
use crate::domain::calendar::{Instant, Precision};
use crate::domain::error::Rejection;
use crate::domain::fact::{BookingResult, Fact, FactBody, FactKind, version_of};
use crate::domain::ids::{FactId, PersonId};
use crate::domain::requirement::standing_facts;

use super::dossier::Dossier;
use super::evidence::completion;
use super::practice::authorize_anywhere;
use super::reporting::{
    About, Reported, corrects, fact, keep, not_in_the_future, not_oneself, scope,
};

/// A course scheduled for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewBooking {
    pub person_id: PersonId,
    pub course: String,
    pub scheduled_at: Instant,
    /// Absent: now.
    pub booked_at: Option<Instant>,
    pub supersedes: Option<FactId>,
    pub reported: Reported,
}

/// What became of a booking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookingSettlement {
    pub booking: FactId,
    pub expected: i32,
    pub result: BookingResult,
    /// The settlement that this one corrects.
    pub supersedes: Option<FactId>,
    pub reported: Reported,
}

/// A booking with what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookingShown {
    pub fact: Fact,
    pub result: Option<(FactId, BookingResult)>,
    /// 1, and one more for each settlement and what takes one back.
    pub version: i32,
}

impl BookingShown {
    fn of(facts: &[Fact], fact: Fact) -> Self {
        let settles = |other: &Fact| matches!(other.body, FactBody::BookingSettled { booking, .. } if booking == fact.id);
        Self {
            result: result_of(facts, fact.id),
            version: version_of(facts, settles),
            fact,
        }
    }
}

pub fn book_training(tx: &mut Tx<'_>, new: &NewBooking) -> Result<BookingShown, Error> {
    let person = visible_person(tx.unit, tx.actor, new.person_id, "/person_id")?;
    authorize_anywhere(tx, Action::BookTraining, &person)?;
    tx.lock_person(person.id)?;
    let mut dossier = Dossier::load(tx.unit, person.id, &[])?.ok_or(Error::NotFound)?;
    let document = dossier
        .document_with(tx.now, |document| {
            document.courses.contains_key(&new.course)
        })
        .ok_or(Error::NoPolicy)?;
    let booked_at = new.booked_at.unwrap_or(tx.now);
    let mut faults: Vec<Fault> = not_in_the_future(booked_at, tx.now, "/booked_at")
        .into_iter()
        .collect();
    if !document.courses.contains_key(&new.course) {
        let codes: Vec<&str> = document.courses.keys().map(String::as_str).collect();
        faults.push(Fault::at(
            "/course",
            format!(
                "is no course of the policy in force, which has: {}",
                codes.join(", ")
            ),
        ));
    }
    if new.scheduled_at < booked_at {
        faults.push(Fault::at(
            "/scheduled_at",
            "lies before the booking: record a completion where the course has taken place",
        ));
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let supersedes = corrects(
        &dossier,
        new.supersedes,
        FactKind::TrainingBooked,
        None,
        &new.reported,
    )?;
    let mut envelope = new.reported.envelope(
        tx,
        person.implementation_id,
        (booked_at, Precision::Instant),
    )?;
    envelope.supersedes = supersedes;
    let body = FactBody::TrainingBooked {
        course: new.course.clone(),
        scheduled_at: new.scheduled_at,
    };
    let fact = fact(tx, &person, About::default(), envelope, body);
    keep(tx, &mut dossier, std::slice::from_ref(&fact))?;
    Ok(BookingShown::of(&dossier.facts, fact))
}

/// Records that a booking was attended, missed, or cancelled by staff.
pub fn settle_booking(
    tx: &mut Tx<'_>,
    settlement: &BookingSettlement,
) -> Result<BookingShown, Error> {
    let booking = tx
        .unit
        .fact(settlement.booking)?
        .filter(|fact| fact.body.kind() == FactKind::TrainingBooked)
        .ok_or(Error::NotFound)?;
    let person =
        visible_person(tx.unit, tx.actor, booking.person_id, "").map_err(|_| Error::NotFound)?;
    tx.authorize(Action::RecordTraining, scope(&person, None))?;
    not_oneself(tx, person.id, "somebody else records your trainings")?;
    tx.lock_person(person.id)?;
    let mut dossier = Dossier::load(tx.unit, person.id, &[])?.ok_or(Error::NotFound)?;
    let seen = BookingShown::of(&dossier.facts, booking.clone());
    if seen.version != settlement.expected {
        return Err(Error::Stale {
            current: seen.version,
        });
    }
    let settled = seen.result;
    if settlement.supersedes.is_some()
        && settlement.supersedes != settled.map(|(settlement, _)| settlement)
    {
        return Err(Error::invalid(
            "/supersedes",
            "is not the settlement of this booking that stands",
        ));
    }
    if let Some((_, result)) = settled
        && settlement.supersedes.is_none()
    {
        return Err(Rejection::needing(
            word(result),
            "settle",
            vec![
                "`supersedes` with the booking's `settlement_id`, if that was an error".to_owned(),
            ],
        )
        .into());
    }
    let supersedes = corrects(
        &dossier,
        settlement.supersedes,
        FactKind::BookingSettled,
        None,
        &settlement.reported,
    )?;
    let FactBody::TrainingBooked { scheduled_at, .. } = &booking.body else {
        return Err(Error::NotFound);
    };
    if settlement.result != BookingResult::Cancelled && *scheduled_at > tx.now {
        return Err(Rejection::needing(
            "booked",
            "settle",
            vec!["the scheduled instant to pass; until then it can only be cancelled".to_owned()],
        )
        .into());
    }
    let now = (tx.now, Precision::Instant);
    let mut envelope = settlement
        .reported
        .envelope(tx, person.implementation_id, now)?;
    envelope.supersedes = supersedes;
    let body = FactBody::BookingSettled {
        booking: booking.id,
        result: settlement.result,
    };
    let fact = fact(tx, &person, About::default(), envelope, body);
    keep(tx, &mut dossier, std::slice::from_ref(&fact))?;
    Ok(BookingShown::of(&dossier.facts, booking))
}

fn word(result: BookingResult) -> &'static str {
    match result {
        BookingResult::Attended => "attended",
        BookingResult::NoShow => "no_show",
        BookingResult::Cancelled => "cancelled",
    }
}

fn result_of(facts: &[Fact], booking: FactId) -> Option<(FactId, BookingResult)> {
    standing_facts(facts.iter())
        .into_iter()
        .rev()
        .find_map(|fact| match &fact.body {
            FactBody::BookingSettled {
                booking: settled,
                result,
            } if *settled == booking => Some((fact.id, *result)),
            _ => None,
        })
}

/// One booking with what became of it.
pub fn booking(rx: &mut Rx<'_>, id: FactId) -> Result<BookingShown, Error> {
    let fact = completion(rx, id, FactKind::TrainingBooked)?;
    let facts = rx.view.facts_of_people(&[fact.person_id])?;
    Ok(BookingShown::of(&facts, fact))
}

/// A page of bookings.
pub fn bookings(
    rx: &mut Rx<'_>,
    filter: &FactFilter,
    paging: Paging,
) -> Result<Slice<BookingShown>, Error> {
    let visible = rx.actor.visible(Action::ReadFact);
    let rows = rx.view.facts(&visible, filter, paging.probe())?;
    let people: BTreeSet<PersonId> = rows.iter().map(|row| row.person_id).collect();
    let facts = rx
        .view
        .facts_of_people(&people.into_iter().collect::<Vec<_>>())?;
    let rows = rows
        .into_iter()
        .map(|fact| BookingShown::of(&facts, fact))
        .collect();
    Ok(paging.cut(rows, |shown: &BookingShown| shown.fact.id.0))
}
