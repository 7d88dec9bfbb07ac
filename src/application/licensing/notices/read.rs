//! Notices as readers see them: given ones, and those that wait to be given.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::application::actor::{Action, Scope};
use crate::application::licensing::dossier::Dossier;
use crate::application::outbox::still_to_tell;
use crate::application::page::fill_page;
use crate::application::page::{Paging, Slice};
use crate::application::ports::{FactFilter, QueueFilter};
use crate::application::{Error, Rx};
use crate::domain::calendar::Instant;
use crate::domain::evaluate::Evaluation;
use crate::domain::fact::{Fact, FactBody, FactKind};
use crate::domain::ids::{FactId, ImplementationId, LicenseId, OrganizationId, PersonId};
use crate::domain::outgoing::{NoticeKind, QueueState, QueuedNotice};

/// Where a notice stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeStatus {
    /// It waits to be given.
    Queued,
    /// It waits for staff to give it: there is no confirmed address, or the mail server refused it.
    Undeliverable,
    /// It was given, and starts no grace: a reminder or a retraction.
    Given,
    /// It was no longer true before it was given.
    Dropped,
    /// What it named may happen.
    Counts,
    /// It did not arrive.
    Bounced,
    /// Void, for ever: a login, another limit, a suspension, the end itself.
    Void,
}

/// A notice with its standing now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeShown {
    pub record: NoticeRecord,
    /// The day it names, or would name if it were given now.
    pub named_on: Option<NaiveDate>,
    pub status: NoticeStatus,
    pub bounced_at: Option<Instant>,
}

/// What is kept of a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoticeRecord {
    /// That it was given.
    Given(Box<Fact>),
    /// What the service itself keeps of it while no fact records it.
    Queued(Box<QueuedNotice>),
}

impl NoticeShown {
    /// Its id, the same before it was given and after.
    #[must_use]
    pub fn id(&self) -> FactId {
        match &self.record {
            NoticeRecord::Given(fact) => fact.id,
            NoticeRecord::Queued(queued) => queued.id,
        }
    }
}

/// A notice of the service's own that no fact records: it waits, was dropped, or starts no grace.
pub fn notice_shown(queued: &QueuedNotice, dossier: &Dossier, now: Instant) -> Option<NoticeShown> {
    if let Some(fact) = dossier.facts.iter().find(|fact| fact.id == queued.id) {
        return evaluated(fact, dossier, now);
    }
    let named_on = still_to_tell(dossier, queued, now);
    let failed = || {
        let evaluation = dossier.license_at(queued.organization_id, now);
        evaluation.failed.contains(&queued.id)
    };
    let status = match queued.state {
        QueueState::Queued if named_on.is_some() => NoticeStatus::Queued,
        QueueState::Undeliverable if named_on.is_some() || failed() => NoticeStatus::Undeliverable,
        QueueState::Queued | QueueState::Undeliverable | QueueState::Dropped => {
            NoticeStatus::Dropped
        }
        QueueState::Given | QueueState::Retracted => NoticeStatus::Given,
    };
    Some(NoticeShown {
        record: NoticeRecord::Queued(Box::new(queued.clone())),
        // Under the hold also that a day which is over by now did not hold has to be told.
        named_on: if queued.state.waits() {
            let taken_back = || queued.kind == NoticeKind::Retraction && failed();
            named_on.or_else(|| queued.named_on.filter(|_| taken_back()))
        } else {
            queued.named_on
        },
        status,
        bounced_at: None,
    })
}

pub(super) fn shown(fact: &Fact, dossier: &Dossier, evaluation: &Evaluation) -> NoticeShown {
    let bounced_at = dossier
        .facts
        .iter()
        .find(
            |other| matches!(&other.body, FactBody::NoticeBounced { notice } if *notice == fact.id),
        )
        .map(|bounce| bounce.envelope.occurred_at);
    let status = if evaluation.counting.contains(&fact.id) {
        NoticeStatus::Counts
    } else if bounced_at.is_some() {
        NoticeStatus::Bounced
    } else {
        NoticeStatus::Void
    };
    let named_on = match &fact.body {
        FactBody::NoticeSent { named_on, .. } => Some(*named_on),
        _ => None,
    };
    NoticeShown {
        record: NoticeRecord::Given(Box::new(fact.clone())),
        named_on,
        status,
        bounced_at,
    }
}

pub(super) fn evaluated(fact: &Fact, dossier: &Dossier, now: Instant) -> Option<NoticeShown> {
    let organization = fact.organization_id?;
    let evaluation = dossier.license_at(organization, now);
    Some(shown(fact, dossier, &evaluation))
}

/// A notice that a caller names, if he may know of it.
pub(super) fn notice_of(found: Option<Fact>) -> Result<Fact, Error> {
    found
        .filter(|fact| fact.body.kind() == FactKind::NoticeSent)
        .ok_or(Error::NotFound)
}

pub(super) fn target(fact: &Fact) -> Scope {
    Scope::person(fact.implementation_id, fact.organization_id, fact.person_id)
}

/// One notice as it stands now.
pub fn notice(rx: &mut Rx<'_>, id: FactId) -> Result<NoticeShown, Error> {
    let fact = rx.view.fact(id)?;
    if fact.is_none() {
        let queued = rx.view.queued_notice(id)?.ok_or(Error::NotFound)?;
        let scope = Scope::person(
            queued.implementation_id,
            Some(queued.organization_id),
            queued.person_id,
        );
        rx.authorize(Action::ReadFact, scope)?;
        let dossier = Dossier::load(rx.view, queued.person_id, &[])?.ok_or(Error::NotFound)?;
        return notice_shown(&queued, &dossier, rx.now).ok_or(Error::NotFound);
    }
    let found = notice_of(fact)?;
    rx.authorize(Action::ReadFact, target(&found))?;
    let dossier = Dossier::load(rx.view, found.person_id, &[])?.ok_or(Error::NotFound)?;
    evaluated(&found, &dossier, rx.now).ok_or(Error::NotFound)
}

/// What narrows a list of notices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NoticesQuery {
    pub implementation_id: Option<ImplementationId>,
    pub organization_id: Option<OrganizationId>,
    pub person_id: Option<PersonId>,
    pub license_id: Option<LicenseId>,
    /// Only those that wait to be given.
    pub waiting: bool,
}

/// A page of notices, by id: given ones, and those that wait to be given.
pub fn notices(
    rx: &mut Rx<'_>,
    query: &NoticesQuery,
    paging: Paging,
) -> Result<Slice<NoticeShown>, Error> {
    let visible = rx.actor.visible(Action::ReadFact);
    let filter = FactFilter {
        kinds: vec![FactKind::NoticeSent],
        implementation_id: query.implementation_id,
        organization_id: query.organization_id,
        person_id: query.person_id,
        license_id: query.license_id,
        ..FactFilter::default()
    };
    let queue = QueueFilter {
        implementation_id: query.implementation_id,
        organization_id: query.organization_id,
        person_id: query.person_id,
        license_id: query.license_id,
        states: vec![QueueState::Queued, QueueState::Undeliverable],
    };
    fill_page(
        paging,
        |page| {
            let facts = if query.waiting {
                Vec::new()
            } else {
                rx.view.facts(&visible, &filter, page)?
            };
            let queued = rx.view.queued_notices(&visible, &queue, page)?;
            let people: BTreeSet<PersonId> = facts
                .iter()
                .map(|fact| fact.person_id)
                .chain(queued.iter().map(|queued| queued.person_id))
                .collect();
            let dossiers =
                Dossier::load_many(rx.view, &people.into_iter().collect::<Vec<_>>(), &[])?;
            let of = |person: PersonId| dossiers.iter().find(|dossier| dossier.person.id == person);
            let given = facts
                .iter()
                .filter_map(|fact| evaluated(fact, of(fact.person_id)?, rx.now));
            let waiting = queued
                .iter()
                .filter_map(|queued| notice_shown(queued, of(queued.person_id)?, rx.now));
            let mut found: Vec<NoticeShown> = given.chain(waiting).collect();
            found.sort_by_key(NoticeShown::id);
            found.truncate(usize::try_from(page.limit).unwrap_or(usize::MAX));
            Ok(found)
        },
        |shown: &NoticeShown| shown.id().0,
        |shown| shown.status != NoticeStatus::Dropped,
    )
}
