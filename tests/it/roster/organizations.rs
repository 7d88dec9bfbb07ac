//! Organizations, when they take part, whom to reach there, and their projects.

use actix_web::http::Method;
use hmis_licensing::application::Error;
use hmis_licensing::application::actor::Role;
use hmis_licensing::application::ports::{StoreExt, View};
use serde_json::{Value, json};

use super::{House, NOBODY, each, same_but_for_the_request_id, text};
use crate::support::database::{on_both, on_sqlite};

async fn generation(house: &House, implementation: &str) -> i64 {
    let id = implementation.parse().unwrap();
    house
        .app
        .app
        .store()
        .read(move |view: &mut dyn View| -> Result<i64, Error> {
            Ok(view.implementation(id)?.unwrap().generation)
        })
        .await
        .unwrap()
}

#[test]
fn an_organization_is_recorded_and_found() {
    on_both(|database| async move {
        let house = House::on(&database).await;
        let body = json!({
            "implementation_id": house.hand,
            "name": "Corktown Shelter",
            "victim_service_provider": true,
            "participation": { "from_on": "2026-01-01", "to_on": "2026-12-31" },
            "external_ids": [{ "system": "vendor_agency", "value": "0100" }],
        });
        let made = house.post(&house.admin, "/v1/organizations", &body).await;
        let row = made.expect(201);
        assert_eq!(row["victim_service_provider"], true);
        assert_eq!(row["participation"]["to_on"], "2026-12-31");
        assert_eq!(row["former_participations"], json!([]));
        assert_eq!(row["external_ids"][0]["value"], "0100");
        let path = made.header("location").unwrap().to_owned();
        let read = house.get(&house.admin, &path).await;
        assert_eq!(read.expect(200), row);
        assert_eq!(read.header("etag"), made.header("etag"));
        let unchanged = house
            .app
            .get(&path)
            .bearer(&house.admin)
            .header("If-None-Match", made.header("etag").unwrap())
            .send()
            .await;
        assert_eq!(unchanged.status, 304);
        house.organization(&house.akhmis, "Anchorage Shelter").await;
        let list = |of: &str| format!("/v1/organizations?implementation_id={of}");
        let listed = house
            .get(&house.admin, &list(&house.hand))
            .await
            .expect(200);
        assert_eq!(listed["data"], json!([row]));
        let nowhere = house.get(&house.admin, &list(NOBODY)).await.expect(200);
        assert_eq!(nowhere["data"], json!([]));
    });
}

#[test]
fn every_fault_of_a_new_organization_is_told() {
    on_sqlite(|database| async move {
        let house = House::on(&database).await;
        let body = json!({
            "implementation_id": NOBODY,
            "name": "Corktown Shelter",
            "participation": { "from_on": "2026-03-02", "to_on": "2026-03-01" },
            "external_ids": [
                { "system": "vendor_agency", "value": "1" },
                { "system": "vendor_agency", "value": "1" },
            ],
        });
        let refused = house.post(&house.admin, "/v1/organizations", &body).await;
        refused.problem(422, "invalid");
        assert_eq!(
            refused.faults(),
            [
                "/implementation_id",
                "/participation/to_on",
                "/external_ids/1"
            ]
        );
        let by_import = json!({
            "implementation_id": house.hand,
            "name": "Corktown Shelter",
            "participation": { "from_on": "2026-03-02" },
            "external_ids": [{ "system": "hmis_csv:1106", "value": "1" }],
        });
        let refused = house
            .post(&house.admin, "/v1/organizations", &by_import)
            .await;
        refused.problem(422, "invalid");
        assert_eq!(refused.faults(), ["/external_ids/0/system"]);
        let listed = house
            .get(&house.admin, "/v1/organizations")
            .await
            .expect(200);
        assert_eq!(listed["data"], json!([]));
    });
}

#[test]
fn an_external_id_is_given_once_in_an_implementation() {
    on_both(|database| async move {
        let house = House::on(&database).await;
        let body = |implementation: &str| {
            json!({
                "implementation_id": implementation,
                "name": "Corktown Shelter",
                "participation": { "from_on": "2026-01-01" },
                "external_ids": [{ "system": "vendor_agency", "value": "100" }],
            })
        };
        let post = async |implementation: &str| {
            house
                .post(&house.admin, "/v1/organizations", &body(implementation))
                .await
        };
        post(&house.hand).await.expect(201);
        let again = post(&house.hand).await;
        again.problem(409, "duplicate");
        assert!(!again.text.contains("\"100\""), "input is not repeated");
        post(&house.akhmis).await.expect(201);
        let listed = house
            .get(&house.admin, "/v1/organizations")
            .await
            .expect(200);
        assert_eq!(listed["data"].as_array().unwrap().len(), 2);
    });
}

#[test]
fn participation_is_appended_and_makes_every_state_due() {
    on_both(|database| async move {
        let house = House::on(&database).await;
        let id = house.organization(&house.hand, "Corktown Shelter").await;
        let before = generation(&house, &house.hand).await;
        let path = format!("/v1/organizations/{id}/participations");
        let body = json!({ "from_on": "2026-01-01", "to_on": "2026-03-31" });
        let made = house.post(&house.admin, &path, &body).await.expect(201);
        assert_eq!(made["participation"]["to_on"], "2026-03-31");
        assert_eq!(made["former_participations"][0]["from_on"], "2026-01-01");
        assert_eq!(made["former_participations"][0]["to_on"], Value::Null);
        assert_eq!(generation(&house, &house.hand).await, before + 1);
        assert_eq!(generation(&house, &house.akhmis).await, 1);
        let backwards = json!({ "from_on": "2026-01-02", "to_on": "2026-01-01" });
        let refused = house.post(&house.admin, &path, &backwards).await;
        refused.problem(422, "invalid");
        assert_eq!(refused.faults(), ["/to_on"]);
        assert_eq!(generation(&house, &house.hand).await, before + 1);
    });
}

#[test]
fn a_change_names_the_version_it_was_made_from() {
    on_sqlite(|database| async move {
        let house = House::on(&database).await;
        let id = house.organization(&house.hand, "Corktown Shelter").await;
        let path = format!("/v1/organizations/{id}");
        let renamed = |version: Option<i32>| {
            let mut body = json!({ "name": "Corktown House" });
            if let Some(version) = version {
                body["expected_version"] = version.into();
            }
            body
        };
        let change = async |version| house.patch(&house.admin, &path, &renamed(version)).await;
        change(None).await.problem(428, "precondition_required");
        change(Some(2)).await.problem(412, "stale");
        let changed = change(Some(1)).await.expect(200);
        assert_eq!(
            (&changed["name"], &changed["version"]),
            (&json!("Corktown House"), &json!(2))
        );
        change(Some(1)).await.problem(412, "stale");
        let null = json!({ "name": null, "expected_version": 2 });
        house
            .patch(&house.admin, &path, &null)
            .await
            .problem(422, "wrong_shape");
    });
}

#[test]
fn what_is_foreign_looks_like_what_does_not_exist() {
    on_both(|database| async move {
        let house = House::on(&database).await;
        let own = house.organization(&house.hand, "Corktown Shelter").await;
        let other = house.organization(&house.hand, "Jefferson Center").await;
        let alaskan = house.organization(&house.akhmis, "Anchorage Shelter").await;
        let supervisor = house.supervisor(&house.hand, &own).await;
        let at = |id: &str| format!("/v1/organizations/{id}");
        house.get(&supervisor, &at(&own)).await.expect(200);
        let random = house.get(&supervisor, &at(NOBODY)).await;
        random.problem(404, "not_found");
        for foreign in [&other, &alaskan] {
            let hidden = house.get(&supervisor, &at(foreign)).await;
            same_but_for_the_request_id(&hidden, &random);
        }
        let listed = house
            .get(&supervisor, "/v1/organizations")
            .await
            .expect(200);
        assert_eq!(each(&listed, "id"), [own.as_str()]);

        // Ids in bodies, of an administrator of the other implementation.
        let detroiter = house.app.role(Role::SystemAdmin, Some("hand")).await;
        let contact = |id: &str| json!({ "organization_id": id, "duty": "authorized_signer", "name": "Ingrid Solberg" });
        let path = "/v1/organization-contacts";
        let random = house.post(&detroiter, path, &contact(NOBODY)).await;
        random.problem(422, "invalid");
        assert_eq!(random.faults(), ["/organization_id"]);
        let hidden = house.post(&detroiter, path, &contact(&alaskan)).await;
        same_but_for_the_request_id(&hidden, &random);
        house
            .post(&detroiter, path, &contact(&own))
            .await
            .expect(201);
    });
}

#[test]
fn only_administrators_manage_the_roster() {
    on_sqlite(|database| async move {
        let house = House::on(&database).await;
        let id = house.organization(&house.hand, "Corktown Shelter").await;
        let supervisor = house.supervisor(&house.hand, &id).await;
        let mut tokens = vec![supervisor];
        for role in [
            Role::HelpDesk,
            Role::Trainer,
            Role::Auditor,
            Role::Integration,
        ] {
            tokens.push(house.app.role(role, Some("hand")).await);
        }
        let body = json!({ "name": "Corktown House", "expected_version": 1 });
        for token in &tokens {
            let path = format!("/v1/organizations/{id}");
            house
                .patch(token, &path, &body)
                .await
                .problem(403, "forbidden");
            house.get(token, &path).await.expect(200);
        }
        let frontend = house.app.role(Role::HmisFrontend, Some("hand")).await;
        let path = format!("/v1/organizations/{id}");
        house.get(&frontend, &path).await.problem(403, "forbidden");
    });
}

#[test]
fn a_duty_begins_today_and_ends_once() {
    on_both(|database| async move {
        let house = House::on(&database).await;
        let id = house.organization(&house.hand, "Corktown Shelter").await;
        // 23:30 in Detroit, where it is still Monday.
        house.app.clock.set("2026-03-03T04:30:00Z".parse().unwrap());
        let admin = house.app.administrator().await;
        let body = json!({
            "organization_id": id,
            "duty": "security_officer",
            "name": "Rosalind Achterberg",
            "email": "r.achterberg@corktown.example",
        });
        let made = house
            .post(&admin, "/v1/organization-contacts", &body)
            .await
            .expect(201);
        assert_eq!(made["from_on"], "2026-03-02");
        assert_eq!(made["to_on"], Value::Null);
        let path = format!("/v1/organization-contacts/{}/end", text(&made["id"]));
        house
            .post(&admin, &path, &json!({}))
            .await
            .problem(428, "precondition_required");
        let too_early = json!({ "to_on": "2026-03-01", "expected_version": 1 });
        let refused = house.post(&admin, &path, &too_early).await;
        refused.problem(422, "invalid");
        assert_eq!(refused.faults(), ["/to_on"]);
        let moved = json!({ "to_on": "2026-03-31", "expected_version": 1 });
        house.post(&admin, &path, &moved).await.expect(200);
        let ended = house
            .app
            .request(Method::POST, &path)
            .bearer(&admin)
            .json(&json!({ "expected_version": 2 }))
            .send()
            .await
            .expect(200);
        assert_eq!(ended["to_on"], "2026-03-02");
        house.app.clock.set("2026-03-03T05:00:00Z".parse().unwrap());
        let again = json!({ "to_on": "2026-03-31", "expected_version": 3 });
        let refused = house.post(&admin, &path, &again).await;
        let problem = refused.problem(409, "transition_refused");
        assert_eq!(
            (&problem["state"], &problem["action"]),
            (&json!("ended"), &json!("end"))
        );
        let listed = house
            .get(&admin, "/v1/organization-contacts")
            .await
            .expect(200);
        assert_eq!(each(&listed, "to_on"), ["2026-03-02"]);
    });
}

#[test]
fn a_project_is_described_and_its_dates_fit() {
    on_both(|database| async move {
        let house = House::on(&database).await;
        let id = house.organization(&house.hand, "Corktown Shelter").await;
        let body = |kind: i32, to: &str| {
            json!({
                "organization_id": id,
                "name": "Corktown - Emergency Shelter",
                "project_type": kind,
                "operating_from_on": "2016-05-01",
                "operating_to_on": to,
                "external_ids": [{ "system": "vendor_project", "value": "2001" }],
            })
        };
        let refused = house
            .post(&house.admin, "/v1/projects", &body(5, "2016-04-30"))
            .await;
        refused.problem(422, "invalid");
        assert_eq!(refused.faults(), ["/project_type", "/operating_to_on"]);
        let made = house
            .post(&house.admin, "/v1/projects", &body(0, "2026-06-30"))
            .await
            .expect(201);
        assert_eq!(made["project_type"], 0);
        let path = format!("/v1/projects/{}", text(&made["id"]));
        let reopened = json!({ "operating_to_on": null, "expected_version": 1 });
        let changed = house
            .patch(&house.admin, &path, &reopened)
            .await
            .expect(200);
        assert_eq!(changed["operating_to_on"], Value::Null);
        assert_eq!(changed["operating_from_on"], "2016-05-01");
        let backwards = json!({ "operating_to_on": "2016-04-30", "expected_version": 2 });
        let refused = house.patch(&house.admin, &path, &backwards).await;
        assert_eq!(refused.faults(), ["/operating_to_on"]);
        let supervisor = house.supervisor(&house.hand, &id).await;
        let listed = house.get(&supervisor, "/v1/projects").await.expect(200);
        assert_eq!(each(&listed, "name"), ["Corktown - Emergency Shelter"]);
    });
}

#[test]
fn the_audit_log_names_what_was_touched_and_nobody() {
    on_both(|database| async move {
        let house = House::on(&database).await;
        let id = house.organization(&house.hand, "Corktown Shelter").await;
        let person = house.person(&house.hand, "Rosalind", "Achterberg").await;
        let auditor = house.app.role(Role::Auditor, Some("hand")).await;
        let path = format!("/v1/audit-records?implementation_id={}", house.hand);
        let log = house.get(&auditor, &path).await;
        let listed = log.expect(200);
        let records = each(&listed, "record");
        assert!(records.iter().any(|record| record.contains(&id)));
        assert!(records.iter().any(|record| record.contains(&person)));
        assert!(!log.text.contains("Achterberg"));
        let numbers: Vec<i64> = listed["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|record| record["number"].as_i64().unwrap())
            .collect();
        assert_eq!(
            numbers,
            (1..=i64::try_from(numbers.len()).unwrap()).collect::<Vec<_>>()
        );
        let help_desk = house.app.role(Role::HelpDesk, Some("hand")).await;
        house.get(&help_desk, &path).await.problem(403, "forbidden");
        let alaskan = house.app.role(Role::Auditor, Some("akhmis")).await;
        let foreign = house.get(&alaskan, &path).await.expect(200);
        assert_eq!(foreign["data"], json!([]));
    });
}
