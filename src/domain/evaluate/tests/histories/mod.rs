//! Random policies and random histories under them.

mod events;
mod happen;
mod policies;

use chrono::{NaiveDate, TimeDelta};
use chrono_tz::Tz;
use proptest::prelude::*;

use super::support::*;
use crate::domain::calendar::{Instant, Length};
use crate::domain::evaluate::LoginSource;
use crate::domain::fact::FactBody;
use crate::domain::ids::PolicyId;
use crate::domain::policy::{Party, PolicyVersion, RequestClass};

use events::{Event, events};
use happen::{happen, sign};
use policies::{Numbers, ZONES, numbers, policy};

/// What happened to one license.
#[derive(Clone)]
pub struct History {
    pub story: Story,
    limits: Vec<Length>,
}

impl std::fmt::Debug for History {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for version in &self.story.policies {
            let kind = &version.document.license_types["end_user"];
            writeln!(
                f,
                "policy {} from {}: {} {:?} {:?} {:?} {:?} {:?}",
                version.number,
                version.effective_from,
                version.document.time_zone,
                kind.inactivity,
                kind.recertification,
                kind.term,
                version.document.agreements["user_agreement"],
                version.document.notices
            )?;
            writeln!(
                f,
                "  suspension {:?}, groups {:?}, overrides {:?}",
                version.document.suspension,
                version.document.organization_groups,
                version.document.overrides
            )?;
        }
        for fact in &self.story.facts {
            writeln!(
                f,
                "{} {} (recorded {}, replaces {:?}) {:?}",
                fact.id,
                fact.envelope.occurred_at,
                fact.envelope.recorded_at,
                fact.envelope.supersedes,
                fact.body
            )?;
        }
        for record in &self.story.participations {
            writeln!(
                f,
                "takes part from {} to {:?}, recorded {}",
                record.from_on, record.to_on, record.recorded_at
            )?;
        }
        writeln!(f, "{:?}", self.story.sources)
    }
}

impl History {
    /// The same history as it was known at an instant.
    pub fn known_at(&self, now: Instant) -> Self {
        let mut known = self.clone();
        known
            .story
            .facts
            .retain(|fact| fact.envelope.recorded_at <= now);
        for source in &mut known.story.sources {
            source.heartbeats.retain(|beat| beat.recorded_at <= now);
        }
        let participations = &mut known.story.participations;
        participations.retain(|record| record.recorded_at <= now);
        known
    }

    /// The last local day inside the shortest limit that any version states, counted from a day.
    pub fn inside_every_limit(&self, day: NaiveDate) -> NaiveDate {
        let holidays = &self.story.policies[0].document.holidays;
        let limits = self.limits.iter();
        limits
            .map(|limit| limit.after(day, holidays))
            .min()
            .unwrap()
    }
}

pub fn zone(story: &Story) -> Tz {
    story.policies[0].document.zone().unwrap()
}

pub fn histories() -> impl Strategy<Value = History> {
    let gap = prop_oneof![
        2 => Just(0_i64),
        2 => 1_i64..3_000,
        3 => 1_440_i64..40_000,
    ];
    (
        prop::sample::select(&ZONES[..]),
        prop::collection::vec((0_i64..250, numbers()), 1..4),
        // Through a leap day.
        0_i64..1_000,
        prop::collection::vec((gap, events()), 0..24),
        (
            // The first login source is taken out of service, and another one put into it.
            prop::option::weighted(0.15, 0_i64..200),
            prop::option::weighted(0.25, 0_i64..200),
        ),
    )
        .prop_map(|(zone, versions, start, events, sources)| {
            history(zone, &versions, start, events, sources)
        })
}

fn history(
    zone: &str,
    versions: &[(i64, Numbers)],
    start: i64,
    events: Vec<(i64, Event)>,
    (outgoing, second): (Option<i64>, Option<i64>),
) -> History {
    let mut now = at("2025-12-01 12:00") + TimeDelta::days(start);
    let mut story = Story::under(hand());
    story.policies.clear();
    story.sources[0].in_service_until = outgoing.map(|days| now + TimeDelta::days(days));
    story.sources.extend(second.map(|days| LoginSource {
        in_service_from: now + TimeDelta::days(days),
        in_service_until: None,
        heartbeats: Vec::new(),
    }));
    let began_on = now.with_timezone(&zone.parse::<Tz>().unwrap()).date_naive();
    for (index, (after, numbers)) in versions.iter().enumerate() {
        let effective_from = if index == 0 {
            at("2015-01-01 00:00")
        } else {
            now + TimeDelta::hours(after * 24 + 7)
        };
        let number = u32::try_from(index + 1).unwrap();
        story.policies.push(PolicyVersion {
            id: PolicyId(uuid::Uuid::from_u128(u128::from(number))),
            number,
            effective_from,
            recorded_at: at("2015-01-01 00:00"),
            document: serde_json::from_value(policy(zone, numbers, began_on)).unwrap(),
        });
    }
    for agreement in AGREEMENTS {
        for party in [Party::EndUser, Party::Agency] {
            let version = if agreement == "user_agreement" {
                versions[0].1.version()
            } else {
                "1"
            };
            story.push(now, now, sign(agreement, version, party));
        }
    }
    story.push(now, now, passed(SERIES));
    story.push(now, now, passed(POLICIES));
    story.push(now, now, FactBody::RequestApproved);
    now += TimeDelta::hours(1);
    story.request.submitted_at = now - TimeDelta::days(2);
    // One in four came back, so that a first login may be asked of him.
    if start % 4 == 0 {
        story.request.class = RequestClass::Returning;
    }
    story.activated_at(now);
    for (gap, event) in events {
        now += TimeDelta::minutes(gap);
        happen(&mut story, now, event);
    }
    History {
        story,
        limits: versions
            .iter()
            .flat_map(|(_, numbers)| numbers.limits())
            .collect(),
    }
}
