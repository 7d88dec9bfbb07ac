//! The document is the contract: complete, sound, and the same as the one committed.

use std::collections::BTreeSet;

use hmis_licensing::http::openapi::Document;
use hmis_licensing::http::tags;
use serde_json::{Map, Value, json};

use crate::support::app::TestApp;
use crate::support::database::on_sqlite;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

fn document() -> Value {
    serde_json::from_str(Document::new().text()).unwrap()
}

/// Every operation, as `(name, operation)`.
fn operations(document: &Value) -> Vec<(String, Value)> {
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, item)| {
            item.as_object()
                .unwrap()
                .iter()
                .map(move |(method, operation)| {
                    assert!(METHODS.contains(&method.as_str()), "{method} {path}");
                    (format!("{method} {path}"), operation.clone())
                })
        })
        .collect()
}

/// What a reference leads to, or the value itself.
fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        None => value,
        Some(reference) => {
            let found = document.pointer(reference.trim_start_matches('#'));
            found.unwrap_or_else(|| panic!("{reference} leads nowhere"))
        }
    }
}

fn text<'a>(value: &'a Value, what: &str) -> &'a str {
    let text = value.as_str().unwrap_or_default();
    assert!(!text.trim().is_empty(), "{what} is missing");
    text
}

/// Asserts that an example is valid under its schema.
fn check(document: &Value, schema: &Value, example: &Value, what: &str) {
    let mut whole: Map<String, Value> = schema.as_object().unwrap().clone();
    whole.insert("components".into(), document["components"].clone());
    let validator = jsonschema::draft202012::options()
        .should_validate_formats(true)
        .build(&Value::Object(whole))
        .unwrap_or_else(|error| panic!("{what}: {error}"));
    let faults: Vec<_> = validator
        .iter_errors(example)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(faults.is_empty(), "{what}: {faults:?}");
}

/// The examples of a media type.
fn examples(media: &Value) -> Vec<Value> {
    let single = media.get("example").into_iter().cloned();
    let several = media["examples"].as_object().into_iter().flatten();
    let several = several.map(|(_, example)| example["value"].clone());
    single.chain(several).collect()
}

#[test]
fn the_committed_document_is_the_one_that_is_served() {
    let committed = include_str!("../../../openapi/hmis-licensing.json");
    assert!(
        committed == Document::new().text(),
        "the document has changed: run `cargo run -- openapi > openapi/hmis-licensing.json`"
    );
}

#[test]
fn the_document_is_served() {
    on_sqlite(|database| async move {
        let app = TestApp::on(&database).await;
        let answer = app.get("/openapi.json").send().await;
        assert_eq!(answer.text, Document::new().text());
        let etag = answer.header("etag").unwrap();
        let again = app
            .get("/openapi.json")
            .header("If-None-Match", etag)
            .send()
            .await;
        assert_eq!(again.status, 304);
    });
}

#[test]
fn the_document_says_what_it_is() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    text(&document["info"]["title"], "title");
    text(&document["info"]["license"]["identifier"], "license");
    assert_eq!(
        document["components"]["securitySchemes"]["bearer"]["scheme"],
        "bearer"
    );
    let order: Vec<_> = document["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| tag["name"].as_str().unwrap())
        .collect();
    let lived: Vec<_> = tags::ALL.iter().map(|(name, _)| *name).collect();
    assert_eq!(order, lived);
}

#[test]
fn every_operation_is_described() {
    let document = document();
    let mut ids = BTreeSet::new();
    for (name, operation) in operations(&document) {
        let id = text(&operation["operationId"], &format!("{name}: id"));
        assert!(ids.insert(id.to_owned()), "{name}: {id} is taken");
        text(&operation["summary"], &format!("{name}: summary"));
        text(&operation["description"], &format!("{name}: description"));
        let tags_of = operation["tags"].as_array().unwrap();
        assert_eq!(tags_of.len(), 1, "{name}: one tag");
        assert!(
            tags::ALL.iter().any(|(tag, _)| tags_of[0] == *tag),
            "{name}"
        );
        let security = operation["security"].as_array().unwrap();
        let public = *security == [json!({})];
        assert!(
            public || *security == [json!({ "bearer": [] })],
            "{name}: security"
        );
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let what = format!("{name}: parameter {}", parameter["name"]);
            text(&parameter["description"], &what);
            assert!(parameter["schema"].is_object(), "{what}");
        }
        let statuses: BTreeSet<&str> = operation["responses"]
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        let mut needed = vec!["500"];
        if !public {
            needed.extend(["401", "403", "503"]);
        }
        if name.contains('{') {
            needed.push("404");
        }
        if operation["requestBody"].is_object() {
            needed.extend(["400", "408", "413", "415", "422"]);
        }
        if name.starts_with("post ") {
            needed.push("409");
        }
        if name.starts_with("patch ") || name.starts_with("put ") || name.starts_with("delete ") {
            needed.extend(["412", "428"]);
        }
        for status in needed {
            assert!(statuses.contains(status), "{name}: {status}");
        }
        assert!(
            statuses.iter().any(|status| status.starts_with('2')),
            "{name}"
        );
    }
}

#[test]
fn every_response_is_described_with_a_valid_example() {
    let document = document();
    for (name, operation) in operations(&document) {
        for (status, response) in operation["responses"].as_object().unwrap() {
            let what = format!("{name}: {status}");
            let response = resolve(&document, response);
            text(&response["description"], &what);
            let Some(content) = response["content"].as_object() else {
                assert_eq!(status, "304", "{what}: no content");
                continue;
            };
            for (media, content) in content {
                let examples = examples(content);
                assert!(!examples.is_empty(), "{what}: no example");
                if status.as_str() >= "400" {
                    assert_eq!(media, "application/problem+json", "{what}");
                }
                for example in examples {
                    if status.as_str() >= "400" {
                        assert_eq!(example["status"].to_string(), *status, "{what}");
                    }
                    check(&document, &content["schema"], &example, &what);
                }
            }
        }
    }
}

#[test]
fn every_request_has_a_valid_example() {
    let document = document();
    for (name, operation) in operations(&document) {
        let Some(body) = operation.get("requestBody") else {
            assert!(!name.starts_with("patch "), "{name}: no body");
            continue;
        };
        text(&body["description"], &format!("{name}: body"));
        for (media, content) in body["content"].as_object().unwrap() {
            let what = format!("{name}: {media}");
            let examples = examples(content);
            assert!(!examples.is_empty(), "{what}: no example");
            for example in examples {
                check(&document, &content["schema"], &example, &what);
            }
        }
    }
}

/// The names of the schemas that a schema is made of, itself included.
fn reached(document: &Value, value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
                let name = reference.rsplit('/').next().unwrap_or_default();
                if found.insert(name.to_owned()) {
                    reached(document, resolve(document, value), found);
                }
            }
            members
                .values()
                .for_each(|member| reached(document, member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| reached(document, item, found)),
        _ => {}
    }
}

#[test]
fn requests_are_closed_and_bounded() {
    let document = document();
    let mut names = BTreeSet::new();
    for (_, operation) in operations(&document) {
        reached(&document, &operation["requestBody"], &mut names);
    }
    assert!(!names.is_empty());
    for name in names {
        let schema = &document["components"]["schemas"][&name];
        if schema["type"] == "object" && schema.get("properties").is_some() {
            assert_eq!(
                schema["additionalProperties"],
                json!(false),
                "{name} takes unknown members"
            );
        }
        bounded(schema, &name);
    }
}

#[test]
fn parameters_are_bounded() {
    let document = document();
    let mut strings = 0;
    for (name, operation) in operations(&document) {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        for parameter in parameters.filter(|parameter| parameter["in"] != "header") {
            let schema = resolve(&document, &parameter["schema"]);
            strings += usize::from(schema["type"] == "string");
            bounded(schema, &format!("{name}: {}", parameter["name"]));
        }
    }
    assert_ne!(strings, 0);
}

/// Strings and lists of requests say how long they may be.
fn bounded(schema: &Value, what: &str) {
    let is = |kind: &str| match &schema["type"] {
        Value::Array(kinds) => kinds.iter().any(|one| one == kind),
        one => one == kind,
    };
    let has = |names: &[&str]| names.iter().any(|name| schema.get(*name).is_some());
    if is("string") {
        assert!(
            has(&["maxLength", "format", "enum", "const"]),
            "{what}: a string without bounds"
        );
    }
    if is("array") {
        assert!(has(&["maxItems"]), "{what}: a list without bounds");
        bounded(&schema["items"], &format!("{what}[]"));
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        bounded(property, &format!("{what}.{name}"));
    }
}

#[test]
fn schemas_stay_plain() {
    fn look(value: &Value, what: &str) {
        match value {
            Value::Object(members) => {
                if members.contains_key("oneOf") && !members.contains_key("discriminator") {
                    panic!("{what}: oneOf without a discriminator")
                }
                assert!(!members.contains_key("prefixItems"), "{what}: a tuple");
                for (name, member) in members {
                    look(member, &format!("{what}.{name}"));
                }
            }
            Value::Array(items) => items.iter().for_each(|item| look(item, what)),
            _ => {}
        }
    }
    let document = document();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        look(schema, name);
    }
}

#[test]
fn posts_take_a_key_and_changes_a_version() {
    let document = document();
    for (name, operation) in operations(&document) {
        let headers: Vec<_> = operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|parameter| parameter["in"] == "header")
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        assert_eq!(
            headers.contains(&"Idempotency-Key"),
            name.starts_with("post "),
            "{name}"
        );
        let versioned = operation["responses"].get("428").is_some();
        assert_eq!(headers.contains(&"If-Match"), versioned, "{name}");
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        if !schema.is_null() {
            let members = &resolve(&document, schema)["properties"];
            assert_eq!(
                members.get("idempotency_key").is_some(),
                name.starts_with("post "),
                "{name}"
            );
            assert_eq!(
                members.get("expected_version").is_some(),
                versioned,
                "{name}"
            );
        }
    }
}
