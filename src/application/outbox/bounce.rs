//! Messages to whoever is responsible that came back after they were sent: what was told by them alone was told to nobody.

use std::collections::BTreeSet;

use super::copies::{self, tells_holder};
use super::digest;
use crate::application::actor::{Action, Scope};
use crate::application::licensing::notices::record_bounced;
use crate::application::licensing::{Dossier, Reported, not_in_the_future, not_oneself};
use crate::application::{Error, Tx};
use crate::domain::calendar::Instant;
use crate::domain::error::Rejection;
use crate::domain::ids::{FactId, MessageId, PersonId};
use crate::domain::outgoing::{
    Message, MessageKind, MessageState, NoticeCopy, NoticeKind, QueueState, QueuedNotice,
};

/// Records that a message to a supervisor, signer or the lead came back. Others are told in his place, and the lead.
///
/// # Errors
/// `Rejected` where it was not sent, or tells a person of his own licenses: then each of its notices bounces.
pub fn bounce_message(
    tx: &mut Tx<'_>,
    id: MessageId,
    bounced_at: Option<Instant>,
    reported: &Reported,
) -> Result<Message, Error> {
    let message = tx.unit.message(id)?.ok_or(Error::NotFound)?;
    let scope = Scope::implementation(message.implementation_id);
    tx.authorize(Action::BounceMessage, scope)?;
    let copies = tx.unit.copies_of_message(id)?;
    let carried: Vec<FactId> = copies.iter().map(|copy| copy.notice_id).collect();
    let notices = tx.unit.queued_by_id(&carried)?;
    let people: BTreeSet<PersonId> = notices.iter().map(|notice| notice.person_id).collect();
    for person in &people {
        not_oneself(tx, *person, "somebody else records your bounces")?;
    }
    tx.lock_people(people.iter().copied())?;
    let mut message = tx.unit.message(id)?.ok_or(Error::NotFound)?;
    if message.kind == MessageKind::Own {
        let need = "a message about other people's licenses: of what a person was told of his own, record the bounce of \
                    each notice";
        return Err(
            Rejection::needing(message.kind.as_str(), "bounce", vec![need.to_owned()]).into(),
        );
    }
    let sent_at = message
        .settled_at
        .filter(|_| message.state == MessageState::Sent);
    let Some(sent_at) = sent_at else {
        let need = "a message that was sent".to_owned();
        return Err(Rejection::needing(message.state.as_str(), "bounce", vec![need]).into());
    };
    let at = bounced_at.unwrap_or(tx.now);
    if let Some(fault) = not_in_the_future(at, tx.now, "/bounced_at") {
        return Err(Error::Invalid(vec![fault]));
    }
    if at < sent_at {
        return Err(Error::invalid(
            "/bounced_at",
            "lies before the message was sent",
        ));
    }
    // When it was sent is kept: an address that was confirmed since is not the one that failed.
    message.state = MessageState::Refused;
    message.failure = Some("it came back after it was sent".to_owned());
    tx.unit.update_message(&message)?;
    message.version += 1;
    tx.trail.touched("message", id);
    digest::instead(tx, &message)?;
    let notices = tx.unit.queued_by_id(&carried)?;
    for person in people {
        let mut dossier = Dossier::load(tx.unit, person, &[])?.ok_or(Error::NotFound)?;
        for notice in notices.iter().filter(|notice| notice.person_id == person) {
            came_back(
                tx,
                &mut dossier,
                notice,
                (&message, sent_at),
                (at, reported),
            )?;
        }
    }
    Ok(message)
}

/// Of one notice that it carried: whoever else has it knows; otherwise it is told anew, to others.
fn came_back(
    tx: &mut Tx<'_>,
    dossier: &mut Dossier,
    notice: &QueuedNotice,
    (message, sent_at): (&Message, Instant),
    by: (Instant, &Reported),
) -> Result<(), Error> {
    for copy in tx.unit.copies_of_notices(&[notice.id])? {
        if copy.message_id == Some(message.id) && copy.state == QueueState::Given {
            tx.unit.update_notice_copy(&NoticeCopy {
                state: QueueState::Undeliverable,
                settled_at: Some(sent_at),
                ..copy
            })?;
        }
    }
    let made = tx.unit.copies_of_notices(&[notice.id])?;
    let told = made.iter().any(|copy| copy.state == QueueState::Given);
    let told_to_nobody = !told && !tells_holder(notice) && notice.state == QueueState::Given;
    if told_to_nobody && notice.kind == NoticeKind::Notice {
        // What counts is a fact: it counts no longer, and the same is due anew.
        return record_bounced(tx, dossier, notice, by);
    }
    let anybody = copies::make(tx, dossier, notice, &made)?;
    if told_to_nobody {
        let (state, settled_at) = if anybody {
            (QueueState::Queued, None)
        } else {
            (QueueState::Undeliverable, Some(tx.now))
        };
        tx.unit.update_queued_notice(&QueuedNotice {
            state,
            settled_at,
            ..notice.clone()
        })?;
    }
    Ok(())
}
