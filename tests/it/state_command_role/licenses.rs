//! What is done to a license.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use hmis_licensing::domain::command::LicenseCommand;
use hmis_licensing::domain::license::LicenseStatus;
use serde_json::{Value, json};

use super::{ROLES, request_for};
use crate::stories::{Story, text};
use crate::support::database::on_both;

/// What is done to a license by hand, by its states; one that is contested is deactivated too. `Activate` and `CarryAddOn`
/// are what the activation of a request does, which has its own table.
#[rustfmt::skip]
const LICENSES: [(&str, LicenseCommand, [u16; 8]); 72] = [
    //                                             admin train  help superv user audit front integr
    ("active",      LicenseCommand::Depart,      [ 201,  403,  201,  201,  403,  403,  403,  403]),
    ("active",      LicenseCommand::Deactivate,  [ 201,  403,  201,  201,  403,  403,  403,  403]),
    ("active",      LicenseCommand::Suspend,     [ 201,  403,  403,  403,  403,  403,  403,  403]),
    ("active",      LicenseCommand::Lift,        [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("active",      LicenseCommand::TakeLeave,   [ 201,  403,  201,  201,  403,  403,  403,  403]),
    ("active",      LicenseCommand::ChangeType,  [ 201,  403,  201,  201,  403,  403,  403,  403]),
    ("active",      LicenseCommand::Reactivate,  [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("active",      LicenseCommand::Reinstate,   [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("active",      LicenseCommand::RestoreInEmergency, [ 409,  403,  409,  403,  403,  403,  403,  403]),
    ("active",      LicenseCommand::Uphold,      [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("active",      LicenseCommand::Renew,       [ 409,  403,  409,  409,  409,  403,  403,  403]),
    ("active",      LicenseCommand::Keep,        [ 409,  403,  409,  409,  403,  403,  403,  403]),
    ("warned",      LicenseCommand::Depart,      [ 201,  403,  201,  201,  403,  403,  403,  403]),
    ("warned",      LicenseCommand::Deactivate,  [ 201,  403,  201,  201,  403,  403,  403,  403]),
    ("warned",      LicenseCommand::Suspend,     [ 201,  403,  403,  403,  403,  403,  403,  403]),
    ("warned",      LicenseCommand::Lift,        [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("warned",      LicenseCommand::TakeLeave,   [ 201,  403,  201,  201,  403,  403,  403,  403]),
    ("warned",      LicenseCommand::ChangeType,  [ 201,  403,  201,  201,  403,  403,  403,  403]),
    ("warned",      LicenseCommand::Reactivate,  [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("warned",      LicenseCommand::Reinstate,   [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("warned",      LicenseCommand::RestoreInEmergency, [ 409,  403,  409,  403,  403,  403,  403,  403]),
    ("warned",      LicenseCommand::Uphold,      [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("warned",      LicenseCommand::Renew,       [ 409,  403,  409,  409,  409,  403,  403,  403]),
    ("warned",      LicenseCommand::Keep,        [ 201,  403,  201,  201,  403,  403,  403,  403]),
    ("suspended",   LicenseCommand::Depart,      [ 201,  403,  201,  201,  403,  403,  403,  403]),
    ("suspended",   LicenseCommand::Deactivate,  [ 201,  403,  201,  201,  403,  403,  403,  403]),
    ("suspended",   LicenseCommand::Suspend,     [ 201,  403,  403,  403,  403,  403,  403,  403]),
    ("suspended",   LicenseCommand::Lift,        [ 200,  403,  403,  403,  403,  403,  403,  403]),
    ("suspended",   LicenseCommand::TakeLeave,   [ 201,  403,  201,  201,  403,  403,  403,  403]),
    ("suspended",   LicenseCommand::ChangeType,  [ 201,  403,  201,  201,  403,  403,  403,  403]),
    ("suspended",   LicenseCommand::Reactivate,  [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("suspended",   LicenseCommand::Reinstate,   [ 409,  403,  403,  403,  403,  403,  403,  403]),
    // An investigation is never taken back in an emergency, also where it held a license that ended since.
    ("suspended",   LicenseCommand::RestoreInEmergency, [ 409,  403,  409,  403,  403,  403,  403,  403]),
    ("suspended",   LicenseCommand::Uphold,      [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("suspended",   LicenseCommand::Renew,       [ 409,  403,  409,  409,  409,  403,  403,  403]),
    ("suspended",   LicenseCommand::Keep,        [ 409,  403,  409,  409,  403,  403,  403,  403]),
    ("deactivated", LicenseCommand::Depart,      [ 201,  403,  201,  201,  403,  403,  403,  403]),
    ("deactivated", LicenseCommand::Deactivate,  [ 409,  403,  409,  409,  403,  403,  403,  403]),
    ("deactivated", LicenseCommand::Suspend,     [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("deactivated", LicenseCommand::Lift,        [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("deactivated", LicenseCommand::TakeLeave,   [ 409,  403,  409,  409,  403,  403,  403,  403]),
    ("deactivated", LicenseCommand::ChangeType,  [ 409,  403,  409,  409,  403,  403,  403,  403]),
    ("deactivated", LicenseCommand::Reactivate,  [ 200,  403,  403,  403,  403,  403,  403,  403]),
    ("deactivated", LicenseCommand::Reinstate,   [ 200,  403,  403,  403,  403,  403,  403,  403]),
    ("deactivated", LicenseCommand::RestoreInEmergency, [ 409,  403,  409,  403,  403,  403,  403,  403]),
    ("deactivated", LicenseCommand::Uphold,      [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("deactivated", LicenseCommand::Renew,       [ 409,  403,  409,  409,  409,  403,  403,  403]),
    ("deactivated", LicenseCommand::Keep,        [ 409,  403,  409,  409,  403,  403,  403,  403]),
    ("expired",     LicenseCommand::Depart,      [ 201,  403,  201,  201,  403,  403,  403,  403]),
    ("expired",     LicenseCommand::Deactivate,  [ 409,  403,  409,  409,  403,  403,  403,  403]),
    ("expired",     LicenseCommand::Suspend,     [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("expired",     LicenseCommand::Lift,        [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("expired",     LicenseCommand::TakeLeave,   [ 409,  403,  409,  409,  403,  403,  403,  403]),
    ("expired",     LicenseCommand::ChangeType,  [ 409,  403,  409,  409,  403,  403,  403,  403]),
    ("expired",     LicenseCommand::Reactivate,  [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("expired",     LicenseCommand::Reinstate,   [ 200,  403,  403,  403,  403,  403,  403,  403]),
    ("expired",     LicenseCommand::RestoreInEmergency, [ 201,  403,  201,  403,  403,  403,  403,  403]),
    ("expired",     LicenseCommand::Uphold,      [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("expired",     LicenseCommand::Renew,       [ 409,  403,  409,  409,  409,  403,  403,  403]),
    ("expired",     LicenseCommand::Keep,        [ 409,  403,  409,  409,  403,  403,  403,  403]),
    ("contested",   LicenseCommand::Depart,      [ 201,  403,  201,  201,  403,  403,  403,  403]),
    ("contested",   LicenseCommand::Deactivate,  [ 409,  403,  409,  409,  403,  403,  403,  403]),
    ("contested",   LicenseCommand::Suspend,     [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("contested",   LicenseCommand::Lift,        [ 409,  403,  403,  403,  403,  403,  403,  403]),
    ("contested",   LicenseCommand::TakeLeave,   [ 409,  403,  409,  409,  403,  403,  403,  403]),
    ("contested",   LicenseCommand::ChangeType,  [ 409,  403,  409,  409,  403,  403,  403,  403]),
    ("contested",   LicenseCommand::Reactivate,  [ 200,  403,  403,  403,  403,  403,  403,  403]),
    ("contested",   LicenseCommand::Reinstate,   [ 200,  403,  403,  403,  403,  403,  403,  403]),
    ("contested",   LicenseCommand::RestoreInEmergency, [ 409,  403,  409,  403,  403,  403,  403,  403]),
    ("contested",   LicenseCommand::Uphold,      [ 200,  403,  403,  403,  403,  403,  403,  403]),
    ("contested",   LicenseCommand::Renew,       [ 409,  403,  409,  409,  409,  403,  403,  403]),
    ("contested",   LicenseCommand::Keep,        [ 409,  403,  409,  409,  403,  403,  403,  403]),
];

#[test]
fn every_state_and_every_command_of_a_license_has_its_row() {
    let states = LicenseStatus::ALL.map(LicenseStatus::as_str);
    for state in states.into_iter().chain(["contested"]) {
        let of_state = LICENSES.iter().filter(|(found, ..)| *found == state);
        let mut commands: Vec<LicenseCommand> = of_state.map(|(_, command, _)| *command).collect();
        commands.extend([LicenseCommand::Activate, LicenseCommand::CarryAddOn]);
        commands.sort_unstable();
        assert_eq!(commands, LicenseCommand::ALL, "{state}");
    }
}

/// The local day of an instant in Detroit.
fn detroit(at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&chrono_tz::America::Detroit).date_naive()
}

/// A license of somebody new in a state, with a hold that it had or has: (state, license, hold as it stands).
async fn license_in(story: &Story, state: &str, number: usize) -> (String, Value, Value) {
    let license_type = match state {
        "warned" => "watched",
        "expired" => "termed",
        _ => "end_user",
    };
    let request = request_for(story, license_type, "fulfilled", number, true).await;
    let license = text(&request["license_id"]).to_owned();
    let pass_time = || story.app.clock.advance(TimeDelta::seconds(1));
    pass_time();
    let body = json!({ "license_id": license, "cause": "investigation" });
    let mut hold = story.post("admin", "/v1/holds", &body).await.expect(201);
    let path = format!("/v1/holds/{}", text(&hold["id"]));
    if matches!(state, "active" | "warned" | "expired") {
        pass_time();
        let lift = json!({ "expected_version": 1, "report": { "reason": "Explained." } });
        hold = story
            .post("admin", &format!("{path}/lift"), &lift)
            .await
            .expect(200);
    }
    match state {
        // The day of the activation, and the one that it may last.
        "expired" => story.app.clock.advance(TimeDelta::days(2)),
        "warned" => {
            let began = detroit(story.app.app.now());
            // The day that it may last, and the one after it.
            story.app.clock.advance(TimeDelta::days(2));
            let now = story.app.app.now();
            let body = json!({
                "license_id": license, "rule": "inactivity", "step": 0, "anchor_on": began,
                "named_on": detroit(now) + TimeDelta::days(2), "channel": "phone", "sent_at": now,
            });
            story
                .post("help_desk", "/v1/notices", &body)
                .await
                .expect(201);
        }
        _ => {}
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
    let stands = if state == "contested" {
        "deactivated"
    } else {
        state
    };
    assert_eq!(seen["state"], stands);
    (state.to_owned(), seen, hold)
}

#[test]
fn each_license_state_answers_each_command_of_each_role() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story.rules_with_every_state().await;
        story.login_source("clarity").await;
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
                    LicenseCommand::Depart => (
                        "/v1/departures".to_owned(),
                        json!({
                            "person_id": license["person_id"],
                            "organization_id": story.corktown,
                            "ended_at": story.app.app.now(),
                        }),
                    ),
                    LicenseCommand::Deactivate => (
                        "/v1/deactivations".to_owned(),
                        json!({ "license_id": id, "cause": "no_longer_needed" }),
                    ),
                    // To one that owes nothing.
                    LicenseCommand::ChangeType => (
                        "/v1/license-changes".to_owned(),
                        json!({ "license_id": id, "license_type": "termed" }),
                    ),
                    LicenseCommand::Suspend => (
                        "/v1/holds".to_owned(),
                        json!({ "license_id": id, "cause": "violation" }),
                    ),
                    LicenseCommand::TakeLeave => (
                        "/v1/leaves".to_owned(),
                        json!({
                            "person_id": license["person_id"],
                            "organization_id": story.corktown,
                            "from_on": detroit(story.app.app.now()) + TimeDelta::days(30),
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
