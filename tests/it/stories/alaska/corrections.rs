//! Slips of the pen, corrected by naming what was wrong: both stay on record, and one counts.

use serde_json::{Value, json};

use super::super::{NOBODY, text};
use super::{Alaska, SHELTER};
use crate::support::database::on_both;

#[test]
fn a_waiver_of_the_wrong_requirement_is_corrected() {
    on_both(|database| async move {
        let alaska = Alaska::on(&database).await;
        let request = alaska.ask().await;
        alaska.approve(&request).await;
        let waiver = |requirement: &str, supersedes: Value| {
            let mut body = json!({
                "person_id": alaska.noor,
                "organization_id": alaska.organization,
                "requirement": requirement,
                "reason": "Taught it for years.",
            });
            if !supersedes.is_null() {
                body["supersedes"] = supersedes;
            }
            body
        };
        let path = "/v1/waivers";
        let wrong = waiver("course:new_end_user", Value::Null);
        let wrong = alaska.post("admin", path, &wrong).await.expect(201);
        let needs = alaska.request(&request).await["needs"].to_string();
        assert!(!needs.contains("new_end_user"), "{needs}");
        let practice = format!("practice:{SHELTER}");
        let unknown = waiver(&practice, json!(NOBODY));
        let refused = alaska.post("admin", path, &unknown).await;
        refused.problem(422, "invalid");
        assert_eq!(refused.faults(), ["/supersedes"]);
        let right = waiver(&practice, wrong["id"].clone());
        let right = alaska.post("admin", path, &right).await.expect(201);
        assert_eq!(right["report"]["supersedes"], wrong["id"]);
        let needs = alaska.request(&request).await["needs"].to_string();
        assert!(needs.contains("new_end_user"), "{needs}");
        assert!(!needs.contains(SHELTER), "{needs}");
        // What was corrected is corrected; the correction can be.
        let again = waiver(&practice, wrong["id"].clone());
        let refused = alaska.post("admin", path, &again).await;
        let problem = refused.problem(422, "invalid");
        let detail = text(&problem["errors"][0]["detail"]);
        assert!(detail.contains("corrected already"), "{detail}");
        let path = format!("{path}/{}", text(&wrong["id"]));
        alaska.get("admin", &path).await.expect(200);
    });
}

#[test]
fn an_extra_requirement_is_corrected_in_its_own_request() {
    on_both(|database| async move {
        let alaska = Alaska::on(&database).await;
        let request = alaska.ask().await;
        alaska.approve(&request).await;
        let extra = |requirement: &str| {
            json!({
                "license_request_id": request,
                "requirement": requirement,
                "reason": "Reports for the whole agency.",
            })
        };
        let path = "/v1/extra-requirements";
        let wrong = extra("course:refresher");
        let wrong = alaska.post("admin", path, &wrong).await.expect(201);
        let mut dated = extra("course:refresher");
        dated["until_on"] = json!("2026-03-10");
        alaska.post("admin", path, &dated).await.expect(422);
        dated["supersedes"] = wrong["id"].clone();
        let dated = alaska.post("admin", path, &dated).await.expect(201);
        assert_eq!(dated["until_on"], "2026-03-10");
        let typed = extra("course:workflow_services");
        let typed = alaska.post("admin", path, &typed).await.expect(201);
        let mut other = extra("course:workflow_housing");
        other["supersedes"] = typed["id"].clone();
        alaska.post("admin", path, &other).await.expect(201);
        let needs = alaska.request(&request).await["needs"].to_string();
        assert!(needs.contains("refresher"), "{needs}");
        assert!(!needs.contains("workflow_services"), "{needs}");
        assert!(needs.contains("workflow_housing"), "{needs}");
        // Through the day that the correction gave it.
        alaska.at("2026-03-12T19:00:00Z");
        let needs = alaska.request(&request).await["needs"].to_string();
        assert!(!needs.contains("refresher"), "{needs}");
    });
}

#[test]
fn a_booking_and_what_became_of_it_are_corrected() {
    on_both(|database| async move {
        let alaska = Alaska::on(&database).await;
        alaska.ask().await;
        let path = "/v1/training-bookings";
        let mut body = json!({
            "person_id": alaska.noor,
            "course": "workflow_housing",
            "scheduled_at": "2026-03-03T19:00:00Z",
        });
        let wrong = alaska.post("supervisor", path, &body).await.expect(201);
        body["course"] = json!("workflow_shelter");
        body["supersedes"] = wrong["id"].clone();
        let silent = alaska.post("supervisor", path, &body).await;
        silent.problem(422, "invalid");
        assert_eq!(silent.faults(), ["/report/reason"]);
        body["report"] = json!({ "reason": "The other workflow." });
        let booking = alaska.post("supervisor", path, &body).await.expect(201);
        assert_eq!(booking["report"]["supersedes"], wrong["id"]);

        alaska.at("2026-03-04T19:00:00Z");
        let path = format!("{path}/{}/settle", text(&booking["id"]));
        let mut missed = json!({ "result": "no_show" });
        let unseen = alaska.post("trainer", &path, &missed).await;
        unseen.problem(428, "precondition_required");
        missed["expected_version"] = json!(1);
        let settled = alaska.post("trainer", &path, &missed).await.expect(200);
        assert_eq!(settled["version"], 2);
        alaska
            .post("trainer", &path, &missed)
            .await
            .problem(412, "stale");
        let mut attended = json!({ "expected_version": 2, "result": "attended" });
        let problem = alaska
            .post("trainer", &path, &attended)
            .await
            .problem(409, "transition_refused");
        assert!(
            text(&problem["needs"][0]).contains("settlement_id"),
            "{problem}"
        );
        attended["supersedes"] = booking["id"].clone();
        attended["report"] = json!({ "reason": "She came late." });
        let refused = alaska.post("trainer", &path, &attended).await;
        assert_eq!(refused.faults(), ["/supersedes"]);
        attended["supersedes"] = settled["settlement_id"].clone();
        let corrected = alaska.post("trainer", &path, &attended).await.expect(200);
        assert_eq!(corrected["result"], "attended");
        assert_ne!(corrected["settlement_id"], settled["settlement_id"]);
    });
}
