//! Settings, from flags and from `HMIS_LICENSING_...` environment variables. A flag wins over its variable.
//!
//! Everything that is wrong is reported at once: each bad value, and each variable that is not known.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::path::PathBuf;

use chrono::TimeDelta;

use crate::application::secret::Secret;
use crate::application::token::{DEFAULT_AUDIENCE, KeyError, LONGEST_LIFETIME, PublicKey, Tokens};
use crate::mail::{MailSetupError, SmtpMailer};
use crate::persistence::{DatabaseUrl, UrlError};

/// What the name of every variable begins with.
const PREFIX: &str = "HMIS_LICENSING_";
/// Set by those who run the tests, and of no concern here.
const TEST_ONLY: [&str; 2] = ["REQUIRE_POSTGRES", "REQUIRE_MAIL"];
/// Where the service listens unless told otherwise: nobody but this machine reaches it.
const DEFAULT_BIND: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
/// The embedded database unless told otherwise, in the working directory.
const DEFAULT_DATABASE: &str = "hmis-licensing.sqlite";
const DEFAULT_LOG: &str = "info";

/// Every variable, with what it sets: for `--help`, and for refusing others.
pub const VARIABLES: &[(&str, &str)] = &[
    (
        "BIND",
        "address and port to listen on (default 127.0.0.1:8080)",
    ),
    (
        "DATABASE_URL",
        "sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE (default sqlite:hmis-licensing.sqlite)",
    ),
    (
        "SECRET",
        "at least 32 bytes; with SQLite one is made beside the database if neither this nor SECRET_FILE is set",
    ),
    ("SECRET_FILE", "a file that holds the secret"),
    (
        "TOKEN_KEYS",
        "Ed25519 keys of identity providers: `KID ISSUER PEM_FILE`, several separated by `;`",
    ),
    (
        "TOKEN_AUDIENCE",
        "the `aud` that tokens must carry (default hmis-licensing)",
    ),
    (
        "TOKEN_MAX_DAYS",
        "the longest lifetime of a token in days, 1 to 366 (default 90)",
    ),
    (
        "OWN_TOKENS",
        "whether this service mints and accepts tokens of its own: true or false (default true, or false where TOKEN_KEYS is set)",
    ),
    (
        "SWAGGER_UI",
        "whether Swagger UI is served: true or false (default true)",
    ),
    (
        "SMTP_URL",
        "the mail server: smtps://USER:PASSWORD@HOST:465 or smtp://HOST:587?tls=required; without it notices are given by staff",
    ),
    (
        "MAIL_FROM",
        "the sender of mail, for example HMIS Help Desk <hmis@example.org>; needed with SMTP_URL",
    ),
    (
        "WORKERS",
        "threads that serve requests, 1 to 256 (default: one per core)",
    ),
    (
        "LOG",
        "what is logged, as env_logger reads it (default info)",
    ),
];

/// One setting that cannot be used. Never repeats a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadSetting {
    /// The variable or flag.
    pub name: String,
    pub reason: String,
}

impl fmt::Display for BadSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.reason)
    }
}

/// What the command line says; absent means that the environment decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    pub bind: Option<String>,
    pub database_url: Option<String>,
}

/// Where the service's secret comes from.
#[derive(Clone, Debug)]
pub enum SecretSource {
    Given(Secret),
    /// A file beside the SQLite database, made with owner-only access if it is not there.
    Beside(PathBuf),
}

/// Everything that can be set, checked.
#[derive(Clone, Debug)]
pub struct Settings {
    pub bind: SocketAddr,
    pub database: DatabaseUrl,
    pub secret: SecretSource,
    pub keys: Vec<PublicKey>,
    pub audience: String,
    pub longest_lifetime: TimeDelta,
    pub own_tokens: bool,
    pub swagger_ui: bool,
    pub mailer: Option<SmtpMailer>,
    pub workers: Option<usize>,
    pub log: String,
}

/// Reads settings one by one and keeps what is wrong with them.
struct Reader<'a> {
    variables: BTreeMap<&'a str, &'a str>,
    bad: Vec<BadSetting>,
}

impl<'a> Reader<'a> {
    fn new(environment: &'a [(String, String)]) -> Self {
        let mut reader = Self {
            variables: BTreeMap::new(),
            bad: Vec::new(),
        };
        for (name, value) in environment {
            let Some(short) = name.strip_prefix(PREFIX) else {
                continue;
            };
            if VARIABLES.iter().any(|(known, _)| *known == short) {
                reader.variables.insert(short, value);
            } else if !TEST_ONLY.contains(&short) {
                reader.bad(name, "is not known; `hmis-licensing --help` lists them");
            }
        }
        reader
    }

    fn bad(&mut self, name: &str, reason: &str) {
        self.bad.push(BadSetting {
            name: name.to_owned(),
            reason: reason.to_owned(),
        });
    }

    /// The value of a variable; an empty one counts as not set.
    fn get(&self, short: &str) -> Option<&'a str> {
        self.variables
            .get(short)
            .copied()
            .filter(|value| !value.trim().is_empty())
    }

    /// Reads a variable, or keeps why it cannot be read.
    fn read<T>(&mut self, short: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        match parse(self.get(short)?.trim()) {
            Ok(value) => Some(value),
            Err(reason) => {
                self.bad(&format!("{PREFIX}{short}"), &reason);
                None
            }
        }
    }

    /// The same for what a flag may set too.
    fn read_flag<T>(
        &mut self,
        flag: (&str, Option<&str>),
        short: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let (name, Some(value)) = flag else {
            return self.read(short, parse);
        };
        match parse(value.trim()) {
            Ok(value) => Some(value),
            Err(reason) => {
                self.bad(name, &reason);
                None
            }
        }
    }
}

impl Settings {
    /// Reads the settings; files that they name (secret, keys) are read too.
    ///
    /// # Errors
    /// Every setting that cannot be used.
    pub fn load(flags: &Flags, environment: &[(String, String)]) -> Result<Self, Vec<BadSetting>> {
        let mut reader = Reader::new(environment);
        let bind = reader.read_flag(("--bind", flags.bind.as_deref()), "BIND", address);
        let database = reader
            .read_flag(
                ("--database-url", flags.database_url.as_deref()),
                "DATABASE_URL",
                |text| text.parse().map_err(|error: UrlError| error.to_string()),
            )
            .unwrap_or_else(|| DatabaseUrl::Sqlite(DEFAULT_DATABASE.to_owned()));
        let secret = secret(&mut reader, &database);
        let keys = reader.read("TOKEN_KEYS", public_keys);
        let own_tokens = reader.read("OWN_TOKENS", boolean);
        let audience = reader.read("TOKEN_AUDIENCE", |text| Ok(text.to_owned()));
        let days = reader.read("TOKEN_MAX_DAYS", |text| whole(text, 366));
        let swagger_ui = reader.read("SWAGGER_UI", boolean);
        let mailer = mailer(&mut reader);
        let workers = reader.read("WORKERS", |text| whole(text, 256));
        let log = reader.read("LOG", |text| Ok(text.to_owned()));
        let no_keys = reader.get("TOKEN_KEYS").is_none();
        if own_tokens == Some(false) && no_keys {
            let reason = "is false, so that TOKEN_KEYS must name a key: nobody could sign in";
            reader.bad("HMIS_LICENSING_OWN_TOKENS", reason);
        }
        match secret {
            Some(secret) if reader.bad.is_empty() => Ok(Self {
                bind: bind.unwrap_or(DEFAULT_BIND),
                database,
                secret,
                keys: keys.unwrap_or_default(),
                audience: audience.unwrap_or_else(|| DEFAULT_AUDIENCE.to_owned()),
                longest_lifetime: days
                    .map_or(LONGEST_LIFETIME, |days| TimeDelta::days(i64::from(days))),
                own_tokens: own_tokens.unwrap_or(no_keys),
                swagger_ui: swagger_ui.unwrap_or(true),
                mailer,
                workers: workers.map(usize::from),
                log: log.unwrap_or_else(|| DEFAULT_LOG.to_owned()),
            }),
            _ => Err(reader.bad),
        }
    }

    /// The keys that tokens are verified and minted with.
    pub fn tokens(&self, secret: &Secret) -> Result<Tokens, KeyError> {
        let tokens = Tokens::new(&self.audience, self.longest_lifetime);
        let tokens = if self.own_tokens {
            tokens.minting(secret)
        } else {
            tokens
        };
        self.keys
            .iter()
            .cloned()
            .try_fold(tokens, Tokens::accepting)
    }
}

/// The way out for mail, where one is set. The URL may hold a password and is never repeated.
fn mailer(reader: &mut Reader<'_>) -> Option<SmtpMailer> {
    let from = reader.get("MAIL_FROM");
    let Some(url) = reader.get("SMTP_URL") else {
        if from.is_some() {
            reader.bad(
                &format!("{PREFIX}MAIL_FROM"),
                "is of use only with SMTP_URL",
            );
        }
        return None;
    };
    let Some(from) = from else {
        reader.bad(
            &format!("{PREFIX}MAIL_FROM"),
            "is needed with SMTP_URL: in whose name mail is sent",
        );
        return None;
    };
    match SmtpMailer::new(url.trim(), from.trim()) {
        Ok(mailer) => Some(mailer),
        Err(error) => {
            let name = if error == MailSetupError::From {
                "MAIL_FROM"
            } else {
                "SMTP_URL"
            };
            reader.bad(&format!("{PREFIX}{name}"), &error.to_string());
            None
        }
    }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.to_socket_addrs()
        .ok()
        .and_then(|mut addresses| addresses.next())
        .ok_or_else(|| "must be an address and a port, for example 127.0.0.1:8080".to_owned())
}

fn boolean(text: &str) -> Result<bool, String> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err("must be true or false".to_owned()),
    }
}

fn whole(text: &str, most: u16) -> Result<u16, String> {
    text.parse()
        .ok()
        .filter(|number| (1..=most).contains(number))
        .ok_or_else(|| format!("must be a whole number from 1 to {most}"))
}

fn secret(reader: &mut Reader<'_>, database: &DatabaseUrl) -> Option<SecretSource> {
    let checked = |text: &str| Secret::new(text).map_err(|error| error.to_string());
    match (reader.get("SECRET"), reader.get("SECRET_FILE"), database) {
        (Some(_), Some(_), _) => {
            reader.bad(
                "HMIS_LICENSING_SECRET_FILE",
                "is set beside HMIS_LICENSING_SECRET; set one of them",
            );
            None
        }
        (Some(_), None, _) => reader.read("SECRET", checked).map(SecretSource::Given),
        (None, Some(_), _) => reader
            .read("SECRET_FILE", |path| {
                let text = std::fs::read_to_string(path)
                    .map_err(|error| format!("cannot be read: {}", error.kind()))?;
                checked(&text)
            })
            .map(SecretSource::Given),
        (None, None, DatabaseUrl::Sqlite(path)) => Some(SecretSource::Beside(PathBuf::from(
            format!("{path}.secret"),
        ))),
        (None, None, DatabaseUrl::Postgres(_)) => {
            let reason = "is needed with PostgreSQL, the same for every instance; `openssl rand -hex 32` makes a good one";
            reader.bad("HMIS_LICENSING_SECRET", reason);
            None
        }
    }
}

/// `KID ISSUER PEM_FILE`, several separated by `;`.
fn public_keys(text: &str) -> Result<Vec<PublicKey>, String> {
    let keys: Vec<PublicKey> = text
        .split(';')
        .filter(|entry| !entry.trim().is_empty())
        .map(public_key)
        .collect::<Result<_, _>>()?;
    // Keys that are none are noticed at the start, not at the first token.
    keys.iter()
        .cloned()
        .try_fold(
            Tokens::new(DEFAULT_AUDIENCE, LONGEST_LIFETIME),
            Tokens::accepting,
        )
        .map_err(|error| error.to_string())?;
    Ok(keys)
}

fn public_key(entry: &str) -> Result<PublicKey, String> {
    let mut parts = entry.split_whitespace();
    let (Some(id), Some(issuer), Some(file), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err("must be `KID ISSUER PEM_FILE`, several separated by `;`".to_owned());
    };
    let pem = std::fs::read_to_string(file)
        .map_err(|error| format!("the file of key {id:?} cannot be read: {}", error.kind()))?;
    Ok(PublicKey {
        id: id.to_owned(),
        issuer: issuer.to_owned(),
        pem,
    })
}

#[cfg(test)]
mod tests;
