//! Ends announced for later: they act at their instant without any job, and can be moved or called off until then.

use hmis_licensing::application::actor::Role;
use hmis_licensing::domain::ids::PersonId;
use serde_json::{Value, json};

use super::{Story, text};
use crate::support::database::on_both;

/// A future departure of a licensed Dana: her license and the departure.
async fn announced(story: &Story) -> (String, Value) {
    let license = story.license_dana().await;
    let departure = story
        .depart_dana("supervisor", "2026-03-20T17:00:00-04:00")
        .await;
    assert_eq!(departure["status"], "scheduled");
    (license, departure)
}

fn path(end: &Value) -> String {
    format!("/v1/departures/{}", text(&end["id"]))
}

#[test]
fn a_future_departure_acts_at_its_instant_without_any_job() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let (license, departure) = announced(&story).await;
        assert_eq!(departure["acts_at"], "2026-03-20T21:00:00Z");
        assert_eq!(departure.get("access_off_at"), None);
        let seen = story.license("supervisor", &license).await;
        assert_eq!(seen["allowed"], true);
        assert_eq!(seen["next_automatic_change"]["at"], "2026-03-20T21:00:00Z");
        assert_eq!(seen["next_automatic_change"]["change"], "ends");
        assert_eq!(seen["next_automatic_change"]["cause"], "employment_ended");

        story.at("2026-03-20T20:59:59.999999Z");
        assert_eq!(story.sign_in("").await["allowed"], true);
        story.at("2026-03-20T21:00:00Z");
        let decision = story.sign_in("").await;
        assert_eq!(decision["allowed"], false);
        assert_eq!(decision["reason"], "not_allowed");
        assert_eq!(
            story.sign_in("&at=2026-03-20T20:59:59Z").await["allowed"],
            true
        );
        assert_eq!(
            story.sign_in("&at=2026-03-20T21:00:00Z").await["allowed"],
            false
        );
        let seen = story.license("dana", &license).await;
        assert_eq!(seen["state"], "deactivated");
        assert_eq!(seen["since"], "2026-03-20T21:00:00Z");
        let ended = story.get("supervisor", &path(&departure)).await.expect(200);
        assert_eq!(ended["status"], "effective");
        assert_eq!(ended["access_off_at"], "2026-03-20T21:00:00Z");
        assert_eq!(ended["license_id"], json!(license));
    });
}

#[test]
fn a_departure_called_off_ends_nothing_and_stays_on_record() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let (license, departure) = announced(&story).await;
        let cancel = json!({ "expected_version": 1, "report": { "reason": "She stays." } });
        let cancelled = story
            .post(
                "supervisor",
                &format!("{}/cancel", path(&departure)),
                &cancel,
            )
            .await
            .expect(200);
        assert_eq!(cancelled["status"], "cancelled");
        assert_eq!(cancelled["version"], 2);
        let seen = story.license("supervisor", &license).await;
        assert_ne!(seen["next_automatic_change"]["cause"], "employment_ended");
        story.at("2026-03-21T12:00:00Z");
        assert_eq!(story.sign_in("").await["allowed"], true);
        let listed = story.list("auditor", "/v1/departures").await;
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0]["status"], "cancelled");
        let again = json!({ "expected_version": 2 });
        let refused = story
            .post(
                "supervisor",
                &format!("{}/cancel", path(&departure)),
                &again,
            )
            .await;
        assert_eq!(
            refused.problem(409, "transition_refused")["state"],
            "cancelled"
        );
    });
}

#[test]
fn a_departure_moved_later_acts_later() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let (license, departure) = announced(&story).await;
        let version = story.license("supervisor", &license).await["version"].clone();
        let later = json!({ "expected_version": 1, "ended_on": "2026-03-27" });
        let moved = story
            .post(
                "supervisor",
                &format!("{}/reschedule", path(&departure)),
                &later,
            )
            .await
            .expect(200);
        assert_eq!(moved["status"], "scheduled");
        assert_eq!(moved["ended_at"], "2026-03-28T04:00:00Z");
        assert_eq!(moved["precision"], "day");
        // A fact not yet effective changes its own version, not the license's.
        assert_eq!(
            story.license("supervisor", &license).await["version"],
            version
        );
        story.at("2026-03-28T03:59:59Z");
        assert_eq!(story.sign_in("").await["allowed"], true);
        story.at("2026-03-28T04:00:00Z");
        assert_eq!(story.sign_in("").await["allowed"], false);
    });
}

#[test]
fn a_departure_moved_into_the_past_acts_when_that_is_recorded() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let (license, departure) = announced(&story).await;
        story.at("2026-03-12T15:00:00Z");
        let earlier = json!({ "expected_version": 1, "ended_at": "2026-03-11T12:00:00Z" });
        let moved = story
            .post(
                "supervisor",
                &format!("{}/reschedule", path(&departure)),
                &earlier,
            )
            .await
            .expect(200);
        assert_eq!(moved["status"], "effective");
        assert_eq!(moved["ended_at"], "2026-03-11T12:00:00Z");
        assert_eq!(moved["acts_at"], "2026-03-12T15:00:00Z");
        let seen = story.license("dana", &license).await;
        assert_eq!(seen["end"]["at"], "2026-03-12T15:00:00Z");
        assert_eq!(
            story.sign_in("&at=2026-03-12T14:59:59Z").await["allowed"],
            true
        );
    });
}

#[test]
fn a_dry_run_shows_whom_it_would_hit_and_keeps_nothing() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        story.at("2026-03-05T14:00:00Z");
        let (census, audit) = (story.census().await, story.audit(Some(story.hand)).await);
        let seen = story.license("supervisor", &license).await;
        let body = json!({
            "person_id": story.dana, "organization_id": story.corktown,
            "ended_at": "2026-03-04T22:00:00Z",
        });
        let shown = story
            .post("supervisor", "/v1/departures?dry_run=true", &body)
            .await
            .expect(200);
        assert_eq!(shown["affected"]["given_name"], "Dana");
        assert_eq!(shown["affected"]["family_name"], "Whitfield");
        assert_eq!(
            shown["affected"]["organization_ids"],
            json!([story.corktown])
        );
        assert_eq!(shown["affected"]["state"], "active");
        // Nobody reported a login yet.
        assert_eq!(shown["affected"].get("last_login_at"), None);
        assert_eq!(shown["status"], "effective");
        assert_eq!(shown["access_off_at"], "2026-03-05T14:00:00Z");
        let body = json!({ "license_id": license, "cause": "no_longer_needed" });
        let shown = story
            .post("help_desk", "/v1/deactivations?dry_run=true", &body)
            .await
            .expect(200);
        assert_eq!(shown["affected"]["family_name"], "Whitfield");
        assert_eq!(story.census().await, census);
        assert_eq!(story.audit(Some(story.hand)).await, audit);
        assert_eq!(story.license("supervisor", &license).await, seen);
        let gone = story
            .get(
                "help_desk",
                &format!("/v1/deactivations/{}", text(&shown["id"])),
            )
            .await;
        gone.problem(404, "not_found");
    });
}

#[test]
fn a_deactivation_ends_access_now_or_later() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        let later = json!({
            "license_id": license, "cause": "no_longer_needed", "effective_on": "2026-03-10",
            "report": { "reason": "She moves to a position without data entry." },
        });
        let later = story
            .post("supervisor", "/v1/deactivations", &later)
            .await
            .expect(201);
        assert_eq!(later["status"], "scheduled");
        assert_eq!(later["acts_at"], "2026-03-11T04:00:00Z");
        story.at("2026-03-11T03:59:59Z");
        assert_eq!(story.sign_in("").await["allowed"], true);
        let now = json!({ "license_id": license, "cause": "requested" });
        let now = story
            .post("help_desk", "/v1/deactivations", &now)
            .await
            .expect(201);
        assert_eq!(now["status"], "effective");
        assert_eq!(story.sign_in("").await["allowed"], false);
        let seen = story.license("dana", &license).await;
        assert_eq!(seen["end"]["cause"], "requested");
        // Ended is ended: the one announced for later changes nothing any more.
        story.at("2026-03-11T04:00:00Z");
        assert_eq!(story.license("dana", &license).await["end"], seen["end"]);
        let again = json!({ "license_id": license, "cause": "requested" });
        let refused = story.post("help_desk", "/v1/deactivations", &again).await;
        assert_eq!(
            refused.problem(409, "transition_refused")["state"],
            "deactivated"
        );
    });
}

#[test]
fn employment_ended_by_the_other_door_is_the_same_departure() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        let body = json!({
            "license_id": license, "cause": "employment_ended",
            "effective_at": "2026-03-20T17:00:00-04:00",
        });
        let end = story
            .post("help_desk", "/v1/deactivations", &body)
            .await
            .expect(201);
        assert_eq!(end["cause"], "employment_ended");
        let listed = story.list("supervisor", "/v1/departures").await;
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0]["id"], end["id"]);
        assert_eq!(listed[0]["notice_due_at"], "2026-03-21T21:00:00Z");
        let both = story.list("supervisor", "/v1/deactivations").await;
        assert_eq!(both.len(), 1);
        // Either door calls it off.
        let cancelled = story
            .post(
                "supervisor",
                &format!("{}/cancel", path(&end)),
                &json!({ "expected_version": 1 }),
            )
            .await
            .expect(200);
        assert_eq!(cancelled["status"], "cancelled");
        story.at("2026-03-21T12:00:00Z");
        assert_eq!(story.sign_in("").await["allowed"], true);
    });
}

#[test]
fn of_two_departures_the_earliest_wins_and_both_are_kept() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let (license, _) = announced(&story).await;
        let earlier = story
            .depart_dana("help_desk", "2026-03-13T17:00:00-04:00")
            .await;
        let third = story
            .depart_dana("help_desk", "2026-03-25T17:00:00-04:00")
            .await;
        assert_eq!(third["status"], "scheduled");
        story.at("2026-03-13T21:00:00Z");
        assert_eq!(story.sign_in("").await["allowed"], false);
        story.at("2026-03-26T12:00:00Z");
        let seen = story.license("dana", &license).await;
        assert_eq!(seen["end"]["at"], "2026-03-13T21:00:00Z");
        // A repeated report after the end is recorded, and no error.
        let repeated = story
            .depart_dana("supervisor", "2026-03-13T17:00:00-04:00")
            .await;
        assert_eq!(repeated["late"], true);
        let listed = story.list("supervisor", "/v1/departures").await;
        assert_eq!(listed.len(), 4);
        let ended: Vec<&Value> = listed
            .iter()
            .filter(|end| end.get("access_off_at").is_some())
            .collect();
        assert_eq!(ended.len(), 1);
        assert_eq!(ended[0]["id"], earlier["id"]);
    });
}

#[test]
fn a_departure_dated_before_the_license_began_says_that_access_remains() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        let before = story
            .depart_dana("supervisor", "2026-01-05T17:00:00-05:00")
            .await;
        assert_eq!(before["status"], "effective");
        assert_eq!(before.get("access_off_at"), None);
        assert_eq!(before["access_remains"], true);
        assert_eq!(story.license("supervisor", &license).await["allowed"], true);
        let seen = story
            .depart_dana("supervisor", "2026-03-31T17:00:00-04:00")
            .await;
        assert_eq!(seen["access_remains"], false, "it lies ahead");
        story.at("2026-04-01T12:00:00Z");
        for end in story.list("help_desk", "/v1/departures").await {
            assert_eq!(end["access_remains"], false);
        }
    });
}

#[test]
fn a_departure_retires_the_addresses_of_its_organization_at_its_instant() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let person = format!("/v1/people/{}", story.dana);
        let emails = format!("{person}/emails");
        let work = json!({
            "email": "d.whitfield@corktown.example", "organization_id": story.corktown,
        });
        let other = json!({
            "email": "d.whitfield@jefferson.example", "organization_id": story.jefferson,
        });
        for email in [&work, &other] {
            story.post("help_desk", &emails, email).await.expect(201);
        }
        announced(&story).await;
        let retired = async |email: &Value| {
            let shown = story.get("help_desk", &person).await.expect(200);
            let known = shown["emails"].as_array().unwrap().clone();
            known
                .into_iter()
                .filter(|one| one["email"] == email["email"])
                .map(|one| one["retired_at"].clone())
                .collect::<Vec<_>>()
        };
        story.at("2026-03-20T20:59:59.999999Z");
        assert_eq!(retired(&work).await, [Value::Null]);
        // Nobody writes anything, and the address is retired all the same.
        story.at("2026-03-20T21:00:00Z");
        assert_eq!(retired(&work).await, ["2026-03-20T21:00:00Z"]);
        assert_eq!(retired(&other).await, [Value::Null]);
        // Hired again: the address is confirmed anew, and the old departure does not reach it.
        story.at("2026-04-01T15:00:00Z");
        story.post("help_desk", &emails, &work).await.expect(201);
        let again = story.post("help_desk", &emails, &work).await;
        again.problem(409, "duplicate");
        assert_eq!(
            retired(&work).await,
            [json!("2026-03-20T21:00:00Z"), Value::Null]
        );
    });
}

#[test]
fn a_supervisor_without_a_license_departs_too() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let (corktown, jefferson) = (story.corktown, story.jefferson);
        let body = json!({
            "implementation_id": story.hand, "given_name": "Marta", "family_name": "Villareal",
        });
        let marta = story
            .post("help_desk", "/v1/people", &body)
            .await
            .expect(201);
        let marta: PersonId = text(&marta["id"]).parse().unwrap();
        let report = |organization: &Value| {
            json!({
                "person_id": marta, "organization_id": organization,
                "ended_at": "2026-03-05T17:00:00-05:00",
            })
        };
        let here = report(&json!(corktown));
        // Who works nowhere leaves nothing; a supervisor is not even told that she exists.
        for (who, pointer) in [
            ("help_desk", "/organization_id"),
            ("supervisor", "/person_id"),
        ] {
            let refused = story.post(who, "/v1/departures", &here).await;
            refused.problem(422, "invalid");
            assert_eq!(refused.faults(), [pointer], "{who}");
        }
        story
            .grant("marta", Role::Supervisor, Some(corktown), Some(marta))
            .await;
        let there = report(&json!(jefferson));
        for (who, pointer) in [
            ("help_desk", "/organization_id"),
            ("jefferson", "/person_id"),
        ] {
            let refused = story.post(who, "/v1/departures", &there).await;
            refused.problem(422, "invalid");
            assert_eq!(refused.faults(), [pointer], "{who}");
        }
        let departure = story
            .post("supervisor", "/v1/departures", &here)
            .await
            .expect(201);
        assert_eq!(departure["status"], "scheduled");
        assert_eq!(departure.get("license_id"), None);
        story.get("supervisor", &path(&departure)).await.expect(200);
        story.at("2026-03-05T21:59:59Z");
        story.get("marta", "/v1/licenses").await.expect(200);
        story.at("2026-03-05T22:00:00Z");
        story
            .get("marta", "/v1/licenses")
            .await
            .problem(403, "forbidden");
        let roles = story.list("admin", "/v1/staff-roles?limit=200").await;
        let role = roles
            .iter()
            .find(|role| role["person_id"] == json!(marta))
            .unwrap();
        assert_eq!(role["state"], "ended", "{role}");
        // A repeated report is recorded, and no error.
        story
            .post("supervisor", "/v1/departures", &here)
            .await
            .expect(201);
    });
}

#[test]
fn a_departure_moved_after_it_took_effect_is_contested_and_stays_effective_until_staff_decide() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let (license, departure) = announced(&story).await;
        story.at("2026-03-23T14:00:00Z");
        let reschedule = format!("{}/reschedule", path(&departure));
        let mut later = json!({ "expected_version": 1, "ended_on": "2026-04-30" });
        let silent = story.post("supervisor", &reschedule, &later).await;
        silent.problem(422, "invalid");
        assert_eq!(silent.faults(), ["/report/reason"]);
        later["report"] = json!({ "reason": "She stays until the end of April." });
        let moved = story
            .post("supervisor", &reschedule, &later)
            .await
            .expect(200);
        assert_eq!(
            (&moved["status"], &moved["version"]),
            (&json!("effective"), &json!(2))
        );
        assert_eq!(
            moved["ended_at"], "2026-03-20T21:00:00Z",
            "as it took effect"
        );
        let stale = story.post("supervisor", &reschedule, &later).await;
        stale.problem(412, "stale");
        assert_eq!(story.sign_in("").await["allowed"], false);
        let listed = story.list("admin", "/v1/contested-items").await;
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0]["license_id"], json!(license));
        // To call it off is still too late, and one that no license rests on is not contested.
        let cancel = format!("{}/cancel", path(&departure));
        let refused = story
            .post("supervisor", &cancel, &json!({ "expected_version": 2 }))
            .await;
        assert_eq!(
            refused.problem(409, "transition_refused")["state"],
            "effective"
        );
        let repeated = story
            .depart_dana("help_desk", "2026-03-19T17:00:00-04:00")
            .await;
        let again = format!("{}/reschedule", path(&repeated));
        let mut other = later.clone();
        other["expected_version"] = json!(1);
        story
            .post("supervisor", &again, &other)
            .await
            .problem(409, "transition_refused");
        // Staff decide.
        story
            .act("admin", &license, "reinstate", json!({}))
            .await
            .expect(200);
        assert_eq!(story.sign_in("").await["allowed"], true);
        assert!(story.list("admin", "/v1/contested-items").await.is_empty());
        other["expected_version"] = json!(2);
        let over = story.post("supervisor", &reschedule, &other).await;
        over.problem(409, "transition_refused");
    });
}

#[test]
fn a_supervisor_does_not_date_his_report_back_to_be_in_time() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story.license_dana().await;
        story.at("2026-03-05T18:00:00Z");
        let body = |reported_at: &str| {
            json!({
                "person_id": story.dana, "organization_id": story.corktown,
                "ended_at": "2026-03-02T22:00:00Z", "report": { "reported_at": reported_at },
            })
        };
        let path = "/v1/departures";
        let back = story
            .post("supervisor", path, &body("2026-03-04T17:59:59Z"))
            .await;
        back.problem(422, "invalid");
        assert_eq!(back.faults(), ["/report/reported_at"]);
        let dated = story
            .post("supervisor", path, &body("2026-03-04T18:00:00Z"))
            .await;
        assert_eq!(dated.expect(201)["late"], true);
        // Whoever took the call says when it came.
        let called = story
            .post("help_desk", path, &body("2026-03-03T14:00:00Z"))
            .await;
        assert_eq!(called.expect(201)["late"], false);
    });
}
