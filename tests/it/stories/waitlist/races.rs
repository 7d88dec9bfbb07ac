//! A seat is never given twice, whoever asks at once.

use futures_util::future::join_all;
use serde_json::json;

use crate::stories::Story;
use crate::support::database::on_both;

#[test]
fn many_who_become_ready_at_once_share_what_is_there() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story.cap(3, &[]).await;
        let mut people = Vec::new();
        let mut requests = Vec::new();
        for number in 0..8 {
            let person = story.person(&format!("Racer {number}")).await;
            requests.push(story.wants(person, story.corktown).await);
            people.push(person);
        }
        let passed = people
            .iter()
            .map(|person| story.pass("trainer", *person, super::COURSE));
        for answer in join_all(passed).await {
            answer.expect(201);
        }
        assert_eq!(story.figures().await, [0, 3, 0, 0, 5]);
        // Those who hold one activate, all at once.
        let mut ready = Vec::new();
        for request in &requests {
            if story.state_of(request).await == "ready" {
                ready.push(request.clone());
            }
        }
        assert_eq!(ready.len(), 3);
        let activated = requests
            .iter()
            .map(|request| story.decide("admin", request, "activate"));
        let done = join_all(activated).await;
        assert_eq!(done.iter().filter(|answer| answer.status == 200).count(), 3);
        assert_eq!(story.figures().await, [3, 0, 0, 0, 5]);
    });
}

#[test]
fn departures_beside_promotions_neither_lose_a_seat_nor_give_one_twice() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let automatic = json!({ "by": "automatic" });
        story.cap(3, &[("/requests/activation", automatic)]).await;
        let mut requests = Vec::new();
        for number in 0..8 {
            let name = format!("Racer {number}");
            requests.push(story.newcomer(&name, story.corktown).await);
        }
        assert_eq!(story.figures().await, [3, 0, 0, 0, 5]);
        // The three who have one leave while two of those in line do, each in a transaction of his own.
        // All at one instant: a departure dated before the license began ends nothing, whoever comes first.
        story.app.clock.advance(chrono::TimeDelta::minutes(1));
        let leaving = [0, 1, 2, 3, 6].map(|index: usize| story.leaves_now(&requests[index]));
        for answer in join_all(leaving).await {
            answer.expect(201);
        }
        assert_eq!(story.figures().await, [3, 0, 0, 0, 0]);
        for index in [4, 5, 7] {
            assert_eq!(story.state_of(&requests[index]).await, "fulfilled");
        }
    });
}

#[test]
fn two_activations_for_the_last_seat_give_one_license() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let automatic = json!({ "by": "automatic" });
        story.cap(2, &[("/requests/activation", automatic)]).await;
        let first = story.newcomer("Ama", story.corktown).await;
        assert_eq!(story.state_of(&first).await, "fulfilled");
        // Two organizations, two people, one seat, at one instant.
        let people = [story.person("Femi").await, story.person("Ines").await];
        let requests = [
            story.wants(people[0], story.corktown).await,
            story.wants(people[1], story.jefferson).await,
        ];
        let story = &story;
        let passed = people.map(|person| story.pass("trainer", person, super::COURSE));
        for answer in join_all(passed).await {
            answer.expect(201);
        }
        let mut states = Vec::new();
        for request in &requests {
            states.push(story.state_of(request).await);
        }
        states.sort_unstable();
        assert_eq!(states, ["fulfilled", "waitlisted"]);
        assert_eq!(story.figures().await, [2, 0, 0, 0, 1]);
    });
}
