//! What a sweep costs by how many licenses there are in all: what is due is found by an index, so that the same number
//! due costs the same among ten thousand licenses and among a million.
//!
//! `cargo bench --bench sweep`

#![expect(
    clippy::expect_used,
    reason = "a benchmark that cannot run says why and stops"
)]

#[path = "../tests/it/support/cluster.rs"]
mod cluster;

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use diesel::connection::{Connection, SimpleConnection};
use diesel::{PgConnection, SqliteConnection};
use hmis_licensing::application::App;
use hmis_licensing::application::clock::FixedClock;
use hmis_licensing::application::operator;
use hmis_licensing::application::ports::{StoreError, StoreExt, UnitOfWork};
use hmis_licensing::domain::fact::{Basis, Envelope, Fact, FactBody};
use hmis_licensing::domain::ids::{ImplementationId, OrganizationId, PersonId, PrincipalId};
use hmis_licensing::domain::license::{License, LicenseStatus, NoticeOutlook};
use hmis_licensing::domain::policy::RequestClass;
use hmis_licensing::domain::request::RecordedState;
use hmis_licensing::domain::roster::{Organization, Participation, Person};
use hmis_licensing::persistence::{DatabaseUrl, SqlStore};
use uuid::Uuid;

/// Licenses in all.
const SIZES: [i64; 2] = [10_000, 1_000_000];
/// Licenses that are due at a sweep.
const DUE: [i64; 3] = [20, 200, 2_000];
/// Sweeps with as many due that are measured; the best counts, since the machine has other work to do.
const SWEEPS: i64 = 3;
/// Sweeps with nothing due.
const IDLE: u32 = 20;

/// What a license stands on.
#[derive(Clone, Copy)]
struct Ground {
    implementation: ImplementationId,
    organization: OrganizationId,
    principal: PrincipalId,
    generation: i64,
    began: DateTime<Utc>,
}

impl Ground {
    fn person(&self) -> Person {
        Person {
            id: Uuid::now_v7().into(),
            implementation_id: self.implementation,
            given_name: "Lena".to_owned(),
            family_name: "Corktown".to_owned(),
            recorded_at: self.began,
            version: 1,
        }
    }

    fn license(&self, person: PersonId, next_change_at: DateTime<Utc>) -> License {
        License {
            id: Uuid::now_v7().into(),
            implementation_id: self.implementation,
            organization_id: self.organization,
            person_id: person,
            license_type: "end_user".to_owned(),
            recorded: RecordedState {
                state: LicenseStatus::Active,
                next_change_at: Some(next_change_at),
                generation: self.generation,
            },
            contested_at: None,
            listed_from: None,
            notices: NoticeOutlook::default(),
            next_absence_at: None,
            duplicate_of: None,
            recorded_at: self.began,
            version: 1,
        }
    }

    fn fact(&self, license: &License, occurred_at: DateTime<Utc>, body: FactBody) -> Fact {
        Fact {
            id: Uuid::now_v7().into(),
            implementation_id: self.implementation,
            person_id: license.person_id,
            organization_id: Some(self.organization),
            request_id: None,
            license_id: Some(license.id),
            envelope: Envelope {
                occurred_at,
                ..Envelope::recorded_now(self.principal, self.began)
            },
            body,
        }
    }

    /// Somebody licensed who leaves at an instant.
    fn leaving(
        &self,
        unit: &mut dyn UnitOfWork,
        leaves_at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let person = self.person();
        let license = self.license(person.id, leaves_at);
        let activated = FactBody::Activated {
            license_type: "end_user".to_owned(),
            class: RequestClass::New,
            job_role: None,
            projects: Vec::new(),
            project_types: Vec::new(),
            basis: Basis::Requirements,
            requirement_set: None,
            partial: false,
            submitted_at: Some(self.began),
        };
        unit.insert_person(&person)?;
        unit.insert_license(&license)?;
        unit.insert_facts(&[
            self.fact(&license, self.began, activated),
            self.fact(&license, leaves_at, FactBody::Departed),
        ])
    }
}

/// An agency that takes part, in Detroit.
async fn ground(app: &App) -> Ground {
    operator::first_start(app, Some("bench"))
        .await
        .expect("started");
    let began = app.now();
    app.store()
        .write(move |unit: &mut dyn UnitOfWork| {
            let hand = unit.implementation_by_code("hand")?;
            let hand = hand.ok_or(StoreError::Conflict)?;
            let role = hmis_licensing::application::actor::Role::SystemAdmin;
            let grants = unit.live_grants(role, None, began)?;
            let principal = grants.first().ok_or(StoreError::Conflict)?.principal_id;
            let organization = Organization {
                id: Uuid::now_v7().into(),
                implementation_id: hand.id,
                name: "Corktown".to_owned(),
                victim_service_provider: false,
                recorded_at: began,
                version: 1,
            };
            unit.insert_organization(&organization)?;
            unit.insert_participation(&Participation {
                organization_id: organization.id,
                from_on: began.date_naive() - TimeDelta::days(400),
                to_on: None,
                recorded_at: began,
                recorded_by: principal,
            })?;
            Ok::<_, StoreError>(Ground {
                implementation: hand.id,
                organization: organization.id,
                principal,
                generation: hand.generation,
                began,
            })
        })
        .await
        .expect("an agency")
}

/// Licenses of which nothing is due before the year is over, written by the database itself.
fn others(ground: &Ground, count: i64, postgres: bool) -> String {
    let (series, cast, instant) = if postgres {
        (
            format!("generate_series(1, {count}) AS s (n)"),
            "::uuid",
            "::timestamptz",
        )
    } else {
        (
            format!(
                "(WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {count}) \
                 SELECT n FROM c) AS s"
            ),
            "",
            "",
        )
    };
    let hex = |prefix: &str| {
        let number = if postgres {
            "lpad(to_hex(n), 12, '0')".to_owned()
        } else {
            "printf('%012x', n)".to_owned()
        };
        format!("('{prefix}-0000-7000-8000-' || {number}){cast}")
    };
    let text = |at: DateTime<Utc>| {
        let at = at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
        format!("'{at}'{instant}")
    };
    let (people, licenses) = (hex("0198aaaa"), hex("0198bbbb"));
    let (implementation, organization) = (ground.implementation, ground.organization);
    let (began, later) = (
        text(ground.began),
        text(ground.began + TimeDelta::days(365)),
    );
    let generation = ground.generation;
    format!(
        "INSERT INTO people (id, implementation_id, given_name, family_name, given_key, family_key, guard, recorded_at, version) \
         SELECT {people}, '{implementation}'{cast}, 'A', 'B', 'a', 'b', 0, {began}, 1 FROM {series}; \
         INSERT INTO licenses (id, implementation_id, organization_id, person_id, license_type, state, next_change_at, \
             generation, recorded_at, version, notices_counting) \
         SELECT {licenses}, '{implementation}'{cast}, '{organization}'{cast}, {people}, 'end_user', 'active', {later}, \
             {generation}, {began}, 1, 0 FROM {series}; \
         ANALYZE;"
    )
}

/// What was measured: the best sweep with as many due as each of [`DUE`] says, and the mean with nothing due.
struct Measured {
    due: [Duration; DUE.len()],
    idle: Duration,
}

async fn measure(store: SqlStore, size: i64, fill: impl FnOnce(&Ground)) -> Measured {
    let start: DateTime<Utc> = "2026-03-02T18:00:00Z".parse().expect("an instant");
    let clock = Arc::new(FixedClock::at(start));
    let app = App::new(Arc::new(store), clock.clone());
    let ground = ground(&app).await;
    fill(&ground);
    let sweeps: Vec<(usize, DateTime<Utc>)> = (0..DUE.len())
        .cycle()
        .zip(1..=SWEEPS * DUE.len() as i64)
        .map(|(place, hour)| (place, start + TimeDelta::hours(hour)))
        .collect();
    for &(place, leaves_at) in &sweeps {
        app.store()
            .write(move |unit: &mut dyn UnitOfWork| {
                (0..DUE[place]).try_for_each(|_| ground.leaving(unit, leaves_at))
            })
            .await
            .expect("people");
    }
    let mut due = [Duration::MAX; DUE.len()];
    for (place, at) in sweeps {
        clock.set(at);
        let began = Instant::now();
        let swept = app.sweep_all().await.expect("swept");
        due[place] = due[place].min(began.elapsed());
        let changes: usize = swept.iter().map(|sweep| sweep.changes.len()).sum();
        assert_eq!(i64::try_from(changes), Ok(DUE[place]), "of {size}");
    }
    let began = Instant::now();
    for _ in 0..IDLE {
        assert!(app.sweep_all().await.expect("swept").is_empty());
    }
    let idle = began.elapsed() / IDLE;
    Measured { due, idle }
}

fn row(name: &str, size: i64, measured: &Measured) {
    let due: String = measured
        .due
        .iter()
        .map(|due| format!(" {due:>12.1?}"))
        .collect();
    println!("{name:<34} {size:>10} {:>12.1?}{due}", measured.idle);
}

fn sqlite(size: i64) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bench.sqlite");
    let path = path.to_str().expect("a path").to_owned();
    let url: DatabaseUrl = format!("sqlite:{path}").parse().expect("a URL");
    let store = SqlStore::open(&url).expect("a store");
    store.migrate().expect("migrated");
    let fill = move |ground: &Ground| {
        let mut conn = SqliteConnection::establish(&path).expect("a connection");
        conn.batch_execute("PRAGMA busy_timeout = 60000; PRAGMA synchronous = OFF")
            .expect("set");
        conn.batch_execute(&format!("BEGIN; {} COMMIT", others(ground, size, false)))
            .expect("rows");
    };
    let measured = actix_web::rt::System::new().block_on(measure(store, size, fill));
    row("SQLite (synchronous=FULL)", size, &measured);
}

fn postgres(size: i64) {
    let Some(server) = cluster::server() else {
        return;
    };
    let mut admin = PgConnection::establish(&server.admin_url()).expect("a connection");
    let schema = format!("bench_{}_{size}", std::process::id());
    admin
        .batch_execute(&format!("CREATE SCHEMA {schema}"))
        .expect("a schema");
    let text = server.url(&schema);
    let url: DatabaseUrl = text.parse().expect("a URL");
    let store = SqlStore::open(&url).expect("a store");
    store.migrate().expect("migrated");
    let fill = move |ground: &Ground| {
        PgConnection::establish(&text)
            .expect("a connection")
            .batch_execute(&others(ground, size, true))
            .expect("rows");
    };
    let measured = actix_web::rt::System::new().block_on(measure(store, size, fill));
    let name = if server.socket.is_some() {
        "PostgreSQL (throwaway, fsync=off)"
    } else {
        "PostgreSQL (TEST_DATABASE_URL)"
    };
    row(name, size, &measured);
    admin
        .batch_execute(&format!("DROP SCHEMA {schema} CASCADE"))
        .expect("dropped");
}

fn main() {
    // `cargo test --benches` asks for tests, of which there are none here.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let due: String = DUE
        .iter()
        .map(|due| format!(" {:>12}", format!("{due} due")))
        .collect();
    println!("{:<34} {:>10} {:>12}{due}", "", "licenses", "none due");
    for size in SIZES {
        sqlite(size);
    }
    for size in SIZES {
        postgres(size);
    }
}
