//! What staff added to one request: it owes that besides its set, and the license that it began goes on owing it.

use chrono::NaiveDate;

use crate::domain::fact::{Fact, FactBody};
use crate::domain::ids::RequestId;
use crate::domain::policy::{
    AgreementRequirement, CourseRequirement, PracticeRequirement, RequirementSet,
};
use crate::domain::requirement::RequirementKey;

/// What was added to a request and is still asked on a local day.
pub(super) fn added<'f>(
    facts: impl Iterator<Item = &'f Fact>,
    request: RequestId,
    day: NaiveDate,
) -> impl Iterator<Item = RequirementKey> {
    facts
        .filter(move |fact| fact.request_id == Some(request))
        .filter_map(move |fact| match &fact.body {
            FactBody::RequirementAdded {
                requirement,
                until_on,
            } if until_on.is_none_or(|last| day <= last) => RequirementKey::parse(requirement),
            _ => None,
        })
}

/// Makes a set ask for something in any case, also where it asks it of some people only.
pub(super) fn ask(set: &mut RequirementSet, key: &RequirementKey) {
    match key {
        RequirementKey::Agreement(code) => {
            let found = set
                .agreements
                .extract_if(.., |known| known.agreement == *code);
            let mut extra = found
                .last()
                .unwrap_or_else(|| AgreementRequirement::plain(code));
            extra.job_roles.clear();
            set.agreements.push(extra);
        }
        RequirementKey::Course(code) => {
            let found = set.courses.extract_if(.., |known| known.course == *code);
            let mut extra = found
                .last()
                .unwrap_or_else(|| CourseRequirement::plain(code));
            extra.job_roles.clear();
            extra.project_types.clear();
            extra.absence_at_least = None;
            set.courses.push(extra);
        }
        RequirementKey::Practice(code) => {
            let found = set
                .practice
                .extract_if(.., |known| known.practice_set == *code);
            let mut extra = found
                .last()
                .unwrap_or_else(|| PracticeRequirement::plain(code));
            extra.job_roles.clear();
            extra.absence_at_least = None;
            set.practice.push(extra);
        }
        _ => {}
    }
}
