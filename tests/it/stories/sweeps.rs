//! The sweep records what time alone changed, once, and access decisions never wait for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use diesel::connection::SimpleConnection;
use futures_util::future::{join, join4};
use hmis_licensing::application::ports::store::{BoxFuture, ReadJob, WriteJob};
use hmis_licensing::application::ports::{Abort, Store, StoreError};
use serde_json::{Value, json};

use super::absences::{licensed, sweep};
use super::logins::Logins;
use super::{Story, text};
use crate::support::app::TestApp;
use crate::support::database::on_both;

const SWEEPS: &str = "/v1/sweeps";

fn all(story: &Story) -> Value {
    json!({ "implementation_id": story.hand })
}

/// Dana was warned, nobody heard from the login source, and the cut-off of Wednesday 04-08 waited a day for it.
async fn overdue(logins: &Logins) {
    logins.warned().await;
    logins.story.at("2026-04-09T04:00:12Z");
}

#[test]
fn a_sweep_records_what_took_effect_and_a_second_one_finds_nothing() {
    on_both(|database| async move {
        let logins = Logins::on(&database).await;
        let story = &logins.story;
        overdue(&logins).await;
        // The decision is right before any sweep.
        assert!(!logins.allowed("").await);
        let path = format!("{SWEEPS}?dry_run=true");
        let tried = story.post("admin", &path, &all(story)).await.expect(200);
        let change = json!({
            "at": "2026-04-09T04:00:00Z",
            "license_id": logins.license,
            "person_id": story.dana,
            "organization_id": story.corktown,
            "from": "warned",
            "to": "deactivated",
        });
        assert_eq!(tried["changes"], json!([change]));
        assert_eq!(tried.get("id"), None);
        let version = story.license("admin", &logins.license).await["version"].clone();

        let swept = story.post("admin", SWEEPS, &all(story)).await.expect(201);
        for same in [
            "as_of",
            "people",
            "failed",
            "complete",
            "late_by_seconds",
            "changes",
        ] {
            assert_eq!(swept[same], tried[same], "{same}");
        }
        assert_eq!(swept["late_by_seconds"], 12);
        assert_eq!(swept["complete"], true);
        let license = story.license("admin", &logins.license).await;
        assert_eq!(license["state"], "deactivated");
        assert_ne!(license["version"], version);
        let again = story.post("admin", SWEEPS, &all(story)).await.expect(201);
        assert_eq!(
            (&again["people"], &again["changes"]),
            (&json!(0), &json!([]))
        );

        let kept = story.list("help_desk", SWEEPS).await;
        assert_eq!(kept.len(), 2);
        let path = format!("{SWEEPS}/{}", text(&swept["id"]));
        assert_eq!(story.get("help_desk", &path).await.expect(200), swept);
        story
            .get("supervisor", &path)
            .await
            .problem(403, "forbidden");
    });
}

#[test]
fn a_dry_run_looks_ahead_and_a_real_sweep_never_does() {
    on_both(|database| async move {
        let logins = Logins::on(&database).await;
        let story = &logins.story;
        logins.warned().await;
        let ahead = json!({ "implementation_id": story.hand, "as_of": "2026-04-20T00:00:00Z" });
        let refused = story.post("admin", SWEEPS, &ahead).await;
        refused.problem(422, "invalid");
        assert_eq!(refused.faults(), ["/as_of"]);
        let path = format!("{SWEEPS}?dry_run=true");
        let tried = story.post("admin", &path, &ahead).await.expect(200);
        assert_eq!(tried["changes"][0]["at"], "2026-04-09T04:00:00Z");
        assert_eq!(logins.state().await, "warned");
        let unknown = json!({ "implementation_id": super::NOBODY });
        let refused = story.post("admin", SWEEPS, &unknown).await;
        assert_eq!(refused.faults(), ["/implementation_id"]);
        // What a source behind may still save is looked at again and again, and changes nothing.
        story.at("2026-04-08T12:00:00Z");
        let waiting = story.post("admin", SWEEPS, &all(story)).await.expect(201);
        assert_eq!(
            (&waiting["people"], &waiting["changes"]),
            (&json!(1), &json!([]))
        );
    });
}

#[test]
fn two_sweepers_record_each_change_once() {
    on_both(|database| async move {
        let logins = Logins::on(&database).await;
        overdue(&logins).await;
        let app = &logins.story.app.app;
        let (one, other) = join(app.sweep_all(), app.sweep_all()).await;
        let changes: usize = [one.unwrap(), other.unwrap()]
            .iter()
            .flatten()
            .map(|sweep| sweep.changes.len())
            .sum();
        assert_eq!(changes, 1);
        assert!(app.sweep_all().await.unwrap().is_empty());
        assert_eq!(logins.story.list("admin", SWEEPS).await.len(), 1);
    });
}

#[test]
fn after_forty_days_without_any_sweep_one_records_them_all() {
    on_both(|database| async move {
        let logins = Logins::on(&database).await;
        let story = &logins.story;
        logins.warned().await;
        let request = story.request(
            story.corktown,
            &json!({ "given_name": "Ada", "family_name": "Quist" }),
        );
        let request = story
            .post("supervisor", "/v1/license-requests", &request)
            .await;
        let request = request.expect(201);
        story
            .depart_dana("supervisor", "2026-04-04T17:00:00-04:00")
            .await;
        story.at("2026-05-14T12:00:00Z");
        let sweeps = story.app.app.sweep_all().await.unwrap();
        assert_eq!(sweeps.len(), 1);
        assert_eq!(sweeps[0].changes.len(), 1);
        // The departure was stronger than the inactivity that would have come later.
        let ended = story.license("admin", &logins.license).await;
        assert_eq!(ended["since"], "2026-04-04T21:00:00Z");
        let path = format!("/v1/license-requests/{}", text(&request["id"]));
        let request = story.get("admin", &path).await.expect(200);
        assert_eq!(request["state"], "submitted");
    });
}

#[test]
fn somebody_whose_records_cannot_be_read_holds_up_nobody_else() {
    on_both(|database| async move {
        let (community, licenses) = licensed(&database, 2).await;
        let path = format!("/v1/licenses/{}", licenses[0]);
        let license = community.get("admin", &path).await;
        let spoilt = format!(
            "UPDATE facts SET payload = '{{}}' WHERE person_id = '{}'",
            text(&license["person_id"])
        );
        database.connection().batch_execute(&spoilt).unwrap();
        // Both ended with Wednesday.
        community.at("2026-04-02T12:00:00Z");
        let tried = sweep(&community, "?dry_run=true").await;
        let swept = sweep(&community, "").await;
        assert_eq!((&swept["people"], &swept["failed"]), (&json!(2), &json!(1)));
        assert_eq!(swept["complete"], false);
        let changes = swept["changes"].as_array().unwrap();
        assert_eq!(changes.len(), 1, "{swept}");
        assert_eq!(changes[0]["license_id"], licenses[1].as_str());
        assert_eq!(changes[0]["to"], "expired");
        for same in ["people", "failed", "complete", "changes", "notices"] {
            assert_eq!(tried[same], swept[same], "{same}");
        }
        // He is looked at again and again.
        let again = sweep(&community, "").await;
        assert_eq!((&again["people"], &again["failed"]), (&json!(1), &json!(1)));
    });
}

/// A store in which the rules change after each write, while it is told to.
struct Unsteady {
    inner: Arc<dyn Store>,
    changing: Arc<AtomicBool>,
}

impl Store for Unsteady {
    fn run_write(&self, job: WriteJob) -> BoxFuture<'_, Result<(), Abort>> {
        Box::pin(async move {
            self.inner.run_write(job).await?;
            if self.changing.load(Ordering::SeqCst) {
                let change: WriteJob = Box::new(|unit| {
                    let hand = unit.implementation_by_code("hand").map_err(Abort::Store)?;
                    let changed = unit.bump_generation(hand.unwrap().id);
                    changed.map(|_| ()).map_err(Abort::Store)
                });
                self.inner.run_write(change).await?;
            }
            Ok(())
        })
    }

    fn run_read(&self, job: ReadJob) -> BoxFuture<'_, Result<(), Abort>> {
        self.inner.run_read(job)
    }

    fn check(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.inner.check()
    }

    fn kind(&self) -> &'static str {
        self.inner.kind()
    }
}

#[test]
fn a_sweep_during_which_the_rules_change_does_not_call_itself_complete() {
    on_both(|database| async move {
        let changing = Arc::new(AtomicBool::new(false));
        let store = Arc::new(Unsteady {
            inner: Arc::new(database.store()),
            changing: Arc::clone(&changing),
        });
        let story = Story::of(TestApp::over(store).await).await;
        let source = story.login_source("clarity").await;
        let license = story.license_dana().await;
        let logins = Logins {
            story,
            source,
            license,
        };
        overdue(&logins).await;
        let story = &logins.story;
        changing.store(true, Ordering::SeqCst);
        let swept = story.post("admin", SWEEPS, &all(story)).await.expect(201);
        changing.store(false, Ordering::SeqCst);
        assert_eq!(swept["changes"].as_array().unwrap().len(), 1);
        assert_eq!(
            (&swept["failed"], &swept["complete"]),
            (&json!(0), &json!(false))
        );
        let swept = story.post("admin", SWEEPS, &all(story)).await.expect(201);
        assert_eq!(
            (&swept["people"], &swept["complete"]),
            (&json!(1), &json!(true))
        );
    });
}

#[test]
fn suspended_reinstated_swept_and_signed_in_at_one_instant_it_stands_in_one_way() {
    on_both(|database| async move {
        let logins = Logins::on(&database).await;
        let story = &logins.story;
        overdue(&logins).await;
        let license = story.license("admin", &logins.license).await;
        assert_eq!(license["state"], "deactivated");
        let hold = json!({
            "license_id": logins.license, "cause": "investigation",
            "report": { "reason": "A shared account." },
        });
        let reinstate = json!({
            "expected_version": license["version"],
            "report": { "reason": "The feed was dead for a month." },
        });
        let path = format!("/v1/licenses/{}/reinstate", logins.license);
        let (held, reinstated, swept, signed_in) = join4(
            story.post("admin", "/v1/holds", &hold),
            story.post("admin", &path, &reinstate),
            story.post("admin", SWEEPS, &all(story)),
            logins.login("same", "2026-04-09T00:00:12-04:00"),
        )
        .await;
        // Each is done, or told why not, whoever came first.
        assert!([201, 409].contains(&held.status.as_u16()), "{}", held.text);
        assert!(
            [200, 412].contains(&reinstated.status.as_u16()),
            "{}",
            reinstated.text
        );
        swept.expect(201);
        let outcome = signed_in.expect(201)["outcome"].clone();
        let license = story.license("admin", &logins.license).await;
        let is_held = held.status == 201;
        let expected = match reinstated.status.as_u16() {
            412 => "deactivated",
            _ if is_held => "suspended",
            _ => "active",
        };
        assert_eq!(license["state"], expected);
        assert_eq!(logins.allowed("").await, expected == "active");
        // What let her in was the reinstatement, and nothing else.
        if reinstated.status == 412 {
            assert_eq!(outcome, "signal");
        }
        assert_eq!(story.list("admin", "/v1/login-events").await.len(), 2);
        // What was recorded is what holds: nothing is left to be swept.
        let again = story.post("admin", SWEEPS, &all(story)).await.expect(201);
        assert_eq!(again["changes"], json!([]));
    });
}
