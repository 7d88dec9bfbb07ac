//! Bars: nobody who is barred holds or gets a license.

use serde_json::json;

use crate::stories::{Story, text};
use crate::support::database::on_both;

#[test]
fn a_bar_ends_the_license_and_blocks_every_way_back_until_it_is_lifted() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        story.at("2026-03-03T14:00:00Z");
        let body = json!({
            "person_id": story.dana, "report": { "reason": "Sold a password." },
        });
        let bar = story.post("admin", "/v1/bars", &body).await.expect(201);
        assert_eq!(bar["open"], true);
        assert_eq!(story.sign_in("").await["allowed"], false);
        let seen = story.license("admin", &license).await;
        assert_eq!(seen["state"], "deactivated");
        assert_eq!(seen["end"]["cause"], "barred");
        let seen = story.license("supervisor", &license).await;
        assert_eq!(seen["end"]["cause"], "contact_the_lead");
        for action in ["reactivate", "reinstate"] {
            let refused = story.act("admin", &license, action, json!({})).await;
            let problem = refused.problem(409, "transition_refused");
            assert_eq!(
                problem["needs"],
                json!(["the person may not hold a license here: contact the lead"]),
                "{action}"
            );
        }
        let request = story
            .post(
                "supervisor",
                "/v1/license-requests",
                &story.request_for_dana(),
            )
            .await;
        let problem = request.problem(409, "transition_refused");
        assert!(!problem.to_string().contains("bar"), "{problem}");

        story.at("2026-03-04T14:00:00Z");
        let path = format!("/v1/bars/{}", text(&bar["id"]));
        let lift = json!({ "expected_version": 1, "report": { "reason": "It was another." } });
        let lifted = story
            .post("admin", &format!("{path}/lift"), &lift)
            .await
            .expect(200);
        assert_eq!(lifted["open"], false);
        // Lifting gives nothing back by itself.
        assert_eq!(story.sign_in("").await["allowed"], false);
        story
            .act("admin", &license, "reactivate", json!({}))
            .await
            .expect(200);
        assert_eq!(story.sign_in("").await["allowed"], true);
        let again = json!({ "expected_version": 2, "report": { "reason": "Again." } });
        let refused = story.post("admin", &format!("{path}/lift"), &again).await;
        assert_eq!(refused.problem(409, "transition_refused")["state"], "ended");
    });
}

#[test]
fn why_somebody_is_barred_only_administrators_and_auditors_read() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story.license_dana().await;
        let body = json!({
            "person_id": story.dana, "until_on": "2027-03-31",
            "report": { "reason": "Sold a password." },
        });
        let bar = story.post("admin", "/v1/bars", &body).await.expect(201);
        let path = format!("/v1/bars/{}", text(&bar["id"]));
        for (who, knows_why) in [("admin", true), ("auditor", true), ("help_desk", false)] {
            let seen = story.get(who, &path).await.expect(200);
            assert_eq!(seen["report"].get("reason").is_some(), knows_why, "{who}");
        }
        for who in ["supervisor", "dana", "trainer", "frontend", "integration"] {
            story.get(who, &path).await.problem(403, "forbidden");
        }
        story
            .post("help_desk", "/v1/bars", &body)
            .await
            .problem(403, "forbidden");
        let mut unexplained = body;
        unexplained.as_object_mut().unwrap().remove("report");
        let refused = story.post("admin", "/v1/bars", &unexplained).await;
        assert_eq!(
            refused.problem(422, "invalid")["errors"][0]["pointer"],
            "/report/reason"
        );
    });
}
