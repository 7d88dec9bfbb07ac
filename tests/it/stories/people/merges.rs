//! Two records of one human, merged and undone.

use serde_json::json;

use super::merge_of;
use crate::stories::{NOBODY, Story, text};
use crate::support::database::on_both;

/// Dana, licensed at Corktown under user id 41, was recorded again under user id 900.
async fn two_danas(story: &Story) -> (String, String) {
    let again = story.recorded_person("Dana", "Okafor", "900").await;
    (story.dana.to_string(), again)
}

#[test]
fn the_old_id_answers_as_the_survivors_and_of_two_licenses_one_ends_as_a_duplicate() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let kept = story.license_dana().await;
        let (dana, again) = two_danas(&story).await;
        let ends = story.license_of("900", "supervisor", story.corktown).await;
        let elsewhere = story.license_of("900", "jefferson", story.jefferson).await;

        // Look first: both with their names, organizations and licenses, and nothing is kept.
        story.at("2026-03-05T14:00:00Z");
        let before = story.census().await;
        let path = "/v1/person-merges?dry_run=true";
        let tried = story
            .post("admin", path, &merge_of(&dana, &again))
            .await
            .expect(200);
        let [survivor, duplicate] = [&tried["affected"][0], &tried["affected"][1]];
        assert_eq!(survivor["family_name"], "Whitfield");
        assert_eq!(duplicate["family_name"], "Okafor");
        assert_eq!(survivor["licenses"][0]["state_after"], "active");
        let of_duplicate = duplicate["licenses"].as_array().unwrap();
        let find = |id: &str| of_duplicate.iter().find(|one| one["id"] == id).unwrap();
        assert_eq!(find(&ends)["state_before"], "active");
        assert_eq!(find(&ends)["state_after"], "deactivated");
        assert_eq!(find(&ends)["duplicate_of"], json!(kept));
        assert_eq!(find(&elsewhere)["state_after"], "active");
        assert_eq!(story.census().await, before);
        assert_eq!(story.license("admin", &ends).await["state"], "active");

        let merge = story.merge("admin", &dana, &again).await.expect(201);
        assert_eq!(merge["state"], "standing");

        // One person under both ids.
        let seen = story
            .get("admin", &format!("/v1/people/{again}"))
            .await
            .expect(200);
        assert_eq!(seen["id"], json!(dana));
        assert_eq!(seen["merged_ids"], json!([again]));
        assert_eq!(seen["former_names"][0]["family_name"], "Okafor");
        let ids = seen["external_ids"].as_array().unwrap();
        assert!(ids.iter().any(|id| id["value"] == "900"), "{ids:?}");
        let found = story.list("admin", "/v1/people?name=okafor").await;
        assert_eq!(found.len(), 1);
        assert_eq!(found[0]["id"], json!(dana));
        for filter in [&dana, &again] {
            let path = format!("/v1/licenses?person_id={filter}");
            assert_eq!(story.list("admin", &path).await.len(), 3);
            let path = format!("/v1/training-completions?person_id={filter}");
            assert_eq!(story.list("admin", &path).await.len(), 6);
        }
        let explained = story
            .get("admin", &format!("/v1/people/{again}/explanation"))
            .await
            .expect(200);
        assert_eq!(explained["person_id"], json!(dana));
        assert_eq!(explained["explanations"].as_array().unwrap().len(), 2);

        // The license that ended says why; whoever acts on it is told which one stayed.
        let ended = story.license("admin", &ends).await;
        assert_eq!(ended["state"], "deactivated");
        assert_eq!(ended["end"]["cause"], "duplicate");
        assert_eq!(ended["duplicate_of"], json!(kept));
        assert_eq!(ended["person_id"], json!(dana));
        for action in ["reactivate", "reinstate"] {
            let refused = story.act("admin", &ends, action, json!({})).await;
            let problem = refused.problem(409, "transition_refused");
            assert!(problem["needs"].to_string().contains(&kept), "{problem}");
        }
        let refused = json!({ "license_id": ends, "cause": "requested" });
        let refused = story.post("admin", "/v1/deactivations", &refused).await;
        refused.problem(409, "transition_refused");
        let hold = json!({ "license_id": ends, "cause": "unreachable" });
        let refused = story.post("admin", "/v1/holds", &hold).await;
        refused.problem(409, "transition_refused");
        assert_eq!(story.license("admin", &kept).await["state"], "active");

        // Both user ids open the same doors.
        for user_id in ["41", "900"] {
            let decision = story.may_sign_in(user_id, "").await;
            assert_eq!(decision["person_id"], json!(dana), "{user_id}");
            assert_eq!(decision["allowed"], true);
            assert_eq!(decision["licenses"].as_array().unwrap().len(), 2);
        }
        let census = story.census().await;
        assert_eq!(census[1], before[1] - 1, "one person fewer is listed");

        // Undone, each has what it had.
        story.at("2026-03-06T14:00:00Z");
        let undone = story.undo(&merge, 1).await.expect(200);
        assert_eq!(undone["state"], "undone");
        let seen = story
            .get("admin", &format!("/v1/people/{again}"))
            .await
            .expect(200);
        assert_eq!(seen["id"], json!(again));
        assert_eq!(seen["family_name"], "Okafor");
        let revived = story.license("admin", &ends).await;
        assert_eq!(revived["state"], "active");
        assert_eq!(revived["person_id"], json!(again));
        assert_eq!(revived["since"], "2026-03-02T18:00:00Z");
        assert_eq!(revived.get("duplicate_of"), None);
        assert_eq!(
            story.may_sign_in("41", "").await["licenses"]
                .as_array()
                .unwrap()
                .len(),
            1
        );
        assert_eq!(
            story.may_sign_in("900", "").await["licenses"]
                .as_array()
                .unwrap()
                .len(),
            2
        );
        assert_eq!(story.census().await, before);
        let again = story.undo(&undone, 2).await;
        assert_eq!(again.problem(409, "transition_refused")["state"], "undone");
    });
}

#[test]
fn the_license_that_gives_access_stays_whichever_record_it_belongs_to() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let ended = story.license_dana().await;
        let (dana, again) = two_danas(&story).await;
        let stays = story.license_of("900", "supervisor", story.corktown).await;
        story.at("2026-03-04T14:00:00Z");
        let body = json!({ "license_id": ended, "cause": "no_longer_needed" });
        story
            .post("admin", "/v1/deactivations", &body)
            .await
            .expect(201);
        story.at("2026-03-05T14:00:00Z");
        let merge = story.merge("admin", &dana, &again).await.expect(201);
        let license = story.license("admin", &stays).await;
        assert_eq!(license["state"], "active");
        assert_eq!(license["person_id"], json!(dana));
        assert_eq!(license["since"], "2026-03-02T18:00:00Z", "as it stood");
        let license = story.license("admin", &ended).await;
        assert_eq!(license["duplicate_of"], json!(stays));
        assert_eq!(license["end"]["cause"], "no_longer_needed");
        // Her departure, recorded of the survivor, ends the one that stayed; undone, it goes where the license goes.
        story.at("2026-03-06T14:00:00Z");
        story
            .depart_dana("supervisor", "2026-03-06T13:00:00Z")
            .await;
        assert_eq!(story.license("admin", &stays).await["state"], "deactivated");
        story.undo(&merge, 1).await.expect(200);
        assert_eq!(story.license("admin", &stays).await["state"], "deactivated");
        assert_eq!(story.may_sign_in("900", "").await["allowed"], false);
    });
}

#[test]
fn logins_holds_and_bars_of_either_record_count_from_the_merge_on() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let source = story.login_source("clarity").await;
        let kept = story.license_dana().await;
        let (dana, again) = two_danas(&story).await;
        let other = story.license_of("900", "supervisor", story.corktown).await;
        story.at("2026-03-04T14:00:00Z");
        let login = json!({
            "login_source_id": source, "source_event_id": "late",
            "occurred_at": "2026-03-04T13:00:00Z",
            "external_id": { "system": "hmis_user_id", "value": "900" },
        });
        let recorded = story.post("frontend", "/v1/login-events", &login).await;
        assert_eq!(recorded.expect(201)["outcome"], "accepted");
        let hold = story.hold(&other, "investigation").await;
        assert_eq!(story.may_sign_in("41", "").await["allowed"], true);

        story.at("2026-03-05T14:00:00Z");
        story.merge("admin", &dana, &again).await.expect(201);
        let license = story.license("admin", &kept).await;
        assert_eq!(license["last_login_at"], "2026-03-04T13:00:00Z");
        assert_eq!(license["state"], "suspended", "the holds unite");
        assert_eq!(license["holds"][0]["from"], "2026-03-05T14:00:00Z");
        // What was allowed before stays what it was, for each of the two.
        for (user_id, allowed) in [("41", true), ("900", false)] {
            let then = story.may_sign_in(user_id, "&at=2026-03-05T13:00:00Z").await;
            assert_eq!(then["allowed"], allowed, "{user_id}: {then}");
            assert_eq!(then["licenses"].as_array().unwrap().len(), 1);
            assert_eq!(story.may_sign_in(user_id, "").await["allowed"], false);
        }
        // A login by the old id is the survivor's.
        let login = json!({
            "login_source_id": source, "source_event_id": "since",
            "occurred_at": "2026-03-05T14:00:00Z", "person_id": again,
        });
        let signal = story
            .post("frontend", "/v1/login-events", &login)
            .await
            .expect(201);
        assert_eq!(signal["outcome"], "signal");
        assert_eq!(signal["person_id"], json!(dana));
        let path = format!("/v1/access-signals?person_id={again}");
        assert_eq!(story.list("admin", &path).await.len(), 1);
        // The hold of the one is lifted for both.
        let path = format!("/v1/holds/{}/lift", text(&hold["id"]));
        let lift = json!({ "expected_version": 1, "report": { "reason": "Cleared." } });
        story.post("admin", &path, &lift).await.expect(200);
        assert_eq!(story.may_sign_in("41", "").await["allowed"], true);
    });
}

#[test]
fn a_bar_of_the_duplicate_ends_the_survivors_license_at_the_merge() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        let (dana, again) = two_danas(&story).await;
        let bar = json!({ "person_id": again, "report": { "reason": "Sold a password." } });
        story.post("admin", "/v1/bars", &bar).await.expect(201);
        story.at("2026-03-05T14:00:00Z");
        let path = "/v1/person-merges?dry_run=true";
        let tried = story
            .post("admin", path, &merge_of(&dana, &again))
            .await
            .expect(200);
        let after = &tried["affected"][0]["licenses"][0];
        assert_eq!(after["state_after"], "deactivated");
        let merge = story.merge("admin", &dana, &again).await.expect(201);
        let ended = story.license("admin", &license).await;
        assert_eq!(ended["end"]["cause"], "barred");
        assert_eq!(ended["end"]["at"], "2026-03-05T14:00:00Z");
        story.undo(&merge, 1).await.expect(200);
        assert_eq!(story.license("admin", &license).await["state"], "active");
    });
}

#[test]
fn facts_that_name_the_old_id_are_recorded_of_the_survivor_and_stay_with_him() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let (dana, again) = two_danas(&story).await;
        let merge = story.merge("admin", &dana, &again).await.expect(201);
        let course = "hmis_user_training_series";
        let passed = story.pass("trainer", again.parse().unwrap(), course).await;
        assert_eq!(passed.expect(201)["person_id"], json!(dana));
        // A request by the old external id is the survivor's.
        let request = story.ask_for("900", "supervisor", story.corktown).await;
        assert_eq!(request["person_id"], json!(dana));
        story.undo(&merge, 1).await.expect(200);
        let of = async |person: &str| {
            let path = format!("/v1/training-completions?person_id={person}");
            story.list("admin", &path).await.len()
        };
        assert_eq!((of(&dana).await, of(&again).await), (1, 0));
    });
}

#[test]
fn two_open_requests_for_the_same_are_no_ones_choice_but_the_help_desks() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let (dana, again) = two_danas(&story).await;
        let first = story.ask_for("41", "supervisor", story.corktown).await;
        let second = story.ask_for("900", "supervisor", story.corktown).await;
        let refused = story.merge("admin", &dana, &again).await;
        let problem = refused.problem(409, "transition_refused");
        assert_eq!(problem["state"], "requested");
        for request in [&first, &second] {
            let needs = problem["needs"].to_string();
            assert!(needs.contains(text(&request["id"])), "{needs}");
        }
        story
            .decide("supervisor", text(&second["id"]), "withdraw")
            .await
            .expect(200);
        story.merge("admin", &dana, &again).await.expect(201);
        // The open one goes its way, though the other was asked for later.
        let license = story.fulfil(&first, "supervisor").await;
        assert!(license["license_id"].is_string(), "{license}");

        // An open request where the other record holds a license asks for what the person has.
        let third = story.recorded_person("Dana", "Whitefield", "901").await;
        let open = story.ask_for("901", "supervisor", story.corktown).await;
        let refused = story.merge("admin", &dana, &third).await;
        let problem = refused.problem(409, "transition_refused");
        let needs = problem["needs"].to_string();
        assert!(needs.contains(text(&open["id"])), "{needs}");
        assert!(needs.contains(text(&license["license_id"])), "{needs}");
    });
}

#[test]
fn what_is_no_merge_is_refused_and_says_why() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let (dana, again) = two_danas(&story).await;
        let rosalind = story.rosalind.to_string();
        for (who, status) in [
            ("help_desk", 403),
            ("supervisor", 403),
            ("auditor", 403),
            ("dana", 403),
        ] {
            story
                .merge(who, &dana, &again)
                .await
                .problem(status, "forbidden");
        }
        for (survivor, duplicate, pointer) in [
            (&*dana, &*dana, "/duplicate_id"),
            (NOBODY, &*again, "/survivor_id"),
            (&*dana, NOBODY, "/duplicate_id"),
        ] {
            let refused = story.merge("admin", survivor, duplicate).await;
            refused.problem(422, "invalid");
            assert_eq!(refused.faults(), [pointer]);
        }
        let stranger = json!({
            "implementation_id": story.akhmis, "given_name": "Dana", "family_name": "Whitfield",
        });
        let everywhere = story.app.administrator().await;
        let stranger = story
            .app
            .post("/v1/people")
            .bearer(&everywhere)
            .json(&stranger)
            .send()
            .await
            .expect(201);
        let refused = story
            .app
            .post("/v1/person-merges")
            .bearer(&everywhere)
            .json(&merge_of(&dana, text(&stranger["id"])))
            .send()
            .await;
        refused.problem(422, "invalid");
        assert_eq!(refused.faults(), ["/duplicate_id"]);
        // Whoever may not know of the other implementation is told nothing of it.
        let refused = story.merge("admin", &dana, text(&stranger["id"])).await;
        let unknown = story.merge("admin", &dana, NOBODY).await;
        assert_eq!(
            crate::stories::without_request_id(&refused),
            crate::stories::without_request_id(&unknown)
        );
        let mut unexplained = merge_of(&dana, &again);
        unexplained.as_object_mut().unwrap().remove("report");
        let refused = story.post("admin", "/v1/person-merges", &unexplained).await;
        assert_eq!(refused.faults(), ["/report/reason"]);

        // Nobody merges himself.
        use hmis_licensing::application::actor::Role;
        story
            .grant("admin", Role::EndUser, None, Some(story.rosalind))
            .await;
        for (survivor, duplicate) in [(&rosalind, &again), (&again, &rosalind)] {
            let refused = story.merge("admin", survivor, duplicate).await;
            refused.problem(403, "own_case");
        }

        let merge = story.merge("admin", &dana, &again).await.expect(201);
        let third = story.recorded_person("Dana", "Third", "902").await;
        for (survivor, duplicate) in [(&third, &again), (&again, &third)] {
            let refused = story.merge("admin", survivor, duplicate).await;
            let problem = refused.problem(409, "transition_refused");
            assert_eq!(problem["state"], "merged");
            assert!(problem["needs"].to_string().contains(&dana), "{problem}");
        }
        let later = story.merge("admin", &third, &dana).await.expect(201);
        let refused = story.undo(&merge, 1).await;
        let problem = refused.problem(409, "transition_refused");
        assert!(
            problem["needs"].to_string().contains(text(&later["id"])),
            "{problem}"
        );
        story.undo(&later, 9).await.problem(412, "stale");
        let path = format!("/v1/person-merges/{}/undo", text(&later["id"]));
        let body = json!({ "report": { "reason": "Two sisters." } });
        story
            .post("admin", &path, &body)
            .await
            .problem(428, "precondition_required");
        // At two removes the oldest id answers too, and everything comes back the way it went.
        let oldest = format!("/v1/people/{again}");
        let seen = story.get("help_desk", &oldest).await.expect(200);
        assert_eq!(seen["id"], json!(third));
        story.undo(&later, 1).await.expect(200);
        let seen = story.get("help_desk", &oldest).await.expect(200);
        assert_eq!(seen["id"], json!(dana));
        story.undo(&merge, 1).await.expect(200);
        let seen = story.get("help_desk", &oldest).await.expect(200);
        assert_eq!(seen["id"], json!(again));
        let listed = story.list("auditor", "/v1/person-merges").await;
        assert_eq!(listed.len(), 2);
        story
            .get("supervisor", "/v1/person-merges")
            .await
            .problem(403, "forbidden");
    });
}

#[test]
fn whoever_was_two_has_the_roles_of_both_and_decides_about_neither() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let (dana, again) = two_danas(&story).await;
        use hmis_licensing::application::actor::Role;
        let corktown = Some(story.corktown);
        let person = Some(again.parse().unwrap());
        story
            .grant("double", Role::Supervisor, corktown, person)
            .await;
        story.merge("admin", &dana, &again).await.expect(201);
        let request = story.request_for_dana();
        let refused = story.post("double", "/v1/license-requests", &request).await;
        refused.problem(403, "own_case");
    });
}
