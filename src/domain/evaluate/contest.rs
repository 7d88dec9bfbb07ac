//! What makes an end contested: staff then decide whether it stands (domain, section 2).

use super::machine::{Machine, is_of_campaign};
use crate::domain::fact::{Fact, FactBody};
use crate::domain::ids::FactId;
use crate::domain::requirement::Status;

impl Machine<'_> {
    pub(super) fn contest(&mut self, by: FactId) {
        if let Some(end) = self
            .contested_period()
            .and_then(|place| self.periods.get_mut(place)?.end.as_mut())
            && !end.contested_by.contains(&by)
        {
            end.contested_by.push(by);
        }
    }

    /// A change of an end that took effect already.
    pub(super) fn contest_end_by(&mut self, target: FactId, by: FactId) {
        let rests_on_it = self
            .contested_period()
            .and_then(|place| self.periods.get(place)?.end.as_ref())
            .is_some_and(|end| end.fact == Some(target));
        if rests_on_it {
            self.contest(by);
        }
    }

    /// What occurred in time but was recorded after the end contests it, where with it nothing would have been missed.
    pub(super) fn contest_by_evidence(&mut self, fact: &Fact, by: FactId) {
        let Some((period, end)) = self
            .contested_period()
            .and_then(|place| self.periods.get(place))
            .and_then(|period| Some((period, period.end.as_ref()?)))
        else {
            return;
        };
        let (Some(missed), Some(in_force)) = (&self.missed, self.rules.at(end.at)) else {
            return;
        };
        // What staff decide about a campaign says what was owed, whenever they do.
        let counts = |fact: &Fact| fact.envelope.occurred_at < end.at || is_of_campaign(fact);
        if matches!(fact.body, FactBody::Waived { .. }) || !counts(fact) {
            return;
        }
        let in_time: Vec<&Fact> = self
            .evidence
            .iter()
            .copied()
            .filter(|fact| counts(fact))
            .collect();
        let still_missed = self
            .owed(period, &in_time, in_force, end.at)
            .iter()
            .any(|obligation| {
                obligation.standing.key == *missed && obligation.standing.status == Status::Overdue
            });
        if !still_missed {
            self.contest(by);
        }
    }
}
