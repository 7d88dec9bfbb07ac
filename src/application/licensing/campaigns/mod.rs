//! Recertification campaigns: staff start them, decide what becomes of them, and see whom they ask.

mod decide;
mod people;
mod start;

pub use decide::{
    cancel_campaign, enforce_campaign, excuse_from_campaign, extend_campaign, suspend_for_campaign,
};
pub use people::{Asked, AskedStanding, CampaignPreview, asked, preview_campaign};
pub use start::{NewCampaign, campaign, campaigns, start_campaign};

use crate::application::Error;
use crate::application::actor::{Action, Scope};
use crate::application::implementation_facts::named_fact;
use crate::application::ports::View;
use crate::application::{Rx, Tx};
use crate::domain::calendar::{Instant, local_day, start_of_day};
use crate::domain::campaign::{Campaign, RunningCampaign};
use crate::domain::fact::{Fact, FactBody, FactKind, ImplementationFact};
use crate::domain::ids::{FactId, ImplementationId};
use crate::domain::policy::{PolicyVersion, Timeline};

/// Where a campaign stands in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CampaignStatus {
    /// It opens later.
    Scheduled,
    Open,
    /// Its deadline has passed; it is still required.
    Over,
    Cancelled,
}

/// A campaign as it stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CampaignShown {
    pub fact: ImplementationFact,
    pub plan: Campaign,
    pub status: CampaignStatus,
    pub deadline_on: chrono::NaiveDate,
    /// Staff decided that whoever misses it is suspended.
    pub suspends: bool,
    /// What was decided about the whole of it, oldest first.
    pub decisions: Vec<ImplementationFact>,
    pub version: i32,
}

/// A campaign of an implementation, among all facts of it.
fn shown(
    facts: &[ImplementationFact],
    id: FactId,
    version: &PolicyVersion,
    now: Instant,
) -> Option<CampaignShown> {
    let fact = facts.iter().find(|fact| fact.id == id)?;
    let FactBody::CampaignStarted(plan) = &fact.body else {
        return None;
    };
    let read = ImplementationFact::read_by_nobody(facts);
    let read: Vec<&Fact> = read.iter().collect();
    let running = crate::domain::campaign::campaigns(&read, None);
    let running: &RunningCampaign<'_> = running.iter().find(|running| running.id == id)?;
    let zone = version.document.zone()?;
    let today = local_day(zone, now);
    let status = if running.cancelled {
        CampaignStatus::Cancelled
    } else if start_of_day(zone, plan.opens_on) > now {
        CampaignStatus::Scheduled
    } else if today <= running.deadline_on {
        CampaignStatus::Open
    } else {
        CampaignStatus::Over
    };
    Some(CampaignShown {
        plan: (**plan).clone(),
        status,
        deadline_on: running.deadline_on,
        suspends: running.suspends,
        decisions: facts
            .iter()
            .filter(|fact| fact.about() == Some(id))
            .cloned()
            .collect(),
        version: running.version,
        fact: fact.clone(),
    })
}

/// The policy version in force in an implementation.
fn in_force(
    view: &mut dyn View,
    implementation: ImplementationId,
    now: Instant,
) -> Result<PolicyVersion, Error> {
    let timeline = Timeline::new(view.policy_versions(implementation)?);
    timeline.in_force_at(now).cloned().ok_or(Error::NoPolicy)
}

/// The campaign of an id, where the reader may know of it.
fn known(rx: &mut Rx<'_>, id: FactId) -> Result<ImplementationFact, Error> {
    let fact = named_fact(rx.view, FactKind::CampaignStarted, id)?;
    rx.authorize(
        Action::ReadCampaign,
        Scope::implementation(fact.implementation_id),
    )?;
    Ok(fact)
}

/// The campaign of an id as it stands, with its implementation locked: of two decisions the second sees the first.
fn locked(tx: &mut Tx<'_>, id: FactId) -> Result<CampaignShown, Error> {
    let implementation = named_fact(tx.view(), FactKind::CampaignStarted, id)?.implementation_id;
    tx.authorize(
        Action::ManageCampaign,
        Scope::implementation(implementation),
    )?;
    tx.unit.lock_implementation(implementation)?;
    let facts = tx.unit.facts_of_implementation(implementation)?;
    let version = in_force(tx.unit, implementation, tx.now)?;
    shown(&facts, id, &version, tx.now).ok_or(Error::NotFound)
}
