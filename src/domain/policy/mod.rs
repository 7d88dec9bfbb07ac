//! Policy is data: the versioned, self-validating document in which an implementation states its rules.
//!
//! Almost every number of this field is local policy, not law (24 CFR 578.7(b) names neither a login frequency
//! nor a notice period), so no number of an implementation stands in code.

pub mod document;
mod enforcement;
mod presets;
mod shortening;
mod timeline;
mod validate;

pub use document::*;
pub use enforcement::{NotEnforced, RULES, Rule, not_enforced, rule_at};
pub use presets::{Preset, preset, presets};
pub use shortening::shortens;
pub use timeline::{PolicyVersion, Timeline, admit, earliest_start};
pub use validate::PolicyFault;
