//! `/v1/emergency-restorations`.

use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use validator::Validate;

use super::extract::{Id, IfNoneMatch, Json, List, ListParameters, ListResponse, VersionedJson};
use super::problem::{BODY, Code, KNOWN, LIST, ONE, POST, Problem, VERSIONED};
use super::report::{ReportRequest, ReportResponse};
use super::time::InstantText;
use super::{State, responses, tags};
use crate::application::actor::Action;
use crate::application::licensing::{self, NewRestoration, RestorationShown, end_seen, hold_seen};
use crate::application::ports::FactFilter;
use crate::application::{Call, Caller};
use crate::domain::evaluate::{RestorationStanding, Restored};
use crate::domain::ids::{FactId, LicenseId};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_emergency_restorations)
        .service(restore_license_in_emergency)
        .service(get_emergency_restoration)
        .service(confirm_emergency_restoration);
}

/// Where an emergency restoration stands.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = EmergencyRestorationStanding)]
pub enum StandingName {
    /// It gives access and waits for another of staff.
    Open,
    Confirmed,
    /// Nobody confirmed it in time: access ended again.
    RanOut,
    /// Something else ended the license, or renewed it, before.
    Overtaken,
}

impl From<RestorationStanding> for StandingName {
    fn from(standing: RestorationStanding) -> Self {
        match standing {
            RestorationStanding::Open => Self::Open,
            RestorationStanding::Confirmed => Self::Confirmed,
            RestorationStanding::RanOut => Self::RanOut,
            RestorationStanding::Overtaken => Self::Overtaken,
        }
    }
}

impl From<StandingName> for RestorationStanding {
    fn from(name: StandingName) -> Self {
        match name {
            StandingName::Open => Self::Open,
            StandingName::Confirmed => Self::Confirmed,
            StandingName::RanOut => Self::RanOut,
            StandingName::Overtaken => Self::Overtaken,
        }
    }
}

/// A license is to come back for some hours.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RestoreLicenseRequest {
    /// When access ends again if nobody confirms: at most 72 hours ahead. Absent: in 72 hours.
    #[serde(default)]
    until_at: Option<InstantText>,
    /// Its `reason` and its `ticket_reference` are needed. Where employment is said to have ended, `reported_by` names,
    /// by `person_id`, the supervisor of the organization who says that this is wrong.
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

/// Another of staff stands by a restoration.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ConfirmRestorationRequest {
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

/// An emergency restoration as it stands now.
#[derive(Serialize, ToSchema)]
#[schema(as = EmergencyRestoration)]
pub struct EmergencyRestorationResponse {
    id: Uuid,
    implementation_id: Uuid,
    person_id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    license_id: Option<Uuid>,
    standing: StandingName,
    /// The cause of the end, or of each hold, that it took back.
    took_back: Vec<String>,
    from: DateTime<Utc>,
    /// When access ends again, if nobody confirms.
    until: DateTime<Utc>,
    /// The confirmation.
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmed_by: Option<Uuid>,
    /// When it ended unconfirmed.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<DateTime<Utc>>,
    report: ReportResponse,
    /// Rises with its confirmation; `expected_version` is compared with it.
    version: i32,
}

impl From<&RestorationShown> for EmergencyRestorationResponse {
    fn from(shown: &RestorationShown) -> Self {
        let (fact, restoration) = (&shown.fact, &shown.restoration);
        Self {
            id: fact.id.into(),
            implementation_id: fact.implementation_id.into(),
            person_id: fact.person_id.into(),
            organization_id: fact.organization_id.map(Into::into),
            license_id: fact.license_id.map(Into::into),
            standing: restoration.standing().into(),
            took_back: match &restoration.restored {
                Restored::Ended(cause) => vec![end_seen(*cause, shown.sight).to_owned()],
                Restored::Suspended(_) => shown
                    .holds
                    .iter()
                    .map(|cause| hold_seen(*cause, shown.sight).to_owned())
                    .collect(),
            },
            from: restoration.from,
            until: restoration.until,
            confirmed_by: restoration.confirmed_by.map(Into::into),
            ended_at: restoration.ended_at,
            report: (&fact.envelope).into(),
            version: shown.version,
        }
    }
}

/// What narrows a list of emergency restorations.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct EmergencyRestorationFilter {
    /// Only those of this implementation.
    implementation_id: Option<Uuid>,
    /// Only those of this organization.
    organization_id: Option<Uuid>,
    /// Only those of this person.
    person_id: Option<Uuid>,
    /// Where it stands now.
    #[param(inline)]
    standing: Option<StandingName>,
}

crate::problems!(ListProblems: KNOWN, LIST);
crate::problems!(GetProblems: KNOWN, ONE);
crate::problems!(RestoreProblems: KNOWN, ONE, BODY, POST, [Code::OwnCase, Code::TransitionRefused]);
crate::problems!(ConfirmProblems: KNOWN, BODY, POST, VERSIONED, [Code::OwnCase, Code::TransitionRefused]);

fn example(confirmed: bool) -> Value {
    let mut example = json!({
        "id": "0199f3c2-a700-7d00-8e00-6f6f6f6f6f07",
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b20",
        "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
        "organization_id": "0199f3c2-7a01-7c12-b7aa-1f3355aa7703",
        "license_id": "0199f3c2-9a00-7c00-8d00-5e5e5e5e5e01",
        "standing": if confirmed { "confirmed" } else { "open" },
        "took_back": ["employment_ended"],
        "from": "2026-03-07T23:10:00Z",
        "until": "2026-03-10T23:10:00Z",
        "report": {
            "reported_at": "2026-03-07T23:10:00Z",
            "recorded_at": "2026-03-07T23:10:00Z",
            "recorded_by": "0199f3c2-6000-7a00-9000-aaaaaaaaaa01",
            "reported_by": { "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d09" },
            "channel": "phone",
            "ticket_reference": "HD-1187",
            "reason": "The departure was of a namesake; the shelter works tonight.",
        },
        "version": if confirmed { 2 } else { 1 },
    });
    if confirmed {
        example["confirmed_by"] = json!("0199f3c2-a700-7d00-8e00-6f6f6f6f6f08");
    }
    example
}

/// List emergency restorations
///
/// Restorations that the caller may know of, each as it stands now. What nobody confirmed stays listed as `ran_out`.
#[utoipa::path(
    tag = tags::EMERGENCY_RESTORATIONS,
    operation_id = "list_emergency_restorations",
    params(EmergencyRestorationFilter, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of emergency restorations.",
            body = ListResponse<EmergencyRestorationResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [example(false)], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/emergency-restorations")]
async fn list_emergency_restorations(
    state: web::Data<State>,
    list: List<EmergencyRestorationFilter>,
) -> Result<HttpResponse, Problem> {
    let filter = FactFilter {
        implementation_id: list.filter.implementation_id.map(Into::into),
        organization_id: list.filter.organization_id.map(Into::into),
        person_id: list.filter.person_id.map(Into::into),
        ..FactFilter::default()
    };
    let standing = list.filter.standing.map(Into::into);
    let paging = list.paging;
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadLicense, move |rx| {
            licensing::restorations(rx, &filter, standing, paging)
        })
        .await?;
    Ok(list.respond(&slice, |shown| EmergencyRestorationResponse::from(shown)))
}

/// Restore a license in an emergency
///
/// For whoever is on call: a license that ended or was suspended by mistake gives access again, for at most 72 hours, until
/// another of staff confirms; otherwise what was taken back comes back by itself, without notice. Never for oneself, never
/// against a violation, an investigation or a bar, and where employment is said to have ended only if a supervisor of the
/// organization says that this is wrong. Once only for the same end or hold.
#[utoipa::path(
    tag = tags::EMERGENCY_RESTORATIONS,
    operation_id = "restore_license_in_emergency",
    params(("id" = Uuid, Path, description = "The license.")),
    request_body(
        content = RestoreLicenseRequest,
        description = "Until when, why, by which ticket, and who says so.",
        example = json!({
            "until_at": "2026-03-10T23:10:00Z",
            "report": {
                "channel": "phone",
                "ticket_reference": "HD-1187",
                "reason": "The departure was of a namesake; the shelter works tonight.",
                "reported_by": { "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d09" },
            },
        }),
    ),
    responses(
        (
            status = 201,
            description = "The restoration as recorded. Access is on.",
            body = EmergencyRestorationResponse,
            headers(
                ("ETag" = String, description = "The version, for If-Match and If-None-Match."),
                ("Location" = String, description = "Where it is found."),
            ),
            example = json!(example(false)),
        ),
        RestoreProblems,
    ),
)]
#[post("/v1/licenses/{id}/emergency-restorations")]
async fn restore_license_in_emergency(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<LicenseId>,
    body: Json<RestoreLicenseRequest>,
) -> Result<HttpResponse, Problem> {
    let request = body.value;
    let new = NewRestoration {
        until: request.until_at.map(|at| at.0),
        reported: ReportRequest::read(request.report)?,
    };
    let call = Call::new(caller, Action::RestoreLicense, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| licensing::restore_license(tx, id, &new),
            |shown| {
                let path = format!("/v1/emergency-restorations/{}", shown.fact.id);
                responses::created(
                    path,
                    shown.version,
                    &EmergencyRestorationResponse::from(shown),
                )
            },
        )
        .await?;
    Ok(responses::send(reply))
}

/// Get an emergency restoration
///
/// The restoration as it stands now.
#[utoipa::path(
    tag = tags::EMERGENCY_RESTORATIONS,
    operation_id = "get_emergency_restoration",
    params(("id" = Uuid, Path, description = "The restoration.")),
    responses(
        (
            status = 200,
            description = "The restoration.",
            body = EmergencyRestorationResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example(false)),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/emergency-restorations/{id}")]
async fn get_emergency_restoration(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let shown = state
        .app
        .read(caller, Action::ReadLicense, move |rx| {
            licensing::restoration(rx, id)
        })
        .await?;
    Ok(responses::one(
        &seen,
        shown.version,
        &EmergencyRestorationResponse::from(&shown),
    ))
}

/// Confirm an emergency restoration
///
/// Another of staff stands by it before its hours run out. An end that it took back is undone as a reinstatement undoes
/// it: deadlines move by the lost time, and requests that the error withdrew go on. Holds that it took back are lifted;
/// one that a rule opened must be cured first.
#[utoipa::path(
    tag = tags::EMERGENCY_RESTORATIONS,
    operation_id = "confirm_emergency_restoration",
    params(("id" = Uuid, Path, description = "The restoration.")),
    request_body(
        content = ConfirmRestorationRequest,
        description = "The version acted upon.",
        example = json!({ "expected_version": 1, "report": { "reason": "The supervisor called back." } }),
    ),
    responses(
        (
            status = 200,
            description = "The restoration, confirmed.",
            body = EmergencyRestorationResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example(true)),
        ),
        ConfirmProblems,
    ),
)]
#[post("/v1/emergency-restorations/{id}/confirm")]
async fn confirm_emergency_restoration(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    body: VersionedJson<ConfirmRestorationRequest>,
) -> Result<HttpResponse, Problem> {
    let expected = body.expected;
    let reported = ReportRequest::read(body.value.report)?;
    let call = Call::new(caller, Action::ConfirmRestoration, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| licensing::confirm_restoration(tx, id, expected, &reported),
            |shown| responses::changed(shown.version, &EmergencyRestorationResponse::from(shown)),
        )
        .await?;
    Ok(responses::send(reply))
}
