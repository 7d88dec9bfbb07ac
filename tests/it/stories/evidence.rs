//! Signatures and trainings that are refused: each says what to change.

use chrono::TimeDelta;
use hmis_licensing::application::actor::Role;
use serde_json::{Value, json};

use super::{Story, text};
use crate::support::app::Answer;
use crate::support::database::on_both;

const SIGNATURES: &str = "/v1/agreement-signatures";
const COMPLETIONS: &str = "/v1/training-completions";

/// A sound signature for Dana with some fields changed; `null` removes one.
fn signature(story: &Story, changes: &Value) -> Value {
    changed(
        json!({
            "person_id": story.dana, "organization_id": story.corktown,
            "agreement": "user_agreement", "party": "end_user", "signed_on": "2026-03-02",
        }),
        changes,
    )
}

fn completion(story: &Story, changes: &Value) -> Value {
    changed(
        json!({
            "person_id": story.dana, "course": "hmis_user_training_series", "outcome": "pass",
            "completed_on": "2026-03-02",
        }),
        changes,
    )
}

fn changed(mut body: Value, changes: &Value) -> Value {
    let fields = body.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            fields.remove(name);
        } else {
            fields.insert(name.clone(), value.clone());
        }
    }
    body
}

#[track_caller]
fn faults(answer: &Answer, code: &str, expected: &[&str]) {
    answer.problem(422, code);
    assert_eq!(answer.faults(), expected, "{}", answer.text);
}

async fn requested(story: &Story) {
    story
        .post(
            "supervisor",
            "/v1/license-requests",
            &story.request_for_dana(),
        )
        .await
        .expect(201);
}

#[test]
fn a_signature_with_a_fault_is_not_kept() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        requested(&story).await;
        let census = story.census().await;
        for (changes, code, expected) in [
            (json!({ "party": "agency" }), "invalid", ["/party"]),
            (
                json!({ "signed_on": "2026-03-03" }),
                "invalid",
                ["/signed_on"],
            ),
            (
                json!({ "signed_on": null, "signed_at": "2026-03-02T18:05:01Z" }),
                "invalid",
                ["/signed_at"],
            ),
            (
                json!({ "signed_on": null, "signed_at": "2026-03-02T12:00:00" }),
                "wrong_shape",
                ["/signed_at"],
            ),
            (
                json!({ "signed_at": "2026-03-02T12:00:00Z" }),
                "invalid",
                ["/signed_on"],
            ),
            (json!({ "signed_on": null }), "invalid", ["/signed_at"]),
            (json!({ "version": "9" }), "invalid", ["/version"]),
            (json!({ "agreement": "nda" }), "invalid", ["/agreement"]),
            (json!({ "pages": 4 }), "wrong_shape", ["/pages"]),
            (
                json!({ "report": { "reported_at": "2026-03-03T12:00:00Z" } }),
                "invalid",
                ["/report/reported_at"],
            ),
            (
                json!({ "report": { "reported_by": { "contact": "desk 4" } } }),
                "invalid",
                ["/report/reported_by"],
            ),
            (
                json!({ "report": { "chanel": "phone" } }),
                "wrong_shape",
                ["/report/chanel"],
            ),
        ] {
            let answer = story
                .post("supervisor", SIGNATURES, &signature(&story, &changes))
                .await;
            faults(&answer, code, &expected);
        }
        // Both faults at once.
        let both = json!({ "agreement": "nda", "signed_on": "2026-03-03" });
        let answer = story
            .post("supervisor", SIGNATURES, &signature(&story, &both))
            .await;
        faults(&answer, "invalid", &["/signed_on", "/agreement"]);
        assert_eq!(story.census().await, census);
        // A clock that runs five minutes ahead is no fault.
        let ahead = json!({ "signed_on": null, "signed_at": "2026-03-02T18:05:00Z" });
        story
            .post("supervisor", SIGNATURES, &signature(&story, &ahead))
            .await
            .expect(201);
    });
}

#[test]
fn nobody_signs_for_the_agency_under_his_own_agreement() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        requested(&story).await;
        let (corktown, dana) = (story.corktown, story.dana);
        story
            .grant("dana", Role::Supervisor, Some(corktown), Some(dana))
            .await;
        let census = story.census().await;
        for party in ["supervisor", "authorized_signer", "lead"] {
            let answer = story
                .sign("dana", dana, corktown, "user_agreement", party)
                .await;
            let problem = answer.problem(403, "own_case");
            assert!(text(&problem["detail"]).contains("somebody else signs"));
        }
        assert_eq!(story.census().await, census);
        story
            .sign("dana", dana, corktown, "user_agreement", "end_user")
            .await
            .expect(201);
        // A supervisor does not sign for the lead either; and Jefferson's not for Corktown.
        story
            .sign("supervisor", dana, corktown, "user_agreement", "lead")
            .await
            .problem(403, "forbidden");
        story
            .sign("jefferson", dana, corktown, "user_agreement", "supervisor")
            .await
            .problem(422, "invalid");
        // Corktown has another supervisor, who signs. In an agency of two the lead countersigns.
        let answer = story
            .sign("admin", dana, corktown, "user_agreement", "lead")
            .await;
        faults(&answer, "invalid", &["/party"]);
        story.revoke("supervisor").await;
        let stand_in = story
            .sign("admin", dana, corktown, "user_agreement", "lead")
            .await
            .expect(201);
        // With a supervisor there again, no new signature may stand in, but what was signed can still be corrected.
        story
            .grant("successor", Role::Supervisor, Some(corktown), None)
            .await;
        let mut anew = signature(
            &story,
            &json!({ "party": "lead", "signed_on": "2026-03-01" }),
        );
        let answer = story.post("admin", SIGNATURES, &anew).await;
        faults(&answer, "invalid", &["/party"]);
        anew["supersedes"] = stand_in["id"].clone();
        anew["report"] = json!({ "reason": "She signed the day before." });
        story.post("admin", SIGNATURES, &anew).await.expect(201);
    });
}

#[test]
fn an_end_user_signs_only_for_himself_where_he_is_to_work() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let (corktown, dana) = (story.corktown, story.dana);
        let early = story
            .sign("dana", dana, corktown, "user_agreement", "end_user")
            .await;
        faults(&early, "invalid", &["/organization_id"]);
        requested(&story).await;
        story
            .sign("dana", dana, corktown, "user_agreement", "supervisor")
            .await
            .problem(403, "own_case");
        let other = story
            .sign(
                "dana",
                story.rosalind,
                corktown,
                "user_agreement",
                "end_user",
            )
            .await;
        faults(&other, "invalid", &["/person_id"]);
    });
}

#[test]
fn a_training_with_a_fault_is_not_kept() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let census = story.census().await;
        for (changes, code, expected) in [
            (
                json!({ "completed_on": "2026-03-03" }),
                "invalid",
                ["/completed_on"],
            ),
            (
                json!({ "completed_on": null, "completed_at": "2026-03-03T00:00:00-05:00" }),
                "invalid",
                ["/completed_at"],
            ),
            (
                json!({ "completed_on": null, "completed_at": "2026-03-02 12:00" }),
                "wrong_shape",
                ["/completed_at"],
            ),
            (
                json!({ "completed_at": "2026-03-02T12:00:00Z" }),
                "invalid",
                ["/completed_on"],
            ),
            (json!({ "course": "juggling" }), "invalid", ["/course"]),
            (json!({ "outcome": "maybe" }), "wrong_shape", ["/outcome"]),
            (json!({ "score": 101 }), "invalid", ["/score"]),
            (
                json!({ "certificate": "x" }),
                "wrong_shape",
                ["/certificate"],
            ),
        ] {
            let answer = story
                .post("trainer", COMPLETIONS, &completion(&story, &changes))
                .await;
            faults(&answer, code, &expected);
        }
        story
            .post("supervisor", COMPLETIONS, &completion(&story, &json!({})))
            .await
            .problem(403, "forbidden");
        assert_eq!(story.census().await, census);
    });
}

#[test]
fn nobody_records_his_own_training() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story
            .grant("teacher", Role::Trainer, None, Some(story.dana))
            .await;
        let census = story.census().await;
        let answer = story
            .pass("teacher", story.dana, "hmis_user_training_series")
            .await;
        answer.problem(403, "own_case");
        assert_eq!(story.census().await, census);
        story
            .pass("teacher", story.rosalind, "hmis_user_training_series")
            .await
            .expect(201);
    });
}

#[test]
fn a_pass_mark_asks_for_the_score_and_a_pass_agrees_with_it() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let preset = story
            .get("admin", "/v1/policy-presets/hand")
            .await
            .expect(200);
        let mut document = preset["document"].clone();
        document["courses"]["hmis_user_training_series"]["pass_mark"] = json!(80);
        document["courses"]["data_quality"]["edition"] = json!("2026");
        let path = format!("/v1/implementations/{}/policies", story.hand);
        let posted = story
            .post("admin", &path, &json!({ "document": document }))
            .await
            .expect(201);
        story
            .app
            .clock
            .set(text(&posted["effective_from"]).parse().unwrap());
        story.app.clock.advance(TimeDelta::hours(1));
        let record = |changes: Value| {
            let story = &story;
            async move {
                let body = completion(story, &changes);
                story.post("trainer", COMPLETIONS, &body).await
            }
        };
        faults(&record(json!({})).await, "invalid", &["/score"]);
        let contradicting = record(json!({ "score": 79 })).await;
        faults(&contradicting, "invalid", &["/outcome"]);
        assert!(contradicting.text.contains("80 %"));
        record(json!({ "score": 80 })).await.expect(201);
        record(json!({ "score": 79, "outcome": "fail" }))
            .await
            .expect(201);
        record(json!({ "outcome": "fail" })).await.expect(201);
        let edition = record(json!({ "course": "data_quality" })).await;
        faults(&edition, "invalid", &["/edition"]);
    });
}
