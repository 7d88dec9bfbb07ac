//! The rule of the house: `domain <- application <- {persistence, http, jobs}`, and who may name which crate.

use std::fs;
use std::path::{Path, PathBuf};

/// What a room must not name: other rooms, and crates.
struct Rule {
    room: &'static str,
    rooms: &'static [&'static str],
    crates: &'static [&'static str],
}

const RULES: [Rule; 5] = [
    Rule {
        room: "domain",
        rooms: &[
            "application",
            "persistence",
            "http",
            "jobs",
            "bootstrap",
            "config",
        ],
        // Everything but std, chrono, chrono-tz, uuid, thiserror and serde.
        crates: &[
            "actix_web",
            "base64",
            "clap",
            "csv",
            "diesel",
            "env_logger",
            "futures_util",
            "getrandom",
            "hmac",
            "jsonwebtoken",
            "log",
            "sha2",
            "tokio",
            "utoipa",
            "validator",
        ],
    },
    Rule {
        room: "application",
        rooms: &["persistence", "http", "jobs", "bootstrap", "config"],
        crates: &[
            "actix_web",
            "clap",
            "diesel",
            "env_logger",
            "utoipa",
            "validator",
        ],
    },
    Rule {
        room: "persistence",
        rooms: &["http", "jobs", "bootstrap", "config"],
        crates: &["actix_web", "clap", "env_logger", "utoipa", "validator"],
    },
    Rule {
        room: "http",
        rooms: &["persistence", "jobs", "bootstrap", "config"],
        crates: &["clap", "diesel", "env_logger"],
    },
    Rule {
        room: "jobs",
        rooms: &["persistence", "http", "bootstrap", "config"],
        crates: &[
            "actix_web",
            "clap",
            "diesel",
            "env_logger",
            "utoipa",
            "validator",
        ],
    },
];

/// What a source names against the rule of its room, as `line: name`.
fn breaches(rule: &Rule, source: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (index, line) in source.lines().enumerate() {
        if line.trim_start().starts_with("//") {
            continue;
        }
        let rooms = rule.rooms.iter().map(|room| format!("crate::{room}"));
        let crates = rule.crates.iter().map(|name| format!("{name}::"));
        for name in rooms.chain(crates) {
            let whole = line.match_indices(&name).any(|(at, _)| {
                let part_of_a_name =
                    |character: char| character.is_alphanumeric() || character == '_';
                let (before, after) = (&line[..at], &line[at + name.len()..]);
                // `::log::x` names the crate, `other::log::x` does not.
                let path = before.strip_suffix("::").unwrap_or(before);
                !path.ends_with(part_of_a_name)
                    && (name.ends_with("::") || !after.starts_with(part_of_a_name))
            });
            if whole {
                found.push(format!("{}: {name}", index + 1));
            }
        }
    }
    found
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn no_room_names_what_it_must_not() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = Vec::new();
    for rule in &RULES {
        let mut files = Vec::new();
        sources(&root.join(rule.room), &mut files);
        assert!(!files.is_empty(), "{}", rule.room);
        for file in files {
            let source = fs::read_to_string(&file).unwrap();
            let name = file.strip_prefix(&root).unwrap().display().to_string();
            all.extend(
                breaches(rule, &source)
                    .into_iter()
                    .map(|breach| format!("{name}:{breach}")),
            );
        }
    }
    assert!(all.is_empty(), "{all:#?}");
}

#[test]
fn every_folder_of_the_sources_has_a_rule() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        assert!(
            !path.is_dir() || RULES.iter().any(|rule| rule.room == name),
            "{name} has no rule"
        );
    }
}

#[test]
fn a_breach_is_found() {
    let [domain, application, ..] = &RULES;
    for line in [
        "use crate::application::App;",
        "    let x = crate::http::app();",
        "use diesel::prelude::*;",
        "pub use ::log::info;",
    ] {
        assert_eq!(breaches(domain, line).len(), 1, "{line}");
    }
    for line in [
        "// crate::http is above",
        "use crate::domain::request::Thing;",
        "use crate::application::httpish;",
        "use super::http_like::x;",
        "catalog::entry();",
    ] {
        assert!(breaches(application, line).is_empty(), "{line}");
    }
}
