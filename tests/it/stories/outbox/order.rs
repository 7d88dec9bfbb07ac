//! Which message carries what comes due, and what one that cannot be made does to others.

use chrono::TimeDelta;
use diesel::connection::SimpleConnection;
use hmis_licensing::application::ports::{StoreError, StoreExt, UnitOfWork};
use hmis_licensing::domain::ids::{LeaseId, MessageId};
use serde_json::json;
use uuid::Uuid;

use super::Outbox;
use crate::stories::text;
use crate::support::database::on_both;

#[test]
fn what_comes_due_after_the_message_of_the_day_waits_for_the_next_one() {
    on_both(|database| async move {
        let outbox = Outbox::on(&database).await;
        outbox.complete_at("2026-04-02T13:00:00Z").await;
        outbox.sweep().await;
        assert_eq!(outbox.send().await.len(), 1);
        outbox.complete_at("2026-04-02T15:00:00Z").await;
        outbox
            .logins
            .login("thursday", "2026-04-02T10:59:00-04:00")
            .await
            .expect(201);
        assert_eq!(outbox.sweep().await, 1);
        assert!(outbox.send().await.is_empty(), "one message a day");
        let next = outbox.messages().await.pop().unwrap();
        assert_eq!(
            (&next["state"], &next["on_day"], &next["next_attempt_at"]),
            (
                &json!("waiting"),
                &json!("2026-04-03"),
                &json!("2026-04-03T04:00:00Z")
            )
        );
        outbox.complete_at("2026-04-03T03:59:59Z").await;
        assert!(outbox.send().await.is_empty());
        outbox.complete_at("2026-04-03T04:00:00Z").await;
        let mails = outbox.send().await;
        assert_eq!(mails.len(), 1);
        assert!(
            mails[0].plain.contains("no longer holds"),
            "{}",
            mails[0].plain
        );
    });
}

#[test]
fn nothing_is_put_into_a_message_that_somebody_is_sending() {
    on_both(|database| async move {
        let outbox = Outbox::on(&database).await;
        let story = &outbox.logins.story;
        story.at("2026-03-04T13:00:00Z");
        outbox
            .rules("2026-03-06T13:00:00Z", |document| {
                let end_user = &mut document["license_types"]["end_user"];
                end_user["campaigns"] = json!({ "reminders": [3], "on_miss": "suspend" });
            })
            .await;
        outbox.complete_at("2026-04-02T13:00:00Z").await;
        outbox.sweep().await;
        let message = outbox.messages().await.remove(0);
        let id: MessageId = text(&message["id"]).parse().unwrap();
        let until = story.app.app.now() + TimeDelta::minutes(5);
        let leased = story.app.app.store().write(
            move |unit: &mut dyn UnitOfWork| -> Result<(), StoreError> {
                let mut message = unit.message(id)?.unwrap();
                message.lease = Some((LeaseId(Uuid::from_u128(7)), until));
                unit.update_message(&message)
            },
        );
        leased.await.unwrap();
        outbox
            .campaign(["2026-04-02", "2026-04-02", "2026-05-09"])
            .await;
        assert_eq!(outbox.sweep().await, 1);
        assert!(outbox.send().await.is_empty(), "it is somebody else's");
        // Whoever had it died: it is sent again as it was, and what came later on the next day.
        outbox.complete_at("2026-04-02T13:06:00Z").await;
        let mails = outbox.send().await;
        assert_eq!(mails.len(), 1);
        let said = &mails[0].plain;
        assert!(said.contains("You have not logged in"), "{said}");
        assert!(!said.contains("recertification"), "{said}");
        outbox.complete_at("2026-04-03T04:00:00Z").await;
        let mails = outbox.send().await;
        assert_eq!(mails.len(), 1);
        assert!(mails[0].plain.contains("Your recertification is due"));
    });
}

#[test]
fn a_message_that_cannot_be_made_delays_nobody_else() {
    on_both(|database| async move {
        let outbox = Outbox::on(&database).await;
        outbox
            .supervisor("sam", "Sam", "sam@corktown.example")
            .await;
        outbox.complete_at("2026-04-02T13:00:00Z").await;
        outbox.sweep().await;
        let spoil = |tells: &str| {
            let spoilt = format!("UPDATE queued_notices SET tells = '{tells}'");
            database.connection().batch_execute(&spoilt).unwrap();
        };
        spoil("nobody");
        let mails = outbox.sent().await;
        let to: Vec<&str> = mails.iter().map(|(to, _)| to.as_str()).collect();
        assert_eq!(to, ["sam@corktown.example"], "the digest of the week");
        let message = outbox.messages().await.remove(0);
        assert_eq!(
            (&message["state"], &message["attempts"], &message["failure"]),
            (
                &json!("waiting"),
                &json!(1),
                &json!("the message could not be made")
            )
        );
        assert!(outbox.sent().await.is_empty(), "after a pause");
        spoil("[\"user\"]");
        outbox.complete_at("2026-04-02T13:02:00Z").await;
        let mails = outbox.sent().await;
        assert_eq!(mails.len(), 1);
        assert_eq!(mails[0].0, "dana@corktown.example");
    });
}

#[test]
fn a_longer_limit_returns_the_warned_to_active_and_takes_the_warning_back() {
    on_both(|database| async move {
        let outbox = Outbox::on(&database).await;
        outbox.complete_at("2026-04-02T13:00:00Z").await;
        outbox.sweep().await;
        assert_eq!(outbox.send().await.len(), 1);
        assert_eq!(outbox.logins.state().await, "warned");
        outbox
            .rules("2026-04-03T13:00:00Z", |document| {
                let rule = &mut document["license_types"]["end_user"]["inactivity"]["off_rule"];
                rule["limit"] = json!({ "days": 60 });
                rule["steps"][0]["after"] = json!({ "days": 60 });
            })
            .await;
        outbox.complete_at("2026-04-03T13:00:00Z").await;
        outbox.sweep().await;
        assert_eq!(outbox.logins.state().await, "active");
        let mails = outbox.send().await;
        assert_eq!(mails.len(), 1);
        let said = &mails[0].plain;
        assert!(
            said.contains("We wrote to you about Wednesday, 8 April 2026. That no longer holds"),
            "{said}"
        );
        outbox.sweep().await;
        assert!(outbox.send().await.is_empty(), "once");
    });
}
