//! What add-ons owe by themselves: agreements, courses, practice and recertification of their own type. A miss reaches
//! only the add-on; the base license goes on.

use super::add_on::{AddOn, AddOnHold};
use super::machine::{Machine, is_of_campaign};
use super::obligation::Obligation;
use super::rules::InForce;
use super::{Change, Past, Period, PeriodCause};
use crate::domain::calendar::Instant;
use crate::domain::fact::{Basis, Fact, FactBody, HoldCause};
use crate::domain::ids::FactId;
use crate::domain::policy::{OnMiss, RequestClass};
use crate::domain::requirement::{RequirementKey, Status};

impl Machine<'_> {
    /// An add-on as if it were a license of its own: it began with the add-on, for whoever holds the base.
    fn as_period(&self, add_on: &AddOn) -> Option<Period> {
        let base = self.periods.last()?;
        Some(Period {
            from: add_on.from,
            counted_from: add_on.from,
            lost: base
                .lost
                .iter()
                .filter(|(from, _)| *from >= add_on.from)
                .copied()
                .collect(),
            cause: PeriodCause::Activation(Basis::Requirements),
            request: add_on.request,
            submitted_at: add_on.submitted_at,
            past: Past::default(),
            fact: add_on.fact,
            license_type: add_on.license_type.clone(),
            class: RequestClass::AddOn,
            requirement_set: None,
            job_role: base.job_role.clone(),
            projects: base.projects.clone(),
            project_types: base.project_types.clone(),
            projects_at: add_on.from,
            end: None,
        })
    }

    /// What an add-on owes, under names that say whose it is.
    fn owed_by(
        &self,
        add_on: &AddOn,
        facts: &[&Fact],
        in_force: InForce<'_>,
        at: Instant,
    ) -> Vec<Obligation> {
        let Some(period) = self.as_period(add_on) else {
            return Vec::new();
        };
        let mut owed = self.owed(&period, facts, in_force, at);
        for obligation in &mut owed {
            obligation.standing.key = RequirementKey::OfAddOn(
                add_on.license_type.clone(),
                Box::new(obligation.standing.key.clone()),
            );
        }
        owed
    }

    /// What the running add-ons owe.
    pub(super) fn upkeep_owed(&self, in_force: InForce<'_>) -> Vec<Obligation> {
        self.add_ons
            .iter()
            .filter(|add_on| add_on.ended_at.is_none())
            .flat_map(|add_on| self.owed_by(add_on, &self.evidence, in_force, self.now()))
            .collect()
    }

    /// What the license and its add-ons owe.
    pub(super) fn all_owed(&self) -> impl Iterator<Item = &Obligation> {
        self.obligations.iter().chain(&self.upkeep)
    }

    fn running_add_on(&mut self, key: &RequirementKey) -> Option<&mut AddOn> {
        let RequirementKey::OfAddOn(license_type, _) = key else {
            return None;
        };
        self.add_ons
            .iter_mut()
            .find(|add_on| add_on.ended_at.is_none() && add_on.license_type == *license_type)
    }

    /// An add-on is off until a requirement is in order again.
    pub(super) fn hold_add_on(&mut self, cause: HoldCause, key: &RequirementKey) {
        if let Some(add_on) = self.running_add_on(key) {
            add_on.holds.push(AddOnHold {
                cause,
                requirement: key.clone(),
            });
        }
    }

    pub(super) fn holds_add_on(&self, key: &RequirementKey) -> bool {
        self.add_ons.iter().any(|add_on| {
            add_on.ended_at.is_none()
                && add_on.holds.iter().any(|hold| {
                    hold.requirement == *key && hold.cause != HoldCause::EvidenceWithdrawn
                })
        })
    }

    /// A requirement of an add-on was missed.
    pub(super) fn miss_upkeep(&mut self, missed: &Obligation) {
        let key = &missed.standing.key;
        match missed.on_miss {
            OnMiss::Suspend => self.hold_add_on(missed.hold_cause(), key),
            OnMiss::Deactivate => {
                if let Some(add_on) = self.running_add_on(key) {
                    add_on.missed = Some(key.clone());
                    let id = add_on.fact;
                    self.end_add_on(id);
                }
            }
            OnMiss::List => {}
        }
    }

    /// Lifts what requirements that are in order again hold.
    pub(super) fn cure_add_ons(&mut self) {
        let open: Vec<(RequirementKey, Status, bool)> = self
            .upkeep
            .iter()
            .map(|obligation| {
                let standing = &obligation.standing;
                (standing.key.clone(), standing.status, obligation.is_unmet())
            })
            .collect();
        for add_on in &mut self.add_ons {
            add_on.holds.retain(|hold| {
                open.iter().any(|(key, status, unmet)| {
                    *key == hold.requirement
                        && match hold.cause {
                            HoldCause::EvidenceWithdrawn => *unmet,
                            _ => *status == Status::Overdue,
                        }
                })
            });
        }
    }

    /// What occurred in time and was recorded after the end of an add-on that it would have kept: staff decide whether
    /// it goes on.
    pub(super) fn revive_by_evidence(&mut self, fact: &Fact) {
        if self.open_period().is_none() || matches!(fact.body, FactBody::Waived { .. }) {
            return;
        }
        // What staff decide about a campaign says what was owed, whenever they do.
        let counts = |fact: &Fact, ended_at: Instant| {
            fact.envelope.occurred_at < ended_at || is_of_campaign(fact)
        };
        let kept: Vec<FactId> = self
            .add_ons
            .iter()
            .filter(|add_on| {
                let (Some(key), Some(ended_at)) = (&add_on.missed, add_on.ended_at) else {
                    return false;
                };
                let Some(in_force) = self.rules.at(ended_at) else {
                    return false;
                };
                let in_time: Vec<&Fact> = self
                    .evidence
                    .iter()
                    .copied()
                    .filter(|fact| counts(fact, ended_at))
                    .collect();
                counts(fact, ended_at)
                    && !self
                        .owed_by(add_on, &in_time, in_force, ended_at)
                        .iter()
                        .any(|owed| {
                            owed.standing.key == *key && owed.standing.status == Status::Overdue
                        })
            })
            .map(|add_on| add_on.fact)
            .collect();
        for add_on in kept {
            self.revive_add_on(add_on);
        }
    }

    /// What a miss of an add-on's requirement changes.
    pub(super) fn add_on_off(key: &RequirementKey) -> Option<Change> {
        match key {
            RequirementKey::OfAddOn(license_type, _) => {
                Some(Change::AddOnOff(license_type.clone()))
            }
            _ => None,
        }
    }
}
