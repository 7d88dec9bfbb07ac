//! Whether a request needs a place of which there is only so much, holds one, or waits for one: by its facts alone.
//!
//! A seat is needed once everything else is met, or from the approval on, as the policy says; a practice place while
//! there is practice to do. Where the policy has no cap on it any more, nobody waits and nobody holds anything.

use super::owed::Owed;
use super::practice::{PracticeStanding, PracticeState};
use crate::domain::calendar::{Instant, add_days, start_of_day};
use crate::domain::fact::{Fact, FactBody};
use crate::domain::policy::{NoneFree, SeatNeeded};
use crate::domain::request::{LicenseRequest, RequestClass};
use crate::domain::seat::{Place, PlaceStanding};

/// What happened to a request in one line.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Waits {
    /// Since when it is in line or has been before it was given a place.
    joined: Option<Instant>,
    /// Since when it holds a place.
    reserved: Option<Instant>,
    /// When it was given its first place, and its last.
    first_reserved: Option<Instant>,
    pub(super) last_reserved: Option<Instant>,
}

impl Waits {
    /// Reads facts in the order of their recording.
    pub(super) fn of(facts: &[&Fact], request: &LicenseRequest, place: Place) -> Self {
        let mut waits = Self::default();
        for fact in facts
            .iter()
            .filter(|fact| fact.request_id == Some(request.id))
        {
            let at = fact.envelope.recorded_at;
            match fact.body {
                FactBody::WaitlistJoined { place: of } if of == place => {
                    waits.joined.get_or_insert(at);
                }
                FactBody::PlaceReserved { place: of, .. } if of == place => {
                    waits.joined.get_or_insert(at);
                    waits.first_reserved.get_or_insert(at);
                    waits.reserved = Some(at);
                    waits.last_reserved = Some(at);
                }
                FactBody::PlaceReleased {
                    place: of,
                    keeps_turn,
                } if of == place => {
                    waits.reserved = None;
                    waits.joined = waits.joined.filter(|_| keeps_turn);
                }
                _ => {}
            }
        }
        waits
    }

    /// What an ended request must give back, so that it is not held again should the request be reopened.
    pub(super) fn at_the_end(self) -> Option<PlaceStanding> {
        self.reserved
            .map(|_| PlaceStanding::Forfeited { keeps_turn: true })
    }

    fn waiting(self, may_take: bool) -> Option<PlaceStanding> {
        self.joined
            .map(|since| PlaceStanding::Waiting { since, may_take })
    }
}

impl Owed<'_> {
    pub(super) fn waits(&self, place: Place) -> Waits {
        Waits::of(self.facts, self.request, place)
    }

    /// Whether a cap in force concerns the request: one that the license it changes does not fall under already.
    fn needs_seat(&self) -> bool {
        let document = self.in_force.document;
        if document.seats.caps.is_empty() || self.request.class == RequestClass::AddOn {
            return false;
        }
        let today = self.calendar.day(self.at);
        let from = (self.request.class == RequestClass::TypeChange)
            .then(|| self.type_before())
            .flatten();
        let organization = self.case.organization;
        let license_type = &self.request.license_type;
        document
            .pools(Place::Seat, organization, license_type, today)
            .iter()
            .any(|pool| {
                pool.binds_on(today) && pool.loses_to(organization, license_type, from.as_deref())
            })
    }

    /// Since when the request, approved, may train: where a seat is queued for before the training, since it was given
    /// its first. An inner nothing while it waits for that.
    pub(super) fn seat_before_training(&self, waits: &Waits) -> Option<Option<Instant>> {
        let queued = matches!(
            self.in_force.document.seats.needed_at,
            SeatNeeded::Approval {
                none_free: NoneFree::Queue,
                ..
            }
        );
        (queued && waits.joined.is_some() && self.needs_seat()).then_some(waits.first_reserved)
    }

    /// How the request stands with a seat. `complete`: approved, and the license could begin with one.
    pub(super) fn seat(
        &self,
        waits: &Waits,
        approved: bool,
        complete: bool,
    ) -> Option<PlaceStanding> {
        // A license that began has its seat.
        if self.begun.is_some() || !self.needs_seat() {
            return None;
        }
        let (wanted, until) = match self.in_force.document.seats.needed_at {
            SeatNeeded::Activation {} => (complete, None),
            SeatNeeded::Approval {
                reservation_days, ..
            } => (
                approved,
                waits.reserved.map(|since| {
                    // The days under which it was reserved stay given.
                    let then = self
                        .rules
                        .at(since)
                        .map(|rules| &rules.document.seats.needed_at);
                    let days = match then {
                        Some(SeatNeeded::Approval {
                            reservation_days: then,
                            ..
                        }) => reservation_days.max(*then),
                        _ => reservation_days,
                    };
                    let last = add_days(self.calendar.day(since), u32::from(days));
                    start_of_day(self.in_force.zone, add_days(last, 1))
                }),
            ),
        };
        match waits.reserved {
            Some(_) if until.is_some_and(|until| until <= self.at) => {
                Some(PlaceStanding::Forfeited { keeps_turn: false })
            }
            Some(_) if !wanted => Some(PlaceStanding::Forfeited { keeps_turn: true }),
            Some(since) => Some(PlaceStanding::Held { since, until }),
            None => waits
                .waiting(wanted)
                .or(wanted.then_some(PlaceStanding::Wanted)),
        }
    }

    /// Whether the places for practice are counted.
    pub(super) fn counts_practice_places(&self) -> bool {
        let today = self.calendar.day(self.at);
        self.in_force
            .document
            .practice_pool(&self.request.license_type)
            .is_some_and(|pool| pool.binds_on(today))
    }

    /// How the request stands with a practice place. `wants`: a set is closed only because it has none.
    pub(super) fn practice_place(
        &self,
        waits: &Waits,
        standings: &[PracticeStanding],
        wants: bool,
    ) -> Option<PlaceStanding> {
        if !self.counts_practice_places() {
            return None;
        }
        // Whoever must renew a training in between goes on practising afterwards.
        let to_do = standings.iter().any(|standing| {
            !matches!(
                standing.state,
                PracticeState::Accepted | PracticeState::Waived
            )
        });
        match waits.reserved {
            Some(since) if to_do => Some(PlaceStanding::Held { since, until: None }),
            Some(_) => Some(PlaceStanding::Forfeited { keeps_turn: false }),
            None if waits.joined.is_some() && !to_do => {
                Some(PlaceStanding::Forfeited { keeps_turn: false })
            }
            None => waits
                .waiting(wants)
                .or(wants.then_some(PlaceStanding::Wanted)),
        }
    }
}

impl Waits {
    pub(super) fn admitted(&self) -> bool {
        self.reserved.is_some()
    }
}
