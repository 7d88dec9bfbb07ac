//! `/v1/implementations/{id}/message-templates`.

use actix_web::{HttpResponse, get, post, put, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use validator::Validate;

use super::extract::{
    Id, IfNoneMatch, Json, List, ListParameters, ListResponse, Name, VersionedJson,
};
use super::problem::{BODY, Code, KNOWN, LIST, ONE, POST, Problem, VERSIONED};
use super::{State, responses, tags};
use crate::application::actor::Action;
use crate::application::outbox::{self, Preview, TemplateShown};
use crate::application::{Call, Caller, Error};
use crate::domain::fact::NoticeRule;
use crate::domain::ids::ImplementationId;
use crate::domain::template::{MessageTemplate, TemplateKind, TemplateText};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_message_templates)
        .service(get_message_template)
        .service(replace_message_template)
        .service(preview_message_template);
}

/// The kind of message that a path names.
fn kind_of(name: &str) -> Option<TemplateKind> {
    TemplateKind::parse(name)
}

/// What a text is for: notices and reminders of a rule to whoever they are about, or another kind of message.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = MessageTemplateKind)]
pub enum TemplateKindName {
    Inactivity,
    Recertification,
    Campaign,
    Agreement,
    Term,
    SuspensionTooLong,
    LastProjectRemoved,
    SeatReduction,
    Waiver,
    Unreachable,
    /// To the same person: what an earlier message said no longer holds.
    Retraction,
    /// To whoever came back: until when to log in.
    Return,
    /// Notices and reminders as they go to supervisors, authorized signers and the lead.
    Duty,
    /// To those: what an earlier message said no longer holds.
    DutyRetraction,
    /// To supervisors on the last day.
    LastDay,
    /// What is coming at an organization, once a week.
    Digest,
    /// Logins that nothing allowed, to the lead.
    Signals,
}

impl From<TemplateKindName> for TemplateKind {
    fn from(name: TemplateKindName) -> Self {
        match name {
            TemplateKindName::Inactivity => Self::Rule(NoticeRule::Inactivity),
            TemplateKindName::Recertification => Self::Rule(NoticeRule::Recertification),
            TemplateKindName::Campaign => Self::Rule(NoticeRule::Campaign),
            TemplateKindName::Agreement => Self::Rule(NoticeRule::Agreement),
            TemplateKindName::Term => Self::Rule(NoticeRule::Term),
            TemplateKindName::SuspensionTooLong => Self::Rule(NoticeRule::SuspensionTooLong),
            TemplateKindName::LastProjectRemoved => Self::Rule(NoticeRule::LastProjectRemoved),
            TemplateKindName::SeatReduction => Self::Rule(NoticeRule::SeatReduction),
            TemplateKindName::Waiver => Self::Rule(NoticeRule::Waiver),
            TemplateKindName::Unreachable => Self::Rule(NoticeRule::Unreachable),
            TemplateKindName::Retraction => Self::Retraction,
            TemplateKindName::Return => Self::Return,
            TemplateKindName::Duty => Self::Duty,
            TemplateKindName::DutyRetraction => Self::DutyRetraction,
            TemplateKindName::LastDay => Self::LastDay,
            TemplateKindName::Digest => Self::Digest,
            TemplateKindName::Signals => Self::Signals,
        }
    }
}

/// A subject and the same text twice. Placeholders are `{{what}}`, `{{by_when}}`, `{{how_back}}`, `{{whom_to_ask}}`
/// (each needed in both texts), `{{given_name}}`, `{{organization}}`, `{{implementation}}` and `{{day}}`. What goes to
/// somebody else than whom it is about (`duty`, `duty_retraction`, `last_day`) also knows `{{person}}`. A retraction has
/// neither `{{by_when}}` nor `{{how_back}}`. A `digest` has `{{items}}`, a line each, instead of the first three, and no
/// `{{day}}`; `signals` has only `{{items}}` and `{{implementation}}`.
#[derive(Clone, Deserialize, Serialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(as = MessageTemplateText)]
pub struct TextBody {
    /// One line.
    #[validate(length(max = 200))]
    #[schema(max_length = 200)]
    subject: String,
    /// As plain text.
    #[validate(length(max = 20_000))]
    #[schema(max_length = 20_000)]
    plain: String,
    /// As HTML; what is filled in is escaped.
    #[validate(length(max = 20_000))]
    #[schema(max_length = 20_000)]
    html: String,
}

impl From<TextBody> for TemplateText {
    fn from(body: TextBody) -> Self {
        Self {
            subject: body.subject,
            plain: body.plain,
            html: body.html,
        }
    }
}

impl From<TemplateText> for TextBody {
    fn from(text: TemplateText) -> Self {
        Self {
            subject: text.subject,
            plain: text.plain,
            html: text.html,
        }
    }
}

/// What to say from now on.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ReplaceMessageTemplateRequest {
    /// Left out: the built-in text again.
    #[serde(default)]
    #[validate(nested)]
    text: Option<TextBody>,
}

/// A text to look at before it is used.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct PreviewMessageTemplateRequest {
    #[validate(nested)]
    text: TextBody,
}

/// The text in use for a kind of message.
#[derive(Serialize, ToSchema)]
#[schema(as = MessageTemplate)]
pub struct TemplateResponse {
    implementation_id: Uuid,
    /// The kind of message.
    kind: &'static str,
    /// Whether it is the one that comes with the service.
    built_in: bool,
    text: TextBody,
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded_by: Option<Uuid>,
    version: i32,
}

impl From<&TemplateShown> for TemplateResponse {
    fn from(shown: &TemplateShown) -> Self {
        let last = shown.last.as_ref();
        Self {
            implementation_id: shown.implementation_id.into(),
            kind: shown.kind.as_str(),
            built_in: last.is_none_or(|last| last.text.is_none()),
            text: shown.text().into(),
            recorded_at: last.map(|last| last.recorded_at),
            recorded_by: last.map(|last| last.recorded_by.into()),
            version: shown.version(),
        }
    }
}

/// A version that was written.
#[derive(Serialize, ToSchema)]
#[schema(as = MessageTemplateVersion)]
pub struct TemplateVersionResponse {
    id: Uuid,
    implementation_id: Uuid,
    /// The kind of message.
    kind: &'static str,
    /// Absent: from then on the built-in one.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<TextBody>,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
    version: i32,
}

impl From<&MessageTemplate> for TemplateVersionResponse {
    fn from(template: &MessageTemplate) -> Self {
        Self {
            id: template.id.into(),
            implementation_id: template.implementation_id.into(),
            kind: template.kind.as_str(),
            text: template.text.clone().map(Into::into),
            recorded_at: template.recorded_at,
            recorded_by: template.recorded_by.into(),
            version: template.number + 1,
        }
    }
}

/// A text as it would read, with invented people and days.
#[derive(Serialize, ToSchema)]
#[schema(as = MessagePreview)]
pub struct PreviewResponse {
    subject: String,
    plain: String,
    html: String,
}

impl From<&Preview> for PreviewResponse {
    fn from(preview: &Preview) -> Self {
        Self {
            subject: preview.subject.clone(),
            plain: preview.plain.clone(),
            html: preview.html.clone(),
        }
    }
}

/// What narrows a list of versions.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct TemplateQuery {
    /// Only those of this kind of message.
    #[param(inline)]
    kind: Option<TemplateKindName>,
}

crate::problems!(ListProblems: KNOWN, LIST, [Code::NotFound]);
crate::problems!(GetProblems: KNOWN, ONE);
crate::problems!(ReplaceProblems: KNOWN, BODY, ONE, VERSIONED);
crate::problems!(PreviewProblems: KNOWN, BODY, POST, ONE);

fn text_example() -> Value {
    json!({
        "subject": "{{implementation}}: please log in before {{day}}",
        "plain": "Dear {{given_name}},\n\n{{what}}\n{{by_when}}\n{{how_back}}\n\nAsk {{whom_to_ask}}",
        "html": "<p>Dear {{given_name}},</p><p>{{what}}</p><p>{{by_when}}</p><p>{{how_back}}</p><p>Ask {{whom_to_ask}}</p>",
    })
}

fn example() -> Value {
    json!({
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b20",
        "kind": "inactivity",
        "built_in": false,
        "text": text_example(),
        "recorded_at": "2026-03-02T18:00:00Z",
        "recorded_by": "0199f3c2-6000-7a00-9000-aaaaaaaaaa01",
        "version": 2,
    })
}

fn version_example() -> Value {
    json!({
        "id": "0199f3c2-b600-7100-8100-7f7f7f7f7f01",
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b20",
        "kind": "inactivity",
        "text": text_example(),
        "recorded_at": "2026-03-02T18:00:00Z",
        "recorded_by": "0199f3c2-6000-7a00-9000-aaaaaaaaaa01",
        "version": 2,
    })
}

/// List the message templates of an implementation
///
/// Every version that staff wrote, the oldest first; none is ever overwritten. Kinds that are not in it use the built-in
/// text.
#[utoipa::path(
    tag = tags::NOTICES,
    operation_id = "list_message_templates",
    params(("id" = Uuid, Path, description = "The implementation."), TemplateQuery, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of versions.",
            body = ListResponse<TemplateVersionResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [version_example()], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/implementations/{id}/message-templates")]
async fn list_message_templates(
    state: web::Data<State>,
    Id(id): Id<ImplementationId>,
    list: List<TemplateQuery>,
) -> Result<HttpResponse, Problem> {
    let kind = list.filter.kind.map(Into::into);
    let paging = list.paging;
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadMessage, move |rx| {
            outbox::template_versions(rx, id, kind, paging)
        })
        .await?;
    Ok(list.respond(&slice, |template| TemplateVersionResponse::from(template)))
}

/// Get a message template
///
/// The text in use for a kind of message: the last that staff wrote, or the built-in one. The name of a rule is that of
/// its notices and reminders to whoever they are about; other kinds are `retraction`, `return`, `duty`,
/// `duty_retraction`, `last_day`, `digest` and `signals`.
#[utoipa::path(
    tag = tags::NOTICES,
    operation_id = "get_message_template",
    params(
        ("id" = Uuid, Path, description = "The implementation."),
        ("name" = String, Path, example = "inactivity", description = "The kind of message.", max_length = 64),
    ),
    responses(
        (
            status = 200,
            description = "The text.",
            body = TemplateResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example()),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/implementations/{id}/message-templates/{name}")]
async fn get_message_template(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<ImplementationId>,
    Name(name): Name,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let kind = kind_of(&name);
    let shown = state
        .app
        .read(caller, Action::ReadMessage, move |rx| {
            outbox::template(rx, id, kind.ok_or(Error::NotFound)?)
        })
        .await?;
    Ok(responses::one(
        &seen,
        shown.version(),
        &TemplateResponse::from(&shown),
    ))
}

/// Replace a message template
///
/// The next version of what is said in a kind of message; messages that are made from now on use it. A placeholder that
/// the kind does not know, one that it needs and that is missing (of a notice: what, by when, how back, whom to ask) and a
/// line break in the subject are refused, every fault with its pointer.
#[utoipa::path(
    tag = tags::NOTICES,
    operation_id = "replace_message_template",
    params(
        ("id" = Uuid, Path, description = "The implementation."),
        ("name" = String, Path, example = "inactivity", description = "The kind of message.", max_length = 64),
    ),
    request_body(
        content = ReplaceMessageTemplateRequest,
        description = "The text, and the version that was seen.",
        example = json!({ "text": text_example(), "expected_version": 1 }),
    ),
    responses(
        (
            status = 200,
            description = "The text in use from now on.",
            body = TemplateResponse,
            headers(("ETag" = String, description = "The new version.")),
            example = json!(example()),
        ),
        ReplaceProblems,
    ),
)]
#[put("/v1/implementations/{id}/message-templates/{name}")]
async fn replace_message_template(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<ImplementationId>,
    Name(name): Name,
    body: VersionedJson<ReplaceMessageTemplateRequest>,
) -> Result<HttpResponse, Problem> {
    let kind = kind_of(&name);
    let call = Call::new(caller, Action::ConfigureImplementation, body.idempotency);
    let expected = body.expected;
    let text: Option<TemplateText> = body.value.text.map(Into::into);
    let reply = state
        .app
        .write(
            call,
            move |tx| {
                let kind = kind.ok_or(Error::NotFound)?;
                outbox::replace_template(tx, (id, kind), expected, text.clone())
            },
            |shown| responses::changed(shown.version(), &TemplateResponse::from(shown)),
        )
        .await?;
    Ok(responses::send(reply))
}

/// Preview a message template
///
/// How a text would read, with invented people and days. Nothing is kept and nobody is written to.
#[utoipa::path(
    tag = tags::NOTICES,
    operation_id = "preview_message_template",
    params(
        ("id" = Uuid, Path, description = "The implementation."),
        ("name" = String, Path, example = "inactivity", description = "The kind of message.", max_length = 64),
    ),
    request_body(
        content = PreviewMessageTemplateRequest,
        description = "The text.",
        example = json!({ "text": text_example() }),
    ),
    responses(
        (
            status = 200,
            description = "The message.",
            body = PreviewResponse,
            example = json!({
                "subject": "HAND HMIS, Detroit: please log in before Wednesday, 8 April 2026",
                "plain": "Dear Dana,\n\nYou have not logged in to the HMIS since Monday, 2 March 2026.\n",
                "html": "<p>Dear Dana,</p><p>You have not logged in to the HMIS since Monday, 2 March 2026.</p>",
            }),
        ),
        PreviewProblems,
    ),
)]
#[post("/v1/implementations/{id}/message-templates/{name}/preview")]
async fn preview_message_template(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<ImplementationId>,
    Name(name): Name,
    body: Json<PreviewMessageTemplateRequest>,
) -> Result<HttpResponse, Problem> {
    let kind = kind_of(&name);
    let call = Call::new(caller, Action::ConfigureImplementation, body.idempotency);
    let text: TemplateText = body.value.text.into();
    let reply = state
        .app
        .write(
            call,
            move |tx| {
                let kind = kind.ok_or(Error::NotFound)?;
                outbox::preview_template(tx, (id, kind), &text)
            },
            |preview| responses::outcome(&PreviewResponse::from(preview)),
        )
        .await?;
    Ok(responses::send(reply))
}

#[cfg(test)]
mod tests {
    use serde::de::IntoDeserializer;
    use serde::de::value::{Error as WordError, StrDeserializer};

    use super::*;

    #[test]
    fn every_kind_of_message_has_its_name_in_the_api() {
        for kind in TemplateKind::all() {
            let word: StrDeserializer<'_, WordError> = kind.as_str().into_deserializer();
            let name = TemplateKindName::deserialize(word);
            let named = name.map(TemplateKind::from);
            assert_eq!(named.ok(), Some(kind), "{}", kind.as_str());
        }
    }
}
