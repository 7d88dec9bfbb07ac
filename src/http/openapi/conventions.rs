//! What every operation has in common is written into the document here, so that no handler needs to repeat it.

use serde_json::{Map, Value, json};

/// Name of the only security scheme.
const BEARER: &str = "bearer";

/// Completes a collected document.
pub(super) fn apply(document: &mut Value) {
    strip_nulls(document);
    if let Some(root) = document.as_object_mut() {
        let components = root
            .entry("components")
            .or_insert_with(|| json!({}))
            .as_object_mut();
        if let Some(components) = components {
            components.insert("securitySchemes".into(), security_schemes());
        }
    }
    let mut keyed = Vec::new();
    let mut versioned = Vec::new();
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    for (_, item) in paths.into_iter().flatten() {
        let operations = item.as_object_mut().into_iter().flatten();
        for (method, operation) in operations {
            let Some(operation) = operation.as_object_mut() else {
                continue;
            };
            operation
                .entry("security")
                .or_insert_with(|| json!([{ BEARER: [] }]));
            let answers = |status| {
                operation
                    .get("responses")
                    .is_some_and(|responses| responses.get(status).is_some())
            };
            let (may_be_unchanged, names_version) = (answers("304"), answers("428"));
            let body = body_schema(operation);
            if may_be_unchanged {
                add_parameter(operation, if_none_match());
            }
            if names_version {
                add_parameter(operation, if_match());
                versioned.extend(body.clone());
            }
            if method == "post" {
                add_parameter(operation, idempotency_key());
                replayed_header(operation);
                keyed.extend(body);
            }
        }
    }
    for pointer in keyed {
        add_property(document, &pointer, "idempotency_key", &key_member());
    }
    for pointer in versioned {
        add_property(document, &pointer, "expected_version", &version_member());
    }
}

fn security_schemes() -> Value {
    json!({
        BEARER: {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "A token that identifies the caller. What he may do is read from live grants.",
        },
    })
}

/// The name of the schema component that an operation's JSON body refers to.
fn body_schema(operation: &Map<String, Value>) -> Option<String> {
    operation
        .get("requestBody")?
        .pointer("/content/application~1json/schema/$ref")?
        .as_str()?
        .strip_prefix("#/components/schemas/")
        .map(ToOwned::to_owned)
}

fn add_parameter(operation: &mut Map<String, Value>, parameter: Value) {
    if let Some(parameters) = operation
        .entry("parameters")
        .or_insert_with(|| json!([]))
        .as_array_mut()
    {
        parameters.push(parameter);
    }
}

fn add_property(document: &mut Value, schema: &str, name: &str, property: &Value) {
    let properties = document
        .pointer_mut(&format!("/components/schemas/{schema}"))
        .and_then(Value::as_object_mut)
        .map(|schema| schema.entry("properties").or_insert_with(|| json!({})));
    if let Some(properties) = properties.and_then(Value::as_object_mut) {
        properties.insert(name.to_owned(), property.clone());
    }
}

fn header(name: &str, description: &str, schema: Value) -> Value {
    json!({
        "name": name,
        "in": "header",
        "required": false,
        "description": description,
        "schema": schema,
    })
}

fn if_none_match() -> Value {
    header(
        "If-None-Match",
        "The ETag the reader has: 304 if it is still the one.",
        json!({ "type": "string", "maxLength": 256 }),
    )
}

fn if_match() -> Value {
    header(
        "If-Match",
        "The ETag of the resource as the caller has seen it; compared by its version. Either this or \
         `expected_version` in the body.",
        json!({ "type": "string", "maxLength": 256 }),
    )
}

fn idempotency_key() -> Value {
    header(
        "Idempotency-Key",
        "Makes the request safe to repeat for 24 hours, quoted or bare. Clients that cannot set headers send \
         `idempotency_key` in the body.",
        json!({ "type": "string", "minLength": 1, "maxLength": 257 }),
    )
}

fn key_member() -> Value {
    json!({
        "type": "string",
        "description": "The same as the header `Idempotency-Key`.",
        "minLength": 1,
        "maxLength": 255,
    })
}

fn version_member() -> Value {
    json!({
        "type": "integer",
        "format": "int32",
        "description": "The version of the resource as the caller has seen it; or send its ETag as `If-Match`.",
        "minimum": 1,
    })
}

fn replayed_header(operation: &mut Map<String, Value>) {
    let responses = operation
        .get_mut("responses")
        .and_then(Value::as_object_mut);
    for (status, response) in responses.into_iter().flatten() {
        if let (true, Some(response)) = (status.starts_with('2'), response.as_object_mut()) {
            let headers = response
                .entry("headers")
                .or_insert_with(|| json!({}))
                .as_object_mut();
            if let Some(headers) = headers {
                headers.insert(
                    "Idempotent-Replayed".into(),
                    json!({
                        "description": "`true` if this is the answer to an earlier request under the same key.",
                        "schema": { "type": "string", "enum": ["true"] },
                    }),
                );
            }
        }
    }
}

/// Optional members are left out when absent, never null, so no schema needs to say that null is allowed, but for the
/// members of a merge patch that null removes: their description says "`null` removes".
fn strip_nulls(document: &mut Value) {
    let schemas = document
        .pointer_mut("/components/schemas")
        .and_then(Value::as_object_mut);
    for (_, schema) in schemas.into_iter().flatten() {
        strip(schema);
    }
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    for (_, item) in paths.into_iter().flatten() {
        for (_, operation) in item.as_object_mut().into_iter().flatten() {
            let parameters = operation
                .get_mut("parameters")
                .and_then(Value::as_array_mut);
            for parameter in parameters.into_iter().flatten() {
                if let Some(schema) = parameter.get_mut("schema") {
                    strip(schema);
                }
            }
        }
    }
}

fn strip(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            let removable = members
                .get("description")
                .and_then(Value::as_str)
                .is_some_and(|description| description.contains("`null` removes"));
            if removable {
                return;
            }
            if let Some(Value::Array(types)) = members.get_mut("type") {
                types.retain(|name| name != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    members.insert("type".into(), only);
                }
            }
            if let Some(Value::Array(choices)) = members.get_mut("oneOf") {
                choices.retain(|choice| *choice != json!({ "type": "null" }));
                if let [Value::Object(only)] = choices.as_slice() {
                    let only = only.clone();
                    members.remove("oneOf");
                    members.extend(only);
                }
            }
            members.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}
