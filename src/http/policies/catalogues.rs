//! `/v1/implementations/{id}/courses` and `/agreements`: what the policy in force lists, for forms and front-ends.

use actix_web::{HttpResponse, get, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use crate::application::actor::Action;
use crate::application::policies;
use crate::domain::calendar::Length;
use crate::domain::ids::ImplementationId;
use crate::domain::policy::{Agreement, AgreementScope, AgreementValidity, Course, OnMiss, Party};
use crate::http::extract::{Id, List, ListParameters, ListResponse};
use crate::http::problem::{Code, KNOWN, LIST, Problem};
use crate::http::{State, tags};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_courses).service(list_agreements);
}

/// A length on the local calendar of the implementation; exactly one member is there.
#[derive(Default, Serialize, ToSchema)]
#[schema(as = Length)]
pub struct LengthDetails {
    #[serde(skip_serializing_if = "Option::is_none")]
    days: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    business_days: Option<u16>,
    /// Calendar months; where the month is too short, its last day.
    #[serde(skip_serializing_if = "Option::is_none")]
    months: Option<u16>,
}

impl From<Length> for LengthDetails {
    fn from(length: Length) -> Self {
        let none = Self::default();
        match length {
            Length::Days(days) => Self {
                days: Some(days),
                ..none
            },
            Length::BusinessDays(days) => Self {
                business_days: Some(days),
                ..none
            },
            Length::Months(months) => Self {
                months: Some(months),
                ..none
            },
        }
    }
}

/// A course of the policy in force.
#[derive(Serialize, ToSchema)]
#[schema(as = Course)]
pub struct CourseResponse {
    /// What a training completion names it by.
    code: String,
    title: String,
    /// The edition that counts. Absent: any does.
    #[serde(skip_serializing_if = "Option::is_none")]
    edition: Option<String>,
    /// Earlier editions that still count.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    accepted_editions: Vec<String>,
    /// Lowest passing score in per cent. Absent: the recorded outcome alone decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 100)]
    pass_mark: Option<u8>,
    /// How old a pass may be at activation. Absent: as old as it counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_until_activation: Option<LengthDetails>,
    /// How long a pass counts. Absent: for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_for: Option<LengthDetails>,
    /// Courses whose pass counts as a pass of this one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    equivalents: Vec<String>,
}

impl CourseResponse {
    fn of((code, course): &(String, Course)) -> Self {
        let validity = course.validity;
        Self {
            code: code.clone(),
            title: course.title.clone(),
            edition: course.edition.clone(),
            accepted_editions: course.accepted_editions.iter().cloned().collect(),
            pass_mark: course.pass_mark,
            valid_until_activation: validity
                .and_then(|validity| validity.until_activation)
                .map(Into::into),
            valid_for: validity
                .and_then(|validity| validity.length)
                .map(Into::into),
            equivalents: course.equivalents.iter().cloned().collect(),
        }
    }
}

/// Who must sign.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AgreementParty {
    /// The person the license is for.
    EndUser,
    /// A supervisor of the organization.
    Supervisor,
    /// The organization's authorized signer.
    AuthorizedSigner,
    /// The HMIS lead.
    Lead,
    /// A supervisor or the authorized signer; the lead where the agency has nobody else.
    Agency,
}

impl From<Party> for AgreementParty {
    fn from(party: Party) -> Self {
        match party {
            Party::EndUser => Self::EndUser,
            Party::Supervisor => Self::Supervisor,
            Party::AuthorizedSigner => Self::AuthorizedSigner,
            Party::Lead => Self::Lead,
            Party::Agency => Self::Agency,
        }
    }
}

/// On whom an agreement rests.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AgreementHolder {
    /// A person at an organization.
    Person,
    /// An organization.
    Organization,
}

/// What follows when it lapses.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LapseAction {
    /// The license is suspended until it is signed.
    Suspend,
    /// The license ends.
    Deactivate,
    /// It is listed for staff.
    List,
}

/// A day of the year.
#[derive(Serialize, ToSchema)]
#[schema(as = DayOfYear)]
pub struct DayOfYearDetails {
    #[schema(minimum = 1, maximum = 12)]
    month: u8,
    #[schema(minimum = 1, maximum = 31)]
    day: u8,
}

/// An agreement of the policy in force. A license type may state otherwise about it.
#[derive(Serialize, ToSchema)]
#[schema(as = Agreement)]
pub struct AgreementResponse {
    /// What a signature names it by.
    code: String,
    title: String,
    /// The current version.
    version: String,
    scope: AgreementHolder,
    /// Fully executed is what every one of them signed.
    parties: Vec<AgreementParty>,
    /// How long a full execution holds. Absent: until a new version, or until a date.
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_for: Option<LengthDetails>,
    /// The last day of each year on which the old year's execution holds. Absent: there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_until_yearly: Option<DayOfYearDetails>,
    /// Calendar days in which holders must sign a new version.
    new_version_days: u16,
    on_lapse: LapseAction,
}

impl AgreementResponse {
    fn of((code, agreement): &(String, Agreement)) -> Self {
        let (valid_for, valid_until_yearly) = match &agreement.validity {
            None => (None, None),
            Some(AgreementValidity::Rolling { length }) => (Some((*length).into()), None),
            Some(AgreementValidity::Yearly { date }) => (
                None,
                Some(DayOfYearDetails {
                    month: date.due.month,
                    day: date.due.day,
                }),
            ),
        };
        Self {
            code: code.clone(),
            title: agreement.title.clone(),
            version: agreement.version.clone(),
            scope: match agreement.scope {
                AgreementScope::Person => AgreementHolder::Person,
                AgreementScope::Organization => AgreementHolder::Organization,
            },
            parties: agreement.parties.iter().copied().map(Into::into).collect(),
            valid_for,
            valid_until_yearly,
            new_version_days: agreement.new_version_days,
            on_lapse: match agreement.on_lapse {
                OnMiss::Suspend => LapseAction::Suspend,
                OnMiss::Deactivate => LapseAction::Deactivate,
                OnMiss::List => LapseAction::List,
            },
        }
    }
}

/// What narrows these lists: nothing.
#[derive(Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub struct CatalogueFilter {}

crate::problems!(Problems: KNOWN, LIST, [Code::NotFound, Code::NoPolicy]);

/// List the courses of an implementation
///
/// The courses of the policy in force, by code.
#[utoipa::path(
    tag = tags::POLICIES,
    operation_id = "list_courses",
    params(("id" = Uuid, Path, description = "The implementation."), ListParameters),
    responses(
        (
            status = 200,
            description = "One page of courses.",
            body = ListResponse<CourseResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({
                "data": [{
                    "code": "hand_policy_and_procedure",
                    "title": "HAND HMIS policy and procedure",
                    "valid_until_activation": { "months": 12 },
                }],
                "page": { "has_more": false },
            }),
        ),
        Problems,
    ),
)]
#[get("/v1/implementations/{id}/courses")]
async fn list_courses(
    state: web::Data<State>,
    Id(id): Id<ImplementationId>,
    list: List<CatalogueFilter>,
) -> Result<HttpResponse, Problem> {
    let paging = list.paging;
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadImplementation, move |rx| {
            policies::courses(rx, id, paging)
        })
        .await?;
    Ok(list.respond(&slice, CourseResponse::of))
}

/// List the agreements of an implementation
///
/// The agreements of the policy in force, by code.
#[utoipa::path(
    tag = tags::POLICIES,
    operation_id = "list_agreements",
    params(("id" = Uuid, Path, description = "The implementation."), ListParameters),
    responses(
        (
            status = 200,
            description = "One page of agreements.",
            body = ListResponse<AgreementResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({
                "data": [{
                    "code": "user_agreement",
                    "title": "User agreement",
                    "version": "1",
                    "scope": "person",
                    "parties": ["end_user", "agency"],
                    "new_version_days": 30,
                    "on_lapse": "suspend",
                }],
                "page": { "has_more": false },
            }),
        ),
        Problems,
    ),
)]
#[get("/v1/implementations/{id}/agreements")]
async fn list_agreements(
    state: web::Data<State>,
    Id(id): Id<ImplementationId>,
    list: List<CatalogueFilter>,
) -> Result<HttpResponse, Problem> {
    let paging = list.paging;
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadImplementation, move |rx| {
            policies::agreements(rx, id, paging)
        })
        .await?;
    Ok(list.respond(&slice, AgreementResponse::of))
}
