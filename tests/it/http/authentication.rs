//! Who is let in.

use chrono::TimeDelta;
use hmis_licensing::application::actor::Role;
use hmis_licensing::application::operator::TokenRequest;

use super::created;
use crate::support::app::TestApp;
use crate::support::database::{on_both, on_sqlite};

#[test]
fn without_a_good_credential_nothing_is_told() {
    on_sqlite(|database| async move {
        let app = TestApp::on(&database).await;
        let good = app.administrator().await;
        let stranger = app.token("nobody-knows-me");
        let path = "/v1/implementations";
        for (name, call, challenged) in [
            ("no header", app.get(path), false),
            ("empty", app.get(path).header("Authorization", ""), false),
            (
                "basic",
                app.get(path).header("Authorization", "Basic YTpi"),
                false,
            ),
            (
                "bare token",
                app.get(path).header("Authorization", &good),
                false,
            ),
            (
                "no token",
                app.get(path).header("Authorization", "Bearer "),
                true,
            ),
            ("garbage", app.get(path).bearer("garbage"), true),
            ("unknown subject", app.get(path).bearer(&stranger), true),
            (
                "token twice",
                app.get(path).bearer(&format!("{good} {good}")),
                true,
            ),
            (
                "two headers",
                app.get(path)
                    .bearer(&good)
                    .header("Authorization", "Bearer x"),
                true,
            ),
            (
                "two equal headers",
                app.get(path).bearer(&good).bearer(&good),
                true,
            ),
            (
                "in the query",
                app.get(&format!("{path}?access_token={good}")),
                false,
            ),
        ] {
            let answer = call.send().await;
            answer.problem(401, "unauthenticated");
            let challenge = answer.header("www-authenticate").unwrap();
            assert!(
                challenge.starts_with("Bearer realm="),
                "{name}: {challenge}"
            );
            assert_eq!(challenge.contains("invalid_token"), challenged, "{name}");
        }
        app.get(path).bearer(&good).send().await.expect(200);
        app.get(path)
            .header("Authorization", &format!("bearer {good}"))
            .send()
            .await
            .expect(200);
    });
}

#[test]
fn a_token_ends_by_the_injected_clock() {
    on_sqlite(|database| async move {
        let app = TestApp::on(&database).await;
        let token = app.administrator().await;
        let get = || app.get("/v1/implementations").bearer(&token).send();
        get().await.expect(200);
        app.clock
            .advance(TimeDelta::hours(12) + TimeDelta::seconds(29));
        get().await.expect(200);
        app.clock.advance(TimeDelta::seconds(1));
        let problem = get().await.problem(401, "unauthenticated");
        assert!(problem["detail"].as_str().unwrap().contains("expired"));
    });
}

#[test]
fn authority_is_read_from_the_grants_and_their_scope() {
    on_both(|database| async move {
        let app = TestApp::on(&database).await;
        let admin = app.administrator().await;
        let (hand, _) = created(&app, &admin, "hand").await;
        let (akhmis, _) = created(&app, &admin, "akhmis").await;
        let desk = app.role(Role::HelpDesk, Some("akhmis")).await;
        let path = |row: &serde_json::Value| {
            format!("/v1/implementations/{}", row["id"].as_str().unwrap())
        };
        app.get(&path(&akhmis))
            .bearer(&desk)
            .send()
            .await
            .expect(200);
        let change = serde_json::json!({ "name": "x", "expected_version": 1 });
        app.patch(&path(&akhmis))
            .bearer(&desk)
            .json(&change)
            .send()
            .await
            .problem(403, "forbidden");
        // A foreign one and one that does not exist are the same, to the byte.
        let foreign = app
            .get(&path(&hand))
            .bearer(&desk)
            .header("X-Request-Id", "r-1")
            .send()
            .await;
        foreign.problem(404, "not_found");
        for other in ["0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b21", "1", "%00", "x y"] {
            let answer = app
                .get(&format!(
                    "/v1/implementations/{}",
                    other.replace(' ', "%20")
                ))
                .bearer(&desk)
                .header("X-Request-Id", "r-1")
                .send()
                .await;
            assert_eq!(answer.text, foreign.text, "{other}");
        }
        let listed = app
            .get("/v1/implementations")
            .bearer(&desk)
            .send()
            .await
            .expect(200);
        assert_eq!(listed["data"].as_array().unwrap().len(), 1);
        assert_eq!(listed["data"][0]["code"], "akhmis");
        let by_code = app
            .get("/v1/implementations?code=hand")
            .bearer(&desk)
            .send()
            .await
            .expect(200);
        assert_eq!(by_code["data"], serde_json::json!([]));
    });
}

#[test]
fn an_administrator_of_one_implementation_makes_no_other() {
    on_sqlite(|database| async move {
        let app = TestApp::on(&database).await;
        let admin = app.administrator().await;
        created(&app, &admin, "akhmis").await;
        let local = app.role(Role::SystemAdmin, Some("akhmis")).await;
        app.post("/v1/implementations")
            .bearer(&local)
            .json(&super::new("other"))
            .send()
            .await
            .problem(403, "forbidden");
    });
}

#[test]
fn the_operator_grants_only_what_makes_sense() {
    on_both(|database| async move {
        let app = TestApp::on(&database).await;
        let admin = app.administrator().await;
        created(&app, &admin, "akhmis").await;
        let id = "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b21";
        let base = TokenRequest::of(Role::Supervisor);
        for (grant, flag) in [
            (base.clone(), "organization"),
            (TokenRequest::of(Role::EndUser), "person"),
            (
                TokenRequest {
                    implementation: Some("nowhere".into()),
                    ..TokenRequest::of(Role::Trainer)
                },
                "implementation",
            ),
            (
                TokenRequest {
                    organization: Some(id.parse().unwrap()),
                    ..base.clone()
                },
                "organization",
            ),
            (
                TokenRequest {
                    subject: Some("a\nb".into()),
                    ..TokenRequest::of(Role::Trainer)
                },
                "subject",
            ),
        ] {
            let error = app.grant(grant.clone()).await.unwrap_err();
            let hmis_licensing::application::Error::Invalid(faults) = error else {
                panic!("{grant:?}: {error:?}")
            };
            let place = hmis_licensing::application::Place::Parameter(flag.into());
            assert!(
                faults.iter().any(|fault| fault.place == place),
                "{grant:?}: {faults:?}"
            );
        }
        // The same grant again is no second one.
        let twice = TokenRequest {
            implementation: Some("akhmis".into()),
            ..TokenRequest::of(Role::Trainer)
        };
        app.grant(twice.clone()).await.unwrap();
        app.grant(twice).await.unwrap();
    });
}
