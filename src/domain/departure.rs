//! Ends that were announced: departures and deactivations, which can be moved or called off before they take effect.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use super::calendar::Precision;
use super::fact::{DeactivationCause, Fact, FactBody};
use super::ids::{FactId, OrganizationId, PersonId};
use super::requirement::standing_facts;

type Instant = DateTime<Utc>;

/// How far back of its recording whoever is no staff may date a report of an end.
const FARTHEST_BACK: TimeDelta = TimeDelta::hours(24);

/// Whether a report is dated so far back that only staff may say so: what somebody kept to himself for days is late,
/// whatever he says of it; staff record when it reached them.
#[must_use]
pub fn is_dated_back(reported_at: Instant, recorded_at: Instant) -> bool {
    reported_at < recorded_at - FARTHEST_BACK
}

/// A departure or deactivation as it stands after every move known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnnouncedEnd<'a> {
    pub fact: &'a Fact,
    /// The instant of the end in the world, after moves.
    pub occurred_at: Instant,
    pub precision: Precision,
    /// When it takes effect: never before it, or its last move, was recorded.
    pub acts_at: Instant,
    /// The fact that called it off before it took effect: a cancellation or a correction.
    pub cancelled_by: Option<FactId>,
    /// The reinstatement, or the confirmed restoration, that called it an error after it took effect.
    pub undone_by: Option<FactId>,
}

impl AnnouncedEnd<'_> {
    /// Whether employment ended. A deactivation for that cause is the same fact by another door.
    #[must_use]
    pub fn is_departure(&self) -> bool {
        matches!(
            self.fact.body,
            FactBody::Departed
                | FactBody::Deactivated {
                    cause: DeactivationCause::EmploymentEnded
                }
        )
    }

    /// Whether it withdraws a request of an organization submitted at an instant: a departure there that did not
    /// happen before it.
    #[must_use]
    pub fn withdraws(&self, organization: OrganizationId, submitted_at: Instant) -> bool {
        self.is_departure()
            && self.fact.organization_id == Some(organization)
            && self.cancelled_by.is_none()
            && self.occurred_at >= submitted_at
    }

    #[must_use]
    pub fn cause(&self) -> DeactivationCause {
        match self.fact.body {
            FactBody::Deactivated { cause } => cause,
            _ => DeactivationCause::EmploymentEnded,
        }
    }
}

/// Every departure and deactivation among `facts` recorded at or before `known_at`, with its moves applied.
/// A move, cancellation or correction recorded once the end took effect changes nothing by itself: the end stays
/// effective until staff decide.
#[must_use]
pub fn announced_ends(facts: &[Fact], known_at: Instant) -> Vec<AnnouncedEnd<'_>> {
    let mut known: Vec<&Fact> = facts
        .iter()
        .filter(|fact| fact.envelope.recorded_at <= known_at)
        .collect();
    known.sort_by_key(|fact| (fact.envelope.recorded_at, fact.id));
    announced(known.into_iter())
}

/// As [`announced_ends`], of facts by (`recorded_at`, id).
pub(super) fn announced<'f>(known: impl Iterator<Item = &'f Fact>) -> Vec<AnnouncedEnd<'f>> {
    let mut ends: Vec<AnnouncedEnd<'f>> = Vec::new();
    // What each change found, so that withdrawing the change revives it.
    let mut found: BTreeMap<FactId, AnnouncedEnd<'f>> = BTreeMap::new();
    for fact in known {
        let recorded_at = fact.envelope.recorded_at;
        let pending = |end: &&mut AnnouncedEnd<'_>, target: FactId| {
            end.fact.id == target && end.cancelled_by.is_none() && recorded_at < end.acts_at
        };
        if let Some(target) = fact.envelope.supersedes {
            // A correction of the same kind takes the place of what it corrects, with what that had replaced.
            let said_anew = ends
                .iter()
                .any(|end| end.fact.id == target && end.fact.body.kind() == fact.body.kind());
            if let Some(end) = ends.iter_mut().find(|end| pending(end, target)) {
                found.insert(fact.id, end.clone());
                end.cancelled_by = Some(fact.id);
            }
            if !said_anew
                && let Some(before) = found.remove(&target)
                && let Some(end) = ends
                    .iter_mut()
                    .find(|end| end.fact.id == before.fact.id)
                    .filter(|end| end.cancelled_by.is_some() || recorded_at < end.acts_at)
            {
                *end = AnnouncedEnd {
                    acts_at: before.occurred_at.max(recorded_at),
                    ..before
                };
            }
        }
        if let Some((undoes, _)) = fact.body.undone() {
            for end in ends.iter_mut().filter(|end| undoes.contains(&end.fact.id)) {
                end.undone_by = Some(fact.id);
            }
        }
        match &fact.body {
            FactBody::Departed | FactBody::Deactivated { .. } => ends.push(AnnouncedEnd {
                fact,
                occurred_at: fact.envelope.occurred_at,
                precision: fact.envelope.precision,
                acts_at: fact.acts_at(),
                cancelled_by: None,
                undone_by: None,
            }),
            FactBody::Cancelled { fact: target } => {
                if let Some(end) = ends.iter_mut().find(|end| pending(end, *target)) {
                    found.insert(fact.id, end.clone());
                    end.cancelled_by = Some(fact.id);
                }
            }
            FactBody::Moved {
                fact: target,
                to,
                precision,
            } => {
                if let Some(end) = ends.iter_mut().find(|end| pending(end, *target)) {
                    found.insert(fact.id, end.clone());
                    end.occurred_at = *to;
                    end.precision = *precision;
                    end.acts_at = (*to).max(recorded_at);
                }
            }
            _ => {}
        }
    }
    ends
}

/// Whether a departure of the person at the organization has taken effect, for something that began at `since`.
/// A departure ends only what began by its instant, never something later (rehired).
#[must_use]
pub fn has_departed(
    facts: &[Fact],
    person: PersonId,
    organization: OrganizationId,
    since: Instant,
    now: Instant,
) -> bool {
    departed_at(facts, person, organization, since, now).is_some()
}

/// When such a departure took effect; the first of several.
#[must_use]
pub fn departed_at(
    facts: &[Fact],
    person: PersonId,
    organization: OrganizationId,
    since: Instant,
    now: Instant,
) -> Option<Instant> {
    announced_ends(facts, now)
        .iter()
        .filter(|end| end.fact.person_id == person && end.undone_by.is_none())
        .filter(|end| end.withdraws(organization, since))
        .map(|end| end.acts_at)
        .filter(|acts_at| *acts_at <= now)
        .min()
}

/// Since when an address of the person at the organization, recorded at `since`, is retired by a departure. One that was
/// recorded by mistake and taken back, or that staff undid, retires nothing: the address is used again. Whether access
/// comes back with it is for staff to decide.
#[must_use]
pub fn retired_at(
    facts: &[Fact],
    person: PersonId,
    organization: OrganizationId,
    since: Instant,
    now: Instant,
) -> Option<Instant> {
    let known = facts
        .iter()
        .filter(|fact| fact.person_id == person && fact.envelope.recorded_at <= now);
    let standing: BTreeSet<FactId> = standing_facts(known).iter().map(|fact| fact.id).collect();
    announced_ends(facts, now)
        .iter()
        .filter(|end| end.fact.person_id == person && end.undone_by.is_none())
        .filter(|end| end.withdraws(organization, since) && standing.contains(&end.fact.id))
        .map(|end| end.acts_at)
        .filter(|acts_at| *acts_at <= now)
        .min()
}
