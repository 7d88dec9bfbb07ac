//! Every answer of 400 or above is a problem, the framework's own included.

use std::sync::Arc;

use actix_web::http::Method;
use hmis_licensing::application::ports::store::{BoxFuture, ReadJob, WriteJob};
use hmis_licensing::application::ports::{Abort, Store, StoreError};
use hmis_licensing::http::problem::Code;

use crate::support::app::TestApp;
use crate::support::database::on_sqlite;

#[test]
fn unknown_paths_and_methods_are_problems() {
    on_sqlite(|database| async move {
        let app = TestApp::on(&database).await;
        let token = app.administrator().await;
        for path in [
            "/",
            "/v1",
            "/v1/implementations/",
            "/v1/nothing",
            "/v2/implementations",
        ] {
            app.get(path)
                .bearer(&token)
                .send()
                .await
                .problem(404, "not_found");
        }
        for (method, path, allow) in [
            (Method::DELETE, "/v1/implementations", "GET, HEAD, POST"),
            (Method::PUT, "/v1/implementations/x", "GET, HEAD, PATCH"),
            (Method::OPTIONS, "/v1/implementations", "GET, HEAD, POST"),
            (Method::POST, "/livez", "GET, HEAD"),
            (Method::POST, "/openapi.json", "GET, HEAD"),
            (Method::POST, "/swagger-ui/", "GET, HEAD"),
            (Method::TRACE, "/problems", "GET, HEAD"),
        ] {
            let answer = app.request(method.clone(), path).send().await;
            answer.problem(405, "method_not_allowed");
            assert_eq!(answer.header("allow"), Some(allow), "{method} {path}");
        }
    });
}

#[test]
fn every_code_has_a_page() {
    on_sqlite(|database| async move {
        let app = TestApp::on(&database).await;
        let index = app.get("/problems").send().await;
        assert_eq!(index.status, 200);
        for code in Code::ALL {
            let page = app.get(&code.page()).send().await;
            assert_eq!(page.status, 200, "{code:?}");
            assert_eq!(
                page.header("content-type"),
                Some("text/html; charset=utf-8")
            );
            assert!(page.text.contains(code.as_str()), "{code:?}");
            assert!(index.text.contains(&code.page()), "{code:?}");
        }
        app.get("/problems/none")
            .send()
            .await
            .problem(404, "not_found");
    });
}

#[test]
fn a_request_id_goes_in_and_out() {
    on_sqlite(|database| async move {
        let app = TestApp::on(&database).await;
        let answer = app
            .get("/nowhere")
            .header("X-Request-Id", "walk-7")
            .send()
            .await;
        assert_eq!(answer.problem(404, "not_found")["instance"], "walk-7");
        let answer = app.get("/livez").header("X-Request-Id", "a b").send().await;
        assert_eq!(answer.header("x-request-id").unwrap().len(), 36);
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    });
}

#[test]
fn unknown_parameters_are_refused_everywhere() {
    on_sqlite(|database| async move {
        let app = TestApp::on(&database).await;
        let token = app.administrator().await;
        for (call, parameter) in [
            (app.get("/v1/implementations?cod=hand"), "cod"),
            (app.get("/v1/implementations?dry_run=true"), "dry_run"),
            (
                app.get("/v1/implementations/0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b21?expand=x"),
                "expand",
            ),
            (
                app.post("/v1/implementations?dry_run=true")
                    .json(&super::new("hand")),
                "dry_run",
            ),
            (app.get("/v1/implementations?%3Cscript%3E=1"), ""),
        ] {
            let answer = call.bearer(&token).send().await;
            answer.problem(422, "wrong_shape");
            assert_eq!(answer.faults(), [parameter]);
        }
        let listed = app
            .get("/v1/implementations")
            .bearer(&token)
            .send()
            .await
            .expect(200);
        assert_eq!(
            listed["data"].as_array().map(Vec::len),
            Some(0),
            "nothing was made"
        );
    });
}

/// A store that fails in one way.
struct Broken(StoreError);

impl Store for Broken {
    fn run_write(&self, _: WriteJob) -> BoxFuture<'_, Result<(), Abort>> {
        Box::pin(async { Err(Abort::Store(self.0.clone())) })
    }

    fn run_read(&self, _: ReadJob) -> BoxFuture<'_, Result<(), Abort>> {
        Box::pin(async { Err(Abort::Store(self.0.clone())) })
    }

    fn check(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async { Err(self.0.clone()) })
    }

    fn kind(&self) -> &'static str {
        "broken"
    }
}

#[actix_web::test]
async fn a_failing_store_is_answered_without_its_cause() {
    let cause = "connection to db.internal refused";
    for (error, status, code) in [
        (StoreError::Unavailable(cause.into()), 503, "unavailable"),
        (StoreError::Busy, 503, "unavailable"),
        (StoreError::Corrupt(cause.into()), 500, "internal"),
        (StoreError::Panicked, 500, "internal"),
    ] {
        let app = TestApp::over(Arc::new(Broken(error.clone()))).await;
        let token = app.token("anyone");
        let get = || app.get("/v1/implementations").bearer(&token);
        let post = || {
            app.post("/v1/implementations")
                .bearer(&token)
                .json(&super::new("hand"))
        };
        for call in [get(), post(), app.get("/readyz")] {
            let answer = call.send().await;
            answer.problem(status, code);
            assert!(!answer.text.contains("internal refused"), "{}", answer.text);
            assert_eq!(answer.header("retry-after").is_some(), status == 503);
        }
        app.get("/livez").send().await.expect(200);
    }
}

#[test]
fn the_advice_about_plus_is_given_for_queries_only() {
    on_sqlite(|database| async move {
        let app = TestApp::on(&database).await;
        let token = app.administrator().await;
        let query = "implementation=hand&system=hmis_user_id&external_id=41";
        let asked = app
            .get(&format!(
                "/v1/access-decisions?{query}&at=2026-03-02T17:00:00"
            ))
            .bearer(&token)
            .send()
            .await;
        let detail = asked.expect(422)["errors"][0]["detail"].to_string();
        assert!(detail.contains("an instant with an offset"), "{detail}");
        assert!(detail.contains("%2B"), "{detail}");
        let body = serde_json::json!({
            "person_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b21",
            "organization_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b21",
            "ended_at": "2026-03-02T17:00:00",
        });
        let sent = app
            .post("/v1/departures")
            .bearer(&token)
            .json(&body)
            .send()
            .await;
        assert_eq!(sent.faults(), ["/ended_at"]);
        let detail = sent.expect(422)["errors"][0]["detail"].to_string();
        assert!(detail.contains("an instant with an offset"), "{detail}");
        assert!(!detail.contains("%2B"), "{detail}");
    });
}
