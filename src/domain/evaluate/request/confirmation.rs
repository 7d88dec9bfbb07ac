//! What others must confirm: a request that the trainee or a pass made, and the work e-mail address.

use std::borrow::Cow;
use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};

use super::owed::Owed;
use crate::domain::departure::announced;
use crate::domain::fact::FactBody;
use crate::domain::ids::FactId;
use crate::domain::policy::{RequestRules, StaffRole, WorkEmail};

/// The confirmation of a request that needs one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmation {
    /// Who may give it: any of them.
    pub by: BTreeSet<StaffRole>,
    /// The last local day on which it is in time.
    pub due_on: NaiveDate,
    /// The fact that gave it, and its local day.
    pub given: Option<(FactId, NaiveDate)>,
}

impl Owed<'_> {
    /// The request rules that were in force at submission and acted on its day.
    pub(super) fn rules_at_submission(&self) -> Cow<'_, RequestRules> {
        let in_force = self
            .rules
            .at(self.request.submitted_at)
            .unwrap_or(self.in_force);
        let day = super::super::obligation::calendar(in_force).day(self.request.submitted_at);
        in_force
            .document
            .requests_for(&self.request.license_type)
            .acting_on(day)
    }

    /// By the version at submission: what was announced then is never shortened.
    pub(super) fn confirmation(&self, rules: &RequestRules) -> Option<Confirmation> {
        let source = self.request.source.as_ref()?;
        let rule = rules
            .requesters
            .iter()
            .find(|requester| requester.from == *source)?
            .confirmation
            .as_ref()?;
        let submitted_on = self.calendar.day(self.request.submitted_at);
        let due_on = submitted_on
            .checked_add_days(Days::new(u64::from(rule.within_days)))
            .unwrap_or(NaiveDate::MAX);
        let given = self
            .facts
            .iter()
            .find(|fact| {
                fact.request_id == Some(self.request.id)
                    && matches!(fact.body, FactBody::RequestConfirmed)
            })
            .map(|fact| (fact.id, self.calendar.day(fact.envelope.occurred_at)));
        Some(Confirmation {
            by: rule.by.clone(),
            due_on,
            given,
        })
    }

    /// Whether the policy asks for a confirmed work e-mail address at the organization and there is none.
    pub(super) fn lacks_work_email(&self, rules: &RequestRules) -> bool {
        if rules.work_email != WorkEmail::Confirmed {
            return false;
        }
        let here = Some(self.case.organization);
        let last = self
            .facts
            .iter()
            .filter(|fact| fact.organization_id == here)
            .rfind(|fact| {
                matches!(
                    fact.body,
                    FactBody::WorkEmailConfirmed | FactBody::WorkEmailRetired
                )
            });
        let Some(confirmed) = last.filter(|fact| fact.body == FactBody::WorkEmailConfirmed) else {
            return true;
        };
        // A departure retires the addresses of its organization.
        announced(self.facts.iter().copied()).iter().any(|end| {
            end.withdraws(self.case.organization, confirmed.envelope.recorded_at)
                && end.undone_by.is_none()
                && end.acts_at <= self.at
        })
    }
}
