//! Login sources: dated service, heartbeats and alarms.

use serde_json::json;

use super::super::text;
use super::Logins;
use crate::support::database::on_both;

#[test]
fn a_lower_mark_is_an_alarm_and_one_from_the_future_is_refused() {
    on_both(|database| async move {
        let logins = Logins::on(&database).await;
        let story = &logins.story;
        story.at("2026-03-10T15:00:00Z");
        let future = logins.beat("2026-03-10T15:05:01Z").await;
        future.problem(422, "invalid");
        assert_eq!(future.faults(), ["/complete_through"]);
        let beat = logins.beat("2026-03-10T15:05:00Z").await.expect(201);
        assert_eq!(beat["alarm"], false);
        story.at("2026-03-10T16:00:00Z");
        let lower = logins.beat("2026-03-10T12:00:00Z").await.expect(201);
        assert_eq!(lower["alarm"], true);
        assert_eq!(lower["complete_through"], "2026-03-10T12:00:00Z");
        assert_eq!(lower["lowered_at"], "2026-03-10T16:00:00Z");
        story.at("2026-03-10T17:00:00Z");
        let caught_up = logins.beat("2026-03-10T16:30:00Z").await.expect(201);
        assert_eq!(caught_up["alarm"], false);
        assert_eq!(caught_up["lowered_at"], "2026-03-10T16:00:00Z");
        // None of it is the source's own change.
        assert_eq!(caught_up["version"], 1);
    });
}

#[test]
fn a_mark_taken_back_replaces_the_higher_one_for_what_has_not_taken_effect() {
    on_both(|database| async move {
        let logins = Logins::on(&database).await;
        logins.warned().await;
        let story = &logins.story;
        story.at("2026-04-08T03:58:00Z");
        logins.beat("2026-04-08T04:01:00Z").await.expect(201);
        story.at("2026-04-08T03:59:00Z");
        logins.beat("2026-04-07T12:00:00Z").await.expect(201);
        story.at("2026-04-08T12:00:00Z");
        assert!(logins.allowed("").await);
        logins.beat("2026-04-08T12:00:00Z").await.expect(201);
        assert!(!logins.allowed("").await);
        // What took effect stays, whatever the source says later.
        story.at("2026-04-08T13:00:00Z");
        logins.beat("2026-04-01T12:00:00Z").await.expect(201);
        assert!(!logins.allowed("").await);
    });
}

#[test]
fn with_two_sources_the_lower_mark_holds_the_end_up_until_one_is_taken_out() {
    on_both(|database| async move {
        let logins = Logins::on(&database).await;
        let second = logins.story.login_source("file").await;
        logins.warned().await;
        let story = &logins.story;
        story.at("2026-04-08T05:00:00Z");
        logins.beat("2026-04-08T05:00:00Z").await.expect(201);
        assert!(logins.allowed("").await);
        let path = format!("/v1/login-sources/{second}/take-out-of-service");
        let body = json!({ "expected_version": 1, "reason": "The file never came." });
        story.post("admin", &path, &body).await.expect(200);
        assert!(!logins.allowed("").await);
        assert_eq!(logins.state().await, "deactivated");
    });
}

#[test]
fn service_is_dated_with_a_reason_and_never_overwritten() {
    on_both(|database| async move {
        let logins = Logins::on(&database).await;
        let story = &logins.story;
        let code = json!({
            "implementation_id": story.hand,
            "code": "clarity",
            "name": "Again",
            "kind": "nightly_file",
        });
        story
            .post("admin", "/v1/login-sources", &code)
            .await
            .problem(409, "duplicate");
        story.at("2026-03-10T15:00:00Z");
        let past = logins
            .service("take-out-of-service", 1, Some("2026-03-09T15:00:00Z"))
            .await;
        past.problem(422, "invalid");
        assert_eq!(past.faults(), ["/from_at"]);
        let twice = logins.service("return-to-service", 1, None).await;
        let twice = twice.problem(409, "transition_refused");
        assert_eq!(twice["state"], "in_service");
        logins
            .service("take-out-of-service", 9, None)
            .await
            .problem(412, "stale");
        let planned = logins
            .service("take-out-of-service", 1, Some("2026-04-01T00:00:00-04:00"))
            .await
            .expect(200);
        assert_eq!(planned["in_service"], true);
        // Called off: it stays in service, and both acts stay on record.
        let kept = logins
            .service("return-to-service", 2, None)
            .await
            .expect(200);
        assert_eq!(kept.get("service_changes_at"), None);
        assert_eq!(kept["services"].as_array().unwrap().len(), 3);
        assert_eq!(text(&kept["services"][1]["reason"]), "The vendor moves.");
        story.at("2026-04-02T15:00:00Z");
        let path = format!("/v1/login-sources/{}", logins.source);
        assert_eq!(
            story.get("admin", &path).await.expect(200)["in_service"],
            true
        );
    });
}
