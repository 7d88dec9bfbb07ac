//! Whoever comes back is told until when the first login is required.

use serde_json::json;

use super::Outbox;
use crate::stories::text;
use crate::support::database::on_both;

#[test]
fn a_reactivated_user_is_told_the_day_before_he_is_cut_off_for_want_of_a_login() {
    on_both(|database| async move {
        let outbox = Outbox::on(&database).await;
        outbox.logins.story.at("2026-03-04T13:00:00Z");
        outbox
            .rules("2026-03-06T13:00:00Z", |document| {
                document["license_types"]["end_user"]["inactivity"]["first_login_within"] =
                    json!({ "days": 2 });
            })
            .await;
        outbox.complete_at("2026-04-02T13:00:00Z").await;
        outbox.sweep().await;
        assert_eq!(outbox.send().await.len(), 1);
        outbox.complete_at("2026-04-08T13:00:00Z").await;
        outbox.sweep().await;
        assert_eq!(outbox.logins.state().await, "deactivated");

        let story = &outbox.logins.story;
        let license = &outbox.logins.license;
        let shown = story.license("admin", license).await;
        let path = format!("/v1/licenses/{license}/reactivate");
        let back = json!({ "expected_version": shown["version"] });
        story.post("admin", &path, &back).await.expect(200);
        assert_eq!(outbox.sweep().await, 1);
        assert_eq!(outbox.sweep().await, 0, "once");
        let waiting = outbox.waiting().await;
        assert_eq!((waiting.len(), text(&waiting[0]["kind"])), (1, "return"));
        let mails = outbox.send().await;
        assert_eq!(mails.len(), 1);
        let said = &mails[0].plain;
        for part in [
            "You have had access to the HMIS since Wednesday, 8 April 2026.",
            "Log in by the end of Friday, 10 April 2026: otherwise you lose access at the beginning of Saturday, 11 April 2026.",
            "Questions? Ask HAND HMIS, Detroit",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
        assert_eq!(outbox.logins.state().await, "active", "it is no warning");
        assert_eq!(outbox.sweep().await, 0);
        assert!(outbox.send().await.is_empty(), "once");
        outbox.complete_at("2026-04-11T03:59:59Z").await;
        assert!(outbox.logins.allowed("").await);
        outbox.complete_at("2026-04-11T04:00:01Z").await;
        assert!(!outbox.logins.allowed("").await);
        outbox.sweep().await;
        assert!(outbox.send().await.is_empty(), "what was told came true");
    });
}
