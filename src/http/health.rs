//! Whether the service lives, and whether it can do its work.

use actix_web::{HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::problem::{ANY, Code, Problem};
use super::{State, tags};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_liveness).service(get_readiness);
}

/// The service lives.
#[derive(Serialize, ToSchema)]
struct LivenessResponse {
    /// Always `alive`.
    status: &'static str,
}

/// The service can do its work.
#[derive(Serialize, ToSchema)]
struct ReadinessResponse {
    /// Always `ready`.
    status: &'static str,
    /// `sqlite` or `postgresql`.
    database: &'static str,
}

crate::problems!(LivenessProblems: ANY);
crate::problems!(ReadinessProblems: ANY, [Code::Unavailable]);

/// Is the process alive?
///
/// Touches nothing, neither database nor credentials. A supervisor restarts the process when it does not answer.
#[utoipa::path(
    tag = tags::SERVICE,
    operation_id = "get_liveness",
    security(()),
    responses(
        (status = 200, description = "The process answers.", body = LivenessResponse, example = json!({"status": "alive"})),
        LivenessProblems,
    ),
)]
#[get("/livez")]
async fn get_liveness() -> HttpResponse {
    HttpResponse::Ok().json(LivenessResponse { status: "alive" })
}

/// Can requests be served?
///
/// Asks the database whether it answers, can be written, and carries exactly the migrations of this program. A load
/// balancer sends no requests while this answers 503.
#[utoipa::path(
    tag = tags::SERVICE,
    operation_id = "get_readiness",
    security(()),
    responses(
        (
            status = 200,
            description = "The database is there and up to date.",
            body = ReadinessResponse,
            example = json!({"status": "ready", "database": "sqlite"}),
        ),
        ReadinessProblems,
    ),
)]
#[get("/readyz")]
async fn get_readiness(state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let store = state.app.store();
    store
        .check()
        .await
        .map_err(crate::application::Error::from)?;
    Ok(HttpResponse::Ok().json(ReadinessResponse {
        status: "ready",
        database: store.kind(),
    }))
}
