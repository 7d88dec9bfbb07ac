//! What a login meant: which licenses it served, by the facts recorded when it occurred, and whether nothing allowed it.

use std::collections::BTreeMap;

use super::super::dossier::Dossier;
use super::super::licenses::reader_of;
use super::super::reporting::{About, fact};
use super::record::{Block, LicenseAfter};
use crate::application::Tx;
use crate::application::actor::Sight;
use crate::domain::fact::{Envelope, FactBody};
use crate::domain::ids::{FactId, OrganizationId, PersonId};
use crate::domain::login::{
    AccessSignal, LoginEvent, LoginOutcome, SignalState, SourceRecord, UnmatchedReason,
};

pub(super) fn judge(
    tx: &mut Tx<'_>,
    source: &SourceRecord,
    dossier: &Dossier,
    event: &mut LoginEvent,
    block: &mut Block,
) {
    let began = dossier
        .policies
        .iter()
        .map(|version| version.effective_from)
        .min();
    if began.is_none_or(|began| event.occurred_at < began) {
        event.unmatched_reason = Some(UnmatchedReason::BeforeGoLive);
        return;
    }
    event.unmatched_reason = None;
    let serves = dossier.allowed_at(event.organization_id, event.occurred_at);
    event.outcome = if serves.is_empty() {
        LoginOutcome::Signal
    } else {
        LoginOutcome::Accepted
    };
    let body = FactBody::LoggedIn {
        source: source.code.clone(),
        source_event_id: event.source_event_id.clone(),
        serves,
        activity: event.activity.clone(),
    };
    let envelope = Envelope {
        occurred_at: event.occurred_at,
        ..Envelope::recorded_now(tx.actor.principal.id, tx.now)
    };
    let about = About {
        organization: event.organization_id,
        ..About::default()
    };
    let fact = fact(tx, &dossier.person, about, envelope, body);
    event.fact_id = Some(fact.id);
    block.facts.push(fact);
    if event.outcome == LoginOutcome::Signal {
        let signal = AccessSignal {
            id: tx.id(),
            implementation_id: event.implementation_id,
            login_event_id: event.id,
            person_id: dossier.person.id,
            organization_id: event.organization_id,
            state: SignalState::Open,
            reason: None,
            closed_at: None,
            closed_by: None,
            occurred_at: event.occurred_at,
            recorded_at: tx.now,
            version: 1,
        };
        event.access_signal_id = Some(signal.id);
        tx.trail.touched("access_signal", signal.id);
        block.signals.push(signal);
    }
}

/// The licenses that a login concerns as they stand now, each as the caller may see it.
pub(super) fn licenses_after(
    tx: &Tx<'_>,
    dossiers: &BTreeMap<PersonId, Dossier>,
    event: &LoginEvent,
) -> Vec<LicenseAfter> {
    let Some(dossier) = event.person_id.and_then(|id| dossiers.get(&id)) else {
        return Vec::new();
    };
    let serves = event.fact_id.and_then(|id| served(dossier, id));
    dossier
        .licenses
        .iter()
        .filter_map(|license| {
            let organization = license.organization_id;
            let sight = tx.actor.sight(
                dossier.person.implementation_id,
                Some(organization),
                dossier.person.id,
            );
            let reader = reader_of(sight.unwrap_or(Sight::Frontend));
            let evaluation = dossier
                .seen_by(reader, tx.now)
                .license_at(organization, tx.now);
            evaluation.period()?;
            Some(LicenseAfter {
                license_id: license.id,
                organization_id: organization,
                served: serves.as_ref().is_some_and(|serves| {
                    serves.contains(&organization)
                        || !serves.is_empty()
                            && evaluation.served_by_any_login
                            && !dossier
                                .allowed_at(Some(organization), event.occurred_at)
                                .is_empty()
                }),
                allowed: evaluation.allowed(),
                state: evaluation
                    .status()
                    .filter(|_| sight.is_some_and(|sight| sight > Sight::Frontend)),
            })
        })
        .collect()
}

/// The organizations whose license a login served.
fn served(dossier: &Dossier, fact: FactId) -> Option<Vec<OrganizationId>> {
    dossier
        .facts
        .iter()
        .find(|known| known.id == fact)
        .and_then(|known| match &known.body {
            FactBody::LoggedIn { serves, .. } => Some(serves.clone()),
            _ => None,
        })
}
