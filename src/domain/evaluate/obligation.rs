//! What a license holder must keep current: agreements, recertification, evidence that lapses, waivers that run out.

use chrono::NaiveDate;

use super::Period;
use super::rules::{InForce, Rules};
use crate::domain::calendar::{Instant, add_days, add_months};
use crate::domain::fact::{DeactivationCause, Fact, FactBody, HoldCause, NoticeRule};
use crate::domain::ids::{FactId, OrganizationId};
use crate::domain::policy::{
    AgreementRequirement, AgreementScope, Binds, CountsFrom, CourseRequirement, LicenseType,
    NoticedEnd, OnMiss, Party, PolicyDocument, Recertification, RecertificationItem,
    RequirementSet, Schedule,
};
use crate::domain::requirement::{
    Calendar, RequirementKey, Standing, Status, execution, party_name, passes,
};

/// Something a holder keeps current, with what a miss does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obligation {
    pub standing: Standing,
    pub rule: NoticeRule,
    pub on_miss: OnMiss,
    /// The first local day on which it is no longer in time; absent: it never lapses.
    pub lapses_on: Option<NaiveDate>,
    /// Before this local day the rule only reports.
    pub enforced_from: Option<NaiveDate>,
}

impl Obligation {
    /// The kind of end whose shortest notice holds for it.
    #[must_use]
    pub fn noticed_end(&self) -> NoticedEnd {
        match self.rule {
            NoticeRule::Agreement => NoticedEnd::Agreement,
            NoticeRule::Waiver => NoticedEnd::Waiver,
            _ => NoticedEnd::Recertification,
        }
    }

    #[must_use]
    pub fn hold_cause(&self) -> HoldCause {
        match self.rule {
            NoticeRule::Agreement => HoldCause::AgreementLapsed,
            _ => HoldCause::RecertificationOverdue,
        }
    }

    #[must_use]
    pub fn deactivation_cause(&self) -> DeactivationCause {
        match self.rule {
            NoticeRule::Agreement => DeactivationCause::AgreementLapsed,
            _ => DeactivationCause::RecertificationOverdue,
        }
    }
}

pub(super) fn calendar(in_force: InForce<'_>) -> Calendar<'_> {
    Calendar {
        zone: in_force.zone,
        holidays: &in_force.document.holidays,
    }
}

struct Holder<'a> {
    organization: OrganizationId,
    period: &'a Period,
    facts: &'a [&'a Fact],
    rules: &'a Rules<'a>,
    document: &'a PolicyDocument,
    license_type: &'a LicenseType,
    calendar: Calendar<'a>,
    at: Instant,
    today: NaiveDate,
}

/// The obligations of a holder at an instant, by the facts that stand.
pub(super) fn of_holder(
    organization: OrganizationId,
    period: &Period,
    facts: &[&Fact],
    rules: &Rules<'_>,
    in_force: InForce<'_>,
    at: Instant,
) -> Vec<Obligation> {
    let Some(license_type) = in_force.document.license_types.get(&period.license_type) else {
        return Vec::new();
    };
    let calendar = calendar(in_force);
    let holder = Holder {
        organization,
        period,
        facts,
        rules,
        document: in_force.document,
        license_type,
        calendar,
        at,
        today: calendar.day(at),
    };
    let mut obligations = holder.agreements();
    if let Some(recertification) = &license_type.recertification {
        obligations.extend(holder.recertification(recertification));
    }
    for course in holder.courses() {
        // A course that recertification asks for is owed once.
        if obligations
            .iter()
            .all(|other| other.standing.key != course.standing.key)
        {
            obligations.push(course);
        }
    }
    obligations
        .into_iter()
        .map(|obligation| holder.waived(obligation))
        .collect()
}

impl Holder<'_> {
    fn set(&self) -> Option<&RequirementSet> {
        self.license_type
            .set_for(self.period.class)
            .map(|(_, set)| set)
    }

    /// The same set as it stood when the period began: later additions bind nobody who holds a license already, unless
    /// they say so.
    fn set_at_activation(&self) -> Option<&RequirementSet> {
        self.rules
            .at(self.period.from)
            .and_then(|rules| rules.document.license_types.get(&self.period.license_type))
            .and_then(|found| found.set_for(self.period.class))
            .map(|(_, set)| set)
    }

    fn for_job_role(&self, job_roles: &std::collections::BTreeSet<String>) -> bool {
        job_roles.is_empty()
            || self
                .period
                .job_role
                .as_ref()
                .is_some_and(|role| job_roles.contains(role))
    }

    fn agreements(&self) -> Vec<Obligation> {
        let at_activation = self.set_at_activation();
        let binds = |requirement: &&AgreementRequirement| {
            self.for_job_role(&requirement.job_roles)
                && (requirement.binds == Binds::Holders
                    || at_activation.is_none_or(|set| {
                        set.agreements
                            .iter()
                            .any(|then| then.agreement == requirement.agreement)
                    }))
        };
        self.set()
            .into_iter()
            .flat_map(|set| &set.agreements)
            .filter(binds)
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
        let current = execution(
            self.facts,
            self.organization,
            code,
            &agreement,
            Some(&agreement.version),
            self.calendar,
        );
        let (evidence, due_on) = match current.executed {
            Some(evidence) => (evidence.facts, evidence.valid_through),
            None => (Vec::new(), Some(self.unsigned_due_on(code, &agreement))),
        };
        let signed = !evidence.is_empty();
        let in_time = due_on.is_none_or(|due| self.today <= due);
        let status = match (signed, in_time) {
            (true, true) => Status::Met,
            (false, true) => Status::Due,
            (_, false) => Status::Overdue,
        };
        let missing = if status == Status::Met {
            Vec::new()
        } else {
            current
                .missing
                .iter()
                .map(|party| {
                    format!(
                        "version {} of `{code}` is not signed by {}",
                        agreement.version,
                        party_name(*party)
                    )
                })
                .collect()
        };
        let who = if status == Status::Met {
            Vec::new()
        } else {
            current.missing
        };
        Some(Obligation {
            standing: Standing {
                key: RequirementKey::Agreement(code.clone()),
                title: agreement.title.clone(),
                status,
                evidence,
                missing,
                valid_through: if signed { due_on } else { None },
                due_on,
                who,
            },
            rule: NoticeRule::Agreement,
            on_miss: agreement.on_lapse,
            lapses_on: due_on.map(|day| add_days(day, 1)),
            enforced_from: requirement.enforced_from,
        })
    }

    /// The last local day to sign a version nobody fully executed yet: its days count from the day it came into force,
    /// but an older version's validity is not stretched by that.
    fn unsigned_due_on(
        &self,
        code: &str,
        agreement: &crate::domain::policy::Agreement,
    ) -> NaiveDate {
        let since = self
            .rules
            .since(self.at, |document| {
                document
                    .agreements
                    .get(code)
                    .is_some_and(|then| then.version == agreement.version)
            })
            .unwrap_or(self.period.from);
        let started = self.calendar.day(since.max(self.period.from));
        let deadline = if since > self.period.from {
            add_days(started, u32::from(agreement.new_version_days))
        } else {
            started
        };
        execution(
            self.facts,
            self.organization,
            code,
            agreement,
            None,
            self.calendar,
        )
        .executed
        .and_then(|evidence| evidence.valid_through)
        .map_or(deadline, |valid_through| deadline.min(valid_through))
    }

    /// Courses owed at activation whose pass counts for a limited time afterwards.
    fn courses(&self) -> Vec<Obligation> {
        let at_activation = self.set_at_activation();
        let on_miss = self
            .license_type
            .recertification
            .as_ref()
            .map_or(OnMiss::List, |rule| rule.on_miss);
        let binds = |requirement: &&CourseRequirement| {
            self.for_job_role(&requirement.job_roles)
                && (requirement.project_types.is_empty()
                    || requirement
                        .project_types
                        .iter()
                        .any(|kind| self.period.project_types.contains(kind)))
                && (requirement.binds == Binds::Holders
                    || at_activation.is_none_or(|set| {
                        set.courses
                            .iter()
                            .any(|then| then.course == requirement.course)
                    }))
        };
        self.set()
            .into_iter()
            .flat_map(|set| &set.courses)
            .filter(binds)
            .filter_map(|requirement| {
                let course = self.document.courses.get(&requirement.course)?;
                let length = requirement
                    .validity
                    .or(course.validity)
                    .and_then(|validity| validity.length)?;
                let pass_mark = requirement.pass_mark.or(course.pass_mark);
                let (on, evidence) = passes(
                    self.facts,
                    &requirement.course,
                    course,
                    &requirement.equivalents,
                    pass_mark,
                    self.calendar,
                )
                .pop()
                .map_or_else(
                    || (self.calendar.day(self.period.from), Vec::new()),
                    |(on, fact)| (on, vec![fact]),
                );
                Some(self.lapsing(
                    RequirementKey::Course(requirement.course.clone()),
                    &course.title,
                    evidence,
                    self.calendar.after(length, on),
                    (on_miss, requirement.enforced_from),
                ))
            })
            .collect()
    }

    fn recertification(&self, rule: &Recertification) -> Vec<Obligation> {
        rule.items
            .iter()
            .enumerate()
            .filter(|(_, item)| self.for_job_role(item.job_roles()))
            .filter_map(|(place, item)| {
                let (key, title, done) = self.recertified(place, item)?;
                let (evidence, due_on) = self.rolling(&rule.schedule, &done)?;
                Some(self.lapsing(
                    key,
                    &title,
                    evidence,
                    due_on,
                    (rule.on_miss, rule.enforced_from),
                ))
            })
            .collect()
    }

    /// The completions of an item, oldest first.
    fn recertified(
        &self,
        place: usize,
        item: &RecertificationItem,
    ) -> Option<(RequirementKey, String, Vec<(NaiveDate, Vec<FactId>)>)> {
        match item {
            RecertificationItem::Course { course: code, .. } => {
                let course = self.document.courses.get(code)?;
                let done = self.course_passes(code);
                Some((
                    RequirementKey::Course(code.clone()),
                    course.title.clone(),
                    done.into_iter()
                        .map(|(on, fact)| (on, vec![fact]))
                        .collect(),
                ))
            }
            RecertificationItem::CoursesOf { count, courses, .. } => {
                // Complete again whenever the count-th distinct course since the last completion was passed.
                let mut all: Vec<_> = courses
                    .iter()
                    .flat_map(|code| {
                        self.course_passes(code)
                            .into_iter()
                            .map(move |(on, fact)| (on, fact, code))
                    })
                    .collect();
                all.sort_unstable();
                let mut round = std::collections::BTreeMap::new();
                let mut done = Vec::new();
                for (on, fact, code) in all {
                    round.insert(code, fact);
                    if round.len() >= usize::from(*count) {
                        done.push((on, std::mem::take(&mut round).into_values().collect()));
                    }
                }
                Some((
                    RequirementKey::CoursesOf(place),
                    format!("{count} courses of a list of {}", courses.len()),
                    done,
                ))
            }
            RecertificationItem::Agreement { .. }
            | RecertificationItem::Acknowledgement { .. }
            | RecertificationItem::Practice { .. }
            | RecertificationItem::Renewal { .. } => None,
        }
    }

    fn course_passes(&self, code: &str) -> Vec<(NaiveDate, FactId)> {
        self.document
            .courses
            .get(code)
            .map_or_else(Vec::new, |course| {
                passes(
                    self.facts,
                    code,
                    course,
                    &std::collections::BTreeSet::new(),
                    course.pass_mark,
                    self.calendar,
                )
            })
    }

    /// The evidence and the last local day of a rolling recertification: months from the last completion, also one
    /// before this activation, and from activation only if there is none.
    fn rolling(
        &self,
        schedule: &Schedule,
        done: &[(NaiveDate, Vec<FactId>)],
    ) -> Option<(Vec<FactId>, NaiveDate)> {
        let Schedule::Rolling {
            months,
            counts_from,
            early_window,
        } = schedule
        else {
            return None;
        };
        let months = u32::from(*months);
        let mut base: Option<NaiveDate> = None;
        let mut evidence = Vec::new();
        for (on, facts) in done {
            let old_due = base.map(|base| add_months(base, months));
            let early = match (counts_from, early_window, old_due) {
                (CountsFrom::OldDueDate, Some(window), Some(due)) => {
                    *on <= due && self.calendar.after(*window, *on) >= due
                }
                _ => false,
            };
            base = if early { old_due } else { Some(*on) };
            evidence.clone_from(facts);
        }
        let base = base.unwrap_or_else(|| self.calendar.day(self.period.from));
        Some((evidence, add_months(base, months)))
    }

    fn lapsing(
        &self,
        key: RequirementKey,
        title: &str,
        evidence: Vec<FactId>,
        due_on: NaiveDate,
        (on_miss, enforced_from): (OnMiss, Option<NaiveDate>),
    ) -> Obligation {
        let status = match (evidence.is_empty(), self.today <= due_on) {
            (false, true) => Status::Met,
            (true, true) => Status::Due,
            (_, false) => Status::Overdue,
        };
        let open = status.is_open();
        Obligation {
            standing: Standing {
                missing: if open {
                    vec![format!("{title} is not passed since it was last due")]
                } else {
                    Vec::new()
                },
                valid_through: (!evidence.is_empty()).then_some(due_on),
                who: if open {
                    vec![Party::EndUser]
                } else {
                    Vec::new()
                },
                title: title.to_owned(),
                status,
                evidence,
                due_on: Some(due_on),
                key,
            },
            rule: NoticeRule::Recertification,
            on_miss,
            lapses_on: Some(add_days(due_on, 1)),
            enforced_from,
        }
    }

    /// A waiver covers an open requirement until its last day; run out unmet, it acts as a missed recertification of
    /// that one requirement.
    fn waived(&self, obligation: Obligation) -> Obligation {
        if !obligation.standing.status.is_open() {
            return obligation;
        }
        let name = obligation.standing.key.to_string();
        let waiver = self.facts.iter().rev().find_map(|fact| match &fact.body {
            FactBody::Waived {
                requirement,
                until_on,
            } if *requirement == name
                && fact
                    .organization_id
                    .is_none_or(|id| id == self.organization) =>
            {
                Some((fact.id, *until_on))
            }
            _ => None,
        });
        let Some((fact, until_on)) = waiver else {
            return obligation;
        };
        let running = until_on.is_none_or(|last| self.today <= last);
        let on_miss = self
            .license_type
            .recertification
            .as_ref()
            .map_or(OnMiss::List, |rule| rule.on_miss);
        Obligation {
            standing: Standing {
                status: if running {
                    Status::Waived
                } else {
                    Status::Overdue
                },
                evidence: vec![fact],
                due_on: until_on,
                valid_through: until_on,
                ..obligation.standing
            },
            rule: NoticeRule::Waiver,
            on_miss,
            lapses_on: until_on.map(|last| add_days(last, 1)),
            enforced_from: obligation.enforced_from,
        }
    }
}
