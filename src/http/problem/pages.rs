//! The pages that the `type` of a problem leads to.

use std::fmt::Write;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use actix_web::{HttpResponse, get, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{ANY, Code, Problem};
use crate::http::tags;

pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_problems).service(get_problem);
}

/// Every problem code on one page
///
/// An HTML page with every code that an answer of 400 or above may carry, its status and its meaning.
#[utoipa::path(
    tag = tags::SERVICE,
    operation_id = "list_problems",
    security(()),
    responses(
        (
            status = 200,
            description = "The codes as an HTML page.",
            body = String,
            content_type = "text/html",
            example = "<!doctype html><title>Problems</title>",
        ),
        ListProblems,
    ),
)]
#[get("/problems")]
async fn list_problems() -> HttpResponse {
    let mut rows = String::new();
    for code in Code::ALL {
        let _ = write!(
            rows,
            "<tr><td>{}</td><td><a href=\"{}\">{}</a></td><td>{}</td></tr>",
            code.status(),
            escape(&code.page()),
            escape(code.as_str()),
            escape(code.title()),
        );
    }
    page(
        "Problems",
        &format!("<table><tr><th>Status</th><th>Code</th><th>Meaning</th></tr>{rows}</table>"),
    )
}

/// What one problem code means
///
/// The page that the `type` of a problem leads to: what happened and what to do.
#[utoipa::path(
    tag = tags::SERVICE,
    operation_id = "get_problem",
    security(()),
    params(("code" = String, Path, description = "The `code` of a problem.", example = "transition_refused", max_length = 64)),
    responses(
        (
            status = 200,
            description = "The code explained, as an HTML page.",
            body = String,
            content_type = "text/html",
            example = "<!doctype html><title>transition_refused</title>",
        ),
        PageProblems,
    ),
)]
#[get("/problems/{code}")]
async fn get_problem(code: web::Path<String>) -> Result<HttpResponse, Problem> {
    let code = Code::parse(&code).ok_or_else(|| Problem::of(Code::NotFound))?;
    Ok(page(
        code.as_str(),
        &format!(
            "<p>{} &middot; {}</p><p>{}</p><p><a href=\"/problems\">All problems</a></p>",
            code.status(),
            escape(code.title()),
            escape(code.advice()),
        ),
    ))
}

crate::problems!(PageProblems: ANY, [Code::NotFound]);
crate::problems!(ListProblems: ANY);

fn page(title: &str, body: &str) -> HttpResponse {
    let title = escape(title);
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((CACHE_CONTROL, "public, max-age=3600"))
        .insert_header((CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"))
        .body(format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\
             <body><h1>{title}</h1>{body}</body></html>"
        ))
}

fn escape(text: &str) -> String {
    text.chars()
        .fold(String::with_capacity(text.len()), |mut safe, character| {
            match character {
                '&' => safe.push_str("&amp;"),
                '<' => safe.push_str("&lt;"),
                '>' => safe.push_str("&gt;"),
                '"' => safe.push_str("&quot;"),
                '\'' => safe.push_str("&#39;"),
                other => safe.push(other),
            }
            safe
        })
}
