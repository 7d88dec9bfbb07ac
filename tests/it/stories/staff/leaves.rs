//! Leaves: dates that hold a license by themselves.

use serde_json::{Value, json};

use super::causes;
use crate::stories::{Story, text};
use crate::support::database::on_both;

async fn leave(story: &Story, who: &str, from: &str, until: Option<&str>) -> Value {
    let mut body = json!({
        "person_id": story.dana, "organization_id": story.corktown, "from_on": from,
        "report": { "reason": "Told in confidence." },
    });
    if let Some(until) = until {
        body["until_on"] = json!(until);
    }
    story.post(who, "/v1/leaves", &body).await.expect(201)
}

#[test]
fn a_leave_holds_the_license_from_its_first_day_to_the_return() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        let taken = leave(&story, "supervisor", "2026-03-16", None).await;
        assert_eq!(taken["status"], "scheduled");
        assert_eq!(taken["from"], "2026-03-16T04:00:00Z");
        story.at("2026-03-16T03:59:59Z");
        assert_eq!(story.sign_in("").await["allowed"], true);
        story.at("2026-03-16T04:00:00Z");
        assert_eq!(story.sign_in("").await["allowed"], false);
        assert_eq!(
            causes(&story.license("supervisor", &license).await),
            ["leave"]
        );
        let path = format!("/v1/leaves/{}", text(&taken["id"]));
        assert_eq!(
            story.get("dana", &path).await.expect(200)["status"],
            "running"
        );
        story.at("2026-03-30T12:00:00Z");
        let back = json!({ "expected_version": 1, "returned_at": "2026-03-30T12:00:00Z" });
        let returned = story
            .post("supervisor", &format!("{path}/return"), &back)
            .await
            .expect(200);
        assert_eq!(returned["status"], "returned");
        assert_eq!(returned["returned_at"], "2026-03-30T12:00:00Z");
        assert_eq!(story.sign_in("").await["allowed"], true);
        let again = json!({ "expected_version": 2, "returned_at": "2026-03-30T12:00:00Z" });
        let refused = story
            .post("supervisor", &format!("{path}/return"), &again)
            .await;
        assert_eq!(
            refused.problem(409, "transition_refused")["state"],
            "returned"
        );
    });
}

#[test]
fn a_leave_is_cancelled_only_before_it_begins() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story.license_dana().await;
        let taken = leave(&story, "help_desk", "2026-03-16", Some("2026-03-20")).await;
        let path = format!("/v1/leaves/{}", text(&taken["id"]));
        let body = json!({ "expected_version": 1 });
        let early = json!({ "expected_version": 1, "returned_on": "2026-03-18" });
        let refused = story.post("admin", &format!("{path}/return"), &early).await;
        assert_eq!(
            refused.problem(409, "transition_refused")["state"],
            "scheduled"
        );
        let other = leave(&story, "help_desk", "2026-05-04", None).await;
        let cancelled = story
            .post("supervisor", &format!("{path}/cancel"), &body)
            .await
            .expect(200);
        assert_eq!(cancelled["status"], "cancelled");
        story.at("2026-03-17T12:00:00Z");
        assert_eq!(story.sign_in("").await["allowed"], true);
        story.at("2026-05-05T12:00:00Z");
        assert_eq!(story.sign_in("").await["allowed"], false);
        let path = format!("/v1/leaves/{}/cancel", text(&other["id"]));
        let refused = story.post("supervisor", &path, &body).await;
        assert_eq!(
            refused.problem(409, "transition_refused")["state"],
            "running"
        );
    });
}

#[test]
fn supervisors_and_the_help_desk_see_the_dates_of_a_leave_only() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story.license_dana().await;
        let taken = leave(&story, "supervisor", "2026-03-16", Some("2026-03-20")).await;
        let path = format!("/v1/leaves/{}", text(&taken["id"]));
        for (who, knows_why) in [
            ("admin", true),
            ("auditor", true),
            ("dana", true),
            ("help_desk", false),
            ("supervisor", false),
        ] {
            let seen = story.get(who, &path).await.expect(200);
            assert_eq!(seen["until"], "2026-03-21T04:00:00Z", "{who}");
            assert_eq!(seen["report"].get("reason").is_some(), knows_why, "{who}");
        }
        story
            .get("jefferson", &path)
            .await
            .problem(404, "not_found");
        story
            .get("integration", &path)
            .await
            .problem(403, "forbidden");
    });
}

#[test]
fn two_leaves_never_overlap_and_a_correction_replaces_one() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        let taken = leave(&story, "supervisor", "2026-03-16", Some("2026-03-20")).await;
        let mut body = json!({
            "person_id": story.dana, "organization_id": story.corktown,
            "from_on": "2026-03-18", "until_on": "2026-03-27",
        });
        let refused = story.post("supervisor", "/v1/leaves", &body).await;
        refused.problem(409, "duplicate");
        body["supersedes"] = taken["id"].clone();
        body["report"] = json!({ "reason": "The dates were wrong." });
        story
            .post("supervisor", "/v1/leaves", &body)
            .await
            .expect(201);
        let path = format!("/v1/leaves/{}", text(&taken["id"]));
        let seen = story.get("admin", &path).await.expect(200);
        assert_eq!(seen["status"], "corrected");
        story.at("2026-03-17T12:00:00Z");
        assert_eq!(story.license("dana", &license).await["state"], "active");
        story.at("2026-03-27T12:00:00Z");
        assert_eq!(story.license("dana", &license).await["state"], "suspended");
        story.at("2026-03-28T12:00:00Z");
        assert_eq!(story.license("dana", &license).await["state"], "active");
    });
}

#[test]
fn a_leave_must_end_after_it_begins_and_needs_a_running_license() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let body = json!({
            "person_id": story.dana, "organization_id": story.corktown, "from_on": "2026-03-16",
        });
        let refused = story.post("admin", "/v1/leaves", &body).await;
        assert_eq!(refused.problem(409, "transition_refused")["state"], "none");
        story.license_dana().await;
        let mut backwards = body.clone();
        backwards["until_on"] = json!("2026-03-15");
        let refused = story.post("admin", "/v1/leaves", &backwards).await;
        assert_eq!(
            refused.problem(422, "invalid")["errors"][0]["pointer"],
            "/until_on"
        );
    });
}
