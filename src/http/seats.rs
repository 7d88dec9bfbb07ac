//! `/v1/seats`.

use actix_web::{HttpResponse, get, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use validator::Validate;

use super::extract::Query;
use super::problem::{Code, KNOWN, Problem};
use super::time::DayText;
use super::{State, tags};
use crate::application::Caller;
use crate::application::actor::Action;
use crate::application::licensing::{self, PoolShown, SeatsQuery, SeatsShown};
use crate::domain::seat::{Place, PoolScope, Turn};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_seats);
}

/// What there is only so much of.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Place)]
pub enum PlaceName {
    /// A paid vendor place.
    Seat,
    /// A place in the training site.
    Practice,
}

impl From<Place> for PlaceName {
    fn from(place: Place) -> Self {
        match place {
            Place::Seat => Self::Seat,
            Place::Practice => Self::Practice,
        }
    }
}

/// Within what a pool counts.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SeatPoolScope)]
pub enum ScopeName {
    Implementation,
    Group,
    Organization,
}

/// Where a request stands in line.
#[derive(Serialize, ToSchema)]
#[schema(as = WaitlistTurn)]
pub struct TurnResponse {
    place: PlaceName,
    /// Since when it is in line.
    since: DateTime<Utc>,
    /// 1 is next.
    position: u32,
    /// How many wait in this line.
    waiting: u32,
}

impl From<&Turn> for TurnResponse {
    fn from(turn: &Turn) -> Self {
        Self {
            place: turn.place.into(),
            since: turn.since,
            position: turn.position,
            waiting: turn.waiting,
        }
    }
}

/// A number of places that organizations and license types share.
#[derive(Serialize, ToSchema)]
#[schema(as = SeatPool)]
pub struct PoolResponse {
    place: PlaceName,
    scope: ScopeName,
    /// The group of organizations that shares it.
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    /// The organization whose own it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_id: Option<Uuid>,
    /// The license types that it is for, together. Empty: all base types.
    license_types: Vec<String>,
    /// How many there are.
    purchased: u32,
    /// Seats of running licenses, suspended ones too; practice places of people who practise.
    filled: u32,
    /// Held for requests whose license has not begun.
    held: u32,
    /// Kept by organizations after an end, for their own requests.
    kept: u32,
    /// Free for whoever is next in line.
    vacant: u32,
    /// How many more are taken than there are: licenses reinstated after an error, or a cap that was lowered.
    above_cap: u32,
    /// Requests in line.
    waiting: u32,
    /// Whether it binds today; else it only reports.
    enforced: bool,
    /// The local day before which it only reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    enforced_from: Option<DayText>,
}

impl From<&PoolShown> for PoolResponse {
    fn from(shown: &PoolShown) -> Self {
        let (scope, group, organization_id) = match &shown.pool.scope {
            PoolScope::Implementation => (ScopeName::Implementation, None, None),
            PoolScope::Group { group, .. } => (ScopeName::Group, Some(group.clone()), None),
            PoolScope::Organization(id) => (ScopeName::Organization, None, Some(id.0)),
        };
        Self {
            place: shown.pool.place.into(),
            scope,
            group,
            organization_id,
            license_types: shown.pool.license_types.iter().cloned().collect(),
            purchased: shown.pool.places,
            filled: shown.figures.filled,
            held: shown.figures.held,
            kept: shown.figures.kept,
            vacant: shown.figures.vacant,
            above_cap: shown.figures.above,
            waiting: shown.figures.waiting,
            enforced: shown.enforced,
            enforced_from: shown.pool.enforced_from.map(DayText),
        }
    }
}

/// The pools of an implementation as they stand.
#[derive(Serialize, ToSchema)]
#[schema(as = Seats)]
pub struct SeatsResponse {
    implementation_id: Uuid,
    /// None where the policy has no cap.
    pools: Vec<PoolResponse>,
    evaluated_at: DateTime<Utc>,
}

impl From<&SeatsShown> for SeatsResponse {
    fn from(shown: &SeatsShown) -> Self {
        Self {
            implementation_id: shown.implementation_id.into(),
            pools: shown.pools.iter().map(Into::into).collect(),
            evaluated_at: shown.evaluated_at,
        }
    }
}

/// Whose seats.
#[derive(Clone, Debug, Deserialize, IntoParams, Validate)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct SeatsParameters {
    /// The implementation's id or code.
    #[validate(length(min = 1, max = 36))]
    #[param(min_length = 1, max_length = 36, example = "hand")]
    implementation: String,
    /// Only the pools of this organization; a supervisor names his own.
    organization: Option<Uuid>,
}

crate::problems!(SeatsProblems: KNOWN, [Code::WrongShape, Code::Invalid]);

fn example() -> Value {
    json!({
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b20",
        "pools": [
            {
                "place": "seat",
                "scope": "implementation",
                "license_types": [],
                "purchased": 400,
                "filled": 396,
                "held": 1,
                "kept": 3,
                "vacant": 0,
                "above_cap": 0,
                "waiting": 2,
                "enforced": true,
            },
            {
                "place": "seat",
                "scope": "organization",
                "organization_id": "0199f3c2-7a01-7c12-b7aa-1f3355aa7703",
                "license_types": ["end_user"],
                "purchased": 12,
                "filled": 9,
                "held": 0,
                "kept": 1,
                "vacant": 2,
                "above_cap": 0,
                "waiting": 0,
                "enforced": false,
                "enforced_from": "2026-07-01",
            },
        ],
        "evaluated_at": "2026-03-11T13:05:00Z",
    })
}

/// Get the seats
///
/// Each pool that the policy in force makes, of seats and of practice places: how many there are, who has them, and how
/// many requests wait. A request names its own place in line.
#[utoipa::path(
    tag = tags::SEATS,
    operation_id = "get_seats",
    params(SeatsParameters),
    responses(
        (
            status = 200,
            description = "The pools as they stand now.",
            body = SeatsResponse,
            example = json!(example()),
        ),
        SeatsProblems,
    ),
)]
#[get("/v1/seats")]
async fn get_seats(
    caller: Caller,
    state: web::Data<State>,
    Query(parameters): Query<SeatsParameters>,
) -> Result<HttpResponse, Problem> {
    let query = SeatsQuery {
        implementation: parameters.implementation,
        organization: parameters.organization.map(Into::into),
    };
    let found = state
        .app
        .read(caller, Action::ReadSeats, move |rx| {
            licensing::seats(rx, &query)
        })
        .await?;
    Ok(HttpResponse::Ok().json(SeatsResponse::from(&found)))
}
