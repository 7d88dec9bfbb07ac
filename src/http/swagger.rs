//! Swagger UI, from files inside the program.

use std::sync::Arc;

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION,
    REFERRER_POLICY,
};
use actix_web::{HttpResponse, web};
use utoipa_swagger_ui::Config;

use super::openapi::PATH;
use super::problem::{Code, Problem};

/// Scripts come from here alone and never from the page itself. Swagger UI writes style attributes, so styles may be
/// inline; its icons are data addresses.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub fn routes(config: &mut web::ServiceConfig) {
    let settings = Config::new([PATH])
        .persist_authorization(true)
        .try_it_out_enabled(true)
        .display_request_duration(true)
        .display_operation_id(true)
        .doc_expansion("none")
        .filter(true)
        // No document is ever sent to a validator on the internet.
        .validator_url("none");
    config
        .app_data(web::Data::new(settings))
        .route("/swagger-ui", web::get().to(to_folder))
        .route("/swagger-ui/{file:.*}", web::get().to(file));
}

/// Whether a path is one of its files.
#[must_use]
pub fn has(path: &str) -> bool {
    path == "/swagger-ui" || path.starts_with("/swagger-ui/")
}

async fn to_folder() -> HttpResponse {
    HttpResponse::PermanentRedirect()
        .insert_header((LOCATION, "/swagger-ui/"))
        .finish()
}

async fn file(
    name: web::Path<String>,
    settings: web::Data<Config<'static>>,
) -> Result<HttpResponse, Problem> {
    let file = utoipa_swagger_ui::serve(&name, Arc::clone(&settings))
        .map_err(|error| {
            log::error!("Swagger UI could not be served: {error}");
            Problem::of(Code::Internal)
        })?
        .ok_or_else(|| Problem::of(Code::NotFound))?;
    let mut response = HttpResponse::Ok();
    if file.gzpipped {
        response.insert_header((CONTENT_ENCODING, "gzip"));
    }
    Ok(response
        .insert_header((CONTENT_TYPE, file.content_type))
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .body(file.bytes.into_owned()))
}
