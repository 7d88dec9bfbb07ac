//! Explanations: the help desk's one screen, the same for a request, a license and a person.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::application::actor::Sight;
use crate::application::licensing::{Block, Explanation, Subject, end_seen, hold_seen};
use crate::domain::evaluate::{
    Change, Consequence, DeadlineStanding, DueItem, NoticeNeeded, PracticeStanding, Upcoming,
};
use crate::domain::ids::PersonId;
use crate::domain::requirement::{Standing, Status};

/// Where a requirement stands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RequirementStatus)]
pub enum StatusName {
    Met,
    Due,
    Overdue,
    Waived,
}

/// One requirement with its evidence.
#[derive(Serialize, ToSchema)]
#[schema(as = Requirement)]
pub struct RequirementResponse {
    /// For example `agreement:user_agreement` or `course:hmis_user_training_series`.
    requirement: String,
    title: String,
    status: StatusName,
    /// The facts it is met by, or the waiver.
    evidence: Vec<Uuid>,
    /// What is missing, each a sentence.
    missing: Vec<String>,
    /// The last local day on which the evidence counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_through: Option<NaiveDate>,
    /// The last local day on which it is done in time.
    #[serde(skip_serializing_if = "Option::is_none")]
    due_on: Option<NaiveDate>,
}

impl From<&Standing> for RequirementResponse {
    fn from(standing: &Standing) -> Self {
        Self {
            requirement: standing.key.to_string(),
            title: standing.title.clone(),
            status: match standing.status {
                Status::Met => StatusName::Met,
                Status::Due => StatusName::Due,
                Status::Overdue => StatusName::Overdue,
                Status::Waived => StatusName::Waived,
            },
            evidence: standing.evidence.iter().map(|id| id.0).collect(),
            missing: standing.missing.clone(),
            valid_through: standing.valid_through,
            due_on: standing.due_on,
        }
    }
}

/// One practice set that a request owes.
#[derive(Serialize, ToSchema)]
#[schema(as = Practice)]
pub struct PracticeResponse {
    practice_set: String,
    title: String,
    workflow: String,
    /// `closed`, `open`, `in_review`, `corrections`, `accepted`, `waived` or `failed`.
    state: &'static str,
    /// What was submitted last.
    #[serde(skip_serializing_if = "Option::is_none")]
    submission_id: Option<Uuid>,
    /// Fails since the request.
    attempts_used: u16,
    /// How many the policy allows. Absent: without limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_attempts: Option<u16>,
    /// Percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pass_mark: Option<u8>,
    /// The last local day on which staff mean to have reviewed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    review_due_on: Option<NaiveDate>,
    /// What must come first, each a sentence.
    waits_for: Vec<String>,
}

impl From<&PracticeStanding> for PracticeResponse {
    fn from(standing: &PracticeStanding) -> Self {
        Self {
            practice_set: standing.practice_set.clone(),
            title: standing.title.clone(),
            workflow: standing.workflow.clone(),
            state: standing.state.as_str(),
            submission_id: standing.submission.map(Into::into),
            attempts_used: standing.attempts_used,
            max_attempts: standing.max_attempts,
            pass_mark: standing.pass_mark,
            review_due_on: standing.review_due_on,
            waits_for: standing.waits_for.clone(),
        }
    }
}

/// One deadline of a request that has started.
#[derive(Serialize, ToSchema)]
#[schema(as = Deadline)]
pub struct DeadlineResponse {
    /// Its code in the policy; `request_lapse` is the lapse of an unfinished request.
    deadline: String,
    title: String,
    started_on: NaiveDate,
    /// The last local day on which it is in time. Absent while staff hold the request and their time does not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    due_on: Option<NaiveDate>,
    /// When its goal was reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    done_on: Option<NaiveDate>,
    /// `met`, `due`, `paused` or `overdue`.
    status: &'static str,
    /// `lapse_request` or `reset_step`.
    on_miss: &'static str,
    /// The step that starts over.
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<String>,
}

impl From<&DeadlineStanding> for DeadlineResponse {
    fn from(standing: &DeadlineStanding) -> Self {
        Self {
            deadline: standing.code.clone(),
            title: standing.title.clone(),
            started_on: standing.started_on,
            due_on: standing.due_on,
            done_on: standing.done_on,
            status: standing.status.as_str(),
            on_miss: match standing.resets_step {
                None => "lapse_request",
                Some(_) => "reset_step",
            },
            step: standing.resets_step.clone(),
        }
    }
}

/// Something that keeps access off.
#[derive(Serialize, ToSchema)]
#[schema(as = Block)]
pub struct BlockResponse {
    /// A stable word: a hold or end cause, `missing`, `no_license`, `contact_the_lead`.
    code: String,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<DateTime<Utc>>,
}

impl From<&Block> for BlockResponse {
    fn from(block: &Block) -> Self {
        Self {
            code: block.code.clone(),
            detail: block.detail.clone(),
            since: block.since,
        }
    }
}

/// What happens by itself at an instant if nothing is recorded before.
#[derive(Serialize, ToSchema)]
#[schema(as = AutomaticChange)]
pub struct ChangeResponse {
    at: DateTime<Utc>,
    /// `ends`, `suspends`, `resumes`, `lapses`, `add_on_off`, `request_lapses`, `step_starts_over`,
    /// `reservation_ends`, `warnable`, `new_rules`, or `may_begin` where no license runs and a bar, or the participation
    /// of the organization, begins or ends.
    change: &'static str,
    /// Its cause, the requirement that lapses, the deadline that is missed, or the step.
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<String>,
}

impl ChangeResponse {
    /// The change as a reader may know it.
    pub fn of(upcoming: &Upcoming, sight: Sight) -> Self {
        let (change, cause) = match &upcoming.change {
            Change::Ends(cause) => ("ends", Some(end_seen(*cause, sight).to_owned())),
            Change::Suspends(cause) => ("suspends", Some(hold_seen(*cause, sight).to_owned())),
            Change::Resumes(cause) => ("resumes", Some(hold_seen(*cause, sight).to_owned())),
            Change::Lapses(key) => ("lapses", Some(key.to_string())),
            Change::AddOnOff(license_type) => ("add_on_off", Some(license_type.clone())),
            Change::RequestLapses(cause) => ("request_lapses", Some(cause.clone())),
            Change::StepStartsOver(step) => ("step_starts_over", Some(step.clone())),
            Change::ReservationEnds(place) => ("reservation_ends", Some(place.as_str().to_owned())),
            Change::Warnable(_) => ("warnable", None),
            Change::NewRules => ("new_rules", None),
            Change::MayBegin => ("may_begin", None),
        };
        Self {
            at: upcoming.at,
            change,
            cause,
        }
    }
}

/// Something that must be done, and what follows.
#[derive(Serialize, ToSchema)]
#[schema(as = DueItem)]
pub struct DueResponse {
    /// The rule: `inactivity`, `recertification`, `agreement`, `waiver`, ...
    rule: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    requirement: Option<String>,
    /// The last local day on which it is in time.
    due_on: NaiveDate,
    /// `at`: the instant in `takes_effect_at`; `awaits_notice`: nothing before a notice was sent; `listed`: staff see it.
    consequence: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    takes_effect_at: Option<DateTime<Utc>>,
}

impl From<&DueItem> for DueResponse {
    fn from(item: &DueItem) -> Self {
        let (consequence, takes_effect_at) = match item.consequence {
            Consequence::At(at) => ("at", Some(at)),
            Consequence::AwaitsNotice => ("awaits_notice", None),
            Consequence::Listed => ("listed", None),
        };
        Self {
            rule: item.rule.as_str().to_owned(),
            requirement: item.requirement.as_ref().map(ToString::to_string),
            due_on: item.due_on,
            consequence,
            takes_effect_at,
        }
    }
}

/// A notice that may be given now, as `POST /v1/notices` takes it.
#[derive(Serialize, ToSchema)]
#[schema(as = NoticeNeeded)]
pub struct NoticeNeededResponse {
    /// The rule it speaks for.
    rule: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    requirement: Option<String>,
    /// The local day the count began.
    anchor_on: NaiveDate,
    /// Since when it may be given.
    due_at: DateTime<Utc>,
    /// The earliest first day without access that it may name, given now.
    earliest_named_on: NaiveDate,
    /// The notice that was given and still counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    notice_id: Option<Uuid>,
}

impl NoticeNeededResponse {
    fn of(notice: &NoticeNeeded, now: DateTime<Utc>) -> Self {
        Self {
            rule: notice.rule.as_str(),
            step: notice.step,
            requirement: notice.requirement.as_ref().map(ToString::to_string),
            anchor_on: notice.anchor_on,
            due_at: notice.due_at,
            earliest_named_on: notice.earliest_named_on(now),
            notice_id: notice.sent.map(Into::into),
        }
    }
}

/// What is met, what is missing, what blocks access, what comes next and who can act.
#[derive(Serialize, ToSchema)]
#[schema(as = Explanation)]
pub struct ExplanationResponse {
    #[serde(skip_serializing_if = "Option::is_none")]
    license_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    license_request_id: Option<Uuid>,
    person_id: Uuid,
    organization_id: Uuid,
    license_type: String,
    state: String,
    /// Whether the license gives access now.
    allowed: bool,
    blocks: Vec<BlockResponse>,
    requirements: Vec<RequirementResponse>,
    /// Of a request: the practice sets that are owed.
    practice: Vec<PracticeResponse>,
    /// Of a request: the deadlines that have started.
    deadlines: Vec<DeadlineResponse>,
    /// For staff: what the activation no longer rests on since a correction, although it is met by now. Access stays.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_met_at_activation: Vec<String>,
    due: Vec<DueResponse>,
    /// Notices that may be given now, with what each must say; or that were given and count.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    notices: Vec<NoticeNeededResponse>,
    /// The next change that its reader may see.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_automatic_change: Option<ChangeResponse>,
    /// Each a sentence: who, and what.
    who_can_act: Vec<String>,
    /// JSON pointers of rules of the policy that this service does not work yet.
    not_enforced: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy_version: Option<u32>,
    evaluated_at: DateTime<Utc>,
}

impl From<&Explanation> for ExplanationResponse {
    fn from(explanation: &Explanation) -> Self {
        let (license_id, license_request_id) = match explanation.subject {
            Subject::License(id) => (Some(id.0), None),
            Subject::Request(id) => (None, Some(id.0)),
        };
        Self {
            license_id,
            license_request_id,
            person_id: explanation.person_id.into(),
            organization_id: explanation.organization_id.into(),
            license_type: explanation.license_type.clone(),
            state: explanation.state.clone(),
            allowed: explanation.allowed,
            blocks: explanation.blocks.iter().map(Into::into).collect(),
            requirements: explanation.requirements.iter().map(Into::into).collect(),
            practice: explanation.practice.iter().map(Into::into).collect(),
            deadlines: explanation.deadlines.iter().map(Into::into).collect(),
            not_met_at_activation: explanation.not_met_at_activation.clone(),
            due: explanation.due.iter().map(Into::into).collect(),
            notices: explanation
                .notices
                .iter()
                .map(|notice| NoticeNeededResponse::of(notice, explanation.evaluated_at))
                .collect(),
            next_automatic_change: explanation
                .next_change
                .as_ref()
                .map(|change| ChangeResponse::of(change, explanation.sight)),
            who_can_act: explanation.who_can_act.clone(),
            not_enforced: explanation.not_enforced.clone(),
            policy_version: explanation.policy,
            evaluated_at: explanation.evaluated_at,
        }
    }
}

/// A person explained: an explanation for each license, and for each request that has not ended.
#[derive(Serialize, ToSchema)]
#[schema(as = PersonExplanation)]
pub struct PersonExplanationResponse {
    person_id: Uuid,
    /// Licenses first. Of organizations that the reader may not know of nothing is shown.
    explanations: Vec<ExplanationResponse>,
}

impl PersonExplanationResponse {
    pub fn of(person: PersonId, explanations: &[Explanation]) -> Self {
        Self {
            person_id: person.into(),
            explanations: explanations.iter().map(Into::into).collect(),
        }
    }
}

/// The example that the explanation operations show.
#[must_use]
pub fn example() -> Value {
    json!({
        "license_request_id": "0199f3c2-7d10-7a11-8c21-3b5d9a2c4e01",
        "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
        "organization_id": "0199f3c2-7a01-7c12-b7aa-1f3355aa7703",
        "license_type": "end_user",
        "state": "onboarding",
        "allowed": false,
        "blocks": [{
            "code": "missing",
            "detail": "`hmis_user_training_series` is not passed",
        }],
        "requirements": [
            {
                "requirement": "agreement:user_agreement",
                "title": "HMIS User Agreement",
                "status": "met",
                "evidence": ["0199f3c2-7e33-7e21-9a10-5c5c5c5c5c04", "0199f3c2-7e34-7e21-9a10-5c5c5c5c5c05"],
                "missing": [],
            },
            {
                "requirement": "course:hmis_user_training_series",
                "title": "HMIS User Training Series",
                "status": "due",
                "evidence": [],
                "missing": ["`hmis_user_training_series` is not passed"],
            },
        ],
        "practice": [],
        "deadlines": [],
        "due": [],
        "who_can_act": ["the end user: HMIS User Training Series"],
        "not_enforced": [],
        "policy_version": 1,
        "evaluated_at": "2026-03-09T15:30:00Z",
    })
}
