//! Alaska's HMIS on the `akhmis` preset: requests through the help desk, practice, deadlines, and activation that
//! nobody needs to click.

mod attestations;
mod corrections;
mod deadlines;
mod exceptions;
mod extensions;
mod partial;
mod practice;
mod returning;
mod road;

use hmis_licensing::application::actor::Role;
use hmis_licensing::application::operator::{self, TokenRequest};
use serde_json::{Value, json};

use super::text;
use crate::support::app::{Answer, TestApp};
use crate::support::database::TestDatabase;

pub const SHELTER: &str = "practice_shelter";

/// Northern Lights Shelter in Anchorage, with everybody who acts in it: `admin`, `help_desk`, `trainer`, `supervisor`,
/// and `noor`, the trainee, as herself.
pub struct Alaska {
    pub app: TestApp,
    pub implementation: String,
    pub organization: String,
    pub project: String,
    pub supervisor: String,
    pub noor: String,
}

impl Alaska {
    pub async fn on(database: &TestDatabase) -> Self {
        let app = TestApp::on(database).await;
        operator::first_start(&app.app, None).await.unwrap();
        let mut alaska = Self {
            app,
            implementation: String::new(),
            organization: String::new(),
            project: String::new(),
            supervisor: String::new(),
            noor: String::new(),
        };
        for (subject, role) in [
            ("admin", Role::SystemAdmin),
            ("help_desk", Role::HelpDesk),
            ("trainer", Role::Trainer),
            ("integration", Role::Integration),
        ] {
            alaska.grant(subject, role, None, None).await;
        }
        let found = alaska.get("admin", "/v1/implementations?code=akhmis").await;
        alaska.implementation = text(&found.expect(200)["data"][0]["id"]).to_owned();
        // An implementation without imported people starts without rules: its administrator chooses them.
        let path = format!("/v1/implementations/{}/policies", alaska.implementation);
        let preset = json!({ "preset": "akhmis" });
        alaska.post("admin", &path, &preset).await.expect(201);
        let organization = json!({
            "implementation_id": alaska.implementation,
            "name": "Northern Lights Shelter",
            "participation": { "from_on": "2020-01-01" },
        });
        alaska.organization = alaska.made("/v1/organizations", &organization).await;
        let project = json!({
            "organization_id": alaska.organization,
            "name": "Emergency shelter",
            "project_type": 0,
        });
        alaska.project = alaska.made("/v1/projects", &project).await;
        let person = |given: &str, family: &str| {
            json!({
                "implementation_id": alaska.implementation,
                "given_name": given,
                "family_name": family,
            })
        };
        let (supervisor, noor) = (person("Tikaani", "Olsen"), person("Noor", "Haddad"));
        alaska.supervisor = alaska.made("/v1/people", &supervisor).await;
        alaska.noor = alaska.made("/v1/people", &noor).await;
        let (organization, supervisor) = (alaska.organization.clone(), alaska.supervisor.clone());
        alaska
            .grant(
                "supervisor",
                Role::Supervisor,
                Some(organization),
                Some(&supervisor),
            )
            .await;
        let noor = alaska.noor.clone();
        alaska.grant("noor", Role::EndUser, None, Some(&noor)).await;
        alaska
    }

    pub async fn grant(
        &self,
        subject: &str,
        role: Role,
        organization: Option<String>,
        person: Option<&str>,
    ) {
        let request = TokenRequest {
            implementation: Some("akhmis".into()),
            organization,
            person: person.map(|id| id.parse().unwrap()),
            subject: Some(subject.into()),
            ..TokenRequest::of(role)
        };
        self.app.grant(request).await.unwrap();
    }

    /// Moves the clock.
    pub fn at(&self, instant: &str) {
        self.app.clock.set(instant.parse().unwrap());
    }

    pub async fn get(&self, who: &str, path: &str) -> Answer {
        let token = self.app.token(who);
        self.app.get(path).bearer(&token).send().await
    }

    pub async fn post(&self, who: &str, path: &str, body: &Value) -> Answer {
        let token = self.app.token(who);
        self.app.post(path).bearer(&token).json(body).send().await
    }

    async fn made(&self, path: &str, body: &Value) -> String {
        let made = self.post("admin", path, body).await.expect(201);
        text(&made["id"]).to_owned()
    }

    /// Another policy from now on: the preset with some members replaced, by JSON pointer.
    pub async fn rules(&self, changes: &[(&str, Value)]) {
        let preset = self.get("admin", "/v1/policy-presets/akhmis").await;
        let mut document = preset.expect(200)["document"].clone();
        for (pointer, value) in changes {
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            document.pointer_mut(parent).unwrap()[key] = value.clone();
        }
        let from = self.app.app.now() + chrono::TimeDelta::hours(25);
        let body = json!({ "effective_from": from, "document": document });
        let path = format!("/v1/implementations/{}/policies", self.implementation);
        self.post("admin", &path, &body).await.expect(201);
        self.app.clock.set(from);
    }

    /// The request for Noor as the help desk records it for her supervisor.
    pub fn for_noor(&self) -> Value {
        json!({
            "organization_id": self.organization,
            "person": { "id": self.noor },
            "license_type": "end_user",
            "project_ids": [self.project],
            "attestations": [
                { "code": "job_need" },
                { "code": "at_least_18" },
                { "code": "background_check", "on": "2026-01-15" },
            ],
            "requested_by": self.supervisor,
            "report": { "channel": "help_desk", "ticket_reference": "AK-2041" },
        })
    }

    /// Noor's request, submitted.
    pub async fn ask(&self) -> String {
        let path = "/v1/license-requests";
        let made = self.post("help_desk", path, &self.for_noor()).await;
        text(&made.expect(201)["id"]).to_owned()
    }

    pub async fn approve(&self, request: &str) -> Value {
        let path = format!("/v1/license-requests/{request}");
        let version = self.get("admin", &path).await.expect(200)["version"].clone();
        let body = json!({ "expected_version": version });
        self.post("admin", &format!("{path}/approve"), &body)
            .await
            .expect(200)
    }

    pub async fn request(&self, id: &str) -> Value {
        self.get("admin", &format!("/v1/license-requests/{id}"))
            .await
            .expect(200)
    }

    pub async fn state(&self, id: &str) -> String {
        text(&self.request(id).await["state"]).to_owned()
    }

    /// Both parties sign on a day.
    pub async fn sign(&self, on: &str) {
        for (who, party) in [("noor", "end_user"), ("supervisor", "supervisor")] {
            let body = json!({
                "person_id": self.noor,
                "organization_id": self.organization,
                "agreement": "end_user_agreement",
                "party": party,
                "signed_on": on,
            });
            self.post(who, "/v1/agreement-signatures", &body)
                .await
                .expect(201);
        }
    }

    pub async fn pass(&self, course: &str, on: &str) {
        let body = json!({
            "person_id": self.noor,
            "course": course,
            "outcome": "pass",
            "completed_on": on,
        });
        self.post("trainer", "/v1/training-completions", &body)
            .await
            .expect(201);
    }

    /// The agreement and both initial trainings.
    pub async fn initial_steps(&self, on: &str) {
        self.sign(on).await;
        self.pass("privacy_and_security", on).await;
        self.pass("new_end_user", on).await;
    }

    pub async fn submit(&self, who: &str) -> Answer {
        let body = json!({ "person_id": self.noor, "practice_set": SHELTER });
        self.post(who, "/v1/practice-case-submissions", &body).await
    }

    pub async fn review(&self, who: &str, submission: &str, result: &str) -> Answer {
        let mut body = json!({ "submission_id": submission, "result": result });
        if result == "returned" {
            body["findings"] = json!(["The exit date lies before the entry date."]);
        }
        self.post(who, "/v1/practice-case-results", &body).await
    }

    /// Noor's request with everything but practice done, in practice since Tuesday 2026-03-10.
    pub async fn in_practice(&self) -> String {
        let request = self.ask().await;
        self.approve(&request).await;
        let today = |app: &TestApp| {
            let zone = chrono_tz::America::Anchorage;
            app.app.now().with_timezone(&zone).date_naive().to_string()
        };
        self.initial_steps(&today(&self.app)).await;
        self.pass("workflow_shelter", &today(&self.app)).await;
        assert_eq!(self.state(&request).await, "practice");
        request
    }
}
