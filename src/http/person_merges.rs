//! `/v1/person-merges`.

use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use validator::Validate;

use super::ends::DryRun;
use super::extract::{
    Id, IfNoneMatch, Json, List, ListParameters, ListResponse, Query, VersionedJson,
};
use super::licenses::LicenseStateName;
use super::problem::{BODY, Code, KNOWN, LIST, ONE, POST, Problem, VERSIONED};
use super::report::{ReportRequest, ReportResponse};
use super::{State, responses, tags};
use crate::application::actor::Action;
use crate::application::licensing::{self, MergedLicense, MergedRecord, NewMerge};
use crate::application::ports::MergeFilter;
use crate::application::{Call, Caller};
use crate::domain::ids::{PersonId, PersonMergeId};
use crate::domain::merge::PersonMerge;

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_person_merges)
        .service(merge_people)
        .service(get_person_merge)
        .service(undo_person_merge);
}

/// Two records of one human.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct MergePeopleRequest {
    /// The record that stays.
    survivor_id: Uuid,
    /// The record that is read as the survivor from now on.
    duplicate_id: Uuid,
    /// Its `reason` is needed.
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

/// Why a merge is undone.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct UndoPersonMergeRequest {
    /// Its `reason` is needed.
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

/// Where a merge stands.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PersonMergeState)]
pub enum PersonMergeStateName {
    /// The duplicate answers as the survivor.
    Standing,
    Undone,
}

/// What becomes of a license.
#[derive(Serialize, ToSchema)]
#[schema(as = MergedLicense)]
pub struct MergedLicenseResponse {
    id: Uuid,
    organization_id: Uuid,
    license_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_before: Option<LicenseStateName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_after: Option<LicenseStateName>,
    /// The license that would stay in its place: this one ends as its duplicate.
    #[serde(skip_serializing_if = "Option::is_none")]
    duplicate_of: Option<Uuid>,
}

impl From<&MergedLicense> for MergedLicenseResponse {
    fn from(license: &MergedLicense) -> Self {
        Self {
            id: license.id.into(),
            organization_id: license.organization_id.into(),
            license_type: license.license_type.clone(),
            state_before: license.before.map(Into::into),
            state_after: license.after.map(Into::into),
            duplicate_of: license.duplicate_of.map(Into::into),
        }
    }
}

/// One of the two records: look before you merge.
#[derive(Serialize, ToSchema)]
#[schema(as = MergedRecord)]
pub struct MergedRecordResponse {
    id: Uuid,
    given_name: String,
    family_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_login_at: Option<DateTime<Utc>>,
    licenses: Vec<MergedLicenseResponse>,
}

impl From<&MergedRecord> for MergedRecordResponse {
    fn from(record: &MergedRecord) -> Self {
        Self {
            id: record.person.id.into(),
            given_name: record.person.given_name.clone(),
            family_name: record.person.family_name.clone(),
            last_login_at: record.last_login_at,
            licenses: record.licenses.iter().map(Into::into).collect(),
        }
    }
}

/// Two records of one human, read as one person.
#[derive(Serialize, ToSchema)]
#[schema(as = PersonMerge)]
pub struct PersonMergeResponse {
    id: Uuid,
    implementation_id: Uuid,
    survivor_id: Uuid,
    duplicate_id: Uuid,
    state: PersonMergeStateName,
    report: ReportResponse,
    #[serde(skip_serializing_if = "Option::is_none")]
    undone_at: Option<DateTime<Utc>>,
    /// The principal who undid it.
    #[serde(skip_serializing_if = "Option::is_none")]
    undone_by: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    undo_reason: Option<String>,
    /// Dry run: the survivor and the duplicate, with what becomes of their licenses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    affected: Vec<MergedRecordResponse>,
    /// Rises with its undoing; `expected_version` is compared with it.
    version: i32,
}

impl From<&PersonMerge> for PersonMergeResponse {
    fn from(merge: &PersonMerge) -> Self {
        let undone = merge.undone.as_ref();
        Self {
            id: merge.id.into(),
            implementation_id: merge.implementation_id.into(),
            survivor_id: merge.survivor.into(),
            duplicate_id: merge.duplicate.into(),
            state: match undone {
                None => PersonMergeStateName::Standing,
                Some(_) => PersonMergeStateName::Undone,
            },
            report: (&merge.envelope).into(),
            undone_at: undone.map(|undone| undone.at),
            undone_by: undone.map(|undone| undone.by.into()),
            undo_reason: undone.map(|undone| undone.reason.clone()),
            affected: Vec::new(),
            version: merge.version,
        }
    }
}

/// What narrows a list of merges.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PersonMergeFilter {
    /// Only those of this implementation.
    implementation_id: Option<Uuid>,
    /// Only those with this record, as survivor or as duplicate.
    person_id: Option<Uuid>,
}

crate::problems!(ListProblems: KNOWN, LIST);
crate::problems!(GetProblems: KNOWN, ONE);
crate::problems!(RecordProblems: KNOWN, BODY, POST, [Code::OwnCase, Code::TransitionRefused]);
crate::problems!(ChangeProblems: KNOWN, BODY, POST, VERSIONED, [Code::OwnCase, Code::TransitionRefused]);

fn example(undone: bool) -> Value {
    let mut example = json!({
        "id": "0199f3c2-b100-7e00-8f00-707070707001",
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b20",
        "survivor_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
        "duplicate_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d09",
        "state": if undone { "undone" } else { "standing" },
        "report": {
            "reported_at": "2026-04-14T13:00:00Z",
            "recorded_at": "2026-04-14T13:00:00Z",
            "recorded_by": "0199f3c2-6000-7a00-9000-aaaaaaaaaa01",
            "channel": "phone",
            "reason": "Recorded again under her married name.",
        },
        "version": if undone { 2 } else { 1 },
    });
    if undone {
        example["undone_at"] = json!("2026-04-16T15:30:00Z");
        example["undone_by"] = json!("0199f3c2-6000-7a00-9000-aaaaaaaaaa01");
        example["undo_reason"] = json!("Two sisters who share a family name.");
    }
    example
}

fn tried() -> Value {
    let mut example = example(false);
    example["affected"] = json!([
        {
            "id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
            "given_name": "Dana",
            "family_name": "Whitfield",
            "last_login_at": "2026-04-13T12:04:00Z",
            "licenses": [{
                "id": "0199f3c2-9a00-7c00-8d00-5e5e5e5e5e01",
                "organization_id": "0199f3c2-8e10-7b52-b3a4-5d0f6a9c1e07",
                "license_type": "end_user",
                "state_before": "active",
                "state_after": "active",
            }],
        },
        {
            "id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d09",
            "given_name": "Dana",
            "family_name": "Okafor",
            "licenses": [{
                "id": "0199f3c2-9a00-7c00-8d00-5e5e5e5e5e09",
                "organization_id": "0199f3c2-8e10-7b52-b3a4-5d0f6a9c1e07",
                "license_type": "end_user",
                "state_before": "active",
                "state_after": "deactivated",
                "duplicate_of": "0199f3c2-9a00-7c00-8d00-5e5e5e5e5e01",
            }],
        },
    ]);
    example
}

/// List person merges
///
/// Merges of two records of one human, undone ones too.
#[utoipa::path(
    tag = tags::PERSON_MERGES,
    operation_id = "list_person_merges",
    params(PersonMergeFilter, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of merges.",
            body = ListResponse<PersonMergeResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [example(false)], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/person-merges")]
async fn list_person_merges(
    state: web::Data<State>,
    list: List<PersonMergeFilter>,
) -> Result<HttpResponse, Problem> {
    let filter = MergeFilter {
        implementation_id: list.filter.implementation_id.map(Into::into),
        person_id: list.filter.person_id.map(Into::into),
    };
    let paging = list.paging;
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadMerge, move |rx| {
            licensing::person_merges(rx, &filter, paging)
        })
        .await?;
    Ok(list.respond(&slice, |merge| PersonMergeResponse::from(merge)))
}

/// Merge two records of one human
///
/// From now on the id of the duplicate answers as the survivor's, with all names, addresses and external ids. Facts keep
/// their ids and are read under the survivor: the last login is the latest of both, holds and bars of either count,
/// announced deadlines stand. Of two licenses at one organization the one giving access stays, and the other ends as a
/// `duplicate`, without notice. Nothing that either record was allowed until now changes.
///
/// Refused while an open request of one meets an open request for the same, or a license that has not ended, of the
/// other: withdraw or finish it first. With `dry_run=true` nothing is kept, and the answer shows both records and what
/// becomes of their licenses.
#[utoipa::path(
    tag = tags::PERSON_MERGES,
    operation_id = "merge_people",
    params(DryRun),
    request_body(
        content = MergePeopleRequest,
        description = "The two records, and why they are one person.",
        example = json!({
            "survivor_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
            "duplicate_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d09",
            "report": { "channel": "phone", "reason": "Recorded again under her married name." },
        }),
    ),
    responses(
        (
            status = 201,
            description = "The merge as recorded.",
            body = PersonMergeResponse,
            headers(
                ("ETag" = String, description = "The version, for If-Match and If-None-Match."),
                ("Location" = String, description = "Where it is found."),
            ),
            example = json!(example(false)),
        ),
        (
            status = 200,
            description = "Dry run: what would be recorded and what becomes of both. Nothing was kept.",
            body = PersonMergeResponse,
            example = json!(tried()),
        ),
        RecordProblems,
    ),
)]
#[post("/v1/person-merges")]
async fn merge_people(
    caller: Caller,
    state: web::Data<State>,
    Query(DryRun { dry_run }): Query<DryRun>,
    body: Json<MergePeopleRequest>,
) -> Result<HttpResponse, Problem> {
    let request = body.value;
    let new = NewMerge {
        survivor: PersonId(request.survivor_id),
        duplicate: PersonId(request.duplicate_id),
        reported: ReportRequest::read(request.report)?,
    };
    let call = Call {
        caller,
        action: Action::MergePeople,
        idempotency: body.idempotency,
        dry_run,
    };
    let reply = state
        .app
        .write(
            call,
            move |tx| licensing::merge_people(tx, &new, dry_run),
            |shown| {
                let mut body = PersonMergeResponse::from(&shown.merge);
                if let Some(affected) = &shown.affected {
                    body.affected = affected.iter().map(Into::into).collect();
                    return responses::outcome(&body);
                }
                let path = format!("/v1/person-merges/{}", shown.merge.id);
                responses::created(path, shown.merge.version, &body)
            },
        )
        .await?;
    Ok(responses::send(reply))
}

/// Get a person merge
///
/// Which records were merged, by whom and why, and whether that was undone.
#[utoipa::path(
    tag = tags::PERSON_MERGES,
    operation_id = "get_person_merge",
    params(("id" = Uuid, Path, description = "The merge.")),
    responses(
        (
            status = 200,
            description = "The merge.",
            body = PersonMergeResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example(false)),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/person-merges/{id}")]
async fn get_person_merge(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<PersonMergeId>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let merge = state
        .app
        .read(caller, Action::ReadMerge, move |rx| {
            licensing::person_merge(rx, id)
        })
        .await?;
    Ok(responses::one(
        &seen,
        merge.version,
        &PersonMergeResponse::from(&merge),
    ))
}

/// Undo a person merge
///
/// The two were no one person after all: each gets back what was recorded for it, with its own license where one had
/// ended as a duplicate. What was recorded since the merge stays with the survivor, but for what names a request or
/// license that goes back. Refused while a later merge builds upon it.
#[utoipa::path(
    tag = tags::PERSON_MERGES,
    operation_id = "undo_person_merge",
    params(("id" = Uuid, Path, description = "The merge.")),
    request_body(
        content = UndoPersonMergeRequest,
        description = "The version acted upon, and why.",
        example = json!({
            "expected_version": 1,
            "report": { "reason": "Two sisters who share a family name." },
        }),
    ),
    responses(
        (
            status = 200,
            description = "The merge, undone.",
            body = PersonMergeResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example(true)),
        ),
        ChangeProblems,
    ),
)]
#[post("/v1/person-merges/{id}/undo")]
async fn undo_person_merge(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<PersonMergeId>,
    body: VersionedJson<UndoPersonMergeRequest>,
) -> Result<HttpResponse, Problem> {
    let expected = body.expected;
    let reported = ReportRequest::read(body.value.report)?;
    let call = Call::new(caller, Action::MergePeople, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| licensing::undo_merge(tx, id, expected, &reported),
            |merge| responses::changed(merge.version, &PersonMergeResponse::from(merge)),
        )
        .await?;
    Ok(responses::send(reply))
}
