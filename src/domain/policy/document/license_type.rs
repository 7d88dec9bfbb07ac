//! License types: base types and the add-ons that depend on them.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::once;
use super::requirements::RequirementSets;
use super::{
    AgreementTerms, CampaignRules, ClassRule, Inactivity, Onboarding, PracticeRules,
    Recertification, RequestClass, RequestRules, RequirementClasses, RequirementSet,
    StandingCondition, Term,
};

/// A type of license with the rules that hold for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LicenseType {
    /// What people call it.
    pub title: String,
    /// Base type or add-on.
    pub license: LicenseKind,
    /// Requirement sets, by code.
    #[serde(deserialize_with = "once::map")]
    pub requirement_sets: RequirementSets,
    /// Which set each class of request owes.
    pub classes: RequirementClasses,
    /// Months since an end at another organization for which a request counts as a transfer. Absent: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfer_within_months: Option<u16>,
    /// Request rules instead of the implementation's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests: Option<RequestRules>,
    /// What this type states otherwise about agreements, by agreement.
    #[serde(
        default,
        deserialize_with = "once::map",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub agreement_terms: BTreeMap<String, AgreementTerms>,
    /// How practice runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub practice: Option<PracticeRules>,
    /// Deadlines on the way to activation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub onboarding: Option<Onboarding>,
    /// What follows when nobody logs in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inactivity: Option<Inactivity>,
    /// When a license expires unless it is renewed. Absent: it has no term.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub term: Option<Term>,
    /// Recurring recertification. Absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recertification: Option<Recertification>,
    /// Rules for campaigns that staff start. Absent: campaigns do not reach holders of this type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaigns: Option<CampaignRules>,
    /// Measures that must keep a side of a threshold, by code.
    #[serde(
        default,
        deserialize_with = "once::map",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub standing_conditions: BTreeMap<String, StandingCondition>,
}

impl LicenseType {
    /// Whether this is a base type.
    #[must_use]
    pub const fn is_base(&self) -> bool {
        matches!(self.license, LicenseKind::Base {})
    }

    /// The set a class of request owes as written, before any return ladder is asked: its code and the set.
    /// Nothing where the type states none for the class (which validation refuses for classes it can meet).
    #[must_use]
    pub fn set_for(&self, class: RequestClass) -> Option<(&str, &RequirementSet)> {
        let rule = match self.classes.rule(class)? {
            ClassRule::SameAs { class } => self.classes.rule(*class)?,
            rule => rule,
        };
        let code = match rule {
            ClassRule::Set { set } => set,
            ClassRule::ReturnLadder { otherwise } => otherwise,
            ClassRule::SameAs { .. } => return None,
        };
        let (code, set) = self.requirement_sets.get_key_value(code)?;
        Some((code.as_str(), set))
    }
}

/// Base type or add-on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum LicenseKind {
    /// A license of its own: one per person and organization.
    Base {},
    /// Depends on a base license, and is on only while that gives access.
    AddOn {
        /// Codes of base types, any of which carries it.
        depends_on: BTreeSet<String>,
    },
}
