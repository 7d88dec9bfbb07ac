//! What is coming at an organization, told its supervisors once a week.
//!
//! On Monday, or once the service is up again that week, a message is begun for everybody who supervises an
//! organization, or stands in for one who does, and can be written to; two processes begin the same one, and one of them fails. What it says is found
//! when it is sent, and where there is nothing to say none is sent. It is computed with the supervisor's sight, and
//! without himself: what he may not know of his own, as a departure that was announced, cannot be in it.

use std::collections::BTreeSet;

use chrono::{Datelike, Days, NaiveDate};

use super::compose::Made;
use super::recipients::{address_of, lead, names};
use super::texts::{Letter, coming};
use crate::application::actor::{Action, Scope};
use crate::application::licensing::Dossier;
use crate::application::ports::{Page, StateFilter, StoreError, StoreExt, View, Visible};
use crate::application::roster::delegations::{running_deputies, still_there};
use crate::application::roster::supervisors::roles_in;
use crate::application::roster::zone_at;
use crate::application::{App, Error, Tx};
use crate::domain::calendar::{Instant, add_days, local_day};
use crate::domain::evaluate::{Change, DueItem, EndCause, Evaluation, Reader};
use crate::domain::fact::{HoldCause, NoticeRule};
use crate::domain::ids::{ImplementationId, MessageId, OrganizationId, PersonId};
use crate::domain::license::LicenseStatus;
use crate::domain::outgoing::{Addressee, Message, MessageKind};
use crate::domain::request::RequestState;

/// How far ahead it looks.
const DAYS_AHEAD: u32 = 14;
/// Rows per look.
const ROWS: i64 = 500;

/// The Monday of the week of a day.
fn monday(day: NaiveDate) -> NaiveDate {
    let since = u64::from(day.weekday().num_days_from_monday());
    day.checked_sub_days(Days::new(since)).unwrap_or(day)
}

/// A digest that is due.
#[derive(Clone)]
struct Due {
    implementation: ImplementationId,
    organization: OrganizationId,
    person: PersonId,
    week: NaiveDate,
}

impl Due {
    fn key(&self) -> String {
        format!("digest:{}:{}:{}", self.organization, self.person, self.week)
    }
}

impl App {
    /// Begins the digests of this week that nobody began yet.
    pub(super) async fn begin_digests(&self) -> Result<(), Error> {
        let now = self.now();
        let due = self
            .store()
            .read(move |view: &mut dyn View| due(view, now))
            .await?;
        for digest in due {
            let begun = self
                .write_as_service(Action::SendMessages, move |tx| begin(tx, &digest))
                .await;
            match begun {
                Ok(()) | Err(Error::Store(StoreError::Conflict)) => {}
                Err(error) => log::error!("a digest could not be begun: {error}"),
            }
        }
        Ok(())
    }
}

fn due(view: &mut dyn View, now: Instant) -> Result<Vec<Due>, Error> {
    let everything = Visible {
        everything: true,
        ..Visible::default()
    };
    let mut found = Vec::new();
    let mut page = Page {
        after: None,
        limit: ROWS,
    };
    loop {
        let implementations = view.implementations(&everything, page)?;
        for implementation in &implementations {
            let roles = roles_in(view, implementation.id, now)?;
            let grants: BTreeSet<(OrganizationId, PersonId)> = still_there(view, roles, now)?
                .into_iter()
                .filter_map(|role| Some((role.organization_id?, role.person_id?)))
                .chain(running_deputies(view, implementation.id, None, now)?)
                .collect();
            if grants.is_empty() {
                continue;
            }
            let versions = view.policy_versions(implementation.id)?;
            let week = monday(local_day(zone_at(implementation, &versions, now), now));
            let of_week: Vec<Due> = grants
                .into_iter()
                .map(|(organization, person)| Due {
                    implementation: implementation.id,
                    organization,
                    person,
                    week,
                })
                .collect();
            let keys: Vec<String> = of_week.iter().map(Due::key).collect();
            let begun = view.messages_once(&keys)?;
            let missing: Vec<Due> = of_week
                .into_iter()
                .filter(|due| !begun.contains(&due.key()))
                .collect();
            let people: Vec<PersonId> = missing.iter().map(|due| due.person).collect();
            let emails = view.emails(&people)?;
            found.extend(missing.into_iter().filter(|due| {
                emails.iter().any(|email| {
                    email.person_id == due.person
                        && email.organization_id == Some(due.organization)
                        && email.confirmed_at.is_some()
                        && email.retired_at.is_none()
                })
            }));
        }
        match implementations.last() {
            Some(last) if i64::try_from(implementations.len()).unwrap_or(ROWS) == ROWS => {
                page.after = Some(last.id.0);
            }
            _ => return Ok(found),
        }
    }
}

fn begin(tx: &mut Tx<'_>, due: &Due) -> Result<(), Error> {
    let (named, to) = ((tx.id(), due.implementation), Addressee::Person(due.person));
    let message = Message {
        organization_id: Some(due.organization),
        once: Some(due.key()),
        ..Message::waiting(named, MessageKind::Digest, to, due.week, tx.now)
    };
    tx.unit.insert_message(&message)?;
    tx.trail.scope(Scope::implementation(due.implementation));
    tx.trail.touched("message", message.id);
    Ok(())
}

fn of_lead(organization: OrganizationId, week: NaiveDate) -> String {
    format!("digest:{organization}:lead:{week}")
}

/// A digest that its supervisor could not be given goes to the lead, once for all of them; what the lead cannot be given
/// goes nowhere else, and stays on the list of refused messages.
pub(super) fn instead(tx: &mut Tx<'_>, refused: &Message) -> Result<(), Error> {
    let (MessageKind::Digest, Some(organization)) = (refused.kind, refused.organization_id) else {
        return Ok(());
    };
    let implementation = tx.unit.implementation(refused.implementation_id)?;
    if refused.to == Addressee::Lead || implementation.is_none_or(|it| lead(&it).is_none()) {
        return Ok(());
    }
    let once = of_lead(organization, refused.on_day);
    if !tx
        .unit
        .messages_once(std::slice::from_ref(&once))?
        .is_empty()
    {
        return Ok(());
    }
    let named = (tx.id(), refused.implementation_id);
    let digest = MessageKind::Digest;
    let message = Message {
        organization_id: Some(organization),
        once: Some(once),
        ..Message::waiting(named, digest, Addressee::Lead, refused.on_day, tx.now)
    };
    tx.unit.insert_message(&message)?;
    tx.trail.touched("message", message.id);
    Ok(())
}

/// Who has something coming at an organization: by his license, or by a request for one.
fn concerned(
    view: &mut dyn View,
    organization: OrganizationId,
    now: Instant,
) -> Result<BTreeSet<PersonId>, Error> {
    let visible = Visible {
        organizations: vec![organization],
        ..Visible::default()
    };
    let running = LicenseStatus::ALL
        .into_iter()
        .filter(|state| state.is_running());
    let running: Vec<LicenseStatus> = running.collect();
    let open = RequestState::ALL
        .into_iter()
        .filter(|state| state.is_open());
    let open: Vec<RequestState> = open.collect();
    let mut people = BTreeSet::new();
    let mut page = Page {
        after: None,
        limit: ROWS,
    };
    loop {
        let rows = view.licenses(&visible, &filter(organization, &running, now), page)?;
        people.extend(rows.iter().map(|row| row.person_id));
        match rows.last() {
            Some(last) if i64::try_from(rows.len()).unwrap_or(ROWS) == ROWS => {
                page.after = Some(last.id.0);
            }
            _ => break,
        }
    }
    page.after = None;
    loop {
        let rows = view.requests(&visible, &filter(organization, &open, now), page)?;
        people.extend(rows.iter().map(|row| row.person_id));
        match rows.last() {
            Some(last) if i64::try_from(rows.len()).unwrap_or(ROWS) == ROWS => {
                page.after = Some(last.id.0);
            }
            _ => return Ok(people),
        }
    }
}

fn filter<S: Copy>(organization: OrganizationId, states: &[S], now: Instant) -> StateFilter<S> {
    StateFilter {
        implementation_id: None,
        organization_id: Some(organization),
        person_id: None,
        license_type: None,
        states: states.to_vec(),
        listed: false,
        now,
    }
}

impl App {
    /// What a digest says now, made of one snapshot: it asks about everybody of an organization, and nobody who writes
    /// waits for that. Nothing where there is nothing to say.
    pub(super) async fn digest_ahead(&self, id: MessageId) -> Result<Option<Made>, Error> {
        let now = self.now();
        self.store()
            .read(move |view: &mut dyn View| made(view, id, now))
            .await
    }
}

fn made(view: &mut dyn View, id: MessageId, now: Instant) -> Result<Option<Made>, Error> {
    let Some(message) = view.message(id)? else {
        return Ok(None);
    };
    let Some(organization) = message.organization_id else {
        return Ok(None);
    };
    let Some(implementation) = view.implementation(message.implementation_id)? else {
        return Ok(None);
    };
    let to = message.to;
    let Some(address) = address_of(view, &implementation, Some(organization), to, now)? else {
        return Ok(None);
    };
    let people: Vec<PersonId> = concerned(view, organization, now)?
        .into_iter()
        .filter(|person| Addressee::Person(*person) != to)
        .collect();
    let mut letter = Letter::of(view, &implementation, Some(organization))?;
    letter.to = address.name;
    if to == Addressee::Lead {
        let refused = view.refused_messages(MessageKind::Digest, organization, message.on_day)?;
        letter.unreached = names(view, &refused.into_iter().map(|one| one.to).collect())?;
    }
    let mut found: Vec<(NaiveDate, String)> = Vec::new();
    for some in people.chunks(200) {
        for dossier in Dossier::load_many(view, some, &[])? {
            let dossier = dossier.seen_by(Reader::Agency, now);
            of_person(&dossier, organization, now, &mut found);
        }
    }
    if found.is_empty() {
        return Ok(None);
    }
    found.sort();
    letter.coming = found.into_iter().map(|(_, line)| line).collect();
    Ok(Some((letter, address.email, Vec::new())))
}

/// What is coming, or overdue, of one person at an organization.
fn of_person(
    dossier: &Dossier,
    organization: OrganizationId,
    now: Instant,
    found: &mut Vec<(NaiveDate, String)>,
) {
    let zone = dossier.zone_at(now);
    let today = local_day(zone, now);
    let last = add_days(today, DAYS_AHEAD);
    let name = format!(
        "{} {}",
        dossier.person.given_name, dossier.person.family_name
    );
    let mut add = |day: NaiveDate, what: &str| {
        if day <= last {
            found.push((day, coming::line(&name, what, day, today)));
        }
    };
    if dossier.license_id(organization).is_some() {
        let license = dossier.license_at(organization, now);
        if license.period().is_some_and(|period| period.end.is_none()) && !is_away(&license) {
            for item in license.due.iter().filter(|item| is_telling(&license, item)) {
                let what = coming::what((dossier, organization), &license, item);
                add(item.due_on, &what);
            }
        }
        for upcoming in &license.upcoming {
            if let Change::Ends(EndCause::Deactivated(cause)) = &upcoming.change
                && let Some(what) = coming::end(*cause)
            {
                let first = local_day(zone, upcoming.at);
                add(first, what);
            }
        }
    }
    for request in &dossier.requests {
        let request_now = dossier.request_at(request, now);
        if request.organization_id != organization || !request_now.state.is_open() {
            continue;
        }
        for deadline in &request_now.deadlines {
            if let (Some(due_on), None) = (deadline.due_on, deadline.done_on) {
                add(due_on, &format!("{} (license request)", deadline.title));
            }
        }
    }
}

/// During leave nothing is owed.
fn is_away(license: &Evaluation) -> bool {
    license
        .open_holds()
        .any(|hold| hold.cause == HoldCause::Leave)
}

/// An inactivity limit that lies ahead of whoever is not warned yet is no news: almost everybody logs in before.
fn is_telling(license: &Evaluation, item: &DueItem) -> bool {
    item.rule != NoticeRule::Inactivity
        || license.notices.iter().any(|needed| {
            needed.rule == NoticeRule::Inactivity
                && (needed.sent.is_some() || needed.due_at <= license.at)
        })
}
