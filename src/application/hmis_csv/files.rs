//! The bytes of an export, from wherever they come.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::{Fault, HmisFile, Severity};

/// Largest file that is read. A state's `User.csv` is well below 2 MiB.
pub(super) const MAX_FILE_BYTES: u64 = 32 * 1024 * 1024;

#[derive(Clone, Debug)]
enum Content {
    Bytes(Vec<u8>),
    Unreadable(&'static str),
}

/// The files of one export, by name. Names that are not read are not kept either.
#[derive(Clone, Debug, Default)]
pub struct ExportFiles {
    contents: BTreeMap<HmisFile, Content>,
}

impl ExportFiles {
    /// No files yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file; its name may have any case. Returns whether it is one of the four that are read.
    pub fn insert(&mut self, name: &str, bytes: Vec<u8>) -> bool {
        let content = if bytes.len() as u64 > MAX_FILE_BYTES {
            TOO_LARGE
        } else {
            Content::Bytes(bytes)
        };
        HmisFile::from_name(name).is_some_and(|file| {
            self.put(file, content);
            true
        })
    }

    fn put(&mut self, file: HmisFile, content: Content) {
        let content = if self.contents.contains_key(&file) {
            Content::Unreadable("is there twice, in different case; keep one")
        } else {
            content
        };
        self.contents.insert(file, content);
    }

    /// The bytes of a file, or a fault that says why there are none.
    pub(super) fn bytes(&self, file: HmisFile) -> Result<&[u8], Fault> {
        let message = match self.contents.get(&file) {
            Some(Content::Bytes(bytes)) => return Ok(bytes),
            Some(Content::Unreadable(why)) => format!("{file} {why}"),
            None => format!("{file} is missing; add it to the export"),
        };
        Err(Fault {
            file,
            line: None,
            column: None,
            severity: Severity::Error,
            message,
        })
    }
}

const TOO_LARGE: Content =
    Content::Unreadable("is larger than 32 MiB, which is no list of agencies, projects or users");

/// The directory of an export could not be listed.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the directory {}: {source}; name the directory an export was unpacked to", path.display())]
pub struct LoadError {
    path: PathBuf,
    source: io::Error,
}

/// Reads the files of an export from the directory it was unpacked to. Their names may have any case. All other
/// files there hold client data and are never opened.
///
/// # Errors
/// If the directory cannot be listed. A file that is missing or cannot be read becomes a fault of
/// [`read_export`](super::read_export), so that all faults are told at once.
pub fn load_directory(path: &Path) -> Result<ExportFiles, LoadError> {
    let failed = |source| LoadError {
        path: path.to_owned(),
        source,
    };
    let mut files = ExportFiles::new();
    for entry in fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        if let Some(file) = name.to_str().and_then(HmisFile::from_name) {
            files.put(file, read_file(&entry.path()));
        }
    }
    Ok(files)
}

fn read_file(path: &Path) -> Content {
    let read = || -> io::Result<Content> {
        // Opening a pipe would wait for a writer.
        if !fs::metadata(path)?.is_file() {
            return Ok(Content::Unreadable("is not a file"));
        }
        let mut bytes = Vec::new();
        let limit = MAX_FILE_BYTES + 1;
        File::open(path)?.take(limit).read_to_end(&mut bytes)?;
        if bytes.len() as u64 == limit {
            return Ok(TOO_LARGE);
        }
        Ok(Content::Bytes(bytes))
    };
    read().unwrap_or_else(|error| {
        Content::Unreadable(match error.kind() {
            io::ErrorKind::PermissionDenied => "cannot be opened: permission denied",
            io::ErrorKind::NotFound => "cannot be opened: it points to a file that does not exist",
            _ => "cannot be read from disk",
        })
    })
}
