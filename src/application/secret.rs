//! The service's secret, and the keys derived from it: one per purpose, so that none can stand in for another.

use std::fmt;

use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

/// Fewest bytes of a secret: the strength of HS256 (RFC 7518, 3.2).
pub const SHORTEST: usize = 32;
/// Fewest different bytes: `aaaa…` is long and no secret.
const FEWEST_DIFFERENT: usize = 8;
/// Pieces of secrets that stand in tutorials and samples.
const KNOWN: [&str; 10] = [
    "a-string-secret-at-least-256-bits-long",
    "changeme",
    "change-me",
    "change_me",
    "your-256-bit-secret",
    "your-secret",
    "supersecret",
    "super-secret",
    "my-secret",
    "0123456789abcdef0123456789abcdef",
];

/// Why a secret is refused. Never names the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakSecret {
    #[error("must have at least 32 bytes; `openssl rand -hex 32` makes a good one")]
    Short,
    #[error("is known from samples or too uniform; `openssl rand -hex 32` makes a good one")]
    Known,
}

/// What tokens and cursors are authenticated with. `Debug` shows nothing of it.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Takes a secret that is long enough and not known to everybody. Blanks at the ends are no part of it.
    pub fn new(text: &str) -> Result<Self, WeakSecret> {
        let text = text.trim();
        if text.len() < SHORTEST {
            return Err(WeakSecret::Short);
        }
        let lower = text.to_ascii_lowercase();
        let mut bytes: Vec<u8> = text.bytes().collect();
        bytes.sort_unstable();
        bytes.dedup();
        if bytes.len() < FEWEST_DIFFERENT || KNOWN.iter().any(|known| lower.contains(known)) {
            return Err(WeakSecret::Known);
        }
        Ok(Self(text.as_bytes().to_vec()))
    }

    /// The key for one purpose.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        let mut mac = keyed(&Sha256::digest(&self.0).into());
        mac.update(purpose.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// HMAC-SHA256 under a key of 32 bytes.
#[must_use]
pub fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    // RFC 2104 pads the key with zeros to the block size.
    let mut block = [0_u8; 64];
    for (to, from) in block.iter_mut().zip(key) {
        *to = *from;
    }
    <Hmac<Sha256> as Mac>::new(&block.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::application::audit::hex;

    #[test]
    fn short_and_known_secrets_are_refused() {
        assert_eq!(Secret::new("").unwrap_err(), WeakSecret::Short);
        assert_eq!(
            Secret::new(&format!("  {}  ", "k7".repeat(15))).unwrap_err(),
            WeakSecret::Short
        );
        for known in [
            "a-string-secret-at-least-256-bits-long",
            "ChangeMe-ChangeMe-ChangeMe-ChangeMe-1",
            &"a".repeat(64),
            "0123456789abcdef0123456789abcdef",
        ] {
            assert_eq!(
                Secret::new(known).unwrap_err(),
                WeakSecret::Known,
                "{known}"
            );
        }
    }

    #[test]
    fn keys_differ_by_secret_and_purpose() {
        let one = Secret::new("9f86d081884c7d659a2feaa0c55ad015").unwrap();
        let two = Secret::new("9f86d081884c7d659a2feaa0c55ad016").unwrap();
        assert_eq!(one.derive("a"), one.derive("a"));
        assert_ne!(one.derive("a"), one.derive("b"));
        assert_ne!(one.derive("a"), two.derive("a"));
        assert_eq!(format!("{one:?}"), "Secret(..)");
    }

    #[test]
    fn keyed_is_hmac_sha256() {
        // RFC 4231, test case 1, whose key of 20 bytes is padded with zeros like every other.
        let mut key = [0; 32];
        key[..20].fill(0x0b);
        let mut mac = keyed(&key);
        mac.update(b"Hi There");
        assert_eq!(
            hex(&mac.finalize().into_bytes()),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        );
    }
}
