//! A license request: where it stands, what is met, what is missing, who can act.

use std::collections::BTreeSet;

use super::obligation::calendar;
use super::rules::{InForce, Rules};
use super::{Case, Change, EndCause, Upcoming};
use crate::domain::calendar::{Instant, Length, add_days, start_of_day};
use crate::domain::departure::announced_ends;
use crate::domain::fact::{DeactivationCause, Fact, FactBody};
use crate::domain::ids::FactId;
use crate::domain::license::LicenseStatus;
use crate::domain::policy::{
    AgreementRequirement, AgreementScope, ApprovalStep, Approver, Binds, ContactDuty,
    CourseRequirement, EvidenceFrom, Party, RequestClass, RequirementSet, StaffRole,
};
use crate::domain::request::{LicenseRequest, RequestState};
use crate::domain::requirement::{
    Calendar, Evidence, RequirementKey, Standing, Status, execution, party_name, passes,
    standing_facts, waiver,
};

/// How many approvals a request has, of how many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approvals {
    pub given: Vec<FactId>,
    /// The steps of the policy that concern this request, in order.
    pub steps: Vec<ApprovalStep>,
}

impl Approvals {
    /// The step that is next, if one is missing.
    #[must_use]
    pub fn next(&self) -> Option<&ApprovalStep> {
        self.steps.get(self.given.len())
    }
}

/// What `evaluate_request` answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestEvaluation {
    pub at: Instant,
    pub state: RequestState,
    pub since: Instant,
    pub requirements: Vec<Standing>,
    pub approvals: Approvals,
    /// What keeps the request from activation, each a sentence.
    pub needs: Vec<String>,
    pub upcoming: Vec<Upcoming>,
    /// The policy version whose requirements bind.
    pub policy: Option<u32>,
    /// The fact that ended it.
    pub ended_by: Option<FactId>,
}

impl RequestEvaluation {
    #[must_use]
    pub fn next_change_at(&self) -> Option<Instant> {
        self.upcoming.iter().map(|upcoming| upcoming.at).min()
    }
}

/// What the facts known at `now` make of a request at `now`. `project_types` are the HUD types of its projects.
#[must_use]
pub fn evaluate_request(
    case: &Case<'_>,
    request: &LicenseRequest,
    project_types: &BTreeSet<u8>,
    now: Instant,
) -> RequestEvaluation {
    let rules = Rules::new(case.policies, case.organization);
    let known = case
        .facts
        .iter()
        .filter(|fact| fact.envelope.recorded_at <= now);
    let facts = standing_facts(known);
    let of_request = |fact: &&&Fact| fact.request_id == Some(request.id);
    let ended = facts.iter().filter(of_request).find_map(|fact| {
        let state = match fact.body {
            FactBody::RequestDenied => RequestState::Denied,
            FactBody::RequestWithdrawn { .. } => RequestState::Withdrawn,
            FactBody::Activated { .. } | FactBody::TypeChanged { .. } => RequestState::Fulfilled,
            _ => return None,
        };
        Some((state, fact.id, fact.envelope.recorded_at))
    });
    let ended = ended.or_else(|| {
        // A departure withdraws the open requests of that person at that organization, at its instant.
        announced_ends(case.facts, now)
            .into_iter()
            .filter(|end| {
                matches!(end.fact.body, FactBody::Departed)
                    && end.fact.organization_id == Some(request.organization_id)
                    && end.cancelled_by.is_none()
                    && end.occurred_at >= request.submitted_at
                    && end.acts_at <= now
            })
            .min_by_key(|end| end.acts_at)
            .map(|end| (RequestState::Withdrawn, end.fact.id, end.acts_at))
    });
    // An ended request is shown as it stood at its end.
    let at = ended.map_or(now, |(_, _, at)| at);
    let facts: Vec<&Fact> = facts
        .into_iter()
        .filter(|fact| fact.envelope.recorded_at <= at)
        .collect();
    let given: Vec<FactId> = facts
        .iter()
        .filter(|fact| {
            fact.request_id == Some(request.id) && matches!(fact.body, FactBody::RequestApproved)
        })
        .map(|fact| fact.id)
        .collect();
    let Some(in_force) = rules.at(at) else {
        return RequestEvaluation {
            at: now,
            state: ended.map_or(RequestState::Submitted, |(state, ..)| state),
            since: ended.map_or(request.submitted_at, |(_, _, at)| at),
            requirements: Vec::new(),
            approvals: Approvals {
                given,
                steps: Vec::new(),
            },
            needs: vec!["the implementation has no policy in force".to_owned()],
            upcoming: rules
                .next_change(now)
                .map(|at| Upcoming {
                    at,
                    change: Change::NewRules,
                })
                .into_iter()
                .collect(),
            policy: None,
            ended_by: ended.map(|(_, fact, _)| fact),
        };
    };
    let owed = Owed {
        case,
        request,
        project_types,
        facts: &facts,
        rules: &rules,
        in_force,
        calendar: calendar(in_force),
        at,
    };
    let requirements = owed.requirements();
    let approvals = Approvals {
        given,
        steps: owed.approval_steps(),
    };
    let approved = approvals.next().is_none();
    let all_met = requirements
        .iter()
        .all(|standing| !standing.status.is_open());
    let state = match ended {
        Some((state, ..)) => state,
        None if !approved => RequestState::Submitted,
        None if !all_met => RequestState::Onboarding,
        None => RequestState::Ready,
    };
    let mut needs = Vec::new();
    if let Some(step) = approvals.next() {
        needs.push(format!(
            "approval {} of {} is open: {}",
            approvals.given.len() + 1,
            approvals.steps.len(),
            approver_name(step)
        ));
    }
    for standing in requirements
        .iter()
        .filter(|standing| standing.status.is_open())
    {
        needs.extend(standing.missing.iter().cloned());
    }
    let mut upcoming = if ended.is_some() {
        Vec::new()
    } else {
        owed.upcoming(&requirements)
    };
    upcoming.sort_by_key(|upcoming| upcoming.at);
    RequestEvaluation {
        at: now,
        state,
        since: owed.since(&approvals, &requirements, state, ended.map(|(_, _, at)| at)),
        needs: if ended.is_some() { Vec::new() } else { needs },
        requirements,
        approvals,
        upcoming,
        policy: Some(in_force.number),
        ended_by: ended.map(|(_, fact, _)| fact),
    }
}

fn approver_name(step: &ApprovalStep) -> String {
    match &step.by {
        Approver::Role { role } => format!("by {}", staff_role_name(*role)),
        Approver::Duty { duty } => format!("by the organization's {}", duty_name(*duty)),
        Approver::Contact { contact_id } => format!("by the contact {contact_id}"),
    }
}

fn staff_role_name(role: StaffRole) -> &'static str {
    match role {
        StaffRole::Supervisor => "a supervisor of the organization",
        StaffRole::AuthorizedSigner => "the organization's authorized signer",
        StaffRole::SystemAdmin => "a system administrator",
        StaffRole::Trainer => "a trainer",
        StaffRole::HelpDesk => "the help desk",
    }
}

fn duty_name(duty: ContactDuty) -> &'static str {
    match duty {
        ContactDuty::AuthorizedSigner => "authorized signer",
        ContactDuty::SecurityOfficer => "security officer",
        ContactDuty::BillingContact => "billing contact",
    }
}

struct Owed<'a> {
    case: &'a Case<'a>,
    request: &'a LicenseRequest,
    project_types: &'a BTreeSet<u8>,
    facts: &'a [&'a Fact],
    rules: &'a Rules<'a>,
    in_force: InForce<'a>,
    calendar: Calendar<'a>,
    at: Instant,
}

impl Owed<'_> {
    fn set_in(
        rules: InForce<'_>,
        license_type: &str,
        class: RequestClass,
    ) -> Option<RequirementSet> {
        rules
            .document
            .license_types
            .get(license_type)?
            .set_for(class)
            .map(|(_, set)| set.clone())
    }

    /// The set as it stood at submission, as far as it is still asked for: a later addition binds only requests
    /// submitted after it, unless it says otherwise.
    fn set(&self) -> RequirementSet {
        let license_type = &self.request.license_type;
        let class = self.request.class;
        let Some(mut set) = Self::set_in(self.in_force, license_type, class) else {
            return RequirementSet::default();
        };
        let then = self
            .rules
            .at(self.request.submitted_at)
            .and_then(|rules| Self::set_in(rules, license_type, class));
        if let Some(then) = then {
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
        set
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

    fn approval_steps(&self) -> Vec<ApprovalStep> {
        let today = self.calendar.day(self.at);
        let groups = self
            .in_force
            .document
            .groups_of(self.case.organization, today);
        self.in_force
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
                    && step.enforced_from.is_none_or(|day| day <= today)
            })
            .cloned()
            .collect()
    }

    fn requirements(&self) -> Vec<Standing> {
        let set = self.set();
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
        agreements
            .chain(courses)
            .map(|standing| self.waived(standing))
            .collect()
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
            EvidenceFrom::LastEnd | EvidenceFrom::AbsenceStart => self.last_end(),
        };
        self.facts
            .iter()
            .copied()
            .filter(|fact| since.is_none_or(|since| fact.envelope.occurred_at >= since))
            .collect()
    }

    fn last_end(&self) -> Option<Instant> {
        let license = super::evaluate(self.case, self.request.submitted_at);
        license.period()?.end.as_ref().map(|end| end.at)
    }

    /// Whether the absence, from the last accepted login (else the last end) to the request, has at least a length.
    fn absent_for(&self, length: Length) -> bool {
        let license = super::evaluate(self.case, self.request.submitted_at);
        let since = license.last_login_at.or_else(|| {
            license
                .period()
                .and_then(|period| period.end.as_ref())
                .map(|end| end.at)
        });
        since.is_some_and(|since| {
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

    fn upcoming(&self, requirements: &[Standing]) -> Vec<Upcoming> {
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
        let departures = announced_ends(self.case.facts, self.at)
            .into_iter()
            .filter(|end| {
                matches!(end.fact.body, FactBody::Departed)
                    && end.fact.organization_id == Some(self.case.organization)
                    && end.cancelled_by.is_none()
                    && end.occurred_at >= self.request.submitted_at
            })
            .map(|end| Upcoming {
                at: end.acts_at,
                change: Change::Ends(EndCause::Deactivated(DeactivationCause::EmploymentEnded)),
            });
        let steps = self
            .in_force
            .document
            .requests_for(&self.request.license_type)
            .approval
            .iter()
            .filter_map(|step| step.enforced_from)
            .map(|day| Upcoming {
                at: start_of_day(self.in_force.zone, day),
                change: Change::NewRules,
            });
        lapses
            .chain(rules)
            .chain(departures)
            .chain(steps)
            .filter(|upcoming| upcoming.at > self.at)
            .collect()
    }

    /// Since when the request is in its state: the last fact that brought it there.
    fn since(
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

/// The class of a new request, by the license facts at its submission; the first that fits. `here` is the status of
/// the license at the organization asked for, `elsewhere` the statuses of the person's other licenses in the
/// implementation with the instant of their end.
#[must_use]
pub fn classify(
    is_add_on: bool,
    here: Option<LicenseStatus>,
    elsewhere: &[(LicenseStatus, Option<Instant>)],
    transfer_since: Option<Instant>,
) -> RequestClass {
    use LicenseStatus::{Active, Deactivated, Expired, Suspended, Warned};
    if is_add_on {
        return RequestClass::AddOn;
    }
    match here {
        Some(Active | Warned | Suspended) => return RequestClass::TypeChange,
        Some(Deactivated | Expired) => return RequestClass::Returning,
        None => {}
    }
    if elsewhere
        .iter()
        .any(|(status, _)| matches!(status, Active | Warned | Suspended))
    {
        return RequestClass::Additional;
    }
    let recently = |(_, ended): &(LicenseStatus, Option<Instant>)| matches!((ended, transfer_since), (Some(ended), Some(since)) if *ended > since);
    if elsewhere.iter().any(recently) {
        RequestClass::Transfer
    } else {
        RequestClass::New
    }
}
