//! The program as it is started: commands, settings, exit codes, and how it stops.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdout, Command, Output, Stdio};
use std::time::Duration;

use hmis_licensing::domain::license::LicenseStatus;
use hmis_licensing::http::openapi::Document;
use tempfile::TempDir;

use crate::stories::absences::licensed_in;
use crate::stories::read;
use crate::support::database::on_both;

const DONE: i32 = 0;
pub const FAILED: i32 = 1;
pub const BAD_USAGE: i32 = 2;

/// The program in a folder, with nothing set but what the test sets.
fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hmis-licensing"));
    command.env_clear().current_dir(folder);
    command
}

pub fn run(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    program(folder)
        .args(arguments)
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A server that was started with no settings but its port.
pub struct Server {
    child: Child,
    out: BufReader<ChildStdout>,
    err: BufReader<ChildStderr>,
    address: String,
    pub token: String,
}

impl Server {
    pub fn start(folder: &Path) -> Self {
        let mut child = program(folder)
            .args(["--bind", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let err = BufReader::new(child.stderr.take().unwrap());
        let mut banner = String::new();
        while !banner.contains("token") {
            assert_ne!(out.read_line(&mut banner).unwrap(), 0, "{banner}");
        }
        let after = |text: &str| {
            let line = banner.lines().find(|line| line.contains(text));
            let line = line.unwrap_or_else(|| panic!("{text} in {banner}"));
            line.rsplit(' ').next().unwrap().to_owned()
        };
        let address = after("listens on").replace("http://", "");
        assert_eq!(after("Swagger UI"), format!("http://{address}/swagger-ui/"));
        let token = after("Administrator token");
        Self {
            child,
            out,
            err,
            address,
            token,
        }
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        stream
    }

    fn request(&self, request: &str) -> String {
        let mut stream = self.connect();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    pub fn get(&self, path: &str, token: &str) -> String {
        self.request(&format!(
            "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\r\n"
        ))
    }

    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args([name, &pid]).status().unwrap();
        assert!(sent.success());
    }

    /// Reads the log up to a line with this text.
    fn await_log(&mut self, text: &str) {
        let mut line = String::new();
        while !line.contains(text) {
            line.clear();
            assert_ne!(
                self.err.read_line(&mut line).unwrap(),
                0,
                "{text} is never logged"
            );
        }
    }

    /// What is left of both outputs, once the program has ended, and its exit code.
    pub fn end(mut self) -> (Option<i32>, String, String) {
        let (mut out, mut err) = (String::new(), String::new());
        self.err.read_to_string(&mut err).unwrap();
        self.out.read_to_string(&mut out).unwrap();
        (self.child.wait().unwrap().code(), out, err)
    }
}

#[test]
fn the_default_command_serves_with_nothing_set() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path());
    assert!(server.get("/readyz", "").contains("\"ready\""));
    let listed = server.get("/v1/implementations", &server.token);
    assert!(listed.starts_with("HTTP/1.1 200 "), "{listed}");
    let secret = folder.path().join("hmis-licensing.sqlite.secret");
    let mode = std::os::unix::fs::PermissionsExt::mode(&secret.metadata().unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let old = server.token.clone();
    server.signal("-TERM");
    let (code, _, log) = server.end();
    assert_eq!(code, Some(DONE), "{log}");
    // The secret and the administrator outlive the process, and so does a token.
    let server = Server::start(folder.path());
    let listed = server.get("/v1/implementations", &old);
    assert!(listed.starts_with("HTTP/1.1 200 "), "{listed}");
    server.signal("-INT");
    assert_eq!(server.end().0, Some(DONE));
}

#[test]
fn a_stop_lets_requests_in_flight_finish() {
    for name in ["-TERM", "-INT"] {
        let folder = TempDir::new().unwrap();
        let mut server = Server::start(folder.path());
        let body = r#"{"code":"mohmis","name":"Mat-Su HMIS","time_zone":"America/Anchorage","support_contact":"x"}"#;
        let (first, rest) = body.split_at(10);
        let mut stream = server.connect();
        // The server says `100 Continue` once a handler has begun to read the body.
        let head = format!(
            "POST /v1/implementations HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nExpect: 100-continue\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            server.token,
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut interim = [0; 25];
        stream.read_exact(&mut interim).unwrap();
        assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
        stream.write_all(first.as_bytes()).unwrap();
        server.signal(name);
        server.await_log("stopping");
        stream.write_all(rest.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 201 "), "{name}: {answer}");
        let (code, _, log) = server.end();
        assert_eq!(code, Some(DONE), "{log}");
    }
}

#[test]
fn the_log_names_routes_and_never_paths_values_or_tokens() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path());
    let token = server.token.clone();
    let trace = "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    server.request(&format!(
        "GET /v1/implementations/canary-path?canary_parameter=canary-value HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
         Authorization: Bearer {token}\r\n{trace}\r\nUser-Agent: canary-agent\r\n\r\n"
    ));
    server.get("/canary-nowhere?canary=1", "canary-token");
    server.get("/v1/implementations", "canary-token");
    let body = r#"{"code":"canary-code","name":"canary@example.org","time_zone":"canary","support_contact":"canary"}"#;
    for path in ["/v1/implementations", "/v1/implementations?canary=1"] {
        server.request(&format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nIdempotency-Key: canary-key\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ));
    }
    server.request("CANARY /v1/canary HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    server.signal("-TERM");
    let (_, out, log) = server.end();
    assert!(
        log.contains("GET /v1/implementations/{id} 404")
            || log.contains("GET /v1/implementations/{id} 422"),
        "{log}"
    );
    assert!(
        log.contains("trace_id=4bf92f3577b34da6a3ce929d0e0e4736"),
        "{log}"
    );
    for output in [&log, &out] {
        assert!(!output.to_lowercase().contains("canary"), "{output}");
        assert!(!output.contains(&token), "{output}");
    }
}

#[test]
fn bad_settings_are_reported_all_at_once() {
    let folder = TempDir::new().unwrap();
    let output = run(
        folder.path(),
        &[
            "serve",
            "--bind",
            "nowhere",
            "--database-url",
            "mysql://h/d",
        ],
        &[
            ("HMIS_LICENSING_WORKERS", "0"),
            ("HMIS_LICENSING_WOKERS", "2"),
        ],
    );
    assert_eq!(output.status.code(), Some(BAD_USAGE));
    assert_eq!(stdout(&output), "");
    let told = stderr(&output);
    for name in [
        "--bind",
        "--database-url",
        "HMIS_LICENSING_WORKERS",
        "HMIS_LICENSING_WOKERS",
    ] {
        assert!(told.contains(&format!("{name}: ")), "{name} in {told}");
    }
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        0,
        "nothing is made"
    );
}

#[test]
fn bad_usage_is_2() {
    let folder = TempDir::new().unwrap();
    for arguments in [
        &["--nonsense"][..],
        &["nonsense"],
        &["token"],
        &["token", "--role", "king"],
        &["token", "--role", "supervisor"],
        &["token", "--role", "trainer", "--hours", "0"],
        &["token", "--role", "trainer", "--hours", "9000"],
        &["token", "--role", "trainer", "--implementation", "none"],
        &["token", "--role", "trainer", "--organization", "1"],
    ] {
        let output = run(folder.path(), arguments, &[]);
        assert_eq!(
            output.status.code(),
            Some(BAD_USAGE),
            "{arguments:?}: {}",
            stderr(&output)
        );
        assert_eq!(stdout(&output), "", "{arguments:?}");
    }
    for arguments in [&["--help"][..], &["--version"], &["token", "--help"]] {
        assert_eq!(run(folder.path(), arguments, &[]).status.code(), Some(DONE));
    }
}

#[test]
fn a_port_in_use_is_told() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = TempDir::new().unwrap();
    let output = run(folder.path(), &["--bind", &address], &[]);
    assert_eq!(output.status.code(), Some(FAILED));
    assert!(
        stderr(&output).contains(&format!("{address} is in use")),
        "{}",
        stderr(&output)
    );
    assert_eq!(stdout(&output), "");
}

#[test]
fn a_database_that_cannot_be_opened_is_told() {
    let folder = TempDir::new().unwrap();
    for url in [
        "sqlite:none/db.sqlite",
        "postgres://u:hunter2@127.0.0.1:1/d",
    ] {
        let output = run(
            folder.path(),
            &["--bind", "127.0.0.1:0", "--database-url", url],
            &[("HMIS_LICENSING_SECRET", "f3b0c44298fc1c149afbf4c8996fb924")],
        );
        assert_eq!(output.status.code(), Some(FAILED), "{url}");
        assert!(
            stderr(&output).contains("cannot open"),
            "{}",
            stderr(&output)
        );
        assert!(!stderr(&output).contains("hunter2"));
    }
}

#[test]
fn migrate_says_what_it_applied_once() {
    let folder = TempDir::new().unwrap();
    let arguments = ["migrate", "--database-url", "sqlite:db.sqlite"];
    let first = run(folder.path(), &arguments, &[]);
    assert_eq!(first.status.code(), Some(DONE), "{}", stderr(&first));
    assert!(!stdout(&first).is_empty());
    let second = run(folder.path(), &arguments, &[]);
    assert_eq!(
        (second.status.code(), stdout(&second)),
        (Some(DONE), String::new())
    );
}

#[test]
fn token_prints_the_bare_token_that_the_server_accepts() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path());
    let output = run(folder.path(), &["token", "--role", "auditor"], &[]);
    assert_eq!(output.status.code(), Some(DONE), "{}", stderr(&output));
    let text = stdout(&output);
    let token = text.trim_end();
    assert_eq!(token.split('.').count(), 3);
    assert!(!token.contains(char::is_whitespace));
    let listed = server.get("/v1/implementations", token);
    assert!(listed.starts_with("HTTP/1.1 200 "), "{listed}");
    server.signal("-TERM");
    server.end();
}

#[test]
fn sweep_records_what_is_due_of_whom_it_names_and_a_dry_run_keeps_nothing() {
    // Both licenses ended with 2026-04-01.
    on_both(|database| async move {
        let (one, of_one) = licensed_in(&database, "readers", 1).await;
        let (other, of_other) = licensed_in(&database, "writers", 1).await;
        let folder = TempDir::new().unwrap();
        let sweep = |more: &[&str]| {
            let arguments = [&["sweep", "--database-url", database.url()][..], more].concat();
            let secret = [("HMIS_LICENSING_SECRET", "f3b0c44298fc1c149afbf4c8996fb924")];
            run(folder.path(), &arguments, &secret)
        };
        let recorded = async || {
            let mut found = Vec::new();
            for (community, licenses) in [(&one, &of_one), (&other, &of_other)] {
                let id = licenses[0].parse().unwrap();
                let license = read(&community.app, move |view| view.license(id)).await;
                found.push(license.unwrap().recorded.state);
            }
            found
        };
        let before = [LicenseStatus::Active, LicenseStatus::Active];

        let tried = sweep(&["--dry-run"]);
        assert_eq!(tried.status.code(), Some(DONE), "{}", stderr(&tried));
        let said = stdout(&tried);
        for license in [&of_one[0], &of_other[0]] {
            let line = format!("license {license}: active -> expired");
            assert!(said.contains(&line), "{said}");
        }
        assert!(said.contains("nothing was kept"), "{said}");
        let ahead = sweep(&["--dry-run", "--as-of", "2126-01-01T00:00:00Z"]);
        assert_eq!(ahead.status.code(), Some(DONE), "{}", stderr(&ahead));
        for (name, value) in [
            ("implementation", "nowhere"),
            ("as-of", "2126-01-01T00:00:00Z"),
        ] {
            let flag = format!("--{name}");
            let refused = sweep(&[&flag, value]);
            assert_eq!(refused.status.code(), Some(BAD_USAGE));
            let told = stderr(&refused);
            assert!(told.contains(name), "{told}");
            assert_eq!(stdout(&refused), "");
        }
        assert_eq!(recorded().await, before, "nothing was kept");

        let swept = sweep(&["--implementation", "readers"]);
        assert_eq!(swept.status.code(), Some(DONE), "{}", stderr(&swept));
        let said = stdout(&swept);
        assert!(said.contains(&of_one[0]), "{said}");
        assert!(!said.contains(&of_other[0]), "{said}");
        let after = [LicenseStatus::Expired, LicenseStatus::Active];
        assert_eq!(recorded().await, after);
    });
}

#[test]
fn openapi_prints_the_document() {
    let folder = TempDir::new().unwrap();
    let output = run(folder.path(), &["openapi"], &[]);
    assert_eq!(output.status.code(), Some(DONE));
    assert!(stdout(&output) == Document::new().text());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
