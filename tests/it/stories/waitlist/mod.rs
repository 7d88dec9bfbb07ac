//! Seats and practice places: who gets one, who waits in line, and what frees one.

mod approval;
mod kept;
mod line;
mod merges;
mod practice;
mod races;

use chrono::TimeDelta;
use hmis_licensing::application::actor::Role;
use hmis_licensing::domain::ids::{OrganizationId, PersonId};
use serde_json::{Value, json};

use super::{Story, text};
use crate::support::app::Answer;

const COURSE: &str = "hmis_user_training_series";

impl Story {
    /// HAND's policy from now on, with one training to pass, and with some members replaced, by JSON pointer.
    pub async fn rules(&self, changes: &[(&str, Value)]) {
        let preset = self.get("admin", "/v1/policy-presets/hand").await;
        let mut document = preset.expect(200)["document"].clone();
        let set = &mut document["license_types"]["end_user"]["requirement_sets"]["full"];
        *set = json!({ "courses": [{ "course": COURSE }] });
        let requesters = document["requests"]["requesters"].as_array_mut().unwrap();
        requesters.push(json!({ "from": { "kind": "staff" } }));
        for (pointer, value) in changes {
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            document.pointer_mut(parent).unwrap()[key] = value.clone();
        }
        let from = self.app.app.now() + TimeDelta::hours(25);
        let body = json!({ "effective_from": from, "document": document });
        let path = format!("/v1/implementations/{}/policies", self.hand);
        self.post("admin", &path, &body).await.expect(201);
        self.app.clock.set(from);
    }

    /// So many seats for the whole implementation.
    pub async fn cap(&self, seats: u32, more: &[(&str, Value)]) {
        let caps = json!([{ "scope": { "kind": "implementation" }, "seats": seats }]);
        let changes: Vec<(&str, Value)> = [("/seats/caps", caps)]
            .into_iter()
            .chain(more.iter().cloned())
            .collect();
        self.rules(&changes).await;
    }

    /// Somebody new.
    pub async fn person(&self, given_name: &str) -> PersonId {
        let body = json!({
            "implementation_id": self.hand,
            "given_name": given_name,
            "family_name": "Newcomb",
        });
        let made = self.post("admin", "/v1/people", &body).await.expect(201);
        text(&made["id"]).parse().unwrap()
    }

    /// A request for somebody, approved; a minute later than what came before.
    pub async fn wants(&self, person: PersonId, organization: OrganizationId) -> String {
        self.app.clock.advance(TimeDelta::minutes(1));
        let body = self.request(organization, &json!({ "id": person }));
        let made = self.post("admin", "/v1/license-requests", &body).await;
        let id = text(&made.expect(201)["id"]).to_owned();
        // Nobody approves what he asked for.
        self.grant("approver", Role::SystemAdmin, None, None).await;
        self.decide("approver", &id, "approve").await.expect(200);
        id
    }

    /// The same with the training passed.
    pub async fn trained(&self, person: PersonId, organization: OrganizationId) -> String {
        let request = self.wants(person, organization).await;
        self.app.clock.advance(TimeDelta::minutes(1));
        self.pass("trainer", person, COURSE).await.expect(201);
        request
    }

    /// Somebody new whose request has everything but perhaps a seat.
    pub async fn newcomer(&self, given_name: &str, organization: OrganizationId) -> String {
        let person = self.person(given_name).await;
        self.trained(person, organization).await
    }

    pub async fn ask_of(&self, request: &str) -> Value {
        let path = format!("/v1/license-requests/{request}");
        self.get("admin", &path).await.expect(200)
    }

    pub async fn state_of(&self, request: &str) -> String {
        text(&self.ask_of(request).await["state"]).to_owned()
    }

    /// Its place in line, and how many wait.
    pub async fn turn_of(&self, request: &str) -> (u64, u64) {
        let turn = self.ask_of(request).await["waitlist"].clone();
        (
            turn["position"].as_u64().unwrap(),
            turn["waiting"].as_u64().unwrap(),
        )
    }

    /// The first pool of seats, or of practice places.
    pub async fn pool(&self, place: &str) -> Value {
        let path = format!("/v1/seats?implementation={}", self.hand);
        let found = self.get("admin", &path).await.expect(200);
        let pools = found["pools"].as_array().unwrap();
        pools
            .iter()
            .find(|pool| pool["place"] == place)
            .unwrap()
            .clone()
    }

    /// Filled, held, kept, vacant, waiting.
    pub async fn figures(&self) -> [u64; 5] {
        let pool = self.pool("seat").await;
        ["filled", "held", "kept", "vacant", "waiting"].map(|key| pool[key].as_u64().unwrap())
    }

    /// The person of a request leaves now.
    pub async fn leaves(&self, request: &str) -> Answer {
        self.app.clock.advance(TimeDelta::minutes(1));
        self.leaves_now(request).await
    }

    /// The same, without a minute in between.
    pub async fn leaves_now(&self, request: &str) -> Answer {
        let request = self.ask_of(request).await;
        let body = json!({
            "person_id": request["person_id"],
            "organization_id": request["organization_id"],
            "ended_at": self.app.app.now(),
        });
        self.post("help_desk", "/v1/departures", &body).await
    }
}
