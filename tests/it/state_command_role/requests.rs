//! What becomes of a license request.

use hmis_licensing::application::actor::Role;
use hmis_licensing::domain::command::RequestCommand;
use hmis_licensing::domain::request::RequestState;
use serde_json::{Value, json};

use super::{ROLES, request_in};
use crate::stories::{Story, text};
use crate::support::database::on_both;

/// Every state of a request and every command, in the order of the roles: 200 done, 403 not this role's business, 409 not
/// in this state.
#[rustfmt::skip]
const TABLE: [(&str, RequestCommand, [u16; 8]); 88] = [
    //                                                admin trainer help superv user auditor front integr
    ("submitted",  RequestCommand::Confirm,         [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("submitted",  RequestCommand::Approve,         [ 200,  403,  403,  403,  403,  403,  403,  403]),
    ("submitted",  RequestCommand::Deny,            [ 200,  403,  403,  403,  403,  403,  403,  403]),
    ("submitted",  RequestCommand::Withdraw,        [ 200,  403,  200,  200,  403,  403,  403,  403]),
    ("submitted",  RequestCommand::Reclassify,      [ 200,  403,  403,  403,  403,  403,  403,  403]),
    ("submitted",  RequestCommand::ExtendDeadline,  [ 200,  403,  403,  403,  403,  403,  403,  403]),
    ("submitted",  RequestCommand::Activate,        [ 409,  403,  403,  403,  403,  403,  403,  403]),
    // It is settled at its submission in all the others, which the domain lets nobody say twice.
    ("submitted",  RequestCommand::SettleMatch,     [ 200,  403,  200,  403,  403,  403,  403,  403]),
    ("onboarding", RequestCommand::Confirm,         [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("onboarding", RequestCommand::Approve,         [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("onboarding", RequestCommand::Deny,            [ 200,  403,  403,  403,  403,  403,  403,  403]),
    ("onboarding", RequestCommand::Withdraw,        [ 200,  403,  200,  200,  403,  403,  403,  403]),
    ("onboarding", RequestCommand::Reclassify,      [ 200,  403,  403,  403,  403,  403,  403,  403]),
    ("onboarding", RequestCommand::ExtendDeadline,  [ 200,  403,  403,  403,  403,  403,  403,  403]),
    ("onboarding", RequestCommand::Activate,        [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("onboarding", RequestCommand::SettleMatch,     [ 409,  403,  409,  403,  403,  403,  403,  403]),
    ("practice",   RequestCommand::Confirm,         [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("practice",   RequestCommand::Approve,         [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("practice",   RequestCommand::Deny,            [ 200,  403,  403,  403,  403,  403,  403,  403]),
    ("practice",   RequestCommand::Withdraw,        [ 200,  403,  200,  200,  403,  403,  403,  403]),
    ("practice",   RequestCommand::Reclassify,      [ 200,  403,  403,  403,  403,  403,  403,  403]),
    ("practice",   RequestCommand::ExtendDeadline,  [ 200,  403,  403,  403,  403,  403,  403,  403]),
    ("practice",   RequestCommand::Activate,        [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("practice",   RequestCommand::SettleMatch,     [ 409,  403,  409,  403,  403,  403,  403,  403]),
    ("in_review",  RequestCommand::Confirm,         [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("in_review",  RequestCommand::Approve,         [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("in_review",  RequestCommand::Deny,            [ 200,  403,  403,  403,  403,  403,  403,  403]),
    ("in_review",  RequestCommand::Withdraw,        [ 200,  403,  200,  200,  403,  403,  403,  403]),
    ("in_review",  RequestCommand::Reclassify,      [ 200,  403,  403,  403,  403,  403,  403,  403]),
    ("in_review",  RequestCommand::ExtendDeadline,  [ 200,  403,  403,  403,  403,  403,  403,  403]),
    ("in_review",  RequestCommand::Activate,        [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("in_review",  RequestCommand::SettleMatch,     [ 409,  403,  409,  403,  403,  403,  403,  403]),
    ("corrections", RequestCommand::Confirm,         [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("corrections", RequestCommand::Approve,         [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("corrections", RequestCommand::Deny,            [ 200,  403,  403,  403,  403,  403,  403,  403]),
    ("corrections", RequestCommand::Withdraw,        [ 200,  403,  200,  200,  403,  403,  403,  403]),
    ("corrections", RequestCommand::Reclassify,      [ 200,  403,  403,  403,  403,  403,  403,  403]),
    ("corrections", RequestCommand::ExtendDeadline,  [ 200,  403,  403,  403,  403,  403,  403,  403]),
    ("corrections", RequestCommand::Activate,        [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("corrections", RequestCommand::SettleMatch,     [ 409,  403,  409,  403,  403,  403,  403,  403]),
    ("ready",      RequestCommand::Confirm,         [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("ready",      RequestCommand::Approve,         [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("ready",      RequestCommand::Deny,            [ 200,  403,  403,  403,  403,  403,  403,  403]),
    ("ready",      RequestCommand::Withdraw,        [ 200,  403,  200,  200,  403,  403,  403,  403]),
    ("ready",      RequestCommand::Reclassify,      [ 200,  403,  403,  403,  403,  403,  403,  403]),
    // What is ready or waits in line has met its deadline.
    ("ready",      RequestCommand::ExtendDeadline,  [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("ready",      RequestCommand::Activate,        [ 200,  403,  403,  403,  403,  403,  403,  403]),
    ("ready",      RequestCommand::SettleMatch,     [ 409,  403,  409,  403,  403,  403,  403,  403]),
    ("waitlisted", RequestCommand::Confirm,         [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("waitlisted", RequestCommand::Approve,         [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("waitlisted", RequestCommand::Deny,            [ 200,  403,  403,  403,  403,  403,  403,  403]),
    ("waitlisted", RequestCommand::Withdraw,        [ 200,  403,  200,  200,  403,  403,  403,  403]),
    ("waitlisted", RequestCommand::Reclassify,      [ 200,  403,  403,  403,  403,  403,  403,  403]),
    ("waitlisted", RequestCommand::ExtendDeadline,  [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("waitlisted", RequestCommand::Activate,        [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("waitlisted", RequestCommand::SettleMatch,     [ 409,  403,  409,  403,  403,  403,  403,  403]),
    ("fulfilled",  RequestCommand::Confirm,         [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("fulfilled",  RequestCommand::Approve,         [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("fulfilled",  RequestCommand::Deny,            [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("fulfilled",  RequestCommand::Withdraw,        [ 409,  403,  409,  409,  403,  403,  403,  403]),
    ("fulfilled",  RequestCommand::Reclassify,      [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("fulfilled",  RequestCommand::ExtendDeadline,  [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("fulfilled",  RequestCommand::Activate,        [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("fulfilled",  RequestCommand::SettleMatch,     [ 409,  403,  409,  403,  403,  403,  403,  403]),
    ("denied",     RequestCommand::Confirm,         [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("denied",     RequestCommand::Approve,         [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("denied",     RequestCommand::Deny,            [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("denied",     RequestCommand::Withdraw,        [ 409,  403,  409,  409,  403,  403,  403,  403]),
    ("denied",     RequestCommand::Reclassify,      [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("denied",     RequestCommand::ExtendDeadline,  [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("denied",     RequestCommand::Activate,        [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("denied",     RequestCommand::SettleMatch,     [ 409,  403,  409,  403,  403,  403,  403,  403]),
    ("withdrawn",  RequestCommand::Confirm,         [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("withdrawn",  RequestCommand::Approve,         [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("withdrawn",  RequestCommand::Deny,            [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("withdrawn",  RequestCommand::Withdraw,        [ 409,  403,  409,  409,  403,  403,  403,  403]),
    ("withdrawn",  RequestCommand::Reclassify,      [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("withdrawn",  RequestCommand::ExtendDeadline,  [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("withdrawn",  RequestCommand::Activate,        [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("withdrawn",  RequestCommand::SettleMatch,     [ 409,  403,  409,  403,  403,  403,  403,  403]),
    ("lapsed",     RequestCommand::Confirm,         [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("lapsed",     RequestCommand::Approve,         [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("lapsed",     RequestCommand::Deny,            [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("lapsed",     RequestCommand::Withdraw,        [ 409,  403,  409,  409,  403,  403,  403,  403]),
    ("lapsed",     RequestCommand::Reclassify,      [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("lapsed",     RequestCommand::ExtendDeadline,  [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("lapsed",     RequestCommand::Activate,        [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("lapsed",     RequestCommand::SettleMatch,     [ 409,  403,  409,  403,  403,  403,  403,  403]),
];
#[test]
fn every_state_and_every_command_of_a_request_has_its_row() {
    let mut rows = TABLE.iter();
    for state in RequestState::ALL {
        let mut commands: Vec<RequestCommand> = rows
            .by_ref()
            .take(RequestCommand::ALL.len())
            .map(|(found, command, _)| {
                assert_eq!(*found, state.as_str());
                *command
            })
            .collect();
        commands.sort_unstable();
        assert_eq!(commands, RequestCommand::ALL, "{}", state.as_str());
    }
    assert!(rows.next().is_none());
}

#[test]
fn each_state_answers_each_command_of_each_role() {
    for role in Role::ALL {
        assert!(ROLES.iter().any(|(_, known)| *known == role), "{role:?}");
    }
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story.rules_with_every_state().await;
        let mut number = 0;
        let mut wrong = Vec::new();
        let mut kept: Option<Value> = None;
        for (state, command, row) in TABLE {
            let settled = (state, command) != ("submitted", RequestCommand::SettleMatch);
            if !settled {
                kept = None;
            }
            for ((who, _), expected) in ROLES.into_iter().zip(row) {
                // What changes nothing leaves the request for the next cell.
                let request = match kept.take() {
                    Some(request) if request["state"] == state => request,
                    _ => {
                        number += 1;
                        request_in(&story, state, number, settled).await
                    }
                };
                let id = text(&request["id"]);
                let path = format!("/v1/license-requests/{id}");
                let answer = match command {
                    RequestCommand::ExtendDeadline => {
                        let last = story.app.app.now() + chrono::TimeDelta::days(90);
                        let body = json!({
                            "expected_version": request["version"], "deadline": "request_lapse",
                            "until_on": last.date_naive(), "reason": "The trainer was ill.",
                        });
                        story
                            .post(who, &format!("{path}/extend-deadline"), &body)
                            .await
                    }
                    RequestCommand::Reclassify => {
                        let body = json!({
                            "expected_version": request["version"], "class": "returning",
                            "reason": "Was here before the service was.",
                        });
                        story.post(who, &format!("{path}/reclassify"), &body).await
                    }
                    RequestCommand::SettleMatch => {
                        let body = json!({
                            "expected_version": request["version"], "same": false,
                            "person_id": request["possible_matches"][0]["person_id"],
                            "reason": "A namesake.",
                        });
                        story
                            .post(who, &format!("{path}/person-match"), &body)
                            .await
                    }
                    RequestCommand::Confirm
                    | RequestCommand::Approve
                    | RequestCommand::Deny
                    | RequestCommand::Withdraw
                    | RequestCommand::Activate => story.decide(who, id, command.as_str()).await,
                };
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
