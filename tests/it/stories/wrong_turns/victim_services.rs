//! Victim service providers: only the lead asks there, and their staff are shown to no other organization.

use hmis_licensing::application::actor::Role;
use hmis_licensing::domain::ids::{OrganizationId, PersonId};
use hmis_licensing::domain::roster::ExternalKind;
use serde_json::{Value, json};

use super::REQUESTS;
use crate::stories::{EXPORT, Story, text, without_request_id};
use crate::support::database::on_both;

/// Detroit's safe house.
async fn provider(story: &Story) -> OrganizationId {
    let hand = story.hand;
    let found = crate::stories::read(&story.app, move |view| {
        let kind = ExternalKind::Organization;
        Ok(view.external_id(hand, kind, EXPORT, "102")?.unwrap())
    });
    found.await.subject.into()
}

/// What the lead sends for somebody whom a supervisor of an organization asks for.
fn by_the_lead(story: &Story, at: OrganizationId, user: &str, supervisor: PersonId) -> Value {
    let person = json!({ "external_id": { "system": "hmis_user_id", "value": user } });
    let mut body = story.request(at, &person);
    body["requested_by"] = json!(supervisor);
    body
}

/// Somebody new who supervises an organization.
async fn supervisor(story: &Story, subject: &str, at: OrganizationId) -> PersonId {
    let body = json!({
        "implementation_id": story.hand, "given_name": "Inga", "family_name": subject,
    });
    let made = story.post("admin", "/v1/people", &body).await.expect(201);
    let id = text(&made["id"]).parse().unwrap();
    story
        .grant(subject, Role::Supervisor, Some(at), Some(id))
        .await;
    id
}

#[test]
fn a_victim_service_provider_needs_the_lead() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let provider = provider(&story).await;
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

#[test]
fn who_works_at_one_looks_to_other_agencies_like_nobody() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let provider = provider(&story).await;
        let harbor = supervisor(&story, "harbor", provider).await;
        let mut body = by_the_lead(&story, provider, "41", harbor);
        body["project_ids"] = json!([]);
        let asked = story.post("help_desk", REQUESTS, &body).await.expect(201);
        // A confirmed address tells as much as a request.
        let email = json!({ "email": "r.achterberg@safe.example", "organization_id": provider });
        let path = format!("/v1/people/{}/emails", story.rosalind);
        story.post("admin", &path, &email).await.expect(201);
        // And so does a supervisor's role.
        let path = format!("/v1/people/{harbor}/external-ids");
        let id = json!({ "system": "hmis_user_id", "value": "4100" });
        story.post("admin", &path, &id).await.expect(201);

        let census = story.census().await;
        let ask = async |who: &str, user: &str| {
            let person = json!({ "external_id": { "system": "hmis_user_id", "value": user } });
            let body = story.request(story.jefferson, &person);
            story.post(who, REQUESTS, &body).await
        };
        let unknown = ask("jefferson", "99999").await;
        unknown.problem(422, "invalid");
        for user in ["41", "42", "4100"] {
            let answer = ask("jefferson", user).await;
            assert_eq!(
                without_request_id(&answer),
                without_request_id(&unknown),
                "{user}"
            );
        }
        assert_eq!(story.census().await, census, "nothing was kept");
        let path = format!("/v1/people/{}", story.dana);
        story
            .get("jefferson", &path)
            .await
            .problem(404, "not_found");

        // The lead may: from then on the agency knows her.
        let inga = supervisor(&story, "inga", story.jefferson).await;
        let body = by_the_lead(&story, story.jefferson, "41", inga);
        let made = story.post("help_desk", REQUESTS, &body).await.expect(201);
        story.get("jefferson", &path).await.expect(200);
        story
            .decide("jefferson", text(&made["id"]), "withdraw")
            .await
            .expect(200);
        ask("jefferson", "41").await.expect(201);

        // Who works there no longer is nobody's secret.
        let path = format!("/v1/people/{}/emails/retire", story.rosalind);
        let version = story
            .get("admin", &format!("/v1/people/{}", story.rosalind))
            .await
            .expect(200)["version"]
            .clone();
        let mut retired = email;
        retired["expected_version"] = version;
        story.post("admin", &path, &retired).await.expect(200);
        ask("jefferson", "42").await.expect(201);
        story
            .decide("admin", text(&asked["id"]), "withdraw")
            .await
            .expect(200);
    });
}
