//! Pass marks, attempts and corrections.

use serde_json::json;

use super::super::text;
use super::{Alaska, SHELTER};
use crate::support::database::on_both;

const RULES: &str = "/license_types/end_user/practice";

#[test]
fn a_score_under_the_mark_is_no_acceptance() {
    on_both(|database| async move {
        let alaska = Alaska::on(&database).await;
        alaska
            .rules(&[(RULES, json!({ "release": "at_once", "pass_mark": 80 }))])
            .await;
        let request = alaska.in_practice().await;
        let submission = alaska.submit("noor").await.expect(201);
        let result = |score: Option<u8>| {
            let mut body = json!({ "submission_id": submission["id"], "result": "accepted" });
            if let Some(score) = score {
                body["score"] = json!(score);
            }
            body
        };
        let path = "/v1/practice-case-results";
        for (score, pointer) in [(None, "/score"), (Some(79), "/result")] {
            let answer = alaska.post("trainer", path, &result(score)).await;
            let problem = answer.problem(422, "invalid");
            assert_eq!(answer.faults(), [pointer]);
            assert!(text(&problem["errors"][0]["detail"]).contains("80 %"));
        }
        assert_eq!(alaska.state(&request).await, "in_review");
        alaska
            .post("trainer", path, &result(Some(80)))
            .await
            .expect(201);
        assert_eq!(alaska.state(&request).await, "fulfilled");
    });
}

#[test]
fn attempts_are_used_up_and_the_request_lapses() {
    on_both(|database| async move {
        let alaska = Alaska::on(&database).await;
        alaska
            .rules(&[(RULES, json!({ "release": "at_once", "max_attempts": 2 }))])
            .await;
        let request = alaska.in_practice().await;
        for state in ["practice", "lapsed"] {
            alaska.app.clock.advance(chrono::TimeDelta::hours(1));
            let submission = alaska.submit("noor").await.expect(201);
            alaska
                .review("trainer", text(&submission["id"]), "failed")
                .await
                .expect(201);
            assert_eq!(alaska.state(&request).await, state);
        }
        let path = format!("/v1/license-requests/{request}/explanation");
        let explanation = alaska.get("admin", &path).await.expect(200);
        assert_eq!(explanation["blocks"][0]["code"], "lapsed");
        let problem = alaska
            .submit("noor")
            .await
            .problem(409, "transition_refused");
        assert!(text(&problem["detail"]).contains("lapsed"), "{problem}");
        // A new request may follow, with attempts of its own.
        alaska.app.clock.advance(chrono::TimeDelta::hours(1));
        let again = alaska.ask().await;
        alaska.approve(&again).await;
        assert_eq!(alaska.state(&again).await, "practice");
        alaska.submit("noor").await.expect(201);
    });
}

#[test]
fn a_wrong_submission_and_a_wrong_result_are_corrected_with_a_reason() {
    on_both(|database| async move {
        let alaska = Alaska::on(&database).await;
        let request = alaska.in_practice().await;
        let submission = alaska.submit("noor").await.expect(201);
        alaska.app.clock.advance(chrono::TimeDelta::hours(1));
        let mut correction = json!({
            "person_id": alaska.noor,
            "practice_set": SHELTER,
            "supersedes": submission["id"],
        });
        let path = "/v1/practice-case-submissions";
        let answer = alaska.post("noor", path, &correction).await;
        answer.problem(422, "invalid");
        assert_eq!(answer.faults(), ["/report/reason"]);
        correction["report"] = json!({ "reason": "The cases were entered for another set." });
        let corrected = alaska.post("noor", path, &correction).await.expect(201);
        let old = alaska
            .get("noor", &format!("{path}/{}", text(&submission["id"])))
            .await
            .expect(200);
        assert_eq!(old["superseded"], true);
        alaska
            .review("trainer", text(&submission["id"]), "failed")
            .await
            .problem(409, "transition_refused");
        let failed = alaska
            .review("trainer", text(&corrected["id"]), "failed")
            .await
            .expect(201);
        assert_eq!(alaska.state(&request).await, "practice");
        let body = json!({
            "submission_id": corrected["id"],
            "result": "accepted",
            "supersedes": failed["id"],
            "report": { "reason": "The wrong file was reviewed." },
        });
        alaska.app.clock.advance(chrono::TimeDelta::hours(1));
        alaska
            .post("trainer", "/v1/practice-case-results", &body)
            .await
            .expect(201);
        assert_eq!(alaska.state(&request).await, "fulfilled");
        // What is reviewed is corrected by its result.
        let late = json!({
            "person_id": alaska.noor,
            "practice_set": SHELTER,
            "supersedes": corrected["id"],
            "report": { "reason": "Not this one either." },
        });
        let answer = alaska.post("noor", path, &late).await;
        answer.problem(422, "invalid");
        assert_eq!(answer.faults(), ["/supersedes"]);
    });
}

#[test]
fn a_set_that_nobody_owes_or_knows_is_refused_with_what_it_needs() {
    on_both(|database| async move {
        let alaska = Alaska::on(&database).await;
        let path = "/v1/practice-case-submissions";
        let body = |set: &str| json!({ "person_id": alaska.noor, "practice_set": set });
        let answer = alaska.post("help_desk", path, &body("unheard_of")).await;
        answer.problem(422, "invalid");
        assert_eq!(answer.faults(), ["/practice_set"]);
        let problem = alaska
            .post("help_desk", path, &body(SHELTER))
            .await
            .problem(409, "transition_refused");
        assert!(text(&problem["detail"]).contains("an approved license request"));
        alaska.in_practice().await;
        alaska
            .post("help_desk", path, &body("practice_housing"))
            .await
            .problem(409, "transition_refused");
    });
}
