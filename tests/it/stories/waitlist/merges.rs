//! Two records of one human, one of which waits in line.

use serde_json::json;

use crate::stories::{Story, text};
use crate::support::database::on_both;

#[test]
fn a_request_keeps_its_place_in_line_when_its_person_is_merged_and_when_that_is_undone() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story.cap(1, &[]).await;
        let holder = story.newcomer("Ama", story.corktown).await;
        story.decide("admin", &holder, "activate").await.expect(200);
        let first = story.newcomer("Femi", story.corktown).await;
        let second = story.newcomer("Ines", story.corktown).await;
        assert_eq!(story.turn_of(&first).await, (1, 2));
        // Femi was recorded before, without any request.
        let known = story.person("Femi").await;
        let femi = story.ask_of(&first).await["person_id"].clone();
        let merge = json!({
            "survivor_id": known, "duplicate_id": femi, "report": { "reason": "Recorded twice." },
        });
        let merge = story
            .post("admin", "/v1/person-merges", &merge)
            .await
            .expect(201);
        assert_eq!(story.ask_of(&first).await["person_id"], json!(known));
        assert_eq!(story.turn_of(&first).await, (1, 2));
        assert_eq!(story.turn_of(&second).await, (2, 2));
        let path = format!("/v1/person-merges/{}/undo", text(&merge["id"]));
        let undo = json!({ "expected_version": 1, "report": { "reason": "Two brothers." } });
        story.post("admin", &path, &undo).await.expect(200);
        assert_eq!(story.ask_of(&first).await["person_id"], femi);
        assert_eq!(story.turn_of(&first).await, (1, 2));
        // The seat that is freed is given to whoever stands first.
        story.leaves(&holder).await.expect(201);
        assert_eq!(story.state_of(&first).await, "ready");
        assert_eq!(story.turn_of(&second).await, (1, 1));
    });
}

#[test]
fn a_merged_request_is_promoted_under_the_survivor() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story.cap(1, &[]).await;
        let holder = story.newcomer("Ama", story.corktown).await;
        story.decide("admin", &holder, "activate").await.expect(200);
        let first = story.newcomer("Femi", story.corktown).await;
        let known = story.person("Femi").await;
        let femi = story.ask_of(&first).await["person_id"].clone();
        let merge = json!({
            "survivor_id": known, "duplicate_id": femi, "report": { "reason": "Recorded twice." },
        });
        story
            .post("admin", "/v1/person-merges", &merge)
            .await
            .expect(201);
        story.leaves(&holder).await.expect(201);
        assert_eq!(story.state_of(&first).await, "ready");
        let done = story.decide("admin", &first, "activate").await.expect(200);
        let license = text(&done["license_id"]).to_owned();
        assert_eq!(
            story.license("admin", &license).await["person_id"],
            json!(known)
        );
        assert_eq!(story.figures().await, [1, 0, 0, 0, 0]);
    });
}

#[test]
fn two_records_that_both_wait_for_the_same_are_merged_once_one_request_is_withdrawn() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story.cap(1, &[]).await;
        let holder = story.newcomer("Ama", story.corktown).await;
        story.decide("admin", &holder, "activate").await.expect(200);
        let first = story.newcomer("Femi", story.corktown).await;
        let second = story.newcomer("Olufemi", story.corktown).await;
        let third = story.newcomer("Ines", story.corktown).await;
        let [one, other] = [&first, &second].map(|request| story.ask_of(request));
        let merge = json!({
            "survivor_id": one.await["person_id"], "duplicate_id": other.await["person_id"],
            "report": { "reason": "Recorded twice." },
        });
        let refused = story.post("admin", "/v1/person-merges", &merge).await;
        refused.problem(409, "transition_refused");
        assert_eq!(story.turn_of(&third).await, (3, 3));
        story.decide("admin", &second, "withdraw").await.expect(200);
        story
            .post("admin", "/v1/person-merges", &merge)
            .await
            .expect(201);
        assert_eq!(story.turn_of(&first).await, (1, 2));
        assert_eq!(story.turn_of(&third).await, (2, 2));
    });
}
