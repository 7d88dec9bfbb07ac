//! What serde and validator found wrong, as faults that point at the place and repeat nothing of the input.

use std::fmt::Display;

use serde_path_to_error::{Path, Segment};
use validator::{ValidationError, ValidationErrors, ValidationErrorsKind};

use super::tree::join;
use crate::application::{Fault, Place};

/// Where faults are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Body,
    Query,
}

impl Source {
    fn place(self, pointer: &str) -> Place {
        match self {
            Self::Body => Place::Pointer(pointer.to_owned()),
            Self::Query => {
                let name = pointer.split('/').nth(1).unwrap_or_default();
                Place::Parameter(name.to_owned())
            }
        }
    }
}

/// The fault behind serde's message. Only the half of the message that serde takes from our own types is used.
pub(super) fn fault(path: &Path, message: &impl Display, source: Source) -> Fault {
    let message = message.to_string();
    let mut pointer = path
        .iter()
        .fold(String::new(), |pointer, segment| match segment {
            Segment::Seq { index } => format!("{pointer}/{index}"),
            Segment::Map { key } => join(&pointer, key),
            Segment::Enum { .. } | Segment::Unknown => pointer,
        });
    let expected = || {
        message
            .rsplit_once(", expected ")
            .map_or("", |(_, tail)| tail)
    };
    let detail = if let Some(rest) = message.strip_prefix("missing field `") {
        let name = rest.split('`').next().unwrap_or_default();
        pointer = join(&pointer, name);
        "is missing".to_owned()
    } else if message.starts_with("unknown field `") {
        match expected() {
            "" => "is unknown here; leave it out".to_owned(),
            known => format!("is unknown here; known is {known}"),
        }
    } else if message.starts_with("unknown variant `") {
        format!("must be {}", expected())
    } else if message.starts_with("invalid ") && !expected().is_empty() {
        format!("must be {}", plain(expected()))
    } else if message.starts_with("must ") {
        // Messages of our own types, which say what is allowed and nothing else.
        match source {
            // A bare + in a query is a blank, so that an offset to the east is lost.
            Source::Query if message.starts_with("must be an instant") => {
                format!("{message} (write + as %2B)")
            }
            Source::Query | Source::Body => message.clone(),
        }
    } else if message.starts_with("UUID parsing failed") {
        "must be a UUID".to_owned()
    } else {
        "does not have the documented form".to_owned()
    };
    Fault {
        place: source.place(&pointer),
        detail,
    }
}

/// serde's words for what it expected, in ours.
fn plain(expected: &str) -> &str {
    match expected {
        "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" | "usize" | "isize" => {
            "a whole number within the documented bounds"
        }
        "f32" | "f64" => "a number",
        "a sequence" => "a list",
        "a map" => "an object",
        "a string" | "a borrowed string" | "string or map" => "a string",
        "a boolean" => "true or false",
        "a UUID string" | "a formatted UUID string" => "a UUID",
        other if other.starts_with("struct ") || other.contains("tagged enum") => "an object",
        other if other.contains("enum") || other.contains("variant") => {
            "one of the documented values"
        }
        _ => "of the documented type",
    }
}

/// Every fault that validator found. Its own texts and parameters may hold the value, so they are not used.
pub(super) fn faults(errors: &ValidationErrors, source: Source) -> Vec<Fault> {
    let mut found = Vec::new();
    collect(errors, "", source, &mut found);
    found.sort_by(|one, other| key(one).cmp(key(other)));
    found
}

fn key(fault: &Fault) -> &str {
    match &fault.place {
        Place::Pointer(name) | Place::Parameter(name) | Place::Header(name) => name,
    }
}

fn collect(errors: &ValidationErrors, pointer: &str, source: Source, found: &mut Vec<Fault>) {
    for (field, kind) in errors.errors() {
        // Faults of a whole struct are filed under `__all__`.
        let here = if field == "__all__" {
            pointer.to_owned()
        } else {
            format!("{pointer}/{field}")
        };
        match kind {
            ValidationErrorsKind::Struct(inner) => collect(inner, &here, source, found),
            ValidationErrorsKind::List(items) => {
                for (index, inner) in items {
                    collect(inner, &format!("{here}/{index}"), source, found);
                }
            }
            ValidationErrorsKind::Field(errors) => found.extend(errors.iter().map(|error| Fault {
                place: source.place(&here),
                detail: detail(error),
            })),
        }
    }
}

fn detail(error: &ValidationError) -> String {
    if let Some(message) = &error.message {
        return message.to_string();
    }
    let bound = |name: &'static str| {
        error
            .params
            .get(name)
            .filter(|bound| bound.is_number())
            .map(ToString::to_string)
    };
    let range = match (bound("min"), bound("max"), bound("equal")) {
        (_, _, Some(exact)) => Some(format!("exactly {exact}")),
        (Some(min), Some(max), None) => Some(format!("{min} to {max}")),
        (Some(min), None, None) => Some(format!("at least {min}")),
        (None, Some(max), None) => Some(format!("at most {max}")),
        (None, None, None) => None,
    };
    match (error.code.as_ref(), range) {
        ("length", Some(range)) => {
            let unit = match error.params.get("value") {
                Some(serde_json::Value::Array(_) | serde_json::Value::Object(_)) => "entries",
                _ => "characters",
            };
            format!("must have {range} {unit}")
        }
        ("range", Some(range)) => format!("must be {range}"),
        ("email", _) => "must be an e-mail address".to_owned(),
        ("url", _) => "must be a URL".to_owned(),
        ("required", _) => "is missing".to_owned(),
        _ => "is not allowed".to_owned(),
    }
}
