use hmis_licensing::application::actor::Role;
use serde_json::json;

use super::api::{Api, policies};
use crate::support::database::on_both;

#[test]
fn only_administrators_post_and_everybody_of_the_implementation_reads() {
    on_both(|database| async {
        let api = Api::new(database).await;
        let id = api.implementation("hand").await;
        let path = policies(&id);
        let body = json!({ "preset": "hand" }).to_string();
        let own = api.token(Role::SystemAdmin, "hand").await;
        assert_eq!(api.post_text(&own, &path, body.clone()).await.status, 201);
        for role in [
            Role::Trainer,
            Role::HelpDesk,
            Role::Auditor,
            Role::HmisFrontend,
            Role::Integration,
        ] {
            let token = api.token(role, "hand").await;
            for query in ["", "?dry_run=true"] {
                let refused = api
                    .post_text(&token, &format!("{path}{query}"), body.clone())
                    .await;
                assert_eq!(
                    (refused.status, &refused.body["code"]),
                    (403, &json!("forbidden"))
                );
            }
            for read in [
                path.clone(),
                format!("{path}/1"),
                format!("/v1/implementations/{id}/courses"),
                format!("/v1/implementations/{id}/agreements"),
                "/v1/policy-presets".to_owned(),
                "/v1/policy-presets/akhmis".to_owned(),
            ] {
                assert_eq!(
                    api.get_as(&token, &read).await.status,
                    200,
                    "{read} as {role:?}"
                );
            }
        }
        let listed = api.get(&path).await;
        assert_eq!(listed.body["data"].as_array().unwrap().len(), 1);
        for read in [path, "/v1/policy-presets".to_owned()] {
            assert_eq!(api.get_as("garbage", &read).await.status, 401);
        }
    });
}

#[test]
fn a_foreign_implementation_looks_like_one_that_does_not_exist() {
    on_both(|database| async {
        let api = Api::new(database).await;
        api.implementation("hand").await;
        let foreign = api.implementation("akhmis").await;
        let unknown = "0199f3c2-0000-7000-8000-000000000000";
        let body = json!({ "preset": "akhmis" }).to_string();
        let posted = api
            .post_text(&api.admin().await, &policies(&foreign), body.clone())
            .await;
        assert_eq!(posted.status, 201);
        let token = api.token(Role::SystemAdmin, "hand").await;
        for tail in ["policies", "policies/1", "courses", "agreements"] {
            let at = |id: &str| format!("/v1/implementations/{id}/{tail}");
            let (one, other) = (
                api.get_as(&token, &at(&foreign)).await,
                api.get_as(&token, &at(unknown)).await,
            );
            assert_eq!((one.status, &one.body), (404, &other.body), "{tail}");
        }
        let one = api
            .post_text(&token, &policies(&foreign), body.clone())
            .await;
        let other = api.post_text(&token, &policies(unknown), body).await;
        assert_eq!((one.status, &one.body), (404, &other.body));
        let listed = api.get(&policies(&foreign)).await;
        assert_eq!(listed.body["data"].as_array().unwrap().len(), 1);
    });
}
