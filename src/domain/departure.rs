//! Ends that were announced: departures and deactivations, which can be moved or called off before they take effect.

use chrono::{DateTime, Utc};

use super::calendar::Precision;
use super::fact::{Fact, FactBody};
use super::ids::{FactId, OrganizationId, PersonId};

type Instant = DateTime<Utc>;

/// A departure or deactivation as it stands after every move known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnnouncedEnd<'a> {
    pub fact: &'a Fact,
    /// The instant of the end in the world, after moves.
    pub occurred_at: Instant,
    pub precision: Precision,
    /// When it takes effect: never before it, or its last move, was recorded.
    pub acts_at: Instant,
    /// The fact that called it off before it took effect.
    pub cancelled_by: Option<FactId>,
}

/// Every departure and deactivation among `facts` recorded at or before `known_at`, with its moves applied.
/// A move or cancellation recorded after the end took effect changes nothing by itself: the end stays effective until
/// staff decide.
#[must_use]
pub fn announced_ends(facts: &[Fact], known_at: Instant) -> Vec<AnnouncedEnd<'_>> {
    let mut ends: Vec<AnnouncedEnd<'_>> = Vec::new();
    for fact in facts
        .iter()
        .filter(|fact| fact.envelope.recorded_at <= known_at)
    {
        let recorded_at = fact.envelope.recorded_at;
        let pending = |end: &&mut AnnouncedEnd<'_>, target: FactId| {
            end.fact.id == target && end.cancelled_by.is_none() && recorded_at < end.acts_at
        };
        match &fact.body {
            FactBody::Departed | FactBody::Deactivated { .. } => ends.push(AnnouncedEnd {
                fact,
                occurred_at: fact.envelope.occurred_at,
                precision: fact.envelope.precision,
                acts_at: fact.acts_at(),
                cancelled_by: None,
            }),
            FactBody::Cancelled { fact: target } => {
                if let Some(end) = ends.iter_mut().find(|end| pending(end, *target)) {
                    end.cancelled_by = Some(fact.id);
                }
            }
            FactBody::Moved {
                fact: target,
                to,
                precision,
            } => {
                if let Some(end) = ends.iter_mut().find(|end| pending(end, *target)) {
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
    announced_ends(facts, now).iter().any(|end| {
        matches!(end.fact.body, FactBody::Departed)
            && end.fact.person_id == person
            && end.fact.organization_id == Some(organization)
            && end.cancelled_by.is_none()
            && end.occurred_at >= since
            && end.acts_at <= now
    })
}
