//! Somebody is asked for as somebody new whom the implementation knows: the requester learns nothing of it, and no license
//! begins before staff settled it.

use hmis_licensing::application::actor::Role;
use serde_json::{Value, json};

use super::super::approvals::under;
use super::super::{Story, text, texts, without_request_id};
use crate::support::app::Answer;
use crate::support::database::on_both;

const REQUESTS: &str = "/v1/license-requests";

impl Story {
    /// Marta Kovacs, who works at Jefferson, as the lead recorded her.
    async fn marta(&self) -> String {
        let body = json!({
            "implementation_id": self.hand,
            "given_name": "Marta",
            "family_name": "Kovacs",
            "emails": [{ "email": "marta.kovacs@mail.example", "organization_id": self.jefferson }],
        });
        let person = self.post("admin", "/v1/people", &body).await.expect(201);
        text(&person["id"]).to_owned()
    }

    /// Corktown asks for somebody new.
    async fn ask_for_new(&self, given: &str, family: &str, email: &str) -> Value {
        let person = json!({ "given_name": given, "family_name": family, "email": email });
        let request = self.request(self.corktown, &person);
        let answer = self.post("supervisor", REQUESTS, &request).await;
        answer.expect(201)
    }

    async fn seen(&self, who: &str, request: &Value) -> Value {
        let path = format!("{REQUESTS}/{}", text(&request["id"]));
        self.get(who, &path).await.expect(200)
    }

    async fn settle_match(&self, who: &str, request: &Value, person: &str, same: bool) -> Answer {
        let version = self.seen("admin", request).await["version"].clone();
        let path = format!("{REQUESTS}/{}/person-match", text(&request["id"]));
        let body = json!({
            "expected_version": version, "person_id": person, "same": same,
            "reason": "The agency was called.",
        });
        self.post(who, &path, &body).await
    }

    async fn bar(&self, person: &str) {
        let body = json!({ "person_id": person, "report": { "reason": "Sold a password." } });
        self.post("admin", "/v1/bars", &body).await.expect(201);
    }
}

/// What somebody is told of a request, without what is another one's by nature.
async fn told(story: &Story, who: &str, request: &Value) -> Vec<String> {
    let id = text(&request["id"]);
    let person = text(&request["person_id"]);
    let mut told = vec![request.to_string()];
    for path in [
        format!("{REQUESTS}/{id}"),
        format!("{REQUESTS}/{id}/explanation"),
        format!("{REQUESTS}/{id}/checklist"),
        format!("/v1/facts?person_id={person}"),
        format!("/v1/fact-withdrawals?person_id={person}"),
    ] {
        let answer = story.get(who, &path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        told.push(without_request_id(&answer));
    }
    told.into_iter()
        .map(|text| text.replace(id, "ID").replace(person, "PERSON"))
        .collect()
}

#[test]
fn somebody_barred_asked_for_again_under_another_name_is_not_activated_until_staff_settled_it() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let marta = story.marta().await;
        story.bar(&marta).await;
        let request = story
            .ask_for_new("Martha", "Kovács", "Marta.Kovacs@mail.example")
            .await;
        let seen = story.seen("help_desk", &request).await;
        assert_eq!(
            seen["possible_matches"],
            json!([{ "person_id": marta, "matched_on": ["email"], "barred": true }])
        );
        let refused = story.decide("admin", text(&request["id"]), "approve").await;
        let problem = refused.problem(409, "transition_refused");
        assert_eq!(problem["state"], "submitted");
        assert!(text(&problem["needs"][0]).contains(&marta));
        let settled = story.settle_match("admin", &request, &marta, true).await;
        let settled = settled.expect(200);
        assert_eq!(settled["person_id"], marta);
        assert_eq!(settled["possible_matches"][0]["settled"]["same"], true);
        let merges = story.list("admin", "/v1/person-merges").await;
        assert_eq!(merges[0]["survivor_id"], marta);
        assert_eq!(merges[0]["duplicate_id"], request["person_id"]);
        // It is the barred one's request now, and begins no license.
        let id = text(&request["id"]);
        story.decide("admin", id, "approve").await.expect(200);
        let person = marta.parse().unwrap();
        story.sign_all("supervisor", person, story.corktown).await;
        story.train(person).await;
        let refused = story.decide("admin", id, "activate").await;
        refused.problem(409, "transition_refused");
    });
}

#[test]
fn only_the_lead_merges_and_says_who_somebody_barred_is() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let marta = story.marta().await;
        let request = story
            .ask_for_new("Martha", "Kovacs", "marta.kovacs@mail.example")
            .await;
        let refused = story.settle_match("help_desk", &request, &marta, true);
        refused.await.problem(403, "forbidden");
        story.bar(&marta).await;
        let refused = story.settle_match("help_desk", &request, &marta, false);
        refused.await.problem(403, "forbidden");
        // The trainer, who decides about nobody's identity, learns of none.
        let seen = story.seen("trainer", &request).await;
        assert_eq!(seen.get("possible_matches"), None);
        let settled = story.settle_match("admin", &request, &marta, false).await;
        settled.expect(200);
    });
}

#[test]
fn the_requester_is_told_the_same_whether_or_not_anybody_was_found() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let marta = story.marta().await;
        let found = story
            .ask_for_new("Martha", "Kovacs", "marta.kovacs@mail.example")
            .await;
        let nobody = story
            .ask_for_new("Martha", "Kovacs-Diaz", "somebody.else@mail.example")
            .await;
        assert_eq!(
            story.seen("admin", &found).await["possible_matches"][0]["person_id"],
            marta
        );
        let seen = story.seen("admin", &nobody).await;
        assert_eq!(seen.get("possible_matches"), None);
        let [with, without] = [&found, &nobody].map(|request| told(&story, "supervisor", request));
        assert_eq!(with.await, without.await);
        assert_eq!(found["needs"], nobody["needs"]);
        // Nor by a word of who it is.
        for told in told(&story, "supervisor", &found).await {
            assert!(!told.contains(&marta) && !told.contains("match"), "{told}");
        }
        // Staff are told what to do.
        let explained = format!("{REQUESTS}/{}/explanation", text(&found["id"]));
        let explained = story.get("help_desk", &explained).await.expect(200);
        assert!(explained.to_string().contains(&marta));
        // Somebody who was found for no request is no answer.
        let refused = story.settle_match("admin", &nobody, &marta, false).await;
        refused.problem(422, "invalid");
        assert_eq!(refused.faults(), ["/person_id"]);
    });
}

#[test]
fn an_agency_gives_its_step_and_automatic_activation_waits_for_staff() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        under(&story, |requests| {
            let step = json!({ "by": { "kind": "role", "role": "supervisor" } });
            requests["approval"] = json!([step]);
            requests["activation"]["by"] = json!("automatic");
        })
        .await;
        let marta = story.marta().await;
        let request = story
            .ask_for_new("MARTA", "KOVACS", "m.k@corktown.example")
            .await;
        let id = text(&request["id"]);
        let corktown = Some(story.corktown);
        story
            .grant("colleague", Role::Supervisor, corktown, None)
            .await;
        let approved = story.decide("colleague", id, "approve").await.expect(200);
        assert_eq!(approved["state"], "onboarding");
        assert!(!approved.to_string().contains(&marta));
        let person = text(&request["person_id"]).parse().unwrap();
        story.sign_all("supervisor", person, story.corktown).await;
        story.train(person).await;
        assert_eq!(story.seen("supervisor", &request).await["state"], "ready");
        let seen = story.seen("help_desk", &request).await;
        assert_eq!(seen["state"], "ready");
        assert!(texts(&seen["needs"])[0].contains(&marta));
        assert_eq!(seen["possible_matches"][0]["matched_on"], json!(["name"]));
        let refused = story.decide("admin", id, "activate").await;
        refused.problem(409, "transition_refused");
        // Somebody else of that name: the license begins by itself.
        let settled = story
            .settle_match("help_desk", &request, &marta, false)
            .await;
        let settled = settled.expect(200);
        assert_eq!(settled["state"], "fulfilled");
        let said = &settled["possible_matches"][0]["settled"];
        assert_eq!(
            (&said["same"], &said["reason"]),
            (&json!(false), &json!("The agency was called."))
        );
    });
}

#[test]
fn what_was_said_is_said_once_and_can_be_taken_back() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let marta = story.marta().await;
        // Her former name is a search hit, and no more.
        let path = format!("/v1/people/{marta}");
        let token = story.app.token("admin");
        let renamed = json!({ "expected_version": 1, "family_name": "Lindgren" });
        story
            .app
            .request(actix_web::http::Method::PATCH, &path)
            .bearer(&token)
            .json(&renamed)
            .send()
            .await
            .expect(200);
        let request = story
            .ask_for_new("Marta", "Kovacs", "m.k@corktown.example")
            .await;
        let seen = story.seen("help_desk", &request).await;
        let found = &seen["possible_matches"][0];
        assert_eq!(found["matched_on"], json!(["search_hit"]));
        assert!(!seen.to_string().contains("Kovacs"));
        let settled = story
            .settle_match("help_desk", &request, &marta, false)
            .await;
        settled.expect(200);
        let again = story
            .settle_match("help_desk", &request, &marta, true)
            .await;
        let problem = again.problem(409, "transition_refused");
        assert_eq!(problem["state"], "submitted");
        let path = format!("/v1/facts?person_id={}", text(&request["person_id"]));
        let facts = story.list("help_desk", &path).await;
        let said = facts.iter().find(|fact| fact["kind"] == "match_settled");
        let said = text(&said.unwrap()["id"]).to_owned();
        let unknown = story.take_back("supervisor", &said).await;
        unknown.problem(422, "invalid");
        story.take_back("help_desk", &said).await.expect(201);
        let refused = story.decide("admin", text(&request["id"]), "approve").await;
        refused.problem(409, "transition_refused");
        // Merged by hand, it is settled; and somebody of another implementation was never found.
        story
            .merge("admin", &marta, text(&request["person_id"]))
            .await
            .expect(201);
        story
            .decide("admin", text(&request["id"]), "approve")
            .await
            .expect(200);
    });
}

#[test]
fn whom_an_identifier_names_needs_no_settling() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let request = story
            .post("supervisor", REQUESTS, &story.request_for_dana())
            .await
            .expect(201);
        let seen = story.seen("admin", &request).await;
        assert_eq!(seen.get("possible_matches"), None);
        story
            .decide("admin", text(&request["id"]), "approve")
            .await
            .expect(200);
    });
}
