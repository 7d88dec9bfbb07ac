//! Notices that somebody gave: the service by mail, staff by phone, letter or a mail of their own; and those that wait
//! to be given. A notice starts a grace period, so only one that the rules call for now is recorded.

mod read;

pub use read::{
    NoticeRecord, NoticeShown, NoticeStatus, NoticesQuery, notice, notice_shown, notices,
};

use chrono::NaiveDate;

use self::read::{evaluated, notice_of, shown, target};
use super::dossier::Dossier;
use super::licenses::no_duplicate;
use super::reporting::{
    About, Reported, corrects, fact, fact_of_id, keep, not_in_the_future, not_oneself, record,
};
use crate::application::actor::{Action, Scope};
use crate::application::roster::Faults;
use crate::application::{Error, Tx};
use crate::domain::calendar::{Instant, Precision};
use crate::domain::error::Rejection;
use crate::domain::evaluate::{NewNotice, NoticeFault};
use crate::domain::fact::{Channel, Envelope, Fact, FactBody, FactKind, NoticeRule};
use crate::domain::ids::{FactId, LicenseId};
use crate::domain::license::{License, LicenseStatus};
use crate::domain::outgoing::{NoticeCopy, NoticeKind, QueueState, QueuedNotice};
use crate::domain::policy::Recipient;

/// A notice as it is reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeReport {
    pub license_id: LicenseId,
    pub notice: NewNotice,
    /// How it reached the person.
    pub channel: Channel,
    pub supersedes: Option<FactId>,
    pub reported: Reported,
}

/// Records a notice that was given.
///
/// # Errors
/// `Rejected` where it was not due, counts from another day or repeats one that still counts; `Invalid` where it lies
/// ahead or names a day that breaks what the policy promises.
pub fn record_notice(tx: &mut Tx<'_>, new: &NoticeReport) -> Result<NoticeShown, Error> {
    let unknown = || Error::invalid("/license_id", "names no license you may know of");
    let license = tx.unit.license(new.license_id)?.ok_or_else(unknown)?;
    let target = Scope::person(
        license.implementation_id,
        Some(license.organization_id),
        license.person_id,
    );
    match tx.authorize(Action::RecordNotice, target) {
        Err(Error::NotFound) => return Err(unknown()),
        other => other?,
    }
    no_duplicate(&license, Action::RecordNotice)?;
    not_oneself(
        tx,
        license.person_id,
        "somebody else records notices to you",
    )?;
    tx.lock_person(license.person_id)?;
    let mut dossier = Dossier::load(tx.unit, license.person_id, &[])?.ok_or(Error::NotFound)?;
    checked_and_kept(tx, &mut dossier, &license, (new, None))
}

/// Records a notice that was given, if the rules call for it; `id` is that of the queued notice it is.
pub fn checked_and_kept(
    tx: &mut Tx<'_>,
    dossier: &mut Dossier,
    license: &License,
    (new, id): (&NoticeReport, Option<FactId>),
) -> Result<NoticeShown, Error> {
    let mut faults = Faults::new();
    // One that waited was given, another one was sent.
    let field = if id.is_some() {
        "/given_at"
    } else {
        "/sent_at"
    };
    faults.extend(not_in_the_future(new.notice.sent_at, tx.now, field));
    let supersedes = corrects(
        dossier,
        new.supersedes,
        FactKind::NoticeSent,
        Some(license.organization_id),
        &new.reported,
    );
    let supersedes = faults.gather(supersedes)?.flatten();
    let evaluation = dossier.license_at(license.organization_id, tx.now);
    let state = evaluation.status().map_or("none", LicenseStatus::as_str);
    let ended = evaluation
        .period()
        .is_none_or(|period| period.end.is_some());
    let evaluation = match supersedes {
        None => evaluation,
        Some(_) if ended => {
            return Err(not_now(
                state,
                "a running license: this one ended, and a bounce of the notice contests that end"
                    .to_owned(),
            ));
        }
        // What is corrected counts no longer: the new one is judged as if it alone had been sent.
        Some(replaced) => dossier
            .without(replaced)
            .license_at(license.organization_id, tx.now),
    };
    let checked = evaluation
        .check_notice(&new.notice)
        .map_err(|fault| refusal(fault, state, dossier, new, tx.now));
    let sent = (new.notice.sent_at, Precision::Instant);
    let envelope = new.reported.envelope(tx, license.implementation_id, sent);
    let refused = match checked {
        Err(Error::Rejected(rejection)) => Some(rejection),
        checked => {
            faults.gather(checked)?;
            None
        }
    };
    let envelope = faults.gather(envelope)?;
    faults.check()?;
    if let Some(rejection) = refused {
        return Err(rejection.into());
    }
    let mut envelope = envelope.ok_or(Error::NotFound)?;
    envelope.supersedes = supersedes;
    let to = evaluation.told_instead(new.notice.rule, new.notice.step);
    let fact = given(tx, dossier, license, (new, id), (envelope, to));
    dossier.learn(std::slice::from_ref(&fact));
    let evaluation = dossier.license_at(license.organization_id, tx.now);
    // What was due may still not count, where the license was inside the step for a while since the sending.
    if !evaluation.counting.contains(&fact.id) {
        return Err(not_now(
            state,
            "a notice sent now: since that sending the license was not over the limit all the time"
                .to_owned(),
        ));
    }
    tx.unit.insert_facts(std::slice::from_ref(&fact))?;
    tx.trail.touched("license", license.id);
    dossier.record_states(tx)?;
    Ok(shown(&fact, dossier, &evaluation))
}

/// The fact that a notice was given.
fn given(
    tx: &mut Tx<'_>,
    dossier: &Dossier,
    license: &License,
    (new, id): (&NoticeReport, Option<FactId>),
    (envelope, to): (Envelope, Option<Recipient>),
) -> Fact {
    let about = About {
        organization: Some(license.organization_id),
        request: None,
        license: Some(license.id),
    };
    let body = FactBody::NoticeSent {
        rule: new.notice.rule,
        step: new.notice.step,
        requirement: new.notice.requirement.clone(),
        anchor_on: new.notice.anchor_on,
        named_on: new.notice.named_on,
        channel: Some(new.channel),
        to,
    };
    let id = id.unwrap_or_else(|| tx.id());
    fact_of_id(tx, id, &dossier.person, about, envelope, body)
}

/// A queued notice as it is reported to have been given.
#[must_use]
pub fn report_of(
    queued: &QueuedNotice,
    named_on: NaiveDate,
    (channel, sent_at): (Channel, Instant),
    reported: &Reported,
) -> NoticeReport {
    NoticeReport {
        license_id: queued.license_id,
        notice: NewNotice {
            rule: queued.subject.rule,
            step: queued.subject.step,
            requirement: queued.subject.requirement.clone(),
            anchor_on: queued.subject.anchor_on,
            named_on,
            sent_at,
        },
        channel,
        supersedes: None,
        reported: reported.clone(),
    }
}

/// Records a notice that somebody was given for certain: by a mail server's word, or by staff. It is recorded whatever
/// has become true since: `evaluate` says whether it counts.
pub fn record_sent(
    tx: &mut Tx<'_>,
    dossier: &mut Dossier,
    queued: &QueuedNotice,
    named_on: NaiveDate,
    (channel, sent_at, reported): (Channel, Instant, &Reported),
) -> Result<(), Error> {
    let license = dossier
        .licenses
        .iter()
        .find(|license| license.id == queued.license_id)
        .cloned()
        .ok_or(Error::NotFound)?;
    if queued.kind != NoticeKind::Notice {
        return record_reached(tx, dossier, &license, &[queued.id]);
    }
    let new = report_of(queued, named_on, (channel, sent_at), reported);
    let sent = (sent_at, Precision::Instant);
    let envelope = new.reported.envelope(tx, license.implementation_id, sent)?;
    let to = if queued.tells.contains(&Recipient::User) {
        None
    } else {
        queued.tells.first().copied()
    };
    let fact = given(
        tx,
        dossier,
        &license,
        (&new, Some(queued.id)),
        (envelope, to),
    );
    keep(tx, dossier, &[fact])
}

/// Records that notices could not be given to the holder of a license. Nothing about addresses is in it.
pub fn record_failed(
    tx: &mut Tx<'_>,
    dossier: &mut Dossier,
    license: &License,
    failed: &[QueuedNotice],
) -> Result<(), Error> {
    record_each(tx, dossier, license, failed.iter().map(failure_of))
}

/// Records something now that the service itself noticed of a license's notices.
fn record_each(
    tx: &mut Tx<'_>,
    dossier: &mut Dossier,
    license: &License,
    bodies: impl Iterator<Item = FactBody>,
) -> Result<(), Error> {
    let mut facts = Vec::new();
    for body in bodies {
        let now = (tx.now, Precision::Instant);
        let envelope = Reported::default().envelope(tx, license.implementation_id, now)?;
        let about = About {
            organization: Some(license.organization_id),
            request: None,
            license: Some(license.id),
        };
        facts.push(fact(tx, &dossier.person, about, envelope, body));
    }
    keep(tx, dossier, &facts)
}

fn failure_of(queued: &QueuedNotice) -> FactBody {
    FactBody::NoticeFailed {
        notice: queued.id,
        rule: queued.subject.rule,
        requirement: queued.subject.requirement.clone(),
        anchor_on: queued.subject.anchor_on,
        notice_kind: queued.kind,
        named_on: queued
            .named_on
            .filter(|_| queued.kind == NoticeKind::Retraction),
    }
}

/// Records that the holder of a license was told what had failed and starts no grace.
pub fn record_reached(
    tx: &mut Tx<'_>,
    dossier: &mut Dossier,
    license: &License,
    reached: &[FactId],
) -> Result<(), Error> {
    let bodies = reached
        .iter()
        .map(|notice| FactBody::NoticeReached { notice: *notice });
    record_each(tx, dossier, license, bodies)
}

fn not_now(state: &str, need: String) -> Error {
    Rejection::needing(state, "record_notice", vec![need]).into()
}

fn refusal(
    fault: NoticeFault,
    state: &str,
    dossier: &Dossier,
    new: &NoticeReport,
    now: Instant,
) -> Error {
    match fault {
        NoticeFault::NotDue(mut due) => {
            if new.notice.rule == NoticeRule::Inactivity && !dossier.logins_are_reported(now) {
                due.insert(
                    0,
                    "a login source in service: without one the inactivity rule only reports"
                        .to_owned(),
                );
            } else if due.is_empty() {
                due.push(
                    "a notice that is due: none was for this license when this one was sent"
                        .to_owned(),
                );
            }
            Rejection::needing(state, "record_notice", due).into()
        }
        NoticeFault::Anchor { anchor_on } => not_now(
            state,
            format!("a notice that counts from {anchor_on}: read the license again"),
        ),
        NoticeFault::Repeated { notice } => not_now(
            state,
            format!(
                "nothing: notice {notice} says the same and still counts; another is needed only if it bounces or \
                 becomes void"
            ),
        ),
        NoticeFault::BeforeDue => Error::invalid(
            "/given_at",
            "lies before the notice was due: nobody can have been told of it then",
        ),
        NoticeFault::TooEarly { earliest_on } => Error::invalid(
            "/named_on",
            format!("is earlier than the policy promises: name {earliest_on} or a later day"),
        ),
        NoticeFault::TooLate { latest_on } => Error::invalid(
            "/named_on",
            format!("is more than a year later than needed: name {latest_on} or an earlier day"),
        ),
    }
}

/// Refuses what staff say of a notice that reached somebody under the hold `unreachable`, where it cannot have been so.
/// Whether it counts `evaluate` says.
pub fn check_reached(
    dossier: &Dossier,
    license: &License,
    (queued, report): (&QueuedNotice, &NoticeReport),
    now: Instant,
) -> Result<(), Error> {
    let mut faults = Faults::new();
    faults.extend(not_in_the_future(report.notice.sent_at, now, "/given_at"));
    let evaluation = dossier.license_at(license.organization_id, now);
    let state = evaluation.status().map_or("none", LicenseStatus::as_str);
    for fault in evaluation.check_reached(queued, &report.notice, dossier.zone_at(now)) {
        let refused: Result<(), Error> = Err(refusal(fault, state, dossier, report, now));
        faults.gather(refused)?;
    }
    faults.check()
}

/// Records that a notice did not arrive: it counts no longer, and an end that rested on it is contested.
pub fn bounce_notice(
    tx: &mut Tx<'_>,
    id: FactId,
    bounced_at: Option<Instant>,
    reported: &Reported,
) -> Result<NoticeShown, Error> {
    let Some(notice) = tx.unit.fact(id)? else {
        return bounce_unrecorded(tx, id, bounced_at, reported);
    };
    let notice = notice_of(Some(notice))?;
    tx.authorize(Action::RecordNotice, target(&notice))?;
    not_oneself(tx, notice.person_id, "somebody else records your bounces")?;
    let at = bounced_at.unwrap_or(tx.now);
    if let Some(fault) = not_in_the_future(at, tx.now, "/bounced_at") {
        return Err(Error::Invalid(vec![fault]));
    }
    if at < notice.envelope.occurred_at {
        return Err(Error::invalid(
            "/bounced_at",
            "lies before the notice was sent",
        ));
    }
    tx.lock_person(notice.person_id)?;
    let mut dossier = Dossier::load(tx.unit, notice.person_id, &[])?.ok_or(Error::NotFound)?;
    if dossier
        .facts
        .iter()
        .any(|other| matches!(&other.body, FactBody::NoticeBounced { notice } if *notice == id))
    {
        return Err(Rejection::never("bounced", "bounce").into());
    }
    let envelope = reported.envelope(tx, notice.implementation_id, (at, Precision::Instant))?;
    let about = About {
        organization: notice.organization_id,
        request: None,
        license: notice.license_id,
    };
    let bounced = FactBody::NoticeBounced { notice: id };
    record(tx, &mut dossier, about, envelope, bounced)?;
    if matches!(&notice.body, FactBody::NoticeSent { to: Some(_), .. }) {
        // Whoever was told instead of the holder was not: the same mailboxes are not tried again.
        for copy in tx.unit.copies_of_notices(&[id])? {
            if copy.state == QueueState::Given {
                tx.unit.update_notice_copy(&NoticeCopy {
                    state: QueueState::Undeliverable,
                    ..copy
                })?;
            }
        }
    }
    evaluated(&notice, &dossier, tx.now).ok_or(Error::NotFound)
}

/// Records that what somebody other than the holder was told did not arrive, and nobody else was told it.
pub fn record_bounced(
    tx: &mut Tx<'_>,
    dossier: &mut Dossier,
    queued: &QueuedNotice,
    (at, reported): (Instant, &Reported),
) -> Result<(), Error> {
    let bounced = dossier.facts.iter().any(
        |other| matches!(&other.body, FactBody::NoticeBounced { notice } if *notice == queued.id),
    );
    if bounced {
        return Ok(());
    }
    let envelope = reported.envelope(tx, queued.implementation_id, (at, Precision::Instant))?;
    let about = About {
        organization: Some(queued.organization_id),
        request: None,
        license: Some(queued.license_id),
    };
    let body = FactBody::NoticeBounced { notice: queued.id };
    record(tx, dossier, about, envelope, body)?;
    Ok(())
}

/// The same of a reminder, a retraction or the message of a return, which no fact records: it was given for nothing, and
/// waits for staff or another address.
fn bounce_unrecorded(
    tx: &mut Tx<'_>,
    id: FactId,
    bounced_at: Option<Instant>,
    reported: &Reported,
) -> Result<NoticeShown, Error> {
    let queued = tx.unit.queued_notice(id)?.ok_or(Error::NotFound)?;
    let scope = Scope::person(
        queued.implementation_id,
        Some(queued.organization_id),
        queued.person_id,
    );
    tx.authorize(Action::RecordNotice, scope)?;
    not_oneself(tx, queued.person_id, "somebody else records your bounces")?;
    tx.lock_person(queued.person_id)?;
    let queued = tx.unit.queued_notice(id)?.ok_or(Error::NotFound)?;
    let given = queued.state == QueueState::Given && queued.tells.contains(&Recipient::User);
    let Some(given_at) = queued.settled_at.filter(|_| given) else {
        return Err(Rejection::needing(
            queued.state.as_str(),
            "bounce",
            vec![
                "a notice that was given to the holder of the license: of what others were told, record the bounce of \
                 the message"
                    .to_owned(),
            ],
        )
        .into());
    };
    let at = bounced_at.unwrap_or(tx.now);
    if let Some(fault) = not_in_the_future(at, tx.now, "/bounced_at") {
        return Err(Error::Invalid(vec![fault]));
    }
    if at < given_at {
        return Err(Error::invalid(
            "/bounced_at",
            "lies before the notice was sent",
        ));
    }
    let mut dossier = Dossier::load(tx.unit, queued.person_id, &[])?.ok_or(Error::NotFound)?;
    let envelope = reported.envelope(tx, queued.implementation_id, (at, Precision::Instant))?;
    let about = About {
        organization: Some(queued.organization_id),
        request: None,
        license: Some(queued.license_id),
    };
    tx.unit.update_queued_notice(&QueuedNotice {
        state: QueueState::Undeliverable,
        settled_at: Some(tx.now),
        message_id: None,
        ..queued.clone()
    })?;
    record(tx, &mut dossier, about, envelope, failure_of(&queued))?;
    let waiting = tx.unit.queued_notice(id)?.ok_or(Error::NotFound)?;
    notice_shown(&waiting, &dossier, tx.now).ok_or(Error::NotFound)
}
