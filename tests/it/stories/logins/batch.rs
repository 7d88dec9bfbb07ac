//! Many logins at once.

use std::time::Instant;

use serde_json::{Value, json};

use super::super::Story;
use super::Logins;
use crate::support::app::Answer;
use crate::support::database::on_both;

async fn send(story: &Story, source: &str, query: &str, key: &str, body: &str) -> Answer {
    let token = story.app.token("frontend");
    let path = format!("/v1/login-events?login_source_id={source}{query}");
    let mut call = story
        .app
        .post(&path)
        .bearer(&token)
        .header("Content-Type", "application/x-ndjson; charset=utf-8");
    if !key.is_empty() {
        call = call.header("Idempotency-Key", key);
    }
    call.bytes(body).send().await
}

fn outcomes(answer: &Value) -> Vec<(u64, String)> {
    answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| {
            (
                result["line"].as_u64().unwrap(),
                result["outcome"].as_str().unwrap().to_owned(),
            )
        })
        .collect()
}

#[test]
fn one_bad_line_never_loses_the_good_ones() {
    on_both(|database| async move {
        let logins = Logins::on(&database).await;
        let story = &logins.story;
        story.at("2026-03-10T15:00:00Z");
        let good = logins.line("good", "2026-03-10T14:00:00Z");
        let mut unknown = logins.line("unknown", "2026-03-10T14:00:00Z");
        unknown["external_id"]["value"] = json!("999");
        let mut elsewhere = logins.line("elsewhere", "2026-03-10T14:00:00Z");
        elsewhere["organization_id"] = json!(story.jefferson);
        let body = [
            format!("\u{FEFF}{good}"),
            String::new(),
            "not json".to_owned(),
            logins.line("future", "2026-03-11T14:00:00Z").to_string(),
            json!({ "source_event_id": "short" }).to_string(),
            unknown.to_string(),
            elsewhere.to_string(),
            logins.line("good", "2026-03-10T14:00:00Z").to_string(),
            logins.line("good", "2026-03-10T13:00:00Z").to_string(),
            logins.line("last", "2026-03-10T14:30:00Z").to_string(),
        ]
        .join("\r\n");
        let expected = [
            (1, "accepted"),
            (3, "refused"),
            (4, "refused"),
            (5, "refused"),
            (6, "unmatched"),
            (7, "signal"),
            (8, "accepted"),
            (9, "refused"),
            (10, "accepted"),
        ]
        .map(|(line, outcome)| (line, outcome.to_owned()));
        let census = story.census().await;
        let dry = send(story, &logins.source, "&dry_run=true", "", &body)
            .await
            .expect(200);
        assert_eq!(outcomes(&dry), expected);
        assert_eq!(story.census().await, census);
        assert!(story.list("admin", "/v1/login-events").await.is_empty());

        let mark = "&complete_through=2026-03-10T15:00:00Z";
        let done = send(story, &logins.source, mark, "", &body)
            .await
            .expect(200);
        assert_eq!(outcomes(&done), expected);
        assert_eq!((&done["recorded"], &done["lost"]), (&json!(5), &json!(4)));
        assert_eq!(done["results"][6]["repeated"], true);
        assert_eq!(
            done["results"][0]["login_event_id"],
            done["results"][6]["login_event_id"]
        );
        let codes: Vec<&str> = done["results"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|result| result["code"].as_str())
            .collect();
        assert_eq!(
            codes,
            ["broken_json", "invalid", "wrong_shape", "duplicate"]
        );
        assert_eq!(done["results"][2]["errors"][0]["pointer"], "/occurred_at");
        // A login may be among the lost ones: the source is not complete.
        assert_eq!(done["complete_through_recorded"], false);
        let path = format!("/v1/login-sources/{}", logins.source);
        let source = story.get("frontend", &path).await.expect(200);
        assert_eq!(source.get("complete_through"), None);
        assert_eq!(story.list("admin", "/v1/login-events").await.len(), 4);

        // Corrected and sent again, the rest is recorded and the mark with it.
        let again = [
            good.to_string(),
            logins.line("new", "2026-03-10T12:00:00Z").to_string(),
        ]
        .join("\n");
        let again = send(story, &logins.source, mark, "", &again)
            .await
            .expect(200);
        assert_eq!(again["complete_through_recorded"], true);
        let source = story.get("frontend", &path).await.expect(200);
        assert_eq!(source["complete_through"], "2026-03-10T15:00:00Z");
    });
}

#[test]
fn a_batch_names_its_source_and_a_single_login_does_not() {
    on_both(|database| async move {
        let logins = Logins::on(&database).await;
        let story = &logins.story;
        let token = story.app.token("frontend");
        let line = logins.line("e-1", "2026-03-02T18:00:00Z").to_string();
        let nameless = story
            .app
            .post("/v1/login-events")
            .bearer(&token)
            .header("Content-Type", "application/x-ndjson")
            .bytes(line.clone())
            .send()
            .await;
        nameless.problem(422, "invalid");
        assert_eq!(nameless.faults(), ["login_source_id"]);
        let mut single = logins.line("e-1", "2026-03-02T18:00:00Z");
        single["login_source_id"] = json!(logins.source);
        let path = format!("/v1/login-events?login_source_id={}", logins.source);
        let doubly = story.post("frontend", &path, &single).await;
        assert_eq!(doubly.faults(), ["login_source_id"]);
        let foreign = send(story, super::super::NOBODY, "", "", &line).await;
        foreign.problem(422, "invalid");
        let future = send(
            story,
            &logins.source,
            "&complete_through=2026-03-02T18:05:01Z",
            "",
            &line,
        )
        .await;
        future.problem(422, "invalid");
        assert_eq!(future.faults(), ["complete_through"]);
        // Who may not report learns it from an empty batch too.
        let token = story.app.token("dana");
        let empty = story
            .app
            .post(&path)
            .bearer(&token)
            .header("Content-Type", "application/x-ndjson")
            .bytes("")
            .send()
            .await;
        empty.problem(403, "forbidden");
        assert!(story.list("admin", "/v1/login-events").await.is_empty());
    });
}

#[test]
fn a_thousand_lines_are_recorded_once_however_often_they_are_sent() {
    on_both(|database| async move {
        let logins = Logins::on(&database).await;
        let story = &logins.story;
        story.at("2026-03-10T15:00:00Z");
        let body: Vec<String> = (0..1_000)
            .map(|number| {
                let id = format!("e-{number}");
                let minute = number % 60;
                let hour = 4 + number / 100;
                let mut line = logins.line(&id, &format!("2026-03-09T{hour:02}:{minute:02}:00Z"));
                if number % 2 == 1 {
                    line["external_id"]["value"] = json!(format!("stranger-{number}"));
                }
                line.to_string()
            })
            .collect();
        let body = body.join("\n");
        let begun = Instant::now();
        let first = send(story, &logins.source, "", "batch-1", &body)
            .await
            .expect(200);
        println!("1,000 lines in {:?}", begun.elapsed());
        assert_eq!(
            (&first["recorded"], &first["lost"]),
            (&json!(1_000), &json!(0))
        );
        let facts = story.census().await[0];
        // Under the same key the very same answer; without it, each line is known.
        let replayed = send(story, &logins.source, "", "batch-1", &body)
            .await
            .expect(200);
        assert_eq!(first, replayed);
        let again = send(story, &logins.source, "", "", &body).await.expect(200);
        assert!(
            again["results"]
                .as_array()
                .unwrap()
                .iter()
                .all(|result| result["repeated"] == true)
        );
        assert_eq!(story.census().await[0], facts);
        let other = format!("{body}\n");
        send(story, &logins.source, "", "batch-1", &other)
            .await
            .problem(422, "idempotency_key_reused");
        assert_eq!(
            story.license("admin", &logins.license).await["last_login_at"],
            "2026-03-09T13:58:00Z"
        );
    });
}
