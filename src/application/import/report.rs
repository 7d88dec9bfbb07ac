//! What an import did, or would do.

use std::fmt;

use uuid::Uuid;

use crate::application::hmis_csv::{Fault, HmisFile};

/// How many rows of one file ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub created: usize,
    /// Recorded with something new: a name, an address, a date.
    pub updated: usize,
    pub unchanged: usize,
    /// Deleted in the export: the external id was closed. Nothing else ends by it.
    pub closed: usize,
    /// Deleted in the export and never recorded here: nothing to do.
    pub ignored: usize,
    /// Not recorded, each with a fault.
    pub failed: usize,
}

impl Tally {
    fn add(&mut self, outcome: Outcome) {
        let count = match outcome {
            Outcome::Created => &mut self.created,
            Outcome::Updated => &mut self.updated,
            Outcome::Unchanged => &mut self.unchanged,
            Outcome::Closed => &mut self.closed,
            Outcome::Ignored => &mut self.ignored,
            Outcome::Failed => &mut self.failed,
        };
        *count += 1;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} created, {} updated, {} unchanged, {} closed",
            self.created, self.updated, self.unchanged, self.closed
        )?;
        for (count, word) in [(self.ignored, "ignored"), (self.failed, "failed")] {
            if count > 0 {
                write!(f, ", {count} {word}")?;
            }
        }
        Ok(())
    }
}

/// How one row ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Created,
    Updated,
    Unchanged,
    Closed,
    Ignored,
    Failed,
}

/// Something in an export that is for staff to settle, because no import decides it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matter {
    /// Deleted in the HMIS. Its external id is closed and still resolves.
    Deleted,
    /// Deleted in an earlier export and back in this one. Its external id stays closed.
    Returned,
    /// The export names another last day of operation than is recorded: a project is closed by staff.
    ClosureProposed,
    /// The project belongs to another organization in the export.
    OtherOrganization,
    /// The export no longer says that this is a victim service provider; its protection stays.
    ProviderProtected,
    /// The user id belongs to somebody from another source, so this person did not get it.
    UserIdTaken,
}

impl Matter {
    /// What staff should know. Holds no name and no address.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Deleted => "is deleted in the HMIS; its id is closed, nothing was ended",
            Self::Returned => "was deleted in an earlier export and is back; its id stays closed",
            Self::ClosureProposed => {
                "has another last day of operation in the export; change the project if it is to count"
            }
            Self::OtherOrganization => {
                "belongs to another organization in the export; it was not moved"
            }
            Self::ProviderProtected => {
                "is no victim service provider in the export; it stays protected as one until staff change it"
            }
            Self::UserIdTaken => {
                "has a user id that somebody of another source has; it is known by its id in this export alone"
            }
        }
    }
}

/// A row with something for staff to settle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub file: HmisFile,
    pub line: u64,
    /// Our id.
    pub subject: Uuid,
    pub matter: Matter,
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (file, line, subject) = (self.file, self.line, self.subject);
        write!(f, "{file}, line {line}: {subject} {}", self.matter.text())
    }
}

/// What an import did; after a dry run, what it would have done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    pub dry_run: bool,
    /// Which HMIS the ids belong to.
    pub source_key: String,
    pub fiscal_year: u16,
    pub organizations: Tally,
    pub projects: Tally,
    pub people: Tally,
    pub listed: Vec<Listed>,
    /// What was wrong with the files, and rows that could not be recorded.
    pub faults: Vec<Fault>,
}

impl ImportReport {
    pub(super) fn count(&mut self, file: HmisFile, outcome: Outcome) {
        match file {
            HmisFile::Export => {}
            HmisFile::Organization => self.organizations.add(outcome),
            HmisFile::Project => self.projects.add(outcome),
            HmisFile::User => self.people.add(outcome),
        }
    }

    /// Whether the import recorded nothing.
    #[must_use]
    pub fn is_without_change(&self) -> bool {
        [self.organizations, self.projects, self.people]
            .iter()
            .all(|tally| tally.created + tally.updated + tally.closed == 0)
    }

    /// Whether a row, or a file, was left out.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.faults
            .iter()
            .any(|fault| fault.severity == crate::application::hmis_csv::Severity::Error)
    }
}

/// For the command line, a line each.
impl fmt::Display for ImportReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.dry_run {
            writeln!(f, "dry run: nothing was kept")?;
        }
        for (name, tally) in [
            ("organizations", self.organizations),
            ("projects", self.projects),
            ("people", self.people),
        ] {
            writeln!(f, "{name}: {tally}")?;
        }
        for listed in &self.listed {
            writeln!(f, "to settle: {listed}")?;
        }
        for fault in &self.faults {
            writeln!(f, "{fault}")?;
        }
        Ok(())
    }
}
