//! Who asks for a license besides supervisors, and who stands by it: the trainee, the pass of a course, the authorized
//! signer; approvals of an organization's contacts; confirmed work addresses; rules that only report at first.

use serde_json::{Value, json};

use super::approvals::{REQUESTS, under};
use super::{Story, text, texts};
use crate::support::app::Answer;
use crate::support::database::on_both;

/// What a community's policy says where trainees ask for themselves.
fn trainees_ask(requests: &mut Value) {
    requests["requesters"] = json!([
        { "from": { "kind": "supervisor" } },
        {
            "from": { "kind": "trainee" },
            "confirmation": { "by": ["supervisor", "authorized_signer"], "within_days": 3 },
        },
        {
            "from": { "kind": "course_passed", "course": "hmis_user_training_series" },
            "confirmation": { "by": ["help_desk"], "within_days": 3 },
        },
    ]);
}

impl Story {
    fn for_herself(&self) -> Value {
        self.request(self.corktown, &json!({ "id": self.dana }))
    }

    /// Decides about a request as it stands, saying how that came about.
    async fn decide_reported(&self, who: &str, id: &str, command: &str, report: Value) -> Answer {
        let path = format!("{REQUESTS}/{id}");
        let version = self.get("admin", &path).await.expect(200)["version"].clone();
        let body = json!({ "expected_version": version, "report": report });
        self.post(who, &format!("{path}/{command}"), &body).await
    }

    async fn contact(&self, duty: &str, to_on: Option<&str>) -> String {
        let mut body = json!({
            "organization_id": self.corktown, "duty": duty, "name": "Ingrid Solberg",
            "from_on": "2026-01-01",
        });
        if let Some(to_on) = to_on {
            body["to_on"] = json!(to_on);
        }
        let made = self.post("admin", "/v1/organization-contacts", &body).await;
        text(&made.expect(201)["id"]).to_owned()
    }

    async fn request_as_admin_sees(&self, id: &str) -> Value {
        self.get("admin", &format!("{REQUESTS}/{id}"))
            .await
            .expect(200)
    }
}

#[test]
fn a_trainee_asks_and_a_supervisor_stands_by_it() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        // Where the policy does not say so, nobody asks for himself.
        let refused = story.post("dana", REQUESTS, &story.for_herself()).await;
        refused.problem(403, "forbidden");
        under(&story, trainees_ask).await;
        let asked = story
            .post("dana", REQUESTS, &story.for_herself())
            .await
            .expect(201);
        let id = text(&asked["id"]);
        assert_eq!(asked["state"], "submitted");
        assert_eq!(asked["source"], "trainee");
        assert_eq!(asked["confirmation"]["due_on"], "2026-03-05");
        assert_eq!(asked["confirmation"]["given"], false);
        // She asks for nobody else, whether or not there is such a person, and learns of no organization whether it exists.
        for person in [
            json!({ "id": story.rosalind }),
            json!({ "external_id": { "system": "hmis_user_id", "value": "42" } }),
            json!({ "external_id": { "system": "hmis_user_id", "value": "none" } }),
            json!({ "given_name": "Ada", "family_name": "Kowalczyk" }),
        ] {
            let other = story.request(story.corktown, &person);
            let refused = story.post("dana", REQUESTS, &other).await;
            refused.problem(403, "forbidden");
        }
        let mut nowhere = story.for_herself();
        nowhere["organization_id"] = json!(super::NOBODY);
        let refused = story.post("dana", REQUESTS, &nowhere).await;
        refused.problem(403, "forbidden");
        let explained = story
            .get("admin", &format!("{REQUESTS}/{id}/explanation"))
            .await
            .expect(200);
        let who = texts(&explained["who_can_act"]);
        assert!(who[0].contains("confirm the request"), "{who:?}");
        let not_enforced = texts(&explained["not_enforced"]).join(" ");
        assert!(!not_enforced.contains("/requests"), "{not_enforced}");

        let early = story.decide("admin", id, "approve").await;
        let problem = early.problem(409, "transition_refused");
        assert!(
            problem["needs"].to_string().contains("confirmation"),
            "{problem}"
        );
        for who in ["dana", "trainer", "help_desk", "auditor", "integration"] {
            let refused = story.decide(who, id, "confirm").await;
            refused.problem(403, "forbidden");
        }
        let hidden = story.decide("jefferson", id, "confirm").await;
        hidden.problem(404, "not_found");
        let stale = json!({ "expected_version": 9 });
        let path = format!("{REQUESTS}/{id}/confirm");
        story
            .post("supervisor", &path, &stale)
            .await
            .problem(412, "stale");
        let confirmed = story.decide("supervisor", id, "confirm").await.expect(200);
        assert_eq!(confirmed["state"], "submitted");
        assert_eq!(confirmed["confirmation"]["given"], true);
        let again = story.decide("supervisor", id, "confirm").await;
        again.problem(409, "transition_refused");
        // From here on it goes as any other.
        story.at("2026-03-20T18:00:00Z");
        let licensed = story.fulfil(&asked, "supervisor").await;
        assert_eq!(licensed["state"], "fulfilled");
    });
}

#[test]
fn what_nobody_confirms_in_time_lapses_and_can_be_asked_anew() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        under(&story, trainees_ask).await;
        let asked = story
            .post("dana", REQUESTS, &story.for_herself())
            .await
            .expect(201);
        let id = text(&asked["id"]);
        // Through the end of Thursday in Detroit.
        story.at("2026-03-06T04:59:59Z");
        assert_eq!(story.request_as_admin_sees(id).await["state"], "submitted");
        story.at("2026-03-06T05:00:00Z");
        let lapsed = story.request_as_admin_sees(id).await;
        assert_eq!(lapsed["state"], "lapsed");
        let late = story.decide("supervisor", id, "confirm").await;
        let problem = late.problem(409, "transition_refused");
        assert_eq!(problem["state"], "lapsed");
        let explained = story
            .get("dana", &format!("{REQUESTS}/{id}/explanation"))
            .await
            .expect(200);
        let blocks = explained["blocks"].to_string();
        assert!(blocks.contains("nobody confirmed it"), "{blocks}");
        story
            .post("dana", REQUESTS, &story.for_herself())
            .await
            .expect(201);
    });
}

#[test]
fn the_pass_of_a_course_asks_and_the_help_desk_stands_by_it() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        under(&story, trainees_ask).await;
        let course = "hmis_user_training_series";
        let request = |completion: Option<&str>| {
            let mut request = story.request_for_dana();
            if let Some(id) = completion {
                request["training_completion_id"] = json!(id);
            }
            request
        };
        let other = story
            .pass("trainer", story.dana, "hand_policy_and_procedure")
            .await
            .expect(201);
        let somebody = story
            .pass("trainer", story.rosalind, course)
            .await
            .expect(201);
        let failed = json!({
            "person_id": story.dana, "course": course, "outcome": "fail",
            "completed_at": story.app.app.now(),
        });
        let path = "/v1/training-completions";
        let failed = story.post("trainer", path, &failed).await.expect(201);
        // Without the pass of the course a machine asks for nobody.
        for completion in [None, Some(super::NOBODY), other["id"].as_str()] {
            let refused = story
                .post("integration", REQUESTS, &request(completion))
                .await;
            refused.problem(403, "forbidden");
        }
        for completion in [&somebody, &failed] {
            let named = request(completion["id"].as_str());
            let refused = story.post("integration", REQUESTS, &named).await;
            refused.problem(422, "invalid");
            assert_eq!(refused.faults(), ["/training_completion_id"]);
        }
        let passed = story.pass("trainer", story.dana, course).await.expect(201);
        let asked = story
            .post("integration", REQUESTS, &request(passed["id"].as_str()))
            .await
            .expect(201);
        assert_eq!(asked["source"], "course_passed");
        let id = text(&asked["id"]);
        let refused = story.decide("supervisor", id, "confirm").await;
        refused.problem(403, "forbidden");
        let confirmed = story.decide("help_desk", id, "confirm").await.expect(200);
        assert_eq!(confirmed["confirmation"]["given"], true);
    });
}

#[test]
fn the_authorized_signer_asks_confirms_and_approves_through_staff_who_name_him() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let signer = story.contact("authorized_signer", None).await;
        let officer = story.contact("security_officer", None).await;
        let former = story.contact("authorized_signer", Some("2026-01-31")).await;
        let named = officer.clone();
        under(&story, |requests| {
            requests["requesters"] = json!([
                { "from": { "kind": "authorized_signer" } },
                {
                    "from": { "kind": "trainee" },
                    "confirmation": { "by": ["authorized_signer"], "within_days": 3 },
                },
            ]);
            requests["approval"] = json!([
                { "by": { "kind": "role", "role": "authorized_signer" } },
                { "by": { "kind": "duty", "duty": "security_officer" } },
                { "by": { "kind": "contact", "contact_id": named } },
            ]);
        })
        .await;
        let report =
            |contact: &str| json!({ "channel": "phone", "reported_by": { "contact_id": contact } });
        let by = |contact: &str| {
            let mut request = story.request_for_dana();
            request["report"] = report(contact);
            request
        };
        // Whoever is no signer now is none, and a supervisor is not staff.
        for contact in [&*officer, &*former] {
            let refused = story.post("help_desk", REQUESTS, &by(contact)).await;
            refused.problem(409, "transition_refused");
        }
        let unknown = story.post("help_desk", REQUESTS, &by(super::NOBODY)).await;
        assert_eq!(unknown.faults(), ["/report/reported_by/contact_id"]);
        let refused = story.post("supervisor", REQUESTS, &by(&signer)).await;
        refused.problem(409, "transition_refused");
        let mut both = by(&signer);
        both["report"]["reported_by"]["name"] = json!("Ingrid Solberg");
        let refused = story.post("help_desk", REQUESTS, &both).await;
        assert_eq!(refused.faults(), ["/report/reported_by"]);
        let asked = story
            .post("help_desk", REQUESTS, &by(&signer))
            .await
            .expect(201);
        assert_eq!(asked["source"], "authorized_signer");
        assert_eq!(asked["report"]["reported_by"]["contact_id"], json!(signer));
        assert_eq!(asked.get("confirmation"), None);
        let id = text(&asked["id"]);
        // Each step is its contact's, said through the help desk.
        for (contact, wrong) in [
            (&signer, &officer),
            (&officer, &signer),
            (&officer, &former),
        ] {
            for said in [report(wrong), json!({ "channel": "phone" })] {
                let refused = story
                    .decide_reported("help_desk", id, "approve", said)
                    .await;
                refused.problem(403, "forbidden");
            }
            let refused = story
                .decide_reported("supervisor", id, "approve", report(contact))
                .await;
            refused.problem(403, "forbidden");
            story
                .decide_reported("help_desk", id, "approve", report(contact))
                .await
                .expect(200);
        }
        assert_eq!(story.request_as_admin_sees(id).await["state"], "onboarding");
        story.decide("admin", id, "deny").await.expect(200);

        let asked = story
            .post("dana", REQUESTS, &story.for_herself())
            .await
            .expect(201);
        let id = text(&asked["id"]);
        for said in [report(&officer), json!({ "channel": "phone" })] {
            let refused = story
                .decide_reported("help_desk", id, "confirm", said)
                .await;
            refused.problem(403, "forbidden");
        }
        let confirmed = story
            .decide_reported("help_desk", id, "confirm", report(&signer))
            .await
            .expect(200);
        assert_eq!(confirmed["confirmation"]["given"], true);
    });
}

#[test]
fn a_work_address_must_be_confirmed_before_activation() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        under(&story, |requests| {
            requests["work_email"] = json!("confirmed");
            requests["approval"] = json!([]);
            requests["activation"] = json!({ "by": "automatic" });
        })
        .await;
        let asked = story
            .post("supervisor", REQUESTS, &story.request_for_dana())
            .await
            .expect(201);
        let id = text(&asked["id"]);
        story
            .sign_all("supervisor", story.dana, story.corktown)
            .await;
        story.train(story.dana).await;
        let waiting = story.request_as_admin_sees(id).await;
        assert_eq!(waiting["state"], "onboarding");
        assert_eq!(
            waiting["needs"],
            json!(["a confirmed work e-mail address of the person at this organization"])
        );
        let refused = story.decide("admin", id, "activate").await;
        let problem = refused.problem(409, "transition_refused");
        assert_eq!(problem["needs"], waiting["needs"]);
        // One that is confirmed elsewhere is none here.
        let path = format!("/v1/people/{}/emails", story.dana);
        let elsewhere =
            json!({ "email": "d.w@jefferson.example", "organization_id": story.jefferson });
        story.post("help_desk", &path, &elsewhere).await.expect(201);
        assert_eq!(story.request_as_admin_sees(id).await["state"], "onboarding");
        story.app.clock.advance(chrono::TimeDelta::minutes(1));
        let confirm = json!({
            "email": "d.whitfield@corktown-shelter.example", "organization_id": story.corktown,
        });
        story
            .post("help_desk", &format!("{path}/confirm"), &confirm)
            .await
            .expect(200);
        let fulfilled = story.request_as_admin_sees(id).await;
        assert_eq!(fulfilled["state"], "fulfilled");
        // After she left, her next request needs an address anew.
        story.app.clock.advance(chrono::TimeDelta::days(2));
        let left = story.app.app.now().to_rfc3339();
        story.depart_dana("supervisor", &left).await;
        story.app.clock.advance(chrono::TimeDelta::days(2));
        let back = story
            .post("supervisor", REQUESTS, &story.request_for_dana())
            .await
            .expect(201);
        let needs = texts(&back["needs"]).join(" ");
        assert!(needs.contains("e-mail"), "{back}");
    });
}

#[test]
fn before_their_day_the_request_rules_only_report() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        under(&story, |requests| {
            requests["requesters"] = json!([
                { "from": { "kind": "help_desk_for_supervisor" }, "ticket_required": true },
            ]);
            requests["work_email"] = json!("required");
            requests["enforced_from"] = json!("2026-04-01");
        })
        .await;
        let mut bare = story.request_for_dana();
        bare["attestations"] = json!([]);
        let asked = story.post("supervisor", REQUESTS, &bare).await.expect(201);
        assert_eq!(asked["state"], "onboarding", "no approval is asked yet");
        let id = text(&asked["id"]);
        let explained = story
            .get("admin", &format!("{REQUESTS}/{id}/explanation"))
            .await
            .expect(200);
        let not_enforced = texts(&explained["not_enforced"]).join(" ");
        assert!(not_enforced.contains("/requests"), "{not_enforced}");
        story.decide("supervisor", id, "withdraw").await.expect(200);
        story.at("2026-04-01T03:59:59Z");
        let asked = story.post("supervisor", REQUESTS, &bare).await.expect(201);
        let id = text(&asked["id"]);
        story.decide("supervisor", id, "withdraw").await.expect(200);
        // From the first instant of their day they act.
        story.at("2026-04-01T04:00:00Z");
        let refused = story.post("supervisor", REQUESTS, &bare).await;
        refused.problem(422, "invalid");
        assert_eq!(refused.faults(), ["/attestations", "/person"]);
        // With an address it is the way of asking that is missing.
        let email = json!({ "email": "dana@corktown.example", "organization_id": story.corktown });
        let path = format!("/v1/people/{}/emails", story.dana);
        story.post("admin", &path, &email).await.expect(201);
        let refused = story
            .post("supervisor", REQUESTS, &story.request_for_dana())
            .await;
        refused.problem(409, "transition_refused");
    });
}
