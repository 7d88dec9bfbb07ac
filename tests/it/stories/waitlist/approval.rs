//! A seat from the approval on: denied or queued for where none is free, reserved for some days.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::stories::{Story, text, texts};
use crate::support::database::on_both;

fn at_approval(none_free: &str) -> (&'static str, Value) {
    let needed = json!({ "kind": "approval", "none_free": none_free, "reservation_days": 10 });
    ("/seats/needed_at", needed)
}

#[test]
fn none_free_at_approval_denies_where_the_policy_says_so() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story.cap(1, &[at_approval("deny")]).await;
        let first = story.wants(story.dana, story.corktown).await;
        assert_eq!(story.state_of(&first).await, "onboarding");
        assert_eq!(story.figures().await, [0, 1, 0, 0, 0]);
        let second = story.wants(story.rosalind, story.corktown).await;
        assert_eq!(story.state_of(&second).await, "denied");
        story
            .pass("trainer", story.dana, super::COURSE)
            .await
            .expect(201);
        story.decide("admin", &first, "activate").await.expect(200);
        assert_eq!(story.figures().await, [1, 0, 0, 0, 0]);
    });
}

#[test]
fn none_free_at_approval_queues_before_the_training() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story.cap(1, &[at_approval("queue")]).await;
        let first = story.wants(story.dana, story.corktown).await;
        let second = story.wants(story.rosalind, story.corktown).await;
        let waits = story.ask_of(&second).await;
        assert_eq!(waits["state"], "waitlisted");
        assert!(
            texts(&waits["needs"])
                .iter()
                .any(|need| need.contains("number 1 of 1 in line"))
        );
        story.decide("admin", &first, "withdraw").await.expect(200);
        assert_eq!(story.state_of(&second).await, "onboarding");
        story
            .pass("trainer", story.rosalind, super::COURSE)
            .await
            .expect(201);
        assert_eq!(story.state_of(&second).await, "ready");
        story.decide("admin", &second, "activate").await.expect(200);
    });
}

#[test]
fn a_reservation_runs_out_and_the_seat_goes_to_the_next() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story.cap(1, &[at_approval("queue")]).await;
        let first = story.wants(story.dana, story.corktown).await;
        let second = story.wants(story.rosalind, story.corktown).await;
        let path = format!("/v1/license-requests/{first}/explanation");
        let explanation = story.get("admin", &path).await.expect(200);
        let next = &explanation["next_automatic_change"];
        assert_eq!(next["change"], "reservation_ends", "{explanation}");
        // Held through the tenth day.
        let until: chrono::DateTime<chrono::Utc> = text(&next["at"]).parse().unwrap();
        story.app.clock.set(until - TimeDelta::seconds(1));
        story.app.app.reindex().await.unwrap();
        assert_eq!(story.state_of(&second).await, "waitlisted");
        story.app.clock.set(until);
        story.app.app.reindex().await.unwrap();
        assert_eq!(story.state_of(&second).await, "onboarding");
        // The first goes on with the training, and waits at the end of the line when it is done.
        assert_eq!(story.state_of(&first).await, "onboarding");
        story
            .pass("trainer", story.dana, super::COURSE)
            .await
            .expect(201);
        assert_eq!(story.state_of(&first).await, "waitlisted");
        assert_eq!(story.figures().await, [0, 1, 0, 0, 1]);
    });
}
