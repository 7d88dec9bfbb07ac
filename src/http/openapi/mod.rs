//! The OpenAPI 3.1 document: the contract, collected from the routes themselves.

mod conventions;
mod sharing;

use std::collections::{HashMap, HashSet};

use actix_web::dev::ResourceDef;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use actix_web::{App, HttpResponse, web};
use serde_json::{Value, json};
use utoipa::OpenApi;
use utoipa_actix_web::AppExt;

use super::problem::{FaultDetails, ProblemDetails};
use super::{State, etag, tags};
use crate::http::extract::IfNoneMatch;

/// Where the document is served.
pub const PATH: &str = "/openapi.json";

const DESCRIPTION: &str = "\
License management for Homeless Management Information Systems: who may log in, since when, and why.

**Errors** are RFC 9457 problems; `type` leads to a page of this service that explains the `code`, and `instance` is \
the request id (`X-Request-Id`, taken over from the request where it has one). \
**Lists** answer `{data, page}` with an opaque `next_cursor` and a `Link` header. \
**Concurrency**: single resources carry an `ETag`; changes name the version seen, by `If-Match` or `expected_version` \
in the body. \
**Safe retries**: every POST takes an `Idempotency-Key` (header, or `idempotency_key` in the body); for 24 hours the \
same request gets the same answer. \
**Time** is RFC 3339 with an offset in and `Z` out; pure dates are local days of the implementation. \
**Optional members** are left out when absent, never null.

Authorize with a bearer token; `hmis-licensing token --role system_admin` prints one.";

#[derive(OpenApi)]
#[openapi(components(schemas(ProblemDetails, FaultDetails)))]
struct Base;

/// The document as it is served, committed and printed, with what the router needs of it.
pub struct Document {
    text: String,
    /// The paths that are served, with their methods.
    paths: Vec<(ResourceDef, String)>,
    /// The query parameters of each operation, by method in capitals and path.
    parameters: HashMap<(String, String), HashSet<String>>,
}

impl Default for Document {
    fn default() -> Self {
        Self::new()
    }
}

impl Document {
    /// Collects the document from the routes.
    #[must_use]
    pub fn new() -> Self {
        let (_, collected) = App::new()
            .into_utoipa_app()
            .openapi(Base::openapi())
            .configure(super::routes)
            .split_for_parts();
        let mut document = serde_json::to_value(collected).unwrap_or_else(|error| {
            log::error!("the document could not be written: {error}");
            Value::Null
        });
        if let Some(document) = document.as_object_mut() {
            document.insert("openapi".into(), json!("3.1.0"));
            document.insert("info".into(), info());
            document.insert("servers".into(), json!([{ "url": "/" }]));
            document.insert("tags".into(), tag_list());
        }
        conventions::apply(&mut document);
        sharing::apply(&mut document);
        let paths = paths(&document);
        let parameters = parameters(&document);
        let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
        text.push('\n');
        Self {
            text,
            paths,
            parameters,
        }
    }

    /// The JSON text, indented, ending in a line end.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether an operation has a query parameter of this name.
    #[must_use]
    pub fn takes_parameter(&self, method: &str, path: &str, name: &str) -> bool {
        self.parameters
            .get(&(method.to_owned(), path.to_owned()))
            .is_some_and(|names| names.contains(name))
    }

    /// The methods that a path takes, as an `Allow` header; `None` for a path that is not served.
    #[must_use]
    pub fn methods(&self, path: &str) -> Option<String> {
        self.paths
            .iter()
            .find(|(pattern, _)| pattern.is_match(path))
            .map(|(_, methods)| methods.clone())
    }
}

fn info() -> Value {
    json!({
        "title": "hmis-licensing",
        "version": env!("CARGO_PKG_VERSION"),
        "summary": "License management for Homeless Management Information Systems",
        "description": DESCRIPTION,
        "license": {
            "name": "MIT OR Apache-2.0",
            "identifier": "MIT OR Apache-2.0",
        },
    })
}

fn tag_list() -> Value {
    tags::ALL
        .iter()
        .map(|(name, description)| json!({ "name": name, "description": description }))
        .collect()
}

fn parameters(document: &Value) -> HashMap<(String, String), HashSet<String>> {
    let mut parameters = HashMap::new();
    let paths = document.get("paths").and_then(Value::as_object);
    for (path, item) in paths.into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let named = operation.get("parameters").and_then(Value::as_array);
            let names = named
                .into_iter()
                .flatten()
                .filter(|parameter| parameter.get("in").is_some_and(|place| place == "query"))
                .filter_map(|parameter| parameter.get("name")?.as_str())
                .map(ToOwned::to_owned)
                .collect();
            parameters.insert((method.to_ascii_uppercase(), path.clone()), names);
        }
    }
    parameters
}

/// Literal paths before patterns, so that each path finds its own entry first.
fn paths(document: &Value) -> Vec<(ResourceDef, String)> {
    let mut paths: Vec<(String, String)> = document
        .get("paths")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(path, item)| {
            let methods = item.as_object().into_iter().flatten();
            let names: Vec<String> = methods
                .flat_map(|(method, _)| match method.as_str() {
                    "get" => vec!["GET".to_owned(), "HEAD".to_owned()],
                    other => vec![other.to_ascii_uppercase()],
                })
                .collect();
            (path.clone(), names.join(", "))
        })
        .chain([(PATH.to_owned(), "GET, HEAD".to_owned())])
        .collect();
    paths.sort_by_key(|(path, _)| path.contains('{'));
    paths
        .into_iter()
        .map(|(path, methods)| (ResourceDef::new(path), methods))
        .collect()
}

pub fn routes(config: &mut web::ServiceConfig) {
    config.route(PATH, web::get().to(serve));
}

async fn serve(state: web::Data<State>, seen: IfNoneMatch) -> HttpResponse {
    let text = state.document.text();
    let tag = etag::of(1, text);
    if seen.has(&tag) {
        return HttpResponse::NotModified()
            .insert_header((ETAG, tag))
            .finish();
    }
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/json"))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .insert_header((ETAG, tag))
        .body(text.to_owned())
}
