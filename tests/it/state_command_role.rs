//! State by command by role for license requests: the domain decides state by command, `authorize` action by role, and
//! here they meet. A new state or role cannot be added without deciding each of its cells.

use hmis_licensing::application::actor::Role;
use hmis_licensing::domain::command::RequestCommand;
use serde_json::{Value, json};

use crate::stories::{Story, text};
use crate::support::database::on_both;

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

/// The states that a request can reach in this version of the service, and each command in the order of the columns:
/// 200 done, 403 not this role's business, 409 not in this state.
#[rustfmt::skip]
const TABLE: [(&str, RequestCommand, [u16; 8]); 24] = [
    //                                          admin trainer help superv user auditor front integr
    ("submitted",  RequestCommand::Approve,  [  200,  403,   403,  403,   403,  403,   403,  403]),
    ("submitted",  RequestCommand::Deny,     [  200,  403,   403,  403,   403,  403,   403,  403]),
    ("submitted",  RequestCommand::Withdraw, [  200,  403,   200,  200,   403,  403,   403,  403]),
    ("submitted",  RequestCommand::Activate, [  409,  403,   403,  403,   403,  403,   403,  403]),
    ("onboarding", RequestCommand::Approve,  [  409,  403,   403,  403,   403,  403,   403,  403]),
    ("onboarding", RequestCommand::Deny,     [  200,  403,   403,  403,   403,  403,   403,  403]),
    ("onboarding", RequestCommand::Withdraw, [  200,  403,   200,  200,   403,  403,   403,  403]),
    ("onboarding", RequestCommand::Activate, [  409,  403,   403,  403,   403,  403,   403,  403]),
    ("ready",      RequestCommand::Approve,  [  409,  403,   403,  403,   403,  403,   403,  403]),
    ("ready",      RequestCommand::Deny,     [  200,  403,   403,  403,   403,  403,   403,  403]),
    ("ready",      RequestCommand::Withdraw, [  200,  403,   200,  200,   403,  403,   403,  403]),
    ("ready",      RequestCommand::Activate, [  200,  403,   403,  403,   403,  403,   403,  403]),
    ("fulfilled",  RequestCommand::Approve,  [  409,  403,   403,  403,   403,  403,   403,  403]),
    ("fulfilled",  RequestCommand::Deny,     [  409,  403,   403,  403,   403,  403,   403,  403]),
    ("fulfilled",  RequestCommand::Withdraw, [  409,  403,   409,  409,   403,  403,   403,  403]),
    ("fulfilled",  RequestCommand::Activate, [  409,  403,   403,  403,   403,  403,   403,  403]),
    ("denied",     RequestCommand::Approve,  [  409,  403,   403,  403,   403,  403,   403,  403]),
    ("denied",     RequestCommand::Deny,     [  409,  403,   403,  403,   403,  403,   403,  403]),
    ("denied",     RequestCommand::Withdraw, [  409,  403,   409,  409,   403,  403,   403,  403]),
    ("denied",     RequestCommand::Activate, [  409,  403,   403,  403,   403,  403,   403,  403]),
    ("withdrawn",  RequestCommand::Approve,  [  409,  403,   403,  403,   403,  403,   403,  403]),
    ("withdrawn",  RequestCommand::Deny,     [  409,  403,   403,  403,   403,  403,   403,  403]),
    ("withdrawn",  RequestCommand::Withdraw, [  409,  403,   409,  409,   403,  403,   403,  403]),
    ("withdrawn",  RequestCommand::Activate, [  409,  403,   403,  403,   403,  403,   403,  403]),
];

/// A request for somebody new, led to a state; the trainee has the role of an end user, so that he may know of it.
async fn request_in(story: &Story, state: &str, number: usize) -> Value {
    let person = json!({ "given_name": "Trainee", "family_name": format!("Number {number}") });
    let request = story
        .post(
            "supervisor",
            "/v1/license-requests",
            &story.request(story.corktown, &person),
        )
        .await
        .expect(201);
    let id = text(&request["id"]);
    let person = text(&request["person_id"]).parse().unwrap();
    match state {
        "submitted" => {}
        "onboarding" => {
            story.decide("admin", id, "approve").await.expect(200);
        }
        "ready" => {
            story.decide("admin", id, "approve").await.expect(200);
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
        other => panic!("no way to {other}"),
    }
    let request = story
        .get("admin", &format!("/v1/license-requests/{id}"))
        .await
        .expect(200);
    assert_eq!(request["state"], state);
    story
        .grant("end_user", Role::EndUser, None, Some(person))
        .await;
    request
}

#[test]
fn each_state_answers_each_command_of_each_role() {
    for role in Role::ALL {
        assert!(ROLES.iter().any(|(_, known)| *known == role), "{role:?}");
    }
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let mut number = 0;
        let mut wrong = Vec::new();
        let mut kept: Option<Value> = None;
        for (state, command, row) in TABLE {
            for ((who, _), expected) in ROLES.into_iter().zip(row) {
                // What changes nothing leaves the request for the next cell.
                let request = match kept.take() {
                    Some(request) if request["state"] == state => request,
                    _ => {
                        number += 1;
                        request_in(&story, state, number).await
                    }
                };
                let id = text(&request["id"]);
                let answer = story.decide(who, id, command.as_str()).await;
                if answer.status != expected {
                    wrong.push(format!(
                        "{state} {} by {who}: {} instead of {expected}: {}",
                        command.as_str(),
                        answer.status,
                        answer.text
                    ));
                }
                if answer.status == 409 {
                    let problem = answer.problem(409, "transition_refused");
                    assert_eq!(problem["state"], state);
                    assert_eq!(problem["action"], command.as_str());
                }
                if answer.status != 200 {
                    let path = format!("/v1/license-requests/{id}");
                    let now = story.get("admin", &path).await.expect(200);
                    assert_eq!(now, request, "{state} {} by {who}", command.as_str());
                    kept = Some(request);
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    });
}
