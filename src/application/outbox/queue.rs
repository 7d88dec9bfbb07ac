//! What is to be told is queued.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::application::licensing::Dossier;
use crate::application::roster::people::emails_of;
use crate::application::{Error, Tx};
use crate::domain::calendar::{Instant, add_days, local_day, start_of_day};
use crate::domain::evaluate::{Evaluation, Telling};
use crate::domain::ids::{LicenseId, MessageId, OrganizationId, PersonId};
use crate::domain::license::License;
use crate::domain::outgoing::{
    Message, MessageState, NoticeKind, NoticeSubject, QueueState, QueuedNotice,
};
use crate::domain::sweep::SweptNotice;

/// Queues what the person has to be told now about his licenses, takes back what no longer holds, and says what was
/// new. The licenses are then looked at again when there is something more to tell.
pub fn queue(tx: &mut Tx<'_>, dossier: &mut Dossier) -> Result<Vec<SweptNotice>, Error> {
    let ids: Vec<LicenseId> = dossier.licenses.iter().map(|license| license.id).collect();
    let told = tx.unit.queued_of_licenses(&ids)?;
    let mut found = Vec::new();
    let mut gathering = BTreeMap::new();
    for license in dossier.licenses.clone() {
        let evaluation = dossier.license_at(license.organization_id, tx.now);
        let told: Vec<&QueuedNotice> = told
            .iter()
            .filter(|notice| notice.license_id == license.id)
            .collect();
        let tellings = evaluation.to_tell();
        let for_staff: Vec<NoticeSubject> = tellings
            .iter()
            .filter(|telling| !telling.tells_the_holder())
            .map(Telling::subject)
            .collect();
        for waiting in told.iter().filter(|waiting| {
            waiting.state == QueueState::Undeliverable && !for_staff.contains(&waiting.subject)
        }) {
            readdress(tx, dossier, &mut gathering, waiting)?;
        }
        let mut new = taken_back(tx, dossier, &license, &evaluation, &told)?;
        new.extend(to_tell(tx, &license, tellings, &told));
        for mut notice in new {
            found.push(SweptNotice::from(&notice));
            if for_staff.contains(&notice.subject) {
                notice.state = QueueState::Undeliverable;
                notice.settled_at = Some(tx.now);
            } else {
                address(tx, dossier, &mut gathering, &mut notice, None)?;
            }
            tx.unit.insert_queued_notice(&notice)?;
            tx.trail.touched("queued_notice", notice.id);
        }
        look_again(tx, dossier, license.id, &evaluation)?;
    }
    Ok(found)
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
        let done = told.iter().any(|other| {
            let given = kind == NoticeKind::Reminder && other.state == QueueState::Given;
            other.kind == kind && other.subject == subject && (other.state.waits() || given)
        });
        if !done {
            new.push(QueuedNotice {
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
            ..notice(tx, license, NoticeKind::Retraction, given.subject.clone())
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
            let address = email(tx, person, organization)?;
            // One that the recipient's server refused is not tried again: it takes one that was confirmed since.
            let known = address.filter(|(_, confirmed_at)| {
                refused_at.is_none_or(|refused_at| *confirmed_at >= refused_at)
            });
            let message = if known.is_some() {
                Some(gather(tx, dossier, organization)?)
            } else {
                None
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

/// Sends what had no address, now that there is one.
fn readdress(
    tx: &mut Tx<'_>,
    dossier: &Dossier,
    gathering: &mut BTreeMap<OrganizationId, Option<MessageId>>,
    waiting: &QueuedNotice,
) -> Result<(), Error> {
    let mut again = QueuedNotice {
        state: QueueState::Queued,
        settled_at: None,
        ..waiting.clone()
    };
    address(tx, dossier, gathering, &mut again, waiting.settled_at)?;
    if again.message_id.is_some() {
        tx.unit.update_queued_notice(&again)?;
    }
    Ok(())
}

/// The message that gathers today's notices; where today's was sent or is being sent, tomorrow's.
fn gather(
    tx: &mut Tx<'_>,
    dossier: &Dossier,
    organization: OrganizationId,
) -> Result<MessageId, Error> {
    let person = dossier.person.id;
    let zone = dossier.zone_at(tx.now);
    let today = local_day(zone, tx.now);
    let mut next = (today, tx.now);
    for day in [today, add_days(today, 1)] {
        let messages = tx.unit.messages_of_day(person, organization, day)?;
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
    let message = Message {
        id: tx.id(),
        implementation_id: dossier.person.implementation_id,
        person_id: person,
        organization_id: organization,
        on_day,
        state: MessageState::Waiting,
        attempts: 0,
        next_attempt_at,
        lease: None,
        text: None,
        failure: None,
        queued_at: tx.now,
        settled_at: None,
        version: 1,
    };
    tx.unit.insert_message(&message)?;
    Ok(message.id)
}

/// The address that was confirmed for a person at an organization and is still used, and since when.
pub(super) fn email(
    tx: &mut Tx<'_>,
    person: PersonId,
    organization: OrganizationId,
) -> Result<Option<(String, Instant)>, Error> {
    let emails = emails_of(tx.unit, &[person], tx.now)?;
    Ok(emails
        .into_iter()
        .filter(|email| email.organization_id == Some(organization) && email.retired_at.is_none())
        .filter_map(|email| Some((email.email, email.confirmed_at?)))
        .max_by_key(|(_, confirmed_at)| *confirmed_at))
}

/// Keeps when the license is to be looked at next.
fn look_again(
    tx: &mut Tx<'_>,
    dossier: &mut Dossier,
    id: LicenseId,
    evaluation: &Evaluation,
) -> Result<(), Error> {
    let outlook = evaluation.notice_outlook_after_look();
    let Some(row) = dossier.licenses.iter_mut().find(|row| row.id == id) else {
        return Ok(());
    };
    if row.notices != outlook {
        row.notices = outlook;
        tx.unit.record_license_outlook(row)?;
    }
    Ok(())
}
