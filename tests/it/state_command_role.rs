//! State by command by role for license requests and licenses: the domain decides state by command, `authorize` action by role, and
//! here they meet. A new state or role cannot be added without deciding each of its cells.

use hmis_licensing::application::actor::Role;
use hmis_licensing::domain::command::{LicenseCommand, RequestCommand};
use hmis_licensing::domain::ids::PersonId;
use hmis_licensing::domain::request::RequestState;
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

impl Story {
    /// Detroit's rules from now on, with a lapse of what is not finished after sixty days, a license type that owes
    /// nothing but practice cases, and one of which there is no seat.
    async fn rules_with_every_state(&self) {
        let preset = self.get("admin", "/v1/policy-presets/hand").await;
        let mut document = preset.expect(200)["document"].clone();
        document["requests"]["lapses_after"] = json!({ "days": 60 });
        document["workflows"] = json!({ "intake": { "title": "Intake" } });
        document["practice_sets"] =
            json!({ "intake": { "title": "Intake", "workflow": "intake", "cases": 1 } });
        document["license_types"]["end_user"]["classes"]["type_change"] =
            json!({ "kind": "same_as", "class": "new" });
        let mut practised = document["license_types"]["end_user"].clone();
        practised["requirement_sets"]["full"] =
            json!({ "practice": [{ "practice_set": "intake" }] });
        practised["practice"] = json!({ "release": "at_once" });
        document["license_types"]["practised"] = practised;
        let mut seated = document["license_types"]["end_user"].clone();
        seated["requirement_sets"]["full"] = json!({});
        document["license_types"]["seated"] = seated;
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
    let person = json!({ "given_name": "Trainee", "family_name": format!("Number {number}") });
    let mut namesake = person.clone();
    namesake["implementation_id"] = json!(story.hand);
    let namesake = story.post("admin", "/v1/people", &namesake).await;
    let namesake = namesake.expect(201)["id"].clone();
    let mut body = story.request(story.corktown, &person);
    match state {
        "practice" | "in_review" | "corrections" => body["license_type"] = json!("practised"),
        "waitlisted" => body["license_type"] = json!("seated"),
        _ => {}
    }
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

/// What staff do to licenses, by the states that a license can reach over HTTP without a notice: a state that is
/// contested is deactivated too.
#[rustfmt::skip]
const LICENSES: [(&str, LicenseCommand, [u16; 8]); 34] = [
    //                                             admin trainer help superv user auditor front integr
    ("active",      LicenseCommand::Suspend,    [  201,  403,   403,  403,   403,  403,   403,  403]),
    ("active",      LicenseCommand::Lift,       [  409,  403,   403,  403,   403,  403,   403,  403]),
    ("active",      LicenseCommand::TakeLeave,  [  201,  403,   201,  201,   403,  403,   403,  403]),
    ("active",      LicenseCommand::Reactivate, [  409,  403,   403,  403,   403,  403,   403,  403]),
    ("active",      LicenseCommand::Reinstate,  [  409,  403,   403,  403,   403,  403,   403,  403]),
    ("active",      LicenseCommand::RestoreInEmergency, [409, 403, 409,  403,   403,  403,   403,  403]),
    ("active",      LicenseCommand::Uphold,     [  409,  403,   403,  403,   403,  403,   403,  403]),
    ("active",      LicenseCommand::Renew,      [  409,  403,   409,  409,   409,  403,   403,  403]),
    ("active",      LicenseCommand::Keep,       [  409,  403,   409,  409,   403,  403,   403,  403]),
    ("suspended",   LicenseCommand::Suspend,    [  201,  403,   403,  403,   403,  403,   403,  403]),
    ("suspended",   LicenseCommand::Lift,       [  200,  403,   403,  403,   403,  403,   403,  403]),
    ("suspended",   LicenseCommand::TakeLeave,  [  201,  403,   201,  201,   403,  403,   403,  403]),
    ("suspended",   LicenseCommand::Reactivate, [  409,  403,   403,  403,   403,  403,   403,  403]),
    ("suspended",   LicenseCommand::Reinstate,  [  409,  403,   403,  403,   403,  403,   403,  403]),
    // An investigation is never taken back in an emergency, also where it held a license that ended since.
    ("suspended",   LicenseCommand::RestoreInEmergency, [409, 403, 409,  403,   403,  403,   403,  403]),
    ("suspended",   LicenseCommand::Uphold,     [  409,  403,   403,  403,   403,  403,   403,  403]),
    ("suspended",   LicenseCommand::Renew,      [  409,  403,   409,  409,   409,  403,   403,  403]),
    ("suspended",   LicenseCommand::Keep,       [  409,  403,   409,  409,   403,  403,   403,  403]),
    ("deactivated", LicenseCommand::Suspend,    [  409,  403,   403,  403,   403,  403,   403,  403]),
    ("deactivated", LicenseCommand::Lift,       [  409,  403,   403,  403,   403,  403,   403,  403]),
    ("deactivated", LicenseCommand::TakeLeave,  [  409,  403,   409,  409,   403,  403,   403,  403]),
    ("deactivated", LicenseCommand::Reactivate, [  200,  403,   403,  403,   403,  403,   403,  403]),
    ("deactivated", LicenseCommand::Reinstate,  [  200,  403,   403,  403,   403,  403,   403,  403]),
    ("deactivated", LicenseCommand::RestoreInEmergency, [409, 403, 409,  403,   403,  403,   403,  403]),
    ("deactivated", LicenseCommand::Uphold,     [  409,  403,   403,  403,   403,  403,   403,  403]),
    ("deactivated", LicenseCommand::Renew,      [  409,  403,   409,  409,   409,  403,   403,  403]),
    ("deactivated", LicenseCommand::Keep,       [  409,  403,   409,  409,   403,  403,   403,  403]),
    ("contested",   LicenseCommand::Suspend,    [  409,  403,   403,  403,   403,  403,   403,  403]),
    ("contested",   LicenseCommand::Lift,       [  409,  403,   403,  403,   403,  403,   403,  403]),
    ("contested",   LicenseCommand::TakeLeave,  [  409,  403,   409,  409,   403,  403,   403,  403]),
    ("contested",   LicenseCommand::Reactivate, [  200,  403,   403,  403,   403,  403,   403,  403]),
    ("contested",   LicenseCommand::Reinstate,  [  200,  403,   403,  403,   403,  403,   403,  403]),
    ("contested",   LicenseCommand::RestoreInEmergency, [409, 403, 409,  403,   403,  403,   403,  403]),
    ("contested",   LicenseCommand::Uphold,     [  200,  403,   403,  403,   403,  403,   403,  403]),
];

/// A license of somebody new in a state, with a hold that it had or has: (state, license, hold as it stands).
async fn license_in(story: &Story, state: &str, number: usize) -> (String, Value, Value) {
    let request = request_in(story, "fulfilled", number, true).await;
    let license = text(&request["license_id"]).to_owned();
    let pass_time = || story.app.clock.advance(chrono::TimeDelta::seconds(1));
    pass_time();
    let body = json!({ "license_id": license, "cause": "investigation" });
    let mut hold = story.post("admin", "/v1/holds", &body).await.expect(201);
    let path = format!("/v1/holds/{}", text(&hold["id"]));
    if state == "active" {
        pass_time();
        let lift = json!({ "expected_version": 1, "report": { "reason": "Explained." } });
        hold = story
            .post("admin", &format!("{path}/lift"), &lift)
            .await
            .expect(200);
    }
    if matches!(state, "deactivated" | "contested") {
        pass_time();
        let mut departure = json!({
            "person_id": request["person_id"], "organization_id": story.corktown,
            "ended_at": story.app.app.now(),
        });
        let ended = story
            .post("admin", "/v1/departures", &departure)
            .await
            .expect(201);
        if state == "contested" {
            pass_time();
            departure["supersedes"] = ended["id"].clone();
            departure["report"] = json!({ "reason": "Somebody else left." });
            story
                .post("admin", "/v1/departures", &departure)
                .await
                .expect(201);
        }
        hold = story.get("admin", &path).await.expect(200);
    }
    pass_time();
    let seen = story.license("admin", &license).await;
    (state.to_owned(), seen, hold)
}

#[test]
fn each_license_state_answers_each_command_of_each_role() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let mut number = 0;
        let mut wrong = Vec::new();
        let mut kept: Option<(String, Value, Value)> = None;
        for (state, command, row) in LICENSES {
            for ((who, _), expected) in ROLES.into_iter().zip(row) {
                let (kind, license, hold) = match kept.take() {
                    Some(found) if found.0 == state => found,
                    _ => {
                        number += 1;
                        license_in(&story, state, number).await
                    }
                };
                let id = text(&license["id"]).to_owned();
                let reason = json!({ "reason": "It was looked into." });
                let decided =
                    |version: &Value| json!({ "expected_version": version, "report": reason });
                let (path, body) = match command {
                    LicenseCommand::Suspend => (
                        "/v1/holds".to_owned(),
                        json!({ "license_id": id, "cause": "violation" }),
                    ),
                    LicenseCommand::TakeLeave => (
                        "/v1/leaves".to_owned(),
                        json!({
                            "person_id": license["person_id"],
                            "organization_id": story.corktown,
                            "from_on": "2026-06-01",
                        }),
                    ),
                    LicenseCommand::Lift => (
                        format!("/v1/holds/{}/lift", text(&hold["id"])),
                        decided(&hold["version"]),
                    ),
                    // HAND's licenses have no term.
                    LicenseCommand::Renew => (
                        "/v1/license-renewals".to_owned(),
                        json!({ "license_id": id }),
                    ),
                    LicenseCommand::Keep => (
                        "/v1/keep-requests".to_owned(),
                        json!({
                            "license_id": id,
                            "report": { "reason": "Back soon.", "reported_by": { "name": "Sam" } },
                        }),
                    ),
                    LicenseCommand::RestoreInEmergency => (
                        format!("/v1/licenses/{id}/emergency-restorations"),
                        json!({ "report": { "reason": "A mistake.", "ticket_reference": "HD-1" } }),
                    ),
                    LicenseCommand::Uphold => (
                        format!("/v1/contested-items/{id}/uphold"),
                        decided(&json!(1)),
                    ),
                    other => (
                        format!("/v1/licenses/{id}/{}", other.as_str()),
                        decided(&license["version"]),
                    ),
                };
                let answer = story.post(who, &path, &body).await;
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
                    assert_eq!(problem["action"], command.as_str());
                    assert_eq!(problem["state"], license["state"]);
                }
                if !answer.status.is_success() {
                    let now = story.license("admin", &id).await;
                    assert_eq!(now, license, "{state} {} by {who}", command.as_str());
                    kept = Some((kind, license, hold));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    });
}
