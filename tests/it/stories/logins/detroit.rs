//! HAND's timeline: more than 30 days without login, a notice, five days of grace, the end.

use serde_json::json;

use super::super::{Story, text, texts};
use super::Logins;
use crate::support::database::on_both;

#[test]
fn hands_timeline_as_the_field_tells_it() {
    on_both(|database| async move {
        let logins = Logins::on(&database).await;
        let story = &logins.story;
        story.at("2026-03-02T21:00:00Z");
        let login = logins
            .login("monday", "2026-03-02T16:00:00-05:00")
            .await
            .expect(201);
        assert_eq!(login["outcome"], "accepted");
        assert_eq!(login["licenses"][0]["served"], true);
        assert_eq!(login["licenses"][0]["allowed"], true);
        // A front-end learns whether access is given, and no state.
        assert_eq!(login["licenses"][0].get("state"), None);

        // On the last second of Wednesday 04-01 nothing is due.
        story.at("2026-04-02T03:59:59Z");
        let early = logins.warn("2026-03-02", "2026-04-08").await;
        let early = early.problem(409, "transition_refused");
        assert_eq!(early["state"], "active");
        assert_eq!(early["action"], "record_notice");
        assert!(!texts(&early["needs"]).is_empty());

        // On Thursday 04-02 it is, and the explanation says what it must say.
        story.at("2026-04-02T13:00:00Z");
        let path = format!("/v1/licenses/{}/explanation", logins.license);
        let explained = story.get("help_desk", &path).await.expect(200);
        let due = explained["notices"]
            .as_array()
            .unwrap()
            .iter()
            .find(|notice| notice["rule"] == "inactivity")
            .cloned()
            .unwrap();
        assert_eq!(due["step"], 0);
        assert_eq!(due["anchor_on"], "2026-03-02");
        assert_eq!(due["due_at"], "2026-04-02T04:00:00Z");
        assert_eq!(due["earliest_named_on"], "2026-04-08");
        assert_eq!(due.get("notice_id"), None);
        let refused = logins.warn("2026-03-02", "2026-04-07").await;
        refused.problem(422, "invalid");
        assert_eq!(refused.faults(), ["/named_on"]);
        let notice = logins.warn("2026-03-02", "2026-04-08").await.expect(201);
        assert_eq!(notice["channel"], "phone");
        assert_eq!(notice["status"], "counts");
        assert_eq!(logins.state().await, "warned");
        let license = story.license("admin", &logins.license).await;
        assert_eq!(license["allowed"], true);

        // Wednesday 04-08 00:00 EDT. The source is behind, so the end waits for it.
        story.at("2026-04-08T04:00:00Z");
        assert!(logins.allowed("").await);
        assert_eq!(logins.state().await, "warned");
        story.at("2026-04-08T04:30:00Z");
        assert!(logins.allowed("").await);
        logins.beat("2026-04-08T00:00:00-04:00").await.expect(201);
        assert!(!logins.allowed("").await);
        assert!(logins.allowed("&at=2026-04-08T04:29:59Z").await);
        let ended = story.license("admin", &logins.license).await;
        assert_eq!(ended["state"], "deactivated");
        assert_eq!(ended["since"], "2026-04-08T04:30:00Z");
        // The heartbeat rewrote no license, and yet the lists by state are right.
        let listed = async |state: &str| {
            let path = format!("/v1/licenses?state={state}");
            story.list("admin", &path).await.len()
        };
        assert_eq!(
            [listed("warned").await, listed("deactivated").await],
            [0, 1]
        );
        // A login never gives access back: it is a signal.
        story.at("2026-04-08T12:00:00Z");
        let after = logins
            .login("after", "2026-04-08T12:00:00Z")
            .await
            .expect(201);
        assert_eq!(after["outcome"], "signal");
        assert_eq!(after["licenses"][0]["allowed"], false);
        assert_eq!(logins.state().await, "deactivated");
    });
}

#[test]
fn a_login_on_the_last_second_saves_also_when_it_is_reported_after_midnight() {
    on_both(|database| async move {
        let logins = Logins::on(&database).await;
        let notice = logins.warned().await;
        logins.story.at("2026-04-08T04:10:00Z");
        let saved = logins
            .login("last", "2026-04-07T23:59:59.999999-04:00")
            .await
            .expect(201);
        assert_eq!(saved["outcome"], "accepted");
        assert_eq!(logins.state().await, "active");
        logins.beat("2026-04-08T04:10:00Z").await.expect(201);
        assert!(logins.allowed("").await);
        let path = format!("/v1/notices/{notice}");
        let notice = logins.story.get("help_desk", &path).await.expect(200);
        assert_eq!(notice["status"], "void");
    });
}

#[test]
fn a_login_on_the_first_instant_of_the_next_day_neither_saves_nor_is_a_signal() {
    on_both(|database| async move {
        let logins = Logins::on(&database).await;
        logins.warned().await;
        logins.story.at("2026-04-08T04:10:00Z");
        let late = logins
            .login("late", "2026-04-08T00:00:00-04:00")
            .await
            .expect(201);
        assert_eq!(late["outcome"], "accepted");
        assert_eq!(late.get("access_signal_id"), None);
        assert_eq!(logins.state().await, "warned");
        // No heartbeat ever comes: the cut-off runs after the lag of 24 hours.
        logins.story.at("2026-04-09T03:59:59Z");
        assert!(logins.allowed("").await);
        logins.story.at("2026-04-09T04:00:00Z");
        assert!(!logins.allowed("").await);
        assert_eq!(logins.state().await, "deactivated");
        let signals = logins.story.list("admin", "/v1/access-signals").await;
        assert!(signals.is_empty(), "{signals:?}");
    });
}

#[test]
fn a_late_login_voids_the_notice_and_another_with_full_grace_is_needed() {
    on_both(|database| async move {
        let logins = Logins::on(&database).await;
        let notice = logins.warned().await;
        let story = &logins.story;
        story.at("2026-04-06T13:00:00Z");
        logins
            .login("friday", "2026-04-03T10:00:00-04:00")
            .await
            .expect(201);
        assert_eq!(logins.state().await, "active");
        let path = format!("/v1/notices/{notice}");
        let void = story.get("help_desk", &path).await.expect(200);
        assert_eq!(void["status"], "void");
        story.at("2026-04-20T13:00:00Z");
        logins.beat("2026-04-20T13:00:00Z").await.expect(201);
        assert!(logins.allowed("").await);
        // 31 days after Friday 04-03: Monday 05-04.
        story.at("2026-05-04T13:00:00Z");
        logins
            .warn("2026-03-02", "2026-05-10")
            .await
            .problem(409, "transition_refused");
        let again = logins.warn("2026-04-03", "2026-05-10").await.expect(201);
        assert_eq!(again["status"], "counts");
        assert_eq!(logins.state().await, "warned");
    });
}

#[test]
fn with_no_source_in_service_inactivity_only_reports() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        story.at("2026-06-01T13:00:00Z");
        let notice = json!({
            "license_id": license,
            "rule": "inactivity",
            "step": 0,
            "anchor_on": "2026-03-02",
            "named_on": "2026-06-10",
            "channel": "letter",
            "sent_at": "2026-06-01T13:00:00Z",
        });
        let refused = story.post("help_desk", "/v1/notices", &notice).await;
        let needs = refused.problem(409, "transition_refused")["needs"].clone();
        assert!(
            texts(&needs)[0].contains("login source in service"),
            "{needs}"
        );
        story.at("2026-08-01T13:00:00Z");
        assert_eq!(story.sign_in("").await["allowed"], true);
        assert_eq!(story.license("admin", &license).await["state"], "active");
    });
}

#[test]
fn taking_the_last_source_out_of_service_voids_the_running_warning_for_ever() {
    on_both(|database| async move {
        let logins = Logins::on(&database).await;
        let notice = logins.warned().await;
        let story = &logins.story;
        story.at("2026-04-03T13:00:00Z");
        let out = logins
            .service("take-out-of-service", 1, Some("2026-04-04T00:00:00-04:00"))
            .await
            .expect(200);
        assert_eq!(out["in_service"], true);
        assert_eq!(out["service_changes_at"], "2026-04-04T04:00:00Z");
        assert_eq!(logins.state().await, "warned");
        story.at("2026-04-04T04:00:00Z");
        assert_eq!(logins.state().await, "active");
        story.at("2026-04-05T04:00:00Z");
        let back = logins
            .service("return-to-service", 2, None)
            .await
            .expect(200);
        assert_eq!(back["services"].as_array().unwrap().len(), 3);
        let path = format!("/v1/notices/{notice}");
        let shown = story.get("help_desk", &path).await.expect(200);
        assert_eq!(shown["status"], "void");
        story.at("2026-04-20T13:00:00Z");
        assert!(logins.allowed("").await);
        assert_eq!(text(&shown["named_on"]), "2026-04-08");
    });
}
