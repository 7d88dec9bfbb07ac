//! State by command by role: the domain decides state by command, `authorize` action by role, and here they meet. A new
//! state or role cannot be added without deciding each of its cells.

mod licenses;
mod practice;
mod requests;
mod settled;

use hmis_licensing::application::actor::Role;
use hmis_licensing::domain::ids::PersonId;
use serde_json::{Value, json};

use crate::stories::{Story, text};

/// The columns, with the subject that plays each role in the story.
const ROLES: [(&str, Role); 8] = [
    ("admin", Role::SystemAdmin),
    ("trainer", Role::Trainer),
    ("help_desk", Role::HelpDesk),
    ("supervisor", Role::Supervisor),
    ("end_user", Role::EndUser),
    ("auditor", Role::Auditor),
    ("frontend", Role::HmisFrontend),
    ("integration", Role::Integration),
];
impl Story {
    /// Detroit's rules from now on, with a lapse of what is not finished after sixty days, and license types that make
    /// every state quick to reach: two that owe nothing but practice cases, at once or in steps, one of which there is
    /// no seat, one that is warned after a day without login, and one whose term ends after a day.
    async fn rules_with_every_state(&self) {
        let preset = self.get("admin", "/v1/policy-presets/hand").await;
        let mut document = preset.expect(200)["document"].clone();
        document["requests"]["lapses_after"] = json!({ "days": 60 });
        document["workflows"] = json!({ "intake": { "title": "Intake" } });
        document["practice_sets"] = json!({
            "intake": { "title": "Intake", "workflow": "intake", "cases": 1 },
            "exit": { "title": "Exit", "workflow": "intake", "cases": 1 },
        });
        document["license_types"]["end_user"]["classes"]["type_change"] =
            json!({ "kind": "same_as", "class": "new" });
        let mut practised = document["license_types"]["end_user"].clone();
        practised["requirement_sets"]["full"] =
            json!({ "practice": [{ "practice_set": "intake" }] });
        practised["practice"] = json!({ "release": "at_once", "max_attempts": 1 });
        let mut stepwise = practised.clone();
        stepwise["requirement_sets"]["full"] = json!({
            "practice": [{ "practice_set": "intake" }, { "practice_set": "exit" }],
        });
        stepwise["practice"] = json!({ "release": "in_steps" });
        document["license_types"]["practised"] = practised;
        document["license_types"]["stepwise"] = stepwise;
        let mut seated = document["license_types"]["end_user"].clone();
        seated["requirement_sets"]["full"] = json!({});
        let (mut watched, mut termed) = (seated.clone(), seated.clone());
        document["license_types"]["seated"] = seated;
        watched["inactivity"]["off_rule"] = json!({
            "limit": { "days": 1 },
            "steps": [{ "after": { "days": 1 }, "tells": ["user"] }],
            "grace": { "days": 1 },
        });
        watched["inactivity"]["keep_requests"] = json!(1);
        document["license_types"]["watched"] = watched;
        let unlimited = termed["inactivity"].as_object_mut().unwrap();
        unlimited.remove("off_rule");
        termed["term"] = json!({
            "ends": { "kind": "after", "length": { "days": 1 } },
            "renewed_by": ["user", "supervisor", "staff"],
        });
        document["license_types"]["termed"] = termed;
        document["notices"] = json!({ "minimum_days": { "term": 0 } });
        document["seats"]["caps"] = json!([
            { "scope": { "kind": "implementation" }, "license_types": ["seated"], "seats": 0 },
        ]);
        let from = self.app.app.now() + chrono::TimeDelta::hours(25);
        let body = json!({ "effective_from": from, "document": document });
        let path = format!("/v1/implementations/{}/policies", self.hand);
        self.post("admin", &path, &body).await.expect(201);
        self.app.clock.set(from);
    }

    /// Hands in the practice cases of somebody, and has them reviewed if the result is named.
    async fn practised(&self, person: PersonId, result: Option<&str>) {
        let body = json!({ "person_id": person, "practice_set": "intake" });
        let path = "/v1/practice-case-submissions";
        let submission = self.post("supervisor", path, &body).await.expect(201);
        let Some(result) = result else { return };
        let body = json!({
            "submission_id": submission["id"], "result": result,
            "findings": ["The entry date is missing."],
        });
        let path = "/v1/practice-case-results";
        self.post("trainer", path, &body).await.expect(201);
    }
}
/// A request for somebody new, led to a state; the trainee has the role of an end user, so that he may know of it.
/// Somebody of the same name is known, who is another one: so staff have said, unless it is to be asked.
async fn request_in(story: &Story, state: &str, number: usize, settled: bool) -> Value {
    let license_type = match state {
        "practice" | "in_review" | "corrections" => "practised",
        "waitlisted" => "seated",
        _ => "end_user",
    };
    request_for(story, license_type, state, number, settled).await
}

/// The same, for a license of a type.
async fn request_for(
    story: &Story,
    license_type: &str,
    state: &str,
    number: usize,
    settled: bool,
) -> Value {
    let person = json!({ "given_name": "Trainee", "family_name": format!("Number {number}") });
    let mut namesake = person.clone();
    namesake["implementation_id"] = json!(story.hand);
    let namesake = story.post("admin", "/v1/people", &namesake).await;
    let namesake = namesake.expect(201)["id"].clone();
    let mut body = story.request(story.corktown, &person);
    body["license_type"] = json!(license_type);
    let request = story
        .post("supervisor", "/v1/license-requests", &body)
        .await;
    let request = request.expect(201);
    let id = text(&request["id"]);
    let path = format!("/v1/license-requests/{id}");
    if settled {
        let answer = json!({
            "expected_version": 1, "person_id": namesake, "same": false, "reason": "A namesake.",
        });
        story
            .post("admin", &format!("{path}/person-match"), &answer)
            .await
            .expect(200);
    }
    let person: PersonId = text(&request["person_id"]).parse().unwrap();
    let approve = async || {
        story.decide("admin", id, "approve").await.expect(200);
    };
    match state {
        "submitted" => {}
        "onboarding" | "practice" | "waitlisted" => approve().await,
        "in_review" => {
            approve().await;
            story.practised(person, None).await;
        }
        "corrections" => {
            approve().await;
            story.practised(person, Some("returned")).await;
        }
        "ready" => {
            approve().await;
            story.sign_all("supervisor", person, story.corktown).await;
            story.train(person).await;
        }
        "fulfilled" => {
            story.fulfil(&request, "supervisor").await;
        }
        "denied" => {
            story.decide("admin", id, "deny").await.expect(200);
        }
        "withdrawn" => {
            story.decide("supervisor", id, "withdraw").await.expect(200);
        }
        "lapsed" => story.app.clock.advance(chrono::TimeDelta::days(61)),
        other => panic!("no way to {other}"),
    }
    let request = story.get("admin", &path).await.expect(200);
    assert_eq!(request["state"], state);
    story
        .grant("end_user", Role::EndUser, None, Some(person))
        .await;
    request
}
