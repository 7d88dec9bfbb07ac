//! Once licensed under Alaska's ready-made policy: an add-on for Noor, her departure, and her return.

use serde_json::{Value, json};

use super::super::{text, texts};
use super::Alaska;
use crate::support::database::on_both;

impl Alaska {
    /// Noor, licensed without a click; the id of her license.
    async fn licensed(&self) -> String {
        let request = self.in_practice().await;
        self.practised().await;
        let request = self.request(&request).await;
        assert_eq!(request["state"], "fulfilled");
        text(&request["license_id"]).to_owned()
    }

    async fn practised(&self) {
        let submission = self.submit("noor").await.expect(201);
        let submission = text(&submission["id"]);
        let accepted = self.review("trainer", submission, "accepted").await;
        accepted.expect(201);
    }

    /// What Noor's request still has to show.
    async fn open(&self, request: &str) -> Vec<String> {
        let path = format!("/v1/license-requests/{request}/explanation");
        let explained = self.get("supervisor", &path).await.expect(200);
        let requirements = explained["requirements"].as_array().cloned().unwrap();
        let open = requirements.iter().filter(|one| one["status"] == "due");
        open.map(|one| text(&one["requirement"]).to_owned())
            .collect()
    }

    async fn license(&self, id: &str) -> Value {
        let path = format!("/v1/licenses/{id}");
        self.get("supervisor", &path).await.expect(200)
    }
}

#[test]
fn whoever_returns_owes_the_refresher_privacy_and_security_and_practice() {
    on_both(|database| async move {
        let alaska = Alaska::on(&database).await;
        let license = alaska.licensed().await;
        alaska.at("2026-05-04T20:00:00Z");
        let departure = json!({
            "person_id": alaska.noor,
            "organization_id": alaska.organization,
            "ended_at": "2026-05-04T20:00:00Z",
        });
        let left = alaska.post("supervisor", "/v1/departures", &departure);
        left.await.expect(201);
        alaska.at("2026-07-06T20:00:00Z");
        let request = alaska.ask().await;
        assert_eq!(alaska.request(&request).await["class"], "returning");
        alaska.approve(&request).await;
        // The agreement is good for a year, and what was learnt of the workflow stays learnt.
        assert_eq!(
            alaska.open(&request).await,
            [
                "course:privacy_and_security",
                "course:refresher",
                "practice:practice_shelter"
            ]
        );
        alaska.pass("privacy_and_security", "2026-07-06").await;
        alaska.pass("refresher", "2026-07-06").await;
        alaska.at("2026-07-07T20:00:00Z");
        alaska.practised().await;
        assert_eq!(alaska.state(&request).await, "fulfilled");
        let seen = alaska.license(&license).await;
        assert_eq!(
            (&seen["state"], &seen["allowed"]),
            (&json!("active"), &json!(true))
        );
    });
}

#[test]
fn a_supervisor_asks_for_business_objects_and_its_training_switches_it_on() {
    on_both(|database| async move {
        let alaska = Alaska::on(&database).await;
        let license = alaska.licensed().await;
        let mut body = json!({
            "organization_id": alaska.organization,
            "person": { "id": alaska.noor },
            "license_type": "business_objects",
            "attestations": [{ "code": "job_need" }],
            "report": { "ticket_reference": "AK-2050" },
        });
        let path = "/v1/license-requests";
        let made = alaska.post("supervisor", path, &body).await.expect(201);
        assert_eq!(made["class"], "add_on");
        let request = text(&made["id"]).to_owned();
        alaska.approve(&request).await;
        assert_eq!(alaska.open(&request).await, ["course:business_objects"]);
        assert_eq!(alaska.license(&license).await.get("add_ons"), None);
        alaska.pass("business_objects", "2026-03-02").await;
        assert_eq!(alaska.state(&request).await, "fulfilled");
        let seen = alaska.license(&license).await;
        assert_eq!(seen["add_ons"][0]["license_type"], "business_objects");
        assert_eq!(seen["add_ons"][0]["state"], "on");
        // It runs already, and without a ticket there would be none.
        body["report"] = json!({});
        let again = alaska.post("supervisor", path, &body).await;
        again.problem(422, "invalid");
        assert!(
            texts(&json!(again.faults())).contains(&"/report/ticket_reference"),
            "{}",
            again.text
        );
    });
}
