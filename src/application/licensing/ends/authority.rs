//! Whose an end is.

use crate::application::Tx;
use crate::application::actor::{Action, Role, Scope};
use crate::domain::fact::DeactivationCause;

/// Whose an end of this cause is: whoever may not bring it about must not move it or call it off either, or a
/// supervisor could keep access that the lead takes away for a violation.
pub(in crate::application::licensing) fn may_end(
    tx: &Tx<'_>,
    target: Scope,
    cause: DeactivationCause,
) -> bool {
    use DeactivationCause as C;
    let has = |role: Role| {
        tx.actor
            .grants
            .iter()
            .any(|grant| grant.role == role && grant.allows(Action::Deactivate, target))
    };
    match cause {
        C::EmploymentEnded | C::NoLongerNeeded | C::Requested => true,
        C::Duplicate | C::SeatReduction => has(Role::SystemAdmin) || has(Role::HelpDesk),
        C::Violation
        | C::OrganizationLeft
        | C::Inactivity
        | C::RecertificationOverdue
        | C::AgreementLapsed
        | C::SuspensionTooLong
        | C::Barred => has(Role::SystemAdmin),
    }
}
