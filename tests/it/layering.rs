//! The layering rule of the crate's documentation, enforced: every source file is scanned for the paths it names, and
//! one that reaches where its room may not reach fails the test.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms of the house.
const ROOMS: [&str; 6] = [
    "domain",
    "application",
    "persistence",
    "http",
    "mail",
    "jobs",
];
/// What the pure room knows besides std.
const PURE: [&str; 5] = ["chrono", "chrono_tz", "uuid", "thiserror", "serde"];

/// The rooms that a room may name.
fn reach(room: &str) -> &'static [&'static str] {
    match room {
        "domain" => &["domain"],
        "application" => &["domain", "application"],
        "persistence" => &["domain", "application", "persistence"],
        "http" => &["domain", "application", "http"],
        "mail" => &["domain", "application", "mail"],
        "jobs" => &["domain", "application", "jobs"],
        _ => &ROOMS,
    }
}

/// Source text without comments, literals and the test module at its end: what is left names paths.
fn code(source: &str) -> String {
    let source = source
        .split_once("#[cfg(test)]\nmod tests {")
        .map_or(source, |(code, _)| code);
    let mut left = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if let Some(comment) = rest.strip_prefix("/*") {
            comment.find("*/").map_or(rest.len(), |end| end + 4)
        } else if let Some(raw) = rest.strip_prefix("r#\"") {
            raw.find("\"#").map_or(rest.len(), |end| end + 5)
        } else if first == '"' {
            string_end(rest)
        } else if rest.starts_with("'\"'") {
            3
        } else if let Some(escaped) = rest.strip_prefix("'\\") {
            // What is escaped may be a quote itself.
            escaped
                .get(1..)
                .and_then(|after| after.find('\''))
                .map_or(rest.len(), |end| end + 4)
        } else {
            0
        };
        if skipped > 0 {
            left.push(' ');
            rest = &rest[skipped..];
        } else {
            left.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    left
}

fn string_end(text: &str) -> usize {
    let mut escaped = false;
    for (at, found) in text.char_indices().skip(1) {
        match found {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Words, `::` and single signs.
fn tokens(code: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = code.trim_start();
    while let Some(first) = rest.chars().next() {
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let length = if word(first) {
            rest.find(|c| !word(c)).unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        tokens.push(&rest[..length]);
        rest = rest[length..].trim_start();
    }
    tokens
}

/// Every path that the tokens name, `{..}` groups after `::` spread out.
fn paths(tokens: &[&str]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let starts = is_word(tokens[at])
            && (at == 0 || !matches!(tokens[at - 1], "::" | "."))
            && (tokens.get(at + 1) == Some(&"::") || (at > 0 && tokens[at - 1] == "use"));
        if starts {
            at = path(tokens, at, &[], &mut found);
        } else {
            at += 1;
        }
    }
    found
}

/// Reads one path that begins at `at` behind `prefix`; returns where it ends.
fn path(tokens: &[&str], mut at: usize, prefix: &[String], found: &mut Vec<Vec<String>>) -> usize {
    let mut path = prefix.to_vec();
    while let Some(token) = tokens.get(at) {
        if *token == "{" {
            at += 1;
            while tokens.get(at).is_some_and(|token| *token != "}") {
                at = if is_word(tokens[at]) || tokens[at] == "{" {
                    self::path(tokens, at, &path, found)
                } else {
                    at + 1
                };
            }
            return at + 1;
        }
        if !is_word(token) {
            break;
        }
        path.push((*token).to_owned());
        at += 1;
        if tokens.get(at) != Some(&"::") {
            break;
        }
        at += 1;
    }
    // A generic argument (`::<`) or a star ends a path.
    found.push(path);
    at.max(1)
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// The modules that a file is, below the crate.
fn modules(file: &str) -> Vec<String> {
    let mut modules: Vec<String> = file
        .trim_end_matches(".rs")
        .split('/')
        .map(ToOwned::to_owned)
        .collect();
    if modules
        .last()
        .is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str()))
    {
        modules.pop();
    }
    modules
}

/// A path below the crate, if it is one.
fn resolved(file: &str, path: &[String]) -> Option<Vec<String>> {
    let (mut modules, mut rest) = match path.first()?.as_str() {
        "crate" | "hmis_licensing" => (Vec::new(), &path[1..]),
        "self" => (modules(file), &path[1..]),
        "super" => (modules(file), path),
        _ => return None,
    };
    while rest.first().is_some_and(|name| name == "super") {
        modules.pop();
        rest = &rest[1..];
    }
    modules.extend_from_slice(rest);
    Some(modules)
}

/// What a file does that its room may not do.
fn breaches(file: &str, source: &str, crates: &BTreeSet<String>) -> Vec<String> {
    let room = file.split('/').next().unwrap_or_default();
    let code = code(source);
    let tokens = tokens(&code);
    let mut breaches = BTreeSet::new();
    for path in paths(&tokens) {
        let named = path.join("::");
        if let Some(inside) = resolved(file, &path) {
            let target = inside.first().map_or("", String::as_str);
            let outside = ROOMS.contains(&room)
                && !reach(room).contains(&target)
                // What the crate's root re-exports or defines (macros) belongs to everybody.
                && (ROOMS.contains(&target) || ["bootstrap", "config"].contains(&target));
            if outside {
                breaches.insert(format!("{room} names {named}"));
            }
            continue;
        }
        let root = path[0].as_str();
        if crates.contains(root) {
            let owner = match root {
                "diesel" | "diesel_migrations" | "libsqlite3_sys" | "pq_sys" => {
                    room == "persistence"
                }
                "lettre" => room == "mail",
                _ if root.starts_with("actix") || root.starts_with("utoipa") => {
                    ["http", "bootstrap.rs", "main.rs"].contains(&room)
                }
                "serde_json" if room == "domain" => file.starts_with("domain/policy/"),
                _ => room != "domain" || PURE.contains(&root),
            };
            if !owner {
                breaches.insert(format!("{room} names the crate {named}"));
            }
        }
        let io = [
            "std::fs",
            "std::net",
            "std::env",
            "std::thread",
            "std::process",
            "std::io",
        ];
        if room == "domain" && io.iter().any(|module| named.starts_with(module)) {
            breaches.insert(format!("the pure domain names {named}"));
        }
        let clock = ["Utc::now", "Local::now", "SystemTime"]
            .iter()
            .any(|clock| format!("{named}::").contains(&format!("{clock}::")));
        if clock && file != "application/clock.rs" {
            breaches.insert(format!(
                "only application/clock.rs reads the clock: {named}"
            ));
        }
    }
    for pair in tokens.windows(2) {
        if !["struct", "enum", "type"].contains(&pair[0]) {
            continue;
        }
        if pair[1].ends_with("Response") && room != "http" {
            breaches.insert(format!("`Response` is a word of http: {}", pair[1]));
        }
        // The rows of a CSV file are rows too.
        let csv = ["application/hmis_csv/", "application/import/"];
        if pair[1].ends_with("Row")
            && room != "persistence"
            && !csv.iter().any(|folder| file.starts_with(folder))
        {
            breaches.insert(format!("`Row` is a word of persistence: {}", pair[1]));
        }
    }
    breaches
        .into_iter()
        .map(|breach| format!("{file}: {breach}"))
        .collect()
}

/// The crates that the manifest names, as paths name them.
fn crates() -> BTreeSet<String> {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let (_, rest) = manifest.split_once("[dependencies]").unwrap();
    rest.split("\n[")
        .next()
        .unwrap()
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, _)| name.trim().replace('-', "_"))
        .collect()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
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
fn every_source_file_keeps_to_the_layering_rule() {
    let src = root().join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let crates = crates();
    assert!(crates.contains("diesel") && crates.contains("actix_web"));
    let mut found = Vec::new();
    let mut scanned = BTreeSet::new();
    for path in files {
        let file = path.strip_prefix(&src).unwrap().to_str().unwrap();
        let file = file.replace('\\', "/");
        if file.ends_with("/tests.rs") || file.contains("/tests/") {
            continue;
        }
        scanned.insert(file.split('/').next().unwrap().to_owned());
        found.extend(breaches(
            &file,
            &fs::read_to_string(&path).unwrap(),
            &crates,
        ));
    }
    for room in ROOMS {
        assert!(scanned.contains(room), "{room} was scanned");
    }
    // A new room needs its row in the rule first.
    for room in &scanned {
        let known = ROOMS.contains(&room.as_str()) || src.join(room).is_file();
        assert!(known, "{room} has no rule");
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_scan_sees_each_breach() {
    let crates = crates();
    for (file, source) in [
        ("domain/seat.rs", "use diesel::prelude::*;"),
        ("domain/seat.rs", "use serde_json::Value;"),
        ("domain/seat.rs", "use crate::application::Error;"),
        (
            "domain/seat.rs",
            "use crate::{domain::fact, application::Error};",
        ),
        ("domain/seat.rs", "use super::super::http::State;"),
        ("domain/seat.rs", "fn f() { log::info!(); }"),
        ("domain/seat.rs", "fn f() { std::fs::read(p); }"),
        ("domain/seat.rs", "fn f() -> Instant { chrono::Utc::now() }"),
        ("application/seat.rs", "use std::time::SystemTime;"),
        ("application/seat.rs", "fn f() { let now = Utc::now(); }"),
        (
            "application/seat.rs",
            "#[derive(utoipa::ToSchema)] struct A;",
        ),
        ("application/seat.rs", "use crate::persistence::SqlStore;"),
        ("application/seat.rs", "use crate::config::Settings;"),
        ("application/seat.rs", "struct SeatRow;"),
        ("application/seat.rs", "struct SeatResponse;"),
        ("http/seat.rs", "use crate::persistence::SqlStore;"),
        ("http/seat.rs", "use crate::jobs::Sweep;"),
        (
            "http/extract/seat.rs",
            "use super::super::super::persistence::SqlStore;",
        ),
        ("http/seat.rs", "fn f() { diesel::insert_into(t); }"),
        ("persistence/seat.rs", "use actix_web::web;"),
        ("jobs/seat.rs", "use lettre::Message;"),
        ("mail/seat.rs", "use crate::persistence::SqlStore;"),
        ("persistence/seat.rs", "use crate::http::State;"),
        (
            "jobs/sweep.rs",
            "use crate::{application::App, http::State};",
        ),
        ("config.rs", "use diesel::PgConnection;"),
        ("bootstrap.rs", "use diesel::PgConnection;"),
    ] {
        assert!(
            !breaches(file, source, &crates).is_empty(),
            "{file}: {source}"
        );
    }
}

#[test]
fn the_scan_lets_pass_what_is_allowed() {
    let crates = crates();
    for (file, source) in [
        (
            "domain/seat.rs",
            "use chrono::{DateTime, Utc};\nuse super::fact::Fact;",
        ),
        ("domain/policy/mod.rs", "use serde_json::Value;"),
        (
            "domain/seat.rs",
            "// use diesel::prelude::*;\nconst A: &str = \"diesel::x\";",
        ),
        (
            "domain/seat.rs",
            "fn f() {}\n#[cfg(test)]\nmod tests {\n use serde_json::json;\n}",
        ),
        ("application/clock.rs", "fn f() { Utc::now() }"),
        (
            "application/seat.rs",
            "use crate::domain::fact::Fact;\nstruct NewRequest;",
        ),
        (
            "persistence/seat.rs",
            "use diesel::prelude::*;\nstruct SeatRow;",
        ),
        (
            "http/seat.rs",
            "use super::problem::Problem;\nuse actix_web::web;",
        ),
        (
            "bootstrap.rs",
            "use crate::http::State;\nuse crate::persistence::SqlStore;",
        ),
    ] {
        let found = breaches(file, source, &crates);
        assert!(found.is_empty(), "{found:?}");
    }
}
