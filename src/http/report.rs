//! How a fact became known: part of every fact, going in and coming out.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::checks;
use super::time::{DayText, InstantText};
use crate::application::licensing::{Moment, Reported};
use crate::application::{Error, Fault};
use crate::domain::fact::{Channel, Envelope, Reporter};
use crate::domain::ids::{ContactId, PersonId};

/// The way a report came in.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Channel)]
pub enum ChannelName {
    Api,
    Phone,
    Email,
    Letter,
    InPerson,
    HelpDesk,
    Import,
}

impl From<ChannelName> for Channel {
    fn from(name: ChannelName) -> Self {
        match name {
            ChannelName::Api => Self::Api,
            ChannelName::Phone => Self::Phone,
            ChannelName::Email => Self::Email,
            ChannelName::Letter => Self::Letter,
            ChannelName::InPerson => Self::InPerson,
            ChannelName::HelpDesk => Self::HelpDesk,
            ChannelName::Import => Self::Import,
        }
    }
}

impl From<Channel> for ChannelName {
    fn from(channel: Channel) -> Self {
        match channel {
            Channel::Api => Self::Api,
            Channel::Phone => Self::Phone,
            Channel::Email => Self::Email,
            Channel::Letter => Self::Letter,
            Channel::InPerson => Self::InPerson,
            Channel::HelpDesk => Self::HelpDesk,
            Channel::Import => Self::Import,
        }
    }
}

/// Who said so, if it was not the caller: a person of the implementation, a contact of an organization, or somebody by
/// name and contact.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ReporterRequest {
    /// A person of the implementation. Leave out `name` and `contact` then.
    #[serde(default)]
    person_id: Option<Uuid>,
    /// An organization contact, the authorized signer for example. Alone, like `person_id`.
    #[serde(default)]
    contact_id: Option<Uuid>,
    #[serde(default)]
    #[validate(length(min = 1, max = 200), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    /// How to reach whoever reported it.
    #[serde(default)]
    #[validate(length(min = 1, max = 200), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 200)]
    contact: Option<String>,
}

/// How the fact became known. Left out, the caller reports it now.
#[derive(Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ReportRequest {
    /// When it was reported; not in the future. Absent: now.
    #[serde(default)]
    reported_at: Option<InstantText>,
    #[serde(default)]
    #[validate(nested)]
    reported_by: Option<ReporterRequest>,
    #[serde(default)]
    channel: Option<ChannelName>,
    /// The help-desk ticket it came by.
    #[serde(default)]
    #[validate(length(min = 1, max = 100), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 100)]
    ticket_reference: Option<String>,
    /// Free text, kept with the fact. Name no clients and no health or legal details.
    #[serde(default)]
    #[validate(length(min = 1, max = 1000), custom(function = "checks::text"))]
    #[schema(min_length = 1, max_length = 1000)]
    reason: Option<String>,
}

impl ReportRequest {
    /// The report as the use cases take it.
    pub fn read(report: Option<Self>) -> Result<Reported, Error> {
        let report = report.unwrap_or_default();
        let reported_by = match report.reported_by {
            None => None,
            Some(ReporterRequest {
                person_id: Some(id),
                contact_id: None,
                name: None,
                contact: None,
            }) => Some(Reporter::Person {
                person_id: PersonId(id),
            }),
            Some(ReporterRequest {
                person_id: None,
                contact_id: Some(id),
                name: None,
                contact: None,
            }) => Some(Reporter::Contact {
                contact_id: ContactId(id),
            }),
            Some(ReporterRequest {
                person_id: None,
                contact_id: None,
                name: Some(name),
                contact,
            }) => Some(Reporter::Named { name, contact }),
            Some(_) => {
                return Err(Error::invalid(
                    "/report/reported_by",
                    "give one of `person_id`, `contact_id`, and `name` with an optional `contact`",
                ));
            }
        };
        Ok(Reported {
            reported_at: report.reported_at.map(|at| at.0),
            reported_by,
            channel: report.channel.map(Into::into),
            ticket_reference: report.ticket_reference,
            reason: report.reason,
        })
    }
}

/// A moment given as `{field}_at` or `{field}_on`; both are refused.
pub fn moment(
    at: Option<InstantText>,
    on: Option<DayText>,
    field: &str,
) -> Result<Option<Moment>, Error> {
    match (at, on) {
        (Some(at), None) => Ok(Some(Moment::At(at.0))),
        (None, Some(on)) => Ok(Some(Moment::On(on.0))),
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(Error::invalid(
            format!("/{field}_on"),
            format!("give either `{field}_at` or `{field}_on`, not both"),
        )),
    }
}

/// A moment that must be given.
pub fn needed_moment(
    at: Option<InstantText>,
    on: Option<DayText>,
    field: &str,
) -> Result<Moment, Error> {
    moment(at, on, field)?.ok_or_else(|| {
        Error::Invalid(vec![Fault::at(
            format!("/{field}_at"),
            format!("is needed: an instant, or a local day as `{field}_on`"),
        )])
    })
}

/// Who reported a fact.
#[derive(Serialize, ToSchema)]
#[schema(as = Reporter)]
pub struct ReporterResponse {
    #[serde(skip_serializing_if = "Option::is_none")]
    person_id: Option<Uuid>,
    /// The organization contact.
    #[serde(skip_serializing_if = "Option::is_none")]
    contact_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<String>,
}

/// How a fact became known.
#[derive(Serialize, ToSchema)]
#[schema(as = Report)]
pub struct ReportResponse {
    reported_at: DateTime<Utc>,
    /// Absent: whoever recorded it.
    #[serde(skip_serializing_if = "Option::is_none")]
    reported_by: Option<ReporterResponse>,
    recorded_at: DateTime<Utc>,
    /// The principal who recorded it.
    recorded_by: Uuid,
    /// The supervisor for whom a deputy recorded it.
    #[serde(skip_serializing_if = "Option::is_none")]
    on_behalf_of: Option<Uuid>,
    channel: ChannelName,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket_reference: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The fact that this one corrects; both stay on record.
    #[serde(skip_serializing_if = "Option::is_none")]
    supersedes: Option<Uuid>,
}

impl From<&Envelope> for ReportResponse {
    fn from(envelope: &Envelope) -> Self {
        Self {
            reported_at: envelope.reported_at,
            reported_by: match &envelope.reported_by {
                Reporter::Recorder => None,
                Reporter::Person { person_id } => Some(ReporterResponse {
                    person_id: Some((*person_id).into()),
                    contact_id: None,
                    name: None,
                    contact: None,
                }),
                Reporter::Contact { contact_id } => Some(ReporterResponse {
                    person_id: None,
                    contact_id: Some((*contact_id).into()),
                    name: None,
                    contact: None,
                }),
                Reporter::Named { name, contact } => Some(ReporterResponse {
                    person_id: None,
                    contact_id: None,
                    name: Some(name.clone()),
                    contact: contact.clone(),
                }),
            },
            recorded_at: envelope.recorded_at,
            recorded_by: envelope.recorded_by.into(),
            on_behalf_of: envelope.on_behalf_of.map(Into::into),
            channel: envelope.channel.into(),
            ticket_reference: envelope.ticket_reference.clone(),
            reason: envelope.reason.clone(),
            supersedes: envelope.supersedes.map(Into::into),
        }
    }
}
