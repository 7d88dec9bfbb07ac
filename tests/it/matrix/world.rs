//! The world of the matrix: HAND's implementation with an imported export, in which one of everything exists.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use hmis_licensing::application::actor::Role;
use hmis_licensing::application::hmis_csv::{load_directory, read_export};
use hmis_licensing::application::import::import_hmis_csv;
use hmis_licensing::application::operator;
use hmis_licensing::application::ports::{StoreError, StoreExt, UnitOfWork};
use hmis_licensing::application::token::OWN_ISSUER;
use hmis_licensing::domain::calendar::Precision;
use hmis_licensing::domain::campaign::Campaign;
use hmis_licensing::domain::fact::{
    Channel, Envelope, Fact, FactBody, ImplementationFact, NoticeRule, RenewalDecision, Reporter,
    TypeChange,
};
use hmis_licensing::domain::ids::{
    FactId, ImplementationId, LicenseId, MessageId, PersonId, PolicyId, PrincipalId,
};
use hmis_licensing::domain::outgoing::{
    Addressee, MOST_ATTEMPTS, Message, MessageKind, MessageState, NoticeKind, NoticeSubject,
    QueueState, QueuedNotice,
};
use hmis_licensing::domain::policy::{Recipient, Renewer};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::app::TestApp;
use crate::support::database::TestDatabase;

/// Ids for the `$words` of a row.
pub type Ids = dyn Fn(&str) -> String;

/// Replaces every `$word`.
pub fn fill(text: &str, ids: &Ids) -> String {
    let mut parts = text.split('$');
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part
            .find(|c: char| !(c.is_ascii_lowercase() || c == '_'))
            .unwrap_or(part.len());
        filled.push_str(&ids(&part[..end]));
        filled.push_str(&part[end..]);
    }
    filled
}

/// Everything in it, by the words that the rows use.
pub struct World {
    pub app: TestApp,
    pub ids: HashMap<&'static str, String>,
    /// The first start's administrator of everything.
    pub administrator: String,
}

impl World {
    pub async fn new(database: &TestDatabase) -> Self {
        let app = TestApp::on(database).await;
        let start = operator::first_start(&app.app, Some(OWN_ISSUER))
            .await
            .unwrap();
        let subject = start.administrator.unwrap().subject;
        let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/hmis-csv");
        let export = read_export(&load_directory(&files).unwrap()).unwrap();
        import_hmis_csv(&app.app, "hand", export, false)
            .await
            .unwrap();
        let administrator = app.token(&subject);
        let mut world = Self {
            app,
            ids: HashMap::new(),
            administrator,
        };
        world.find_the_imported().await;
        world.staff().await;
        world.practice().await;
        world.licenses().await;
        world
    }

    pub fn id(&self, word: &str) -> &str {
        &self.ids[word]
    }

    /// Its ids, for the `$words` of a row.
    pub fn ids(&self) -> impl Fn(&str) -> String + 'static {
        let ids = self.ids.clone();
        move |word| {
            let id = ids.get(word);
            id.unwrap_or_else(|| panic!("the world has no ${word}; make one in World::new"))
                .clone()
        }
    }

    /// A text with its ids.
    pub fn fill(&self, text: &str) -> String {
        fill(text, &self.ids())
    }

    async fn get(&self, path: &str) -> Value {
        let call = self.app.get(path).bearer(&self.administrator);
        call.send().await.expect(200)
    }

    /// Posts as the administrator and returns what was made.
    pub async fn post(&self, path: &str, body: &Value) -> Value {
        self.post_as(&self.administrator, path, body).await
    }

    pub async fn post_as(&self, token: &str, path: &str, body: &Value) -> Value {
        let answer = self.app.post(path).bearer(token).json(body).send().await;
        assert!(
            answer.status.is_success(),
            "{path} {body}: {} {}",
            answer.status,
            answer.text
        );
        answer.json()
    }

    async fn only(&self, path: &str) -> String {
        let found = self.get(path).await;
        assert_eq!(found["data"].as_array().unwrap().len(), 1, "{path}");
        id_of(&found["data"][0])
    }

    async fn find_the_imported(&mut self) {
        for (word, code) in [("implementation", "hand"), ("akhmis", "akhmis")] {
            let id = self.only(&format!("/v1/implementations?code={code}")).await;
            self.ids.insert(word, id);
        }
        let organizations = self.get("/v1/organizations?limit=100").await;
        for (word, name) in [
            ("organization", "Corktown Shelter Alliance"),
            ("other_organization", "Jefferson Avenue Family Center"),
        ] {
            let organizations = organizations["data"].as_array().unwrap();
            let found = organizations.iter().find(|row| row["name"] == name);
            self.ids.insert(word, id_of(found.unwrap()));
        }
        let path = format!("/v1/projects?organization_id={}", self.id("organization"));
        self.ids
            .insert("project", id_of(&self.get(&path).await["data"][0]));
        for (word, number) in [
            ("person", 41),
            ("supervisor", 42),
            ("colleague", 39),
            ("other_supervisor", 43),
        ] {
            let path = format!("/v1/people?system=hmis_user_id&external_id={number}");
            let id = self.only(&path).await;
            self.ids.insert(word, id);
        }
        // Requests are made for him, so he must supervise there.
        let supervises = [
            ("implementation", "implementation"),
            ("organization", "organization"),
            ("person", "supervisor"),
        ];
        self.grant("of-record", Role::Supervisor, &supervises).await;
    }

    /// Grants a role over the API and returns its row and a token of its subject. `scope`: what of implementation,
    /// organization and person it has, by their words.
    pub async fn grant(
        &self,
        subject: &str,
        role: Role,
        scope: &[(&str, &str)],
    ) -> (Value, String) {
        self.grant_until(subject, role, scope, None).await
    }

    pub async fn grant_until(
        &self,
        subject: &str,
        role: Role,
        scope: &[(&str, &str)],
        until: Option<DateTime<Utc>>,
    ) -> (Value, String) {
        let mut body = json!({
            "principal": { "issuer": OWN_ISSUER, "subject": subject },
            "role": role.as_str(),
        });
        for (member, word) in scope {
            body[format!("{member}_id")] = json!(self.id(word));
        }
        if let Some(until) = until {
            body["until_at"] = json!(until);
        }
        let row = self.post("/v1/staff-roles", &body).await;
        (row, self.app.token(subject))
    }

    /// A token with a role that reaches everything of ours that the role can reach.
    pub async fn ours(&self, role: Role) -> String {
        let here = ("implementation", "implementation");
        let scope: &[_] = match role {
            // Only an administrator of everything makes implementations.
            Role::SystemAdmin => return self.administrator.clone(),
            Role::Supervisor => &[
                here,
                ("organization", "organization"),
                ("person", "supervisor"),
            ],
            Role::EndUser => &[here, ("person", "person")],
            _ => &[here],
        };
        let subject = format!("ours-{}", role.as_str());
        self.grant(&subject, role, scope).await.1
    }

    async fn staff(&mut self) {
        let contact = json!({
            "organization_id": self.id("organization"),
            "duty": "authorized_signer",
            "name": "Ingrid Solberg",
        });
        let contact = self.post("/v1/organization-contacts", &contact).await;
        self.ids.insert("contact", id_of(&contact));
        let feed = json!({ "organization_id": self.id("organization") });
        let feed = self.post("/v1/calendar-feeds", &feed).await;
        self.ids.insert("calendar_feed", id_of(&feed));
        let scope = [("implementation", "implementation")];
        let (spare, _) = self.grant("spare", Role::Trainer, &scope).await;
        self.ids.insert("staff_role", id_of(&spare));
        self.doubles().await;
    }

    /// Two records of one human, and two that were merged already.
    async fn doubles(&mut self) {
        for (word, given_name) in [
            ("twin", "Noor"),
            ("double", "Noor"),
            ("namesake", "Imani"),
            ("alias", "Imani"),
        ] {
            let person = json!({
                "implementation_id": self.id("implementation"),
                "given_name": given_name,
                "family_name": "Haddad",
            });
            let person = self.post("/v1/people", &person).await;
            self.ids.insert(word, id_of(&person));
        }
        let merge = json!({
            "survivor_id": self.id("namesake"),
            "duplicate_id": self.id("alias"),
            "report": { "reason": "Recorded twice." },
        });
        let merge = self.post("/v1/person-merges", &merge).await;
        self.ids.insert("merge", id_of(&merge));
    }

    /// HAND has no practice and no deadlines: a second version of its policy has a set that nobody owes yet, of which
    /// one was handed in before, and a lapse of unfinished requests.
    async fn practice(&mut self) {
        let implementation: ImplementationId = self.id("implementation").parse().unwrap();
        let person: PersonId = self.id("person").parse().unwrap();
        self.app.clock.advance(TimeDelta::seconds(1));
        let (now, submission) = (self.app.app.now(), FactId(Uuid::now_v7()));
        let fact = Fact {
            id: submission,
            implementation_id: implementation,
            person_id: person,
            organization_id: None,
            request_id: None,
            license_id: None,
            envelope: Envelope {
                occurred_at: now,
                precision: Precision::Instant,
                reported_at: now,
                recorded_at: now,
                reported_by: Reporter::Recorder,
                recorded_by: PrincipalId(Uuid::nil()),
                on_behalf_of: None,
                channel: Channel::Import,
                ticket_reference: None,
                reason: None,
                supersedes: None,
            },
            body: FactBody::PracticeSubmitted {
                practice_set: "intake".to_owned(),
            },
        };
        let written = self
            .app
            .app
            .store()
            .write(move |unit: &mut dyn UnitOfWork| {
                let mut version = unit.policy_versions(implementation)?.remove(0);
                version.id = PolicyId(Uuid::now_v7());
                version.number = 2;
                version.effective_from = now;
                version.recorded_at = now;
                let mut document = serde_json::to_value(&version.document).unwrap();
                document["workflows"] = json!({ "intake": { "title": "Intake" } });
                document["practice_sets"] =
                    json!({ "intake": { "title": "Intake", "workflow": "intake", "cases": 1 } });
                document["requests"]["lapses_after"] = json!({ "days": 90 });
                // A type that nobody holds asks for what HAND does not.
                let mut volunteer = document["license_types"]["end_user"].clone();
                volunteer["recertification"] = json!({
                    "schedule": { "kind": "rolling", "months": 12 },
                    "items": [{ "kind": "acknowledgement", "code": "privacy_notice", "title": "Privacy notice read" }],
                    "on_miss": "list",
                });
                document["license_types"]["volunteer"] = volunteer;
                version.document = serde_json::from_value(document).unwrap();
                unit.insert_policy_version(implementation, &version)?;
                let mut fact = fact.clone();
                let principal = unit.live_grants(Role::SystemAdmin, None, now)?.remove(0);
                fact.envelope.recorded_by = principal.principal_id;
                unit.insert_facts(&[fact])
            });
        written.await.unwrap();
        self.ids.insert("submission", submission.to_string());
        let booking = json!({
            "person_id": person,
            "course": "hand_policy_and_procedure",
            "scheduled_at": now + TimeDelta::days(3),
        });
        let booking = self.post("/v1/training-bookings", &booking).await;
        self.ids.insert("booking", id_of(&booking));
        // Booked twice by mistake, once of which was taken back already.
        let mut mistaken = Vec::new();
        for course in ["hand_policy_and_procedure", "hmis_user_training_series"] {
            let body = json!({
                "person_id": person,
                "course": course,
                "scheduled_at": now + TimeDelta::days(4),
            });
            mistaken.push(id_of(&self.post("/v1/training-bookings", &body).await));
        }
        let withdrawal = json!({ "fact_id": mistaken[0], "reason": "Booked twice." });
        let withdrawal = self.post("/v1/fact-withdrawals", &withdrawal).await;
        self.ids.insert("fact_withdrawal", id_of(&withdrawal));
        self.ids.insert("mistaken_booking", mistaken.remove(1));
        let result = json!({ "submission_id": submission, "result": "failed" });
        let result = self.post("/v1/practice-case-results", &result).await;
        self.ids.insert("practice_result", id_of(&result));
    }

    /// Asks for a license of somebody at our organization.
    async fn request(&self, person: Value) -> String {
        let body = json!({
            "organization_id": self.id("organization"),
            "person": person,
            "license_type": "end_user",
            "attestations": [{ "code": "job_need" }],
            "requested_by": self.id("supervisor"),
        });
        id_of(&self.post("/v1/license-requests", &body).await)
    }

    /// The whole road to a license: its id, and those of a signature and a training.
    async fn license(&self, request: &str, person: &str) -> [String; 3] {
        let act = async |action: &str, version: i64| {
            let path = format!("/v1/license-requests/{request}/{action}");
            self.post(&path, &json!({ "expected_version": version }))
                .await
        };
        act("approve", 1).await;
        let mut evidence = [Value::Null, Value::Null];
        for agreement in ["user_agreement", "code_of_ethics"] {
            for party in ["end_user", "supervisor"] {
                let body = json!({
                    "person_id": person,
                    "organization_id": self.id("organization"),
                    "agreement": agreement,
                    "party": party,
                    "signed_on": "2026-03-01",
                });
                evidence[0] = self.post("/v1/agreement-signatures", &body).await;
            }
        }
        for course in ["hmis_user_training_series", "hand_policy_and_procedure"] {
            let body = json!({
                "person_id": person,
                "course": course,
                "outcome": "pass",
                "completed_on": "2026-03-01",
            });
            evidence[1] = self.post("/v1/training-completions", &body).await;
        }
        let path = format!("/v1/license-requests/{request}");
        let version = self.get(&path).await["version"].as_i64().unwrap();
        let done = act("activate", version).await;
        let license = done["license_id"].as_str().expect("a license").to_owned();
        [license, id_of(&evidence[0]), id_of(&evidence[1])]
    }

    async fn licenses(&mut self) {
        let (person, colleague) = (
            self.id("person").to_owned(),
            self.id("colleague").to_owned(),
        );
        let request = self.request(json!({ "id": person })).await;
        // One course more, and waived again.
        let extra = json!({
            "license_request_id": request,
            "requirement": "course:data_quality",
            "reason": "Corrects the records of others.",
        });
        let extra = self.post("/v1/extra-requirements", &extra).await;
        let waiver = json!({
            "person_id": person,
            "organization_id": self.id("organization"),
            "requirement": "course:data_quality",
            "reason": "Taught it.",
        });
        let waiver = self.post("/v1/waivers", &waiver).await;
        for (word, made) in [("waiver", waiver), ("extra", extra)] {
            self.ids.insert(word, id_of(&made));
        }
        let [license, signature, training] = self.license(&request, &person).await;
        let of_colleague = self.request(json!({ "id": colleague })).await;
        let [other_license, ..] = self.license(&of_colleague, &colleague).await;
        for (word, id) in [
            ("license_request", request.clone()),
            ("request", request),
            ("contested_license", license.clone()),
            ("license", license.clone()),
            ("signature", signature),
            ("training", training),
            ("other_license", other_license.clone()),
        ] {
            self.ids.insert(word, id);
        }
        for (word, family_name) in [
            ("open_request", "Moreau"),
            ("other_request", "Petrov"),
            ("third_request", "Silva"),
        ] {
            let person = json!({
                "given_name": "Kim",
                "family_name": family_name,
                "email": format!("kim.{family_name}@corktown.example"),
            });
            let id = self.request(person).await;
            self.ids.insert(word, id);
        }
        // Somebody new, by the name of somebody known.
        let namesake = json!({ "given_name": "Noor", "family_name": "Haddad" });
        let namesake = self.request(namesake).await;
        self.ids.insert("matched_request", namesake);
        self.logins().await;
        self.outbox().await;
        self.of_the_implementation().await;
        // What staff recorded: holds, a leave to come, and a bar on somebody of another agency.
        let scope = [("implementation", "implementation")];
        let (_, desk) = self.grant("night-desk", Role::HelpDesk, &scope).await;
        let mistake = json!({ "report": { "reason": "She answers.", "ticket_reference": "HD-1" } });
        let unreachable = json!({ "license_id": license, "cause": "unreachable" });
        let lifted = self.post("/v1/holds", &unreachable).await;
        self.app.clock.advance(TimeDelta::seconds(1));
        let path = format!("/v1/licenses/{license}/emergency-restorations");
        let own_restoration = self.post_as(&desk, &path, &mistake).await;
        self.ids.insert("own_restoration", id_of(&own_restoration));
        self.app.clock.advance(TimeDelta::seconds(1));
        let path = format!("/v1/holds/{}/lift", id_of(&lifted));
        let lift = json!({ "expected_version": 1, "report": { "reason": "She answers." } });
        self.post(&path, &lift).await;
        let investigated = json!({ "license_id": license, "cause": "investigation" });
        let hold = self.post("/v1/holds", &investigated).await;
        let (held_license, open_hold) = self.held("Otieno").await;
        self.ids.insert("held_license", held_license);
        let (restored, _) = self.held("Adeyemi").await;
        self.app.clock.advance(TimeDelta::seconds(1));
        let path = format!("/v1/licenses/{restored}/emergency-restorations");
        let restoration = self.post_as(&desk, &path, &mistake).await;
        self.ids.insert("restoration", id_of(&restoration));
        let leave = json!({
            "person_id": person,
            "organization_id": self.id("organization"),
            "from_on": "2026-04-01",
        });
        let leave = self.post("/v1/leaves", &leave).await;
        let bar = json!({
            "person_id": self.id("other_supervisor"),
            "report": { "reason": "Sold a password." },
        });
        let bar = self.post("/v1/bars", &bar).await;
        for (word, made) in [
            ("hold", hold),
            ("open_hold", open_hold),
            ("leave", leave),
            ("bar", bar),
        ] {
            self.ids.insert(word, id_of(&made));
        }
        for (word, body) in [
            (
                "license_change",
                FactBody::TypeChanged(TypeChange::to("end_user")),
            ),
            ("keep_request", FactBody::KeepRequested),
            (
                "license_renewal",
                FactBody::LicenseRenewed {
                    by: Renewer::Supervisor,
                    decision: RenewalDecision::Renewed,
                },
            ),
            (
                "add_on",
                FactBody::AddOnActivated {
                    add_on: "business_objects".into(),
                    submitted_at: None,
                },
            ),
        ] {
            let id = self.record_of_the_person(body).await;
            self.ids.insert(word, id);
        }
        for (word, request) in [
            ("applicant", "open_request"),
            ("other_applicant", "other_request"),
            ("third_applicant", "third_request"),
        ] {
            let path = format!("/v1/license-requests/{}", self.id(request));
            let applicant = self.get(&path).await["person_id"].clone();
            self.ids
                .insert(word, applicant.as_str().unwrap().to_owned());
        }
        self.said_to_have_left().await;
        self.deputies().await;
        let read = json!({ "person_id": person, "acknowledgement": "privacy_notice" });
        let read = self.post("/v1/acknowledgements", &read).await;
        self.ids.insert("acknowledgement", id_of(&read));
        // The person left a minute ago; the colleague will leave, and will no longer need access before that.
        self.app.clock.advance(TimeDelta::minutes(1));
        let departure = |person: &str, member: &str, ended: Value| {
            let mut body = json!({
                "person_id": person,
                "organization_id": self.id("organization"),
            });
            body[member] = ended;
            body
        };
        let now = departure(&person, "ended_at", json!(self.app.app.now()));
        let departed = self.post("/v1/departures", &now).await;
        assert_eq!(departed["status"], "effective", "{departed}");
        // Somebody says that this was wrong.
        self.app.clock.advance(TimeDelta::seconds(1));
        let mut corrected = departure(&person, "ended_on", json!("2026-12-31"));
        corrected["supersedes"] = departed["id"].clone();
        corrected["report"] = json!({ "reason": "She leaves at the end of the year." });
        self.post("/v1/departures", &corrected).await;
        let later = departure(&colleague, "ended_on", json!("2026-06-01"));
        let future = self.post("/v1/departures", &later).await;
        let body = json!({
            "license_id": other_license,
            "cause": "no_longer_needed",
            "effective_on": "2026-05-01",
        });
        let deactivation = self.post("/v1/deactivations", &body).await;
        for (word, made) in [
            ("departure", departed),
            ("future_departure", future),
            ("future_deactivation", deactivation),
        ] {
            self.ids.insert(word, id_of(&made));
        }
    }
}

impl World {
    /// Somebody told the help desk that two of the applicants left.
    async fn said_to_have_left(&mut self) {
        let scope = [("implementation", "implementation")];
        let (_, desk) = self.grant("of-record-desk", Role::HelpDesk, &scope).await;
        for (word, person) in [
            ("departure_notice", "other_applicant"),
            ("other_departure_notice", "third_applicant"),
        ] {
            let body = json!({
                "person_id": self.id(person),
                "organization_id": self.id("organization"),
                "ended_on": "2026-02-27",
                "report": { "reported_by": { "name": "A caller" } },
            });
            let notice = self.post_as(&desk, "/v1/departure-notices", &body).await;
            self.ids.insert(word, id_of(&notice));
        }
    }

    /// Two who can sign in will stand in for the supervisor.
    async fn deputies(&mut self) {
        for (word, deputy, from, until) in [
            ("delegation", "person", "2026-03-20", "2026-03-31"),
            ("open_delegation", "colleague", "2026-04-01", "2026-04-10"),
        ] {
            let scope = [("implementation", "implementation"), ("person", deputy)];
            let subject = format!("of-record-{deputy}");
            self.grant(&subject, Role::EndUser, &scope).await;
            let body = json!({
                "organization_id": self.id("organization"),
                "supervisor_id": self.id("supervisor"),
                "deputy_id": self.id(deputy),
                "from_on": from,
                "until_on": until,
                "reason": "Vacation.",
            });
            let delegation = self.post("/v1/delegations", &body).await;
            self.ids.insert(word, id_of(&delegation));
        }
    }

    /// The license of somebody whom no message reaches, and its hold.
    async fn held(&self, family_name: &str) -> (String, Value) {
        let kim = json!({
            "given_name": "Kim",
            "family_name": family_name,
            "email": format!("kim.{}@corktown.example", family_name.to_lowercase()),
        });
        let request = self.request(kim).await;
        let path = format!("/v1/license-requests/{request}");
        let kim = self.get(&path).await["person_id"].clone();
        let [license, ..] = self.license(&request, kim.as_str().unwrap()).await;
        let unreachable = json!({ "license_id": license, "cause": "unreachable" });
        let hold = self.post("/v1/holds", &unreachable).await;
        (license, hold)
    }

    /// Writes a fact about the person's license as it is: for what HAND's own policy has no road to.
    async fn record_of_the_person(&self, body: FactBody) -> String {
        let license: LicenseId = self.id("license").parse().unwrap();
        let now = self.app.app.now();
        let fact = self.app.app.store().write(
            move |unit: &mut dyn UnitOfWork| -> Result<Fact, StoreError> {
                let license = unit.license(license)?.unwrap();
                let like = unit.facts_of_people(&[license.person_id])?.pop().unwrap();
                let fact = Fact {
                    id: Uuid::now_v7().into(),
                    organization_id: Some(license.organization_id),
                    license_id: Some(license.id),
                    request_id: None,
                    envelope: Envelope {
                        occurred_at: now,
                        recorded_at: now,
                        ..like.envelope
                    },
                    body: body.clone(),
                    ..like
                };
                unit.insert_facts(std::slice::from_ref(&fact))?;
                Ok(fact)
            },
        );
        fact.await.unwrap().id.to_string()
    }

    /// A login source, a login that nothing allowed, and a notice that counts.
    async fn logins(&mut self) {
        let source = json!({
            "implementation_id": self.id("implementation"),
            "code": "clarity",
            "name": "Clarity",
            "kind": "hmis_frontend",
        });
        let source = id_of(&self.post("/v1/login-sources", &source).await);
        let login = json!({
            "login_source_id": source,
            "source_event_id": "world",
            "occurred_at": self.app.app.now(),
            "external_id": { "system": "hmis_user_id", "value": "42" },
        });
        let login = self.post("/v1/login-events", &login).await;
        let signal = login["access_signal_id"].as_str().expect("a signal");
        let notice = json!({
            "license_id": self.id("license"),
            "rule": "recertification",
            "requirement": "course:hmis_user_training_series",
            "anchor_on": "2026-03-01",
            "named_on": "2027-03-10",
            "channel": "phone",
            "sent_at": self.app.app.now(),
        });
        let notice = self.post("/v1/notices", &notice).await;
        let sweep = json!({ "implementation_id": self.id("implementation") });
        let sweep = self.post("/v1/sweeps", &sweep).await;
        for (word, id) in [
            ("login_source", source),
            ("login_event", id_of(&login)),
            ("access_signal", signal.to_owned()),
            ("notice", id_of(&notice)),
            ("sweep", id_of(&sweep)),
        ] {
            self.ids.insert(word, id);
        }
    }

    /// A campaign that asks nobody yet, and absences that wait.
    async fn of_the_implementation(&mut self) {
        let license: LicenseId = self.id("license").parse().unwrap();
        let now = self.app.app.now();
        let kept = self.app.app.store().write(
            move |unit: &mut dyn UnitOfWork| -> Result<[FactId; 2], StoreError> {
                let license = unit.license(license)?.unwrap();
                let like = unit.facts_of_people(&[license.person_id])?.pop().unwrap();
                let plan = Campaign {
                    title: "HUD data elements FY2026".to_owned(),
                    license_types: BTreeSet::new(),
                    organizations: BTreeSet::new(),
                    items: Vec::new(),
                    cut_off_on: "2026-12-01".parse().unwrap(),
                    counts_from_on: "2026-12-01".parse().unwrap(),
                    opens_on: "2026-12-01".parse().unwrap(),
                    deadline_on: "2026-12-31".parse().unwrap(),
                    on_miss: None,
                    batch_approved: false,
                };
                let bodies = [
                    FactBody::CampaignStarted(Box::new(plan)),
                    FactBody::AbsenceHeld {
                        until: now + TimeDelta::hours(72),
                        tripped: None,
                    },
                ];
                let mut ids = [Uuid::nil().into(); 2];
                for (id, body) in ids.iter_mut().zip(bodies) {
                    let fact = ImplementationFact {
                        id: Uuid::now_v7().into(),
                        implementation_id: license.implementation_id,
                        envelope: Envelope {
                            occurred_at: now,
                            recorded_at: now,
                            ..like.envelope.clone()
                        },
                        body,
                    };
                    unit.insert_implementation_fact(&fact)?;
                    *id = fact.id;
                }
                Ok(ids)
            },
        );
        let [campaign, hold] = kept.await.unwrap();
        self.ids.insert("campaign", campaign.to_string());
        self.ids.insert("absence_hold", hold.to_string());
    }

    /// A notice that waits to be given, a message that could not be sent, and one that was.
    async fn outbox(&mut self) {
        let license: LicenseId = self.id("other_license").parse().unwrap();
        let now = self.app.app.now();
        let queued = self.app.app.store().write(
            move |unit: &mut dyn UnitOfWork| -> Result<(FactId, [MessageId; 2]), StoreError> {
                let license = unit.license(license)?.unwrap();
                let named = (Uuid::now_v7().into(), license.implementation_id);
                let (digest, to) = (MessageKind::Digest, Addressee::Person(license.person_id));
                let mut sent = Message {
                    organization_id: Some(license.organization_id),
                    ..Message::waiting(named, digest, to, now.date_naive(), now)
                };
                sent.settle(MessageState::Sent, now);
                unit.insert_message(&sent)?;
                let mut message = Message {
                    id: Uuid::now_v7().into(),
                    implementation_id: license.implementation_id,
                    kind: MessageKind::Own,
                    to: Addressee::Person(license.person_id),
                    organization_id: Some(license.organization_id),
                    once: None,
                    on_day: now.date_naive(),
                    state: MessageState::Waiting,
                    attempts: MOST_ATTEMPTS,
                    next_attempt_at: now,
                    lease: None,
                    text: None,
                    failure: None,
                    queued_at: now,
                    settled_at: None,
                    version: 1,
                };
                message.failed("the mail server could not be reached", now, 0.5);
                unit.insert_message(&message)?;
                let notice = QueuedNotice {
                    id: Uuid::now_v7().into(),
                    implementation_id: license.implementation_id,
                    organization_id: license.organization_id,
                    person_id: license.person_id,
                    license_id: license.id,
                    kind: NoticeKind::Notice,
                    subject: NoticeSubject {
                        rule: NoticeRule::Recertification,
                        step: None,
                        requirement: Some("course:hand_policy_and_procedure".to_owned()),
                        anchor_on: "2026-03-01".parse().unwrap(),
                        days_before: None,
                    },
                    tells: [Recipient::User].into(),
                    skipped: Vec::new(),
                    retracts: None,
                    due_at: now,
                    queued_at: now,
                    state: QueueState::Queued,
                    message_id: Some(message.id),
                    named_on: None,
                    settled_at: None,
                    version: 1,
                };
                unit.insert_queued_notice(&notice)?;
                Ok((notice.id, [message.id, sent.id]))
            },
        );
        let (notice, [message, sent]) = queued.await.unwrap();
        self.ids.insert("sent_message", sent.to_string());
        self.ids.insert("queued_notice", notice.to_string());
        self.ids.insert("message", message.to_string());
    }
}

fn id_of(value: &Value) -> String {
    value["id"]
        .as_str()
        .unwrap_or_else(|| panic!("an id in {value}"))
        .to_owned()
}
