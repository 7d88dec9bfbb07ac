//! Texts that staff write for an implementation: versions that are never overwritten, of which the last is used.

use std::collections::BTreeMap;

use super::texts::invented;
use crate::application::actor::{Action, Scope};
use crate::application::page::{Paging, Slice};
use crate::application::ports::{StoreError, View};
use crate::application::{Error, Fault, Rx, Tx};
use crate::domain::ids::ImplementationId;
use crate::domain::template::{MessageTemplate, TemplateKind, TemplateText};

/// What an implementation says in a kind of message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateShown {
    pub implementation_id: ImplementationId,
    pub kind: TemplateKind,
    /// Nothing: nobody ever wrote one.
    pub last: Option<MessageTemplate>,
}

impl TemplateShown {
    /// The text that is used.
    #[must_use]
    pub fn text(&self) -> TemplateText {
        let last = self.last.as_ref().and_then(|last| last.text.clone());
        last.unwrap_or_else(|| TemplateText::built_in(self.kind))
    }

    /// 1 before anything was written.
    #[must_use]
    pub fn version(&self) -> i32 {
        self.last.as_ref().map_or(1, |last| last.number + 1)
    }
}

/// A preview, rendered with invented data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    pub subject: String,
    pub plain: String,
    pub html: String,
}

/// What staff wrote, by kind.
pub(super) fn written(
    view: &mut dyn View,
    implementation: ImplementationId,
) -> Result<BTreeMap<TemplateKind, TemplateText>, StoreError> {
    let last = view.last_templates(implementation)?;
    Ok(last
        .into_iter()
        .filter_map(|template| Some((template.kind, template.text?)))
        .collect())
}

fn shown(
    view: &mut dyn View,
    implementation: ImplementationId,
    kind: TemplateKind,
) -> Result<TemplateShown, Error> {
    let last = view.last_templates(implementation)?;
    Ok(TemplateShown {
        implementation_id: implementation,
        kind,
        last: last.into_iter().find(|template| template.kind == kind),
    })
}

/// The text in use for a kind of message.
pub fn template(
    rx: &mut Rx<'_>,
    implementation: ImplementationId,
    kind: TemplateKind,
) -> Result<TemplateShown, Error> {
    rx.authorize(Action::ReadMessage, Scope::implementation(implementation))?;
    rx.view
        .implementation(implementation)?
        .ok_or(Error::NotFound)?;
    shown(rx.view, implementation, kind)
}

/// Every version that was ever written, of the implementations the actor sees whole.
pub fn template_versions(
    rx: &mut Rx<'_>,
    implementation: ImplementationId,
    kind: Option<TemplateKind>,
    paging: Paging,
) -> Result<Slice<MessageTemplate>, Error> {
    rx.authorize(Action::ReadMessage, Scope::implementation(implementation))?;
    rx.view
        .implementation(implementation)?
        .ok_or(Error::NotFound)?;
    let visible = rx.actor.visible(Action::ReadMessage);
    let rows = rx
        .view
        .template_versions(&visible, implementation, kind, paging.probe())?;
    Ok(paging.cut(rows, |template| template.id.into()))
}

fn check(kind: TemplateKind, text: Option<&TemplateText>) -> Result<(), Error> {
    let faults: Vec<Fault> = text
        .into_iter()
        .flat_map(|text| text.faults(kind))
        .map(|(member, detail)| Fault::at(format!("/text/{member}"), detail))
        .collect();
    if faults.is_empty() {
        Ok(())
    } else {
        Err(Error::Invalid(faults))
    }
}

/// Writes the next version; without a text the built-in one is used again.
///
/// # Errors
/// `Stale` if `expected` is not the version in use; `Invalid` with every fault of the text.
pub fn replace_template(
    tx: &mut Tx<'_>,
    (implementation, kind): (ImplementationId, TemplateKind),
    expected: i32,
    text: Option<TemplateText>,
) -> Result<TemplateShown, Error> {
    let scope = Scope::implementation(implementation);
    tx.authorize(Action::ConfigureImplementation, scope)?;
    tx.unit
        .implementation(implementation)?
        .ok_or(Error::NotFound)?;
    tx.unit.lock_implementation(implementation)?;
    let before = shown(tx.unit, implementation, kind)?;
    if before.version() != expected {
        return Err(Error::Stale {
            current: before.version(),
        });
    }
    check(kind, text.as_ref())?;
    let template = MessageTemplate {
        id: tx.id(),
        implementation_id: implementation,
        kind,
        number: before.version(),
        text,
        recorded_at: tx.now,
        recorded_by: tx.actor.principal.id,
    };
    tx.unit.insert_template(&template)?;
    tx.trail.touched("message_template", template.id);
    Ok(TemplateShown {
        last: Some(template),
        ..before
    })
}

/// How a text would read, with invented people and days. Nothing is kept.
pub fn preview_template(
    tx: &mut Tx<'_>,
    (implementation, kind): (ImplementationId, TemplateKind),
    text: &TemplateText,
) -> Result<Preview, Error> {
    let scope = Scope::implementation(implementation);
    tx.authorize(Action::ConfigureImplementation, scope)?;
    let found = tx
        .unit
        .implementation(implementation)?
        .ok_or(Error::NotFound)?;
    check(kind, Some(text))?;
    let values = invented(kind, &found);
    Ok(Preview {
        subject: text.subject(&values),
        plain: text.plain(&values),
        html: text.html(&values),
    })
}
