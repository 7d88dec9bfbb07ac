//! Staff give a trainee more time.

use serde_json::{Value, json};

use super::super::{NOBODY, text};
use super::Alaska;
use crate::support::app::Answer;
use crate::support::database::on_both;

impl Alaska {
    async fn extend(&self, who: &str, request: &str, deadline: &str, until_on: &str) -> Answer {
        let version = self.request(request).await["version"].clone();
        let body = body(&version, deadline, until_on);
        let path = format!("/v1/license-requests/{request}/extend-deadline");
        self.post(who, &path, &body).await
    }

    async fn due_on(&self, request: &str, deadline: &str) -> Value {
        let path = format!("/v1/license-requests/{request}/checklist");
        let list = self.get("noor", &path).await.expect(200);
        let deadlines = list["deadlines"].as_array().unwrap();
        let found = deadlines.iter().find(|found| found["deadline"] == deadline);
        found.unwrap()["due_on"].clone()
    }
}

fn body(version: &Value, deadline: &str, until_on: &str) -> Value {
    json!({
        "expected_version": version,
        "deadline": deadline,
        "until_on": until_on,
        "reason": "The training room was closed for a week.",
        "ticket_reference": "AK-2077",
    })
}

#[test]
fn staff_extend_a_deadline_and_the_request_goes_on() {
    on_both(|database| async move {
        let alaska = Alaska::on(&database).await;
        let request = alaska.ask().await;
        alaska.at("2026-03-03T19:00:00Z");
        alaska.approve(&request).await;
        assert_eq!(alaska.due_on(&request, "initial_steps").await, "2026-03-31");
        let before = alaska.request(&request).await["version"].as_i64().unwrap();
        let shown = alaska
            .extend("admin", &request, "initial_steps", "2026-04-10")
            .await
            .expect(200);
        assert_eq!(shown["version"].as_i64(), Some(before + 1));
        assert_eq!(alaska.due_on(&request, "initial_steps").await, "2026-04-10");
        // Whoever decides upon what he saw before is told so, and nothing is extended twice.
        let path = format!("/v1/license-requests/{request}/extend-deadline");
        let stale = body(&json!(before), "initial_steps", "2026-04-20");
        alaska.post("admin", &path, &stale).await.expect(412);
        let mut unversioned = stale.clone();
        unversioned
            .as_object_mut()
            .unwrap()
            .remove("expected_version");
        alaska.post("admin", &path, &unversioned).await.expect(428);
        alaska.at("2026-04-11T07:59:59Z");
        assert_eq!(alaska.state(&request).await, "onboarding");
        alaska.at("2026-04-11T08:00:00Z");
        assert_eq!(alaska.state(&request).await, "lapsed");
        // Too late; what occurred in time reopens it, and then it can be extended again.
        let problem = alaska
            .extend("admin", &request, "initial_steps", "2026-05-01")
            .await
            .problem(409, "transition_refused");
        assert_eq!(problem["state"], "lapsed");
        assert_eq!(problem["action"], "extend_deadline");
        assert!(
            text(&problem["needs"][0]).contains("reopens it"),
            "{problem}"
        );
        alaska.initial_steps("2026-04-10").await;
        assert_eq!(alaska.state(&request).await, "onboarding");
        alaska
            .extend("admin", &request, "workflow_booked", "2026-06-01")
            .await
            .expect(200);
    });
}

#[test]
fn what_cannot_be_extended_is_refused_with_the_reason() {
    on_both(|database| async move {
        let alaska = Alaska::on(&database).await;
        let request = alaska.ask().await;
        // Its time stands still while staff hold the request, beyond what would be its end.
        alaska.at("2026-04-20T19:00:00Z");
        let problem = alaska
            .extend("admin", &request, "initial_steps", "2026-06-01")
            .await
            .problem(409, "transition_refused");
        assert!(
            text(&problem["needs"][0]).contains("stands still"),
            "{problem}"
        );
        alaska.approve(&request).await;
        let due = text(&alaska.due_on(&request, "initial_steps").await).to_owned();
        for (deadline, until_on, pointer, words) in [
            (
                "initial",
                "2026-12-31",
                "/deadline",
                "which has: corrections, initial_steps",
            ),
            (
                "initial_steps",
                due.as_str(),
                "/until_on",
                "is not later than",
            ),
            ("initial_steps", "2026-04-19", "/until_on", "has passed"),
            ("initial_steps", "2062-04-19", "/until_on", "years away"),
        ] {
            let answer = alaska.extend("admin", &request, deadline, until_on).await;
            let problem = answer.problem(422, "invalid");
            assert_eq!(answer.faults(), [pointer], "{deadline} {until_on}");
            let detail = text(&problem["errors"][0]["detail"]);
            assert!(detail.contains(words), "{detail}");
        }
        let problem = alaska
            .extend("admin", &request, "practice", "2026-12-31")
            .await
            .problem(409, "transition_refused");
        assert_eq!(
            problem["needs"],
            json!(["the start of the deadline `practice`"])
        );
        // Staff decide it, for somebody else, with a reason, about a request that there is.
        for who in ["help_desk", "trainer", "supervisor", "noor"] {
            alaska
                .extend(who, &request, "initial_steps", "2026-12-31")
                .await
                .problem(403, "forbidden");
        }
        let path = format!("/v1/license-requests/{request}/extend-deadline");
        let version = alaska.request(&request).await["version"].clone();
        let mut silent = body(&version, "initial_steps", "2026-12-31");
        silent.as_object_mut().unwrap().remove("reason");
        alaska.post("admin", &path, &silent).await.expect(422);
        let nowhere = format!("/v1/license-requests/{NOBODY}/extend-deadline");
        let sound = body(&version, "initial_steps", "2026-12-31");
        alaska.post("admin", &nowhere, &sound).await.expect(404);
        let noor = alaska.noor.clone();
        let role = hmis_licensing::application::actor::Role::SystemAdmin;
        alaska.grant("noor", role, None, Some(&noor)).await;
        alaska
            .post("noor", &path, &sound)
            .await
            .problem(403, "own_case");
        assert_eq!(alaska.due_on(&request, "initial_steps").await, json!(due));
    });
}
