//! Records with readable ids, and a small house that most tests start from.

use chrono::{DateTime, NaiveDate, TimeDelta, TimeZone, Utc};
use hmis_licensing::application::actor::Role;
use hmis_licensing::application::ports::{
    Page, Principal, StaffRole, StateFilter, StoreError, UnitOfWork, Visible,
};
use hmis_licensing::domain::calendar::Precision;
use hmis_licensing::domain::fact::{Channel, Envelope, Fact, FactBody, Reporter};
use hmis_licensing::domain::ids::{ImplementationId, OrganizationId, PersonId, PrincipalId};
use hmis_licensing::domain::license::{License, LicenseStatus, NoticeOutlook};
use hmis_licensing::domain::request::{LicenseRequest, RecordedState, RequestClass, RequestState};
use hmis_licensing::domain::roster::{Implementation, Organization, Person, Project};
use uuid::Uuid;

pub type Instant = DateTime<Utc>;

/// An id that ends in `number`.
pub fn id<T: From<Uuid>>(number: u128) -> T {
    T::from(Uuid::from_u128(
        0x0190_0000_0000_7000_8000_0000_0000_0000 + number,
    ))
}

/// Some microseconds past `minutes` minutes after a Monday morning.
pub fn at(minutes: i64) -> Instant {
    Utc.with_ymd_and_hms(2026, 3, 2, 9, 0, 0).unwrap()
        + TimeDelta::minutes(minutes)
        + TimeDelta::microseconds(123_456)
}

pub fn day(month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, month, day).unwrap()
}

pub const FIRST: Page = Page {
    after: None,
    limit: 200,
};

pub fn everything() -> Visible {
    Visible {
        everything: true,
        ..Visible::default()
    }
}

pub fn implementations(ids: &[ImplementationId]) -> Visible {
    Visible {
        implementations: ids.to_vec(),
        ..Visible::default()
    }
}

pub fn organizations(ids: &[OrganizationId]) -> Visible {
    Visible {
        organizations: ids.to_vec(),
        ..Visible::default()
    }
}

pub fn people(ids: &[PersonId]) -> Visible {
    Visible {
        people: ids.to_vec(),
        ..Visible::default()
    }
}

pub fn any_state<S>() -> StateFilter<S> {
    StateFilter {
        implementation_id: None,
        organization_id: None,
        person_id: None,
        license_type: None,
        listed: false,
        states: Vec::new(),
        now: at(0),
    }
}

pub fn principal(number: u128) -> Principal {
    Principal {
        id: id(number),
        issuer: "https://id.example.org".into(),
        subject: format!("subject-{number}"),
        display_name: format!("Principal {number}"),
        recorded_at: at(0),
        disabled_at: None,
        version: 1,
    }
}

pub fn implementation(number: u128) -> Implementation {
    Implementation {
        id: id(number),
        code: format!("code-{number}"),
        name: format!("Implementation {number}"),
        time_zone: chrono_tz::America::Detroit,
        support_contact: "help@example.org".into(),
        generation: 1,
        recorded_at: at(0),
        version: 1,
    }
}

pub fn organization(number: u128, implementation: ImplementationId) -> Organization {
    Organization {
        id: id(number),
        implementation_id: implementation,
        name: format!("Organization {number}"),
        victim_service_provider: false,
        recorded_at: at(0),
        version: 1,
    }
}

pub fn project(number: u128, organization: &Organization) -> Project {
    Project {
        id: id(number),
        implementation_id: organization.implementation_id,
        organization_id: organization.id,
        name: format!("Project {number}"),
        project_type: None,
        operating_from_on: None,
        operating_to_on: None,
        recorded_at: at(0),
        version: 1,
    }
}

pub fn person(number: u128, implementation: ImplementationId, given: &str, family: &str) -> Person {
    Person {
        id: id(number),
        implementation_id: implementation,
        given_name: given.into(),
        family_name: family.into(),
        recorded_at: at(0),
        version: 1,
    }
}

pub fn recorded<S>(state: S) -> RecordedState<S> {
    RecordedState {
        state,
        next_change_at: None,
        generation: 1,
    }
}

pub fn license(number: u128, person: &Person, organization: OrganizationId) -> License {
    License {
        id: id(number),
        implementation_id: person.implementation_id,
        organization_id: organization,
        person_id: person.id,
        license_type: "end_user".into(),
        recorded: recorded(LicenseStatus::Active),
        contested_at: None,
        listed_from: None,
        notices: NoticeOutlook::default(),
        next_absence_at: None,
        duplicate_of: None,
        recorded_at: at(0),
        version: 1,
    }
}

pub fn request(number: u128, person: &Person, organization: OrganizationId) -> LicenseRequest {
    LicenseRequest {
        id: id(number),
        implementation_id: person.implementation_id,
        organization_id: organization,
        person_id: person.id,
        license_type: "end_user".into(),
        class: RequestClass::New,
        job_role: None,
        projects: Vec::new(),
        attestations: Vec::new(),
        requester: id(RECORDER),
        requested_by: None,
        source: None,
        channel: Channel::Api,
        ticket_reference: None,
        reported_at: at(0),
        reported_by: Reporter::Recorder,
        reason: None,
        submitted_at: at(0),
        recorded: recorded(RequestState::Submitted),
        version: 1,
    }
}

pub fn fact(
    number: u128,
    person: &Person,
    organization: Option<OrganizationId>,
    body: FactBody,
) -> Fact {
    Fact {
        id: id(number),
        implementation_id: person.implementation_id,
        person_id: person.id,
        organization_id: organization,
        request_id: None,
        license_id: None,
        envelope: Envelope {
            occurred_at: at(1),
            precision: Precision::Instant,
            reported_at: at(2),
            recorded_at: at(3),
            reported_by: Reporter::Recorder,
            recorded_by: id(RECORDER),
            on_behalf_of: None,
            channel: Channel::Api,
            ticket_reference: None,
            reason: None,
            supersedes: None,
        },
        body,
    }
}

pub fn staff_role(number: u128, role: Role, implementation: Option<ImplementationId>) -> StaffRole {
    StaffRole {
        id: id(number),
        principal_id: id(RECORDER),
        role,
        implementation_id: implementation,
        organization_id: None,
        organization_group: None,
        person_id: None,
        from_at: at(0),
        until_at: None,
        granted_by: id(RECORDER),
        revoked_at: None,
        recorded_at: at(0),
        version: 1,
        stands_for: None,
    }
}

/// The principal who records everything in these tests.
pub const RECORDER: u128 = 1;

/// Two implementations: Detroit with two agencies and two people, Alaska with one of each.
#[derive(Clone)]
pub struct House {
    pub recorder: PrincipalId,
    pub detroit: Implementation,
    pub alaska: Implementation,
    pub shelter: Organization,
    pub outreach: Organization,
    pub village: Organization,
    pub maya: Person,
    pub noor: Person,
    pub otto: Person,
}

impl House {
    pub fn new() -> Self {
        let detroit = implementation(10);
        let alaska = implementation(11);
        Self {
            recorder: id(RECORDER),
            shelter: organization(20, detroit.id),
            outreach: organization(21, detroit.id),
            village: organization(22, alaska.id),
            maya: person(30, detroit.id, "Maya", "Okafor"),
            noor: person(31, detroit.id, "Noor", "Haddad"),
            otto: person(32, alaska.id, "Otto", "Demoski"),
            detroit,
            alaska,
        }
    }

    pub fn insert(&self, uow: &mut dyn UnitOfWork) -> Result<(), StoreError> {
        uow.insert_principal(&principal(RECORDER))?;
        for row in [&self.detroit, &self.alaska] {
            uow.insert_implementation(row)?;
        }
        for row in [&self.shelter, &self.outreach, &self.village] {
            uow.insert_organization(row)?;
        }
        for row in [&self.maya, &self.noor, &self.otto] {
            uow.insert_person(row)?;
        }
        Ok(())
    }
}

pub fn policy_document() -> hmis_licensing::domain::policy::PolicyDocument {
    hmis_licensing::domain::policy::preset("hand")
        .expect("a ready-made policy")
        .document
        .clone()
}
