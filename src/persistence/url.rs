//! Where the data lives: `sqlite:PATH` or `postgres://...`, matched here and nowhere else.

use std::fmt;
use std::str::FromStr;

/// The forms that are accepted, for messages.
const ACCEPTED: &str =
    "give sqlite:PATH (for example sqlite:hmis.sqlite) or postgres://USER:PASSWORD@HOST/DATABASE";

/// Why a database URL was refused. No message repeats the URL, since it may carry a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    #[error("the database URL has no known scheme; {ACCEPTED}")]
    NoScheme,
    #[error("the database scheme {0:?} is not known; {ACCEPTED}")]
    UnknownScheme(String),
    #[error(
        "sqlite::memory: is refused: it is lost at exit, and each connection would have a database of its own; \
         give sqlite:PATH"
    )]
    Memory,
    #[error("sqlite: needs a path after the colon; {ACCEPTED}")]
    NoPath,
    #[error("sqlite: takes a plain path, without file:, // or a NUL character; give sqlite:PATH")]
    NotAPath,
}

/// A parsed database URL. `Display` and `Debug` show no password.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A path in the file system.
    Sqlite(String),
    Postgres(PostgresUrl),
}

/// A `postgres://` URL as given.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl(String);

impl FromStr for DatabaseUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let (scheme, rest) = text.split_once(':').ok_or(UrlError::NoScheme)?;
        match scheme.to_ascii_lowercase().as_str() {
            "sqlite" => sqlite_path(rest).map(Self::Sqlite),
            "postgres" | "postgresql" if rest.starts_with("//") => {
                Ok(Self::Postgres(PostgresUrl(format!("postgresql:{rest}"))))
            }
            other
                if other.starts_with(|c: char| c.is_ascii_alphabetic())
                    && other
                        .chars()
                        .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c)) =>
            {
                Err(UrlError::UnknownScheme(other.to_owned()))
            }
            _ => Err(UrlError::NoScheme),
        }
    }
}

fn sqlite_path(rest: &str) -> Result<String, UrlError> {
    // `sqlite:///data/x` is common for the absolute path /data/x; `sqlite://x` could mean two things.
    let path = match rest.strip_prefix("//") {
        Some(absolute) if absolute.starts_with('/') && !absolute.starts_with("//") => absolute,
        Some(_) => return Err(UrlError::NotAPath),
        None => rest,
    };
    if path.is_empty() {
        Err(UrlError::NoPath)
    } else if path.to_ascii_lowercase().starts_with(":memory:") {
        Err(UrlError::Memory)
    } else if path.to_ascii_lowercase().starts_with("file:") || path.contains('\0') {
        // SQLite would read it as a URI, whose parameters could switch off locking or durability.
        Err(UrlError::NotAPath)
    } else {
        Ok(path.to_owned())
    }
}

impl PostgresUrl {
    /// The URL for libpq, with the settings that let a dead peer be noticed, unless it names its own.
    #[must_use]
    pub(super) fn connection_string(&self) -> String {
        let mut url = self.0.clone();
        for (key, value) in [
            ("application_name", "hmis-licensing"),
            // Seconds; libpq takes nothing shorter.
            ("connect_timeout", "2"),
            ("keepalives_idle", "5"),
            ("keepalives_interval", "1"),
            ("keepalives_count", "3"),
            // Milliseconds until unacknowledged data ends a connection.
            ("tcp_user_timeout", "5000"),
        ] {
            if !self.parameters().any(|(name, _)| name == key) {
                url.push(if url.contains('?') { '&' } else { '?' });
                url.push_str(key);
                url.push('=');
                url.push_str(value);
            }
        }
        url
    }

    fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .split_once('?')
            .map_or("", |(_, query)| query)
            .split('&')
            .filter_map(|pair| pair.split_once('='))
    }

    /// User and password before the last `@`; an unescaped `/` or `@` in a password is covered too.
    fn credentials(&self) -> Option<(&str, &str)> {
        let (_, rest) = self.0.split_once("//")?;
        let (authority, _) = rest.split_once('?').unwrap_or((rest, ""));
        let (credentials, _) = authority.rsplit_once('@')?;
        credentials.split_once(':')
    }

    /// Takes every secret of this URL out of a message of the driver.
    #[must_use]
    pub(super) fn scrub(&self, message: &str) -> String {
        if message.contains("invalid") && message.contains("URI")
            || message.contains("percent-encoded")
            || message.contains("invalid port")
            || message.contains("invalid integer")
        {
            // libpq quotes the piece it stumbled over, which is part of a password if that was not escaped.
            return "the URL is malformed: percent-encode special characters in user and password"
                .to_owned();
        }
        let mut clean = message.trim().to_owned();
        let parameters = self
            .parameters()
            .filter(|(name, _)| is_secret(name))
            .map(|(_, value)| value);
        for secret in self
            .credentials()
            .map(|(_, password)| password)
            .into_iter()
            .chain(parameters)
            .flat_map(|raw| [raw.to_owned(), percent_decode(raw)])
            .filter(|secret| !secret.is_empty())
        {
            clean = clean.replace(&secret, "***");
        }
        clean
    }
}

fn is_secret(parameter: &str) -> bool {
    parameter.to_ascii_lowercase().contains("password")
}

fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let decoded = (first == b'%')
            .then(|| tail.get(..2))
            .flatten()
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        if let Some(byte) = decoded {
            bytes.push(byte);
            rest = tail.get(2..).unwrap_or_default();
        } else {
            bytes.push(first);
            rest = tail;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{path}"),
            Self::Postgres(url) => url.fmt(f),
        }
    }
}

impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (base, query) = self
            .0
            .split_once('?')
            .map_or((self.0.as_str(), None), |(base, query)| (base, Some(query)));
        match (base.rsplit_once('@'), self.credentials()) {
            (Some((_, host)), Some((user, _))) => write!(f, "postgresql://{user}:***@{host}")?,
            _ => f.write_str(base)?,
        }
        let mut separator = '?';
        for pair in query.into_iter().flat_map(|query| query.split('&')) {
            let name = pair.split_once('=').map_or(pair, |(name, _)| name);
            if is_secret(name) {
                write!(f, "{separator}{name}=***")?;
            } else {
                write!(f, "{separator}{pair}")?;
            }
            separator = '&';
        }
        Ok(())
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<DatabaseUrl, UrlError> {
        text.parse()
    }

    #[test]
    fn accepted_forms() {
        for (text, path) in [
            ("sqlite:hmis.sqlite", "hmis.sqlite"),
            ("sqlite:/data/hmis.sqlite", "/data/hmis.sqlite"),
            ("sqlite:///data/hmis.sqlite", "/data/hmis.sqlite"),
            ("SQLite:a?b#c", "a?b#c"),
        ] {
            assert_eq!(parse(text), Ok(DatabaseUrl::Sqlite(path.into())), "{text}");
        }
        for text in ["postgres://h/d", "postgresql:///d?host=/run/postgresql"] {
            assert!(
                matches!(parse(text), Ok(DatabaseUrl::Postgres(_))),
                "{text}"
            );
        }
    }

    #[test]
    fn refused_forms_say_what_to_give() {
        for (text, error) in [
            ("", UrlError::NoScheme),
            ("hmis.sqlite", UrlError::NoScheme),
            ("/data/x:y", UrlError::NoScheme),
            ("sqlite:", UrlError::NoPath),
            ("sqlite::memory:", UrlError::Memory),
            ("sqlite::MEMORY:?cache=shared", UrlError::Memory),
            ("sqlite:file:x?mode=memory", UrlError::NotAPath),
            ("sqlite://x.sqlite", UrlError::NotAPath),
            ("sqlite:a\0b", UrlError::NotAPath),
            (
                "postgres:host=x",
                UrlError::UnknownScheme("postgres".into()),
            ),
            (
                "mysql://root:pw@h/d",
                UrlError::UnknownScheme("mysql".into()),
            ),
        ] {
            let refused = parse(text);
            assert_eq!(refused, Err(error), "{text}");
            let message = refused.expect_err("refused").to_string();
            assert!(message.contains("sqlite:PATH"), "{message}");
            assert!(!message.contains("pw"), "{message}");
        }
    }

    #[test]
    fn no_password_is_shown() {
        for text in [
            "postgres://user:s3cret@host/db",
            "postgres://user:a/s3cret@host/db",
            "postgres://user:x@s3cret@host/db",
            "postgres://host/db?user=u&password=s3cret",
            "postgres://host/db?sslpassword=s3cret&user=u",
        ] {
            let url = parse(text).expect("a URL");
            for shown in [format!("{url}"), format!("{url:?}")] {
                assert!(!shown.contains("s3cret"), "{shown}");
                assert!(shown.contains("host"), "{shown}");
            }
        }
    }

    #[test]
    fn a_message_of_the_driver_loses_the_password() {
        let Ok(DatabaseUrl::Postgres(url)) = parse("postgres://u:p%40ss%2Fw@h/d?sslpassword=k3y")
        else {
            panic!("a URL");
        };
        assert_eq!(
            url.scrub("bad p%40ss%2Fw or p@ss/w or k3y\n"),
            "bad *** or *** or ***"
        );
        assert!(!url.scrub("invalid port number: \"p\"").contains("\"p\""));
    }

    #[test]
    fn connection_string_keeps_what_is_given() {
        let Ok(DatabaseUrl::Postgres(url)) = parse("postgres://h/d?connect_timeout=7") else {
            panic!("a URL");
        };
        let string = url.connection_string();
        assert!(string.starts_with("postgresql://h/d?connect_timeout=7&application_name="));
        assert_eq!(string.matches("connect_timeout").count(), 1);
    }
}
