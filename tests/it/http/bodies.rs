//! What bodies are read, and how bad ones are refused.

use serde_json::{Value, json};

use super::new;
use crate::support::app::{Answer, TestApp};
use crate::support::database::on_sqlite;

fn merged(changes: Value) -> Value {
    let mut body = new("akhmis");
    let object = body.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        object.insert(name.clone(), value.clone());
    }
    body
}

#[test]
fn broken_json_is_400() {
    on_sqlite(|database| async move {
        let app = TestApp::on(&database).await;
        let token = app.administrator().await;
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        let twice = new("akhmis")
            .to_string()
            .replacen('{', "{\"code\":\"other\",", 1);
        for body in [
            "",
            "{",
            "nonsense",
            "{\"code\":}",
            "{\"code\":\"a\"}x",
            "{\"code\":1e400}",
            "{\"code\":\"\\ud800\"}",
            "{\"code\":\"a\nb\"}",
            &deep,
            &twice,
        ] {
            let answer = app
                .post("/v1/implementations")
                .bearer(&token)
                .text(body)
                .send()
                .await;
            answer.problem(400, "broken_json");
        }
        let not_utf8 = app
            .post("/v1/implementations")
            .bearer(&token)
            .text(b"{\"code\":\"\xff\"}".to_vec());
        not_utf8.send().await.problem(400, "broken_json");
    });
}

#[test]
fn faults_of_shape_are_pointed_at() {
    on_sqlite(|database| async move {
        let app = TestApp::on(&database).await;
        let token = app.administrator().await;
        let mut missing = new("akhmis");
        missing.as_object_mut().unwrap().remove("name");
        for (body, pointer, detail) in [
            (missing, "/name", "is missing"),
            (
                merged(json!({ "nme": "hunter2" })),
                "/nme",
                "is unknown here",
            ),
            (merged(json!({ "id": "hunter2" })), "/id", "is unknown here"),
            (
                merged(json!({ "version": 3 })),
                "/version",
                "is unknown here",
            ),
            (
                merged(json!({ "a b<c>": "hunter2" })),
                "",
                "is unknown here",
            ),
            (merged(json!({ "name": 5 })), "/name", "a string"),
            (merged(json!({ "name": ["hunter2"] })), "/name", "a string"),
            (merged(json!({ "name": null })), "/name", "not be null"),
            (merged(json!({ "name": "hunter2\0" })), "/name", "NUL"),
            (json!([]), "", "an object"),
            (json!("hunter2"), "", "an object"),
            (json!(5), "", "an object"),
        ] {
            let answer = app
                .post("/v1/implementations")
                .bearer(&token)
                .json(&body)
                .send()
                .await;
            let problem = answer.problem(422, "wrong_shape");
            assert_eq!(answer.faults(), [pointer], "{body}");
            let said = problem["errors"][0]["detail"].as_str().unwrap();
            assert!(said.contains(detail), "{body}: {said}");
            assert!(!answer.text.contains("hunter2"), "input is never echoed");
        }
    });
}

#[test]
fn faults_of_meaning_come_all_at_once() {
    on_sqlite(|database| async move {
        let app = TestApp::on(&database).await;
        let token = app.administrator().await;
        let body = json!({
            "code": "HUNTER2",
            "name": "",
            "time_zone": "Alaska/Hunter2",
            "support_contact": format!("hunter2{}", "x".repeat(200)),
        });
        let answer = app
            .post("/v1/implementations")
            .bearer(&token)
            .json(&body)
            .send()
            .await;
        answer.problem(422, "invalid");
        let mut places = answer.faults();
        places.dedup();
        assert_eq!(places, ["/code", "/name", "/support_contact", "/time_zone"]);
        assert!(!answer.text.to_lowercase().contains("hunter2"));
    });
}

#[test]
fn bodies_of_other_forms_are_415() {
    on_sqlite(|database| async move {
        let app = TestApp::on(&database).await;
        let token = app.administrator().await;
        let body = new("akhmis").to_string();
        for media in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/jsonx",
            "application/merge-patch+json",
            "application/json; charset=latin1",
            "nonsense",
            "",
        ] {
            let answer = app
                .post("/v1/implementations")
                .bearer(&token)
                .header("Content-Type", media)
                .bytes(body.clone())
                .send()
                .await;
            answer.problem(415, "unsupported_media_type");
        }
        app.post("/v1/implementations")
            .bearer(&token)
            .bytes(body.clone())
            .send()
            .await
            .problem(415, "unsupported_media_type");
        // A compressed body is never unpacked, so that none can explode.
        for encoding in ["gzip", "deflate", "br", "identity, gzip"] {
            app.post("/v1/implementations")
                .bearer(&token)
                .header("Content-Encoding", encoding)
                .text(body.clone())
                .send()
                .await
                .problem(415, "unsupported_media_type");
        }
        let spelled = app
            .post("/v1/implementations")
            .bearer(&token)
            .header("Content-Type", "Application/JSON; charset=UTF-8")
            .bytes(body);
        spelled.send().await.expect(201);
    });
}

#[test]
fn a_body_over_64_kib_is_413() {
    on_sqlite(|database| async move {
        let app = TestApp::on(&database).await;
        let token = app.administrator().await;
        let send = async |length: usize| -> Answer {
            let mut body = new("akhmis").to_string();
            body.push_str(&" ".repeat(length - body.len()));
            app.post("/v1/implementations")
                .bearer(&token)
                .text(body)
                .send()
                .await
        };
        send(64 * 1024 + 1).await.problem(413, "payload_too_large");
        send(64 * 1024).await.expect(201);
    });
}

#[test]
fn a_patch_changes_what_it_names_and_removes_nothing_that_is_needed() {
    on_sqlite(|database| async move {
        let app = TestApp::on(&database).await;
        let token = app.administrator().await;
        let (row, _) = super::created(&app, &token, "akhmis").await;
        let path = format!("/v1/implementations/{}", row["id"].as_str().unwrap());
        let patch = async |body: Value| {
            app.patch(&path)
                .bearer(&token)
                .header("Content-Type", "application/merge-patch+json")
                .bytes(body.to_string())
                .send()
                .await
        };
        let changed = patch(json!({ "name": "AKHMIS", "expected_version": 1 }))
            .await
            .expect(200);
        assert_eq!(changed["name"], "AKHMIS");
        assert_eq!(changed["support_contact"], row["support_contact"]);
        assert_eq!(changed["version"], 2);
        for body in [
            json!({ "name": null }),
            json!({ "code": "x" }),
            json!({ "time_zone": "UTC" }),
        ] {
            patch(body).await.problem(422, "wrong_shape");
        }
        patch(json!({ "name": "", "expected_version": 2 }))
            .await
            .problem(422, "invalid");
    });
}
