//! Renewing a license: for another term, and as the requester's word that it is needed still.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::{LicenseCommand, Rejection};
use crate::domain::calendar::Instant;
use crate::domain::evaluate::{EndCause, Evaluation};
use crate::domain::fact::{DeactivationCause, FactBody, RenewalDecision};
use crate::domain::policy::Renewer;
use crate::domain::requirement::RequirementKey;

/// A renewal as somebody gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewRenewal {
    pub by: Renewer,
    pub decision: RenewalDecision,
    pub given_at: Instant,
    /// Its local day.
    pub given_on: NaiveDate,
    pub today: NaiveDate,
}

impl Evaluation {
    /// Whether recertification asks for the requester's renewal.
    fn recertifies_by_renewal(&self) -> bool {
        self.requirements
            .iter()
            .chain(&self.to_return)
            .any(|standing| standing.key == RequirementKey::Renewal)
    }

    /// Who may renew the license by the policy in force: for its term, or as its requester. Nobody where there is
    /// nothing to renew.
    #[must_use]
    pub fn renewers(&self) -> BTreeSet<Renewer> {
        let mut renewers = self
            .term
            .as_ref()
            .map(|term| term.renewed_by.clone())
            .unwrap_or_default();
        if self.recertifies_by_renewal() {
            renewers.extend([
                Renewer::Supervisor,
                Renewer::AuthorizedSigner,
                Renewer::Staff,
            ]);
        }
        renewers
    }

    /// Renews the license, or says that it will not be. Whether the renewer may, the caller has checked.
    pub fn renew(&self, new: &NewRenewal) -> Result<FactBody, Rejection> {
        self.check(LicenseCommand::Renew)?;
        let body = FactBody::LicenseRenewed {
            by: new.by,
            decision: new.decision,
        };
        let needs = match self.period().and_then(|period| period.end.as_ref()) {
            None => self.cannot_renew(new),
            Some(end) if end.cause == EndCause::TermEnded => {
                let in_time = new.given_at < end.at;
                let in_grace = self
                    .term
                    .as_ref()
                    .and_then(|term| term.renewable_through)
                    .is_some_and(|last| new.today <= last);
                if new.decision == RenewalDecision::Declined {
                    vec!["a license that runs: this one has expired".to_owned()]
                } else if in_grace {
                    self.cannot_begin()
                } else if in_time {
                    // Staff decide about the end, which it contests.
                    Vec::new()
                } else {
                    vec![self.grace_is_over()]
                }
            }
            // Given in time for a recertification that was missed: it contests the end.
            Some(end)
                if end.cause
                    == EndCause::Deactivated(DeactivationCause::RecertificationOverdue)
                    && new.given_at < end.at
                    && self.recertifies_by_renewal() =>
            {
                Vec::new()
            }
            Some(_) => vec!["a returning request: the license has ended".to_owned()],
        };
        if needs.is_empty() {
            Ok(body)
        } else {
            Err(self.refused(LicenseCommand::Renew, needs))
        }
    }

    fn cannot_renew(&self, new: &NewRenewal) -> Vec<String> {
        let recertifies = self.recertifies_by_renewal() && new.by != Renewer::User;
        let Some(term) = &self.term else {
            return if recertifies {
                Vec::new()
            } else {
                vec![
                    "a license type with a term, or whose recertification asks for the requester's renewal"
                        .to_owned(),
                ]
            };
        };
        if recertifies || new.given_on >= term.opens_on || new.decision == RenewalDecision::Declined
        {
            return Vec::new();
        }
        vec![format!(
            "the opening of the renewal on {}: the term runs through {}",
            term.opens_on, term.last_on
        )]
    }

    fn grace_is_over(&self) -> String {
        match self.term.as_ref().and_then(|term| term.renewable_through) {
            Some(last) => format!("a returning request: the renewal grace ended on {last}"),
            None => "a returning request: the policy in force grants no renewal after the term"
                .to_owned(),
        }
    }
}
