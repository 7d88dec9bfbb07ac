//! Seats and practice places: what there is only so much of, who holds it, who waits in line for it.
//!
//! A *pool* is a number of places with the organizations and license types that share it. A request needs a free place
//! in every pool it falls under: that of the whole implementation, that of its group and that of its organization. Of
//! several groups with caps on the same types the narrowest counts, and a cap that names the organization goes before
//! one for each organization.
//!
//! A running license fills a seat, suspended or not; a request that is `ready` holds one for its license. Whoever finds
//! none free waits in line. The line is served in order, but nobody waits behind somebody who cannot take the place
//! now: a request whose requirement is renewed keeps its place in line and is passed over meanwhile. What an
//! organization keeps after an end is free for its own requests only.

mod pools;
mod tally;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

use super::ids::{ImplementationId, LicenseId, OrganizationId, PersonId, RequestId};

pub use pools::Pools;
pub use tally::{Figures, Given, Tally, Turn};

type Instant = DateTime<Utc>;

/// What there is only so much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// A paid vendor place, which a running license fills.
    Seat,
    /// A place in the training site, for as long as somebody practises.
    Practice,
}

impl Place {
    pub const ALL: [Self; 2] = [Self::Seat, Self::Practice];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Seat => "seat",
            Self::Practice => "practice",
        }
    }

    /// What a request waits for, in sentences.
    #[must_use]
    pub fn needed(self) -> &'static str {
        match self {
            Self::Seat => "a free seat",
            Self::Practice => "a free practice place",
        }
    }
}

/// Where a request stands with a place, by its facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaceStanding {
    /// It needs one from now on, and was neither given one nor put in line.
    Wanted,
    /// In line. `may_take`: nothing else keeps it from taking one now.
    Waiting { since: Instant, may_take: bool },
    Held {
        since: Instant,
        /// When the reservation runs out.
        until: Option<Instant>,
    },
    /// It may hold its place no longer, or wait for one. `keeps_turn`: it goes back into the line where it stood.
    Forfeited { keeps_turn: bool },
}

impl PlaceStanding {
    #[must_use]
    pub fn is_held(self) -> bool {
        matches!(self, Self::Held { .. })
    }
}

/// A request in a line, or with a place: what its facts make of it, kept so that places can be counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitlistEntry {
    pub request_id: RequestId,
    pub place: Place,
    pub implementation_id: ImplementationId,
    pub organization_id: OrganizationId,
    pub person_id: PersonId,
    pub license_type: String,
    /// The type of the running license that the request changes: pools that count it already lose no place.
    pub changes_from: Option<String>,
    /// Its place in line, with the id of the request.
    pub joined_at: Instant,
    /// Whether nothing else keeps it from taking a place now.
    pub may_take: bool,
    /// Since when it holds a place.
    pub reserved_at: Option<Instant>,
    /// When the reservation runs out.
    pub reserved_until: Option<Instant>,
}

/// A seat that stays with the organization of an ended license.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptSeat {
    pub license_id: LicenseId,
    pub implementation_id: ImplementationId,
    pub organization_id: OrganizationId,
    pub license_type: String,
    pub kept_at: Instant,
    /// When it goes back to the implementation. Absent: not by itself.
    pub until: Option<Instant>,
}

/// How many licenses of a type run at an organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    pub organization_id: OrganizationId,
    pub license_type: String,
    pub licenses: u32,
}

/// Within what a pool counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PoolScope {
    Implementation,
    Group {
        group: String,
        /// Those that are in it on the day, and in no narrower group with a cap on the same types.
        organizations: BTreeSet<OrganizationId>,
    },
    Organization(OrganizationId),
}

/// A number of places, and who shares them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pool {
    pub place: Place,
    pub scope: PoolScope,
    /// Empty: all base types.
    pub license_types: BTreeSet<String>,
    pub places: u32,
    /// Local day before which it only reports.
    pub enforced_from: Option<NaiveDate>,
}

impl Pool {
    /// Whether a place of a license type at an organization is one of the pool.
    #[must_use]
    pub fn counts(&self, organization: OrganizationId, license_type: &str) -> bool {
        let here = match &self.scope {
            PoolScope::Implementation => true,
            PoolScope::Group { organizations, .. } => organizations.contains(&organization),
            PoolScope::Organization(id) => *id == organization,
        };
        here && (self.license_types.is_empty() || self.license_types.contains(license_type))
    }

    /// Whether somebody who has a license of another type at the organization takes a place of the pool.
    #[must_use]
    pub fn loses_to(
        &self,
        organization: OrganizationId,
        license_type: &str,
        changes_from: Option<&str>,
    ) -> bool {
        self.counts(organization, license_type)
            && !changes_from.is_some_and(|from| self.counts(organization, from))
    }

    #[must_use]
    pub fn binds_on(&self, day: NaiveDate) -> bool {
        self.enforced_from.is_none_or(|from| from <= day)
    }
}

#[cfg(test)]
mod tests;
