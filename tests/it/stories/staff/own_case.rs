//! Nobody decides about himself, whatever roles he has besides.

use hmis_licensing::application::actor::Role;
use serde_json::json;

use crate::stories::{Story, text};
use crate::support::database::on_both;

#[test]
fn an_administrator_decides_nothing_about_his_own_license() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        story
            .grant("dana", Role::SystemAdmin, None, Some(story.dana))
            .await;
        story.at("2026-03-03T14:00:00Z");
        let hold = story.hold(&license, "investigation").await;
        let at_corktown = |mut body: serde_json::Value| {
            body["person_id"] = json!(story.dana);
            body["organization_id"] = json!(story.corktown);
            body
        };
        let leave = at_corktown(json!({ "from_on": "2026-04-01" }));
        let leave = story.post("admin", "/v1/leaves", &leave).await.expect(201);
        let of = |path: &str, id: &serde_json::Value, action: &str| {
            format!("/v1/{path}/{}/{action}", text(id))
        };
        let decided = json!({ "expected_version": 1, "report": { "reason": "It is mine." } });
        let reason = json!({ "reason": "It is mine." });
        let id = json!(license);
        let mut returned = decided.clone();
        returned["returned_on"] = json!("2026-04-02");
        let before = story.census().await;
        for (path, body) in [
            (
                "/v1/holds".to_owned(),
                json!({ "license_id": license, "cause": "violation", "report": reason }),
            ),
            (of("holds", &hold["id"], "lift"), decided.clone()),
            (
                "/v1/leaves".to_owned(),
                at_corktown(json!({ "from_on": "2026-05-01" })),
            ),
            (of("leaves", &leave["id"], "cancel"), decided.clone()),
            (of("leaves", &leave["id"], "return"), returned),
            (
                "/v1/bars".to_owned(),
                json!({ "person_id": story.dana, "report": reason }),
            ),
            (
                "/v1/waivers".to_owned(),
                at_corktown(json!({
                    "requirement": "course:hand_policy_and_procedure", "reason": "I know it.",
                })),
            ),
            (
                "/v1/departure-notices".to_owned(),
                at_corktown(json!({
                    "ended_on": "2026-03-02", "report": { "reported_by": { "name": "I" } },
                })),
            ),
            (of("licenses", &id, "reactivate"), decided.clone()),
            (of("licenses", &id, "reinstate"), decided.clone()),
            (of("contested-items", &id, "uphold"), decided.clone()),
        ] {
            let answer = story.post("dana", &path, &body).await;
            assert_eq!(answer.status, 403, "{path}: {}", answer.text);
            answer.problem(403, "own_case");
        }
        assert_eq!(story.census().await, before);
        let bar = json!({ "person_id": story.dana, "report": { "reason": "Sold a password." } });
        let bar = story.post("admin", "/v1/bars", &bar).await.expect(201);
        story
            .post("dana", &of("bars", &bar["id"], "lift"), &decided)
            .await
            .problem(403, "own_case");
    });
}

#[test]
fn a_supervisor_records_no_leave_of_his_own() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story.license_dana().await;
        story
            .grant(
                "dana",
                Role::Supervisor,
                Some(story.corktown),
                Some(story.dana),
            )
            .await;
        let body = json!({
            "person_id": story.dana, "organization_id": story.corktown, "from_on": "2026-05-01",
        });
        story
            .post("dana", "/v1/leaves", &body)
            .await
            .problem(403, "own_case");
        story
            .post("supervisor", "/v1/leaves", &body)
            .await
            .expect(201);
    });
}
