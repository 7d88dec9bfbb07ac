//! A failure on the recipient's side: whoever is responsible is told at once, and it is settled or the license is held.

use hmis_licensing::application::ports::MailFailure;
use serde_json::json;

use super::{Outbox, confirm};
use crate::stories::text;
use crate::support::database::on_both;

/// Dana's notice of Thursday 2026-04-02 was refused for good; Sam was told of it.
async fn refused(database: &crate::support::database::TestDatabase) -> Outbox {
    let outbox = Outbox::on(database).await;
    outbox
        .supervisor("sam", "Sam", "sam@corktown.example")
        .await;
    outbox.complete_at("2026-04-02T13:00:00Z").await;
    outbox.sent().await;
    outbox.sweep().await;
    let refusal = MailFailure::Recipient("the recipient's mail server refused it: 550".into());
    outbox.caught.fail(Some(refusal));
    outbox.sent().await;
    outbox.caught.fail(None);
    let mails = outbox.sent().await;
    assert_eq!(mails.len(), 1, "{mails:?}");
    assert_eq!(mails[0].0, "sam@corktown.example");
    let said = &mails[0].1;
    assert!(said.contains("do not reach Dana Whitfield"), "{said}");
    assert!(said.contains("Friday, 10 April 2026"), "{said}");
    outbox
}

#[test]
fn unsettled_for_five_business_days_the_license_is_held_until_an_address_is_corrected() {
    on_both(|database| async move {
        let outbox = refused(&database).await;
        outbox.complete_at("2026-04-10T03:59:00Z").await;
        assert!(outbox.logins.allowed("").await);
        outbox.complete_at("2026-04-10T04:00:00Z").await;
        assert!(!outbox.logins.allowed("").await);
        outbox.sweep().await;
        assert_eq!(outbox.logins.state().await, "suspended");
        let story = &outbox.logins.story;
        let path = format!("/v1/licenses/{}/explanation", outbox.logins.license);
        let explained = story.get("help_desk", &path).await.expect(200);
        let said = explained.to_string();
        assert!(said.contains("notices do not reach the person"), "{said}");
        confirm(&outbox.logins, "d.whitfield@corktown.example").await;
        assert!(outbox.logins.allowed("").await);
        assert_eq!(outbox.logins.state().await, "active");
    });
}

#[test]
fn a_delivery_by_telephone_settles_it_and_starts_the_grace() {
    on_both(|database| async move {
        let outbox = refused(&database).await;
        outbox.complete_at("2026-04-03T13:00:00Z").await;
        let waiting = outbox.waiting().await;
        assert_eq!(waiting.len(), 1);
        assert_eq!(waiting[0]["status"], "undeliverable");
        let path = format!("/v1/notices/{}/delivery", text(&waiting[0]["id"]));
        let story = &outbox.logins.story;
        // Backdated before it was due: nobody can have been told of it then.
        let backdated = json!({
            "channel": "phone", "named_on": "2026-04-09", "given_at": "2026-03-30T13:00:00Z",
        });
        let refused = story.post("help_desk", &path, &backdated).await;
        refused.problem(409, "transition_refused");
        // Backdated to the day it was due: the grace starts 24 hours before the recording at the earliest.
        let called = json!({
            "channel": "phone", "named_on": "2026-04-08", "given_at": "2026-04-02T04:30:00Z",
        });
        let given = story.post("help_desk", &path, &called).await.expect(200);
        assert_eq!(given["status"], "counts");
        assert_eq!(outbox.logins.state().await, "warned");
        outbox.complete_at("2026-04-08T04:00:01Z").await;
        assert!(
            !outbox.logins.allowed("").await,
            "the grace ran from the call"
        );
        outbox.sweep().await;
        assert_eq!(outbox.logins.state().await, "deactivated");
    });
}

#[test]
fn whoever_is_reached_under_the_hold_is_not_held_any_longer() {
    on_both(|database| async move {
        let outbox = refused(&database).await;
        outbox.complete_at("2026-04-10T13:00:00Z").await;
        outbox.sweep().await;
        assert_eq!(outbox.logins.state().await, "suspended");
        let waiting = outbox.waiting().await;
        assert_eq!(waiting.len(), 1);
        let path = format!("/v1/notices/{}/delivery", text(&waiting[0]["id"]));
        let story = &outbox.logins.story;
        for (given_at, named_on, faults) in [
            (
                "2026-04-10T13:00:00Z",
                "2126-04-16",
                ["/named_on"].as_slice(),
            ),
            ("2026-04-10T13:00:00Z", "2026-04-10", &["/named_on"]),
            ("2026-04-10T13:05:01Z", "2026-04-16", &["/given_at"]),
            // It was due on the second: nobody can have been told before.
            ("2026-04-02T03:59:59Z", "2026-04-16", &["/given_at"]),
            (
                "2026-04-12T13:00:00Z",
                "2126-04-16",
                &["/given_at", "/named_on"],
            ),
        ] {
            let body = json!({ "channel": "phone", "given_at": given_at, "named_on": named_on });
            let refused = story.post("help_desk", &path, &body).await;
            refused.problem(422, "invalid");
            assert_eq!(refused.faults(), faults, "{body}");
            assert_eq!(outbox.logins.state().await, "suspended");
        }
        let called = json!({ "channel": "in_person", "named_on": "2026-04-16" });
        let given = story.post("help_desk", &path, &called).await.expect(200);
        assert_eq!(given["status"], "void", "the suspension made it void");
        assert_eq!(outbox.logins.state().await, "active");
        // The day that she was told no longer holds, which somebody has to tell her too.
        let waiting = outbox.waiting().await;
        assert_eq!(waiting.len(), 1);
        assert_eq!(waiting[0]["kind"], "retraction");
    });
}

#[test]
fn a_bounce_after_the_sending_voids_the_notice_and_goes_to_the_supervisors_at_once() {
    on_both(|database| async move {
        let outbox = Outbox::on(&database).await;
        outbox
            .supervisor("sam", "Sam", "sam@corktown.example")
            .await;
        outbox.complete_at("2026-04-02T13:00:00Z").await;
        outbox.sent().await;
        outbox.sweep().await;
        assert_eq!(outbox.sent().await.len(), 1);
        assert_eq!(outbox.logins.state().await, "warned");
        outbox.complete_at("2026-04-03T13:00:00Z").await;
        let notice = outbox.notices().await.remove(0);
        let path = format!("/v1/notices/{}/bounce", text(&notice["id"]));
        let story = &outbox.logins.story;
        story.post("help_desk", &path, &json!({})).await.expect(200);
        assert_eq!(
            outbox.logins.state().await,
            "active",
            "void from its recording"
        );
        outbox.sweep().await;
        let mails = outbox.sent().await;
        assert_eq!(mails.len(), 1, "{mails:?}");
        assert_eq!(mails[0].0, "sam@corktown.example");
        // Five business days from Friday 04-03 end on Friday 04-10.
        assert!(
            mails[0].1.contains("Saturday, 11 April 2026"),
            "{}",
            mails[0].1
        );
        outbox.complete_at("2026-04-11T04:00:00Z").await;
        assert!(!outbox.logins.allowed("").await);
    });
}

#[test]
fn a_login_makes_the_failed_notice_needless_and_the_supervisor_is_told_so() {
    on_both(|database| async move {
        let outbox = refused(&database).await;
        outbox.logins.story.at("2026-04-03T13:00:00Z");
        outbox
            .logins
            .login("friday", "2026-04-03T08:00:00-04:00")
            .await
            .expect(201);
        outbox.sweep().await;
        let mails = outbox.sent().await;
        assert_eq!(mails.len(), 1, "{mails:?}");
        assert!(mails[0].1.contains("no longer holds"), "{}", mails[0].1);
        outbox.complete_at("2026-04-10T04:00:00Z").await;
        assert!(outbox.logins.allowed("").await);
    });
}

#[test]
fn an_address_with_a_line_break_is_refused_wherever_mail_could_go() {
    on_both(|database| async move {
        let outbox = Outbox::on(&database).await;
        let story = &outbox.logins.story;
        for email in [
            "dana@corktown.example\r\nBcc: all@x.example",
            "dana@corktown.example\n",
            "da\u{2028}na@corktown.example",
        ] {
            let path = format!("/v1/people/{}/emails", story.dana);
            let body = json!({ "email": email, "organization_id": story.corktown });
            let refused = story.post("help_desk", &path, &body).await;
            refused.problem(422, "invalid");
            assert_eq!(refused.faults(), ["/email"], "{email:?}");
            let contact = json!({
                "organization_id": story.corktown,
                "duty": "authorized_signer",
                "name": "Pat Delacroix",
                "email": email,
                "from_on": "2026-01-01",
            });
            let refused = story
                .post("admin", "/v1/organization-contacts", &contact)
                .await;
            refused.problem(422, "invalid");
            assert_eq!(refused.faults(), ["/email"], "{email:?}");
        }
    });
}
