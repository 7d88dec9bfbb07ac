//! What a login means: it is judged by the facts recorded when it occurred.

use hmis_licensing::application::actor::Role;
use serde_json::json;

use super::super::{Story, text};
use super::Logins;
use crate::support::database::on_both;

#[test]
fn a_login_before_activation_is_a_signal_that_somebody_closes_once_with_a_reason() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let source = story.login_source("clarity").await;
        story.at("2026-03-02T19:00:00Z");
        story.license_dana().await;
        story.at("2026-03-02T20:00:00Z");
        // It occurred before the license began, and is reported after.
        let login = json!({
            "login_source_id": source,
            "source_event_id": "early",
            "occurred_at": "2026-03-02T18:30:00Z",
            "external_id": { "system": "hmis_user_id", "value": "41" },
        });
        let event = story.post("frontend", "/v1/login-events", &login).await;
        let event = event.expect(201);
        assert_eq!(event["outcome"], "signal");
        assert_eq!(event["licenses"][0]["served"], false);
        let open = story.list("admin", "/v1/access-signals?state=open").await;
        assert_eq!(open.len(), 1);
        assert_eq!(open[0]["id"], event["access_signal_id"]);
        assert_eq!(open[0]["login_event_id"], event["id"]);
        assert_eq!(open[0]["person_id"], json!(story.dana));
        let path = format!("/v1/access-signals/{}/close", text(&open[0]["id"]));
        let mut body = json!({ "expected_version": 1, "outcome": "explained" });
        story
            .post("help_desk", &path, &body)
            .await
            .problem(422, "wrong_shape");
        body["reason"] = json!("She was shown the site by her trainer.");
        let closed = story.post("help_desk", &path, &body).await.expect(200);
        assert_eq!(closed["state"], "explained");
        assert_eq!(closed["closed_at"], "2026-03-02T20:00:00Z");
        body["expected_version"] = json!(2);
        let twice = story.post("admin", &path, &body).await;
        let twice = twice.problem(409, "transition_refused");
        assert_eq!(
            (&twice["state"], &twice["action"]),
            (&json!("explained"), &json!("close"))
        );
        assert!(
            story
                .list("admin", "/v1/access-signals?state=open")
                .await
                .is_empty()
        );
        // The help desk's clerk who was it himself cannot close it.
        let dana = story.dana;
        story.grant("clerk", Role::HelpDesk, None, Some(dana)).await;
        let other = json!({
            "login_source_id": source,
            "source_event_id": "earlier",
            "occurred_at": "2026-03-02T18:20:00Z",
            "person_id": dana,
        });
        let event = story.post("help_desk", "/v1/login-events", &other).await;
        let signal = event.expect(201)["access_signal_id"].clone();
        let path = format!("/v1/access-signals/{}/close", text(&signal));
        body["expected_version"] = json!(1);
        story
            .post("clerk", &path, &body)
            .await
            .problem(403, "own_case");
    });
}

#[test]
fn a_login_that_names_an_organization_is_judged_against_that_license_only() {
    on_both(|database| async move {
        let logins = Logins::on(&database).await;
        let story = &logins.story;
        story.at("2026-03-10T15:00:00Z");
        let mut login = logins.line("elsewhere", "2026-03-10T15:00:00Z");
        login["organization_id"] = json!(story.jefferson);
        let wrong = logins.report(&login).await.expect(201);
        assert_eq!(wrong["outcome"], "signal");
        assert_eq!(wrong["licenses"][0]["served"], false);
        let license = story.license("admin", &logins.license).await;
        assert_eq!(license.get("last_login_at"), None, "{license}");
        let mut login = logins.line("here", "2026-03-10T14:00:00Z");
        login["organization_id"] = json!(story.corktown);
        let right = logins.report(&login).await.expect(201);
        assert_eq!(right["outcome"], "accepted");
        assert_eq!(right["licenses"][0]["served"], true);
        let mut login = logins.line("nowhere", "2026-03-10T14:30:00Z");
        login["organization_id"] = json!(super::super::NOBODY);
        let nowhere = logins.report(&login).await;
        nowhere.problem(422, "invalid");
        assert_eq!(nowhere.faults(), ["/organization_id"]);
    });
}

#[test]
fn unknown_ids_and_instants_before_go_live_are_unmatched_and_listed() {
    on_both(|database| async move {
        let logins = Logins::on(&database).await;
        let story = &logins.story;
        story.at("2026-03-10T15:00:00Z");
        let mut stranger = logins.line("stranger", "2026-03-10T14:00:00Z");
        stranger["external_id"]["value"] = json!("no-such-user");
        let stranger = logins.report(&stranger).await.expect(201);
        assert_eq!(stranger["outcome"], "unmatched");
        assert_eq!(stranger["unmatched_reason"], "unknown_external_id");
        let before = logins
            .login("before", "2026-02-10T14:00:00Z")
            .await
            .expect(201);
        assert_eq!(before["unmatched_reason"], "before_go_live");
        let unmatched = story
            .list("auditor", "/v1/login-events?outcome=unmatched")
            .await;
        assert_eq!(unmatched.len(), 2);
        assert_eq!(unmatched[0]["external_id"]["value"], "no-such-user");
        assert_eq!(unmatched[1]["person_id"], json!(story.dana));
        assert!(story.list("admin", "/v1/access-signals").await.is_empty());
        // One of our ids that nobody has is no stranger but a fault.
        let mut fault = logins.line("fault", "2026-03-10T14:00:00Z");
        fault.as_object_mut().unwrap().remove("external_id");
        fault["person_id"] = json!(super::super::NOBODY);
        let fault = logins.report(&fault).await;
        fault.problem(422, "invalid");
        assert_eq!(fault.faults(), ["/person_id"]);
    });
}

#[test]
fn the_same_login_twice_is_one_and_with_another_body_it_is_refused() {
    on_both(|database| async move {
        let logins = Logins::on(&database).await;
        logins.story.at("2026-03-10T15:00:00Z");
        let once = logins
            .login("e-1", "2026-03-10T14:00:00Z")
            .await
            .expect(201);
        let census = logins.story.census().await;
        let twice = logins
            .login("e-1", "2026-03-10T10:00:00-04:00")
            .await
            .expect(201);
        assert_eq!(once, twice);
        assert_eq!(logins.story.census().await, census);
        let other = logins.login("e-1", "2026-03-10T14:00:01Z").await;
        other.problem(409, "duplicate");
        let listed = logins.story.list("admin", "/v1/login-events").await;
        assert_eq!(listed.len(), 1);
        // Another source may use the same id.
        let second = logins.story.login_source("file").await;
        let mut login = logins.line("e-1", "2026-03-10T14:00:01Z");
        login["login_source_id"] = json!(second);
        logins
            .story
            .post("frontend", "/v1/login-events", &login)
            .await
            .expect(201);
    });
}

#[test]
fn logins_come_ten_days_late_out_of_order_and_never_from_the_future() {
    on_both(|database| async move {
        let logins = Logins::on(&database).await;
        let story = &logins.story;
        let last = async || {
            let license = story.license("admin", &logins.license).await;
            license["last_login_at"].clone()
        };
        story.at("2026-03-20T15:00:00Z");
        logins.login("b", "2026-03-15T14:00:00Z").await.expect(201);
        assert_eq!(last().await, "2026-03-15T14:00:00Z");
        // Ten days late and out of order: the anchor is a maximum, never "last written".
        let late = logins.login("a", "2026-03-10T14:00:00Z").await.expect(201);
        assert_eq!(late["outcome"], "accepted");
        assert_eq!(last().await, "2026-03-15T14:00:00Z");
        // Clocks may differ by five minutes.
        logins.login("c", "2026-03-20T15:05:00Z").await.expect(201);
        let future = logins.login("d", "2026-03-20T15:05:01Z").await;
        future.problem(422, "invalid");
        assert_eq!(future.faults(), ["/occurred_at"]);
        assert_eq!(story.list("admin", "/v1/login-events").await.len(), 3);
    });
}

#[test]
fn logins_between_an_end_and_its_report_show_in_the_departure_and_are_no_signals() {
    on_both(|database| async move {
        let logins = Logins::on(&database).await;
        let story = &logins.story;
        story.at("2026-03-10T15:00:00Z");
        logins
            .login("at work", "2026-03-09T14:00:00Z")
            .await
            .expect(201);
        logins
            .login("after", "2026-03-10T14:00:00Z")
            .await
            .expect(201);
        // She left on Monday evening; it is reported on Tuesday at 16:00.
        story.at("2026-03-10T20:00:00Z");
        let departure = story
            .depart_dana("supervisor", "2026-03-09T17:00:00-04:00")
            .await;
        // One more that had happened by then, reported after the departure.
        story.at("2026-03-10T21:00:00Z");
        let late = logins
            .login("late", "2026-03-10T19:00:00Z")
            .await
            .expect(201);
        assert_eq!(late["outcome"], "accepted");
        assert_eq!(late["licenses"][0]["allowed"], false);
        let path = format!("/v1/departures/{}", text(&departure["id"]));
        let shown = story.get("supervisor", &path).await.expect(200);
        assert_eq!(shown["logins_after_end"], 2);
        assert_eq!(shown["last_login_after_end_at"], "2026-03-10T19:00:00Z");
        assert!(story.list("admin", "/v1/access-signals").await.is_empty());
        // One after access was off is a signal.
        story.at("2026-03-11T15:00:00Z");
        let signal = logins
            .login("signal", "2026-03-11T14:00:00Z")
            .await
            .expect(201);
        assert_eq!(signal["outcome"], "signal");
        let shown = story.get("supervisor", &path).await.expect(200);
        assert_eq!(shown["logins_after_end"], 2);
        assert_eq!(
            story.license("admin", &logins.license).await["state"],
            "deactivated"
        );
    });
}
