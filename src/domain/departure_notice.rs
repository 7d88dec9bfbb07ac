//! Parked notices of departure: somebody whom nobody verified said that employment ended. The license is held until a
//! supervisor or the authorized signer confirms or rejects it, for one business day at most; the notice stays listed.

use super::calendar::{Instant, Length, local_day};
use super::error::Rejection;
use super::fact::{Fact, FactBody, version_of};
use super::ids::{FactId, OrganizationId};
use super::policy::PolicyDocument;
use super::requirement::standing_facts;

/// How long a notice that nobody settles holds a license: through the end of the next business day.
const HOLDS_FOR: Length = Length::BusinessDays(1);

/// When the hold of a notice recorded at an instant ends by itself. Nothing without a known zone.
#[must_use]
pub fn holds_until(rules: &PolicyDocument, recorded_at: Instant) -> Option<Instant> {
    let zone = rules.zone()?;
    Some(HOLDS_FOR.lapses_at(local_day(zone, recorded_at), &rules.holidays, zone))
}

/// Where a notice stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeStanding {
    /// It waits for a supervisor or the authorized signer, whether or not it still holds the license.
    Open,
    Confirmed,
    Rejected,
    /// Another notice took its place.
    Corrected,
}

impl NoticeStanding {
    pub const ALL: [Self; 4] = [Self::Open, Self::Confirmed, Self::Rejected, Self::Corrected];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Confirmed => "confirmed",
            Self::Rejected => "rejected",
            Self::Corrected => "corrected",
        }
    }
}

/// What is done to a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeCommand {
    Confirm,
    Reject,
}

impl NoticeCommand {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Reject => "reject",
        }
    }
}

/// A notice as it stands by everything recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParkedNotice<'f> {
    pub fact: &'f Fact,
    /// When its hold ends by itself.
    pub until: Instant,
    pub standing: NoticeStanding,
    /// The fact that confirmed or rejected it.
    pub settled: Option<&'f Fact>,
    /// The departure that confirmed it.
    pub departure: Option<FactId>,
    /// 1, and one more for each decision or correction.
    pub version: i32,
}

impl<'f> ParkedNotice<'f> {
    /// The notice with an id among the facts of its person.
    #[must_use]
    pub fn find(facts: &'f [Fact], id: FactId) -> Option<Self> {
        let fact = facts.iter().find(|fact| fact.id == id)?;
        let FactBody::DepartureNoticed { until } = fact.body else {
            return None;
        };
        let standing_facts = standing_facts(facts.iter());
        let (mut settled, mut departure) = (None, None);
        for other in &standing_facts {
            if let FactBody::DepartureNoticeSettled {
                notice,
                departure: by,
            } = other.body
                && notice == id
            {
                (settled, departure) = (Some(*other), by);
            }
        }
        let standing = if !standing_facts.iter().any(|other| other.id == id) {
            NoticeStanding::Corrected
        } else if settled.is_none() {
            NoticeStanding::Open
        } else if departure.is_some() {
            NoticeStanding::Confirmed
        } else {
            NoticeStanding::Rejected
        };
        let version = version_of(facts, |other| {
            other.envelope.supersedes == Some(id)
                || matches!(other.body, FactBody::DepartureNoticeSettled { notice, .. } if notice == id)
        });
        Some(Self {
            fact,
            until,
            standing,
            settled,
            departure,
            version,
        })
    }

    /// The notices of a person at an organization that wait for a decision.
    #[must_use]
    pub fn open_at(facts: &'f [Fact], organization: OrganizationId) -> Vec<Self> {
        facts
            .iter()
            .filter(|fact| fact.organization_id == Some(organization))
            .filter_map(|fact| Self::find(facts, fact.id))
            .filter(|notice| notice.standing == NoticeStanding::Open)
            .collect()
    }

    /// Settles the notice: `departure` is the departure that stands, if it is confirmed.
    pub fn settle(
        &self,
        command: NoticeCommand,
        departure: Option<FactId>,
    ) -> Result<FactBody, Rejection> {
        match self.standing {
            NoticeStanding::Open => Ok(FactBody::DepartureNoticeSettled {
                notice: self.fact.id,
                departure,
            }),
            other => Err(Rejection::never(other.as_str(), command.as_str())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::preset;

    #[test]
    fn the_hold_lasts_through_the_end_of_the_next_business_day() {
        let hand = &preset("hand").unwrap().document;
        for (recorded, until) in [
            // Tuesday noon: through Wednesday.
            ("2026-03-03T17:00:00Z", "2026-03-05T05:00:00Z"),
            // Friday evening: through Monday, over the change of the clocks.
            ("2026-03-06T23:00:00Z", "2026-03-10T04:00:00Z"),
            // The Wednesday before Thanksgiving: through Friday.
            ("2026-11-25T17:00:00Z", "2026-11-28T05:00:00Z"),
        ] {
            let until: Instant = until.parse().unwrap();
            assert_eq!(
                holds_until(hand, recorded.parse().unwrap()),
                Some(until),
                "{recorded}"
            );
        }
    }
}
