//! The rules in force for one organization, along time.

use std::borrow::Cow;

use chrono_tz::Tz;

use crate::domain::calendar::{Instant, local_day, start_of_day};
use crate::domain::ids::OrganizationId;
use crate::domain::policy::{PolicyDocument, PolicyVersion};

/// A stretch of time with unchanging rules.
struct Stretch<'a> {
    from: Instant,
    number: u32,
    zone: Tz,
    document: Cow<'a, PolicyDocument>,
}

/// The rules of one organization: the versions of its implementation with the overrides of its groups laid over them.
pub struct Rules<'a> {
    stretches: Vec<Stretch<'a>>,
}

/// The rules in force at one instant.
#[derive(Clone, Copy)]
pub struct InForce<'a> {
    /// Since when these rules hold unchanged.
    pub from: Instant,
    pub number: u32,
    pub zone: Tz,
    pub document: &'a PolicyDocument,
}

/// Group memberships are dated; a bound keeps a malformed policy from looping for ever.
const MOST_GROUP_CHANGES: usize = 1_000;

impl<'a> Rules<'a> {
    /// `versions` in any order. A version whose document names no known zone is left out (validation refuses one).
    #[must_use]
    pub fn new(versions: &'a [PolicyVersion], organization: OrganizationId) -> Self {
        Self::known_at(versions, organization, Instant::MAX_UTC)
    }

    /// The same by the versions recorded at or before an instant.
    #[must_use]
    pub fn known_at(
        versions: &'a [PolicyVersion],
        organization: OrganizationId,
        at: Instant,
    ) -> Self {
        let mut ordered: Vec<_> = versions
            .iter()
            .filter(|version| version.recorded_at <= at)
            .filter_map(|version| version.document.zone().map(|zone| (version, zone)))
            .collect();
        ordered.sort_by_key(|(version, _)| (version.effective_from, version.number));
        let mut stretches = Vec::with_capacity(ordered.len());
        for (index, (version, zone)) in ordered.iter().enumerate() {
            let until = ordered.get(index + 1).map(|(next, _)| next.effective_from);
            let mut from = version.effective_from;
            for _ in 0..MOST_GROUP_CHANGES {
                let day = local_day(*zone, from);
                stretches.push(Stretch {
                    from,
                    number: version.number,
                    zone: *zone,
                    document: version.document.for_organization(organization, day),
                });
                let next = version
                    .document
                    .next_group_change(organization, day)
                    .map(|day| start_of_day(*zone, day));
                match next {
                    Some(next) if until.is_none_or(|until| next < until) => from = next,
                    _ => break,
                }
            }
        }
        Self { stretches }
    }

    /// The rules at an instant; none before the first version.
    #[must_use]
    pub fn at(&self, at: Instant) -> Option<InForce<'_>> {
        let index = self.index(at)?;
        self.stretches.get(index).map(Stretch::in_force)
    }

    /// The first instant after `at` from which other rules hold.
    #[must_use]
    pub fn next_change(&self, at: Instant) -> Option<Instant> {
        self.stretches
            .iter()
            .map(|stretch| stretch.from)
            .find(|from| *from > at)
    }

    /// Since when `holds` is true without a break, looking back from `at`. Nothing where it is not true at `at`.
    #[must_use]
    pub fn since(&self, at: Instant, holds: impl Fn(&PolicyDocument) -> bool) -> Option<Instant> {
        let index = self.index(at)?;
        let mut since = None;
        for stretch in self.stretches.get(..=index)?.iter().rev() {
            if !holds(&stretch.document) {
                break;
            }
            since = Some(stretch.from);
        }
        since
    }

    /// The rules in force at `from` and all that followed up to `at`, oldest first, with the instant each begins.
    pub fn between(
        &self,
        from: Instant,
        at: Instant,
    ) -> impl Iterator<Item = (Instant, InForce<'_>)> {
        let first = self.index(from).unwrap_or(0);
        self.stretches
            .iter()
            .skip(first)
            .take_while(move |stretch| stretch.from <= at)
            .map(|stretch| (stretch.from, stretch.in_force()))
    }

    fn index(&self, at: Instant) -> Option<usize> {
        self.stretches
            .iter()
            .rposition(|stretch| stretch.from <= at)
    }
}

impl Stretch<'_> {
    fn in_force(&self) -> InForce<'_> {
        InForce {
            from: self.from,
            number: self.number,
            zone: self.zone,
            document: &self.document,
        }
    }
}
