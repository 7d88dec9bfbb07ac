//! From bytes to rows with true line numbers.
//!
//! Records are split here and only then given to the csv crate. On its own the crate takes an unclosed quotation
//! mark as the beginning of a value that runs to the next mark, however many rows that swallows, and its line
//! numbers lag behind in files with CRLF. Splitting first keeps a broken row from taking good ones with it.

use std::collections::HashMap;

use super::{Fault, HmisFile, Severity};

/// More rows than any HMIS has agencies, projects or users.
const MAX_ROWS: usize = 200_000;
/// Longest row: an unclosed quotation mark must not run through the whole file.
const MAX_ROW_BYTES: usize = 64 * 1024;
/// More columns than any of these files has, vendors' own included.
const MAX_COLUMNS: usize = 100;
/// Broken rows after which a file is given up.
const MAX_BROKEN_ROWS: usize = 1_000;

/// The columns that are read. Faults name no others: in a file without a header a person's name would pass for one.
const COLUMNS: [&str; 21] = [
    "CSVVersion",
    "DateDeleted",
    "DateUpdated",
    "ExportDate",
    "ExportID",
    "ImplementationID",
    "OperatingEndDate",
    "OperatingStartDate",
    "OrganizationCommonName",
    "OrganizationID",
    "OrganizationName",
    "ProjectCommonName",
    "ProjectID",
    "ProjectName",
    "ProjectType",
    "SourceID",
    "UserEmail",
    "UserFirstName",
    "UserID",
    "UserLastName",
    "VictimServiceProvider",
];

/// The rows of a file with as many values as its header has columns.
pub(super) struct Table {
    columns: HashMap<&'static str, usize>,
    pub(super) rows: Vec<Row>,
}

pub(super) struct Row {
    /// Where it begins, counted from 1.
    pub(super) line: u64,
    values: Vec<String>,
}

impl Table {
    pub(super) fn has(&self, column: &str) -> bool {
        self.columns.contains_key(column)
    }

    /// The value without blanks around it; empty also where the file has no such column.
    pub(super) fn value<'a>(&self, row: &'a Row, column: &str) -> &'a str {
        self.columns
            .get(column)
            .and_then(|index| row.values.get(*index))
            .map_or("", |value| value.trim())
    }
}

/// Splits a file into rows. None if it has no usable header, which is then among the faults.
pub(super) fn parse(file: HmisFile, bytes: &[u8], faults: &mut Vec<Fault>) -> Option<Table> {
    let mut tell = |line: Option<u64>, column: Option<&str>, message: String| {
        faults.push(Fault {
            file,
            line,
            column: column.map(str::to_owned),
            severity: Severity::Error,
            message,
        });
    };

    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        tell(
            None,
            None,
            "is saved as UTF-16; save it as UTF-8".to_owned(),
        );
        return None;
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);

    let records = split(bytes, &mut |line, message| tell(Some(line), None, message));
    let clean = join(&records);
    let mut records = decode(&clean).zip(&records);
    let Some((header, RawRecord { line, .. })) = records.next() else {
        tell(
            None,
            None,
            "is empty; it needs a row of column names".to_owned(),
        );
        return None;
    };
    if header.len() > MAX_COLUMNS {
        let message = format!(
            "has more than {MAX_COLUMNS} columns; it is none of the HMIS CSV specification"
        );
        tell(Some(*line), None, message);
        return None;
    }
    let names: Vec<Option<&'static str>> = header.iter().map(known_column).collect();
    let mut columns = HashMap::new();
    let mut unique = true;
    for (index, name) in names.iter().enumerate() {
        if let Some(name) = name
            && columns.insert(*name, index).is_some()
        {
            let message = "is there more than once; keep one column of that name".to_owned();
            tell(Some(*line), Some(name), message);
            unique = false;
        }
    }
    if !unique {
        return None;
    }

    let mut rows = Vec::new();
    let mut unfit = 0;
    for (values, RawRecord { line, .. }) in records {
        // Spreadsheets leave rows of bare commas behind.
        if values.iter().all(|value| value.trim_ascii().is_empty()) {
            continue;
        }
        match row(*line, &values, &names) {
            Ok(row) => rows.push(row),
            Err(_) if unfit == MAX_BROKEN_ROWS => {
                tell(Some(*line), None, TOO_MANY.to_owned());
                break;
            }
            Err((column, message)) => {
                tell(Some(*line), column, message);
                unfit += 1;
            }
        }
    }
    Some(Table { columns, rows })
}

/// The column a header cell names, in whatever case.
fn known_column(cell: &[u8]) -> Option<&'static str> {
    COLUMNS
        .into_iter()
        .find(|column| column.as_bytes().eq_ignore_ascii_case(cell.trim_ascii()))
}

fn row(
    line: u64,
    record: &csv::ByteRecord,
    names: &[Option<&'static str>],
) -> Result<Row, (Option<&'static str>, String)> {
    let surplus = record.iter().skip(names.len());
    if record.len() < names.len()
        || surplus
            .into_iter()
            .any(|value| !value.trim_ascii().is_empty())
    {
        return Err((
            None,
            format!(
                "has {} values for {} columns; look for a comma in a value that is not quoted, or a value left out",
                record.len(),
                names.len()
            ),
        ));
    }
    let values = record
        .iter()
        .zip(names)
        .map(|(value, name)| {
            str::from_utf8(value).map(str::to_owned).map_err(|_| {
                (
                    *name,
                    "holds characters that are not UTF-8; save the file as UTF-8".to_owned(),
                )
            })
        })
        .collect::<Result<_, _>>()?;
    Ok(Row { line, values })
}

struct RawRecord<'a> {
    line: u64,
    bytes: &'a [u8],
}

/// Splits at line ends outside quotation marks. After a broken record it goes on with the next line of the file.
fn split<'a>(bytes: &'a [u8], tell: &mut dyn FnMut(u64, String)) -> Vec<RawRecord<'a>> {
    let mut records = Vec::new();
    let mut rest = bytes;
    let mut line = 1;
    let mut broken = 0;
    while !rest.is_empty() {
        let length = match record_length(rest) {
            Ok(0) => 0,
            Ok(_) if records.len() > MAX_ROWS => {
                tell(
                    line,
                    format!("only the first {MAX_ROWS} rows were read; split the file"),
                );
                break;
            }
            Ok(length) => {
                let bytes = rest.get(..length).unwrap_or(rest);
                records.push(RawRecord { line, bytes });
                length
            }
            Err(_) if broken == MAX_BROKEN_ROWS => {
                tell(line, TOO_MANY.to_owned());
                break;
            }
            Err(why) => {
                tell(line, why.to_owned());
                broken += 1;
                let line_end = rest.iter().position(|byte| is_line_end(*byte));
                line_end.unwrap_or(rest.len())
            }
        };
        let (record, tail) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        let tail = tail
            .strip_prefix(b"\r\n")
            .or_else(|| tail.get(1..))
            .unwrap_or_default();
        line += line_ends(record) + 1;
        rest = tail;
    }
    records
}

/// How many bytes the first record has without its line end, or what is wrong with it.
fn record_length(bytes: &[u8]) -> Result<usize, &'static str> {
    #[derive(Clone, Copy)]
    enum At {
        Start,
        Plain,
        Quoted,
        /// After a mark that closes the value, unless another follows.
        Mark,
        /// Blanks after a closed value.
        Closed,
    }
    let mut at = At::Start;
    for (index, byte) in bytes.iter().enumerate() {
        if index == MAX_ROW_BYTES {
            return Err(match at {
                At::Quoted => UNCLOSED,
                _ => "is longer than 64 KiB, which no row of this file can be",
            });
        }
        at = match (at, byte) {
            (At::Quoted, b'"') => At::Mark,
            (At::Quoted, _) | (At::Mark | At::Start, b'"') => At::Quoted,
            (_, b'\n' | b'\r') => return Ok(index),
            (_, b',') => At::Start,
            (At::Mark | At::Closed, b' ' | b'\t') => At::Closed,
            (At::Mark | At::Closed, _) => return Err(STRAY_MARK),
            (At::Start | At::Plain, _) => At::Plain,
        };
    }
    match at {
        At::Quoted => Err(UNCLOSED),
        _ => Ok(bytes.len()),
    }
}

const TOO_MANY: &str = "too many broken rows; the rest of the file was not read";
const UNCLOSED: &str = "has a quotation mark that is never closed; close the value with one";
const STRAY_MARK: &str = "has a quotation mark within a quoted value, or one that is never closed; double the mark \
                          or close the value";

fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// Counts CRLF, LF and bare CR as one line end each.
fn line_ends(bytes: &[u8]) -> u64 {
    let mut count = 0;
    let mut previous = 0;
    for byte in bytes {
        if is_line_end(*byte) && !(previous == b'\r' && *byte == b'\n') {
            count += 1;
        }
        previous = *byte;
    }
    count
}

/// The records in one piece again, without what was broken.
fn join(records: &[RawRecord<'_>]) -> Vec<u8> {
    let mut clean = Vec::new();
    for record in records {
        clean.extend_from_slice(record.bytes);
        clean.push(b'\n');
    }
    clean
}

/// The values of each record, unquoted. Reading bytes from memory with any number of values does not fail, and each
/// record is one for the csv crate as well.
fn decode(clean: &[u8]) -> impl Iterator<Item = csv::ByteRecord> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(clean)
        .into_byte_records()
        .map_while(Result::ok)
}
