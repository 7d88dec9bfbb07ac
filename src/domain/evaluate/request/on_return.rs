//! What somebody owes who comes back.

use std::cell::OnceCell;

use super::super::rules::Rules;
use super::super::{Case, Period};
use super::held::Held;
use super::item::Resets;
use super::owed::{Ground, Owed};
use crate::domain::calendar::Instant;
use crate::domain::fact::Reporter;
use crate::domain::policy::RequestClass;
use crate::domain::request::{LicenseRequest, RecordedState, RequestState};
use crate::domain::requirement::{Standing, standing_facts};

/// What whoever held a license owes, as it stands now, where the return ladder asks more of him than to be current.
pub(in super::super) fn owed_on_return(
    case: &Case<'_>,
    period: &Period,
    now: Instant,
) -> Vec<Standing> {
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
        source: None,
        channel: any.envelope.channel,
        ticket_reference: None,
        reported_at: now,
        reported_by: Reporter::Recorder,
        reason: None,
        submitted_at: now,
        recorded: RecordedState {
            state: RequestState::Submitted,
            next_change_at: None,
            generation: 0,
        },
        version: 1,
    };
    let project_types = period.project_types.iter().copied().collect();
    let license = OnceCell::new();
    let ground = Ground {
        case,
        request: &request,
        project_types: &project_types,
        rules: &rules,
        in_force,
        license: &license,
    };
    let (held, resets) = (Held::default(), Resets::default());
    Owed::new(ground, &facts, now, &held, &resets)
        .items()
        .into_iter()
        .flatten()
        .map(|item| item.standing)
        .collect()
}
