//! The class of a request.

use crate::domain::calendar::Instant;
use crate::domain::fact::{Fact, FactBody};
use crate::domain::license::LicenseStatus;
use crate::domain::policy::RequestClass;
use crate::domain::request::LicenseRequest;

/// The class of a new request, by the license facts at its submission; the first that fits. `here` is the status of
/// the license at the organization asked for, `elsewhere` the statuses of the person's other licenses in the
/// implementation with the instant of their end.
#[must_use]
pub fn classify(
    is_add_on: bool,
    here: Option<LicenseStatus>,
    elsewhere: &[(LicenseStatus, Option<Instant>)],
    transfer_since: Option<Instant>,
) -> RequestClass {
    use LicenseStatus::{Active, Deactivated, Expired, Suspended, Warned};
    if is_add_on {
        return RequestClass::AddOn;
    }
    match here {
        Some(Active | Warned | Suspended) => return RequestClass::TypeChange,
        Some(Deactivated | Expired) => return RequestClass::Returning,
        None => {}
    }
    if elsewhere
        .iter()
        .any(|(status, _)| matches!(status, Active | Warned | Suspended))
    {
        return RequestClass::Additional;
    }
    let recently = |(_, ended): &(LicenseStatus, Option<Instant>)| matches!((ended, transfer_since), (Some(ended), Some(since)) if *ended > since);
    if elsewhere.iter().any(recently) {
        RequestClass::Transfer
    } else {
        RequestClass::New
    }
}

/// The request with the class that staff gave it last, by facts that stand in the order of their recording.
pub(super) fn classified(facts: &[&Fact], request: &LicenseRequest, at: Instant) -> LicenseRequest {
    let reclassified = facts.iter().rev().find_map(|fact| match fact.body {
        FactBody::RequestReclassified { class }
            if fact.request_id == Some(request.id) && fact.envelope.recorded_at <= at =>
        {
            Some(class)
        }
        _ => None,
    });
    LicenseRequest {
        class: reclassified.unwrap_or(request.class),
        ..request.clone()
    }
}
