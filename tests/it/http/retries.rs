//! Safe retries: an idempotency key, the same request, the same answer.

use actix_web::http::StatusCode;
use chrono::TimeDelta;
use futures_util::future::join_all;
use hmis_licensing::application::actor::Role;
use hmis_licensing::application::operator::TokenRequest;
use serde_json::json;

use super::new;
use crate::support::app::{Answer, TestApp};
use crate::support::database::on_both;

async fn post(app: &TestApp, token: &str, key: &str, code: &str) -> Answer {
    app.post("/v1/implementations")
        .bearer(token)
        .header("Idempotency-Key", key)
        .json(&new(code))
        .send()
        .await
}

async fn count(app: &TestApp, token: &str) -> usize {
    let listed = app
        .get("/v1/implementations")
        .bearer(token)
        .send()
        .await
        .expect(200);
    listed["data"].as_array().unwrap().len()
}

#[test]
fn the_same_request_gets_the_committed_answer_again() {
    on_both(|database| async move {
        let app = TestApp::on(&database).await;
        let token = app.administrator().await;
        let first = post(&app, &token, "k-1", "akhmis").await;
        first.expect(201);
        assert_eq!(first.header("idempotent-replayed"), None);
        let again = post(&app, &token, "\"k-1\"", "akhmis").await;
        assert_eq!(again.status, StatusCode::CREATED);
        assert_eq!(again.text, first.text);
        assert_eq!(again.header("etag"), first.header("etag"));
        assert_eq!(again.header("location"), first.header("location"));
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
        assert_eq!(count(&app, &token).await, 1);
    });
}

#[test]
fn a_key_in_the_body_serves_who_cannot_set_headers() {
    on_both(|database| async move {
        let app = TestApp::on(&database).await;
        let token = app.administrator().await;
        let mut body = new("akhmis");
        body["idempotency_key"] = json!("ticket-4711");
        let send = || {
            app.post("/v1/implementations")
                .bearer(&token)
                .json(&body)
                .send()
        };
        send().await.expect(201);
        assert_eq!(send().await.header("idempotent-replayed"), Some("true"));
        assert_eq!(count(&app, &token).await, 1);
    });
}

#[test]
fn another_request_under_the_key_is_refused() {
    on_both(|database| async move {
        let app = TestApp::on(&database).await;
        let token = app.administrator().await;
        post(&app, &token, "k-1", "akhmis").await.expect(201);
        post(&app, &token, "k-1", "hand")
            .await
            .problem(422, "idempotency_key_reused");
        assert_eq!(count(&app, &token).await, 1);
    });
}

#[test]
fn a_key_is_the_callers_own_and_good_for_a_day() {
    on_both(|database| async move {
        let app = TestApp::on(&database).await;
        let token = app.administrator().await;
        let other = app
            .grant(TokenRequest {
                subject: Some("second".into()),
                ..TokenRequest::of(Role::SystemAdmin)
            })
            .await
            .unwrap();
        post(&app, &token, "k-1", "akhmis").await.expect(201);
        post(&app, &other, "k-1", "akhmis")
            .await
            .problem(409, "duplicate");
        app.clock.advance(TimeDelta::hours(24));
        let token = app.administrator().await;
        post(&app, &token, "k-1", "akhmis")
            .await
            .problem(409, "duplicate");
        let later = post(&app, &token, "k-1", "hand").await;
        later.expect(201);
        assert_eq!(later.header("idempotent-replayed"), None);
    });
}

#[test]
fn a_refusal_is_not_kept() {
    on_both(|database| async move {
        let app = TestApp::on(&database).await;
        let token = app.administrator().await;
        post(&app, &token, "k-0", "akhmis").await.expect(201);
        post(&app, &token, "k-1", "akhmis")
            .await
            .problem(409, "duplicate");
        post(&app, &token, "k-1", "akhmis")
            .await
            .problem(409, "duplicate");
        post(&app, &token, "k-1", "hand").await.expect(201);
    });
}

#[test]
fn a_replay_is_authorized_afresh() {
    on_both(|database| async move {
        let app = TestApp::on(&database).await;
        let token = app.administrator().await;
        post(&app, &token, "k-1", "akhmis").await.expect(201);
        post(&app, &token, "k-1", "akhmis").await.expect(201);
        // What is left to the principal is less than what the first request needed.
        let local = TokenRequest {
            implementation: Some("akhmis".into()),
            subject: Some("system_admin".into()),
            ..TokenRequest::of(Role::SystemAdmin)
        };
        app.grant(local).await.unwrap();
        app.revoke("system_admin", None).await;
        post(&app, &token, "k-1", "akhmis")
            .await
            .problem(403, "forbidden");
        app.revoke("system_admin", Some("akhmis")).await;
        post(&app, &token, "k-1", "akhmis")
            .await
            .problem(403, "forbidden");
    });
}

#[test]
fn sixty_four_equal_requests_do_it_once() {
    on_both(|database| async move {
        let app = TestApp::on(&database).await;
        let token = app.administrator().await;
        let mut waiting = 64;
        let mut text = None;
        while waiting > 0 {
            let calls = (0..waiting).map(|_| post(&app, &token, "k-1", "akhmis"));
            let answers = join_all(calls).await;
            waiting = 0;
            for answer in answers {
                if answer.status == StatusCode::CONFLICT {
                    // The first is still running: the caller is told when to come back, and does.
                    answer.problem(409, "idempotency_key_busy");
                    assert!(answer.header("retry-after").is_some());
                    waiting += 1;
                } else {
                    answer.expect(201);
                    let first = text.get_or_insert_with(|| answer.text.clone());
                    assert_eq!(&answer.text, first);
                }
            }
        }
        assert_eq!(count(&app, &token).await, 1);
    });
}

#[test]
fn malformed_keys_are_refused() {
    on_both(|database| async move {
        let app = TestApp::on(&database).await;
        let token = app.administrator().await;
        let long = "k".repeat(256);
        for key in ["", "\"\"", long.as_str()] {
            let answer = post(&app, &token, key, "akhmis").await;
            answer.problem(422, "invalid");
            assert_eq!(answer.faults(), ["Idempotency-Key"]);
        }
        let twice = app
            .post("/v1/implementations")
            .bearer(&token)
            .header("Idempotency-Key", "a")
            .header("Idempotency-Key", "a")
            .json(&new("akhmis"));
        twice.send().await.problem(422, "invalid");
        assert_eq!(count(&app, &token).await, 0);
    });
}
