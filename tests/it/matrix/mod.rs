//! The authorization matrix: every operation of the document, on things that exist, for every credential.
//!
//! The document says which operations there are; [`rows`] says who may do what. One without the other fails.

mod escalation;
mod operations;
mod rows;
mod strangers;
pub mod world;

use std::collections::BTreeSet;

use chrono::TimeDelta;
use hmis_licensing::application::actor::Role;
use hmis_licensing::application::operator::TokenRequest;
use uuid::Uuid;

use self::operations::{code, operations, send, shape, table};
use self::world::World;
use crate::support::database::{on_both, on_sqlite};

/// Random ids, a new one each time.
fn random(_: &str) -> String {
    Uuid::now_v7().to_string()
}

/// Gathers what went wrong, so that one run tells all.
#[derive(Default)]
struct Findings(BTreeSet<String>);

impl Findings {
    fn expect(&mut self, found: bool, what: impl FnOnce() -> String) {
        if !found {
            self.0.insert(what());
        }
    }
}

impl Drop for Findings {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let all: Vec<&str> = self.0.iter().map(String::as_str).collect();
            assert!(all.is_empty(), "{}", all.join("\n\n"));
        }
    }
}

#[test]
fn every_operation_has_one_row_and_every_row_an_operation() {
    let operations = operations();
    let mut findings = Findings::default();
    for (name, operation) in operations.iter().filter(|(_, one)| !one.public) {
        let mut rows = rows::all().filter(|row| row.operation == name);
        match rows.next() {
            None => findings.expect(false, || operation.suggested_row(name)),
            Some(row) => {
                let takes_id = operation.path.contains("{id}");
                findings.expect(takes_id != row.id.is_empty(), || {
                    format!("{name}: the id of its path")
                });
                findings.expect(operation.example.is_none() == row.body.is_empty(), || {
                    format!("{name}: its body")
                });
                findings.expect(row.is_legible(), || {
                    format!("{name}: who may is {}", row.who)
                });
            }
        }
        findings.expect(rows.next().is_none(), || format!("{name} has two rows"));
    }
    for row in rows::all() {
        let found = operations.get(row.operation);
        findings.expect(found.is_some_and(|one| !one.public), || {
            format!("{} is no operation that takes a credential", row.operation)
        });
    }
}

#[test]
fn what_is_public_is_little() {
    let operations = operations();
    let public: Vec<&str> = operations
        .iter()
        .filter(|(_, operation)| operation.public)
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(
        public,
        [
            // The secret address is its credential.
            "get_calendar",
            "get_liveness",
            "get_problem",
            "get_readiness",
            "list_problems"
        ]
    );
}

#[test]
fn no_state_of_a_credential_but_a_good_one_reaches_anything() {
    on_both(|database| async move {
        let world = World::new(&database).await;
        let app = &world.app;
        let now = app.app.now();
        let (_, suspended) = world.grant("suspended", Role::SystemAdmin, &[]).await;
        app.disable("suspended").await;
        let (grant, revoked) = world.grant("revoked", Role::SystemAdmin, &[]).await;
        let path = format!("/v1/staff-roles/{}/revoke", grant["id"].as_str().unwrap());
        let version = serde_json::json!({ "expected_version": grant["version"] });
        world.post(&path, &version).await;
        let soon = now + TimeDelta::hours(1);
        let (_, ended) = world
            .grant_until("ended", Role::SystemAdmin, &[], Some(soon))
            .await;
        let expired = app
            .tokens
            .mint(
                "system_admin",
                TimeDelta::hours(1),
                now - TimeDelta::minutes(1),
            )
            .unwrap();
        let list = async |token: &str| {
            let call = app.get("/v1/implementations").bearer(token);
            call.send().await.status.as_u16()
        };
        // Each was good, or would be, but for the one thing that is wrong with it.
        assert_eq!([list(&ended).await, list(&expired).await], [200, 200]);
        app.clock.advance(TimeDelta::hours(2));
        let unknown = app.token("nobody");
        let ids = world.ids();
        let operations = operations();
        let mut findings = Findings::default();
        for (operation, row) in table(&operations) {
            for (state, token, status, expected) in [
                ("no credential", None, 401, "unauthenticated"),
                ("garbage", Some("garbage"), 401, "unauthenticated"),
                ("expired", Some(&*expired), 401, "unauthenticated"),
                ("unknown subject", Some(&*unknown), 401, "unauthenticated"),
                ("suspended principal", Some(&*suspended), 403, "forbidden"),
                ("revoked grant", Some(&*revoked), 403, "forbidden"),
                ("expired grant", Some(&*ended), 403, "forbidden"),
            ] {
                let answer = send(app, (operation, row), token, &ids, "").await;
                findings.expect(answer.status == status && code(&answer) == expected, || {
                    format!(
                        "{}, {state}: {} {}",
                        row.operation, answer.status, answer.text
                    )
                });
            }
        }
        // And nothing was done by any of it.
        for word in ["request", "open_request", "third_request"] {
            let path = format!("/v1/license-requests/{}", world.id(word));
            let call = app.get(&path).bearer(&world.administrator);
            let state = call.send().await.expect(200)["state"].clone();
            let expected = if word == "request" {
                "fulfilled"
            } else {
                "submitted"
            };
            assert_eq!(state, expected, "{word}");
        }
    });
}

#[test]
fn what_is_public_asks_for_no_credential() {
    on_sqlite(|database| async move {
        let world = World::new(&database).await;
        for (name, operation) in operations().iter().filter(|(_, one)| one.public) {
            let feed = serde_json::json!({ "organization_id": world.id("organization") });
            let feed = world.post("/v1/calendar-feeds", &feed).await;
            let secret = feed["url"].as_str().unwrap();
            let secret = secret.trim_start_matches("/calendar/");
            let path = operation
                .path
                .replace("{code}", "not_found")
                .replace("{secret}.ics", secret);
            assert!(!path.contains('{'), "{path}");
            let call = world.app.request(operation.method.clone(), &path);
            let answer = call.send().await;
            assert!(answer.status.is_success(), "{name}: {answer:?}");
        }
    });
}

#[test]
fn an_auditor_is_one_for_thirty_days() {
    on_sqlite(|database| async move {
        let world = World::new(&database).await;
        let app = &world.app;
        app.grant(TokenRequest::of(Role::Auditor)).await.unwrap();
        let list = async || {
            // His token may live on.
            let token = app.token("auditor");
            let call = app.get("/v1/implementations").bearer(&token);
            call.send().await.status.as_u16()
        };
        app.clock
            .advance(TimeDelta::days(30) - TimeDelta::microseconds(1));
        assert_eq!(list().await, 200);
        app.clock.advance(TimeDelta::microseconds(1));
        assert_eq!(list().await, 403);
    });
}

#[test]
fn every_role_does_what_its_rows_permit_and_nothing_else() {
    on_both(|database| async move {
        let operations = operations();
        let mut findings = Findings::default();
        let world = World::new(&database).await;
        let ids = world.ids();
        let mut tokens = Vec::new();
        for role in Role::ALL {
            tokens.push((role, world.ours(role).await));
        }
        for (role, token) in &tokens {
            for (operation, row) in table(&operations) {
                if row.permits(*role) {
                    continue;
                }
                let (app, token) = (&world.app, Some(token.as_str()));
                let ours = send(app, (operation, row), token, &ids, "").await;
                findings.expect(ours.status == 403 && code(&ours) == "forbidden", || {
                    let (name, text) = (row.operation, &ours.text);
                    format!("{name} as {role:?}: {} {text}", ours.status)
                });
                // He is refused before anything is looked up, unless a policy might permit him.
                let nothing = send(app, (operation, row), token, &random, "").await;
                let refused = if row.may_be_permitted(*role) {
                    // What a body names is told in the body's words.
                    nothing.status
                        == if row.elsewhere == rows::NAMED {
                            422
                        } else {
                            404
                        }
                } else {
                    shape(&nothing) == shape(&ours)
                };
                findings.expect(refused, || {
                    let (name, text) = (row.operation, &nothing.text);
                    format!("{name} as {role:?}, random ids: {} {text}", nothing.status)
                });
            }
        }
        // What is permitted comes last, because it changes the world. A second role may find the first one's work done.
        let mut succeeded = BTreeSet::new();
        for (role, token) in tokens.iter().rev() {
            for (operation, row) in table(&operations) {
                if !row.permits(*role) {
                    continue;
                }
                let token = Some(token.as_str());
                let answer = send(&world.app, (operation, row), token, &ids, "").await;
                if answer.status.is_success() {
                    succeeded.insert(row.operation);
                }
                let late = matches!(answer.status.as_u16(), 409 | 412)
                    && (row.refused_by_state || succeeded.contains(row.operation));
                findings.expect(answer.status.is_success() || late, || {
                    let (name, text) = (row.operation, &answer.text);
                    format!("{name} as {role:?}: {} {text}", answer.status)
                });
            }
        }
        for row in rows::all().filter(|row| row.refused_by_state) {
            findings.expect(!succeeded.contains(row.operation), || {
                format!("{} is not refused", row.operation)
            });
        }
    });
}
