//! Mail over SMTP.
//!
//! Command by command, because whose failure a refusal is depends on what it answers (`refusal`).

mod refusal;
mod server;

use std::future::Future;
use std::pin::Pin;
use std::str::FromStr;
use std::time::Duration;

use lettre::address::{AddressError, Envelope};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::Mechanism;
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail as MailFrom, Rcpt};
use lettre::transport::smtp::extension::{Extension, MailParameter};
use lettre::{Address, Message};
use tokio::time::timeout;

use self::refusal::{Said, is_recipients};
use self::server::{Server, Tls};
use crate::application::ports::{Mail, MailFailure, Mailer};

/// There is no recipient yet.
const NOBODY: &str = "";
/// How long a server may take for one step.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long it may take to accept what was written.
const PATIENCE_WITH_CONTENT: Duration = Duration::from_secs(60);

/// Where mail goes out, and in whose name.
#[derive(Clone)]
pub struct SmtpMailer {
    server: Server,
    from: Mailbox,
}

/// Why mail cannot be set up. Never repeats a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailSetupError {
    #[error(
        "is no URL of the form smtps://USER:PASSWORD@HOST:465 or smtp://HOST:PORT?tls=required"
    )]
    Url,
    #[error(
        "would send names and addresses in the clear: use smtps://, or smtp:// with ?tls=required"
    )]
    Clear,
    #[error("is no address of the form HMIS Help Desk <hmis@example.org>")]
    From,
}

impl std::fmt::Debug for SmtpMailer {
    /// Without the server's address, which may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmtpMailer").finish_non_exhaustive()
    }
}

impl SmtpMailer {
    /// A mailer for `smtps://` and `smtp://` URLs. Without encryption only to a server on this machine.
    ///
    /// # Errors
    /// What is wrong with the URL or the sender.
    pub fn new(url: &str, from: &str) -> Result<Self, MailSetupError> {
        let server = Server::read(url)?;
        if server.tls != Tls::Clear {
            TlsParameters::new(server.host.clone()).map_err(|_| MailSetupError::Url)?;
        }
        let from = from.parse().map_err(|_| MailSetupError::From)?;
        Ok(Self { server, from })
    }

    fn message(&self, mail: &Mail) -> Result<Message, MailFailure> {
        let address = Address::from_str(&mail.to)
            .map_err(|_: AddressError| MailFailure::Recipient("the address is not one".into()))?;
        Message::builder()
            .message_id(Some(format!("<{}@{}>", mail.id, self.from.email.domain())))
            .from(self.from.clone())
            .to(Mailbox::new(None, address))
            .subject(mail.subject.clone())
            .multipart(MultiPart::alternative_plain_html(
                mail.plain.clone(),
                mail.html.clone(),
            ))
            .map_err(|_| MailFailure::Ours("the mail could not be put together".into()))
    }
}

impl Mailer for SmtpMailer {
    fn send<'a>(
        &'a self,
        mail: &'a Mail,
    ) -> Pin<Box<dyn Future<Output = Result<(), MailFailure>> + Send + 'a>> {
        Box::pin(async move {
            let message = self.message(mail)?;
            let mut connection = self.connect().await?;
            let said = converse(&mut connection, message.envelope(), &message.formatted()).await;
            // It was accepted or not by now, whatever becomes of the farewell.
            let _ = timeout(PATIENCE, connection.abort()).await;
            said
        })
    }
}

impl SmtpMailer {
    /// A connection on which mail may be sent.
    async fn connect(&self) -> Result<AsyncSmtpConnection, MailFailure> {
        let Server {
            host, port, hello, ..
        } = &self.server;
        let tls = || TlsParameters::new(host.clone());
        let wrapped = match self.server.tls {
            Tls::Wrapped => Some(tls()).transpose(),
            Tls::Clear | Tls::Required => Ok(None),
        };
        let wrapped = wrapped.map_err(|error| failure((Said::Hello, NOBODY), &error))?;
        let place = (host.as_str(), *port);
        let connecting =
            AsyncSmtpConnection::connect_tokio1(place, Some(PATIENCE), hello, wrapped, None);
        let mut connection = in_time((Said::Hello, NOBODY), PATIENCE, connecting).await?;
        if self.server.tls == Tls::Required {
            let tls = tls().map_err(|error| failure((Said::Hello, NOBODY), &error))?;
            in_time(
                (Said::Hello, NOBODY),
                PATIENCE,
                connection.starttls(tls, hello),
            )
            .await?;
        }
        if let Some(credentials) = &self.server.credentials {
            let known = [Mechanism::Plain, Mechanism::Login];
            let greeting = connection.auth(&known, credentials);
            in_time((Said::Hello, NOBODY), PATIENCE, greeting).await?;
        }
        Ok(connection)
    }
}

/// Hands a mail over.
async fn converse(
    connection: &mut AsyncSmtpConnection,
    envelope: &Envelope,
    content: &[u8],
) -> Result<(), MailFailure> {
    let mut parameters = Vec::new();
    let addresses = || envelope.from().into_iter().chain(envelope.to());
    if addresses().any(|address| !AsRef::<str>::as_ref(address).is_ascii()) {
        if !connection
            .server_info()
            .supports_feature(Extension::SmtpUtfEight)
        {
            return Err(MailFailure::Ours(
                "the mail server takes no address with such letters".to_owned(),
            ));
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    let from = MailFrom::new(envelope.from().cloned(), parameters);
    in_time((Said::Mail, NOBODY), PATIENCE, connection.command(from)).await?;
    // A mail of ours has one.
    let mut whose = NOBODY;
    for to in envelope.to() {
        whose = to.as_ref();
        let to = Rcpt::new(to.clone(), Vec::new());
        in_time((Said::Rcpt, whose), PATIENCE, connection.command(to)).await?;
    }
    in_time((Said::Data, whose), PATIENCE, connection.command(Data)).await?;
    let written = connection.message(content);
    in_time((Said::Data, whose), PATIENCE_WITH_CONTENT, written).await?;
    Ok(())
}

/// What a server answers to one step, about a recipient where it is.
async fn in_time<T>(
    step: (Said, &str),
    patience: Duration,
    asked: impl Future<Output = Result<T, SmtpError>>,
) -> Result<T, MailFailure> {
    match timeout(patience, asked).await {
        Ok(answer) => answer.map_err(|error| failure(step, &error)),
        Err(_) => Err(MailFailure::Ours(
            "the mail server did not answer in time".to_owned(),
        )),
    }
}

/// Whose failure it was. What the server wrote may hold the address, so only its code is kept.
fn failure((said, to): (Said, &str), error: &SmtpError) -> MailFailure {
    let Some(code) = error.status() else {
        let why = if error.is_timeout() {
            "the mail server did not answer in time"
        } else {
            "the mail server could not be reached"
        };
        return MailFailure::Ours(why.to_owned());
    };
    let text = std::error::Error::source(error).map_or_else(String::new, ToString::to_string);
    if is_recipients(said, u16::from(code), &text, to) {
        MailFailure::Recipient(format!("the recipient's mail server refused it: {code}"))
    } else {
        MailFailure::Ours(format!("the mail server answered {code}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_or_a_name_never_travels_in_the_clear() {
        let from = "HMIS <hmis@example.org>";
        for good in [
            "smtps://u:p@mail.example.org:465",
            "smtp://mail.example.org:587?tls=required",
            "smtp://127.0.0.1:2525",
            "smtp://localhost",
        ] {
            assert!(SmtpMailer::new(good, from).is_ok(), "{good}");
        }
        for (bad, why) in [
            ("smtp://mail.example.org:25", MailSetupError::Clear),
            ("smtp://127.0.0.1.example.org", MailSetupError::Clear),
            (
                "smtp://mail.example.org?tls=opportunistic",
                MailSetupError::Clear,
            ),
            ("http://mail.example.org", MailSetupError::Url),
        ] {
            assert_eq!(SmtpMailer::new(bad, from).err(), Some(why), "{bad}");
        }
        assert_eq!(
            SmtpMailer::new("smtp://localhost", "nobody").err(),
            Some(MailSetupError::From)
        );
    }

    #[test]
    fn an_address_with_a_line_break_is_the_recipients_failure() {
        let mailer = SmtpMailer::new("smtp://localhost", "HMIS <hmis@example.org>").unwrap();
        let mail = Mail {
            id: uuid::Uuid::nil(),
            to: "dana@example.org\r\nBcc: all@example.org".to_owned(),
            subject: "s".to_owned(),
            plain: "p".to_owned(),
            html: "h".to_owned(),
        };
        assert!(matches!(
            mailer.message(&mail),
            Err(MailFailure::Recipient(_))
        ));
    }
}
