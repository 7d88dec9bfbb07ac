//! Where the mail server is, as its URL says.

use super::MailSetupError;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::extension::ClientId;

/// How a connection is kept from being read on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tls {
    /// Not at all: only to a server on this machine.
    Clear,
    /// After `STARTTLS`, without which nothing is sent.
    Required,
    /// From the first byte.
    Wrapped,
}

/// A mail server, and who asks it to send.
#[derive(Clone)]
pub(super) struct Server {
    pub host: String,
    pub port: u16,
    pub tls: Tls,
    pub credentials: Option<Credentials>,
    /// What we call ourselves.
    pub hello: ClientId,
}

impl Server {
    /// Reads `smtps://USER:PASSWORD@HOST:465/HELLO` and `smtp://HOST:PORT?tls=required`.
    pub(super) fn read(url: &str) -> Result<Self, MailSetupError> {
        let (wrapped, rest) = match (url.strip_prefix("smtps://"), url.strip_prefix("smtp://")) {
            (Some(rest), _) => (true, rest),
            (None, Some(rest)) => (false, rest),
            (None, None) => return Err(MailSetupError::Url),
        };
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (user, place) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (host, port) = place_of(place).ok_or(MailSetupError::Url)?;
        let here = ["127.0.0.1", "localhost", "::1"].contains(&host);
        let tls = match (wrapped, query) {
            (true, _) => Tls::Wrapped,
            (false, "tls=required") => Tls::Required,
            (false, _) if !here => return Err(MailSetupError::Clear),
            (false, "") => Tls::Clear,
            (false, _) => return Err(MailSetupError::Url),
        };
        let credentials = match user.split_once(':') {
            Some((user, password)) => Some(Credentials::new(
                decoded(user).ok_or(MailSetupError::Url)?,
                decoded(password).ok_or(MailSetupError::Url)?,
            )),
            None => None,
        };
        let path = path.trim_matches('/');
        Ok(Self {
            host: host.to_owned(),
            port: port.unwrap_or(match tls {
                Tls::Clear => 25,
                Tls::Required => 587,
                Tls::Wrapped => 465,
            }),
            tls,
            credentials,
            hello: if path.is_empty() {
                ClientId::default()
            } else {
                ClientId::Domain(path.to_owned())
            },
        })
    }
}

/// Host and port of `HOST`, `HOST:PORT`, `[ADDRESS]` or `[ADDRESS]:PORT`.
fn place_of(place: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match place.strip_prefix('[') {
        Some(address) => {
            let (host, rest) = address.split_once(']')?;
            (host, rest.strip_prefix(':'))
        }
        None => match place.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (place, None),
        },
    };
    let port = port.map(str::parse).transpose().ok()?;
    let named = !host.is_empty() && host.chars().all(|c| c.is_ascii_graphic() && c != '@');
    named.then_some((host, port))
}

/// What a URL writes as `%40` and the like.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            let digits = std::str::from_utf8(&digits).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_says_where_the_server_is_and_who_asks() {
        for (url, host, port, tls, known) in [
            (
                "smtps://u%40x:p%3Aq@mail.example.org",
                "mail.example.org",
                465,
                Tls::Wrapped,
                true,
            ),
            (
                "smtp://mail.example.org?tls=required",
                "mail.example.org",
                587,
                Tls::Required,
                false,
            ),
            (
                "smtp://u:p@mail.example.org:2587/hmis.example.org?tls=required",
                "mail.example.org",
                2587,
                Tls::Required,
                true,
            ),
            ("smtp://localhost", "localhost", 25, Tls::Clear, false),
            ("smtp://[::1]:2525", "::1", 2525, Tls::Clear, false),
        ] {
            let read = Server::read(url).ok().unwrap();
            assert_eq!(
                (read.host.as_str(), read.port, read.tls),
                (host, port, tls),
                "{url}"
            );
            assert_eq!(read.credentials.is_some(), known, "{url}");
        }
        let named = Server::read("smtps://mail.example.org/hmis.example.org").ok();
        assert_eq!(
            named.unwrap().hello,
            ClientId::Domain("hmis.example.org".to_owned())
        );
        assert_eq!(decoded("p%3Aq%C3%A9"), Some("p:qé".to_owned()));
        for bad in ["smtps://", "smtps://h:x", "smtps://u:%zz@h", "smtps://[::1"] {
            assert_eq!(Server::read(bad).err(), Some(MailSetupError::Url), "{bad}");
        }
    }
}
