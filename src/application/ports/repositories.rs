//! One trait per aggregate and direction.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::authority::{
    AuditReads, AuditWrites, AuthorityReads, AuthorityWrites, IdempotencyReads, IdempotencyWrites,
};
use super::calendar_feeds::{CalendarFeedReads, CalendarFeedWrites};
use super::implementation_facts::{ImplementationFactReads, ImplementationFactWrites};
use super::logins::{LoginReads, LoginWrites};
use super::merges::{MergeReads, MergeWrites};
use super::outbox::{OutboxReads, OutboxWrites};
use super::store::StoreError;
use super::sweeps::{SweepReads, SweepWrites};
use super::waitlist::{WaitlistReads, WaitlistWrites};
use crate::domain::fact::{Fact, FactKind, MatchedBy};
use crate::domain::ids::{
    ContactId, FactId, ImplementationId, LicenseId, OrganizationId, PersonId, ProjectId, RequestId,
};
use crate::domain::license::{License, LicenseStatus};
use crate::domain::policy::PolicyVersion;
use crate::domain::request::{LicenseRequest, RequestState};
use crate::domain::roster::{
    ExternalId, ExternalKind, Implementation, Organization, OrganizationContact, Participation,
    Person, PersonEmail, PersonName, Project,
};

type Instant = DateTime<Utc>;
type Result<T> = std::result::Result<T, StoreError>;

/// The rows a reader may see: the union of whole implementations, whole organizations and single people. It is part
/// of every list query, never a filter on its result.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Visible {
    pub everything: bool,
    pub implementations: Vec<ImplementationId>,
    pub organizations: Vec<OrganizationId>,
    pub people: Vec<PersonId>,
}

/// Keyset paging: at most `limit` rows with an id greater than `after`, ascending by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    pub after: Option<Uuid>,
    pub limit: i64,
}

/// What narrows a list. Absent means any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RosterFilter {
    pub implementation_id: Option<ImplementationId>,
    pub organization_id: Option<OrganizationId>,
}

/// What narrows a list of people. `name` and `email` match without case, `name` from the start of either name.
///
/// A former name matches as the current one does, and any address, where the reader sees the person in a whole
/// implementation or is the person. Who sees him at an organization only finds him by his current name, and by the
/// addresses confirmed for that organization: neither a former name nor another agency is his to learn of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonFilter {
    pub implementation_id: Option<ImplementationId>,
    /// People with a request or license at the organization.
    pub organization_id: Option<OrganizationId>,
    pub name: Option<String>,
    pub email: Option<String>,
    /// (system, value), closed ones too.
    pub external_id: Option<(String, String)>,
}

/// What narrows a list of requests or licenses. A row is returned if its recorded state is among `states` **or** it is
/// due: `next_change_at` at or before `now`, or evaluated under an older generation. The caller evaluates due rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateFilter<S> {
    pub implementation_id: Option<ImplementationId>,
    pub organization_id: Option<OrganizationId>,
    pub person_id: Option<PersonId>,
    pub license_type: Option<String>,
    /// Empty means any state.
    pub states: Vec<S>,
    /// Of licenses: only what staff see on their list, with the rows that are due.
    pub listed: bool,
    pub now: Instant,
}

/// What narrows a list of facts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FactFilter {
    pub kinds: Vec<FactKind>,
    pub implementation_id: Option<ImplementationId>,
    pub organization_id: Option<OrganizationId>,
    pub person_id: Option<PersonId>,
    pub request_id: Option<RequestId>,
    pub license_id: Option<LicenseId>,
}

pub trait ImplementationReads {
    fn implementation(&mut self, id: ImplementationId) -> Result<Option<Implementation>>;
    fn implementation_by_code(&mut self, code: &str) -> Result<Option<Implementation>>;
    fn implementations(&mut self, visible: &Visible, page: Page) -> Result<Vec<Implementation>>;
    /// Every policy version, by number.
    fn policy_versions(&mut self, id: ImplementationId) -> Result<Vec<PolicyVersion>>;
}

pub trait ImplementationWrites {
    fn insert_implementation(&mut self, row: &Implementation) -> Result<()>;
    /// Compare-and-set on `row.version`, which is the version read; the stored one becomes the next.
    /// `StoreError::Stale` if another one came first.
    fn update_implementation(&mut self, row: &Implementation) -> Result<()>;
    fn insert_policy_version(&mut self, id: ImplementationId, row: &PolicyVersion) -> Result<()>;
    /// The guard row of what concerns a whole implementation: policies, staff roles, codes.
    fn lock_implementation(&mut self, id: ImplementationId) -> Result<()>;
    /// Makes every recorded state of the implementation due for a new evaluation; returns the new generation.
    fn bump_generation(&mut self, id: ImplementationId) -> Result<i64>;
}

pub trait OrganizationReads {
    fn organization(&mut self, id: OrganizationId) -> Result<Option<Organization>>;
    fn organizations(
        &mut self,
        visible: &Visible,
        filter: &RosterFilter,
        page: Page,
    ) -> Result<Vec<Organization>>;
    /// Every participation record of these organizations, oldest recording first.
    fn participations(&mut self, ids: &[OrganizationId]) -> Result<Vec<Participation>>;
    fn contact(&mut self, id: ContactId) -> Result<Option<OrganizationContact>>;
    fn contacts(
        &mut self,
        visible: &Visible,
        filter: &RosterFilter,
        page: Page,
    ) -> Result<Vec<OrganizationContact>>;
    fn project(&mut self, id: ProjectId) -> Result<Option<Project>>;
    fn projects_by_id(&mut self, ids: &[ProjectId]) -> Result<Vec<Project>>;
    fn projects(
        &mut self,
        visible: &Visible,
        filter: &RosterFilter,
        page: Page,
    ) -> Result<Vec<Project>>;
}

pub trait OrganizationWrites {
    fn insert_organization(&mut self, row: &Organization) -> Result<()>;
    fn update_organization(&mut self, row: &Organization) -> Result<()>;
    fn insert_participation(&mut self, row: &Participation) -> Result<()>;
    fn insert_contact(&mut self, row: &OrganizationContact) -> Result<()>;
    fn update_contact(&mut self, row: &OrganizationContact) -> Result<()>;
    fn insert_project(&mut self, row: &Project) -> Result<()>;
    fn update_project(&mut self, row: &Project) -> Result<()>;
}

pub trait PersonReads {
    /// The person an id stands for: the id of a merged record answers as the survivor's.
    fn person(&mut self, id: PersonId) -> Result<Option<Person>>;
    /// People, none of them a merged record.
    fn people(
        &mut self,
        visible: &Visible,
        filter: &PersonFilter,
        page: Page,
    ) -> Result<Vec<Person>>;
    /// The people that ids stand for, each once: those of merged records answer as the survivor's.
    fn people_by_id(&mut self, ids: &[PersonId]) -> Result<Vec<Person>>;
    /// Oldest first; the last is the current one.
    fn names(&mut self, id: PersonId) -> Result<Vec<PersonName>>;
    /// People of an implementation who have or had the name, or ever had the address, each with what is the same.
    fn likely_same(
        &mut self,
        implementation: ImplementationId,
        name: (&str, &str),
        email: Option<&str>,
    ) -> Result<Vec<(PersonId, Vec<MatchedBy>)>>;
    fn emails(&mut self, ids: &[PersonId]) -> Result<Vec<PersonEmail>>;
    /// The external ids of these subjects, closed ones too.
    fn external_ids(&mut self, kind: ExternalKind, subjects: &[Uuid]) -> Result<Vec<ExternalId>>;
    fn external_id(
        &mut self,
        implementation: ImplementationId,
        kind: ExternalKind,
        system: &str,
        value: &str,
    ) -> Result<Option<ExternalId>>;
    /// Several identifiers of one kind and system at once, closed ones too.
    fn external_ids_named(
        &mut self,
        implementation: ImplementationId,
        kind: ExternalKind,
        system: &str,
        values: &[String],
    ) -> Result<Vec<ExternalId>>;
    /// Every external id of one kind and system in an implementation (an import compares against all of them).
    fn external_ids_of_system(
        &mut self,
        implementation: ImplementationId,
        kind: ExternalKind,
        system: &str,
    ) -> Result<Vec<ExternalId>>;
}

pub trait PersonWrites {
    fn insert_person(&mut self, row: &Person) -> Result<()>;
    fn update_person(&mut self, row: &Person) -> Result<()>;
    fn insert_name(&mut self, row: &PersonName) -> Result<()>;
    fn insert_email(&mut self, row: &PersonEmail) -> Result<()>;
    /// Confirms a live address of a person for an organization: one that waits for it there, else one that is
    /// unassigned. How many there were.
    fn confirm_email(
        &mut self,
        person: PersonId,
        email: &str,
        organization: OrganizationId,
        at: Instant,
    ) -> Result<usize>;
    /// Retires a live address of a person, of an organization or of none. How many there were.
    fn retire_email(
        &mut self,
        person: PersonId,
        email: &str,
        organization: Option<OrganizationId>,
        at: Instant,
    ) -> Result<usize>;
    /// `StoreError::Conflict` if the id was ever given to anybody.
    fn insert_external_id(&mut self, row: &ExternalId) -> Result<()>;
    fn close_external_id(
        &mut self,
        implementation: ImplementationId,
        kind: ExternalKind,
        system: &str,
        value: &str,
        at: Instant,
    ) -> Result<()>;
    /// A closed external id names nobody any more.
    fn settle_external_id(&mut self, row: &ExternalId, at: Instant, reason: &str) -> Result<()>;
    /// The guard row of everything that is recorded about one person, at every organization.
    ///
    /// Guard rows are locked in one order, so that transactions never wait for each other in a ring: the waitlist of the
    /// person's implementation, where there is one, then people in the order of their ids. What is recorded about one
    /// person may free a place that somebody else takes in the same transaction: with the waitlist in hand nobody else
    /// holds a person of that implementation, and any of them may be locked in any order.
    ///
    /// `StoreError::Retry` if the person was merged into another since the caller looked.
    fn lock_person(&mut self, id: PersonId) -> Result<()>;
}

pub trait FactReads {
    fn fact(&mut self, id: FactId) -> Result<Option<Fact>>;
    /// Every fact of one person, by recording and id.
    fn facts_of_person(&mut self, id: PersonId) -> Result<Vec<Fact>>;
    /// The same for several people at once.
    fn facts_of_people(&mut self, ids: &[PersonId]) -> Result<Vec<Fact>>;
    /// When the last fact of any of these people was recorded.
    fn last_recording(&mut self, ids: &[PersonId]) -> Result<Option<Instant>>;
    fn facts(&mut self, visible: &Visible, filter: &FactFilter, page: Page) -> Result<Vec<Fact>>;
}

pub trait FactWrites {
    fn insert_facts(&mut self, rows: &[Fact]) -> Result<()>;
}

pub trait RequestReads {
    fn request(&mut self, id: RequestId) -> Result<Option<LicenseRequest>>;
    fn requests_of_people(&mut self, ids: &[PersonId]) -> Result<Vec<LicenseRequest>>;
    fn requests(
        &mut self,
        visible: &Visible,
        filter: &StateFilter<RequestState>,
        page: Page,
    ) -> Result<Vec<LicenseRequest>>;
}

pub trait RequestWrites {
    fn insert_request(&mut self, row: &LicenseRequest) -> Result<()>;
    /// Compare-and-set on `row.version`; the stored one becomes the next.
    fn update_request(&mut self, row: &LicenseRequest) -> Result<()>;
    /// Stores until when the recorded state holds and the generation it was evaluated under; the version stays.
    fn record_request_outlook(&mut self, row: &LicenseRequest) -> Result<()>;
}

pub trait LicenseReads {
    fn license(&mut self, id: LicenseId) -> Result<Option<License>>;
    fn license_of(
        &mut self,
        person: PersonId,
        organization: OrganizationId,
    ) -> Result<Option<License>>;
    /// Those that ended as duplicates too.
    fn licenses_of_people(&mut self, ids: &[PersonId]) -> Result<Vec<License>>;
    fn licenses(
        &mut self,
        visible: &Visible,
        filter: &StateFilter<LicenseStatus>,
        page: Page,
    ) -> Result<Vec<License>>;
    /// Those whose end was contested when their state was last recorded.
    fn contested_licenses(
        &mut self,
        visible: &Visible,
        filter: &RosterFilter,
        page: Page,
    ) -> Result<Vec<License>>;
    /// How many of the requests and licenses that a reader may see wait for a new evaluation.
    fn stale_count(
        &mut self,
        visible: &Visible,
        implementation: Option<ImplementationId>,
    ) -> Result<i64>;
    /// Up to `limit` people of any implementation with a request or license of an older generation.
    fn stale_people(&mut self, limit: i64) -> Result<Vec<PersonId>>;
}

pub trait LicenseWrites {
    /// `StoreError::Conflict` if the person has a license at the organization already.
    fn insert_license(&mut self, row: &License) -> Result<()>;
    fn update_license(&mut self, row: &License) -> Result<()>;
    /// Stores until when the recorded state holds and the generation it was evaluated under; the version stays.
    fn record_license_outlook(&mut self, row: &License) -> Result<()>;
}

/// Everything that can be read in one snapshot.
pub trait View:
    ImplementationReads
    + OrganizationReads
    + PersonReads
    + FactReads
    + RequestReads
    + LicenseReads
    + AuthorityReads
    + AuditReads
    + IdempotencyReads
    + LoginReads
    + WaitlistReads
    + MergeReads
    + SweepReads
    + OutboxReads
    + CalendarFeedReads
    + ImplementationFactReads
{
}

impl<T> View for T where
    T: ImplementationReads
        + OrganizationReads
        + PersonReads
        + FactReads
        + RequestReads
        + LicenseReads
        + AuthorityReads
        + AuditReads
        + IdempotencyReads
        + LoginReads
        + WaitlistReads
        + MergeReads
        + SweepReads
        + OutboxReads
        + CalendarFeedReads
        + ImplementationFactReads
        + ?Sized
{
}

/// Everything that can be read and written in one transaction.
pub trait UnitOfWork:
    View
    + ImplementationWrites
    + OrganizationWrites
    + PersonWrites
    + FactWrites
    + RequestWrites
    + LicenseWrites
    + AuthorityWrites
    + AuditWrites
    + IdempotencyWrites
    + LoginWrites
    + WaitlistWrites
    + MergeWrites
    + SweepWrites
    + OutboxWrites
    + CalendarFeedWrites
    + ImplementationFactWrites
{
}

impl<T> UnitOfWork for T where
    T: View
        + ImplementationWrites
        + OrganizationWrites
        + PersonWrites
        + FactWrites
        + RequestWrites
        + LicenseWrites
        + AuthorityWrites
        + AuditWrites
        + IdempotencyWrites
        + LoginWrites
        + WaitlistWrites
        + MergeWrites
        + SweepWrites
        + OutboxWrites
        + CalendarFeedWrites
        + ImplementationFactWrites
        + ?Sized
{
}
