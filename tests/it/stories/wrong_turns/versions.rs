//! Commands upon what has changed meanwhile, and ends that make no sense.

use serde_json::json;

use super::{REQUESTS, submitted};
use crate::stories::{Story, text};
use crate::support::database::on_both;

#[test]
fn a_command_names_the_version_it_has_seen() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let request = submitted(&story).await;
        let path = format!("{REQUESTS}/{}", text(&request["id"]));
        for command in ["approve", "deny", "withdraw", "activate"] {
            let mut body = json!({});
            if command == "deny" {
                body["reason"] = json!("No need.");
            }
            let address = format!("{path}/{command}");
            let refused = story.post("admin", &address, &body).await;
            refused.problem(428, "precondition_required");
            body["expected_version"] = json!(7);
            let refused = story.post("admin", &address, &body).await;
            let detail = refused.problem(412, "stale")["detail"].to_string();
            assert!(detail.contains("current version is 1"), "{detail}");
        }
        let etag = story.get("admin", &path).await;
        let etag = etag.header("etag").unwrap();
        let token = story.app.token("admin");
        let approve = |seen: &str| {
            story
                .app
                .post(&format!("{path}/approve"))
                .bearer(&token)
                .header("If-Match", seen)
                .json(&json!({}))
                .send()
        };
        let approved = approve(etag).await;
        approved.expect(200);
        // The version rose, so that a second click does nothing.
        approve(etag).await.problem(412, "stale");
        let departure = story
            .depart_dana("supervisor", "2026-03-20T21:00:00Z")
            .await;
        let path = format!("/v1/departures/{}", text(&departure["id"]));
        for (command, mut body) in [
            ("cancel", json!({})),
            ("reschedule", json!({ "ended_on": "2026-03-21" })),
        ] {
            let address = format!("{path}/{command}");
            let refused = story.post("supervisor", &address, &body).await;
            refused.problem(428, "precondition_required");
            body["expected_version"] = json!(2);
            let refused = story.post("supervisor", &address, &body).await;
            let detail = refused.problem(412, "stale")["detail"].to_string();
            assert!(detail.contains("current version is 1"), "{detail}");
        }
    });
}

#[test]
fn ends_are_refused_where_they_make_no_sense() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story.at("2026-03-05T14:00:00Z");
        let license = story.license_dana().await;
        let census = story.census().await;
        let ends = |cause: &str, field: &str, moment: &str| {
            let mut body = json!({ "license_id": license, "cause": cause });
            if !field.is_empty() {
                body[field] = json!(moment);
            }
            body
        };
        for (body, faults) in [
            (ends("inactivity", "", ""), "/cause"),
            (ends("barred", "", ""), "/cause"),
            (ends("suspension_too_long", "", ""), "/cause"),
            // It needs a notice that names the day.
            (ends("seat_reduction", "", ""), "/cause"),
            (
                ends("requested", "effective_at", "2026-03-05T13:59:59Z"),
                "/effective_at",
            ),
            (
                ends("requested", "effective_on", "2026-03-04"),
                "/effective_on",
            ),
            (
                ends("requested", "effective_on", "2036-03-04"),
                "/effective_on",
            ),
        ] {
            let refused = story.post("admin", "/v1/deactivations", &body).await;
            refused.problem(422, "invalid");
            assert_eq!(refused.faults(), [faults], "{body}");
        }
        // What only the lead may say.
        for cause in ["violation", "organization_left", "duplicate"] {
            let refused = story
                .post("supervisor", "/v1/deactivations", &ends(cause, "", ""))
                .await;
            refused.problem(403, "forbidden");
        }
        // A departure where the person neither works nor asks to.
        let body = json!({
            "person_id": story.dana, "organization_id": story.jefferson,
            "ended_at": "2026-03-01T12:00:00Z",
        });
        let refused = story.post("help_desk", "/v1/departures", &body).await;
        refused.problem(422, "invalid");
        assert_eq!(refused.faults(), ["/organization_id"]);
        assert_eq!(story.census().await, census);
        assert_eq!(story.sign_in("").await["allowed"], true);
    });
}

#[test]
fn what_took_effect_is_not_called_off() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story.license_dana().await;
        let departure = story
            .depart_dana("supervisor", "2026-03-05T21:00:00Z")
            .await;
        let path = format!("/v1/departures/{}", text(&departure["id"]));
        let rosalind = json!({ "external_id": { "system": "hmis_user_id", "value": "42" } });
        let request = story.request(story.corktown, &rosalind);
        let request = story
            .post("supervisor", REQUESTS, &request)
            .await
            .expect(201);
        let other = story.fulfil(&request, "supervisor").await["license_id"].clone();
        story.at("2026-03-05T21:00:00Z");
        let mut census = story.census().await;
        let cancel = json!({ "expected_version": 1 });
        let refused = story
            .post("admin", &format!("{path}/cancel"), &cancel)
            .await;
        let problem = refused.problem(409, "transition_refused");
        assert_eq!(
            (&problem["state"], &problem["action"]),
            (&json!("effective"), &json!("cancel"))
        );
        assert!(text(&problem["needs"][0]).contains("reinstate"));
        // Moved, it is contested: that takes a reason.
        let later = json!({ "expected_version": 1, "ended_on": "2026-03-09" });
        let silent = story
            .post("admin", &format!("{path}/reschedule"), &later)
            .await;
        silent.problem(422, "invalid");
        assert_eq!(silent.faults(), ["/report/reason"]);
        // What ended for another cause is not moved at all.
        let other = json!({ "license_id": other, "cause": "no_longer_needed" });
        let other = story
            .post("admin", "/v1/deactivations", &other)
            .await
            .expect(201);
        census[0] += 1;
        let moved = json!({
            "expected_version": 1, "effective_on": "2026-03-09", "report": { "reason": "Later." },
        });
        let path = format!("/v1/deactivations/{}/reschedule", text(&other["id"]));
        let refused = story.post("admin", &path, &moved).await;
        assert_eq!(
            refused.problem(409, "transition_refused")["action"],
            "reschedule"
        );
        assert_eq!(story.census().await, census);
        assert_eq!(story.sign_in("").await["allowed"], false);
    });
}
