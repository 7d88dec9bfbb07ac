//! What another policy version would do: each license and request is judged by the versions there are, and by them with
//! the new one. Nothing here has rules of its own.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use super::{
    Case, End, EndCause, Evaluation, LicenseState, RequestEvaluation, evaluate, evaluate_request,
};
use crate::domain::calendar::Instant;
use crate::domain::fact::{DeactivationCause, NoticeRule};
use crate::domain::license::LicenseStatus;
use crate::domain::policy::PolicyVersion;
use crate::domain::request::LicenseRequest;
use crate::domain::requirement::{RequirementKey, Standing};

/// How far back ends are looked at that would not have happened.
const LOOKS_BACK: TimeDelta = TimeDelta::days(30);

/// What a new version would do to one license at its start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LicensePreview {
    /// A warning notice would be due that otherwise is not.
    pub warnable: bool,
    /// The state that the license would leave: back to `active` from a warning, or back from a suspension.
    pub restored_from: Option<LicenseStatus>,
    /// Access would end at that very instant: only where the version asks for no notice.
    pub loses_access: bool,
    /// Requirements that would be owed and are not.
    pub newly_owed: Vec<RequirementKey>,
    /// The end of the last 30 days that a rule brought about, and would not have under the new version.
    pub needless_end: Option<End>,
}

impl LicensePreview {
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// A version among those there are, posted or not.
#[derive(Clone, Copy)]
pub struct NewVersion<'a> {
    /// All versions, without it.
    pub before: &'a [PolicyVersion],
    /// All versions, with it.
    pub after: &'a [PolicyVersion],
    pub version: &'a PolicyVersion,
}

impl NewVersion<'_> {
    /// The versions as if the new one had been in force since an instant.
    fn since(&self, from: Instant) -> Vec<PolicyVersion> {
        self.after
            .iter()
            .filter(|other| other.id != self.version.id && other.effective_from < from)
            .cloned()
            .chain([PolicyVersion {
                effective_from: from,
                recorded_at: from,
                ..self.version.clone()
            }])
            .collect()
    }
}

/// What the new version would do to a license, or did.
#[must_use]
pub fn preview_license(case: &Case<'_>, new: NewVersion<'_>, now: Instant) -> LicensePreview {
    let from = new.version.effective_from;
    let unchanged = Case {
        policies: new.before,
        ..*case
    };
    let without = evaluate(&unchanged, from);
    let changed = Case {
        policies: new.after,
        ..*case
    };
    let with = evaluate(&changed, from);
    LicensePreview {
        warnable: is_warnable(&with) && !is_warnable(&without),
        restored_from: restored(&without, &with),
        loses_access: without.allowed() && !with.allowed(),
        newly_owed: newly_owed(&owed(&without), &owed(&with)),
        needless_end: needless_end(&changed, new, now),
    }
}

/// What the new version would newly ask of a request that is open.
#[must_use]
pub fn preview_request(
    case: &Case<'_>,
    new: NewVersion<'_>,
    request: &LicenseRequest,
    project_types: &BTreeSet<u8>,
) -> Vec<RequirementKey> {
    let from = new.version.effective_from;
    let judged = |case: &Case<'_>| -> RequestEvaluation {
        evaluate_request(case, request, project_types, from)
    };
    let without = judged(&Case {
        policies: new.before,
        ..*case
    });
    if !without.state.is_open() {
        return Vec::new();
    }
    let with = judged(&Case {
        policies: new.after,
        ..*case
    });
    newly_owed(&without.requirements, &with.requirements)
}

/// What a license and its running add-ons owe.
fn owed(license: &Evaluation) -> Vec<Standing> {
    let add_ons = license
        .add_ons
        .iter()
        .flat_map(|add_on| &add_on.requirements);
    license
        .requirements
        .iter()
        .chain(add_ons)
        .cloned()
        .collect()
}

/// Whether an inactivity notice is due that was not sent.
fn is_warnable(license: &Evaluation) -> bool {
    license.allowed()
        && license.notices.iter().any(|notice| {
            notice.rule == NoticeRule::Inactivity
                && notice.due_at <= license.at
                && notice.sent.is_none()
        })
}

fn restored(without: &Evaluation, with: &Evaluation) -> Option<LicenseStatus> {
    let before = without.status()?;
    match (before, with.status()?) {
        (LicenseStatus::Warned, LicenseStatus::Active)
        | (LicenseStatus::Suspended, LicenseStatus::Active | LicenseStatus::Warned) => Some(before),
        _ => None,
    }
}

fn newly_owed(without: &[Standing], with: &[Standing]) -> Vec<RequirementKey> {
    let open = |standings: &[Standing], key: &RequirementKey| {
        standings
            .iter()
            .any(|standing| standing.key == *key && standing.status.is_open())
    };
    with.iter()
        .filter(|standing| standing.status.is_open() && !open(without, &standing.key))
        .map(|standing| standing.key.clone())
        .collect()
}

/// An end that a rule brought about in the last 30 days before the version, and that with it in force for the whole of the
/// period would not have come, nor any other by then. Who has access again is not listed.
fn needless_end(case: &Case<'_>, new: NewVersion<'_>, now: Instant) -> Option<End> {
    let by = now.min(new.version.effective_from);
    let license = evaluate(case, now);
    let period = license.period()?;
    let end = period.end.as_ref().filter(|end| {
        end.fact.is_none() && by_policy(end.cause) && end.at <= by && end.at > by - LOOKS_BACK
    })?;
    let versions = new.since(period.counted_from);
    let otherwise = evaluate(
        &Case {
            policies: &versions,
            ..*case
        },
        by,
    );
    let ended = matches!(
        otherwise.state,
        None | Some(LicenseState::Deactivated(_) | LicenseState::Expired(_))
    );
    (!ended).then(|| end.clone())
}

/// Whether a rule of the policy ends licenses for this cause by itself.
fn by_policy(cause: EndCause) -> bool {
    use DeactivationCause as C;
    match cause {
        EndCause::TermEnded => true,
        EndCause::Deactivated(cause) => matches!(
            cause,
            C::Inactivity | C::RecertificationOverdue | C::AgreementLapsed | C::SuspensionTooLong
        ),
    }
}
