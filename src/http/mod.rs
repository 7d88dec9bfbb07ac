//! The only actix code: routes, request and response types, and the document that describes them.
//!
//! One file per resource holds its types, its handlers and their documentation; [`app`] puts them together for the
//! server, the tests and the document alike.

pub mod absence_holds;
pub mod access_decisions;
pub mod access_signals;
pub mod acknowledgements;
pub mod add_ons;
pub mod agreement_signatures;
pub mod audit_records;
pub mod bars;
pub mod calendar_feeds;
pub mod checks;
pub mod contested_items;
pub mod cursor;
pub mod deactivations;
pub mod delegations;
pub mod departure_notices;
pub mod departures;
pub mod due_items;
pub mod emergency_restorations;
pub mod ends;
pub mod etag;
pub mod evidence;
pub mod explanations;
pub mod external_ids;
pub mod extra_requirements;
pub mod extract;
pub mod fact_withdrawals;
pub mod facts;
pub mod frame;
pub mod health;
pub mod holds;
pub mod implementations;
pub mod keep_requests;
pub mod leaves;
pub mod license_changes;
pub mod license_renewals;
pub mod license_requests;
pub mod licenses;
pub mod login_events;
pub mod login_sources;
pub mod message_templates;
pub mod messages;
pub mod notices;
pub mod openapi;
pub mod organization_contacts;
pub mod organizations;
pub mod patch;
pub mod people;
pub mod person_merges;
pub mod policies;
pub mod practice_case_results;
pub mod practice_case_submissions;
pub mod problem;
pub mod projects;
pub mod recertification_campaigns;
pub mod report;
pub mod responses;
pub mod seats;
pub mod staff_roles;
pub mod swagger;
pub mod sweeps;
pub mod tags;
pub mod time;
pub mod training_bookings;
pub mod training_completions;
pub mod waivers;
pub mod words;

use std::sync::Arc;
use std::time::Duration;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::{App, Error, web};
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::application;
use crate::application::secret::Secret;
use crate::application::token::Tokens;
use cursor::CursorKey;
use openapi::Document;

/// Bounds on requests that are set from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long the whole body of a request may take to arrive.
    pub body_deadline: Duration,
    /// The same for a body of many lines.
    pub feed_deadline: Duration,
    /// How long a body of many lines may arrive as slowly as it likes.
    pub feed_head_start: Duration,
    /// From then on, with how many bytes a second, on average since its beginning, it must have arrived: a byte a second
    /// holds no connection.
    pub feed_rate: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_deadline: Duration::from_secs(10),
            feed_deadline: Duration::from_secs(120),
            feed_head_start: Duration::from_secs(10),
            feed_rate: 1024,
        }
    }
}

/// What every handler may use.
#[derive(Clone)]
pub struct State {
    pub app: application::App,
    pub tokens: Arc<Tokens>,
    pub cursors: CursorKey,
    pub limits: Limits,
    pub document: Arc<Document>,
    /// Whether Swagger UI is served.
    pub swagger_ui: bool,
}

impl State {
    #[must_use]
    pub fn new(app: application::App, tokens: Arc<Tokens>, secret: &Secret) -> Self {
        Self {
            app,
            tokens,
            cursors: CursorKey::new(&secret.derive("cursor")),
            limits: Limits::default(),
            document: Arc::new(Document::new()),
            swagger_ui: true,
        }
    }

    /// The methods that a path takes, as an `Allow` header; `None` for a path that is not served.
    #[must_use]
    pub fn methods(&self, path: &str) -> Option<String> {
        let by_swagger = || (self.swagger_ui && swagger::has(path)).then(|| "GET, HEAD".to_owned());
        self.document.methods(path).or_else(by_swagger)
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").finish_non_exhaustive()
    }
}

/// Every route of the document.
fn routes(config: &mut ServiceConfig<'_>) {
    config
        .configure(implementations::routes)
        .configure(organizations::routes)
        .configure(organization_contacts::routes)
        .configure(projects::routes)
        .configure(people::routes)
        .configure(person_merges::routes)
        .configure(staff_roles::routes)
        .configure(delegations::routes)
        .configure(license_requests::routes)
        .configure(agreement_signatures::routes)
        .configure(training_bookings::routes)
        .configure(training_completions::routes)
        .configure(acknowledgements::routes)
        .configure(practice_case_submissions::routes)
        .configure(practice_case_results::routes)
        .configure(waivers::routes)
        .configure(extra_requirements::routes)
        .configure(licenses::routes)
        .configure(license_changes::routes)
        .configure(license_renewals::routes)
        .configure(keep_requests::routes)
        .configure(add_ons::routes)
        .configure(holds::routes)
        .configure(leaves::routes)
        .configure(departure_notices::routes)
        .configure(departures::routes)
        .configure(deactivations::routes)
        .configure(contested_items::routes)
        .configure(facts::routes)
        .configure(fact_withdrawals::routes)
        .configure(emergency_restorations::routes)
        .configure(bars::routes)
        .configure(seats::routes)
        .configure(due_items::routes)
        .configure(calendar_feeds::routes)
        .configure(notices::routes)
        .configure(messages::routes)
        .configure(message_templates::routes)
        .configure(login_sources::routes)
        .configure(login_events::routes)
        .configure(recertification_campaigns::routes)
        .configure(sweeps::routes)
        .configure(absence_holds::routes)
        .configure(access_signals::routes)
        .configure(access_decisions::routes)
        .configure(policies::routes)
        .configure(audit_records::routes)
        .configure(health::routes)
        .configure(problem::pages::routes);
}

/// The whole service, framed.
pub fn app(
    state: web::Data<State>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<BoxBody>,
        Error = Error,
        InitError = (),
    >,
> {
    let swagger_ui = state.swagger_ui;
    App::new()
        .app_data(state)
        .into_utoipa_app()
        .configure(routes)
        .into_app()
        .configure(move |config| {
            config.configure(openapi::routes);
            if swagger_ui {
                config.configure(swagger::routes);
            }
        })
        .default_service(web::to(frame::lost))
        .wrap(from_fn(frame::frame))
}
