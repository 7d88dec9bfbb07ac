//! Who and what an implementation consists of: organizations, their contacts and projects, and people.
//!
//! Whatever decides access (participation) is dated and never overwritten: a newer record replaces an older one only
//! from the instant at which it was recorded.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::calendar::{end_of_day, start_of_day};
use super::ids::{ContactId, ImplementationId, OrganizationId, PersonId, PrincipalId, ProjectId};

pub use super::policy::ContactDuty;

type Instant = DateTime<Utc>;

/// One HMIS installation run by one HMIS lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Implementation {
    pub id: ImplementationId,
    /// Short, unique, lower case: `hand`.
    pub code: String,
    pub name: String,
    /// The zone until a policy says another.
    pub time_zone: Tz,
    /// Where users are sent for help: a mail address, a telephone number, a page.
    pub support_contact: String,
    /// Rises with everything that changes many licenses at once (a policy version, a participation).
    pub generation: i64,
    pub recorded_at: Instant,
    pub version: i32,
}

/// A participating agency of an implementation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    pub id: OrganizationId,
    pub implementation_id: ImplementationId,
    pub name: String,
    /// Its staff are shown to no other organization, and a request for one needs a staff override.
    pub victim_service_provider: bool,
    pub recorded_at: Instant,
    pub version: i32,
}

/// From when to when an organization takes part, as recorded at one instant. The latest record counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participation {
    pub organization_id: OrganizationId,
    pub from_on: NaiveDate,
    /// The last local day of participation.
    pub to_on: Option<NaiveDate>,
    pub recorded_at: Instant,
    pub recorded_by: PrincipalId,
}

impl Participation {
    /// The half-open window of instants, in `zone`.
    #[must_use]
    pub fn window(&self, zone: Tz) -> (Instant, Option<Instant>) {
        (
            start_of_day(zone, self.from_on),
            self.to_on.map(|day| end_of_day(zone, day)),
        )
    }
}

/// A person's duty for an organization, with dates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationContact {
    pub id: ContactId,
    pub implementation_id: ImplementationId,
    pub organization_id: OrganizationId,
    pub duty: ContactDuty,
    pub name: String,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub from_on: NaiveDate,
    /// The last local day of the duty.
    pub to_on: Option<NaiveDate>,
    pub recorded_at: Instant,
    pub version: i32,
}

impl OrganizationContact {
    /// Whether the duty is his on a local day.
    #[must_use]
    pub fn serves_on(&self, day: NaiveDate) -> bool {
        self.from_on <= day && self.to_on.is_none_or(|last| day <= last)
    }
}

/// An HMIS project of an organization; a license reaches some projects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    pub id: ProjectId,
    pub implementation_id: ImplementationId,
    pub organization_id: OrganizationId,
    pub name: String,
    /// The HUD project type code (HMIS Data Standards 2.02.6), as a number.
    pub project_type: Option<i16>,
    pub operating_from_on: Option<NaiveDate>,
    pub operating_to_on: Option<NaiveDate>,
    pub recorded_at: Instant,
    pub version: i32,
}

/// A human within one implementation, never shared between implementations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub id: PersonId,
    pub implementation_id: ImplementationId,
    pub given_name: String,
    pub family_name: String,
    pub recorded_at: Instant,
    pub version: i32,
}

/// A name a person has or had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonName {
    pub person_id: PersonId,
    pub given_name: String,
    pub family_name: String,
    pub recorded_at: Instant,
    pub recorded_by: PrincipalId,
}

/// An e-mail address of a person: confirmed for one organization, or an unassigned contact that no message uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonEmail {
    pub person_id: PersonId,
    pub organization_id: Option<OrganizationId>,
    pub email: String,
    pub confirmed_at: Option<Instant>,
    /// A departure retires the addresses of its organization.
    pub retired_at: Option<Instant>,
    pub recorded_at: Instant,
}

/// What an external id names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExternalKind {
    Organization,
    Project,
    Person,
}

/// An identifier that another system uses. Unique per implementation, kind and system, for ever: a closed one still
/// resolves for decisions and logins, and is never given to anybody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalId {
    pub implementation_id: ImplementationId,
    pub kind: ExternalKind,
    /// For example `hmis_user_id`, `username`, `lms_learner_id`, `hmis_csv:1106`.
    pub system: String,
    pub value: String,
    /// The organization, project or person.
    pub subject: uuid::Uuid,
    pub recorded_at: Instant,
    pub closed_at: Option<Instant>,
    /// Since when a closed one names nobody any more for decisions and logins, because staff settled it.
    pub settled_at: Option<Instant>,
}
