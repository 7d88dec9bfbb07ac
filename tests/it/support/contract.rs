//! What the document says that an operation may answer: each answer in a test is compared with it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use actix_web::dev::ResourceDef;
use hmis_licensing::http::openapi::Document;
use serde_json::Value;

use super::app::Answer;

/// One path, with the codes of each status of each of its methods.
struct Served {
    path: ResourceDef,
    methods: BTreeMap<String, BTreeMap<u16, BTreeSet<String>>>,
}

/// Literal paths before patterns, as the router tries them.
fn served() -> &'static [Served] {
    static SERVED: OnceLock<Vec<Served>> = OnceLock::new();
    SERVED.get_or_init(|| {
        let document: Value = serde_json::from_str(Document::new().text()).unwrap();
        let mut paths: Vec<(&String, &Value)> =
            document["paths"].as_object().unwrap().iter().collect();
        paths.sort_by_key(|(path, _)| path.contains('{'));
        let methods = |item: &Value| {
            let operations = item.as_object().unwrap().iter();
            operations
                .map(|(method, operation)| (method.to_uppercase(), answers(&document, operation)))
                .collect()
        };
        paths
            .into_iter()
            .map(|(path, item)| Served {
                path: ResourceDef::new(path.as_str()),
                methods: methods(item),
            })
            .collect()
    })
}

/// The codes of each status of an operation; none where it is no problem.
fn answers(document: &Value, operation: &Value) -> BTreeMap<u16, BTreeSet<String>> {
    let responses = operation["responses"].as_object().unwrap().iter();
    responses
        .map(|(status, response)| {
            let response = match response["$ref"].as_str() {
                Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
                None => response,
            };
            let problem = &response["content"]["application/problem+json"];
            let codes = match problem["examples"].as_object() {
                Some(examples) => examples.keys().cloned().collect(),
                None => problem["example"]["code"]
                    .as_str()
                    .map(ToOwned::to_owned)
                    .into_iter()
                    .collect(),
            };
            (status.parse().unwrap(), codes)
        })
        .collect()
}

/// Fails a test in which an operation answers what its document does not say.
///
/// What an idempotency key kept is authorized afresh: whoever may not know of it any more is told that it is not there.
pub fn keep_to_the_document(method: &str, path: &str, keyed: bool, answer: &Answer) {
    let method = if method == "HEAD" { "GET" } else { method };
    let Some(found) = served().iter().find(|served| served.path.is_match(path)) else {
        return;
    };
    // Another method of the path: 405, by the router.
    let Some(answers) = found.methods.get(method) else {
        return;
    };
    let status = answer.status.as_u16();
    if keyed && status == 404 {
        return;
    }
    let Some(codes) = answers.get(&status) else {
        panic!("{method} {path} answers {status}, of which the document says nothing: {answer:?}");
    };
    if status >= 400 && method != "HEAD" && !answer.text.is_empty() {
        let code = answer.json()["code"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        assert!(
            codes.contains(&code),
            "{method} {path} answers {status} {code}, of which the document says nothing: it says {codes:?}"
        );
    }
}
