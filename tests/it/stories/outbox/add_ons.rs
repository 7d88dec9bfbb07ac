//! What an add-on owes ends the add-on alone, and its mail says so.

use serde_json::json;

use super::Outbox;
use crate::stories::text;
use crate::support::database::on_both;

#[test]
fn a_notice_of_an_add_on_speaks_of_the_add_on() {
    on_both(|database| async move {
        let outbox = Outbox::on(&database).await;
        let story = &outbox.logins.story;
        story.at("2026-03-04T13:00:00Z");
        outbox
            .rules("2026-03-06T13:00:00Z", |document| {
                let types = &mut document["license_types"];
                let rule = &mut types["end_user"]["inactivity"]["off_rule"];
                rule["limit"] = json!({ "days": 300 });
                rule["steps"][0]["after"] = json!({ "days": 300 });
                types["reports"] = json!({
                    "title": "Report Builder",
                    "license": { "kind": "add_on", "depends_on": ["end_user"] },
                    "requirement_sets": { "own": { "courses": [{ "course": "reports" }] } },
                    "classes": { "add_on": { "kind": "set", "set": "own" } },
                    "recertification": {
                        "schedule": { "kind": "rolling", "months": 6 },
                        "items": [{ "kind": "course", "course": "reports" }],
                        "reminders": [20, 3],
                        "on_miss": "suspend",
                    },
                });
                document["courses"]["reports"] = json!({ "title": "Writing reports" });
            })
            .await;
        outbox
            .supervisor("sam", "Sam", "sam@corktown.example")
            .await;
        story.at("2026-03-09T13:00:00Z");
        let mut ask = story.request_for_dana();
        ask["license_type"] = json!("reports");
        let request = story.post("supervisor", "/v1/license-requests", &ask).await;
        let request = request.expect(201);
        let id = text(&request["id"]);
        story.decide("admin", id, "approve").await.expect(200);
        let passed = story.pass("trainer", story.dana, "reports");
        passed.await.expect(201);
        story.decide("admin", id, "activate").await.expect(200);

        // Passed on Monday 03-09: good through 09-09. Twenty days before its end she is told.
        outbox.complete_at("2026-08-20T13:00:00Z").await;
        outbox.sent().await;
        outbox.complete_at("2026-08-21T13:00:00Z").await;
        outbox.sweep().await;
        let mails = outbox.sent().await;
        let said = &mails
            .iter()
            .find(|(to, _)| to.starts_with("dana"))
            .unwrap()
            .1;
        for part in [
            "Your recertification for Report Builder is due: Writing reports.",
            "If nothing happens before Thursday, 10 September 2026, Report Builder is suspended at the beginning of that day. The license itself goes on.",
            "To keep Report Builder, complete it before that day.",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
        assert!(!said.contains("lose access"), "{said}");
        // The digest of the last week says the same.
        outbox.complete_at("2026-08-31T13:00:00Z").await;
        let mails = outbox.sent().await;
        let digest = &mails
            .iter()
            .find(|(to, _)| to.starts_with("sam"))
            .unwrap()
            .1;
        assert!(
            digest.contains(
                "Dana Whitfield: recertification: Writing reports (Report Builder is off otherwise)"
            ),
            "{digest}"
        );
    });
}
