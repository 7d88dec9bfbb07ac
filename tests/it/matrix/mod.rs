//! The authorization matrix: every operation of the document, on things that exist, for every credential.
//!
//! The document says which operations there are; [`rows::ROWS`] says who may do what. One without the other fails.

mod escalation;
mod rows;
pub mod world;

use std::collections::{BTreeMap, BTreeSet};

use actix_web::http::Method;
use chrono::TimeDelta;
use hmis_licensing::application::actor::Role;
use hmis_licensing::http::openapi::Document;
use serde_json::Value;
use uuid::Uuid;

use self::rows::{Elsewhere, ROWS, Row};
use self::world::{Ids, World, fill};
use crate::support::app::{Answer, TestApp};
use crate::support::database::{on_both, on_sqlite};

/// An operation of the document.
struct Operation {
    method: Method,
    path: String,
    public: bool,
    /// Query parameters that are ids.
    filters: Vec<String>,
}

/// Every operation, by its name.
fn operations() -> BTreeMap<String, Operation> {
    let document: Value = serde_json::from_str(Document::new().text()).unwrap();
    let mut operations = BTreeMap::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let parameters = operation["parameters"].as_array();
            let filters = parameters
                .into_iter()
                .flatten()
                .filter(|one| one["in"] == "query" && one["schema"]["format"] == "uuid")
                .map(|one| one["name"].as_str().unwrap().to_owned())
                .collect();
            let named = operation["operationId"].as_str().unwrap().to_owned();
            let operation = Operation {
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                public: operation["security"] == serde_json::json!([{}]),
                filters,
            };
            assert!(operations.insert(named, operation).is_none());
        }
    }
    operations
}

/// Sends a row's request about the things that `ids` name.
async fn send(
    app: &TestApp,
    (operation, row): (&Operation, &Row),
    token: Option<&str>,
    ids: &Ids,
    query: &str,
) -> Answer {
    let path = operation
        .path
        .replace("{id}", &fill(row.id, ids))
        .replace("{number}", "1")
        .replace("{name}", "hand");
    let query = match (row.query, query) {
        ("", "") => String::new(),
        (one, "") | ("", one) => format!("?{}", fill(one, ids)),
        (one, other) => format!("?{}&{}", fill(one, ids), fill(other, ids)),
    };
    let mut call = app
        .request(operation.method.clone(), &format!("{path}{query}"))
        .header("X-Request-Id", "r-1");
    if !row.body.is_empty() {
        call = call.text(fill(row.body, ids));
    }
    if let Some(token) = token {
        call = call.bearer(token);
    }
    call.send().await
}

fn code(answer: &Answer) -> String {
    match answer.status.is_success() {
        true => String::new(),
        false => answer.json()["code"].as_str().unwrap().to_owned(),
    }
}

/// Random ids, a new one each time.
fn random(_: &str) -> String {
    Uuid::now_v7().to_string()
}

/// The rows with their operations.
fn table(operations: &BTreeMap<String, Operation>) -> Vec<(&Operation, &'static Row)> {
    ROWS.iter()
        .filter_map(|row| Some((operations.get(row.operation)?, row)))
        .collect()
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
            assert!(self.0.is_empty(), "{:#?}", self.0);
        }
    }
}

#[test]
fn every_operation_has_one_row_and_every_row_an_operation() {
    let operations = operations();
    let mut findings = Findings::default();
    for (name, operation) in &operations {
        let rows = ROWS.iter().filter(|row| row.operation == name).count();
        findings.expect(rows == usize::from(!operation.public), || {
            format!("{name} has {rows} rows")
        });
        let takes_id = operation.path.contains("{id}");
        for row in ROWS.iter().filter(|row| row.operation == name) {
            findings.expect(takes_id != row.id.is_empty(), || {
                format!("{name}: the id of its path")
            });
            findings.expect(
                (operation.method == Method::GET) == row.body.is_empty(),
                || format!("{name}: its body"),
            );
        }
    }
    for row in ROWS {
        findings.expect(operations.contains_key(row.operation), || {
            format!("{} is no operation", row.operation)
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
                if row.permitted.contains(role) {
                    continue;
                }
                let answer = send(&world.app, (operation, row), Some(token), &ids, "").await;
                findings.expect(answer.status == 403 && code(&answer) == "forbidden", || {
                    format!(
                        "{} as {role:?}: {} {}",
                        row.operation, answer.status, answer.text
                    )
                });
            }
        }
        // What is permitted comes last, because it changes the world. A second role may find the first one's work done.
        for (role, token) in tokens.iter().rev() {
            for (operation, row) in table(&operations) {
                if !row.permitted.contains(role) {
                    continue;
                }
                let answer = send(&world.app, (operation, row), Some(token), &ids, "").await;
                let done =
                    answer.status.is_success() || matches!(answer.status.as_u16(), 409 | 412);
                findings.expect(done, || {
                    format!(
                        "{} as {role:?}: {} {}",
                        row.operation, answer.status, answer.text
                    )
                });
            }
        }
    });
}

/// Everybody who has a permitted role somewhere else: elsewhere in our implementation, or in another one.
struct Stranger {
    name: String,
    role: Role,
    token: String,
    other_implementation: bool,
}

async fn strangers(world: &World) -> Vec<Stranger> {
    let mut strangers = Vec::new();
    let here = ("implementation", "implementation");
    for (role, scope) in [
        (
            Role::Supervisor,
            [
                here,
                ("organization", "other_organization"),
                ("person", "other_supervisor"),
            ]
            .as_slice(),
        ),
        (Role::EndUser, &[here, ("person", "other_supervisor")]),
    ] {
        let name = format!("other-organization-{}", role.as_str());
        let (_, token) = world.grant(&name, role, scope).await;
        strangers.push(Stranger {
            name,
            role,
            token,
            other_implementation: false,
        });
    }
    for role in [
        Role::SystemAdmin,
        Role::Trainer,
        Role::HelpDesk,
        Role::Auditor,
        Role::HmisFrontend,
        Role::Integration,
    ] {
        let name = format!("akhmis-{}", role.as_str());
        let scope = [("implementation", "akhmis")];
        let (_, token) = world.grant(&name, role, &scope).await;
        strangers.push(Stranger {
            name,
            role,
            token,
            other_implementation: true,
        });
    }
    strangers
}

fn as_expected(answer: &Answer, expected: Elsewhere, ours: &[&String]) -> bool {
    match expected {
        Elsewhere::Sees => answer.status.is_success(),
        Elsewhere::Nothing => {
            answer.status.is_success() && !ours.iter().any(|id| answer.text.contains(*id))
        }
        Elsewhere::NotFound => answer.status == 404 && code(answer) == "not_found",
        Elsewhere::Unknown => answer.status == 422 && code(answer) == "invalid",
        Elsewhere::Forbidden => answer.status == 403 && code(answer) == "forbidden",
    }
}

#[test]
fn a_role_elsewhere_reaches_nothing_of_ours() {
    on_both(|database| async move {
        let world = World::new(&database).await;
        let (ids, operations) = (world.ids(), operations());
        let mut findings = Findings::default();
        for stranger in strangers(&world).await {
            // What is his own, or his whole implementation's, he may be shown.
            let own: &[&str] = match stranger.other_implementation {
                true => &["akhmis"],
                false => &["implementation", "other_organization", "other_supervisor"],
            };
            let ours: Vec<&String> = world
                .ids
                .iter()
                .filter(|(word, _)| !own.contains(*word))
                .map(|(_, id)| id)
                .collect();
            for (operation, row) in table(&operations) {
                if !row.permitted.contains(&stranger.role) {
                    continue;
                }
                let expected = match stranger.other_implementation {
                    true => row.implementation,
                    false => row.organization,
                };
                let answer = send(
                    &world.app,
                    (operation, row),
                    Some(&stranger.token),
                    &ids,
                    "",
                )
                .await;
                findings.expect(as_expected(&answer, expected, &ours), || {
                    format!(
                        "{} as {}: {} {}",
                        row.operation, stranger.name, answer.status, answer.text
                    )
                });
            }
        }
    });
}

/// The headers that do not tell when the answer was given.
fn shape(answer: &Answer) -> (u16, String, Vec<(String, String)>) {
    let mut headers = answer.headers().to_vec();
    headers.retain(|(name, _)| name != "date");
    headers.sort();
    (answer.status.as_u16(), answer.text.clone(), headers)
}

#[test]
fn what_may_not_be_known_looks_exactly_like_what_does_not_exist() {
    on_both(|database| async move {
        let world = World::new(&database).await;
        let (ids, operations) = (world.ids(), operations());
        let strangers = strangers(&world).await;
        let mut findings = Findings::default();
        let mut compared = 0;
        for (operation, row) in table(&operations) {
            for stranger in &strangers {
                let expected = match stranger.other_implementation {
                    true => row.implementation,
                    false => row.organization,
                };
                let known: &[&str] = match stranger.other_implementation {
                    true => &["akhmis"],
                    false => &["implementation", "other_organization", "other_supervisor"],
                };
                // Ids that he may know of stay as they are, so that only the hidden ones differ.
                let unknown = {
                    let (ids, known) = (world.ids(), known.to_vec());
                    move |word: &str| match known.contains(&word) {
                        true => ids(word),
                        false => random(word),
                    }
                };
                let mut queries = vec![String::new()];
                for filter in &operation.filters {
                    let word = filter.trim_end_matches("_id");
                    if !known.contains(&word) && expected != Elsewhere::Sees {
                        queries.push(format!("{filter}=${word}"));
                    }
                }
                for query in queries {
                    let request = (operation, row);
                    let token = Some(stranger.token.as_str());
                    let foreign = send(&world.app, request, token, &ids, &query).await;
                    let random = send(&world.app, request, token, &unknown, &query).await;
                    if query.is_empty() && expected == Elsewhere::Sees {
                        continue;
                    }
                    compared += 1;
                    findings.expect(shape(&foreign) == shape(&random), || {
                        format!(
                            "{} {query} as {}: {:?} for ours, {:?} for random ids",
                            row.operation,
                            stranger.name,
                            shape(&foreign),
                            shape(&random)
                        )
                    });
                }
            }
        }
        assert!(compared > 300, "only {compared} answers were compared");
    });
}

#[test]
fn what_is_no_id_looks_like_an_unknown_one_too() {
    on_sqlite(|database| async move {
        let world = World::new(&database).await;
        let operations = operations();
        let mut findings = Findings::default();
        for (operation, row) in table(&operations) {
            if row.id.is_empty() {
                continue;
            }
            let token = Some(world.administrator.as_str());
            let real = world.ids();
            let of = |text: &'static str| {
                let (real, id) = (world.ids(), row.id.trim_start_matches('$'));
                move |word: &str| match word == id {
                    true => text.to_owned(),
                    false => real(word),
                }
            };
            assert!(!real(row.id.trim_start_matches('$')).is_empty());
            let request = (operation, row);
            let unknown = of("0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b21");
            let unknown = send(&world.app, request, token, &unknown, "").await;
            findings.expect(unknown.status == 404, || {
                format!("{}: {} {}", row.operation, unknown.status, unknown.text)
            });
            for bad in [
                "1",
                "%00",
                "..",
                "0199f3c26d1a7c408a531f0c6f0e9b21",
                "%F0%9F%8F%A0",
            ] {
                let answer = send(&world.app, request, token, &of(bad), "").await;
                // Dots are resolved by clients; here they are one more bad id.
                findings.expect(shape(&answer) == shape(&unknown), || {
                    format!("{} {bad}: {} {}", row.operation, answer.status, answer.text)
                });
            }
        }
    });
}
