//! Logins and the sources they are reported from.
//!
//! Logins are only as good as their source, so a source says how far it is complete, and whether it is in service is
//! dated and never overwritten.

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::calendar::{Instant, local_day};
use super::evaluate::{Heartbeat, LoginSource};
use super::ids::{
    AccessSignalId, FactId, HeartbeatId, ImplementationId, LoginEventId, LoginSourceId,
    OrganizationId, PersonId, PrincipalId, ServiceActId,
};

/// What kind of thing reports logins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// The HMIS itself, as people sign in.
    HmisFrontend,
    /// A file, once a night.
    NightlyFile,
}

/// Where logins of an implementation are reported from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRecord {
    pub id: LoginSourceId,
    pub implementation_id: ImplementationId,
    /// Short, unique in the implementation, never changed: facts carry it.
    pub code: String,
    pub name: String,
    pub kind: SourceKind,
    /// The last heartbeat.
    pub complete_through: Option<Instant>,
    pub heartbeat_at: Option<Instant>,
    /// When it last took back what it had promised: an alarm.
    pub lowered_at: Option<Instant>,
    pub recorded_at: Instant,
    pub recorded_by: PrincipalId,
    pub version: i32,
}

/// A source was put into service or taken out of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceAct {
    pub id: ServiceActId,
    pub implementation_id: ImplementationId,
    pub login_source_id: LoginSourceId,
    pub in_service: bool,
    /// From when it holds: never before it was recorded.
    pub from_at: Instant,
    pub reason: Option<String>,
    pub recorded_at: Instant,
    pub recorded_by: PrincipalId,
}

/// How far a source was complete, as it said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeartbeatRecord {
    pub id: HeartbeatId,
    pub implementation_id: ImplementationId,
    pub login_source_id: LoginSourceId,
    pub complete_through: Instant,
    /// It takes back what the one before promised.
    pub lowered: bool,
    /// See [`is_decisive`].
    pub decisive: bool,
    pub recorded_at: Instant,
    pub recorded_by: PrincipalId,
}

/// What a reported login turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoginOutcome {
    /// A license gave access.
    Accepted,
    /// Nothing allowed it, by the facts recorded when it occurred.
    Signal,
    /// Whose it was, or whether it was allowed, is not known.
    Unmatched,
}

impl LoginOutcome {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Signal => "signal",
            Self::Unmatched => "unmatched",
        }
    }
}

/// Why a login is unmatched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnmatchedReason {
    UnknownExternalId,
    /// It occurred before the implementation's first policy was in force: nothing is known of that time.
    BeforeGoLive,
}

/// A login as it was reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginEvent {
    pub id: LoginEventId,
    pub implementation_id: ImplementationId,
    pub login_source_id: LoginSourceId,
    pub source_event_id: String,
    /// Another kind of activity than a login.
    pub activity: Option<String>,
    /// SHA-256 over what was reported, so that the same id with another body is seen.
    pub fingerprint: String,
    pub outcome: LoginOutcome,
    pub unmatched_reason: Option<UnmatchedReason>,
    /// (system, value) by which the person was named, if he was.
    pub external_id: Option<(String, String)>,
    pub person_id: Option<PersonId>,
    /// The organization that the login named.
    pub organization_id: Option<OrganizationId>,
    pub fact_id: Option<FactId>,
    pub access_signal_id: Option<AccessSignalId>,
    pub occurred_at: Instant,
    pub recorded_at: Instant,
    pub recorded_by: PrincipalId,
}

/// What became of an access signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignalState {
    Open,
    /// There was a harmless reason.
    Explained,
    /// Somebody was in who should not have been.
    Incident,
}

impl SignalState {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Explained => "explained",
            Self::Incident => "incident",
        }
    }
}

/// A login that nothing allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessSignal {
    pub id: AccessSignalId,
    pub implementation_id: ImplementationId,
    pub login_event_id: LoginEventId,
    pub person_id: PersonId,
    pub organization_id: Option<OrganizationId>,
    pub state: SignalState,
    pub reason: Option<String>,
    pub closed_at: Option<Instant>,
    pub closed_by: Option<PrincipalId>,
    pub occurred_at: Instant,
    pub recorded_at: Instant,
    pub version: i32,
}

/// When a source is in service, by what was recorded at or before an instant, oldest first and never touching.
///
/// An act holds from its instant on and replaces what had been announced for that instant or after.
#[must_use]
pub fn service_windows(acts: &[ServiceAct], known: Instant) -> Vec<(Instant, Option<Instant>)> {
    let mut recorded: Vec<&ServiceAct> =
        acts.iter().filter(|act| act.recorded_at <= known).collect();
    recorded.sort_by_key(|act| (act.recorded_at, act.id));
    let mut standing: Vec<(Instant, bool)> = Vec::new();
    for act in recorded {
        let from = act.from_at.max(act.recorded_at);
        standing.retain(|(other, _)| *other < from);
        standing.push((from, act.in_service));
    }
    let mut windows: Vec<(Instant, Option<Instant>)> = Vec::new();
    for (at, in_service) in standing {
        match (windows.last_mut(), in_service) {
            (Some((_, until @ None)), false) => *until = Some(at),
            (Some((_, None)), true) | (_, false) => {}
            (_, true) => windows.push((at, None)),
        }
    }
    windows
}

/// When at least one of several sources is in service from an instant on: what the outlook of every license with an
/// inactivity rule rests on.
#[must_use]
pub fn covered_from(
    from: Instant,
    windows: impl IntoIterator<Item = (Instant, Option<Instant>)>,
) -> Vec<(Instant, Option<Instant>)> {
    let mut ahead: Vec<(Instant, Option<Instant>)> = windows
        .into_iter()
        .filter(|(_, until)| until.is_none_or(|until| until > from))
        .map(|(begin, until)| (begin.max(from), until))
        .collect();
    ahead.sort_unstable();
    let mut covered: Vec<(Instant, Option<Instant>)> = Vec::new();
    for (begin, until) in ahead {
        match covered.last_mut() {
            Some((_, None)) => {}
            Some((_, Some(end))) if begin <= *end => {
                if until.is_none_or(|until| until > *end) {
                    covered.pop().into_iter().for_each(|(first, _)| {
                        covered.push((first, until));
                    });
                }
            }
            _ => covered.push((begin, until)),
        }
    }
    covered
}

/// Whether a heartbeat can decide anything that the one before did not.
///
/// A cut-off is the first instant of a local day, and all that is asked of a mark is whether it has reached a cut-off:
/// the answer changes only where the local day of the mark does. So of a source that reports each minute one heartbeat
/// a day is kept for evaluations, and nothing is lost. `zones` are those of the implementation and its policy versions.
#[must_use]
pub fn is_decisive(before: Option<Instant>, complete_through: Instant, zones: &[Tz]) -> bool {
    before.is_none_or(|before| {
        zones
            .iter()
            .any(|zone| local_day(*zone, before) != local_day(*zone, complete_through))
    })
}

/// The sources of an implementation with the heartbeats that can matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    acts: Vec<ServiceAct>,
    heartbeats: Vec<HeartbeatRecord>,
    /// By everything that is recorded.
    now: Vec<LoginSource>,
}

impl Sources {
    /// `heartbeats` by `recorded_at`.
    #[must_use]
    pub fn new(acts: Vec<ServiceAct>, heartbeats: Vec<HeartbeatRecord>) -> Self {
        let mut sources = Self {
            acts,
            heartbeats,
            now: Vec::new(),
        };
        sources.now = sources.build(Instant::MAX_UTC);
        sources
    }

    /// As they were known at an instant: a question about the past is answered without what was recorded since.
    #[must_use]
    pub fn known_at(&self, at: Instant) -> std::borrow::Cow<'_, [LoginSource]> {
        if self.acts.iter().all(|act| act.recorded_at <= at) {
            std::borrow::Cow::Borrowed(&self.now)
        } else {
            std::borrow::Cow::Owned(self.build(at))
        }
    }

    fn build(&self, known: Instant) -> Vec<LoginSource> {
        let mut ids: Vec<LoginSourceId> = self.acts.iter().map(|act| act.login_source_id).collect();
        ids.sort_unstable();
        ids.dedup();
        ids.into_iter()
            .flat_map(|id| {
                let acts: Vec<ServiceAct> = self
                    .acts
                    .iter()
                    .filter(|act| act.login_source_id == id)
                    .cloned()
                    .collect();
                let heartbeats: Vec<Heartbeat> = self
                    .heartbeats
                    .iter()
                    .filter(|beat| beat.login_source_id == id)
                    .map(|beat| Heartbeat {
                        complete_through: beat.complete_through,
                        recorded_at: beat.recorded_at,
                    })
                    .collect();
                service_windows(&acts, known)
                    .into_iter()
                    .map(move |(from, until)| LoginSource {
                        in_service_from: from,
                        in_service_until: until,
                        heartbeats: heartbeats.clone(),
                    })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
