//! A message is taken to be sent, and made into text.

use chrono::NaiveDate;

use super::queue::{email, still_to_tell};
use super::texts::{Letter, Passage, write};
use crate::application::licensing::Dossier;
use crate::application::ports::Mail;
use crate::application::{Error, Tx};
use crate::domain::ids::{LeaseId, MessageId};
use crate::domain::outgoing::{LEASE, MessageState, QueueState, QueuedNotice};

/// A mail, and until when whoever took it has it to himself.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Taken {
    pub mail: Mail,
    pub lease: LeaseId,
}

/// Takes a message, if it may still be sent: what is no longer true is dropped from it, and the rest is made into text
/// with the days as they count from now. Nothing if somebody else has it, or nothing in it is left.
pub(super) fn take(tx: &mut Tx<'_>, id: MessageId) -> Result<Option<Taken>, Error> {
    let Some(message) = tx.unit.message(id)? else {
        return Ok(None);
    };
    tx.lock_person(message.person_id)?;
    // As it is now that nobody else touches it.
    let Some(mut message) = tx.unit.message(id)? else {
        return Ok(None);
    };
    if !message.may_be_sent(tx.now) {
        return Ok(None);
    }
    let Some(dossier) = Dossier::load(tx.unit, message.person_id, &[])? else {
        return Ok(None);
    };
    let address = email(tx, message.person_id, message.organization_id)?;
    let waiting = tx.unit.queued_of_message(id)?;
    let mut letter = Letter::of(tx, &dossier, message.organization_id)?;
    for notice in waiting
        .iter()
        .filter(|notice| notice.state == QueueState::Queued)
    {
        let evaluation = dossier
            .licenses
            .iter()
            .find(|license| license.id == notice.license_id)
            .map(|license| dossier.license_at(license.organization_id, tx.now));
        let named_on = evaluation
            .as_ref()
            .and_then(|evaluation| still_to_tell(evaluation, notice, tx.now));
        match (named_on, evaluation, &address) {
            (None, ..) | (_, None, _) => settle(tx, notice, QueueState::Dropped, None)?,
            (Some(_), _, None) => settle(tx, notice, QueueState::Undeliverable, None)?,
            (Some(named_on), Some(evaluation), Some(_)) => {
                letter
                    .passages
                    .push(Passage::of(&evaluation, notice, named_on));
                let named = QueuedNotice {
                    named_on: Some(named_on),
                    ..notice.clone()
                };
                tx.unit.update_queued_notice(&named)?;
            }
        }
    }
    let Some(to) = address.filter(|_| !letter.passages.is_empty()) else {
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
    }))
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
        ..notice.clone()
    };
    Ok(tx.unit.update_queued_notice(&settled)?)
}
