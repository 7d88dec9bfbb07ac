//! Where a seat goes after an end.

use chrono::TimeDelta;
use serde_json::json;

use crate::stories::Story;
use crate::support::database::on_both;

#[test]
fn an_organization_keeps_the_seat_of_whoever_left_for_some_days() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let after = json!({ "kind": "organization", "kept": { "kind": "days", "days": 7 } });
        story.cap(2, &[("/seats/after_end", after)]).await;
        let mut ours = Vec::new();
        for name in ["Ines", "Femi"] {
            let request = story.newcomer(name, story.corktown).await;
            story
                .decide("admin", &request, "activate")
                .await
                .expect(200);
            ours.push(request);
        }
        let theirs = story.newcomer("Ama", story.jefferson).await;
        for request in &ours {
            story.leaves(request).await.expect(201);
        }
        assert_eq!(story.state_of(&theirs).await, "waitlisted");
        assert_eq!(story.figures().await, [0, 0, 2, 0, 1]);
        // Corktown's own next request takes one of them, past whoever of another agency waits.
        let next = story.newcomer("Kofi", story.corktown).await;
        assert_eq!(story.state_of(&next).await, "ready");
        assert_eq!(story.figures().await, [0, 1, 1, 0, 1]);
        // Kept through the seventh day; then the job gives it on.
        story
            .app
            .clock
            .advance(TimeDelta::days(7) - TimeDelta::hours(8));
        story.app.app.reindex().await.unwrap();
        assert_eq!(story.state_of(&theirs).await, "waitlisted");
        story.app.clock.advance(TimeDelta::days(1));
        story.app.app.reindex().await.unwrap();
        assert_eq!(story.state_of(&theirs).await, "ready");
        assert_eq!(story.figures().await, [0, 2, 0, 0, 0]);
    });
}

#[test]
fn a_seat_kept_without_limit_is_never_given_to_another_organization() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let after = json!({ "kind": "organization", "kept": { "kind": "unlimited" } });
        story.cap(1, &[("/seats/after_end", after)]).await;
        let first = story.trained(story.dana, story.corktown).await;
        story.decide("admin", &first, "activate").await.expect(200);
        let theirs = story.newcomer("Ama", story.jefferson).await;
        story.leaves(&first).await.expect(201);
        story.app.clock.advance(TimeDelta::days(300));
        story.app.app.reindex().await.unwrap();
        assert_eq!(story.figures().await[2], 1);
        assert_ne!(story.state_of(&theirs).await, "ready");
        // Whoever comes back to the agency takes it.
        let again = story.trained(story.dana, story.corktown).await;
        assert_eq!(story.state_of(&again).await, "ready");
        assert_eq!(story.figures().await[..3], [0, 1, 0]);
    });
}
