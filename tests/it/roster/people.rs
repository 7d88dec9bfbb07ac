//! People: found by what identifies them, and shown as far as each reader may see.

use hmis_licensing::application::actor::Role;
use hmis_licensing::application::operator::TokenRequest;
use serde_json::{Value, json};

use super::{House, NOBODY, each, same_but_for_the_request_id, text};
use crate::support::database::{on_both, on_sqlite};

#[test]
fn a_person_is_found_by_name_address_and_external_id() {
    on_both(|database| async move {
        let house = House::on(&database).await;
        let body = json!({
            "implementation_id": house.hand,
            "given_name": "Joaquín",
            "family_name": "D'Amato-Ruiz",
            "emails": [{ "email": "J.Damato@jefferson.example" }],
            "external_ids": [{ "system": "hmis_user_id", "value": "043" }],
        });
        let made = house
            .post(&house.admin, "/v1/people", &body)
            .await
            .expect(201);
        let id = text(&made["id"]);
        assert_eq!(made["emails"][0]["email"], "J.Damato@jefferson.example");
        assert_eq!(made["emails"][0]["confirmed_at"], Value::Null);
        house.person(&house.hand, "Wendell", "Pruitt").await;
        let found = async |query: &str| {
            let path = format!("/v1/people?{query}");
            each(&house.get(&house.admin, &path).await.expect(200), "id")
        };
        for query in [
            "name=joaq",
            "name=D%27AM",
            "email=j.damato%40JEFFERSON.example",
            "system=hmis_user_id&external_id=043",
        ] {
            assert_eq!(found(query).await, [id.as_str()], "{query}");
        }
        for query in [
            "name=amato",
            "email=damato%40jefferson.example",
            "system=hmis_user_id&external_id=43",
            "system=username&external_id=043",
        ] {
            assert_eq!(found(query).await, [""; 0], "{query}");
        }
        let half = house
            .get(&house.admin, "/v1/people?system=hmis_user_id")
            .await;
        half.problem(422, "invalid");
        assert_eq!(half.faults(), ["external_id"]);
    });
}

#[test]
fn a_new_name_leaves_the_former_one_with_its_dates() {
    on_both(|database| async move {
        let house = House::on(&database).await;
        let shelter = house.organization(&house.hand, "Corktown Shelter").await;
        let supervisor = house.supervisor(&house.hand, &shelter).await;
        let id = house.person(&house.hand, "Dana", "Whitfield").await;
        house.request(&supervisor, &shelter, &id).await;
        let path = format!("/v1/people/{id}");
        let change = json!({ "family_name": "Okonkwo", "expected_version": 1 });
        let help_desk = house.app.role(Role::HelpDesk, Some("hand")).await;
        house
            .patch(&supervisor, &path, &change)
            .await
            .problem(403, "forbidden");
        let changed = house.patch(&help_desk, &path, &change).await.expect(200);
        assert_eq!(changed["family_name"], "Okonkwo");
        assert_eq!(changed["given_name"], "Dana");
        assert_eq!(changed["version"], 2);

        let dana = house
            .app
            .grant(TokenRequest {
                person: Some(id.parse().unwrap()),
                ..TokenRequest::of(Role::EndUser)
            })
            .await
            .unwrap();
        let auditor = house.app.role(Role::Auditor, Some("hand")).await;
        for (token, shown) in [
            (&house.admin, true),
            (&auditor, true),
            (&dana, true),
            (&help_desk, false),
            (&supervisor, false),
        ] {
            let read = house.get(token, &path).await.expect(200);
            let former = &read["former_names"][0]["family_name"];
            assert_eq!(former == "Whitfield", shown, "{read}");
        }
        // Staff find her by the former name; a supervisor does not learn of it.
        for (token, query, hits) in [
            (&help_desk, "whit", 1),
            (&supervisor, "whit", 0),
            (&supervisor, "okon", 1),
        ] {
            let listed = house
                .get(token, &format!("/v1/people?name={query}"))
                .await
                .expect(200);
            assert_eq!(listed["data"].as_array().unwrap().len(), hits, "{query}");
        }
    });
}

#[test]
fn a_supervisor_sees_the_people_and_addresses_of_his_organization() {
    on_both(|database| async move {
        let house = House::on(&database).await;
        let shelter = house.organization(&house.hand, "Corktown Shelter").await;
        let center = house.organization(&house.hand, "Jefferson Center").await;
        let at_shelter = house.supervisor(&house.hand, &shelter).await;
        let at_center = house.supervisor(&house.hand, &center).await;
        let body = json!({
            "implementation_id": house.hand,
            "given_name": "Dana",
            "family_name": "Whitfield",
            "emails": [
                { "email": "dana@corktown.example", "organization_id": shelter },
                { "email": "dana@jefferson.example", "organization_id": center },
                { "email": "dana@home.example" },
            ],
        });
        let made = house
            .post(&house.admin, "/v1/people", &body)
            .await
            .expect(201);
        let id = text(&made["id"]);
        let path = format!("/v1/people/{id}");
        let random = house
            .get(&at_shelter, &format!("/v1/people/{NOBODY}"))
            .await;
        random.problem(404, "not_found");
        same_but_for_the_request_id(&house.get(&at_shelter, &path).await, &random);

        house.request(&at_center, &center, &id).await;
        same_but_for_the_request_id(&house.get(&at_shelter, &path).await, &random);
        let seen = house.get(&at_center, &path).await.expect(200);
        assert_eq!(
            each(&json!({ "data": seen["emails"] }), "email"),
            ["dana@jefferson.example"]
        );
        for (query, hits) in [
            ("dana%40jefferson.example", 1),
            ("dana%40corktown.example", 0),
            ("dana%40home.example", 0),
        ] {
            let path = format!("/v1/people?email={query}");
            let listed = house.get(&at_center, &path).await.expect(200);
            assert_eq!(listed["data"].as_array().unwrap().len(), hits, "{query}");
            let listed = house.get(&at_shelter, &path).await.expect(200);
            assert_eq!(listed["data"], json!([]), "{query}");
        }
        let all = house.get(&house.admin, &path).await.expect(200);
        assert_eq!(all["emails"].as_array().unwrap().len(), 3);
    });
}

#[test]
fn an_address_is_recorded_once_in_each_standing() {
    on_both(|database| async move {
        let house = House::on(&database).await;
        let shelter = house.organization(&house.hand, "Corktown Shelter").await;
        let alaskan = house.organization(&house.akhmis, "Anchorage Shelter").await;
        let id = house.person(&house.hand, "Dana", "Whitfield").await;
        let path = format!("/v1/people/{id}/emails");
        let add = async |body: Value| house.post(&house.admin, &path, &body).await;
        add(json!({ "email": "dana@corktown.example" }))
            .await
            .expect(201);
        let again = add(json!({ "email": "DANA@Corktown.example" })).await;
        again.problem(409, "duplicate");
        let confirmed = json!({ "email": "dana@corktown.example", "organization_id": shelter });
        let made = add(confirmed.clone()).await.expect(201);
        assert_eq!(made["emails"][1]["organization_id"], json!(shelter));
        assert_eq!(made["emails"][1]["confirmed_at"], "2026-03-02T18:00:00Z");
        add(confirmed).await.problem(409, "duplicate");
        let foreign = add(json!({ "email": "d@a.example", "organization_id": alaskan })).await;
        foreign.problem(422, "invalid");
        assert_eq!(foreign.faults(), ["/organization_id"]);
        let random = add(json!({ "email": "d@a.example", "organization_id": NOBODY })).await;
        same_but_for_the_request_id(&foreign, &random);
        for bad in [
            "dana",
            "Dana <dana@corktown.example>",
            "\u{130}@corktown.example",
        ] {
            let refused = add(json!({ "email": bad })).await;
            refused.problem(422, "invalid");
            assert!(!refused.text.contains(bad), "input is not repeated");
        }
    });
}

#[test]
fn an_external_id_never_passes_to_somebody_else() {
    on_both(|database| async move {
        let house = House::on(&database).await;
        let dana = house.person(&house.hand, "Dana", "Whitfield").await;
        let wendell = house.person(&house.hand, "Wendell", "Pruitt").await;
        let give = async |person: &str, system: &str| {
            let path = format!("/v1/people/{person}/external-ids");
            let body = json!({ "system": system, "value": "41" });
            house.post(&house.admin, &path, &body).await
        };
        let made = give(&dana, "hmis_user_id").await.expect(201);
        assert_eq!(made["external_ids"][0]["system"], "hmis_user_id");
        give(&wendell, "hmis_user_id")
            .await
            .problem(409, "duplicate");
        give(&wendell, "username").await.expect(201);
        let refused = give(&wendell, "hmis_csv:1106").await;
        refused.problem(422, "invalid");
        assert_eq!(refused.faults(), ["/system"]);
    });
}

#[test]
fn a_person_needs_a_name_and_may_have_one_only() {
    on_sqlite(|database| async move {
        let house = House::on(&database).await;
        let nameless = json!({ "implementation_id": house.hand });
        let refused = house.post(&house.admin, "/v1/people", &nameless).await;
        refused.problem(422, "invalid");
        assert_eq!(refused.faults(), ["/family_name"]);
        let one = json!({ "implementation_id": house.hand, "given_name": "Sukarno" });
        let made = house
            .post(&house.admin, "/v1/people", &one)
            .await
            .expect(201);
        assert_eq!(made["family_name"], "");
        let path = format!("/v1/people/{}", text(&made["id"]));
        let none = json!({ "given_name": null, "expected_version": 1 });
        house
            .patch(&house.admin, &path, &none)
            .await
            .problem(422, "invalid");
        let turned = json!({ "given_name": "a\u{202e}b", "expected_version": 1 });
        house
            .patch(&house.admin, &path, &turned)
            .await
            .problem(422, "invalid");
        let same = json!({ "given_name": "Sukarno", "expected_version": 1 });
        let kept = house.patch(&house.admin, &path, &same).await.expect(200);
        assert_eq!(
            (&kept["version"], &kept["former_names"]),
            (&json!(1), &Value::Null)
        );
    });
}
