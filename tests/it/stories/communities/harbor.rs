//! A harbor city's HMIS in Eastern time: three practice attempts or ten days, a grace in business days, and whoever
//! stays away is suspended instead of deactivated.

use serde_json::{Value, json};

use super::{Community, plain, text};
use crate::support::database::{TestDatabase, on_both};

fn policy() -> Value {
    let mut policy = plain("America/New_York");
    policy["requests"]["approval"] = json!([{ "by": { "kind": "role", "role": "trainer" } }]);
    policy["workflows"] = json!({ "housing": { "title": "Housing", "project_types": [3, 9, 13] } });
    policy["practice_sets"] = json!({
        "harbor_cases": { "title": "Five families", "workflow": "housing", "cases": 5 },
    });
    policy["agreements"] = json!({
        "promise": {
            "title": "The promise",
            "version": "2026",
            "parties": ["end_user", "agency"],
            "new_version_days": 14,
            "on_lapse": "suspend",
        },
    });
    policy["license_types"] = json!({
        "crew": {
            "title": "Crew",
            "license": { "kind": "base" },
            "requirement_sets": {
                "all": {
                    "agreements": [{ "agreement": "promise", "step": "sign" }],
                    "practice": [{ "practice_set": "harbor_cases", "step": "practise" }],
                    "order": ["sign", "practise"],
                },
            },
            "classes": {
                "new": { "kind": "set", "set": "all" },
                "additional": { "kind": "same_as", "class": "new" },
                "returning": { "kind": "same_as", "class": "new" },
            },
            "practice": { "release": "at_once", "max_attempts": 3, "pass_mark": 85 },
            "onboarding": {
                "staff_time_counts": true,
                "deadlines": [{
                    "code": "ten_days",
                    "title": "Practice within ten days",
                    "start": { "kind": "practice_admission" },
                    "goal": { "kind": "practice_accepted" },
                    "length": { "days": 10 },
                    "on_miss": { "kind": "lapse_request" },
                }],
            },
            "inactivity": {
                "off_rule": {
                    "limit": { "days": 45 },
                    "limit_inclusive": true,
                    "steps": [{ "after": { "days": 45 }, "tells": ["user"] }],
                    "grace": { "business_days": 3 },
                },
                "off_action": "suspend",
                "return_ladder": [{ "then": { "kind": "reactivate_if_current", "otherwise": "all" } }],
                "login_serves": "person",
                "login_report_lag_hours": 6,
            },
        },
    });
    policy
}

async fn harbor(database: &TestDatabase) -> Community {
    Community::posting(database, ("harbor", "America/New_York"), &policy()).await
}

/// Robin's request, approved by a trainer and signed for: practice is open.
async fn practising(harbor: &Community) -> String {
    let request = harbor.ask("crew").await;
    let path = format!("/v1/license-requests/{request}");
    let version = harbor.request(&request).await["version"].clone();
    let body = json!({ "expected_version": version });
    let approved = harbor
        .post("trainer", &format!("{path}/approve"), &body)
        .await;
    approved.expect(200);
    harbor.sign("promise", "2026-03-02").await;
    assert_eq!(harbor.request(&request).await["state"], "practice");
    request
}

/// Robin hands the cases in and a trainer scores them.
async fn practised(harbor: &Community, score: u8) -> Value {
    harbor.later(30);
    let body = json!({ "person_id": harbor.robin, "practice_set": "harbor_cases" });
    let made = harbor
        .post("robin", "/v1/practice-case-submissions", &body)
        .await;
    let submission = made.expect(201)["id"].clone();
    harbor.later(30);
    let result = if score < 85 { "failed" } else { "accepted" };
    let body = json!({ "submission_id": submission, "result": result, "score": score });
    let result = harbor
        .post("trainer", "/v1/practice-case-results", &body)
        .await;
    result.expect(201)
}

#[test]
fn three_failed_attempts_end_the_request() {
    on_both(|database| async move {
        let harbor = harbor(&database).await;
        let request = practising(&harbor).await;
        for state in ["practice", "practice", "lapsed"] {
            practised(&harbor, 60).await;
            assert_eq!(harbor.request(&request).await["state"], state);
        }
    });
}

#[test]
fn so_do_ten_days_and_staffs_time_counts() {
    on_both(|database| async move {
        let harbor = harbor(&database).await;
        let request = practising(&harbor).await;
        let body = json!({ "person_id": harbor.robin, "practice_set": "harbor_cases" });
        let made = harbor
            .post("robin", "/v1/practice-case-submissions", &body)
            .await;
        made.expect(201);
        // Through the end of Thursday 03-12, while the cases lie with staff.
        harbor.at("2026-03-13T03:59:59Z");
        assert_eq!(harbor.request(&request).await["state"], "in_review");
        harbor.at("2026-03-13T04:00:00Z");
        assert_eq!(harbor.request(&request).await["state"], "lapsed");
    });
}

#[test]
fn whoever_stays_away_is_suspended_after_three_business_days_and_comes_back() {
    on_both(|database| async move {
        let harbor = harbor(&database).await;
        let request = practising(&harbor).await;
        practised(&harbor, 95).await;
        let request = harbor.request(&request).await;
        assert_eq!(request["state"], "fulfilled");
        let license = text(&request["license_id"]).to_owned();
        harbor.later(5);
        harbor.login("once").await;
        // The 45th day itself falls under the rule: told on Thursday 04-16, three business days end on Tuesday 04-21.
        let step = json!({ "rule": "inactivity", "step": 0 });
        harbor.at("2026-04-16T03:59:59Z");
        let early = harbor
            .tell(&license, &step, "2026-03-02", "2026-04-22")
            .await;
        early.problem(409, "transition_refused");
        harbor.at("2026-04-16T04:00:00Z");
        let soon = harbor
            .tell(&license, &step, "2026-03-02", "2026-04-21")
            .await;
        soon.problem(422, "invalid");
        harbor
            .tell(&license, &step, "2026-03-02", "2026-04-22")
            .await
            .expect(201);
        // The vendor's file is silent, so the cut-off waits six hours for it.
        harbor.at("2026-04-22T09:59:59Z");
        assert_eq!(harbor.state(&license).await, "warned");
        harbor.at("2026-04-22T10:00:00Z");
        assert_eq!(harbor.state(&license).await, "suspended");
        assert_eq!(harbor.blocks(&license).await, ["long_inactivity"]);
        let path = format!("/v1/licenses/{license}");
        harbor.decide(&path, "reactivate").await.expect(200);
        assert_eq!(harbor.state(&license).await, "active");
        // What the policy does not say does not act: there is no yearly recertification here.
        let shown = harbor.get("admin", &format!("{path}/explanation")).await;
        let requirements = shown["requirements"].as_array().unwrap();
        assert_eq!(requirements.len(), 2, "{requirements:?}");
    });
}
