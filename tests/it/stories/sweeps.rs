//! The sweep records what time alone changed, once, and access decisions never wait for it.

use serde_json::{Value, json};

use super::logins::Logins;
use super::{Story, text};
use crate::support::database::on_both;

const SWEEPS: &str = "/v1/sweeps";

fn all(story: &Story) -> Value {
    json!({ "implementation_id": story.hand })
}

/// Dana was warned, nobody heard from the login source, and the cut-off of Wednesday 04-08 waited a day for it.
async fn overdue(logins: &Logins) {
    logins.warned().await;
    logins.story.at("2026-04-09T04:00:12Z");
}

#[test]
fn a_sweep_records_what_took_effect_and_a_second_one_finds_nothing() {
    on_both(|database| async move {
        let logins = Logins::on(&database).await;
        let story = &logins.story;
        overdue(&logins).await;
        // The decision is right before any sweep.
        assert!(!logins.allowed("").await);
        let path = format!("{SWEEPS}?dry_run=true");
        let tried = story.post("admin", &path, &all(story)).await.expect(200);
        let change = json!({
            "at": "2026-04-09T04:00:00Z",
            "license_id": logins.license,
            "person_id": story.dana,
            "organization_id": story.corktown,
            "from": "warned",
            "to": "deactivated",
        });
        assert_eq!(tried["changes"], json!([change]));
        assert_eq!(tried.get("id"), None);
        let version = story.license("admin", &logins.license).await["version"].clone();

        let swept = story.post("admin", SWEEPS, &all(story)).await.expect(201);
        for same in [
            "as_of",
            "people",
            "failed",
            "complete",
            "late_by_seconds",
            "changes",
        ] {
            assert_eq!(swept[same], tried[same], "{same}");
        }
        assert_eq!(swept["late_by_seconds"], 12);
        assert_eq!(swept["complete"], true);
        let license = story.license("admin", &logins.license).await;
        assert_eq!(license["state"], "deactivated");
        assert_ne!(license["version"], version);
        let again = story.post("admin", SWEEPS, &all(story)).await.expect(201);
        assert_eq!(
            (&again["people"], &again["changes"]),
            (&json!(0), &json!([]))
        );

        let kept = story.list("help_desk", SWEEPS).await;
        assert_eq!(kept.len(), 2);
        let path = format!("{SWEEPS}/{}", text(&swept["id"]));
        assert_eq!(story.get("help_desk", &path).await.expect(200), swept);
        story
            .get("supervisor", &path)
            .await
            .problem(403, "forbidden");
    });
}

#[test]
fn a_dry_run_looks_ahead_and_a_real_sweep_never_does() {
    on_both(|database| async move {
        let logins = Logins::on(&database).await;
        let story = &logins.story;
        logins.warned().await;
        let ahead = json!({ "implementation_id": story.hand, "as_of": "2026-04-20T00:00:00Z" });
        let refused = story.post("admin", SWEEPS, &ahead).await;
        refused.problem(422, "invalid");
        assert_eq!(refused.faults(), ["/as_of"]);
        let path = format!("{SWEEPS}?dry_run=true");
        let tried = story.post("admin", &path, &ahead).await.expect(200);
        assert_eq!(tried["changes"][0]["at"], "2026-04-09T04:00:00Z");
        assert_eq!(logins.state().await, "warned");
        let unknown = json!({ "implementation_id": super::NOBODY });
        let refused = story.post("admin", SWEEPS, &unknown).await;
        assert_eq!(refused.faults(), ["/implementation_id"]);
        // What a source behind may still save is looked at again and again, and changes nothing.
        story.at("2026-04-08T12:00:00Z");
        let waiting = story.post("admin", SWEEPS, &all(story)).await.expect(201);
        assert_eq!(
            (&waiting["people"], &waiting["changes"]),
            (&json!(1), &json!([]))
        );
    });
}

#[test]
fn two_sweepers_record_each_change_once() {
    on_both(|database| async move {
        let logins = Logins::on(&database).await;
        overdue(&logins).await;
        let app = &logins.story.app.app;
        let (one, other) = futures_util::future::join(app.sweep_all(), app.sweep_all()).await;
        let changes: usize = [one.unwrap(), other.unwrap()]
            .iter()
            .flatten()
            .map(|sweep| sweep.changes.len())
            .sum();
        assert_eq!(changes, 1);
        assert!(app.sweep_all().await.unwrap().is_empty());
        assert_eq!(logins.story.list("admin", SWEEPS).await.len(), 1);
    });
}

#[test]
fn after_forty_days_without_any_sweep_one_records_them_all() {
    on_both(|database| async move {
        let logins = Logins::on(&database).await;
        let story = &logins.story;
        logins.warned().await;
        let request = story.request(
            story.corktown,
            &json!({ "given_name": "Ada", "family_name": "Quist" }),
        );
        let request = story
            .post("supervisor", "/v1/license-requests", &request)
            .await;
        let request = request.expect(201);
        story
            .depart_dana("supervisor", "2026-04-04T17:00:00-04:00")
            .await;
        story.at("2026-05-14T12:00:00Z");
        let sweeps = story.app.app.sweep_all().await.unwrap();
        assert_eq!(sweeps.len(), 1);
        assert_eq!(sweeps[0].changes.len(), 1);
        // The departure was stronger than the inactivity that would have come later.
        let ended = story.license("admin", &logins.license).await;
        assert_eq!(ended["since"], "2026-04-04T21:00:00Z");
        let path = format!("/v1/license-requests/{}", text(&request["id"]));
        let request = story.get("admin", &path).await.expect(200);
        assert_eq!(request["state"], "submitted");
    });
}
