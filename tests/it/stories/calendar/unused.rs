//! Licenses that nobody uses: first login, keep requests, activity, and the list of staff.

use serde_json::{Value, json};

use super::under;
use crate::stories::logins::Logins;
use crate::stories::{Story, text, texts};
use crate::support::database::{TestDatabase, on_both};

const RULE: &str = "/license_types/end_user/inactivity";

fn rule(member: &str) -> String {
    format!("{RULE}/{member}")
}

fn thirty_days() -> Value {
    json!({
        "limit": { "days": 30 }, "grace": { "days": 5 },
        "steps": [{ "after": { "days": 30 }, "tells": ["user"] }],
    })
}

/// Dana, licensed on Tuesday 2026-03-03, with a source of her logins.
async fn with(database: &TestDatabase, members: &[(&str, Value)]) -> Logins {
    let changes: Vec<(String, Value)> = members
        .iter()
        .map(|(member, value)| (rule(member), value.clone()))
        .collect();
    let changes: Vec<(&str, Value)> = changes
        .iter()
        .map(|(pointer, value)| (pointer.as_str(), value.clone()))
        .collect();
    let (story, license) = under(database, &changes).await;
    let source = story.login_source("clarity").await;
    Logins {
        story,
        source,
        license,
    }
}

fn listed(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| text(&row["id"])).collect()
}

async fn list(story: &Story, who: &str) -> Vec<Value> {
    let path = format!("/v1/licenses?implementation_id={}&listed=true", story.hand);
    story.list(who, &path).await
}

#[test]
fn the_first_login_is_due_by_the_end_of_the_day_that_the_policy_says() {
    on_both(|database| async move {
        let logins = with(&database, &[("first_login_within", json!({ "days": 1 }))]).await;
        let (story, license) = (&logins.story, &logins.license);
        // Who is new has the whole limit.
        let explained = story.explained("dana", license).await;
        let due = explained["due"].as_array().unwrap();
        let soon = due.iter().any(|item| item["due_on"] == "2026-03-04");
        assert!(!soon, "{explained}");
        story.at("2026-03-05T05:00:01Z");
        logins.beat("2026-03-05T05:00:00Z").await.expect(201);
        assert_eq!(story.state(license).await, "active");
        let end = json!({
            "license_id": license, "cause": "requested",
            "report": { "reason": "She asked for it." },
        });
        story
            .post("admin", "/v1/deactivations", &end)
            .await
            .expect(201);
        let back = async |instant: &str| {
            story.at(instant);
            story
                .act("admin", license, "reactivate", json!({}))
                .await
                .expect(200);
        };
        back("2026-03-05T14:00:00Z").await;
        let explained = story.explained("dana", license).await;
        assert_eq!(explained["due"][0]["due_on"], "2026-03-06", "{explained}");
        assert_eq!(explained["due"][0]["rule"], "inactivity");
        // Saturday 00:00 in Detroit: the reports are complete, and nobody came.
        story.at("2026-03-07T05:00:01Z");
        assert_eq!(story.state(license).await, "active");
        logins.beat("2026-03-07T05:00:00Z").await.expect(201);
        assert_eq!(story.state(license).await, "deactivated");
        let seen = story.license("dana", license).await;
        assert_eq!(seen["end"]["cause"], "inactivity");
        // Back by the ladder, the day counts anew; this time somebody comes.
        back("2026-03-09T14:00:00Z").await;
        story.at("2026-03-10T14:00:00Z");
        let login = logins
            .login("tuesday", "2026-03-10T13:00:00Z")
            .await
            .expect(201);
        assert_eq!(login["licenses"][0]["served"], true);
        story.at("2026-03-20T14:00:00Z");
        assert_eq!(story.state(license).await, "active");
    });
}

#[test]
fn a_supervisor_keeps_a_license_as_often_as_the_policy_allows() {
    on_both(|database| async move {
        let members = [("off_rule", thirty_days()), ("keep_requests", json!(1))];
        let logins = with(&database, &members).await;
        let (story, license) = (&logins.story, &logins.license);
        let keep = async |who: &str, more: Value| {
            let mut body =
                json!({ "license_id": license, "report": { "reason": "Back next week." } });
            body.as_object_mut()
                .unwrap()
                .extend(more.as_object().unwrap().clone());
            story.post(who, "/v1/keep-requests", &body).await
        };
        let nothing = || json!({});
        let problem = keep("supervisor", nothing())
            .await
            .problem(409, "transition_refused");
        assert_eq!(texts(&problem["needs"]), ["a running inactivity warning"]);

        story.at("2026-04-03T13:00:00Z");
        logins.warn("2026-03-03", "2026-04-09").await.expect(201);
        assert_eq!(story.state(license).await, "warned");
        // Who may not: the user himself, strangers, and staff on their own account.
        keep("dana", nothing()).await.problem(403, "forbidden");
        assert_eq!(keep("jefferson", nothing()).await.faults(), ["/license_id"]);
        assert_eq!(
            keep("help_desk", nothing()).await.faults(),
            ["/report/reported_by"]
        );
        assert_eq!(
            keep("supervisor", json!({ "report": {} })).await.faults(),
            ["/report/reason"]
        );
        let ahead = json!({ "asked_at": "2026-04-03T13:10:00Z" });
        assert_eq!(keep("supervisor", ahead).await.faults(), ["/asked_at"]);
        assert_eq!(story.state(license).await, "warned");

        let kept = keep("supervisor", nothing()).await.expect(201);
        assert_eq!(kept["asked_at"], "2026-04-03T13:00:00Z");
        assert_eq!(story.state(license).await, "active");
        let path = format!("/v1/keep-requests/{}", text(&kept["id"]));
        assert_eq!(story.get("dana", &path).await.expect(200), kept);
        assert_eq!(story.list("dana", "/v1/keep-requests").await.len(), 1);
        assert!(
            story
                .list("jefferson", "/v1/keep-requests")
                .await
                .is_empty()
        );

        story.at("2026-05-04T13:00:00Z");
        logins.warn("2026-04-03", "2026-05-10").await.expect(201);
        let problem = keep("supervisor", nothing())
            .await
            .problem(409, "transition_refused");
        assert_eq!(problem["state"], "warned");
        assert!(
            texts(&problem["needs"])[0].starts_with("a login: "),
            "{problem}"
        );
        story.at("2026-05-11T05:00:00Z");
        assert_eq!(story.state(license).await, "deactivated");
    });
}

#[test]
fn an_activity_that_the_policy_names_counts_like_a_login_and_no_other_is_taken() {
    on_both(|database| async move {
        let members = [
            ("off_rule", thirty_days()),
            ("restarted_by", json!(["report_run"])),
        ];
        let logins = with(&database, &members).await;
        let story = &logins.story;
        story.at("2026-04-03T13:00:00Z");
        logins.warn("2026-03-03", "2026-04-09").await.expect(201);
        story.at("2026-04-06T13:00:00Z");
        let mut event = logins.line("report-1", "2026-04-06T12:00:00Z");
        event["kind"] = json!("page_view");
        let unknown = logins.report(&event).await;
        let fault = &unknown.problem(422, "invalid")["errors"][0];
        assert_eq!(fault["pointer"], "/kind");
        assert!(text(&fault["detail"]).contains("report_run"), "{fault}");
        event["kind"] = json!("report_run");
        let recorded = logins.report(&event).await.expect(201);
        assert_eq!(
            (&recorded["kind"], &recorded["outcome"]),
            (&json!("report_run"), &json!("accepted"))
        );
        assert_eq!(story.state(&logins.license).await, "active");
        // The same id as a login is another event.
        event.as_object_mut().unwrap().remove("kind");
        logins.report(&event).await.problem(409, "duplicate");
        let events = story.list("admin", "/v1/login-events").await;
        assert_eq!(events[0]["kind"], "report_run");
    });
}

#[test]
fn where_no_limit_is_set_staff_see_who_has_not_logged_in_for_long() {
    on_both(|database| async move {
        let logins = with(&database, &[("stale_list_after", json!({ "days": 90 }))]).await;
        let (story, license) = (&logins.story, &logins.license);
        story.at("2026-04-01T14:00:00Z");
        logins
            .login("april", "2026-04-01T13:00:00Z")
            .await
            .expect(201);
        story.at("2026-07-01T03:59:59Z");
        assert!(list(story, "admin").await.is_empty());
        // Through 30 June in Detroit; no job ran since.
        story.at("2026-07-01T04:00:00Z");
        assert_eq!(listed(&list(story, "admin").await), [license.as_str()]);
        assert_eq!(listed(&list(story, "supervisor").await), [license.as_str()]);
        assert!(list(story, "jefferson").await.is_empty());
        assert_eq!(story.state(license).await, "active");
        let explained = story.explained("admin", license).await;
        assert_eq!(explained["due"][0]["consequence"], "listed");
        let who = texts(&explained["who_can_act"]).join("; ");
        assert!(
            who.contains("decide about what was due on 2026-06-30"),
            "{who}"
        );
        logins
            .login("july", "2026-07-01T03:00:00Z")
            .await
            .expect(201);
        assert!(list(story, "admin").await.is_empty());
    });
}

#[test]
fn a_suspension_that_lasts_too_long_is_listed_for_staff() {
    on_both(|database| async move {
        // HAND: 90 days, then listed.
        let logins = with(&database, &[]).await;
        let (story, license) = (&logins.story, &logins.license);
        story.hold(license, "investigation").await;
        story.at("2026-06-02T03:59:59Z");
        assert!(list(story, "admin").await.is_empty());
        story.at("2026-06-02T04:00:00Z");
        let rows = list(story, "admin").await;
        assert_eq!(listed(&rows), [license.as_str()]);
        assert_eq!(rows[0]["state"], "suspended");
    });
}
