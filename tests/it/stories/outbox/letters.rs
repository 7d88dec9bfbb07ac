//! What somebody was told by a letter of the staff's own is taken back like what the service said.

use hmis_licensing::application::ports::MailFailure;
use serde_json::json;

use super::Outbox;
use crate::stories::text;
use crate::support::database::on_both;

/// Dana's warning of Thursday 2026-04-02, as the help desk gives it without the service: she loses access on 04-08.
async fn letter(outbox: &Outbox) -> String {
    let logins = &outbox.logins;
    logins.story.at("2026-04-02T13:00:00Z");
    let notice = logins.warn("2026-03-02", "2026-04-08").await.expect(201);
    assert_eq!(logins.state().await, "warned");
    text(&notice["id"]).to_owned()
}

async fn login(outbox: &Outbox) {
    outbox.complete_at("2026-04-03T13:00:00Z").await;
    let login = outbox
        .logins
        .login("friday", "2026-04-03T08:00:00-04:00")
        .await;
    login.expect(201);
}

#[test]
fn a_login_takes_a_letter_back_by_mail_once() {
    on_both(|database| async move {
        let outbox = Outbox::on(&database).await;
        letter(&outbox).await;
        login(&outbox).await;
        assert_eq!(outbox.sweep().await, 1);
        assert_eq!(outbox.sweep().await, 0, "once");
        let mails = outbox.send().await;
        assert_eq!(mails.len(), 1);
        assert_eq!(mails[0].to, "dana@corktown.example");
        let said = &mails[0].plain;
        assert!(
            said.contains("We wrote to you about Wednesday, 8 April 2026. That no longer holds"),
            "{said}"
        );
        outbox.complete_at("2026-04-06T13:00:00Z").await;
        outbox
            .logins
            .login("monday again", "2026-04-06T08:00:00-04:00")
            .await
            .expect(201);
        outbox.sweep().await;
        assert!(outbox.send().await.is_empty(), "once");
    });
}

#[test]
fn without_an_address_the_retraction_waits_for_staff() {
    on_both(|database| async move {
        let outbox = Outbox::with(&database, None).await;
        letter(&outbox).await;
        login(&outbox).await;
        outbox.sweep().await;
        assert!(outbox.send().await.is_empty());
        let waiting = outbox.waiting().await;
        assert_eq!(waiting.len(), 1, "{waiting:?}");
        assert_eq!(
            (&waiting[0]["kind"], &waiting[0]["status"]),
            (&json!("retraction"), &json!("undeliverable"))
        );
        let path = format!("/v1/notices/{}/delivery", text(&waiting[0]["id"]));
        let called = json!({ "channel": "phone", "named_on": waiting[0]["named_on"] });
        let story = &outbox.logins.story;
        story.post("help_desk", &path, &called).await.expect(200);
        assert!(outbox.waiting().await.is_empty());
        assert_eq!(outbox.logins.state().await, "active");
    });
}

#[test]
fn what_was_corrected_or_came_true_is_not_taken_back() {
    on_both(|database| async move {
        let outbox = Outbox::on(&database).await;
        let notice = letter(&outbox).await;
        let path = format!("/v1/notices/{notice}/bounce");
        let story = &outbox.logins.story;
        story.post("help_desk", &path, &json!({})).await.expect(200);
        login(&outbox).await;
        outbox.sweep().await;
        assert!(outbox.send().await.is_empty(), "it never arrived");
    });
    on_both(|database| async move {
        let outbox = Outbox::on(&database).await;
        letter(&outbox).await;
        outbox.complete_at("2026-04-08T13:00:00Z").await;
        outbox.sweep().await;
        assert_eq!(outbox.logins.state().await, "deactivated");
        assert!(outbox.send().await.is_empty(), "it came true");
    });
}

/// Sam supervises Corktown; Dana was warned by mail on Thursday 2026-04-02 and logged in on Friday.
async fn saved(database: &crate::support::database::TestDatabase) -> Outbox {
    let outbox = Outbox::on(database).await;
    outbox
        .supervisor("sam", "Sam", "sam@corktown.example")
        .await;
    outbox.complete_at("2026-04-02T13:00:00Z").await;
    outbox.sent().await;
    outbox.sweep().await;
    assert_eq!(outbox.sent().await.len(), 1);
    login(&outbox).await;
    outbox.sweep().await;
    outbox
}

#[test]
fn a_retraction_that_is_refused_shows_that_the_mailbox_is_dead() {
    on_both(|database| async move {
        let outbox = saved(&database).await;
        let refusal = MailFailure::Recipient("the recipient's mail server refused it: 550".into());
        outbox.caught.fail(Some(refusal));
        outbox.sent().await;
        outbox.caught.fail(None);
        outbox.sweep().await;
        let mails = outbox.sent().await;
        assert_eq!(mails.len(), 1, "{mails:?}");
        assert_eq!(mails[0].0, "sam@corktown.example");
        assert!(
            mails[0].1.contains("do not reach Dana Whitfield"),
            "{}",
            mails[0].1
        );
        // Somebody calls her.
        let waiting = outbox.waiting().await;
        assert_eq!(
            (waiting.len(), &waiting[0]["kind"]),
            (1, &json!("retraction"))
        );
        let path = format!("/v1/notices/{}/delivery", text(&waiting[0]["id"]));
        let called = json!({ "channel": "phone", "named_on": waiting[0]["named_on"] });
        let story = &outbox.logins.story;
        story.post("help_desk", &path, &called).await.expect(200);
        outbox.sweep().await;
        let mails = outbox.sent().await;
        assert_eq!(mails.len(), 1, "{mails:?}");
        assert!(mails[0].1.contains("no longer holds"), "{}", mails[0].1);
        outbox.complete_at("2026-04-11T13:00:00Z").await;
        outbox.sweep().await;
        assert!(outbox.logins.allowed("").await);
    });
}

#[test]
fn a_retraction_that_came_back_fails_like_a_notice_and_goes_to_a_corrected_address() {
    on_both(|database| async move {
        let outbox = saved(&database).await;
        assert_eq!(outbox.sent().await.len(), 1);
        let story = &outbox.logins.story;
        let path = format!("/v1/notices?license_id={}", outbox.logins.license);
        // Given, it stands in no list of what waits; its id is that of its message's notice.
        let known = story.list("help_desk", &path).await;
        assert!(known.iter().all(|notice| notice["kind"] != "retraction"));
        let sweeps = story.list("admin", "/v1/sweeps").await;
        assert!(sweeps.iter().any(|sweep| {
            sweep["notices"]
                .as_array()
                .is_some_and(|notices| notices.iter().any(|one| one["kind"] == "retraction"))
        }));
        let id = retraction(&outbox).await;
        outbox.complete_at("2026-04-04T13:00:00Z").await;
        let path = format!("/v1/notices/{id}/bounce");
        let early = json!({ "bounced_at": "2026-04-03T12:00:00Z" });
        let refused = story.post("help_desk", &path, &early).await;
        assert_eq!(refused.faults(), ["/bounced_at"]);
        let bounced = story.post("help_desk", &path, &json!({})).await.expect(200);
        assert_eq!(bounced["status"], "undeliverable");
        let again = story.post("help_desk", &path, &json!({})).await;
        again.problem(409, "transition_refused");
        outbox.sweep().await;
        let mails = outbox.sent().await;
        assert_eq!(mails.len(), 1, "{mails:?}");
        assert!(
            mails[0].1.contains("do not reach Dana Whitfield"),
            "{}",
            mails[0].1
        );
        super::confirm(&outbox.logins, "d.whitfield@corktown.example").await;
        outbox.sweep().await;
        let mails = outbox.sent().await;
        let to: Vec<&str> = mails.iter().map(|(to, _)| to.as_str()).collect();
        assert_eq!(to, ["d.whitfield@corktown.example", "sam@corktown.example"]);
        for (to, said) in &mails {
            assert!(said.contains("no longer holds"), "{to}: {said}");
        }
    });
}

#[test]
fn under_the_hold_whoever_is_called_about_a_day_that_is_over_is_let_in_again() {
    on_both(|database| async move {
        let outbox = Outbox::on(&database).await;
        outbox
            .supervisor("sam", "Sam", "sam@corktown.example")
            .await;
        outbox.logins.story.at("2026-04-02T13:00:00Z");
        outbox.sent().await;
        let letter = outbox.logins.warn("2026-03-02", "2026-04-30").await;
        letter.expect(201);
        login(&outbox).await;
        outbox.sweep().await;
        let refusal = MailFailure::Recipient("the recipient's mail server refused it: 550".into());
        outbox.caught.fail(Some(refusal));
        outbox.sent().await;
        outbox.caught.fail(None);
        outbox.sweep().await;
        assert_eq!(outbox.sent().await.len(), 1, "Sam is told");
        outbox.complete_at("2026-04-13T13:00:00Z").await;
        outbox.sweep().await;
        assert_eq!(outbox.logins.state().await, "suspended");
        // The day that she feared is over, and still nobody reached her.
        outbox.complete_at("2026-05-01T13:00:00Z").await;
        outbox.sweep().await;
        let waiting = outbox.waiting().await;
        assert_eq!(waiting.len(), 1, "{waiting:?}");
        assert_eq!(
            (&waiting[0]["kind"], &waiting[0]["named_on"]),
            (&json!("retraction"), &json!("2026-04-30"))
        );
        let path = format!("/v1/notices/{}/delivery", text(&waiting[0]["id"]));
        let story = &outbox.logins.story;
        let other = json!({ "channel": "phone", "named_on": "2026-04-29" });
        let refused = story.post("help_desk", &path, &other).await;
        assert_eq!(refused.faults(), ["/named_on"]);
        let called = json!({ "channel": "phone", "named_on": "2026-04-30" });
        story.post("help_desk", &path, &called).await.expect(200);
        assert_eq!(outbox.logins.state().await, "active");
        assert!(outbox.waiting().await.is_empty());
    });
}

/// The id of the retraction that was queued for Dana.
async fn retraction(outbox: &Outbox) -> String {
    use hmis_licensing::application::ports::{StoreExt, View};
    use hmis_licensing::domain::outgoing::NoticeKind;
    let license = outbox.logins.license.parse().unwrap();
    let app = &outbox.logins.story.app.app;
    let queued = app
        .store()
        .read(move |view: &mut dyn View| view.queued_of_licenses(&[license]));
    let queued = queued.await.unwrap();
    let found = queued
        .iter()
        .find(|notice| notice.kind == NoticeKind::Retraction && notice.retracts.is_some());
    found.unwrap().id.to_string()
}
