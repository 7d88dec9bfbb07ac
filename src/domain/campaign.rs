//! Recertification campaigns: staff ask a population anew because the data elements changed, or anything else did
//! (domain, section 8).
//!
//! A campaign is recorded once for its implementation and read by each person like a fact of his own, and so is whatever
//! became of it: nothing of it is ever overwritten. Agreements have no place among its items: a new version of one asks
//! by itself.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::fact::{Fact, FactBody, FactKind};
use super::ids::{FactId, OrganizationId};
use super::policy::{LicenseKind, LicenseType, OnMiss, PolicyDocument};
use super::requirement::{Calendar, RequirementKey, Standard, acceptances, passes};

/// The most items of one campaign.
pub const MOST_ITEMS: u64 = 20;

/// What staff ask, of whom and by when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Campaign {
    /// How people know it: `HUD data elements FY2026`.
    pub title: String,
    /// Whose holders it asks. Empty: of every base type whose policy has rules for campaigns.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub license_types: BTreeSet<String>,
    /// At which organizations. Empty: at all.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub organizations: BTreeSet<OrganizationId>,
    pub items: Vec<CampaignItem>,
    /// The population: whose license had begun by the end of this local day.
    pub cut_off_on: NaiveDate,
    /// What was done on this local day or later counts.
    pub counts_from_on: NaiveDate,
    /// From this local day on it is owed.
    pub opens_on: NaiveDate,
    /// The last local day on which it is in time, unless it was extended.
    pub deadline_on: NaiveDate,
    /// What a miss does. Absent: what the policy of the license type says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_miss: Option<OnMiss>,
    /// Staff saw whom it would hit: many misses at once are no reason to halt.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub batch_approved: bool,
}

/// Something that a campaign asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignItem {
    pub asks: CampaignAsks,
    /// Only of these job roles. Empty: of all.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub job_roles: BTreeSet<String>,
    /// Only of holders who reach a project of these HUD types. Empty: of all.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub project_types: BTreeSet<u8>,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CampaignAsks {
    /// A course is passed.
    Course {
        course: String,
        /// The only edition that counts. Absent: the editions that the policy accepts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        edition: Option<String>,
    },
    /// A statement is made that something was read.
    Acknowledgement { code: String, title: String },
    /// A practice set is accepted.
    PracticeSet { practice_set: String },
}

/// A fault of a campaign: where, as a JSON pointer, and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CampaignFault {
    pub pointer: String,
    pub detail: String,
}

impl Campaign {
    /// Whether holders of a type at an organization are asked, under rules in force.
    #[must_use]
    pub fn reaches(
        &self,
        code: &str,
        license_type: &LicenseType,
        organization: OrganizationId,
    ) -> bool {
        let chosen = if self.license_types.is_empty() {
            matches!(license_type.license, LicenseKind::Base {})
        } else {
            self.license_types.contains(code)
        };
        chosen
            && license_type.campaigns.is_some()
            && (self.organizations.is_empty() || self.organizations.contains(&organization))
    }

    /// Whether any license type that it would ask has rules for campaigns.
    #[must_use]
    pub fn has_rules(&self, document: &PolicyDocument) -> bool {
        !self.license_types.is_empty()
            || document.license_types.values().any(|found| {
                found.campaigns.is_some() && matches!(found.license, LicenseKind::Base {})
            })
    }

    /// Every contradiction, under the rules in force on a local day.
    #[must_use]
    pub fn faults(&self, document: &PolicyDocument, today: NaiveDate) -> Vec<CampaignFault> {
        let mut faults = Vec::new();
        let mut fault = |pointer: String, detail: &str| {
            faults.push(CampaignFault {
                pointer,
                detail: detail.to_owned(),
            });
        };
        if self.deadline_on < self.opens_on {
            fault(
                "/deadline_on".into(),
                "lies before `opens_on`: a campaign ends after it opens",
            );
        }
        if self.deadline_on < today {
            fault(
                "/deadline_on".into(),
                "lies in the past: nobody could meet it",
            );
        }
        if self.opens_on < today {
            fault(
                "/opens_on".into(),
                "lies in the past: a campaign opens today or later; `counts_from_on` lets earlier training count",
            );
        }
        if self.counts_from_on > self.deadline_on {
            fault(
                "/counts_from_on".into(),
                "lies behind `deadline_on`: nothing could be done in time",
            );
        }
        if self.cut_off_on > self.deadline_on {
            fault(
                "/cut_off_on".into(),
                "lies behind `deadline_on`: whoever joins after the deadline has missed it already",
            );
        }
        for (place, code) in self.license_types.iter().enumerate() {
            match document.license_types.get(code) {
                None => fault(
                    format!("/license_types/{place}"),
                    "names no license type of the policy in force",
                ),
                Some(found) if found.campaigns.is_none() => fault(
                    format!("/license_types/{place}"),
                    "names a license type without `campaigns` in the policy in force: post a version that has them",
                ),
                Some(_) => {}
            }
        }
        if self.items.is_empty() {
            fault("/items".into(), "is empty: say what is asked");
        }
        let mut seen = BTreeSet::new();
        for (place, item) in self.items.iter().enumerate() {
            let at = format!("/items/{place}");
            match &item.asks {
                CampaignAsks::Course { course, .. } if !document.courses.contains_key(course) => {
                    fault(
                        format!("{at}/course"),
                        "names no course of the policy in force",
                    );
                }
                CampaignAsks::PracticeSet { practice_set }
                    if !document.practice_sets.contains_key(practice_set) =>
                {
                    fault(
                        format!("{at}/practice_set"),
                        "names no practice set of the policy in force",
                    );
                }
                _ => {}
            }
            if !seen.insert(item.key()) {
                fault(
                    at.clone(),
                    "asks for what an earlier item asks: list its job roles and project types there",
                );
            }
            if item
                .job_roles
                .iter()
                .any(|role| !document.job_roles.contains_key(role))
            {
                fault(
                    format!("{at}/job_roles"),
                    "names a job role that the policy in force does not have",
                );
            }
        }
        faults
    }
}

impl CampaignItem {
    /// What it asks, under the name that it has elsewhere.
    #[must_use]
    pub fn key(&self) -> RequirementKey {
        match &self.asks {
            CampaignAsks::Course { course, .. } => RequirementKey::Course(course.clone()),
            CampaignAsks::Acknowledgement { code, .. } => {
                RequirementKey::Acknowledgement(code.clone())
            }
            CampaignAsks::PracticeSet { practice_set } => {
                RequirementKey::Practice(practice_set.clone())
            }
        }
    }

    /// What to call it under some rules.
    #[must_use]
    pub fn title(&self, document: &PolicyDocument) -> String {
        match &self.asks {
            CampaignAsks::Course { course, edition } => {
                let title = document
                    .courses
                    .get(course)
                    .map_or(course.as_str(), |found| found.title.as_str());
                match edition {
                    Some(edition) => format!("{title}, edition {edition}"),
                    None => title.to_owned(),
                }
            }
            CampaignAsks::Acknowledgement { title, .. } => title.clone(),
            CampaignAsks::PracticeSet { practice_set } => document
                .practice_sets
                .get(practice_set)
                .map_or_else(|| practice_set.clone(), |found| found.title.clone()),
        }
    }

    /// When it was done, oldest first, each with the facts it consists of. One completion serves all organizations.
    #[must_use]
    pub fn done(
        &self,
        facts: &[&Fact],
        document: &PolicyDocument,
        license_type: &LicenseType,
        calendar: Calendar<'_>,
    ) -> Vec<(NaiveDate, Vec<FactId>)> {
        match &self.asks {
            CampaignAsks::Course { course, edition } => {
                let Some(mut found) = document.courses.get(course).cloned() else {
                    return Vec::new();
                };
                if edition.is_some() {
                    found.edition.clone_from(edition);
                    found.accepted_editions.clear();
                }
                let standard = Standard::of(&found, None);
                passes(facts, course, |_| std::iter::once(standard), calendar)
                    .into_iter()
                    .map(|(on, fact)| (on, vec![fact]))
                    .collect()
            }
            CampaignAsks::Acknowledgement { code, .. } => {
                let mut found: Vec<_> = facts
                    .iter()
                    .filter(|fact| {
                        matches!(&fact.body, FactBody::Acknowledged { acknowledgement } if acknowledgement == code)
                    })
                    .map(|fact| (calendar.day(fact.envelope.occurred_at), vec![fact.id]))
                    .collect();
                found.sort_unstable();
                found
            }
            CampaignAsks::PracticeSet { practice_set } => {
                let rules = license_type.practice.as_ref();
                let pass_mark = rules.and_then(|rules| rules.pass_mark);
                acceptances(facts, practice_set, pass_mark, calendar)
            }
        }
    }

    /// Whether the person passed its course as it was before: in another edition, or before anything counted.
    #[must_use]
    pub fn passed_before(&self, facts: &[&Fact]) -> bool {
        let CampaignAsks::Course { course, .. } = &self.asks else {
            return false;
        };
        facts.iter().any(|fact| {
            matches!(&fact.body, FactBody::TrainingCompleted { course: taken, outcome, .. }
                if taken == course && *outcome == super::fact::Outcome::Pass)
        })
    }
}

/// A campaign with what became of it, for one person at one organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunningCampaign<'f> {
    pub id: FactId,
    pub plan: &'f Campaign,
    /// The last local day in time, after every extension.
    pub deadline_on: NaiveDate,
    pub cancelled: bool,
    /// The person is excused.
    pub excused: bool,
    /// Staff decided that a miss suspends, though it is only listed otherwise.
    pub suspends: bool,
    /// 1, and one more for each thing that was decided about the whole of it.
    pub version: i32,
}

impl RunningCampaign<'_> {
    /// Whether it is still required of the person.
    #[must_use]
    pub fn stands(&self) -> bool {
        !self.cancelled && !self.excused
    }
}

/// The campaigns among facts that stand, oldest first; at an organization, or with what holds for all of them only.
#[must_use]
pub fn campaigns<'f>(
    facts: &[&'f Fact],
    organization: Option<OrganizationId>,
) -> Vec<RunningCampaign<'f>> {
    let mut found: Vec<RunningCampaign<'f>> = facts
        .iter()
        .filter_map(|fact| match &fact.body {
            FactBody::CampaignStarted(plan) => Some(RunningCampaign {
                id: fact.id,
                plan,
                deadline_on: plan.deadline_on,
                cancelled: false,
                excused: false,
                suspends: false,
                version: 1,
            }),
            _ => None,
        })
        .collect();
    if found.is_empty() {
        return found;
    }
    for fact in facts {
        let Some(id) = fact.body.of_campaign() else {
            continue;
        };
        let concerns = fact.organization_id.is_none() || fact.organization_id == organization;
        let Some(campaign) = found
            .iter_mut()
            .find(|campaign| campaign.id == id && concerns)
        else {
            continue;
        };
        match &fact.body {
            FactBody::CampaignExtended { deadline_on, .. } => {
                campaign.deadline_on = campaign.deadline_on.max(*deadline_on);
            }
            FactBody::CampaignCancelled { .. } => campaign.cancelled = true,
            FactBody::CampaignExcused { .. } => campaign.excused = true,
            FactBody::CampaignEnforced { .. } | FactBody::CampaignEnforcedForAll { .. } => {
                campaign.suspends = true;
            }
            _ => {}
        }
        if fact.body.kind().is_of_campaign_as_a_whole() {
            campaign.version = campaign.version.saturating_add(1);
        }
    }
    found
}

impl FactBody {
    /// The campaign that it decides something about.
    #[must_use]
    pub fn of_campaign(&self) -> Option<FactId> {
        match self {
            Self::CampaignExtended { campaign, .. }
            | Self::CampaignCancelled { campaign }
            | Self::CampaignEnforcedForAll { campaign }
            | Self::CampaignEnforced { campaign }
            | Self::CampaignExcused { campaign } => Some(*campaign),
            _ => None,
        }
    }
}

impl FactKind {
    /// Whether it decides about everybody whom a campaign asks.
    #[must_use]
    pub fn is_of_campaign_as_a_whole(self) -> bool {
        matches!(
            self,
            Self::CampaignExtended | Self::CampaignCancelled | Self::CampaignEnforcedForAll
        )
    }
}
