//! Entity tags: the version of a resource and a digest of what this reader is shown.

use sha2::{Digest, Sha256};

use crate::application::audit::hex;

/// A strong ETag, quoted: `"v{version}-{16 hexadecimal digits}"`. The digest makes it differ between readers who are
/// shown different things, and changes with derived state; `If-Match` compares the version alone.
#[must_use]
pub fn of(version: i32, body: &str) -> String {
    let digest = hex(&Sha256::digest(body.as_bytes()));
    format!("\"v{version}-{}\"", digest.get(..16).unwrap_or_default())
}

/// The version in an opaque tag (without quotes) that this service made.
#[must_use]
pub fn version(opaque: &str) -> Option<i32> {
    let (version, digest) = opaque.strip_prefix('v')?.split_once('-')?;
    let made_here = digest.len() == 16
        && digest.bytes().all(|byte| byte.is_ascii_hexdigit())
        && version.bytes().all(|byte| byte.is_ascii_digit());
    made_here.then(|| version.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_carries_version_and_digest() {
        let tag = of(7, "{}");
        assert_eq!(tag, "\"v7-44136fa355b3678a\"");
        assert_ne!(tag, of(7, "{\"a\":1}"));
        assert_eq!(version(tag.trim_matches('"')), Some(7));
    }

    #[test]
    fn other_tags_carry_no_version() {
        for other in [
            "",
            "v",
            "v7",
            "v7-",
            "7-44136fa355b3678a",
            "v7-44136fa355b3678",
            "v7-44136fa355b3678ag",
            "v+7-44136fa355b3678a",
            "v99999999999-44136fa355b3678a",
        ] {
            assert_eq!(version(other), None, "{other}");
        }
    }
}
