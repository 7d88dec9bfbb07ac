//! The rows of login sources, logins and signals.

use diesel::prelude::*;

use super::super::{Result, Row, read_word, word};
use crate::application::ports::StoreError;
use crate::domain::login::{AccessSignal, HeartbeatRecord, LoginEvent, ServiceAct, SourceRecord};
use crate::persistence::schema::{
    access_signals, login_events, login_heartbeats, login_source_services, login_sources,
};
use crate::persistence::types::{Id, Instant};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = login_sources)]
pub struct SourceRow {
    id: Id,
    implementation_id: Id,
    code: String,
    name: String,
    kind: String,
    complete_through: Option<Instant>,
    heartbeat_at: Option<Instant>,
    lowered_at: Option<Instant>,
    recorded_at: Instant,
    recorded_by: Id,
    version: i32,
}

impl Row for SourceRow {
    type Record = SourceRecord;

    fn of(record: &SourceRecord) -> Result<Self> {
        Ok(Self {
            id: Id::of(record.id),
            implementation_id: Id::of(record.implementation_id),
            code: record.code.clone(),
            name: record.name.clone(),
            kind: word(&record.kind)?,
            complete_through: record.complete_through.map(Instant),
            heartbeat_at: record.heartbeat_at.map(Instant),
            lowered_at: record.lowered_at.map(Instant),
            recorded_at: Instant(record.recorded_at),
            recorded_by: Id::of(record.recorded_by),
            version: record.version,
        })
    }

    fn read(self) -> Result<SourceRecord> {
        Ok(SourceRecord {
            id: self.id.to(),
            implementation_id: self.implementation_id.to(),
            code: self.code,
            name: self.name,
            kind: read_word(&self.kind)?,
            complete_through: self.complete_through.map(|at| at.0),
            heartbeat_at: self.heartbeat_at.map(|at| at.0),
            lowered_at: self.lowered_at.map(|at| at.0),
            recorded_at: self.recorded_at.0,
            recorded_by: self.recorded_by.to(),
            version: self.version,
        })
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = login_source_services)]
pub struct ServiceRow {
    id: Id,
    implementation_id: Id,
    login_source_id: Id,
    in_service: bool,
    from_at: Instant,
    reason: Option<String>,
    recorded_at: Instant,
    recorded_by: Id,
}

impl Row for ServiceRow {
    type Record = ServiceAct;

    fn of(record: &ServiceAct) -> Result<Self> {
        Ok(Self {
            id: Id::of(record.id),
            implementation_id: Id::of(record.implementation_id),
            login_source_id: Id::of(record.login_source_id),
            in_service: record.in_service,
            from_at: Instant(record.from_at),
            reason: record.reason.clone(),
            recorded_at: Instant(record.recorded_at),
            recorded_by: Id::of(record.recorded_by),
        })
    }

    fn read(self) -> Result<ServiceAct> {
        Ok(ServiceAct {
            id: self.id.to(),
            implementation_id: self.implementation_id.to(),
            login_source_id: self.login_source_id.to(),
            in_service: self.in_service,
            from_at: self.from_at.0,
            reason: self.reason,
            recorded_at: self.recorded_at.0,
            recorded_by: self.recorded_by.to(),
        })
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = login_heartbeats)]
pub struct HeartbeatRow {
    id: Id,
    implementation_id: Id,
    login_source_id: Id,
    complete_through: Instant,
    lowered: bool,
    decisive: bool,
    recorded_at: Instant,
    recorded_by: Id,
}

impl Row for HeartbeatRow {
    type Record = HeartbeatRecord;

    fn of(record: &HeartbeatRecord) -> Result<Self> {
        Ok(Self {
            id: Id::of(record.id),
            implementation_id: Id::of(record.implementation_id),
            login_source_id: Id::of(record.login_source_id),
            complete_through: Instant(record.complete_through),
            lowered: record.lowered,
            decisive: record.decisive,
            recorded_at: Instant(record.recorded_at),
            recorded_by: Id::of(record.recorded_by),
        })
    }

    fn read(self) -> Result<HeartbeatRecord> {
        Ok(HeartbeatRecord {
            id: self.id.to(),
            implementation_id: self.implementation_id.to(),
            login_source_id: self.login_source_id.to(),
            complete_through: self.complete_through.0,
            lowered: self.lowered,
            decisive: self.decisive,
            recorded_at: self.recorded_at.0,
            recorded_by: self.recorded_by.to(),
        })
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = login_events)]
pub struct EventRow {
    id: Id,
    implementation_id: Id,
    login_source_id: Id,
    source_event_id: String,
    fingerprint: String,
    outcome: String,
    unmatched_reason: Option<String>,
    external_system: Option<String>,
    external_value: Option<String>,
    person_id: Option<Id>,
    organization_id: Option<Id>,
    fact_id: Option<Id>,
    access_signal_id: Option<Id>,
    occurred_at: Instant,
    recorded_at: Instant,
    recorded_by: Id,
    activity: Option<String>,
}

impl Row for EventRow {
    type Record = LoginEvent;

    fn of(record: &LoginEvent) -> Result<Self> {
        let (system, value) = record.external_id.clone().unzip();
        Ok(Self {
            id: Id::of(record.id),
            implementation_id: Id::of(record.implementation_id),
            login_source_id: Id::of(record.login_source_id),
            source_event_id: record.source_event_id.clone(),
            fingerprint: record.fingerprint.clone(),
            outcome: record.outcome.as_str().to_owned(),
            unmatched_reason: record.unmatched_reason.as_ref().map(word).transpose()?,
            external_system: system,
            external_value: value,
            person_id: record.person_id.map(Id::of),
            organization_id: record.organization_id.map(Id::of),
            fact_id: record.fact_id.map(Id::of),
            access_signal_id: record.access_signal_id.map(Id::of),
            occurred_at: Instant(record.occurred_at),
            recorded_at: Instant(record.recorded_at),
            recorded_by: Id::of(record.recorded_by),
            activity: record.activity.clone(),
        })
    }

    fn read(self) -> Result<LoginEvent> {
        let external_id = match (self.external_system, self.external_value) {
            (Some(system), Some(value)) => Some((system, value)),
            (None, None) => None,
            _ => return Err(StoreError::Corrupt("half an external id".into())),
        };
        Ok(LoginEvent {
            id: self.id.to(),
            implementation_id: self.implementation_id.to(),
            login_source_id: self.login_source_id.to(),
            source_event_id: self.source_event_id,
            fingerprint: self.fingerprint,
            outcome: read_word(&self.outcome)?,
            unmatched_reason: self
                .unmatched_reason
                .as_deref()
                .map(read_word)
                .transpose()?,
            external_id,
            activity: self.activity,
            person_id: self.person_id.map(Id::to),
            organization_id: self.organization_id.map(Id::to),
            fact_id: self.fact_id.map(Id::to),
            access_signal_id: self.access_signal_id.map(Id::to),
            occurred_at: self.occurred_at.0,
            recorded_at: self.recorded_at.0,
            recorded_by: self.recorded_by.to(),
        })
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = access_signals)]
pub struct SignalRow {
    id: Id,
    implementation_id: Id,
    login_event_id: Id,
    person_id: Id,
    organization_id: Option<Id>,
    state: String,
    reason: Option<String>,
    closed_at: Option<Instant>,
    closed_by: Option<Id>,
    occurred_at: Instant,
    recorded_at: Instant,
    version: i32,
}

impl Row for SignalRow {
    type Record = AccessSignal;

    fn of(record: &AccessSignal) -> Result<Self> {
        Ok(Self {
            id: Id::of(record.id),
            implementation_id: Id::of(record.implementation_id),
            login_event_id: Id::of(record.login_event_id),
            person_id: Id::of(record.person_id),
            organization_id: record.organization_id.map(Id::of),
            state: record.state.as_str().to_owned(),
            reason: record.reason.clone(),
            closed_at: record.closed_at.map(Instant),
            closed_by: record.closed_by.map(Id::of),
            occurred_at: Instant(record.occurred_at),
            recorded_at: Instant(record.recorded_at),
            version: record.version,
        })
    }

    fn read(self) -> Result<AccessSignal> {
        Ok(AccessSignal {
            id: self.id.to(),
            implementation_id: self.implementation_id.to(),
            login_event_id: self.login_event_id.to(),
            person_id: self.person_id.to(),
            organization_id: self.organization_id.map(Id::to),
            state: read_word(&self.state)?,
            reason: self.reason,
            closed_at: self.closed_at.map(|at| at.0),
            closed_by: self.closed_by.map(Id::to),
            occurred_at: self.occurred_at.0,
            recorded_at: self.recorded_at.0,
            version: self.version,
        })
    }
}
