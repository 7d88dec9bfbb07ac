//! What a request owes, and how each requirement stands.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use super::Approvals;
use crate::domain::calendar::{Instant, Length, add_days, start_of_day};
use crate::domain::departure::AnnouncedEnd;
use crate::domain::evaluate::ladder;
use crate::domain::evaluate::obligation::calendar;
use crate::domain::evaluate::rules::{InForce, Rules};
use crate::domain::evaluate::{Case, Change, EndCause, Evaluation, Upcoming, evaluate};
use crate::domain::fact::{DeactivationCause, Fact, HoldCause};
use crate::domain::ids::FactId;
use crate::domain::policy::{
    AgreementRequirement, AgreementScope, ApprovalStep, Binds, CourseRequirement, EvidenceFrom,
    Party, RequirementSet, Return,
};
use crate::domain::request::{LicenseRequest, RequestState};
use crate::domain::requirement::{
    Calendar, Evidence, RequirementKey, Standing, Status, execution, party_name, passes, waiver,
};

/// What a request owes at an instant.
pub(super) struct Owed<'a> {
    case: &'a Case<'a>,
    request: &'a LicenseRequest,
    project_types: &'a BTreeSet<u8>,
    facts: &'a [&'a Fact],
    rules: &'a Rules<'a>,
    in_force: InForce<'a>,
    calendar: Calendar<'a>,
    at: Instant,
    /// The person's license here as it stood at submission.
    license: OnceCell<Evaluation>,
}

impl<'a> Owed<'a> {
    pub(super) fn new(
        case: &'a Case<'a>,
        request: &'a LicenseRequest,
        project_types: &'a BTreeSet<u8>,
        facts: &'a [&'a Fact],
        rules: &'a Rules<'a>,
        in_force: InForce<'a>,
        at: Instant,
    ) -> Self {
        Self {
            case,
            request,
            project_types,
            facts,
            rules,
            in_force,
            calendar: calendar(in_force),
            at,
            license: OnceCell::new(),
        }
    }

    /// The set that some rules ask of this request, by its code; a return ladder chooses by the absence at submission.
    fn chosen(&self, rules: InForce<'a>) -> Option<(&'a str, &'a RequirementSet)> {
        let license_type = rules
            .document
            .license_types
            .get(&self.request.license_type)?;
        ladder::set_for(license_type, self.request.class, || {
            ladder::rung(
                license_type,
                calendar(rules),
                self.absent_since()?,
                self.request.submitted_at,
            )
        })
    }

    pub(super) fn set_code(&self) -> Option<String> {
        self.chosen(self.in_force).map(|(code, _)| code.to_owned())
    }

    /// Whether the return ladder asks for everything anew, as of somebody new.
    fn anew(&self) -> bool {
        let found = self
            .in_force
            .document
            .license_types
            .get(&self.request.license_type);
        found.is_some_and(|license_type| {
            ladder::asks_ladder(license_type, self.request.class)
                && self.absent_since().is_some_and(|since| {
                    ladder::rung(
                        license_type,
                        self.calendar,
                        since,
                        self.request.submitted_at,
                    )
                    .is_some_and(|(_, rung)| {
                        matches!(
                            rung.then,
                            Return::AsNew {
                                earlier_evidence_counts: false
                            }
                        )
                    })
                })
        })
    }

    /// What the rules in force ask of such a request, without what was added after its submission: that binds only
    /// requests submitted later, unless it says otherwise. Nothing where the rules know no such request.
    fn set(&self) -> Option<RequirementSet> {
        let mut set = self.chosen(self.in_force)?.1.clone();
        let then = self
            .rules
            .at(self.request.submitted_at)
            .and_then(|rules| self.chosen(rules));
        if let Some((_, then)) = then {
            set.agreements.retain(|now| {
                now.binds != Binds::NewRequests
                    || then
                        .agreements
                        .iter()
                        .any(|then| then.agreement == now.agreement)
            });
            set.courses.retain(|now| {
                now.binds != Binds::NewRequests
                    || then.courses.iter().any(|then| then.course == now.course)
            });
        }
        Some(set)
    }

    fn for_job_role(&self, job_roles: &BTreeSet<String>) -> bool {
        job_roles.is_empty()
            || self
                .request
                .job_role
                .as_ref()
                .is_some_and(|role| job_roles.contains(role))
    }

    fn for_project_types(&self, kinds: &BTreeSet<u8>) -> bool {
        kinds.is_empty() || !kinds.is_disjoint(self.project_types)
    }

    /// The steps that were asked for at submission. They are matched with the approvals by their place, so that later
    /// rules change none of them.
    pub(super) fn approval_steps(&self) -> Vec<ApprovalStep> {
        let in_force = self
            .rules
            .at(self.request.submitted_at)
            .unwrap_or(self.in_force);
        let day = calendar(in_force).day(self.request.submitted_at);
        let groups = in_force.document.groups_of(self.case.organization, day);
        in_force
            .document
            .requests_for(&self.request.license_type)
            .approval
            .iter()
            .filter(|step| {
                self.for_job_role(&step.job_roles)
                    && self.for_project_types(&step.project_types)
                    && (step.groups.is_empty()
                        || step
                            .groups
                            .iter()
                            .any(|group| groups.contains_key(group.as_str())))
                    && step.enforced_from.is_none_or(|from| from <= day)
            })
            .cloned()
            .collect()
    }

    pub(super) fn requirements(&self) -> Option<Vec<Standing>> {
        let set = self.set()?;
        let agreements = set
            .agreements
            .iter()
            .filter(|requirement| self.for_job_role(&requirement.job_roles))
            .filter_map(|requirement| self.agreement(requirement));
        let courses = set
            .courses
            .iter()
            .filter(|requirement| {
                self.for_job_role(&requirement.job_roles)
                    && self.for_project_types(&requirement.project_types)
                    && requirement
                        .absence_at_least
                        .is_none_or(|length| self.absent_for(length))
            })
            .filter_map(|requirement| self.course(requirement));
        let standings = agreements
            .chain(courses)
            .map(|standing| self.waived(standing))
            .collect();
        Some(standings)
    }

    fn agreement(&self, requirement: &AgreementRequirement) -> Option<Standing> {
        let code = &requirement.agreement;
        let agreement = self
            .in_force
            .document
            .agreement_for(&self.request.license_type, code)?;
        if agreement.scope != AgreementScope::Person {
            return None;
        }
        let facts = self.counting_from(requirement.evidence_from);
        let signed = execution(
            &facts,
            self.case.organization,
            code,
            &agreement,
            Some(&agreement.version),
            self.calendar,
        );
        let missing = |party: &Party| {
            format!(
                "version {} of `{code}` is not signed by {}",
                agreement.version,
                party_name(*party)
            )
        };
        Some(self.standing(
            RequirementKey::Agreement(code.clone()),
            agreement.title.clone(),
            signed.executed,
            signed.signed,
            (
                signed.missing.iter().map(missing).collect(),
                signed.missing.clone(),
            ),
            requirement.enforced_from,
        ))
    }

    fn course(&self, requirement: &CourseRequirement) -> Option<Standing> {
        let code = &requirement.course;
        let course = self.in_force.document.courses.get(code)?;
        let validity = requirement.validity.or(course.validity);
        let length: Option<Length> =
            validity.and_then(|validity| validity.until_activation.or(validity.length));
        let facts = self.counting_from(requirement.evidence_from);
        let pass_mark = requirement.pass_mark.or(course.pass_mark);
        let passed = passes(
            &facts,
            code,
            course,
            &requirement.equivalents,
            pass_mark,
            self.calendar,
        );
        let evidence = passed.last().map(|(on, fact)| Evidence {
            facts: vec![*fact],
            on: *on,
            valid_through: length.map(|length| self.calendar.after(length, *on)),
        });
        let edition = course
            .edition
            .as_ref()
            .map(|edition| format!(" in edition {edition}"))
            .unwrap_or_default();
        let mark = pass_mark
            .map(|mark| format!(" with at least {mark} %"))
            .unwrap_or_default();
        Some(self.standing(
            RequirementKey::Course(code.clone()),
            course.title.clone(),
            evidence,
            Vec::new(),
            (
                vec![format!("`{code}` is not passed{edition}{mark}")],
                vec![Party::EndUser],
            ),
            requirement.enforced_from,
        ))
    }

    /// The facts that count from the instant a requirement names.
    fn counting_from(&self, from: EvidenceFrom) -> Vec<&Fact> {
        let since = match from {
            EvidenceFrom::AnyTime => None,
            EvidenceFrom::Submission => Some(self.request.submitted_at),
            EvidenceFrom::LastEnd => self.last_end(),
            EvidenceFrom::AbsenceStart => self.absent_since(),
        };
        let since = if self.anew() {
            since.max(self.last_end())
        } else {
            since
        };
        self.facts
            .iter()
            .copied()
            .filter(|fact| since.is_none_or(|since| fact.envelope.occurred_at >= since))
            .collect()
    }

    fn license_at_submission(&self) -> &Evaluation {
        self.license
            .get_or_init(|| evaluate(self.case, self.request.submitted_at))
    }

    /// When access last ended here: with the license, or with the hold that its absence brought.
    fn last_end(&self) -> Option<Instant> {
        let license = self.license_at_submission();
        match &license.period()?.end {
            Some(end) => Some(end.at),
            None => license
                .open_holds()
                .filter(|hold| hold.cause == HoldCause::LongInactivity)
                .map(|hold| hold.from)
                .min(),
        }
    }

    /// When the absence until the request began.
    fn absent_since(&self) -> Option<Instant> {
        let of = self
            .in_force
            .document
            .license_types
            .get(&self.request.license_type)
            .and_then(|found| found.inactivity.as_ref())
            .map(|rule| rule.absence_of)
            .unwrap_or_default();
        ladder::absent_since(
            self.case,
            self.license_at_submission(),
            of,
            self.request.submitted_at,
        )
    }

    /// Whether the absence until the request has at least a length.
    fn absent_for(&self, length: Length) -> bool {
        self.absent_since().is_some_and(|since| {
            self.calendar.after(length, self.calendar.day(since))
                <= self.calendar.day(self.request.submitted_at)
        })
    }

    fn standing(
        &self,
        key: RequirementKey,
        title: String,
        evidence: Option<Evidence>,
        partial: Vec<FactId>,
        (missing, who): (Vec<String>, Vec<Party>),
        enforced_from: Option<chrono::NaiveDate>,
    ) -> Standing {
        let today = self.calendar.day(self.at);
        match evidence {
            Some(evidence) if evidence.counts_on(today) => Standing {
                key,
                title,
                status: Status::Met,
                evidence: evidence.facts,
                missing: Vec::new(),
                valid_through: evidence.valid_through,
                due_on: None,
                who: Vec::new(),
            },
            // A rule that only reports yet keeps nobody from activation.
            _ if enforced_from.is_some_and(|day| today < day) => Standing {
                key,
                title,
                status: Status::Waived,
                evidence: Vec::new(),
                missing,
                valid_through: enforced_from.and_then(|day| day.pred_opt()),
                due_on: None,
                who,
            },
            lapsed => Standing {
                key,
                title,
                status: Status::Due,
                evidence: partial,
                missing: match lapsed.and_then(|evidence| evidence.valid_through) {
                    Some(last) => missing
                        .into_iter()
                        .map(|sentence| {
                            format!("{sentence} (what was done before counted through {last})")
                        })
                        .collect(),
                    None => missing,
                },
                valid_through: None,
                due_on: None,
                who,
            },
        }
    }

    fn waived(&self, standing: Standing) -> Standing {
        if !standing.status.is_open() {
            return standing;
        }
        match waiver(
            self.facts,
            self.case.organization,
            &standing.key,
            self.calendar.day(self.at),
        ) {
            Some((fact, until_on)) => Standing {
                status: Status::Waived,
                evidence: vec![fact],
                valid_through: until_on,
                ..standing
            },
            None => standing,
        }
    }

    pub(super) fn upcoming(
        &self,
        requirements: &[Standing],
        ends: &[AnnouncedEnd<'_>],
    ) -> Vec<Upcoming> {
        let lapses = requirements.iter().filter_map(|standing| {
            let last = standing
                .valid_through
                .filter(|_| !standing.status.is_open())?;
            Some(Upcoming {
                at: start_of_day(self.in_force.zone, add_days(last, 1)),
                change: Change::Lapses(standing.key.clone()),
            })
        });
        let rules = self.rules.next_change(self.at).map(|at| Upcoming {
            at,
            change: Change::NewRules,
        });
        let departures = ends
            .iter()
            .filter(|end| end.withdraws(self.request.organization_id, self.request.submitted_at))
            .map(|end| Upcoming {
                at: end.acts_at,
                change: Change::Ends(EndCause::Deactivated(DeactivationCause::EmploymentEnded)),
            });
        lapses
            .chain(rules)
            .chain(departures)
            .filter(|upcoming| upcoming.at > self.at)
            .collect()
    }

    /// Since when the request is in its state: the last fact that brought it there.
    pub(super) fn since(
        &self,
        approvals: &Approvals,
        requirements: &[Standing],
        state: RequestState,
        ended: Option<Instant>,
    ) -> Instant {
        let recorded = |ids: &[FactId]| {
            self.facts
                .iter()
                .filter(|fact| ids.contains(&fact.id))
                .map(|fact| fact.envelope.recorded_at)
                .max()
        };
        let submitted = self.request.submitted_at;
        let approved = recorded(&approvals.given).unwrap_or(submitted);
        match state {
            RequestState::Submitted => submitted,
            RequestState::Ready => requirements
                .iter()
                .filter_map(|standing| recorded(&standing.evidence))
                .max()
                .unwrap_or(approved)
                .max(approved),
            _ => ended.unwrap_or(approved),
        }
        .max(submitted)
    }
}
