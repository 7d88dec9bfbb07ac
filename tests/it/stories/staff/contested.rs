//! Contested ends: listed until staff decide.

use serde_json::json;

use crate::stories::{Story, text};
use crate::support::database::on_both;

/// Dana's license, ended by a departure that somebody corrected the day after.
async fn contested(story: &Story) -> String {
    let license = story.license_dana().await;
    story.at("2026-03-05T14:00:00Z");
    let departure = story
        .depart_dana("supervisor", "2026-03-04T22:00:00Z")
        .await;
    assert_eq!(story.list("admin", "/v1/contested-items").await.len(), 0);
    story.at("2026-03-06T14:00:00Z");
    story.contest(&departure).await;
    license
}

#[test]
fn a_corrected_departure_that_took_effect_is_listed_until_staff_uphold_it() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = contested(&story).await;
        let seen = story.license("supervisor", &license).await;
        assert_eq!(seen["state"], "deactivated");
        assert_eq!(seen["end"]["contested"], true);
        for who in ["admin", "help_desk", "auditor"] {
            let listed = story.list(who, "/v1/contested-items").await;
            assert_eq!(listed.len(), 1, "{who}");
            assert_eq!(listed[0]["license_id"], json!(license));
            assert_eq!(listed[0]["cause"], "employment_ended");
            assert_eq!(listed[0]["contested_since"], "2026-03-06T14:00:00Z");
            assert_eq!(listed[0]["contested_by"][0]["kind"], "departed");
        }
        story
            .get("supervisor", "/v1/contested-items")
            .await
            .problem(403, "forbidden");
        let path = format!("/v1/contested-items/{license}/uphold");
        let stale = json!({ "expected_version": 7, "report": { "reason": "It stands." } });
        story
            .post("admin", &path, &stale)
            .await
            .problem(412, "stale");
        let silent = json!({ "expected_version": 1 });
        let refused = story.post("admin", &path, &silent).await;
        assert_eq!(
            refused.problem(422, "invalid")["errors"][0]["pointer"],
            "/report/reason"
        );
        let body = json!({ "expected_version": 1, "report": { "reason": "It stands." } });
        story
            .post("help_desk", &path, &body)
            .await
            .problem(403, "forbidden");
        story.post("admin", &path, &body).await.expect(200);
        assert_eq!(story.list("admin", "/v1/contested-items").await.len(), 0);
        let one = format!("/v1/contested-items/{license}");
        story.get("admin", &one).await.problem(404, "not_found");
        assert_eq!(
            story.license("dana", &license).await["end"]["contested"],
            false
        );
        let again = story.post("admin", &path, &body).await;
        let problem = again.problem(409, "transition_refused");
        assert_eq!(problem["needs"], json!(["an end that is contested"]));
    });
}

#[test]
fn a_contested_end_that_is_reinstated_leaves_the_list() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = contested(&story).await;
        story
            .act("admin", &license, "reinstate", json!({}))
            .await
            .expect(200);
        assert_eq!(story.list("admin", "/v1/contested-items").await.len(), 0);
        assert_eq!(story.sign_in("").await["allowed"], true);
        // The corrected date still ends it.
        story.at("2027-01-01T05:00:00Z");
        assert_eq!(story.sign_in("").await["allowed"], false);
    });
}

#[test]
fn a_corrected_pass_takes_access_until_it_is_passed_again() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        story.at("2026-03-03T14:00:00Z");
        let trainings = story.list("admin", "/v1/training-completions").await;
        let pass = trainings
            .iter()
            .find(|row| row["course"] == "hmis_user_training_series")
            .unwrap();
        let correction = json!({
            "person_id": story.dana, "course": "hmis_user_training_series", "outcome": "fail",
            "completed_on": "2026-03-01", "supersedes": pass["id"],
            "report": { "reason": "The sheets were mixed up." },
        });
        story
            .post("trainer", "/v1/training-completions", &correction)
            .await
            .expect(201);
        assert_eq!(story.sign_in("").await["allowed"], false);
        let seen = story.license("dana", &license).await;
        assert_eq!(super::causes(&seen), ["evidence_withdrawn"]);
        story.at("2026-03-04T14:00:00Z");
        story
            .pass("trainer", story.dana, "hmis_user_training_series")
            .await
            .expect(201);
        assert_eq!(story.sign_in("").await["allowed"], true);
    });
}

#[test]
fn a_correction_names_a_fact_of_its_kind_of_the_same_person() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story.license_dana().await;
        let signatures = story.list("admin", "/v1/agreement-signatures").await;
        let mut body = json!({
            "person_id": story.dana, "course": "hmis_user_training_series", "outcome": "pass",
            "completed_on": "2026-03-01", "supersedes": signatures[0]["id"],
            "report": { "reason": "Mixed up." },
        });
        for target in [signatures[0]["id"].clone(), json!(crate::stories::NOBODY)] {
            body["supersedes"] = target;
            let refused = story
                .post("trainer", "/v1/training-completions", &body)
                .await;
            assert_eq!(
                refused.problem(422, "invalid")["errors"][0]["pointer"],
                "/supersedes"
            );
        }
        // A signature of one party is not corrected by that of another.
        let agency = signatures
            .iter()
            .find(|row| row["party"] == "supervisor")
            .unwrap();
        let body = json!({
            "person_id": story.dana, "organization_id": story.corktown,
            "agreement": agency["agreement"], "party": "end_user", "signed_on": "2026-03-01",
            "supersedes": agency["id"], "report": { "reason": "Mixed up." },
        });
        let refused = story.post("dana", "/v1/agreement-signatures", &body).await;
        let problem = refused.problem(422, "invalid");
        assert!(text(&problem["errors"][0]["detail"]).contains("another party"));
    });
}

#[test]
fn what_a_correction_took_from_an_activation_that_is_met_since_is_listed_for_staff() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        let path = format!("/v1/licenses/{license}/explanation");
        let trainings = story.list("admin", "/v1/training-completions").await;
        let series = "hmis_user_training_series";
        let pass = trainings
            .iter()
            .find(|row| row["course"] == series)
            .unwrap();
        story.at("2026-03-03T14:00:00Z");
        story.pass("trainer", story.dana, series).await.expect(201);
        story.at("2026-03-04T14:00:00Z");
        let correction = json!({
            "person_id": story.dana, "course": series, "outcome": "fail",
            "completed_on": "2026-03-01", "supersedes": pass["id"],
            "report": { "reason": "The sheets were mixed up." },
        });
        story
            .post("trainer", "/v1/training-completions", &correction)
            .await
            .expect(201);
        assert_eq!(story.sign_in("").await["allowed"], true);
        for (who, seen) in [
            ("admin", true),
            ("help_desk", true),
            ("auditor", true),
            ("trainer", true),
            ("supervisor", false),
            ("dana", false),
        ] {
            let explanation = story.get(who, &path).await.expect(200);
            let expected = seen.then(|| json!([format!("course:{series}")]));
            assert_eq!(
                explanation.get("not_met_at_activation"),
                expected.as_ref(),
                "{who}"
            );
        }
    });
}
