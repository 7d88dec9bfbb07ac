//! What supervisors and signers are told of other people's licenses, and what not.

use hmis_licensing::application::ports::MailFailure;
use serde_json::json;

use super::Outbox;
use crate::stories::text;
use crate::support::database::on_both;

/// Corktown's step tells these, from Friday 2026-03-06 on.
async fn telling(outbox: &Outbox, tells: &[&str]) {
    outbox.logins.story.at("2026-03-04T13:00:00Z");
    outbox
        .rules("2026-03-06T13:00:00Z", |document| {
            document["license_types"]["end_user"]["inactivity"]["off_rule"]["steps"][0]["tells"] =
                json!(tells);
        })
        .await;
}

#[test]
fn each_recipient_gets_his_own_message_and_the_users_starts_the_grace() {
    on_both(|database| async move {
        let outbox = Outbox::on(&database).await;
        outbox
            .supervisor("sam", "Sam", "sam@corktown.example")
            .await;
        outbox
            .supervisor("kim", "Kim", "kim@corktown.example")
            .await;
        telling(&outbox, &["user", "supervisors"]).await;
        outbox.complete_at("2026-04-02T13:00:00Z").await;
        // This week's digest was begun before anything was due.
        outbox.sent().await;
        assert_eq!(outbox.sweep().await, 1, "one notice, whoever it goes to");
        // Dana's mailbox cannot be reached for now, and a copy starts nothing.
        let mails = outbox.sent().await;
        let to: Vec<&str> = mails.iter().map(|(to, _)| to.as_str()).collect();
        assert_eq!(
            to,
            [
                "dana@corktown.example",
                "kim@corktown.example",
                "sam@corktown.example"
            ]
        );
        assert!(mails[0].1.contains("You have not logged in"));
        for (to, said) in &mails[1..] {
            assert!(
                said.contains("Dana Whitfield has not logged in"),
                "{to}: {said}"
            );
            assert!(said.contains("Wednesday, 8 April 2026"), "{to}: {said}");
            assert!(!said.contains("you lose access"), "{to}: {said}");
        }
        assert!(outbox.sent().await.is_empty(), "once");
        assert_eq!(outbox.logins.state().await, "warned");
        let notices = outbox.notices().await;
        assert_eq!(notices.len(), 1);
        assert_eq!(notices[0]["tells"], json!(["user"]));

        // A login takes it back with everybody who was told.
        outbox.logins.story.at("2026-04-03T13:00:00Z");
        outbox
            .logins
            .login("friday", "2026-04-03T08:00:00-04:00")
            .await
            .expect(201);
        outbox.sweep().await;
        let mails = outbox.sent().await;
        assert_eq!(mails.len(), 3, "{mails:?}");
        for (to, said) in &mails {
            assert!(said.contains("no longer holds"), "{to}: {said}");
        }
    });
}

#[test]
fn a_copy_that_fails_or_comes_first_starts_no_grace_for_a_step_that_tells_the_user() {
    on_both(|database| async move {
        let outbox = Outbox::with(&database, None).await;
        outbox
            .supervisor("sam", "Sam", "sam@corktown.example")
            .await;
        telling(&outbox, &["user", "supervisors"]).await;
        outbox.complete_at("2026-04-02T13:00:00Z").await;
        outbox.sweep().await;
        let mails = outbox.sent().await;
        assert!(
            mails
                .iter()
                .any(|(_, said)| said.contains("has not logged in"))
        );
        assert_eq!(
            outbox.logins.state().await,
            "active",
            "the user was not told"
        );
    });
}

#[test]
fn where_a_step_tells_only_supervisors_the_first_who_is_told_starts_the_grace() {
    on_both(|database| async move {
        let outbox = Outbox::on(&database).await;
        outbox
            .supervisor("sam", "Sam", "sam@corktown.example")
            .await;
        telling(&outbox, &["supervisors"]).await;
        outbox.complete_at("2026-04-02T13:00:00Z").await;
        outbox.sent().await;
        outbox.sweep().await;
        outbox
            .caught
            .fail(Some(MailFailure::Ours("it could not be reached".into())));
        outbox.sent().await;
        assert_eq!(
            outbox.logins.state().await,
            "active",
            "our failure starts nothing"
        );
        outbox.caught.fail(None);
        outbox.complete_at("2026-04-02T14:00:00Z").await;
        let mails = outbox.sent().await;
        assert_eq!(mails.len(), 1);
        assert_eq!(mails[0].0, "sam@corktown.example");
        assert_eq!(outbox.logins.state().await, "warned");
        let notice = outbox.notices().await.remove(0);
        assert_eq!(notice["tells"], json!(["supervisors"]));
        assert_eq!(notice["status"], "counts");
        assert_eq!(notice["named_on"], "2026-04-08");
    });
}

#[test]
fn without_supervisors_the_signer_is_told_and_without_a_signer_the_lead() {
    on_both(|database| async move {
        let outbox = Outbox::on(&database).await;
        telling(&outbox, &["supervisors"]).await;
        let story = &outbox.logins.story;
        // Who supervises and is the user himself is not told in that duty; nor is anybody of another agency.
        story
            .grant(
                "dana",
                hmis_licensing::application::actor::Role::Supervisor,
                Some(story.corktown),
                Some(story.dana),
            )
            .await;
        outbox.signer("pat@corktown.example").await;
        outbox.complete_at("2026-04-02T13:00:00Z").await;
        outbox.sweep().await;
        let mails = outbox.sent().await;
        let about: Vec<&str> = mails
            .iter()
            .filter(|(_, said)| said.contains("has not logged in"))
            .map(|(to, _)| to.as_str())
            .collect();
        assert_eq!(about, ["pat@corktown.example"]);
        assert_eq!(outbox.logins.state().await, "warned");
    });
    on_both(|database| async move {
        let outbox = Outbox::on(&database).await;
        telling(&outbox, &["supervisors"]).await;
        outbox.complete_at("2026-04-02T13:00:00Z").await;
        outbox.sweep().await;
        assert_eq!(
            outbox.waiting().await[0]["status"],
            "undeliverable",
            "the lead has no mail"
        );
        let story = &outbox.logins.story;
        outbox.lead("help@hand.example").await;
        let passed = story.pass("trainer", story.dana, "hand_policy_and_procedure");
        passed.await.expect(201);
        outbox.sweep().await;
        let mails = outbox.sent().await;
        assert_eq!(mails.len(), 1);
        assert_eq!(mails[0].0, "help@hand.example");
    });
}

#[test]
fn one_message_gathers_what_is_due_on_a_day_and_a_refused_supervisor_is_replaced() {
    on_both(|database| async move {
        let outbox = Outbox::on(&database).await;
        let sam = outbox
            .supervisor("sam", "Sam", "sam@corktown.example")
            .await;
        outbox.signer("pat@corktown.example").await;
        telling(&outbox, &["supervisors"]).await;
        outbox.complete_at("2026-04-02T13:00:00Z").await;
        outbox.sent().await;
        outbox.sweep().await;
        let refusal = MailFailure::Recipient("the recipient's mail server refused it: 550".into());
        outbox.caught.fail(Some(refusal));
        outbox.sent().await;
        outbox.caught.fail(None);
        let mails = outbox.sent().await;
        assert_eq!(mails.len(), 1);
        assert_eq!(mails[0].0, "pat@corktown.example", "in Sam's place");
        let messages = outbox.messages().await;
        let duty: Vec<_> = messages
            .iter()
            .filter(|message| message["kind"] == "duty")
            .collect();
        assert_eq!(duty.len(), 2);
        assert_eq!(
            (text(&duty[0]["person_id"]), &duty[0]["state"]),
            (sam.as_str(), &json!("refused"))
        );
        assert!(duty[1].get("person_id").is_none() && duty[1].get("contact_id").is_some());
    });
}

#[test]
fn a_supervisor_who_left_is_told_nothing_and_others_are_in_his_place() {
    on_both(|database| async move {
        let outbox = Outbox::on(&database).await;
        outbox
            .supervisor("sam", "Sam", "sam@corktown.example")
            .await;
        outbox.signer("pat@corktown.example").await;
        telling(&outbox, &["supervisors"]).await;
        outbox.complete_at("2026-04-02T13:00:00Z").await;
        outbox.sent().await;
        outbox.sweep().await;
        outbox.logins.story.revoke("sam").await;
        let mut mails = outbox.sent().await;
        mails.extend(outbox.sent().await);
        let to: Vec<&str> = mails.iter().map(|(to, _)| to.as_str()).collect();
        assert_eq!(to, ["pat@corktown.example"]);
    });
}

#[test]
fn where_nobody_is_there_to_be_told_whoever_comes_is_told_the_next_day() {
    on_both(|database| async move {
        let outbox = Outbox::on(&database).await;
        telling(&outbox, &["supervisors"]).await;
        outbox.complete_at("2026-04-02T13:00:00Z").await;
        outbox.sweep().await;
        assert_eq!(outbox.waiting().await[0]["status"], "undeliverable");
        assert!(outbox.sent().await.is_empty());
        // Nothing is recorded of Dana's license.
        outbox
            .supervisor("sam", "Sam", "sam@corktown.example")
            .await;
        outbox.complete_at("2026-04-03T13:00:01Z").await;
        outbox.sweep().await;
        let mails = outbox.sent().await;
        let told = |(to, said): &&(String, String)| {
            to == "sam@corktown.example" && said.contains("Dana Whitfield has not logged in")
        };
        assert_eq!(mails.iter().filter(told).count(), 1, "{mails:?}");
        assert_eq!(outbox.logins.state().await, "warned");
    });
}

#[test]
fn what_nobody_has_to_be_told_any_more_is_dropped_and_selects_nobody() {
    on_both(|database| async move {
        let outbox = Outbox::on(&database).await;
        let story = &outbox.logins.story;
        story.at("2026-03-04T13:00:00Z");
        outbox
            .rules("2026-03-06T13:00:00Z", |document| {
                let end_user = &mut document["license_types"]["end_user"];
                end_user["inactivity"]["off_rule"]["steps"][0]["tells"] = json!(["supervisors"]);
                end_user["campaigns"] = json!({ "reminders": [], "on_miss": "suspend" });
            })
            .await;
        outbox.complete_at("2026-04-02T13:00:00Z").await;
        outbox.sweep().await;
        let waiting = outbox.waiting().await.remove(0);
        assert_eq!(waiting["status"], "undeliverable");
        let selected = async |as_of: &str| {
            let path = "/v1/sweeps?dry_run=true";
            let sweep = json!({ "implementation_id": story.hand, "as_of": as_of });
            story.post("admin", path, &sweep).await.expect(200)["people"].clone()
        };
        let somebody_may_come = selected("2026-04-03T13:00:00Z").await;
        assert_eq!(somebody_may_come, 1);
        outbox.complete_at("2026-04-03T13:00:00Z").await;
        let login = outbox
            .logins
            .login("friday", "2026-04-03T08:59:00-04:00")
            .await;
        login.expect(201);
        // Something else is due, and the license is looked at.
        outbox
            .campaign(["2026-04-03", "2026-04-04", "2026-05-29"])
            .await;
        outbox.complete_at("2026-04-04T13:00:00Z").await;
        assert_eq!(outbox.sweep().await, 1);
        assert_eq!(selected("2026-04-05T13:00:00Z").await, 0);
        let path = format!("/v1/notices/{}", text(&waiting["id"]));
        let dropped = story.get("help_desk", &path).await.expect(200);
        assert_eq!(dropped["status"], "dropped");
    });
}

#[test]
fn two_processes_gather_and_send_each_copy_once() {
    on_both(|database| async move {
        let outbox = Outbox::on(&database).await;
        outbox
            .supervisor("sam", "Sam", "sam@corktown.example")
            .await;
        telling(&outbox, &["user", "supervisors"]).await;
        outbox.complete_at("2026-04-02T13:00:00Z").await;
        outbox.sweep().await;
        let app = &outbox.logins.story.app.app;
        for _ in 0..3 {
            let (one, other) = futures_util::future::join(
                app.send_messages(&outbox.mailer),
                app.send_messages(&outbox.mailer),
            )
            .await;
            one.unwrap();
            other.unwrap();
        }
        let mails = outbox.caught.take();
        let said = |part: &str| {
            mails
                .iter()
                .filter(|mail| mail.plain.contains(part))
                .count()
        };
        assert_eq!(said("You have not logged in"), 1);
        assert_eq!(said("Dana Whitfield has not logged in"), 1);
        assert!(said("within two weeks, or overdue") <= 1);
    });
}
