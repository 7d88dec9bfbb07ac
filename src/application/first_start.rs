//! What a new deployment begins with.

use super::actor::{Action, Scope};
use super::ports::{Page, StoreError, StoreExt, View, Visible};
use super::{App, Error, Tx};
use crate::domain::policy::{PolicyVersion, preset};
use crate::domain::roster::Implementation;

/// Makes `hand` with its policy and `akhmis` still without one if there are no implementations at all. Returns whether
/// it made them. Of several instances that start at once, one does.
///
/// # Errors
/// The store's.
pub async fn first_start(app: &App) -> Result<bool, Error> {
    let empty = app
        .store()
        .read(|view: &mut dyn View| -> Result<bool, Error> { Ok(is_empty(view)?) })
        .await?;
    if !empty {
        return Ok(false);
    }
    match app
        .write_as_operator(Action::CreateImplementation, false, begin)
        .await
    {
        // Another instance was first.
        Err(Error::Store(StoreError::Conflict)) => Ok(false),
        outcome => outcome,
    }
}

fn is_empty(view: &mut dyn View) -> Result<bool, StoreError> {
    let everything = Visible {
        everything: true,
        ..Visible::default()
    };
    let first = Page {
        after: None,
        limit: 1,
    };
    Ok(view.implementations(&everything, first)?.is_empty())
}

fn begin(tx: &mut Tx<'_>) -> Result<bool, Error> {
    tx.trail.scope(Scope::DEPLOYMENT);
    if !is_empty(tx.unit)? {
        return Ok(false);
    }
    let hand = implementation(
        tx,
        "hand",
        "HAND HMIS, Detroit",
        chrono_tz::America::Detroit,
        "https://hmis.handetroit.org/portal",
    )?;
    let policy = preset("hand")
        .ok_or_else(|| StoreError::Corrupt("the ready-made policy `hand` is missing".into()))?;
    // A first version may start at once: nobody was told anything else before.
    let version = PolicyVersion {
        id: tx.id(),
        number: 1,
        effective_from: tx.now,
        recorded_at: tx.now,
        document: policy.document.clone(),
    };
    tx.unit.insert_policy_version(hand.id, &version)?;
    tx.trail.touched("policy", version.id);
    implementation(
        tx,
        "akhmis",
        "AKHMIS, Alaska",
        chrono_tz::America::Anchorage,
        "https://institute-for-community-alliances.helpscoutdocs.com",
    )?;
    Ok(true)
}

fn implementation(
    tx: &mut Tx<'_>,
    code: &str,
    name: &str,
    time_zone: chrono_tz::Tz,
    support_contact: &str,
) -> Result<Implementation, Error> {
    let row = Implementation {
        id: tx.id(),
        code: code.to_owned(),
        name: name.to_owned(),
        time_zone,
        support_contact: support_contact.to_owned(),
        generation: 1,
        recorded_at: tx.now,
        version: 1,
    };
    tx.unit.insert_implementation(&row)?;
    tx.trail.touched("implementation", row.id);
    Ok(row)
}
