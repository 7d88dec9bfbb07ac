//! Login sources: their time in service and how far they are complete.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use super::is_ahead;
use crate::application::actor::{Action, Scope};
use crate::application::page::{Paging, Slice};
use crate::application::ports::StoreError;
use crate::application::roster::{Faults, expect_version};
use crate::application::visible::visible_implementation;
use crate::application::{Error, Rx, Tx};
use crate::domain::calendar::Instant;
use crate::domain::error::Rejection;
use crate::domain::ids::{ImplementationId, LoginSourceId};
use crate::domain::login::{
    HeartbeatRecord, ServiceAct, SourceKind, SourceRecord, covered_from, is_decisive,
    service_windows,
};

/// Longest name, in characters.
const LONGEST_NAME: usize = 200;

/// A new source of logins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSource {
    pub implementation_id: ImplementationId,
    pub code: String,
    pub name: String,
    pub kind: SourceKind,
    /// From when it is in service. Absent: now.
    pub in_service_from: Option<Instant>,
}

/// A source is put into service or taken out of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceChange {
    pub in_service: bool,
    /// Absent: now.
    pub from_at: Option<Instant>,
    pub reason: String,
}

/// How far a source is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewHeartbeat {
    pub complete_through: Instant,
}

/// A source as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceShown {
    pub source: SourceRecord,
    pub in_service: bool,
    /// When it will next be taken out of service or put into it, as announced.
    pub changes_at: Option<Instant>,
    /// By recording.
    pub acts: Vec<ServiceAct>,
    /// It took back what it had promised and has not caught up with it since.
    pub alarm: bool,
}

fn shown(source: SourceRecord, acts: Vec<ServiceAct>, now: Instant) -> SourceShown {
    let windows = service_windows(&acts, now);
    let in_service = windows
        .iter()
        .any(|(from, until)| *from <= now && until.is_none_or(|until| now < until));
    let changes_at = windows
        .iter()
        .flat_map(|(from, until)| [Some(*from), *until])
        .flatten()
        .filter(|at| *at > now)
        .min();
    SourceShown {
        in_service,
        changes_at,
        alarm: source.lowered_at.is_some() && source.lowered_at == source.heartbeat_at,
        acts,
        source,
    }
}

/// Records a source, in service from an instant not before now.
pub fn create_source(tx: &mut Tx<'_>, new: &NewSource) -> Result<SourceShown, Error> {
    let implementation = visible_implementation(
        tx.unit,
        tx.actor,
        new.implementation_id,
        "/implementation_id",
    )?;
    tx.authorize(
        Action::ManageLoginSource,
        Scope::implementation(implementation.id),
    )?;
    let mut faults = Faults::new();
    let name = faults.text("/name", &new.name, LONGEST_NAME);
    let from_at = new.in_service_from.unwrap_or(tx.now);
    faults.need(
        from_at >= tx.now,
        "/in_service_from",
        "lies in the past: logins of that time may be missing, so a source serves from its recording on at the earliest",
    );
    faults.check()?;
    // Taken first: whether the outlook of every license changes depends on the other sources.
    tx.unit.lock_implementation(implementation.id)?;
    let before = cover(tx, implementation.id)?;
    let source = SourceRecord {
        id: tx.id(),
        implementation_id: implementation.id,
        code: new.code.clone(),
        name,
        kind: new.kind,
        complete_through: None,
        heartbeat_at: None,
        lowered_at: None,
        recorded_at: tx.now,
        recorded_by: tx.actor.principal.id,
        version: 1,
    };
    match tx.unit.insert_login_source(&source) {
        Err(StoreError::Conflict) => {
            return Err(Error::Duplicate(
                "The implementation has a login source of this code.".to_owned(),
            ));
        }
        other => other?,
    }
    let act = ServiceAct {
        id: tx.id(),
        implementation_id: implementation.id,
        login_source_id: source.id,
        in_service: true,
        from_at,
        reason: None,
        recorded_at: tx.now,
        recorded_by: tx.actor.principal.id,
    };
    tx.unit.insert_service_act(&act)?;
    tx.trail.touched("login_source", source.id);
    reindex_if_changed(tx, implementation.id, &before)?;
    Ok(shown(source, vec![act], tx.now))
}

/// When an implementation has any source in service, from now on.
type Cover = Vec<(Instant, Option<Instant>)>;

fn cover(tx: &mut Tx<'_>, implementation: ImplementationId) -> Result<Cover, Error> {
    let mut by_source: BTreeMap<LoginSourceId, Vec<ServiceAct>> = BTreeMap::new();
    for act in tx.unit.login_source_services(implementation)? {
        by_source.entry(act.login_source_id).or_default().push(act);
    }
    Ok(covered_from(
        tx.now,
        by_source
            .values()
            .flat_map(|acts| service_windows(acts, tx.now)),
    ))
}

/// Whether any source is in service decides whether the inactivity rule is in force: that changes the outlook of every
/// license, so all become due for a new evaluation, in the background and by generation. One source more or fewer beside
/// others changes only when a cut-off takes effect, and a license that waits for that is due already (as it is for a
/// heartbeat): nothing is rewritten then.
fn reindex_if_changed(
    tx: &mut Tx<'_>,
    implementation: ImplementationId,
    before: &Cover,
) -> Result<(), Error> {
    if cover(tx, implementation)? != *before {
        tx.unit.bump_generation(implementation)?;
        tx.trail.touched("implementation", implementation);
    }
    Ok(())
}

/// A source whose implementation the caller may know of.
fn named(tx: &mut Tx<'_>, id: LoginSourceId, action: Action) -> Result<SourceRecord, Error> {
    let found = tx.unit.login_source(id)?.ok_or(Error::NotFound)?;
    tx.authorize(action, Scope::implementation(found.implementation_id))?;
    Ok(found)
}

/// Puts a source into service or takes it out, from now or a later instant: dated, with a reason, never overwritten.
pub fn change_service(
    tx: &mut Tx<'_>,
    id: LoginSourceId,
    expected: i32,
    change: &ServiceChange,
) -> Result<SourceShown, Error> {
    let implementation = named(tx, id, Action::ManageLoginSource)?.implementation_id;
    tx.unit.lock_implementation(implementation)?;
    let mut source = tx.unit.login_source(id)?.ok_or(Error::NotFound)?;
    expect_version(expected, source.version)?;
    let mut faults = Faults::new();
    let reason = faults.reason("/reason", &change.reason);
    let from_at = change.from_at.unwrap_or(tx.now);
    faults.need(
        from_at >= tx.now,
        "/from_at",
        "lies in the past: what was decided by this source until now stands",
    );
    faults.check()?;
    let mut acts = tx.unit.services_of_sources(&[id])?;
    let windows = service_windows(&acts, tx.now);
    let serving = windows
        .iter()
        .any(|(from, until)| *from <= from_at && until.is_none_or(|until| from_at < until));
    // An announced change after the instant is taken back by saying the same again.
    let ahead = windows
        .iter()
        .flat_map(|(from, until)| [Some(*from), *until])
        .flatten()
        .any(|at| at >= from_at);
    if serving == change.in_service && !ahead {
        let (state, action) = if serving {
            ("in_service", "return_to_service")
        } else {
            ("out_of_service", "take_out_of_service")
        };
        return Err(Rejection::never(state, action).into());
    }
    let before = cover(tx, implementation)?;
    let act = ServiceAct {
        id: tx.id(),
        implementation_id: implementation,
        login_source_id: id,
        in_service: change.in_service,
        from_at,
        reason: Some(reason),
        recorded_at: tx.now,
        recorded_by: tx.actor.principal.id,
    };
    tx.unit.insert_service_act(&act)?;
    tx.unit.touch_login_source(&source)?;
    source.version += 1;
    acts.push(act);
    tx.trail.touched("login_source", id);
    reindex_if_changed(tx, implementation, &before)?;
    Ok(shown(source, acts, tx.now))
}

/// A source says how far it is complete. A lower mark than before is an alarm, and replaces the higher one for what has
/// not taken effect.
///
/// It may let many cut-offs take effect at once, and touches no license: a license that waits for its sources is
/// recorded as due from its cut-off on, and evaluated whenever it is asked about.
pub fn heartbeat(
    tx: &mut Tx<'_>,
    id: LoginSourceId,
    new: NewHeartbeat,
) -> Result<SourceShown, Error> {
    named(tx, id, Action::RecordLogin)?;
    if is_ahead(new.complete_through, tx.now) {
        return Err(Error::invalid(
            "/complete_through",
            "lies more than 5 minutes in the future: nobody can be complete through then",
        ));
    }
    let complete_through = new.complete_through;
    // Two at once would each compare with the one before both.
    tx.unit.lock_login_source(id)?;
    let mut source = tx.unit.login_source(id)?.ok_or(Error::NotFound)?;
    let zones = zones(tx, source.implementation_id)?;
    let row = HeartbeatRecord {
        id: tx.id(),
        implementation_id: source.implementation_id,
        login_source_id: id,
        complete_through,
        lowered: source
            .complete_through
            .is_some_and(|before| complete_through < before),
        decisive: is_decisive(source.complete_through, complete_through, &zones),
        recorded_at: tx.now,
        recorded_by: tx.actor.principal.id,
    };
    tx.unit.insert_heartbeat(&row)?;
    tx.trail.touched("login_source", id);
    source.complete_through = Some(complete_through);
    source.heartbeat_at = Some(tx.now);
    if row.lowered {
        source.lowered_at = Some(tx.now);
    }
    let acts = tx.unit.services_of_sources(&[id])?;
    Ok(shown(source, acts, tx.now))
}

/// Every zone whose days may count in an implementation.
fn zones(tx: &mut Tx<'_>, id: ImplementationId) -> Result<Vec<Tz>, Error> {
    let own = tx.unit.implementation(id)?.map(|found| found.time_zone);
    let versions = tx.unit.policy_versions(id)?;
    Ok(own
        .into_iter()
        .chain(
            versions
                .iter()
                .filter_map(|version| version.document.zone()),
        )
        .collect())
}

/// One source.
pub fn source(rx: &mut Rx<'_>, id: LoginSourceId) -> Result<SourceShown, Error> {
    let found = rx.view.login_source(id)?.ok_or(Error::NotFound)?;
    rx.authorize(
        Action::ReadLoginSource,
        Scope::implementation(found.implementation_id),
    )?;
    let acts = rx.view.services_of_sources(&[id])?;
    Ok(shown(found, acts, rx.now))
}

/// A page of sources.
pub fn sources(
    rx: &mut Rx<'_>,
    implementation: Option<ImplementationId>,
    paging: Paging,
) -> Result<Slice<SourceShown>, Error> {
    let visible = rx.actor.visible(Action::ReadLoginSource);
    let rows = rx
        .view
        .login_sources(&visible, implementation, paging.probe())?;
    let ids: Vec<LoginSourceId> = rows.iter().map(|row| row.id).collect();
    let acts = rx.view.services_of_sources(&ids)?;
    let rows = rows
        .into_iter()
        .map(|row| {
            let own = acts
                .iter()
                .filter(|act| act.login_source_id == row.id)
                .cloned()
                .collect();
            shown(row, own, rx.now)
        })
        .collect();
    Ok(paging.cut(rows, |shown: &SourceShown| shown.source.id.0))
}
