//! What only the running program can show: what survives its death, and what it refuses to start on.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use diesel::SqliteConnection;
use diesel::connection::{Connection, SimpleConnection};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::cli::{BAD_USAGE, FAILED, Server, run, stderr, stdout};

/// One answer on a connection that stays open: its status and body. `None` if the server is gone.
fn exchange(stream: &mut BufReader<TcpStream>, request: &str) -> Option<(u16, String)> {
    stream.get_mut().write_all(request.as_bytes()).ok()?;
    let mut line = String::new();
    stream.read_line(&mut line).ok()?;
    let status = line.split(' ').nth(1)?.parse().ok()?;
    let mut length = 0;
    loop {
        line.clear();
        if stream.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            break;
        }
        let (name, value) = line.split_once(':')?;
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some((status, String::from_utf8(body).ok()?))
}

fn creation(token: &str, code: &str) -> String {
    let body = json!({
        "code": code,
        "name": code,
        "time_zone": "America/Detroit",
        "support_contact": code,
    })
    .to_string();
    format!(
        "POST /v1/implementations HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Everything that is stored, by code, read page by page.
fn stored(server: &Server) -> BTreeMap<String, Value> {
    let mut rows = BTreeMap::new();
    let mut path = "/v1/implementations?limit=100".to_owned();
    loop {
        let answer = server.get(&path, &server.token);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200 "), "{answer}");
        let page: Value = serde_json::from_str(body).unwrap();
        for row in page["data"].as_array().unwrap() {
            let code = row["code"].as_str().unwrap().to_owned();
            assert!(rows.insert(code, row.clone()).is_none(), "{row} twice");
        }
        match page["page"]["next_cursor"].as_str() {
            None => return rows,
            Some(cursor) => {
                path = format!("/v1/implementations?limit=100&cursor={cursor}");
            }
        }
    }
}

#[test]
fn a_killed_server_loses_nothing_that_it_acknowledged() {
    const CLIENTS: usize = 4;
    const ROUNDS: usize = 3;
    const WRITES: usize = 70;
    let folder = TempDir::new().unwrap();
    let mut acknowledged: BTreeSet<String> = BTreeSet::new();
    let mut server = Server::start(folder.path());
    let mut fastest = Duration::MAX;
    for round in 0..ROUNDS {
        let done = AtomicUsize::new(0);
        let kept = thread::scope(|scope| {
            let clients: Vec<_> = (0..CLIENTS)
                .map(|client| {
                    let (done, token) = (&done, server.token.clone());
                    let mut stream = BufReader::new(server.connect());
                    scope.spawn(move || {
                        let mut kept = Vec::new();
                        // Goes on until the server is gone.
                        for number in 0.. {
                            let code = format!("c{round}-{client}-{number}");
                            match exchange(&mut stream, &creation(&token, &code)) {
                                Some((201, _)) => kept.push(code),
                                Some((status, body)) => panic!("{status} {body}"),
                                None => break,
                            }
                            done.fetch_add(1, Ordering::Relaxed);
                        }
                        kept
                    })
                })
                .collect();
            while done.load(Ordering::Relaxed) < WRITES {
                thread::yield_now();
            }
            server.signal("-KILL");
            let kept: Vec<String> = clients
                .into_iter()
                .flat_map(|client| client.join().unwrap())
                .collect();
            kept
        });
        assert!(kept.len() >= WRITES, "{} in round {round}", kept.len());
        acknowledged.extend(kept);
        server.end();
        let began = Instant::now();
        server = Server::start(folder.path());
        assert!(server.get("/readyz", "").contains("\"ready\""));
        fastest = fastest.min(began.elapsed());
    }
    let stored = stored(&server);
    for code in &acknowledged {
        let row = stored.get(code);
        assert_eq!(
            row.map(|row| &row["support_contact"]),
            Some(&json!(code)),
            "{code} was acknowledged"
        );
    }
    // At most one write of each client was on its way at each death.
    let extra = stored.len() - acknowledged.len();
    assert!(
        extra <= 2 + CLIENTS * ROUNDS,
        "{extra} more than acknowledged"
    );
    // The best of three, since the machine has other work to do.
    assert!(fastest < Duration::from_secs(2), "ready after {fastest:?}");
    server.signal("-TERM");
    assert_eq!(server.end().0, Some(0));
}

#[test]
fn a_newer_schema_is_not_touched() {
    let folder = TempDir::new().unwrap();
    let url = ["--database-url", "sqlite:db.sqlite"];
    let migrated = run(folder.path(), &["migrate", url[0], url[1]], &[]);
    assert_eq!(migrated.status.code(), Some(0), "{}", stderr(&migrated));
    let file = folder.path().join("db.sqlite");
    SqliteConnection::establish(file.to_str().unwrap())
        .unwrap()
        .batch_execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('29991231000000')")
        .unwrap();
    let before = std::fs::read(&file).unwrap();
    let export = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/hmis-csv");
    let export = export.to_str().unwrap();
    for arguments in [
        &["serve", "--bind", "127.0.0.1:0"][..],
        &["migrate"],
        &["token", "--role", "auditor"],
        &["import", "hmis-csv", export, "--implementation", "hand"],
    ] {
        let arguments: Vec<&str> = arguments.iter().copied().chain(url).collect();
        let output = run(folder.path(), &arguments, &[]);
        let told = stderr(&output);
        assert_eq!(output.status.code(), Some(FAILED), "{arguments:?}: {told}");
        assert!(told.contains("29991231000000"), "{arguments:?}: {told}");
        assert!(told.contains("newer"), "{arguments:?}: {told}");
        assert_eq!(stdout(&output), "", "{arguments:?}");
    }
    assert!(std::fs::read(&file).unwrap() == before, "it is as it was");
}

#[test]
fn an_unknown_database_scheme_is_told_what_is_accepted() {
    let folder = TempDir::new().unwrap();
    for url in ["mysql://root:hunter2@h/d", "oracle:x", "db.sqlite"] {
        let output = run(folder.path(), &["serve", "--database-url", url], &[]);
        let told = stderr(&output);
        assert_eq!(output.status.code(), Some(BAD_USAGE), "{url}: {told}");
        for accepted in ["sqlite:", "postgres://"] {
            assert!(told.contains(accepted), "{url}: {told}");
        }
        assert!(!told.contains("hunter2"), "{told}");
        assert_eq!(stdout(&output), "");
    }
    assert!(is_empty(folder.path()), "nothing is made");
}

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().count() == 0
}

#[test]
fn nothing_but_the_token_is_on_standard_output() {
    let folder = TempDir::new().unwrap();
    // Also where the command makes the database, the secret and the implementations first.
    for _ in 0..2 {
        let output = run(
            folder.path(),
            &["token", "--role", "trainer", "--implementation", "hand"],
            &[("RUST_LOG", "trace")],
        );
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let text = stdout(&output);
        let token = text.strip_suffix('\n').unwrap();
        assert_eq!(token.split('.').count(), 3, "{text}");
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        assert!(token.chars().all(plain), "{text}");
        assert!(!stderr(&output).contains(token), "it is not logged");
    }
}
