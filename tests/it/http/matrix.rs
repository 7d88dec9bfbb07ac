//! The authorization matrix: every operation of the document × every state a credential can be in.
//!
//! The rows come from the document itself, so that no operation can be forgotten. What a role may do beyond that is
//! told by the table of [`ROLES`]: an operation without a line there fails.

use std::collections::BTreeMap;

use actix_web::http::Method;
use chrono::TimeDelta;
use hmis_licensing::application::actor::Role;
use hmis_licensing::application::operator::TokenRequest;
use hmis_licensing::http::openapi::Document;
use serde_json::Value;

use super::created;
use crate::support::app::{Call, TestApp};
use crate::support::database::on_sqlite;

/// An id that nothing has.
const NOTHING: &str = "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b21";

/// One operation, as a request can be made of it.
struct Operation {
    id: String,
    method: Method,
    path: String,
    body: Option<Value>,
    public: bool,
}

impl Operation {
    /// A valid request: the document's own example, about things that do not exist.
    fn call(&self, app: &TestApp) -> Call {
        let mut call = app.request(self.method.clone(), &self.path);
        if let Some(body) = &self.body {
            call = call
                .json(body)
                .header("If-Match", "\"v1-0123456789abcdef\"");
        }
        call
    }
}

/// The value of a required query parameter or of a path segment.
fn sample(parameter: &Value) -> String {
    let schema = &parameter["schema"];
    for example in [
        &parameter["example"],
        &schema["example"],
        &schema["default"],
    ] {
        match example {
            Value::String(text) => return text.clone(),
            Value::Number(number) => return number.to_string(),
            Value::Bool(bool) => return bool.to_string(),
            _ => {}
        }
    }
    match schema["format"].as_str() {
        Some("uuid") => NOTHING.to_owned(),
        Some("date-time") => "2026-03-02T17:00:00Z".to_owned(),
        Some("date") => "2026-03-02".to_owned(),
        _ => "x".to_owned(),
    }
}

fn operations() -> Vec<Operation> {
    let document: Value = serde_json::from_str(Document::new().text()).unwrap();
    let mut operations = Vec::new();
    for (pattern, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let mut path = pattern.clone();
            let mut query = Vec::new();
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let name = parameter["name"].as_str().unwrap();
                match parameter["in"].as_str().unwrap() {
                    "path" => path = path.replace(&format!("{{{name}}}"), &sample(parameter)),
                    "query" if parameter["required"] == true => {
                        query.push(format!("{name}={}", sample(parameter)));
                    }
                    _ => {}
                }
            }
            assert!(
                !path.contains('{'),
                "{pattern}: a parameter is not documented"
            );
            if !query.is_empty() {
                path = format!("{path}?{}", query.join("&"));
            }
            let media = &operation["requestBody"]["content"]["application/json"];
            let example = match &media["example"] {
                Value::Null => media["examples"]
                    .as_object()
                    .and_then(|examples| examples.values().next())
                    .map(|example| example["value"].clone()),
                example => Some(example.clone()),
            };
            // The header says the version, so that bodies without it are valid too.
            let body = example.map(|mut body| {
                if let Some(members) = body.as_object_mut() {
                    members.remove("expected_version");
                }
                body
            });
            operations.push(Operation {
                id: operation["operationId"].as_str().unwrap().to_owned(),
                method: method.to_uppercase().parse().unwrap(),
                path,
                body,
                public: operation["security"][0] == serde_json::json!({}),
            });
        }
    }
    operations
}

#[test]
fn no_operation_answers_without_a_credential_that_is_good_now() {
    on_sqlite(|database| async move {
        let app = TestApp::on(&database).await;
        let admin = app.administrator().await;
        created(&app, &admin, "akhmis").await;
        let grant = async |subject: &str| {
            let request = TokenRequest {
                subject: Some(subject.into()),
                ..TokenRequest::of(Role::SystemAdmin)
            };
            app.grant(request).await.unwrap()
        };
        let (revoked, disabled) = (grant("revoked").await, grant("disabled").await);
        app.revoke("revoked", None).await;
        app.disable("disabled").await;
        let ended = app.grant(TokenRequest::of(Role::Auditor)).await.unwrap();
        // An auditor's grant ends after 30 days; his token may live on.
        let expired = app
            .tokens
            .mint("system_admin", TimeDelta::hours(1), app.app.now())
            .unwrap();
        app.clock.advance(TimeDelta::hours(2));
        let unknown = app.token("nobody");
        let mut cells = BTreeMap::new();
        for operation in operations() {
            if operation.public {
                let answer = operation.call(&app).send().await;
                assert_ne!(answer.status, 401, "{}", operation.id);
                continue;
            }
            for (state, token, expected) in [
                ("no credential", None, 401),
                ("garbage", Some("garbage"), 401),
                ("expired", Some(expired.as_str()), 401),
                ("unknown subject", Some(unknown.as_str()), 401),
                ("grant revoked", Some(revoked.as_str()), 403),
                ("principal disabled", Some(disabled.as_str()), 403),
            ] {
                let mut call = operation.call(&app);
                if let Some(token) = token {
                    call = call.bearer(token);
                }
                let answer = call.send().await;
                let cell = format!("{}: {state}", operation.id);
                if answer.status != expected {
                    cells.insert(cell, format!("{} {}", answer.status, answer.text));
                }
            }
        }
        assert!(cells.is_empty(), "{cells:#?}");
        app.get("/v1/implementations")
            .bearer(&ended)
            .send()
            .await
            .expect(200);
        app.clock.advance(TimeDelta::days(30));
        let still_good = app.token("auditor");
        app.get("/v1/implementations")
            .bearer(&still_good)
            .send()
            .await
            .problem(403, "forbidden");
    });
}

/// What a role may do with an operation about things that do not exist or are hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum May {
    /// It is refused before anything is looked up.
    Not,
    /// Its answer is one about the thing: found, not found, or wrong.
    Ask,
}

/// May each role ask for an operation at all? In the order of `Role::ALL`: administrator, trainer, help desk,
/// supervisor, end user, auditor, front-end, integration (`y` or `-`).
const ROLES: &[(&str, &str)] = &[
    ("list_implementations", "yyyyyyyy"),
    ("get_implementation", "yyyyyyyy"),
    ("create_implementation", "y-------"),
    ("change_implementation", "y-------"),
    ("list_organizations", "yyyy-y-y"),
    ("get_organization", "yyyy-y-y"),
    ("create_organization", "y-------"),
    ("list_organization_contacts", "yyyy-y-y"),
    ("get_organization_contact", "yyyy-y-y"),
    ("create_organization_contact", "y-------"),
    ("list_projects", "yyyy-y-y"),
    ("get_project", "yyyy-y-y"),
    ("create_project", "y-------"),
    ("change_organization", "y-------"),
    ("record_participation", "y-------"),
    ("end_organization_contact", "y-------"),
    ("change_project", "y-------"),
    ("list_people", "yyyyyy-y"),
    ("get_person", "yyyyyy-y"),
    ("explain_person", "yyyyyy--"),
    ("create_person", "y-y-----"),
    ("change_person", "y-y-----"),
    ("add_person_email", "y-y-----"),
    ("add_person_external_id", "y-y-----"),
    ("list_staff_roles", "y-y--y--"),
    ("get_staff_role", "y-y--y--"),
    ("grant_staff_role", "y-------"),
    ("revoke_staff_role", "y-------"),
    ("list_audit_records", "y----y--"),
    ("list_policies", "yyyyyyyy"),
    ("get_policy", "yyyyyyyy"),
    ("post_policy", "y-------"),
    ("list_policy_presets", "yyyyyyyy"),
    ("get_policy_preset", "yyyyyyyy"),
    ("list_agreements", "yyyyyyyy"),
    ("list_courses", "yyyyyyyy"),
    ("list_license_requests", "yyyyyy-y"),
    ("get_license_request", "yyyyyy-y"),
    ("get_license_request_checklist", "yyyyyy-y"),
    ("explain_license_request", "yyyyyy-y"),
    ("submit_license_request", "y-yy----"),
    ("approve_license_request", "yyyy----"),
    ("deny_license_request", "y-------"),
    ("withdraw_license_request", "y-yy----"),
    ("activate_license_request", "y-------"),
    ("list_agreement_signatures", "yyyyyy-y"),
    ("get_agreement_signature", "yyyyyy-y"),
    ("record_agreement_signature", "y-yyy---"),
    ("list_training_completions", "yyyyyy-y"),
    ("get_training_completion", "yyyyyy-y"),
    ("record_training_completion", "yyy----y"),
    ("list_licenses", "yyyyyy--"),
    ("get_license", "yyyyyy--"),
    ("get_license_history", "yyyyyy--"),
    ("explain_license", "yyyyyy--"),
    ("list_departures", "yyyyyy-y"),
    ("get_departure", "yyyyyy-y"),
    ("report_departure", "y-yy----"),
    ("cancel_departure", "y-yy----"),
    ("reschedule_departure", "y-yy----"),
    ("list_deactivations", "yyyyyy-y"),
    ("get_deactivation", "yyyyyy-y"),
    ("deactivate_license", "y-yy----"),
    ("cancel_deactivation", "y-yy----"),
    ("reschedule_deactivation", "y-yy----"),
    ("decide_access", "y-y--yy-"),
];

fn verdict(line: &str, role: Role) -> May {
    let index = Role::ALL.iter().position(|one| *one == role).unwrap();
    match line.as_bytes()[index] {
        b'y' => May::Ask,
        b'-' => May::Not,
        other => panic!("{}", char::from(other)),
    }
}

#[test]
fn every_operation_has_a_verdict_for_every_role() {
    on_sqlite(|database| async move {
        let app = TestApp::on(&database).await;
        let admin = app.administrator().await;
        created(&app, &admin, "akhmis").await;
        let (organization, person) = app.agency("akhmis").await;
        let mut tokens = BTreeMap::new();
        for role in Role::ALL {
            let mut request = TokenRequest::of(role);
            match role {
                Role::Supervisor => request.organization = Some(organization.to_string()),
                Role::EndUser => request.person = Some(person),
                _ => {}
            }
            tokens.insert(role, app.grant(request).await.unwrap());
        }
        let mut wrong = BTreeMap::new();
        let operations: Vec<_> = operations().into_iter().filter(|one| !one.public).collect();
        for operation in &operations {
            let Some((_, line)) = ROLES.iter().find(|(id, _)| *id == operation.id) else {
                wrong.insert(operation.id.clone(), "has no line in ROLES".to_owned());
                continue;
            };
            assert_eq!(line.len(), Role::ALL.len(), "{}", operation.id);
            for role in Role::ALL {
                let answer = operation.call(&app).bearer(&tokens[&role]).send().await;
                let found = if answer.status == 403 {
                    May::Not
                } else {
                    May::Ask
                };
                assert_ne!(answer.status, 401, "{} {role:?}", operation.id);
                if found != verdict(line, role) {
                    wrong.insert(
                        format!("{} {}", operation.id, role.as_str()),
                        format!("{} {}", answer.status, answer.text),
                    );
                }
            }
        }
        for (id, _) in ROLES {
            assert!(
                operations.iter().any(|one| one.id == *id),
                "{id} is no operation"
            );
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    });
}
