//! Reads HUD HMIS CSV exports, fiscal years 2022 to 2026: what agencies, projects and HMIS users there are.
//!
//! Only `Export.csv`, `Organization.csv`, `Project.csv` and `User.csv` are ever opened. The other files of an
//! export describe clients, and no client data may enter this service.
//!
//! Reading is forgiving where exports differ in practice (order and case of headers, byte order marks, line
//! ends, quoting, blanks at the end of names) and exact where guessing would be wrong (ids are strings, dates
//! have one form). What is wrong is told as a [`Fault`] with file, line and column; rows without an error are
//! kept. Faults never repeat names or e-mails, since they are logged and shown.
//!
//! Times in an export have no zone: they stay [`NaiveDateTime`]s, in local time of the implementation.

mod fields;
mod files;
mod read;
mod rows;
mod table;
#[cfg(test)]
mod tests;

use std::fmt;

use chrono::{NaiveDate, NaiveDateTime};

pub use files::{ExportFiles, LoadError, load_directory};
pub use read::read_export;

/// The files of an export that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HmisFile {
    /// Where the export comes from, in one row.
    Export,
    /// Participating agencies.
    Organization,
    /// Their projects.
    Project,
    /// HMIS users.
    User,
}

impl HmisFile {
    /// All of them, in the order of the specification.
    pub const ALL: [Self; 4] = [Self::Export, Self::Organization, Self::Project, Self::User];

    /// The name of the file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Export => "Export.csv",
            Self::Organization => "Organization.csv",
            Self::Project => "Project.csv",
            Self::User => "User.csv",
        }
    }

    /// The file of that name, whatever its case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|file| file.name().eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for HmisFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a fault costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The row is kept, without the value at fault if there is one.
    Warning,
    /// The row, or the whole file if no line is given, is left out.
    Error,
}

impl Severity {
    /// `warning` or `error`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Something wrong with an export, and what to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// In which file.
    pub file: HmisFile,
    /// The line its row begins on, counted from 1 with the header; none if the file as a whole is meant.
    pub line: Option<u64>,
    /// The name of the column, if one is meant.
    pub column: Option<String>,
    /// What it costs.
    pub severity: Severity,
    /// For people. Holds ids, never names or e-mails.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.file.name())?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        if let Some(column) = &self.column {
            write!(f, ", {column}")?;
        }
        write!(f, ": {}: {}", self.severity.as_str(), self.message)
    }
}

/// An export as far as it could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HmisExport {
    /// Which HMIS the ids belong to: its `ImplementationID`, else its `SourceID` (before fiscal year 2024).
    pub source_key: String,
    /// Fiscal year of the data standards, from `CSVVersion`.
    pub fiscal_year: u16,
    /// When the export was made, local time; none if unreadable.
    pub export_date: Option<NaiveDateTime>,
    /// Rows of `Organization.csv` without an error.
    pub organizations: Vec<OrganizationRow>,
    /// Rows of `Project.csv` without an error; their organization is among `organizations`.
    pub projects: Vec<ProjectRow>,
    /// Rows of `User.csv` without an error.
    pub users: Vec<UserRow>,
    /// What was wrong, by file and line.
    pub faults: Vec<Fault>,
}

impl HmisExport {
    /// Whether anything was left out.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.faults
            .iter()
            .any(|fault| fault.severity == Severity::Error)
    }
}

/// The export does not say where it comes from or by which standard it was made, so nothing of it can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "Export.csv does not tell where the export comes from or its version, so none of it can be used"
)]
pub struct UnusableExport {
    /// What is wrong with it, in all of its files.
    pub faults: Vec<Fault>,
}

/// An agency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationRow {
    /// Line of `Organization.csv`.
    pub line: u64,
    /// `OrganizationID`: a string, even where it looks like a number.
    pub organization_id: String,
    /// `OrganizationName`, without blanks around it.
    pub name: String,
    /// `OrganizationCommonName`.
    pub common_name: Option<String>,
    /// `VictimServiceProvider`. None is *not known*, which must never take a known provider's protection away.
    pub victim_service_provider: Option<bool>,
    /// `DateUpdated`, local time.
    pub date_updated: Option<NaiveDateTime>,
    /// Whether `DateDeleted` is set.
    pub deleted: bool,
    /// `DateDeleted`, local time; none also if it is set but unreadable.
    pub date_deleted: Option<NaiveDateTime>,
}

/// A project of an agency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectRow {
    /// Line of `Project.csv`.
    pub line: u64,
    /// `ProjectID`.
    pub project_id: String,
    /// `OrganizationID`, one of `Organization.csv`.
    pub organization_id: String,
    /// `ProjectName`, without blanks around it.
    pub name: String,
    /// `ProjectCommonName`.
    pub common_name: Option<String>,
    /// `ProjectType`: the code, whose meaning depends on the fiscal year.
    pub project_type: Option<u8>,
    /// `OperatingStartDate`, a local date.
    pub operating_start_on: Option<NaiveDate>,
    /// `OperatingEndDate`, a local date: the last day of operation.
    pub operating_end_on: Option<NaiveDate>,
    /// `DateUpdated`, local time.
    pub date_updated: Option<NaiveDateTime>,
    /// Whether `DateDeleted` is set.
    pub deleted: bool,
    /// `DateDeleted`, local time; none also if it is set but unreadable.
    pub date_deleted: Option<NaiveDateTime>,
}

/// An HMIS user. The export does not say at which organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRow {
    /// Line of `User.csv`.
    pub line: u64,
    /// `UserID`.
    pub user_id: String,
    /// `UserFirstName`. Unless the user is deleted, at least one of the two names is known.
    pub first_name: Option<String>,
    /// `UserLastName`.
    pub last_name: Option<String>,
    /// `UserEmail`, as written. Unconfirmed.
    pub email: Option<String>,
    /// `DateUpdated`, local time.
    pub date_updated: Option<NaiveDateTime>,
    /// Whether `DateDeleted` is set.
    pub deleted: bool,
    /// `DateDeleted`, local time; none also if it is set but unreadable.
    pub date_deleted: Option<NaiveDateTime>,
}
