//! Who holds what, and whose turn it is.

use std::collections::BTreeSet;

use super::{Instant, KeptSeat, Place, Pool, Pools, Running, WaitlistEntry};
use crate::domain::ids::{LicenseId, OrganizationId, RequestId};

/// Everything that counts in the pools of an implementation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub running: Vec<Running>,
    pub entries: Vec<WaitlistEntry>,
    pub kept: Vec<KeptSeat>,
}

/// How a pool stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Taken by running licenses, or by people who practise.
    pub filled: u32,
    /// Held for requests.
    pub held: u32,
    /// Kept by organizations after an end.
    pub kept: u32,
    pub vacant: u32,
    /// How many more there are than the pool has: reinstated after an error, or the cap was lowered.
    pub above: u32,
    /// Requests in line.
    pub waiting: u32,
}

/// A place that a request may take now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    pub request: RequestId,
    pub place: Place,
    /// The kept seat that it takes.
    pub kept: Option<LicenseId>,
}

/// Where a request stands in line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    pub place: Place,
    pub since: Instant,
    /// 1 is next.
    pub position: u32,
    /// How many wait in this line.
    pub waiting: u32,
    /// The pool that is full.
    pub pool: Pool,
}

impl Tally {
    fn reserved(&self, pool: &Pool) -> usize {
        self.entries
            .iter()
            .filter(|entry| entry.reserved_at.is_some() && entry.place == pool.place)
            .filter(|entry| takes(entry, pool))
            .count()
    }

    fn filled(&self, pool: &Pool) -> usize {
        if pool.place == Place::Practice {
            return 0;
        }
        self.running
            .iter()
            .filter(|running| pool.counts(running.organization_id, &running.license_type))
            .map(|running| usize::try_from(running.licenses).unwrap_or(usize::MAX))
            .sum()
    }

    fn kept_in<'t>(&'t self, pool: &'t Pool) -> impl Iterator<Item = &'t KeptSeat> {
        self.kept.iter().filter(|kept| {
            pool.place == Place::Seat && pool.counts(kept.organization_id, &kept.license_type)
        })
    }

    /// Whether anybody may take a place of a pool.
    fn has_vacancy(&self, pool: &Pool) -> bool {
        let taken = self.filled(pool) + self.reserved(pool) + self.kept_in(pool).count();
        taken < usize::try_from(pool.places).unwrap_or(usize::MAX)
    }

    #[must_use]
    pub fn figures(&self, pool: &Pool) -> Figures {
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let (filled, held) = match pool.place {
            Place::Seat => (count(self.filled(pool)), count(self.reserved(pool))),
            // Whoever was given a practice place practises.
            Place::Practice => (count(self.reserved(pool)), 0),
        };
        let kept = count(self.kept_in(pool).count());
        let taken = filled.saturating_add(held).saturating_add(kept);
        let waiting = self
            .entries
            .iter()
            .filter(|entry| entry.reserved_at.is_none() && entry.place == pool.place)
            .filter(|entry| takes(entry, pool))
            .count();
        Figures {
            filled,
            held,
            kept,
            vacant: pool.places.saturating_sub(taken),
            above: taken.saturating_sub(pool.places),
            waiting: count(waiting),
        }
    }

    /// A free place in all pools that somebody at an organization needs: with it the kept seat he takes, the oldest of
    /// those that his organization keeps.
    fn free(&self, pools: &[Pool], organization: OrganizationId) -> Option<Option<LicenseId>> {
        let mut own: Vec<&KeptSeat> = self
            .kept
            .iter()
            .filter(|kept| kept.organization_id == organization)
            .collect();
        own.sort_by_key(|kept| (kept.kept_at, kept.license_id));
        own.into_iter()
            .filter(|kept| {
                pools
                    .iter()
                    .any(|pool| self.kept_in(pool).any(|other| other == *kept))
            })
            .map(Some)
            .chain([None])
            .find(|kept| {
                pools.iter().all(|pool| {
                    let kept_here =
                        kept.is_some_and(|kept| self.kept_in(pool).any(|other| other == kept));
                    kept_here || self.has_vacancy(pool)
                })
            })
            .map(|kept| kept.map(|kept| kept.license_id))
    }

    /// Requests in line, those first whose turn comes first.
    fn line(&self) -> Vec<&WaitlistEntry> {
        let mut line: Vec<&WaitlistEntry> = self
            .entries
            .iter()
            .filter(|entry| entry.reserved_at.is_none())
            .collect();
        line.sort_by_key(|entry| (entry.joined_at, entry.request_id, entry.place));
        line
    }

    /// What may be given now, in order, without those that were passed over.
    pub fn due(&self, pools: &mut Pools<'_>, passed: &BTreeSet<(RequestId, Place)>) -> Vec<Given> {
        let mut after = self.clone();
        let mut given = Vec::new();
        for entry in self.line() {
            if !entry.may_take || passed.contains(&(entry.request_id, entry.place)) {
                continue;
            }
            let needed = needed(entry, pools);
            let Some(kept) = after.free(&needed, entry.organization_id) else {
                continue;
            };
            after.kept.retain(|other| Some(other.license_id) != kept);
            for other in &mut after.entries {
                if other.request_id == entry.request_id && other.place == entry.place {
                    other.reserved_at = Some(entry.joined_at);
                }
            }
            given.push(Given {
                request: entry.request_id,
                place: entry.place,
                kept,
            });
        }
        given
    }

    /// Whether somebody who is in no line finds a free seat that nobody before him may take: with it the kept seat he
    /// takes.
    pub fn left_for(
        &self,
        pools: &mut Pools<'_>,
        organization: OrganizationId,
        license_type: &str,
        changes_from: Option<&str>,
    ) -> Option<Option<LicenseId>> {
        let needed = pools.needed(Place::Seat, organization, license_type, changes_from);
        if needed.is_empty() {
            return Some(None);
        }
        let mut after = self.clone();
        for given in self.due(pools, &BTreeSet::new()) {
            after
                .kept
                .retain(|other| Some(other.license_id) != given.kept);
            for other in &mut after.entries {
                if other.request_id == given.request && other.place == given.place {
                    other.reserved_at = Some(other.joined_at);
                }
            }
        }
        after.free(&needed, organization)
    }

    /// Where a request stands in line.
    pub fn turn(&self, request: RequestId, pools: &mut Pools<'_>) -> Option<Turn> {
        let line = self.line();
        let entry = line.iter().find(|entry| entry.request_id == request)?;
        let needed = needed(entry, pools);
        // The one that keeps it waiting; where a free place was not given yet, any.
        let pool = needed
            .iter()
            .find(|pool| !self.has_vacancy(pool))
            .or(needed.first())?;
        let same: Vec<&&WaitlistEntry> = line
            .iter()
            .filter(|other| other.place == entry.place && takes(other, pool))
            .collect();
        let before = same
            .iter()
            .take_while(|other| other.request_id != request)
            .count();
        Some(Turn {
            place: entry.place,
            since: entry.joined_at,
            position: u32::try_from(before + 1).unwrap_or(u32::MAX),
            waiting: u32::try_from(same.len()).unwrap_or(u32::MAX),
            pool: pool.clone(),
        })
    }
}

/// Whether a request takes, or would take, a place of a pool.
fn takes(entry: &WaitlistEntry, pool: &Pool) -> bool {
    pool.loses_to(
        entry.organization_id,
        &entry.license_type,
        entry.changes_from.as_deref(),
    )
}

fn needed(entry: &WaitlistEntry, pools: &mut Pools<'_>) -> Vec<Pool> {
    pools.needed(
        entry.place,
        entry.organization_id,
        &entry.license_type,
        entry.changes_from.as_deref(),
    )
}
