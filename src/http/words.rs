//! Schemas of closed lists of words.

use utoipa::openapi::schema::{Object, ObjectBuilder, Type};

/// A string that is one of these words, for `#[schema(schema_with = ...)]`.
#[must_use]
pub fn of(words: &[&str]) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(words.iter().map(|word| (*word).to_owned())))
        .build()
}
