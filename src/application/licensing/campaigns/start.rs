//! A campaign starts.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::{CampaignShown, in_force, known, shown};
use crate::application::actor::{Action, Scope};
use crate::application::implementation_facts::{keep_for_all, shown_facts};
use crate::application::licensing::reporting::{Reported, needed_reason};
use crate::application::page::{Paging, Slice};
use crate::application::ports::View;
use crate::application::roster::Faults;
use crate::application::visible::visible_implementation;
use crate::application::{Error, Fault, Rx, Tx};
use crate::domain::calendar::{Instant, local_day};
use crate::domain::campaign::Campaign;
use crate::domain::error::Rejection;
use crate::domain::fact::{FactBody, FactKind};
use crate::domain::ids::{FactId, ImplementationId};

/// A campaign as staff start it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCampaign {
    pub implementation_id: ImplementationId,
    pub plan: Campaign,
    pub reported: Reported,
}

/// Refuses a campaign with every fault that it has.
pub(super) fn check(view: &mut dyn View, new: &NewCampaign, now: Instant) -> Result<(), Error> {
    let version = in_force(view, new.implementation_id, now)?;
    let zone = version.document.zone().ok_or(Error::NoPolicy)?;
    let mut faults: Vec<Fault> = new
        .plan
        .faults(&version.document, local_day(zone, now))
        .into_iter()
        .map(|fault| Fault::at(fault.pointer, fault.detail))
        .collect();
    for (place, id) in new.plan.organizations.iter().enumerate() {
        let found = view.organization(*id)?;
        if found.is_none_or(|found| found.implementation_id != new.implementation_id) {
            faults.push(Fault::at(
                format!("/organization_ids/{place}"),
                "names no organization you may know of",
            ));
        }
    }
    let mut all = Faults::new();
    all.extend(faults);
    all.gather(needed_reason(&new.reported))?;
    all.check()?;
    if new.plan.has_rules(&version.document) {
        Ok(())
    } else {
        let needs = vec![
            "a policy version in force that has `campaigns` under a base license type".to_owned(),
        ];
        Err(Rejection::needing("without_campaign_rules", "start a campaign", needs).into())
    }
}

/// Starts a campaign. Everybody's recorded state becomes due for a new evaluation.
///
/// # Errors
/// `Invalid` with every contradiction, `NoPolicy` where there is none to start it under.
pub fn start_campaign(tx: &mut Tx<'_>, new: &NewCampaign) -> Result<CampaignShown, Error> {
    let id = new.implementation_id;
    visible_implementation(tx.unit, tx.actor, id, "/implementation_id")?;
    tx.authorize(Action::ManageCampaign, Scope::implementation(id))?;
    tx.unit.lock_implementation(id)?;
    check(tx.unit, new, tx.now)?;
    let body = FactBody::CampaignStarted(Box::new(new.plan.clone()));
    let campaign = keep_for_all(tx, id, &new.reported, body)?.id;
    let facts = tx.unit.facts_of_implementation(id)?;
    let version = in_force(tx.unit, id, tx.now)?;
    shown(&facts, campaign, &version, tx.now).ok_or(Error::NotFound)
}

/// One campaign.
pub fn campaign(rx: &mut Rx<'_>, id: FactId) -> Result<CampaignShown, Error> {
    let implementation = known(rx, id)?.implementation_id;
    let facts = rx.view.facts_of_implementation(implementation)?;
    let version = in_force(rx.view, implementation, rx.now)?;
    shown(&facts, id, &version, rx.now).ok_or(Error::NotFound)
}

/// A page of campaigns.
pub fn campaigns(
    rx: &mut Rx<'_>,
    implementation: Option<ImplementationId>,
    paging: Paging,
) -> Result<Slice<CampaignShown>, Error> {
    let now = rx.now;
    let mut rules = BTreeMap::new();
    let of = (Action::ReadCampaign, FactKind::CampaignStarted);
    shown_facts(rx, of, implementation, paging, |view, facts, fact| {
        let version = match rules.entry(fact.implementation_id) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(in_force(view, fact.implementation_id, now)?),
        };
        Ok(shown(facts, fact.id, version, now))
    })
}
