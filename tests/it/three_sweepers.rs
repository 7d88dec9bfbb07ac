//! Three programs sweep one PostgreSQL at once and one of them is killed half-way: each transition and each notice
//! happens exactly once, and nothing is lost.

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};

use chrono::{DateTime, TimeDelta, Utc};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use hmis_licensing::application::actor::Role;
use hmis_licensing::application::clock::{Clock, SystemClock};
use hmis_licensing::application::operator::{self, TokenRequest};
use hmis_licensing::persistence::backend::AnyConnection;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::database::{TestDatabase, on_both, on_postgres};

/// People of whom something is due: half of them left, half of them have not logged in for too long. 3,000 unless
/// `HMIS_LICENSING_SWEEP_DUE` asks for more: 10,000 take a debug build on two cores some four minutes.
fn due() -> i64 {
    let asked = std::env::var("HMIS_LICENSING_SWEEP_DUE").ok();
    asked.map_or(3_000, |asked| asked.parse().expect("a number"))
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = Text)]
    name: String,
}

fn count(connection: &mut PgConnection, condition: &str) -> i64 {
    let query = format!("SELECT count(*) AS count FROM {condition}");
    let found = diesel::sql_query(&query).get_result::<Count>(connection);
    found
        .unwrap_or_else(|error| panic!("{query}: {error}"))
        .count
}

/// An agency whose clock begins 45 days before now, with one person who is leaving an hour before now and one who logs
/// in on the first day only.
struct Agency {
    app: TestApp,
    now: DateTime<Utc>,
    token: String,
    implementation: String,
    organization: String,
}

impl Agency {
    async fn on(database: &TestDatabase) -> Self {
        let app = TestApp::on(database).await;
        let now = SystemClock.now();
        let began = now - TimeDelta::days(45);
        app.clock.set(began);
        operator::first_start(&app.app, None).await.unwrap();
        let token = app.administrator().await;
        let mut agency = Self {
            app,
            now,
            token,
            implementation: String::new(),
            organization: String::new(),
        };
        let found = agency.get("/v1/implementations?code=hand").await;
        agency.implementation = id(&found["data"][0]);
        let organization = json!({
            "implementation_id": agency.implementation,
            "name": "Corktown Shelter Alliance",
            "participation": { "from_on": "2020-01-01" },
        });
        agency.organization = id(&agency.post("/v1/organizations", &organization).await);
        let supervisor = agency.person("Rosalind", "rosalind").await;
        let request = TokenRequest {
            implementation: Some("hand".into()),
            organization: Some(agency.organization.clone()),
            person: Some(supervisor.parse().unwrap()),
            subject: Some("supervisor".into()),
            ..TokenRequest::of(Role::Supervisor)
        };
        agency.app.grant(request).await.unwrap();
        let source = json!({
            "implementation_id": agency.implementation,
            "code": "clarity",
            "name": "Clarity",
            "kind": "hmis_frontend",
        });
        let source = id(&agency.post("/v1/login-sources", &source).await);
        let leaving = agency.licensed("Lena", "lena", &supervisor).await;
        agency.licensed("Absalom", "absalom", &supervisor).await;
        for name in ["lena", "absalom"] {
            let login = json!({
                "login_source_id": source,
                "source_event_id": name,
                "occurred_at": began,
                "external_id": { "system": "username", "value": name },
            });
            agency.post("/v1/login-events", &login).await;
        }
        let departure = json!({
            "person_id": leaving,
            "organization_id": agency.organization,
            "ended_at": now - TimeDelta::hours(1),
        });
        agency.post("/v1/departures", &departure).await;
        // The one who leaves is not over the limit when he does.
        agency.app.clock.set(now - TimeDelta::days(20));
        let login = json!({
            "login_source_id": source,
            "source_event_id": "later",
            "occurred_at": now - TimeDelta::days(20),
            "external_id": { "system": "username", "value": "lena" },
        });
        agency.renew_token().await;
        agency.post("/v1/login-events", &login).await;
        agency.app.clock.set(now);
        agency.renew_token().await;
        let path = format!("/v1/login-sources/{source}/heartbeats");
        agency
            .post(&path, &json!({ "complete_through": now }))
            .await;
        agency
    }

    async fn renew_token(&mut self) {
        self.token = self.app.administrator().await;
    }

    async fn get(&self, path: &str) -> Value {
        self.app
            .get(path)
            .bearer(&self.token)
            .send()
            .await
            .expect(200)
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        let answer = self
            .app
            .post(path)
            .bearer(&self.token)
            .json(body)
            .send()
            .await;
        assert!(answer.status.is_success(), "{path}: {}", answer.text);
        answer.json()
    }

    async fn person(&self, given_name: &str, username: &str) -> String {
        let body = json!({
            "implementation_id": self.implementation,
            "given_name": given_name,
            "family_name": "Corktown",
            "external_ids": [{ "system": "username", "value": username }],
        });
        let person = id(&self.post("/v1/people", &body).await);
        let email = json!({
            "email": format!("{username}@corktown.example"),
            "organization_id": self.organization,
        });
        self.post(&format!("/v1/people/{person}/emails"), &email)
            .await;
        person
    }

    async fn licensed(&self, given_name: &str, username: &str, supervisor: &str) -> String {
        let person = self.person(given_name, username).await;
        let request = json!({
            "organization_id": self.organization,
            "person": { "id": person },
            "license_type": "end_user",
            "attestations": [{ "code": "job_need" }],
            "requested_by": supervisor,
        });
        let request = id(&self.post("/v1/license-requests", &request).await);
        let path = format!("/v1/license-requests/{request}");
        let version = json!({ "expected_version": 1 });
        self.post(&format!("{path}/approve"), &version).await;
        for agreement in ["user_agreement", "code_of_ethics"] {
            for party in ["end_user", "supervisor"] {
                let body = json!({
                    "person_id": person,
                    "organization_id": self.organization,
                    "agreement": agreement,
                    "party": party,
                    "signed_at": self.app.app.now(),
                });
                self.post("/v1/agreement-signatures", &body).await;
            }
        }
        for course in ["hmis_user_training_series", "hand_policy_and_procedure"] {
            let body = json!({
                "person_id": person,
                "course": course,
                "outcome": "pass",
                "completed_at": self.app.app.now(),
            });
            self.post("/v1/training-completions", &body).await;
        }
        let version = self.get(&path).await["version"].clone();
        let body = json!({ "expected_version": version });
        self.post(&format!("{path}/activate"), &body).await;
        person
    }
}

fn id(value: &Value) -> String {
    value["id"]
        .as_str()
        .unwrap_or_else(|| panic!("{value}"))
        .to_owned()
}

/// Copies the two of them, with everything recorded of them, until there are so many.
fn multiply(connection: &mut PgConnection, schema: &str, each: i64) {
    let of_them = "(SELECT id FROM people WHERE given_name IN ('Lena', 'Absalom'))";
    let mut script = String::from("BEGIN;\n");
    for (table, condition) in [
        ("people", "id"),
        ("person_emails", "person_id"),
        ("license_requests", "person_id"),
        ("licenses", "person_id"),
        ("facts", "person_id"),
    ] {
        let columns: Vec<Named> = diesel::sql_query(format!(
            "SELECT column_name::text AS name FROM information_schema.columns \
             WHERE table_schema = '{schema}' AND table_name = '{table}' AND is_identity = 'NO' \
             ORDER BY ordinal_position"
        ))
        .load(connection)
        .unwrap();
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let copied: Vec<String> = names
            .iter()
            .map(|name| match *name {
                "id" | "person_id" | "license_id" | "request_id" | "supersedes" => {
                    format!("md5(t.{name}::text || n)::uuid")
                }
                name => format!("t.{name}"),
            })
            .collect();
        script += &format!(
            "INSERT INTO {table} ({}) SELECT {} FROM {table} t, generate_series(2, {each}) n \
             WHERE t.{condition} IN {of_them};\n",
            names.join(", "),
            copied.join(", "),
        );
    }
    // Not the whole database: other tests have their tables in it.
    script += "COMMIT;\nANALYZE people, licenses, license_requests, facts;";
    // The copies must not be copied again.
    let script = script.replace(
        of_them,
        &format!(
            "(SELECT id FROM people WHERE given_name IN ('Lena', 'Absalom') AND id IN ({}))",
            originals(connection)
        ),
    );
    connection.batch_execute(&script).unwrap();
}

/// The ids of the two of them.
fn originals(connection: &mut PgConnection) -> String {
    let ids: Vec<Named> = diesel::sql_query(
        "SELECT quote_literal(id::text) || '::uuid' AS name FROM people \
         WHERE given_name IN ('Lena', 'Absalom')",
    )
    .load(connection)
    .unwrap();
    let ids: Vec<String> = ids.into_iter().map(|id| id.name).collect();
    assert_eq!(ids.len(), 2);
    ids.join(", ")
}

fn sweeper(url: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_hmis-licensing"))
        .env_clear()
        .env("HMIS_LICENSING_SECRET", "9f86d081884c7d659a2feaa0c55ad015")
        .args(["sweep", "--database-url", url])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Waits for a sweep to end, and returns what it said.
fn ended(child: Child) -> String {
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{errors}");
    assert!(!errors.contains("could not be swept"), "{errors}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn three_programs_sweep_everything_exactly_once_though_one_is_killed() {
    on_postgres(|database| async move {
        let _agency = Agency::on(&database).await;
        let AnyConnection::Postgres(mut connection) = database.connection() else {
            panic!("on PostgreSQL");
        };
        let connection = &mut connection;
        let due = due();
        let schema = database.schema().expect("a schema").1.to_owned();
        multiply(connection, &schema, due / 2);
        let half = due / 2;
        let before = count(connection, "audit_records");
        assert_eq!(count(connection, "licenses WHERE state = 'active'"), due);

        let mut doomed = sweeper(&database.url_text);
        let others = [sweeper(&database.url_text), sweeper(&database.url_text)];
        let done = |connection: &mut PgConnection| {
            count(connection, "licenses WHERE state = 'deactivated'")
                + count(connection, "queued_notices")
        };
        // Half-way through what one of them has in hand.
        while done(connection) < due / 4 {
            assert_eq!(
                doomed.try_wait().unwrap(),
                None,
                "it ended before it was killed"
            );
        }
        doomed.kill().unwrap();
        doomed.wait().unwrap();
        assert!(done(connection) < due, "it was killed half-way");
        for other in others {
            ended(other);
        }
        ended(sweeper(&database.url_text));
        assert_eq!(ended(sweeper(&database.url_text)), "nothing is due\n");

        assert_eq!(
            count(connection, "licenses WHERE state = 'deactivated'"),
            half
        );
        assert_eq!(count(connection, "licenses WHERE state = 'active'"), half);
        // Each change raised the version by one, and left one record that names its license.
        let raised = "licenses l JOIN people p ON p.id = l.person_id WHERE p.given_name = 'Lena' \
             GROUP BY l.version";
        let versions: Vec<Count> =
            diesel::sql_query(format!("SELECT count(*) AS count FROM {raised}"))
                .load(connection)
                .unwrap();
        assert_eq!(
            versions.len(),
            1,
            "every license changed as often as the others"
        );
        let after = count(connection, "audit_records");
        let kept = count(connection, "sweeps");
        let introduced = after - before - due - kept;
        assert!(
            (0..=1).contains(&introduced),
            "one record for each person and each sweep: {after} - {before}, {kept} sweeps"
        );
        // One notice and one message for each of the others, and none for those who left.
        assert_eq!(count(connection, "queued_notices"), half);
        assert_eq!(
            count(
                connection,
                "(SELECT DISTINCT license_id FROM queued_notices) q"
            ),
            half
        );
        assert_eq!(count(connection, "messages"), half);
        assert_eq!(
            count(
                connection,
                "queued_notices q JOIN people p ON p.id = q.person_id WHERE p.given_name <> 'Absalom'"
            ),
            0
        );
        // No kept sweep tells of a change that another one tells of too.
        let told: Vec<Named> = diesel::sql_query("SELECT changes AS name FROM sweeps")
            .load(connection)
            .unwrap();
        let mut changes: BTreeMap<String, u32> = BTreeMap::new();
        for row in told {
            let rows: Vec<Value> = serde_json::from_str(&row.name).unwrap();
            for change in rows {
                *changes.entry(change["of"].to_string()).or_default() += 1;
            }
        }
        assert!(changes.values().all(|times| *times == 1));
    });
}

#[test]
fn a_dry_run_reports_what_the_real_run_then_does() {
    on_both(|database| async move {
        let agency = Agency::on(&database).await;
        let app = &agency.app.app;
        let mut found = Vec::new();
        for as_of in [agency.now - TimeDelta::hours(2), agency.now] {
            agency.app.clock.set(as_of);
            let tried = app
                .sweep_from_command_line(None, Some(as_of), true)
                .await
                .unwrap();
            let again = app
                .sweep_from_command_line(None, Some(as_of), true)
                .await
                .unwrap();
            let swept = app
                .sweep_from_command_line(None, Some(as_of), false)
                .await
                .unwrap();
            let reports = |sweeps: &[hmis_licensing::domain::sweep::Sweep]| -> Vec<_> {
                let reports = sweeps.iter();
                reports
                    .map(|sweep| {
                        (
                            sweep.implementation_id,
                            (sweep.as_of, sweep.people, sweep.failed, sweep.complete),
                            sweep.late_by_seconds,
                            sweep.changes.clone(),
                            sweep.notices.clone(),
                        )
                    })
                    .collect()
            };
            assert_eq!(reports(&tried), reports(&again), "nothing was kept");
            assert_eq!(reports(&tried), reports(&swept));
            found = swept
                .iter()
                .map(|sweep| (sweep.changes.len(), sweep.notices.len()))
                .collect();
        }
        assert_eq!(found, [(1, 1)], "one left, and one is to be warned");
        let ended = agency.get("/v1/licenses?state=deactivated").await;
        assert_eq!(ended["data"].as_array().unwrap().len(), 1);
    });
}
