//! While somebody stands in for a supervisor, what goes to the one goes to the other too.

use hmis_licensing::application::actor::Role;
use serde_json::json;

use super::Outbox;
use crate::stories::text;
use crate::support::database::on_both;

/// Somebody of Corktown who can sign in and be written to.
async fn kim(outbox: &Outbox) -> String {
    let story = &outbox.logins.story;
    let kim = json!({
        "implementation_id": story.hand,
        "given_name": "Kim",
        "family_name": "Moreau",
        "external_ids": [{ "system": "username", "value": "kim" }],
        "emails": [{ "email": "kim@corktown.example", "organization_id": story.corktown }],
    });
    let kim = story.post("admin", "/v1/people", &kim).await.expect(201);
    let id = text(&kim["id"]).to_owned();
    story
        .grant("kim", Role::EndUser, None, Some(id.parse().unwrap()))
        .await;
    let who = json!({ "external_id": { "system": "username", "value": "kim" } });
    let request = story.request(story.corktown, &who);
    story
        .post("supervisor", "/v1/license-requests", &request)
        .await
        .expect(201);
    id
}

#[test]
fn a_deputy_is_told_what_the_supervisor_is_while_he_stands_in() {
    on_both(|database| async move {
        let outbox = Outbox::on(&database).await;
        let story = &outbox.logins.story;
        let sam = outbox
            .supervisor("sam", "Sam", "sam@corktown.example")
            .await;
        let kim = kim(&outbox).await;
        outbox.logins.story.at("2026-03-04T13:00:00Z");
        outbox
            .rules("2026-03-06T13:00:00Z", |document| {
                document["license_types"]["end_user"]["inactivity"]["off_rule"]["steps"][0]
                    ["tells"] = json!(["user", "supervisors"]);
            })
            .await;
        let deputy = json!({
            "organization_id": story.corktown,
            "supervisor_id": sam,
            "deputy_id": kim,
            "from_on": "2026-04-01",
            "until_on": "2026-04-02",
            "reason": "Vacation.",
        });
        story
            .post("admin", "/v1/delegations", &deputy)
            .await
            .expect(201);
        outbox.complete_at("2026-04-02T13:00:00Z").await;
        outbox.sent().await;
        outbox.sweep().await;
        let told = |mails: &[(String, String)], part: &str| -> Vec<String> {
            let mails = mails.iter().filter(|(_, said)| said.contains(part));
            mails.map(|(to, _)| to.clone()).collect()
        };
        let mails = outbox.sent().await;
        assert_eq!(
            told(&mails, "Dana Whitfield has not logged in"),
            ["kim@corktown.example", "sam@corktown.example"]
        );
        // On the last day Sam is back, and Kim is told nothing more.
        outbox.complete_at("2026-04-07T13:00:00Z").await;
        outbox.sweep().await;
        let mails = outbox.sent().await;
        assert_eq!(
            told(&mails, "This is the last day"),
            ["sam@corktown.example"]
        );
    });
}

#[test]
fn a_deputy_gets_the_digest_of_the_week() {
    on_both(|database| async move {
        let outbox = Outbox::on(&database).await;
        let story = &outbox.logins.story;
        let sam = outbox
            .supervisor("sam", "Sam", "sam@corktown.example")
            .await;
        let kim = kim(&outbox).await;
        outbox.complete_at("2026-03-09T13:00:00Z").await;
        let deputy = json!({
            "organization_id": story.corktown,
            "supervisor_id": sam,
            "deputy_id": kim,
            "until_on": "2026-03-15",
            "reason": "Vacation.",
        });
        story
            .post("admin", "/v1/delegations", &deputy)
            .await
            .expect(201);
        story
            .depart_dana("help_desk", "2026-03-13T17:00:00-04:00")
            .await;
        let mails = outbox.sent().await;
        let to: Vec<&str> = mails.iter().map(|(to, _)| to.as_str()).collect();
        assert_eq!(to, ["kim@corktown.example", "sam@corktown.example"]);
        for (to, said) in &mails {
            assert!(
                said.contains("Dana Whitfield: employment ends"),
                "{to}: {said}"
            );
        }
    });
}
