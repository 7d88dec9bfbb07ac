//! Identifiers that other systems use.
//!
//! An external id is given once, for ever: closed it still resolves, and nobody else ever gets it.

use uuid::Uuid;

use super::input::{Faults, LONGEST_EXTERNAL_ID, LONGEST_SYSTEM};
use crate::application::Tx;
use crate::application::error::Error;
use crate::application::ports::StoreError;
use crate::domain::ids::ImplementationId;
use crate::domain::roster::{ExternalId, ExternalKind};

/// Most external ids that one request may carry.
pub const MOST_EXTERNAL_IDS: usize = 20;

/// Before this prefix systems belong to the imports of HMIS CSV exports.
pub const HMIS_CSV_PREFIX: &str = "hmis_csv:";

/// The system of the ids by which an HMIS product knows its users.
pub const HMIS_USER_ID: &str = "hmis_user_id";

/// An external id as a caller states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalIdInput {
    pub system: String,
    pub value: String,
}

/// The id of nobody yet, checked for form.
pub(super) fn checked(
    faults: &mut Faults,
    pointer: &str,
    input: &ExternalIdInput,
) -> ExternalIdInput {
    let system = input.system.trim();
    let mut letters = system.chars();
    let is_code = letters.next().is_some_and(|c| c.is_ascii_lowercase())
        && letters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && system.len() <= LONGEST_SYSTEM;
    faults.need(
        is_code,
        &format!("{pointer}/system"),
        "must be a code of at most 63 small letters, digits and underscores, such as `hmis_user_id`; systems of \
         imports are not given by hand",
    );
    ExternalIdInput {
        system: system.to_owned(),
        value: faults.text(
            &format!("{pointer}/value"),
            &input.value,
            LONGEST_EXTERNAL_ID,
        ),
    }
}

/// A list of ids, checked for form and repetition.
pub(super) fn checked_list(
    faults: &mut Faults,
    pointer: &str,
    list: &[ExternalIdInput],
) -> Vec<ExternalIdInput> {
    faults.need(
        list.len() <= MOST_EXTERNAL_IDS,
        pointer,
        "must have at most 20 entries",
    );
    let mut found: Vec<ExternalIdInput> = Vec::new();
    for (index, input) in list.iter().take(MOST_EXTERNAL_IDS).enumerate() {
        let id = checked(faults, &format!("{pointer}/{index}"), input);
        if found.contains(&id) {
            faults.at(format!("{pointer}/{index}"), "is named twice");
        }
        found.push(id);
    }
    found
}

/// Gives external ids to a row of the implementation.
pub(super) fn give(
    tx: &mut Tx<'_>,
    implementation: ImplementationId,
    kind: ExternalKind,
    subject: Uuid,
    ids: &[ExternalIdInput],
) -> Result<(), Error> {
    for (index, ExternalIdInput { system, value }) in ids.iter().enumerate() {
        let given = tx.unit.external_id(implementation, kind, system, value)?;
        if given.is_some() {
            return Err(duplicate(index));
        }
        tx.trail
            .personal(format!("external_id:{system}"), value.as_str());
        tx.unit
            .insert_external_id(&ExternalId {
                implementation_id: implementation,
                kind,
                system: system.clone(),
                value: value.clone(),
                subject,
                recorded_at: tx.now,
                closed_at: None,
                settled_at: None,
            })
            .map_err(|error| match error {
                StoreError::Conflict => duplicate(index),
                other => other.into(),
            })?;
    }
    Ok(())
}

fn duplicate(index: usize) -> Error {
    Error::Duplicate(format!(
        "External id {} of the request was given before, and none is ever given twice; look up whom it names.",
        index + 1
    ))
}
