//! `/v1/recertification-campaigns`.

use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use validator::{Validate, ValidationError};

use super::ends::DryRun;
use super::extract::{
    Id, IfNoneMatch, Json, List, ListParameters, ListResponse, Query, VersionedJson,
};
use super::problem::{BODY, Code, KNOWN, LIST, ONE, POST, Problem, VERSIONED};
use super::report::{ReportRequest, ReportResponse};
use super::time::DayText;
use super::{State, checks, responses, tags};
use crate::application::actor::Action;
use crate::application::licensing::{
    self, Asked, AskedStanding, CampaignPreview, CampaignShown, CampaignStatus, NewCampaign,
};
use crate::application::{Call, Caller, Error, Fault};
use crate::domain::campaign::{Campaign, CampaignAsks, CampaignItem, MOST_ITEMS};
use crate::domain::fact::{FactBody, ImplementationFact};
use crate::domain::ids::{FactId, LicenseId, PersonId};
use crate::domain::policy::OnMiss;

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_campaigns)
        .service(start_campaign)
        .service(get_campaign)
        .service(list_campaign_people)
        .service(extend_campaign)
        .service(cancel_campaign)
        .service(suspend_all_for_campaign)
        .service(suspend_for_campaign)
        .service(excuse_from_campaign);
}

/// What follows when it is missed.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = OnMiss)]
pub enum OnMissName {
    /// The license is suspended until it is done.
    Suspend,
    /// The license ends.
    Deactivate,
    /// It is listed for staff, who may suspend until it is done.
    List,
}

impl From<OnMissName> for OnMiss {
    fn from(name: OnMissName) -> Self {
        match name {
            OnMissName::Suspend => Self::Suspend,
            OnMissName::Deactivate => Self::Deactivate,
            OnMissName::List => Self::List,
        }
    }
}

impl From<OnMiss> for OnMissName {
    fn from(on_miss: OnMiss) -> Self {
        match on_miss {
            OnMiss::Suspend => Self::Suspend,
            OnMiss::Deactivate => Self::Deactivate,
            OnMiss::List => Self::List,
        }
    }
}

/// What is to be done.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CampaignItemKind)]
pub enum ItemKindName {
    /// A course is passed: give `course`.
    Course,
    /// A statement is made that something was read: give `code` and `title`.
    Acknowledgement,
    /// A practice set is accepted: give `practice_set`.
    PracticeSet,
}

/// A code of the policy in force.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(as = PolicyCode, min_length = 1, max_length = 64)]
pub struct CodeText(String);

/// Each code is a line of at most 64 characters.
fn codes(codes: &[CodeText]) -> Result<(), ValidationError> {
    for CodeText(code) in codes {
        checks::line(code)?;
        if code.chars().count() > 64 {
            return Err(ValidationError::new("length")
                .with_message("must be codes of at most 64 characters".into()));
        }
    }
    Ok(())
}

/// Something that a campaign asks.
#[derive(Deserialize, Serialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(as = CampaignItem)]
pub struct CampaignItemBody {
    kind: ItemKindName,
    /// A course of the policy in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 64), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 64)]
    course: Option<String>,
    /// The only edition of the course that counts. Absent: the editions that the policy accepts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 64), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 64)]
    edition: Option<String>,
    /// A practice set of the policy in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 64), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 64)]
    practice_set: Option<String>,
    /// Under which an acknowledgement is recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 64), custom(function = "checks::system"))]
    #[schema(min_length = 1, max_length = 64)]
    code: Option<String>,
    /// What is acknowledged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 200), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 200)]
    title: Option<String>,
    /// Only of these job roles. Empty: of all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[validate(length(max = 50), custom(function = "codes"))]
    #[schema(max_items = 50)]
    job_roles: Vec<CodeText>,
    /// Only of holders who reach a project of these HUD types. Empty: of all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[validate(length(max = 50))]
    #[schema(max_items = 50)]
    project_types: Vec<u8>,
}

impl CampaignItemBody {
    fn read(self, place: usize) -> Result<CampaignItem, Fault> {
        let needed = |field: &str, value: Option<String>| {
            value.ok_or_else(|| {
                Fault::at(
                    format!("/items/{place}/{field}"),
                    "is needed for an item of this kind",
                )
            })
        };
        let strange = |field: &str| {
            Err(Fault::at(
                format!("/items/{place}/{field}"),
                "has no meaning for an item of this kind: leave it out",
            ))
        };
        let given = [
            ("course", self.course.is_some()),
            ("edition", self.edition.is_some()),
            ("practice_set", self.practice_set.is_some()),
            ("code", self.code.is_some()),
            ("title", self.title.is_some()),
        ];
        let fits: &[&str] = match self.kind {
            ItemKindName::Course => &["course", "edition"],
            ItemKindName::Acknowledgement => &["code", "title"],
            ItemKindName::PracticeSet => &["practice_set"],
        };
        if let Some((field, _)) = given
            .iter()
            .find(|(field, given)| *given && !fits.contains(field))
        {
            return strange(field);
        }
        Ok(CampaignItem {
            asks: match self.kind {
                ItemKindName::Course => CampaignAsks::Course {
                    course: needed("course", self.course)?,
                    edition: self.edition,
                },
                ItemKindName::Acknowledgement => CampaignAsks::Acknowledgement {
                    code: needed("code", self.code)?,
                    title: needed("title", self.title)?,
                },
                ItemKindName::PracticeSet => CampaignAsks::PracticeSet {
                    practice_set: needed("practice_set", self.practice_set)?,
                },
            },
            job_roles: self.job_roles.into_iter().map(|code| code.0).collect(),
            project_types: self.project_types.into_iter().collect(),
        })
    }

    fn of(item: &CampaignItem) -> Self {
        let mut body = Self {
            kind: ItemKindName::Course,
            course: None,
            edition: None,
            practice_set: None,
            code: None,
            title: None,
            job_roles: item.job_roles.iter().cloned().map(CodeText).collect(),
            project_types: item.project_types.iter().copied().collect(),
        };
        match &item.asks {
            CampaignAsks::Course { course, edition } => {
                body.course = Some(course.clone());
                body.edition.clone_from(edition);
            }
            CampaignAsks::Acknowledgement { code, title } => {
                body.kind = ItemKindName::Acknowledgement;
                body.code = Some(code.clone());
                body.title = Some(title.clone());
            }
            CampaignAsks::PracticeSet { practice_set } => {
                body.kind = ItemKindName::PracticeSet;
                body.practice_set = Some(practice_set.clone());
            }
        }
        body
    }
}

/// A campaign as staff start it.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct StartCampaignRequest {
    implementation_id: Uuid,
    /// How people know it.
    #[validate(length(min = 1, max = 200), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 200)]
    title: String,
    /// Whose holders it asks. Empty: of every base type whose policy has rules for campaigns.
    #[serde(default)]
    #[validate(length(max = 50), custom(function = "codes"))]
    #[schema(max_items = 50)]
    license_types: Vec<CodeText>,
    /// At which organizations. Empty: at all.
    #[serde(default)]
    #[validate(length(max = 200))]
    #[schema(max_items = 200)]
    organization_ids: Vec<Uuid>,
    /// What it asks.
    #[validate(length(min = 1, max = MOST_ITEMS), nested)]
    #[schema(min_items = 1, max_items = 20)]
    items: Vec<CampaignItemBody>,
    /// The population: whose license had begun by the end of this local day. Absent: `opens_on`. Who joins later is asked
    /// only where his pass predates the edition.
    #[serde(default)]
    cut_off_on: Option<DayText>,
    /// What was done on this local day or later counts. Absent: `opens_on`.
    #[serde(default)]
    counts_from_on: Option<DayText>,
    /// From this local day on it is owed, and people are told of it.
    opens_on: DayText,
    /// The last local day on which it is in time.
    deadline_on: DayText,
    /// What a miss does. Absent: what the policy of the license type says.
    #[serde(default)]
    on_miss: Option<OnMissName>,
    /// Whether staff saw whom it hits, so that many misses at once do not halt.
    #[serde(default)]
    batch_approved: bool,
    /// Its `reason` is needed.
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

impl StartCampaignRequest {
    fn read(self) -> Result<NewCampaign, Error> {
        let mut items = Vec::with_capacity(self.items.len());
        let mut faults = Vec::new();
        for (place, item) in self.items.into_iter().enumerate() {
            match item.read(place) {
                Ok(item) => items.push(item),
                Err(fault) => faults.push(fault),
            }
        }
        if !faults.is_empty() {
            return Err(Error::Invalid(faults));
        }
        Ok(NewCampaign {
            implementation_id: self.implementation_id.into(),
            plan: Campaign {
                title: self.title,
                license_types: self.license_types.into_iter().map(|code| code.0).collect(),
                organizations: self.organization_ids.into_iter().map(Into::into).collect(),
                items,
                cut_off_on: self.cut_off_on.unwrap_or(self.opens_on).0,
                counts_from_on: self.counts_from_on.unwrap_or(self.opens_on).0,
                opens_on: self.opens_on.0,
                deadline_on: self.deadline_on.0,
                on_miss: self.on_miss.map(Into::into),
                batch_approved: self.batch_approved,
            },
            reported: ReportRequest::read(self.report)?,
        })
    }
}

/// A later deadline.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ExtendCampaignRequest {
    /// The new last local day in time; later than the one there is.
    deadline_on: DayText,
    /// Its `reason` is needed.
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

/// Why it is decided.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct DecideCampaignRequest {
    /// Its `reason` is needed.
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

/// Whose license is suspended until what the campaign asks is done.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SuspendForCampaignRequest {
    license_id: Uuid,
    /// Its `reason` is needed.
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

/// Whom the campaign does not ask any longer.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ExcuseFromCampaignRequest {
    person_id: Uuid,
    /// Its `reason` is needed.
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

/// Where a campaign stands in time.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CampaignState)]
pub enum StatusName {
    /// It opens later.
    Scheduled,
    Open,
    /// Its deadline has passed; it is still required.
    Over,
    Cancelled,
}

/// Something that was decided about a campaign as a whole.
#[derive(Serialize, ToSchema)]
#[schema(as = CampaignDecision)]
pub struct DecisionResponse {
    id: Uuid,
    /// `campaign_extended`, `campaign_cancelled` or `campaign_enforced_for_all`.
    kind: &'static str,
    /// The new deadline.
    #[serde(skip_serializing_if = "Option::is_none")]
    deadline_on: Option<NaiveDate>,
    report: ReportResponse,
}

impl From<&ImplementationFact> for DecisionResponse {
    fn from(fact: &ImplementationFact) -> Self {
        Self {
            id: fact.id.into(),
            kind: fact.body.kind().as_str(),
            deadline_on: match &fact.body {
                FactBody::CampaignExtended { deadline_on, .. } => Some(*deadline_on),
                _ => None,
            },
            report: (&fact.envelope).into(),
        }
    }
}

/// A recertification campaign as it stands now.
#[derive(Serialize, ToSchema)]
#[schema(as = RecertificationCampaign)]
pub struct CampaignResponse {
    id: Uuid,
    implementation_id: Uuid,
    title: String,
    state: StatusName,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    license_types: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    organization_ids: Vec<Uuid>,
    items: Vec<CampaignItemBody>,
    cut_off_on: NaiveDate,
    counts_from_on: NaiveDate,
    opens_on: NaiveDate,
    /// The last local day in time, after every extension.
    deadline_on: NaiveDate,
    #[serde(skip_serializing_if = "Option::is_none")]
    on_miss: Option<OnMissName>,
    /// Whether staff decided that whoever misses it is suspended until it is done.
    suspends_all: bool,
    batch_approved: bool,
    /// What was decided about it, oldest first.
    decisions: Vec<DecisionResponse>,
    report: ReportResponse,
    /// Rises with each decision; `expected_version` is compared with it.
    version: i32,
}

impl From<&CampaignShown> for CampaignResponse {
    fn from(shown: &CampaignShown) -> Self {
        let plan = &shown.plan;
        Self {
            id: shown.fact.id.into(),
            implementation_id: shown.fact.implementation_id.into(),
            title: plan.title.clone(),
            state: match shown.status {
                CampaignStatus::Scheduled => StatusName::Scheduled,
                CampaignStatus::Open => StatusName::Open,
                CampaignStatus::Over => StatusName::Over,
                CampaignStatus::Cancelled => StatusName::Cancelled,
            },
            license_types: plan.license_types.iter().cloned().collect(),
            organization_ids: plan.organizations.iter().map(|id| id.0).collect(),
            items: plan.items.iter().map(CampaignItemBody::of).collect(),
            cut_off_on: plan.cut_off_on,
            counts_from_on: plan.counts_from_on,
            opens_on: plan.opens_on,
            deadline_on: shown.deadline_on,
            on_miss: plan.on_miss.map(Into::into),
            suspends_all: shown.suspends,
            batch_approved: plan.batch_approved,
            decisions: shown.decisions.iter().map(Into::into).collect(),
            report: (&shown.fact.envelope).into(),
            version: shown.version,
        }
    }
}

/// How far somebody is whom a campaign asks.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CampaignStanding)]
pub enum AskedName {
    Met,
    Waived,
    Excused,
    Due,
    Overdue,
}

impl From<AskedStanding> for AskedName {
    fn from(standing: AskedStanding) -> Self {
        match standing {
            AskedStanding::Met => Self::Met,
            AskedStanding::Waived => Self::Waived,
            AskedStanding::Excused => Self::Excused,
            AskedStanding::Due => Self::Due,
            AskedStanding::Overdue => Self::Overdue,
        }
    }
}

impl From<AskedName> for AskedStanding {
    fn from(name: AskedName) -> Self {
        match name {
            AskedName::Met => Self::Met,
            AskedName::Waived => Self::Waived,
            AskedName::Excused => Self::Excused,
            AskedName::Due => Self::Due,
            AskedName::Overdue => Self::Overdue,
        }
    }
}

/// A license whose holder a campaign asks.
#[derive(Serialize, ToSchema)]
#[schema(as = CampaignPerson)]
pub struct AskedResponse {
    license_id: Uuid,
    organization_id: Uuid,
    person_id: Uuid,
    given_name: String,
    family_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_login_at: Option<DateTime<Utc>>,
    standing: AskedName,
    /// Whether the miss holds the license now.
    suspended: bool,
    /// What is not done, as explanations name it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<String>,
}

impl From<&Asked> for AskedResponse {
    fn from(asked: &Asked) -> Self {
        Self {
            license_id: asked.license_id.into(),
            organization_id: asked.organization_id.into(),
            person_id: asked.person_id.into(),
            given_name: asked.given_name.clone(),
            family_name: asked.family_name.clone(),
            last_login_at: asked.last_login_at,
            standing: asked.standing.into(),
            suspended: asked.suspended,
            missing: asked.missing.clone(),
        }
    }
}

/// Whom a campaign would ask when it opens.
#[derive(Serialize, ToSchema)]
#[schema(as = CampaignPreview)]
pub struct PreviewResponse {
    /// How many licenses.
    count: usize,
    /// How many of their holders have done already what it asks.
    met: usize,
    /// Whether there are more than are listed.
    has_more: bool,
    /// The first 200.
    data: Vec<AskedResponse>,
}

impl From<&CampaignPreview> for PreviewResponse {
    fn from(preview: &CampaignPreview) -> Self {
        Self {
            count: preview.count,
            met: preview.met,
            has_more: preview.count > preview.rows.len(),
            data: preview.rows.iter().map(Into::into).collect(),
        }
    }
}

/// A person whom a campaign does not ask any longer.
#[derive(Serialize, ToSchema)]
#[schema(as = CampaignExcuse)]
pub struct ExcuseResponse {
    /// The fact; taken back under `/v1/fact-withdrawals`.
    id: Uuid,
    campaign_id: Uuid,
    person_id: Uuid,
    report: ReportResponse,
}

/// What narrows the list of campaigns.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct CampaignFilter {
    /// Only those of this implementation.
    implementation_id: Option<Uuid>,
}

/// What narrows the list of whom a campaign asks.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct AskedFilter {
    /// Only those who stand so.
    standing: Option<AskedName>,
}

crate::problems!(ListProblems: KNOWN, LIST);
crate::problems!(PeopleProblems: KNOWN, LIST, [Code::NotFound]);
crate::problems!(GetProblems: KNOWN, ONE);
crate::problems!(StartProblems: KNOWN, BODY, POST, [Code::NoPolicy, Code::TransitionRefused]);
crate::problems!(DecideProblems: KNOWN, BODY, POST, VERSIONED, [Code::TransitionRefused]);
crate::problems!(PersonProblems: KNOWN, ONE, BODY, POST, [Code::TransitionRefused, Code::OwnCase]);

fn report_example() -> Value {
    json!({
        "reported_at": "2026-08-17T17:00:00Z",
        "recorded_at": "2026-08-17T17:00:00Z",
        "recorded_by": "0199f3c2-6000-7a00-9000-aaaaaaaaaa01",
        "channel": "api",
        "reason": "HUD's data elements change on 1 October.",
    })
}

fn example(extended: bool) -> Value {
    let mut example = json!({
        "id": "0199f3c2-c100-7d00-8e00-7c7c7c7c7c01",
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b20",
        "title": "HUD data elements FY2026",
        "state": "open",
        "items": [{ "kind": "course", "course": "refresher", "edition": "FY2026" }],
        "cut_off_on": "2026-09-01",
        "counts_from_on": "2026-08-01",
        "opens_on": "2026-09-01",
        "deadline_on": if extended { "2026-10-15" } else { "2026-09-30" },
        "suspends_all": false,
        "batch_approved": true,
        "decisions": [],
        "report": report_example(),
        "version": if extended { 2 } else { 1 },
    });
    if extended {
        example["decisions"] = json!([{
            "id": "0199f3c2-c200-7d00-8e00-7c7c7c7c7c02",
            "kind": "campaign_extended",
            "deadline_on": "2026-10-15",
            "report": report_example(),
        }]);
    }
    example
}

fn asked_example() -> Value {
    json!({
        "license_id": "0199f3c2-9a00-7c00-8d00-5e5e5e5e5e01",
        "organization_id": "0199f3c2-7a01-7c12-b7aa-1f3355aa7703",
        "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
        "given_name": "Nora",
        "family_name": "Ashby",
        "last_login_at": "2026-08-14T18:20:00Z",
        "standing": "due",
        "suspended": false,
        "missing": ["campaign:0199f3c2-c100-7d00-8e00-7c7c7c7c7c01:course:refresher"],
    })
}

fn start_example() -> Value {
    json!({
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b20",
        "title": "HUD data elements FY2026",
        "items": [{ "kind": "course", "course": "refresher", "edition": "FY2026" }],
        "counts_from_on": "2026-08-01",
        "opens_on": "2026-09-01",
        "deadline_on": "2026-09-30",
        "batch_approved": true,
        "report": { "reason": "HUD's data elements change on 1 October." },
    })
}

fn decide_example() -> Value {
    json!({ "expected_version": 1, "report": { "reason": "HUD moved its own date." } })
}

/// List recertification campaigns
///
/// Those of the implementations the caller sees whole, in the order in which they were started.
#[utoipa::path(
    tag = tags::RECERTIFICATION_CAMPAIGNS,
    operation_id = "list_recertification_campaigns",
    params(CampaignFilter, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of campaigns.",
            body = ListResponse<CampaignResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [example(false)], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/recertification-campaigns")]
async fn list_campaigns(
    state: web::Data<State>,
    list: List<CampaignFilter>,
) -> Result<HttpResponse, Problem> {
    let implementation = list.filter.implementation_id.map(Into::into);
    let paging = list.paging;
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadCampaign, move |rx| {
            licensing::campaigns(rx, implementation, paging)
        })
        .await?;
    Ok(list.respond(&slice, |campaign| CampaignResponse::from(campaign)))
}

/// Start a recertification campaign
///
/// Asks everybody of a population anew: because data elements changed, or anything else did. From `opens_on` on each
/// item is owed; people are told then, and once more before the deadline as the policy says. Whoever did it since
/// `counts_from_on` has done it, at every organization. A miss does what the policy says, never before a notice that
/// named the day was given. Whoever returns later must have done every campaign that was not cancelled.
///
/// With `dry_run=true` nothing is kept, and the answer says whom it would ask.
#[utoipa::path(
    tag = tags::RECERTIFICATION_CAMPAIGNS,
    operation_id = "start_recertification_campaign",
    params(DryRun),
    request_body(content = StartCampaignRequest, description = "The campaign.", example = json!(start_example())),
    responses(
        (
            status = 200,
            description = "The dry run: whom it would ask when it opens.",
            body = PreviewResponse,
            example = json!({ "count": 1, "met": 0, "has_more": false, "data": [asked_example()] }),
        ),
        (
            status = 201,
            description = "The campaign as recorded.",
            body = CampaignResponse,
            headers(
                ("ETag" = String, description = "The version, for If-Match and If-None-Match."),
                ("Location" = String, description = "Where it is found."),
            ),
            example = json!(example(false)),
        ),
        StartProblems,
    ),
)]
#[post("/v1/recertification-campaigns")]
async fn start_campaign(
    caller: Caller,
    state: web::Data<State>,
    Query(DryRun { dry_run }): Query<DryRun>,
    body: Json<StartCampaignRequest>,
) -> Result<HttpResponse, Problem> {
    let new = body.value.read()?;
    let action = Action::ManageCampaign;
    if dry_run {
        let found = state
            .app
            .read(caller, action, move |rx| {
                licensing::preview_campaign(rx, &new)
            })
            .await?;
        let reply = responses::outcome(&PreviewResponse::from(&found));
        return Ok(responses::send(reply));
    }
    let call = Call::new(caller, action, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| licensing::start_campaign(tx, &new),
            |campaign| {
                let path = format!("/v1/recertification-campaigns/{}", campaign.fact.id);
                responses::created(path, campaign.version, &CampaignResponse::from(campaign))
            },
        )
        .await?;
    Ok(responses::send(reply))
}

/// Get a recertification campaign
///
/// The campaign as it stands now, with what was decided about it.
#[utoipa::path(
    tag = tags::RECERTIFICATION_CAMPAIGNS,
    operation_id = "get_recertification_campaign",
    params(("id" = Uuid, Path, description = "The campaign.")),
    responses(
        (
            status = 200,
            description = "The campaign.",
            body = CampaignResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example(false)),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/recertification-campaigns/{id}")]
async fn get_campaign(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let campaign = state
        .app
        .read(caller, Action::ReadCampaign, move |rx| {
            licensing::campaign(rx, id)
        })
        .await?;
    Ok(responses::one(
        &seen,
        campaign.version,
        &CampaignResponse::from(&campaign),
    ))
}

/// List whom a campaign asks
///
/// By license, each with how far its holder is now; those who are excused too. `standing=overdue` is the list from which
/// staff may suspend, all or one.
#[utoipa::path(
    tag = tags::RECERTIFICATION_CAMPAIGNS,
    operation_id = "list_recertification_campaign_people",
    params(("id" = Uuid, Path, description = "The campaign."), AskedFilter, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of licenses.",
            body = ListResponse<AskedResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [asked_example()], "page": { "has_more": false } }),
        ),
        PeopleProblems,
    ),
)]
#[get("/v1/recertification-campaigns/{id}/people")]
async fn list_campaign_people(
    state: web::Data<State>,
    Id(id): Id<FactId>,
    list: List<AskedFilter>,
) -> Result<HttpResponse, Problem> {
    let standings: Vec<AskedStanding> = list.filter.standing.map(Into::into).into_iter().collect();
    let paging = list.paging;
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadCampaign, move |rx| {
            licensing::asked(rx, id, &standings, paging)
        })
        .await?;
    Ok(list.respond(&slice, |asked| AskedResponse::from(asked)))
}

/// Extend a campaign
///
/// To a later day. What the old deadline took away too early comes back: suspensions are lifted, ends become contested.
/// Whoever was told the old day is told the new one.
#[utoipa::path(
    tag = tags::RECERTIFICATION_CAMPAIGNS,
    operation_id = "extend_recertification_campaign",
    params(("id" = Uuid, Path, description = "The campaign.")),
    request_body(
        content = ExtendCampaignRequest,
        description = "The version acted upon, the new day, and why.",
        example = json!({
            "expected_version": 1,
            "deadline_on": "2026-10-15",
            "report": { "reason": "The course was not online for a week." },
        }),
    ),
    responses(
        (
            status = 200,
            description = "The campaign, extended.",
            body = CampaignResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example(true)),
        ),
        DecideProblems,
    ),
)]
#[post("/v1/recertification-campaigns/{id}/extend")]
async fn extend_campaign(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    body: VersionedJson<ExtendCampaignRequest>,
) -> Result<HttpResponse, Problem> {
    let expected = body.expected;
    let deadline_on = body.value.deadline_on.0;
    let reported = ReportRequest::read(body.value.report)?;
    let call = Call::new(caller, Action::ManageCampaign, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| licensing::extend_campaign(tx, id, expected, deadline_on, &reported),
            |campaign| responses::changed(campaign.version, &CampaignResponse::from(campaign)),
        )
        .await?;
    Ok(responses::send(reply))
}

/// Cancel a campaign
///
/// It asks nothing any longer: every hold that it opened is lifted, and licenses that it ended are listed as contested.
#[utoipa::path(
    tag = tags::RECERTIFICATION_CAMPAIGNS,
    operation_id = "cancel_recertification_campaign",
    params(("id" = Uuid, Path, description = "The campaign.")),
    request_body(
        content = DecideCampaignRequest,
        description = "The version acted upon, and why.",
        example = json!(decide_example()),
    ),
    responses(
        (
            status = 200,
            description = "The campaign, cancelled.",
            body = CampaignResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example(false)),
        ),
        DecideProblems,
    ),
)]
#[post("/v1/recertification-campaigns/{id}/cancel")]
async fn cancel_campaign(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    body: VersionedJson<DecideCampaignRequest>,
) -> Result<HttpResponse, Problem> {
    let expected = body.expected;
    let reported = ReportRequest::read(body.value.report)?;
    let call = Call::new(caller, Action::ManageCampaign, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| licensing::cancel_campaign(tx, id, expected, &reported),
            |campaign| responses::changed(campaign.version, &CampaignResponse::from(campaign)),
        )
        .await?;
    Ok(responses::send(reply))
}

/// Suspend everybody who misses a campaign
///
/// Where the policy only lists misses: from now on each is suspended until it is done. Whoever was told the deadline is
/// held at once, everybody else the shortest notice after being told.
#[utoipa::path(
    tag = tags::RECERTIFICATION_CAMPAIGNS,
    operation_id = "suspend_all_for_recertification_campaign",
    params(("id" = Uuid, Path, description = "The campaign.")),
    request_body(
        content = DecideCampaignRequest,
        description = "The version acted upon, and why.",
        example = json!({ "expected_version": 1, "report": { "reason": "Reports are due next week." } }),
    ),
    responses(
        (
            status = 200,
            description = "The campaign; its misses suspend.",
            body = CampaignResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example(false)),
        ),
        DecideProblems,
    ),
)]
#[post("/v1/recertification-campaigns/{id}/suspend-all")]
async fn suspend_all_for_campaign(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    body: VersionedJson<DecideCampaignRequest>,
) -> Result<HttpResponse, Problem> {
    let expected = body.expected;
    let reported = ReportRequest::read(body.value.report)?;
    let call = Call::new(caller, Action::ManageCampaign, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| licensing::enforce_campaign(tx, id, expected, &reported),
            |campaign| responses::changed(campaign.version, &CampaignResponse::from(campaign)),
        )
        .await?;
    Ok(responses::send(reply))
}

/// Suspend one license for a campaign
///
/// As for everybody, for one license whose holder has not done what it asks.
#[utoipa::path(
    tag = tags::RECERTIFICATION_CAMPAIGNS,
    operation_id = "suspend_for_recertification_campaign",
    params(("id" = Uuid, Path, description = "The campaign.")),
    request_body(
        content = SuspendForCampaignRequest,
        description = "Whose license, and why.",
        example = json!({
            "license_id": "0199f3c2-9a00-7c00-8d00-5e5e5e5e5e01",
            "report": { "reason": "Asked three times." },
        }),
    ),
    responses(
        (
            status = 200,
            description = "The campaign.",
            body = CampaignResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example(false)),
        ),
        PersonProblems,
    ),
)]
#[post("/v1/recertification-campaigns/{id}/suspend")]
async fn suspend_for_campaign(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    body: Json<SuspendForCampaignRequest>,
) -> Result<HttpResponse, Problem> {
    let license = LicenseId(body.value.license_id);
    let reported = ReportRequest::read(body.value.report)?;
    let call = Call::new(caller, Action::ManageCampaign, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| licensing::suspend_for_campaign(tx, id, license, &reported),
            |campaign| responses::changed(campaign.version, &CampaignResponse::from(campaign)),
        )
        .await?;
    Ok(responses::send(reply))
}

/// Excuse a person from a campaign
///
/// It asks nothing of the person any longer, at any organization: a hold that it opened is lifted. The excuse is taken
/// back under `/v1/fact-withdrawals`.
#[utoipa::path(
    tag = tags::RECERTIFICATION_CAMPAIGNS,
    operation_id = "excuse_from_recertification_campaign",
    params(("id" = Uuid, Path, description = "The campaign.")),
    request_body(
        content = ExcuseFromCampaignRequest,
        description = "Whom, and why.",
        example = json!({
            "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
            "report": { "reason": "Teaches the course." },
        }),
    ),
    responses(
        (
            status = 200,
            description = "The excuse as recorded.",
            body = ExcuseResponse,
            example = json!({
                "id": "0199f3c2-c300-7d00-8e00-7c7c7c7c7c03",
                "campaign_id": "0199f3c2-c100-7d00-8e00-7c7c7c7c7c01",
                "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
                "report": report_example(),
            }),
        ),
        PersonProblems,
    ),
)]
#[post("/v1/recertification-campaigns/{id}/excuse")]
async fn excuse_from_campaign(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    body: Json<ExcuseFromCampaignRequest>,
) -> Result<HttpResponse, Problem> {
    let person = PersonId(body.value.person_id);
    let reported = ReportRequest::read(body.value.report)?;
    let call = Call::new(caller, Action::ManageCampaign, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| licensing::excuse_from_campaign(tx, id, person, &reported),
            move |fact| {
                responses::outcome(&ExcuseResponse {
                    id: fact.id.into(),
                    campaign_id: id.into(),
                    person_id: fact.person_id.into(),
                    report: (&fact.envelope).into(),
                })
            },
        )
        .await?;
    Ok(responses::send(reply))
}
