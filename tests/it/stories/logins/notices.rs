//! Notices as facts: only what the rules call for is recorded.

use serde_json::json;

use super::super::{text, texts};
use super::Logins;
use crate::support::database::on_both;

#[test]
fn a_notice_is_not_repeated_until_it_bounces_and_then_has_its_full_grace_again() {
    on_both(|database| async move {
        let logins = Logins::on(&database).await;
        let notice = logins.warned().await;
        let story = &logins.story;
        story.at("2026-04-03T13:00:00Z");
        let again = logins.warn("2026-03-02", "2026-04-09").await;
        let needs = again.problem(409, "transition_refused")["needs"].clone();
        assert!(texts(&needs)[0].contains(&notice), "{needs}");
        let path = format!("/v1/notices/{notice}/bounce");
        let ahead = json!({ "bounced_at": "2026-04-03T13:05:01Z" });
        let ahead = story.post("help_desk", &path, &ahead).await;
        assert_eq!(ahead.faults(), ["/bounced_at"]);
        let bounced = story.post("help_desk", &path, &json!({})).await.expect(200);
        assert_eq!(bounced["status"], "bounced");
        assert_eq!(bounced["bounced_at"], "2026-04-03T13:00:00Z");
        assert_eq!(logins.state().await, "active");
        story
            .post("help_desk", &path, &json!({}))
            .await
            .problem(409, "transition_refused");
        let early = logins.warn("2026-03-02", "2026-04-08").await;
        assert_eq!(early.faults(), ["/named_on"]);
        logins.warn("2026-03-02", "2026-04-09").await.expect(201);
        story.at("2026-04-08T05:00:00Z");
        logins.beat("2026-04-08T05:00:00Z").await.expect(201);
        assert!(logins.allowed("").await);
        story.at("2026-04-09T05:00:00Z");
        logins.beat("2026-04-09T05:00:00Z").await.expect(201);
        assert!(!logins.allowed("").await);
        let listed = story.list("admin", "/v1/notices").await;
        let statuses: Vec<&str> = listed.iter().map(|row| text(&row["status"])).collect();
        assert_eq!(statuses, ["bounced", "void"]);
    });
}

#[test]
fn a_notice_that_is_not_due_counts_from_elsewhere_or_lies_ahead_is_refused() {
    on_both(|database| async move {
        let logins = Logins::on(&database).await;
        let story = &logins.story;
        story.at("2026-04-02T13:00:00Z");
        let send = async |change: &dyn Fn(&mut serde_json::Value)| {
            let mut notice = logins.notice("2026-03-02", "2026-04-08");
            change(&mut notice);
            story.post("integration", "/v1/notices", &notice).await
        };
        // Without a login the clock runs from activation, on the same day.
        let anchor = send(&|notice| notice["anchor_on"] = json!("2026-03-03")).await;
        let needs = anchor.problem(409, "transition_refused")["needs"].clone();
        assert!(texts(&needs)[0].contains("2026-03-02"), "{needs}");
        let step = send(&|notice| notice["step"] = json!(1)).await;
        let needs = step.problem(409, "transition_refused")["needs"].clone();
        assert!(texts(&needs)[0].contains("inactivity, step 0"), "{needs}");
        send(&|notice| notice["rule"] = json!("term"))
            .await
            .problem(409, "transition_refused");
        let ahead = send(&|notice| notice["sent_at"] = json!("2026-04-02T13:05:01Z")).await;
        assert_eq!(ahead.faults(), ["/sent_at"]);
        let far = send(&|notice| notice["named_on"] = json!("2062-04-08")).await;
        assert_eq!(far.faults(), ["/named_on"]);
        let early = send(&|notice| notice["sent_at"] = json!("2026-04-01T13:00:00Z")).await;
        early.problem(409, "transition_refused");
        let unknown = send(&|notice| notice["license_id"] = json!(super::super::NOBODY)).await;
        assert_eq!(unknown.faults(), ["/license_id"]);
        assert_eq!(logins.state().await, "active");
        send(&|_| {}).await.expect(201);
        assert_eq!(logins.state().await, "warned");
    });
}

#[test]
fn a_letter_recorded_days_late_starts_its_grace_a_day_before_its_recording() {
    on_both(|database| async move {
        let logins = Logins::on(&database).await;
        let story = &logins.story;
        story.at("2026-04-10T13:00:00Z");
        let mut notice = logins.notice("2026-03-02", "2026-04-08");
        notice["sent_at"] = json!("2026-04-02T13:00:00Z");
        notice["channel"] = json!("letter");
        story
            .post("help_desk", "/v1/notices", &notice)
            .await
            .expect(201);
        // From Thursday 04-09, 09:00: the fifth day ends with Tuesday 04-14.
        let license = story.license("admin", &logins.license).await;
        assert_eq!(license["state"], "warned");
        story.at("2026-04-15T03:59:59Z");
        logins.beat("2026-04-15T03:59:00Z").await.expect(201);
        assert!(logins.allowed("").await);
        story.at("2026-04-15T04:01:00Z");
        logins.beat("2026-04-15T04:01:00Z").await.expect(201);
        assert!(!logins.allowed("").await);
    });
}

#[test]
fn a_missed_recertification_ends_access_on_the_day_a_notice_named_and_not_before() {
    on_both(|database| async move {
        let logins = Logins::on(&database).await;
        let story = &logins.story;
        // Trained on 2026-03-02, so due through 2027-03-02; logins keep the rest out of the way.
        story.at("2027-03-01T13:00:00Z");
        logins
            .login("l-1", "2027-03-01T13:00:00Z")
            .await
            .expect(201);
        let notice = |named_on: &str| {
            json!({
                "license_id": logins.license,
                "rule": "recertification",
                "requirement": "course:hmis_user_training_series",
                "anchor_on": "2026-03-02",
                "named_on": named_on,
                "channel": "email",
                "sent_at": story.app.app.now(),
            })
        };
        let early = story
            .post("help_desk", "/v1/notices", &notice("2027-03-06"))
            .await;
        assert_eq!(early.faults(), ["/named_on"]);
        story
            .post("help_desk", "/v1/notices", &notice("2027-03-07"))
            .await
            .expect(201);
        assert_eq!(logins.state().await, "active");
        story.at("2027-03-07T04:59:59Z");
        assert!(logins.allowed("").await);
        story.at("2027-03-07T05:00:00Z");
        assert!(!logins.allowed("").await);
        assert_eq!(logins.state().await, "deactivated");
    });
}

#[test]
fn a_notice_that_was_recorded_wrongly_is_corrected_while_the_license_runs() {
    on_both(|database| async move {
        let logins = Logins::on(&database).await;
        let story = &logins.story;
        story.at("2026-04-02T13:00:00Z");
        // He said the 8th, and the help desk typed the 18th.
        let wrong = logins.warn("2026-03-02", "2026-04-18").await.expect(201);
        story.at("2026-04-02T15:00:00Z");
        let mut right = logins.notice("2026-03-02", "2026-04-08");
        right["sent_at"] = json!("2026-04-02T13:00:00Z");
        right["supersedes"] = wrong["id"].clone();
        let silent = story.post("help_desk", "/v1/notices", &right).await;
        silent.problem(422, "invalid");
        assert_eq!(silent.faults(), ["/report/reason"]);
        right["report"] = json!({ "reason": "She was told the 8th." });
        let right = story
            .post("help_desk", "/v1/notices", &right)
            .await
            .expect(201);
        assert_eq!(right["status"], "counts");
        assert_eq!(right["report"]["supersedes"], wrong["id"]);
        let path = format!("/v1/notices/{}", text(&wrong["id"]));
        let seen = story.get("admin", &path).await.expect(200);
        assert_eq!(seen["status"], "void");
        assert_eq!(logins.state().await, "warned");
        story.at("2026-04-08T05:00:00Z");
        logins.beat("2026-04-08T05:00:00Z").await.expect(201);
        assert!(!logins.allowed("").await);
        // Once it has ended the license, a bounce says that it never arrived.
        let mut late = logins.notice("2026-03-02", "2026-04-20");
        late["supersedes"] = right["id"].clone();
        late["report"] = json!({ "reason": "She was told the 20th." });
        let problem = story
            .post("help_desk", "/v1/notices", &late)
            .await
            .problem(409, "transition_refused");
        assert!(texts(&problem["needs"])[0].contains("bounce"), "{problem}");
    });
}
