//! What recertification campaigns ask of a holder.

use super::super::asked::Asked;
use super::{Holder, Obligation, Owed};
use crate::domain::campaign::{CampaignItem, RunningCampaign, campaigns};
use crate::domain::fact::NoticeRule;
use crate::domain::policy::{CampaignRules, OnMiss, Party};
use crate::domain::requirement::RequirementKey;

impl Holder<'_> {
    pub(super) fn campaigns(&self) -> Vec<Obligation> {
        let Some(rules) = &self.license_type.campaigns else {
            return Vec::new();
        };
        campaigns(self.facts, Some(self.organization))
            .iter()
            .filter(|campaign| campaign.stands() && campaign.plan.opens_on <= self.today)
            .filter(|campaign| {
                let license_type = &self.period.license_type;
                campaign
                    .plan
                    .reaches(license_type, self.license_type, self.organization)
            })
            .flat_map(|campaign| {
                let items = campaign.plan.items.iter();
                items.filter_map(|item| self.of_campaign(campaign, item, rules))
            })
            .collect()
    }

    fn of_campaign(
        &self,
        campaign: &RunningCampaign<'_>,
        item: &CampaignItem,
        rules: &CampaignRules,
    ) -> Option<Obligation> {
        let plan = campaign.plan;
        let reaches_project = item.project_types.is_empty()
            || self
                .period
                .project_types
                .iter()
                .any(|kind| item.project_types.contains(kind));
        if !self.for_job_role(&item.job_roles) || !reaches_project {
            return None;
        }
        let evidence = item
            .done(self.facts, self.document, self.license_type, self.calendar)
            .into_iter()
            .find(|(on, _)| *on >= plan.counts_from_on)
            .map(|(_, facts)| facts)
            .unwrap_or_default();
        if !self.is_asked(campaign, item, !evidence.is_empty()) {
            return None;
        }
        let title = item.title(self.document);
        let policy = plan.on_miss.unwrap_or(rules.on_miss);
        Some(Obligation {
            asked_on: Some(plan.opens_on),
            ..self.obligation(Owed {
                key: RequirementKey::OfCampaign(campaign.id, Box::new(item.key())),
                missing: vec![format!(
                    "{title} is not done since {}, as {} asks",
                    plan.counts_from_on, plan.title
                )],
                title: format!("{title} ({})", plan.title),
                never_met: evidence.is_empty(),
                // Done, it is done for good.
                due_on: evidence.is_empty().then_some(campaign.deadline_on),
                evidence,
                who: vec![Party::EndUser],
                rule: NoticeRule::Campaign,
                on_miss: if campaign.suspends && policy == OnMiss::List {
                    OnMiss::Suspend
                } else {
                    policy
                },
                enforced_from: rules.enforced_from,
            })
        })
    }

    /// Whether the holder is of the population: his license had begun by its cut-off, or he joined later with a pass
    /// that predates the edition.
    fn is_asked(&self, campaign: &RunningCampaign<'_>, item: &CampaignItem, done: bool) -> bool {
        self.calendar.day(self.first_began) <= campaign.plan.cut_off_on
            || (!done && item.passed_before(self.facts))
    }
}
