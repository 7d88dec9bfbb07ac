//! What becomes of a campaign: extended, cancelled, enforced; and of single people: excused, suspended.

use chrono::NaiveDate;

use super::{CampaignShown, CampaignStatus, in_force, locked, shown};
use crate::application::actor::{Action, Scope};
use crate::application::implementation_facts::keep_for_all;
use crate::application::licensing::dossier::Dossier;
use crate::application::licensing::licenses::no_duplicate;
use crate::application::licensing::reporting::{
    About, Reported, needed_reason, not_oneself, record,
};
use crate::application::roster::expect_version;
use crate::application::visible::person_of;
use crate::application::{Error, Tx};
use crate::domain::calendar::{Precision, local_day};
use crate::domain::campaign;
use crate::domain::error::Rejection;
use crate::domain::fact::{Fact, FactBody};
use crate::domain::ids::{FactId, LicenseId, PersonId};
use crate::domain::requirement::standing_facts;

/// A campaign that is not cancelled, at the version that the caller acted upon.
fn current(
    tx: &mut Tx<'_>,
    id: FactId,
    expected: i32,
    action: &'static str,
) -> Result<CampaignShown, Error> {
    let campaign = locked(tx, id)?;
    expect_version(expected, campaign.version)?;
    if campaign.status == CampaignStatus::Cancelled {
        return Err(Rejection::never("cancelled", action).into());
    }
    Ok(campaign)
}

fn decide(
    tx: &mut Tx<'_>,
    campaign: &CampaignShown,
    reported: &Reported,
    body: FactBody,
) -> Result<CampaignShown, Error> {
    let implementation = campaign.fact.implementation_id;
    keep_for_all(tx, implementation, reported, body)?;
    let facts = tx.unit.facts_of_implementation(implementation)?;
    let version = in_force(tx.unit, implementation, tx.now)?;
    shown(&facts, campaign.fact.id, &version, tx.now).ok_or(Error::NotFound)
}

/// Moves the deadline to a later day: what it took away too early comes back.
pub fn extend_campaign(
    tx: &mut Tx<'_>,
    id: FactId,
    expected: i32,
    deadline_on: NaiveDate,
    reported: &Reported,
) -> Result<CampaignShown, Error> {
    let campaign = current(tx, id, expected, "extend")?;
    needed_reason(reported)?;
    let version = in_force(tx.unit, campaign.fact.implementation_id, tx.now)?;
    let today = version.document.zone().map(|zone| local_day(zone, tx.now));
    if deadline_on <= campaign.deadline_on {
        return Err(Error::invalid(
            "/deadline_on",
            "is not later than the deadline there is: a deadline that was announced is never shortened",
        ));
    }
    if today.is_some_and(|today| deadline_on < today) {
        return Err(Error::invalid(
            "/deadline_on",
            "lies in the past: nobody could meet it",
        ));
    }
    let body = FactBody::CampaignExtended {
        campaign: id,
        deadline_on,
    };
    decide(tx, &campaign, reported, body)
}

/// Calls a campaign off: every hold that it opened is lifted, and ends that it brought about are contested.
pub fn cancel_campaign(
    tx: &mut Tx<'_>,
    id: FactId,
    expected: i32,
    reported: &Reported,
) -> Result<CampaignShown, Error> {
    let campaign = current(tx, id, expected, "cancel")?;
    needed_reason(reported)?;
    let body = FactBody::CampaignCancelled { campaign: id };
    decide(tx, &campaign, reported, body)
}

/// Whoever misses it is suspended until it is done, though the policy only lists misses.
pub fn enforce_campaign(
    tx: &mut Tx<'_>,
    id: FactId,
    expected: i32,
    reported: &Reported,
) -> Result<CampaignShown, Error> {
    let campaign = current(tx, id, expected, "suspend-all")?;
    needed_reason(reported)?;
    if campaign.suspends {
        return Err(Rejection::never("enforced", "suspend-all").into());
    }
    let body = FactBody::CampaignEnforcedForAll { campaign: id };
    decide(tx, &campaign, reported, body)
}

/// The same for the holder of one license.
pub fn suspend_for_campaign(
    tx: &mut Tx<'_>,
    id: FactId,
    expected: i32,
    license: LicenseId,
    reported: &Reported,
) -> Result<CampaignShown, Error> {
    let campaign = current(tx, id, expected, "suspend")?;
    needed_reason(reported)?;
    let implementation = campaign.fact.implementation_id;
    let unknown = || Error::invalid("/license_id", "names no license you may know of");
    let license = tx
        .unit
        .license(license)?
        .filter(|license| license.implementation_id == implementation)
        .ok_or_else(unknown)?;
    no_duplicate(&license, Action::ManageCampaign)?;
    not_oneself(tx, license.person_id, "somebody else decides this")?;
    tx.lock_person(license.person_id)?;
    let mut dossier = Dossier::load(tx.unit, license.person_id, &[])?.ok_or(Error::NotFound)?;
    let evaluation = dossier.license_at(license.organization_id, tx.now);
    let owed = evaluation
        .requirements
        .iter()
        .any(|standing| standing.key.campaign() == Some(id) && standing.status.is_open());
    if !owed {
        return Err(Rejection::needing(
            evaluation
                .status()
                .map_or("never_active", |state| state.as_str()),
            "suspend",
            vec!["something that the campaign asks and that is not done".to_owned()],
        )
        .into());
    }
    let standing = standing_facts(dossier.facts.iter());
    let running = campaign::campaigns(&standing, Some(license.organization_id));
    if running
        .iter()
        .any(|running| running.id == id && running.suspends)
    {
        return Err(Rejection::never("enforced", "suspend").into());
    }
    let now = (tx.now, Precision::Instant);
    let envelope = reported.envelope(tx, implementation, now)?;
    let about = About {
        organization: Some(license.organization_id),
        request: None,
        license: Some(license.id),
    };
    let body = FactBody::CampaignEnforced { campaign: id };
    record(tx, &mut dossier, about, envelope, body)?;
    Ok(campaign)
}

/// Excuses a person: the campaign asks nothing of him any longer. Taken back with a fact withdrawal.
pub fn excuse_from_campaign(
    tx: &mut Tx<'_>,
    id: FactId,
    expected: i32,
    person: PersonId,
    reported: &Reported,
) -> Result<Fact, Error> {
    let campaign = current(tx, id, expected, "excuse")?;
    needed_reason(reported)?;
    let implementation = campaign.fact.implementation_id;
    let person = person_of(tx.unit, tx.actor, implementation, person, "/person_id")?;
    tx.authorize(
        Action::ManageCampaign,
        Scope::person(implementation, None, person.id),
    )?;
    not_oneself(tx, person.id, "somebody else decides this")?;
    tx.lock_person(person.id)?;
    let mut dossier = Dossier::load(tx.unit, person.id, &[])?.ok_or(Error::NotFound)?;
    let standing = standing_facts(dossier.facts.iter());
    if campaign::campaigns(&standing, None)
        .iter()
        .any(|running| running.id == id && running.excused)
    {
        return Err(Rejection::never("excused", "excuse").into());
    }
    let now = (tx.now, Precision::Instant);
    let envelope = reported.envelope(tx, implementation, now)?;
    let body = FactBody::CampaignExcused { campaign: id };
    let fact = record(tx, &mut dossier, About::default(), envelope, body)?;
    dossier
        .facts
        .into_iter()
        .find(|known| known.id == fact)
        .ok_or(Error::NotFound)
}
