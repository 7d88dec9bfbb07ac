//! A license that ended by an error comes back as it stood.

use super::{LicenseCommand, Rejection};
use crate::domain::calendar::Instant;
use crate::domain::departure::AnnouncedEnd;
use crate::domain::evaluate::{EndCause, Evaluation};
use crate::domain::fact::{DeactivationCause, FactBody};
use crate::domain::ids::{FactId, OrganizationId, RequestId};

/// What a reinstatement undoes, and what it must be told of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndInError {
    /// The departures and deactivations that the error was.
    pub undoes: Vec<FactId>,
    /// Others that took effect and would end the license again at once, each with what it is.
    pub besides: Vec<(FactId, String)>,
}

impl Evaluation {
    /// What ended the license in error: the end itself, and with a departure every report of it, for a departure
    /// reported twice is one error. `ends` are all that were announced of the person.
    #[must_use]
    pub fn error_of(
        &self,
        ends: &[AnnouncedEnd<'_>],
        organization: OrganizationId,
        now: Instant,
    ) -> EndInError {
        let Some((period, end)) = self
            .period()
            .and_then(|period| Some((period, period.end.as_ref()?)))
        else {
            return EndInError::default();
        };
        let departed = end.cause == EndCause::Deactivated(DeactivationCause::EmploymentEnded);
        let mut error = EndInError::default();
        for other in ends.iter().filter(|other| {
            other.fact.organization_id == Some(organization)
                && other.cancelled_by.is_none()
                && other.undone_by.is_none()
                && other.acts_at <= now
                && other.occurred_at >= period.counted_from
        }) {
            let id = other.fact.id;
            if end.fact == Some(id) || (departed && other.is_departure()) {
                error.undoes.push(id);
            } else {
                let kind = if other.is_departure() {
                    "departure"
                } else {
                    "deactivation"
                };
                let at = other
                    .occurred_at
                    .to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true);
                error.besides.push((id, format!("the {kind} {id} of {at}")));
            }
        }
        let rest = end.fact.filter(|fact| !error.undoes.contains(fact));
        error.undoes.extend(rest);
        error
    }

    /// Undoes an end that was an error, with the other ends that were `named` as part of it; `restores` are the requests
    /// that go on.
    pub fn reinstate(
        &self,
        error: EndInError,
        named: &[FactId],
        restores: Vec<RequestId>,
    ) -> Result<FactBody, Rejection> {
        self.check(LicenseCommand::Reinstate)?;
        let mut needs = self.cannot_begin();
        let unnamed = error.besides.iter().filter(|(id, _)| !named.contains(id));
        needs.extend(unnamed.map(|(_, what)| {
            format!(
                "{what} named in `also_undoes`, if it is an error too: it stands, and would end the license again at once"
            )
        }));
        self.unless(LicenseCommand::Reinstate, needs)?;
        let undoes = error.undoes.into_iter().chain(named.iter().copied());
        Ok(FactBody::Reinstated {
            undoes: undoes.collect(),
            restores,
        })
    }
}
