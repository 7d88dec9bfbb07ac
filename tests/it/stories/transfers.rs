//! A transfer: somebody whose license at another organization ended less than so many months ago owes what the policy
//! says of transfers.

use serde_json::{Value, json};

use super::{Story, text};
use crate::support::database::on_both;

impl Story {
    /// Detroit's rules from now on, with transfers within six months, who owe the agreements and one course.
    async fn transfers(&self) {
        let preset = self.get("admin", "/v1/policy-presets/hand").await;
        let mut document = preset.expect(200)["document"].clone();
        let end_user = &mut document["license_types"]["end_user"];
        let mut moving = end_user["requirement_sets"]["full"].clone();
        moving["courses"] = json!([{ "course": "hand_policy_and_procedure" }]);
        end_user["requirement_sets"]["moving"] = moving;
        end_user["classes"]["transfer"] = json!({ "kind": "set", "set": "moving" });
        end_user["transfer_within_months"] = json!(6);
        let from = self.app.app.now() + chrono::TimeDelta::hours(25);
        let body = json!({ "effective_from": from, "document": document });
        let path = format!("/v1/implementations/{}/policies", self.hand);
        self.post("admin", &path, &body).await.expect(201);
        self.app.clock.set(from);
    }

    /// Jefferson asks for Dana, and takes it back if the class is all that was asked.
    async fn jefferson_asks(&self) -> Value {
        let dana = json!({ "external_id": { "system": "hmis_user_id", "value": "41" } });
        let body = self.request(self.jefferson, &dana);
        let request = self.post("jefferson", "/v1/license-requests", &body).await;
        request.expect(201)
    }

    async fn class(&self) -> String {
        let request = self.jefferson_asks().await;
        self.decide("jefferson", text(&request["id"]), "withdraw")
            .await
            .expect(200);
        text(&request["class"]).to_owned()
    }
}

#[test]
fn who_left_another_organization_less_than_six_months_ago_transfers() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story.transfers().await;
        assert_eq!(story.class().await, "new");
        story.license_dana().await;
        assert_eq!(story.class().await, "additional", "held there and kept");
        story
            .depart_dana("supervisor", "2026-03-10T17:00:00Z")
            .await;
        story.at("2026-03-10T16:59:59Z");
        assert_eq!(story.class().await, "additional", "still held");
        for (instant, class) in [
            ("2026-03-10T17:00:00Z", "transfer"),
            ("2026-09-10T16:59:59Z", "transfer"),
            // Less than six months ago, not six.
            ("2026-09-10T17:00:00Z", "new"),
            ("2027-01-15T17:00:00Z", "new"),
        ] {
            story.at(instant);
            assert_eq!(story.class().await, class, "{instant}");
        }
    });
}

#[test]
fn a_transfer_owes_its_own_set_and_what_belongs_to_the_person_counts() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story.transfers().await;
        story.license_dana().await;
        story
            .depart_dana("supervisor", "2026-03-10T17:00:00Z")
            .await;
        story.at("2026-04-10T17:00:00Z");
        let request = story.jefferson_asks().await;
        assert_eq!(request["class"], "transfer");
        let id = text(&request["id"]);
        story.decide("admin", id, "approve").await.expect(200);
        let path = format!("/v1/license-requests/{id}/checklist");
        let seen = story.get("jefferson", &path).await.expect(200);
        let of = |status: &str| -> Vec<&str> {
            let rows = seen["requirements"].as_array().unwrap();
            let found = rows.iter().filter(|row| row["status"] == status);
            found.map(|row| text(&row["requirement"])).collect()
        };
        // The course went with her; the agreements are the organization's.
        assert_eq!(of("met"), ["course:hand_policy_and_procedure"]);
        assert_eq!(
            of("due"),
            ["agreement:user_agreement", "agreement:code_of_ethics"]
        );
        story
            .sign_all("jefferson", story.dana, story.jefferson)
            .await;
        let done = story.decide("admin", id, "activate").await.expect(200);
        assert_eq!(done["state"], "fulfilled");
        // Back where she was she returns.
        let back = story
            .post(
                "supervisor",
                "/v1/license-requests",
                &story.request_for_dana(),
            )
            .await;
        assert_eq!(back.expect(201)["class"], "returning");
    });
}
