//! Mail over SMTP.

use std::future::Future;
use std::pin::Pin;
use std::str::FromStr;
use std::time::Duration;

use lettre::address::AddressError;
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::Error as SmtpError;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use crate::application::ports::{Mail, MailFailure, Mailer};

/// How long a server may take for one step.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where mail goes out, and in whose name.
#[derive(Clone)]
pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
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
        let rest = url
            .strip_prefix("smtp://")
            .or_else(|| url.strip_prefix("smtps://"))
            .ok_or(MailSetupError::Url)?;
        let encrypted = url.starts_with("smtps://") || rest.ends_with("?tls=required");
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        let host = authority.rsplit('@').next().unwrap_or_default();
        let here = ["127.0.0.1", "localhost", "[::1]"]
            .iter()
            .any(|name| host == *name || host.starts_with(&format!("{name}:")));
        if !encrypted && !here {
            return Err(MailSetupError::Clear);
        }
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
            .map_err(|_| MailSetupError::Url)?
            .timeout(Some(PATIENCE))
            .build();
        let from = from.parse().map_err(|_| MailSetupError::From)?;
        Ok(Self { transport, from })
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
            match self.transport.send(message).await {
                Ok(_) => Ok(()),
                Err(error) => Err(failure(&error)),
            }
        })
    }
}

/// Whose failure it was. What the server wrote may hold the address, so only its code is kept.
fn failure(error: &SmtpError) -> MailFailure {
    let Some(code) = error.status() else {
        let why = if error.is_timeout() {
            "the mail server did not answer in time"
        } else {
            "the mail server could not be reached"
        };
        return MailFailure::Ours(why.to_owned());
    };
    let code = code.to_string();
    let said = std::error::Error::source(error).map(ToString::to_string);
    // RFC 3463: X.1.1, X.1.2, X.1.6, X.1.10 and X.2.1 say that there is no such mailbox, or that it takes no mail. X.1.7
    // and X.1.8 are about the sender, X.7 is a policy of the server's, such as refusing to relay for us: those, and an
    // answer that does not say, are for us to mend.
    let mailbox = said.is_some_and(|said| {
        said.split(|sign: char| !(sign.is_ascii_digit() || sign == '.'))
            .any(|word| ["5.1.1", "5.1.2", "5.1.6", "5.1.10", "5.2.1"].contains(&word))
    });
    match code.as_str() {
        "550" | "551" | "553" | "556" if mailbox => {
            MailFailure::Recipient(format!("the recipient's mail server refused it: {code}"))
        }
        _ => MailFailure::Ours(format!("the mail server answered {code}")),
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
