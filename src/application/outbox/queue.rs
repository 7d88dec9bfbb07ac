//! What is to be told is queued.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, TimeDelta};

use super::compose::settle;
use super::copies::{self, tells_holder};
use super::recipients::{Mailboxes, recipients};
use crate::application::licensing::Dossier;
use crate::application::licensing::notices::{record_failed, record_reached};
use crate::application::{Error, Tx};
use crate::domain::calendar::{Instant, add_days, local_day, start_of_day};
use crate::domain::evaluate::{Evaluation, Telling, refused_since};
use crate::domain::ids::{FactId, LicenseId, MessageId, OrganizationId};
use crate::domain::license::License;
use crate::domain::outgoing::{
    Addressee, Message, MessageKind, MessageState, NoticeKind, NoticeSubject, QueueState,
    QueuedNotice,
};
use crate::domain::policy::Recipient;
use crate::domain::sweep::SweptNotice;

/// After how long somebody to tell is looked for again where nobody was there.
const NOBODY_YET: TimeDelta = TimeDelta::days(1);

/// Queues what has to be told now about the person's licenses, takes back what no longer holds, and says what was
/// new. The licenses are then looked at again when there is something more to tell.
pub fn queue(tx: &mut Tx<'_>, dossier: &mut Dossier) -> Result<Vec<SweptNotice>, Error> {
    let ids: Vec<LicenseId> = dossier.licenses.iter().map(|license| license.id).collect();
    let mut told = tx.unit.queued_of_licenses(&ids)?;
    let mut found = Vec::new();
    let mut gathering = BTreeMap::new();
    for license in dossier.licenses.clone() {
        let failed = of_license(tx, dossier, &license, &told, &mut gathering, &mut found)?;
        if !failed.is_empty() {
            record_failed(tx, dossier, &license, &failed)?;
            told = tx.unit.queued_of_licenses(&ids)?;
            // Whoever is responsible is told of it at once.
            of_license(tx, dossier, &license, &told, &mut gathering, &mut found)?;
        }
    }
    Ok(found)
}

/// Queues what has to be told about one license; returns what cannot be given to its holder.
fn of_license(
    tx: &mut Tx<'_>,
    dossier: &mut Dossier,
    license: &License,
    told: &[QueuedNotice],
    gathering: &mut BTreeMap<OrganizationId, Option<MessageId>>,
    found: &mut Vec<SweptNotice>,
) -> Result<Vec<QueuedNotice>, Error> {
    let mut evaluation = dossier.license_at(license.organization_id, tx.now);
    let today = local_day(dossier.zone_at(tx.now), tx.now);
    let since = refused_since(&dossier.facts, license.organization_id);
    let of_this: Vec<&QueuedNotice> = told
        .iter()
        .filter(|notice| notice.license_id == license.id)
        .collect();
    // What starts no grace has no fact that says that it was given: where it had failed, that is settled now.
    let reached: Vec<FactId> = of_this
        .iter()
        .filter(|notice| notice.state == QueueState::Given && notice.kind != NoticeKind::Notice)
        .filter(|notice| evaluation.failed.contains(&notice.id))
        .map(|notice| notice.id)
        .collect();
    if !reached.is_empty() {
        record_reached(tx, dossier, license, &reached)?;
        evaluation = dossier.license_at(license.organization_id, tx.now);
    }
    let mut failed = Vec::new();
    let mut nobody_yet = false;
    for waiting in of_this
        .iter()
        .filter(|waiting| waiting.state == QueueState::Undeliverable)
    {
        let failed_before = evaluation.failed.contains(&waiting.id);
        let needed = evaluation
            .still_to_tell(waiting, &dossier.facts, today)
            .is_some();
        if !needed && !failed_before {
            // Nobody has to be told any more. What is due again later is queued anew.
            settle(tx, waiting, QueueState::Dropped, None)?;
            continue;
        }
        if readdress(tx, dossier, gathering, waiting, since)? {
            continue;
        }
        // Who is to be told may be appointed, or get an address, without anything being recorded of the license.
        nobody_yet |= waiting.kind == NoticeKind::Notice && !tells_holder(waiting);
        if needed && !failed_before && fails_without_address(waiting) {
            failed.push((*waiting).clone());
        }
    }
    let mut new = taken_back(tx, dossier, license, &evaluation, &of_this)?;
    new.extend(to_tell(tx, license, evaluation.to_tell(), &of_this));
    for mut notice in new {
        let mut others = BTreeSet::new();
        if tells_holder(&notice) {
            address(tx, dossier, gathering, &mut notice, since)?;
        }
        let to_others = notice.tells.len() > usize::from(tells_holder(&notice));
        if to_others {
            let whom = (notice.subject.rule, &notice.tells);
            let at = (notice.organization_id, tx.now);
            // Who was not reached when it was told before is not tried again, nor when it is taken back.
            let before: Vec<FactId> = of_this
                .iter()
                .filter(|other| other.subject == notice.subject)
                .map(|other| other.id)
                .collect();
            let refused = copies::refused(&tx.unit.copies_of_notices(&before)?);
            others = recipients(tx.unit, dossier, at, whom, &refused)?;
        }
        if !tells_holder(&notice) && others.is_empty() {
            // An alert that nobody is there for is no work for staff.
            if notice.kind == NoticeKind::LastDay {
                continue;
            }
            notice.state = QueueState::Undeliverable;
            notice.settled_at = Some(tx.now);
            nobody_yet |= notice.kind == NoticeKind::Notice;
        }
        found.push(SweptNotice::from(&notice));
        tx.unit.insert_queued_notice(&notice)?;
        tx.trail.touched("queued_notice", notice.id);
        copies::insert(tx, &notice, others)?;
        if notice.state == QueueState::Undeliverable && fails_without_address(&notice) {
            failed.push(notice);
        }
    }
    look_again(tx, dossier, license.id, &evaluation, nobody_yet)?;
    Ok(failed)
}

/// Whether somebody must settle it where there is no address: what warns of an end, and is no repetition.
fn fails_without_address(notice: &QueuedNotice) -> bool {
    tells_holder(notice) && matches!(notice.kind, NoticeKind::Notice | NoticeKind::Return)
}

/// What is to be told, but for what waits to be given already, and reminders that were.
fn to_tell(
    tx: &mut Tx<'_>,
    license: &License,
    tellings: Vec<Telling<'_>>,
    told: &[&QueuedNotice],
) -> Vec<QueuedNotice> {
    let mut new = Vec::new();
    for telling in tellings {
        let (kind, subject) = (telling.kind(), telling.subject());
        let names_on = telling.names_on(tx.now);
        let done = told.iter().any(|other| {
            let given = match kind {
                // Once of each day that was promised: one that was moved is told again.
                NoticeKind::Reminder | NoticeKind::LastDay | NoticeKind::Return => {
                    other.state == QueueState::Given && other.named_on == Some(names_on)
                }
                NoticeKind::Notice | NoticeKind::Retraction => false,
            };
            other.kind == kind && other.subject == subject && (other.state.waits() || given)
        });
        if !done {
            new.push(QueuedNotice {
                tells: telling.tells(),
                skipped: telling.skipped,
                due_at: telling.due_at,
                ..notice(tx, license, kind, subject)
            });
        }
    }
    new
}

/// Retractions of what was given and no longer holds.
fn taken_back(
    tx: &mut Tx<'_>,
    dossier: &Dossier,
    license: &License,
    evaluation: &Evaluation,
    told: &[&QueuedNotice],
) -> Result<Vec<QueuedNotice>, Error> {
    let today = local_day(dossier.zone_at(tx.now), tx.now);
    let mut new = Vec::new();
    for given in evaluation.to_take_back(told, &dossier.facts, today) {
        let retracted = QueuedNotice {
            state: QueueState::Retracted,
            ..given.clone()
        };
        tx.unit.update_queued_notice(&retracted)?;
        new.push(QueuedNotice {
            retracts: Some(given.id),
            named_on: given.named_on,
            tells: given.tells.clone(),
            ..notice(tx, license, NoticeKind::Retraction, given.subject.clone())
        });
    }
    let organization = license.organization_id;
    for given in evaluation.others_to_take_back(organization, told, &dossier.facts, today) {
        new.push(QueuedNotice {
            retracts: Some(given.id),
            named_on: Some(given.named_on),
            tells: BTreeSet::from([given.told]),
            ..notice(tx, license, NoticeKind::Retraction, given.subject)
        });
    }
    Ok(new)
}

/// The day that a queued notice names if it is given now; nothing where it is no longer true.
#[must_use]
pub fn still_to_tell(dossier: &Dossier, notice: &QueuedNotice, now: Instant) -> Option<NaiveDate> {
    let today = local_day(dossier.zone_at(now), now);
    dossier
        .license_at(notice.organization_id, now)
        .still_to_tell(notice, &dossier.facts, today)
}

fn notice(
    tx: &mut Tx<'_>,
    license: &License,
    kind: NoticeKind,
    subject: NoticeSubject,
) -> QueuedNotice {
    QueuedNotice {
        id: tx.id(),
        implementation_id: license.implementation_id,
        organization_id: license.organization_id,
        person_id: license.person_id,
        license_id: license.id,
        kind,
        subject,
        tells: BTreeSet::from([Recipient::User]),
        skipped: Vec::new(),
        retracts: None,
        due_at: tx.now,
        queued_at: tx.now,
        state: QueueState::Queued,
        message_id: None,
        named_on: None,
        settled_at: None,
        version: 1,
    }
}

/// Puts a notice into the message that gathers the day's, or says that there is no confirmed address to send it to.
fn address(
    tx: &mut Tx<'_>,
    dossier: &Dossier,
    gathering: &mut BTreeMap<OrganizationId, Option<MessageId>>,
    notice: &mut QueuedNotice,
    refused_at: Option<Instant>,
) -> Result<(), Error> {
    let person = dossier.person.id;
    let organization = notice.organization_id;
    let message = match gathering.get(&organization) {
        Some(message) => *message,
        None => {
            let mailboxes = Mailboxes::of(tx.unit, person, tx.now)?;
            // One that the recipient's server refused is not tried again: it takes one that was confirmed since.
            let known = mailboxes.at(organization).filter(|(_, confirmed_at)| {
                refused_at.is_none_or(|refused_at| *confirmed_at >= refused_at)
            });
            let message = match known {
                Some((address, _)) => {
                    let shared = mailboxes.organizations(&address);
                    Some(gather(tx, dossier, (organization, &shared))?)
                }
                None => None,
            };
            gathering.insert(organization, message);
            message
        }
    };
    notice.message_id = message;
    if message.is_none() {
        notice.state = QueueState::Undeliverable;
        notice.settled_at = Some(tx.now);
    }
    Ok(())
}

/// Sends what had no address, now that there is one; says whether there is.
fn readdress(
    tx: &mut Tx<'_>,
    dossier: &Dossier,
    gathering: &mut BTreeMap<OrganizationId, Option<MessageId>>,
    waiting: &QueuedNotice,
    since: Option<Instant>,
) -> Result<bool, Error> {
    let mut again = QueuedNotice {
        state: QueueState::Queued,
        settled_at: None,
        ..waiting.clone()
    };
    let found = if tells_holder(waiting) {
        let refused_at = waiting.settled_at.max(since);
        address(tx, dossier, gathering, &mut again, refused_at)?;
        again.message_id.is_some()
    } else {
        let made = tx.unit.copies_of_notices(&[waiting.id])?;
        copies::make(tx, dossier, waiting, &made)?
    };
    if found {
        tx.unit.update_queued_notice(&again)?;
    }
    Ok(found)
}

/// The message that gathers today's notices to the person's address at an organization, which is `shared` with others;
/// where today's was sent or is being sent, tomorrow's.
pub(super) fn gather(
    tx: &mut Tx<'_>,
    dossier: &Dossier,
    (organization, shared): (OrganizationId, &BTreeSet<OrganizationId>),
) -> Result<MessageId, Error> {
    let person = dossier.person.id;
    let zone = dossier.zone_at(tx.now);
    let today = local_day(zone, tx.now);
    let mut next = (today, tx.now);
    for day in [today, add_days(today, 1)] {
        let to = Addressee::Person(person);
        let mut messages = tx.unit.messages_of_day(MessageKind::Own, to, None, day)?;
        messages.retain(|message| {
            let organization = message.organization_id;
            organization.is_some_and(|organization| shared.contains(&organization))
        });
        let open = messages.iter().find(|message| {
            // Whoever has it knows what is in it, also past his lease.
            message.state == MessageState::Waiting && message.lease.is_none()
        });
        if let Some(open) = open {
            return Ok(open.id);
        }
        if messages
            .iter()
            .all(|message| message.state == MessageState::Dropped)
        {
            break;
        }
        let day = add_days(day, 1);
        next = (day, start_of_day(zone, day));
    }
    let (on_day, next_attempt_at) = next;
    let named = (tx.id(), dossier.person.implementation_id);
    let message = Message {
        organization_id: Some(organization),
        next_attempt_at,
        ..Message::waiting(
            named,
            MessageKind::Own,
            Addressee::Person(person),
            on_day,
            tx.now,
        )
    };
    tx.unit.insert_message(&message)?;
    Ok(message.id)
}

/// Keeps when the license is to be looked at next.
fn look_again(
    tx: &mut Tx<'_>,
    dossier: &mut Dossier,
    id: LicenseId,
    evaluation: &Evaluation,
    nobody_yet: bool,
) -> Result<(), Error> {
    let mut outlook = evaluation.notice_outlook_after_look();
    if nobody_yet {
        let tomorrow = tx.now + NOBODY_YET;
        outlook.next_at = Some(outlook.next_at.map_or(tomorrow, |at| at.min(tomorrow)));
    }
    let Some(row) = dossier.licenses.iter_mut().find(|row| row.id == id) else {
        return Ok(());
    };
    if row.notices != outlook {
        row.notices = outlook;
        tx.unit.record_license_outlook(row)?;
    }
    Ok(())
}
