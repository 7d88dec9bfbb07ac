//! A prairie HMIS in Central time: limits by license type, two warning steps, a ladder of its own, and readers who are
//! exempt from training.

use serde_json::{Value, json};

use super::{Community, plain, text, texts};
use crate::support::database::{TestDatabase, on_both};

fn policy() -> Value {
    let mut policy = plain("America/Chicago");
    policy["courses"] = json!({
        "data_entry": { "title": "Data entry" },
        "what_changed": { "title": "What changed while you were away" },
    });
    policy["license_types"] = json!({
        "writer": {
            "title": "Enters data",
            "license": { "kind": "base" },
            "requirement_sets": {
                "first": { "courses": [{ "course": "data_entry" }] },
                "back": { "courses": [
                    { "course": "data_entry" },
                    { "course": "what_changed", "evidence_from": "last_end" },
                ] },
            },
            "classes": {
                "new": { "kind": "set", "set": "first" },
                "additional": { "kind": "set", "set": "first" },
                "returning": { "kind": "return_ladder", "otherwise": "first" },
                "type_change": { "kind": "set", "set": "first" },
            },
            "inactivity": {
                "off_rule": {
                    "limit": { "days": 21 },
                    "steps": [
                        { "after": { "days": 10 }, "tells": ["user"] },
                        { "after": { "days": 18 }, "tells": ["user", "supervisors"] },
                    ],
                    "grace": { "days": 2 },
                },
                "off_action": "deactivate",
                "return_ladder": [
                    { "up_to": { "days": 40 }, "then": { "kind": "reactivate_if_current", "otherwise": "first" } },
                    { "up_to": { "months": 4 }, "then": { "kind": "requirement_set", "set": "back" } },
                    { "then": { "kind": "as_new" } },
                ],
                "login_serves": "license",
            },
        },
        "reader": {
            "title": "Reads reports",
            "license": { "kind": "base" },
            "requirement_sets": { "nothing": {} },
            "classes": {
                "new": { "kind": "set", "set": "nothing" },
                "additional": { "kind": "set", "set": "nothing" },
                "returning": { "kind": "set", "set": "nothing" },
                "type_change": { "kind": "set", "set": "nothing" },
            },
            "inactivity": {
                "off_rule": {
                    "limit": { "days": 60 },
                    "steps": [{ "after": { "days": 60 }, "tells": ["user"] }],
                    "grace": { "days": 14 },
                },
                "off_action": "deactivate",
                "login_serves": "license",
            },
        },
    });
    policy
}

async fn prairie(database: &TestDatabase) -> Community {
    Community::posting(database, ("prairie", "America/Chicago"), &policy()).await
}

fn step(step: u8) -> Value {
    json!({ "rule": "inactivity", "step": step })
}

#[test]
fn a_reader_is_licensed_at_once_and_has_a_limit_of_his_own() {
    on_both(|database| async move {
        let prairie = prairie(&database).await;
        let request = prairie.request(&prairie.ask("reader").await).await;
        assert_eq!(request["state"], "fulfilled");
        let license = text(&request["license_id"]);
        // Monday 2026-03-02, noon in Chicago: more than 60 days are over on 2026-05-02.
        prairie.at("2026-05-02T04:59:59Z");
        let early = prairie
            .tell(license, &step(0), "2026-03-02", "2026-05-17")
            .await;
        early.problem(409, "transition_refused");
        prairie.at("2026-05-02T05:00:00Z");
        let soon = prairie
            .tell(license, &step(0), "2026-03-02", "2026-05-16")
            .await;
        soon.problem(422, "invalid");
        let told = prairie
            .tell(license, &step(0), "2026-03-02", "2026-05-17")
            .await;
        told.expect(201);
        assert_eq!(prairie.state(license).await, "warned");
    });
}

#[test]
fn two_steps_warn_and_only_the_last_one_starts_the_grace() {
    on_both(|database| async move {
        let prairie = prairie(&database).await;
        let request = prairie.ask("writer").await;
        assert_eq!(prairie.request(&request).await["state"], "onboarding");
        prairie.pass("data_entry", "2026-02-20").await;
        let request = prairie.request(&request).await;
        assert_eq!(request["state"], "fulfilled");
        let license = text(&request["license_id"]).to_owned();
        prairie.later(60);
        prairie.login("first").await;
        // More than 10 days: 03-13, in daylight saving time.
        prairie.at("2026-03-13T05:00:00Z");
        prairie
            .tell(&license, &step(0), "2026-03-02", "2026-03-24")
            .await
            .expect(201);
        assert_eq!(prairie.state(&license).await, "warned");
        // Three weeks are over, but nobody was told a second time: access stays.
        prairie.at("2026-03-26T15:00:00Z");
        prairie.complete_through("2026-03-26T15:00:00Z").await;
        assert_eq!(prairie.state(&license).await, "warned");
        prairie
            .tell(&license, &step(1), "2026-03-02", "2026-03-29")
            .await
            .expect(201);
        prairie.at("2026-03-29T04:59:59.999999Z");
        assert_eq!(prairie.state(&license).await, "warned");
        prairie.at("2026-03-29T05:00:00Z");
        prairie.complete_through("2026-03-29T05:00:00Z").await;
        let ended = prairie.license(&license).await;
        assert_eq!(ended["state"], "deactivated");
        assert_eq!(ended["since"], "2026-03-29T05:00:00Z");

        // More than 40 days after the last login it takes a request.
        prairie.at("2026-04-12T05:00:00Z");
        let path = format!("/v1/licenses/{license}");
        let body = json!({ "expected_version": ended["version"] });
        let refused = prairie
            .post("admin", &format!("{path}/reactivate"), &body)
            .await;
        let refused = refused.problem(409, "transition_refused");
        let needs = texts(&refused["needs"]).join(" ");
        assert!(
            needs.contains("rung 2") && needs.contains("`back`"),
            "{needs}"
        );
        let back = prairie.ask("writer").await;
        let shown = prairie.request(&back).await;
        assert_eq!(shown["class"], "returning");
        assert_eq!(shown["needs"], json!(["`what_changed` is not passed"]));
        prairie.pass("what_changed", "2026-04-12").await;
        assert_eq!(prairie.request(&back).await["state"], "fulfilled");
        assert_eq!(prairie.state(&license).await, "active");
    });
}

#[test]
fn within_forty_days_staff_switch_it_on_again() {
    on_both(|database| async move {
        let prairie = prairie(&database).await;
        prairie.pass("data_entry", "2026-02-20").await;
        let request = prairie.request(&prairie.ask("writer").await).await;
        let license = text(&request["license_id"]).to_owned();
        prairie.later(60);
        prairie.login("only").await;
        prairie.later(60);
        prairie.depart("2026-03-02T19:30:00Z").await;
        assert_eq!(prairie.state(&license).await, "deactivated");
        prairie.at("2026-04-12T04:59:59Z");
        let path = format!("/v1/licenses/{license}");
        prairie.decide(&path, "reactivate").await.expect(200);
        assert_eq!(prairie.state(&license).await, "active");
    });
}
