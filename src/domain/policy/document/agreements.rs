//! Agreements: documents a person or an organization must sign.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::once::is_default;
use super::{OnMiss, YearlyDate};
use crate::domain::calendar::Length;

/// A document that must be signed. It is fully executed when every party signed the current version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agreement {
    /// What the document is called.
    pub title: String,
    /// The current version's label. A policy version that changes it starts `new_version_days`.
    pub version: String,
    /// Whether a person signs it for an organization, or the organization itself does.
    #[serde(default, skip_serializing_if = "is_default")]
    pub scope: AgreementScope,
    /// Who must sign.
    pub parties: BTreeSet<Party>,
    /// How long a signature holds. Absent: until a new version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validity: Option<AgreementValidity>,
    /// Calendar days in which holders must sign a new version.
    pub new_version_days: u16,
    /// What follows for a license when the agreement lapses or its new version stays unsigned.
    pub on_lapse: OnMiss,
}

/// On whom an agreement rests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgreementScope {
    /// A person at an organization.
    #[default]
    Person,
    /// An organization.
    Organization,
}

/// Who signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// The person the license is for.
    EndUser,
    /// A supervisor of the organization.
    Supervisor,
    /// The organization's authorized signer.
    AuthorizedSigner,
    /// The HMIS lead.
    Lead,
    /// A supervisor or the authorized signer of the organization; where the person is the only one of them,
    /// the lead's countersignature replaces it.
    Agency,
}

/// How long a signature holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum AgreementValidity {
    /// A length from the day the agreement was fully executed.
    Rolling {
        /// The length, months as a rule.
        length: Length,
    },
    /// Until a fixed date of the year, for everybody the same.
    Yearly {
        /// The date with its opening and its cut-off for newcomers.
        date: YearlyDate,
    },
}

/// What a license type states otherwise about an agreement. What is absent stays as the agreement says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgreementTerms {
    /// Who must sign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parties: Option<BTreeSet<Party>>,
    /// How long a signature holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validity: Option<AgreementValidity>,
    /// Calendar days in which holders must sign a new version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_version_days: Option<u16>,
    /// What follows for a license when the agreement lapses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_lapse: Option<OnMiss>,
}

impl AgreementTerms {
    pub(super) fn over(&self, base: &Agreement) -> Agreement {
        Agreement {
            parties: self.parties.clone().unwrap_or_else(|| base.parties.clone()),
            validity: self.validity.clone().or_else(|| base.validity.clone()),
            new_version_days: self.new_version_days.unwrap_or(base.new_version_days),
            on_lapse: self.on_lapse.unwrap_or(base.on_lapse),
            ..base.clone()
        }
    }
}
