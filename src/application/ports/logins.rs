//! Login sources, reported logins and access signals.

use chrono::{DateTime, Utc};

use super::repositories::{Page, Visible};
use super::store::StoreError;
use crate::domain::ids::{AccessSignalId, ImplementationId, LoginEventId, LoginSourceId, PersonId};
use crate::domain::login::{
    AccessSignal, HeartbeatRecord, LoginEvent, LoginOutcome, ServiceAct, SignalState, SourceRecord,
};

type Instant = DateTime<Utc>;
type Result<T> = std::result::Result<T, StoreError>;

/// What narrows a list of reported logins. Only whole implementations are visible: logins belong to the lead's staff.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoginFilter {
    pub implementation_id: Option<ImplementationId>,
    pub login_source_id: Option<LoginSourceId>,
    pub person_id: Option<PersonId>,
    pub outcome: Option<LoginOutcome>,
}

/// What narrows a list of access signals.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignalFilter {
    pub implementation_id: Option<ImplementationId>,
    pub person_id: Option<PersonId>,
    pub state: Option<SignalState>,
}

pub trait LoginReads {
    fn login_source(&mut self, id: LoginSourceId) -> Result<Option<SourceRecord>>;
    fn login_sources(
        &mut self,
        visible: &Visible,
        implementation: Option<ImplementationId>,
        page: Page,
    ) -> Result<Vec<SourceRecord>>;
    /// Every act of the sources of an implementation, by recording.
    fn login_source_services(
        &mut self,
        implementation: ImplementationId,
    ) -> Result<Vec<ServiceAct>>;
    /// Every act of these sources, by recording.
    fn services_of_sources(&mut self, ids: &[LoginSourceId]) -> Result<Vec<ServiceAct>>;
    /// The last heartbeat of each source of an implementation.
    fn last_heartbeats(&mut self, implementation: ImplementationId)
    -> Result<Vec<HeartbeatRecord>>;
    /// The decisive heartbeats of an implementation recorded at or after an instant, by recording.
    fn decisive_heartbeats(
        &mut self,
        implementation: ImplementationId,
        since: Instant,
    ) -> Result<Vec<HeartbeatRecord>>;
    fn login_event(&mut self, id: LoginEventId) -> Result<Option<LoginEvent>>;
    /// Those of a source with one of these ids of its own.
    fn login_events_of_source(
        &mut self,
        source: LoginSourceId,
        source_event_ids: &[String],
    ) -> Result<Vec<LoginEvent>>;
    fn login_events(
        &mut self,
        visible: &Visible,
        filter: &LoginFilter,
        page: Page,
    ) -> Result<Vec<LoginEvent>>;
    fn access_signal(&mut self, id: AccessSignalId) -> Result<Option<AccessSignal>>;
    fn access_signals(
        &mut self,
        visible: &Visible,
        filter: &SignalFilter,
        page: Page,
    ) -> Result<Vec<AccessSignal>>;
}

pub trait LoginWrites {
    /// `StoreError::Conflict` if the implementation has a source of this code.
    fn insert_login_source(&mut self, row: &SourceRecord) -> Result<()>;
    /// The guard row of what a source says of itself: heartbeats and service. Read the source after it.
    fn lock_login_source(&mut self, id: LoginSourceId) -> Result<()>;
    /// Compare-and-set on `row.version`; the stored one becomes the next.
    fn touch_login_source(&mut self, row: &SourceRecord) -> Result<()>;
    fn insert_service_act(&mut self, row: &ServiceAct) -> Result<()>;
    /// Appends a heartbeat and repeats it on its source; the source's version stays.
    fn insert_heartbeat(&mut self, row: &HeartbeatRecord) -> Result<()>;
    /// `StoreError::Conflict` if the source reported one of the ids already.
    fn insert_login_events(&mut self, rows: &[LoginEvent]) -> Result<()>;
    fn insert_access_signals(&mut self, rows: &[AccessSignal]) -> Result<()>;
    /// Compare-and-set on `row.version`; the stored one becomes the next.
    fn update_access_signal(&mut self, row: &AccessSignal) -> Result<()>;
}
