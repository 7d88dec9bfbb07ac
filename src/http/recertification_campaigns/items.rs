//! What a campaign asks, going in and coming out.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::{Validate, ValidationError};

use crate::application::Fault;
use crate::domain::campaign::{CampaignAsks, CampaignItem};
use crate::domain::policy::OnMiss;
use crate::http::checks;

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
pub struct CodeText(pub(super) String);

/// Each code is a line of at most 64 characters.
pub(super) fn codes(codes: &[CodeText]) -> Result<(), ValidationError> {
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
    pub(super) fn read(self, place: usize) -> Result<CampaignItem, Fault> {
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

    pub(super) fn of(item: &CampaignItem) -> Self {
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
