//! Notices that staff give by phone or letter, and messages that they let be sent again.

use crate::application::actor::{Action, Scope};
use crate::application::licensing::notices::{
    NoticeShown, check_reached, checked_and_kept, notice_shown, record_sent, report_of,
};
use crate::application::licensing::{Dossier, Reported, not_in_the_future, not_oneself};
use crate::application::{Error, Tx};
use crate::domain::calendar::Instant;
use crate::domain::error::Rejection;
use crate::domain::fact::Channel;
use crate::domain::ids::{FactId, MessageId};
use crate::domain::outgoing::{Message, MessageState, NoticeKind, QueueState};

use super::compose::settle;

/// How a queued notice was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDelivery {
    pub channel: Channel,
    /// Absent: now.
    pub given_at: Option<Instant>,
    /// The first day without access that the person was told.
    pub named_on: chrono::NaiveDate,
    pub reported: Reported,
}

/// Records that a queued notice was given by phone, letter or in person.
///
/// # Errors
/// `Rejected` where it does not wait any longer, or what it says is no longer true; `Invalid` where the day that was
/// named breaks what the policy promises.
pub fn give_notice(tx: &mut Tx<'_>, id: FactId, new: &NewDelivery) -> Result<NoticeShown, Error> {
    let queued = tx.unit.queued_notice(id)?.ok_or(Error::NotFound)?;
    let scope = Scope::person(
        queued.implementation_id,
        Some(queued.organization_id),
        queued.person_id,
    );
    tx.authorize(Action::RecordNotice, scope)?;
    not_oneself(tx, queued.person_id, "somebody else gives notices to you")?;
    tx.lock_person(queued.person_id)?;
    let queued = tx.unit.queued_notice(id)?.ok_or(Error::NotFound)?;
    if !queued.state.waits() {
        return Err(Rejection::needing(
            queued.state.as_str(),
            "record_delivery",
            vec!["a notice that waits to be given".to_owned()],
        )
        .into());
    }
    let mut dossier = Dossier::load(tx.unit, queued.person_id, &[])?.ok_or(Error::NotFound)?;
    let how = (new.channel, new.given_at.unwrap_or(tx.now));
    let license = dossier
        .licenses
        .iter()
        .find(|license| license.id == queued.license_id)
        .cloned()
        .ok_or(Error::NotFound)?;
    let held_for_it = dossier
        .license_at(license.organization_id, tx.now)
        .held_unreached(id);
    if held_for_it {
        // The person was reached, which is what the hold waited for, whether or not anything is still warned of.
        let report = report_of(&queued, new.named_on, how, &new.reported);
        check_reached(&dossier, &license, (&queued, &report), tx.now)?;
        let by = (how.0, how.1, &new.reported);
        record_sent(tx, &mut dossier, &queued, new.named_on, by)?;
    } else if queued.kind == NoticeKind::Notice {
        let report = report_of(&queued, new.named_on, how, &new.reported);
        checked_and_kept(tx, &mut dossier, &license, (&report, Some(id)))?;
    } else if let Some(fault) = not_in_the_future(how.1, tx.now, "/given_at") {
        return Err(Error::Invalid(vec![fault]));
    }
    settle(tx, &queued, QueueState::Given, Some(new.named_on))?;
    let given = tx.unit.queued_notice(id)?.ok_or(Error::NotFound)?;
    super::queue(tx, &mut dossier)?;
    notice_shown(&given, &dossier, tx.now).ok_or(Error::NotFound)
}

/// Lets a message be tried again that failed too often on our side.
pub fn retry_message(tx: &mut Tx<'_>, id: MessageId, expected: i32) -> Result<Message, Error> {
    let mut message = tx.unit.message(id)?.ok_or(Error::NotFound)?;
    tx.authorize(
        Action::RetryMessage,
        Scope::implementation(message.implementation_id),
    )?;
    if message.version != expected {
        return Err(Error::Stale {
            current: message.version,
        });
    }
    if message.state != MessageState::Dead {
        return Err(Rejection::needing(
            message.state.as_str(),
            "retry",
            vec!["a message that was put aside after too many attempts".to_owned()],
        )
        .into());
    }
    message.replay(tx.now);
    tx.unit.update_message(&message)?;
    message.version += 1;
    tx.trail.touched("message", id);
    Ok(message)
}
