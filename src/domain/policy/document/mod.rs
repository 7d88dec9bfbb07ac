//! The policy document as it is posted, stored and shown.
//!
//! Every rule has one place. Optional things are omitted when absent; variants are told apart by `kind`.

mod agreements;
mod courses;
mod ends;
mod fees;
mod groups;
mod inactivity;
mod license_type;
mod onboarding;
mod once;
mod organizations;
mod practice;
mod renewal;
mod requests;
mod requirements;
mod seats;
mod standing;
mod violations;

use std::collections::BTreeMap;

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::domain::calendar::Holidays;

pub use agreements::{Agreement, AgreementScope, AgreementTerms, AgreementValidity, Party};
pub use courses::{Course, Validity};
pub use ends::{
    EndsOfNeed, HoldCause, LastProjectRemoved, MaximumSuspension, NoticeRules, NoticedEnd,
    ProjectRules, SuspensionRules, ThenDeactivateOrList, ThenSuspendOrList, Undeliverable,
};
pub use fees::{
    Currency, FeeBasis, FeeEnd, FeeLine, FeeRules, FeeTerm, Money, Payer, PayerShare, Proration,
    Unpaid, UnpaidAction,
};
pub(in crate::domain::policy) use groups::NOT_BY_GROUP;
pub use groups::{GroupOverride, Membership, OrganizationGroup};
pub use inactivity::{
    AbsenceOf, Inactivity, LadderRung, LoginServes, OffAction, OffRule, Recipient, Return, Step,
};
pub use license_type::{LicenseKind, LicenseType};
pub use onboarding::{Deadline, DeadlineGoal, DeadlineMiss, DeadlineStart, Onboarding};
pub use organizations::{
    ContactDuty, OrganizationItem, OrganizationObligation, OrganizationRules, WhileMissing,
};
pub use practice::{PracticeRelease, PracticeRules, PracticeSet};
pub use renewal::{
    CampaignRules, CountsFrom, MonthDay, OnMiss, Recertification, RecertificationItem, Renewer,
    Schedule, Term, TermEnd, YearlyDate,
};
pub use requests::{
    Activation, ActivationBy, ApprovalStep, Approver, Attestation, Confirmation, RequestRules,
    RequestSource, Requester, StaffRole, WorkEmail,
};
pub use requirements::{
    AgreementRequirement, Binds, ClassRule, CourseRequirement, EvidenceFrom, OnLapse,
    PracticeRequirement, RequestClass, RequirementClasses, RequirementSet,
};
pub use seats::{AfterEnd, CapScope, NoneFree, SeatCap, SeatKept, SeatNeeded, SeatRules};
pub use standing::{ConditionMiss, ConditionSubject, Side, StandingCondition};
pub use violations::{Consequence, Cure, Offence, SuspensionThen, ViolationKind, ViolationRules};

/// All rules of one implementation, as one version of its policy states them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyDocument {
    /// IANA name of the zone whose calendar every day count runs on, for example `America/Detroit`.
    pub time_zone: String,
    /// Which days are no business days, besides weekends.
    pub holidays: Holidays,
    /// Job roles a request may carry: code to title. Rules that differ by job role name these codes.
    #[serde(
        default,
        deserialize_with = "once::map",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub job_roles: BTreeMap<String, String>,
    /// Workflows of the HMIS (street outreach, shelter, ...) with the project types that use them.
    #[serde(
        default,
        deserialize_with = "once::map",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub workflows: BTreeMap<String, Workflow>,
    /// Base license types and add-ons, by code.
    #[serde(deserialize_with = "once::map")]
    pub license_types: BTreeMap<String, LicenseType>,
    /// Courses, by code.
    #[serde(
        default,
        deserialize_with = "once::map",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub courses: BTreeMap<String, Course>,
    /// Agreements, by code.
    #[serde(
        default,
        deserialize_with = "once::map",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub agreements: BTreeMap<String, Agreement>,
    /// Sets of practice cases, by code.
    #[serde(
        default,
        deserialize_with = "once::map",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub practice_sets: BTreeMap<String, PracticeSet>,
    /// Who may request a license, and the way from submission to activation.
    pub requests: RequestRules,
    /// What an organization keeps current.
    #[serde(default, skip_serializing_if = "OrganizationRules::is_empty")]
    pub organizations: OrganizationRules,
    /// Notice before automatic ends and suspensions.
    #[serde(default, skip_serializing_if = "NoticeRules::is_default")]
    pub notices: NoticeRules,
    /// How soon an end of need must be reported.
    pub ends_of_need: EndsOfNeed,
    /// What follows when projects are removed or closed.
    pub projects: ProjectRules,
    /// How long a license may stay suspended.
    pub suspension: SuspensionRules,
    /// The paid vendor places.
    pub seats: SeatRules,
    /// Offences and their consequences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub violations: Option<ViolationRules>,
    /// What is owed for licenses, seats and trainings. Absent: not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fees: Option<FeeRules>,
    /// Which acts need a second person.
    #[serde(default, skip_serializing_if = "TwoPersons::is_default")]
    pub two_persons: TwoPersons,
    /// Named, dated groups of organizations (a Continuum of Care, a region), by code.
    #[serde(
        default,
        deserialize_with = "once::map",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub organization_groups: BTreeMap<String, OrganizationGroup>,
    /// Rules that differ for a group.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<GroupOverride>,
}

impl PolicyDocument {
    /// The zone of the implementation, or nothing where the document names none that exists (which
    /// validation refuses).
    #[must_use]
    pub fn zone(&self) -> Option<Tz> {
        self.time_zone.parse().ok()
    }

    /// The rules of an agreement for holders of one license type: the agreement's own, and where the type
    /// states otherwise, the type's.
    #[must_use]
    pub fn agreement_for(&self, license_type: &str, agreement: &str) -> Option<Agreement> {
        let base = self.agreements.get(agreement)?;
        let terms = self
            .license_types
            .get(license_type)
            .and_then(|found| found.agreement_terms.get(agreement));
        Some(match terms {
            Some(terms) => terms.over(base),
            None => base.clone(),
        })
    }

    /// The request rules for a license type: its own, else the implementation's.
    #[must_use]
    pub fn requests_for(&self, license_type: &str) -> &RequestRules {
        self.license_types
            .get(license_type)
            .and_then(|found| found.requests.as_ref())
            .unwrap_or(&self.requests)
    }

    /// The shortest notice before an automatic end of this kind for a license type.
    #[must_use]
    pub fn notice_before(
        &self,
        end: NoticedEnd,
        license_type: &str,
    ) -> crate::domain::calendar::Length {
        let grace = match end {
            NoticedEnd::Inactivity => self
                .license_types
                .get(license_type)
                .and_then(|found| found.inactivity.as_ref())
                .and_then(|inactivity| inactivity.off_rule.as_ref())
                .map(|rule| rule.grace),
            _ => None,
        };
        self.notices.minimum_for(end, grace)
    }

    /// The kinds of activity that restart the inactivity clock of any license type, for any group of organizations.
    pub fn activities(&self) -> impl Iterator<Item = &str> {
        let own = self
            .license_types
            .values()
            .filter_map(|license_type| license_type.inactivity.as_ref())
            .flat_map(|rule| &rule.restarted_by)
            .map(String::as_str);
        let overridden = self
            .overrides
            .iter()
            .filter_map(|change| change.changes.get("license_types")?.as_object())
            .flat_map(|types| types.values())
            .filter_map(|license_type| license_type.pointer("/inactivity/restarted_by")?.as_array())
            .flatten()
            .filter_map(serde_json::Value::as_str);
        own.chain(overridden)
    }

    /// Whether an activity of a kind restarts the inactivity clock of a license type.
    #[must_use]
    pub fn restarted_by(&self, license_type: &str, activity: &str) -> bool {
        self.license_types
            .get(license_type)
            .and_then(|found| found.inactivity.as_ref())
            .is_some_and(|rule| rule.restarted_by.contains(activity))
    }

    /// Whether inactivity may end a license of which nobody was ever told, for some type: no warning steps and no
    /// shortest notice. What groups of organizations override is not looked into: it may.
    #[must_use]
    pub fn cuts_off_without_notice(&self) -> bool {
        let overridden = self.overrides.iter().any(|change| {
            ["license_types", "notices"]
                .iter()
                .any(|rule| change.changes.contains_key(*rule))
        });
        overridden
            || self.license_types.iter().any(|(code, license_type)| {
                let inactivity = license_type.inactivity.as_ref();
                // The first login after a return is due without one.
                if inactivity.is_some_and(|rule| rule.first_login_within.is_some()) {
                    return true;
                }
                let off = inactivity.and_then(|rule| rule.off_rule.as_ref());
                off.is_some_and(|rule| {
                    rule.steps.is_empty()
                        && self.notice_before(NoticedEnd::Inactivity, code).is_zero()
                })
            })
    }
}

/// A way of working in the HMIS, learnt and practised as one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Workflow {
    /// What people call it.
    pub title: String,
    /// HUD project type numbers (HMIS data element 2.02.6: 0 emergency shelter, 4 street outreach, ...).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub project_types: Vec<u8>,
}

impl Workflow {
    /// Whether one of these project types uses it. A workflow that names no types is everybody's.
    #[must_use]
    pub fn concerns<'t>(&self, mut project_types: impl Iterator<Item = &'t u8>) -> bool {
        self.project_types.is_empty() || project_types.any(|kind| self.project_types.contains(kind))
    }
}

/// Acts that need a second person besides the one who asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TwoPersons {
    /// Posting a policy version.
    #[serde(default)]
    pub policy_versions: bool,
    /// Barring a person.
    #[serde(default)]
    pub bars: bool,
    /// Lifting a bar.
    #[serde(default)]
    pub lifting_bars: bool,
    /// Sealing a go-live.
    #[serde(default)]
    pub go_live_seal: bool,
}

impl TwoPersons {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}
