//! Messages are sent, and what was sent is recorded.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::StreamExt;

use super::compose::{self, Taken};
use super::copies::{self, tells_holder};
use super::digest;
use super::queue::queue;
use crate::application::actor::{Action, Scope};
use crate::application::licensing::notices::{record_failed, record_sent};
use crate::application::licensing::{Dossier, Reported};
use crate::application::ports::{Mail, MailFailure, Mailer, StoreError, StoreExt, View};
use crate::application::{App, Error, Tx};
use crate::domain::fact::Channel;
use crate::domain::ids::{FactId, LeaseId, MessageId, PersonId};
use crate::domain::outgoing::{
    Addressee, MessageKind, MessageState, NoticeCopy, NoticeKind, QueueState, QueuedNotice,
};

/// Messages per look.
const AT_ONCE: i64 = 100;
/// How many are on their way at a time: one that a server is slow about delays nobody.
const SIDE_BY_SIDE: usize = 4;

/// What came of sending what was due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    pub sent: usize,
    /// On our side: they are tried again.
    pub failed: usize,
    /// By the recipient's server: staff settle them.
    pub refused: usize,
}

impl App {
    /// Sends every message that is due. One that fails is tried again later and keeps nobody else waiting.
    ///
    /// # Errors
    /// The store's, where it cannot say what is due.
    pub async fn send_messages(&self, mailer: &Arc<dyn Mailer>) -> Result<Delivered, Error> {
        self.gather_copies().await?;
        self.begin_digests().await?;
        self.begin_signals().await?;
        let now = self.now();
        let due = self
            .store()
            .read(move |view: &mut dyn View| view.messages_to_send(now, AT_ONCE))
            .await?;
        let results: Vec<Option<Result<(), MailFailure>>> = futures_util::stream::iter(due)
            .map(|message| self.send_message(message.id, message.kind, mailer))
            .buffer_unordered(SIDE_BY_SIDE)
            .collect()
            .await;
        let mut delivered = Delivered::default();
        for result in results.into_iter().flatten() {
            match result {
                Ok(()) => delivered.sent += 1,
                Err(MailFailure::Ours(_)) => delivered.failed += 1,
                Err(MailFailure::Recipient(_)) => delivered.refused += 1,
            }
        }
        Ok(delivered)
    }

    /// Sends one message. Nothing where somebody else does, or nothing in it is true any more.
    async fn send_message(
        &self,
        id: MessageId,
        kind: MessageKind,
        mailer: &Arc<dyn Mailer>,
    ) -> Option<Result<(), MailFailure>> {
        let ahead = match kind {
            MessageKind::Digest => self.digest_ahead(id).await,
            _ => Ok(None),
        };
        let taken = match ahead {
            Ok(ahead) => {
                self.write_as_service(Action::SendMessages, move |tx| {
                    compose::take(tx, id, ahead.clone())
                })
                .await
            }
            Err(error) => Err(error),
        };
        let Taken { mail, lease, says } = match taken {
            Ok(taken) => taken?,
            // Somebody else was faster.
            Err(Error::Store(StoreError::Stale)) => return None,
            Err(error) => {
                log::error!("message {id} could not be made: {error}");
                self.postpone_message(id).await;
                return None;
            }
        };
        let outcome = send(mailer, &mail).await;
        if let Err(failure) = &outcome {
            log::error!("message {id} was not sent: {failure}");
        }
        let sent = outcome.clone();
        let jitter = jitter();
        let settled = self
            .write_as_service(Action::SendMessages, move |tx| {
                settle(tx, (id, lease, &says), &sent, jitter)
            })
            .await;
        if let Err(error) = settled {
            // The lease runs out, and it is sent again: the same message id tells a second copy.
            log::error!("what became of message {id} could not be recorded: {error}");
        }
        Some(outcome)
    }
}

impl App {
    /// Counts an attempt at a message that could not even be made, so that it keeps nobody else waiting.
    async fn postpone_message(&self, id: MessageId) {
        let jitter = jitter();
        let postponed = self
            .write_as_service(Action::SendMessages, move |tx| {
                if let Some(mut message) = tx.unit.message(id)?
                    && message.may_be_sent(tx.now)
                {
                    message.attempts += 1;
                    message.failed("the message could not be made", tx.now, jitter);
                    tx.unit.update_message(&message)?;
                }
                Ok(())
            })
            .await;
        if let Err(error) = postponed {
            log::error!("message {id} could not be postponed: {error}");
        }
    }
}

async fn send(mailer: &Arc<dyn Mailer>, mail: &Mail) -> Result<(), MailFailure> {
    mailer.send(mail).await
}

/// Between 0 and 1.
fn jitter() -> f64 {
    f64::from(getrandom::u32().unwrap_or(0)) / f64::from(u32::MAX)
}

/// Records what became of a message that was taken.
fn settle(
    tx: &mut Tx<'_>,
    (id, lease, says): (MessageId, LeaseId, &[FactId]),
    outcome: &Result<(), MailFailure>,
    jitter: f64,
) -> Result<(), Error> {
    let notices = tx.unit.queued_by_id(says)?;
    let people: BTreeSet<PersonId> = notices.iter().map(|notice| notice.person_id).collect();
    tx.lock_people(people.iter().copied())?;
    let Some(mut message) = tx.unit.message(id)? else {
        return Ok(());
    };
    if !message.is_leased_to(lease) {
        log::warn!("message {id} took longer than its lease, and is somebody else's by now");
        return Ok(());
    }
    tx.trail
        .scope(Scope::implementation(message.implementation_id));
    tx.trail.touched("message", id);
    match outcome {
        Ok(()) => {
            message.settle(MessageState::Sent, tx.now);
            tx.unit.update_message(&message)?;
        }
        Err(MailFailure::Ours(why)) => {
            message.failed(why, tx.now, jitter);
            tx.unit.update_message(&message)?;
            return Ok(());
        }
        Err(MailFailure::Recipient(why)) => {
            message.failure = Some(why.clone());
            message.settle(MessageState::Refused, tx.now);
            tx.unit.update_message(&message)?;
            digest::instead(tx, &message)?;
        }
    }
    for person in people {
        let mut dossier = Dossier::load(tx.unit, person, &[])?.ok_or(Error::NotFound)?;
        let carried = says_of(tx, says, person)?;
        let sent = outcome.is_ok();
        if message.kind == MessageKind::Own {
            own(tx, &mut dossier, &carried, sent)?;
        } else {
            duty(tx, &mut dossier, &carried, id, sent)?;
        }
        // What was told may have stopped being true while the mail was on its way; and who cannot be told in one way
        // may be in another.
        queue(tx, &mut dossier)?;
    }
    Ok(())
}

/// The notices about a person that a message carried, as they are now that nobody else touches them.
fn says_of(tx: &mut Tx<'_>, says: &[FactId], person: PersonId) -> Result<Vec<QueuedNotice>, Error> {
    let notices = tx.unit.queued_by_id(says)?;
    Ok(notices
        .into_iter()
        .filter(|notice| notice.person_id == person)
        .collect())
}

/// A notice was given: from now on it counts.
fn given(tx: &mut Tx<'_>, dossier: &mut Dossier, notice: &QueuedNotice) -> Result<(), Error> {
    if let (NoticeKind::Notice, Some(named_on)) = (notice.kind, notice.named_on) {
        let by = (Channel::Email, tx.now, &Reported::default());
        record_sent(tx, dossier, notice, named_on, by)?;
    }
    compose::settle(tx, notice, QueueState::Given, None)
}

/// The holder was told, or his mail server refused it: then it failed.
fn own(
    tx: &mut Tx<'_>,
    dossier: &mut Dossier,
    carried: &[QueuedNotice],
    sent: bool,
) -> Result<(), Error> {
    for notice in carried
        .iter()
        .filter(|notice| notice.state == QueueState::Queued)
    {
        if sent {
            given(tx, dossier, notice)?;
        } else {
            compose::settle(tx, notice, QueueState::Undeliverable, None)?;
        }
    }
    if sent {
        return Ok(());
    }
    // A repetition that nobody can be given fails nothing; but that the mailbox is dead has to be settled.
    for license in dossier.licenses.clone() {
        let refused: Vec<QueuedNotice> = carried
            .iter()
            .filter(|notice| notice.license_id == license.id)
            .filter(|notice| matches!(notice.kind, NoticeKind::Reminder | NoticeKind::Retraction))
            .cloned()
            .collect();
        if !refused.is_empty() {
            record_failed(tx, dossier, &license, &refused)?;
        }
    }
    Ok(())
}

/// Somebody else was told, or his mail server refused it: then others are in his place. The first who is told gives a
/// notice that does not go to the holder.
fn duty(
    tx: &mut Tx<'_>,
    dossier: &mut Dossier,
    carried: &[QueuedNotice],
    message: MessageId,
    sent: bool,
) -> Result<(), Error> {
    let copies = tx.unit.copies_of_message(message)?;
    for notice in carried {
        let own = copies
            .iter()
            .filter(|copy| copy.notice_id == notice.id && copy.state == QueueState::Queued);
        for copy in own {
            let state = if sent {
                QueueState::Given
            } else {
                QueueState::Undeliverable
            };
            copies::settle(tx, copy, state)?;
        }
        if !notice.state.waits() || tells_holder(notice) {
            if !sent {
                let made = tx.unit.copies_of_notices(&[notice.id])?;
                copies::make(tx, dossier, notice, &made)?;
            }
            continue;
        }
        // That the lead knows counts only where nobody else is left to be told.
        let made = tx.unit.copies_of_notices(&[notice.id])?;
        let told = |to_others: bool| {
            made.iter().any(|copy| {
                copy.state == QueueState::Given && (copy.to != Addressee::Lead) == to_others
            })
        };
        let others_wait = |made: &[NoticeCopy]| {
            made.iter()
                .any(|copy| copy.state == QueueState::Queued && copy.to != Addressee::Lead)
        };
        if !sent {
            copies::make(tx, dossier, notice, &made)?;
        }
        let now = tx.unit.copies_of_notices(&[notice.id])?;
        if told(true) || (told(false) && !others_wait(&now)) {
            given(tx, dossier, notice)?;
        } else if !now.iter().any(|copy| copy.state == QueueState::Queued)
            && notice.state == QueueState::Queued
        {
            compose::settle(tx, notice, QueueState::Undeliverable, None)?;
        }
    }
    Ok(())
}
