//! A license request: where it stands, what is met, what is missing, who can act.

mod class;
mod owed;

use std::collections::BTreeSet;

use super::rules::Rules;
use super::{Case, Change, Period, Upcoming};
use crate::domain::calendar::Instant;
use crate::domain::departure::{AnnouncedEnd, announced};
use crate::domain::fact::{Fact, FactBody};
use crate::domain::ids::FactId;
use crate::domain::policy::{ApprovalStep, Approver, ContactDuty, RequestClass, StaffRole};
use crate::domain::request::{LicenseRequest, RecordedState, RequestState};
use crate::domain::requirement::{Standing, standing_facts};

pub use class::classify;

use owed::Owed;

/// How many approvals a request has, of how many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approvals {
    pub given: Vec<FactId>,
    /// The steps of the policy that concern this request, in order.
    pub steps: Vec<ApprovalStep>,
}

impl Approvals {
    /// The step that is next, if one is missing.
    #[must_use]
    pub fn next(&self) -> Option<&ApprovalStep> {
        self.steps.get(self.given.len())
    }
}

/// What `evaluate_request` answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestEvaluation {
    pub at: Instant,
    pub state: RequestState,
    pub since: Instant,
    pub requirements: Vec<Standing>,
    pub approvals: Approvals,
    /// What keeps the request from activation, each a sentence.
    pub needs: Vec<String>,
    pub upcoming: Vec<Upcoming>,
    /// The code of the requirement set that binds.
    pub requirement_set: Option<String>,
    /// The policy version whose requirements bind.
    pub policy: Option<u32>,
    /// The fact that ended it.
    pub ended_by: Option<FactId>,
}

impl RequestEvaluation {
    #[must_use]
    pub fn next_change_at(&self) -> Option<Instant> {
        self.upcoming.iter().map(|upcoming| upcoming.at).min()
    }
}

/// How a request ended.
#[derive(Clone, Copy)]
struct Ended {
    state: RequestState,
    fact: FactId,
    at: Instant,
}

/// The earliest of what was decided about a request and a departure, which withdraws the open requests of that person
/// at that organization at its instant, whether or not anybody wrote that down.
fn ended(
    facts: &[&Fact],
    ends: &[AnnouncedEnd<'_>],
    request: &LicenseRequest,
    now: Instant,
) -> Option<Ended> {
    // A reinstatement may call a departure an error and let what it withdrew go on.
    let undone: Vec<FactId> = facts
        .iter()
        .filter_map(|fact| match &fact.body {
            FactBody::Reinstated { undoes, restores } if restores.contains(&request.id) => {
                Some(undoes)
            }
            _ => None,
        })
        .flatten()
        .copied()
        .collect();
    let decided = facts.iter().filter_map(|fact| {
        let state = match fact.body {
            FactBody::RequestDenied => RequestState::Denied,
            FactBody::RequestWithdrawn {
                departure: Some(departure),
            } if undone.contains(&departure) => return None,
            FactBody::RequestWithdrawn { .. } => RequestState::Withdrawn,
            FactBody::Activated { .. } | FactBody::TypeChanged { .. } => RequestState::Fulfilled,
            _ => return None,
        };
        (fact.request_id == Some(request.id)).then_some(Ended {
            state,
            fact: fact.id,
            at: fact.envelope.recorded_at,
        })
    });
    let departed = ends
        .iter()
        .filter(|end| {
            end.withdraws(request.organization_id, request.submitted_at)
                && end.acts_at <= now
                && !undone.contains(&end.fact.id)
        })
        .map(|end| Ended {
            state: RequestState::Withdrawn,
            fact: end.fact.id,
            at: end.acts_at,
        });
    decided.chain(departed).min_by_key(|ended| ended.at)
}

/// What the facts known at `now` make of a request at `now`. `project_types` are the HUD types of its projects.
#[must_use]
pub fn evaluate_request(
    case: &Case<'_>,
    request: &LicenseRequest,
    project_types: &BTreeSet<u8>,
    now: Instant,
) -> RequestEvaluation {
    let rules = Rules::known_at(case.policies, case.organization, now);
    let mut known: Vec<&Fact> = case
        .facts
        .iter()
        .filter(|fact| fact.envelope.recorded_at <= now)
        .collect();
    known.sort_by_key(|fact| (fact.envelope.recorded_at, fact.id));
    let ends = announced(known.iter().copied());
    let facts = standing_facts(known.into_iter());
    let ended = ended(&facts, &ends, request, now);
    // An ended request is shown as it stood at its end.
    let at = ended.map_or(now, |ended| ended.at);
    let facts: Vec<&Fact> = facts
        .into_iter()
        .filter(|fact| fact.envelope.recorded_at <= at)
        .collect();
    let given: Vec<FactId> = facts
        .iter()
        .filter(|fact| {
            fact.request_id == Some(request.id) && matches!(fact.body, FactBody::RequestApproved)
        })
        .map(|fact| fact.id)
        .collect();
    let Some(in_force) = rules.at(at) else {
        return RequestEvaluation {
            at: now,
            state: ended.map_or(RequestState::Submitted, |ended| ended.state),
            since: ended.map_or(request.submitted_at, |ended| ended.at),
            requirements: Vec::new(),
            approvals: Approvals {
                given,
                steps: Vec::new(),
            },
            needs: vec!["the implementation has no policy in force".to_owned()],
            upcoming: rules
                .next_change(now)
                .map(|at| Upcoming {
                    at,
                    change: Change::NewRules,
                })
                .into_iter()
                .collect(),
            requirement_set: None,
            policy: None,
            ended_by: ended.map(|ended| ended.fact),
        };
    };
    let owed = Owed::new(case, request, project_types, &facts, &rules, in_force, at);
    let requirements = owed.requirements();
    let approvals = Approvals {
        given,
        steps: owed.approval_steps(),
    };
    let approved = approvals.next().is_none();
    let all_met = requirements.as_ref().is_some_and(|requirements| {
        requirements
            .iter()
            .all(|standing| !standing.status.is_open())
    });
    let state = match ended {
        Some(ended) => ended.state,
        None if !approved => RequestState::Submitted,
        None if !all_met => RequestState::Onboarding,
        None => RequestState::Ready,
    };
    let mut needs = Vec::new();
    if let Some(step) = approvals.next() {
        needs.push(format!(
            "approval {} of {} is open: {}",
            approvals.given.len() + 1,
            approvals.steps.len(),
            approver_name(step)
        ));
    }
    if requirements.is_none() {
        needs.push(format!(
            "a policy that says what a `{}` request for `{}` owes",
            request.class.as_str(),
            request.license_type
        ));
    }
    let requirements = requirements.unwrap_or_default();
    for standing in requirements
        .iter()
        .filter(|standing| standing.status.is_open())
    {
        needs.extend(standing.missing.iter().cloned());
    }
    let mut upcoming = if ended.is_some() {
        Vec::new()
    } else {
        owed.upcoming(&requirements, &ends)
    };
    upcoming.sort_by_key(|upcoming| upcoming.at);
    RequestEvaluation {
        at: now,
        state,
        since: owed.since(
            &approvals,
            &requirements,
            state,
            ended.map(|ended| ended.at),
        ),
        needs: if ended.is_some() { Vec::new() } else { needs },
        requirements,
        approvals,
        upcoming,
        requirement_set: owed.set_code(),
        policy: Some(in_force.number),
        ended_by: ended.map(|ended| ended.fact),
    }
}

/// What whoever held a license owes, as it stands now, where the return ladder asks more of him than to be current.
pub(super) fn owed_on_return(case: &Case<'_>, period: &Period, now: Instant) -> Vec<Standing> {
    let rules = Rules::known_at(case.policies, case.organization, now);
    let (Some(in_force), Some(any)) = (rules.at(now), case.facts.first()) else {
        return Vec::new();
    };
    let known = case
        .facts
        .iter()
        .filter(|fact| fact.envelope.recorded_at <= now);
    let facts = standing_facts(known);
    // Asked as a returning request submitted now would be.
    let request = LicenseRequest {
        id: uuid::Uuid::nil().into(),
        implementation_id: any.implementation_id,
        organization_id: case.organization,
        person_id: any.person_id,
        license_type: period.license_type.clone(),
        class: RequestClass::Returning,
        job_role: period.job_role.clone(),
        projects: period.projects.clone(),
        attestations: Vec::new(),
        requester: any.envelope.recorded_by,
        requested_by: None,
        channel: any.envelope.channel,
        ticket_reference: None,
        submitted_at: now,
        recorded: RecordedState {
            state: RequestState::Submitted,
            next_change_at: None,
            generation: 0,
        },
        version: 1,
    };
    let project_types = period.project_types.iter().copied().collect();
    Owed::new(
        case,
        &request,
        &project_types,
        &facts,
        &rules,
        in_force,
        now,
    )
    .requirements()
    .unwrap_or_default()
}

fn approver_name(step: &ApprovalStep) -> String {
    match &step.by {
        Approver::Role { role } => format!("by {}", staff_role_name(*role)),
        Approver::Duty { duty } => format!("by the organization's {}", duty_name(*duty)),
        Approver::Contact { contact_id } => format!("by the contact {contact_id}"),
    }
}

fn staff_role_name(role: StaffRole) -> &'static str {
    match role {
        StaffRole::Supervisor => "a supervisor of the organization",
        StaffRole::AuthorizedSigner => "the organization's authorized signer",
        StaffRole::SystemAdmin => "a system administrator",
        StaffRole::Trainer => "a trainer",
        StaffRole::HelpDesk => "the help desk",
    }
}

fn duty_name(duty: ContactDuty) -> &'static str {
    match duty {
        ContactDuty::AuthorizedSigner => "authorized signer",
        ContactDuty::SecurityOfficer => "security officer",
        ContactDuty::BillingContact => "billing contact",
    }
}
