//! A license that begins with only the projects whose workflows' practice is accepted, where the policy allows it.
//!
//! What belongs to no project type is shared by all projects of the request, and comes first. The license then begins
//! with the projects of those types for which nothing is open, once at least one workflow's practice is accepted. The
//! request stays open for the rest, with its deadlines: each transaction that records what was missing adds the projects
//! that it completes, and the last one fulfils the request. Should the rest lapse, be denied or be withdrawn, the license
//! keeps what it has. What already brought projects to the license is not asked for again until the request is over.
//!
//! The request is about that one license: it is over when the license ends, and goes on if that was an error.
//!
//! Only a license that does not run yet begins so. Whoever changes the type of a running one works on with the old type
//! until the new one is ready as a whole: to change it earlier would take projects away.

use std::collections::BTreeSet;

use super::Ended;
use super::item::Item;
use super::owed::Owed;
use crate::domain::calendar::Instant;
use crate::domain::evaluate::{Case, Change, Period, Upcoming, evaluate};
use crate::domain::fact::{Fact, FactBody};
use crate::domain::ids::{FactId, ProjectId};
use crate::domain::policy::RequestClass;
use crate::domain::request::{LicenseRequest, RequestState};

/// Projects that the license got at one instant.
struct Given {
    at: Instant,
    project_types: BTreeSet<u8>,
}

/// A request whose license began with only some of its projects.
pub(super) struct Begun {
    pub fact: FactId,
    at: Instant,
    given: Vec<Given>,
    /// All that the license got by the request.
    pub projects: Vec<ProjectId>,
}

impl Begun {
    /// Reads facts in the order of their recording.
    pub(super) fn of(facts: &[&Fact], request: &LicenseRequest) -> Option<Self> {
        let mut begun: Option<Self> = None;
        for fact in facts
            .iter()
            .filter(|fact| fact.request_id == Some(request.id))
        {
            let at = fact.envelope.recorded_at;
            match &fact.body {
                FactBody::Activated {
                    partial: true,
                    projects,
                    project_types,
                    ..
                } if begun.is_none() => {
                    begun = Some(Self {
                        fact: fact.id,
                        at,
                        given: vec![Given {
                            at,
                            project_types: project_types.iter().copied().collect(),
                        }],
                        projects: projects.clone(),
                    });
                }
                FactBody::ProjectsAdded {
                    projects,
                    project_types,
                    ..
                } => {
                    if let Some(begun) = &mut begun {
                        begun.projects.extend(projects);
                        begun.given.push(Given {
                            at,
                            project_types: project_types.iter().copied().collect(),
                        });
                    }
                }
                _ => {}
            }
        }
        begun
    }

    /// When a requirement of these project types, none for one that all share, brought the license its first project.
    pub(super) fn since(&self, project_types: &BTreeSet<u8>) -> Option<Instant> {
        if project_types.is_empty() {
            return Some(self.at);
        }
        self.given
            .iter()
            .find(|given| !given.project_types.is_disjoint(project_types))
            .map(|given| given.at)
    }

    fn reaches(&self, project_type: u8) -> bool {
        self.given
            .iter()
            .any(|given| given.project_types.contains(&project_type))
    }

    /// When the license that the request began ended, or became one of another type: nothing more can be added to it.
    pub(super) fn over(
        &self,
        case: &Case<'_>,
        facts: &[&Fact],
        request: &LicenseRequest,
        now: Instant,
    ) -> Option<Ended> {
        let withdrawn = |fact, at| Ended {
            state: RequestState::Withdrawn,
            fact,
            at,
            because: None,
        };
        let license = evaluate(case, now);
        let unconfirmed = |period: &Period| {
            period.is_emergency()
                && license
                    .restoration(period.fact)
                    .is_none_or(|restoration| restoration.confirmed_by.is_none())
        };
        let period = license
            .periods
            .iter()
            .rfind(|period| period.request == Some(request.id) && !unconfirmed(period));
        let ended = period
            .and_then(|period| period.end.as_ref())
            .map(|end| withdrawn(end.fact, end.at));
        let changed = facts.iter().find_map(|fact| match &fact.body {
            FactBody::TypeChanged(change)
                if fact.organization_id == Some(request.organization_id)
                    && change.license_type != request.license_type
                    && fact.envelope.recorded_at >= self.at =>
            {
                Some(withdrawn(Some(fact.id), fact.envelope.recorded_at))
            }
            _ => None,
        });
        ended
            .into_iter()
            .chain(changed)
            .min_by_key(|ended| ended.at)
    }
}

impl Owed<'_> {
    /// The project types that are left out where the license may begin, or get more projects, before everything is met.
    /// Nothing where it may not, or where nothing is left out.
    pub(super) fn left_out(&self, items: &[Item]) -> Option<BTreeSet<u8>> {
        let allowed = self
            .in_force
            .document
            .requests_for(&self.request.license_type)
            .activation
            .accepted_workflows_only
            && !matches!(
                self.request.class,
                RequestClass::TypeChange | RequestClass::AddOn
            );
        let open = || items.iter().filter(|item| item.is_open());
        // What all projects share comes first; where nothing is open, the request is ready as a whole.
        if !allowed || open().next().is_none() || open().any(|item| item.project_types.is_empty()) {
            return None;
        }
        let left_out: BTreeSet<u8> = open()
            .flat_map(|item| item.project_types.iter().copied())
            .collect();
        let reached: BTreeSet<u8> = self.project_types.difference(&left_out).copied().collect();
        let accepted = items
            .iter()
            .filter(|item| item.practice.is_some() && !item.is_open())
            .any(|item| item.project_types.is_empty() || !item.project_types.is_disjoint(&reached));
        let new = |begun: &Begun| reached.iter().any(|kind| !begun.reaches(*kind));
        let anything = match &self.begun {
            Some(begun) => new(begun),
            None => !reached.is_empty(),
        };
        (accepted && anything).then_some(left_out)
    }

    /// The ends of the license that the request began, by themselves: the request is over with it.
    pub(super) fn ends_of_begun(&self) -> Vec<Upcoming> {
        if self.begun.is_none() {
            return Vec::new();
        }
        evaluate(self.case, self.at)
            .upcoming
            .into_iter()
            .filter(|upcoming| matches!(upcoming.change, Change::Ends(_)))
            .collect()
    }
}
