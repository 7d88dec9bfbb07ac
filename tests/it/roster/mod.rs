//! Stories of the roster over HTTP: organizations, contacts, projects, people and the roles of staff.

mod organizations;
mod people;
mod staff_roles;

use hmis_licensing::application::actor::Role;
use hmis_licensing::application::operator::{self, TokenRequest};
use serde_json::{Value, json};

use crate::support::app::{Answer, TestApp};
use crate::support::database::TestDatabase;

/// An id that nothing has.
pub const NOBODY: &str = "0199f3c2-0000-7000-8000-000000000000";

/// A service with the two implementations of a first start.
pub struct House {
    pub app: TestApp,
    /// The token of an administrator of everything.
    pub admin: String,
    pub hand: String,
    pub akhmis: String,
}

impl House {
    pub async fn on(database: &TestDatabase) -> Self {
        let app = TestApp::on(database).await;
        operator::first_start(&app.app, None).await.unwrap();
        let admin = app.administrator().await;
        let id = async |code: &str| {
            let found = app
                .get(&format!("/v1/implementations?code={code}"))
                .bearer(&admin)
                .send()
                .await
                .expect(200);
            text(&found["data"][0]["id"])
        };
        let (hand, akhmis) = (id("hand").await, id("akhmis").await);
        Self {
            app,
            admin,
            hand,
            akhmis,
        }
    }

    pub async fn get(&self, token: &str, path: &str) -> Answer {
        self.app.get(path).bearer(token).send().await
    }

    pub async fn post(&self, token: &str, path: &str, body: &Value) -> Answer {
        self.app.post(path).bearer(token).json(body).send().await
    }

    pub async fn patch(&self, token: &str, path: &str, body: &Value) -> Answer {
        self.app.patch(path).bearer(token).json(body).send().await
    }

    /// An organization that takes part since the beginning of the year.
    pub async fn organization(&self, implementation: &str, name: &str) -> String {
        let body = json!({
            "implementation_id": implementation,
            "name": name,
            "participation": { "from_on": "2026-01-01" },
        });
        let made = self.post(&self.admin, "/v1/organizations", &body).await;
        text(&made.expect(201)["id"])
    }

    pub async fn person(&self, implementation: &str, given: &str, family: &str) -> String {
        let body = json!({
            "implementation_id": implementation,
            "given_name": given,
            "family_name": family,
        });
        let made = self.post(&self.admin, "/v1/people", &body).await;
        text(&made.expect(201)["id"])
    }

    /// The token of a supervisor of the organization, who is a person of his own.
    pub async fn supervisor(&self, implementation: &str, organization: &str) -> String {
        let person = self.person(implementation, "Ingrid", "Solberg").await;
        self.app
            .grant(TokenRequest {
                organization: Some(organization.to_owned()),
                person: Some(person.parse().unwrap()),
                ..TokenRequest::of(Role::Supervisor)
            })
            .await
            .unwrap()
    }

    /// A request at the organization, by which the person belongs to it. He is named by an external id, as a
    /// supervisor names somebody of whom he does not know yet.
    pub async fn request(&self, supervisor: &str, organization: &str, person: &str) -> Value {
        let known = json!({ "system": "username", "value": person });
        let path = format!("/v1/people/{person}/external-ids");
        self.post(&self.admin, &path, &known).await.expect(201);
        let body = json!({
            "organization_id": organization,
            "person": { "external_id": known },
            "license_type": "end_user",
            "attestations": [{ "code": "job_need" }],
        });
        let made = self.post(supervisor, "/v1/license-requests", &body).await;
        made.expect(201)
    }

    /// Moves the clock, and gives the administrator a token that is good then.
    pub async fn at(&mut self, now: &str) {
        self.app.clock.set(now.parse().unwrap());
        self.admin = self.app.administrator().await;
    }
}

pub fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// The values of one member of each entry of a list.
pub fn each(list: &Value, member: &str) -> Vec<String> {
    list["data"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|entry| text(&entry[member]))
        .collect()
}

/// Asserts that two answers differ in nothing but the request id.
#[track_caller]
pub fn same_but_for_the_request_id(one: &Answer, other: &Answer) {
    let (mut one_body, mut other_body) = (one.json(), other.json());
    for body in [&mut one_body, &mut other_body] {
        body.as_object_mut().expect("an object").remove("instance");
    }
    assert_eq!(one.status, other.status);
    assert_eq!(one_body, other_body);
}
