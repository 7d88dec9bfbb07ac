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
use crate::application::licensing::notices::{
    self, NoticeRecord, NoticeReport, NoticeShown, NoticeStatus, NoticesQuery,
};
use crate::application::outbox::{self, NewDelivery};
use crate::application::{Call, Caller};
use crate::domain::evaluate::NewNotice;
use crate::domain::fact::{Fact, FactBody, NoticeRule};
use crate::domain::ids::{FactId, LicenseId};
use crate::domain::outgoing::{NoticeKind, QueuedNotice};
use crate::domain::policy::Recipient;

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_notices)
        .service(record_notice)
        .service(get_notice)
        .service(bounce_notice)
        .service(give_notice);
}

/// The rule that a notice speaks for.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
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
    /// Notices do not reach the holder: said to the supervisors and the lead.
    Unreachable,
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
            RuleName::Unreachable => Self::Unreachable,
        }
    }
}

/// What a notice is.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = NoticeKind)]
pub enum NoticeKindName {
    /// It names a day, and what it warns of may happen once it was given.
    Notice,
    /// It repeats what a notice said, some days before its day.
    Reminder,
    /// What an earlier one said no longer holds.
    Retraction,
    /// It tells supervisors on the last day that access ends with it.
    LastDay,
    /// It tells whoever came back until when the first login is required. It starts no grace.
    Return,
}

impl From<NoticeKind> for NoticeKindName {
    fn from(kind: NoticeKind) -> Self {
        match kind {
            NoticeKind::Notice => Self::Notice,
            NoticeKind::Reminder => Self::Reminder,
            NoticeKind::Retraction => Self::Retraction,
            NoticeKind::LastDay => Self::LastDay,
            NoticeKind::Return => Self::Return,
        }
    }
}

/// Where a notice stands.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = NoticeStatus)]
pub enum NoticeStatusName {
    /// It waits to be given: by mail, or by staff.
    Queued,
    /// It waits for staff to give it: there is no confirmed address, or the recipient's mail server refused it.
    Undeliverable,
    /// What it named may happen.
    Counts,
    /// It did not arrive.
    Bounced,
    /// It no longer counts, and never will again.
    Void,
    /// It was given, and starts no grace: a reminder or a retraction.
    Given,
    /// It was no longer true before it was given.
    Dropped,
}

impl From<NoticeStatus> for NoticeStatusName {
    fn from(status: NoticeStatus) -> Self {
        match status {
            NoticeStatus::Queued => Self::Queued,
            NoticeStatus::Undeliverable => Self::Undeliverable,
            NoticeStatus::Counts => Self::Counts,
            NoticeStatus::Bounced => Self::Bounced,
            NoticeStatus::Void => Self::Void,
            NoticeStatus::Given => Self::Given,
            NoticeStatus::Dropped => Self::Dropped,
        }
    }
}

/// Whom a notice tells.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = NoticeRecipient)]
pub enum RecipientName {
    /// The license's holder.
    User,
    /// The organization's supervisors, else its authorized signer, else the lead.
    Supervisors,
    /// The organization's authorized signer, else the lead.
    Signer,
}

impl From<Recipient> for RecipientName {
    fn from(recipient: Recipient) -> Self {
        match recipient {
            Recipient::User => Self::User,
            Recipient::Supervisors => Self::Supervisors,
            Recipient::Signer => Self::Signer,
        }
    }
}

/// A notice that was given, or waits to be.
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
    kind: NoticeKindName,
    /// Whom it tells.
    tells: Vec<RecipientName>,
    /// The rule it speaks for.
    rule: &'static str,
    /// The step of the inactivity rule, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<usize>,
    /// Earlier steps that were due too, and were overtaken before anybody was told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    skipped_steps: Vec<usize>,
    /// The requirement it speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    requirement: Option<String>,
    /// The local day the count began.
    #[serde(skip_serializing_if = "Option::is_none")]
    anchor_on: Option<NaiveDate>,
    /// The first local day without access; while it waits, the one to name if it is given now.
    #[serde(skip_serializing_if = "Option::is_none")]
    named_on: Option<NaiveDate>,
    /// Since when it may be given, of one that the service queued.
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<DateTime<Utc>>,
    /// The message that carries it.
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<Uuid>,
    /// The notice that it takes back.
    #[serde(skip_serializing_if = "Option::is_none")]
    retracts: Option<Uuid>,
    /// How it reached the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<ChannelName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_at: Option<DateTime<Utc>>,
    status: NoticeStatusName,
    #[serde(skip_serializing_if = "Option::is_none")]
    bounced_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<ReportResponse>,
}

impl NoticeResponse {
    fn given(shown: &NoticeShown, fact: &Fact) -> Self {
        let mut response = Self {
            id: fact.id.into(),
            implementation_id: fact.implementation_id.into(),
            person_id: fact.person_id.into(),
            organization_id: fact.organization_id.map(Into::into),
            license_id: fact.license_id.map(Into::into),
            kind: NoticeKindName::Notice,
            tells: Vec::new(),
            rule: "",
            step: None,
            skipped_steps: Vec::new(),
            requirement: None,
            anchor_on: None,
            named_on: shown.named_on,
            due_at: None,
            message_id: None,
            retracts: None,
            channel: None,
            sent_at: Some(fact.envelope.occurred_at),
            status: shown.status.into(),
            bounced_at: shown.bounced_at,
            report: Some((&fact.envelope).into()),
        };
        if let FactBody::NoticeSent {
            rule,
            step,
            requirement,
            anchor_on,
            channel,
            to,
            ..
        } = &fact.body
        {
            response.tells = vec![to.unwrap_or(Recipient::User).into()];
            response.rule = rule.as_str();
            response.step = *step;
            response.requirement.clone_from(requirement);
            response.anchor_on = Some(*anchor_on);
            response.channel = channel.map(Into::into);
        }
        response
    }

    fn queued(shown: &NoticeShown, queued: &QueuedNotice) -> Self {
        Self {
            id: queued.id.into(),
            implementation_id: queued.implementation_id.into(),
            person_id: queued.person_id.into(),
            organization_id: Some(queued.organization_id.into()),
            license_id: Some(queued.license_id.into()),
            kind: queued.kind.into(),
            tells: queued.tells.iter().copied().map(Into::into).collect(),
            rule: queued.subject.rule.as_str(),
            step: queued.subject.step,
            skipped_steps: queued.skipped.clone(),
            requirement: queued.subject.requirement.clone(),
            anchor_on: Some(queued.subject.anchor_on),
            named_on: shown.named_on,
            due_at: Some(queued.due_at),
            message_id: queued.message_id.map(Into::into),
            retracts: queued.retracts.map(Into::into),
            channel: None,
            sent_at: None,
            status: shown.status.into(),
            bounced_at: None,
            report: None,
        }
    }
}

impl From<&NoticeShown> for NoticeResponse {
    fn from(shown: &NoticeShown) -> Self {
        match &shown.record {
            NoticeRecord::Given(fact) => Self::given(shown, fact),
            NoticeRecord::Queued(queued) => Self::queued(shown, queued),
        }
    }
}

impl NoticeShown {
    /// Rises when it is given, bounces or becomes void.
    fn version(&self) -> i32 {
        match self.status {
            NoticeStatus::Queued | NoticeStatus::Undeliverable => 1,
            NoticeStatus::Counts | NoticeStatus::Given | NoticeStatus::Dropped => 2,
            NoticeStatus::Bounced | NoticeStatus::Void => 3,
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

/// How a notice that waited was given.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct GiveNoticeRequest {
    /// How it reached the person.
    channel: ChannelName,
    /// When it was sent or said; at most 5 minutes ahead. Left out: now.
    #[serde(default)]
    given_at: Option<InstantText>,
    /// The first local day without access that the person was told: that of the notice as it is shown, or a later one.
    named_on: DayText,
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
    /// Only those that wait to be given.
    #[serde(default)]
    waiting: bool,
}

crate::problems!(ListProblems: KNOWN, LIST);
crate::problems!(GetProblems: KNOWN, ONE);
crate::problems!(RecordProblems: KNOWN, BODY, POST, [Code::OwnCase, Code::TransitionRefused]);
crate::problems!(GiveProblems: KNOWN, BODY, POST, ONE, [Code::OwnCase, Code::TransitionRefused]);
crate::problems!(BounceProblems: KNOWN, BODY, POST, ONE, [Code::OwnCase, Code::TransitionRefused]);

fn example(status: &str) -> Value {
    let mut example = json!({
        "id": "0199f3c2-b400-7100-8100-7d7d7d7d7d01",
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b20",
        "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
        "organization_id": "0199f3c2-7a01-7c12-b7aa-1f3355aa7703",
        "license_id": "0199f3c2-9a00-7c00-8d00-5e5e5e5e5e01",
        "kind": "notice",
        "tells": ["user"],
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
/// What people were told before access ends, and whether it still counts; and what they are to be told. With
/// `waiting=true` only that: without a mail server, or an address, it is the list to telephone from.
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
    let query = NoticesQuery {
        implementation_id: list.filter.implementation_id.map(Into::into),
        organization_id: list.filter.organization_id.map(Into::into),
        person_id: list.filter.person_id.map(Into::into),
        license_id: list.filter.license_id.map(Into::into),
        waiting: list.filter.waiting,
    };
    let paging = list.paging;
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadFact, move |rx| {
            notices::notices(rx, &query, paging)
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
    let call = Call::new(caller, Action::RecordNotice, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| notices::record_notice(tx, &new),
            |shown| {
                responses::created(
                    format!("/v1/notices/{}", shown.id()),
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
/// It counts no longer, and the same notice may be sent again with a full grace. An end that rested on it is contested. A
/// reminder, a retraction and the message of a return, which start no grace, may be named too, by the id that they had
/// while they waited: they wait again, for another address or for staff, and whoever is responsible is told that the
/// person cannot be reached.
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
    let call = Call::new(caller, Action::RecordNotice, body.idempotency);
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

/// Record the delivery of a notice that waits
///
/// Somebody gave it by phone, letter or in person: the way for deployments without a mail server, and for people whom no
/// mail reaches. The grace starts with it, so the day that was named may be no earlier than the notice shows.
#[utoipa::path(
    tag = tags::NOTICES,
    operation_id = "give_notice",
    params(("id" = Uuid, Path, description = "The notice.")),
    request_body(
        content = GiveNoticeRequest,
        description = "How it was given, and the day that was named.",
        example = json!({
            "channel": "phone",
            "given_at": "2026-04-02T09:00:00-04:00",
            "named_on": "2026-04-08",
        }),
    ),
    responses(
        (
            status = 200,
            description = "The notice, given.",
            body = NoticeResponse,
            headers(("ETag" = String, description = "The version, for If-None-Match.")),
            example = json!(example("counts")),
        ),
        GiveProblems,
    ),
)]
#[post("/v1/notices/{id}/delivery")]
async fn give_notice(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    body: Json<GiveNoticeRequest>,
) -> Result<HttpResponse, Problem> {
    let new = NewDelivery {
        channel: body.value.channel.into(),
        given_at: body.value.given_at.map(|at| at.0),
        named_on: body.value.named_on.0,
        reported: ReportRequest::read(body.value.report)?,
    };
    let call = Call::new(caller, Action::RecordNotice, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| outbox::give_notice(tx, id, &new),
            |shown| responses::changed(shown.version(), &NoticeResponse::from(shown)),
        )
        .await?;
    Ok(responses::send(reply))
}
