//! What a person was called and how he was reached, with dates, as far as its reader may see.

use super::super::organizations::only;
use super::{Eyes, PersonDetails, details};
use crate::application::Rx;
use crate::application::error::Error;
use crate::application::visible::may_know;
use crate::domain::ids::PersonId;
use crate::domain::roster::PersonName;

/// The dated names of a person, with what else is dated about him.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonHistory {
    pub details: PersonDetails,
    /// Oldest first, each until the next; the current one alone where its reader may see no former names.
    pub names: Vec<PersonName>,
    /// Whether the reader may see who recorded a name.
    pub full: bool,
}

pub fn history(rx: &mut Rx<'_>, id: PersonId) -> Result<PersonHistory, Error> {
    let row = rx.view.person(id)?.ok_or(Error::NotFound)?;
    if !may_know(rx.view, rx.actor, &row)? {
        return Err(Error::NotFound);
    }
    let eyes = Eyes::of(rx.actor, row.implementation_id);
    let mut names = rx.view.names(row.id)?;
    if !(eyes.full || rx.actor.is(row.id)) {
        let current = names.iter().rposition(|name| {
            (&name.given_name, &name.family_name) == (&row.given_name, &row.family_name)
        });
        names = current
            .map(|index| names.swap_remove(index))
            .into_iter()
            .collect();
    }
    Ok(PersonHistory {
        details: only(details(rx.view, rx.actor, vec![row], rx.now)?)?,
        names,
        full: eyes.full,
    })
}
