//! What the document says about operations, and requests made of it and of a row.

use std::collections::BTreeMap;

use actix_web::http::Method;
use hmis_licensing::http::openapi::Document;
use serde_json::Value;

use super::rows::{self, Row};
use super::world::{Ids, fill};
use crate::support::app::{Answer, TestApp};

/// An operation of the document.
pub struct Operation {
    pub method: Method,
    pub path: String,
    pub public: bool,
    /// Query parameters that are ids.
    pub filters: Vec<String>,
    /// The document's own example of a body.
    pub example: Option<Value>,
}

/// Every operation, by its name.
pub fn operations() -> BTreeMap<String, Operation> {
    let document: Value = serde_json::from_str(Document::new().text()).unwrap();
    let mut operations = BTreeMap::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let parameters = operation["parameters"].as_array();
            let filters = parameters
                .into_iter()
                .flatten()
                .filter(|one| one["in"] == "query" && one["schema"]["format"] == "uuid")
                .map(|one| one["name"].as_str().unwrap().to_owned())
                .collect();
            let named = operation["operationId"].as_str().unwrap().to_owned();
            let operation = Operation {
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                public: operation["security"] == serde_json::json!([{}]),
                filters,
                example: example(&operation["requestBody"]),
            };
            assert!(operations.insert(named, operation).is_none());
        }
    }
    operations
}

/// The first example of a body; nothing if there is no body.
fn example(body: &Value) -> Option<Value> {
    let media = body["content"].as_object()?.values().next()?;
    let of_several = media["examples"].as_object().into_iter().flatten().next();
    let example = of_several.map_or(&media["example"], |(_, example)| &example["value"]);
    Some(example.clone())
}

impl Operation {
    /// The row to add for an operation that has none. It permits the least; whoever adds it decides.
    pub fn suggested_row(&self, name: &str) -> String {
        let takes_id = self.path.contains("{id}");
        let elsewhere = match (takes_id, &self.method) {
            (true, _) => "ONE",
            (false, &Method::GET) => "LIST",
            (false, _) => "NAMED",
        };
        let mut row = format!("row(\"{name}\", \"A-------\", {elsewhere})");
        if takes_id {
            let collection = self.path.trim_start_matches("/v1/").split('/').next();
            let word = collection.unwrap_or_default().replace('-', "_");
            row += &format!(".of(\"${}\")", word.trim_end_matches('s'));
        }
        if let Some(example) = &self.example {
            row += &format!(".sending(r#\"{example}\"#)");
        }
        format!("{name} has no row; into the file of its topic in tests/it/matrix/rows:\n{row},")
    }
}

/// The rows with their operations.
pub fn table(operations: &BTreeMap<String, Operation>) -> Vec<(&Operation, &'static Row)> {
    rows::all()
        .filter_map(|row| Some((operations.get(row.operation)?, row)))
        .collect()
}

/// Sends a row's request about the things that `ids` name.
pub async fn send(
    app: &TestApp,
    (operation, row): (&Operation, &Row),
    token: Option<&str>,
    ids: &Ids,
    query: &str,
) -> Answer {
    let path = operation
        .path
        .replace("{id}", &fill(row.id, ids))
        .replace("message-templates/{name}", "message-templates/inactivity")
        .replace("{number}", "1")
        .replace("{name}", "hand");
    assert!(
        !path.contains('{'),
        "{path}: `send` knows no value for this parameter"
    );
    let query = match (row.query, query) {
        ("", "") => String::new(),
        (one, "") | ("", one) => format!("?{}", fill(one, ids)),
        (one, other) => format!("?{}&{}", fill(one, ids), fill(other, ids)),
    };
    let mut call = app
        .request(operation.method.clone(), &format!("{path}{query}"))
        .header("X-Request-Id", "r-1");
    if !row.body.is_empty() {
        call = call.text(fill(row.body, ids));
    }
    if let Some(token) = token {
        call = call.bearer(token);
    }
    call.send().await
}

pub fn code(answer: &Answer) -> String {
    match answer.status.is_success() {
        true => String::new(),
        false => answer.json()["code"].as_str().unwrap().to_owned(),
    }
}

/// What an answer says; the headers without the one that tells when it was given.
pub fn shape(answer: &Answer) -> (u16, String, Vec<(String, String)>) {
    let mut headers = answer.headers().to_vec();
    headers.retain(|(name, _)| name != "date");
    headers.sort();
    (answer.status.as_u16(), answer.text.clone(), headers)
}
