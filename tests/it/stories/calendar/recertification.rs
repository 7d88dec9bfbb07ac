//! Recertification at a date of the year, and what it asks for besides courses.

use serde_json::{Value, json};

use super::under;
use crate::stories::{Story, text, texts};
use crate::support::database::{TestDatabase, on_both};

/// Through 30 June; from 1 May what is done counts for the coming year.
async fn june(database: &TestDatabase) -> (Story, String) {
    let rule = json!({
        "schedule": { "kind": "fixed_yearly", "date": {
            "due": { "month": 6, "day": 30 },
            "opens": { "month": 5, "day": 1 },
            "newcomers_from": { "month": 4, "day": 1 },
        } },
        "items": [
            { "kind": "acknowledgement", "code": "privacy_notice", "title": "Privacy notice read" },
            { "kind": "renewal" },
            { "kind": "agreement", "agreement": "code_of_ethics" },
        ],
        "on_miss": "suspend",
    });
    under(
        database,
        &[("/license_types/end_user/recertification", rule)],
    )
    .await
}

fn open(explained: &Value) -> Vec<&str> {
    explained["requirements"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["status"] == "due" || row["status"] == "overdue")
        .map(|row| text(&row["requirement"]))
        .collect()
}

#[test]
fn acknowledgement_renewal_and_signature_recertify_for_the_coming_year() {
    on_both(|database| async move {
        let (story, license) = june(&database).await;
        let explained = story.explained("dana", &license).await;
        assert_eq!(
            open(&explained),
            ["acknowledgement:privacy_notice", "renewal:requester"]
        );
        let who = texts(&explained["who_can_act"]).join("; ");
        assert!(who.contains("the end user: Privacy notice read"), "{who}");
        assert!(
            who.contains("the agency (a supervisor or the authorized signer): "),
            "{who}"
        );

        story.at("2026-05-01T13:00:00Z");
        let read = json!({ "person_id": story.dana, "acknowledgement": "privacy_notice" });
        let acknowledged = story
            .post("dana", "/v1/acknowledgements", &read)
            .await
            .expect(201);
        assert_eq!(acknowledged["acknowledged_at"], "2026-05-01T13:00:00Z");
        let path = format!("/v1/acknowledgements/{}", text(&acknowledged["id"]));
        assert_eq!(
            story.get("supervisor", &path).await.expect(200),
            acknowledged
        );
        assert_eq!(story.list("dana", "/v1/acknowledgements").await.len(), 1);
        // The user cannot say for the agency that he is needed still.
        let renewal = json!({ "license_id": license });
        let own = story.post("dana", "/v1/license-renewals", &renewal).await;
        assert_eq!(own.faults(), ["/by"]);
        story
            .post("supervisor", "/v1/license-renewals", &renewal)
            .await
            .expect(201);
        let explained = story.explained("dana", &license).await;
        assert_eq!(open(&explained), [""; 0]);
        for row in explained["requirements"].as_array().unwrap() {
            let key = text(&row["requirement"]);
            if ["acknowledgement:privacy_notice", "renewal:requester"].contains(&key) {
                assert_eq!(row["valid_through"], "2027-06-30", "{key}");
            }
            // Signed in March, before the year opened.
            if key == "signed_anew:code_of_ethics" {
                assert_eq!(row["valid_through"], "2026-06-30");
            }
        }
    });
}

#[test]
fn what_is_missed_at_the_date_suspends_after_notice_until_it_is_done() {
    on_both(|database| async move {
        let (story, license) = june(&database).await;
        story.at("2026-06-20T14:00:00Z");
        let key = "acknowledgement:privacy_notice";
        story
            .tell(
                &license,
                "recertification",
                Some(key),
                ["2026-03-03", "2026-07-01"],
            )
            .await;
        story.at("2026-07-01T03:59:59Z");
        assert_eq!(story.state(&license).await, "active");
        story.at("2026-07-01T04:00:00Z");
        assert_eq!(story.state(&license).await, "suspended");
        // Read in time, and recorded late.
        let read = json!({
            "person_id": story.dana, "acknowledgement": "privacy_notice",
            "acknowledged_on": "2026-06-30",
        });
        story
            .post("supervisor", "/v1/acknowledgements", &read)
            .await
            .expect(201);
        assert_eq!(story.state(&license).await, "active");
    });
}

#[test]
fn what_nobody_asks_for_is_not_acknowledged_and_strangers_record_nothing() {
    on_both(|database| async move {
        let (story, _) = june(&database).await;
        let body = |code: &str| json!({ "person_id": story.dana, "acknowledgement": code });
        let unknown = story
            .post("dana", "/v1/acknowledgements", &body("privacy_note"))
            .await;
        let fault = &unknown.problem(422, "invalid")["errors"][0];
        assert_eq!(fault["pointer"], "/acknowledgement");
        assert!(
            text(&fault["detail"]).contains("these are: privacy_notice"),
            "{fault}"
        );
        let mut ahead = body("privacy_notice");
        ahead["acknowledged_on"] = json!("2026-06-01");
        let ahead = story.post("dana", "/v1/acknowledgements", &ahead).await;
        assert_eq!(ahead.faults(), ["/acknowledged_on"]);
        let stranger = story
            .post("jefferson", "/v1/acknowledgements", &body("privacy_notice"))
            .await;
        assert_eq!(stranger.faults(), ["/person_id"]);
        assert!(story.list("admin", "/v1/acknowledgements").await.is_empty());
    });
}
