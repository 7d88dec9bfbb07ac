//! Sweeps, and what is due for one.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::repositories::{Page, Visible};
use super::store::StoreError;
use crate::domain::ids::{ImplementationId, PersonId, SweepId};
use crate::domain::sweep::Sweep;

type Instant = DateTime<Utc>;
type Result<T> = std::result::Result<T, StoreError>;

/// A license or a request whose recorded state must not be trusted from an instant on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DueAt {
    pub due_at: Instant,
    /// The license or the request.
    pub id: Uuid,
    pub person_id: PersonId,
}

/// What makes a row due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// The state of a license, at `next_change_at`.
    Licenses,
    /// The state of a request, at `next_change_at`.
    LicenseRequests,
    /// Something to tell about a license, at `next_notice_at`.
    Notices,
    /// A warning, at `next_warning_at`; `as_of` is how far the login sources are complete.
    Warnings,
}

pub trait SweepReads {
    /// The rows of an implementation that are due at an instant, by (`due_at`, id), from after one of them on. It costs
    /// what it returns, however many rows there are.
    fn due_at(
        &mut self,
        due: Due,
        implementation: ImplementationId,
        as_of: Instant,
        after: Option<(Instant, Uuid)>,
        limit: i64,
    ) -> Result<Vec<DueAt>>;
    /// Up to `limit` people of an implementation with a request or license of an older generation.
    fn stale_people_of(
        &mut self,
        implementation: ImplementationId,
        limit: i64,
    ) -> Result<Vec<PersonId>>;
    fn sweep(&mut self, id: SweepId) -> Result<Option<Sweep>>;
    fn sweeps(
        &mut self,
        visible: &Visible,
        implementation: Option<ImplementationId>,
        page: Page,
    ) -> Result<Vec<Sweep>>;
}

pub trait SweepWrites {
    fn insert_sweep(&mut self, row: &Sweep) -> Result<()>;
}
