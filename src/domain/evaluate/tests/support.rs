//! Cases built by hand: one person at one organization in Detroit, under HAND's policy.

use std::collections::BTreeSet;

use chrono::{NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use serde_json::Value;
use uuid::Uuid;

use crate::domain::calendar::{Instant, Precision};
use crate::domain::error::Rejection;
use crate::domain::evaluate::{
    Case, Evaluation, Heartbeat, LoginSource, RequestEvaluation, evaluate, evaluate_request,
    way_back,
};
use crate::domain::fact::{
    Basis, Channel, Envelope, Fact, FactBody, NoticeRule, Outcome, Reporter,
};
use crate::domain::ids::{
    FactId, ImplementationId, OrganizationId, PersonId, PolicyId, PrincipalId, RequestId,
};
use crate::domain::license::LicenseStatus;
use crate::domain::policy::{Party, PolicyDocument, PolicyVersion, RequestClass, preset};
use crate::domain::request::{LicenseRequest, RecordedState, RequestState};
use crate::domain::roster::Participation;

pub const DETROIT: Tz = Tz::America__Detroit;
pub const HERE: OrganizationId = OrganizationId(Uuid::from_u128(1));
pub const ELSEWHERE: OrganizationId = OrganizationId(Uuid::from_u128(2));
pub const REQUEST: RequestId = RequestId(Uuid::from_u128(50));
pub const SERIES: &str = "hmis_user_training_series";
pub const POLICIES: &str = "hand_policy_and_procedure";
pub const EXTRA: &str = "extra";
pub const AGREEMENTS: [&str; 2] = ["user_agreement", "code_of_ethics"];

/// So many cases, unless `PROPTEST_CASES` asks for more, and no seeds written into the tree: they mean nothing once a generator changes. A fault that was found
/// gets a test with its name.
pub fn cases(cases: u32) -> proptest::test_runner::Config {
    let asked = std::env::var("PROPTEST_CASES").ok();
    proptest::test_runner::Config {
        failure_persistence: None,
        cases: asked.and_then(|asked| asked.parse().ok()).unwrap_or(cases),
        ..proptest::test_runner::Config::default()
    }
}

pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// `2026-03-02 09:00`, or with seconds or parts of them, on Detroit's clocks.
pub fn at(text: &str) -> Instant {
    let local = ["%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S%.f"]
        .into_iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
        .unwrap();
    DETROIT
        .from_local_datetime(&local)
        .earliest()
        .unwrap()
        .with_timezone(&Utc)
}

pub fn moment() -> TimeDelta {
    TimeDelta::microseconds(1)
}

pub fn hand() -> Value {
    serde_json::to_value(&preset("hand").unwrap().document).unwrap()
}

/// HAND's policy with some members replaced, by JSON pointer; null removes.
pub fn hand_with(changes: &[(&str, Value)]) -> Value {
    let mut document = hand();
    for (pointer, value) in changes {
        set(&mut document, pointer, value.clone());
    }
    document
}

/// HAND's policy asking for one course more.
pub fn hand_with_one_course_more(binds: &str) -> Value {
    let mut policy = hand();
    set(
        &mut policy,
        &format!("/courses/{EXTRA}"),
        serde_json::json!({"title": "Extra"}),
    );
    policy
        .pointer_mut("/license_types/end_user/requirement_sets/full/courses")
        .and_then(Value::as_array_mut)
        .unwrap()
        .push(serde_json::json!({"course": EXTRA, "binds": binds}));
    policy
}

pub fn set(document: &mut Value, pointer: &str, value: Value) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = document
        .pointer_mut(parent)
        .unwrap_or_else(|| panic!("no {parent}"))
        .as_object_mut()
        .unwrap();
    if value.is_null() {
        parent.remove(key);
    } else {
        parent.insert(key.to_owned(), value);
    }
}

pub fn document(value: Value) -> PolicyDocument {
    let document: PolicyDocument = serde_json::from_value(value).unwrap();
    assert_eq!(document.validate(), [], "the policy of a test is sound");
    document
}

#[derive(Clone)]
pub struct Story {
    pub facts: Vec<Fact>,
    pub policies: Vec<PolicyVersion>,
    pub participations: Vec<Participation>,
    pub sources: Vec<LoginSource>,
    pub request: LicenseRequest,
    pub project_types: BTreeSet<u8>,
    next: u128,
}

impl Story {
    pub fn under(policy: Value) -> Self {
        let mut story = Self {
            facts: Vec::new(),
            policies: Vec::new(),
            participations: vec![Participation {
                organization_id: HERE,
                from_on: day("2015-01-01"),
                to_on: None,
                recorded_at: at("2015-01-01 00:00"),
                recorded_by: PrincipalId(Uuid::nil()),
            }],
            sources: vec![LoginSource {
                in_service_from: at("2015-01-01 00:00"),
                in_service_until: None,
                heartbeats: Vec::new(),
            }],
            request: LicenseRequest {
                id: REQUEST,
                implementation_id: ImplementationId(Uuid::nil()),
                organization_id: HERE,
                person_id: PersonId(Uuid::nil()),
                license_type: "end_user".to_owned(),
                class: RequestClass::New,
                job_role: None,
                projects: Vec::new(),
                attestations: Vec::new(),
                requester: PrincipalId(Uuid::nil()),
                requested_by: None,
                source: None,
                channel: Channel::Api,
                ticket_reference: None,
                reported_at: at("2026-02-20 09:00"),
                reported_by: Reporter::Recorder,
                reason: None,
                submitted_at: at("2026-02-20 09:00"),
                recorded: RecordedState {
                    state: RequestState::Submitted,
                    next_change_at: None,
                    generation: 0,
                },
                version: 1,
            },
            project_types: BTreeSet::new(),
            next: 1_000,
        };
        story.policy("2015-01-01 00:00", policy);
        story
    }

    /// HAND's policy; signed and trained on 2026-02-20, active since Sunday 2026-03-01, 09:00.
    pub fn hand() -> Self {
        Self::licensed_under(hand())
    }

    pub fn licensed_under(policy: Value) -> Self {
        let mut story = Self::under(policy);
        story.prepared("2026-02-20 10:00");
        story.activated("2026-03-01 09:00");
        story
    }

    /// The same for somebody who had a license here before and asked for it again.
    pub fn returned_under(policy: Value) -> Self {
        let mut story = Self::under(policy);
        story.request.class = RequestClass::Returning;
        story.prepared("2026-02-20 10:00");
        story.activated("2026-03-01 09:00");
        story
    }

    /// A version that starts at an instant, recorded a day before.
    pub fn policy(&mut self, effective_from: &str, policy: Value) {
        let effective_from = at(effective_from);
        let number = u32::try_from(self.policies.len() + 1).unwrap();
        self.policies.push(PolicyVersion {
            id: PolicyId(Uuid::from_u128(u128::from(number))),
            number,
            effective_from,
            recorded_at: effective_from - TimeDelta::days(1),
            document: document(policy),
        });
    }

    /// What a hand-built fact looks like; the organization is left out of what belongs to the person.
    pub fn push(&mut self, occurred_at: Instant, recorded_at: Instant, body: FactBody) -> FactId {
        let personal = matches!(
            body,
            FactBody::TrainingCompleted { .. }
                | FactBody::Barred { .. }
                | FactBody::BarLifted { .. }
                | FactBody::LoggedIn { .. }
                | FactBody::Acknowledged { .. }
                | FactBody::CampaignExcused { .. }
        ) || body.kind().is_of_implementation();
        let of_request = matches!(
            body,
            FactBody::RequestApproved
                | FactBody::RequestDenied
                | FactBody::RequestWithdrawn { .. }
                | FactBody::RequestReclassified { .. }
                | FactBody::Activated { .. }
                | FactBody::ProjectsAdded { .. }
                | FactBody::RequirementAdded { .. }
                | FactBody::DeadlineExtended { .. }
                | FactBody::MatchFound { .. }
                | FactBody::MatchSettled { .. }
        );
        self.next += 1;
        let id = FactId(Uuid::from_u128(self.next));
        self.facts.push(Fact {
            id,
            implementation_id: self.request.implementation_id,
            person_id: self.request.person_id,
            organization_id: (!personal).then_some(HERE),
            request_id: of_request.then_some(REQUEST),
            license_id: None,
            envelope: Envelope {
                occurred_at,
                precision: Precision::Instant,
                reported_at: recorded_at,
                recorded_at,
                reported_by: Reporter::Recorder,
                recorded_by: PrincipalId(Uuid::nil()),
                on_behalf_of: None,
                channel: Channel::Api,
                ticket_reference: None,
                reason: None,
                supersedes: None,
            },
            body,
        });
        id
    }

    /// A fact recorded when it happened.
    pub fn fact(&mut self, when: &str, body: FactBody) -> FactId {
        self.push(at(when), at(when), body)
    }

    /// A fact that happened at one instant and was recorded at another.
    pub fn late(&mut self, occurred: &str, recorded: &str, body: FactBody) -> FactId {
        self.push(at(occurred), at(recorded), body)
    }

    /// A correction: it replaces a fact.
    pub fn correct(&mut self, when: &str, target: FactId, body: FactBody) -> FactId {
        let id = self.fact(when, body);
        self.facts.last_mut().unwrap().envelope.supersedes = Some(target);
        id
    }

    pub fn signed(&mut self, when: &str, agreement: &str, version: &str, party: Party) -> FactId {
        self.fact(
            when,
            FactBody::AgreementSigned {
                agreement: agreement.to_owned(),
                version: version.to_owned(),
                party,
            },
        )
    }

    /// The user and a supervisor sign both agreements.
    pub fn executed(&mut self, when: &str, version: &str) {
        for agreement in AGREEMENTS {
            self.signed(when, agreement, version, Party::EndUser);
            self.signed(when, agreement, version, Party::Supervisor);
        }
    }

    pub fn passed(&mut self, when: &str, course: &str) -> FactId {
        self.fact(when, passed(course))
    }

    /// Everything HAND asks of somebody new.
    pub fn prepared(&mut self, when: &str) {
        self.executed(when, "1");
        self.passed(when, SERIES);
        self.passed(when, POLICIES);
    }

    pub fn approved(&mut self, when: &str) -> FactId {
        self.fact(when, FactBody::RequestApproved)
    }

    pub fn activated(&mut self, when: &str) -> FactId {
        self.activated_at(at(when))
    }

    pub fn activated_at(&mut self, when: Instant) -> FactId {
        let body = FactBody::Activated {
            license_type: self.request.license_type.clone(),
            class: self.request.class,
            job_role: self.request.job_role.clone(),
            projects: Vec::new(),
            project_types: self.project_types.iter().copied().collect(),
            basis: Basis::Requirements,
            requirement_set: None,
            partial: false,
            submitted_at: Some(self.request.submitted_at),
        };
        self.push(when, when, body)
    }

    pub fn login(&mut self, when: &str) -> FactId {
        self.login_reported(when, when)
    }

    pub fn login_reported(&mut self, occurred: &str, recorded: &str) -> FactId {
        self.late(occurred, recorded, logged_in(&[HERE]))
    }

    /// The notice of the first step, naming the first day without access.
    pub fn warned(&mut self, when: &str, named_on: &str) -> FactId {
        self.noticed(when, NoticeRule::Inactivity, Some(0), None, named_on)
    }

    pub fn noticed(
        &mut self,
        when: &str,
        rule: NoticeRule,
        step: Option<usize>,
        requirement: Option<&str>,
        named_on: &str,
    ) -> FactId {
        self.fact(when, notice(rule, step, requirement, day(named_on)))
    }

    pub fn heartbeat(&mut self, recorded: &str, complete_through: &str) {
        self.sources[0].heartbeats.push(Heartbeat {
            complete_through: at(complete_through),
            recorded_at: at(recorded),
        });
    }

    pub fn case(&self) -> Case<'_> {
        Case {
            organization: HERE,
            facts: &self.facts,
            participations: &self.participations,
            policies: &self.policies,
            sources: &self.sources,
        }
    }

    pub fn license(&self, now: &str) -> Evaluation {
        evaluate(&self.case(), at(now))
    }

    /// Staff bring the license back by the return ladder.
    pub fn reactivate(&self, now: &str) -> Result<FactBody, Rejection> {
        let license = self.license(now);
        let back = way_back(&self.case(), &license, at(now));
        license.reactivate(back.as_ref())
    }

    pub fn status(&self, now: &str) -> Option<LicenseStatus> {
        self.license(now).status()
    }

    pub fn request_at(&self, now: Instant) -> RequestEvaluation {
        evaluate_request(&self.case(), &self.request, &self.project_types, now)
    }

    pub fn request(&self, now: &str) -> RequestEvaluation {
        self.request_at(at(now))
    }

    /// Asserts that access goes over from yes to no, or from no to yes, exactly at an instant.
    #[track_caller]
    pub fn turns(&self, when: &str, allowed: bool) {
        let (before, after) = (
            evaluate(&self.case(), at(when) - moment()),
            evaluate(&self.case(), at(when)),
        );
        assert_eq!(before.allowed(), !allowed, "just before {when}");
        assert_eq!(after.allowed(), allowed, "at {when}: {:?}", after.state);
    }
}

pub fn passed(course: &str) -> FactBody {
    FactBody::TrainingCompleted {
        course: course.to_owned(),
        outcome: Outcome::Pass,
        score: None,
        edition: None,
    }
}

pub fn failed(course: &str) -> FactBody {
    FactBody::TrainingCompleted {
        course: course.to_owned(),
        outcome: Outcome::Fail,
        score: None,
        edition: None,
    }
}

pub fn logged_in(serves: &[OrganizationId]) -> FactBody {
    FactBody::LoggedIn {
        source: "clarity".to_owned(),
        source_event_id: String::new(),
        serves: serves.to_vec(),
        activity: None,
    }
}

/// A kind of activity at this organization, as a login source reports it.
pub fn activity(kind: &str) -> FactBody {
    FactBody::LoggedIn {
        source: "clarity".to_owned(),
        source_event_id: String::new(),
        serves: vec![HERE],
        activity: Some(kind.to_owned()),
    }
}

pub fn notice(
    rule: NoticeRule,
    step: Option<usize>,
    requirement: Option<&str>,
    named_on: NaiveDate,
) -> FactBody {
    FactBody::NoticeSent {
        rule,
        step,
        requirement: requirement.map(str::to_owned),
        anchor_on: named_on,
        named_on,
        channel: None,
        to: None,
    }
}

pub fn waived(requirement: &str, until_on: Option<&str>) -> FactBody {
    FactBody::Waived {
        requirement: requirement.to_owned(),
        until_on: until_on.map(day),
    }
}
