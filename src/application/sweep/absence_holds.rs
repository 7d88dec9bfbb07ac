//! What staff decide about many absences at once: hold them, let them proceed, stop them, or approve them beforehand.

use chrono::NaiveDate;

use crate::application::actor::{Action, Scope};
use crate::application::implementation_facts::{fact_page, keep_for_all, named_fact, shown_facts};
use crate::application::licensing::{Reported, needed_reason};
use crate::application::page::{Paging, Slice};
use crate::application::roster::{Faults, expect_version};
use crate::application::visible::visible_implementation;
use crate::application::{Error, Rx, Tx};
use crate::domain::absence_hold::{
    AbsenceDecision, AbsenceHold, LONGEST_HOLD, absence_holds, is_absence,
};
use crate::domain::calendar::{Instant, local_day};
use crate::domain::error::Rejection;
use crate::domain::fact::{FactBody, FactKind, ImplementationFact, NoticeRule};
use crate::domain::ids::{FactId, ImplementationId};
use crate::domain::policy::Timeline;

/// A hold as it stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AbsenceHoldShown {
    pub fact: ImplementationFact,
    pub hold: AbsenceHold,
    /// Whether absences wait because of it now.
    pub open: bool,
    /// What staff decided, oldest first.
    pub decisions: Vec<ImplementationFact>,
}

fn shown(facts: &[ImplementationFact], id: FactId, now: Instant) -> Option<AbsenceHoldShown> {
    let fact = facts.iter().find(|fact| fact.id == id)?;
    let read = ImplementationFact::read_by_nobody(facts);
    let hold = absence_holds(&read.iter().collect::<Vec<_>>())
        .into_iter()
        .find(|hold| hold.id == id)?;
    Some(AbsenceHoldShown {
        open: hold.holds_at(now),
        hold,
        decisions: facts
            .iter()
            .filter(|fact| fact.about() == Some(id))
            .cloned()
            .collect(),
        fact: fact.clone(),
    })
}

fn allowed(tx: &mut Tx<'_>, id: ImplementationId, reported: &Reported) -> Result<Faults, Error> {
    visible_implementation(tx.unit, tx.actor, id, "/implementation_id")?;
    tx.authorize(Action::ManageAbsenceHold, Scope::implementation(id))?;
    let mut faults = Faults::new();
    faults.gather(needed_reason(reported))?;
    tx.unit.lock_implementation(id)?;
    Ok(faults)
}

/// Holds absences by hand: a login feed or a course list is known to be dead.
///
/// # Errors
/// `Invalid` where it would last more than 72 hours, `Rejected` while another one holds.
pub fn open_absence_hold(
    tx: &mut Tx<'_>,
    implementation: ImplementationId,
    until: Option<Instant>,
    reported: &Reported,
) -> Result<AbsenceHoldShown, Error> {
    let mut faults = allowed(tx, implementation, reported)?;
    let latest = tx.now + LONGEST_HOLD;
    let until = until.unwrap_or(latest);
    faults.need(until > tx.now, "/until", "does not lie ahead");
    faults.need(
        until <= latest,
        "/until",
        "lies more than 72 hours ahead: open a hold and stop it, if it has to wait longer",
    );
    faults.check()?;
    let facts = tx.unit.facts_of_implementation(implementation)?;
    let open = facts
        .iter()
        .find(|fact| shown(&facts, fact.id, tx.now).is_some_and(|shown| shown.open));
    if let Some(open) = open {
        return Err(Rejection::needing(
            "held",
            "hold",
            vec![format!(
                "a decision about the hold that is open: {}",
                open.id
            )],
        )
        .into());
    }
    let body = FactBody::AbsenceHeld {
        until,
        tripped: None,
    };
    let fact = keep_for_all(tx, implementation, reported, body)?;
    let facts = tx.unit.facts_of_implementation(implementation)?;
    shown(&facts, fact.id, tx.now).ok_or(Error::NotFound)
}

/// Lets what waits proceed, or stops it until staff do.
///
/// # Errors
/// `Stale` at another version, `Rejected` once it is over or where that was decided already.
pub fn decide_absence_hold(
    tx: &mut Tx<'_>,
    id: FactId,
    expected: i32,
    decision: AbsenceDecision,
    reported: &Reported,
) -> Result<AbsenceHoldShown, Error> {
    let implementation = named_fact(tx.view(), FactKind::AbsenceHeld, id)?.implementation_id;
    tx.authorize(
        Action::ManageAbsenceHold,
        Scope::implementation(implementation),
    )?;
    needed_reason(reported)?;
    tx.unit.lock_implementation(implementation)?;
    let facts = tx.unit.facts_of_implementation(implementation)?;
    let before = shown(&facts, id, tx.now).ok_or(Error::NotFound)?;
    expect_version(expected, before.hold.version)?;
    let action = match decision {
        AbsenceDecision::Proceed => "proceed",
        AbsenceDecision::Stop => "stop",
    };
    if !before.open {
        return Err(Rejection::never("over", action).into());
    }
    if before.hold.decision == Some(decision) {
        return Err(Rejection::never("stopped", action).into());
    }
    let body = FactBody::AbsenceHoldDecided { hold: id, decision };
    keep_for_all(tx, implementation, reported, body)?;
    let facts = tx.unit.facts_of_implementation(implementation)?;
    shown(&facts, id, tx.now).ok_or(Error::NotFound)
}

/// Staff know that a rule takes access from many on one local day: it is no reason to halt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewBatchApproval {
    pub implementation_id: ImplementationId,
    pub rule: NoticeRule,
    pub on: NaiveDate,
    pub reported: Reported,
}

/// Approves a batch beforehand.
///
/// # Errors
/// `Invalid` for a day that has passed, or a rule that the breaker does not count.
pub fn approve_batch(tx: &mut Tx<'_>, new: &NewBatchApproval) -> Result<ImplementationFact, Error> {
    let mut faults = allowed(tx, new.implementation_id, &new.reported)?;
    faults.need(
        is_absence(new.rule),
        "/rule",
        "is none that is ever held: name inactivity, recertification, campaign, agreement or term",
    );
    let timeline = Timeline::new(tx.unit.policy_versions(new.implementation_id)?);
    let version = timeline.in_force_at(tx.now).ok_or(Error::NoPolicy)?;
    let today = version.document.zone().map(|zone| local_day(zone, tx.now));
    faults.need(
        today.is_none_or(|today| new.on >= today),
        "/on",
        "lies in the past: what happened is not approved afterwards",
    );
    faults.check()?;
    let body = FactBody::BatchApproved {
        rule: new.rule,
        on: new.on,
    };
    keep_for_all(tx, new.implementation_id, &new.reported, body)
}

/// One hold.
pub fn absence_hold(rx: &mut Rx<'_>, id: FactId) -> Result<AbsenceHoldShown, Error> {
    let implementation = named_fact(rx.view, FactKind::AbsenceHeld, id)?.implementation_id;
    rx.authorize(
        Action::ReadAbsenceHold,
        Scope::implementation(implementation),
    )?;
    let facts = rx.view.facts_of_implementation(implementation)?;
    shown(&facts, id, rx.now).ok_or(Error::NotFound)
}

/// A page of holds.
pub fn list_absence_holds(
    rx: &mut Rx<'_>,
    implementation: Option<ImplementationId>,
    paging: Paging,
) -> Result<Slice<AbsenceHoldShown>, Error> {
    let now = rx.now;
    let of = (Action::ReadAbsenceHold, FactKind::AbsenceHeld);
    shown_facts(rx, of, implementation, paging, |_, facts, fact| {
        Ok(shown(facts, fact.id, now))
    })
}

/// A page of approvals.
pub fn batch_approvals(
    rx: &mut Rx<'_>,
    implementation: Option<ImplementationId>,
    paging: Paging,
) -> Result<Slice<ImplementationFact>, Error> {
    let of = (Action::ReadAbsenceHold, FactKind::BatchApproved);
    fact_page(rx, of, implementation, paging)
}
