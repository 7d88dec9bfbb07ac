//! Access decisions are right at every instant although no job runs and nothing is recorded between two of them.

use serde_json::json;

use super::Logins;
use crate::support::database::on_both;

#[test]
fn a_decision_is_never_kept_past_the_next_change_nor_five_minutes() {
    on_both(|database| async move {
        let logins = Logins::on(&database).await;
        logins.warned().await;
        let story = &logins.story;
        // No heartbeat comes: the cut-off takes effect after the lag.
        story.at("2026-04-09T03:50:00Z");
        let decision = story.sign_in("").await;
        assert_eq!(decision["allowed"], true);
        assert_eq!(decision["recheck_after"], "2026-04-09T03:55:00Z");
        assert_eq!(decision["next_automatic_change_at"], "2026-04-09T04:00:00Z");
        story.at("2026-04-09T03:58:00Z");
        let decision = story.sign_in("").await;
        assert_eq!(decision["recheck_after"], "2026-04-09T04:00:00Z");
        story.at("2026-04-09T04:00:00Z");
        let decision = story.sign_in("").await;
        assert_eq!(decision["allowed"], false);
        assert_eq!(decision["reason"], "not_allowed");
        // Asked again about the past, it answers by what was known then.
        assert!(logins.allowed("&at=2026-04-09T03:59:59.999999Z").await);
        assert!(!logins.allowed("&at=2026-04-09T04:00:00Z").await);
    });
}

#[test]
fn a_decision_about_the_past_knows_no_login_notice_or_heartbeat_recorded_since() {
    on_both(|database| async move {
        let logins = Logins::on(&database).await;
        logins.warned().await;
        let story = &logins.story;
        story.at("2026-04-08T06:00:00Z");
        logins.beat("2026-04-08T06:00:00Z").await.expect(201);
        assert!(!logins.allowed("").await);
        assert!(logins.allowed("&at=2026-04-08T05:59:59Z").await);
        // The login that would have saved arrives too late: the end stays, contested, for staff to decide.
        story.at("2026-04-08T12:00:00Z");
        let late = logins
            .login("saves", "2026-04-07T12:00:00Z")
            .await
            .expect(201);
        assert_eq!(late["outcome"], "accepted");
        assert!(!logins.allowed("").await);
        assert_eq!(logins.state().await, "deactivated");
    });
}

#[test]
fn the_end_of_participation_acts_at_its_instant() {
    on_both(|database| async move {
        let logins = Logins::on(&database).await;
        let story = &logins.story;
        let path = format!("/v1/organizations/{}/participations", story.corktown);
        let body = json!({ "from_on": "2020-01-01", "to_on": "2026-03-31" });
        let answer = story.post("admin", &path, &body).await;
        assert!(answer.status.is_success(), "{}", answer.text);
        story.at("2026-04-01T03:59:59Z");
        assert!(logins.allowed("").await);
        story.at("2026-04-01T04:00:00Z");
        assert!(!logins.allowed("").await);
        story.get("frontend", "/v1/access-decisions?implementation=hand&system=hmis_user_id&external_id=41&at=2026-04-01T04:00:01Z")
            .await
            .problem(422, "invalid");
    });
}
