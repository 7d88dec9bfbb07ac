//! Causes and coming changes, in the words that each reader may see.

use crate::application::actor::Sight;
use crate::domain::calendar::Instant;
use crate::domain::evaluate::{Change, EndCause, Evaluation, Upcoming};
use crate::domain::fact::{DeactivationCause, HoldCause};

pub(super) fn hold_sentence(cause: HoldCause) -> &'static str {
    match cause {
        HoldCause::RecertificationOverdue => "recertification is overdue",
        HoldCause::AgreementLapsed => "an agreement is no longer current",
        HoldCause::FeeUnpaid => "a fee is unpaid",
        HoldCause::Violation => "an offence was recorded",
        HoldCause::Investigation => "an investigation is open",
        HoldCause::Leave => "the person is on leave",
        HoldCause::OrganizationSuspended => {
            "the organization misses something it must keep current"
        }
        HoldCause::LastProjectRemoved => "no project is left",
        HoldCause::LongInactivity => "nobody logged in for too long",
        HoldCause::EvidenceWithdrawn => "a correction took away what the activation rested on",
        HoldCause::DepartureUnverified => {
            "somebody said that the person left; a supervisor must confirm or reject it"
        }
        HoldCause::Unreachable => "notices do not reach the person",
    }
}

/// What a hold is about that only the lead's staff may know.
pub(in crate::application::licensing) fn is_sensitive(cause: HoldCause) -> bool {
    matches!(cause, HoldCause::Investigation | HoldCause::Violation)
}

/// The next change that comes by itself and that a reader may know of before it comes.
#[must_use]
pub fn foreseen(evaluation: &Evaluation, sight: Sight) -> Option<&Upcoming> {
    evaluation
        .upcoming
        .iter()
        .find(|upcoming| may_foresee(&upcoming.change, sight))
}

/// The same of access alone: when it ends, is suspended or comes back.
pub(in crate::application::licensing) fn foreseen_access(
    evaluation: &Evaluation,
    sight: Sight,
) -> Option<Instant> {
    evaluation
        .upcoming
        .iter()
        .filter(|upcoming| {
            matches!(
                upcoming.change,
                Change::Ends(_) | Change::Suspends(_) | Change::Resumes(_) | Change::AddOnOff(_)
            ) && may_foresee(&upcoming.change, sight)
        })
        .map(|upcoming| upcoming.at)
        .min()
}

/// Whether a reader may know of a change before it comes.
pub(in crate::application::licensing) fn may_foresee(change: &Change, sight: Sight) -> bool {
    let cause = match *change {
        Change::Suspends(cause) | Change::Resumes(cause) => cause,
        // How long somebody is barred is for the lead to say.
        Change::MayBegin => return matches!(sight, Sight::Full | Sight::HelpDesk),
        _ => return true,
    };
    match sight {
        Sight::Full | Sight::HelpDesk => true,
        Sight::OwnSupervisor | Sight::EndUser => !is_sensitive(cause),
        // From when to when somebody is on leave is not its business.
        Sight::Frontend => !is_sensitive(cause) && cause != HoldCause::Leave,
    }
}

/// What a reader is told who may not know a cause.
pub const CONTACT_THE_LEAD: &str = "contact_the_lead";

/// The cause of a hold as a reader may know it.
#[must_use]
pub fn hold_seen(cause: HoldCause, sight: Sight) -> &'static str {
    seen(cause.as_str(), is_sensitive(cause), sight)
}

/// The cause of an end as a reader may know it.
#[must_use]
pub fn end_seen(cause: EndCause, sight: Sight) -> &'static str {
    let sensitive = matches!(
        cause,
        EndCause::Deactivated(DeactivationCause::Violation | DeactivationCause::Barred)
    );
    seen(end_name(cause), sensitive, sight)
}

fn seen(name: &'static str, sensitive: bool, sight: Sight) -> &'static str {
    if sensitive && !matches!(sight, Sight::Full | Sight::HelpDesk) {
        CONTACT_THE_LEAD
    } else {
        name
    }
}

/// The field's word for what ended a license.
pub(super) fn end_name(cause: EndCause) -> &'static str {
    match cause {
        EndCause::TermEnded => "term_ended",
        EndCause::Deactivated(cause) => cause.as_str(),
    }
}

pub(super) fn end_sentence(cause: EndCause) -> &'static str {
    use DeactivationCause as C;
    match cause {
        EndCause::TermEnded => "its term ended",
        EndCause::Deactivated(C::EmploymentEnded) => "employment at the organization ended",
        EndCause::Deactivated(C::NoLongerNeeded) => "access is no longer needed",
        EndCause::Deactivated(C::Inactivity) => "nobody logged in for too long",
        EndCause::Deactivated(C::RecertificationOverdue) => "recertification was missed",
        EndCause::Deactivated(C::AgreementLapsed) => "an agreement lapsed",
        EndCause::Deactivated(C::Violation) => "an offence was recorded",
        EndCause::Deactivated(C::SuspensionTooLong) => "it was suspended for too long",
        EndCause::Deactivated(C::OrganizationLeft) => "the organization no longer participates",
        EndCause::Deactivated(C::Barred) => "the person was barred",
        EndCause::Deactivated(C::SeatReduction) => "fewer seats were bought",
        EndCause::Deactivated(C::Requested) => "it was asked for",
        EndCause::Deactivated(C::Duplicate) => "it was a duplicate",
    }
}
