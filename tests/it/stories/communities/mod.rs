//! Communities nobody here has heard of, set up by posting JSON alone: their implementation, their policy, an agency,
//! a project and two people. Their numbers have nothing in common with the two ready-made policies.

mod harbor;
mod mesa;
mod prairie;

use chrono::TimeDelta;
use hmis_licensing::application::actor::Role;
use hmis_licensing::application::operator::TokenRequest;
use serde_json::{Value, json};

use super::{text, texts};
use crate::support::app::{Answer, TestApp};
use crate::support::database::TestDatabase;

/// One community with everybody who acts in it: `admin`, `trainer`, `frontend`, `supervisor`, and `robin`, who asks for
/// a license.
pub struct Community {
    pub app: TestApp,
    code: String,
    pub implementation: String,
    pub organization: String,
    pub project: String,
    pub supervisor: String,
    pub robin: String,
    login_source: String,
}

impl Community {
    /// What the operator of a new HMIS posts on the first day.
    pub async fn posting(
        database: &TestDatabase,
        (code, time_zone): (&str, &str),
        policy: &Value,
    ) -> Self {
        let app = TestApp::on(database).await;
        let root = app.administrator().await;
        let post = async |path: &str, body: &Value| {
            let answer = app.post(path).bearer(&root).json(body).send().await;
            answer.expect(201)
        };
        let implementation = json!({
            "code": code,
            "name": format!("The HMIS of {code}"),
            "time_zone": time_zone,
            "support_contact": "the help desk, 555-0100",
        });
        let implementation = post("/v1/implementations", &implementation).await;
        let implementation = text(&implementation["id"]).to_owned();
        let path = format!("/v1/implementations/{implementation}/policies");
        post(&path, &json!({ "document": policy })).await;
        let organization = json!({
            "implementation_id": implementation,
            "name": "Elm Street Services",
            "participation": { "from_on": "2020-01-01" },
        });
        let organization = post("/v1/organizations", &organization).await["id"].clone();
        let project = json!({
            "organization_id": organization,
            "name": "Elm Street rapid rehousing",
            "project_type": 13,
        });
        let project = post("/v1/projects", &project).await["id"].clone();
        let person = async |given: &str, family: &str| {
            let body = json!({
                "implementation_id": implementation,
                "given_name": given,
                "family_name": family,
                "external_ids": [{ "system": "vendor", "value": given }],
            });
            text(&post("/v1/people", &body).await["id"]).to_owned()
        };
        let (supervisor, robin) = (
            person("Sam", "Okafor").await,
            person("Robin", "Vance").await,
        );
        let source = json!({
            "implementation_id": implementation,
            "code": "vendor",
            "name": "The vendor's nightly file",
            "kind": "hmis_frontend",
        });
        let source = post("/v1/login-sources", &source).await;
        let community = Self {
            code: code.to_owned(),
            implementation,
            organization: text(&organization).to_owned(),
            project: text(&project).to_owned(),
            supervisor,
            robin,
            login_source: text(&source["id"]).to_owned(),
            app,
        };
        for (subject, role) in [
            ("admin", Role::SystemAdmin),
            ("trainer", Role::Trainer),
            ("frontend", Role::HmisFrontend),
        ] {
            community.grant(subject, role, None, None).await;
        }
        let (organization, supervisor) = (&community.organization, &community.supervisor);
        community
            .grant(
                "supervisor",
                Role::Supervisor,
                Some(organization),
                Some(supervisor),
            )
            .await;
        community
            .grant("robin", Role::EndUser, None, Some(&community.robin))
            .await;
        community
    }

    async fn grant(
        &self,
        subject: &str,
        role: Role,
        organization: Option<&String>,
        person: Option<&String>,
    ) {
        let request = TokenRequest {
            implementation: Some(self.code.clone()),
            organization: organization.cloned(),
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

    pub fn later(&self, minutes: i64) {
        self.app.clock.advance(TimeDelta::minutes(minutes));
    }

    pub async fn get(&self, who: &str, path: &str) -> Value {
        let token = self.app.token(who);
        let answer = self.app.get(path).bearer(&token).send().await;
        answer.expect(200)
    }

    pub async fn post(&self, who: &str, path: &str, body: &Value) -> Answer {
        let token = self.app.token(who);
        self.app.post(path).bearer(&token).json(body).send().await
    }

    /// Robin's supervisor asks for a license of a type; the id of the request.
    pub async fn ask(&self, license_type: &str) -> String {
        let body = json!({
            "organization_id": self.organization,
            "person": { "external_id": { "system": "vendor", "value": "Robin" } },
            "license_type": license_type,
            "project_ids": [self.project],
            "attestations": [{ "code": "job_need" }],
        });
        let made = self.post("supervisor", "/v1/license-requests", &body).await;
        text(&made.expect(201)["id"]).to_owned()
    }

    pub async fn request(&self, id: &str) -> Value {
        self.get("admin", &format!("/v1/license-requests/{id}"))
            .await
    }

    /// A decision of staff about what they see now.
    pub async fn decide(&self, path: &str, action: &str) -> Answer {
        let version = self.get("admin", path).await["version"].clone();
        let body = json!({ "expected_version": version });
        self.post("admin", &format!("{path}/{action}"), &body).await
    }

    pub async fn pass(&self, course: &str, on: &str) {
        let body = json!({
            "person_id": self.robin, "course": course, "outcome": "pass", "completed_on": on,
        });
        let answer = self
            .post("trainer", "/v1/training-completions", &body)
            .await;
        answer.expect(201);
    }

    /// Both parties sign on a day.
    pub async fn sign(&self, agreement: &str, on: &str) {
        for (who, party) in [("robin", "end_user"), ("supervisor", "supervisor")] {
            let body = json!({
                "person_id": self.robin,
                "organization_id": self.organization,
                "agreement": agreement,
                "party": party,
                "signed_on": on,
            });
            let answer = self.post(who, "/v1/agreement-signatures", &body).await;
            answer.expect(201);
        }
    }

    /// Robin logs in now.
    pub async fn login(&self, id: &str) {
        let body = json!({
            "login_source_id": self.login_source,
            "source_event_id": id,
            "occurred_at": self.app.app.now(),
            "person_id": self.robin,
        });
        let answer = self.post("frontend", "/v1/login-events", &body).await;
        assert_eq!(answer.expect(201)["outcome"], "accepted");
    }

    /// The vendor says how far its file is complete.
    pub async fn complete_through(&self, instant: &str) {
        let path = format!("/v1/login-sources/{}/heartbeats", self.login_source);
        let body = json!({ "complete_through": instant });
        self.post("frontend", &path, &body).await.expect(201);
    }

    /// Staff tell Robin what a rule says about the license, by telephone, now.
    pub async fn tell(
        &self,
        license: &str,
        rule: &Value,
        anchor_on: &str,
        named_on: &str,
    ) -> Answer {
        let mut body = rule.clone();
        body["license_id"] = json!(license);
        body["anchor_on"] = json!(anchor_on);
        body["named_on"] = json!(named_on);
        body["channel"] = json!("phone");
        body["sent_at"] = json!(self.app.app.now());
        self.post("admin", "/v1/notices", &body).await
    }

    pub async fn license(&self, id: &str) -> Value {
        self.get("admin", &format!("/v1/licenses/{id}")).await
    }

    pub async fn state(&self, license: &str) -> String {
        text(&self.license(license).await["state"]).to_owned()
    }

    /// What keeps a license as it is, as the explanation lists it.
    pub async fn blocks(&self, license: &str) -> Vec<String> {
        let path = format!("/v1/licenses/{license}/explanation");
        let explanation = self.get("admin", &path).await;
        let blocks = explanation["blocks"].as_array().cloned();
        blocks
            .unwrap_or_default()
            .iter()
            .map(|block| text(&block["code"]).to_owned())
            .collect()
    }

    /// A departure at an instant, which ends Robin's license.
    pub async fn depart(&self, ended_at: &str) {
        let body = json!({
            "person_id": self.robin, "organization_id": self.organization, "ended_at": ended_at,
        });
        self.post("supervisor", "/v1/departures", &body)
            .await
            .expect(201);
    }
}

/// What every policy says that these stories are not about.
pub fn plain(time_zone: &str) -> Value {
    json!({
        "time_zone": time_zone,
        "holidays": { "us_federal": true },
        "license_types": {},
        "requests": {
            "requesters": [{ "from": { "kind": "supervisor" } }],
            "attestations": [{ "kind": "job_need" }],
            "activation": { "by": "automatic" },
        },
        "ends_of_need": { "departure_notice_hours": 8, "no_longer_needed_notice_hours": 72 },
        "projects": { "last_project_removed": "keep_and_list", "wind_down_days": 10 },
        "suspension": { "maximum": { "length": { "days": 45 }, "then": "list" } },
        "seats": { "needed_at": { "kind": "activation" }, "after_end": { "kind": "implementation" } },
    })
}

/// No code path names a community: whatever is not a preset, the first start that offers them, or an example in the
/// documentation works from posted rules alone.
#[test]
fn no_code_path_names_a_community() {
    fn scan(folder: &std::path::Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            // The first start makes the two implementations; presets are their policies.
            if ["presets", "tests", "tests.rs", "operator.rs"].contains(&name.as_str()) {
                continue;
            }
            if path.is_dir() {
                scan(&path, found);
            } else if name.ends_with(".rs") {
                let source = std::fs::read_to_string(&path).unwrap();
                let code = source.split("#[cfg(test)]").next().unwrap();
                for (number, line) in code.lines().enumerate() {
                    let line = line.trim().to_lowercase();
                    let comment = line.starts_with("//");
                    let words = ["\"hand\"", "akhmis", "handetroit", "is_detroit", "alaska"];
                    if !comment && words.iter().any(|word| line.contains(word)) {
                        found.push(format!("{}:{}: {line}", path.display(), number + 1));
                    }
                }
            }
        }
    }
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    for room in ["domain", "application", "persistence", "jobs"] {
        scan(&source.join(room), &mut found);
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
