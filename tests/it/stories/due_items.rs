//! What is due: one list over licenses and open requests, in which each reader finds what he may know.

use serde_json::{Value, json};

use super::alaska::Alaska;
use super::logins::Logins;
use super::{Story, text};
use crate::support::database::on_both;

const DUE: &str = "/v1/due-items";

/// The items of the only entry, as kind and day.
#[track_caller]
fn items(entries: &[Value]) -> Vec<(String, String)> {
    assert_eq!(entries.len(), 1, "{entries:?}");
    let items = entries[0]["items"].as_array().unwrap().iter();
    items
        .map(|item| (text(&item["kind"]).to_owned(), text(&item["on"]).to_owned()))
        .collect()
}

fn pair(kind: &str, on: &str) -> (String, String) {
    (kind.to_owned(), on.to_owned())
}

#[test]
fn a_supervisor_sees_what_his_people_must_do_by_when_and_what_follows() {
    on_both(|database| async move {
        let logins = Logins::on(&database).await;
        let story = &logins.story;
        logins.warned().await;
        let found = story.list("supervisor", DUE).await;
        assert_eq!(found[0]["license_id"], json!(logins.license));
        assert_eq!(found[0]["person_id"], json!(story.dana));
        assert_eq!(found[0]["state"], "warned");
        assert_eq!(items(&found), [pair("inactivity", "2026-04-01")]);
        let follows =
            json!({ "at": "2026-04-09T04:00:00Z", "change": "ends", "cause": "inactivity" });
        assert_eq!(found[0]["items"][0]["automatic_change"], follows);
        // It was due yesterday: only a window that begins today leaves it out.
        let none = story
            .list("supervisor", &format!("{DUE}?from_on=2026-04-02"))
            .await;
        assert!(none.is_empty(), "{none:?}");
        let year = format!("{DUE}?from_on=2026-04-02&until_on=2027-04-03");
        let found = story.list("supervisor", &year).await;
        let twice = [
            pair("recertification", "2027-03-02"),
            pair("recertification", "2027-03-02"),
        ];
        assert_eq!(items(&found), twice);
        assert_eq!(found[0]["items"][0]["follows"], "awaits_notice");
        let only = format!("{DUE}?until_on=2027-04-01&kind=inactivity");
        let found = story.list("dana", &only).await;
        assert_eq!(items(&found), [pair("inactivity", "2026-04-01")], "her own");
        for (who, status) in [("jefferson", 200), ("integration", 403), ("frontend", 403)] {
            let answer = story.get(who, DUE).await.expect(status);
            if status == 200 {
                assert_eq!(answer["data"], json!([]), "{who}");
            }
        }
        for (query, place) in [
            ("?from_on=2026-04-02&until_on=2026-04-01", "until_on"),
            ("?from_on=2026-04-02&until_on=2027-04-04", "until_on"),
            ("?until_on=2027-04-04", "until_on"),
        ] {
            let refused = story.get("supervisor", &format!("{DUE}{query}")).await;
            refused.problem(422, "invalid");
            assert_eq!(refused.faults(), [place], "{query}");
        }
        for query in ["?kind=birthday", "?from_on=2026-4-2", "?days=3"] {
            let refused = story.get("supervisor", &format!("{DUE}{query}")).await;
            refused.problem(422, "wrong_shape");
        }
    });
}

#[test]
fn a_departure_to_come_is_shown_to_whoever_may_know_of_it() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story.license_dana().await;
        let (corktown, dana) = (story.corktown, story.dana);
        use hmis_licensing::application::actor::Role;
        story
            .grant("herself", Role::Supervisor, Some(corktown), Some(dana))
            .await;
        story
            .depart_dana("supervisor", "2026-03-20T17:00:00-04:00")
            .await;
        let departure = [pair("departure", "2026-03-20")];
        for who in ["supervisor", "help_desk", "trainer", "auditor", "admin"] {
            let found = story.list(who, &format!("{DUE}?kind=departure")).await;
            assert_eq!(items(&found), departure, "{who}");
        }
        for who in ["dana", "herself"] {
            for query in ["?kind=departure", "", "?until_on=2027-03-02"] {
                let answer = story.get(who, &format!("{DUE}{query}")).await;
                let said = answer.expect(200).to_string();
                assert!(!said.contains("2026-03-20"), "{who} {query}: {said}");
                assert!(!said.contains("employment_ended"), "{who} {query}: {said}");
            }
        }
    });
}

#[test]
fn a_leave_shows_its_dates_and_an_investigation_nothing_to_the_agency() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        let leave = json!({
            "person_id": story.dana, "organization_id": story.corktown,
            "from_on": "2026-03-10", "until_on": "2026-03-16",
        });
        story
            .post("supervisor", "/v1/leaves", &leave)
            .await
            .expect(201);
        let held =
            json!({ "license_id": license, "cause": "investigation", "until_on": "2026-03-12" });
        story.post("admin", "/v1/holds", &held).await.expect(201);
        let month = |entries: Vec<Value>| items(&entries);
        let leave = pair("leave", "2026-03-10");
        let ends = pair("hold_end", "2026-03-13");
        assert_eq!(
            month(story.list("supervisor", DUE).await),
            std::slice::from_ref(&leave)
        );
        assert_eq!(
            month(story.list("help_desk", DUE).await),
            [leave, ends.clone()]
        );
        story.at("2026-03-11T15:00:00Z");
        let back = pair("leave_return", "2026-03-17");
        assert_eq!(
            month(story.list("supervisor", DUE).await),
            std::slice::from_ref(&back)
        );
        assert_eq!(
            month(story.list("dana", DUE).await),
            std::slice::from_ref(&back)
        );
        assert_eq!(month(story.list("admin", DUE).await), [ends, back]);
    });
}

#[test]
fn deadlines_of_open_requests_are_due_too() {
    on_both(|database| async move {
        let alaska = Alaska::on(&database).await;
        let request = alaska.ask().await;
        alaska.at("2026-03-03T19:00:00Z");
        alaska.approve(&request).await;
        for who in ["help_desk", "noor", "supervisor"] {
            let found = alaska.get(who, DUE).await.expect(200);
            let entry = &found["data"][0];
            assert_eq!(entry["license_request_id"], json!(request), "{who}");
            assert_eq!(entry["state"], "onboarding");
            let item = json!({
                "kind": "onboarding",
                "on": "2026-03-31",
                "about": "initial_steps",
                "follows": "change",
                "automatic_change": {
                    "at": "2026-04-01T08:00:00Z", "change": "request_lapses", "cause": "initial_steps",
                },
            });
            assert_eq!(entry["items"], json!([item]), "{who}");
        }
        // Lapsed, and nobody recorded it: nothing is due any more.
        alaska.at("2026-04-01T08:00:00Z");
        let found = alaska.get("help_desk", DUE).await.expect(200);
        assert_eq!(found["data"], json!([]));
    });
}

#[test]
fn pages_go_on_where_the_last_one_ended() {
    on_both(|database| async move {
        let logins = Logins::on(&database).await;
        let story = &logins.story;
        let who = json!({ "external_id": { "system": "hmis_user_id", "value": "42" } });
        let request = story.request(story.corktown, &who);
        let request = story
            .post("supervisor", "/v1/license-requests", &request)
            .await;
        let second = story.fulfil(&request.expect(201), "supervisor").await;
        let all = story
            .list("help_desk", &format!("{DUE}?until_on=2026-04-30"))
            .await;
        assert_eq!(all.len(), 2);
        let mut found = Vec::new();
        let mut path = format!("{DUE}?until_on=2026-04-30&limit=1");
        loop {
            let page = story.get("help_desk", &path).await.expect(200);
            assert_eq!(page["data"].as_array().unwrap().len(), 1);
            found.push(page["data"][0].clone());
            match page["page"]["next_cursor"].as_str() {
                None => break,
                Some(cursor) => path = format!("{DUE}?until_on=2026-04-30&limit=1&cursor={cursor}"),
            }
        }
        assert_eq!(found, all);
        assert_eq!(found[1]["license_id"], second["license_id"]);
        let narrowed = format!("{DUE}?until_on=2026-04-30&person_id={}", story.dana);
        assert_eq!(story.list("help_desk", &narrowed).await, found[..1]);
    });
}
