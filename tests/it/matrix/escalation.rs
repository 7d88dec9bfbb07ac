//! Ways around the table: what somebody with a good role could try, each of which must fail.

use chrono::TimeDelta;
use hmis_licensing::application::actor::{Actor, Role, Sight};
use hmis_licensing::application::ports::{Principal, StaffRole};
use hmis_licensing::application::token::OWN_ISSUER;
use hmis_licensing::domain::ids::{
    ImplementationId, OrganizationId, PersonId, PrincipalId, StaffRoleId,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::world::World;
use crate::support::app::Answer;
use crate::support::database::{on_both, on_sqlite};

const UNKNOWN: &str = "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b21";

async fn get(world: &World, token: &str, path: &str) -> Answer {
    world.app.get(path).bearer(token).send().await
}

async fn post(world: &World, token: &str, path: &str, body: &Value) -> Answer {
    let call = world.app.post(path).bearer(token);
    call.header("X-Request-Id", "r-1").json(body).send().await
}

/// A supervisor of the other organization.
async fn other_supervisor(world: &World) -> String {
    let scope = [
        ("implementation", "implementation"),
        ("organization", "other_organization"),
        ("person", "other_supervisor"),
    ];
    world.grant("other", Role::Supervisor, &scope).await.1
}

#[test]
fn a_supervisor_neither_sees_nor_stops_what_the_lead_ends_for_a_violation() {
    on_both(|database| async move {
        let world = World::new(&database).await;
        let supervisor = world.ours(Role::Supervisor).await;
        let desk = world.ours(Role::HelpDesk).await;
        let integration = world.ours(Role::Integration).await;
        let body = json!({
            "license_id": world.id("other_license"),
            "cause": "violation",
            "effective_on": "2026-04-01",
            "report": { "reason": "Passwords were shared.", "ticket_reference": "T-1" },
        });
        for token in [&supervisor, &desk] {
            let answer = post(&world, token, "/v1/deactivations", &body).await;
            answer.problem(403, "forbidden");
        }
        let end = world.post("/v1/deactivations", &body).await;
        let path = format!("/v1/deactivations/{}", end["id"].as_str().unwrap());
        let version = json!({ "expected_version": 1 });
        let moved = json!({ "expected_version": 1, "effective_on": "2027-04-01" });
        for token in [&supervisor, &desk] {
            for (action, body) in [("cancel", &version), ("reschedule", &moved)] {
                let answer = post(&world, token, &format!("{path}/{action}"), body).await;
                answer.problem(403, "forbidden");
            }
        }
        let license = format!("/v1/licenses/{}", world.id("other_license"));
        for (token, cause) in [(&supervisor, "contact_the_lead"), (&desk, "violation")] {
            assert_eq!(get(&world, token, &path).await.expect(200)["cause"], cause);
            let listed = get(&world, token, "/v1/deactivations?limit=100").await;
            let listed = listed.expect(200);
            let rows = listed["data"].as_array().unwrap();
            let row = rows.iter().find(|row| row["id"] == end["id"]).unwrap();
            assert_eq!(row["cause"], cause);
            assert_eq!(row["report"].get("reason").is_some(), cause == "violation");
            for path in [license.clone(), format!("{license}/explanation")] {
                let shown = get(&world, token, &path).await.expect(200);
                assert_eq!(shown["next_automatic_change"]["cause"], cause, "{path}");
            }
        }
        // To a machine that only learns of effects it does not exist yet.
        get(&world, &integration, &path)
            .await
            .problem(404, "not_found");
        let answer = post(
            &world,
            &world.administrator,
            &format!("{path}/cancel"),
            &version,
        )
        .await;
        assert_eq!(answer.expect(200)["status"], "cancelled");
    });
}

#[test]
fn a_person_of_one_implementation_is_not_bound_to_an_organization_of_another() {
    on_both(|database| async move {
        let mut world = World::new(&database).await;
        let body = json!({
            "implementation_id": world.id("akhmis"),
            "name": "Anchorage Night Shelter",
            "participation": { "from_on": "2026-01-01" },
        });
        let foreign = world.post("/v1/organizations", &body).await["id"].clone();
        world
            .ids
            .insert("foreign", foreign.as_str().unwrap().to_owned());
        // Both ends are his to see, but they do not belong together.
        let admin = world.administrator.clone();
        let signature = json!({
            "person_id": world.id("person"),
            "organization_id": foreign,
            "agreement": "user_agreement",
            "party": "end_user",
            "signed_on": "2026-03-01",
        });
        let answer = post(&world, &admin, "/v1/agreement-signatures", &signature).await;
        answer.problem(422, "invalid");
        assert_eq!(answer.faults(), ["/organization_id"]);
        let departure = json!({
            "person_id": world.id("colleague"),
            "organization_id": foreign,
            "ended_on": "2026-03-01",
        });
        let answer = post(&world, &admin, "/v1/departures", &departure).await;
        answer.problem(422, "invalid");
        assert_eq!(answer.faults(), ["/person_id"]);
        let email = json!({ "email": "x@corktown.example", "organization_id": foreign });
        let path = format!("/v1/people/{}/emails", world.id("person"));
        let answer = post(&world, &admin, &path, &email).await;
        answer.problem(422, "invalid");
        assert_eq!(answer.faults(), ["/organization_id"]);
        for (organization, person, fault) in [
            (foreign.as_str().unwrap(), world.id("person"), "/person_id"),
            (
                world.id("organization"),
                world.id("person"),
                "/organization_id",
            ),
        ] {
            let role = json!({
                "principal": { "issuer": OWN_ISSUER, "subject": "mixed" },
                "role": "supervisor",
                "implementation_id": world.id("akhmis"),
                "organization_id": organization,
                "person_id": person,
            });
            let answer = post(&world, &admin, "/v1/staff-roles", &role).await;
            answer.problem(422, "invalid");
            assert!(answer.faults().contains(&fault.to_owned()), "{answer:?}");
        }
    });
}

#[test]
fn people_named_in_passing_are_no_way_to_find_out_who_exists() {
    on_both(|database| async move {
        let world = World::new(&database).await;
        let token = other_supervisor(&world).await;
        let request = |requested_by: &str| {
            json!({
                "organization_id": world.id("other_organization"),
                "license_type": "end_user",
                "person": { "given_name": "Ada", "family_name": "Kim", "email": "a@jefferson.example" },
                "attestations": [{ "code": "job_need" }],
                "requested_by": requested_by,
            })
        };
        let path = "/v1/license-requests";
        let unknown = post(&world, &token, path, &request(UNKNOWN)).await;
        unknown.problem(422, "invalid");
        assert_eq!(unknown.faults(), ["/requested_by"]);
        let foreign = post(&world, &token, path, &request(world.id("person"))).await;
        assert_eq!(foreign.text, unknown.text);
        // He may name himself, and then it is his own person to report by, too.
        let own = post(&world, &token, path, &request(world.id("other_supervisor"))).await;
        let own = own.expect(201);
        let withdraw = |person: &str| {
            json!({
                "expected_version": 1,
                "report": { "reported_by": { "person_id": person } },
            })
        };
        let path = format!("{path}/{}/withdraw", own["id"].as_str().unwrap());
        let unknown = post(&world, &token, &path, &withdraw(UNKNOWN)).await;
        unknown.problem(422, "invalid");
        assert_eq!(unknown.faults(), ["/report/reported_by/person_id"]);
        let foreign = post(&world, &token, &path, &withdraw(world.id("person"))).await;
        assert_eq!(foreign.text, unknown.text);
        let named = withdraw(world.id("other_supervisor"));
        post(&world, &token, &path, &named).await.expect(200);
    });
}

#[test]
fn a_search_finds_nobody_by_what_it_may_not_show() {
    on_both(|database| async move {
        let world = World::new(&database).await;
        let (admin, person) = (world.administrator.clone(), world.id("person"));
        let ours = world.ours(Role::Supervisor).await;
        // For whom the other organization's request is made has authority there.
        other_supervisor(&world).await;
        // The person works at both organizations, under an address and an id of each.
        let request = json!({
            "organization_id": world.id("other_organization"),
            "license_type": "end_user",
            "person": { "id": person },
            "attestations": [{ "code": "job_need" }],
            "requested_by": world.id("other_supervisor"),
        });
        world.post("/v1/license-requests", &request).await;
        for (organization, email) in [
            ("organization", "dana@corktown.example"),
            ("other_organization", "dana@jefferson.example"),
        ] {
            let body = json!({ "email": email, "organization_id": world.id(organization) });
            let path = format!("/v1/people/{person}/emails");
            world.post(&path, &body).await;
        }
        let other = world.id("other_organization");
        for (query, found) in [
            (
                format!("organization_id={}", world.id("organization")),
                true,
            ),
            (format!("organization_id={other}"), false),
            ("email=dana@corktown.example".to_owned(), true),
            ("email=dana@jefferson.example".to_owned(), false),
            // The imported address is confirmed for nobody.
            (
                "email=d.whitfield@corktown-shelter.example".to_owned(),
                false,
            ),
            ("system=hmis_user_id&external_id=41".to_owned(), true),
        ] {
            let path = format!("/v1/people?{query}");
            for (token, found) in [(&ours, found), (&admin, true)] {
                let listed = get(&world, token, &path).await.expect(200);
                let rows = listed["data"].as_array().unwrap();
                assert_eq!(rows.iter().any(|row| row["id"] == person), found, "{query}");
            }
        }
    });
}

#[test]
fn an_idempotency_key_replays_nothing_to_somebody_else() {
    on_both(|database| async move {
        let world = World::new(&database).await;
        let desk = world.ours(Role::HelpDesk).await;
        let body = json!({
            "implementation_id": world.id("implementation"),
            "given_name": "Ada",
            "family_name": "Kowalczyk",
        });
        let create = async |token: &str| {
            let call = world.app.post("/v1/people").bearer(token);
            let call = call.header("Idempotency-Key", "\"the-same\"");
            call.json(&body).send().await
        };
        let first = create(&world.administrator).await;
        let again = create(&world.administrator).await;
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
        assert_eq!(first.expect(201), again.expect(201));
        let other = create(&desk).await;
        assert_eq!(other.header("idempotent-replayed"), None);
        assert_ne!(other.expect(201)["id"], first.json()["id"]);
        // A key does not outlive the authority under which it was used.
        world.app.revoke("ours-help_desk", Some("hand")).await;
        create(&desk).await.problem(403, "forbidden");
        let auditor = world.ours(Role::Auditor).await;
        create(&auditor).await.problem(403, "forbidden");
    });
}

#[test]
fn a_cursor_goes_on_only_for_whom_it_was_made() {
    on_sqlite(|database| async move {
        let world = World::new(&database).await;
        let desk = world.ours(Role::HelpDesk).await;
        for path in ["/v1/people", "/v1/organizations", "/v1/licenses"] {
            let page = get(&world, &desk, &format!("{path}?limit=1")).await;
            let cursor = page.expect(200)["page"]["next_cursor"].clone();
            let next = format!("{path}?limit=1&cursor={}", cursor.as_str().unwrap());
            get(&world, &desk, &next).await.expect(200);
            get(&world, &world.administrator, &next)
                .await
                .problem(400, "bad_cursor");
            let narrowed = format!("{next}&organization_id={}", world.id("organization"));
            get(&world, &desk, &narrowed)
                .await
                .problem(400, "bad_cursor");
        }
    });
}

#[test]
fn nobody_raises_himself() {
    on_both(|database| async move {
        let world = World::new(&database).await;
        let scope = [("implementation", "akhmis")];
        let (_, local) = world.grant("local", Role::SystemAdmin, &scope).await;
        let grant = |subject: &str, role: &str, implementation: Option<&str>| {
            let mut body = json!({
                "principal": { "issuer": OWN_ISSUER, "subject": subject },
                "role": role,
            });
            if let Some(id) = implementation {
                body["implementation_id"] = json!(id);
            }
            body
        };
        let path = "/v1/staff-roles";
        let (akhmis, hand) = (world.id("akhmis"), world.id("implementation"));
        // Farther than his own role, elsewhere, or for himself.
        let far = grant("friend", "auditor", None);
        post(&world, &local, path, &far)
            .await
            .problem(403, "forbidden");
        let there = grant("friend", "auditor", Some(hand));
        let answer = post(&world, &local, path, &there).await;
        answer.problem(422, "invalid");
        let own = grant("local", "auditor", Some(akhmis));
        post(&world, &local, path, &own)
            .await
            .problem(403, "own_case");
        let mut past = grant("friend", "auditor", Some(akhmis));
        past["from_at"] = json!(world.app.app.now() - TimeDelta::days(1));
        let answer = post(&world, &local, path, &past).await;
        answer.problem(422, "invalid");
        assert_eq!(answer.faults(), ["/from_at"]);
        // What he may grant is not more than it says.
        let fine = grant("friend", "auditor", Some(akhmis));
        post(&world, &local, path, &fine).await.expect(201);
        let friend = world.app.token("friend");
        let listed = get(&world, &friend, "/v1/audit-records?limit=100").await;
        assert!(!listed.text.contains(hand));
        let ours = format!("/v1/audit-records?implementation_id={hand}");
        let listed = get(&world, &friend, &ours).await.expect(200);
        assert_eq!(listed["data"], json!([]));
    });
}

#[test]
fn a_departure_ends_the_role_of_whoever_departed() {
    on_both(|database| async move {
        let world = World::new(&database).await;
        let scope = [
            ("implementation", "implementation"),
            ("organization", "organization"),
            ("person", "colleague"),
        ];
        let (_, token) = world.grant("leaver", Role::Supervisor, &scope).await;
        get(&world, &token, "/v1/licenses").await.expect(200);
        let body = json!({
            "person_id": world.id("colleague"),
            "organization_id": world.id("organization"),
            "ended_at": world.app.app.now() + TimeDelta::hours(1),
        });
        world.post("/v1/departures", &body).await;
        get(&world, &token, "/v1/licenses").await.expect(200);
        world.app.clock.advance(TimeDelta::hours(1));
        get(&world, &token, "/v1/licenses")
            .await
            .problem(403, "forbidden");
    });
}

/// Somebody who supervises his own organization through one grant and is named as a person by another.
#[test]
fn nobody_supervises_himself_by_a_second_grant() {
    let now = "2026-03-02T18:00:00Z".parse().unwrap();
    let (implementation, organization) = (ImplementationId(Uuid::now_v7()), Uuid::now_v7());
    let (person, elsewhere) = (PersonId(Uuid::now_v7()), Uuid::now_v7());
    let principal = PrincipalId(Uuid::now_v7());
    let grant = |organization: Uuid, person_id: Option<PersonId>| StaffRole {
        id: StaffRoleId(Uuid::now_v7()),
        principal_id: principal,
        role: Role::Supervisor,
        implementation_id: Some(implementation),
        organization_id: Some(OrganizationId(organization)),
        organization_group: None,
        person_id,
        from_at: now,
        until_at: None,
        granted_by: principal,
        revoked_at: None,
        recorded_at: now,
        version: 1,
        stands_for: None,
    };
    let row = Principal {
        id: principal,
        issuer: OWN_ISSUER.into(),
        subject: "s".into(),
        display_name: "s".into(),
        recorded_at: now,
        disabled_at: None,
        version: 1,
    };
    let grants = vec![grant(organization, None), grant(elsewhere, Some(person))];
    let actor = Actor::new(row, grants, now);
    let sight = |person| actor.sight(implementation, Some(OrganizationId(organization)), person);
    assert_eq!(sight(person), Some(Sight::EndUser));
    assert_eq!(sight(PersonId(Uuid::now_v7())), Some(Sight::OwnSupervisor));
}
