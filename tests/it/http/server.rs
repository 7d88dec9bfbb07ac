//! What only a connection can show.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use actix_web::rt::task::spawn_blocking;

use crate::support::app::TestApp;
use crate::support::database::on_sqlite;

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
    });
}
