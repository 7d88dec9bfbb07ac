//! What a withdrawal does, and from when.

use serde_json::json;

use super::WITHDRAWALS;
use crate::stories::logins::Logins;
use crate::stories::{Story, text};
use crate::support::database::on_both;

#[test]
fn a_login_of_somebody_else_gives_the_clock_back_and_the_end_comes_only_after_a_new_notice() {
    on_both(|database| async move {
        let logins = Logins::on(&database).await;
        let story = &logins.story;
        logins.warned().await;
        // A namesake's login is reported for Dana, and saves her license.
        story.at("2026-04-03T13:00:00Z");
        logins
            .login("namesake", "2026-04-03T09:00:00-04:00")
            .await
            .expect(201);
        assert_eq!(logins.state().await, "active");
        story.at("2026-04-20T13:00:00Z");
        let login = story.last_of_dana("logged_in").await;
        let taken = story.take_back("help_desk", &login).await.expect(201);
        assert_eq!(taken["fact_id"], login);
        assert_eq!(taken["fact_kind"], "logged_in");
        assert_eq!(taken["report"]["reason"], "Recorded by mistake.");
        // The cut-off of the old notice passed long ago; it never counts again.
        assert!(logins.allowed("").await);
        assert_eq!(logins.state().await, "active");
        let license = story.license("admin", &logins.license).await;
        assert_eq!(license["last_login_at"], "2026-03-02T21:00:00Z");
        // Both stay on record.
        let facts = story.facts_about_dana("admin", "logged_in").await;
        assert_eq!(facts.len(), 2);
        assert_eq!(facts[1]["replaced_by"], taken["id"]);
        assert_eq!(facts[1]["may_be_withdrawn"], false);
        assert_eq!(facts[0].get("replaced_by"), None);
        // A new notice with its full grace, counted from the login that was hers.
        let notice = logins.warn("2026-03-02", "2026-04-26").await.expect(201);
        assert_eq!(notice["status"], "counts");
        assert_eq!(logins.state().await, "warned");
        story.at("2026-04-26T04:30:00Z");
        logins.beat("2026-04-26T00:10:00-04:00").await.expect(201);
        assert!(!logins.allowed("").await);
        // What was allowed then stays recorded as allowed.
        assert!(logins.allowed("&at=2026-04-20T14:00:00Z").await);
    });
}

#[test]
fn a_lift_taken_back_suspends_from_its_recording_and_not_before() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        story.at("2026-03-03T14:00:00Z");
        let hold = story.hold(&license, "unreachable").await;
        let path = format!("/v1/holds/{}", text(&hold["id"]));
        let reason = json!({ "reason": "She called." });
        let lift = json!({ "expected_version": 1, "report": reason });
        story.at("2026-03-04T14:00:00Z");
        story
            .post("admin", &format!("{path}/lift"), &lift)
            .await
            .expect(200);
        assert_eq!(story.sign_in("").await["allowed"], true);

        story.at("2026-03-06T14:00:00Z");
        let lifted = story.last_of_dana("hold_lifted").await;
        story.take_back("admin", &lifted).await.expect(201);
        assert_eq!(story.sign_in("").await["allowed"], false);
        let before = story.sign_in("&at=2026-03-06T13:59:59.999999Z").await;
        assert_eq!(before["allowed"], true);
        let seen = story.get("admin", &path).await.expect(200);
        assert_eq!((&seen["open"], &seen["version"]), (&json!(true), &json!(3)));
        // It can be lifted again, by whoever read the hold as it is.
        story
            .post("admin", &format!("{path}/lift"), &lift)
            .await
            .problem(412, "stale");
        let lift = json!({ "expected_version": 3, "report": reason });
        story
            .post("admin", &format!("{path}/lift"), &lift)
            .await
            .expect(200);
        assert_eq!(story.sign_in("").await["allowed"], true);
    });
}

#[test]
fn a_return_from_leave_taken_back_holds_the_license_again() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        let body = json!({
            "person_id": story.dana, "organization_id": story.corktown, "from_on": "2026-03-03",
        });
        let leave = story.post("supervisor", "/v1/leaves", &body).await;
        let leave = leave.expect(201);
        let path = format!("/v1/leaves/{}", text(&leave["id"]));
        story.at("2026-03-06T14:00:00Z");
        let back = json!({ "expected_version": 1, "returned_at": "2026-03-06T14:00:00Z" });
        story
            .post("supervisor", &format!("{path}/return"), &back)
            .await
            .expect(200);
        assert_eq!(story.license("dana", &license).await["state"], "active");
        story.at("2026-03-09T14:00:00Z");
        let returned = story.last_of_dana("leave_ended").await;
        let taken = story.take_back("supervisor", &returned).await.expect(201);
        assert_eq!(story.license("dana", &license).await["state"], "suspended");
        let seen = story.get("supervisor", &path).await.expect(200);
        assert_eq!(
            (&seen["status"], &seen["version"]),
            (&json!("running"), &json!(3))
        );
        // Of a leave the supervisor and the help desk know the dates only, also here.
        let path = format!("{WITHDRAWALS}/{}", text(&taken["id"]));
        for (who, knows_why) in [
            ("admin", true),
            ("auditor", true),
            ("help_desk", false),
            ("supervisor", false),
        ] {
            let seen = story.get(who, &path).await.expect(200);
            assert_eq!(seen["report"].get("reason").is_some(), knows_why, "{who}");
        }
        // Not taken back, it holds as long as it did; a right return ends it again.
        let path = format!("/v1/leaves/{}/return", text(&leave["id"]));
        story.at("2026-03-12T14:00:00Z");
        let back = json!({ "expected_version": 3, "returned_at": "2026-03-12T14:00:00Z" });
        story.post("supervisor", &path, &back).await.expect(200);
        assert_eq!(story.license("dana", &license).await["state"], "active");
    });
}

#[test]
fn a_correction_taken_back_revives_what_it_had_corrected() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        story.at("2026-03-04T14:00:00Z");
        let passes = story.facts_about_dana("admin", "training_completed").await;
        let first = text(&passes[0]["id"]).to_owned();
        let body = json!({
            "person_id": story.dana,
            "course": "hmis_user_training_series",
            "outcome": "fail",
            "completed_on": "2026-03-01",
            "supersedes": first,
            "report": { "reason": "The list of the class says so." },
        });
        let path = "/v1/training-completions";
        let corrected = story.post("trainer", path, &body).await.expect(201);
        assert_eq!(story.license("dana", &license).await["state"], "suspended");
        story.at("2026-03-05T14:00:00Z");
        let taken = story.take_back("trainer", text(&corrected["id"])).await;
        let taken = taken.expect(201);
        assert_eq!(taken["revives"], first);
        assert_eq!(story.license("dana", &license).await["state"], "active");
        let then = story.sign_in("&at=2026-03-05T13:59:59Z").await;
        assert_eq!(then["allowed"], false);
        // It stands again, and may be taken back itself: then the evidence is gone.
        story.take_back("trainer", &first).await.expect(201);
        assert_eq!(story.license("dana", &license).await["state"], "suspended");
    });
}

#[test]
fn an_approval_taken_back_is_to_be_given_anew() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let request = story
            .post(
                "supervisor",
                "/v1/license-requests",
                &story.request_for_dana(),
            )
            .await
            .expect(201);
        let id = text(&request["id"]);
        let approved = story.decide("admin", id, "approve").await.expect(200);
        assert_eq!(approved["state"], "onboarding");
        let approval = story.last_of_dana("request_approved").await;
        // The supervisor has no step here.
        story
            .take_back("supervisor", &approval)
            .await
            .problem(403, "forbidden");
        story.take_back("admin", &approval).await.expect(201);
        let path = format!("/v1/license-requests/{id}");
        let seen = story.get("admin", &path).await.expect(200);
        assert_eq!(seen["state"], "submitted");
        assert!(seen["version"].as_i64() > approved["version"].as_i64());
        story.fulfil(&request, "supervisor").await;
        // Of a fulfilled request it stays: the license is ended by its own door.
        let approval = story.last_of_dana("request_approved").await;
        let refused = story.take_back("admin", &approval).await;
        let problem = refused.problem(409, "transition_refused");
        assert_eq!(problem["state"], "fulfilled");
        assert!(text(&problem["needs"][0]).contains("/v1/deactivations"));
    });
}

#[test]
fn a_departure_called_off_by_mistake_stands_again() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story.license_dana().await;
        let departure = story
            .depart_dana("supervisor", "2026-03-20T21:00:00Z")
            .await;
        let path = format!("/v1/departures/{}", text(&departure["id"]));
        let body = json!({ "expected_version": 1 });
        story
            .post("supervisor", &format!("{path}/cancel"), &body)
            .await
            .expect(200);
        // Dana knows of none of it while it lies ahead, and nothing tells her that there is anything.
        let cancelled = story.last_of_dana("cancelled").await;
        let facts = story.facts_about_dana("dana", "cancelled").await;
        assert_eq!(facts, [] as [serde_json::Value; 0]);
        story.take_back("supervisor", &cancelled).await.expect(201);
        assert_eq!(story.list("dana", WITHDRAWALS).await.len(), 0);
        assert_eq!(story.list("supervisor", WITHDRAWALS).await.len(), 1);
        let seen = story.get("supervisor", &path).await.expect(200);
        assert_eq!(
            (&seen["status"], &seen["version"]),
            (&json!("scheduled"), &json!(3))
        );
        story.at("2026-03-20T21:00:00Z");
        assert_eq!(story.sign_in("").await["allowed"], false);
    });
}

#[test]
fn an_effective_end_taken_back_is_contested_and_gives_nothing_back() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story.license_dana().await;
        let departure = story
            .depart_dana("supervisor", "2026-03-02T18:00:00Z")
            .await;
        story.at("2026-03-03T14:00:00Z");
        story
            .take_back("supervisor", text(&departure["id"]))
            .await
            .expect(201);
        assert_eq!(story.sign_in("").await["allowed"], false);
        let contested = story.list("admin", "/v1/contested-items").await;
        assert_eq!(contested.len(), 1);
        assert_eq!(contested[0]["contested_by"][0]["kind"], "withdrawn");
    });
}
