//! Bars: a person may not hold a license in the implementation until it is lifted.

use crate::application::actor::{Action, Actor, Role, Scope};
use crate::application::page::{Paging, Slice};
use crate::application::ports::FactFilter;
use crate::application::visible::visible_person;
use crate::application::{Error, Rx, Tx};
use crate::domain::calendar::{Instant, Precision};
use crate::domain::error::Rejection;
use crate::domain::fact::{Fact, FactBody, FactKind, Reporter, version_of};
use crate::domain::ids::{FactId, PersonId};
use crate::domain::requirement::standing_facts;

use super::dossier::Dossier;
use super::reading::{fact_shown, facts_shown};
use super::reporting::{
    About, Moment, Reported, corrects, needed_reason, not_oneself, record, scope, until_ahead,
};

/// A person may not hold a license.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewBar {
    pub person_id: PersonId,
    pub until: Option<Moment>,
    pub supersedes: Option<FactId>,
    pub reported: Reported,
}

/// A bar as it stands now, for one reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BarShown {
    /// What its reader may not know is gone.
    pub fact: Fact,
    /// When it ends by itself.
    pub until: Option<Instant>,
    /// When it was lifted, corrected or ended.
    pub ended_at: Option<Instant>,
    /// 1, and one more for each lift or correction.
    pub version: i32,
}

pub fn bar_person(tx: &mut Tx<'_>, new: &NewBar) -> Result<BarShown, Error> {
    let person = visible_person(tx.unit, tx.actor, new.person_id, "/person_id")?;
    tx.authorize(Action::BarPerson, scope(&person, None))?;
    not_oneself(tx, person.id, "somebody else decides this")?;
    needed_reason(&new.reported)?;
    tx.lock_person(person.id)?;
    let mut dossier = Dossier::load(tx.unit, person.id, &[])?.ok_or(Error::NotFound)?;
    let until = until_ahead(&dossier, new.until, tx.now)?;
    let supersedes = corrects(
        &dossier,
        new.supersedes,
        FactKind::Barred,
        None,
        &new.reported,
    )?;
    let now = (tx.now, Precision::Instant);
    let mut envelope = new.reported.envelope(tx, person.implementation_id, now)?;
    envelope.supersedes = supersedes;
    let body = FactBody::Barred { until };
    let id = record(tx, &mut dossier, About::default(), envelope, body)?;
    tx.trail.touched("person", person.id);
    shown(tx.actor, &dossier, id, tx.now).ok_or(Error::NotFound)
}

/// Lifts a bar. It gives nothing back: the licenses that it ended are asked for anew, reactivated or reinstated.
pub fn lift_bar(
    tx: &mut Tx<'_>,
    id: FactId,
    expected: i32,
    reported: &Reported,
) -> Result<BarShown, Error> {
    let found = tx
        .unit
        .fact(id)?
        .filter(|fact| fact.body.kind() == FactKind::Barred)
        .ok_or(Error::NotFound)?;
    tx.authorize(
        Action::BarPerson,
        Scope::person(found.implementation_id, None, found.person_id),
    )?;
    not_oneself(tx, found.person_id, "somebody else decides this")?;
    needed_reason(reported)?;
    tx.lock_person(found.person_id)?;
    let mut dossier = Dossier::load(tx.unit, found.person_id, &[])?.ok_or(Error::NotFound)?;
    let bar = shown(tx.actor, &dossier, id, tx.now).ok_or(Error::NotFound)?;
    if bar.version != expected {
        return Err(Error::Stale {
            current: bar.version,
        });
    }
    if bar.ended_at.is_some_and(|at| at <= tx.now) {
        return Err(Rejection::never("ended", "lift").into());
    }
    let now = (tx.now, Precision::Instant);
    let envelope = reported.envelope(tx, found.implementation_id, now)?;
    let body = FactBody::BarLifted { bar: id };
    record(tx, &mut dossier, About::default(), envelope, body)?;
    tx.trail.touched("person", found.person_id);
    shown(tx.actor, &dossier, id, tx.now).ok_or(Error::NotFound)
}

fn shown(actor: &Actor, dossier: &Dossier, id: FactId, now: Instant) -> Option<BarShown> {
    let fact = dossier.facts.iter().find(|fact| fact.id == id)?;
    let FactBody::Barred { until } = &fact.body else {
        return None;
    };
    let standing = standing_facts(dossier.facts.iter());
    let lifted = standing
        .iter()
        .filter(|other| matches!(other.body, FactBody::BarLifted { bar } if bar == id))
        .map(|other| other.acts_at());
    let corrected = dossier
        .facts
        .iter()
        .filter(|other| other.envelope.supersedes == Some(id))
        .map(|other| other.envelope.recorded_at);
    let version = version_of(&dossier.facts, |other| {
        other.envelope.supersedes == Some(id)
            || matches!(other.body, FactBody::BarLifted { bar } if bar == id)
    });
    let gone = corrected.filter(|_| !standing.iter().any(|other| other.id == id));
    let ended_at = lifted
        .chain(gone)
        .chain(*until)
        .min()
        .filter(|at| *at <= now);
    let full = actor
        .grants
        .iter()
        .filter(|grant| {
            let target = Scope::person(fact.implementation_id, None, fact.person_id);
            grant.allows(Action::ReadBar, target)
        })
        .any(|grant| matches!(grant.role, Role::SystemAdmin | Role::Auditor));
    let mut fact = fact.clone();
    if !full {
        fact.envelope.reason = None;
        fact.envelope.ticket_reference = None;
        fact.envelope.reported_by = Reporter::Recorder;
    }
    Some(BarShown {
        until: *until,
        ended_at,
        version,
        fact,
    })
}

/// One bar.
pub fn bar(rx: &mut Rx<'_>, id: FactId) -> Result<BarShown, Error> {
    fact_shown(rx, Action::ReadBar, FactKind::Barred, id, shown)
}

/// A page of bars.
pub fn bars(
    rx: &mut Rx<'_>,
    filter: &FactFilter,
    paging: Paging,
) -> Result<Slice<BarShown>, Error> {
    facts_shown(rx, Action::ReadBar, FactKind::Barred, filter, paging, shown)
}
