use chrono::TimeDelta;
use futures_util::future::join_all;
use hmis_licensing::application::clock::Clock;
use serde_json::{Value, json};

use super::api::{Api, hand, policies, start, text};
use crate::support::database::on_both;

/// The numbers of the versions there are.
async fn numbers(api: &Api, path: &str) -> Vec<u64> {
    let listed = api.get(path).await;
    assert_eq!(listed.status, 200, "{}", listed.body);
    let rows = listed.body["data"].as_array().unwrap();
    rows.iter()
        .map(|row| row["number"].as_u64().unwrap())
        .collect()
}

#[test]
fn the_first_version_starts_at_once() {
    on_both(|database| async {
        let api = Api::new(database).await;
        let path = policies(&api.implementation("hand").await);
        let posted = api.post(&path, &json!({ "preset": "hand" })).await;
        assert_eq!(posted.status, 201, "{}", posted.body);
        assert_eq!(posted.location, Some(format!("{path}/1")));
        assert_eq!(posted.body["number"], 1);
        assert_eq!(posted.body["state"], "in_force");
        assert_eq!(posted.body["effective_from"], text(start()));
        assert_eq!(posted.body["document"], hand());
        let gaps = posted.body["not_enforced"].as_array().unwrap();
        assert!(
            gaps.iter()
                .any(|gap| gap["rule"] == "projects" && gap["pointer"] == "/projects")
        );
        let read = api.get(&format!("{path}/1")).await;
        assert_eq!((read.status, read.etag), (200, posted.etag));
        assert_eq!(read.body, posted.body);
    });
}

#[test]
fn a_contradictory_document_is_refused_with_every_fault_and_nothing_is_stored() {
    on_both(|database| async {
        let api = Api::new(database).await;
        let path = policies(&api.implementation("hand").await);
        let mut document = hand();
        document["time_zone"] = json!("Detroit");
        document["license_types"]["end_user"]["recertification"]["items"][0]["course"] =
            json!("cooking");
        document["license_types"]["end_user"]["inactivity"]["off_rule"]["steps"][0]["after"] =
            json!({ "days": 40 });
        document["requests"]["requesters"] = json!([]);
        for query in ["", "?dry_run=true"] {
            let body = json!({
                "document": document,
                "effective_from": text(start() - TimeDelta::days(1)),
            });
            let refused = api.post(&format!("{path}{query}"), &body).await;
            assert_eq!(refused.status, 422);
            let faults = refused.faults("invalid");
            for place in [
                "/document/time_zone",
                "/document/license_types/end_user/recertification/items/0/course",
                "/document/license_types/end_user/inactivity/off_rule/steps/0/after",
                "/document/requests/requesters",
                "/effective_from",
            ] {
                assert!(faults.contains(&place), "{place} is not among {faults:?}");
            }
            assert!(!refused.body.to_string().contains("cooking"));
        }
        assert_eq!(numbers(&api, &path).await, [0_u64; 0]);
        // What is right may still be the first version.
        assert_eq!(
            api.post(&path, &json!({ "preset": "hand" })).await.body["number"],
            1
        );
    });
}

#[test]
fn a_start_is_never_retroactive_nor_sooner_than_announced() {
    on_both(|database| async {
        let api = Api::new(database).await;
        let path = policies(&api.implementation("hand").await);
        let post = async |document: &Value, minutes: i64| {
            let from = text(api.clock.now() + TimeDelta::minutes(minutes));
            let body = json!({ "document": document, "effective_from": from });
            api.post(&path, &body).await
        };
        assert_eq!(
            post(&hand(), -1).await.faults("invalid"),
            ["/effective_from"]
        );
        assert_eq!(post(&hand(), 0).await.status, 201);
        api.clock.advance(TimeDelta::minutes(10));
        assert_eq!(
            post(&hand(), -1).await.faults("invalid"),
            ["/effective_from"]
        );
        assert_eq!(
            post(&hand(), 59).await.faults("invalid"),
            ["/effective_from"]
        );
        let mut shorter = hand();
        shorter["ends_of_need"]["departure_notice_hours"] = json!(12);
        let shortened = "/document/ends_of_need/departure_notice_hours";
        assert_eq!(
            post(&shorter, 24 * 60 - 1).await.faults("invalid"),
            [shortened]
        );
        assert_eq!(post(&shorter, 24 * 60).await.status, 201);
        // The second version lies ahead: none may start before it or with it.
        assert_eq!(
            post(&hand(), 120).await.faults("invalid"),
            ["/effective_from"]
        );
        assert_eq!(
            post(&hand(), 24 * 60).await.faults("invalid"),
            ["/effective_from"]
        );
        let third = post(&hand(), 24 * 60 + 1).await;
        assert_eq!(
            (third.status, &third.body["state"]),
            (201, &json!("scheduled"))
        );
        assert_eq!(numbers(&api, &path).await, [1, 2, 3]);
        let bare = json!({ "preset": "hand", "effective_from": "2026-06-01T00:00:00" });
        let refused = api.post(&path, &bare).await;
        assert_eq!(refused.faults("wrong_shape"), ["/effective_from"]);
    });
}

#[test]
fn a_start_left_out_is_the_earliest_and_states_follow_the_clock() {
    on_both(|database| async {
        let api = Api::new(database).await;
        let path = policies(&api.implementation("hand").await);
        let mut shorter = hand();
        shorter["ends_of_need"]["departure_notice_hours"] = json!(12);
        for body in [
            json!({ "preset": "hand" }),
            json!({ "document": hand() }),
            json!({ "document": shorter }),
        ] {
            let posted = api.post(&path, &body).await;
            assert_eq!(posted.status, 201, "{}", posted.body);
        }
        let states = async || {
            let listed = api.get(&path).await;
            let words: Vec<String> = listed
                .codes("state")
                .into_iter()
                .map(ToOwned::to_owned)
                .collect();
            words.join(" ")
        };
        let listed = api.get(&path).await;
        assert_eq!(
            listed.codes("effective_from"),
            [
                text(start()),
                text(start() + TimeDelta::hours(1)),
                text(start() + TimeDelta::hours(24)),
            ]
        );
        assert_eq!(
            listed.body["data"][0]["effective_until"],
            listed.body["data"][1]["effective_from"]
        );
        assert!(listed.body["data"][2].get("effective_until").is_none());
        assert_eq!(states().await, "in_force scheduled scheduled");
        api.clock.advance(TimeDelta::hours(1));
        assert_eq!(states().await, "superseded in_force scheduled");
        api.clock.advance(TimeDelta::hours(23));
        assert_eq!(states().await, "superseded superseded in_force");
    });
}

#[test]
fn a_body_of_another_shape_is_refused_where_it_differs() {
    on_both(|database| async {
        let api = Api::new(database).await;
        let path = policies(&api.implementation("hand").await);
        let with = |pointer: &str, value: Value| {
            let mut body = json!({ "document": hand() });
            let (place, name) = pointer.rsplit_once('/').unwrap();
            body.pointer_mut(place).unwrap()[name] = value;
            body
        };
        for pointer in [
            "/document/secrets",
            "/document/requests/secret",
            "/document/license_types/end_user/inactivity/off_rule/secret",
            "/secret",
        ] {
            let refused = api.post(&path, &with(pointer, json!("hush"))).await;
            assert_eq!(
                (refused.status, refused.faults("wrong_shape")),
                (422, vec![pointer])
            );
            assert!(!refused.body.to_string().contains("hush"));
        }
        let typed = with("/document/ends_of_need/departure_notice_hours", json!("24"));
        let refused = api.post(&path, &typed).await;
        assert_eq!(
            refused.faults("wrong_shape"),
            ["/document/ends_of_need/departure_notice_hours"]
        );
        let null = with("/document/fees", Value::Null);
        assert_eq!(
            api.post(&path, &null).await.faults("wrong_shape"),
            ["/document/fees"]
        );
        let twice = json!({ "document": hand() })
            .to_string()
            .replace("\"projects\":", "\"seats\":{},\"projects\":");
        let refused = api.post_text(&api.admin().await, &path, twice).await;
        assert_eq!(
            (refused.status, &refused.body["code"]),
            (400, &json!("broken_json"))
        );
        for (body, place) in [
            (json!({}), "/document"),
            (json!({ "preset": "hand", "document": hand() }), "/preset"),
            (json!({ "preset": "nowhere" }), "/preset"),
        ] {
            assert_eq!(api.post(&path, &body).await.faults("invalid"), [place]);
        }
        let unknown = format!("{path}?dryrun=true");
        let refused = api.post(&unknown, &json!({ "preset": "hand" })).await;
        assert_eq!(refused.faults("wrong_shape"), ["dryrun"]);
        assert_eq!(numbers(&api, &path).await, [0_u64; 0]);
    });
}

#[test]
fn an_override_may_remove_with_null() {
    on_both(|database| async {
        let api = Api::new(database).await;
        let path = policies(&api.implementation("hand").await);
        let mut document = hand();
        document["organization_groups"] = json!({ "north": { "title": "North" } });
        document["overrides"] = json!([{
            "group": "north",
            "changes": { "license_types": { "end_user": { "recertification": null } } },
        }]);
        let posted = api.post(&path, &json!({ "document": document })).await;
        assert_eq!(posted.status, 201, "{}", posted.body);
        assert_eq!(posted.body["document"]["overrides"], document["overrides"]);
        let read = api.get(&format!("{path}/1")).await;
        assert_eq!(read.body, posted.body);
    });
}

#[test]
fn a_dry_run_says_what_would_be_and_keeps_nothing() {
    on_both(|database| async {
        let api = Api::new(database).await;
        let path = policies(&api.implementation("hand").await);
        let dry = format!("{path}?dry_run=true");
        let first = api.post(&dry, &json!({ "preset": "hand" })).await;
        assert_eq!(first.status, 200, "{}", first.body);
        assert_eq!(first.body["number"], 1);
        assert_eq!(first.body["earliest_effective_from"], text(start()));
        assert_eq!(first.body["shortens"], json!([]));
        assert_eq!(numbers(&api, &path).await, [0_u64; 0]);
        assert_eq!(
            api.post(&path, &json!({ "preset": "hand" })).await.status,
            201
        );
        let mut shorter = hand();
        shorter["ends_of_need"]["departure_notice_hours"] = json!(12);
        let body = json!({
            "document": shorter,
            "effective_from": text(start() + TimeDelta::days(9)),
        });
        let second = api.post(&dry, &body).await;
        assert_eq!(second.status, 200, "{}", second.body);
        assert_eq!(second.body["number"], 2);
        assert_eq!(
            second.body["effective_from"],
            text(start() + TimeDelta::days(9))
        );
        assert_eq!(
            second.body["earliest_effective_from"],
            text(start() + TimeDelta::days(1))
        );
        assert_eq!(
            second.body["shortens"],
            json!(["/ends_of_need/departure_notice_hours"])
        );
        assert!(!second.body["not_enforced"].as_array().unwrap().is_empty());
        assert_eq!(numbers(&api, &path).await, [1]);
    });
}

#[test]
fn posts_at_once_get_one_number_each() {
    on_both(|database| async {
        let api = Api::new(database).await;
        let path = policies(&api.implementation("hand").await);
        assert_eq!(
            api.post(&path, &json!({ "preset": "hand" })).await.status,
            201
        );
        let body = json!({ "preset": "hand" });
        let posted = join_all((0..6).map(|_| api.post(&path, &body))).await;
        let mut found: Vec<u64> = posted
            .iter()
            .map(|answer| {
                assert_eq!(answer.status, 201, "{}", answer.body);
                answer.body["number"].as_u64().unwrap()
            })
            .collect();
        found.sort_unstable();
        assert_eq!(found, [2, 3, 4, 5, 6, 7]);
        assert_eq!(numbers(&api, &path).await, [1, 2, 3, 4, 5, 6, 7]);
        // Of several that want the same instant one has it.
        let body =
            json!({ "preset": "hand", "effective_from": text(start() + TimeDelta::days(3)) });
        let posted = join_all((0..4).map(|_| api.post(&path, &body))).await;
        let (kept, refused): (Vec<_>, Vec<_>) =
            posted.iter().partition(|answer| answer.status == 201);
        assert_eq!(kept.len(), 1);
        for answer in refused {
            assert_eq!(answer.faults("invalid"), ["/effective_from"]);
        }
        assert_eq!(numbers(&api, &path).await.len(), 8);
    });
}
