//! What is found at the address of a calendar.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use super::FeedKey;
use crate::application::actor::{Action, Actor, Scope};
use crate::application::audit::hex;
use crate::application::licensing::{DueShown, Subject, due_in_calendar};
use crate::application::ports::{StoreExt, View};
use crate::application::{App, Caller, Error, Rx, transaction};
use crate::domain::calendar::Instant;
use crate::domain::evaluate::Coming;

/// The calendar of an organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// The organization's name; nothing else in it names anybody.
    pub organization: String,
    pub events: Vec<CalendarEvent>,
    /// The local day on which it was read, where there was too much for one calendar: something is missing.
    pub cut_on: Option<NaiveDate>,
}

/// One day of a calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarEvent {
    /// The same for the same matter, whatever day it moves to. It tells nothing of what it stands for.
    pub uid: String,
    /// When what it rests on was last recorded.
    pub stamp: Instant,
    pub subject: Subject,
    pub item: Coming,
}

/// Numbers items of a license or request that are alike, so that each keeps its own `uid`.
fn events(due: &DueShown, stamp: Instant) -> Vec<CalendarEvent> {
    let mut seen: BTreeMap<(&str, Option<&str>), u32> = BTreeMap::new();
    let subject = match due.subject {
        Subject::License(id) => id.to_string(),
        Subject::Request(id) => id.to_string(),
    };
    due.items
        .iter()
        .map(|item| {
            let count = seen
                .entry((item.kind.as_str(), item.about.as_deref()))
                .or_default();
            *count += 1;
            let about = item.about.as_deref().unwrap_or_default();
            let matter = format!("{subject}/{}/{about}/{count}", item.kind.as_str());
            let digest = hex(&Sha256::digest(matter.as_bytes()));
            CalendarEvent {
                uid: digest.chars().take(32).collect(),
                stamp,
                subject: due.subject,
                item: item.clone(),
            }
        })
        .collect()
}

impl App {
    /// The calendar that an address opens.
    ///
    /// # Errors
    /// `NotFound` for what is no address, was revoked, or rests on a role that ended: nobody can tell which.
    pub async fn calendar(&self, address: &str) -> Result<Calendar, Error> {
        let (id, key) = FeedKey::parse(address).map_err(|_| Error::NotFound)?;
        let now = self.now();
        self.store()
            .read(move |view: &mut dyn View| -> Result<Calendar, Error> {
                let feed = view
                    .calendar_feed(id)?
                    .filter(|feed| key.is_kept_as(&feed.secret_sha256))
                    .filter(|feed| feed.revoked_at.is_none())
                    .ok_or(Error::NotFound)?;
                let principal = view.principal(feed.principal_id)?.ok_or(Error::NotFound)?;
                // The role is read live, as on every request with a token.
                let caller = Caller {
                    issuer: principal.issuer,
                    subject: principal.subject,
                    request_id: String::new(),
                };
                let actor = transaction::load_actor(view, &caller, now)?;
                let scope = Scope::organization(feed.implementation_id, feed.organization_id);
                let rests = |actor: &Actor| {
                    actor.grants.iter().any(|grant| {
                        grant.id == feed.staff_role_id
                            && grant.allows(Action::ManageCalendarFeed, scope)
                    })
                };
                if !rests(&actor) {
                    return Err(Error::NotFound);
                }
                let organization = view
                    .organization(feed.organization_id)?
                    .ok_or(Error::NotFound)?;
                let mut rx = Rx {
                    view,
                    actor: &actor,
                    now,
                };
                let found = due_in_calendar(&mut rx, feed.organization_id)?;
                Ok(Calendar {
                    organization: organization.name,
                    cut_on: found.cut_on,
                    events: found
                        .due
                        .iter()
                        .flat_map(|(due, stamp)| events(due, *stamp))
                        .collect(),
                })
            })
            .await
    }
}
