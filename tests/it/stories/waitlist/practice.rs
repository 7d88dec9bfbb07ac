//! Only so many people practise at a time: the others queue, and their deadline starts when they are admitted.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::stories::alaska::{Alaska, SHELTER};
use crate::stories::{text, texts};
use crate::support::database::on_both;

impl Alaska {
    /// Practice, for so many at a time, is all that is owed.
    async fn places(&self, places: u32) {
        self.rules(&[
            ("/requests/approval", json!([])),
            (
                "/license_types/end_user/practice",
                json!({ "release": "at_once", "places": places }),
            ),
            (
                "/license_types/end_user/requirement_sets/new",
                json!({ "practice": [{ "practice_set": SHELTER }] }),
            ),
            (
                "/license_types/end_user/onboarding",
                json!({
                    "staff_time_counts": false,
                    "deadlines": [{
                        "code": "practice",
                        "title": "Practice cases",
                        "start": { "kind": "practice_admission" },
                        "goal": { "kind": "practice_submitted" },
                        "length": { "business_days": 5 },
                        "on_miss": { "kind": "lapse_request" },
                    }],
                }),
            ),
        ])
        .await;
    }

    /// A request for somebody new, and who it is.
    async fn newcomer(&self, given_name: &str) -> (String, String) {
        self.app.clock.advance(TimeDelta::minutes(1));
        let person = json!({
            "implementation_id": self.implementation,
            "given_name": given_name,
            "family_name": "Newcomb",
        });
        let made = self.post("admin", "/v1/people", &person).await.expect(201);
        let mut body = self.for_noor();
        body["person"] = json!({ "id": made["id"] });
        let request = self.post("help_desk", "/v1/license-requests", &body).await;
        let request = request.expect(201);
        (
            text(&request["id"]).to_owned(),
            text(&made["id"]).to_owned(),
        )
    }

    async fn hands_in(&self, person: &str) -> crate::support::app::Answer {
        self.app.clock.advance(TimeDelta::minutes(1));
        let body = json!({ "person_id": person, "practice_set": SHELTER });
        let path = "/v1/practice-case-submissions";
        self.post("help_desk", path, &body).await
    }

    async fn explained(&self, request: &str) -> Value {
        let path = format!("/v1/license-requests/{request}/explanation");
        self.get("admin", &path).await.expect(200)
    }
}

#[test]
fn who_finds_no_place_queues_and_is_admitted_when_somebodys_practice_ends() {
    on_both(|database| async move {
        let alaska = Alaska::on(&database).await;
        alaska.places(1).await;
        let (first, ines) = alaska.newcomer("Ines").await;
        let (second, femi) = alaska.newcomer("Femi").await;
        let (third, _) = alaska.newcomer("Ama").await;
        assert_eq!(
            alaska.explained(&first).await["practice"][0]["state"],
            "open"
        );
        let waits = alaska.request(&second).await;
        assert_eq!(waits["state"], "practice");
        assert_eq!(waits["waitlist"]["place"], "practice");
        assert_eq!(
            texts(&waits["needs"]),
            [
                "`practice_shelter` is not open yet: a free practice place: the request is number 1 of 2 in line"
            ]
        );
        let refused = alaska.hands_in(&femi).await;
        let problem = refused.problem(409, "transition_refused");
        assert_eq!(texts(&problem["needs"]), ["a free practice place"]);
        let seats = alaska.get("admin", "/v1/seats?implementation=akhmis").await;
        let pool = seats.expect(200)["pools"][0].clone();
        assert_eq!(
            (&pool["place"], &pool["filled"]),
            (&json!("practice"), &json!(1))
        );
        assert_eq!((&pool["vacant"], &pool["waiting"]), (&json!(0), &json!(2)));

        // The review and the corrections belong to the practice.
        let submission = alaska.hands_in(&ines).await.expect(201);
        alaska
            .review("trainer", text(&submission["id"]), "returned")
            .await
            .expect(201);
        assert_eq!(alaska.request(&second).await["waitlist"]["position"], 1);
        // Nobody's deadline runs while he waits.
        assert_eq!(alaska.explained(&second).await["deadlines"], json!([]));
        alaska.app.clock.advance(TimeDelta::days(2));
        let submission = alaska.hands_in(&ines).await.expect(201);
        alaska
            .review("trainer", text(&submission["id"]), "accepted")
            .await
            .expect(201);
        assert_eq!(alaska.state(&first).await, "fulfilled");
        let admitted = alaska.explained(&second).await;
        assert_eq!(admitted["practice"][0]["state"], "open");
        let today = alaska
            .app
            .app
            .now()
            .with_timezone(&chrono_tz::America::Anchorage)
            .date_naive();
        assert_eq!(admitted["deadlines"][0]["started_on"], today.to_string());
        assert_eq!(alaska.request(&third).await["waitlist"]["position"], 1);
        alaska.hands_in(&femi).await.expect(201);
    });
}

#[test]
fn a_request_that_lapses_or_is_withdrawn_leaves_its_practice_place() {
    on_both(|database| async move {
        let alaska = Alaska::on(&database).await;
        alaska.places(1).await;
        let (first, _) = alaska.newcomer("Ines").await;
        let (second, _) = alaska.newcomer("Femi").await;
        let (_, ama) = alaska.newcomer("Ama").await;
        // It misses its deadline: time alone frees the place, and the job gives it.
        alaska.app.clock.advance(TimeDelta::days(12));
        assert_eq!(alaska.state(&first).await, "lapsed");
        let practice = alaska.explained(&second).await["practice"][0].clone();
        assert_eq!(practice["state"], "closed");
        alaska.app.app.reindex().await.unwrap();
        let practice = alaska.explained(&second).await["practice"][0].clone();
        assert_eq!(practice["state"], "open");
        let path = format!("/v1/license-requests/{second}");
        let version = alaska.request(&second).await["version"].clone();
        let body = json!({ "expected_version": version });
        alaska
            .post("admin", &format!("{path}/withdraw"), &body)
            .await
            .expect(200);
        alaska.hands_in(&ama).await.expect(201);
    });
}
