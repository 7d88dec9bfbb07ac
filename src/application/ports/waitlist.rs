//! What there is only so much of: seats and practice places.

use chrono::{DateTime, Utc};

use super::store::StoreError;
use crate::domain::ids::{ImplementationId, LicenseId, PersonId, RequestId};
use crate::domain::seat::{KeptSeat, Place, Running, WaitlistEntry};

type Instant = DateTime<Utc>;
type Result<T> = std::result::Result<T, StoreError>;

pub trait WaitlistReads {
    /// Everybody in an implementation who waits for a place or holds one for a request.
    fn waitlist(&mut self, id: ImplementationId) -> Result<Vec<WaitlistEntry>>;
    /// The same of one person.
    fn waitlist_of_person(&mut self, id: PersonId) -> Result<Vec<WaitlistEntry>>;
    /// How many licenses run, as last recorded.
    fn running_licenses(&mut self, id: ImplementationId) -> Result<Vec<Running>>;
    /// The seats that organizations keep at an instant.
    fn kept_seats(&mut self, id: ImplementationId, now: Instant) -> Result<Vec<KeptSeat>>;
    /// The implementations in which somebody waits.
    fn implementations_with_waitlists(&mut self) -> Result<Vec<ImplementationId>>;
    /// Up to `limit` people of an implementation with a request that waits or holds a place, and of which something came
    /// by itself since it was recorded: its reservation ran out, it lapsed, a training is too old.
    fn people_due_in_waitlist(
        &mut self,
        id: ImplementationId,
        now: Instant,
        limit: i64,
    ) -> Result<Vec<PersonId>>;
}

pub trait WaitlistWrites {
    /// The guard row of an implementation's places, where its policy ever limited any. It comes before those of people:
    /// [`lock_person`](super::PersonWrites::lock_person) takes it first. So whoever holds it may lock whom he likes.
    fn lock_waitlist(&mut self, id: ImplementationId) -> Result<()>;
    /// Replaces the entry of the same request and place.
    fn put_waitlist_entry(&mut self, row: &WaitlistEntry) -> Result<()>;
    fn remove_waitlist_entry(&mut self, request: RequestId, place: Place) -> Result<()>;
    /// Replaces what was kept for the same license.
    fn keep_seat(&mut self, row: &KeptSeat) -> Result<()>;
    /// What is kept for a license is not, any longer.
    fn release_kept_seat(&mut self, license: LicenseId) -> Result<()>;
}
