//! Emergency restorations: what may come back for some hours, and when another of staff may confirm it.

use chrono::TimeDelta;

use super::{EndInError, LicenseCommand, Rejection};
use crate::domain::calendar::Instant;
use crate::domain::evaluate::{
    EndCause, Evaluation, Hold, Restoration, RestorationStanding, Restored,
    is_barred_from_restoration, is_hold_barred_from_restoration,
};
use crate::domain::fact::{DeactivationCause, FactBody, HoldCause};
use crate::domain::ids::{FactId, RequestId};
use crate::domain::requirement::Status;

/// The longest that a license comes back without anybody's confirmation.
pub const LONGEST_RESTORATION: TimeDelta = TimeDelta::hours(72);

/// How the confirmation of a restoration is called.
pub const CONFIRM_RESTORATION: &str = "confirm_emergency_restoration";

impl Evaluation {
    /// Whether what would be taken back rests on somebody having left: then a supervisor of the organization has to say
    /// that this is wrong.
    #[must_use]
    pub fn rests_on_departure(&self) -> bool {
        let departed = EndCause::Deactivated(DeactivationCause::EmploymentEnded);
        let ended = self.period().and_then(|period| period.end.as_ref());
        match ended {
            Some(end) => end.cause == departed,
            None => self
                .open_holds()
                .any(|hold| hold.cause == HoldCause::DepartureUnverified),
        }
    }

    /// Brings the license back until an instant, if nobody confirms it by then.
    pub fn restore_in_emergency(
        &self,
        error: EndInError,
        until: Instant,
    ) -> Result<FactBody, Rejection> {
        let command = LicenseCommand::RestoreInEmergency;
        self.check(command)?;
        let mut needs = self.cannot_begin();
        let lead = "an administrator of the HMIS lead: what";
        let end = self.period().and_then(|period| period.end.as_ref());
        let held: Vec<&Hold> = match end {
            None => self.open_holds().collect(),
            // What held it when it ended.
            Some(end) => self
                .holds
                .iter()
                .filter(|hold| hold.ended_at == Some(end.at))
                .filter(|hold| hold.until.is_none_or(|until| until > self.at))
                .collect(),
        };
        if end.is_some_and(|end| is_barred_from_restoration(end.cause))
            || held
                .iter()
                .any(|hold| is_hold_barred_from_restoration(hold.cause))
        {
            needs.push(format!(
                "{lead} ended or holds this license is never taken back in an emergency"
            ));
        } else if end.is_some() && !held.is_empty() {
            needs.push(format!(
                "{lead} suspended this license before it ended has to be looked at too"
            ));
        }
        let open = |restoration: &Restoration| restoration.standing() == RestorationStanding::Open;
        if self.restorations.iter().any(open) {
            needs.push(
                "the confirmation of the restoration that runs, or its end: what held the license since is a matter of \
                 its own"
                    .to_owned(),
            );
        } else if self.was_restored_before() {
            needs.push(format!(
                "{lead} was restored once, and nobody confirmed it, is not restored again"
            ));
        }
        for (_, besides) in &error.besides {
            needs.push(format!(
                "an administrator of the HMIS lead, because {besides} stands too, and would end the license again at once"
            ));
        }
        if needs.is_empty() {
            Ok(FactBody::EmergencyRestored {
                until,
                undoes: error.undoes,
            })
        } else {
            Err(self.refused(command, needs))
        }
    }

    /// Whether the end, or one of the open holds, was restored in an emergency that nobody confirmed.
    fn was_restored_before(&self) -> bool {
        let unconfirmed = || {
            self.restorations
                .iter()
                .filter(|restoration| restoration.confirmed_by.is_none())
        };
        match self.period().filter(|period| period.end.is_some()) {
            Some(period) => {
                period.is_emergency()
                    && unconfirmed().any(|restoration| restoration.fact == period.fact)
            }
            None => unconfirmed().any(|restoration| match &restoration.restored {
                Restored::Suspended(holds) => holds.iter().any(|index| {
                    self.holds
                        .get(*index)
                        .is_some_and(|hold| hold.ended_at.is_none())
                }),
                Restored::Ended(_) => false,
            }),
        }
    }

    /// A restoration of this license.
    #[must_use]
    pub fn restoration(&self, fact: FactId) -> Option<&Restoration> {
        self.restorations
            .iter()
            .find(|restoration| restoration.fact == fact)
    }

    /// Another of staff stands by a restoration: what it took back was a mistake. `undoes` are the ends that it took for
    /// one, `restores` the requests that go on.
    pub fn confirm_restoration(
        &self,
        restoration: &Restoration,
        undoes: Vec<FactId>,
        restores: Vec<RequestId>,
    ) -> Result<FactBody, Rejection> {
        let standing = restoration.standing();
        let needs = match standing {
            RestorationStanding::Confirmed => {
                return Err(Rejection::never(standing.as_str(), CONFIRM_RESTORATION));
            }
            RestorationStanding::RanOut | RestorationStanding::Overtaken => vec![
                "a restoration that still runs: an administrator of the HMIS lead reinstates the license, or lifts its \
                 holds"
                    .to_owned(),
            ],
            RestorationStanding::Open => self.cure_of_restored(restoration),
        };
        if needs.is_empty() {
            Ok(FactBody::EmergencyRestorationConfirmed {
                restoration: restoration.fact,
                undoes,
                restores,
            })
        } else {
            Err(Rejection::needing(
                standing.as_str(),
                CONFIRM_RESTORATION,
                needs,
            ))
        }
    }

    /// What cures what nobody can undo by hand: a rule ended or held the license, and would do so again at once.
    fn cure_of_restored(&self, restoration: &Restoration) -> Vec<String> {
        let holds = match &restoration.restored {
            Restored::Suspended(holds) => holds,
            Restored::Ended(EndCause::Deactivated(
                DeactivationCause::RecertificationOverdue | DeactivationCause::AgreementLapsed,
            )) => {
                return self
                    .requirements
                    .iter()
                    .filter(|standing| standing.status == Status::Overdue)
                    .map(|standing| {
                        format!(
                            "`{}`, met or waived: the license ended for want of it",
                            standing.key
                        )
                    })
                    .collect();
            }
            Restored::Ended(_) => return Vec::new(),
        };
        holds
            .iter()
            .filter_map(|index| self.holds.get(*index))
            .filter(|hold| hold.ended_at.is_none())
            .filter_map(|hold| match (hold.cause, &hold.requirement) {
                (HoldCause::Leave, _) => Some("the return from the leave".to_owned()),
                (_, Some(key)) => Some(format!(
                    "`{key}`, met or waived: the hold is cured by it alone"
                )),
                _ => None,
            })
            .collect()
    }
}
