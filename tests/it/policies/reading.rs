use chrono::TimeDelta;
use serde_json::json;

use super::api::{Api, hand, policies};
use crate::support::database::{on_both, on_sqlite};

#[test]
fn presets_are_listed_and_shown_whole() {
    on_sqlite(|database| async {
        let api = Api::new(database).await;
        let listed = api.get("/v1/policy-presets").await;
        assert_eq!(listed.codes("name"), ["akhmis", "hand"]);
        assert!(listed.body["data"][0].get("document").is_none());
        let first = api.get("/v1/policy-presets?limit=1").await;
        assert_eq!(first.codes("name"), ["akhmis"]);
        let cursor = first.body["page"]["next_cursor"].as_str().unwrap();
        let second = api
            .get(&format!("/v1/policy-presets?limit=1&cursor={cursor}"))
            .await;
        assert_eq!(second.codes("name"), ["hand"]);
        assert_eq!(second.body["page"], json!({ "has_more": false }));
        let shown = api.get("/v1/policy-presets/hand").await;
        assert_eq!(shown.status, 200);
        assert_eq!(shown.body["document"], hand());
        assert!(!shown.body["readings"].as_array().unwrap().is_empty());
        assert!(
            shown.body["source"]
                .as_str()
                .unwrap()
                .starts_with("https://")
        );
        let again = api
            .get_unless("/v1/policy-presets/hand", &shown.etag.unwrap())
            .await;
        assert_eq!(again.status, 304);
        let unknown = api.get("/v1/policy-presets/nowhere").await;
        assert_eq!(
            (unknown.status, &unknown.body["code"]),
            (404, &json!("not_found"))
        );
    });
}

#[test]
fn versions_are_paged_by_number_and_unknown_ones_are_not_found() {
    on_both(|database| async {
        let api = Api::new(database).await;
        let path = policies(&api.implementation("hand").await);
        for _ in 0..3 {
            let posted = api.post(&path, &json!({ "preset": "hand" })).await;
            assert_eq!(posted.status, 201, "{}", posted.body);
        }
        let first = api.get(&format!("{path}?limit=2")).await;
        let rows = first.body["data"].as_array().unwrap();
        assert_eq!(
            (rows[0]["number"].as_u64(), rows[1]["number"].as_u64()),
            (Some(1), Some(2))
        );
        let cursor = first.body["page"]["next_cursor"].as_str().unwrap();
        let second = api.get(&format!("{path}?limit=2&cursor={cursor}")).await;
        assert_eq!(second.body["data"][0]["number"], 3);
        assert_eq!(second.body["page"]["has_more"], false);
        for number in ["4", "0", "-1", "01", "x", "99999999999"] {
            let unknown = api.get(&format!("{path}/{number}")).await;
            assert_eq!(
                (unknown.status, &unknown.body["code"]),
                (404, &json!("not_found"))
            );
        }
    });
}

#[test]
fn courses_and_agreements_are_those_of_the_policy_in_force() {
    on_both(|database| async {
        let api = Api::new(database).await;
        let id = api.implementation("hand").await;
        let (courses, agreements) = (
            format!("/v1/implementations/{id}/courses"),
            format!("/v1/implementations/{id}/agreements"),
        );
        for path in [&courses, &agreements] {
            let none = api.get(path).await;
            assert_eq!(
                (none.status, &none.body["code"]),
                (409, &json!("no_policy"))
            );
        }
        let mut document = hand();
        document["courses"]["data_quality"]["pass_mark"] = json!(80);
        document["agreements"]["user_agreement"]["validity"] =
            json!({ "kind": "rolling", "length": { "months": 12 } });
        let posted = api
            .post(&policies(&id), &json!({ "document": document }))
            .await;
        assert_eq!(posted.status, 201, "{}", posted.body);
        let listed = api.get(&courses).await;
        assert_eq!(
            listed.codes("code"),
            [
                "agency_administration",
                "data_quality",
                "hand_policy_and_procedure",
                "hmis_user_training_series",
            ]
        );
        assert_eq!(
            listed.body["data"][1],
            json!({
                "code": "data_quality",
                "title": "HMIS data quality",
                "pass_mark": 80,
                "valid_until_activation": { "months": 12 },
            })
        );
        let listed = api.get(&agreements).await;
        assert_eq!(listed.codes("code"), ["code_of_ethics", "user_agreement"]);
        assert_eq!(
            listed.body["data"][1],
            json!({
                "code": "user_agreement",
                "title": "User agreement",
                "version": "1",
                "scope": "person",
                "parties": ["end_user", "agency"],
                "valid_for": { "months": 12 },
                "new_version_days": 30,
                "on_lapse": "suspend",
            })
        );
        let page = api.get(&format!("{courses}?limit=3")).await;
        let cursor = page.body["page"]["next_cursor"].as_str().unwrap();
        let rest = api.get(&format!("{courses}?limit=3&cursor={cursor}")).await;
        assert_eq!(rest.codes("code"), ["hmis_user_training_series"]);
        // A version that is scheduled lists nothing yet, and one without the cursor's row refuses the cursor.
        let mut document = hand();
        let other = document["courses"]["hand_policy_and_procedure"].clone();
        let renamed = document
            .to_string()
            .replace("hand_policy_and_procedure", "policy_again");
        document = serde_json::from_str(&renamed).unwrap();
        assert_eq!(document["courses"]["policy_again"], other);
        let posted = api
            .post(&policies(&id), &json!({ "document": document }))
            .await;
        assert_eq!(posted.status, 201, "{}", posted.body);
        assert_eq!(api.get(&courses).await.codes("code").len(), 4);
        assert!(
            !api.get(&courses)
                .await
                .codes("code")
                .contains(&"policy_again")
        );
        api.clock.advance(TimeDelta::days(2));
        assert!(
            api.get(&courses)
                .await
                .codes("code")
                .contains(&"policy_again")
        );
        let gone = api.get(&format!("{courses}?limit=3&cursor={cursor}")).await;
        assert_eq!(
            (gone.status, &gone.body["code"]),
            (400, &json!("bad_cursor"))
        );
    });
}
