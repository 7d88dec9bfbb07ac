//! Who may not take a fact back, and what is never taken back.

use serde_json::json;

use super::WITHDRAWALS;
use crate::stories::{NOBODY, Story, text, without_request_id};
use crate::support::database::on_both;

#[test]
fn a_second_withdrawal_is_refused_with_the_fact_that_did_it() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story.license_dana().await;
        let passes = story.facts_about_dana("admin", "training_completed").await;
        let pass = text(&passes[0]["id"]);
        let taken = story.take_back("trainer", pass).await.expect(201);
        let before = story.census().await;
        let refused = story.take_back("trainer", pass).await;
        let problem = refused.problem(409, "transition_refused");
        assert_eq!(problem["state"], "withdrawn");
        assert_eq!(problem["action"], "withdraw");
        assert!(text(&problem["needs"][0]).contains(text(&taken["id"])));
        // Nor is a withdrawal itself taken back.
        let refused = story.take_back("admin", text(&taken["id"])).await;
        let problem = refused.problem(409, "transition_refused");
        assert_eq!(problem["needs"], json!(["the fact itself, recorded again"]));
        assert_eq!(story.census().await, before);
        // What was corrected is told by its correction.
        let body = json!({
            "person_id": story.dana, "course": "hand_policy_and_procedure", "outcome": "pass",
            "completed_on": "2026-03-01", "supersedes": passes[1]["id"],
            "report": { "reason": "A day earlier." },
        });
        let path = "/v1/training-completions";
        let correction = story.post("trainer", path, &body).await.expect(201);
        let refused = story.take_back("trainer", text(&passes[1]["id"])).await;
        let problem = refused.problem(409, "transition_refused");
        assert_eq!(problem["state"], "corrected");
        assert!(text(&problem["needs"][0]).contains(text(&correction["id"])));
    });
}

#[test]
fn what_another_fact_undoes_is_refused_with_its_door() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        let change = json!({ "license_id": license, "cause": "requested" });
        story
            .post("admin", "/v1/deactivations", &change)
            .await
            .expect(201);
        story
            .act("admin", &license, "reinstate", json!({}))
            .await
            .expect(200);
        for (kind, door) in [
            ("activated", "/v1/deactivations"),
            ("reinstated", "/v1/deactivations"),
        ] {
            let fact = story.last_of_dana(kind).await;
            let refused = story.take_back("admin", &fact).await;
            let problem = refused.problem(409, "transition_refused");
            assert_eq!(problem["state"], kind);
            assert!(text(&problem["needs"][0]).contains(door), "{problem}");
        }
        // A denial is final; a new request may follow.
        let person = json!({ "external_id": { "system": "hmis_user_id", "value": "42" } });
        let request = story.request(story.corktown, &person);
        let request = story
            .post("supervisor", "/v1/license-requests", &request)
            .await
            .expect(201);
        let id = text(&request["id"]);
        story.decide("admin", id, "deny").await.expect(200);
        let path = format!("/v1/facts?person_id={}", story.rosalind);
        let denial = story.list("admin", &path).await;
        let denial = denial
            .iter()
            .find(|fact| fact["kind"] == "request_denied")
            .unwrap();
        assert_eq!(denial["may_be_withdrawn"], false);
        let refused = story.take_back("admin", text(&denial["id"])).await;
        let problem = refused.problem(409, "transition_refused");
        assert!(text(&problem["needs"][0]).contains("new request"));
    });
}

#[test]
fn what_somebody_may_not_know_of_looks_unknown_to_him() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        story.at("2026-03-03T14:00:00Z");
        let hold = story.hold(&license, "unreachable").await;
        let body = json!({ "person_id": story.dana, "report": { "reason": "Sold a password." } });
        let bar = story.post("admin", "/v1/bars", &body).await.expect(201);
        let unknown = story.take_back("supervisor", NOBODY).await;
        unknown.problem(422, "invalid");
        assert_eq!(unknown.faults(), ["/fact_id"]);
        // Another agency's supervisor, of anything; Dana's own, of a bar.
        for (who, fact) in [("jefferson", &hold["id"]), ("supervisor", &bar["id"])] {
            let answer = story.take_back(who, text(fact)).await;
            assert_eq!(
                without_request_id(&answer),
                without_request_id(&unknown),
                "{who}"
            );
        }
        story.at("2026-03-04T14:00:00Z");
        // The withdrawal of the bar is known to whoever knows of bars, and why to whoever knows why.
        let taken = story.take_back("admin", text(&bar["id"])).await.expect(201);
        let path = format!("{WITHDRAWALS}/{}", text(&taken["id"]));
        for who in ["supervisor", "dana", "trainer", "integration"] {
            story.get(who, &path).await.problem(404, "not_found");
            assert_eq!(story.list(who, WITHDRAWALS).await.len(), 0, "{who}");
        }
        let seen = story.get("help_desk", &path).await.expect(200);
        assert_eq!(seen["report"].get("reason"), None);
        let seen = story.get("auditor", &path).await.expect(200);
        assert_eq!(seen["report"]["reason"], "Recorded by mistake.");
        // The bar is gone; the end that it brought is contested.
        assert_eq!(story.sign_in("").await["allowed"], false);
        assert_eq!(story.list("admin", "/v1/contested-items").await.len(), 1);
    });
}

#[test]
fn nobody_takes_back_a_fact_of_his_own_case() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        story.hold(&license, "unreachable").await;
        let hold = story.last_of_dana("hold_opened").await;
        story
            .take_back("dana", &hold)
            .await
            .problem(403, "forbidden");
        story
            .grant(
                "herself",
                hmis_licensing::application::actor::Role::SystemAdmin,
                None,
                Some(story.dana),
            )
            .await;
        story
            .take_back("herself", &hold)
            .await
            .problem(403, "own_case");
    });
}

#[test]
fn a_supervisor_does_not_take_back_what_only_the_lead_may_end() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        let body = json!({
            "license_id": license, "cause": "violation", "effective_on": "2026-04-01",
            "report": { "reason": "Shared a password." },
        });
        let end = story.post("admin", "/v1/deactivations", &body).await;
        let end = text(&end.expect(201)["id"]).to_owned();
        let refused = story.take_back("supervisor", &end).await;
        refused.problem(403, "forbidden");
        // Nor its move.
        let path = format!("/v1/deactivations/{end}/reschedule");
        let body = json!({ "expected_version": 1, "effective_on": "2026-03-20" });
        story.post("admin", &path, &body).await.expect(200);
        let moved = story.last_of_dana("moved").await;
        let refused = story.take_back("supervisor", &moved).await;
        refused.problem(403, "forbidden");
        story.take_back("admin", &moved).await.expect(201);
        let path = format!("/v1/deactivations/{end}");
        let seen = story.get("admin", &path).await.expect(200);
        assert_eq!(seen["ended_at"], "2026-04-02T04:00:00Z");
    });
}

#[test]
fn whoever_may_not_record_such_a_fact_may_not_take_one_back() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        // A hold that a supervisor knows of, and may not open.
        story.hold(&license, "unreachable").await;
        let facts = story.facts_about_dana("supervisor", "hold_opened").await;
        let hold = text(&facts[0]["id"]);
        for who in ["supervisor", "help_desk", "trainer"] {
            story.take_back(who, hold).await.problem(403, "forbidden");
        }
        let pass = story.last_of_dana("training_completed").await;
        let refused = story.take_back("supervisor", &pass).await;
        refused.problem(403, "forbidden");
        story.take_back("integration", &pass).await.expect(201);
        story.take_back("admin", hold).await.expect(201);
    });
}

#[test]
fn what_asks_for_more_than_a_role_is_taken_back_by_its_recorder_or_the_lead() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story.license_dana().await;
        let signed = story.facts_about_dana("admin", "agreement_signed").await;
        for (who, index, status) in [
            ("help_desk", 0, 403),
            ("supervisor", 0, 201),
            ("admin", 1, 201),
        ] {
            let answer = story.take_back(who, text(&signed[index]["id"])).await;
            assert_eq!(answer.status, status, "{who}: {}", answer.text);
        }
    });
}

#[test]
fn the_reason_is_given_once_and_a_retry_takes_back_once() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story.license_dana().await;
        let fact = story.last_of_dana("training_completed").await;
        let mut body = json!({ "fact_id": fact });
        let missing = story.post("trainer", WITHDRAWALS, &body).await;
        missing.problem(422, "wrong_shape");
        assert_eq!(missing.faults(), ["/reason"]);
        body["reason"] = json!("Another class.");
        body["report"] = json!({ "reason": "Another class." });
        let twice = story.post("trainer", WITHDRAWALS, &body).await;
        twice.problem(422, "invalid");
        assert_eq!(twice.faults(), ["/report/reason"]);
        body["report"] = json!({ "channel": "phone", "ticket_reference": "HD-77" });
        let first = story.post_once("trainer", WITHDRAWALS, "once", &body).await;
        let first = first.expect(201);
        let again = story.post_once("trainer", WITHDRAWALS, "once", &body).await;
        assert_eq!(again.expect(201), first);
        assert_eq!(first["report"]["channel"], "phone");
    });
}
