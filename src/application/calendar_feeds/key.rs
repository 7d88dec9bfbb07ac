//! The secret of a calendar's address.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::application::Error;
use crate::application::audit::hex;
use crate::application::ports::StoreError;
use crate::domain::ids::CalendarFeedId;

/// What every address begins with, so that scanners for leaked secrets know it.
const PREFIX: &str = "hlcal_";
/// Bytes of the id of the feed, by which it is looked up.
const ID: usize = 16;
/// Bytes of the secret itself.
const SECRET: usize = 32;

/// 256 random bits. `Debug` shows nothing of them.
#[derive(Clone)]
pub struct FeedKey([u8; SECRET]);

/// The text is none that this service could have made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is the address of no calendar")]
pub struct NoKey;

impl FeedKey {
    /// A new one.
    ///
    /// # Errors
    /// `Unavailable` where the machine has no randomness.
    pub fn random() -> Result<Self, Error> {
        let mut bytes = [0; SECRET];
        getrandom::fill(&mut bytes)
            .map_err(|error| StoreError::Unavailable(format!("no randomness: {error}")))?;
        Ok(Self(bytes))
    }

    /// What stands in the address: which feed it is, and the secret that opens it.
    #[must_use]
    pub fn text(&self, feed: CalendarFeedId) -> String {
        let id = Uuid::from(feed);
        let bytes: Vec<u8> = id.as_bytes().iter().chain(&self.0).copied().collect();
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The same read back.
    ///
    /// # Errors
    /// [`NoKey`] for whatever [`Self::text`] does not write.
    pub fn parse(text: &str) -> Result<(CalendarFeedId, Self), NoKey> {
        let encoded = text.strip_prefix(PREFIX).ok_or(NoKey)?;
        let bytes = URL_SAFE_NO_PAD.decode(encoded).map_err(|_| NoKey)?;
        let (id, secret) = bytes.split_at_checked(ID).ok_or(NoKey)?;
        let id = Uuid::from_slice(id).map_err(|_| NoKey)?;
        let secret = <[u8; SECRET]>::try_from(secret).map_err(|_| NoKey)?;
        Ok((id.into(), Self(secret)))
    }

    /// What is kept of it.
    #[must_use]
    pub fn sha256(&self) -> String {
        hex(&Sha256::digest(self.0))
    }

    /// Whether what was kept is of this one. How long the answer takes does not depend on where they differ.
    #[must_use]
    pub fn is_kept_as(&self, sha256: &str) -> bool {
        let own = self.sha256();
        let differences = own
            .bytes()
            .zip(sha256.bytes())
            .fold(own.len() ^ sha256.len(), |seen, (one, other)| {
                seen | usize::from(one ^ other)
            });
        std::hint::black_box(differences) == 0
    }
}

impl fmt::Debug for FeedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FeedKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_back_as_it_was_written() {
        let key = FeedKey::random().unwrap();
        let feed = CalendarFeedId(Uuid::from_u128(7));
        let text = key.text(feed);
        assert!(text.starts_with("hlcal_"));
        assert!(
            text.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        );
        let (found, read) = FeedKey::parse(&text).unwrap();
        assert_eq!(found, feed);
        assert!(read.is_kept_as(&key.sha256()));
        assert_ne!(FeedKey::random().unwrap().sha256(), key.sha256());
        assert!(!format!("{key:?}{read:?}").contains(text.get(6..20).unwrap()));
    }

    #[test]
    fn what_was_kept_opens_for_one_key_only() {
        let key = FeedKey::random().unwrap();
        let kept = key.sha256();
        for place in 0..kept.len() {
            let mut other = kept.clone().into_bytes();
            other[place] ^= 1;
            let other = String::from_utf8(other).unwrap();
            assert!(!key.is_kept_as(&other), "{place}");
        }
        for other in ["", &kept[..63], &format!("{kept}0")] {
            assert!(!key.is_kept_as(other), "{other}");
        }
    }

    #[test]
    fn what_was_not_written_here_is_no_key() {
        let text = FeedKey::random()
            .unwrap()
            .text(CalendarFeedId(Uuid::from_u128(7)));
        let shorter = &text[..text.len() - 2];
        for bad in [
            "",
            "hlcal_",
            "hlcal_AAAA",
            &text[6..],
            shorter,
            &format!("{text}AA"),
            "hlcal_!",
        ] {
            assert_eq!(FeedKey::parse(bad).unwrap_err(), NoKey, "{bad}");
        }
    }
}
