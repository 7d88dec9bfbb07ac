//! Practice cases: when a set is handed in, and when it is reviewed.

use hmis_licensing::domain::evaluate::PracticeState;
use hmis_licensing::domain::ids::PersonId;
use serde_json::{Value, json};

use super::{ROLES, request_for};
use crate::stories::{NOBODY, Story, text};
use crate::support::database::on_both;

/// What is done to a practice set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Do {
    Submit,
    Review,
}

use Do::{Review, Submit};

/// Every state of a practice set. Only what was submitted can be reviewed: in the other states there is nothing to name.
#[rustfmt::skip]
const TABLE: [(&str, Do, [u16; 8]); 11] = [
    //                        admin train  help superv user audit front integr
    ("closed",      Submit, [ 409,  409,  409,  409,  409,  403,  403,  409]),
    ("open",        Submit, [ 201,  201,  201,  201,  201,  403,  403,  201]),
    ("in_review",   Submit, [ 409,  409,  409,  409,  409,  403,  403,  409]),
    ("in_review",   Review, [ 201,  201,  403,  403,  403,  403,  403,  403]),
    ("corrections", Submit, [ 201,  201,  201,  201,  201,  403,  403,  201]),
    ("corrections", Review, [ 409,  409,  403,  403,  403,  403,  403,  403]),
    ("accepted",    Submit, [ 409,  409,  409,  409,  409,  403,  403,  409]),
    ("accepted",    Review, [ 409,  409,  403,  403,  403,  403,  403,  403]),
    ("waived",      Submit, [ 409,  409,  409,  409,  409,  403,  403,  409]),
    ("failed",      Submit, [ 409,  409,  409,  409,  409,  403,  403,  409]),
    ("failed",      Review, [ 409,  409,  403,  403,  403,  403,  403,  403]),
];

/// The set that a row is about.
fn set_in(state: &str) -> &'static str {
    if state == "closed" { "exit" } else { "intake" }
}

/// A request whose practice set is in a state, with the submission that brought it there.
async fn practice_in(story: &Story, state: &str, number: usize) -> (Value, Value) {
    let license_type = if state == "closed" {
        "stepwise"
    } else {
        "practised"
    };
    let request = request_for(story, license_type, "practice", number, true).await;
    let person: PersonId = text(&request["person_id"]).parse().unwrap();
    story.app.clock.advance(chrono::TimeDelta::seconds(1));
    match state {
        "in_review" => story.practised(person, None).await,
        "corrections" => story.practised(person, Some("returned")).await,
        "accepted" | "failed" => story.practised(person, Some(state)).await,
        "waived" => {
            let body = json!({
                "person_id": person, "organization_id": story.corktown,
                "requirement": "practice:intake", "reason": "Taught it for years.",
            });
            story.post("admin", "/v1/waivers", &body).await.expect(201);
        }
        _ => {}
    }
    let path = format!("/v1/practice-case-submissions?person_id={person}");
    let submissions = story.list("admin", &path).await;
    let submission = submissions.first().cloned();
    (request, submission.unwrap_or(json!({ "id": NOBODY })))
}

#[test]
fn every_state_of_a_practice_set_has_its_rows() {
    for state in PracticeState::ALL {
        let of_state = TABLE.iter().filter(|(found, ..)| *found == state.as_str());
        let found: Vec<Do> = of_state.map(|(_, command, _)| *command).collect();
        let submitted = !matches!(
            state,
            PracticeState::Closed | PracticeState::Open | PracticeState::Waived
        );
        let expected: &[Do] = if submitted {
            &[Submit, Review]
        } else {
            &[Submit]
        };
        assert_eq!(found, expected, "{}", state.as_str());
    }
}

#[test]
fn each_state_of_a_practice_set_answers_each_role() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story.rules_with_every_state().await;
        let mut number = 0;
        let mut wrong = Vec::new();
        let mut kept: Option<(&str, Value, Value)> = None;
        for (state, command, row) in TABLE {
            for ((who, _), expected) in ROLES.into_iter().zip(row) {
                let (request, submission) = match kept.take() {
                    Some((found, request, submission)) if found == state => (request, submission),
                    _ => {
                        number += 1;
                        practice_in(&story, state, number).await
                    }
                };
                let (path, body) = match command {
                    Submit => (
                        "/v1/practice-case-submissions",
                        json!({ "person_id": request["person_id"], "practice_set": set_in(state) }),
                    ),
                    Review => (
                        "/v1/practice-case-results",
                        json!({ "submission_id": submission["id"], "result": "accepted" }),
                    ),
                };
                let path_of_request = format!("/v1/license-requests/{}", text(&request["id"]));
                let before = story.get("admin", &path_of_request).await.expect(200);
                let answer = story.post(who, path, &body).await;
                if answer.status != expected {
                    wrong.push(format!(
                        "{command:?} what is {state} by {who}: {} instead of {expected}: {}",
                        answer.status, answer.text
                    ));
                }
                if answer.status == 409 {
                    answer.problem(409, "transition_refused");
                }
                if !answer.status.is_success() {
                    let now = story.get("admin", &path_of_request).await.expect(200);
                    assert_eq!(now, before, "{command:?} what is {state} by {who}");
                    kept = Some((state, request, submission));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    });
}
