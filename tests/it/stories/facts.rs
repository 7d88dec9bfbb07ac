//! Recording: once however often it is sent, audited whatever came of it, listed as it stands now.

use std::collections::BTreeSet;

use hmis_licensing::application::actor::Role;
use hmis_licensing::application::ports::AuditRecord;
use serde_json::{Value, json};

use super::{Story, text};
use crate::support::database::on_both;

#[expect(clippy::too_many_lines, reason = "one table of requests")]
/// One POST of each kind on the way of a license, in an order in which each succeeds: who, where, what.
async fn posts(story: &Story) -> Vec<(&'static str, String, Value)> {
    // A request to decide about each way, each for somebody else.
    let mut ids = Vec::new();
    for name in ["Approve", "Deny", "Withdraw", "Activate"] {
        let person = json!({ "given_name": name, "family_name": "Trainee" });
        let request = story
            .post(
                "supervisor",
                "/v1/license-requests",
                &story.request(story.corktown, &person),
            )
            .await
            .expect(201);
        ids.push(text(&request["id"]).to_owned());
        if name == "Activate" {
            let person = text(&request["person_id"]).parse().unwrap();
            story
                .decide("admin", text(&request["id"]), "approve")
                .await
                .expect(200);
            story.sign_all("supervisor", person, story.corktown).await;
            story.train(person).await;
        }
    }
    let license = story.license_dana().await;
    let mut ends = Vec::new();
    for day in ["2026-05-01", "2026-05-02", "2026-05-03", "2026-05-04"] {
        let body = json!({
            "license_id": license, "cause": "employment_ended", "effective_on": day,
        });
        let end = story
            .post("help_desk", "/v1/deactivations", &body)
            .await
            .expect(201);
        ends.push(text(&end["id"]).to_owned());
    }
    let request =
        |number: usize, command: &str| format!("/v1/license-requests/{}/{command}", ids[number]);
    let version = |version: i32| json!({ "expected_version": version });
    let activated = story
        .get("admin", &format!("/v1/license-requests/{}", ids[3]))
        .await
        .expect(200);
    let by_hmis = json!({ "external_id": { "system": "hmis_user_id", "value": "42" } });
    vec![
        (
            "supervisor",
            "/v1/license-requests".into(),
            story.request(story.corktown, &by_hmis),
        ),
        ("admin", request(0, "approve"), version(1)),
        (
            "admin",
            request(1, "deny"),
            json!({ "expected_version": 1, "reason": "No data entry." }),
        ),
        ("supervisor", request(2, "withdraw"), version(1)),
        (
            "admin",
            request(3, "activate"),
            json!({ "expected_version": activated["version"] }),
        ),
        (
            "supervisor",
            "/v1/agreement-signatures".into(),
            json!({
                "person_id": story.dana, "organization_id": story.corktown,
                "agreement": "code_of_ethics", "party": "end_user", "signed_on": "2026-03-01",
            }),
        ),
        (
            "trainer",
            "/v1/training-completions".into(),
            json!({
                "person_id": story.dana, "course": "data_quality", "outcome": "pass",
                "completed_on": "2026-03-01",
            }),
        ),
        (
            "supervisor",
            "/v1/departures".into(),
            json!({
                "person_id": story.dana, "organization_id": story.corktown,
                "ended_on": "2026-06-30",
            }),
        ),
        (
            "supervisor",
            "/v1/deactivations".into(),
            json!({
                "license_id": license, "cause": "no_longer_needed", "effective_on": "2026-06-29",
            }),
        ),
        (
            "supervisor",
            format!("/v1/departures/{}/reschedule", ends[0]),
            json!({ "expected_version": 1, "ended_on": "2026-05-20" }),
        ),
        (
            "supervisor",
            format!("/v1/departures/{}/cancel", ends[1]),
            version(1),
        ),
        (
            "help_desk",
            format!("/v1/deactivations/{}/reschedule", ends[2]),
            json!({ "expected_version": 1, "effective_on": "2026-05-21" }),
        ),
        (
            "help_desk",
            format!("/v1/deactivations/{}/cancel", ends[3]),
            version(1),
        ),
    ]
}

#[test]
fn each_post_is_done_once_however_often_it_is_sent() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let mut done = Vec::new();
        for (number, (who, path, body)) in posts(&story).await.into_iter().enumerate() {
            let key = format!("key-{number}");
            let first = story.post_once(who, &path, &key, &body).await;
            assert!(first.status.is_success(), "{path}: {}", first.text);
            assert_eq!(first.header("idempotent-replayed"), None, "{path}");
            let (census, audit) = (story.census().await, story.audit(Some(story.hand)).await);
            let again = story.post_once(who, &path, &key, &body).await;
            assert_eq!(again.status, first.status, "{path}: {}", again.text);
            assert_eq!(again.text, first.text, "{path}");
            assert_eq!(again.header("etag"), first.header("etag"), "{path}");
            assert_eq!(again.header("location"), first.header("location"), "{path}");
            assert_eq!(again.header("idempotent-replayed"), Some("true"), "{path}");
            let mut other = body.clone();
            other["report"] = json!({ "channel": "letter" });
            if path.ends_with("/deny") {
                other = body.clone();
                other["reason"] = json!("Another reason.");
            }
            let reused = story.post_once(who, &path, &key, &other).await;
            reused.problem(422, "idempotency_key_reused");
            assert_eq!(story.census().await, census, "{path}");
            assert_eq!(story.audit(Some(story.hand)).await, audit, "{path}");
            done.push((who, path, key, body));
        }
        // Whoever lost his role meanwhile does not get the answer again.
        for who in ["admin", "supervisor", "trainer", "help_desk"] {
            story.revoke(who).await;
        }
        for (who, path, key, body) in done {
            let refused = story.post_once(who, &path, &key, &body).await;
            refused.problem(403, "forbidden");
            assert_eq!(refused.header("idempotent-replayed"), None);
        }
    });
}

#[test]
fn a_replay_is_authorized_for_what_was_done() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let body = story.request_for_dana();
        let path = "/v1/license-requests";
        story
            .post_once("supervisor", path, "k", &body)
            .await
            .expect(201);
        // Still a supervisor, but of another agency: what was kept is not his any more.
        story.revoke("supervisor").await;
        story
            .grant("supervisor", Role::Supervisor, Some(story.jefferson), None)
            .await;
        let refused = story.post_once("supervisor", path, "k", &body).await;
        assert!(refused.status.is_client_error(), "{}", refused.text);
        assert_eq!(refused.header("idempotent-replayed"), None);
        assert!(!refused.text.contains("state"), "{}", refused.text);
        // Back at Corktown the answer is kept.
        story
            .grant("supervisor", Role::Supervisor, Some(story.corktown), None)
            .await;
        let again = story.post_once("supervisor", path, "k", &body).await;
        again.expect(201);
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
    });
}

fn parsed(records: &[AuditRecord]) -> Vec<Value> {
    records
        .iter()
        .map(|record| serde_json::from_str(&record.record).unwrap())
        .collect()
}

#[test]
fn every_command_leaves_one_audit_record_without_personal_values() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let canaries = ["Zephyrine", "Quillfeather", "zq-canary@agency.example"];
        let mut body = story.request(
            story.corktown,
            &json!({
                "given_name": canaries[0], "family_name": canaries[1], "email": canaries[2],
            }),
        );
        body["report"] = json!({
            "reported_by": { "name": "Canarius Reporter", "contact": "canary-phone" },
            "reason": "canary-reason",
        });
        let request = story
            .post("supervisor", "/v1/license-requests", &body)
            .await
            .expect(201);
        let id = text(&request["id"]).to_owned();
        let hand = parsed(&story.audit(Some(story.hand)).await);
        let submitted = hand.last().unwrap();
        assert_eq!(submitted["action"], "submit_request");
        assert_eq!(submitted["outcome"], "done");
        assert_eq!(submitted["organization_id"], json!(story.corktown));
        let touched = submitted["touched"].as_array().unwrap();
        assert!(touched.iter().any(|row| row["id"] == json!(id)));
        for field in ["given_name", "family_name", "email"] {
            assert_eq!(submitted["commitments"][field].as_str().unwrap().len(), 64);
        }
        // What is refused is on record too, with the implementation whose matter it was.
        for (who, command, reason, organization) in [
            ("supervisor", "deny", "forbidden", None),
            (
                "admin",
                "activate",
                "transition_refused",
                Some(story.corktown),
            ),
        ] {
            let before = story.audit(Some(story.hand)).await.len();
            let refused = story.decide(who, &id, command).await;
            assert!(refused.status.is_client_error());
            let after = parsed(&story.audit(Some(story.hand)).await);
            assert_eq!(after.len(), before + 1, "{command}");
            let record = after.last().unwrap();
            assert_eq!(record["outcome"], "refused");
            assert_eq!(record["reason"], reason);
            assert_eq!(
                record.get("organization_id").cloned(),
                organization.map(|id| json!(id))
            );
            assert_eq!(
                record["request_id"].as_str(),
                refused.header("x-request-id")
            );
        }
        story.license_dana().await;
        story
            .depart_dana("supervisor", "2026-03-09T21:00:00Z")
            .await;
        let mut records = story.audit(Some(story.hand)).await;
        records.extend(story.audit(None).await);
        for record in &records {
            for canary in canaries.iter().chain(&[
                "Canarius",
                "canary",
                "Dana",
                "Whitfield",
                "corktown-shelter",
            ]) {
                assert!(!record.record.contains(canary), "{canary}: {record:?}");
            }
        }
        let numbers = |records: &[AuditRecord]| -> BTreeSet<i64> {
            records.iter().map(|record| record.number).collect()
        };
        for implementation in [Some(story.hand), None] {
            let records = story.audit(implementation).await;
            let count = i64::try_from(records.len()).unwrap();
            assert_eq!(numbers(&records), (1..=count).collect());
        }
    });
}

#[test]
fn a_list_by_state_means_the_state_now() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        story
            .depart_dana("supervisor", "2026-03-09T21:00:00Z")
            .await;
        let ids = |rows: Vec<Value>| -> Vec<String> {
            rows.iter().map(|row| text(&row["id"]).to_owned()).collect()
        };
        let by = |state: &str| format!("/v1/licenses?state={state}");
        assert_eq!(
            ids(story.list("admin", &by("active")).await),
            std::slice::from_ref(&license)
        );
        assert!(story.list("admin", &by("deactivated")).await.is_empty());
        story.at("2026-03-09T21:00:00Z");
        // No job ran.
        for who in ["admin", "supervisor", "dana"] {
            assert!(story.list(who, &by("active")).await.is_empty(), "{who}");
            let listed = story.list(who, &by("deactivated")).await;
            assert_eq!(ids(listed.clone()), std::slice::from_ref(&license), "{who}");
            assert_eq!(listed[0]["state"], "deactivated");
            assert_eq!(listed[0]["end"]["at"], "2026-03-09T21:00:00Z");
        }
        assert!(story.list("jefferson", &by("deactivated")).await.is_empty());
    });
}

#[test]
fn pages_of_a_state_are_full_and_complete() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let mut open = BTreeSet::new();
        for number in 0..11 {
            let person =
                json!({ "given_name": "Trainee", "family_name": format!("Number {number}") });
            let request = story
                .post(
                    "supervisor",
                    "/v1/license-requests",
                    &story.request(story.corktown, &person),
                )
                .await
                .expect(201);
            let id = text(&request["id"]).to_owned();
            match number % 3 {
                // Withdrawn by hand, or by a departure whose instant passes without any job.
                0 => {
                    story
                        .decide("supervisor", &id, "withdraw")
                        .await
                        .expect(200);
                }
                1 => {
                    let body = json!({
                        "person_id": request["person_id"], "organization_id": story.corktown,
                        "ended_at": "2026-03-04T21:00:00Z",
                    });
                    story
                        .post("supervisor", "/v1/departures", &body)
                        .await
                        .expect(201);
                }
                _ => {
                    open.insert(id);
                }
            }
        }
        story.at("2026-03-05T12:00:00Z");
        for (state, expected) in [("submitted", open.len()), ("withdrawn", 11 - open.len())] {
            let mut path = format!("/v1/license-requests?state={state}&limit=2");
            let mut found = BTreeSet::new();
            loop {
                let page = story.get("supervisor", &path).await;
                let link = page.header("link").map(ToOwned::to_owned);
                let page = page.expect(200);
                let rows = page["data"].as_array().unwrap();
                for row in rows {
                    assert_eq!(row["state"], state);
                    assert!(found.insert(text(&row["id"]).to_owned()), "twice: {row}");
                }
                if page["page"]["has_more"] == json!(false) {
                    assert_eq!(link, None);
                    break;
                }
                assert_eq!(rows.len(), 2, "a page before the last is full");
                let cursor = text(&page["page"]["next_cursor"]).to_owned();
                path = format!("/v1/license-requests?state={state}&limit=2&cursor={cursor}");
            }
            assert_eq!(found.len(), expected, "{state}");
            if state == "submitted" {
                assert_eq!(found, open);
            }
            // A cursor belongs to its query and its caller.
            let foreign = path.replace("state=submitted", "state=denied");
            if foreign != path {
                let refused = story.get("supervisor", &foreign).await;
                refused.problem(400, "bad_cursor");
                let refused = story.get("admin", &path).await;
                refused.problem(400, "bad_cursor");
            }
        }
    });
}
