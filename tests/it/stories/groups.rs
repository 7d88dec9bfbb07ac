//! Rules that hold for a group of organizations only, walked to activation.

use serde_json::json;

use super::{Story, text};
use crate::support::database::on_both;

#[test]
fn an_agency_under_rules_of_its_group_signs_and_trains_what_they_ask() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let preset = story.get("admin", "/v1/policy-presets/hand").await;
        let mut document = preset.expect(200)["document"].clone();
        document["organization_groups"] = json!({
            "coc_501": { "title": "Detroit CoC", "members": [{ "organization_id": story.corktown }] },
        });
        let mut full = document["license_types"]["end_user"]["requirement_sets"]["full"].clone();
        full["courses"]
            .as_array_mut()
            .unwrap()
            .push(json!({ "course": "coordinated_entry" }));
        let mut recertification = document["license_types"]["end_user"]["recertification"].clone();
        recertification["items"]
            .as_array_mut()
            .unwrap()
            .push(json!({ "kind": "acknowledgement", "code": "coc_notice", "title": "The CoC's notice was read" }));
        document["overrides"] = json!([{
            "group": "coc_501",
            "changes": {
                "agreements": { "user_agreement": { "version": "2-coc" } },
                "courses": { "coordinated_entry": { "title": "Coordinated entry" } },
                "license_types": {
                    "end_user": { "requirement_sets": { "full": full }, "recertification": recertification },
                },
                "ends_of_need": { "departure_notice_hours": 2 },
            },
        }]);
        let from = story.app.app.now() + chrono::TimeDelta::hours(25);
        let path = format!("/v1/implementations/{}/policies", story.hand);
        let body = json!({ "effective_from": from, "document": document });
        story.post("admin", &path, &body).await.expect(201);
        story.app.clock.set(from);

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
        // Without a version, the current one of the agency is signed.
        story
            .sign_all("supervisor", story.dana, story.corktown)
            .await;
        let signed = story.list("admin", "/v1/agreement-signatures").await;
        let versions: Vec<&str> = signed
            .iter()
            .filter(|row| row["agreement"] == "user_agreement")
            .map(|row| text(&row["version"]))
            .collect();
        assert_eq!(versions, ["2-coc", "2-coc"]);
        story.train(story.dana).await;
        let path = format!("/v1/license-requests/{id}");
        let needs = story.get("admin", &path).await.expect(200)["needs"].clone();
        assert_eq!(needs, json!(["`coordinated_entry` is not passed"]));
        let booking = json!({
            "person_id": story.dana, "course": "coordinated_entry",
            "scheduled_at": from + chrono::TimeDelta::days(1),
        });
        story
            .post("supervisor", "/v1/training-bookings", &booking)
            .await
            .expect(201);
        story
            .pass("trainer", story.dana, "coordinated_entry")
            .await
            .expect(201);
        let begun = story.decide("admin", id, "activate").await.expect(200);
        assert_eq!(begun["state"], "fulfilled");

        // What only the rules of her agency ask for is acknowledged by her, and by nobody elsewhere.
        for (person, status) in [(story.dana, 201), (story.rosalind, 422)] {
            let read = json!({ "person_id": person, "acknowledgement": "coc_notice" });
            let answer = story.post("admin", "/v1/acknowledgements", &read).await;
            answer.expect(status);
        }

        // Two hours, not twenty-four.
        story.app.clock.advance(chrono::TimeDelta::hours(30));
        let ended = story.app.app.now() - chrono::TimeDelta::hours(3);
        let departure = story.depart_dana("supervisor", &ended.to_rfc3339()).await;
        assert_eq!(departure["late"], true);
    });
}
