//! Requirement sets: what is owed before a license becomes active.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::Validity;
use super::once::{is_default, is_false, is_true, yes};
use crate::domain::calendar::Length;

/// Why a request is made, by the facts of the person's licenses at submission; the first that fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestClass {
    /// An add-on to a license.
    AddOn,
    /// Another base type on a license that is active, warned or suspended.
    TypeChange,
    /// The person had a license at this organization that ended.
    Returning,
    /// The person holds a license at another organization and keeps it.
    Additional,
    /// The person had a license at another organization that ended less than some months ago.
    Transfer,
    /// None of the others.
    New,
}

impl RequestClass {
    /// All classes, in the order in which they are tried.
    pub const ALL: [Self; 6] = [
        Self::AddOn,
        Self::TypeChange,
        Self::Returning,
        Self::Additional,
        Self::Transfer,
        Self::New,
    ];

    /// The class as documents spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AddOn => "add_on",
            Self::TypeChange => "type_change",
            Self::Returning => "returning",
            Self::Additional => "additional",
            Self::Transfer => "transfer",
            Self::New => "new",
        }
    }
}

/// Which requirement set each class of request owes. A type states every class it can meet, nothing falls back
/// unsaid: a base type `new`, `returning`, `additional`, and `transfer` and `type_change` where there are such
/// requests; an add-on `add_on` alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequirementClasses {
    /// A person's first license.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<ClassRule>,
    /// A person who had a license here before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returning: Option<ClassRule>,
    /// A person who holds a license elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub additional: Option<ClassRule>,
    /// A person whose license elsewhere ended lately.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfer: Option<ClassRule>,
    /// A change of base type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub type_change: Option<ClassRule>,
    /// An add-on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub add_on: Option<ClassRule>,
}

impl RequirementClasses {
    /// The rule of a class.
    #[must_use]
    pub const fn rule(&self, class: RequestClass) -> Option<&ClassRule> {
        match class {
            RequestClass::AddOn => self.add_on.as_ref(),
            RequestClass::TypeChange => self.type_change.as_ref(),
            RequestClass::Returning => self.returning.as_ref(),
            RequestClass::Additional => self.additional.as_ref(),
            RequestClass::Transfer => self.transfer.as_ref(),
            RequestClass::New => self.new.as_ref(),
        }
    }
}

/// How a class finds its requirement set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClassRule {
    /// A set of `requirement_sets`.
    Set {
        /// Its code.
        set: String,
    },
    /// What another class owes.
    SameAs {
        /// That class, which must not itself point elsewhere.
        class: RequestClass,
    },
    /// The return ladder chooses by length of absence.
    ReturnLadder {
        /// The set owed where the ladder gives no answer.
        otherwise: String,
    },
}

/// What is owed. Facts may come in any order unless `order` says otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequirementSet {
    /// Agreements to be fully executed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub agreements: Vec<AgreementRequirement>,
    /// Courses to be passed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub courses: Vec<CourseRequirement>,
    /// Practice sets to be accepted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub practice: Vec<PracticeRequirement>,
    /// Named steps in the order in which they must be taken; a requirement names its step. Empty: any order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub order: Vec<String>,
}

impl RequirementSet {
    /// Whether staff may waive a requirement of this set, by its name. Nothing where the set does not hold it.
    #[must_use]
    pub fn waivable(&self, requirement: &str) -> Option<bool> {
        let (kind, code) = requirement.split_once(':')?;
        match kind {
            "agreement" => (self.agreements.iter())
                .find(|found| found.agreement == code)
                .map(|found| found.waivable),
            "course" => (self.courses.iter())
                .find(|found| found.course == code)
                .map(|found| found.waivable),
            "practice" => (self.practice.iter())
                .find(|found| found.practice_set == code)
                .map(|found| found.waivable),
            _ => None,
        }
    }

    /// The names of all steps that requirements of this set belong to.
    #[must_use]
    pub fn steps(&self) -> BTreeSet<&str> {
        let agreements = self.agreements.iter().filter_map(|r| r.step.as_deref());
        let courses = self.courses.iter().filter_map(|r| r.step.as_deref());
        let practice = self.practice.iter().filter_map(|r| r.step.as_deref());
        agreements.chain(courses).chain(practice).collect()
    }
}

/// An agreement that is owed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgreementRequirement {
    /// Code of `agreements`.
    pub agreement: String,
    /// Only for these job roles. Empty: for all.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub job_roles: BTreeSet<String>,
    /// The named step this belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// Whether it is one of the initial steps.
    #[serde(default, skip_serializing_if = "is_false")]
    pub initial_step: bool,
    /// Which signatures count.
    #[serde(default, skip_serializing_if = "is_default")]
    pub evidence_from: EvidenceFrom,
    /// What a lapse before activation does.
    #[serde(default, skip_serializing_if = "is_default")]
    pub on_lapse: OnLapse,
    /// Whether staff may waive it.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub waivable: bool,
    /// Whom it binds when it is newly added.
    #[serde(default, skip_serializing_if = "is_default")]
    pub binds: Binds,
    /// Local day before which the requirement only reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enforced_from: Option<NaiveDate>,
}

/// A course that is owed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CourseRequirement {
    /// Code of `courses`.
    pub course: String,
    /// Only for these job roles. Empty: for all.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub job_roles: BTreeSet<String>,
    /// Only where a project of the request has one of these HUD project types. Empty: for all.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub project_types: BTreeSet<u8>,
    /// Only after an absence of at least this length (the exact length falls under the rule).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absence_at_least: Option<Length>,
    /// Lowest passing score in per cent, instead of the course's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pass_mark: Option<u8>,
    /// How often it may be tried, instead of the course's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_attempts: Option<u16>,
    /// How long a pass counts, instead of the course's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validity: Option<Validity>,
    /// Further courses whose pass counts here.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub equivalents: BTreeSet<String>,
    /// The named step this belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// Whether it is one of the initial steps.
    #[serde(default, skip_serializing_if = "is_false")]
    pub initial_step: bool,
    /// Which passes count.
    #[serde(default, skip_serializing_if = "is_default")]
    pub evidence_from: EvidenceFrom,
    /// What a lapse before activation does.
    #[serde(default, skip_serializing_if = "is_default")]
    pub on_lapse: OnLapse,
    /// Whether staff may waive it.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub waivable: bool,
    /// Whom it binds when it is newly added.
    #[serde(default, skip_serializing_if = "is_default")]
    pub binds: Binds,
    /// Local day before which the requirement only reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enforced_from: Option<NaiveDate>,
}

/// A practice set that is owed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PracticeRequirement {
    /// Code of `practice_sets`; owed where the request's projects use its workflow.
    pub practice_set: String,
    /// Only for these job roles. Empty: for all.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub job_roles: BTreeSet<String>,
    /// Only after an absence of at least this length (the exact length falls under the rule).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absence_at_least: Option<Length>,
    /// How long an acceptance counts. Absent: for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validity: Option<Validity>,
    /// The named step this belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// Whether it is one of the initial steps.
    #[serde(default, skip_serializing_if = "is_false")]
    pub initial_step: bool,
    /// Which acceptances count.
    #[serde(default, skip_serializing_if = "is_default")]
    pub evidence_from: EvidenceFrom,
    /// What a lapse before activation does.
    #[serde(default, skip_serializing_if = "is_default")]
    pub on_lapse: OnLapse,
    /// Whether staff may waive it.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub waivable: bool,
    /// Whom it binds when it is newly added.
    #[serde(default, skip_serializing_if = "is_default")]
    pub binds: Binds,
    /// Local day before which the requirement only reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enforced_from: Option<NaiveDate>,
}

/// From when on evidence counts, besides being still valid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceFrom {
    /// At any time, also before the request.
    #[default]
    AnyTime,
    /// After the absence began.
    AbsenceStart,
    /// After the last license ended.
    LastEnd,
    /// After the request was submitted.
    Submission,
}

/// What the lapse of a requirement before activation does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnLapse {
    /// It is open again, alone.
    #[default]
    Reopen,
    /// All requirements of its step are open again.
    ReopenStep,
    /// The request lapses.
    LapseRequest,
}

/// Whom a newly added requirement binds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Binds {
    /// Requests submitted after it; license holders only through a campaign.
    #[default]
    NewRequests,
    /// Also requests that are open when it comes into force.
    OpenRequests,
    /// Also license holders.
    Holders,
}

/// The sets of a license type, by code.
pub type RequirementSets = BTreeMap<String, RequirementSet>;

impl AgreementRequirement {
    /// An agreement asked for without more.
    #[must_use]
    pub fn plain(agreement: &str) -> Self {
        Self {
            agreement: agreement.to_owned(),
            job_roles: BTreeSet::new(),
            step: None,
            initial_step: false,
            evidence_from: EvidenceFrom::default(),
            on_lapse: OnLapse::default(),
            waivable: true,
            binds: Binds::default(),
            enforced_from: None,
        }
    }
}

impl CourseRequirement {
    /// A course asked for without more.
    #[must_use]
    pub fn plain(course: &str) -> Self {
        Self {
            course: course.to_owned(),
            job_roles: BTreeSet::new(),
            project_types: BTreeSet::new(),
            absence_at_least: None,
            pass_mark: None,
            max_attempts: None,
            validity: None,
            equivalents: BTreeSet::new(),
            step: None,
            initial_step: false,
            evidence_from: EvidenceFrom::default(),
            on_lapse: OnLapse::default(),
            waivable: true,
            binds: Binds::default(),
            enforced_from: None,
        }
    }
}

impl PracticeRequirement {
    /// A practice set asked for without more.
    #[must_use]
    pub fn plain(practice_set: &str) -> Self {
        Self {
            practice_set: practice_set.to_owned(),
            job_roles: BTreeSet::new(),
            absence_at_least: None,
            validity: None,
            step: None,
            initial_step: false,
            evidence_from: EvidenceFrom::default(),
            on_lapse: OnLapse::default(),
            waivable: true,
            binds: Binds::default(),
            enforced_from: None,
        }
    }
}
