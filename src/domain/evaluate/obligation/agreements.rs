//! Agreements a holder keeps current.

use chrono::NaiveDate;

use super::super::asked::Asked;
use super::{Holder, Obligation, Owed};
use crate::domain::calendar::add_days;
use crate::domain::fact::NoticeRule;
use crate::domain::policy::{Agreement, AgreementRequirement, AgreementScope};
use crate::domain::requirement::{RequirementKey, execution, party_name};

impl Holder<'_> {
    pub(super) fn agreements(&self) -> Vec<Obligation> {
        self.set()
            .into_iter()
            .flat_map(|set| &set.agreements)
            .filter(|requirement| {
                let key = RequirementKey::Agreement(requirement.agreement.clone());
                self.asks_agreement(requirement)
                    && self.bound(&key, requirement.binds, |set| {
                        set.agreements.iter().any(|then| {
                            then.agreement == requirement.agreement && self.asks_agreement(then)
                        })
                    })
            })
            .filter_map(|requirement| self.agreement(requirement))
            .collect()
    }

    fn agreement(&self, requirement: &AgreementRequirement) -> Option<Obligation> {
        let code = &requirement.agreement;
        let agreement = self
            .document
            .agreement_for(&self.period.license_type, code)?;
        if agreement.scope != AgreementScope::Person {
            return None;
        }
        let executed = |version| {
            execution(
                self.facts,
                self.organization,
                code,
                &agreement,
                version,
                self.calendar,
            )
        };
        let current = executed(Some(agreement.version.as_str()));
        let (evidence, due_on, never_met) = match current.executed {
            Some(evidence) => (evidence.facts, evidence.valid_through, false),
            None => {
                let older = executed(None).executed;
                let due_on =
                    self.unsigned_due_on(code, &agreement, older.as_ref().map(|e| e.valid_through));
                (Vec::new(), Some(due_on), older.is_none())
            }
        };
        Some(
            self.obligation(Owed {
                key: RequirementKey::Agreement(code.clone()),
                evidence,
                due_on,
                never_met,
                missing: current
                    .missing
                    .iter()
                    .map(|party| {
                        format!(
                            "version {} of `{code}` is not signed by {}",
                            agreement.version,
                            party_name(*party)
                        )
                    })
                    .collect(),
                who: current.missing,
                title: agreement.title,
                rule: NoticeRule::Agreement,
                on_miss: agreement.on_lapse,
                enforced_from: requirement.enforced_from,
            }),
        )
    }

    /// The last local day to sign a version nobody fully executed yet: its days count from the day it came into force,
    /// but an older version's validity is not stretched by that.
    fn unsigned_due_on(
        &self,
        code: &str,
        agreement: &Agreement,
        older: Option<Option<NaiveDate>>,
    ) -> NaiveDate {
        let since = self
            .rules
            .since(self.at, |document| {
                document
                    .agreements
                    .get(code)
                    .is_some_and(|then| then.version == agreement.version)
            })
            .unwrap_or(self.period.counted_from);
        let started = self.calendar.day(since.max(self.period.counted_from));
        let deadline = if since > self.period.counted_from {
            add_days(started, u32::from(agreement.new_version_days))
        } else {
            started
        };
        older
            .flatten()
            .map_or(deadline, |valid_through| deadline.min(valid_through))
    }
}
