//! Licenses that come back by the hand of staff, and ends that hit the wrong person.

use hmis_licensing::application::actor::Role;
use serde_json::{Value, json};

use super::causes;
use crate::stories::{Story, text, texts};
use crate::support::database::on_both;

/// Dana, licensed on 2026-03-02 and gone since 2026-03-05.
async fn gone(story: &Story) -> (String, Value) {
    let license = story.license_dana().await;
    story.at("2026-03-05T14:00:00Z");
    let departure = story
        .depart_dana("supervisor", "2026-03-04T22:00:00Z")
        .await;
    (license, departure)
}

#[test]
fn staff_reactivate_by_the_return_ladder() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let (license, _) = gone(&story).await;
        story.at("2026-05-20T14:00:00Z");
        let back = story
            .act("admin", &license, "reactivate", json!({}))
            .await
            .expect(200);
        assert_eq!(back["state"], "active");
        assert_eq!(story.sign_in("").await["allowed"], true);
        let path = format!("/v1/licenses/{license}/history");
        let history = story.get("dana", &path).await.expect(200);
        assert_eq!(history["periods"][1]["cause"], "reactivation");
    });
}

#[test]
fn after_a_longer_absence_the_answer_names_the_rung_and_what_is_owed() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let (license, _) = gone(&story).await;
        for (when, rung, owes) in [
            ("2026-07-01T14:00:00Z", "rung 2", "`policy_again`"),
            ("2026-12-01T14:00:00Z", "rung 3", "somebody new"),
        ] {
            story.at(when);
            let refused = story.act("admin", &license, "reactivate", json!({})).await;
            let problem = refused.problem(409, "transition_refused");
            assert_eq!(problem["state"], "deactivated");
            let needs = texts(&problem["needs"]);
            assert_eq!(needs.len(), 1);
            for word in ["a returning request", rung, owes] {
                assert!(needs[0].contains(word), "{when}: {}", needs[0]);
            }
        }
        assert_eq!(story.sign_in("").await["allowed"], false);
    });
}

#[test]
fn a_returning_request_owes_what_the_ladder_says() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        gone(&story).await;
        story.at("2026-07-01T14:00:00Z");
        let request = story
            .post(
                "supervisor",
                "/v1/license-requests",
                &story.request_for_dana(),
            )
            .await
            .expect(201);
        assert_eq!(request["class"], "returning");
        let id = text(&request["id"]);
        story.decide("admin", id, "approve").await.expect(200);
        let path = format!("/v1/license-requests/{id}/checklist");
        let checklist = story.get("supervisor", &path).await.expect(200);
        let open: Vec<&str> = checklist["requirements"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|row| row["status"] != "met")
            .map(|row| text(&row["requirement"]))
            .collect();
        assert_eq!(open, ["course:hand_policy_and_procedure"]);
        story
            .pass("trainer", story.dana, "hand_policy_and_procedure")
            .await
            .expect(201);
        story.decide("admin", id, "activate").await.expect(200);
        assert_eq!(story.sign_in("").await["allowed"], true);
    });
}

#[test]
fn a_reinstatement_restores_the_license_as_it_stood() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        story.hold(&license, "fee_unpaid").await;
        story.at("2026-03-05T14:00:00Z");
        story
            .depart_dana("supervisor", "2026-03-04T22:00:00Z")
            .await;
        story.at("2026-03-15T14:00:00Z");
        let refused = story
            .post(
                "admin",
                &format!("/v1/licenses/{license}/reinstate"),
                &json!({ "expected_version": 3 }),
            )
            .await;
        assert_eq!(
            refused.problem(422, "invalid")["errors"][0]["pointer"],
            "/report/reason"
        );
        let back = story
            .act("admin", &license, "reinstate", json!({}))
            .await
            .expect(200);
        assert_eq!(back["state"], "suspended");
        assert_eq!(causes(&back), ["fee_unpaid"]);
        assert_eq!(back["project_ids"], json!([story.shelter]));
        // Passed on 2026-03-02: due on 2027-03-02, and ten days were lost.
        let path = format!("/v1/licenses/{license}/explanation");
        let explained = story.get("dana", &path).await.expect(200);
        let series = explained["requirements"]
            .as_array()
            .unwrap()
            .iter()
            .find(|row| row["requirement"] == "course:hmis_user_training_series")
            .unwrap();
        assert_eq!(series["due_on"], "2027-03-12");
        // Nobody retrained, and the old departure ends nothing any more.
        story.at("2026-03-16T14:00:00Z");
        assert_eq!(story.license("dana", &license).await["state"], "suspended");
    });
}

#[test]
fn nobody_reinstates_his_own_license() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let (license, _) = gone(&story).await;
        story
            .grant("self", Role::SystemAdmin, None, Some(story.dana))
            .await;
        for action in ["reinstate", "reactivate"] {
            let refused = story.act("self", &license, action, json!({})).await;
            refused.problem(403, "own_case");
        }
    });
}

#[test]
fn a_reinstatement_lets_requests_go_on_and_roles_live_again() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        story
            .grant(
                "dana_supervises",
                Role::Supervisor,
                Some(story.corktown),
                Some(story.dana),
            )
            .await;
        story.at("2026-03-05T14:00:00Z");
        story.depart_dana("help_desk", "2026-03-04T22:00:00Z").await;
        let list = "/v1/licenses";
        story
            .get("dana_supervises", list)
            .await
            .problem(403, "forbidden");
        story
            .act("admin", &license, "reinstate", json!({}))
            .await
            .expect(200);
        assert_eq!(story.list("dana_supervises", list).await.len(), 1);
    });
}

#[test]
fn a_departure_of_the_wrong_person_ends_the_license_of_the_one_who_was_meant() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        let request = story
            .post(
                "supervisor",
                "/v1/license-requests",
                &story.request(
                    story.corktown,
                    &json!({ "external_id": { "system": "hmis_user_id", "value": "42" } }),
                ),
            )
            .await
            .expect(201);
        let other = story.fulfil(&request, "supervisor").await;
        let other = text(&other["license_id"]).to_owned();
        story.at("2026-03-05T14:00:00Z");
        let departure = story
            .depart_dana("supervisor", "2026-03-04T22:00:00Z")
            .await;
        let path = format!("/v1/departures/{}/wrong-person", text(&departure["id"]));
        let mut body = json!({
            "expected_version": 1, "meant_person_id": story.dana,
            "report": { "reason": "Two people of that name work there." },
        });
        let refused = story.post("admin", &path, &body).await;
        assert_eq!(
            refused.problem(422, "invalid")["errors"][0]["pointer"],
            "/meant_person_id"
        );
        body["meant_person_id"] = json!(crate::stories::NOBODY);
        let refused = story.post("admin", &path, &body).await;
        assert_eq!(
            refused.problem(422, "invalid")["errors"][0]["pointer"],
            "/meant_person_id"
        );
        assert_eq!(
            story.license("dana", &license).await["state"],
            "deactivated"
        );
        body["meant_person_id"] = json!(story.rosalind);
        story
            .post("supervisor", &path, &body)
            .await
            .problem(403, "forbidden");
        let back = story.post("admin", &path, &body).await.expect(200);
        assert_eq!(back["id"], json!(license));
        assert_eq!(back["state"], "active");
        let ended = story.license("admin", &other).await;
        assert_eq!(ended["state"], "deactivated");
        assert_eq!(ended["end"]["cause"], "employment_ended");
        let listed = story.list("admin", "/v1/departures").await;
        assert_eq!(listed.len(), 2);
        assert_eq!(listed[1]["ended_at"], departure["ended_at"]);
        // Once is enough.
        let again = story.post("admin", &path, &body).await;
        again.problem(409, "transition_refused");
    });
}

#[test]
fn a_reinstatement_may_name_the_person_who_was_meant() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let (license, _) = gone(&story).await;
        // She has no license at this organization: nothing is done by halves.
        let meant = json!({ "meant_person_id": story.rosalind });
        let refused = story.act("admin", &license, "reinstate", meant).await;
        assert_eq!(
            refused.problem(422, "invalid")["errors"][0]["pointer"],
            "/meant_person_id"
        );
        assert_eq!(
            story.license("dana", &license).await["state"],
            "deactivated"
        );
    });
}

#[test]
fn an_end_that_stands_besides_refuses_the_reinstatement_until_it_is_named_too() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        // Ended because nobody needed it; then her employment ended too.
        story.at("2026-03-05T14:00:00Z");
        let body = json!({
            "license_id": license,
            "cause": "no_longer_needed", "effective_at": "2026-03-05T14:00:00Z",
        });
        let ended = story.post("supervisor", "/v1/deactivations", &body).await;
        ended.expect(201);
        story.at("2026-03-10T14:00:00Z");
        let departure = story
            .depart_dana("supervisor", "2026-03-09T22:00:00Z")
            .await;
        story.at("2026-03-20T14:00:00Z");
        let reason = json!({ "report": { "reason": "The wrong name was ticked." } });
        let refused = story
            .act("admin", &license, "reinstate", reason.clone())
            .await;
        let problem = refused.problem(409, "transition_refused");
        let needs = texts(&problem["needs"]).join(" ");
        assert!(needs.contains(text(&departure["id"])), "{needs}");
        assert!(needs.contains("also_undoes"), "{needs}");
        let mut wrong = reason.clone();
        wrong["also_undoes"] = json!([crate::stories::NOBODY]);
        let refused = story.act("admin", &license, "reinstate", wrong).await;
        refused.problem(422, "invalid");
        assert_eq!(refused.faults(), ["/also_undoes/0"]);
        let mut both = reason;
        both["also_undoes"] = json!([departure["id"]]);
        let back = story.act("admin", &license, "reinstate", both).await;
        assert_eq!(back.expect(200)["state"], "active");
    });
}
