//! Nobody's change is overwritten unseen.

use futures_util::future::join_all;
use serde_json::json;

use super::created;
use crate::support::app::TestApp;
use crate::support::database::on_both;

#[test]
fn a_change_names_the_version_it_has_seen() {
    on_both(|database| async move {
        let app = TestApp::on(&database).await;
        let token = app.administrator().await;
        let (row, answer) = created(&app, &token, "akhmis").await;
        let path = format!("/v1/implementations/{}", row["id"].as_str().unwrap());
        assert_eq!(answer.header("location"), Some(path.as_str()));
        let seen = answer.header("etag").unwrap().to_owned();
        let change = |name: &str| {
            app.patch(&path)
                .bearer(&token)
                .json(&json!({ "name": name }))
        };
        let refused = change("A").send().await;
        refused.problem(428, "precondition_required");
        change("A")
            .header("If-Match", "*")
            .send()
            .await
            .problem(428, "precondition_required");
        change("A")
            .header("If-Match", &format!("W/{seen}"))
            .send()
            .await
            .problem(412, "stale");
        let foreign = change("A").header("If-Match", "\"x\"").send().await;
        let detail = foreign.problem(412, "stale")["detail"].to_string();
        assert!(detail.contains("send its ETag as it is"), "{detail}");
        change("A")
            .header("If-Match", "x")
            .send()
            .await
            .problem(422, "invalid");
        // Only the version counts, not what this reader was shown.
        let changed = change("A")
            .header("If-Match", "\"v1-ffffffffffffffff\"")
            .send()
            .await;
        assert_eq!(changed.expect(200)["name"], "A");
        assert_ne!(changed.header("etag"), Some(seen.as_str()));
        change("B")
            .header("If-Match", &seen)
            .send()
            .await
            .problem(412, "stale");
        let in_body = json!({ "name": "B", "expected_version": 1 });
        let stale = app.patch(&path).bearer(&token).json(&in_body).send().await;
        let detail = stale.problem(412, "stale")["detail"].to_string();
        assert!(detail.contains("current version is 2"), "{detail}");
        assert!(detail.contains("`expected_version` 2"), "{detail}");
        let in_body = json!({ "name": "B", "expected_version": 2 });
        let current = app.patch(&path).bearer(&token).json(&in_body).send().await;
        assert_eq!(current.expect(200)["version"], 3);
        let wrong = json!({ "name": "B", "expected_version": "3" });
        let answer = app.patch(&path).bearer(&token).json(&wrong).send().await;
        answer.problem(422, "wrong_shape");
        assert_eq!(answer.faults(), ["/expected_version"]);
    });
}

#[test]
fn of_two_changes_of_one_version_one_wins() {
    on_both(|database| async move {
        let app = TestApp::on(&database).await;
        let token = app.administrator().await;
        let (row, _) = created(&app, &token, "akhmis").await;
        let path = format!("/v1/implementations/{}", row["id"].as_str().unwrap());
        let calls = (0..16).map(|number| {
            app.patch(&path)
                .bearer(&token)
                .json(&json!({ "name": format!("N{number}"), "expected_version": 1 }))
                .send()
        });
        let answers = join_all(calls).await;
        let won = answers.iter().filter(|answer| answer.status == 200).count();
        assert_eq!(won, 1);
        for lost in answers.iter().filter(|answer| answer.status != 200) {
            lost.problem(412, "stale");
        }
    });
}

#[test]
fn what_the_reader_has_is_not_sent_again() {
    on_both(|database| async move {
        let app = TestApp::on(&database).await;
        let token = app.administrator().await;
        let (row, _) = created(&app, &token, "akhmis").await;
        let path = format!("/v1/implementations/{}", row["id"].as_str().unwrap());
        let first = app.get(&path).bearer(&token).send().await;
        assert_eq!(first.expect(200), row);
        assert_eq!(first.header("cache-control"), Some("private, no-cache"));
        let etag = first.header("etag").unwrap().to_owned();
        for seen in [
            etag.clone(),
            format!("W/{etag}"),
            format!("\"x\", {etag}"),
            "*".into(),
        ] {
            let again = app
                .get(&path)
                .bearer(&token)
                .header("If-None-Match", &seen)
                .send()
                .await;
            assert_eq!(again.status, 304, "{seen}");
            assert_eq!(again.text, "");
            assert_eq!(again.header("etag"), Some(etag.as_str()));
        }
        let change = json!({ "name": "A", "expected_version": 1 });
        app.patch(&path)
            .bearer(&token)
            .json(&change)
            .send()
            .await
            .expect(200);
        let newer = app
            .get(&path)
            .bearer(&token)
            .header("If-None-Match", &etag)
            .send()
            .await;
        assert_eq!(newer.expect(200)["name"], "A");
    });
}
