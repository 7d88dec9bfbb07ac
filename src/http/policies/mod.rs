//! `/v1/implementations/{id}/policies`, `/v1/policy-presets`, and what the policy in force lists.

mod catalogues;
mod document;
mod impact;
mod presets;
mod versions;

use utoipa_actix_web::service_config::ServiceConfig;

pub use document::PolicyDocumentSchema;

pub fn routes(config: &mut ServiceConfig<'_>) {
    versions::routes(config);
    presets::routes(config);
    catalogues::routes(config);
}

/// An example of a document: Detroit's, whole.
fn hand() -> serde_json::Value {
    crate::domain::policy::preset("hand")
        .and_then(|preset| serde_json::to_value(&preset.document).ok())
        .unwrap_or_default()
}
