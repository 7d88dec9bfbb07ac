//! The way out for mail.

use std::future::Future;
use std::pin::Pin;

/// A mail, ready to be sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// The same for every attempt, so that a mail server or reader knows a second copy: `<message id>@<sender's domain>`
    /// is made of it.
    pub id: uuid::Uuid,
    pub to: String,
    pub subject: String,
    pub plain: String,
    pub html: String,
}

/// Why a mail was not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailFailure {
    /// On our side, or for now: no server, a server that defers. Tried again.
    #[error("{0}")]
    Ours(String),
    /// The recipient's: the address is not one, or its server refused it for good.
    #[error("{0}")]
    Recipient(String),
}

/// Sends mail. Neither text may hold the address.
pub trait Mailer: Send + Sync {
    fn send<'a>(
        &'a self,
        mail: &'a Mail,
    ) -> Pin<Box<dyn Future<Output = Result<(), MailFailure>> + Send + 'a>>;
}
