//! Requests that are refused.

use hmis_licensing::application::actor::Role;
use serde_json::json;

use super::{REQUESTS, alaska, submitted};
use crate::stories::{NOBODY, Story, text, texts};
use crate::support::database::on_both;

#[test]
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
        body["report"] = json!({
            "reported_at": "2026-03-02T17:45:00Z",
            "reported_by": { "person_id": rosalind },
            "channel": "phone", "ticket_reference": "HD-12", "reason": "Starts on Monday.",
        });
        let request = story.post("help_desk", REQUESTS, &body).await.expect(201);
        assert_eq!(request["requested_by"], json!(rosalind));
        let report = &request["report"];
        assert_eq!(report["reported_at"], "2026-03-02T17:45:00Z");
        assert_eq!(report["reported_by"]["person_id"], json!(rosalind));
        assert_eq!(report["recorded_at"], request["submitted_at"]);
        assert_eq!(report["recorded_by"], request["requester"]);
        assert_eq!(report["channel"], "phone");
        assert_eq!(report["ticket_reference"], "HD-12");
        assert_eq!(report["reason"], "Starts on Monday.");
        // As it was answered it is read.
        let read = format!("{REQUESTS}/{}", text(&request["id"]));
        assert_eq!(story.get("auditor", &read).await.expect(200), request);
    });
}

#[test]
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
