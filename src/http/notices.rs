//! `/v1/notices`.

use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use validator::Validate;

use super::extract::{Id, IfNoneMatch, Json, List, ListParameters, ListResponse};
use super::problem::{BODY, Code, KNOWN, LIST, ONE, POST, Problem};
use super::report::{ChannelName, ReportRequest, ReportResponse};
use super::time::{DayText, InstantText};
use super::{State, checks, responses, tags};
use crate::application::actor::Action;
use crate::application::licensing::notices::{self, NoticeReport, NoticeShown, NoticeStatus};
use crate::application::ports::FactFilter;
use crate::application::{Call, Caller};
use crate::domain::evaluate::NewNotice;
use crate::domain::fact::{FactBody, NoticeRule};
use crate::domain::ids::{FactId, LicenseId};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_notices)
        .service(record_notice)
        .service(get_notice)
        .service(bounce_notice);
}

/// The rule that a notice speaks for.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = NoticeRule)]
pub enum RuleName {
    Inactivity,
    Recertification,
    Campaign,
    Agreement,
    Term,
    SuspensionTooLong,
    LastProjectRemoved,
    SeatReduction,
    Waiver,
}

impl From<RuleName> for NoticeRule {
    fn from(name: RuleName) -> Self {
        match name {
            RuleName::Inactivity => Self::Inactivity,
            RuleName::Recertification => Self::Recertification,
            RuleName::Campaign => Self::Campaign,
            RuleName::Agreement => Self::Agreement,
            RuleName::Term => Self::Term,
            RuleName::SuspensionTooLong => Self::SuspensionTooLong,
            RuleName::LastProjectRemoved => Self::LastProjectRemoved,
            RuleName::SeatReduction => Self::SeatReduction,
            RuleName::Waiver => Self::Waiver,
        }
    }
}

/// Where a notice stands.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = NoticeStatus)]
pub enum NoticeStatusName {
    /// What it named may happen.
    Counts,
    /// It did not arrive.
    Bounced,
    /// It no longer counts, and never will again.
    Void,
}

/// A notice that was given.
#[derive(Serialize, ToSchema)]
#[schema(as = Notice)]
pub struct NoticeResponse {
    id: Uuid,
    implementation_id: Uuid,
    person_id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    license_id: Option<Uuid>,
    /// The rule it speaks for.
    rule: &'static str,
    /// The step of the inactivity rule, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<usize>,
    /// The requirement it speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    requirement: Option<String>,
    /// The local day the count began.
    #[serde(skip_serializing_if = "Option::is_none")]
    anchor_on: Option<NaiveDate>,
    /// The first local day without access.
    #[serde(skip_serializing_if = "Option::is_none")]
    named_on: Option<NaiveDate>,
    /// How it reached the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<ChannelName>,
    sent_at: DateTime<Utc>,
    status: NoticeStatusName,
    #[serde(skip_serializing_if = "Option::is_none")]
    bounced_at: Option<DateTime<Utc>>,
    report: ReportResponse,
}

impl From<&NoticeShown> for NoticeResponse {
    fn from(shown: &NoticeShown) -> Self {
        let fact = &shown.fact;
        let mut response = Self {
            id: fact.id.into(),
            implementation_id: fact.implementation_id.into(),
            person_id: fact.person_id.into(),
            organization_id: fact.organization_id.map(Into::into),
            license_id: fact.license_id.map(Into::into),
            rule: "",
            step: None,
            requirement: None,
            anchor_on: None,
            named_on: None,
            channel: None,
            sent_at: fact.envelope.occurred_at,
            status: match shown.status {
                NoticeStatus::Counts => NoticeStatusName::Counts,
                NoticeStatus::Bounced => NoticeStatusName::Bounced,
                NoticeStatus::Void => NoticeStatusName::Void,
            },
            bounced_at: shown.bounced_at,
            report: (&fact.envelope).into(),
        };
        if let FactBody::NoticeSent {
            rule,
            step,
            requirement,
            anchor_on,
            named_on,
            channel,
        } = &fact.body
        {
            response.rule = rule.as_str();
            response.step = *step;
            response.requirement.clone_from(requirement);
            response.anchor_on = Some(*anchor_on);
            response.named_on = Some(*named_on);
            response.channel = channel.map(Into::into);
        }
        response
    }
}

impl NoticeShown {
    /// Rises when it bounces or becomes void.
    fn version(&self) -> i32 {
        match self.status {
            NoticeStatus::Counts => 1,
            NoticeStatus::Bounced | NoticeStatus::Void => 2,
        }
    }
}

/// A notice that was given by phone, letter or a mail of one's own.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RecordNoticeRequest {
    license_id: Uuid,
    rule: RuleName,
    /// The step of the inactivity rule, from 0. Left out where the rule has no steps.
    #[serde(default)]
    #[validate(range(max = 99))]
    #[schema(maximum = 99)]
    step: Option<usize>,
    /// The requirement it speaks of, for rules that have several: `agreement:user_agreement`.
    #[serde(default)]
    #[validate(length(min = 1, max = 200), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 200)]
    requirement: Option<String>,
    /// The local day the count began, as the license's explanation shows it.
    anchor_on: DayText,
    /// The first local day without access that the person was told.
    named_on: DayText,
    /// How it reached the person.
    channel: ChannelName,
    /// When it was sent or said; at most 5 minutes ahead. A grace starts at most 24 hours before the recording.
    sent_at: InstantText,
    /// The notice that this one corrects, which counts no longer; a reason is needed then.
    #[serde(default)]
    supersedes: Option<Uuid>,
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

/// That a notice did not arrive.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct BounceNoticeRequest {
    /// When it came back. Left out: now.
    #[serde(default)]
    bounced_at: Option<InstantText>,
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

/// What narrows a list of notices.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct NoticeFilter {
    /// Only those of this implementation.
    implementation_id: Option<Uuid>,
    /// Only those of this organization.
    organization_id: Option<Uuid>,
    /// Only those to this person.
    person_id: Option<Uuid>,
    /// Only those about this license.
    license_id: Option<Uuid>,
}

crate::problems!(ListProblems: KNOWN, LIST);
crate::problems!(GetProblems: KNOWN, ONE);
crate::problems!(RecordProblems: KNOWN, BODY, POST, [Code::OwnCase, Code::TransitionRefused]);
crate::problems!(BounceProblems: KNOWN, BODY, POST, ONE, [Code::OwnCase, Code::TransitionRefused]);

fn example(status: &str) -> Value {
    let mut example = json!({
        "id": "0199f3c2-b400-7100-8100-7d7d7d7d7d01",
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b20",
        "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
        "organization_id": "0199f3c2-7a01-7c12-b7aa-1f3355aa7703",
        "license_id": "0199f3c2-9a00-7c00-8d00-5e5e5e5e5e01",
        "rule": "inactivity",
        "step": 0,
        "anchor_on": "2026-03-02",
        "named_on": "2026-04-08",
        "channel": "letter",
        "sent_at": "2026-04-02T13:00:00Z",
        "status": status,
        "report": {
            "reported_at": "2026-04-02T13:05:00Z",
            "recorded_at": "2026-04-02T13:05:00Z",
            "recorded_by": "0199f3c2-6000-7a00-9000-aaaaaaaaaa01",
            "channel": "api",
        },
    });
    if status == "bounced" {
        example["bounced_at"] = json!("2026-04-04T14:00:00Z");
    }
    example
}

/// List notices
///
/// What people were told before access ends, and whether it still counts.
#[utoipa::path(
    tag = tags::NOTICES,
    operation_id = "list_notices",
    params(NoticeFilter, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of notices.",
            body = ListResponse<NoticeResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [example("counts")], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/notices")]
async fn list_notices(
    state: web::Data<State>,
    list: List<NoticeFilter>,
) -> Result<HttpResponse, Problem> {
    let filter = FactFilter {
        implementation_id: list.filter.implementation_id.map(Into::into),
        organization_id: list.filter.organization_id.map(Into::into),
        person_id: list.filter.person_id.map(Into::into),
        license_id: list.filter.license_id.map(Into::into),
        ..FactFilter::default()
    };
    let paging = list.paging;
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadFact, move |rx| {
            notices::notices(rx, &filter, paging)
        })
        .await?;
    Ok(list.respond(&slice, |shown| NoticeResponse::from(shown)))
}

/// Get a notice
///
/// What a person was told, and whether it still counts.
#[utoipa::path(
    tag = tags::NOTICES,
    operation_id = "get_notice",
    params(("id" = Uuid, Path, description = "The notice.")),
    responses(
        (
            status = 200,
            description = "The notice.",
            body = NoticeResponse,
            headers(("ETag" = String, description = "The version, for If-None-Match.")),
            example = json!(example("counts")),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/notices/{id}")]
async fn get_notice(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let shown = state
        .app
        .read(caller, Action::ReadFact, move |rx| notices::notice(rx, id))
        .await?;
    Ok(responses::one(
        &seen,
        shown.version(),
        &NoticeResponse::from(&shown),
    ))
}

/// Record a notice
///
/// A notice starts a grace period, so only one that the rules call for is recorded: it was due when it was sent, counts
/// from the day the license does, names no day earlier than the policy promises, and repeats none that still counts.
/// The refusal names what is due.
#[utoipa::path(
    tag = tags::NOTICES,
    operation_id = "record_notice",
    request_body(
        content = RecordNoticeRequest,
        description = "The notice.",
        example = json!({
            "license_id": "0199f3c2-9a00-7c00-8d00-5e5e5e5e5e01",
            "rule": "inactivity",
            "step": 0,
            "anchor_on": "2026-03-02",
            "named_on": "2026-04-08",
            "channel": "letter",
            "sent_at": "2026-04-02T09:00:00-04:00",
        }),
    ),
    responses(
        (
            status = 201,
            description = "The notice as recorded.",
            body = NoticeResponse,
            headers(
                ("ETag" = String, description = "The version, for If-None-Match."),
                ("Location" = String, description = "Where it is found."),
            ),
            example = json!(example("counts")),
        ),
        RecordProblems,
    ),
)]
#[post("/v1/notices")]
async fn record_notice(
    caller: Caller,
    state: web::Data<State>,
    body: Json<RecordNoticeRequest>,
) -> Result<HttpResponse, Problem> {
    let request = body.value;
    let new = NoticeReport {
        license_id: LicenseId(request.license_id),
        notice: NewNotice {
            rule: request.rule.into(),
            step: request.step,
            requirement: request.requirement,
            anchor_on: request.anchor_on.0,
            named_on: request.named_on.0,
            sent_at: request.sent_at.0,
        },
        channel: request.channel.into(),
        supersedes: request.supersedes.map(FactId),
        reported: ReportRequest::read(request.report)?,
    };
    let call = Call {
        caller,
        action: Action::RecordNotice,
        idempotency: body.idempotency,
        dry_run: false,
    };
    let reply = state
        .app
        .write(
            call,
            move |tx| notices::record_notice(tx, &new),
            |shown| {
                responses::created(
                    format!("/v1/notices/{}", shown.fact.id),
                    shown.version(),
                    &NoticeResponse::from(shown),
                )
            },
        )
        .await?;
    Ok(responses::send(reply))
}

/// Say that a notice did not arrive
///
/// It counts no longer, and the same notice may be sent again with a full grace. An end that rested on it is contested.
#[utoipa::path(
    tag = tags::NOTICES,
    operation_id = "bounce_notice",
    params(("id" = Uuid, Path, description = "The notice.")),
    request_body(
        content = BounceNoticeRequest,
        description = "When it came back, and how it became known.",
        example = json!({ "bounced_at": "2026-04-04T10:00:00-04:00" }),
    ),
    responses(
        (
            status = 200,
            description = "The notice, bounced.",
            body = NoticeResponse,
            headers(("ETag" = String, description = "The version, for If-None-Match.")),
            example = json!(example("bounced")),
        ),
        BounceProblems,
    ),
)]
#[post("/v1/notices/{id}/bounce")]
async fn bounce_notice(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    body: Json<BounceNoticeRequest>,
) -> Result<HttpResponse, Problem> {
    let bounced_at = body.value.bounced_at.map(|at| at.0);
    let reported = ReportRequest::read(body.value.report)?;
    let call = Call {
        caller,
        action: Action::RecordNotice,
        idempotency: body.idempotency,
        dry_run: false,
    };
    let reply = state
        .app
        .write(
            call,
            move |tx| notices::bounce_notice(tx, id, bounced_at, &reported),
            |shown| responses::changed(shown.version(), &NoticeResponse::from(shown)),
        )
        .await?;
    Ok(responses::send(reply))
}
