//! JSON Merge Patch (RFC 7396): an absent member stays, `null` removes, a value replaces.

use serde::{Deserialize, Deserializer};

/// For a member that may be replaced and not removed:
/// `#[serde(default, deserialize_with = "super::patch::not_null")] name: Option<String>`.
pub fn not_null<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// For a member that may be removed: `#[serde(default, deserialize_with = "super::patch::removable")]
/// phone: Option<Option<String>>`, where `Some(None)` removes.
pub fn removable<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Patch {
        #[serde(default, deserialize_with = "not_null")]
        name: Option<String>,
        #[serde(default, deserialize_with = "removable")]
        phone: Option<Option<String>>,
    }

    fn read(text: &str) -> Result<Patch, serde_json::Error> {
        serde_json::from_str(text)
    }

    #[test]
    fn absent_null_and_value_differ() {
        let patch = |name: Option<&str>, phone: Option<Option<&str>>| Patch {
            name: name.map(Into::into),
            phone: phone.map(|phone| phone.map(Into::into)),
        };
        assert_eq!(read("{}").unwrap(), patch(None, None));
        assert_eq!(read(r#"{"phone":null}"#).unwrap(), patch(None, Some(None)));
        assert_eq!(
            read(r#"{"name":"a","phone":"b"}"#).unwrap(),
            patch(Some("a"), Some(Some("b")))
        );
        assert!(read(r#"{"name":null}"#).is_err());
    }
}
