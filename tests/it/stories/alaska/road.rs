//! From the help desk's ticket to a license that nobody needed to activate.

use serde_json::json;

use super::super::{text, texts};
use super::{Alaska, SHELTER};
use crate::support::database::on_both;

#[test]
#[expect(clippy::too_many_lines, reason = "one story, told in order")]
fn practice_is_returned_corrected_accepted_and_the_license_begins() {
    on_both(|database| async move {
        let alaska = Alaska::on(&database).await;
        let path = "/v1/license-requests";

        // Monday, 9 in the morning. Each thing that is missing is named.
        let mut bare = alaska.for_noor();
        bare["attestations"] = json!([{ "code": "job_need" }]);
        bare["report"] = json!({});
        let answer = alaska.post("help_desk", path, &bare).await;
        answer.problem(422, "invalid");
        assert_eq!(
            answer.faults(),
            ["/attestations", "/attestations", "/report/ticket_reference"]
        );
        let mut his = alaska.for_noor();
        his["person"] = json!({ "given_name": "Noor", "family_name": "Haddad" });
        let answer = alaska.post("supervisor", path, &his).await;
        let problem = answer.problem(409, "transition_refused");
        assert!(text(&problem["detail"]).contains("help desk"));
        let request = alaska.ask().await;
        let shown = alaska.request(&request).await;
        assert_eq!(shown["state"], "submitted");
        assert_eq!(shown["class"], "new");
        assert_eq!(shown["report"]["ticket_reference"], "AK-2041");

        // Practice before anything else is done.
        let problem = alaska
            .submit("noor")
            .await
            .problem(409, "transition_refused");
        for need in ["approval", "`initial`", "`workflow`"] {
            assert!(text(&problem["detail"]).contains(need), "{problem}");
        }

        alaska.at("2026-03-03T19:00:00Z");
        assert_eq!(alaska.approve(&request).await["state"], "onboarding");
        alaska.at("2026-03-04T19:00:00Z");
        alaska.initial_steps("2026-03-04").await;
        let booking = json!({
            "person_id": alaska.noor,
            "course": "workflow_shelter",
            "scheduled_at": "2026-03-10T10:00:00-08:00",
        });
        let booked = alaska
            .post("noor", "/v1/training-bookings", &booking)
            .await
            .expect(201);
        let problem = alaska
            .submit("noor")
            .await
            .problem(409, "transition_refused");
        assert!(!text(&problem["detail"]).contains("`initial`"));
        assert!(text(&problem["detail"]).contains("`workflow`"));

        alaska.at("2026-03-10T20:00:00Z");
        let settle = format!("/v1/training-bookings/{}/settle", text(&booked["id"]));
        let settled = alaska
            .post(
                "trainer",
                &settle,
                &json!({ "expected_version": 1, "result": "attended" }),
            )
            .await
            .expect(200);
        assert_eq!(settled["result"], "attended");
        alaska
            .post(
                "trainer",
                &settle,
                &json!({ "expected_version": 2, "result": "no_show" }),
            )
            .await
            .problem(409, "transition_refused");
        assert_eq!(alaska.state(&request).await, "onboarding");
        alaska.pass("workflow_shelter", "2026-03-10").await;
        let checklist = alaska
            .get("noor", &format!("{path}/{request}/checklist"))
            .await
            .expect(200);
        assert_eq!(checklist["state"], "practice");
        assert_eq!(checklist["practice"][0]["state"], "open");
        let due: Vec<(&str, &str)> = checklist["deadlines"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|deadline| deadline["status"] == "due")
            .map(|deadline| (text(&deadline["deadline"]), text(&deadline["due_on"])))
            .collect();
        assert_eq!(due, [("practice", "2026-03-17"), ("total", "2026-04-07")]);
        assert_eq!(
            texts(&checklist["needs"]),
            ["`practice_shelter` is not submitted"]
        );

        // Handed in by Noor herself; only once at a time.
        alaska.at("2026-03-12T20:00:00Z");
        let first = alaska.submit("noor").await.expect(201);
        let first = text(&first["id"]).to_owned();
        assert_eq!(alaska.state(&request).await, "in_review");
        let problem = alaska
            .submit("supervisor")
            .await
            .problem(409, "transition_refused");
        assert!(text(&problem["detail"]).contains("review"), "{problem}");
        let queue = "/v1/practice-case-submissions?reviewed=false";
        let waiting = alaska.get("trainer", queue).await.expect(200);
        assert_eq!(waiting["data"][0]["id"], json!(first));
        assert_eq!(waiting["data"][0]["practice_set"], SHELTER);

        // Who may not review, and what is no review.
        alaska
            .review("noor", &first, "accepted")
            .await
            .problem(403, "forbidden");
        alaska
            .review("help_desk", &first, "accepted")
            .await
            .problem(403, "forbidden");
        let body = json!({ "submission_id": first, "result": "returned" });
        let answer = alaska
            .post("trainer", "/v1/practice-case-results", &body)
            .await;
        answer.problem(422, "invalid");
        assert_eq!(answer.faults(), ["/findings"]);

        alaska.at("2026-03-13T20:00:00Z");
        alaska
            .review("trainer", &first, "returned")
            .await
            .expect(201);
        assert_eq!(alaska.state(&request).await, "corrections");
        assert!(
            alaska.get("trainer", queue).await.expect(200)["data"]
                .as_array()
                .unwrap()
                .is_empty()
        );
        let problem = alaska
            .review("trainer", &first, "accepted")
            .await
            .problem(409, "transition_refused");
        assert!(text(&problem["detail"]).contains("supersedes"), "{problem}");

        alaska.at("2026-03-16T20:00:00Z");
        let second = alaska.submit("noor").await.expect(201);
        let second = text(&second["id"]).to_owned();
        assert_eq!(alaska.state(&request).await, "in_review");
        alaska.at("2026-03-17T20:00:00Z");
        alaska
            .review("trainer", &second, "accepted")
            .await
            .expect(201);

        // Active, and no administrator did anything.
        let shown = alaska.request(&request).await;
        assert_eq!(shown["state"], "fulfilled");
        assert_eq!(shown["since"], "2026-03-17T20:00:00Z");
        let license = alaska
            .get(
                "noor",
                &format!("/v1/licenses/{}", text(&shown["license_id"])),
            )
            .await
            .expect(200);
        assert_eq!(license["state"], "active");
        // Nothing can be submitted or activated any more.
        alaska
            .submit("noor")
            .await
            .problem(409, "transition_refused");
    });
}

#[test]
fn nobody_reviews_his_own_practice() {
    on_both(|database| async move {
        use hmis_licensing::application::actor::Role;
        let alaska = Alaska::on(&database).await;
        let request = alaska.in_practice().await;
        let noor = alaska.noor.clone();
        alaska.grant("noor", Role::Trainer, None, Some(&noor)).await;
        let submission = alaska.submit("noor").await.expect(201);
        alaska
            .review("noor", text(&submission["id"]), "accepted")
            .await
            .problem(403, "own_case");
        assert_eq!(alaska.state(&request).await, "in_review");
    });
}
