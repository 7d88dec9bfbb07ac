//! Add-ons that owe something by themselves: a miss reaches only the add-on.

use serde_json::{Value, json};

use super::under;
use crate::stories::{Story, text, texts};
use crate::support::database::{TestDatabase, on_both};

const KEY: &str = "add_on:reports:course:reports";

/// Dana with the add-on `reports`, whose course is owed again every six months.
async fn with_reports(database: &TestDatabase, on_miss: &str) -> (Story, String) {
    let reports = json!({
        "title": "Reports",
        "license": { "kind": "add_on", "depends_on": ["end_user"] },
        "requirement_sets": { "own": { "courses": [{ "course": "reports" }] } },
        "classes": { "add_on": { "kind": "set", "set": "own" } },
        "recertification": {
            "schedule": { "kind": "rolling", "months": 6 },
            "items": [{ "kind": "course", "course": "reports" }],
            "on_miss": on_miss,
        },
    });
    let changes = [
        ("/license_types/reports", reports),
        ("/courses/reports", json!({ "title": "Reports" })),
    ];
    let (story, license) = under(database, &changes).await;
    let mut ask = story.request_for_dana();
    ask["license_type"] = json!("reports");
    let request = story
        .post("supervisor", "/v1/license-requests", &ask)
        .await
        .expect(201);
    let id = text(&request["id"]);
    story.decide("admin", id, "approve").await.expect(200);
    story
        .pass("trainer", story.dana, "reports")
        .await
        .expect(201);
    story.decide("admin", id, "activate").await.expect(200);
    (story, license)
}

async fn add_on(story: &Story, license: &str) -> Value {
    let seen = story.license("dana", license).await;
    assert_eq!(seen["state"], "active");
    seen["add_ons"].clone()
}

async fn told(story: &Story, license: &str) {
    story.at("2026-08-25T15:00:00Z");
    story
        .tell(
            license,
            "recertification",
            Some(KEY),
            ["2026-03-03", "2026-09-04"],
        )
        .await;
}

#[test]
fn a_lapse_suspends_the_add_on_alone_and_what_is_made_good_brings_it_back() {
    on_both(|database| async move {
        let (story, license) = with_reports(&database, "suspend").await;
        let explained = story.explained("dana", &license).await;
        let keys: Vec<&str> = explained["requirements"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| text(&row["requirement"]))
            .collect();
        assert!(keys.contains(&KEY), "{keys:?}");
        told(&story, &license).await;
        let seen = story.license("dana", &license).await;
        assert_eq!(seen["next_automatic_change"]["at"], "2026-09-04T04:00:00Z");

        story.at("2026-09-04T03:59:59Z");
        assert_eq!(add_on(&story, &license).await[0]["state"], "on");
        story.at("2026-09-04T04:00:00Z");
        assert_eq!(add_on(&story, &license).await[0]["state"], "suspended");
        let decision = story.sign_in("").await;
        assert_eq!(decision["allowed"], true);
        assert_eq!(decision["licenses"][0].get("add_ons"), None);
        let who = story.explained("dana", &license).await["who_can_act"].clone();
        assert!(
            texts(&who).join("; ").contains("the end user: Reports"),
            "{who}"
        );

        story
            .pass("trainer", story.dana, "reports")
            .await
            .expect(201);
        assert_eq!(add_on(&story, &license).await[0]["state"], "on");
        assert_eq!(
            story.sign_in("").await["licenses"][0]["add_ons"],
            json!(["reports"])
        );
    });
}

#[test]
fn a_lapse_may_end_the_add_on_alone_and_a_pass_that_came_late_awaits_staff() {
    on_both(|database| async move {
        let (story, license) = with_reports(&database, "deactivate").await;
        told(&story, &license).await;
        story.at("2026-09-10T14:00:00Z");
        assert_eq!(add_on(&story, &license).await, Value::Null);
        let late = json!({
            "person_id": story.dana, "course": "reports", "outcome": "pass",
            "completed_on": "2026-09-02",
        });
        story
            .post("trainer", "/v1/training-completions", &late)
            .await
            .expect(201);
        let seen = add_on(&story, &license).await;
        assert_eq!(seen[0]["state"], "awaits_confirmation");
        let path = format!("/v1/add-ons/{}/confirm", text(&seen[0]["id"]));
        let on = story
            .post("admin", &path, &json!({ "expected_version": 1 }))
            .await
            .expect(200);
        assert_eq!(on["state"], "on");
    });
}
