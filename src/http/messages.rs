//! `/v1/messages`.

use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use validator::Validate;

use super::extract::{Id, IfNoneMatch, Json, List, ListParameters, ListResponse, VersionedJson};
use super::problem::{BODY, Code, KNOWN, LIST, ONE, POST, Problem, VERSIONED};
use super::report::ReportRequest;
use super::time::InstantText;
use super::{State, responses, tags};
use crate::application::actor::Action;
use crate::application::outbox;
use crate::application::ports::MessageFilter;
use crate::application::{Call, Caller};
use crate::domain::ids::MessageId;
use crate::domain::outgoing::{Addressee, Message, MessageKind, MessageState};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_messages)
        .service(get_message)
        .service(retry_message)
        .service(bounce_message);
}

/// Where a message stands.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = MessageState)]
pub enum MessageStateName {
    /// It waits to be sent, for the first time or again.
    Waiting,
    Sent,
    /// Too many attempts failed on our side: retry it once the cause is mended.
    Dead,
    /// The recipient's mail server refused it for good, or it came back: its notices wait to be given in another way, or
    /// go to others who are responsible.
    Refused,
    /// Nothing in it was true any more when it was to be sent.
    Dropped,
}

impl From<MessageState> for MessageStateName {
    fn from(state: MessageState) -> Self {
        match state {
            MessageState::Waiting => Self::Waiting,
            MessageState::Sent => Self::Sent,
            MessageState::Dead => Self::Dead,
            MessageState::Refused => Self::Refused,
            MessageState::Dropped => Self::Dropped,
        }
    }
}

impl From<MessageStateName> for MessageState {
    fn from(name: MessageStateName) -> Self {
        match name {
            MessageStateName::Waiting => Self::Waiting,
            MessageStateName::Sent => Self::Sent,
            MessageStateName::Dead => Self::Dead,
            MessageStateName::Refused => Self::Refused,
            MessageStateName::Dropped => Self::Dropped,
        }
    }
}

/// What a message gathers.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = MessageKind)]
pub enum MessageKindName {
    /// What a person has to know of his own licenses.
    Own,
    /// What supervisors, authorized signers and the lead have to know of other people's.
    Duty,
    /// What is coming at an organization, to a supervisor once a week.
    Digest,
    /// Logins that nothing allowed, to the HMIS lead at once.
    Signals,
}

impl From<MessageKind> for MessageKindName {
    fn from(kind: MessageKind) -> Self {
        match kind {
            MessageKind::Own => Self::Own,
            MessageKind::Duty => Self::Duty,
            MessageKind::Digest => Self::Digest,
            MessageKind::Signals => Self::Signals,
        }
    }
}

/// A mail that gathers what one recipient has to be told on one day.
#[derive(Serialize, ToSchema)]
#[schema(as = Message)]
pub struct MessageResponse {
    id: Uuid,
    implementation_id: Uuid,
    kind: MessageKindName,
    /// To whom. The address is that of the person at the organization, confirmed and still used.
    #[serde(skip_serializing_if = "Option::is_none")]
    person_id: Option<Uuid>,
    /// To whom, where it is a contact of the organization. With neither it goes to the HMIS lead.
    #[serde(skip_serializing_if = "Option::is_none")]
    contact_id: Option<Uuid>,
    /// The organization that it is about. What a person is told of his own licenses goes to the address that is confirmed
    /// there, and may speak of others at which it is the same. Absent: it is about the whole implementation.
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_id: Option<Uuid>,
    /// The local day that it gathers.
    on_day: NaiveDate,
    state: MessageStateName,
    attempts: i32,
    /// When it is tried next, while it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_attempt_at: Option<DateTime<Utc>>,
    /// As it was last made; it is made anew for each attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// Why the last attempt failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
    queued_at: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    settled_at: Option<DateTime<Utc>>,
    version: i32,
}

impl From<&Message> for MessageResponse {
    fn from(message: &Message) -> Self {
        Self {
            id: message.id.into(),
            implementation_id: message.implementation_id.into(),
            kind: message.kind.into(),
            person_id: match message.to {
                Addressee::Person(id) => Some(id.into()),
                Addressee::Contact(_) | Addressee::Lead => None,
            },
            contact_id: match message.to {
                Addressee::Contact(id) => Some(id.into()),
                Addressee::Person(_) | Addressee::Lead => None,
            },
            organization_id: message.organization_id.map(Into::into),
            on_day: message.on_day,
            state: message.state.into(),
            attempts: message.attempts,
            next_attempt_at: (message.state == MessageState::Waiting)
                .then_some(message.next_attempt_at),
            subject: message.text.as_ref().map(|text| text.subject.clone()),
            text: message.text.as_ref().map(|text| text.plain.clone()),
            failure: message.failure.clone(),
            queued_at: message.queued_at,
            settled_at: message.settled_at,
            version: message.version,
        }
    }
}

/// Which version of the message is retried.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RetryMessageRequest {}

/// What narrows a list of messages.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct MessageQuery {
    /// Only those of this implementation.
    implementation_id: Option<Uuid>,
    /// Only those to this person.
    person_id: Option<Uuid>,
    /// Only those that stand so.
    state: Option<MessageStateName>,
}

/// That a message came back.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct BounceMessageRequest {
    /// When it came back. Left out: now.
    #[serde(default)]
    bounced_at: Option<InstantText>,
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

crate::problems!(ListProblems: KNOWN, LIST);
crate::problems!(GetProblems: KNOWN, ONE);
crate::problems!(BounceProblems: KNOWN, BODY, POST, ONE, [Code::OwnCase, Code::TransitionRefused]);
crate::problems!(RetryProblems: KNOWN, BODY, POST, VERSIONED, [Code::TransitionRefused]);

fn example(state: &str) -> Value {
    let mut example = json!({
        "id": "0199f3c2-b500-7100-8100-7e7e7e7e7e01",
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b20",
        "kind": "own",
        "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
        "organization_id": "0199f3c2-7a01-7c12-b7aa-1f3355aa7703",
        "on_day": "2026-04-02",
        "state": state,
        "attempts": 1,
        "subject": "HMIS of Detroit: please act before Wednesday, 8 April 2026",
        "text": "Hello Dana,\n\nthis is about your HMIS license at Corktown Shelter Alliance.\n",
        "queued_at": "2026-04-02T04:00:12Z",
        "version": 3,
    });
    if state == "waiting" {
        example["next_attempt_at"] = json!("2026-04-02T04:00:12Z");
    } else {
        example["settled_at"] = json!("2026-04-02T04:00:20Z");
    }
    example
}

/// List messages
///
/// Mails that were sent, wait to be, or could not be. Those that are `dead` need somebody to mend the cause, those that
/// are `refused` an address that works.
#[utoipa::path(
    tag = tags::NOTICES,
    operation_id = "list_messages",
    params(MessageQuery, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of messages.",
            body = ListResponse<MessageResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [example("sent")], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/messages")]
async fn list_messages(
    state: web::Data<State>,
    list: List<MessageQuery>,
) -> Result<HttpResponse, Problem> {
    let filter = MessageFilter {
        implementation_id: list.filter.implementation_id.map(Into::into),
        person_id: list.filter.person_id.map(Into::into),
        state: list.filter.state.map(Into::into),
    };
    let paging = list.paging;
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadMessage, move |rx| {
            outbox::messages(rx, &filter, paging)
        })
        .await?;
    Ok(list.respond(&slice, |message| MessageResponse::from(message)))
}

/// Get a message
///
/// What it says, and where it stands.
#[utoipa::path(
    tag = tags::NOTICES,
    operation_id = "get_message",
    params(("id" = Uuid, Path, description = "The message.")),
    responses(
        (
            status = 200,
            description = "The message.",
            body = MessageResponse,
            headers(("ETag" = String, description = "The version, for If-None-Match and If-Match.")),
            example = json!(example("sent")),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/messages/{id}")]
async fn get_message(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<MessageId>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let message = state
        .app
        .read(caller, Action::ReadMessage, move |rx| {
            outbox::message(rx, id)
        })
        .await?;
    Ok(responses::one(
        &seen,
        message.version,
        &MessageResponse::from(&message),
    ))
}

/// Retry a message
///
/// Lets a message be tried again that failed too often on our side. It is made anew: what is no longer true is left out,
/// and the days count from its sending.
#[utoipa::path(
    tag = tags::NOTICES,
    operation_id = "retry_message",
    params(("id" = Uuid, Path, description = "The message.")),
    request_body(
        content = RetryMessageRequest,
        description = "The version that was seen.",
        example = json!({ "expected_version": 25 }),
    ),
    responses(
        (
            status = 200,
            description = "The message, waiting.",
            body = MessageResponse,
            headers(("ETag" = String, description = "The new version.")),
            example = json!(example("waiting")),
        ),
        RetryProblems,
    ),
)]
#[post("/v1/messages/{id}/retry")]
async fn retry_message(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<MessageId>,
    body: VersionedJson<RetryMessageRequest>,
) -> Result<HttpResponse, Problem> {
    let call = Call::new(caller, Action::RetryMessage, body.idempotency);
    let expected = body.expected;
    let reply = state
        .app
        .write(
            call,
            move |tx| outbox::retry_message(tx, id, expected),
            |message| responses::changed(message.version, &MessageResponse::from(message)),
        )
        .await?;
    Ok(responses::send(reply))
}

/// Record that a message came back
///
/// A mail about other people's licenses (`duty`, `digest`) that was sent to a supervisor, an authorized signer or the lead
/// and came back: its `Message-ID` begins with the id. Whoever else is responsible is told in his place, and the lead, who
/// reads whose address does not work; what the lead cannot be given goes to nobody else. A notice that was told by it alone
/// counts no longer. Of a mail about a person's own license, record the bounce of each notice instead.
#[utoipa::path(
    tag = tags::NOTICES,
    operation_id = "bounce_message",
    params(("id" = Uuid, Path, description = "The message.")),
    request_body(
        content = BounceMessageRequest,
        description = "When it came back, and how it became known.",
        example = json!({ "bounced_at": "2026-04-04T10:00:00-04:00" }),
    ),
    responses(
        (
            status = 200,
            description = "The message, refused.",
            body = MessageResponse,
            headers(("ETag" = String, description = "The new version.")),
            example = json!(example("refused")),
        ),
        BounceProblems,
    ),
)]
#[post("/v1/messages/{id}/bounce")]
async fn bounce_message(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<MessageId>,
    body: Json<BounceMessageRequest>,
) -> Result<HttpResponse, Problem> {
    let bounced_at = body.value.bounced_at.map(|at| at.0);
    let reported = ReportRequest::read(body.value.report)?;
    let call = Call::new(caller, Action::BounceMessage, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| outbox::bounce_message(tx, id, bounced_at, &reported),
            |message| responses::changed(message.version, &MessageResponse::from(message)),
        )
        .await?;
    Ok(responses::send(reply))
}
