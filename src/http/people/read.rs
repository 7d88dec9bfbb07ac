//! Reading and searching people.

use actix_web::{HttpResponse, get, web};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;
use validator::Validate;

use super::{PersonResponse, example};
use crate::application::actor::Action;
use crate::application::licensing;
use crate::application::ports::PersonFilter;
use crate::application::roster::people;
use crate::application::{Caller, Error, Fault};
use crate::domain::ids::PersonId;
use crate::http::explanations::{self, PersonExplanationResponse};
use crate::http::extract::{Id, IfNoneMatch, List, ListParameters, ListResponse};
use crate::http::problem::{KNOWN, LIST, ONE, Problem};
use crate::http::{State, responses, tags};

/// What narrows the list of people.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PersonParameters {
    /// Only people of this implementation.
    implementation_id: Option<Uuid>,
    /// Only people with a request or a license at this organization.
    organization_id: Option<Uuid>,
    /// Only people whose given or family name begins so, without regard to case. Staff also find people by a former
    /// name.
    #[validate(length(min = 1, max = 200))]
    #[param(min_length = 1, max_length = 200, example = "whit")]
    name: Option<String>,
    /// Only people with this address, without regard to case.
    #[validate(length(min = 1, max = 254))]
    #[param(min_length = 1, max_length = 254)]
    email: Option<String>,
    /// The system of `external_id`.
    #[validate(length(min = 1, max = 300))]
    #[param(min_length = 1, max_length = 300)]
    system: Option<String>,
    /// Only the person with this external id, also a closed one; with `system`.
    #[validate(length(min = 1, max = 200))]
    #[param(min_length = 1, max_length = 200)]
    external_id: Option<String>,
}

impl PersonParameters {
    fn filter(&self) -> Result<PersonFilter, Error> {
        let external_id = match (&self.system, &self.external_id) {
            (Some(system), Some(value)) => Some((system.clone(), value.clone())),
            (None, None) => None,
            (system, _) => {
                let missing = if system.is_some() {
                    "external_id"
                } else {
                    "system"
                };
                let detail = "is missing: system and external_id go together";
                return Err(Error::Invalid(vec![Fault::parameter(missing, detail)]));
            }
        };
        Ok(PersonFilter {
            implementation_id: self.implementation_id.map(Into::into),
            organization_id: self.organization_id.map(Into::into),
            name: self.name.clone(),
            email: self.email.clone(),
            external_id,
        })
    }
}

crate::problems!(ListProblems: KNOWN, LIST);
crate::problems!(GetProblems: KNOWN, ONE);

/// List and search people
///
/// The people that the caller may know of: staff see those of their implementations, a supervisor those with a request
/// or a license at his organization, an end user himself. Several filters narrow together. Nobody is identified by a
/// name or an address: of several hits, external ids tell who is meant.
#[utoipa::path(
    tag = tags::PEOPLE,
    operation_id = "list_people",
    params(PersonParameters, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of people.",
            body = ListResponse<PersonResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [example("Dana", 1)], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/people")]
pub async fn list_people(
    state: web::Data<State>,
    list: List<PersonParameters>,
) -> Result<HttpResponse, Problem> {
    let (filter, paging) = (list.filter.filter()?, list.paging);
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadPerson, move |rx| {
            people::list(rx, &filter, paging)
        })
        .await?;
    Ok(list.respond(&slice, |row| PersonResponse::from(row)))
}

/// Get a person
///
/// One person: names, addresses and external ids, as far as they are for the caller to see.
#[utoipa::path(
    tag = tags::PEOPLE,
    operation_id = "get_person",
    params(("id" = Uuid, Path, description = "The person.")),
    responses(
        (
            status = 200,
            description = "The person.",
            body = PersonResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example("Dana", 1)),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/people/{id}")]
pub async fn get_person(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<PersonId>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let details = state
        .app
        .read(caller, Action::ReadPerson, move |rx| people::get(rx, id))
        .await?;
    Ok(responses::one(
        &seen,
        details.row.version,
        &PersonResponse::from(&details),
    ))
}

/// Explain a person
///
/// Every license of the person, and every request that has not ended, each explained: what is met, what is missing,
/// what blocks access, what comes next and who can act, as far as the reader may see. A supervisor is shown the part of
/// his organization, an end user his own.
#[utoipa::path(
    tag = tags::PEOPLE,
    operation_id = "explain_person",
    params(("id" = Uuid, Path, description = "The person.")),
    responses(
        (
            status = 200,
            description = "The explanations.",
            body = PersonExplanationResponse,
            example = json!({
                "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
                "explanations": [explanations::example()],
            }),
        ),
        GetProblems,
    ),
)]
#[get("/v1/people/{id}/explanation")]
pub async fn get_person_explanation(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<PersonId>,
) -> Result<HttpResponse, Problem> {
    let (id, explanations) = state
        .app
        .read(caller, Action::ReadLicense, move |rx| {
            licensing::explain_person(rx, id)
        })
        .await?;
    Ok(responses::send(responses::outcome(
        &PersonExplanationResponse::of(id, &explanations),
    )))
}
