//! Calendar feeds are made, listed and revoked.

use crate::application::actor::{Action, Scope};
use crate::application::page::{Paging, Slice};
use crate::application::ports::{CalendarFeed, RosterFilter};
use crate::application::roster::expect_version;
use crate::application::visible::visible_organization;
use crate::application::{Error, Rx, Tx};
use crate::domain::error::Rejection;
use crate::domain::ids::{CalendarFeedId, OrganizationId};

use super::FeedKey;

/// Makes a feed of an organization that rests on the actor's grant there: the narrowest, where he has several.
///
/// # Errors
/// `Invalid` for an organization that he may not know of.
pub fn create(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    key: &FeedKey,
) -> Result<CalendarFeed, Error> {
    let action = Action::ManageCalendarFeed;
    let organization =
        visible_organization(tx.unit, tx.actor, action, organization, "/organization_id")?;
    let scope = Scope::organization(organization.implementation_id, organization.id);
    tx.authorize(action, scope)?;
    let grant = tx
        .actor
        .grants
        .iter()
        .filter(|grant| grant.allows(action, scope))
        .min_by_key(|grant| grant.organization_id.is_none())
        .ok_or(Error::Forbidden)?;
    let feed = CalendarFeed {
        id: tx.id(),
        implementation_id: organization.implementation_id,
        organization_id: organization.id,
        principal_id: tx.actor.principal.id,
        staff_role_id: grant.id,
        secret_sha256: key.sha256(),
        recorded_at: tx.now,
        revoked_at: None,
        version: 1,
    };
    tx.unit.insert_calendar_feed(&feed)?;
    tx.trail.touched("calendar_feed", feed.id);
    Ok(feed)
}

/// One feed, without its secret.
pub fn calendar_feed(rx: &mut Rx<'_>, id: CalendarFeedId) -> Result<CalendarFeed, Error> {
    let feed = rx.view.calendar_feed(id)?.ok_or(Error::NotFound)?;
    rx.authorize(Action::ReadCalendarFeed, scope_of(&feed))?;
    Ok(feed)
}

/// The feeds of the organizations that the reader has a role for, revoked ones too.
pub fn calendar_feeds(
    rx: &mut Rx<'_>,
    filter: &RosterFilter,
    paging: Paging,
) -> Result<Slice<CalendarFeed>, Error> {
    let visible = rx.actor.visible(Action::ReadCalendarFeed);
    let rows = rx.view.calendar_feeds(&visible, filter, paging.probe())?;
    Ok(paging.cut(rows, |feed| feed.id.into()))
}

/// Revokes a feed: its address opens nothing from the next request on.
///
/// # Errors
/// `Rejected` if it was revoked before, `Stale` or `PreconditionRequired` unless `expected` is the current version.
pub fn revoke(
    tx: &mut Tx<'_>,
    id: CalendarFeedId,
    expected: impl Into<Option<i32>>,
) -> Result<CalendarFeed, Error> {
    let mut feed = tx.unit.calendar_feed(id)?.ok_or(Error::NotFound)?;
    tx.authorize(Action::ManageCalendarFeed, scope_of(&feed))?;
    expect_version(expected, feed.version)?;
    if feed.revoked_at.is_some() {
        return Err(Rejection::never("revoked", "revoke").into());
    }
    feed.revoked_at = Some(tx.now);
    tx.unit.update_calendar_feed(&feed)?;
    feed.version += 1;
    tx.trail.touched("calendar_feed", feed.id);
    Ok(feed)
}

fn scope_of(feed: &CalendarFeed) -> Scope {
    Scope::organization(feed.implementation_id, feed.organization_id)
}
