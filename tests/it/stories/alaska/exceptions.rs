//! Waivers, and requirements that staff add to one request.

use serde_json::json;

use super::super::text;
use super::{Alaska, SHELTER};
use crate::support::database::on_both;

#[test]
fn staff_waive_what_is_owed_and_the_policy_allows_and_the_license_begins() {
    on_both(|database| async move {
        let alaska = Alaska::on(&database).await;
        let fixed = json!({
            "course": "privacy_and_security", "step": "initial", "initial_step": true, "waivable": false,
        });
        let set = "/license_types/end_user/requirement_sets/new";
        let workflow = json!({ "course": "workflow_coordinated_entry", "project_types": [14], "step": "workflow" });
        alaska
            .rules(&[(&format!("{set}/courses"), json!([fixed, workflow]))])
            .await;
        let request = alaska.ask().await;
        alaska.approve(&request).await;
        let path = "/v1/waivers";
        let waiver = |requirement: &str| {
            json!({
                "person_id": alaska.noor,
                "organization_id": alaska.organization,
                "requirement": requirement,
                "reason": "Taught it for years.",
            })
        };
        for requirement in ["course:privacy_and_security", "course:refresher", "privacy"] {
            let answer = alaska.post("admin", path, &waiver(requirement)).await;
            answer.problem(422, "invalid");
            assert_eq!(answer.faults(), ["/requirement"], "{requirement}");
        }
        let mut past = waiver("practice:practice_shelter");
        past["until_on"] = json!("2026-03-01");
        let answer = alaska.post("admin", path, &past).await;
        answer.problem(422, "invalid");
        assert_eq!(answer.faults(), ["/until_on"]);
        let body = waiver("practice:practice_shelter");
        alaska
            .post("help_desk", path, &body)
            .await
            .problem(403, "forbidden");
        alaska.post("admin", path, &body).await.expect(201);
        let today = alaska.app.app.now().date_naive().to_string();
        alaska.sign(&today).await;
        assert_eq!(alaska.state(&request).await, "onboarding");

        // One course more, of this request only; waived it holds nobody up.
        let extra = |requirement: &str| {
            json!({
                "license_request_id": request,
                "requirement": requirement,
                "reason": "Reports for the whole agency.",
            })
        };
        let path = "/v1/extra-requirements";
        for requirement in ["course:unheard_of", "course:privacy_and_security"] {
            let answer = alaska.post("admin", path, &extra(requirement)).await;
            answer.problem(422, "invalid");
            assert_eq!(answer.faults(), ["/requirement"], "{requirement}");
        }
        let body = extra("course:refresher");
        alaska.post("admin", path, &body).await.expect(201);
        alaska.pass("privacy_and_security", &today).await;
        let shown = alaska.request(&request).await;
        assert_eq!(shown["state"], "onboarding");
        assert_eq!(shown["needs"], json!(["`refresher` is not passed"]));
        let waived = waiver("course:refresher");
        alaska
            .post("admin", "/v1/waivers", &waived)
            .await
            .expect(201);
        // The waiver was the last thing missing.
        assert_eq!(alaska.state(&request).await, "fulfilled");
        alaska
            .post("admin", path, &extra("course:new_end_user"))
            .await
            .problem(409, "transition_refused");
        let list = alaska.get("admin", "/v1/waivers").await.expect(200);
        assert_eq!(
            text(&list["data"][0]["requirement"]),
            format!("practice:{SHELTER}")
        );
    });
}
