//! Addresses as they come out of mail programs and spreadsheets.

use serde_json::json;

use crate::stories::{Story, text};
use crate::support::database::on_both;

#[test]
fn marks_that_turn_text_around_and_a_turkish_i_are_refused_in_an_address() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let with = |email: &str| {
            json!({
                "implementation_id": story.hand, "given_name": "\u{130}nci", "family_name": "Demir",
                "emails": [{ "email": email, "organization_id": story.corktown }],
            })
        };
        let before = story.census().await;
        for email in [
            "inci\u{202e}@corktown.example",
            "inci@corktown.example\u{200f}",
            "\u{130}nci@corktown.example",
            "\u{131}nci@corktown.example",
            "inci@corktown.example\u{0}",
        ] {
            let refused = story.post("help_desk", "/v1/people", &with(email)).await;
            assert_eq!(refused.status.as_u16(), 422, "{email:?}: {}", refused.text);
            assert_eq!(refused.faults(), ["/emails/0/email"], "{email:?}");
        }
        assert_eq!(story.census().await, before);
        // Her name keeps its letter, and capitals in an address change nobody.
        let inci = story
            .post("help_desk", "/v1/people", &with("INCI@Corktown.example"))
            .await;
        let inci = inci.expect(201);
        assert_eq!(inci["given_name"], "\u{130}nci");
        for query in ["email=inci@corktown.example", "name=%C4%B0nci"] {
            let found = story
                .list("help_desk", &format!("/v1/people?{query}"))
                .await;
            assert_eq!(found.len(), 1, "{query}");
            assert_eq!(text(&found[0]["id"]), text(&inci["id"]));
        }
    });
}
