//! What departures and deactivations share: both are announced ends that can be moved or called off until they take
//! effect.

use actix_web::HttpResponse;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use validator::Validate;

use super::extract::{IfNoneMatch, List, VersionedJson};
use super::licenses::LicenseStateName;
use super::problem::Problem;
use super::report::{ReportRequest, ReportResponse, needed_moment};
use super::time::{DayText, InstantText};
use super::{State, responses};
use crate::application::actor::Action;
use crate::application::licensing::{self, Affected, EndKind, EndShown, EndStatus};
use crate::application::ports::FactFilter;
use crate::application::{Call, Caller, Reply};
use crate::domain::calendar::Precision;
use crate::domain::fact::DeactivationCause;
use crate::domain::ids::FactId;

/// Where an announced end stands.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = EndStatus)]
pub enum EndStatusName {
    /// It lies ahead, and can be moved or called off.
    Scheduled,
    /// It took effect: access is off because of it.
    Effective,
    Cancelled,
}

/// Why access ends.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DeactivationCause)]
pub enum CauseName {
    EmploymentEnded,
    NoLongerNeeded,
    Inactivity,
    RecertificationOverdue,
    AgreementLapsed,
    Violation,
    SuspensionTooLong,
    OrganizationLeft,
    Barred,
    SeatReduction,
    Requested,
    Duplicate,
}

impl From<CauseName> for DeactivationCause {
    fn from(name: CauseName) -> Self {
        match name {
            CauseName::EmploymentEnded => Self::EmploymentEnded,
            CauseName::NoLongerNeeded => Self::NoLongerNeeded,
            CauseName::Inactivity => Self::Inactivity,
            CauseName::RecertificationOverdue => Self::RecertificationOverdue,
            CauseName::AgreementLapsed => Self::AgreementLapsed,
            CauseName::Violation => Self::Violation,
            CauseName::SuspensionTooLong => Self::SuspensionTooLong,
            CauseName::OrganizationLeft => Self::OrganizationLeft,
            CauseName::Barred => Self::Barred,
            CauseName::SeatReduction => Self::SeatReduction,
            CauseName::Requested => Self::Requested,
            CauseName::Duplicate => Self::Duplicate,
        }
    }
}

impl From<DeactivationCause> for CauseName {
    fn from(cause: DeactivationCause) -> Self {
        match cause {
            DeactivationCause::EmploymentEnded => Self::EmploymentEnded,
            DeactivationCause::NoLongerNeeded => Self::NoLongerNeeded,
            DeactivationCause::Inactivity => Self::Inactivity,
            DeactivationCause::RecertificationOverdue => Self::RecertificationOverdue,
            DeactivationCause::AgreementLapsed => Self::AgreementLapsed,
            DeactivationCause::Violation => Self::Violation,
            DeactivationCause::SuspensionTooLong => Self::SuspensionTooLong,
            DeactivationCause::OrganizationLeft => Self::OrganizationLeft,
            DeactivationCause::Barred => Self::Barred,
            DeactivationCause::SeatReduction => Self::SeatReduction,
            DeactivationCause::Requested => Self::Requested,
            DeactivationCause::Duplicate => Self::Duplicate,
        }
    }
}

/// How exactly a moment is known.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Precision)]
pub enum PrecisionName {
    Instant,
    /// Only the local day; the instant is the day's end in the implementation's zone.
    Day,
}

impl From<Precision> for PrecisionName {
    fn from(precision: Precision) -> Self {
        match precision {
            Precision::Instant => Self::Instant,
            Precision::Day => Self::Day,
        }
    }
}

/// Whom it would hit: look before you record.
#[derive(Serialize, ToSchema)]
#[schema(as = Affected)]
pub struct AffectedResponse {
    given_name: String,
    family_name: String,
    /// Organizations where the person has access now, as far as the caller may know.
    organization_ids: Vec<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_login_at: Option<DateTime<Utc>>,
    /// The state of the license before.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<LicenseStateName>,
}

impl From<&Affected> for AffectedResponse {
    fn from(affected: &Affected) -> Self {
        Self {
            given_name: affected.given_name.clone(),
            family_name: affected.family_name.clone(),
            organization_ids: affected.organizations.iter().map(|id| id.0).collect(),
            last_login_at: affected.last_login_at,
            state: affected.state.map(Into::into),
        }
    }
}

/// A departure or deactivation as it stands now.
#[derive(Serialize, ToSchema)]
#[schema(as = AnnouncedEnd)]
pub struct AnnouncedEndResponse {
    id: Uuid,
    implementation_id: Uuid,
    person_id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    license_id: Option<Uuid>,
    /// A cause, or `contact_the_lead` where its reader may not know it.
    cause: &'static str,
    status: EndStatusName,
    /// When it ended or will end, after every move. Where only a day is known, the end of that day.
    ended_at: DateTime<Utc>,
    precision: PrecisionName,
    /// From when access is off because of it: never before it was recorded.
    acts_at: DateTime<Utc>,
    /// When access was decided off at this organization because of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    access_off_at: Option<DateTime<Utc>>,
    /// It took effect, and yet a license that began after it gives access at this organization now: the person was
    /// rehired, or the date is wrong. Look, and deactivate the license if nobody was rehired.
    access_remains: bool,
    /// When it had to be reported, by the policy in force: departures, and ends of need.
    #[serde(skip_serializing_if = "Option::is_none")]
    notice_due_at: Option<DateTime<Utc>>,
    /// Whether it was reported after that.
    #[serde(skip_serializing_if = "Option::is_none")]
    late: Option<bool>,
    /// Minutes between the end and its report; negative where it was reported before.
    #[serde(skip_serializing_if = "Option::is_none")]
    minutes_until_report: Option<i64>,
    /// Logins between the end and the instant from which access was off because of it (departures only).
    #[serde(skip_serializing_if = "Option::is_none")]
    logins_after_end: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_login_after_end_at: Option<DateTime<Utc>>,
    report: ReportResponse,
    /// Whom it would hit; only in the answer to a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    affected: Option<AffectedResponse>,
    /// Rises with every move and with a cancellation; `expected_version` is compared with it.
    version: i32,
}

impl From<&EndShown> for AnnouncedEndResponse {
    fn from(end: &EndShown) -> Self {
        Self {
            id: end.fact.id.into(),
            implementation_id: end.fact.implementation_id.into(),
            person_id: end.fact.person_id.into(),
            organization_id: end.fact.organization_id.map(Into::into),
            license_id: end.figures.license_id.map(Into::into),
            cause: if end.cause_withheld {
                licensing::CONTACT_THE_LEAD
            } else {
                end.cause.as_str()
            },
            status: match end.status {
                EndStatus::Scheduled => EndStatusName::Scheduled,
                EndStatus::Effective => EndStatusName::Effective,
                EndStatus::Cancelled => EndStatusName::Cancelled,
            },
            ended_at: end.ended_at,
            precision: end.precision.into(),
            acts_at: end.acts_at,
            access_off_at: end.figures.access_off_at,
            access_remains: end.figures.access_remains,
            notice_due_at: end.figures.notice_due_at,
            late: end.figures.late,
            minutes_until_report: end.figures.minutes_until_report,
            logins_after_end: end.figures.logins_after_end,
            last_login_after_end_at: end.figures.last_login_after_end_at,
            report: (&end.fact.envelope).into(),
            affected: end.affected.as_ref().map(Into::into),
            version: end.version,
        }
    }
}

/// What narrows a list of ends.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct EndFilter {
    /// Only those of this implementation.
    implementation_id: Option<Uuid>,
    /// Only those of this organization.
    organization_id: Option<Uuid>,
    /// Only those of this person.
    person_id: Option<Uuid>,
}

/// Whether to try it out only.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams, Validate)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct DryRun {
    /// `true`: answer what would happen and whom it would hit, and keep nothing.
    #[serde(default)]
    #[param(default = false)]
    pub dry_run: bool,
}

/// Why an end is called off.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CancelRequest {
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

/// To when a departure is moved.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RescheduleDepartureRequest {
    #[serde(default)]
    pub ended_at: Option<InstantText>,
    /// The last local day of employment.
    #[serde(default)]
    pub ended_on: Option<DayText>,
    #[serde(default)]
    #[validate(nested)]
    pub report: Option<ReportRequest>,
}

/// To when a deactivation is moved.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RescheduleDeactivationRequest {
    #[serde(default)]
    pub effective_at: Option<InstantText>,
    /// The last local day of access.
    #[serde(default)]
    pub effective_on: Option<DayText>,
    #[serde(default)]
    #[validate(nested)]
    pub report: Option<ReportRequest>,
}

/// Sends a page of ends.
pub async fn list(
    state: &State,
    list: List<EndFilter>,
    kind: EndKind,
) -> Result<HttpResponse, Problem> {
    let filter = FactFilter {
        implementation_id: list.filter.implementation_id.map(Into::into),
        organization_id: list.filter.organization_id.map(Into::into),
        person_id: list.filter.person_id.map(Into::into),
        ..FactFilter::default()
    };
    let paging = list.paging;
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadFact, move |rx| {
            licensing::ends(rx, kind, &filter, paging)
        })
        .await?;
    Ok(list.respond(&slice, |end| AnnouncedEndResponse::from(end)))
}

/// Sends one end.
pub async fn get(
    state: &State,
    caller: Caller,
    id: FactId,
    seen: IfNoneMatch,
    kind: EndKind,
) -> Result<HttpResponse, Problem> {
    let end = state
        .app
        .read(caller, Action::ReadFact, move |rx| {
            licensing::end(rx, kind, id)
        })
        .await?;
    Ok(responses::one(
        &seen,
        end.version,
        &AnnouncedEndResponse::from(&end),
    ))
}

/// The answer to a recorded end: 201, or 200 for a dry run, which made nothing.
pub fn recorded(end: &EndShown, path: &str) -> Reply {
    let body = AnnouncedEndResponse::from(end);
    if end.affected.is_some() {
        responses::outcome(&body)
    } else {
        responses::created(format!("{path}/{}", end.fact.id), end.version, &body)
    }
}

/// Calls an end off.
pub async fn cancel(
    state: &State,
    caller: Caller,
    id: FactId,
    body: VersionedJson<CancelRequest>,
    (kind, action): (EndKind, Action),
) -> Result<HttpResponse, Problem> {
    let expected = body.expected;
    let reported = ReportRequest::read(body.value.report)?;
    let call = Call::new(caller, action, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| licensing::cancel_end(tx, kind, id, expected, &reported),
            |end| responses::changed(end.version, &AnnouncedEndResponse::from(end)),
        )
        .await?;
    Ok(responses::send(reply))
}

/// A new date for an end, as the body of its door gives it.
pub struct NewDate {
    pub at: Option<InstantText>,
    pub on: Option<DayText>,
    pub report: Option<ReportRequest>,
    /// `ended` or `effective`.
    pub field: &'static str,
}

/// Moves an end.
pub async fn reschedule(
    state: &State,
    call: Call,
    id: FactId,
    expected: i32,
    date: NewDate,
    kind: EndKind,
) -> Result<HttpResponse, Problem> {
    let moment = needed_moment(date.at, date.on, date.field)?;
    let reported = ReportRequest::read(date.report)?;
    let reply = state
        .app
        .write(
            call,
            move |tx| licensing::reschedule_end(tx, kind, id, expected, moment, &reported),
            |end| responses::changed(end.version, &AnnouncedEndResponse::from(end)),
        )
        .await?;
    Ok(responses::send(reply))
}

/// The example of both doors.
#[must_use]
pub fn example(cause: &str, status: &str, version: i32) -> Value {
    let mut example = json!({
        "id": "0199f3c2-a100-7d00-8e00-6f6f6f6f6f01",
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b20",
        "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
        "organization_id": "0199f3c2-7a01-7c12-b7aa-1f3355aa7703",
        "license_id": "0199f3c2-9a00-7c00-8d00-5e5e5e5e5e01",
        "cause": cause,
        "status": status,
        "ended_at": "2026-06-30T21:00:00Z",
        "precision": "instant",
        "acts_at": "2026-06-30T21:00:00Z",
        "access_remains": false,
        "report": {
            "reported_at": "2026-06-15T13:00:00Z",
            "recorded_at": "2026-06-15T13:00:00Z",
            "recorded_by": "0199f3c2-6000-7a00-9000-aaaaaaaaaa01",
            "channel": "api",
        },
        "version": version,
    });
    if cause == "employment_ended" && status != "cancelled" {
        example["notice_due_at"] = json!("2026-07-01T21:00:00Z");
        example["late"] = json!(false);
        example["minutes_until_report"] = json!(-22_080);
        example["logins_after_end"] = json!(0);
    }
    example
}
