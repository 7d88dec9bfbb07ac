//! The responses of the document that come from the table of codes.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Ref, SchemaType, Type};
use utoipa::openapi::{ContentBuilder, RefOr, Response, ResponseBuilder};

use super::{Code, MEDIA_TYPE};

/// Names a set of problem codes, for the `responses(...)` of an operation.
///
/// `problems!(CreateProblems: KNOWN, BODY, POST, [Code::Duplicate]);` makes a type that documents every code of the
/// sets, gathered by status.
#[macro_export]
macro_rules! problems {
    ($(#[$doc:meta])* $visible:vis $name:ident: $($set:expr),* $(,)?) => {
        $(#[$doc])*
        $visible struct $name;

        impl ::utoipa::IntoResponses for $name {
            fn responses() -> ::std::collections::BTreeMap<
                String,
                ::utoipa::openapi::RefOr<::utoipa::openapi::Response>,
            > {
                $crate::http::problem::document::responses(&[$(&$set[..]),*])
            }
        }
    };
}

/// The responses for these codes, by status.
#[must_use]
pub fn responses(sets: &[&[Code]]) -> BTreeMap<String, RefOr<Response>> {
    let mut codes: Vec<Code> = sets.iter().copied().flatten().copied().collect();
    codes.sort_unstable();
    codes.dedup();
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in codes {
        by_status.entry(code.status()).or_default().push(code);
    }
    by_status
        .into_iter()
        .map(|(status, codes)| (status.to_string(), RefOr::T(response(&codes))))
        .collect()
}

fn response(codes: &[Code]) -> Response {
    let description = codes
        .iter()
        .map(|code| format!("`{}`: {}.", code.as_str(), code.title()))
        .collect::<Vec<_>>()
        .join("\n\n");
    let mut content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem")));
    for code in codes {
        let example = ExampleBuilder::new()
            .summary(code.title())
            .value(Some(example(*code)));
        content = content.examples_from_iter([(code.as_str(), example.build())]);
    }
    let mut response = ResponseBuilder::new()
        .description(description)
        .content(MEDIA_TYPE, content.build());
    if codes.contains(&Code::Unauthenticated) {
        response = response.header("WWW-Authenticate", text("The scheme expected: Bearer."));
    }
    if codes
        .iter()
        .any(|code| matches!(code, Code::KeyBusy | Code::Unavailable | Code::Reindexing))
    {
        response = response.header(
            "Retry-After",
            text("Seconds after which to ask again (not with every code)."),
        );
    }
    response.build()
}

fn text(description: &str) -> utoipa::openapi::header::Header {
    HeaderBuilder::new()
        .schema(Some(
            ObjectBuilder::new().schema_type(SchemaType::Type(Type::String)),
        ))
        .description(Some(description))
        .build()
}

/// A problem of this code as it is sent.
#[must_use]
pub fn example(code: Code) -> Value {
    let mut problem = json!({
        "type": code.page(),
        "code": code.as_str(),
        "title": code.title(),
        "status": code.status(),
        "detail": detail(code),
        "instance": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b21",
    });
    let more = match code {
        Code::TransitionRefused => json!({
            "state": "onboarding",
            "action": "activate",
            "needs": ["the user agreement must be signed by the end user"],
        }),
        Code::WrongShape => json!({
            "errors": [{ "pointer": "/support_contact", "detail": "is missing" }],
        }),
        Code::Invalid => json!({
            "errors": [{ "pointer": "/name", "detail": "must have 1 to 200 characters" }],
        }),
        _ => json!({}),
    };
    if let (Some(problem), Value::Object(more)) = (problem.as_object_mut(), more) {
        problem.extend(more);
    }
    problem
}

fn detail(code: Code) -> &'static str {
    match code {
        Code::TransitionRefused => {
            "`activate` is not possible in state `onboarding`: the user agreement must be signed by the end user"
        }
        Code::WrongShape => "A part of the request does not have the documented shape; see errors.",
        Code::Invalid => "The request has one fault; see errors.",
        _ => code.title(),
    }
}
