//! Somebody with a permitted role elsewhere: he reaches nothing of ours, and cannot tell what exists.

use hmis_licensing::application::actor::Role;

use super::operations::{code, operations, send, shape, table};
use super::rows::{Elsewhere, Row};
use super::world::World;
use super::{Findings, random};
use crate::support::app::Answer;
use crate::support::database::{on_both, on_sqlite};

/// Everybody who has a permitted role somewhere else: elsewhere in our implementation, or in another one.
struct Stranger {
    name: String,
    role: Role,
    token: String,
    other_implementation: bool,
}

impl Stranger {
    fn is_told(&self, row: &Row) -> Elsewhere {
        let (organization, implementation) = row.elsewhere;
        match self.other_implementation {
            true => implementation,
            false => organization,
        }
    }

    /// The words for what is his own, or his whole implementation's, which he may be shown.
    fn knows(&self) -> &'static [&'static str] {
        match self.other_implementation {
            true => &["akhmis"],
            false => &["implementation", "other_organization", "other_supervisor"],
        }
    }
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
            let own = stranger.knows();
            let ours: Vec<&String> = world
                .ids
                .iter()
                .filter(|(word, _)| !own.contains(*word))
                .map(|(_, id)| id)
                .collect();
            for (operation, row) in table(&operations) {
                if !row.permits(stranger.role) {
                    continue;
                }
                let expected = stranger.is_told(row);
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
                let expected = stranger.is_told(row);
                let known = stranger.knows();
                // Ids that he may know of stay as they are, so that only the hidden ones differ.
                let unknown = {
                    let ids = world.ids();
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
