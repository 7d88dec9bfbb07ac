//! One person explained: what a reader may read one by one he is shown together, and nothing else.

use serde_json::{Value, json};

use super::{NOBODY, Story, text, without_request_id};
use crate::support::database::on_both;

fn path(person: impl std::fmt::Display) -> String {
    format!("/v1/people/{person}/explanation")
}

/// The organizations that an explanation of Dana speaks of, licenses first.
async fn organizations(story: &Story, who: &str) -> Vec<Value> {
    let shown = story.get(who, &path(story.dana)).await.expect(200);
    assert_eq!(shown["person_id"], json!(story.dana));
    let explanations = shown["explanations"].as_array().unwrap();
    explanations
        .iter()
        .map(|one| one["organization_id"].clone())
        .collect()
}

#[test]
fn a_person_is_explained_as_far_as_the_reader_may_see() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let corktown = json!(story.corktown);
        let jefferson = json!(story.jefferson);
        let license = story.license_dana().await;

        // Another organization's supervisor is told what an id that nobody has is told.
        let hidden = story.get("jefferson", &path(story.dana)).await;
        hidden.problem(404, "not_found");
        let unknown = story.get("jefferson", &path(NOBODY)).await;
        assert_eq!(without_request_id(&hidden), without_request_id(&unknown));

        let named = json!({ "external_id": { "system": "hmis_user_id", "value": "41" } });
        let request = story.request(story.jefferson, &named);
        let request = story
            .post("jefferson", "/v1/license-requests", &request)
            .await
            .expect(201);
        let shown = story.get("dana", &path(story.dana)).await.expect(200);
        let parts = shown["explanations"].as_array().unwrap();
        assert_eq!(parts.len(), 2);
        assert_eq!(parts[0]["license_id"], json!(license));
        assert_eq!(parts[0]["state"], "active");
        assert_eq!(parts[0]["allowed"], true);
        assert_eq!(parts[1]["license_request_id"], request["id"]);
        assert_eq!(parts[1]["state"], "submitted");
        for who in ["help_desk", "trainer", "auditor", "admin"] {
            let seen = organizations(&story, who).await;
            assert_eq!(seen, [corktown.clone(), jefferson.clone()], "{who}");
        }
        // Each part is what its own explanation says.
        let alone = format!("/v1/licenses/{license}/explanation");
        let supervised = story.get("supervisor", &path(story.dana)).await.expect(200);
        assert_eq!(
            supervised["explanations"],
            json!([story.get("supervisor", &alone).await.expect(200)])
        );
        // Each supervisor his own, the other agency not even by name.
        assert_eq!(organizations(&story, "jefferson").await, [jefferson]);
        assert!(
            !supervised
                .to_string()
                .contains(&story.jefferson.to_string())
        );

        // What has ended is no longer explained, a license is.
        story
            .decide("jefferson", text(&request["id"]), "withdraw")
            .await
            .expect(200);
        assert_eq!(organizations(&story, "dana").await, [corktown]);
        assert!(organizations(&story, "jefferson").await.is_empty());
    });
}

#[test]
fn where_no_supervisor_is_left_the_signer_and_the_lead_are_named() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let request = story
            .post(
                "supervisor",
                "/v1/license-requests",
                &story.request_for_dana(),
            )
            .await
            .expect(201);
        let id = text(&request["id"]);
        story.decide("admin", id, "approve").await.expect(200);
        let who = async || {
            let path = format!("/v1/license-requests/{id}/explanation");
            let explained = story.get("admin", &path).await.expect(200);
            super::texts(&explained["who_can_act"]).join("; ")
        };
        let before = who().await;
        assert!(before.contains("supervisor"), "{before}");
        assert!(!before.contains("has none now"), "{before}");
        story.revoke("supervisor").await;
        let after = who().await;
        assert!(
            after.contains("the authorized signer or the HMIS lead for the supervisor"),
            "{after}"
        );
    });
}
