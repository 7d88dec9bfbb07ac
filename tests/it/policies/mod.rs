//! Policies over HTTP: presets, versions, dry runs, and what a new version makes due.

mod api;
mod authority;
mod posting;
mod reading;
mod reindexing;
