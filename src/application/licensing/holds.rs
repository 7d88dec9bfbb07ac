//! Holds that staff open and lift by hand.
//!
//! Staff open what they alone decide (a violation, an investigation) and, until their rules are worked, what the
//! service cannot see by itself: an unpaid fee, an organization that keeps something not current, a removed last
//! project, a person whom no message reaches. What a rule opens by itself is cured by what it asks for, so naming it by
//! hand would make a hold that nothing cures.

use crate::application::actor::{Action, Actor, Scope, Sight};
use crate::application::page::{Paging, Slice};
use crate::application::ports::FactFilter;
use crate::application::{Error, Rx, Tx};
use crate::domain::calendar::{Instant, Precision};
use crate::domain::fact::{Fact, FactBody, FactKind, HoldCause, Reporter, version_of};
use crate::domain::ids::{FactId, LicenseId};

use super::dossier::Dossier;
use super::explanation::is_sensitive;
use super::licenses::{no_duplicate, sight_of};
use super::reading::{fact_shown, facts_shown};
use super::reporting::{
    About, Moment, Reported, corrects, needed_reason, not_oneself, record, until_ahead,
};

/// A cause to suspend a license.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewHold {
    pub license_id: LicenseId,
    pub cause: HoldCause,
    pub until: Option<Moment>,
    pub supersedes: Option<FactId>,
    pub reported: Reported,
}

/// A hold as it stands now, for one reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldShown {
    /// What its reader may not know is gone.
    pub fact: Fact,
    pub cause: HoldCause,
    pub from: Instant,
    /// When it ends by itself.
    pub until: Option<Instant>,
    /// When it was lifted or ended.
    pub ended_at: Option<Instant>,
    pub sight: Sight,
    /// 1, and one more for each lift or correction.
    pub version: i32,
}

/// Refuses what a rule opens by itself, and says what to do instead.
fn by_hand(cause: HoldCause) -> Result<(), Error> {
    use HoldCause as C;
    let instead = match cause {
        C::Violation
        | C::Investigation
        | C::FeeUnpaid
        | C::OrganizationSuspended
        | C::LastProjectRemoved
        | C::Unreachable => return Ok(()),
        C::Leave => "follows from a leave: record one under `/v1/leaves`",
        C::RecertificationOverdue => {
            "follows from the policy's recertification rule, and a completed recertification cures it"
        }
        C::AgreementLapsed => "follows from the policy's agreements, and a signature cures it",
        C::LongInactivity => "follows from the policy's inactivity rule",
        C::EvidenceWithdrawn => {
            "follows from a correction: record the corrected fact with `supersedes`"
        }
        C::DepartureUnverified => {
            "follows from a notice of departure whose reporter nobody verified: record one under `/v1/departure-notices`"
        }
    };
    Err(Error::invalid("/cause", instead))
}

pub fn open_hold(tx: &mut Tx<'_>, new: &NewHold) -> Result<HoldShown, Error> {
    let unknown = || Error::invalid("/license_id", "names no license you may know of");
    let license = tx.unit.license(new.license_id)?.ok_or_else(unknown)?;
    let target = Scope::person(
        license.implementation_id,
        Some(license.organization_id),
        license.person_id,
    );
    match tx.authorize(Action::SuspendLicense, target) {
        Err(Error::NotFound) => return Err(unknown()),
        other => other?,
    }
    no_duplicate(&license, Action::SuspendLicense)?;
    not_oneself(tx, license.person_id, "somebody else suspends your license")?;
    by_hand(new.cause)?;
    tx.lock_person(license.person_id)?;
    let mut dossier = Dossier::load(tx.unit, license.person_id, &[])?.ok_or(Error::NotFound)?;
    let until = until_ahead(&dossier, new.until, tx.now)?;
    let supersedes = corrects(
        &dossier,
        new.supersedes,
        FactKind::HoldOpened,
        Some(license.organization_id),
        &new.reported,
    )?;
    let body = dossier
        .license_at(license.organization_id, tx.now)
        .suspend(new.cause, until)?;
    let mut envelope =
        new.reported
            .envelope(tx, license.implementation_id, (tx.now, Precision::Instant))?;
    envelope.supersedes = supersedes;
    let about = About {
        organization: Some(license.organization_id),
        request: None,
        license: Some(license.id),
    };
    let id = record(tx, &mut dossier, about, envelope, body)?;
    shown(tx.actor, &dossier, id, tx.now).ok_or(Error::NotFound)
}

/// Lifts one hold; any other stays.
pub fn lift_hold(
    tx: &mut Tx<'_>,
    id: FactId,
    expected: i32,
    reported: &Reported,
) -> Result<HoldShown, Error> {
    let found = tx
        .unit
        .fact(id)?
        .filter(|fact| fact.body.kind() == FactKind::HoldOpened)
        .ok_or(Error::NotFound)?;
    let organization = found.organization_id.ok_or(Error::NotFound)?;
    tx.authorize(
        Action::SuspendLicense,
        Scope::person(found.implementation_id, Some(organization), found.person_id),
    )?;
    not_oneself(tx, found.person_id, "somebody else lifts this hold")?;
    needed_reason(reported)?;
    tx.lock_person(found.person_id)?;
    let mut dossier = Dossier::load(tx.unit, found.person_id, &[])?.ok_or(Error::NotFound)?;
    let hold = shown(tx.actor, &dossier, id, tx.now).ok_or(Error::NotFound)?;
    if hold.version != expected {
        return Err(Error::Stale {
            current: hold.version,
        });
    }
    let body = dossier.license_at(organization, tx.now).lift(id)?;
    let now = (tx.now, Precision::Instant);
    let envelope = reported.envelope(tx, found.implementation_id, now)?;
    let about = About {
        organization: Some(organization),
        request: None,
        license: found.license_id,
    };
    record(tx, &mut dossier, about, envelope, body)?;
    shown(tx.actor, &dossier, id, tx.now).ok_or(Error::NotFound)
}

/// A hold as it stands now; nothing for a reader who may only know that access is off.
fn shown(actor: &Actor, dossier: &Dossier, id: FactId, now: Instant) -> Option<HoldShown> {
    let fact = dossier.facts.iter().find(|fact| fact.id == id)?;
    let FactBody::HoldOpened { cause, until } = &fact.body else {
        return None;
    };
    let organization = fact.organization_id?;
    let sight = sight_of(actor, &dossier.person, organization);
    if sight == Sight::Frontend {
        return None;
    }
    let license = dossier.license_at(organization, now);
    let held = license.holds.iter().rfind(|hold| hold.fact == Some(id));
    let version = version_of(&dossier.facts, |other| {
        other.envelope.supersedes == Some(id)
            || matches!(other.body, FactBody::HoldLifted { hold } if hold == id)
    });
    let mut fact = fact.clone();
    let mut until = *until;
    if is_sensitive(*cause) && sight != Sight::Full {
        // What it is about stays with administrators and auditors; the help desk knows the category.
        fact.envelope.reason = None;
        fact.envelope.ticket_reference = None;
        fact.envelope.reported_by = Reporter::Recorder;
        until = until.filter(|_| sight == Sight::HelpDesk);
    }
    Some(HoldShown {
        cause: *cause,
        from: held.map_or(fact.acts_at(), |hold| hold.from),
        until,
        ended_at: match held {
            Some(hold) => hold.ended_at,
            // Lifted in the instant of its recording, it never held anything.
            None => Some(fact.acts_at()),
        },
        sight,
        version,
        fact,
    })
}

/// One hold.
pub fn hold(rx: &mut Rx<'_>, id: FactId) -> Result<HoldShown, Error> {
    fact_shown(rx, Action::ReadLicense, FactKind::HoldOpened, id, shown)
}

/// A page of holds that somebody opened, as far as the reader may know of them.
pub fn holds(
    rx: &mut Rx<'_>,
    filter: &FactFilter,
    paging: Paging,
) -> Result<Slice<HoldShown>, Error> {
    facts_shown(
        rx,
        Action::ReadLicense,
        FactKind::HoldOpened,
        filter,
        paging,
        shown,
    )
}
