//! On call at night: a mistaken end or suspension is taken back for some hours, until another of staff confirms.

use hmis_licensing::application::actor::Role;
use serde_json::{Value, json};

use super::causes;
use crate::stories::{NOBODY, Story, text, texts};
use crate::support::app::Answer;
use crate::support::database::on_both;

const LIST: &str = "/v1/emergency-restorations";

impl Story {
    async fn restore(&self, who: &str, license: &str, body: &Value) -> Answer {
        let path = format!("/v1/licenses/{license}/emergency-restorations");
        self.post(who, &path, body).await
    }

    async fn confirm(&self, who: &str, restoration: &Value) -> Answer {
        let path = format!("{LIST}/{}/confirm", text(&restoration["id"]));
        let body = json!({ "expected_version": restoration["version"] });
        self.post(who, &path, &body).await
    }
}

fn mistake() -> Value {
    json!({ "report": {
        "channel": "phone", "ticket_reference": "HD-1187",
        "reason": "The shelter works tonight; the report was of a namesake.",
    } })
}

#[test]
fn a_departure_reported_by_mistake_is_taken_back_and_confirmed() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story.rosalind_supervises().await;
        let license = story.license_dana().await;
        // Saturday night.
        story.at("2026-03-07T23:00:00Z");
        story
            .depart_dana("supervisor", "2026-03-07T22:00:00Z")
            .await;
        assert_eq!(story.sign_in("").await["allowed"], false);
        story.at("2026-03-07T23:10:00Z");

        // Who may, by what, and for how long.
        for who in ["supervisor", "trainer", "auditor", "dana"] {
            let refused = story.restore(who, &license, &mistake()).await;
            refused.problem(403, "forbidden");
        }
        let refused = story.restore("help_desk", NOBODY, &mistake()).await;
        refused.problem(404, "not_found");
        let body = json!({ "until_at": "2026-03-10T23:10:01Z" });
        let refused = story.restore("help_desk", &license, &body).await;
        refused.problem(422, "invalid");
        assert_eq!(
            refused.faults(),
            ["/until_at", "/report/reason", "/report/ticket_reference"]
        );
        // Only a supervisor of that agency says that nobody left.
        let mut body = mistake();
        let refused = story.restore("help_desk", &license, &body).await;
        refused.problem(422, "invalid");
        assert_eq!(refused.faults(), ["/report/reported_by"]);
        for not_he in [
            json!({ "person_id": story.dana }),
            json!({ "name": "A supervisor" }),
        ] {
            body["report"]["reported_by"] = not_he;
            let refused = story.restore("help_desk", &license, &body).await;
            refused.problem(422, "invalid");
            assert_eq!(refused.faults(), ["/report/reported_by"]);
        }
        body["report"]["reported_by"] = json!({ "person_id": story.rosalind });
        let restored = story
            .restore("help_desk", &license, &body)
            .await
            .expect(201);
        assert_eq!(restored["standing"], "open");
        assert_eq!(restored["took_back"], json!(["employment_ended"]));
        assert_eq!(restored["until"], "2026-03-10T23:10:00Z");

        // Access is on, and everybody sees until when.
        let decision = story.sign_in("").await;
        assert_eq!(decision["allowed"], true);
        assert_eq!(decision["next_automatic_change_at"], "2026-03-10T23:10:00Z");
        let path = format!("/v1/licenses/{license}/explanation");
        let explained = story.get("supervisor", &path).await.expect(200);
        assert_eq!(explained["allowed"], true);
        let next = &explained["next_automatic_change"];
        assert_eq!(next["at"], "2026-03-10T23:10:00Z");
        let who = texts(&explained["who_can_act"]);
        assert!(who.iter().any(|who| who.contains("confirm")), "{who:?}");
        let twice = story.restore("admin", &license, &body).await;
        twice.problem(409, "transition_refused");
        // Who restored, who had asked for it, and whose license it is do not confirm it.
        story
            .confirm("help_desk", &restored)
            .await
            .problem(403, "own_case");
        story
            .grant("rosalind", Role::HelpDesk, None, Some(story.rosalind))
            .await;
        story
            .confirm("rosalind", &restored)
            .await
            .problem(403, "own_case");
        story
            .confirm("supervisor", &restored)
            .await
            .problem(403, "forbidden");
        // What was said stays with staff.
        let path = format!("{LIST}/{}", text(&restored["id"]));
        let seen = story.get("dana", &path).await.expect(200);
        assert!(seen["report"].get("reason").is_none(), "{seen}");
        story
            .get("jefferson", &path)
            .await
            .problem(404, "not_found");

        story.at("2026-03-09T14:00:00Z");
        story.grant("day_desk", Role::HelpDesk, None, None).await;
        let confirmed = story.confirm("day_desk", &restored).await.expect(200);
        assert_eq!(confirmed["standing"], "confirmed");
        story
            .confirm("admin", &confirmed)
            .await
            .problem(409, "transition_refused");
        story.at("2026-03-15T14:00:00Z");
        assert_eq!(story.sign_in("").await["allowed"], true);
        // What the service allowed at each instant stays on record.
        for (at, allowed) in [
            ("2026-03-07T22:30:00Z", true),
            ("2026-03-07T23:05:00Z", false),
            ("2026-03-07T23:10:00Z", true),
        ] {
            let then = story.sign_in(&format!("&at={at}")).await;
            assert_eq!(then["allowed"], allowed, "{at}");
        }
        let history = story
            .get("admin", &format!("/v1/licenses/{license}/history"))
            .await
            .expect(200);
        assert_eq!(history["periods"][1]["cause"], "emergency_restoration");
        assert!(history["periods"][1].get("end").is_none());
    });
}

#[test]
fn nobody_confirms_and_access_ends_again_by_itself() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        story.at("2026-03-07T22:00:00Z");
        let body = json!({ "license_id": license, "cause": "no_longer_needed" });
        story
            .post("admin", "/v1/deactivations", &body)
            .await
            .expect(201);
        story.at("2026-03-07T23:10:00Z");
        let mut body = mistake();
        body["until_at"] = json!("2026-03-08T15:00:00Z");
        let restored = story
            .restore("help_desk", &license, &body)
            .await
            .expect(201);
        assert_eq!(story.sign_in("").await["allowed"], true);
        assert_eq!(story.license("admin", &license).await["state"], "active");

        story.at("2026-03-08T15:00:00Z");
        assert_eq!(story.sign_in("").await["allowed"], false);
        let ended = story.license("admin", &license).await;
        assert_eq!(ended["state"], "deactivated");
        let open = story.list("admin", &format!("{LIST}?standing=open")).await;
        assert!(open.is_empty());
        let left = story
            .list("admin", &format!("{LIST}?standing=ran_out"))
            .await;
        assert_eq!(left[0]["id"], restored["id"]);
        assert_eq!(left[0]["ended_at"], "2026-03-08T15:00:00Z");
        // Too late, and once only.
        let late = story.confirm("admin", &restored).await;
        let problem = late.problem(409, "transition_refused");
        assert_eq!(problem["state"], "ran_out");
        let again = story.restore("help_desk", &license, &mistake()).await;
        let problem = again.problem(409, "transition_refused");
        assert!(
            texts(&problem["needs"])[0].contains("restored once"),
            "{problem}"
        );
        // An administrator reinstates it.
        let back = story.act("admin", &license, "reinstate", json!({})).await;
        assert_eq!(back.expect(200)["state"], "active");
    });
}

#[test]
fn a_suspension_by_mistake_is_taken_back_but_no_investigation_nor_bar() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        story.at("2026-03-07T22:00:00Z");
        story.hold(&license, "unreachable").await;
        story.at("2026-03-07T23:10:00Z");
        let restored = story
            .restore("help_desk", &license, &mistake())
            .await
            .expect(201);
        assert_eq!(restored["took_back"], json!(["unreachable"]));
        assert_eq!(story.license("admin", &license).await["state"], "active");
        story.at("2026-03-08T15:00:00Z");
        story.confirm("admin", &restored).await.expect(200);
        let lifted = story.license("admin", &license).await;
        assert_eq!(lifted["state"], "active");
        story.at("2026-03-12T15:00:00Z");
        assert_eq!(story.sign_in("").await["allowed"], true);

        story.hold(&license, "investigation").await;
        let held = story.license("admin", &license).await;
        assert_eq!(causes(&held).last(), Some(&"investigation"));
        story.at("2026-03-12T15:10:00Z");
        let refused = story.restore("help_desk", &license, &mistake()).await;
        let problem = refused.problem(409, "transition_refused");
        assert!(
            texts(&problem["needs"])[0].contains("never taken back"),
            "{problem}"
        );
        let bar = json!({ "person_id": story.dana, "report": { "reason": "Shared a password." } });
        story.post("admin", "/v1/bars", &bar).await.expect(201);
        story.at("2026-03-12T15:20:00Z");
        let refused = story.restore("help_desk", &license, &mistake()).await;
        refused.problem(409, "transition_refused");
        assert_eq!(story.sign_in("").await["allowed"], false);
    });
}

#[test]
fn nobody_restores_or_confirms_his_own_license() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        story
            .grant("dana", Role::HelpDesk, None, Some(story.dana))
            .await;
        story.at("2026-03-07T22:00:00Z");
        story.hold(&license, "unreachable").await;
        story.at("2026-03-07T23:10:00Z");
        let own = story.restore("dana", &license, &mistake()).await;
        own.problem(403, "own_case");
        let restored = story
            .restore("help_desk", &license, &mistake())
            .await
            .expect(201);
        story
            .confirm("dana", &restored)
            .await
            .problem(403, "own_case");
    });
}

#[test]
fn the_word_of_who_supervises_now_counts_and_no_longer_that_of_who_left() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story.rosalind_supervises().await;
        let kim = story.kim().await;
        let license = story.license_dana().await;
        story
            .stand_in_for_rosalind(kim, "2026-03-02", "2026-03-20")
            .await;
        story.depart_rosalind("2026-03-07T21:00:00Z").await;
        story
            .depart_dana("supervisor", "2026-03-07T20:00:00Z")
            .await;
        story.at("2026-03-07T23:10:00Z");
        let mut body = mistake();
        // Rosalind left, and with her went whoever stood in for her.
        for gone in [story.rosalind, kim] {
            body["report"]["reported_by"] = json!({ "person_id": gone });
            let refused = story.restore("help_desk", &license, &body).await;
            refused.problem(422, "invalid");
            assert_eq!(refused.faults(), ["/report/reported_by"]);
        }
        // She is back. Who is concerned says nothing of himself, by whichever role.
        story.rosalind_supervises().await;
        story
            .stand_in_for_rosalind(kim, "2026-03-07", "2026-03-20")
            .await;
        story
            .grant(
                "dana_too",
                Role::Supervisor,
                Some(story.corktown),
                Some(story.dana),
            )
            .await;
        body["report"]["reported_by"] = json!({ "person_id": story.dana });
        let refused = story.restore("help_desk", &license, &body).await;
        assert_eq!(refused.faults(), ["/report/reported_by"]);
        body["report"]["reported_by"] = json!({ "person_id": kim });
        let restored = story.restore("help_desk", &license, &body).await;
        assert_eq!(restored.expect(201)["standing"], "open");
    });
}
