//! Says once what the document would otherwise repeat: problem responses, and the entries of lists.

use serde_json::{Map, Value, json};

const SCHEMAS: &str = "/components/schemas";
/// How utoipa names a list of `X`.
const LIST_PREFIX: &str = "ListResponse_";

pub(super) fn apply(document: &mut Value) {
    share_problems(document);
    share_entries(document);
}

/// Moves the responses of 400 and above to `components/responses`, named by their codes.
fn share_problems(document: &mut Value) {
    let mut shared = Map::new();
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    for (_, item) in paths.into_iter().flatten() {
        for (_, operation) in item.as_object_mut().into_iter().flatten() {
            let responses = operation
                .get_mut("responses")
                .and_then(Value::as_object_mut);
            for (status, response) in responses.into_iter().flatten() {
                if status.as_str() < "400" {
                    continue;
                }
                let Some(name) = name(response) else {
                    continue;
                };
                let reference = json!({ "$ref": format!("#/components/responses/{name}") });
                shared.insert(name, std::mem::replace(response, reference));
            }
        }
    }
    let components = document
        .get_mut("components")
        .and_then(Value::as_object_mut);
    if let Some(components) = components {
        components.insert("responses".into(), Value::Object(shared));
    }
}

/// The codes of a problem response, which are the names of its examples.
fn name(response: &Value) -> Option<String> {
    let examples = response
        .pointer("/content/application~1problem+json/examples")?
        .as_object()?;
    let codes: Vec<&str> = examples.keys().map(String::as_str).collect();
    Some(codes.join("-or-"))
}

/// Refers from each list to the schema of its entries, and names the list after them.
fn share_entries(document: &mut Value) {
    let Some(schemas) = document.pointer_mut(SCHEMAS).and_then(Value::as_object_mut) else {
        return;
    };
    let lists: Vec<String> = schemas
        .keys()
        .filter(|name| name.starts_with(LIST_PREFIX))
        .cloned()
        .collect();
    let mut renamed = Vec::new();
    for list in lists {
        let entry = list.strip_prefix(LIST_PREFIX).unwrap_or(&list).to_owned();
        let Some(mut schema) = schemas.remove(&list) else {
            continue;
        };
        if let Some(items) = schema.pointer_mut("/properties/data/items") {
            let reference = json!({ "$ref": format!("#/components/schemas/{entry}") });
            let inline = std::mem::replace(items, reference);
            if inline.get("$ref").is_none() && !schemas.contains_key(&entry) {
                schemas.insert(entry.clone(), inline);
            }
        }
        let name = format!("{entry}List");
        schemas.insert(name.clone(), schema);
        renamed.push((
            format!("#/components/schemas/{list}"),
            format!("#/components/schemas/{name}"),
        ));
    }
    rename(document, &renamed);
}

fn rename(value: &mut Value, renamed: &[(String, String)]) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get_mut("$ref")
                && let Some((_, to)) = renamed.iter().find(|(from, _)| from == reference)
            {
                reference.clone_from(to);
            }
            members
                .values_mut()
                .for_each(|member| rename(member, renamed));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, renamed)),
        _ => {}
    }
}
