//! Messages as staff see them.

use crate::application::actor::{Action, Scope};
use crate::application::page::{Paging, Slice};
use crate::application::ports::MessageFilter;
use crate::application::{Error, Rx};
use crate::domain::ids::MessageId;
use crate::domain::outgoing::Message;

/// Messages of the implementations the actor sees whole.
pub fn messages(
    rx: &mut Rx<'_>,
    filter: &MessageFilter,
    paging: Paging,
) -> Result<Slice<Message>, Error> {
    let visible = rx.actor.visible(Action::ReadMessage);
    let rows = rx.view.messages(&visible, filter, paging.probe())?;
    Ok(paging.cut(rows, |message| message.id.into()))
}

/// One message.
pub fn message(rx: &mut Rx<'_>, id: MessageId) -> Result<Message, Error> {
    let message = rx.view.message(id)?.ok_or(Error::NotFound)?;
    rx.authorize(
        Action::ReadMessage,
        Scope::implementation(message.implementation_id),
    )?;
    Ok(message)
}
