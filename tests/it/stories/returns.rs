//! What a departure reaches: one agency, its open requests, the roles held there; and the way back.

use hmis_licensing::application::actor::Role;
use serde_json::json;

use super::{Story, text};
use crate::support::database::on_both;

/// Dana by the id of the HMIS: enough for a supervisor who may not know of her.
fn dana() -> serde_json::Value {
    json!({ "external_id": { "system": "hmis_user_id", "value": "41" } })
}

#[test]
#[ignore = "not yet seen to pass: the next session mends it"]
fn a_departure_ends_the_license_at_that_agency_only() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let corktown = story.license_dana().await;
        let request = story
            .post(
                "jefferson",
                "/v1/license-requests",
                &story.request(story.jefferson, &dana()),
            )
            .await
            .expect(201);
        assert_eq!(request["class"], "additional");
        let request = story.fulfil(&request, "jefferson").await;
        let jefferson = text(&request["license_id"]).to_owned();
        assert_ne!(corktown, jefferson);
        let decision = story.sign_in("").await;
        assert_eq!(decision["licenses"].as_array().unwrap().len(), 2);

        story
            .depart_dana("supervisor", "2026-03-02T12:00:00Z")
            .await;
        assert_eq!(
            story.license("dana", &corktown).await["state"],
            "deactivated"
        );
        let kept = story.license("dana", &jefferson).await;
        assert_eq!(kept["state"], "active");
        let decision = story.sign_in("").await;
        assert_eq!(decision["allowed"], true);
        for license in decision["licenses"].as_array().unwrap() {
            assert_eq!(
                license["allowed"],
                license["license_id"] == json!(jefferson)
            );
        }
        let one = |id| format!("&organization={id}");
        assert_eq!(
            story.sign_in(&one(story.corktown)).await["reason"],
            "not_allowed"
        );
        assert_eq!(story.sign_in(&one(story.jefferson)).await["allowed"], true);
    });
}

#[test]
#[ignore = "not yet seen to pass: the next session mends it"]
fn open_requests_there_are_withdrawn_at_the_instant_of_the_departure() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let here = story
            .post(
                "supervisor",
                "/v1/license-requests",
                &story.request_for_dana(),
            )
            .await
            .expect(201);
        let elsewhere = story
            .post(
                "jefferson",
                "/v1/license-requests",
                &story.request(story.jefferson, &dana()),
            )
            .await
            .expect(201);
        let departure = story
            .depart_dana("supervisor", "2026-03-09T17:00:00-04:00")
            .await;
        assert_eq!(departure["status"], "scheduled");
        let path = format!("/v1/license-requests/{}", text(&here["id"]));
        story.at("2026-03-09T20:59:59Z");
        assert_eq!(
            story.get("supervisor", &path).await.expect(200)["state"],
            "submitted"
        );
        story.at("2026-03-09T21:00:00Z");
        let withdrawn = story.get("supervisor", &path).await.expect(200);
        assert_eq!(withdrawn["state"], "withdrawn");
        assert_eq!(withdrawn["since"], "2026-03-09T21:00:00Z");
        // No job ran, and still it cannot be approved any more.
        let refused = story.decide("admin", text(&here["id"]), "approve").await;
        assert_eq!(
            refused.problem(409, "transition_refused")["state"],
            "withdrawn"
        );
        let listed = story
            .list("admin", "/v1/license-requests?state=withdrawn")
            .await;
        assert_eq!(listed.len(), 1);
        let open = story
            .list("admin", "/v1/license-requests?state=submitted")
            .await;
        assert_eq!(open.len(), 1);
        assert_eq!(open[0]["id"], elsewhere["id"]);
        // A new request may follow.
        story.at("2026-03-10T12:00:00Z");
        story
            .post(
                "supervisor",
                "/v1/license-requests",
                &story.request_for_dana(),
            )
            .await
            .expect(201);
    });
}

#[test]
#[ignore = "not yet seen to pass: the next session mends it"]
fn a_supervisor_who_left_may_nothing_from_that_instant_on() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story
            .grant(
                "rosalind",
                Role::Supervisor,
                Some(story.corktown),
                Some(story.rosalind),
            )
            .await;
        let license = story.license_dana().await;
        // Rosalind is licensed too, which is how Corktown knows of her.
        let request = story
            .post(
                "supervisor",
                "/v1/license-requests",
                &story.request(story.corktown, &json!({ "id": story.rosalind })),
            )
            .await;
        // Nobody at Corktown knows her yet by our id: the HMIS id serves.
        request.problem(422, "invalid");
        let by_hmis = json!({ "external_id": { "system": "hmis_user_id", "value": "42" } });
        story
            .post(
                "supervisor",
                "/v1/license-requests",
                &story.request(story.corktown, &by_hmis),
            )
            .await
            .expect(201);
        let body = json!({
            "person_id": story.rosalind, "organization_id": story.corktown,
            "ended_at": "2026-03-06T17:00:00-05:00",
        });
        story
            .post("help_desk", "/v1/departures", &body)
            .await
            .expect(201);
        story.at("2026-03-06T21:59:59Z");
        story.license("rosalind", &license).await;
        story.at("2026-03-06T22:00:00Z");
        let refused = story
            .get("rosalind", &format!("/v1/licenses/{license}"))
            .await;
        refused.problem(403, "forbidden");
        let refused = story
            .post(
                "rosalind",
                "/v1/license-requests",
                &story.request(story.jefferson, &dana()),
            )
            .await;
        refused.problem(403, "forbidden");
        story.license("supervisor", &license).await;
    });
}

#[test]
#[ignore = "not yet seen to pass: the next session mends it"]
fn who_returns_gets_a_second_period_of_the_same_license() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        story
            .depart_dana("supervisor", "2026-03-02T17:00:00Z")
            .await;
        // A day later: the requests there were withdrawn with the departure, this one comes after it.
        story.at("2026-03-16T14:00:00Z");
        let request = story
            .post(
                "supervisor",
                "/v1/license-requests",
                &story.request_for_dana(),
            )
            .await
            .expect(201);
        assert_eq!(request["class"], "returning");
        assert_eq!(request["state"], "submitted");
        let fulfilled = story.fulfil(&request, "supervisor").await;
        assert_eq!(fulfilled["license_id"], json!(license));
        let seen = story.license("dana", &license).await;
        assert_eq!(seen["state"], "active");
        assert_eq!(seen.get("end"), None);
        let history = story
            .get("auditor", &format!("/v1/licenses/{license}/history"))
            .await
            .expect(200);
        let periods = history["periods"].as_array().unwrap();
        assert_eq!(periods.len(), 2);
        assert_eq!(periods[0]["end"]["cause"], "employment_ended");
        assert_eq!(periods[1]["from"], "2026-03-16T14:00:00Z");
        assert_eq!(periods[1].get("end"), None);
        // The old departure ends the new period no more, however often it is reported.
        story.at("2026-03-17T14:00:00Z");
        story
            .depart_dana("supervisor", "2026-03-02T17:00:00Z")
            .await;
        assert_eq!(story.license("dana", &license).await["state"], "active");
        assert_eq!(
            story.sign_in("&at=2026-03-10T12:00:00Z").await["allowed"],
            false
        );
    });
}
