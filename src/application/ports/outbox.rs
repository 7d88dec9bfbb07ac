//! Notices that wait to be given, and the messages that carry them.

use chrono::{DateTime, NaiveDate, Utc};

use super::repositories::{Page, Visible};
use super::store::StoreError;
use crate::domain::ids::{
    FactId, ImplementationId, LicenseId, MessageId, OrganizationId, PersonId,
};
use crate::domain::outgoing::{Message, MessageState, QueueState, QueuedNotice};

type Instant = DateTime<Utc>;
type Result<T> = std::result::Result<T, StoreError>;

/// What narrows a list of queued notices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueueFilter {
    pub implementation_id: Option<ImplementationId>,
    pub organization_id: Option<OrganizationId>,
    pub person_id: Option<PersonId>,
    pub license_id: Option<LicenseId>,
    /// Empty: any.
    pub states: Vec<QueueState>,
}

/// What narrows a list of messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageFilter {
    pub implementation_id: Option<ImplementationId>,
    pub person_id: Option<PersonId>,
    pub state: Option<MessageState>,
}

pub trait OutboxReads {
    fn queued_notice(&mut self, id: FactId) -> Result<Option<QueuedNotice>>;
    fn queued_notices(
        &mut self,
        visible: &Visible,
        filter: &QueueFilter,
        page: Page,
    ) -> Result<Vec<QueuedNotice>>;
    /// Whatever was ever queued about these licenses, by id.
    fn queued_of_licenses(&mut self, ids: &[LicenseId]) -> Result<Vec<QueuedNotice>>;
    fn queued_of_message(&mut self, id: MessageId) -> Result<Vec<QueuedNotice>>;
    fn message(&mut self, id: MessageId) -> Result<Option<Message>>;
    fn messages(
        &mut self,
        visible: &Visible,
        filter: &MessageFilter,
        page: Page,
    ) -> Result<Vec<Message>>;
    /// The message that gathers a day's notices to a person at the address of an organization, and was not sent yet; or
    /// any that was, so that the next one gathers a later day.
    fn messages_of_day(
        &mut self,
        person: PersonId,
        organization: OrganizationId,
        on_day: NaiveDate,
    ) -> Result<Vec<Message>>;
    /// The messages that may be sent, the longest due first.
    fn messages_to_send(&mut self, now: Instant, limit: i64) -> Result<Vec<Message>>;
}

pub trait OutboxWrites {
    fn insert_queued_notice(&mut self, row: &QueuedNotice) -> Result<()>;
    /// Compares the version and raises it; `StoreError::Stale` if somebody else did.
    fn update_queued_notice(&mut self, row: &QueuedNotice) -> Result<()>;
    fn insert_message(&mut self, row: &Message) -> Result<()>;
    /// Compares the version and raises it; `StoreError::Stale` if somebody else did.
    fn update_message(&mut self, row: &Message) -> Result<()>;
}
