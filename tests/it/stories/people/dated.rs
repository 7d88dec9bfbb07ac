//! Names, addresses and external ids keep their dates: who sees a former one, and whom a closed one still names.

use serde_json::{Value, json};

use crate::stories::{Story, text};
use crate::support::database::on_both;

impl Story {
    async fn history(&self, who: &str) -> Value {
        self.get(who, &format!("/v1/people/{}/history", self.dana))
            .await
            .expect(200)
    }

    /// As Dana's record stands, where the action names its version.
    async fn of_dana(&self, who: &str, action: &str, body: &Value) -> crate::support::app::Answer {
        let mut body = body.clone();
        if action != "emails/confirm" {
            let path = format!("/v1/people/{}", self.dana);
            let seen = self.get("admin", &path).await.expect(200);
            body["expected_version"] = seen["version"].clone();
        }
        let path = format!("/v1/people/{}/{action}", self.dana);
        self.post(who, &path, &body).await
    }
}

#[test]
fn a_former_name_is_for_the_person_administrators_and_auditors_and_finds_her_for_the_help_desk() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story.license_dana().await;
        story.at("2026-03-15T13:00:00Z");
        let path = format!("/v1/people/{}", story.dana);
        let token = story.app.token("help_desk");
        let changed = story
            .app
            .patch(&path)
            .bearer(&token)
            .json(&json!({ "family_name": "Okafor", "expected_version": 1 }))
            .send()
            .await
            .expect(200);
        assert_eq!(changed["family_name"], "Okafor");
        assert_eq!(changed.get("former_names"), None);
        for (who, former, by) in [
            ("admin", true, true),
            ("auditor", true, true),
            ("dana", true, false),
            ("help_desk", false, false),
            ("trainer", false, false),
            ("supervisor", false, false),
        ] {
            let history = story.history(who).await;
            let names = history["names"].as_array().unwrap();
            assert_eq!(names.len(), if former { 2 } else { 1 }, "{who}");
            let last = names.last().unwrap();
            assert_eq!(last["family_name"], "Okafor");
            assert_eq!(last["current"], true);
            assert_eq!(last["recorded_at"], "2026-03-15T13:00:00Z");
            assert_eq!(last.get("recorded_by").is_some(), by, "{who}");
        }
        for (who, found) in [
            ("help_desk", 1),
            ("admin", 1),
            ("dana", 1),
            ("supervisor", 0),
        ] {
            let hits = story.list(who, "/v1/people?name=whitfield").await;
            assert_eq!(hits.len(), found, "{who}");
        }
        story
            .get("jefferson", &format!("{path}/history"))
            .await
            .problem(404, "not_found");
        story
            .get("frontend", &format!("{path}/history"))
            .await
            .problem(403, "forbidden");
    });
}

#[test]
fn an_imported_address_is_confirmed_for_an_organization_and_retired() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story.license_dana().await;
        let emails = story.history("admin").await["emails"].clone();
        let imported = emails[0].clone();
        assert_eq!(imported.get("organization_id"), None, "{imported}");
        assert_eq!(imported.get("confirmed_at"), None, "{imported}");
        let email = text(&imported["email"]).to_owned();
        // A supervisor is shown no address that nobody assigned.
        assert_eq!(story.history("supervisor").await["emails"], json!([]));

        story.at("2026-03-04T13:00:00Z");
        let confirm = json!({ "email": email.to_uppercase(), "organization_id": story.corktown });
        story
            .of_dana("supervisor", "emails/confirm", &confirm)
            .await
            .problem(403, "forbidden");
        story
            .of_dana("help_desk", "emails/confirm", &confirm)
            .await
            .expect(200);
        let shown = story.history("supervisor").await["emails"][0].clone();
        assert_eq!(shown["email"], json!(email));
        assert_eq!(shown["confirmed_at"], "2026-03-04T13:00:00Z");
        assert_eq!(shown["organization_id"], json!(story.corktown));
        let again = story.of_dana("admin", "emails/confirm", &confirm).await;
        assert_eq!(
            again.problem(409, "transition_refused")["state"],
            "confirmed"
        );

        story.at("2026-03-05T13:00:00Z");
        let unassigned = json!({ "email": email });
        let refused = story.of_dana("admin", "emails/retire", &unassigned).await;
        assert_eq!(refused.faults(), ["/email"]);
        let retired = story
            .of_dana("admin", "emails/retire", &confirm)
            .await
            .expect(200);
        assert_eq!(retired["emails"][0]["retired_at"], "2026-03-05T13:00:00Z");
        for action in ["retire", "confirm"] {
            let path = format!("emails/{action}");
            let refused = story.of_dana("admin", &path, &confirm).await;
            let problem = refused.problem(409, "transition_refused");
            assert_eq!(problem["state"], "retired", "{action}");
        }
        // An address nobody recorded is not confirmed, and one of an organization nobody knows neither.
        let stranger = json!({ "email": "nobody@example.org", "organization_id": story.corktown });
        let refused = story.of_dana("admin", "emails/confirm", &stranger).await;
        assert_eq!(refused.faults(), ["/email"]);
        let nowhere = json!({ "email": email, "organization_id": crate::stories::NOBODY });
        let refused = story.of_dana("admin", "emails/confirm", &nowhere).await;
        assert_eq!(refused.faults(), ["/organization_id"]);
    });
}

#[test]
fn a_closed_id_still_names_her_until_staff_settle_it_and_is_nobody_elses() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let source = story.login_source("clarity").await;
        story.license_dana().await;
        let id = json!({ "system": "hmis_user_id", "value": "41" });
        let reasoned = json!({
            "system": "hmis_user_id", "value": "41", "reason": "The account was deleted.",
        });
        let login = async |event: &str| {
            let login = json!({
                "login_source_id": source, "source_event_id": event,
                "occurred_at": story.app.app.now(),
                "external_id": { "system": "hmis_user_id", "value": "41" },
            });
            let recorded = story.post("frontend", "/v1/login-events", &login).await;
            text(&recorded.expect(201)["outcome"]).to_owned()
        };
        let early = story
            .of_dana("admin", "external-ids/settle", &reasoned)
            .await;
        let problem = early.problem(409, "transition_refused");
        assert_eq!(problem["state"], "open");

        story.at("2026-03-04T13:00:00Z");
        story
            .of_dana("supervisor", "external-ids/close", &id)
            .await
            .problem(403, "forbidden");
        let closed = story
            .of_dana("help_desk", "external-ids/close", &id)
            .await
            .expect(200);
        let ids = closed["external_ids"].as_array().unwrap();
        let one = ids
            .iter()
            .find(|id| id["system"] == "hmis_user_id")
            .unwrap();
        assert_eq!(one["closed_at"], "2026-03-04T13:00:00Z");
        let again = story.of_dana("admin", "external-ids/close", &id).await;
        assert_eq!(again.problem(409, "transition_refused")["state"], "closed");
        // It still tells who is meant, for decisions and logins, and for no request.
        assert_eq!(story.sign_in("").await["allowed"], true);
        assert_eq!(login("closed").await, "accepted");
        let request = story.request_for_dana();
        let refused = story
            .post("supervisor", "/v1/license-requests", &request)
            .await;
        refused.problem(422, "invalid");
        // The supervisor is not shown it any more; the help desk is.
        assert_eq!(
            story.history("supervisor").await["external_ids"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|id| id["system"] == "hmis_user_id")
                .count(),
            0
        );

        story.at("2026-03-05T13:00:00Z");
        let unexplained = story.of_dana("admin", "external-ids/settle", &id).await;
        assert_eq!(unexplained.status.as_u16(), 422);
        let settled = story
            .of_dana("admin", "external-ids/settle", &reasoned)
            .await
            .expect(200);
        let ids = settled["external_ids"].as_array().unwrap();
        let one = ids
            .iter()
            .find(|id| id["system"] == "hmis_user_id")
            .unwrap();
        assert_eq!(one["settled_at"], "2026-03-05T13:00:00Z");
        let decision = story.sign_in("").await;
        assert_eq!(decision["allowed"], false);
        assert_eq!(decision["reason"], "unknown_person");
        assert_eq!(login("settled").await, "unmatched");
        // What was known then is answered as it was then.
        let then = story.sign_in("&at=2026-03-04T14:00:00Z").await;
        assert_eq!(then["allowed"], true);
        let again = story
            .of_dana("admin", "external-ids/settle", &reasoned)
            .await;
        assert_eq!(again.problem(409, "transition_refused")["state"], "settled");
        // Nobody else ever gets it, and somebody else's is no id of hers.
        let path = format!("/v1/people/{}/external-ids", story.rosalind);
        story
            .post("admin", &path, &id)
            .await
            .problem(409, "duplicate");
        let foreign = json!({ "system": "hmis_user_id", "value": "42" });
        let refused = story.of_dana("admin", "external-ids/close", &foreign).await;
        assert_eq!(refused.faults(), ["/value"]);
    });
}

#[test]
fn an_address_that_a_departure_retired_is_used_again_when_the_departure_was_wrong() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        let email = story.history("admin").await["emails"][0]["email"].clone();
        let confirm = json!({ "email": email, "organization_id": story.corktown });
        story
            .of_dana("help_desk", "emails/confirm", &confirm)
            .await
            .expect(200);
        let retired = async || {
            story.history("admin").await["emails"][0]
                .get("retired_at")
                .cloned()
        };
        assert_eq!(retired().await, None);
        // Undone by staff.
        story.at("2026-03-05T13:00:00Z");
        story
            .depart_dana("supervisor", "2026-03-05T12:00:00Z")
            .await;
        assert_eq!(retired().await, Some(json!("2026-03-05T13:00:00Z")));
        let again = story.of_dana("help_desk", "emails/confirm", &confirm).await;
        assert_eq!(again.problem(409, "transition_refused")["state"], "retired");
        story.at("2026-03-05T14:00:00Z");
        story
            .act("admin", &license, "reinstate", json!({}))
            .await
            .expect(200);
        assert_eq!(retired().await, None);
        // Taken back by whoever reported it: access waits for staff, the address does not.
        story.at("2026-03-06T13:00:00Z");
        let departure = story
            .depart_dana("supervisor", "2026-03-06T12:00:00Z")
            .await;
        assert_eq!(retired().await, Some(json!("2026-03-06T13:00:00Z")));
        story.at("2026-03-06T14:00:00Z");
        let wrong = json!({ "fact_id": departure["id"], "reason": "A namesake left." });
        story
            .post("supervisor", "/v1/fact-withdrawals", &wrong)
            .await
            .expect(201);
        assert_eq!(retired().await, None);
        assert_eq!(story.sign_in("").await["allowed"], false);
        assert_eq!(story.list("admin", "/v1/contested-items").await.len(), 1);
    });
}

#[test]
fn an_id_names_nobody_before_it_was_recorded() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story.license_dana().await;
        story.at("2026-03-04T13:00:00Z");
        let id = json!({ "system": "hmis_user_id", "value": "4141" });
        let path = format!("/v1/people/{}/external-ids", story.dana);
        story.post("admin", &path, &id).await.expect(201);
        story.at("2026-03-05T13:00:00Z");
        let now = story.may_sign_in("4141", "").await;
        assert_eq!(now["allowed"], true);
        for (at, allowed, reason) in [
            ("2026-03-04T12:59:59Z", false, "unknown_person"),
            ("2026-03-04T13:00:00Z", true, "allowed"),
        ] {
            let then = story.may_sign_in("4141", &format!("&at={at}")).await;
            assert_eq!(then["allowed"], allowed, "{at}");
            assert_eq!(then["reason"], reason, "{at}");
            assert_eq!(then["licenses"].as_array().unwrap().is_empty(), !allowed);
        }
        // By the id that was known then she was let in.
        let then = story.may_sign_in("41", "&at=2026-03-04T12:59:59Z").await;
        assert_eq!(then["allowed"], true);
    });
}

#[test]
fn whoever_retires_or_closes_names_the_version_he_saw() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story.license_dana().await;
        let path = format!("/v1/people/{}", story.dana);
        let seen = story.get("admin", &path).await;
        let etag = seen.header("etag").unwrap().to_owned();
        let email = json!({ "email": seen.json()["emails"][0]["email"] });
        let id = json!({ "system": "hmis_user_id", "value": "41" });
        let settled = json!({ "system": "hmis_user_id", "value": "41", "reason": "Deleted." });
        for (action, body) in [
            ("emails/retire", &email),
            ("external-ids/close", &id),
            ("external-ids/settle", &settled),
        ] {
            let path = format!("{path}/{action}");
            let unseen = story.post("admin", &path, body).await;
            unseen.problem(428, "precondition_required");
            let mut stale = body.clone();
            stale["expected_version"] = json!(7);
            let stale = story.post("admin", &path, &stale).await;
            stale.problem(412, "stale");
        }
        let close = async || {
            let token = story.app.token("admin");
            let path = format!("{path}/external-ids/close");
            let call = story.app.post(&path).bearer(&token);
            call.header("If-Match", &etag).json(&id).send().await
        };
        let closed = close().await;
        assert_eq!(closed.expect(200)["version"], 2);
        assert_ne!(closed.header("etag"), Some(etag.as_str()));
        close().await.problem(412, "stale");
        let now = story.get("admin", &path).await;
        assert_eq!(now.header("etag"), closed.header("etag"));
    });
}
