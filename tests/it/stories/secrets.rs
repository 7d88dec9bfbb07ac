//! What comes next is computed without what its reader may not see: a departure that lies ahead is hidden from the
//! person who leaves, and from the front-end.

use hmis_licensing::application::actor::Role;
use serde_json::{Value, json};

use super::{NOBODY, Story, text, without_request_id};
use crate::support::database::on_both;

const AHEAD: &str = "2026-03-20T21:00:00Z";

/// Everything that a reader is shown about Dana's license: no text of it may tell.
async fn everything(story: &Story, who: &str, license: &str) -> Vec<Value> {
    let mut answers = Vec::new();
    for path in [
        format!("/v1/licenses/{license}"),
        format!("/v1/licenses/{license}/explanation"),
        format!("/v1/licenses/{license}/history"),
        format!("/v1/people/{}/explanation", story.dana),
        format!("/v1/licenses?person_id={}", story.dana),
        "/v1/licenses".to_owned(),
        "/v1/licenses?state=active".to_owned(),
        "/v1/license-requests".to_owned(),
        "/v1/departures".to_owned(),
        "/v1/deactivations".to_owned(),
        "/v1/agreement-signatures".to_owned(),
        "/v1/training-completions".to_owned(),
    ] {
        answers.push(story.get(who, &path).await.expect(200));
    }
    answers
}

#[test]
fn the_person_who_leaves_learns_it_when_it_takes_effect() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        let before = everything(&story, "dana", &license).await;
        let shown_before = story.get("dana", &format!("/v1/licenses/{license}")).await;
        let departure = story.depart_dana("supervisor", AHEAD).await;
        let path = format!("/v1/departures/{}", text(&departure["id"]));

        // Nothing that she is shown changes, not even an ETag.
        assert_eq!(everything(&story, "dana", &license).await, before);
        let shown = story.get("dana", &format!("/v1/licenses/{license}")).await;
        assert_eq!(shown.header("etag"), shown_before.header("etag"));
        let random = story.get("dana", &format!("/v1/departures/{NOBODY}")).await;
        for hidden in [
            story.get("dana", &path).await,
            story
                .get(
                    "dana",
                    &format!("/v1/deactivations/{}", text(&departure["id"])),
                )
                .await,
        ] {
            hidden.problem(404, "not_found");
            assert_eq!(without_request_id(&hidden), without_request_id(&random));
        }

        // Her supervisor, the help desk, the auditor see it.
        for who in ["supervisor", "help_desk", "auditor", "admin"] {
            let seen = story.license(who, &license).await;
            assert_eq!(seen["next_automatic_change"]["at"], AHEAD, "{who}");
            let explanation = story
                .get(who, &format!("/v1/licenses/{license}/explanation"))
                .await
                .expect(200);
            assert_eq!(explanation["next_automatic_change"]["at"], AHEAD, "{who}");
            assert_eq!(story.list(who, "/v1/departures").await.len(), 1, "{who}");
            assert_eq!(
                story.get(who, &path).await.expect(200)["status"],
                "scheduled"
            );
        }

        // A move and a cancellation of another one stay as hidden.
        let other = story.depart_dana("help_desk", "2026-03-25T21:00:00Z").await;
        let other = format!("/v1/departures/{}", text(&other["id"]));
        let moved = json!({ "expected_version": 1, "ended_on": "2026-03-26" });
        story
            .post("help_desk", &format!("{other}/reschedule"), &moved)
            .await
            .expect(200);
        story
            .post(
                "help_desk",
                &format!("{other}/cancel"),
                &json!({ "expected_version": 2 }),
            )
            .await
            .expect(200);
        assert_eq!(everything(&story, "dana", &license).await, before);

        story.at(AHEAD);
        let seen = story.license("dana", &license).await;
        assert_eq!(seen["state"], "deactivated");
        assert_eq!(seen["end"]["cause"], "employment_ended");
        let listed = story.list("dana", "/v1/departures").await;
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0]["id"], departure["id"]);
        assert_eq!(
            story.get("dana", &path).await.expect(200)["status"],
            "effective"
        );
    });
}

#[test]
fn a_supervisor_who_leaves_does_not_see_his_own() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        story
            .grant(
                "dana_as_supervisor",
                Role::Supervisor,
                Some(story.corktown),
                Some(story.dana),
            )
            .await;
        let before = everything(&story, "dana_as_supervisor", &license).await;
        let departure = story.depart_dana("supervisor", AHEAD).await;
        let after = everything(&story, "dana_as_supervisor", &license).await;
        assert_eq!(after, before);
        let id = text(&departure["id"]);
        story
            .get("dana_as_supervisor", &format!("/v1/departures/{id}"))
            .await
            .problem(404, "not_found");
        // Nor does trying to call it off tell.
        let cancel = json!({ "expected_version": 1 });
        let hidden = story
            .post(
                "dana_as_supervisor",
                &format!("/v1/departures/{id}/cancel"),
                &cancel,
            )
            .await;
        let random = story
            .post(
                "dana_as_supervisor",
                &format!("/v1/departures/{NOBODY}/cancel"),
                &cancel,
            )
            .await;
        hidden.problem(404, "not_found");
        assert_eq!(without_request_id(&hidden), without_request_id(&random));
        // Her colleague's, however, she does.
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
            "person_id": story.rosalind, "organization_id": story.corktown, "ended_at": AHEAD,
        });
        story
            .post("supervisor", "/v1/departures", &body)
            .await
            .expect(201);
        let listed = story.list("dana_as_supervisor", "/v1/departures").await;
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0]["person_id"], json!(story.rosalind));
    });
}

#[test]
fn the_front_end_is_told_nothing_before_the_instant() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        let before = story.sign_in("").await;
        assert_ne!(before["next_automatic_change_at"], AHEAD);
        story.depart_dana("supervisor", AHEAD).await;
        assert_eq!(story.sign_in("").await, before);
        // Nor of a deactivation that lies ahead.
        let body = json!({
            "license_id": license, "cause": "no_longer_needed",
            "effective_at": "2026-03-19T21:00:00Z",
        });
        story
            .post("help_desk", "/v1/deactivations", &body)
            .await
            .expect(201);
        assert_eq!(story.sign_in("").await, before);
        // Shortly before, it may keep the permission no longer than its five minutes, and is still not told.
        story.at("2026-03-19T20:58:00Z");
        let decision = story.sign_in("").await;
        assert_eq!(decision["allowed"], true);
        assert_eq!(decision["recheck_after"], "2026-03-19T21:03:00Z");
        story.at("2026-03-19T21:00:00Z");
        assert_eq!(story.sign_in("").await["allowed"], false);
        // Whoever may see it is told when.
        let answer = story
            .get(
                "help_desk",
                "/v1/access-decisions?implementation=hand&system=hmis_user_id&external_id=41",
            )
            .await;
        answer.expect(200);
    });
}

#[test]
fn staff_are_told_in_the_decision_what_comes_next() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story.license_dana().await;
        story
            .depart_dana("supervisor", "2026-03-02T18:02:00Z")
            .await;
        let path = "/v1/access-decisions?implementation=hand&system=hmis_user_id&external_id=41";
        let decision = story.get("help_desk", path).await.expect(200);
        assert_eq!(decision["next_automatic_change_at"], "2026-03-02T18:02:00Z");
        assert_eq!(decision["recheck_after"], "2026-03-02T18:02:00Z");
    });
}
