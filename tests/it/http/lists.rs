//! Lists: pages, cursors, filters.

use hmis_licensing::application::actor::Role;
use hmis_licensing::application::operator::TokenRequest;
use serde_json::Value;

use super::created;
use crate::support::app::{Answer, TestApp};
use crate::support::database::{on_both, on_sqlite};

fn codes(page: &Value) -> Vec<String> {
    let rows = page["data"].as_array().unwrap();
    rows.iter()
        .map(|row| row["code"].as_str().unwrap().to_owned())
        .collect()
}

/// The address in a `Link: <...>; rel="next"`.
fn next(answer: &Answer) -> Option<String> {
    let link = answer.header("link")?;
    let address = link.strip_prefix('<')?.strip_suffix(">; rel=\"next\"")?;
    Some(address.to_owned())
}

#[test]
fn pages_follow_each_other_without_gap_or_repeat() {
    on_both(|database| async move {
        let app = TestApp::on(&database).await;
        let token = app.administrator().await;
        for number in 0..5 {
            created(&app, &token, &format!("impl-{number}")).await;
        }
        let mut seen = Vec::new();
        let mut path = Some("/v1/implementations?limit=2".to_owned());
        while let Some(here) = path {
            let answer = app.get(&here).bearer(&token).send().await;
            let page = answer.expect(200);
            seen.extend(codes(&page));
            path = next(&answer);
            assert_eq!(page["page"]["has_more"], path.is_some());
            assert_eq!(page["page"]["next_cursor"].is_string(), path.is_some());
            if seen.len() == 2 {
                // What is added meanwhile comes at the end and moves nothing.
                created(&app, &token, "impl-5").await;
            }
        }
        let all: Vec<_> = (0..6).map(|number| format!("impl-{number}")).collect();
        assert_eq!(seen, all);
    });
}

#[test]
fn a_cursor_belongs_to_its_caller_and_query() {
    on_sqlite(|database| async move {
        let app = TestApp::on(&database).await;
        let token = app.administrator().await;
        for code in ["aa", "bb"] {
            created(&app, &token, code).await;
        }
        let other = app
            .grant(TokenRequest {
                subject: Some("second".into()),
                ..TokenRequest::of(Role::SystemAdmin)
            })
            .await
            .unwrap();
        let first = app
            .get("/v1/implementations?limit=1")
            .bearer(&token)
            .send()
            .await;
        let cursor = first.expect(200)["page"]["next_cursor"]
            .as_str()
            .unwrap()
            .to_owned();
        let get = |token: &str, query: &str| {
            app.get(&format!("/v1/implementations?{query}"))
                .bearer(token)
                .send()
        };
        get(&token, &format!("limit=200&cursor={cursor}"))
            .await
            .expect(200);
        let bad = |answer: Answer| answer.problem(400, "bad_cursor");
        bad(get(&other, &format!("cursor={cursor}")).await);
        bad(get(&token, &format!("code=bb&cursor={cursor}")).await);
        bad(get(&token, "cursor=AAAA").await);
        bad(get(&token, "cursor=!").await);
        bad(get(&token, &format!("cursor={cursor}A")).await);
    });
}

#[test]
fn bounds_and_filters_are_checked() {
    on_sqlite(|database| async move {
        let app = TestApp::on(&database).await;
        let token = app.administrator().await;
        created(&app, &token, "akhmis").await;
        created(&app, &token, "hand").await;
        let get = |query: &str| {
            app.get(&format!("/v1/implementations?{query}"))
                .bearer(&token)
                .send()
        };
        for (query, code, parameter) in [
            ("limit=-1", "wrong_shape", "limit"),
            ("limit=0", "invalid", "limit"),
            ("limit=201", "invalid", "limit"),
            ("limit=", "wrong_shape", "limit"),
            ("limit=1e2", "wrong_shape", "limit"),
            ("limit=99999999999999999999", "wrong_shape", "limit"),
            ("limit=1&limit=2", "wrong_shape", "limit"),
            ("cursor=", "invalid", "cursor"),
            ("code=", "invalid", "code"),
            ("code=%00", "wrong_shape", "code"),
        ] {
            let answer = get(query).await;
            answer.problem(422, code);
            assert_eq!(answer.faults(), [parameter], "{query}");
        }
        assert_eq!(codes(&get("code=hand").await.expect(200)), ["hand"]);
        assert_eq!(codes(&get("code=none").await.expect(200)), [""; 0]);
    });
}

#[test]
fn a_page_has_fifty_rows_unless_said_otherwise() {
    on_sqlite(|database| async move {
        let app = TestApp::on(&database).await;
        let token = app.administrator().await;
        for number in 0..51 {
            created(&app, &token, &format!("impl-{number}")).await;
        }
        let first = app.get("/v1/implementations").bearer(&token).send().await;
        let page = first.expect(200);
        assert_eq!(codes(&page).len(), 50);
        assert_eq!(page["page"]["has_more"], true);
        let path = next(&first).unwrap();
        let last = app.get(&path).bearer(&token).send().await.expect(200);
        assert_eq!(codes(&last), ["impl-50"]);
        assert_eq!(last["page"]["has_more"], false);
    });
}
