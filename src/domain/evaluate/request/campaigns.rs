//! What recertification campaigns ask of somebody who comes back: every one that is still required.

use super::item::{Candidate, Fails};
use super::owed::Owed;
use crate::domain::calendar::{Instant, start_of_day};
use crate::domain::campaign::{CampaignItem, RunningCampaign, campaigns};
use crate::domain::evaluate::asked::Asked;
use crate::domain::evaluate::{Change, Upcoming};
use crate::domain::fact::FactBody;
use crate::domain::policy::{LicenseType, OnLapse, Party, RequestClass};
use crate::domain::requirement::{Evidence, RequirementKey};

impl Owed<'_> {
    pub(super) fn campaigns(&self) -> Vec<Candidate> {
        let comes_back = matches!(
            self.request.class,
            RequestClass::Returning | RequestClass::Transfer
        );
        let found = self
            .in_force
            .document
            .license_types
            .get(&self.request.license_type);
        let Some(license_type) = found.filter(|found| comes_back && found.campaigns.is_some())
        else {
            return Vec::new();
        };
        let organization = self.case.organization;
        let today = self.calendar.day(self.at);
        campaigns(self.facts, Some(organization))
            .iter()
            .filter(|campaign| campaign.stands() && campaign.plan.opens_on <= today)
            .filter(|campaign| {
                campaign
                    .plan
                    .reaches(&self.request.license_type, license_type, organization)
            })
            .flat_map(|campaign| {
                let items = campaign.plan.items.iter();
                items.filter_map(|item| self.of_campaign(campaign, item, license_type))
            })
            .collect()
    }

    fn of_campaign(
        &self,
        campaign: &RunningCampaign<'_>,
        item: &CampaignItem,
        license_type: &LicenseType,
    ) -> Option<Candidate> {
        if !self.for_job_role(&item.job_roles) || !self.for_project_types(&item.project_types) {
            return None;
        }
        let (document, plan) = (self.in_force.document, campaign.plan);
        // It never asked whoever joined after its cut-off, unless the pass predates it.
        let first = self
            .facts
            .iter()
            .filter(|fact| matches!(fact.body, FactBody::Activated { .. }))
            .map(|fact| self.calendar.day(fact.acts_at()))
            .min();
        if first.is_none_or(|first| first > plan.cut_off_on) && !item.passed_before(self.facts) {
            return None;
        }
        let title = item.title(document);
        let done = item
            .done(self.facts, document, license_type, self.calendar)
            .into_iter()
            .filter(|(on, _)| *on >= plan.counts_from_on)
            .map(|(on, facts)| Evidence {
                facts,
                on,
                valid_through: None,
            })
            .collect();
        Some(Candidate {
            key: RequirementKey::OfCampaign(campaign.id, Box::new(item.key())),
            missing: vec![format!(
                "{title} is not done since {}, as {} asks of whoever returns",
                plan.counts_from_on, plan.title
            )],
            title: format!("{title} ({})", plan.title),
            step: None,
            initial: false,
            on_lapse: OnLapse::default(),
            waivable: true,
            done,
            partial: Vec::new(),
            who: vec![Party::EndUser],
            enforced_from: license_type
                .campaigns
                .as_ref()
                .and_then(|rules| rules.enforced_from),
            fails: Fails::default(),
            practice: None,
            project_types: item.project_types.clone(),
        })
    }

    /// The campaigns that open later.
    pub(super) fn openings(&self) -> impl Iterator<Item = Upcoming> {
        self.facts.iter().filter_map(|fact| {
            let FactBody::CampaignStarted(plan) = &fact.body else {
                return None;
            };
            let at: Instant = start_of_day(self.in_force.zone, plan.opens_on);
            Some(Upcoming {
                at,
                change: Change::NewRules,
            })
        })
    }
}
