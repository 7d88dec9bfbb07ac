//! Courses: trainings that are completed with an outcome.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::domain::calendar::Length;

/// A course people complete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Course {
    /// What the course is called.
    pub title: String,
    /// The edition that counts. Absent: any edition does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edition: Option<String>,
    /// Earlier editions that still count besides `edition`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub accepted_editions: BTreeSet<String>,
    /// Lowest passing score in per cent. Absent: the recorded outcome alone decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pass_mark: Option<u8>,
    /// How often it may be tried. Absent: without limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_attempts: Option<u16>,
    /// How long a pass counts. Absent: for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validity: Option<Validity>,
    /// Courses whose pass counts as a pass of this one: codes of this document, or names that an
    /// implementation elsewhere gives them, as `implementation:course`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub equivalents: BTreeSet<String>,
}

impl Course {
    /// Whether a completion of this edition counts.
    #[must_use]
    pub fn accepts_edition(&self, edition: Option<&str>) -> bool {
        match (&self.edition, edition) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(current), Some(given)) => {
                current == given || self.accepted_editions.contains(given)
            }
        }
    }
}

/// How long a completion counts, from its local day on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Validity {
    /// How long it counts once the license is active. Absent: for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<Length>,
    /// How old it may be at activation. Absent: as old as `length` allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_activation: Option<Length>,
}
