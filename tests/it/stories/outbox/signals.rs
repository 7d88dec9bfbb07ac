//! The lead is told at once of logins that nothing allowed.

use serde_json::json;

use super::Outbox;
use crate::stories::text;
use crate::support::database::{TestDatabase, on_both};

/// Dana left Corktown on Monday 2026-03-09; it is Wednesday.
async fn after_she_left(database: &TestDatabase) -> Outbox {
    let outbox = Outbox::on(database).await;
    let story = &outbox.logins.story;
    story.at("2026-03-10T20:00:00Z");
    story
        .depart_dana("supervisor", "2026-03-09T17:00:00-04:00")
        .await;
    story.at("2026-03-11T15:00:00Z");
    outbox
}

/// She logs in now; the signal.
async fn signal(outbox: &Outbox, id: &str) -> String {
    let now = outbox.logins.story.app.app.now().to_rfc3339();
    let event = outbox.logins.login(id, &now).await.expect(201);
    assert_eq!(event["outcome"], "signal");
    text(&event["access_signal_id"]).to_owned()
}

async fn close(outbox: &Outbox, id: &str) {
    let body = json!({
        "expected_version": 1, "outcome": "explained", "reason": "A trainer showed the site.",
    });
    let path = format!("/v1/access-signals/{id}/close");
    let story = &outbox.logins.story;
    story.post("help_desk", &path, &body).await.expect(200);
}

#[test]
fn the_first_goes_out_at_once_and_those_of_the_hour_after_it_are_one_message() {
    on_both(|database| async move {
        let outbox = after_she_left(&database).await;
        outbox.lead("help@hand.example").await;
        let story = &outbox.logins.story;
        let first = signal(&outbox, "one").await;
        let mails = outbox.send().await;
        assert_eq!(mails.len(), 1);
        assert_eq!(mails[0].to, "help@hand.example");
        let said = &mails[0].plain;
        let line = format!(
            "- Wednesday, 11 March 2026, 11:00, no organization named: access signal {first}, person {}",
            story.dana
        );
        assert!(said.contains(&line), "{said}");
        for mail in [&mails[0].subject, &mails[0].html, said] {
            assert!(
                !mail.contains("Dana") && !mail.contains("Whitfield"),
                "{mail}"
            );
        }
        let message = outbox.messages().await.pop().unwrap();
        assert_eq!(message["kind"], "signals");
        assert!(message.get("organization_id").is_none() && message.get("person_id").is_none());

        // What follows within the hour is gathered; what was explained meanwhile is no news.
        story.at("2026-03-11T15:20:00Z");
        let second = signal(&outbox, "two").await;
        story.at("2026-03-11T15:40:00Z");
        let (third, fourth) = (
            signal(&outbox, "three").await,
            signal(&outbox, "four").await,
        );
        close(&outbox, &third).await;
        assert!(outbox.send().await.is_empty());
        story.at("2026-03-11T16:00:00Z");
        let mails = outbox.send().await;
        assert_eq!(mails.len(), 1);
        for (id, told) in [
            (&first, false),
            (&second, true),
            (&third, false),
            (&fourth, true),
        ] {
            assert_eq!(
                mails[0].plain.contains(id.as_str()),
                told,
                "{}",
                mails[0].plain
            );
        }
        story.at("2026-03-11T18:00:00Z");
        assert!(outbox.send().await.is_empty(), "once");
    });
}

#[test]
fn a_signal_waits_for_an_address_of_the_lead_and_two_processes_tell_it_once() {
    on_both(|database| async move {
        let outbox = after_she_left(&database).await;
        let explained = signal(&outbox, "one").await;
        let open = signal(&outbox, "two").await;
        assert!(outbox.send().await.is_empty(), "the lead has no mail");
        close(&outbox, &explained).await;
        outbox.lead("help@hand.example").await;
        let app = &outbox.logins.story.app.app;
        for _ in 0..2 {
            let (one, other) = futures_util::future::join(
                app.send_messages(&outbox.mailer),
                app.send_messages(&outbox.mailer),
            )
            .await;
            one.unwrap();
            other.unwrap();
        }
        let mails = outbox.caught.take();
        assert_eq!(mails.len(), 1);
        assert!(mails[0].plain.contains(&open) && !mails[0].plain.contains(&explained));
    });
}
