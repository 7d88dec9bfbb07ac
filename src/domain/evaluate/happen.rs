//! What happens by itself happens: ends, suspensions and misses whose instant has come.

use super::first_login;
use super::inactivity;
use super::machine::{Derived, Machine};
use super::tracked::TrackedNotice;
use super::unused::Ground;
use super::{EndCause, Hold};
use crate::domain::calendar::Instant;
use crate::domain::fact::{DeactivationCause, NoticeRule};
use crate::domain::policy::OnMiss;
use crate::domain::requirement::RequirementKey;

impl Machine<'_> {
    pub(super) fn apply(&mut self, derived: &Derived) {
        let deactivated = EndCause::Deactivated;
        match derived {
            Derived::Announced(fact, cause) => self.end(deactivated(*cause), None, Some(*fact)),
            Derived::Barred(fact) => {
                self.end(deactivated(DeactivationCause::Barred), None, Some(*fact));
            }
            Derived::OrganizationLeft => {
                self.end(deactivated(DeactivationCause::OrganizationLeft), None, None);
            }
            Derived::SuspendedTooLong => self.end_suspended(),
            Derived::HoldBegins => self.open_due_holds(),
            Derived::HoldEnds(index) => self.end_leave(*index),
            Derived::LeaveBegins(leave) => self.begin_leave(*leave),
            Derived::RestorationEnds => self.end_restoration(),
            Derived::TermEnds => self.expire(),
            Derived::Missed(key) => self.miss(key),
            Derived::Unreachable => self.hold_unreachable(),
            Derived::CutOff(cut_off_at) => self.cut(*cut_off_at),
            Derived::Checkpoint => {}
        }
    }

    fn cut(&mut self, cut_off_at: Instant) {
        let warnings: Vec<TrackedNotice> = self
            .notices
            .iter()
            .filter(|notice| notice.warns())
            .cloned()
            .collect();
        let notices = warnings.iter().map(|notice| notice.fact).collect();
        if inactivity::suspends(self) {
            let first = first_login::cut_off(self).filter(|first| first.cut_off_at == cut_off_at);
            let last = warnings.iter().map(|notice| notice.step).max();
            self.hold_unused(match (first, self.returned_at) {
                (Some(_), Some(since)) => Ground::FirstLogin { cut_off_at, since },
                _ => Ground::CutOff {
                    cut_off_at,
                    notices: warnings
                        .into_iter()
                        .filter(|notice| Some(notice.step) == last)
                        .collect(),
                },
            });
        } else {
            self.end(
                EndCause::Deactivated(DeactivationCause::Inactivity),
                Some(cut_off_at),
                None,
            );
            self.ended_on = notices;
        }
    }

    /// A suspension has lasted too long. What would have lifted it in time contests the end.
    fn end_suspended(&mut self) {
        let hold = self
            .holds
            .iter()
            .filter(|hold| hold.ended_at.is_none())
            .filter_map(|hold| Some((self.suspension_ends_at(hold)?, hold)))
            .min_by_key(|(at, _)| *at)
            .map(|(_, hold)| (hold.fact, hold.requirement.clone()));
        let notices = self
            .notices
            .iter()
            .filter(|notice| !notice.void && notice.rule == NoticeRule::SuspensionTooLong)
            .map(|notice| notice.fact)
            .collect();
        self.end(
            EndCause::Deactivated(DeactivationCause::SuspensionTooLong),
            None,
            None,
        );
        self.ended_on = notices;
        (self.ended_hold, self.missed) = hold.unwrap_or_default();
    }

    fn miss(&mut self, key: &RequirementKey) {
        let Some(missed) = self
            .all_owed()
            .find(|obligation| obligation.standing.key == *key)
            // On the day itself a waiver may have taken over.
            .filter(|obligation| self.miss_at(obligation).is_some_and(|at| at <= self.at))
            .cloned()
        else {
            return;
        };
        if matches!(key, RequirementKey::OfAddOn(..)) {
            self.miss_upkeep(&missed);
            return;
        }
        match missed.on_miss {
            OnMiss::Suspend => self.open_hold(Hold {
                cause: missed.hold_cause(),
                from: self.at,
                until: None,
                ended_at: None,
                fact: None,
                requirement: Some(key.clone()),
            }),
            OnMiss::Deactivate => {
                let notices = self
                    .notices
                    .iter()
                    .filter(|notice| !notice.void && notice.speaks_of(&missed))
                    .map(|notice| notice.fact)
                    .collect();
                self.end(
                    EndCause::Deactivated(missed.deactivation_cause()),
                    None,
                    None,
                );
                self.ended_on = notices;
                self.missed = Some(key.clone());
            }
            OnMiss::List => {}
        }
    }
}
