//! The HTTP contract: every convention that holds for all routes, shown on `implementations`, the first resource.

mod authentication;
mod bodies;
mod document;
mod errors;
mod lists;
mod retries;
mod server;
mod versions;

use serde_json::{Value, json};

use crate::support::app::{Answer, TestApp};

/// A valid new implementation.
fn new(code: &str) -> Value {
    json!({
        "code": code,
        "name": "Alaska HMIS",
        "time_zone": "America/Anchorage",
        "support_contact": "help@akhmis.example",
    })
}

/// Creates one and returns it.
async fn created(app: &TestApp, token: &str, code: &str) -> (Value, Answer) {
    let answer = app
        .post("/v1/implementations")
        .bearer(token)
        .json(&new(code))
        .send()
        .await;
    (answer.expect(201), answer)
}
