//! Alerts, copies and digests that do not reach whoever is responsible go to the others and to the lead, and no further.

use hmis_licensing::application::ports::MailFailure;
use serde_json::{Value, json};

use super::Outbox;
use crate::stories::text;
use crate::support::database::{TestDatabase, on_both};

fn refusal() -> MailFailure {
    MailFailure::Recipient("the recipient's mail server refused it: 550".into())
}

/// Sam supervises Corktown and the lead can be written to; Dana was warned on Thursday 2026-04-02 of Wednesday 04-08, and
/// on Tuesday her last day begins.
async fn last_day(database: &TestDatabase) -> Outbox {
    let outbox = Outbox::on(database).await;
    outbox
        .supervisor("sam", "Sam", "sam@corktown.example")
        .await;
    outbox.lead("help@hand.example").await;
    outbox.complete_at("2026-04-02T13:00:00Z").await;
    outbox.sweep().await;
    outbox.sent().await;
    outbox.complete_at("2026-04-06T13:00:00Z").await;
    outbox.sent().await;
    outbox.complete_at("2026-04-07T13:00:00Z").await;
    outbox.sweep().await;
    outbox
}

/// The messages of a kind that stand so.
async fn of_kind(outbox: &Outbox, kind: &str, state: &str) -> Vec<Value> {
    let messages = outbox.messages().await;
    let found = messages
        .into_iter()
        .filter(|message| message["kind"] == kind && message["state"] == state);
    found.collect()
}

const DEAD: &str = "Mail about this to Sam Okafor was refused or came back.";

#[test]
fn an_alert_that_a_supervisors_server_refuses_goes_to_the_lead_and_no_further() {
    on_both(|database| async move {
        let outbox = last_day(&database).await;
        outbox.caught.fail(Some(refusal()));
        outbox.sent().await;
        outbox.caught.fail(None);
        assert_eq!(of_kind(&outbox, "duty", "refused").await.len(), 1);
        let mails = outbox.sent().await;
        assert_eq!(mails.len(), 1, "{mails:?}");
        let (to, said) = &mails[0];
        assert_eq!(to, "help@hand.example");
        assert!(
            said.contains("This is the last day. Dana Whitfield") && said.contains(DEAD),
            "{said}"
        );
        assert!(outbox.sent().await.is_empty(), "once");
    });
    on_both(|database| async move {
        let outbox = last_day(&database).await;
        outbox.caught.fail(Some(refusal()));
        for _ in 0..4 {
            outbox.sweep().await;
            outbox.sent().await;
        }
        outbox.caught.fail(None);
        // Sam's and the lead's, and nobody is alerted of the alert.
        assert_eq!(of_kind(&outbox, "duty", "refused").await.len(), 2);
        outbox.sweep().await;
        assert!(outbox.sent().await.is_empty());
        let waiting = outbox.waiting().await;
        assert_eq!(waiting.len(), 1, "{waiting:?}");
        assert_eq!(
            (&waiting[0]["kind"], &waiting[0]["status"]),
            (&json!("last_day"), &json!("undeliverable"))
        );
    });
}

#[test]
fn an_alert_that_came_back_is_told_to_the_others_and_the_lead() {
    on_both(|database| async move {
        let outbox = last_day(&database).await;
        outbox
            .supervisor("kim", "Kim", "kim@corktown.example")
            .await;
        outbox.sent().await;
        let sent = of_kind(&outbox, "duty", "sent").await.remove(0);
        let path = format!("/v1/messages/{}/bounce", text(&sent["id"]));
        let story = &outbox.logins.story;
        outbox.logins.story.at("2026-04-07T15:00:00Z");
        let early = json!({ "bounced_at": "2026-04-07T12:59:59Z" });
        let refused = story.post("help_desk", &path, &early).await;
        assert_eq!(refused.faults(), ["/bounced_at"]);
        // What is said of Dana's license Dana does not make void.
        let help_desk = hmis_licensing::application::actor::Role::HelpDesk;
        story.grant("dana", help_desk, None, Some(story.dana)).await;
        let refused = story.post("dana", &path, &json!({})).await;
        refused.problem(403, "own_case");
        let bounced = story.post("help_desk", &path, &json!({})).await.expect(200);
        assert_eq!(bounced["state"], "refused");
        let again = story.post("help_desk", &path, &json!({})).await;
        again.problem(409, "transition_refused");
        let mails = outbox.sent().await;
        let alerts: Vec<&str> = mails
            .iter()
            .filter(|(_, said)| said.contains("This is the last day.") && said.contains(DEAD))
            .map(|(to, _)| to.as_str())
            .collect();
        assert_eq!(alerts, ["help@hand.example", "kim@corktown.example"]);
        // Of what Dana herself was told each notice bounces.
        let own = of_kind(&outbox, "own", "sent").await.remove(0);
        let path = format!("/v1/messages/{}/bounce", text(&own["id"]));
        let refused = story.post("help_desk", &path, &json!({})).await;
        refused.problem(409, "transition_refused");
    });
}

#[test]
fn a_warning_that_only_a_supervisor_was_told_counts_no_longer_once_it_came_back() {
    on_both(|database| async move {
        comes_back(&database, "messages").await;
    });
    on_both(|database| async move {
        comes_back(&database, "notices").await;
    });
}

/// It is said of the message, or of the notice.
async fn comes_back(database: &TestDatabase, of: &str) {
    let outbox = Outbox::on(database).await;
    outbox
        .supervisor("sam", "Sam", "sam@corktown.example")
        .await;
    outbox.logins.story.at("2026-03-04T13:00:00Z");
    outbox
        .rules("2026-03-06T13:00:00Z", |document| {
            document["license_types"]["end_user"]["inactivity"]["off_rule"]["steps"][0]["tells"] =
                json!(["supervisors"]);
        })
        .await;
    outbox.lead("help@hand.example").await;
    outbox.complete_at("2026-04-02T13:00:00Z").await;
    outbox.sent().await;
    outbox.sweep().await;
    assert_eq!(outbox.sent().await.len(), 1);
    assert_eq!(outbox.logins.state().await, "warned");
    let sent = match of {
        "messages" => of_kind(&outbox, "duty", "sent").await.remove(0),
        _ => outbox.notices().await.remove(0),
    };
    let path = format!("/v1/{of}/{}/bounce", text(&sent["id"]));
    let story = &outbox.logins.story;
    outbox.complete_at("2026-04-03T13:00:00Z").await;
    story.post("help_desk", &path, &json!({})).await.expect(200);
    assert_eq!(outbox.logins.state().await, "active", "nobody was told");
    outbox.sweep().await;
    let mails = outbox.sent().await;
    assert_eq!(mails.len(), 1, "not to the same mailbox: {mails:?}");
    let (to, said) = &mails[0];
    assert_eq!(to, "help@hand.example");
    assert!(
        said.contains("Dana Whitfield has not logged in")
            && said.contains("Thursday, 9 April 2026")
            && said.contains(DEAD),
        "{said}"
    );
    assert_eq!(outbox.logins.state().await, "warned");
    // Whoever was told in Sam's place reads that it no longer holds.
    outbox.complete_at("2026-04-04T13:00:00Z").await;
    let login = outbox
        .logins
        .login("saturday", "2026-04-04T08:00:00-04:00")
        .await;
    login.expect(201);
    outbox.sweep().await;
    let mails = outbox.sent().await;
    assert_eq!(mails.len(), 1, "{mails:?}");
    assert_eq!(mails[0].0, "help@hand.example");
    assert!(mails[0].1.contains("no longer holds"), "{}", mails[0].1);
}

#[test]
fn a_digest_that_is_refused_goes_to_the_lead_once() {
    on_both(|database| async move {
        let outbox = Outbox::on(&database).await;
        let story = &outbox.logins.story;
        outbox
            .supervisor("sam", "Sam", "sam@corktown.example")
            .await;
        outbox.lead("help@hand.example").await;
        outbox.complete_at("2026-03-09T13:00:00Z").await;
        story
            .depart_dana("help_desk", "2026-03-13T17:00:00-04:00")
            .await;
        outbox.caught.fail(Some(refusal()));
        outbox.sent().await;
        outbox.caught.fail(None);
        let mails = outbox.sent().await;
        assert_eq!(mails.len(), 1, "{mails:?}");
        let (to, said) = &mails[0];
        assert_eq!(to, "help@hand.example");
        assert!(
            said.contains("Dana Whitfield: employment ends") && said.contains(DEAD),
            "{said}"
        );
        assert!(outbox.sent().await.is_empty(), "once");
    });
}
