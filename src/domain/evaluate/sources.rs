//! Login sources: which are in service, and how far all of them are complete.

use super::LoginSource;
use crate::domain::calendar::Instant;

pub(super) fn in_service(sources: &[LoginSource], at: Instant) -> bool {
    sources.iter().any(|source| serves(source, at))
}

fn serves(source: &LoginSource, at: Instant) -> bool {
    source.in_service_from <= at && source.in_service_until.is_none_or(|until| at < until)
}

/// How far every source in service at `at` is complete, by the heartbeats recorded by then that are `known`; the last
/// one counts, also where it takes back what an earlier one promised. Nothing while one of the sources never reported.
pub(super) fn mark(sources: &[LoginSource], at: Instant, known: Instant) -> Option<Instant> {
    sources
        .iter()
        .filter(|source| serves(source, at))
        .map(|source| {
            source
                .heartbeats
                .iter()
                .rfind(|beat| beat.recorded_at <= at.min(known))
                .map(|beat| beat.complete_through)
        })
        .min()
        .flatten()
}

/// The next instant at which a source enters or leaves service.
pub(super) fn next_service_change(sources: &[LoginSource], at: Instant) -> Option<Instant> {
    sources
        .iter()
        .flat_map(|source| [Some(source.in_service_from), source.in_service_until])
        .flatten()
        .filter(|change| *change > at)
        .min()
}
