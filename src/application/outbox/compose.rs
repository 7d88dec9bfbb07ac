//! A message is taken to be sent, and made into text.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::copies::{self, tells_holder};
use super::queue::{gather, still_to_tell};
use super::recipients::{Mailboxes, address_of, names};
use super::texts::{Letter, Passage, write};
use crate::application::licensing::Dossier;
use crate::application::ports::Mail;
use crate::application::{Error, Tx};
use crate::domain::ids::{FactId, LeaseId, LicenseId, MessageId, PersonId};
use crate::domain::license::NoticeOutlook;
use crate::domain::outgoing::{
    Addressee, LEASE, MOST_ATTEMPTS, Message, MessageKind, MessageState, NoticeCopy, QueueState,
    QueuedNotice,
};

/// A mail, and until when whoever took it has it to himself.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Taken {
    pub mail: Mail,
    pub lease: LeaseId,
    /// What the mail says: nothing else was told by it.
    pub says: Vec<FactId>,
}

/// What a message says, and where it goes.
pub(super) type Made = (Letter, String, Vec<FactId>);

/// Takes a message, if it may still be sent: what is no longer true is dropped from it, and the rest is made into text
/// with the days as they count from now. Nothing if somebody else has it, or nothing in it is left. `ahead` is what was
/// made of it just before, without keeping anybody who writes waiting.
pub(super) fn take(
    tx: &mut Tx<'_>,
    id: MessageId,
    ahead: Option<Made>,
) -> Result<Option<Taken>, Error> {
    let Some(message) = tx.unit.message(id)? else {
        return Ok(None);
    };
    if let (MessageKind::Own, Addressee::Person(person)) = (message.kind, message.to) {
        tx.lock_person(person)?;
    }
    // As it is now that nobody else touches it.
    let Some(mut message) = tx.unit.message(id)? else {
        return Ok(None);
    };
    if !message.may_be_sent(tx.now) {
        return Ok(None);
    }
    if message.attempts >= MOST_ATTEMPTS {
        // Each of them ended without a word, with whoever made it: somebody has to look.
        message.settle(MessageState::Dead, tx.now);
        tx.unit.update_message(&message)?;
        return Ok(None);
    }
    let made = match (message.kind, message.to) {
        (MessageKind::Own, Addressee::Person(person)) => own(tx, &message, person)?,
        (MessageKind::Own | MessageKind::Duty, _) => duty(tx, &message)?,
        (MessageKind::Digest, _) => ahead,
        (MessageKind::Signals, _) => super::signals::made(tx.unit, &message, tx.now)?,
    };
    let Some((letter, to, says)) = made else {
        message.settle(MessageState::Dropped, tx.now);
        tx.unit.update_message(&message)?;
        return Ok(None);
    };
    let (text, html) = write(&letter);
    let lease: LeaseId = tx.id();
    message.lease = Some((lease, tx.now + LEASE));
    message.attempts += 1;
    message.text = Some(text.clone());
    tx.unit.update_message(&message)?;
    Ok(Some(Taken {
        mail: Mail {
            id: message.id.into(),
            to,
            subject: text.subject,
            plain: text.plain,
            html,
        },
        lease,
        says,
    }))
}

/// What a person is told of his own licenses.
fn own(tx: &mut Tx<'_>, message: &Message, person: PersonId) -> Result<Option<Made>, Error> {
    let Some(dossier) = Dossier::load(tx.unit, person, &[])? else {
        return Ok(None);
    };
    let mailboxes = Mailboxes::of(tx.unit, person, tx.now)?;
    let at = |organization| mailboxes.at(organization).map(|(email, _)| email);
    let address = message.organization_id.and_then(at);
    let mut says = Vec::new();
    let mut about = BTreeMap::new();
    let mut dropped = BTreeSet::new();
    let waiting = tx.unit.queued_of_message(message.id)?;
    let mut at_organizations = Vec::new();
    let mut letter = Letter::of(tx.unit, &dossier.implementation, None)?;
    letter.to = Some(dossier.person.given_name.clone());
    for notice in waiting
        .iter()
        .filter(|notice| notice.state == QueueState::Queued)
    {
        let organization = notice.organization_id;
        match (still_to_tell(&dossier, notice, tx.now), at(organization)) {
            (None, _) => {
                settle(tx, notice, QueueState::Dropped, None)?;
                dropped.insert(notice.license_id);
            }
            (Some(_), None) => {
                settle(tx, notice, QueueState::Undeliverable, None)?;
                // The next sweep records that, and tells whoever is responsible.
                dropped.insert(notice.license_id);
            }
            // Another address was confirmed there meanwhile: nothing of it goes to this one.
            (Some(_), own) if own != address => {
                let shared = own.map(|own| mailboxes.organizations(&own));
                let shared = shared.unwrap_or_default();
                let moved = gather(tx, &dossier, (organization, &shared))?;
                tx.unit.update_queued_notice(&QueuedNotice {
                    message_id: Some(moved),
                    ..notice.clone()
                })?;
            }
            (Some(named_on), Some(_)) => {
                let evaluation = dossier.license_at(organization, tx.now);
                says.push(notice.id);
                about.insert(organization, String::new());
                let passage = Passage::of((&dossier, &evaluation), notice, named_on);
                letter.passages.push(passage);
                at_organizations.push(organization);
                let named = QueuedNotice {
                    named_on: Some(named_on),
                    ..notice.clone()
                };
                tx.unit.update_queued_notice(&named)?;
            }
        }
    }
    for id in dropped {
        look_anew(tx, &dossier, id)?;
    }
    for (id, name) in &mut about {
        let organization = tx.unit.organization(*id)?;
        *name = organization.map_or_else(String::new, |found| found.name);
    }
    letter.about(&about, &at_organizations);
    Ok(address
        .filter(|_| !letter.passages.is_empty())
        .map(|to| (letter, to, says)))
}

/// What a supervisor, signer or the lead is told of other people's licenses. Who has no duty there any more is told
/// nothing, and others are in his place.
fn duty(tx: &mut Tx<'_>, message: &Message) -> Result<Option<Made>, Error> {
    let waiting: Vec<NoticeCopy> = tx
        .unit
        .copies_of_message(message.id)?
        .into_iter()
        .filter(|copy| copy.state == QueueState::Queued)
        .collect();
    let ids: Vec<FactId> = waiting.iter().map(|copy| copy.notice_id).collect();
    let concerned = tx.unit.queued_by_id(&ids)?;
    let people: Vec<PersonId> = concerned.iter().map(|notice| notice.person_id).collect();
    // What another message about the same people settles at this moment is seen.
    tx.lock_people(people.iter().copied())?;
    let notices = tx.unit.queued_by_id(&ids)?;
    let dossiers = Dossier::load_many(tx.unit, &people, &[])?;
    let Some(implementation) = tx.unit.implementation(message.implementation_id)? else {
        return Ok(None);
    };
    let organization = message.organization_id;
    let address = address_of(tx.unit, &implementation, organization, message.to, tx.now)?;
    let mut letter = Letter::of(tx.unit, &implementation, organization)?;
    letter.to = address.as_ref().and_then(|address| address.name.clone());
    let mut says = Vec::new();
    for copy in &waiting {
        let found = notices.iter().find(|notice| notice.id == copy.notice_id);
        let Some((notice, dossier)) = found.and_then(|notice| {
            let of = |dossier: &&Dossier| dossier.person.id == notice.person_id;
            Some((notice, dossiers.iter().find(of)?))
        }) else {
            continue;
        };
        let evaluation = dossier.license_at(notice.organization_id, tx.now);
        let Some(named_on) = copies::still_says(dossier, &evaluation, notice, tx.now) else {
            copies::settle(tx, copy, QueueState::Dropped)?;
            if notice.state == QueueState::Queued && !tells_holder(notice) {
                settle(tx, notice, QueueState::Dropped, None)?;
                look_anew(tx, dossier, notice.license_id)?;
            }
            continue;
        };
        if address.is_none() {
            // He has no duty there any more, which is no failure of his mailbox.
            copies::settle(tx, copy, QueueState::Dropped)?;
            let made = tx.unit.copies_of_notices(&[notice.id])?;
            let anybody = copies::make(tx, dossier, notice, &made)?;
            if !anybody && notice.state == QueueState::Queued && !tells_holder(notice) {
                settle(tx, notice, QueueState::Undeliverable, None)?;
            }
            continue;
        }
        says.push(notice.id);
        let passage = Passage::of((dossier, &evaluation), notice, named_on);
        letter.passages.push(passage.about(&dossier.person));
        if notice.state.waits() && !tells_holder(notice) {
            let named = QueuedNotice {
                named_on: Some(named_on),
                ..notice.clone()
            };
            tx.unit.update_queued_notice(&named)?;
        }
    }
    letter.unreached = unreached(tx, message.to, &notices, &says)?;
    Ok(address
        .filter(|_| !letter.passages.is_empty())
        .map(|to| (letter, to.email, says)))
}

/// Who else should have been told what a message says, and could not be: also when it was told before.
fn unreached(
    tx: &mut Tx<'_>,
    to: Addressee,
    notices: &[QueuedNotice],
    says: &[FactId],
) -> Result<Vec<String>, Error> {
    let said = || notices.iter().filter(|notice| says.contains(&notice.id));
    let licenses: BTreeSet<LicenseId> = said().map(|notice| notice.license_id).collect();
    let licenses: Vec<LicenseId> = licenses.into_iter().collect();
    let same = |other: &&QueuedNotice| {
        said().any(|notice| {
            (notice.license_id, &notice.subject) == (other.license_id, &other.subject)
        })
    };
    let told = tx.unit.queued_of_licenses(&licenses)?;
    let ids: Vec<FactId> = told.iter().filter(same).map(|other| other.id).collect();
    let failed = copies::refused(&tx.unit.copies_of_notices(&ids)?);
    let others = failed.into_keys().filter(|failed| *failed != to).collect();
    Ok(names(tx.unit, &others)?)
}

/// What was dropped may be due again later, with nothing recorded in between: the license is looked at once it is.
fn look_anew(tx: &mut Tx<'_>, dossier: &Dossier, id: LicenseId) -> Result<(), Error> {
    let found = dossier.licenses.iter().find(|row| row.id == id).cloned();
    let Some(mut row) = found else {
        return Ok(());
    };
    let outlook = dossier
        .license_at(row.organization_id, tx.now)
        .notice_outlook();
    row.notices = NoticeOutlook {
        counting: row.notices.counting,
        ..outlook
    };
    Ok(tx.unit.record_license_outlook(&row)?)
}

/// A notice that is not waiting any longer, or for somebody to settle it.
pub(super) fn settle(
    tx: &mut Tx<'_>,
    notice: &QueuedNotice,
    state: QueueState,
    named_on: Option<NaiveDate>,
) -> Result<(), Error> {
    let settled = QueuedNotice {
        state,
        named_on: named_on.or(notice.named_on),
        settled_at: Some(tx.now),
        // What could not be delivered may be put into another message.
        message_id: notice
            .message_id
            .filter(|_| state != QueueState::Undeliverable),
        ..notice.clone()
    };
    Ok(tx.unit.update_queued_notice(&settled)?)
}
