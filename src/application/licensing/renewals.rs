//! Renewals of licenses, and acknowledgements: what holders and requesters say again and again.

use std::borrow::Cow;

use crate::application::actor::{Action, Role, Scope};
use crate::application::visible::visible_person;
use crate::application::{Error, Fault, Tx};
use crate::domain::acknowledgement::acknowledgements_asked;
use crate::domain::calendar::{Precision, local_day};
use crate::domain::command::NewRenewal;
use crate::domain::fact::{Fact, FactBody, FactKind, RenewalDecision};
use crate::domain::ids::{FactId, LicenseId, PersonId};
use crate::domain::policy::Renewer;
use crate::domain::requirement::standing_facts;

use super::dossier::Dossier;
use super::licenses::named;
use super::practice::authorize_anywhere;
use super::reporting::{
    About, Moment, Reported, corrects, fact, keep, not_in_the_future, not_oneself, stated,
    within_years,
};
use super::waitlist;

/// Somebody renews a license, or declines to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLicenseRenewal {
    pub license_id: LicenseId,
    /// In which capacity. Absent: the caller's own.
    pub by: Option<Renewer>,
    pub decision: RenewalDecision,
    /// Absent: now.
    pub renewed: Option<Moment>,
    /// The renewal that this one corrects.
    pub supersedes: Option<FactId>,
    pub reported: Reported,
}

/// A person states that something was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAcknowledgement {
    pub person_id: PersonId,
    pub acknowledgement: String,
    /// Absent: now.
    pub acknowledged: Option<Moment>,
    /// The acknowledgement that this one corrects.
    pub supersedes: Option<FactId>,
    pub reported: Reported,
}

pub fn renew_license(tx: &mut Tx<'_>, new: &NewLicenseRenewal) -> Result<Fact, Error> {
    let (license, target) = named(tx, Action::RenewLicense, new.license_id)?;
    let by = capacity(tx, license.person_id, target, new)?;
    tx.lock_person(license.person_id)?;
    let mut dossier = Dossier::load(tx.unit, license.person_id, &[])?.ok_or(Error::NotFound)?;
    dossier.record_states(tx)?;
    let organization = license.organization_id;
    let evaluation = dossier.license_at(organization, tx.now);
    let zone = dossier.zone_at(tx.now);
    let (given_at, precision) = new
        .renewed
        .map_or((tx.now, Precision::Instant), |moment| moment.begins(zone));
    if let Some(moment) = new.renewed {
        within_years(moment, given_at, tx.now, "renewed")?;
        if let Some(fault) = not_in_the_future(given_at, tx.now, &moment.field("renewed")) {
            return Err(Error::Invalid(vec![fault]));
        }
    }
    let renewers = evaluation.renewers();
    if !renewers.is_empty() && !renewers.contains(&by) {
        let names: Vec<&str> = renewers.iter().map(|renewer| renewer.as_str()).collect();
        return Err(Error::invalid(
            "/by",
            format!(
                "does not renew licenses of this type under the policy in force: {} may",
                names.join(", ")
            ),
        ));
    }
    let supersedes = corrects(
        &dossier,
        new.supersedes,
        FactKind::LicenseRenewed,
        Some(organization),
        &new.reported,
    )?;
    let renewal = NewRenewal {
        by,
        decision: new.decision,
        given_at,
        given_on: local_day(zone, given_at),
        today: local_day(zone, tx.now),
    };
    // A correction says what the renewal should have been; what follows the evaluation says.
    let verdict = match supersedes {
        Some(_) => Ok(FactBody::LicenseRenewed {
            by,
            decision: new.decision,
        }),
        None => evaluation.renew(&renewal),
    };
    let in_grace = evaluation
        .term
        .as_ref()
        .and_then(|term| term.renewable_through)
        .is_some_and(|last| renewal.today <= last);
    // What expired gave its seat away.
    let returns = in_grace && supersedes.is_none() && new.decision == RenewalDecision::Renewed;
    let body = if returns {
        waitlist::seat_to_return(tx, &dossier, &license, &evaluation, ("renew", verdict))?
    } else {
        verdict?
    };
    let mut envelope =
        new.reported
            .envelope(tx, license.implementation_id, (given_at, precision))?;
    envelope.supersedes = supersedes;
    let about = About {
        organization: Some(organization),
        request: None,
        license: Some(license.id),
    };
    let person = dossier.person.clone();
    let fact = fact(tx, &person, about, envelope, body);
    keep(tx, &mut dossier, std::slice::from_ref(&fact))?;
    tx.trail.touched("license", license.id);
    Ok(fact)
}

/// The capacity in which the caller renews, or records that somebody else did: whoever records for another names him.
fn capacity(
    tx: &Tx<'_>,
    person: PersonId,
    target: Scope,
    new: &NewLicenseRenewal,
) -> Result<Renewer, Error> {
    let has = |is: fn(Role) -> bool| {
        tx.actor
            .grants
            .iter()
            .any(|grant| is(grant.role) && grant.allows(Action::RenewLicense, target))
    };
    let staff = has(Role::is_staff);
    let supervises = has(|role| role == Role::Supervisor);
    let own = tx.actor.is(person);
    let by = new.by.unwrap_or(match (own, staff) {
        (true, _) => Renewer::User,
        (false, true) => Renewer::Staff,
        (false, false) => Renewer::Supervisor,
    });
    if by != Renewer::User {
        not_oneself(
            tx,
            person,
            "somebody else renews your license for the agency or the lead",
        )?;
    }
    let himself = match by {
        Renewer::User => own,
        Renewer::Supervisor => supervises,
        // A signer has no access of his own: a supervisor or staff record what he said.
        Renewer::AuthorizedSigner => false,
        Renewer::Staff if staff => true,
        Renewer::Staff => return Err(Error::Forbidden),
    };
    let for_another = staff || (supervises && by == Renewer::AuthorizedSigner);
    match (himself, for_another) {
        (true, _) => Ok(by),
        (false, true) if new.reported.reported_by.is_some() => Ok(by),
        (false, true) => Err(Error::invalid(
            "/report/reported_by",
            "is needed: say who renewed, where you record it for somebody else",
        )),
        (false, false) => Err(Error::Forbidden),
    }
}

pub fn acknowledge(tx: &mut Tx<'_>, new: &NewAcknowledgement) -> Result<Fact, Error> {
    let person = visible_person(tx.unit, tx.actor, new.person_id, "/person_id")?;
    authorize_anywhere(tx, Action::RecordAcknowledgement, &person)?;
    tx.lock_person(person.id)?;
    let mut dossier = Dossier::load(tx.unit, person.id, &[])?.ok_or(Error::NotFound)?;
    let policy = dossier.policy_at(tx.now).ok_or(Error::NoPolicy)?;
    let (read_at, precision) = new
        .acknowledged
        .map_or((tx.now, Precision::Instant), |moment| {
            moment.begins(dossier.zone_at(tx.now))
        });
    let mut faults: Vec<Fault> = new
        .acknowledged
        .and_then(|moment| not_in_the_future(read_at, tx.now, &moment.field("acknowledged")))
        .into_iter()
        .collect();
    let own = dossier.own_documents_at(tx.now);
    let rules = std::iter::once(&policy.document).chain(own.iter().map(Cow::as_ref));
    let known = acknowledgements_asked(rules, &standing_facts(dossier.facts.iter()));
    if !known.contains(&new.acknowledgement) {
        let known: Vec<String> = known.into_iter().collect();
        faults.push(Fault::at(
            "/acknowledgement",
            if known.is_empty() {
                "is nothing that the policy in force or a campaign asks for: neither asks for any acknowledgement"
                    .to_owned()
            } else {
                format!(
                    "is no acknowledgement that the policy in force or a campaign asks for; these are: {}",
                    known.join(", ")
                )
            },
        ));
    }
    let envelope = stated(
        tx,
        &dossier,
        faults,
        (FactKind::Acknowledged, None),
        (new.supersedes, &new.reported),
        (read_at, precision),
    )?;
    let body = FactBody::Acknowledged {
        acknowledgement: new.acknowledgement.clone(),
    };
    let fact = fact(tx, &person, About::default(), envelope, body);
    keep(tx, &mut dossier, std::slice::from_ref(&fact))?;
    Ok(fact)
}
