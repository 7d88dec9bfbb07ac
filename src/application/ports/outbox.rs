//! Notices that wait to be given, and the messages that carry them.

use chrono::{DateTime, NaiveDate, Utc};

use super::repositories::{Page, Visible};
use super::store::StoreError;
use crate::domain::ids::{
    AccessSignalId, FactId, ImplementationId, LicenseId, MessageId, NoticeCopyId, OrganizationId,
    PersonId,
};
use crate::domain::login::AccessSignal;
use crate::domain::outgoing::{
    Addressee, Message, MessageKind, MessageState, NoticeCopy, QueueState, QueuedNotice,
};
use crate::domain::template::{MessageTemplate, TemplateKind};

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
    /// Those of a kind that go to somebody, about one organization or any, and gather a day, by id.
    fn messages_of_day(
        &mut self,
        kind: MessageKind,
        to: Addressee,
        organization: Option<OrganizationId>,
        on_day: NaiveDate,
    ) -> Result<Vec<Message>>;
    /// Those of a kind about an organization and a day that were refused or came back, by id.
    fn refused_messages(
        &mut self,
        kind: MessageKind,
        organization: OrganizationId,
        on_day: NaiveDate,
    ) -> Result<Vec<Message>>;
    /// Which of these may not be made again, because they were.
    fn messages_once(&mut self, keys: &[String]) -> Result<Vec<String>>;
    /// Copies of notices that no message gathers yet, the oldest first.
    fn copies_to_gather(&mut self, limit: i64) -> Result<Vec<NoticeCopy>>;
    fn copies(&mut self, ids: &[NoticeCopyId]) -> Result<Vec<NoticeCopy>>;
    fn copies_of_notices(&mut self, ids: &[FactId]) -> Result<Vec<NoticeCopy>>;
    fn copies_of_message(&mut self, id: MessageId) -> Result<Vec<NoticeCopy>>;
    fn queued_by_id(&mut self, ids: &[FactId]) -> Result<Vec<QueuedNotice>>;
    /// Of each kind of message the last text that staff wrote.
    fn last_templates(&mut self, implementation: ImplementationId) -> Result<Vec<MessageTemplate>>;
    fn template_versions(
        &mut self,
        visible: &Visible,
        implementation: ImplementationId,
        kind: Option<TemplateKind>,
        page: Page,
    ) -> Result<Vec<MessageTemplate>>;
    /// Implementations with open access signals that no message tells of yet.
    fn implementations_with_signals(&mut self) -> Result<Vec<ImplementationId>>;
    /// Those signals, the oldest first.
    fn signals_to_tell(&mut self, implementation: ImplementationId) -> Result<Vec<AccessSignal>>;
    fn signals_of_message(&mut self, id: MessageId) -> Result<Vec<AccessSignal>>;
    /// The message of a kind that was queued last in an implementation.
    fn last_message(
        &mut self,
        implementation: ImplementationId,
        kind: MessageKind,
    ) -> Result<Option<Message>>;
    /// The messages that may be sent, the longest due first.
    fn messages_to_send(&mut self, now: Instant, limit: i64) -> Result<Vec<Message>>;
}

pub trait OutboxWrites {
    fn insert_queued_notice(&mut self, row: &QueuedNotice) -> Result<()>;
    /// Compares the version and raises it; `StoreError::Stale` if somebody else did.
    fn update_queued_notice(&mut self, row: &QueuedNotice) -> Result<()>;
    /// `StoreError::Conflict` if the version is there already.
    fn insert_template(&mut self, row: &MessageTemplate) -> Result<()>;
    fn insert_notice_copy(&mut self, row: &NoticeCopy) -> Result<()>;
    /// Compares the version and raises it; `StoreError::Stale` if somebody else did.
    fn update_notice_copy(&mut self, row: &NoticeCopy) -> Result<()>;
    /// Says which message tells of access signals; `StoreError::Stale` if another one does of any.
    fn tell_signals(&mut self, ids: &[AccessSignalId], message: MessageId) -> Result<()>;
    /// `StoreError::Conflict` if it may be there only once and is.
    fn insert_message(&mut self, row: &Message) -> Result<()>;
    /// Compares the version and raises it; `StoreError::Stale` if somebody else did.
    fn update_message(&mut self, row: &Message) -> Result<()>;
}
