//! What a license may carry: which type it may be asked for or change to, and which add-ons stand on it.

use std::collections::BTreeSet;

use super::super::error::Rejection;
use super::super::evaluate::{AddOn, AddOnStatus, Evaluation, Period, RequestEvaluation};
use super::super::fact::{FactBody, TypeChange};
use super::super::ids::FactId;
use super::super::license::LicenseStatus;
use super::super::policy::LicenseType;
use super::super::request::RequestClass;
use super::LicenseCommand;

pub(super) fn base_needed(carriers: &BTreeSet<String>) -> String {
    let types: Vec<&str> = carriers.iter().map(String::as_str).collect();
    format!(
        "a base license here that gives access, of type {}",
        types.join(" or ")
    )
}

impl Evaluation {
    /// What keeps a request for a license type from being submitted; `carriers` as in [`RequestEvaluation::activate`],
    /// empty for a base type.
    #[must_use]
    pub fn needed_to_submit(&self, license_type: &str, carriers: &BTreeSet<String>) -> Vec<String> {
        let mut needs = self.cannot_begin();
        let runs = |period: &Period| period.end.is_none() && period.license_type == license_type;
        if !carriers.is_empty() {
            let gives_access = matches!(
                self.status(),
                Some(LicenseStatus::Active | LicenseStatus::Warned)
            );
            if !gives_access || !self.carries(carriers) {
                needs.push(base_needed(carriers));
            }
            let running = self.add_ons.iter().any(|add_on| {
                add_on.license_type == license_type && add_on.status != AddOnStatus::Ended
            });
            if running {
                needs.push("the end of this add-on, which the license has".to_owned());
            }
        } else if self.period().is_some_and(runs) {
            needs.push(
                "another license type: the person has a running license of this type here"
                    .to_owned(),
            );
        }
        needs
    }

    /// Whether the license is of a type that carries an add-on.
    #[must_use]
    pub fn carries(&self, carriers: &BTreeSet<String>) -> bool {
        self.period()
            .is_some_and(|period| period.end.is_none() && carriers.contains(&period.license_type))
    }

    /// Another base type, at once: only where that adds no requirement, which the caller asks of the request that it
    /// would otherwise take.
    pub fn change_type(
        &self,
        change: TypeChange,
        license_type: &LicenseType,
        asked: &RequestEvaluation,
    ) -> Result<FactBody, Rejection> {
        self.check(LicenseCommand::ChangeType)?;
        let mut needs = Vec::new();
        if self
            .period()
            .is_some_and(|period| period.license_type == change.license_type)
        {
            needs.push("another license type than the license has".to_owned());
        }
        if !license_type.is_base() || license_type.set_for(RequestClass::TypeChange).is_none() {
            needs.push(
                "a license type to which the policy lets a running license change".to_owned(),
            );
        }
        // What another type asks says nothing about this one.
        if needs.is_empty() {
            let open = asked.requirements.iter();
            needs.extend(
                open.filter(|standing| standing.status.is_open())
                    .flat_map(|standing| standing.missing.iter().cloned()),
            );
            if !needs.is_empty() {
                needs.push(format!(
                    "a license request for `{}`, because the change adds these requirements",
                    change.license_type
                ));
            }
        }
        self.unless(LicenseCommand::ChangeType, needs)?;
        Ok(FactBody::TypeChanged(change))
    }

    /// Lets an add-on go on after a suspension or reinstatement of its base.
    pub fn confirm_add_on(&self, id: FactId) -> Result<FactBody, Rejection> {
        self.check(LicenseCommand::CarryAddOn)?;
        match self.add_on(id).map(|add_on| add_on.status) {
            Some(AddOnStatus::AwaitsConfirmation) => Ok(FactBody::AddOnConfirmed { add_on: id }),
            Some(status) => Err(self.refused(
                LicenseCommand::CarryAddOn,
                vec![format!(
                    "an add-on that awaits confirmation; this one is `{}`",
                    status.as_str()
                )],
            )),
            None => Err(Rejection::never(
                self.state_name(),
                LicenseCommand::CarryAddOn.as_str(),
            )),
        }
    }

    /// Ends one add-on; the base goes on.
    pub fn end_add_on(&self, id: FactId) -> Result<FactBody, Rejection> {
        match self.add_on(id) {
            Some(add_on) if add_on.status != AddOnStatus::Ended => {
                Ok(FactBody::AddOnEnded { add_on: id })
            }
            _ => Err(Rejection::never(AddOnStatus::Ended.as_str(), "end_add_on")),
        }
    }

    fn add_on(&self, id: FactId) -> Option<&AddOn> {
        self.add_ons.iter().find(|add_on| add_on.fact == id)
    }
}
