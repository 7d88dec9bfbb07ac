//! What can be said against a new request: all faults at once.

use super::source::{Asking, is_staff, source_name, source_of};
use super::submit::NewRequest;
use super::trainee::PersonNamed;
use crate::application::ports::View;
use crate::application::roster::Faults;
use crate::application::roster::delegations::supervises;
use crate::application::{Error, Tx};
use crate::domain::calendar::{Instant, local_day};
use crate::domain::error::Rejection;
use crate::domain::policy::{
    PolicyDocument, PolicyVersion, RequestRules, RequestSource, WorkEmail,
};
use crate::domain::request::Attested;
use crate::domain::roster::Organization;

/// The rules under which a request is made.
#[derive(Clone, Copy)]
pub(super) struct Under<'r> {
    pub(super) organization: &'r Organization,
    pub(super) policy: &'r PolicyVersion,
    /// As they hold for the organization.
    pub(super) document: &'r PolicyDocument,
}

/// Gathers the faults of a new request of somebody for whom others attested something before. Answers by which way of
/// the policy it comes, or why by none.
pub(super) fn check(
    tx: &mut Tx<'_>,
    new: &NewRequest,
    under: Under<'_>,
    before: &[Attested],
    faults: &mut Faults,
) -> Result<Result<RequestSource, Rejection>, Error> {
    let Under {
        organization,
        policy,
        document,
    } = under;
    let known: Vec<&str> = document.license_types.keys().map(String::as_str).collect();
    if !document.license_types.contains_key(&new.license_type) {
        faults.at(
            "/license_type",
            format!(
                "is no license type of the policy in force, which has: {}",
                known.join(", ")
            ),
        );
    }
    match &new.job_role {
        Some(role) if !document.job_roles.is_empty() && !document.job_roles.contains_key(role) => {
            let roles: Vec<&str> = document.job_roles.keys().map(String::as_str).collect();
            faults.at(
                "/job_role",
                format!(
                    "is no job role of the policy in force, which has: {}",
                    roles.join(", ")
                ),
            );
        }
        _ => {}
    }
    check_projects(tx.unit, new, organization, faults)?;
    let stated = document.requests_for(&new.license_type);
    let rules = &*stated.acting_on(today(policy, tx.now));
    let asking = Asking::of(tx, new, organization, today(policy, tx.now))?;
    let source = source_of(&asking, stated);
    if source.is_none() && !asking.by_agency_or_staff() {
        // The policy gives a trainee, a trainer or a machine no part in it.
        return Err(Error::Forbidden);
    }
    check_attestations(new, (stated, rules), (policy, before), tx.now, faults);
    if rules.work_email == WorkEmail::Required
        && matches!(&new.person, PersonNamed::New { email: None, .. })
    {
        faults.at("/person/email", "a work e-mail address is needed");
    }
    // Whoever a request is made for needs authority for the organization, as the recorder needs it for the action.
    if let Some(supervisor) = new.requested_by
        && !supervises(tx.unit, supervisor, organization, None, tx.now)?
    {
        faults.at("/requested_by", "names no supervisor of this organization");
    }
    let asked = rules
        .requesters
        .iter()
        .find(|requester| Some(&requester.from) == source.as_ref());
    match asked {
        Some(found) if found.ticket_required && new.reported.ticket_reference.is_none() => faults
            .at(
                "/report/ticket_reference",
                "the policy asks for the ticket by which this request came",
            ),
        _ => {}
    }
    let state = format!("policy version {}", policy.number);
    let source = source.or_else(|| {
        // While the rules only report, whoever has authority may ask.
        (!stated.acts_on(today(policy, tx.now))).then(|| asking.by_authority())
    });
    let Some(source) = source else {
        let sources: Vec<&str> = rules
            .requesters
            .iter()
            .map(|requester| source_name(&requester.from))
            .collect();
        let needs = vec![format!("a request by one of: {}", sources.join("; "))];
        return Ok(Err(Rejection::needing(state, "submit", needs)));
    };
    if organization.victim_service_provider && !is_staff(tx.actor, organization) {
        let needs = vec![
            "a request by staff of the HMIS lead: the organization is a victim service provider"
                .to_owned(),
        ];
        return Ok(Err(Rejection::needing(state, "submit", needs)));
    }
    Ok(Ok(source))
}

pub(super) fn in_force(policies: &[PolicyVersion], now: Instant) -> Option<&PolicyVersion> {
    policies
        .iter()
        .filter(|version| version.effective_from <= now)
        .max_by_key(|version| version.effective_from)
}

pub(super) fn today(policy: &PolicyVersion, now: Instant) -> chrono::NaiveDate {
    policy
        .document
        .zone()
        .map_or_else(|| now.date_naive(), |zone| local_day(zone, now))
}

fn check_projects(
    view: &mut dyn View,
    new: &NewRequest,
    organization: &Organization,
    faults: &mut Faults,
) -> Result<(), Error> {
    if new.projects.is_empty() {
        return Ok(());
    }
    let found = view.projects_by_id(&new.projects)?;
    for (index, id) in new.projects.iter().enumerate() {
        let ours = found
            .iter()
            .any(|project| project.id == *id && project.organization_id == organization.id);
        if !ours {
            faults.at(
                format!("/project_ids/{index}"),
                "names no project of this organization",
            );
        }
        if new.projects.iter().take(index).any(|earlier| earlier == id) {
            faults.at(format!("/project_ids/{index}"), "is named twice");
        }
    }
    Ok(())
}

/// What was attested before stands in only for what this request does not give.
fn check_attestations(
    new: &NewRequest,
    (stated, rules): (&RequestRules, &RequestRules),
    (policy, before): (&PolicyVersion, &[Attested]),
    now: Instant,
    faults: &mut Faults,
) {
    let today = today(policy, now);
    let holidays = &policy.document.holidays;
    for wanted in &rules.attestations {
        let given = new
            .attestations
            .iter()
            .any(|given| given.code == wanted.code());
        let counts = |earlier: &Attested| earlier.counts_later(wanted, today, holidays);
        if !given && !before.iter().any(counts) {
            faults.at(
                "/attestations",
                format!("the policy asks for the attestation `{}`", wanted.code()),
            );
        }
    }
    for (index, given) in new.attestations.iter().enumerate() {
        let at = |field: &str| format!("/attestations/{index}{field}");
        if new
            .attestations
            .iter()
            .take(index)
            .any(|earlier| earlier.code == given.code)
        {
            faults.at(at("/code"), "is given twice");
        }
        let Some(wanted) = stated
            .attestations
            .iter()
            .find(|wanted| wanted.code() == given.code)
        else {
            faults.at(at("/code"), "is no attestation that the policy asks for");
            continue;
        };
        if given.on.is_some_and(|on| on > today) {
            faults.at(at("/on"), "lies in the future");
        } else if wanted.maximum_age().is_some() && given.on.is_none() {
            faults.at(at("/on"), "the day of the background check is needed");
        } else if !wanted.is_young_enough(given.on, today, holidays) {
            faults.at(at("/on"), "is too long ago for the policy");
        }
    }
}
