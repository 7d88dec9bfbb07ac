//! What a license holder must keep current: agreements, recertification, evidence that lapses, waivers that run out.

mod agreements;
mod campaigns;
mod courses;
mod postponed;
mod practice;
mod recertification;

use std::borrow::Cow;
use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::asked::Asked;
use super::rules::{InForce, Rules};
use super::{Past, Period};
use super::{extras, ladder};
use crate::domain::calendar::{Instant, add_days};
use crate::domain::fact::{DeactivationCause, Fact, FactBody, HoldCause, NoticeRule};
use crate::domain::ids::{FactId, OrganizationId};
use crate::domain::policy::{
    Binds, CourseRequirement, EvidenceFrom, LicenseType, NoticedEnd, OnMiss, Party, PolicyDocument,
    RequirementSet,
};
use crate::domain::requirement::{
    Calendar, RequirementKey, Standard, Standing, Status, occurred_since, passes,
};

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

    /// Whether nothing known meets it.
    fn never_met(&self) -> bool {
        self.standing.status.is_open() && self.standing.evidence.is_empty()
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
    /// What the period's request owed by the rules in force, with what staff had added to it.
    set: Option<Cow<'a, RequirementSet>>,
    extras: Vec<RequirementKey>,
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
    let extras: Vec<RequirementKey> = period
        .request
        .map(|request| {
            let asked = facts
                .iter()
                .copied()
                .filter(|fact| fact.envelope.recorded_at <= period.projects_at);
            extras::added(asked, request, calendar.day(period.counted_from)).collect()
        })
        .unwrap_or_default();
    let mut set = set_of(license_type, period).map(Cow::Borrowed);
    if !extras.is_empty() {
        let set = set.get_or_insert_with(Cow::default).to_mut();
        for extra in &extras {
            extras::ask(set, extra);
        }
    }
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
        set,
        extras,
    };
    let mut obligations = holder.agreements();
    if let Some(recertification) = &license_type.recertification {
        obligations.extend(holder.recertification(recertification));
    }
    obligations.extend(holder.campaigns());
    for owed in holder.courses().into_iter().chain(holder.practice()) {
        let mut others = obligations.iter_mut();
        match others.find(|other| other.standing.key == owed.standing.key) {
            None => obligations.push(owed),
            // What recertification asks for too is owed once, unless what met it there never did here: the set may ask
            // for it since the absence.
            Some(other) if owed.never_met() && !other.standing.status.is_open() => *other = owed,
            Some(_) => {}
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

impl Asked for Holder<'_> {
    fn job_role(&self) -> Option<&str> {
        self.period.job_role.as_deref()
    }

    fn reaches(&self, project_types: &BTreeSet<u8>) -> bool {
        let mut own = self.period.project_types.iter();
        own.any(|kind| project_types.contains(kind))
    }

    /// Of the request with which the period began.
    fn submitted_at(&self) -> Instant {
        self.period.submitted_at.unwrap_or(self.period.counted_from)
    }

    fn past(&self) -> Past {
        self.period.past
    }

    /// By the rules under which the period began.
    fn anew(&self) -> bool {
        let began = self.rules.at(self.period.counted_from);
        let found = began.and_then(|rules| {
            let found = rules.document.license_types.get(&self.period.license_type);
            found.map(|found| (rules, found))
        });
        found.is_some_and(|(rules, license_type)| {
            ladder::asks_anew(license_type, self.period.class, calendar(rules), || {
                Some((self.period.past.absent_since?, self.submitted_at()))
            })
        })
    }

    fn calendar(&self) -> Calendar<'_> {
        self.calendar
    }
}

impl Holder<'_> {
    fn set(&self) -> Option<&RequirementSet> {
        self.set.as_deref()
    }

    /// The same set as it stood at an instant; nothing where there were no such rules yet.
    fn set_at(&self, at: Instant) -> Option<&RequirementSet> {
        self.rules
            .at(at)
            .and_then(|rules| rules.document.license_types.get(&self.period.license_type))
            .and_then(|found| set_of(found, self.period))
    }

    /// Whether a requirement binds this holder. A later addition binds requests submitted after it, and where it says
    /// so those that were open, or the holders. `asked` says whether a set asks it of this holder: what was asked of
    /// others only, and is asked of him since, was added too.
    fn bound(
        &self,
        key: &RequirementKey,
        binds: Binds,
        asked: impl Fn(&RequirementSet) -> bool,
    ) -> bool {
        let asked_then = |at: Instant| self.set_at(at).is_none_or(&asked);
        self.extras.contains(key)
            || match binds {
                Binds::Holders => true,
                Binds::OpenRequests => asked_then(self.period.counted_from),
                Binds::NewRequests => asked_then(self.submitted_at()),
            }
    }

    /// Since when a set as it is now asks something, if it did so later than the period began.
    fn asked_since(&self, asked: impl Fn(&RequirementSet) -> bool) -> Instant {
        self.rules
            .since(self.at, |document| {
                document
                    .license_types
                    .get(&self.period.license_type)
                    .and_then(|found| set_of(found, self.period))
                    .is_some_and(&asked)
            })
            .max(Some(self.period.counted_from))
            .unwrap_or(self.period.counted_from)
    }

    /// The facts that count from the instant a requirement names, as it named it when the period began.
    fn counting_from(&self, from: EvidenceFrom) -> Vec<&Fact> {
        occurred_since(self.facts, self.counts_since(from), self.calendar)
    }

    /// What a pass of a course must be: by the rules in force, or by those under which it was asked or passed. A mark or
    /// an edition that came later takes no pass away.
    fn course_passes(
        &self,
        facts: &[&Fact],
        code: &str,
        asked: Option<&CourseRequirement>,
    ) -> Vec<(NaiveDate, FactId)> {
        let Some(course) = self.document.courses.get(code) else {
            return Vec::new();
        };
        let now = Standard::of(course, asked);
        // Recertification asks for a pass as it is when it is passed, activation for one as it was asked then.
        let then = asked.and_then(|_| self.standard_at(self.submitted_at(), code, true));
        let standards = |passed_at| {
            let at_pass = self.standard_at(passed_at, code, asked.is_some());
            std::iter::once(now).chain(then).chain(at_pass)
        };
        passes(facts, code, standards, self.calendar)
    }

    fn standard_at(&self, at: Instant, code: &str, asked: bool) -> Option<Standard<'_>> {
        let course = self.rules.at(at)?.document.courses.get(code)?;
        let set = self.set_at(at).filter(|_| asked);
        let asked = set.and_then(|set| set.courses.iter().find(|then| then.course == code));
        Some(Standard::of(course, asked))
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
