//! Secret addresses of calendars.

use chrono::{DateTime, Utc};

use super::repositories::{Page, RosterFilter, Visible};
use super::store::StoreError;
use crate::domain::ids::{
    CalendarFeedId, ImplementationId, OrganizationId, PrincipalId, StaffRoleId,
};

type Instant = DateTime<Utc>;
type Result<T> = std::result::Result<T, StoreError>;

/// A secret address at which a calendar of what is due at an organization is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarFeed {
    pub id: CalendarFeedId,
    pub implementation_id: ImplementationId,
    pub organization_id: OrganizationId,
    /// Whoever made it.
    pub principal_id: PrincipalId,
    /// The grant that it rests on: it ends when this one does.
    pub staff_role_id: StaffRoleId,
    /// SHA-256 of its secret, hexadecimal.
    pub secret_sha256: String,
    pub recorded_at: Instant,
    pub revoked_at: Option<Instant>,
    pub version: i32,
}

pub trait CalendarFeedReads {
    fn calendar_feed(&mut self, id: CalendarFeedId) -> Result<Option<CalendarFeed>>;
    fn calendar_feeds(
        &mut self,
        visible: &Visible,
        filter: &RosterFilter,
        page: Page,
    ) -> Result<Vec<CalendarFeed>>;
}

pub trait CalendarFeedWrites {
    fn insert_calendar_feed(&mut self, row: &CalendarFeed) -> Result<()>;
    /// Compare-and-set on `row.version`; the stored one becomes the next. Only the revocation changes.
    fn update_calendar_feed(&mut self, row: &CalendarFeed) -> Result<()>;
}
