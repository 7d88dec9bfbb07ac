//! Roles of staff: granted, revoked, never one's own, and never the last administrator's.

use futures_util::future::join;
use hmis_licensing::application::actor::Role;
use hmis_licensing::application::operator::TokenRequest;
use hmis_licensing::application::token::OWN_ISSUER;
use serde_json::{Value, json};

use super::{House, NOBODY, each, same_but_for_the_request_id, text};
use crate::support::database::{on_both, on_sqlite};

fn role(subject: &str, role: &str, implementation: Option<&str>) -> Value {
    let mut body =
        json!({ "principal": { "issuer": OWN_ISSUER, "subject": subject }, "role": role });
    if let Some(id) = implementation {
        body["implementation_id"] = id.into();
    }
    body
}

#[test]
fn a_role_holds_from_its_grant_to_its_revocation() {
    on_both(|database| async move {
        let house = House::on(&database).await;
        let token = house.app.token("maya");
        house
            .get(&token, "/v1/people")
            .await
            .problem(401, "unauthenticated");
        let made = house
            .post(
                &house.admin,
                "/v1/staff-roles",
                &role("maya", "help_desk", Some(&house.hand)),
            )
            .await;
        let grant = made.expect(201);
        assert_eq!(grant["state"], "live");
        assert_eq!(grant["principal"]["display_name"], "maya");
        assert_eq!(grant["until_at"], Value::Null);
        house.get(&token, "/v1/people").await.expect(200);
        let twice = house
            .post(
                &house.admin,
                "/v1/staff-roles",
                &role("maya", "help_desk", Some(&house.hand)),
            )
            .await;
        twice.problem(409, "duplicate");

        let path = made.header("location").unwrap().to_owned();
        let revoke = format!("{path}/revoke");
        house
            .post(&house.admin, &revoke, &json!({}))
            .await
            .problem(428, "precondition_required");
        let stale = json!({ "expected_version": 7 });
        house
            .post(&house.admin, &revoke, &stale)
            .await
            .problem(412, "stale");
        let seen = json!({ "expected_version": 1 });
        let revoked = house.post(&house.admin, &revoke, &seen).await.expect(200);
        assert_eq!(revoked["state"], "revoked");
        assert_eq!(revoked["revoked_at"], "2026-03-02T18:00:00Z");
        house
            .get(&token, "/v1/people")
            .await
            .problem(403, "forbidden");
        let again = house
            .post(&house.admin, &revoke, &json!({ "expected_version": 2 }))
            .await;
        let problem = again.problem(409, "transition_refused");
        assert_eq!(problem["state"], "revoked");
        assert_eq!(
            house.get(&house.admin, &path).await.expect(200)["state"],
            "revoked"
        );
    });
}

#[test]
fn a_role_has_the_scope_that_it_needs_and_no_other() {
    on_sqlite(|database| async move {
        let house = House::on(&database).await;
        let shelter = house.organization(&house.hand, "Corktown Shelter").await;
        let alaskan = house.organization(&house.akhmis, "Anchorage Shelter").await;
        let dana = house.person(&house.hand, "Dana", "Whitfield").await;
        let with = |body: &Value, members: &[(&str, &str)]| {
            let mut body = body.clone();
            for (member, value) in members {
                body[*member] = (*value).into();
            }
            body
        };
        let grant = async |body: &Value| house.post(&house.admin, "/v1/staff-roles", body).await;
        let hand = Some(house.hand.as_str());
        let supervisor = role("ingrid", "supervisor", hand);
        let trainer = role("x", "trainer", hand);
        let help_desk = role("x", "help_desk", hand);
        let frontend = role("x", "hmis_frontend", hand);
        let foreign = [
            ("organization_id", alaskan.as_str()),
            ("person_id", dana.as_str()),
        ];
        let cases: [(Value, &[&str]); 9] = [
            (supervisor.clone(), &["/organization_id", "/person_id"]),
            (
                role("x", "supervisor", None),
                &["/implementation_id", "/organization_id", "/person_id"],
            ),
            (role("x", "end_user", hand), &["/person_id"]),
            (
                with(&help_desk, &[("organization_id", shelter.as_str())]),
                &["/organization_id"],
            ),
            (
                with(&frontend, &[("person_id", dana.as_str())]),
                &["/person_id"],
            ),
            (with(&supervisor, &foreign), &["/organization_id"]),
            (
                with(&trainer, &[("from_at", "2026-03-02T17:59:59Z")]),
                &["/from_at"],
            ),
            (
                with(&trainer, &[("until_at", "2026-03-02T18:00:00Z")]),
                &["/until_at"],
            ),
            (role("x", "trainer", Some(NOBODY)), &["/implementation_id"]),
        ];
        for (body, faults) in cases {
            let refused = grant(&body).await;
            refused.problem(422, "invalid");
            assert_eq!(refused.faults(), faults);
        }
        let own = [("organization_id", &*shelter), ("person_id", &*dana)];
        grant(&with(&supervisor, &own)).await.expect(201);
        let bare = with(&trainer, &[("from_at", "2026-03-03T09:00:00")]);
        grant(&bare).await.problem(422, "wrong_shape");
    });
}

#[test]
fn an_auditor_expires_and_a_later_start_waits() {
    on_sqlite(|database| async move {
        let house = House::on(&database).await;
        let mut body = role("petra", "auditor", Some(&house.hand));
        body["from_at"] = "2026-03-03T18:00:00Z".into();
        let made = house.post(&house.admin, "/v1/staff-roles", &body).await;
        let grant = made.expect(201);
        assert_eq!(grant["state"], "pending");
        assert_eq!(grant["until_at"], "2026-04-02T18:00:00Z");
        let path = made.header("location").unwrap().to_owned();
        let log = "/v1/audit-records";
        house
            .get(&house.app.token("petra"), log)
            .await
            .problem(403, "forbidden");
        for (now, state, status) in [
            ("2026-03-03T18:00:00Z", "live", 200),
            ("2026-04-02T17:59:59Z", "live", 200),
            ("2026-04-02T18:00:00Z", "ended", 403),
        ] {
            house.app.clock.set(now.parse().unwrap());
            let admin = house.app.administrator().await;
            assert_eq!(
                house.get(&admin, &path).await.expect(200)["state"],
                state,
                "{now}"
            );
            let read = house.get(&house.app.token("petra"), log).await;
            assert_eq!(read.status, status, "{now}");
        }
    });
}

#[test]
fn nobody_changes_his_own_roles() {
    on_sqlite(|database| async move {
        let house = House::on(&database).await;
        let listed = house.get(&house.admin, "/v1/staff-roles").await.expect(200);
        let own = each(&listed, "id").remove(0);
        let path = format!("/v1/staff-roles/{own}/revoke");
        let refused = house
            .post(&house.admin, &path, &json!({ "expected_version": 1 }))
            .await;
        refused.problem(403, "own_case");
        let body = role("system_admin", "auditor", Some(&house.hand));
        house
            .post(&house.admin, "/v1/staff-roles", &body)
            .await
            .problem(403, "own_case");

        // Nor by a second account of the same person.
        let dana = house.person(&house.hand, "Dana", "Whitfield").await;
        let token = house
            .app
            .grant(TokenRequest {
                implementation: Some("hand".into()),
                person: Some(dana.parse().unwrap()),
                subject: Some("dana".into()),
                ..TokenRequest::of(Role::SystemAdmin)
            })
            .await
            .unwrap();
        let mut second = role("dana-2", "trainer", Some(&house.hand));
        second["person_id"] = dana.into();
        house
            .post(&token, "/v1/staff-roles", &second)
            .await
            .problem(403, "own_case");
        let listed = house.get(&house.admin, "/v1/staff-roles").await.expect(200);
        assert_eq!(each(&listed, "role"), ["system_admin", "system_admin"]);
    });
}

#[test]
fn nobody_grants_farther_than_he_reaches() {
    on_sqlite(|database| async move {
        let house = House::on(&database).await;
        let detroiter = house.app.role(Role::SystemAdmin, Some("hand")).await;
        let everywhere = role("x", "help_desk", None);
        let path = "/v1/staff-roles";
        house
            .post(&detroiter, path, &everywhere)
            .await
            .problem(403, "forbidden");
        let foreign = house
            .post(
                &detroiter,
                path,
                &role("x", "help_desk", Some(&house.akhmis)),
            )
            .await;
        foreign.problem(422, "invalid");
        let random = house
            .post(&detroiter, path, &role("x", "help_desk", Some(NOBODY)))
            .await;
        same_but_for_the_request_id(&foreign, &random);
        let made = house.post(&house.admin, path, &everywhere).await;
        made.expect(201);
        let hidden = house
            .get(&detroiter, made.header("location").unwrap())
            .await;
        hidden.problem(404, "not_found");
        let revoke = format!("{}/revoke", made.header("location").unwrap());
        let hidden = house
            .post(&detroiter, &revoke, &json!({ "expected_version": 1 }))
            .await;
        hidden.problem(404, "not_found");
        let own = house
            .post(&detroiter, path, &role("y", "help_desk", Some(&house.hand)))
            .await;
        own.expect(201);
        for role in [Role::HelpDesk, Role::Auditor] {
            let token = house.app.role(role, Some("hand")).await;
            let body = self::role("z", "trainer", Some(&house.hand));
            house
                .post(&token, path, &body)
                .await
                .problem(403, "forbidden");
            house.get(&token, path).await.expect(200);
        }
    });
}

#[test]
fn of_two_administrators_who_revoke_each_other_one_stays() {
    on_both(|database| async move {
        let house = House::on(&database).await;
        // Over everything, and over one implementation that nobody else administers.
        for implementation in [None, Some("hand")] {
            let mut tokens = Vec::new();
            for name in ["first", "second"] {
                let subject = format!("{name}@{}", implementation.unwrap_or("all"));
                let token = house
                    .app
                    .grant(TokenRequest {
                        implementation: implementation.map(Into::into),
                        subject: Some(subject),
                        ..TokenRequest::of(Role::SystemAdmin)
                    })
                    .await
                    .unwrap();
                tokens.push(token);
            }
            let [first, second] = &tokens[..] else {
                unreachable!("two were granted")
            };
            if implementation.is_none() {
                // Only the two remain.
                let listed = house.get(first, "/v1/staff-roles").await.expect(200);
                let initial = each(&listed, "id").remove(0);
                let path = format!("/v1/staff-roles/{initial}/revoke");
                house
                    .post(first, &path, &json!({ "expected_version": 1 }))
                    .await
                    .expect(200);
            }
            let listed = house.get(first, "/v1/staff-roles").await.expect(200);
            let id_of = |name: &str| {
                let subject = format!("{name}@{}", implementation.unwrap_or("all"));
                let entries = listed["data"].as_array().unwrap();
                let found = entries
                    .iter()
                    .find(|entry| entry["principal"]["subject"] == subject);
                text(&found.unwrap()["id"])
            };
            let revoke = async |token: &str, id: String| {
                let path = format!("/v1/staff-roles/{id}/revoke");
                house
                    .post(token, &path, &json!({ "expected_version": 1 }))
                    .await
            };
            let (one, other) = join(
                revoke(first, id_of("second")),
                revoke(second, id_of("first")),
            )
            .await;
            let done = [&one, &other]
                .iter()
                .filter(|answer| answer.status == 200)
                .count();
            assert_eq!(done, 1, "{} {}", one.text, other.text);
            let mut alive = 0;
            for token in [first, second] {
                alive += usize::from(house.get(token, "/v1/staff-roles").await.status == 200);
            }
            assert_eq!(alive, 1);
        }
    });
}

#[test]
fn a_departure_ends_the_roles_at_its_organization() {
    on_both(|database| async move {
        let house = House::on(&database).await;
        let shelter = house.organization(&house.hand, "Corktown Shelter").await;
        let leaving = house.supervisor(&house.hand, &shelter).await;
        let listed = house.get(&house.admin, "/v1/staff-roles").await.expect(200);
        let grants = listed["data"].as_array().unwrap();
        let grant = grants
            .iter()
            .find(|grant| grant["role"] == "supervisor")
            .unwrap();
        let staying = house.supervisor(&house.hand, &shelter).await;
        // He works there: the other supervisor asked for a license of his.
        let person = text(&grant["person_id"]);
        house.request(&staying, &shelter, &person).await;
        house.get(&leaving, "/v1/projects").await.expect(200);
        house.app.clock.set("2026-03-02T19:00:00Z".parse().unwrap());
        let departure = json!({
            "person_id": person,
            "organization_id": shelter,
            "ended_at": "2026-03-02T18:30:00Z",
        });
        house
            .post(&house.admin, "/v1/departures", &departure)
            .await
            .expect(201);
        house
            .get(&leaving, "/v1/projects")
            .await
            .problem(403, "forbidden");
        house.get(&staying, "/v1/projects").await.expect(200);
        let path = format!("/v1/staff-roles/{}", text(&grant["id"]));
        let ended = house.get(&house.admin, &path).await.expect(200);
        assert_eq!(ended["state"], "ended");
        let revoke = format!("{path}/revoke");
        let refused = house
            .post(&house.admin, &revoke, &json!({ "expected_version": 1 }))
            .await;
        refused.problem(409, "transition_refused");
        // Hired again, he supervises again: the role that his departure ended stands in the way of no new one.
        house.app.clock.set("2026-03-02T20:00:00Z".parse().unwrap());
        let again = json!({
            "principal": {
                "issuer": grant["principal"]["issuer"], "subject": grant["principal"]["subject"],
            },
            "role": "supervisor", "implementation_id": grant["implementation_id"],
            "organization_id": shelter, "person_id": person,
        });
        house
            .post(&house.admin, "/v1/staff-roles", &again)
            .await
            .expect(201);
        house.get(&leaving, "/v1/projects").await.expect(200);
    });
}
