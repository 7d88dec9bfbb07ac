//! The circuit breaker (domain, section 7): suspiciously many absences at once wait until staff looked, 72 hours at most.
//!
//! A dead login feed or a course list that was never sent looks exactly like hundreds of people who stayed away. A hold
//! moves what absences would bring about in its time to its end; it reopens nothing that took effect before.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::fact::{Fact, FactBody, NoticeRule};
use super::ids::FactId;

type Instant = DateTime<Utc>;

/// How long a hold lasts at most, unless staff stop what waits.
pub const LONGEST_HOLD: TimeDelta = TimeDelta::hours(72);
/// Absences of the next hours count like those that are not recorded yet.
pub const LOOKS_AHEAD: TimeDelta = TimeDelta::hours(24);
/// So many licenses may lose access at once however few there are.
pub const ALWAYS_ALLOWED: i64 = 20;

/// Whether so many absences are more than an implementation can have by chance: more than 20 and more than a tenth of
/// the licenses that give access.
#[must_use]
pub fn trips(affected: i64, with_access: i64) -> bool {
    affected > ALWAYS_ALLOWED && affected.saturating_mul(10) > with_access
}

/// How many licenses would have lost access, of how many that had it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tripped {
    pub affected: i64,
    pub of: i64,
}

/// What staff decide about what waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AbsenceDecision {
    /// It happens now.
    Proceed,
    /// It waits until staff let it proceed.
    Stop,
}

/// Whether a rule of this kind acts because something did not happen.
#[must_use]
pub fn is_absence(rule: NoticeRule) -> bool {
    match rule {
        NoticeRule::Inactivity
        | NoticeRule::Recertification
        | NoticeRule::Campaign
        | NoticeRule::Agreement
        | NoticeRule::Term => true,
        NoticeRule::SuspensionTooLong
        | NoticeRule::LastProjectRemoved
        | NoticeRule::SeatReduction
        | NoticeRule::Waiver
        | NoticeRule::Unreachable => false,
    }
}

/// A hold as it stands by the facts known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AbsenceHold {
    pub id: FactId,
    pub from: Instant,
    /// Absent: staff stopped it.
    pub until: Option<Instant>,
    pub tripped: Option<Tripped>,
    /// What staff decided last.
    pub decision: Option<AbsenceDecision>,
    /// 1, and one more for each decision.
    pub version: i32,
}

impl AbsenceHold {
    #[must_use]
    pub fn holds_at(&self, at: Instant) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until)
    }
}

/// The holds among facts that stand, by their beginning.
#[must_use]
pub fn absence_holds(facts: &[&Fact]) -> Vec<AbsenceHold> {
    let mut found: Vec<AbsenceHold> = facts
        .iter()
        .filter_map(|fact| match &fact.body {
            FactBody::AbsenceHeld { until, tripped } => Some(AbsenceHold {
                id: fact.id,
                from: fact.envelope.recorded_at,
                until: Some(*until),
                tripped: *tripped,
                decision: None,
                version: 1,
            }),
            _ => None,
        })
        .collect();
    for fact in facts {
        if let FactBody::AbsenceHoldDecided { hold, decision } = &fact.body
            && let Some(found) = found.iter_mut().find(|found| found.id == *hold)
        {
            found.until = match decision {
                AbsenceDecision::Proceed => Some(fact.envelope.recorded_at),
                AbsenceDecision::Stop => None,
            };
            found.decision = Some(*decision);
            found.version = found.version.saturating_add(1);
        }
    }
    found
}

/// The instant to which something is moved that is promised for an instant and acted upon at `effect` of it, at once or
/// later; the promised one where no hold covers any of that time. Nothing while it is stopped.
#[must_use]
pub fn moved(
    holds: &[AbsenceHold],
    promised: Instant,
    effect: impl Fn(Instant) -> Instant,
) -> Option<Instant> {
    let mut promised = promised;
    // By their beginning, so that the end of one may lie in the next.
    for hold in holds {
        if hold.from <= effect(promised) && hold.until.is_none_or(|until| promised < until) {
            promised = hold.until?;
        }
    }
    Some(promised)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;
    use uuid::Uuid;

    fn at(hour: i64) -> Instant {
        Utc.timestamp_opt(hour * 3_600, 0).unwrap()
    }

    fn hold(from: i64, until: Option<i64>) -> AbsenceHold {
        AbsenceHold {
            id: FactId(Uuid::nil()),
            from: at(from),
            until: until.map(at),
            tripped: None,
            decision: None,
            version: 1,
        }
    }

    #[test]
    fn more_than_twenty_and_more_than_a_tenth_trip_it() {
        for (affected, of, expected) in [
            (20, 20, false),
            (21, 21, true),
            (21, 209, true),
            (21, 210, false),
            (100, 1_000, false),
            (101, 1_000, true),
            (0, 0, false),
        ] {
            assert_eq!(trips(affected, of), expected, "{affected} of {of}");
        }
    }

    #[test]
    fn what_happens_in_a_hold_moves_to_its_end() {
        let one = [hold(10, Some(82))];
        for (from, to, expected) in [
            (9, 9, 9),
            // It takes effect in the hold, though it was promised before.
            (9, 10, 82),
            (10, 10, 82),
            (81, 100, 82),
            (82, 82, 82),
            (83, 90, 83),
        ] {
            assert_eq!(
                moved(&one, at(from), |_| at(to)),
                Some(at(expected)),
                "{from}..{to}"
            );
        }
        let at_once = |promised| promised;
        // The end of one lies in the next, or what takes effect after it does.
        let two = [hold(10, Some(82)), hold(80, Some(90))];
        assert_eq!(moved(&two, at(20), at_once), Some(at(90)));
        let later = [hold(10, Some(82)), hold(83, Some(95))];
        let lagging = |promised| promised + TimeDelta::hours(24);
        assert_eq!(moved(&later, at(20), lagging), Some(at(95)));
        assert_eq!(moved(&later, at(20), at_once), Some(at(82)));
        assert_eq!(moved(&[hold(10, None)], at(20), at_once), None);
        assert_eq!(moved(&[hold(10, None)], at(9), at_once), Some(at(9)));
    }
}
