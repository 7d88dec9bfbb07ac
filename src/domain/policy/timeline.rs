//! Versions of a policy in time.

use chrono::TimeDelta;

use super::validate::Pointer;
use super::{PolicyDocument, PolicyFault, shortens};
use crate::domain::calendar::Instant;
use crate::domain::ids::PolicyId;

/// Between recording a version and its start.
const NOTICE: TimeDelta = TimeDelta::hours(1);

/// The same for a version that shortens anything.
const NOTICE_OF_SHORTENING: TimeDelta = TimeDelta::hours(24);

/// One version of an implementation's policy, never edited.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyVersion {
    /// Its id.
    pub id: PolicyId,
    /// Its number within the implementation, from 1.
    pub number: u32,
    /// From this instant on it is in force, until the next version is.
    pub effective_from: Instant,
    /// When it was recorded.
    pub recorded_at: Instant,
    /// The rules.
    pub document: PolicyDocument,
}

/// All versions of one implementation in the order of their start.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timeline {
    versions: Vec<PolicyVersion>,
}

impl Timeline {
    /// Orders versions by their start; of two that start at one instant (which [`admit`] refuses) the one with
    /// the higher number counts.
    #[must_use]
    pub fn new(versions: impl IntoIterator<Item = PolicyVersion>) -> Self {
        versions.into_iter().collect()
    }

    /// The versions in the order of their start.
    #[must_use]
    pub fn versions(&self) -> &[PolicyVersion] {
        &self.versions
    }

    /// Whether the implementation has no policy at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.versions.is_empty()
    }

    /// The version in force at an instant: the last that has started by then.
    #[must_use]
    pub fn in_force_at(&self, at: Instant) -> Option<&PolicyVersion> {
        let started = self
            .versions
            .partition_point(|version| version.effective_from <= at);
        let last = started.checked_sub(1)?;
        self.versions.get(last)
    }

    /// What was known at an instant: the versions recorded by then. One recorded at exactly that instant is known.
    #[must_use]
    pub fn known_at(&self, at: Instant) -> Self {
        self.versions
            .iter()
            .filter(|version| version.recorded_at <= at)
            .cloned()
            .collect()
    }

    /// When the next version after an instant starts.
    #[must_use]
    pub fn next_start_after(&self, at: Instant) -> Option<Instant> {
        let started = self
            .versions
            .partition_point(|version| version.effective_from <= at);
        self.versions
            .get(started)
            .map(|version| version.effective_from)
    }

    /// A version by its id.
    #[must_use]
    pub fn version(&self, id: PolicyId) -> Option<&PolicyVersion> {
        self.versions.iter().find(|version| version.id == id)
    }
}

impl FromIterator<PolicyVersion> for Timeline {
    fn from_iter<T: IntoIterator<Item = PolicyVersion>>(versions: T) -> Self {
        let mut versions: Vec<_> = versions.into_iter().collect();
        versions.sort_by_key(|version| (version.effective_from, version.number));
        Self { versions }
    }
}

/// The earliest start that [`admit`] allows a document recorded at `now`: at once for the first version of an
/// implementation; else 1 hour after the recording, 24 hours where it shortens anything, and after every version
/// there is.
#[must_use]
pub fn earliest_start(timeline: &Timeline, document: &PolicyDocument, now: Instant) -> Instant {
    let Some(last) = timeline.versions.last() else {
        return now;
    };
    let notice = if shortens(&last.document, document).is_empty() {
        NOTICE
    } else {
        NOTICE_OF_SHORTENING
    };
    (now + notice).max(last.effective_from + TimeDelta::microseconds(1))
}

/// Whether a document may become the next version, to start at `effective_from` when recorded at `now`.
///
/// The first version of an implementation may start at once; a later one starts at least 1 hour after recording,
/// 24 hours where it shortens anything, and after every version there is. None starts in the past.
///
/// # Errors
/// Every fault, with pointers into `{"effective_from": ..., "document": ...}`.
pub fn admit(
    timeline: &Timeline,
    document: &PolicyDocument,
    effective_from: Instant,
    now: Instant,
) -> Result<(), Vec<PolicyFault>> {
    let inside = Pointer::root().key("document");
    let mut faults: Vec<PolicyFault> = document
        .validate()
        .into_iter()
        .map(|fault| PolicyFault {
            pointer: format!("{inside}{}", fault.pointer),
            detail: fault.detail,
        })
        .collect();
    let mut start = |detail: &str| {
        faults.push(PolicyFault {
            pointer: Pointer::root().key("effective_from").to_string(),
            detail: detail.to_owned(),
        });
    };
    if effective_from < now {
        start(
            "lies in the past: a policy is never retroactive; left out, the version starts as early as it may",
        );
    }
    let Some(last) = timeline.versions.last() else {
        return if faults.is_empty() {
            Ok(())
        } else {
            Err(faults)
        };
    };
    if effective_from <= last.effective_from {
        start("must come after the start of every version recorded so far: two never overlap");
    }
    if effective_from >= now && effective_from < now + NOTICE {
        start("must be at least 1 hour after the recording");
    }
    if effective_from < now + NOTICE_OF_SHORTENING {
        for pointer in shortens(&last.document, document) {
            faults.push(PolicyFault {
                pointer: format!("{inside}{pointer}"),
                detail: "is less than before, so that the version may start 24 hours after the recording at the earliest"
                    .to_owned(),
            });
        }
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(faults)
    }
}

#[cfg(test)]
mod tests;
