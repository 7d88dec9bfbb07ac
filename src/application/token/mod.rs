//! Bearer tokens. A token only identifies: issuer and subject name a principal, whose authority is read from live
//! grants on every request.
//!
//! The library's defaults are not enough (a token without `aud`, one not yet valid or one expired 59 seconds ago would
//! pass), so every claim is required, and times are judged here, by the injected clock.

#[cfg(test)]
mod bad_tokens;

use std::collections::HashMap;
use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode,
};
use serde::{Deserialize, Serialize};

use super::secret::Secret;

type Instant = DateTime<Utc>;

/// The key id of tokens that this service mints.
pub const OWN_KEY: &str = "own";
/// The issuer of tokens that this service mints.
pub const OWN_ISSUER: &str = "hmis-licensing";
/// The audience of tokens unless configured otherwise.
pub const DEFAULT_AUDIENCE: &str = "hmis-licensing";
/// The longest lifetime of a token unless configured otherwise.
pub const LONGEST_LIFETIME: TimeDelta = TimeDelta::days(90);
/// How far clocks may differ.
const LEEWAY: TimeDelta = TimeDelta::seconds(30);
/// The longest token read, in bytes.
const LONGEST_TOKEN: usize = 4096;
/// The longest issuer or subject, in bytes.
const LONGEST_NAME: usize = 255;

/// Who a token identifies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub issuer: String,
    pub subject: String,
}

/// Why a token is refused. Whatever is not signed by a known key gets one answer; only its holder learns more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadToken {
    #[error("The token is not one that this service accepts.")]
    NotAccepted,
    #[error("The token has expired; get a new one.")]
    Expired,
    #[error("The token is not valid yet; compare the clocks.")]
    NotYet,
    #[error("The token lives longer than this service allows; get one with an earlier end.")]
    TooLong,
}

/// Why keys cannot be used. Never names the key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("the key {0:?} is not an Ed25519 public key in PEM form")]
    NotEd25519(String),
    #[error("the key id {0:?} is given twice or reserved")]
    TakenId(String),
    #[error("this service does not mint tokens; get one from the configured issuer")]
    NoMinting,
    #[error("the lifetime must be more than nothing and at most {0} hours")]
    Lifetime(i64),
    #[error("the token could not be signed")]
    Signing,
}

/// One key, with the only algorithm and issuer it vouches for.
struct Key {
    decoding: DecodingKey,
    validation: Validation,
    issuer: String,
}

/// A public key of an identity provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// The `kid` of its tokens.
    pub id: String,
    /// The `iss` of its tokens, and the only one.
    pub issuer: String,
    /// Ed25519, PEM (`BEGIN PUBLIC KEY`).
    pub pem: String,
}

/// The keys that tokens are verified with, and the one they are minted with.
pub struct Tokens {
    keys: HashMap<String, Key>,
    own: Option<EncodingKey>,
    audience: String,
    longest: TimeDelta,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens")
            .field("keys", &self.keys.keys().collect::<Vec<_>>())
            .field("mints", &self.own.is_some())
            .finish_non_exhaustive()
    }
}

/// `aud` is one string or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// What is read of a token. Times are whole seconds: a float or a text is refused.
#[derive(Debug, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: i64,
    nbf: Option<i64>,
    iat: Option<i64>,
}

#[derive(Serialize)]
struct OwnClaims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    iat: i64,
    nbf: i64,
    exp: i64,
}

impl Tokens {
    /// Accepts tokens for `audience` that live at most `longest`.
    #[must_use]
    pub fn new(audience: impl Into<String>, longest: TimeDelta) -> Self {
        Self {
            keys: HashMap::new(),
            own: None,
            audience: audience.into(),
            longest,
        }
    }

    /// Mints and accepts tokens of its own (HS256, key derived from the secret).
    #[must_use]
    pub fn minting(mut self, secret: &Secret) -> Self {
        let key = secret.derive("token");
        self.insert(
            OWN_KEY.to_owned(),
            OWN_ISSUER.to_owned(),
            DecodingKey::from_secret(&key),
            Algorithm::HS256,
        );
        self.own = Some(EncodingKey::from_secret(&key));
        self
    }

    /// Accepts tokens of an identity provider.
    pub fn accepting(mut self, key: PublicKey) -> Result<Self, KeyError> {
        if key.id == OWN_KEY || self.keys.contains_key(&key.id) || key.issuer == OWN_ISSUER {
            return Err(KeyError::TakenId(key.id));
        }
        let decoding = DecodingKey::from_ed_pem(key.pem.as_bytes())
            .map_err(|_| KeyError::NotEd25519(key.id.clone()))?;
        self.insert(key.id, key.issuer, decoding, Algorithm::EdDSA);
        Ok(self)
    }

    fn insert(&mut self, id: String, issuer: String, decoding: DecodingKey, alg: Algorithm) {
        let mut validation = Validation::new(alg);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.set_issuer(&[&issuer]);
        validation.set_audience(&[&self.audience]);
        // The library asks the system's clock; `check_times` asks the injected one, for exp, nbf and iat.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        self.keys.insert(
            id,
            Key {
                decoding,
                validation,
                issuer,
            },
        );
    }

    /// Who the token identifies, if it is good at `now`.
    pub fn verify(&self, token: &str, now: Instant) -> Result<Identity, BadToken> {
        if token.len() > LONGEST_TOKEN {
            return Err(BadToken::NotAccepted);
        }
        let header = decode_header(token).map_err(|_| BadToken::NotAccepted)?;
        if !is_plain(&header) {
            return Err(BadToken::NotAccepted);
        }
        // `kid` is a key of our map and nothing else: no file, no address, no query is made of it.
        let key = header
            .kid
            .and_then(|id| self.keys.get(&id))
            .ok_or(BadToken::NotAccepted)?;
        let claims: Claims = decode(token, &key.decoding, &key.validation)
            .map_err(|_| BadToken::NotAccepted)?
            .claims;
        if claims.iss != key.issuer || !self.is_for_us(&claims.aud) || !is_name(&claims.sub) {
            return Err(BadToken::NotAccepted);
        }
        self.check_times(&claims, now)?;
        Ok(Identity {
            issuer: claims.iss,
            subject: claims.sub,
        })
    }

    fn is_for_us(&self, audience: &Audience) -> bool {
        match audience {
            Audience::One(one) => *one == self.audience,
            Audience::Several(several) => several.contains(&self.audience),
        }
    }

    fn check_times(&self, claims: &Claims, now: Instant) -> Result<(), BadToken> {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).ok_or(BadToken::NotAccepted);
        let expires = at(claims.exp)?;
        if now - LEEWAY >= expires {
            return Err(BadToken::Expired);
        }
        let issued = claims.iat.map(at).transpose()?;
        let begins = claims.nbf.map(at).transpose()?;
        if [issued, begins]
            .into_iter()
            .flatten()
            .any(|begins| begins > now + LEEWAY)
        {
            return Err(BadToken::NotYet);
        }
        // Without `iat` only what is left of its life can be judged.
        let since = issued.unwrap_or(now).min(now);
        if expires - since > self.longest + LEEWAY {
            return Err(BadToken::TooLong);
        }
        Ok(())
    }

    /// A token of our own for `subject`, good from `now` for `lifetime`.
    pub fn mint(
        &self,
        subject: &str,
        lifetime: TimeDelta,
        now: Instant,
    ) -> Result<String, KeyError> {
        let key = self.own.as_ref().ok_or(KeyError::NoMinting)?;
        if lifetime <= TimeDelta::zero() || lifetime > self.longest {
            return Err(KeyError::Lifetime(self.longest.num_hours()));
        }
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some(OWN_KEY.to_owned());
        let claims = OwnClaims {
            iss: OWN_ISSUER,
            sub: subject,
            aud: &self.audience,
            iat: now.timestamp(),
            nbf: now.timestamp(),
            exp: (now + lifetime).timestamp(),
        };
        encode(&header, &claims, key).map_err(|_| KeyError::Signing)
    }
}

/// Whether a header asks for nothing that is not done here: no keys brought along, no extensions to understand, no
/// encryption or compression.
fn is_plain(header: &Header) -> bool {
    let typ = header.typ.as_deref().unwrap_or("JWT");
    (typ.eq_ignore_ascii_case("jwt") || typ.eq_ignore_ascii_case("at+jwt"))
        && header.jku.is_none()
        && header.jwk.is_none()
        && header.x5u.is_none()
        && header.x5c.is_none()
        && header.crit.is_none()
        && header.enc.is_none()
        && header.zip.is_none()
        && header.cty.is_none()
        && header
            .extras
            .get::<serde_json::Value>("b64")
            .is_ok_and(|b64| b64.is_none())
}

/// Whether a subject can name a principal.
fn is_name(text: &str) -> bool {
    (1..=LONGEST_NAME).contains(&text.len()) && !text.chars().any(char::is_control)
}
