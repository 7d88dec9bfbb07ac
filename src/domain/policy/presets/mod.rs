//! Ready-made policies.
//!
//! Where a source is silent the value is a reading of ours, which any implementation can change by posting a
//! version.

use std::sync::LazyLock;

use serde::Deserialize;

use super::document::PolicyDocument;

/// A ready-made policy.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    /// Its name, also the code of the implementation it was written for.
    pub name: String,
    /// Whose policy it is.
    pub title: String,
    /// Where it was read.
    pub source: String,
    /// What the source does not say and we read into it.
    pub readings: Vec<String>,
    /// The rules.
    pub document: PolicyDocument,
}

const FILES: [&str; 2] = [include_str!("hand.json"), include_str!("akhmis.json")];

// A file that could not be read would be missing here; a test sees to it that none is.
static PRESETS: LazyLock<Vec<Preset>> = LazyLock::new(|| {
    FILES
        .iter()
        .filter_map(|file| serde_json::from_str(file).ok())
        .collect()
});

/// All ready-made policies.
#[must_use]
pub fn presets() -> &'static [Preset] {
    &PRESETS
}

/// A ready-made policy by name.
#[must_use]
pub fn preset(name: &str) -> Option<&'static Preset> {
    presets().iter().find(|preset| preset.name == name)
}

#[cfg(test)]
mod tests;
