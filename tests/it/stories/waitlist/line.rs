//! A seat at activation: held once all else is met, waited for in line, given to whoever is next.

use chrono::TimeDelta;
use serde_json::json;

use crate::stories::{Story, text, texts};
use crate::support::database::on_both;

#[test]
fn the_last_seat_is_held_for_the_first_and_the_next_one_waits() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story.cap(1, &[]).await;
        let first = story.trained(story.dana, story.corktown).await;
        let second = story.trained(story.rosalind, story.corktown).await;
        assert_eq!(story.state_of(&first).await, "ready");
        let waits = story.ask_of(&second).await;
        assert_eq!(waits["state"], "waitlisted");
        assert_eq!(
            texts(&waits["needs"]),
            ["a free seat: the request is number 1 of 1 in line"]
        );
        assert_eq!(waits["waitlist"]["place"], "seat");
        assert_eq!(story.figures().await, [0, 1, 0, 0, 1]);
        let path = format!("/v1/license-requests/{second}/explanation");
        let explanation = story.get("supervisor", &path).await.expect(200);
        assert_eq!(explanation["state"], "waitlisted");
        let detail = text(&explanation["blocks"][0]["detail"]);
        assert!(detail.contains("number 1 of 1"), "{detail}");
        // Nobody activates it past the line.
        let refused = story.decide("admin", &second, "activate").await;
        let problem = refused.problem(409, "transition_refused");
        assert_eq!(problem["state"], "waitlisted");
        assert_eq!(texts(&problem["needs"]), ["a free seat"]);

        story.decide("admin", &first, "activate").await.expect(200);
        assert_eq!(story.figures().await, [1, 0, 0, 0, 1]);
        // A suspended license keeps its seat.
        let license = story.ask_of(&first).await["license_id"].clone();
        story.hold(text(&license), "unreachable").await;
        assert_eq!(story.figures().await, [1, 0, 0, 0, 1]);

        story.leaves(&first).await.expect(201);
        assert_eq!(story.state_of(&second).await, "ready");
        assert_eq!(story.figures().await, [0, 1, 0, 0, 0]);
        let done = story.decide("admin", &second, "activate").await.expect(200);
        assert_eq!(done["state"], "fulfilled");
        assert_eq!(story.figures().await, [1, 0, 0, 0, 0]);
    });
}

#[test]
fn with_automatic_activation_the_next_license_begins_with_the_end_of_the_last() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let automatic = json!({ "by": "automatic" });
        story.cap(1, &[("/requests/activation", automatic)]).await;
        let first = story.trained(story.dana, story.corktown).await;
        assert_eq!(story.state_of(&first).await, "fulfilled");
        let second = story.newcomer("Ines", story.jefferson).await;
        let third = story.newcomer("Femi", story.corktown).await;
        assert_eq!(story.turn_of(&second).await, (1, 2));
        assert_eq!(story.turn_of(&third).await, (2, 2));

        story.leaves(&first).await.expect(201);
        let begun = story.ask_of(&second).await;
        assert_eq!(begun["state"], "fulfilled");
        assert_eq!(begun["since"], json!(story.app.app.now()));
        assert_eq!(story.turn_of(&third).await, (1, 1));
        assert_eq!(story.figures().await, [1, 0, 0, 0, 1]);
        // One record of the departure names everything that it brought about.
        let records = story.audit(Some(story.hand)).await;
        let record = &records.last().unwrap().record;
        for named in [&second, text(&begun["license_id"])] {
            assert!(record.contains(named), "{record}");
        }
        // The line is shown to whoever may see the request, and nobody else's is.
        let listed = story
            .list("admin", "/v1/license-requests?state=waitlisted")
            .await;
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0]["waitlist"]["position"], 1);
    });
}

#[test]
fn a_held_seat_goes_on_when_its_request_ends() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story.cap(1, &[]).await;
        let mut requests = Vec::new();
        for name in ["Ines", "Femi", "Ama", "Kofi"] {
            requests.push(story.newcomer(name, story.corktown).await);
        }
        for (index, command) in ["deny", "withdraw"].into_iter().enumerate() {
            assert_eq!(story.state_of(&requests[index]).await, "ready");
            story
                .decide("admin", &requests[index], command)
                .await
                .expect(200);
            assert_eq!(story.figures().await[1..], [1, 0, 0, 2 - index as u64]);
        }
        assert_eq!(story.state_of(&requests[2]).await, "ready");
        // He leaves before his license began.
        story.leaves(&requests[2]).await.expect(201);
        assert_eq!(story.state_of(&requests[2]).await, "withdrawn");
        assert_eq!(story.state_of(&requests[3]).await, "ready");
        assert_eq!(story.figures().await, [0, 1, 0, 0, 0]);
    });
}

#[test]
fn a_request_keeps_its_place_in_line_while_a_requirement_is_renewed() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let validity = json!({ "until_activation": { "days": 10 } });
        let pointer = "/courses/hmis_user_training_series/validity";
        story.cap(1, &[(pointer, validity)]).await;
        let holder = story.trained(story.dana, story.corktown).await;
        story.decide("admin", &holder, "activate").await.expect(200);
        let ines = story.person("Ines").await;
        let first = story.trained(ines, story.corktown).await;
        story.app.clock.advance(TimeDelta::days(8));
        let second = story.newcomer("Femi", story.corktown).await;
        let third = story.newcomer("Ama", story.corktown).await;
        story.app.clock.advance(TimeDelta::days(4));
        // The training of the first is too old by now; the place in line is not.
        let waits = story.ask_of(&first).await;
        assert_eq!(waits["state"], "onboarding");
        assert_eq!(waits["waitlist"]["position"], 1);
        story.leaves(&holder).await.expect(201);
        assert_eq!(story.state_of(&second).await, "ready");
        assert_eq!(story.turn_of(&first).await, (1, 2));
        story.pass("trainer", ines, super::COURSE).await.expect(201);
        assert_eq!(story.state_of(&first).await, "waitlisted");
        story.decide("admin", &second, "withdraw").await.expect(200);
        assert_eq!(story.state_of(&first).await, "ready");
        assert_eq!(story.turn_of(&third).await, (1, 1));
        // What is held is given back where a requirement lapses before staff activate, and the place in line kept.
        story.app.clock.advance(TimeDelta::days(11));
        story.app.app.reindex().await.unwrap();
        let third_person = story.ask_of(&third).await["person_id"].clone();
        let third_person = text(&third_person).parse().unwrap();
        story
            .pass("trainer", third_person, super::COURSE)
            .await
            .expect(201);
        // The seat stood empty for whoever of them is trained first; the other is still the next.
        assert_eq!(story.state_of(&third).await, "ready");
        story.pass("trainer", ines, super::COURSE).await.expect(201);
        assert_eq!(story.state_of(&first).await, "waitlisted");
        assert_eq!(story.turn_of(&first).await, (1, 1));
    });
}

#[test]
fn a_raised_cap_is_given_when_it_takes_effect() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story.cap(1, &[]).await;
        let mut requests = Vec::new();
        for name in ["Ines", "Femi", "Ama", "Kofi"] {
            requests.push(story.newcomer(name, story.corktown).await);
        }
        story.app.app.reindex().await.unwrap();
        assert_eq!(story.figures().await, [0, 1, 0, 0, 3]);
        story.cap(3, &[]).await;
        // Nothing happened by itself yet, and nobody overtakes.
        let late = story.newcomer("Lena", story.corktown).await;
        assert_eq!(story.state_of(&late).await, "waitlisted");
        story.app.app.reindex().await.unwrap();
        let mut states = Vec::new();
        for request in &requests {
            states.push(story.state_of(request).await);
        }
        assert_eq!(states, ["ready", "ready", "ready", "waitlisted"]);
        assert_eq!(story.turn_of(&late).await, (2, 2));
        // Without a cap nobody waits.
        story.rules(&[]).await;
        assert_eq!(story.state_of(&late).await, "ready");
        story.decide("admin", &late, "activate").await.expect(200);
    });
}

#[test]
fn a_cap_on_a_type_or_an_organization_counts_only_those() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story
            .rules(&[(
                "/seats/caps",
                json!([
                    { "scope": { "kind": "each_organization" }, "seats": 1 },
                    {
                        "scope": { "kind": "organization", "organization_id": story.jefferson },
                        "license_types": ["end_user"], "seats": 0,
                        "enforced_from": "2026-06-01",
                    },
                ]),
            )])
            .await;
        let ours = story.newcomer("Ines", story.corktown).await;
        let second = story.newcomer("Femi", story.corktown).await;
        let theirs = story.newcomer("Ama", story.jefferson).await;
        assert_eq!(story.state_of(&ours).await, "ready");
        assert_eq!(story.state_of(&second).await, "waitlisted");
        assert_eq!(story.state_of(&theirs).await, "ready");
        // A supervisor sees the pools of the own agency.
        let path =
            |organization| format!("/v1/seats?implementation=hand&organization={organization}");
        let own = story
            .get("supervisor", &path(story.corktown))
            .await
            .expect(200);
        assert_eq!(own["pools"].as_array().unwrap().len(), 1);
        assert_eq!(own["pools"][0]["waiting"], 1);
        let other = story.get("supervisor", &path(story.jefferson)).await;
        other.problem(422, "invalid");
        story
            .get("supervisor", "/v1/seats?implementation=hand")
            .await
            .problem(403, "forbidden");
        let all = story
            .get("jefferson", &path(story.jefferson))
            .await
            .expect(200);
        let reports: Vec<bool> = all["pools"]
            .as_array()
            .unwrap()
            .iter()
            .map(|pool| pool["enforced"].as_bool().unwrap())
            .collect();
        assert_eq!(reports.len(), 2);
        assert!(reports.contains(&false));
    });
}

#[test]
fn a_cap_on_an_add_on_is_refused() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let preset = story.get("admin", "/v1/policy-presets/akhmis").await;
        let mut document = preset.expect(200)["document"].clone();
        document["seats"]["caps"] = json!([{
            "scope": { "kind": "implementation" }, "license_types": ["business_objects"], "seats": 3,
        }]);
        let path = format!("/v1/implementations/{}/policies", story.hand);
        let answer = story
            .post("admin", &path, &json!({ "document": document }))
            .await;
        answer.problem(422, "invalid");
        assert_eq!(answer.faults(), ["/document/seats/caps/0/license_types"]);
    });
}

#[test]
fn an_error_is_undone_above_the_cap_and_a_return_needs_a_seat() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story.cap(1, &[]).await;
        let first = story.trained(story.dana, story.corktown).await;
        let done = story.decide("admin", &first, "activate").await.expect(200);
        let license = text(&done["license_id"]).to_owned();
        let second = story.newcomer("Ines", story.corktown).await;
        story.leaves(&first).await.expect(201);
        story.decide("admin", &second, "activate").await.expect(200);

        story.app.clock.advance(TimeDelta::minutes(1));
        // What is not current and the seat are asked for at once.
        let refused = story.act("admin", &license, "reactivate", json!({})).await;
        let problem = refused.problem(409, "transition_refused");
        let needs = texts(&problem["needs"]);
        assert!(needs[0].contains("is not passed"), "{needs:?}");
        assert!(
            needs.last().unwrap().starts_with("a free seat"),
            "{needs:?}"
        );
        for course in [super::COURSE, "hand_policy_and_procedure"] {
            story.pass("trainer", story.dana, course).await.expect(201);
        }
        let refused = story.act("admin", &license, "reactivate", json!({})).await;
        let problem = refused.problem(409, "transition_refused");
        assert_eq!(problem["state"], "deactivated");
        let needs = texts(&problem["needs"]);
        assert!(needs[0].starts_with("a free seat"), "{needs:?}");

        let back = story.act("admin", &license, "reinstate", json!({})).await;
        assert_eq!(back.expect(200)["state"], "active");
        let pool = story.pool("seat").await;
        assert_eq!(
            (&pool["filled"], &pool["above_cap"]),
            (&json!(2), &json!(1))
        );
        // The next seat that is freed brings it back to the cap, and is nobody's.
        let third = story.newcomer("Femi", story.corktown).await;
        story.leaves(&second).await.expect(201);
        assert_eq!(story.state_of(&third).await, "waitlisted");
    });
}
