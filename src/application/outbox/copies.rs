//! Notices as they go to supervisors, signers and the lead: made with the notice, and gathered into one message per
//! recipient and day just before it is sent, because they speak of several people.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::recipients::{Refused, recipients};
use crate::application::actor::{Action, Scope};
use crate::application::licensing::Dossier;
use crate::application::ports::{StoreError, StoreExt, View};
use crate::application::roster::zone_of;
use crate::application::{App, Error, Tx};
use crate::domain::calendar::{Instant, add_days, local_day, start_of_day};
use crate::domain::evaluate::Evaluation;
use crate::domain::fact::NoticeRule;
use crate::domain::ids::{FactId, ImplementationId, MessageId, NoticeCopyId, OrganizationId};
use crate::domain::outgoing::{
    Addressee, Message, MessageKind, MessageState, NoticeCopy, NoticeKind, QueueState, QueuedNotice,
};
use crate::domain::policy::Recipient;

/// Copies per look.
const AT_ONCE: i64 = 500;

/// Whether a notice goes to its holder at all.
pub(super) fn tells_holder(notice: &QueuedNotice) -> bool {
    notice.tells.contains(&Recipient::User)
}

/// Those whose copy was refused or came back.
pub(super) fn refused(made: &[NoticeCopy]) -> Refused {
    let failed = made
        .iter()
        .filter(|copy| copy.state == QueueState::Undeliverable);
    failed
        .map(|copy| (copy.to, copy.settled_at.unwrap_or(copy.queued_at)))
        .collect()
}

/// Makes the copies of a notice that are still missing; says whether anybody gets one, or got it. Whoever's mail server
/// refused it gets none again, and others do in his place, and the lead.
pub(super) fn make(
    tx: &mut Tx<'_>,
    dossier: &Dossier,
    notice: &QueuedNotice,
    made: &[NoticeCopy],
) -> Result<bool, Error> {
    let in_state = |state: QueueState| -> BTreeSet<Addressee> {
        let copies = made.iter().filter(|copy| copy.state == state);
        copies.map(|copy| copy.to).collect()
    };
    let refused = refused(made);
    let mut has: BTreeSet<Addressee> = in_state(QueueState::Queued);
    has.extend(in_state(QueueState::Given));
    let whom = (notice.subject.rule, &notice.tells);
    let at = (notice.organization_id, tx.now);
    let to = recipients(tx.unit, dossier, at, whom, &refused)?;
    let missing: BTreeSet<Addressee> = to.difference(&has).copied().collect();
    let anybody = !has.is_empty() || !missing.is_empty();
    insert(tx, notice, missing)?;
    Ok(anybody)
}

/// The copies of a notice to these.
pub(super) fn insert(
    tx: &mut Tx<'_>,
    notice: &QueuedNotice,
    addressees: BTreeSet<Addressee>,
) -> Result<(), Error> {
    for to in addressees {
        let copy = NoticeCopy {
            id: tx.id(),
            implementation_id: notice.implementation_id,
            organization_id: notice.organization_id,
            notice_id: notice.id,
            to,
            state: QueueState::Queued,
            message_id: None,
            queued_at: tx.now,
            settled_at: None,
            version: 1,
        };
        tx.unit.insert_notice_copy(&copy)?;
    }
    Ok(())
}

/// A copy that does not wait any longer.
pub(super) fn settle(tx: &mut Tx<'_>, copy: &NoticeCopy, state: QueueState) -> Result<(), Error> {
    Ok(tx.unit.update_notice_copy(&NoticeCopy {
        state,
        settled_at: Some(tx.now),
        ..copy.clone()
    })?)
}

/// The day that a copy names now; nothing where what it says is no longer true.
pub(super) fn still_says(
    dossier: &Dossier,
    evaluation: &Evaluation,
    notice: &QueuedNotice,
    now: Instant,
) -> Option<NaiveDate> {
    let today = local_day(dossier.zone_at(now), now);
    match (notice.state, notice.kind) {
        (QueueState::Queued | QueueState::Undeliverable, _) => {
            evaluation.still_to_tell(notice, &dossier.facts, today)
        }
        // Somebody was told already: whoever else is to be told hears the same day.
        (QueueState::Given, NoticeKind::Notice) => notice
            .named_on
            .filter(|_| evaluation.counting.contains(&notice.id)),
        (QueueState::Given, NoticeKind::Retraction) => notice.named_on,
        (QueueState::Given, NoticeKind::Reminder | NoticeKind::LastDay | NoticeKind::Return) => {
            notice.named_on.filter(|day| *day > today)
        }
        (QueueState::Dropped | QueueState::Retracted, _) => None,
    }
}

/// To whom, about which organization.
type Group = (ImplementationId, OrganizationId, Addressee);

impl App {
    /// Gathers what waits for supervisors, signers and the lead. What another process gathers at the same time is left
    /// to it.
    pub(super) async fn gather_copies(&self) -> Result<(), Error> {
        let waiting = self
            .store()
            .read(|view: &mut dyn View| view.copies_to_gather(AT_ONCE))
            .await?;
        let mut groups: BTreeMap<Group, Vec<NoticeCopyId>> = BTreeMap::new();
        for copy in waiting {
            let group = (copy.implementation_id, copy.organization_id, copy.to);
            groups.entry(group).or_default().push(copy.id);
        }
        for (group, copies) in groups {
            let gathered = self
                .write_as_service(Action::SendMessages, move |tx| gather(tx, group, &copies))
                .await;
            match gathered {
                Ok(()) | Err(Error::Store(StoreError::Stale | StoreError::Conflict)) => {}
                Err(error) => log::error!("notices could not be gathered: {error}"),
            }
        }
        Ok(())
    }
}

fn gather(
    tx: &mut Tx<'_>,
    (implementation, organization, to): Group,
    copies: &[NoticeCopyId],
) -> Result<(), Error> {
    let waiting: Vec<NoticeCopy> = tx
        .unit
        .copies(copies)?
        .into_iter()
        .filter(|copy| copy.state == QueueState::Queued && copy.message_id.is_none())
        .collect();
    if waiting.is_empty() {
        return Ok(());
    }
    let of: Vec<FactId> = waiting.iter().map(|copy| copy.notice_id).collect();
    // That somebody cannot be reached, and that it is the last day, wait for no other day.
    let at_once = tx.unit.queued_by_id(&of)?.iter().any(|notice| {
        notice.subject.rule == NoticeRule::Unreachable || notice.kind == NoticeKind::LastDay
    });
    let message = message_of_the_day(tx, (implementation, organization, to), at_once)?;
    tx.trail.scope(Scope::implementation(implementation));
    tx.trail.touched("message", message);
    for copy in waiting {
        tx.unit.update_notice_copy(&NoticeCopy {
            message_id: Some(message),
            ..copy
        })?;
    }
    Ok(())
}

/// The message that gathers today's notices to somebody; where today's was sent or is being sent, tomorrow's, or
/// another one of today for what waits for no other day.
fn message_of_the_day(
    tx: &mut Tx<'_>,
    (implementation, organization, to): Group,
    at_once: bool,
) -> Result<MessageId, Error> {
    let zone = zone_of(tx.unit, implementation, tx.now)?;
    let today = local_day(zone, tx.now);
    let mut day = today;
    loop {
        let messages = tx
            .unit
            .messages_of_day(MessageKind::Duty, to, Some(organization), day)?;
        let open = messages.iter().find(|message| {
            // Whoever has it knows what is in it, also past his lease.
            message.state == MessageState::Waiting && message.lease.is_none()
        });
        if let Some(open) = open {
            // Whoever takes it at this moment does not know of what is put into it now: one of the two is stale.
            tx.unit.update_message(open)?;
            return Ok(open.id);
        }
        let closed = messages
            .iter()
            .any(|message| message.state != MessageState::Dropped);
        if closed && day == today && !at_once {
            day = add_days(day, 1);
            continue;
        }
        let named = (tx.id(), implementation);
        let message = Message {
            organization_id: Some(organization),
            // Two processes that gather at the same time make the same one, and one of them fails.
            once: Some(format!(
                "duty:{organization}:{to:?}:{day}:{}",
                messages.len()
            )),
            next_attempt_at: tx.now.max(start_of_day(zone, day)),
            ..Message::waiting(named, MessageKind::Duty, to, day, tx.now)
        };
        tx.unit.insert_message(&message)?;
        return Ok(message.id);
    }
}
