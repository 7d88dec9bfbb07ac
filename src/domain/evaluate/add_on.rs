//! Add-ons: on only while the base license gives access.
//!
//! After a suspension or reinstatement of the base one confirmation by staff restores an add-on; after a deactivation
//! it must be requested anew. What follows its base needs no notice (domain, section 5).

use super::machine::Machine;
use crate::domain::calendar::Instant;
use crate::domain::fact::{Fact, FactBody, HoldCause};
use crate::domain::ids::{FactId, RequestId};
use crate::domain::license::LicenseStatus;
use crate::domain::policy::LicenseKind;
use crate::domain::requirement::{RequirementKey, Standing};

/// Whether an add-on may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AddOnStatus {
    On,
    /// Its base gives no access.
    BaseOff,
    /// Something that it owes by itself is overdue, or its evidence was taken back.
    Suspended,
    /// The base gives access again; staff have not confirmed the add-on since.
    AwaitsConfirmation,
    Ended,
}

impl AddOnStatus {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::BaseOff => "base_off",
            Self::Suspended => "suspended",
            Self::AwaitsConfirmation => "awaits_confirmation",
            Self::Ended => "ended",
        }
    }
}

/// What suspends an add-on alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddOnHold {
    pub cause: HoldCause,
    /// The requirement of the add-on; in order again, it lifts the hold.
    pub requirement: RequirementKey,
}

/// An add-on of a license, running or ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddOn {
    /// The fact that began it, which is its id.
    pub fact: FactId,
    /// The license type of the add-on.
    pub license_type: String,
    pub request: Option<RequestId>,
    /// When that request was submitted.
    pub submitted_at: Option<Instant>,
    pub from: Instant,
    /// When it ended, by itself or with its base.
    pub ended_at: Option<Instant>,
    /// Its base was suspended or reinstated since staff last confirmed it.
    pub unconfirmed: bool,
    /// What suspends it alone.
    pub holds: Vec<AddOnHold>,
    /// The requirement whose miss ended it.
    pub missed: Option<RequirementKey>,
    /// What it owes by itself while it runs.
    pub requirements: Vec<Standing>,
    pub status: AddOnStatus,
}

impl Machine<'_> {
    pub(super) fn begin_add_on(
        &mut self,
        fact: &Fact,
        license_type: &str,
        submitted_at: Option<Instant>,
    ) {
        if self.open_period().is_none() || self.runs_add_on(license_type) {
            return;
        }
        self.add_ons.push(AddOn {
            fact: fact.id,
            license_type: license_type.to_owned(),
            request: fact.request_id,
            submitted_at,
            from: self.now(),
            ended_at: None,
            unconfirmed: self.suspended(),
            holds: Vec::new(),
            missed: None,
            requirements: Vec::new(),
            status: AddOnStatus::On,
        });
        self.touch();
    }

    fn runs_add_on(&self, license_type: &str) -> bool {
        self.add_ons
            .iter()
            .any(|add_on| add_on.ended_at.is_none() && add_on.license_type == license_type)
    }

    pub(super) fn confirm_add_on(&mut self, id: FactId) {
        if self.suspended() || self.open_period().is_none() {
            return;
        }
        for add_on in &mut self.add_ons {
            add_on.unconfirmed &= add_on.fact != id;
        }
    }

    pub(super) fn end_add_on(&mut self, id: FactId) {
        let at = self.now();
        for add_on in &mut self.add_ons {
            if add_on.fact == id && add_on.ended_at.is_none() {
                add_on.ended_at = Some(at);
                add_on.holds.clear();
            }
        }
        self.touch();
    }

    /// The end was an error: staff confirm the add-on before it is on again.
    pub(super) fn revive_add_on(&mut self, id: FactId) {
        let base_runs = self.open_period().is_some();
        if let Some(index) = self.add_ons.iter().position(|add_on| add_on.fact == id)
            && base_runs
            && let Some(license_type) = self
                .add_ons
                .get(index)
                .map(|add_on| add_on.license_type.clone())
            && !self.runs_add_on(&license_type)
            && let Some(add_on) = self.add_ons.get_mut(index)
        {
            add_on.ended_at = None;
            add_on.missed = None;
            add_on.unconfirmed = true;
            self.touch();
        }
    }

    /// The base is suspended.
    pub(super) fn unconfirm_add_ons(&mut self) {
        for add_on in &mut self.add_ons {
            add_on.unconfirmed |= add_on.ended_at.is_none();
        }
    }

    /// The base ended.
    pub(super) fn end_add_ons(&mut self) {
        let at = self.now();
        self.add_ons_closed_by_end = self
            .add_ons
            .iter()
            .filter(|add_on| add_on.ended_at.is_none())
            .map(|add_on| add_on.fact)
            .collect();
        for add_on in &mut self.add_ons {
            add_on.ended_at = add_on.ended_at.or(Some(at));
            add_on.holds.clear();
        }
    }

    /// Add-ons that cannot stand on the base type any longer end with the change.
    pub(super) fn end_add_ons_not_carried_by(&mut self, base: &str) {
        let at = self.now();
        let Some(document) = self.rules.at(at).map(|rules| rules.document) else {
            return;
        };
        for add_on in &mut self.add_ons {
            let carried = document
                .license_types
                .get(&add_on.license_type)
                .is_some_and(|found| {
                    matches!(&found.license, LicenseKind::AddOn { depends_on } if depends_on.contains(base))
                });
            if !carried {
                add_on.ended_at = add_on.ended_at.or(Some(at));
                add_on.holds.clear();
            }
        }
    }

    pub(super) fn add_ons_now(&self) -> Vec<AddOn> {
        let base_on = matches!(
            self.status(),
            Some(LicenseStatus::Active | LicenseStatus::Warned)
        );
        self.add_ons
            .iter()
            .map(|add_on| AddOn {
                status: if add_on.ended_at.is_some() {
                    AddOnStatus::Ended
                } else if !base_on {
                    AddOnStatus::BaseOff
                } else if !add_on.holds.is_empty() {
                    AddOnStatus::Suspended
                } else if add_on.unconfirmed {
                    AddOnStatus::AwaitsConfirmation
                } else {
                    AddOnStatus::On
                },
                requirements: self
                    .upkeep
                    .iter()
                    .map(|owed| &owed.standing)
                    .filter(|standing| {
                        add_on.ended_at.is_none()
                            && matches!(&standing.key, RequirementKey::OfAddOn(of, _) if *of == add_on.license_type)
                    })
                    .cloned()
                    .collect(),
                ..add_on.clone()
            })
            .collect()
    }

    /// What a fact about an add-on does.
    pub(super) fn absorb_add_on(&mut self, fact: &Fact) {
        match &fact.body {
            FactBody::AddOnActivated {
                add_on,
                submitted_at,
            } => self.begin_add_on(fact, add_on, *submitted_at),
            FactBody::AddOnConfirmed { add_on } => self.confirm_add_on(*add_on),
            FactBody::AddOnEnded { add_on } => self.end_add_on(*add_on),
            _ => {}
        }
    }
}
