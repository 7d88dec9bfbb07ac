use chrono::TimeDelta;
use hmis_licensing::application::actor::Role;
use hmis_licensing::application::clock::Clock;
use hmis_licensing::application::ports::{Page, StoreError, StoreExt, UnitOfWork, View, Visible};
use hmis_licensing::domain::fact::{Channel, Reporter};
use hmis_licensing::domain::ids::{ImplementationId, OrganizationId, PersonId};
use hmis_licensing::domain::request::{LicenseRequest, RecordedState, RequestClass, RequestState};
use hmis_licensing::domain::roster::{Organization, Person};
use serde_json::json;
use uuid::Uuid;

use super::api::{Answer, Api, hand, policies};
use crate::support::database::on_both;

/// More than a list by state takes while they wait.
const PEOPLE: u128 = 1_001;

fn id<T: From<Uuid>>(kind: u128, number: u128) -> T {
    T::from(Uuid::from_u128(
        0x0190_0000_0000_7000_8000_0000_0000_0000 + (kind << 32) + number,
    ))
}

/// People who each have a request that waits for agreements and trainings.
async fn fill(api: &Api, implementation: ImplementationId) {
    let now = api.clock.now();
    api.app
        .store()
        .write(move |unit: &mut dyn UnitOfWork| -> Result<(), StoreError> {
            let administrators = unit.live_grants(Role::SystemAdmin, None, now)?;
            let requester = administrators[0].principal_id;
            let generation = unit.implementation(implementation)?.unwrap().generation;
            let organization: OrganizationId = id(1, 1);
            unit.insert_organization(&Organization {
                id: organization,
                implementation_id: implementation,
                name: "Harbor House".into(),
                victim_service_provider: false,
                recorded_at: now,
                version: 1,
            })?;
            for number in 0..PEOPLE {
                let person: PersonId = id(2, number);
                unit.insert_person(&Person {
                    id: person,
                    implementation_id: implementation,
                    given_name: "Dana".into(),
                    family_name: format!("Number {number}"),
                    recorded_at: now,
                    version: 1,
                })?;
                unit.insert_request(&LicenseRequest {
                    id: id(3, number),
                    implementation_id: implementation,
                    organization_id: organization,
                    person_id: person,
                    license_type: "end_user".into(),
                    class: RequestClass::New,
                    job_role: None,
                    projects: Vec::new(),
                    attestations: Vec::new(),
                    requester,
                    requested_by: None,
                    source: None,
                    channel: Channel::Api,
                    ticket_reference: None,
                    reported_at: now,
                    reported_by: Reporter::Recorder,
                    reason: None,
                    submitted_at: now,
                    recorded: RecordedState {
                        state: RequestState::Onboarding,
                        next_change_at: None,
                        generation,
                    },
                    version: 1,
                })?;
            }
            Ok(())
        })
        .await
        .unwrap();
}

async fn stale(api: &Api, implementation: ImplementationId) -> i64 {
    api.app
        .store()
        .read(move |view: &mut dyn View| -> Result<i64, StoreError> {
            let everything = Visible {
                everything: true,
                ..Visible::default()
            };
            view.stale_count(&everything, Some(implementation))
        })
        .await
        .unwrap()
}

/// The first page of the requests that are in a state now.
async fn in_state(api: &Api, implementation: ImplementationId, state: &str) -> Answer {
    let query = format!("implementation_id={implementation}&state={state}&limit=200");
    api.get(&format!("/v1/license-requests?{query}")).await
}

#[test]
fn a_version_makes_states_due_and_reindexing_brings_them_up_to_date() {
    on_both(|database| async {
        let api = Api::new(database).await;
        let text = api.implementation("hand").await;
        let implementation: ImplementationId = text.parse().unwrap();
        let path = policies(&text);
        // No approval is asked for, so that requests begin with onboarding.
        let mut document = hand();
        document["requests"]["approval"] = json!([]);
        let posted = api.post(&path, &json!({ "document": document })).await;
        assert_eq!(posted.status, 201, "{}", posted.body);
        fill(&api, implementation).await;
        assert_eq!(stale(&api, implementation).await, 0);
        let refused = json!({ "preset": "nowhere" });
        assert_eq!(api.post(&path, &refused).await.status, 422);
        let dry = format!("{path}?dry_run=true");
        assert_eq!(
            api.post(&dry, &json!({ "preset": "hand" })).await.status,
            200
        );
        assert_eq!(
            stale(&api, implementation).await,
            0,
            "neither kept anything"
        );

        // Whom a course more would oblige: everybody with an open request, counted in full and shown in part.
        let mut harder = document.clone();
        harder["courses"]["data_entry"] = json!({ "title": "Data entry" });
        let courses = "/license_types/end_user/requirement_sets/full/courses";
        harder
            .pointer_mut(courses)
            .and_then(serde_json::Value::as_array_mut)
            .unwrap()
            .push(json!({ "course": "data_entry", "binds": "open_requests" }));
        let dry_run = api.post(&dry, &json!({ "document": harder })).await;
        assert_eq!(dry_run.status, 200, "{}", dry_run.body);
        let impact = &dry_run.body["impact"];
        assert_eq!(impact["newly_obliged"]["count"], json!(PEOPLE));
        assert_eq!(impact["newly_obliged"]["has_more"], true);
        let rows = impact["newly_obliged"]["data"].as_array().unwrap();
        assert_eq!(rows.len(), 200);
        assert_eq!(rows[0]["family_name"], "Number 0");
        assert_eq!(rows[0]["requirements"], json!(["course:data_entry"]));
        assert!(rows[0].get("license_id").is_none());
        for other in ["warnable", "restored", "losing_access", "needless_ends"] {
            assert_eq!(impact[other]["count"], 0, "{other}");
        }
        assert_eq!(stale(&api, implementation).await, 0);

        // From then on nothing is owed before activation.
        document["license_types"]["end_user"]["requirement_sets"]["full"] = json!({});
        let posted = api.post(&path, &json!({ "document": document })).await;
        assert_eq!(posted.status, 201, "{}", posted.body);
        assert_eq!(
            stale(&api, implementation).await,
            i64::try_from(PEOPLE).unwrap()
        );
        let waiting = in_state(&api, implementation, "onboarding").await;
        assert_eq!(
            (waiting.status, &waiting.body["code"]),
            (503, &json!("reindexing"))
        );
        // Also where the list is not narrowed to it, and for licenses as for requests.
        for path in [
            "/v1/license-requests?state=onboarding",
            "/v1/licenses?state=active",
        ] {
            let waiting = api.get(path).await;
            assert_eq!(
                (waiting.status, &waiting.body["code"]),
                (503, &json!("reindexing")),
                "{path}"
            );
        }
        assert_eq!(api.get("/v1/licenses").await.status, 200);
        assert_eq!(
            api.app.reindex().await.unwrap(),
            usize::try_from(PEOPLE).unwrap()
        );
        assert_eq!(stale(&api, implementation).await, 0);
        assert_eq!(api.app.reindex().await.unwrap(), 0);
        let waiting = in_state(&api, implementation, "onboarding").await;
        assert_eq!(waiting.codes("id").len(), 200);

        // The new rules are recorded as the next change, so that lists are right from their start on.
        api.clock.advance(TimeDelta::days(1));
        let waiting = in_state(&api, implementation, "onboarding").await;
        assert_eq!(waiting.codes("id").len(), 0);
        let ready = in_state(&api, implementation, "ready").await;
        assert_eq!(ready.codes("id").len(), 200);
    });
}

#[test]
fn another_implementation_is_left_alone() {
    on_both(|database| async {
        let api = Api::new(database).await;
        let (one, other) = (
            api.implementation("hand").await,
            api.implementation("akhmis").await,
        );
        let posted = api
            .post(&policies(&other), &json!({ "preset": "akhmis" }))
            .await;
        assert_eq!(posted.status, 201, "{}", posted.body);
        let generations = api
            .app
            .store()
            .read(
                move |view: &mut dyn View| -> Result<Vec<(String, i64)>, StoreError> {
                    let everything = Visible {
                        everything: true,
                        ..Visible::default()
                    };
                    let page = Page {
                        after: None,
                        limit: 10,
                    };
                    let rows = view.implementations(&everything, page)?;
                    Ok(rows
                        .into_iter()
                        .map(|row| (row.id.to_string(), row.generation))
                        .collect())
                },
            )
            .await
            .unwrap();
        assert!(generations.contains(&(one, 1)));
        assert!(generations.contains(&(other, 2)));
    });
}
