//! `/v1/calendar-feeds`, and the calendars themselves.

mod ics;

use actix_web::http::header::{CONTENT_TYPE, ETAG};
use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use validator::Validate;

use super::external_ids::RosterParameters;
use super::extract::{Id, IfNoneMatch, Json, List, ListParameters, ListResponse, VersionedJson};
use super::problem::{ANY, BODY, Code, KNOWN, LIST, ONE, POST, Problem, VERSIONED};
use super::{State, etag, responses, tags};
use crate::application::actor::Action;
use crate::application::calendar_feeds::{self, FeedKey};
use crate::application::ports::{CalendarFeed, RosterFilter};
use crate::application::{Call, Caller};
use crate::domain::ids::CalendarFeedId;

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_calendar_feeds)
        .service(create_calendar_feed)
        .service(get_calendar_feed)
        .service(revoke_calendar_feed)
        .service(get_calendar);
}

/// A secret address at which a calendar of what is due at an organization is found.
#[derive(Serialize, ToSchema)]
#[schema(as = CalendarFeed)]
pub struct CalendarFeedResponse {
    id: Uuid,
    implementation_id: Uuid,
    organization_id: Uuid,
    /// Whoever made it.
    principal_id: Uuid,
    /// The grant that it rests on: the calendar is found for as long as this one is live.
    staff_role_id: Uuid,
    /// Where a calendar program finds it, at this service. It is shown once, when the feed is made; whoever knows it
    /// reads the calendar.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    recorded_at: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<DateTime<Utc>>,
    /// Rises when it is revoked; `expected_version` is compared with it.
    version: i32,
}

impl From<&CalendarFeed> for CalendarFeedResponse {
    fn from(feed: &CalendarFeed) -> Self {
        Self {
            id: feed.id.into(),
            implementation_id: feed.implementation_id.into(),
            organization_id: feed.organization_id.into(),
            principal_id: feed.principal_id.into(),
            staff_role_id: feed.staff_role_id.into(),
            url: None,
            recorded_at: feed.recorded_at,
            revoked_at: feed.revoked_at,
            version: feed.version,
        }
    }
}

/// Whose calendar it is to be.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CreateCalendarFeedRequest {
    organization_id: Uuid,
}

/// Nothing needs saying but the version seen.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RevokeCalendarFeedRequest {}

crate::problems!(ListProblems: KNOWN, LIST);
crate::problems!(GetProblems: KNOWN, ONE);
crate::problems!(CreateProblems: KNOWN, BODY, POST);
crate::problems!(RevokeProblems: KNOWN, BODY, POST, VERSIONED, [Code::TransitionRefused]);
crate::problems!(CalendarProblems: ANY, ONE, [Code::Unavailable]);

fn example() -> Value {
    json!({
        "id": "0199f3c2-c100-7d00-8e00-8b8b8b8b8b01",
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b20",
        "organization_id": "0199f3c2-7a01-7c12-b7aa-1f3355aa7703",
        "principal_id": "0199f3c2-5a00-7d10-b0c1-9e8f7a6b5c4d",
        "staff_role_id": "0199f3c2-b7d4-7e19-8c40-2a9f5e1b6d72",
        "recorded_at": "2026-03-09T15:30:00Z",
        "version": 1,
    })
}

fn made_example() -> Value {
    let mut example = example();
    example["url"] = json!(
        "/calendar/hlcal_AZnzwsEAfQCOAIuLi4uLAQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f.ics"
    );
    example
}

/// List calendar feeds
///
/// Those of the organizations that the caller has a role for, revoked ones too, without their addresses.
#[utoipa::path(
    tag = tags::CALENDAR_FEEDS,
    operation_id = "list_calendar_feeds",
    params(RosterParameters, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of feeds.",
            body = ListResponse<CalendarFeedResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [example()], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/calendar-feeds")]
async fn list_calendar_feeds(
    state: web::Data<State>,
    list: List<RosterParameters>,
) -> Result<HttpResponse, Problem> {
    let (filter, paging) = (RosterFilter::from(&list.filter), list.paging);
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadCalendarFeed, move |rx| {
            calendar_feeds::calendar_feeds(rx, &filter, paging)
        })
        .await?;
    Ok(list.respond(&slice, |feed| CalendarFeedResponse::from(feed)))
}

/// Make a calendar feed
///
/// Answers the secret address of a calendar (iCalendar, RFC 5545) of what is due at an organization, for a calendar
/// program that cannot send a token. The calendar names nobody: licenses appear by the end of their ids. It rests on the
/// caller's role at the organization, and is not found from the moment on at which that ends. The address is shown in
/// this answer only: a repetition under the same idempotency key leaves it out. Whoever lost it revokes the feed and
/// makes another.
#[utoipa::path(
    tag = tags::CALENDAR_FEEDS,
    operation_id = "create_calendar_feed",
    request_body(
        content = CreateCalendarFeedRequest,
        description = "Whose calendar it is to be.",
        example = json!({ "organization_id": "0199f3c2-7a01-7c12-b7aa-1f3355aa7703" }),
    ),
    responses(
        (
            status = 201,
            description = "The feed, with its address.",
            body = CalendarFeedResponse,
            headers(
                ("ETag" = String, description = "The version, for If-Match and If-None-Match."),
                ("Location" = String, description = "Where the feed is found, without its address."),
            ),
            example = json!(made_example()),
        ),
        CreateProblems,
    ),
)]
#[post("/v1/calendar-feeds")]
async fn create_calendar_feed(
    caller: Caller,
    state: web::Data<State>,
    body: Json<CreateCalendarFeedRequest>,
) -> Result<HttpResponse, Problem> {
    let organization = body.value.organization_id.into();
    let key = FeedKey::random()?;
    let shown = key.clone();
    let call = Call::new(caller, Action::ManageCalendarFeed, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| calendar_feeds::create(tx, organization, &key),
            move |feed| {
                let plain = CalendarFeedResponse::from(feed);
                let whole = CalendarFeedResponse {
                    url: Some(format!("/calendar/{}.ics", shown.text(feed.id))),
                    ..CalendarFeedResponse::from(feed)
                };
                let location = format!("/v1/calendar-feeds/{}", feed.id);
                responses::created_with_secret(location, feed.version, &plain, &whole)
            },
        )
        .await?;
    Ok(responses::send(reply))
}

/// Get a calendar feed
///
/// Whose it is and what it rests on, without its address.
#[utoipa::path(
    tag = tags::CALENDAR_FEEDS,
    operation_id = "get_calendar_feed",
    params(("id" = Uuid, Path, description = "The feed.")),
    responses(
        (
            status = 200,
            description = "The feed.",
            body = CalendarFeedResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example()),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/calendar-feeds/{id}")]
async fn get_calendar_feed(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<CalendarFeedId>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let feed = state
        .app
        .read(caller, Action::ReadCalendarFeed, move |rx| {
            calendar_feeds::calendar_feed(rx, id)
        })
        .await?;
    let body = CalendarFeedResponse::from(&feed);
    Ok(responses::one(&seen, feed.version, &body))
}

/// Revoke a calendar feed
///
/// Nothing is found at its address from the next request on. Who may make feeds of the organization may revoke any of
/// them.
#[utoipa::path(
    tag = tags::CALENDAR_FEEDS,
    operation_id = "revoke_calendar_feed",
    params(("id" = Uuid, Path, description = "The feed.")),
    request_body(
        content = RevokeCalendarFeedRequest,
        description = "The version seen, unless If-Match names it.",
        example = json!({ "expected_version": 1 }),
    ),
    responses(
        (
            status = 200,
            description = "The revoked feed.",
            body = CalendarFeedResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!({
                "id": "0199f3c2-c100-7d00-8e00-8b8b8b8b8b01",
                "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b20",
                "organization_id": "0199f3c2-7a01-7c12-b7aa-1f3355aa7703",
                "principal_id": "0199f3c2-5a00-7d10-b0c1-9e8f7a6b5c4d",
                "staff_role_id": "0199f3c2-b7d4-7e19-8c40-2a9f5e1b6d72",
                "recorded_at": "2026-03-09T15:30:00Z",
                "revoked_at": "2026-04-01T13:00:00Z",
                "version": 2,
            }),
        ),
        RevokeProblems,
    ),
)]
#[post("/v1/calendar-feeds/{id}/revoke")]
async fn revoke_calendar_feed(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<CalendarFeedId>,
    body: VersionedJson<RevokeCalendarFeedRequest>,
) -> Result<HttpResponse, Problem> {
    let RevokeCalendarFeedRequest {} = body.value;
    let expected = body.expected;
    let call = Call::new(caller, Action::ManageCalendarFeed, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| calendar_feeds::revoke(tx, id, expected),
            |feed| responses::changed(feed.version, &CalendarFeedResponse::from(feed)),
        )
        .await?;
    Ok(responses::send(reply))
}

/// Read a calendar
///
/// What is due at an organization as an iCalendar (RFC 5545) of whole days, from what is overdue through a year ahead.
/// The address itself is the credential. One that was revoked, or rests on a role that ended, answers as one that never
/// was.
#[utoipa::path(
    tag = tags::CALENDAR_FEEDS,
    operation_id = "get_calendar",
    security(()),
    params((
        "secret" = String, Path,
        description = "The secret part of the address, as it was shown when the feed was made.",
        max_length = 128,
    )),
    responses(
        (
            status = 200,
            description = "The calendar.",
            body = String,
            content_type = "text/calendar",
            headers(("ETag" = String, description = "For If-None-Match.")),
            example = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//hmis-licensing//due items//EN\r\nEND:VCALENDAR\r\n",
        ),
        (status = 304, description = "The reader has it as it is."),
        CalendarProblems,
    ),
)]
#[get("/calendar/{secret}.ics")]
async fn get_calendar(
    state: web::Data<State>,
    secret: web::Path<String>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let text = ics::write(&state.app.calendar(&secret).await?);
    let etag = etag::of(1, &text);
    if seen.has(&etag) {
        return Ok(HttpResponse::NotModified()
            .insert_header((ETAG, etag))
            .finish());
    }
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/calendar; charset=utf-8"))
        .insert_header((ETAG, etag))
        .body(text))
}
