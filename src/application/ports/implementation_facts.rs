//! Facts about whole implementations: campaigns, absence holds, and what was decided about them.

use super::repositories::{Page, Visible};
use super::store::StoreError;
use crate::domain::calendar::Instant;
use crate::domain::fact::{FactKind, ImplementationFact};
use crate::domain::ids::{FactId, ImplementationId};

type Result<T> = std::result::Result<T, StoreError>;

pub trait ImplementationFactReads {
    fn implementation_fact(&mut self, id: FactId) -> Result<Option<ImplementationFact>>;
    /// Every fact of an implementation, by recording and id.
    fn facts_of_implementation(&mut self, id: ImplementationId) -> Result<Vec<ImplementationFact>>;
    /// Those of one kind that a reader may see.
    fn implementation_facts(
        &mut self,
        visible: &Visible,
        kind: FactKind,
        implementation: Option<ImplementationId>,
        page: Page,
    ) -> Result<Vec<ImplementationFact>>;
    /// How many licenses an absence will have taken access from by an instant, at most `limit`, of those that were
    /// evaluated under the rules that hold: it costs what it counts.
    fn absences_by(
        &mut self,
        implementation: ImplementationId,
        at: Instant,
        limit: i64,
    ) -> Result<i64>;
    /// How many licenses give access, as last recorded.
    fn licenses_with_access(&mut self, implementation: ImplementationId) -> Result<i64>;
}

pub trait ImplementationFactWrites {
    fn insert_implementation_fact(&mut self, row: &ImplementationFact) -> Result<()>;
}
