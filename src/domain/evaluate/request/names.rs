//! How those who act on a request are called in sentences.

use super::Confirmation;
use crate::domain::policy::{ApprovalStep, Approver, ContactDuty, StaffRole};

pub(super) fn approver_name(step: &ApprovalStep) -> String {
    match &step.by {
        Approver::Role { role } => format!("by {}", staff_role_name(*role)),
        Approver::Duty { duty } => format!("by the organization's {}", duty_name(*duty)),
        Approver::Contact { contact_id } => format!("by the contact {contact_id}"),
    }
}

/// Who may give a confirmation, in a sentence.
#[must_use]
pub fn confirmers(confirmation: &Confirmation) -> String {
    let names: Vec<&str> = confirmation
        .by
        .iter()
        .map(|role| staff_role_name(*role))
        .collect();
    names.join(" or ")
}

/// How a role of a policy is called in sentences.
#[must_use]
pub fn staff_role_name(role: StaffRole) -> &'static str {
    match role {
        StaffRole::Supervisor => "a supervisor of the organization",
        StaffRole::AuthorizedSigner => "the organization's authorized signer",
        StaffRole::SystemAdmin => "a system administrator",
        StaffRole::Trainer => "a trainer",
        StaffRole::HelpDesk => "the help desk",
    }
}

fn duty_name(duty: ContactDuty) -> &'static str {
    match duty {
        ContactDuty::AuthorizedSigner => "authorized signer",
        ContactDuty::SecurityOfficer => "security officer",
        ContactDuty::BillingContact => "billing contact",
    }
}
