//! A deadline that was moved: what was said is taken back, the new day is told, and it is reminded of like the first.

use serde_json::json;

use super::{CAMPAIGNS, Outbox};
use crate::stories::text;
use crate::support::database::on_both;

#[test]
fn after_an_extension_the_reminders_come_again() {
    on_both(|database| async move {
        let outbox = Outbox::on(&database).await;
        let story = &outbox.logins.story;
        story.at("2026-03-04T13:00:00Z");
        outbox
            .rules("2026-03-06T13:00:00Z", |document| {
                let end_user = &mut document["license_types"]["end_user"];
                end_user["campaigns"] = json!({ "reminders": [3], "on_miss": "suspend" });
                let rule = &mut end_user["inactivity"]["off_rule"];
                rule["limit"] = json!({ "days": 300 });
                rule["steps"][0]["after"] = json!({ "days": 300 });
            })
            .await;
        outbox.complete_at("2026-03-09T13:00:00Z").await;
        let campaign = outbox
            .campaign(["2026-03-09", "2026-03-10", "2026-04-09"])
            .await;
        outbox.complete_at("2026-03-10T13:00:00Z").await;
        outbox.sweep().await;
        let first = outbox.send().await;
        assert_eq!(first.len(), 1);
        assert!(
            first[0].plain.contains("Friday, 10 April 2026"),
            "{}",
            first[0].plain
        );
        let reminded = async |on: &str, day: &str| {
            outbox.complete_at(on).await;
            outbox.sweep().await;
            let mails = outbox.send().await;
            assert_eq!(mails.len(), 1, "{on}");
            let said = &mails[0].plain;
            assert!(said.contains("A reminder.") && said.contains(day), "{said}");
            outbox.sweep().await;
            assert!(outbox.send().await.is_empty(), "once");
        };
        reminded("2026-04-07T13:00:00Z", "Friday, 10 April 2026").await;

        outbox.complete_at("2026-04-08T13:00:00Z").await;
        let path = format!("{CAMPAIGNS}/{}/extend", text(&campaign["id"]));
        let extended = json!({
            "expected_version": campaign["version"],
            "deadline_on": "2026-04-23",
            "report": { "reason": "The course was not online for a week." },
        });
        story.post("admin", &path, &extended).await.expect(200);
        outbox.sweep().await;
        let mails = outbox.send().await;
        assert_eq!(mails.len(), 1);
        assert!(
            mails[0].plain.contains("Friday, 24 April 2026"),
            "{}",
            mails[0].plain
        );
        reminded("2026-04-21T13:00:00Z", "Friday, 24 April 2026").await;
    });
}
