//! What is due or comes by itself, for each license and each open request that a reader may know of.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};
use uuid::Uuid;

use super::dossier::Dossier;
use super::explanation::{Subject, may_foresee};
use super::licenses::{self, reader_of, sight_of};
use super::requests;
use crate::application::actor::{Action, Actor, Sight};
use crate::application::page::{Paging, Slice};
use crate::application::ports::{Page, StateFilter, Visible};
use crate::application::{Error, Fault, Rx};
use crate::domain::calendar::{Instant, add_days, local_day};
use crate::domain::evaluate::{Coming, ComingKind, Follows, seen_by};
use crate::domain::fact::FactBody;
use crate::domain::ids::{ImplementationId, OrganizationId, PersonId};
use crate::domain::license::{License, LicenseStatus};
use crate::domain::request::{LicenseRequest, RequestState};

/// Days ahead that are looked at unless a reader says otherwise.
const DEFAULT_DAYS: u32 = 30;
/// The most days that one question may span.
const MOST_DAYS: u64 = 366;
/// Licenses and requests that are looked at for one page, so that its cost does not grow with what has nothing due.
const MOST_LOOKED_AT: usize = 1_000;
/// How many are looked at together.
const TOGETHER: i64 = 200;
/// Days ahead that a calendar shows.
const CALENDAR_DAYS: u32 = 366;
/// Licenses and requests that are looked at for one calendar.
const LARGEST_CALENDAR: usize = 2_000;

/// What narrows what is due.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DueFilter {
    pub implementation_id: Option<ImplementationId>,
    pub organization_id: Option<OrganizationId>,
    pub person_id: Option<PersonId>,
    pub kind: Option<ComingKind>,
    /// The first local day. Absent: what is overdue is shown too.
    pub from_on: Option<NaiveDate>,
    /// The last local day. Absent: 30 days from the first, or from today.
    pub until_on: Option<NaiveDate>,
}

/// A license or an open request of which something is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueShown {
    pub subject: Subject,
    pub implementation_id: ImplementationId,
    pub organization_id: OrganizationId,
    pub person_id: PersonId,
    pub license_type: String,
    /// Of the license or of the request.
    pub state: String,
    /// By day.
    pub items: Vec<Coming>,
    /// The reader's row of the table of who sees what.
    pub sight: Sight,
}

/// A license or a request, as recorded.
enum Entry {
    License(Box<License>),
    Request(Box<LicenseRequest>),
}

impl Entry {
    fn id(&self) -> Uuid {
        match self {
            Self::License(row) => row.id.into(),
            Self::Request(row) => row.id.into(),
        }
    }

    fn person(&self) -> PersonId {
        match self {
            Self::License(row) => row.person_id,
            Self::Request(row) => row.person_id,
        }
    }
}

/// Up to `limit` running licenses and open requests together, by id: whatever was ended when it was last recorded and
/// has not changed by itself since has nothing due.
fn rows(
    rx: &mut Rx<'_>,
    (of_licenses, of_requests): (&Visible, &Visible),
    filter: &DueFilter,
    page: Page,
) -> Result<Vec<Entry>, Error> {
    let running = StateFilter::<LicenseStatus> {
        implementation_id: filter.implementation_id,
        organization_id: filter.organization_id,
        person_id: filter.person_id,
        license_type: None,
        states: LicenseStatus::ALL
            .into_iter()
            .filter(|state| state.is_running())
            .collect(),
        listed: false,
        now: rx.now,
    };
    let open = StateFilter::<RequestState> {
        implementation_id: filter.implementation_id,
        organization_id: filter.organization_id,
        person_id: filter.person_id,
        license_type: None,
        states: RequestState::ALL
            .into_iter()
            .filter(|state| state.is_open())
            .collect(),
        listed: false,
        now: rx.now,
    };
    let licenses = rx.view.licenses(of_licenses, &running, page)?;
    let requests = rx.view.requests(of_requests, &open, page)?;
    let mut rows: Vec<Entry> = licenses
        .into_iter()
        .map(|row| Entry::License(Box::new(row)))
        .chain(
            requests
                .into_iter()
                .map(|row| Entry::Request(Box::new(row))),
        )
        .collect();
    rows.sort_by_key(Entry::id);
    rows.truncate(usize::try_from(page.limit).unwrap_or(usize::MAX));
    Ok(rows)
}

/// What is due of a license or request, as far as its reader may see; `sight` says in which row of the table he stands.
fn due_of(
    (actor, dossier): (&Actor, &Dossier),
    row: &Entry,
    sight: &impl Fn(&Actor, &Dossier, OrganizationId) -> Sight,
    now: Instant,
) -> Option<DueShown> {
    let zone = dossier.zone_at(now);
    let (subject, organization_id, license_type, state, items, sight) = match row {
        // What is due of a duplicate is the matter of the license that stayed.
        Entry::License(license) if license.duplicate_of.is_some() => return None,
        Entry::License(license) => {
            let sight = sight(actor, dossier, license.organization_id);
            let shown = licenses::shown_to(sight, dossier, license, now);
            let period = shown.evaluation.period();
            (
                Subject::License(license.id),
                license.organization_id,
                period
                    .map_or(&license.license_type, |period| &period.license_type)
                    .clone(),
                shown
                    .evaluation
                    .status()
                    .map_or("none", |state| state.as_str()),
                shown.evaluation.coming(zone),
                sight,
            )
        }
        Entry::Request(request) => {
            let sight = sight(actor, dossier, request.organization_id);
            let shown = requests::shown(dossier, request, reader_of(sight), now);
            (
                Subject::Request(request.id),
                request.organization_id,
                request.license_type.clone(),
                shown.evaluation.state.as_str(),
                shown.evaluation.coming(zone),
                sight,
            )
        }
    };
    let foreseen = |item: &Coming| match &item.follows {
        Follows::Change(upcoming) => may_foresee(&upcoming.change, sight),
        _ => true,
    };
    Some(DueShown {
        subject,
        implementation_id: dossier.implementation.id,
        organization_id,
        person_id: dossier.person.id,
        license_type,
        state: state.to_owned(),
        items: items.into_iter().filter(foreseen).collect(),
        sight,
    })
}

impl DueFilter {
    /// Refuses a window that is none, or too wide.
    fn check(&self, today: NaiveDate) -> Result<(), Error> {
        let from = self.from_on.unwrap_or(today);
        let until = self.until_on.unwrap_or(from);
        let widest = from
            .checked_add_days(Days::new(MOST_DAYS))
            .unwrap_or(NaiveDate::MAX);
        let fault = |detail: &str| Err(Error::Invalid(vec![Fault::parameter("until_on", detail)]));
        if self.from_on.is_some_and(|from| until < from) {
            fault("lies before `from_on`")
        } else if until > widest {
            fault("lies more than 366 days after `from_on`, or after today where that is left out")
        } else {
            Ok(())
        }
    }

    /// Whether an item is asked for, on a local day.
    fn takes(&self, item: &Coming, today: NaiveDate) -> bool {
        let last = self.until_on.unwrap_or_else(|| {
            let from = self.from_on.map_or(today, |from| from.max(today));
            add_days(from, DEFAULT_DAYS)
        });
        self.kind.is_none_or(|kind| kind == item.kind)
            && self.from_on.is_none_or(|from| from <= item.on)
            && item.on <= last
    }
}

/// Some licenses and open requests that were looked at together.
struct Looked<T> {
    /// How many; fewer than [`TOGETHER`] are the last ones.
    count: usize,
    last: Option<Uuid>,
    /// Those of which anything is due, each with what was asked besides.
    found: Vec<(DueShown, T)>,
}

/// Looks at the next licenses and requests after a place. `narrow` takes away what is not asked for.
fn look<T>(
    rx: &mut Rx<'_>,
    visible: (&Visible, &Visible),
    (filter, after): (&DueFilter, Option<Uuid>),
    sight: impl Fn(&Actor, &Dossier, OrganizationId) -> Sight,
    narrow: impl Fn(&Dossier, &mut DueShown) -> T,
) -> Result<Looked<T>, Error> {
    let page = Page {
        after,
        limit: TOGETHER,
    };
    let rows = rows(rx, visible, filter, page)?;
    let people: BTreeSet<PersonId> = rows.iter().map(Entry::person).collect();
    let dossiers = Dossier::load_many(rx.view, &people.into_iter().collect::<Vec<_>>(), &[])?;
    let found = rows.iter().filter_map(|row| {
        let dossier = dossiers
            .iter()
            .find(|dossier| dossier.is_made_of(row.person()))?;
        let mut shown = due_of((rx.actor, dossier), row, &sight, rx.now)?;
        let besides = narrow(dossier, &mut shown);
        (!shown.items.is_empty()).then_some((shown, besides))
    });
    Ok(Looked {
        count: rows.len(),
        last: rows.last().map(Entry::id),
        found: found.collect(),
    })
}

impl<T> Looked<T> {
    fn is_the_end(&self) -> bool {
        i64::try_from(self.count).is_ok_and(|count| count < TOGETHER)
    }
}

fn today(dossier: &Dossier, now: Instant) -> NaiveDate {
    local_day(dossier.zone_at(now), now)
}

/// A page of the licenses and open requests of which anything is due, by id. A page ends after `MOST_LOOKED_AT` that
/// were looked at, however few of them have anything due.
pub fn due_items(
    rx: &mut Rx<'_>,
    filter: &DueFilter,
    paging: Paging,
) -> Result<Slice<DueShown>, Error> {
    filter.check(rx.now.date_naive())?;
    let visible = (
        rx.actor.visible(Action::ReadLicense),
        rx.actor.visible(Action::ReadRequest),
    );
    let sight = |actor: &Actor, dossier: &Dossier, organization| {
        sight_of(actor, &dossier.person, organization)
    };
    let id_of = |shown: &DueShown| match shown.subject {
        Subject::License(id) => id.into(),
        Subject::Request(id) => id.into(),
    };
    let now = rx.now;
    let narrow = |dossier: &Dossier, shown: &mut DueShown| {
        let today = today(dossier, now);
        shown.items.retain(|item| filter.takes(item, today));
    };
    let wanted = usize::from(paging.limit) + 1;
    let (mut found, mut looked_at, mut after) = (Vec::new(), 0, paging.after);
    loop {
        let visible = (&visible.0, &visible.1);
        let looked = look(rx, visible, (filter, after), sight, narrow)?;
        let end = looked.is_the_end();
        looked_at += looked.count;
        after = looked.last.or(after);
        found.extend(looked.found.into_iter().map(|(shown, ())| shown));
        if end || found.len() >= wanted {
            return Ok(paging.cut(found, id_of));
        }
        if looked_at >= MOST_LOOKED_AT {
            return Ok(Slice {
                rows: found,
                next: after,
            });
        }
    }
}

/// What one calendar shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueInCalendar {
    /// Each with the instant at which what it rests on was last recorded.
    pub due: Vec<(DueShown, Instant)>,
    /// The local day of the reading, where there was more than one calendar takes.
    pub cut_on: Option<NaiveDate>,
}

/// What is due of the licenses and requests of an organization, from what is overdue through a year ahead.
///
/// A calendar is looked at over many shoulders, so that whoever made it sees in it no more than a supervisor does, and of
/// himself no more than any user.
pub fn due_in_calendar(
    rx: &mut Rx<'_>,
    organization: OrganizationId,
) -> Result<DueInCalendar, Error> {
    let here = Visible {
        organizations: vec![organization],
        ..Visible::default()
    };
    let filter = DueFilter {
        organization_id: Some(organization),
        ..DueFilter::default()
    };
    let sight = |actor: &Actor, dossier: &Dossier, _| {
        if actor.is(dossier.person.id) {
            Sight::EndUser
        } else {
            Sight::OwnSupervisor
        }
    };
    let now = rx.now;
    let narrow = |dossier: &Dossier, shown: &mut DueShown| {
        let today = today(dossier, now);
        let last = add_days(today, CALENDAR_DAYS);
        shown.items.retain(|item| item.on <= last);
        let known = seen_by(&dossier.facts, reader_of(shown.sight), now);
        // Of this agency only, and nothing that its readers may not know of.
        let stamp = known
            .iter()
            .rfind(|fact| {
                fact.organization_id == Some(shown.organization_id)
                    && !matches!(
                        fact.body,
                        FactBody::HoldOpened { .. } | FactBody::HoldLifted { .. }
                    )
            })
            .map_or(dossier.person.recorded_at, |fact| fact.envelope.recorded_at);
        (today, stamp)
    };
    let (mut due, mut looked_at, mut after, mut last_day) = (Vec::new(), 0, None, None);
    loop {
        let looked = look(rx, (&here, &here), (&filter, after), sight, narrow)?;
        let end = looked.is_the_end();
        looked_at += looked.count;
        after = looked.last.or(after);
        last_day = looked
            .found
            .last()
            .map(|(_, (today, _))| *today)
            .or(last_day);
        due.extend(
            looked
                .found
                .into_iter()
                .map(|(shown, (_, stamp))| (shown, stamp)),
        );
        if end || looked_at >= LARGEST_CALENDAR {
            let cut_on = last_day.filter(|_| !end);
            return Ok(DueInCalendar { due, cut_on });
        }
    }
}
