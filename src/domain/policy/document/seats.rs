//! Seats: the paid vendor places, separate from the licenses that fill them.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::PolicyDocument;
use crate::domain::ids::OrganizationId;

/// Rules for seats.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeatRules {
    /// How many there are at most. Empty: no cap.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caps: Vec<SeatCap>,
    /// When a request needs one.
    pub needed_at: SeatNeeded,
    /// Where a seat goes after any end.
    pub after_end: AfterEnd,
}

/// A cap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeatCap {
    /// Within what it counts.
    pub scope: CapScope,
    /// Only seats of these license types, counted together. Empty: all.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub license_types: BTreeSet<String>,
    /// The number of seats.
    pub seats: u32,
    /// Local day before which the cap only reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enforced_from: Option<NaiveDate>,
}

/// Within what a cap counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum CapScope {
    /// The whole implementation.
    Implementation {},
    /// A group of organizations together.
    Group {
        /// Code of `organization_groups`.
        group: String,
    },
    /// Each organization by itself.
    EachOrganization {},
    /// One organization.
    Organization {
        /// Which.
        organization_id: OrganizationId,
    },
}

/// When a request needs a seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum SeatNeeded {
    /// At approval, which reserves it.
    Approval {
        /// When none is free.
        none_free: NoneFree,
        /// Days a reservation lasts.
        reservation_days: u16,
    },
    /// At activation; without one the request waits in line.
    Activation {},
}

/// When no seat is free at approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoneFree {
    /// The request is denied.
    Deny,
    /// It waits in line, before training.
    Queue,
}

/// Where a seat goes after any end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum AfterEnd {
    /// Back to the implementation.
    Implementation {},
    /// It stays with the organization.
    Organization {
        /// For how long.
        kept: SeatKept,
    },
    /// It is held for a named successor.
    Successor {
        /// For how many days.
        days: u16,
    },
}

/// For how long an organization keeps a seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum SeatKept {
    /// Some days.
    Days {
        /// How many.
        days: u16,
    },
    /// To the end of the paid term.
    PaidTerm {},
    /// Without limit.
    Unlimited {},
}

impl PolicyDocument {
    /// Whether there is anything, for any organization, of which there is only so much.
    #[must_use]
    pub fn has_waitlists(&self) -> bool {
        let limited = !self.seats.caps.is_empty()
            || self.license_types.values().any(|found| {
                found
                    .practice
                    .as_ref()
                    .is_some_and(|rules| rules.places.is_some())
            });
        // Asked with every recording: what an override changes is looked at, not worked out.
        limited
            || self.overrides.iter().any(|group| {
                let seats = group.changes.get("seats");
                let types = group.changes.get("license_types");
                seats.is_some_and(|seats| seats.get("caps").is_some())
                    || types
                        .and_then(Value::as_object)
                        .into_iter()
                        .flat_map(|types| types.values())
                        .any(|found| found.pointer("/practice/places").is_some())
            })
    }
}
