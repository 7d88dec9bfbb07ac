//! Add-ons of a license: seen, confirmed after a suspension of their base, ended.

use crate::application::actor::{Action, Scope};
use crate::application::page::{Paging, Slice};
use crate::application::ports::FactFilter;
use crate::application::{Error, Rx, Tx};
use crate::domain::calendar::Precision;
use crate::domain::error::Rejection;
use crate::domain::evaluate::{AddOn, Evaluation};
use crate::domain::fact::{Fact, FactBody, FactKind, version_of};
use crate::domain::ids::{FactId, PersonId};

use super::dossier::Dossier;
use super::reporting::{About, Reported, fact, keep, not_oneself};

/// An add-on as it stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddOnShown {
    /// The fact that began it.
    pub fact: Fact,
    pub add_on: AddOn,
    /// 1, and one more for each decision about it.
    pub version: i32,
}

fn shown(
    dossier: &Dossier,
    fact: &Fact,
    now: crate::domain::calendar::Instant,
) -> Option<AddOnShown> {
    let add_on = dossier
        .license_at(fact.organization_id?, now)
        .add_ons
        .into_iter()
        .find(|add_on| add_on.fact == fact.id)?;
    let version = version_of(&dossier.facts, |other| {
        other.envelope.supersedes == Some(fact.id)
            || matches!(
                other.body,
                FactBody::AddOnConfirmed { add_on } | FactBody::AddOnEnded { add_on }
                    if add_on == fact.id
            )
    });
    Some(AddOnShown {
        fact: fact.clone(),
        add_on,
        version,
    })
}

/// One add-on.
pub fn add_on(rx: &mut Rx<'_>, id: FactId) -> Result<AddOnShown, Error> {
    let fact = super::evidence::completion(rx, id, FactKind::AddOnActivated)?;
    let dossier = Dossier::load(rx.view, fact.person_id, &[])?.ok_or(Error::NotFound)?;
    shown(&dossier, &fact, rx.now).ok_or(Error::NotFound)
}

/// A page of add-ons, in the order in which they began.
pub fn add_ons(
    rx: &mut Rx<'_>,
    filter: &FactFilter,
    paging: Paging,
) -> Result<Slice<AddOnShown>, Error> {
    let facts = super::evidence::completions(rx, filter, paging)?;
    let mut people: Vec<PersonId> = facts.rows.iter().map(|fact| fact.person_id).collect();
    people.sort_unstable();
    people.dedup();
    let dossiers = Dossier::load_many(rx.view, &people, &[])?;
    let now = rx.now;
    let rows = facts
        .rows
        .iter()
        .filter_map(|fact| {
            let dossier = dossiers
                .iter()
                .find(|dossier| dossier.person.id == fact.person_id)?;
            shown(dossier, fact, now)
        })
        .collect();
    Ok(Slice {
        rows,
        next: facts.next,
    })
}

/// Staff let an add-on go on after its base was suspended or reinstated.
pub fn confirm_add_on(
    tx: &mut Tx<'_>,
    id: FactId,
    expected: i32,
    reported: &Reported,
) -> Result<AddOnShown, Error> {
    let action = Action::ConfirmAddOn;
    change(tx, (id, expected), action, reported, |license| {
        license.confirm_add_on(id)
    })
}

/// An add-on is no longer needed; its base goes on.
pub fn end_add_on(
    tx: &mut Tx<'_>,
    id: FactId,
    expected: i32,
    reported: &Reported,
) -> Result<AddOnShown, Error> {
    let action = Action::ChangeLicense;
    change(tx, (id, expected), action, reported, |license| {
        license.end_add_on(id)
    })
}

fn change(
    tx: &mut Tx<'_>,
    (id, expected): (FactId, i32),
    action: Action,
    reported: &Reported,
    command: impl Fn(&Evaluation) -> Result<FactBody, Rejection>,
) -> Result<AddOnShown, Error> {
    let began = tx
        .unit
        .fact(id)?
        .filter(|fact| fact.body.kind() == FactKind::AddOnActivated)
        .ok_or(Error::NotFound)?;
    let organization = began.organization_id.ok_or(Error::NotFound)?;
    tx.authorize(
        action,
        Scope::person(began.implementation_id, Some(organization), began.person_id),
    )?;
    not_oneself(tx, began.person_id, "somebody else changes your license")?;
    tx.lock_person(began.person_id)?;
    let mut dossier = Dossier::load(tx.unit, began.person_id, &[])?.ok_or(Error::NotFound)?;
    let seen = shown(&dossier, &began, tx.now).ok_or(Error::NotFound)?;
    if seen.version != expected {
        return Err(Error::Stale {
            current: seen.version,
        });
    }
    dossier.record_states(tx)?;
    let body = command(&dossier.license_at(organization, tx.now))?;
    let at = (tx.now, Precision::Instant);
    let envelope = reported.envelope(tx, began.implementation_id, at)?;
    let about = About {
        organization: Some(organization),
        license: began.license_id,
        ..About::default()
    };
    let person = dossier.person.clone();
    let fact = fact(tx, &person, about, envelope, body);
    keep(tx, &mut dossier, std::slice::from_ref(&fact))?;
    tx.trail.touched("add_on", began.id);
    shown(&dossier, &began, tx.now).ok_or(Error::NotFound)
}
