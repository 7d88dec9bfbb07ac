//! What users notice, told as stories over HTTP: Detroit's HMIS as the first start and an import leave it, with people
//! of every role at work in it.

pub mod absences;
mod alaska;
mod approvals;
mod asking;
mod calendar;
mod calendar_feeds;
mod campaigns;
mod classes;
mod communities;
mod deputies;
mod detroit;
mod due_items;
mod ends;
mod evidence;
mod explained;
mod facts;
mod groups;
mod logins;
mod outbox;
mod people;
mod regions;
mod returns;
mod secrets;
mod staff;
mod sweeps;
mod transfers;
mod waitlist;
mod withdrawals;
mod wrong_turns;
mod year;

use std::path::Path;

use actix_web::http::Method;
use chrono::{DateTime, Utc};
use hmis_licensing::application::actor::Role;
use hmis_licensing::application::hmis_csv::{load_directory, read_export};
use hmis_licensing::application::import::import_hmis_csv;
use hmis_licensing::application::operator::{self, TokenRequest};
use hmis_licensing::application::ports::{
    AuditRecord, FactFilter, Page, PersonFilter, StoreError, StoreExt, UnitOfWork, View, Visible,
};
use hmis_licensing::application::token::OWN_ISSUER;
use hmis_licensing::domain::ids::{ImplementationId, OrganizationId, PersonId, ProjectId};
use hmis_licensing::domain::roster::ExternalKind;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::app::{Answer, TestApp};
use crate::support::database::TestDatabase;

/// The system of the ids of the fixture export.
const EXPORT: &str = "hmis_csv:riverside-hmis";

/// An id that nothing has.
pub const NOBODY: &str = "0199f3c2-0000-7000-8000-000000000000";

/// Every row.
const EVERYTHING: Visible = Visible {
    everything: true,
    implementations: Vec::new(),
    organizations: Vec::new(),
    people: Vec::new(),
};

/// Detroit, with everybody who acts in it: `admin`, `help_desk`, `trainer`, `auditor`, `frontend`, `integration`,
/// `supervisor` (of Corktown), `jefferson` (supervisor of another agency), `dana` (end user, as herself).
pub struct Story {
    pub app: TestApp,
    pub hand: ImplementationId,
    pub akhmis: ImplementationId,
    /// Corktown Shelter Alliance.
    pub corktown: OrganizationId,
    /// Jefferson Avenue Family Center.
    pub jefferson: OrganizationId,
    /// Corktown's emergency shelter.
    pub shelter: ProjectId,
    /// A project of Jefferson's.
    pub housing: ProjectId,
    /// Dana Whitfield, HMIS user 41, not yet licensed.
    pub dana: PersonId,
    /// Rosalind Achterberg, HMIS user 42.
    pub rosalind: PersonId,
}

impl Story {
    pub async fn on(database: &TestDatabase) -> Self {
        Self::of(TestApp::on(database).await).await
    }

    /// As a service of one's own leaves it.
    pub async fn of(app: TestApp) -> Self {
        operator::first_start(&app.app, None).await.unwrap();
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/hmis-csv");
        let export = read_export(&load_directory(&fixture).unwrap()).unwrap();
        import_hmis_csv(&app.app, "hand", export, false)
            .await
            .unwrap();
        let (hand, akhmis, [corktown, jefferson, shelter, housing, dana, rosalind]) =
            read(&app, |view| {
                use ExternalKind::{Organization, Person, Project};
                let hand = view.implementation_by_code("hand")?.unwrap().id;
                let akhmis = view.implementation_by_code("akhmis")?.unwrap().id;
                let mut found = [Uuid::nil(); 6];
                for (id, (kind, value)) in found.iter_mut().zip([
                    (Organization, "100"),
                    (Organization, "101"),
                    (Project, "2001"),
                    (Project, "2004"),
                    (Person, "41"),
                    (Person, "42"),
                ]) {
                    *id = view
                        .external_id(hand, kind, EXPORT, value)?
                        .unwrap()
                        .subject;
                }
                Ok((hand, akhmis, found))
            })
            .await;
        let story = Self {
            app,
            hand,
            akhmis,
            corktown: corktown.into(),
            jefferson: jefferson.into(),
            shelter: shelter.into(),
            housing: housing.into(),
            dana: dana.into(),
            rosalind: rosalind.into(),
        };
        for (subject, role) in [
            ("admin", Role::SystemAdmin),
            ("help_desk", Role::HelpDesk),
            ("trainer", Role::Trainer),
            ("auditor", Role::Auditor),
            ("frontend", Role::HmisFrontend),
            ("integration", Role::Integration),
        ] {
            story.grant(subject, role, None, None).await;
        }
        let (corktown, jefferson, dana) = (story.corktown, story.jefferson, story.dana);
        story
            .grant("supervisor", Role::Supervisor, Some(corktown), None)
            .await;
        story
            .grant("jefferson", Role::Supervisor, Some(jefferson), None)
            .await;
        story.grant("dana", Role::EndUser, None, Some(dana)).await;
        story
    }

    /// Gives a subject a role in Detroit.
    pub async fn grant(
        &self,
        subject: &str,
        role: Role,
        organization: Option<OrganizationId>,
        person: Option<PersonId>,
    ) {
        let request = TokenRequest {
            implementation: Some("hand".into()),
            organization: organization.map(|id| id.to_string()),
            person,
            subject: Some(subject.into()),
            ..TokenRequest::of(role)
        };
        self.app.grant(request).await.unwrap();
    }

    /// Takes every role from a subject.
    pub async fn revoke(&self, subject: &str) {
        let (subject, now) = (subject.to_owned(), self.app.app.now());
        self.app
            .app
            .store()
            .write(move |unit: &mut dyn UnitOfWork| -> Result<(), StoreError> {
                let principal = unit.principal_of(OWN_ISSUER, &subject)?.unwrap();
                for mut grant in unit.staff_roles_of(principal.id)? {
                    grant.revoked_at = Some(now);
                    unit.update_staff_role(&grant)?;
                }
                Ok(())
            })
            .await
            .unwrap();
    }

    /// Moves the clock.
    pub fn at(&self, instant: &str) {
        self.app
            .clock
            .set(instant.parse::<DateTime<Utc>>().unwrap());
    }

    pub async fn get(&self, who: &str, path: &str) -> Answer {
        let token = self.app.token(who);
        self.app.get(path).bearer(&token).send().await
    }

    pub async fn post(&self, who: &str, path: &str, body: &Value) -> Answer {
        let token = self.app.token(who);
        self.app.post(path).bearer(&token).json(body).send().await
    }

    /// Posts under an idempotency key.
    pub async fn post_once(&self, who: &str, path: &str, key: &str, body: &Value) -> Answer {
        let token = self.app.token(who);
        self.app
            .request(Method::POST, path)
            .bearer(&token)
            .header("Idempotency-Key", key)
            .json(body)
            .send()
            .await
    }

    /// Corktown's request for Dana, as her supervisor sends it.
    pub fn request_for_dana(&self) -> Value {
        self.request(
            self.corktown,
            &json!({ "external_id": { "system": "hmis_user_id", "value": "41" } }),
        )
    }

    /// A sound request for anybody.
    pub fn request(&self, organization: OrganizationId, person: &Value) -> Value {
        let project = if organization == self.corktown {
            self.shelter
        } else {
            self.housing
        };
        json!({
            "organization_id": organization,
            "person": person,
            "license_type": "end_user",
            "job_role": "case_manager",
            "project_ids": [project],
            "attestations": [{ "code": "job_need" }],
        })
    }

    /// Decides about a request as it stands.
    pub async fn decide(&self, who: &str, request: &str, command: &str) -> Answer {
        let path = format!("/v1/license-requests/{request}");
        let version = self.get("admin", &path).await.expect(200)["version"].clone();
        let mut body = json!({ "expected_version": version });
        if command == "deny" {
            body["reason"] = json!("The position enters no data.");
        }
        self.post(who, &format!("{path}/{command}"), &body).await
    }

    /// A signature for a person at an organization today.
    pub async fn sign(
        &self,
        who: &str,
        person: PersonId,
        organization: OrganizationId,
        agreement: &str,
        party: &str,
    ) -> Answer {
        let body = json!({
            "person_id": person,
            "organization_id": organization,
            "agreement": agreement,
            "party": party,
            "signed_at": self.app.app.now(),
        });
        self.post(who, "/v1/agreement-signatures", &body).await
    }

    /// A course passed now.
    pub async fn pass(&self, who: &str, person: PersonId, course: &str) -> Answer {
        let body = json!({
            "person_id": person,
            "course": course,
            "outcome": "pass",
            "completed_at": self.app.app.now(),
        });
        self.post(who, "/v1/training-completions", &body).await
    }

    /// Both agreements by both parties, as a supervisor of the organization records them.
    pub async fn sign_all(&self, who: &str, person: PersonId, organization: OrganizationId) {
        for agreement in ["user_agreement", "code_of_ethics"] {
            for party in ["end_user", "supervisor"] {
                self.sign(who, person, organization, agreement, party)
                    .await
                    .expect(201);
            }
        }
    }

    /// The trainings that everybody needs.
    pub async fn train(&self, person: PersonId) {
        for course in ["hmis_user_training_series", "hand_policy_and_procedure"] {
            self.pass("trainer", person, course).await.expect(201);
        }
    }

    /// Leads a submitted request to activation; returns it, fulfilled.
    pub async fn fulfil(&self, request: &Value, supervisor: &str) -> Value {
        let id = text(&request["id"]);
        let person: PersonId = text(&request["person_id"]).parse().unwrap();
        let organization: OrganizationId = text(&request["organization_id"]).parse().unwrap();
        let approved = self.decide("admin", id, "approve").await.expect(200);
        if approved["state"] != "ready" {
            self.sign_all(supervisor, person, organization).await;
            self.train(person).await;
        }
        self.decide("admin", id, "activate").await.expect(200)
    }

    /// Dana, licensed at Corktown: the id of her license.
    pub async fn license_dana(&self) -> String {
        let request = self
            .post(
                "supervisor",
                "/v1/license-requests",
                &self.request_for_dana(),
            )
            .await
            .expect(201);
        let fulfilled = self.fulfil(&request, "supervisor").await;
        text(&fulfilled["license_id"]).to_owned()
    }

    /// Reports that Dana leaves Corktown.
    pub async fn depart_dana(&self, who: &str, ended_at: &str) -> Value {
        let body = json!({
            "person_id": self.dana,
            "organization_id": self.corktown,
            "ended_at": ended_at,
        });
        self.post(who, "/v1/departures", &body).await.expect(201)
    }

    /// A license as a reader sees it.
    pub async fn license(&self, who: &str, id: &str) -> Value {
        self.get(who, &format!("/v1/licenses/{id}"))
            .await
            .expect(200)
    }

    /// May Dana sign in? As the front-end asks.
    pub async fn sign_in(&self, more: &str) -> Value {
        let path = format!(
            "/v1/access-decisions?implementation=hand&system=hmis_user_id&external_id=41{more}"
        );
        self.get("frontend", &path).await.expect(200)
    }

    /// The rows of a list.
    pub async fn list(&self, who: &str, path: &str) -> Vec<Value> {
        let page = self.get(who, path).await.expect(200);
        page["data"].as_array().cloned().unwrap()
    }

    /// The audit records of an implementation, or those of the deployment.
    pub async fn audit(&self, implementation: Option<ImplementationId>) -> Vec<AuditRecord> {
        let page = Page {
            after: None,
            limit: 1_000,
        };
        let records = read(&self.app, move |view| {
            view.audit_records(&EVERYTHING, None, page)
        })
        .await;
        records
            .into_iter()
            .filter(|record| record.implementation_id == implementation)
            .collect()
    }

    /// How many facts, people, requests and licenses there are: what a refusal must not change.
    pub async fn census(&self) -> [usize; 4] {
        let [facts, people] = read(&self.app, |view| {
            let page = Page {
                after: None,
                limit: 1_000,
            };
            Ok([
                view.facts(&EVERYTHING, &FactFilter::default(), page)?.len(),
                view.people(&EVERYTHING, &PersonFilter::default(), page)?
                    .len(),
            ])
        })
        .await;
        let requests = self.list("admin", "/v1/license-requests?limit=200").await;
        let licenses = self.list("admin", "/v1/licenses?limit=200").await;
        [facts, people, requests.len(), licenses.len()]
    }
}

/// Reads from the store of a test.
pub async fn read<T, F>(app: &TestApp, mut job: F) -> T
where
    T: Send + 'static,
    F: FnMut(&mut dyn View) -> Result<T, StoreError> + Send + 'static,
{
    app.app
        .store()
        .read(move |view: &mut dyn View| job(view))
        .await
        .unwrap()
}

/// The text of a value.
#[track_caller]
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

/// The sentences of a list.
#[track_caller]
pub fn texts(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(text).collect()
}

/// An answer without the id of its request, to compare with another.
pub fn without_request_id(answer: &Answer) -> String {
    let id = answer.header("x-request-id").unwrap_or_default();
    answer.text.replace(id, "")
}
