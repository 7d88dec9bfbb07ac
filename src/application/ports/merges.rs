//! Records of one human that are read as one person.

use uuid::Uuid;

use super::repositories::{Page, Visible};
use super::store::StoreError;
use crate::domain::calendar::Instant;
use crate::domain::ids::{ImplementationId, LicenseId, PersonId, PersonMergeId};
use crate::domain::merge::PersonMerge;
use crate::domain::roster::{ExternalKind, Person};

type Result<T> = std::result::Result<T, StoreError>;

/// What narrows a list of merges. A person matches as survivor or as duplicate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MergeFilter {
    pub implementation_id: Option<ImplementationId>,
    pub person_id: Option<PersonId>,
}

pub trait MergeReads {
    fn person_merge(&mut self, id: PersonMergeId) -> Result<Option<PersonMerge>>;
    fn person_merges(
        &mut self,
        visible: &Visible,
        filter: &MergeFilter,
        page: Page,
    ) -> Result<Vec<PersonMerge>>;
    /// The merges that stand and made these people what they are, at any remove.
    fn merges_into(&mut self, survivors: &[PersonId]) -> Result<Vec<PersonMerge>>;
    /// A record as it was made, whether or not it is read as somebody else now, with whom.
    fn person_record(&mut self, id: PersonId) -> Result<Option<(Person, Option<PersonId>)>>;
    /// The facts, requests and licenses of these people that were recorded for another record, with that record.
    fn recorded_for_others(&mut self, people: &[PersonId]) -> Result<Vec<(Uuid, PersonId)>>;
    /// The record to which an external id was given, where that is another than the one it names now.
    fn external_id_recorded_for(
        &mut self,
        implementation: ImplementationId,
        kind: ExternalKind,
        system: &str,
        value: &str,
    ) -> Result<Option<PersonId>>;
}

pub trait MergeWrites {
    fn insert_person_merge(&mut self, row: &PersonMerge) -> Result<()>;
    /// Compare-and-set on `row.version`; stores who undid it, when and why.
    fn undo_person_merge(&mut self, row: &PersonMerge) -> Result<()>;
    /// Reads a record as another one from now on, or as itself.
    fn read_person_as(&mut self, record: PersonId, person: Option<PersonId>) -> Result<()>;
    /// Everything that is read under the duplicate is read under the survivor.
    fn take_over(&mut self, duplicate: PersonId, survivor: PersonId) -> Result<()>;
    /// Everything of the survivor that was recorded for one of `records` is read under the duplicate again, with the
    /// facts recorded since `since` that name one of its requests or licenses.
    fn give_back(
        &mut self,
        survivor: PersonId,
        duplicate: PersonId,
        records: &[PersonId],
        since: Instant,
    ) -> Result<()>;
    /// Ends a license as the duplicate of another one of the same person and organization, or gives it back its place.
    fn mark_duplicate(&mut self, license: LicenseId, of: Option<LicenseId>) -> Result<()>;
}
