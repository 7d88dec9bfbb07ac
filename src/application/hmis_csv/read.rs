//! From tables to an export.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDateTime;

use super::fields::{Fields, parse_datetime};
use super::files::ExportFiles;
use super::rows::{organization, project, user};
use super::table::{self, Table};
use super::{Fault, HmisExport, HmisFile, OrganizationRow, Severity, UnusableExport};

/// The years of the data standards whose columns are understood.
const FISCAL_YEARS: std::ops::RangeInclusive<u16> = 2022..=2026;
/// From fiscal year 2026 `SourceID` may list several continuums of care, in up to 350 characters.
const MAX_KEY_CHARS: usize = 400;

impl HmisFile {
    /// The columns without which a file says nothing.
    const fn required_columns(self) -> &'static [&'static str] {
        match self {
            Self::Export => &["CSVVersion"],
            Self::Organization => &["OrganizationID", "OrganizationName"],
            Self::Project => &["ProjectID", "OrganizationID", "ProjectName"],
            Self::User => &["UserID", "UserFirstName", "UserLastName", "UserEmail"],
        }
    }

    const fn id_column(self) -> &'static str {
        match self {
            Self::Export => "ExportID",
            Self::Organization => "OrganizationID",
            Self::Project => "ProjectID",
            Self::User => "UserID",
        }
    }
}

/// Reads an export. All faults of all files are told at once, by file and line.
///
/// # Errors
/// If `Export.csv` is missing or says neither where the export comes from nor which fiscal year's columns it has:
/// then no id means anything.
pub fn read_export(files: &ExportFiles) -> Result<HmisExport, UnusableExport> {
    let mut faults = Vec::new();
    let source = read_source(files, &mut faults);
    let export_id = source
        .as_ref()
        .and_then(|source| source.export_id.as_deref());

    let users = read_rows(HmisFile::User, files, export_id, &mut faults, user);
    let user_ids = users.as_ref().map(|rows| &rows.ids);
    let organizations = read_rows(
        HmisFile::Organization,
        files,
        export_id,
        &mut faults,
        |fields| {
            check_user(fields, user_ids);
            organization(fields)
        },
    );
    let projects = read_rows(HmisFile::Project, files, export_id, &mut faults, |fields| {
        check_user(fields, user_ids);
        let organizations = organizations.as_ref()?;
        let organization_known = check_organization(fields, organizations);
        project(fields).filter(|_| organization_known)
    });
    if organizations.is_none() && projects.is_some() {
        faults.push(Fault {
            file: HmisFile::Project,
            line: None,
            column: None,
            severity: Severity::Error,
            message: "no project was read, because Organization.csv could not be".to_owned(),
        });
    }

    faults.sort_by_key(|fault| (fault.file, fault.line));
    match source {
        Some(source) => Ok(HmisExport {
            source_key: source.key,
            fiscal_year: source.fiscal_year,
            export_date: source.export_date,
            organizations: kept(organizations),
            projects: kept(projects),
            users: kept(users),
            faults,
        }),
        None => Err(UnusableExport { faults }),
    }
}

fn kept<T>(rows: Option<Rows<T>>) -> Vec<T> {
    rows.map(|rows| rows.kept).unwrap_or_default()
}

struct Source {
    key: String,
    fiscal_year: u16,
    export_id: Option<String>,
    export_date: Option<NaiveDateTime>,
}

fn read_source(files: &ExportFiles, faults: &mut Vec<Fault>) -> Option<Source> {
    const FILE: HmisFile = HmisFile::Export;
    let table = open(FILE, files, faults)?;
    let [row] = table.rows.as_slice() else {
        faults.push(Fault {
            file: FILE,
            line: table.rows.get(1).map(|row| row.line),
            column: None,
            severity: Severity::Error,
            message: format!(
                "must have exactly one row after the column names and has {}",
                table.rows.len()
            ),
        });
        return None;
    };
    let mut fields = Fields {
        file: FILE,
        table: &table,
        row,
        faults,
    };
    let key = source_key(&mut fields);
    let fiscal_year = fiscal_year(fields.raw("CSVVersion"));
    if fiscal_year.is_none() {
        fields.refuse(
            "CSVVersion",
            format!(
                "must name a fiscal year from {} to {}, like \"2024 v1.3\"; export in one of these versions",
                FISCAL_YEARS.start(),
                FISCAL_YEARS.end()
            ),
        );
    }
    let export_date = parse_datetime(fields.raw("ExportDate"));
    if export_date.is_none() {
        fields.warn(
            "ExportDate",
            "is not of the form YYYY-MM-DD hh:mm:ss (a spreadsheet may have rewritten it); the age of the export \
             is unknown",
        );
    }
    let export_id = Some(fields.raw("ExportID").to_owned()).filter(|id| !id.is_empty());
    Some(Source {
        key: key?,
        fiscal_year: fiscal_year?,
        export_id,
        export_date,
    })
}

fn source_key(fields: &mut Fields<'_>) -> Option<String> {
    let column = if fields.raw("ImplementationID").is_empty() {
        "SourceID"
    } else {
        "ImplementationID"
    };
    let key = fields.raw(column);
    let why = if key.is_empty() {
        "and ImplementationID are both empty; one of them must say which HMIS the ids belong to"
    } else if key.chars().any(char::is_control) {
        "holds control characters; remove them"
    } else if key.chars().count() > MAX_KEY_CHARS {
        "is longer than 400 characters; check that the columns are in place"
    } else {
        return Some(key.to_owned());
    };
    fields.refuse(column, why);
    None
}

/// The year in `2024 v1.3` or `FY2026 v1.0`.
fn fiscal_year(version: &str) -> Option<u16> {
    version
        .split(|c: char| !c.is_ascii_digit())
        .filter(|digits| digits.len() == 4)
        .find_map(|digits| digits.parse().ok())
        .filter(|year| FISCAL_YEARS.contains(year))
}

/// The rows of one file.
struct Rows<T> {
    kept: Vec<T>,
    /// All ids of the file, also of rows with an error.
    ids: HashSet<String>,
    /// Where each kept id is.
    lines: HashMap<String, u64>,
}

fn open(file: HmisFile, files: &ExportFiles, faults: &mut Vec<Fault>) -> Option<Table> {
    let table = match files.bytes(file) {
        Ok(bytes) => table::parse(file, bytes, faults)?,
        Err(fault) => {
            faults.push(fault);
            return None;
        }
    };
    let missing: Vec<_> = file
        .required_columns()
        .iter()
        .filter(|column| !table.has(column))
        .collect();
    for column in &missing {
        faults.push(Fault {
            file,
            line: Some(1),
            column: Some((**column).to_owned()),
            severity: Severity::Error,
            message: "is missing from the column names, so the file was not read; export it with the columns of \
                      the HMIS CSV specification, separated by commas"
                .to_owned(),
        });
    }
    missing.is_empty().then_some(table)
}

/// Reads a file row by row. None if it could not be read as a whole.
fn read_rows<T>(
    file: HmisFile,
    files: &ExportFiles,
    export_id: Option<&str>,
    faults: &mut Vec<Fault>,
    mut build: impl FnMut(&mut Fields<'_>) -> Option<T>,
) -> Option<Rows<T>> {
    let table = open(file, files, faults)?;
    let mut rows = Rows {
        kept: Vec::new(),
        ids: HashSet::new(),
        lines: HashMap::new(),
    };
    let mut same_export = true;
    for row in &table.rows {
        let mut fields = Fields {
            file,
            table: &table,
            row,
            faults,
        };
        let found = fields.raw(HmisFile::Export.id_column());
        if same_export && !found.is_empty() && export_id.is_some_and(|id| id != found) {
            same_export = false;
            fields.warn(
                HmisFile::Export.id_column(),
                "is not that of Export.csv; check that all files come from one export",
            );
        }

        let id = fields.raw(file.id_column()).to_owned();
        if let Some(kept) = build(&mut fields) {
            if let Some(first) = rows.lines.get(&id) {
                fields.refuse(
                    file.id_column(),
                    format!(
                        "{} is already on line {first}, which counts; remove one of the rows",
                        shown(&id)
                    ),
                );
            } else {
                rows.lines.insert(id.clone(), row.line);
                rows.kept.push(kept);
            }
        }
        if !id.is_empty() {
            rows.ids.insert(id);
        }
    }
    Some(rows)
}

/// Exports often leave out users who only once edited an agency or project, so this costs nothing.
fn check_user(fields: &mut Fields<'_>, user_ids: Option<&HashSet<String>>) {
    let id = fields.raw("UserID").to_owned();
    if !id.is_empty() && user_ids.is_some_and(|ids| !ids.contains(&id)) {
        fields.warn(
            "UserID",
            format!(
                "{} is not in User.csv; who edited the row is unknown",
                shown(&id)
            ),
        );
    }
}

fn check_organization(fields: &mut Fields<'_>, organizations: &Rows<OrganizationRow>) -> bool {
    const COLUMN: &str = "OrganizationID";
    let id = fields.raw(COLUMN).to_owned();
    if id.is_empty() || organizations.lines.contains_key(&id) {
        return true;
    }
    let why = if organizations.ids.contains(&id) {
        "has an error of its own in Organization.csv; correct it there"
    } else {
        "is not in Organization.csv; add the organization or correct the id"
    };
    fields.refuse(COLUMN, format!("{} {why}", shown(&id)));
    false
}

/// An id as faults may repeat it. Something else may stand in its column when a row has slipped.
fn shown(id: &str) -> &str {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
    if id.len() <= 36 && id.chars().all(plain) && id.contains(|c: char| c.is_ascii_digit()) {
        id
    } else {
        "the id"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fiscal_year_is_found_in_every_spelling() {
        for (version, year) in [
            ("2022 v1.2", Some(2022)),
            ("2024 v1.3", Some(2024)),
            ("FY2026 v1.0", Some(2026)),
            ("HMIS CSV FY2024", Some(2024)),
            ("2026", Some(2026)),
            ("2020 v1.1", None),
            ("2028 v1.0", None),
            ("6.12", None),
            ("20240", None),
            ("", None),
        ] {
            assert_eq!(fiscal_year(version), year, "{version}");
        }
    }

    #[test]
    fn only_what_looks_like_an_id_is_repeated() {
        assert_eq!(shown("41"), "41");
        assert_eq!(shown("MI-501"), "MI-501");
        for other in ["Whitfield", "d.whitfield@example.org", "Dana Whitfield 2"] {
            assert_eq!(shown(other), "the id");
        }
    }
}
