//! JSON pointers.

use std::fmt;

/// A JSON pointer (RFC 6901) that grows from the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::domain::policy) struct Pointer(String);

impl Pointer {
    /// The whole document.
    pub(in crate::domain::policy) const fn root() -> Self {
        Self(String::new())
    }

    /// A member of the object this points to.
    pub(in crate::domain::policy) fn key(&self, key: &str) -> Self {
        let key = key.replace('~', "~0").replace('/', "~1");
        Self(format!("{}/{key}", self.0))
    }

    /// An element of the array this points to.
    pub(in crate::domain::policy) fn index(&self, index: usize) -> Self {
        Self(format!("{}/{index}", self.0))
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
