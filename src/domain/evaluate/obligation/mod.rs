//! What a license holder must keep current: agreements, recertification, evidence that lapses, waivers that run out.

mod agreements;
mod campaigns;
mod courses;
mod postponed;
mod practice;
mod recertification;

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::Period;
use super::rules::{InForce, Rules};
use crate::domain::calendar::{Instant, add_days};
use crate::domain::fact::{DeactivationCause, Fact, FactBody, HoldCause, NoticeRule};
use crate::domain::ids::{FactId, OrganizationId};
use crate::domain::policy::{
    Binds, LicenseType, NoticedEnd, OnMiss, Party, PolicyDocument, RequirementSet,
};
use crate::domain::requirement::{Calendar, RequirementKey, Standing, Status};

pub(super) use postponed::{moved, postpone};

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
    /// The local day on which it was asked, where that was neither with the license nor by what met it last.
    pub asked_on: Option<NaiveDate>,
}

impl Obligation {
    /// The first local day on which a miss may act, notice aside.
    #[must_use]
    pub fn ends_on(&self) -> Option<NaiveDate> {
        self.lapses_on
            .max(self.enforced_from)
            .filter(|_| self.lapses_on.is_some())
    }

    /// Whether access rests on something that is not met. A campaign asks nothing before its deadline, and nothing that
    /// takes access where a miss is only listed.
    #[must_use]
    pub fn is_unmet(&self) -> bool {
        if self.standing.key.campaign().is_some() {
            self.standing.status == Status::Overdue && self.on_miss != OnMiss::List
        } else {
            self.standing.status.is_open()
        }
    }

    /// The kind of end whose shortest notice holds for it.
    #[must_use]
    pub fn noticed_end(&self) -> NoticedEnd {
        match self.rule {
            NoticeRule::Agreement => NoticedEnd::Agreement,
            NoticeRule::Waiver => NoticedEnd::Waiver,
            NoticeRule::Campaign => NoticedEnd::Campaign,
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
    /// When the license first began, before whatever interrupted it.
    first_began: Instant,
    facts: &'a [&'a Fact],
    rules: &'a Rules<'a>,
    document: &'a PolicyDocument,
    license_type: &'a LicenseType,
    calendar: Calendar<'a>,
    at: Instant,
    today: NaiveDate,
}

/// The set that the holder of a period owed: the one that a return ladder chose, else that of the class.
fn set_of<'a>(license_type: &'a LicenseType, period: &Period) -> Option<&'a RequirementSet> {
    period
        .requirement_set
        .as_ref()
        .and_then(|code| license_type.requirement_sets.get(code))
        .or_else(|| license_type.set_for(period.class).map(|(_, set)| set))
}

/// The obligations of the holder of a period at an instant, by facts that stand.
pub(super) fn of_holder(
    organization: OrganizationId,
    (period, first_began): (&Period, Instant),
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
        first_began,
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
    obligations.extend(holder.campaigns());
    for course in holder.courses() {
        // A course that recertification asks for is owed once.
        if obligations
            .iter()
            .all(|other| other.standing.key != course.standing.key)
        {
            obligations.push(course);
        }
    }
    for practice in holder.practice() {
        if obligations
            .iter()
            .all(|other| other.standing.key != practice.standing.key)
        {
            obligations.push(practice);
        }
    }
    obligations
}

/// One obligation before it is known whether it stands, lapsed or is waived.
struct Owed {
    key: RequirementKey,
    title: String,
    /// The facts that met it last; empty: it never was met.
    evidence: Vec<FactId>,
    /// The last local day on which it is in time. Absent: for ever.
    due_on: Option<NaiveDate>,
    /// Whether it was never met, not even by what counted before (an older version of an agreement).
    never_met: bool,
    missing: Vec<String>,
    who: Vec<Party>,
    rule: NoticeRule,
    on_miss: OnMiss,
    enforced_from: Option<NaiveDate>,
}

impl Holder<'_> {
    fn set(&self) -> Option<&RequirementSet> {
        set_of(self.license_type, self.period)
    }

    /// The same set as it stood at an instant; nothing where there were no such rules yet.
    fn set_at(&self, at: Instant) -> Option<&RequirementSet> {
        self.rules
            .at(at)
            .and_then(|rules| rules.document.license_types.get(&self.period.license_type))
            .and_then(|found| set_of(found, self.period))
    }

    /// Whether a requirement binds this holder. A later addition binds requests submitted after it, and where it says
    /// so those that were open, or the holders.
    fn bound(&self, binds: Binds, named: impl Fn(&RequirementSet) -> bool) -> bool {
        let asked_then = |at: Instant| self.set_at(at).is_none_or(&named);
        match binds {
            Binds::Holders => true,
            Binds::OpenRequests => asked_then(self.period.counted_from),
            Binds::NewRequests => {
                asked_then(self.period.submitted_at.unwrap_or(self.period.counted_from))
            }
        }
    }

    fn for_job_role(&self, job_roles: &BTreeSet<String>) -> bool {
        job_roles.is_empty()
            || self
                .period
                .job_role
                .as_ref()
                .is_some_and(|role| job_roles.contains(role))
    }

    /// What a missed recertification does; also what follows where evidence lapses or a waiver runs out.
    fn on_missed_recertification(&self) -> OnMiss {
        self.license_type
            .recertification
            .as_ref()
            .map_or(OnMiss::List, |rule| rule.on_miss)
    }

    fn obligation(&self, owed: Owed) -> Obligation {
        let met = !owed.evidence.is_empty();
        let in_time = owed.due_on.is_none_or(|due| self.today <= due);
        let status = match (met, in_time) {
            (true, true) => Status::Met,
            (false, true) => Status::Due,
            (_, false) => Status::Overdue,
        };
        let never_met = owed.never_met;
        let obligation = Obligation {
            standing: Standing {
                missing: if status.is_open() {
                    owed.missing
                } else {
                    Vec::new()
                },
                who: if status.is_open() {
                    owed.who
                } else {
                    Vec::new()
                },
                valid_through: owed.due_on.filter(|_| met),
                key: owed.key,
                title: owed.title,
                status,
                evidence: owed.evidence,
                due_on: owed.due_on,
            },
            rule: owed.rule,
            on_miss: owed.on_miss,
            lapses_on: owed.due_on.map(|due| add_days(due, 1)),
            enforced_from: owed.enforced_from,
            asked_on: None,
        };
        if status.is_open() {
            self.waived(obligation, never_met)
        } else {
            obligation
        }
    }

    /// A waiver covers an open requirement until its last day; run out unmet, it acts as a missed recertification of
    /// that one requirement. One that ran out before the requirement was due covers nothing, unless the license began
    /// on it.
    fn waived(&self, obligation: Obligation, never_met: bool) -> Obligation {
        let name = obligation.standing.key.to_string();
        let began = self.period.counted_from;
        let began_on = self.calendar.day(began);
        let waivers = || {
            self.facts.iter().filter_map(|fact| match &fact.body {
                FactBody::Waived {
                    requirement,
                    until_on,
                } if *requirement == name
                    && fact
                        .organization_id
                        .is_none_or(|id| id == self.organization) =>
                {
                    Some((until_on.unwrap_or(NaiveDate::MAX), fact, *until_on))
                }
                _ => None,
            })
        };
        // A corrected waiver stands for the one it replaced.
        let then =
            |fact: &Fact| fact.envelope.supersedes.is_some() || fact.envelope.recorded_at <= began;
        let began_on_it = waivers()
            .filter(|(last, fact, _)| never_met && then(fact) && began_on <= *last)
            .map(|(last, ..)| last)
            .max();
        let owed_from = began_on_it.or(obligation.standing.due_on);
        let waiver = waivers()
            .filter(|(last, ..)| owed_from.is_none_or(|day| day <= *last))
            .map(|(last, fact, until_on)| (last, fact.id, until_on))
            .max();
        let Some((last, fact, until_on)) = waiver else {
            return obligation;
        };
        Obligation {
            standing: Standing {
                status: if self.today <= last {
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
            on_miss: self.on_missed_recertification(),
            lapses_on: until_on.map(|last| add_days(last, 1)),
            enforced_from: obligation.enforced_from,
            asked_on: obligation.asked_on,
        }
    }
}
