//! Imports of HUD HMIS CSV exports: agencies, projects and HMIS users become organizations, projects and people.
//!
//! * A row is known by its external id: system `hmis_csv:` with the export's `ImplementationID` (or `SourceID`), value
//!   the id of the row. What is in the export twice is therefore here once, however often it is imported.
//! * A person also gets the external id `hmis_user_id`, by which front-ends ask for access. If a person was recorded
//!   by hand with that id and comes from no export yet, the row is his.
//! * An import adds and corrects; it ends nothing. `DateDeleted` closes the external ids of a row and lists it, a row
//!   that is missing means nothing, a project's new last day is only proposed, and a known victim service provider
//!   stays protected. Addresses are unassigned contacts, used for no message.
//! * An imported organization takes part from the local day of its first import: that is the first day on which the
//!   service can vouch for it.
//! * A name recorded by staff stands until the export says that the HMIS changed its own later; a former name in an
//!   export older than its successor does not come back.

mod organizations;
mod people;
mod projects;
mod report;

use std::sync::Arc;

use chrono::{DateTime, NaiveDateTime, Offset, TimeZone, Utc};
use chrono_tz::{GapInfo, Tz};
use uuid::Uuid;

use super::actor::{Action, Scope};
use super::hmis_csv::{
    Fault, HmisExport, HmisFile, OrganizationRow, ProjectRow, Severity, UserRow,
};
use super::ports::{StoreError, StoreExt, View};
use super::roster::external_ids::HMIS_CSV_PREFIX;
use super::roster::zone_of;
use super::{App, Error, Tx, error};
use crate::domain::ids::ImplementationId;
use crate::domain::roster::{ExternalId, ExternalKind};
use report::Outcome;

pub use report::{ImportReport, Listed, Matter, Tally};

type Instant = DateTime<Utc>;

/// Most rows of one transaction, so that nobody waits long for an import.
const ROWS_PER_TRANSACTION: usize = 200;

/// Records what an export says about the implementation with this code, in transactions of at most 200 rows. A row that
/// cannot be recorded becomes a fault and costs no other row. A dry run does all of it in one transaction, reports the
/// same and keeps nothing.
///
/// # Errors
/// `Invalid` if no implementation has the code; the store's errors if it fails, after which what was imported until
/// then is kept and the import can be run again.
pub async fn import_hmis_csv(
    app: &App,
    code: &str,
    export: HmisExport,
    dry_run: bool,
) -> Result<ImportReport, Error> {
    let context = Arc::new(Context::of(app, code, &export.source_key).await?);
    let mut report = ImportReport {
        dry_run,
        source_key: export.source_key,
        fiscal_year: export.fiscal_year,
        faults: export.faults,
        ..ImportReport::default()
    };
    let kinds = [
        rows(export.organizations, Row::Organization),
        rows(export.projects, Row::Project),
        rows(export.users, Row::User),
    ];
    if dry_run {
        let all: Arc<[Row]> = kinds.concat().into();
        let part = run(app, &context, all, true).await?;
        absorb(&mut report, part);
    } else {
        for kind in kinds {
            for chunk in kind.chunks(ROWS_PER_TRANSACTION) {
                let part = run_or_split(app, &context, chunk).await?;
                absorb(&mut report, part);
            }
        }
    }
    report.faults.sort_by_key(|fault| (fault.file, fault.line));
    Ok(report)
}

/// What every row needs to know.
struct Context {
    implementation: ImplementationId,
    /// In which the export's times are read.
    zone: Tz,
    /// The system of the export's ids.
    system: String,
}

impl Context {
    async fn of(app: &App, code: &str, source_key: &str) -> Result<Self, Error> {
        let (code, now) = (code.to_owned(), app.now());
        let system = format!("{HMIS_CSV_PREFIX}{source_key}");
        app.store()
            .read(move |view: &mut dyn View| {
                let found = view.implementation_by_code(&code)?.ok_or_else(|| {
                    Error::Invalid(vec![error::Fault::parameter(
                        "implementation",
                        "no implementation has this code",
                    )])
                })?;
                Ok(Self {
                    implementation: found.id,
                    zone: zone_of(view, found.id, now)?,
                    system: system.clone(),
                })
            })
            .await
    }

    /// The instant of a local time of the export: the earlier one where it comes twice, the end of the gap where
    /// clocks jumped over it.
    fn instant(&self, local: NaiveDateTime) -> Instant {
        match self.zone.offset_from_local_datetime(&local).earliest() {
            Some(offset) => local
                .checked_sub_offset(offset.fix())
                .unwrap_or(local)
                .and_utc(),
            None => GapInfo::new(&local, &self.zone)
                .and_then(|gap| gap.end)
                .map_or_else(|| local.and_utc(), |end| end.with_timezone(&Utc)),
        }
    }
}

/// A row of any of the files.
#[derive(Clone)]
enum Row {
    Organization(OrganizationRow),
    Project(ProjectRow),
    User(UserRow),
}

impl Row {
    fn place(&self) -> (HmisFile, u64) {
        match self {
            Self::Organization(row) => (HmisFile::Organization, row.line),
            Self::Project(row) => (HmisFile::Project, row.line),
            Self::User(row) => (HmisFile::User, row.line),
        }
    }
}

fn rows<T>(list: Vec<T>, wrap: impl Fn(T) -> Row) -> Vec<Row> {
    list.into_iter().map(wrap).collect()
}

fn absorb(report: &mut ImportReport, part: Part) {
    for (file, outcome) in part.outcomes {
        report.count(file, outcome);
    }
    report.listed.extend(part.listed);
    report.faults.extend(part.faults);
}

/// What one transaction did.
#[derive(Default)]
struct Part {
    outcomes: Vec<(HmisFile, Outcome)>,
    listed: Vec<Listed>,
    faults: Vec<Fault>,
}

/// One row on its way.
struct Work<'a, 'tx> {
    tx: &'a mut Tx<'tx>,
    context: &'a Context,
    part: &'a mut Part,
    place: (HmisFile, u64),
}

impl Work<'_, '_> {
    /// Puts something before staff.
    fn list(&mut self, subject: impl Into<Uuid>, matter: Matter) {
        let (file, line) = self.place;
        self.part.listed.push(Listed {
            file,
            line,
            subject: subject.into(),
            matter,
        });
    }

    fn fault(&mut self, severity: Severity, column: &str, message: &str) {
        let (file, line) = self.place;
        self.part.faults.push(Fault {
            file,
            line: Some(line),
            column: Some(column.to_owned()),
            severity,
            message: message.to_owned(),
        });
    }

    /// The external id of a row of this export, if it was recorded before.
    fn known(&mut self, kind: ExternalKind, value: &str) -> Result<Option<ExternalId>, Error> {
        Ok(self.tx.unit.external_id(
            self.context.implementation,
            kind,
            &self.context.system,
            value,
        )?)
    }

    fn give(
        &mut self,
        kind: ExternalKind,
        system: &str,
        value: &str,
        subject: Uuid,
    ) -> Result<(), Error> {
        self.tx.unit.insert_external_id(&ExternalId {
            implementation_id: self.context.implementation,
            kind,
            system: system.to_owned(),
            value: value.to_owned(),
            subject,
            recorded_at: self.tx.now,
            closed_at: None,
            settled_at: None,
        })?;
        Ok(())
    }

    /// Closes the external id of a deleted row and lists the row. Returns whether it was open.
    fn close(&mut self, id: &ExternalId, deleted: Option<NaiveDateTime>) -> Result<Outcome, Error> {
        self.list(id.subject, Matter::Deleted);
        if id.closed_at.is_some() {
            return Ok(Outcome::Unchanged);
        }
        let now = self.tx.now;
        let at = deleted.map_or(now, |local| self.context.instant(local).min(now));
        self.tx
            .unit
            .close_external_id(id.implementation_id, id.kind, &id.system, &id.value, at)?;
        Ok(Outcome::Closed)
    }

    /// Lists a row that came back after its deletion.
    fn note_return(&mut self, id: &ExternalId) {
        if id.closed_at.is_some() {
            self.list(id.subject, Matter::Returned);
        }
    }
}

/// Runs a chunk in one transaction, and if a row spoils it, each of its rows in its own.
async fn run_or_split(app: &App, context: &Arc<Context>, chunk: &[Row]) -> Result<Part, Error> {
    let first = run(app, context, chunk.into(), false).await;
    let Err(error) = first else {
        return first;
    };
    if is_outage(&error) {
        return Err(error);
    }
    let mut whole = Part::default();
    for row in chunk {
        match run(app, context, [row.clone()].into(), false).await {
            Ok(part) => {
                whole.outcomes.extend(part.outcomes);
                whole.listed.extend(part.listed);
                whole.faults.extend(part.faults);
            }
            Err(error) if is_outage(&error) => return Err(error),
            Err(error) => {
                let (file, line) = row.place();
                whole.outcomes.push((file, Outcome::Failed));
                whole.faults.push(Fault {
                    file,
                    line: Some(line),
                    column: None,
                    severity: Severity::Error,
                    message: format!("the row was not recorded: {error}; import the export again"),
                });
            }
        }
    }
    Ok(whole)
}

/// Whether the store itself failed, so that no other row would fare better.
fn is_outage(error: &Error) -> bool {
    matches!(
        error,
        Error::Store(StoreError::Unavailable(_) | StoreError::Busy)
    )
}

async fn run(
    app: &App,
    context: &Arc<Context>,
    rows: Arc<[Row]>,
    dry_run: bool,
) -> Result<Part, Error> {
    let context = Arc::clone(context);
    let action = match rows.first() {
        Some(Row::User(_)) => Action::ManagePerson,
        _ => Action::ManageRoster,
    };
    app.write_as_operator(action, dry_run, move |tx| {
        tx.trail
            .scope(Scope::implementation(context.implementation));
        let mut part = Part::default();
        for row in &*rows {
            let place = row.place();
            let mut work = Work {
                tx,
                context: &context,
                part: &mut part,
                place,
            };
            let outcome = match row {
                Row::Organization(row) => organizations::apply(&mut work, row)?,
                Row::Project(row) => projects::apply(&mut work, row)?,
                Row::User(row) => people::apply(&mut work, row)?,
            };
            part.outcomes.push((place.0, outcome));
        }
        Ok(part)
    })
    .await
}
