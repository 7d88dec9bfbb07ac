//! License requests: submit, decide, withdraw, activate.

mod activate;
mod checks;
mod confirm;
mod contact;
mod decide;
mod matching;
mod read;
mod source;
mod submit;
mod trainee;

pub use activate::activate;
pub use confirm::confirm;
pub use decide::{Decision, approve, deny, extend_deadline, reclassify, withdraw};
pub use matching::{MatchAnswer, MatchShown, settle_match};
pub use read::{RequestShown, request, requests};
pub use submit::{NewRequest, submit};
pub use trainee::PersonNamed;

use crate::application::licensing::dossier::Dossier;
use crate::application::{Error, Tx};
use crate::domain::ids::{OrganizationId, PersonId, RequestId};
use crate::domain::request::LicenseRequest;
pub(super) use read::shown;

fn load(tx: &mut Tx<'_>, person: PersonId, organization: OrganizationId) -> Result<Dossier, Error> {
    Dossier::load(tx.unit, person, &[organization])?.ok_or(Error::NotFound)
}

fn find(dossier: &Dossier, id: RequestId) -> Result<&LicenseRequest, Error> {
    dossier
        .requests
        .iter()
        .find(|request| request.id == id)
        .ok_or(Error::NotFound)
}
