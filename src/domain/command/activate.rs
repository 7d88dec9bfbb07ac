//! When a request becomes a license, or gives its license more projects.

use std::collections::BTreeSet;

use super::carry::base_needed;
use super::{LicenseCommand, RequestCommand, Verdict, license_verdict};
use crate::domain::error::Rejection;
use crate::domain::evaluate::{Evaluation, RequestEvaluation};
use crate::domain::ids::ProjectId;
use crate::domain::request::{RequestClass, RequestState};
use crate::domain::seat::Place;

/// What a request brings about when it is activated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beginning {
    /// The projects that the license gets by it now.
    pub projects: Vec<ProjectId>,
    /// Whether the request is fulfilled by it. Otherwise it stays open for the projects left out.
    pub whole: bool,
}

impl Beginning {
    /// Whether nothing would come of it: every project that it could give was given, under another project type.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        !self.whole && self.projects.is_empty()
    }
}

impl RequestEvaluation {
    /// Whether the request may be fulfilled, or may give its license some of the projects: every requirement is checked
    /// again here. `carriers` are the base types that carry the add-on asked for; they are read only for an add-on.
    pub fn activate(
        &self,
        license: &Evaluation,
        carriers: &BTreeSet<String>,
    ) -> Result<(), Rejection> {
        let mut needs = if !self.state.is_open() || self.left_out.is_none() {
            self.needed_for(RequestCommand::Activate)?
        } else {
            Vec::new()
        };
        let mut others = self.unsettled();
        others.extend(if self.begun.is_some() {
            license.cannot_begin()
        } else {
            self.needed_to_begin(license, carriers)
        });
        if self.seat.is_some_and(|seat| !seat.is_held()) {
            others.push(Place::Seat.needed().to_owned());
        }
        // What the request itself lists already is listed once.
        others.retain(|need| !needs.contains(need));
        needs.extend(others);
        self.unless(RequestCommand::Activate, needs)
    }

    /// What activation brings about now; `asked` are the projects of the request, each with its HUD project type where it
    /// has one.
    #[must_use]
    pub fn beginning(&self, asked: &[(ProjectId, Option<u8>)]) -> Beginning {
        let none = BTreeSet::new();
        let left_out = self.left_out.as_ref().unwrap_or(&none);
        let projects = asked
            .iter()
            .filter(|(project, _)| !self.given.contains(project))
            .filter(|(_, kind)| kind.is_none_or(|kind| !left_out.contains(&kind)))
            .map(|(project, _)| *project)
            .collect();
        Beginning {
            projects,
            whole: self.state == RequestState::Ready,
        }
    }

    /// What keeps the license of the request from beginning, whatever else the request needs.
    #[must_use]
    pub fn needed_to_begin(
        &self,
        license: &Evaluation,
        carriers: &BTreeSet<String>,
    ) -> Vec<String> {
        let command = match self.class {
            RequestClass::TypeChange => LicenseCommand::ChangeType,
            RequestClass::AddOn => LicenseCommand::CarryAddOn,
            _ => LicenseCommand::Activate,
        };
        let mut needs = license.cannot_begin();
        if license_verdict(license.status(), command) != Verdict::Allowed {
            needs.push(match command {
                LicenseCommand::ChangeType => "a running license whose type can change".to_owned(),
                LicenseCommand::CarryAddOn => base_needed(carriers),
                _ => "the end of the license that runs at this organization".to_owned(),
            });
        } else if command == LicenseCommand::CarryAddOn && !license.carries(carriers) {
            needs.push(base_needed(carriers));
        }
        needs
    }
}
