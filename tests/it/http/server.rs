//! What only a connection can show.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::rt::task::spawn_blocking;
use hmis_licensing::http::Limits;

use crate::support::app::TestApp;
use crate::support::database::{TestDatabase, on_sqlite};

/// Sends the pieces one by one and returns everything that comes back until the connection closes or falls silent.
fn talk(address: SocketAddr, pieces: Vec<Vec<u8>>) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    for piece in pieces {
        stream.write_all(&piece).unwrap();
    }
    let mut answer = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => break,
            Ok(read) => answer.extend_from_slice(&chunk[..read]),
        }
    }
    String::from_utf8_lossy(&answer).into_owned()
}

fn head(token: &str, more: &str) -> Vec<u8> {
    format!(
        "POST /v1/implementations HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\n{more}\r\n\r\n"
    )
    .into_bytes()
}

#[test]
fn a_body_that_does_not_come_is_408() {
    on_sqlite(|database| async move {
        let app = TestApp::on(&database).await;
        let token = app.administrator().await;
        let server = app.listen();
        let pieces = vec![head(&token, "Content-Length: 100"), b"{\"code\":".to_vec()];
        let answer = spawn_blocking(move || talk(server.address, pieces))
            .await
            .unwrap();
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
        assert!(answer.contains("application/problem+json"), "{answer}");
        assert!(answer.contains("\"code\":\"request_timeout\""), "{answer}");
        server.handle.stop(false).await;
    });
}

#[test]
fn a_chunked_body_is_bounded_too() {
    on_sqlite(|database| async move {
        let app = TestApp::on(&database).await;
        let token = app.administrator().await;
        let server = app.listen();
        let chunk = format!("4000\r\n{}\r\n", " ".repeat(0x4000)).into_bytes();
        let mut pieces = vec![head(&token, "Transfer-Encoding: chunked")];
        pieces.extend(std::iter::repeat_n(chunk, 5));
        let answer = spawn_blocking(move || talk(server.address, pieces))
            .await
            .unwrap();
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
        assert!(
            answer.contains("\"code\":\"payload_too_large\""),
            "{answer}"
        );
        server.handle.stop(false).await;
    });
}

#[test]
fn an_announced_length_over_the_bound_is_refused_before_it_is_read() {
    on_sqlite(|database| async move {
        let app = TestApp::on(&database).await;
        let token = app.administrator().await;
        let server = app.listen();
        let pieces = vec![head(&token, "Content-Length: 1000000000")];
        let answer = spawn_blocking(move || talk(server.address, pieces))
            .await
            .unwrap();
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
        server.handle.stop(false).await;
    });
}

/// What a batch of logins is answered that arrives in these pieces, and how long that took.
async fn batch(
    database: &TestDatabase,
    limits: Limits,
    more: &str,
    pieces: Vec<Vec<u8>>,
) -> (String, Duration) {
    let store = Arc::new(database.store());
    let app = TestApp::serving(store, |state| state.limits = limits).await;
    let token = app.administrator().await;
    let server = app.listen();
    let head = format!(
        "POST /v1/login-events?login_source_id=0199f3c2-0000-7000-8000-000000000000 HTTP/1.1\r\nHost: x\r\n\
         Connection: close\r\nAuthorization: Bearer {token}\r\nContent-Type: application/x-ndjson\r\n{more}\r\n\r\n"
    );
    let began = Instant::now();
    let pieces = [vec![head.into_bytes()], pieces].concat();
    let answer = spawn_blocking(move || talk(server.address, pieces))
        .await
        .unwrap();
    let took = began.elapsed();
    server.handle.stop(false).await;
    (answer, took)
}

#[test]
fn a_batch_is_bounded_in_size_and_is_not_compressed() {
    on_sqlite(|database| async move {
        let limits = Limits::default();
        let chunk = format!("4000\r\n{}\r\n", "\n".repeat(0x4000)).into_bytes();
        let mut pieces = vec![chunk.clone(); 512];
        let mut whole = pieces.clone();
        whole.push(b"0\r\n\r\n".to_vec());
        let chunked = "Transfer-Encoding: chunked";
        // Eight mebibytes of blank lines, for a source that nobody knows.
        let (answer, _) = batch(&database, limits, chunked, whole).await;
        assert!(answer.starts_with("HTTP/1.1 422 "), "{answer}");
        pieces.push(chunk);
        let (answer, _) = batch(&database, limits, chunked, pieces).await;
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
        let announced = "Content-Length: 8388609";
        let (answer, _) = batch(&database, limits, announced, Vec::new()).await;
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
        let zipped = "Content-Encoding: gzip\r\nContent-Length: 2";
        let (answer, _) = batch(&database, limits, zipped, vec![b"{}".to_vec()]).await;
        assert!(answer.starts_with("HTTP/1.1 415 "), "{answer}");
    });
}

#[test]
fn a_batch_that_does_not_come_or_trickles_is_408() {
    on_sqlite(|database| async move {
        let announced = "Content-Length: 1000";
        let some = vec![b"{\"source_event_id\":".to_vec()];
        let stopped = Limits {
            feed_deadline: Duration::from_millis(300),
            ..Limits::default()
        };
        // What came earned it ten milliseconds more than its head start.
        let slow = Limits {
            feed_deadline: Duration::from_mins(10),
            feed_head_start: Duration::from_millis(300),
            feed_rate: 2_000,
            ..Limits::default()
        };
        for limits in [stopped, slow] {
            let (answer, took) = batch(&database, limits, announced, some.clone()).await;
            assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
            assert!(answer.contains("\"code\":\"request_timeout\""), "{answer}");
            assert!(took >= Duration::from_millis(300), "{took:?}");
            assert!(took < Duration::from_secs(60), "{took:?}");
        }
        // What came fast enough is awaited on, until the whole of it is late.
        let earned = Limits {
            feed_deadline: Duration::from_secs(2),
            feed_head_start: Duration::from_millis(100),
            feed_rate: 1,
            ..Limits::default()
        };
        let (answer, took) = batch(&database, earned, announced, some).await;
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
        assert!(took >= Duration::from_secs(2), "{took:?}");
    });
}

#[test]
fn head_is_get_without_a_body() {
    on_sqlite(|database| async move {
        let app = TestApp::on(&database).await;
        let server = app.listen();
        let request = b"HEAD /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_vec();
        let answer = spawn_blocking(move || talk(server.address, vec![request]))
            .await
            .unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        assert!(
            answer.to_lowercase().contains("content-length: 18"),
            "{answer}"
        );
        assert!(answer.ends_with("\r\n\r\n"), "{answer}");
        server.handle.stop(false).await;
    });
}

#[test]
fn swagger_ui_is_served_under_a_strict_policy_or_not_at_all() {
    on_sqlite(|database| async move {
        let app = TestApp::on(&database).await;
        let page = app.get("/swagger-ui/").send().await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains("swagger-initializer.js"));
        // The policy allows scripts of this service alone, so the page itself must hold none.
        assert!(!page.text.contains("<script>"), "{}", page.text);
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.contains("script-src 'self';"), "{policy}");
        let settings = app.get("/swagger-ui/swagger-initializer.js").send().await;
        for setting in [
            "\"/openapi.json\"",
            "\"persistAuthorization\": true",
            "\"tryItOutEnabled\": true",
        ] {
            assert!(
                settings.text.contains(setting),
                "{setting} in {}",
                settings.text
            );
        }
        app.get("/swagger-ui/nothing.js")
            .send()
            .await
            .problem(404, "not_found");
        assert_eq!(
            app.get("/swagger-ui").send().await.header("location"),
            Some("/swagger-ui/")
        );
        let posted = app.post("/swagger-ui/").send().await;
        posted.problem(405, "method_not_allowed");
        assert_eq!(posted.header("allow"), Some("GET, HEAD"));
    });
    on_sqlite(|database| async move {
        let app = TestApp::serving(Arc::new(database.store()), |state| state.swagger_ui = false);
        let app = app.await;
        for path in [
            "/swagger-ui",
            "/swagger-ui/",
            "/swagger-ui/swagger-initializer.js",
        ] {
            app.get(path).send().await.problem(404, "not_found");
            app.post(path).send().await.problem(404, "not_found");
        }
        assert_eq!(app.get("/openapi.json").send().await.status, 200);
    });
}
