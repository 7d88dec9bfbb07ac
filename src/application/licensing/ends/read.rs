//! Ends as they stand now, as far as their reader may know.

use super::EndKind;
use super::figures::{Ended, figures};
use super::record::Affected;
use crate::application::actor::{Action, Actor, Scope, Sight};
use crate::application::licensing::dossier::Dossier;
use crate::application::licensing::licenses::{reader_of, sight_of};
use crate::application::page::fill_page;
use crate::application::page::{Paging, Slice};
use crate::application::ports::FactFilter;
use crate::application::{Error, Rx};
use crate::domain::calendar::{Instant, Precision};
use crate::domain::departure::announced_ends;
use crate::domain::evaluate::Reader;
use crate::domain::fact::{DeactivationCause, Fact, FactBody, Reporter, version_of};
use crate::domain::ids::{FactId, PersonId};

/// Where an announced end stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndStatus {
    Scheduled,
    Effective,
    Cancelled,
}

/// A departure or deactivation as it stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndShown {
    pub fact: Fact,
    pub cause: DeactivationCause,
    /// The reader may not know the cause: he is to contact the lead.
    pub cause_withheld: bool,
    pub status: EndStatus,
    pub ended_at: Instant,
    pub precision: Precision,
    /// From when access is off because of it.
    pub acts_at: Instant,
    /// 1, and one more for each move or cancellation.
    pub version: i32,
    pub figures: Ended,
    pub affected: Option<Affected>,
}

/// How an end stands now, by all facts known.
pub(super) fn shown(dossier: &Dossier, id: FactId, now: Instant) -> Option<EndShown> {
    let end = announced_ends(&dossier.facts, now)
        .into_iter()
        .find(|end| end.fact.id == id)?;
    let status = if end.cancelled_by.is_some() {
        EndStatus::Cancelled
    } else if end.acts_at <= now {
        EndStatus::Effective
    } else {
        EndStatus::Scheduled
    };
    let version = version_of(&dossier.facts, |fact| {
        matches!(&fact.body, FactBody::Cancelled { fact } | FactBody::Moved { fact, .. } if *fact == id)
            || (fact.body == FactBody::Withdrawn && fact.envelope.supersedes == Some(id))
    });
    Some(EndShown {
        cause: cause(end.fact),
        cause_withheld: false,
        status,
        ended_at: end.occurred_at,
        precision: end.precision,
        acts_at: end.acts_at,
        version,
        figures: figures(dossier, &end, now),
        affected: None,
        fact: end.fact.clone(),
    })
}

fn cause(fact: &Fact) -> DeactivationCause {
    match &fact.body {
        FactBody::Deactivated { cause } => *cause,
        _ => DeactivationCause::EmploymentEnded,
    }
}

/// Whether a reader may not know of an end yet.
pub(super) fn hidden(actor: &Actor, dossier: &Dossier, end: &EndShown) -> bool {
    let Some(organization) = end.fact.organization_id else {
        return false;
    };
    let sight: Sight = sight_of(actor, &dossier.person, organization);
    match reader_of(sight) {
        Reader::Full | Reader::Agency => false,
        Reader::Person => {
            end.status != EndStatus::Effective && end.cause == DeactivationCause::EmploymentEnded
        }
        Reader::Frontend => end.status != EndStatus::Effective,
    }
}

/// The end as a reader may know it: what a violation was about, and that it was one, stays with the lead's staff.
fn withheld_from(actor: &Actor, dossier: &Dossier, mut end: EndShown) -> EndShown {
    let sensitive = matches!(
        end.cause,
        DeactivationCause::Violation | DeactivationCause::Barred
    );
    let sight = end
        .fact
        .organization_id
        .map(|organization| sight_of(actor, &dossier.person, organization));
    if sensitive && !matches!(sight, Some(Sight::Full | Sight::HelpDesk)) {
        end.cause_withheld = true;
        let envelope = &mut end.fact.envelope;
        envelope.reason = None;
        envelope.ticket_reference = None;
        envelope.reported_by = Reporter::Recorder;
    }
    end
}

/// One departure or deactivation.
pub fn end(rx: &mut Rx<'_>, kind: EndKind, id: FactId) -> Result<EndShown, Error> {
    let found = rx
        .view
        .fact(id)?
        .filter(|fact| kind.kinds().contains(&fact.body.kind()))
        .ok_or(Error::NotFound)?;
    rx.authorize(
        Action::ReadFact,
        Scope::person(
            found.implementation_id,
            found.organization_id,
            found.person_id,
        ),
    )?;
    let dossier = Dossier::load(rx.view, found.person_id, &[])?.ok_or(Error::NotFound)?;
    shown(&dossier, id, rx.now)
        .filter(|end| !hidden(rx.actor, &dossier, end))
        .map(|end| withheld_from(rx.actor, &dossier, end))
        .ok_or(Error::NotFound)
}

/// A page of departures or deactivations that the reader may know of.
pub fn ends(
    rx: &mut Rx<'_>,
    kind: EndKind,
    filter: &FactFilter,
    paging: Paging,
) -> Result<Slice<EndShown>, Error> {
    let visible = rx.actor.visible(Action::ReadFact);
    let filter = FactFilter {
        kinds: kind.kinds(),
        ..filter.clone()
    };
    let slice = fill_page(
        paging,
        |page| {
            let facts = rx.view.facts(&visible, &filter, page)?;
            let people: std::collections::BTreeSet<PersonId> =
                facts.iter().map(|fact| fact.person_id).collect();
            let dossiers =
                Dossier::load_many(rx.view, &people.into_iter().collect::<Vec<_>>(), &[])?;
            Ok(facts
                .iter()
                .filter_map(|fact| {
                    let dossier = dossiers
                        .iter()
                        .find(|dossier| dossier.person.id == fact.person_id)?;
                    let end = shown(dossier, fact.id, rx.now)?;
                    let hidden = hidden(rx.actor, dossier, &end);
                    Some((withheld_from(rx.actor, dossier, end), hidden))
                })
                .collect())
        },
        |(end, _)| end.fact.id.0,
        |(_, hidden)| !hidden,
    )?;
    Ok(Slice {
        rows: slice.rows.into_iter().map(|(end, _)| end).collect(),
        next: slice.next,
    })
}
