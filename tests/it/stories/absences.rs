//! The circuit breaker: a tenth of an HMIS does not lose access in a night without anybody looking.

use serde_json::{Value, json};

use super::communities::{Community, plain};
use super::text;
use crate::support::database::{TestDatabase, on_both};

const HOLDS: &str = "/v1/absence-holds";

/// Licenses that need nothing and expire after 30 days, without any notice.
fn policy() -> Value {
    let mut policy = plain("America/New_York");
    policy["license_types"] = json!({
        "reader": {
            "title": "Reads reports",
            "license": { "kind": "base" },
            "requirement_sets": { "nothing": {} },
            "classes": {
                "new": { "kind": "set", "set": "nothing" },
                "additional": { "kind": "set", "set": "nothing" },
                "returning": { "kind": "set", "set": "nothing" },
            },
            "term": {
                "ends": { "kind": "after", "length": { "days": 30 } },
                "renewed_by": ["supervisor"],
            },
        },
    });
    policy["notices"] = json!({ "minimum_days": { "term": 0 } });
    policy
}

/// Licensed since Monday 2026-03-02, so many people; their term ends with Wednesday 2026-04-01.
pub async fn licensed(database: &TestDatabase, people: usize) -> (Community, Vec<String>) {
    licensed_in(database, "readers", people).await
}

/// The same in an implementation of one's own.
pub async fn licensed_in(
    database: &TestDatabase,
    code: &str,
    people: usize,
) -> (Community, Vec<String>) {
    licensed_under(database, (code, &policy()), people).await
}

/// The same under other rules.
async fn licensed_under(
    database: &TestDatabase,
    (code, policy): (&str, &Value),
    people: usize,
) -> (Community, Vec<String>) {
    let community = Community::posting(database, (code, "America/New_York"), policy).await;
    let mut licenses = Vec::new();
    for place in 0..people {
        let body = json!({
            "organization_id": community.organization,
            "person": {
                "given_name": format!("Given{place}"),
                "family_name": format!("Family{place}"),
            },
            "license_type": "reader",
            "project_ids": [community.project],
            "attestations": [{ "code": "job_need" }],
        });
        let made = community
            .post("supervisor", "/v1/license-requests", &body)
            .await;
        licenses.push(text(&made.expect(201)["license_id"]).to_owned());
    }
    (community, licenses)
}

pub async fn sweep(community: &Community, query: &str) -> Value {
    let implementation = community.implementation.as_str();
    let body = json!({ "implementation_id": implementation });
    let path = format!("/v1/sweeps{query}");
    let code = if query.is_empty() { 201 } else { 200 };
    community.post("admin", &path, &body).await.expect(code)
}

fn decided(version: i32) -> Value {
    json!({ "expected_version": version, "report": { "reason": "We looked." } })
}

#[test]
fn too_many_at_once_wait_until_staff_let_them_proceed() {
    on_both(|database| async move {
        let (community, licenses) = licensed(&database, 21).await;
        // Wednesday, six in the evening: all end at midnight.
        community.at("2026-04-01T22:00:00Z");
        let tried = sweep(&community, "?dry_run=true").await;
        assert_eq!(tried["absence_hold"], json!({ "affected": 21, "of": 21 }));
        let none = community.get("admin", HOLDS).await;
        assert_eq!(none["data"], json!([]), "a dry run keeps nothing");
        let swept = sweep(&community, "").await;
        assert_eq!(swept["absence_hold"]["affected"], 21);
        let again = sweep(&community, "").await;
        assert_eq!(again.get("absence_hold"), None, "once");

        let holds = community.get("admin", HOLDS).await;
        let hold = holds["data"][0].clone();
        assert_eq!(holds["data"].as_array().unwrap().len(), 1);
        assert_eq!(hold["open"], true);
        assert_eq!(hold["until"], "2026-04-04T22:00:00Z");
        community.at("2026-04-02T12:00:00Z");
        sweep(&community, "").await;
        assert_eq!(community.state(&licenses[0]).await, "active");

        let path = format!("{HOLDS}/{}", text(&hold["id"]));
        let stopped = community
            .post("admin", &format!("{path}/stop"), &decided(1))
            .await;
        let stopped = stopped.expect(200);
        assert_eq!(stopped.get("until"), None);
        let twice = community
            .post("admin", &format!("{path}/stop"), &decided(2))
            .await;
        twice.problem(409, "transition_refused");
        let stale = community
            .post("admin", &format!("{path}/proceed"), &decided(1))
            .await;
        stale.problem(412, "stale");
        community.at("2026-04-20T12:00:00Z");
        assert_eq!(
            community.state(&licenses[0]).await,
            "active",
            "72 hours are over, and it waits"
        );
        let proceeded = community
            .post("admin", &format!("{path}/proceed"), &decided(2))
            .await;
        assert_eq!(proceeded.expect(200)["open"], false);
        for license in [&licenses[0], &licenses[20]] {
            assert_eq!(community.state(license).await, "expired");
        }
        // What proceeded is recorded, and no new hold is opened for it.
        let swept = sweep(&community, "").await;
        assert_eq!(swept.get("absence_hold"), None);
        assert_eq!(swept["changes"].as_array().unwrap().len(), 21);
        let over = community
            .post("admin", &format!("{path}/stop"), &decided(3))
            .await;
        over.problem(409, "transition_refused");
    });
}

#[test]
fn what_staff_let_proceed_before_its_instant_is_not_held_again() {
    on_both(|database| async move {
        let (community, licenses) = licensed(&database, 21).await;
        community.at("2026-04-01T22:00:00Z");
        let swept = sweep(&community, "").await;
        let hold = text(&swept["absence_hold"]["id"]).to_owned();
        community.at("2026-04-01T22:30:00Z");
        let path = format!("{HOLDS}/{hold}/proceed");
        community
            .post("admin", &path, &decided(1))
            .await
            .expect(200);
        for now in ["2026-04-01T22:31:00Z", "2026-04-02T03:59:00Z"] {
            community.at(now);
            assert_eq!(sweep(&community, "").await.get("absence_hold"), None);
            assert_eq!(community.state(&licenses[0]).await, "active");
        }
        community.at("2026-04-02T04:00:00Z");
        assert_eq!(community.state(&licenses[0]).await, "expired");
    });
}

#[test]
fn when_nobody_decides_what_waits_happens_after_72_hours() {
    on_both(|database| async move {
        let (community, licenses) = licensed(&database, 21).await;
        community.at("2026-04-01T22:00:00Z");
        sweep(&community, "").await;
        community.at("2026-04-04T21:59:59Z");
        assert_eq!(community.state(&licenses[3]).await, "active");
        community.at("2026-04-04T22:00:00Z");
        assert_eq!(community.state(&licenses[3]).await, "expired");
        let swept = sweep(&community, "").await;
        assert_eq!(swept["changes"].as_array().unwrap().len(), 21);
        assert_eq!(swept.get("absence_hold"), None);
    });
}

#[test]
fn twenty_at_once_or_a_batch_that_was_approved_do_not_halt() {
    on_both(|database| async move {
        let (community, licenses) = licensed(&database, 21).await;
        community.at("2026-03-20T12:00:00Z");
        let mut approval = json!({
            "implementation_id": community.implementation,
            "rule": "waiver",
            "on": "2026-04-02",
            "report": { "reason": "All end with March." },
        });
        let path = "/v1/batch-approvals";
        let refused = community.post("admin", path, &approval).await;
        assert_eq!(refused.faults(), ["/rule"]);
        approval["on"] = json!("2026-03-19");
        approval["report"] = json!({});
        let refused = community.post("admin", path, &approval).await;
        assert_eq!(refused.faults(), ["/report/reason", "/rule", "/on"]);
        approval["report"] = json!({ "reason": "All end with March." });
        approval["rule"] = json!("term");
        let refused = community.post("admin", path, &approval).await;
        assert_eq!(refused.faults(), ["/on"]);
        approval["on"] = json!("2026-04-02");
        community.post("admin", path, &approval).await.expect(200);
        let listed = community.get("admin", path).await;
        assert_eq!(listed["data"][0]["rule"], "term");
        community.at("2026-04-01T22:00:00Z");
        let swept = sweep(&community, "").await;
        assert_eq!(swept.get("absence_hold"), None);
        community.at("2026-04-02T04:00:00Z");
        assert_eq!(community.state(&licenses[0]).await, "expired");
    });
    on_both(|database| async move {
        let (community, licenses) = licensed(&database, 20).await;
        community.at("2026-04-01T22:00:00Z");
        assert_eq!(sweep(&community, "").await.get("absence_hold"), None);
        community.at("2026-04-02T04:00:00Z");
        assert_eq!(community.state(&licenses[0]).await, "expired");
    });
}

#[test]
fn staff_hold_absences_by_hand_one_hold_at_a_time() {
    on_both(|database| async move {
        let (community, licenses) = licensed(&database, 1).await;
        community.at("2026-04-01T22:00:00Z");
        let mut body = json!({
            "implementation_id": community.implementation,
            "until": "2026-04-05T22:00:01Z",
            "report": { "reason": "The nightly file was empty since Friday." },
        });
        let refused = community.post("admin", HOLDS, &body).await;
        assert_eq!(refused.faults(), ["/until"]);
        body["until"] = json!("2026-04-01T21:00:00Z");
        let refused = community.post("admin", HOLDS, &body).await;
        assert_eq!(refused.faults(), ["/until"]);
        body["until"] = json!("2026-04-03T12:00:00Z");
        let refused = community.post("trainer", HOLDS, &body).await;
        refused.problem(403, "forbidden");
        let held = community.post("admin", HOLDS, &body).await.expect(201);
        assert_eq!(held.get("affected"), None);
        let twice = community.post("admin", HOLDS, &body).await;
        twice.problem(409, "transition_refused");
        community.at("2026-04-03T11:59:59Z");
        assert_eq!(community.state(&licenses[0]).await, "active");
        community.at("2026-04-03T12:00:00Z");
        assert_eq!(community.state(&licenses[0]).await, "expired");
    });
}

#[test]
fn two_sweepers_open_one_hold() {
    on_both(|database| async move {
        let (community, _) = licensed(&database, 21).await;
        community.at("2026-04-01T22:00:00Z");
        let app = &community.app.app;
        let (one, other) = futures_util::future::join(app.sweep_all(), app.sweep_all()).await;
        let holds = [one.unwrap(), other.unwrap()]
            .iter()
            .flatten()
            .filter(|sweep| sweep.absence_hold.is_some())
            .count();
        assert_eq!(holds, 1);
        let kept = community.get("admin", HOLDS).await;
        assert_eq!(kept["data"].as_array().unwrap().len(), 1);
    });
}

#[test]
fn a_version_that_ends_many_is_held_before_it_begins() {
    on_both(|database| async move {
        let mut without = policy();
        let reader = without["license_types"]["reader"].as_object_mut().unwrap();
        let term = reader.remove("term").unwrap();
        let mut with = without.clone();
        with["license_types"]["reader"]["term"] = term;
        let (community, licenses) = licensed_under(&database, ("readers", &without), 21).await;
        community.at("2026-06-01T12:00:00Z");
        let path = format!("/v1/implementations/{}/policies", community.implementation);
        let body = json!({ "effective_from": "2026-06-03T04:00:00Z", "document": with });
        community.post("admin", &path, &body).await.expect(201);
        // Nobody's term had an end; with the version all of them are over. A sweep looks at everybody under the new rules,
        // and counts then.
        community.at("2026-06-02T12:01:00Z");
        let tried = sweep(&community, "?dry_run=true").await;
        assert_eq!(tried["absence_hold"], json!({ "affected": 21, "of": 21 }));
        let swept = sweep(&community, "").await;
        assert_eq!(swept["absence_hold"]["affected"], 21);
        let holds = community.get("admin", HOLDS).await;
        assert_eq!(holds["data"][0]["affected"], 21, "{:?}", holds["data"]);
        community.at("2026-06-03T12:00:00Z");
        sweep(&community, "").await;
        assert_eq!(community.state(&licenses[0]).await, "active");
        community.at("2026-06-05T12:01:00Z");
        assert_eq!(community.state(&licenses[0]).await, "expired");
    });
}
