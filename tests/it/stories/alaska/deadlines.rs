//! Deadlines that no job needs to watch.

use serde_json::json;

use super::super::text;
use super::{Alaska, SHELTER};
use crate::support::database::on_both;

#[test]
fn a_missed_deadline_lapses_the_request_at_its_instant_and_a_late_fact_reopens_it() {
    on_both(|database| async move {
        let alaska = Alaska::on(&database).await;
        let request = alaska.ask().await;
        alaska.at("2026-03-03T19:00:00Z");
        alaska.approve(&request).await;
        // Twenty business days from Monday; Tuesday was the lead's. Through Tuesday 31 March.
        let path = format!("/v1/license-requests/{request}/explanation");
        let explanation = alaska.get("noor", &path).await.expect(200);
        let next = &explanation["next_automatic_change"];
        assert_eq!(next["at"], "2026-04-01T08:00:00Z");
        assert_eq!(next["change"], "request_lapses");
        assert_eq!(explanation["requirements"][0]["due_on"], "2026-03-31");
        alaska.at("2026-04-01T07:59:59Z");
        assert_eq!(alaska.state(&request).await, "onboarding");
        alaska.at("2026-04-01T08:00:00Z");
        let shown = alaska.request(&request).await;
        assert_eq!(shown["state"], "lapsed");
        assert_eq!(shown["since"], "2026-04-01T08:00:00Z");
        let lapsed = alaska
            .get("admin", "/v1/license-requests?state=lapsed")
            .await
            .expect(200);
        assert_eq!(lapsed["data"][0]["id"], json!(request));
        let open = alaska
            .get("admin", "/v1/license-requests?state=onboarding")
            .await
            .expect(200);
        assert!(open["data"].as_array().unwrap().is_empty());

        // Signed and trained on the last day, recorded two days later: at its place again.
        alaska.at("2026-04-02T19:00:00Z");
        alaska.initial_steps("2026-03-31").await;
        assert_eq!(alaska.state(&request).await, "onboarding");
        let explanation = alaska.get("noor", &path).await.expect(200);
        assert_eq!(explanation["deadlines"][0]["status"], "met");
    });
}

#[test]
fn what_was_done_too_late_reopens_nothing() {
    on_both(|database| async move {
        let alaska = Alaska::on(&database).await;
        let request = alaska.ask().await;
        alaska.approve(&request).await;
        alaska.at("2026-04-02T19:00:00Z");
        alaska.initial_steps("2026-04-01").await;
        assert_eq!(alaska.state(&request).await, "lapsed");
    });
}

#[test]
fn practice_handed_in_in_time_and_recorded_late_reopens_the_request() {
    on_both(|database| async move {
        let alaska = Alaska::on(&database).await;
        let request = alaska.in_practice().await;
        // Five business days from Monday 2 March.
        alaska.at("2026-03-10T19:00:00Z");
        assert_eq!(alaska.state(&request).await, "lapsed");
        let body = |at: &str| {
            json!({
                "person_id": alaska.noor,
                "practice_set": SHELTER,
                "submitted_at": at,
            })
        };
        let path = "/v1/practice-case-submissions";
        let problem = alaska
            .post("supervisor", path, &body("2026-03-10T18:00:00Z"))
            .await
            .problem(409, "transition_refused");
        assert!(text(&problem["detail"]).contains("lapsed"), "{problem}");
        alaska
            .post("supervisor", path, &body("2026-03-09T23:00:00-08:00"))
            .await
            .expect(201);
        assert_eq!(alaska.state(&request).await, "in_review");
    });
}

#[test]
fn a_newer_request_keeps_the_lapsed_one_closed() {
    on_both(|database| async move {
        let alaska = Alaska::on(&database).await;
        let first = alaska.ask().await;
        alaska.approve(&first).await;
        alaska.at("2026-04-02T19:00:00Z");
        let second = alaska.ask().await;
        assert_ne!(first, second);
        alaska.initial_steps("2026-03-05").await;
        assert_eq!(alaska.state(&first).await, "lapsed");
        assert_eq!(alaska.state(&second).await, "submitted");
        // What was done meanwhile counts for the newer one.
        alaska.approve(&second).await;
        alaska.pass("workflow_shelter", "2026-04-02").await;
        assert_eq!(alaska.state(&second).await, "practice");
    });
}
